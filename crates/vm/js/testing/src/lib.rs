//! Runs files of tests in JavaScript and TypeScript: `test`, `describe`, `expect`, and a chain
//! behind them.
//!
//! What runs here is no contract: it has a clock and the whole language, pays no gas, and reaches
//! contracts as a person does, through a [`TestHost`].

mod modules;
mod places;
mod runtime;

use std::{cell::RefCell, rc::Rc, time::Duration};

pub use runtime::run_file;

/// The module that test files import.
pub const TEST_MODULE: &str = "braid/test";

/// Reads a file of the project by its path from the project's folder.
pub type ReadFile = Rc<dyn Fn(&str) -> Option<String>>;

/// The host that the tests of a file share.
pub type SharedHost = Rc<RefCell<dyn TestHost>>;

/// What tests reach chain and contracts through. Values are JSON; bigints and bytes are objects
/// `{"$": "bigint" | "bytes" | "record", "v": …}`.
pub trait TestHost {
    /// Does an operation.
    ///
    /// # Errors
    ///
    /// The fields of the error that the test gets, `message` among them.
    fn operate(
        &mut self,
        operation: &str,
        arguments: &serde_json::Value,
    ) -> Result<serde_json::Value, serde_json::Value>;
}

/// Which tests are run, and how long each may take.
#[derive(Debug, Clone)]
pub struct TestOptions {
    /// Part of the names of the tests to run; all where it is empty.
    pub filter: String,
    /// What a test may take. It only guards against tests that never end.
    pub time_limit: Duration,
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestReport {
    /// The names of the groups around it, and its own.
    pub name: Vec<String>,
    /// How it ended.
    pub outcome: TestOutcome,
    /// What it wrote to the console.
    pub lines: Vec<String>,
}

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestOutcome {
    /// As it should.
    Passed,
    /// Something was not as expected.
    Failed {
        /// What.
        reason: String,
        /// Where, as file and line.
        place: Option<String>,
    },
    /// It was not run: it, or others, were marked.
    Skipped,
}

/// Why a file of tests could not be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// It does not read, or threw while its tests were collected.
    #[error("{0}")]
    File(String),
    /// The engine failed: no memory, mostly.
    #[error("the engine of the tests: {0}")]
    Engine(String),
}
