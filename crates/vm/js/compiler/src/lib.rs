//! From JavaScript and TypeScript sources to the metered script that an engine runs.
//!
//! An author's project becomes a [`Unit`] with [`pack`]: types are gone, imports are
//! resolved, the interface is known. The unit is what is deployed. [`compile`] takes the bytes of
//! one and gives the script: it parses, checks, links and meters the sources again, since nothing
//! that another machine computed is believed. [`abi`] is the contract between the script and its
//! runtime, [`cost`] the price list.
//!
//! This crate knows no engine and no state.

pub mod abi;
mod check;
pub mod cost;
mod error;
mod interface;
mod layout;
mod link;
mod meter;
mod pack;
mod parse;
pub mod unit;

pub use error::{CompileError, Place};
pub use pack::{ReadFile, Stripped, entry_of_package, pack, resolve_import, strip_types};
pub use unit::{Module, ModuleKind, Unit};

/// Native stack for a syntax tree as deep as the layout of a source allows.
const STACK_BYTES: usize = 32 * 1024 * 1024;
/// The same for a source of an author, which may be deeper.
const AUTHOR_STACK_BYTES: usize = 256 * 1024 * 1024;

/// What a unit becomes: a script for an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The script, see [`abi`].
    pub source: String,
    /// What the contract offers.
    pub interface: ::abi::Interface,
    /// Where the lines of the script come from.
    pub lines: ScriptLines,
}

/// From lines of a script to places of the author.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScriptLines {
    /// The first line of each module, from 0, and the module.
    starts: Vec<(u32, usize)>,
    /// For each module its file, and the author's line for each of its lines.
    places: Vec<(String, Vec<u32>)>,
}

impl ScriptLines {
    /// The place of a line of the script, which counts from 1 as engines do; none for lines that
    /// are of no module.
    #[must_use]
    pub fn place(&self, line: u32) -> Option<Place> {
        let index = line.checked_sub(1)?;
        let (start, module) = self.starts.iter().rev().find(|(start, _)| *start <= index)?;
        let (file, lines) = self.places.get(*module)?;
        let line = lines.get(usize::try_from(index - start).ok()?)?;
        Some(Place { file: file.clone(), line: *line, column: 0 })
    }
}

/// Compiles the bytes of a unit.
///
/// # Errors
///
/// [`CompileError`] naming the place in the author's file, or what is wrong with the bytes.
pub fn compile(bytes: &[u8]) -> Result<Compiled, CompileError> {
    compile_unit(&Unit::decode(bytes)?)
}

/// Compiles a unit.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_unit(unit: &Unit) -> Result<Compiled, CompileError> {
    unit.check_limits()?;
    stacker::grow(STACK_BYTES, || link::link(unit))
}
