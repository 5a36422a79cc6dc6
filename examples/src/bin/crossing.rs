//! One transaction through three contracts of two machines, and the same with a revert at its end.
#![allow(clippy::print_stdout, reason = "an example shows its results")]

use std::error::Error;

use braidvm::{
    Artifact, Deploy, Engine, Request, Value,
    decode::decode_call,
    tree::{render, thousands},
};

const RELAY_SOLIDITY: &[u8] = include_bytes!("../../../contracts/artifacts/solidity/Relay.json");
const RELAY_RUST: &[u8] = include_bytes!("../../../contracts/artifacts/rust/relay.wasm");
const COUNTER_SOLIDITY: &[u8] =
    include_bytes!("../../../contracts/artifacts/solidity/Counter.json");

fn main() -> Result<(), Box<dyn Error>> {
    let mut engine = Engine::dev();
    let alice = engine.account("alice")?;
    let mut deploy = |name: &str, code: &[u8]| -> Result<_, Box<dyn Error>> {
        let artifact = Artifact::from_bytes(name, code)?;
        Ok(engine.deploy(&Deploy::new(alice, artifact))?.expect_contract())
    };
    let solidity = deploy("Relay", RELAY_SOLIDITY)?;
    let rust = deploy("relay", RELAY_RUST)?;
    let counter = deploy("Counter", COUNTER_SOLIDITY)?;

    let increment = engine.transaction(&Request::new(alice, counter, "increment"))?.0.input;
    let path = Value::Array(vec![Value::from(rust), Value::from(counter)]);
    let hop = Request::new(alice, solidity, "hop");
    let hop = hop.arguments([path, Value::bytes(increment.clone())]);
    let receipt = engine.send(&hop)?.expect_ok();
    if let Some(trace) = &receipt.trace {
        println!("{}", render(&decode_call(trace, &engine.interfaces())));
    }
    for (machine, gas) in &receipt.gas_by_vm {
        println!("{machine}: {} gas", thousands(gas.0));
    }

    let failing = Request::new(alice, rust, "forwardThenRevert")
        .arguments([Value::from(counter), Value::bytes(increment)]);
    let receipt = engine.send(&failing)?;
    assert!(!receipt.is_success());
    println!("failed as it should: {}", receipt.call.reason.unwrap_or_default());
    let value = engine.call(&Request::new(alice, counter, "value"))?.expect_ok();
    assert_eq!(value.values()?, [Value::uint(1)], "the revert took the second increment back");
    Ok(())
}
