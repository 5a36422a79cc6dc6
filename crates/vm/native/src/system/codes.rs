//! The registry of codes: numbers for codes, for contracts that know codes by numbers.

use std::sync::LazyLock;

use abi::{Interface, Value};
use primitives::{Address, B256};
use vm::GasMeter;

use crate::{NativeCall, NativeContract, NativeError, NativeHost};

/// The registry of codes. It keeps no code: a number stands for the code of a contract, which
/// whoever needs it takes from there. A code has one number, whoever adds it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Codes;

/// What the registry of codes offers.
pub static CODES_INTERFACE: LazyLock<Interface> = LazyLock::new(|| {
    Interface::from_signatures(&[
        "function add(address contract) returns (uint64)",
        "function code(uint64 id) view returns (address contract, bytes32 hash)",
        "function idOf(bytes32 hash) view returns (uint64)",
        "event CodeAdded(uint64 indexed id, address indexed contract, bytes32 hash)",
    ])
    .expect("invariant: the registry's own signatures parse")
});

/// Where the registry keeps how many codes have a number.
const COUNT_KEY: &[u8] = b"n";

impl NativeContract for Codes {
    fn name(&self) -> &str {
        "codes"
    }

    fn interface(&self) -> &Interface {
        &CODES_INTERFACE
    }

    fn call(
        &self,
        call: &NativeCall<'_>,
        gas: &mut GasMeter,
        host: &mut dyn NativeHost,
    ) -> Result<Vec<Value>, NativeError> {
        let mut work = Work { gas, host };
        match call.method.name.as_str() {
            "add" => work.add(&call.argument(0)?),
            "code" => work.code(call.argument(0)?),
            _ => {
                let id = work.id_of(call.argument(0)?)?;
                Ok(vec![Value::uint(id)])
            }
        }
    }
}

/// A call of the registry at work.
struct Work<'a> {
    gas: &'a mut GasMeter,
    host: &'a mut dyn NativeHost,
}

impl Work<'_> {
    /// Gives the code of a contract a number, or tells the one that it has. The contract is from
    /// now on the one that the code is taken from.
    fn add(&mut self, contract: &Address) -> Result<Vec<Value>, NativeError> {
        let Some((_, hash)) = self.host.code_hash(self.gas, contract)? else {
            return Err(NativeError::refuse(format!("{contract} has no code")));
        };
        let known = self.id_of(hash.0)?;
        let id = if known == 0 { self.number(COUNT_KEY)?.saturating_add(1) } else { known };
        if known == 0 {
            self.host.storage_put(self.gas, COUNT_KEY, &id.to_be_bytes())?;
            self.host.storage_put(self.gas, &hash_key(&hash.0), &id.to_be_bytes())?;
        }
        let record = [contract.as_bytes().as_slice(), hash.0.as_slice()].concat();
        self.host.storage_put(self.gas, &id_key(id), &record)?;
        let event = CODES_INTERFACE.event("CodeAdded").expect("invariant: an event of its own");
        let values = [Value::uint(id), (*contract).into(), Value::bytes(hash.0.to_vec())];
        let (topics, data) = event.encode(&values).expect("invariant: values of the event's types");
        self.host.emit(self.gas, &topics, &data)?;
        Ok(vec![Value::uint(id)])
    }

    fn code(&mut self, id: u64) -> Result<Vec<Value>, NativeError> {
        let record = self.host.storage_get(self.gas, &id_key(id))?.unwrap_or_default();
        let (halves, _) = record.as_chunks::<32>();
        match halves {
            [contract, hash] => {
                Ok(vec![Address::new(*contract).into(), Value::bytes(hash.to_vec())])
            }
            _ => Err(NativeError::refuse(format!("there is no code of number {id}"))),
        }
    }

    /// The number of a code; zero where it has none.
    fn id_of(&mut self, hash: B256) -> Result<u64, NativeError> {
        self.number(&hash_key(&hash))
    }

    fn number(&mut self, key: &[u8]) -> Result<u64, NativeError> {
        let bytes = self.host.storage_get(self.gas, key)?.unwrap_or_default();
        Ok(<[u8; 8]>::try_from(bytes.as_ref()).map_or(0, u64::from_be_bytes))
    }
}

fn id_key(id: u64) -> Vec<u8> {
    [b"c", id.to_be_bytes().as_slice()].concat()
}

fn hash_key(hash: &B256) -> Vec<u8> {
    [b"h", hash.as_slice()].concat()
}
