//! Hands test files to workers and collects what they find.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread,
};

use revm_statetest_types::{SpecName, Test, TestSuite, TestUnit};
use serde_json::Value;
use vm_evm::Hardfork;

use crate::{
    case,
    exceptions::{self, hardfork},
    source::{Error, TestFile, for_each_file},
    summary::{Failure, Progress, Summary},
};

/// Files that wait for a worker. It bounds the memory of a run.
const FILES_WAITING_MAX: usize = 8;

/// Bytes of the stack of a worker.
const WORKER_STACK_BYTES: usize = 16 << 20;

/// Which cases to run, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Only files whose name, with its folders, contains this.
    pub file: Option<String>,
    /// Only cases of this hardfork.
    pub fork: Option<Hardfork>,
    /// Whether the slow files are run as well.
    pub run_slow: bool,
    /// Threads that run cases, at least one.
    pub workers: usize,
    /// Failures that are listed at most.
    pub failures_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { file: None, fork: None, run_slow: false, workers: 2, failures_max: 100 }
    }
}

/// Runs every case of every test file at `path`: a folder, a `.json`, a `.tar` or a `.tar.zst`.
///
/// `progress` is called after each file in the order in which files are finished; the summary is
/// in the order of the files and does not depend on the number of workers.
///
/// # Errors
///
/// [`Error`] where `path` does not read or holds no test file. A file that is no state test is no
/// error but a failure in the summary.
pub fn run_state_tests(
    path: &Path,
    options: &Options,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Summary, Error> {
    let mut finished = run_files(path, options, progress)?;
    if finished.is_empty() {
        return Err(Error::NoFiles { path: path.to_owned(), filter: options.file.clone() });
    }
    finished.sort_by_key(|(index, _)| *index);
    let mut summary = Summary::default();
    for (_, file) in finished {
        summary.add(file);
    }
    summary.cap_failures(options.failures_max);
    Ok(summary)
}

/// A file and its place among the files.
type Job = (usize, TestFile);

/// What a worker found in a file.
type Finished = (usize, String, Summary);

fn run_files(
    path: &Path,
    options: &Options,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Vec<(usize, Summary)>, Error> {
    let (give_job, jobs) = sync_channel::<Job>(FILES_WAITING_MAX);
    let (give_finished, finished) = channel::<Finished>();
    let jobs = Arc::new(Mutex::new(jobs));
    let mut found = Vec::new();
    let mut so_far = Summary::default();
    thread::scope(|scope| {
        let reader = scope.spawn(move || read_jobs(path, options, &give_job));
        for _ in 0..options.workers.max(1) {
            let (jobs, give_finished) = (Arc::clone(&jobs), give_finished.clone());
            thread::Builder::new()
                .stack_size(WORKER_STACK_BYTES)
                .spawn_scoped(scope, move || work(&jobs, options, &give_finished))
                .map_err(|source| Error::Read { path: path.to_owned(), source })?;
        }
        // Only the workers hold the two ends now: when they are gone, the reader stops as well.
        drop((jobs, give_finished));
        for (index, file, summary) in finished {
            so_far.add(Summary { failures: Vec::new(), ..summary.clone() });
            found.push((index, summary));
            progress(Progress { file: &file, files: so_far.files, counts: so_far.counts() });
        }
        match reader.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })?;
    Ok(found)
}

fn read_jobs(path: &Path, options: &Options, jobs: &SyncSender<Job>) -> Result<(), Error> {
    let wants = |name: &str| options.file.as_ref().is_none_or(|part| name.contains(part.as_str()));
    let mut index = 0;
    for_each_file(path, &wants, &mut |file| {
        let is_taken = jobs.send((index, file)).is_ok();
        index += 1;
        is_taken
    })
}

fn work(jobs: &Mutex<Receiver<Job>>, options: &Options, finished: &Sender<Finished>) {
    loop {
        let job = match jobs.lock() {
            Ok(jobs) => jobs.recv(),
            Err(_) => return,
        };
        let Ok((index, file)) = job else { return };
        let summary = run_file(&file, options);
        if finished.send((index, file.name, summary)).is_err() {
            return;
        }
    }
}

fn run_file(file: &TestFile, options: &Options) -> Summary {
    let mut summary = Summary { files: 1, ..Summary::default() };
    if let Some(reason) = exceptions::of_file(&file.name, options.run_slow) {
        skip_file(file, reason, options, &mut summary);
        return summary;
    }
    match serde_json::from_slice::<TestSuite>(&file.content) {
        Ok(suite) => {
            for (name, unit) in &suite.0 {
                run_unit(file, name, unit, options, &mut summary);
            }
        }
        Err(error) => {
            let reason = format!("is no state test: {error}");
            let failure = Failure { file: file.name.clone(), case: String::new(), reason };
            summary.fail(None, failure);
        }
    }
    summary
}

fn run_unit(
    file: &TestFile,
    unit_name: &str,
    unit: &TestUnit,
    options: &Options,
    summary: &mut Summary,
) {
    for (fork_name, tests) in &unit.post {
        let fork = match hardfork(fork_name) {
            Ok(fork) => fork,
            Err((fork, reason)) => {
                if options.fork.is_none() || options.fork == fork {
                    summary.skip(fork, reason, tests.len() as u64);
                }
                continue;
            }
        };
        if options.fork.is_some_and(|only| only != fork) {
            continue;
        }
        for test in tests {
            match run_case(unit, test, fork) {
                Ok(()) => summary.pass(fork),
                Err(reason) => {
                    let case = case_name(unit_name, fork, test);
                    summary.fail(Some(fork), Failure { file: file.name.clone(), case, reason });
                }
            }
        }
    }
}

/// Runs a case; a panic in it is a failure of this case and of no other.
fn run_case(unit: &TestUnit, test: &Test, fork: Hardfork) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| case::run(unit, test, fork)))
        .unwrap_or_else(|panic| Err(format!("panic: {}", panic_text(panic.as_ref()))))
}

fn case_name(unit: &str, fork: Hardfork, test: &Test) -> String {
    let at = &test.indexes;
    format!("{unit} {fork} data {} gas {} value {}", at.data, at.gas, at.value)
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

/// Counts the cases of a file that is not run and may not even read as a state test.
fn skip_file(file: &TestFile, reason: &str, options: &Options, summary: &mut Summary) {
    let suite = serde_json::from_slice::<Value>(&file.content).unwrap_or_default();
    let units = suite.as_object().into_iter().flat_map(|units| units.values());
    let posts = units.filter_map(|unit| unit.get("post")?.as_object()).flatten();
    for (name, tests) in posts {
        let cases = tests.as_array().map_or(0, |tests| tests.len() as u64);
        let name = serde_json::from_value(Value::from(name.as_str())).unwrap_or(SpecName::Unknown);
        let fork = hardfork(&name).map_or_else(|(fork, _)| fork, Some);
        if options.fork.is_none() || options.fork == fork {
            summary.skip(fork, reason, cases);
        }
    }
}
