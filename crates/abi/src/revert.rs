//! What a contract says when it reverts.

use core::fmt;

use alloy_primitives::{Bytes, U256};

use crate::{Interface, Parameter, Type, Value, display, solidity};

/// Selector of `Error(string)`, what `require(condition, "message")` reverts with.
pub const ERROR_SELECTOR: [u8; 4] = [0x08, 0xc3, 0x79, 0xa0];

/// Selector of `Panic(uint256)`, what a failed check of the Solidity compiler reverts with.
pub const PANIC_SELECTOR: [u8; 4] = [0x4e, 0x48, 0x7b, 0x71];

/// The data of a revert, understood as far as possible.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevertReason {
    /// No data: `revert()`, or a callee that is not there.
    Empty,
    /// `Error(string)`: a message.
    Message(String),
    /// `Panic(uint256)`: a failed check of the compiler, by its code.
    Panic(U256),
    /// An error that the interface defines.
    Custom {
        /// The name of the error.
        name: String,
        /// What it carries.
        fields: Vec<(Parameter, Value)>,
    },
    /// Anything else.
    Raw(Bytes),
}

/// The meaning of revert `data`; the errors of `interface` are looked up where there is one.
///
/// It never fails: what cannot be understood is [`RevertReason::Raw`].
#[must_use]
pub fn decode_revert(data: &[u8], interface: Option<&Interface>) -> RevertReason {
    if data.is_empty() {
        return RevertReason::Empty;
    }
    let known = data.split_first_chunk().and_then(|(selector, body)| match *selector {
        ERROR_SELECTOR => single(body, &Type::String)
            .and_then(|value| value.as_text().map(|text| RevertReason::Message(text.to_owned()))),
        PANIC_SELECTOR => {
            single(body, &Type::UINT).and_then(|value| value.as_uint()).map(RevertReason::Panic)
        }
        selector => custom(data, selector, interface?),
    });
    known.unwrap_or_else(|| RevertReason::Raw(Bytes::copy_from_slice(data)))
}

/// Revert data that says `message`: `Error(string)`.
#[must_use]
pub fn encode_error_string(message: &str) -> Bytes {
    selected(ERROR_SELECTOR, &Value::text(message), &Type::String)
}

/// Revert data of a panic with this code: `Panic(uint256)`.
#[must_use]
pub fn encode_panic(code: u64) -> Bytes {
    selected(PANIC_SELECTOR, &Value::uint(code), &Type::UINT)
}

/// What a panic code of the Solidity compiler means.
#[must_use]
pub fn panic_meaning(code: U256) -> Option<&'static str> {
    Some(match u8::try_from(code).ok()? {
        0x00 => "generic panic of the compiler",
        0x01 => "assertion failed",
        0x11 => "arithmetic overflow or underflow",
        0x12 => "division or modulo by zero",
        0x21 => "number is no variant of the enum",
        0x22 => "storage byte array is incorrectly encoded",
        0x31 => "pop on an empty array",
        0x32 => "array index out of bounds",
        0x41 => "too much memory allocated, or an array is too large",
        0x51 => "call of an uninitialized internal function",
        _ => return None,
    })
}

/// What a person reads: the message in quotes, the meaning of a panic, the error with its fields.
impl fmt::Display for RevertReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("reverted without a reason"),
            Self::Message(text) => f.write_str(&display::show_text(text)),
            Self::Panic(code) => {
                let meaning = panic_meaning(*code).unwrap_or("unknown code");
                write!(f, "panic 0x{code:02x}: {meaning}")
            }
            Self::Custom { name, fields } => {
                f.write_str(name)?;
                display::write_fields(f, fields)
            }
            Self::Raw(data) => write!(f, "reverted with {}", display::show_bytes(data)),
        }
    }
}

fn custom(data: &[u8], selector: [u8; 4], interface: &Interface) -> Option<RevertReason> {
    let error = interface.error_by_selector(selector)?;
    let values = error.decode(data).ok()?;
    let fields = error.inputs.iter().cloned().zip(values).collect();
    Some(RevertReason::Custom { name: error.name.clone(), fields })
}

fn single(body: &[u8], kind: &Type) -> Option<Value> {
    solidity::decode(body, &[kind]).ok()?.pop()
}

fn selected(selector: [u8; 4], value: &Value, kind: &Type) -> Bytes {
    let body = solidity::encode(core::slice::from_ref(value), &[kind])
        .expect("invariant: the value is made for the type");
    [&selector, body.as_slice()].concat().into()
}

const _: () = assert!(ERROR_SELECTOR[0] != PANIC_SELECTOR[0]);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::selector_of;
    use alloy_primitives::hex;

    fn check(data: &[u8], expected: &str) {
        let signatures = ["error Short(uint256 available, address who)", "error Closed()"];
        let interface = Interface::from_signatures(&signatures).expect("valid signatures");
        assert_eq!(decode_revert(data, Some(&interface)).to_string(), expected);
    }

    #[test]
    fn the_selectors_are_those_of_their_signatures() {
        assert_eq!(ERROR_SELECTOR, selector_of("Error(string)"));
        assert_eq!(PANIC_SELECTOR, selector_of("Panic(uint256)"));
    }

    #[test]
    fn known_reasons_are_told() {
        check(&[], "reverted without a reason");
        check(&encode_error_string("no \"tokens\"\n"), "\"no \\\"tokens\\\"\\n\"");
        check(&encode_panic(0x11), "panic 0x11: arithmetic overflow or underflow");
        check(&encode_panic(0x7f), "panic 0x7f: unknown code");
        check(&encode_panic(u64::MAX), "panic 0xffffffffffffffff: unknown code");
        check(&selector_of("Closed()"), "Closed()");
        let mut short = selector_of("Short(uint256,address)").to_vec();
        short.extend_from_slice(&[0; 64]);
        let zero = "0x0000000000000000000000000000000000000000";
        check(&short, &format!("Short(available: 0, who: {zero})"));
    }

    #[test]
    fn what_is_not_understood_stays_raw() {
        check(&[1, 2, 3], "reverted with 0x010203");
        check(&hex!("08c379a0"), "reverted with 0x08c379a0");
        let short = selector_of("Short(uint256,address)");
        check(&short, &format!("reverted with 0x{}", hex::encode(short)));
        let panic = encode_panic(1);
        assert_eq!(decode_revert(&panic, None), RevertReason::Panic(U256::ONE));
        let closed = selector_of("Closed()");
        assert_eq!(decode_revert(&closed, None), RevertReason::Raw(closed.to_vec().into()));
    }
}
