//! Hashes and signature checks that every machine offers, each charged before its work.
