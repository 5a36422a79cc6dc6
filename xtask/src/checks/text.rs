//! The plain text of files: width, white space, and what must not be named at all.

use crate::finding::Finding;
use crate::tree::Tree;

/// Columns of a line of Rust.
const COLUMNS_MAX: usize = 100;

/// Kinds of files that people write, as opposed to those that tools do.
const WRITTEN: [&str; 18] = [
    "rs", "md", "toml", "txt", "sh", "sol", "wat", "js", "mjs", "ts", "go", "move", "c", "h",
    "html", "css", "yml", "yaml",
];

/// The one file that may say where test data lies outside the repository.
const CI_SCRIPT: &str = ".ci/run";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts() {
        if is_written(path) {
            white_space(path, text, &mut findings);
        }
        if path.ends_with("Cargo.lock") {
            lock_sources(path, text, &mut findings);
        } else {
            machine_names(path, text, &mut findings);
        }
        if path.ends_with(".rs") {
            width(path, text, &mut findings);
        }
    }
    findings
}

fn is_written(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((_, extension)) => WRITTEN.contains(&extension),
        None => path == CI_SCRIPT || name.starts_with("LICENSE"),
    }
}

fn white_space(path: &str, text: &str, findings: &mut Vec<Finding>) {
    let mut find = |line: usize, what: &str| findings.push(Finding::new(path, line, what));
    for (index, line) in text.split('\n').enumerate() {
        if line.ends_with('\r') {
            find(index + 1, "ends in a carriage return: lines end in a line feed alone");
        } else if line.ends_with([' ', '\t']) {
            find(index + 1, "white space at the end of the line");
        }
        if path.ends_with(".rs") && line.contains('\t') {
            find(index + 1, "a tab: indent with spaces, write `\\t` in a literal");
        }
    }
    let lines = text.lines().count().max(1);
    if !text.is_empty() && !text.ends_with('\n') {
        find(lines, "no line feed at the end of the file");
    } else if text.ends_with("\n\n") {
        find(lines, "an empty line at the end of the file");
    }
}

fn width(path: &str, text: &str, findings: &mut Vec<Finding>) {
    for (index, line) in text.lines().enumerate() {
        let columns = line.chars().count();
        if columns > COLUMNS_MAX {
            let what = format!("{columns} columns, the limit is {COLUMNS_MAX}");
            findings.push(Finding::new(path, index + 1, what));
        }
    }
}

/// Leftover markers and names of one machine; written in parts, so that this file is clean itself.
fn banned() -> [(String, &'static str); 8] {
    let machine = "a path of one machine: take it from the environment or an argument";
    let marker = "a leftover marker: do it, or put it on the list of issues";
    [
        (["TO", "DO"].concat(), marker),
        (["FIX", "ME"].concat(), marker),
        (["XX", "X"].concat(), marker),
        (["/wo", "rk/"].concat(), machine),
        (["/ro", "ot/"].concat(), machine),
        (["/ho", "me/"].concat(), machine),
        (["../sha", "red"].concat(), "a folder outside the repository: a clone does not have it"),
        (
            ["replace-", "with"].concat(),
            "another registry: a clone must build from the public ones",
        ),
    ]
}

fn machine_names(path: &str, text: &str, findings: &mut Vec<Finding>) {
    let outside = ["../sha", "red"].concat();
    let banned = banned();
    for (index, line) in text.lines().enumerate() {
        for (name, why) in &banned {
            let is_allowed = path == CI_SCRIPT && *name == outside;
            if !is_allowed && names(line, name) {
                findings.push(Finding::new(path, index + 1, format!("`{name}`: {why}")));
            }
        }
    }
}

/// Whether a line holds a name; a name of letters must stand as a word of its own.
fn names(line: &str, name: &str) -> bool {
    let is_letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        let is_word = name.chars().all(char::is_alphabetic);
        let is_path = name.starts_with('/');
        !(is_letter(before) && (is_word || is_path) || is_word && is_letter(after))
    })
}

fn lock_sources(path: &str, text: &str, findings: &mut Vec<Finding>) {
    let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("source = ") && line != public {
            let what = "a source other than crates.io: a clone must build from public registries";
            findings.push(Finding::new(path, index + 1, what));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<usize> {
        check(&Tree::of(&[(path, text)])).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn clean_text_passes() {
        assert!(findings("a.rs", "fn a() {}\n").is_empty());
        assert!(findings("a.md", &format!("{}\n", "wide ".repeat(40).trim_end())).is_empty());
        assert!(findings("a.json", "no line feed").is_empty());
        assert!(findings("a.md", "a network/work/load, a METHODOLOGY\n").is_empty());
    }

    #[test]
    fn white_space_is_seen() {
        for (text, line) in [("a \n", 1), ("a\nb\t\n", 2), ("a\r\n", 1), ("a\nb", 2), ("a\n\n", 2)]
        {
            assert_eq!(findings("a.md", text), [line], "{text:?}");
        }
        assert_eq!(findings("a.rs", "fn a() {\n\ta();\n}\n"), [2]);
        assert_eq!(findings(".ci/run", "a \n"), [1]);
    }

    #[test]
    fn a_wide_line_is_counted_in_characters() {
        let line = |columns: usize| format!("// {}\n", "é".repeat(columns - 3));
        assert!(findings("a.rs", &line(100)).is_empty());
        assert_eq!(findings("a.rs", &line(101)), [1]);
    }

    #[test]
    fn banned_names_are_seen_everywhere() {
        for (name, _) in banned() {
            assert_eq!(findings("a.md", &format!("see {name}\n")), [1], "{name}");
            assert_eq!(findings("a.rs", &format!("// {name}x y\n")).len(), {
                usize::from(!name.chars().all(char::is_alphabetic))
            });
        }
    }

    #[test]
    fn only_the_script_may_look_outside() {
        let line = format!("test -d {}\n", ["../sha", "red"].concat());
        assert!(findings(".ci/run", &line).is_empty());
        assert_eq!(findings("README.md", &line), [1]);
    }

    #[test]
    fn a_lock_file_names_one_registry() {
        let row = |host: &str| format!("source = \"registry+https://{host}\"\n");
        assert!(findings("Cargo.lock", &row("github.com/rust-lang/crates.io-index")).is_empty());
        assert_eq!(findings("Cargo.lock", &row("example.org/index")), [1]);
    }
}
