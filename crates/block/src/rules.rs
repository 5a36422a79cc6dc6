//! What all nodes of a chain agree on beside the rules of its machines.

use alloy_eips::{calc_next_block_base_fee, eip1559::BaseFeeParams};
use kernel::{Parameter, ParameterRecord};
use primitives::{Address, BlockNumber, Gas, Hash, U256, VmKind, Wei, keccak256};
use serde::{Deserialize, Serialize};
use state::{Key, StateError, StateView, Store, TREE_LAG_BLOCKS_MAX};
use vm::BlockEnvironment;

use crate::Header;

/// The rules of a chain. They are set at genesis and kept in the state, so that every node and
/// every copy of the state knows them. Some are parameters, which may change from a block on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainRules {
    /// The number of the chain (EIP-155).
    pub chain_id: u64,
    /// Seconds since 1970 of the genesis.
    pub genesis_timestamp_s: u64,
    /// Gas of one block, and the most that one transaction may ask for.
    pub gas_limit: Gas,
    /// How the base fee goes from block to block.
    pub base_fee: BaseFeeRule,
    /// Who receives the fees above the base fee.
    pub fee_recipient: Address,
    /// Who receives the base fee; nothing where it is burned as Ethereum does.
    pub base_fee_recipient: Option<Address>,
    /// Whether transactions without a signature are taken: a chain for development.
    pub accepts_impersonated: bool,
    /// Whether legacy transactions that name no chain are taken (before EIP-155), which can be
    /// replayed on any chain that takes them.
    pub accepts_unprotected: bool,
    /// How many blocks the root of the state in a header is behind: the header of block n has the
    /// root after block n less this, and that of the genesis where there is no such block. Work
    /// on the tree then goes on beside the next blocks. At most [`ROOT_LAG_BLOCKS_MAX`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub root_lag_blocks: u64,
    /// Rules of the machines.
    pub protocol: Protocol,
}

/// The most blocks that the root in a header may be behind: as many as a store holds without trees.
pub const ROOT_LAG_BLOCKS_MAX: u64 = TREE_LAG_BLOCKS_MAX;

/// Rules of the machines that all nodes of a chain share.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Protocol {
    /// The hardfork of the EVM, such as `osaka`; that of the node's configuration where none is
    /// named.
    pub hardfork: Option<String>,
    /// The machines whose contracts may run; those of the node's configuration where none are
    /// named.
    pub enabled_vms: Option<Vec<VmKind>>,
}

/// How the base fee of a unit of gas goes from block to block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BaseFeeRule {
    /// The same in every block, in wei.
    Constant(u64),
    /// By how full the block before was (EIP-1559), from so many wei at genesis.
    Eip1559(u64),
}

impl BaseFeeRule {
    /// Wei for a unit of gas in the genesis block.
    #[must_use]
    pub const fn initial(self) -> u64 {
        match self {
            Self::Constant(fee) | Self::Eip1559(fee) => fee,
        }
    }

    const fn kind(self) -> u64 {
        match self {
            Self::Constant(_) => 0,
            Self::Eip1559(_) => 1,
        }
    }

    /// The rule of this number, as [`Parameter::BaseFeeRule`] has it, with the same fee.
    const fn of_kind(self, kind: u64) -> Self {
        match kind {
            0 => Self::Constant(self.initial()),
            _ => Self::Eip1559(self.initial()),
        }
    }

    /// The same rule with another fee.
    const fn of_fee(self, fee: u64) -> Self {
        match self {
            Self::Constant(_) => Self::Constant(fee),
            Self::Eip1559(_) => Self::Eip1559(fee),
        }
    }
}

impl ChainRules {
    /// Where the state keeps the rules.
    #[must_use]
    pub fn key() -> Key {
        Key::chain_rules()
    }

    /// The rules as the state keeps them: JSON in the order of the fields.
    ///
    /// # Panics
    ///
    /// Never: rules hold only what JSON can name.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("invariant: rules are plain data")
    }

    /// The rules that hold in the block that follows a state: those of the genesis, with the
    /// parameters that were changed since. Nothing where the state keeps none.
    ///
    /// # Errors
    ///
    /// As [`at_genesis`](Self::at_genesis).
    pub fn of(view: &dyn StateView) -> Result<Option<Self>, StateError> {
        let Some(mut rules) = Self::at_genesis(view)? else { return Ok(None) };
        for parameter in Parameter::ALL {
            if let Some(record) = parameter_record(view, parameter)? {
                rules.take(parameter, record.value);
            }
        }
        Ok(Some(rules))
    }

    /// The rules as the genesis set them; nothing where the state keeps none.
    ///
    /// # Errors
    ///
    /// [`StateError`] where the view fails or what is there are no rules.
    pub fn at_genesis(view: &dyn StateView) -> Result<Option<Self>, StateError> {
        let key = Self::key();
        let Some(bytes) = view.read(&key)? else { return Ok(None) };
        let rules = serde_json::from_slice(&bytes).map_err(|error| StateError::Corrupt {
            key: key.to_string(),
            reason: format!("the rules of the chain do not read: {error}"),
        })?;
        Ok(Some(rules))
    }

    /// The value of a parameter in these rules.
    #[must_use]
    pub fn parameter(&self, parameter: Parameter) -> U256 {
        match parameter {
            Parameter::GasLimit => U256::from(self.gas_limit.0),
            Parameter::BaseFeeRule => U256::from(self.base_fee.kind()),
            Parameter::BaseFee => U256::from(self.base_fee.initial()),
            Parameter::FeeRecipient => U256::from_be_bytes(*self.fee_recipient.as_bytes()),
            Parameter::AcceptsUnprotected => U256::from(u8::from(self.accepts_unprotected)),
        }
    }

    fn take(&mut self, parameter: Parameter, value: U256) {
        let number: u64 = value.saturating_to();
        match parameter {
            Parameter::GasLimit => self.gas_limit = Gas(number),
            Parameter::BaseFeeRule => self.base_fee = self.base_fee.of_kind(number),
            Parameter::BaseFee => self.base_fee = self.base_fee.of_fee(number),
            Parameter::FeeRecipient => self.fee_recipient = Address::new(value.to_be_bytes()),
            Parameter::AcceptsUnprotected => self.accepts_unprotected = number != 0,
        }
    }

    /// keccak256 over the rules as the state keeps them.
    #[must_use]
    pub fn hash(&self) -> Hash {
        keccak256(self.encode())
    }

    /// The first block whose header has the root of the state after `block`.
    #[must_use]
    pub const fn root_header(&self, block: BlockNumber) -> BlockNumber {
        if block.0 == 0 { block } else { BlockNumber(block.0.saturating_add(self.root_lag_blocks)) }
    }

    /// The root that the header of block `number` has, from the store that holds the blocks before.
    /// In a chain that began from a state, headers have the root of that until there is a later
    /// one that is due.
    ///
    /// # Errors
    ///
    /// [`StateError`] where the store fails, or knows no root of the blocks before.
    pub fn header_root(&self, store: &dyn Store, number: BlockNumber) -> Result<Hash, StateError> {
        let due = number.0.saturating_sub(self.root_lag_blocks);
        for block in (due..=number.0).map(BlockNumber) {
            if let Some(root) = store.block_root(block)? {
                return Ok(root);
            }
        }
        Err(StateError::NotHeld {
            block: due,
            reason: format!("the header of block {number} needs the root after it"),
        })
    }

    /// The base fee of the block after `parent`.
    #[must_use]
    pub fn next_base_fee(&self, parent: &Header) -> u64 {
        let parent_fee = parent.base_fee_per_gas.unwrap_or_else(|| self.base_fee.initial());
        match self.base_fee {
            BaseFeeRule::Constant(fee) => fee,
            BaseFeeRule::Eip1559(_) => calc_next_block_base_fee(
                parent.gas_used,
                parent.gas_limit,
                parent_fee,
                BaseFeeParams::ethereum(),
            ),
        }
    }

    /// What code sees of the block after `parent` at a time.
    #[must_use]
    pub fn next_environment(
        &self,
        parent: &Header,
        parent_hash: Hash,
        timestamp_s: u64,
    ) -> BlockEnvironment {
        BlockEnvironment {
            chain_id: self.chain_id,
            number: BlockNumber(parent.number.saturating_add(1)),
            timestamp_s,
            beneficiary: self.fee_recipient,
            gas_limit: self.gas_limit,
            base_fee: Wei(U256::from(self.next_base_fee(parent))),
            prevrandao: keccak256(parent_hash),
            excess_blob_gas: 0,
        }
    }

    /// What code saw of a block, by its header.
    #[must_use]
    pub fn environment_of(&self, header: &Header) -> BlockEnvironment {
        BlockEnvironment {
            chain_id: self.chain_id,
            number: BlockNumber(header.number),
            timestamp_s: header.timestamp,
            beneficiary: self.fee_recipient,
            gas_limit: Gas(header.gas_limit),
            base_fee: Wei(U256::from(header.base_fee_per_gas.unwrap_or_default())),
            prevrandao: header.mix_hash,
            excess_blob_gas: header.excess_blob_gas.unwrap_or_default(),
        }
    }
}

/// The record of a parameter in a state; nothing where it is as the genesis set it.
///
/// # Errors
///
/// [`StateError`] where the view fails or the record does not read.
pub fn parameter_record(
    view: &dyn StateView,
    parameter: Parameter,
) -> Result<Option<ParameterRecord>, StateError> {
    let key = Key::kv(&kernel::parameters(), &parameter.record_key());
    let Some(bytes) = view.read(&key)? else { return Ok(None) };
    let record = ParameterRecord::decode(&bytes).ok_or_else(|| StateError::Corrupt {
        key: key.to_string(),
        reason: format!("the parameter {} does not read", parameter.name()),
    })?;
    Ok(Some(record))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}
