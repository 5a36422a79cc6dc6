//! Starts the child and reads what it acknowledged.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, bail, ensure};

use crate::fault::Setup;

/// A line of the child: so many steps are taken and durable.
pub const ACKNOWLEDGED: &str = "acknowledged ";
/// A line of the child: it opened the store and found so many steps taken.
pub const RESUMED: &str = "resumed ";
/// The last line of a child that took all its steps.
pub const DONE: &str = "done";
/// The last line of a child whose store refused to go on, and why.
pub const REFUSED: &str = "refused ";

/// How a child ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It took all its steps.
    Done,
    /// The store gave an error.
    Refused(String),
    /// It was killed.
    Killed,
}

/// What a child did.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Steps that are acknowledged now, those of earlier children included.
    pub acknowledged: usize,
    /// How it ended.
    pub end: End,
}

/// Runs a child to its end.
///
/// # Errors
///
/// Where it cannot be started, or ends otherwise than a child may.
pub fn run(child: &Path, setup: &Setup) -> anyhow::Result<Outcome> {
    let mut process = Command::new(child)
        .arg(setup.encode()?)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| child.display().to_string())?;
    let out = process.stdout.take().context("the output is a pipe")?;
    let mut acknowledged = setup.acknowledged;
    let mut last = None;
    for line in BufReader::new(out).lines() {
        let line = line?;
        let number = [ACKNOWLEDGED, RESUMED].iter().find_map(|begin| line.strip_prefix(begin));
        match number {
            Some(number) => acknowledged = number.parse().with_context(|| line.clone())?,
            None => last = Some(line),
        }
    }
    let output = process.wait_with_output()?;
    let end = match last.as_deref() {
        Some(DONE) => End::Done,
        Some(line) => match line.strip_prefix(REFUSED) {
            Some(reason) => End::Refused(reason.to_owned()),
            None => bail!("the child says: {line}"),
        },
        None => End::Killed,
    };
    if end == End::Killed {
        let is_planned = setup.plan.as_ref().is_some_and(|plan| plan.fault.kills());
        let by_signal = output.status.code().is_none();
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(is_planned && by_signal, "the child ended with {}: {errors}", output.status);
    } else {
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the child ended with {}: {errors}", output.status);
    }
    Ok(Outcome { acknowledged, end })
}
