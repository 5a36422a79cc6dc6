//! The bytes of the durable store: how records of the state, of history and of blocks are keyed.
//!
//! ```text
//! meta    "tip" -> block (8) ‖ hash (32); "first", "retained" -> block (8);
//!         "pruned" -> the first change record that pruning has not removed;
//!         while chunks are imported "import" -> what is, "import" ‖ index (4) -> the chunk is there
//! state   key -> value
//! hist    escape(key) ‖ 00 00 ‖ block (8) -> 00, or 01 ‖ value: what the record was before
//! chg     block (8) ‖ part (4) -> length (4) ‖ key, and so on: which records the block changed
//! block   'h' ‖ block (8) -> hash; 'r' ‖ block (8) -> record; 'c' ‖ block (8) -> root of the
//!         state; 'i' ‖ key -> record of the index
//! tree    page ‖ block (8) -> the page, or what the block changed of it
//! stale   block (8) ‖ page -> nothing: versions of the page below the block are for history alone
//! ```
//!
//! Numbers are big-endian, so that they order as bytes. A key of the state is of any length and
//! may hold any byte; where a block number follows it, each of its zero bytes is written `00 FF`
//! and `00 00` ends it. That keeps the order of keys, and no escaped key begins another.

use std::ops::Bound;

use primitives::{BlockNumber, Bytes, Hash};

use crate::{Key, Tip};

/// The version of this layout; a store of a higher one is not opened.
pub(super) const FORMAT_VERSION: u32 = 2;

/// The version before the tree, from which a store can be upgraded.
pub(super) const FORMAT_WITHOUT_TREE: u32 = 1;

/// Keys that one part of a change record holds.
pub(super) const CHANGES_PART_KEYS_MAX: usize = 512;

pub(super) const TIP: &[u8] = b"tip";
pub(super) const FIRST: &[u8] = b"first";
pub(super) const RETAINED: &[u8] = b"retained";
pub(super) const PRUNED: &[u8] = b"pruned";
pub(super) const IMPORT: &[u8] = b"import";
/// In a store that is being upgraded: up to which block there is a tree.
pub(super) const TREE: &[u8] = b"tree";

const NUMBER_BYTES: usize = 8;
const HASH_BYTES: usize = 32;
const LENGTH_BYTES: usize = 4;
const ESCAPE: u8 = 0xff;
const TERMINATOR: [u8; 2] = [0, 0];

const ABSENT: u8 = 0;
const PRESENT: u8 = 1;

/// Appends `key` with its zero bytes escaped. The escaped form of a prefix is the prefix of the
/// escaped form.
pub(super) fn escape_into(key: &[u8], out: &mut Vec<u8>) {
    for byte in key {
        out.push(*byte);
        if *byte == 0 {
            out.push(ESCAPE);
        }
    }
}

/// The bytes that all history entries of keys with this prefix start with.
pub(super) fn history_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(prefix.len() + prefix.len() / 2);
    escape_into(prefix, &mut out);
    out
}

/// The key of the history entry of a record and the block that changed it.
pub(super) fn history_key(key: &[u8], block: BlockNumber) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len() * 2 + TERMINATOR.len() + NUMBER_BYTES);
    escape_into(key, &mut out);
    out.extend_from_slice(&TERMINATOR);
    out.extend_from_slice(&block.0.to_be_bytes());
    debug_assert!(split_history_key(&out).is_some(), "the key comes apart again");
    out
}

/// The bytes before the block number, which all entries of one record share, and the number.
pub(super) fn split_history_key(bytes: &[u8]) -> Option<(&[u8], BlockNumber)> {
    let (group, number) = bytes.split_at_checked(bytes.len().checked_sub(NUMBER_BYTES)?)?;
    Some((group, parse_number(number)?))
}

/// The key whose escaped and terminated form `group` is.
pub(super) fn unescape(group: &[u8]) -> Option<Key> {
    let body = group.strip_suffix(&TERMINATOR)?;
    let mut key = Vec::with_capacity(body.len());
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        key.push(*byte);
        if *byte == 0 && bytes.next() != Some(&ESCAPE) {
            return None;
        }
    }
    Key::from_bytes(&key)
}

/// The value of a history entry: what the record was before.
pub(super) fn encode_previous(previous: Option<&[u8]>) -> Vec<u8> {
    match previous {
        None => vec![ABSENT],
        Some(value) => [&[PRESENT], value].concat(),
    }
}

/// What the record was before, or nothing where the bytes are no such entry.
pub(super) fn decode_previous(bytes: &[u8]) -> Option<Option<Bytes>> {
    match bytes.split_first()? {
        (&ABSENT, []) => Some(None),
        (&PRESENT, value) => Some(Some(Bytes::copy_from_slice(value))),
        _ => None,
    }
}

/// The key of one part of a change record.
pub(super) fn changes_key(block: BlockNumber, part: u32) -> [u8; NUMBER_BYTES + LENGTH_BYTES] {
    let mut out = [0; NUMBER_BYTES + LENGTH_BYTES];
    out[..NUMBER_BYTES].copy_from_slice(&block.0.to_be_bytes());
    out[NUMBER_BYTES..].copy_from_slice(&part.to_be_bytes());
    out
}

/// The block of the key of a change record.
pub(super) fn changes_block(bytes: &[u8]) -> Option<BlockNumber> {
    let (number, part) = bytes.split_at_checked(NUMBER_BYTES)?;
    (part.len() == LENGTH_BYTES).then(|| parse_number(number))?
}

/// The bytes of a list of keys.
///
/// # Panics
///
/// Where a key is longer than 4 GiB, which no limit of a contract allows.
pub(super) fn encode_keys<'a>(keys: impl IntoIterator<Item = &'a Key>) -> Vec<u8> {
    let mut out = Vec::new();
    for key in keys {
        let length = u32::try_from(key.as_bytes().len()).expect("invariant: keys are short");
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(key.as_bytes());
    }
    out
}

/// The keys of a list, or nothing where the bytes are no list.
pub(super) fn decode_keys(mut bytes: &[u8]) -> Option<Vec<Key>> {
    let mut keys = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (key, rest) = rest.split_at_checked(length)?;
        keys.push(Key::from_bytes(key)?);
        bytes = rest;
    }
    Some(keys)
}

/// How many keys a list holds, or nothing where the bytes are no list.
pub(super) fn count_keys(mut bytes: &[u8]) -> Option<u64> {
    let mut count = 0;
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        bytes = rest.get(length..)?;
        count += 1;
    }
    Some(count)
}

/// A kind of record in the keyspace of blocks.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum BlockPart {
    Hash = b'h',
    Record = b'r',
    Root = b'c',
}

/// The key of a part of a block.
pub(super) fn block_key(part: BlockPart, block: BlockNumber) -> [u8; 1 + NUMBER_BYTES] {
    let mut out = [0; 1 + NUMBER_BYTES];
    out[0] = part as u8;
    out[1..].copy_from_slice(&block.0.to_be_bytes());
    out
}

/// The key of the mark that a chunk has been imported.
pub(super) fn import_key(index: u32) -> Vec<u8> {
    [IMPORT, &index.to_be_bytes()].concat()
}

/// The key of a record of the index.
pub(super) fn index_key(key: &[u8]) -> Vec<u8> {
    [b"i", key].concat()
}

pub(super) fn encode_tip(tip: Tip) -> [u8; NUMBER_BYTES + HASH_BYTES] {
    let mut out = [0; NUMBER_BYTES + HASH_BYTES];
    out[..NUMBER_BYTES].copy_from_slice(&tip.block.0.to_be_bytes());
    out[NUMBER_BYTES..].copy_from_slice(tip.hash.as_slice());
    out
}

pub(super) fn decode_tip(bytes: &[u8]) -> Option<Tip> {
    let (number, hash) = bytes.split_at_checked(NUMBER_BYTES)?;
    Some(Tip { block: parse_number(number)?, hash: parse_hash(hash)? })
}

pub(super) fn parse_number(bytes: &[u8]) -> Option<BlockNumber> {
    Some(BlockNumber(u64::from_be_bytes(bytes.try_into().ok()?)))
}

pub(super) fn parse_hash(bytes: &[u8]) -> Option<Hash> {
    Hash::try_from(bytes).ok()
}

/// The end of the range of all byte strings that start with `prefix`.
pub(super) fn prefix_end(prefix: &[u8]) -> Bound<Vec<u8>> {
    let Some(last) = prefix.iter().rposition(|byte| *byte != u8::MAX) else {
        return Bound::Unbounded;
    };
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    assert!(prefix < &end[..], "the end is above all that starts with the prefix");
    Bound::Excluded(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Keys made of few bytes, so that zeros, prefixes of each other and equals are common.
    fn tricky() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![Just(0u8), Just(1), Just(0xfe), Just(0xff), any::<u8>()];
        proptest::collection::vec(byte, 0..6)
            .prop_map(|suffix| Key::kv(&primitives::Address::ZERO, &suffix).as_bytes().to_vec())
    }

    proptest! {
        #[test]
        fn history_keys_order_by_key_and_then_by_block(
            a in tricky(), b in tricky(), block_a: u64, block_b: u64,
        ) {
            let encoded_a = history_key(&a, BlockNumber(block_a));
            let encoded_b = history_key(&b, BlockNumber(block_b));
            prop_assert_eq!(encoded_a.cmp(&encoded_b), (&a, block_a).cmp(&(&b, block_b)));
        }

        #[test]
        fn no_escaped_key_begins_another(a in tricky(), b in tricky()) {
            let group = |key: &[u8]| [history_prefix(key), TERMINATOR.to_vec()].concat();
            prop_assert_eq!(group(&a).starts_with(&group(&b)), a == b);
        }

        #[test]
        fn the_prefix_of_history_selects_what_the_prefix_selects(
            key in tricky(), prefix in tricky(), cut in 0usize..40, block: u64,
        ) {
            for prefix in [&key[..cut.min(key.len())], &prefix[..cut.min(prefix.len())]] {
                let encoded = history_key(&key, BlockNumber(block));
                prop_assert_eq!(
                    encoded.starts_with(&history_prefix(prefix)),
                    key.starts_with(prefix)
                );
            }
        }

        #[test]
        fn history_keys_come_back(key in tricky(), block: u64) {
            let encoded = history_key(&key, BlockNumber(block));
            let (group, number) = split_history_key(&encoded).expect("own bytes");
            prop_assert_eq!(number, BlockNumber(block));
            prop_assert_eq!(unescape(group), Key::from_bytes(&key));
        }

        #[test]
        fn lists_of_keys_come_back(keys in proptest::collection::vec(tricky(), 0..8)) {
            let keys: Vec<Key> =
                keys.iter().map(|bytes| Key::from_bytes(bytes).expect("a key")).collect();
            let bytes = encode_keys(&keys);
            prop_assert_eq!(decode_keys(&bytes), Some(keys.clone()));
            if !keys.is_empty() {
                prop_assert_eq!(decode_keys(&bytes[..bytes.len() - 1]), None);
            }
        }

        #[test]
        fn other_bytes_are_no_panic(bytes in any::<Vec<u8>>()) {
            let _ = (decode_keys(&bytes), decode_previous(&bytes), decode_tip(&bytes));
            let _ = (changes_block(&bytes), unescape(&bytes));
            let _ = split_history_key(&bytes).map(|(group, _)| unescape(group));
        }

        #[test]
        fn the_end_of_a_prefix_parts_what_starts_with_it(prefix in tricky(), other in tricky()) {
            let below = match prefix_end(&prefix) {
                Bound::Excluded(end) => other < end,
                _ => true,
            };
            prop_assert_eq!(other.starts_with(&prefix), other >= prefix && below);
        }
    }

    #[test]
    fn previous_values_come_back() {
        for previous in [None, Some(&b""[..]), Some(&b"\0\x01"[..])] {
            let decoded = decode_previous(&encode_previous(previous)).expect("own bytes");
            assert_eq!(decoded, previous.map(Bytes::copy_from_slice));
        }
        assert_eq!(decode_previous(&[]), None);
        assert_eq!(decode_previous(&[0, 1]), None);
        assert_eq!(decode_previous(&[2]), None);
        assert_eq!(prefix_end(&[0xff, 0xff]), Bound::Unbounded);
    }
}
