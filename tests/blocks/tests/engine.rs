//! The chain of an engine does not depend on its threads.

use std::{
    num::NonZero,
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use braid_block_tests::{Traffic, traffic::config};
use braidvm::{
    AccessHint, Action, Address, Artifact, BlockNumber, Bytes, Deploy, Engine, EngineError, Gas,
    Hash, Kernel, Payload, Precompile, PrecompileCall, PrecompileHost, Request, SecretKey, Wei,
    dev_accounts,
    rooms::{
        block::{BlockError, execution::ExecutionError},
        state::{MemoryStore, Store},
        vm::Outcome,
    },
};
use crossing_tests::{contracts::wasm_answer, world::wasm};

const BLOCKS: u64 = 4;
const TRANSACTIONS: usize = 80;

/// A chain of random blocks, and its hashes.
fn chain(threads: usize, verify: bool) -> (Engine, Vec<Hash>) {
    let mut config = config(threads);
    config.execution.verify = verify;
    let mut engine = Engine::in_memory(config).expect("an engine");
    let mut traffic = Traffic::begin(&mut engine, 7);
    for _ in 0..BLOCKS {
        let transactions = traffic.block(&engine, TRANSACTIONS);
        let block = engine.send_block(&transactions).expect("the host does not fail");
        assert!(block.skipped.is_empty(), "{:?}", block.skipped);
        assert_eq!(block.statistics.run.is_some(), threads > 1 || verify);
    }
    let hash = |number| engine.block(BlockNumber(number)).expect("held").hash();
    let hashes = (0..=engine.tip().0).map(hash).collect();
    (engine, hashes)
}

fn replays_to_the_same(store: &Arc<dyn Store>, threads: usize) {
    let engine = Engine::with_store(config(threads), Arc::clone(store)).expect("an engine");
    for number in 1..=engine.tip().0 {
        assert_eq!(engine.replay(BlockNumber(number)).expect("held"), None);
    }
}

#[test]
fn any_number_of_threads_makes_the_same_chain() {
    let (serial, expected) = chain(1, false);
    let (parallel, hashes) = chain(4, false);
    assert_eq!(hashes, expected);
    assert_eq!(chain(3, true).1, expected, "both ways at once");
    replays_to_the_same(serial.store(), 4);
    replays_to_the_same(parallel.store(), 1);
}

#[test]
fn a_caller_hears_receipts_in_order_and_ends_the_block() {
    let mut expected = None;
    for threads in [1, 2, 4] {
        let mut engine = Engine::in_memory(config(threads)).expect("an engine");
        let transactions = Traffic::begin(&mut engine, 7).block(&engine, TRANSACTIONS);
        let (sender, receipts) = std::sync::mpsc::channel();
        let enough = Gas(900_000);
        let block = engine.stream_block(&transactions, move |receipt| {
            sender.send(receipt.clone()).expect("somebody listens");
            match receipt.cumulative_gas < enough {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        });
        let block = block.expect("the host does not fail");
        assert_eq!(receipts.iter().collect::<Vec<_>>(), block.record.receipts);
        assert!(block.record.header.gas_used >= enough.0, "it went on until it was enough");
        assert_eq!(block.skipped.len(), TRANSACTIONS - block.receipts.len());
        assert!(!block.skipped.is_empty() && block.skipped.iter().all(|it| it.reason.is_none()));
        assert_eq!(engine.replay(engine.tip()).expect("held"), None);
        assert_eq!(*expected.get_or_insert(block.hash), block.hash, "{threads} threads");
        let rest = engine.send_block(&transactions[block.receipts.len()..]).expect("a block");
        assert!(rest.skipped.is_empty(), "what was not reached goes into the next block");
    }
}

#[test]
fn a_block_tells_what_depended_on_what() {
    let (engine, _) = chain(1, false);
    let report = |threads: usize| {
        let threads = NonZero::new(threads).expect("some");
        engine.block_statistics(engine.tip(), threads).expect("it runs again")
    };
    let [one, four] = [1, 4].map(report);
    assert_eq!((one.transactions, one.together.workers), (TRANSACTIONS, 1));
    assert_eq!(one.gas_used.0, engine.block(engine.tip()).unwrap().header.gas_used);
    assert_eq!(one.together.reexecutions, 0, "nothing is in vain on one thread");
    assert!(one.edges() > 0 && one.critical_path() < one.gas_used);
    assert_eq!((one.edges(), one.critical_path()), (four.edges(), four.critical_path()));
    let dependencies = |report: &braidvm::BlockReport| {
        let all = report.contended();
        let mut all: Vec<_> = all.into_iter().map(|it| (it.key, it.dependencies)).collect();
        all.retain(|(_, dependencies)| *dependencies > 0);
        all.sort();
        all
    };
    assert_eq!(dependencies(&one), dependencies(&four));
    assert_eq!(four.lanes().len(), 4);
    let ran: usize = four.lanes().iter().map(|lane| lane.transactions).sum();
    assert_eq!(ran, TRANSACTIONS, "each transaction ran to its end on one thread");
    let genesis = engine.block_statistics(BlockNumber(0), NonZero::<usize>::MIN);
    assert!(matches!(genesis, Err(EngineError::Replay(_))), "{genesis:?}");
}

/// Answers with how often it was called, in whatever execution: what no precompile may do.
#[derive(Debug, Default)]
struct Forgetful(AtomicU64);

impl Precompile for Forgetful {
    fn name(&self) -> &str {
        "forgetful"
    }

    fn gas_cost(&self, _input: &[u8]) -> Gas {
        Gas(100)
    }

    fn execute(&self, call: &PrecompileCall<'_>, _host: &mut dyn PrecompileHost) -> Outcome {
        let calls = self.0.fetch_add(1, Ordering::Relaxed);
        Outcome::success(calls.to_be_bytes().to_vec().into(), call.gas_limit, 0)
    }
}

#[test]
fn a_difference_between_both_ways_makes_no_block() {
    let place = Address::new([0x77; 32]).evm_alias();
    let place = Address::from_evm(place);
    let mut config = config(2);
    config.execution.verify = true;
    let mut settings = config.kernel();
    settings.precompiles.register(place, Arc::new(Forgetful::default())).expect("a free place");
    let kernel = Kernel::new(settings).expect("sound settings");
    let mut engine = Engine::with_kernel(config, kernel, Arc::new(MemoryStore::new())).unwrap();
    let alice = engine.account("alice").unwrap();
    let request = Request::raw(alice, place, Bytes::from_static(&[1])).gas_limit(Gas(100_000));
    let (transaction, _) = engine.transaction(&request).unwrap();
    let signed = engine.sign(&transaction, 0).unwrap();
    let error = engine.send_block(&[signed]).unwrap_err();
    let EngineError::Block(BlockError::Execution(ExecutionError::Differs(what))) = &error else {
        panic!("it was not found: {error}");
    };
    assert!(what.starts_with("transaction 0:"), "{what}");
    assert!(!error.is_usage());
    assert_eq!(engine.tip(), BlockNumber(0), "there is no block of it");
}

/// A block whose many callers meet the old code before an upgrade and the new one after it.
fn upgraded(threads: usize) -> (Vec<Bytes>, Hash) {
    let mut config = config(threads);
    config.execution.parallel_from = 0;
    let mut engine = Engine::in_memory(config).expect("an engine");
    let alice = engine.account("alice").expect("a known name");
    let old = Artifact::new("old", wasm(&wasm_answer(b"old")));
    let contract = engine.deploy(&Deploy::new(alice, old)).expect("it is valid").expect_contract();
    // All say that they write the same record, which none of them does.
    let hint = AccessHint { address: contract, keys: vec![Bytes::new()], is_written: true };
    let payload = |nonce, action| Payload {
        chain_id: engine.rules().chain_id,
        nonce,
        expiry: None,
        gas_limit: Gas(5_000_000),
        max_fee: 0,
        max_priority_fee: 0,
        action,
        hints: vec![hint.clone()],
    };
    let call = || Action::Call { to: contract, value: Wei::ZERO, input: Bytes::new() };
    let stranger = |number: u8| {
        let from = Address::from_evm(Address::new([0x90 + number; 32]).evm_alias());
        payload(0, call()).impersonate(from).expect("it has a form")
    };
    let code = wasm(&wasm_answer(b"new"));
    let upgrade = payload(1, Action::Upgrade { contract, code, interface: None });
    let key = SecretKey::secp256k1(dev_accounts()[0].private_key).expect("a sound key");
    let mut block: Vec<_> = (0..20).map(stranger).collect();
    block.push(upgrade.sign(&key).expect("it has a form"));
    block.extend((20..40).map(stranger));
    let sent = engine.send_block(&block).expect("the host does not fail");
    assert!(sent.skipped.is_empty(), "{:?}", sent.skipped);
    assert!(sent.receipts.iter().all(|it| it.is_success()), "{:?}", sent.receipts);
    let outputs = sent.receipts.into_iter().map(|receipt| receipt.call.output).collect();
    (outputs, sent.hash)
}

#[test]
fn calls_after_an_upgrade_in_the_same_block_run_the_new_code() {
    let serial = upgraded(1);
    for (index, output) in serial.0.iter().enumerate() {
        match index {
            0..20 => assert_eq!(output.as_ref(), b"old"),
            20 => assert_eq!(output.last(), Some(&2), "the version is the answer"),
            _ => assert_eq!(output.as_ref(), b"new"),
        }
    }
    for threads in [2, 4, 4, 4] {
        assert_eq!(upgraded(threads), serial);
    }
}
