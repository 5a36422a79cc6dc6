//! The chain goes back to a mark with everything that all machines did since.

use braid_crossing_tests::{
    Sample,
    sample::{hop, increment},
};

#[test]
fn a_snapshot_takes_back_what_every_machine_did() {
    let mut sample = Sample::new();
    let [evm, wasm] = [sample.evm_relays[0], sample.wasm_relays[0]];
    for counter in sample.counters {
        sample.world.send_raw(counter, increment()).expect_ok();
    }
    let root = sample.world.engine.state_root().expect("memory does not fail");
    let tip = sample.world.engine.tip();
    let snapshot = sample.world.engine.snapshot();
    for counter in sample.counters {
        sample.world.send_raw(evm, hop(&[wasm, evm, counter], &increment())).expect_ok();
    }
    let _ = sample.world.deploy("rust/counter.wasm", &[]);
    assert_ne!(sample.world.engine.state_root().expect("memory does not fail"), root);
    sample.world.engine.revert(snapshot).expect("the snapshot is held");
    assert_eq!(sample.world.engine.tip(), tip);
    assert_eq!(sample.world.engine.state_root().expect("memory does not fail"), root);
    assert_eq!((sample.forwarded(evm), sample.forwarded(wasm)), (0, 0));
    for counter in sample.counters {
        assert_eq!(sample.count(counter), 1);
        sample.world.send_raw(evm, hop(&[wasm, counter], &increment())).expect_ok();
        assert_eq!(sample.count(counter), 2);
    }
}
