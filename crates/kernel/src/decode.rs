//! Call trees in words: methods, arguments, results and reasons by the contracts' interfaces.

use std::sync::Arc;

use abi::{Interface, Method, Parameter, Value, revert::decode_revert, show_bytes};
use primitives::{Address, Gas, VmKind, Wei};
use serde::Serialize;
use vm::{
    Status,
    trace::{CallKind, CallNode, Event},
};

use crate::lifecycle::{
    DEPLOYER_INTERFACE,
    access::{ACCESS_INTERFACE, access_control},
    deployer,
};

/// Where the interface of a contract comes from.
pub trait Interfaces {
    /// The interface of the contract at `address`, if it is known.
    fn interface(&self, address: &Address) -> Option<Arc<Interface>>;

    /// A name for an address: an account's, a contract's.
    fn name(&self, address: &Address) -> Option<String>;
}

/// A frame in words, and the frames it called.
#[derive(Debug, Clone, Serialize)]
pub struct DecodedCall {
    /// `CALL`, `STATICCALL`, `DELEGATECALL`, `CREATE`.
    pub call: &'static str,
    /// The machine.
    pub vm: VmKind,
    /// Who called.
    pub from: Address,
    /// Whose code ran.
    pub to: Address,
    /// A name for it.
    pub name: Option<String>,
    /// Coin that came along.
    pub value: Wei,
    /// Gas that it and the frames it called used.
    pub gas_used: Gas,
    /// Gas that it used itself.
    pub gas_own: Gas,
    /// Method and arguments, or raw bytes.
    pub input: String,
    /// `success`, `revert` or `halt`.
    pub outcome: &'static str,
    /// Result, reason of the revert, or reason of the halt.
    pub output: String,
    /// Lines of debug output.
    pub debug: Vec<String>,
    /// The frames it called.
    pub calls: Vec<Self>,
}

/// An event in words.
#[derive(Debug, Clone, Serialize)]
pub struct DecodedEvent {
    /// The contract.
    pub address: Address,
    /// A name for it.
    pub name: Option<String>,
    /// Event and parameters, or raw bytes.
    pub text: String,
}

/// A call tree in words.
#[must_use]
pub fn decode_call(node: &CallNode, interfaces: &dyn Interfaces) -> DecodedCall {
    let to = node.start.to;
    let interface = interface_of(&to, interfaces);
    DecodedCall {
        call: node.start.call.name(),
        vm: node.start.kind,
        from: node.start.from,
        to,
        name: name_of(&to, interfaces),
        value: node.start.value,
        gas_used: node.gas_used,
        gas_own: node.gas_own(),
        input: input_text(node, interface.as_deref()),
        outcome: outcome_name(&node.status),
        output: output_text(node, interface.as_deref()),
        debug: node.debug.clone(),
        calls: node.calls.iter().map(|call| decode_call(call, interfaces)).collect(),
    }
}

/// An event in words.
#[must_use]
pub fn decode_event(event: &Event, interfaces: &dyn Interfaces) -> DecodedEvent {
    let interface = interface_of(&event.address, interfaces);
    let decoded = interface
        .and_then(|interface| interface.decode_event(&event.topics, &event.data).ok()?)
        .map(|decoded| decoded.to_string());
    let raw = || {
        let topics: Vec<_> = event.topics.iter().map(ToString::to_string).collect();
        format!("[{}] {}", topics.join(", "), event.data)
    };
    DecodedEvent {
        address: event.address,
        name: name_of(&event.address, interfaces),
        text: decoded.unwrap_or_else(raw),
    }
}

/// The name of how a frame ended.
#[must_use]
pub const fn outcome_name(status: &Status) -> &'static str {
    match status {
        Status::Success => "success",
        Status::Revert => "revert",
        Status::Halt(_) => "halt",
    }
}

fn interface_of(address: &Address, interfaces: &dyn Interfaces) -> Option<Arc<Interface>> {
    if *address == deployer() {
        return Some(Arc::new(DEPLOYER_INTERFACE.clone()));
    }
    if *address == access_control() {
        return Some(Arc::new(ACCESS_INTERFACE.clone()));
    }
    interfaces.interface(address)
}

fn name_of(address: &Address, interfaces: &dyn Interfaces) -> Option<String> {
    if *address == deployer() {
        return Some("deployer".to_owned());
    }
    if *address == access_control() {
        return Some("access".to_owned());
    }
    interfaces.name(address)
}

fn input_text(node: &CallNode, interface: Option<&Interface>) -> String {
    if node.start.call == CallKind::Create {
        return format!("constructor ({} bytes)", node.start.input.len());
    }
    let decoded = method_of(node, interface).and_then(|method| {
        let values = method.decode_input(&node.start.input).ok()?;
        Some(format!("{}({})", method.name, fields(&method.inputs, &values)))
    });
    decoded.unwrap_or_else(|| show_bytes(&node.start.input))
}

fn output_text(node: &CallNode, interface: Option<&Interface>) -> String {
    match &node.status {
        Status::Halt(reason) => reason.to_string(),
        Status::Revert => decode_revert(&node.output, interface).to_string(),
        Status::Success if node.start.call == CallKind::Create => String::new(),
        Status::Success => {
            let decoded = method_of(node, interface).and_then(|method| {
                let values = method.decode_output(&node.output).ok()?;
                Some(fields(&method.outputs, &values))
            });
            decoded.unwrap_or_else(|| show_bytes(&node.output))
        }
    }
}

fn method_of<'a>(node: &CallNode, interface: Option<&'a Interface>) -> Option<&'a Method> {
    interface?.method_by_selector(*node.start.input.first_chunk::<4>()?)
}

/// Values with the names of their parameters: `to: 0x…, amount: 5`.
fn fields(parameters: &[Parameter], values: &[Value]) -> String {
    let shown = parameters.iter().zip(values).map(|(parameter, value)| {
        let value = value.show(&parameter.kind);
        match parameter.name.as_str() {
            "" => value.to_string(),
            name => format!("{name}: {value}"),
        }
    });
    shown.collect::<Vec<_>>().join(", ")
}
