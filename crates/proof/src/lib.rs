//! Proofs that a record is, or is not, in a state with a known root.
