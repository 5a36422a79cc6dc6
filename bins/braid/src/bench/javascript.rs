//! JavaScript contracts: the transfer of a token, whole, in contexts that are kept and in fresh
//! ones, against the same transfer in other machines; many contracts under a bounded pool; and what
//! the metering of a script costs.

mod programs;

use braidvm::{
    Address, Artifact, Config, Deploy, Engine, Gas, Method, Request, Value, Wei,
    rooms::{
        js_compiler,
        kernel::Transaction,
        primitives::{CodeHash, Depth, VmKind},
        vm::{Entry, Environment, Frame, HostedVm, Status},
        vm_js::{JsConfig, JsVm},
        vm_wasm::EngineChoice,
    },
};
use std::sync::Arc;

use self::programs::{PROGRAMS, Plain, Program};
use super::{Bench, Goal, Pair, clock::Clock, host_failure, micros_each, sealed::SealedHost};
use crate::failure::Failure;

/// Transfers of a round.
const TRANSFERS: u64 = 500;
/// Contracts in rotation, far more than contexts are kept.
const CONTRACTS: u64 = 1_000;
/// Receivers, in turn.
const RECEIVERS: u64 = 64;
const SUPPLY: u64 = 1_000_000_000;
const TRANSFER_GAS: u64 = 1_000_000;
const PROGRAM_GAS: Gas = Gas(1 << 44);
/// How often a program runs in a round.
const RUNS: u64 = 3;
/// How much of a fresh context's time a kept one may take.
const KEPT_MAX: f64 = 0.8;
/// How much longer a transfer may take than in another machine.
const MACHINE_MAX: f64 = 10.0;
/// How much longer a transfer may take where its context is never at hand, than in a fresh one.
const ROTATION_MAX: f64 = 1.5;
/// How much longer a script may take that is metered.
const METERED_MAX: f64 = 1.5;

const TOKEN: &str = include_str!("../../../../contracts/javascript/token.ts");
const RUST_TOKEN: &[u8] = include_bytes!("../../../../contracts/artifacts/rust/token.wasm");
const SOLIDITY_TOKEN: &[u8] = include_bytes!("../../../../contracts/artifacts/solidity/Token.json");

pub(super) fn run(bench: &mut Bench<'_>) -> Result<(), Failure> {
    let kept = Chain::new(true, |_| token(0))?;
    let fresh = Chain::new(false, |_| token(0))?;
    let wasm = Chain::new(true, |_| file("token", RUST_TOKEN))?;
    let evm = Chain::new(true, |_| file("Token", SOLIDITY_TOKEN))?;
    let pairs = [
        ("JS transfer, kept against fresh context", &fresh, KEPT_MAX),
        ("JS transfer, WASM transfer", &wasm, MACHINE_MAX),
        ("JS transfer, EVM transfer", &evm, MACHINE_MAX),
    ];
    for (name, peer, most) in pairs {
        transfers(bench, name, (&kept, peer), most)?;
    }
    let mut rotation = Chain::new(true, |_| token(0))?;
    for number in 1..CONTRACTS {
        rotation.add(token(number)?)?;
    }
    transfers(
        bench,
        "JS transfer, 1,000 contracts in rotation",
        (&rotation, &fresh),
        ROTATION_MAX,
    )?;
    PROGRAMS.iter().try_for_each(|program| metering(bench, program))
}

fn transfers(
    bench: &mut Bench<'_>,
    name: &'static str,
    (this, peer): (&Chain, &Chain),
    most: f64,
) -> Result<(), Failure> {
    bench.measure(Pair {
        name,
        unit: "us",
        goal: Goal::AtMost(most),
        this: &mut || this.micros_a_transfer(),
        peer: &mut || peer.micros_a_transfer(),
    })
}

/// The token of the examples; each number gives code of its own.
fn token(number: u64) -> Result<Artifact, Failure> {
    let source = format!("{TOKEN}\nexport const number = {number};\n");
    let read = |path: &str| (path == "token.ts").then(|| source.clone());
    let unit = js_compiler::pack("token.ts", &read).map_err(host_failure)?;
    Ok(Artifact::new("token", unit.encode().into()))
}

fn file(name: &str, bytes: &[u8]) -> Result<Artifact, Failure> {
    Ok(Artifact::from_bytes(name, bytes)?)
}

/// A chain with tokens that alice has.
struct Chain {
    engine: Engine,
    alice: Address,
    tokens: Vec<Address>,
}

impl Chain {
    fn new(
        keeps_contexts: bool,
        artifact: impl Fn(u64) -> Result<Artifact, Failure>,
    ) -> Result<Self, Failure> {
        let mut config = Config::default();
        config.vm.wasm.engine = EngineChoice::Compiled;
        if !keeps_contexts {
            config.vm.js.contexts = 0;
            config.vm.js.warm_contexts_max = 0;
        }
        let mut engine = Engine::in_memory(config)?;
        engine.set_tracing(false);
        let alice = engine.account("alice")?;
        let mut chain = Self { engine, alice, tokens: Vec::new() };
        chain.add(artifact(0)?)?;
        Ok(chain)
    }

    fn add(&mut self, artifact: Artifact) -> Result<(), Failure> {
        let mut arguments = vec![Value::uint(SUPPLY)];
        if artifact.kind != Some(VmKind::Js) {
            arguments = vec![Value::text("Coin"), Value::text("C"), Value::uint(SUPPLY)];
        }
        let deploy = Deploy::new(self.alice, artifact).arguments(arguments);
        let receipt = self.engine.deploy(&deploy)?;
        let made = receipt.created.filter(|_| receipt.is_success());
        let reason = receipt.reason.clone().unwrap_or_default();
        self.tokens.push(made.ok_or_else(|| failed(&format!("a deploy failed: {reason}")))?);
        Ok(())
    }

    /// What a transfer takes, each as a transaction, in all contracts in turn.
    fn micros_a_transfer(&self) -> Result<f64, Failure> {
        let count = TRANSFERS.max(self.tokens.len() as u64);
        let transactions = (0..count).map(|number| self.transaction(number));
        let transactions: Vec<Transaction> = transactions.collect::<Result<_, _>>()?;
        let view = self.engine.store().latest();
        let mut execution = self.engine.kernel().execution(view, &self.engine.next_block());
        execution.set_tracing(false);
        let clock = Clock::start();
        for transaction in &transactions {
            let result = execution.transact(transaction).map_err(host_failure)?;
            if !result.status.is_success() {
                return Err(failed(&format!("a transfer ended with {:?}", result.status)));
            }
        }
        Ok(micros_each(count, clock.elapsed()))
    }

    fn transaction(&self, number: u64) -> Result<Transaction, Failure> {
        let at = usize::try_from(number).unwrap_or_default() % self.tokens.len();
        let mut to = [0xbe; 20];
        to[19] = u8::try_from(number % RECEIVERS).unwrap_or_default();
        let arguments = vec![Address::from_evm(to.into()).into(), Value::uint(1)];
        let request = Request::new(self.alice, self.tokens[at], "transfer(address,uint256)")
            .arguments(arguments)
            .gas_limit(Gas(TRANSFER_GAS));
        Ok(self.engine.transaction(&request)?.0)
    }
}

/// A program that is metered, as every contract is, against the same one as it was written.
fn metering(bench: &mut Bench<'_>, program: &Program) -> Result<(), Failure> {
    let read = |path: &str| (path == "main.js").then(|| program.module());
    let unit = js_compiler::pack("main.js", &read).map_err(host_failure)?.encode();
    let metered = Machine { vm: JsVm::new(&JsConfig::default()), code: unit };
    let vm = JsVm::with_compiler(&JsConfig::default(), Arc::new(Plain));
    let plain = Machine { vm, code: program.body.as_bytes().to_vec() };
    bench.measure(Pair {
        name: program.name,
        unit: "us",
        goal: Goal::AtMost(METERED_MAX),
        this: &mut || metered.micros_a_run(program.size),
        peer: &mut || plain.micros_a_run(program.size),
    })
}

struct Machine {
    vm: JsVm,
    code: Vec<u8>,
}

impl Machine {
    fn micros_a_run(&self, size: u64) -> Result<f64, Failure> {
        let method = Method::parse(programs::METHOD).map_err(host_failure)?;
        let input = method.encode_call(&[Value::uint(size)]).map_err(host_failure)?;
        let environment = Environment::default();
        let frame = Frame {
            entry: Entry::Call,
            code: &self.code,
            code_hash: CodeHash::of(&self.code),
            contract: Address::ZERO,
            caller: Address::ZERO,
            value: Wei::ZERO,
            input: &input,
            gas_limit: PROGRAM_GAS,
            is_static: false,
            depth: Depth(0),
            environment: &environment,
        };
        let clock = Clock::start();
        for _ in 0..RUNS {
            let outcome = self.vm.execute(&frame, &mut SealedHost::new(&environment));
            if outcome.status != Status::Success {
                let status = outcome.status;
                return Err(failed(&format!(
                    "a program ended with {status:?}: {:?}",
                    outcome.output
                )));
            }
        }
        Ok(micros_each(RUNS, clock.elapsed()))
    }
}

fn failed(what: &str) -> Failure {
    Failure::Host(anyhow::anyhow!("{what}"))
}
