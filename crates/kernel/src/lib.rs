//! The crossing: the machines of a chain over one open transaction.
//!
//! A transaction begins in the EVM's transaction loop (nonce, fees, intrinsic gas) whatever its
//! target is. A call whose target is code of a hosted machine comes here: the registry knows the
//! machine, the frame gets a host over the transaction's journal, and what the frame calls goes
//! back through the same loop. So every machine reaches every other by an ordinary call, and one
//! journal undoes all of them.
//!
//! Tracing, simulation and gas estimation are here once, for all machines.

mod codes;
mod crossing;
pub mod decode;
mod estimate;
mod execution;
mod host;
mod lifecycle;
mod native;
mod objects;
mod registry;
#[cfg(feature = "svm")]
mod solana;

pub use crossing::Crossroads;
pub use estimate::{ESTIMATE_RUNS_MAX, EstimateError};
pub use execution::{Execution, Kernel, KernelConfig, KernelError};
pub use lifecycle::{
    DEPLOYER_INTERFACE,
    access::{
        ACCESS_INTERFACE, DEFAULT_ADMIN_ROLE, DEPLOYER_ROLE, UPGRADER_ROLE, access_control,
        member_key as role_key, role_name,
    },
    deploy_input, deployer, describe_input, lifecycle_input, upgrade_input,
};
pub use registry::{MachineStatus, Registry, RegistryError};
#[cfg(feature = "svm")]
pub use solana::{SolanaMessage, SolanaTransaction, solana_transaction};
pub use vm_evm::{
    AccessEntry, Anchor, Authorization, Checks, Fee, Transaction, TransactionError,
    TransactionResult,
};
pub use vm_evm::{Precompile, PrecompileCall, PrecompileError, PrecompileHost, Precompiles};
pub use vm_native::{
    ContractSummary, MachineSummary, NativeCall, NativeContract, NativeError, NativeHost, Natives,
    NativesError,
    system::{Parameter, ParameterRecord, parameters},
};
