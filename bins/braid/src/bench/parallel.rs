//! Blocks on two threads against one transaction after another.
//!
//! Both sides execute the same block over the same records; that they agree is checked before
//! anything is measured. Time is on the wall, since threads are what is measured, so the machine
//! has to be quiet. What more threads would gain is simulated.

use std::{sync::Arc, time::Instant};

use alloy_primitives::{hex, keccak256};
use braidvm::{
    Address, Bytes, CodeHash, Gas, U256, VmKind, Wei,
    rooms::{
        block::execution::{ExecutionMode, Executor, ExecutorConfig, Observed, Policy, simulate},
        kernel::{Kernel, KernelConfig, Transaction},
        state::{EmptyView, Key, Overlay, StateView, WriteSet, record::AccountRecord},
        vm::BlockEnvironment,
        vm_wasm::{EngineChoice, WasmConfig},
    },
};

use super::{Bench, Goal, Pair, host_failure, module, thousands_per_second};
use crate::failure::Failure;

/// Transactions of a block.
const LIGHT: u64 = 20_000;
const HEAVY: u64 = 2_000;
pub(super) const WORKERS: usize = 2;
/// Threads that are simulated.
const SIMULATED: [usize; 5] = [4, 8, 16, 32, 64];
/// Transactions of a block that is simulated.
const OBSERVED: u64 = 2_000;
const FUNDS: u64 = 1 << 60;
const GAS_LIMIT: u64 = 3_000_000;

const TOKEN: u8 = 1;
const HOT: u8 = 2;
const CROSSING: u8 = 3;
const ANSWER: u8 = 4;
const COMPUTE: u8 = 5;
const BENEFICIARY: u8 = 9;

/// `transfer(to, amount)` of a token without selector: two balances in a mapping and an event.
const TOKEN_CODE: &str = concat!(
    "335f525f60205260405f208054602035808210605f57900390555f355f5260405f20805460203501",
    "90556020355f525f35337fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df5",
    "23b3ef60205fa360015f5260205ff35b5f5ffd",
);

/// Counts in one slot, which everybody writes.
const HOT_CODE: &str = "5f546001015f5500";

/// Calls [`ANSWER`] eight times and counts in the slot of its caller.
const CROSSING_CODE: &str = concat!(
    "6008",
    "5b",
    "60205f5f5f5f",
    "73",
    "7474747474747474747474747474747474747474",
    "5af150",
    "600190038060025750",
    "335460010133",
    "5500",
);

const ANSWER_CODE: &str = r#"(module
    (import "braid1" "output_write" (func $output_write (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "call") (param i32) (result i32)
        (call $output_write (i32.const 0) (i32.const 32))
        (i32.const 0)))"#;

/// Counts to 50,000.
const COMPUTE_CODE: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "call") (param i32) (result i32) (local $left i32) (local $sum i32)
        (local.set $left (i32.const 50000))
        (loop $again
            (local.set $sum (i32.xor
                (i32.mul (local.get $sum) (i32.const 31)) (local.get $left)))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br_if $again (local.get $left)))
        (i32.store (i32.const 0) (local.get $sum))
        (i32.const 0)))"#;

/// A kind of block.
struct Workload {
    name: &'static str,
    count: u64,
    /// What two threads shall gain.
    goal: f64,
    transaction: fn(u64, u64) -> Transaction,
}

const WORKLOADS: [Workload; 7] = [
    Workload {
        name: "coin transfers",
        count: LIGHT,
        goal: 1.7,
        transaction: |at, count| coin(account(at), account(count + at)),
    },
    Workload {
        name: "coin transfers among 20,000",
        count: LIGHT,
        goal: 1.0,
        transaction: |at, count| coin(account(at * 7 % count), account(at * at % count)),
    },
    Workload {
        name: "token transfers",
        count: LIGHT,
        goal: 1.7,
        transaction: |at, count| token(account(at), account(count + at)),
    },
    Workload {
        name: "token transfers to one account",
        count: LIGHT,
        goal: 0.9,
        transaction: |at, _| token(account(at), account(0)),
    },
    Workload {
        name: "calls from EVM to WASM",
        count: HEAVY,
        goal: 1.7,
        transaction: |at, _| call(account(at), contract(CROSSING)),
    },
    Workload {
        name: "WASM compute",
        count: HEAVY,
        goal: 1.7,
        transaction: |at, _| call(account(at), contract(COMPUTE)),
    },
    Workload {
        name: "one hot slot",
        count: LIGHT,
        goal: 0.9,
        transaction: |at, _| call(account(at), contract(HOT)),
    },
];

/// The executors of the measurement and the records that they begin from.
pub(super) struct Cast {
    serial: Executor,
    one: Executor,
    pub(super) two: Executor,
    observing: Executor,
    pub(super) view: Arc<dyn StateView>,
    pub(super) block: BlockEnvironment,
}

pub(super) fn run(bench: &mut Bench<'_>) -> Result<(), Failure> {
    let cast = Cast::new()?;
    for Workload { name, count, goal, transaction } in WORKLOADS {
        let transactions: Arc<[Transaction]> =
            (0..count).map(|at| transaction(at, count)).collect();
        cast.verify(&transactions)?;
        bench.measure(Pair {
            name,
            unit: "thousand/s",
            goal: Goal::AtLeast(goal),
            this: &mut || cast.rate(&cast.two, &transactions),
            peer: &mut || cast.rate(&cast.serial, &transactions),
        })?;
        if name == "coin transfers" {
            bench.measure(Pair {
                name: "coin transfers, one worker",
                unit: "thousand/s",
                goal: Goal::AtLeast(0.9),
                this: &mut || cast.rate(&cast.one, &transactions),
                peer: &mut || cast.rate(&cast.serial, &transactions),
            })?;
        }
    }
    super::prefetch::run(bench, &cast)?;
    for Workload { name, transaction, .. } in WORKLOADS {
        let transactions: Arc<[Transaction]> =
            (0..OBSERVED).map(|at| transaction(at, OBSERVED)).collect();
        let observed = cast.observe(&transactions)?;
        for workers in SIMULATED {
            let gain = |policy| {
                let played = simulate(&observed, workers, policy);
                played.serial.as_secs_f64() / played.makespan.as_secs_f64()
            };
            let (this, peer) = (gain(Policy::Optimistic), gain(Policy::PerfectKnowledge));
            let name = format!("{name}, {workers} workers, simulated");
            bench.push(name, "times serial", (this, peer, this / peer), Goal::AtLeast(0.8))?;
        }
    }
    Ok(())
}

impl Cast {
    fn new() -> Result<Self, Failure> {
        let wasm = WasmConfig { engine: EngineChoice::Compiled, ..WasmConfig::default() };
        let config = KernelConfig { wasm, ..KernelConfig::default() };
        let kernel = Arc::new(Kernel::new(config).map_err(host_failure)?);
        let executor = |workers, is_observed| {
            let mode = ExecutionMode::Parallel;
            let stretch = usize::from(is_observed);
            let config =
                ExecutorConfig { mode, workers, stretch, is_observed, ..ExecutorConfig::default() };
            Executor::new(Arc::clone(&kernel), &config)
        };
        Ok(Self {
            serial: Executor::serial(Arc::clone(&kernel)),
            one: executor(1, false),
            two: executor(WORKERS, false),
            observing: executor(1, true),
            view: world()?,
            block: BlockEnvironment {
                gas_limit: Gas(u64::MAX >> 1),
                beneficiary: contract(BENEFICIARY),
                ..BlockEnvironment::default()
            },
        })
    }

    fn verify(&self, transactions: &Arc<[Transaction]>) -> Result<(), Failure> {
        let (view, transactions) = (Arc::clone(&self.view), Arc::clone(transactions));
        let executed = self.two.verify(view, &self.block, transactions).map_err(host_failure)?;
        let has_failed =
            |result: &braidvm::rooms::kernel::TransactionResult| !result.status.is_success();
        match executed.outcomes.iter().find(|it| it.included().is_none_or(has_failed)) {
            Some(outcome) => Err(Failure::Host(anyhow::anyhow!("it did not succeed: {outcome:?}"))),
            None => Ok(()),
        }
    }

    fn rate(&self, executor: &Executor, transactions: &Arc<[Transaction]>) -> Result<f64, Failure> {
        let clock = Instant::now();
        let (view, same) = (Arc::clone(&self.view), Arc::clone(transactions));
        executor.execute(view, &self.block, same).map_err(host_failure)?;
        Ok(thousands_per_second(transactions.len() as u64, clock.elapsed()))
    }

    /// Every transaction for itself: how long it took and from whom it read.
    fn observe(&self, transactions: &Arc<[Transaction]>) -> Result<Vec<Observed>, Failure> {
        let (view, same) = (Arc::clone(&self.view), Arc::clone(transactions));
        let executed = self.observing.execute(view, &self.block, same).map_err(host_failure)?;
        let run = executed.statistics.run.map(|run| run.observed.clone());
        run.ok_or_else(|| Failure::Host(anyhow::anyhow!("nothing was observed")))
    }
}

fn world() -> Result<Arc<dyn StateView>, Failure> {
    let mut records = WriteSet::new();
    let mut put = |number: u8, kind: VmKind, code: Bytes| {
        let code_hash = CodeHash(keccak256(&code));
        records.put(Key::code(&code_hash), code);
        let record = AccountRecord { kind, nonce: 1, code_hash, ..AccountRecord::default() };
        records.put(Key::account(&contract(number)), record.encode());
    };
    for (number, code) in [(TOKEN, TOKEN_CODE), (HOT, HOT_CODE), (CROSSING, CROSSING_CODE)] {
        put(number, VmKind::Evm, hex::decode(code).map_err(host_failure)?.into());
    }
    for (number, text) in [(ANSWER, ANSWER_CODE), (COMPUTE, COMPUTE_CODE)] {
        put(number, VmKind::Wasm, module(text)?);
    }
    for at in 0..LIGHT {
        let record = AccountRecord { balance: Wei::from_u64(FUNDS), ..AccountRecord::default() };
        records.put(Key::account(&account(at)), record.encode());
        let place = [account(at).as_bytes().as_slice(), &[0; 32]].concat();
        let tokens = U256::from(1u64 << 40).to_be_bytes::<32>().to_vec();
        records.put(Key::slot(&contract(TOKEN), &keccak256(place)), tokens);
    }
    Ok(Arc::new(Overlay::new(Arc::new(EmptyView), records)))
}

/// Accounts do not lie in the order of their numbers.
pub(super) fn account(at: u64) -> Address {
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

pub(super) fn coin(from: Address, to: Address) -> Transaction {
    Transaction { value: Wei::from_u64(1), ..call(from, to) }
}

fn token(from: Address, to: Address) -> Transaction {
    let amount = U256::from(1).to_be_bytes::<32>();
    let input = [to.as_bytes().as_slice(), &amount].concat().into();
    Transaction { input, ..call(from, contract(TOKEN)) }
}
