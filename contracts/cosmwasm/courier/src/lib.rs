//! A contract of CosmWasm that sends what it is told to send, asks what it is told to ask, and
//! keeps what the replies say: for tests of messages between machines.

use cosmwasm_std::{
    Binary, CosmosMsg, Deps, DepsMut, Empty, Env, Event, MessageInfo, Order, QueryRequest, Reply,
    ReplyOn, Response, StdError, StdResult, SubMsg, SubMsgResult, Uint128, entry_point, from_json,
    to_json_binary, to_json_vec,
};
use serde::{Deserialize, Serialize};

const COUNT: &[u8] = b"count";
const REPLIES: &[u8] = b"reply/";

/// How it is made.
#[derive(Deserialize)]
pub struct InstantiateMsg {
    /// What it counts from.
    #[serde(default)]
    count: u64,
}

/// What it does.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecuteMsg {
    /// Counts one up, and says so in an event.
    Count {},
    /// Counts one up and fails.
    Fail { text: String },
    /// Counts one up and sends these messages.
    Send { messages: Vec<Parcel> },
}

/// A message to send.
#[derive(Deserialize)]
pub struct Parcel {
    id: u64,
    msg: CosmosMsg,
    reply_on: ReplyOn,
    gas_limit: Option<u64>,
    #[serde(default)]
    payload: Binary,
}

/// What it knows.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryMsg {
    /// How far it has counted.
    Count {},
    /// What replies said, the last first.
    Replies {},
    /// What the chain answers.
    Ask { request: QueryRequest },
    /// Whether a text is an address, and the same text from its bytes.
    Address { text: String },
}

/// What a reply said.
#[derive(Serialize, Deserialize)]
pub struct Said {
    id: u64,
    ok: bool,
    text: String,
    events: Vec<String>,
    payload: Binary,
}

fn count(deps: Deps) -> StdResult<u64> {
    deps.storage.get(COUNT).map_or(Ok(0), from_json)
}

fn count_up(deps: &mut DepsMut) -> StdResult<u64> {
    let next = count(deps.as_ref())? + 1;
    deps.storage.set(COUNT, &to_json_vec(&next)?);
    Ok(next)
}

#[entry_point]
pub fn instantiate(
    deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    message: InstantiateMsg,
) -> StdResult<Response> {
    deps.storage.set(COUNT, &to_json_vec(&message.count)?);
    Ok(Response::new().add_attribute("maker", info.sender))
}

#[entry_point]
pub fn execute(
    mut deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    message: ExecuteMsg,
) -> StdResult<Response> {
    let count = count_up(&mut deps)?;
    match message {
        ExecuteMsg::Count {} => {
            let paid: Uint128 = match info.funds.first() {
                Some(coin) => coin.amount.try_into()?,
                None => Uint128::zero(),
            };
            Ok(Response::new()
                .add_attribute("by", info.sender)
                .add_event(Event::new("counted").add_attribute("count", count.to_string()))
                .set_data(to_json_binary(&(count, paid))?))
        }
        ExecuteMsg::Fail { text } => Err(StdError::msg(text)),
        ExecuteMsg::Send { messages } => {
            let messages = messages.into_iter().map(|parcel| SubMsg {
                id: parcel.id,
                payload: parcel.payload,
                msg: parcel.msg,
                gas_limit: parcel.gas_limit,
                reply_on: parcel.reply_on,
            });
            Ok(Response::new().add_submessages(messages))
        }
    }
}

#[entry_point]
pub fn reply(deps: DepsMut, _env: Env, reply: Reply) -> StdResult<Response> {
    if reply.payload.as_slice() == b"fail" {
        return Err(StdError::msg("the reply fails"));
    }
    let said = match reply.result {
        SubMsgResult::Ok(response) => Said {
            id: reply.id,
            ok: true,
            text: response.msg_responses.first().map_or(String::new(), |it| it.value.to_base64()),
            events: response.events.into_iter().map(|event| event.ty).collect(),
            payload: reply.payload,
        },
        SubMsgResult::Err(text) => {
            Said { id: reply.id, ok: false, text, events: Vec::new(), payload: reply.payload }
        }
    };
    let key = [REPLIES, &reply.id.to_be_bytes()].concat();
    deps.storage.set(&key, &to_json_vec(&said)?);
    Ok(Response::new().set_data(to_json_binary(&said.id)?))
}

#[entry_point]
pub fn query(deps: Deps, _env: Env, message: QueryMsg) -> StdResult<Binary> {
    match message {
        QueryMsg::Count {} => to_json_binary(&count(deps)?),
        QueryMsg::Replies {} => {
            let records = deps.storage.range(Some(REPLIES), Some(b"reply0"), Order::Descending);
            let said: StdResult<Vec<Said>> = records.map(|(_, value)| from_json(value)).collect();
            to_json_binary(&said?)
        }
        QueryMsg::Ask { request } => deps
            .querier
            .raw_query(&to_json_vec(&request)?)
            .into_result()
            .map_err(|error| StdError::msg(error.to_string()))?
            .into_result()
            .map_err(StdError::msg),
        QueryMsg::Address { text } => {
            let address = deps.api.addr_validate(&text)?;
            let bytes = deps.api.addr_canonicalize(address.as_str())?;
            to_json_binary(&deps.api.addr_humanize(&bytes)?)
        }
    }
}

#[entry_point]
pub fn migrate(deps: DepsMut, _env: Env, message: InstantiateMsg) -> StdResult<Response> {
    deps.storage.set(COUNT, &to_json_vec(&message.count)?);
    Ok(Response::new().add_attribute("migrated", "yes"))
}

#[entry_point]
pub fn sudo(mut deps: DepsMut, _env: Env, _message: Empty) -> StdResult<Response> {
    count_up(&mut deps)?;
    Ok(Response::new())
}
