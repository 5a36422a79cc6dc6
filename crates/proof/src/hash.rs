//! The hashes of the tree, as the definition of the commitment has them.

use primitives::{B256, Hash};

use crate::{ProofError, prefix::bit};

/// The keys that keep leaves and nodes apart from each other and from plain hashes. A key instead
/// of a byte in front leaves 64 bytes to hash, which is one block of BLAKE3 and not two.
const LEAF: &[u8; 32] = b"braid state commitment, 1: leaf ";
const NODE: &[u8; 32] = b"braid state commitment, 1: node ";

/// Bits of a path, and so the depth that no node exceeds.
pub const PATH_BITS: usize = 256;

/// One record as the tree sees it: 64 bytes, whatever the record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leaf {
    /// Where it hangs.
    pub path: B256,
    /// The hash of the value of the record.
    pub value_hash: Hash,
}

impl Leaf {
    /// The leaf of a record.
    #[must_use]
    pub fn of(key: &[u8], value: &[u8]) -> Self {
        Self { path: path_of(key), value_hash: value_hash(value) }
    }

    /// The hash of the leaf, which is that of every subtree that holds nothing else.
    #[must_use]
    pub fn hash(&self) -> Hash {
        pair(LEAF, &self.path, &self.value_hash)
    }
}

/// The root of a subtree, with what it is: a lone leaf moves up, a node does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Node {
    /// No leaf.
    #[default]
    Empty,
    /// One leaf.
    Leaf(Leaf),
    /// Two leaves or more, by the hash over them.
    Inner(Hash),
}

impl Node {
    /// The hash that the node above is made of.
    #[must_use]
    pub fn hash(&self) -> Hash {
        match self {
            Self::Empty => Hash::ZERO,
            Self::Leaf(leaf) => leaf.hash(),
            Self::Inner(hash) => *hash,
        }
    }
}

/// Where the record of a key hangs in the tree.
#[must_use]
pub fn path_of(key: &[u8]) -> B256 {
    digest(key)
}

/// What a leaf holds of a value.
#[must_use]
pub fn value_hash(value: &[u8]) -> Hash {
    digest(value)
}

/// The hash of a node over its two subtrees.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    pair(NODE, left, right)
}

/// The root of the subtree over two neighbours.
#[must_use]
pub fn join(left: &Node, right: &Node) -> Node {
    match (left, right) {
        (Node::Empty, Node::Empty) => Node::Empty,
        (Node::Leaf(leaf), Node::Empty) | (Node::Empty, Node::Leaf(leaf)) => Node::Leaf(*leaf),
        (left, right) => Node::Inner(node_hash(&left.hash(), &right.hash())),
    }
}

/// The root of the subtree over all leaves whose paths begin with the same `depth` bits.
///
/// # Errors
///
/// [`ProofError::Records`] where the leaves are not in the order of their paths, each path once, or
/// do not begin with the same bits.
pub fn subtree_of(leaves: &[Leaf], depth: usize) -> Result<Node, ProofError> {
    if !leaves.is_sorted_by(|a, b| a.path < b.path) {
        return Err(ProofError::Records("paths are not in order, each once"));
    }
    let (Some(first), Some(last)) = (leaves.first(), leaves.last()) else {
        return Ok(Node::Empty);
    };
    let is_shared = |at: usize| bit(&first.path, at) == bit(&last.path, at);
    if depth > PATH_BITS || !(0..depth).all(is_shared) {
        return Err(ProofError::Records("paths do not begin with the same bits"));
    }
    Ok(subtree_of_sorted(leaves, depth))
}

/// As [`subtree_of`], of leaves that are known to be in the order of their paths, each once, and to
/// begin with the same bits. The recursion is as deep as the longest prefix that two paths share,
/// at most 255.
///
/// # Panics
///
/// Where a path comes twice.
#[must_use]
pub fn subtree_of_sorted(leaves: &[Leaf], depth: usize) -> Node {
    match leaves {
        [] => Node::Empty,
        [leaf] => Node::Leaf(*leaf),
        _ => {
            assert!(depth < PATH_BITS, "different paths differ in one of their bits");
            let middle = leaves.partition_point(|leaf| !bit(&leaf.path, depth));
            let (left, right) = leaves.split_at(middle);
            let (left, right) =
                (subtree_of_sorted(left, depth + 1), subtree_of_sorted(right, depth + 1));
            Node::Inner(node_hash(&left.hash(), &right.hash()))
        }
    }
}

fn pair(kind: &[u8; 32], left: &B256, right: &B256) -> Hash {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(left.as_slice());
    bytes[32..].copy_from_slice(right.as_slice());
    Hash::new(*blake3::keyed_hash(kind, &bytes).as_bytes())
}

fn digest(bytes: &[u8]) -> Hash {
    Hash::new(*blake3::hash(bytes).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_of_the_bytes_that_the_definition_names() {
        let leaf = Leaf::of(b"key", b"value");
        assert_eq!(leaf.path, digest(b"key"));
        let keyed = |key: &str, left: &Hash, right: &Hash| {
            let key = key.as_bytes().try_into().expect("32 bytes");
            let bytes = [left.as_slice(), right.as_slice()].concat();
            Hash::new(*blake3::keyed_hash(key, &bytes).as_bytes())
        };
        let expected = keyed("braid state commitment, 1: leaf ", &leaf.path, &digest(b"value"));
        assert_eq!(leaf.hash(), expected);
        let (left, right) = (digest(b"l"), digest(b"r"));
        let expected = keyed("braid state commitment, 1: node ", &left, &right);
        assert_eq!(node_hash(&left, &right), expected);
    }

    #[test]
    fn a_lone_leaf_moves_up_and_a_node_does_not() {
        let (leaf, node) = (Node::Leaf(Leaf::of(b"a", b"")), Node::Inner(digest(b"n")));
        assert_eq!(join(&Node::Empty, &leaf), leaf);
        assert_eq!(join(&leaf, &Node::Empty), leaf);
        assert_eq!(join(&Node::Empty, &Node::Empty), Node::Empty);
        let above = Node::Inner(node_hash(&Hash::ZERO, &node.hash()));
        assert_eq!(join(&Node::Empty, &node), above);
        assert_eq!(join(&leaf, &leaf), Node::Inner(node_hash(&leaf.hash(), &leaf.hash())));
    }

    #[test]
    fn what_is_no_subtree_is_refused() {
        let leaf = |byte: u8| Leaf { path: B256::repeat_byte(byte), value_hash: Hash::ZERO };
        let refused = |leaves: &[Leaf], depth| subtree_of(leaves, depth).is_err();
        assert!(refused(&[leaf(2), leaf(1)], 0));
        assert!(refused(&[leaf(1), leaf(1)], 0));
        assert!(refused(&[leaf(0x00), leaf(0x80)], 1));
        assert!(refused(&[leaf(0)], PATH_BITS + 1));
        assert!(!refused(&[leaf(0x00), leaf(0x80)], 0));
        assert!(!refused(&[leaf(0)], PATH_BITS));
    }
}
