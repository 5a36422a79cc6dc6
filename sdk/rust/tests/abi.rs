//! The codec agrees with an independent implementation of the Solidity ABI, and refuses bad input.
#![allow(clippy::unwrap_used, reason = "a test fails where it panics")]

use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives as reference;
use braid_sdk::{
    AbiType, Address, U256,
    abi::{self, Bytes, FixedBytes, Malformed},
};
use proptest::prelude::*;

#[derive(Debug, Clone, PartialEq, AbiType)]
struct Order {
    owner: Address,
    note: String,
    amounts: Vec<u64>,
}

#[derive(Debug, Clone, PartialEq, AbiType)]
struct Pair {
    low: i32,
    flag: bool,
}

type Everything = (u8, i128, bool, Address, String, Bytes, (FixedBytes<4>, [Pair; 2]), Vec<Order>);

const EVERYTHING: &str = "(uint8,int128,bool,address,string,bytes,\
    (bytes4,(int32,bool)[2]),(address,string,uint64[])[])";

fn pair_value(pair: &Pair) -> DynSolValue {
    let low = reference::I256::try_from(pair.low).unwrap();
    DynSolValue::Tuple(vec![DynSolValue::Int(low, 32), DynSolValue::Bool(pair.flag)])
}

fn address_value(address: &Address) -> DynSolValue {
    DynSolValue::Address(reference::Address::from(address.evm_alias()))
}

fn order_value(order: &Order) -> DynSolValue {
    let amount = |amount: &u64| DynSolValue::Uint(reference::U256::from(*amount), 64);
    DynSolValue::Tuple(vec![
        address_value(&order.owner),
        DynSolValue::String(order.note.clone()),
        DynSolValue::Array(order.amounts.iter().map(amount).collect()),
    ])
}

fn reference_value(value: &Everything) -> DynSolValue {
    let mut word = [0; 32];
    word[..4].copy_from_slice(&value.6.0.0);
    DynSolValue::Tuple(vec![
        DynSolValue::Uint(reference::U256::from(value.0), 8),
        DynSolValue::Int(reference::I256::try_from(value.1).unwrap(), 128),
        DynSolValue::Bool(value.2),
        address_value(&value.3),
        DynSolValue::String(value.4.clone()),
        DynSolValue::Bytes(value.5.0.clone()),
        DynSolValue::Tuple(vec![
            DynSolValue::FixedBytes(word.into(), 4),
            DynSolValue::FixedArray(value.6.1.iter().map(pair_value).collect()),
        ]),
        DynSolValue::Array(value.7.iter().map(order_value).collect()),
    ])
}

fn address() -> impl Strategy<Value = Address> {
    any::<[u8; 20]>().prop_map(|bytes| Address::from_evm(&bytes))
}

fn pair() -> impl Strategy<Value = Pair> {
    any::<(i32, bool)>().prop_map(|(low, flag)| Pair { low, flag })
}

fn order() -> impl Strategy<Value = Order> {
    (address(), ".{0,40}", prop::collection::vec(any::<u64>(), 0..4))
        .prop_map(|(owner, note, amounts)| Order { owner, note, amounts })
}

fn everything() -> impl Strategy<Value = Everything> {
    (
        any::<u8>(),
        any::<i128>(),
        any::<bool>(),
        address(),
        ".{0,40}",
        prop::collection::vec(any::<u8>(), 0..70).prop_map(Bytes),
        (any::<[u8; 4]>().prop_map(FixedBytes), [pair(), pair()]),
        prop::collection::vec(order(), 0..3),
    )
}

#[test]
fn names_are_canonical() {
    assert_eq!(<Everything as AbiType>::NAME.as_str(), EVERYTHING);
    assert_eq!(<Vec<[Order; 3]> as AbiType>::JSON_TYPE.as_str(), "tuple[3][]");
    assert_eq!(
        abi::parameter::<Vec<Pair>>("pairs").as_str(),
        "{\"name\":\"pairs\",\"type\":\"tuple[]\",\"components\":[\
         {\"name\":\"low\",\"type\":\"int32\"},{\"name\":\"flag\",\"type\":\"bool\"}]}"
    );
}

proptest! {
    #[test]
    fn encoding_agrees_with_another_implementation(value in everything()) {
        let encoded = abi::encode(&value);
        prop_assert_eq!(&encoded, &reference_value(&value).abi_encode_params());
        let decoded = DynSolType::parse(EVERYTHING).unwrap().abi_decode_params(&encoded).unwrap();
        prop_assert_eq!(decoded, reference_value(&value));
        prop_assert_eq!(abi::decode::<Everything>(&encoded), Ok(value));
    }

    #[test]
    fn a_cut_is_noticed(value in everything(), cut in 1_usize..64) {
        let encoded = abi::encode(&value);
        let short = &encoded[..encoded.len() - cut.min(encoded.len())];
        // Padding of the last byte string is not read, so a short cut may be harmless.
        if let Ok(decoded) = abi::decode::<Everything>(short) {
            prop_assert!(cut < 32);
            prop_assert_eq!(decoded, value);
        }
    }

    #[test]
    fn random_input_never_panics(input in prop::collection::vec(any::<u8>(), 0..400)) {
        let _outcome = abi::decode::<Everything>(&input);
    }
}

#[test]
fn dirty_words_are_refused() {
    let mut word = [0_u8; 32];
    word[31] = 2;
    assert_eq!(abi::decode::<(bool,)>(&word), Err(Malformed));
    word[0] = 1;
    assert_eq!(abi::decode::<(u64,)>(&word), Err(Malformed));
    assert_eq!(abi::decode::<(i64,)>(&word), Err(Malformed));
    assert_eq!(abi::decode::<(Address,)>(&word), Err(Malformed));
    assert_eq!(abi::decode::<(FixedBytes<31>,)>(&word), Err(Malformed));
    assert_eq!(abi::decode::<(U256,)>(&word).map(|(number,)| number.to_bytes()), Ok(word));
}

#[test]
fn a_length_beyond_the_input_reserves_nothing() {
    let mut input = abi::encode(&(U256::from(32_u8), U256::from(u32::MAX)));
    input.resize(96, 0);
    assert_eq!(abi::decode::<(Vec<U256>,)>(&input), Err(Malformed));
    assert_eq!(abi::decode::<(Bytes,)>(&input), Err(Malformed));
}
