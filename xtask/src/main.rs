//! The checks of the project: `cargo xtask tidy` and `cargo xtask ci`.
//!
//! `tidy` reads the tree as it would be committed and holds it against the rules of the house that
//! no compiler knows: sizes, words, boundaries between crates, documents that repeat what code
//! says. `ci` runs everything a change must pass, `tidy` included. Neither changes a file, apart
//! from `tidy --bless`, which may only tighten `xtask/ratchet.txt`.

mod checks;
mod ci;
mod finding;
mod ratchet;
mod rust;
mod tidy;
mod tree;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask <command>

  ci             format, lints, tests, documentation, tidy: all that a change must pass
  tidy           check the source tree
  tidy --bless   check it, and lower the numbers in xtask/ratchet.txt to what is measured";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

/// Runs one command; the result says whether everything passed.
fn run(arguments: &[String]) -> Result<bool> {
    let root = tree::root()?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["ci"] => ci::run(&root),
        ["tidy"] => tidy::run(&root, tidy::Mode::Check),
        ["tidy", "--bless"] => tidy::run(&root, tidy::Mode::Bless),
        ["help" | "--help" | "-h"] => {
            say(USAGE);
            Ok(true)
        }
        _ => bail!("unknown command `{}`\n\n{USAGE}", arguments.join(" ")),
    }
}

/// Writes a line for the person who runs the checks.
#[allow(clippy::print_stdout, reason = "a command of developers talks on standard output")]
fn say(line: &str) {
    println!("{line}");
}
