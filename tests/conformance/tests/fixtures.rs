//! The runner itself: that it passes what is right and reports what is wrong.

use std::path::{Path, PathBuf};

use braid_conformance::{Counts, Options, Summary, run_state_tests};
use tempfile::TempDir;
use vm_evm::Hardfork;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/counter.json")
}

fn run(path: &Path, options: &Options) -> Summary {
    run_state_tests(path, options, &mut |_| {}).expect("the fixture reads")
}

/// The fixture with `from` replaced, under `name` in a folder of its own.
fn altered(name: &str, from: &str, to: &str) -> TempDir {
    let text = std::fs::read_to_string(fixture()).expect("the fixture reads");
    assert!(text.contains(from), "{from} is in the fixture");
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join(name), text.replace(from, to)).expect("written");
    folder
}

#[test]
fn a_right_case_passes_in_every_fork() {
    let summary = run(&fixture(), &Options::default());
    assert_eq!(summary.failures, []);
    assert_eq!(summary.counts(), Counts { passed: 3, failed: 0, skipped: 0 });
    let forks: Vec<_> = summary.by_fork.keys().copied().collect();
    assert_eq!(forks, [Hardfork::Frontier, Hardfork::Berlin, Hardfork::Cancun]);
}

#[test]
fn one_fork_alone_is_run_where_it_is_asked_for() {
    let options = Options { fork: Some(Hardfork::Berlin), ..Options::default() };
    let summary = run(&fixture(), &options);
    assert_eq!(summary.counts(), Counts { passed: 1, failed: 0, skipped: 0 });
}

#[test]
fn what_differs_from_the_expected_is_reported() {
    let cases = [
        // What the expected root is computed from, and the state before.
        ("\"hash\": \"0x", "\"hash\": \"0x00", "state root"),
        ("\"logs\": \"0x", "\"logs\": \"0x00", "logs hash"),
        ("\"0x07\": \"0x09\"", "\"0x07\": \"0x0a\"", "state root"),
        ("\"balance\": \"0x1\"", "\"balance\": \"0x2\"", "state root"),
        ("\"nonce\": \"0x0\",\n      \"to\"", "\"nonce\": \"0x1\",\n      \"to\"", "nonce"),
    ];
    for (from, to, reason) in cases {
        // A hash keeps its length: two of its digits make room.
        let text = std::fs::read_to_string(fixture()).expect("the fixture reads");
        let at = text.find(from).expect("in the fixture") + from.len();
        let (from, to) = if from.ends_with("0x") {
            let (old, kept) = (&text[at..at + 2], &text[at + 2..at + 66 - 2]);
            let zeroed = if old == "00" { "11" } else { "00" };
            (format!("{from}{old}{kept}"), format!("{from}{zeroed}{kept}"))
        } else {
            (from.to_owned(), to.to_owned())
        };
        let folder = altered("altered.json", &from, &to);
        let summary = run(folder.path(), &Options::default());
        assert!(summary.failed > 0, "{to} is wrong");
        let failure = &summary.failures[0];
        assert_eq!(failure.file, "altered.json");
        assert!(failure.case.starts_with("counter "), "{}", failure.case);
        assert!(failure.reason.contains(reason), "{} names {reason}", failure.reason);
    }
}

#[test]
fn an_exception_is_counted_with_its_reason() {
    let folder = altered("loopMul.json", "0x07", "0x08");
    let summary = run(folder.path(), &Options::default());
    assert_eq!(summary.counts(), Counts { passed: 0, failed: 0, skipped: 3 });
    assert_eq!(summary.skipped_by_reason.values().sum::<u64>(), 3);
    assert_eq!(summary.by_fork[&Hardfork::Cancun].skipped, 1);
    let options = Options { run_slow: true, ..Options::default() };
    assert_eq!(run(folder.path(), &options).skipped, 0, "a slow file is run where asked for");
}

#[test]
fn a_file_that_is_no_state_test_is_a_failure() {
    let folder = altered("broken.json", "\"post\"", "\"past\"");
    let summary = run(folder.path(), &Options::default());
    assert_eq!(summary.counts(), Counts { passed: 0, failed: 1, skipped: 0 });
    assert!(summary.failures[0].reason.starts_with("is no state test: "));
}

#[test]
fn nothing_to_run_is_an_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = Options { file: Some("absent".to_owned()), ..Options::default() };
    let error = run_state_tests(folder.path(), &options, &mut |_| {}).expect_err("no files");
    assert!(error.to_string().contains("whose name contains \"absent\""), "{error}");
}

#[test]
fn the_number_of_workers_does_not_show() {
    let folder = altered("c.json", "\"0x07\": \"0x09\"", "\"0x07\": \"0x0a\"");
    for name in ["a.json", "b.json", "d.json"] {
        std::fs::copy(folder.path().join("c.json"), folder.path().join(name)).expect("copied");
    }
    let options = |workers| Options { workers, failures_max: 5, ..Options::default() };
    let one = run(folder.path(), &options(1));
    assert_eq!(one.failed, 12);
    assert_eq!((one.failures.len(), one.failures_left_off), (5, 7));
    for workers in [0, 2, 4] {
        assert_eq!(run(folder.path(), &options(workers)), one);
    }
}
