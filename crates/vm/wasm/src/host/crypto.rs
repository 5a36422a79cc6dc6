//! Hashes and signature checks; prices and rules are those of [`vm::crypto`].

use primitives::B256;
use vm::crypto;

use super::memory::{array, slice, write};
use super::{Call, End};

/// Defines imports that hash a range of memory to a pointer.
macro_rules! hashes {
    ($($name:ident,)*) => {
        $(pub(crate) fn $name(
            call: &mut Call<'_>,
            (from, bytes, into): (u32, u32, u32),
        ) -> Result<(), End> {
            let input = slice(call.memory, from, bytes)?;
            let hash = crypto::$name(call.host.schedule(), call.meter, input)?;
            write(call.memory, into, hash.as_ref())
        })*
    };
}

hashes!(keccak256, sha256, ripemd160, blake3,);

pub(crate) fn secp256k1_recover(
    call: &mut Call<'_>,
    (hash, signature, recovery_id, into): (u32, u32, u32, u32),
) -> Result<i32, End> {
    let hash = B256::from(array(call.memory, hash)?);
    let signature = array(call.memory, signature)?;
    let schedule = call.host.schedule();
    let signer = crypto::secp256k1_recover(schedule, call.meter, &hash, &signature, recovery_id)?;
    match signer {
        Some(address) => write(call.memory, into, address.as_bytes()).map(|()| 1),
        None => Ok(0),
    }
}

pub(crate) fn secp256r1_verify(
    call: &mut Call<'_>,
    (hash, signature, public_key): (u32, u32, u32),
) -> Result<i32, End> {
    let hash = B256::from(array(call.memory, hash)?);
    let signature = array(call.memory, signature)?;
    let key = array(call.memory, public_key)?;
    let schedule = call.host.schedule();
    Ok(crypto::secp256r1_verify(schedule, call.meter, &hash, &signature, &key)?.into())
}

pub(crate) fn ed25519_verify(
    call: &mut Call<'_>,
    (public_key, signature, message, message_bytes): (u32, u32, u32, u32),
) -> Result<i32, End> {
    let key = array(call.memory, public_key)?;
    let signature = array(call.memory, signature)?;
    let message = slice(call.memory, message, message_bytes)?;
    let schedule = call.host.schedule();
    Ok(crypto::ed25519_verify(schedule, call.meter, &key, &signature, message)?.into())
}
