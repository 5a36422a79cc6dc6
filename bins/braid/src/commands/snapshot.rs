//! The state in files for other nodes: `snapshot export|import|verify`.

use std::path::Path;

use braidvm::{
    Engine, Hash,
    rooms::state::snapshot::{Manifest, Progress, Snapshot, Stage},
    tree::thousands,
};
use indicatif::ProgressBar;
use serde_json::json;

use crate::{
    cli::{Global, Moment, SnapshotCommand},
    context,
    failure::Failure,
    output::Output,
};

pub(crate) fn run(
    global: &Global,
    command: &SnapshotCommand,
    output: &Output,
) -> Result<(), Failure> {
    match command {
        SnapshotCommand::Export { directory, moment } => export(global, directory, moment, output),
        SnapshotCommand::Import { directory, root } => {
            import(global, directory, root.as_ref(), output)
        }
        SnapshotCommand::Verify { directory, root } => verify(directory, root.as_ref(), output),
    }
}

fn export(
    global: &Global,
    directory: &Path,
    moment: &Moment,
    output: &Output,
) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let block = moment.block.unwrap_or(engine.tip());
    let mut bars = Bars::new(output);
    let manifest = engine.export_snapshot(block, directory, &mut |it| bars.show(it))?;
    bars.finish();
    show(&manifest, &format!("in {}", directory.display()), output)
}

fn import(
    global: &Global,
    directory: &Path,
    root: Option<&Hash>,
    output: &Output,
) -> Result<(), Failure> {
    let folder = global.data.as_deref().ok_or_else(|| {
        Failure::usage("snapshot import needs --data DIR, a folder without a chain")
    })?;
    let snapshot = open(directory, root, output)?;
    let config = context::config(global)?;
    let mut bars = Bars::new(output);
    Engine::import_snapshot(folder, &config, &snapshot, &mut |it| bars.show(it))?;
    bars.finish();
    show(snapshot.manifest(), &format!("verified and imported into {}", folder.display()), output)
}

fn verify(directory: &Path, root: Option<&Hash>, output: &Output) -> Result<(), Failure> {
    let snapshot = open(directory, root, output)?;
    let mut bars = Bars::new(output);
    snapshot.verify(&mut |it| bars.show(it))?;
    bars.finish();
    show(snapshot.manifest(), "verified", output)
}

/// Opens a snapshot and holds it against the root that the person trusts.
fn open(directory: &Path, root: Option<&Hash>, output: &Output) -> Result<Snapshot, Failure> {
    let snapshot = Snapshot::open(directory)?;
    match root {
        Some(root) => snapshot.expect_root(root)?,
        None => output.remark(format!(
            "held against its own root {}: whether that is the chain's only --root ROOT tells",
            snapshot.manifest().root
        )),
    }
    Ok(snapshot)
}

fn show(manifest: &Manifest, what: &str, output: &Output) -> Result<(), Failure> {
    let head = &manifest.head;
    let file_bytes: u64 = manifest.chunks.iter().map(|chunk| chunk.file_bytes).sum();
    output.json(&json!({
        "chain_id": head.chain_id,
        "block": head.block,
        "hash": head.hash,
        "root": manifest.root,
        "records": manifest.records,
        "chunks": manifest.chunks.len(),
        "file_bytes": file_bytes,
    }))?;
    let [records, chunks, bytes] =
        [manifest.records, manifest.chunks.len() as u64, file_bytes].map(thousands);
    output.line(format!(
        "block {} of chain {}: {records} records in {chunks} chunks, {bytes} bytes, {what}",
        head.block, head.chain_id
    ))?;
    output.line(format!("root {}", manifest.root))
}

/// A bar for each stage, one after another.
struct Bars<'a> {
    output: &'a Output,
    open: Option<(Stage, ProgressBar)>,
}

impl<'a> Bars<'a> {
    const fn new(output: &'a Output) -> Self {
        Self { output, open: None }
    }

    fn show(&mut self, progress: Progress) {
        let is_same = self.open.as_ref().is_some_and(|(stage, _)| *stage == progress.stage);
        if !is_same {
            self.finish();
            let bar = self.output.progress(progress.stage.name(), progress.total);
            self.open = Some((progress.stage, bar));
        }
        if let Some((_, bar)) = &self.open {
            bar.set_position(progress.done);
        }
    }

    fn finish(&mut self) {
        if let Some((_, bar)) = self.open.take() {
            bar.finish_and_clear();
        }
    }
}
