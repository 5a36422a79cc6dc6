//! The proof about one record.

use primitives::Hash;

use crate::{Leaf, PATH_BITS, Prefix, ProofError, bit, node_hash, path_of};

/// What stands where the path of a key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminal {
    /// The leaf of the key: it is there.
    Present,
    /// The leaf of another key, alone in its subtree: the key is not there.
    Other(Leaf),
    /// Nothing: the key is not there.
    Empty,
}

/// A proof that a key has a value, or that it has none.
///
/// It holds the hashes beside the path of the key, from the root down to where the path ends.
/// A proof does not say which key, value or root it speaks of: whoever verifies brings them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    siblings: Vec<Hash>,
    terminal: Terminal,
}

impl Proof {
    /// A proof from the hashes beside the path, the one below the root first, and its end.
    ///
    /// # Errors
    ///
    /// [`ProofError::Malformed`] for more hashes than a path has bits.
    pub fn new(siblings: Vec<Hash>, terminal: Terminal) -> Result<Self, ProofError> {
        if siblings.len() > PATH_BITS {
            return Err(ProofError::Malformed("there are more siblings than bits in a path"));
        }
        Ok(Self { siblings, terminal })
    }

    /// The hashes beside the path, the one below the root first.
    #[must_use]
    pub fn siblings(&self) -> &[Hash] {
        &self.siblings
    }

    /// What stands where the path ends.
    #[must_use]
    pub const fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    /// Whether the proof says that the key is there.
    #[must_use]
    pub const fn is_inclusion(&self) -> bool {
        matches!(self.terminal, Terminal::Present)
    }

    /// Verifies that in the state with this root `key` has `value`, or no value where there is
    /// none. `key` is the whole key: namespace, space and key.
    ///
    /// # Errors
    ///
    /// [`ProofError::OtherStatement`] where the proof speaks of presence and absence was asked, or
    /// the other way round; [`ProofError::Malformed`] where it cannot be about this key; and
    /// [`ProofError::OtherRoot`] where it does not lead to the root, for the record or the root is
    /// another.
    pub fn verify(&self, root: &Hash, key: &[u8], value: Option<&[u8]>) -> Result<(), ProofError> {
        let path = path_of(key);
        let end = match (&self.terminal, value) {
            (Terminal::Present, Some(value)) => Leaf::of(key, value).hash(),
            (Terminal::Present, None) => {
                return Err(ProofError::OtherStatement("it shows that the key is there"));
            }
            (Terminal::Other(_) | Terminal::Empty, Some(_)) => {
                return Err(ProofError::OtherStatement("it shows that the key is not there"));
            }
            (Terminal::Empty, None) => Hash::ZERO,
            (Terminal::Other(leaf), None) => {
                let place = Prefix::new(&path, self.siblings.len());
                let is_beside = place.is_some_and(|place| place.contains(&leaf.path));
                if leaf.path == path || !is_beside {
                    return Err(ProofError::Malformed("its leaf is not in the place of the key"));
                }
                leaf.hash()
            }
        };
        let step = |below: Hash, (depth, sibling): (usize, &Hash)| match bit(&path, depth) {
            false => node_hash(&below, sibling),
            true => node_hash(sibling, &below),
        };
        let computed = self.siblings.iter().enumerate().rev().fold(end, step);
        if computed == *root {
            return Ok(());
        }
        Err(ProofError::OtherRoot { expected: *root, computed })
    }
}
