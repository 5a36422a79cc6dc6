//! Why a proof is refused.

use primitives::Hash;
use thiserror::Error;

/// A proof that proves nothing, or something else than was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The bytes are more than any proof has.
    #[error("a proof of {bytes} bytes is over the limit of {limit}")]
    TooLong {
        /// The bytes handed in.
        bytes: usize,
        /// The most that there may be.
        limit: usize,
    },
    /// The bytes are of a version that this program does not read.
    #[error("the proof has version {found}, this program reads version {known}")]
    Version {
        /// The version of the bytes.
        found: u8,
        /// The version that is read.
        known: u8,
    },
    /// The bytes do not read as a proof, or not as the only bytes of one.
    #[error("the proof is malformed: {0}")]
    Malformed(&'static str),
    /// The proof shows the opposite of what it was asked for.
    #[error("the proof is of another statement: {0}")]
    OtherStatement(&'static str),
    /// The records handed in are not those of a subtree.
    #[error("the records are no subtree: {0}")]
    Records(&'static str),
    /// What the proof shows holds in a state with another root.
    #[error("the proof leads to root {computed}, not to {expected}")]
    OtherRoot {
        /// The root it was to be verified against.
        expected: Hash,
        /// The root it leads to.
        computed: Hash,
    },
}
