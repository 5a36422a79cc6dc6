//! Tables of numbers in the documentation, held against the constants they repeat.

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::rust::RustFile;
use crate::tree::Tree;

const LIMITS: (&str, &str) = ("crates/primitives/src/limits.rs", "docs/src/limits.md");
const WASM_LIMITS: (&str, &str) = ("crates/vm/wasm/src/limits.rs", "docs/src/wasm-limits.md");
const GAS: (&str, &str) = ("crates/vm/src/schedule.rs", "docs/src/gas.md");

/// A named number and its line.
type Numbers = BTreeMap<String, (u128, usize)>;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = compare(tree, LIMITS, constants);
    findings.extend(compare(tree, WASM_LIMITS, constants));
    findings.extend(compare(tree, GAS, prices));
    findings
}

/// Holds the table of a page against the numbers that `read` finds in the source.
fn compare(
    tree: &Tree,
    (source, page): (&str, &str),
    read: fn(&RustFile) -> Numbers,
) -> Vec<Finding> {
    let Some(file) = tree.rust_file(source) else { return Vec::new() };
    let Some(text) = tree.text(page) else {
        return vec![Finding::new(source, 1, format!("its numbers belong in {page}"))];
    };
    let (code, documented) = (read(file), table(text));
    let mut findings = Vec::new();
    for (name, (value, line)) in &code {
        match documented.get(name) {
            None => {
                findings.push(Finding::new(source, *line, format!("`{name}` is not in {page}")))
            }
            Some((written, at)) if written != value => {
                let what = format!("`{name}` is {value} in {source}, not {written}");
                findings.push(Finding::new(page, *at, what));
            }
            Some(_) => {}
        }
    }
    let gone = documented.iter().filter(|(name, _)| !code.contains_key(*name));
    findings.extend(gone.map(|(name, (_, line))| {
        Finding::new(page, *line, format!("`{name}` is not in {source}"))
    }));
    findings
}

/// The rows of the tables of a page whose first cell is a name in code and whose second a number.
fn table(text: &str) -> Numbers {
    let mut numbers = Numbers::new();
    for (index, line) in text.lines().enumerate() {
        let mut cells = line.split('|').skip(1).map(str::trim);
        let name = cells.next().and_then(|cell| cell.strip_prefix('`')?.strip_suffix('`'));
        let digits: String = cells.next().unwrap_or_default().replace(',', "");
        if let (Some(name), Ok(value)) = (name, digits.parse()) {
            numbers.insert(name.to_owned(), (value, index + 1));
        }
    }
    numbers
}

/// Public constants that are numbers.
fn constants(file: &RustFile) -> Numbers {
    let mut numbers = Numbers::new();
    for item in &file.syntax.items {
        let syn::Item::Const(item) = item else { continue };
        let line = item.ident.span().start().line;
        if let Some(value) = value(&item.expr, &numbers) {
            numbers.insert(item.ident.to_string(), (value, line));
        }
    }
    numbers
}

/// The fields of the schedules: the last constant that is a `Schedule` counts.
fn prices(file: &RustFile) -> Numbers {
    let mut numbers = Numbers::new();
    for item in &file.syntax.items {
        let syn::Item::Const(item) = item else { continue };
        let syn::Expr::Struct(schedule) = &*item.expr else { continue };
        for field in &schedule.fields {
            let syn::Member::Named(name) = &field.member else { continue };
            if let Some(value) = value(&field.expr, &Numbers::new()) {
                numbers.insert(name.to_string(), (value, name.span().start().line));
            }
        }
    }
    numbers
}

/// The value of a constant expression; `None` for what is no number.
fn value(expression: &syn::Expr, known: &Numbers) -> Option<u128> {
    match expression {
        syn::Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        syn::Expr::Paren(inner) => value(&inner.expr, known),
        syn::Expr::Cast(cast) => value(&cast.expr, known),
        syn::Expr::Path(path) => Some(known.get(&path.path.get_ident()?.to_string())?.0),
        // A newtype around a number, as in `Gas(3)`.
        syn::Expr::Call(call) if call.args.len() == 1 => value(call.args.first()?, known),
        syn::Expr::Binary(binary) => {
            let (left, right) = (value(&binary.left, known)?, value(&binary.right, known)?);
            match binary.op {
                syn::BinOp::Shl(_) => left.checked_shl(right.try_into().ok()?),
                syn::BinOp::Mul(_) => left.checked_mul(right),
                syn::BinOp::Add(_) => left.checked_add(right),
                syn::BinOp::Sub(_) => left.checked_sub(right),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(source: (&str, &str), page: (&str, &str)) -> Vec<String> {
        check(&Tree::of(&[source, page])).iter().map(ToString::to_string).collect()
    }

    const CODE: &str = "pub const A_MAX: u32 = 1 << 10;\npub const B_MAX: usize = 2 * (3 + 1);\n\
        pub const C_MAX: u64 = B_MAX as u64 - 1;\nconst _: () = assert!(true);\n";

    #[test]
    fn equal_numbers_pass() {
        let page = "# Limits\n\n| name | value |\n|---|---|\n| `A_MAX` | 1,024 | x |\n\
            | `B_MAX` | 8 |\n| `C_MAX` | 7 |\n";
        assert!(findings((LIMITS.0, CODE), (LIMITS.1, page)).is_empty());
    }

    #[test]
    fn a_missing_a_wrong_and_a_lost_number_fail() {
        let page = "| `A_MAX` | 1,025 |\n| `C_MAX` | 7 |\n| `D_MAX` | 1 |\n";
        let found = findings((LIMITS.0, CODE), (LIMITS.1, page));
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("docs/src/limits.md:1: `A_MAX` is 1024"), "{found:?}");
        assert!(found[1].starts_with("crates/primitives/src/limits.rs:2: `B_MAX`"), "{found:?}");
        assert!(found[2].starts_with("docs/src/limits.md:3: `D_MAX`"), "{found:?}");
        assert_eq!(findings((LIMITS.0, CODE), ("other.md", "")).len(), 1);
    }

    #[test]
    fn prices_are_the_fields_of_the_schedule() {
        let code = "pub const V1: Schedule = Schedule { version: 1, log_base: Gas(3_75) };\n";
        let page = "| `version` | 1 |\n| `log_base` | 375 |\n";
        assert!(findings((GAS.0, code), (GAS.1, page)).is_empty());
        assert_eq!(findings((GAS.0, code), (GAS.1, &page.replace("375", "376"))).len(), 1);
    }
}
