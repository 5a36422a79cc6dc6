//! What contracts may not write, with what to write instead.

use std::collections::BTreeMap;

use oxc::{
    ast::{AstKind, ast::*},
    ast_visit::{Visit, walk},
    semantic::Scoping,
    span::{GetSpan, Span},
};

use crate::{
    abi::{BIGINT_BITS_MAX, GLOBALS, RESERVED_PREFIX},
    error::Finding,
};

/// Parameters of a function, and arguments of a call.
pub(crate) const PARAMETERS_MAX: usize = 255;
/// Names in one scope: they are slots of a frame, of which many may be on the stack.
pub(crate) const SCOPE_NAMES_MAX: usize = 1024;

/// Which language a source is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// With the syntax of types.
    TypeScript,
    /// Without: what a unit holds.
    JavaScript,
}

/// Checks the tree of a module. `free` are the names that its kind of module gives it.
pub(crate) fn check(
    program: &Program<'_>,
    scoping: &Scoping,
    language: Language,
    free: &[&str],
) -> Result<(), Finding> {
    let mut check = Check { scoping, language, free, findings: BTreeMap::new() };
    check.visit_program(program);
    check.sizes();
    match check.findings.into_iter().next() {
        Some((offset, what)) => Err(Finding { offset, what }),
        None => Ok(()),
    }
}

struct Check<'s> {
    scoping: &'s Scoping,
    language: Language,
    free: &'s [&'s str],
    /// By offset, so that the first in the text is told.
    findings: BTreeMap<u32, String>,
}

impl Check<'_> {
    fn refuse(&mut self, span: Span, what: impl Into<String>) {
        self.findings.entry(span.start).or_insert_with(|| what.into());
    }

    fn sizes(&mut self) {
        let scoping = self.scoping;
        for (_, bindings) in scoping.iter_bindings() {
            if bindings.len() > SCOPE_NAMES_MAX {
                let first = bindings.values().map(|symbol| scoping.symbol_span(*symbol)).min();
                let what = format!("one scope declares more than {SCOPE_NAMES_MAX} names");
                self.refuse(first.unwrap_or_default(), what);
            }
        }
    }

    fn reserved(&mut self, name: &str, span: Span) {
        if name.starts_with(RESERVED_PREFIX) {
            let what = format!("`{name}`: names that begin with `{RESERVED_PREFIX}` are reserved");
            self.refuse(span, what);
        }
        if name == "arguments" {
            self.refuse(span, "`arguments` is not part of contracts: write `...rest`");
        }
    }

    fn reference(&mut self, it: &IdentifierReference<'_>) {
        let name = it.name.as_str();
        self.reserved(name, it.span);
        let Some(reference) = it.reference_id.get().map(|id| self.scoping.get_reference(id)) else {
            return;
        };
        let is_type = self.language == Language::TypeScript && !reference.is_value();
        if reference.symbol_id().is_some() || is_type || self.free.contains(&name) {
            return;
        }
        if GLOBALS.binary_search(&name).is_err() {
            self.refuse(it.span, unknown(name));
        } else if reference.is_write() {
            self.refuse(it.span, format!("`{name}` is a global, which cannot be assigned to"));
        }
    }

    fn function(&mut self, it: &Function<'_>) {
        if it.generator {
            self.refuse(it.span, "generators are not part of contracts: return an array");
        }
        if it.r#async {
            self.refuse(it.span, ASYNC);
        }
        self.parameters(&it.params);
    }

    fn parameters(&mut self, it: &FormalParameters<'_>) {
        if it.items.len() > PARAMETERS_MAX {
            self.refuse(it.span, format!("more than {PARAMETERS_MAX} parameters"));
        }
    }

    fn big_integer(&mut self, it: &BigIntLiteral<'_>) {
        let digits = it.value.as_str();
        let digits_max = (BIGINT_BITS_MAX as usize * 30_103).div_ceil(100_000);
        if digits.len() > digits_max {
            let what = format!("a BigInt has at most {BIGINT_BITS_MAX} bits");
            self.refuse(it.span, what);
        }
    }
}

const ASYNC: &str = "`async` and `await` are not part of contracts: every call answers at once";
const TAGGED: &str = "tagged templates are not part of contracts: call the function";

fn unknown(name: &str) -> String {
    match name {
        "eval" | "Function" => format!("`{name}` is not part of contracts: code cannot make code"),
        "Date" => "`Date` is not part of contracts: use blockchain.blockInfo()".to_owned(),
        "Promise" | "setTimeout" | "setInterval" | "queueMicrotask" => ASYNC.to_owned(),
        "require" | "module" | "exports" => {
            format!("`{name}` is for CommonJS modules, and this one has import or export")
        }
        "storage" | "blockchain" | "event" | "crypto" | "contract" | "object" => {
            format!("`{name}` must be imported: import {{ {name} }} from \"chain\"")
        }
        _ => match nearest(name) {
            Some(near) => format!("there is no `{name}`: did you mean `{near}`?"),
            None => format!("`{name}` is neither declared nor one of the globals of contracts"),
        },
    }
}

/// The global that differs in the case of its letters alone.
fn nearest(name: &str) -> Option<&'static str> {
    GLOBALS.iter().copied().find(|global| global.eq_ignore_ascii_case(name))
}

/// What is wrong with a node by its kind alone.
fn forbidden(kind: AstKind<'_>) -> Option<&'static str> {
    Some(match kind {
        AstKind::WithStatement(_) => "`with` is not part of contracts: name the object",
        AstKind::DebuggerStatement(_) => "`debugger` is not part of contracts",
        AstKind::AwaitExpression(_) => ASYNC,
        AstKind::YieldExpression(_) => "generators are not part of contracts: return an array",
        AstKind::TaggedTemplateExpression(_) => TAGGED,
        AstKind::ImportExpression(_) => "`import()` is not part of contracts: import at the top",
        AstKind::ImportMeta(_) => "`import.meta` is not part of contracts",
        AstKind::Decorator(_) => "decorators are not part of contracts: use a comment `@view`",
        AstKind::AccessorProperty(_) => "`accessor` is not part of contracts: write get and set",
        AstKind::Hashbang(_) => "a line `#!` is not part of contracts",
        AstKind::WithClause(_) => "import attributes are not part of contracts",
        AstKind::JSXElement(_) | AstKind::JSXFragment(_) => "JSX is not part of contracts",
        _ => return None,
    })
}

impl<'a> Visit<'a> for Check<'_> {
    fn enter_node(&mut self, kind: AstKind<'a>) {
        if let Some(what) = forbidden(kind) {
            self.refuse(kind.span(), what);
        }
        if self.language == Language::JavaScript && kind.is_type() {
            self.refuse(kind.span(), "the sources of a unit hold no types");
        }
        match kind {
            AstKind::IdentifierReference(it) => self.reference(it),
            AstKind::BindingIdentifier(it) => self.reserved(it.name.as_str(), it.span),
            AstKind::LabelIdentifier(it) => self.reserved(it.name.as_str(), it.span),
            AstKind::Function(it) => self.function(it),
            AstKind::ArrowFunctionExpression(it) => {
                if it.r#async {
                    self.refuse(it.span, ASYNC);
                }
                self.parameters(&it.params);
            }
            AstKind::CallExpression(it) if it.arguments.len() > PARAMETERS_MAX => {
                self.refuse(it.span, format!("more than {PARAMETERS_MAX} arguments"));
            }
            AstKind::NewExpression(it) if it.arguments.len() > PARAMETERS_MAX => {
                self.refuse(it.span, format!("more than {PARAMETERS_MAX} arguments"));
            }
            AstKind::BigIntLiteral(it) => self.big_integer(it),
            AstKind::RegExpLiteral(it) => {
                let flags = it.regex.flags.to_string();
                if let Err(error) = js_regex::Syntax::parse(it.regex.pattern.text.as_str(), &flags)
                {
                    self.refuse(it.span, error.to_string());
                }
            }
            AstKind::ForOfStatement(it) if it.r#await => self.refuse(it.span, ASYNC),
            AstKind::VariableDeclaration(it) if it.kind.is_using() => {
                self.refuse(it.span, "`using` is not part of contracts: write try and finally");
            }
            _ => {}
        }
    }

    fn visit_v8_intrinsic_expression(&mut self, it: &V8IntrinsicExpression<'a>) {
        self.refuse(it.span, "intrinsics of an engine are not part of contracts");
        walk::walk_v8_intrinsic_expression(self, it);
    }
}
