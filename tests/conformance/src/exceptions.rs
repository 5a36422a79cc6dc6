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
}

const STORAGE_WITHOUT_CODE: &str =
    "needs an account with storage and without code or nonce, which no chain can hold (EIP-7610)";
const MALFORMED_VALUE: &str = "a number in the file does not fit its type, as no transaction could";
const SLOW: &str = "runs for minutes and checks no rule that another case does not check";

/// The files that are not run. The list is that of the interpreter's own test runner.
pub const EXCEPTIONS: &[Exception] = &[
    Exception { file: "RevertInCreateInInit.json", reason: STORAGE_WITHOUT_CODE },
    Exception { file: "RevertInCreateInInit_Paris.json", reason: STORAGE_WITHOUT_CODE },
    Exception { file: "RevertInCreateInInitCreate2.json", reason: STORAGE_WITHOUT_CODE },
    Exception { file: "RevertInCreateInInitCreate2Paris.json", reason: STORAGE_WITHOUT_CODE },
    Exception { file: "create2collisionStorage.json", reason: STORAGE_WITHOUT_CODE },
    Exception { file: "create2collisionStorageParis.json", reason: STORAGE_WITHOUT_CODE },
    Exception { file: "dynamicAccountOverwriteEmpty.json", reason: STORAGE_WITHOUT_CODE },
    Exception { file: "dynamicAccountOverwriteEmpty_Paris.json", reason: STORAGE_WITHOUT_CODE },
    Exception { file: "InitCollision.json", reason: STORAGE_WITHOUT_CODE },
    Exception { file: "InitCollisionParis.json", reason: STORAGE_WITHOUT_CODE },
    Exception { file: "ValueOverflow.json", reason: MALFORMED_VALUE },
    Exception { file: "ValueOverflowParis.json", reason: MALFORMED_VALUE },
    Exception { file: "Call50000_sha256.json", reason: SLOW },
    Exception { file: "static_Call50000_sha256.json", reason: SLOW },
    Exception { file: "loopMul.json", reason: SLOW },
    Exception { file: "CALLBlake2f_MaxRounds.json", reason: SLOW },
];

/// Why a file is not run, if it is not.
pub(crate) fn of_file(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    EXCEPTIONS.iter().find(|exception| exception.file == name).map(|exception| exception.reason)
}

/// The hardfork of a fork name in a test file, or why its cases are not run.
///
/// A transition is run with the rules that hold after it.
pub(crate) const fn hardfork(name: &SpecName) -> Result<Hardfork, (Option<Hardfork>, &'static str)> {
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
        assert_eq!(of_file("a/b/loopMul.json"), Some(SLOW));
        assert_eq!(of_file("loopMul.json"), Some(SLOW));
        assert_eq!(of_file("a/loopMul2.json"), None);
        let mut names: Vec<_> = EXCEPTIONS.iter().map(|exception| exception.file).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), EXCEPTIONS.len(), "each file is named once");
    }
}
