//! Compiled contracts: each has the source it was made from, beside it or in the folder that
//! `contracts/artifacts/` mirrors.

use crate::finding::Finding;
use crate::tree::Tree;

/// Where the example contracts are.
const FOLDER: &str = "contracts/";

/// Where artefacts lie that are apart from their sources; the folders within are the same.
const APART: &str = "contracts/artifacts/";

/// What a compiler of contracts writes.
const COMPILED: [&str; 4] = [".wasm", ".json", ".bin", ".hex"];

/// What a person writes.
const SOURCES: [&str; 9] = ["sol", "rs", "wat", "ts", "js", "go", "c", "move", "yul"];

/// Descriptions that belong to the source rather than come from it.
const DESCRIPTIONS: [&str; 3] = ["package.json", "package-lock.json", "asconfig.json"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let artefacts = tree.paths().filter(|path| is_artefact(path));
    let orphans = artefacts.filter(|path| !has_source(tree, path));
    let what = "a compiled contract without its source beside it: nobody could rebuild it";
    orphans.map(|path| Finding::new(path, 1, what)).collect()
}

fn is_artefact(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with(FOLDER)
        && COMPILED.iter().any(|ending| name.ends_with(ending))
        && !DESCRIPTIONS.contains(&name)
}

/// Whether the folder of an artefact holds a source of its name, or is a package with sources.
fn has_source(tree: &Tree, artefact: &str) -> bool {
    let place = artefact.replacen(APART, FOLDER, 1);
    let (folder, name) = place.rsplit_once('/').unwrap_or(("", &place));
    let stem = name.split('.').next().unwrap_or(name);
    let is_source = |path: &str| {
        let Some(inner) = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) else {
            return false;
        };
        let (source, ending) = inner.rsplit_once('.').unwrap_or((inner, ""));
        let is_named = source == stem || source.ends_with(&format!("/{stem}"));
        let is_packaged = [format!("{stem}/"), "src/".to_owned()]
            .iter()
            .any(|package| inner.starts_with(package));
        SOURCES.contains(&ending) && (is_named || is_packaged)
    };
    tree.paths().any(is_source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orphans(paths: &[&str]) -> Vec<String> {
        let files: Vec<(&str, &str)> = paths.iter().map(|path| (*path, "")).collect();
        check(&Tree::of(&files)).into_iter().map(|finding| finding.path).collect()
    }

    #[test]
    fn a_source_stands_beside_its_artefact() {
        assert!(orphans(&["contracts/a/Counter.sol", "contracts/a/Counter.json"]).is_empty());
        assert!(orphans(&["contracts/a/src/lib.rs", "contracts/a/a.wasm"]).is_empty());
        assert!(orphans(&["contracts/a/src/lib.rs", "contracts/a.wasm"]).is_empty());
        assert!(orphans(&["contracts/a/index.ts", "contracts/a/package.json"]).is_empty());
        assert!(orphans(&["contracts/c/a.c", "contracts/artifacts/c/a.wasm"]).is_empty());
        assert!(orphans(&["contracts/r/a/src/lib.rs", "contracts/artifacts/r/a.wasm"]).is_empty());
        assert!(orphans(&["docs/a.json"]).is_empty());
    }

    #[test]
    fn an_orphan_is_seen() {
        assert_eq!(orphans(&["contracts/a.wasm"]), ["contracts/a.wasm"]);
        let paths = ["contracts/a/Other.sol", "contracts/a/Counter.json"];
        assert_eq!(orphans(&paths), ["contracts/a/Counter.json"]);
        assert_eq!(
            orphans(&["contracts/a/src/x.md", "contracts/a/a.wasm"]),
            ["contracts/a/a.wasm"]
        );
    }
}
