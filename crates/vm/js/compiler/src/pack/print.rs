//! One file of the author as a module of a unit: without types and comments, in canonical form.

use std::path::{Path, PathBuf};

use oxc::{
    allocator::Allocator,
    ast::ast::*,
    ast_visit::{VisitMut, walk_mut},
    codegen::{Codegen, CodegenOptions, CommentOptions},
    parser::Parser,
    semantic::SemanticBuilder,
    span::{SourceType, Span},
    transformer::{TransformOptions, Transformer},
};

use super::{
    depth,
    literals::spelled_out,
    resolve::{Place, Resolver},
};
use crate::{
    check::{self, Language},
    error::{CompileError, Finding},
    parse::{COMMON_JS_NAMES, finding},
    unit::{ModuleKind, SOURCE_BYTES_MAX},
};

/// A module in canonical form.
pub(super) struct Printed {
    pub(super) kind: ModuleKind,
    pub(super) source: String,
    pub(super) lines: Vec<u32>,
    /// The modules that it names.
    pub(super) needs: Vec<String>,
}

pub(super) fn print(
    name: &str,
    text: &str,
    resolver: &Resolver<'_>,
) -> Result<Printed, CompileError> {
    if text.len() > SOURCE_BYTES_MAX {
        let what = format!("{name} has {} bytes, the limit is {SOURCE_BYTES_MAX}", text.len());
        return Err(CompileError::Project(what));
    }
    let json;
    let source = match name.ends_with(".json") {
        true => {
            json = json_module(name, text)?;
            json.as_str()
        }
        false => text,
    };
    depth::check(source).map_err(|finding| finding.in_source(name, source))?;
    let allocator = Allocator::default();
    let printed = print_in(&allocator, name, source, resolver);
    printed.map_err(|finding| finding.in_source(name, source))
}

/// A file of data as a module that gives it.
fn json_module(name: &str, text: &str) -> Result<String, CompileError> {
    let is_json = serde_json::from_str::<serde_json::Value>(text);
    is_json.map_err(|error| CompileError::Project(format!("{name}: {error}")))?;
    Ok(format!("module.exports = {};", text.trim()))
}

fn print_in(
    allocator: &Allocator,
    name: &str,
    source: &str,
    resolver: &Resolver<'_>,
) -> Result<Printed, Finding> {
    let source_type = source_type(name)?;
    let parsed = Parser::new(allocator, source, source_type).parse();
    if let Some(diagnostic) = parsed.diagnostics.errors().next() {
        return Err(finding(diagnostic));
    }
    let kind = kind_of(name, parsed.module_record.has_module_syntax);
    let language = match source_type.is_typescript() {
        true => Language::TypeScript,
        false => Language::JavaScript,
    };
    let free: &[&str] = if kind == ModuleKind::CommonJs { &COMMON_JS_NAMES } else { &[] };
    let checked = allocator.alloc(parsed.program);
    let built = SemanticBuilder::new().with_check_syntax_error(true).build(checked);
    if let Some(diagnostic) = built.diagnostics.errors().next() {
        return Err(finding(diagnostic));
    }
    check::check(checked, built.semantic.scoping(), language, free)?;
    let source = match spelled_out(source, checked, built.semantic.scoping())? {
        Some(text) => allocator.alloc_str(&text),
        None => source,
    };
    let mut program = Parser::new(allocator, source, source_type).parse().program;
    strip(allocator, name, &mut program)?;
    let mut names = Names { allocator, from: name, resolver, needs: Vec::new(), finding: None };
    names.visit_program(&mut program);
    if let Some(finding) = names.finding {
        return Err(finding);
    }
    let needs = names.needs;
    let (source, lines) = code_and_lines(name, source, &program);
    Ok(Printed { kind, source, lines, needs })
}

/// The text of a program without comments, and for each of its lines the one of `source`.
pub(super) fn code_and_lines(
    name: &str,
    source: &str,
    program: &Program<'_>,
) -> (String, Vec<u32>) {
    let options = CodegenOptions {
        comments: CommentOptions::disabled(),
        source_map_path: Some(PathBuf::from(name)),
        ..CodegenOptions::default()
    };
    let printed = Codegen::new().with_options(options).with_source_text(source).build(program);
    let tokens = printed.map.iter().flat_map(|map| map.get_tokens());
    let lines =
        lines_of(&printed.code, tokens.map(|token| (token.get_dst_line(), token.get_src_line())));
    (printed.code, lines)
}

fn source_type(name: &str) -> Result<SourceType, Finding> {
    if name.ends_with(".json") {
        return Ok(SourceType::cjs());
    }
    let kind = SourceType::from_path(Path::new(name));
    let kind =
        kind.map_err(|_| Finding::new(0, "a source ends in .ts, .js, .mjs, .cjs, or .json"))?;
    if kind.is_typescript() || name.ends_with(".mjs") || name.ends_with(".cjs") {
        return Ok(kind);
    }
    Ok(SourceType::unambiguous())
}

fn kind_of(name: &str, has_module_syntax: bool) -> ModuleKind {
    let is_common = name.ends_with(".cjs") || name.ends_with(".json");
    match !is_common && (has_module_syntax || name.ends_with(".mjs")) {
        true => ModuleKind::Esm,
        false => ModuleKind::CommonJs,
    }
}

/// Takes the types out, and makes enums and parameter properties of TypeScript plain JavaScript.
pub(super) fn strip<'a>(
    allocator: &'a Allocator,
    name: &str,
    program: &mut Program<'a>,
) -> Result<(), Finding> {
    if !program.source_type.is_typescript() {
        return Ok(());
    }
    let scoping = SemanticBuilder::new().with_enum_eval(true).build(program);
    let scoping = scoping.semantic.into_scoping();
    let options = TransformOptions::default();
    let transformer = Transformer::new(allocator, Path::new(name), &options);
    let done = transformer.build_with_scoping(scoping, program);
    match done.diagnostics.errors().next() {
        Some(diagnostic) => Err(finding(diagnostic)),
        None => Ok(()),
    }
}

/// Writes the names of modules in the place of what the author wrote.
struct Names<'a, 'r> {
    allocator: &'a Allocator,
    from: &'r str,
    resolver: &'r Resolver<'r>,
    needs: Vec<String>,
    finding: Option<Finding>,
}

impl<'a> Names<'a, '_> {
    fn name(&mut self, source: &mut StringLiteral<'a>) {
        match self.resolver.resolve(self.from, source.value.as_str()) {
            Ok(Place::Builtin) => {}
            Ok(Place::File(name)) => {
                source.value = self.allocator.alloc_str(&name).into();
                source.raw = None;
                self.needs.push(name);
            }
            Err(what) => self.refuse(source.span, what),
        }
    }

    fn refuse(&mut self, span: Span, what: String) {
        self.finding.get_or_insert_with(|| Finding::new(span.start, what));
    }
}

impl<'a> VisitMut<'a> for Names<'a, '_> {
    fn visit_import_declaration(&mut self, it: &mut ImportDeclaration<'a>) {
        self.name(&mut it.source);
    }

    fn visit_export_from_declaration(&mut self, it: &mut ExportFromDeclaration<'a>) {
        self.name(&mut it.source);
    }

    fn visit_export_all_declaration(&mut self, it: &mut ExportAllDeclaration<'a>) {
        self.name(&mut it.source);
    }

    fn visit_call_expression(&mut self, it: &mut CallExpression<'a>) {
        if it.callee.is_specific_id("require")
            && let [Argument::StringLiteral(source)] = it.arguments.as_mut_slice()
        {
            self.name(source);
        }
        walk_mut::walk_call_expression(self, it);
    }
}

/// For each line of the canonical source, the line of the author; where a line has none of its own,
/// that of the line before.
fn lines_of(code: &str, tokens: impl Iterator<Item = (u32, u32)>) -> Vec<u32> {
    let count = code.split('\n').count();
    let mut lines = vec![0_u32; count];
    for (canonical, original) in tokens {
        let index = usize::try_from(canonical).unwrap_or(usize::MAX);
        if let Some(line) = lines.get_mut(index).filter(|line| **line == 0) {
            *line = original + 1;
        }
    }
    let mut before = 1;
    for line in &mut lines {
        if *line == 0 {
            *line = before;
        }
        before = *line;
    }
    lines
}
