//! The codec over all that can be said, and over bytes that nobody meant.

use braid_block::{
    AccessHint, Action, DecodeError, EncodeError, Payload, RecoveryError, SecretKey, SenderCache,
    SignedTransaction,
    limits::{ACCESS_HINTS_MAX, MODULES_MAX, NONCE_MAX, TRANSACTION_BYTES_MAX},
};
use primitives::{Address, BlockNumber, Bytes, Gas, U256, VmKind, Wei};
use proptest::prelude::*;

use crate::{key, transfer};

fn bytes(most: usize) -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..most).prop_map(Bytes::from)
}

fn address() -> impl Strategy<Value = Address> {
    let narrow = any::<[u8; 20]>().prop_map(|bytes| Address::from_evm(bytes.into()));
    prop_oneof![narrow, any::<[u8; 32]>().prop_map(Address::new)]
}

fn wei() -> impl Strategy<Value = Wei> {
    any::<[u8; 32]>().prop_map(|bytes| Wei(U256::from_be_bytes(bytes)))
}

fn action() -> impl Strategy<Value = Action> {
    let kind = prop::sample::select(VmKind::ALL);
    prop_oneof![
        (address(), wei()).prop_map(|(to, value)| Action::Transfer { to, value }),
        (address(), wei(), bytes(100)).prop_map(|(to, value, input)| Action::Call {
            to,
            value,
            input
        }),
        (kind, bytes(100), bytes(40), prop::option::of("[a-z\\[\\]]{0,20}"), wei()).prop_map(
            |(kind, code, arguments, interface, value)| Action::Deploy {
                kind,
                code,
                arguments,
                interface,
                value
            }
        ),
        (address(), bytes(100), prop::option::of("[a-z]{0,9}"))
            .prop_map(|(contract, code, interface)| Action::Upgrade { contract, code, interface }),
        prop::collection::vec(bytes(30), 0..4).prop_map(|modules| Action::Publish { modules }),
    ]
}

fn hint() -> impl Strategy<Value = AccessHint> {
    let keys = prop::collection::vec(bytes(33), 0..3);
    (address(), keys, any::<bool>()).prop_map(|(address, keys, is_written)| AccessHint {
        address,
        keys,
        is_written,
    })
}

prop_compose! {
    fn payload()(
        chain_id in any::<u64>(),
        nonce in 0..=NONCE_MAX,
        expiry in prop::option::of(any::<u64>().prop_map(BlockNumber)),
        gas_limit in any::<u64>().prop_map(Gas),
        max_fee in any::<u128>(),
        max_priority_fee in any::<u128>(),
        action in action(),
        hints in prop::collection::vec(hint(), 0..3),
    ) -> Payload {
        Payload {
            chain_id, nonce, expiry, gas_limit, max_fee, max_priority_fee, action, hints,
        }
    }
}

/// The payload by each scheme, and by none.
fn signed(payload: &Payload, seed: u8) -> Vec<(SignedTransaction, Address)> {
    let keys = [key(seed), SecretKey::ed25519([seed; 32])];
    let mut all: Vec<_> = keys
        .iter()
        .map(|key| (payload.clone().sign(key).expect("within the limits"), key.address()))
        .collect();
    let anyone = Address::new([seed; 32]);
    all.push((payload.clone().impersonate(anyone).expect("within the limits"), anyone));
    all
}

proptest! {
    #[test]
    fn what_is_written_reads_as_it_was(payload in payload(), seed in 1u8..=254) {
        for (transaction, sender) in signed(&payload, seed) {
            let read = SignedTransaction::decode(transaction.encode()).expect("own bytes");
            prop_assert_eq!(&read, &transaction);
            prop_assert_eq!(read.payload(), Some(&payload));
            prop_assert_eq!(read.sender(), Ok(sender));
            if let Ok(recovered) = read.recover() {
                prop_assert_eq!(recovered.transaction.from, sender);
                prop_assert_eq!(recovered.transaction.nonce, Some(payload.nonce));
                prop_assert_eq!(&recovered.hints, &payload.hints);
                prop_assert_eq!(recovered.expiry, payload.expiry);
            } else {
                let is_refused = matches!(
                    &payload.action,
                    Action::Publish { .. }
                        | Action::Deploy { kind: VmKind::Evm, interface: Some(_), .. }
                );
                prop_assert!(is_refused);
            }
        }
    }

    #[test]
    fn altered_bytes_are_refused_or_another_transaction(
        payload in payload(),
        seed in 1u8..=254,
        at in any::<prop::sample::Index>(),
        change in 1u8..=255,
    ) {
        for (transaction, sender) in signed(&payload, seed) {
            let mut bytes = transaction.encode().to_vec();
            let at = at.index(bytes.len());
            bytes[at] ^= change;
            let Ok(read) = SignedTransaction::decode(&bytes) else { continue };
            prop_assert_eq!(read.encode().as_ref(), bytes.as_slice());
            prop_assert_ne!(read.hash(), transaction.hash());
            if !read.is_impersonated() {
                prop_assert_ne!(read.sender(), Ok(sender), "nobody speaks for the signer");
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        kind in prop::sample::select(vec![0x01u8, 0x02, 0x03, 0x04, 0x42, 0x43, 0xc0, 0xf8]),
        rest in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let bytes = [&[kind], rest.as_slice()].concat();
        if let Ok(read) = SignedTransaction::decode(&bytes) {
            prop_assert_eq!(read.encode().as_ref(), bytes.as_slice());
        }
    }

    #[test]
    fn ethereums_form_says_the_same(
        nonce in 0..=NONCE_MAX,
        gas_limit in any::<u64>(),
        to in any::<[u8; 20]>(),
        value in wei(),
        input in bytes(80),
    ) {
        let to = Address::from_evm(to.into());
        let payload = Payload {
            gas_limit: Gas(gas_limit),
            action: Action::Call { to, value, input },
            ..transfer(nonce, to, 0)
        };
        let own = payload.clone().sign(&key(7)).expect("sound").recover().expect("signed");
        let signed = payload.sign_as_ethereum(&key(7)).expect("Ethereum can say it");
        prop_assert_eq!(signed.kind(), 2);
        let read = SignedTransaction::decode(signed.encode()).expect("own bytes");
        let theirs = read.recover().expect("signed");
        let hash = theirs.transaction.hash;
        prop_assert_eq!(
            theirs.transaction,
            kernel::Transaction { hash, ..own.transaction }
        );
    }

    #[test]
    fn senders_do_not_depend_on_threads_or_what_is_known(
        seeds in prop::collection::vec(1u8..=254, 0..80),
        threads in 0usize..9,
    ) {
        let to = Address::ZERO;
        let transactions: Vec<_> = seeds
            .iter()
            .enumerate()
            .map(|(nonce, seed)| transfer(nonce as u64, to, 1).sign(&key(*seed)).expect("sound"))
            .collect();
        let alone: Vec<_> = transactions.iter().map(SignedTransaction::recover).collect();
        let cache = SenderCache::new();
        prop_assert_eq!(&cache.recover_all(&transactions, threads), &alone);
        prop_assert_eq!(&cache.recover_all(&transactions, 1), &alone);
    }
}

#[test]
fn what_breaks_a_limit_is_neither_written_nor_read() {
    let hint = AccessHint { address: Address::ZERO, keys: Vec::new(), is_written: false };
    let action = Action::Publish { modules: vec![Bytes::new(); MODULES_MAX + 1] };
    let base = transfer(0, Address::ZERO, 1);
    let cases = [
        (Payload { nonce: u64::MAX, ..base.clone() }, "nonce"),
        (Payload { hints: vec![hint; ACCESS_HINTS_MAX + 1], ..base.clone() }, "access hints"),
        (Payload { action, ..base.clone() }, "modules"),
    ];
    for (payload, what) in cases {
        let error = payload.sign(&key(1)).expect_err("above a limit");
        assert!(matches!(error, EncodeError::Limit { .. }), "{error}");
        assert!(error.to_string().contains(what), "{error}");
    }
    let mut bytes = base.clone().sign(&key(1)).expect("sound").encode().to_vec();
    bytes[9..17].fill(0xff);
    assert!(matches!(
        SignedTransaction::decode(&bytes),
        Err(DecodeError::Limit { what: "nonce", .. })
    ));
    let code = vec![0; TRANSACTION_BYTES_MAX].into();
    let (kind, value) = (VmKind::Wasm, Wei::ZERO);
    let action = Action::Deploy { kind, code, arguments: Bytes::new(), interface: None, value };
    let error = Payload { action, ..base }.sign(&key(1)).expect_err("too large");
    assert!(matches!(error, EncodeError::TooLarge { .. }));
    let error = SignedTransaction::decode(&vec![0x42; TRANSACTION_BYTES_MAX + 1]);
    assert!(matches!(error, Err(DecodeError::TooLarge { .. })));
}

#[test]
fn what_ethereum_cannot_say_is_refused_with_the_reason() {
    let narrow = key(2).address();
    let base = || transfer(0, narrow, 1);
    let cases = [
        (transfer(0, Address::new([9; 32]), 1), "32 bytes"),
        (Payload { expiry: Some(BlockNumber(5)), ..base() }, "expires"),
        (Payload { action: Action::Publish { modules: Vec::new() }, ..base() }, "publish"),
    ];
    for (payload, what) in cases {
        let error = payload.sign_as_ethereum(&key(1)).expect_err("Ethereum cannot say it");
        assert!(error.to_string().contains(what), "{error}");
    }
    assert!(base().sign_as_ethereum(&SecretKey::ed25519([1; 32])).is_err());
}

#[test]
fn actions_that_nobody_carries_out_are_refused_with_the_reason() {
    let action = Action::Publish { modules: vec![Bytes::from_static(b"m")] };
    let signed = Payload { action, ..transfer(0, Address::ZERO, 0) }.sign(&key(1)).expect("sound");
    assert_eq!(signed.recover(), Err(RecoveryError::Publish));
    assert!(signed.sender().is_ok(), "it is a sound transaction");
}

#[test]
fn the_same_payload_signs_apart_from_any_other_message() {
    // Nobody can present a signature over the bare bytes of a transaction as one of it.
    let payload = transfer(3, Address::ZERO, 1);
    let signed = payload.clone().sign(&key(1)).expect("sound");
    assert_ne!(payload.signing_hash(), signed.hash());
    assert_ne!(payload.signing_hash(), transfer(4, Address::ZERO, 1).signing_hash());
}
