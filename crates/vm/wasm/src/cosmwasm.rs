//! A frame of a CosmWasm contract: an entry, what its response asks for, and the replies.
//!
//! A contract does not call others while it runs: it returns messages, which are sent in their
//! order and each with all that follows from it before the next. Every entry runs in an instance
//! of its own, which is gone before messages are sent.

pub(crate) mod address;
mod calls;
mod codes;
pub(crate) mod interface;
mod messages;
pub(crate) mod queries;
mod wire;

use abi::{Value, encode_error_string};
use cosmwasm_std::{
    Addr, Attribute, Binary, BlockInfo, ContractInfo, ContractResult, Env, Event, MessageInfo,
    MigrateInfo, Reply, ReplyOn, Response, SubMsg, SubMsgResult, Timestamp,
};
use primitives::{Bytes, Gas};
use vm::{Entry, Frame, HaltReason, Outcome};

use crate::cache::Loaded;
use crate::engine::RegionCall;
use crate::host::frame::FrameState;
use crate::host::{Call, End};
use crate::machine::WasmVm;

/// Replies within replies: each waits for the messages of the one below.
const REPLY_DEPTH_MAX: u32 = 32;

/// Nanoseconds of a second.
const NANOSECONDS: u64 = 1_000_000_000;

/// Runs a frame.
pub(crate) fn run(
    machine: &WasmVm,
    program: &Loaded,
    frame: &Frame<'_>,
    state: FrameState,
) -> Outcome {
    let mut session = Session { machine, program, frame, state: Some(state), reply_depth: 0 };
    let result = session.entry();
    let mut state = session.state.take().expect("invariant: the state is back");
    let end = match result {
        Ok(output) => {
            state.set_output(output);
            End::Finish
        }
        Err(Failure::Told(text)) => {
            state.set_output(encode_error_string(&text));
            End::Revert
        }
        Err(Failure::Ended(end)) => end,
    };
    state.outcome(end)
}

/// One frame under way.
struct Session<'a> {
    machine: &'a WasmVm,
    program: &'a Loaded,
    frame: &'a Frame<'a>,
    /// The state, except while an entry runs.
    state: Option<FrameState>,
    reply_depth: u32,
}

/// Why a frame fails.
enum Failure {
    /// The frame ends so.
    Ended(End),
    /// Everything is taken back for this reason.
    Told(String),
}

impl From<End> for Failure {
    fn from(end: End) -> Self {
        Self::Ended(end)
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::Told(text)
    }
}

/// What came of a response and of all that followed from it.
#[derive(Default)]
struct Effects {
    events: Vec<Event>,
    data: Option<Binary>,
}

impl Session<'_> {
    fn entry(&mut self) -> Result<Bytes, Failure> {
        let input = self.frame.input;
        if self.frame.entry == Entry::Deploy {
            let message = constructor_message(input)?;
            let info = self.info();
            self.act("instantiate", &[info, message])?;
            return Ok(Bytes::new());
        }
        if input.is_empty() {
            return Ok(Bytes::new());
        }
        let decoded = interface::INTERFACE.decode_call(input).map_err(|error| error.to_string())?;
        let Some((method, values)) = decoded else {
            let text = "a CosmWasm contract has the methods execute(string), query(string), \
                        migrate(string) and sudo(string)";
            return Err(text.to_owned().into());
        };
        match (method.name.as_str(), values.as_slice()) {
            ("query", [Value::String(message)]) => self.query(message),
            ("execute", [Value::String(message)]) => {
                let info = self.info();
                self.acted("execute", &[info, message.clone().into_bytes()])
            }
            ("migrate", [Value::String(message)]) => {
                self.refuse_strangers("migrate")?;
                let info = calls::json(&MigrateInfo {
                    sender: Addr::unchecked(address::text(&self.frame.caller)),
                    old_migrate_version: None,
                });
                self.acted("migrate", &[message.clone().into_bytes(), info])
            }
            ("sudo", [Value::String(message)]) => {
                self.refuse_strangers("sudo")?;
                self.acted("sudo", &[message.clone().into_bytes()])
            }
            ("raw", [Value::Bytes(key)]) => {
                let found = self.aside(|call| Ok(call.host.storage_get(call.meter, key)?))?;
                output("raw", &[Value::bytes(found.unwrap_or_default())])
            }
            ("code", []) => {
                let code = Bytes::copy_from_slice(self.frame.code);
                self.aside(|call| call.charge_copy(code.len() as u64))?;
                output("code", &[Value::bytes(code)])
            }
            ("perform", [Value::String(message)]) => self.perform(message),
            _ => Err("the call does not fit the interface".to_owned().into()),
        }
    }

    fn query(&mut self, message: &str) -> Result<Bytes, Failure> {
        let found = self.run_entry("query", &[message.as_bytes().to_vec()], true)?;
        let result: ContractResult<Binary> = self.read("the result of a query", &found)?;
        let data = result.into_result()?;
        let text = String::from_utf8(data.into())
            .map_err(|_| "the result of a query is text in UTF-8, this is not".to_owned())?;
        output("query", &[Value::text(text)])
    }

    /// One message of this contract to the chain, in a frame of its own.
    fn perform(&mut self, message: &str) -> Result<Bytes, Failure> {
        if self.frame.caller != self.frame.contract {
            return Err("only the contract itself performs its messages".to_owned().into());
        }
        let message = self.read("a message", message.as_bytes())?;
        let done = self.aside(|call| messages::in_steps(call, &message))??;
        let text = String::from_utf8(calls::json(&done)).expect("invariant: JSON is text");
        self.aside(|call| call.charge_json(text.len()))?;
        output("perform", &[Value::text(text)])
    }

    fn refuse_strangers(&mut self, entry: &str) -> Result<(), Failure> {
        if self.aside(messages::is_by_owner)? {
            return Ok(());
        }
        let caller = address::text(&self.frame.caller);
        Err(format!("{entry} is for the owner of the contract alone, not for {caller}").into())
    }

    /// Runs an entry that may write, and does what its response asks for.
    fn act(&mut self, entry: &str, arguments: &[Vec<u8>]) -> Result<Effects, Failure> {
        let found = self.run_entry(entry, arguments, false)?;
        let result: ContractResult<Response> = self.read("a response", &found)?;
        let response = result.into_result()?;
        self.apply(entry, response)
    }

    /// The same, with what came of it as the output of the method of that name.
    fn acted(&mut self, entry: &str, arguments: &[Vec<u8>]) -> Result<Bytes, Failure> {
        let Effects { events, data } = self.act(entry, arguments)?;
        let events = String::from_utf8(calls::json(&events)).expect("invariant: JSON is text");
        self.aside(|call| call.charge_json(events.len()))?;
        output(entry, &[Value::bytes(data.unwrap_or_default().to_vec()), Value::text(events)])
    }

    fn apply(&mut self, entry: &str, response: Response) -> Result<Effects, Failure> {
        let Response { messages, attributes, events, data, .. } = response;
        let mut effects = Effects { events: Vec::new(), data };
        effects.events.push(messages::of_contract(entry, &self.frame.contract));
        for event in self.own_events(attributes, events) {
            self.emit(&event)?;
            effects.events.push(event);
        }
        for message in messages {
            self.dispatch(&message, &mut effects)?;
        }
        Ok(effects)
    }

    /// The events of a response, as chains of CosmWasm name them.
    fn own_events(&self, attributes: Vec<Attribute>, events: Vec<Event>) -> Vec<Event> {
        let of_contract = |kind: &str, attributes: Vec<Attribute>| {
            let mut event = messages::of_contract(kind, &self.frame.contract);
            event.attributes.extend(attributes);
            event
        };
        let first = (!attributes.is_empty()).then(|| of_contract("wasm", attributes));
        let others = events
            .into_iter()
            .map(|event| of_contract(&format!("wasm-{}", event.ty), event.attributes));
        first.into_iter().chain(others).collect()
    }

    fn emit(&mut self, event: &Event) -> Result<(), Failure> {
        let attributes =
            String::from_utf8(calls::json(&event.attributes)).expect("invariant: JSON is text");
        let kind = interface::INTERFACE.event("CosmWasmEvent");
        let kind = kind.expect("invariant: the event is in the interface");
        self.aside(|call| {
            call.charge_json(attributes.len())?;
            let values = [Value::text(event.ty.clone()), Value::text(attributes)];
            let (topics, data) = kind.encode(&values).expect("invariant: two texts");
            Ok(call.host.emit(call.meter, &topics, &data)?)
        })
    }

    /// Sends a message, and tells the contract what came of it where it wants to know.
    fn dispatch(&mut self, message: &SubMsg, effects: &mut Effects) -> Result<(), Failure> {
        let gas_before = self.gas_left();
        let gas_limit = Gas(message.gas_limit.unwrap_or(u64::MAX));
        let done = self.aside(|call| messages::perform(call, &message.msg, gas_limit))?;
        let gas_used = gas_before.0.saturating_sub(self.gas_left().0);
        if let Ok(response) = &done {
            effects.events.extend(response.events.iter().cloned());
        }
        let is_told = match (&message.reply_on, &done) {
            (ReplyOn::Always, _) | (ReplyOn::Success, Ok(_)) | (ReplyOn::Error, Err(_)) => true,
            (_, Ok(_)) => false,
            (_, Err(error)) => return Err(error.clone().into()),
        };
        if !is_told {
            return Ok(());
        }
        let reply = Reply {
            id: message.id,
            payload: message.payload.clone(),
            gas_used,
            result: SubMsgResult::from(done),
        };
        self.reply(&reply, effects)
    }

    fn reply(&mut self, reply: &Reply, effects: &mut Effects) -> Result<(), Failure> {
        if self.reply_depth >= REPLY_DEPTH_MAX {
            return Err(format!("replies nest deeper than {REPLY_DEPTH_MAX}").into());
        }
        let reply = calls::json(reply);
        self.aside(|call| call.charge_json(reply.len()))?;
        self.reply_depth += 1;
        let Effects { events, data } = self.act("reply", &[reply])?;
        self.reply_depth -= 1;
        effects.events.extend(events);
        if data.is_some() {
            effects.data = data;
        }
        Ok(())
    }

    /// Runs an export in an instance of its own: the environment is its first argument.
    fn run_entry(
        &mut self,
        entry: &str,
        arguments: &[Vec<u8>],
        is_read_only: bool,
    ) -> Result<Bytes, Failure> {
        if !self.program.entries.iter().any(|name| name == entry) {
            return Err(format!("the contract has no entry \"{entry}\"").into());
        }
        let mut all = vec![self.environment()];
        all.extend_from_slice(arguments);
        let mut state = self.state.take().expect("invariant: no entry runs");
        if !state.charge_points(self.program.instantiation_points) {
            self.state = Some(state);
            return Err(End::Halt(HaltReason::OutOfGas).into());
        }
        state.begin_run(is_read_only);
        let call = RegionCall { export: entry, arguments: &all };
        let (mut state, end) = self.machine.run_regions(self.program, &call, state).end();
        let output = match end {
            End::Finish => Ok(state.take_output()),
            end => Err(end.into()),
        };
        self.state = Some(state);
        output
    }

    /// What JSON holds that the guest wrote.
    fn read<T: serde::de::DeserializeOwned>(
        &mut self,
        what: &str,
        text: &[u8],
    ) -> Result<T, Failure> {
        self.aside(|call| call.charge_json(text.len()))?;
        Ok(calls::parse(what, text)?)
    }

    fn environment(&self) -> Vec<u8> {
        let block = &self.frame.environment.block;
        let contract = Addr::unchecked(address::text(&self.frame.contract));
        calls::json(&Env {
            block: BlockInfo {
                height: block.number.0,
                time: Timestamp::from_nanos(block.timestamp_s.saturating_mul(NANOSECONDS)),
                chain_id: block.chain_id.to_string(),
            },
            transaction: None,
            contract: ContractInfo { address: contract },
        })
    }

    fn info(&self) -> Vec<u8> {
        calls::json(&MessageInfo {
            sender: Addr::unchecked(address::text(&self.frame.caller)),
            funds: calls::funds(self.frame.value),
        })
    }

    fn gas_left(&self) -> Gas {
        self.state.as_ref().map_or(Gas::ZERO, FrameState::gas_left)
    }

    fn aside<R>(
        &mut self,
        work: impl FnOnce(&mut Call<'_>) -> Result<R, End>,
    ) -> Result<R, Failure> {
        let state = self.state.as_mut().expect("invariant: no entry runs");
        Ok(state.aside(work)?)
    }
}

/// The message in the arguments of a constructor; none is `{}`.
fn constructor_message(input: &[u8]) -> Result<Vec<u8>, Failure> {
    if input.is_empty() {
        return Ok(b"{}".to_vec());
    }
    let constructor = interface::INTERFACE.constructor.as_ref();
    let constructor = constructor.expect("invariant: the interface has a constructor");
    let values = constructor.decode_input(input).map_err(|error| error.to_string())?;
    match values.as_slice() {
        [Value::String(message)] => Ok(message.clone().into_bytes()),
        _ => Err("a constructor takes a message".to_owned().into()),
    }
}

fn output(method: &str, values: &[Value]) -> Result<Bytes, Failure> {
    let encoded = interface::method(method).encode_output(values);
    Ok(encoded.expect("invariant: the values are of the method's types"))
}
