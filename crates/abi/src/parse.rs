//! Reads types and parameter lists from text.
//!
//! Both the canonical text (`(uint256,address)[3][]`) and what people write
//! (`tuple(uint amount, address to) memory order`).

use std::collections::BTreeMap;

use crate::{
    Parameter, TupleType, Type,
    error::{TypeError, shorten},
    limits::TYPE_DEPTH_MAX,
};

/// Structs, enums and custom types that a text may name.
pub(crate) type Names = BTreeMap<String, Type>;

/// Reads a text from left to right.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// A parameter as it stands in a signature.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) parameter: Parameter,
    pub(crate) indexed: bool,
}

impl<'a> Scanner<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(crate) fn peek(&mut self) -> Option<char> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.rest().chars().next()
    }

    pub(crate) fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    pub(crate) fn expect(&mut self, wanted: char, name: &'static str) -> Result<(), TypeError> {
        if self.eat(wanted) { Ok(()) } else { Err(self.fail(name)) }
    }

    /// The longest run of letters, digits, `_`, `$` and `.`; empty where there is none.
    pub(crate) fn word(&mut self) -> &'a str {
        self.peek();
        let rest = self.rest();
        let end = rest
            .find(|letter: char| !(letter.is_alphanumeric() || "_$.".contains(letter)))
            .unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    pub(crate) fn end(&mut self) -> Result<(), TypeError> {
        if self.peek().is_none() { Ok(()) } else { Err(self.fail("the end")) }
    }

    pub(crate) fn fail(&self, expected: &'static str) -> TypeError {
        TypeError::Syntax { text: shorten(self.text), at: self.at, expected }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

/// The type that `text` is, from its first to its last character.
pub(crate) fn type_from(text: &str) -> Result<Type, TypeError> {
    let mut scanner = Scanner::new(text);
    let kind = read_type(&mut scanner, &Names::new(), 1)?;
    scanner.end()?;
    kind.check()?;
    Ok(kind)
}

/// A type; `depth` counts the types around it.
pub(crate) fn read_type(
    scanner: &mut Scanner<'_>,
    names: &Names,
    depth: usize,
) -> Result<Type, TypeError> {
    if depth > TYPE_DEPTH_MAX {
        return Err(TypeError::Depth);
    }
    let mut kind = read_element(scanner, names, depth)?;
    let mut arrays = 0;
    while scanner.eat('[') {
        arrays += 1;
        if arrays > TYPE_DEPTH_MAX {
            return Err(TypeError::Depth);
        }
        let length = scanner.word();
        scanner.expect(']', "\"]\"")?;
        kind = match length {
            "" => Type::array(kind),
            digits => Type::fixed_array(kind, number(digits).ok_or_else(|| unknown(digits))?),
        };
    }
    Ok(kind)
}

/// Parameters up to and with the closing parenthesis; the opening one has been read.
pub(crate) fn read_parameters(
    scanner: &mut Scanner<'_>,
    names: &Names,
    depth: usize,
) -> Result<Vec<Declared>, TypeError> {
    let mut list = Vec::new();
    if scanner.eat(')') {
        return Ok(list);
    }
    loop {
        list.push(read_declared(scanner, names, depth)?);
        if scanner.eat(')') {
            return Ok(list);
        }
        scanner.expect(',', "\",\" or \")\"")?;
    }
}

/// A type, the words that may follow it, and the name of the parameter.
pub(crate) fn read_declared(
    scanner: &mut Scanner<'_>,
    names: &Names,
    depth: usize,
) -> Result<Declared, TypeError> {
    let kind = read_type(scanner, names, depth)?;
    let mut declared = Declared { parameter: Parameter::new("", kind), indexed: false };
    loop {
        match scanner.word() {
            "" => return Ok(declared),
            "indexed" => declared.indexed = true,
            "memory" | "calldata" | "storage" | "payable" => {}
            name if declared.parameter.name.is_empty() => {
                name.clone_into(&mut declared.parameter.name)
            }
            _ => return Err(scanner.fail("\",\" or \")\"")),
        }
    }
}

fn read_element(scanner: &mut Scanner<'_>, names: &Names, depth: usize) -> Result<Type, TypeError> {
    if scanner.eat('(') {
        return read_tuple(scanner, names, depth);
    }
    let word = scanner.word();
    match word {
        "" => Err(scanner.fail("a type")),
        "tuple" if scanner.eat('(') => read_tuple(scanner, names, depth),
        "option" if scanner.eat('<') => {
            let kind = read_type(scanner, names, depth + 1)?;
            scanner.expect('>', "\">\"")?;
            Ok(Type::option(kind))
        }
        _ => match names.get(word) {
            Some(kind) => Ok(kind.clone()),
            None => simple(word),
        },
    }
}

fn read_tuple(scanner: &mut Scanner<'_>, names: &Names, depth: usize) -> Result<Type, TypeError> {
    let declared = read_parameters(scanner, names, depth + 1)?;
    if declared.iter().any(|declared| declared.indexed) {
        return Err(scanner.fail("a field, which is never indexed,"));
    }
    let fields = declared.into_iter().map(|declared| declared.parameter).collect();
    Ok(Type::Tuple(TupleType { name: None, fields }))
}

fn simple(word: &str) -> Result<Type, TypeError> {
    match word {
        "bool" => return Ok(Type::Bool),
        "address" => return Ok(Type::Address),
        "string" => return Ok(Type::String),
        "bytes" => return Ok(Type::Bytes),
        "uint" => return Ok(Type::UINT),
        "int" => return Ok(Type::Int(256)),
        "byte" => return Ok(Type::FixedBytes(1)),
        // A function value of Solidity: an address and a selector.
        "function" => return Ok(Type::FixedBytes(24)),
        _ => {}
    }
    let kind = if let Some(digits) = word.strip_prefix("uint") {
        number(digits).map(Type::Uint)
    } else if let Some(digits) = word.strip_prefix("int") {
        number(digits).map(Type::Int)
    } else if let Some(digits) = word.strip_prefix("bytes") {
        number(digits).map(Type::FixedBytes)
    } else {
        None
    };
    let kind = kind.ok_or_else(|| unknown(word))?;
    kind.check()?;
    Ok(kind)
}

/// A decimal number without sign or leading zeros.
fn number<N: core::str::FromStr + ToString>(digits: &str) -> Option<N> {
    digits.parse().ok().filter(|number: &N| number.to_string() == digits)
}

fn unknown(word: &str) -> TypeError {
    TypeError::Unknown { text: shorten(word) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_text_round_trips() {
        for text in [
            "bool",
            "uint8",
            "int256",
            "address",
            "bytes32",
            "bytes",
            "string",
            "uint256[]",
            "uint256[3][]",
            "(uint256,address)[3][]",
            "(uint256,(bool,string[])[2],bytes4)",
        ] {
            let kind: Type = text.parse().expect(text);
            assert_eq!(kind.canonical(), text);
            assert_eq!(kind.to_string(), text);
        }
    }

    #[test]
    fn what_people_write_becomes_canonical() {
        for (text, canonical) in [
            ("uint", "uint256"),
            (" tuple( uint amount , address payable to )[ 2 ] ", "(uint256,address)[2]"),
            ("option<uint8>[]", "(bool,uint8)[]"),
            ("function", "bytes24"),
        ] {
            assert_eq!(text.parse::<Type>().expect(text).canonical(), canonical);
        }
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for (text, message) in [
            ("", "a type expected at character 0 of \"\""),
            ("uint7", "an integer has 8 to 256 bits in steps of 8, not 7"),
            ("uint264", "an integer has 8 to 256 bits in steps of 8, not 264"),
            ("uint08", "\"uint08\" is not a type"),
            ("bytes33", "bytes33 is not a type: the length is 1 to 32"),
            ("bytes0", "bytes0 is not a type: the length is 1 to 32"),
            ("uint8[0]", "a fixed array has at least one element"),
            ("uint8[-1]", "\"]\" expected at character 6 of \"uint8[-1]\""),
            ("(uint8", "\",\" or \")\" expected at character 6 of \"(uint8\""),
            ("uint8)", "the end expected at character 5 of \"uint8)\""),
            ("()[]", "a tuple has at least one field"),
            ("uint8[4294967295]", "a type has more than 4096 parts"),
            ("token", "\"token\" is not a type"),
        ] {
            assert_eq!(text.parse::<Type>().expect_err(text).to_string(), message);
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = |count: usize| format!("{}uint8{}", "(".repeat(count), ")".repeat(count));
        assert!(deep(TYPE_DEPTH_MAX - 1).parse::<Type>().is_ok());
        assert_eq!(deep(TYPE_DEPTH_MAX).parse::<Type>(), Err(TypeError::Depth));
        assert_eq!(deep(1_000_000).parse::<Type>(), Err(TypeError::Depth));
        let arrays = format!("uint8{}", "[]".repeat(1_000_000));
        assert_eq!(arrays.parse::<Type>(), Err(TypeError::Depth));
    }
}
