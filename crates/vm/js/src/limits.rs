//! Limits of the strand. They are rules of a chain; those of the language itself stand in
//! `js_compiler::abi` and in the prelude.

/// Gas that a script prepays at once: what a small integer of every engine holds.
pub const CHUNK_MAX: u64 = (1 << 30) - 1;

/// Bytes that a frame may allocate, those that it lets go of included.
pub const MEMORY_BYTES_MAX: u64 = 1 << 27;

/// Levels of data within data.
pub const NESTING_MAX: u32 = 64;

/// Gas of a call of the mathematics of the host.
pub const MATH_GAS: u64 = 40;

/// Gas of making a frame's world ready, before its first instruction.
pub const FRAME_GAS: u64 = 2_000;

/// Different regular expressions of one frame.
pub const PATTERNS_MAX: usize = 64;

/// Gas of making a regular expression, beside its length and weight.
pub const PATTERN_GAS: u64 = 500;

/// Gas of each byte of a regular expression that is read.
pub const PATTERN_CHARACTER_GAS: u64 = 8;

/// Gas of each unit of the weight of a regular expression that is made.
pub const PATTERN_WEIGHT_GAS: u64 = 100;

/// Gas of a search, beside what grows with the text and the weight of the pattern.
pub const SEARCH_GAS: u64 = 100;
