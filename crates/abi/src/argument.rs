//! Arguments as people write them on a command line or in a form.
//!
//! Integers in decimal, hexadecimal, with underscores and units (`1.5ether`), `true` and `false`,
//! addresses or names that a resolver knows, text with or without quotes, bytes in hexadecimal,
//! arrays `[1,2]`, tuples `(1,alice,[2])`, structs `{amount: 1}`, variants `Red` and `At(1,2)`,
//! `none` for an option. JSON is a subset of this.

use core::fmt;

use alloy_primitives::{Bytes, hex};
use primitives::Address;
use thiserror::Error;

use crate::{
    Constructor, EnumType, Method, Parameter, TupleType, Type, Value,
    argument_text::{Node, parse_node},
    error::{TypeError, shorten, with_article},
    integer::{IntegerError, parse_integer},
    types::canonical_list,
    value::segment,
};

/// What finds the address of a name such as `alice`.
pub type Resolver<'a> = dyn Fn(&str) -> Option<Address> + 'a;

/// Why the text of an argument is not a value.
///
/// It reads `parameter 2 "amount" of transfer(address,uint256): "abc" is not a uint256`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct ArgumentError {
    /// Of which method and which of its parameters, where that is known.
    pub place: Option<Box<ArgumentPlace>>,
    /// Where in the argument: fields and indices, empty for the argument itself.
    pub path: String,
    /// What is wrong.
    pub problem: Box<ArgumentProblem>,
}

/// Which parameter of which method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgumentPlace {
    /// The signature of the method, or `constructor(...)`.
    pub method: String,
    /// The position of the parameter, from 1; none where the number of arguments is wrong.
    pub position: Option<usize>,
    /// The name of the parameter; empty where it has none.
    pub name: String,
}

/// What is wrong with the text of an argument.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArgumentProblem {
    /// The text is no value of the type.
    #[error(
        "\"{given}\" is not {}{}{hint}",
        with_article(kind),
        if hint.is_empty() { "" } else { ": " }
    )]
    NotOfType {
        /// The text, shortened.
        given: String,
        /// The type.
        kind: String,
        /// What would be one; may be empty.
        hint: String,
    },
    /// The number is too large or too small for the type.
    #[error("\"{given}\" is out of range for {kind} ({range})")]
    Range {
        /// The text, shortened.
        given: String,
        /// The type.
        kind: String,
        /// The smallest and the largest number.
        range: String,
    },
    /// There are more or fewer parts than the type has.
    #[error("{expected} {what} expected, {given} given")]
    Count {
        /// `arguments`, `elements`, `fields`, `bytes`.
        what: &'static str,
        /// How many the type has.
        expected: usize,
        /// How many there are.
        given: usize,
    },
    /// The text does not hold together.
    #[error("{expected} expected at character {at} of \"{text}\"")]
    Syntax {
        /// The text, shortened.
        text: String,
        /// Where, counted in bytes from 0.
        at: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// The type itself is invalid.
    #[error(transparent)]
    Type(#[from] TypeError),
}

/// The value of `kind` that `text` is; names of addresses are asked of `resolver`.
///
/// # Errors
///
/// [`ArgumentError`] telling what was given and what is expected.
pub fn parse_argument(
    kind: &Type,
    text: &str,
    resolver: &Resolver<'_>,
) -> Result<Value, ArgumentError> {
    kind.check().map_err(ArgumentProblem::from)?;
    if let Type::String = kind.resolved() {
        return Ok(Value::String(whole_text(text)));
    }
    Converter { resolver }.convert(&parse_node(text)?, kind)
}

impl Method {
    /// The values of the arguments of a call.
    ///
    /// # Errors
    ///
    /// [`ArgumentError`] naming the method and the parameter.
    pub fn parse_arguments(
        &self,
        texts: &[&str],
        resolver: &Resolver<'_>,
    ) -> Result<Vec<Value>, ArgumentError> {
        parse_all(&self.name, &self.inputs, texts, resolver)
    }
}

impl Constructor {
    /// The values of the arguments of the constructor.
    ///
    /// # Errors
    ///
    /// [`ArgumentError`] naming the parameter.
    pub fn parse_arguments(
        &self,
        texts: &[&str],
        resolver: &Resolver<'_>,
    ) -> Result<Vec<Value>, ArgumentError> {
        parse_all("constructor", &self.inputs, texts, resolver)
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "in {}: ", self.path.trim_start_matches('.'))?;
        }
        write!(f, "{}", self.problem)
    }
}

impl fmt::Display for ArgumentPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.position, self.name.as_str()) {
            (None, _) => f.write_str(&self.method),
            (Some(position), "") => write!(f, "parameter {position} of {}", self.method),
            (Some(position), name) => {
                write!(f, "parameter {position} \"{name}\" of {}", self.method)
            }
        }
    }
}

impl From<ArgumentProblem> for ArgumentError {
    fn from(problem: ArgumentProblem) -> Self {
        Self { place: None, path: String::new(), problem: Box::new(problem) }
    }
}

impl ArgumentError {
    /// The same error, seen from one step further out.
    fn within(mut self, step: &str) -> Self {
        self.path.insert_str(0, step);
        self
    }
}

fn parse_all(
    name: &str,
    parameters: &[Parameter],
    texts: &[&str],
    resolver: &Resolver<'_>,
) -> Result<Vec<Value>, ArgumentError> {
    let place = |position: Option<usize>, parameter: &str| {
        let method = format!("{name}{}", canonical_list(parameters.iter()));
        Some(Box::new(ArgumentPlace { method, position, name: parameter.to_owned() }))
    };
    if texts.len() != parameters.len() {
        let (expected, given) = (parameters.len(), texts.len());
        let problem = ArgumentProblem::Count { what: "arguments", expected, given };
        return Err(ArgumentError { place: place(None, ""), ..problem.into() });
    }
    let mut values = Vec::with_capacity(texts.len());
    for (index, (parameter, text)) in parameters.iter().zip(texts).enumerate() {
        let value = parse_argument(&parameter.kind, text, resolver).map_err(|error| {
            ArgumentError { place: place(Some(index + 1), &parameter.name), ..error }
        });
        values.push(value?);
    }
    Ok(values)
}

/// A text on its own is taken as it is, unless it is a JSON string as a whole.
fn whole_text(text: &str) -> String {
    let quoted = text.trim().starts_with('"').then(|| serde_json::from_str(text).ok());
    quoted.flatten().unwrap_or_else(|| text.to_owned())
}

/// Turns what was written into values of types.
struct Converter<'a> {
    resolver: &'a Resolver<'a>,
}

impl Converter<'_> {
    fn convert(&self, node: &Node, kind: &Type) -> Result<Value, ArgumentError> {
        match kind.resolved() {
            Type::Array(element) => self.elements(list(node, kind, '[')?, element),
            Type::FixedArray(element, length) => {
                let nodes = list(node, kind, '[')?;
                let expected = usize::try_from(*length).unwrap_or(usize::MAX);
                check_count("elements", expected, nodes.len())?;
                self.elements(nodes, element)
            }
            Type::Tuple(tuple) => match node {
                Node::Object(entries) if tuple.has_names() => self.named(entries, tuple),
                _ => self.fields(list(node, kind, '(')?, tuple),
            },
            Type::Enum(enumeration) => self.variant(node, kind, enumeration),
            Type::Option(inner) => self.option(node, inner),
            simple => {
                let text = node.as_text().ok_or_else(|| not_of_type(node, kind, ""))?;
                self.simple(text, node, simple)
            }
        }
    }

    fn simple(&self, text: &str, node: &Node, kind: &Type) -> Result<Value, ArgumentError> {
        match kind {
            Type::Bool => match text {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => Err(not_of_type(node, kind, "write true or false")),
            },
            Type::Uint(_) | Type::Int(_) => {
                parse_integer(text, kind).map_err(|error| integer_error(text, kind, error))
            }
            Type::Address => self.address(text, node, kind),
            Type::String => Ok(Value::text(text)),
            Type::FixedBytes(length) => {
                let bytes = bytes_of(text).ok_or_else(|| not_hexadecimal(node, kind))?;
                check_count("bytes", usize::from(*length), bytes.len())?;
                Ok(Value::Bytes(bytes))
            }
            _ => bytes_of(text).map(Value::Bytes).ok_or_else(|| not_hexadecimal(node, kind)),
        }
    }

    fn address(&self, text: &str, node: &Node, kind: &Type) -> Result<Value, ArgumentError> {
        if text.starts_with("0x") {
            let address = text.parse::<Address>();
            return address
                .map(Value::Address)
                .map_err(|_| not_of_type(node, kind, "it has 20 or 32 bytes in hexadecimal"));
        }
        let address = (self.resolver)(text);
        address.map(Value::Address).ok_or_else(|| {
            not_of_type(node, kind, "it is no known name and does not begin with 0x")
        })
    }

    fn elements(&self, nodes: &[Node], element: &Type) -> Result<Value, ArgumentError> {
        let mut values = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            let value = self.convert(node, element);
            values.push(value.map_err(|error| error.within(&format!("[{index}]")))?);
        }
        Ok(Value::Array(values))
    }

    fn fields(&self, nodes: &[Node], tuple: &TupleType) -> Result<Value, ArgumentError> {
        check_count("fields", tuple.fields.len(), nodes.len())?;
        let mut values = Vec::with_capacity(nodes.len());
        for (index, (node, field)) in nodes.iter().zip(&tuple.fields).enumerate() {
            let value = self.convert(node, &field.kind);
            values.push(value.map_err(|error| error.within(&segment(index, &field.name)))?);
        }
        Ok(Value::Tuple(values))
    }

    fn named(&self, entries: &[(String, Node)], tuple: &TupleType) -> Result<Value, ArgumentError> {
        check_count("fields", tuple.fields.len(), entries.len())?;
        let mut values = Vec::with_capacity(entries.len());
        for (index, field) in tuple.fields.iter().enumerate() {
            let entry = entries.iter().find(|(name, _)| *name == field.name);
            let value = match entry {
                Some((_, node)) => self.convert(node, &field.kind),
                None => Err(not_given(&field.kind, "the field is missing")),
            };
            values.push(value.map_err(|error| error.within(&segment(index, &field.name)))?);
        }
        Ok(Value::Tuple(values))
    }

    fn variant(&self, node: &Node, kind: &Type, found: &EnumType) -> Result<Value, ArgumentError> {
        let (name, payload) = match node {
            Node::Word(name) | Node::Quoted(name) => (name, None),
            Node::Call(name, nodes) => match nodes.as_slice() {
                [single] => (name, Some(single.clone())),
                _ => (name, Some(Node::List('(', nodes.clone()))),
            },
            Node::Object(entries) => match entries.as_slice() {
                [(name, payload)] => (name, Some(payload.clone())),
                _ => return Err(not_of_type(node, kind, "it names one variant")),
            },
            Node::List(..) => return Err(not_of_type(node, kind, "it is the name of a variant")),
        };
        let Some((number, variant)) = found.variant(name) else {
            let names: Vec<_> = found.variants.iter().map(|known| known.name.as_str()).collect();
            let hint = format!("there are {}", shorten(&names.join(", ")));
            return Err(not_of_type(node, kind, &hint));
        };
        match (&variant.payload, payload) {
            (None, None) => Ok(Value::variant(number)),
            (Some(kind), Some(payload)) => self
                .convert(&spread(payload, kind), kind)
                .map(|payload| Value::variant_with(number, payload))
                .map_err(|error| error.within(&segment(0, name))),
            (None, Some(_)) => Err(not_of_type(node, kind, "the variant has no payload")),
            (Some(payload), None) => {
                let hint = format!("the variant has a payload of {payload}");
                Err(not_of_type(node, kind, &hint))
            }
        }
    }

    fn option(&self, node: &Node, inner: &Type) -> Result<Value, ArgumentError> {
        match node {
            Node::Word(word) if word == "none" || word == "null" => Ok(Value::none()),
            Node::Call(word, nodes) if word == "some" => match nodes.as_slice() {
                [single] => self.convert(single, inner).map(Value::some),
                _ => {
                    Err(ArgumentProblem::Count { what: "values", expected: 1, given: nodes.len() }
                        .into())
                }
            },
            _ => self.convert(node, inner).map(Value::some),
        }
    }
}

/// A single value in parentheses after a variant may be the one field of a tuple.
fn spread(payload: Node, kind: &Type) -> Node {
    match (kind.resolved(), &payload) {
        (Type::Tuple(tuple), Node::Word(_) | Node::Quoted(_)) if tuple.fields.len() == 1 => {
            Node::List('(', vec![payload])
        }
        _ => payload,
    }
}

/// The parts of a list; tuples may be written in brackets too, since JSON has no other.
fn list<'n>(node: &'n Node, kind: &Type, open: char) -> Result<&'n [Node], ArgumentError> {
    match node {
        Node::List(found, nodes) if *found == open || *found == '[' => Ok(nodes),
        _ if open == '[' => Err(not_of_type(node, kind, "write [a,b]")),
        _ => Err(not_of_type(node, kind, "write (a,b)")),
    }
}

fn bytes_of(text: &str) -> Option<Bytes> {
    let digits = text.strip_prefix("0x").filter(|digits| !digits.starts_with("0x"))?;
    hex::decode(digits).ok().map(Bytes::from)
}

fn check_count(what: &'static str, expected: usize, given: usize) -> Result<(), ArgumentError> {
    if expected == given {
        return Ok(());
    }
    Err(ArgumentProblem::Count { what, expected, given }.into())
}

fn integer_error(text: &str, kind: &Type, error: IntegerError) -> ArgumentError {
    let (given, kind) = (shorten(text), kind.to_string());
    match error {
        IntegerError::Range(range) => ArgumentProblem::Range { given, kind, range },
        IntegerError::NotInteger => ArgumentProblem::NotOfType { given, kind, hint: String::new() },
        fraction @ IntegerError::Fraction => {
            ArgumentProblem::NotOfType { given, kind, hint: fraction.to_string() }
        }
    }
    .into()
}

fn not_hexadecimal(node: &Node, kind: &Type) -> ArgumentError {
    not_of_type(node, kind, "write 0x and an even number of hexadecimal digits")
}

fn not_of_type(node: &Node, kind: &Type, hint: &str) -> ArgumentError {
    let given = shorten(&node.to_string());
    ArgumentProblem::NotOfType { given, kind: kind.to_string(), hint: hint.to_owned() }.into()
}

fn not_given(kind: &Type, hint: &str) -> ArgumentError {
    let problem = ArgumentProblem::NotOfType {
        given: String::new(),
        kind: kind.to_string(),
        hint: hint.to_owned(),
    };
    problem.into()
}
