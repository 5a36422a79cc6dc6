//! The life of contracts on the command line, with contracts of two machines.

use serde_json::Value as Json;

use crate::{braid, file, text, written};

struct Chain {
    data: String,
}

impl Chain {
    #[track_caller]
    fn run(&self, arguments: &[&str], code: i32) -> Vec<Json> {
        let flags = ["--json", "--data", &self.data];
        braid(&[&flags, arguments].concat()).expect_code(code).objects()
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str], words: &str) {
        let objects = self.run(arguments, 1);
        let message = objects.last().and_then(|it| it["error"]["message"].as_str());
        assert!(message.is_some_and(|it| it.contains(words)), "{message:?}");
    }

    fn deploy(&self, words: &[&str]) -> String {
        let made = self.run(&[&["deploy"], words].concat(), 0);
        made[0]["contract"].as_str().expect("a contract").to_owned()
    }
}

#[test]
fn contracts_live_on_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let chain = Chain { data: text(&folder.path().join("data")) };
    let solidity = file("contracts/artifacts/solidity/Counter.json");
    let rust = file("contracts/artifacts/rust/counter.wasm");
    let c = file("contracts/artifacts/c/counter.wasm");
    for (words, next) in [(vec!["--managed", &solidity], &solidity), (vec![&*rust], &c)] {
        let at = chain.deploy(&words);
        let at = at.as_str();
        chain.run(&["send", at, "increment"], 0);
        chain.refused(&["upgrade", at, next, "--from", "bob"], "is not the owner");
        chain.run(&["upgrade", at, next], 0);
        let count = chain.run(&["call", at, "value"], 0);
        assert_eq!(count[0]["outcome"], "success");
        chain.run(&["rollback", at, "1"], 0);
        chain.refused(&["rollback", at, "7"], "there is no earlier 7");
        let versions = chain.run(&["versions", at], 0);
        assert_eq!(versions.len(), 3);
        assert_eq!(versions[0]["code_hash"], versions[2]["code_hash"]);
        assert_eq!(
            (&versions[2]["present"], &versions[0]["present"]),
            (&true.into(), &false.into())
        );
        assert!(versions.iter().all(|it| it["abi"].is_array()), "{versions:?}");

        chain.run(&["freeze", at], 0);
        chain.refused(&["send", at, "increment"], "is frozen");
        chain.run(&["unfreeze", at], 0);

        chain.run(&["access", at, "--restrict", "increment", "COUNTER_ROLE"], 0);
        chain.refused(&["send", at, "increment"], "AccessDenied");
        chain.run(&["access", at, "--grant", "COUNTER_ROLE", "bob"], 0);
        chain.run(&["send", at, "increment", "--from", "bob"], 0);
        let shown = chain.run(&["inspect", at], 0);
        assert_eq!(shown[0]["access"]["methods"].as_array().map(Vec::len), Some(1));
        assert_eq!(shown[0]["access"], chain.run(&["access", at], 0)[0]);
        chain.run(&["access", at, "--revoke", "COUNTER_ROLE", "bob"], 0);
        chain.run(&["access", at, "--open", "increment"], 0);
        chain.run(&["send", at, "increment"], 0);

        chain.run(&["access", at, "--grant", "UPGRADER_ROLE", "bob"], 0);
        chain.run(&["policy", at, "--set", "multi-sign"], 2);
        chain.run(&["policy", at, "--set", "multi-sign", "--approvals", "1"], 0);
        chain.run(&["policy", at, "--propose", next, "--from", "bob"], 0);
        let policy = &chain.run(&["policy", at], 0)[0];
        assert_eq!((&policy["policy"], &policy["approvals"]), (&"multi-sign".into(), &1.into()));
        assert_eq!(policy["proposals"].as_array().map(Vec::len), Some(1));
        chain.run(&["policy", at, "--withdraw", next, "--from", "bob"], 0);
        chain.refused(&["upgrade", at, next, "--from", "bob"], "has 0 of 1 approvals");
        chain.run(&["policy", at, "--propose", next, "--from", "bob"], 0);
        chain.run(&["upgrade", at, next, "--from", "bob"], 0);

        chain.run(&["owner", at, "--transfer", "carol"], 0);
        chain.run(&["owner", at, "--accept", "--from", "carol"], 0);
        let owner = &chain.run(&["owner", at], 0)[0];
        assert!(owner["owner"].is_string() && owner["pending_owner"].is_null());
        chain.run(&["revoke", at, "--from", "carol"], 0);
        chain.refused(&["send", at, "increment"], "is revoked");
        chain.run(&["owner", at, "--renounce", "--from", "carol"], 1);
    }
    chain.run(&["versions", "bob"], 2);
    chain.run(&["owner", "chain"], 2);
    chain.run(&["state", "verify"], 0);
    chain.run(&["block", "replay"], 0);
}

#[test]
fn a_genesis_says_who_deploys() {
    let folder = tempfile::tempdir().expect("a folder");
    let chain = Chain { data: text(&folder.path().join("data")) };
    let counter = file("contracts/artifacts/solidity/Counter.json");
    let genesis = "[governance]\nowner = \"alice\"\ndeploy = \"owner\"\n\
                   [accounts.alice]\nbalance = \"9ether\"\n[accounts.bob]\nbalance = \"9ether\"\n";
    let genesis = text(&written(folder.path(), "genesis.toml", genesis));
    chain.run(&["init", "--genesis", &genesis], 0);
    chain.refused(&["deploy", &counter, "--from", "bob"], "is not the owner of");
    chain.deploy(&[&counter]);
    chain.run(&["policy", "chain", "--set", "allow-list"], 0);
    chain.run(&["access", "chain", "--grant", "DEPLOYER_ROLE", "bob"], 0);
    chain.deploy(&[&counter, "--from", "bob"]);
    assert_eq!(chain.run(&["policy", "chain"], 0)[0]["policy"], "allow-list");
    chain.run(&["params", "set", "gas_limit", "70000000"], 0);
    let limit = &chain.run(&["params", "get", "gas_limit"], 0)[0];
    assert_eq!((&limit["value"], &limit["next"]), (&100_000_000.into(), &70_000_000.into()));
    chain.refused(&["params", "set", "base_fee", "1gwei", "--from", "bob"], "is not the owner");
    chain.run(&["params", "set", "fee_recipient", "bob"], 0);
    chain.run(&["params", "set", "base_fee_rule", "sometimes"], 2);
    chain.run(&["params", "set", "gas_limit", "1"], 2);
    assert_eq!(chain.run(&["params"], 0).len(), 5);
    assert_eq!(chain.run(&["block"], 0)[0]["gas_limit"], 70_000_000);
    chain.run(&["policy", "chain", "--set", "multi-sign", "--approvals", "1"], 0);
    let change = ["params", "set", "base_fee", "0", "--from", "bob"];
    chain.refused(&change, "has 0 of 1 approvals");
    chain.run(&[&change[..], &["--propose"]].concat(), 0);
    chain.run(&change, 0);
    chain.run(&["block", "replay"], 0);
    chain.run(&["state", "verify"], 0);
    let bad = "[governance]\ndeploy = \"multi-sign\"\n";
    let bad = text(&written(folder.path(), "bad.toml", bad));
    let other = text(&folder.path().join("other"));
    let run = braid(&["--data", &other, "init", "--genesis", &bad]).expect_code(2);
    assert!(run.stderr.contains("governance.deploy_approvals"), "{}", run.stderr);
}
