//! Verification of a chain beside its work: records, tree, history and headers, in steps that can
//! be kept in a file and gone on with by another process.

use std::{
    fs, io,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use block::ChainRules;
use parking_lot::Mutex;
use primitives::BlockNumber;
use serde::{Deserialize, Serialize};
use state::{
    StateError, Store,
    verify::{Report, Verification, VerificationStage},
};

use crate::{BlockRecord, Engine, EngineError};

/// Headers that one step reads.
const STEP_HEADERS: u64 = 64;

/// How far a verification is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VerificationProgress {
    /// The block whose state is verified; nothing before the first step and in an empty store.
    pub block: Option<BlockNumber>,
    /// What it is doing, beside reading headers, which comes last.
    pub stage: Option<VerificationStage>,
    /// Records that have been read.
    pub records: u64,
    /// Leaves of the tree that have been read.
    pub leaves: u64,
    /// Headers that have been read.
    pub headers: u64,
    /// Whether it went on with what an earlier process had kept.
    pub is_resumed: bool,
}

/// What a verification came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationOutcome {
    /// What was found, of headers as well.
    pub report: Report,
    /// How far it came.
    pub progress: VerificationProgress,
    /// Whether all was read. One that was cancelled says of the rest nothing.
    pub is_complete: bool,
}

/// A verification on a thread of its own. Dropping it cancels it, and waits for the step that it is
/// at.
#[derive(Debug)]
pub struct VerificationTask {
    cancelled: Arc<AtomicBool>,
    progress: Arc<Mutex<VerificationProgress>>,
    thread: Option<JoinHandle<Result<VerificationOutcome, EngineError>>>,
}

impl VerificationTask {
    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> VerificationProgress {
        self.progress.lock().clone()
    }

    /// Ends it after the step that it is at. What was done is in its file, where it has one.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for its end.
    ///
    /// # Errors
    ///
    /// As [`Engine::verify`].
    ///
    /// # Panics
    ///
    /// Where the thread did.
    pub fn finish(mut self) -> Result<VerificationOutcome, EngineError> {
        let thread = self.thread.take().expect("invariant: only this takes the thread");
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Drop for VerificationTask {
    fn drop(&mut self) {
        self.cancel();
        if let Some(thread) = self.thread.take() {
            // Its panic has been shown where it happened.
            let _ = thread.join();
        }
    }
}

impl Engine {
    /// Where the verification of the chain in a folder is kept until it is done.
    #[must_use]
    pub fn verification_path(folder: &Path) -> PathBuf {
        folder.join("verify.json")
    }

    /// Reads all records, the tree and the history of the last state, and all headers that are
    /// held, and compares them with one another. `tell` hears of every step and may end it.
    ///
    /// With a `file` it is kept there after each step, and one that is kept there is gone on with,
    /// if its block is still held; when all is read the file goes.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store cannot be read at all, or the file not be written.
    pub fn verify(
        &self,
        file: Option<&Path>,
        tell: &mut dyn FnMut(&VerificationProgress) -> ControlFlow<()>,
    ) -> Result<VerificationOutcome, EngineError> {
        Ok(run(self.store().as_ref(), self.rules(), file, tell)?)
    }

    /// The same on a thread of its own, while the engine goes on: blocks that are made or pruned
    /// meanwhile change nothing of what is read.
    ///
    /// # Errors
    ///
    /// [`EngineError::Thread`] where the system does not give the thread.
    pub fn verify_in_background(
        &self,
        file: Option<PathBuf>,
    ) -> Result<VerificationTask, EngineError> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let progress = Arc::new(Mutex::new(VerificationProgress::default()));
        let (store, rules) = (Arc::clone(self.store()), self.rules().clone());
        let (is_cancelled, shown) = (Arc::clone(&cancelled), Arc::clone(&progress));
        let work = move || {
            let mut tell = |now: &VerificationProgress| {
                shown.lock().clone_from(now);
                match is_cancelled.load(Ordering::Relaxed) {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            };
            Ok(run(store.as_ref(), &rules, file.as_deref(), &mut tell)?)
        };
        let thread = thread::Builder::new().name("braid-verify".to_owned()).spawn(work);
        let thread = Some(thread.map_err(EngineError::Thread)?);
        Ok(VerificationTask { cancelled, progress, thread })
    }
}

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    state: Verification,
    /// The next block whose header is read.
    next_header: BlockNumber,
    headers: u64,
    /// Problems of headers, which stand behind those of the state.
    headers_report: Report,
}

fn run(
    store: &dyn Store,
    rules: &ChainRules,
    file: Option<&Path>,
    tell: &mut dyn FnMut(&VerificationProgress) -> ControlFlow<()>,
) -> Result<VerificationOutcome, StateError> {
    let earlier = file.and_then(read).filter(|kept| kept.state.fits(store).unwrap_or(false));
    let is_resumed = earlier.is_some();
    let begun = match earlier {
        Some(kept) => Some(kept),
        None => Verification::begin(store)?.map(Kept::new),
    };
    let Some(mut kept) = begun else {
        let (report, progress) = (Report::default(), VerificationProgress::default());
        return Ok(VerificationOutcome { report, progress, is_complete: true });
    };
    let held = kept.state.hold(store)?;
    loop {
        let progress = kept.progress(is_resumed);
        if tell(&progress).is_break() {
            return Ok(kept.outcome(is_resumed, false));
        }
        let is_state_done = kept.state.stage() == VerificationStage::Done;
        let goes_on = match is_state_done {
            false => kept.state.step(held.as_ref()).map(|_| true)?,
            true => kept.read_headers(store, rules)?,
        };
        if !goes_on {
            if let Some(file) = file {
                remove(file)?;
            }
            return Ok(kept.outcome(is_resumed, true));
        }
        if let Some(file) = file {
            kept.write(file)?;
        }
    }
}

impl Kept {
    fn new(state: Verification) -> Self {
        Self { state, next_header: BlockNumber(0), headers: 0, headers_report: Report::default() }
    }

    /// Reads some headers, and tells whether there are more.
    fn read_headers(&mut self, store: &dyn Store, rules: &ChainRules) -> Result<bool, StateError> {
        let tip = self.state.tip().block;
        for _ in 0..STEP_HEADERS {
            let number = self.next_header;
            if number > tip {
                return Ok(false);
            }
            match check_header(store, rules, number) {
                Ok(None) => {}
                Ok(Some(problems)) => {
                    self.headers += 1;
                    problems.into_iter().for_each(|problem| self.headers_report.problem(problem));
                }
                Err(error @ StateError::Corrupt { .. }) => {
                    self.headers_report.problem(error.to_string());
                }
                Err(error) => return Err(error),
            }
            self.next_header = BlockNumber(number.0.saturating_add(1));
        }
        Ok(true)
    }

    fn progress(&self, is_resumed: bool) -> VerificationProgress {
        VerificationProgress {
            block: Some(self.state.tip().block),
            stage: Some(self.state.stage()),
            records: self.state.report().records,
            leaves: self.state.leaves(),
            headers: self.headers,
            is_resumed,
        }
    }

    fn outcome(&self, is_resumed: bool, is_complete: bool) -> VerificationOutcome {
        let mut report = self.state.report().clone();
        let Report { problems, problems_count, .. } = &self.headers_report;
        let unnamed = problems_count.saturating_sub(problems.len() as u64);
        problems.iter().for_each(|problem| report.problem(problem.clone()));
        report.problems_count = report.problems_count.saturating_add(unnamed);
        VerificationOutcome { report, progress: self.progress(is_resumed), is_complete }
    }

    /// Keeps it. It is not synced: a file that a power cut took is as none.
    fn write(&self, file: &Path) -> Result<(), StateError> {
        let partial = file.with_extension("partial");
        let text = serde_json::to_vec(self).expect("invariant: it is plain data");
        let written = fs::write(&partial, text).and_then(|()| fs::rename(&partial, file));
        written.map_err(|error| failed(file, &error))
    }
}

/// What is wrong with the header of a block; nothing where there is none.
fn check_header(
    store: &dyn Store,
    rules: &ChainRules,
    number: BlockNumber,
) -> Result<Option<Vec<String>>, StateError> {
    let Some(record) = BlockRecord::load(store, number)? else { return Ok(None) };
    let mut problems = Vec::new();
    let mut compare = |what: &str, found, expected| {
        if found != expected {
            problems.push(format!("block {number}: {what} is {found}, it should be {expected}"));
        }
    };
    compare("the hash of the header", record.hash(), store.block_hash(number)?.unwrap_or_default());
    let parent = number.0.checked_sub(1).map(BlockNumber);
    if let Some(parent) = parent.map(|parent| store.block_hash(parent)).transpose()?.flatten() {
        compare("the parent in the header", record.header.parent_hash, parent);
    }
    match rules.header_root(store, number) {
        Ok(root) => compare("the state root in the header", record.header.state_root, root),
        Err(StateError::NotHeld { .. }) => {}
        Err(error) => return Err(error),
    }
    Ok(Some(problems))
}

/// What is kept in a file. One that is not there or does not read is begun anew.
fn read(file: &Path) -> Option<Kept> {
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

fn remove(file: &Path) -> Result<(), StateError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(file, &error)),
        _ => Ok(()),
    }
}

fn failed(file: &Path, error: &io::Error) -> StateError {
    StateError::Store(format!("{}: {error}", file.display()))
}
