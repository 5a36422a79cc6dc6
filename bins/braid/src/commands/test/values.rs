//! Values of tests: JSON, with objects for what JSON does not have.

use alloy_primitives::hex;
use braidvm::{U256, rooms::vm_js::engine::JsValue};
use serde_json::{Value as Json, json};

/// The value that JSON of a test stands for.
pub(super) fn from_json(json: &Json) -> Result<JsValue, String> {
    Ok(match json {
        Json::Null => JsValue::Null,
        Json::Bool(truth) => JsValue::Bool(*truth),
        Json::Number(number) => JsValue::Number(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => JsValue::Text(text.clone()),
        Json::Array(items) => JsValue::List(items.iter().map(from_json).collect::<Result<_, _>>()?),
        Json::Object(fields) => {
            let kind = fields.get("$").and_then(Json::as_str).unwrap_or_default();
            return tagged(kind, fields.get("v").unwrap_or(&Json::Null));
        }
    })
}

fn tagged(kind: &str, value: &Json) -> Result<JsValue, String> {
    let text = value.as_str().unwrap_or_default();
    match kind {
        "bigint" => {
            let (is_negative, digits) = match text.strip_prefix('-') {
                Some(digits) => (true, digits),
                None => (false, text),
            };
            let magnitude = digits.parse().map_err(|_| format!("{text} has more than 256 bits"))?;
            Ok(JsValue::BigInt { is_negative, magnitude })
        }
        "bytes" => hex::decode(text).map(JsValue::Bytes).map_err(|error| error.to_string()),
        _ => {
            let field = |pair: &Json| {
                let name = pair.get(0).and_then(Json::as_str).unwrap_or_default().to_owned();
                Ok((name, from_json(pair.get(1).unwrap_or(&Json::Null))?))
            };
            let fields = value.as_array().into_iter().flatten().map(field);
            fields.collect::<Result<_, String>>().map(JsValue::Record)
        }
    }
}

/// A value as JSON of a test.
pub(super) fn to_json(value: &JsValue) -> Json {
    match value {
        JsValue::Undefined | JsValue::Null => Json::Null,
        JsValue::Bool(truth) => json!(truth),
        JsValue::Number(number) => json!(number),
        JsValue::BigInt { is_negative, magnitude } => {
            let sign = if *is_negative { "-" } else { "" };
            json!({ "$": "bigint", "v": format!("{sign}{magnitude}") })
        }
        JsValue::Text(text) => json!(text),
        JsValue::Bytes(bytes) => bytes_json(bytes),
        JsValue::List(items) => items.iter().map(to_json).collect(),
        JsValue::Record(fields) => {
            let fields: Vec<Json> =
                fields.iter().map(|(name, field)| json!([name, to_json(field)])).collect();
            json!({ "$": "record", "v": fields })
        }
    }
}

/// Bytes as JSON of a test.
pub(super) fn bytes_json(bytes: &[u8]) -> Json {
    json!({ "$": "bytes", "v": hex::encode_prefixed(bytes) })
}

/// An amount in the digits of a request; none where it has none.
pub(super) fn amount(request: &Json, key: &str) -> Result<Option<U256>, String> {
    let Some(text) = request.get(key).and_then(Json::as_str) else { return Ok(None) };
    let wrong = || format!("{key} is {text}, it should be a whole number from 0");
    text.parse().map(Some).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back() {
        for json in [
            json!(null),
            json!([true, 1.5, "text"]),
            json!({ "$": "bigint", "v": "-12" }),
            json!({ "$": "bytes", "v": "0x00ff" }),
            json!({ "$": "record", "v": [["a", { "$": "bigint", "v": "1" }], ["b", null]] }),
        ] {
            assert_eq!(to_json(&from_json(&json).expect("a value")), json);
        }
        assert!(from_json(&json!({ "$": "bigint", "v": "9".repeat(90) })).is_err());
    }
}
