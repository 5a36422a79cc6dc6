//! What is wrong with sources or with a unit, and where.

use core::fmt;

/// A place in a source of the author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as the unit names it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1; 0 where only the line is known.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            0 => write!(f, "{}:{}", self.file, self.line),
            column => write!(f, "{}:{}:{column}", self.file, self.line),
        }
    }
}

/// Why sources do not become a unit, or a unit does not become a script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// A construct at a place: wrong, or not part of what contracts may use.
    #[error("{place}: {what}")]
    Source {
        /// Where.
        place: Place,
        /// What, and what to write instead.
        what: String,
    },
    /// Something of the project as a whole: a file, a module, a size.
    #[error("{0}")]
    Project(String),
    /// The bytes are no unit.
    #[error("not a JavaScript unit: {0}")]
    Unit(#[from] crate::unit::UnitError),
}

/// A finding in one source, before its place is known in lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Byte offset in the source.
    pub(crate) offset: u32,
    pub(crate) what: String,
}

impl Finding {
    pub(crate) fn new(offset: u32, what: impl Into<String>) -> Self {
        Self { offset, what: what.into() }
    }

    /// The error, where `source` is the text that the offset counts in.
    pub(crate) fn in_source(self, file: &str, source: &str) -> CompileError {
        let (line, column) = position(source, self.offset);
        let place = Place { file: file.to_owned(), line, column };
        CompileError::Source { place, what: self.what }
    }
}

/// Line and column, from 1, of a byte offset.
pub(crate) fn position(source: &str, offset: u32) -> (u32, u32) {
    let before = source.get(..offset as usize).unwrap_or(source);
    let line = before.bytes().filter(|byte| *byte == b'\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    (u32::try_from(line + 1).unwrap_or(u32::MAX), u32::try_from(column + 1).unwrap_or(u32::MAX))
}
