//! Sizes: lines of files and functions, and how many parameters a function takes.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::finding::Finding;
use crate::ratchet::Excess;
use crate::rust::RustFile;
use crate::tree::Tree;

/// Lines of a file that is not a test.
const FILE_LINES_MAX: usize = 900;

/// Lines of a function that is not a test, from its signature to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;

/// Parameters of a function, `self` included.
const PARAMETERS_MAX: usize = 7;

/// What is over its limit of lines.
pub(crate) fn excesses(tree: &Tree) -> Vec<Excess> {
    let mut excesses = Vec::new();
    for file in tree.rust().iter().filter(|file| !file.is_test_file()) {
        let lines = file.text.lines().count();
        if lines > FILE_LINES_MAX {
            let (key, path) = (format!("file {}", file.path), file.path.clone());
            excesses.push(Excess { key, path, line: 1, lines, lines_max: FILE_LINES_MAX });
        }
        for function in functions(file).iter().filter(|function| !file.is_test(function.line)) {
            if function.lines > FUNCTION_LINES_MAX {
                excesses.push(Excess {
                    key: format!("function {} {}", file.path, function.name),
                    path: file.path.clone(),
                    line: function.line,
                    lines: function.lines,
                    lines_max: FUNCTION_LINES_MAX,
                });
            }
        }
    }
    excesses
}

/// Functions with too many parameters.
pub(super) fn parameters(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        for Function { name, line, parameters, .. } in functions(file) {
            if parameters > PARAMETERS_MAX {
                let what = format!(
                    "`{name}` takes {parameters} parameters, the limit is {PARAMETERS_MAX}: \
                     give those that belong together a type"
                );
                findings.push(Finding::new(&file.path, line, what));
            }
        }
    }
    findings
}

struct Function {
    /// `Type::name` in an implementation or a trait, else the name.
    name: String,
    line: usize,
    lines: usize,
    parameters: usize,
}

fn functions(file: &RustFile) -> Vec<Function> {
    let mut functions = Functions::default();
    functions.visit_file(&file.syntax);
    functions.found
}

#[derive(Default)]
struct Functions {
    owner: Option<String>,
    found: Vec<Function>,
}

impl Functions {
    fn note(&mut self, signature: &syn::Signature, end: proc_macro2::Span) {
        let name = match &self.owner {
            Some(owner) => format!("{owner}::{}", signature.ident),
            None => signature.ident.to_string(),
        };
        let line = signature.span().start().line;
        let lines = end.end().line - line + 1;
        self.found.push(Function { name, line, lines, parameters: signature.inputs.len() });
    }

    fn within(&mut self, owner: String, visit: impl FnOnce(&mut Self)) {
        let outer = self.owner.replace(owner);
        visit(self);
        self.owner = outer;
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let owner = match &*item.self_ty {
            syn::Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        };
        let owner = owner.unwrap_or_else(|| "impl".to_owned());
        self.within(owner, |functions| visit::visit_item_impl(functions, item));
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.within(item.ident.to_string(), |functions| visit::visit_item_trait(functions, item));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.note(&item.sig, item.block.span());
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.note(&item.sig, item.block.span());
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.note(&item.sig, item.span());
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function of `lines` lines.
    fn function(lines: usize) -> String {
        format!("fn run() {{\n{}}}\n", "    a();\n".repeat(lines - 2))
    }

    fn excess_keys(path: &str, text: &str) -> Vec<(String, usize)> {
        let excesses = excesses(&Tree::of(&[(path, text)]));
        excesses.into_iter().map(|excess| (excess.key, excess.lines)).collect()
    }

    #[test]
    fn a_long_function_is_named_with_its_type() {
        assert!(excess_keys("src/a.rs", &function(70)).is_empty());
        let found = excess_keys("src/a.rs", &function(71));
        assert_eq!(found, [("function src/a.rs run".to_owned(), 71)]);
        let found = excess_keys("src/a.rs", &format!("impl Vm<u8> {{\n{}}}\n", function(72)));
        assert_eq!(found, [("function src/a.rs Vm::run".to_owned(), 72)]);
    }

    #[test]
    fn tests_may_be_long() {
        assert!(excess_keys("src/a.rs", &format!("#[test]\n{}", function(90))).is_empty());
        assert!(excess_keys("tests/a.rs", &"fn a() {}\n".repeat(1000)).is_empty());
    }

    #[test]
    fn a_long_file_is_seen() {
        assert!(excess_keys("src/a.rs", &"fn a() {}\n".repeat(900)).is_empty());
        let found = excess_keys("src/a.rs", &"fn a() {}\n".repeat(901));
        assert_eq!(found, [("file src/a.rs".to_owned(), 901)]);
    }

    #[test]
    fn parameters_are_counted() {
        let seven = "trait T { fn a(&self, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8); }\n";
        assert!(parameters(&Tree::of(&[("src/a.rs", seven)])).is_empty());
        let eight = seven.replace("g: u8", "g: u8, h: u8");
        assert_eq!(parameters(&Tree::of(&[("src/a.rs", &eight)])).len(), 1);
    }
}
