//! A native contract: a Rust type with an interface, registered under an address when the engine
//! is made. Its methods get typed arguments, and what they store is taken back by a revert like
//! the writes of any other contract.
#![allow(clippy::print_stdout, reason = "an example shows its results")]

use std::{error::Error, sync::Arc};

use braidvm::{
    Address, Config, Engine, Interface, Kernel, NativeCall, NativeContract, NativeError,
    NativeHost, Request, Value,
    rooms::{state::MemoryStore, vm::GasMeter},
};

/// Keeps the best score of each player.
#[derive(Debug)]
struct Scores {
    interface: Interface,
}

impl Scores {
    fn new() -> Result<Self, Box<dyn Error>> {
        let interface = Interface::from_signatures(&[
            "function submit(uint64 score) returns (bool)",
            "function best(address player) view returns (uint64)",
            "event NewBest(address indexed player, uint64 score)",
        ])?;
        Ok(Self { interface })
    }

    fn best(
        gas: &mut GasMeter,
        host: &mut dyn NativeHost,
        player: &Address,
    ) -> Result<u64, NativeError> {
        let stored = host.storage_get(gas, player.as_bytes())?;
        let word: [u8; 8] = stored.and_then(|it| it.as_ref().try_into().ok()).unwrap_or_default();
        Ok(u64::from_be_bytes(word))
    }
}

impl NativeContract for Scores {
    fn name(&self) -> &str {
        "scores"
    }

    fn interface(&self) -> &Interface {
        &self.interface
    }

    fn call(
        &self,
        call: &NativeCall<'_>,
        gas: &mut GasMeter,
        host: &mut dyn NativeHost,
    ) -> Result<Vec<Value>, NativeError> {
        if call.method.name == "best" {
            return Ok(vec![Self::best(gas, host, &call.argument(0)?)?.into()]);
        }
        let score: u64 = call.argument(0)?;
        let best = Self::best(gas, host, &call.caller)?;
        if score <= best {
            return Err(NativeError::refuse(format!("{score} does not beat {best}")));
        }
        host.storage_put(gas, call.caller.as_bytes(), &score.to_be_bytes())?;
        let event = self.interface.event("NewBest").expect("invariant: the interface has it");
        let values = [call.caller.into(), score.into()];
        let (topics, data) = event.encode(&values).expect("invariant: values of its types");
        host.emit(gas, &topics, &data)?;
        Ok(vec![true.into()])
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let place: Address = "0x0000000000000000000000000000000000002001".parse()?;
    let config = Config::default();
    let mut settings = config.kernel();
    settings.natives.register(place, Arc::new(Scores::new()?))?;
    let store = Arc::new(MemoryStore::new());
    let mut engine = Engine::with_kernel(config, Kernel::new(settings)?, store)?;
    let alice = engine.account("alice")?;

    let submit =
        |score: u64| Request::new(alice, place, "submit").arguments(vec![Value::from(score)]);
    engine.send(&submit(7))?.expect_ok();
    let refused = engine.send(&submit(5))?;
    assert_eq!(refused.call.reason.as_deref(), Some("\"5 does not beat 7\""));
    let best = Request::new(alice, place, "best").arguments(vec![Value::from(alice)]);
    assert_eq!(engine.call(&best)?.values()?, [Value::uint(7)]);
    println!("the best score of alice is 7");
    Ok(())
}
