//! Bad input is an error that names the place: never a panic, never more memory than the input
//! justifies.

use abi::{
    DecodeError, EncodeError, Interface, Type, TypeError, Value, bcs, borsh, json, solidity,
};
use alloy_primitives::U256;
use proptest::{collection::vec, prelude::*};

use crate::strategies::{Kinds, typed_values, types};

type Decode = fn(&[u8], &[&Type]) -> Result<Vec<Value>, DecodeError>;
type Encode = fn(&[Value], &[&Type]) -> Result<Vec<u8>, EncodeError>;

const CODECS: [(Encode, Decode); 4] = [
    (solidity::encode, solidity::decode),
    (bcs::encode, bcs::decode),
    (borsh::encode, borsh::decode),
    (json::encode, json::decode),
];

/// How many values there are, nested ones too.
fn count(values: &[Value]) -> usize {
    values
        .iter()
        .map(|value| match value {
            Value::Array(items) | Value::Tuple(items) => 1 + count(items),
            Value::Enum(_, Some(inner)) | Value::Option(Some(inner)) => {
                1 + count(core::slice::from_ref(inner))
            }
            _ => 1,
        })
        .sum()
}

fn word(number: u64) -> [u8; 32] {
    U256::from(number).to_be_bytes()
}

fn words(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| word(*number)).collect()
}

fn check(kind: &str, input: &[u8], message: &str) {
    let kind: Type = kind.parse().expect("a type");
    let error = solidity::decode(input, &[&kind]).expect_err("bad input");
    assert_eq!(error.to_string(), message);
}

proptest! {
    #[test]
    fn random_bytes_never_panic(kind in types(Kinds::Wide), input in vec(any::<u8>(), 0..400)) {
        for (_, decode) in CODECS {
            if let Ok(values) = decode(&input, &[&kind]) {
                prop_assert!(values[0].matches(&kind));
            }
        }
        let _ = abi::decode_revert(&input, None).to_string();
    }

    #[test]
    fn small_words_never_panic_and_never_multiply(
        kind in types(Kinds::Wire),
        numbers in vec(0_u64..8, 0..40),
        shift in prop_oneof![Just(0), Just(5)],
    ) {
        let numbers: Vec<_> = numbers.iter().map(|number| number << shift).collect();
        let input = words(&numbers);
        if let Ok(values) = solidity::decode(&input, &[&kind]) {
            prop_assert!(values[0].matches(&kind));
            prop_assert!(count(&values) <= input.len() * 2);
        }
    }

    #[test]
    fn changed_bytes_never_panic(
        (kinds, values) in typed_values(Kinds::Wire),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let kinds: Vec<_> = kinds.iter().collect();
        for (encode, decode) in CODECS {
            let mut bytes = encode(&values, &kinds).expect("values of their types");
            if bytes.is_empty() {
                continue;
            }
            let place = place.index(bytes.len());
            bytes[place] = byte;
            if let Ok(values) = decode(&bytes, &kinds) {
                prop_assert!(values.iter().zip(&kinds).all(|(value, kind)| value.matches(kind)));
            }
        }
    }

    /// Solidity pads the last word, so that a whole word must go for a value to be missing.
    #[test]
    fn truncated_bytes_are_refused(
        (kinds, values) in typed_values(Kinds::Wire),
        place in any::<prop::sample::Index>(),
    ) {
        let kinds: Vec<_> = kinds.iter().collect();
        for (index, (encode, decode)) in CODECS.into_iter().enumerate() {
            let bytes = encode(&values, &kinds).expect("values of their types");
            let least = if index == 0 { 32 } else { 1 };
            if bytes.len() >= least {
                let end = place.index(bytes.len() - least + 1);
                prop_assert!(decode(&bytes[..end], &kinds).is_err());
            }
        }
    }

    #[test]
    fn what_follows_is_refused_except_in_solidity((kinds, values) in typed_values(Kinds::Wire)) {
        let kinds: Vec<_> = kinds.iter().collect();
        for (index, (encode, decode)) in CODECS.into_iter().enumerate() {
            let mut bytes = encode(&values, &kinds).expect("values of their types");
            bytes.push(1);
            match index {
                0 => prop_assert_eq!(decode(&bytes, &kinds).expect("lenient"), values.clone()),
                _ => prop_assert!(decode(&bytes, &kinds).is_err()),
            }
        }
    }

    #[test]
    fn random_text_never_panics(text in ".{0,60}", kind in types(Kinds::Wide)) {
        let _ = text.parse::<Type>();
        let _ = Interface::from_json(&text);
        let _ = Interface::from_signatures(&[&text]);
        let _ = abi::Method::parse(&text);
        if let Ok(value) = abi::parse_argument(&kind, &text, &|_| None) {
            prop_assert!(value.matches(&kind));
        }
    }

    #[test]
    fn texts_like_arguments_never_panic(
        text in r#"[\[\](){},:"\\ae0-9x._-]{0,40}"#,
        kind in types(Kinds::Wide),
    ) {
        if let Ok(value) = abi::parse_argument(&kind, &text, &|_| None) {
            prop_assert!(value.matches(&kind));
        }
    }

    #[test]
    fn a_value_of_another_type_is_refused(
        (kinds, _) in typed_values(Kinds::Wire),
        (_, values) in typed_values(Kinds::Wire),
    ) {
        let kinds: Vec<_> = kinds.iter().collect();
        let fits = kinds.len() == values.len()
            && values.iter().zip(&kinds).all(|(value, kind)| value.matches(kind));
        for (encode, _) in CODECS {
            prop_assert_eq!(encode(&values, &kinds).is_ok(), fits);
        }
    }
}

#[test]
fn the_place_and_the_limit_are_named() {
    check("uint256", &[0; 31], "the input has 31 bytes, but 32 are expected at byte 0");
    check("uint8", &word(256), "the bytes at 0 are not a uint8: it is out of range");
    check("int8", &word(128), "the bytes at 0 are not an int8: it is out of range");
    check("bool", &word(2), "the bytes at 0 are not a bool: it is neither 0 nor 1");
    check("address", &[1; 32], "the bytes at 0 are not an address: it is out of range");
    check("bytes4", &[1; 32], "the bytes at 0 are not a bytes4: the padding is not zero");
    check("bytes", &word(33), "the offset 33 at byte 0 points out of the input (32 bytes)");
    check(
        "bytes",
        &[0xff; 32],
        &format!("the offset {} at byte 0 points out of the input (32 bytes)", U256::MAX),
    );
    let length = words(&[32, 33, 0]);
    check("bytes", &length, "the length 33 at byte 32 is more than the input holds (96 bytes)");
    check("uint8[]", &length, "the length 33 at byte 32 is more than the input holds (96 bytes)");
    let mut text = words(&[32, 1]);
    text.extend_from_slice(&[0xff; 32]);
    check("string", &text, "the bytes at 32 are not a string: the text is not UTF-8");
}

#[test]
fn a_hostile_length_takes_no_memory() {
    let huge = [word(32).as_slice(), &[0xff; 32]].concat();
    for kind in ["bytes", "string", "uint8[]", "bytes[][]", "(string,uint8)[]"] {
        let kind: Type = kind.parse().expect("a type");
        let error = solidity::decode(&huge, &[&kind]).expect_err("a huge length");
        assert!(matches!(error, DecodeError::Length { at: 32, .. }), "{error}");
    }
    let kind: Type = "uint8[]".parse().expect("a type");
    let error = bcs::decode(&[0xff, 0xff, 0xff, 0xff, 0x07], &[&kind]).expect_err("a huge length");
    assert!(matches!(error, DecodeError::Length { at: 0, .. }), "{error}");
    let error = borsh::decode(&[0xff; 4], &[&kind]).expect_err("a huge length");
    assert!(matches!(error, DecodeError::Length { at: 0, .. }), "{error}");
}

/// Ten arrays in each other, every element of which points to the same place: 16^10 values.
#[test]
fn offsets_to_the_same_place_do_not_multiply() {
    let kind: Type = format!("uint256{}", "[]".repeat(10)).parse().expect("a type");
    let mut input = words(&[32]);
    for _ in 0..9 {
        input.extend_from_slice(&word(16));
        // Each element points behind the sixteen elements.
        input.extend_from_slice(&words(&[16 * 32; 16]));
    }
    input.extend_from_slice(&words(&[0]));
    let error = solidity::decode(&input, &[&kind]).expect_err("a bomb");
    assert!(matches!(error, DecodeError::Overlap { .. }), "{error}");
}

#[test]
fn a_type_from_a_contract_is_checked_before_use() {
    let elements = Type::array(Type::tuple([Type::Bool, Type::tuple([])]));
    let huge = Type::option(Type::fixed_array(Type::UINT, u32::MAX));
    for (encode, decode) in CODECS {
        let error = decode(&words(&[32, u64::MAX]), &[&elements]).expect_err("an empty tuple");
        assert!(matches!(error, DecodeError::Type(TypeError::EmptyTuple)), "{error}");
        let error = encode(&[Value::none()], &[&huge]).expect_err("a huge default");
        assert_eq!(error, EncodeError::Type(TypeError::Parts));
    }
}

/// A byte of BCS may say that there is nothing, for which the wire of Solidity has much room.
#[test]
fn an_encoding_has_a_limit() {
    let kind = Type::array(Type::option(Type::fixed_array(Type::UINT, 4000)));
    let nothing = bcs::decode(&[[0x90, 0x4e].as_slice(), &[0; 10_000]].concat(), &[&kind]);
    let error = solidity::encode(&nothing.expect("10000 times none"), &[&kind]);
    assert_eq!(error, Err(EncodeError::Size));
}

#[test]
fn uleb128_has_one_form() {
    for (input, fits) in [
        (&[0x00][..], true),
        (&[0x80, 0x00], false),
        (&[0xff, 0xff, 0xff, 0xff, 0x1f], false),
        (&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00], false),
    ] {
        assert_eq!(bcs::decode(input, &[&Type::Bytes]).is_ok(), fits, "{input:?}");
    }
}

#[test]
fn the_wrong_value_is_found() {
    let kind: Type = "(uint8 small, string[] names)".parse().expect("a type");
    let names = Value::Array(vec![Value::text("a"), Value::uint(7)]);
    let value = Value::Tuple(vec![Value::uint(1), names]);
    let error = solidity::encode(&[value], &[&kind]).expect_err("a number among the names");
    assert_eq!(error.to_string(), "value 1.names[1] is not of type string: 7");
    let error = solidity::encode(&[], &[&kind]).expect_err("no value");
    assert_eq!(error.to_string(), "1 values expected, 0 given");
}
