//! The whole strand: sources of an author, the compiler, the engine, a host in memory.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

use abi::Value;
use braid_vm_js::{JsConfig, JsVm};
use primitives::{Address, Gas, VmKind};
use vm::testkit::{MemoryHost, Run};
use vm::{Entry, HaltReason, Outcome, Status, Vm};

const TOKEN: &str = "
import { storage, blockchain, event } from 'chain';

/** @event Transfer(address indexed from, address indexed to, uint256 amount) */
export default class Token {
    init(owner: address, supply: bigint) {
        storage.mapPut('balances', owner, supply);
    }

    /** @view */
    balanceOf(owner: address): bigint {
        return storage.mapGet('balances', owner) ?? 0n;
    }

    transferFrom(from: address, to: address, amount: bigint): boolean {
        const balance = this.balanceOf(from);
        if (balance < amount) throw new RangeError(`the balance is ${balance}`);
        storage.mapPut('balances', from, balance - amount);
        storage.mapPut('balances', to, this.balanceOf(to) + amount);
        event.emit('Transfer', { from, to, amount });
        return true;
    }

    spin(): void {
        for (;;) { try { storage.get('x') } catch { } finally { continue } }
    }

    deep(n: number): number {
        return n === 0 ? 0 : this.deep(n - 1) + 1;
    }

    sum(items: bigint[]): bigint {
        return [...items].sort((a, b) => (a < b ? -1 : 1)).reduce((a, b) => a + b, 0n);
    }
}
";

struct Token {
    vm: JsVm,
    host: MemoryHost,
    code: Vec<u8>,
    interface: abi::Interface,
}

impl Token {
    fn new() -> Self {
        let read = |name: &str| (name == "main.ts").then(|| TOKEN.to_owned());
        let code = js_compiler::pack("main.ts", &read).unwrap().encode();
        let vm = JsVm::new(&JsConfig::default());
        assert!(vm.recognizes(&code) && vm.kind() == VmKind::Js);
        let report = vm.validate(&code).unwrap();
        assert!(report.has_constructor);
        let interface = report.interface.unwrap();
        let mut host = MemoryHost::default();
        let input = interface.encode_constructor(&[owner(), Value::uint(1_000)]).unwrap();
        let deploy = Run { entry: Entry::Deploy, ..Run::call(&code, &input) };
        assert_eq!(host.run(&vm, &deploy).status, Status::Success);
        Self { vm, host, code, interface }
    }

    fn call(&mut self, method: &str, values: &[Value], gas: u64) -> Outcome {
        let input = self.interface.method(method).unwrap().encode_call(values).unwrap();
        let run = Run { gas_limit: Gas(gas), ..Run::call(&self.code, &input) };
        self.host.run(&self.vm, &run)
    }

    fn result(&mut self, method: &str, values: &[Value]) -> Value {
        let outcome = self.call(method, values, 10_000_000);
        assert_eq!(outcome.status, Status::Success, "{}", reason(&outcome));
        let method = self.interface.method(method).unwrap();
        method.decode_output(&outcome.output).unwrap().remove(0)
    }
}

fn owner() -> Value {
    Value::from(Address::from_evm([1; 20].into()))
}

fn other() -> Value {
    Value::from(Address::from_evm([2; 20].into()))
}

fn reason(outcome: &Outcome) -> String {
    match abi::decode_revert(&outcome.output, None) {
        abi::RevertReason::Message(message) => message,
        other => format!("{other:?}"),
    }
}

#[test]
fn a_token_in_typescript_works() {
    let mut token = Token::new();
    let arguments = [owner(), other(), Value::uint(300)];
    assert_eq!(token.result("transferFrom", &arguments), Value::Bool(true));
    assert_eq!(token.result("balanceOf", &[other()]), Value::uint(300));
    assert_eq!(token.result("balanceOf", &[owner()]), Value::uint(700));
    let topic = primitives::keccak256("Transfer(address,address,uint256)");
    assert_eq!(token.host.state.events.last().unwrap().topics[0], topic);
    let refused = token.call("transferFrom", &[other(), owner(), Value::uint(301)], 10_000_000);
    assert_eq!(refused.status, Status::Revert);
    assert_eq!(reason(&refused), "RangeError: the balance is 300");
    let items = Value::Array((1..=50).rev().map(Value::uint).collect());
    assert_eq!(token.result("sum", &[items]), Value::uint(1275));
}

#[test]
fn gas_and_depth_end_what_does_not_end() {
    let mut token = Token::new();
    let spun = token.call("spin", &[], 1_000_000);
    assert_eq!((spun.status, spun.gas_left), (Status::Halt(HaltReason::OutOfGas), Gas::ZERO));
    assert_eq!(token.result("deep", &[Value::uint(300)]), Value::uint(300));
    let deep = token.call("deep", &[Value::uint(100_000)], 10_000_000);
    assert_eq!(deep.status, Status::Halt(HaltReason::StackOverflow));
    assert_eq!(token.result("deep", &[Value::uint(300)]), Value::uint(300));
}

#[test]
fn gas_is_the_same_at_every_limit() {
    let mut token = Token::new();
    let before = token.host.clone();
    let arguments = [owner(), other(), Value::uint(300)];
    let plenty = 10_000_000;
    let whole = token.call("transferFrom", &arguments, plenty);
    let needed = plenty - whole.gas_left.0;
    for gas in (0..needed).step_by(211).chain([needed - 1, needed, needed + 1]) {
        token.host = before.clone();
        let outcome = token.call("transferFrom", &arguments, gas);
        match gas.checked_sub(needed) {
            Some(left) => assert_eq!((outcome.status, outcome.gas_left.0), (Status::Success, left)),
            None => assert_eq!(outcome.status, Status::Halt(HaltReason::OutOfGas), "{gas}"),
        }
    }
}

const WORDS: &str = r#"
export function words(text: string): string[] {
    return text.split(/[\s,]+/u).filter(word => /^[a-z]+(?:-[a-z]+)*$/i.test(word));
}
export function dated(text: string): string {
    const found = /(?<year>\d{4})-(?<month>\d\d)/.exec(text);
    if (!found)return/\//.test(text)?'slash':"none";
    return `${found.groups!.month}.${found.groups!.year}`;
}
"#;

#[test]
fn regular_expressions_are_literals() {
    let read = |name: &str| (name == "main.ts").then(|| WORDS.to_owned());
    let code = js_compiler::pack("main.ts", &read).unwrap().encode();
    let vm = JsVm::new(&JsConfig::default());
    let interface = vm.validate(&code).unwrap().interface.unwrap();
    let mut host = MemoryHost::default();
    let mut call = |method: &str, text: &str| {
        let method = interface.method(method).unwrap();
        let input = method.encode_call(&[Value::text(text)]).unwrap();
        let outcome = host.run(&vm, &Run::call(&code, &input));
        assert_eq!(outcome.status, Status::Success, "{}", reason(&outcome));
        method.decode_output(&outcome.output).unwrap().remove(0)
    };
    let words = ["well-known", "Words"].map(Value::text).to_vec();
    assert_eq!(call("words", "well-known, 2 Words  -x"), Value::Array(words));
    assert_eq!(call("dated", "on 2024-05"), Value::text("05.2024"));
    assert_eq!(call("dated", "a/b"), Value::text("slash"));
    assert_eq!(call("dated", "a"), Value::text("none"));
}
