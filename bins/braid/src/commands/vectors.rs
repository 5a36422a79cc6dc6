//! Public test vectors: `test-vectors evm`.

use std::{path::Path, thread};

use braidvm::{rooms::vm_evm::Hardfork, tree::thousands};
use conformance::{Counts, Options, Summary, run_state_tests};

use crate::{failure::Failure, output::Output};

/// Failures that are listed at most.
const FAILURES_MAX: usize = 100;

pub(crate) fn evm(
    path: &Path,
    filter: Option<&str>,
    fork: Option<&str>,
    output: &Output,
) -> Result<(), Failure> {
    let options = Options {
        file: filter.map(str::to_owned),
        fork: fork.map(hardfork).transpose()?,
        workers: thread::available_parallelism().map_or(1, usize::from),
        failures_max: FAILURES_MAX,
        ..Options::default()
    };
    let bar = output.progress("files", 0);
    let summary = run_state_tests(path, &options, &mut |progress| {
        bar.set_position(progress.files);
        let cases = progress.counts.passed + progress.counts.failed;
        bar.set_message(format!("{} cases, files", thousands(cases)));
    });
    bar.finish_and_clear();
    let summary = summary.map_err(|error| Failure::usage(error.to_string()))?;
    show(&summary, output)?;
    output.json(&summary)?;
    match summary.failed {
        0 => Ok(()),
        count => Err(Failure::Contract(format!("{} cases failed", thousands(count)))),
    }
}

fn hardfork(name: &str) -> Result<Hardfork, Failure> {
    name.parse().map_err(|error| Failure::usage(format!("--fork: {error}")))
}

fn show(summary: &Summary, output: &Output) -> Result<(), Failure> {
    for failure in &summary.failures {
        output.line(format!("failed: {} {}: {}", failure.file, failure.case, failure.reason))?;
    }
    if summary.failures_left_off > 0 {
        let count = thousands(summary.failures_left_off);
        output.line(format!("and {count} more failures"))?;
    }
    for (reason, count) in &summary.skipped_by_reason {
        output.line(format!("skipped {}: {reason}", thousands(*count)))?;
    }
    let mut rows: Vec<_> =
        summary.by_fork.iter().map(|(fork, counts)| row(fork.name(), counts)).collect();
    rows.push(row("all", &summary.counts()));
    output.table(&["fork", "passed", "failed", "skipped"], &rows)
}

fn row(name: &str, counts: &Counts) -> Vec<String> {
    let mut row = vec![name.to_owned()];
    row.extend([counts.passed, counts.failed, counts.skipped].map(thousands));
    row
}
