//! Two engines that must agree, on programs as authors write them: each runs on both, which
//! compares what it asks of the host, what it returns, and its gas. Without V8 the tests say that
//! they skip.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

mod corpus;
mod harness;
#[path = "../../compiler/tests/engine/programs.rs"]
mod programs;
mod random;
mod words;

/// How V8 runs in this process.
const V8_JIT: bool = false;
