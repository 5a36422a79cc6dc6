//! Signatures of transactions: secp256k1, whose signer is an Ethereum address, and ed25519, whose
//! signer is the public key itself.
//!
//! A message has one signature by a key and not several that others could make of it: the `s` of
//! secp256k1 is in the lower half (EIP-2), and ed25519 is verified strictly.

use alloy_primitives::{U256, uint};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use primitives::{Address, EvmAddress, Hash, keccak256};
use secp256k1::{
    Message, SECP256K1,
    ecdsa::{RecoverableSignature, RecoveryId},
};
use thiserror::Error;

/// Half of the order of secp256k1: the largest `s` of a signature (EIP-2).
const SECP256K1_S_MAX: U256 =
    uint!(0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0_U256);

/// How a transaction is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// ECDSA over secp256k1; the signer is an Ethereum address.
    Secp256k1,
    /// Ed25519; the signer is the 32 bytes of the public key.
    Ed25519,
}

/// Why a signature is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// Whoever holds the signature could make a second one of it (EIP-2).
    #[error("the s of the signature is in the upper half of its range (EIP-2)")]
    HighS,
    /// There is no key that makes it.
    #[error("the signature belongs to no key")]
    NoKey,
    /// The public key is no point of its curve in its one encoding, or is of small order.
    #[error("the public key is not a sound ed25519 key")]
    PublicKey,
    /// The key did not sign this.
    #[error("the signature is not by the key that the transaction names")]
    Mismatch,
}

/// Why bytes are no secret key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the secret key is zero or above the order of secp256k1")]
pub struct SecretKeyError;

/// A secret key that signs transactions.
#[derive(Clone)]
pub struct SecretKey(Secret);

#[derive(Clone)]
enum Secret {
    Secp256k1(secp256k1::SecretKey),
    Ed25519(Box<SigningKey>),
}

/// A signature as it stands in a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signature {
    Secp256k1 { is_y_odd: bool, r: [u8; 32], s: [u8; 32] },
    Ed25519 { public_key: [u8; 32], signature: [u8; 64] },
}

impl std::fmt::Debug for SecretKey {
    /// The scheme and the address, never the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SecretKey").field(&self.scheme()).field(&self.address()).finish()
    }
}

impl SecretKey {
    /// A key of secp256k1 from its 32 bytes.
    ///
    /// # Errors
    ///
    /// [`SecretKeyError`] where the bytes are zero or not below the order of the curve.
    pub fn secp256k1(bytes: [u8; 32]) -> Result<Self, SecretKeyError> {
        let key = secp256k1::SecretKey::from_byte_array(bytes).map_err(|_| SecretKeyError)?;
        Ok(Self(Secret::Secp256k1(key)))
    }

    /// A key of ed25519 from its 32 bytes, all of which are keys.
    #[must_use]
    pub fn ed25519(bytes: [u8; 32]) -> Self {
        Self(Secret::Ed25519(Box::new(SigningKey::from_bytes(&bytes))))
    }

    /// How it signs.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        match &self.0 {
            Secret::Secp256k1(_) => Scheme::Secp256k1,
            Secret::Ed25519(_) => Scheme::Ed25519,
        }
    }

    /// Whom it signs for.
    #[must_use]
    pub fn address(&self) -> Address {
        match &self.0 {
            Secret::Secp256k1(key) => Address::from_evm(evm_address(&key.public_key(SECP256K1))),
            Secret::Ed25519(key) => Address::new(key.verifying_key().to_bytes()),
        }
    }

    pub(crate) fn sign(&self, hash: &Hash) -> Signature {
        match &self.0 {
            Secret::Secp256k1(key) => {
                let message = Message::from_digest(hash.0);
                let signed = SECP256K1.sign_ecdsa_recoverable(message, key);
                let (parity, bytes) = signed.serialize_compact();
                let (r, s) = halves(&bytes);
                let is_y_odd = i32::from(parity) & 1 == 1;
                debug_assert!(U256::from_be_bytes(s) <= SECP256K1_S_MAX, "the library signs low");
                Signature::Secp256k1 { is_y_odd, r, s }
            }
            Secret::Ed25519(key) => Signature::Ed25519 {
                public_key: key.verifying_key().to_bytes(),
                signature: key.sign(hash.as_slice()).to_bytes(),
            },
        }
    }
}

impl Signature {
    /// Who signed `hash`.
    pub(crate) fn signer(&self, hash: &Hash) -> Result<Address, SignatureError> {
        match self {
            Self::Secp256k1 { is_y_odd, r, s } => {
                recover_secp256k1(*is_y_odd, r, s, hash).map(Address::from_evm)
            }
            Self::Ed25519 { public_key, signature } => {
                verify_ed25519(public_key, signature, hash.as_slice())?;
                Ok(Address::new(*public_key))
            }
        }
    }
}

/// The address whose key signed `hash`.
pub(crate) fn recover_secp256k1(
    is_y_odd: bool,
    r: &[u8; 32],
    s: &[u8; 32],
    hash: &Hash,
) -> Result<EvmAddress, SignatureError> {
    if U256::from_be_bytes(*s) > SECP256K1_S_MAX {
        return Err(SignatureError::HighS);
    }
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(r);
    bytes[32..].copy_from_slice(s);
    let parity = RecoveryId::from_u8_masked(u8::from(is_y_odd));
    let signature =
        RecoverableSignature::from_compact(&bytes, parity).map_err(|_| SignatureError::NoKey)?;
    let key = SECP256K1
        .recover_ecdsa(Message::from_digest(hash.0), &signature)
        .map_err(|_| SignatureError::NoKey)?;
    Ok(evm_address(&key))
}

/// The signature of a message itself, or nothing where the key is of another scheme.
#[cfg(feature = "svm")]
pub(crate) fn sign_ed25519(key: &SecretKey, message: &[u8]) -> Option<[u8; 64]> {
    match &key.0 {
        Secret::Ed25519(key) => Some(key.sign(message).to_bytes()),
        Secret::Secp256k1(_) => None,
    }
}

/// Checks by the strict rules: no point of small order, one encoding of each number and point.
pub(crate) fn verify_ed25519(
    public_key: &[u8; 32],
    signature: &[u8; 64],
    message: &[u8],
) -> Result<(), SignatureError> {
    let key = VerifyingKey::from_bytes(public_key).map_err(|_| SignatureError::PublicKey)?;
    let is_canonical = key.to_edwards().compress().as_bytes() == public_key;
    if !is_canonical || key.is_weak() {
        return Err(SignatureError::PublicKey);
    }
    let signature = ed25519_dalek::Signature::from_bytes(signature);
    key.verify_strict(message, &signature).map_err(|_| SignatureError::Mismatch)
}

fn evm_address(key: &secp256k1::PublicKey) -> EvmAddress {
    let [_, point @ ..] = key.serialize_uncompressed();
    EvmAddress::from_slice(&keccak256(point)[12..])
}

fn halves(bytes: &[u8; 64]) -> ([u8; 32], [u8; 32]) {
    let (mut first, mut second) = ([0; 32], [0; 32]);
    first.copy_from_slice(&bytes[..32]);
    second.copy_from_slice(&bytes[32..]);
    (first, second)
}

#[cfg(test)]
mod tests {
    use alloy_primitives::hex;
    use proptest::prelude::*;

    use super::*;

    const ORDER: U256 =
        uint!(0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141_U256);

    fn keys(seed: [u8; 32]) -> [SecretKey; 2] {
        [SecretKey::secp256k1(seed).expect("a sound seed"), SecretKey::ed25519(seed)]
    }

    #[test]
    fn the_second_signature_that_anyone_could_make_is_refused() {
        let hash = keccak256(b"pay");
        let Signature::Secp256k1 { is_y_odd, r, s } = keys([7; 32])[0].sign(&hash) else {
            unreachable!("a key of secp256k1")
        };
        let other = (ORDER - U256::from_be_bytes(s)).to_be_bytes();
        assert!(recover_secp256k1(is_y_odd, &r, &s, &hash).is_ok());
        assert_eq!(recover_secp256k1(!is_y_odd, &r, &other, &hash), Err(SignatureError::HighS));
    }

    #[test]
    fn numbers_out_of_range_belong_to_no_key() {
        let hash = keccak256(b"pay");
        let (one, zero) = (U256::from(1).to_be_bytes(), [0; 32]);
        for (r, s) in [(zero, one), (one, zero), (ORDER.to_be_bytes(), one)] {
            assert_eq!(recover_secp256k1(false, &r, &s, &hash), Err(SignatureError::NoKey));
        }
        assert!(SecretKey::secp256k1([0; 32]).is_err());
        assert!(SecretKey::secp256k1([0xff; 32]).is_err());
    }

    #[test]
    fn a_weak_or_twice_written_ed25519_key_is_refused() {
        let hash = keccak256(b"pay");
        // The neutral element, and the same point with its number written above the prime.
        let neutral = {
            let mut bytes = [0; 32];
            bytes[0] = 1;
            bytes
        };
        let twice: [u8; 32] = hex::decode_to_array(
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        )
        .expect("digits");
        for public_key in [neutral, twice] {
            let signature = Signature::Ed25519 { public_key, signature: [0; 64] };
            assert_eq!(signature.signer(&hash), Err(SignatureError::PublicKey));
        }
    }

    #[test]
    fn ed25519_agrees_with_the_first_vector_of_rfc_8032() {
        let secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let key = SecretKey::ed25519(hex::decode_to_array(secret).expect("digits"));
        assert_eq!(key.address().to_string(), format!("0x{public}"));
    }

    proptest! {
        #[test]
        fn a_signature_names_its_signer_and_nothing_else_does(
            seed in any::<[u8; 32]>().prop_filter("a key", |it| SecretKey::secp256k1(*it).is_ok()),
            message in any::<[u8; 32]>(),
            flipped in 0usize..512,
        ) {
            let hash = Hash::from(message);
            for key in keys(seed) {
                let signature = key.sign(&hash);
                prop_assert_eq!(signature.signer(&hash), Ok(key.address()));
                let other = flip(signature, flipped);
                prop_assert_ne!(other.signer(&hash), Ok(key.address()));
            }
        }
    }

    fn flip(mut signature: Signature, bit: usize) -> Signature {
        let (byte, mask) = (bit / 8, 1u8 << (bit % 8));
        match &mut signature {
            Signature::Secp256k1 { r, .. } if byte < 32 => r[byte] ^= mask,
            Signature::Secp256k1 { s, .. } => s[byte - 32] ^= mask,
            Signature::Ed25519 { signature, .. } => signature[byte] ^= mask,
        }
        signature
    }

    #[test]
    fn a_key_does_not_show_itself() {
        let text = format!("{:?}", keys([0x5a; 32]));
        assert!(!text.contains("5a5a5a5a") && !text.contains("90, 90"), "{text}");
    }
}
