//! Hashes and signature checks that every machine offers, each charged before its work.
//!
//! The acceptance rules are part of the chain's rules: recovery accepts what Ethereum's `ecrecover`
//! accepts, ed25519 is checked strictly (no small-order keys, canonical scalars), so that every
//! node and every later version of a library gives the same answer. A bad signature is an answer
//! and no error; the only error is running out of gas.

use ed25519_dalek as ed25519;
use k256::ecdsa::{RecoveryId, Signature as Secp256k1Signature, VerifyingKey as Secp256k1Key};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature as Secp256r1Signature, VerifyingKey as Secp256r1Key};
use primitives::{Address, B256, EvmAddress, Gas};
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};

use crate::schedule::words;
use crate::{GasMeter, Schedule, Trap};

/// Keccak-256, Ethereum's hash.
///
/// # Errors
///
/// [`Trap::OutOfGas`] before any work.
pub fn keccak256(schedule: &Schedule, gas: &mut GasMeter, input: &[u8]) -> Result<B256, Trap> {
    gas.charge(linear(schedule.keccak256_base, schedule.keccak256_word, input))?;
    Ok(primitives::keccak256(input))
}

/// SHA-256.
///
/// # Errors
///
/// [`Trap::OutOfGas`] before any work.
pub fn sha256(schedule: &Schedule, gas: &mut GasMeter, input: &[u8]) -> Result<B256, Trap> {
    gas.charge(linear(schedule.sha256_base, schedule.sha256_word, input))?;
    Ok(B256::from(<[u8; 32]>::from(Sha256::digest(input))))
}

/// RIPEMD-160.
///
/// # Errors
///
/// [`Trap::OutOfGas`] before any work.
pub fn ripemd160(schedule: &Schedule, gas: &mut GasMeter, input: &[u8]) -> Result<[u8; 20], Trap> {
    gas.charge(linear(schedule.ripemd160_base, schedule.ripemd160_word, input))?;
    Ok(Ripemd160::digest(input).into())
}

/// BLAKE3 with 32 bytes of output.
///
/// # Errors
///
/// [`Trap::OutOfGas`] before any work.
pub fn blake3(schedule: &Schedule, gas: &mut GasMeter, input: &[u8]) -> Result<B256, Trap> {
    gas.charge(linear(schedule.blake3_base, schedule.blake3_word, input))?;
    Ok(B256::from(*::blake3::hash(input).as_bytes()))
}

/// The identity whose key signed `hash`, from 64 bytes `r ‖ s` and the recovery id 0 or 1.
///
/// It accepts what the precompile `ecrecover` accepts (its `v` less 27); a high `s` is accepted.
///
/// # Errors
///
/// [`Trap::OutOfGas`] before any work.
pub fn secp256k1_recover(
    schedule: &Schedule,
    gas: &mut GasMeter,
    hash: &B256,
    signature: &[u8; 64],
    recovery_id: u32,
) -> Result<Option<Address>, Trap> {
    gas.charge(schedule.secp256k1_recover)?;
    Ok(recover(hash, signature, recovery_id))
}

/// Whether the 64 bytes `r ‖ s` are a signature of `hash` by the key `x ‖ y` (EIP-7951).
///
/// # Errors
///
/// [`Trap::OutOfGas`] before any work.
pub fn secp256r1_verify(
    schedule: &Schedule,
    gas: &mut GasMeter,
    hash: &B256,
    signature: &[u8; 64],
    public_key: &[u8; 64],
) -> Result<bool, Trap> {
    gas.charge(schedule.secp256r1_verify)?;
    let mut point = [4; 65];
    point[1..].copy_from_slice(public_key);
    let Ok(key) = Secp256r1Key::from_sec1_bytes(&point) else { return Ok(false) };
    let Ok(signature) = Secp256r1Signature::from_slice(signature) else { return Ok(false) };
    Ok(key.verify_prehash(hash.as_slice(), &signature).is_ok())
}

/// Whether `signature` is an ed25519 signature of `message`, by the strict rules.
///
/// The message is hashed, so its words cost what those of SHA-256 cost.
///
/// # Errors
///
/// [`Trap::OutOfGas`] before any work.
pub fn ed25519_verify(
    schedule: &Schedule,
    gas: &mut GasMeter,
    public_key: &[u8; 32],
    signature: &[u8; 64],
    message: &[u8],
) -> Result<bool, Trap> {
    gas.charge(linear(schedule.ed25519_verify, schedule.sha256_word, message))?;
    let Ok(key) = ed25519::VerifyingKey::from_bytes(public_key) else { return Ok(false) };
    Ok(key.verify_strict(message, &ed25519::Signature::from_bytes(signature)).is_ok())
}

const fn linear(base: Gas, word: Gas, input: &[u8]) -> Gas {
    base.saturating_add(word.saturating_mul(words(input.len())))
}

fn recover(hash: &B256, signature: &[u8; 64], recovery_id: u32) -> Option<Address> {
    let is_y_odd = match recovery_id {
        0 => false,
        1 => true,
        _ => return None,
    };
    let signature = Secp256k1Signature::from_slice(signature).ok()?;
    // Negating `s` mirrors the point, hence the other parity.
    let (signature, is_y_odd) = match signature.normalize_s() {
        Some(low) => (low, !is_y_odd),
        None => (signature, is_y_odd),
    };
    let id = RecoveryId::new(is_y_odd, false);
    let key = Secp256k1Key::recover_from_prehash(hash.as_slice(), &signature, id).ok()?;
    let point = key.to_encoded_point(false);
    let digest = primitives::keccak256(point.as_bytes().get(1..)?);
    Some(Address::from_evm(EvmAddress::from_slice(&digest[12..])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::Signer;
    use k256::ecdsa::signature::hazmat::PrehashSigner;

    fn with_gas<T>(work: impl Fn(&Schedule, &mut GasMeter) -> Result<T, Trap>) -> (T, u64) {
        let schedule = Schedule::default();
        let mut gas = GasMeter::new(Gas(1_000_000));
        let result = work(&schedule, &mut gas).expect("enough gas");
        let used = gas.used();
        let mut short = GasMeter::new(Gas(used.0 - 1));
        assert_eq!(work(&schedule, &mut short).err(), Some(Trap::OutOfGas));
        assert_eq!(short.used(), Gas::ZERO);
        (result, used.0)
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn hashes_of_abc_are_the_published_ones() {
        let (hash, used) = with_gas(|s, g| keccak256(s, g, b"abc"));
        assert_eq!(hex(&hash[..4]), "4e03657a");
        assert_eq!(used, 36);
        let (hash, used) = with_gas(|s, g| sha256(s, g, b"abc"));
        assert_eq!(hex(&hash[..4]), "ba7816bf");
        assert_eq!(used, 72);
        let (hash, used) = with_gas(|s, g| ripemd160(s, g, b"abc"));
        assert_eq!(hex(&hash), "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
        assert_eq!(used, 720);
        let (hash, used) = with_gas(|s, g| blake3(s, g, b"abc"));
        assert_eq!(hex(&hash[..4]), "6437b3ac");
        assert_eq!(used, 66);
    }

    #[test]
    fn a_signer_is_recovered_with_low_and_with_high_s() {
        let secret = k256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
        let hash = primitives::keccak256(b"message");
        let (signature, id): (Secp256k1Signature, RecoveryId) =
            secret.sign_prehash(hash.as_slice()).unwrap();
        let point = secret.verifying_key().to_encoded_point(false);
        let digest = primitives::keccak256(&point.as_bytes()[1..]);
        let expected = Address::from_evm(EvmAddress::from_slice(&digest[12..]));
        let low: [u8; 64] = signature.to_bytes().into();
        let parity = u32::from(id.is_y_odd());
        let (found, used) = with_gas(|s, g| secp256k1_recover(s, g, &hash, &low, parity));
        assert_eq!((found, used), (Some(expected), 3_000));

        let (r, s) = signature.split_scalars();
        let high = Secp256k1Signature::from_scalars(*r, -*s).unwrap();
        let high: [u8; 64] = high.to_bytes().into();
        let (found, _) = with_gas(|s, g| secp256k1_recover(s, g, &hash, &high, 1 - parity));
        assert_eq!(found, Some(expected));
    }

    #[test]
    fn what_ecrecover_refuses_has_no_signer() {
        let hash = B256::repeat_byte(1);
        for (signature, id) in [([0; 64], 0), ([0xff; 64], 1), ([1; 64], 2), ([1; 64], 27)] {
            let (found, _) = with_gas(|s, g| secp256k1_recover(s, g, &hash, &signature, id));
            assert_eq!(found, None);
        }
    }

    #[test]
    fn a_p256_signature_fits_its_key_only() {
        let secret = p256::ecdsa::SigningKey::from_slice(&[9; 32]).unwrap();
        let hash = B256::repeat_byte(3);
        let signature: Secp256r1Signature = secret.sign_prehash(hash.as_slice()).unwrap();
        let signature: [u8; 64] = signature.to_bytes().into();
        let point = secret.verifying_key().to_encoded_point(false);
        let key: [u8; 64] = point.as_bytes()[1..].try_into().unwrap();
        let (fits, used) = with_gas(|s, g| secp256r1_verify(s, g, &hash, &signature, &key));
        assert_eq!((fits, used), (true, 6_900));
        let other = B256::repeat_byte(4);
        assert!(!with_gas(|s, g| secp256r1_verify(s, g, &other, &signature, &key)).0);
        assert!(!with_gas(|s, g| secp256r1_verify(s, g, &hash, &signature, &[0; 64])).0);
        assert!(!with_gas(|s, g| secp256r1_verify(s, g, &hash, &[0; 64], &key)).0);
    }

    #[test]
    fn an_ed25519_signature_is_checked_strictly() {
        let secret = ed25519::SigningKey::from_bytes(&[5; 32]);
        let signature = secret.sign(b"message").to_bytes();
        let key = secret.verifying_key().to_bytes();
        let (fits, used) = with_gas(|s, g| ed25519_verify(s, g, &key, &signature, b"message"));
        assert_eq!((fits, used), (true, 3_012));
        assert!(!with_gas(|s, g| ed25519_verify(s, g, &key, &signature, b"massage")).0);
        // The neutral point is a key of small order: with it anybody could sign anything.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut forged = [0; 64];
        forged[0] = 1;
        assert!(!with_gas(|s, g| ed25519_verify(s, g, &neutral, &forged, b"message")).0);
    }
}
