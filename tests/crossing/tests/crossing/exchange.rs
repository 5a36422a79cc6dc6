//! Exchanges and tokens of all languages trade with each other in one transaction.

use braid_crossing_tests::World;
use braidvm::{Address, U256, Value};

const TOKENS: [&str; 5] = [
    "solidity/Token.json",
    "rust/token.wasm",
    "c/token.wasm",
    "assemblyscript/token.wasm",
    "stylus/token.wasm",
];
const EXCHANGES: [&str; 5] = [
    "solidity/Exchange.json",
    "rust/exchange.wasm",
    "c/exchange.wasm",
    "assemblyscript/exchange.wasm",
    "stylus/exchange.wasm",
];

/// An exchange and its two tokens, with 10,000 and 40,000 in the reserves.
fn market(world: &mut World, exchange: &str, tokens: [&str; 2]) -> (Address, [Address; 2]) {
    let arguments = || -> [Value; 3] { ["Coin".into(), "C".into(), 1_000_000u64.into()] };
    let tokens = tokens.map(|path| world.deploy(path, &arguments()));
    let exchange = world.deploy(exchange, &tokens.map(Value::from));
    for token in tokens {
        world.send(token, "approve", &[exchange.into(), 1_000_000u64.into()]).expect_ok();
    }
    world.send(exchange, "addLiquidity", &[10_000u64.into(), 40_000u64.into()]).expect_ok();
    (exchange, tokens)
}

fn holdings(world: &World, tokens: [Address; 2], exchange: Address) -> [[u64; 2]; 2] {
    tokens.map(|token| {
        [world.alice, exchange].map(|it| world.read_with(token, "balanceOf", &[it.into()]))
    })
}

#[test]
fn every_exchange_trades_tokens_of_two_other_languages() {
    for (index, exchange) in EXCHANGES.into_iter().enumerate() {
        let mut world = World::new();
        let pair = [TOKENS[(index + 1) % TOKENS.len()], TOKENS[(index + 2) % TOKENS.len()]];
        let (exchange, tokens) = market(&mut world, exchange, pair);
        let before = holdings(&world, tokens, exchange);
        assert_eq!(before, [[990_000, 10_000], [960_000, 40_000]]);
        let arguments: [Value; 3] = [tokens[0].into(), 1_000u64.into(), 1u64.into()];
        let receipt = world.send(exchange, "swap", &arguments);
        assert!(receipt.is_success(), "{:?}", receipt.reason);
        // 1,000 of the first token less 0.3 %: 40,000 * 997 / (10,000 + 997).
        let out = 3_626;
        let values = receipt.values().expect("a number");
        assert_eq!(values, [Value::from(U256::from(out))]);
        let after = holdings(&world, tokens, exchange);
        assert_eq!(after, [[989_000, 11_000], [960_000 + out, 40_000 - out]]);
        assert_eq!(receipt.events.len(), 3, "two transfers and the swap");
        let places: Vec<_> = receipt.events.iter().map(|event| event.address).collect();
        assert_eq!(places.last(), Some(&exchange));
        let trace = receipt.call.trace.expect("traces are recorded");
        assert_eq!(trace.calls.len(), 2);
    }
}

#[test]
fn a_swap_below_its_minimum_undoes_both_transfers() {
    for (index, exchange) in EXCHANGES.into_iter().enumerate() {
        let mut world = World::new();
        let pair = [TOKENS[(index + 1) % TOKENS.len()], TOKENS[(index + 3) % TOKENS.len()]];
        let (exchange, tokens) = market(&mut world, exchange, pair);
        let before = holdings(&world, tokens, exchange);
        let arguments: [Value; 3] = [tokens[0].into(), 1_000u64.into(), 3_627u64.into()];
        let receipt = world.send(exchange, "swap", &arguments);
        assert!(!receipt.is_success());
        let reason = receipt.reason.as_deref().expect("a revert has a reason");
        assert!(reason.contains("InsufficientOutput") && reason.contains("3626"), "{reason}");
        assert_eq!(holdings(&world, tokens, exchange), before);
        assert!(receipt.events.is_empty());
        // A sender without an allowance is refused by the token, through the exchange.
        let bob = world.engine.account("bob").expect("a development account");
        let request = braidvm::Request::new(bob, exchange, "swap").arguments([
            Value::from(tokens[1]),
            10u64.into(),
            0u64.into(),
        ]);
        assert!(!world.request(&request).is_success());
        assert_eq!(holdings(&world, tokens, exchange), before);
    }
}
