//! Integers as people write them: decimal, hexadecimal, with underscores, exponents and units.

use core::fmt;

use alloy_primitives::{I256, U256};

use crate::{Type, Value};

/// The units of the native coin and how many decimals of an ether's smallest part they are.
const UNITS: [(&str, i64); 9] = [
    ("wei", 0),
    ("kwei", 3),
    ("mwei", 6),
    ("gwei", 9),
    ("szabo", 12),
    ("finney", 15),
    ("ether", 18),
    ("eth", 18),
    ("lamport", 9),
];

/// Decimals of 2^256.
const DECIMALS_MAX: i64 = 78;

/// Why a text is not an integer of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IntegerError {
    /// It is no number.
    NotInteger,
    /// It has more decimals than its unit.
    Fraction,
    /// It is a number outside the range of the type, which the text tells.
    Range(String),
}

/// The integer of `kind` (which is an integer) that `text` is.
pub(crate) fn parse_integer(text: &str, kind: &Type) -> Result<Value, IntegerError> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let range = || IntegerError::Range(range_of(kind));
    let magnitude = magnitude(digits)?.ok_or_else(range)?;
    let value = match kind {
        Type::Int(_) => I256::checked_from_sign_and_abs(sign(negative), magnitude).map(Value::Int),
        _ if negative && !magnitude.is_zero() => None,
        _ => Some(Value::Uint(magnitude)),
    };
    value.filter(|value| value.matches(kind)).ok_or_else(range)
}

impl fmt::Display for IntegerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInteger => f.write_str("it is not an integer"),
            Self::Fraction => f.write_str("it has more decimals than its unit"),
            Self::Range(range) => write!(f, "the range is {range}"),
        }
    }
}

/// The numbers that an integer type holds, for people.
fn range_of(kind: &Type) -> String {
    match kind {
        Type::Uint(bits @ ..=64) => {
            format!("0 to {}", (U256::ONE << usize::from(*bits)) - U256::ONE)
        }
        Type::Int(bits @ ..=64) => {
            let half = U256::ONE << usize::from(bits - 1);
            format!("-{half} to {}", half - U256::ONE)
        }
        Type::Int(bits) => format!("-2^{0} to 2^{0}-1", bits - 1),
        Type::Uint(bits) => format!("0 to 2^{bits}-1"),
        other => other.to_string(),
    }
}

const fn sign(negative: bool) -> alloy_primitives::Sign {
    if negative { alloy_primitives::Sign::Negative } else { alloy_primitives::Sign::Positive }
}

/// The number without its sign; nothing where 256 bits do not hold it.
fn magnitude(text: &str) -> Result<Option<U256>, IntegerError> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return accumulate(digits, 16);
    }
    let (number, decimals) = split_unit(text);
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (number, 0),
    };
    let mantissa = mantissa.trim_end();
    let (whole, fraction) = match mantissa.split_once('.') {
        // An underscore would count as a decimal.
        Some((_, fraction)) if fraction.is_empty() || fraction.contains('_') => {
            return Err(IntegerError::NotInteger);
        }
        Some((whole, fraction)) => (whole, fraction.trim_end_matches('0')),
        None => (mantissa, ""),
    };
    let scale = decimals + exponent - fraction.len() as i64;
    let Some(number) = accumulate(&format!("{whole}{fraction}"), 10)? else { return Ok(None) };
    if number.is_zero() {
        return Ok(Some(number));
    }
    if scale < 0 {
        return Err(IntegerError::Fraction);
    }
    let power = (scale <= DECIMALS_MAX)
        .then(|| U256::from(10).checked_pow(U256::from(scale.unsigned_abs())))
        .flatten();
    Ok(power.and_then(|power| number.checked_mul(power)))
}

/// The number before a unit and the decimals of the unit, the longest that fits (`gwei`, not
/// `wei`).
fn split_unit(text: &str) -> (&str, i64) {
    let singular = text.strip_suffix('s').unwrap_or(text);
    UNITS
        .iter()
        .filter_map(|(unit, decimals)| {
            let (number, tail) =
                singular.split_at_checked(singular.len().checked_sub(unit.len())?)?;
            tail.eq_ignore_ascii_case(unit).then(|| (number.trim_end(), *decimals))
        })
        .min_by_key(|(number, _)| number.len())
        .unwrap_or((text, 0))
}

fn parse_exponent(text: &str) -> Result<i64, IntegerError> {
    let digits = text.strip_prefix('+').unwrap_or(text).trim_end();
    // Three digits are more than any number that fits needs.
    let fits = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.parse().ok()).flatten().ok_or(IntegerError::NotInteger)
}

/// Digits with underscores between them; nothing where 256 bits do not hold them.
fn accumulate(digits: &str, radix: u32) -> Result<Option<U256>, IntegerError> {
    let first_is_digit = digits.chars().next().is_some_and(|first| first.is_digit(radix));
    if !first_is_digit || digits.ends_with('_') {
        return Err(IntegerError::NotInteger);
    }
    let mut number = Some(U256::ZERO);
    for letter in digits.chars().filter(|letter| *letter != '_') {
        let digit = letter.to_digit(radix).ok_or(IntegerError::NotInteger)?;
        number = number
            .and_then(|number| number.checked_mul(U256::from(radix)))
            .and_then(|number| number.checked_add(U256::from(digit)));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, kind: &str, expected: &str) {
        let kind: Type = kind.parse().expect("a type");
        let shown = match parse_integer(text, &kind) {
            Ok(value) => value.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn what_people_write_is_read() {
        for (text, expected) in [
            ("0", "0"),
            ("1_000_000", "1000000"),
            ("0xff", "255"),
            ("0Xff_ff", "65535"),
            ("1ether", "1000000000000000000"),
            ("1.5 ether", "1500000000000000000"),
            ("1eth", "1000000000000000000"),
            ("5gwei", "5000000000"),
            ("2lamports", "2000000000"),
            ("1e18", "1000000000000000000"),
            ("2.5e3", "2500"),
            ("1e3gwei", "1000000000000"),
            ("1.50", "it has more decimals than its unit"),
            ("1.00", "1"),
            ("-0", "0"),
            ("", "it is not an integer"),
            ("abc", "it is not an integer"),
            ("e", "it is not an integer"),
            ("1.", "it is not an integer"),
            (".5ether", "500000000000000000"),
            (".", "it is not an integer"),
            ("ether", "it is not an integer"),
            ("1.5_5ether", "it is not an integer"),
            ("1e3 Ether", "1000000000000000000000"),
            ("1_0.25gwei", "10250000000"),
            ("1_", "it is not an integer"),
            ("0x", "it is not an integer"),
            ("1 2", "it is not an integer"),
            ("1parsec", "it is not an integer"),
            ("1e9999", "it is not an integer"),
            ("1e999", "the range is 0 to 2^256-1"),
            ("-1", "the range is 0 to 2^256-1"),
        ] {
            check(text, "uint256", expected);
        }
    }

    #[test]
    fn the_range_is_told() {
        check("255", "uint8", "255");
        check("256", "uint8", "the range is 0 to 255");
        check("-128", "int8", "-128");
        check("-129", "int8", "the range is -128 to 127");
        check("128", "int8", "the range is -128 to 127");
        let least = format!("-{}", U256::ONE << 255);
        check(&least, "int256", &least);
        check(&format!("{}", U256::ONE << 255), "int256", "the range is -2^255 to 2^255-1");
        check(&U256::MAX.to_string(), "uint256", &U256::MAX.to_string());
        check(&format!("{}0", U256::MAX), "uint256", "the range is 0 to 2^256-1");
    }
}
