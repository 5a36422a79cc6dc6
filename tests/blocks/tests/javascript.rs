//! Blocks of calls to contracts in JavaScript are the same on any number of threads.

use braid_block_tests::{Random, traffic::config};
use braidvm::{
    Address, Artifact, BlockNumber, Deploy, Engine, Gas, Hash, SignedTransaction, Value,
    dev_accounts,
    rooms::{abi::Method, js_compiler::pack, kernel::Transaction},
};

const BLOCKS: u64 = 3;
const TRANSACTIONS: usize = 60;

/// Own records of every sender, one record of all, one that fails, and a field that is new.
const LEDGER: &str = "
import { storage, blockchain, event } from 'chain';

export function add(amount: bigint): bigint {
    const caller = blockchain.caller();
    const sum: bigint = storage.mapGet('own', caller) ?? 0n;
    storage.mapPut('own', caller, sum + amount);
    event.emit('Added', { amount });
    return sum;
}

export function together(amount: bigint): void {
    const sum: bigint = storage.get('sum') ?? 0n;
    storage.put('sum', sum + amount);
}

export function fail(amount: bigint): void {
    storage.put('sum', amount);
    throw new Error(`no ${amount}`);
}
";

fn block(engine: &Engine, random: &mut Random, ledgers: &[Address]) -> Vec<SignedTransaction> {
    let accounts = dev_accounts();
    let mut nonces = vec![None; accounts.len()];
    let sign = |_| {
        let index = random.below(accounts.len() as u64) as usize;
        let from = accounts[index].address;
        let name = ["add(uint256)", "add(uint256)", "together(uint256)", "fail(uint256)"]
            [random.below(4) as usize];
        let method = Method::parse(name).expect("a signature");
        let transaction = Transaction {
            from,
            to: Some(*random.of(ledgers)),
            input: method.encode_call(&[Value::uint(random.below(99))]).expect("a number"),
            gas_limit: Gas(300_000),
            ..Transaction::default()
        };
        let nonce = nonces[index].get_or_insert_with(|| engine.nonce(&from).expect("held"));
        let signed = engine.sign(&transaction, *nonce).expect("it has a form");
        *nonce += 1;
        signed
    };
    (0..TRANSACTIONS).map(sign).collect()
}

fn chain(threads: usize, verify: bool) -> Vec<Hash> {
    let mut config = config(threads);
    config.execution.verify = verify;
    let mut engine = Engine::in_memory(config).expect("an engine");
    let maker = dev_accounts()[0].address;
    let ledgers = [(); 3].map(|()| {
        let read = |name: &str| (name == "main.ts").then(|| LEDGER.to_owned());
        let unit = pack("main.ts", &read).expect("sound sources");
        let artifact = Artifact::new("main.ts", unit.encode().into());
        engine.deploy(&Deploy::new(maker, artifact)).expect("valid").expect_contract()
    });
    let mut random = Random::new(5);
    for _ in 0..BLOCKS {
        let transactions = block(&engine, &mut random, &ledgers);
        let made = engine.send_block(&transactions).expect("the host does not fail");
        assert!(made.skipped.is_empty(), "{:?}", made.skipped);
        let succeeded =
            made.record.receipts.iter().filter(|it| it.status.name() == "success").count();
        assert!(succeeded > TRANSACTIONS / 2 && succeeded < TRANSACTIONS, "{succeeded}");
    }
    let hash = |number| engine.block(BlockNumber(number)).expect("held").hash();
    (0..=engine.tip().0).map(hash).collect()
}

#[test]
fn any_number_of_threads_makes_the_same_chain() {
    let expected = chain(1, false);
    assert_eq!(chain(4, false), expected);
    assert_eq!(chain(3, true), expected, "both ways at once");
}
