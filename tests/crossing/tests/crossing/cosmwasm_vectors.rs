//! The test contracts that CosmWasm publishes with its own machine, run as they are.
//!
//! They are in the source of the crate `cosmwasm-vm`, which cargo is asked for; without it these
//! tests say so and do nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use braid_crossing_tests::World;
use braidvm::{
    Address, Artifact, Bytes, Deploy, EngineError, Request, U256, Value, Wei,
    rooms::vm_wasm::EngineChoice,
};

const ENGINES: [EngineChoice; 2] = [EngineChoice::Interpreted, EngineChoice::Compiled];

/// The folder of the contracts, or nothing where cargo does not have it.
fn folder() -> Option<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/cosmwasm/Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1", "--manifest-path"])
        .arg(manifest)
        .output()
        .ok()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    let packages = metadata["packages"].as_array()?;
    let found = packages.iter().find(|package| package["name"] == "cosmwasm-vm")?;
    let folder = Path::new(found["manifest_path"].as_str()?).parent()?.join("testdata");
    folder.is_dir().then_some(folder)
}

/// The code of a contract.
#[allow(clippy::print_stderr, reason = "a test says what it skips")]
fn code(name: &str) -> Option<Vec<u8>> {
    let Some(folder) = folder() else {
        eprintln!(
            "skipped: cargo does not have cosmwasm-vm; \
             cargo fetch --manifest-path tests/vectors/cosmwasm/Cargo.toml brings it"
        );
        return None;
    };
    Some(std::fs::read(folder.join(name)).expect("the contract is in the folder"))
}

fn deploy(world: &mut World, name: &str, message: &str) -> Option<Address> {
    let artifact = Artifact::new(name, Bytes::from(code(name)?));
    let mut deploy = Deploy::new(world.alice, artifact).arguments(vec![Value::text(message)]);
    deploy.value = Wei(U256::from(1_000));
    Some(world.send_deploy(&deploy).expect_contract())
}

fn ask(world: &World, contract: Address, message: &str) -> Result<String, String> {
    let request = Request::new(world.alice, contract, "query").arguments([Value::text(message)]);
    let output = world.engine.call(&request).expect("the request is valid");
    match output.reason {
        Some(reason) => Err(reason),
        None => Ok(output.values().expect("a text")[0].as_text().expect("a text").to_owned()),
    }
}

fn text(address: Address) -> String {
    address.to_string().to_lowercase()
}

#[test]
fn hackatom_keeps_coin_and_releases_it_to_its_beneficiary() {
    for name in ["hackatom.wasm", "hackatom_1.0.wasm", "hackatom_1.2.wasm", "hackatom_1.3.wasm"] {
        let used = ENGINES.map(|engine| {
            let mut world = World::with_config(|config| config.vm.wasm.engine = engine);
            let beneficiary = Address::new([7; 32]);
            let message = format!(
                r#"{{"verifier":"{}","beneficiary":"{}"}}"#,
                text(world.alice),
                text(beneficiary)
            );
            let contract = deploy(&mut world, name, &message)?;
            let found = ask(&world, contract, r#"{"verifier":{}}"#);
            assert_eq!(found, Ok(format!(r#"{{"verifier":"{}"}}"#, text(world.alice))));
            let release = match name {
                "hackatom.wasm" => r#"{"release":{"denom":"wei"}}"#,
                _ => r#"{"release":{}}"#,
            };
            let bob = world.engine.account("bob").expect("a development account");
            let by_bob = Request::new(bob, contract, "execute").arguments([Value::text(release)]);
            let receipt = world.request(&by_bob);
            let reason = receipt.reason.clone().unwrap_or_default();
            assert!(reason.contains("Unauthorized"), "{reason}");
            let receipt = world.send(contract, "execute", &[Value::text(release)]);
            assert!(receipt.is_success(), "{name}: {:?}", receipt.reason);
            assert_eq!(world.balance(&beneficiary).to::<u64>(), 1_000);
            Some(receipt.gas_used)
        });
        assert_eq!(used[0], used[1], "{name}");
    }
}

#[test]
fn hackatom_is_migrated_and_ordered_by_its_owner_alone() {
    let mut world = World::new();
    let message = format!(r#"{{"verifier":"{0}","beneficiary":"{0}"}}"#, text(world.alice));
    let Some(contract) = deploy(&mut world, "hackatom.wasm", &message) else { return };
    let bob = world.engine.account("bob").expect("a development account");
    let migrate = format!(r#"{{"verifier":"{}"}}"#, text(bob));
    for (method, message) in
        [("migrate", migrate.as_str()), ("sudo", r#"{"steal_funds":{"recipient":"","amount":[]}}"#)]
    {
        let by_bob = Request::new(bob, contract, method).arguments([Value::text(message)]);
        let reason = world.request(&by_bob).reason.clone().unwrap_or_default();
        assert!(reason.contains("owner of the contract alone"), "{reason}");
    }
    world.send(contract, "migrate", &[Value::text(migrate)]).expect_ok();
    let found = ask(&world, contract, r#"{"verifier":{}}"#);
    assert_eq!(found, Ok(format!(r#"{{"verifier":"{}"}}"#, text(bob))));
    let steal = format!(
        r#"{{"steal_funds":{{"recipient":"{}","amount":[{{"denom":"wei","amount":"400"}}]}}}}"#,
        text(Address::new([9; 32]))
    );
    world.send(contract, "sudo", &[Value::text(steal)]).expect_ok();
    assert_eq!(world.balance(&Address::new([9; 32])).to::<u64>(), 400);
    let checked = ask(
        &world,
        contract,
        &format!(r#"{{"other_balance":{{"address":"{}"}}}}"#, text(contract)),
    );
    assert!(checked.is_err() || checked.is_ok_and(|it| it.contains("600")));
}

#[test]
fn cyberpunk_ends_where_its_gas_or_its_memory_does() {
    let used = ENGINES.map(|engine| {
        let mut world = World::with_config(|config| config.vm.wasm.engine = engine);
        let contract = deploy(&mut world, "cyberpunk.wasm", "{}")?;
        let mut used = Vec::new();
        for (message, expected) in [
            (r#"{"cpu_loop":{}}"#, "out of gas"),
            (r#"{"storage_loop":{}}"#, "out of gas"),
            (r#"{"panic":{}}"#, "aborted: panicked at"),
            (r#"{"unreachable":{}}"#, "trap: unreachable"),
            (r#"{"unknown":{}}"#, "unknown variant"),
        ] {
            let receipt = world.send(contract, "execute", &[Value::text(message)]);
            let reason = receipt.reason.clone().unwrap_or_default();
            assert!(reason.contains(expected), "{message}: {reason}");
            used.push(receipt.gas_used);
        }
        let receipt = world.send(contract, "execute", &[Value::text(r#"{"debug":{}}"#)]);
        assert!(receipt.is_success(), "{:?}", receipt.reason);
        let receipt = world.send(contract, "execute", &[Value::text(r#"{"mirror_env":{}}"#)]);
        assert!(receipt.is_success(), "{:?}", receipt.reason);
        let values = receipt.values().expect("data and events");
        let data = String::from_utf8(values[0].as_bytes().expect("bytes").to_vec()).expect("JSON");
        assert!(data.contains(&text(contract)) && data.contains("chain_id"), "{data}");
        used.push(receipt.gas_used);
        Some(used)
    });
    assert_eq!(used[0], used[1]);
}

#[test]
fn floats_are_the_same_on_both_engines_and_have_one_nan() {
    let results = ENGINES.map(|engine| {
        let mut world = World::with_config(|config| config.vm.wasm.engine = engine);
        let contract = deploy(&mut world, "floaty_2.0.wasm", "{}")?;
        let names = ask(&world, contract, r#"{"instructions":{}}"#).expect("a list");
        let names: Vec<String> = serde_json::from_str(&names).expect("names");
        assert_eq!(names.len(), 70);
        let mut results = Vec::new();
        for name in &names {
            for seed in 0..8 {
                let asked =
                    format!(r#"{{"random_args_for":{{"instruction":"{name}","seed":{seed}}}}}"#);
                let arguments = ask(&world, contract, &asked).expect("arguments");
                let run = format!(r#"{{"run":{{"instruction":"{name}","args":{arguments}}}}}"#);
                results.push((name.clone(), arguments, ask(&world, contract, &run)));
            }
        }
        Some(results)
    });
    assert_eq!(results[0], results[1]);
    for (name, arguments, result) in results.into_iter().flatten().flatten() {
        let Ok(result) = result else { continue };
        let (kind, operation) = name.split_once('.').expect("a type and an operation");
        let moves_bits = ["abs", "neg", "copysign"].contains(&operation)
            || operation.starts_with("reinterpret")
            || !kind.starts_with('f');
        let result: serde_json::Value = serde_json::from_str(&result).expect("a value");
        let bits = result.as_object().and_then(|it| it.values().next()?.as_u64());
        let bits = bits.expect("the bits of a float");
        let (is_nan, canonical) = match kind {
            "f32" => (f32::from_bits(bits as u32).is_nan(), 0x7fc0_0000),
            _ => (f64::from_bits(bits).is_nan(), 0x7ff8_0000_0000_0000),
        };
        assert!(moves_bits || !is_nan || bits == canonical, "{name} {arguments}: {bits:x}");
    }
}

#[test]
fn what_cannot_run_is_refused_with_the_reason() {
    for (name, expected) in [
        ("hackatom_0.16.wasm", "interface_version_7"),
        ("hackatom_0.12.wasm", "cosmwasm_vm_version_4"),
        ("ibc_reflect.wasm", "requires_stargate"),
        ("ibc2.wasm", "requires_ibc2"),
        ("empty.wasm", "instantiate"),
    ] {
        let world = World::new();
        let Some(code) = code(name) else { return };
        let artifact = Artifact::new(name, Bytes::from(code));
        let deploy = Deploy::new(world.alice, artifact);
        let error = world.engine.deploy_transaction(&deploy).err();
        let Some(EngineError::Code(error)) = error else { panic!("{name}: {error:?}") };
        assert!(error.to_string().contains(expected), "{name}: {error}");
    }
}
