//! Names of types as authors write them, and the tags of their comments.

use abi::{Interface, Mutability, Type};

/// The type of a name: those of module `chain`, those of Solidity, those of TypeScript.
pub(super) fn named(word: &str) -> Option<Type> {
    Some(match word {
        "bigint" => Type::UINT,
        "number" => Type::Uint(48),
        "boolean" => Type::Bool,
        "Uint8Array" => Type::Bytes,
        "bool" | "string" | "address" | "bytes" => word.parse().ok()?,
        _ => match (word.strip_prefix('u'), word.strip_prefix('i')) {
            (Some(bits), _) if is_number(bits) => format!("uint{bits}").parse().ok()?,
            (_, Some(bits)) if is_number(bits) => format!("int{bits}").parse().ok()?,
            _ if ["uint", "int", "bytes"].iter().any(|start| word.starts_with(start)) => {
                word.parse().ok()?
            }
            _ => return None,
        },
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a comment before a declaration says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Doc {
    pub(super) mutability: Option<Mutability>,
    /// Types of parameters by name.
    parameters: Vec<(String, String)>,
    returns: Option<String>,
    /// Signatures of events and errors, as `Interface::from_signatures` reads them.
    pub(super) signatures: Vec<String>,
}

impl Doc {
    /// Reads the inside of `/** … */`.
    pub(super) fn read(comment: &str) -> Self {
        let mut doc = Self::default();
        for line in comment.lines() {
            let line = line.trim().trim_start_matches('*').trim();
            let Some(tag) = line.strip_prefix('@') else { continue };
            let (tag, rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
            let rest = rest.trim();
            match tag {
                "view" => doc.mutability = Some(Mutability::View),
                "pure" => doc.mutability = Some(Mutability::Pure),
                "payable" => doc.mutability = Some(Mutability::Payable),
                "event" | "error" => {
                    let end = rest.rfind(')').map_or(rest.len(), |end| end + 1);
                    let signature = rest.get(..end).unwrap_or(rest);
                    doc.signatures.push(format!("{tag} {signature}"));
                }
                "param" => {
                    if let Some((kind, rest)) = braced(rest) {
                        let name = rest.split(|letter: char| !is_of_name(letter)).next();
                        doc.parameters.push((name.unwrap_or_default().to_owned(), kind));
                    }
                }
                "return" | "returns" => {
                    doc.returns = braced(rest).map(|(kind, _)| kind).or(doc.returns);
                }
                _ => {}
            }
        }
        doc
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(parameter, _)| parameter == name);
        found.map(|(_, kind)| kind.as_str())
    }

    pub(super) fn returns(&self) -> Option<&str> {
        self.returns.as_deref()
    }

    /// Adds the events and errors to an interface.
    pub(super) fn declare(&self, interface: &mut Interface) -> Result<(), String> {
        for signature in &self.signatures {
            let one = Interface::from_signatures(&[signature.as_str()]);
            let one = one.map_err(|error| format!("`@{signature}`: {error}"))?;
            for event in one.events {
                if !interface.events.contains(&event) {
                    interface.events.push(event);
                }
            }
            for error in one.errors {
                if !interface.errors.contains(&error) {
                    interface.errors.push(error);
                }
            }
        }
        Ok(())
    }
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

/// The text in braces at the beginning, and what follows.
fn braced(text: &str) -> Option<(String, &str)> {
    let (kind, rest) = text.strip_prefix('{')?.split_once('}')?;
    Some((kind.trim().to_owned(), rest.trim_start()))
}

/// The type of a text as comments have it: a name and any number of `[]`.
pub(super) fn described(text: &str) -> Option<Type> {
    match text.trim().strip_suffix("[]") {
        Some(element) => Some(Type::array(described(element)?)),
        None => named(text.trim()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_types_are_those_of_the_wire() {
        for (word, wire) in [
            ("bigint", "uint256"),
            ("number", "uint48"),
            ("u64", "uint64"),
            ("i256", "int256"),
            ("bytes32", "bytes32"),
            ("Uint8Array", "bytes"),
            ("boolean", "bool"),
            ("address[][]", "address[][]"),
        ] {
            assert_eq!(described(word).map(|kind| kind.canonical()).as_deref(), Some(wire));
        }
        for word in ["any", "u7", "uint7", "Uint16Array", "bytes33", "", "i"] {
            assert_eq!(described(word), None, "{word}");
        }
    }

    #[test]
    fn comments_say_types_and_promises() {
        let doc = Doc::read(
            "*\n * Pays.\n * @param {address} to - who\n * @param {bigint} amount\n\
             * @returns {boolean} always\n * @payable\n * @event Paid(address indexed to) now\n",
        );
        assert_eq!(doc.parameter("to"), Some("address"));
        assert_eq!(doc.parameter("amount"), Some("bigint"));
        assert_eq!(doc.returns(), Some("boolean"));
        assert_eq!(doc.mutability, Some(Mutability::Payable));
        let mut interface = Interface::default();
        doc.declare(&mut interface).unwrap();
        assert_eq!(interface.events[0].signature(), "Paid(address)");
    }
}
