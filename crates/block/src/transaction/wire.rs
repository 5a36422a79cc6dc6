//! The bytes of a payload: Borsh, in the order of the fields here. The order and the numbers are
//! part of the chain and never change.

use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{Address, BlockNumber, Bytes, Gas, U256, VmKind, Wei};

use super::{AccessHint, Action, Payload};

#[derive(BorshSerialize, BorshDeserialize)]
struct PayloadBytes {
    chain_id: u64,
    nonce: u64,
    expiry: Option<u64>,
    gas_limit: u64,
    max_fee: u128,
    max_priority_fee: u128,
    action: ActionBytes,
    hints: Vec<HintBytes>,
}

#[derive(BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
enum ActionBytes {
    Transfer { to: [u8; 32], value: [u8; 32] } = 0,
    Call { to: [u8; 32], value: [u8; 32], input: Vec<u8> } = 1,
    Deploy(DeployBytes) = 2,
    Upgrade { contract: [u8; 32], code: Vec<u8>, interface: Option<String> } = 3,
    Publish { modules: Vec<Vec<u8>> } = 4,
}

#[derive(BorshSerialize, BorshDeserialize)]
struct DeployBytes {
    kind: u8,
    code: Vec<u8>,
    arguments: Vec<u8>,
    interface: Option<String>,
    value: [u8; 32],
}

#[derive(BorshSerialize, BorshDeserialize)]
struct HintBytes {
    address: [u8; 32],
    keys: Vec<Vec<u8>>,
    is_written: bool,
}

/// Appends the bytes of a payload.
pub(super) fn write_payload(payload: &Payload, bytes: &mut Vec<u8>) {
    let whole = PayloadBytes {
        chain_id: payload.chain_id,
        nonce: payload.nonce,
        expiry: payload.expiry.map(|block| block.0),
        gas_limit: payload.gas_limit.0,
        max_fee: payload.max_fee,
        max_priority_fee: payload.max_priority_fee,
        action: action_bytes(&payload.action),
        hints: payload.hints.iter().map(hint_bytes).collect(),
    };
    whole.serialize(bytes).expect("invariant: a vector takes all bytes");
}

/// Takes a payload off the front of `bytes`.
pub(super) fn read_payload(bytes: &mut &[u8]) -> Result<Payload, String> {
    let whole = PayloadBytes::deserialize(bytes).map_err(|error| error.to_string())?;
    Ok(Payload {
        chain_id: whole.chain_id,
        nonce: whole.nonce,
        expiry: whole.expiry.map(BlockNumber),
        gas_limit: Gas(whole.gas_limit),
        max_fee: whole.max_fee,
        max_priority_fee: whole.max_priority_fee,
        action: action(whole.action)?,
        hints: whole.hints.into_iter().map(hint).collect(),
    })
}

fn action_bytes(action: &Action) -> ActionBytes {
    match action {
        Action::Transfer { to, value } => {
            ActionBytes::Transfer { to: *to.as_bytes(), value: value.0.to_le_bytes() }
        }
        Action::Call { to, value, input } => ActionBytes::Call {
            to: *to.as_bytes(),
            value: value.0.to_le_bytes(),
            input: input.to_vec(),
        },
        Action::Deploy { kind, code, arguments, interface, value } => {
            ActionBytes::Deploy(DeployBytes {
                kind: kind.code(),
                code: code.to_vec(),
                arguments: arguments.to_vec(),
                interface: interface.clone(),
                value: value.0.to_le_bytes(),
            })
        }
        Action::Upgrade { contract, code, interface } => ActionBytes::Upgrade {
            contract: *contract.as_bytes(),
            code: code.to_vec(),
            interface: interface.clone(),
        },
        Action::Publish { modules } => {
            ActionBytes::Publish { modules: modules.iter().map(|module| module.to_vec()).collect() }
        }
    }
}

fn action(bytes: ActionBytes) -> Result<Action, String> {
    Ok(match bytes {
        ActionBytes::Transfer { to, value } => {
            Action::Transfer { to: Address::new(to), value: amount(value) }
        }
        ActionBytes::Call { to, value, input } => {
            Action::Call { to: Address::new(to), value: amount(value), input: input.into() }
        }
        ActionBytes::Deploy(deploy) => Action::Deploy {
            kind: VmKind::from_code(deploy.kind)
                .ok_or_else(|| format!("machine {} is unknown", deploy.kind))?,
            code: deploy.code.into(),
            arguments: deploy.arguments.into(),
            interface: deploy.interface,
            value: amount(deploy.value),
        },
        ActionBytes::Upgrade { contract, code, interface } => {
            Action::Upgrade { contract: Address::new(contract), code: code.into(), interface }
        }
        ActionBytes::Publish { modules } => {
            Action::Publish { modules: modules.into_iter().map(Bytes::from).collect() }
        }
    })
}

fn hint_bytes(hint: &AccessHint) -> HintBytes {
    HintBytes {
        address: *hint.address.as_bytes(),
        keys: hint.keys.iter().map(|key| key.to_vec()).collect(),
        is_written: hint.is_written,
    }
}

fn hint(bytes: HintBytes) -> AccessHint {
    AccessHint {
        address: Address::new(bytes.address),
        keys: bytes.keys.into_iter().map(Bytes::from).collect(),
        is_written: bytes.is_written,
    }
}

fn amount(bytes: [u8; 32]) -> Wei {
    Wei(U256::from_le_bytes(bytes))
}
