//! A frame that fails takes back what it and its callees did, and nothing else.

use braid_crossing_tests::{
    Sample, call_data,
    sample::{increment, pass},
};

#[test]
fn a_caught_failure_undoes_the_callee_alone() {
    let mut sample = Sample::new();
    for (relay, counter, other) in sample.crossings() {
        // The callee counts, calls a counter and reverts; the caller goes on.
        let callee = pass("forwardThenRevert", counter, &increment());
        sample.world.send_raw(relay, pass("tryForward", other, &callee)).expect_ok();
        assert_eq!(sample.forwarded(relay), 1);
        assert_eq!(sample.forwarded(other), 0);
        assert_eq!(sample.count(counter), 0);
        // The same callee without the revert: all of it stands.
        let callee = pass("forward", counter, &increment());
        sample.world.send_raw(relay, pass("tryForward", other, &callee)).expect_ok();
        assert_eq!((sample.forwarded(relay), sample.forwarded(other)), (2, 1));
        assert_eq!(sample.count(counter), 1);
        sample = Sample::new();
    }
}

#[test]
fn a_caller_that_fails_undoes_its_callee() {
    let mut sample = Sample::new();
    for (relay, counter, _) in sample.crossings() {
        let receipt =
            sample.world.send_raw(relay, pass("forwardThenRevert", counter, &increment()));
        assert!(!receipt.is_success());
        let reason = receipt.reason.as_deref().expect("a revert has a reason");
        assert!(reason.contains("RevertedOnPurpose"), "{reason}");
        assert_eq!((sample.forwarded(relay), sample.count(counter)), (0, 0));
        assert!(receipt.events.is_empty());
    }
}

#[test]
fn a_revert_reaches_the_sender_through_every_machine() {
    let mut sample = Sample::new();
    let [evm, wasm] = sample.probes;
    let cases = [
        (call_data("fail(string)", &["too late".into()]), "too late"),
        (
            call_data("failCustom(uint256,string)", &[7u64.into(), "odd".into()]),
            "0x", // The relays do not know the error: its bytes are shown.
        ),
        (call_data("overflow(uint256)", &[5u64.into()]), "overflow"),
    ];
    for (data, expected) in &cases {
        for (relay, probe) in [(sample.evm_relays[0], wasm), (sample.wasm_relays[0], evm)] {
            let direct = sample.world.send_raw(probe, data.clone());
            let receipt = sample.world.send_raw(relay, pass("forward", probe, data));
            assert!(!receipt.is_success());
            assert_eq!(receipt.output, direct.output, "the data is passed on as it is");
            let reason = receipt.call.reason.expect("a revert has a reason");
            assert!(reason.contains(expected), "{reason}");
        }
    }
}

#[test]
fn a_failure_three_deep_undoes_from_where_it_is_not_caught() {
    // For each place of the catch: which of the relays keep their count.
    let cases = [
        (["tryForward", "forward", "forward"], [1, 0, 0]),
        (["forward", "tryForward", "forward"], [1, 1, 0]),
        (["forward", "forward", "tryForward"], [1, 1, 1]),
    ];
    for (methods, kept) in cases {
        for is_evm_first in [true, false] {
            let mut sample = Sample::new();
            let [evm, evm_too] = sample.evm_relays;
            let [wasm, wasm_too] = sample.wasm_relays;
            let (path, probe) = match is_evm_first {
                true => ([evm, wasm, evm_too], sample.probes[1]),
                false => ([wasm, evm, wasm_too], sample.probes[0]),
            };
            let leaf = call_data("fail(string)", &["no".into()]);
            let third = pass(methods[2], probe, &leaf);
            let second = pass(methods[1], path[2], &third);
            sample.world.send_raw(path[0], pass(methods[0], path[1], &second)).expect_ok();
            assert_eq!(path.map(|relay| sample.forwarded(relay)), kept, "{methods:?}");
        }
    }
}

#[test]
fn the_second_of_two_calls_undoes_the_first() {
    let mut sample = Sample::new();
    for (relay, counter, _) in sample.crossings() {
        for probe in sample.probes {
            let failing = call_data("fail(string)", &["second".into()]);
            let input = call_data(
                "forwardBoth(address,bytes,address,bytes)",
                &[counter.into(), increment().into(), probe.into(), failing.into()],
            );
            let receipt = sample.world.send_raw(relay, input);
            assert!(!receipt.is_success());
            assert_eq!((sample.forwarded(relay), sample.count(counter)), (0, 0));
        }
    }
}
