//! Smart contracts of many virtual machines over one state.
//!
//! [`Engine`] is the whole of it in one value: a store, the machines, and a chain whose next block
//! is made by each transaction. A contract of any machine is deployed, called and traced the same
//! way, and calls contracts of any other machine as it calls its own.
//!
//! ```
//! use braidvm::{Artifact, Deploy, Engine, Request};
//!
//! let mut engine = Engine::dev();
//! let alice = engine.account("alice")?;
//!
//! // PUSH1 42, PUSH1 0, MSTORE, PUSH1 32, PUSH1 0, RETURN: a contract that answers 42. What
//! // stands before it copies it to memory and returns it as the code to store.
//! let code = "600a600c600039600a6000f3602a60005260206000f3";
//! let artifact = Artifact::from_bytes("answer", code.as_bytes())?;
//! let answer = engine.deploy(&Deploy::new(alice, artifact))?.expect_contract();
//!
//! let output = engine.call(&Request::new(alice, answer, "answer()(uint256)"))?;
//! assert_eq!(output.values()?, [braidvm::Value::uint(42)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything is synchronous; the engine starts no runtime of its own.

mod accounts;
mod artifact;
mod config;
mod engine;
mod error;
mod interfaces;
mod lifecycle;
pub mod metrics;
mod objects;
mod parameters;
mod past;
mod receipt;
mod request;
mod snapshot;
#[cfg(feature = "svm")]
mod solana;
pub mod tree;
mod units;
mod verify;

pub use abi::{Interface, Method, Type, Value, show_bytes};
pub use accounts::{
    DEV_BALANCE_ETHER, DevAccount, dev_accounts, dev_address, dev_balance, dev_name,
};
pub use artifact::{Artifact, ArtifactError};
pub use block::{
    AccessHint, Action, BlockRecord, BlockReport, ChainRules, Difference, Genesis, Header, Payload,
    SecretKey, SignedTransaction,
};
pub use config::{
    ChainConfig, Config, ConfigError, ExecutionConfig, Explained, Format, Layers, LogConfig,
    LogFormat, LogLevel, METRICS_CONTRACTS_MAX, MetricsConfig, NodeConfig, Origin, ResolvedConfig,
    THREADS_MAX, VmConfig,
};
pub use engine::{
    BlockReceipt, Engine, FoundTransaction, Inspection, Machines, ReadArtifact, SnapshotId,
};
pub use error::EngineError;
pub use interfaces::{Resolved, StateInterfaces};
pub use kernel::{
    DEPLOYER_ROLE, Kernel, KernelConfig, MachineStatus, NativeCall, NativeContract, NativeError,
    NativeHost, Natives, Parameter, Precompile, PrecompileCall, PrecompileHost, Precompiles,
    UPGRADER_ROLE, access_control, decode, deployer, role_name,
};
pub use lifecycle::{AccessRules, Lifecycle, Version, method_selector, role};
pub use objects::StateObject;
pub use parameters::{ParameterValue, parameter_hash, parameter_input};
pub use past::StateAt;
pub use primitives::{
    Address, B256, BlockNumber, Bytes, CodeHash, Gas, Hash, ObjectId, ObjectOwner, U256, VmKind,
    VmVersion, WEI_PER_ETHER, Wei,
};
pub use receipt::{CallOutput, Receipt};
pub use request::{Arguments, Deploy, Request};
#[cfg(feature = "svm")]
pub use solana::SolanaAccountView;
pub use state::{Retention, StoreMetrics, record::UpgradePolicy};
pub use units::parse_amount;
pub use verify::{VerificationOutcome, VerificationProgress, VerificationTask};

/// The rooms below, for those who build on a part of the engine.
pub mod rooms {
    pub use abi;
    pub use block;
    pub use journal;
    pub use js_compiler;
    #[cfg(feature = "js")]
    pub use js_testing;
    pub use kernel;
    pub use primitives;
    pub use proof;
    pub use state;
    pub use vm;
    pub use vm_evm;
    #[cfg(feature = "js")]
    pub use vm_js;
    pub use vm_native;
    #[cfg(feature = "svm")]
    pub use vm_svm;
    pub use vm_wasm;
}
