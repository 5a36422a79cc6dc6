//! Keys as other projects write them, in Braid's words: each does what it says, or is refused with
//! the reason.
//!
//! The sources are the configuration of ChainMaker's module of machines (`vm.providers`,
//! `vm.limits`, `vm.security`), Rustorium's, and the fields of ProzChain's factory of machines.

use primitives::{VmKind, limits::CALL_DEPTH_MAX};
use serde_json::{Value as Json, json};
use vm_wasm::limits::MEMORY_PAGE_BYTES;

use super::words::{boolean, bytes, duration_ms, number, text};

/// Values of the EVM's stack (yellow paper, 9.1).
const EVM_STACK_VALUES: u64 = 1024;

/// The keys of the machines of this build that guard a node against frames that run too long.
const TIME_LIMITS: &[&str] = &[
    "vm.wasm.execution_time_limit_ms",
    #[cfg(feature = "js")]
    "vm.js.execution_time_limit_ms",
];

/// What a key comes to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    /// A key of Braid's own.
    Own,
    /// These settings; none where Braid is that way already.
    Settings(Vec<(&'static str, Json)>),
}

/// What a setting means.
///
/// # Errors
///
/// The reason where it cannot do what it says.
pub(super) fn meaning(path: &str, value: &Json) -> Result<Meaning, String> {
    let Some(path) = path.strip_prefix("vm.") else { return Ok(Meaning::Own) };
    Ok(match path {
        "providers" => Meaning::Settings(providers(value)?),
        "evm.version" => match release(value) {
            Some(fork) => becomes("vm.evm.version", json!(fork)),
            None => Meaning::Own,
        },
        "evm_revision" | "evm.revision" => becomes("vm.evm.version", value.clone()),
        "evm_disabled_opcodes" => becomes("vm.evm.disabled_opcodes", value.clone()),
        "evm_max_memory_size" | "evm.max_memory_size" => {
            becomes("vm.evm.memory_bytes_max", json!(bytes(value)?))
        }
        "evm.max_code_size" => becomes("vm.evm.code_bytes_max", json!(bytes(value)?)),
        "wasm.memory_limit" if value.is_string() => {
            becomes("vm.wasm.memory_limit", json!(bytes(value)?))
        }
        "wasm.max_memory_pages" => {
            let limit = number(value)?.checked_mul(u64::from(MEMORY_PAGE_BYTES));
            let limit = limit.ok_or("that many pages have more than 64 bits of bytes")?;
            becomes("vm.wasm.memory_limit", json!(limit))
        }
        "wasm.max_stack_height" => becomes("vm.wasm.stack_slots", json!(number(value)?)),
        "wasm.execution_time_limit" => {
            becomes("vm.wasm.execution_time_limit_ms", json!(duration_ms(value)?))
        }
        "limits.execution_timeout" => {
            let limit = json!(duration_ms(value)?);
            Meaning::Settings(TIME_LIMITS.iter().map(|key| (*key, limit.clone())).collect())
        }
        "limits.memory" => becomes("vm.memory_bytes_max", json!(bytes(value)?)),
        "limits.cpu" => becomes("execution.threads", json!(processors(value)?)),
        _ => return fixed(path, value),
    })
}

fn becomes(path: &'static str, value: Json) -> Meaning {
    Meaning::Settings(vec![(path, value)])
}

/// Keys whose value cannot be chosen: the one value that is so is accepted.
fn fixed(path: &str, value: &Json) -> Result<Meaning, String> {
    let always = |expected: bool, reason: &str| match boolean(value)? == expected {
        true => Ok(Meaning::Settings(Vec::new())),
        false => Err(reason.to_owned()),
    };
    let exactly = |expected: u64, reason: &str| match number(value)? == expected {
        true => Ok(Meaning::Settings(Vec::new())),
        false => Err(format!("it is {expected} and {reason}")),
    };
    match path {
        "security.enable_sandbox" => {
            always(true, "the sandbox is how every machine works and cannot be left")
        }
        "security.allow_network" => always(
            false,
            "a contract that reaches a network has other results on other nodes; none can",
        ),
        "security.allow_file_system" => {
            always(false, "a contract that reads files has other results on other nodes; none can")
        }
        "wasm.deterministic" => always(true, "every node has to come to the same results"),
        "evm.charge_memory_expansion" => {
            always(true, "the price of memory is part of every hardfork")
        }
        "evm.enable_jit" | "evm_enable_jit" => always(
            false,
            "this build interprets the EVM and has no compiler for it; vm.enable_jit is for \
             machines that have one",
        ),
        "evm.stack_limit" | "evm_stack_limit" => {
            exactly(EVM_STACK_VALUES, "part of every hardfork")
        }
        "max_call_depth" | "evm.call_depth_limit" => {
            exactly(u64::from(CALL_DEPTH_MAX), "the same for every machine")
        }
        "max_create_contract_limit" | "evm.create_contract_limit" => Err(
            "gas bounds how many contracts a transaction makes; how large one may be is said by \
             vm.evm.code_bytes_max"
                .to_owned(),
        ),
        "evm_precompile_addresses" | "evm.precompile_addresses" => {
            Err("the hardfork says which precompiles there are; choose vm.evm.version".to_owned())
        }
        "wasm.gas_costs" => {
            Err("prices are a versioned table of the chain and are not configured".to_owned())
        }
        _ => Ok(Meaning::Own),
    }
}

/// `vm.providers`: a list of machines with what each is asked for.
fn providers(value: &Json) -> Result<Vec<(&'static str, Json)>, String> {
    let Json::Array(items) = value else {
        return Err("a list of machines is expected, each with `type`".to_owned());
    };
    let (mut enabled, mut settings) = (Vec::new(), Vec::new());
    for item in items {
        let Json::Object(item) = item else {
            return Err("each provider is a table with `type`".to_owned());
        };
        let name = item.get("type").map(text).transpose()?.ok_or("a provider has no `type`")?;
        let kind = machine(&name)?;
        let is_enabled = item.get("enabled").map(boolean).transpose()?.unwrap_or(true);
        if is_enabled {
            enabled.push(kind);
        }
        for (key, value) in
            item.iter().filter(|(key, _)| !["type", "enabled"].contains(&key.as_str()))
        {
            match (kind, key.as_str()) {
                (VmKind::Wasm, "runtime") => settings.extend(runtime(&text(value)?)?),
                (VmKind::Evm, "version") => {
                    let version = release(value).map_or_else(|| value.clone(), |fork| json!(fork));
                    settings.push(("vm.evm.version", version));
                }
                (_, "runtime" | "version") => {
                    return Err(format!(
                        "provider {name}: this machine has one {key}, leave it out"
                    ));
                }
                _ => {
                    return Err(format!(
                        "provider {name}: unknown key `{key}`; known are type, enabled, runtime, \
                         version"
                    ));
                }
            }
        }
    }
    settings.push(("vm.enabled_vms", json!(enabled)));
    Ok(settings)
}

/// A machine by the name that others have for it.
fn machine(name: &str) -> Result<VmKind, String> {
    match name {
        "docker" => Ok(VmKind::Container),
        "solana" => Ok(VmKind::Svm),
        name => name.parse().map_err(|error: primitives::VmKindError| {
            let known: Vec<_> = VmKind::ALL.iter().map(|kind| kind.name()).collect();
            format!("{error}; known are {}", known.join(", "))
        }),
    }
}

/// The engine of WebAssembly by the name of a runtime.
fn runtime(name: &str) -> Result<Option<(&'static str, Json)>, String> {
    match name {
        "wasmtime" => Ok(Some(("vm.wasm.engine", json!("auto")))),
        "wasmi" => Ok(Some(("vm.wasm.engine", json!("interpreted")))),
        _ => Err(format!(
            "provider wasm: the runtime {name} is not part of this build; it has wasmtime (a \
             compiler, with wasmi until code is compiled) and wasmi (an interpreter), whose \
             results are equal"
        )),
    }
}

/// The hardfork of a release of go-ethereum, where that is what the version of the EVM names: all
/// of 1.9 from its ninth on have Istanbul's rules.
fn release(version: &Json) -> Option<&'static str> {
    let patch: u32 =
        version.as_str()?.trim_start_matches('v').strip_prefix("1.9.")?.parse().ok()?;
    (patch >= 9).then_some("istanbul")
}

fn processors(value: &Json) -> Result<u64, String> {
    match number(value)? {
        0 => Err("at least 1 processor is needed".to_owned()),
        count => Ok(count),
    }
}
