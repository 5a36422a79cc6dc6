//! One block of many signed transactions: `block make`.

use std::{
    num::NonZero,
    ops::ControlFlow,
    path::Path,
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use braidvm::{
    BlockReceipt, Engine, SignedTransaction,
    rooms::block::{Receipt, ReceiptStatus, Skipped},
    tree::thousands,
};
use serde_json::{Value as Json, json};

use super::properties;
use crate::{context, failure::Failure, output::Output};

pub(super) fn block(
    mut engine: Engine,
    file: &Path,
    (per_block, is_streamed, time_limit): (Option<NonZero<usize>>, bool, Option<Duration>),
    output: &Output,
) -> Result<(), Failure> {
    let transactions = read(file)?;
    let count = per_block.map_or_else(|| transactions.len().max(1), NonZero::get);
    // A file without a transaction makes a block as well.
    let blocks = transactions.chunks(count).chain(transactions.is_empty().then_some([].as_slice()));
    for transactions in blocks {
        let block = match (is_streamed, time_limit) {
            (false, None) => engine.send_block(transactions)?,
            _ => stream(&mut engine, transactions, (is_streamed, time_limit), output)?,
        };
        show(&block, output)?;
    }
    Ok(())
}

/// Makes the block on this thread, whose stack is made for that, and tells receipts on another.
fn stream(
    engine: &mut Engine,
    transactions: &[SignedTransaction],
    (is_streamed, time_limit): (bool, Option<Duration>),
    output: &Output,
) -> Result<BlockReceipt, Failure> {
    let start = Instant::now();
    let (sender, receipts) = channel::<Receipt>();
    let on_receipt = move |receipt: &Receipt| {
        if is_streamed {
            // Who does not read on has no say in what is in the block.
            let _ = sender.send(receipt.clone());
        }
        match time_limit.is_some_and(|limit| start.elapsed() >= limit) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let (block, told) = thread::scope(|scope| {
        let telling = scope.spawn(|| tell(receipts, output));
        let block = engine.stream_block(transactions, on_receipt);
        (block, telling.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let block = block?;
    told.map(|()| block)
}

fn tell(receipts: Receiver<Receipt>, output: &Output) -> Result<(), Failure> {
    for receipt in receipts {
        let (hash, status) = (receipt.transaction_hash, receipt.status.name());
        output.json(&json!({
            "transaction": hash,
            "index": receipt.index,
            "outcome": status,
            "gas_used": receipt.gas_used,
            "cumulative_gas": receipt.cumulative_gas,
        }))?;
        let gas = thousands(receipt.gas_used.0);
        output.line(format!("{} {hash} {status}, {gas} gas", receipt.index))?;
    }
    Ok(())
}

fn show(block: &BlockReceipt, output: &Output) -> Result<(), Failure> {
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
        let bytes = context::transaction(&format!("{place}: the transaction"), line)?;
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
        .map_or_else(|| "the block ended before it".to_owned(), ToString::to_string)
}
