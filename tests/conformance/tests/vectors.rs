//! Ethereum's public state tests, read from the folder that `BRAID_VECTORS` names.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use braid_conformance::{Options, Summary, run_state_tests};

const ARCHIVES: [&str; 2] = ["ethereum-state-tests.tar.zst", "ethereum-legacy-state-tests.tar.zst"];

fn folder() -> Option<PathBuf> {
    std::env::var_os("BRAID_VECTORS").map(PathBuf::from)
}

/// Writes past the capture of the test harness: what was skipped must be seen.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("standard error takes a line");
}

fn run(archive: &Path) -> Summary {
    run_state_tests(archive, &Options::default(), &mut |_| {}).expect("the archive reads")
}

#[test]
fn every_case_of_every_fork_passes() {
    let Some(folder) = folder() else {
        say("skipped: Ethereum's state tests; set BRAID_VECTORS to the folder of the archives");
        return;
    };
    for name in ARCHIVES {
        let summary = run(&folder.join(name));
        say(&format!(
            "{name}: {} passed, {} failed, {} skipped in {} files",
            summary.passed, summary.failed, summary.skipped, summary.files
        ));
        for (fork, counts) in &summary.by_fork {
            say(&format!("  {fork}: {counts:?}"));
        }
        for (reason, cases) in &summary.skipped_by_reason {
            say(&format!("  skipped {cases}: {reason}"));
        }
        for failure in &summary.failures {
            say(&format!("  FAILED {} {}: {}", failure.file, failure.case, failure.reason));
        }
        assert_eq!(summary.failed, 0, "{name}");
        assert!(summary.passed > 10_000, "{name} is there whole");
    }
}
