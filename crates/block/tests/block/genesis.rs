//! Genesis files: what they say, and what is wrong with those that are refused.

use braid_block::{BaseFeeRule, ChainRules, Genesis};
use primitives::{Address, Gas, U256};
use state::{Key, record::AccountRecord};

fn nobody(_name: &str) -> Option<Address> {
    None
}

fn names(name: &str) -> Option<Address> {
    (name == "alice").then(|| Address::from_evm([0xa1; 20].into()))
}

const FILE: &str = r#"
chain_id = 77
timestamp_s = 1800000000
gas_limit = 60000000
fee_recipient = "alice"

[base_fee]
rule = "eip1559"
initial = "1gwei"
recipient = "0x00000000000000000000000000000000000000fe"

[accounts.alice]
balance = "5ether"

[accounts."0x0202020202020202020202020202020202020202020202020202020202020202"]
balance = "1"
nonce = 3

[accounts."0x00000000000000000000000000000000000000cc"]
code = "0x602a60005260206000f3"
storage = { "0x1" = "0x2a" }
"#;

#[test]
fn a_file_says_how_the_chain_begins() {
    let genesis = Genesis::from_text("genesis.toml", FILE).expect("a sound file");
    let rules = genesis.rules(&names).expect("sound rules");
    assert_eq!((rules.chain_id, rules.gas_limit), (77, Gas(60_000_000)));
    assert_eq!(rules.base_fee, BaseFeeRule::Eip1559(1_000_000_000));
    assert_eq!(Some(rules.fee_recipient), names("alice"));
    assert!(rules.base_fee_recipient.is_some() && !rules.accepts_impersonated);

    let writes = genesis.writes(&names).expect("a sound state");
    let record = |address: Address| {
        let key = Key::account(&Address::from_evm(address.evm_alias()));
        let bytes = writes.get(&key).flatten().expect("the account");
        AccountRecord::decode(&key, bytes).expect("a record")
    };
    let wide = Address::new([2; 32]);
    assert_eq!(record(rules.fee_recipient).balance.to_string(), "5000000000000000000");
    assert_eq!(record(wide).nonce, 3);
    let alias = Key::alias(&Address::from_evm(wide.evm_alias()));
    assert_eq!(writes.get(&alias).flatten().map(AsRef::as_ref), Some(&wide.as_bytes()[..]));
    let contract: Address = "0x00000000000000000000000000000000000000cc".parse().expect("digits");
    assert!(writes.get(&Key::code(&record(contract).code_hash)).is_some());
    let slot = Key::slot(&contract, &U256::from(1).into());
    assert_eq!(writes.get(&slot).flatten().map(|it| it[31]), Some(42));
    let kept = writes.get(&ChainRules::key()).flatten().expect("the rules");
    assert_eq!(kept.as_ref(), rules.encode());
}

#[test]
fn toml_and_json_say_the_same() {
    let genesis = Genesis::from_text("genesis.toml", FILE).expect("a sound file");
    let again = Genesis::from_text("again", &genesis.to_toml()).expect("own TOML");
    assert_eq!(again, genesis);
    let json = serde_json::to_string(&genesis).expect("plain data");
    assert_eq!(Genesis::from_text("genesis.json", &json).expect("own JSON"), genesis);
}

#[test]
fn what_is_wrong_is_named_with_a_suggestion() {
    let cases = [
        ("chian_id = 5", "did you mean `chain_id`?"),
        ("[base_fee]\nrule = \"eip1599\"", "did you mean `eip1559`?"),
        ("{ \"gas_limt\": 5 }", "did you mean `gas_limit`?"),
        ("chain_id = 0", "a number above 0"),
        ("gas_limit = 5", "at least 21000"),
        ("[[contracts]]\nartifact = \"a\"\ndeploier = \"alice\"", "did you mean `deployer`?"),
        ("[", "TOML"),
    ];
    for (text, words) in cases {
        let error = Genesis::from_text("genesis.toml", text).expect_err("wrong").to_string();
        assert!(error.contains("genesis.toml") && error.contains(words), "{error}");
    }
}

#[test]
fn values_that_do_not_read_are_named_by_their_key() {
    let whole = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
    let twice = format!("[accounts.alice]\n[accounts.\"{}\"]\n", names("alice").expect("alice"));
    let supply = format!(
        "[accounts.alice]\nbalance = \"{whole}\"\n[accounts.\"0x{:040}\"]\nbalance = \"1\"",
        5
    );
    let cases = [
        ("[accounts.mallory]\nbalance = \"1\"", "accounts.mallory"),
        ("[accounts.alice]\nbalance = \"much\"", "accounts.alice"),
        (twice.as_str(), "twice"),
        (supply.as_str(), "supply"),
    ];
    for (text, words) in cases {
        let genesis = Genesis::from_text("genesis.toml", text).expect("it reads");
        let error = genesis.writes(&names).expect_err("wrong").to_string();
        assert!(error.contains(words), "{error}");
    }
    let rich = Genesis::from_text("g", "[base_fee]\ninitial = \"100ether\"").expect("it reads");
    assert!(rich.rules(&nobody).is_err(), "a base fee has 64 bits");
    let lost = Genesis::from_text("g", "fee_recipient = \"mallory\"").expect("it reads");
    assert!(lost.rules(&nobody).expect_err("nobody").to_string().contains("fee_recipient"));
}

#[test]
fn another_rule_is_another_chain() {
    let hash = |text: &str| {
        let genesis = Genesis::from_text("g", text).expect("it reads");
        let rules = genesis.rules(&names).expect("sound");
        rules.genesis_block(Default::default()).hash()
    };
    let first = hash(FILE);
    assert_eq!(first, hash(FILE));
    assert_ne!(first, hash(&FILE.replace("1gwei", "2gwei")));
    assert_ne!(first, hash(&FILE.replace("00fe\"", "00fd\"")), "who gets the base fee counts");
}
