//! From JavaScript and TypeScript sources to the metered script that an engine runs.
//!
//! [`abi`] is the contract between the script and its runtime, [`cost`] the price list. This crate
//! knows no engine and no state.

pub mod abi;
pub mod cost;

/// What a unit becomes: a script for an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The script, see [`abi`].
    pub source: String,
    /// What the contract offers.
    pub interface: ::abi::Interface,
}
