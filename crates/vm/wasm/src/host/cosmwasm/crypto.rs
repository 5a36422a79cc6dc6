//! Signatures and curves, by the crate that CosmWasm chains use themselves; the prices are those
//! of the schedule. A number tells the guest what came of it: 0 for yes, 1 for no, or an error.

use cosmwasm_crypto::{
    CryptoError, ECDSA_PUBKEY_MAX_LEN, ECDSA_SIGNATURE_LEN, EDDSA_PUBKEY_LEN, HashFunction,
    MESSAGE_HASH_MAX_LEN,
};
use primitives::Gas;
use vm::schedule::words;

use super::{Recovered, copy, write_region};
use crate::host::{Call, End, bad_argument};

/// Bytes of a signed message.
const MESSAGE_BYTES_MAX: usize = 128 << 10;

/// Signatures of one batch.
const BATCH_MAX: usize = 256;

/// Bytes of a signature of Ed25519.
const EDDSA_SIGNATURE_BYTES: usize = 64;

/// Bytes of a point of the first group of BLS12-381.
const G1_BYTES: usize = 48;

/// Bytes of a point of its second group.
const G2_BYTES: usize = 96;

/// Bytes of the points of one operation.
const POINTS_BYTES_MAX: usize = 2 << 20;

/// Bytes of what names a use of hashing to a curve.
const DOMAIN_BYTES_MAX: usize = 5 << 10;

const HASH: (&str, usize) = ("bytes of a hash", MESSAGE_HASH_MAX_LEN);
const SIGNATURE: (&str, usize) = ("bytes of a signature", ECDSA_SIGNATURE_LEN);
const POINTS: (&str, usize) = ("bytes of points", POINTS_BYTES_MAX);

fn answer(result: Result<bool, CryptoError>) -> i32 {
    match result {
        Ok(is_valid) => (!is_valid).into(),
        Err(error) => error.code().cast_signed(),
    }
}

/// Defines imports that check a signature of ECDSA, and recover the key of one.
macro_rules! curves {
    ($($verify:ident, $recover:ident, $price:ident;)*) => {$(
        pub(crate) fn $verify(
            call: &mut Call<'_>,
            (hash, signature, key): (u32, u32, u32),
        ) -> Result<i32, End> {
            let hash = copy(call, hash, HASH)?;
            let signature = copy(call, signature, SIGNATURE)?;
            let key = copy(call, key, ("bytes of a public key", ECDSA_PUBKEY_MAX_LEN))?;
            let price = call.host.schedule().$price;
            call.charge(price)?;
            Ok(answer(cosmwasm_crypto::$verify(&hash, &signature, &key)))
        }

        pub(crate) fn $recover(
            call: &mut Call<'_>,
            (hash, signature, parity): (u32, u32, u32),
        ) -> Result<Recovered, End> {
            let hash = copy(call, hash, HASH)?;
            let signature = copy(call, signature, SIGNATURE)?;
            let price = call.host.schedule().$price;
            call.charge(price)?;
            // What is no byte is no parity either, as which 255 is refused.
            let parity = u8::try_from(parity).unwrap_or(u8::MAX);
            let key = cosmwasm_crypto::$recover(&hash, &signature, parity);
            Ok(Recovered(key.map_err(|error| error.code())))
        }
    )*};
}

curves! {
    secp256k1_verify, secp256k1_recover_pubkey, secp256k1_recover;
    secp256r1_verify, secp256r1_recover_pubkey, secp256r1_verify;
}

fn charge_ed25519(call: &mut Call<'_>, message_bytes: usize) -> Result<(), End> {
    let schedule = call.host.schedule();
    let hashing = schedule.sha256_word.saturating_mul(words(message_bytes));
    let price = schedule.ed25519_verify.saturating_add(hashing);
    call.charge(price)
}

pub(crate) fn ed25519_verify(
    call: &mut Call<'_>,
    (message, signature, key): (u32, u32, u32),
) -> Result<i32, End> {
    let message = copy(call, message, ("bytes of a message", MESSAGE_BYTES_MAX))?;
    let signature = copy(call, signature, ("bytes of a signature", EDDSA_SIGNATURE_BYTES))?;
    let key = copy(call, key, ("bytes of a public key", EDDSA_PUBKEY_LEN))?;
    charge_ed25519(call, message.len())?;
    Ok(answer(cosmwasm_crypto::ed25519_verify(&message, &signature, &key)))
}

/// Checks a batch one after another, which needs no randomness. One message or one key may stand
/// for all signatures.
pub(crate) fn ed25519_batch_verify(
    call: &mut Call<'_>,
    (messages, signatures, keys): (u32, u32, u32),
) -> Result<i32, End> {
    let sized = |bytes: usize| BATCH_MAX * (bytes + 4);
    let messages = copy(call, messages, ("bytes of messages", sized(MESSAGE_BYTES_MAX)))?;
    let signatures = copy(call, signatures, ("bytes of signatures", sized(EDDSA_SIGNATURE_BYTES)))?;
    let keys = copy(call, keys, ("bytes of public keys", sized(EDDSA_PUBKEY_LEN)))?;
    let (messages, signatures, keys) = (parts(&messages)?, parts(&signatures)?, parts(&keys)?);
    let count = signatures.len();
    let is_each = messages.len() == count && keys.len() == count;
    let is_one_message = messages.len() == 1 && keys.len() == count;
    let is_one_key = keys.len() == 1 && messages.len() == count;
    if !(is_each || is_one_message || is_one_key) {
        let text = "messages, signatures and keys of a batch do not go together";
        return Ok(answer(Err(CryptoError::batch_err(text))));
    }
    let mut is_valid = true;
    for (place, signature) in signatures.iter().enumerate() {
        let of = |items: &[&'_ [u8]]| {
            items.get(place).or_else(|| items.first()).map(|item| item.to_vec())
        };
        let (message, key) = (of(&messages).unwrap_or_default(), of(&keys).unwrap_or_default());
        charge_ed25519(call, message.len())?;
        match cosmwasm_crypto::ed25519_verify(&message, signature, &key) {
            Ok(is_this) => is_valid &= is_this,
            error => return Ok(answer(error)),
        }
    }
    Ok(answer(Ok(is_valid)))
}

/// The parts of bytes in which each part has its length behind it.
fn parts(packed: &[u8]) -> Result<Vec<&[u8]>, End> {
    let mut found = Vec::new();
    let mut rest = packed;
    while !rest.is_empty() {
        let part = rest.split_last_chunk::<4>().and_then(|(front, length)| {
            let bytes = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            front.split_at_checked(front.len().checked_sub(bytes)?)
        });
        let Some((front, part)) = part else {
            return Err(bad_argument("the parts of a batch have wrong lengths".to_owned()));
        };
        found.push(part);
        rest = front;
    }
    found.reverse();
    Ok(found)
}

fn charge_points(
    call: &mut Call<'_>,
    (point, bytes): (Gas, usize),
    each: usize,
) -> Result<(), End> {
    call.charge(point.saturating_mul(bytes.div_ceil(each) as u64))
}

/// Defines imports that add the points of a group, and hash to one.
macro_rules! groups {
    ($($add:ident, $hash:ident, $point_bytes:ident, $price:ident, $hash_price:ident;)*) => {$(
        pub(crate) fn $add(call: &mut Call<'_>, (points, into): (u32, u32)) -> Result<i32, End> {
            let points = copy(call, points, POINTS)?;
            let price = call.host.schedule().$price;
            charge_points(call, (price, points.len()), $point_bytes)?;
            match cosmwasm_crypto::$add(&points) {
                Ok(sum) => write_region(call, into, &sum).map(|()| 0),
                Err(error) => Ok(error.code().cast_signed()),
            }
        }

        pub(crate) fn $hash(
            call: &mut Call<'_>,
            (function, message, domain, into): (u32, u32, u32, u32),
        ) -> Result<i32, End> {
            let message = copy(call, message, ("bytes of a message", MESSAGE_BYTES_MAX))?;
            let domain = copy(call, domain, ("bytes of a domain", DOMAIN_BYTES_MAX))?;
            let schedule = call.host.schedule();
            let hashing = schedule.sha256_word.saturating_mul(words(message.len()));
            let price = schedule.$hash_price.saturating_add(hashing);
            call.charge(price)?;
            match HashFunction::from_u32(function) {
                Ok(function) => {
                    let point = cosmwasm_crypto::$hash(function, &message, &domain);
                    write_region(call, into, &point).map(|()| 0)
                }
                Err(error) => Ok(error.code().cast_signed()),
            }
        }
    )*};
}

groups! {
    bls12_381_aggregate_g1, bls12_381_hash_to_g1, G1_BYTES, bls12_381_g1_point,
        bls12_381_hash_to_g1;
    bls12_381_aggregate_g2, bls12_381_hash_to_g2, G2_BYTES, bls12_381_g2_point,
        bls12_381_hash_to_g2;
}

pub(crate) fn bls12_381_pairing_equality(
    call: &mut Call<'_>,
    (first, second, one, other): (u32, u32, u32, u32),
) -> Result<i32, End> {
    let first = copy(call, first, POINTS)?;
    let second = copy(call, second, POINTS)?;
    let one = copy(call, one, ("bytes of a point", G1_BYTES))?;
    let other = copy(call, other, ("bytes of a point", G2_BYTES))?;
    let schedule = call.host.schedule();
    let (base, pair) = (schedule.bls12_381_pairing_base, schedule.bls12_381_pairing_pair);
    let (g1, g2) = (schedule.bls12_381_g1_point, schedule.bls12_381_g2_point);
    call.charge(base)?;
    charge_points(call, (g1, first.len() + one.len()), G1_BYTES)?;
    charge_points(call, (g2, second.len() + other.len()), G2_BYTES)?;
    charge_points(call, (pair, first.len() + one.len()), G1_BYTES)?;
    let result = cosmwasm_crypto::bls12_381_pairing_equality(&first, &second, &one, &other);
    Ok(answer(result))
}
