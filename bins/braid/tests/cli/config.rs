//! Configuration and machines from the shell: origins, checks, switches.

use crate::{braid, command, text, written};

#[test]
fn every_value_says_where_it_comes_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let yaml = "vm:\n  evm:\n    version: london\nexecution:\n  threads: 1\n";
    let file = text(&written(folder.path(), "node.yaml", yaml));
    let arguments = ["--json", "--config", &file, "--threads", "2", "config", "explain"];
    let mut command = command(&arguments);
    command.env("BRAID_NODE__RETENTION_BLOCKS", "9").env("BRAID_VM__ENABLED_VMS", "evm,wasm");
    let run = command.output().expect("braid runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let lines = String::from_utf8(run.stdout).expect("text");
    for part in [
        format!("\"key\":\"vm.evm.version\",\"value\":\"london\",\"origin\":\"{file}:3\""),
        "\"key\":\"execution.threads\",\"value\":2,\"origin\":\"--threads\"".to_owned(),
        "\"value\":9,\"origin\":\"BRAID_NODE__RETENTION_BLOCKS\"".to_owned(),
        "\"value\":[\"evm\",\"wasm\"],\"origin\":\"BRAID_VM__ENABLED_VMS\"".to_owned(),
        "\"key\":\"chain.chain_id\",\"value\":31337,\"origin\":\"default\"".to_owned(),
    ] {
        assert!(lines.contains(&part), "{part} is not in {lines}");
    }
    let objects = braid(&["--json", "config", "explain", "vm.wasm"]).expect_code(0).objects();
    let is_below = |key: &str| key.starts_with("vm.wasm.");
    assert!(objects.iter().all(|it| it["key"].as_str().is_some_and(is_below)));
    braid(&["config", "explain", "vm.wsam"]).expect_code(2);
}

#[test]
fn a_file_is_checked_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = text(&written(folder.path(), "good.yml", "vm: {limits: {cpu: \"2\"}}\n"));
    let objects = braid(&["--json", "config", "check", &good]).expect_code(0).objects();
    assert_eq!(objects[0]["settings"], 1);
    let bad = "vm:\n  security:\n    allow_network: true\n  evm:\n    verison: london\n";
    let bad = text(&written(folder.path(), "bad.yml", bad));
    let objects = braid(&["--json", "config", "check", &bad]).expect_code(2).objects();
    let message = objects[0]["error"]["message"].as_str().expect("a message").to_owned();
    for part in ["bad.yml:3", "reaches a network", "bad.yml:5", "did you mean `version`?"] {
        assert!(message.contains(part), "{part} is not in {message}");
    }
}

#[test]
fn a_misspelt_variable_is_an_error_of_the_request() {
    let mut command = command(&["--json", "accounts"]);
    let run = command.env("BRAID_VM__EVM__VERISON", "london").output().expect("braid runs");
    assert_eq!(run.status.code(), Some(2));
    let stdout = String::from_utf8_lossy(&run.stdout);
    assert!(stdout.contains("BRAID_VM__EVM__VERISON") && stdout.contains("`version`?"), "{stdout}");
}

#[test]
fn a_machine_is_stopped_and_started_in_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = text(&folder.path().join("data"));
    let run = |arguments: &[&str], code: i32| {
        braid(&[&["--json", "--data", &data], arguments].concat()).expect_code(code).objects()
    };
    assert_eq!(run(&["vm", "disable", "wasm"], 0)[0]["enabled"], false);
    assert_eq!(run(&["vm", "status", "wasm"], 0)[0]["enabled"], false);
    let counter = crate::file("contracts/artifacts/c/counter.wasm");
    run(&["deploy", &counter], 2);
    assert_eq!(run(&["vm", "enable", "wasm"], 0)[0]["enabled"], true);
    run(&["deploy", &counter], 0);
    assert!(run(&["vm", "list"], 0).len() >= 3);
    run(&["vm", "disable", "container"], 2);
    braid(&["vm", "disable", "wasm"]).expect_code(2);
}
