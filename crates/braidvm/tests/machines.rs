//! Stopping and starting machines while an engine runs, and over its folder.

use braidvm::{Artifact, Config, Deploy, Engine, EngineError, Request, VmKind};

const COUNTER: &[u8] = include_bytes!("../../../contracts/artifacts/c/counter.wasm");

#[test]
fn a_machine_that_is_stopped_stays_stopped_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Engine::open(folder.path(), Config::default()).unwrap();
    let mut engine = open();
    let alice = engine.account("alice").unwrap();
    let artifact = Artifact::from_bytes("counter", COUNTER).unwrap();
    let counter = engine.deploy(&Deploy::new(alice, artifact)).unwrap().expect_contract();
    let add = Request::new(alice, counter, "add").arguments(["5"]);
    assert!(engine.send(&add).unwrap().is_success());
    engine.machines().stop(VmKind::Wasm).unwrap();
    let programs = |engine: &Engine| {
        let counters = engine.machines().metrics(VmKind::Wasm).unwrap();
        counters.iter().find(|(name, _)| *name == "cache_programs").map(|(_, count)| *count)
    };
    assert_eq!(programs(&engine), Some(0), "what is stopped keeps nothing");
    assert!(!engine.send(&add).unwrap().is_success());
    drop(engine);

    let mut engine = open();
    assert!(!engine.machines().status(VmKind::Wasm).unwrap().is_enabled);
    assert!(engine.machines().status(VmKind::Evm).unwrap().is_enabled);
    assert!(!engine.send(&add).unwrap().is_success());
    engine.machines().start(VmKind::Wasm).unwrap();
    assert!(engine.send(&add).unwrap().is_success());
    drop(engine);
    assert!(open().machines().list().iter().all(|machine| machine.is_enabled));
}

#[test]
fn a_machine_that_is_left_out_or_missing_is_not_started() {
    let mut config = Config::default();
    config.vm.enabled_vms = vec![VmKind::Evm];
    let engine = Engine::in_memory(config).unwrap();
    let error = engine.machines().start(VmKind::Wasm).unwrap_err();
    assert!(matches!(error, EngineError::MachineLeftOut(VmKind::Wasm)), "{error}");
    let error = engine.machines().start(VmKind::Container).unwrap_err();
    assert!(error.to_string().contains("container is not part of this node"), "{error}");
    assert!(engine.machines().stop(VmKind::Container).is_err());
}

#[test]
fn a_damaged_list_of_stopped_machines_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("stopped-machines"), "wasm\nwsam\n").unwrap();
    let error = Engine::open(folder.path(), Config::default()).unwrap_err().to_string();
    assert!(error.contains("stopped-machines") && error.contains("wsam"), "{error}");
}
