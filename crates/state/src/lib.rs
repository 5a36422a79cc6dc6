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
mod metrics;
pub mod number;
mod overlay;
pub mod record;
mod records;
mod retention;
pub mod snapshot;
mod store;
mod tree;
pub mod verify;
mod view;
mod write_set;

pub use diff::{Diff, Difference, diff_views};
pub use error::StateError;
pub use fjall_store::{ChunkImport, FjallConfig, FjallStore, UpgradeProgress};
pub use key::{Key, Namespace, SPACE_BYTES};
pub use memory::MemoryStore;
pub use metrics::{DiskPart, PRUNE_PENDING_KEYS_MAX, StoreMetrics};
pub use number::Delta;
pub use overlay::Overlay;
pub use records::Records;
pub use retention::{PRUNE_KEYS_MIN, PRUNE_KEYS_PER_CHANGE, Retention};
pub use store::{
    BlockCommit, BlockEntry, HeldState, ImportedBlock, PruneProgress, RecordSource, Staged, Store,
    TREE_LAG_BLOCKS_MAX, TREE_SLICES, Tip,
};
pub use view::{EmptyView, ScanEntry, StateView};
pub use write_set::WriteSet;
