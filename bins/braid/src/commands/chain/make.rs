//! One block of many signed transactions: `block make`.

use std::path::Path;

use braidvm::{
    Engine, SignedTransaction,
    rooms::block::{ReceiptStatus, Skipped},
    tree::thousands,
};
use serde_json::{Value as Json, json};

use super::properties;
use crate::{context, failure::Failure, output::Output};

pub(super) fn block(mut engine: Engine, file: &Path, output: &Output) -> Result<(), Failure> {
    let transactions = read(file)?;
    let block = engine.send_block(&transactions)?;
    let header = &block.record.header;
    let is_failed = |status: &ReceiptStatus| *status != ReceiptStatus::Success;
    let failed = block.record.receipts.iter().filter(|it| is_failed(&it.status)).count();
    let skipped: Vec<_> = block.skipped.iter().map(skipped_json).collect();
    output.json(&json!({
        "block": header.number,
        "hash": block.hash,
        "state_root": header.state_root,
        "gas_used": header.gas_used,
        "transactions": block.receipts.len(),
        "failed": failed,
        "skipped": skipped,
    }))?;
    let rows = [
        ("block", header.number.to_string()),
        ("hash", block.hash.to_string()),
        ("state root", header.state_root.to_string()),
        ("gas", format!("{} of {}", thousands(header.gas_used), thousands(header.gas_limit))),
        ("transactions", thousands(block.receipts.len() as u64)),
        ("of them failed", thousands(failed as u64)),
        ("left out", thousands(skipped.len() as u64)),
    ];
    output.table(&["property", "value"], &properties(rows))?;
    for skipped in &block.skipped {
        output.line(format!("left out: transaction {}: {}", skipped.index, reason(skipped)))?;
    }
    Ok(())
}

/// A transaction on each line that is not empty.
fn read(file: &Path) -> Result<Vec<SignedTransaction>, Failure> {
    let text = context::read_stream(file)?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let read = |(number, line): (usize, &str)| {
        let place = format!("{}:{number}", file.display());
        let bytes = context::hexadecimal(&format!("{place}: the transaction"), line)?;
        SignedTransaction::decode(&bytes)
            .map_err(|error| Failure::usage(format!("{place}: {error}")))
    };
    lines.map(read).collect()
}

fn skipped_json(skipped: &Skipped) -> Json {
    json!({ "index": skipped.index, "reason": reason(skipped) })
}

fn reason(skipped: &Skipped) -> String {
    skipped
        .reason
        .as_ref()
        .map_or_else(|| "the block was full before it".to_owned(), ToString::to_string)
}
