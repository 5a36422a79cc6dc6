//! What an engine is to the machine, and what the machine is to an engine: values, a door, an end.
//!
//! Gas, limits and the meaning of every operation are outside the engine, so that a second engine
//! gives the same results and the same gas.

use primitives::{CodeHash, U256};
use thiserror::Error;

/// An engine that runs scripts. It owns its pool of contexts.
pub trait JsEngine: Send + Sync + core::fmt::Debug {
    /// Name and version; part of what nodes of a chain must have in common.
    fn id(&self) -> String;

    /// Translates a script into what the engine runs. The result stays on this node.
    ///
    /// # Errors
    ///
    /// [`ScriptError`] for text that the engine does not accept.
    fn compile(&self, source: &str) -> Result<Vec<u8>, ScriptError>;

    /// Runs one method of a script over `door`. The body of the script is evaluated afresh, so that
    /// nothing of an earlier run is seen.
    fn run(&self, call: &ScriptCall<'_>, door: &mut dyn Door) -> ScriptEnd;

    /// Counters for people, as (name, value) in a fixed order.
    fn counters(&self) -> Vec<(&'static str, u64)>;
}

/// One run of one method.
#[derive(Debug, Clone, Copy)]
pub struct ScriptCall<'a> {
    /// The code, by which contexts that have loaded it are found.
    pub code_hash: CodeHash,
    /// What [`JsEngine::compile`] made of the script.
    pub program: &'a [u8],
    /// What is asked of the script.
    pub entry: ScriptEntry<'a>,
    /// The arguments.
    pub arguments: &'a [JsValue],
}

/// What is asked of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptEntry<'a> {
    /// The constructor; nothing happens where there is none.
    Deploy,
    /// A method by its name.
    Method(&'a str),
}

/// What the script reaches the world through: one function for all operations.
pub trait Door {
    /// Does `operation`. `chunk` is the prepaid gas that the script hands back; it has none until
    /// it asks for more. Gas is charged before the work.
    ///
    /// # Errors
    ///
    /// [`DoorError`]: an exception that the script may catch, or the end of the frame.
    fn call(
        &mut self,
        operation: u32,
        chunk: i64,
        arguments: &[JsValue],
    ) -> Result<JsValue, DoorError>;
}

/// Why an operation has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoorError {
    /// The script gets an `Error` with this message.
    Throw(String),
    /// The frame is over; nothing of the script runs any more. The door knows why.
    End,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum ScriptEnd {
    /// The method returned.
    Returned {
        /// What it returned.
        value: JsValue,
        /// Prepaid gas that is left.
        chunk: i64,
    },
    /// The method threw.
    Threw {
        /// What it says, as text or as raw revert data.
        reason: JsValue,
        /// Prepaid gas that is left.
        chunk: i64,
    },
    /// An operation ended the frame; the door knows why.
    Ended,
    /// This node failed: no memory, no time, a broken engine. No result of the frame.
    Failed(String),
}

/// A value on its way between script and machine.
#[derive(Debug, Clone, PartialEq)]
pub enum JsValue {
    /// `undefined`.
    Undefined,
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A `bigint` of at most 256 bits beside its sign; zero is not negative.
    BigInt {
        /// Whether it is below zero.
        is_negative: bool,
        /// The number without its sign.
        magnitude: U256,
    },
    /// A string without lone surrogates.
    Text(String),
    /// A `Uint8Array`.
    Bytes(Vec<u8>),
    /// An array.
    List(Vec<Self>),
    /// An object: names and values in its order.
    Record(Vec<(String, Self)>),
}

/// Text that is no script of the engine.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct ScriptError {
    /// What the engine says of it.
    pub reason: String,
}

impl JsValue {
    /// A `bigint` that is not negative.
    #[must_use]
    pub const fn uint(magnitude: U256) -> Self {
        Self::BigInt { is_negative: false, magnitude }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// What kind of value it is, in the words of the language.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::BigInt { .. } => "bigint",
            Self::Text(_) => "string",
            Self::Bytes(_) => "Uint8Array",
            Self::List(_) => "array",
            Self::Record(_) => "object",
        }
    }
}
