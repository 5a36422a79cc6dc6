//! The first state of a chain and its rules, from a file that people write: TOML or JSON.

use std::{collections::BTreeMap, path::PathBuf};

use abi::{Type, Value, parse_argument};
use primitives::{Address, B256, BlockNumber, Bytes, CodeHash, Gas, Hash, U256, Wei};
use serde::{Deserialize, Serialize};
use state::{Key, WriteSet, record::AccountRecord};
use thiserror::Error;
use vm::BlockEnvironment;

pub use crate::governance::{GovernanceSection, PolicyName};
use crate::{
    BaseFeeRule, BlockRecord, ChainRules, Protocol, ROOT_LAG_BLOCKS_MAX, header::header,
    limits::GENESIS_ENTRIES_MAX, suggestion::with_suggestion,
};

/// Gas of the smallest transaction: below it a block could hold none.
const GAS_LIMIT_MIN: Gas = Gas(21_000);

/// How a chain begins. Every key has a default; an unknown key is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Genesis {
    /// The number of the chain (EIP-155).
    pub chain_id: u64,
    /// Seconds since 1970.
    pub timestamp_s: u64,
    /// Gas of one block.
    pub gas_limit: Gas,
    /// Who receives the fees above the base fee: a name or an address.
    pub fee_recipient: Option<String>,
    /// Whether transactions without a signature are taken: a chain for development.
    pub accepts_impersonated: bool,
    /// Whether legacy transactions that name no chain are taken.
    pub accepts_unprotected: bool,
    /// How many blocks the root of the state in a header is behind the block, at most 64.
    pub root_lag_blocks: u64,
    /// How the base fee goes.
    pub base_fee: BaseFeeSection,
    /// Rules of the machines.
    pub protocol: Protocol,
    /// Who may make contracts, and give them other code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub governance: Option<GovernanceSection>,
    /// Standard programs of Solana by name, each at the address that it has everywhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub solana_programs: Vec<String>,
    /// Accounts by name or address.
    pub accounts: BTreeMap<String, AccountSection>,
    /// Contracts that are made in the first block, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contracts: Vec<ContractSection>,
}

/// How the base fee goes from block to block.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BaseFeeSection {
    /// By which rule.
    pub rule: BaseFeeRuleName,
    /// Wei for a unit of gas at first, or with a unit as in `1gwei`.
    pub initial: String,
    /// Who receives it: a name or an address. It is burned where nobody does.
    pub recipient: Option<String>,
}

/// The rules of the base fee by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BaseFeeRuleName {
    /// The same in every block.
    #[default]
    Constant,
    /// By how full the block before was (EIP-1559).
    Eip1559,
}

/// What an account has at first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountSection {
    /// Coin: wei, or with a unit as in `10000ether`.
    pub balance: String,
    /// How many transactions it counts as having sent.
    pub nonce: u64,
    /// Code of the EVM as it is stored, not the code that creates it.
    pub code: Option<Bytes>,
    /// Slots of the EVM.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub storage: BTreeMap<U256, U256>,
}

/// A contract that is made in the first block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractSection {
    /// The file of its code: WebAssembly, a compiler's JSON, or creation code of the EVM.
    pub artifact: PathBuf,
    /// Arguments of the constructor as people write them.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Who makes it: a name or an address.
    pub deployer: String,
    /// Coin that the deployer gives it.
    #[serde(default)]
    pub value: String,
    /// Where it will be, as a check: an address follows from the deployer and its nonce.
    #[serde(default)]
    pub address: Option<Address>,
}

/// Why a genesis is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("genesis {origin}: {reason}")]
pub struct GenesisError {
    /// The file, or where else the text came from.
    pub origin: String,
    /// What is wrong and where, with a suggestion for a key that is misspelt.
    pub reason: String,
}

/// Turns a name into an address; nothing where the name is not known.
pub type Names<'a> = &'a dyn Fn(&str) -> Option<Address>;

impl Default for Genesis {
    fn default() -> Self {
        Self {
            chain_id: 31337,
            timestamp_s: 1_700_000_000,
            gas_limit: Gas(100_000_000),
            fee_recipient: None,
            accepts_impersonated: false,
            accepts_unprotected: false,
            root_lag_blocks: 0,
            base_fee: BaseFeeSection::default(),
            protocol: Protocol::default(),
            governance: None,
            solana_programs: Vec::new(),
            accounts: BTreeMap::new(),
            contracts: Vec::new(),
        }
    }
}

impl Genesis {
    /// Reads a file: JSON where it begins with a brace, TOML otherwise. `origin` is named in
    /// errors.
    ///
    /// # Errors
    ///
    /// [`GenesisError`] for text that does not read, unknown keys and values out of range.
    pub fn from_text(origin: &str, text: &str) -> Result<Self, GenesisError> {
        let error = |reason: String| GenesisError { origin: origin.to_owned(), reason };
        let read = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|failure| failure.to_string())
        } else {
            toml::from_str(text).map_err(|failure: toml::de::Error| failure.to_string())
        };
        let genesis: Self = read.map_err(|message| error(with_suggestion(message.trim_end())))?;
        genesis.check().map_err(error)?;
        Ok(genesis)
    }

    /// The genesis as TOML.
    ///
    /// # Panics
    ///
    /// Never: a genesis holds only what TOML can name.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("invariant: a genesis is plain data")
    }

    /// The rules of the chain that begins so.
    ///
    /// # Errors
    ///
    /// [`GenesisError`] where an amount or a name does not read.
    pub fn rules(&self, names: Names<'_>) -> Result<ChainRules, GenesisError> {
        let initial: u64 = amount(&self.base_fee.initial)
            .and_then(|fee| u64::try_from(fee.0).map_err(|_| format!("{fee} wei is too much")))
            .map_err(|reason| wrong("base_fee.initial", &reason))?;
        let recipient = |key: &str, name: &Option<String>| {
            name.as_deref().map(|name| resolve(name, names).map_err(|it| wrong(key, &it)))
        };
        Ok(ChainRules {
            chain_id: self.chain_id,
            genesis_timestamp_s: self.timestamp_s,
            gas_limit: self.gas_limit,
            base_fee: match self.base_fee.rule {
                BaseFeeRuleName::Constant => BaseFeeRule::Constant(initial),
                BaseFeeRuleName::Eip1559 => BaseFeeRule::Eip1559(initial),
            },
            fee_recipient: recipient("fee_recipient", &self.fee_recipient)
                .transpose()?
                .unwrap_or(Address::ZERO),
            base_fee_recipient: recipient("base_fee.recipient", &self.base_fee.recipient)
                .transpose()?,
            accepts_impersonated: self.accepts_impersonated,
            accepts_unprotected: self.accepts_unprotected,
            root_lag_blocks: self.root_lag_blocks,
            protocol: self.protocol.clone(),
        })
    }

    /// The records of the first state, without what the contracts make: accounts, code, slots and
    /// the rules.
    ///
    /// # Errors
    ///
    /// [`GenesisError`] where an amount or a name does not read, or an account is there twice.
    pub fn writes(&self, names: Names<'_>) -> Result<WriteSet, GenesisError> {
        let mut writes = WriteSet::new();
        writes.put(ChainRules::key(), self.rules(names)?.encode());
        let mut supply = U256::ZERO;
        for (name, account) in &self.accounts {
            let key = format!("accounts.{name}");
            let balance = put_account(&mut writes, names, name, account)
                .map_err(|reason| wrong(&key, &reason))?;
            supply = supply
                .checked_add(balance.0)
                .ok_or_else(|| wrong(&key, "the supply does not fit 256 bits"))?;
        }
        Ok(writes)
    }

    /// The records of who may make contracts. They come after the contracts of the genesis, which
    /// nobody is asked for.
    ///
    /// # Errors
    ///
    /// [`GenesisError`] where a name does not read or a policy cannot be.
    pub fn governance_writes(&self, names: Names<'_>) -> Result<WriteSet, GenesisError> {
        match &self.governance {
            Some(section) => section.writes(names),
            None => Ok(WriteSet::new()),
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.chain_id == 0 {
            return Err("chain_id is 0, a chain has a number above 0".to_owned());
        }
        if self.gas_limit < GAS_LIMIT_MIN {
            let Self { gas_limit, .. } = self;
            return Err(format!(
                "gas_limit is {gas_limit}, a block needs at least {GAS_LIMIT_MIN}"
            ));
        }
        if self.root_lag_blocks > ROOT_LAG_BLOCKS_MAX {
            return Err(format!(
                "root_lag_blocks is {}, at most {ROOT_LAG_BLOCKS_MAX} can be",
                self.root_lag_blocks
            ));
        }
        let entries = self
            .accounts
            .len()
            .saturating_add(self.contracts.len())
            .saturating_add(self.solana_programs.len());
        if entries > GENESIS_ENTRIES_MAX {
            return Err(format!(
                "{entries} accounts, contracts and programs, the limit is {GENESIS_ENTRIES_MAX}"
            ));
        }
        Ok(())
    }
}

impl ChainRules {
    /// The first block of a chain: no transactions, and the rules in the place of receipts.
    #[must_use]
    pub fn genesis_block(&self, state_root: Hash) -> BlockRecord {
        let environment = BlockEnvironment {
            prevrandao: B256::ZERO,
            base_fee: Wei(U256::from(self.base_fee.initial())),
            number: BlockNumber(0),
            timestamp_s: self.genesis_timestamp_s,
            chain_id: self.chain_id,
            beneficiary: self.fee_recipient,
            gas_limit: self.gas_limit,
            excess_blob_gas: 0,
        };
        let mut header = header(&environment, (Hash::ZERO, state_root), &[], &[]);
        header.extra_data = Bytes::copy_from_slice(self.hash().as_slice());
        BlockRecord { header, transactions: Vec::new(), receipts: Vec::new() }
    }
}

/// Puts the records of an account; gives its balance.
fn put_account(
    writes: &mut WriteSet,
    names: Names<'_>,
    name: &str,
    account: &AccountSection,
) -> Result<Wei, String> {
    let identity = resolve(name, names)?;
    let alias = Address::from_evm(identity.evm_alias());
    let key = Key::account(&alias);
    if writes.get(&key).is_some() {
        return Err("the account is there twice, or shares its alias with another".to_owned());
    }
    if identity != alias {
        writes.put(Key::alias(&alias), identity.as_bytes().to_vec());
    }
    let code_hash = account.code.as_ref().map_or(CodeHash::EMPTY, |code| CodeHash::of(code));
    if let Some(code) = account.code.as_ref().filter(|code| !code.is_empty()) {
        writes.put(Key::code(&code_hash), code.clone());
    }
    let balance = amount(&account.balance)?;
    let nonce = account.nonce;
    let record = AccountRecord { balance, nonce, code_hash, ..AccountRecord::default() };
    writes.put(key, record.encode());
    for (slot, value) in account.storage.iter().filter(|(_, value)| !value.is_zero()) {
        let key = Key::slot(&alias, &B256::from(*slot));
        writes.put(key, B256::from(*value).to_vec());
    }
    Ok(balance)
}

/// The address behind a name, or the address that the text is.
pub(crate) fn resolve(name: &str, names: Names<'_>) -> Result<Address, String> {
    if let Some(address) = names(name) {
        return Ok(address);
    }
    name.parse().map_err(|_| format!("\"{name}\" is neither a known name nor an address"))
}

/// An amount of coin; nothing said is nothing.
fn amount(text: &str) -> Result<Wei, String> {
    if text.is_empty() {
        return Ok(Wei::ZERO);
    }
    match parse_argument(&Type::Uint(256), text, &|_| None) {
        Ok(Value::Uint(amount)) => Ok(Wei(amount)),
        Ok(other) => Err(format!("\"{text}\" reads as {other}, which is no amount")),
        Err(error) => Err(error.to_string()),
    }
}

pub(crate) fn wrong(key: &str, reason: &str) -> GenesisError {
    GenesisError { origin: "key".to_owned() + " " + key, reason: reason.to_owned() }
}
