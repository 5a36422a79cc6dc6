//! Making proofs from pages.

use std::sync::Arc;

use primitives::B256;
use proof::{
    Leaf, Node, Prefix, Proof, ProofError, SubtreeProof, Terminal, bit, subtree_of_sorted,
};

use super::{BUCKETS, Bucket, Page, Pages, linked_page, page::bucket_of};
use crate::StateError;

/// Proves what stands at a path.
///
/// # Errors
///
/// The errors of the pages.
pub(crate) fn prove(pages: &dyn Pages, path: &B256) -> Result<Proof, StateError> {
    let mut cursor = Cursor::start(pages)?;
    let mut siblings = Vec::new();
    let terminal = loop {
        match cursor.node() {
            Node::Empty => break Terminal::Empty,
            Node::Leaf(leaf) if leaf.path == *path => break Terminal::Present,
            Node::Leaf(leaf) => break Terminal::Other(leaf),
            Node::Inner(_) => siblings.push(cursor.descend(pages, path)?.hash()),
        }
    };
    Ok(made(Proof::new(siblings, terminal)))
}

/// Proves which leaves there are below a prefix.
///
/// # Errors
///
/// The errors of the pages.
pub(crate) fn prove_subtree(
    pages: &dyn Pages,
    prefix: &Prefix,
) -> Result<SubtreeProof, StateError> {
    let mut cursor = Cursor::start(pages)?;
    let mut siblings = Vec::with_capacity(prefix.depth());
    for _ in 0..prefix.depth() {
        siblings.push(cursor.descend(pages, prefix.bits())?);
    }
    Ok(made(SubtreeProof::new(siblings)))
}

fn made<P>(proof: Result<P, ProofError>) -> P {
    proof.expect("invariant: a path in the tree is a path")
}

/// A node of the tree, and what is needed to go on from it.
struct Cursor {
    depth: usize,
    place: Place,
}

enum Place {
    /// A place in a page, where the path has come through it.
    Page(Arc<Page>, usize),
    /// Few leaves without pages.
    Leaves(Vec<Leaf>),
}

impl Cursor {
    /// The root.
    fn start(pages: &dyn Pages) -> Result<Self, StateError> {
        let root = pages.page(&Prefix::ROOT)?;
        let place = root.map_or(Place::Leaves(Vec::new()), |page| Place::Page(page, 1));
        Ok(Self { depth: 0, place })
    }

    fn node(&self) -> Node {
        match &self.place {
            Place::Page(page, place) => page.node(*place),
            Place::Leaves(leaves) => subtree_of_sorted(leaves, self.depth),
        }
    }

    /// Goes one step along a path, and returns the neighbour.
    fn descend(&mut self, pages: &dyn Pages, path: &B256) -> Result<Node, StateError> {
        self.enter_bucket(pages, path)?;
        let right = bit(path, self.depth);
        self.depth += 1;
        match &mut self.place {
            Place::Page(page, place) => {
                let below = 2 * *place + usize::from(right);
                *place = below;
                Ok(page.node(below ^ 1))
            }
            Place::Leaves(leaves) => {
                let middle = leaves.partition_point(|leaf| !bit(&leaf.path, self.depth - 1));
                let mut others = leaves.split_off(middle);
                if right {
                    std::mem::swap(leaves, &mut others);
                }
                Ok(subtree_of_sorted(&others, self.depth))
            }
        }
    }

    /// At the lower edge of a page, goes on to what the bucket holds.
    fn enter_bucket(&mut self, pages: &dyn Pages, path: &B256) -> Result<(), StateError> {
        let Place::Page(page, place) = &self.place else { return Ok(()) };
        let Some(bucket) = place.checked_sub(BUCKETS) else { return Ok(()) };
        let depth = self.depth - super::PAGE_LEVELS;
        debug_assert_eq!(bucket, bucket_of(path, depth), "the cursor follows the path");
        self.place = match page.bucket(bucket) {
            Bucket::Leaves(leaves) => Place::Leaves(leaves.to_vec()),
            Bucket::Child(root) => {
                let id = Prefix::new(path, self.depth);
                let id = id.expect("invariant: no page begins behind a path's end");
                Place::Page(linked_page(pages, &id, &root)?, 1)
            }
        };
        Ok(())
    }
}
