//! What an operator chooses holds where code runs.

mod common;

use std::sync::Arc;

use braid_vm_evm::{Evm, EvmConfig, Hardfork, NoCrossing, OpcodeSet};
use common::{TestView, address, call};
use primitives::{Address, B256, Gas, VmKind};
use state::Key;
use vm::{BlockEnvironment, HaltReason, Status, Vm};

fn run(config: EvmConfig, code: &[u8]) -> (Status, Gas) {
    let view = TestView::with(&[(address(1), code.to_vec())]);
    let mut session = Evm::new(config).session(Arc::new(view), Arc::new(NoCrossing));
    session.set_block(&BlockEnvironment::default());
    let result = session.simulate(&call(address(1), &[], 0)).expect("valid");
    (result.status, result.gas_used)
}

#[test]
fn an_opcode_that_is_off_halts_as_an_unknown_one() {
    let unknown = run(EvmConfig::default(), &[0x0c]);
    assert!(matches!(unknown.0, Status::Halt(HaltReason::Evm(_))));
    for (name, code) in [("ORIGIN", vec![0x32, 0x00]), ("0x5f", vec![0x5f, 0x00])] {
        assert_eq!(run(EvmConfig::default(), &code).0, Status::Success);
        let disabled_opcodes = OpcodeSet::parse([name]).expect("known");
        let config = EvmConfig { disabled_opcodes, ..EvmConfig::default() };
        assert_eq!(run(config, &code), unknown, "{name}");
    }
}

#[test]
fn a_hardfork_has_the_opcodes_of_its_time() {
    let push0 = [0x5f, 0x00];
    for fork in Hardfork::ALL {
        let (status, _) = run(EvmConfig { version: *fork, ..EvmConfig::default() }, &push0);
        assert_eq!(status.is_success(), *fork >= Hardfork::Shanghai, "{fork}");
    }
}

#[test]
fn memory_has_a_limit() {
    let touch = [0x61, 0x10, 0x00, 0x51, 0x00]; // mload(4096), stop
    assert_eq!(run(EvmConfig::default(), &touch).0, Status::Success);
    let config = EvmConfig { memory_bytes_max: 4096 + 31, ..EvmConfig::default() };
    assert_eq!(run(config, &touch).0, Status::Halt(HaltReason::OutOfGas));
    let config = EvmConfig { memory_bytes_max: 4096 + 32, ..EvmConfig::default() };
    assert_eq!(run(config, &touch).0, Status::Success);
}

#[test]
fn the_machine_tells_its_hardfork() {
    let evm = Evm::new(EvmConfig { version: Hardfork::London, ..EvmConfig::default() });
    assert_eq!(evm.kind(), VmKind::Evm);
    assert_eq!(evm.version().to_string(), "1.0.0 (london)");
    assert!(evm.recognizes(b"0x6080604052"));
    assert!(evm.validate(b"0x6080604052").is_ok());
}

#[test]
fn an_account_with_slots_is_no_place_for_a_contract() {
    // create2(0, 0, 0, 0): a contract without code. Its address is returned.
    let factory = [0x5f, 0x5f, 0x5f, 0x5f, 0xf5, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3];
    let create = |view: TestView| {
        let config = EvmConfig::default();
        let mut session = Evm::new(config).session(Arc::new(view), Arc::new(NoCrossing));
        session.set_block(&BlockEnvironment::default());
        let result = session.transact(&call(address(1), &[], 0)).expect("valid");
        let changes = session.take_changes().expect("the view reads");
        (result.output, changes.writes)
    };
    let view = TestView::with(&[(address(1), factory.to_vec())]);
    let (created, _) = create(view.clone());
    let created = Address::new(created.as_ref().try_into().expect("a word"));
    assert_ne!(created, Address::ZERO);

    let (refused, writes) = create(view.with_slot(&created, B256::with_last_byte(1)));
    assert!(refused.iter().all(|byte| *byte == 0), "EIP-7610");
    assert_eq!(writes.get(&Key::account(&created)), None);
}

#[test]
fn the_slots_of_an_account_that_goes_go_with_it() {
    for (fork, remains) in [(Hardfork::Tangerine, true), (Hardfork::SpuriousDragon, false)] {
        let view = TestView::with(&[]).with_slot(&address(9), B256::with_last_byte(1));
        let config = EvmConfig { version: fork, ..EvmConfig::default() };
        let mut session = Evm::new(config).session(Arc::new(view), Arc::new(NoCrossing));
        session.set_block(&BlockEnvironment::default());
        session.transact(&call(address(9), &[], 0)).expect("valid");
        let writes = session.take_changes().expect("the view reads").writes;
        let removed = (!remains).then_some(None);
        let slot = Key::slot(&address(9), &B256::with_last_byte(1));
        assert_eq!(writes.get(&slot), removed, "{fork}");
        assert_eq!(writes.get(&Key::account(&address(9))), removed, "{fork}");
    }
}
