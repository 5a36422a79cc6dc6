//! Modules of Stylus: each import, storage that waits, re-entrance, the constructor.

use std::collections::BTreeSet;
use std::sync::Arc;

use braid_vm_wasm::{Personality, STYLUS_IMPORTS, ValueType};
use primitives::{
    Address, B256, BlockNumber, Bytes, CodeHash, EvmAddress, Gas, U256, VmKind, Wei, keccak256,
};
use vm::testkit::{MemoryHost, Run};
use vm::{
    BlockEnvironment, CodeError, Entry, Environment, HaltReason, Outcome, Status,
    TransactionEnvironment, Vm,
};

use crate::{engines, halt, on_both};

/// A module that imports all of `vm_hooks` and whose entry runs `body`.
fn contract(body: &str) -> Vec<u8> {
    let kind = |value| match value {
        ValueType::I64 => "i64",
        _ => "i32",
    };
    let imports = STYLUS_IMPORTS.iter().map(|import| {
        let parameters: Vec<_> = import.parameters.iter().map(|one| kind(*one)).collect();
        let result = import.result.map(|one| format!("(result {})", kind(one)));
        format!(
            r#"(import "vm_hooks" "{0}" (func ${0} (param {1}) {2}))"#,
            import.name,
            parameters.join(" "),
            result.unwrap_or_default()
        )
    });
    let text = format!(
        r#"(module {} (memory (export "memory") 1) (func (export "call"))
        (func (export "user_entrypoint") (param $n i32) (result i32) {body}))"#,
        imports.collect::<String>()
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The call of an import with these numbers.
fn invoke(name: &str, arguments: &[i64]) -> String {
    let import = STYLUS_IMPORTS.iter().find(|import| import.name == name).expect("an import");
    assert_eq!(import.parameters.len(), arguments.len(), "arguments of {name}");
    let typed = import.parameters.iter().zip(arguments).map(|(kind, argument)| match kind {
        ValueType::I64 => format!(" (i64.const {argument})"),
        _ => format!(" (i32.const {argument})"),
    });
    format!("(call ${name}{})", typed.collect::<String>())
}

const READ: &str = "(call $read_args (i32.const 0))";

/// Ends well with these bytes of memory.
fn end(from: u32, bytes: u32) -> String {
    format!("(call $write_result (i32.const {from}) (i32.const {bytes})) (i32.const 0)")
}

struct Case {
    import: &'static str,
    body: String,
    input: Vec<u8>,
    expected: Vec<u8>,
}

/// An import that writes `expected` to its last pointer, 1000.
fn written(import: &'static str, arguments: &[i64], expected: impl Into<Vec<u8>>) -> Case {
    let expected = expected.into();
    let body = format!("{READ}{}{}", invoke(import, arguments), end(1000, expected.len() as u32));
    Case { import, body, input: input(), expected }
}

/// An import that returns `expected`.
fn returned(import: &'static str, arguments: &[i64], expected: i64) -> Case {
    let kind = STYLUS_IMPORTS.iter().find(|one| one.name == import).and_then(|one| one.result);
    let (store, bytes) = match kind {
        Some(ValueType::I64) => ("i64.store", 8),
        _ => ("i32.store", 4),
    };
    let call = invoke(import, arguments);
    let body = format!("{READ}({store} (i32.const 1000) {call}){}", end(1000, bytes));
    Case { import, body, input: input(), expected: expected.to_le_bytes()[..bytes as usize].into() }
}

/// A call of something that leaves four bytes of length at 1000, behind its status at 996, and
/// its output behind them.
fn called(import: &'static str, call: &str, output: &[u8], status: i32) -> Case {
    let bytes = output.len() as u32;
    let body = format!(
        "{READ}(i32.store (i32.const 996) {call})
        (drop {}) {}",
        invoke("read_return_data", &[1004, 0, bytes.into()]),
        end(996, 8 + bytes)
    );
    let expected = [&status.to_le_bytes(), &bytes.to_le_bytes(), output].concat();
    Case { import, body, input: input(), expected }
}

const FRIEND: EvmAddress = EvmAddress::repeat_byte(0xf1);

/// At 0 the number 1,000, at 32 the number 7, at 64 the number 9, at 96 a friend.
fn input() -> Vec<u8> {
    [word(1_000).as_slice(), &word(7), &word(9), FRIEND.as_slice()].concat()
}

fn word(number: u64) -> [u8; 32] {
    U256::from(number).to_be_bytes()
}

fn alias(address: &Address) -> Vec<u8> {
    address.evm_alias().to_vec()
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
            ..BlockEnvironment::default()
        },
        transaction: TransactionEnvironment {
            origin: Address::new([3; 32]),
            cosigners: Vec::new(),
            gas_price: Wei::from_u64(6),
            hash: B256::repeat_byte(4),
        },
    };
    let friend = Address::from_evm(FRIEND);
    host.state.balances.insert(MemoryHost::CONTRACT, Wei::from_u64(10_000));
    host.state.balances.insert(friend, Wei::from_u64(12));
    host.state.codes.insert(friend, (VmKind::Move, CodeHash(B256::repeat_byte(9))));
    let answer = |frame: &vm::Frame<'_>, _: &mut MemoryHost| {
        let output =
            [frame.input, &[u8::from(frame.is_static)], &frame.value.0.to_be_bytes::<32>()];
        Outcome::success(output.concat().into(), frame.gas_limit, 0)
    };
    host.scripts.insert(friend, Arc::new(answer));
    host
}

fn environment_cases() -> Vec<Case> {
    vec![
        written("msg_sender", &[1000], alias(&MemoryHost::CALLER)),
        written("tx_origin", &[1000], alias(&Address::new([3; 32]))),
        written("contract_address", &[1000], alias(&MemoryHost::CONTRACT)),
        written("block_coinbase", &[1000], alias(&Address::new([1; 32]))),
        written("block_basefee", &[1000], word(5)),
        written("tx_gas_price", &[1000], word(6)),
        written("msg_value", &[1000], word(77)),
        written("account_balance", &[96, 1000], word(12)),
        written("account_codehash", &[96, 1000], [9; 32]),
        written("account_codehash", &[0, 1000], keccak256([]).0),
        written("native_keccak256", &[0, 32, 1000], keccak256(word(1_000)).0),
        returned("block_number", &[], 300),
        returned("block_timestamp", &[], 1_700_000_000),
        returned("block_gas_limit", &[], 30_000_001),
        returned("chainid", &[], 7),
        returned("tx_ink_price", &[], 10_000),
        returned("msg_reentrant", &[], 0),
        returned("return_data_size", &[], 0),
        returned("read_return_data", &[1000, 0, 4], 0),
    ]
}

fn math_cases() -> Vec<Case> {
    let math = |import, arguments: &[i64], expected: u128| Case {
        body: format!("{READ}{}{}", invoke(import, arguments), end(0, 32)),
        ..written(import, arguments, U256::from(expected).to_be_bytes::<32>())
    };
    vec![
        math("math_div", &[0, 32], 142),
        math("math_div", &[0, 500], 0),
        math("math_mod", &[0, 32], 6),
        math("math_mod", &[0, 500], 0),
        math("math_add_mod", &[0, 32, 64], 8),
        math("math_mul_mod", &[0, 32, 64], 7),
        math("math_mul_mod", &[0, 32, 500], 0),
        math("math_pow", &[0, 32], 10u128.pow(21)),
        math("math_pow", &[0, 500], 1),
    ]
}

fn storage_cases() -> Vec<Case> {
    let kept =
        |set: &str, get: &str| format!("{} {}", invoke(set, &[0, 32]), invoke(get, &[0, 1000]));
    let case = |import, body: String, expected: u64| Case {
        body: format!("{READ}{body}{}", end(1000, 32)),
        ..written("storage_load_bytes32", &[0, 1000], word(expected)).named(import)
    };
    let flush = invoke("storage_flush_cache", &[0]);
    let load = invoke("storage_load_bytes32", &[0, 1000]);
    vec![
        case("storage_load_bytes32", load.clone(), 0),
        case("storage_cache_bytes32", kept("storage_cache_bytes32", "storage_load_bytes32"), 7),
        case(
            "storage_flush_cache",
            format!("{}{flush}{load}", invoke("storage_cache_bytes32", &[0, 64])),
            9,
        ),
        case("transient_load_bytes32", invoke("transient_load_bytes32", &[0, 1000]), 0),
        case(
            "transient_store_bytes32",
            kept("transient_store_bytes32", "transient_load_bytes32"),
            7,
        ),
    ]
}

impl Case {
    fn named(self, import: &'static str) -> Self {
        Self { import, ..self }
    }
}

fn call_cases() -> Vec<Case> {
    let friend_hears = |is_static: u8, value| [&word(7)[..], &[is_static], &word(value)].concat();
    let call = invoke("call_contract", &[96, 32, 32, 64, -1, 1000]);
    let plain = invoke("static_call_contract", &[96, 32, 32, -1, 1000]);
    let too_much = invoke("call_contract", &[96, 32, 32, 96, -1, 1000]);
    let delegate = invoke("delegate_call_contract", &[96, 32, 32, -1, 1000]);
    let refusal = abi::encode_error_string(
        "a Stylus contract cannot delegate: code of another contract has no meaning here",
    );
    let create = invoke("create1", &[0, 8, 500, 1100, 1000]);
    let create2 = invoke("create2", &[0, 8, 500, 32, 1100, 1000]);
    let made = |import, create: &str| Case {
        body: format!(
            "{READ}{create}
            (i32.store (i32.const 2000) (i64.ne (i64.load (i32.const 1104)) (i64.const 0)))
            {}",
            end(2000, 4)
        ),
        ..returned("msg_reentrant", &[], 1).named(import)
    };
    vec![
        called("call_contract", &call, &friend_hears(0, 9), 0),
        called("static_call_contract", &plain, &friend_hears(1, 0), 0),
        called("call_contract", &too_much, &[], 1),
        called("delegate_call_contract", &delegate, &refusal, 1),
        made("create1", &create),
        made("create2", &create2),
    ]
}

/// Imports that tests of their own cover, or that every case uses.
const ELSEWHERE: &[&str] = &[
    "read_args",
    "write_result",
    "emit_log",
    "evm_gas_left",
    "evm_ink_left",
    "exit_early",
    "pay_for_memory_grow",
];

#[test]
fn each_import_does_what_the_sdk_says() {
    let mut cases = environment_cases();
    cases.extend(math_cases());
    cases.extend(storage_cases());
    cases.extend(call_cases());
    for case in &cases {
        let code = contract(&case.body);
        let run = Run { value: Wei::from_u64(77), ..Run::call(&code, &case.input) };
        let (outcome, _) = on_both(&host(), &run);
        assert_eq!(outcome.status, Status::Success, "{}: {}", case.import, case.body);
        assert_eq!(outcome.output.as_ref(), case.expected, "{}: {}", case.import, case.body);
    }
    let covered: BTreeSet<&str> =
        cases.iter().map(|case| case.import).chain(ELSEWHERE.iter().copied()).collect();
    let offered: BTreeSet<&str> = STYLUS_IMPORTS.iter().map(|import| import.name).collect();
    assert_eq!(covered, offered, "every import is covered, and nothing else");
}

#[test]
fn what_is_left_is_told_in_gas_and_in_ink() {
    let body = format!(
        "{} (i64.store (i32.const 0) (call $evm_gas_left))
        (i64.store (i32.const 8) (call $evm_ink_left)) {}",
        invoke("pay_for_memory_grow", &[0]),
        end(0, 16)
    );
    let (outcome, _) = on_both(&host(), &Run::call(&contract(&body), b""));
    let number = |at: usize| u64::from_le_bytes(outcome.output[at..at + 8].try_into().unwrap());
    let (gas, ink) = (number(0), number(8));
    assert!(gas > outcome.gas_left.0 && gas < 10_000_000, "{gas}");
    assert!(ink < gas * 10_000 && ink > (gas - 10) * 10_000, "{ink}");
}

#[test]
fn topics_come_first_in_a_log() {
    let body = format!("{READ}{} (i32.const 0)", invoke("emit_log", &[0, 67, 2]));
    let words: Vec<u8> = (0..67).collect();
    let (_, host) = on_both(&host(), &Run::call(&contract(&body), &words));
    let event = host.state.events.last().expect("an event");
    assert_eq!(event.topics, [B256::from_slice(&words[..32]), B256::from_slice(&words[32..64])]);
    assert_eq!(event.data.as_ref(), [64, 65, 66]);
    for arguments in [[0, 31, 1], [0, 64, -1], [65_500, 64, 1]] {
        let body = format!("{} (i32.const 0)", invoke("emit_log", &arguments));
        let (outcome, _) = on_both(&host, &Run::call(&contract(&body), b""));
        assert!(matches!(halt(&outcome), HaltReason::BadArgument(_)), "{arguments:?}");
    }
}

#[test]
fn a_status_ends_the_frame_at_once_or_at_the_end() {
    let write = "(call $write_result (i32.const 0) (i32.const 3))";
    for (status, expected) in [(0, Status::Success), (1, Status::Revert)] {
        for body in [
            format!("{write}(i32.const {status})"),
            format!("{write}{}(unreachable)", invoke("exit_early", &[status])),
        ] {
            let (outcome, _) = on_both(&host(), &Run::call(&contract(&body), b""));
            assert_eq!(outcome.status, expected, "{body}");
            assert_eq!(outcome.output.as_ref(), [0; 3]);
        }
    }
}

#[test]
fn words_that_are_not_flushed_are_lost_and_zero_is_no_record() {
    let set = invoke("storage_cache_bytes32", &[0, 32]);
    let clear = invoke("storage_cache_bytes32", &[0, 500]);
    let flush = invoke("storage_flush_cache", &[1]);
    let records = |body: &str| {
        let code = contract(&format!("{READ}{body}(i32.const 0)"));
        on_both(&host(), &Run::call(&code, &input())).1.state.records
    };
    assert!(records(&set).is_empty());
    let key = (MemoryHost::CONTRACT, word(1_000).to_vec());
    let kept = records(&format!("{set}{flush}"));
    assert_eq!(kept.get(&key), Some(&Bytes::copy_from_slice(&word(7))));
    assert!(records(&format!("{set}{flush}{clear}{flush}")).is_empty());
}

#[test]
fn a_static_call_may_flush_only_nothing() {
    let flush = invoke("storage_flush_cache", &[0]);
    let set = invoke("storage_cache_bytes32", &[0, 32]);
    let run = |body: &str| {
        let code = contract(&format!("{READ}{body}(i32.const 0)"));
        on_both(&host(), &Run { is_static: true, ..Run::call(&code, &input()) }).0
    };
    assert_eq!(run(&flush).status, Status::Success);
    assert_eq!(halt(&run(&format!("{set}{flush}"))), HaltReason::StaticViolation);
}

#[test]
fn a_contract_that_is_entered_again_knows_it() {
    let report = format!(
        "(if (call $msg_reentrant) (then (return (i32.const 1))))
        {READ} (i32.store (i32.const 996) {}) {}",
        invoke("call_contract", &[96, 32, 32, 500, -1, 1000]),
        end(996, 4)
    );
    let code = contract(&report);
    for (_, machine) in engines() {
        let mut host = host();
        let again = code.clone();
        let friend = move |frame: &vm::Frame<'_>, host: &mut MemoryHost| {
            // The friend calls back: the inner frame must see that it is the second one.
            let inner = host.run(machine, &Run::call(&again, &input()));
            assert_eq!(inner.status, Status::Revert);
            Outcome::revert(Bytes::new(), frame.gas_limit)
        };
        host.scripts.insert(Address::from_evm(FRIEND), Arc::new(friend));
        for _ in 0..2 {
            let outcome = host.run(machine, &Run::call(&code, &input()));
            assert_eq!(outcome.status, Status::Success);
            assert_eq!(outcome.output.as_ref(), 1i32.to_le_bytes(), "the friend reverts");
        }
    }
}

#[test]
fn arguments_run_the_constructor_with_its_selector() {
    let code = contract(&format!(
        "{READ} (call $write_result (i32.const 0) (local.get $n)) (i32.const 0)"
    ));
    let deploy = |input| Run { entry: Entry::Deploy, ..Run::call(&code, input) };
    let (outcome, _) = on_both(&host(), &deploy(&[1, 2, 3]));
    let selector = &keccak256("stylus_constructor()")[..4];
    assert_eq!(outcome.output.as_ref(), [selector, &[1, 2, 3]].concat());
    let (outcome, _) = on_both(&host(), &deploy(&[]));
    assert_eq!((outcome.status, outcome.output), (Status::Success, Bytes::new()));
}

#[test]
fn modules_keep_to_one_personality() {
    let machine = &engines()[0].1;
    let code = contract("(i32.const 0)");
    assert_eq!(Personality::of_code(&code), Personality::Stylus);
    assert_eq!(Personality::of_code(b"\0asm"), Personality::Braid);
    assert!(machine.validate(&code).is_ok_and(|report| report.has_constructor));
    let mixed = r#"(module (import "vm_hooks" "chainid" (func (result i64)))
        (import "braid1" "chain_id" (func (result i64)))
        (memory (export "memory") 1)
        (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;
    let error = machine.validate(&wat::parse_str(mixed).unwrap()).unwrap_err();
    assert!(matches!(error, CodeError::Import { ref name, .. } if name == "braid1.chain_id"));
    let entry = r#"(module (import "vm_hooks" "chainid" (func (result i64)))
        (memory (export "memory") 1)
        (func (export "call") (param i32) (result i32) (i32.const 0)))"#;
    let error = machine.validate(&wat::parse_str(entry).unwrap()).unwrap_err();
    assert!(matches!(error, CodeError::Export { ref name, .. } if name == "user_entrypoint"));
}

/// The example token over the public SDK, as `contracts/build.sh` made it.
#[test]
fn a_token_over_the_public_sdk_runs() {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../contracts/artifacts/stylus/token.wasm");
    let code = std::fs::read(path).expect("the artefact is there");
    let bob = abi::Value::from(Address::from_evm(FRIEND));
    let input = |signature: &str, arguments: &[abi::Value]| {
        abi::Method::parse(signature).unwrap().encode_call(arguments).unwrap()
    };
    // The arguments of the constructor are those of a method with the same parameters.
    let made = input("made(string,string,uint256)", &["Coin".into(), "C".into(), 1_000u64.into()]);
    let deploy = Run { entry: Entry::Deploy, ..Run::call(&code, &made[4..]) };
    let (outcome, host) = on_both(&host(), &deploy);
    assert_eq!(outcome.status, Status::Success, "{:?}", outcome.output);
    let again = [&keccak256("stylus_constructor()")[..4], &made[4..]].concat();
    let (outcome, _) = on_both(&host, &Run::call(&code, &again));
    assert_eq!(outcome.status, Status::Revert, "the constructor runs once");
    let transfer = |amount: u64| input("transfer(address,uint256)", &[bob.clone(), amount.into()]);
    let (outcome, host) = on_both(&host, &Run::call(&code, &transfer(400)));
    assert_eq!((outcome.status, outcome.output.as_ref()), (Status::Success, &word(1)[..]));
    assert_eq!(host.state.events.len(), 2, "the supply and the transfer");
    let balance = input("balanceOf(address)", std::slice::from_ref(&bob));
    let run = Run { is_static: true, ..Run::call(&code, &balance) };
    assert_eq!(on_both(&host, &run).0.output.as_ref(), word(400));
    let (outcome, host) = on_both(&host, &Run::call(&code, &transfer(601)));
    assert_eq!(outcome.status, Status::Revert);
    let selector = &keccak256("InsufficientBalance(address,uint256,uint256)")[..4];
    assert_eq!(&outcome.output[..4], selector);
    assert_eq!(on_both(&host, &run).0.output.as_ref(), word(400), "nothing has changed");
}
