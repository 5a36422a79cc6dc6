//! Which file call of the child fails, and how.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// What happens at the call that a plan names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// It fails with an input/output error and does nothing.
    ErrorOnce,
    /// So does every call after it: the medium is gone.
    ErrorFromThen,
    /// It fails for want of space, and so does every later call that takes space.
    NoSpaceFromThen,
    /// A write takes a part of the bytes, and the call after it fails.
    ShortThenError,
    /// A write takes a part of the bytes, and the process is killed.
    ShortThenKill,
    /// The process is killed before it.
    KillBefore,
    /// The process is killed after it.
    KillAfter,
    /// A sync fails once; what it was to put on disk may be lost for good.
    SyncError,
}

impl Fault {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::ErrorOnce,
        Self::ErrorFromThen,
        Self::NoSpaceFromThen,
        Self::ShortThenError,
        Self::ShortThenKill,
        Self::KillBefore,
        Self::KillAfter,
        Self::SyncError,
    ];

    /// Whether it can happen at such a call.
    #[must_use]
    pub fn happens_at(self, call: Call) -> bool {
        match self {
            Self::SyncError => call == Call::Sync,
            Self::ShortThenError | Self::ShortThenKill => call == Call::Write,
            _ => true,
        }
    }

    /// Whether the process is killed by it.
    #[must_use]
    pub const fn kills(self) -> bool {
        matches!(self, Self::ShortThenKill | Self::KillBefore | Self::KillAfter)
    }
}

/// What a file call does to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Call {
    /// Makes a file or folder, or empties a file at opening.
    Make,
    /// Writes bytes.
    Write,
    /// Sets the length of a file.
    SetLength,
    /// Syncs a file or folder.
    Sync,
    /// Gives a new name.
    Rename,
    /// Removes a name.
    Remove,
}

/// Calls of one kind on files of one kind. The store makes those of one place one after the other,
/// so the number of a call among them hardly depends on how its threads take turns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The path, with [`NUMBER`] for what is counted or drawn in it.
    pub path: String,
    /// What is done.
    pub call: Call,
}

/// Stands for the number of a table or version and for the name of a file that gets another one.
pub const NUMBER: &str = "#";

impl Place {
    /// The place of a call.
    #[must_use]
    pub fn new(path: &str, call: Call) -> Self {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (begin, rest) = match name.strip_prefix('v') {
            Some(rest) => ("v", rest),
            None => ("", name),
        };
        let is_number = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
        let is_table = folder.ends_with("/tables");
        let path = if is_number && (is_table || begin == "v") {
            format!("{folder}/{begin}{NUMBER}")
        } else if name.starts_with(".tmp") {
            format!("{folder}/.tmp{NUMBER}")
        } else {
            path.to_owned()
        };
        Self { path, call }
    }
}

/// A fault and the call at which it happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Where.
    pub place: Place,
    /// The call among those of the place, from 0.
    pub number: u64,
    /// What happens at it.
    pub fault: Fault,
}

/// The directory of the store below a watched folder, or one that stands for it.
#[must_use]
pub fn store_below(root: &Path) -> PathBuf {
    root.join("chains/first")
}

/// All that a child is told, as its one argument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// The folder of the store: calls on files below it are seen by the shim.
    pub root: PathBuf,
    /// The file that the log of the calls is appended to.
    pub log: PathBuf,
    /// What fails.
    pub plan: Option<Plan>,
    /// The seed of the workload.
    pub seed: u64,
    /// Steps that earlier processes acknowledged.
    pub acknowledged: usize,
    /// Steps after which the child ends by itself.
    pub steps: usize,
}

impl Setup {
    /// The directory of the store, which it makes below the watched folder.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        store_below(&self.root)
    }

    /// The form in which it is handed over.
    ///
    /// # Errors
    ///
    /// Where it cannot be encoded.
    pub fn encode(&self) -> anyhow::Result<String> {
        let bytes = bcs::to_bytes(self)?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    ///
    /// Where the text is something else.
    pub fn decode(text: &str) -> anyhow::Result<Self> {
        let digits = (0..text.len()).step_by(2).map(|at| text.get(at..at + 2));
        let bytes: Option<Vec<u8>> =
            digits.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect();
        Ok(bcs::from_bytes(&bytes.context("the setup is no hexadecimal text")?)?)
    }
}
