//! The state as a whole: `state root|dump|load|verify|diff`.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Write},
    ops::ControlFlow,
    path::Path,
    sync::{Arc, atomic::Ordering},
};

use braidvm::{
    BlockNumber, Engine, Hash, VerificationOutcome,
    rooms::state::{
        Diff, Difference, Key, Records, StateError, StateView, Store, Tip, UpgradeProgress,
        dump::{DumpReader, DumpSummary, dump, load},
        verify::VerificationStage,
    },
    tree::thousands,
};
use serde_json::json;

use crate::{
    cli::{Global, Moment, StateCommand},
    commands::proof,
    context,
    failure::Failure,
    output::Output,
};

pub(crate) fn run(global: &Global, command: &StateCommand, output: &Output) -> Result<(), Failure> {
    match command {
        StateCommand::Root { block } => root(global, *block, output),
        StateCommand::Prove(arguments) => proof::prove(global, arguments, output),
        StateCommand::CheckProof { file, root } => proof::check(file, root, output),
        StateCommand::Upgrade => upgrade(global, output),
        StateCommand::Dump { file, moment } => write_dump(global, file.as_deref(), moment, output),
        StateCommand::Load { file } => read_dump(global, file, output),
        StateCommand::Verify { restart } => check(global, *restart, output),
        StateCommand::Status => status(global, output),
        StateCommand::Compact => compact(global, output),
        StateCommand::Diff { left, right } => diff(global, left, right.as_deref(), output),
    }
}

fn root(global: &Global, block: Option<BlockNumber>, output: &Output) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let block = block.unwrap_or_else(|| engine.tip());
    let root = engine.store().root_at(block)?;
    output.json(&json!({ "block": block, "root": root }))?;
    output.line(root.to_string())
}

fn upgrade(global: &Global, output: &Output) -> Result<(), Failure> {
    let folder = global
        .data
        .as_deref()
        .ok_or_else(|| Failure::usage("state upgrade needs --data DIR, the folder of a chain"))?;
    let bar = output.progress("upgrading", 0);
    let upgraded = Engine::upgrade_store(folder, &mut |progress| match progress {
        UpgradeProgress::Block(block) => {
            bar.set_message("blocks");
            bar.set_position(block.0);
        }
        UpgradeProgress::Records(records) => {
            bar.set_message("records");
            bar.set_position(records);
        }
    })?;
    bar.finish_and_clear();
    output.json(&json!({ "upgraded": upgraded }))?;
    output.line(if upgraded { "upgraded" } else { "the store has the present format" })
}

fn write_dump(
    global: &Global,
    file: Option<&Path>,
    moment: &Moment,
    output: &Output,
) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let state = context::state(&engine, moment)?;
    let view = Arc::clone(state.view());
    let tip = Tip { block: state.block(), hash: hash_of(engine.store().as_ref(), state.block())? };
    let bar = output.progress("records", 0);
    let mut progress = |count| bar.set_position(count);
    let summary = match file {
        Some(path) => {
            let file = File::create(path).map_err(|error| unwritable(path, &error))?;
            let mut out = BufWriter::new(file);
            let summary = dump(view.as_ref(), tip, &mut out, &mut progress)?;
            out.flush()?;
            out.get_ref().sync_all()?;
            summary
        }
        None => dump_to_stdout(view.as_ref(), tip, &mut progress)?,
    };
    bar.finish_and_clear();
    let Some(path) = file else { return Ok(()) };
    output
        .json(&json!({ "file": path, "records": summary.records, "root": summary.header.root }))?;
    let records = thousands(summary.records);
    output.line(format!("{records} records of block {} in {}", tip.block, path.display()))
}

fn dump_to_stdout(
    view: &dyn StateView,
    tip: Tip,
    progress: &mut dyn FnMut(u64),
) -> Result<DumpSummary, Failure> {
    let mut out = BufWriter::new(Watched { inner: io::stdout(), failure: None });
    let written = dump(view, tip, &mut out, progress);
    let flushed = out.flush();
    match (out.get_mut().failure.take(), written) {
        (Some(kind), _) => Err(io::Error::from(kind).into()),
        (None, Ok(summary)) => flushed.map(|()| summary).map_err(Failure::from),
        (None, Err(error)) => Err(error.into()),
    }
}

/// A writer that remembers why it failed; the dump tells it as text only.
struct Watched<W> {
    inner: W,
    failure: Option<io::ErrorKind>,
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes).inspect_err(|error| self.failure = Some(error.kind()))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush().inspect_err(|error| self.failure = Some(error.kind()))
    }
}

fn read_dump(global: &Global, file: &Path, output: &Output) -> Result<(), Failure> {
    let folder = global
        .data
        .as_deref()
        .ok_or_else(|| Failure::usage("state load needs --data DIR, an empty folder to fill"))?;
    let input = BufReader::new(File::open(file).map_err(|error| unreadable(file, &error))?);
    let store = Engine::open_store(folder)?;
    let bar = output.progress("records", 0);
    let summary = load(&store, input, &mut |count| bar.set_position(count))?;
    bar.finish_and_clear();
    output.json(&json!({ "records": summary.records, "root": summary.header.root }))?;
    let records = thousands(summary.records);
    output.line(format!("{records} records, root {}", summary.header.root))
}

fn check(global: &Global, restart: bool, output: &Output) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let file = global.data.as_deref().map(Engine::verification_path);
    if let Some(file) = file.as_deref().filter(|file| restart && file.exists()) {
        fs::remove_file(file).map_err(|error| unwritable(file, &error))?;
    }
    let interruption = context::interruption()?;
    let bar = output.progress("records", 0);
    let outcome = engine.verify(file.as_deref(), &mut |progress| {
        bar.set_message(match progress.stage {
            Some(VerificationStage::Tree) => "leaves of the tree",
            Some(VerificationStage::History) => "records, now history",
            Some(VerificationStage::Done) => "headers",
            Some(VerificationStage::Records) | None => "records",
        });
        bar.set_position(match progress.stage {
            Some(VerificationStage::Tree) => progress.leaves,
            Some(VerificationStage::Done) => progress.headers,
            _ => progress.records,
        });
        match interruption.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    bar.finish_and_clear();
    let VerificationOutcome { report, progress, is_complete } = outcome;
    if progress.is_resumed {
        output.remark("gone on with a verification that was cut off; --restart begins anew");
    }
    output.json(&json!({
        "healthy": report.is_healthy(),
        "complete": is_complete,
        "block": progress.block,
        "records": report.records,
        "history_entries": report.history_entries,
        "headers": progress.headers,
        "resumed": progress.is_resumed,
        "root": report.root,
        "problems": report.problems,
        "problems_count": report.problems_count,
    }))?;
    for problem in &report.problems {
        output.line(format!("problem: {problem}"))?;
    }
    let records = thousands(report.records);
    let history = thousands(report.history_entries);
    let headers = thousands(progress.headers);
    let root = report.root;
    output
        .line(format!("{records} records, {history} of history, {headers} headers, root {root}"))?;
    if !is_complete {
        let place = match file {
            Some(_) => "state verify goes on from here",
            None => "a chain in memory is gone with it",
        };
        return Err(Failure::Host(anyhow::anyhow!("the verification was interrupted; {place}")));
    }
    if report.is_healthy() {
        return Ok(());
    }
    let count = report.problems_count;
    Err(Failure::Host(anyhow::anyhow!("the store has {count} problems")))
}

fn diff(global: &Global, left: &str, right: Option<&str>, output: &Output) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let latest = engine.tip().to_string();
    let left = side(&engine, left)?;
    let right = side(&engine, right.unwrap_or(&latest))?;
    let mut count = 0_u64;
    for difference in Diff::new(left.records()?, right.records()?) {
        let (key, difference) = difference?;
        show_difference(&key, &difference, output)?;
        count += 1;
    }
    output.remark(format!("{} records differ", thousands(count)));
    Ok(())
}

/// One side of a comparison.
enum Side {
    Block(Arc<dyn StateView>),
    Dump(std::path::PathBuf),
}

type RecordIterator<'a> = Box<dyn Iterator<Item = Result<(Key, braidvm::Bytes), StateError>> + 'a>;

impl Side {
    fn records(&self) -> Result<RecordIterator<'_>, Failure> {
        match self {
            Self::Block(view) => Ok(Box::new(Records::all(view.as_ref()))),
            Self::Dump(path) => {
                let file = File::open(path).map_err(|error| unreadable(path, &error))?;
                Ok(Box::new(DumpReader::new(BufReader::new(file))?))
            }
        }
    }
}

fn side(engine: &Engine, text: &str) -> Result<Side, Failure> {
    if let Ok(number) = text.parse() {
        return Ok(Side::Block(engine.store().at(BlockNumber(number))?));
    }
    let path = Path::new(text);
    if path.exists() {
        return Ok(Side::Dump(path.to_owned()));
    }
    Err(Failure::usage(format!("\"{text}\" is neither a block nor a dump")))
}

fn show_difference(key: &Key, difference: &Difference, output: &Output) -> Result<(), Failure> {
    let (sign, before, after) = match difference {
        Difference::Added { value } => ("+", None, Some(value)),
        Difference::Removed { value } => ("-", Some(value), None),
        Difference::Changed { before, after } => ("~", Some(before), Some(after)),
    };
    output.json(&json!({ "key": key.to_string(), "before": before, "after": after }))?;
    let shown = |value: Option<&braidvm::Bytes>| value.map(|it| braidvm::show_bytes(it));
    let text = match (shown(before), shown(after)) {
        (Some(before), Some(after)) => format!("{before} -> {after}"),
        (before, after) => before.or(after).unwrap_or_default(),
    };
    output.line(format!("{sign} {key} {text}"))
}

fn status(global: &Global, output: &Output) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let metrics = engine.store().metrics()?;
    let retention = engine.config().node.retention_blocks;
    output.json(&json!({ "retention_blocks": retention, "store": metrics }))?;
    let tip = metrics.tip.map_or_else(|| "-".to_owned(), |tip| tip.block.to_string());
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let mut rows = vec![
        row("tip", tip),
        row("blocks without a tree", thousands(metrics.tree_lag_blocks)),
        row("history from block", metrics.retained_from.to_string()),
        row("blocks with a state", thousands(metrics.retained_blocks)),
        row("retention", retention.to_string()),
        row("blocks still to prune", thousands(metrics.prune_lag_blocks)),
        row("changes still to prune", thousands(metrics.prune_pending_keys)),
        row("pages still to prune", thousands(metrics.prune_pending_pages)),
        row("cache", of_bytes(metrics.cache_bytes, metrics.cache_bytes_max)),
        row("records in memory", hits(metrics.record_hits, metrics.record_misses)),
        row("disk", format!("{} bytes", thousands(metrics.disk_bytes))),
    ];
    for part in &metrics.disk_parts {
        rows.push(row(&format!("disk: {}", part.name), format!("{} bytes", thousands(part.bytes))));
    }
    output.table(&["property", "value"], &rows)
}

/// How many reads found what they asked for.
pub(super) fn hits(hits: u64, misses: u64) -> String {
    format!("{} of {} reads", thousands(hits), thousands(hits.saturating_add(misses)))
}

fn of_bytes(bytes: u64, bytes_max: u64) -> String {
    format!("{} of {} bytes", thousands(bytes), thousands(bytes_max))
}

fn compact(global: &Global, output: &Output) -> Result<(), Failure> {
    let folder = global
        .data
        .as_deref()
        .ok_or_else(|| Failure::usage("state compact needs --data DIR, the folder of a chain"))?;
    let store = Engine::open_store(folder)?;
    let before = store.metrics()?.disk_bytes;
    let bar = output.progress("compacting", 0);
    store.compact()?;
    bar.finish_and_clear();
    let after = store.metrics()?.disk_bytes;
    output.json(&json!({ "disk_bytes_before": before, "disk_bytes": after }))?;
    output.line(format!("{} bytes on disk, before {}", thousands(after), thousands(before)))
}

fn hash_of(store: &dyn Store, block: BlockNumber) -> Result<Hash, Failure> {
    let missing = || Failure::Host(anyhow::anyhow!("the hash of block {block} is missing"));
    store.block_hash(block)?.ok_or_else(missing)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("{}: {error}", path.display()))
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::Host(anyhow::anyhow!("{}: {error}", path.display()))
}
