//! Giving a store of the format without a tree the tree of its history.
//!
//! The tree of the first block that is held is built from its records, and then follows block by
//! block, so that roots and proofs are there for every block that is held. What is done is kept:
//! an upgrade that was cut off goes on, or begins anew where it was in the middle of the first
//! tree. The store has its old format until all is done.

use std::{path::Path, sync::Arc};

use fjall::PersistMode;
use primitives::BlockNumber;

use super::{
    FjallConfig, FjallStore, Shared, build, check_seal, failed,
    layout::{RETAINED, TREE, parse_number},
    open::Directory,
    read_number, read_tip,
    records::RecordCache,
    tree::stage_root,
    view::FjallView,
};
use crate::{StateError, tree::PageCache};

/// Blocks that follow without being put on disk.
const BLOCKS_PER_FLUSH: u64 = 256;

/// How far an upgrade is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpgradeProgress {
    /// So many records of the first state are in its tree.
    Records(u64),
    /// The tree has followed up to this block.
    Block(BlockNumber),
}

impl FjallStore {
    /// Gives the store in the directory `path` the present format, and tells whether it had an
    /// older one. The time it takes is that of reading the first state that is held and all history
    /// after it. `progress` hears now and then how far it is.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn upgrade(
        path: impl AsRef<Path>,
        config: &FjallConfig,
        progress: &mut dyn FnMut(UpgradeProgress),
    ) -> Result<bool, StateError> {
        let path = path.as_ref();
        let directory = Directory::lock(path, false)?;
        let Some((keyspaces, seal)) = directory.open_older(config)? else { return Ok(false) };
        let tip = read_tip(&keyspaces)?;
        check_seal(path, &keyspaces, tip, seal.last())?;
        let pages = PageCache::new(config.tree_cache_bytes, None);
        let (path, lock) = directory.into_parts();
        let records = RecordCache::new(0);
        let shared = Arc::new(Shared { keyspaces, pages, records, path: path.clone(), lock });
        if let Some(tip) = tip {
            let views = |block| FjallView::latest(&shared, Some(tip)).at(block);
            let mut block = start(&shared, &views, progress)?;
            shared.pages.reset(Some(block));
            while block < tip.block {
                build::follow(&shared, views, block)?;
                block = block.next().expect("invariant: there is a block above");
                progress(UpgradeProgress::Block(block));
                if block.0.is_multiple_of(BLOCKS_PER_FLUSH) {
                    shared.keyspaces.flush_tables()?;
                }
            }
        }
        shared.keyspaces.db.persist(PersistMode::SyncAll).map_err(failed)?;
        shared.keyspaces.meta.remove(TREE).map_err(failed)?;
        shared.keyspaces.flush_tables()?;
        Directory::finish_upgrade(&path)?;
        Ok(true)
    }
}

/// The block up to which there is a tree, after building that of the first block that is held.
fn start(
    shared: &Arc<Shared>,
    views: &impl Fn(BlockNumber) -> FjallView,
    progress: &mut dyn FnMut(UpgradeProgress),
) -> Result<BlockNumber, StateError> {
    let keyspaces = &shared.keyspaces;
    if let Some(bytes) = keyspaces.meta.get(TREE).map_err(failed)? {
        return parse_number(&bytes).ok_or_else(|| super::bad_meta("tree"));
    }
    build::clear(keyspaces)?;
    let first = read_number(keyspaces, RETAINED)?;
    let report = &mut |records| progress(UpgradeProgress::Records(records));
    let root = build::build(shared, &views(first), first, report)?;
    let mut batch = keyspaces.db.batch().durability(Some(PersistMode::SyncAll));
    stage_root(keyspaces, &mut batch, first, &root);
    batch.insert(&keyspaces.meta, TREE, first.0.to_be_bytes());
    batch.commit().map_err(failed)?;
    Ok(first)
}
