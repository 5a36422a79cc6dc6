//! Storage: records under a key, and maps of fields under a key. The number of a map's fields is a
//! counter, so that transactions that add fields do not wait for each other.

use primitives::limits::SCAN_ENTRIES_MAX;
use primitives::{Bytes, U256};
use vm::{CallRequest, ScanRequest, Status};

use super::calls::failure;
use super::{Answer, Arguments, FrameDoor, Stop};
use crate::codec;
use crate::engine::JsValue;
use crate::foreign::Question;
use crate::keys::{field_key, field_of, map_key, map_prefix, record_key};

/// One more field.
const ONE: U256 = U256::ONE;

impl FrameDoor<'_> {
    pub(super) fn storage_get(&mut self, arguments: &Arguments<'_>) -> Answer {
        self.read(&record_key(arguments.text(0)?))
    }

    pub(super) fn storage_put(&mut self, arguments: &Arguments<'_>) -> Answer {
        self.write(&record_key(arguments.text(0)?), arguments.at(1))
    }

    pub(super) fn storage_has(&mut self, arguments: &Arguments<'_>) -> Answer {
        let record = self.host.storage_get(&mut self.meter, &record_key(arguments.text(0)?))?;
        Ok(JsValue::Bool(record.is_some()))
    }

    pub(super) fn storage_delete(&mut self, arguments: &Arguments<'_>) -> Answer {
        let key = record_key(arguments.text(0)?);
        Ok(JsValue::Bool(self.host.storage_delete(&mut self.meter, &key)?))
    }

    pub(super) fn map_get(&mut self, arguments: &Arguments<'_>) -> Answer {
        self.read(&field_key(arguments.text(0)?, arguments.text(1)?))
    }

    pub(super) fn map_put(&mut self, arguments: &Arguments<'_>) -> Answer {
        let (map, field) = (arguments.text(0)?, arguments.text(1)?);
        let key = field_key(map, field);
        let is_new = self.host.storage_get(&mut self.meter, &key)?.is_none();
        self.write(&key, arguments.at(2))?;
        if is_new {
            self.host.counter_add(&mut self.meter, &map_key(map), ONE)?;
        }
        Ok(JsValue::Undefined)
    }

    pub(super) fn map_has(&mut self, arguments: &Arguments<'_>) -> Answer {
        let key = field_key(arguments.text(0)?, arguments.text(1)?);
        let record = self.host.storage_get(&mut self.meter, &key)?;
        Ok(JsValue::Bool(record.is_some()))
    }

    pub(super) fn map_delete(&mut self, arguments: &Arguments<'_>) -> Answer {
        let (map, field) = (arguments.text(0)?, arguments.text(1)?);
        let existed = self.host.storage_delete(&mut self.meter, &field_key(map, field))?;
        if existed {
            self.host.counter_sub(&mut self.meter, &map_key(map), ONE)?;
        }
        Ok(JsValue::Bool(existed))
    }

    pub(super) fn map_keys(&mut self, arguments: &Arguments<'_>) -> Answer {
        let map = arguments.text(0)?;
        let after = arguments.optional_text(1)?.map(|field| field_key(map, field));
        let prefix = map_prefix(map);
        let request = ScanRequest {
            prefix: &prefix,
            after: after.as_deref(),
            limit: arguments.count(2, SCAN_ENTRIES_MAX)?,
        };
        let found = self.host.storage_scan(&mut self.meter, &request)?;
        let fields = found.iter().map(|(key, _)| JsValue::Text(field_of(&prefix, key)));
        Ok(JsValue::List(fields.collect()))
    }

    pub(super) fn map_length(&mut self, arguments: &Arguments<'_>) -> Answer {
        let count = self.host.counter_get(&mut self.meter, &map_key(arguments.text(0)?))?;
        Ok(count_value(count))
    }

    /// What another contract of this machine has stored: a static call that its machine answers
    /// without running it.
    pub(super) fn foreign_get(&mut self, arguments: &Arguments<'_>) -> Answer {
        let kind = arguments.count(0, u32::from(u8::MAX))?;
        let contract = arguments.address(1)?;
        let question = Question {
            kind: u8::try_from(kind).unwrap_or(u8::MAX),
            key: arguments.text(2)?.to_owned(),
            field: arguments.optional_text(3)?.unwrap_or_default().to_owned(),
        };
        let input = question.encode().map_err(Stop::Throw)?;
        let request = CallRequest {
            to: contract,
            value: primitives::Wei::ZERO,
            input: &input,
            gas_limit: self.meter.remaining(),
            is_static: true,
        };
        let outcome = self.host.call(&mut self.meter, &request)?;
        self.charge_copy(outcome.output.len())?;
        if outcome.status != Status::Success {
            return Ok(failure(&outcome, None));
        }
        self.charge(codec::decode_gas(&outcome.output))?;
        let value = codec::decode(&outcome.output).map_err(|error| {
            Stop::Throw(format!("{contract} does not answer as a JavaScript contract: {error}"))
        })?;
        Ok(JsValue::List(vec![JsValue::Number(0.0), value]))
    }

    fn read(&mut self, key: &[u8]) -> Answer {
        match self.host.storage_get(&mut self.meter, key)? {
            Some(record) => self.decoded(&record),
            None => Ok(JsValue::Undefined),
        }
    }

    fn write(&mut self, key: &[u8], value: &JsValue) -> Answer {
        self.host.storage_put(&mut self.meter, key, &codec::encode(value))?;
        Ok(JsValue::Undefined)
    }

    /// A value in bytes, after what the script will get is paid for.
    fn decoded(&mut self, record: &Bytes) -> Answer {
        let cost = codec::decode_gas(record);
        self.charge(cost)?;
        codec::decode(record)
            .map_err(|error| Stop::Throw(format!("a record cannot be read: {error}")))
    }
}

/// A count as scripts see it. No map has as many fields as a number holds no more exactly.
#[allow(clippy::cast_precision_loss, reason = "no map is that large")]
pub(crate) fn count_value(count: U256) -> JsValue {
    JsValue::Number(u64::try_from(count).unwrap_or(u64::MAX) as f64)
}
