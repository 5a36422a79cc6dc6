//! The checks that every machine must pass.

use primitives::{Address, Bytes, Gas, Wei};

use super::{MemoryHost, Run};
use crate::{Entry, HaltReason, HostedVm, Outcome, Status};

/// Code of one machine for each behaviour that the checks need.
///
/// "The record" is the one under the key `k` (one byte) of the contract's own storage.
#[derive(Debug, Clone)]
pub struct Fixtures {
    /// Returns its input.
    pub echo: Vec<u8>,
    /// Puts its input as the record and returns nothing.
    pub store: Vec<u8>,
    /// Returns the record, or nothing where there is none.
    pub load: Vec<u8>,
    /// Puts its input as the record, then reverts with its input.
    pub revert_after_store: Vec<u8>,
    /// Puts its input as the record, then traps.
    pub trap_after_store: Vec<u8>,
    /// Never ends by itself.
    pub spin: Vec<u8>,
    /// Calls itself within its own code without end.
    pub recurse: Vec<u8>,
    /// Emits an event without topics whose data is its input.
    pub emit: Vec<u8>,
    /// Calls the contract that the first 32 bytes of its input name with the rest of the input and
    /// all gas; returns the callee's output, or reverts with it where the callee did not succeed.
    pub call: Vec<u8>,
    /// Bytes that are no code of the machine.
    pub malformed: Vec<Vec<u8>>,
}

/// Runs every check.
///
/// # Panics
///
/// Where the machine breaks a rule; the message names the rule.
pub fn check_hosted_vm(vm: &dyn HostedVm, fixtures: &Fixtures) {
    check_validation(vm, fixtures);
    check_results(vm, fixtures);
    check_failures(vm, fixtures);
    check_static(vm, fixtures);
    check_calls(vm, fixtures);
    check_every_gas_limit(vm, fixtures);
    check_host_faults(vm, fixtures);
}

impl Fixtures {
    fn valid(&self) -> [(&'static str, &[u8]); 9] {
        [
            ("echo", &self.echo),
            ("store", &self.store),
            ("load", &self.load),
            ("revert_after_store", &self.revert_after_store),
            ("trap_after_store", &self.trap_after_store),
            ("spin", &self.spin),
            ("recurse", &self.recurse),
            ("emit", &self.emit),
            ("call", &self.call),
        ]
    }
}

const CALLEE: Address = Address::new([0xbb; 32]);

/// Runs on a fresh host, twice, and asserts that both runs are the same.
fn run(vm: &dyn HostedVm, name: &str, run: &Run<'_>) -> (Outcome, MemoryHost) {
    let once = || {
        let mut host = MemoryHost::default();
        let outcome = host.run(vm, run);
        (outcome, host)
    };
    let (first, host) = once();
    let (second, other) = once();
    assert_eq!(first, second, "{name}: the same run twice has two outcomes");
    assert_eq!(host.state, other.state, "{name}: the same run twice has two states");
    (first, host)
}

fn check_validation(vm: &dyn HostedVm, fixtures: &Fixtures) {
    for (name, code) in fixtures.valid() {
        let report = vm.validate(code).unwrap_or_else(|error| panic!("{name}: {error}"));
        vm.prepare(&report.executable);
    }
    for code in &fixtures.malformed {
        assert!(vm.validate(code).is_err(), "malformed code is accepted: {code:02x?}");
        let (outcome, _) = run(vm, "malformed", &Run::call(code, b""));
        assert!(matches!(outcome.status, Status::Halt(_)), "malformed code runs: {code:02x?}");
    }
    for (name, code) in fixtures.valid() {
        for end in [0, 1, code.len() / 2, code.len() - 1] {
            // Whether a part of the code is code is up to the machine; it must not panic.
            let part = code.get(..end).expect("invariant: the end lies within the code");
            if vm.validate(part).is_ok() {
                run(vm, name, &Run::call(part, b""));
            }
        }
    }
}

fn check_results(vm: &dyn HostedVm, fixtures: &Fixtures) {
    let long = vec![7; 100_000];
    for input in [b"".as_slice(), b"hello", &long] {
        let (outcome, _) = run(vm, "echo", &Run::call(&fixtures.echo, input));
        assert_eq!(outcome.status, Status::Success, "echo of {} bytes", input.len());
        assert_eq!(outcome.output.as_ref(), input, "echo returns something else");
    }
    let mut host = MemoryHost::default();
    let outcome = host.run(vm, &Run::call(&fixtures.load, b""));
    assert_eq!((outcome.status, outcome.output), (Status::Success, Bytes::new()));
    let outcome = host.run(vm, &Run::call(&fixtures.store, b"value"));
    assert_eq!(outcome.status, Status::Success, "store");
    let outcome = host.run(vm, &Run::call(&fixtures.load, b""));
    assert_eq!(outcome.output.as_ref(), b"value", "load does not find what store put");
    let outcome = host.run(vm, &Run::call(&fixtures.emit, b"data"));
    assert_eq!(outcome.status, Status::Success, "emit");
    let event = host.state.events.last().expect("emit leaves an event");
    assert_eq!((event.address, event.data.as_ref()), (MemoryHost::CONTRACT, b"data".as_slice()));
}

fn check_failures(vm: &dyn HostedVm, fixtures: &Fixtures) {
    let (outcome, host) = run(vm, "revert", &Run::call(&fixtures.revert_after_store, b"why"));
    assert_eq!(outcome.status, Status::Revert, "revert");
    assert_eq!(outcome.output.as_ref(), b"why", "revert data");
    assert!(outcome.gas_left > Gas::ZERO, "a revert leaves the gas that is unused");
    assert!(host.state.records.is_empty());

    let (outcome, _) = run(vm, "trap", &Run::call(&fixtures.trap_after_store, b"value"));
    assert!(matches!(outcome.status, Status::Halt(_)), "trap: {:?}", outcome.status);
    assert_eq!(outcome.gas_left, Gas::ZERO, "a trap takes all gas");
    assert!(outcome.output.is_empty(), "a halt has no output");

    let (outcome, _) = run(vm, "spin", &Run::call(&fixtures.spin, b""));
    assert_eq!(outcome.status, Status::Halt(HaltReason::OutOfGas), "spin");

    let (outcome, _) = run(vm, "recurse", &Run::call(&fixtures.recurse, b""));
    let is_ended =
        matches!(outcome.status, Status::Halt(HaltReason::StackOverflow | HaltReason::OutOfGas));
    assert!(is_ended, "recurse: {:?}", outcome.status);
}

fn check_static(vm: &dyn HostedVm, fixtures: &Fixtures) {
    for (name, code) in [("store", &fixtures.store), ("emit", &fixtures.emit)] {
        let (outcome, host) = run(vm, name, &Run { is_static: true, ..Run::call(code, b"value") });
        let expected = Status::Halt(HaltReason::StaticViolation);
        assert_eq!(outcome.status, expected, "{name} in a static call");
        assert!(host.state.records.is_empty() && host.state.events.is_empty());
    }
    let (outcome, _) = run(vm, "load", &Run { is_static: true, ..Run::call(&fixtures.load, b"") });
    assert_eq!(outcome.status, Status::Success, "reading in a static call");
}

fn check_calls(vm: &dyn HostedVm, fixtures: &Fixtures) {
    let mut input = CALLEE.as_bytes().to_vec();
    input.extend_from_slice(b"ping");
    let call = Run::call(&fixtures.call, &input);
    let mut callee = Outcome::success(Bytes::from_static(b"pong"), Gas(0), 0);
    for (status, expected) in [
        (Status::Success, Status::Success),
        (Status::Revert, Status::Revert),
        (Status::Halt(HaltReason::OutOfGas), Status::Revert),
    ] {
        callee.status = status.clone();
        if matches!(status, Status::Halt(_)) {
            callee.output = Bytes::new();
        }
        let answer = callee.clone();
        let mut host = MemoryHost::default();
        let script: super::Script = std::sync::Arc::new(move |frame, host| {
            assert_eq!(frame.input, b"ping");
            assert_eq!(frame.caller, MemoryHost::CONTRACT);
            assert_eq!(frame.value, Wei::ZERO);
            host.debug.push("called".to_owned());
            let halted = matches!(answer.status, Status::Halt(_));
            let gas_left = if halted { Gas::ZERO } else { frame.gas_limit };
            Outcome { gas_left, ..answer.clone() }
        });
        host.scripts.insert(CALLEE, script);
        let outcome = host.run(vm, &call);
        assert_eq!(outcome.status, expected, "call of a callee that ends with {status:?}");
        assert_eq!(outcome.output, callee.output, "output of the callee");
        assert_eq!(host.debug, ["called"]);
    }
}

/// With less gas than it needs, code runs out of it; with what it needs, it does what it does with
/// more, and uses as much.
fn check_every_gas_limit(vm: &dyn HostedVm, fixtures: &Fixtures) {
    for (name, code) in [
        ("echo", &fixtures.echo),
        ("store", &fixtures.store),
        ("revert_after_store", &fixtures.revert_after_store),
        ("emit", &fixtures.emit),
    ] {
        let plenty = Run::call(code, b"some input");
        let (whole, _) = run(vm, name, &plenty);
        let needed = plenty.gas_limit.0 - whole.gas_left.0;
        assert!(needed > 0, "{name}: nothing is free");
        let step = (needed / 200).max(1);
        for gas_limit in (0..needed).step_by(usize::try_from(step).unwrap_or(1)).chain([needed - 1])
        {
            let (outcome, host) = run(vm, name, &Run { gas_limit: Gas(gas_limit), ..plenty });
            let expected = Status::Halt(HaltReason::OutOfGas);
            assert_eq!(outcome.status, expected, "{name} with {gas_limit} of {needed} gas");
            assert!(host.state.records.is_empty() && host.state.events.is_empty());
        }
        for more in [0, 1, 1_000] {
            let (outcome, _) = run(vm, name, &Run { gas_limit: Gas(needed + more), ..plenty });
            assert_eq!(outcome.status, whole.status, "{name} with {more} gas more than needed");
            assert_eq!(outcome.gas_left, Gas(more), "{name} uses what it uses");
        }
    }
    let deploy = Run { entry: Entry::Deploy, ..Run::call(&fixtures.echo, b"") };
    let (outcome, _) = run(vm, "deploy", &deploy);
    assert_eq!(outcome.status, Status::Success, "code without a constructor is deployed");
}

fn check_host_faults(vm: &dyn HostedVm, fixtures: &Fixtures) {
    for code in [&fixtures.store, &fixtures.emit, &fixtures.load] {
        let mut host = MemoryHost { operations_before_fault: Some(0), ..MemoryHost::default() };
        let outcome = host.run(vm, &Run::call(code, b"value"));
        assert_eq!(outcome.status, Status::Halt(HaltReason::Fault), "a host fault unwinds");
    }
}
