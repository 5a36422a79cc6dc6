//! Proofs that a record is, or is not, in a state with a known root, and what verifies them.
//!
//! The commitment to a state is one hash that follows from the records alone, whatever their
//! history and whoever computes it. The definition is canonical and part of the chain. `H` is
//! BLAKE3 with 32 bytes of output; `L` and `N` are the same with a key of their own.
//!
//! ```text
//! path(key)          = H(key), the bits of which lead from the root, highest bit first
//! leaf(key, value)   = L(path(key) ‖ H(value))
//! subtree(no leaf)   = 32 zero bytes
//! subtree(one leaf)  = that leaf, at whatever depth
//! subtree(more)      = N(subtree(next bit 0) ‖ subtree(next bit 1))
//! root               = subtree(all leaves)
//! ```
//!
//! A leaf names its whole path, so it may stand for a subtree of any height, and a proof that
//! another key is absent is the leaf that stands in its place. The keys keep leaves, nodes and
//! values apart. An empty value is a record; the root of no records is zero.
//!
//! [`Proof`] speaks of one record; [`SubtreeProof`] of all records whose paths begin with the same
//! bits. Both are made by whoever has the tree, and verified by anyone who has the root.
//!
//! ```
//! use braid_proof::{Leaf, Proof, Terminal};
//!
//! let leaf = Leaf::of(b"key", b"value");
//! let proof = Proof::new(vec![], Terminal::Present)?;
//! assert!(proof.verify(&leaf.hash(), b"key", Some(b"value")).is_ok());
//! assert!(proof.verify(&leaf.hash(), b"key", Some(b"other")).is_err());
//! assert!(proof.verify(&leaf.hash(), b"key", None).is_err());
//! # Ok::<(), braid_proof::ProofError>(())
//! ```

mod codec;
mod error;
mod hash;
mod prefix;
mod record;
mod subtree;

pub use codec::{PROOF_BYTES_MAX, PROOF_VERSION, SUBTREE_PROOF_BYTES_MAX};
pub use error::ProofError;
pub use hash::{
    Leaf, Node, PATH_BITS, join, node_hash, path_of, subtree_of, subtree_of_sorted, value_hash,
};
pub use prefix::{Prefix, bit};
pub use record::{Proof, Terminal};
pub use subtree::SubtreeProof;
