//! The machines by name.

use core::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

macro_rules! vm_kinds {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $name:literal;)*) => {
        /// A kind of virtual machine. The number is part of the stored state and never changes.
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize,
        )]
        #[serde(rename_all = "lowercase")]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum VmKind {
            $($(#[$doc])* $variant = $code,)*
        }

        impl VmKind {
            /// All kinds, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name that configuration and the command line use.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The kind with this number.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

vm_kinds! {
    /// The Ethereum Virtual Machine.
    Evm = 0, "evm";
    /// WebAssembly.
    Wasm = 1, "wasm";
    /// Solana's sBPF.
    Svm = 2, "svm";
    /// Move.
    Move = 3, "move";
    /// JavaScript.
    Js = 4, "js";
    /// Go over WASI.
    Go = 5, "go";
    /// Rust types registered at start.
    Native = 6, "native";
    /// Containers.
    Container = 7, "container";
    /// The register machine.
    Register = 8, "register";
}

impl VmKind {
    /// The number in the stored state.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for VmKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The name of a machine that is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown machine \"{0}\"")]
pub struct VmKindError(pub String);

impl FromStr for VmKind {
    type Err = VmKindError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .find(|kind| kind.name() == text)
            .copied()
            .ok_or_else(|| VmKindError(text.to_owned()))
    }
}

/// The version of a machine's rules, and the switches that are on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VmVersion {
    /// Rules that are not compatible with earlier ones.
    pub major: u16,
    /// Rules that add to earlier ones.
    pub minor: u16,
    /// What follows from no rule.
    pub patch: u16,
    /// Named switches: a hardfork, an engine.
    pub features: Vec<String>,
}

impl fmt::Display for VmVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if self.features.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", self.features.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_lead_back() {
        for kind in VmKind::ALL {
            assert_eq!(VmKind::from_code(kind.code()), Some(*kind));
            assert_eq!(kind.name().parse(), Ok(*kind));
        }
        assert_eq!(VmKind::from_code(250), None);
        assert!("evn".parse::<VmKind>().is_err());
    }
}
