//! An estimate is enough, and one unit less is not.

use braid_crossing_tests::{
    Sample, call_data,
    sample::{hop, increment, pass},
    wei,
    world::artifact,
};
use braidvm::{Bytes, Deploy, Gas, Request};

#[test]
fn an_estimate_is_the_least_that_is_enough() {
    let mut sample = Sample::new();
    let alice = sample.world.alice;
    let [evm, evm_too] = sample.evm_relays;
    let [wasm, wasm_too] = sample.wasm_relays;
    let [in_evm, in_rust, in_c, in_script] = sample.counters;
    let deep = [wasm, evm_too, wasm_too, evm, wasm, evm_too, wasm_too, in_evm];
    let mut requests: Vec<Request> = sample
        .counters
        .into_iter()
        .map(|counter| Request::raw(alice, counter, increment()))
        .collect();
    requests.extend([
        Request::transfer(alice, evm, wei(1)),
        Request::transfer(alice, sample.probes[1], wei(1)),
        Request::raw(alice, evm, pass("forward", in_rust, &increment())),
        Request::raw(alice, wasm, pass("forward", in_evm, &increment())),
        Request::raw(alice, evm, pass("forward", sample.probes[1], &Bytes::new())).value(wei(9)),
        Request::raw(alice, evm, hop(&deep, &increment())),
        Request::raw(alice, wasm, hop(&[evm, wasm, evm, in_c], &increment())),
        Request::raw(alice, evm, hop(&[wasm, evm, wasm, in_script], &increment())),
    ]);
    for request in requests {
        let Gas(estimate) = sample.world.engine.estimate(&request).expect("it succeeds");
        let simulate = |limit: u64| {
            let (transaction, _) = sample.world.engine.transaction(&request).expect("valid");
            let transaction =
                braidvm::rooms::kernel::Transaction { gas_limit: Gas(limit), ..transaction };
            sample.world.execution().simulate(&transaction)
        };
        assert!(simulate(estimate).expect("valid").status.is_success(), "{estimate}");
        let less = simulate(estimate - 1);
        assert!(less.is_err() || less.is_ok_and(|less| !less.status.is_success()), "{estimate}");
        sample.world.request(&request.gas_limit(Gas(estimate))).expect_ok();
    }
}

#[test]
fn a_callee_that_is_caught_counts_for_the_estimate() {
    let mut sample = Sample::new();
    let alice = sample.world.alice;
    for (relay, counter, _) in sample.crossings() {
        // With too little gas the relay succeeds though the counter did not.
        let request = Request::raw(alice, relay, pass("tryForward", counter, &increment()));
        let estimate = sample.world.engine.estimate(&request).expect("it succeeds");
        sample.world.request(&request.gas_limit(estimate)).expect_ok();
        assert_eq!(sample.count(counter), 1);
    }
}

#[test]
fn a_deploy_is_estimated_like_a_call() {
    let mut sample = Sample::new();
    for path in ["solidity/Counter.json", "rust/counter.wasm", "c/counter.wasm"] {
        let deploy = Deploy::new(sample.world.alice, artifact(path));
        let Gas(estimate) = sample.world.engine.estimate_deploy(&deploy).expect("it succeeds");
        let less = deploy.clone().gas_limit(Gas(estimate - 1));
        let less = sample.world.engine.simulate_deploy(&less);
        assert!(less.is_err() || less.is_ok_and(|less| !less.is_success()), "{path}");
        let _ = sample.world.send_deploy(&deploy.gas_limit(Gas(estimate))).expect_contract();
    }
}

#[test]
fn a_call_that_fails_has_no_estimate_but_a_reason() {
    let sample = Sample::new();
    let fail = call_data("fail(string)", &["because".into()]);
    for relay in [sample.evm_relays[0], sample.wasm_relays[0]] {
        for probe in sample.probes {
            let input = pass("forward", probe, &fail);
            let request = Request::raw(sample.world.alice, relay, input);
            let error = sample.world.engine.estimate(&request).expect_err("it fails").to_string();
            assert!(error.contains("because"), "{error}");
        }
    }
}
