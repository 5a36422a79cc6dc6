//! The packed unit: what is deployed.
//!
//! ```text
//! magic      "\0bjs"           4 bytes
//! version    u8                1
//! interface  length, bytes     a Solidity ABI in JSON
//! entry      number            index of the entry module
//! modules    number, then for each, sorted by name:
//!   name     length, bytes     where the author had it, "src/token.ts"
//!   kind     u8                0 ES module, 1 CommonJS
//!   source   length, bytes     JavaScript without types and comments
//!   lines    number, numbers   for each line of the source, the line of the author (zigzag deltas)
//! ```
//!
//! Lengths and numbers are LEB128, as short as they can be. One value has one encoding.

use abi::Interface;

/// What a unit begins with.
pub const MAGIC: [u8; 4] = *b"\0bjs";
/// Version of the format.
pub const VERSION: u8 = 1;
/// Bytes of a unit.
pub const UNIT_BYTES_MAX: usize = 512 * 1024;
/// Bytes of one source.
pub const SOURCE_BYTES_MAX: usize = 256 * 1024;
/// Bytes of the interface.
pub const INTERFACE_BYTES_MAX: usize = 64 * 1024;
/// Modules of a unit.
pub const MODULES_MAX: usize = 64;
/// Bytes of the name of a module.
pub const NAME_BYTES_MAX: usize = 200;

/// How a module names what it gives and takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleKind {
    /// `import` and `export`.
    Esm,
    /// `require` and `module.exports`.
    CommonJs,
}

/// One module of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Where the author had it; other modules import it by this name.
    pub name: String,
    /// Its kind.
    pub kind: ModuleKind,
    /// Its source: JavaScript in canonical form.
    pub source: String,
    /// For each line of the source, the line in the author's file, from 1. Only for messages.
    pub lines: Vec<u32>,
}

/// What is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// What the contract offers, as its author says.
    pub interface: Interface,
    /// The index of the module whose exports are the contract.
    pub entry: usize,
    /// The modules, sorted by name.
    pub modules: Vec<Module>,
}

/// Why bytes are not a unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnitError {
    /// They begin otherwise.
    #[error("it does not begin with the mark of one")]
    Magic,
    /// A version that this program does not know.
    #[error("format version {0}, this program reads {VERSION}")]
    Version(u8),
    /// They end too early.
    #[error("it ends at byte {0}, in the middle of a field")]
    Short(usize),
    /// A field that no encoder writes.
    #[error("at byte {at}: {what}")]
    Field {
        /// Where the field begins.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// A part is larger than it may be.
    #[error("{what} has {size}, the limit is {limit}")]
    Limit {
        /// What is too large.
        what: &'static str,
        /// Its size.
        size: usize,
        /// The most it may have.
        limit: usize,
    },
}

impl Unit {
    /// Whether bytes claim to be a unit.
    #[must_use]
    pub fn is_unit(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC)
    }

    /// The bytes of a unit.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(VERSION);
        write_bytes(&mut out, self.interface.to_json().as_bytes());
        write_number(&mut out, self.entry as u64);
        write_number(&mut out, self.modules.len() as u64);
        for module in &self.modules {
            write_bytes(&mut out, module.name.as_bytes());
            out.push(match module.kind {
                ModuleKind::Esm => 0,
                ModuleKind::CommonJs => 1,
            });
            write_bytes(&mut out, module.source.as_bytes());
            write_number(&mut out, module.lines.len() as u64);
            let mut before = 0_i64;
            for line in &module.lines {
                let delta = i64::from(*line) - before;
                write_number(&mut out, ((delta << 1) ^ (delta >> 63)).cast_unsigned());
                before = i64::from(*line);
            }
        }
        out
    }

    /// The unit that bytes are.
    ///
    /// # Errors
    ///
    /// [`UnitError`] naming the place or the limit. Only what [`encode`](Self::encode) writes is
    /// taken.
    pub fn decode(bytes: &[u8]) -> Result<Self, UnitError> {
        limit("the unit", bytes.len(), UNIT_BYTES_MAX)?;
        let mut reader = Reader { bytes, at: 0 };
        if reader.take(MAGIC.len()).is_ok_and(|magic| magic != MAGIC) || bytes.len() < MAGIC.len() {
            return Err(UnitError::Magic);
        }
        match reader.byte()? {
            VERSION => {}
            version => return Err(UnitError::Version(version)),
        }
        let interface = reader.interface()?;
        let at = reader.at;
        let entry = reader.number()?;
        let count = reader.count("the list of modules", MODULES_MAX)?;
        if entry >= count as u64 {
            return Err(UnitError::Field { at, what: "the entry is not one of the modules" });
        }
        let mut modules: Vec<Module> = Vec::with_capacity(count);
        for _ in 0..count {
            let at = reader.at;
            let module = reader.module()?;
            if modules.last().is_some_and(|last| last.name >= module.name) {
                return Err(UnitError::Field { at, what: "the modules are not sorted by name" });
            }
            modules.push(module);
        }
        if reader.at != bytes.len() {
            return Err(UnitError::Field { at: reader.at, what: "there are bytes after the end" });
        }
        let entry = usize::try_from(entry).unwrap_or(usize::MAX);
        Ok(Self { interface, entry, modules })
    }

    /// Whether all parts are within the limits of the format.
    ///
    /// # Errors
    ///
    /// [`UnitError::Limit`] naming the part.
    pub fn check_limits(&self) -> Result<(), UnitError> {
        limit("the list of modules", self.modules.len(), MODULES_MAX)?;
        limit("the interface", self.interface.to_json().len(), INTERFACE_BYTES_MAX)?;
        for module in &self.modules {
            limit("the name of a module", module.name.len(), NAME_BYTES_MAX)?;
            limit("the source of a module", module.source.len(), SOURCE_BYTES_MAX)?;
        }
        limit("the unit", self.encode().len(), UNIT_BYTES_MAX)
    }
}

fn limit(what: &'static str, size: usize, limit: usize) -> Result<(), UnitError> {
    if size > limit { Err(UnitError::Limit { what, size, limit }) } else { Ok(()) }
}

fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn take(&mut self, length: usize) -> Result<&'b [u8], UnitError> {
        let end = self.at.checked_add(length);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or(UnitError::Short(self.bytes.len()))?;
        self.at += length;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, UnitError> {
        self.take(1)?.first().copied().ok_or(UnitError::Short(self.at))
    }

    /// At most 35 bits, in as few bytes as they need.
    fn number(&mut self) -> Result<u64, UnitError> {
        let at = self.at;
        let mut number = 0_u64;
        for shift in [0_u32, 7, 14, 21, 28] {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                if byte == 0 && shift > 0 {
                    return Err(UnitError::Field { at, what: "the number is written too long" });
                }
                return Ok(number);
            }
        }
        Err(UnitError::Field { at, what: "the number is too large" })
    }

    fn count(&mut self, what: &'static str, most: usize) -> Result<usize, UnitError> {
        let count = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        limit(what, count, most)?;
        Ok(count)
    }

    fn text(&mut self, what: &'static str, most: usize) -> Result<&'b str, UnitError> {
        let at = self.at;
        let length = self.count(what, most)?;
        core::str::from_utf8(self.take(length)?)
            .map_err(|_| UnitError::Field { at, what: "the text is not UTF-8" })
    }

    fn interface(&mut self) -> Result<Interface, UnitError> {
        let at = self.at;
        let text = self.text("the interface", INTERFACE_BYTES_MAX)?;
        let interface = Interface::from_json(text)
            .map_err(|_| UnitError::Field { at, what: "the interface is no Solidity ABI" })?;
        if interface.to_json() != text {
            return Err(UnitError::Field { at, what: "the interface is not in canonical form" });
        }
        Ok(interface)
    }

    fn module(&mut self) -> Result<Module, UnitError> {
        let at = self.at;
        let name = self.text("the name of a module", NAME_BYTES_MAX)?.to_owned();
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(UnitError::Field {
                at,
                what: "the name of a module is empty or unreadable",
            });
        }
        let at = self.at;
        let kind = match self.byte()? {
            0 => ModuleKind::Esm,
            1 => ModuleKind::CommonJs,
            _ => return Err(UnitError::Field { at, what: "there is no such kind of module" }),
        };
        let source = self.text("the source of a module", SOURCE_BYTES_MAX)?.to_owned();
        let at = self.at;
        let count = self.count("the list of lines", SOURCE_BYTES_MAX)?;
        if count > source.split('\n').count() {
            return Err(UnitError::Field { at, what: "there are more lines than the source has" });
        }
        let lines = self.lines(count)?;
        Ok(Module { name, kind, source, lines })
    }

    fn lines(&mut self, count: usize) -> Result<Vec<u32>, UnitError> {
        let mut lines = Vec::with_capacity(count);
        let mut line = 0_i64;
        for _ in 0..count {
            let at = self.at;
            let number = self.number()?.cast_signed();
            line += (number >> 1) ^ -(number & 1);
            let line = u32::try_from(line);
            lines.push(line.map_err(|_| UnitError::Field { at, what: "there is no such line" })?);
        }
        Ok(lines)
    }
}
