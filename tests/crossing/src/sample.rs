//! Relays, counters and probes of all languages: enough to make any tree of calls.

use braidvm::{Address, Bytes, Value};

use crate::{World, call_data};

/// A world with relays, counters and probes.
#[derive(Debug)]
pub struct Sample {
    /// The chain.
    pub world: World,
    /// Two relays in Solidity.
    pub evm_relays: [Address; 2],
    /// Two relays in Rust.
    pub wasm_relays: [Address; 2],
    /// Counters in Solidity, Rust, C and AssemblyScript.
    pub counters: [Address; 4],
    /// Probes in Solidity and Rust.
    pub probes: [Address; 2],
}

/// The artefacts of the counters.
pub const COUNTERS: [&str; 4] =
    ["solidity/Counter.json", "rust/counter.wasm", "c/counter.wasm", "assemblyscript/counter.wasm"];

impl Default for Sample {
    fn default() -> Self {
        Self::over(World::new())
    }
}

impl Sample {
    /// The contracts on a fresh chain.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The contracts on this chain.
    ///
    /// # Panics
    ///
    /// Where one cannot be made.
    #[must_use]
    pub fn over(mut world: World) -> Self {
        let mut make = |path: &str| world.deploy(path, &[]);
        let evm_relays = [(); 2].map(|()| make("solidity/Relay.json"));
        let wasm_relays = [(); 2].map(|()| make("rust/relay.wasm"));
        let counters = COUNTERS.map(&mut make);
        let probes = ["solidity/Probe.json", "rust/probe.wasm"].map(&mut make);
        Self { world, evm_relays, wasm_relays, counters, probes }
    }

    /// How often a relay passed a call on.
    #[must_use]
    #[track_caller]
    pub fn forwarded(&self, relay: Address) -> u64 {
        self.world.read(relay, "forwarded")
    }

    /// The number of a counter.
    #[must_use]
    #[track_caller]
    pub fn count(&self, counter: Address) -> u64 {
        self.world.read(counter, "value")
    }
}

impl Sample {
    /// `(relay, counter, other relay)`: the relay is of the EVM and the rest is not, and the
    /// reverse.
    #[must_use]
    pub const fn crossings(&self) -> [(Address, Address, Address); 2] {
        [
            (self.evm_relays[0], self.counters[1], self.wasm_relays[0]),
            (self.wasm_relays[0], self.counters[0], self.evm_relays[0]),
        ]
    }
}

/// The input of a call that passes another call on by `method`.
#[must_use]
#[track_caller]
pub fn pass(method: &str, to: Address, data: &Bytes) -> Bytes {
    call_data(&format!("{method}(address,bytes)"), &[to.into(), data.clone().into()])
}

/// The input of a call along relays.
#[must_use]
#[track_caller]
pub fn hop(path: &[Address], data: &Bytes) -> Bytes {
    let path = Value::Array(path.iter().map(|place| Value::from(*place)).collect());
    call_data("hop(address[],bytes)", &[path, data.clone().into()])
}

/// The input of a counter's `increment()`.
#[must_use]
pub fn increment() -> Bytes {
    call_data("increment()", &[])
}
