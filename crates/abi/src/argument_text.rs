//! The structure of the text of an argument, before any type is asked.

use core::fmt;

use crate::{argument::ArgumentProblem, error::shorten, limits::ARGUMENT_DEPTH_MAX};

/// Characters that end a word.
const SPECIAL: &[char] = &[',', '(', ')', '[', ']', '{', '}', '"'];

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    /// Characters without structure: `12`, `alice`, `5 ether`.
    Word(String),
    /// A text in quotes, with the escapes of JSON.
    Quoted(String),
    /// Nodes in parentheses or brackets, with the character that opens them.
    List(char, Vec<Self>),
    /// Names and nodes in braces.
    Object(Vec<(String, Self)>),
    /// A word, then nodes in parentheses.
    Call(String, Vec<Self>),
}

impl Node {
    /// The characters, where it has no structure.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Word(text) | Self::Quoted(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let write_list = |f: &mut fmt::Formatter<'_>, nodes: &[Self]| {
            nodes.iter().enumerate().try_for_each(|(index, node)| {
                write!(f, "{}{node}", if index == 0 { "" } else { "," })
            })
        };
        match self {
            Self::Word(text) | Self::Quoted(text) => f.write_str(text),
            Self::List(open, nodes) => {
                write!(f, "{open}")?;
                write_list(f, nodes)?;
                f.write_str(if *open == '(' { ")" } else { "]" })
            }
            Self::Object(entries) => {
                f.write_str("{")?;
                for (index, (name, node)) in entries.iter().enumerate() {
                    write!(f, "{}{name}:{node}", if index == 0 { "" } else { "," })?;
                }
                f.write_str("}")
            }
            Self::Call(name, nodes) => {
                write!(f, "{name}(")?;
                write_list(f, nodes)?;
                f.write_str(")")
            }
        }
    }
}

/// The node that `text` is, from its first to its last character.
pub(crate) fn parse_node(text: &str) -> Result<Node, ArgumentProblem> {
    let mut parser = Parser { text, at: 0 };
    let node = parser.node(1)?;
    match parser.peek() {
        None => Ok(node),
        Some(_) => Err(parser.fail("the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn node(&mut self, depth: usize) -> Result<Node, ArgumentProblem> {
        if depth > ARGUMENT_DEPTH_MAX {
            return Err(self.fail("less nesting"));
        }
        match self.peek() {
            Some('(') => Ok(Node::List('(', self.list(')', depth)?)),
            Some('[') => Ok(Node::List('[', self.list(']', depth)?)),
            Some('{') => self.object(depth),
            Some('"') => self.quoted().map(Node::Quoted),
            _ => {
                let word = self.word(SPECIAL).to_owned();
                if self.peek() == Some('(') && !word.is_empty() {
                    return Ok(Node::Call(word, self.list(')', depth)?));
                }
                Ok(Node::Word(word))
            }
        }
    }

    /// Nodes between the opening character, which comes next, and `close`.
    fn list(&mut self, close: char, depth: usize) -> Result<Vec<Node>, ArgumentProblem> {
        self.at += 1;
        let mut nodes = Vec::new();
        if self.eat(close) {
            return Ok(nodes);
        }
        loop {
            nodes.push(self.node(depth + 1)?);
            if self.eat(close) {
                return Ok(nodes);
            }
            if !self.eat(',') {
                return Err(self.fail(if close == ')' {
                    "\",\" or \")\""
                } else {
                    "\",\" or \"]\""
                }));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Node, ArgumentProblem> {
        self.at += 1;
        let mut entries: Vec<(String, Node)> = Vec::new();
        if self.eat('}') {
            return Ok(Node::Object(entries));
        }
        loop {
            let name = match self.peek() {
                Some('"') => self.quoted()?,
                _ => self.word(&[':', ',', '}', '{', '"']).to_owned(),
            };
            if !self.eat(':') {
                return Err(self.fail("\":\""));
            }
            if entries.iter().any(|(known, _)| *known == name) {
                return Err(self.fail("a field that was not there before"));
            }
            entries.push((name, self.node(depth + 1)?));
            if self.eat('}') {
                return Ok(Node::Object(entries));
            }
            if !self.eat(',') {
                return Err(self.fail("\",\" or \"}\""));
            }
        }
    }

    /// A JSON string, whose opening quote comes next.
    fn quoted(&mut self) -> Result<String, ArgumentProblem> {
        let mut strings = serde_json::Deserializer::from_str(self.rest()).into_iter::<String>();
        match strings.next() {
            Some(Ok(text)) => {
                self.at += strings.byte_offset();
                Ok(text)
            }
            _ => Err(self.fail("a text in quotes")),
        }
    }

    fn word(&mut self, ends: &[char]) -> &'a str {
        let rest = self.rest();
        let end = rest.find(ends).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default().trim()
    }

    fn peek(&mut self) -> Option<char> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.rest().chars().next()
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fail(&self, expected: &'static str) -> ArgumentProblem {
        ArgumentProblem::Syntax { text: shorten(self.text), at: self.at, expected }
    }
}
