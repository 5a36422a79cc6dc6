//! The machines: `vms`, `vm list`, `vm status`, `vm enable`, `vm disable`.

use std::collections::BTreeMap;

use braidvm::{MachineStatus, VmKind, tree::thousands};
use serde_json::{Value as Json, json};

use crate::{
    cli::{Global, VmCommand},
    context,
    failure::Failure,
    output::Output,
};

pub(crate) fn run(global: &Global, command: &VmCommand, output: &Output) -> Result<(), Failure> {
    match command {
        VmCommand::List => list(global, output),
        VmCommand::Status { vm } => status(global, *vm, output),
        VmCommand::Enable { vm } => switch(global, (*vm, true), output),
        VmCommand::Disable { vm } => switch(global, (*vm, false), output),
    }
}

pub(crate) fn list(global: &Global, output: &Output) -> Result<(), Failure> {
    let machines = context::engine(global)?.machines().list();
    machines.iter().try_for_each(|machine| output.json(&machine_json(machine)))?;
    let row = |machine: &MachineStatus| {
        let counters = machine.status.counters.iter();
        let counters: Vec<_> =
            counters.map(|(name, count)| format!("{name} {}", thousands(*count))).collect();
        vec![
            machine.kind.to_string(),
            machine.version.to_string(),
            state(machine).to_owned(),
            counters.join("\n"),
        ]
    };
    let rows: Vec<_> = machines.iter().map(row).collect();
    output.table(&["machine", "version", "state", "counters"], &rows)
}

fn status(global: &Global, kind: VmKind, output: &Output) -> Result<(), Failure> {
    let machine = context::engine(global)?.machines().status(kind)?;
    output.json(&machine_json(&machine))?;
    let mut rows = vec![
        vec!["machine".to_owned(), machine.kind.to_string()],
        vec!["version".to_owned(), machine.version.to_string()],
        vec!["state".to_owned(), state(&machine).to_owned()],
    ];
    let counters = machine.status.counters.iter();
    rows.extend(counters.map(|(name, count)| vec![(*name).to_owned(), thousands(*count)]));
    output.table(&["property", "value"], &rows)
}

fn switch(
    global: &Global,
    (kind, is_enabled): (VmKind, bool),
    output: &Output,
) -> Result<(), Failure> {
    if global.data.is_none() {
        let what = "needs --data DIR: a chain in memory ends with the command";
        return Err(Failure::usage(format!("switching a machine {what}")));
    }
    let engine = context::engine(global)?;
    match is_enabled {
        true => engine.machines().start(kind)?,
        false => engine.machines().stop(kind)?,
    }
    let machine = engine.machines().status(kind)?;
    output.json(&machine_json(&machine))?;
    let next = engine.tip().0.saturating_add(1);
    output.line(format!("machine {kind} is {} from block {next} on", state(&machine)))?;
    if machine.is_stopped {
        output.remark("There is no block here that needs it until it is enabled again.");
    }
    Ok(())
}

pub(crate) fn machine_json(machine: &MachineStatus) -> Json {
    json!({
        "vm": machine.kind,
        "version": machine.version,
        "enabled": machine.is_enabled && !machine.is_stopped,
        "stopped": machine.is_stopped,
        "counters": machine.status.counters.iter().copied().collect::<BTreeMap<_, _>>(),
    })
}

const fn state(machine: &MachineStatus) -> &'static str {
    match (machine.is_enabled, machine.is_stopped) {
        (false, _) => "disabled",
        (true, true) => "stopped",
        (true, false) => "enabled",
    }
}
