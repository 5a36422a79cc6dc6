//! By whose conventions a module was built, and what follows from that.

use std::borrow::Cow;

use core::fmt;

use vm::Entry;
use wasmparser::{BinaryReaderError, Parser, Payload};

use crate::host::imports::{COSMWASM_IMPORTS, STYLUS_IMPORTS};
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
    /// CosmWasm: `instantiate`, `execute` and others over the imports of `env`, messages in JSON,
    /// other contracts called by what a response asks for.
    CosmWasm,
}

/// A function that modules of a personality export: all its parameters and its result are `i32`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FunctionRule {
    /// Its name.
    pub(crate) name: &'static str,
    /// How many parameters it may have.
    pub(crate) parameters: &'static [usize],
    /// Whether it has a result.
    pub(crate) has_result: bool,
    /// Whether every module has it.
    pub(crate) is_required: bool,
}

impl FunctionRule {
    const fn required(name: &'static str, parameters: &'static [usize]) -> Self {
        Self { name, parameters, has_result: true, is_required: true }
    }

    const fn optional(name: &'static str, parameters: &'static [usize]) -> Self {
        Self { name, parameters, has_result: true, is_required: false }
    }

    const fn without_result(name: &'static str, parameters: &'static [usize]) -> Self {
        Self { name, parameters, has_result: false, is_required: true }
    }
}

/// What the names of exports begin with by which modules of CosmWasm say their version, and did
/// before CosmWasm 0.14.
const COSMWASM_VERSION_PREFIXES: [&str; 3] =
    ["interface_version_", "cosmwasm_vm_version_", "cosmwasm_api_"];

/// The version of CosmWasm's interface that runs here: that of CosmWasm 1, 2 and 3.
pub(crate) const COSMWASM_VERSION: &str = "interface_version_8";

/// What the names of exports begin with by which modules of CosmWasm say what they need.
pub(crate) const COSMWASM_NEEDS_PREFIX: &str = "requires_";

/// What a module of CosmWasm may need.
pub(crate) const COSMWASM_NEEDS: [&str; 9] = [
    "iterator",
    "cosmwasm_1_1",
    "cosmwasm_1_2",
    "cosmwasm_1_3",
    "cosmwasm_1_4",
    "cosmwasm_2_0",
    "cosmwasm_2_1",
    "cosmwasm_2_2",
    "cosmwasm_3_0",
];

/// Whether a module of CosmWasm says its version by an export of this name.
pub(crate) fn is_cosmwasm_version(name: &str) -> bool {
    COSMWASM_VERSION_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

const BRAID_FUNCTIONS: &[FunctionRule] =
    &[FunctionRule::required("call", &[1]), FunctionRule::optional("deploy", &[1])];

const STYLUS_FUNCTIONS: &[FunctionRule] = &[FunctionRule::required(STYLUS_ENTRY, &[1])];

const COSMWASM_FUNCTIONS: &[FunctionRule] = &[
    FunctionRule::without_result(COSMWASM_VERSION, &[0]),
    FunctionRule::required("allocate", &[1]),
    FunctionRule::without_result("deallocate", &[1]),
    FunctionRule::required("instantiate", &[3]),
    FunctionRule::optional("execute", &[3]),
    FunctionRule::optional("query", &[2]),
    FunctionRule::optional("migrate", &[2, 3]),
    FunctionRule::optional("sudo", &[2]),
    FunctionRule::optional("reply", &[2]),
];

impl Personality {
    /// The personality of a module that imports from `modules` and exports `names`.
    pub fn of<'a>(
        modules: impl IntoIterator<Item = &'a str>,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let names: Vec<_> = names.into_iter().collect();
        if names.iter().any(|name| is_cosmwasm_version(name)) {
            return Self::CosmWasm;
        }
        let is_stylus = modules.into_iter().any(|module| module == STYLUS_MODULE)
            || names.contains(&STYLUS_ENTRY);
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
        [crate::host::MODULE, STYLUS_MODULE, COSMWASM_VERSION].map(str::to_owned).to_vec()
    }

    /// What a module may import, where `own` is what Braid offers to its own.
    pub(crate) const fn imports(self, own: &[ImportSignature]) -> &[ImportSignature] {
        match self {
            Self::Braid => own,
            Self::Stylus => STYLUS_IMPORTS,
            Self::CosmWasm => COSMWASM_IMPORTS,
        }
    }

    /// The functions that a module exports.
    pub(crate) const fn functions(self) -> &'static [FunctionRule] {
        match self {
            Self::Braid => BRAID_FUNCTIONS,
            Self::Stylus => STYLUS_FUNCTIONS,
            Self::CosmWasm => COSMWASM_FUNCTIONS,
        }
    }

    /// Whether a module that exports these names has a constructor.
    pub(crate) fn has_constructor(self, names: &[String]) -> bool {
        self != Self::Braid || names.iter().any(|name| name == "deploy")
    }

    /// The names under which an engine finds the export `name`. What nobody looks for is left out,
    /// so that no name comes twice.
    pub(crate) fn exported_as(self, name: &str) -> Vec<&str> {
        match (self, name) {
            (Self::Braid, _) | (_, "memory") => vec![name],
            (Self::Stylus, STYLUS_ENTRY) => vec!["call", "deploy"],
            (Self::CosmWasm, name) if self.functions().iter().any(|it| it.name == name) => {
                vec![name]
            }
            (Self::Stylus | Self::CosmWasm, _) => Vec::new(),
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
            Self::CosmWasm => "cosmwasm",
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
        assert_eq!(Personality::of(["env"], ["interface_version_8"]), Personality::CosmWasm);
        assert_eq!(Personality::of(["env"], ["call"]), Personality::Braid);
        assert_eq!(Personality::of([], []), Personality::Braid);
    }
}
