//! Words of the language that a library does not use: `unwrap`, `todo!`, `dbg!`, careless
//! `expect`, floats where results must agree; and the `//!` that every file begins with.

use crate::finding::Finding;
use crate::rust::{RustFile, Token};
use crate::tree::Tree;

/// What the message of an `expect` outside tests begins with.
const INVARIANT: &str = "\"invariant: ";

/// Crates whose results must be equal on every machine. The WebAssembly strand is not among them:
/// it names the float types of the language it runs.
const EXACT: [&str; 7] = [
    "crates/primitives/",
    "crates/abi/",
    "crates/state/",
    "crates/journal/",
    "crates/vm/src/",
    "crates/vm/evm/",
    "crates/kernel/",
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust().iter().flat_map(check_file).collect()
}

fn check_file(file: &RustFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_doc = |attribute: &syn::Attribute| attribute.path().is_ident("doc");
    if !file.syntax.attrs.iter().any(is_doc) {
        let what = "no `//!` at the top: say what the file is for, and what it does not do";
        findings.push(Finding::new(&file.path, 1, what));
    }
    for (index, token) in file.tokens.iter().enumerate() {
        let tail = &file.tokens[index..];
        let banned = banned_macro(tail)
            .or_else(|| banned_method(file, token, tail))
            .or_else(|| banned_float(file, token));
        findings.extend(banned.map(|what| Finding::new(&file.path, token.line, what)));
    }
    findings
}

fn starts_with(tokens: &[Token], words: &[&str]) -> bool {
    tokens.len() >= words.len() && tokens.iter().zip(words).all(|(token, word)| token.text == *word)
}

fn banned_macro(tail: &[Token]) -> Option<String> {
    let names = ["todo", "dbg", "unimplemented"];
    let name = names.iter().find(|name| starts_with(tail, &[name, "!"]))?;
    Some(format!("`{name}!`: unfinished or debugging code is not committed"))
}

fn banned_method(file: &RustFile, token: &Token, tail: &[Token]) -> Option<String> {
    // A test kit is compiled as a library and reads as a test.
    if file.is_test(token.line) || file.path.contains("/testkit") {
        return None;
    }
    if starts_with(tail, &[".", "unwrap", "(", ")"]) {
        return Some("`unwrap()` outside tests: return an error".to_owned());
    }
    let message = tail.get(3).map(|token| token.text.as_str()).unwrap_or_default();
    let is_careless = starts_with(tail, &[".", "expect", "("])
        && message.starts_with('"')
        && !message.starts_with(INVARIANT);
    is_careless.then(|| {
        "`expect` outside tests states an invariant: `expect(\"invariant: ...\")`".to_owned()
    })
}

fn banned_float(file: &RustFile, token: &Token) -> Option<String> {
    let is_exact = EXACT.iter().any(|folder| file.path.starts_with(folder));
    let is_float = ["f32", "f64"].contains(&token.text.as_str());
    let is_banned = is_exact && is_float && !file.is_test(token.line);
    is_banned.then(|| format!("`{}`: results must agree, and floats do not", token.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<usize> {
        check(&Tree::of(&[(path, text)])).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn good_code_passes() {
        let text = "//! x\nfn a() { b().expect(\"invariant: holds\"); c().unwrap_or(1); }\n\
                    // a comment may say .unwrap()\n#[test]\nfn t() { a().unwrap(); }\n";
        assert!(findings("src/lib.rs", text).is_empty());
        assert!(findings("tests/a.rs", "//! x\nfn a() { b().unwrap(); }\n").is_empty());
        assert!(findings("src/a.rs", "//! x\nfn a(p: P) { p.expect(Token::Comma); }\n").is_empty());
    }

    #[test]
    fn bad_code_does_not() {
        assert_eq!(findings("src/lib.rs", "fn a() {}\n"), [1]);
        assert_eq!(findings("src/lib.rs", "/// an item\nfn a() {}\n"), [1]);
        for body in ["b().unwrap()", "b().expect(\"works\")", "t!(b().unwrap())", "todo!()"] {
            let text = format!("//! x\nfn a() {{\n    {body};\n}}\n");
            assert_eq!(findings("src/lib.rs", &text), [3], "{body}");
        }
        assert_eq!(findings("crates/abi/src/a.rs", "//! x\nfn a(b: f64) {}\n"), [2]);
        assert!(findings("crates/vm/wasm/src/a.rs", "//! x\nfn a(b: f64) {}\n").is_empty());
        assert_eq!(findings("tests/a.rs", "//! x\nfn a() { dbg!(1); }\n"), [2]);
    }
}
