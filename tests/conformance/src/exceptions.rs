//! The cases that are not run, each with its reason.

use revm_statetest_types::SpecName;
use vm_evm::Hardfork;

/// A file that is not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exception {
    /// The name of the file without its folders.
    pub file: &'static str,
    /// Why it is not run.
    pub reason: &'static str,
    /// Whether it is run where slow files are asked for.
    pub is_slow: bool,
}

const MALFORMED_VALUE: &str = "a number in the file does not fit its type, as no transaction could";
const SLOW: &str = "passes, and takes longer than all others together";

/// The files that are not run.
pub const EXCEPTIONS: &[Exception] = &[
    Exception { file: "ValueOverflow.json", reason: MALFORMED_VALUE, is_slow: false },
    Exception { file: "ValueOverflowParis.json", reason: MALFORMED_VALUE, is_slow: false },
    Exception { file: "Call50000_sha256.json", reason: SLOW, is_slow: true },
    Exception { file: "static_Call50000_sha256.json", reason: SLOW, is_slow: true },
    Exception { file: "loopMul.json", reason: SLOW, is_slow: true },
    Exception { file: "CALLBlake2f_MaxRounds.json", reason: SLOW, is_slow: true },
];

/// Why a file is not run, if it is not.
pub(crate) fn of_file(path: &str, run_slow: bool) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let exception = EXCEPTIONS.iter().find(|exception| exception.file == name)?;
    (!exception.is_slow || !run_slow).then_some(exception.reason)
}

/// The hardfork of a fork name in a test file, or why its cases are not run.
///
/// A transition is run with the rules that hold after it.
pub(crate) const fn hardfork(
    name: &SpecName,
) -> Result<Hardfork, (Option<Hardfork>, &'static str)> {
    Ok(match name {
        SpecName::Frontier => Hardfork::Frontier,
        SpecName::Homestead | SpecName::FrontierToHomesteadAt5 => Hardfork::Homestead,
        SpecName::HomesteadToDaoAt5 => Hardfork::Dao,
        SpecName::EIP150 | SpecName::HomesteadToEIP150At5 => Hardfork::Tangerine,
        SpecName::EIP158 => Hardfork::SpuriousDragon,
        SpecName::Byzantium | SpecName::EIP158ToByzantiumAt5 => Hardfork::Byzantium,
        SpecName::Constantinople | SpecName::ByzantiumToConstantinopleAt5 => {
            return Err((
                Some(Hardfork::Constantinople),
                "Constantinople with EIP-1283, which was withdrawn before any main network ran it",
            ));
        }
        SpecName::ConstantinopleFix | SpecName::ByzantiumToConstantinopleFixAt5 => {
            Hardfork::Petersburg
        }
        SpecName::Istanbul => Hardfork::Istanbul,
        SpecName::Berlin => Hardfork::Berlin,
        SpecName::London | SpecName::BerlinToLondonAt5 => Hardfork::London,
        SpecName::Paris | SpecName::Merge => Hardfork::Paris,
        SpecName::Shanghai => Hardfork::Shanghai,
        SpecName::Cancun => Hardfork::Cancun,
        SpecName::Prague => Hardfork::Prague,
        SpecName::Osaka => Hardfork::Osaka,
        SpecName::Amsterdam => return Err((None, "Amsterdam, whose rules are not final")),
        SpecName::Unknown => return Err((None, "a fork that Braid does not know")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_go_by_the_name_of_the_file() {
        assert_eq!(of_file("a/b/loopMul.json", false), Some(SLOW));
        assert_eq!(of_file("loopMul.json", false), Some(SLOW));
        assert_eq!(of_file("loopMul.json", true), None);
        assert_eq!(of_file("ValueOverflow.json", true), Some(MALFORMED_VALUE));
        assert_eq!(of_file("a/loopMul2.json", false), None);
        let mut names: Vec<_> = EXCEPTIONS.iter().map(|exception| exception.file).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), EXCEPTIONS.len(), "each file is named once");
    }
}
