//! The read-me in its languages: the same outline and the same code, and commands that are run.

use crate::ci::TEST_COMMAND;
use crate::finding::Finding;
use crate::tree::Tree;

const ORIGINAL: &str = "README.md";
const TRANSLATIONS: [&str; 2] = ["README.ja.md", "README.zh.md"];
const CI_SCRIPT: &str = ".ci/run";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(original) = tree.text(ORIGINAL) else {
        return vec![Finding::new(ORIGINAL, 1, "missing")];
    };
    if !Outline::of(original).code.iter().any(|(_, line)| line == TEST_COMMAND) {
        let what = format!("does not name the test command that is run: {TEST_COMMAND}");
        findings.push(Finding::new(ORIGINAL, 1, what));
    }
    let script = tree.text(CI_SCRIPT).unwrap_or_default();
    if !script.lines().any(|line| line.trim() == "cargo xtask ci") {
        let what = format!("does not run `cargo xtask ci`, and with it `{TEST_COMMAND}`");
        findings.push(Finding::new(CI_SCRIPT, 1, what));
    }
    for translation in TRANSLATIONS {
        findings.extend(compare(tree, original, translation));
    }
    findings
}

/// What does not change from one language to another.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outline {
    /// Levels of the headings.
    headings: Vec<usize>,
    /// Lines of code blocks, with their place.
    code: Vec<(usize, String)>,
}

impl Outline {
    fn of(text: &str) -> Self {
        let mut outline = Self::default();
        let mut is_block = false;
        for (index, line) in text.lines().enumerate() {
            if line.starts_with("```") {
                is_block = !is_block;
                outline.code.push((index + 1, line.to_owned()));
            } else if is_block {
                outline.code.push((index + 1, line.to_owned()));
            } else if line.starts_with('#') {
                outline.headings.push(line.len() - line.trim_start_matches('#').len());
            }
        }
        outline
    }
}

fn compare(tree: &Tree, original: &str, translation: &str) -> Option<Finding> {
    let Some(text) = tree.text(translation) else {
        return Some(Finding::new(translation, 1, "missing"));
    };
    let (original, translated) = (Outline::of(original), Outline::of(text));
    if original.headings != translated.headings {
        let what = format!("its headings are not those of {ORIGINAL}");
        return Some(Finding::new(translation, 1, what));
    }
    let pairs = original.code.iter().zip(&translated.code);
    let differs = pairs.clone().find(|((_, ours), (_, theirs))| ours != theirs);
    let line = match differs {
        Some((_, (line, _))) => *line,
        None if original.code.len() == translated.code.len() => return None,
        None => 1,
    };
    Some(Finding::new(translation, line, format!("its code is not that of {ORIGINAL}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "# Braid\n\nWords.\n\n```sh\ncargo test --workspace\n```\n\n## More\n";

    fn findings(english: &str, japanese: &str, script: &str) -> Vec<String> {
        let files = [
            (ORIGINAL, english),
            ("README.ja.md", japanese),
            ("README.zh.md", english),
            (CI_SCRIPT, script),
        ];
        check(&Tree::of(&files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_faithful_translation_passes() {
        let japanese = ENGLISH.replace("Words.", "言葉。\n").replace("More", "さらに");
        assert!(findings(ENGLISH, &japanese, "cargo xtask ci\n").is_empty());
    }

    #[test]
    fn an_unfaithful_one_does_not() {
        let cases = [
            (ENGLISH.replace("## More", "### More"), "README.ja.md:1: its headings"),
            (ENGLISH.replace("--workspace", "--all"), "README.ja.md:6: its code"),
            (ENGLISH.replace("```\n\n##", "x\n```\n\n##"), "README.ja.md:7: its code"),
        ];
        for (japanese, expected) in cases {
            let found = findings(ENGLISH, &japanese, "cargo xtask ci\n");
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(expected), "{found:?}");
        }
    }

    #[test]
    fn commands_are_those_that_are_run() {
        let other = ENGLISH.replace("--workspace", "--all");
        assert_eq!(findings(&other, &other, "cargo xtask ci\n").len(), 1);
        assert_eq!(findings(ENGLISH, ENGLISH, "# cargo xtask ci\n").len(), 1);
    }
}
