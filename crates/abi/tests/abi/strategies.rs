//! Random types, nested up to four deep, and random values of them.

use abi::{EnumType, Parameter, TupleType, Type, Value, Variant};
use alloy_primitives::{Bytes, I256, U256};
use primitives::Address;
use proptest::{collection::vec, prelude::*};

/// Which types and values to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kinds {
    /// Types of Solidity, EVM addresses.
    Solidity,
    /// Every type, EVM addresses.
    Wire,
    /// Every type, addresses of 32 bytes.
    Wide,
}

/// A type together with a value of it.
pub(crate) fn typed_value(kinds: Kinds) -> impl Strategy<Value = (Type, Value)> {
    types(kinds).prop_flat_map(move |kind| {
        let values = value_of(&kind, kinds);
        (Just(kind), values)
    })
}

/// Several of them, as the arguments of a call.
pub(crate) fn typed_values(kinds: Kinds) -> impl Strategy<Value = (Vec<Type>, Vec<Value>)> {
    vec(typed_value(kinds), 0..4).prop_map(|pairs| pairs.into_iter().unzip())
}

/// A type.
pub(crate) fn types(kinds: Kinds) -> BoxedStrategy<Type> {
    let leaf = prop_oneof![
        Just(Type::Bool),
        (1_u16..=32).prop_map(|bytes| Type::Uint(bytes * 8)),
        (1_u16..=32).prop_map(|bytes| Type::Int(bytes * 8)),
        Just(Type::Address),
        (1_u8..=32).prop_map(Type::FixedBytes),
        Just(Type::Bytes),
        Just(Type::String),
    ];
    leaf.prop_recursive(3, 16, 4, move |inner| {
        let solidity = prop_oneof![
            inner.clone().prop_map(Type::array),
            (inner.clone(), 1_u32..4).prop_map(|(kind, length)| Type::fixed_array(kind, length)),
            tuple(inner.clone()),
        ];
        if kinds == Kinds::Solidity {
            return solidity.boxed();
        }
        prop_oneof![
            3 => solidity,
            1 => enumeration(inner.clone()),
            1 => inner.clone().prop_map(Type::option),
            1 => ("[A-Z][a-z]{1,4}", inner).prop_map(|(name, kind)| Type::custom(name, kind)),
        ]
        .boxed()
    })
    .boxed()
}

fn tuple(inner: impl Strategy<Value = Type> + 'static) -> BoxedStrategy<Type> {
    let name = proptest::option::of("[A-Z][a-z]{1,4}");
    let field = ("[a-z]{0,3}", inner).prop_map(|(name, kind)| Parameter::new(name, kind));
    (name, vec(field, 1..4))
        .prop_map(|(name, fields)| Type::Tuple(TupleType { name, fields }))
        .boxed()
}

fn enumeration(inner: impl Strategy<Value = Type> + 'static) -> BoxedStrategy<Type> {
    let name = proptest::option::of("[A-Z][a-z]{1,4}");
    (name, vec(proptest::option::of(inner), 1..4))
        .prop_map(|(name, payloads)| {
            let variant = |(index, payload)| Variant { name: format!("V{index}"), payload };
            let variants = payloads.into_iter().enumerate().map(variant).collect();
            Type::Enum(EnumType { name, variants })
        })
        .boxed()
}

/// A value of a type.
pub(crate) fn value_of(kind: &Type, kinds: Kinds) -> BoxedStrategy<Value> {
    match kind {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Uint(bits) => {
            let excess = 256 - usize::from(*bits);
            words().prop_map(move |word| Value::Uint(word >> excess)).boxed()
        }
        Type::Int(bits) => {
            let excess = 256 - usize::from(*bits);
            words().prop_map(move |word| Value::Int(I256::from_raw(word).asr(excess))).boxed()
        }
        Type::Address => any::<[u8; 32]>()
            .prop_map(move |mut bytes| {
                if kinds != Kinds::Wide {
                    bytes[..12].fill(0);
                }
                Value::Address(Address::new(bytes))
            })
            .boxed(),
        Type::FixedBytes(length) => bytes(usize::from(*length)..=usize::from(*length)),
        Type::Bytes => bytes(0..=70),
        Type::String => ".{0,40}".prop_map(Value::String).boxed(),
        Type::Array(element) => vec(value_of(element, kinds), 0..4).prop_map(Value::Array).boxed(),
        Type::FixedArray(element, length) => {
            vec(value_of(element, kinds), *length as usize).prop_map(Value::Array).boxed()
        }
        Type::Tuple(tuple) => {
            let fields: Vec<_> =
                tuple.fields.iter().map(|field| value_of(&field.kind, kinds)).collect();
            fields.prop_map(Value::Tuple).boxed()
        }
        Type::Enum(enumeration) => {
            let variant = |(number, variant): (u32, &Variant)| match &variant.payload {
                None => Just(Value::variant(number)).boxed(),
                Some(payload) => value_of(payload, kinds)
                    .prop_map(move |payload| Value::variant_with(number, payload))
                    .boxed(),
            };
            let variants: Vec<_> = (0..).zip(&enumeration.variants).map(variant).collect();
            proptest::strategy::Union::new(variants).boxed()
        }
        Type::Option(inner) => {
            prop_oneof![Just(Value::none()), value_of(inner, kinds).prop_map(Value::some)].boxed()
        }
        Type::Custom(custom) => value_of(&custom.kind, kinds),
        other => unreachable!("the strategy makes no {other}"),
    }
}

/// Numbers at the edges as often as in the middle.
fn words() -> BoxedStrategy<U256> {
    prop_oneof![
        any::<[u8; 32]>().prop_map(U256::from_be_bytes),
        Just(U256::ZERO),
        Just(U256::MAX),
        Just(U256::ONE << 255),
        any::<u8>().prop_map(|bits| U256::MAX >> usize::from(bits)),
    ]
    .boxed()
}

fn bytes(length: core::ops::RangeInclusive<usize>) -> BoxedStrategy<Value> {
    vec(any::<u8>(), length).prop_map(|bytes| Value::Bytes(Bytes::from(bytes))).boxed()
}
