//! Events: from a log to values and back.
//!
//! An indexed parameter that is more than one word (text, bytes, arrays, structs) is in the log
//! only as its hash; decoding gives that hash as 32 bytes.

use core::fmt;

use alloy_primitives::{B256, Bytes, keccak256};
use primitives::limits::EVENT_TOPICS_MAX;

use crate::{
    Parameter, Type, Value,
    error::{DecodeError, EncodeError},
    method::signature_of,
    solidity,
    value::check_values,
};

/// An event that a contract emits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Event {
    /// The name.
    pub name: String,
    /// What it carries.
    pub inputs: Vec<EventParameter>,
    /// Whether it has no topic that names it.
    pub anonymous: bool,
}

/// One parameter of an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventParameter {
    /// Name and type.
    pub parameter: Parameter,
    /// Whether it is a topic, by which logs can be filtered.
    pub indexed: bool,
}

/// A log, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodedEvent {
    /// The name of the event.
    pub name: String,
    /// The parameters in their order. The type of an indexed one that is hashed is `bytes32`.
    pub fields: Vec<(Parameter, Value)>,
}

impl Event {
    /// The name and the canonical types: `Transfer(address,address,uint256)`.
    #[must_use]
    pub fn signature(&self) -> String {
        let parameters: Vec<_> = self.inputs.iter().map(|input| input.parameter.clone()).collect();
        signature_of(&self.name, &parameters)
    }

    /// The keccak256 of the [signature](Self::signature): the first topic, unless anonymous.
    #[must_use]
    pub fn topic(&self) -> B256 {
        keccak256(self.signature())
    }

    /// How many topics a log of this event has.
    #[must_use]
    pub fn topic_count(&self) -> usize {
        usize::from(!self.anonymous) + self.inputs.iter().filter(|input| input.indexed).count()
    }

    /// Whether no log can hold it: it has more topics than a log.
    #[must_use]
    pub fn has_too_many_topics(&self) -> bool {
        self.topic_count() > EVENT_TOPICS_MAX
    }

    /// The topics and the data of a log with these values.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] where a value is not of the type of its parameter.
    pub fn encode(&self, values: &[Value]) -> Result<(Vec<B256>, Bytes), EncodeError> {
        let kinds: Vec<_> = self.inputs.iter().map(|input| &input.parameter.kind).collect();
        check_values(values, &kinds)?;
        let mut topics: Vec<_> = (!self.anonymous).then(|| self.topic()).into_iter().collect();
        let (mut plain, mut plain_kinds) = (Vec::new(), Vec::new());
        for (value, input) in values.iter().zip(&self.inputs) {
            if input.indexed {
                topics.push(topic_of(value, &input.parameter.kind));
            } else {
                plain.push(value.clone());
                plain_kinds.push(&input.parameter.kind);
            }
        }
        Ok((topics, solidity::encode(&plain, &plain_kinds)?.into()))
    }

    /// The values in a log.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] where the topics are another event's or the data is malformed.
    pub fn decode(&self, topics: &[B256], data: &[u8]) -> Result<DecodedEvent, DecodeError> {
        let named = self.anonymous || topics.first() == Some(&self.topic());
        if topics.len() != self.topic_count() || !named {
            return Err(DecodeError::Topics {
                signature: self.signature(),
                expected: self.topic_count(),
                given: topics.len(),
            });
        }
        let plain = self.inputs.iter().filter(|input| !input.indexed);
        let kinds: Vec<_> = plain.map(|input| &input.parameter.kind).collect();
        let mut plain_values = solidity::decode(data, &kinds)?.into_iter();
        let mut indexed_topics = topics.iter().skip(usize::from(!self.anonymous));
        let mut fields = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            let mut parameter = input.parameter.clone();
            let value = if input.indexed {
                let topic = indexed_topics.next().expect("invariant: topics are counted");
                if !solidity::is_word(&parameter.kind) {
                    parameter.kind = Type::FixedBytes(32);
                }
                let mut values = solidity::decode(topic.as_slice(), &[&parameter.kind])?;
                values.pop().expect("invariant: one type gives one value")
            } else {
                plain_values.next().expect("invariant: a value for each type")
            };
            fields.push((parameter, value));
        }
        Ok(DecodedEvent { name: self.name.clone(), fields })
    }
}

impl DecodedEvent {
    /// The value of the parameter of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(field, _)| field.name == name).map(|(_, value)| value)
    }
}

/// The signature as one writes it: `event Transfer(address indexed from, uint256 amount)`.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {}(", self.name)?;
        for (index, input) in self.inputs.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let indexed = if input.indexed { " indexed" } else { "" };
            write!(f, "{comma}{}{indexed}", input.parameter.kind)?;
            if !input.parameter.name.is_empty() {
                write!(f, " {}", input.parameter.name)?;
            }
        }
        f.write_str(if self.anonymous { ") anonymous" } else { ")" })
    }
}

impl fmt::Display for DecodedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        crate::display::write_fields(f, &self.fields)
    }
}

fn topic_of(value: &Value, kind: &Type) -> B256 {
    let mut bytes = Vec::new();
    match (value, kind.resolved()) {
        (Value::Bytes(content), Type::Bytes) => return keccak256(content),
        (Value::String(text), _) => return keccak256(text),
        (value, kind) => solidity::encode_in_place(&mut bytes, value, kind),
    }
    if solidity::is_word(kind) { B256::from_slice(&bytes) } else { keccak256(bytes) }
}
