//! What scripts reach the world through: one function, whose operations are numbered here and in
//! the prelude (`basics.js`). Every operation charges before it works.

mod calls;
mod environment;
mod events;
mod hashes;
mod objects;
mod patterns;
mod storage;
mod text;

pub(crate) use patterns::PatternCache;
pub(crate) use storage::count_value;

use std::collections::BTreeMap;
use std::sync::Arc;

use abi::Interface;
use primitives::{Address, Bytes, Gas, U256};
use vm::schedule::words;
use vm::{Frame, GasMeter, HaltReason, Host, Outcome, Trap};

use crate::engine::{Door, DoorError, JsValue};
use crate::limits::{CHUNK_MAX, MEMORY_BYTES_MAX};

/// The door of one frame.
pub(crate) struct FrameDoor<'a> {
    frame: &'a Frame<'a>,
    host: &'a mut (dyn Host + 'a),
    meter: GasMeter,
    /// What the script has prepaid; it is still part of what the meter has left.
    given: i64,
    end: Option<HaltReason>,
    interface: &'a Interface,
    /// Interfaces of contracts that were called by name.
    known: BTreeMap<Address, Arc<Interface>>,
    /// The regular expressions of the frame, by their numbers.
    patterns: Vec<patterns::Made>,
    cache: &'a PatternCache,
}

/// Why an operation has no result.
#[derive(Debug)]
enum Stop {
    /// The script gets an error.
    Throw(String),
    /// The frame is over.
    Halt(HaltReason),
}

type Answer = Result<JsValue, Stop>;

impl From<Trap> for Stop {
    fn from(trap: Trap) -> Self {
        Self::Halt(trap.halt_reason())
    }
}

impl From<HaltReason> for Stop {
    fn from(reason: HaltReason) -> Self {
        Self::Halt(reason)
    }
}

/// Defines the operations: the number, the name in the prelude, what does it.
macro_rules! operations {
    ($($number:literal $name:literal => $method:ident;)*) => {
        /// The operations by number and by their name in the prelude.
        #[cfg(test)]
        pub(crate) const OPERATIONS: &[(u32, &str)] = &[$(($number, $name),)*];

        impl FrameDoor<'_> {
            fn operate(&mut self, operation: u32, arguments: &Arguments<'_>) -> Answer {
                match operation {
                    $($number => self.$method(arguments),)*
                    _ => Err(Stop::Throw(format!("{operation} is the number of no operation"))),
                }
            }
        }
    };
}

operations! {
    0 "REFILL" => refill;
    1 "EXHAUSTED" => exhausted;
    2 "TOO_DEEP" => too_deep;
    3 "MATH" => math;
    4 "NESTING" => nesting;
    5 "DEBUG" => debug;
    6 "BROKEN" => broken;
    7 "REMARK" => remark;
    10 "STORAGE_GET" => storage_get;
    11 "STORAGE_PUT" => storage_put;
    12 "STORAGE_HAS" => storage_has;
    13 "STORAGE_DELETE" => storage_delete;
    14 "MAP_GET" => map_get;
    15 "MAP_PUT" => map_put;
    16 "MAP_HAS" => map_has;
    17 "MAP_DELETE" => map_delete;
    18 "MAP_KEYS" => map_keys;
    19 "MAP_LENGTH" => map_length;
    20 "FOREIGN_GET" => foreign_get;
    30 "TRANSFER" => transfer;
    31 "CALL" => call_method;
    32 "CALL_RAW" => call_raw;
    33 "BALANCE" => balance;
    40 "EMIT" => emit;
    41 "EMIT_RAW" => emit_raw;
    50 "BLOCK" => block;
    51 "TRANSACTION" => transaction;
    52 "CONTEXT" => context;
    53 "BLOCK_HASH" => block_hash;
    60 "HASH" => hash;
    61 "VERIFY" => verify;
    62 "HEX" => hex;
    63 "FROM_HEX" => read_hex;
    64 "UTF8" => utf8;
    65 "FROM_UTF8" => read_utf8;
    70 "OBJECT_CREATE" => object_create;
    71 "OBJECT_INFO" => object_info;
    72 "OBJECT_GET" => object_get;
    73 "OBJECT_SET" => object_set;
    74 "OBJECT_REMOVE" => object_remove;
    75 "OBJECT_GIVE" => object_give;
    76 "OBJECT_DELETE" => object_delete;
    77 "OBJECT_LIST" => object_list;
    80 "PATTERN_NEW" => pattern_new;
    81 "PATTERN_FIND" => pattern_find;
}

impl Door for FrameDoor<'_> {
    fn call(
        &mut self,
        operation: u32,
        chunk: i64,
        arguments: &[JsValue],
    ) -> Result<JsValue, DoorError> {
        if self.end.is_some() {
            return Err(DoorError::End);
        }
        let answer = self.settle(chunk).map_err(Stop::Halt).and_then(|()| {
            // Every argument was paid for by its size before it came here.
            self.operate(operation, &Arguments(arguments))
        });
        answer.map_err(|stop| match stop {
            Stop::Throw(message) => DoorError::Throw(message),
            Stop::Halt(reason) => {
                self.end = Some(reason);
                DoorError::End
            }
        })
    }
}

impl<'a> FrameDoor<'a> {
    /// The door of `frame`, for a contract with this interface, on a machine that keeps regular
    /// expressions in `cache`.
    pub(crate) fn new(
        frame: &'a Frame<'a>,
        host: &'a mut (dyn Host + 'a),
        interface: &'a Interface,
        cache: &'a PatternCache,
    ) -> Self {
        Self {
            frame,
            host,
            meter: GasMeter::new(frame.gas_limit),
            given: 0,
            end: None,
            interface,
            known: BTreeMap::new(),
            patterns: Vec::new(),
            cache,
        }
    }

    /// What is left of the frame's gas. The script must have handed back its chunk.
    pub(crate) const fn remaining(&self) -> Gas {
        self.meter.remaining()
    }

    /// The success of the frame.
    pub(crate) fn success(&self, output: Bytes) -> Outcome {
        Outcome::success(output, self.meter.remaining(), self.meter.refund())
    }

    /// Tells the host why this node failed.
    pub(crate) fn fault(&mut self, reason: String) {
        self.host.fault(reason);
    }

    /// Why an operation ended the frame.
    pub(crate) fn take_end(&mut self) -> HaltReason {
        self.end.take().unwrap_or(HaltReason::Fault)
    }

    /// Takes what the script used of its chunk. The script has none after it.
    ///
    /// # Errors
    ///
    /// The reason of the halt: out of gas.
    pub(crate) fn settle(&mut self, chunk: i64) -> Result<(), HaltReason> {
        let used = self.given.checked_sub(chunk).and_then(|used| u64::try_from(used).ok());
        // A chunk that grew is a script that wrote its own meter: instrumentation forbids it.
        let used = used.ok_or(HaltReason::Fault)?;
        self.given = 0;
        self.charge(Gas(used))
    }

    /// Charges work that is done outside the script.
    ///
    /// # Errors
    ///
    /// The reason of the halt: out of gas.
    pub(crate) fn charge(&mut self, cost: Gas) -> Result<(), HaltReason> {
        self.meter.charge(cost).map_err(|_| HaltReason::OutOfGas)
    }

    /// Charges what copying so many bytes between script and host costs.
    ///
    /// # Errors
    ///
    /// The reason of the halt: out of gas.
    pub(crate) fn charge_copy(&mut self, bytes: usize) -> Result<(), HaltReason> {
        let cost = self.host.schedule().copy_word.saturating_mul(words(bytes).saturating_add(1));
        self.charge(cost)
    }

    fn charge_environment(&mut self) -> Result<(), HaltReason> {
        let cost = self.host.schedule().environment;
        self.charge(cost)
    }

    #[allow(clippy::cast_precision_loss, reason = "a chunk has 30 bits")]
    fn refill(&mut self, _: &Arguments<'_>) -> Answer {
        let chunk = self.meter.remaining().0.min(CHUNK_MAX);
        self.given = i64::try_from(chunk).unwrap_or_default();
        Ok(JsValue::Number(chunk as f64))
    }

    fn exhausted(&mut self, _: &Arguments<'_>) -> Answer {
        Err(Stop::Halt(HaltReason::MemoryLimit(MEMORY_BYTES_MAX)))
    }

    fn too_deep(&mut self, _: &Arguments<'_>) -> Answer {
        Err(Stop::Halt(HaltReason::StackOverflow))
    }

    /// The engine met an end of its own, which metering should have come before.
    fn broken(&mut self, arguments: &Arguments<'_>) -> Answer {
        self.fault(format!("the engine gave up: {}", arguments.text(0)?));
        Err(Stop::Halt(HaltReason::Fault))
    }

    /// What the engine says of an error that contracts see in other words.
    fn remark(&mut self, arguments: &Arguments<'_>) -> Answer {
        self.host.remark(arguments.text(0)?);
        Ok(JsValue::Undefined)
    }

    fn debug(&mut self, arguments: &Arguments<'_>) -> Answer {
        self.host.debug(&mut self.meter, arguments.text(0)?)?;
        Ok(JsValue::Undefined)
    }
}

/// The number of the operation that tells the engine's own words, which differ between engines.
pub(crate) const REMARK: u32 = 7;

/// The arguments of an operation. The prelude has looked at their types; what is not as it should
/// be throws.
struct Arguments<'a>(&'a [JsValue]);

impl Arguments<'_> {
    fn at(&self, index: usize) -> &JsValue {
        self.0.get(index).unwrap_or(&JsValue::Undefined)
    }

    fn text(&self, index: usize) -> Result<&str, Stop> {
        self.at(index).as_text().ok_or_else(|| self.wrong(index, "a text"))
    }

    fn optional_text(&self, index: usize) -> Result<Option<&str>, Stop> {
        match self.at(index) {
            JsValue::Null | JsValue::Undefined => Ok(None),
            _ => self.text(index).map(Some),
        }
    }

    fn bytes(&self, index: usize) -> Result<&[u8], Stop> {
        match self.at(index) {
            JsValue::Bytes(bytes) => Ok(bytes),
            _ => Err(self.wrong(index, "a Uint8Array")),
        }
    }

    fn list(&self, index: usize) -> Result<&[JsValue], Stop> {
        match self.at(index) {
            JsValue::List(items) => Ok(items),
            _ => Err(self.wrong(index, "an array")),
        }
    }

    fn flag(&self, index: usize) -> bool {
        matches!(self.at(index), JsValue::Bool(true))
    }

    fn number(&self, index: usize) -> Result<f64, Stop> {
        match self.at(index) {
            JsValue::Number(number) => Ok(*number),
            _ => Err(self.wrong(index, "a number")),
        }
    }

    /// A whole number from 0; what is larger than `max` is `max`.
    #[allow(clippy::cast_possible_truncation, reason = "the range is checked")]
    #[allow(clippy::cast_sign_loss, reason = "the range is checked")]
    fn count(&self, index: usize, max: u32) -> Result<u32, Stop> {
        let number = self.number(index)?;
        if number.is_nan() || number < 0.0 {
            return Err(self.wrong(index, "a number from 0"));
        }
        Ok(number.min(f64::from(max)) as u32)
    }

    fn amount(&self, index: usize) -> Result<U256, Stop> {
        match self.at(index) {
            JsValue::BigInt { is_negative: false, magnitude } => Ok(*magnitude),
            _ => Err(self.wrong(index, "a bigint without sign")),
        }
    }

    fn address(&self, index: usize) -> Result<Address, Stop> {
        let text = self.text(index)?;
        text.parse().map_err(|error: primitives::AddressError| Stop::Throw(error.to_string()))
    }

    fn wrong(&self, index: usize, wanted: &str) -> Stop {
        let found = self.at(index).type_name();
        Stop::Throw(format!("argument {} is {found}, it should be {wanted}", index + 1))
    }
}

/// An address as scripts see it: lower case, so that equal addresses are equal texts.
pub(crate) fn address_text(address: &Address) -> String {
    let bytes = address.as_bytes();
    let shown = if address.is_evm() { bytes.get(12..).unwrap_or(bytes) } else { bytes };
    text::hex_of(shown)
}

fn bytes_value(bytes: &Bytes) -> JsValue {
    JsValue::Bytes(bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prelude_has_the_same_numbers() {
        let basics = include_str!("../prelude/basics.js");
        for (number, name) in OPERATIONS {
            let defined = format!(" {name} = {number}");
            let ends = [",", ";"].map(|end| format!("{defined}{end}"));
            assert!(ends.iter().any(|text| basics.contains(text)), "{defined}");
        }
    }
}
