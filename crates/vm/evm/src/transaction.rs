//! Transactions in Braid's own words, and what comes of them.

use primitives::{Address, B256, Bytes, Gas, Hash, U256, Wei};
use revm::{
    context::{BlockEnv, CfgEnv, TransactionType, TxEnv},
    context_interface::{
        either::Either,
        result::{ExecutionResult, HaltReason as RevmHalt, InvalidTransaction, Output},
        transaction::{
            AccessList, AccessListItem, Authorization as RevmAuthorization, SignedAuthorization,
        },
    },
    primitives::{Log, TxKind},
};
use state::StateError;
use thiserror::Error;
use vm::{
    Status,
    trace::{CallNode, Event},
};

use crate::{
    GasByVm, Scope,
    context::EvmError,
    machine::{status, words},
};

/// A transaction whose sender is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transaction {
    /// Its hash, zero where it is a simulation.
    pub hash: Hash,
    /// Who signed it.
    pub from: Address,
    /// Whom it calls; nothing for the making of an EVM contract.
    pub to: Option<Address>,
    /// Coin that goes along.
    pub value: Wei,
    /// Input of a call, creation code and arguments of a creation.
    pub input: Bytes,
    /// What it may use.
    pub gas_limit: Gas,
    /// What it pays for a unit of gas.
    pub fee: Fee,
    /// The sender's nonce; nothing where it is not checked.
    pub nonce: Option<u64>,
    /// Accounts and slots that are warm from the start (EIP-2930).
    pub access_list: Vec<AccessEntry>,
    /// Accounts that delegate their code (EIP-7702).
    pub authorizations: Vec<Authorization>,
    /// Hashes of blobs (EIP-4844).
    pub blob_hashes: Vec<B256>,
    /// What it pays at most for a unit of blob gas; nothing where it carries no blobs.
    pub blob_fee_max: Option<Wei>,
    /// The chain it is signed for (EIP-155), if it names one.
    pub chain_id: Option<u64>,
    /// Who else signed it, where its form has several signers.
    pub cosigners: Vec<Address>,
    /// What makes it valid once, in the place of a nonce.
    pub anchor: Option<Anchor>,
    /// What is checked before it runs.
    pub checks: Checks,
}

/// What makes a transaction valid once that does not count: it names a recent block, and no other
/// transaction says the same; or it names the value of a nonce account, which then advances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// The hash of a recent block, or the value of the nonce account.
    pub hash: Hash,
    /// The hash of what is signed.
    pub message_hash: Hash,
    /// The nonce account that the transaction advances, if it does.
    pub nonce_account: Option<Address>,
}

/// What a transaction pays for a unit of gas. An amount above 128 bits counts as the largest one
/// that they hold, which nobody can pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fee {
    /// One price.
    Legacy {
        /// The price.
        gas_price: Wei,
    },
    /// The base fee and a tip (EIP-1559).
    Dynamic {
        /// Base fee and tip together at most.
        max_fee: Wei,
        /// The tip at most.
        max_priority_fee: Wei,
    },
    /// The base fee, whatever it is, and a tip.
    Tip {
        /// The tip.
        priority_fee: Wei,
    },
}

/// An account and slots of it that are warm from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessEntry {
    /// The account.
    pub address: Address,
    /// The slots.
    pub slots: Vec<B256>,
}

/// The permission to run another account's code on the signer's account (EIP-7702).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// The chain it is signed for, 0 for all.
    pub chain_id: U256,
    /// Whose code.
    pub address: Address,
    /// The signer's nonce.
    pub nonce: u64,
    /// The parity of the signature, 0 or 1.
    pub y_parity: u8,
    /// The `r` of the signature.
    pub r: U256,
    /// The `s` of the signature.
    pub s: U256,
}

/// What is checked before a transaction runs. A transaction of a block has all checks; what is
/// off may make coin out of nothing, so a transaction that lacks one must only be simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checks {
    /// Whether the sender must own what it spends.
    pub balance: bool,
    /// Whether the fee must cover the base fee of the block.
    pub base_fee: bool,
    /// Whether the gas limit must fit into the block.
    pub block_gas_limit: bool,
    /// Whether the sender must have no code (EIP-3607).
    pub sender_code: bool,
}

/// What came of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionResult {
    /// How its first frame ended.
    pub status: Status,
    /// What it pays for, after refunds.
    pub gas_used: Gas,
    /// What it got back for state that it cleared.
    pub gas_refunded: Gas,
    /// Return data, revert data, the code of a new contract, or nothing after a halt.
    pub output: Bytes,
    /// The contract that it made.
    pub created: Option<Address>,
    /// The events, in order.
    pub events: Vec<Event>,
    /// The tree of calls, where it was recorded.
    pub trace: Option<Box<CallNode>>,
    /// Gas by the machine that used it, before refunds.
    pub gas_by_vm: GasByVm,
    /// Code that hosted machines were given, in the order of the deploys; nothing unless it
    /// succeeded.
    pub new_code: Vec<(primitives::VmKind, Bytes)>,
}

/// Why there is no result. Nothing has happened: no fee, no nonce.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// The nonce was used.
    #[error("nonce {nonce} is used, the account is at {expected}")]
    NonceTooLow {
        /// The transaction's.
        nonce: u64,
        /// The account's.
        expected: u64,
    },
    /// Transactions in between are missing.
    #[error("nonce {nonce} is too high, the account is at {expected}")]
    NonceTooHigh {
        /// The transaction's.
        nonce: u64,
        /// The account's.
        expected: u64,
    },
    /// The sender is at the end of its nonces (EIP-2681).
    #[error("nonce is at the end of its range")]
    NonceOverflow,
    /// The sender cannot pay value and fee.
    #[error("insufficient funds: balance of {balance} wei, needed {needed} wei")]
    InsufficientFunds {
        /// What it costs at most.
        needed: Wei,
        /// What the sender has.
        balance: Wei,
    },
    /// The gas limit does not cover what the transaction itself costs.
    #[error("gas limit of {gas_limit} does not cover the intrinsic gas of {needed}")]
    IntrinsicGas {
        /// What it costs before anything runs (EIP-2028, EIP-7623).
        needed: u64,
        /// The gas limit.
        gas_limit: u64,
    },
    /// The gas limit does not fit into the block.
    #[error("gas limit of {gas_limit} is above the block's of {limit}")]
    AboveBlockGasLimit {
        /// The transaction's.
        gas_limit: u64,
        /// The block's.
        limit: u64,
    },
    /// The gas limit is above that of one transaction (EIP-7825).
    #[error("gas limit of {gas_limit} is above a transaction's of {limit}")]
    AboveTransactionGasLimit {
        /// The transaction's.
        gas_limit: u64,
        /// The largest.
        limit: u64,
    },
    /// The fee does not cover the base fee (EIP-1559).
    #[error("max fee of {max_fee} wei is below the base fee of {base_fee} wei")]
    FeeTooLow {
        /// The transaction's.
        max_fee: u128,
        /// The block's.
        base_fee: u64,
    },
    /// The tip alone is above the whole fee (EIP-1559).
    #[error("priority fee of {priority_fee} wei is above the max fee of {max_fee} wei")]
    PriorityFeeTooHigh {
        /// The tip.
        priority_fee: u128,
        /// The whole.
        max_fee: u128,
    },
    /// The price of the blobs is above what is offered (EIP-4844).
    #[error("blob fee of {max_fee} wei is below the block's of {price} wei")]
    BlobFeeTooLow {
        /// The transaction's.
        max_fee: u128,
        /// The block's.
        price: u128,
    },
    /// More blobs than a transaction may carry (EIP-7594).
    #[error("{found} blobs are more than the limit of {limit}")]
    TooManyBlobs {
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The sender is a contract (EIP-3607).
    #[error("sender {0} has code")]
    SenderHasCode(Address),
    /// The creation code is too long (EIP-3860).
    #[error("creation code of {found} bytes is above the limit of {limit}")]
    InitCodeTooLarge {
        /// How long it is.
        found: usize,
        /// How long it may be.
        limit: usize,
    },
    /// The 20 bytes that stand for a wide identity in the EVM are in use by another.
    #[error("identity {0} cannot be used: its 20-byte alias is another's")]
    AliasTaken(Address),
    /// It is signed for another chain.
    #[error("transaction is for chain {}, this is {expected}", chain(*.found))]
    WrongChain {
        /// The transaction's.
        found: Option<u64>,
        /// This chain.
        expected: u64,
    },
    /// What it names is the hash of no recent block, nor the value of the nonce account that it
    /// advances.
    #[error(
        "blockhash {hash} is none of the last {blocks} blocks', nor the value of a nonce account \
         that the transaction advances first"
    )]
    BlockNotRecent {
        /// What it names.
        hash: Hash,
        /// How many blocks are recent.
        blocks: u64,
    },
    /// The same has been processed, in this block or a recent one.
    #[error("a transaction that says the same ({0}) was processed already")]
    AlreadyProcessed(Hash),
    /// The nonce account has advanced in this block, or who may advance it has not signed.
    #[error("nonce account {0} has advanced in this block, or its authority did not sign")]
    NonceNotUsable(Address),
    /// Some other rule of the hardfork.
    #[error("invalid transaction: {0}")]
    Invalid(String),
    /// The block around it lacks something that the hardfork needs.
    #[error("invalid block: {0}")]
    Block(String),
    /// The state failed; not the transaction's doing.
    #[error(transparent)]
    State(#[from] StateError),
    /// The host failed; not the transaction's doing.
    #[error("host fault: {0}")]
    Fault(String),
}

impl Default for Fee {
    fn default() -> Self {
        Self::Legacy { gas_price: Wei::ZERO }
    }
}

impl Fee {
    /// What a unit of gas costs over a base fee.
    #[must_use]
    #[inline]
    pub fn effective(&self, base_fee: Wei) -> Wei {
        match *self {
            Self::Legacy { gas_price } => gas_price,
            Self::Dynamic { max_fee, max_priority_fee } => {
                max_fee.min(Wei(base_fee.0.saturating_add(max_priority_fee.0)))
            }
            Self::Tip { priority_fee } => Wei(base_fee.0.saturating_add(priority_fee.0)),
        }
    }
}

impl Checks {
    /// All checks: a transaction of a block.
    pub const ALL: Self =
        Self { balance: true, base_fee: true, block_gas_limit: true, sender_code: true };

    /// No check: a call by anyone.
    pub const NONE: Self =
        Self { balance: false, base_fee: false, block_gas_limit: false, sender_code: false };
}

impl Default for Checks {
    fn default() -> Self {
        Self::ALL
    }
}

impl TransactionError {
    /// Whether the host failed, and not the transaction.
    #[must_use]
    pub const fn is_host_fault(&self) -> bool {
        matches!(self, Self::State(_) | Self::Fault(_) | Self::Block(_))
    }
}

impl Transaction {
    /// Writes the transaction in revm's words over the one before.
    #[inline]
    pub(crate) fn write(&self, environment: &mut TxEnv, base_fee: Wei) {
        let (gas_price, gas_priority_fee) = match self.fee {
            Fee::Legacy { gas_price } => (fee(gas_price), None),
            Fee::Dynamic { max_fee, max_priority_fee } => {
                (fee(max_fee), Some(fee(max_priority_fee)))
            }
            Fee::Tip { .. } => (fee(self.fee.effective(base_fee)), None),
        };
        environment.tx_type = self.kind() as u8;
        environment.caller = self.from.evm_alias();
        environment.gas_limit = self.gas_limit.0;
        environment.gas_price = gas_price;
        environment.kind = self.to.map_or(TxKind::Create, |to| TxKind::Call(to.evm_alias()));
        environment.value = self.value.0;
        environment.data.clone_from(&self.input);
        environment.nonce = self.nonce.unwrap_or_default();
        environment.chain_id = self.chain_id;
        environment.gas_priority_fee = gas_priority_fee;
        environment.max_fee_per_blob_gas = self.blob_fee_max.map(fee).unwrap_or_default();
        let has_lists = has_any(&self.access_list, &self.blob_hashes, &self.authorizations);
        let AccessList(access_list) = &environment.access_list;
        let had_lists =
            has_any(access_list, &environment.blob_hashes, &environment.authorization_list);
        if has_lists || had_lists {
            self.write_lists(environment);
        }
    }

    /// Few transactions have lists, so they stay out of the way of the others.
    #[cold]
    fn write_lists(&self, environment: &mut TxEnv) {
        let AccessList(access_list) = &mut environment.access_list;
        access_list.clear();
        access_list.extend(self.access_list.iter().map(access_item));
        environment.blob_hashes.clone_from(&self.blob_hashes);
        environment.authorization_list.clear();
        environment.authorization_list.extend(self.authorizations.iter().map(authorization));
    }

    fn kind(&self) -> TransactionType {
        match self.fee {
            _ if !self.authorizations.is_empty() => TransactionType::Eip7702,
            _ if self.blob_fee_max.is_some() => TransactionType::Eip4844,
            Fee::Dynamic { .. } => TransactionType::Eip1559,
            _ if !self.access_list.is_empty() => TransactionType::Eip2930,
            Fee::Legacy { .. } | Fee::Tip { .. } => TransactionType::Legacy,
        }
    }
}

/// The result of a transaction out of revm's and what the frames left in the scope.
#[inline]
pub(crate) fn result(ended: ExecutionResult, scope: &mut Scope) -> TransactionResult {
    let gas = *ended.gas();
    let foreign = scope.gas.total().0;
    scope.gas.add(primitives::VmKind::Evm, gas.total_gas_spent().saturating_sub(foreign));
    let (status, output, created, logs) = match ended {
        ExecutionResult::Success { logs, output, .. } => match output {
            Output::Call(output) => (Status::Success, output, None, logs),
            Output::Create(output, created) => (Status::Success, output, created, logs),
        },
        ExecutionResult::Revert { output, .. } => (Status::Revert, output, None, Vec::new()),
        ExecutionResult::Halt { reason, .. } => {
            (halt_status(reason, scope), Bytes::new(), None, Vec::new())
        }
    };
    let has_new_code = !scope.new_code.is_empty() && status.is_success();
    TransactionResult {
        new_code: if has_new_code { std::mem::take(&mut scope.new_code) } else { Vec::new() },
        status,
        gas_used: Gas(gas.tx_gas_used()),
        gas_refunded: Gas(gas.final_refunded()),
        output,
        created: created.map(Address::from_evm),
        events: if logs.is_empty() { Vec::new() } else { events(logs) },
        trace: if scope.recorder.is_on() { scope.recorder.take().map(Box::new) } else { None },
        gas_by_vm: scope.gas,
    }
}

/// Why revm has no result, with the numbers that it leaves out.
#[cold]
pub(crate) fn error(
    error: EvmError,
    (transaction, block, config): (&TxEnv, &BlockEnv, &CfgEnv),
) -> TransactionError {
    match error {
        EvmError::Transaction(invalid) => invalid_transaction(invalid, transaction, block, config),
        EvmError::Header(invalid) => TransactionError::Block(words(&format!("{invalid:?}"))),
        EvmError::Database(error) => TransactionError::State(error.0),
        EvmError::Custom(text) => TransactionError::Fault(text),
        EvmError::CustomAny(error) => TransactionError::Fault(error.to_string()),
    }
}

fn invalid_transaction(
    invalid: InvalidTransaction,
    transaction: &TxEnv,
    block: &BlockEnv,
    config: &CfgEnv,
) -> TransactionError {
    use TransactionError as Error;
    match invalid {
        InvalidTransaction::NonceTooLow { tx: nonce, state: expected } => {
            Error::NonceTooLow { nonce, expected }
        }
        InvalidTransaction::NonceTooHigh { tx: nonce, state: expected } => {
            Error::NonceTooHigh { nonce, expected }
        }
        InvalidTransaction::NonceOverflowInTransaction => Error::NonceOverflow,
        InvalidTransaction::LackOfFundForMaxFee { fee, balance } => {
            Error::InsufficientFunds { needed: Wei(*fee), balance: Wei(*balance) }
        }
        InvalidTransaction::CallGasCostMoreThanGasLimit { initial_gas: needed, gas_limit }
        | InvalidTransaction::GasFloorMoreThanGasLimit { gas_floor: needed, gas_limit } => {
            Error::IntrinsicGas { needed, gas_limit }
        }
        InvalidTransaction::CallerGasLimitMoreThanBlock => {
            Error::AboveBlockGasLimit { gas_limit: transaction.gas_limit, limit: block.gas_limit }
        }
        InvalidTransaction::TxGasLimitGreaterThanCap { gas_limit, cap: limit } => {
            Error::AboveTransactionGasLimit { gas_limit, limit }
        }
        InvalidTransaction::GasPriceLessThanBasefee => {
            Error::FeeTooLow { max_fee: transaction.gas_price, base_fee: block.basefee }
        }
        InvalidTransaction::PriorityFeeGreaterThanMaxFee => Error::PriorityFeeTooHigh {
            priority_fee: transaction.gas_priority_fee.unwrap_or_default(),
            max_fee: transaction.gas_price,
        },
        InvalidTransaction::BlobGasPriceGreaterThanMax {
            block_blob_gas_price: price,
            tx_max_fee_per_blob_gas: max_fee,
        } => Error::BlobFeeTooLow { max_fee, price },
        InvalidTransaction::TooManyBlobs { max: limit, have: found } => {
            Error::TooManyBlobs { found, limit }
        }
        InvalidTransaction::RejectCallerWithCode => {
            Error::SenderHasCode(Address::from_evm(transaction.caller))
        }
        InvalidTransaction::CreateInitCodeSizeLimit => Error::InitCodeTooLarge {
            found: transaction.data.len(),
            limit: config.limit_contract_initcode_size.unwrap_or(crate::INIT_CODE_BYTES_MAX),
        },
        InvalidTransaction::InvalidChainId | InvalidTransaction::MissingChainId => {
            Error::WrongChain { found: transaction.chain_id, expected: config.chain_id }
        }
        InvalidTransaction::Str(text) => Error::Invalid(text.into_owned()),
        other => Error::Invalid(words(&format!("{other:?}"))),
    }
}

#[inline(never)]
fn events(logs: Vec<Log>) -> Vec<Event> {
    let event = |log: Log| {
        let (topics, data) = log.data.split();
        Event { address: Address::from_evm(log.address), topics, data }
    };
    logs.into_iter().map(event).collect()
}

fn halt_status(reason: RevmHalt, scope: &mut Scope) -> Status {
    let text = match &reason {
        RevmHalt::PrecompileErrorWithContext(text) => Some(text.clone()),
        _ => None,
    };
    let foreign = scope.foreign_halt.take().or_else(|| text.map(vm::HaltReason::Evm));
    status(reason.into(), foreign)
}

const fn has_any<A, B, C>(first: &[A], second: &[B], third: &[C]) -> bool {
    !(first.is_empty() && second.is_empty() && third.is_empty())
}

fn fee(amount: Wei) -> u128 {
    amount.0.saturating_to()
}

fn access_item(entry: &AccessEntry) -> AccessListItem {
    AccessListItem { address: entry.address.evm_alias(), storage_keys: entry.slots.clone() }
}

fn authorization<T>(signed: &Authorization) -> Either<SignedAuthorization, T> {
    let inner = RevmAuthorization {
        chain_id: signed.chain_id,
        address: signed.address.evm_alias(),
        nonce: signed.nonce,
    };
    let (r, s) = (signed.r, signed.s);
    Either::Left(SignedAuthorization::new_unchecked(inner, signed.y_parity, r, s))
}

fn chain(id: Option<u64>) -> String {
    id.map_or_else(|| "unnamed".to_owned(), |id| id.to_string())
}
