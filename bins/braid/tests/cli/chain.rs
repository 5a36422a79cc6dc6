//! The chain on the command line: genesis files, blocks, transactions, receipts, replay.

use braidvm::{Address, Engine, Gas, Request, Wei, dev_accounts, rooms::kernel::Transaction};
use serde_json::Value as Json;

use crate::{FIRST_CONTRACT, Run, braid, command, file, text, written};

/// The example of EIP-155.
const EIP_155: &str = "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6\
    b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f\
    761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";

fn word<'a>(object: &'a Json, key: &str) -> &'a str {
    object[key].as_str().unwrap_or_else(|| panic!("{key} of {object}"))
}

#[test]
fn what_was_sent_is_found_by_its_hash_and_runs_again_to_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = text(&folder.path().join("data"));
    let on = |arguments: &[&str]| -> Json {
        let run = braid(&[&["--data", &data, "--json"], arguments].concat()).expect_code(0);
        run.objects().pop().expect("an object")
    };
    let counter = file("contracts/artifacts/c/counter.wasm");
    on(&["deploy", &counter]);
    let sent = on(&["send", FIRST_CONTRACT, "increment"]);
    let hash = word(&sent, "transaction");
    let receipt = on(&["receipt", hash]);
    assert_eq!(receipt["gas_used"], sent["gas_used"]);
    assert_eq!((word(&receipt, "outcome"), &receipt["block"]), ("success", &2.into()));
    let shown = on(&["tx", hash]);
    assert_eq!(shown["from"], receipt["from"]);
    let decoded = on(&["tx", "decode", word(&shown, "raw")]);
    assert_eq!((word(&decoded, "hash"), &decoded["signed"]), (hash, &true.into()));
    let block = on(&["block", "2"]);
    assert_eq!(block["transactions"][0], hash);
    assert_eq!(on(&["block", word(&block, "hash")]), block);
    assert_eq!(on(&["block"]), block, "it is the latest");
    let replayed = on(&["block", "replay"]);
    assert_eq!((&replayed["equal"], &replayed["blocks"]), (&true.into(), &2.into()));
    let again = braid(&["--data", &data, "send", "--raw", word(&shown, "raw")]);
    assert!(again.expect_code(2).stderr.contains("nonce 1 is used"));
}

#[test]
fn a_raw_transaction_is_sent_as_it_is() {
    let other = braid(&["send", "--raw", EIP_155]).expect_code(2);
    assert!(other.stderr.contains("is for chain 1, this is 31337"), "{other:#?}");
    let folder = tempfile::tempdir().expect("a folder");
    let (data, copy) = (text(&folder.path().join("data")), text(&folder.path().join("copy")));
    let sent = braid(&["--data", &data, "--json", "send", "bob", "--value", "5"]).expect_code(0);
    let sent = sent.objects().remove(0);
    let shown = braid(&["--data", &data, "--json", "tx", word(&sent, "transaction")]);
    let shown = shown.expect_code(0).objects().remove(0);
    let raw = word(&shown, "raw");
    let copied = braid(&["--data", &copy, "--json", "send", "--raw", raw]).expect_code(0);
    let copied = copied.objects().remove(0);
    assert_eq!(copied["block_hash"], sent["block_hash"], "equal blocks on equal parents");
}

#[test]
fn a_chain_of_ones_own_begins_by_its_genesis() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = text(&folder.path().join("data"));
    let printed = braid(&["genesis"]).expect_code(0).stdout;
    let own = printed.replace("chain_id = 31337", "chain_id = 4242");
    assert_ne!(own, printed);
    let contract = format!(
        "\n[[contracts]]\nartifact = \"{}\"\ndeployer = \"alice\"\n",
        file("contracts/artifacts/c/counter.wasm")
    );
    let path = text(&written(folder.path(), "genesis.toml", own + &contract));
    let init =
        |data: &str, path: &str| -> Run { braid(&["--data", data, "init", "--genesis", path]) };
    init(&data, &path).expect_code(0);
    init(&data, &path).expect_code(0);
    let on = |arguments: &[&str]| braid(&[&["--data", &data], arguments].concat());
    assert_eq!(on(&["call", FIRST_CONTRACT, "value"]).expect_code(0).stdout, "0\n");
    on(&["send", FIRST_CONTRACT, "increment"]).expect_code(0);
    on(&["block", "replay"]).expect_code(0);

    let other = text(&written(folder.path(), "other.toml", printed));
    let refused = init(&data, &other).expect_code(2);
    assert!(refused.stderr.contains("choose an empty folder"), "{refused:#?}");
    let config = text(&written(folder.path(), "braid.toml", "[chain]\nchain_id = 7\n"));
    let refused = on(&["--config", &config, "accounts"]).expect_code(2);
    assert!(refused.stderr.contains("4242") && refused.stderr.contains('7'), "{refused:#?}");
}

#[test]
fn what_is_wrong_of_a_chain_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = text(&folder.path().join("data"));
    let wrong = text(&written(folder.path(), "wrong.toml", "chian_id = 5\n"));
    let none = "0x".to_owned() + &"11".repeat(32);
    let cases: [(&[&str], &str); 8] = [
        (&["init", "--genesis", &wrong], "--data"),
        (&["--data", &data, "init", "--genesis", &wrong], "did you mean `chain_id`?"),
        (&["block", "7"], "the tip is block 0"),
        (&["block", "seven"], "neither a number nor a hash"),
        (&["block", &none], "is not part of the chain"),
        (&["receipt", &none], "is not part of the chain"),
        (&["tx", "decode", "0x4200"], "type 0x42 does not decode"),
        (&["tx", "decode", "0xzz"], "not hexadecimal"),
    ];
    for (arguments, words) in cases {
        let run = braid(arguments).expect_code(2);
        assert!(run.stderr.contains(words), "{arguments:?}: {}", run.stderr);
    }
}

/// Four transfers of each development account, to somebody new each time, a line each.
fn transfers() -> String {
    let engine = Engine::dev();
    let mut lines = String::new();
    for nonce in 0..4 {
        for (number, account) in (1..).zip(dev_accounts()) {
            let to = Address::from_evm(Address::new([16 * number + nonce; 32]).evm_alias());
            let request = Request::transfer(account.address, to, Wei::from_u64(1));
            let (transaction, _) = engine.transaction(&request).expect("a transfer");
            let transaction = Transaction { gas_limit: Gas(21_000), ..transaction };
            let signed = engine.sign(&transaction, nonce.into()).expect("it has a form");
            lines.push_str(&format!("{}\n", signed.encode()));
        }
    }
    lines
}

#[test]
fn a_block_of_many_is_made_of_lines_and_tells_what_depended_on_what() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = text(&written(folder.path(), "lines.txt", transfers()));
    let data = |name: &str| text(&folder.path().join(name));
    let make = |name: &str, flags: &[&str]| -> Json {
        let data = data(name);
        let all = [&["--data", &data, "--json", "block", "make", &lines], flags].concat();
        braid(&all).expect_code(0).objects().remove(0)
    };
    let made = make("one", &["--threads", "1"]);
    assert_eq!((&made["transactions"], &made["failed"]), (&40.into(), &0.into()));
    assert_eq!(make("four", &["--threads", "4"]), made);
    assert_eq!(make("both", &["--verify-parallel"]), made);
    let streamed = |name: &str, flags: &[&str]| {
        let data = data(name);
        let all = [&["--data", &data, "--json", "block", "make", &lines, "--stream"], flags];
        braid(&all.concat()).expect_code(0).objects()
    };
    let mut told = streamed("streamed", &[]);
    assert_eq!(told.pop(), Some(made.clone()));
    let indices: Vec<_> = told.iter().map(|receipt| receipt["index"].as_u64()).collect();
    assert_eq!(indices, (0..40).map(Some).collect::<Vec<_>>());
    assert!(told.iter().all(|receipt| receipt["outcome"] == "success"), "{told:?}");
    let cut = streamed("cut", &["--time-limit-ms", "0"]);
    assert_eq!((cut.len(), &cut[1]["transactions"]), (2, &1.into()), "it ends with the first");
    assert_eq!(cut[1]["skipped"][0]["reason"], "the block ended before it");
    let again = make("one", &[]);
    assert_eq!(again["skipped"].as_array().map(Vec::len), Some(40), "their nonces are used");

    let four = data("four");
    let stats = |flags: &[&str]| {
        braid(&[&["--data", &four, "block", "stats", "1"], flags].concat()).expect_code(0)
    };
    let stats_json = stats(&["--json", "--threads", "2", "--top", "3"]).objects().remove(0);
    let expected = [("transactions", 40), ("threads", 2), ("dependencies", 30)];
    for (key, number) in expected.into_iter().chain([("critical_path_gas", 84_000)]) {
        assert_eq!(stats_json[key], number, "{key} of {stats_json}");
    }
    assert_eq!(stats_json["contended"].as_array().map(Vec::len), Some(3));
    assert_eq!(stats_json["contended"][0]["namespace"], "account");
    assert_eq!(stats_json["lanes"].as_array().map(Vec::len), Some(2));
    let widths = stats_json["simulated"].as_array().expect("a list");
    let widths: Vec<_> = widths.iter().map(|it| &it["simulated_threads"]).collect();
    assert_eq!(widths, [4, 8, 16, 32, 64]);
    let shown = stats(&[]).stdout;
    for words in ["84,000 gas, 10.0 %", "alice", "Simulated, not measured"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    braid(&["--data", &four, "--threads", "1", "block", "replay"]).expect_code(0);
}

#[test]
fn lines_come_from_stdin_as_well_and_a_wrong_one_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = transfers();
    let path = written(folder.path(), "lines.txt", &lines);
    let mut piped = command(&["--json", "block", "make", "-"]);
    let piped = piped.stdin(std::fs::File::open(path).expect("written")).output();
    let piped = String::from_utf8(piped.expect("braid runs").stdout).expect("text");
    assert!(piped.contains(r#""transactions":40"#), "{piped}");

    let first = lines.lines().next().expect("a line");
    for (second, words) in [("0xzz", "not hexadecimal"), ("0x4200", "does not decode")] {
        let wrong = text(&written(folder.path(), "wrong.txt", format!("{first}\n{second}\n")));
        let refused = braid(&["block", "make", &wrong]).expect_code(2).stderr;
        assert!(refused.contains("wrong.txt:2") && refused.contains(words), "{refused}");
    }
    let refused = braid(&["--threads", "5000", "accounts"]).expect_code(2).stderr;
    assert!(refused.contains("\"5000\" is not a number of threads up to 1024"), "{refused}");
}
