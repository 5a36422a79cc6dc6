//! Solana by the command: transactions that its clients wrote, and the views that people know.

use base64::{Engine as _, prelude::BASE64_STANDARD as BASE64};
use braidvm::{
    Hash, SecretKey, SignedTransaction,
    rooms::vm_svm::{SolanaInstruction, SolanaMessage, from_base58, to_base58},
};

use crate::{braid, file, text};

const TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

#[test]
fn a_transaction_of_a_client_is_taken_and_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = text(&folder.path().join("data"));
    let on = |arguments: &[&str]| braid(&[&["--json", "--data", &data], arguments].concat());
    let done = |arguments: &[&str]| on(arguments).expect_code(0).objects().remove(0);
    let [key, other] = [[7; 32], [8; 32]].map(SecretKey::ed25519);
    let (from, to) = (key.address(), other.address());
    done(&["send", &from.to_string(), "--value", "5ether"]);
    let hash = done(&["solana", "blockhash"])["blockhash"].as_str().expect("text").to_owned();
    let hash = Hash::from(*from_base58(&hash).expect("32 bytes").as_bytes());
    let pay = SolanaInstruction::transfer(from, to, 1_500_000_000);
    let message = SolanaMessage::new(from, &[pay], &[], hash).expect("a message");
    let signed = SignedTransaction::sign_solana(message.encode(), &[key]).expect("its key");
    let written = format!("base64:{}", BASE64.encode(&signed.encode()[1..]));
    let decoded = done(&["tx", "decode", &written]);
    assert_eq!(decoded["hash"], signed.hash().to_string());
    let receipt = done(&["send", "--raw", &written]);
    assert_eq!(receipt["outcome"], "success", "{receipt}");
    on(&["send", "--raw", &written]).expect_code(2);
    let to = to_base58(&to);
    assert_eq!(done(&["solana", "balance", &to])["lamports"], 1_500_000_000);
    let account = done(&["solana", "account", &to]);
    assert_eq!((&account["owner_name"], &account["data_bytes"]), (&"system".into(), &0.into()));
    on(&["solana", "account", "nobody"]).expect_code(2);
}

#[test]
fn programs_are_shown_by_what_they_are_made_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = text(&folder.path().join("data"));
    let on = |arguments: &[&str]| braid(&[&["--json", "--data", &data], arguments].concat());
    let done = |arguments: &[&str]| on(arguments).expect_code(0).objects().remove(0);
    let token = done(&["solana", "program", "show", TOKEN]);
    assert_eq!((&token["name"], &token["authority"]), (&"token".into(), &().into()));
    assert!(token["code_bytes"].as_u64().is_some_and(|bytes| bytes > 10_000));
    let program = file("contracts/artifacts/sbpf/counter.so");
    let made = done(&["deploy", &program])["contract"].as_str().expect("text").to_owned();
    let shown = done(&["solana", "program", "show", &made]);
    let bytes = std::fs::metadata(&program).expect("a file").len();
    assert_eq!((&shown["code_bytes"], &shown["name"]), (&bytes.into(), &().into()));
    assert!(shown["authority"].is_string() && shown["data_address"].is_string());
    on(&["solana", "program", "show", "alice"]).expect_code(2);
    let owned = on(&["solana", "token-accounts", "alice"]).expect_code(0);
    assert_eq!(owned.stdout, "", "she has none");
    let people = braid(&["--data", &data, "solana", "program", "show", TOKEN]).expect_code(0);
    assert!(people.stdout.contains("upgrade authority"), "{people:#?}");
}
