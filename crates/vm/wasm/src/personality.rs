//! By whose conventions a module was built, and what follows from that.

use std::borrow::Cow;

use core::fmt;

use vm::Entry;
use wasmparser::{BinaryReaderError, Parser, Payload};

use crate::host::imports::STYLUS_IMPORTS;
use crate::host::stylus::{CONSTRUCTOR_SELECTOR, MODULE as STYLUS_MODULE};
use crate::validate::ImportSignature;

/// The entry of a module of Stylus.
const STYLUS_ENTRY: &str = "user_entrypoint";

/// By whose conventions a module was built. Its imports and exports tell; nobody else is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Personality {
    /// Braid's own: `call` and `deploy` over the imports of `braid1`.
    Braid,
    /// Arbitrum Stylus: `user_entrypoint` over the imports of `vm_hooks`, input and output by the
    /// Solidity ABI, words as storage.
    Stylus,
}

impl Personality {
    /// The personality of a module that imports from `modules` and exports `names`.
    pub fn of<'a>(
        modules: impl IntoIterator<Item = &'a str>,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let is_stylus = modules.into_iter().any(|module| module == STYLUS_MODULE)
            || names.into_iter().any(|name| name == STYLUS_ENTRY);
        if is_stylus { Self::Stylus } else { Self::Braid }
    }

    /// The personality of `code`; [`Personality::Braid`] where it cannot be read.
    #[must_use]
    pub fn of_code(code: &[u8]) -> Self {
        let (modules, names) = borders(code).unwrap_or_default();
        Self::of(modules, names)
    }

    /// The names of all, as a machine tells them.
    pub(crate) fn names() -> Vec<String> {
        [crate::host::MODULE, STYLUS_MODULE].map(str::to_owned).to_vec()
    }

    /// What a module may import, where `own` is what Braid offers to its own.
    pub(crate) const fn imports(self, own: &[ImportSignature]) -> &[ImportSignature] {
        match self {
            Self::Braid => own,
            Self::Stylus => STYLUS_IMPORTS,
        }
    }

    /// The names of the function that a call runs, and of the one that makes a contract.
    pub(crate) const fn entries(self) -> (&'static str, &'static str) {
        match self {
            Self::Braid => ("call", "deploy"),
            Self::Stylus => (STYLUS_ENTRY, STYLUS_ENTRY),
        }
    }

    /// The names under which an engine finds the export `name`. What nobody looks for is left out,
    /// so that no name comes twice.
    pub(crate) fn exported_as(self, name: &str) -> Vec<&str> {
        match (self, name) {
            (Self::Braid, _) | (Self::Stylus, "memory") => vec![name],
            (Self::Stylus, STYLUS_ENTRY) => vec!["call", "deploy"],
            (Self::Stylus, _) => Vec::new(),
        }
    }

    /// The input of an entry: the constructor of a module of Stylus has a selector.
    pub(crate) fn input(self, entry: Entry, input: &[u8]) -> Cow<'_, [u8]> {
        match (self, entry) {
            (Self::Stylus, Entry::Deploy) => Cow::Owned([&CONSTRUCTOR_SELECTOR, input].concat()),
            _ => Cow::Borrowed(input),
        }
    }
}

/// The modules that a module imports from, and the names that it exports.
type Borders<'a> = (Vec<&'a str>, Vec<&'a str>);

fn borders(code: &[u8]) -> Result<Borders<'_>, BinaryReaderError> {
    let (mut modules, mut names) = Borders::default();
    for payload in Parser::new(0).parse_all(code) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    modules.push(import?.module);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    names.push(export?.name);
                }
            }
            Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    Ok((modules, names))
}

impl fmt::Display for Personality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Braid => "braid",
            Self::Stylus => "stylus",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selector_of_a_constructor_is_that_of_its_name() {
        let hash = primitives::keccak256("stylus_constructor()");
        assert_eq!(CONSTRUCTOR_SELECTOR, hash[..4]);
    }

    #[test]
    fn imports_and_exports_tell_the_personality() {
        assert_eq!(Personality::of(["braid1"], ["call", "memory"]), Personality::Braid);
        assert_eq!(Personality::of(["vm_hooks"], ["call"]), Personality::Stylus);
        assert_eq!(Personality::of([], ["user_entrypoint"]), Personality::Stylus);
        assert_eq!(Personality::of([], []), Personality::Braid);
    }
}
