//! A chain that many commands work on, each in a process of its own.

use crate::{FIRST_CONTRACT, Run, braid, file, text};

#[test]
fn a_chain_goes_on_over_commands() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = text(&folder.path().join("data"));
    let on = |arguments: &[&str]| braid(&[&["--data", &data], arguments].concat()).expect_code(0);
    let at = FIRST_CONTRACT;
    let token = file("contracts/artifacts/solidity/Token.json");
    let deployed = on(&["deploy", &token, "Gold", "GLD", "100"]);
    assert!(deployed.stdout.contains("its interface is on the chain"), "{deployed:#?}");

    let counter = file("contracts/artifacts/c/counter.wasm");
    let receipt = on(&["--json", "deploy", &counter]).objects().remove(0);
    assert_eq!(receipt["has_interface"], true);
    let counter = receipt["contract"].as_str().expect("an address").to_owned();
    on(&["send", &counter, "increment"]);
    on(&["send", &counter, "add(uint256)", "41"]);
    assert_eq!(on(&["call", &counter, "value"]).stdout, "42\n");

    on(&["send", at, "transfer", "bob", "5"]);
    on(&["send", at, "transfer(address,uint256)", "bob", "5", "--gas-limit", "100000"]);
    on(&["send", at, "transfer", "carol", "1", "--from", "bob"]);
    assert_eq!(on(&["call", at, "balanceOf", "bob"]).stdout, "9\n");
    assert_eq!(
        on(&["call", at, "balanceOf(address)(uint256)", "bob", "--block", "2"]).stdout,
        "0\n"
    );
    let raw = on(&["abi", at, "--encode", "balanceOf", "bob"]).stdout;
    assert!(on(&["call", at, raw.trim()]).stdout.trim_end().ends_with("09"));

    let gas: u64 =
        on(&["estimate", at, "transfer", "bob", "1"]).stdout.trim().parse().expect("gas");
    let limit = gas.to_string();
    on(&["call", at, "transfer", "bob", "1", "--gas-limit", &limit]);
    let less = (gas - 1).to_string();
    let arguments = ["--data", &data, "call", at, "transfer", "bob", "1", "--gas-limit", &less];
    braid(&arguments).expect_code(1);
}

#[test]
fn a_dump_makes_the_same_chain_elsewhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, copy) = (text(&folder.path().join("data")), text(&folder.path().join("copy")));
    let dump = text(&folder.path().join("dump"));
    let run =
        |data: &str, arguments: &[&str]| -> Run { braid(&[&["--data", data], arguments].concat()) };
    let token = file("contracts/artifacts/rust/token.wasm");
    run(&data, &["deploy", &token, "Silver", "SLV", "100"]).expect_code(0);
    run(&data, &["state", "dump", &dump]).expect_code(0);
    run(&copy, &["state", "load", &dump]).expect_code(0);
    let root = |data: &str| run(data, &["state", "root"]).expect_code(0).stdout;
    assert_eq!(root(&data), root(&copy));
    assert_eq!(run(&copy, &["state", "diff", &dump]).expect_code(0).stdout, "");
    run(&copy, &["state", "load", &dump]).expect_code(2);
    run(&copy, &["send", FIRST_CONTRACT, "transfer", "bob", "5"]).expect_code(0);
    run(&copy, &["state", "verify"]).expect_code(0);
    assert_ne!(root(&data), root(&copy));
    assert_ne!(run(&copy, &["state", "diff", &dump]).expect_code(0).stdout, "");
}

#[test]
fn history_is_read_in_its_window_and_pruned_outside_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = text(&folder.path().join("data"));
    let on = |arguments: &[&str]| braid(&[&["--data", &data], arguments].concat());
    let counter = file("contracts/artifacts/c/counter.wasm");
    let receipt = on(&["--json", "deploy", &counter]).expect_code(0).objects().remove(0);
    let counter = receipt["contract"].as_str().expect("an address").to_owned();
    for _ in 0..8 {
        on(&["send", &counter, "increment"]).expect_code(0);
    }
    let value = |block: &str| on(&["call", &counter, "value", "--block", block]);
    for block in 1..=9 {
        let shown = value(&block.to_string()).expect_code(0).stdout;
        assert_eq!(shown, format!("{}\n", block - 1));
    }
    let nonce = |block: &str| {
        let run = on(&["--json", "inspect", "alice", "--block", block]).expect_code(0);
        run.objects().remove(0)["nonce"].as_u64()
    };
    assert_eq!((nonce("3"), nonce("7")), (Some(3), Some(7)));
    assert!(on(&["trace", &counter, "value", "--block", "5"]).expect_code(0).stdout.contains("4"));

    on(&["send", &counter, "increment", "--retention", "3"]).expect_code(0);
    assert_eq!(value("8").expect_code(0).stdout, "7\n");
    for arguments in [["call", &counter, "value"], ["trace", &counter, "value"]] {
        let refused = on(&[&arguments[..], &["--block", "7"]].concat()).expect_code(2);
        assert!(refused.stderr.contains("the states of blocks 8 to 10"), "{refused:#?}");
    }
    let refused = on(&["state", "dump", "--block", "11"]).expect_code(2);
    assert!(refused.stderr.contains("blocks 8 to 10"), "{refused:#?}");
    let status = on(&["--json", "state", "status"]).expect_code(0).objects().remove(0);
    assert_eq!(status["store"]["retained_from"], 8);
    assert_eq!(status["store"]["retained_blocks"], 3);
    assert_eq!(status["store"]["prune_lag_blocks"], 0);
    assert_eq!(status["retention_blocks"], "all");
    assert!(status["store"]["disk_bytes"].as_u64().is_some_and(|bytes| bytes > 0));
    on(&["state", "compact"]).expect_code(0);
    assert_eq!(value("10").expect_code(0).stdout, "9\n");
    on(&["send", &counter, "increment", "--retention", "few"]).expect_code(2);
}

#[test]
fn a_snapshot_makes_the_same_chain_elsewhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let [data, copy, snapshot] =
        ["data", "copy", "snapshot"].map(|name| text(&folder.path().join(name)));
    let run =
        |data: &str, arguments: &[&str]| -> Run { braid(&[&["--data", data], arguments].concat()) };
    let token = file("contracts/artifacts/rust/token.wasm");
    run(&data, &["deploy", &token, "Silver", "SLV", "100"]).expect_code(0);
    run(&data, &["send", FIRST_CONTRACT, "transfer", "bob", "5"]).expect_code(0);
    run(&data, &["send", FIRST_CONTRACT, "transfer", "bob", "6"]).expect_code(0);
    let exported = run(&data, &["--json", "snapshot", "export", &snapshot, "--block", "2"]);
    let exported = exported.expect_code(0).objects().remove(0);
    let root = exported["root"].as_str().expect("a root").to_owned();
    let other = root.replace(&root[60..], "000000");

    let verified = braid(&["snapshot", "verify", &snapshot]).expect_code(0);
    assert!(verified.stderr.contains(&root) && verified.stderr.contains("--root"), "{verified:#?}");
    let verified = braid(&["snapshot", "verify", &snapshot, "--root", &root]).expect_code(0);
    assert_eq!(verified.stderr, "");
    for command in ["verify", "import"] {
        let refused = run(&copy, &["snapshot", command, &snapshot, "--root", &other]);
        assert!(refused.expect_code(2).stderr.contains(&other));
    }
    let refused = run(&copy, &["snapshot", "import", &snapshot, "--root", "5"]).expect_code(2);
    assert!(refused.stderr.contains("64 hexadecimal digits"), "{refused:#?}");
    let refused = braid(&["snapshot", "import", &snapshot]).expect_code(2);
    assert!(refused.stderr.contains("needs --data"), "{refused:#?}");

    let imported = run(&copy, &["--json", "snapshot", "import", &snapshot, "--root", &root]);
    assert_eq!(imported.expect_code(0).objects().remove(0), exported);
    let balance = |data: &str| run(data, &["call", FIRST_CONTRACT, "balanceOf", "bob"]).stdout;
    assert_eq!((balance(&data), balance(&copy)), ("11\n".to_owned(), "5\n".to_owned()));
    run(&copy, &["send", FIRST_CONTRACT, "transfer", "bob", "6"]).expect_code(0);
    let roots = [&data, &copy].map(|data| run(data, &["state", "root"]).expect_code(0).stdout);
    assert_eq!(roots[0], roots[1]);
    let refused = run(&copy, &["snapshot", "import", &snapshot]).expect_code(2);
    assert!(refused.stderr.contains("not empty"), "{refused:#?}");
    let refused = run(&data, &["snapshot", "export", &snapshot]).expect_code(2);
    assert!(refused.stderr.contains("of block 2"), "{refused:#?}");
}

#[test]
fn without_a_folder_nothing_stays() {
    let sent = braid(&["send", "bob", "--value", "1ether"]).expect_code(0);
    assert!(sent.stderr.contains("--data"), "{sent:#?}");
    let quiet = braid(&["send", "bob", "--value", "1ether", "--quiet"]).expect_code(0);
    assert_eq!(quiet.stderr, "");
    assert!(braid(&["inspect", "bob"]).expect_code(0).stdout.contains("10000 ether"));
}

#[test]
fn trees_tell_the_machines_apart_and_colors_only_where_asked() {
    let counter = file("contracts/artifacts/c/counter.wasm");
    let plain = braid(&["deploy", &counter, "--verbose"]).expect_code(0).stdout;
    assert!(!plain.contains('\u{1b}'), "{plain}");
    let colored = braid(&["deploy", &counter, "-v", "--color", "always"]).expect_code(0).stdout;
    assert!(colored.contains('\u{1b}'), "{colored}");
}
