//! The `braid` command held against its page: every command, every long flag, every variable of
//! the environment that the project reads.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};

use crate::finding::Finding;
use crate::rust::RustFile;
use crate::tree::Tree;

const SOURCES: &str = "bins/braid/src/";
const PAGE: &str = "docs/src/cli.md";

/// Where a variable of the environment may be documented.
const VARIABLE_PAGES: [&str; 3] = ["README.md", "CONTRIBUTING.md", PAGE];

/// A command or a flag, and where the code has it.
#[derive(Debug)]
struct Word {
    text: String,
    path: String,
    line: usize,
}

/// What the argument parser of the command declares.
#[derive(Debug, Default)]
struct Declared {
    path: String,
    commands: Vec<Word>,
    flags: Vec<Word>,
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = variables(tree);
    let declared = declared(tree);
    if declared.commands.is_empty() {
        return findings;
    }
    let Some(page) = tree.text(PAGE) else {
        findings.push(Finding::new(PAGE, 1, "missing: the page of the commands of `braid`"));
        return findings;
    };
    let known = words(page);
    for word in declared.commands.iter().filter(|word| !known.contains(&word.text)) {
        let what = format!("the command `{}` is not in {PAGE}", word.text);
        findings.push(Finding::new(&word.path, word.line, what));
    }
    for word in declared.flags.iter().filter(|word| !known.contains(&word.text)) {
        let what = format!("the flag `{}` is not in {PAGE}", word.text);
        findings.push(Finding::new(&word.path, word.line, what));
    }
    findings.extend(headings(page, &declared.commands));
    findings
}

/// Says so where there is no command yet.
pub(super) fn notices(tree: &Tree) -> Vec<String> {
    let has_commands = !declared(tree).commands.is_empty();
    let notice = format!("{SOURCES} declares no commands: {PAGE} was not checked");
    if has_commands { Vec::new() } else { vec![notice] }
}

fn declared(tree: &Tree) -> Declared {
    let mut declared = Declared::default();
    for file in tree.rust().iter().filter(|file| file.path.starts_with(SOURCES)) {
        declared.path.clone_from(&file.path);
        declared.visit_file(&file.syntax);
    }
    declared
}

/// Every word of the page that stands in code: in a span, a block or a heading.
fn words(page: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut is_block = false;
    for line in page.lines() {
        if line.starts_with("```") {
            is_block = !is_block;
        }
        let in_code = |(index, part): (usize, &str)| {
            let is_code = is_block || line.starts_with('#') || index % 2 == 1;
            is_code.then(|| part.to_owned())
        };
        for part in line.split('`').enumerate().filter_map(in_code) {
            let split = part.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
            words.extend(split.map(str::to_owned));
        }
    }
    words
}

/// Headings such as `` ## `braid state dump` `` name commands that exist.
fn headings(page: &str, commands: &[Word]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in page.lines().enumerate().filter(|(_, line)| line.starts_with('#')) {
        let title = line.trim_start_matches('#').replace('`', "");
        let mut parts = title.split_whitespace();
        if parts.next() != Some("braid") {
            continue;
        }
        for name in parts.take_while(|part| part.starts_with(|c: char| c.is_ascii_lowercase())) {
            if !commands.iter().any(|command| command.text == name) {
                let what = format!("`braid` has no command `{name}`");
                findings.push(Finding::new(PAGE, index + 1, what));
            }
        }
    }
    findings
}

impl<'ast> Visit<'ast> for Declared {
    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        if item.attrs.iter().any(derives_subcommand) {
            let visible = item.variants.iter().filter(|variant| !is_hidden(&variant.attrs));
            for variant in visible {
                let text = option(&variant.attrs, "name")
                    .flatten()
                    .unwrap_or_else(|| kebab(&variant.ident.to_string()));
                let line = variant.ident.span().start().line;
                self.commands.push(Word { text, path: self.path.clone(), line });
            }
        }
        visit::visit_item_enum(self, item);
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        let Some(name) = &field.ident else { return };
        if let (Some(long), false) = (option(&field.attrs, "long"), is_hidden(&field.attrs)) {
            let long = long.unwrap_or_else(|| kebab(&name.to_string()));
            let line = name.span().start().line;
            self.flags.push(Word { text: format!("--{long}"), path: self.path.clone(), line });
        }
    }
}

fn derives_subcommand(attribute: &syn::Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    list.path.is_ident("derive") && list.tokens.to_string().contains("Subcommand")
}

fn is_hidden(attributes: &[syn::Attribute]) -> bool {
    ["hide", "skip", "external_subcommand"].iter().any(|name| option(attributes, name).is_some())
}

/// An option of `#[command(..)]` or `#[arg(..)]`: whether it is there, and its text if it has one.
fn option(attributes: &[syn::Attribute], name: &str) -> Option<Option<String>> {
    let is_clap =
        |path: &syn::Path| ["command", "arg", "clap"].iter().any(|own| path.is_ident(own));
    for attribute in attributes.iter().filter(|attribute| is_clap(attribute.path())) {
        let Ok(list) = attribute.meta.require_list() else { continue };
        let tokens: Vec<proc_macro2::TokenTree> = list.tokens.clone().into_iter().collect();
        let at = |index: usize| tokens.get(index).map(ToString::to_string).unwrap_or_default();
        let starts = |index: usize| index == 0 || at(index - 1) == ",";
        let found = (0..tokens.len()).find(|index| at(*index) == name && starts(*index));
        if let Some(index) = found {
            let text = (at(index + 1) == "=").then(|| at(index + 2).trim_matches('"').to_owned());
            return Some(text);
        }
    }
    None
}

/// `StateDump` or `state_dump` as `state-dump`.
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for letter in name.trim_start_matches("r#").chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(if letter == '_' { '-' } else { letter }.to_lowercase());
    }
    text
}

/// Variables of the environment that code other than a test names and no page does.
fn variables(tree: &Tree) -> Vec<Finding> {
    let pages: Vec<&str> = VARIABLE_PAGES.iter().filter_map(|page| tree.text(page)).collect();
    tree.rust().iter().flat_map(|file| undocumented(file, &pages)).collect()
}

fn undocumented(file: &RustFile, pages: &[&str]) -> Vec<Finding> {
    let prefix = ["BRA", "ID_"].concat();
    let mut findings = Vec::new();
    for token in &file.tokens {
        let Some(name) = token.text.strip_prefix('"').and_then(|text| text.strip_suffix('"'))
        else {
            continue;
        };
        let is_variable = !file.is_test(token.line)
            && name.starts_with(&prefix)
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if is_variable && !pages.iter().any(|page| page.contains(&format!("`{name}`"))) {
            let what = format!("`{name}` is in none of {}", VARIABLE_PAGES.join(", "));
            findings.push(Finding::new(&file.path, token.line, what));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "#[derive(Debug, Subcommand)]\nenum Command {\n    /// x\n    Demo,\n    \
        #[command(name = \"dump\")]\n    StateDump { #[arg(short, long)] gas_limit: u64 },\n    \
        #[command(hide = true)]\n    Secret,\n}\n";

    fn findings(code: &str, page: &str) -> Vec<String> {
        let files = [("bins/braid/src/main.rs", code), (PAGE, page)];
        check(&Tree::of(&files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_page_with_everything_passes() {
        let page =
            "# The command\n\n## `braid demo`\n\n## `braid dump <file>`\n\n`--gas-limit <n>`\n";
        assert!(findings(CODE, page).is_empty(), "{:?}", findings(CODE, page));
        assert!(notices(&Tree::of(&[("bins/braid/src/main.rs", CODE)])).is_empty());
    }

    #[test]
    fn what_is_missing_or_gone_fails() {
        let found = findings(CODE, "## `braid demo`\n\nThis says dump outside code.\n");
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("bins/braid/src/main.rs:6: the command `dump`"), "{found:?}");
        assert!(found[1].contains("`--gas-limit`"), "{found:?}");
        let found = findings(CODE, "`dump --gas-limit`\n## braid demo\n## braid gone\n");
        assert_eq!(found, ["docs/src/cli.md:3: `braid` has no command `gone`"]);
    }

    #[test]
    fn no_commands_is_a_notice() {
        assert!(findings("fn main() {}\n", "").is_empty());
        assert_eq!(notices(&Tree::of(&[("bins/braid/src/main.rs", "fn main() {}\n")])).len(), 1);
    }

    #[test]
    fn variables_are_documented() {
        let name = ["BRA", "ID_VECTORS"].concat();
        let code = format!("fn a() {{ var(\"{name}\"); }}\n");
        let page = format!("`{name}` is the folder.\n");
        let check = |page: &str| check(&Tree::of(&[("a.rs", &code), ("README.md", page)])).len();
        assert_eq!((check(&page), check("")), (0, 1));
    }
}
