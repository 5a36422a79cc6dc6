//! Making contracts and calling them: `deploy`, `call`, `send`, `estimate`, `trace`.

use std::path::Path;

use braidvm::{
    Artifact, CallOutput, Deploy, Engine, EngineError, Receipt, Request, StateAt, Value, VmKind,
    decode::{decode_call, decode_event, outcome_name},
    rooms::kernel::EstimateError,
    tree::thousands,
};
use serde_json::{Value as Json, json};

use super::javascript;
use crate::{
    cli::{CallArgs, Caller, DeployArgs, EstimateArgs, Global, SendArgs, Target, TraceArgs},
    context,
    failure::Failure,
    output::Output,
};

pub(crate) fn deploy(
    global: &Global,
    arguments: &DeployArgs,
    output: &Output,
) -> Result<(), Failure> {
    let mut engine = context::engine(global)?;
    let deploy = deploy_request(&engine, arguments)?;
    let name = deploy.artifact.name.clone();
    let receipt = engine.deploy(&deploy)?;
    remark_on_memory(global, output);
    show_receipt(&engine, &receipt, output)?;
    if let Some(contract) = receipt.created.filter(|_| receipt.is_success()) {
        let inspection = engine.inspect(&contract, 0)?;
        let kind = inspection.account.kind;
        output.line(format!("{name} is at {contract}, a contract of {kind}"))?;
        output.line(match &inspection.interface {
            Some(interface) => {
                let count = interface.methods.len();
                format!("its interface is on the chain: {count} methods can be called by name")
            }
            None => "it has no interface: name its methods by their signatures".to_owned(),
        })?;
    }
    failed(&receipt.reason)
}

pub(crate) fn send(global: &Global, arguments: &SendArgs, output: &Output) -> Result<(), Failure> {
    let mut engine = context::engine(global)?;
    let receipt = match &arguments.raw {
        Some(digits) => engine.submit_raw(&context::transaction("--raw", digits)?)?,
        None => {
            let target = Target {
                to: arguments.to.clone().unwrap_or_default(),
                method: arguments.method.clone(),
                arguments: arguments.arguments.clone(),
            };
            engine.send(&request(&engine, &target, &arguments.caller)?)?
        }
    };
    remark_on_memory(global, output);
    show_receipt(&engine, &receipt, output)?;
    failed(&receipt.reason)
}

pub(crate) fn call(global: &Global, arguments: &CallArgs, output: &Output) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let request = request(&engine, &arguments.target, &arguments.caller)?;
    let state = context::state(&engine, &arguments.moment)?;
    let result = state.call(&request)?;
    output.json(&call_json(&state, &result))?;
    if result.is_success() {
        for value in shown_values(&result)? {
            output.line(value)?;
        }
    }
    if output.is_verbose() || !result.is_success() {
        show_tree(&state, result.trace.as_ref(), output)?;
    }
    failed(&result.reason)
}

pub(crate) fn estimate(
    global: &Global,
    arguments: &EstimateArgs,
    output: &Output,
) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let gas = if arguments.deploy {
        let arguments = DeployArgs {
            file: arguments.to.clone().into(),
            arguments: arguments.method.iter().chain(&arguments.arguments).cloned().collect(),
            abi: None,
            vm: None,
            managed: false,
            caller: arguments.caller.clone(),
        };
        let deploy = deploy_request(&engine, &arguments)?;
        let simulate = || Ok(engine.simulate_deploy(&deploy)?.reason);
        with_reason(engine.estimate_deploy(&deploy), simulate)?
    } else {
        let target = Target {
            to: arguments.to.clone(),
            method: arguments.method.clone(),
            arguments: arguments.arguments.clone(),
        };
        let request = request(&engine, &target, &arguments.caller)?;
        let state = context::state(&engine, &arguments.moment)?;
        with_reason(state.estimate(&request), || Ok(state.call(&request)?.reason))?
    };
    output.json(&json!({ "gas": gas }))?;
    output.line(gas.to_string())
}

pub(crate) fn trace(
    global: &Global,
    arguments: &TraceArgs,
    output: &Output,
) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let request = request(&engine, &arguments.target, &arguments.caller)?;
    let state = context::state(&engine, &arguments.moment)?;
    if arguments.struct_logs {
        let logs = state.trace_struct_logs(&request)?;
        output.json(&logs)?;
        return output.line(serde_json::to_string_pretty(&logs).map_err(anyhow::Error::from)?);
    }
    let result = state.call(&request)?;
    output.json(&call_json(&state, &result))?;
    show_tree(&state, result.trace.as_ref(), output)?;
    show_gas(&result.gas_by_vm, result.gas_used, output)?;
    failed(&result.reason)
}

/// The estimate, or why there is none in the words of the contract's interface.
fn with_reason(
    estimate: Result<braidvm::Gas, EngineError>,
    simulate: impl FnOnce() -> Result<Option<String>, EngineError>,
) -> Result<braidvm::Gas, Failure> {
    match estimate {
        Ok(gas) => Ok(gas),
        Err(error @ EngineError::Estimate(EstimateError::Fails(_))) => {
            Err(simulate()?.map_or_else(|| error.into(), Failure::Contract))
        }
        Err(error) => Err(error.into()),
    }
}

/// A request in the words of the command line.
pub(crate) fn request(
    engine: &Engine,
    target: &Target,
    caller: &Caller,
) -> Result<Request, Failure> {
    let (value, gas_limit) = context::amounts(caller)?;
    let from = engine.account(&caller.from)?;
    let to = engine.account(&target.to)?;
    let method = target.method.as_deref().unwrap_or_default();
    let mut request = match method.strip_prefix("0x") {
        Some(digits) => {
            let input = alloy_primitives::hex::decode(digits)
                .map_err(|error| Failure::usage(format!("input \"{method}\": {error}")))?;
            if !target.arguments.is_empty() {
                return Err(Failure::usage("raw input takes no arguments"));
            }
            Request::raw(from, to, input.into())
        }
        None => Request::new(from, to, method).arguments(target.arguments.clone()),
    };
    request.gas_limit = gas_limit;
    Ok(request.value(value))
}

/// An artifact from a file, with the interface of another file where one is named.
pub(crate) fn artifact(
    file: &Path,
    abi: Option<&Path>,
    kind: Option<VmKind>,
) -> Result<Artifact, Failure> {
    let mut artifact = if javascript::is_source(file) {
        javascript::artifact(file)?
    } else {
        Artifact::from_bytes(&context::file_name(file), &context::read_bytes(file)?)?
    };
    if let Some(path) = abi {
        artifact = artifact.with_interface(context::interface(path)?);
    }
    artifact.kind = kind.or(artifact.kind);
    Ok(artifact)
}

fn deploy_request(engine: &Engine, arguments: &DeployArgs) -> Result<Deploy, Failure> {
    let (value, gas_limit) = context::amounts(&arguments.caller)?;
    let from = engine.account(&arguments.caller.from)?;
    let artifact = artifact(&arguments.file, arguments.abi.as_deref(), arguments.vm)?;
    let mut deploy =
        Deploy::new(from, artifact).arguments(arguments.arguments.clone()).value(value);
    deploy.gas_limit = gas_limit;
    deploy.is_managed = arguments.managed;
    Ok(deploy)
}

pub(crate) fn show_receipt(
    engine: &Engine,
    receipt: &Receipt,
    output: &Output,
) -> Result<(), Failure> {
    let interfaces = engine.interfaces();
    let events: Vec<_> =
        receipt.events.iter().map(|event| decode_event(event, &interfaces)).collect();
    let trace = receipt.trace.as_ref().map(|node| decode_call(node, &interfaces));
    output.json(&json!({
        "block": receipt.block,
        "block_hash": receipt.block_hash,
        "transaction": receipt.transaction,
        "outcome": outcome_name(&receipt.status),
        "reason": receipt.reason,
        "contract": receipt.created,
        "has_interface": receipt.created.map(|it| engine.interface(&it).is_some()),
        "output": receipt.output,
        "values": values_json(receipt.is_success(), receipt.values()),
        "gas_used": receipt.gas_used,
        "gas_by_vm": gas_json(&receipt.gas_by_vm),
        "events": events,
        "trace": trace,
    }))?;
    if let Some(trace) = trace.filter(|_| output.is_verbose() || !receipt.is_success()) {
        output.tree(&trace)?;
    }
    for event in &events {
        output.line(format!("event {} {}", event.address, event.text))?;
    }
    let used = thousands(receipt.gas_used.0);
    let outcome = outcome_name(&receipt.status);
    output.line(format!("{outcome} in block {}, {used} gas", receipt.block))?;
    output.line(format!("transaction {}", receipt.transaction))
}

fn show_tree(
    state: &StateAt<'_>,
    trace: Option<&braidvm::rooms::vm::trace::CallNode>,
    output: &Output,
) -> Result<(), Failure> {
    match trace {
        Some(node) => output.tree(&decode_call(node, &state.interfaces())),
        None => Ok(()),
    }
}

/// What each machine used, as a table.
pub(crate) fn show_gas(
    by_vm: &[(VmKind, braidvm::Gas)],
    total: braidvm::Gas,
    output: &Output,
) -> Result<(), Failure> {
    let mut rows: Vec<Vec<String>> =
        by_vm.iter().map(|(kind, gas)| vec![kind.to_string(), thousands(gas.0)]).collect();
    rows.push(vec!["transaction".to_owned(), thousands(total.0)]);
    output.table(&["machine", "gas"], &rows)
}

fn call_json(state: &StateAt<'_>, result: &CallOutput) -> Json {
    let interfaces = state.interfaces();
    json!({
        "outcome": outcome_name(&result.status),
        "reason": result.reason,
        "output": result.output,
        "values": values_json(result.is_success(), result.values()),
        "gas_used": result.gas_used,
        "gas_by_vm": gas_json(&result.gas_by_vm),
        "trace": result.trace.as_ref().map(|node| decode_call(node, &interfaces)),
    })
}

/// The results as people write them, where they read as the method says.
fn values_json(is_success: bool, values: Result<Vec<Value>, EngineError>) -> Json {
    match values {
        Ok(values) if is_success => values.iter().map(|it| json!(it.to_string())).collect(),
        _ => Json::Null,
    }
}

fn shown_values(result: &CallOutput) -> Result<Vec<String>, Failure> {
    let has_results = result.method.as_ref().is_some_and(|method| !method.outputs.is_empty());
    if !has_results {
        return Ok(vec![result.output.to_string()]);
    }
    Ok(result.values()?.iter().map(ToString::to_string).collect())
}

pub(crate) fn gas_json(by_vm: &[(VmKind, braidvm::Gas)]) -> Json {
    by_vm.iter().map(|(kind, gas)| (kind.to_string(), json!(gas))).collect()
}

pub(crate) fn failed(reason: &Option<String>) -> Result<(), Failure> {
    match reason {
        None => Ok(()),
        Some(reason) => Err(Failure::Contract(reason.clone())),
    }
}

pub(crate) fn remark_on_memory(global: &Global, output: &Output) {
    if global.data.is_none() {
        output.remark("the chain was in memory and is gone now; --data DIR keeps it");
    }
}
