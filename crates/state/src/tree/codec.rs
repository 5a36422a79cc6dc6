//! The bytes of pages: stored whole, or as what changed since the version before.
//!
//! ```text
//! page key   = level (1) ‖ the bits before the page, zeros behind them
//! version    = 'g'                          the page is gone
//!            | 'f' ‖ mask (4) ‖ buckets     the page as a whole; other buckets are empty
//!            | 'd' ‖ mask (4) ‖ buckets     what changed; other buckets are as they were
//! bucket     = count (1) ‖ count times (path ‖ hash of the value)
//!            | FF ‖ root of the page below
//! ```
//!
//! The mask is a big-endian number whose bit 2^n stands for bucket n. Nodes between buckets and
//! root are not stored: they are hashed again when the page is read.

use std::sync::Arc;

use primitives::{B256, Hash};
use proof::{Leaf, Prefix};

use super::{
    BUCKETS, Bucket, PAGE_LEVELS, Page, PageChange,
    page::{BUCKET_LEAVES_MAX, Chain, PageBuilder, bucket_of},
};

/// Changes that are stored before a page is stored whole again: reading one reads them all.
pub(crate) const DELTAS_MAX: usize = 16;

/// The version of a page that is not there any more.
pub(crate) const GONE_VERSION: [u8; 1] = [GONE];

const GONE: u8 = b'g';
const FULL: u8 = b'f';
const DELTA: u8 = b'd';
const CHILD: u8 = u8::MAX;

const HASH_BYTES: usize = 32;
const LEAF_BYTES: usize = 2 * HASH_BYTES;

/// Bytes of the key of a page at a level.
pub(crate) const fn page_key_bytes(level: u8) -> usize {
    1 + (level as usize * PAGE_LEVELS).div_ceil(8)
}

/// The key of a page; keys of one level are of one length, and none begins another.
pub(crate) fn page_key(id: &Prefix) -> Vec<u8> {
    assert!(id.depth().is_multiple_of(PAGE_LEVELS), "a page begins where another ends");
    let level = u8::try_from(id.depth() / PAGE_LEVELS).expect("invariant: a path has 256 bits");
    let mut key = Vec::with_capacity(page_key_bytes(level) + 8);
    key.push(level);
    key.extend_from_slice(&id.bits()[..page_key_bytes(level) - 1]);
    key
}

/// A version of a page as it is stored.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) bytes: Vec<u8>,
    /// Whether it stands for itself, so that earlier ones are needed for earlier blocks alone.
    pub(crate) is_whole: bool,
    /// What is stored of the page now.
    pub(crate) chain: Chain,
}

/// Encodes what an update made of a page: what changed, as long as that is short.
pub(crate) fn encode_version(change: &PageChange) -> Version {
    if let Some(page) = &change.page
        && change.existed
        && page.chain.deltas < DELTAS_MAX
    {
        let bytes = encode_buckets(DELTA, page, change.buckets);
        let chain = Chain { deltas: page.chain.deltas + 1, bytes: page.chain.bytes + bytes.len() };
        if chain.bytes < full_bytes(page) {
            return Version { bytes, is_whole: false, chain };
        }
    }
    encode_whole(change)
}

/// Encodes a page as a whole.
pub(crate) fn encode_whole(change: &PageChange) -> Version {
    let bytes = change
        .page
        .as_ref()
        .map_or_else(|| GONE_VERSION.to_vec(), |page| encode_buckets(FULL, page, used(page)));
    Version { bytes, is_whole: true, chain: Chain::default() }
}

/// The buckets that hold something.
fn used(page: &Page) -> u32 {
    let is_used = |at: &usize| page.bucket(*at) != Bucket::Leaves(&[]);
    (0..BUCKETS).filter(is_used).fold(0, |mask, at| mask | 1 << at)
}

fn full_bytes(page: &Page) -> usize {
    let bytes = |at| match page.bucket(at) {
        Bucket::Leaves([]) => 0,
        Bucket::Leaves(leaves) => 1 + leaves.len() * LEAF_BYTES,
        Bucket::Child(_) => 1 + HASH_BYTES,
    };
    1 + size_of::<u32>() + (0..BUCKETS).map(bytes).sum::<usize>()
}

fn encode_buckets(kind: u8, page: &Page, mask: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    out.push(kind);
    out.extend_from_slice(&mask.to_be_bytes());
    for at in (0..BUCKETS).filter(|at| mask & 1 << at != 0) {
        match page.bucket(at) {
            Bucket::Child(root) => {
                out.push(CHILD);
                out.extend_from_slice(root.as_slice());
            }
            Bucket::Leaves(leaves) => {
                out.push(u8::try_from(leaves.len()).expect("invariant: a bucket holds few leaves"));
                for leaf in leaves {
                    out.extend_from_slice(leaf.path.as_slice());
                    out.extend_from_slice(leaf.value_hash.as_slice());
                }
            }
        }
    }
    out
}

/// Reads a page from its versions, the latest first.
#[derive(Debug)]
pub(crate) struct PageDecoder {
    id: Prefix,
    /// What is known of each bucket.
    buckets: Vec<Option<StoredBucket>>,
    chain: Chain,
}

/// What became of a page after one more of its versions was read.
#[derive(Debug)]
pub(crate) enum Decoded {
    /// An earlier version is needed.
    More(PageDecoder),
    /// The page is not there.
    Gone,
    /// The page is whole.
    Page(Arc<Page>),
}

#[derive(Debug, Clone)]
enum StoredBucket {
    Child(Hash),
    Leaves(Vec<Leaf>),
}

impl PageDecoder {
    pub(crate) fn new(id: Prefix) -> Self {
        Self { id, buckets: vec![None; BUCKETS], chain: Chain::default() }
    }

    /// Reads a version, which is older than those before.
    ///
    /// # Errors
    ///
    /// What is wrong with the bytes.
    pub(crate) fn read(mut self, bytes: &[u8]) -> Result<Decoded, &'static str> {
        let (kind, rest) = bytes.split_first().ok_or("a version is empty")?;
        match *kind {
            GONE if rest.is_empty() && self.chain.deltas == 0 => Ok(Decoded::Gone),
            FULL => {
                self.read_buckets(rest)?;
                Ok(Decoded::Page(Arc::new(self.finish())))
            }
            DELTA if self.chain.deltas < DELTAS_MAX => {
                self.read_buckets(rest)?;
                self.chain.deltas += 1;
                self.chain.bytes += bytes.len();
                Ok(Decoded::More(self))
            }
            DELTA => Err("more changes follow each other than are ever stored"),
            _ => Err("a version is of no known kind"),
        }
    }

    fn read_buckets(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        let (mask, mut rest) = bytes.split_first_chunk().ok_or("a version is too short")?;
        let mask = u32::from_be_bytes(*mask);
        for at in (0..BUCKETS).filter(|at| mask & 1 << at != 0) {
            let (bucket, after) = self.read_bucket(at, rest)?;
            rest = after;
            // What a later version says of a bucket holds.
            self.buckets[at].get_or_insert(bucket);
        }
        if rest.is_empty() { Ok(()) } else { Err("there are bytes behind the end of a version") }
    }

    fn read_bucket<'b>(
        &self,
        bucket: usize,
        bytes: &'b [u8],
    ) -> Result<(StoredBucket, &'b [u8]), &'static str> {
        let (count, rest) = bytes.split_first().ok_or("a version is too short")?;
        if *count == CHILD {
            let (root, rest) = rest.split_at_checked(HASH_BYTES).ok_or("a version is too short")?;
            let root = Hash::from_slice(root);
            let root = (!root.is_zero()).then_some(root).ok_or("a page below has no leaves")?;
            return Ok((StoredBucket::Child(root), rest));
        }
        let count = usize::from(*count);
        if count > BUCKET_LEAVES_MAX {
            return Err("a bucket has too many leaves");
        }
        let (leaves, rest) =
            rest.split_at_checked(count * LEAF_BYTES).ok_or("a version is too short")?;
        let leaf = |bytes: &[u8]| Leaf {
            path: B256::from_slice(&bytes[..HASH_BYTES]),
            value_hash: Hash::from_slice(&bytes[HASH_BYTES..]),
        };
        let leaves: Vec<Leaf> = leaves.chunks_exact(LEAF_BYTES).map(leaf).collect();
        let is_here = |leaf: &Leaf| {
            self.id.contains(&leaf.path) && bucket_of(&leaf.path, self.id.depth()) == bucket
        };
        if !leaves.iter().all(is_here) || !leaves.is_sorted_by(|a, b| a.path < b.path) {
            return Err("a leaf is not where its path leads");
        }
        Ok((StoredBucket::Leaves(leaves), rest))
    }

    fn finish(self) -> Page {
        let empty = Page::empty();
        let mut builder = PageBuilder::new(&empty);
        for (at, bucket) in self.buckets.iter().enumerate() {
            match bucket {
                None => {}
                Some(StoredBucket::Child(root)) => builder.put_child(at, *root),
                Some(StoredBucket::Leaves(leaves)) => {
                    builder.put_leaves(self.id.depth(), at, leaves);
                }
            }
        }
        let (mut page, _) = builder.finish();
        page.chain = self.chain;
        page
    }
}
