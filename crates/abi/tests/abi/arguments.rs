//! Arguments as people write them.

use abi::{Interface, Method};
use primitives::Address;

fn resolve(name: &str) -> Option<Address> {
    (name == "alice").then(|| Address::from_evm(alloy_primitives::Address::repeat_byte(0xaa)))
}

fn check(kind: &str, text: &str, expected: &str) {
    let kind = kind.parse().expect("a type");
    let shown = match abi::parse_argument(&kind, text, &resolve) {
        Ok(value) => value.show(&kind).to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(shown, expected, "{text}");
}

const ALICE: &str = "0xaAaAaAaaAaAaAaaAaAAAAAAAAaaaAaAaAaaAaaAa";

#[test]
fn values_are_read() {
    check("uint256", "1ether", "1000000000000000000");
    check("bool", " true ", "true");
    check("address", "alice", ALICE);
    check("address", &ALICE.to_lowercase(), ALICE);
    check("string", "hello, \"world\" (1)", "\"hello, \\\"world\\\" (1)\"");
    check("string", r#""a\nb""#, "\"a\\nb\"");
    check("string", "", "\"\"");
    check("bytes", "0x", "0x");
    check("bytes4", "0x12345678", "0x12345678");
    check("uint8[]", "[1, 0x02 , 3]", "[1, 2, 3]");
    check("uint8[]", "[]", "[]");
    check("uint8[2][]", "[[1,2],[3,4]]", "[[1, 2], [3, 4]]");
    check("string[]", r#"[a b, "c, d", e]"#, "[\"a b\", \"c, d\", \"e\"]");
    check("(uint8,address,string[])", "(1,alice,[x])", &format!("(1, {ALICE}, [\"x\"])"));
    check(
        "(uint8 a,bool b)",
        "{b: true, a: 5gwei}",
        "in a: \"5gwei\" is out of range for uint8 \
        (0 to 255)",
    );
    check("(uint8 a,bool b)", r#"{"b": true, "a": "5"}"#, "{a: 5, b: true}");
    check("(uint8 a,bool b)", "[5,true]", "{a: 5, b: true}");
    check("option<uint8>", "none", "none");
    check("option<uint8>", "5", "some(5)");
    check("option<option<uint8>>", "some(none)", "some(none)");
}

#[test]
fn what_is_wrong_is_told() {
    check("bool", "yes", "\"yes\" is not a bool: write true or false");
    check(
        "address",
        "bob",
        "\"bob\" is not an address: it is no known name and does not begin with 0x",
    );
    check("address", "0x12", "\"0x12\" is not an address: it has 20 or 32 bytes in hexadecimal");
    check("bytes4", "0x1234", "4 bytes expected, 2 given");
    check(
        "bytes",
        "0x123",
        "\"0x123\" is not a bytes: write 0x and an even number of hexadecimal digits",
    );
    check("uint8[2]", "[1]", "2 elements expected, 1 given");
    check("uint8[]", "1", "\"1\" is not a uint8[]: write [a,b]");
    check("uint8[]", "[1", "\",\" or \"]\" expected at character 2 of \"[1\"");
    check("uint8[]", "[1] 2", "the end expected at character 4 of \"[1] 2\"");
    check("(uint8,uint8)[]", "[(1,2),(3,x)]", "in [1].1: \"x\" is not a uint8");
    check("(uint8 a)", "{b: 1}", "in a: \"\" is not a uint8: the field is missing");
    let deep = "[".repeat(100_000);
    let shown = format!("{}… (100000 bytes)", "[".repeat(80));
    check("uint8[]", &deep, &format!("less nesting expected at character 64 of \"{shown}\""));
}

#[test]
fn variants_are_named() {
    let interface = Interface::from_signatures(&[
        "enum Shape { Dot, Circle(uint8), Box(uint8 x, uint8 y) }",
        "draw(Shape shape)",
    ])
    .expect("signatures");
    let draw = interface.method("draw").expect("a method");
    for (text, expected) in [
        ("Dot", "Dot"),
        ("Circle(5)", "Circle(5)"),
        ("Box(1,2)", "Box{x: 1, y: 2}"),
        (r#"{"Box": {"x": 1, "y": 2}}"#, "Box{x: 1, y: 2}"),
    ] {
        let values = draw.parse_arguments(&[text], &resolve).expect(text);
        assert_eq!(values[0].show(&draw.inputs[0].kind).to_string(), expected);
    }
    let error = draw.parse_arguments(&["Star"], &resolve).expect_err("no such variant");
    assert_eq!(
        error.to_string(),
        "parameter 1 \"shape\" of draw((uint8,bytes)): \"Star\" is not a Shape: \
         there are Dot, Circle, Box"
    );
}

#[test]
fn errors_name_the_method_and_the_parameter() {
    let transfer = Method::parse("transfer(address to, uint256 amount)").expect("a signature");
    let fail = |texts: &[&str]| {
        transfer.parse_arguments(texts, &resolve).expect_err("bad arguments").to_string()
    };
    assert_eq!(
        fail(&["alice", "abc"]),
        "parameter 2 \"amount\" of transfer(address,uint256): \"abc\" is not a uint256"
    );
    assert_eq!(
        fail(&["alice", "-1"]),
        "parameter 2 \"amount\" of transfer(address,uint256): \
         \"-1\" is out of range for uint256 (0 to 2^256-1)"
    );
    assert_eq!(fail(&["alice"]), "transfer(address,uint256): 2 arguments expected, 1 given");
    let unnamed = Method::parse("f(uint8)").expect("a signature");
    let error = unnamed.parse_arguments(&["300"], &resolve).expect_err("too large");
    assert_eq!(
        error.to_string(),
        "parameter 1 of f(uint8): \"300\" is out of range for uint8 (0 to 255)"
    );
}
