//! What the response of a contract asks the chain to do, one message at a time.

use abi::Value;
use cosmwasm_std::{Attribute, BankMsg, CosmosMsg, Event, MsgResponse, SubMsgResponse, WasmMsg};
use primitives::{Address, B256, Gas, VmKind, Wei, keccak256};
use vm::{DeployRequest, system};

use super::calls::{self, Answer, Message, Told};
use super::{address, codes, interface, wire};
use crate::host::{Call, End};

/// Does what a message asks, all of it or nothing, and says what came of it.
pub(crate) fn perform(
    call: &mut Call<'_>,
    message: &CosmosMsg,
    gas_limit: Gas,
) -> Told<SubMsgResponse> {
    match message {
        CosmosMsg::Bank(BankMsg::Send { to_address, amount }) => {
            let parsed = address::parse(to_address)
                .and_then(|to| calls::value_of(amount).map(|value| (to, value)));
            match parsed {
                Ok((to, value)) => pay(call, &to, value),
                Err(error) => Ok(Err(error)),
            }
        }
        CosmosMsg::Wasm(WasmMsg::Execute { contract_addr, msg, funds }) => {
            let parsed = address::parse(contract_addr)
                .and_then(|to| calls::value_of(funds).map(|value| (to, value)));
            match parsed {
                Ok((to, value)) => {
                    execute(call, &Message { to, text: msg, value, gas_limit, is_query: false })
                }
                Err(error) => Ok(Err(error)),
            }
        }
        CosmosMsg::Wasm(_) => within(call, message, gas_limit),
        _ => Ok(Err("the chain has no such message: it has bank.send and wasm".to_owned())),
    }
}

fn pay(call: &mut Call<'_>, to: &Address, value: Wei) -> Told<SubMsgResponse> {
    if !call.host.transfer(call.meter, to, value)? {
        return Ok(Err(format!("the contract has less than {value} wei")));
    }
    let attributes = [
        ("recipient", address::text(to)),
        ("sender", address::text(&call.frame.contract)),
        ("amount", format!("{}{}", value.0, calls::DENOM)),
    ];
    let events = vec![event("transfer", attributes)];
    Ok(Ok(response(events, ("/cosmos.bank.v1beta1.MsgSendResponse", Vec::new()))))
}

fn execute(call: &mut Call<'_>, message: &Message<'_>) -> Told<SubMsgResponse> {
    let to = address::text(&message.to);
    let Answer { data, events } = match calls::send(call, message)? {
        Ok(Some(answer)) => answer,
        Ok(None) => return Ok(Err(format!("there is no contract at {to}"))),
        Err(error) => return Ok(Err(error)),
    };
    let events = if events.is_empty() { vec![of_contract("execute", &message.to)] } else { events };
    let answer = wire::answer(&[&data]);
    Ok(Ok(response(events, ("/cosmwasm.wasm.v1.MsgExecuteContractResponse", answer))))
}

/// A message that takes several steps runs in a frame of its own, so that all of them are taken
/// or none: the contract calls itself.
fn within(call: &mut Call<'_>, message: &CosmosMsg, gas_limit: Gas) -> Told<SubMsgResponse> {
    let text = calls::json(message);
    call.charge_json(text.len())?;
    let text = String::from_utf8(text).expect("invariant: JSON is text");
    let method = interface::method("perform");
    let input = method.encode_call(&[Value::text(text)]).expect("invariant: a text");
    let request = vm::CallRequest {
        to: call.frame.contract,
        value: Wei::ZERO,
        input: &input,
        gas_limit,
        is_static: false,
    };
    let outcome = call.host.call(call.meter, &request)?;
    if let Some(error) = calls::failure(&outcome.status, &outcome.output, None) {
        return Ok(Err(error));
    }
    call.charge_json(outcome.output.len())?;
    let values = method.decode_output(&outcome.output).map_err(|error| error.to_string());
    let text = values.map(|values| values.first().and_then(Value::as_text).map(str::to_owned));
    Ok(text.and_then(|text| calls::parse("a response", text.unwrap_or_default().as_bytes())))
}

/// Does what a message of several steps asks. An error leaves steps behind that are taken back
/// with the frame.
pub(crate) fn in_steps(call: &mut Call<'_>, message: &CosmosMsg) -> Told<SubMsgResponse> {
    let CosmosMsg::Wasm(message) = message else {
        return Ok(Err("only messages to contracts are performed".to_owned()));
    };
    match message {
        WasmMsg::Instantiate { admin, code_id, msg, funds, .. } => instantiate(
            call,
            &New { admin: admin.as_deref(), id: *code_id, msg, funds, salt: None },
        ),
        WasmMsg::Instantiate2 { admin, code_id, msg, funds, salt, .. } => {
            let salt = Some(keccak256(salt));
            instantiate(call, &New { admin: admin.as_deref(), id: *code_id, msg, funds, salt })
        }
        WasmMsg::Migrate { contract_addr, new_code_id, msg } => {
            migrate(call, (contract_addr, *new_code_id), msg)
        }
        WasmMsg::UpdateAdmin { contract_addr, admin } => {
            let parsed = address::parse(contract_addr)
                .and_then(|of| address::parse(admin).map(|admin| (of, admin)));
            let (of, admin) = match parsed {
                Ok(parsed) => parsed,
                Err(error) => return Ok(Err(error)),
            };
            let offered = offer(call, of, admin)?;
            Ok(offered.map(|()| {
                response(Vec::new(), ("/cosmwasm.wasm.v1.MsgUpdateAdminResponse", Vec::new()))
            }))
        }
        WasmMsg::ClearAdmin { contract_addr } => {
            let of = match address::parse(contract_addr) {
                Ok(of) => of,
                Err(error) => return Ok(Err(error)),
            };
            let renounced = renounce(call, of)?;
            Ok(renounced.map(|()| {
                response(Vec::new(), ("/cosmwasm.wasm.v1.MsgClearAdminResponse", Vec::new()))
            }))
        }
        _ => Ok(Err("the chain has no such message to contracts".to_owned())),
    }
}

/// A contract to be made.
struct New<'a> {
    admin: Option<&'a str>,
    id: u64,
    msg: &'a [u8],
    funds: &'a [cosmwasm_std::Coin],
    salt: Option<B256>,
}

fn instantiate(call: &mut Call<'_>, new: &New<'_>) -> Told<SubMsgResponse> {
    let admin = new.admin.map(address::parse).transpose();
    let parsed = admin.and_then(|admin| calls::value_of(new.funds).map(|value| (admin, value)));
    let (admin, value) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return Ok(Err(error)),
    };
    let code = match codes::fetch(call, new.id)? {
        Ok(code) => code,
        Err(error) => return Ok(Err(error)),
    };
    let text = match core::str::from_utf8(new.msg) {
        Ok(text) => text,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let arguments = interface::INTERFACE.encode_constructor(&[Value::text(text)]);
    let request = DeployRequest {
        kind: VmKind::Wasm,
        code: &code,
        arguments: &arguments.expect("invariant: a constructor takes a text"),
        value,
        salt: new.salt,
        gas_limit: Gas(u64::MAX),
    };
    let outcome = call.host.deploy(call.meter, &request)?;
    let made = match (calls::failure(&outcome.status, &outcome.output, None), outcome.address) {
        (None, Some(made)) => made,
        (error, _) => return Ok(Err(error.unwrap_or_else(|| "no contract was made".to_owned()))),
    };
    let owned = match admin {
        None => renounce(call, made)?,
        Some(admin) if admin == call.frame.contract => Ok(()),
        Some(admin) => offer(call, made, admin)?,
    };
    Ok(owned.map(|()| {
        let text = address::text(&made);
        let attributes = [(CONTRACT, text.clone()), ("code_id", new.id.to_string())];
        let answer = wire::answer(&[text.as_bytes()]);
        let kind = match new.salt {
            None => "/cosmwasm.wasm.v1.MsgInstantiateContractResponse",
            Some(_) => "/cosmwasm.wasm.v1.MsgInstantiateContract2Response",
        };
        response(vec![event("instantiate", attributes)], (kind, answer))
    }))
}

/// Gives a contract other code, and lets that take over what the earlier left.
fn migrate(call: &mut Call<'_>, (of, id): (&str, u64), msg: &[u8]) -> Told<SubMsgResponse> {
    let parsed = address::parse(of).and_then(|of| {
        core::str::from_utf8(msg).map(|text| (of, text)).map_err(|error| error.to_string())
    });
    let (of, text) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return Ok(Err(error)),
    };
    let code = match codes::fetch(call, id)? {
        Ok(code) => code,
        Err(error) => return Ok(Err(error)),
    };
    let signature = "function upgrade(address contract, bytes code, string abi) returns (uint32)";
    let values = [of.into(), Value::bytes(code), Value::text("")];
    if let Err(error) = calls::ask_system(call, (system::DEPLOYER, signature), &values, false)? {
        return Ok(Err(error));
    }
    let answered =
        calls::ask(call, (of, interface::method("migrate")), &[Value::text(text)], false)?;
    Ok(answered.and_then(|values| match values.as_slice() {
        [Value::Bytes(data), Value::String(events)] => {
            let events = calls::parse("events", events.as_bytes())?;
            let answer = wire::answer(&[data]);
            Ok(response(events, ("/cosmwasm.wasm.v1.MsgMigrateContractResponse", answer)))
        }
        _ => Err("migrate answers with data and events".to_owned()),
    }))
}

/// Offers a contract to another owner, who has to accept it.
fn offer(call: &mut Call<'_>, of: Address, to: Address) -> Told<()> {
    let signature = "function transferOwnership(address contract, address newOwner)";
    let values = [of.into(), to.into()];
    Ok(calls::ask_system(call, (system::DEPLOYER, signature), &values, false)?.map(drop))
}

fn renounce(call: &mut Call<'_>, of: Address) -> Told<()> {
    let signature = "function renounceOwnership(address contract)";
    Ok(calls::ask_system(call, (system::DEPLOYER, signature), &[of.into()], false)?.map(drop))
}

/// Whether the caller of the frame is the one who alone may give the contract other code.
pub(crate) fn is_by_owner(call: &mut Call<'_>) -> Result<bool, End> {
    let contract = call.frame.contract;
    let owner = "function owner(address contract) view returns (address)";
    let owner = calls::ask_system(call, (system::DEPLOYER, owner), &[contract.into()], true)?;
    let policy = "function policy(address contract) view returns (uint8 policy, uint32 threshold)";
    let policy = calls::ask_system(call, (system::DEPLOYER, policy), &[contract.into()], true)?;
    // The number of the policy by which the owner alone upgrades.
    let is_owners = policy.is_ok_and(|it| it.first().and_then(Value::as_u64) == Some(1));
    let caller = Address::from_evm(call.frame.caller.evm_alias());
    let is_owner = owner.is_ok_and(|it| it.first() == Some(&Value::Address(caller)));
    Ok(is_owners && is_owner && caller != Address::ZERO)
}

/// The attribute that names the contract.
pub(crate) const CONTRACT: &str = "_contract_address";

/// An event that a contract was run by.
pub(crate) fn of_contract(kind: &str, contract: &Address) -> Event {
    event(kind, [(CONTRACT, address::text(contract))])
}

fn event<const N: usize>(kind: &str, attributes: [(&str, String); N]) -> Event {
    let mut event = Event::new(kind);
    let attributes = attributes.map(|(key, value)| Attribute { key: key.to_owned(), value });
    event.attributes.extend(attributes);
    event
}

#[allow(deprecated, reason = "contracts before CosmWasm 2 read the field `data`")]
fn response(events: Vec<Event>, (kind, answer): (&str, Vec<u8>)) -> SubMsgResponse {
    SubMsgResponse {
        events,
        data: (!answer.is_empty()).then(|| answer.clone().into()),
        msg_responses: vec![MsgResponse { type_url: kind.to_owned(), value: answer.into() }],
    }
}
