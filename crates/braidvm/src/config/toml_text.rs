//! Settings in TOML.

use serde_json::Value as Json;
use toml::de::{DeTable, DeValue};

use super::setting::{Node, line_at};

/// Reads a file. The error names line and column.
pub(super) fn read(text: &str) -> Result<Node, String> {
    let table = DeTable::parse(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    self::table(text, table.get_ref())
}

fn table(text: &str, table: &DeTable<'_>) -> Result<Node, String> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| {
            let line = line_at(text, key.span().start);
            Ok((key.get_ref().to_string(), line, node(text, value.get_ref(), line)?))
        })
        .collect::<Result<_, String>>()?;
    entries.sort_by_key(|(_, line, _)| *line);
    Ok(Node::Table(entries))
}

fn node(text: &str, value: &DeValue<'_>, line: usize) -> Result<Node, String> {
    Ok(match value {
        DeValue::String(text) => Node::Scalar(Json::String(text.to_string())),
        DeValue::Boolean(value) => Node::Scalar(Json::Bool(*value)),
        DeValue::Integer(digits) => {
            let (digits, radix) = (digits.as_str(), digits.radix());
            let unsigned = u64::from_str_radix(digits, radix).map(Json::from);
            let signed = || i64::from_str_radix(digits, radix).map(Json::from);
            let wide = |_| format!("line {line}: {digits} does not fit into 64 bits");
            Node::Scalar(unsigned.or_else(|_| signed()).map_err(wide)?)
        }
        DeValue::Float(number) => {
            return Err(format!("line {line}: {} is no whole number", number.as_str()));
        }
        DeValue::Datetime(date) => Node::Scalar(Json::String(date.to_string())),
        DeValue::Array(items) => {
            let items = items.iter().map(|item| node(text, item.get_ref(), line));
            Node::List(items.collect::<Result<_, String>>()?)
        }
        DeValue::Table(inner) => table(text, inner)?,
    })
}
