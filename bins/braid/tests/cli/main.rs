//! The command as people and scripts meet it: exit codes, streams, files.

mod chain;
mod config;
mod doors;
mod javascript;
mod json;
mod lifecycle;
mod monitoring;
mod session;
mod solana;
mod story;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value as Json;

/// The address of the first contract that alice makes on a fresh chain.
const FIRST_CONTRACT: &str = "0x5FbDB2315678afecb367f032d93F642f64180aa3";

/// What a run of the command left.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Run {
    /// The objects on stdout, each on a line of its own.
    fn objects(&self) -> Vec<Json> {
        let read = |line: &str| match serde_json::from_str(line) {
            Ok(object @ Json::Object(_)) => object,
            other => panic!("no JSON object: {line:?}: {other:?}"),
        };
        self.stdout.lines().map(read).collect()
    }

    #[track_caller]
    fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

/// Runs `braid` with these arguments and nothing of the caller's environment that it reads.
fn braid(arguments: &[&str]) -> Run {
    let output = command(arguments).output().expect("braid runs");
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_braid"));
    command.args(arguments).stdin(Stdio::null());
    for variable in [
        "BRAID_DATA",
        "BRAID_CONFIG",
        "BRAID_RETENTION",
        "BRAID_THREADS",
        "BRAID_VERIFY_PARALLEL",
        "CLICOLOR_FORCE",
    ] {
        command.env_remove(variable);
    }
    command
}

/// A file of the repository.
fn file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    text(&root.join(path))
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path of text").to_owned()
}

/// A file with this content in `folder`.
fn written(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("written");
    path
}
