//! Interfaces in words: `transfer(address to, uint256 amount) returns (bool)`.
//!
//! What Solidity, `cast` and the human-readable ABIs of JavaScript libraries write:
//! `[function] name(inputs) [external] [view] [returns (outputs)]`, `name(inputs)(outputs)`,
//! `event Name(type indexed name) [anonymous]`, `error Name(..)`, `constructor(..) [payable]`,
//! `receive() [external payable]`, `fallback() [payable]`, and definitions that the others may
//! name: `struct Name { type name; }`, `enum Name { First, Second(uint256) }`,
//! `type Name is type`.

use core::fmt;

use crate::{
    Constructor, ErrorDefinition, Event, EventParameter, Interface, Method, Mutability, Parameter,
    Type, Variant,
    error::{InterfaceError, TypeError, shorten},
    parse::{Declared, Names, Scanner, read_declared, read_parameters, read_type},
};

/// The words that begin a definition of a type.
const DEFINITIONS: [&str; 3] = ["struct", "enum", "type"];

/// The interface that `signatures` describe.
pub(crate) fn interface_from(signatures: &[&str]) -> Result<Interface, InterfaceError> {
    let names = definitions(signatures)?;
    let mut interface = Interface::default();
    for text in signatures.iter().filter(|text| !is_definition(text)) {
        read_item(&mut Scanner::new(text), &names, &mut interface)
            .map_err(|error| signature_error(text, error))?;
    }
    Ok(interface)
}

/// The method that `text` describes.
pub(crate) fn method_from(text: &str) -> Result<Method, InterfaceError> {
    let mut scanner = Scanner::new(text);
    let mut word = scanner.word();
    if word == "function" {
        word = scanner.word();
    }
    read_method(&mut scanner, word, &Names::new()).map_err(|error| signature_error(text, error))
}

/// Parameters in parentheses with their names.
pub(crate) fn write_parameters(
    f: &mut fmt::Formatter<'_>,
    parameters: &[Parameter],
) -> fmt::Result {
    f.write_str("(")?;
    for (index, parameter) in parameters.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let space = if parameter.name.is_empty() { "" } else { " " };
        write!(f, "{comma}{}{space}{}", parameter.kind, parameter.name)?;
    }
    f.write_str(")")
}

/// The types that the signatures define. A definition may name one that comes after it.
fn definitions(signatures: &[&str]) -> Result<Names, InterfaceError> {
    let mut names = Names::new();
    let mut waiting: Vec<_> = signatures.iter().filter(|text| is_definition(text)).collect();
    while !waiting.is_empty() {
        let mut failure = None;
        let before = waiting.len();
        waiting.retain(|text| match read_definition(&mut Scanner::new(text), &names) {
            Ok((name, kind)) => names.insert(name, kind).is_some(),
            Err(error) => {
                failure.get_or_insert_with(|| signature_error(text, error));
                true
            }
        });
        if waiting.len() == before {
            return Err(failure.unwrap_or_else(|| InterfaceError::Signature {
                text: waiting.first().map(|text| shorten(text)).unwrap_or_default(),
                reason: "a type of this name is already defined".to_owned(),
            }));
        }
    }
    Ok(names)
}

fn is_definition(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    DEFINITIONS.contains(&scanner.word()) && scanner.peek() != Some('(')
}

fn read_definition(scanner: &mut Scanner<'_>, names: &Names) -> Result<(String, Type), TypeError> {
    let keyword = scanner.word();
    let name = name(scanner)?;
    let kind = match keyword {
        "struct" => read_struct(scanner, name, names)?,
        "enum" => read_enum(scanner, name, names)?,
        _ => {
            if scanner.word() != "is" {
                return Err(scanner.fail("\"is\""));
            }
            Type::custom(name, read_type(scanner, names, 1)?)
        }
    };
    scanner.eat(';');
    scanner.end()?;
    kind.check()?;
    Ok((name.to_owned(), kind))
}

fn read_struct(scanner: &mut Scanner<'_>, name: &str, names: &Names) -> Result<Type, TypeError> {
    scanner.expect('{', "\"{\"")?;
    let mut fields = Vec::new();
    while !scanner.eat('}') {
        fields.push(read_declared(scanner, names, 1)?.parameter);
        scanner.expect(';', "\";\"")?;
    }
    Ok(Type::structure(name, fields))
}

fn read_enum(scanner: &mut Scanner<'_>, name: &str, names: &Names) -> Result<Type, TypeError> {
    scanner.expect('{', "\"{\"")?;
    let mut variants = Vec::new();
    loop {
        let variant = self::name(scanner)?;
        let payload = if scanner.eat('(') { read_payload(scanner, names)? } else { None };
        variants.push(Variant { name: variant.to_owned(), payload });
        if !scanner.eat(',') {
            break;
        }
    }
    scanner.expect('}', "\",\" or \"}\"")?;
    Ok(Type::enumeration(name, variants))
}

/// One value is the payload itself, several are a tuple.
fn read_payload(scanner: &mut Scanner<'_>, names: &Names) -> Result<Option<Type>, TypeError> {
    let mut fields = plain(read_parameters(scanner, names, 2)?);
    Ok(match fields.len() {
        0 => None,
        1 => fields.pop().map(|field| field.kind),
        _ => Some(Type::Tuple(crate::TupleType { name: None, fields })),
    })
}

fn read_item(
    scanner: &mut Scanner<'_>,
    names: &Names,
    interface: &mut Interface,
) -> Result<(), TypeError> {
    let word = scanner.word();
    let is_keyword = scanner.peek() != Some('(');
    match word {
        "event" if is_keyword => interface.events.push(read_event(scanner, names)?),
        "error" if is_keyword => interface.errors.push(read_error(scanner, names)?),
        "function" if is_keyword => {
            let name = scanner.word();
            interface.methods.push(read_method(scanner, name, names)?);
        }
        "constructor" => {
            scanner.expect('(', "\"(\"")?;
            let inputs = checked(plain(read_parameters(scanner, names, 1)?))?;
            let mutability = read_modifiers(scanner)?;
            scanner.end()?;
            interface.constructor = Some(Constructor { inputs, mutability });
        }
        "receive" | "fallback" => {
            scanner.expect('(', "\"(\"")?;
            scanner.expect(')', "\")\"")?;
            let mutability = read_modifiers(scanner)?;
            scanner.end()?;
            if word == "receive" {
                interface.receive = true;
            } else {
                interface.fallback = Some(mutability);
            }
        }
        name => interface.methods.push(read_method(scanner, name, names)?),
    }
    Ok(())
}

fn read_method(scanner: &mut Scanner<'_>, name: &str, names: &Names) -> Result<Method, TypeError> {
    if name.is_empty() {
        return Err(scanner.fail("a name"));
    }
    scanner.expect('(', "\"(\"")?;
    let inputs = checked(plain(read_parameters(scanner, names, 1)?))?;
    let mut outputs = Vec::new();
    let mut mutability = read_modifiers(scanner)?;
    if scanner.eat('(') {
        outputs = checked(plain(read_parameters(scanner, names, 1)?))?;
        let later = read_modifiers(scanner)?;
        mutability = if later == Mutability::NonPayable { mutability } else { later };
    }
    scanner.eat(';');
    scanner.end()?;
    Ok(Method { name: name.to_owned(), inputs, outputs, mutability })
}

fn read_event(scanner: &mut Scanner<'_>, names: &Names) -> Result<Event, TypeError> {
    let name = name(scanner)?.to_owned();
    scanner.expect('(', "\"(\"")?;
    let declared = read_parameters(scanner, names, 1)?;
    for declared in &declared {
        declared.parameter.kind.check()?;
    }
    let anonymous = match scanner.word() {
        "" => false,
        "anonymous" => true,
        _ => return Err(scanner.fail("\"anonymous\" or the end")),
    };
    scanner.eat(';');
    scanner.end()?;
    let inputs = declared
        .into_iter()
        .map(|declared| EventParameter { parameter: declared.parameter, indexed: declared.indexed })
        .collect();
    Ok(Event { name, inputs, anonymous })
}

fn read_error(scanner: &mut Scanner<'_>, names: &Names) -> Result<ErrorDefinition, TypeError> {
    let name = name(scanner)?.to_owned();
    scanner.expect('(', "\"(\"")?;
    let inputs = checked(plain(read_parameters(scanner, names, 1)?))?;
    scanner.eat(';');
    scanner.end()?;
    Ok(ErrorDefinition { name, inputs })
}

/// The words between the parameters and the results, up to and with `returns`.
fn read_modifiers(scanner: &mut Scanner<'_>) -> Result<Mutability, TypeError> {
    let mut mutability = Mutability::NonPayable;
    loop {
        match scanner.word() {
            "" | "returns" => return Ok(mutability),
            "external" | "public" | "internal" | "private" | "virtual" | "override" => {}
            word => match Mutability::from_name(word) {
                Some(found) => mutability = found,
                None => return Err(scanner.fail("a mutability, \"returns\" or the end")),
            },
        }
    }
}

fn name<'a>(scanner: &mut Scanner<'a>) -> Result<&'a str, TypeError> {
    match scanner.word() {
        "" => Err(scanner.fail("a name")),
        name => Ok(name),
    }
}

fn plain(declared: Vec<Declared>) -> Vec<Parameter> {
    declared.into_iter().map(|declared| declared.parameter).collect()
}

fn checked(parameters: Vec<Parameter>) -> Result<Vec<Parameter>, TypeError> {
    for parameter in &parameters {
        parameter.kind.check()?;
    }
    Ok(parameters)
}

fn signature_error(text: &str, error: TypeError) -> InterfaceError {
    InterfaceError::Signature { text: shorten(text), reason: error.to_string() }
}
