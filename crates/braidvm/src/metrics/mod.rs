//! Figures of a running engine: counted block by block, read at any moment from any thread.
//!
//! They are counted here rather than through a registry of the whole process, so that two engines
//! of one process do not mix, and a program that does not ask pays for a handful of additions a
//! block. Transactions are measured, and counted by contract and method, only where the
//! configuration serves figures ([`MetricsConfig::listen`](crate::MetricsConfig)) or
//! [`Engine::set_measuring`](crate::Engine::set_measuring) asks for it.

mod prometheus;
mod status;
mod table;
mod watch;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use block::{BlockRecord, ReceiptStatus, execution::BlockStatistics};
use kernel::{Kernel, deployer};
use parking_lot::Mutex;
use primitives::{Address, VmKind};
use state::{Key, StateError, StateView, Store, record::AccountRecord};

use crate::interfaces::StateInterfaces;
use table::Table;

pub use status::{
    BlockFigures, CallCounts, Callee, CalleeFigures, LastBlock, MachineFigures, Status,
    StoreFigures,
};
pub(crate) use watch::Watch;

/// Nanoseconds that blocks are sorted by: from a millisecond to ten seconds.
pub const BLOCK_BUCKETS_NS: [u64; 13] = [
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// Methods whose labels are remembered; beyond them all are looked up again.
const KNOWN_METHODS_MAX: usize = 10_000;

/// What an engine counts.
#[derive(Debug)]
pub(crate) struct Metrics {
    began: Instant,
    counts: Mutex<Counts>,
}

#[derive(Debug)]
struct Counts {
    blocks: BlockFigures,
    transactions: BTreeMap<String, CallCounts>,
    gas_by_vm: BTreeMap<String, u64>,
    table: Table,
    known: BTreeMap<Called, Callee>,
    last_block: Option<LastBlock>,
}

/// An address, and the selector of what was sent to it.
type Called = (Address, Option<[u8; 4]>);

/// A block that was made, for those who count.
pub(crate) struct Made<'a> {
    pub(crate) record: &'a BlockRecord,
    pub(crate) statistics: &'a BlockStatistics,
    pub(crate) skipped: usize,
    /// The place of each receipt's transaction in what was measured.
    pub(crate) places: &'a [usize],
    pub(crate) execution: Duration,
    pub(crate) commit: Duration,
}

/// Whom labels name, as the state after a block has it.
pub(crate) struct Names<'a> {
    pub(crate) view: &'a dyn StateView,
    pub(crate) interfaces: &'a StateInterfaces,
    pub(crate) kernel: &'a Kernel,
}

/// Reads the figures of an engine while it works, from any thread.
///
/// ```
/// use braidvm::{Engine, Request};
///
/// # fn main() -> Result<(), braidvm::EngineError> {
/// let mut engine = Engine::dev();
/// let (alice, bob) = (engine.account("alice")?, engine.account("bob")?);
/// let monitor = engine.monitor();
/// engine.send(&Request::transfer(alice, bob, braidvm::Wei(braidvm::U256::from(1))))?;
/// assert_eq!(monitor.status()?.blocks.count, 1);
/// assert!(monitor.prometheus()?.contains("braid_blocks_total 1\n"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Monitor {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) kernel: Arc<Kernel>,
    pub(crate) chain_id: u64,
    pub(crate) threads: usize,
}

impl Monitor {
    /// The chain at this moment. It reads the store and waits for a block that is being written.
    ///
    /// # Errors
    ///
    /// [`StateError`] where the store cannot tell.
    pub fn status(&self) -> Result<Status, StateError> {
        let store = self.store.metrics()?;
        let mut status = self.metrics.status();
        status.chain_id = self.chain_id;
        status.threads = self.threads;
        status.tip = store.tip.map_or(0, |tip| tip.block.0);
        status.tip_hash = store.tip.map_or_else(String::new, |tip| tip.hash.to_string());
        status.store = StoreFigures {
            retained_blocks: store.retained_blocks,
            prune_lag_blocks: store.prune_lag_blocks,
            disk_bytes: store.disk_bytes,
            cache_bytes: store.cache_bytes,
            cache_bytes_max: store.cache_bytes_max,
            record_hits: store.record_hits,
            record_misses: store.record_misses,
        };
        let machine = |it: kernel::MachineStatus| MachineFigures {
            vm: it.kind.to_string(),
            version: it.version.to_string(),
            is_enabled: it.is_enabled && !it.is_stopped,
            counters: it
                .status
                .counters
                .into_iter()
                .map(|(name, it)| (name.to_owned(), it))
                .collect(),
        };
        status.machines = self.kernel.registry().statuses().map(machine).collect();
        Ok(status)
    }

    /// The same in Prometheus' text format (version 0.0.4).
    ///
    /// # Errors
    ///
    /// As [`status`](Self::status).
    pub fn prometheus(&self) -> Result<String, StateError> {
        Ok(prometheus::render(&self.status()?))
    }
}

impl Metrics {
    pub(crate) fn new(contracts_max: usize) -> Self {
        let counts = Counts {
            blocks: BlockFigures {
                buckets: vec![0; BLOCK_BUCKETS_NS.len()],
                ..BlockFigures::default()
            },
            transactions: BTreeMap::new(),
            gas_by_vm: BTreeMap::new(),
            table: Table::new(contracts_max),
            known: BTreeMap::new(),
            last_block: None,
        };
        Self { began: Instant::now(), counts: Mutex::new(counts) }
    }

    /// Counts a block; its transactions one by one where they were measured.
    pub(crate) fn count(&self, made: &Made<'_>, measured: Option<(&Watch, &Names<'_>)>) {
        let mut counts = self.counts.lock();
        counts.block(made);
        if let Some((watch, names)) = measured {
            for (receipt, place) in made.record.receipts.iter().zip(made.places) {
                counts.transaction(receipt, watch.lap(*place), names);
            }
        }
    }

    fn status(&self) -> Status {
        let counts = self.counts.lock();
        let figures = |(callee, counts): (&Callee, CallCounts)| CalleeFigures {
            callee: callee.clone(),
            counts,
        };
        Status {
            uptime_ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            blocks: counts.blocks.clone(),
            transactions: counts.transactions.clone(),
            gas_by_vm: counts.gas_by_vm.clone(),
            contracts: counts.table.busiest().into_iter().map(figures).collect(),
            other_contracts: counts.table.rest,
            last_block: counts.last_block.clone(),
            ..Status::default()
        }
    }
}

impl Counts {
    fn block(&mut self, made: &Made<'_>) {
        let (header, receipts) = (&made.record.header, &made.record.receipts);
        let (execution_ns, commit_ns) =
            (watch::nanoseconds(made.execution), watch::nanoseconds(made.commit));
        let is_failed = |it: &&block::Receipt| it.status != ReceiptStatus::Success;
        let transactions = receipts.len() as u64;
        let blocks = &mut self.blocks;
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        add(&mut blocks.count, 1);
        add(&mut blocks.transactions, transactions);
        add(&mut blocks.skipped, made.skipped as u64);
        add(&mut blocks.gas, header.gas_used);
        add(&mut blocks.execution_ns, execution_ns);
        add(&mut blocks.commit_ns, commit_ns);
        for (bucket, limit_ns) in blocks.buckets.iter_mut().zip(BLOCK_BUCKETS_NS) {
            add(bucket, u64::from(execution_ns.saturating_add(commit_ns) <= limit_ns));
        }
        if let Some(run) = &made.statistics.run {
            add(&mut blocks.parallel, 1);
            add(&mut blocks.reexecutions, run.reexecutions);
            add(&mut blocks.contended, run.contended as u64);
        }
        self.last_block = Some(LastBlock {
            number: header.number,
            transactions,
            failed: receipts.iter().filter(is_failed).count() as u64,
            gas: header.gas_used,
            gas_limit: header.gas_limit,
            execution_ns,
            commit_ns,
        });
    }

    fn transaction(
        &mut self,
        receipt: &block::Receipt,
        (time_ns, selector): (u64, Option<[u8; 4]>),
        names: &Names<'_>,
    ) {
        let one = |status| u64::from(receipt.status == status);
        let call = CallCounts {
            success: one(ReceiptStatus::Success),
            revert: one(ReceiptStatus::Revert),
            halt: one(ReceiptStatus::Halt),
            gas: receipt.gas_used.0,
            time_ns,
        };
        for (kind, gas) in &receipt.gas_by_vm {
            let sum = self.gas_by_vm.entry(kind.to_string()).or_default();
            *sum = sum.saturating_add(gas.0);
        }
        let callee = self.callee(receipt.to, selector, names);
        self.transactions.entry(callee.vm.clone()).or_default().add(&call);
        self.table.add(callee, &call);
    }

    fn callee(
        &mut self,
        to: Option<Address>,
        selector: Option<[u8; 4]>,
        names: &Names<'_>,
    ) -> Callee {
        let Some(to) = to else {
            let words = (VmKind::Evm.name().to_owned(), "new".to_owned());
            return Callee { vm: words.0, contract: words.1, method: "constructor".to_owned() };
        };
        if self.known.len() >= KNOWN_METHODS_MAX {
            self.known.clear();
        }
        self.known.entry((to, selector)).or_insert_with(|| names.callee(&to, selector)).clone()
    }
}

/// The label of accounts without code.
const NO_MACHINE: &str = "none";

impl Names<'_> {
    fn callee(&self, to: &Address, selector: Option<[u8; 4]>) -> Callee {
        let vm = self.machine(to);
        let method = match selector {
            Some(selector) if vm != NO_MACHINE => self.method(to, selector),
            _ => "transfer".to_owned(),
        };
        // Accounts without code are as many as there are people.
        let contract = if vm == NO_MACHINE { "account".to_owned() } else { to.to_string() };
        Callee { vm: vm.to_owned(), contract, method }
    }

    /// The machine of an address; the EVM for the kernel's own.
    fn machine(&self, address: &Address) -> &'static str {
        if self.kernel.natives().get(address).is_some() {
            return VmKind::Native.name();
        }
        if *address == deployer() {
            return VmKind::Evm.name();
        }
        let key = Key::account(&Address::from_evm(address.evm_alias()));
        let record = self.view.read(&key).ok().flatten();
        match record.and_then(|bytes| AccountRecord::decode(&key, &bytes).ok()) {
            Some(account) if !account.code_hash.is_empty() => account.kind.name(),
            _ => NO_MACHINE,
        }
    }

    fn method(&self, address: &Address, selector: [u8; 4]) -> String {
        let interface = self.interfaces.get(address);
        let method = interface.as_ref().and_then(|it| it.method_by_selector(selector));
        method.map_or_else(
            || alloy_primitives::hex::encode_prefixed(selector),
            |method| method.name.clone(),
        )
    }
}
