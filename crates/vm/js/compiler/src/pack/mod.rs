//! From a project of the author to a unit.
//!
//! This runs on the author's machine. What it computes is checked again where the unit is deployed.

mod depth;
mod literals;
mod print;
mod resolve;
mod strip;

use std::collections::BTreeMap;

use abi::Interface;

use self::{
    print::{Printed, print},
    resolve::{Place, Resolver},
};
use crate::{
    AUTHOR_STACK_BYTES,
    error::CompileError,
    interface,
    unit::{MODULES_MAX, Module, Unit},
};

pub use self::strip::{Stripped, resolve_import, strip_types};

/// Reads a file of the project by its path from the project's folder, with `/` between the parts;
/// none where there is no such file.
pub type ReadFile<'f> = &'f dyn Fn(&str) -> Option<String>;

/// Packs the module `entry` of a project and all that it needs.
///
/// # Errors
///
/// [`CompileError`] naming the place in the author's file.
pub fn pack(entry: &str, read: ReadFile<'_>) -> Result<Unit, CompileError> {
    stacker::grow(AUTHOR_STACK_BYTES, || pack_here(entry, read))
}

fn pack_here(entry: &str, read: ReadFile<'_>) -> Result<Unit, CompileError> {
    let resolver = Resolver { read };
    let entry = resolver.entry(entry)?;
    let mut printed: BTreeMap<String, Printed> = BTreeMap::new();
    let mut open = vec![entry.clone()];
    while let Some(name) = open.pop() {
        if printed.contains_key(&name) {
            continue;
        }
        if printed.len() >= MODULES_MAX {
            let what = format!("the project has more than {MODULES_MAX} modules");
            return Err(CompileError::Project(what));
        }
        let text = resolver.read(&name)?;
        let module = print(&name, &text, &resolver)?;
        open.extend(module.needs.iter().cloned());
        printed.insert(name, module);
    }
    let interface = interface_of(&entry, &printed, &resolver)?;
    let index = printed.keys().position(|name| *name == entry);
    let modules = printed.into_iter().map(|(name, module)| Module {
        name,
        kind: module.kind,
        source: module.source,
        lines: module.lines,
    });
    let unit = Unit { interface, entry: index.unwrap_or_default(), modules: modules.collect() };
    crate::compile_unit(&unit)?;
    Ok(unit)
}

/// The file that a `package.json` names as the contract: `braid`, `module`, `main`, or the first
/// that is there of `index.ts`, `index.js`, `src/index.ts`, `src/index.js`.
///
/// # Errors
///
/// [`CompileError::Project`] where there is none.
pub fn entry_of_package(read: ReadFile<'_>) -> Result<String, CompileError> {
    let package = read("package.json").unwrap_or_else(|| "{}".to_owned());
    let package: serde_json::Value = serde_json::from_str(&package)
        .map_err(|error| CompileError::Project(format!("package.json: {error}")))?;
    let named = ["braid", "module", "main"].iter().find_map(|key| package.get(*key)?.as_str());
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let usual = ["index.ts", "index.js", "src/index.ts", "src/index.js"];
    let found = usual.into_iter().find(|path| read(path).is_some());
    found.map(str::to_owned).ok_or_else(|| {
        let what = "package.json names no contract: set \"main\" to its source, \"src/token.ts\"";
        CompileError::Project(what.to_owned())
    })
}

fn interface_of(
    entry: &str,
    printed: &BTreeMap<String, Printed>,
    resolver: &Resolver<'_>,
) -> Result<Interface, CompileError> {
    let mut sources = interface::Sources::new();
    for name in printed.keys().filter(|name| !name.ends_with(".json")) {
        sources.insert(name.clone(), resolver.read(name)?);
    }
    let follow = |from: &str, specifier: &str| match resolver.resolve(from, specifier) {
        Ok(Place::File(name)) => Some(name),
        _ => None,
    };
    interface::derive(entry, &sources, &follow)
}
