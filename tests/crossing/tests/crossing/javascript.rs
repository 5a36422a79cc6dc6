//! Contracts in JavaScript among those of other machines.

use braid_crossing_tests::World;
use braidvm::{
    Address, Artifact, Deploy, Request, Value, VmKind,
    rooms::{
        js_compiler::pack,
        vm::{HaltReason, Status},
    },
};

const TOKEN: &str = "
import { storage, blockchain, event } from 'chain';

/** @event Transfer(address indexed from, address indexed to, uint256 amount) */
export default class Token {
    init(supply: bigint) {
        storage.mapPut('balances', blockchain.caller(), supply);
    }

    /** @view */
    balanceOf(owner: address): bigint {
        return storage.mapGet('balances', owner) ?? 0n;
    }

    approve(spender: address, amount: bigint): boolean {
        storage.mapPut('allowed', blockchain.caller() + spender, amount);
        return true;
    }

    transfer(to: address, amount: bigint): boolean {
        return this._move(blockchain.caller(), to, amount);
    }

    transferFrom(from: address, to: address, amount: bigint): boolean {
        const key = from + blockchain.caller();
        const allowed: bigint = storage.mapGet('allowed', key) ?? 0n;
        if (allowed < amount) throw new Error(`allowed are ${allowed}`);
        storage.mapPut('allowed', key, allowed - amount);
        return this._move(from, to, amount);
    }

    _move(from: address, to: address, amount: bigint): boolean {
        const balance = this.balanceOf(from);
        if (balance < amount) throw new RangeError(`the balance is ${balance}`);
        storage.mapPut('balances', from, balance - amount);
        storage.mapPut('balances', to, this.balanceOf(to) + amount);
        event.emit('Transfer', { from, to, amount });
        return true;
    }
}
";

const CALLER: &str = "
import { contract, storage } from 'chain';

export function pay(token: address, to: address, amount: bigint): bigint {
    storage.put('last', to);
    contract(token).transfer(to, amount);
    return contract(token).balanceOf(to);
}

export function tryToPay(token: address, to: address, amount: bigint): string {
    storage.put('last', to);
    try {
        contract(token).transfer(to, amount);
        return 'paid';
    } catch (error) {
        return (error as Error).message;
    }
}

export function spin(): void {
    for (;;) { try { storage.get('x') } catch { } }
}

export function deep(self: address, depth: bigint): bigint {
    if (depth === 0n) return 1n;
    const abi = ['deep(address,uint256) returns (uint256)'];
    return contract(self, { abi }).deep(self, depth - 1n) + 1n;
}
";

fn artifact(source: &str) -> Artifact {
    let read = |name: &str| (name == "main.ts").then(|| source.to_owned());
    let unit = pack("main.ts", &read).unwrap_or_else(|error| panic!("{error}"));
    Artifact::new("main.ts", unit.encode().into())
}

pub(crate) fn deploy(world: &mut World, source: &str, arguments: &[Value]) -> Address {
    let deploy = Deploy::new(world.alice, artifact(source)).arguments(arguments.to_vec());
    let receipt = world.send_deploy(&deploy);
    assert!(receipt.is_success(), "{:?}", receipt.reason);
    receipt.expect_contract()
}

#[test]
fn a_token_is_what_tokens_are() {
    let mut world = World::new();
    let token = deploy(&mut world, TOKEN, &[1_000u64.into()]);
    let bob = world.engine.account("bob").expect("a development account");
    assert_eq!(artifact(TOKEN).kind, Some(VmKind::Js));
    let receipt = world.send(token, "transfer", &[bob.into(), 300u64.into()]);
    assert_eq!(receipt.expect_ok().events.len(), 1);
    assert_eq!(world.read_with(token, "balanceOf", &[bob.into()]), 300);
    assert_eq!(world.read_with(token, "balanceOf", &[world.alice.into()]), 700);
    let refused = world.send(token, "transfer", &[bob.into(), 701u64.into()]);
    assert_eq!(refused.reason.as_deref(), Some("\"RangeError: the balance is 700\""));
    assert_eq!(world.read_with(token, "balanceOf", &[bob.into()]), 300);
}

#[test]
fn exchanges_of_every_machine_trade_javascript_tokens() {
    for exchange in ["solidity/Exchange.json", "rust/exchange.wasm"] {
        let mut world = World::new();
        let tokens = [(); 2].map(|()| deploy(&mut world, TOKEN, &[1_000_000u64.into()]));
        let exchange = world.deploy(exchange, &tokens.map(Value::from));
        for token in tokens {
            world.send(token, "approve", &[exchange.into(), 1_000_000u64.into()]).expect_ok();
        }
        world.send(exchange, "addLiquidity", &[10_000u64.into(), 40_000u64.into()]).expect_ok();
        let arguments: [Value; 3] = [tokens[0].into(), 1_000u64.into(), 1u64.into()];
        let receipt = world.send(exchange, "swap", &arguments);
        assert!(receipt.is_success(), "{:?}", receipt.reason);
        let held = tokens.map(|token| world.read_with(token, "balanceOf", &[exchange.into()]));
        assert_eq!(held, [11_000, 40_000 - 3_626]);
    }
}

#[test]
fn javascript_calls_contracts_of_every_machine_and_catches_their_errors() {
    for token in ["solidity/Token.json", "rust/token.wasm", "c/token.wasm"] {
        let mut world = World::new();
        let caller = deploy(&mut world, CALLER, &[]);
        let token = world.deploy(token, &["Coin".into(), "C".into(), 1_000u64.into()]);
        world.send(token, "transfer", &[caller.into(), 500u64.into()]).expect_ok();
        let bob = world.engine.account("bob").expect("a development account");
        let paid = world.send(caller, "pay", &[token.into(), bob.into(), 200u64.into()]);
        assert!(paid.is_success(), "{:?}", paid.reason);
        assert_eq!(paid.values().expect("a number"), [Value::uint(200)]);
        let refused = world.send(caller, "pay", &[token.into(), bob.into(), 301u64.into()]);
        assert!(!refused.is_success() && refused.events.is_empty());
        let caught = world.send(caller, "tryToPay", &[token.into(), bob.into(), 301u64.into()]);
        assert_eq!(caught.values().expect("a text"), [Value::text("InsufficientBalance")]);
        assert_eq!(world.read_with(token, "balanceOf", &[bob.into()]), 200);
    }
}

#[test]
fn javascript_reads_its_own_and_calls_itself_to_the_limit() {
    let mut world = World::new();
    let caller = deploy(&mut world, CALLER, &[]);
    let receipt = world.send(caller, "deep", &[caller.into(), 20u64.into()]);
    assert_eq!(receipt.values().expect("a number"), [Value::uint(21)]);
    // Foreign frames may nest 64 deep: the caller of the last one gets its end as an error.
    let receipt = world.send(caller, "deep", &[caller.into(), 80u64.into()]);
    assert!(!receipt.is_success());

    let spin = Request::new(world.alice, caller, "spin").gas_limit(braidvm::Gas(2_000_000));
    let receipt = world.request(&spin);
    assert_eq!(receipt.call.status, Status::Halt(HaltReason::OutOfGas));
    assert_eq!(receipt.gas_used, braidvm::Gas(2_000_000));
    let receipt = world.send(caller, "deep", &[caller.into(), 1u64.into()]);
    assert_eq!(receipt.values().expect("a number"), [Value::uint(2)]);
}

const THROWS: &str = "// a comment
interface Far { away: number }

export function plain(): void {
    throw new Error('plain');
}
export function handled(): void {
    try { plain(); } catch { }
    (null as any).nothing;
}
export function again(): void {
    try {
        plain();
    } catch (error) {
        throw error;
    }
}
";

#[test]
fn the_trace_tells_where_a_contract_threw() {
    let mut world = World::new();
    let contract = deploy(&mut world, THROWS, &[]);
    for (method, expected) in [
        ("plain", Some("thrown at main.ts:5")),
        ("again", Some("thrown at main.ts:15")),
        // The error of the engine has words and no place, and the one that was handled is not told.
        ("handled", Some("cannot read property 'nothing' of null")),
    ] {
        let receipt = world.send(contract, method, &[]);
        assert_eq!(receipt.status, Status::Revert);
        let lines = &receipt.trace.as_ref().expect("is recorded").debug;
        assert_eq!(lines.first().map(String::as_str), expected, "{method}");
    }
}
