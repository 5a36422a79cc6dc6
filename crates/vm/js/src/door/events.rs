//! Events: by the interface where it has one of the name, as one text where it has none.

use abi::{Event, Value};
use primitives::B256;

use super::{Answer, Arguments, FrameDoor, Stop};
use crate::engine::JsValue;
use crate::marshal;

impl FrameDoor<'_> {
    pub(super) fn emit(&mut self, arguments: &Arguments<'_>) -> Answer {
        let (name, fields) = (arguments.text(0)?, arguments.at(1));
        self.charge_copy(marshal::weight(fields))?;
        let known = self.interface.events.iter().find(|event| event.name == name);
        let encoded = match known {
            Some(event) => encode_known(event, fields),
            None => encode_text(name, fields),
        };
        let (topics, data) = encoded.map_err(Stop::Throw)?;
        self.host.emit(&mut self.meter, &topics, &data)?;
        Ok(JsValue::Undefined)
    }

    pub(super) fn emit_raw(&mut self, arguments: &Arguments<'_>) -> Answer {
        let data = arguments.bytes(1)?;
        self.charge_copy(data.len())?;
        let topic = |topic: &JsValue| match topic {
            JsValue::Bytes(bytes) if bytes.len() == 32 => Ok(B256::from_slice(bytes)),
            _ => Err(Stop::Throw("a topic is a Uint8Array of 32 bytes".to_owned())),
        };
        let topics: Vec<B256> = arguments.list(0)?.iter().map(topic).collect::<Result<_, _>>()?;
        self.host.emit(&mut self.meter, &topics, data)?;
        Ok(JsValue::Undefined)
    }
}

type Encoded = Result<(Vec<B256>, primitives::Bytes), String>;

fn encode_known(event: &Event, fields: &JsValue) -> Encoded {
    let parameters: Vec<_> = event.inputs.iter().map(|input| &input.parameter).collect();
    let values = marshal::to_parameters(fields, &parameters)
        .map_err(|error| format!("event {}: {error}", event.name))?;
    event.encode(&values).map_err(|error| format!("event {}: {error}", event.name))
}

/// An event that the interface does not have: its name with one text, JSON where there is more than
/// a text.
fn encode_text(name: &str, fields: &JsValue) -> Encoded {
    let text = match fields {
        JsValue::List(items) => match items.as_slice() {
            [JsValue::Text(text)] => text.clone(),
            _ => marshal::json(fields),
        },
        _ => marshal::json(fields),
    };
    let topic = primitives::keccak256(format!("{name}(string)"));
    let data = abi::solidity::encode(&[Value::text(text)], &[&abi::Type::String]);
    data.map(|data| (vec![topic], data.into())).map_err(|error| error.to_string())
}
