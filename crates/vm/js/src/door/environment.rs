//! The frame, the transaction and the block.

use primitives::U256;

use super::text::hex_of;
use super::{Answer, Arguments, FrameDoor, address_text};
use crate::engine::JsValue;

impl FrameDoor<'_> {
    pub(super) fn block(&mut self, _: &Arguments<'_>) -> Answer {
        self.charge_record()?;
        let block = &self.host.environment().block;
        Ok(record([
            ("number", number(block.number.0)),
            ("time", number(block.timestamp_s)),
            ("witness", JsValue::Text(address_text(&block.beneficiary))),
            ("chainId", number(block.chain_id)),
            ("gasLimit", JsValue::uint(U256::from(block.gas_limit.0))),
            ("baseFee", JsValue::uint(block.base_fee.0)),
            ("prevrandao", JsValue::Text(hex_of(block.prevrandao.as_slice()))),
        ]))
    }

    pub(super) fn transaction(&mut self, _: &Arguments<'_>) -> Answer {
        self.charge_record()?;
        let environment = self.host.environment();
        let transaction = &environment.transaction;
        Ok(record([
            ("hash", JsValue::Text(hex_of(transaction.hash.0.as_slice()))),
            ("publisher", JsValue::Text(address_text(&transaction.origin))),
            ("gasPrice", JsValue::uint(transaction.gas_price.0)),
            ("time", number(environment.block.timestamp_s)),
        ]))
    }

    pub(super) fn context(&mut self, _: &Arguments<'_>) -> Answer {
        self.charge_record()?;
        let publisher = self.host.environment().transaction.origin;
        Ok(record([
            ("contractName", JsValue::Text(address_text(&self.frame.contract))),
            ("caller", JsValue::Text(address_text(&self.frame.caller))),
            ("publisher", JsValue::Text(address_text(&publisher))),
            ("value", JsValue::uint(self.frame.value.0)),
            ("isStatic", JsValue::Bool(self.frame.is_static)),
        ]))
    }

    pub(super) fn block_hash(&mut self, arguments: &Arguments<'_>) -> Answer {
        let number = u64::try_from(arguments.amount(0)?).unwrap_or(u64::MAX);
        let hash = self.host.block_hash(&mut self.meter, number)?;
        Ok(JsValue::Text(hex_of(hash.as_slice())))
    }

    /// A record of eight fields is as much work as reading the environment that often.
    fn charge_record(&mut self) -> Result<(), vm::HaltReason> {
        for _ in 0..FIELDS {
            self.charge_environment()?;
        }
        self.charge_copy(FIELDS * 32)
    }
}

/// Fields of the largest record.
const FIELDS: usize = 8;

fn record<const N: usize>(fields: [(&str, JsValue); N]) -> JsValue {
    JsValue::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Heights and times are far below what a number holds exactly.
#[allow(clippy::cast_precision_loss, reason = "no height and no time is that large")]
const fn number(value: u64) -> JsValue {
    JsValue::Number(value as f64)
}
