//! Calls nest up to a limit; what would go deeper fails, and its caller goes on.

use braid_crossing_tests::{
    World,
    contracts::{EVM_BOUNCER, WASM_BOUNCER},
    word,
};
use braidvm::{
    Address, Gas, U256, VmKind,
    rooms::{
        primitives::limits::{CALL_DEPTH_MAX, FOREIGN_DEPTH_MAX},
        state::{Key, WriteSet},
        vm::{HaltReason, Status, trace::CallNode},
        vm_wasm::EngineChoice,
    },
};

/// Enough for 1,024 frames of which each lends 63/64.
const GAS: Gas = Gas(2_000_000_000_000);

fn world(engine: EngineChoice) -> World {
    World::with_config(|config| {
        config.chain.gas_limit = GAS;
        config.vm.wasm.engine = engine;
    })
}

/// How often a bouncer of the EVM ran.
fn evm_count(writes: &WriteSet, contract: &Address) -> u32 {
    let key = Key::slot(contract, &braidvm::B256::ZERO);
    let value = writes.get(&key).flatten();
    value.map_or(0, |value| U256::from_be_slice(value).to())
}

/// How often a bouncer of WebAssembly ran.
fn wasm_count(writes: &WriteSet, contract: &Address) -> u32 {
    let value = writes.get(&Key::kv(contract, &[])).flatten();
    value.map_or(0, |value| u32::from_le_bytes(value.as_ref().try_into().expect("four bytes")))
}

/// The frames from the first to the deepest.
fn spine(node: &CallNode) -> Vec<&CallNode> {
    let mut spine = vec![node];
    while let Some(next) = spine.last().and_then(|node| node.calls.last()) {
        spine.push(next);
    }
    spine
}

#[test]
fn evm_frames_nest_to_their_limit() {
    let mut world = world(EngineChoice::Interpreted);
    let bouncer = world.deploy_evm(EVM_BOUNCER);
    let (result, writes) = world.run(&world.transaction(bouncer, word(&bouncer), GAS));
    assert!(result.status.is_success());
    // The first frame has depth 0, so that there are 1,025 of them (as on Ethereum).
    assert_eq!(evm_count(&writes, &bouncer), CALL_DEPTH_MAX + 1);
}

#[test]
fn foreign_frames_nest_to_their_limit_and_the_caller_goes_on() {
    for engine in [EngineChoice::Interpreted, EngineChoice::Compiled] {
        let mut world = world(engine);
        let bouncer = world.deploy_wat(WASM_BOUNCER);
        let (result, writes) = world.run(&world.transaction(bouncer, word(&bouncer), GAS));
        assert!(result.status.is_success(), "{:?}", result.status);
        assert_eq!(wasm_count(&writes, &bouncer), FOREIGN_DEPTH_MAX);
        let trace = result.trace.expect("traces are recorded");
        let spine = spine(&trace);
        let last = spine.last().expect("there is a frame");
        let reason = HaltReason::CallDepth(FOREIGN_DEPTH_MAX);
        assert_eq!(last.status, Status::Halt(reason.clone()));
        assert_eq!(reason.to_string(), "call depth limit of 64 reached");
        assert_eq!(spine.len(), FOREIGN_DEPTH_MAX as usize + 1);
        assert!(spine[..spine.len() - 1].iter().all(|frame| frame.status.is_success()));
    }
}

#[test]
fn mixed_frames_nest_until_the_first_limit() {
    for engine in [EngineChoice::Interpreted, EngineChoice::Compiled] {
        let mut world = world(engine);
        let evm = world.deploy_evm(EVM_BOUNCER);
        let wasm = world.deploy_wat(WASM_BOUNCER);
        for (first, other, evm_frames) in [(evm, wasm, 65), (wasm, evm, 64)] {
            let (result, writes) = world.run(&world.transaction(first, word(&other), GAS));
            assert!(result.status.is_success(), "{:?}", result.status);
            assert_eq!(wasm_count(&writes, &wasm), FOREIGN_DEPTH_MAX);
            assert_eq!(evm_count(&writes, &evm), evm_frames);
            let trace = result.trace.expect("traces are recorded");
            let last = *spine(&trace).last().expect("there is a frame");
            assert_eq!(last.start.kind, VmKind::Wasm);
            assert_eq!(last.status, Status::Halt(HaltReason::CallDepth(FOREIGN_DEPTH_MAX)));
        }
    }
}

/// EVM code that calls itself as often as the first word of its input says, and then the contract
/// in the second word, with its own address as input.
const DIVER: &[u8] = &[
    0x60, 0x20, 0x35, 0x60, 0x20, 0x52, // the second word goes along
    0x60, 0x00, 0x35, 0x80, 0x60, 0x21, 0x57, // the first word: where it is not 0, to 0x21
    0x30, 0x60, 0x00, 0x52, // ADDRESS to memory
    0x60, 0x00, 0x60, 0x00, 0x60, 0x20, 0x60, 0x00, 0x60, 0x00, // output, input, value
    0x60, 0x20, 0x51, 0x5a, 0xf1, 0x00, // to, gas, CALL, STOP
    0x5b, 0x60, 0x01, 0x90, 0x03, 0x60, 0x00, 0x52, // one less to memory
    0x60, 0x00, 0x60, 0x00, 0x60, 0x40, 0x60, 0x00, 0x60, 0x00, // output, input, value
    0x30, 0x5a, 0xf1, 0x00, // to itself, gas, CALL, STOP
];

#[test]
fn a_dive_of_evm_frames_may_end_in_another_machine_at_any_depth() {
    let mut world = world(EngineChoice::Interpreted);
    let bouncer = world.deploy_wat(WASM_BOUNCER);
    let diver = world.deploy_evm(DIVER);
    // The bouncer calls the diver again, which then dives to the limit.
    let cases = [(0u64, 1), (1, 1), (500, 1), (1_000, 1), (1_022, 1), (1_023, 1), (1_024, 0)];
    for (levels, entered) in cases {
        let input = [U256::from(levels).to_be_bytes::<32>(), *bouncer.as_bytes()].concat();
        let (result, writes) = world.run(&world.transaction(diver, input.into(), GAS));
        assert!(result.status.is_success(), "{levels}: {:?}", result.status);
        assert_eq!(wasm_count(&writes, &bouncer), entered, "{levels}");
        let trace = result.trace.expect("traces are recorded");
        assert!(spine(&trace).len() <= CALL_DEPTH_MAX as usize + 2);
    }
}
