//! Gas may run out anywhere: then nothing has happened but the nonce and the fee.

use std::collections::BTreeSet;

use braid_crossing_tests::{
    Sample,
    sample::{hop, increment},
    wei,
    world::{check_result, kernel_with},
};
use braidvm::{
    Address, Bytes, Gas, U256,
    rooms::{
        kernel::{Kernel, Transaction, TransactionError},
        state::{Key, record::AccountRecord},
        vm::{BlockEnvironment, HaltReason, Status, trace::CallNode},
        vm_evm::Fee,
        vm_wasm::EngineChoice,
    },
};

/// Limits of gas that are tried between nothing and enough.
const STEPS: u64 = 400;

/// How deep the deepest frame of a tree lies.
fn depth(node: &CallNode) -> usize {
    1 + node.calls.iter().map(depth).max().unwrap_or(0)
}

fn sweep(sample: &Sample, kernel: &Kernel, first: Address, input: &Bytes) -> BTreeSet<usize> {
    let world = &sample.world;
    let whole = world.transaction(first, input.clone(), Gas(5_000_000));
    let (reference, complete) = world.run_on(kernel, &whole);
    assert!(reference.status.is_success());
    let enough = world.execution().estimate_gas(&whole, Gas(5_000_000)).expect("it succeeds").0;
    let nothing = world.nonce_alone();
    let mut depths = BTreeSet::new();
    for limit in (21_000..=enough + 1_000)
        .step_by(usize::try_from((enough - 21_000) / STEPS).expect("small"))
    {
        let transaction = world.transaction(first, input.clone(), Gas(limit));
        let mut execution = kernel.execution(world.engine.store().latest(), &world.block());
        execution.set_tracing(true);
        let result = match execution.transact(&transaction) {
            Ok(result) => result,
            Err(TransactionError::IntrinsicGas { .. }) => {
                let writes = execution.finish().expect("memory does not fail").writes;
                assert!(world.changed(writes).is_empty());
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        check_result(&result, Gas(limit));
        let writes = world.changed(execution.finish().expect("memory does not fail").writes);
        if result.status.is_success() {
            assert_eq!(writes, complete, "at {limit} gas");
            assert_eq!(result.gas_used, reference.gas_used, "at {limit} gas");
            assert!(limit >= enough, "{limit} gas suffices, the estimate is {enough}");
        } else {
            assert_eq!(writes, nothing, "at {limit} gas");
            assert!(result.events.is_empty());
            assert!(limit < enough, "{limit} gas does not suffice, the estimate is {enough}");
            depths.insert(depth(&result.trace.expect("traces are recorded")));
        }
        if let Status::Halt(reason) = &result.status {
            assert_eq!(*reason, HaltReason::OutOfGas);
            assert_eq!(result.gas_used, Gas(limit), "a halt costs all");
        }
    }
    depths
}

#[test]
fn gas_that_runs_out_at_any_depth_undoes_everything() {
    let sample = Sample::new();
    let [evm, evm_too] = sample.evm_relays;
    let [wasm, wasm_too] = sample.wasm_relays;
    let [in_evm, _, in_c, _] = sample.counters;
    let paths = [
        (evm, [wasm, evm_too, wasm_too, in_evm]),
        (wasm, [evm, wasm_too, evm_too, in_c]),
        (evm, [wasm, evm, wasm, in_c]),
    ];
    for engine in [EngineChoice::Interpreted, EngineChoice::Compiled] {
        let kernel = kernel_with(engine);
        for (first, path) in paths {
            let depths = sweep(&sample, &kernel, first, &hop(&path, &increment()));
            assert_eq!(depths, BTreeSet::from([1, 2, 3, 4, 5]), "gas ran out in every frame");
        }
    }
}

#[test]
fn a_failure_costs_the_sender_its_fee_and_nothing_else() {
    let sample = Sample::new();
    let world = &sample.world;
    let [evm, wasm] = [sample.evm_relays[0], sample.wasm_relays[0]];
    let price = 7;
    let beneficiary = Address::from_evm([0xbe; 20].into());
    let block = BlockEnvironment { beneficiary, ..world.block() };
    let input = hop(&[wasm, evm, wasm, sample.counters[0]], &increment());
    let supply = world.supply();
    for limit in (60_000..120_000).step_by(2_000) {
        let transaction = Transaction {
            fee: Fee::Legacy { gas_price: wei(price) },
            ..world.transaction(evm, input.clone(), Gas(limit))
        };
        let kernel = world.engine.kernel();
        let mut execution = kernel.execution(world.engine.store().latest(), &block);
        let result = execution.transact(&transaction).expect("the transaction is valid");
        assert!(!result.status.is_success(), "{limit}");
        let writes = world.changed(execution.finish().expect("memory does not fail").writes);
        assert_eq!(world.supply_with(&writes), supply);
        let fee = U256::from(price * result.gas_used.0);
        let balance = |address: &Address| {
            let key = Key::account(address);
            let value = writes.get(&key).flatten().expect("the account changed");
            AccountRecord::decode(&key, value).expect("an account").balance.0
        };
        assert_eq!(writes.len(), 2, "the sender and the beneficiary");
        assert_eq!(balance(&beneficiary), fee);
        assert_eq!(balance(&world.alice), world.balance(&world.alice) - fee);
    }
}
