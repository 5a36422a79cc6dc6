//! Hashes and signature checks of the in-memory host, by the libraries that the real one uses.

use ed25519_dalek::{Signature as EdSignature, VerifyingKey as EdKey};
use k256::ecdsa::{RecoveryId, Signature as KSignature, VerifyingKey as KKey};
use p256::ecdsa::{
    Signature as PSignature, VerifyingKey as PKey, signature::hazmat::PrehashVerifier,
};
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};

use crate::text;

pub(crate) fn keccak256(input: &[u8]) -> [u8; 32] {
    text::keccak256(input)
}

pub(crate) fn sha256(input: &[u8]) -> [u8; 32] {
    Sha256::digest(input).into()
}

pub(crate) fn ripemd160(input: &[u8]) -> [u8; 20] {
    Ripemd160::digest(input).into()
}

pub(crate) fn blake3(input: &[u8]) -> [u8; 32] {
    *blake3::hash(input).as_bytes()
}

pub(crate) fn secp256k1_recover(
    hash: &[u8; 32],
    signature: &[u8; 64],
    recovery_id: u8,
) -> Option<[u8; 32]> {
    let signature = KSignature::from_slice(signature).ok()?;
    let recovery_id = RecoveryId::from_byte(recovery_id)?;
    let key = KKey::recover_from_prehash(hash, &signature, recovery_id).ok()?;
    let point = key.to_encoded_point(false);
    let mut address = keccak256(point.as_bytes().get(1..)?);
    address[..12].fill(0);
    Some(address)
}

pub(crate) fn secp256r1_verify(
    hash: &[u8; 32],
    signature: &[u8; 64],
    public_key: &[u8; 64],
) -> bool {
    let mut point = [4; 65];
    point[1..].copy_from_slice(public_key);
    let Ok(key) = PKey::from_sec1_bytes(&point) else { return false };
    PSignature::from_slice(signature).is_ok_and(|it| key.verify_prehash(hash, &it).is_ok())
}

pub(crate) fn ed25519_verify(public_key: &[u8; 32], signature: &[u8; 64], message: &[u8]) -> bool {
    let Ok(key) = EdKey::from_bytes(public_key) else { return false };
    key.verify_strict(message, &EdSignature::from_bytes(signature)).is_ok()
}
