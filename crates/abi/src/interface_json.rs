//! The Solidity ABI in JSON: items with `type`, `name`, `inputs`, and parameters with `type`,
//! `components` and `internalType`.
//!
//! A parameter whose type these cannot express also has [`EXTENSION_KEY`] with the full type.

use serde_json::{Map, Value as Json, json};

use crate::{
    Constructor, ErrorDefinition, Event, EventParameter, Interface, Method, Mutability, Parameter,
    TupleType, Type,
    error::{InterfaceError, TypeError},
    limits::TYPE_DEPTH_MAX,
};

/// The key of a parameter under which the full type stands, where Solidity has no such type.
const EXTENSION_KEY: &str = "braidType";

/// The interface in `document`: an array of items, or an object that holds one under `abi`.
pub(crate) fn read(document: &Json) -> Result<Interface, InterfaceError> {
    let items = match document {
        Json::Object(artifact) => artifact.get("abi").and_then(Json::as_array),
        other => other.as_array(),
    };
    let items = items.ok_or_else(|| InterfaceError::Shape { found: shape(document) })?;
    let mut interface = Interface::default();
    for (index, item) in items.iter().enumerate() {
        read_item(item, &mut interface).map_err(|reason| InterfaceError::Item { index, reason })?;
    }
    Ok(interface)
}

/// The interface as an array of items.
pub(crate) fn write(interface: &Interface) -> Json {
    let mut items = Vec::new();
    if let Some(constructor) = &interface.constructor {
        items.push(json!({
            "type": "constructor",
            "inputs": write_parameters(&constructor.inputs),
            "stateMutability": constructor.mutability.name(),
        }));
    }
    items.extend(interface.methods.iter().map(write_method));
    items.extend(interface.events.iter().map(write_event));
    items.extend(interface.errors.iter().map(|error| {
        json!({
            "type": "error",
            "name": error.name,
            "inputs": write_parameters(&error.inputs),
        })
    }));
    if interface.receive {
        items.push(json!({ "type": "receive", "stateMutability": "payable" }));
    }
    if let Some(mutability) = interface.fallback {
        items.push(json!({ "type": "fallback", "stateMutability": mutability.name() }));
    }
    Json::Array(items)
}

fn write_method(method: &Method) -> Json {
    json!({
        "type": "function",
        "name": method.name,
        "inputs": write_parameters(&method.inputs),
        "outputs": write_parameters(&method.outputs),
        "stateMutability": method.mutability.name(),
    })
}

fn write_event(event: &Event) -> Json {
    let inputs: Vec<_> = event
        .inputs
        .iter()
        .map(|input| {
            let mut written = write_parameter(&input.parameter);
            written.insert("indexed".to_owned(), Json::Bool(input.indexed));
            Json::Object(written)
        })
        .collect();
    json!({
        "type": "event",
        "name": event.name,
        "inputs": inputs,
        "anonymous": event.anonymous,
    })
}

fn write_parameters(parameters: &[Parameter]) -> Json {
    parameters.iter().map(|parameter| Json::Object(write_parameter(parameter))).collect()
}

fn write_parameter(parameter: &Parameter) -> Map<String, Json> {
    let mut written = write_plain(parameter);
    // Whatever the plain form loses (variants, options, odd names) the extension keeps.
    let back = read_plain(&written, 1).ok();
    if back.as_ref() != Some(parameter) {
        let full = serde_json::to_value(&parameter.kind)
            .expect("invariant: a type has text keys only, which JSON always takes");
        written.insert(EXTENSION_KEY.to_owned(), full);
    }
    written
}

fn write_plain(parameter: &Parameter) -> Map<String, Json> {
    let (element, arrays) = without_arrays(&parameter.kind);
    let mut written = Map::new();
    written.insert("name".to_owned(), Json::from(parameter.name.as_str()));
    let fields = match element.resolved() {
        Type::Tuple(tuple) => Some(tuple.clone()),
        Type::Enum(enumeration) if enumeration.has_payload() => Some(wire_tuple(vec![
            Parameter::new("variant", Type::Uint(8)),
            Parameter::new("payload", Type::Bytes),
        ])),
        Type::Option(kind) => Some(wire_tuple(vec![
            Parameter::new("present", Type::Bool),
            Parameter::new("value", (**kind).clone()),
        ])),
        _ => None,
    };
    let Some(tuple) = fields else {
        written.insert("type".to_owned(), Json::from(parameter.kind.canonical()));
        return written;
    };
    written.insert("type".to_owned(), Json::from(format!("tuple{arrays}")));
    if let Some(name) = &tuple.name {
        let internal = format!("struct {name}{arrays}");
        written.insert("internalType".to_owned(), Json::from(internal));
    }
    let components = tuple.fields.iter().map(|field| Json::Object(write_plain(field))).collect();
    written.insert("components".to_owned(), components);
    written
}

fn wire_tuple(fields: Vec<Parameter>) -> TupleType {
    TupleType { name: None, fields }
}

/// The type inside all arrays, and the text of the arrays around it.
fn without_arrays(kind: &Type) -> (&Type, String) {
    match kind.resolved() {
        Type::Array(element) => {
            let (inner, arrays) = without_arrays(element);
            (inner, format!("{arrays}[]"))
        }
        Type::FixedArray(element, length) => {
            let (inner, arrays) = without_arrays(element);
            (inner, format!("{arrays}[{length}]"))
        }
        other => (other, String::new()),
    }
}

fn read_item(item: &Json, interface: &mut Interface) -> Result<(), String> {
    let item = item.as_object().ok_or("an item is an object")?;
    // Very old compilers leave the type of a method out.
    let kind = text(item, "type")?.unwrap_or("function");
    match kind {
        "function" => interface.methods.push(Method {
            name: name(item)?,
            inputs: read_parameters(item, "inputs")?,
            outputs: read_parameters(item, "outputs")?,
            mutability: mutability(item)?,
        }),
        "constructor" => {
            interface.constructor = Some(Constructor {
                inputs: read_parameters(item, "inputs")?,
                mutability: mutability(item)?,
            });
        }
        "event" => interface.events.push(Event {
            name: name(item)?,
            inputs: read_event_inputs(item)?,
            anonymous: flag(item, "anonymous"),
        }),
        "error" => interface
            .errors
            .push(ErrorDefinition { name: name(item)?, inputs: read_parameters(item, "inputs")? }),
        "receive" => interface.receive = true,
        "fallback" => interface.fallback = Some(mutability(item)?),
        other => return Err(format!("\"{other}\" is not a type of an item")),
    }
    Ok(())
}

fn read_event_inputs(item: &Map<String, Json>) -> Result<Vec<EventParameter>, String> {
    let parameters = read_parameters(item, "inputs")?;
    let written = item.get("inputs").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    Ok(parameters
        .into_iter()
        .zip(written)
        .map(|(parameter, written)| EventParameter {
            parameter,
            indexed: written.as_object().is_some_and(|written| flag(written, "indexed")),
        })
        .collect())
}

fn read_parameters(item: &Map<String, Json>, key: &str) -> Result<Vec<Parameter>, String> {
    let Some(list) = item.get(key) else { return Ok(Vec::new()) };
    let list = list.as_array().ok_or_else(|| format!("\"{key}\" is not an array"))?;
    let read = |(index, entry): (usize, &Json)| {
        read_parameter(entry).map_err(|reason| format!("{key}[{index}]: {reason}"))
    };
    list.iter().enumerate().map(read).collect()
}

fn read_parameter(entry: &Json) -> Result<Parameter, String> {
    let entry = entry.as_object().ok_or("a parameter is an object")?;
    let plain = read_plain(entry, 1)?;
    plain.kind.check().map_err(|error| error.to_string())?;
    let Some(extension) = entry.get(EXTENSION_KEY) else { return Ok(plain) };
    let kind: Type = serde_json::from_value(extension.clone())
        .map_err(|error| format!("\"{EXTENSION_KEY}\": {error}"))?;
    kind.check().map_err(|error| error.to_string())?;
    if kind.canonical() != plain.kind.canonical() {
        return Err(format!(
            "\"{EXTENSION_KEY}\" is {} on the wire, \"type\" is {}",
            kind.canonical(),
            plain.kind.canonical()
        ));
    }
    Ok(Parameter { name: plain.name, kind })
}

/// A parameter in the terms of Solidity alone.
fn read_plain(entry: &Map<String, Json>, depth: usize) -> Result<Parameter, String> {
    if depth > TYPE_DEPTH_MAX {
        return Err(TypeError::Depth.to_string());
    }
    let name = text(entry, "name")?.unwrap_or_default();
    let kind = text(entry, "type")?.ok_or("\"type\" is missing")?;
    let Some(arrays) = kind.strip_prefix("tuple") else {
        let kind = kind.parse().map_err(|error: TypeError| error.to_string())?;
        return Ok(Parameter::new(name, kind));
    };
    let components = entry.get("components").and_then(Json::as_array);
    let components = components.ok_or("a tuple has \"components\"")?;
    let fields = components
        .iter()
        .map(|field| read_plain(field.as_object().ok_or("a field is an object")?, depth + 1))
        .collect::<Result<Vec<_>, String>>()?;
    let internal = text(entry, "internalType")?.unwrap_or_default();
    let struct_name = internal
        .strip_prefix("struct ")
        .and_then(|internal| internal.strip_suffix(arrays))
        .map(ToOwned::to_owned);
    let tuple = Type::Tuple(TupleType { name: struct_name, fields });
    Ok(Parameter::new(name, wrap_arrays(tuple, arrays)?))
}

/// `element` inside the arrays that `arrays` (`[3][]`) spells.
fn wrap_arrays(element: Type, arrays: &str) -> Result<Type, String> {
    // The shape is read around a type that is there anyway, then the type is put in its place.
    let shape: Type =
        format!("bool{arrays}").parse().map_err(|error: TypeError| error.to_string())?;
    let mut lengths = Vec::new();
    let mut rest = &shape;
    loop {
        rest = match rest {
            Type::Array(inner) => {
                lengths.push(None);
                inner
            }
            Type::FixedArray(inner, length) => {
                lengths.push(Some(*length));
                inner
            }
            Type::Bool => break,
            _ => return Err(format!("\"tuple{arrays}\" is not a type")),
        };
    }
    Ok(lengths.into_iter().rev().fold(element, |kind, length| match length {
        None => Type::array(kind),
        Some(length) => Type::fixed_array(kind, length),
    }))
}

fn mutability(item: &Map<String, Json>) -> Result<Mutability, String> {
    match text(item, "stateMutability")? {
        Some(word) => Mutability::from_name(word)
            .ok_or_else(|| format!("\"{word}\" is not a stateMutability")),
        // What compilers wrote before there was a `stateMutability`.
        None if flag(item, "constant") => Ok(Mutability::View),
        None if flag(item, "payable") => Ok(Mutability::Payable),
        None => Ok(Mutability::NonPayable),
    }
}

fn name(item: &Map<String, Json>) -> Result<String, String> {
    Ok(text(item, "name")?.ok_or("\"name\" is missing")?.to_owned())
}

fn text<'a>(item: &'a Map<String, Json>, key: &str) -> Result<Option<&'a str>, String> {
    match item.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("\"{key}\" is not a text")),
    }
}

fn flag(item: &Map<String, Json>, key: &str) -> bool {
    item.get(key).and_then(Json::as_bool).unwrap_or(false)
}

fn shape(document: &Json) -> &'static str {
    match document {
        Json::Object(_) => "an object without it",
        Json::String(_) => "a text",
        Json::Null => "null",
        Json::Bool(_) => "a truth value",
        Json::Number(_) => "a number",
        Json::Array(_) => "an array",
    }
}
