//! The WebAssembly strand: static checks, metering, engines and the host interface.

pub mod instrument;
pub mod limits;
mod validate;

pub use limits::WasmLimits;
pub use validate::{ImportSignature, ModuleReport, ValueType, inspect};
