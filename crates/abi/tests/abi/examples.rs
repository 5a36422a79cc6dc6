//! The examples of the contract ABI specification of Solidity, and values with known encodings.

use abi::{Event, Interface, Method, Type, Value, json, solidity};
use alloy_primitives::{B256, I256, U256, hex, keccak256};
use primitives::Address;

fn check_call(signature: &str, arguments: &[Value], expected: &str) {
    let method = Method::parse(signature).expect("a signature");
    let input = method.encode_call(arguments).expect("values of their types");
    assert_eq!(hex::encode(&input), expected.replace([' ', '\n'], ""));
    assert_eq!(method.decode_input(&input).expect("own input"), arguments);
}

#[test]
fn baz() {
    check_call(
        "baz(uint32,bool)",
        &[Value::uint(69), Value::Bool(true)],
        "cdcd77c0
        0000000000000000000000000000000000000000000000000000000000000045
        0000000000000000000000000000000000000000000000000000000000000001",
    );
}

#[test]
fn bar() {
    let items = ["abc", "def"].map(|text| Value::bytes(text.as_bytes().to_vec()));
    check_call(
        "bar(bytes3[2])",
        &[Value::Array(items.to_vec())],
        "fce353f6
        6162630000000000000000000000000000000000000000000000000000000000
        6465660000000000000000000000000000000000000000000000000000000000",
    );
}

#[test]
fn sam() {
    let numbers = Value::Array([1, 2, 3].map(Value::uint).to_vec());
    check_call(
        "sam(bytes,bool,uint256[])",
        &[Value::bytes(b"dave".to_vec()), Value::Bool(true), numbers],
        "a5643bf2
        0000000000000000000000000000000000000000000000000000000000000060
        0000000000000000000000000000000000000000000000000000000000000001
        00000000000000000000000000000000000000000000000000000000000000a0
        0000000000000000000000000000000000000000000000000000000000000004
        6461766500000000000000000000000000000000000000000000000000000000
        0000000000000000000000000000000000000000000000000000000000000003
        0000000000000000000000000000000000000000000000000000000000000001
        0000000000000000000000000000000000000000000000000000000000000002
        0000000000000000000000000000000000000000000000000000000000000003",
    );
}

#[test]
fn f_with_dynamic_arguments() {
    let numbers = Value::Array([0x456, 0x789].map(Value::uint).to_vec());
    check_call(
        "f(uint256,uint32[],bytes10,bytes)",
        &[
            Value::uint(0x123),
            numbers,
            Value::bytes(b"1234567890".to_vec()),
            Value::bytes(b"Hello, world!".to_vec()),
        ],
        "8be65246
        0000000000000000000000000000000000000000000000000000000000000123
        0000000000000000000000000000000000000000000000000000000000000080
        3132333435363738393000000000000000000000000000000000000000000000
        00000000000000000000000000000000000000000000000000000000000000e0
        0000000000000000000000000000000000000000000000000000000000000002
        0000000000000000000000000000000000000000000000000000000000000456
        0000000000000000000000000000000000000000000000000000000000000789
        000000000000000000000000000000000000000000000000000000000000000d
        48656c6c6f2c20776f726c642100000000000000000000000000000000000000",
    );
}

#[test]
fn g_with_nested_arrays() {
    let row = |numbers: &[u64]| Value::Array(numbers.iter().copied().map(Value::uint).collect());
    let texts = ["one", "two", "three"].map(Value::text).to_vec();
    check_call(
        "g(uint256[][],string[])",
        &[Value::Array(vec![row(&[1, 2]), row(&[3])]), Value::Array(texts)],
        "2289b18c
        0000000000000000000000000000000000000000000000000000000000000040
        0000000000000000000000000000000000000000000000000000000000000140
        0000000000000000000000000000000000000000000000000000000000000002
        0000000000000000000000000000000000000000000000000000000000000040
        00000000000000000000000000000000000000000000000000000000000000a0
        0000000000000000000000000000000000000000000000000000000000000002
        0000000000000000000000000000000000000000000000000000000000000001
        0000000000000000000000000000000000000000000000000000000000000002
        0000000000000000000000000000000000000000000000000000000000000001
        0000000000000000000000000000000000000000000000000000000000000003
        0000000000000000000000000000000000000000000000000000000000000003
        0000000000000000000000000000000000000000000000000000000000000060
        00000000000000000000000000000000000000000000000000000000000000a0
        00000000000000000000000000000000000000000000000000000000000000e0
        0000000000000000000000000000000000000000000000000000000000000003
        6f6e650000000000000000000000000000000000000000000000000000000000
        0000000000000000000000000000000000000000000000000000000000000003
        74776f0000000000000000000000000000000000000000000000000000000000
        0000000000000000000000000000000000000000000000000000000000000005
        7468726565000000000000000000000000000000000000000000000000000000",
    );
}

#[test]
fn types_that_solidity_lacks_have_their_place() {
    let signatures = [
        "enum Side { Left, Right }",
        "enum Shape { Dot, Circle(uint256), Box(uint8 x, uint8 y) }",
        "type Price is uint256",
        "function draw(Side, Shape, option<string>, Price)",
    ];
    let interface = Interface::from_signatures(&signatures).expect("signatures");
    let method = interface.method("draw").expect("the method");
    assert_eq!(method.signature(), "draw(uint8,(uint8,bytes),(bool,string),uint256)");
    let values =
        [Value::variant(1), Value::variant_with(1, Value::uint(5)), Value::none(), Value::uint(9)];
    let output = method.encode_call(&values).expect("values");
    let expected = [1, 0x80, 0x100, 9, 1, 0x40, 0x20, 5, 0, 0x40, 0]
        .map(|number: u64| hex::encode(U256::from(number).to_be_bytes::<32>()));
    assert_eq!(hex::encode(&output[4..]), expected.concat());
    assert_eq!(method.decode_input(&output).expect("own input"), values);
}

#[test]
fn an_identity_of_32_bytes_crosses_as_its_alias() {
    let wide = Address::new([5; 32]);
    let bytes = solidity::encode(&[Value::Address(wide)], &[&Type::Address]).expect("an address");
    assert_eq!(bytes[12..], wide.evm_alias()[..]);
    let back = solidity::decode(&bytes, &[&Type::Address]).expect("an address");
    assert_eq!(back, [Value::Address(Address::from_evm(wide.evm_alias()))]);
}

fn transfer() -> (Interface, Event) {
    let signatures = ["event Transfer(address indexed from, string indexed memo, uint256 amount)"];
    let interface = Interface::from_signatures(&signatures).expect("a signature");
    let event = interface.events[0].clone();
    (interface, event)
}

#[test]
fn a_log_is_decoded() {
    let (interface, event) = transfer();
    assert_eq!(event.topic(), keccak256("Transfer(address,string,uint256)"));
    let from = Address::from_evm(alloy_primitives::Address::repeat_byte(1));
    let values = [Value::Address(from), Value::text("rent"), Value::uint(7)];
    let (topics, data) = event.encode(&values).expect("values");
    assert_eq!(topics, [event.topic(), from.evm_alias().into_word(), keccak256("rent")]);
    let decoded = interface.decode_event(&topics, &data).expect("own log").expect("known");
    assert_eq!(decoded.get("memo"), Some(&Value::bytes(keccak256("rent").to_vec())));
    assert_eq!(
        decoded.to_string(),
        format!("Transfer(from: {from}, memo: {}, amount: 7)", keccak256("rent"))
    );
    assert_eq!(interface.decode_event(&[B256::ZERO], &data), Ok(None));
    let error = interface.decode_event(&topics[..2], &data).expect_err("a topic too few");
    assert_eq!(
        error.to_string(),
        "the log has 2 topics that do not fit Transfer(address,string,uint256) (3 topics)"
    );
}

/// Elements of an indexed array are padded to words and hashed without lengths.
#[test]
fn an_indexed_array_is_hashed_in_place() {
    let signatures = ["event E((uint8,string)[] indexed list)"];
    let interface = Interface::from_signatures(&signatures).expect("a signature");
    let pair = Value::Tuple(vec![Value::uint(1), Value::text("ab")]);
    let (topics, _) = interface.events[0].encode(&[Value::Array(vec![pair])]).expect("values");
    let mut hashed = [0; 64];
    hashed[31] = 1;
    hashed[32..34].copy_from_slice(b"ab");
    assert_eq!(topics[1], keccak256(hashed));
}

#[test]
fn json_is_for_people() {
    let signatures = [
        "enum Shape { Dot, Circle(uint256 r) }",
        "struct Order { address to; uint256 amount; int8 shift; Shape shape; }",
        "function put(Order order, option<option<bool>> flag)",
    ];
    let interface = Interface::from_signatures(&signatures).expect("signatures");
    let inputs = &interface.methods[0].inputs;
    let order = Value::Tuple(vec![
        Value::Address(Address::ZERO),
        Value::Uint(U256::from(1_u64 << 53)),
        Value::Int(I256::MINUS_ONE),
        Value::variant_with(1, Value::uint(2)),
    ]);
    let text = json::to_json(&order, &inputs[0].kind).expect("a value").to_string();
    assert_eq!(
        text,
        "{\"to\":\"0x0000000000000000000000000000000000000000\",\
         \"amount\":\"9007199254740992\",\"shift\":-1,\"shape\":{\"Circle\":2}}"
    );
    let flag = Value::some(Value::none());
    let text = json::to_json(&flag, &inputs[1].kind).expect("a value").to_string();
    assert_eq!(text, "{\"some\":null}");
    for (document, message) in [
        (r#"{"to":1}"#, "json value.to: 1 is not an address"),
        (r#"{"too":1}"#, "json value: there is no field \"too\""),
        ("[1]", "json value: 4 fields expected, 1 given"),
        (
            r#"["0x0000000000000000000000000000000000000000", 1.5, 0, "Dot"]"#,
            "json value.amount: 1.5 is not exact, write the integer as a text",
        ),
        (
            r#"["0x0000000000000000000000000000000000000000", 1, 200, "Dot"]"#,
            "json value.shift: \"200\" is out of range for int8 (-128 to 127)",
        ),
        (
            r#"["0x0000000000000000000000000000000000000000", 1, 0, "Star"]"#,
            "json value.shape: \"Star\" is not a variant of Shape",
        ),
    ] {
        let document = serde_json::from_str(document).expect("JSON");
        let error = json::from_json(&document, &inputs[0].kind).expect_err("bad JSON");
        assert_eq!(error.to_string(), message);
    }
}
