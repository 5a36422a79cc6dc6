//! The open changes of one transaction, for all machines, and how to undo each of them.
//!
//! [`Journal`] wraps revm's journal. Accounts, slots, warm and cold, transient words, events and
//! self-destruction are revm's own; the records of other machines lie beside them, and each of
//! their undo entries is marked by an entry in revm's own journal, so that one total order holds
//! over all machines and a checkpoint is a checkpoint of everything.
//!
//! The journal reads through a [`state::StateView`] and remembers what it read ([`ReadSet`]). The
//! first failure of the view is kept as a sticky fault. This crate knows nothing of blocks or of
//! how a machine runs; only its [`evm`] module names types of revm to the outside.

mod changes;
mod counter;
mod database;
pub mod evm;
mod journal;
pub mod marker;
mod scan;
mod undo;

pub use changes::Changes;
pub use database::{Bounds, RangeRead, ReadSet, ViewDatabase, ViewError};
pub use journal::{AccountState, AliasBinding, Checkpoint, Creation, Journal, Transfer};
