//! The memory of the chain: keys, read views, write sets, and the stores that keep them.
//!
//! A key is `namespace ‖ space ‖ key`. The space is the contract or account and is not hashed, so
//! that the entries of one contract lie together and iterate in order. This crate knows nothing of
//! machines or transactions.

pub mod bench;
pub mod commitment;
mod diff;
pub mod dump;
mod error;
mod fjall_store;
mod key;
mod memory;
pub mod number;
mod overlay;
pub mod record;
mod records;
mod store;
pub mod verify;
mod view;
mod write_set;

pub use diff::{Diff, Difference, diff_views};
pub use error::StateError;
pub use fjall_store::{FjallConfig, FjallStore};
pub use key::{Key, Namespace, SPACE_BYTES};
pub use memory::MemoryStore;
pub use number::Delta;
pub use overlay::Overlay;
pub use records::Records;
pub use store::{BlockCommit, ImportedBlock, PruneProgress, RecordSource, Store, Tip};
pub use view::{EmptyView, ScanEntry, StateView};
pub use write_set::WriteSet;
