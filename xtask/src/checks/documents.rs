//! Documents as a whole: links lead somewhere, the book lists its pages, the map of the
//! architecture shows every crate, the change log has a place for what comes next.

use crate::checks::manifests::members;
use crate::finding::Finding;
use crate::tree::Tree;

const ARCHITECTURE: &str = "ARCHITECTURE.md";
const CHANGELOG: &str = "CHANGELOG.md";
const SUMMARY: &str = "docs/src/SUMMARY.md";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| path.ends_with(".md")) {
        findings.extend(links(tree, path, text));
    }
    findings.extend(contains(tree, CHANGELOG, "## [Unreleased]"));
    for member in members(tree) {
        findings.extend(contains(tree, ARCHITECTURE, &format!("`{member}`")));
    }
    for page in tree.paths().filter(|path| path.starts_with("docs/src/") && *path != SUMMARY) {
        let name = page.trim_start_matches("docs/src/");
        if name.ends_with(".md") {
            findings.extend(contains(tree, SUMMARY, &format!("({name})")));
        }
    }
    findings
}

fn contains(tree: &Tree, path: &str, part: &str) -> Option<Finding> {
    let is_there = tree.text(path).is_some_and(|text| text.contains(part));
    (!is_there).then(|| Finding::new(path, 1, format!("does not have {part}")))
}

/// Links to files of the repository that are not there.
fn links(tree: &Tree, path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap_or_default();
            let is_elsewhere = target.is_empty() || target.contains(':');
            if !is_elsewhere && !tree.exists(&resolve(path, target)) {
                let what = format!("the link to `{target}` leads nowhere");
                findings.push(Finding::new(path, index + 1, what));
            }
        }
    }
    findings
}

/// A relative link as a path from the root.
fn resolve(page: &str, target: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(extra: &[(&str, &str)]) -> Vec<String> {
        let mut files = vec![
            ("Cargo.toml", "[workspace]\nmembers = [\"crates/a\"]\n"),
            (CHANGELOG, "## [Unreleased]\n"),
            (ARCHITECTURE, "`crates/a` is a room.\n"),
        ];
        files.retain(|(path, _)| !extra.iter().any(|(other, _)| other == path));
        files.extend_from_slice(extra);
        check(&Tree::of(&files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn true_documents_pass() {
        let page = "[a](../../CHANGELOG.md#x) [b](https://example.org/) [c](#d) [e](../src/)\n";
        let summary = "- [Page](page.md)\n";
        let found = findings(&[("docs/src/page.md", page), (SUMMARY, summary)]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn untrue_documents_do_not() {
        let cases = [
            ("README.md", "x\n[a](docs/gone.md)\n", "README.md:2: the link to `docs/gone.md`"),
            (CHANGELOG, "## 0.1\n", "CHANGELOG.md:1: does not have ## [Unreleased]"),
            (ARCHITECTURE, "", "ARCHITECTURE.md:1: does not have `crates/a`"),
            ("docs/src/page.md", "x\n", "docs/src/SUMMARY.md:1: does not have (page.md)"),
        ];
        for (path, text, expected) in cases {
            let found = findings(&[(path, text)]);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(expected), "{found:?}");
        }
    }
}
