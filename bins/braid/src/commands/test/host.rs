//! The chain that the tests of a file share.

use std::path::PathBuf;

use braidvm::{
    Address, CallOutput, Deploy, Engine, Gas, Method, Receipt, Request, SnapshotId, Type, U256,
    Value, Wei,
    decode::outcome_name,
    dev_accounts,
    rooms::{
        abi::{Interface, Parameter, RevertReason, decode_revert},
        js_testing::TestHost,
        vm::{
            Status,
            trace::{CallNode, Event},
        },
        vm_js::marshal::{from_parameters, from_value, to_parameters},
    },
};
use serde_json::{Value as Json, json};

use super::values::{amount, bytes_json, from_json, to_json};
use crate::commands::contract;

/// The most blocks that a test makes at once.
const MINED_BLOCKS_MAX: u64 = 100_000;

/// What the line of a trace begins with that tells where a contract threw.
const THROWN: &str = "thrown at ";

/// The account that calls where a test says nothing.
const CALLER: &str = "alice";

/// A chain in memory, for one file of tests.
pub(super) struct ChainHost {
    pub(super) engine: Engine,
    /// The folder of the file.
    pub(super) folder: PathBuf,
    /// The folder of its project.
    pub(super) root: PathBuf,
    /// Points that tests go back to.
    pub(super) marks: Vec<SnapshotId>,
}

type Answer = Result<Json, Json>;

impl TestHost for ChainHost {
    fn operate(&mut self, operation: &str, request: &Json) -> Answer {
        match operation {
            "accounts" => Ok(accounts()),
            "account" => Ok(address_json(self.account(request, "name", None)?)),
            "deploy" => self.deploy(request),
            "invoke" => self.invoke(request),
            "transfer" => self.transfer(request),
            "balance" => {
                let account = self.account(request, "account", None)?;
                let balance = self.engine.balance(&account).map_err(wrong)?;
                Ok(json!(balance.0.to_string()))
            }
            "mine" => self.mine(request),
            "block" => {
                let next = self.engine.next_block();
                Ok(json!({ "number": self.engine.tip(), "nextTime": next.timestamp_s }))
            }
            "time" => {
                let seconds = request.get("seconds").and_then(Json::as_u64);
                let seconds = seconds.ok_or_else(|| wrong("a time is whole seconds since 1970"))?;
                self.engine.set_next_timestamp(seconds);
                Ok(Json::Null)
            }
            "mark" => {
                self.marks.push(self.engine.snapshot());
                Ok(json!(self.marks.len() - 1))
            }
            "back" => self.back(request),
            other => Err(wrong(format!("there is no operation {other}"))),
        }
    }
}

impl ChainHost {
    fn deploy(&mut self, request: &Json) -> Answer {
        let path = text(request, "path")?;
        let base = if path.starts_with('.') { &self.folder } else { &self.root };
        let file = base.join(path);
        let artifact = contract::artifact(&file, None, None).map_err(|it| wrong(it.message()))?;
        let interface = self.engine.interface_of_code(&artifact).map_err(wrong)?;
        let inputs =
            interface.and_then(|it| it.constructor).map(|it| it.inputs).unwrap_or_default();
        let values = values_of(request, &inputs, "the constructor")?;
        let from = self.account(request, "from", Some(CALLER))?;
        let mut deploy = Deploy::new(from, artifact).arguments(values).value(value_of(request)?);
        deploy.gas_limit = gas_of(request)?;
        let receipt = self.engine.deploy(&deploy).map_err(wrong)?;
        let mut answer = self.receipt(&receipt, None)?;
        if let Some(fields) = answer.as_object_mut() {
            fields.insert("contract".to_owned(), receipt.created.map_or(Json::Null, address_json));
        }
        Ok(answer)
    }

    /// Calls where the method only reads or the test says so, and else sends.
    fn invoke(&mut self, request: &Json) -> Answer {
        let to = self.account(request, "to", None)?;
        let method = self.method(&to, text(request, "method")?)?;
        let values = values_of(request, &method.inputs, &method.name)?;
        let input = method.encode_call(&values).map_err(wrong)?;
        let from = self.account(request, "from", Some(CALLER))?;
        let mut asked = Request::raw(from, to, input).value(value_of(request)?);
        asked.gas_limit = gas_of(request)?;
        let is_call = match text(request, "mode")? {
            "call" => true,
            "send" => false,
            _ => method.mutability.is_read_only(),
        };
        if is_call {
            let output = self.engine.call(&asked).map_err(wrong)?;
            return self.output(&output, Some(&method), is_call);
        }
        let receipt = self.engine.send(&asked).map_err(wrong)?;
        self.receipt(&receipt, Some(&method))
    }

    fn transfer(&mut self, request: &Json) -> Answer {
        let from = self.account(request, "from", Some(CALLER))?;
        let to = self.account(request, "to", None)?;
        let amount = Wei(amount(request, "value").map_err(wrong)?.unwrap_or_default());
        let receipt = self.engine.send(&Request::transfer(from, to, amount)).map_err(wrong)?;
        self.receipt(&receipt, None)
    }

    fn mine(&mut self, request: &Json) -> Answer {
        let count = request.get("count").and_then(Json::as_u64).unwrap_or_default();
        if count > MINED_BLOCKS_MAX {
            return Err(wrong(format!("{count} blocks break the limit of {MINED_BLOCKS_MAX}")));
        }
        for _ in 0..count {
            self.engine.send_block(&[]).map_err(wrong)?;
        }
        Ok(Json::Null)
    }

    fn back(&mut self, request: &Json) -> Answer {
        let mark = request.get("mark").and_then(Json::as_u64);
        let mark = mark.and_then(|mark| self.marks.get(usize::try_from(mark).ok()?).copied());
        let mark = mark.ok_or_else(|| wrong("there is no such mark"))?;
        self.engine.revert(mark).map_err(wrong)?;
        Ok(Json::Null)
    }

    fn account(&self, request: &Json, key: &str, otherwise: Option<&str>) -> Result<Address, Json> {
        let name = request.get(key).and_then(Json::as_str).or(otherwise);
        let name = name.ok_or_else(|| wrong(format!("{key} is missing")))?;
        self.engine.account(name).map_err(wrong)
    }

    /// A method by its signature, or by its name in the interface of the contract.
    fn method(&self, to: &Address, name: &str) -> Result<Method, Json> {
        if name.contains('(') {
            return Method::parse(name).map_err(wrong);
        }
        let interface = self.engine.interface(to).ok_or_else(|| {
            wrong(format!("{to} has no interface: name the method by its signature"))
        })?;
        interface.method(name).cloned().map_err(wrong)
    }

    fn receipt(&self, receipt: &Receipt, method: Option<&Method>) -> Answer {
        let mut answer = self.output(&receipt.call, method, false)?;
        if let Some(fields) = answer.as_object_mut() {
            fields.insert("block".to_owned(), json!(receipt.block));
            fields.insert("transaction".to_owned(), json!(receipt.transaction));
        }
        Ok(answer)
    }

    /// What a success tells a test; what did not succeed is the error that it gets.
    fn output(&self, output: &CallOutput, method: Option<&Method>, is_call: bool) -> Answer {
        let status = outcome_name(&output.status);
        if !output.is_success() {
            let reason = self.reason(output);
            let lines = debug_lines(output);
            let place = lines.iter().rev().find_map(|line| line.strip_prefix(THROWN));
            let message = match place {
                Some(place) => format!("{status}: {reason} ({place})"),
                None => format!("{status}: {reason}"),
            };
            return Err(json!({
                "message": message,
                "debug": lines,
                "status": status,
                "reason": reason,
                "data": bytes_json(&output.output),
                "gasUsed": output.gas_used.0.to_string(),
            }));
        }
        let value = match method {
            Some(method) => {
                let values = method.decode_output(&output.output).map_err(wrong)?;
                let mut values = from_parameters(&values, &method.outputs);
                match values.len() {
                    1 => values.pop().map_or(Json::Null, |value| to_json(&value)),
                    0 => Json::Null,
                    _ => values.iter().map(to_json).collect(),
                }
            }
            None => Json::Null,
        };
        let events: Vec<Json> = output.events.iter().map(|event| self.event(event)).collect();
        Ok(json!({
            "status": status,
            "value": value,
            "events": events,
            "gasUsed": output.gas_used.0.to_string(),
            "isCall": is_call,
            "debug": debug_lines(output),
        }))
    }

    /// Why something failed, without the quotes that a report puts around a text.
    fn reason(&self, output: &CallOutput) -> String {
        match (&output.status, decode_revert(&output.output, None)) {
            (Status::Halt(reason), _) => reason.to_string(),
            (_, RevertReason::Message(message)) => message,
            _ => output.reason.clone().unwrap_or_default(),
        }
    }

    fn event(&self, event: &Event) -> Json {
        let interface = self.engine.interface(&event.address);
        let decoded = interface
            .as_deref()
            .and_then(|it: &Interface| it.decode_event(&event.topics, &event.data).ok().flatten());
        let (name, args) = match decoded {
            Some(decoded) => {
                let fields =
                    decoded.fields.iter().enumerate().map(|(index, (parameter, value))| {
                        let name = match parameter.name.as_str() {
                            "" => index.to_string(),
                            name => name.to_owned(),
                        };
                        json!([name, to_json(&from_value(value, &parameter.kind))])
                    });
                (json!(decoded.name), json!({ "$": "record", "v": fields.collect::<Vec<_>>() }))
            }
            None => {
                (Json::Null, json!({ "$": "record", "v": [["data", bytes_json(&event.data)]] }))
            }
        };
        json!({ "contract": address_json(event.address), "name": name, "args": args })
    }
}

/// What contracts wrote for those who look at the trace, in its order.
fn debug_lines(output: &CallOutput) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open: Vec<&CallNode> = output.trace.iter().collect();
    while let Some(node) = open.pop() {
        lines.extend(node.debug.iter().cloned());
        open.extend(node.calls.iter().rev());
    }
    lines
}

fn accounts() -> Json {
    dev_accounts().iter().map(|it| (it.name.to_owned(), address_json(it.address))).collect()
}

/// An address as contracts in JavaScript see it.
fn address_json(address: Address) -> Json {
    to_json(&from_value(&Value::from(address), &Type::Address))
}

fn text<'r>(request: &'r Json, key: &str) -> Result<&'r str, Json> {
    let found = request.get(key).and_then(Json::as_str);
    found.ok_or_else(|| wrong(format!("{key} is missing, or is no text")))
}

fn values_of(request: &Json, inputs: &[Parameter], what: &str) -> Result<Vec<Value>, Json> {
    let given = from_json(request.get("args").unwrap_or(&json!([]))).map_err(wrong)?;
    let inputs: Vec<&Parameter> = inputs.iter().collect();
    to_parameters(&given, &inputs).map_err(|error| wrong(format!("{what}: {error}")))
}

fn value_of(request: &Json) -> Result<Wei, Json> {
    Ok(Wei(amount(request, "value").map_err(wrong)?.unwrap_or(U256::ZERO)))
}

fn gas_of(request: &Json) -> Result<Option<Gas>, Json> {
    let gas = amount(request, "gas").map_err(wrong)?;
    Ok(gas.map(|gas| Gas(u64::try_from(gas).unwrap_or(u64::MAX))))
}

fn wrong(message: impl ToString) -> Json {
    json!({ "message": message.to_string() })
}
