//! A Rust file as syntax: its items, its tokens with their lines, and which lines are tests.

use std::ops::RangeInclusive;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::finding::Finding;

/// A parsed file.
pub(crate) struct RustFile {
    /// Path from the root of the repository.
    pub(crate) path: String,
    /// The text.
    pub(crate) text: String,
    /// The items.
    pub(crate) syntax: syn::File,
    /// Every leaf token and every delimiter, in order. Comments are not among them; documentation
    /// is, as the string literal of a `doc` attribute.
    pub(crate) tokens: Vec<Token>,
    tests: Vec<RangeInclusive<usize>>,
}

/// A token and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// How it is written.
    pub(crate) text: String,
    /// Line, from 1.
    pub(crate) line: usize,
}

impl RustFile {
    /// Parses a file; the error is a finding at the place that does not parse.
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self, Finding> {
        let failed = |error: syn::Error| {
            let line = error.span().start().line;
            Finding::new(path, line, format!("does not parse: {error}"))
        };
        let syntax = syn::parse_file(text).map_err(failed)?;
        let stream: TokenStream = syn::parse_str(text).map_err(failed)?;
        let mut tokens = Vec::new();
        flatten(stream, &mut tokens);
        let mut tests = TestItems::default();
        tests.visit_file(&syntax);
        let tests = tests.ranges;
        Ok(Self { path: path.to_owned(), text: text.to_owned(), syntax, tokens, tests })
    }

    /// Whether the whole file is a test, a bench or an example.
    pub(crate) fn is_test_file(&self) -> bool {
        let mut folders: Vec<&str> = self.path.split('/').collect();
        let name = folders.pop().unwrap_or_default();
        // A package among the tests has sources, which are held to what all sources are.
        let is_folder = |folder: &&&str| ["tests", "benches", "examples", "src"].contains(*folder);
        let nearest = folders.iter().rev().find(is_folder);
        name == "tests.rs" || nearest.is_some_and(|folder| *folder != "src")
    }

    /// Whether a line belongs to a test.
    pub(crate) fn is_test(&self, line: usize) -> bool {
        self.is_test_file() || self.tests.iter().any(|range| range.contains(&line))
    }

    /// How many lines hold code that is not a test: no blank lines, no comments.
    pub(crate) fn code_lines(&self) -> usize {
        let is_code = |line: &str| !line.trim().is_empty() && !line.trim().starts_with("//");
        let numbered = self.text.lines().enumerate();
        numbered.filter(|(index, line)| is_code(line) && !self.is_test(index + 1)).count()
    }
}

/// Writes out the leaves of a stream, delimiters included.
fn flatten(stream: TokenStream, into: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        let TokenTree::Group(group) = tree else {
            into.push(Token { text: tree.to_string(), line });
            continue;
        };
        let (open, close) = match group.delimiter() {
            proc_macro2::Delimiter::Parenthesis => ("(", ")"),
            proc_macro2::Delimiter::Brace => ("{", "}"),
            proc_macro2::Delimiter::Bracket => ("[", "]"),
            proc_macro2::Delimiter::None => ("", ""),
        };
        into.push(Token { text: open.to_owned(), line });
        flatten(group.stream(), into);
        into.push(Token { text: close.to_owned(), line: group.span_close().end().line });
    }
}

/// Collects the lines of test functions and test modules.
#[derive(Default)]
struct TestItems {
    ranges: Vec<RangeInclusive<usize>>,
}

impl TestItems {
    fn note(&mut self, attributes: &[syn::Attribute], span: proc_macro2::Span) {
        if attributes.iter().any(is_test_attribute) {
            self.ranges.push(span.start().line..=span.end().line);
        }
    }
}

impl<'ast> Visit<'ast> for TestItems {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        self.note(attributes_of(item), item.span());
        visit::visit_item(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.note(&item.attrs, item.span());
        visit::visit_impl_item_fn(self, item);
    }
}

fn attributes_of(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[test]`, or a `#[cfg(..)]` that is met in tests alone.
fn is_test_attribute(attribute: &syn::Attribute) -> bool {
    if attribute.path().is_ident("test") {
        return true;
    }
    let syn::Meta::List(list) = &attribute.meta else { return false };
    let condition = list.tokens.to_string();
    list.path.is_ident("cfg") && (condition == "test" || condition.starts_with("all (test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_which_lines_are_tests() {
        let text = "//! x\nfn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n";
        let file = RustFile::parse("src/lib.rs", text).unwrap();
        let tests: Vec<usize> = (1..=7).filter(|line| file.is_test(*line)).collect();
        assert_eq!(tests, [3, 4, 5, 6]);
        assert_eq!(file.code_lines(), 2);
    }

    #[test]
    fn not_test_is_not_a_test() {
        let file = RustFile::parse("src/lib.rs", "#[cfg(not(test))]\nfn a() {}\n").unwrap();
        assert!(!file.is_test(2));
    }

    #[test]
    fn a_file_of_tests_is_known_by_its_path() {
        for path in ["tests/a.rs", "crates/vm/src/tests.rs", "crates/vm/tests/x/a.rs"] {
            assert!(RustFile::parse(path, "fn a() {}\n").unwrap().is_test_file(), "{path}");
        }
        for path in ["src/contests.rs", "tests/conformance/src/main.rs"] {
            assert!(!RustFile::parse(path, "fn a() {}\n").unwrap().is_test_file(), "{path}");
        }
    }

    #[test]
    fn a_file_that_does_not_parse_names_its_line() {
        let finding = RustFile::parse("src/lib.rs", "fn a() {}\nfn\n").err().unwrap();
        assert_eq!(finding.path, "src/lib.rs");
        assert!(finding.what.starts_with("does not parse"));
    }
}
