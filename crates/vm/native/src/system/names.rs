//! The name registry: names for addresses, each with an owner.

use std::sync::LazyLock;

use abi::{Interface, Value};
use primitives::{Address, Bytes, limits::NAME_BYTES_MAX};
use vm::GasMeter;

use crate::{NativeCall, NativeContract, NativeError, NativeHost};

/// The name registry. A name belongs to whoever registers it first, leads to one address, and may
/// be given away or released. An address may claim one of the names that lead to it as its own,
/// for the way back.
#[derive(Debug, Clone, Copy, Default)]
pub struct Names;

/// What the name registry offers. Every method returns something, so that Solidity does not ask
/// for the size of the code, of which there is none.
pub static NAMES_INTERFACE: LazyLock<Interface> = LazyLock::new(|| {
    Interface::from_signatures(&[
        "function register(string name, address target) returns (bool)",
        "function setTarget(string name, address target) returns (bool)",
        "function transfer(string name, address owner) returns (bool)",
        "function release(string name) returns (bool)",
        "function claimReverse(string name) returns (bool)",
        "function resolve(string name) view returns (address)",
        "function ownerOf(string name) view returns (address)",
        "function reverse(address target) view returns (string)",
        "event NameRegistered(string name, address indexed owner, address indexed target)",
        "event NameChanged(string name, address indexed owner, address indexed target)",
        "event NameReleased(string name, address indexed owner)",
        "event ReverseClaimed(string name, address indexed target)",
    ])
    .expect("invariant: the registry's own signatures parse")
});

/// What the registry keeps of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameRecord {
    /// Who may change it.
    pub owner: Address,
    /// Where it leads.
    pub target: Address,
}

impl NameRecord {
    /// Owner and target, 32 bytes each.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [self.owner.as_bytes().as_slice(), self.target.as_bytes()].concat()
    }

    /// The record that `bytes` hold, or nothing where they are none.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (owner, target) = bytes.split_first_chunk::<32>()?;
        let target: [u8; 32] = target.try_into().ok()?;
        Some(Self { owner: Address::new(*owner), target: Address::new(target) })
    }
}

/// Where the registry's storage keeps a name.
#[must_use]
pub fn name_key(name: &str) -> Vec<u8> {
    [b"n", name.as_bytes()].concat()
}

/// Where the registry's storage keeps the name that an address claims.
#[must_use]
pub fn reverse_key(target: &Address) -> Vec<u8> {
    [b"r", target.as_bytes().as_slice()].concat()
}

impl NativeContract for Names {
    fn name(&self) -> &str {
        "names"
    }

    fn interface(&self) -> &Interface {
        &NAMES_INTERFACE
    }

    fn call(
        &self,
        call: &NativeCall<'_>,
        gas: &mut GasMeter,
        host: &mut dyn NativeHost,
    ) -> Result<Vec<Value>, NativeError> {
        let mut work = Work { call, gas, host };
        if call.method.name == "reverse" {
            return work.reverse(&call.argument(0)?);
        }
        let name: String = call.argument(0)?;
        check_name(&name)?;
        match call.method.name.as_str() {
            "register" => work.register(&name, call.argument(1)?),
            "setTarget" => {
                let target = call.argument(1)?;
                work.change(&name, |record| NameRecord { target, ..record })
            }
            "transfer" => {
                let owner = call.argument(1)?;
                work.change(&name, |record| NameRecord { owner, ..record })
            }
            "release" => work.release(&name),
            "claimReverse" => work.claim_reverse(&name),
            "resolve" => work.look_up(&name, |record| record.target),
            _ => work.look_up(&name, |record| record.owner),
        }
    }
}

/// A call of the registry at work.
struct Work<'a> {
    call: &'a NativeCall<'a>,
    gas: &'a mut GasMeter,
    host: &'a mut dyn NativeHost,
}

type Answer = Result<Vec<Value>, NativeError>;

impl Work<'_> {
    fn register(&mut self, name: &str, target: Address) -> Answer {
        if let Some(record) = self.record(name)? {
            let reason = format!("the name \"{name}\" belongs to {}", record.owner);
            return Err(NativeError::refuse(reason));
        }
        self.put(name, "NameRegistered", NameRecord { owner: self.call.caller, target })
    }

    fn change(&mut self, name: &str, change: impl FnOnce(NameRecord) -> NameRecord) -> Answer {
        let record = self.owned(name)?;
        self.put(name, "NameChanged", change(record))
    }

    fn release(&mut self, name: &str) -> Answer {
        let record = self.owned(name)?;
        self.host.storage_delete(self.gas, &name_key(name))?;
        self.emit("NameReleased", &[Value::text(name), record.owner.into()])?;
        Ok(vec![Value::Bool(true)])
    }

    fn claim_reverse(&mut self, name: &str) -> Answer {
        let target = self.call.caller;
        if self.record(name)?.map(|record| record.target) != Some(target) {
            let reason = format!("the name \"{name}\" does not lead to {target}");
            return Err(NativeError::refuse(reason));
        }
        self.host.storage_put(self.gas, &reverse_key(&target), name.as_bytes())?;
        self.emit("ReverseClaimed", &[Value::text(name), target.into()])?;
        Ok(vec![Value::Bool(true)])
    }

    fn look_up(&mut self, name: &str, what: impl FnOnce(NameRecord) -> Address) -> Answer {
        let found = self.record(name)?.map_or(Address::ZERO, what);
        Ok(vec![found.into()])
    }

    /// The name that an address claims, as long as the name leads back to it.
    fn reverse(&mut self, target: &Address) -> Answer {
        let claimed = self.host.storage_get(self.gas, &reverse_key(target))?;
        let name = claimed.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        let name = name.unwrap_or_default();
        let record = if name.is_empty() { None } else { self.record(&name)? };
        let leads_back = record.is_some_and(|record| record.target == *target);
        Ok(vec![Value::text(if leads_back { &name } else { "" })])
    }

    fn owned(&mut self, name: &str) -> Result<NameRecord, NativeError> {
        let record = self
            .record(name)?
            .ok_or_else(|| NativeError::refuse(format!("the name \"{name}\" is not registered")))?;
        if record.owner != self.call.caller {
            let caller = self.call.caller;
            let reason = format!("{caller} is not the owner of the name \"{name}\"");
            return Err(NativeError::refuse(reason));
        }
        Ok(record)
    }

    fn record(&mut self, name: &str) -> Result<Option<NameRecord>, NativeError> {
        let bytes: Option<Bytes> = self.host.storage_get(self.gas, &name_key(name))?;
        Ok(bytes.and_then(|bytes| NameRecord::decode(&bytes)))
    }

    fn put(&mut self, name: &str, event: &str, record: NameRecord) -> Answer {
        self.host.storage_put(self.gas, &name_key(name), &record.encode())?;
        self.emit(event, &[Value::text(name), record.owner.into(), record.target.into()])?;
        Ok(vec![Value::Bool(true)])
    }

    fn emit(&mut self, event: &str, values: &[Value]) -> Result<(), NativeError> {
        let event = NAMES_INTERFACE.event(event).expect("invariant: an event of the registry");
        let (topics, data) = event.encode(values).expect("invariant: values of the event's types");
        Ok(self.host.emit(self.gas, &topics, &data)?)
    }
}

/// Refuses what might be taken for something else: names are lower-case letters, digits, `-`, `_`
/// and `.`, and begin with a letter.
fn check_name(name: &str) -> Result<(), NativeError> {
    let found = name.len();
    if found > NAME_BYTES_MAX {
        let reason = format!("a name of {found} bytes breaks the limit of {NAME_BYTES_MAX} bytes");
        return Err(NativeError::refuse(reason));
    }
    let is_part = |letter: char| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_.".contains(letter)
    };
    let begins = name.starts_with(|letter: char| letter.is_ascii_lowercase());
    if begins && name.chars().all(is_part) {
        return Ok(());
    }
    Err(NativeError::refuse(format!(
        "\"{name}\" is no name: a name begins with a letter and has lower-case letters, digits, \
         '-', '_' and '.'"
    )))
}
