//! The WebAssembly strand: static checks, metering, engines and the host interface.
//!
//! [`WasmVm`] runs modules that import the host interface `braid1`. A module is checked
//! ([`inspect`]), metering is written into it ([`instrument`](mod@instrument)), and one of two
//! engines runs it: an interpreter at once, native code when it is compiled. Both end every frame
//! with the same outcome and the same gas. A frame has an instance of its own, which lives no
//! longer than the frame.
//!
//! [`WasmVm::go`] is the machine of Go programs beside it: the same engines and metering, a few
//! functions of WASI, and a snapshot of the started program (see [`go`]).
//!
//! A module may also be built for another chain: its imports and exports tell its [`Personality`].
//!
//! It runs no other WASI programs, no components, and no modules with threads or vectors.

mod cache;
mod config;
mod cosmwasm;
mod engine;
pub mod go;
mod host;
pub mod instrument;
pub mod limits;
mod machine;
mod personality;
mod validate;
pub mod worker;

pub use config::{
    EngineChoice, MEMORY_RESIDENT_BYTES, TABLE_RESIDENT_BYTES, WasmConfig, WorkerConfig,
};
pub use host::imports::{COSMWASM_IMPORTS, IMPORTS, STYLUS_IMPORTS, WASI_IMPORTS};
pub use limits::WasmLimits;
pub use machine::{WasmError, WasmVm};
pub use personality::Personality;
pub use validate::{ImportSignature, ModuleReport, ValueType, inspect};
