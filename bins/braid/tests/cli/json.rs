//! With `--json`, stdout holds JSON objects alone, one a line, whatever comes of the command.

use crate::{FIRST_CONTRACT, braid, file, text, written};

#[test]
fn every_command_writes_objects_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = text(&folder.path().join("data"));
    let dump = text(&folder.path().join("dump"));
    let snapshot = text(&folder.path().join("snapshot"));
    let token = file("contracts/artifacts/solidity/Token.json");
    let counter = file("contracts/artifacts/assemblyscript/counter.wasm");
    let vectors = file("tests/conformance/fixtures/counter.json");
    let tests = file("contracts/javascript/tests/token.test.ts");
    let at = FIRST_CONTRACT;
    let cases: [(&[&str], i32); 60] = [
        (&["deploy", &token, "Gold", "GLD", "100"], 0),
        (&["deploy", &counter], 0),
        (&["send", at, "transfer", "bob", "5"], 0),
        (&["send", at, "transfer", "bob", "500"], 1),
        (&["send", "bob", "--value", "1ether"], 0),
        (&["call", at, "balanceOf", "bob"], 0),
        (&["call", at, "balanceOf", "bob", "--block", "2"], 0),
        (&["call", at, "nothing"], 2),
        (&["estimate", at, "transfer", "bob", "5"], 0),
        (&["estimate", at, "transfer", "bob", "500"], 1),
        (&["estimate", "--deploy", &counter], 0),
        (&["trace", at, "transfer", "bob", "5"], 0),
        (&["trace", "--struct-logs", at, "transfer", "bob", "5"], 0),
        (&["inspect", at], 0),
        (&["inspect", "bob"], 0),
        (&["send", "@names", "register", "token", at], 0),
        (&["inspect", "@token"], 0),
        (&["inspect", "@nobody"], 2),
        (&["send", "@objects", "create", "bob"], 0),
        (&["object", "list", "--owner", "bob"], 0),
        (&["object", "list"], 2),
        (&["object", &"0".repeat(64)], 2),
        (&["params"], 0),
        (&["params", "get", "gas_limit", "--block", "1"], 0),
        (&["params", "get", "gas"], 2),
        (&["params", "set", "gas_limit", "5000000"], 1),
        (&["solana", "blockhash"], 0),
        (&["solana", "account", "bob"], 0),
        (&["solana", "balance", "bob", "--block", "1"], 0),
        (&["solana", "program", "show", "bob"], 2),
        (&["abi", at], 0),
        (&["abi", &counter, "--encode", "add", "5"], 0),
        (&["abi", at, "--decode", "0x18160ddd"], 0),
        (&["accounts"], 0),
        (&["genesis"], 0),
        (&["block"], 0),
        (&["block", "1"], 0),
        (&["block", "replay"], 0),
        (&["block", "replay", "--from", "7", "--to", "2"], 2),
        (&["vms"], 0),
        (&["doctor"], 0),
        (&["state", "root"], 0),
        (&["state", "root", "--block", "1"], 0),
        (&["state", "prove", "bob"], 0),
        (&["state", "prove", at, "2"], 0),
        (&["state", "prove", at, "words"], 2),
        (&["state", "upgrade"], 0),
        (&["state", "dump", &dump], 0),
        (&["trace", at, "balanceOf", "bob", "--block", "2"], 0),
        (&["inspect", at, "--block", "1"], 0),
        (&["inspect", at, "--block", "99"], 2),
        (&["state", "status"], 0),
        (&["state", "dump", &dump, "--block", "1"], 0),
        (&["snapshot", "export", &snapshot], 0),
        (&["snapshot", "verify", &snapshot], 0),
        (&["snapshot", "import", &snapshot], 0),
        (&["state", "verify"], 0),
        (&["state", "diff", "1", "3"], 0),
        (&["test-vectors", "evm", &vectors], 0),
        (&["test", &tests], 0),
    ];
    for (arguments, code) in cases {
        let arguments = [&["--json", "--data", &data], arguments].concat();
        let run = braid(&arguments).expect_code(code);
        assert!(!run.objects().is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_proof_holds_for_its_root_and_for_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = text(&folder.path().join("data"));
    let proof = text(&folder.path().join("proof"));
    let run = |arguments: &[&str], code: i32| {
        braid(&[&["--json", "--data", &data], arguments].concat()).expect_code(code).objects()
    };
    run(&["send", "bob", "--value", "1ether"], 0);
    for (target, block) in
        [("bob", "0"), ("bob", "1"), ("0x00000000000000000000000000000000000000ff", "1")]
    {
        let made = run(&["state", "prove", target, "--block", block, "-o", &proof], 0);
        let root = run(&["state", "root", "--block", block], 0)[0]["root"].clone();
        assert_eq!(made[0]["root"], root);
        let root = root.as_str().expect("text");
        let checked = run(&["state", "check-proof", &proof, "--root", root], 0);
        assert_eq!(checked[0]["holds"], true);
        assert_eq!(checked[0]["value"].is_null(), target != "bob");
        let other = root.replace(['0', '1'], "2");
        run(&["state", "check-proof", &proof, "--root", &other], 2);
        let written = std::fs::read_to_string(&proof).expect("reads");
        for (from, to) in [
            ("\"braid_proof\": 1", "\"braid_proof\": 2"),
            ("\"proof\": \"0x01", "\"proof\": \"0x07"),
        ] {
            std::fs::write(&proof, written.replace(from, to)).expect("writes");
            run(&["state", "check-proof", &proof, "--root", root], 2);
        }
    }
}

#[test]
fn a_refusal_is_an_object_too() {
    let run = braid(&["--json", "deploy", "/no/such/file"]).expect_code(2);
    let objects = run.objects();
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0]["error"]["kind"], "usage");
    assert!(objects[0]["error"]["message"].as_str().is_some_and(|it| it.contains("/no/such/file")));
}

#[test]
fn words_that_do_not_read_are_a_failure_like_any_other() {
    for arguments in [
        ["--json", "nothing"].as_slice(),
        &["--json", "call"],
        &["block", "--json", "--nothing"],
        &["vm", "status", "cobol", "--json"],
        &["--json", "--threads", "many", "vms"],
    ] {
        let run = braid(arguments).expect_code(2);
        let objects = run.objects();
        assert_eq!((objects.len(), &objects[0]["error"]["kind"]), (1, &"usage".into()));
        let message = objects[0]["error"]["message"].as_str().expect("text");
        assert!(!message.starts_with("error:") && run.stderr.contains("error:"), "{run:#?}");
    }
    // Nobody asked for JSON: an argument after `--` is no flag.
    let run = braid(&["nothing", "--", "--json"]).expect_code(2);
    assert!(run.stdout.is_empty(), "{run:#?}");
}

#[test]
fn vectors_end_with_their_summary() {
    let path = file("tests/conformance/fixtures/counter.json");
    let run = braid(&["--json", "test-vectors", "evm", &path, "--fork", "cancun"]).expect_code(0);
    let summary = run.objects().pop().expect("a summary");
    assert_eq!((&summary["passed"], &summary["failed"]), (&1.into(), &0.into()));
    assert_eq!(summary["by_fork"]["cancun"]["passed"], 1);

    let folder = tempfile::tempdir().expect("a folder");
    let content = std::fs::read_to_string(&path).expect("the fixture");
    let altered = content.replace("\"0x07\": \"0x09\"", "\"0x07\": \"0x0a\"");
    assert_ne!(content, altered);
    let altered = text(&written(folder.path(), "altered.json", altered));
    let run = braid(&["--json", "test-vectors", "evm", &altered]).expect_code(1);
    assert!(run.objects().iter().any(|it| it["failed"].as_u64().is_some_and(|it| it > 0)));
    braid(&["test-vectors", "evm", "/no/such/folder"]).expect_code(2);
    braid(&["test-vectors", "evm", &path, "--fork", "parsi"]).expect_code(2);
}
