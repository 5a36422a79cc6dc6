//! A page: four levels of the tree, with all their hashes at hand.

use std::sync::Arc;

use primitives::{B256, Hash};
use proof::{Leaf, Node, PATH_BITS, Prefix, node_hash, subtree_of_sorted};

/// Levels of a page.
pub(crate) const PAGE_LEVELS: usize = 4;

/// Buckets of a page, one for each path through its levels.
pub(crate) const BUCKETS: usize = 1 << PAGE_LEVELS;

/// Leaves that a bucket holds; more of them get a page of their own. With fewer, the tree has many
/// pages of two or three leaves; with more, each change hashes its neighbours again.
pub(crate) const BUCKET_LEAVES_MAX: usize = 4;

/// Leaves that a page which has some makes room for at a time. Most have fewer, so that nearly all
/// take the same memory, and each can be made in that of another.
const LEAVES_STEP: usize = 32;

// Paths end with a page: a bucket at their end has one leaf, so no page begins behind it.
const _: () = assert!(PATH_BITS.is_multiple_of(PAGE_LEVELS) && BUCKET_LEAVES_MAX >= 1);

/// How many leaves a bucket has that is a page of its own.
const CHILD: u8 = u8::MAX;

/// What a bucket holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bucket<'a> {
    /// Few leaves, in the order of their paths.
    Leaves(&'a [Leaf]),
    /// More of them, in the page below, whose root has this hash.
    Child(Hash),
}

/// Four levels of the tree below a prefix.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// The nodes, each at twice the place of the one above or one more: the root is at 1, the
    /// buckets begin at 16.
    nodes: [Hash; 2 * BUCKETS],
    /// Which nodes are lone leaves, by their place.
    lone: u32,
    /// How many leaves each bucket has.
    counts: [u8; BUCKETS],
    /// The leaves of all buckets, in the order of their paths.
    leaves: Vec<Leaf>,
    /// What is stored of the page since it was last stored whole.
    pub(crate) chain: Chain,
}

/// The stored changes of a page since it was stored whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Chain {
    /// How many there are.
    pub(crate) deltas: usize,
    /// Their bytes.
    pub(crate) bytes: usize,
}

impl Page {
    /// A page without leaves.
    pub(crate) const fn empty() -> Self {
        Self {
            nodes: [Hash::ZERO; 2 * BUCKETS],
            lone: 0,
            counts: [0; BUCKETS],
            leaves: Vec::new(),
            chain: Chain { deltas: 0, bytes: 0 },
        }
    }

    /// The hash of the subtree.
    pub(crate) const fn root(&self) -> Hash {
        self.nodes[1]
    }

    /// About how many bytes of memory the page takes.
    pub(crate) const fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.leaves.capacity() * size_of::<Leaf>()
    }

    /// What a bucket holds.
    pub(crate) fn bucket(&self, bucket: usize) -> Bucket<'_> {
        match self.counts[bucket] {
            CHILD => Bucket::Child(self.nodes[BUCKETS + bucket]),
            _ => Bucket::Leaves(self.leaves_of(bucket, 1)),
        }
    }

    /// The node at a place, with the leaf where it is a lone one.
    pub(crate) fn node(&self, place: usize) -> Node {
        let hash = self.nodes[place];
        if hash.is_zero() {
            return Node::Empty;
        }
        if self.lone & (1 << place) == 0 {
            return Node::Inner(hash);
        }
        let height = place.leading_zeros() - (2 * BUCKETS - 1).leading_zeros();
        let first = (place << height) - BUCKETS;
        match self.leaves_of(first, 1 << height) {
            [leaf] => Node::Leaf(*leaf),
            leaves => unreachable!("a lone leaf is one, not {}", leaves.len()),
        }
    }

    /// All leaves, where there are so few that the bucket above holds them.
    pub(crate) fn few_leaves(&self) -> Option<&[Leaf]> {
        let is_few = !self.counts.contains(&CHILD) && self.leaves.len() <= BUCKET_LEAVES_MAX;
        is_few.then_some(&self.leaves)
    }

    /// The leaves of neighbouring buckets.
    fn leaves_of(&self, first: usize, buckets: usize) -> &[Leaf] {
        let count = |counts: &[u8]| -> usize {
            counts.iter().filter(|count| **count != CHILD).map(|count| usize::from(*count)).sum()
        };
        let start = count(&self.counts[..first]);
        &self.leaves[start..start + count(&self.counts[first..first + buckets])]
    }
}

/// A page in the making: the buckets that change come in their order, then the nodes above them are
/// hashed. The other buckets stay as they were.
pub(crate) struct PageBuilder<'a> {
    old: &'a Page,
    page: Arc<Page>,
    /// Which buckets changed.
    changed: u32,
    /// The first bucket whose leaves are not in the page yet.
    next: usize,
}

impl<'a> PageBuilder<'a> {
    /// Begins with the nodes of `old`, in the memory of a page that nobody else has.
    pub(crate) fn new(old: &'a Page, spare: Option<Arc<Page>>) -> Self {
        let page = spare.unwrap_or_else(|| Arc::new(Page::empty()));
        let mut builder = Self { old, page, changed: 0, next: 0 };
        let page = builder.page();
        page.nodes = old.nodes;
        page.lone = old.lone;
        page.counts = old.counts;
        page.chain = old.chain;
        page.leaves.clear();
        page.leaves.reserve(old.leaves.len().next_multiple_of(LEAVES_STEP));
        builder
    }

    /// Makes a bucket a page of its own.
    pub(crate) fn put_child(&mut self, bucket: usize, root: Hash) {
        assert!(!root.is_zero(), "a page below another has leaves");
        self.put(bucket, CHILD, &[], root, false);
    }

    /// Gives a bucket of a page at `depth` few leaves, in the order of their paths.
    pub(crate) fn put_leaves(&mut self, depth: usize, bucket: usize, leaves: &[Leaf]) {
        assert!(leaves.len() <= BUCKET_LEAVES_MAX, "more leaves get a page");
        let count = u8::try_from(leaves.len()).expect("invariant: a bucket holds few leaves");
        let node = subtree_of_sorted(leaves, depth + PAGE_LEVELS);
        self.put(bucket, count, leaves, node.hash(), matches!(node, Node::Leaf(_)));
    }

    /// Takes the buckets that changed in a part of the same page.
    pub(crate) fn take(&mut self, part: &Self) {
        for bucket in (0..BUCKETS).filter(|bucket| part.changed & 1 << bucket != 0) {
            let (page, place) = (&part.page, BUCKETS + bucket);
            let is_lone = page.lone & 1 << place != 0;
            let leaves = page.leaves_of(bucket, 1);
            self.put(bucket, page.counts[bucket], leaves, page.nodes[place], is_lone);
        }
    }

    /// Whether a bucket changed.
    pub(crate) const fn is_changed(&self) -> bool {
        self.changed != 0
    }

    /// The page, and which of its buckets changed.
    pub(crate) fn finish(mut self) -> (Arc<Page>, u32) {
        self.keep_up_to(BUCKETS);
        let mut changed = self.changed;
        let page = self.page();
        let mut width = BUCKETS;
        while width > 1 {
            width /= 2;
            let mut above = 0;
            for at in (0..width).filter(|at| changed & (0b11 << (2 * at)) != 0) {
                above |= 1 << at;
                page.hash_node(width + at);
            }
            changed = above;
        }
        (self.page, self.changed)
    }

    fn put(&mut self, bucket: usize, count: u8, leaves: &[Leaf], hash: Hash, is_lone: bool) {
        assert!(self.next <= bucket, "buckets come in their order");
        self.keep_up_to(bucket);
        self.next = bucket + 1;
        self.changed |= 1 << bucket;
        let page = self.page();
        page.leaves.extend_from_slice(leaves);
        page.counts[bucket] = count;
        page.nodes[BUCKETS + bucket] = hash;
        page.set_lone(BUCKETS + bucket, is_lone);
    }

    /// Takes the buckets before `bucket` as they were.
    fn keep_up_to(&mut self, bucket: usize) {
        let leaves = self.old.leaves_of(self.next, bucket - self.next);
        self.page().leaves.extend_from_slice(leaves);
        self.next = bucket;
    }

    fn page(&mut self) -> &mut Page {
        Arc::get_mut(&mut self.page).expect("invariant: a page in the making has one owner")
    }
}

impl Page {
    fn hash_node(&mut self, place: usize) {
        let (left, right) = (self.nodes[2 * place], self.nodes[2 * place + 1]);
        let lone = |place: usize| self.lone & (1 << place) != 0;
        let (hash, is_lone) = match (left.is_zero(), right.is_zero()) {
            (true, true) => (Hash::ZERO, false),
            (false, true) if lone(2 * place) => (left, true),
            (true, false) if lone(2 * place + 1) => (right, true),
            _ => (node_hash(&left, &right), false),
        };
        self.nodes[place] = hash;
        self.set_lone(place, is_lone);
    }

    const fn set_lone(&mut self, place: usize, is_lone: bool) {
        self.lone = self.lone & !(1 << place) | (is_lone as u32) << place;
    }
}

/// The bucket of a page at `depth` that a path leads through.
pub(crate) fn bucket_of(path: &B256, depth: usize) -> usize {
    let byte = |at: usize| usize::from(path.get(at).copied().unwrap_or(0));
    let window = byte(depth / 8) << 8 | byte(depth / 8 + 1);
    window >> (16 - PAGE_LEVELS - depth % 8) & (BUCKETS - 1)
}

/// The place of the page in a bucket.
pub(crate) fn child_id(id: &Prefix, bucket: usize) -> Prefix {
    let mut bits = *id.bits();
    let depth = id.depth();
    for at in 0..PAGE_LEVELS {
        if bucket & (1 << (PAGE_LEVELS - 1 - at)) != 0 {
            bits[(depth + at) / 8] |= 0x80 >> ((depth + at) % 8);
        }
    }
    let id = Prefix::new(&bits, depth + PAGE_LEVELS);
    id.expect("invariant: no page begins behind a path's end")
}
