//! What people deploy: a file of code, with its interface where it ships one.

use abi::Interface;
use alloy_primitives::hex;
use js_compiler::Unit;
use primitives::{Bytes, VmKind};
use serde_json::Value as Json;
use thiserror::Error;

/// Code to deploy and what is known of it.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// A name to show: the contract's or the file's.
    pub name: String,
    /// The machine, where the file's form tells it.
    pub kind: Option<VmKind>,
    /// The code. For the EVM this is creation code.
    pub code: Bytes,
    /// The interface that came with it.
    pub interface: Option<Interface>,
}

/// Why a file holds no code to deploy.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The file is empty.
    #[error("artifact \"{0}\" is empty")]
    Empty(String),
    /// The JSON is not what any compiler writes.
    #[error("artifact \"{name}\": {reason}")]
    Json {
        /// The file.
        name: String,
        /// What is missing or wrong.
        reason: String,
    },
    /// The creation code has places for libraries that were not filled.
    #[error("artifact \"{name}\" is not linked: its code names the library {library}")]
    Unlinked {
        /// The file.
        name: String,
        /// The placeholder.
        library: String,
    },
    /// The interface cannot be read.
    #[error("interface of \"{name}\": {reason}")]
    Interface {
        /// The file.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

impl Artifact {
    /// Reads the bytes of a file: a WebAssembly module, a JavaScript unit, a compiler's JSON (solc,
    /// Foundry, Hardhat), hexadecimal text, or raw EVM creation code.
    ///
    /// # Errors
    ///
    /// [`ArtifactError`] naming `name` and what is wrong.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, ArtifactError> {
        let text = core::str::from_utf8(bytes).map(str::trim).ok();
        match text {
            Some("") => Err(ArtifactError::Empty(name.to_owned())),
            Some(text) if text.starts_with('{') => Self::from_json(name, text),
            Some(text) => match hex_bytes(text) {
                Some(code) if code.is_empty() => Err(ArtifactError::Empty(name.to_owned())),
                Some(code) => Ok(Self::new(name, code.into())),
                None => Ok(Self::new(name, Bytes::copy_from_slice(bytes))),
            },
            None => Ok(Self::new(name, Bytes::copy_from_slice(bytes))),
        }
    }

    /// Code without an interface of its own.
    #[must_use]
    pub fn new(name: &str, code: Bytes) -> Self {
        if Unit::is_unit(&code) {
            return Self::from_unit(name, code);
        }
        let kind = code.starts_with(b"\0asm").then_some(VmKind::Wasm);
        Self { name: name.to_owned(), kind, code, interface: None }
    }

    /// A packed JavaScript unit, which brings its interface.
    fn from_unit(name: &str, code: Bytes) -> Self {
        let interface = Unit::decode(&code).ok().map(|unit| unit.interface);
        Self { name: name.to_owned(), kind: Some(VmKind::Js), code, interface }
    }

    /// The same code with this interface.
    #[must_use]
    pub fn with_interface(mut self, interface: Interface) -> Self {
        self.interface = Some(interface);
        self
    }

    fn from_json(name: &str, text: &str) -> Result<Self, ArtifactError> {
        let json_error = |reason: String| ArtifactError::Json { name: name.to_owned(), reason };
        let json: Json =
            serde_json::from_str(text).map_err(|error| json_error(error.to_string()))?;
        let code_text = bytecode(&json)
            .ok_or_else(|| json_error("there is no \"bytecode\" in it".to_owned()))?;
        if let Some(start) = code_text.find("__") {
            let library = code_text[start..].chars().take(40).collect();
            return Err(ArtifactError::Unlinked { name: name.to_owned(), library });
        }
        let code = hex_bytes(code_text)
            .ok_or_else(|| json_error("its \"bytecode\" is not hexadecimal".to_owned()))?;
        if code.is_empty() {
            return Err(json_error(
                "its \"bytecode\" is empty: an interface or an abstract contract".to_owned(),
            ));
        }
        let interface = match json.get("abi") {
            Some(_) => Some(Interface::from_json(text).map_err(|error| {
                ArtifactError::Interface { name: name.to_owned(), reason: error.to_string() }
            })?),
            None => None,
        };
        let title = json.get("contractName").and_then(Json::as_str).unwrap_or(name);
        Ok(Self { name: title.to_owned(), kind: Some(VmKind::Evm), code: code.into(), interface })
    }
}

/// The creation code in the places where compilers put it.
fn bytecode(json: &Json) -> Option<&str> {
    let places = ["/bytecode", "/bytecode/object", "/evm/bytecode/object", "/bin"];
    places.iter().find_map(|place| json.pointer(place).and_then(Json::as_str))
}

fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_code_are_told_apart() {
        let wasm = Artifact::from_bytes("a.wasm", b"\0asm\x01\0\0\0").unwrap();
        assert_eq!(wasm.kind, Some(VmKind::Wasm));
        let text = Artifact::from_bytes("a.hex", b"0x6001\n").unwrap();
        assert_eq!((text.kind, text.code.as_ref()), (None, &[0x60, 0x01][..]));
        let foundry = br#"{"abi": [], "bytecode": {"object": "0x6001"}}"#;
        let foundry = Artifact::from_bytes("a.json", foundry).unwrap();
        assert_eq!((foundry.kind, foundry.code.len()), (Some(VmKind::Evm), 2));
        let hardhat = br#"{"contractName": "A", "abi": [], "bytecode": "0x6001"}"#;
        assert_eq!(Artifact::from_bytes("a.json", hardhat).unwrap().name, "A");
    }

    #[test]
    fn bad_files_are_named() {
        let cases: [(&[u8], &str); 5] = [
            (b"", "artifact \"a\" is empty"),
            (b"{", "artifact \"a\": EOF while parsing an object at line 1 column 1"),
            (b"{}", "artifact \"a\": there is no \"bytecode\" in it"),
            (br#"{"bytecode": "0x"}"#, "an interface or an abstract contract"),
            (br#"{"bytecode": "0x60__$aa$__"}"#, "artifact \"a\" is not linked"),
        ];
        for (bytes, message) in cases {
            let error = Artifact::from_bytes("a", bytes).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
