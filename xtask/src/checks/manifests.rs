//! Manifests: every dependency has a reason, is used, and comes from the workspace's list.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::tree::Tree;

const ROOT: &str = "Cargo.toml";

/// The manifest of a package.
#[derive(Debug)]
pub(super) struct Manifest {
    /// Where it lies.
    pub(super) path: String,
    /// Name of the package.
    pub(super) name: String,
    /// Its dependencies of all kinds, in the order of the file.
    pub(super) dependencies: Vec<Dependency>,
}

/// A dependency of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dependency {
    /// The name by which code knows it, as the manifest writes it.
    pub(super) name: String,
    /// Line in the manifest.
    pub(super) line: usize,
    /// Whether it is `name.workspace = true` or the like.
    is_shared: bool,
}

impl Manifest {
    /// The folder of the package.
    pub(super) fn folder(&self) -> &str {
        self.path.strip_suffix("/Cargo.toml").unwrap_or_default()
    }

    /// Whether the root manifest names it as a member.
    pub(super) fn is_member(&self, tree: &Tree) -> bool {
        members(tree).contains(self.folder())
    }
}

/// The manifests of all packages.
pub(super) fn manifests(tree: &Tree) -> Vec<Manifest> {
    let paths = tree.texts().filter(|(path, _)| path.ends_with("/Cargo.toml"));
    paths.filter_map(|(path, text)| read(path, text)).collect()
}

/// The names by which the crates of this workspace are known.
pub(super) fn workspace_crates(tree: &Tree) -> BTreeSet<String> {
    let table = root_table(tree);
    let shared = table.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    let shared = shared.and_then(toml::Value::as_table).into_iter().flatten();
    shared.filter(|(_, value)| value.get("path").is_some()).map(|(name, _)| name.clone()).collect()
}

/// The folders of the members of the workspace.
pub(super) fn members(tree: &Tree) -> BTreeSet<String> {
    let table = root_table(tree);
    let members = table.get("workspace").and_then(|workspace| workspace.get("members"));
    let members = members.and_then(toml::Value::as_array).into_iter().flatten();
    members.filter_map(|member| member.as_str().map(str::to_owned)).collect()
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let members: Vec<Manifest> =
        manifests(tree).into_iter().filter(|manifest| manifest.is_member(tree)).collect();
    let mut findings = check_shared(tree, &members);
    for manifest in &members {
        findings.extend(check_member(tree, manifest));
    }
    findings
}

fn root_table(tree: &Tree) -> toml::Table {
    tree.text(ROOT).and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn read(path: &str, text: &str) -> Option<Manifest> {
    let table: toml::Table = text.parse().ok()?;
    let name = table.get("package")?.get("name")?.as_str()?.to_owned();
    let is_section = |header: &str| {
        let kinds = ["dependencies]", "dev-dependencies]", "build-dependencies]"];
        header.starts_with('[') && kinds.iter().any(|kind| header.ends_with(kind))
    };
    Some(Manifest { path: path.to_owned(), name, dependencies: rows(text, is_section) })
}

/// The rows of the sections that `is_section` picks.
fn rows(text: &str, is_section: impl Fn(&str) -> bool) -> Vec<Dependency> {
    let mut dependencies = Vec::new();
    let mut is_within = false;
    for (index, line) in text.lines().enumerate() {
        if line.starts_with('[') {
            is_within = is_section(line.trim());
        } else if is_within && line.starts_with(|letter: char| letter.is_ascii_alphanumeric()) {
            let name = line.split(['.', '=', ' ']).next().unwrap_or(line).to_owned();
            let is_shared = line.replace(' ', "").contains("workspace=true");
            dependencies.push(Dependency { name, line: index + 1, is_shared });
        }
    }
    dependencies
}

/// The list that the workspace shares: each has a reason above it and a member that wants it.
fn check_shared(tree: &Tree, members: &[Manifest]) -> Vec<Finding> {
    let text = tree.text(ROOT).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let mut findings = Vec::new();
    for row in rows(text, |header| header == "[workspace.dependencies]") {
        let above = lines[..row.line - 1].iter().rev();
        let mut reasons = above.take_while(|line| !line.is_empty() && !line.starts_with('['));
        if !reasons.any(|line| line.starts_with('#')) {
            let what = format!("`{}` has no reason: write a comment above its group", row.name);
            findings.push(Finding::new(ROOT, row.line, what));
        }
        let is_wanted = |manifest: &Manifest| {
            manifest.dependencies.iter().any(|dependency| dependency.name == row.name)
        };
        let is_member = members.iter().any(|manifest| manifest.name == row.name);
        if !is_member && !members.iter().any(is_wanted) {
            let what = format!("`{}` is a dependency of no member: remove it", row.name);
            findings.push(Finding::new(ROOT, row.line, what));
        }
    }
    findings
}

/// A member: what it depends on is shared, and its code names it.
fn check_member(tree: &Tree, manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |line: usize, what: String| {
        findings.push(Finding::new(&manifest.path, line, what));
    };
    let text = tree.text(&manifest.path).unwrap_or_default();
    if !text.contains("[lints]\nworkspace = true\n") {
        find(1, "does not take part in the lints of the workspace".to_owned());
    }
    for Dependency { name, line, is_shared } in &manifest.dependencies {
        if !is_shared {
            find(*line, format!("`{name}` has a version of its own: write `workspace = true`"));
        }
        if !is_named(tree, manifest, &name.replace('-', "_")) {
            find(*line, format!("no code of the package names `{name}`: remove it"));
        }
    }
    findings
}

fn is_named(tree: &Tree, manifest: &Manifest, name: &str) -> bool {
    let folders = ["src/", "tests/", "benches/", "examples/", "build.rs"];
    let is_own = |path: &str| {
        let inner = path.strip_prefix(manifest.folder()).and_then(|rest| rest.strip_prefix('/'));
        inner.is_some_and(|inner| folders.iter().any(|folder| inner.starts_with(folder)))
    };
    let mut own = tree.rust().iter().filter(|file| is_own(&file.path));
    own.any(|file| file.tokens.iter().any(|token| token.text == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT_TEXT: &str = "[workspace]\nmembers = [\"crates/a\"]\n\n[workspace.dependencies]\n\
        # To parse.\nbcs = \"1\"\nserde_json = \"1\"\n\nlost = \"1\"\n";

    fn findings(manifest: &str, code: &str) -> Vec<String> {
        let files = [
            ("Cargo.toml", ROOT_TEXT),
            ("crates/a/Cargo.toml", manifest),
            ("crates/a/src/lib.rs", code),
        ];
        check(&Tree::of(&files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn reasons_and_uses() {
        let manifest = "[package]\nname = \"a\"\n[lints]\nworkspace = true\n\
            [dependencies]\nbcs.workspace = true\n\
            [dev-dependencies]\nserde_json = { workspace = true }\n";
        let found = findings(manifest, "use bcs::a;\nuse serde_json::b;\n");
        assert_eq!(
            found,
            [
                "Cargo.toml:9: `lost` has no reason: write a comment above its group",
                "Cargo.toml:9: `lost` is a dependency of no member: remove it",
            ]
        );
    }

    #[test]
    fn a_member_shares_and_names_what_it_wants() {
        let manifest = "[package]\nname = \"a\"\n[lints]\nworkspace = true\n\
            [dependencies]\nbcs = \"2\"\n\
            serde_json.workspace = true\n";
        let alone = manifest.replace("[lints]\nworkspace = true\n", "");
        assert_eq!(findings(&alone, "use bcs::a;\nuse serde_json::b;\n").len(), 4);
        let found = findings(manifest, "// serde_json\nuse bcs::a;\n");
        let own = |row: &&String| row.starts_with("crates/a");
        let found: Vec<&String> = found.iter().filter(own).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("crates/a/Cargo.toml:6: `bcs` has a version of its own"));
        assert!(found[1].contains("crates/a/Cargo.toml:7: no code of the package names"));
    }
}
