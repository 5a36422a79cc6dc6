//! A contract that is called again while it runs sees what it wrote, in every machine.

use braid_crossing_tests::{
    Sample,
    sample::{hop, increment},
};

#[test]
fn relays_that_are_entered_again_keep_count() {
    let mut sample = Sample::new();
    let [evm, evm_too] = sample.evm_relays;
    let [wasm, wasm_too] = sample.wasm_relays;
    for counter in sample.counters {
        let before = [evm, wasm, evm_too, wasm_too].map(|relay| sample.forwarded(relay));
        // evm runs, then wasm, evm again, wasm again, ...
        let path = [wasm, evm, wasm, evm_too, evm, wasm_too, wasm, counter];
        let receipt = sample.world.send_raw(evm, hop(&path, &increment()));
        assert!(receipt.is_success(), "{:?}", receipt.reason);
        let after = [evm, wasm, evm_too, wasm_too].map(|relay| sample.forwarded(relay));
        let entered = [3, 3, 1, 1];
        for ((before, after), entered) in before.into_iter().zip(after).zip(entered) {
            assert_eq!(after, before + entered);
        }
        assert_eq!(sample.count(counter), 1);
    }
}

#[test]
fn a_failure_at_the_end_undoes_every_entrance() {
    let mut sample = Sample::new();
    let [evm, _] = sample.evm_relays;
    let [wasm, _] = sample.wasm_relays;
    for probe in sample.probes {
        let fail = braid_crossing_tests::call_data("fail(string)", &["end".into()]);
        for (first, path) in [(evm, [wasm, evm, wasm, probe]), (wasm, [evm, wasm, evm, probe])] {
            let receipt = sample.world.send_raw(first, hop(&path, &fail));
            assert!(!receipt.is_success());
            assert!(receipt.call.reason.is_some_and(|reason| reason.contains("end")));
            assert_eq!((sample.forwarded(evm), sample.forwarded(wasm)), (0, 0));
        }
    }
}
