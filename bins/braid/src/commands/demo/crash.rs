//! The chapter in which the process is killed: what was acknowledged is there afterwards, whole.

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    process::{Child, ChildStdout, Command, Stdio},
    time::Instant,
};

use braidvm::{BlockNumber, Hash, Request, U256, rooms::state::verify::verify, tree::thousands};
use serde_json::json;

use super::stage::{SENDER, Stage};
use crate::{
    cli::{Global, WriterArgs},
    context,
    failure::Failure,
};

/// Blocks that are acknowledged before the writer is killed.
const ACKNOWLEDGED_MIN: u64 = 20;

/// Kills a process that writes blocks, opens what it left, and tells the state's root.
pub(super) fn survive(mut stage: Stage<'_>, global: &Global) -> Result<Hash, Failure> {
    let output = stage.output;
    output.heading("5. Killed in the middle of its work, the chain comes back whole")?;
    output.line("Another process counts in both machines, a block each time, until SIGKILL:")?;
    let first = stage.engine.tip();
    let counters = [stage.counter.address.to_string(), stage.wasm_counter.address.to_string()];
    let relay = stage.relay.address.to_string();
    // The folder has one owner at a time.
    stage.engine = braidvm::Engine::in_memory(context::config(global)?)?;
    let last = run_and_kill(global, &[&relay, &counters[0], &counters[1]])?;
    let started = Instant::now();
    stage.engine = context::engine(global)?;
    let time_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let tip = stage.engine.tip();
    output.line(format!("  killed after block {last}, reopened in {} ms", thousands(time_ms)))?;
    stage.check("every acknowledged block is there", tip >= last)?;
    let counted = stage.number(&stage.counter, "value")?;
    let both = counted == stage.number(&stage.wasm_counter, "value")?;
    stage.check("the counters of both machines agree: no block is there by half", both)?;
    let blocks = U256::from(tip.0.saturating_sub(first.0));
    stage.check("they counted as many blocks as there are", counted == blocks)?;
    let report = verify(stage.engine.store().as_ref(), &mut |_| {})?;
    stage.check("every record and its history read", report.is_healthy())?;
    stage.step(
        "crash",
        json!({
            "acknowledged": last,
            "tip": tip,
            "reopen_ms": time_ms,
            "counted": counted.to_string(),
            "records": report.records,
        }),
    )?;
    Ok(stage.engine.state_root()?)
}

/// Commits block after block and says so after each, until somebody kills the process.
pub(crate) fn write_until_killed(global: &Global, arguments: &WriterArgs) -> Result<(), Failure> {
    let global = Global { data: Some(arguments.folder.clone()), ..global.clone() };
    let mut engine = context::engine(&global)?;
    engine.set_tracing(false);
    let sender = engine.account(SENDER)?;
    let relay = engine.account(&arguments.relay)?;
    let count = Request::new(sender, engine.account(&arguments.first)?, "increment");
    let input = engine.transaction(&count)?.0.input.to_string();
    let (first, second) = (arguments.first.clone(), arguments.second.clone());
    let both = vec![first, input.clone(), second, input];
    let request = Request::new(sender, relay, "forwardBoth").arguments(both);
    loop {
        let receipt = engine.send(&request)?;
        if let Some(reason) = receipt.call.reason {
            return Err(Failure::Contract(reason));
        }
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{}", receipt.block)?;
        stdout.flush()?;
    }
}

/// The last block that the writer acknowledged.
fn run_and_kill(global: &Global, addresses: &[&str]) -> Result<BlockNumber, Failure> {
    let mut command = Command::new(env::current_exe()?);
    // The port is this process's.
    command.env_remove("BRAID_METRICS").env_remove("BRAID_METRICS__LISTEN");
    if let Some(config) = &global.config {
        command.arg("--config").arg(config);
    }
    command.arg("demo-writer").args(global.data.as_deref()).args(addresses);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let lines = child.stdout.take().map(BufReader::new);
    let last = lines.map_or(Ok(None), |lines| acknowledged(&mut child, lines));
    // Where reading failed the child may still run.
    let _ = child.kill();
    child.wait()?;
    last?.ok_or_else(|| Failure::Host(anyhow::anyhow!("the writer ended before it was killed")))
}

/// Reads acknowledgements, kills the writer after enough of them, and reads what is left.
fn acknowledged(
    child: &mut Child,
    lines: BufReader<ChildStdout>,
) -> Result<Option<BlockNumber>, Failure> {
    let mut count = 0;
    let mut last = None;
    for line in lines.lines() {
        // The writer may have been killed within a line.
        let Ok(block) = line?.parse() else { break };
        last = Some(BlockNumber(block));
        count += 1;
        if count == ACKNOWLEDGED_MIN {
            child.kill()?;
        }
    }
    Ok(last.filter(|_| count >= ACKNOWLEDGED_MIN))
}
