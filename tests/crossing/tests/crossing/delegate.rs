//! Code of one machine does not run on the storage of another's contract.

use braid_crossing_tests::{
    Sample,
    sample::{increment, pass},
};

#[test]
fn a_delegate_call_into_another_machine_is_refused_with_a_reason() {
    let mut sample = Sample::new();
    let relay = sample.evm_relays[0];
    for counter in sample.counters.into_iter().skip(1) {
        let before = sample.forwarded(relay);
        let input = pass("delegateForward", counter, &increment());
        let receipt = sample.world.send_raw(relay, input).expect_ok();
        // (false, Error("delegate call into another machine"))
        assert_eq!(receipt.output[31], 0, "the call failed");
        let text = String::from_utf8_lossy(&receipt.output).into_owned();
        assert!(text.contains("delegate call into another machine"), "{text}");
        assert!(receipt.gas_used.0 < 100_000, "a refusal keeps the gas: {}", receipt.gas_used);
        assert_eq!(sample.forwarded(relay), before + 1);
        assert_eq!(sample.count(counter), 0);
    }
}

#[test]
fn a_delegate_call_within_the_machine_works_and_may_cross_from_there() {
    let mut sample = Sample::new();
    let [relay, other] = sample.evm_relays;
    let counter = sample.counters[1];
    let inner = pass("forward", counter, &increment());
    sample.world.send_raw(relay, pass("delegateForward", other, &inner)).expect_ok();
    // The other relay's code ran on the first one's storage, so the first one is the caller.
    assert_eq!((sample.forwarded(relay), sample.forwarded(other)), (2, 0));
    assert_eq!(sample.count(counter), 1);
}
