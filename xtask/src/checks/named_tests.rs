//! A test that a page of the book names, as `file.rs::function`, is there.

use crate::finding::Finding;
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let is_page = |path: &str| path.starts_with("docs/src/") && path.ends_with(".md");
    let mut findings = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| is_page(path)) {
        for (index, line) in text.lines().enumerate() {
            let named = line.split('`').skip(1).step_by(2).filter_map(split);
            let missing = named.filter(|(file, function)| !is_test(tree, file, function));
            findings.extend(missing.map(|(file, function)| {
                Finding::new(path, index + 1, format!("there is no test {function} in {file}"))
            }));
        }
    }
    findings
}

/// The file and the function that a name of a test consists of.
fn split(word: &str) -> Option<(&str, &str)> {
    let (file, function) = word.split_once("::")?;
    (file.ends_with(".rs") && file.contains('/')).then_some((file, function))
}

/// Whether the file has the function, with an attribute of a test on one of the lines above it.
fn is_test(tree: &Tree, file: &str, function: &str) -> bool {
    let Some(text) = tree.text(file) else { return false };
    let head = format!("fn {function}(");
    let Some((before, _)) = text.split_once(&head) else { return false };
    before
        .lines()
        .rev()
        .take_while(|line| !line.trim().is_empty())
        .any(|line| line.contains("#[test]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TESTS: &str = "#[test]\nfn a() {}\n\nfn b() {}\n";

    fn findings(page: &str) -> Vec<String> {
        let tree = Tree::of(&[("docs/src/a.md", page), ("x/tests/t.rs", TESTS)]);
        check(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_test_that_is_there_is_no_finding() {
        assert!(findings("| `x/tests/t.rs::a` | `std::mem` and `t.rs::b`").is_empty());
    }

    #[test]
    fn a_name_that_leads_to_no_test_is_told() {
        let expected = "docs/src/a.md:2: there is no test b in x/tests/t.rs";
        assert_eq!(findings("one\n`x/tests/t.rs::b`"), [expected]);
        assert_eq!(findings("`x/tests/t.rs::c` `x/other.rs::a`").len(), 2);
    }
}
