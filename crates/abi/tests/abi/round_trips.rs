//! What is encoded decodes to the same values, in every codec.

use abi::{Event, EventParameter, Interface, Parameter, Type, Value, bcs, borsh, json, solidity};
use proptest::{collection::vec, prelude::*};

use crate::strategies::{Kinds, typed_value, typed_values, types};

proptest! {
    #[test]
    fn solidity_round_trips((kinds, values) in typed_values(Kinds::Wire)) {
        let kinds: Vec<_> = kinds.iter().collect();
        let bytes = solidity::encode(&values, &kinds).expect("values of their types");
        prop_assert_eq!(bytes.len() % 32, 0);
        prop_assert_eq!(solidity::decode(&bytes, &kinds).expect("own encoding"), values);
    }

    #[test]
    fn bcs_round_trips((kinds, values) in typed_values(Kinds::Wide)) {
        let kinds: Vec<_> = kinds.iter().collect();
        let bytes = bcs::encode(&values, &kinds).expect("values of their types");
        prop_assert_eq!(bcs::decode(&bytes, &kinds).expect("own encoding"), values);
    }

    #[test]
    fn borsh_round_trips((kinds, values) in typed_values(Kinds::Wide)) {
        let kinds: Vec<_> = kinds.iter().collect();
        let bytes = borsh::encode(&values, &kinds).expect("values of their types");
        prop_assert_eq!(borsh::decode(&bytes, &kinds).expect("own encoding"), values);
    }

    #[test]
    fn json_round_trips((kinds, values) in typed_values(Kinds::Wide)) {
        let kinds: Vec<_> = kinds.iter().collect();
        let bytes = json::encode(&values, &kinds).expect("values of their types");
        prop_assert_eq!(json::decode(&bytes, &kinds).expect("own encoding"), values);
    }

    #[test]
    fn a_default_is_of_its_type(kind in types(Kinds::Wide)) {
        prop_assert!(Value::default_of(&kind).matches(&kind));
    }

    #[test]
    fn canonical_text_is_read_back(kind in types(Kinds::Wire)) {
        let text = kind.canonical();
        let read: Type = text.parse().expect("canonical text");
        prop_assert_eq!(read.canonical(), text);
        prop_assert_eq!(read.is_dynamic(), kind.is_dynamic());
    }

    /// The wire of a type that Solidity lacks is the wire of what stands for it.
    #[test]
    fn solidity_reads_what_stands_for_a_type((kind, value) in typed_value(Kinds::Wire)) {
        let stand_in: Type = kind.canonical().parse().expect("canonical text");
        let bytes = solidity::encode(&[value], &[&kind]).expect("a value of its type");
        let seen = solidity::decode(&bytes, &[&stand_in]).expect("the same wire");
        let again = solidity::encode(&seen, &[&stand_in]).expect("what was decoded");
        prop_assert_eq!(again, bytes);
    }

    /// JSON is a way to write arguments.
    #[test]
    fn arguments_may_be_json((kind, value) in typed_value(Kinds::Solidity)) {
        let text = json::to_json(&value, &kind).expect("a value of its type").to_string();
        let read = abi::parse_argument(&kind, &text, &|_| None).expect("JSON of the value");
        prop_assert_eq!(read, value);
    }

    #[test]
    fn logs_round_trip(inputs in vec((typed_value(Kinds::Wire), any::<bool>()), 0..4)) {
        let (pairs, indexed): (Vec<_>, Vec<_>) = inputs.into_iter().unzip();
        let (kinds, values): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let parameter = |(kind, indexed): (&Type, &bool)| EventParameter {
            parameter: Parameter::new("", kind.clone()),
            indexed: *indexed,
        };
        let inputs = kinds.iter().zip(&indexed).map(parameter).collect();
        let event = Event { name: "Log".to_owned(), inputs, anonymous: false };
        let (topics, data) = event.encode(&values).expect("values of their types");
        let decoded = event.decode(&topics, &data).expect("own log");
        for (index, (parameter, value)) in decoded.fields.iter().enumerate() {
            let hashed = parameter.kind != kinds[index];
            prop_assert!(hashed || *value == values[index]);
            prop_assert!(!hashed || (indexed[index] && parameter.kind == Type::FixedBytes(32)));
        }
    }

    #[test]
    fn interfaces_round_trip_as_json(kinds in vec(types(Kinds::Wide), 0..4), odd in ".{0,8}") {
        let parameters: Vec<_> = kinds
            .iter()
            .map(|kind| Parameter::new(odd.as_str(), kind.clone()))
            .collect();
        let method = abi::Method {
            name: odd.clone(),
            inputs: parameters.clone(),
            outputs: parameters.iter().take(1).cloned().collect(),
            mutability: abi::Mutability::View,
        };
        let inputs = parameters
            .iter()
            .map(|parameter| EventParameter { parameter: parameter.clone(), indexed: true })
            .collect();
        let interface = Interface {
            constructor: Some(abi::Constructor {
                inputs: parameters.clone(),
                mutability: abi::Mutability::Payable,
            }),
            methods: vec![method],
            events: vec![Event { name: odd.clone(), inputs, anonymous: true }],
            errors: vec![abi::ErrorDefinition { name: odd, inputs: parameters }],
            receive: true,
            fallback: Some(abi::Mutability::NonPayable),
        };
        let text = interface.to_json();
        prop_assert_eq!(Interface::from_json(&text).expect("own JSON"), interface.clone());
        let text = serde_json::to_string(&interface).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Interface>(&text).expect("own JSON"), interface);
    }
}
