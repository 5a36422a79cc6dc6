//! The EVM strand: revm over the journal that all machines share.
//!
//! A [`Session`] runs transactions, one or many, on one [`journal::Journal`]. A call whose target
//! is a contract of another machine goes through the [`Crossing`], which the kernel implements; it
//! sees the open transaction as [`Frames`] and may call back into any machine from there. Types of
//! revm stay inside, but for what the conformance runner needs.

mod access;
mod config;
mod context;
mod crossing;
mod dispatch;
mod fees;
mod frames;
mod guard;
mod machine;
mod precompile;
mod scope;
mod session;
mod tracer;
mod transaction;
mod validate;

pub use access::Access;
pub use config::{
    CALL_GAS_LIMIT, CHAIN_ID, CODE_BYTES_MAX, EvmConfig, Hardfork, HardforkError,
    INIT_CODE_BYTES_MAX, MEMORY_BYTES_MAX, OSAKA_TRANSACTION_GAS_LIMIT_MAX, OpcodeError, OpcodeSet,
};
pub use crossing::{Crossing, ForeignCall, NoCrossing};
pub use frames::{Frames, NestedCall, NestedCreate, error_text};
pub use guard::{GuardedCall, GuardedCreation};
pub use precompile::{Precompile, PrecompileCall, PrecompileError, PrecompileHost, Precompiles};
pub use scope::{GasByVm, Scope};
pub use session::Session;
pub use tracer::{
    CallTraceOptions, StructLogOptions, TRACE_BYTES_MAX, TRACE_STEPS_MAX, TraceError,
};
pub use transaction::{
    AccessEntry, Anchor, Authorization, Checks, Fee, Transaction, TransactionError,
    TransactionResult,
};
pub use validate::Evm;
