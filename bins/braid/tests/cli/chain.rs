//! The chain on the command line: genesis files, blocks, transactions, receipts, replay.

use serde_json::Value as Json;

use crate::{FIRST_CONTRACT, Run, braid, file, text, written};

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
