//! Text made at compile time: selectors and the interface are known before a contract runs.
//!
//! None of it reaches the code of a contract; only the finished bytes do.

use core::fmt;

/// A text of at most `N` bytes that constant evaluation can extend.
#[derive(Clone, Copy)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

/// The canonical name of a type, as it stands in a signature.
pub type Name = Text<512>;

/// A part of an interface as JSON.
pub type Json = Text<4096>;

/// A whole interface as JSON.
pub type Interface = Text<65_536>;

impl<const N: usize> Text<N> {
    /// A text without bytes.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; N], length: 0 }
    }

    /// A text that is `part`.
    ///
    /// # Panics
    ///
    /// Where `part` is longer than `N` bytes; at compile time, that is a compile error.
    #[must_use]
    pub const fn from(part: &str) -> Self {
        Self::new().with(part)
    }

    /// This text followed by `part`.
    ///
    /// # Panics
    ///
    /// Where the result is longer than `N` bytes.
    #[must_use]
    pub const fn with(mut self, part: &str) -> Self {
        self.push_bytes(part.as_bytes());
        self
    }

    /// This text followed by another.
    ///
    /// # Panics
    ///
    /// Where the result is longer than `N` bytes.
    #[must_use]
    pub const fn join<const M: usize>(mut self, part: &Text<M>) -> Self {
        self.push_bytes(part.as_bytes());
        self
    }

    /// This text followed by a number in decimal digits.
    ///
    /// # Panics
    ///
    /// Where the result is longer than `N` bytes.
    #[must_use]
    pub const fn with_number(self, number: usize) -> Self {
        let mut text = if number >= 10 { self.with_number(number / 10) } else { self };
        text.push_bytes(&[b'0' + (number % 10) as u8]);
        text
    }

    /// This text, the start of a JSON list, followed by more items of the list.
    ///
    /// # Panics
    ///
    /// Where the result is longer than `N` bytes.
    #[must_use]
    pub const fn with_items<const M: usize>(self, items: &Text<M>) -> Self {
        if items.is_empty() {
            return self;
        }
        let is_first = self.is_empty() || self.bytes[self.length - 1] == b'[';
        let text = if is_first { self } else { self.with(",") };
        text.join(items)
    }

    /// This text followed by a JSON object without its opening brace.
    ///
    /// # Panics
    ///
    /// Where `object` is empty or the result is longer than `N` bytes.
    #[must_use]
    pub const fn join_behind_brace<const M: usize>(mut self, object: &Text<M>) -> Self {
        self.push_bytes(object.as_bytes().split_at(1).1);
        self
    }

    /// How many bytes the text has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether the text has no bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The bytes of the text.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        self.bytes.split_at(self.length).0
    }

    /// The text.
    ///
    /// # Panics
    ///
    /// Never: only whole texts are put in.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.as_bytes()) {
            Ok(text) => text,
            Err(_) => panic!("invariant: only whole texts are put in"),
        }
    }

    /// The first `M` bytes as an array: the content of a custom section.
    ///
    /// # Panics
    ///
    /// Where the text is shorter than `M` bytes.
    #[must_use]
    pub const fn to_array<const M: usize>(&self) -> [u8; M] {
        let mut array = [0; M];
        let mut at = 0;
        while at < M {
            array[at] = self.as_bytes()[at];
            at += 1;
        }
        array
    }

    const fn push_bytes(&mut self, part: &[u8]) {
        assert!(self.length + part.len() <= N, "a text of the interface is too long");
        let mut at = 0;
        while at < part.len() {
            self.bytes[self.length + at] = part[at];
            at += 1;
        }
        self.length += part.len();
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// The selector of a signature: the first four bytes of its keccak256, as a big-endian number.
#[must_use]
pub const fn selector(signature: &[u8]) -> u32 {
    let digest = keccak256(signature);
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

/// keccak256 for compile time; a running contract asks the host, which costs less.
#[must_use]
pub const fn keccak256(input: &[u8]) -> [u8; 32] {
    const RATE_BYTES: usize = 136;
    let mut lanes = [0_u64; 25];
    let blocks = input.len() / RATE_BYTES + 1;
    let mut block = 0;
    while block < blocks {
        let mut at = 0;
        while at < RATE_BYTES {
            let position = block * RATE_BYTES + at;
            let mut byte = 0;
            if position < input.len() {
                byte = input[position];
            } else if position == input.len() {
                byte = 0x01;
            }
            if block + 1 == blocks && at + 1 == RATE_BYTES {
                byte |= 0x80;
            }
            lanes[at / 8] ^= (byte as u64) << (8 * (at % 8));
            at += 1;
        }
        permute(&mut lanes);
        block += 1;
    }
    let mut digest = [0; 32];
    let mut at = 0;
    while at < 32 {
        digest[at] = (lanes[at / 8] >> (8 * (at % 8))) as u8;
        at += 1;
    }
    digest
}

/// Keccak-f[1600] of FIPS 202; `for` is not open to constant evaluation, hence the loops.
const fn permute(lanes: &mut [u64; 25]) {
    let mut register = 1_u16;
    let mut round = 0;
    while round < 24 {
        mix_columns(lanes);
        rotate_lanes(lanes);
        mix_rows(lanes);
        let mut bit = 0;
        while bit <= 6 {
            if register & 1 == 1 {
                lanes[0] ^= 1 << ((1_u32 << bit) - 1);
            }
            register = (register << 1) ^ if register & 0x80 == 0 { 0 } else { 0x171 };
            bit += 1;
        }
        round += 1;
    }
}

const fn mix_columns(lanes: &mut [u64; 25]) {
    let mut parity = [0; 5];
    let mut at = 0;
    while at < 25 {
        parity[at % 5] ^= lanes[at];
        at += 1;
    }
    at = 0;
    while at < 25 {
        lanes[at] ^= parity[(at + 4) % 5] ^ parity[(at + 1) % 5].rotate_left(1);
        at += 1;
    }
}

const fn rotate_lanes(lanes: &mut [u64; 25]) {
    let (mut x, mut y, mut moved, mut step) = (1, 0, lanes[1], 0);
    while step < 24 {
        (x, y) = (y, (2 * x + 3 * y) % 5);
        let kept = lanes[x + 5 * y];
        lanes[x + 5 * y] = moved.rotate_left((step + 1) * (step + 2) / 2 % 64);
        moved = kept;
        step += 1;
    }
}

const fn mix_rows(lanes: &mut [u64; 25]) {
    let mut row = 0;
    while row < 25 {
        let before = [lanes[row], lanes[row + 1], lanes[row + 2], lanes[row + 3], lanes[row + 4]];
        let mut at = 0;
        while at < 5 {
            lanes[row + at] = before[at] ^ (!before[(at + 1) % 5] & before[(at + 2) % 5]);
            at += 1;
        }
        row += 5;
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn the_hash_agrees_with_another_implementation_around_the_block_size() {
        for length in [0, 1, 31, 32, 135, 136, 137, 271, 272, 300] {
            let input = vec![0xa5; length];
            assert_eq!(keccak256(&input), alloy_primitives::keccak256(&input).0, "{length} bytes");
        }
    }

    #[test]
    fn selectors_are_those_of_the_standard() {
        assert_eq!(selector(b"transfer(address,uint256)"), 0xa905_9cbb);
        assert_eq!(selector(b"Error(string)"), 0x08c3_79a0);
    }

    #[test]
    fn a_text_grows_by_parts_and_numbers() {
        const TEXT: Name = Name::from("uint256").with("[").with_number(1024).with("]");
        assert_eq!(TEXT.as_str(), "uint256[1024]");
        assert_eq!(TEXT.to_array::<4>(), *b"uint");
    }

    #[test]
    #[should_panic(expected = "too long")]
    fn a_text_that_does_not_fit_is_an_error() {
        let _text = Text::<3>::from("four");
    }
}
