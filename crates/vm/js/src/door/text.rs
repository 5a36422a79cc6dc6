//! Texts and numbers: hexadecimal, UTF-8, the nesting of JSON, and the mathematics that engines
//! compute differently.

use primitives::Gas;

use super::{Answer, Arguments, FrameDoor, Stop};
use crate::engine::JsValue;
use crate::limits::MATH_GAS;

/// Digits of hexadecimal numbers.
const DIGITS: &[u8; 16] = b"0123456789abcdef";

impl FrameDoor<'_> {
    pub(super) fn hex(&mut self, arguments: &Arguments<'_>) -> Answer {
        let bytes = arguments.bytes(0)?;
        self.charge_copy(bytes.len().saturating_mul(4))?;
        Ok(JsValue::Text(hex_of(bytes)))
    }

    pub(super) fn read_hex(&mut self, arguments: &Arguments<'_>) -> Answer {
        let text = arguments.text(0)?;
        self.charge_copy(text.len().saturating_mul(2))?;
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let bytes = bytes_of(digits);
        let refusal = || Stop::Throw("the text is no even number of hexadecimal digits".to_owned());
        bytes.map(JsValue::Bytes).ok_or_else(refusal)
    }

    pub(super) fn utf8(&mut self, arguments: &Arguments<'_>) -> Answer {
        let text = arguments.text(0)?;
        self.charge_copy(text.len())?;
        Ok(JsValue::Bytes(text.as_bytes().to_vec()))
    }

    pub(super) fn read_utf8(&mut self, arguments: &Arguments<'_>) -> Answer {
        let bytes = arguments.bytes(0)?;
        self.charge_copy(bytes.len())?;
        let text = core::str::from_utf8(bytes);
        let refusal = |_| Stop::Throw("the bytes are not UTF-8".to_owned());
        text.map(|text| JsValue::Text(text.to_owned())).map_err(refusal)
    }

    /// How deep brackets are nested in a text of JSON, those within its strings left out.
    pub(super) fn nesting(&mut self, arguments: &Arguments<'_>) -> Answer {
        let text = arguments.text(0)?;
        self.charge_copy(text.len().saturating_mul(2))?;
        let (mut depth, mut deepest) = (0_u32, 0_u32);
        let (mut is_string, mut is_escaped) = (false, false);
        for byte in text.bytes() {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if is_string => is_escaped = true,
                b'"' => is_string = !is_string,
                b'[' | b'{' if !is_string => {
                    depth = depth.saturating_add(1);
                    deepest = deepest.max(depth);
                }
                b']' | b'}' if !is_string => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        Ok(JsValue::Number(deepest.into()))
    }

    pub(super) fn math(&mut self, arguments: &Arguments<'_>) -> Answer {
        self.charge(Gas(MATH_GAS))?;
        let (x, y) = (arguments.number(1)?, arguments.number(2)?);
        // The order is that of the prelude (`numbers.js`).
        let result = match arguments.count(0, u32::MAX)? {
            0 => libm::acos(x),
            1 => libm::acosh(x),
            2 => libm::asin(x),
            3 => libm::asinh(x),
            4 => libm::atan(x),
            5 => libm::atanh(x),
            6 => libm::cbrt(x),
            7 => libm::cos(x),
            8 => libm::cosh(x),
            9 => libm::exp(x),
            10 => libm::expm1(x),
            11 => libm::log(x),
            12 => libm::log10(x),
            13 => libm::log1p(x),
            14 => libm::log2(x),
            15 => libm::sin(x),
            16 => libm::sinh(x),
            17 => libm::tan(x),
            18 => libm::tanh(x),
            19 => libm::atan2(x, y),
            20 => power(x, y),
            other => return Err(Stop::Throw(format!("{other} is the number of no function"))),
        };
        Ok(JsValue::Number(result))
    }
}

/// The power of the language, which is none where C has one: 1 to what is no number or not finite.
fn power(x: f64, y: f64) -> f64 {
    if y.is_nan() || (y.is_infinite() && (x == 1.0 || x == -1.0)) {
        return f64::NAN;
    }
    libm::pow(x, y)
}

/// Bytes as hexadecimal digits after `0x`.
pub(super) fn hex_of(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0'));
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("0x");
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let value = |digit: &u8| char::from(*digit).to_digit(16);
    let pairs = digits.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(value(high)? * 16 + value(low)?).ok(),
        _ => None,
    });
    pairs.collect()
}
