//! `cargo xtask tidy`: every check over one tree.

use std::path::Path;

use anyhow::{Context, Result};

use crate::checks::{self, size};
use crate::finding::Finding;
use crate::ratchet::{RATCHET_PATH, Ratchet};
use crate::say;
use crate::tree::Tree;

/// What to do with the ratchet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Only check.
    Check,
    /// Lower its numbers to what is measured, then check.
    Bless,
}

/// Checks the tree, prints what is wrong, and says whether nothing is.
pub(crate) fn run(root: &Path, mode: Mode) -> Result<bool> {
    let tree = Tree::load(root)?;
    if mode == Mode::Bless {
        bless(root, &tree)?;
        return run(root, Mode::Check);
    }
    for notice in checks::notices(&tree) {
        say(&format!("notice: {notice}"));
    }
    let findings = check(&tree);
    for finding in &findings {
        say(&finding.to_string());
    }
    let files = tree.paths().count();
    say(&format!("tidy: {} findings in {files} files", findings.len()));
    Ok(findings.is_empty())
}

/// Everything that is wrong with a tree, in the order of its files.
fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = tree.unreadable.clone();
    let (ratchet, unreadable) = Ratchet::parse(tree.text(RATCHET_PATH).unwrap_or_default());
    findings.extend(unreadable);
    findings.extend(ratchet.check(&size::excesses(tree)));
    findings.extend(checks::all(tree));
    findings.sort();
    findings.dedup();
    findings
}

fn bless(root: &Path, tree: &Tree) -> Result<()> {
    let (ratchet, _) = Ratchet::parse(tree.text(RATCHET_PATH).unwrap_or_default());
    let text = ratchet.blessed(&size::excesses(tree));
    std::fs::write(root.join(RATCHET_PATH), text).context("cannot write the ratchet")
}
