//! Ethereum's own transactions: legacy, EIP-2930, EIP-1559, EIP-4844 and EIP-7702.

use alloy_consensus::{SignableTransaction, Transaction as _, TxEip1559};
use alloy_eips::{
    eip2718::{Decodable2718, Encodable2718},
    eip2930::{AccessList, AccessListItem},
    eip7702::SignedAuthorization,
};
use alloy_primitives::{TxKind, U256};
use alloy_rlp::Header;
use kernel::{AccessEntry, Authorization, Fee, Transaction};
use primitives::{Address, Bytes, EvmAddress, Gas, Hash, VmKind, Wei};

use super::{Action, DecodeError, EncodeError, Envelope, Payload, RecoveryError};
use crate::{
    SecretKey, SignatureError,
    limits::NONCE_MAX,
    signature::{Signature, recover_secp256k1},
};

/// The first byte of an RLP list, and so of a legacy transaction (EIP-2718).
const RLP_LIST_START: u8 = 0xc0;

/// The type of a transaction that names blobs.
const BLOB_TYPE: u8 = 3;

/// The last type of Ethereum's that is known.
const TYPE_MAX: u8 = 4;

pub(super) fn decode(bytes: &[u8]) -> Result<Envelope, DecodeError> {
    let kind = match bytes.first() {
        Some(first) if *first >= RLP_LIST_START => 0,
        Some(first) if (1..=TYPE_MAX).contains(first) => *first,
        Some(first) => return Err(DecodeError::UnknownType(*first)),
        None => return Err(DecodeError::Empty),
    };
    if kind == BLOB_TYPE && is_network_form(bytes.get(1..).unwrap_or_default()) {
        return Err(DecodeError::CarriesBlobs);
    }
    let envelope = Envelope::decode_2718_exact(bytes)
        .map_err(|error| DecodeError::Malformed { kind, reason: error.to_string() })?;
    if envelope.nonce() > NONCE_MAX {
        let (what, found) = ("nonce", envelope.nonce());
        return Err(DecodeError::Limit { kind, what, found, limit: NONCE_MAX });
    }
    Ok(envelope)
}

pub(super) fn encode(envelope: &Envelope) -> Bytes {
    envelope.encoded_2718().into()
}

/// Refuses what Ethereum's rules make invalid whatever the state is, and the kernel could not see.
pub(super) fn check(envelope: &Envelope) -> Result<(), RecoveryError> {
    match envelope.authorization_list() {
        Some([]) => Err(RecoveryError::NoAuthorizations),
        _ => Ok(()),
    }
}

pub(super) fn sender(envelope: &Envelope) -> Result<Address, SignatureError> {
    let signature = envelope.signature();
    let (r, s) = (signature.r().to_be_bytes(), signature.s().to_be_bytes());
    recover_secp256k1(signature.v(), &r, &s, &envelope.signature_hash()).map(Address::from_evm)
}

/// The transaction in the kernel's words.
pub(super) fn transaction(envelope: &Envelope, sender: Address, hash: Hash) -> Transaction {
    Transaction {
        hash,
        from: sender,
        to: envelope.to().map(Address::from_evm),
        value: Wei(envelope.value()),
        input: envelope.input().clone(),
        gas_limit: Gas(envelope.gas_limit()),
        fee: fee_of(envelope),
        nonce: Some(envelope.nonce()),
        access_list: envelope.access_list().map(access_entries).unwrap_or_default(),
        authorizations: envelope
            .authorization_list()
            .map(|list| list.iter().map(authorization).collect())
            .unwrap_or_default(),
        blob_hashes: envelope.blob_versioned_hashes().map(<[Hash]>::to_vec).unwrap_or_default(),
        blob_fee_max: envelope.max_fee_per_blob_gas().map(|fee| Wei(U256::from(fee))),
        chain_id: envelope.chain_id(),
        ..Transaction::default()
    }
}

/// The payload as a signed transaction of type 2.
pub(super) fn sign(payload: Payload, key: &SecretKey) -> Result<Envelope, EncodeError> {
    let unsigned = unsigned(payload)?;
    match key.sign(&unsigned.signature_hash()) {
        Signature::Secp256k1 { is_y_odd, r, s } => {
            let (r, s) = (U256::from_be_bytes(r), U256::from_be_bytes(s));
            let signature = alloy_primitives::Signature::new(r, s, is_y_odd);
            Ok(Envelope::Eip1559(unsigned.into_signed(signature)))
        }
        Signature::Ed25519 { .. } => Err(cannot("the key is of ed25519")),
    }
}

fn unsigned(payload: Payload) -> Result<TxEip1559, EncodeError> {
    if payload.expiry.is_some() {
        return Err(cannot("the transaction expires"));
    }
    if !payload.hints.is_empty() {
        return Err(cannot("the transaction has access hints"));
    }
    let (to, value, input) = match payload.action {
        Action::Transfer { to, value } => (TxKind::Call(narrow(to)?), value, Bytes::new()),
        Action::Call { to, value, input } => (TxKind::Call(narrow(to)?), value, input),
        Action::Deploy { kind: VmKind::Evm, code, arguments, interface: None, value } => {
            (TxKind::Create, value, [code, arguments].concat().into())
        }
        Action::Deploy { kind, code, arguments, interface, value } if kind != VmKind::Evm => {
            let input = kernel::deploy_input(kind, &code, &arguments, interface.as_deref());
            (TxKind::Call(kernel::deployer().evm_alias()), value, input)
        }
        Action::Upgrade { contract, code, interface } => {
            let input = kernel::upgrade_input(contract, &code, interface.as_deref());
            (TxKind::Call(kernel::deployer().evm_alias()), Wei::ZERO, input)
        }
        other => return Err(cannot(&format!("the action is {}", other.name()))),
    };
    Ok(TxEip1559 {
        chain_id: payload.chain_id,
        nonce: payload.nonce,
        gas_limit: payload.gas_limit.0,
        max_fee_per_gas: payload.max_fee,
        max_priority_fee_per_gas: payload.max_priority_fee,
        to,
        value: value.0,
        access_list: AccessList::default(),
        input,
    })
}

/// Whether what follows the type begins with a list in a list: the transaction and its blobs.
fn is_network_form(mut payload: &[u8]) -> bool {
    let is_list = Header::decode(&mut payload).is_ok_and(|header| header.list);
    is_list && payload.first().is_some_and(|first| *first >= RLP_LIST_START)
}

fn fee_of(envelope: &Envelope) -> Fee {
    match envelope.gas_price() {
        Some(price) => Fee::Legacy { gas_price: Wei(U256::from(price)) },
        None => Fee::Dynamic {
            max_fee: Wei(U256::from(envelope.max_fee_per_gas())),
            max_priority_fee: Wei(U256::from(
                envelope.max_priority_fee_per_gas().unwrap_or_default(),
            )),
        },
    }
}

fn access_entries(list: &AccessList) -> Vec<AccessEntry> {
    let entry = |item: &AccessListItem| AccessEntry {
        address: Address::from_evm(item.address),
        slots: item.storage_keys.clone(),
    };
    list.0.iter().map(entry).collect()
}

fn authorization(signed: &SignedAuthorization) -> Authorization {
    Authorization {
        chain_id: signed.chain_id,
        address: Address::from_evm(signed.address),
        nonce: signed.nonce,
        y_parity: signed.y_parity(),
        r: signed.r(),
        s: signed.s(),
    }
}

fn narrow(address: Address) -> Result<EvmAddress, EncodeError> {
    if address.is_evm() {
        return Ok(address.evm_alias());
    }
    Err(cannot(&format!("{address} is an identity of 32 bytes")))
}

#[cold]
fn cannot(what: &str) -> EncodeError {
    EncodeError::NotEthereum(what.to_owned())
}
