//! Changing the tree: all changes of a block at once.

use std::{sync::Arc, thread};

use primitives::{B256, Hash};
use proof::{Leaf, Prefix};

use super::{
    BUCKETS, Bucket, PAGE_LEVELS, Page, Pages, linked_page,
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
    let mut out = Vec::new();
    let threads = threads.clamp(1, changes.len() / CHANGES_PER_THREAD_MIN + 1);
    let buckets = context.split(changes, threads, &mut out)?;
    let (page, buckets) = context.assemble(buckets);
    let root = page.root();
    if buckets != 0 {
        out.push(PageChange { id: Prefix::ROOT, page: Some(Arc::new(page)), buckets, existed });
    }
    Ok(Update { root, pages: out })
}

/// What became of a bucket.
enum NewBucket {
    Unchanged,
    Child(Hash),
    Leaves(Vec<Leaf>),
}

/// A page that changes are applied to.
struct Context<'a> {
    pages: &'a dyn Pages,
    id: Prefix,
    old: &'a Page,
}

impl Context<'_> {
    /// Applies changes bucket by bucket. Neighbouring buckets go to one thread.
    fn split(
        &self,
        changes: &[Change],
        threads: usize,
        out: &mut Vec<PageChange>,
    ) -> Result<Vec<(usize, NewBucket)>, StateError> {
        if threads <= 1 {
            return self.buckets(changes, out);
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
            let work = |part| {
                let mut out = Vec::new();
                self.buckets(part, &mut out).map(|buckets| (buckets, out))
            };
            let (first, others) = parts.split_first().expect("invariant: there are threads");
            let running: Vec<_> =
                others.iter().map(|part| scope.spawn(move || work(part))).collect();
            let mut done = vec![work(first)];
            for thread in running {
                match thread.join() {
                    Ok(part) => done.push(part),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done
        });
        let mut all = Vec::new();
        for part in done {
            let (buckets, pages) = part?;
            all.extend(buckets);
            out.extend(pages);
        }
        Ok(all)
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

    fn buckets(
        &self,
        changes: &[Change],
        out: &mut Vec<PageChange>,
    ) -> Result<Vec<(usize, NewBucket)>, StateError> {
        let mut buckets = Vec::new();
        let mut rest = changes;
        while let Some(first) = rest.first() {
            let (part, after) = self.cut(rest, 1);
            let bucket = bucket_of(&first.path, self.id.depth());
            buckets.push((bucket, self.bucket(bucket, part, out)?));
            rest = after;
        }
        Ok(buckets)
    }

    /// Applies changes to a bucket; `changes` is not empty.
    fn bucket(
        &self,
        bucket: usize,
        changes: &[Change],
        out: &mut Vec<PageChange>,
    ) -> Result<NewBucket, StateError> {
        let child = || {
            let id = Prefix::new(&changes[0].path, self.id.depth() + PAGE_LEVELS);
            id.expect("invariant: no page begins behind a path's end")
        };
        match self.old.bucket(bucket) {
            Bucket::Child(_) => {
                let id = child();
                let old = linked_page(self.pages, &id)?;
                apply(&Context { pages: self.pages, id, old: &old }, changes, true, out)
            }
            Bucket::Leaves(old) => {
                let merged = merge(old, changes);
                if merged == old {
                    return Ok(NewBucket::Unchanged);
                }
                if merged.len() <= BUCKET_LEAVES_MAX {
                    return Ok(NewBucket::Leaves(merged));
                }
                let put =
                    |leaf: &Leaf| Change { path: leaf.path, value_hash: Some(leaf.value_hash) };
                let all: Vec<Change> = merged.iter().map(put).collect();
                let context = Context { pages: self.pages, id: child(), old: &Page::empty() };
                apply(&context, &all, false, out)
            }
        }
    }

    fn assemble(&self, buckets: Vec<(usize, NewBucket)>) -> (Page, u32) {
        let mut builder = PageBuilder::new(self.old);
        let mut changed = buckets.into_iter().peekable();
        for bucket in 0..BUCKETS {
            match changed.next_if(|(at, _)| *at == bucket) {
                None | Some((_, NewBucket::Unchanged)) => builder.keep(bucket),
                Some((_, NewBucket::Child(root))) => builder.put_child(bucket, root),
                Some((_, NewBucket::Leaves(leaves))) => {
                    builder.put_leaves(self.id.depth(), bucket, &leaves);
                }
            }
        }
        builder.finish()
    }
}

/// Applies changes to a page below the root page, and tells what the bucket above becomes. The
/// recursion is as deep as a path has pages, at most 51.
fn apply(
    context: &Context<'_>,
    changes: &[Change],
    existed: bool,
    out: &mut Vec<PageChange>,
) -> Result<NewBucket, StateError> {
    let buckets = context.buckets(changes, out)?;
    let (page, buckets) = context.assemble(buckets);
    if buckets == 0 {
        return Ok(NewBucket::Unchanged);
    }
    if let Some(leaves) = page.few_leaves() {
        assert!(existed, "a page is begun for many leaves");
        let leaves = leaves.to_vec();
        out.push(PageChange { id: context.id, page: None, buckets, existed });
        return Ok(NewBucket::Leaves(leaves));
    }
    let root = page.root();
    out.push(PageChange { id: context.id, page: Some(Arc::new(page)), buckets, existed });
    Ok(NewBucket::Child(root))
}

/// The leaves after changes, both in the order of their paths.
fn merge(old: &[Leaf], changes: &[Change]) -> Vec<Leaf> {
    let mut merged = Vec::with_capacity(old.len() + changes.len());
    let mut old = old.iter().copied().peekable();
    for Change { path, value_hash } in changes {
        while let Some(before) = old.next_if(|leaf| leaf.path < *path) {
            merged.push(before);
        }
        old.next_if(|leaf| leaf.path == *path);
        merged.extend(value_hash.map(|value_hash| Leaf { path: *path, value_hash }));
    }
    merged.extend(old);
    merged
}
