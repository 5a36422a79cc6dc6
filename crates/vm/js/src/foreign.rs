//! The question for what another contract of this machine has stored. It goes as a call with a
//! selector of its own, and the machine answers it without running the contract: what a chain
//! stores is no secret.

use abi::{Method, Value};
use primitives::Bytes;
use vm::{GasMeter, Host, ScanRequest, Trap};

use crate::codec;
use crate::door::count_value;
use crate::engine::JsValue;
use crate::keys::{field_key, field_of, map_key, map_prefix, record_key};
use primitives::limits::SCAN_ENTRIES_MAX;

/// The method that every contract of the machine has.
pub(crate) const SIGNATURE: &str = "braid_storage(uint8,string,string) returns (bytes)";

/// What is asked: the kind is that of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    /// 0 record, 1 whether there is a record, 2 field, 3 whether there is a field, 4 the fields of
    /// a map, 5 their number.
    pub(crate) kind: u8,
    /// The record or the map.
    pub(crate) key: String,
    /// The field.
    pub(crate) field: String,
}

impl Question {
    /// The question as input of a call.
    ///
    /// # Errors
    ///
    /// What of it cannot be encoded.
    pub(crate) fn encode(&self) -> Result<Bytes, String> {
        let values = [
            Value::uint(self.kind.into()),
            Value::text(self.key.clone()),
            Value::text(self.field.clone()),
        ];
        method()?.encode_call(&values).map_err(|error| error.to_string())
    }

    /// The question in an input, if it is one.
    pub(crate) fn decode(input: &[u8]) -> Option<Self> {
        let method = method().ok()?;
        if input.get(..4)? != method.selector() {
            return None;
        }
        let values = method.decode_input(input).ok()?;
        let [kind, key, field] = values.as_slice() else { return None };
        Some(Self {
            kind: u8::try_from(kind.as_u64()?).ok()?,
            key: key.as_text()?.to_owned(),
            field: field.as_text()?.to_owned(),
        })
    }

    /// The answer from the storage of the contract that is asked.
    ///
    /// # Errors
    ///
    /// [`Trap`] of the host.
    pub(crate) fn answer(&self, host: &mut dyn Host, gas: &mut GasMeter) -> Result<Bytes, Trap> {
        let key = match self.kind {
            0 | 1 => record_key(&self.key),
            _ => field_key(&self.key, &self.field),
        };
        let value = match self.kind {
            0 | 2 => {
                let record = host.storage_get(gas, &key)?;
                return Ok(record.unwrap_or_else(|| codec::encode(&JsValue::Undefined).into()));
            }
            1 | 3 => JsValue::Bool(host.storage_get(gas, &key)?.is_some()),
            4 => {
                let prefix = map_prefix(&self.key);
                let request = ScanRequest { prefix: &prefix, after: None, limit: SCAN_ENTRIES_MAX };
                let found = host.storage_scan(gas, &request)?;
                let fields = found.iter().map(|(key, _)| JsValue::Text(field_of(&prefix, key)));
                JsValue::List(fields.collect())
            }
            5 => count_value(host.counter_get(gas, &map_key(&self.key))?),
            _ => JsValue::Undefined,
        };
        Ok(codec::encode(&value).into())
    }
}

fn method() -> Result<Method, String> {
    Method::parse(SIGNATURE).map_err(|error| error.to_string())
}
