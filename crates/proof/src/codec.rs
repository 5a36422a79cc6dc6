//! The bytes of proofs. Equal proofs have equal bytes, and no other bytes read as them.
//!
//! ```text
//! record proof  = 01 ‖ 'r' ‖ count (2) ‖ mask ‖ hash of each sibling that is there ‖ end
//! end           = 'p'  the record is there
//!               | 'o' ‖ path ‖ hash of the value, of the leaf in its place
//!               | 'e'  nothing is there
//! subtree proof = 01 ‖ 's' ‖ count (2) ‖ sibling, and so on
//! sibling       = 'e' | 'l' ‖ path ‖ hash of the value | 'n' ‖ hash
//! ```
//!
//! Numbers are big-endian. The first bit of the mask stands for the sibling below the root; it is
//! set where that one is not empty, and zeros fill the last byte.

use primitives::{B256, Hash};

use crate::{Leaf, Node, PATH_BITS, Proof, ProofError, SubtreeProof, Terminal};

/// The version of the format that is written, the only one that is read.
pub const PROOF_VERSION: u8 = 1;

/// Bytes of the largest proof about a record.
pub const PROOF_BYTES_MAX: usize =
    HEAD_BYTES + PATH_BITS / 8 + PATH_BITS * HASH_BYTES + 1 + LEAF_BYTES;

/// Bytes of the largest proof about a subtree.
pub const SUBTREE_PROOF_BYTES_MAX: usize = HEAD_BYTES + PATH_BITS * (1 + LEAF_BYTES);

const HASH_BYTES: usize = 32;
const LEAF_BYTES: usize = 2 * HASH_BYTES;
const HEAD_BYTES: usize = 4;

const RECORD: u8 = b'r';
const SUBTREE: u8 = b's';
const EMPTY: u8 = b'e';
const PRESENT: u8 = b'p';
const OTHER: u8 = b'o';
const LEAF: u8 = b'l';
const NODE: u8 = b'n';

impl Proof {
    /// The bytes of the proof.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let siblings = self.siblings();
        let mut out = head(RECORD, siblings.len());
        let mut mask = vec![0; siblings.len().div_ceil(8)];
        for (at, _) in siblings.iter().enumerate().filter(|(_, hash)| !hash.is_zero()) {
            mask[at / 8] |= 0x80 >> (at % 8);
        }
        out.extend_from_slice(&mask);
        for hash in siblings.iter().filter(|hash| !hash.is_zero()) {
            out.extend_from_slice(hash.as_slice());
        }
        match self.terminal() {
            Terminal::Present => out.push(PRESENT),
            Terminal::Empty => out.push(EMPTY),
            Terminal::Other(leaf) => put_leaf(&mut out, OTHER, leaf),
        }
        debug_assert!(out.len() <= PROOF_BYTES_MAX, "a proof keeps its limit");
        out
    }

    /// The proof that bytes are.
    ///
    /// # Errors
    ///
    /// [`ProofError::TooLong`], [`ProofError::Version`] and [`ProofError::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ProofError> {
        let mut reader = Reader::new(bytes, PROOF_BYTES_MAX)?;
        let count = reader.head(RECORD)?;
        let mask = reader.take(count.div_ceil(8))?;
        let is_set = |at: usize| mask[at / 8] & (0x80 >> (at % 8)) != 0;
        if (count..mask.len() * 8).any(is_set) {
            return Err(ProofError::Malformed("the mask has bits behind the last sibling"));
        }
        let mut siblings = Vec::with_capacity(count);
        for at in 0..count {
            siblings.push(if is_set(at) { reader.node()? } else { Hash::ZERO });
        }
        let terminal = match reader.byte()? {
            PRESENT => Terminal::Present,
            EMPTY => Terminal::Empty,
            OTHER => Terminal::Other(reader.leaf()?),
            _ => return Err(ProofError::Malformed("its end is of no known kind")),
        };
        reader.end()?;
        Self::new(siblings, terminal)
    }
}

impl SubtreeProof {
    /// The bytes of the proof.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = head(SUBTREE, self.depth());
        for sibling in self.siblings() {
            match sibling {
                Node::Empty => out.push(EMPTY),
                Node::Leaf(leaf) => put_leaf(&mut out, LEAF, leaf),
                Node::Inner(hash) => {
                    out.push(NODE);
                    out.extend_from_slice(hash.as_slice());
                }
            }
        }
        debug_assert!(out.len() <= SUBTREE_PROOF_BYTES_MAX, "a proof keeps its limit");
        out
    }

    /// The proof that bytes are.
    ///
    /// # Errors
    ///
    /// [`ProofError::TooLong`], [`ProofError::Version`] and [`ProofError::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ProofError> {
        let mut reader = Reader::new(bytes, SUBTREE_PROOF_BYTES_MAX)?;
        let count = reader.head(SUBTREE)?;
        let mut siblings = Vec::with_capacity(count);
        for _ in 0..count {
            siblings.push(match reader.byte()? {
                EMPTY => Node::Empty,
                LEAF => Node::Leaf(reader.leaf()?),
                NODE => Node::Inner(reader.node()?),
                _ => return Err(ProofError::Malformed("a sibling is of no known kind")),
            });
        }
        reader.end()?;
        Self::new(siblings)
    }
}

fn head(kind: u8, count: usize) -> Vec<u8> {
    let count = u16::try_from(count).expect("invariant: a path has 256 bits");
    let [high, low] = count.to_be_bytes();
    vec![PROOF_VERSION, kind, high, low]
}

fn put_leaf(out: &mut Vec<u8>, kind: u8, leaf: &Leaf) {
    out.push(kind);
    out.extend_from_slice(leaf.path.as_slice());
    out.extend_from_slice(leaf.value_hash.as_slice());
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    const fn new(bytes: &'a [u8], limit: usize) -> Result<Self, ProofError> {
        if bytes.len() > limit {
            return Err(ProofError::TooLong { bytes: bytes.len(), limit });
        }
        Ok(Self(bytes))
    }

    /// Reads what all proofs begin with, and returns how many siblings there are.
    fn head(&mut self, kind: u8) -> Result<usize, ProofError> {
        let found = self.byte()?;
        if found != PROOF_VERSION {
            return Err(ProofError::Version { found, known: PROOF_VERSION });
        }
        if self.byte()? != kind {
            return Err(ProofError::Malformed("it is a proof of another kind"));
        }
        let count = usize::from(u16::from_be_bytes([self.byte()?, self.byte()?]));
        if count > PATH_BITS {
            return Err(ProofError::Malformed("there are more siblings than bits in a path"));
        }
        Ok(count)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], ProofError> {
        let split = self.0.split_at_checked(count);
        let (taken, rest) = split.ok_or(ProofError::Malformed("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, ProofError> {
        let (first, rest) =
            self.0.split_first().ok_or(ProofError::Malformed("it ends too early"))?;
        self.0 = rest;
        Ok(*first)
    }

    fn hash(&mut self) -> Result<B256, ProofError> {
        Ok(B256::from_slice(self.take(HASH_BYTES)?))
    }

    /// A hash that is not the one of nothing, for which there is a shorter form.
    fn node(&mut self) -> Result<Hash, ProofError> {
        let hash = self.hash()?;
        if hash.is_zero() {
            return Err(ProofError::Malformed("a node has the hash of nothing"));
        }
        Ok(hash)
    }

    fn leaf(&mut self) -> Result<Leaf, ProofError> {
        Ok(Leaf { path: self.hash()?, value_hash: self.hash()? })
    }

    const fn end(&self) -> Result<(), ProofError> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(ProofError::Malformed("there are bytes behind its end"))
    }
}
