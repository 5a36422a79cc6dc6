//! Settings in YAML 1.2, its core types: one document of mappings, sequences and scalars.

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use serde_json::Value as Json;

use super::setting::Node;

/// How deep a file may nest.
const DEPTH_MAX: usize = 32;

/// Reads a file. The error names the line.
pub(super) fn read(text: &str) -> Result<Node, String> {
    let mut reader = Reader { parser: Parser::new_from_str(text), depth: 0 };
    let mut root = None;
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => return Ok(root.unwrap_or_else(|| Node::Table(Vec::new()))),
            (Event::DocumentStart(_), line) if root.is_some() => {
                return Err(format!("line {line}: a second document begins, one is read"));
            }
            (Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd, _) => {}
            (event, line) => root = Some(root_of(reader.node(event, line)?, line)?),
        }
    }
}

fn root_of(node: Node, line: usize) -> Result<Node, String> {
    match node {
        Node::Table(_) => Ok(node),
        Node::Scalar(Json::Null) => Ok(Node::Table(Vec::new())),
        _ => Err(format!("line {line}: sections are expected, such as `vm:`")),
    }
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// The next event and its line.
    fn next(&mut self) -> Result<(Event<'a>, usize), String> {
        let line = |span: &Span| span.start.line();
        match self.parser.next() {
            Some(Ok((event, span))) => Ok((event, line(&span))),
            Some(Err(error)) => Err(format!("line {}: {}", error.marker().line(), error.info())),
            None => Ok((Event::StreamEnd, 0)),
        }
    }

    fn node(&mut self, event: Event<'a>, line: usize) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("line {line}: more than {DEPTH_MAX} levels"));
        }
        let node = match event {
            Event::Scalar(text, style, _, tag) => {
                if let Some(tag) = tag {
                    return Err(format!(
                        "line {line}: the tag {}{} is not read",
                        tag.handle, tag.suffix
                    ));
                }
                Node::Scalar(
                    scalar(&text, style).map_err(|reason| format!("line {line}: {reason}"))?,
                )
            }
            Event::SequenceStart(..) => self.list()?,
            Event::MappingStart(..) => self.table()?,
            Event::Alias(_) => {
                return Err(format!("line {line}: aliases are not read, write the value again"));
            }
            _ => return Err(format!("line {line}: the document ends too early")),
        };
        self.depth -= 1;
        Ok(node)
    }

    fn list(&mut self) -> Result<Node, String> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Node::List(items)),
                (event, line) => items.push(self.node(event, line)?),
            }
        }
    }

    fn table(&mut self) -> Result<Node, String> {
        let mut entries: Vec<(String, usize, Node)> = Vec::new();
        loop {
            let (key, line) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Node::Table(entries)),
                (Event::Scalar(key, ..), line) => (key.into_owned(), line),
                (_, line) => return Err(format!("line {line}: a key is a word")),
            };
            if entries.iter().any(|(known, ..)| *known == key) {
                return Err(format!("line {line}: `{key}` stands there twice"));
            }
            let (event, value_line) = self.next()?;
            let node = match self.node(event, value_line)? {
                // `wasm:` with nothing below it is a section in which nothing stands.
                Node::Scalar(Json::Null) => Node::Table(Vec::new()),
                node => node,
            };
            entries.push((key, line, node));
        }
    }
}

/// A plain scalar by its form, anything else as text (YAML 1.2, 10.3.2).
fn scalar(text: &str, style: ScalarStyle) -> Result<Json, String> {
    if style != ScalarStyle::Plain {
        return Ok(Json::String(text.to_owned()));
    }
    let hexadecimal = || u64::from_str_radix(text.strip_prefix("0x")?, 16).ok();
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Json::Null,
        "true" | "True" | "TRUE" => Json::Bool(true),
        "false" | "False" | "FALSE" => Json::Bool(false),
        _ if text.starts_with(|first: char| first.is_ascii_digit() || "+-".contains(first)) => {
            let unsigned = text.trim_start_matches('+').parse::<u64>().ok().or_else(hexadecimal);
            let signed = || text.parse::<i64>().ok().map(Json::from);
            match unsigned.map(Json::from).or_else(signed) {
                Some(number) => number,
                None if text.parse::<f64>().is_ok() => {
                    return Err(format!("{text} is no whole number of 64 bits"));
                }
                None => Json::String(text.to_owned()),
            }
        }
        _ => Json::String(text.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        read(text).map_or_else(
            |error| error,
            |node| {
                let settings = node.settings("f");
                let show = |it: &super::super::setting::Setting| {
                    format!("{}={}@{}", it.path, it.value, it.origin)
                };
                settings.iter().map(show).collect::<Vec<_>>().join(" ")
            },
        )
    }

    #[test]
    fn scalars_are_those_of_yaml_1_2() {
        let text = "a: {b: 5, c: no, d: \"5\", e: 0x10, f: true}\ng:\n  - 1GB\n  - -3\n";
        assert_eq!(
            shown(text),
            "a.b=5@f:1 a.c=\"no\"@f:1 a.d=\"5\"@f:1 a.e=16@f:1 a.f=true@f:1 g=[\"1GB\",-3]@f:2"
        );
        assert_eq!(shown("# nothing\n"), "");
        assert_eq!(shown("vm:\n"), "vm={}@f:1");
    }

    #[test]
    fn what_is_refused_names_its_line() {
        for (text, expected) in [
            ("a: 1\nb: &x [1]\nc: *x\n", "line 3: aliases"),
            ("a: 1\na: 2\n", "line 2: `a` stands there twice"),
            ("a: 1.5\n", "line 1: 1.5 is no whole number"),
            ("a: !!str 5\n", "line 1: the tag"),
            ("- 1\n", "line 1: sections are expected"),
            ("a: 1\n---\nb: 2\n", "line 2: a second document"),
            ("a: [1\n", "line"),
            ("? [1]\n: 2\n", "line 1: a key is a word"),
        ] {
            assert!(shown(text).starts_with(expected), "{text:?}: {}", shown(text));
        }
        let deep = format!("a: {}{}", "[".repeat(40), "]".repeat(40));
        assert!(shown(&deep).contains("more than 32 levels"), "{}", shown(&deep));
    }
}
