//! Sources that run beside a chain, tests of contracts say: types are taken out, and nothing else
//! is changed or refused.

use oxc::{allocator::Allocator, parser::Parser, span::SourceType};

use super::{
    ReadFile, depth,
    print::{code_and_lines, strip},
    resolve::{Place, Resolver},
};
use crate::{AUTHOR_STACK_BYTES, CompileError, error::Finding, parse::finding};

/// A module without types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stripped {
    /// An ES module; its imports stand as the author wrote them.
    pub source: String,
    /// For each line of the source, the line in the author's file, from 1.
    pub lines: Vec<u32>,
}

/// Takes the types out of an ES module. A file of data becomes a module whose default export it is.
///
/// # Errors
///
/// [`CompileError`] naming the place that is wrong.
pub fn strip_types(name: &str, text: &str) -> Result<Stripped, CompileError> {
    if name.ends_with(".json") {
        let source = format!("export default {};", text.trim());
        return Ok(Stripped { lines: vec![1; source.split('\n').count()], source });
    }
    let allocator = Allocator::default();
    let stripped = depth::check(text)
        .and_then(|()| stacker::grow(AUTHOR_STACK_BYTES, || strip_in(&allocator, name, text)));
    stripped.map_err(|finding| finding.in_source(name, text))
}

/// The file that an import of the module `from` means; none where it is built into the runtime.
///
/// # Errors
///
/// Why there is no such file, in words.
pub fn resolve_import(
    from: &str,
    specifier: &str,
    read: ReadFile<'_>,
) -> Result<Option<String>, String> {
    Ok(match (Resolver { read }).resolve(from, specifier)? {
        Place::File(name) => Some(name),
        Place::Builtin => None,
    })
}

fn strip_in(allocator: &Allocator, name: &str, text: &str) -> Result<Stripped, Finding> {
    let kind = SourceType::from_path(std::path::Path::new(name)).unwrap_or_default();
    let kind = if kind.is_typescript() { kind } else { SourceType::mjs() };
    let parsed = Parser::new(allocator, text, kind).parse();
    if let Some(diagnostic) = parsed.diagnostics.errors().next() {
        return Err(finding(diagnostic));
    }
    let mut program = parsed.program;
    strip(allocator, name, &mut program)?;
    let (source, lines) = code_and_lines(name, text, &program);
    Ok(Stripped { source, lines })
}
