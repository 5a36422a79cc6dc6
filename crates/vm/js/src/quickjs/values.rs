//! Values between the engine and the machine. The prelude hands over only data that it has copied
//! and paid for: plain arrays and objects of bounded depth, without getters.

use std::str::FromStr;

use primitives::U256;
use rquickjs::{
    Array, Coerced, Ctx, Error, Function, IntoJs, Object, Result, String as JsString, TypedArray,
    Value,
};

use crate::engine::JsValue;

/// The deepest nesting of what crosses; the prelude refuses deeper values before.
const DEPTH_MAX: u32 = 80;

/// What an engine's value is to the machine.
///
/// # Errors
///
/// A value that is no data, or text with a lone surrogate.
pub(super) fn from_engine(value: &Value<'_>) -> Result<JsValue> {
    read(value, DEPTH_MAX)
}

fn read(value: &Value<'_>, depth: u32) -> Result<JsValue> {
    if value.is_undefined() {
        return Ok(JsValue::Undefined);
    }
    if value.is_null() {
        return Ok(JsValue::Null);
    }
    if let Some(truth) = value.as_bool() {
        return Ok(JsValue::Bool(truth));
    }
    if let Some(number) = value.as_number() {
        return Ok(JsValue::Number(number));
    }
    if let Some(text) = value.as_string() {
        return Ok(JsValue::Text(text.to_string()?));
    }
    if value.is_big_int() {
        return read_big(value);
    }
    let depth = depth.checked_sub(1).ok_or_else(|| refusal("value", "it is nested too deeply"))?;
    if let Some(items) = value.as_array() {
        let items = items.iter::<Value<'_>>().map(|item| read(&item?, depth));
        return items.collect::<Result<_>>().map(JsValue::List);
    }
    let Some(object) = value.as_object() else {
        return Err(refusal(value.type_name(), "it is no data"));
    };
    if let Some(bytes) = object.as_typed_array::<u8>() {
        let bytes = bytes.as_raw().ok_or_else(|| refusal("Uint8Array", "it is detached"))?;
        return Ok(JsValue::Bytes(copy(bytes)));
    }
    let fields = object.props::<String, Value<'_>>().map(|field| {
        let (name, value) = field?;
        Ok((name, read(&value, depth)?))
    });
    fields.collect::<Result<_>>().map(JsValue::Record)
}

#[allow(unsafe_code, reason = "a view of the engine's memory")]
fn copy(bytes: core::ptr::NonNull<[u8]>) -> Vec<u8> {
    // SAFETY: the pointer is that of a live array, and no script runs while the bytes are copied.
    unsafe { bytes.as_ref() }.to_vec()
}

fn read_big(value: &Value<'_>) -> Result<JsValue> {
    let Coerced(text) = value.get::<Coerced<String>>()?;
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.as_str()),
    };
    let magnitude =
        U256::from_str(digits).map_err(|_| refusal("bigint", "it has more than 256 bits"))?;
    Ok(JsValue::BigInt { is_negative, magnitude })
}

fn refusal(from: &'static str, reason: &'static str) -> Error {
    Error::new_from_js_message(from, "data", reason)
}

/// What a value of the machine is to the engine. `big` makes a `bigint` of text.
///
/// # Errors
///
/// The engine has no memory.
pub(super) fn to_engine<'js>(
    context: &Ctx<'js>,
    big: &Function<'js>,
    value: &JsValue,
) -> Result<Value<'js>> {
    Ok(match value {
        JsValue::Undefined => Value::new_undefined(context.clone()),
        JsValue::Null => Value::new_null(context.clone()),
        JsValue::Bool(truth) => Value::new_bool(context.clone(), *truth),
        // A whole number would lose the sign of a zero.
        JsValue::Number(number) if *number == 0.0 => Value::new_float(context.clone(), *number),
        JsValue::Number(number) => Value::new_number(context.clone(), *number),
        JsValue::BigInt { is_negative, magnitude } => {
            let sign = if *is_negative { "-" } else { "" };
            big.call((format!("{sign}{magnitude}"),))?
        }
        JsValue::Text(text) => JsString::from_str(context.clone(), text)?.into_value(),
        JsValue::Bytes(bytes) => TypedArray::<u8>::new_copy(context.clone(), bytes)?.into_value(),
        JsValue::List(items) => {
            let array = Array::new(context.clone())?;
            for (index, item) in items.iter().enumerate() {
                array.set(index, to_engine(context, big, item)?)?;
            }
            array.into_js(context)?
        }
        JsValue::Record(fields) => {
            let object = Object::new(context.clone())?;
            for (name, field) in fields {
                object.set(name.as_str(), to_engine(context, big, field)?)?;
            }
            object.into_js(context)?
        }
    })
}
