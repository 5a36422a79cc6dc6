//! Amounts of coin as people write them.

use abi::{Type, Value, parse_argument};
use primitives::Wei;

/// Reads an amount: wei (`5`, `0x10`, `1_000`), or with a unit (`1.5ether`, `5gwei`).
///
/// # Errors
///
/// A sentence that names the text and what is wrong with it.
pub fn parse_amount(text: &str) -> Result<Wei, String> {
    let value = parse_argument(&Type::Uint(256), text, &|_| None).map_err(|it| it.to_string())?;
    match value {
        Value::Uint(amount) => Ok(Wei(amount)),
        other => Err(format!("\"{text}\" reads as {other}, which is no amount")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_units() {
        let cases = [("5", "5"), ("1ether", "1000000000000000000"), ("2gwei", "2000000000")];
        for (text, wei) in cases {
            assert_eq!(parse_amount(text).map(|it| it.to_string()), Ok(wei.to_owned()));
        }
        assert!(parse_amount("much").unwrap_err().contains("much"));
        assert!(parse_amount("-1").is_err());
    }
}
