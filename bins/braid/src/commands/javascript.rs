//! JavaScript contracts before they are deployed: `js check`, `js pack`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use braidvm::{
    Artifact,
    rooms::js_compiler::{Compiled, Unit, compile_unit, entry_of_package, pack},
    tree::thousands,
};
use serde_json::json;

use crate::{cli::JsCommand, context, failure::Failure, output::Output};

/// What the sources of a JavaScript contract end in.
const SOURCE_ENDINGS: [&str; 6] = ["ts", "mts", "js", "mjs", "cjs", "cts"];

pub(crate) fn run(command: &JsCommand, output: &Output) -> Result<(), Failure> {
    match command {
        JsCommand::Check { path } => check(path, output),
        JsCommand::Pack { path, output: file } => write(path, file, output),
        JsCommand::New { folder } => begin(folder, output),
    }
}

/// Whether a path is the source of a JavaScript contract, or a folder that may have one.
pub(super) fn is_source(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    path.is_dir() || ending.is_some_and(|ending| SOURCE_ENDINGS.contains(&ending))
}

/// What to deploy of sources.
pub(super) fn artifact(path: &Path) -> Result<Artifact, Failure> {
    let unit = unit(path)?;
    Ok(Artifact::new(&context::file_name(path), unit.encode().into()))
}

fn check(path: &Path, output: &Output) -> Result<(), Failure> {
    let (unit, compiled) = compiled(path)?;
    let bytes = unit.encode().len();
    let methods = unit.interface.methods.iter();
    let methods: Vec<Vec<String>> = methods
        .map(|method| {
            let outputs: Vec<String> =
                method.outputs.iter().map(|output| output.kind.canonical()).collect();
            vec![method.signature(), method.mutability.to_string(), outputs.join(", ")]
        })
        .collect();
    let modules: Vec<&str> = unit.modules.iter().map(|module| module.name.as_str()).collect();
    output.json(&json!({
        "modules": modules,
        "unit_bytes": bytes,
        "script_bytes": compiled.source.len(),
        "interface": unit.interface,
    }))?;
    output.table(&["method", "promise", "returns"], &methods)?;
    let events = unit.interface.events.iter();
    for event in events {
        output.line(format!("event {}", event.signature()))?;
    }
    let count = modules.len();
    let bytes = thousands(bytes as u64);
    output.line(format!("the contract can be deployed: {count} modules, {bytes} bytes"))
}

fn write(path: &Path, file: &Path, output: &Output) -> Result<(), Failure> {
    let (unit, _) = compiled(path)?;
    let bytes = unit.encode();
    let wrong = |error| Failure::usage(format!("{}: {error}", file.display()));
    fs::write(file, &bytes).map_err(wrong)?;
    output.json(&json!({ "file": file.display().to_string(), "unit_bytes": bytes.len() }))?;
    let size = thousands(bytes.len() as u64);
    output.line(format!("{} has {size} bytes: braid deploy {0}", file.display()))
}

/// The files of a new project.
const TEMPLATE: [(&str, &str); 6] = [
    ("package.json", include_str!("../../../../sdk/js/template/package.json")),
    ("tsconfig.json", include_str!("../../../../sdk/js/template/tsconfig.json")),
    ("src/counter.ts", include_str!("../../../../sdk/js/template/src/counter.ts")),
    ("test/counter.test.ts", include_str!("../../../../sdk/js/template/test/counter.test.ts")),
    ("types/chain.d.ts", include_str!("../../../../sdk/js/chain.d.ts")),
    ("types/test.d.ts", include_str!("../../../../sdk/js/test.d.ts")),
];

fn begin(folder: &Path, output: &Output) -> Result<(), Failure> {
    let wrong = |error| Failure::usage(format!("{}: {error}", folder.display()));
    if folder.exists() && folder.read_dir().map_err(wrong)?.next().is_some() {
        return Err(Failure::usage(format!("{} is not empty", folder.display())));
    }
    for (name, text) in TEMPLATE {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(wrong)?;
        }
        fs::write(&path, text).map_err(wrong)?;
    }
    let names: Vec<&str> = TEMPLATE.iter().map(|(name, _)| *name).collect();
    output.json(&json!({ "folder": folder.display().to_string(), "files": names }))?;
    output.line(format!("a project is in {0}: cd {0} && braid test", folder.display()))
}

fn compiled(path: &Path) -> Result<(Unit, Compiled), Failure> {
    let unit = unit(path)?;
    let compiled = compile_unit(&unit).map_err(|error| Failure::usage(error.to_string()))?;
    Ok((unit, compiled))
}

fn unit(path: &Path) -> Result<Unit, Failure> {
    let wrong = |error| Failure::usage(format!("{}: {error}", path.display()));
    let path = path.canonicalize().map_err(wrong)?;
    let root = root_of(&path);
    let read = |name: &str| {
        let file = root.join(name);
        file.is_file().then(|| context::read_text(&file).ok()).flatten()
    };
    let failure = |error: &dyn core::fmt::Display| Failure::usage(error.to_string());
    let entry = if path.is_dir() {
        let named = |error| Failure::usage(format!("{}: {error}", path.display()));
        entry_of_package(&read).map_err(named)?
    } else {
        let entry = path.strip_prefix(&root).unwrap_or(&path);
        entry.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
    };
    pack(&entry, &read).map_err(|error| failure(&error))
}

/// The folder of the project: the nearest with a `package.json`, else that of the file.
pub(super) fn root_of(path: &Path) -> PathBuf {
    if path.is_dir() {
        return path.to_owned();
    }
    let package = path.ancestors().skip(1).find(|folder| folder.join("package.json").is_file());
    let folder = package.or_else(|| path.parent());
    folder.unwrap_or(path).to_owned()
}
