//! Deploy a contract, change it, read it: first in Solidity, then the same in C on WebAssembly.
#![allow(clippy::print_stdout, reason = "an example shows its results")]

use std::error::Error;

use braidvm::{Artifact, Deploy, Engine, Request, Value};

const COUNTER_SOLIDITY: &[u8] =
    include_bytes!("../../../contracts/artifacts/solidity/Counter.json");
const COUNTER_C: &[u8] = include_bytes!("../../../contracts/artifacts/c/counter.wasm");

fn main() -> Result<(), Box<dyn Error>> {
    let mut engine = Engine::dev();
    let alice = engine.account("alice")?;
    for (name, code) in [("Solidity", COUNTER_SOLIDITY), ("C", COUNTER_C)] {
        let artifact = Artifact::from_bytes(name, code)?;
        let counter = engine.deploy(&Deploy::new(alice, artifact))?.expect_contract();
        let receipt = engine.send(&Request::new(alice, counter, "increment"))?.expect_ok();
        let output = engine.call(&Request::new(alice, counter, "value"))?.expect_ok();
        assert_eq!(output.values()?, [Value::uint(1)]);
        println!("{name}: {counter} counts 1 after {} gas", receipt.gas_used);
    }
    Ok(())
}
