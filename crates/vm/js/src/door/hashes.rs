//! Hashes and signatures.

use vm::crypto;

use super::{Answer, Arguments, FrameDoor, Stop, address_text};
use crate::engine::JsValue;

impl FrameDoor<'_> {
    pub(super) fn hash(&mut self, arguments: &Arguments<'_>) -> Answer {
        let input = arguments.bytes(1)?;
        self.charge_copy(input.len())?;
        let (schedule, gas) = (self.host.schedule(), &mut self.meter);
        let hash = match arguments.count(0, u32::MAX)? {
            0 => crypto::keccak256(schedule, gas, input)?.to_vec(),
            1 => crypto::sha256(schedule, gas, input)?.to_vec(),
            2 => crypto::ripemd160(schedule, gas, input)?.to_vec(),
            3 => crypto::blake3(schedule, gas, input)?.to_vec(),
            other => return Err(Stop::Throw(format!("{other} is the number of no hash"))),
        };
        Ok(JsValue::Bytes(hash))
    }

    pub(super) fn verify(&mut self, arguments: &Arguments<'_>) -> Answer {
        let message = arguments.bytes(1)?;
        self.charge_copy(message.len())?;
        match arguments.count(0, u32::MAX)? {
            0 => self.recover(arguments),
            1 => {
                let (signature, key) = (array(arguments, 2)?, array(arguments, 3)?);
                let schedule = self.host.schedule();
                let is_valid =
                    crypto::ed25519_verify(schedule, &mut self.meter, &key, &signature, message)?;
                Ok(JsValue::Bool(is_valid))
            }
            2 => {
                let hash = array::<32>(arguments, 1)?.into();
                let (signature, key) = (array(arguments, 2)?, array(arguments, 3)?);
                let schedule = self.host.schedule();
                let gas = &mut self.meter;
                let is_valid = crypto::secp256r1_verify(schedule, gas, &hash, &signature, &key)?;
                Ok(JsValue::Bool(is_valid))
            }
            other => Err(Stop::Throw(format!("{other} is the number of no signature"))),
        }
    }

    /// The signer of a hash, from the 65 bytes that Ethereum writes: r, s, and the recovery id as 0
    /// and 1 or as 27 and 28.
    fn recover(&mut self, arguments: &Arguments<'_>) -> Answer {
        let hash = array::<32>(arguments, 1)?.into();
        let signature: [u8; 65] = array(arguments, 2)?;
        let [body @ .., last] = &signature;
        let recovery_id = if *last >= 27 { last - 27 } else { *last };
        let schedule = self.host.schedule();
        let gas = &mut self.meter;
        let signer = crypto::secp256k1_recover(schedule, gas, &hash, body, u32::from(recovery_id))?;
        Ok(signer.map_or(JsValue::Null, |signer| JsValue::Text(address_text(&signer))))
    }
}

fn array<const N: usize>(arguments: &Arguments<'_>, index: usize) -> Result<[u8; N], Stop> {
    let bytes = arguments.bytes(index)?;
    let found = bytes.len();
    <[u8; N]>::try_from(bytes)
        .map_err(|_| Stop::Throw(format!("argument {index} has {found} bytes, it should have {N}")))
}
