//! Runs Ethereum's public state tests through Braid's own state and journal.
//!
//! A state test is a state, a transaction, and for each hardfork the root of the state that must
//! come out. Each case is laid out as Braid's records, read through a view, run by a session of
//! the EVM strand, and its changes are laid over the view; the root is then computed from the
//! records themselves. Nothing of the interpreter's own state is looked at, so a case passes only
//! where accounts, slots, code and events have gone through Braid's keys and records unharmed.
//!
//! The test files are not part of this repository. A folder of JSON files, one such file, or a
//! `.tar` or `.tar.zst` of them is read as it is.

mod case;
mod exceptions;
mod fixture;
mod root;
mod runner;
mod source;
mod summary;

pub use exceptions::{EXCEPTIONS, Exception};
pub use runner::{Options, run_state_tests};
pub use source::{Error, FILE_BYTES_MAX};
pub use summary::{Counts, Failure, Progress, Summary};
