//! The same bytes as the libraries that everyone uses.

use abi::{Type, Value, Variant, bcs as our_bcs, borsh as our_borsh, solidity};
use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{B256, I256, U256};
use proptest::prelude::*;

use crate::strategies::{Kinds, typed_values};

fn alloy_value(value: &Value, kind: &Type) -> DynSolValue {
    let items = |element: &Type| {
        let items = value.as_items().expect("an array");
        items.iter().map(|item| alloy_value(item, element)).collect()
    };
    match (value, kind) {
        (Value::Bool(truth), _) => DynSolValue::Bool(*truth),
        (Value::Uint(number), Type::Uint(bits)) => DynSolValue::Uint(*number, (*bits).into()),
        (Value::Int(number), Type::Int(bits)) => DynSolValue::Int(*number, (*bits).into()),
        (Value::Address(address), _) => DynSolValue::Address(address.evm_alias()),
        (Value::Bytes(bytes), Type::FixedBytes(length)) => {
            DynSolValue::FixedBytes(B256::right_padding_from(bytes), (*length).into())
        }
        (Value::Bytes(bytes), _) => DynSolValue::Bytes(bytes.to_vec()),
        (Value::String(text), _) => DynSolValue::String(text.clone()),
        (_, Type::Array(element)) => DynSolValue::Array(items(element)),
        (_, Type::FixedArray(element, _)) => DynSolValue::FixedArray(items(element)),
        (Value::Tuple(items), Type::Tuple(tuple)) => {
            let fields = items.iter().zip(&tuple.fields);
            DynSolValue::Tuple(fields.map(|(item, field)| alloy_value(item, &field.kind)).collect())
        }
        (value, kind) => unreachable!("{value} is no value of {kind} in Solidity"),
    }
}

proptest! {
    #[test]
    fn solidity_is_what_alloy_writes((kinds, values) in typed_values(Kinds::Solidity)) {
        let references: Vec<_> = kinds.iter().collect();
        let ours = solidity::encode(&values, &references).expect("values of their types");
        let alloy = values.iter().zip(&kinds).map(|(value, kind)| alloy_value(value, kind));
        let alloy = DynSolValue::Tuple(alloy.collect());
        prop_assert_eq!(&ours, &alloy.abi_encode_params());
        let kinds = kinds.iter().map(|kind| kind.canonical().parse().expect("a type"));
        let decoded = DynSolType::Tuple(kinds.collect()).abi_decode_params(&ours);
        prop_assert_eq!(decoded.expect("an encoding"), alloy);
    }

    /// Where both read random words, they read the same.
    #[test]
    fn solidity_reads_what_alloy_reads(
        (kinds, values) in typed_values(Kinds::Solidity),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let references: Vec<_> = kinds.iter().collect();
        let mut bytes = solidity::encode(&values, &references).expect("values of their types");
        for (place, byte) in changes {
            if !bytes.is_empty() {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
        }
        let alloy = kinds.iter().map(|kind| kind.canonical().parse().expect("a type"));
        let alloy = DynSolType::Tuple(alloy.collect()).abi_decode_params(&bytes);
        if let (Ok(ours), Ok(alloy)) = (solidity::decode(&bytes, &references), alloy) {
            let ours = ours.iter().zip(&kinds).map(|(value, kind)| alloy_value(value, kind));
            prop_assert_eq!(DynSolValue::Tuple(ours.collect()), alloy);
        }
    }
}

type Numbers = (u8, u16, u32, u64, u128, i8, i16, i32, i64, i128);
type Shapes = (bool, String, Vec<u16>, Option<String>, [u8; 32], Vec<(bool, Vec<u8>)>);

fn uint(number: impl Into<u128>) -> Value {
    Value::Uint(U256::from(number.into()))
}

fn int(number: i128) -> Value {
    Value::Int(I256::try_from(number).expect("128 bits"))
}

fn numbers_of(numbers: Numbers) -> (Type, Value) {
    let kinds =
        [8, 16, 32, 64, 128].map(Type::Uint).into_iter().chain([8, 16, 32, 64, 128].map(Type::Int));
    let (a, b, c, d, e, f, g, h, i, j) = numbers;
    let unsigned = vec![uint(a), uint(b), uint(c), uint(d), uint(e)];
    let signed = [f.into(), g.into(), h.into(), i.into(), j].map(int);
    (Type::tuple(kinds), Value::Tuple(unsigned.into_iter().chain(signed).collect()))
}

fn shapes_of(shapes: Shapes) -> (Type, Value) {
    let kinds = ["bool", "string", "uint16[]", "option<string>", "bytes32", "(bool,bytes)[]"];
    let (truth, text, list, option, word, pairs) = shapes;
    let pair = |(truth, bytes)| Value::Tuple(vec![Value::Bool(truth), Value::bytes(bytes)]);
    let values = vec![
        Value::Bool(truth),
        Value::String(text),
        Value::Array(list.into_iter().map(uint).collect()),
        option.map_or_else(Value::none, |text| Value::some(Value::String(text))),
        Value::bytes(word.to_vec()),
        Value::Array(pairs.into_iter().map(pair).collect()),
    ];
    (Type::tuple(kinds.map(|kind| kind.parse().expect("a type"))), Value::Tuple(values))
}

fn check_bcs<T: serde::Serialize>(native: &T, (kind, value): (Type, Value)) {
    let theirs = bcs::to_bytes(native).expect("a value of BCS");
    let ours = our_bcs::encode(core::slice::from_ref(&value), &[&kind]).expect("of its type");
    assert_eq!(ours, theirs);
    assert_eq!(our_bcs::decode(&theirs, &[&kind]).expect("their bytes"), [value]);
}

fn check_borsh<T: borsh::BorshSerialize>(native: &T, (kind, value): (Type, Value)) {
    let theirs = borsh::to_vec(native).expect("a value of Borsh");
    let ours = our_borsh::encode(core::slice::from_ref(&value), &[&kind]).expect("of its type");
    assert_eq!(ours, theirs);
    assert_eq!(our_borsh::decode(&theirs, &[&kind]).expect("their bytes"), [value]);
}

/// An enum with these two payloads, and the variant of it that `result` is.
fn result_type(names: [&str; 2], kinds: [Type; 2]) -> Type {
    let variants = names.into_iter().zip(kinds).map(|(name, kind)| Variant::with(name, kind));
    Type::enumeration("Result", variants.collect())
}

proptest! {
    #[test]
    fn numbers_are_what_the_libraries_write(numbers in any::<Numbers>()) {
        check_bcs(&numbers, numbers_of(numbers));
        check_borsh(&numbers, numbers_of(numbers));
    }

    #[test]
    fn shapes_are_what_the_libraries_write(shapes in any::<Shapes>()) {
        check_bcs(&shapes, shapes_of(shapes.clone()));
        check_borsh(&shapes, shapes_of(shapes.clone()));
    }

    #[test]
    fn enums_are_what_the_libraries_write(result in any::<Result<u64, String>>()) {
        let uint64 = Type::Uint(64);
        let ok_first = result_type(["Ok", "Err"], [uint64.clone(), Type::String]);
        let err_first = result_type(["Err", "Ok"], [Type::String, uint64]);
        let (payload, is_ok) = match &result {
            Ok(number) => (Value::uint(*number), true),
            Err(text) => (Value::text(text.as_str()), false),
        };
        let value = Value::variant_with(u32::from(!is_ok), payload.clone());
        check_bcs(&result, (ok_first, value));
        check_borsh(&result, (err_first, Value::variant_with(u32::from(is_ok), payload)));
    }

    /// What one library refuses, the codec refuses; what it takes is the same value.
    #[test]
    fn random_bytes_are_read_alike(bytes in proptest::collection::vec(0_u8..4, 0..24)) {
        let kind: Type = "(bool,uint16[],option<string>)".parse().expect("a type");
        type Native = (bool, Vec<u16>, Option<String>);
        let ours = our_bcs::decode(&bytes, &[&kind]);
        prop_assert_eq!(ours.is_ok(), bcs::from_bytes::<Native>(&bytes).is_ok());
        let ours = our_borsh::decode(&bytes, &[&kind]);
        prop_assert_eq!(ours.is_ok(), borsh::from_slice::<Native>(&bytes).is_ok());
    }

    #[test]
    fn lengths_are_read_alike(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let ours = our_bcs::decode(&bytes, &[&Type::Bytes]);
        prop_assert_eq!(ours.is_ok(), bcs::from_bytes::<Vec<u8>>(&bytes).is_ok());
    }
}

#[test]
fn long_sequences_have_long_lengths() {
    for length in [0, 1, 127, 128, 16_383, 16_384, 100_000] {
        let native = vec![7_u8; length];
        check_bcs(&native, (Type::Bytes, Value::bytes(native.clone())));
        check_borsh(&native, (Type::Bytes, Value::bytes(native.clone())));
    }
}

#[test]
fn wide_integers_and_addresses_are_little_endian_and_whole() {
    let address = primitives::Address::new([9; 32]);
    let values = [Value::uint(0x0102), Value::int(-2), Value::Address(address)];
    let kinds = [Type::Uint(256), Type::Int(24), Type::Address];
    let kinds: Vec<_> = kinds.iter().collect();
    let mut expected = vec![2, 1];
    expected.extend_from_slice(&[0; 30]);
    expected.extend_from_slice(&[0xfe, 0xff, 0xff]);
    expected.extend_from_slice(&[9; 32]);
    assert_eq!(our_bcs::encode(&values, &kinds).expect("of their types"), expected);
    assert_eq!(our_borsh::encode(&values, &kinds).expect("of their types"), expected);
}
