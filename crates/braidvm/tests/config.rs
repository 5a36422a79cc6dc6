//! Configurations as people write them: both forms, other projects' keys, layers, and what is
//! refused.

use braidvm::{Config, Engine, Format, Layers, Origin, VmKind, rooms::vm_wasm::EngineChoice};
use serde_json::json;

const MULTI_VM: &str = include_str!("config/multi_vm.toml");
const PROVIDERS: &str = include_str!("config/providers.yaml");
const FACTORY: &str = include_str!("config/factory.toml");

fn yaml(text: &str) -> Result<Config, String> {
    Config::from_text("a.yaml", Format::Yaml, text).map_err(|error| error.to_string())
}

fn toml(text: &str) -> Result<Config, String> {
    Config::from_text("a.toml", Format::Toml, text).map_err(|error| error.to_string())
}

fn refused(text: &str) -> String {
    yaml(text).expect_err("it is refused")
}

fn environment(layers: Layers, name: &str, value: &str) -> Result<Layers, String> {
    let variables = [(name.to_owned(), value.to_owned())];
    layers.environment(variables).map_err(|error| error.to_string())
}

#[test]
fn the_keys_of_a_multi_machine_executor_mean_what_they_say() {
    let config = toml(MULTI_VM).unwrap();
    assert_eq!(config.vm.enabled_vms, [VmKind::Evm, VmKind::Wasm]);
    assert!(config.vm.enable_jit && config.vm.enable_cross_vm_calls);
    assert_eq!(config.vm.evm.version.to_string(), "london");
    assert_eq!(config.vm.evm.gas_limit.0, 10_000_000);
    assert_eq!(config.vm.wasm.memory_limit, 64 << 20);
    assert_eq!(config.vm.wasm.execution_time_limit_ms, Some(1_000));
    Engine::in_memory(config).unwrap();
}

#[test]
fn a_list_of_providers_means_what_it_says() {
    let config = yaml(PROVIDERS).unwrap();
    assert_eq!(config.vm.enabled_vms, [VmKind::Native, VmKind::Wasm, VmKind::Evm]);
    assert_eq!(config.vm.evm.version.to_string(), "istanbul");
    assert_eq!(config.vm.wasm.engine, EngineChoice::Auto);
    assert_eq!(config.vm.memory_bytes_max, Some(1 << 30));
    assert_eq!(config.execution.threads, 2);
    assert_eq!(config.vm.wasm.execution_time_limit_ms, Some(30_000));
    #[cfg(feature = "js")]
    assert_eq!(config.vm.js.execution_time_limit_ms, Some(30_000));
    let wasm = config.kernel().wasm;
    assert_eq!(wasm.cache_bytes, 256 << 20);
    assert_eq!(wasm.instances, 12, "three quarters of 1 GiB, 64 MiB each");
    Engine::in_memory(config).unwrap();
}

#[test]
fn the_fields_of_a_factory_mean_what_they_say() {
    let config = toml(FACTORY).unwrap();
    assert_eq!(config.vm.evm.version.to_string(), "shanghai");
    assert_eq!(config.vm.evm.memory_bytes_max, 1 << 20);
    assert_eq!(config.vm.evm.code_bytes_max, 32_768);
    assert!(config.vm.evm.disabled_opcodes.contains(0xff));
    assert_eq!(config.vm.wasm.memory_limit, 1 << 20);
    assert_eq!(config.vm.wasm.stack_slots, 512);
    assert_eq!(config.vm.wasm.allowed_imports.as_ref().map(Vec::len), Some(2));
    Engine::in_memory(config).unwrap();
}

#[test]
fn what_cannot_do_what_it_says_is_refused_with_the_reason() {
    for (text, reason) in [
        ("vm: {security: {allow_network: true}}", "reaches a network"),
        ("vm: {security: {allow_file_system: true}}", "reads files"),
        ("vm: {security: {enable_sandbox: false}}", "cannot be left"),
        ("vm: {security: {enable_sandbox: perhaps}}", "neither true nor false"),
        ("vm: {wasm: {deterministic: false}}", "same results"),
        ("vm: {wasm: {gas_costs: {add: 1}}}", "gas_costs"),
        ("vm: {evm: {enable_jit: true}}", "has no compiler"),
        ("vm: {evm: {charge_memory_expansion: false}}", "every hardfork"),
        ("vm: {evm: {stack_limit: 2048}}", "it is 1024"),
        ("vm: {max_call_depth: 64}", "it is 1024"),
        ("vm: {max_create_contract_limit: 5}", "code_bytes_max"),
        ("vm: {evm_precompile_addresses: [\"0x01\"]}", "the hardfork says"),
        ("vm: {limits: {cpu: \"0\"}}", "at least 1"),
        ("vm: {limits: {memory: \"much\"}}", "a number of bytes"),
        ("vm: {limits: {memory: 1MB}}", "programs and one instance need 134217728"),
        ("vm: {limits: {execution_timeout: 30y}}", "a number of milliseconds"),
        ("vm: {providers: [{type: wasm, runtime: wasmer}]}", "wasmer is not part of this build"),
        ("vm: {providers: [{type: docker}]}", "container is not part of this build"),
        ("vm: {providers: [{type: evn}]}", "unknown machine \"evn\""),
        ("vm: {providers: [{type: evm, version: \"9.9\"}]}", "unknown hardfork"),
        ("vm: {providers: [{type: evm, speed: 5}]}", "unknown key `speed`"),
        ("vm: {providers: [{enabled: true}]}", "has no `type`"),
        ("vm: {providers: native}", "a list of machines"),
        ("vm: {enable_jit: false, wasm: {engine: compiled}}", "either compiled or not"),
        ("metrics: {contracts: 10001}", "at most 10000"),
        ("metrics: {listen: here}", "metrics.listen"),
        ("vm: 5", "this is a section"),
        ("chain: {chain_id: {a: 1}}", "nothing stands below"),
    ] {
        let error = refused(text);
        assert!(error.contains(reason) && error.contains("a.yaml"), "{text}: {error}");
    }
}

#[test]
fn every_wrong_line_is_named_with_a_suggestion() {
    let error =
        refused("vm:\n  evm:\n    verison: london\nnode:\n  retention_block: 5\nlogs: {}\n");
    for part in [
        "a.yaml:3: unknown key `vm.evm.verison`",
        "did you mean `version`?",
        "a.yaml:5: unknown key `node.retention_block`",
        "did you mean `retention_blocks`?",
        "a.yaml:6: unknown key `logs`",
        "did you mean `log`?",
    ] {
        assert!(error.contains(part), "{part} is not in {error}");
    }
    let error = toml("[vm]\nenable_jit = false\nenable_jti = true\n").unwrap_err();
    assert!(error.contains("a.toml:3") && error.contains("`enable_jit`?"), "{error}");
    let error = toml("[vm.evm]\nversion = \"londn\"\n").unwrap_err();
    assert!(error.contains("a.toml:2") && error.contains("london"), "{error}");
    let error = toml("[log]\nlevel = \"wrn\"\n").unwrap_err();
    assert!(error.contains("did you mean `warn`?"), "{error}");
    let error = environment(Layers::new(), "BRAID_VM__EVM__VERISON", "london").unwrap_err();
    let expected = "BRAID_VM__EVM__VERISON: unknown key `vm.evm.verison`";
    assert!(error.contains(expected) && error.contains("did you mean `version`?"), "{error}");
}

#[test]
fn one_setting_in_two_words_is_refused() {
    let error = toml("[vm.evm]\nversion = \"london\"\nrevision = \"berlin\"\n").unwrap_err();
    assert!(error.contains("a.toml:3: vm.evm.version is said at a.toml:2 already"), "{error}");
}

#[test]
fn flags_stand_above_the_environment_above_files_above_defaults() {
    let text = "execution: {threads: 1}\nvm: {evm: {version: london, gas_limit: 7}}\n";
    let layers = Layers::new().file("a.yaml", Format::Yaml, text).unwrap();
    let layers = environment(layers, "BRAID_EXECUTION__THREADS", "2").unwrap();
    let layers = environment(layers, "BRAID_VM__EVM__REVISION", "berlin").unwrap();
    let layers = environment(layers, "BRAID_VM__ENABLED_VMS", "evm, wasm").unwrap();
    let layers = environment(layers, "BRAID_NODE__RETENTION_BLOCKS", "9").unwrap();
    let layers = environment(layers, "BRAID_DATA", "somewhere").unwrap();
    let resolved = layers.flag("--threads", "execution.threads", json!(3)).unwrap();
    let resolved = resolved.resolve().unwrap();
    let config = &resolved.config;
    assert_eq!(config.execution.threads, 3);
    assert_eq!(config.vm.evm.version.to_string(), "berlin");
    assert_eq!(config.vm.evm.gas_limit.0, 7);
    assert_eq!(config.vm.enabled_vms, [VmKind::Evm, VmKind::Wasm]);
    assert_eq!(config.node.retention_blocks.to_string(), "9");
    let file = Origin::File { name: "a.yaml".to_owned(), line: 2 };
    for (key, origin) in [
        ("execution.threads", Origin::Flag("--threads".to_owned())),
        ("vm.evm.version", Origin::Environment("BRAID_VM__EVM__REVISION".to_owned())),
        ("vm.evm.gas_limit", file),
        ("chain.chain_id", Origin::Default),
    ] {
        assert_eq!(*resolved.origin(key), origin, "{key}");
    }
}

#[test]
fn every_value_is_explained() {
    let explained = Layers::new().resolve().unwrap().explain();
    assert!(explained.len() > 30);
    let silent: Vec<_> = explained.iter().filter(|it| it.meaning.is_empty()).collect();
    assert!(silent.is_empty(), "config/keys.rs has no line for {silent:?}");
    assert!(explained.iter().all(|line| line.origin == Origin::Default));
    let version = explained.iter().find(|line| line.key == "vm.evm.version").unwrap();
    assert_eq!(version.value, json!("osaka"));
}

#[test]
fn without_a_compiler_everything_is_interpreted() {
    let config = toml("[vm]\nenable_jit = false\n").unwrap();
    assert_eq!(config.kernel().wasm.engine, EngineChoice::Interpreted);
    let config = toml("[vm]\nenable_jit = true\n").unwrap();
    assert_eq!(config.kernel().wasm.engine, EngineChoice::Auto);
}

#[test]
fn the_ending_of_a_name_tells_the_form() {
    use std::path::Path;
    assert_eq!(Format::of(Path::new("a.YML")), Format::Yaml);
    assert_eq!(Format::of(Path::new("a.yaml")), Format::Yaml);
    assert_eq!(Format::of(Path::new("a.toml")), Format::Toml);
    assert_eq!(Format::of(Path::new("braid")), Format::Toml);
}
