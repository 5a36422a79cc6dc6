//! What the EVM says of creation code before it runs: form, size, opcodes that are off.
//!
//! The check is a help, not the guard: data among the code is read as code, and jumps are not
//! followed. What it lets pass and should not run halts in the interpreter, whose table has no
//! entry for an opcode that is off. Opcodes that the hardfork does not define are legal bytes
//! (compilers put data there) and are reported only where the operator has named them.

use std::sync::Arc;

use alloy_primitives::hex;
use primitives::{Bytes, VmKind, VmVersion};
use revm::{bytecode::opcode, primitives::hardfork::SpecId};
use state::StateView;
use vm::{CodeError, CodeReport, Vm};

use crate::{
    Crossing, Precompiles, Session,
    config::{EvmConfig, opcode_name},
};

/// The EVM by the rules of one chain: what it says of code, and where its transactions begin.
///
/// It works on the journal itself and is therefore no hosted machine: its frames run in a
/// [`Session`].
#[derive(Debug, Clone, Default)]
pub struct Evm {
    config: EvmConfig,
    precompiles: Arc<Precompiles>,
}

impl Evm {
    /// The EVM by `config`, without precompiles but Ethereum's.
    #[must_use]
    pub fn new(config: EvmConfig) -> Self {
        Self { config, precompiles: Arc::default() }
    }

    /// The same EVM with precompiles of the operator's own.
    #[must_use]
    pub fn with_precompiles(self, precompiles: Precompiles) -> Self {
        Self { precompiles: Arc::new(precompiles), ..self }
    }

    /// Its rules.
    #[must_use]
    pub const fn config(&self) -> &EvmConfig {
        &self.config
    }

    /// The precompiles beside Ethereum's.
    #[must_use]
    pub fn precompiles(&self) -> &Precompiles {
        &self.precompiles
    }

    /// A session over `view`, as [`Session::new`].
    #[must_use]
    pub fn session(&self, view: Arc<dyn StateView>, crossing: Arc<dyn Crossing>) -> Session {
        Session::new(view, &self.config, crossing).with_precompiles(Arc::clone(&self.precompiles))
    }
}

impl Vm for Evm {
    fn kind(&self) -> VmKind {
        VmKind::Evm
    }

    /// Version 1 with the hardfork as its feature.
    fn version(&self) -> VmVersion {
        let features = vec![self.config.version.name().to_owned()];
        VmVersion { major: 1, minor: 0, patch: 0, features }
    }

    fn recognizes(&self, code: &[u8]) -> bool {
        recognizes(code)
    }

    /// Checks creation code, raw or in hexadecimal; the report holds it raw.
    fn validate(&self, code: &[u8]) -> Result<CodeReport, CodeError> {
        validate(&self.config, code)
    }

    /// Nothing: the interpreter needs no preparation.
    fn prepare(&self, _code: &[u8]) {}
}

/// The first bytes of code of other machines and of archives.
const FOREIGN_MAGICS: &[&[u8]] =
    &[b"\0asm", b"\x7fELF", b"\xa1\x1c\xeb\x0b", b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd"];

/// What every code of the Solidity compiler ends with: a map of two entries, the first named
/// `ipfs` with 34 bytes. The whole has [`METADATA_BYTES`].
const METADATA_START: &[u8] = b"\xa2\x64ipfs\x58\x22";

/// Bytes of the metadata with the two bytes of its length.
const METADATA_BYTES: usize = 53;

/// The first byte that no contract's code may start with (EIP-3541).
const RESERVED_FIRST_BYTE: u8 = 0xef;

/// Whether `code` may be creation code: not of another machine, not text, not reserved. Creation
/// code written in hexadecimal counts.
fn recognizes(code: &[u8]) -> bool {
    if decoded(code).is_some() {
        return true;
    }
    let is_foreign = FOREIGN_MAGICS.iter().any(|magic| code.starts_with(magic));
    let is_reserved = code.first() == Some(&RESERVED_FIRST_BYTE);
    !code.is_empty() && !is_foreign && !is_reserved && !is_text(code)
}

/// Checks creation code, raw or in hexadecimal; the report holds it raw.
fn validate(config: &EvmConfig, code: &[u8]) -> Result<CodeReport, CodeError> {
    let raw = decoded(code).unwrap_or_else(|| Bytes::copy_from_slice(code));
    let malformed = |reason: &str| {
        Err(CodeError::Malformed { kind: VmKind::Evm, offset: 0, reason: reason.to_owned() })
    };
    match raw.first() {
        None => return malformed("creation code is empty"),
        Some(&RESERVED_FIRST_BYTE) => return malformed("code must not start with 0xef (EIP-3541)"),
        Some(_) => {}
    }
    if let Some(magic) = FOREIGN_MAGICS.iter().find(|magic| raw.starts_with(magic)) {
        return malformed(&format!("code starts with 0x{}, no EVM code", hex::encode(magic)));
    }
    check_size(config, raw.len())?;
    check_opcodes(config, &raw)?;
    Ok(CodeReport {
        executable: raw,
        interface: None,
        exports: Vec::new(),
        imports: Vec::new(),
        has_constructor: true,
    })
}

fn check_size(config: &EvmConfig, bytes: usize) -> Result<(), CodeError> {
    let is_limited = config.spec().is_enabled_in(SpecId::SHANGHAI);
    if is_limited && bytes > config.init_code_bytes_max {
        return Err(CodeError::Limit {
            kind: VmKind::Evm,
            what: "bytes of creation code",
            found: bytes as u64,
            limit: config.init_code_bytes_max as u64,
        });
    }
    Ok(())
}

fn check_opcodes(config: &EvmConfig, code: &[u8]) -> Result<(), CodeError> {
    if config.disabled_opcodes.is_empty() {
        return Ok(());
    }
    let prohibited =
        instructions(code).find(|(_, opcode)| config.disabled_opcodes.contains(*opcode));
    match prohibited {
        None => Ok(()),
        Some((offset, opcode)) => {
            Err(CodeError::Prohibited { kind: VmKind::Evm, operation: opcode_name(opcode), offset })
        }
    }
}

/// The opcodes with their offsets; what a push carries and the compiler's metadata are skipped.
fn instructions(code: &[u8]) -> impl Iterator<Item = (usize, u8)> + '_ {
    let mut next = 0;
    core::iter::from_fn(move || {
        while code.get(next..).is_some_and(|rest| rest.starts_with(METADATA_START)) {
            next += METADATA_BYTES;
        }
        let (offset, byte) = (next, *code.get(next)?);
        next += 1;
        if (opcode::PUSH1..=opcode::PUSH32).contains(&byte) {
            next += usize::from(byte - opcode::PUSH1) + 1;
        }
        Some((offset, byte))
    })
}

/// The bytes behind hexadecimal text, with or without `0x` and a line end: what compilers write
/// to a file.
fn decoded(code: &[u8]) -> Option<Bytes> {
    let text = core::str::from_utf8(code).ok()?.trim();
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.is_empty() {
        return None;
    }
    hex::decode(digits).ok().map(Bytes::from)
}

fn is_text(code: &[u8]) -> bool {
    let is_printable = |letter: char| !letter.is_control() || letter.is_ascii_whitespace();
    core::str::from_utf8(code).is_ok_and(|text| text.chars().all(is_printable))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Hardfork, OpcodeSet};
    use proptest::prelude::*;

    fn without(names: &[&str]) -> EvmConfig {
        EvmConfig {
            disabled_opcodes: OpcodeSet::parse(names).expect("known opcodes"),
            ..EvmConfig::default()
        }
    }

    #[test]
    fn creation_code_is_told_from_other_code() {
        let yes: [&[u8]; 4] = [b"\x60\x80\x60\x40\x52", b"6080604052\n", b"0x6080", b"\x00"];
        let no: [&[u8]; 6] =
            [b"\0asm\x01\0\0\0", b"\x7fELF\x02", b"\xef\x00", b"", b"export default {}", b"0x"];
        for code in yes {
            assert!(recognizes(code), "{code:?}");
            assert!(validate(&EvmConfig::default(), code).is_ok(), "{code:?}");
        }
        for code in no {
            assert!(!recognizes(code), "{code:?}");
        }
    }

    #[test]
    fn hexadecimal_is_stored_raw() {
        let report = validate(&EvmConfig::default(), b"0x6001\n").expect("valid");
        assert_eq!(report.executable.as_ref(), [0x60, 0x01]);
        assert!(report.has_constructor);
    }

    #[test]
    fn malformed_code_is_refused_with_its_reason() {
        let cases: [(&[u8], &str); 3] = [
            (b"", "malformed evm code at byte 0: creation code is empty"),
            (
                b"\xef\x00\x01",
                "malformed evm code at byte 0: code must not start with 0xef (EIP-3541)",
            ),
            (
                b"\0asm\x01",
                "malformed evm code at byte 0: code starts with 0x0061736d, no EVM code",
            ),
        ];
        for (code, expected) in cases {
            let error = validate(&EvmConfig::default(), code).expect_err("malformed");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn size_is_limited_since_shanghai() {
        let code = vec![0x5b; 49_153];
        let error = validate(&EvmConfig::default(), &code).expect_err("too long");
        assert_eq!(
            error.to_string(),
            "evm code has 49153 bytes of creation code, the limit is 49152"
        );
        assert!(validate(&EvmConfig::default(), &code[1..]).is_ok());
        let config = EvmConfig { version: Hardfork::London, ..EvmConfig::default() };
        assert!(validate(&config, &code).is_ok());
    }

    #[test]
    fn a_prohibited_opcode_is_named_with_its_place() {
        let config = without(&["SELFDESTRUCT", "0x0c"]);
        let error = validate(&config, &[0x60, 0xff, 0x33, 0xff]).expect_err("prohibited");
        assert_eq!(error.to_string(), "evm code holds SELFDESTRUCT at byte 3, which is prohibited");
        let error = validate(&config, &[0x33, 0x0c]).expect_err("prohibited");
        assert_eq!(error.to_string(), "evm code holds 0x0c at byte 1, which is prohibited");
        assert!(validate(&config, &[0x60, 0xff, 0x33, 0x0d]).is_ok());
        assert!(validate(&config, &[0x33, 0x7f, 0xff]).is_ok(), "a push cut short");
    }

    #[test]
    fn metadata_of_the_compiler_is_no_code() {
        let mut code = vec![0x60, 0x01, 0xfe];
        code.extend_from_slice(METADATA_START);
        code.resize(3 + METADATA_BYTES, 0xff);
        assert!(validate(&without(&["SELFDESTRUCT"]), &code).is_ok());
        code.push(0xff);
        assert!(validate(&without(&["SELFDESTRUCT"]), &code).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(code in proptest::collection::vec(any::<u8>(), 0..200)) {
            let config = without(&["SELFDESTRUCT", "CREATE2", "0xef"]);
            if let Ok(report) = validate(&config, &code) {
                prop_assert!(instructions(&report.executable).all(|(_, op)| op != 0xff));
                prop_assert!(recognizes(&code) || is_text(&code));
            }
        }
    }
}
