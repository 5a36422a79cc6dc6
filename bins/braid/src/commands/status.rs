//! A chain at one look: `status`.

use braidvm::{metrics::Status, tree::thousands};

use super::state::hits;
use crate::{cli::Global, context, failure::Failure, output::Output, telemetry};

pub(crate) fn status(
    global: &Global,
    address: Option<&str>,
    output: &Output,
) -> Result<(), Failure> {
    let status = read(global, address)?;
    output.json(&status)?;
    output.table(&["property", "value"], &properties(&status))?;
    output.heading("Machines")?;
    let rows: Vec<_> = status
        .machines
        .iter()
        .map(|machine| {
            let state = if machine.is_enabled { "enabled" } else { "disabled" };
            vec![machine.vm.clone(), machine.version.clone(), state.to_owned()]
        })
        .collect();
    output.table(&["machine", "version", "state"], &rows)
}

/// From the process that is named, or that works on the folder; else from the folder itself.
fn read(global: &Global, address: Option<&str>) -> Result<Status, Failure> {
    if let Some(address) = address {
        return telemetry::ask(address);
    }
    let running = global.data.as_deref().and_then(telemetry::address_in);
    // A process that has ended leaves its address behind.
    if let Some(Ok(status)) = running.map(|address| telemetry::ask(&address)) {
        return Ok(status);
    }
    Ok(context::engine(global)?.monitor().status()?)
}

fn properties(status: &Status) -> Vec<Vec<String>> {
    let store = &status.store;
    let mut rows = vec![
        ("chain", status.chain_id.to_string()),
        ("tip", status.tip.to_string()),
        ("hash", status.tip_hash.clone()),
        ("threads", status.threads.to_string()),
        ("states kept", format!("{} blocks", thousands(store.retained_blocks))),
        ("pruning is behind by", format!("{} blocks", thousands(store.prune_lag_blocks))),
        ("on disk", format!("{} bytes", thousands(store.disk_bytes))),
        (
            "cache",
            format!(
                "{} of {} bytes",
                thousands(store.cache_bytes),
                thousands(store.cache_bytes_max)
            ),
        ),
        ("records in memory", hits(store.record_hits, store.record_misses)),
    ];
    if let Some(block) = &status.last_block {
        rows.extend([
            ("last block", block.number.to_string()),
            (
                "its transactions",
                format!("{}, {} failed", thousands(block.transactions), thousands(block.failed)),
            ),
            ("its gas", format!("{} of {}", thousands(block.gas), thousands(block.gas_limit))),
        ]);
    }
    rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect()
}
