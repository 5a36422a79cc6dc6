//! Figures in Prometheus' text format: names end in their unit, times are seconds.

use std::fmt::{Display, Write};

use super::{
    BLOCK_BUCKETS_NS,
    status::{CallCounts, Callee, Status},
};

const NANOSECONDS: u64 = 1_000_000_000;

pub(super) fn render(status: &Status) -> String {
    let mut page = Page::default();
    chain(&mut page, status);
    blocks(&mut page, status);
    transactions(&mut page, status);
    contracts(&mut page, status);
    machines(&mut page, status);
    page.text
}

fn chain(page: &mut Page, status: &Status) {
    page.family("braid_chain_info", "gauge", "The chain, as labels.");
    page.sample("braid_chain_info", &[("chain_id", &status.chain_id.to_string())], 1);
    for (name, help, value) in [
        ("braid_tip_block", "Height of the last block.", status.tip),
        ("braid_threads", "Threads that execute blocks.", status.threads as u64),
        (
            "braid_store_retained_blocks",
            "Blocks whose states can be read.",
            status.store.retained_blocks,
        ),
        (
            "braid_store_prune_lag_blocks",
            "Blocks below the window whose history is not yet gone.",
            status.store.prune_lag_blocks,
        ),
        ("braid_store_disk_bytes", "Bytes on disk.", status.store.disk_bytes),
        ("braid_store_cache_bytes", "Bytes kept in memory for reads.", status.store.cache_bytes),
        (
            "braid_store_cache_bytes_max",
            "The most that these may come to.",
            status.store.cache_bytes_max,
        ),
    ] {
        page.single(name, "gauge", help, value);
    }
    for (name, help, value) in [
        (
            "braid_store_record_hits_total",
            "Reads of a record of the latest state that was in memory.",
            status.store.record_hits,
        ),
        (
            "braid_store_record_misses_total",
            "Reads of one that was not.",
            status.store.record_misses,
        ),
    ] {
        page.single(name, "counter", help, value);
    }
    let uptime = Decimal(status.uptime_ms, 1_000);
    page.single("braid_uptime_seconds", "gauge", "Since this process began to count.", uptime);
}

fn blocks(page: &mut Page, status: &Status) {
    let blocks = &status.blocks;
    for (name, help, value) in [
        ("braid_blocks_total", "Blocks that this process made.", blocks.count),
        ("braid_block_transactions_total", "Transactions in them.", blocks.transactions),
        (
            "braid_block_skipped_total",
            "Transactions that were given and are not in them.",
            blocks.skipped,
        ),
        ("braid_block_gas_total", "Gas of them.", blocks.gas),
        ("braid_parallel_blocks_total", "Blocks executed on many threads.", blocks.parallel),
        (
            "braid_parallel_reexecutions_total",
            "Attempts of parallel execution that were in vain.",
            blocks.reexecutions,
        ),
        (
            "braid_parallel_contended_total",
            "Stretches that ran one after another under contention.",
            blocks.contended,
        ),
    ] {
        page.single(name, "counter", help, value);
    }
    let seconds = |ns| Decimal(ns, NANOSECONDS);
    let help = "Time of execution.";
    page.single(
        "braid_block_execution_seconds_total",
        "counter",
        help,
        seconds(blocks.execution_ns),
    );
    let help = "Time until blocks were durable, after execution.";
    page.single("braid_block_commit_seconds_total", "counter", help, seconds(blocks.commit_ns));
    page.family("braid_block_seconds", "histogram", "Time of a block, execution and commit.");
    for (limit_ns, count) in BLOCK_BUCKETS_NS.iter().zip(&blocks.buckets) {
        let limit = seconds(*limit_ns).to_string();
        page.sample("braid_block_seconds_bucket", &[("le", &limit)], *count);
    }
    page.sample("braid_block_seconds_bucket", &[("le", "+Inf")], blocks.count);
    let sum = blocks.execution_ns.saturating_add(blocks.commit_ns);
    page.sample("braid_block_seconds_sum", &[], seconds(sum));
    page.sample("braid_block_seconds_count", &[], blocks.count);
}

fn transactions(page: &mut Page, status: &Status) {
    page.family("braid_transactions_total", "counter", "Transactions by machine and outcome.");
    for (vm, counts) in &status.transactions {
        for (outcome, count) in outcomes(counts) {
            let labels = [("vm", vm.as_str()), ("outcome", outcome)];
            page.sample("braid_transactions_total", &labels, count);
        }
    }
    let help = "Time that transactions ran, by machine; attempts in vain included.";
    page.family("braid_transaction_seconds_total", "counter", help);
    for (vm, counts) in &status.transactions {
        let seconds = Decimal(counts.time_ns, NANOSECONDS);
        page.sample("braid_transaction_seconds_total", &[("vm", vm)], seconds);
    }
    let help = "Gas by the machine that used it, before refunds.";
    page.family("braid_gas_total", "counter", help);
    for (vm, gas) in &status.gas_by_vm {
        page.sample("braid_gas_total", &[("vm", vm)], *gas);
    }
}

/// The busiest, and all others as `other`.
fn contracts(page: &mut Page, status: &Status) {
    let other =
        Callee { vm: "other".to_owned(), contract: "other".to_owned(), method: "other".to_owned() };
    let named = status.contracts.iter().map(|it| (&it.callee, &it.counts));
    let rows: Vec<_> = named.chain([(&other, &status.other_contracts)]).collect();
    let labels = |it: &Callee| {
        [("vm", it.vm.clone()), ("contract", it.contract.clone()), ("method", it.method.clone())]
    };
    let name = "braid_contract_calls_total";
    page.family(name, "counter", "Transactions by contract, method and outcome; the busiest.");
    for (callee, counts) in &rows {
        for (outcome, count) in outcomes(counts) {
            let [vm, contract, method] = labels(callee);
            let all = [vm, contract, method, ("outcome", outcome.to_owned())];
            page.sample_owned(name, &all, count);
        }
    }
    let name = "braid_contract_gas_total";
    page.family(name, "counter", "Gas by contract and method, refunds taken off; the busiest.");
    for (callee, counts) in &rows {
        page.sample_owned(name, &labels(callee), counts.gas);
    }
    let name = "braid_contract_seconds_total";
    page.family(name, "counter", "Time that transactions ran by contract and method.");
    for (callee, counts) in &rows {
        page.sample_owned(name, &labels(callee), Decimal(counts.time_ns, NANOSECONDS));
    }
}

fn machines(page: &mut Page, status: &Status) {
    page.family("braid_vm_enabled", "gauge", "Whether contracts of the machine run.");
    for machine in &status.machines {
        let labels = [("vm", machine.vm.as_str()), ("version", machine.version.as_str())];
        page.sample("braid_vm_enabled", &labels, u64::from(machine.is_enabled));
    }
    let name = "braid_vm_counter";
    page.family(name, "untyped", "What the machine counts of itself: caches, pools, frames.");
    for machine in &status.machines {
        for (counter, value) in &machine.counters {
            page.sample(name, &[("vm", &machine.vm), ("name", counter)], *value);
        }
    }
}

const fn outcomes(counts: &CallCounts) -> [(&'static str, u64); 3] {
    [("success", counts.success), ("revert", counts.revert), ("halt", counts.halt)]
}

/// A whole number over a power of ten.
struct Decimal(u64, u64);

impl Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(number, scale) = *self;
        let digits = usize::try_from(scale.ilog10()).unwrap_or(0);
        let text = format!("{}.{:0digits$}", number / scale, number % scale);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.write(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    fn sample_owned(&mut self, name: &str, labels: &[(&str, String)], value: impl Display) {
        let labels: Vec<_> = labels.iter().map(|(name, it)| (*name, it.as_str())).collect();
        self.sample(name, &labels, value);
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            self.text.push(if index == 0 { '{' } else { ',' });
            self.write(format_args!("{label}=\"{}\"", escaped(text)));
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        self.write(format_args!(" {value}\n"));
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        self.text.write_fmt(text).expect("invariant: text grows in memory");
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_no_more_digits_than_they_need() {
        let shown = |number| Decimal(number, NANOSECONDS).to_string();
        assert_eq!(shown(2_500_000), "0.0025");
        assert_eq!(shown(10_000_000_000), "10");
        assert_eq!(shown(0), "0");
        assert_eq!(shown(1_000_000_001), "1.000000001");
    }

    #[test]
    fn labels_are_escaped() {
        let mut page = Page::default();
        page.sample("a", &[("b", "x\"\\\n")], 1);
        assert_eq!(page.text, "a{b=\"x\\\"\\\\\\n\"} 1\n");
    }
}
