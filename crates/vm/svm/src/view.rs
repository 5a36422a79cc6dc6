//! Accounts for people: their names, and what the data of well-known ones says.

use primitives::{Address, CodeHash};
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_pubkey::Pubkey;
use solana_sdk_ids::{bpf_loader, bpf_loader_upgradeable, system_program};

use crate::{
    account::{AccountRecord, address, pubkey},
    bridge::BRIDGE,
    standard::{standard_program_address, standard_programs},
};

/// Bytes of a mint of SPL Token; what follows are extensions.
const MINT_BYTES: usize = 82;

/// Bytes of an account of tokens; what follows are extensions.
const HOLDING_BYTES: usize = 165;

/// The byte after a mint or a holding with extensions that tells which it is (Token-2022).
const TAG_MINT: u8 = 1;
const TAG_HOLDING: u8 = 2;

/// An account of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenHolding {
    /// Whose tokens they are by kind: the mint.
    pub mint: Address,
    /// Who may move them.
    pub owner: Address,
    /// How many, in the smallest unit.
    pub amount: u64,
    /// Whether nobody may move them.
    pub is_frozen: bool,
}

/// A kind of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenMint {
    /// Who may make more of them, if anybody may.
    pub authority: Option<Address>,
    /// How many there are, in the smallest unit.
    pub supply: u64,
    /// Digits of an amount behind the point.
    pub decimals: u8,
}

/// What a program is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramParts {
    /// The account holds the code itself and never changes (second loader).
    Fixed {
        /// The code.
        code_hash: CodeHash,
    },
    /// The code is in an account of its own (third loader).
    Upgradeable {
        /// That account.
        data_address: Address,
    },
}

/// The account that holds the code of a program of the third loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgramData {
    /// The block after which the program runs.
    pub slot: u64,
    /// Who may upgrade it, if anybody may.
    pub authority: Option<Address>,
    /// The code.
    pub code_hash: CodeHash,
}

/// An identity as Solana writes it.
#[must_use]
pub fn to_base58(address: &Address) -> String {
    pubkey(address).to_string()
}

/// The identity that Solana writes so, or nothing where the text is none.
#[must_use]
pub fn from_base58(text: &str) -> Option<Address> {
    text.parse::<Pubkey>().ok().map(|key| address(&key))
}

/// The name of a program that is everywhere, or nothing where it has none.
#[must_use]
pub fn program_name(program: &Address) -> Option<&'static str> {
    let builtins = [
        (system_program::ID, "system"),
        (bpf_loader::ID, "loader-v2"),
        (bpf_loader_upgradeable::ID, "loader-v3"),
        (pubkey(&BRIDGE), "bridge"),
    ];
    let key = pubkey(program);
    let builtin = builtins.into_iter().find(|(known, _)| *known == key).map(|(_, name)| name);
    builtin.or_else(|| {
        standard_programs().find(|name| standard_program_address(name).as_ref() == Some(program))
    })
}

impl TokenHolding {
    /// The tokens that an account holds, or nothing where it is no such account.
    #[must_use]
    pub fn read(record: &AccountRecord) -> Option<Self> {
        let data = token_data(record, HOLDING_BYTES, TAG_HOLDING)?;
        let state = *data.get(108)?;
        (state == 1 || state == 2).then_some(())?;
        Some(Self {
            mint: Address::new(*data.first_chunk()?),
            owner: Address::new(*data.get(32..)?.first_chunk()?),
            amount: u64::from_le_bytes(*data.get(64..)?.first_chunk()?),
            is_frozen: state == 2,
        })
    }
}

impl TokenMint {
    /// The kind of token that an account is, or nothing where it is none.
    #[must_use]
    pub fn read(record: &AccountRecord) -> Option<Self> {
        let data = token_data(record, MINT_BYTES, TAG_MINT)?;
        (*data.get(45)? == 1).then_some(())?;
        let has_authority = u32::from_le_bytes(*data.first_chunk()?) == 1;
        let authority = Address::new(*data.get(4..)?.first_chunk()?);
        Some(Self {
            authority: has_authority.then_some(authority),
            supply: u64::from_le_bytes(*data.get(36..)?.first_chunk()?),
            decimals: *data.get(44)?,
        })
    }
}

impl ProgramParts {
    /// What the program that an account is consists of, or nothing where it is no program.
    #[must_use]
    pub fn read(record: &AccountRecord) -> Option<Self> {
        let owner = pubkey(&record.owner);
        if bpf_loader::check_id(&owner) && record.is_executable {
            return record.code_hash.map(|code_hash| Self::Fixed { code_hash });
        }
        bpf_loader_upgradeable::check_id(&owner).then_some(())?;
        match bincode::deserialize(&record.data).ok()? {
            UpgradeableLoaderState::Program { programdata_address } => {
                Some(Self::Upgradeable { data_address: address(&programdata_address) })
            }
            _ => None,
        }
    }
}

impl ProgramData {
    /// What the account of a program's code says, or nothing where it is none.
    #[must_use]
    pub fn read(record: &AccountRecord) -> Option<Self> {
        bpf_loader_upgradeable::check_id(&pubkey(&record.owner)).then_some(())?;
        let code_hash = record.code_hash?;
        match bincode::deserialize(&record.data).ok()? {
            UpgradeableLoaderState::ProgramData { slot, upgrade_authority_address } => {
                // The standard programs name an authority that has no key.
                let authority = upgrade_authority_address.filter(|key| *key != Pubkey::default());
                Some(Self { slot, authority: authority.as_ref().map(address), code_hash })
            }
            _ => None,
        }
    }
}

/// The data of an account of a token program that has the length of one, or a longer one with the
/// tag of its kind.
fn token_data(record: &AccountRecord, bytes: usize, tag: u8) -> Option<&[u8]> {
    let is_token = |name| standard_program_address(name) == Some(record.owner);
    (is_token("token") || is_token("token-2022")).then_some(())?;
    let data = record.data.as_slice();
    let is_tagged = data.get(HOLDING_BYTES) == Some(&tag);
    (data.len() == bytes || is_tagged).then_some(data)
}
