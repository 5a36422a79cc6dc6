//! What a run found.

use std::collections::BTreeMap;

use serde::Serialize;
use vm_evm::Hardfork;

/// Cases by how they went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// The state and the events are as expected.
    pub passed: u64,
    /// They are not, or the file does not read.
    pub failed: u64,
    /// Not run, by a named exception.
    pub skipped: u64,
}

/// A case that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The file within the folder or archive.
    pub file: String,
    /// The case within the file: test, hardfork, and the indices of data, gas and value. Empty
    /// where the file does not read.
    pub case: String,
    /// What was expected and what came out.
    pub reason: String,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The file that was just finished.
    pub file: &'a str,
    /// Files finished.
    pub files: u64,
    /// Cases finished.
    pub counts: Counts,
}

/// What a run found. The same files give the same summary whatever the number of workers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Cases that passed.
    pub passed: u64,
    /// Cases that failed, and files that do not read.
    pub failed: u64,
    /// Cases that were not run, by a named exception.
    pub skipped: u64,
    /// Files that were read.
    pub files: u64,
    /// The cases by hardfork, oldest first. Cases of forks that Braid does not know, and files
    /// that do not read, count in the totals alone.
    pub by_fork: BTreeMap<Hardfork, Counts>,
    /// The skipped cases by the reason.
    pub skipped_by_reason: BTreeMap<String, u64>,
    /// The first failures in the order of the files.
    pub failures: Vec<Failure>,
    /// How many failures are not listed.
    pub failures_left_off: u64,
}

impl Summary {
    /// The totals.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        Counts { passed: self.passed, failed: self.failed, skipped: self.skipped }
    }

    pub(crate) fn pass(&mut self, fork: Hardfork) {
        self.passed += 1;
        self.by_fork.entry(fork).or_default().passed += 1;
    }

    pub(crate) fn fail(&mut self, fork: Option<Hardfork>, failure: Failure) {
        self.failed += 1;
        if let Some(fork) = fork {
            self.by_fork.entry(fork).or_default().failed += 1;
        }
        self.failures.push(failure);
    }

    pub(crate) fn skip(&mut self, fork: Option<Hardfork>, reason: &str, cases: u64) {
        self.skipped += cases;
        if let Some(fork) = fork {
            self.by_fork.entry(fork).or_default().skipped += cases;
        }
        *self.skipped_by_reason.entry(reason.to_owned()).or_default() += cases;
    }

    /// Adds what a later file found.
    pub(crate) fn add(&mut self, file: Self) {
        self.passed += file.passed;
        self.failed += file.failed;
        self.skipped += file.skipped;
        self.files += file.files;
        for (fork, counts) in file.by_fork {
            let sum = self.by_fork.entry(fork).or_default();
            sum.passed += counts.passed;
            sum.failed += counts.failed;
            sum.skipped += counts.skipped;
        }
        for (reason, cases) in file.skipped_by_reason {
            *self.skipped_by_reason.entry(reason).or_default() += cases;
        }
        self.failures.extend(file.failures);
        self.failures_left_off += file.failures_left_off;
    }

    /// Keeps the first failures only.
    pub(crate) fn cap_failures(&mut self, failures_max: usize) {
        let more = self.failures.len().saturating_sub(failures_max);
        self.failures.truncate(failures_max);
        self.failures_left_off += more as u64;
    }
}
