//! The demo: every chapter's checks hold, in memory of nobody and in a folder that is named.

use crate::{braid, text};

#[test]
fn the_demo_tells_its_story() {
    let run = braid(&["--json", "demo"]).expect_code(0);
    let steps = run.objects();
    let names: Vec<_> = steps.iter().filter_map(|step| step["step"].as_str()).collect();
    assert_eq!(names, ["contracts", "crossing", "revert", "caught", "crash", "root"]);
    let gas = &steps[1]["gas_by_vm"];
    for machine in ["evm", "wasm"] {
        assert!(gas[machine].as_u64().is_some_and(|gas| gas > 0), "{gas}");
    }
    let crash = &steps[4];
    assert!(crash["tip"].as_u64() >= crash["acknowledged"].as_u64(), "{crash}");
    for step in &steps[1..5] {
        assert!(step["checks"].as_array().is_some_and(|checks| checks.len() >= 3), "{step}");
    }
}

#[test]
fn the_demo_goes_on_in_a_folder_and_leaves_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = text(&folder.path().join("data"));
    for _ in 0..2 {
        let run = braid(&["--data", &data, "demo"]).expect_code(0);
        assert!(run.stdout.contains("Every check holds"), "{run:#?}");
    }
    let root = braid(&["--data", &data, "state", "root"]).expect_code(0).stdout;
    let again = braid(&["--data", &data, "state", "root"]).expect_code(0).stdout;
    assert_eq!(root, again);
    braid(&["--data", &data, "state", "verify"]).expect_code(0);
}
