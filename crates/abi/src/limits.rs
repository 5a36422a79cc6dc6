//! Limits of types and of texts. Limits of bytes on the wire are those of the input itself.

/// How deep a type may nest: `uint256` is 1 deep, `uint256[]` is 2 deep.
pub const TYPE_DEPTH_MAX: usize = 16;

/// Parts of a type, a fixed array counting each of its elements. It bounds the bytes of the
/// default of a type.
pub const TYPE_PARTS_MAX: u64 = 4096;

/// Bytes of an encoding for the Solidity wire. What is absent has a place there: a few bytes of
/// another format may stand for a great many on the wire.
pub const ENCODED_BYTES_MAX: usize = 16 << 20;

/// Variants of an enum: its number is one byte in Solidity and Borsh.
pub const ENUM_VARIANTS_MAX: usize = 256;

/// How deep the text of an argument may nest.
pub const ARGUMENT_DEPTH_MAX: usize = 64;

/// Bytes of a text that an error message repeats before it shortens it.
pub const QUOTED_BYTES_MAX: usize = 80;

const _: () = assert!(TYPE_DEPTH_MAX < ARGUMENT_DEPTH_MAX);
const _: () = assert!(ENUM_VARIANTS_MAX as u64 <= TYPE_PARTS_MAX);
const _: () = assert!(primitives::limits::OUTPUT_BYTES_MAX < ENCODED_BYTES_MAX);
