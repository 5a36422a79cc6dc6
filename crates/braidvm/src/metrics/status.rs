//! What a chain says of itself at one moment, in words that travel as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A chain at one moment: where it is, its machines, its store, and what this process has done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The number of the chain (EIP-155).
    pub chain_id: u64,
    /// The height of the last block.
    pub tip: u64,
    /// Its hash.
    pub tip_hash: String,
    /// Threads that execute blocks.
    pub threads: usize,
    /// Milliseconds since this process began to count.
    pub uptime_ms: u64,
    /// The machines.
    pub machines: Vec<MachineFigures>,
    /// The store.
    pub store: StoreFigures,
    /// The blocks that this process has made.
    pub blocks: BlockFigures,
    /// Transactions by machine.
    pub transactions: BTreeMap<String, CallCounts>,
    /// Gas by the machine that used it, before refunds.
    pub gas_by_vm: BTreeMap<String, u64>,
    /// The busiest contracts and methods.
    pub contracts: Vec<CalleeFigures>,
    /// All others together.
    pub other_contracts: CallCounts,
    /// The last block that this process has made.
    pub last_block: Option<LastBlock>,
}

/// A machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineFigures {
    /// Its name.
    pub vm: String,
    /// The version of its rules.
    pub version: String,
    /// Whether its contracts run.
    pub is_enabled: bool,
    /// What it counts.
    pub counters: BTreeMap<String, u64>,
}

/// A store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreFigures {
    /// Blocks whose states can be read.
    pub retained_blocks: u64,
    /// Blocks below the window whose history is not yet all gone.
    pub prune_lag_blocks: u64,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Bytes kept in memory for reads.
    pub cache_bytes: u64,
    /// The most that these may come to.
    pub cache_bytes_max: u64,
    /// How often a record of the latest state was read that was in memory.
    #[serde(default)]
    pub record_hits: u64,
    /// How often one was read that was not.
    #[serde(default)]
    pub record_misses: u64,
}

/// The blocks of one process, together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockFigures {
    /// How many.
    pub count: u64,
    /// Transactions in them.
    pub transactions: u64,
    /// Transactions that were given and are not in them.
    pub skipped: u64,
    /// Their gas.
    pub gas: u64,
    /// Nanoseconds of execution.
    pub execution_ns: u64,
    /// Nanoseconds until they were durable, after execution.
    pub commit_ns: u64,
    /// Blocks that took at most so many nanoseconds in all, for each of
    /// [`BLOCK_BUCKETS_NS`](super::BLOCK_BUCKETS_NS), one within the next.
    pub buckets: Vec<u64>,
    /// Attempts of parallel execution that were in vain.
    pub reexecutions: u64,
    /// Stretches of transactions that ran one after another under contention.
    pub contended: u64,
    /// Blocks that were executed on many threads.
    pub parallel: u64,
}

/// One block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastBlock {
    /// Its height.
    pub number: u64,
    /// Transactions in it.
    pub transactions: u64,
    /// How many of them failed.
    pub failed: u64,
    /// Its gas.
    pub gas: u64,
    /// The most that it could have.
    pub gas_limit: u64,
    /// Nanoseconds of its execution.
    pub execution_ns: u64,
    /// Nanoseconds until it was durable, after execution.
    pub commit_ns: u64,
}

/// A method of a contract, as labels name it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Callee {
    /// The machine; `none` for an account without code.
    pub vm: String,
    /// The address.
    pub contract: String,
    /// The name of the method, or its selector where no interface names it; `transfer` for coin
    /// alone, `constructor` for the making of a contract.
    pub method: String,
}

/// A method of a contract with its figures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalleeFigures {
    /// Which.
    #[serde(flatten)]
    pub callee: Callee,
    /// What was counted.
    #[serde(flatten)]
    pub counts: CallCounts,
}

/// Transactions by how they ended, their gas and time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallCounts {
    /// That did what was asked.
    pub success: u64,
    /// That gave up by themselves.
    pub revert: u64,
    /// That were ended.
    pub halt: u64,
    /// Their gas, refunds taken off.
    pub gas: u64,
    /// Nanoseconds that they ran, attempts in vain included; 0 where transactions are not measured.
    pub time_ns: u64,
}

impl CallCounts {
    /// Nothing.
    pub const ZERO: Self = Self { success: 0, revert: 0, halt: 0, gas: 0, time_ns: 0 };

    /// How many there are.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.success.saturating_add(self.revert).saturating_add(self.halt)
    }

    /// How many failed.
    #[must_use]
    pub const fn failed(&self) -> u64 {
        self.revert.saturating_add(self.halt)
    }

    pub(super) const fn add(&mut self, other: &Self) {
        self.success = self.success.saturating_add(other.success);
        self.revert = self.revert.saturating_add(other.revert);
        self.halt = self.halt.saturating_add(other.halt);
        self.gas = self.gas.saturating_add(other.gas);
        self.time_ns = self.time_ns.saturating_add(other.time_ns);
    }
}
