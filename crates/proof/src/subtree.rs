//! The proof about all records of a subtree.

use primitives::Hash;

use crate::{Leaf, Node, PATH_BITS, Prefix, ProofError, bit, join, subtree_of};

/// A proof that the leaves below a prefix are these and no others.
///
/// It holds what stands beside the path to the prefix, from the root down to the prefix itself. A
/// neighbour that is a lone leaf is given as one, because it decides whether a leaf beside nothing
/// moves up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubtreeProof {
    siblings: Vec<Node>,
}

impl SubtreeProof {
    /// A proof from what stands beside the path, the neighbour below the root first.
    ///
    /// # Errors
    ///
    /// [`ProofError::Malformed`] for more neighbours than a path has bits, or a node whose hash is
    /// that of nothing.
    pub fn new(siblings: Vec<Node>) -> Result<Self, ProofError> {
        if siblings.len() > PATH_BITS {
            return Err(ProofError::Malformed("there are more siblings than bits in a path"));
        }
        if siblings.contains(&Node::Inner(Hash::ZERO)) {
            return Err(ProofError::Malformed("a node has the hash of nothing"));
        }
        Ok(Self { siblings })
    }

    /// How many bits the prefixes have that it can be about.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.siblings.len()
    }

    /// What stands beside the path, the neighbour below the root first.
    #[must_use]
    pub fn siblings(&self) -> &[Node] {
        &self.siblings
    }

    /// Verifies that in the state with this root the leaves below `prefix` are exactly `leaves`,
    /// which are in the order of their paths.
    ///
    /// # Errors
    ///
    /// [`ProofError::Records`] where the leaves are not in order or not all below the prefix;
    /// [`ProofError::Malformed`] where the proof cannot be about this prefix; and
    /// [`ProofError::OtherRoot`] where it does not lead to the root.
    pub fn verify(&self, root: &Hash, prefix: &Prefix, leaves: &[Leaf]) -> Result<(), ProofError> {
        if leaves.iter().any(|leaf| !prefix.contains(&leaf.path)) {
            return Err(ProofError::Records("a path does not begin with the prefix"));
        }
        self.verify_node(root, prefix, subtree_of(leaves, prefix.depth())?)
    }

    /// Verifies that in the state with this root the subtree below `prefix` is `node`. A leaf has
    /// to be below the prefix.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_node(&self, root: &Hash, prefix: &Prefix, node: Node) -> Result<(), ProofError> {
        if prefix.depth() != self.depth() {
            return Err(ProofError::Malformed("it is about prefixes of another length"));
        }
        if matches!(&node, Node::Leaf(leaf) if !prefix.contains(&leaf.path)) {
            return Err(ProofError::Records("a path does not begin with the prefix"));
        }
        let mut below = node;
        for (depth, sibling) in self.siblings.iter().enumerate().rev() {
            if matches!(sibling, Node::Leaf(leaf) if !is_beside(prefix, depth, leaf)) {
                return Err(ProofError::Malformed("a leaf is not where its path leads"));
            }
            below = match bit(prefix.bits(), depth) {
                false => join(&below, sibling),
                true => join(sibling, &below),
            };
        }
        let computed = below.hash();
        if computed == *root {
            return Ok(());
        }
        Err(ProofError::OtherRoot { expected: *root, computed })
    }
}

/// Whether a leaf leaves the path to the prefix at `depth`.
fn is_beside(prefix: &Prefix, depth: usize, leaf: &Leaf) -> bool {
    let shared = Prefix::new(prefix.bits(), depth).is_some_and(|it| it.contains(&leaf.path));
    shared && bit(&leaf.path, depth) != bit(prefix.bits(), depth)
}
