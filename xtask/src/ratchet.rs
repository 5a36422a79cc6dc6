//! The ratchet: what is larger than it should be may stay, but never grow.
//!
//! `xtask/ratchet.txt` names each of them with the lines it has and the reason. A row is added by
//! hand, where a reviewer sees it; `cargo xtask tidy --bless` lowers numbers and drops what has
//! become small.

use std::collections::BTreeMap;

use crate::finding::Finding;

/// Where the numbers are kept.
pub(crate) const RATCHET_PATH: &str = "xtask/ratchet.txt";

/// Something over its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excess {
    /// `file <path>` or `function <path> <name>`.
    pub(crate) key: String,
    /// Where it is.
    pub(crate) path: String,
    /// Its first line.
    pub(crate) line: usize,
    /// How many lines it has.
    pub(crate) lines: usize,
    /// How many it may have.
    pub(crate) lines_max: usize,
}

/// The recorded numbers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ratchet {
    comment: String,
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    lines: usize,
    /// Why it may be so large.
    reason: String,
    /// Line of the record in the ratchet's own file.
    line: usize,
}

impl Ratchet {
    /// Reads the file; what cannot be read is a finding.
    pub(crate) fn parse(text: &str) -> (Self, Vec<Finding>) {
        let mut ratchet = Self::default();
        let mut findings = Vec::new();
        for (index, row) in text.lines().enumerate() {
            if row.starts_with('#') {
                ratchet.comment.push_str(row);
                ratchet.comment.push('\n');
            } else if !row.trim().is_empty() {
                match parse_row(row) {
                    Some((key, lines, reason)) => {
                        ratchet.entries.insert(key, Entry { lines, reason, line: index + 1 });
                    }
                    None => findings.push(Finding::new(
                        RATCHET_PATH,
                        index + 1,
                        "expected `file <path> <lines> # <reason>` or \
                         `function <path> <name> <lines> # <reason>`",
                    )),
                }
            }
        }
        (ratchet, findings)
    }

    /// Holds what is measured against what is recorded.
    pub(crate) fn check(&self, excesses: &[Excess]) -> Vec<Finding> {
        let mut findings: Vec<Finding> =
            excesses.iter().filter_map(|excess| self.check_one(excess)).collect();
        for (key, entry) in &self.entries {
            if !excesses.iter().any(|excess| excess.key == *key) {
                let what = format!("`{key}` is within its limit now: run cargo xtask tidy --bless");
                findings.push(Finding::new(RATCHET_PATH, entry.line, what));
            }
        }
        findings
    }

    fn check_one(&self, excess: &Excess) -> Option<Finding> {
        let Excess { key, path, line, lines, lines_max } = excess;
        let what = match self.entries.get(key).map(|entry| entry.lines) {
            None => format!("`{key}` has {lines} lines, the limit is {lines_max}: split it"),
            Some(recorded) if *lines > recorded => {
                format!("`{key}` grew from {recorded} to {lines} lines; it may only shrink")
            }
            Some(recorded) if *lines < recorded => format!(
                "`{key}` shrank from {recorded} to {lines} lines: run cargo xtask tidy --bless"
            ),
            Some(_) => return None,
        };
        Some(Finding::new(path, *line, what))
    }

    /// The file with numbers lowered and small ones dropped; never a new or a larger number.
    pub(crate) fn blessed(&self, excesses: &[Excess]) -> String {
        let mut text = self.comment.clone();
        for (key, entry) in &self.entries {
            if let Some(excess) = excesses.iter().find(|excess| excess.key == *key) {
                let lines = excess.lines.min(entry.lines);
                text.push_str(&format!("{key} {lines} # {}\n", entry.reason));
            }
        }
        text
    }
}

/// Key, lines and reason of a row.
fn parse_row(row: &str) -> Option<(String, usize, String)> {
    let (record, reason) = row.split_once(" # ")?;
    let (key, lines) = record.trim().rsplit_once(' ')?;
    let words = key.split(' ').count();
    let is_known =
        key.starts_with("file ") && words == 2 || key.starts_with("function ") && words == 3;
    let is_whole = is_known && !reason.trim().is_empty();
    is_whole.then_some((key.to_owned(), lines.parse().ok()?, reason.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excess(lines: usize) -> Excess {
        let key = "function src/a.rs run".to_owned();
        Excess { key, path: "src/a.rs".to_owned(), line: 3, lines, lines_max: 70 }
    }

    fn check(text: &str, excesses: &[Excess]) -> Vec<String> {
        let (ratchet, mut findings) = Ratchet::parse(text);
        findings.extend(ratchet.check(excesses));
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_recorded_may_stay() {
        assert!(check("# why\nfunction src/a.rs run 80 # a table\n", &[excess(80)]).is_empty());
        assert!(check("", &[]).is_empty());
    }

    #[test]
    fn anything_else_is_a_finding() {
        let cases: [(&str, Vec<Excess>, &str); 6] = [
            ("", vec![excess(71)], "src/a.rs:3: `function src/a.rs run` has 71 lines"),
            ("function src/a.rs run 80 # a table\n", vec![excess(81)], "grew from 80 to 81"),
            ("function src/a.rs run 80 # a table\n", vec![excess(79)], "shrank from 80 to 79"),
            ("\nfunction src/a.rs run 80 # a table\n", vec![], "xtask/ratchet.txt:2: "),
            ("function src/a.rs 80 # a table\n", vec![], "expected `file"),
            ("function src/a.rs run 80\n", vec![], "expected `file"),
        ];
        for (text, excesses, expected) in cases {
            let findings = check(text, &excesses);
            assert_eq!(findings.len(), 1, "{findings:?}");
            assert!(findings[0].contains(expected), "{findings:?}");
        }
    }

    #[test]
    fn a_blessing_never_raises_and_never_adds() {
        let text = "# why\nfile src/gone.rs 950 # a table\nfunction src/a.rs run 80 # a table\n";
        let (ratchet, _) = Ratchet::parse(text);
        let new = Excess { key: "file src/new.rs".to_owned(), ..excess(1000) };
        assert_eq!(
            ratchet.blessed(&[excess(75), new]),
            "# why\nfunction src/a.rs run 75 # a table\n"
        );
        assert_eq!(ratchet.blessed(&[excess(90)]), "# why\nfunction src/a.rs run 80 # a table\n");
    }
}
