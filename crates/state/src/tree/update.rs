//! Changing the tree: all changes of a block at once.

use std::{sync::Arc, thread};

use primitives::{B256, Hash};
use proof::{Leaf, Prefix};

use super::{
    Bucket, PAGE_LEVELS, Page, Pages, linked_page,
    page::{BUCKET_LEAVES_MAX, PageBuilder, bucket_of},
};
use crate::StateError;

/// Changes below which one thread does all the work: what a thread costs is that of hashing a few
/// dozen of them.
const CHANGES_PER_THREAD_MIN: usize = 256;

/// Threads that one update uses at most.
const THREADS_MAX: usize = 8;

/// The new value of one record, or its removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) path: B256,
    pub(crate) value_hash: Option<Hash>,
}

/// A page after an update.
#[derive(Debug, Clone)]
pub(crate) struct PageChange {
    pub(crate) id: Prefix,
    /// The page, or nothing where it is not there any more.
    pub(crate) page: Option<Arc<Page>>,
    /// Which buckets changed.
    pub(crate) buckets: u32,
    /// Whether there was a page before.
    pub(crate) existed: bool,
}

/// What changes of the tree.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    pub(crate) root: Hash,
    /// Each page that changes, once.
    pub(crate) pages: Vec<PageChange>,
}

/// How many threads an update uses on this machine. The result is the same for any number.
pub(crate) fn threads() -> usize {
    thread::available_parallelism().map_or(1, |count| count.get().min(THREADS_MAX))
}

/// Applies changes to the tree of `pages`. They are in the order of their paths, each path once.
///
/// # Errors
///
/// The errors of the pages.
pub(crate) fn update(
    pages: &dyn Pages,
    changes: &[Change],
    threads: usize,
) -> Result<Update, StateError> {
    assert!(changes.is_sorted_by(|a, b| a.path < b.path), "changes are sorted, each path once");
    let old = pages.page(&Prefix::ROOT)?;
    let existed = old.is_some();
    let old = old.unwrap_or_else(|| Arc::new(Page::empty()));
    let context = Context { pages, id: Prefix::ROOT, old: &old };
    let mut work = Work::default();
    let threads = threads.clamp(1, changes.len() / CHANGES_PER_THREAD_MIN + 1);
    let (page, buckets) = context.split(changes, threads, &mut work)?.finish();
    let root = page.root();
    if buckets != 0 {
        work.pages.push(PageChange { id: Prefix::ROOT, page: Some(page), buckets, existed });
    }
    Ok(Update { root, pages: work.pages })
}

/// What one thread has done, and memory that it uses again and again.
#[derive(Default)]
struct Work {
    pages: Vec<PageChange>,
    /// The leaves of the bucket at hand.
    leaves: Vec<Leaf>,
}

/// What became of a page below the root page.
enum Below {
    Unchanged,
    /// It is there, with this root.
    Page(Hash),
    /// It is not there any more: the bucket above holds its few leaves.
    Few(Arc<Page>),
}

/// A page that changes are applied to.
struct Context<'a> {
    pages: &'a dyn Pages,
    id: Prefix,
    old: &'a Page,
}

impl<'a> Context<'a> {
    /// Applies changes bucket by bucket. Neighbouring buckets go to one thread.
    fn split(
        &self,
        changes: &[Change],
        threads: usize,
        work: &mut Work,
    ) -> Result<PageBuilder<'a>, StateError> {
        if threads <= 1 {
            return self.buckets(changes, work);
        }
        let mut parts = Vec::new();
        let mut rest = changes;
        for left in (1..=threads).rev() {
            let (part, after) = self.cut(rest, rest.len() / left);
            parts.push(part);
            rest = after;
        }
        assert!(rest.is_empty(), "every change is in a part");
        let done: Vec<_> = thread::scope(|scope| {
            let apply = |part| {
                let mut work = Work::default();
                self.buckets(part, &mut work).map(|page| (page, work.pages))
            };
            let (first, others) = parts.split_first().expect("invariant: there are threads");
            let running: Vec<_> =
                others.iter().map(|part| scope.spawn(move || apply(part))).collect();
            let mut done = vec![apply(first)];
            for thread in running {
                match thread.join() {
                    Ok(part) => done.push(part),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done
        });
        let mut builder = PageBuilder::new(self.old, self.pages.spare());
        for part in done {
            let (page, pages) = part?;
            builder.take(&page);
            work.pages.extend(pages);
        }
        Ok(builder)
    }

    /// Cuts changes after `count` of them, or further on, where a bucket ends.
    fn cut<'c>(&self, changes: &'c [Change], count: usize) -> (&'c [Change], &'c [Change]) {
        let bucket = |change: &Change| bucket_of(&change.path, self.id.depth());
        let end = match count.checked_sub(1).and_then(|last| changes.get(last)) {
            None => 0,
            Some(last) => {
                let last = bucket(last);
                changes.partition_point(|change| bucket(change) <= last)
            }
        };
        changes.split_at(end)
    }

    fn buckets(&self, changes: &[Change], work: &mut Work) -> Result<PageBuilder<'a>, StateError> {
        let mut builder = PageBuilder::new(self.old, self.pages.spare());
        let mut rest = changes;
        while !rest.is_empty() {
            let (part, after) = self.cut(rest, 1);
            self.bucket(part, &mut builder, work)?;
            rest = after;
        }
        Ok(builder)
    }

    /// Applies changes to the bucket of all of them, of which there is one at least.
    fn bucket(
        &self,
        changes: &[Change],
        builder: &mut PageBuilder<'_>,
        work: &mut Work,
    ) -> Result<(), StateError> {
        let bucket = bucket_of(&changes[0].path, self.id.depth());
        let child = || {
            let id = Prefix::new(&changes[0].path, self.id.depth() + PAGE_LEVELS);
            id.expect("invariant: no page begins behind a path's end")
        };
        let below = match self.old.bucket(bucket) {
            Bucket::Child(root) => {
                let id = child();
                let old = linked_page(self.pages, &id, &root)?;
                apply(&Context { pages: self.pages, id, old: &old }, changes, true, work)?
            }
            Bucket::Leaves(old) => {
                merge(old, changes, &mut work.leaves);
                if work.leaves == old {
                    return Ok(());
                }
                if work.leaves.len() <= BUCKET_LEAVES_MAX {
                    builder.put_leaves(self.id.depth(), bucket, &work.leaves);
                    return Ok(());
                }
                let put =
                    |leaf: &Leaf| Change { path: leaf.path, value_hash: Some(leaf.value_hash) };
                let all: Vec<Change> = work.leaves.iter().map(put).collect();
                let context = Context { pages: self.pages, id: child(), old: &Page::empty() };
                apply(&context, &all, false, work)?
            }
        };
        match below {
            Below::Unchanged => {}
            Below::Page(root) => builder.put_child(bucket, root),
            Below::Few(page) => {
                let leaves = page.few_leaves().expect("invariant: there are few leaves");
                builder.put_leaves(self.id.depth(), bucket, leaves);
            }
        }
        Ok(())
    }
}

/// Applies changes to a page below the root page. The recursion is as deep as a path has pages, at
/// most 64.
fn apply(
    context: &Context<'_>,
    changes: &[Change],
    existed: bool,
    work: &mut Work,
) -> Result<Below, StateError> {
    let builder = context.buckets(changes, work)?;
    if !builder.is_changed() {
        return Ok(Below::Unchanged);
    }
    let (page, buckets) = builder.finish();
    let id = context.id;
    if page.few_leaves().is_some() {
        assert!(existed, "a page is begun for many leaves");
        work.pages.push(PageChange { id, page: None, buckets, existed });
        return Ok(Below::Few(page));
    }
    let root = page.root();
    work.pages.push(PageChange { id, page: Some(page), buckets, existed });
    Ok(Below::Page(root))
}

/// Puts the leaves after changes into `merged`, all in the order of their paths.
fn merge(old: &[Leaf], changes: &[Change], merged: &mut Vec<Leaf>) {
    merged.clear();
    let mut old = old.iter().copied().peekable();
    for Change { path, value_hash } in changes {
        while let Some(before) = old.next_if(|leaf| leaf.path < *path) {
            merged.push(before);
        }
        old.next_if(|leaf| leaf.path == *path);
        merged.extend(value_hash.map(|value_hash| Leaf { path: *path, value_hash }));
    }
    merged.extend(old);
}
