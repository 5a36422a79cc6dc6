//! Which module needs which, and what a name of one means in another.

use core::fmt::Write as _;
use std::collections::BTreeSet;

use oxc::semantic::Scoping;

use super::{Export, Import, Imported, Shape, Target, imports::builtin};
use crate::{
    abi::MODULES,
    error::{CompileError, Finding},
    meter::Links,
    unit::{ModuleKind, Unit},
};

/// Where a name ends up after all re-exports.
struct Found {
    /// The module that must have begun, none for one of the runtime.
    module: Option<usize>,
    text: String,
    /// Whether it is always the same once its module has ended.
    is_constant: bool,
}

pub(super) struct Graph<'u> {
    names: Vec<&'u str>,
    shapes: &'u [Shape],
    /// For each module, all that it needs, directly or not; itself only if it is in a cycle.
    needs: Vec<BTreeSet<usize>>,
}

impl<'u> Graph<'u> {
    pub(super) fn new(unit: &'u Unit, shapes: &'u [Shape]) -> Self {
        let names = unit.modules.iter().map(|module| module.name.as_str()).collect();
        let needs = (0..shapes.len()).map(|index| needs_of(shapes, index)).collect();
        Self { names, shapes, needs }
    }

    pub(super) fn kind(&self, index: usize) -> ModuleKind {
        self.shapes.get(index).map_or(ModuleKind::Esm, |shape| shape.kind)
    }

    /// Checks that the entry has what the interface says: the methods by name, or a default export
    /// that may have them.
    pub(super) fn offers(&self, unit: &Unit) -> Result<(), CompileError> {
        let names = self.exported(unit.entry, &mut BTreeSet::new());
        let has_default =
            names.contains("default") || self.kind(unit.entry) == ModuleKind::CommonJs;
        let missing = unit
            .interface
            .methods
            .iter()
            .find(|method| !has_default && !names.contains(method.name.as_str()));
        match missing {
            None => Ok(()),
            Some(method) => {
                let entry = self.names.get(unit.entry).copied().unwrap_or_default();
                let what = format!("{entry} exports no `{}`, which the interface has", method.name);
                Err(CompileError::Project(what))
            }
        }
    }

    /// The names that a module exports, those of `export *` among them.
    fn exported(&self, index: usize, seen: &mut BTreeSet<usize>) -> BTreeSet<String> {
        let Some(shape) = self.shapes.get(index).filter(|_| seen.insert(index)) else {
            return BTreeSet::new();
        };
        let mut names: BTreeSet<String> = shape.exports.keys().cloned().collect();
        for target in &shape.stars {
            let more = match target {
                Target::Module(index) => self.exported(*index, seen),
                Target::Builtin(index) => builtin_names(*index),
            };
            names.extend(more.into_iter().filter(|name| name != "default"));
        }
        names
    }

    pub(super) fn write_links(
        &self,
        index: usize,
        scoping: &Scoping,
        links: &mut Links,
        prelude: &mut String,
    ) -> Result<(), Finding> {
        let Some(shape) = self.shapes.get(index) else { return Ok(()) };
        links.replaced.clone_from(&shape.replaced);
        links.imports = shape.loads.len() as u64;
        if shape.kind == ModuleKind::CommonJs {
            return Ok(());
        }
        let mut constants = String::new();
        for import in &shape.imports {
            let found = self.resolve(index, import.offset, import.target, &import.imported)?;
            self.take(index, import, found, links, &mut constants);
        }
        self.write_namespace(index, scoping, links, prelude)?;
        for target in &shape.loads {
            if let Target::Module(target) = target {
                _ = write!(prelude, "$__l{target}();");
            }
        }
        prelude.push_str(&constants);
        Ok(())
    }

    /// A constant where that is the same, else a name that is read through its module.
    fn take(
        &self,
        index: usize,
        import: &Import,
        found: Found,
        links: &mut Links,
        constants: &mut String,
    ) {
        let is_in_cycle = found.module.is_some_and(|module| {
            module == index || self.needs.get(module).is_some_and(|needs| needs.contains(&index))
        });
        if found.is_constant && !is_in_cycle {
            _ = write!(constants, "const {}={};", import.local, found.text);
        } else {
            links.renamed.insert(import.symbol, found.text);
        }
    }

    fn write_namespace(
        &self,
        index: usize,
        _: &Scoping,
        links: &Links,
        prelude: &mut String,
    ) -> Result<(), Finding> {
        _ = write!(prelude, "$__n{index}=$__freeze({{__proto__:null,");
        for name in self.exported(index, &mut BTreeSet::new()) {
            let own = self.shapes.get(index).and_then(|shape| shape.exports.get(&name));
            let text = match own {
                Some(Export::Local { local, symbol, .. }) => {
                    let renamed = symbol.and_then(|symbol| links.renamed.get(&symbol));
                    renamed.cloned().unwrap_or_else(|| local.clone())
                }
                Some(Export::From { offset, target, imported }) => {
                    self.resolve(index, *offset, *target, imported)?.text
                }
                None => self.star(index, &name)?.text,
            };
            _ = write!(prelude, "get {name}(){{return {text};}},");
        }
        prelude.push_str("});");
        Ok(())
    }

    /// What a name of a target means.
    fn resolve(
        &self,
        from: usize,
        offset: u32,
        target: Target,
        imported: &Imported,
    ) -> Result<Found, Finding> {
        match target {
            Target::Builtin(index) => self.of_builtin(offset, index, imported),
            Target::Module(index) if self.kind(index) == ModuleKind::CommonJs => {
                let text = match imported {
                    Imported::Name(name) if name != "default" => format!("$__l{index}().{name}"),
                    _ => format!("$__l{index}()"),
                };
                Ok(Found { module: Some(index), text, is_constant: true })
            }
            Target::Module(index) => match imported {
                Imported::Namespace => {
                    let text = format!("$__n{index}");
                    Ok(Found { module: Some(index), text, is_constant: true })
                }
                Imported::Name(name) => self.of_module(from, offset, index, name),
            },
        }
    }

    fn of_builtin(&self, offset: u32, index: usize, imported: &Imported) -> Result<Found, Finding> {
        let text = match imported {
            Imported::Name(name) if name != "default" => {
                if !builtin_names(index).contains(name) {
                    let all: Vec<String> = builtin_names(index).into_iter().collect();
                    let all = all.join(", ");
                    let what = format!("the module has no `{name}`, it has {all}");
                    return Err(Finding::new(offset, what));
                }
                format!("{}.{name}", builtin(index))
            }
            _ => builtin(index),
        };
        Ok(Found { module: None, text, is_constant: true })
    }

    fn of_module(
        &self,
        from: usize,
        offset: u32,
        index: usize,
        name: &str,
    ) -> Result<Found, Finding> {
        let found = self.find(index, name, &mut BTreeSet::new());
        found.ok_or_else(|| {
            let names: Vec<String> =
                self.exported(index, &mut BTreeSet::new()).into_iter().collect();
            let module = self.names.get(index).copied().unwrap_or_default();
            let here = self.names.get(from).copied().unwrap_or_default();
            debug_assert!(!here.is_empty());
            let what = match names.is_empty() {
                true => format!("{module} exports nothing"),
                false => format!("{module} exports no `{name}`, it has {}", names.join(", ")),
            };
            Finding::new(offset, what)
        })
    }

    fn star(&self, index: usize, name: &str) -> Result<Found, Finding> {
        let found = self.find(index, name, &mut BTreeSet::new());
        found.ok_or_else(|| Finding::new(0, format!("`{name}` comes round in a circle")))
    }

    /// Follows re-exports to the module that declares a name.
    fn find(
        &self,
        index: usize,
        name: &str,
        seen: &mut BTreeSet<(usize, String)>,
    ) -> Option<Found> {
        if !seen.insert((index, name.to_owned())) {
            return None;
        }
        let shape = self.shapes.get(index)?;
        match shape.exports.get(name) {
            Some(Export::Local { may_change, symbol, .. }) => {
                // What was imported and is given on is found where it comes from.
                let import = shape.imports.iter().find(|import| Some(import.symbol) == *symbol);
                if let Some(import) = import {
                    return self.follow(import.target, &import.imported, seen);
                }
                let text = format!("$__n{index}.{name}");
                Some(Found { module: Some(index), text, is_constant: !may_change })
            }
            Some(Export::From { target, imported, .. }) => self.follow(*target, imported, seen),
            None if name == "default" => None,
            None => shape
                .stars
                .iter()
                .find_map(|target| self.follow(*target, &Imported::Name(name.to_owned()), seen)),
        }
    }

    fn follow(
        &self,
        target: Target,
        imported: &Imported,
        seen: &mut BTreeSet<(usize, String)>,
    ) -> Option<Found> {
        match (target, imported) {
            (Target::Module(index), Imported::Name(name))
                if self.kind(index) == ModuleKind::Esm =>
            {
                self.find(index, name, seen)
            }
            _ => self.resolve(0, 0, target, imported).ok(),
        }
    }
}

fn builtin_names(index: usize) -> BTreeSet<String> {
    let names = MODULES.get(index).map_or::<&[&str], _>(&[], |module| module.exports);
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// All modules that one needs; itself where it is in a cycle.
fn needs_of(shapes: &[Shape], index: usize) -> BTreeSet<usize> {
    let mut needs = BTreeSet::new();
    let mut open = vec![index];
    while let Some(next) = open.pop() {
        let loads = shapes.get(next).map_or::<&[Target], _>(&[], |shape| &shape.loads);
        for target in loads {
            if let Target::Module(target) = target
                && needs.insert(*target)
            {
                open.push(*target);
            }
        }
    }
    needs
}
