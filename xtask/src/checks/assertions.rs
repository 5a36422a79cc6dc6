//! How often the crates that must not be wrong assert what they rely on.

use crate::finding::Finding;
use crate::rust::RustFile;
use crate::tree::Tree;

/// The crates whose mistakes would lose or forge state.
const CRATES: [&str; 3] = ["crates/journal/src/", "crates/kernel/src/", "crates/state/src/"];

/// Assertions that a thousand lines of code hold at least.
const PER_THOUSAND_MIN: usize = 5;

/// A crate below this many lines of code has hardly anything to assert.
const CODE_LINES_MIN: usize = 200;

const MACROS: [&str; 6] =
    ["assert", "assert_eq", "assert_ne", "debug_assert", "debug_assert_eq", "debug_assert_ne"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    CRATES.iter().filter_map(|folder| check_crate(tree, folder)).collect()
}

fn check_crate(tree: &Tree, folder: &str) -> Option<Finding> {
    let files = || tree.rust().iter().filter(|file| file.path.starts_with(folder));
    let lines: usize = files().map(RustFile::code_lines).sum();
    let assertions: usize = files().map(assertions).sum();
    let is_enough = lines < CODE_LINES_MIN || assertions * 1000 >= PER_THOUSAND_MIN * lines;
    (!is_enough).then(|| {
        let what = format!(
            "{assertions} assertions in {lines} lines of code, \
             {PER_THOUSAND_MIN} in 1000 is the least: assert what the code relies on"
        );
        Finding::new(&format!("{folder}lib.rs"), 1, what)
    })
}

fn assertions(file: &RustFile) -> usize {
    let is_assertion = |pair: &&[crate::rust::Token]| {
        MACROS.contains(&pair[0].text.as_str())
            && pair[1].text == "!"
            && !file.is_test(pair[0].line)
    };
    file.tokens.windows(2).filter(is_assertion).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: &str) -> Vec<Finding> {
        check(&Tree::of(&[("crates/journal/src/lib.rs", text)]))
    }

    #[test]
    fn assertions_of_tests_do_not_count() {
        let code = "fn a() {}\n".repeat(200);
        assert_eq!(check_text(&code).len(), 1);
        let in_test = format!("{code}#[test]\nfn t() {{\n    assert!(true);\n}}\n");
        assert_eq!(check_text(&in_test).len(), 1);
        let enough =
            format!("{code}const _: () = assert!(true);\nfn b() {{ debug_assert!(a); }}\n");
        assert!(check_text(&enough).is_empty());
    }

    #[test]
    fn other_crates_are_free() {
        let code = "fn a() {}\n".repeat(2000);
        assert!(check(&Tree::of(&[("crates/abi/src/lib.rs", &code)])).is_empty());
    }
}
