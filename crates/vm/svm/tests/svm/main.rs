//! Solana programs.
#[test]
fn nothing() {}
