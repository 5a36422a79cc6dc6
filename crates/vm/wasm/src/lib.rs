//! The WebAssembly strand: static checks, metering, engines and the host interface.

pub mod instrument;
mod limits;
mod validate;

pub use limits::{
    MEMORY_PAGE_BYTES, MEMORY_PAGES_MAX, STACK_SLOTS_MAX, TABLE_ELEMENTS_MAX, WasmLimits,
};
pub use validate::{ImportSignature, ModuleReport, ValueType, inspect};
