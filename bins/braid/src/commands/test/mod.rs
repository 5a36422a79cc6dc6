//! `test`: files of tests in TypeScript and JavaScript, each on a chain of its own in memory.

mod host;
mod values;

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
    rc::Rc,
    time::{Duration, Instant},
};

use braidvm::{
    Config, Engine, Retention,
    rooms::js_testing::{SharedHost, TestOptions, TestOutcome, TestReport, run_file},
};
use serde_json::json;

use self::host::ChainHost;
use super::javascript::root_of;
use crate::{
    cli::{Global, TestArgs},
    context,
    failure::Failure,
    output::Output,
};

/// What the name of a file of tests ends in.
const ENDINGS: [&str; 4] = [".test.ts", ".test.js", ".test.mts", ".test.mjs"];

/// Folders that are not looked into.
const LEFT_OUT: [&str; 2] = ["node_modules", "target"];

/// How many tests ended how.
#[derive(Debug, Default)]
struct Tally {
    passed: u32,
    failed: u32,
    skipped: u32,
}

pub(crate) fn run(global: &Global, arguments: &TestArgs, output: &Output) -> Result<(), Failure> {
    let mut files = Vec::new();
    for path in &arguments.paths {
        find(path, &mut files)?;
    }
    files.sort();
    files.dedup();
    if files.is_empty() {
        return Err(Failure::usage("no tests: their files are named like token.test.ts"));
    }
    let options = TestOptions {
        filter: arguments.filter.clone(),
        time_limit: Duration::from_millis(arguments.time_limit_ms),
    };
    let mut config = context::config(global)?;
    // Tests go back to any block.
    config.node.retention_blocks = Retention::All;
    let mut tally = Tally::default();
    for file in &files {
        tally.file(file, &config, &options, output)?;
    }
    let Tally { passed, failed, skipped } = tally;
    output.json(&json!({ "passed": passed, "failed": failed, "skipped": skipped }))?;
    output.line(format!("{passed} passed, {failed} failed, {skipped} skipped"))?;
    match failed {
        0 => Ok(()),
        1 => Err(Failure::Contract("1 test failed".to_owned())),
        _ => Err(Failure::Contract(format!("{failed} tests failed"))),
    }
}

/// The files of tests at a path, or in the folder that it is.
fn find(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let wrong = |error| Failure::usage(format!("{}: {error}", path.display()));
    if !path.metadata().map_err(wrong)?.is_dir() {
        files.push(path.canonicalize().map_err(wrong)?);
        return Ok(());
    }
    for entry in path.read_dir().map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let is_left_out = name.starts_with('.') || LEFT_OUT.contains(&name.as_ref());
        let is_test = ENDINGS.iter().any(|ending| name.ends_with(ending));
        if path.is_dir() && !path.is_symlink() && !is_left_out || path.is_file() && is_test {
            find(&path, files)?;
        }
    }
    Ok(())
}

impl Tally {
    fn file(
        &mut self,
        file: &Path,
        config: &Config,
        options: &TestOptions,
        output: &Output,
    ) -> Result<(), Failure> {
        let root = root_of(file);
        let name = file.strip_prefix(&root).unwrap_or(file);
        let name = name.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
        let here = std::env::current_dir().unwrap_or_default();
        let shown_name = file.strip_prefix(here).unwrap_or(file).display().to_string();
        let engine = Engine::in_memory(config.clone())?;
        let folder = file.parent().unwrap_or(&root).to_owned();
        let host = ChainHost { engine, folder, root: root.clone(), marks: Vec::new() };
        let host: SharedHost = Rc::new(RefCell::new(host));
        let read = Rc::new(move |path: &str| {
            let path = root.join(path);
            path.is_file().then(|| context::read_text(&path).ok()).flatten()
        });
        output.line(&shown_name)?;
        let (mut shown, mut since) = (Ok(()), Instant::now());
        let ran = run_file(&name, read, &host, options, &mut |report| {
            let told = self.report(&shown_name, &report, since.elapsed(), output);
            since = Instant::now();
            if shown.is_ok() {
                shown = told;
            }
        });
        shown?;
        if let Err(error) = ran {
            self.failed += 1;
            let reason = error.to_string();
            output.json(
                &json!({ "file": shown_name, "test": null, "outcome": "failed", "reason": reason }),
            )?;
            output.line(format!("  FAILED  {reason}"))?;
        }
        Ok(())
    }

    fn report(
        &mut self,
        file: &str,
        report: &TestReport,
        time: Duration,
        output: &Output,
    ) -> Result<(), Failure> {
        let (outcome, word, count) = match &report.outcome {
            TestOutcome::Passed => ("passed", "ok", &mut self.passed),
            TestOutcome::Failed { .. } => ("failed", "FAILED", &mut self.failed),
            TestOutcome::Skipped => ("skipped", "skipped", &mut self.skipped),
        };
        *count += 1;
        let (reason, place) = match &report.outcome {
            TestOutcome::Failed { reason, place } => (Some(reason), place.as_ref()),
            _ => (None, None),
        };
        output.json(&json!({
            "file": file,
            "test": report.name,
            "outcome": outcome,
            "reason": reason,
            "place": place,
            "console": report.lines,
            "time_ms": u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
        }))?;
        output.line(format!("  {word:<8}{} ({} ms)", report.name.join(" › "), time.as_millis()))?;
        if let Some(reason) = reason {
            output.line(format!("          {reason}"))?;
        }
        if let Some(place) = place {
            output.line(format!("          at {place}"))?;
        }
        for line in &report.lines {
            output.line(format!("          | {line}"))?;
        }
        Ok(())
    }
}
