//! Messages and queries to contracts of any machine.

use abi::{Interface, Method, Value, decode_revert};
use cosmwasm_std::{Coin, Event, Uint256, from_json, to_json_vec};
use primitives::{Address, Bytes, EvmAddress, Gas, U256, Wei};
use serde::{Serialize, de::DeserializeOwned};
use vm::{CallRequest, Status};

use super::interface::{self, Form};
use crate::host::{Call, End};

/// The name of the chain's coin: its amounts are in wei.
pub(crate) const DENOM: &str = "wei";

/// What a guest may be told of: what came of it, or why it failed. An [`End`] ends the frame.
pub(crate) type Told<T> = Result<Result<T, String>, End>;

/// What a contract answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What it gave: the data of a CosmWasm contract, the results of any other as JSON.
    pub(crate) data: Vec<u8>,
    /// What a CosmWasm contract says that it and those it called emitted.
    pub(crate) events: Vec<Event>,
}

/// A message on its way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    /// Whom it is for.
    pub(crate) to: Address,
    /// JSON.
    pub(crate) text: &'a [u8],
    /// Coin that goes with it.
    pub(crate) value: Wei,
    /// At most so much gas.
    pub(crate) gas_limit: Gas,
    /// Whether it only asks.
    pub(crate) is_query: bool,
}

/// Sends a message to a contract of any machine; nothing where there is no contract.
pub(crate) fn send(call: &mut Call<'_>, message: &Message<'_>) -> Told<Option<Answer>> {
    let Message { to, text, value, gas_limit, is_query } = *message;
    if call.host.code_hash(call.meter, &to)?.is_none() {
        return Ok(Ok(None));
    }
    let Some(interface) = interface_of(call, &to)? else {
        let to = super::address::text(&to);
        return Ok(Err(format!("{to} has no interface by which a message could reach it")));
    };
    call.charge_json(text.len())?;
    let entry = if is_query { "query" } else { "execute" };
    let form = match interface::form(&interface, entry, text) {
        Ok(form) => form,
        Err(error) => return Ok(Err(error)),
    };
    let input = match &form {
        Form::Message(method) => match core::str::from_utf8(text) {
            Ok(text) => method.encode_call(&[Value::text(text)]),
            Err(error) => return Ok(Err(error.to_string())),
        },
        Form::Call(method, values) => method.encode_call(values),
    };
    let input = match input {
        Ok(input) => input,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let request = CallRequest { to, value, input: &input, gas_limit, is_static: is_query };
    let outcome = call.host.call(call.meter, &request)?;
    if let Some(error) = failure(&outcome.status, &outcome.output, Some(&interface)) {
        return Ok(Err(error));
    }
    Ok(answer(call, &form, &outcome.output)?.map(Some))
}

fn answer(call: &mut Call<'_>, form: &Form<'_>, output: &Bytes) -> Told<Answer> {
    let (Form::Message(method) | Form::Call(method, _)) = form;
    call.charge_json(output.len())?;
    let values = match method.decode_output(output) {
        Ok(values) => values,
        Err(error) => return Ok(Err(format!("{}: {error}", method.signature()))),
    };
    Ok(match (form, values.as_slice()) {
        (Form::Message(_), [Value::Bytes(data), Value::String(events)]) => from_json(events)
            .map_err(|error| error.to_string())
            .map(|events| Answer { data: data.to_vec(), events }),
        (Form::Message(_), [Value::String(result)]) => {
            Ok(Answer { data: result.clone().into_bytes(), events: Vec::new() })
        }
        _ => interface::write(&method.outputs, &values)
            .map(|data| Answer { data, events: Vec::new() }),
    })
}

/// Why a callee failed, in words; nothing where it did not.
pub(crate) fn failure(
    status: &Status,
    output: &[u8],
    interface: Option<&Interface>,
) -> Option<String> {
    match status {
        Status::Success => None,
        Status::Revert => Some(match decode_revert(output, interface) {
            abi::RevertReason::Message(text) => text,
            reason => reason.to_string(),
        }),
        Status::Halt(reason) => Some(reason.to_string()),
    }
}

/// Calls a method of a contract whose interface is known, and gives its results.
pub(crate) fn ask(
    call: &mut Call<'_>,
    (to, method): (Address, &Method),
    values: &[Value],
    is_static: bool,
) -> Told<Vec<Value>> {
    let input =
        method.encode_call(values).expect("invariant: the values are of the method's types");
    call.charge_copy(input.len() as u64)?;
    let request =
        CallRequest { to, value: Wei::ZERO, input: &input, gas_limit: Gas(u64::MAX), is_static };
    let outcome = call.host.call(call.meter, &request)?;
    if let Some(error) = failure(&outcome.status, &outcome.output, None) {
        return Ok(Err(error));
    }
    Ok(method.decode_output(&outcome.output).map_err(|error| error.to_string()))
}

/// Calls a method of a contract of the system.
pub(crate) fn ask_system(
    call: &mut Call<'_>,
    (system, signature): (EvmAddress, &str),
    values: &[Value],
    is_static: bool,
) -> Told<Vec<Value>> {
    let method = Method::parse(signature).expect("invariant: a signature of the system parses");
    ask(call, (Address::from_evm(system), &method), values, is_static)
}

/// The interface of a contract. One that cannot be read is none.
pub(crate) fn interface_of(call: &mut Call<'_>, of: &Address) -> Result<Option<Interface>, End> {
    let Some(text) = call.host.interface(call.meter, of)? else { return Ok(None) };
    call.charge_json(text.len())?;
    let text = core::str::from_utf8(&text).ok();
    Ok(text.and_then(|text| Interface::from_json(text).ok()))
}

/// Coin as contracts are told of it.
pub(crate) fn funds(value: Wei) -> Vec<Coin> {
    match value.is_zero() {
        true => Vec::new(),
        false => vec![coin(value)],
    }
}

/// The same, also where there is none.
pub(crate) fn coin(value: Wei) -> Coin {
    Coin { denom: DENOM.to_owned(), amount: Uint256::from_be_bytes(value.0.to_be_bytes()) }
}

/// The coin that a contract means; the chain has no second kind.
pub(crate) fn value_of(funds: &[Coin]) -> Result<Wei, String> {
    match funds {
        [] => Ok(Wei::ZERO),
        [Coin { denom, amount }] if denom == DENOM && !amount.is_zero() => {
            Ok(Wei(U256::from_be_bytes(amount.to_be_bytes())))
        }
        [Coin { denom, .. }] if denom == DENOM => Err("no coin at all is sent".to_owned()),
        [Coin { denom, .. }, ..] => {
            Err(format!("\"{denom}\" and others: the only coin of this chain is \"{DENOM}\""))
        }
    }
}

/// JSON of a value that always has one.
pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    to_json_vec(value).expect("invariant: values of this module have JSON")
}

/// The value in JSON that a guest wrote.
pub(crate) fn parse<T: DeserializeOwned>(what: &str, text: &[u8]) -> Result<T, String> {
    from_json(text).map_err(|error| format!("{what}: {error}"))
}
