//! Random trees of calls over both machines: gas is never made, and every engine agrees.

use std::cell::Cell;

use braid_crossing_tests::{
    Sample, call_data,
    sample::{increment, pass},
    world::kernel_with,
};
use braidvm::{
    Address, Bytes, Gas,
    rooms::{vm::Status, vm_wasm::EngineChoice},
};
use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};

/// Programs that are tried.
const CASES: u32 = 512;

/// What a call does.
#[derive(Debug, Clone)]
enum Program {
    /// Increments the counter of this number.
    Increment(usize),
    /// Makes a probe fail: by revert, trap or without end.
    Fail(usize, &'static str),
    /// Calls nobody.
    Nobody,
    /// A relay passes the inner program on in this way.
    Pass(usize, &'static str, Box<Self>),
    /// A relay lends this much at most.
    WithGas(usize, u64, Box<Self>),
    /// A relay runs two programs.
    Both(usize, Box<Self>, Box<Self>),
}

fn program() -> impl Strategy<Value = Program> {
    let failures = prop_oneof![Just("trap()"), Just("spin()"), Just("overflow(uint256)")];
    let leaf = prop_oneof![
        4 => (0usize..4).prop_map(Program::Increment),
        2 => (0usize..2, failures).prop_map(|(probe, how)| Program::Fail(probe, how)),
        1 => Just(Program::Nobody),
    ];
    let ways = prop_oneof![
        3 => Just("forward"),
        4 => Just("tryForward"),
        1 => Just("forwardThenRevert"),
        1 => Just("staticForward"),
    ];
    leaf.prop_recursive(6, 24, 2, move |inner| {
        let inner = inner.prop_map(Box::new);
        prop_oneof![
            4 => (0usize..4, ways.clone(), inner.clone())
                .prop_map(|(relay, way, inner)| Program::Pass(relay, way, inner)),
            2 => (0usize..4, 0u64..200_000, inner.clone())
                .prop_map(|(relay, gas, inner)| Program::WithGas(relay, gas, inner)),
            2 => (0usize..4, inner.clone(), inner)
                .prop_map(|(relay, first, second)| Program::Both(relay, first, second)),
        ]
    })
}

/// Whom a program calls, and with what.
fn compile(sample: &Sample, program: &Program) -> (Address, Bytes) {
    let [evm, evm_too] = sample.evm_relays;
    let [wasm, wasm_too] = sample.wasm_relays;
    let relays = [evm, wasm, evm_too, wasm_too];
    match program {
        Program::Increment(counter) => (sample.counters[*counter], increment()),
        Program::Fail(probe, "overflow(uint256)") => {
            (sample.probes[*probe], call_data("overflow(uint256)", &[9u64.into()]))
        }
        Program::Fail(probe, method) => (sample.probes[*probe], call_data(method, &[])),
        Program::Nobody => (Address::from_evm([0x55; 20].into()), Bytes::new()),
        Program::Pass(relay, way, inner) => {
            let (to, data) = compile(sample, inner);
            (relays[*relay], pass(way, to, &data))
        }
        Program::WithGas(relay, gas, inner) => {
            let (to, data) = compile(sample, inner);
            let arguments = [to.into(), data.into(), (*gas).into()];
            let input = call_data("tryForwardWithGas(address,bytes,uint256)", &arguments);
            (relays[*relay], input)
        }
        Program::Both(relay, first, second) => {
            let (first, first_data) = compile(sample, first);
            let (second, second_data) = compile(sample, second);
            let arguments = [first.into(), first_data.into(), second.into(), second_data.into()];
            (relays[*relay], call_data("forwardBoth(address,bytes,address,bytes)", &arguments))
        }
    }
}

#[test]
fn gas_is_never_made_and_every_run_agrees() {
    let sample = Sample::new();
    let world = &sample.world;
    let compiled = kernel_with(EngineChoice::Compiled);
    let interpreted = kernel_with(EngineChoice::Interpreted);
    let supply = world.supply();
    let ended = Cell::new([0u32; 3]);
    let property = |(program, gas_limit): (Program, u64)| {
        let (to, input) = compile(&sample, &program);
        let transaction = world.transaction(to, input, Gas(gas_limit));
        // What must hold of gas and trace is checked by every run.
        let (first, first_writes) = world.run_on(&compiled, &transaction);
        let (again, again_writes) = world.run_on(&compiled, &transaction);
        prop_assert_eq!(&first, &again);
        prop_assert_eq!(&first_writes, &again_writes);
        let (other, other_writes) = world.run_on(&interpreted, &transaction);
        prop_assert_eq!(&first, &other);
        prop_assert_eq!(&first_writes, &other_writes);
        prop_assert_eq!(world.supply_with(&first_writes), supply);
        let mut counts = ended.get();
        match &first.status {
            Status::Success => counts[0] += 1,
            Status::Revert => counts[1] += 1,
            Status::Halt(_) => counts[2] += 1,
        }
        ended.set(counts);
        if !first.status.is_success() {
            prop_assert_eq!(first_writes, world.nonce_alone());
            prop_assert!(first.events.is_empty());
        }
        Ok(())
    };
    let limits = prop_oneof![60_000u64..400_000, 400_000u64..3_000_000];
    let config =
        ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    if let Err(failure) =
        TestRunner::new_with_rng(config, rng()).run(&(program(), limits), property)
    {
        panic!("{failure}");
    }
    let ended = ended.get();
    assert!(ended.iter().all(|count| *count > CASES / 50), "one way to end is rare: {ended:?}");
}

/// The same programs in every run: the counts of their ends are part of the test.
fn rng() -> TestRng {
    TestRng::deterministic_rng(RngAlgorithm::ChaCha)
}
