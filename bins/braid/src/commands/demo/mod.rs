//! The story that shows what braid is: `demo`.
//!
//! Every sentence of it is a check on the state; the first that does not hold ends the command.

mod crash;
mod stage;

use std::{path::PathBuf, time::Instant};

use braidvm::{Hash, U256, Value, rooms::state::diff_views, tree::thousands};
use serde_json::json;
use tempfile::TempDir;

pub(crate) use crash::write_until_killed;

use self::stage::Stage;
use super::contract::{gas_json, show_gas};
use crate::{cli::Global, context, failure::Failure, output::Output};

/// Gold that is sold in the second chapter.
const GOLD_SOLD: &str = "1000";

pub(crate) fn demo(global: &Global, output: &Output) -> Result<(), Failure> {
    let started = Instant::now();
    let (folder, _temporary) = folder(global)?;
    let global = Global { data: Some(folder.clone()), ..global.clone() };
    output.line(format!("A chain in {}", folder.display()))?;
    let mut stage = Stage::build(context::engine(&global)?, output)?;
    introduce(&stage)?;
    cross(&mut stage)?;
    take_back(&mut stage)?;
    catch(&mut stage)?;
    let root = crash::survive(stage, &global)?;
    finish(root, started, output)
}

/// The folder that is named, or one that goes away with the demo.
fn folder(global: &Global) -> Result<(PathBuf, Option<TempDir>), Failure> {
    if let Some(folder) = &global.data {
        return Ok((folder.clone(), None));
    }
    let temporary = tempfile::Builder::new().prefix("braid-demo-").tempdir()?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

fn introduce(stage: &Stage<'_>) -> Result<(), Failure> {
    let output = stage.output;
    output.heading("1. Contracts of two machines share one state")?;
    let mut rows = Vec::new();
    let mut contracts = Vec::new();
    for actor in stage.actors() {
        contracts.push(json!({
            "name": actor.name,
            "language": actor.language,
            "vm": actor.kind,
            "address": actor.address,
        }));
        rows.push(vec![
            actor.name.to_owned(),
            actor.language.to_owned(),
            actor.kind.to_string(),
            actor.address.to_string(),
        ]);
    }
    output.json(&json!({ "step": "contracts", "contracts": contracts }))?;
    output.table(&["contract", "written in", "machine", "address"], &rows)
}

fn cross(stage: &mut Stage<'_>) -> Result<(), Failure> {
    let output = stage.output;
    output.heading("2. One transaction runs through both machines")?;
    output.line("The Solidity relay sells gold (Solidity) for silver (Rust) at the market (C):")?;
    let gold = stage.gold.address.to_string();
    let expected = stage.read(&stage.exchange, "quote", &[&gold, GOLD_SOLD])?;
    let swap = stage.input(&stage.exchange, "swap", &[&gold, GOLD_SOLD, "1"])?;
    let receipt = stage.send("forward", &stage.exchange.clone(), &swap)?;
    let trace = receipt.trace.as_ref().map(|node| stage.tree(node));
    if let Some(trace) = &trace {
        output.tree(trace)?;
    }
    show_gas(&receipt.gas_by_vm, receipt.gas_used, output)?;
    stage.check("the transaction succeeded", receipt.is_success())?;
    let machines = receipt.gas_by_vm.iter().filter(|(_, gas)| gas.0 > 0).count();
    stage.check("both machines used gas of it", machines == 2)?;
    let relay = stage.relay.address.to_string();
    let silver = stage.read(&stage.silver, "balanceOf", &[&relay])?;
    stage.check("the relay has the silver that the market quoted", silver == expected)?;
    stage.step(
        "crossing",
        json!({
            "trace": trace,
            "gas_used": receipt.gas_used,
            "gas_by_vm": gas_json(&receipt.gas_by_vm),
            "silver": silver.to_string(),
        }),
    )
}

fn take_back(stage: &mut Stage<'_>) -> Result<(), Failure> {
    let output = stage.output;
    output.heading("3. A revert takes everything back, in every machine")?;
    output.line("The same sale, but the relay reverts after it:")?;
    let gold = stage.gold.address.to_string();
    let swap = stage.input(&stage.exchange, "swap", &[&gold, GOLD_SOLD, "1"])?;
    let (block, root) = (stage.engine.tip(), stage.engine.state_root()?);
    let reserves = stage.reserves()?;
    let receipt = stage.send("forwardThenRevert", &stage.exchange.clone(), &swap)?;
    let outcome = receipt.reason.clone().unwrap_or_default();
    output.line(format!("  the transaction ended with: {}", shortened(&outcome)))?;
    stage.check("the transaction reverted", !receipt.is_success())?;
    stage.check("the reserves of the market are what they were", reserves == stage.reserves()?)?;
    let sender = stage.sender_key();
    let before = stage.engine.store().at(block)?;
    let after = stage.engine.store().latest();
    let mut changed = Vec::new();
    for difference in diff_views(before.as_ref(), after.as_ref()) {
        changed.push(difference?.0);
    }
    stage.check("of all records only the sender's nonce changed", changed == [sender])?;
    stage.step(
        "revert",
        json!({
            "reason": outcome,
            "root_before": root,
            "root_after": stage.engine.state_root()?,
            "changed": changed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
    )
}

fn catch(stage: &mut Stage<'_>) -> Result<(), Failure> {
    let output = stage.output;
    output.heading("4. A revert that is caught takes back the callee alone")?;
    output.line("The Rust relay counts and reverts; the Solidity relay catches it and goes on:")?;
    let count = stage.input(&stage.counter, "increment", &[])?;
    let counter = stage.counter.address.to_string();
    let doomed = stage.input(&stage.rust_relay, "forwardThenRevert", &[&counter, &count])?;
    let forwarded = stage.number(&stage.relay, "forwarded")?;
    let receipt = stage.send("tryForward", &stage.rust_relay.clone(), &doomed)?;
    if let Some(node) = &receipt.trace {
        output.tree(&stage.tree(node))?;
    }
    stage.check("the transaction succeeded", receipt.is_success())?;
    let caught = matches!(receipt.values()?.first(), Some(Value::Bool(false)));
    stage.check("the caller saw the failure", caught)?;
    let counted = stage.number(&stage.counter, "value")?;
    stage.check("the counter behind the revert still shows 0", counted.is_zero())?;
    let passed = stage.number(&stage.relay, "forwarded")?;
    stage.check("the caller's own count went up", passed == forwarded + U256::ONE)?;
    stage.step("caught", json!({ "counter": counted.to_string(), "forwarded": passed.to_string() }))
}

fn finish(root: Hash, started: Instant, output: &Output) -> Result<(), Failure> {
    let time_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    output.heading("6. The state has one root over all machines")?;
    output.json(&json!({ "step": "root", "root": root, "time_ms": time_ms }))?;
    output.line(format!("  {root}"))?;
    output.line(format!("\nEvery check holds, after {} ms.", thousands(time_ms)))
}

/// The beginning of a text, enough to tell what it is.
fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
