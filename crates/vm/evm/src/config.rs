//! What an operator may choose of the EVM: the hardfork, the limits, the opcodes that are off.
//!
//! Everything here is part of the rules of a chain: two nodes with different values disagree on
//! receipts. Prices follow from the hardfork alone and are not configured.

use core::{fmt, str::FromStr};

use primitives::{Address, Gas};
use revm::{bytecode::OpCode, primitives::hardfork::SpecId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Bytes of the code of a contract (EIP-170).
pub const CODE_BYTES_MAX: usize = 24_576;

/// Bytes of creation code (EIP-3860).
pub const INIT_CODE_BYTES_MAX: usize = 2 * CODE_BYTES_MAX;

/// Gas of one transaction on Ethereum's main network since Osaka (EIP-7825).
pub const OSAKA_TRANSACTION_GAS_LIMIT_MAX: Gas = Gas(1 << 24);

/// Bytes of memory of all open EVM frames of a transaction. Gas ends a frame long before: four
/// gibibytes cost more gas than any block has.
pub const MEMORY_BYTES_MAX: u64 = (1 << 32) - 1;

/// Gas of a call that names none.
pub const CALL_GAS_LIMIT: Gas = Gas(30_000_000);

/// The chain of a development network, as Ethereum's development nodes have it.
pub const CHAIN_ID: u64 = 31_337;

macro_rules! hardforks {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $spec:ident;)*) => {
        /// A hardfork of Ethereum, oldest first.
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize,
            Deserialize,
        )]
        #[serde(try_from = "String", into = "&'static str")]
        #[non_exhaustive]
        pub enum Hardfork {
            $($(#[$doc])* $variant,)*
        }

        impl Hardfork {
            /// All hardforks, oldest first.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in configuration and output.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The rules of the interpreter that hold in this hardfork.
            #[doc(hidden)]
            #[must_use]
            pub const fn spec(self) -> SpecId {
                match self { $(Self::$variant => SpecId::$spec,)* }
            }
        }
    };
}

hardforks! {
    /// The launch, July 2015.
    Frontier = "frontier", FRONTIER;
    /// The gas limit was raised; the rules of execution are Frontier's.
    FrontierThawing = "frontier-thawing", FRONTIER;
    /// `DELEGATECALL`, creation that fails without gas for its deposit (EIP-2, EIP-7).
    Homestead = "homestead", HOMESTEAD;
    /// One irregular change of state; the rules of execution are Homestead's.
    Dao = "dao", HOMESTEAD;
    /// New prices, the 63/64 rule (EIP-150).
    Tangerine = "tangerine", TANGERINE;
    /// Empty accounts go, code has a limit (EIP-155, EIP-160, EIP-161, EIP-170).
    SpuriousDragon = "spurious-dragon", SPURIOUS_DRAGON;
    /// `REVERT`, `STATICCALL`, return data, pairings.
    Byzantium = "byzantium", BYZANTIUM;
    /// `CREATE2`, shifts. EIP-1283, which no main network has ever run, is left out: the rules
    /// of execution are Petersburg's.
    Constantinople = "constantinople", PETERSBURG;
    /// Constantinople without EIP-1283.
    Petersburg = "petersburg", PETERSBURG;
    /// `CHAINID`, `SELFBALANCE`, net metering of `SSTORE` (EIP-2200).
    Istanbul = "istanbul", ISTANBUL;
    /// The difficulty bomb was moved; the rules of execution are Istanbul's.
    MuirGlacier = "muir-glacier", ISTANBUL;
    /// Access lists, warm and cold access (EIP-2929, EIP-2930).
    Berlin = "berlin", BERLIN;
    /// The base fee, fewer refunds, no code that starts with `0xEF`.
    London = "london", LONDON;
    /// The difficulty bomb was moved; the rules of execution are London's.
    ArrowGlacier = "arrow-glacier", LONDON;
    /// The difficulty bomb was moved; the rules of execution are London's.
    GrayGlacier = "gray-glacier", LONDON;
    /// Proof of stake: `PREVRANDAO` (EIP-4399). Its second name is `merge`.
    Paris = "paris", MERGE;
    /// `PUSH0`, the limit of creation code, the warm coinbase.
    Shanghai = "shanghai", SHANGHAI;
    /// Transient storage, `MCOPY`, blobs, the tamed `SELFDESTRUCT`.
    Cancun = "cancun", CANCUN;
    /// Delegated accounts (EIP-7702), BLS12-381, dearer calldata.
    Prague = "prague", PRAGUE;
    /// `CLZ`, secp256r1, bounded modular exponentiation.
    #[default]
    Osaka = "osaka", OSAKA;
}

/// Further names under which a hardfork is known.
const ALIASES: &[(&str, Hardfork)] = &[
    ("merge", Hardfork::Paris),
    ("tangerine-whistle", Hardfork::Tangerine),
    ("eip150", Hardfork::Tangerine),
    ("eip158", Hardfork::SpuriousDragon),
    ("spurious", Hardfork::SpuriousDragon),
    ("dao-fork", Hardfork::Dao),
    ("constantinople-fix", Hardfork::Petersburg),
    ("latest", Hardfork::Osaka),
];

/// How opcodes are named.
const OPCODE_FORMS: &str = "give a mnemonic or a byte such as 0xff";

/// The name of a hardfork that is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown hardfork \"{name}\"{}; known are {}", suggested(*.suggestion), known_hardforks())]
pub struct HardforkError {
    /// The name as it was given.
    pub name: String,
    /// The hardfork whose name is nearest.
    pub suggestion: Option<&'static str>,
}

/// An opcode that is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown opcode \"{name}\"{}; {OPCODE_FORMS}", suggested(*.suggestion))]
pub struct OpcodeError {
    /// The name as it was given.
    pub name: String,
    /// The mnemonic that is nearest.
    pub suggestion: Option<&'static str>,
}

/// A set of opcodes, in configuration a list of mnemonics (`"SELFDESTRUCT"`) and bytes (`"0xff"`).
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct OpcodeSet([u64; 4]);

/// What an operator may choose of the EVM.
///
/// ```
/// # use braid_vm_evm::{EvmConfig, Hardfork};
/// let config = EvmConfig { version: Hardfork::London, ..EvmConfig::default() };
/// assert_eq!(config.version.to_string(), "london");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvmConfig {
    /// The hardfork whose rules hold, by default the newest one.
    pub version: Hardfork,
    /// The chain (EIP-155), 31337 by default.
    pub chain_id: u64,
    /// Gas of a call that names none.
    pub gas_limit: Gas,
    /// Bytes of the code of a contract, 24,576 by default (EIP-170; it holds since Spurious
    /// Dragon).
    pub code_bytes_max: usize,
    /// Bytes of creation code, 49,152 by default (EIP-3860; it holds since Shanghai).
    pub init_code_bytes_max: usize,
    /// Gas of one transaction. There is none by default: a development chain runs what a block
    /// holds. Ethereum's main network has [`OSAKA_TRANSACTION_GAS_LIMIT_MAX`] since Osaka.
    pub transaction_gas_limit_max: Option<Gas>,
    /// Opcodes that are off: code that holds one is refused at deploy, and a frame that reaches
    /// one halts as at an unknown opcode.
    pub disabled_opcodes: OpcodeSet,
    /// Bytes of memory of all open EVM frames of a transaction.
    pub memory_bytes_max: u64,
    /// Who gets the base fee and the fee of blobs. Nobody by default: they are burnt, as on
    /// Ethereum (EIP-1559, EIP-4844). With a recipient the supply of coin is constant.
    pub base_fee_recipient: Option<Address>,
}

impl Default for EvmConfig {
    fn default() -> Self {
        Self {
            version: Hardfork::default(),
            chain_id: CHAIN_ID,
            gas_limit: CALL_GAS_LIMIT,
            code_bytes_max: CODE_BYTES_MAX,
            init_code_bytes_max: INIT_CODE_BYTES_MAX,
            transaction_gas_limit_max: None,
            disabled_opcodes: OpcodeSet::default(),
            memory_bytes_max: MEMORY_BYTES_MAX,
            base_fee_recipient: None,
        }
    }
}

impl EvmConfig {
    /// The rules of the interpreter.
    #[doc(hidden)]
    #[must_use]
    pub const fn spec(&self) -> SpecId {
        self.version.spec()
    }
}

impl FromStr for Hardfork {
    type Err = HardforkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim().to_lowercase().replace(['_', ' '], "-");
        let named = Self::ALL.iter().find(|fork| fork.name() == name).copied();
        let alias = || ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, fork)| *fork);
        named.or_else(alias).ok_or_else(|| HardforkError {
            name: text.to_owned(),
            suggestion: nearest(&name, Self::ALL.iter().map(|fork| fork.name())),
        })
    }
}

impl fmt::Display for Hardfork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl TryFrom<String> for Hardfork {
    type Error = HardforkError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Hardfork> for &'static str {
    fn from(fork: Hardfork) -> Self {
        fork.name()
    }
}

impl OpcodeSet {
    /// The opcodes that `names` name: mnemonics in any case, or bytes in hexadecimal.
    ///
    /// # Errors
    ///
    /// [`OpcodeError`] naming the first that is neither.
    pub fn parse<I>(names: I) -> Result<Self, OpcodeError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let mut set = Self::default();
        for name in names {
            set.insert(opcode(name.as_ref())?);
        }
        Ok(set)
    }

    /// Adds an opcode.
    pub const fn insert(&mut self, opcode: u8) {
        self.0[opcode as usize / 64] |= 1 << (opcode % 64);
    }

    /// Whether the opcode is in the set.
    #[must_use]
    pub const fn contains(&self, opcode: u8) -> bool {
        self.0[opcode as usize / 64] & (1 << (opcode % 64)) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The opcodes, smallest first.
    pub fn iter(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=u8::MAX).filter(|opcode| self.contains(*opcode))
    }
}

impl TryFrom<Vec<String>> for OpcodeSet {
    type Error = OpcodeError;

    fn try_from(names: Vec<String>) -> Result<Self, Self::Error> {
        Self::parse(names)
    }
}

impl From<OpcodeSet> for Vec<String> {
    fn from(set: OpcodeSet) -> Self {
        set.iter().map(opcode_name).collect()
    }
}

impl fmt::Debug for OpcodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(opcode_name)).finish()
    }
}

/// The mnemonic of an opcode, or its byte where it has none.
pub(crate) fn opcode_name(opcode: u8) -> String {
    OpCode::new(opcode).map_or_else(|| format!("0x{opcode:02x}"), |known| known.as_str().to_owned())
}

fn opcode(text: &str) -> Result<u8, OpcodeError> {
    let name = text.trim().to_uppercase();
    if let Some(digits) = name.strip_prefix("0X")
        && let Ok(byte) = u8::from_str_radix(digits, 16)
    {
        return Ok(byte);
    }
    let canonical = match name.as_str() {
        "SHA3" => "KECCAK256",
        "PREVRANDAO" => "DIFFICULTY",
        "SUICIDE" => "SELFDESTRUCT",
        other => other,
    };
    mnemonics().find(|(_, mnemonic)| *mnemonic == canonical).map(|(byte, _)| byte).ok_or_else(
        || OpcodeError {
            name: text.to_owned(),
            suggestion: nearest(&name, mnemonics().map(|(_, mnemonic)| mnemonic)),
        },
    )
}

fn mnemonics() -> impl Iterator<Item = (u8, &'static str)> {
    (0..=u8::MAX).filter_map(|byte| OpCode::new(byte).map(|known| (byte, known.as_str())))
}

/// The name that takes the fewest edits, where they are few enough to be a slip.
fn nearest(name: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    const EDITS_MAX: usize = 3;
    names
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min()
        .filter(|(edits, known)| *edits <= EDITS_MAX && *edits < known.len())
        .map(|(_, known)| known)
}

fn suggested(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!(", did you mean \"{name}\"?"))
}

fn known_hardforks() -> String {
    Hardfork::ALL.iter().map(|fork| fork.name()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_order_by_age() {
        for fork in Hardfork::ALL {
            assert_eq!(fork.name().parse(), Ok(*fork));
            assert_eq!(fork.name().replace('-', "_").to_uppercase().parse(), Ok(*fork));
        }
        for (alias, fork) in ALIASES {
            assert_eq!(alias.parse(), Ok(*fork));
        }
        let is_ordered = |pair: &[Hardfork]| pair[0] < pair[1] && pair[0].spec() <= pair[1].spec();
        assert!(Hardfork::ALL.windows(2).all(is_ordered));
        assert_eq!(Hardfork::ALL.last(), Some(&Hardfork::default()));
    }

    #[test]
    fn an_unknown_hardfork_is_answered_with_the_nearest() {
        let error = "lodnon".parse::<Hardfork>().expect_err("a slip").to_string();
        assert!(error.starts_with("unknown hardfork \"lodnon\", did you mean \"london\"?"));
        assert!(error.contains("frontier, frontier-thawing, homestead"));
        let error = "something else".parse::<Hardfork>().expect_err("no slip");
        assert_eq!(error.suggestion, None);
    }

    #[test]
    fn opcodes_go_by_mnemonic_or_byte() {
        let set = OpcodeSet::parse(["selfdestruct", "0xF4", "sha3", "0x0c"]).expect("known");
        assert_eq!(set.iter().collect::<Vec<_>>(), [0x0c, 0x20, 0xf4, 0xff]);
        assert_eq!(
            Vec::from(set),
            ["0x0c", "KECCAK256", "DELEGATECALL", "SELFDESTRUCT"].map(String::from)
        );
        let error = OpcodeSet::parse(["SELFDESTRUT"]).expect_err("a slip").to_string();
        assert!(error.contains("did you mean \"SELFDESTRUCT\"?"), "{error}");
        assert!(OpcodeSet::parse(["0x100"]).is_err());
    }

    #[test]
    fn configuration_reads_as_written() {
        let config: EvmConfig = serde_json::from_str(
            r#"{"version": "london", "gas_limit": 10000000, "disabled_opcodes": ["CALLCODE"]}"#,
        )
        .expect("valid");
        assert_eq!(config.version, Hardfork::London);
        assert_eq!(config.gas_limit, Gas(10_000_000));
        assert!(config.disabled_opcodes.contains(0xf2));
        assert_eq!(config.code_bytes_max, CODE_BYTES_MAX);
        let text = serde_json::to_string(&config).expect("plain data");
        assert_eq!(serde_json::from_str::<EvmConfig>(&text).expect("own text"), config);
        for bad in
            [r#"{"verion": "london"}"#, r#"{"version": 7}"#, r#"{"disabled_opcodes": ["X"]}"#]
        {
            assert!(serde_json::from_str::<EvmConfig>(bad).is_err(), "{bad}");
        }
    }
}
