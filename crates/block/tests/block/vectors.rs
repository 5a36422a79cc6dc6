//! Transactions that others signed: the example of EIP-155 and transactions of public networks.

use alloy_primitives::hex;
use braid_block::{DecodeError, RecoveryError, SignatureError, SignedTransaction};
use primitives::U256;

struct Vector {
    raw: &'static str,
    kind: u8,
    sender: &'static str,
    to: &'static str,
    nonce: u64,
    chain_id: u64,
    blobs: usize,
}

const EIP_155: &str = "\
    f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a0\
    28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb70330\
    4b3800ccf555c9f3dc64214b297fb1966a3b6d83";

const EIP_1559: &str = "\
    02f86f0102843b9aca0085029e7822d68298f094d9e1459a7a482635700cbc20bbaf52d495ab9c9680841b55ba\
    3ac080a0c199674fcb29f353693dd779c017823b954b3c69dffa3cd6b2a6ff7888798039a028ca912de909e7e6\
    cdef9cdcaf24c54dd8c1032946dfa1d85c206b32a9064fe8";

const EIP_4844: &str = "\
    03f9011d83aa36a7820fa28477359400852e90edd0008252089411e9ca82a3a762b4b5bd264d4173a242e7a770\
    648080c08504a817c800f8a5a0012ec3d6f66766bedb002a190126b3549fce0047de0d4c25cffce0dc1c57921a\
    a00152d8e24762ff22b1cfd9f8c0683786a7ca63ba49973818b3d1e9512cd2cec4a0013b98c6c83e066d5b14af\
    2b85199e3d4fc7d1e778dd53130d180f5077e2d1c7a001148b495d6e859114e670ca54fb6e2657f0cbae5b0806\
    3605093a4b3dc9f8f1a0011ac212f13c5dff2b2c6b600a79635103d6f580a4221079951181b25c7e654901a0c8\
    de4cced43169f9aa3d36506363b2d2c44f6c49fc1fd91ea114c86f3757077ea01e11fdd0d1934eda0492606ee0\
    bb80a7bf8f35cc5f86ec60fe5031ba48bfd544";

const VECTORS: [Vector; 3] = [
    Vector {
        raw: EIP_155,
        kind: 0,
        sender: "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F",
        to: "0x3535353535353535353535353535353535353535",
        nonce: 9,
        chain_id: 1,
        blobs: 0,
    },
    Vector {
        raw: EIP_1559,
        kind: 2,
        sender: "0x001e2b7dE757bA469a57bF6b23d982458a07eFcE",
        to: "0xD9e1459A7A482635700cBc20BBAF52D495Ab9C96",
        nonce: 2,
        chain_id: 1,
        blobs: 0,
    },
    Vector {
        raw: EIP_4844,
        kind: 3,
        sender: "0xA83C816D4f9b2783761a22BA6FADB0eB0606D7B2",
        to: "0x11E9CA82A3a762b4B5bd264d4173a242e7a77064",
        nonce: 4002,
        chain_id: 11_155_111,
        blobs: 5,
    },
];

fn bytes(digits: &str) -> Vec<u8> {
    hex::decode(digits).expect("digits")
}

#[test]
fn transactions_of_public_networks_read_and_write() {
    for vector in &VECTORS {
        let raw = bytes(vector.raw);
        let transaction = SignedTransaction::decode(&raw).expect("a real transaction");
        assert_eq!(transaction.encode().as_ref(), raw);
        assert_eq!(transaction.kind(), vector.kind);
        assert_eq!(transaction.blobs(), vector.blobs);
        let recovered = transaction.recover().expect("a real signature").transaction;
        assert_eq!(recovered.from.to_string(), vector.sender);
        assert_eq!(recovered.to.map(|to| to.to_string()).as_deref(), Some(vector.to));
        assert_eq!(recovered.nonce, Some(vector.nonce));
        assert_eq!(recovered.chain_id, Some(vector.chain_id));
        assert_eq!(recovered.blob_hashes.len(), vector.blobs);
        assert_eq!(recovered.hash, primitives::keccak256(&raw));
    }
}

#[test]
fn the_example_of_eip_155_pays_what_it_says() {
    let transaction = SignedTransaction::decode(&bytes(EIP_155)).expect("the example");
    let recovered = transaction.recover().expect("a real signature").transaction;
    assert_eq!(recovered.value.to_string(), "1000000000000000000");
    assert_eq!(transaction.max_fee(), 20_000_000_000);
    assert_eq!(transaction.gas_limit().0, 21_000);
}

#[test]
fn bytes_that_are_left_over_or_missing_are_refused() {
    for vector in &VECTORS {
        let raw = bytes(vector.raw);
        let longer = [raw.as_slice(), &[0]].concat();
        assert!(SignedTransaction::decode(&longer).is_err());
        for end in 0..raw.len() {
            assert!(SignedTransaction::decode(&raw[..end]).is_err(), "cut at {end}");
        }
    }
}

#[test]
fn types_that_are_unknown_are_named() {
    for kind in [0x00, 0x05, 0x41, 0x45, 0x7f, 0xbf] {
        let error = SignedTransaction::decode(&[kind, 0xc0]).expect_err("an unknown type");
        assert_eq!(error, DecodeError::UnknownType(kind));
    }
    assert_eq!(SignedTransaction::decode(&[]), Err(DecodeError::Empty));
}

#[test]
fn blobs_that_come_along_are_refused_with_the_reason() {
    // The network form wraps the transaction into a list with its blobs.
    let inner = &bytes(EIP_4844)[1..];
    let mut payload = inner.to_vec();
    payload.extend_from_slice(&[0xc0, 0xc0, 0xc0]);
    let mut raw = vec![3, 0xf9];
    raw.extend_from_slice(&u16::try_from(payload.len()).expect("short").to_be_bytes());
    raw.extend_from_slice(&payload);
    let error = SignedTransaction::decode(&raw).expect_err("it carries blobs");
    assert_eq!(error, DecodeError::CarriesBlobs);
}

#[test]
fn the_upper_half_of_s_is_refused() {
    let raw = bytes(EIP_1559);
    let order: U256 = "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141"
        .parse()
        .expect("a number");
    let (rest, s) = raw.split_at(raw.len() - 32);
    let other = (order - U256::from_be_slice(s)).to_be_bytes::<32>();
    let mut altered = [rest, &other].concat();
    // The parity stands before `r`, which has its own length byte.
    let parity = altered.len() - 67;
    assert_eq!(altered[parity], 0x80, "a parity of 0");
    altered[parity] = 1;
    let transaction = SignedTransaction::decode(&altered).expect("it reads");
    assert_eq!(transaction.recover(), Err(RecoveryError::Signature(SignatureError::HighS)));
}

#[test]
fn a_legacy_transaction_may_name_no_chain() {
    // The transaction that makes the well-known factory of CREATE2, signed for every chain.
    let code = format!(
        "604580600e600039806000f350fe7f{}e03601600081602082378035828234f58015156039578182fd5b80\
         82525050506014600cf3",
        "f".repeat(62)
    );
    let number = "22".repeat(32);
    let raw = format!("f8a58085174876e800830186a08080b853{code}1ba0{number}a0{number}");
    let transaction = SignedTransaction::decode(&bytes(&raw)).expect("it reads");
    assert_eq!(transaction.chain_id(), None);
    let recovered = transaction.recover().expect("it has a sender").transaction;
    assert_eq!(recovered.to, None);
    let factory = recovered.from.evm_alias().create(0);
    assert_eq!(factory.to_string(), "0x4e59b44847b379578588920cA78FbF26c0B4956C");
}
