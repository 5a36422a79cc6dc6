//! What a module takes and gives, read from its syntax tree.

use std::collections::BTreeMap;

use oxc::{
    ast::{AstKind, ast::*},
    ast_visit::Visit,
    semantic::{Scoping, SymbolId},
    span::{GetSpan, Span},
};

use crate::{
    abi::MODULES,
    error::Finding,
    parse::Parsed,
    unit::{Module, ModuleKind},
};

/// What a specifier names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A module of the unit.
    Module(usize),
    /// A module of the runtime, by its place in the list.
    Builtin(usize),
}

/// Which part of another module is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Imported {
    Name(String),
    Namespace,
}

/// A name that a module takes from another.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    pub(crate) offset: u32,
    pub(crate) symbol: SymbolId,
    pub(crate) local: String,
    pub(crate) target: Target,
    pub(crate) imported: Imported,
}

/// What a module gives under a name.
#[derive(Debug, Clone)]
pub(crate) enum Export {
    /// A name of its own; where it is declared, if it may change, and if it is an import.
    Local { local: String, may_change: bool, symbol: Option<SymbolId> },
    /// Something of another module.
    From { offset: u32, target: Target, imported: Imported },
}

/// What a module takes and gives.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) kind: ModuleKind,
    pub(crate) imports: Vec<Import>,
    /// What is imported, in the order of the text, with repetitions.
    pub(crate) loads: Vec<Target>,
    pub(crate) exports: BTreeMap<String, Export>,
    /// `export * from`.
    pub(crate) stars: Vec<Target>,
    pub(crate) replaced: Vec<(u32, u32, String)>,
}

/// Reads the shape of a module; `names` are those of all modules, sorted.
pub(crate) fn shape(
    module: &Module,
    parsed: &Parsed<'_>,
    names: &[&str],
) -> Result<Shape, Finding> {
    let shape = Shape {
        kind: module.kind,
        imports: Vec::new(),
        loads: Vec::new(),
        exports: BTreeMap::new(),
        stars: Vec::new(),
        replaced: Vec::new(),
    };
    let mut reader = Reader { names, scoping: &parsed.scoping, shape };
    match module.kind {
        ModuleKind::Esm => {
            for statement in &parsed.program.body {
                reader.statement(statement)?;
            }
            Ok(reader.shape)
        }
        ModuleKind::CommonJs => {
            let mut finder = Requires { reader, finding: None, seen: 0 };
            finder.visit_program(parsed.program);
            finder.finish()
        }
    }
}

struct Reader<'p> {
    names: &'p [&'p str],
    scoping: &'p Scoping,
    shape: Shape,
}

impl Reader<'_> {
    fn target(&self, source: &StringLiteral<'_>) -> Result<Target, Finding> {
        let name = source.value.as_str();
        if let Some(index) = MODULES.iter().position(|module| module.name == name) {
            return Ok(Target::Builtin(index));
        }
        let index = self.names.binary_search(&name);
        let what = || format!("there is no module `{name}` in the unit");
        index.map(Target::Module).map_err(|_| Finding::new(source.span.start, what()))
    }

    fn replace(&mut self, start: u32, end: u32, text: impl Into<String>) {
        self.shape.replaced.push((start, end, text.into()));
    }

    fn statement(&mut self, statement: &Statement<'_>) -> Result<(), Finding> {
        match statement {
            Statement::ImportDeclaration(it) => self.import(it),
            Statement::ExportDeclaration(it) => {
                self.replace(it.span.start, it.declaration.span().start, "");
                self.declaration(&it.declaration)
            }
            Statement::ExportNamedDeclaration(it) => {
                self.replace(it.span.start, it.span.end, ";");
                for specifier in &it.specifiers {
                    let symbol = self.local_symbol(&specifier.local)?;
                    let local = specifier.local.name().to_string();
                    self.export_local(&specifier.exported, local, Some(symbol))?;
                }
                Ok(())
            }
            Statement::ExportFromDeclaration(it) => self.export_from(it),
            Statement::ExportAllDeclaration(it) => self.export_all(it),
            Statement::ExportDefaultDeclaration(it) => self.export_default(it),
            _ => Ok(()),
        }
    }

    fn import(&mut self, it: &ImportDeclaration<'_>) -> Result<(), Finding> {
        if it.phase.is_some() {
            return Err(Finding::new(it.span.start, "import phases are not part of contracts"));
        }
        let target = self.target(&it.source)?;
        self.replace(it.span.start, it.span.end, ";");
        self.shape.loads.push(target);
        for specifier in it.specifiers.iter().flatten() {
            let (local, imported) = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(it) => {
                    (&it.local, Imported::Name(name(&it.imported)?))
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(it) => {
                    (&it.local, Imported::Name("default".to_owned()))
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(it) => {
                    (&it.local, Imported::Namespace)
                }
            };
            let symbol = local.symbol_id.get().expect("invariant: a binding has a symbol");
            if self.scoping.symbol_is_mutated(symbol) {
                let what = format!("`{}` is imported, which cannot be assigned to", local.name);
                return Err(Finding::new(local.span.start, what));
            }
            let (offset, local) = (local.span.start, local.name.to_string());
            self.shape.imports.push(Import { offset, symbol, local, target, imported });
        }
        Ok(())
    }

    fn declaration(&mut self, it: &Declaration<'_>) -> Result<(), Finding> {
        let bindings = match it {
            Declaration::VariableDeclaration(it) => {
                let patterns = it.declarations.iter().map(|declarator| &declarator.id);
                patterns.flat_map(|pattern| pattern.get_binding_identifiers()).collect()
            }
            Declaration::FunctionDeclaration(it) => it.id.iter().collect(),
            Declaration::ClassDeclaration(it) => it.id.iter().collect(),
            _ => Vec::new(),
        };
        for binding in bindings {
            let local = binding.name.to_string();
            self.add_local(local.clone(), local, binding.symbol_id.get(), binding.span)?;
        }
        Ok(())
    }

    fn local_symbol(&self, it: &ModuleExportName<'_>) -> Result<SymbolId, Finding> {
        let ModuleExportName::IdentifierReference(it) = it else {
            return Err(Finding::new(it.span().start, "a name is exported without quotes"));
        };
        let reference = it.reference_id.get().map(|id| self.scoping.get_reference(id));
        let symbol = reference.and_then(|reference| reference.symbol_id());
        let what = || format!("`{}` is exported, but not declared", it.name);
        symbol.ok_or_else(|| Finding::new(it.span.start, what()))
    }

    fn export_local(
        &mut self,
        exported: &ModuleExportName<'_>,
        local: String,
        symbol: Option<SymbolId>,
    ) -> Result<(), Finding> {
        self.add_local(name(exported)?, local, symbol, exported.span())
    }

    fn add_local(
        &mut self,
        exported: String,
        local: String,
        symbol: Option<SymbolId>,
        span: Span,
    ) -> Result<(), Finding> {
        let may_change = symbol.is_some_and(|symbol| self.scoping.symbol_is_mutated(symbol));
        self.add(exported, Export::Local { local, may_change, symbol }, span)
    }

    fn add(&mut self, exported: String, export: Export, span: Span) -> Result<(), Finding> {
        let what = format!("`{exported}` is exported twice");
        match self.shape.exports.insert(exported, export) {
            None => Ok(()),
            Some(_) => Err(Finding::new(span.start, what)),
        }
    }

    fn export_from(&mut self, it: &ExportFromDeclaration<'_>) -> Result<(), Finding> {
        let target = self.target(&it.source)?;
        self.replace(it.span.start, it.span.end, ";");
        self.shape.loads.push(target);
        for specifier in &it.specifiers {
            let imported = Imported::Name(name(&specifier.local)?);
            let export = Export::From { offset: specifier.span.start, target, imported };
            self.add(name(&specifier.exported)?, export, specifier.span)?;
        }
        Ok(())
    }

    fn export_all(&mut self, it: &ExportAllDeclaration<'_>) -> Result<(), Finding> {
        let target = self.target(&it.source)?;
        self.replace(it.span.start, it.span.end, ";");
        self.shape.loads.push(target);
        let Some(exported) = &it.exported else {
            self.shape.stars.push(target);
            return Ok(());
        };
        let offset = it.span.start;
        let export = Export::From { offset, target, imported: Imported::Namespace };
        self.add(name(exported)?, export, it.span)
    }

    fn export_default(&mut self, it: &ExportDefaultDeclaration<'_>) -> Result<(), Finding> {
        let start = it.span.start;
        let (id, span, word) = match &it.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(it) => (&it.id, it.span, "function"),
            ExportDefaultDeclarationKind::ClassDeclaration(it) => (&it.id, it.span, "class"),
            other => {
                self.replace(start, other.span().start, "const $__default=");
                return self.default("$__default", None, it.span);
            }
        };
        match id {
            Some(id) => {
                self.replace(start, span.start, "");
                self.default(id.name.as_str(), id.symbol_id.get(), it.span)
            }
            None => {
                let end = span.start + u32::try_from(word.len()).unwrap_or_default();
                self.replace(start, end, format!("{word} $__default"));
                self.default("$__default", None, it.span)
            }
        }
    }

    fn default(
        &mut self,
        local: &str,
        symbol: Option<SymbolId>,
        span: Span,
    ) -> Result<(), Finding> {
        self.add_local("default".to_owned(), local.to_owned(), symbol, span)
    }
}

fn name(it: &ModuleExportName<'_>) -> Result<String, Finding> {
    match it {
        ModuleExportName::StringLiteral(it) => {
            Err(Finding::new(it.span.start, "a name is imported and exported without quotes"))
        }
        other => Ok(other.name().to_string()),
    }
}

/// Finds the calls of `require`.
struct Requires<'p> {
    reader: Reader<'p>,
    finding: Option<Finding>,
    seen: usize,
}

impl Requires<'_> {
    fn finish(self) -> Result<Shape, Finding> {
        if let Some(finding) = self.finding {
            return Err(finding);
        }
        let scoping = self.reader.scoping;
        let unresolved = scoping.root_unresolved_references().iter();
        let mut named = unresolved.filter(|(name, _)| name.as_str() == "require");
        let references = named.next().map_or(0, |(_, references)| references.len());
        if references != self.seen {
            let what = "`require` is only called, with a text: require(\"./file\")";
            return Err(Finding::new(0, what));
        }
        Ok(self.reader.shape)
    }

    fn call(&mut self, it: &CallExpression<'_>) -> Result<(), Finding> {
        let Expression::Identifier(callee) = &it.callee else { return Ok(()) };
        let reference = callee.reference_id.get().map(|id| self.reader.scoping.get_reference(id));
        let is_global = reference.is_some_and(|reference| reference.symbol_id().is_none());
        if callee.name != "require" || !is_global || it.optional {
            return Ok(());
        }
        let [Argument::StringLiteral(source)] = it.arguments.as_slice() else {
            let what = "`require` takes one text: require(\"./file\")";
            return Err(Finding::new(it.span.start, what));
        };
        self.seen += 1;
        let target = self.reader.target(source)?;
        self.reader.shape.loads.push(target);
        let text = match target {
            Target::Module(index) => format!("$__l{index}()"),
            Target::Builtin(index) => builtin(index),
        };
        self.reader.replace(it.span.start, it.span.end, text);
        Ok(())
    }
}

/// What gives a module of the runtime.
pub(crate) fn builtin(index: usize) -> String {
    let name = MODULES.get(index).map_or("", |module| module.name);
    format!("$__env.modules.{name}")
}

impl<'a> Visit<'a> for Requires<'_> {
    fn enter_node(&mut self, kind: AstKind<'a>) {
        if let AstKind::CallExpression(it) = kind
            && let Err(finding) = self.call(it)
        {
            self.finding.get_or_insert(finding);
        }
        let span = match kind {
            AstKind::ImportDeclaration(it) => it.span,
            AstKind::ExportDeclaration(it) => it.span,
            AstKind::ExportNamedDeclaration(it) => it.span,
            AstKind::ExportFromDeclaration(it) => it.span,
            AstKind::ExportAllDeclaration(it) => it.span,
            AstKind::ExportDefaultDeclaration(it) => it.span,
            _ => return,
        };
        let what = "a CommonJS module has no import and no export";
        self.finding.get_or_insert_with(|| Finding::new(span.start, what));
    }
}
