//! Coin, and calls of contracts of any machine.

use std::sync::Arc;

use abi::{Interface, Method, RevertReason, decode_revert};
use primitives::{Address, Gas, Wei};
use vm::{CallOutcome, CallRequest, Status};

use super::{Answer, Arguments, FrameDoor, Stop, bytes_value};
use crate::engine::JsValue;
use crate::marshal;

/// Gas of each byte of an interface that is read.
const INTERFACE_BYTE_GAS: u64 = 2;

impl FrameDoor<'_> {
    pub(super) fn transfer(&mut self, arguments: &Arguments<'_>) -> Answer {
        let (to, amount) = (arguments.address(0)?, Wei(arguments.amount(1)?));
        Ok(JsValue::Bool(self.host.transfer(&mut self.meter, &to, amount)?))
    }

    pub(super) fn balance(&mut self, arguments: &Arguments<'_>) -> Answer {
        let address = arguments.address(0)?;
        Ok(JsValue::uint(self.host.balance(&mut self.meter, &address)?.0))
    }

    /// Address, method, arguments, signatures, value, gas, whether it only reads.
    pub(super) fn call_method(&mut self, arguments: &Arguments<'_>) -> Answer {
        let to = arguments.address(0)?;
        let method = self.method(&to, arguments.text(1)?, arguments.list(3)?)?;
        let items = arguments.at(2);
        self.charge_copy(marshal::weight(items))?;
        let parameters: Vec<_> = method.inputs.iter().collect();
        let values = marshal::to_parameters(items, &parameters)
            .map_err(|error| Stop::Throw(format!("{}: {error}", method.name)))?;
        let input = method.encode_call(&values).map_err(|error| Stop::Throw(error.to_string()))?;
        let is_static = arguments.flag(6) || method.mutability.is_read_only();
        let outcome = self.call_with(&to, &input, arguments, 4, is_static)?;
        if !outcome.status.is_success() {
            return Ok(failure(&outcome, self.known.get(&to).map(Arc::as_ref)));
        }
        let values = method.decode_output(&outcome.output).map_err(|error| {
            Stop::Throw(format!("{to} does not answer as {} says: {error}", method.signature()))
        })?;
        let results = marshal::from_parameters(&values, &method.outputs);
        let result = match <[JsValue; 1]>::try_from(results) {
            Ok([result]) => result,
            Err(results) if results.is_empty() => JsValue::Undefined,
            Err(results) => JsValue::List(results),
        };
        Ok(JsValue::List(vec![JsValue::Number(0.0), result]))
    }

    /// Address, input, value, gas, whether it only reads.
    pub(super) fn call_raw(&mut self, arguments: &Arguments<'_>) -> Answer {
        let (to, input) = (arguments.address(0)?, arguments.bytes(1)?);
        let outcome = self.call_with(&to, input, arguments, 2, arguments.flag(4))?;
        let status = JsValue::Number(status_code(&outcome.status));
        Ok(JsValue::List(vec![status, bytes_value(&outcome.output)]))
    }

    /// Calls with the value and the gas at `index` of the arguments.
    fn call_with(
        &mut self,
        to: &Address,
        input: &[u8],
        arguments: &Arguments<'_>,
        index: usize,
        is_static: bool,
    ) -> Result<CallOutcome, Stop> {
        self.charge_copy(input.len())?;
        let gas_limit = match arguments.at(index + 1) {
            JsValue::Null => self.meter.remaining(),
            _ => Gas(u64::try_from(arguments.amount(index + 1)?).unwrap_or(u64::MAX)),
        };
        let value = Wei(arguments.amount(index)?);
        let request = CallRequest { to: *to, value, input, gas_limit, is_static };
        let outcome = self.host.call(&mut self.meter, &request)?;
        self.charge_copy(outcome.output.len().saturating_mul(OUTPUT_FACTOR))?;
        Ok(outcome)
    }

    /// The method by its signature, by one of `signatures`, or by the callee's interface.
    fn method(&mut self, to: &Address, name: &str, signatures: &[JsValue]) -> Result<Method, Stop> {
        let refusal = |error: String| Stop::Throw(error);
        if name.contains('(') {
            self.charge_parsing(name.len())?;
            return Method::parse(name).map_err(|error| refusal(error.to_string()));
        }
        for signature in signatures.iter().filter_map(JsValue::as_text) {
            self.charge_parsing(signature.len())?;
            let method = Method::parse(signature).map_err(|error| refusal(error.to_string()))?;
            if method.name == name {
                return Ok(method);
            }
        }
        let interface = self.interface_of(to)?;
        interface.method(name).cloned().map_err(|error| refusal(format!("{to}: {error}")))
    }

    fn interface_of(&mut self, address: &Address) -> Result<Arc<Interface>, Stop> {
        if let Some(known) = self.known.get(address) {
            return Ok(Arc::clone(known));
        }
        let Some(text) = self.host.interface(&mut self.meter, address)? else {
            return Err(Stop::Throw(format!(
                "{address} has no interface: give the signature of the method"
            )));
        };
        self.charge_parsing(text.len())?;
        let interface = core::str::from_utf8(&text).map_err(|error| error.to_string());
        let interface = interface
            .and_then(|text| Interface::from_json(text).map_err(|error| error.to_string()))
            .map_err(|error| Stop::Throw(format!("the interface of {address}: {error}")))?;
        let interface = Arc::new(interface);
        self.known.insert(*address, Arc::clone(&interface));
        Ok(interface)
    }

    pub(super) fn charge_parsing(&mut self, bytes: usize) -> Result<(), vm::HaltReason> {
        self.charge(Gas(INTERFACE_BYTE_GAS.saturating_mul(bytes as u64)))
    }
}

/// How often the price of copying an output is charged: it is decoded, and its values are made.
pub(super) const OUTPUT_FACTOR: usize = 4;

const fn status_code(status: &Status) -> f64 {
    match status {
        Status::Success => 0.0,
        Status::Revert => 1.0,
        Status::Halt(_) => 2.0,
    }
}

/// A callee that did not succeed: its status, its data and what it says.
pub(super) fn failure(outcome: &CallOutcome, interface: Option<&Interface>) -> JsValue {
    let message = match &outcome.status {
        Status::Halt(reason) => format!("the callee ended: {reason}"),
        _ => match decode_revert(&outcome.output, interface) {
            RevertReason::Message(message) => message,
            RevertReason::Custom { name, .. } => name,
            RevertReason::Panic(code) => format!("the callee panicked with code {code}"),
            _ => "the callee reverted".to_owned(),
        },
    };
    let status = JsValue::Number(status_code(&outcome.status));
    JsValue::List(vec![status, bytes_value(&outcome.output), JsValue::Text(message)])
}
