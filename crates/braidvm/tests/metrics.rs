//! Figures equal what receipts say, and read as Prometheus' text format.

use std::collections::BTreeMap;

use braidvm::{
    Artifact, BlockNumber, Config, Deploy, Engine, Gas, Request, SignedTransaction, U256, Wei,
    metrics::Monitor,
    rooms::block::{Receipt, ReceiptStatus},
};

const COUNTER: &[u8] = include_bytes!("../../../contracts/artifacts/c/counter.wasm");
const TOKEN: &[u8] = include_bytes!("../../../contracts/artifacts/solidity/Token.json");

/// The samples of a page by name and labels; every line is a sample or a remark, and every sample
/// belongs to the family above it.
fn samples(page: &str) -> BTreeMap<String, String> {
    let mut family = String::new();
    let mut samples = BTreeMap::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            family = rest.split(' ').next().expect("the test is right").to_owned();
            let kind = rest.split(' ').nth(1).expect("the test is right");
            assert!(["counter", "gauge", "histogram", "untyped"].contains(&kind), "{line}");
        } else if !line.starts_with("# HELP ") {
            let (name, value) = line.rsplit_once(' ').expect("the test is right");
            assert!(name.starts_with(&family) && !family.is_empty(), "{line} is not of {family}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert_eq!(name.contains('{'), name.ends_with('}'), "{line}");
            assert_eq!(samples.insert(name.to_owned(), value.to_owned()), None, "{line} twice");
        }
    }
    samples
}

fn sum(samples: &BTreeMap<String, String>, name: &str, label: &str) -> u64 {
    let wanted = samples
        .iter()
        .filter(|(key, _)| key.split('{').next() == Some(name) && key.contains(label));
    wanted.map(|(_, value)| value.parse::<u64>().expect("the test is right")).sum()
}

struct Chain {
    engine: Engine,
    monitor: Monitor,
    receipts: Vec<Receipt>,
    skipped: u64,
}

/// Blocks with calls of two machines, transfers, reverts, and a transaction that may not be there.
fn chain(threads: usize, contracts: usize) -> Chain {
    let mut config = Config::default();
    config.execution.threads = threads;
    config.execution.parallel_from = 2;
    config.metrics.contracts = contracts;
    let mut engine = Engine::in_memory(config).expect("the test is right");
    let alice = engine.account("alice").expect("the test is right");
    let bob = engine.account("bob").expect("the test is right");
    let deploy = |engine: &mut Engine, bytes: &[u8], arguments: &[&str]| {
        let artifact = Artifact::from_bytes("made", bytes).expect("the test is right");
        let deploy = Deploy::new(alice, artifact)
            .arguments(arguments.iter().map(ToString::to_string).collect::<Vec<_>>());
        engine.deploy(&deploy).expect("the test is right").expect_contract()
    };
    let token = deploy(&mut engine, TOKEN, &["Gold", "GLD", "1000"]);
    let counter = deploy(&mut engine, COUNTER, &[]);
    // Transactions are counted from here on, blocks from the first.
    engine.set_measuring(true);
    let monitor = engine.monitor();
    let first = engine.tip().0 + 1;
    let mut skipped = 0;
    for _ in 0..2 {
        let first_nonce = engine.nonce(&alice).expect("memory");
        let requests = [
            Request::new(alice, token, "transfer").arguments(["bob", "5"]),
            Request::new(alice, token, "transfer").arguments(["bob", "5000"]),
            Request::new(alice, counter, "add").arguments(["3"]),
            Request::transfer(alice, bob, Wei(U256::from(7))),
        ];
        let mut signed: Vec<SignedTransaction> = Vec::new();
        for (nonce, request) in (first_nonce..).zip(&requests) {
            let request = request.clone().gas_limit(Gas(1_000_000));
            let (transaction, _) = engine.transaction(&request).expect("the test is right");
            signed.push(engine.sign(&transaction, nonce).expect("the test is right"));
        }
        // The nonce is used.
        signed.insert(1, signed[0].clone());
        skipped += engine.send_block(&signed).expect("the test is right").skipped.len() as u64;
    }
    let tip = engine.tip().0;
    let blocks =
        (first..=tip).map(|number| engine.block(BlockNumber(number)).expect("the test is right"));
    let receipts = blocks.flat_map(|block| block.receipts).collect();
    Chain { engine, monitor, receipts, skipped }
}

#[test]
fn figures_equal_receipts() {
    for threads in [1, 3] {
        let Chain { engine, monitor, receipts, skipped } = chain(threads, 50);
        let page = samples(&monitor.prometheus().unwrap());
        assert_eq!((receipts.len(), skipped), (8, 2));
        for (outcome, status) in [
            ("success", ReceiptStatus::Success),
            ("revert", ReceiptStatus::Revert),
            ("halt", ReceiptStatus::Halt),
        ] {
            let expected = receipts.iter().filter(|it| it.status == status).count() as u64;
            let label = format!("outcome=\"{outcome}\"");
            assert_eq!(sum(&page, "braid_transactions_total", &label), expected, "{outcome}");
            assert_eq!(sum(&page, "braid_contract_calls_total", &label), expected, "{outcome}");
        }
        let gas: u64 = receipts.iter().map(|it| it.gas_used.0).sum();
        assert_eq!(sum(&page, "braid_contract_gas_total", ""), gas);
        let by_vm: u64 = receipts.iter().flat_map(|it| &it.gas_by_vm).map(|(_, gas)| gas.0).sum();
        assert_eq!(sum(&page, "braid_gas_total", ""), by_vm);
        assert_eq!(sum(&page, "braid_transactions_total", "vm=\"wasm\""), 2);
        assert_eq!(sum(&page, "braid_transactions_total", "vm=\"evm\""), 4);
        assert_eq!(sum(&page, "braid_transactions_total", "vm=\"none\""), 2);
        assert_eq!(sum(&page, "braid_contract_calls_total", "method=\"add\""), 2);
        assert_eq!(page["braid_block_skipped_total"], "2");
        assert_eq!(page["braid_tip_block"], engine.tip().to_string());
        let blocks = page["braid_blocks_total"].clone();
        assert_eq!(page["braid_block_seconds_bucket{le=\"+Inf\"}"], blocks);
        assert_eq!(page["braid_block_seconds_count"], blocks);
        assert_eq!(page["braid_parallel_blocks_total"], if threads == 1 { "0" } else { "2" });
        assert!(page.keys().any(|key| key.contains("name=\"cache_programs\"")));
        let status = monitor.status().unwrap();
        assert!(status.contracts.iter().all(|it| it.counts.time_ns > 0), "{status:?}");
        let text = serde_json::to_string(&status).unwrap();
        assert_eq!(serde_json::from_str::<braidvm::metrics::Status>(&text).unwrap(), status);
    }
}

#[test]
fn what_has_no_series_of_its_own_is_counted_together() {
    let Chain { monitor, receipts, .. } = chain(1, 1);
    let status = monitor.status().unwrap();
    assert_eq!(status.contracts.len(), 1);
    let counted: u64 = status.contracts.iter().map(|it| it.counts.total()).sum();
    assert_eq!(counted + status.other_contracts.total(), receipts.len() as u64);
}

#[test]
fn nothing_is_measured_unless_asked_for() {
    let mut engine = Engine::dev();
    let (alice, bob) = (engine.account("alice").unwrap(), engine.account("bob").unwrap());
    engine.send(&Request::transfer(alice, bob, Wei(U256::from(1)))).unwrap();
    let status = engine.monitor().status().unwrap();
    assert_eq!((status.blocks.count, status.blocks.transactions), (1, 1));
    assert!(status.transactions.is_empty() && status.contracts.is_empty());
}
