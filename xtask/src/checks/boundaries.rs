//! Who may know whom: which crate may name a foreign library, and which crates of ours each crate
//! may depend on. A library that changes its API is then changed in one room.

use crate::checks::manifests::{Dependency, Manifest, manifests};
use crate::finding::Finding;
use crate::rust::{RustFile, Token};
use crate::tree::Tree;

/// A foreign library and the rooms that may name it.
struct Boundary {
    libraries: &'static [&'static str],
    rooms: &'static [&'static str],
}

/// Where machines are measured against the libraries they are made of.
const BENCH: &str = "bins/braid/src/bench";

const BOUNDARIES: [Boundary; 8] = [
    Boundary {
        libraries: &["revm", "revm-inspectors", "revm-statetest-types"],
        rooms: &["crates/vm/evm/", "crates/journal/", "tests/conformance", BENCH],
    },
    Boundary { libraries: &["wasmtime", "wasmi"], rooms: &["crates/vm/wasm/", BENCH] },
    Boundary {
        libraries: &[
            "solana-account",
            "solana-instruction",
            "solana-message",
            "solana-program-runtime",
            "solana-pubkey",
            "solana-sbpf",
            "solana-transaction-context",
        ],
        rooms: &["crates/vm/svm/", "tests/solana/", BENCH],
    },
    Boundary { libraries: &["rquickjs"], rooms: &["crates/vm/js/"] },
    Boundary { libraries: &["regex-automata", "regex-syntax"], rooms: &["crates/vm/js/regex/"] },
    Boundary { libraries: &["libloading"], rooms: &["crates/vm/js/v8/"] },
    Boundary { libraries: &["oxc"], rooms: &["crates/vm/js/compiler/"] },
    Boundary { libraries: &["fjall"], rooms: &["crates/state/", BENCH] },
];

/// For each crate, the crates of this workspace that it may depend on.
const DIRECTIONS: [(&str, &[&str]); 30] = [
    ("braid-primitives", &[]),
    ("braid-abi", &["primitives"]),
    ("braid-proof", &["primitives"]),
    ("braid-state", &["primitives", "proof"]),
    ("braid-journal", &["primitives", "state"]),
    ("braid-vm", &["primitives", "abi", "vm"]),
    ("braid-vm-evm", &["primitives", "abi", "state", "journal", "vm"]),
    ("braid-vm-wasm", &["primitives", "abi", "vm"]),
    ("braid-vm-svm", &["primitives", "abi", "vm"]),
    ("braid-vm-js", &["primitives", "abi", "vm", "js-compiler", "js-regex", "js-v8"]),
    ("braid-js-compiler", &["primitives", "abi", "js-regex"]),
    ("braid-js-regex", &[]),
    ("braid-js-v8", &[]),
    ("braid-js-testing", &["js-compiler"]),
    ("braid-vm-native", &["primitives", "abi", "vm"]),
    (
        "braid-kernel",
        &[
            "primitives",
            "abi",
            "state",
            "journal",
            "vm",
            "vm-evm",
            "vm-wasm",
            "vm-svm",
            "vm-js",
            "vm-native",
        ],
    ),
    ("braid-parallel", &["primitives", "state"]),
    ("braid-block", &["primitives", "abi", "state", "vm", "kernel", "parallel"]),
    (
        "braidvm",
        &[
            "primitives",
            "abi",
            "proof",
            "state",
            "journal",
            "vm",
            "vm-evm",
            "vm-wasm",
            "vm-svm",
            "vm-js",
            "vm-native",
            "js-compiler",
            "js-testing",
            "kernel",
            "parallel",
            "block",
        ],
    ),
    ("braid", &["braidvm", "conformance"]),
    ("braid-conformance", &["primitives", "state", "journal", "vm", "vm-evm"]),
    ("braid-crossing-tests", &["braidvm"]),
    ("braid-block-tests", &["braidvm", "block", "crossing-tests"]),
    ("braid-fault-tests", &["primitives", "state"]),
    ("braid-solana-tests", &["primitives", "vm", "vm-svm", "braid-solana"]),
    ("braid-solana", &[]),
    ("braid-sdk", &["braid-sdk-macros", "abi"]),
    ("braid-sdk-macros", &[]),
    ("braid-examples", &["braidvm"]),
    ("xtask", &[]),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = tree.rust().iter().flat_map(check_source).collect();
    for manifest in manifests(tree) {
        for dependency in &manifest.dependencies {
            findings.extend(check_dependency(&manifest, dependency));
        }
        findings.extend(check_directions(tree, &manifest));
    }
    findings
}

fn refusal(boundary: &Boundary, library: &str) -> String {
    let rooms = boundary.rooms.join(", ");
    format!("`{library}` is named outside its rooms ({rooms}): go through their types")
}

fn check_source(file: &RustFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for boundary in &BOUNDARIES {
        if boundary.rooms.iter().any(|room| file.path.starts_with(room)) {
            continue;
        }
        for library in boundary.libraries {
            let name = library.replace('-', "_");
            for index in (0..file.tokens.len()).filter(|index| names(&file.tokens, *index, &name)) {
                let line = file.tokens[index].line;
                findings.push(Finding::new(&file.path, line, refusal(boundary, library)));
            }
        }
    }
    findings
}

/// Whether a token names a crate: it begins a path, or a `use` or `extern crate` names it whole.
fn names(tokens: &[Token], index: usize, name: &str) -> bool {
    let at = |index: usize| tokens.get(index).map_or("", |token| token.text.as_str());
    let before = |steps: usize| index.checked_sub(steps).map_or("", at);
    let is_name = before(3).starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
    let is_segment = before(1) == ":" && before(2) == ":" && is_name && before(3) != "use";
    let begins_path = at(index + 1) == ":" && at(index + 2) == ":" && !is_segment;
    at(index) == name && (begins_path || ["use", "crate"].contains(&before(1)))
}

fn check_dependency(manifest: &Manifest, dependency: &Dependency) -> Option<Finding> {
    let is_theirs = |boundary: &&Boundary| boundary.libraries.contains(&dependency.name.as_str());
    let boundary = BOUNDARIES.iter().find(is_theirs)?;
    let folder = format!("{}/", manifest.folder());
    let is_room = |room: &&str| folder.starts_with(*room) || room.starts_with(&folder);
    let is_allowed = boundary.rooms.iter().any(is_room);
    let what = || refusal(boundary, &dependency.name);
    (!is_allowed).then(|| Finding::new(&manifest.path, dependency.line, what()))
}

fn check_directions(tree: &Tree, manifest: &Manifest) -> Vec<Finding> {
    let ours = super::manifests::workspace_crates(tree);
    if !manifest.is_member(tree) {
        return Vec::new();
    }
    let row = DIRECTIONS.iter().find(|(name, _)| *name == manifest.name);
    let Some((_, allowed)) = row else {
        let what = format!(
            "`{}` is not in the table of directions: say in xtask/src/checks/boundaries.rs \
             what it may depend on",
            manifest.name
        );
        return vec![Finding::new(&manifest.path, 1, what)];
    };
    let is_wrong = |dependency: &&Dependency| {
        ours.contains(&dependency.name) && !allowed.contains(&dependency.name.as_str())
    };
    let wrong = manifest.dependencies.iter().filter(is_wrong);
    let find = |dependency: &Dependency| {
        let what = format!("`{}` must not know `{}`", manifest.name, dependency.name);
        Finding::new(&manifest.path, dependency.line, what)
    };
    wrong.map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "[workspace]\nmembers = [\"crates/abi\", \"crates/state\"]\n\
        [workspace.dependencies]\n# Ours.\nprimitives = { path = \"crates/primitives\" }\n\
        state = { path = \"crates/state\" }\n";

    fn lines(files: &[(&str, &str)]) -> Vec<(String, usize)> {
        check(&Tree::of(files)).into_iter().map(|finding| (finding.path, finding.line)).collect()
    }

    #[test]
    fn a_library_is_named_in_its_rooms_alone() {
        let text = "use revm::Evm;\nfn a(x: ::wasmtime::Engine, y: fjall::Error) {}\n";
        let path = "crates/kernel/src/lib.rs";
        let found: Vec<usize> = lines(&[(path, text)]).into_iter().map(|(_, line)| line).collect();
        assert_eq!(found, [1, 2, 2]);
        assert!(lines(&[("crates/state/src/a.rs", "use fjall::Database;\n")]).is_empty());
        assert!(lines(&[("crates/vm/evm/src/a.rs", "use revm::Evm;\n")]).is_empty());
        assert!(lines(&[("bins/braid/src/bench.rs", "use revm::Evm;\n")]).is_empty());
        assert_eq!(lines(&[("bins/braid/src/main.rs", "use revm;\n")]).len(), 1);
    }

    #[test]
    fn words_and_fields_are_not_names_of_crates() {
        let text =
            "/// Like revm::Evm.\nfn a(s: S) { s.wasmtime; let fjall = 1; super::revm::b(); }\n";
        assert!(lines(&[("crates/kernel/src/lib.rs", text)]).is_empty());
    }

    #[test]
    fn manifests_are_held_to_the_same() {
        let manifest = |name: &str, dependency: &str| {
            format!("[package]\nname = \"{name}\"\n[dependencies]\n{dependency}.workspace = true\n")
        };
        let check_one = |path: &str, text: &str| lines(&[("Cargo.toml", ROOT), (path, text)]);
        let abi = "crates/abi/Cargo.toml";
        assert!(check_one(abi, &manifest("braid-abi", "primitives")).is_empty());
        assert_eq!(check_one(abi, &manifest("braid-abi", "state")), [(abi.to_owned(), 4)]);
        assert_eq!(check_one(abi, &manifest("braid-abi", "revm")), [(abi.to_owned(), 4)]);
        assert_eq!(check_one(abi, &manifest("braid-new", "primitives")), [(abi.to_owned(), 1)]);
        let state = "crates/state/Cargo.toml";
        assert!(check_one(state, &manifest("braid-state", "fjall")).is_empty());
        let bin = "bins/braid/Cargo.toml";
        assert!(check_one(bin, &manifest("braid", "wasmtime")).is_empty());
    }
}
