//! Whenever it is killed, an export or import goes on where it was and ends as if it had never
//! been interrupted.
//!
//! The test starts its own binary as the process that is killed, at points that the process itself
//! reports, so that no point depends on the speed of the machine. It has a binary of its own: a
//! process that is being started holds the locks of its parent for a moment.

#[path = "snapshot/common.rs"]
mod common;

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use braid_state::{
    FjallConfig, FjallStore, Store,
    snapshot::{ExportConfig, Progress, Snapshot, Stage, export, import},
};

use common::*;

const DIRECTION: &str = "BRAID_STATE_SNAPSHOT_DIRECTION";
const DIRECTORY: &str = "BRAID_STATE_SNAPSHOT_DIRECTORY";
const REPORT: &str = "progress ";
const AIM: u64 = 4000;

/// The process that is killed: exports or imports in the directory, and reports its progress.
#[test]
fn child() {
    let (Ok(direction), Ok(directory)) = (env::var(DIRECTION), env::var(DIRECTORY)) else { return };
    let directory = Path::new(&directory);
    let mut out = std::io::stdout();
    let mut report = |progress: Progress| {
        let line = writeln!(out, "{REPORT}{}", progress.stage.name());
        line.and_then(|()| out.flush()).expect("the parent reads");
        // Waits to be killed or to be told to go on, so that the kill meets this very step.
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).expect("the parent answers");
    };
    match direction.as_str() {
        "export" => {
            let store = open(&directory.join("store"));
            let view = store.latest();
            let config = ExportConfig { chunk_bytes_aim: AIM };
            let target = directory.join("snapshot");
            export(&*view, &head_at(&store, 0), &config, &target, &mut report).expect("exports");
        }
        _ => {
            let snapshot = Snapshot::open(&directory.join("snapshot")).expect("opens");
            let config = FjallConfig::default();
            import(&snapshot, &directory.join("copy"), &config, &mut report).expect("imports");
        }
    }
}

/// Runs the child, answers `count` reports, and kills it at the next one, or while it goes on from
/// it. Tells whether it ended by itself.
fn run_and_kill(directory: &Path, direction: &str, count: usize, in_flight: bool) -> bool {
    let mut child = Command::new(env::current_exe().expect("a test binary"))
        .args(["--exact", "child", "--nocapture", "--test-threads", "1"])
        .env(DIRECTORY, directory)
        .env(DIRECTION, direction)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut answers = child.stdin.take().expect("piped");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let reports = lines.map_while(Result::ok).filter(|line| line.contains(REPORT));
    for (number, _) in reports.enumerate() {
        let is_last = number == count;
        if !is_last || in_flight {
            answers.write_all(b"\n").expect("the child waits");
        }
        if is_last {
            child.kill().expect("kills");
            break;
        }
    }
    let status = child.wait().expect("ends");
    status.success()
}

/// Kills the work of a direction again and again, a step later each time, until it ends. Tells how
/// often it was killed.
fn run_to_the_end(directory: &Path, direction: &str, check: &mut dyn FnMut()) -> usize {
    for round in 0..200 {
        let ended = run_and_kill(directory, direction, round / 4, round % 2 == 1);
        if ended {
            return round;
        }
        check();
    }
    panic!("it does not end");
}

#[test]
fn killed_work_goes_on() {
    if env::var_os(DIRECTORY).is_some() {
        return;
    }
    let folder = tempfile::tempdir().expect("a directory");
    let records = records(300, 100);
    let store = open(&folder.path().join("store"));
    store.commit(commit_of(0, writes_of(&records))).expect("commits");
    let straight = folder.path().join("straight");
    let manifest = export_at(&store, 0, AIM, &straight);
    assert_eq!(manifest.depth, 4);
    drop(store);

    let target = folder.path().join("snapshot");
    let mut halves = 0;
    let kills = run_to_the_end(folder.path(), "export", &mut || {
        halves += usize::from(Snapshot::open(&target).is_err());
    });
    assert!(kills > 10 && halves > 10, "it was killed {kills} times, {halves} of them half-way");
    assert_eq!(files(&target), files(&straight), "it is as one that was not killed");

    let copy = folder.path().join("copy");
    let config = FjallConfig::default();
    let kills = run_to_the_end(folder.path(), "import", &mut || {
        if let Ok(store) = FjallStore::open(&copy, &config) {
            assert_eq!(all(&*store.latest()), records, "what opens is whole");
        }
    });
    assert!(kills > 10, "it was killed {kills} times");
    let store = open(&copy);
    assert_eq!(all(&*store.latest()), records);
    store.check_history(&mut |problem| panic!("{problem}")).expect("reads");
}

#[test]
fn stages_have_names() {
    let stages =
        [Stage::Dividing, Stage::Sorting, Stage::Sealing, Stage::Verifying, Stage::Applying];
    let names: std::collections::BTreeSet<_> = stages.map(Stage::name).into_iter().collect();
    assert_eq!(names.len(), stages.len());
}
