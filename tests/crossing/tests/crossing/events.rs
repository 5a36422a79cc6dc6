//! Events come in the order of what happened, and calls are a tree with names.

use braid_crossing_tests::{
    Sample, call_data,
    sample::{increment, pass},
    world::own_gas,
};
use braidvm::{VmKind, decode::decode_call, rooms::vm::trace::CallKind};

#[test]
fn events_of_all_machines_come_in_order() {
    let mut sample = Sample::new();
    let [in_evm, in_rust, in_c, in_script] = sample.counters;
    let both = |first, second| {
        call_data(
            "forwardBoth(address,bytes,address,bytes)",
            &[Into::into(first), increment().into(), Into::into(second), increment().into()],
        )
    };
    let (evm, wasm) = (sample.evm_relays[0], sample.wasm_relays[0]);
    let input = call_data(
        "forwardBoth(address,bytes,address,bytes)",
        &[
            wasm.into(),
            both(in_evm, in_c).into(),
            sample.evm_relays[1].into(),
            both(in_script, in_rust).into(),
        ],
    );
    let receipt = sample.world.send_raw(evm, input).expect_ok();
    let places: Vec<_> = receipt.events.iter().map(|event| event.address).collect();
    assert_eq!(places, [in_evm, in_c, in_script, in_rust]);
    let topics: Vec<_> = receipt.events.iter().map(|event| &event.topics[0]).collect();
    assert!(topics.iter().all(|topic| *topic == topics[0]), "all languages name it alike");
    assert_eq!(receipt.events[0].topics[1].as_slice(), wasm.as_bytes(), "by the caller");
}

#[test]
fn events_of_frames_that_fail_vanish() {
    let mut sample = Sample::new();
    let [in_evm, in_rust, ..] = sample.counters;
    let (evm, wasm) = (sample.evm_relays[0], sample.wasm_relays[0]);
    for (relay, other, lost, kept) in [(evm, wasm, in_evm, in_rust), (wasm, evm, in_rust, in_evm)] {
        let failing = pass("forwardThenRevert", lost, &increment());
        let input = call_data(
            "forwardBoth(address,bytes,address,bytes)",
            &[
                relay.into(),
                pass("tryForward", other, &failing).into(),
                kept.into(),
                increment().into(),
            ],
        );
        let receipt = sample.world.send_raw(relay, input).expect_ok();
        let places: Vec<_> = receipt.events.iter().map(|event| event.address).collect();
        assert_eq!(places, [kept]);
    }
}

#[test]
fn a_trace_is_the_tree_of_calls_with_names() {
    let mut sample = Sample::new();
    let (evm, wasm) = (sample.evm_relays[0], sample.wasm_relays[0]);
    let [in_evm, in_rust, ..] = sample.counters;
    let inner = call_data(
        "forwardBoth(address,bytes,address,bytes)",
        &[in_evm.into(), increment().into(), in_rust.into(), increment().into()],
    );
    let receipt = sample.world.send_raw(evm, pass("forward", wasm, &inner)).expect_ok();
    let trace = receipt.trace.as_ref().expect("traces are recorded");
    let second = &trace.calls[0];
    let kinds = |calls: &[braidvm::rooms::vm::trace::CallNode]| -> Vec<VmKind> {
        calls.iter().map(|call| call.start.kind).collect()
    };
    assert_eq!(trace.start.kind, VmKind::Evm);
    assert_eq!(kinds(&trace.calls), [VmKind::Wasm]);
    assert_eq!(kinds(&second.calls), [VmKind::Evm, VmKind::Wasm]);
    assert!(second.calls.iter().all(|call| call.start.call == CallKind::Call));
    assert_eq!((second.start.from, second.start.to), (evm, wasm));

    // Gas by machine is the sum of the frames' own gas; the transaction's own is the EVM's.
    let by_vm = |kind| receipt.gas_by_vm.iter().find(|(it, _)| *it == kind).map_or(0, |it| it.1.0);
    assert_eq!(by_vm(VmKind::Wasm), own_gas(trace, VmKind::Wasm).0);
    assert!(by_vm(VmKind::Evm) >= own_gas(trace, VmKind::Evm).0 + 21_000);

    let decoded = decode_call(trace, &sample.world.engine.interfaces());
    assert!(decoded.input.starts_with("forward("), "{}", decoded.input);
    assert!(decoded.calls[0].input.starts_with("forwardBoth("), "{}", decoded.calls[0].input);
    let leaves = &decoded.calls[0].calls;
    assert_eq!((leaves[0].input.as_str(), leaves[0].output.as_str()), ("increment()", "1"));
    assert_eq!((leaves[1].input.as_str(), leaves[1].output.as_str()), ("increment()", "1"));
}
