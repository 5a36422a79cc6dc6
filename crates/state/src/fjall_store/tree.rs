//! The pages of the tree in the database, with a version for each block that changed them.
//!
//! A version is the page as a whole or what changed since the version before. The one of a block is
//! the last that is not above it. Where a page is stored whole, that it makes earlier versions
//! superfluous is noted under the block, which is what pruning goes by.

use std::{collections::BTreeSet, ops::Bound, sync::Arc};

use fjall::{OwnedWriteBatch, Readable};
use primitives::{B256, BlockNumber, Hash};
use proof::{PATH_BITS, Prefix};

use super::{
    Keyspaces, failed,
    layout::{BlockPart, block_key, parse_hash, parse_number},
    metrics::Pending,
    view::{FjallView, bad_key},
};
use crate::{
    StateError,
    tree::{
        DELTAS_MAX, Decoded, GONE_VERSION, PAGE_LEVELS, Page, PageChange, PageDecoder, Pages,
        encode_version, encode_whole, page_key, page_key_bytes,
    },
};

const NUMBER_BYTES: usize = 8;

/// The tree after the block of a view.
pub(super) struct FjallPages<'a> {
    pub(super) view: &'a FjallView,
    pub(super) block: BlockNumber,
}

impl Pages for FjallPages<'_> {
    fn page(&self, id: &Prefix) -> Result<Option<Arc<Page>>, StateError> {
        let cache = &self.view.shared.pages;
        if let Some(page) = cache.get(id, self.block) {
            return Ok(Some(page));
        }
        let Some((page, since)) = self.read(id)? else { return Ok(None) };
        cache.keep(*id, &page, since, self.block);
        Ok(Some(page))
    }

    fn spare(&self) -> Option<Arc<Page>> {
        self.view.shared.pages.spare()
    }
}

/// The same as the database has it: without the pages in memory, which follow the tip of the chain
/// and say nothing of what is stored.
pub(super) struct StoredPages<'a>(pub(super) FjallPages<'a>);

impl Pages for StoredPages<'_> {
    fn page(&self, id: &Prefix) -> Result<Option<Arc<Page>>, StateError> {
        Ok(self.0.read(id)?.map(|(page, _)| page))
    }
}

impl FjallPages<'_> {
    /// Reads a page, and the block that made it what it is.
    fn read(&self, id: &Prefix) -> Result<Option<(Arc<Page>, BlockNumber)>, StateError> {
        let key = page_key(id);
        let range = version_key(&key, BlockNumber(0))..=version_key(&key, self.block);
        let versions = self.view.snapshot.range(&self.view.shared.keyspaces.tree, range).rev();
        let mut decoder = PageDecoder::new(*id);
        let mut since = None;
        for version in versions.take(DELTAS_MAX + 1) {
            let (stored_key, bytes) = version.into_inner().map_err(failed)?;
            let block = version_block(&stored_key).ok_or_else(|| bad_key(&stored_key))?;
            let since = *since.get_or_insert(block);
            match decoder.read(&bytes) {
                Ok(Decoded::More(more)) => decoder = more,
                Ok(Decoded::Gone) => return Ok(None),
                Ok(Decoded::Page(page)) => return Ok(Some((page, since))),
                Err(reason) => return Err(corrupt(id, reason)),
            }
        }
        match since {
            None => Ok(None),
            Some(_) => Err(corrupt(id, "the version that it began with is missing")),
        }
    }
}

fn corrupt(id: &Prefix, reason: &str) -> StateError {
    StateError::Corrupt { key: format!("page {id} of the tree"), reason: reason.to_owned() }
}

/// How pages of a bulk build are stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As what changed, where that is short.
    Short,
    /// Whole, in the place of the version of the same block.
    Whole,
}

/// Puts what a block makes of pages into its batch, and returns the bytes.
pub(super) fn stage_pages(
    keyspaces: &Keyspaces,
    batch: &mut OwnedWriteBatch,
    block: BlockNumber,
    changes: &mut [PageChange],
    form: Form,
) -> usize {
    let mut bytes = 0;
    for change in changes {
        let version = match form {
            Form::Short => encode_version(change),
            Form::Whole => encode_whole(change),
        };
        let key = page_key(&change.id);
        bytes += key.len() + NUMBER_BYTES + version.bytes.len();
        if version.is_whole && change.existed && form == Form::Short {
            batch.insert(&keyspaces.stale, stale_key(block, &key), []);
        }
        batch.insert(&keyspaces.tree, version_key(&key, block), version.bytes);
        if let Some(page) = &mut change.page {
            Arc::make_mut(page).chain = version.chain;
        }
    }
    bytes
}

/// Puts the root after a block into its batch.
pub(super) fn stage_root(
    keyspaces: &Keyspaces,
    batch: &mut OwnedWriteBatch,
    block: BlockNumber,
    root: &Hash,
) {
    batch.insert(&keyspaces.blocks, block_key(BlockPart::Root, block), root.as_slice());
}

/// The root after a block of the database.
pub(super) fn read_root(keyspaces: &Keyspaces, block: BlockNumber) -> Result<Hash, StateError> {
    let found = keyspaces.blocks.get(block_key(BlockPart::Root, block)).map_err(failed)?;
    root_from(block, found.as_deref())
}

/// The root after a block from its bytes.
pub(super) fn root_from(block: BlockNumber, bytes: Option<&[u8]>) -> Result<Hash, StateError> {
    bytes.and_then(parse_hash).ok_or_else(|| StateError::Corrupt {
        key: format!("root of block {block}"),
        reason: "it is missing or does not read".to_owned(),
    })
}

/// Removes versions of pages that no block from `watermark` on needs, from about `budget` pages.
/// Returns whether none are left, and about how many bytes that writes.
pub(super) fn prune(
    keyspaces: &Keyspaces,
    batch: &mut OwnedWriteBatch,
    watermark: BlockNumber,
    budget: usize,
) -> Result<(bool, usize), StateError> {
    let mut bytes = 0;
    let end = watermark
        .next()
        .map_or(Bound::Unbounded, |above| Bound::Excluded(above.0.to_be_bytes().to_vec()));
    let notes = (Bound::Unbounded, end);
    for (pages, note) in keyspaces.stale.range::<Vec<u8>, _>(notes).enumerate() {
        if pages >= budget {
            return Ok((false, bytes));
        }
        let note = note.key().map_err(failed)?;
        let (block, page) = split_stale_key(&note).ok_or_else(|| bad_key(&note))?;
        for version in
            keyspaces.tree.range(version_key(page, BlockNumber(0))..=version_key(page, block))
        {
            let (key, value) = version.into_inner().map_err(failed)?;
            let is_needed = version_block(&key) == Some(block) && *value != GONE_VERSION;
            if !is_needed {
                bytes += key.len();
                batch.remove(&keyspaces.tree, key);
            }
        }
        bytes += note.len();
        batch.remove(&keyspaces.stale, note);
    }
    Ok((true, bytes))
}

/// How many notes there are whose pages are to be pruned, counted up to `limit`.
pub(super) fn count_stale(
    keyspaces: &Keyspaces,
    watermark: BlockNumber,
    limit: u64,
) -> Result<Pending, StateError> {
    let mut pending = Pending::default();
    let end = Bound::Included([&watermark.0.to_be_bytes()[..], &[u8::MAX]].concat());
    for note in keyspaces.stale.range::<Vec<u8>, _>((Bound::Unbounded, end)) {
        let note = note.key().map_err(failed)?;
        let (block, _) = split_stale_key(&note).ok_or_else(|| bad_key(&note))?;
        pending.oldest = pending.oldest.or(Some(block));
        pending.count += 1;
        if pending.count >= limit {
            break;
        }
    }
    Ok(pending)
}

/// Puts into the batch what takes the pages that lead to `paths` back to the block `to`, and
/// returns about how many bytes that writes.
pub(super) fn stage_rewind(
    keyspaces: &Keyspaces,
    batch: &mut OwnedWriteBatch,
    to: BlockNumber,
    paths: impl Iterator<Item = B256>,
) -> Result<usize, StateError> {
    let mut bytes = 0;
    let mut seen = BTreeSet::new();
    for path in paths {
        // Where a page changed all pages above it did.
        for depth in (0..PATH_BITS).step_by(PAGE_LEVELS) {
            let id = Prefix::new(&path, depth).expect("invariant: the depth is in the path");
            if !seen.insert(id) {
                continue;
            }
            let removed = remove_above(keyspaces, batch, to, &page_key(&id))?;
            if removed == 0 {
                break;
            }
            bytes += removed;
        }
    }
    let above = Bound::Excluded([&to.0.to_be_bytes()[..], &[u8::MAX]].concat());
    for note in keyspaces.stale.range::<Vec<u8>, _>((above, Bound::Unbounded)) {
        let note = note.key().map_err(failed)?;
        bytes += note.len();
        batch.remove(&keyspaces.stale, note);
    }
    Ok(bytes)
}

fn remove_above(
    keyspaces: &Keyspaces,
    batch: &mut OwnedWriteBatch,
    to: BlockNumber,
    page: &[u8],
) -> Result<usize, StateError> {
    let above = Bound::Excluded(version_key(page, to));
    let last = Bound::Included(version_key(page, BlockNumber(u64::MAX)));
    let mut bytes = 0;
    for version in keyspaces.tree.range((above, last)) {
        let key = version.key().map_err(failed)?;
        bytes += key.len();
        batch.remove(&keyspaces.tree, key);
    }
    Ok(bytes)
}

fn version_key(page: &[u8], block: BlockNumber) -> Vec<u8> {
    [page, &block.0.to_be_bytes()].concat()
}

fn version_block(key: &[u8]) -> Option<BlockNumber> {
    let level = *key.first()?;
    parse_number(key.get(page_key_bytes(level)..)?)
}

fn stale_key(block: BlockNumber, page: &[u8]) -> Vec<u8> {
    [&block.0.to_be_bytes()[..], page].concat()
}

fn split_stale_key(key: &[u8]) -> Option<(BlockNumber, &[u8])> {
    let (block, page) = key.split_at_checked(NUMBER_BYTES)?;
    let is_page = page_key_bytes(*page.first()?) == page.len();
    is_page.then_some((parse_number(block)?, page))
}
