//! Why the engine did not do what it was asked. What a contract does is no error: see
//! [`Receipt`](crate::Receipt).

use block::{BlockError, CheckError, DecodeError, EncodeError, GenesisError, ReplayError};
use kernel::{EstimateError, KernelError, TransactionError};
use primitives::{Address, Hash};
use state::StateError;
use thiserror::Error;

use crate::{ArtifactError, ConfigError};

/// Bad input, or a failure of the host.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// There is no development account of this name.
    #[error("no account is called \"{name}\"; known names: {known}")]
    UnknownAccount {
        /// The name asked for.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// The chain's registry does not hold the name.
    #[error(
        "no address is registered under the name \"@{0}\"; `braid send @names register NAME \
         ADDRESS` registers one"
    )]
    UnknownName(String),
    /// The method cannot be found or its arguments do not fit.
    #[error("{0}")]
    Arguments(String),
    /// The contract has no interface, so that a name alone says nothing.
    #[error(
        "contract {contract} has no interface; name the method by its signature, \
         such as \"{method}(uint256)\""
    )]
    NoInterface {
        /// The contract.
        contract: Address,
        /// The method asked for.
        method: String,
    },
    /// The output does not read as the method's results.
    #[error("output of {method}: {reason}")]
    Output {
        /// The method.
        method: String,
        /// What does not fit.
        reason: String,
    },
    /// No machine recognizes the code.
    #[error("no enabled machine recognizes the code of \"{0}\"")]
    UnknownCode(String),
    /// The file holds no code.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The configuration is not accepted.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The bytes are no transaction.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The transaction cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The transaction may not be in the next block: nothing happened.
    #[error("transaction is invalid: {0}")]
    Check(#[from] CheckError),
    /// The block ended before the transaction.
    #[error("transaction {0} was not reached: the block ended before it")]
    NotReached(usize),
    /// The block cannot be made.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// The block cannot be run again.
    #[error(transparent)]
    Replay(ReplayError),
    /// The genesis is not accepted.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The transaction is invalid: nothing happened.
    #[error("transaction is invalid: {0}")]
    Transaction(#[from] TransactionError),
    /// There is no estimate.
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    /// The machine refuses the code.
    #[error(transparent)]
    Code(#[from] vm::CodeError),
    /// The code cannot be compressed.
    #[error(transparent)]
    Pack(#[from] vm_wasm::go::PackError),
    /// There is no trace.
    #[error(transparent)]
    Trace(#[from] vm_evm::TraceError),
    /// The machines cannot be made.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// The state failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The machine that is to start is left out of the chain or the configuration.
    #[error(
        "machine {0} is left out by enabled_vms of the configuration or of the chain's genesis"
    )]
    MachineLeftOut(primitives::VmKind),
    /// Every transaction needs the machine.
    #[error(
        "machine {0} is not stopped: every transaction runs through it; enabled_vms of a genesis \
         says whose contracts may run"
    )]
    MachineOfAll(primitives::VmKind),
    /// The folder does not keep which machines are stopped.
    #[error("{file}: {reason}")]
    Switches {
        /// The file.
        file: String,
        /// Why not.
        reason: String,
    },
    /// There is no thread to make the trees of blocks on.
    #[error("the system does not give a thread: {0}")]
    Thread(std::io::Error),
    /// The store belongs to another chain than the configuration.
    #[error("the store holds a chain whose {what} is {found}, the configuration says {expected}")]
    OtherChain {
        /// What differs.
        what: &'static str,
        /// What the chain in the store has.
        found: u64,
        /// What the configuration says.
        expected: u64,
    },
    /// The store belongs to another chain than the genesis.
    #[error(
        "the store holds a chain with genesis {found}, the given genesis is {expected}: \
         choose an empty folder for another chain"
    )]
    OtherGenesis {
        /// The hash of the first block in the store.
        found: Hash,
        /// The hash of the first block of the given genesis.
        expected: Hash,
    },
    /// The store holds a state that says nothing of its chain.
    #[error(
        "the store holds no rules of a chain: it was written by an older version, or is no \
         chain of Braid's"
    )]
    NoRules,
    /// No block of the chain has this hash.
    #[error("block {0} is not part of the chain")]
    UnknownBlock(Hash),
    /// No block of the chain holds this transaction.
    #[error("transaction {0} is not part of the chain")]
    UnknownTransaction(Hash),
    /// The snapshot is not there any more.
    #[error("snapshot {0} is not held: the chain was reverted below it")]
    UnknownSnapshot(u64),
}

impl EngineError {
    /// Whether the cause is the input of the caller, and not the host.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        match self {
            Self::State(_) | Self::Kernel(_) | Self::Block(_) => false,
            Self::Thread(_) | Self::Switches { .. } | Self::Replay(ReplayError::Differs(_)) => {
                false
            }
            Self::Check(CheckError::Transaction(error)) => !error.is_host_fault(),
            Self::Transaction(error) => !error.is_host_fault(),
            _ => true,
        }
    }
}
