//! A native precompile with state of its own: a counter that any contract can call, and that a
//! revert takes back like any other write.
#![allow(clippy::print_stdout, reason = "an example shows its results")]

use std::{error::Error, sync::Arc};

use braidvm::{
    Address, Bytes, Config, Engine, Gas, Kernel, Precompile, PrecompileCall, PrecompileHost,
    Request,
    rooms::{
        state::MemoryStore,
        vm::{GasMeter, Outcome, Trap},
    },
};

/// Adds one to a record and answers with the sum.
#[derive(Debug)]
struct Visits;

impl Precompile for Visits {
    fn name(&self) -> &str {
        "visits"
    }

    fn gas_cost(&self, _input: &[u8]) -> Gas {
        Gas(100)
    }

    fn execute(&self, call: &PrecompileCall<'_>, host: &mut dyn PrecompileHost) -> Outcome {
        let mut gas = GasMeter::new(call.gas_limit);
        match count(&mut gas, host) {
            Ok(sum) => {
                let mut word = [0; 32];
                word[24..].copy_from_slice(&sum.to_be_bytes());
                Outcome::success(Bytes::copy_from_slice(&word), gas.remaining(), gas.refund())
            }
            Err(trap) => Outcome::halt(trap.halt_reason()),
        }
    }
}

fn count(gas: &mut GasMeter, host: &mut dyn PrecompileHost) -> Result<u64, Trap> {
    let stored = host.storage_get(gas, b"visits")?;
    let word: [u8; 8] = stored.and_then(|it| it.as_ref().try_into().ok()).unwrap_or_default();
    let sum = u64::from_be_bytes(word).saturating_add(1);
    host.storage_put(gas, b"visits", &sum.to_be_bytes())?;
    Ok(sum)
}

fn main() -> Result<(), Box<dyn Error>> {
    let place: Address = "0x0000000000000000000000000000000000001001".parse()?;
    let config = Config::default();
    let mut settings = config.kernel();
    settings.precompiles.register(place, Arc::new(Visits))?;
    let store = Arc::new(MemoryStore::new());
    let mut engine = Engine::with_kernel(config, Kernel::new(settings)?, store)?;
    let alice = engine.account("alice")?;
    let visit = Request::new(alice, place, "visit()(uint256)");
    for expected in 1..=3 {
        let receipt = engine.send(&visit)?.expect_ok();
        assert_eq!(receipt.values()?, [braidvm::Value::uint(expected)]);
    }
    println!("three visits counted");
    Ok(())
}
