//! Literals of regular expressions: a unit has none, so they become calls of the constructor.

use oxc::{
    ast::ast::{Program, RegExpLiteral},
    ast_visit::Visit,
    semantic::Scoping,
};

use crate::error::Finding;

/// The source with `new RegExp("…", "…")` in the place of each literal; none where it has none.
/// Lines stay as they are.
pub(super) fn spelled_out(
    source: &str,
    program: &Program<'_>,
    scoping: &Scoping,
) -> Result<Option<String>, Finding> {
    let mut literals = Literals::default();
    literals.visit_program(program);
    let Some((first, _, _)) = literals.found.first() else { return Ok(None) };
    let mut scopes = scoping.iter_bindings();
    if scopes.any(|(_, names)| names.keys().any(|name| name.as_str() == NAME)) {
        let what = format!("a literal needs `{NAME}`, which the module declares as its own");
        return Err(Finding::new(*first, what));
    }
    let (mut out, mut from) = (String::with_capacity(source.len()), 0);
    for (start, end, text) in literals.found {
        out.push_str(source.get(from..start as usize).unwrap_or_default());
        out.push_str(&text);
        from = end as usize;
    }
    out.push_str(source.get(from..).unwrap_or_default());
    Ok(Some(out))
}

/// The constructor.
const NAME: &str = "RegExp";

#[derive(Default)]
struct Literals {
    /// Where each begins and ends, and what stands for it, in the order of the text.
    found: Vec<(u32, u32, String)>,
}

impl<'a> Visit<'a> for Literals {
    fn visit_reg_exp_literal(&mut self, it: &RegExpLiteral<'a>) {
        let pattern = serde_json::Value::from(it.regex.pattern.text.as_str());
        let flags = it.regex.flags.to_string();
        // A word may stand before a literal without a space between them.
        let text = format!(" new {NAME}({pattern}, \"{flags}\")");
        self.found.push((it.span.start, it.span.end, text));
    }
}
