//! Braid's own two types: a payload with a signature, and a payload with a bare sender.

use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{Address, Bytes};

use super::{Authority, BRAID_TYPE, Content, DecodeError, EncodeError, Payload, wire};
use crate::signature::Signature;

/// A signature on the wire. The numbers are part of the chain.
#[derive(BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
enum SignatureBytes {
    Secp256k1 { is_y_odd: bool, r: [u8; 32], s: [u8; 32] } = 0,
    Ed25519 { public_key: [u8; 32], signature: [u8; 64] } = 1,
}

pub(super) fn encode(payload: &Payload, authority: &Authority) -> Bytes {
    let mut bytes = vec![authority.kind()];
    wire::write_payload(payload, &mut bytes);
    match authority {
        Authority::Signed(signature) => signature_bytes(signature)
            .serialize(&mut bytes)
            .expect("invariant: a vector takes all bytes"),
        Authority::Impersonated(sender) => bytes.extend_from_slice(sender.as_bytes()),
    }
    bytes.into()
}

/// What follows the type.
pub(super) fn decode(kind: u8, mut bytes: &[u8]) -> Result<Content, DecodeError> {
    let malformed = |reason: String| DecodeError::Malformed { kind, reason };
    let payload = wire::read_payload(&mut bytes).map_err(malformed)?;
    payload.check().map_err(|error| match error {
        EncodeError::Limit { what, found, limit } => {
            DecodeError::Limit { kind, what, found, limit }
        }
        other => malformed(other.to_string()),
    })?;
    let authority = if kind == BRAID_TYPE {
        let read = SignatureBytes::deserialize(&mut bytes);
        Authority::Signed(signature(read.map_err(|error| malformed(error.to_string()))?))
    } else {
        let read = <[u8; 32]>::deserialize(&mut bytes);
        Authority::Impersonated(Address::new(read.map_err(|error| malformed(error.to_string()))?))
    };
    if !bytes.is_empty() {
        return Err(malformed(format!("{} bytes follow its end", bytes.len())));
    }
    Ok(Content::Braid(Box::new(payload), authority))
}

const fn signature_bytes(signature: &Signature) -> SignatureBytes {
    match *signature {
        Signature::Secp256k1 { is_y_odd, r, s } => SignatureBytes::Secp256k1 { is_y_odd, r, s },
        Signature::Ed25519 { public_key, signature } => {
            SignatureBytes::Ed25519 { public_key, signature }
        }
    }
}

const fn signature(bytes: SignatureBytes) -> Signature {
    match bytes {
        SignatureBytes::Secp256k1 { is_y_odd, r, s } => Signature::Secp256k1 { is_y_odd, r, s },
        SignatureBytes::Ed25519 { public_key, signature } => {
            Signature::Ed25519 { public_key, signature }
        }
    }
}
