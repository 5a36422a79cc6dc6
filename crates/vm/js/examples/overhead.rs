//! What a call costs: a transfer of a token in a context that is kept and in a fresh one, and a
//! loop with metering and without. Of use in a release build: `cargo run --release -p braid-vm-js
//! --example overhead`.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use abi::{Interface, Method, Value};
use braid_vm_js::{JsConfig, JsVm, Script, UnitCompiler};
use primitives::{Address, Gas};
use vm::testkit::{MemoryHost, Run};
use vm::{Status, Vm};

/// Rounds of which the median counts.
const ROUNDS: usize = 9;

/// Calls of a round.
const CALLS: u32 = 200;

const HEAD: &str = "(function ($__env) { 'use strict'; let $__g = 0;
const $__O = () => { $__g = $__env.refill($__g) };
const $__T = n => { if (($__g -= n) < 0) $__O(); };
$__env.bind($__T, () => $__g, n => { $__g = n; }, () => {});
const { storage, blockchain, event } = $__env.modules.chain;
";

const TOKEN: &str = "return {
    balanceOf(owner) {
        ($__g -= 20) < 0 && $__O();
        return storage.mapGet('balances', owner) ?? 1000n;
    },
    transfer(to, amount) {
        ($__g -= 60) < 0 && $__O();
        const from = blockchain.caller(), balance = this.balanceOf(from);
        if (balance < amount) throw new Error('balance');
        storage.mapPut('balances', from, balance - amount);
        storage.mapPut('balances', to, this.balanceOf(to) + amount);
        event.emit('Transfer', { from, to, amount });
        return true;
    } } })";

const METERED: &str = "return { loop(n) { let sum = 0;
    for (let i = 0; i < n; i++) { ($__g -= 12) < 0 && $__O(); sum = (sum + i * 3) % 1000003 }
    return sum } } })";

const PLAIN: &str = "return { loop(n) { let sum = 0;
    for (let i = 0; i < n; i++) { sum = (sum + i * 3) % 1000003 }
    return sum } } })";

const SIGNATURES: [&str; 3] = [
    "function transfer(address to, uint256 amount) returns (bool)",
    "function loop(uint48 n) returns (uint48)",
    "event Transfer(address indexed from, address indexed to, uint256 amount)",
];

#[derive(Debug)]
struct Metered;

impl UnitCompiler for Metered {
    fn recognizes(&self, _: &[u8]) -> bool {
        true
    }

    fn compile(&self, code: &[u8]) -> Result<Script, String> {
        let body = core::str::from_utf8(code).map_err(|error| error.to_string())?;
        let interface = Interface::from_signatures(&SIGNATURES).map_err(|e| e.to_string())?;
        Ok(Script { source: format!("{HEAD}{body}"), interface })
    }
}

/// The median time of a call.
fn time(contexts: usize, code: &str, input: &[u8], calls: u32) -> Duration {
    let config = JsConfig { contexts, ..JsConfig::default() };
    let vm = JsVm::with_compiler(&config, Arc::new(Metered));
    vm.prepare(code.as_bytes());
    let mut host = MemoryHost::default();
    let run = Run { gas_limit: Gas(1 << 40), ..Run::call(code.as_bytes(), input) };
    let mut round = || {
        let start = Instant::now();
        for _ in 0..calls {
            assert_eq!(host.run(&vm, &run).status, Status::Success);
        }
        start.elapsed() / calls
    };
    round();
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| round()).collect();
    times.sort();
    times[ROUNDS / 2]
}

fn main() {
    let to = Value::from(Address::from_evm([7; 20].into()));
    let transfer = Method::parse("transfer(address,uint256)").unwrap();
    let transfer = transfer.encode_call(&[to, Value::uint(1)]).unwrap();
    let kept = time(64, TOKEN, &transfer, CALLS);
    let fresh = time(0, TOKEN, &transfer, CALLS);
    println!("transfer in a kept context  {kept:?}");
    println!("transfer in a fresh context {fresh:?}");
    println!("ratio {:.1}", fresh.as_secs_f64() / kept.as_secs_f64());
    let rounds = 300_000;
    let input = Method::parse("loop(uint48)").unwrap().encode_call(&[Value::uint(rounds)]).unwrap();
    let metered = time(64, METERED, &input, 1);
    let plain = time(64, PLAIN, &input, 1);
    println!("loop with metering    {metered:?}");
    println!("loop without metering {plain:?}");
    println!("ratio {:.2}", metered.as_secs_f64() / plain.as_secs_f64());
    println!("a unit of gas {:.2} ns", metered.as_secs_f64() * 1e9 / (12.0 * rounds as f64));
}
