//! Pages of the latest state that are kept in memory.

use std::{fmt, sync::Arc};

use parking_lot::Mutex;
use primitives::BlockNumber;
use proof::Prefix;
use schnellru::{Limiter, LruMap};

use super::{Page, PageChange};

/// Pages by their place, the least recently used of which go when they take too many bytes.
///
/// It follows the tip: a page in it is the one of the tip, and of every block from the one that
/// made it on.
pub(crate) struct PageCache(Mutex<Content>);

struct Content {
    pages: LruMap<Prefix, Cached, Budget>,
    tip: Option<BlockNumber>,
}

struct Cached {
    page: Arc<Page>,
    /// The block that made the page what it is.
    since: BlockNumber,
}

impl PageCache {
    /// An empty cache for the state of `tip`.
    pub(crate) fn new(bytes_max: usize, tip: Option<BlockNumber>) -> Self {
        let pages = LruMap::new(Budget { bytes: 0, bytes_max });
        Self(Mutex::new(Content { pages, tip }))
    }

    /// The page in the state of `block`, if it is known here.
    pub(crate) fn get(&self, id: &Prefix, block: BlockNumber) -> Option<Arc<Page>> {
        let mut content = self.0.lock();
        if content.tip.is_none_or(|tip| tip < block) {
            return None;
        }
        let cached = content.pages.get(id)?;
        (cached.since <= block).then(|| Arc::clone(&cached.page))
    }

    /// Keeps a page that was read for `block` and made by `since`, unless the tip has moved on.
    pub(crate) fn keep(
        &self,
        id: Prefix,
        page: &Arc<Page>,
        since: BlockNumber,
        block: BlockNumber,
    ) {
        let mut content = self.0.lock();
        if content.tip == Some(block) {
            content.pages.insert(id, Cached { page: Arc::clone(page), since });
        }
    }

    /// Goes on to a new tip, which changed these pages.
    pub(crate) fn advance(&self, tip: BlockNumber, changes: impl IntoIterator<Item = PageChange>) {
        let mut content = self.0.lock();
        content.tip = Some(tip);
        for PageChange { id, page, .. } in changes {
            match page {
                Some(page) => {
                    content.pages.insert(id, Cached { page, since: tip });
                }
                None => {
                    content.pages.remove(&id);
                }
            }
        }
    }

    /// Forgets all pages; `tip` is the tip now.
    pub(crate) fn reset(&self, tip: Option<BlockNumber>) {
        let mut content = self.0.lock();
        content.pages.clear();
        content.tip = tip;
    }

    /// About how many bytes the pages take.
    pub(crate) fn bytes(&self) -> usize {
        self.0.lock().pages.limiter().bytes
    }

    /// The most that these may come to.
    pub(crate) fn bytes_max(&self) -> usize {
        self.0.lock().pages.limiter().bytes_max
    }
}

impl fmt::Debug for PageCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageCache").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

/// Counts the bytes of what is kept.
struct Budget {
    bytes: usize,
    bytes_max: usize,
}

impl Limiter<Prefix, Cached> for Budget {
    type KeyToInsert<'a> = Prefix;
    type LinkType = u32;

    fn is_over_the_limit(&self, _length: usize) -> bool {
        self.bytes > self.bytes_max
    }

    fn on_insert(
        &mut self,
        _length: usize,
        key: Self::KeyToInsert<'_>,
        value: Cached,
    ) -> Option<(Prefix, Cached)> {
        self.bytes += value.page.memory_bytes();
        Some((key, value))
    }

    fn on_replace(
        &mut self,
        _length: usize,
        _old_key: &mut Prefix,
        _new_key: Prefix,
        old_value: &mut Cached,
        new_value: &mut Cached,
    ) -> bool {
        self.bytes += new_value.page.memory_bytes();
        self.bytes -= old_value.page.memory_bytes();
        true
    }

    fn on_removed(&mut self, _key: &mut Prefix, value: &mut Cached) {
        self.bytes -= value.page.memory_bytes();
    }

    fn on_cleared(&mut self) {
        self.bytes = 0;
    }

    fn on_grow(&mut self, _new_memory_usage: usize) -> bool {
        true
    }
}
