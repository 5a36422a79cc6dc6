//! `cargo xtask ci`: every check a change must pass, in the order of what fails first.
//!
//! All steps share the `dev` profile and no `RUSTFLAGS`, so that lints and documentation read the
//! same metadata of dependencies, and lints and tests the same build scripts and macros. Warnings
//! are made errors by arguments that reach only the members of the workspace.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::{say, tidy};

/// The test command that the README names and that `ci` runs.
pub(crate) const TEST_COMMAND: &str = "cargo test --workspace";

struct Step {
    name: &'static str,
    command: &'static str,
    environment: &'static [(&'static str, &'static str)],
}

/// Where `setup-v8.sh` puts V8.
const V8_FOLDER: &str = ".deps/libnode";

/// Runs where V8 is there. The tests have names that no other crate has, so that nothing else is
/// built for them.
const V8_STEP: Step = Step {
    name: "engines for JavaScript, held to each other",
    command: "cargo test --workspace --features js-v8 --test scripts --test machine --test \
              engines --test jit",
    environment: &[],
};

const STEPS: [Step; 6] = [
    Step { name: "format", command: "cargo fmt --all --check", environment: &[] },
    Step {
        name: "lints",
        command: "cargo clippy --workspace --all-targets --keep-going -- -D warnings",
        environment: &[],
    },
    Step {
        name: "documentation",
        command: "cargo doc --no-deps --workspace",
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
    },
    Step { name: "tests", command: TEST_COMMAND, environment: &[] },
    Step {
        name: "orders of threads, many of the whole",
        command: "cargo test -p braid-parallel --lib --features shuttle",
        environment: &[],
    },
    Step {
        name: "orders of threads, all of the core",
        command: "cargo test -p braid-parallel --lib --features loom",
        environment: &[],
    },
];

/// Runs every step, also after a failure, and says whether all passed.
pub(crate) fn run(root: &Path) -> Result<bool> {
    say("== tidy: cargo xtask tidy");
    let mut failed: Vec<&str> = Vec::new();
    if !tidy::run(root, tidy::Mode::Check)? {
        failed.push("tidy");
    }
    for step in &STEPS {
        if !run_step(root, step)? {
            failed.push(step.name);
        }
    }
    if !root.join(V8_FOLDER).exists() {
        say(&format!("== {}: skipped, ./setup-v8.sh did not run", V8_STEP.name));
    } else if !run_step(root, &V8_STEP)? {
        failed.push(V8_STEP.name);
    }
    if failed.is_empty() {
        say("== all checks passed");
    } else {
        say(&format!("== failed: {}", failed.join(", ")));
    }
    Ok(failed.is_empty())
}

fn run_step(root: &Path, step: &Step) -> Result<bool> {
    say(&format!("== {}: {}", step.name, step.command));
    let start = Instant::now();
    let mut words = step.command.split(' ');
    let program = words.next().context("a step has a command")?;
    let status = Command::new(program)
        .args(words)
        .envs(step.environment.iter().copied())
        .current_dir(root)
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot run `{}`", step.command))?;
    let word = if status.success() { "passed" } else { "FAILED" };
    say(&format!("== {} {word} after {:.1} s", step.name, start.elapsed().as_secs_f64()));
    Ok(status.success())
}
