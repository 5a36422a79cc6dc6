//! Values as people write them: `"1GB"`, `"30s"`, `"2"`.

use serde_json::Value as Json;

/// Bytes of the units of memory. As in the files of the projects that write them so, `GB` is the
/// binary unit, as `GiB` is.
const BYTES: [(&str, u64); 9] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("kb", 1 << 10),
    ("mb", 1 << 20),
    ("gb", 1 << 30),
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
];

/// Milliseconds of the units of time.
const MILLISECONDS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

pub(super) fn boolean(value: &Json) -> Result<bool, String> {
    match value {
        Json::Bool(value) => Ok(*value),
        Json::String(text) if text == "true" || text == "false" => Ok(text == "true"),
        other => Err(format!("{other} is neither true nor false")),
    }
}

pub(super) fn number(value: &Json) -> Result<u64, String> {
    let parsed = match value {
        Json::String(text) => text.trim().replace('_', "").parse().ok(),
        value => value.as_u64(),
    };
    parsed.ok_or_else(|| format!("{value} is not a whole number from 0 on"))
}

pub(super) fn text(value: &Json) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("{value} is not text"))
}

/// Bytes: a number, or with a unit as in `1GB`, `64MiB`.
pub(super) fn bytes(value: &Json) -> Result<u64, String> {
    with_unit(value, &BYTES, "a number of bytes, such as 67108864, 64MiB or 1GB")
}

/// Milliseconds: a number, or with a unit as in `30s`, `500ms`.
pub(super) fn duration_ms(value: &Json) -> Result<u64, String> {
    with_unit(value, &MILLISECONDS, "a number of milliseconds, or such as 500ms, 30s, 5m")
}

fn with_unit(value: &Json, units: &[(&str, u64)], expected: &str) -> Result<u64, String> {
    let Json::String(text) = value else { return number(value) };
    let text = text.trim().to_lowercase();
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default();
    let factor = match unit {
        "" | "b" => Some(1),
        unit => units.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor),
    };
    let count: Option<u64> = digits.trim().replace('_', "").parse().ok();
    let product = count.zip(factor).and_then(|(count, factor)| count.checked_mul(factor));
    product.ok_or_else(|| format!("{value} is not {expected}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn units_multiply() {
        assert_eq!(bytes(&json!("1GB")), Ok(1 << 30));
        assert_eq!(bytes(&json!("64 MiB")), Ok(64 << 20));
        assert_eq!(bytes(&json!(5)), Ok(5));
        assert_eq!(bytes(&json!("1_024")), Ok(1024));
        assert_eq!(duration_ms(&json!("30s")), Ok(30_000));
        assert_eq!(duration_ms(&json!(1000)), Ok(1000));
        assert_eq!(number(&json!("2")), Ok(2));
        for wrong in [
            json!("1TBx"),
            json!("GB"),
            json!(-1),
            json!("99999999999999999999"),
            json!("17179869184G"),
        ] {
            assert!(bytes(&wrong).is_err(), "{wrong}");
        }
        assert!(duration_ms(&json!("30 years")).is_err());
        assert!(boolean(&json!("yes")).is_err());
    }
}
