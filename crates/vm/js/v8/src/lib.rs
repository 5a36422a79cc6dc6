//! V8 behind a door of bytes: scripts that see one function of the host, over a frozen prelude that
//! a snapshot holds.
//!
//! V8 comes as a shared library with a C interface of ours (`shim.cc`), which is loaded when it is
//! first asked for. A build that found no V8 has none, and [`Library::start`] says so. This crate
//! knows neither gas nor state: values cross as bytes, and what they mean is the caller's.
//!
//! V8 cannot be told at run time what to compile: whether it makes native code is a choice of the
//! process, that of the first [`Library::start`].

mod isolate;
mod library;

use thiserror::Error;

pub use isolate::{Answer, Isolate, IsolateLimits, RunEnd, Snapshot, Stopper};
pub use library::Library;

/// Why V8 is not there, or does not take a script.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum V8Error {
    /// The build found no V8.
    #[error(
        "V8 is not built in: run ./setup-v8.sh and build with the feature js-v8, or set the engine \
         to quickjs"
    )]
    NotBuilt,
    /// The shared library cannot be used.
    #[error("V8 cannot be loaded: {0}")]
    Unusable(String),
    /// The process runs V8 in the other way.
    #[error("V8 runs in this process already, where vm.js.v8_jit is {0}")]
    OtherMode(bool),
    /// The script is refused.
    #[error("{0}")]
    Refused(String),
    /// The isolate has no memory.
    #[error("the memory of the isolate is used up")]
    NoMemory,
}
