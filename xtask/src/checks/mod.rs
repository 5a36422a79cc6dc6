//! The checks, one subject a module. Each takes the tree and returns what is wrong with it.

mod artefacts;
mod assertions;
mod boundaries;
mod command_line;
mod documents;
mod manifests;
mod named_tests;
mod readme;
pub(crate) mod size;
mod tables;
mod text;
mod words;

use crate::finding::Finding;
use crate::tree::Tree;

/// All checks, apart from the sizes, which go through the ratchet.
pub(crate) fn all(tree: &Tree) -> Vec<Finding> {
    let checks: [fn(&Tree) -> Vec<Finding>; 12] = [
        text::check,
        words::check,
        size::parameters,
        boundaries::check,
        manifests::check,
        assertions::check,
        tables::check,
        command_line::check,
        documents::check,
        named_tests::check,
        readme::check,
        artefacts::check,
    ];
    checks.iter().flat_map(|check| check(tree)).collect()
}

/// What could not be checked, and why.
pub(crate) fn notices(tree: &Tree) -> Vec<String> {
    command_line::notices(tree)
}
