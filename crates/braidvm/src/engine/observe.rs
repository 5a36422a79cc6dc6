//! What is told of the blocks that an engine makes: figures and the log.

use std::sync::Arc;

use block::Receipt;
use primitives::Address;
use tracing::{Level, debug, enabled, info};

use super::Engine;
use crate::metrics::{Made, Monitor, Names, Watch};

impl Engine {
    /// Reads the figures of this engine from any thread, while it works.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        Monitor {
            metrics: Arc::clone(&self.metrics),
            store: Arc::clone(&self.store),
            kernel: Arc::clone(self.executor.kernel()),
            chain_id: self.rules.chain_id,
            threads: self.executor.workers(),
        }
    }

    /// Whether transactions are measured one by one, and counted by contract and method. It costs
    /// a little time for each; blocks are counted in any case.
    pub const fn set_measuring(&mut self, is_measuring: bool) {
        self.is_measuring = is_measuring;
    }

    /// Counts and logs a block that has become durable.
    pub(super) fn observe(&self, made: &Made<'_>, watch: &Watch) {
        if self.is_measuring {
            let (view, interfaces) = (self.store.latest(), self.interfaces());
            let kernel = self.kernel();
            let names = Names { view: view.as_ref(), interfaces: &interfaces, kernel };
            self.metrics.count(made, Some((watch, &names)));
        } else {
            self.metrics.count(made, None);
        }
        let (header, receipts) = (&made.record.header, &made.record.receipts);
        info!(
            target: "braid::block",
            number = header.number,
            transactions = receipts.len(),
            skipped = made.skipped,
            gas_used = header.gas_used,
            execution_us = micros(made.execution),
            commit_us = micros(made.commit),
            "block"
        );
        if enabled!(target: "braid::transaction", Level::DEBUG) {
            for (receipt, place) in receipts.iter().zip(made.places) {
                log(receipt, header.number, watch.lap(*place));
            }
        }
    }
}

fn log(receipt: &Receipt, number: u64, (time_ns, selector): (u64, Option<[u8; 4]>)) {
    let contract: Option<Address> = receipt.to.or(receipt.created);
    debug!(
        target: "braid::transaction",
        block = number,
        index = receipt.index.0,
        hash = %receipt.transaction_hash,
        contract = contract.map(tracing::field::display),
        selector = selector.map(alloy_primitives::hex::encode_prefixed),
        outcome = receipt.status.name(),
        gas_used = receipt.gas_used.0,
        time_us = time_ns / 1_000,
        reason = receipt.reason.as_deref(),
        "transaction"
    );
}

fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
