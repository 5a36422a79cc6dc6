//! From places in what runs to places of the author.

use std::collections::BTreeMap;

/// For each module that was loaded, the author's line for each of its lines.
#[derive(Debug, Default)]
pub(crate) struct Places(BTreeMap<String, Vec<u32>>);

impl Places {
    pub(crate) fn add(&mut self, name: &str, lines: Vec<u32>) {
        self.0.insert(name.to_owned(), lines);
    }

    /// The first place of the author in a stack of the engine, as file and line.
    pub(crate) fn first(&self, stack: &str) -> Option<String> {
        stack
            .lines()
            .find_map(|line| self.0.iter().find_map(|(name, lines)| place(line, name, lines)))
    }
}

/// The place in a line of a stack, `at f (name:line:column)`, if it is one of this module.
fn place(line: &str, name: &str, lines: &[u32]) -> Option<String> {
    let (before, after) = line.split_once(&format!("{name}:"))?;
    if !(before.ends_with('(') || before.ends_with("at ")) {
        return None;
    }
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    let index = digits.parse::<usize>().ok()?.checked_sub(1)?;
    lines.get(index).map(|line| format!("{name}:{line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_names_the_line_of_the_author() {
        let mut places = Places::default();
        places.add("a.test.ts", vec![1, 5, 9]);
        let stack = "    at fail (harness.js:3:4)\n    at <anonymous> (a.test.ts:2:7)\n";
        assert_eq!(places.first(stack).as_deref(), Some("a.test.ts:5"));
        assert_eq!(places.first("    at b.test.ts:2:7"), None);
        assert_eq!(places.first("    at f (a.test.ts:9:1)"), None);
    }
}
