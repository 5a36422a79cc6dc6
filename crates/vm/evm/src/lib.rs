//! The EVM strand.

mod config;
mod validate;

pub use config::{
    CALL_GAS_LIMIT, CHAIN_ID, CODE_BYTES_MAX, EvmConfig, Hardfork, HardforkError,
    INIT_CODE_BYTES_MAX, MEMORY_BYTES_MAX, OSAKA_TRANSACTION_GAS_LIMIT_MAX, OpcodeError, OpcodeSet,
};
