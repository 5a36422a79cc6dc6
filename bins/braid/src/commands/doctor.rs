//! Checking what braid needs of a machine: `doctor`.

use std::{fs, path::Path};

use braidvm::{Artifact, Deploy, Engine, Request, Value};
use serde_json::json;

use crate::{cli::Global, context, failure::Failure, output::Output};

/// One check: what was looked at, and what was found, good or bad.
struct Check {
    what: &'static str,
    found: Result<String, String>,
}

pub(crate) fn doctor(global: &Global, output: &Output) -> Result<(), Failure> {
    let checks = [
        check("configuration", configuration(global)),
        check("data folder", data_folder(global)),
        check("machines", machines(global)),
        check("EVM contract", smoke(global, ANSWER_EVM, 42)),
        check("WebAssembly contract", smoke(global, COUNTER_WASM, 0)),
        check("processors", processors()),
    ];
    let mut rows = Vec::new();
    for check in &checks {
        let (state, text) = match &check.found {
            Ok(text) => ("ok", text),
            Err(text) => ("fault", text),
        };
        output.json(&json!({ "check": check.what, "state": state, "found": text }))?;
        rows.push(vec![check.what.to_owned(), state.to_owned(), text.clone()]);
    }
    output.table(&["check", "state", "found"], &rows)?;
    match checks.iter().filter(|check| check.found.is_err()).count() {
        0 => Ok(()),
        count => Err(Failure::Host(anyhow::anyhow!("{count} checks found a fault"))),
    }
}

/// Creation code, in hexadecimal, of a contract that answers 42 to anything.
const ANSWER_EVM: &[u8] = b"600a600c600039600a6000f3602a60005260206000f3";

/// A module with a number that starts at 0.
const COUNTER_WASM: &[u8] = include_bytes!("../../../../contracts/artifacts/c/counter.wasm");

const fn check(what: &'static str, found: Result<String, String>) -> Check {
    Check { what, found }
}

fn configuration(global: &Global) -> Result<String, String> {
    let config = context::config(global).map_err(|failure| failure.message())?;
    let origin = global.config.as_deref().map_or_else(|| "defaults".to_owned(), shown);
    Ok(format!("{origin}: chain {}, EVM {}", config.chain.chain_id, config.vm.evm.version))
}

fn data_folder(global: &Global) -> Result<String, String> {
    let Some(folder) = &global.data else { return Ok("none: chains are in memory".to_owned()) };
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", shown(folder)))?;
    let engine = context::engine(global).map_err(|failure| failure.message())?;
    Ok(format!("{} is at block {}", shown(folder), engine.tip()))
}

fn machines(global: &Global) -> Result<String, String> {
    let config = context::config(global).map_err(|failure| failure.message())?;
    let engine = Engine::in_memory(config).map_err(|error| error.to_string())?;
    let statuses = engine.kernel().registry().statuses();
    let names: Vec<_> = statuses
        .filter(|it| it.is_enabled)
        .map(|it| format!("{} {}", it.kind, it.version))
        .collect();
    Ok(names.join(", "))
}

/// Deploys a contract in memory and asks it for its value.
fn smoke(global: &Global, code: &[u8], expected: u64) -> Result<String, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let config = context::config(global).map_err(|failure| failure.message())?;
    let mut engine = Engine::in_memory(config).map_err(|error| text(&error))?;
    let alice = engine.account("alice").map_err(|error| text(&error))?;
    let artifact = Artifact::from_bytes("answer", code).map_err(|error| text(&error))?;
    let receipt = engine.deploy(&Deploy::new(alice, artifact)).map_err(|error| text(&error))?;
    let Some(contract) = receipt.created else {
        return Err(receipt.call.reason.unwrap_or_else(|| "no contract was made".to_owned()));
    };
    let request = Request::new(alice, contract, "value()(uint256)");
    let output = engine.call(&request).map_err(|error| text(&error))?;
    match output.values().map_err(|error| text(&error))?.as_slice() {
        [answer] if *answer == Value::uint(expected) => Ok("deployed, called, answered".to_owned()),
        values => Err(format!("answered {values:?} instead of {expected}")),
    }
}

fn processors() -> Result<String, String> {
    std::thread::available_parallelism()
        .map(|count| format!("{count} available"))
        .map_err(|error| error.to_string())
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
