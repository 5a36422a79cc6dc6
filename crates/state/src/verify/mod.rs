//! Checking a store as a whole: what a healthy one is, told from its bytes alone.

mod steps;
mod sum;

use primitives::{Bytes, CodeHash, Hash};
use serde::{Deserialize, Serialize};

pub use self::steps::{STEP_RECORDS, Verification, VerificationStage};

use crate::{
    Key, Namespace, Records, StateError, StateView, Store, Tip,
    commitment::RootBuilder,
    number,
    record::{AccountRecord, ContractRecord, VersionRecord},
};

/// Problems that a report spells out; further ones are counted only.
pub const PROBLEMS_MAX: usize = 100;

/// Bytes of the key and of the value of a slot, and of an identity.
const WORD_BYTES: usize = 32;

/// Bytes of the number of a version in its key.
const VERSION_BYTES: usize = 4;

/// Records between two reports of progress.
const PROGRESS_RECORDS: u64 = 1 << 14;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The block whose state was read, or nothing for an empty store.
    pub tip: Option<Tip>,
    /// Records of the state.
    pub records: u64,
    /// Entries of history.
    pub history_entries: u64,
    /// The root of the state, computed from scratch; see [`commitment`](crate::commitment).
    pub root: Hash,
    /// The first problems, each as a sentence that names the record.
    pub problems: Vec<String>,
    /// How many problems there are in all.
    pub problems_count: u64,
}

impl Report {
    /// Whether the store is whole.
    #[must_use]
    pub const fn is_healthy(&self) -> bool {
        self.problems_count == 0
    }

    /// Adds a problem.
    pub fn problem(&mut self, problem: String) {
        self.problems_count += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
    }
}

/// Reads all records of the tip and all history, and reports what is not as it should be: records
/// that do not decode, code that does not have its hash, code that is missing, a tree that is not
/// that of the records, history that contradicts itself. The caller compares the root, which is
/// computed from the records alone, with the one it knows. `progress` hears now and then how many
/// records have been read.
///
/// Blocks that are committed meanwhile may be reported as problems of history.
///
/// # Errors
///
/// [`StateError`] where the store cannot be read at all.
pub fn verify(store: &dyn Store, progress: &mut dyn FnMut(u64)) -> Result<Report, StateError> {
    let mut report = Report { tip: store.tip(), ..Report::default() };
    let view = match report.tip {
        None => store.latest(),
        Some(tip) => store.at(tip.block)?,
    };
    let mut root = RootBuilder::new();
    for record in Records::all(&*view) {
        let (key, value) = record?;
        root.add(&key, &value);
        report.records += 1;
        if let Err(problem) = check_record(&*view, &key, &value) {
            report.problem(problem.to_string());
        }
        if report.records.is_multiple_of(PROGRESS_RECORDS) {
            progress(report.records);
        }
    }
    progress(report.records);
    report.root = root.root()?;
    if let Some(tip) = report.tip {
        check_tree(store, tip, &mut report)?;
    }
    report.history_entries = store.check_history(&mut |problem| report.problem(problem))?;
    Ok(report)
}

/// Compares the tree with the records that have been read.
fn check_tree(store: &dyn Store, tip: Tip, report: &mut Report) -> Result<(), StateError> {
    let kept = store.root_at(tip.block)?;
    if kept != report.root {
        report.problem(format!("the tree has root {kept}, the records have {}", report.root));
    }
    match store.check_tree(tip.block) {
        Ok(leaves) if leaves == report.records => {}
        Ok(leaves) => report
            .problem(format!("the tree has {leaves} leaves, there are {} records", report.records)),
        Err(error @ StateError::Corrupt { .. }) => report.problem(error.to_string()),
        Err(error) => return Err(error),
    }
    Ok(())
}

fn check_record(view: &dyn StateView, key: &Key, value: &Bytes) -> Result<(), StateError> {
    match key.namespace() {
        Namespace::Account => {
            check_suffix(key, 0)?;
            let account = AccountRecord::decode(key, value)?;
            check_code_is_there(view, key, &account.code_hash)
        }
        Namespace::Contract => {
            check_suffix(key, 0)?;
            let contract = ContractRecord::decode(key, value)?;
            match contract.code_hashes.last() {
                Some(hash) => check_code_is_there(view, key, hash),
                None if contract.version == 0 => Ok(()),
                None => Err(corrupt(key, "a contract has code".to_owned())),
            }
        }
        Namespace::Version => {
            check_suffix(key, VERSION_BYTES)?;
            let version = VersionRecord::decode(key, value)?;
            check_code_is_there(view, key, &version.code_hash)
        }
        Namespace::Code => {
            check_suffix(key, 0)?;
            let hash = CodeHash::of(value);
            if hash.0.0 == *key.space().as_bytes() {
                return Ok(());
            }
            Err(corrupt(key, format!("the code has hash {hash}")))
        }
        Namespace::Slot => {
            check_suffix(key, WORD_BYTES)?;
            check_length(key, value, WORD_BYTES)
        }
        Namespace::Alias => {
            check_suffix(key, 0)?;
            check_length(key, value, WORD_BYTES)
        }
        Namespace::Counter if number::decode(key, Some(value))?.is_zero() => {
            Err(corrupt(key, "a counter that is zero has no record".to_owned()))
        }
        // The bytes of these are the business of the machine that wrote them.
        Namespace::Kv
        | Namespace::Object
        | Namespace::SvmAccount
        | Namespace::MoveModule
        | Namespace::MoveResource
        | Namespace::MoveTable
        | Namespace::Counter
        | Namespace::Access
        | Namespace::Meta => Ok(()),
    }
}

fn check_code_is_there(view: &dyn StateView, key: &Key, hash: &CodeHash) -> Result<(), StateError> {
    if hash.is_empty() || view.read(&Key::code(hash))?.is_some() {
        return Ok(());
    }
    Err(corrupt(key, format!("its code {hash} is missing")))
}

fn check_suffix(key: &Key, bytes: usize) -> Result<(), StateError> {
    if key.suffix().len() == bytes {
        return Ok(());
    }
    Err(corrupt(key, format!("its key has {} bytes instead of {bytes}", key.suffix().len())))
}

fn check_length(key: &Key, value: &[u8], bytes: usize) -> Result<(), StateError> {
    if value.len() == bytes {
        return Ok(());
    }
    Err(corrupt(key, format!("its value has {} bytes instead of {bytes}", value.len())))
}

fn corrupt(key: &Key, reason: String) -> StateError {
    StateError::Corrupt { key: key.to_string(), reason }
}
