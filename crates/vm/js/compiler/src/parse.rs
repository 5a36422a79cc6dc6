//! From text to a checked syntax tree with its scopes.

use oxc::{
    allocator::Allocator,
    ast::ast::Program,
    diagnostics::OxcDiagnostic,
    parser::{ParseOptions, Parser},
    semantic::{Scoping, SemanticBuilder},
    span::SourceType,
};

use crate::{
    check::{self, Language},
    error::Finding,
    layout,
    unit::{Module, ModuleKind},
};

/// Names that a CommonJS module has without declaring them.
pub(crate) const COMMON_JS_NAMES: [&str; 3] = ["exports", "module", "require"];

/// A tree and what its names mean.
pub(crate) struct Parsed<'a> {
    pub(crate) program: &'a Program<'a>,
    pub(crate) scoping: Scoping,
}

/// Parses a source of a unit and checks all that a unit promises of it.
pub(crate) fn parse<'a>(
    allocator: &'a Allocator,
    module: &'a Module,
) -> Result<Parsed<'a>, Finding> {
    layout::check(&module.source)?;
    let is_common = module.kind == ModuleKind::CommonJs;
    let free: &[&str] = if is_common { &COMMON_JS_NAMES } else { &[] };
    // CommonJS sources are strict too; what else a module may not have, they may not have either.
    let parsed = parse_as(allocator, &module.source, SourceType::mjs(), is_common)?;
    check::check(parsed.program, &parsed.scoping, Language::JavaScript, free)?;
    Ok(parsed)
}

/// Parses a source and reports what is wrong with its grammar.
pub(crate) fn parse_as<'a>(
    allocator: &'a Allocator,
    source: &'a str,
    kind: SourceType,
    may_return: bool,
) -> Result<Parsed<'a>, Finding> {
    let options =
        ParseOptions { allow_return_outside_function: may_return, ..ParseOptions::default() };
    let parsed = Parser::new(allocator, source, kind).with_options(options).parse();
    if let Some(diagnostic) = parsed.diagnostics.errors().next() {
        return Err(finding(diagnostic));
    }
    if parsed.panicked {
        return Err(Finding::new(0, "the source is not JavaScript"));
    }
    let program: &'a Program<'a> = allocator.alloc(parsed.program);
    let built = SemanticBuilder::new().with_check_syntax_error(true).build(program);
    if let Some(diagnostic) = built.diagnostics.errors().next() {
        return Err(finding(diagnostic));
    }
    Ok(Parsed { program, scoping: built.semantic.into_scoping() })
}

/// The words of the parser, at its first place.
pub(crate) fn finding(diagnostic: &OxcDiagnostic) -> Finding {
    let offset = diagnostic.labels.iter().map(|label| label.offset()).min().unwrap_or_default();
    let mut what = diagnostic.message.to_string();
    if let Some(help) = &diagnostic.help {
        what = format!("{what} ({help})");
    }
    Finding::new(offset, what)
}
