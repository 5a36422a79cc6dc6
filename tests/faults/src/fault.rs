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

    /// Whether the process is killed by it.
    #[must_use]
    pub const fn kills(self) -> bool {
        matches!(self, Self::ShortThenKill | Self::KillBefore | Self::KillAfter)
    }
}

/// A fault and its place among the calls that change something, from 0. Of [`Fault::SyncError`]
/// the place is that among the syncs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The call.
    pub call: u64,
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
