//! Random blocks over contracts of all machines, for tests of their execution.
//!
//! The tests are in `tests/blocks`. Nothing but tests uses this crate.

pub mod contracts;
pub mod managed;
mod solana;
pub mod town;
pub mod traffic;

pub use braidvm::rooms::primitives::Random;
pub use town::Town;
pub use traffic::Traffic;
