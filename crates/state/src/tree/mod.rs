//! The commitment as a tree that is kept and changed block by block.
//!
//! The tree is the binary one that the crate `proof` defines; this is how it is cut into pages. A
//! page holds five levels: 32 buckets at its lower edge and the nodes above them. A bucket is
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
pub(crate) use page::{BUCKETS, Bucket, PAGE_LEVELS, Page};
pub(crate) use prove::{prove, prove_subtree};
pub(crate) use update::{Change, PageChange, Update, threads, update};

use std::sync::Arc;

use proof::Prefix;

use crate::StateError;

/// Where the pages of one state are read from.
pub(crate) trait Pages: Sync {
    /// The page at a place, or nothing where there is none.
    ///
    /// # Errors
    ///
    /// [`StateError::Store`] where the medium failed, [`StateError::Corrupt`] where a page does not
    /// read.
    fn page(&self, id: &Prefix) -> Result<Option<Arc<Page>>, StateError>;
}

/// The page that a bucket says is there.
fn linked_page(pages: &dyn Pages, id: &Prefix) -> Result<Arc<Page>, StateError> {
    pages.page(id)?.ok_or_else(|| StateError::Corrupt {
        key: format!("page {id} of the tree"),
        reason: "it is missing".to_owned(),
    })
}

#[cfg(test)]
mod tests;
