//! Blocks in parallel against serially, side by side in rotated order.
//!
//! `cargo run --release -p braid-block --example block_throughput`; behind it may stand how many
//! transactions, rounds and workers.
#![allow(clippy::print_stdout, reason = "an example prints its figures")]
#![allow(unused_crate_dependencies, reason = "an example uses few of them")]

use std::{error::Error, sync::Arc, time::Instant};

use braid_block::execution::{ExecutionMode, Executor, ExecutorConfig};
use kernel::{Kernel, KernelConfig, Transaction};
use primitives::{Address, B256, CodeHash, Gas, U256, VmKind, Wei, keccak256};
use state::{EmptyView, Key, Overlay, StateView, WriteSet, record::AccountRecord};
use vm::BlockEnvironment;

const FUNDS: u64 = 1 << 60;
const GAS_LIMIT: u64 = 3_000_000;

/// `transfer(to, amount)` of a token without selector: two balances in a mapping and an event.
const TOKEN_CODE: &str = concat!(
    "335f525f60205260405f208054602035808210605f57900390555f355f5260405f20805460203501",
    "90556020355f525f35337fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df5",
    "23b3ef60205fa360015f5260205ff35b5f5ffd",
);

/// Counts down from 2,000 and then counts in the slot of its caller.
const WORK_CODE: &str = "6107d05b6001900380600357503354600101335500";

/// Counts in one slot.
const HOT_CODE: &str = "5f546001015f5500";

type AnyResult<T> = Result<T, Box<dyn Error>>;

fn main() -> AnyResult<()> {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|it| it.parse().ok()).collect();
    let count = numbers.first().copied().unwrap_or(20_000);
    let rounds = numbers.get(1).copied().unwrap_or(7);
    let workers = numbers.get(2).copied().unwrap_or(2);
    let kernel = Arc::new(Kernel::new(KernelConfig::default())?);
    let view = world(count as u64)?;
    let serial = Executor::serial(Arc::clone(&kernel));
    let mode = ExecutionMode::Parallel;
    let config = ExecutorConfig { mode, workers, ..ExecutorConfig::default() };
    let parallel = Executor::new(kernel, &config)?;
    let block = BlockEnvironment {
        gas_limit: Gas(u64::MAX >> 1),
        beneficiary: contract(9),
        ..BlockEnvironment::default()
    };
    for (name, transaction) in WORKLOADS {
        let transactions: Arc<[Transaction]> =
            (0..count as u64).map(|at| transaction(at, count as u64)).collect();
        let run = |executor: &Executor| -> AnyResult<(f64, u64)> {
            let clock = Instant::now();
            let done = executor.execute(Arc::clone(&view), &block, Arc::clone(&transactions))?;
            let seconds = clock.elapsed().as_secs_f64();
            assert!(done.outcomes.iter().all(|it| it.included().is_some()), "all are included");
            Ok((seconds, done.statistics.run.map_or(0, |run| run.reexecutions)))
        };
        let mut ratios = Vec::new();
        let mut last = (0.0, 0.0, 0);
        run(&serial)?;
        run(&parallel)?;
        for round in 0..rounds {
            let (one, other) = if round % 2 == 0 {
                let one = run(&serial)?;
                (one, run(&parallel)?)
            } else {
                let other = run(&parallel)?;
                (run(&serial)?, other)
            };
            ratios.push(one.0 / other.0);
            last = (one.0, other.0, other.1);
        }
        ratios.sort_by(f64::total_cmp);
        let each = |seconds: f64| seconds * 1e6 / count as f64;
        println!(
            "{name:16} serial {:7.3} us, parallel {:7.3} us, speed-up {:.2} ({:.2} to {:.2}), \
             in vain {}",
            each(last.0),
            each(last.1),
            ratios[ratios.len() / 2],
            ratios[0],
            ratios[ratios.len() - 1],
            last.2,
        );
    }
    Ok(())
}

type Workload = (&'static str, fn(u64, u64) -> Transaction);

const WORKLOADS: [Workload; 6] = [
    ("coin, distinct", |at, count| coin(account(at), account(count + at))),
    ("coin, random", |at, count| coin(account(at * 7 % count), account(at * at % count))),
    ("token, distinct", |at, count| token(account(at), account(count + at))),
    ("token, one receiver", |at, _| token(account(at), account(0))),
    ("work, own slots", |at, _| call(account(at), contract(2))),
    ("hot counter", |at, _| call(account(at), contract(3))),
];

fn world(count: u64) -> AnyResult<Arc<dyn StateView>> {
    let mut records = WriteSet::new();
    for (number, code) in [(1, TOKEN_CODE), (2, WORK_CODE), (3, HOT_CODE)] {
        let code: Vec<u8> = (0..code.len() / 2)
            .map(|at| u8::from_str_radix(&code[2 * at..2 * at + 2], 16))
            .collect::<Result<_, _>>()?;
        let code_hash = CodeHash(keccak256(&code));
        records.put(Key::code(&code_hash), code);
        let record = AccountRecord { kind: VmKind::Evm, nonce: 1, code_hash, ..Default::default() };
        records.put(Key::account(&contract(number)), record.encode());
    }
    for at in 0..count {
        let record = AccountRecord { balance: Wei::from_u64(FUNDS), ..Default::default() };
        records.put(Key::account(&account(at)), record.encode());
        let place = [account(at).as_bytes().as_slice(), &[0; 32]].concat();
        let slot: B256 = keccak256(place);
        let tokens = U256::from(1u64 << 40).to_be_bytes::<32>().to_vec();
        records.put(Key::slot(&contract(1), &slot), tokens);
    }
    Ok(Arc::new(Overlay::new(Arc::new(EmptyView), records)))
}

fn account(at: u64) -> Address {
    let mut bytes = [0; 32];
    bytes[12] = 1;
    bytes[13..21].copy_from_slice(&at.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    Address::new(bytes)
}

fn contract(number: u8) -> Address {
    let mut bytes = [0; 32];
    bytes[12..].fill(0x70 + number);
    Address::new(bytes)
}

fn call(from: Address, to: Address) -> Transaction {
    Transaction { from, to: Some(to), gas_limit: Gas(GAS_LIMIT), ..Transaction::default() }
}

fn coin(from: Address, to: Address) -> Transaction {
    Transaction { value: Wei::from_u64(1), ..call(from, to) }
}

fn token(from: Address, to: Address) -> Transaction {
    let amount = U256::from(1).to_be_bytes::<32>();
    let input = [to.as_bytes().as_slice(), &amount].concat().into();
    Transaction { input, ..call(from, contract(1)) }
}
