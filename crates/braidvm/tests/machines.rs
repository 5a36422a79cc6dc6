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
    halts(&mut engine, &add);
    drop(engine);

    let mut engine = open();
    assert!(engine.machines().status(VmKind::Wasm).unwrap().is_stopped);
    assert!(!engine.machines().status(VmKind::Evm).unwrap().is_stopped);
    halts(&mut engine, &add);
    engine.machines().start(VmKind::Wasm).unwrap();
    assert!(engine.send(&add).unwrap().is_success());
    drop(engine);
    assert!(open().machines().list().iter().all(|machine| !machine.is_stopped));
}

/// There is no block of it, and the chain stays where it is.
fn halts(engine: &mut Engine, request: &Request) {
    let (tip, root) = (engine.tip(), engine.store().root_at(engine.tip()).expect("held"));
    let error = engine.send(request).expect_err("it is stopped");
    assert!(!error.is_usage() && error.to_string().contains("wasm is stopped on"), "{error}");
    assert!(engine.call(request).expect_err("it is stopped").to_string().contains("is stopped on"));
    assert_eq!((engine.tip(), engine.store().root_at(tip).expect("held")), (tip, root));
}

#[test]
fn a_block_that_needs_a_stopped_machine_waits_and_does_not_fork() {
    for threads in [1, 4] {
        let mut config = Config::default();
        config.execution.threads = threads;
        config.execution.parallel_from = 2;
        let mut engine = Engine::in_memory(config).unwrap();
        let [alice, bob] = ["alice", "bob"].map(|name| engine.account(name).unwrap());
        let artifact = Artifact::from_bytes("counter", COUNTER).unwrap();
        let counter = engine.deploy(&Deploy::new(alice, artifact)).unwrap().expect_contract();
        let requests = [
            Request::new(alice, bob, "").value(braidvm::Wei::from_u64(1)),
            Request::new(alice, counter, "increment"),
            Request::new(alice, bob, "").value(braidvm::Wei::from_u64(1)),
        ];
        let nonce = engine.nonce(&alice).unwrap();
        let signed: Vec<_> = (nonce..)
            .zip(&requests)
            .map(|(nonce, request)| {
                let (mut transaction, _) = engine.transaction(request).unwrap();
                transaction.gas_limit = braidvm::Gas(1_000_000);
                engine.sign(&transaction, nonce).unwrap()
            })
            .collect();
        engine.machines().stop(VmKind::Wasm).unwrap();
        let tip = engine.tip();
        let error = engine.send_block(&signed).unwrap_err();
        assert!(error.to_string().contains("wasm is stopped on this node"), "{error}");
        assert_eq!(engine.tip(), tip);
        // Nor is a contract of it made, though the rules allow it.
        let artifact = Artifact::from_bytes("counter", COUNTER).unwrap();
        assert!(engine.deploy(&Deploy::new(alice, artifact)).is_err());
        // What does not need it goes on.
        assert!(engine.send_block(&signed[..1]).unwrap().skipped.is_empty());
        engine.machines().start(VmKind::Wasm).unwrap();
        assert!(engine.send_block(&signed[1..]).unwrap().skipped.is_empty());
        engine.machines().stop(VmKind::Wasm).unwrap();
        let error = engine.replay(engine.tip()).unwrap_err();
        assert!(error.to_string().contains("is stopped on this node"), "{error}");
        let error = engine.machines().stop(VmKind::Evm).unwrap_err().to_string();
        assert!(error.contains("every transaction runs through it"), "{error}");
    }
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
