//! Contracts of Arbitrum Stylus among those of other machines.

use braid_crossing_tests::{World, call_data, number, world::artifact};
use braidvm::{Address, Deploy, U256, Value, rooms::vm_wasm::EngineChoice};

fn token(world: &mut World) -> Address {
    let arguments = ["Coin".into(), "C".into(), 1_000_000u64.into()];
    world.deploy("stylus/token.wasm", &arguments)
}

#[test]
fn the_constructor_runs_once_and_at_the_deploy() {
    let mut world = World::new();
    let token = token(&mut world);
    assert_eq!(world.read_with(token, "balanceOf", &[world.alice.into()]), 1_000_000);
    let state = world.engine.latest();
    let found = state.inspect(&token, 100).expect("the contract is there");
    assert_eq!(found.personality.map(|it| it.to_string()).as_deref(), Some("stylus"));
    // Slot 2 holds the supply, as in a Solidity contract with the same variables.
    let slot = |index: u64| U256::from(index).to_be_bytes::<32>();
    let supply = found.storage.iter().find(|(key, _)| key.suffix() == slot(2));
    let (_, supply) = supply.expect("the supply is kept");
    assert_eq!(number(supply), U256::from(1_000_000));
    let again = call_data("stylus_constructor()", &[]);
    let receipt = world.send_raw(token, again);
    assert!(!receipt.is_success(), "nobody runs the constructor again");
}

#[test]
fn both_engines_use_the_same_gas() {
    let used = [EngineChoice::Interpreted, EngineChoice::Compiled].map(|engine| {
        let mut world = World::with_config(|config| config.vm.wasm.engine = engine);
        let token = token(&mut world);
        let arguments: [Value; 2] = [Address::new([7; 32]).into(), 5u64.into()];
        let receipt = world.send(token, "transfer", &arguments);
        assert!(receipt.is_success(), "{:?}", receipt.reason);
        receipt.gas_used
    });
    assert_eq!(used[0], used[1]);
}

#[test]
fn an_error_of_a_token_is_told_by_its_interface() {
    let mut world = World::new();
    let token = token(&mut world);
    let receipt = world.send(token, "transfer", &[world.alice.into(), 1_000_001u64.into()]);
    let reason = receipt.reason.as_deref().expect("a revert has a reason");
    assert!(reason.contains("InsufficientBalance") && reason.contains("1000001"), "{reason}");
    let deploy = Deploy::new(world.alice, artifact("stylus/exchange.wasm"))
        .arguments(vec![Value::from(token), token.into()]);
    let receipt = world.send_deploy(&deploy);
    assert!(!receipt.is_success(), "an exchange of a token with itself is refused");
    assert_eq!(receipt.call.output, call_data("SameToken(address)", &[token.into()]));
}
