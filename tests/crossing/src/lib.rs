//! A small world for tests of calls between machines: the example contracts of all languages, a
//! chain in memory, and what must hold after every transaction.
//!
//! The tests are in `tests/crossing`. Nothing but tests uses this crate.

pub mod contracts;
pub mod lifecycle;
pub mod sample;
pub mod world;

pub use contracts::{call_data, evm_creation, number, wei, word};
pub use sample::Sample;
pub use world::World;
