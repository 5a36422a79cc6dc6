//! Why the engine did not do what it was asked. What a contract does is no error: see
//! [`Receipt`](crate::Receipt).

use kernel::{EstimateError, KernelError, TransactionError};
use primitives::Address;
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
    /// The transaction is invalid: nothing happened.
    #[error("transaction is invalid: {0}")]
    Transaction(#[from] TransactionError),
    /// There is no estimate.
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    /// The machine refuses the code.
    #[error(transparent)]
    Code(#[from] vm::CodeError),
    /// There is no trace.
    #[error(transparent)]
    Trace(#[from] vm_evm::TraceError),
    /// The machines cannot be made.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// The state failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The store belongs to another chain.
    #[error("the store holds chain {found}, the configuration says {expected}")]
    OtherChain {
        /// The chain in the store.
        found: u64,
        /// The chain in the configuration.
        expected: u64,
    },
    /// The snapshot is not there any more.
    #[error("snapshot {0} is not held: the chain was reverted below it")]
    UnknownSnapshot(u64),
}

impl EngineError {
    /// Whether the cause is the input of the caller, and not the host.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        match self {
            Self::State(_) | Self::Kernel(_) => false,
            Self::Transaction(error) => !error.is_host_fault(),
            _ => true,
        }
    }
}
