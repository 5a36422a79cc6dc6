//! Compiling in a process of its own, which can be killed: a compiler has cases that take far more
//! time or memory than the size of a module tells.
//!
//! The node runs its own binary again with a hidden subcommand that calls [`worker_main`]. What the
//! worker needs comes on its standard input, the artefact leaves on its standard output. A worker
//! that fails is no failure of the node: the code stays interpreted, with the same results.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::config::{WasmConfig, WorkerConfig};
use crate::engine::compiled::{Allocation, engine};

/// Bytes of an artefact that a node takes from its worker.
pub const ARTEFACT_BYTES_MAX: u64 = 256 << 20;

/// Bytes of a module that a worker takes.
const MODULE_BYTES_MAX: u64 = 64 << 20;

/// Bytes of the settings that a worker takes.
const SETTINGS_BYTES_MAX: u32 = 64 << 10;

/// The exit code of a worker that did its work.
const EXIT_DONE: u8 = 0;

/// The exit code of a worker that was given something else than a task.
const EXIT_BAD_TASK: u8 = 2;

/// The exit code of a worker whose compiler refused the module.
const EXIT_REFUSED: u8 = 3;

/// Why there is no artefact.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// No worker is configured.
    #[error("no compile worker is configured")]
    NotConfigured,
    /// The process could not be started.
    #[error("cannot start the compile worker \"{command}\"")]
    Start {
        /// The command.
        command: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The process took too long and was killed.
    #[error("the compile worker took longer than its limit of {limit_ms} ms")]
    Time {
        /// The limit.
        limit_ms: u64,
    },
    /// The process ended without an artefact: it was killed by its own limits, or refused.
    #[error("the compile worker ended with {status} and no artefact")]
    Ended {
        /// How it ended.
        status: String,
    },
    /// The artefact is larger than what is accepted.
    #[error("the artefact has more than {limit} bytes")]
    Size {
        /// The limit.
        limit: u64,
    },
}

/// Compiles a metered module in the worker that `config` names.
///
/// # Errors
///
/// [`WorkerError`]; the process is gone in every case.
pub fn compile_in_worker(config: &WasmConfig, module: &[u8]) -> Result<Vec<u8>, WorkerError> {
    let worker = &config.worker;
    let mut child = start(worker)?;
    let task = Task::new(config);
    let artefact = std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let input = child.stdin.take();
        let output = child.stdout.take();
        scope.spawn(move || {
            // A worker that ended early reads no more; how it ended is told below.
            let _ = input.map(|mut input| task.write(&mut input, module));
        });
        scope.spawn(move || {
            let mut artefact = Vec::new();
            let read =
                output.map(|output| output.take(ARTEFACT_BYTES_MAX + 1).read_to_end(&mut artefact));
            // The receiver waits until this is sent, or until the time is over.
            let _ = sender.send(read.is_some_and(|read| read.is_ok()).then_some(artefact));
        });
        let received = receiver.recv_timeout(Duration::from_millis(worker.time_limit_ms));
        if !matches!(received, Ok(Some(_))) {
            // It may have ended by itself meanwhile; then there is nothing to kill.
            let _ = child.kill();
        }
        received
    });
    let status = child.wait();
    match artefact {
        Err(_) => Err(WorkerError::Time { limit_ms: worker.time_limit_ms }),
        Ok(Some(artefact)) if artefact.len() as u64 > ARTEFACT_BYTES_MAX => {
            Err(WorkerError::Size { limit: ARTEFACT_BYTES_MAX })
        }
        Ok(artefact) => match (status, artefact) {
            (Ok(status), Some(artefact)) if status.success() => Ok(artefact),
            (Ok(status), _) => Err(WorkerError::Ended { status: status.to_string() }),
            (Err(error), _) => Err(WorkerError::Ended { status: error.to_string() }),
        },
    }
}

/// What the worker process does: sets its own limits, reads a task from `input`, compiles, and
/// writes the artefact to `output`. Returns the exit code of the process.
///
/// The process must do nothing else: its limits stay.
pub fn worker_main(mut input: impl Read, mut output: impl Write) -> u8 {
    let Some(task) = Task::read(&mut input) else { return EXIT_BAD_TASK };
    if task.limit_this_process().is_err() {
        return EXIT_BAD_TASK;
    }
    let mut module = Vec::new();
    if input.take(MODULE_BYTES_MAX).read_to_end(&mut module).is_err() {
        return EXIT_BAD_TASK;
    }
    let artefact = engine(&task.config, Allocation::OnDemand)
        .and_then(|engine| engine.precompile_module(&module));
    match artefact {
        Ok(artefact) if output.write_all(&artefact).and_then(|()| output.flush()).is_ok() => {
            EXIT_DONE
        }
        _ => EXIT_REFUSED,
    }
}

/// What a worker is told before the module.
#[derive(Debug, Serialize, Deserialize)]
struct Task {
    config: WasmConfig,
}

impl Task {
    fn new(config: &WasmConfig) -> Self {
        Self { config: config.clone() }
    }

    fn write(&self, input: &mut impl Write, module: &[u8]) -> std::io::Result<()> {
        let settings = serde_json::to_vec(self)?;
        let bytes = u32::try_from(settings.len()).unwrap_or(u32::MAX);
        input.write_all(&bytes.to_le_bytes())?;
        input.write_all(&settings)?;
        input.write_all(module)
    }

    fn read(input: &mut impl Read) -> Option<Self> {
        let mut bytes = [0; 4];
        input.read_exact(&mut bytes).ok()?;
        let bytes = u32::from_le_bytes(bytes);
        if bytes > SETTINGS_BYTES_MAX {
            return None;
        }
        let mut settings = Vec::new();
        input.take(bytes.into()).read_to_end(&mut settings).ok()?;
        serde_json::from_slice(&settings).ok()
    }

    fn limit_this_process(&self) -> rustix::io::Result<()> {
        let worker = &self.config.worker;
        let limit = |most: u64| Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(Resource::Core, limit(0))?;
        setrlimit(Resource::As, limit(worker.memory_limit))?;
        // All threads together: on two processors time runs twice as fast as on the wall.
        let processor_s = worker.time_limit_ms.div_ceil(1_000).saturating_mul(2).max(1);
        setrlimit(Resource::Cpu, limit(processor_s))
    }
}

fn start(worker: &WorkerConfig) -> Result<Child, WorkerError> {
    let command = worker.command.as_ref().ok_or(WorkerError::NotConfigured)?;
    Command::new(command)
        .args(&worker.arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|source| WorkerError::Start { command: command.display().to_string(), source })
}
