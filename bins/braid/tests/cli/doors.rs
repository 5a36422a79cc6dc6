//! Every door by which bad input comes in: the exit code, and that the message names the fault.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::Stdio,
};

use crate::{FIRST_CONTRACT, braid, command, file, text, written};

const USAGE: i32 = 2;
const HOST: i32 = 3;

#[track_caller]
fn refused(arguments: &[&str], code: i32, words: &[&str]) {
    let run = braid(arguments).expect_code(code);
    assert_eq!(run.stdout, "", "{arguments:?}");
    for word in words {
        assert!(run.stderr.contains(word), "{arguments:?}: {word} is not in {}", run.stderr);
    }
}

#[test]
fn wrong_words_are_usage() {
    let cases: [(&[&str], &[&str]); 9] = [
        (&[], &["Usage: braid"]),
        (&["deply"], &["deploy"]),
        (&["call", "mallory", "x"], &["mallory", "alice, bob"]),
        (&["call", "bob", "foo"], &["has no interface", "\"foo(uint256)\""]),
        (&["call", "bob", "foo(uint)", "x"], &["parameter 1", "foo(uint256)", "\"x\""]),
        (&["call", "bob", "0xzz"], &["0xzz"]),
        (&["call", "bob", "0x00", "5"], &["raw input takes no arguments"]),
        (&["send", "bob", "--value", "much"], &["--value", "much"]),
        (&["send", "bob", "--value", "20000ether"], &["insufficient funds"]),
    ];
    for (arguments, words) in cases {
        refused(arguments, USAGE, words);
    }
}

#[test]
fn files_that_hold_no_contract_are_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    let module = fs::read(file("contracts/artifacts/c/counter.wasm")).expect("the module");
    let half = text(&written(folder.path(), "half.wasm", &module[..module.len() / 2]));
    let text_file = text(&written(folder.path(), "words.txt", "words"));
    let empty = text(&written(folder.path(), "empty", ""));
    let token = file("contracts/artifacts/solidity/Token.json");
    let cases: [(&[&str], &[&str]); 9] = [
        (&["deploy", "/no/such/file"], &["/no/such/file"]),
        (&["deploy", "/dev/zero"], &["/dev/zero", "more than 67108864 bytes"]),
        (&["deploy", "/"], &["/: "]),
        (&["deploy", &half], &["malformed wasm code at byte"]),
        (&["deploy", &text_file], &["no enabled machine recognizes"]),
        (&["deploy", &empty], &["empty"]),
        (&["deploy", &token, "Gold"], &["3 arguments expected, 1 given"]),
        (&["deploy", &token, "Gold", "GLD", "-5"], &["parameter 3 \"supply\"", "-5"]),
        (&["abi", &empty], &["empty"]),
    ];
    for (arguments, words) in cases {
        refused(arguments, USAGE, words);
    }
}

#[test]
fn wrong_configurations_are_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases = [
        ("[vm.evm]\nverison = \"london\"\n", "did you mean `version`?"),
        ("[vm]\nenabled_vms = [\"wasmm\"]\n", "did you mean `wasm`?"),
        ("[chain]\nchain_id = 0\n", "chain.chain_id"),
        ("[", "TOML"),
    ];
    for (content, words) in cases {
        let path = text(&written(folder.path(), "braid.toml", content));
        refused(&["--config", &path, "vms"], USAGE, &[&path, words]);
    }
    refused(&["--config", "/no/such.toml", "vms"], USAGE, &["/no/such.toml"]);
}

#[test]
fn the_configuration_of_the_book_is_accepted() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = fs::read_to_string(file("docs/src/cli.md")).expect("the page");
    let rest = page.split("```toml\n").nth(1).expect("an example");
    let example = rest.split("```").next().expect("its end");
    let path = text(&written(folder.path(), "braid.toml", example));
    braid(&["--config", &path, "doctor"]).expect_code(0);
}

#[test]
fn a_folder_has_one_process_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = text(&folder.path().join("data"));
    let relay = file("contracts/artifacts/rust/relay.wasm");
    let counter = file("contracts/artifacts/c/counter.wasm");
    let made = |path: &str| {
        let run = braid(&["--data", &data, "--json", "deploy", path]).expect_code(0);
        run.objects()[0]["contract"].as_str().expect("an address").to_owned()
    };
    let (relay, counter) = (made(&relay), made(&counter));
    let mut writer = command(&["demo-writer", &data, &relay, &counter, &counter]);
    let mut child = writer.stdout(Stdio::piped()).spawn().expect("braid runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    lines.next().expect("an acknowledgement").expect("text");
    let refused = braid(&["--data", &data, "accounts"]);
    child.kill().expect("it runs until it is killed");
    child.wait().expect("it ended");
    assert!(refused.expect_code(HOST).stderr.contains(&data));
    braid(&["--data", &data, "accounts"]).expect_code(0);
}

#[test]
fn a_machine_or_an_opcode_that_is_off_runs_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let evm_only = written(folder.path(), "a.toml", "[vm]\nenabled_vms = [\"evm\"]\n");
    let module = file("contracts/artifacts/c/counter.wasm");
    refused(&["--config", &text(&evm_only), "deploy", &module], USAGE, &["wasm", "disabled"]);
    let opcode = written(folder.path(), "b.toml", "[vm.evm]\ndisabled_opcodes = [\"SSTORE\"]\n");
    let token = file("contracts/artifacts/solidity/Token.json");
    let run = braid(&["--config", &text(&opcode), "deploy", &token, "Gold", "GLD", "5"]);
    assert!(run.expect_code(1).stdout.contains("halt"));
}

#[test]
fn a_folder_that_cannot_be_used_is_the_host() {
    let folder = tempfile::tempdir().expect("a folder");
    let occupied = text(&written(folder.path(), "occupied", "a file"));
    refused(&["--data", &occupied, "vms"], HOST, &[&occupied]);
    let data = text(&folder.path().join("data"));
    braid(&["--data", &data, "send", "bob", "--value", "1ether"]).expect_code(0);
    written(&folder.path().join("data/state/store"), "FORMAT", "XXXXXXXX");
    refused(&["--data", &data, "accounts"], HOST, &["damaged", "FORMAT"]);
}

#[test]
fn dumps_that_are_damaged_are_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = text(&folder.path().join("data"));
    let words = text(&written(folder.path(), "words", "words\n"));
    refused(&["--data", &data, "state", "load", &words], USAGE, &["bad dump at line 1"]);
    refused(&["state", "load", &words], USAGE, &["--data"]);
    let dump = braid(&["state", "dump"]).expect_code(0).stdout;
    let altered = dump.replacen("\"value\":\"0x0", "\"value\":\"0x1", 1);
    assert_ne!(dump, altered);
    let altered = text(&written(folder.path(), "altered", altered));
    let data = text(&folder.path().join("data-2"));
    refused(&["--data", &data, "state", "load", &altered], USAGE, &["bad dump at line"]);
    refused(&["state", "diff", "7"], USAGE, &["block 7"]);
}

#[test]
fn a_contract_that_fails_is_exit_code_1() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = text(&folder.path().join("data"));
    let token = file("contracts/artifacts/solidity/Token.json");
    braid(&["--data", &data, "deploy", &token, "Gold", "GLD", "100"]).expect_code(0);
    for command in ["call", "send", "trace", "estimate"] {
        let run = braid(&["--data", &data, command, FIRST_CONTRACT, "transfer", "bob", "101"]);
        let run = run.expect_code(1);
        assert!(run.stderr.contains("available: 100, needed: 101"), "{run:#?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    for arguments in [&["accounts"][..], &["state", "dump"], &["completions", "bash"]] {
        let mut child = command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("braid runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("braid ends");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
}

#[test]
fn contracts_in_go_are_tested_off_the_chain() {
    let counter = file("contracts/go/counter");
    let run = braid(&["--json", "go", "test", &counter]);
    if run.code == Some(2) && run.stderr.contains("Go is not on this machine") {
        // Written past the capture of the test harness: what was skipped must be seen.
        let _ = writeln!(std::io::stderr(), "skipped: {}", run.stderr.trim_end());
        return;
    }
    let objects = run.expect_code(0).objects();
    assert_eq!(objects[0]["passed"], true);
    // A test that fails is the contract's failure.
    let folder = tempfile::tempdir().expect("a folder");
    let source = std::fs::read(file("contracts/go/counter/counter.go")).expect("reads");
    written(folder.path(), "counter.go", source);
    let test = "package counter\n\nimport \"testing\"\n\n\
                func TestNo(t *testing.T) { t.Fatal(\"as it should\") }\n";
    written(folder.path(), "counter_test.go", test);
    let run = braid(&["--json", "go", "test", &text(folder.path())]).expect_code(1);
    let objects = run.objects();
    assert!(objects[0]["output"].as_str().is_some_and(|it| it.contains("as it should")));
    assert_eq!(objects[1]["error"]["kind"], "contract");
}
