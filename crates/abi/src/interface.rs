//! What a contract offers, and how to find a part of it by name, selector or topic.

use alloy_primitives::{B256, Bytes};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    Constructor, DecodedEvent, ErrorDefinition, Event, Method, Mutability, Value,
    error::{DecodeError, EncodeError, InterfaceError, LookupError, shorten},
    human, interface_json,
    method::{selector_of, signature_of},
};

/// How many names a message lists where nothing is similar to the one asked for.
const NAMES_LISTED_MAX: usize = 8;

/// What a contract offers: constructor, methods, events and errors.
///
/// Its JSON form is a Solidity ABI, see [`Interface::to_json`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interface {
    /// How the contract is made; none where it takes nothing.
    pub constructor: Option<Constructor>,
    /// The methods; several may share a name.
    pub methods: Vec<Method>,
    /// The events it emits.
    pub events: Vec<Event>,
    /// The errors it reverts with.
    pub errors: Vec<ErrorDefinition>,
    /// Whether it takes coins that come without input.
    pub receive: bool,
    /// Whether it takes input that is for none of its methods, and whether with coins.
    pub fallback: Option<Mutability>,
}

impl Interface {
    /// An interface from signatures in words, one an item:
    /// `transfer(address,uint256) returns (bool)`, `event Transfer(address indexed from)`,
    /// `constructor(string)`, `error Short(uint256)`, `struct Point { int8 x; }`.
    ///
    /// # Errors
    ///
    /// [`InterfaceError::Signature`] naming the signature and the place in it.
    pub fn from_signatures(signatures: &[&str]) -> Result<Self, InterfaceError> {
        human::interface_from(signatures)
    }

    /// An interface from a Solidity ABI in JSON, or from an artifact of solc, Foundry or Hardhat
    /// that holds one under `abi`.
    ///
    /// # Errors
    ///
    /// [`InterfaceError`] naming the item that is wrong.
    pub fn from_json(text: &str) -> Result<Self, InterfaceError> {
        let document = serde_json::from_str(text)
            .map_err(|error| InterfaceError::NotJson { reason: error.to_string() })?;
        interface_json::read(&document)
    }

    /// The interface as a Solidity ABI in JSON, which every Ethereum tool reads.
    ///
    /// A type that Solidity does not have is written as what stands for it on the wire, with its
    /// full form under `braidType`, so that reading it back gives the same interface.
    #[must_use]
    pub fn to_json(&self) -> String {
        interface_json::write(self).to_string()
    }

    /// The method of this name or signature.
    ///
    /// # Errors
    ///
    /// [`LookupError`] where there is none (with what is similar) or the name has overloads.
    pub fn method(&self, name_or_signature: &str) -> Result<&Method, LookupError> {
        find("method", &self.methods, name_or_signature)
    }

    /// The event of this name or signature.
    ///
    /// # Errors
    ///
    /// As [`method`](Self::method).
    pub fn event(&self, name_or_signature: &str) -> Result<&Event, LookupError> {
        find("event", &self.events, name_or_signature)
    }

    /// The error of this name or signature.
    ///
    /// # Errors
    ///
    /// As [`method`](Self::method).
    pub fn error(&self, name_or_signature: &str) -> Result<&ErrorDefinition, LookupError> {
        find("error", &self.errors, name_or_signature)
    }

    /// The method that input with this selector calls.
    #[must_use]
    pub fn method_by_selector(&self, selector: [u8; 4]) -> Option<&Method> {
        self.methods.iter().find(|method| method.selector() == selector)
    }

    /// The event whose logs begin with this topic.
    #[must_use]
    pub fn event_by_topic(&self, topic: B256) -> Option<&Event> {
        self.events.iter().find(|event| !event.anonymous && event.topic() == topic)
    }

    /// The error whose revert data begins with this selector.
    #[must_use]
    pub fn error_by_selector(&self, selector: [u8; 4]) -> Option<&ErrorDefinition> {
        self.errors.iter().find(|error| error.selector() == selector)
    }

    /// The method that `input` calls and its arguments; none where no method has its selector.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] where the arguments are malformed.
    pub fn decode_call(&self, input: &[u8]) -> Result<Option<(&Method, Vec<Value>)>, DecodeError> {
        let method = input.first_chunk().and_then(|selector| self.method_by_selector(*selector));
        method.map(|method| Ok((method, method.decode_input(input)?))).transpose()
    }

    /// The event in a log; none where no event has its topic and anonymous ones do not fit.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] where topics or data are malformed. Events of one signature that differ in
    /// what is indexed are told apart by the number of topics.
    pub fn decode_event(
        &self,
        topics: &[B256],
        data: &[u8],
    ) -> Result<Option<DecodedEvent>, DecodeError> {
        let mut failure = None;
        let named = |event: &&Event| {
            !event.anonymous && topics.first().is_some_and(|topic| event.topic() == *topic)
        };
        for event in self.events.iter().filter(named) {
            match event.decode(topics, data) {
                Ok(decoded) => return Ok(Some(decoded)),
                Err(error) => _ = failure.get_or_insert(error),
            }
        }
        if let Some(error) = failure {
            return Err(error);
        }
        let mut nameless = self.events.iter().filter(|event| event.anonymous);
        Ok(nameless.find_map(|event| event.decode(topics, data).ok()))
    }

    /// The arguments of the constructor as bytes; an interface without one takes none.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] where a value is not of the type of its parameter.
    pub fn encode_constructor(&self, arguments: &[Value]) -> Result<Bytes, EncodeError> {
        match &self.constructor {
            Some(constructor) => constructor.encode_input(arguments),
            None => Constructor::default().encode_input(arguments),
        }
    }
}

impl Serialize for Interface {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        interface_json::write(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Interface {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = serde_json::Value::deserialize(deserializer)?;
        interface_json::read(&document).map_err(serde::de::Error::custom)
    }
}

/// A part of an interface that has a name and a signature.
trait Item {
    fn name(&self) -> &str;
    fn signature(&self) -> String;
}

impl Item for Method {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> String {
        self.signature()
    }
}

impl Item for Event {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> String {
        self.signature()
    }
}

impl Item for ErrorDefinition {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> String {
        self.signature()
    }
}

fn find<'a, T: Item>(
    what: &'static str,
    items: &'a [T],
    wanted: &str,
) -> Result<&'a T, LookupError> {
    let wanted = wanted.trim();
    if wanted.contains('(') {
        // Read and written again, so that spaces, names and `uint` do not matter.
        let signature = Method::parse(wanted).map_or_else(
            |_| wanted.to_owned(),
            |method| signature_of(&method.name, &method.inputs),
        );
        let found = items.iter().find(|item| item.signature() == signature);
        return found.ok_or_else(|| unknown(what, items, wanted));
    }
    let mut named = items.iter().filter(|item| item.name() == wanted);
    match (named.next(), named.next()) {
        (Some(item), None) => Ok(item),
        (None, _) => Err(unknown(what, items, wanted)),
        (Some(_), Some(_)) => Err(LookupError::Ambiguous {
            what,
            name: shorten(wanted),
            overloads: items
                .iter()
                .filter(|item| item.name() == wanted)
                .map(Item::signature)
                .collect(),
        }),
    }
}

fn unknown<T: Item>(what: &'static str, items: &[T], wanted: &str) -> LookupError {
    let name = shorten(wanted);
    let wanted_name = wanted.split('(').next().unwrap_or_default();
    let nearest = items
        .iter()
        .map(|item| (strsim::damerau_levenshtein(&shorten(item.name()), wanted_name), item))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= wanted_name.len().div_ceil(3));
    let hint = match nearest {
        _ if wanted.len() > name.len() => String::new(),
        Some((_, item)) => format!(", did you mean \"{}\"?", shorten(&item.signature())),
        None if items.is_empty() => format!(": the interface has no {what}s"),
        None => {
            let listed = items.iter().take(NAMES_LISTED_MAX);
            let names: Vec<_> = listed.map(|item| shorten(item.name())).collect();
            let more = if items.len() > NAMES_LISTED_MAX { ", …" } else { "" };
            format!(", there are: {}{more}", names.join(", "))
        }
    };
    LookupError::Unknown { what, name, hint }
}

/// The selector of a signature in canonical form.
#[must_use]
pub fn selector(signature: &str) -> [u8; 4] {
    selector_of(signature)
}
