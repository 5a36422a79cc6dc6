//! The life of contracts: `upgrade`, `rollback`, `freeze`, `unfreeze`, `revoke`, `versions`,
//! `owner`, `policy`, `access`.

use std::path::Path;

use braidvm::{
    AccessRules, Address, Arguments, Engine, EngineError, Hash, Lifecycle, Receipt, UpgradePolicy,
    method_selector, role, role_name,
    rooms::{primitives::keccak256, state::record::ContractRecord},
};
use serde_json::{Value as Json, json};

use super::{
    contract::{artifact, failed, remark_on_memory, show_receipt},
    inspect::ACCESS_RECORDS_MAX,
};
use crate::{
    cli::{
        Global,
        lifecycle::{
            AccessArgs, OwnerArgs, PolicyArgs, PolicyWord, RollbackArgs, Subject, UpgradeArgs,
            VersionsArgs,
        },
    },
    context,
    failure::Failure,
    output::Output,
};

pub(crate) fn upgrade(
    global: &Global,
    arguments: &UpgradeArgs,
    output: &Output,
) -> Result<(), Failure> {
    let artifact = artifact(&arguments.file, arguments.abi.as_deref(), None)?;
    let texts = Arguments::from(arguments.arguments.clone());
    change(global, &arguments.subject, output, |it| it.upgrade(&artifact, &texts))
}

pub(crate) fn rollback(
    global: &Global,
    arguments: &RollbackArgs,
    output: &Output,
) -> Result<(), Failure> {
    change(global, &arguments.subject, output, |it| it.rollback(arguments.number))
}

/// Makes one change of a contract and shows its receipt.
pub(crate) fn change(
    global: &Global,
    subject: &Subject,
    output: &Output,
    act: impl FnOnce(&mut Lifecycle<'_>) -> Result<Receipt, EngineError>,
) -> Result<(), Failure> {
    let mut engine = context::engine(global)?;
    change_on(&mut engine, subject, (global, output), act)
}

fn change_on(
    engine: &mut Engine,
    subject: &Subject,
    (global, output): (&Global, &Output),
    act: impl FnOnce(&mut Lifecycle<'_>) -> Result<Receipt, EngineError>,
) -> Result<(), Failure> {
    let (from, contract) = (engine.account(&subject.from)?, place(engine, &subject.contract)?);
    let receipt = act(&mut engine.lifecycle(from, contract))?;
    remark_on_memory(global, output);
    show_receipt(engine, &receipt, output)?;
    failed(&receipt.reason)
}

pub(crate) fn versions(
    global: &Global,
    arguments: &VersionsArgs,
    output: &Output,
) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let contract = place(&engine, &arguments.contract)?;
    let state = match arguments.block {
        Some(block) => engine.at(block)?,
        None => engine.latest(),
    };
    let versions = state.versions(&contract)?;
    if versions.is_empty() {
        return Err(without_record(&contract));
    }
    let mut rows = Vec::new();
    for version in &versions {
        let interface = version.interface.as_deref();
        output.json(&json!({
            "version": version.number,
            "code_hash": version.code_hash,
            "block": version.block,
            "author": version.author,
            "present": version.is_present,
            "abi": interface.and_then(|text| serde_json::from_str::<Json>(text).ok()),
        }))?;
        rows.push(vec![
            format!("{}{}", version.number, if version.is_present { " (present)" } else { "" }),
            version.block.map_or_else(|| "-".to_owned(), |it| it.to_string()),
            shown(version.author),
            version.code_hash.to_string(),
            if interface.is_some() { "kept" } else { "-" }.to_owned(),
        ]);
    }
    output.table(&["version", "block", "author", "code hash", "interface"], &rows)
}

pub(crate) fn owner(
    global: &Global,
    arguments: &OwnerArgs,
    output: &Output,
) -> Result<(), Failure> {
    let mut engine = context::engine(global)?;
    let (subject, change) = (&arguments.subject, &arguments.change);
    let whom = (global, output);
    if let Some(next) = &change.transfer {
        let next = engine.account(next)?;
        return change_on(&mut engine, subject, whom, |it| it.transfer_ownership(next));
    }
    if change.accept {
        return change_on(&mut engine, subject, whom, |it| it.accept_ownership());
    }
    if change.renounce {
        return change_on(&mut engine, subject, whom, |it| it.renounce_ownership());
    }
    let (contract, record) = record(&engine, subject)?;
    output.json(&json!({
        "contract": contract,
        "owner": record.owner,
        "pending_owner": record.pending_owner,
        "status": record.status.name(),
    }))?;
    let rows = [
        vec!["owner".to_owned(), shown(record.owner)],
        vec!["offered to".to_owned(), shown(record.pending_owner)],
        vec!["status".to_owned(), record.status.name().to_owned()],
    ];
    output.table(&["property", "value"], &rows)
}

pub(crate) fn policy(
    global: &Global,
    arguments: &PolicyArgs,
    output: &Output,
) -> Result<(), Failure> {
    let mut engine = context::engine(global)?;
    let (subject, change) = (&arguments.subject, &arguments.change);
    let whom = (global, output);
    if let Some(word) = change.set {
        let policy = policy_of(word, arguments.approvals)?;
        return change_on(&mut engine, subject, whom, |it| it.set_policy(policy));
    }
    let votes = [&change.propose, &change.approve, &change.withdraw];
    if let Some(code) = votes.into_iter().flatten().next() {
        let hash = code_hash(&engine, subject, code)?;
        output.remark(format!("the keccak256 of the code is {hash}"));
        return change_on(&mut engine, subject, whom, |it| match change {
            change if change.propose.is_some() => it.propose(hash),
            change if change.approve.is_some() => it.approve(hash),
            _ => it.withdraw(hash),
        });
    }
    let (contract, record) = record(&engine, subject)?;
    let (_, threshold) = record.upgrade_policy.code();
    let rules = engine.latest().access(&contract, ACCESS_RECORDS_MAX)?;
    output.json(&json!({
        "contract": contract,
        "policy": record.upgrade_policy.name(),
        "approvals": threshold,
        "proposals": pairs(&rules.approvals, "hash", "account", Hash::to_string),
    }))?;
    output.line(match threshold {
        0 => record.upgrade_policy.name().to_owned(),
        threshold => format!("{}: {threshold} approvals", record.upgrade_policy.name()),
    })?;
    show_pairs(&rules.approvals, ("approved code", "by"), Hash::to_string, output)
}

pub(crate) fn access(
    global: &Global,
    arguments: &AccessArgs,
    output: &Output,
) -> Result<(), Failure> {
    let mut engine = context::engine(global)?;
    let (subject, change) = (&arguments.subject, &arguments.change);
    let whom = (global, output);
    for (words, is_granted) in [(&change.grant, true), (&change.revoke, false)] {
        if let [name, account] = words.as_slice() {
            let account = engine.account(account)?;
            let set = |it: &mut Lifecycle<'_>| it.set_role(role(name), account, is_granted);
            return change_on(&mut engine, subject, whom, set);
        }
    }
    let rule = match (change.restrict.as_slice(), &change.open) {
        ([method, name], _) => Some((method, Some(role(name)))),
        (_, Some(method)) => Some((method, None)),
        _ => None,
    };
    let contract = place(&engine, &subject.contract)?;
    if let Some((method, role)) = rule {
        let selector = method_selector(engine.interface(&contract).as_deref(), method)?;
        let set = |it: &mut Lifecycle<'_>| it.set_method_role(selector, role);
        return change_on(&mut engine, subject, whom, set);
    }
    let rules = engine.latest().access(&contract, ACCESS_RECORDS_MAX)?;
    output.json(&rules_json(&rules))?;
    show_rules(&rules, engine.interface(&contract).as_deref(), output)
}

/// The rules of a contract for programs.
pub(crate) fn rules_json(rules: &AccessRules) -> Json {
    let methods = rules.methods.iter().map(|(selector, role)| {
        let selector = alloy_primitives::hex::encode_prefixed(selector);
        json!({ "selector": selector, "role": role_name(role) })
    });
    let admins = rules
        .admins
        .iter()
        .map(|(role, admin)| json!({ "role": role_name(role), "admin": role_name(admin) }));
    json!({
        "roles": pairs(&rules.members, "role", "account", role_name),
        "methods": methods.collect::<Vec<_>>(),
        "admins": admins.collect::<Vec<_>>(),
    })
}

/// The rules of a contract for people.
pub(crate) fn show_rules(
    rules: &AccessRules,
    interface: Option<&braidvm::Interface>,
    output: &Output,
) -> Result<(), Failure> {
    show_pairs(&rules.members, ("role", "account"), role_name, output)?;
    let methods = rules.methods.iter().map(|(selector, role)| {
        let method = interface.and_then(|it| it.method_by_selector(*selector));
        let text = alloy_primitives::hex::encode_prefixed(selector);
        vec![method.map_or(text, |method| method.signature()), role_name(role)]
    });
    let methods: Vec<_> = methods.collect();
    if !methods.is_empty() {
        output.table(&["method", "is for"], &methods)?;
    }
    let admins = rules.admins.iter();
    let admins: Vec<_> =
        admins.map(|(role, admin)| vec![role_name(role), role_name(admin)]).collect();
    if !admins.is_empty() {
        output.table(&["role", "administered by"], &admins)?;
    }
    if rules.members.is_empty() && rules.methods.is_empty() {
        output.line("every method is for everybody, and nobody has a role")?;
    }
    Ok(())
}

fn pairs<T>(
    pairs: &[(T, Address)],
    left: &str,
    right: &str,
    text: impl Fn(&T) -> String,
) -> Vec<Json> {
    pairs.iter().map(|(it, account)| json!({ left: text(it), right: account })).collect()
}

fn show_pairs<T>(
    pairs: &[(T, Address)],
    (left, right): (&str, &str),
    text: impl Fn(&T) -> String,
    output: &Output,
) -> Result<(), Failure> {
    if pairs.is_empty() {
        return Ok(());
    }
    let row = |(it, account): &(T, Address)| vec![text(it), shown(Some(*account))];
    output.table(&[left, right], &pairs.iter().map(row).collect::<Vec<_>>())
}

/// The contract that the person names, or the chain itself.
fn place(engine: &Engine, name: &str) -> Result<Address, Failure> {
    if name == "chain" { Ok(braidvm::deployer()) } else { Ok(engine.account(name)?) }
}

fn record(engine: &Engine, subject: &Subject) -> Result<(Address, ContractRecord), Failure> {
    let contract = place(engine, &subject.contract)?;
    let record = engine.inspect(&contract, 0)?.contract;
    Ok((contract, record.ok_or_else(|| without_record(&contract))?))
}

fn without_record(contract: &Address) -> Failure {
    if *contract == braidvm::deployer() {
        return Failure::usage("the chain has no owner: its genesis has no [governance]");
    }
    Failure::usage(format!(
        "{contract} has no record: it is no contract, or its creator attached no interface"
    ))
}

/// The hash that stands for code: the person's, or that of the code in a file.
fn code_hash(engine: &Engine, subject: &Subject, code: &str) -> Result<Hash, Failure> {
    if let Ok(hash) = code.parse() {
        return Ok(hash);
    }
    let artifact = artifact(Path::new(code), None, None)?;
    let contract = place(engine, &subject.contract)?;
    if contract == braidvm::deployer() {
        return Ok(keccak256(&artifact.code));
    }
    let from = engine.account(&subject.from)?;
    Ok(keccak256(engine.runtime_code((from, contract), &artifact, &Arguments::none())?))
}

fn policy_of(word: PolicyWord, approvals: u32) -> Result<UpgradePolicy, Failure> {
    let code = match word {
        PolicyWord::Open => 0,
        PolicyWord::Owner => 1,
        PolicyWord::AllowList => 2,
        PolicyWord::MultiSign => 3,
    };
    UpgradePolicy::from_code(code, approvals).ok_or_else(|| {
        let limit = braidvm::rooms::primitives::limits::APPROVALS_MAX;
        let wants = format!("multi-sign takes 1 to {limit}, the other policies none");
        Failure::usage(format!("--approvals {approvals}: {wants}"))
    })
}

fn shown(account: Option<Address>) -> String {
    let Some(account) = account else { return "-".to_owned() };
    match braidvm::dev_name(&account) {
        Some(name) => format!("{account} ({name})"),
        None => account.to_string(),
    }
}
