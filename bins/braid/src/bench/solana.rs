//! Solana programs: what a call costs that passes through one, and transfers of tokens against
//! litesvm, which needs the feature `bench-svm`.

#[cfg(feature = "bench-svm")]
mod tokens;

use std::sync::Arc;

use braidvm::{
    Address, Artifact, Bytes, Config, Deploy, Engine, Gas, Interface, Value, dev_accounts,
    rooms::{
        kernel::Transaction,
        state::StateView,
        vm::BlockEnvironment,
        vm_svm::{BRIDGE, BridgeCall},
    },
};

use super::{Bench, Goal, Pair, clock::Clock, host_failure, micros_each};
use crate::failure::Failure;

const CALLS: u32 = 2_000;
const GAS_LIMIT: Gas = Gas(10_000_000);

/// How much dearer a frame of Solana between two of the EVM may be than one of the EVM: it has
/// accounts, sysvars and a memory of its own.
const CROSSING_MAX: f64 = 10.0;

const EVM_RELAY: &[u8] = include_bytes!("../../../../contracts/artifacts/solidity/Relay.json");
const SOLANA_RELAY: &[u8] = include_bytes!("../../../../contracts/artifacts/sbpf/relay.so");

/// Three contracts that pass calls on.
struct Relays {
    engine: Engine,
    sender: Address,
    first: Address,
    last: Address,
    between: [Address; 2],
}

pub(super) fn run(bench: &mut Bench<'_>) -> Result<(), Failure> {
    let relays = Relays::new()?;
    let [solana, evm] = relays.inputs()?;
    bench.measure(Pair {
        name: "EVM to Solana to EVM, EVM to EVM to EVM",
        unit: "us/call",
        goal: Goal::AtMost(CROSSING_MAX),
        this: &mut || relays.micros_a_call(&solana),
        peer: &mut || relays.micros_a_call(&evm),
    })?;
    #[cfg(feature = "bench-svm")]
    tokens::run(bench)?;
    Ok(())
}

impl Relays {
    fn new() -> Result<Self, Failure> {
        let mut engine = Engine::in_memory(Config::default())?;
        let sender = dev_accounts().first().map(|account| account.address).unwrap_or_default();
        let mut deploy = |name: &str, bytes: &[u8]| -> Result<Address, Failure> {
            let artifact = Artifact::from_bytes(name, bytes).map_err(host_failure)?;
            let receipt = engine.deploy(&Deploy::new(sender, artifact))?;
            receipt.created.ok_or_else(|| Failure::Host(anyhow::anyhow!("{name} was not made")))
        };
        let first = deploy("Relay.json", EVM_RELAY)?;
        let last = deploy("Relay.json", EVM_RELAY)?;
        let between = [deploy("relay.so", SOLANA_RELAY)?, deploy("Relay.json", EVM_RELAY)?];
        Ok(Self { engine, sender, first, last, between })
    }

    /// The input of the first relay that passes through Solana, and the one that does not.
    fn inputs(&self) -> Result<[Bytes; 2], Failure> {
        let [solana, evm] = self.between;
        let inner = forward(self.sender, &Bytes::new())?;
        let data = BridgeCall::data(&self.last, 0, Gas::ZERO, &inner);
        let bytes = |bytes: &[u8]| Value::bytes(Bytes::copy_from_slice(bytes));
        let keys = Value::Array(vec![bytes(BRIDGE.as_bytes())]);
        let flags = Value::Array(vec![Value::uint(0)]);
        let execute = "function execute(bytes32[] keys, uint8[] flags, bytes data)";
        let through_solana = call(execute, &[keys, flags, bytes(&data)])?;
        let through_evm = forward(self.last, &inner)?;
        Ok([forward(solana, &through_solana)?, forward(evm, &through_evm)?])
    }

    fn micros_a_call(&self, input: &Bytes) -> Result<f64, Failure> {
        let block: BlockEnvironment = self.engine.next_block();
        let view: Arc<dyn StateView> = self.engine.store().latest();
        let mut execution = self.engine.kernel().execution(view, &block);
        let transaction = Transaction {
            from: self.sender,
            to: Some(self.first),
            input: input.clone(),
            gas_limit: GAS_LIMIT,
            ..Transaction::default()
        };
        let clock = Clock::start();
        for _ in 0..CALLS {
            let result = execution.transact(&transaction).map_err(host_failure)?;
            if !result.status.is_success() {
                return Err(Failure::Host(anyhow::anyhow!(
                    "a call ended with {:?}",
                    result.status
                )));
            }
        }
        Ok(micros_each(u64::from(CALLS), clock.elapsed()))
    }
}

fn forward(to: Address, input: &Bytes) -> Result<Bytes, Failure> {
    let values = [to.into(), Value::bytes(input.clone())];
    call("function forward(address to, bytes input)", &values)
}

fn call(signature: &str, values: &[Value]) -> Result<Bytes, Failure> {
    let interface = Interface::from_signatures(&[signature]).map_err(host_failure)?;
    let method = interface.methods.first();
    let method = method.ok_or_else(|| Failure::Host(anyhow::anyhow!("no method")))?;
    method.encode_call(values).map_err(host_failure)
}
