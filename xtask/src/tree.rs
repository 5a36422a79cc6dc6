//! The files of the repository, read once: what git tracks and what it would add.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::finding::Finding;
use crate::rust::RustFile;

/// The tree that the checks read.
#[derive(Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, Option<String>>,
    rust: Vec<RustFile>,
    /// Rust files that do not parse.
    pub(crate) unreadable: Vec<Finding>,
}

/// The root of the repository.
pub(crate) fn root() -> Result<PathBuf> {
    // Asked at run time: a target folder that checkouts share may hold the program of another.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").context("run this by `cargo xtask`")?;
    let root = Path::new(&here).parent().context("xtask lies in the root of the repository")?;
    Ok(root.to_owned())
}

impl Tree {
    /// Reads every file that is tracked, or would be by `git add --all`.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        for path in tracked(root)? {
            let full = root.join(&path);
            if full.is_file() {
                let bytes = std::fs::read(&full).with_context(|| format!("cannot read {path}"))?;
                files.insert(path, text_of(bytes));
            }
        }
        Ok(Self::parsed(files))
    }

    /// A tree of texts, for the tests of the checks.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let own = |(path, text): &(&str, &str)| ((*path).to_owned(), Some((*text).to_owned()));
        Self::parsed(files.iter().map(own).collect())
    }

    fn parsed(files: BTreeMap<String, Option<String>>) -> Self {
        let mut rust = Vec::new();
        let mut unreadable = Vec::new();
        for (path, text) in &files {
            let Some(text) = text.as_deref().filter(|_| path.ends_with(".rs")) else { continue };
            match RustFile::parse(path, text) {
                Ok(file) => rust.push(file),
                Err(finding) => unreadable.push(finding),
            }
        }
        Self { files, rust, unreadable }
    }

    /// All paths, in order.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// All text files: path and text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// The text of a file; `None` where there is no such text file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Whether there is such a file, or a folder with files in it.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.files.contains_key(path) || self.paths().any(|known| known.starts_with(&folder))
    }

    /// All Rust files that parse.
    pub(crate) fn rust(&self) -> &[RustFile] {
        &self.rust
    }

    /// One Rust file.
    pub(crate) fn rust_file(&self, path: &str) -> Option<&RustFile> {
        self.rust.iter().find(|file| file.path == path)
    }
}

/// What git tracks, and what it neither tracks nor ignores.
fn tracked(root: &Path) -> Result<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("cannot run git")?;
    ensure!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).context("a path is not UTF-8")?;
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// The text of a file, or `None` for a binary one.
fn text_of(bytes: Vec<u8>) -> Option<String> {
    if bytes.contains(&0) {
        return None;
    }
    String::from_utf8(bytes).ok()
}
