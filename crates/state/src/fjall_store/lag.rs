//! Blocks that wait for their trees: appended first, put into the tree later.
//!
//! A tree is made from what the store holds of the block: which records it changed, and what they
//! were after it. Its pages and its root are one batch, which is not synced: it lies in the journal
//! before the next block and becomes durable with it. What a crash takes of it is made again.

use std::sync::Arc;

use fjall::PersistMode;
use primitives::{BlockNumber, Hash};

use super::{
    FjallStore, Keyspaces, build, failed,
    layout::{BlockPart, block_key},
    records::Since,
    tree::{Form, root_from, stage_pages, stage_root},
    view::FjallView,
};
use crate::{
    BlockEntry, StateError, Store, TREE_LAG_BLOCKS_MAX, Tip, WriteSet,
    store::{Parent, changed, check_held, check_next, due_tree},
    tree::Update,
};

/// The last block that has a tree, with the root of its state.
pub(super) fn last_tree(
    keyspaces: &Keyspaces,
    first: BlockNumber,
    tip: BlockNumber,
) -> Result<(BlockNumber, Hash), StateError> {
    let lowest = first.max(BlockNumber(tip.0.saturating_sub(TREE_LAG_BLOCKS_MAX)));
    for block in (lowest.0..=tip.0).rev().map(BlockNumber) {
        let found = keyspaces.blocks.get(block_key(BlockPart::Root, block)).map_err(failed)?;
        if let Some(bytes) = found {
            return Ok((block, root_from(block, Some(&bytes))?));
        }
    }
    root_from(tip, None).map(|root| (tip, root))
}

impl FjallStore {
    pub(super) fn append_without_tree(
        &self,
        block: BlockEntry,
        writes: WriteSet,
    ) -> Result<usize, StateError> {
        if self.tip().is_none() {
            let staged = self.stage(writes)?;
            let changes = staged.changes();
            return self.commit_staged(block, staged).map(|()| changes);
        }
        check_next(self.tip(), block.number)?;
        self.build_trees(due_tree(block.number))?;
        let mut writer = self.writer.lock();
        writer.check_usable()?;
        let (view, parent) = self.parent();
        check_next(parent.tip, block.number)?;
        let writes = changed(writes, &*view)?;
        let keyspaces = &self.shared.keyspaces;
        let mut batch = keyspaces.db.batch().durability(Some(PersistMode::SyncAll));
        let bytes = self.stage_writes(&mut batch, block.number, &writes, false)
            + self.stage_block(&mut batch, &block, false);
        let tip = Tip { block: block.number, hash: block.hash };
        let committed = batch.commit().map_err(failed);
        let sealed = committed.and_then(|()| writer.seal(tip));
        writer.failed = sealed.is_err();
        sealed?;
        self.show_tip(tip, None, false, &Since::Block(&writes));
        writer.flush_after(bytes, keyspaces)?;
        Ok(writes.len())
    }

    /// Makes the trees up to `block`, or up to the tip where that is lower, one after another.
    pub(super) fn build_trees(&self, block: BlockNumber) -> Result<(), StateError> {
        let is_there = || {
            let published = self.published.read();
            let tip = published.latest.tip.map(|tip| tip.block);
            published.tree.map(|(tree, _)| tree) >= tip.min(Some(block))
        };
        if is_there() {
            return Ok(());
        }
        let _trees = self.trees.lock();
        while !is_there() {
            self.build_next_tree()?;
        }
        Ok(())
    }

    /// Makes the first tree that is not there. Only its writing keeps the writer waiting.
    fn build_next_tree(&self) -> Result<(), StateError> {
        let (view, _) = self.parent();
        let before = self.tree_tip().expect("invariant: the first block has its tree at once");
        let next = before.next().expect("invariant: there is a block above");
        let Update { root, mut pages } = build::update_of(&view.at(before), &view.at(next), next)?;
        let mut writer = self.writer.lock();
        writer.check_usable()?;
        let keyspaces = &self.shared.keyspaces;
        let mut batch = keyspaces.db.batch().durability(Some(PersistMode::Buffer));
        let bytes = stage_pages(keyspaces, &mut batch, next, &mut pages, Form::Short);
        stage_root(keyspaces, &mut batch, next, &root);
        let committed = batch.commit().map_err(failed);
        writer.failed = committed.is_err();
        committed?;
        self.shared.pages.advance(next, pages);
        let tip = self.tip().expect("invariant: there are blocks");
        self.show_tip(tip, Some((next, root)), false, &Since::Same);
        writer.flush_after(bytes, keyspaces)
    }

    /// What readers see, with a tree up to its tip, which blocks are staged on.
    pub(super) fn parent_with_tree(&self) -> Result<(Arc<FjallView>, Parent), StateError> {
        loop {
            let (view, parent) = self.parent();
            match parent.tip {
                // A block that is appended meanwhile makes the root one of an earlier block.
                Some(tip) if !self.has_tree(tip, &parent) => self.build_trees(tip.block)?,
                _ => return Ok((view, parent)),
            }
        }
    }

    /// Whether the tip has its tree and is still the tip, so that both were read as one.
    fn has_tree(&self, tip: Tip, parent: &Parent) -> bool {
        let published = self.published.read();
        published.tree == Some((tip.block, parent.root)) && published.latest.tip == Some(tip)
    }

    /// The state after `block`, with its tree.
    pub(super) fn view_with_tree(&self, block: BlockNumber) -> Result<FjallView, StateError> {
        check_held(self.tip(), self.retained_from(), block)?;
        self.build_trees(block)?;
        self.view_at(block)
    }
}
