//! Looking: `accounts`, `inspect`, `vms`, `abi`.

use std::{path::Path, sync::Arc};

use braidvm::{
    Address, Engine, Interface, WEI_PER_ETHER, Wei, dev_accounts, dev_name, rooms::abi::Parameter,
    tree::thousands,
};
use serde_json::json;

use crate::{
    cli::{AbiArgs, Global, InspectArgs},
    context,
    failure::Failure,
    output::Output,
};

/// Records of access that are shown.
pub(crate) const ACCESS_RECORDS_MAX: usize = 1000;

pub(crate) fn accounts(global: &Global, output: &Output) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let mut rows = Vec::new();
    for account in dev_accounts() {
        let balance = engine.balance(&account.address)?;
        let key = alloy_primitives::hex::encode_prefixed(account.private_key);
        output.json(&json!({
            "name": account.name,
            "address": account.address,
            "balance": balance.to_string(),
            "nonce": engine.nonce(&account.address)?,
            "private_key": key,
        }))?;
        let ether = format!("{} ether", ether(balance));
        rows.push(vec![account.name.to_owned(), account.address.to_string(), ether, key]);
    }
    output.table(&["name", "address", "balance", "private key (public, for development)"], &rows)
}

pub(crate) fn inspect(
    global: &Global,
    arguments: &InspectArgs,
    output: &Output,
) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let address = engine.account(&arguments.address)?;
    let state = context::state(&engine, &arguments.moment)?;
    let found = state.inspect(&address, arguments.storage)?;
    let rules = state.access(&address, ACCESS_RECORDS_MAX)?;
    let storage: Vec<_> = found
        .storage
        .iter()
        .map(|(key, value)| {
            json!({
                "key": alloy_primitives::hex::encode_prefixed(key.suffix()),
                "value": value,
            })
        })
        .collect();
    let counters: Vec<_> = found
        .counters
        .iter()
        .map(|(key, number)| {
            json!({
                "key": alloy_primitives::hex::encode_prefixed(key.suffix()),
                "value": number.to_string(),
            })
        })
        .collect();
    output.json(&json!({
        "address": address,
        "block": state.block(),
        "name": dev_name(&address),
        "balance": found.account.balance.to_string(),
        "nonce": found.account.nonce,
        "vm": (found.code_bytes > 0).then_some(found.account.kind),
        "code_hash": found.account.code_hash,
        "code_bytes": found.code_bytes,
        "personality": found.personality.map(|it| it.to_string()),
        "contract": found.contract,
        "access": super::lifecycle::rules_json(&rules),
        "storage": storage,
        "counters": counters,
    }))?;
    output.table(&["property", "value"], &properties(&found))?;
    if let Some(interface) = &found.interface {
        output.heading("Interface")?;
        show_interface(interface, output)?;
    }
    if !rules.is_empty() {
        output.heading("Access")?;
        super::lifecycle::show_rules(&rules, found.interface.as_deref(), output)?;
    }
    show_storage(&found, output)
}

/// The storage and the counters of a contract for people.
fn show_storage(found: &braidvm::Inspection, output: &Output) -> Result<(), Failure> {
    if !found.storage.is_empty() {
        output.heading("Storage")?;
        let rows: Vec<_> = found
            .storage
            .iter()
            .map(|(key, value)| {
                let suffix = key.suffix();
                vec![braidvm::show_bytes(suffix), braidvm::show_bytes(value)]
            })
            .collect();
        output.table(&["key", "value"], &rows)?;
    }
    if !found.counters.is_empty() {
        output.heading("Counters")?;
        let rows: Vec<_> = found
            .counters
            .iter()
            .map(|(key, number)| vec![braidvm::show_bytes(key.suffix()), number.to_string()])
            .collect();
        output.table(&["key", "number"], &rows)?;
    }
    Ok(())
}

pub(crate) fn interface(
    global: &Global,
    arguments: &AbiArgs,
    output: &Output,
) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let interface = interface_of(&engine, &arguments.source)?;
    let wrong = |error: &dyn std::fmt::Display| Failure::usage(error.to_string());
    let words: Vec<&str> = arguments.encode.iter().map(String::as_str).collect();
    if let Some((method, texts)) = words.split_first() {
        let method = interface.method(method).map_err(|error| wrong(&error))?;
        let values =
            method.parse_arguments(texts, &braidvm::dev_address).map_err(|error| wrong(&error))?;
        let input = method.encode_call(&values).map_err(|error| wrong(&error))?;
        output.json(&json!({ "input": input }))?;
        return output.line(input.to_string());
    }
    if let Some(digits) = &arguments.decode {
        let input = alloy_primitives::hex::decode(digits).map_err(|error| wrong(&error))?;
        let decoded = interface.decode_call(&input).map_err(|error| wrong(&error))?;
        let (method, values) =
            decoded.ok_or_else(|| Failure::usage("no method has this selector"))?;
        let values: Vec<_> = values.iter().map(ToString::to_string).collect();
        output.json(&json!({ "method": method.signature(), "values": values }))?;
        return output.line(format!("{}({})", method.name, values.join(", ")));
    }
    output.json(&json!({ "abi": interface }))?;
    show_interface(&interface, output)
}

/// The interface of an address or of a file.
fn interface_of(engine: &Engine, source: &str) -> Result<Arc<Interface>, Failure> {
    let path = Path::new(source);
    if path.exists() {
        let bytes = context::read_bytes(path)?;
        let is_json = bytes.trim_ascii_start().starts_with(b"{");
        if is_json || bytes.trim_ascii_start().starts_with(b"[") || is_signatures(path) {
            return Ok(Arc::new(context::interface(path)?));
        }
        let artifact = super::contract::artifact(path, None, None)?;
        return engine
            .interface_of_code(&artifact)?
            .map(Arc::new)
            .ok_or_else(|| Failure::usage(format!("{source} holds code without an interface")));
    }
    let address: Address = source.parse().map_err(|_| {
        Failure::usage(format!("\"{source}\" is neither a file nor an address of a contract"))
    })?;
    engine
        .interface(&address)
        .ok_or_else(|| Failure::usage(format!("contract {address} has no interface")))
}

/// Whether a file is named as one of signatures.
fn is_signatures(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "abi")
}

fn show_interface(interface: &Interface, output: &Output) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for method in &interface.methods {
        let selector = alloy_primitives::hex::encode_prefixed(method.selector());
        rows.push(vec![selector, method.to_string()]);
    }
    for event in &interface.events {
        rows.push(vec![braidvm::show_bytes(event.topic().as_slice()), event.to_string()]);
    }
    for error in &interface.errors {
        let selector = alloy_primitives::hex::encode_prefixed(error.selector());
        rows.push(vec![selector, error.to_string()]);
    }
    if let Some(constructor) = &interface.constructor {
        let inputs: Vec<_> = constructor.inputs.iter().map(shown_parameter).collect();
        rows.push(vec!["-".to_owned(), format!("constructor({})", inputs.join(", "))]);
    }
    output.table(&["selector", "signature"], &rows)
}

fn shown_parameter(parameter: &Parameter) -> String {
    format!("{} {}", parameter.kind, parameter.name).trim_end().to_owned()
}

fn properties(found: &braidvm::Inspection) -> Vec<Vec<String>> {
    let mut rows = vec![
        ("address", found.address.to_string()),
        ("name", dev_name(&found.address).unwrap_or("-").to_owned()),
        ("balance", format!("{} ether", ether(found.account.balance))),
        ("nonce", found.account.nonce.to_string()),
    ];
    if found.code_bytes > 0 {
        rows.push(("machine", found.account.kind.to_string()));
        if let Some(personality) = found.personality {
            rows.push(("personality", personality.to_string()));
        }
        rows.push(("code", format!("{} bytes", thousands(found.code_bytes as u64))));
        rows.push(("code hash", found.account.code_hash.to_string()));
    }
    if let Some(contract) = &found.contract {
        rows.push(("version", contract.version.to_string()));
        rows.push(("status", contract.status.name().to_owned()));
        rows.push(("owner", contract.owner.map_or_else(|| "-".to_owned(), |it| it.to_string())));
        rows.push(("upgrades", contract.upgrade_policy.name().to_owned()));
        rows.push(("created in block", contract.created_block.to_string()));
    }
    rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect()
}

/// An amount in ether, without trailing zeros.
fn ether(amount: Wei) -> String {
    let (whole, rest) = amount.0.div_rem(WEI_PER_ETHER.0);
    if rest.is_zero() {
        return whole.to_string();
    }
    let digits = format!("{rest:018}");
    format!("{whole}.{}", digits.trim_end_matches('0'))
}
