//! Every artefact of `contracts/` parses, keeps to the features and imports that a contract may
//! use, and has the interface that its kind has in every other language.
#![allow(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use alloy_json_abi::{Function, JsonAbi};
use wasmparser::{ExternalKind, Parser, Payload, Validator, WasmFeatures};

/// The languages and the contracts each has.
const WASM: [(&str, &[&str]); 3] = [
    ("c", &["badge", "counter", "token", "exchange"]),
    ("assemblyscript", &["badge", "counter", "token", "exchange"]),
    ("rust", &["badge", "counter", "token", "exchange", "relay", "probe"]),
];

/// The languages that have the contract for tests of upgrades, which Solidity has not.
const VERSIONED: [&str; 3] = ["c", "assemblyscript", "rust"];

/// What a Solidity contract can do and no other: run foreign code in its own place.
const SOLIDITY_ONLY: [&str; 1] = ["delegateForward"];

/// Bytes that an artefact may have; a growth beyond is to be looked at, not to be waved through.
const ARTIFACT_BYTES_MAX: usize = 48 * 1024;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn wasm(language: &str, name: &str) -> Vec<u8> {
    let path = root().join(format!("contracts/artifacts/{language}/{name}.wasm"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn section(code: &[u8]) -> JsonAbi {
    for payload in Parser::new(0).parse_all(code) {
        if let Payload::CustomSection(section) = payload.unwrap() {
            assert_eq!(section.name(), "braid.interface", "no other custom section is wanted");
            return serde_json::from_slice(section.data()).unwrap();
        }
    }
    panic!("there is no section braid.interface")
}

fn solidity(name: &str) -> JsonAbi {
    let mut letters = name.chars();
    let first = letters.next().unwrap().to_ascii_uppercase();
    let file = format!("contracts/artifacts/solidity/{first}{}.json", letters.as_str());
    let artifact: serde_json::Value =
        serde_json::from_slice(&fs::read(root().join(file)).unwrap()).unwrap();
    for code in ["bytecode", "deployedBytecode"] {
        let digits = artifact[code].as_str().unwrap().strip_prefix("0x").unwrap();
        assert!(digits.len() > 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    }
    serde_json::from_value(artifact["abi"].clone()).unwrap()
}

fn function_line(function: &Function) -> String {
    let outputs: Vec<String> =
        function.outputs.iter().map(|output| output.selector_type().into_owned()).collect();
    format!(
        "{} {} -> ({}) {:?}",
        function.selector(),
        function.signature(),
        outputs.join(","),
        function.state_mutability
    )
}

/// What a caller can notice of an interface; the names of parameters are not among it.
fn summary(interface: &JsonAbi) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    let functions = interface.functions().filter(|it| !SOLIDITY_ONLY.contains(&it.name.as_str()));
    lines.extend(functions.map(function_line));
    for event in interface.events() {
        let indexed: Vec<bool> = event.inputs.iter().map(|input| input.indexed).collect();
        lines.insert(format!("event {} {indexed:?}", event.signature()));
    }
    lines.extend(interface.errors().map(|error| format!("error {}", error.signature())));
    if let Some(constructor) = &interface.constructor {
        let types: Vec<String> =
            constructor.inputs.iter().map(|input| input.selector_type().into_owned()).collect();
        lines.insert(format!("constructor({})", types.join(",")));
    }
    if interface.receive.is_some() {
        lines.insert("receive".to_owned());
    }
    lines
}

/// The names in the table of imports of the documentation.
fn documented_imports() -> BTreeSet<String> {
    let page = fs::read_to_string(root().join("docs/src/wasm-host-interface.md")).unwrap();
    let (_, table) = page.split_once("## Imports").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once('(')).map(|(name, _)| name.to_owned()).collect()
}

fn check_module(label: &str, code: &[u8], imports: &BTreeSet<String>) {
    assert!(code.len() <= ARTIFACT_BYTES_MAX, "{label} has {} bytes", code.len());
    // The feature FLOATS is not among them: a float anywhere makes the module invalid.
    let features = WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::GC_TYPES;
    Validator::new_with_features(features)
        .validate_all(code)
        .unwrap_or_else(|error| panic!("{label}: {error}"));
    let mut exports = BTreeSet::new();
    for payload in Parser::new(0).parse_all(code) {
        match payload.unwrap() {
            Payload::StartSection { .. } => panic!("{label} has a start section"),
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.unwrap();
                    assert_eq!(import.module, "braid1", "{label}");
                    assert!(imports.contains(import.name), "{label}: {}", import.name);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.unwrap();
                    exports.insert((export.name.to_owned(), export.kind == ExternalKind::Func));
                }
            }
            _ => {}
        }
    }
    assert!(exports.contains(&("call".to_owned(), true)), "{label} exports no call");
    assert!(exports.contains(&("memory".to_owned(), false)), "{label} exports no memory");
    let has_constructor = section(code).constructor.is_some();
    assert_eq!(exports.contains(&("deploy".to_owned(), true)), has_constructor, "{label}");
}

#[test]
fn modules_keep_to_the_allowed_features_and_imports() {
    let imports = documented_imports();
    assert!(imports.len() > 40, "the table of imports was not found");
    for (language, names) in WASM {
        for name in names {
            check_module(&format!("{language}/{name}"), &wasm(language, name), &imports);
        }
    }
    for language in VERSIONED {
        let code = wasm(language, "versioned");
        check_module(&format!("{language}/versioned"), &code, &imports);
        assert_eq!(summary(&section(&code)), summary(&section(&wasm("c", "versioned"))));
    }
}

#[test]
fn interfaces_agree_across_languages() {
    for (language, names) in WASM {
        for name in names {
            let expected = summary(&solidity(name));
            assert!(expected.len() > 3, "{name} has hardly any interface");
            assert_eq!(summary(&section(&wasm(language, name))), expected, "{language}/{name}");
        }
    }
}

#[test]
fn the_token_has_the_selectors_of_erc20() {
    let token = section(&wasm("rust", "token"));
    let selector = |name: &str| token.functions[name][0].selector().to_string();
    for (name, expected) in [
        ("transfer", "0xa9059cbb"),
        ("balanceOf", "0x70a08231"),
        ("transferFrom", "0x23b872dd"),
        ("approve", "0x095ea7b3"),
        ("allowance", "0xdd62ed3e"),
    ] {
        assert_eq!(selector(name), expected, "{name}");
    }
}
