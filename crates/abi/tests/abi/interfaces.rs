//! Interfaces from words and from the JSON of compilers, and what is looked up in them.

use abi::{
    Interface, Method, Mutability, Parameter, Type, Variant, limits::TYPE_DEPTH_MAX, selector,
};
use alloy_primitives::hex;

const TOKEN: [&str; 8] = [
    "constructor(string name, uint256 supply) payable",
    "function transfer(address to, uint256 amount) external returns (bool)",
    "mint(uint256)",
    "mint(address,uint256)",
    "balanceOf(address who) view returns (uint256)",
    "event Transfer(address indexed from, address indexed to, uint256 amount)",
    "error Short(uint256 available, uint256 wanted)",
    "receive() external payable",
];

fn token() -> Interface {
    Interface::from_signatures(&TOKEN).expect("valid signatures")
}

fn check_lookup(name: &str, expected: &str) {
    let shown = match token().method(name) {
        Ok(method) => method.signature(),
        Err(error) => error.to_string(),
    };
    assert_eq!(shown, expected);
}

#[test]
fn words_make_an_interface() {
    let token = token();
    assert_eq!(token.constructor.as_ref().map(|made| made.mutability), Some(Mutability::Payable));
    assert_eq!(token.methods.len(), 4);
    assert!(token.receive);
    assert_eq!(token.fallback, None);
    assert_eq!(token.methods[0].selector(), hex!("a9059cbb"));
    assert_eq!(token.methods[3].mutability, Mutability::View);
    assert_eq!(token.methods[0].to_string(), "transfer(address to, uint256 amount) returns (bool)");
    assert_eq!(
        token.events[0].to_string(),
        "event Transfer(address indexed from, address indexed to, uint256 amount)"
    );
    assert_eq!(
        token.events[0].topic(),
        hex!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")
    );
    assert_eq!(Interface::from_json(&token.to_json()).expect("own JSON"), token);
}

#[test]
fn a_name_leads_to_a_method_or_to_advice() {
    check_lookup("transfer", "transfer(address,uint256)");
    check_lookup("transfer(address, uint)", "transfer(address,uint256)");
    check_lookup("mint(uint256)", "mint(uint256)");
    check_lookup(
        "mint",
        "the method \"mint\" has overloads, name one of: mint(uint256), mint(address,uint256)",
    );
    check_lookup(
        "trasnfer",
        "there is no method \"trasnfer\", did you mean \"transfer(address,uint256)\"?",
    );
    check_lookup(
        "mint(bool)",
        "there is no method \"mint(bool)\", did you mean \"mint(uint256)\"?",
    );
    check_lookup(
        "approve",
        "there is no method \"approve\", there are: transfer, mint, mint, balanceOf",
    );
    let empty = Interface::default();
    let error = empty.method("any").expect_err("no methods");
    assert_eq!(error.to_string(), "there is no method \"any\": the interface has no methods");
    assert!(token().event("Transfer").is_ok());
    assert!(token().error("Short").is_ok());
}

#[test]
fn selectors_and_topics_lead_back() {
    let token = token();
    let transfer = token.method("transfer").expect("a method");
    assert_eq!(token.method_by_selector(transfer.selector()), Some(transfer));
    assert_eq!(token.method_by_selector([0; 4]), None);
    assert_eq!(token.event_by_topic(token.events[0].topic()), token.events.first());
    let short = selector("Short(uint256,uint256)");
    assert_eq!(token.error_by_selector(short), token.errors.first());
    let input = [&transfer.selector()[..], &[0; 64]].concat();
    let (method, arguments) = token.decode_call(&input).expect("arguments").expect("a method");
    assert_eq!((method, arguments.len()), (transfer, 2));
    let error = token.methods[1].decode_input(&input).expect_err("another method");
    assert_eq!(
        error.to_string(),
        "the selector 0xa9059cbb is not that of mint(uint256) (0xa0712d68)"
    );
}

#[test]
fn a_compiler_writes_what_is_read() {
    let text = r#"{
        "contractName": "Market",
        "abi": [
            {"type": "constructor", "inputs": [], "stateMutability": "nonpayable"},
            {"type": "function", "name": "fill", "stateMutability": "payable", "inputs": [
                {"name": "orders", "type": "tuple[2][]", "internalType": "struct Market.Order[2][]",
                 "components": [
                    {"name": "id", "type": "uint256", "internalType": "uint256"},
                    {"name": "side", "type": "uint8", "internalType": "enum Market.Side"},
                    {"name": "legs", "type": "tuple", "internalType": "struct Leg", "components": [
                        {"name": "token", "type": "address", "internalType": "contract IERC20"}
                    ]}
                 ]}
            ], "outputs": [{"name": "", "type": "bytes32"}]},
            {"name": "old", "constant": true, "inputs": [], "outputs": []},
            {"type": "event", "name": "Log", "anonymous": true, "inputs": [
                {"name": "who", "type": "address", "indexed": true}
            ]},
            {"type": "fallback", "stateMutability": "payable"}
        ]
    }"#;
    let interface = Interface::from_json(text).expect("an artifact");
    let fill = interface.method("fill").expect("a method");
    assert_eq!(fill.signature(), "fill((uint256,uint8,(address))[2][])");
    assert_eq!(interface.method("old").expect("a method").mutability, Mutability::View);
    assert!(interface.events[0].anonymous && interface.events[0].inputs[0].indexed);
    assert_eq!(interface.fallback, Some(Mutability::Payable));
    let Type::Array(pairs) = &fill.inputs[0].kind else { panic!("an array") };
    let Type::FixedArray(order, 2) = &**pairs else { panic!("an array of two") };
    let Type::Tuple(order) = &**order else { panic!("a struct") };
    assert_eq!(order.name.as_deref(), Some("Market.Order"));
    let written = interface.to_json();
    assert!(!written.contains("braidType"), "Solidity has all of these types");
    assert_eq!(Interface::from_json(&written).expect("own JSON"), interface);
}

#[test]
fn what_is_wrong_in_json_is_named() {
    for (text, message) in [
        (
            "{}",
            "an interface is an array of items or an object with \"abi\", not an object \
            without it",
        ),
        ("7", "an interface is an array of items or an object with \"abi\", not a number"),
        ("[7]", "item 0 of the interface: an item is an object"),
        (r#"[{"type":"function"}]"#, "item 0 of the interface: \"name\" is missing"),
        (r#"[{"type":"macro"}]"#, "item 0 of the interface: \"macro\" is not a type of an item"),
        (
            r#"[{"name":"f","inputs":[{"type":"uint7"}]}]"#,
            "item 0 of the interface: inputs[0]: an integer has 8 to 256 bits in steps of 8, not 7",
        ),
        (
            r#"[{"name":"f","inputs":[{"type":"uint8","braidType":"bool"}]}]"#,
            "item 0 of the interface: inputs[0]: \"braidType\" is bool on the wire, \"type\" is \
            uint8",
        ),
    ] {
        assert_eq!(Interface::from_json(text).expect_err(text).to_string(), message);
    }
    let deep = format!("{}{}", r#"[{"name":"f","inputs":["#, "[".repeat(100_000));
    assert!(Interface::from_json(&deep).is_err());
}

#[test]
fn what_is_wrong_in_words_is_named() {
    for (text, reason) in [
        ("transfer", "\"(\" expected at character 8 of \"transfer\""),
        ("f(uint7)", "an integer has 8 to 256 bits in steps of 8, not 7"),
        ("f(Order)", "\"Order\" is not a type"),
        (
            "f() veiw",
            "a mutability, \"returns\" or the end expected at character 8 of \"f() veiw\"",
        ),
        ("struct A { A a; }", "\"A\" is not a type"),
        ("enum E { }", "a name expected at character 9 of \"enum E { }\""),
        ("enum E { A, A }", "the variant \"A\" of an enum is unnamed or there twice"),
    ] {
        let error = Interface::from_signatures(&[text]).expect_err(text);
        assert_eq!(error.to_string(), format!("signature \"{text}\": {reason}"));
    }
}

#[test]
fn short_and_long_signatures_are_one() {
    let short = Method::parse("get(uint)(uint8, string name)").expect("cast style");
    let long = Method::parse("function get(uint256) public returns (uint8, string memory name);");
    assert_eq!(long.expect("Solidity style"), short);
    assert_eq!(short.outputs[1].name, "name");
}

#[test]
fn definitions_come_in_any_order() {
    let interface = Interface::from_signatures(&[
        "f(Outer)",
        "struct Outer { Inner[] inner; Side side; }",
        "struct Inner { uint256 amount; }",
        "enum Side { Left, Right }",
    ])
    .expect("signatures");
    assert_eq!(interface.methods[0].signature(), "f(((uint256)[],uint8))");
    let json = interface.to_json();
    assert!(json.contains("braidType"), "the variants of the enum are kept");
    assert_eq!(Interface::from_json(&json).expect("own JSON"), interface);
}

#[test]
fn the_deepest_type_is_kept() {
    let side = Type::enumeration("Side", vec![Variant::plain("Left")]);
    let wrap = |kind, _| Type::structure("Box", vec![Parameter::new("inner", kind)]);
    let deepest = (1..TYPE_DEPTH_MAX).fold(side, wrap);
    let method = Method {
        name: "open".to_owned(),
        inputs: vec![Parameter::new("all", deepest)],
        outputs: Vec::new(),
        mutability: Mutability::Pure,
    };
    let interface = Interface { methods: vec![method], ..Interface::default() };
    let text = interface.to_json();
    assert_eq!(Interface::from_json(&text).expect("own JSON"), interface);
    let deeper = text.replace("uint8\"", "tuple\",\"components\":[{\"type\":\"uint8\"}]");
    assert!(Interface::from_json(&deeper).is_err());
}
