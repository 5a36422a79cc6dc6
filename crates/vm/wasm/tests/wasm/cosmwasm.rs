//! Modules of CosmWasm: imports whose results are bytes or numbers, iterators, signatures, and what
//! must not be done. What contracts over the public library do is in the tests of crossings.

use braid_vm_wasm::Personality;
use primitives::Bytes;
use vm::testkit::{MemoryHost, Run};
use vm::{Entry, HaltReason, Outcome, Status, Vm};

use crate::{engines, halt, on_both};

/// Memory that a module begins with: bytes, and the regions that say where they are.
struct Data {
    bytes: Vec<u8>,
}

/// Where the data begins.
const START: usize = 1_024;

/// What an entry answers that asks for nothing.
const NOTHING: &str = r#"{"ok":{"messages":[],"attributes":[],"events":[],"data":null}}"#;

impl Data {
    fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// A region that holds these bytes; its address.
    fn put(&mut self, bytes: &[u8]) -> usize {
        self.with_room(bytes, bytes.len())
    }

    /// A region with room for so many, in which these are.
    fn with_room(&mut self, bytes: &[u8], room: usize) -> usize {
        let offset = START + self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.bytes.resize(self.bytes.len() + room - bytes.len(), 0);
        let pointer = START + self.bytes.len();
        for number in [offset, room, bytes.len()] {
            self.bytes.extend_from_slice(&(number as u32).to_le_bytes());
        }
        pointer
    }

    /// A module whose `instantiate` runs `body` and whose `allocate` runs `first` before it works.
    fn module(mut self, first: &str, body: &str) -> Vec<u8> {
        let answer = self.put(NOTHING.as_bytes());
        let data: String = self.bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        let text = format!(
            r#"(module
            (import "env" "db_read" (func $db_read (param i32) (result i32)))
            (import "env" "db_write" (func $db_write (param i32 i32)))
            (import "env" "db_remove" (func $db_remove (param i32)))
            (import "env" "db_scan" (func $db_scan (param i32 i32 i32) (result i32)))
            (import "env" "db_next" (func $db_next (param i32) (result i32)))
            (import "env" "db_next_key" (func $db_next_key (param i32) (result i32)))
            (import "env" "db_next_value" (func $db_next_value (param i32) (result i32)))
            (import "env" "secp256k1_verify"
                (func $secp256k1_verify (param i32 i32 i32) (result i32)))
            (import "env" "secp256k1_recover_pubkey"
                (func $secp256k1_recover_pubkey (param i32 i32 i32) (result i64)))
            (import "env" "secp256r1_verify"
                (func $secp256r1_verify (param i32 i32 i32) (result i32)))
            (import "env" "secp256r1_recover_pubkey"
                (func $secp256r1_recover_pubkey (param i32 i32 i32) (result i64)))
            (import "env" "ed25519_verify" (func $ed25519_verify (param i32 i32 i32) (result i32)))
            (import "env" "ed25519_batch_verify"
                (func $ed25519_batch_verify (param i32 i32 i32) (result i32)))
            (import "env" "bls12_381_hash_to_g1"
                (func $bls12_381_hash_to_g1 (param i32 i32 i32 i32) (result i32)))
            (import "env" "bls12_381_hash_to_g2"
                (func $bls12_381_hash_to_g2 (param i32 i32 i32 i32) (result i32)))
            (import "env" "bls12_381_aggregate_g1"
                (func $bls12_381_aggregate_g1 (param i32 i32) (result i32)))
            (import "env" "bls12_381_aggregate_g2"
                (func $bls12_381_aggregate_g2 (param i32 i32) (result i32)))
            (import "env" "bls12_381_pairing_equality"
                (func $bls12_381_pairing_equality (param i32 i32 i32 i32) (result i32)))
            (import "env" "debug" (func $debug (param i32)))
            (memory (export "memory") 2)
            (data (i32.const {START}) "{data}")
            (global $next (mut i32) (i32.const 65536))
            (func (export "interface_version_8"))
            (func (export "deallocate") (param i32))
            (func (export "allocate") (param $n i32) (result i32) (local $p i32)
                {first}
                (local.set $p (global.get $next))
                (i32.store (local.get $p) (i32.add (local.get $p) (i32.const 12)))
                (i32.store offset=4 (local.get $p) (local.get $n))
                (global.set $next
                    (i32.add (i32.add (local.get $p) (i32.const 12)) (local.get $n)))
                (local.get $p))
            (func (export "instantiate") (param i32 i32 i32) (result i32) (local $i i32)
                {body} (i32.const {answer})))"#
        );
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }
}

fn instantiate(code: &[u8]) -> (Outcome, MemoryHost) {
    on_both(&MemoryHost::default(), &Run { entry: Entry::Deploy, ..Run::call(code, b"") })
}

/// The lines that a module wrote.
fn lines(data: Data, body: &str) -> Vec<String> {
    let (outcome, host) = instantiate(&data.module("", body));
    let reason = abi::decode_revert(&outcome.output, None);
    assert_eq!(outcome.status, Status::Success, "{reason}: {body}");
    host.debug
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

#[test]
fn records_are_written_read_and_removed() {
    let mut data = Data::new();
    let [key, value] = [b"key", b"one"].map(|bytes| data.put(bytes));
    let absent = data.put(b"nothing is there");
    let (outcome, host) = instantiate(&data.module(
        "",
        &format!(
            "(call $db_write (i32.const {key}) (i32.const {value}))
            (call $debug (call $db_read (i32.const {key})))
            (if (i32.eqz (call $db_read (i32.const {absent})))
                (then (call $debug (i32.const {absent}))))
            (call $db_write (i32.const {value}) (i32.const {key}))
            (call $db_remove (i32.const {key}))"
        ),
    ));
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(host.debug, ["one", "nothing is there"]);
    let kept: Vec<_> = host.state.records.into_iter().collect();
    let expected = ((MemoryHost::CONTRACT, b"one".to_vec()), Bytes::from_static(b"key"));
    assert_eq!(kept, [expected]);
}

#[test]
fn iterators_go_both_ways_within_their_bounds() {
    for (order, bounds, expected) in [
        (1, [None, None], "abcde"),
        (2, [None, None], "edcba"),
        (1, [Some("b"), Some("d")], "bc"),
        (2, [Some("b"), Some("d")], "cb"),
        (1, [Some("bb"), None], "cde"),
        (2, [Some("bb"), Some("zz")], "edc"),
        (1, [Some("d"), Some("b")], ""),
        (1, [Some("c"), Some("c")], ""),
    ] {
        let mut data = Data::new();
        let writes: String = ["c", "a", "e", "b", "d"]
            .map(|key| {
                let [key, value] = [key, &key.to_uppercase()].map(|it| data.put(it.as_bytes()));
                format!("(call $db_write (i32.const {key}) (i32.const {value}))")
            })
            .concat();
        let [start, end] = bounds.map(|it| it.map_or(0, |bound| data.put(bound.as_bytes())));
        let scan =
            format!("(call $db_scan (i32.const {start}) (i32.const {end}) (i32.const {order}))");
        let body = format!(
            "{writes} (drop {scan}) (drop {scan})
            (block (loop
                (br_if 1 (i32.eqz (local.tee $i (call $db_next_key (i32.const 2)))))
                (call $debug (local.get $i))
                (call $debug (call $db_next_value (i32.const 1)))
                (br 0)))
            (call $debug (call $db_next (i32.const 1)))"
        );
        let mut found = lines(data, &body);
        assert_eq!(found.pop().as_deref(), Some("\0\0\0\0\0\0\0\0"), "the end is two empty parts");
        let pairs = expected.chars().flat_map(|key| [key, key.to_ascii_uppercase()]);
        assert_eq!(found.concat(), pairs.collect::<String>(), "{order} {bounds:?}");
    }
}

#[test]
fn signatures_are_checked_and_keys_recovered() {
    let hash = hex("5ae8317d34d1e595e3fa7247db80c0af4320cce1116de187f8f7e2e099c0d8d0");
    let signature = hex(concat!(
        "45c0b7f8c09a9e1f1cea0c25785594427b6bf8f9f878a8af0b1abbb48e16d092",
        "0d8becd0c220f67c51217eecfd7184ef0732481c843857e6bc7fc095c4f6b788"
    ));
    let key = hex(concat!(
        "044a071e8a6e10aada2b8cf39fa3b5fb3400b04e99ea8ae64ceea1a977dbeaf5d5",
        "f8c8fbd10b71ab14cd561f7df8eb6da50f8a8d81ba564342244d26d1d4211595"
    ));
    // RFC 8032, 7.1, test 1: the empty message.
    let plain_key = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    let plain = hex(concat!(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155",
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    ));
    let packed = |part: &[u8]| [part, &(part.len() as u32).to_be_bytes()].concat();
    let mut data = Data::new();
    let [h, s, k] = [&hash, &signature, &key].map(|bytes| data.put(bytes));
    let wrong = data.put(&[1; 32]);
    let [pk, ps, m] = [&plain_key[..], &plain, b""].map(|bytes| data.put(bytes));
    let [pks, pss, ms] = [&plain_key[..], &plain, b""].map(|bytes| data.put(&packed(bytes)));
    let two = data.put(&[packed(b""), packed(b"x")].concat());
    let of = |name: &str, [a, b, c]: [usize; 3]| {
        format!("(call ${name} (i32.const {a}) (i32.const {b}) (i32.const {c}))")
    };
    let results = [
        (of("secp256k1_verify", [h, s, k]), 0),
        (of("secp256k1_verify", [wrong, s, k]), 1),
        (of("secp256k1_verify", [pk, h, k]), 4),
        (of("secp256r1_verify", [h, s, k]), 10),
        (of("ed25519_verify", [m, ps, pk]), 0),
        (of("ed25519_verify", [h, ps, pk]), 1),
        (of("ed25519_batch_verify", [ms, pss, pks]), 0),
        (of("ed25519_batch_verify", [two, pss, pks]), 7),
        (
            format!(
                "(i32.wrap_i64 (i64.shr_u (call $secp256k1_recover_pubkey
                (i32.const {h}) (i32.const {s}) (i32.const 9)) (i64.const 32)))"
            ),
            6,
        ),
    ];
    let checks: String = results
        .iter()
        .enumerate()
        .map(|(place, (call, expected))| {
            let text = data.put(format!("case {place} differs").as_bytes());
            let tell = format!("(call $debug (i32.const {text}))");
            format!("(if (i32.ne {call} (i32.const {expected})) (then {tell}))")
        })
        .collect();
    // The recovered key is what the signature is then checked with.
    let recovered = format!(
        "(local.set $i (i32.wrap_i64 (call $secp256k1_recover_pubkey
            (i32.const {h}) (i32.const {s}) (i32.const 1))))
        (if (call $secp256k1_verify (i32.const {h}) (i32.const {s}) (local.get $i))
            (then (unreachable)))"
    );
    assert_eq!(lines(data, &format!("{checks}{recovered}")), [""; 0]);
}

#[test]
fn points_of_a_curve_are_made_added_and_paired() {
    let mut data = Data::new();
    let [message, domain] = [b"message", b"domain!"].map(|bytes| data.put(bytes));
    let [p, sum] = [(); 2].map(|()| data.with_room(b"", 48));
    let q = data.with_room(b"", 96);
    let made = format!("(i32.const 0) (i32.const {message}) (i32.const {domain})");
    let body = format!(
        "(if (call $bls12_381_hash_to_g1 {made} (i32.const {p})) (then (unreachable)))
        (if (call $bls12_381_hash_to_g2 {made} (i32.const {q})) (then (unreachable)))
        (if (call $bls12_381_aggregate_g1 (i32.const {p}) (i32.const {sum})) (then (unreachable)))
        (if (call $bls12_381_pairing_equality (i32.const {p}) (i32.const {q}) (i32.const {sum})
            (i32.const {q})) (then (unreachable)))
        (if (i32.ne (i32.const 9) (call $bls12_381_hash_to_g1 (i32.const 7) (i32.const {message})
            (i32.const {domain}) (i32.const {p}))) (then (unreachable)))
        (if (i32.eqz (call $bls12_381_aggregate_g1 (i32.const {message}) (i32.const {sum})))
            (then (unreachable)))"
    );
    assert_eq!(lines(data, &body), [""; 0]);
}

#[test]
fn what_a_module_must_not_do_ends_its_frame() {
    for (first, body, expected) in [
        ("(drop (call $db_read (i32.const 1024)))", "", "allocate uses an import"),
        ("", "(call $debug (i32.const 0))", "the region at 0"),
        ("", "(call $debug (i32.const -1))", "not in the memory"),
        ("", "(drop (call $db_next (i32.const 1)))", "no iterator of number 1"),
        ("", "(drop (call $db_scan (i32.const 0) (i32.const 0) (i32.const 3)))", "3 is no order"),
        ("(return (i32.const 8))", "", "the region at 8"),
    ] {
        let (outcome, _) = instantiate(&Data::new().module(first, body));
        let HaltReason::BadArgument(reason) = halt(&outcome) else { panic!("{outcome:?}") };
        assert!(reason.contains(expected), "{reason}");
    }
    let (outcome, _) = instantiate(&Data::new().module("(loop (br 0))", ""));
    assert_eq!(halt(&outcome), HaltReason::OutOfGas, "what allocate does is metered");
}

#[test]
fn a_module_is_told_by_its_version_and_must_be_whole() {
    let machine = &engines()[0].1;
    let whole = Data::new().module("", "");
    assert_eq!(Personality::of_code(&whole), Personality::CosmWasm);
    let report = machine.validate(&whole).expect("it is accepted");
    assert!(report.has_constructor && report.interface.is_some());
    for (fields, expected) in [
        (r#"(func (export "interface_version_7"))"#, "interface_version_7"),
        (r#"(func (export "interface_version_8"))"#, "allocate"),
        (
            r#"(func (export "interface_version_8")) (func (export "requires_staking"))"#,
            "requires_staking",
        ),
    ] {
        let text = format!(r#"(module (memory (export "memory") 1) {fields})"#);
        let error = machine.validate(&wat::parse_str(text).unwrap()).expect_err("it is refused");
        assert!(error.to_string().contains(expected), "{error}");
    }
}
