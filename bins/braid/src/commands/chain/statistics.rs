//! What of a block can run at once: `block stats`.

use std::num::NonZero;

use braidvm::{
    Address, BlockNumber, BlockReport, Engine, dev_name,
    rooms::block::{
        ContendedRecord, Lane,
        execution::{Policy, Simulated},
    },
    tree::thousands,
};
use serde_json::{Value as Json, json};

use super::properties;
use crate::{failure::Failure, output::Output};

/// Threads that are simulated.
const SIMULATED: [usize; 5] = [4, 8, 16, 32, 64];

pub(super) fn show(
    engine: &Engine,
    number: BlockNumber,
    top: usize,
    output: &Output,
) -> Result<(), Failure> {
    let threads = engine.config().execution.effective_threads();
    let threads = NonZero::new(threads).unwrap_or(NonZero::<usize>::MIN);
    let report = engine.block_statistics(number, threads)?;
    let contended = report.contended();
    let shown = contended.get(..top).unwrap_or(&contended);
    let lanes = report.lanes();
    output.json(&json!({
        "block": report.block,
        "hash": report.hash,
        "transactions": report.transactions,
        "gas_used": report.gas_used,
        "threads": report.together.workers,
        "reexecutions": report.together.reexecutions,
        "dependencies": report.edges(),
        "critical_path_gas": report.critical_path(),
        "critical_path_share": share(&report),
        "contended_records": contended.len(),
        "contended": shown.iter().map(record_json).collect::<Vec<_>>(),
        "lanes": lanes.iter().map(lane_json).collect::<Vec<_>>(),
        "simulated": SIMULATED.map(|workers| simulated_json(&report, workers)),
    }))?;
    show_block(&report, output)?;
    show_records(shown, contended.len(), output)?;
    show_lanes(&lanes, output)?;
    show_simulated(&report, output)
}

fn show_block(report: &BlockReport, output: &Output) -> Result<(), Failure> {
    let path = report.critical_path();
    let rows = [
        ("block", report.block.to_string()),
        ("hash", report.hash.to_string()),
        ("transactions", thousands(report.transactions as u64)),
        ("gas", thousands(report.gas_used.0)),
        ("threads", report.together.workers.to_string()),
        ("re-executions", thousands(report.together.reexecutions)),
        ("dependencies", thousands(report.edges() as u64)),
        ("critical path", format!("{} gas, {:.1} %", thousands(path.0), share(report) * 100.0)),
    ];
    output.table(&["property", "value"], &properties(rows))
}

fn show_records(shown: &[ContendedRecord], count: usize, output: &Output) -> Result<(), Failure> {
    if shown.is_empty() {
        return output.line("no transaction depends on an earlier one of the block");
    }
    let row = |it: &ContendedRecord| {
        vec![
            it.key.namespace().name().to_owned(),
            named(&it.key.space()),
            braidvm::show_bytes(it.key.suffix()),
            thousands(it.dependencies),
            thousands(it.conflicts),
        ]
    };
    let rows: Vec<_> = shown.iter().map(row).collect();
    output.heading(&format!("Records that make transactions wait: {} of {count}", rows.len()))?;
    output.table(&["namespace", "of", "key", "dependencies", "conflicts"], &rows)
}

fn show_lanes(lanes: &[Lane], output: &Output) -> Result<(), Failure> {
    let row = |(number, lane): (usize, &Lane)| {
        let (count, gas) = (thousands(lane.transactions as u64), thousands(lane.gas.0));
        vec![number.to_string(), count, gas, format!("{:.2} ms", lane.busy.as_secs_f64() * 1e3)]
    };
    let rows: Vec<_> = lanes.iter().enumerate().map(row).collect();
    output.heading("Threads")?;
    output.table(&["thread", "transactions", "gas", "busy"], &rows)
}

fn show_simulated(report: &BlockReport, output: &Output) -> Result<(), Failure> {
    let row = |workers: usize| {
        let [optimistic, perfect] = simulated(report, workers);
        let times = |it: &Simulated| format!("{:.2}", speedup(it));
        let again = thousands(optimistic.reexecutions);
        vec![workers.to_string(), times(&optimistic), again, times(&perfect)]
    };
    let rows: Vec<_> = SIMULATED.into_iter().map(row).collect();
    output.heading("Simulated, not measured: times as fast as one thread")?;
    output.table(&["threads", "optimistic", "re-executions", "knowing all conflicts"], &rows)
}

/// An account of which people know the name, or the address.
fn named(address: &Address) -> String {
    dev_name(address).map_or_else(|| address.to_string(), str::to_owned)
}

/// The part of the gas of the block that is on its critical path.
fn share(report: &BlockReport) -> f64 {
    match report.gas_used.0 {
        0 => 0.0,
        gas => report.critical_path().0 as f64 / gas as f64,
    }
}

fn simulated(report: &BlockReport, workers: usize) -> [Simulated; 2] {
    [Policy::Optimistic, Policy::PerfectKnowledge].map(|policy| report.simulated(workers, policy))
}

fn speedup(simulated: &Simulated) -> f64 {
    match simulated.makespan.as_secs_f64() {
        0.0 => 1.0,
        makespan => simulated.serial.as_secs_f64() / makespan,
    }
}

fn record_json(record: &ContendedRecord) -> Json {
    json!({
        "record": record.key.to_string(),
        "namespace": record.key.namespace().name(),
        "of": record.key.space(),
        "name": dev_name(&record.key.space()),
        "dependencies": record.dependencies,
        "conflicts": record.conflicts,
    })
}

fn lane_json(lane: &Lane) -> Json {
    let busy_us = u64::try_from(lane.busy.as_micros()).unwrap_or(u64::MAX);
    json!({ "transactions": lane.transactions, "gas": lane.gas, "busy_us": busy_us })
}

fn simulated_json(report: &BlockReport, workers: usize) -> Json {
    let [optimistic, perfect] = simulated(report, workers);
    json!({
        "simulated_threads": workers,
        "optimistic_speedup": speedup(&optimistic),
        "optimistic_reexecutions": optimistic.reexecutions,
        "perfect_knowledge_speedup": speedup(&perfect),
    })
}
