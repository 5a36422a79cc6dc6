//! The programs that check signatures: they have no code of their own, and the data of one
//! instruction names what is checked in any instruction of the transaction.
//!
//! The layouts are those of Solana's precompiles of ed25519, secp256k1 (with Ethereum addresses)
//! and secp256r1 (SIMD-0075).

use ed25519_dalek::{Signature as EdSignature, VerifyingKey as EdKey};
use k256::ecdsa::{RecoveryId, Signature as K1Signature, VerifyingKey as K1Key};
use p256::ecdsa::{Signature as R1Signature, VerifyingKey as R1Key, signature::Verifier as _};
use primitives::{Gas, keccak256};
use solana_precompile_error::PrecompileError;
use solana_pubkey::Pubkey;
use solana_sdk_ids::{ed25519_program, secp256k1_program, secp256r1_program};
use vm::{Schedule, schedule::words};

/// Signatures that one instruction of the secp256r1 program checks.
const R1_SIGNATURES_MAX: u8 = 8;

/// The number by which ed25519 and secp256r1 mean the instruction itself.
const THIS: u16 = u16::MAX;

/// Bytes that describe a signature, for ed25519 and secp256r1 (seven numbers of two bytes).
const WIDE_BYTES: usize = 14;

/// Bytes that describe a signature for secp256k1.
const NARROW_BYTES: usize = 11;

type Checked = Result<(), PrecompileError>;

/// Which of the programs a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precompile {
    Ed25519,
    Secp256k1,
    Secp256r1,
}

/// Where the parts of a signature are: the instruction and the place in its data.
struct Places {
    signature: (u16, usize),
    key: (u16, usize),
    message: (u16, usize),
    message_bytes: usize,
}

impl Precompile {
    pub(crate) fn of(key: &Pubkey) -> Option<Self> {
        match key {
            _ if ed25519_program::check_id(key) => Some(Self::Ed25519),
            _ if secp256k1_program::check_id(key) => Some(Self::Secp256k1),
            _ if secp256r1_program::check_id(key) => Some(Self::Secp256r1),
            _ => None,
        }
    }

    /// What an instruction costs: each signature may be one over all data of the transaction.
    pub(crate) fn price(self, schedule: &Schedule, data: &[u8], all_bytes: usize) -> Gas {
        let count = data.first().copied().map_or(0, u64::from);
        let (check, word) = match self {
            Self::Ed25519 => (schedule.ed25519_verify, schedule.sha256_word),
            Self::Secp256k1 => (schedule.secp256k1_recover, schedule.keccak256_word),
            Self::Secp256r1 => (schedule.secp256r1_verify, schedule.sha256_word),
        };
        let each = check.saturating_add(word.saturating_mul(words(all_bytes)));
        each.saturating_mul(count)
    }

    /// Checks the signatures that the data of an instruction names.
    pub(crate) fn check(self, data: &[u8], all: &[&[u8]]) -> Checked {
        match self {
            Self::Ed25519 => each_wide(data, all, None, ed25519),
            Self::Secp256r1 => each_wide(data, all, Some(R1_SIGNATURES_MAX), secp256r1),
            Self::Secp256k1 => each_narrow(data, all),
        }
    }
}

fn each_wide(
    data: &[u8],
    all: &[&[u8]],
    count_max: Option<u8>,
    check: impl Fn(&Places, &dyn Fn((u16, usize), usize) -> Part) -> Checked,
) -> Checked {
    let [count, _, places @ ..] = data else {
        return Err(PrecompileError::InvalidInstructionDataSize);
    };
    let is_none = *count == 0 && (count_max.is_some() || !places.is_empty());
    if is_none || count_max.is_some_and(|limit| *count > limit) {
        return Err(PrecompileError::InvalidInstructionDataSize);
    }
    let (places, _) = places.as_chunks::<WIDE_BYTES>();
    let places = places.get(..usize::from(*count));
    for place in places.ok_or(PrecompileError::InvalidInstructionDataSize)? {
        let number = |at: usize| u16::from_le_bytes([place[at], place[at + 1]]);
        let places = Places {
            signature: (number(2), number(0).into()),
            key: (number(6), number(4).into()),
            message: (number(12), number(8).into()),
            message_bytes: number(10).into(),
        };
        let part = |(instruction, start): (u16, usize), bytes: usize| {
            let source = match instruction {
                THIS => Some(data),
                index => all.get(usize::from(index)).copied(),
            };
            let source = source.ok_or(PrecompileError::InvalidDataOffsets)?;
            let found = source.get(start..start + bytes);
            found.map(<[u8]>::to_vec).ok_or(PrecompileError::InvalidDataOffsets)
        };
        check(&places, &part)?;
    }
    Ok(())
}

type Part = Result<Vec<u8>, PrecompileError>;

fn ed25519(places: &Places, part: &dyn Fn((u16, usize), usize) -> Part) -> Checked {
    let signature = part(places.signature, EdSignature::BYTE_SIZE)?;
    let signature = EdSignature::from_slice(&signature);
    let signature = signature.map_err(|_| PrecompileError::InvalidSignature)?;
    let key: [u8; 32] =
        part(places.key, 32)?.try_into().map_err(|_| PrecompileError::InvalidPublicKey)?;
    let key = EdKey::from_bytes(&key).map_err(|_| PrecompileError::InvalidPublicKey)?;
    let message = part(places.message, places.message_bytes)?;
    key.verify_strict(&message, &signature).map_err(|_| PrecompileError::InvalidSignature)
}

fn secp256r1(places: &Places, part: &dyn Fn((u16, usize), usize) -> Part) -> Checked {
    let signature = part(places.signature, 64)?;
    let key = part(places.key, 33)?;
    let message = part(places.message, places.message_bytes)?;
    let signature = R1Signature::from_slice(&signature);
    let signature = signature.map_err(|_| PrecompileError::InvalidSignature)?;
    // Whoever holds a signature could make a second one with the other s.
    if signature.normalize_s().is_some() {
        return Err(PrecompileError::InvalidSignature);
    }
    let key = R1Key::from_sec1_bytes(&key).map_err(|_| PrecompileError::InvalidPublicKey)?;
    key.verify(&message, &signature).map_err(|_| PrecompileError::InvalidSignature)
}

fn each_narrow(data: &[u8], all: &[&[u8]]) -> Checked {
    let Some((count, places)) = data.split_first() else {
        return Err(PrecompileError::InvalidInstructionDataSize);
    };
    if *count == 0 && !places.is_empty() {
        return Err(PrecompileError::InvalidInstructionDataSize);
    }
    let (places, _) = places.as_chunks::<NARROW_BYTES>();
    let places = places.get(..usize::from(*count));
    for place in places.ok_or(PrecompileError::InvalidInstructionDataSize)? {
        let number = |at: usize| usize::from(u16::from_le_bytes([place[at], place[at + 1]]));
        let part = |index: u8, start: usize, bytes: usize, missing: PrecompileError| {
            let source = all.get(usize::from(index)).ok_or(missing)?;
            source.get(start..start + bytes).ok_or(PrecompileError::InvalidSignature)
        };
        let unknown = PrecompileError::InvalidInstructionDataSize;
        let signature = part(place[2], number(0), 65, unknown)?;
        let address = part(place[5], number(3), 20, PrecompileError::InvalidDataOffsets)?;
        let message = part(place[10], number(6), number(8), PrecompileError::InvalidDataOffsets)?;
        secp256k1(signature, address, message)?;
    }
    Ok(())
}

fn secp256k1(signature: &[u8], address: &[u8], message: &[u8]) -> Checked {
    let (signature, recovery) = signature.split_at(64);
    let signature = K1Signature::from_slice(signature);
    let mut signature = signature.map_err(|_| PrecompileError::InvalidSignature)?;
    let recovery = recovery.first().copied().and_then(RecoveryId::from_byte);
    let mut recovery = recovery.ok_or(PrecompileError::InvalidRecoveryId)?;
    // Solana's program takes either s; the library recovers from the lower one.
    if let Some(lower) = signature.normalize_s() {
        signature = lower;
        recovery = RecoveryId::new(!recovery.is_y_odd(), recovery.is_x_reduced());
    }
    let hash = keccak256(message);
    let key = K1Key::recover_from_prehash(hash.as_slice(), &signature, recovery);
    let key = key.map_err(|_| PrecompileError::InvalidSignature)?;
    let point = key.to_encoded_point(false);
    let hashed = keccak256(&point.as_bytes()[1..]);
    match hashed.as_slice().ends_with(address) {
        true => Ok(()),
        false => Err(PrecompileError::InvalidSignature),
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;

    const MESSAGE: &[u8] = b"what is signed";

    /// Data of the ed25519 or secp256r1 program: one signature with its parts behind its places.
    fn wide(signature: &[u8], key: &[u8]) -> Vec<u8> {
        let starts = [16, 16 + signature.len(), 16 + signature.len() + key.len()];
        let numbers = [starts[0], 0xffff, starts[1], 0xffff, starts[2], MESSAGE.len(), 0xffff];
        let mut data = vec![1, 0];
        data.extend(numbers.iter().flat_map(|it| (*it as u16).to_le_bytes()));
        [&data, signature, key, MESSAGE].concat()
    }

    fn narrow(signature: &[u8], address: &[u8]) -> Vec<u8> {
        let mut data = vec![1];
        let (signature_at, address_at, message_at) = (12_u16, 12 + 65, 12 + 65 + 20);
        data.extend(signature_at.to_le_bytes());
        data.push(0);
        data.extend(u16::to_le_bytes(address_at));
        data.push(0);
        data.extend(u16::to_le_bytes(message_at));
        data.extend((MESSAGE.len() as u16).to_le_bytes());
        data.push(0);
        [&data, signature, address, MESSAGE].concat()
    }

    /// That the data is taken, and that no change of a byte of signature, key or message is.
    fn holds(precompile: Precompile, data: &[u8], from: usize) {
        assert_eq!(precompile.check(data, &[data]), Ok(()));
        for place in from..data.len() {
            let mut wrong = data.to_vec();
            wrong[place] ^= 1;
            assert!(precompile.check(&wrong, &[&wrong]).is_err(), "{precompile:?} byte {place}");
        }
        for length in 0..data.len() {
            let torn = &data[..length];
            let is_empty_list = length == 1 || (length == 2 && precompile == Precompile::Ed25519);
            assert!(precompile.check(torn, &[torn]).is_err() || is_empty_list, "{length}");
        }
    }

    #[test]
    fn ed25519_signatures_are_checked() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let signature = key.sign(MESSAGE).to_bytes();
        let data = wide(&signature, key.verifying_key().as_bytes());
        holds(Precompile::Ed25519, &data, 16);
        assert_eq!(Precompile::Ed25519.check(&[0, 0], &[]), Ok(()));
        assert!(Precompile::Ed25519.check(&[0, 0, 0], &[]).is_err());
    }

    #[test]
    fn secp256r1_signatures_are_checked_and_have_one_form() {
        let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a key");
        let signature: R1Signature = key.sign(MESSAGE);
        let signature = signature.normalize_s().unwrap_or(signature);
        let point = key.verifying_key().to_encoded_point(true);
        let data = wide(&signature.to_bytes(), point.as_bytes());
        holds(Precompile::Secp256r1, &data, 16);
        let (r, s) = signature.split_scalars();
        let other = R1Signature::from_scalars(r, -s).expect("scalars");
        let data = wide(&other.to_bytes(), point.as_bytes());
        let refused = Precompile::Secp256r1.check(&data, &[&data]);
        assert_eq!(refused, Err(PrecompileError::InvalidSignature));
        assert!(Precompile::Secp256r1.check(&[0, 0], &[]).is_err());
        assert!(Precompile::Secp256r1.check(&[9, 0], &[]).is_err());
    }

    #[test]
    fn secp256k1_signers_are_ethereum_addresses() {
        let key = k256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a key");
        let hash = keccak256(MESSAGE);
        let (signature, recovery) =
            key.sign_prehash_recoverable(hash.as_slice()).expect("a signature");
        let point = key.verifying_key().to_encoded_point(false);
        let address = &keccak256(&point.as_bytes()[1..])[12..];
        let signed = [&signature.to_bytes()[..], &[recovery.to_byte()]].concat();
        holds(Precompile::Secp256k1, &narrow(&signed, address), 12);
        // The other s with the other parity is the same signature.
        let (r, s) = signature.split_scalars();
        let other = K1Signature::from_scalars(r, -s).expect("scalars");
        let signed = [&other.to_bytes()[..], &[recovery.to_byte() ^ 1]].concat();
        let data = narrow(&signed, address);
        assert_eq!(Precompile::Secp256k1.check(&data, &[&data]), Ok(()));
    }

    #[test]
    fn every_signature_is_paid_for() {
        let schedule = Schedule::default();
        let one = Precompile::Ed25519.price(&schedule, &[1], 64);
        assert_eq!(one, Gas(schedule.ed25519_verify.0 + 2 * schedule.sha256_word.0));
        assert_eq!(Precompile::Ed25519.price(&schedule, &[3], 64), Gas(3 * one.0));
        assert_eq!(Precompile::Ed25519.price(&schedule, &[], 64), Gas::ZERO);
    }
}
