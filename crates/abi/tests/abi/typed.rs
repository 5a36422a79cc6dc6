//! Typed values from anybody: reading them never panics, and what is read has no second encoding.

use abi::{Type, Value, limits::TYPE_DEPTH_MAX, typed};
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::strategies::{Kinds, typed_value};

/// Reads bytes as a field of an object is read: an error, or a value that is written as it was.
fn is_read(bytes: &[u8]) -> bool {
    let Ok((kind, value)) = typed::decode(bytes) else { return false };
    assert!(value.matches(&kind), "{value:?} is no {kind}");
    assert_eq!(typed::encode(&kind, &value).expect("was read")[..], *bytes);
    true
}

/// A text of a type, also one that nests too deep, has too many parts or is no type.
fn texts() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-z]{0,6}[0-9]{0,3}",
        Just("uint256".to_owned()),
        Just("string".to_owned()),
        Just("()".to_owned()),
    ];
    leaf.prop_recursive(24, 60, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|text| format!("{text}[]")),
            (inner.clone(), 0_u32..5000).prop_map(|(text, count)| format!("{text}[{count}]")),
            vec(inner, 0..3).prop_map(|parts| format!("({})", parts.join(","))),
        ]
    })
}

proptest! {
    #[test]
    fn random_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        is_read(&bytes);
    }

    #[test]
    fn a_random_type_before_random_words_is_read_or_refused(
        text in texts(),
        numbers in vec(prop_oneof![0_u8..=3, Just(32), Just(64), Just(255)], 0..24),
    ) {
        let mut encoded = vec![0; 32 * numbers.len()];
        for (word, number) in encoded.chunks_mut(32).zip(&numbers) {
            word[31] = *number;
        }
        if let Ok(bytes) = typed::join(&text, &encoded) {
            is_read(&bytes);
        }
    }

    #[test]
    fn what_is_written_is_read_and_no_part_of_it_is(
        (kind, value) in typed_value(Kinds::Solidity),
        cut in any::<Index>(),
        extra in vec(any::<u8>(), 1..40),
    ) {
        if let Ok(bytes) = typed::encode(&kind, &value) {
            prop_assert!(is_read(&bytes));
            prop_assert!(!is_read(&bytes[..cut.index(bytes.len())]));
            prop_assert!(!is_read(&[&bytes[..], &extra].concat()));
        }
    }

    #[test]
    fn a_changed_byte_is_another_value_or_refused(
        (kind, value) in typed_value(Kinds::Solidity),
        at in any::<Index>(),
        change in 1_u8..=255,
    ) {
        if let Ok(bytes) = typed::encode(&kind, &value) {
            let mut changed = bytes.to_vec();
            changed[at.index(bytes.len())] ^= change;
            is_read(&changed);
        }
    }
}

#[test]
fn a_type_that_nests_too_deep_is_refused_before_its_value_is_looked_at() {
    for depth in [TYPE_DEPTH_MAX - 1, TYPE_DEPTH_MAX, 400] {
        let text = format!("uint8{}", "[]".repeat(depth));
        // An empty array, whatever is in it: an offset and a length.
        let mut encoded = [0; 64];
        encoded[31] = 32;
        let bytes = typed::join(&text, &encoded).expect("short enough");
        assert_eq!(is_read(&bytes), depth < TYPE_DEPTH_MAX, "{depth}");
    }
    let brackets = typed::join(&"(".repeat(1024), &[]).expect("as long as may be");
    assert!(!is_read(&brackets));
    assert!(typed::join(&"(".repeat(1025), &[]).is_err());
}

#[test]
fn a_length_beyond_the_bytes_takes_no_memory() {
    let mut encoded = [0xff; 64];
    encoded[..31].fill(0);
    encoded[31] = 32;
    for text in ["uint256[]", "string", "bytes", "()[]", "(uint8,string)[][]"] {
        let bytes = typed::join(text, &encoded).expect("short enough");
        assert!(!is_read(&bytes), "{text}");
    }
    let empty = typed::encode(&Type::Bytes, &Value::bytes(Vec::new())).expect("a value");
    assert!(is_read(&empty));
}
