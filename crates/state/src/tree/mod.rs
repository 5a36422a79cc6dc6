//! The commitment as a tree that is kept and changed block by block.
//!
//! The tree is the binary one that the crate `proof` defines; this is how it is cut into pages. A
//! page holds four levels: 16 buckets at its lower edge and the nodes above them. A bucket is
//! nothing, a few leaves, or the root of the page below; which of them follows from the number of
//! leaves alone, so equal records have equal pages.
//!
//! A block's changes are sorted by path and go through the tree once: each page that they touch is
//! loaded once, and each of its nodes that changes is hashed once. Below the root page the changes
//! part into work for several threads, whose number has no part in the result.
//!
//! Where pages come from is a [`Pages`]; they are made and read here, and kept by the stores.

mod cache;
mod codec;
mod page;
mod prove;
mod update;

pub(crate) use cache::PageCache;
pub(crate) use codec::{
    DELTAS_MAX, Decoded, GONE_VERSION, PageDecoder, encode_version, encode_whole, page_key,
    page_key_bytes,
};
pub(crate) use page::{BUCKETS, Bucket, PAGE_LEVELS, Page, child_id};
pub(crate) use prove::{prove, prove_subtree};
pub(crate) use update::{Change, PageChange, Update, threads, update};

use std::sync::Arc;

use primitives::Hash;
use proof::{Leaf, Prefix};

use crate::{StateError, TREE_SLICES};

/// Where the pages of one state are read from.
pub(crate) trait Pages: Sync {
    /// The page at a place, or nothing where there is none.
    ///
    /// # Errors
    ///
    /// [`StateError::Store`] where the medium failed, [`StateError::Corrupt`] where a page does not
    /// read.
    fn page(&self, id: &Prefix) -> Result<Option<Arc<Page>>, StateError>;

    /// The memory of a page that nobody else has, to make another one in it: most of the time of an
    /// update is waiting for memory.
    fn spare(&self) -> Option<Arc<Page>> {
        None
    }
}

/// Reads all pages, each of which has to have the hash that the page above says, and returns how
/// many leaves they have.
///
/// # Errors
///
/// The errors of the pages, and [`StateError::Corrupt`] where they do not lead to `root`.
pub(crate) fn count_leaves(pages: &dyn Pages, root: &Hash) -> Result<u64, StateError> {
    let mut leaves = 0;
    if !root.is_zero() {
        leaves_below(pages, (Prefix::ROOT, *root), &mut |_| leaves += 1)?;
    }
    Ok(leaves)
}

/// Reads the part `slice` of the tree: what is in one bucket of a page that one bucket of the root
/// page leads to. Leaves of the root page itself are in the first part of their bucket.
///
/// # Errors
///
/// As [`count_leaves`].
pub(crate) fn leaves_of_slice(
    pages: &dyn Pages,
    root: &Hash,
    slice: u16,
    found: &mut dyn FnMut(&Leaf),
) -> Result<(), StateError> {
    assert!(slice < TREE_SLICES, "the tree has so many parts");
    if root.is_zero() {
        return Ok(());
    }
    let buckets = u16::try_from(BUCKETS).expect("invariant: a page has few buckets");
    let (upper, lower) = (usize::from(slice / buckets), usize::from(slice % buckets));
    let page = linked_page(pages, &Prefix::ROOT, root)?;
    let (id, root) = match page.bucket(upper) {
        Bucket::Leaves(few) => {
            if lower == 0 {
                few.iter().for_each(found);
            }
            return Ok(());
        }
        Bucket::Child(root) => (child_id(&Prefix::ROOT, upper), root),
    };
    match linked_page(pages, &id, &root)?.bucket(lower) {
        Bucket::Leaves(few) => few.iter().for_each(found),
        Bucket::Child(root) => leaves_below(pages, (child_id(&id, lower), root), found)?,
    }
    Ok(())
}

/// Reads a page with this hash, and all below it.
fn leaves_below(
    pages: &dyn Pages,
    page: (Prefix, Hash),
    found: &mut dyn FnMut(&Leaf),
) -> Result<(), StateError> {
    let mut open = vec![page];
    while let Some((id, root)) = open.pop() {
        let page = linked_page(pages, &id, &root)?;
        for bucket in 0..BUCKETS {
            match page.bucket(bucket) {
                Bucket::Leaves(few) => few.iter().for_each(&mut *found),
                Bucket::Child(root) => open.push((child_id(&id, bucket), root)),
            }
        }
    }
    Ok(())
}

/// The page that a bucket says is there, with the hash that it says.
fn linked_page(pages: &dyn Pages, id: &Prefix, root: &Hash) -> Result<Arc<Page>, StateError> {
    let reason = match pages.page(id)? {
        Some(page) if page.root() == *root => return Ok(page),
        Some(page) => format!("it has the hash {}, the page above says {root}", page.root()),
        None => "it is missing".to_owned(),
    };
    Err(StateError::Corrupt { key: format!("page {id} of the tree"), reason })
}

#[cfg(test)]
mod tests;
