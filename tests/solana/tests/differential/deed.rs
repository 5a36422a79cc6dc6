//! What random transactions are made of.

use proptest::prelude::*;
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use solana_sdk_ids::{incinerator, sysvar};
use solana_system_interface::instruction as system;

use crate::token;

/// Places of a small world: everybody meets everybody soon.
const WALLETS: u8 = 4;
const MINTS: u8 = 2;
const HOLDINGS: u8 = 4;

/// Lamports that a mint and an account of tokens need, and a bit less than the latter.
const MINT_LAMPORTS: u64 = 1_461_600;
const HOLDING_LAMPORTS: u64 = 2_039_280;

pub(crate) fn wallet(index: u8) -> Pubkey {
    Pubkey::new_from_array([1 + index % WALLETS; 32])
}

pub(crate) fn mint(index: u8) -> Pubkey {
    Pubkey::new_from_array([0x41 + index % MINTS; 32])
}

/// Accounts of tokens, the last two the associated ones of the first wallets.
pub(crate) fn holding(index: u8) -> Pubkey {
    match index % (HOLDINGS + 2) {
        index if index < HOLDINGS => Pubkey::new_from_array([0x61 + index; 32]),
        index => token::associated_account(wallet(index - HOLDINGS), mint(0)),
    }
}

/// The wallets of the world.
pub(crate) fn wallets() -> impl Iterator<Item = Pubkey> {
    (0..WALLETS).map(wallet)
}

/// One instruction, or two that only make sense together.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Pay { from: u8, to: u8, lamports: u64 },
    PayOdd { from: u8, odd: u8, lamports: u64 },
    Create { payer: u8, new: u8, lamports: u64, space: u64 },
    Seeded { payer: u8, seed: u8, space: u64 },
    Allocate { who: u8, space: u64 },
    Assign { who: u8 },
    MakeMint { payer: u8, mint: u8, authority: u8, decimals: u8 },
    MakeHolding { payer: u8, holding: u8, mint: u8, owner: u8, lacks: u64 },
    Associate { payer: u8, wallet: u8, mint: u8, is_lenient: bool },
    MintTo { mint: u8, to: u8, authority: u8, amount: u64 },
    Transfer { from: u8, to: u8, owner: u8, amount: u64 },
    TransferChecked { from: u8, mint: u8, to: u8, owner: u8, amount: u64, decimals: u8 },
    Approve { holding: u8, to: u8, owner: u8, amount: u64 },
    Revoke { holding: u8, owner: u8 },
    SetAuthority { holding: u8, kind: u8, owner: u8, to: u8 },
    Burn { from: u8, mint: u8, owner: u8, amount: u64 },
    Close { holding: u8, to: u8, owner: u8 },
    Freeze { holding: u8, mint: u8, authority: u8, thaws: bool },
    Memo { text: Vec<u8>, signer: u8 },
    Garbage { program: bool, data: Vec<u8>, accounts: Vec<(u8, bool, bool)> },
}

/// Random deeds, those of tokens more often.
pub(crate) fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![2 => of_system(), 4 => of_token(), 4 => of_holdings(), 1 => odd()]
}

fn of_system() -> impl Strategy<Value = Deed> {
    let lamports = || prop_oneof![0..3_u64, 890_000..900_000_u64, 1_000_000..20_000_000_u64];
    let space = || prop_oneof![0..200_u64, Just(10 << 20), Just((10 << 20) + 1)];
    prop_oneof![
        (0..4_u8, 0..4_u8, lamports()).prop_map(|(from, to, lamports)| Deed::Pay {
            from,
            to,
            lamports
        }),
        (0..4_u8, 0..4_u8, lamports()).prop_map(|(from, odd, lamports)| Deed::PayOdd {
            from,
            odd,
            lamports
        }),
        (0..4_u8, 0..4_u8, lamports(), space())
            .prop_map(|(payer, new, lamports, space)| Deed::Create { payer, new, lamports, space }),
        (0..4_u8, 0..2_u8, 0..100_u64).prop_map(|(payer, seed, space)| Deed::Seeded {
            payer,
            seed,
            space
        }),
        (0..4_u8, 0..100_u64).prop_map(|(who, space)| Deed::Allocate { who, space }),
        (3..4_u8).prop_map(|who| Deed::Assign { who }),
    ]
}

fn of_token() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (0..4_u8, 0..2_u8, 0..2_u8, 0..2_u8).prop_map(|(payer, mint, authority, decimals)| {
            Deed::MakeMint { payer, mint, authority, decimals }
        }),
        (0..4_u8, 0..4_u8, 0..2_u8, 0..3_u8, prop_oneof![9 => Just(0), 1 => Just(1)]).prop_map(
            |(payer, holding, mint, owner, lacks)| Deed::MakeHolding {
                payer,
                holding,
                mint,
                owner,
                lacks
            }
        ),
        (0..4_u8, 0..3_u8, 0..2_u8, any::<bool>()).prop_map(|(payer, wallet, mint, is_lenient)| {
            Deed::Associate { payer, wallet, mint, is_lenient }
        }),
        (0..2_u8, 0..6_u8, 0..2_u8, 0..1_000_u64)
            .prop_map(|(mint, to, authority, amount)| Deed::MintTo { mint, to, authority, amount }),
        (0..6_u8, 0..6_u8, 0..3_u8, 0..600_u64)
            .prop_map(|(from, to, owner, amount)| Deed::Transfer { from, to, owner, amount }),
    ]
}

fn of_holdings() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (0..6_u8, 0..2_u8, 0..6_u8, 0..3_u8, 0..600_u64, 0..2_u8).prop_map(
            |(from, mint, to, owner, amount, decimals)| Deed::TransferChecked {
                from,
                mint,
                to,
                owner,
                amount,
                decimals
            }
        ),
        (0..6_u8, 0..3_u8, 0..3_u8, 0..600_u64)
            .prop_map(|(holding, to, owner, amount)| Deed::Approve { holding, to, owner, amount }),
        (0..6_u8, 0..3_u8).prop_map(|(holding, owner)| Deed::Revoke { holding, owner }),
        (0..6_u8, 0..5_u8, 0..3_u8, 0..3_u8).prop_map(|(holding, kind, owner, to)| {
            Deed::SetAuthority { holding, kind, owner, to }
        }),
        (0..6_u8, 0..2_u8, 0..3_u8, 0..600_u64)
            .prop_map(|(from, mint, owner, amount)| Deed::Burn { from, mint, owner, amount }),
        (0..6_u8, 0..4_u8, 0..3_u8).prop_map(|(holding, to, owner)| Deed::Close {
            holding,
            to,
            owner
        }),
        (0..6_u8, 0..2_u8, 0..2_u8, any::<bool>()).prop_map(|(holding, mint, authority, thaws)| {
            Deed::Freeze { holding, mint, authority, thaws }
        }),
    ]
}

fn odd() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (proptest::collection::vec(any::<u8>(), 0..40), 0..4_u8)
            .prop_map(|(text, signer)| Deed::Memo { text, signer }),
        (
            any::<bool>(),
            proptest::collection::vec(0..24_u8, 0..20),
            proptest::collection::vec((0..12_u8, any::<bool>(), any::<bool>()), 0..6)
        )
            .prop_map(|(program, data, accounts)| Deed::Garbage {
                program,
                data,
                accounts
            }),
    ]
}

impl Deed {
    /// The instructions.
    pub(crate) fn instructions(&self) -> Vec<Instruction> {
        match self {
            Self::Pay { .. }
            | Self::PayOdd { .. }
            | Self::Create { .. }
            | Self::Seeded { .. }
            | Self::Allocate { .. }
            | Self::Assign { .. } => vec![self.of_system()],
            Self::MakeMint { payer, mint: which, authority, decimals } => {
                let (new, authority) = (mint(*which), wallet(*authority));
                let space = token::MINT_BYTES;
                let create = create(*payer, new, MINT_LAMPORTS, space);
                vec![create, token::initialize_mint(new, authority, *decimals)]
            }
            Self::MakeHolding { payer, holding: which, mint: of, owner, lacks } => {
                let new = holding(*which);
                let lamports = HOLDING_LAMPORTS - lacks;
                let create = create(*payer, new, lamports, token::ACCOUNT_BYTES);
                vec![create, token::initialize_account(new, mint(*of), wallet(*owner))]
            }
            _ => vec![self.of_tokens()],
        }
    }

    fn of_system(&self) -> Instruction {
        match *self {
            Self::Pay { from, to, lamports } => {
                system::transfer(&wallet(from), &wallet(to), lamports)
            }
            Self::PayOdd { from, odd, lamports } => {
                system::transfer(&wallet(from), &odd_place(odd), lamports)
            }
            Self::Create { payer, new, lamports, space } => {
                create(payer, Pubkey::new_from_array([0x91 + new; 32]), lamports, space)
            }
            Self::Seeded { payer, seed, space } => {
                let (base, seed) = (wallet(payer), format!("seed {seed}"));
                let new = Pubkey::create_with_seed(&base, &seed, &token::TOKEN);
                let new = new.expect("a short seed");
                let lamports = HOLDING_LAMPORTS;
                let owner = &token::TOKEN;
                system::create_account_with_seed(&base, &new, &base, &seed, lamports, space, owner)
            }
            Self::Allocate { who, space } => {
                system::allocate(&Pubkey::new_from_array([0x91 + who; 32]), space)
            }
            Self::Assign { who } => {
                system::assign(&Pubkey::new_from_array([0x91 + who; 32]), &token::TOKEN)
            }
            _ => unreachable!("the deeds of the system program are told apart before"),
        }
    }

    fn of_tokens(&self) -> Instruction {
        match self {
            Self::Associate { payer, wallet: of, mint: which, is_lenient } => {
                token::associate(wallet(*payer), wallet(*of), mint(*which), *is_lenient)
            }
            Self::MintTo { mint: of, to, authority, amount } => {
                token::mint_to(mint(*of), holding(*to), wallet(*authority), *amount)
            }
            Self::Transfer { from, to, owner, amount } => {
                token::transfer(holding(*from), holding(*to), wallet(*owner), *amount)
            }
            Self::TransferChecked { from, mint: of, to, owner, amount, decimals } => {
                let way = (holding(*from), mint(*of), holding(*to));
                token::transfer_checked(way, wallet(*owner), *amount, *decimals)
            }
            Self::Approve { holding: of, to, owner, amount } => {
                token::approve(holding(*of), wallet(*to), wallet(*owner), *amount)
            }
            Self::Revoke { holding: of, owner } => token::revoke(holding(*of), wallet(*owner)),
            Self::SetAuthority { holding: of, kind, owner, to } => {
                token::set_authority(holding(*of), *kind, wallet(*owner), wallet(*to))
            }
            Self::Burn { from, mint: of, owner, amount } => {
                token::burn(holding(*from), mint(*of), wallet(*owner), *amount)
            }
            Self::Close { holding: of, to, owner } => {
                token::close(holding(*of), wallet(*to), wallet(*owner))
            }
            Self::Freeze { holding: of, mint: which, authority, thaws } => {
                token::freeze(holding(*of), mint(*which), wallet(*authority), *thaws)
            }
            Self::Memo { text, signer } => token::memo(text, &[wallet(*signer)]),
            Self::Garbage { program, data, accounts } => garbage(*program, data, accounts),
            _ => unreachable!("the other deeds are told apart before"),
        }
    }
}

fn create(payer: u8, new: Pubkey, lamports: u64, space: u64) -> Instruction {
    system::create_account(&wallet(payer), &new, lamports, space, &token::TOKEN)
}

/// Places that are no wallets: nobody may take from some of them, or give to others.
fn odd_place(index: u8) -> Pubkey {
    match index {
        0 => incinerator::ID,
        1 => sysvar::clock::ID,
        2 => token::TOKEN,
        _ => Pubkey::new_from_array([0xd0; 32]),
    }
}

/// Bytes that mostly are no instruction, over accounts of all sorts.
fn garbage(is_token: bool, data: &[u8], accounts: &[(u8, bool, bool)]) -> Instruction {
    let key = |index: u8| match index % 4 {
        0 => wallet(index / 4),
        1 => mint(index / 4),
        2 => holding(index / 4),
        _ => odd_place(index / 4),
    };
    let meta = |(index, is_signer, is_writable): &(u8, bool, bool)| AccountMeta {
        pubkey: key(*index),
        is_signer: *is_signer && index % 4 == 0,
        is_writable: *is_writable,
    };
    let program_id = if is_token { token::TOKEN } else { token::ASSOCIATED };
    Instruction { program_id, accounts: accounts.iter().map(meta).collect(), data: data.to_vec() }
}
