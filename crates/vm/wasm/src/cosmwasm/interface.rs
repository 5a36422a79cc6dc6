//! How every machine sees a CosmWasm contract, and how a CosmWasm contract sees all others.

use std::sync::LazyLock;

use abi::{Interface, Method, Parameter, Type, Value};
use serde_json::{Map, Value as Json};

/// The methods of a CosmWasm contract. Messages are JSON.
static METHODS: [&str; 7] = [
    "function execute(string message) payable returns (bytes data, string events)",
    "function query(string message) view returns (string)",
    "function migrate(string message) returns (bytes data, string events)",
    "function sudo(string message) returns (bytes data, string events)",
    "function raw(bytes key) view returns (bytes)",
    "function code() view returns (bytes)",
    "function perform(string message) returns (string)",
];

/// The interface of a CosmWasm contract with all entries.
pub(crate) static INTERFACE: LazyLock<Interface> = LazyLock::new(|| {
    let others = [
        "constructor(string message) payable",
        "event CosmWasmEvent(string kind, string attributes)",
    ];
    let signatures: Vec<_> = METHODS.into_iter().chain(others).collect();
    let read = Interface::from_signatures(&signatures);
    let interface = read.expect("invariant: the interface of CosmWasm parses");
    Interface { receive: true, ..interface }
});

/// The interface of a module that exports these entries.
pub(crate) fn of_exports(exports: &[String]) -> Interface {
    let mut interface = INTERFACE.clone();
    let is_entry = |name: &str| ["execute", "query", "migrate", "sudo"].contains(&name);
    let is_there = |name: &str| exports.iter().any(|export| export == name);
    interface.methods.retain(|method| !is_entry(&method.name) || is_there(&method.name));
    interface
}

/// A method of [`INTERFACE`].
pub(crate) fn method(name: &str) -> &'static Method {
    INTERFACE.method(name).expect("invariant: a method of the interface of CosmWasm")
}

/// How a message reaches a contract.
#[derive(Debug)]
pub(crate) enum Form<'a> {
    /// As it is: the contract speaks as those of CosmWasm do.
    Message(&'a Method),
    /// As a call of the method that the message names.
    Call(&'a Method, Vec<Value>),
}

/// How `message` reaches a contract of this interface: where the contract has the method `entry`
/// of CosmWasm contracts, as it is; else `{"transfer":{"to":"0x…","amount":"5"}}` and
/// `{"transfer":["0x…","5"]}` call the method `transfer`. Names match without regard to case and
/// underscores, so that `balance_of` is `balanceOf`.
pub(crate) fn form<'a>(
    interface: &'a Interface,
    entry: &str,
    message: &[u8],
) -> Result<Form<'a>, String> {
    let wanted = method(entry);
    if let Some(found) = interface.methods.iter().find(|found| is_same(found, wanted)) {
        return Ok(Form::Message(found));
    }
    let (name, arguments) = named(message)?;
    let mut problem = format!("the contract has no method \"{name}\"");
    for method in interface.methods.iter().filter(|method| is_alike(&method.name, &name)) {
        match read(&method.inputs, &arguments) {
            Ok(values) => return Ok(Form::Call(method, values)),
            Err(error) => problem = format!("{}: {error}", method.signature()),
        }
    }
    Err(problem)
}

fn is_same(found: &Method, wanted: &Method) -> bool {
    let kinds = |list: &[Parameter]| list.iter().map(|one| one.kind.clone()).collect::<Vec<_>>();
    found.name == wanted.name
        && kinds(&found.inputs) == kinds(&wanted.inputs)
        && kinds(&found.outputs) == kinds(&wanted.outputs)
}

fn is_alike(left: &str, right: &str) -> bool {
    let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
    plain(left) == plain(right)
}

/// The name and the arguments in a message.
fn named(message: &[u8]) -> Result<(String, Json), String> {
    let message: Json = serde_json::from_slice(message).map_err(|error| error.to_string())?;
    match message {
        Json::String(name) => Ok((name, Json::Object(Map::new()))),
        Json::Object(entries) if entries.len() == 1 => {
            Ok(entries.into_iter().next().expect("invariant: there is one entry"))
        }
        _ => Err("a message names one method: {\"transfer\":{\"to\":\"0x…\"}}".to_owned()),
    }
}

/// The values of these parameters in an object by their names, or in an array in their order.
pub(crate) fn read(inputs: &[Parameter], arguments: &Json) -> Result<Vec<Value>, String> {
    let found = match arguments {
        Json::Object(fields) => fields.len(),
        Json::Array(items) => items.len(),
        _ => return Err("arguments are an object or an array".to_owned()),
    };
    let wanted = inputs.len();
    if found != wanted {
        return Err(format!("{wanted} arguments expected, {found} given"));
    }
    let one = |(place, input): (usize, &Parameter)| {
        let argument = match arguments {
            Json::Object(fields) => fields
                .iter()
                .find_map(|(name, value)| is_alike(name, &input.name).then_some(value))
                .ok_or_else(|| format!("the argument \"{}\" is missing", input.name)),
            arguments => arguments.get(place).ok_or_else(|| "too few arguments".to_owned()),
        }?;
        abi::json::from_json(argument, &input.kind).map_err(|error| error.to_string())
    };
    inputs.iter().enumerate().map(one).collect()
}

/// Results as JSON: the value of one, an array of several.
pub(crate) fn write(outputs: &[Parameter], values: &[Value]) -> Result<Vec<u8>, String> {
    let each = outputs.iter().zip(values).map(|(output, value)| write_one(value, &output.kind));
    let mut found = each.collect::<Result<Vec<_>, _>>()?;
    let whole = match found.len() {
        1 => found.remove(0),
        _ => Json::Array(found),
    };
    Ok(whole.to_string().into_bytes())
}

/// A value as CosmWasm contracts read it: integers of more than 64 bits are texts, addresses are
/// in lower case.
fn write_one(value: &Value, kind: &Type) -> Result<Json, String> {
    let list = |items: &[Value], element: &Type| {
        items.iter().map(|item| write_one(item, element)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match (value, kind) {
        (Value::Uint(number), Type::Uint(bits)) if *bits > 64 => number.to_string().into(),
        (Value::Int(number), Type::Int(bits)) if *bits > 64 => number.to_string().into(),
        (Value::Uint(number), _) if u64::try_from(*number).is_ok() => number.to::<u64>().into(),
        (Value::Address(address), _) => super::address::text(address).into(),
        (Value::Array(items), Type::Array(element) | Type::FixedArray(element, _)) => {
            Json::Array(list(items, element)?)
        }
        (Value::Tuple(items), Type::Tuple(tuple)) => {
            let fields = tuple
                .fields
                .iter()
                .zip(items)
                .map(|(field, item)| Ok((field.name.clone(), write_one(item, &field.kind)?)));
            let fields = fields.collect::<Result<Vec<_>, String>>()?;
            match fields.iter().any(|(name, _)| name.is_empty()) {
                true => Json::Array(fields.into_iter().map(|(_, item)| item).collect()),
                false => Json::Object(fields.into_iter().collect()),
            }
        }
        (value, kind) => abi::json::to_json(value, kind).map_err(|error| error.to_string())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Interface {
        let signatures = [
            "function transfer(address to, uint256 amount) returns (bool)",
            "function balanceOf(address) view returns (uint256)",
            "function pair() view returns (uint64 low, int256 high)",
        ];
        Interface::from_signatures(&signatures).expect("signatures that parse")
    }

    #[test]
    fn messages_call_methods_by_name_or_in_order() {
        let token = token();
        let to = "0x5b38da6a701c568545dcfcb03fcb875f56beddc4";
        let by_name = format!(r#"{{"transfer":{{"amount":"5","to":"{to}"}}}}"#);
        let in_order = format!(r#"{{"transfer":["{to}",5]}}"#);
        for message in [by_name, in_order] {
            let form = form(&token, "execute", message.as_bytes()).expect("a call");
            let Form::Call(method, values) = form else { panic!("no call: {form:?}") };
            assert_eq!(method.name, "transfer");
            assert_eq!(values[1], Value::uint(5));
        }
        let balance = format!(r#"{{"balance_of":["{to}"]}}"#);
        assert!(matches!(form(&token, "query", balance.as_bytes()), Ok(Form::Call(..))));
        assert!(matches!(form(&token, "query", br#""pair""#), Ok(Form::Call(..))));
    }

    #[test]
    fn what_no_method_takes_is_named() {
        let token = token();
        let problem = |message: &str| form(&token, "execute", message.as_bytes()).unwrap_err();
        assert!(problem(r#"{"mint":{}}"#).contains("\"mint\""));
        assert!(problem(r#"{"transfer":{"to":"0x"}}"#).contains("2 arguments expected, 1 given"));
        assert!(problem(r#"{"transfer":["0x", 1]}"#).contains("transfer(address,uint256)"));
        assert!(problem("{}").contains("one method"));
        assert!(problem("[").contains("EOF"));
    }

    #[test]
    fn wide_integers_are_texts() {
        let outputs = &token().methods[2].outputs.clone();
        let values = [Value::uint(u64::MAX), Value::int(-1)];
        let written = write(outputs, &values).expect("JSON");
        assert_eq!(written, format!(r#"[{},"-1"]"#, u64::MAX).into_bytes());
    }

    #[test]
    fn a_contract_of_the_same_methods_gets_messages_as_they_are() {
        let interface = &*INTERFACE;
        assert!(matches!(form(interface, "execute", b"{}"), Ok(Form::Message(_))));
        let own = of_exports(&["query".to_owned()]);
        assert!(form(&own, "execute", br#"{"execute":{}}"#).is_err());
        assert!(own.methods.iter().any(|method| method.name == "raw"));
    }
}
