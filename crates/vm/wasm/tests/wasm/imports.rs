//! Each import does what the page of the host interface says, on both engines.

use std::collections::BTreeSet;
use std::sync::Arc;

use braid_vm_wasm::IMPORTS;
use primitives::{Address, B256, BlockNumber, Bytes, CodeHash, Gas, U256, VmKind, Wei, keccak256};
use vm::testkit::{MemoryHost, Run};
use vm::{BlockEnvironment, Environment, HaltReason, Outcome, Status, TransactionEnvironment, Vm};

use crate::{READ_INPUT, contract, finish, halt, invoke, on_both};

const FRIEND: Address = Address::new([0xf1; 32]);
const SILENT: Address = Address::new([0x51; 32]);

struct Case {
    import: &'static str,
    body: String,
    input: Vec<u8>,
    expected: Vec<u8>,
}

fn case(
    import: &'static str,
    body: String,
    input: impl Into<Vec<u8>>,
    expected: impl Into<Vec<u8>>,
) -> Case {
    Case { import, body, input: input.into(), expected: expected.into() }
}

fn host() -> MemoryHost {
    let mut host = MemoryHost::default();
    host.environment = Environment {
        block: BlockEnvironment {
            chain_id: 7,
            number: BlockNumber(300),
            timestamp_s: 1_700_000_000,
            beneficiary: Address::new([1; 32]),
            gas_limit: Gas(30_000_001),
            base_fee: Wei::from_u64(5),
            prevrandao: B256::repeat_byte(2),
            excess_blob_gas: 0,
        },
        transaction: TransactionEnvironment {
            origin: Address::new([3; 32]),
            cosigners: Vec::new(),
            gas_price: Wei::from_u64(6),
            hash: B256::repeat_byte(4),
        },
    };
    host.state.balances.insert(MemoryHost::CONTRACT, Wei::from_u64(1_000));
    host.state.codes.insert(FRIEND, (VmKind::Move, CodeHash(B256::repeat_byte(9))));
    for key in ["a1", "a2", "a3", "b1"] {
        let record = (MemoryHost::CONTRACT, key.as_bytes().to_vec());
        host.state.records.insert(record, Bytes::copy_from_slice(&key.as_bytes()[1..]));
    }
    let counter = (MemoryHost::CONTRACT, b"7".to_vec());
    host.state.counters.insert(counter, U256::from(10));
    host.scripts.insert(
        FRIEND,
        Arc::new(|frame, _| {
            let mut output = frame.input.to_vec();
            output.push(u8::from(frame.is_static));
            output.extend_from_slice(&frame.value.0.to_be_bytes::<32>()[31..]);
            Outcome::success(output.into(), frame.gas_limit, 0)
        }),
    );
    host
}

fn word(number: u64) -> Vec<u8> {
    U256::from(number).to_be_bytes::<32>().to_vec()
}

/// The result of an import that returns `i32`, as the four bytes that come out.
fn number(import: &'static str, arguments: &[&str], expected: i32) -> Case {
    let body = format!(
        "{READ_INPUT} (i32.store (i32.const 1000) {}) {}",
        invoke(import, arguments),
        finish(1000, 4)
    );
    case(import, body, Vec::new(), expected.to_le_bytes())
}

fn long_number(import: &'static str, expected: u64) -> Case {
    let store = format!("(i64.store (i32.const 1000) {})", invoke(import, &[]));
    case(import, format!("{store} {}", finish(1000, 8)), Vec::new(), expected.to_le_bytes())
}

/// An import that writes 32 bytes to its last parameter.
fn written(import: &'static str, arguments: &[&str], expected: impl Into<Vec<u8>>) -> Case {
    let body = format!("{} {}", invoke(import, arguments), finish(1000, 32));
    case(import, body, Vec::new(), expected)
}

fn data_cases() -> Vec<Case> {
    let part = format!("{} {}", invoke("input_read", &["0", "1", "3"]), finish(0, 3));
    let buffer = format!(
        "(i32.store16 (i32.const 0) (i32.const 0x3162)) (drop {}) {} {}",
        invoke("storage_get", &["0", "2"]),
        invoke("buffer_read", &["10", "0", "1"]),
        finish(10, 1)
    );
    let bytes = format!(
        "(i32.store16 (i32.const 0) (i32.const 0x3162)) (drop {}) (i32.store (i32.const 10) {}) {}",
        invoke("storage_get", &["0", "2"]),
        invoke("buffer_bytes", &[]),
        finish(10, 4)
    );
    let output = format!("{READ_INPUT} {} (i32.const 0)", invoke("output_write", &["1", "2"]));
    let debug = format!("{READ_INPUT} {} (i32.const 0)", invoke("debug", &["0", "4"]));
    vec![
        case("input_read", part, "hello", "ell"),
        case("buffer_read", buffer, "", "1"),
        case("buffer_bytes", bytes, "", 1i32.to_le_bytes()),
        case("output_write", output, "abcd", "bc"),
        case("finish", format!("{READ_INPUT} {}", finish(0, 2)), "xyz", "xy"),
        case("debug", debug, "line", ""),
    ]
}

fn storage_cases() -> Vec<Case> {
    let put = format!(
        "{READ_INPUT} {} (drop {}) {} {}",
        invoke("storage_put", &["0", "1", "1", "4"]),
        invoke("storage_get", &["0", "1"]),
        invoke("buffer_read", &["100", "0", "4"]),
        finish(100, 4)
    );
    let delete = format!(
        "{READ_INPUT} (i32.store (i32.const 100) {0}) (i32.store (i32.const 104) {0}) {1}",
        invoke("storage_delete", &["0", "2"]),
        finish(100, 8)
    );
    let deleted = [1i32.to_le_bytes(), 0i32.to_le_bytes()].concat();
    // A prefix of one byte, only keys above "a1", at most two.
    let scan = |after_bytes: &str, limit: &str| {
        format!(
            "{READ_INPUT} (i32.store (i32.const 100) {}) {} (call $finish (i32.const 100) \
             (i32.add (call $buffer_bytes) (i32.const 4))) (unreachable)",
            invoke("storage_scan", &["0", "1", "1", after_bytes, limit]),
            invoke("buffer_read", &["104", "0", "(call $buffer_bytes)"]),
        )
    };
    let records = |keys: &[&str]| {
        let mut packed = (keys.len() as i32).to_le_bytes().to_vec();
        for key in keys {
            packed.extend_from_slice(&2i32.to_le_bytes());
            packed.extend_from_slice(key.as_bytes());
            packed.extend_from_slice(&1i32.to_le_bytes());
            packed.extend_from_slice(&key.as_bytes()[1..]);
        }
        packed
    };
    let transient = format!(
        "{READ_INPUT} {} {} {}",
        invoke("transient_put", &["0", "32"]),
        invoke("transient_get", &["0", "1000"]),
        finish(1000, 32)
    );
    let words: Vec<u8> = (0..64).collect();
    let emit = format!("{READ_INPUT} {} (i32.const 0)", invoke("emit", &["0", "2", "0", "3"]));
    vec![
        case("storage_put", put, "kdata", "data"),
        case("storage_get", number("storage_get", &["0", "2"], 1).body, "b1", 1i32.to_le_bytes()),
        case(
            "storage_get",
            number("storage_get", &["0", "2"], -1).body,
            "zz",
            (-1i32).to_le_bytes(),
        ),
        case("storage_delete", delete, "a1", deleted),
        case("storage_scan", scan("-1", "2"), "aa1", records(&["a1", "a2"])),
        case("storage_scan", scan("2", "9"), "aa1", records(&["a2", "a3"])),
        case("storage_scan", scan("2", "0"), "aa1", records(&[])),
        case("transient_put", transient.clone(), words.clone(), &words[32..]),
        case("transient_get", transient, words.clone(), &words[32..]),
        case("emit", emit, words, ""),
    ]
}

/// The counter `7` is ten in every host.
fn counter_cases() -> Vec<Case> {
    let change = |import| {
        format!(
            "{READ_INPUT} (i32.store (i32.const 1000) {}) {} {}",
            invoke(import, &["0", "1", "1"]),
            invoke("counter_get", &["0", "1", "1004"]),
            finish(1000, 36)
        )
    };
    let input =
        |key: &str, amount: U256| [key.as_bytes(), amount.to_be_bytes::<32>().as_slice()].concat();
    let result = |is_done: bool, number: U256| {
        let status = i32::from(is_done).to_le_bytes();
        [status.as_slice(), &number.to_be_bytes::<32>()].concat()
    };
    let read =
        format!("{READ_INPUT} {} {}", invoke("counter_get", &["0", "1", "1000"]), finish(1000, 32));
    let (small, ten) = (U256::from(3), U256::from(10));
    let (add, sub) = (change("counter_add"), change("counter_sub"));
    vec![
        case("counter_get", read.clone(), "7", word(10)),
        case("counter_get", read, "8", word(0)),
        case("counter_add", add.clone(), input("7", small), result(true, U256::from(13))),
        case("counter_add", add.clone(), input("8", small), result(true, small)),
        case("counter_add", add.clone(), input("8", U256::MAX), result(true, U256::MAX)),
        case("counter_add", add, input("7", U256::MAX), result(false, ten)),
        case("counter_sub", sub.clone(), input("7", ten), result(true, U256::ZERO)),
        case("counter_sub", sub.clone(), input("7", U256::from(11)), result(false, ten)),
        case("counter_sub", sub, input("8", U256::ZERO), result(true, U256::ZERO)),
    ]
}

fn object_cases() -> Vec<Case> {
    let create = invoke("object_create", &["0", "500", "600"]);
    let after_create = |import: &'static str, arguments: &[&str], expected: i32| {
        let store = format!("(i32.store (i32.const 1000) {})", invoke(import, arguments));
        let body = format!("(drop {create}) {store} {}", finish(1000, 4));
        case(import, body, Vec::new(), expected.to_le_bytes())
    };
    // The type lies in the value, and its text is the name of the field too.
    let value = [b"\0\x06uint64".as_slice(), &word(9)].concat();
    let round = format!(
        "{READ_INPUT} (drop {create}) (i32.store (i32.const 1000) {}) {} {} {}",
        invoke("object_set_field", &["600", "2", "6", "0", "40"]),
        format_args!("(drop {})", invoke("object_field", &["600", "2", "6"])),
        invoke("buffer_read", &["1004", "0", "40"]),
        finish(1000, 44)
    );
    let expected = [0i32.to_le_bytes().as_slice(), &value].concat();
    let list = format!(
        "(drop {create}) (i32.store (i32.const 1000) {}) {}",
        invoke("object_list", &["0", "500", "0", "-1", "10"]),
        finish(1000, 4)
    );
    vec![
        number("object_create", &["0", "500", "600"], 0),
        number("object_create", &["1", "500", "600"], 5),
        after_create("object_get", &["600", "700"], 0),
        number("object_get", &["600", "700"], -1),
        case("object_set_field", round, value, expected),
        number("object_set_field", &["600", "0", "1", "0", "0"], 4),
        number("object_field", &["600", "0", "1"], -1),
        after_create("object_remove_field", &["600", "0", "1"], 0),
        number("object_remove_field", &["600", "0", "0"], 3),
        after_create("object_set_owner", &["600", "0", "600"], 0),
        after_create("object_set_owner", &["600", "1", "600"], 5),
        number("object_set_owner", &["600", "0", "600"], 1),
        after_create("object_delete", &["600"], 0),
        number("object_delete", &["600"], 1),
        case("object_list", list, Vec::new(), 1i32.to_le_bytes()),
        number("object_list", &["0", "500", "0", "32", "10"], 0),
    ]
}

fn environment_cases() -> Vec<Case> {
    let at = &["1000"];
    vec![
        written("caller", at, *MemoryHost::CALLER.as_bytes()),
        written("origin", at, [3; 32]),
        written("contract", at, *MemoryHost::CONTRACT.as_bytes()),
        written("value", at, word(77)),
        written("block_beneficiary", at, [1; 32]),
        written("block_base_fee", at, word(5)),
        written("block_prevrandao", at, [2; 32]),
        written("gas_price", at, word(6)),
        written("transaction_hash", at, [4; 32]),
        written("block_hash", &["299", "1000"], keccak256(299u64.to_be_bytes()).0),
        written("block_hash", &["300", "1000"], [0; 32]),
        written("block_hash", &["-1", "1000"], [0; 32]),
        long_number("block_number", 300),
        long_number("block_timestamp", 1_700_000_000),
        long_number("block_gas_limit", 30_000_001),
        long_number("chain_id", 7),
        number("is_static", &[], 0),
    ]
}

fn account_cases() -> Vec<Case> {
    let contract_at_0 = invoke("contract", &["0"]);
    let balance =
        format!("{contract_at_0} {} {}", invoke("balance", &["0", "1000"]), finish(1000, 32));
    let hash = format!(
        "{READ_INPUT} (i32.store (i32.const 996) {}) {}",
        invoke("code_hash", &["0", "1000"]),
        finish(996, 36)
    );
    let found = [i32::from(VmKind::Move.code()).to_le_bytes().as_slice(), &[9; 32]].concat();
    let missing = [(-1i32).to_le_bytes().as_slice(), &[0; 32]].concat();
    let transfer = number("transfer", &["0", "32"], 1).body;
    let input = |address: Address, amount| [address.as_bytes().as_slice(), &word(amount)].concat();
    vec![
        case("balance", balance, "", word(1_000)),
        case("code_hash", hash.clone(), *FRIEND.as_bytes(), found),
        case("code_hash", hash, *SILENT.as_bytes(), missing),
        case("transfer", transfer.clone(), input(SILENT, 1_000), 1i32.to_le_bytes()),
        case("transfer", transfer, input(SILENT, 1_001), 0i32.to_le_bytes()),
    ]
}

fn call_cases() -> Vec<Case> {
    let call = |flags: &str| {
        format!(
            "{READ_INPUT} (i32.store (i32.const 1000) {}) {} {}",
            invoke("call", &["0", "32", "64", "2", "-1", flags]),
            invoke("buffer_read", &["1004", "0", "4"]),
            finish(1000, 8)
        )
    };
    let input = |value| [FRIEND.as_bytes().as_slice(), &word(value), b"hi"].concat();
    let deploy = |kind: &str, salt: &str| {
        format!(
            "{READ_INPUT} (i32.store (i32.const 1000) {}) {}",
            invoke("deploy", &[kind, "0", "4", "4", "1", "32", salt, "-1", "1004"]),
            finish(1000, 36)
        )
    };
    let code = [b"codeX".as_slice(), &[0; 59]].concat();
    let made = |address: &[u8]| [0i32.to_le_bytes().as_slice(), address].concat();
    let derived = |suffix: &[u8]| {
        let preimage = [MemoryHost::CONTRACT.as_bytes().as_slice(), suffix].concat();
        [[0; 12].as_slice(), &keccak256(preimage)[12..]].concat()
    };
    let salted = [[0; 32].as_slice(), keccak256("code").as_slice()].concat();
    vec![
        case("call", call("0"), input(9), [0, 0, 0, 0, b'h', b'i', 0, 9]),
        case("call", call("1"), input(0), [0, 0, 0, 0, b'h', b'i', 1, 0]),
        case("deploy", deploy("1", "0"), code.clone(), made(&derived(&1u64.to_be_bytes()))),
        case("deploy", deploy("8", "32"), code, made(&derived(&salted))),
    ]
}

fn crypto_cases() -> Vec<Case> {
    let hash = |import, bytes| {
        format!("{READ_INPUT} {} {}", invoke(import, &["0", "3", "1000"]), finish(1000, bytes))
    };
    let digest = |hex: &str| {
        let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(digits).collect::<Vec<u8>>()
    };
    vec![
        case("keccak256", hash("keccak256", 32), "abc", keccak256("abc").0),
        case("sha256", hash("sha256", 4), "abc", digest("ba7816bf")),
        case(
            "ripemd160",
            hash("ripemd160", 20),
            "abc",
            digest("8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
        ),
        case("blake3", hash("blake3", 4), "abc", digest("6437b3ac")),
        number("secp256k1_recover", &["0", "32", "0", "1000"], 0),
        number("secp256r1_verify", &["0", "32", "96"], 0),
        number("ed25519_verify", &["0", "32", "96", "5"], 0),
    ]
}

/// Imports that tests of their own cover.
const ELSEWHERE: &[&str] = &["revert", "gas_left"];

#[test]
fn each_import_does_what_its_page_says() {
    let mut cases = data_cases();
    cases.extend(storage_cases());
    cases.extend(counter_cases());
    cases.extend(environment_cases());
    cases.extend(account_cases());
    cases.extend(call_cases());
    cases.extend(crypto_cases());
    cases.extend(object_cases());
    for case in &cases {
        let code = contract(&case.body);
        let run = Run { value: Wei::from_u64(77), ..Run::call(&code, &case.input) };
        let (outcome, _) = on_both(&host(), &run);
        assert_eq!(outcome.status, Status::Success, "{}: {}", case.import, case.body);
        assert_eq!(outcome.output.as_ref(), case.expected, "{}: {}", case.import, case.body);
    }
    let covered: BTreeSet<&str> =
        cases.iter().map(|case| case.import).chain(ELSEWHERE.iter().copied()).collect();
    let offered: BTreeSet<&str> = IMPORTS.iter().map(|import| import.name).collect();
    assert_eq!(covered, offered, "every import is covered, and nothing else");
}

#[test]
fn effects_reach_the_host() {
    let emit = format!("{READ_INPUT} {} (i32.const 0)", invoke("emit", &["0", "2", "0", "3"]));
    let words: Vec<u8> = (0..64).collect();
    let (_, host) = on_both(&host(), &Run::call(&contract(&emit), &words));
    let event = host.state.events.last().expect("an event");
    assert_eq!(event.address, MemoryHost::CONTRACT);
    assert_eq!(event.topics, [B256::from_slice(&words[..32]), B256::from_slice(&words[32..])]);
    assert_eq!(event.data.as_ref(), [0, 1, 2]);

    let debug = format!("{READ_INPUT} {} (i32.const 0)", invoke("debug", &["0", "4"]));
    let (_, host) = on_both(&host, &Run::call(&contract(&debug), b"l\xffne"));
    assert_eq!(host.debug, ["l\u{fffd}ne"]);
}

#[test]
fn a_static_call_reads_counters_and_changes_none() {
    for import in ["counter_add", "counter_sub"] {
        let change = format!("(drop {}) (i32.const 0)", invoke(import, &["0", "1", "32"]));
        let code = contract(&change);
        let (outcome, _) = on_both(&host(), &Run { is_static: true, ..Run::call(&code, b"") });
        assert_eq!(halt(&outcome), HaltReason::StaticViolation, "{import}");
    }
    let code = contract(&format!("{} (i32.const 0)", invoke("counter_get", &["0", "1", "32"])));
    let (outcome, _) = on_both(&host(), &Run { is_static: true, ..Run::call(&code, b"") });
    assert_eq!(outcome.status, Status::Success);
}

#[test]
fn a_counter_is_no_record() {
    let body = format!(
        "{READ_INPUT} (drop {}) (i32.store (i32.const 1000) {}) {}",
        invoke("counter_add", &["0", "1", "1"]),
        invoke("storage_get", &["0", "1"]),
        finish(1000, 4)
    );
    let input = [b"n".as_slice(), &word(5)].concat();
    let (outcome, host) = on_both(&host(), &Run::call(&contract(&body), &input));
    assert_eq!(outcome.output.as_ref(), (-1i32).to_le_bytes());
    assert_eq!(host.state.counters[&(MemoryHost::CONTRACT, b"n".to_vec())], U256::from(5));
}

#[test]
fn a_signature_of_each_kind_is_checked() {
    // RFC 8032, section 7.1, test 1: the empty message.
    let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let signature = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555\
                     fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
    let input = [bytes_of(key), bytes_of(signature)].concat();
    let body = format!(
        "{READ_INPUT} (i32.store (i32.const 1000) {}) {}",
        invoke("ed25519_verify", &["0", "32", "96", "0"]),
        finish(1000, 4)
    );
    let (outcome, _) = on_both(&host(), &Run::call(&contract(&body), &input));
    assert_eq!(outcome.output.as_ref(), 1i32.to_le_bytes());

    // The first test of the precompile `ecrecover` in the execution specifications.
    let hash = "18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c";
    let r = "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f";
    let s = "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549";
    let signer = "a94f5374fce5edbc8e2a8697c15331677e6ebf0b";
    let input = [bytes_of(hash), bytes_of(r), bytes_of(s)].concat();
    let body = format!(
        "{READ_INPUT} (drop {}) {}",
        invoke("secp256k1_recover", &["0", "32", "1", "1000"]),
        finish(1012, 20)
    );
    let (outcome, _) = on_both(&host(), &Run::call(&contract(&body), &input));
    assert_eq!(outcome.output.as_ref(), bytes_of(signer));
}

fn bytes_of(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn revert_ends_the_frame_with_its_data() {
    let body = format!("{READ_INPUT} {} (unreachable)", invoke("revert", &["0", "3"]));
    let (outcome, _) = on_both(&host(), &Run::call(&contract(&body), b"why"));
    assert_eq!(outcome.status, Status::Revert);
    assert_eq!(outcome.output.as_ref(), b"why");
    assert!(outcome.gas_left > Gas(9_900_000));
}

#[test]
fn the_gas_that_is_left_is_told_exactly() {
    let body = format!(
        "(i64.store (i32.const 0) {}) (call $output_write (i32.const 0) (i32.const 8)) \
         (i32.const 0)",
        invoke("gas_left", &[])
    );
    let (outcome, _) = on_both(&host(), &Run::call(&contract(&body), b""));
    let told = u64::from_le_bytes(outcome.output.as_ref().try_into().unwrap());
    assert!(told > outcome.gas_left.0 && told - outcome.gas_left.0 < 20, "{told}");
}

#[test]
fn bad_arguments_halt_with_a_reason() {
    let cases = [
        (invoke("call", &["0", "32", "64", "0", "-1", "2"]), "flags 2 of a call"),
        (invoke("deploy", &["9", "0", "0", "0", "0", "0", "0", "-1", "0"]), "9 is the number of"),
        (invoke("deploy", &["257", "0", "0", "0", "0", "0", "0", "-1", "0"]), "257 is the number"),
    ];
    for (call, text) in cases {
        let (outcome, _) = on_both(&host(), &Run::call(&contract(&call), b""));
        let HaltReason::BadArgument(reason) = halt(&outcome) else { panic!("{outcome:?}") };
        assert!(reason.starts_with(text), "{reason}");
    }
}

#[test]
fn arguments_beyond_a_limit_halt() {
    for (call, what) in [
        (invoke("emit", &["0", "5", "0", "0"]), "topics of an event"),
        (invoke("storage_get", &["0", "1025"]) + "(drop)", "bytes of a key"),
        (invoke("counter_get", &["0", "1025", "0"]), "bytes of a key"),
        (invoke("counter_add", &["0", "1025", "0"]) + "(drop)", "bytes of a key"),
        (invoke("output_write", &["0", "1048577"]), "bytes of output"),
    ] {
        let code = contract(&format!("{call} (i32.const 0)"));
        let (outcome, _) = on_both(&host(), &Run::call(&code, b""));
        assert!(
            matches!(halt(&outcome), HaltReason::Limit { what: found, .. } if found == what),
            "{outcome:?}"
        );
    }
}

#[test]
fn the_interface_comes_from_its_section() {
    let with = |json: &str| {
        let section = format!(
            r#"(@custom "braid.interface" "{}")"#,
            json.replace('\n', "").replace('"', "\\\"")
        );
        crate::module(&format!(
            r#"(memory (export "memory") 1) {section}
            (func (export "deploy") (param i32) (result i32) (i32.const 0))
            (func (export "call") (param i32) (result i32) (i32.const 0))"#
        ))
    };
    let (_, vm) = &crate::engines()[0];
    let json = r#"[{"type":"function","name":"total","inputs":[],
        "outputs":[{"type":"uint256"}],"stateMutability":"view"}]"#;
    let report = vm.validate(&with(json)).expect("a module with an interface");
    let interface = report.interface.expect("an interface");
    assert!(interface.to_json().contains("total"));
    assert!(report.has_constructor);
    assert!(report.imports.contains(&"braid1.storage_get".to_owned()));
    assert_eq!(report.exports, ["memory", "deploy", "call"]);
    let error = vm.validate(&with("{")).expect_err("half an interface");
    assert!(error.to_string().contains("braid.interface"), "{error}");
}
