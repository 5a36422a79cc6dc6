//! The pages of the tree in memory, of every block that is held.

use std::{collections::BTreeMap, sync::Arc};

use primitives::{BlockNumber, Hash};
use proof::Prefix;

use crate::{
    StateError,
    tree::{Page, PageChange, Pages},
};

/// All versions of all pages.
#[derive(Debug, Clone, Default)]
pub(super) struct MemoryTree {
    /// Of every page what it is from which block on, never empty.
    versions: BTreeMap<Prefix, Vec<Version>>,
    /// Which pages a block changed.
    changes: BTreeMap<BlockNumber, Vec<Prefix>>,
}

/// What a block made of a page: the page, or nothing.
type Version = (BlockNumber, Option<Arc<Page>>);

/// The tree after one block.
#[derive(Debug)]
pub(super) struct TreeAt<'a> {
    tree: &'a MemoryTree,
    block: BlockNumber,
}

impl MemoryTree {
    pub(super) const fn at(&self, block: BlockNumber) -> TreeAt<'_> {
        TreeAt { tree: self, block }
    }

    pub(super) const fn latest(&self) -> TreeAt<'_> {
        self.at(BlockNumber(u64::MAX))
    }

    pub(super) fn apply(&mut self, block: BlockNumber, pages: Vec<PageChange>) {
        let mut changed = Vec::with_capacity(pages.len());
        for PageChange { id, page, .. } in pages {
            let versions = self.versions.entry(id).or_default();
            assert!(versions.last().is_none_or(|(last, _)| *last < block), "blocks only grow");
            versions.push((block, page));
            changed.push(id);
        }
        self.changes.insert(block, changed);
    }

    /// Forgets what later blocks made of the pages.
    pub(super) fn rewind(&mut self, to: BlockNumber) {
        let Some(above) = to.next() else { return };
        for id in self.changes.split_off(&above).into_values().flatten() {
            let Some(versions) = self.versions.get_mut(&id) else { continue };
            versions.truncate(versions.partition_point(|(block, _)| *block <= to));
            if versions.is_empty() {
                self.versions.remove(&id);
            }
        }
    }

    /// Forgets what the pages were before the state after `watermark`.
    pub(super) fn prune(&mut self, watermark: BlockNumber) {
        while let Some(entry) = self.changes.first_entry().filter(|it| *it.key() <= watermark) {
            for id in entry.remove() {
                let Some(versions) = self.versions.get_mut(&id) else { continue };
                let after = versions.partition_point(|(block, _)| *block <= watermark);
                versions.drain(..after.saturating_sub(1));
                if matches!(versions.first(), Some((block, None)) if *block <= watermark) {
                    versions.remove(0);
                }
                if versions.is_empty() {
                    self.versions.remove(&id);
                }
            }
        }
    }
}

impl TreeAt<'_> {
    pub(super) fn root(&self) -> Hash {
        self.find(&Prefix::ROOT).map_or(Hash::ZERO, |page| page.root())
    }

    fn find(&self, id: &Prefix) -> Option<&Arc<Page>> {
        let versions = self.tree.versions.get(id)?;
        let after = versions.partition_point(|(block, _)| *block <= self.block);
        versions.get(after.checked_sub(1)?)?.1.as_ref()
    }
}

impl Pages for TreeAt<'_> {
    fn page(&self, id: &Prefix) -> Result<Option<Arc<Page>>, StateError> {
        Ok(self.find(id).cloned())
    }
}
