//! Coin crosses between machines and is neither made nor lost.

use braid_crossing_tests::{Sample, call_data, contracts::WASM_PAYER, sample::pass, wei};
use braidvm::{
    Address, Bytes, Gas, Request, U256, VmKind,
    rooms::{kernel::Transaction, vm::BlockEnvironment, vm_evm::Fee},
};

#[test]
fn coin_crosses_both_ways() {
    let mut sample = Sample::new();
    for (relay, _, receiver) in sample.crossings() {
        let before = sample.world.balance(&receiver);
        let kept = sample.world.balance(&relay);
        let input = pass("forward", receiver, &Bytes::new());
        let request = Request::raw(sample.world.alice, relay, input).value(wei(1_000));
        let receipt = sample.world.request(&request);
        assert!(receipt.is_success(), "{:?}", receipt.reason);
        assert_eq!(sample.world.balance(&receiver), before + U256::from(1_000));
        assert_eq!(sample.world.balance(&relay), kept);
    }
}

#[test]
fn coin_that_a_contract_owns_crosses_and_arrives_once() {
    let mut sample = Sample::new();
    let alice = sample.world.alice;
    let [evm, wasm] = sample.probes;
    for (from, to) in [(evm, wasm), (wasm, evm)] {
        sample.world.request(&Request::transfer(alice, from, wei(100))).expect_ok();
        let (paid, had) = (sample.world.balance(&from), sample.world.balance(&to));
        let input = call_data("pay(address,uint256)", &[to.into(), 70u64.into()]);
        sample.world.send_raw(from, input).expect_ok();
        assert_eq!(sample.world.balance(&from), paid - U256::from(70));
        assert_eq!(sample.world.balance(&to), had + U256::from(70));
        let too_much = call_data("pay(address,uint256)", &[to.into(), 1_000_000u64.into()]);
        let refused = sample.world.send_raw(from, too_much);
        assert!(!refused.is_success());
        assert!(refused.call.reason.is_some_and(|reason| reason.contains("payment failed")));
    }
}

#[test]
fn coin_reaches_an_identity_without_code() {
    let mut sample = Sample::new();
    let alice = sample.world.alice;
    for (number, probe) in sample.probes.into_iter().enumerate() {
        let nobody = Address::from_evm([0x77 + u8::try_from(number).expect("two"); 20].into());
        sample.world.request(&Request::transfer(alice, probe, wei(9))).expect_ok();
        let input = call_data("pay(address,uint256)", &[nobody.into(), 9u64.into()]);
        sample.world.send_raw(probe, input).expect_ok();
        assert_eq!(sample.world.balance(&nobody), U256::from(9));
        sample.world.request(&Request::transfer(alice, nobody, wei(1))).expect_ok();
        assert_eq!(sample.world.balance(&nobody), U256::from(10));
    }
}

#[test]
fn a_callee_sees_the_coin_and_its_caller() {
    let mut sample = Sample::new();
    let alice = sample.world.alice;
    let pairs =
        [(sample.evm_relays[0], sample.probes[1]), (sample.wasm_relays[0], sample.probes[0])];
    for (relay, probe) in pairs {
        let input = pass("forward", probe, &call_data("context()", &[]));
        let receipt = sample.world.request(&Request::raw(alice, relay, input).value(wei(5)));
        let output = receipt.expect_ok().call.output;
        // The relay returns `bytes`: offset, length, and then the four words of the probe.
        let words: Vec<&[u8]> = output.chunks(32).skip(2).take(4).collect();
        assert_eq!(words[0], relay.as_bytes(), "the caller is the relay");
        assert_eq!(words[1], alice.as_bytes(), "the origin is the sender");
        assert_eq!(words[2], probe.as_bytes());
        assert_eq!(U256::from_be_slice(words[3]), U256::from(5));
    }
}

#[test]
fn coin_of_a_call_that_reverts_comes_back() {
    let mut sample = Sample::new();
    let alice = sample.world.alice;
    for (relay, counter, other) in sample.crossings() {
        // A counter takes no coin.
        let had = sample.world.balance(&relay);
        let input = pass("tryForward", counter, &call_data("increment()", &[]));
        let request = Request::raw(alice, relay, input).value(wei(50));
        sample.world.request(&request).expect_ok();
        assert_eq!(sample.world.balance(&counter), U256::ZERO);
        assert_eq!(sample.world.balance(&relay), had + U256::from(50));
        assert_eq!(sample.count(counter), 0);
        // What the relay forwards and then reverts is back with the sender.
        let rich = sample.world.balance(&alice);
        let input = pass("forwardThenRevert", other, &Bytes::new());
        let request = Request::raw(alice, relay, input).value(wei(50));
        assert!(!sample.world.request(&request).is_success());
        assert_eq!(sample.world.balance(&alice), rich);
    }
}

#[test]
fn a_fee_goes_to_the_beneficiary_and_the_base_fee_is_burnt() {
    let sample = Sample::new();
    let supply = sample.world.supply();
    let beneficiary = Address::from_evm([0xbe; 20].into());
    for (relay, counter, _) in sample.crossings() {
        for (base_fee, price) in [(0u64, 3u64), (2, 5), (5, 5)] {
            let block =
                BlockEnvironment { base_fee: wei(base_fee), beneficiary, ..sample.world.block() };
            let input = pass("forward", counter, &call_data("increment()", &[]));
            let transaction = Transaction {
                fee: Fee::Legacy { gas_price: wei(price) },
                ..sample.world.transaction(relay, input, Gas(1_000_000))
            };
            let kernel = sample.world.engine.kernel();
            let mut execution = kernel.execution(sample.world.engine.store().latest(), &block);
            let result = execution.transact(&transaction).expect("the transaction is valid");
            assert!(result.status.is_success());
            assert!(result.gas_by_vm.get(VmKind::Wasm) > Gas::ZERO);
            let writes = execution.finish().expect("memory does not fail").writes;
            let burnt = U256::from(base_fee * result.gas_used.0);
            assert_eq!(sample.world.supply_with(&writes), supply - burnt);
        }
    }
}

#[test]
fn a_transfer_of_webassembly_runs_no_code() {
    let mut sample = Sample::new();
    let alice = sample.world.alice;
    let payer = sample.world.deploy_wat(WASM_PAYER);
    let _ = sample.world.request(&Request::transfer(alice, payer, wei(100))).expect_ok();
    // The counters take no coin by a call; a transfer does not ask them.
    let nobody = Address::from_evm([0x31; 20].into());
    let [in_evm, in_rust, ..] = sample.counters;
    for (receiver, amount, moved) in [
        (in_evm, 40u64, 1),
        (in_rust, 40, 1),
        (nobody, 15, 1),
        (payer, 5, 1),
        (in_evm, 6, 0),
        (nobody, 0, 1),
    ] {
        let before = sample.world.balance(&receiver);
        let amount = U256::from(amount);
        let input = [*receiver.as_bytes(), amount.to_be_bytes::<32>()].concat();
        let receipt = sample.world.send_raw(payer, input.into()).expect_ok();
        assert_eq!(receipt.output.as_ref(), [moved]);
        let arrives = moved == 1 && receiver != payer;
        let expected = if arrives { before + amount } else { before };
        assert_eq!(sample.world.balance(&receiver), expected);
        assert_eq!(receipt.call.trace.map(|trace| trace.calls.len()), Some(0));
    }
}

#[test]
fn a_contract_that_destroys_itself_pays_another_machine() {
    let mut sample = Sample::new();
    let alice = sample.world.alice;
    let receiver = sample.wasm_relays[0];
    // PUSH20 receiver, SELFDESTRUCT, where there is input; else STOP.
    let code =
        [&[0x36, 0x60, 0x05, 0x57, 0x00, 0x5b, 0x73], receiver.evm_alias().as_slice(), &[0xff]]
            .concat();
    let contract = sample.world.deploy_evm(&code);
    let _ = sample.world.request(&Request::transfer(alice, contract, wei(12))).expect_ok();
    let destroy = Bytes::from_static(&[1]);
    // The machine between sees the coin leave and comes back with it if it reverts.
    let undone = pass("forwardThenRevert", contract, &destroy);
    assert!(!sample.world.send_raw(receiver, undone).is_success());
    assert_eq!(sample.world.balance(&contract), U256::from(12));
    let _ = sample.world.send_raw(receiver, pass("forward", contract, &destroy)).expect_ok();
    assert_eq!(sample.world.balance(&contract), U256::ZERO);
    assert_eq!(sample.world.balance(&receiver), U256::from(12));
}
