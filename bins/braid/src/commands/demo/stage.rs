//! The contracts of the demo and the words to talk to them.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use braidvm::{
    Address, Artifact, Deploy, Engine, Interface, Receipt, Request, StateInterfaces, U256, Value,
    VmKind,
    decode::{DecodedCall, Interfaces, decode_call},
    rooms::{state::Key, vm::trace::CallNode},
};
use serde_json::{Value as Json, json};

use crate::{failure::Failure, output::Output};

/// Who sends every transaction of the demo.
pub(super) const SENDER: &str = "alice";

macro_rules! artifact {
    ($path:literal) => {
        include_bytes!(concat!("../../../../../contracts/artifacts/", $path))
    };
}

/// A contract of the demo.
#[derive(Debug, Clone)]
pub(super) struct Actor {
    pub(super) name: &'static str,
    pub(super) language: &'static str,
    pub(super) kind: VmKind,
    pub(super) address: Address,
}

/// The chain with its contracts.
pub(super) struct Stage<'a> {
    pub(super) engine: Engine,
    pub(super) output: &'a Output,
    sender: Address,
    checks: RefCell<Vec<String>>,
    pub(super) relay: Actor,
    pub(super) rust_relay: Actor,
    pub(super) gold: Actor,
    pub(super) silver: Actor,
    pub(super) exchange: Actor,
    pub(super) counter: Actor,
    pub(super) wasm_counter: Actor,
}

/// The interfaces of the state, with the names of the demo's contracts.
struct Named {
    interfaces: StateInterfaces,
    names: BTreeMap<Address, &'static str>,
}

impl Interfaces for Named {
    fn interface(&self, address: &Address) -> Option<Arc<Interface>> {
        self.interfaces.interface(address)
    }

    fn name(&self, address: &Address) -> Option<String> {
        let name = self.names.get(address).map(|name| (*name).to_owned());
        name.or_else(|| self.interfaces.name(address))
    }
}

impl<'a> Stage<'a> {
    /// Deploys the contracts, and gives the exchange its reserves and the relay its gold.
    pub(super) fn build(mut engine: Engine, output: &'a Output) -> Result<Self, Failure> {
        const RESERVE: &str = "100000";
        let sender = engine.account(SENDER)?;
        let bar = output.progress("contracts", 7);
        let mut make = |name, language, code: &[u8], arguments: &[&str]| {
            bar.inc(1);
            deploy(&mut engine, sender, (name, language), code, arguments)
        };
        let relay = make("relay", "Solidity", artifact!("solidity/Relay.json"), &[])?;
        let rust_relay = make("relay-2", "Rust", artifact!("rust/relay.wasm"), &[])?;
        let supply = "1000000";
        let gold_code = artifact!("solidity/Token.json");
        let gold = make("gold", "Solidity", gold_code, &["Gold", "GLD", supply])?;
        let silver_code = artifact!("rust/token.wasm");
        let silver = make("silver", "Rust", silver_code, &["Silver", "SLV", supply])?;
        let tokens = [gold.address.to_string(), silver.address.to_string()];
        let exchange_code = artifact!("c/exchange.wasm");
        let exchange = make("market", "C", exchange_code, &[&tokens[0], &tokens[1]])?;
        let counter = make("counter", "Solidity", artifact!("solidity/Counter.json"), &[])?;
        let script_code = artifact!("assemblyscript/counter.wasm");
        let wasm_counter = make("counter-2", "AssemblyScript", script_code, &[])?;
        bar.finish_and_clear();
        let checks = RefCell::default();
        let mut stage = Self {
            engine,
            output,
            sender,
            checks,
            relay,
            rust_relay,
            gold,
            silver,
            exchange,
            counter,
            wasm_counter,
        };
        let market = stage.exchange.address.to_string();
        let relay = stage.relay.address.to_string();
        stage.act(&stage.gold.clone(), "approve", &[&market, RESERVE])?;
        stage.act(&stage.silver.clone(), "approve", &[&market, RESERVE])?;
        stage.act(&stage.exchange.clone(), "addLiquidity", &[RESERVE, RESERVE])?;
        stage.act(&stage.gold.clone(), "transfer", &[&relay, RESERVE])?;
        let approve = stage.input(&stage.gold, "approve", &[&market, RESERVE])?;
        let gold = stage.gold.address.to_string();
        stage.act(&stage.relay.clone(), "forward", &[&gold, &approve])?;
        Ok(stage)
    }

    pub(super) fn actors(&self) -> [&Actor; 7] {
        [
            &self.relay,
            &self.rust_relay,
            &self.gold,
            &self.silver,
            &self.exchange,
            &self.counter,
            &self.wasm_counter,
        ]
    }

    fn interfaces(&self) -> Named {
        let mut names = BTreeMap::new();
        for actor in self.actors() {
            names.insert(actor.address, actor.name);
            names.insert(Address::from_evm(actor.address.evm_alias()), actor.name);
        }
        Named { interfaces: self.engine.interfaces(), names }
    }

    /// A call tree in words, with the names of the demo's contracts instead of their addresses.
    pub(super) fn tree(&self, node: &CallNode) -> DecodedCall {
        let mut call = decode_call(node, &self.interfaces());
        self.put_names(&mut call);
        call
    }

    fn put_names(&self, call: &mut DecodedCall) {
        for actor in self.actors() {
            let address = actor.address.to_string();
            call.input = call.input.replace(&address, actor.name);
            call.output = call.output.replace(&address, actor.name);
        }
        for inner in &mut call.calls {
            self.put_names(inner);
        }
    }

    /// Holds the story to its word.
    pub(super) fn check(&self, what: &str, holds: bool) -> Result<(), Failure> {
        if !holds {
            return Err(Failure::Host(anyhow::anyhow!("this does not hold: {what}")));
        }
        self.checks.borrow_mut().push(what.to_owned());
        self.output.line(format!("  ok: {what}"))
    }

    /// Ends a chapter: for scripts, what was found and checked in it.
    pub(super) fn step(&self, name: &str, found: Json) -> Result<(), Failure> {
        let checks = self.checks.take();
        let mut step = json!({ "step": name, "checks": checks });
        if let (Json::Object(step), Json::Object(found)) = (&mut step, found) {
            step.extend(found);
        }
        self.output.json(&step)
    }

    /// The record of whoever sends the transactions.
    pub(super) fn sender_key(&self) -> Key {
        Key::account(&self.sender)
    }

    /// Lets the Solidity relay pass `input` on to `to` by one of its ways.
    pub(super) fn send(&mut self, way: &str, to: &Actor, input: &str) -> Result<Receipt, Failure> {
        let to = to.address.to_string();
        let request = self.request(&self.relay, way, &[&to, input]);
        Ok(self.engine.send(&request)?)
    }

    /// The input of a call in hexadecimal.
    pub(super) fn input(
        &self,
        to: &Actor,
        method: &str,
        arguments: &[&str],
    ) -> Result<String, Failure> {
        let (transaction, _) = self.engine.transaction(&self.request(to, method, arguments))?;
        Ok(transaction.input.to_string())
    }

    /// The one result of a method that only reads.
    pub(super) fn read(
        &self,
        to: &Actor,
        method: &str,
        arguments: &[&str],
    ) -> Result<U256, Failure> {
        match self.values(to, method, arguments)?.as_slice() {
            [Value::Uint(number)] => Ok(*number),
            values => Err(unexpected(to, method, values)),
        }
    }

    pub(super) fn number(&self, to: &Actor, method: &str) -> Result<U256, Failure> {
        self.read(to, method, &[])
    }

    pub(super) fn reserves(&self) -> Result<Vec<Value>, Failure> {
        self.values(&self.exchange, "reserves", &[])
    }

    fn values(&self, to: &Actor, method: &str, texts: &[&str]) -> Result<Vec<Value>, Failure> {
        let result = self.engine.call(&self.request(to, method, texts))?;
        match &result.reason {
            None => Ok(result.values()?),
            Some(reason) => Err(broken(to.name, method, reason)),
        }
    }

    /// A transaction of the preparations, which has to succeed.
    fn act(&mut self, to: &Actor, method: &str, arguments: &[&str]) -> Result<(), Failure> {
        let request = self.request(to, method, arguments);
        match self.engine.send(&request)?.call.reason {
            None => Ok(()),
            Some(reason) => Err(broken(to.name, method, &reason)),
        }
    }

    fn request(&self, to: &Actor, method: &str, arguments: &[&str]) -> Request {
        let arguments: Vec<String> = arguments.iter().map(|it| (*it).to_owned()).collect();
        Request::new(self.sender, to.address, method).arguments(arguments)
    }
}

fn deploy(
    engine: &mut Engine,
    sender: Address,
    (name, language): (&'static str, &'static str),
    code: &[u8],
    arguments: &[&str],
) -> Result<Actor, Failure> {
    let arguments: Vec<String> = arguments.iter().map(|it| (*it).to_owned()).collect();
    let artifact = Artifact::from_bytes(name, code)?;
    let kind = artifact.kind.unwrap_or(VmKind::Evm);
    let receipt = engine.deploy(&Deploy::new(sender, artifact).arguments(arguments))?;
    match (receipt.created, receipt.call.reason) {
        (Some(address), None) => Ok(Actor { name, language, kind, address }),
        (_, reason) => Err(broken(name, "constructor", &reason.unwrap_or_default())),
    }
}

fn broken(name: &str, method: &str, reason: &str) -> Failure {
    Failure::Host(anyhow::anyhow!("{method} of {name} failed: {reason}"))
}

fn unexpected(to: &Actor, method: &str, values: &[Value]) -> Failure {
    Failure::Host(anyhow::anyhow!("{method} of {} gave {values:?}", to.name))
}
