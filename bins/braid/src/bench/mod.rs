//! Measurements side by side: Braid and a peer in one run, in rotated order.
//!
//! A machine is never quiet enough for absolute figures to mean much, so what counts is the ratio
//! of neighbours: each round measures both sides, whichever comes first takes turns, and the
//! median of the rounds' ratios is what is reported, after a round that only warms both sides up.
//!
//! With `--json` each pair is a line:
//! `{"name", "this", "peer", "unit", "ratio", "goal", "holds"}`. `ratio` is `this` through `peer`,
//! `goal` what it has to be (`">= 0.95"`: more is better, `"<= 1.5"`: less is), and `holds` whether
//! it is. Where nothing can be compared `peer` is the bound itself. A goal that is missed is a
//! result like another, so the command succeeds.

mod clock;
mod crossing;
mod evm;
mod go;
mod javascript;
mod parallel;
mod peer;
mod prefetch;
mod sealed;
mod signed;
mod solana;
mod store;
mod tree;
mod wasm;

use std::{error::Error, time::Duration};

use braidvm::Bytes;
use serde::Serialize;

use crate::{
    cli::{BenchArgs, BenchGroup},
    failure::Failure,
    output::Output,
};

/// What the ratio of Braid to the peer shall be.
#[derive(Debug, Clone, Copy)]
enum Goal {
    /// More is better.
    AtLeast(f64),
    /// Less is better.
    AtMost(f64),
}

/// A pair that was measured, as scripts read it.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    this: f64,
    peer: f64,
    unit: &'static str,
    ratio: f64,
    goal: String,
    holds: bool,
}

/// A measurement of two sides; each gives the figure of one round.
struct Pair<'a> {
    name: &'static str,
    unit: &'static str,
    goal: Goal,
    this: &'a mut dyn FnMut() -> Result<f64, Failure>,
    peer: &'a mut dyn FnMut() -> Result<f64, Failure>,
}

/// What a side did.
#[derive(Debug, Clone, Copy)]
struct Ran {
    time: Duration,
    gas: u64,
}

pub(crate) fn run(arguments: &BenchArgs, output: &Output) -> Result<(), Failure> {
    let BenchArgs { group, rounds, only } = arguments;
    let mut bench = Bench { rounds: *rounds, only: only.as_deref(), output, rows: Vec::new() };
    match group {
        BenchGroup::Evm => evm::run(&mut bench)?,
        BenchGroup::Wasm => wasm::run(&mut bench)?,
        BenchGroup::Go => go::run(&mut bench)?,
        BenchGroup::Js => javascript::run(&mut bench)?,
        BenchGroup::Crossing => crossing::run(&mut bench)?,
        BenchGroup::State => {
            store::run(&mut bench)?;
            tree::run(&mut bench)?;
        }
        BenchGroup::Svm => solana::run(&mut bench)?,
        BenchGroup::Parallel => {
            signed::run(&mut bench)?;
            parallel::run(&mut bench)?;
        }
    }
    bench.show()
}

/// The rounds that are asked for and the rows so far.
struct Bench<'a> {
    rounds: u32,
    /// What a name has to have in it; measurements without it are left out.
    only: Option<&'a str>,
    output: &'a Output,
    rows: Vec<Row>,
}

impl Bench<'_> {
    /// Whether a measurement is asked for.
    fn wants(&self, name: &str) -> bool {
        self.only.is_none_or(|part| name.contains(part))
    }

    /// Measures a pair round by round and keeps its row.
    fn measure(&mut self, pair: Pair<'_>) -> Result<(), Failure> {
        if !self.wants(pair.name) {
            return Ok(());
        }
        let bar = self.output.progress(pair.name, u64::from(self.rounds));
        (pair.this)()?;
        (pair.peer)()?;
        let mut figures = Vec::new();
        for round in 0..self.rounds {
            let (this, peer) = if round % 2 == 0 {
                let this = (pair.this)()?;
                (this, (pair.peer)()?)
            } else {
                let peer = (pair.peer)()?;
                ((pair.this)()?, peer)
            };
            figures.push((this, peer));
            bar.inc(1);
        }
        bar.finish_and_clear();
        let ratio = median(figures.iter().map(|(this, peer)| this / peer));
        let this = median(figures.iter().map(|(this, _)| *this));
        let peer = median(figures.iter().map(|(_, peer)| *peer));
        self.push(pair.name, pair.unit, (this, peer, ratio), pair.goal)
    }

    /// Keeps the row of a pair that was measured, and prints it as JSON.
    fn push(
        &mut self,
        name: impl Into<String>,
        unit: &'static str,
        (this, peer, ratio): (f64, f64, f64),
        goal: Goal,
    ) -> Result<(), Failure> {
        let name = name.into();
        if !self.wants(&name) {
            return Ok(());
        }
        let (goal, holds) = match goal {
            Goal::AtLeast(least) => (format!(">= {least}"), ratio >= least),
            Goal::AtMost(most) => (format!("<= {most}"), ratio <= most),
        };
        let row = Row { name, this, peer, unit, ratio, goal, holds };
        self.output.json(&row)?;
        self.rows.push(row);
        Ok(())
    }

    fn show(&self) -> Result<(), Failure> {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|row| {
                vec![
                    row.name.clone(),
                    format!("{:.3}", row.this),
                    format!("{:.3}", row.peer),
                    row.unit.to_owned(),
                    format!("{:.3}", row.ratio),
                    row.goal.clone(),
                    if row.holds { "holds" } else { "missed" }.to_owned(),
                ]
            })
            .collect();
        self.output.table(&["measurement", "braid", "peer", "unit", "ratio", "goal", ""], &rows)
    }
}

/// The middle of the figures, or the mean of the two in the middle.
fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = figures.collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

/// How many of `count` are done in a second, in thousands.
fn thousands_per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64() / 1_000.0
}

/// What one of `count` takes, in microseconds.
fn micros_each(count: u64, time: Duration) -> f64 {
    time.as_secs_f64() * 1_000_000.0 / count as f64
}

fn host_failure(error: impl Error + Send + Sync + 'static) -> Failure {
    Failure::Host(error.into())
}

/// The bytes of a module that is written as text.
fn module(text: &str) -> Result<Bytes, Failure> {
    Ok(wat::parse_str(text).map_err(host_failure)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
    }
}
