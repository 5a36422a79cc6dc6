//! State objects: `object`.

use braidvm::{ObjectId, ObjectOwner, StateAt};
use serde_json::json;

use crate::{
    cli::{Global, ObjectArgs},
    context,
    failure::Failure,
    output::Output,
};

/// What stands for the identity where a list is asked for.
const LIST: &str = "list";

pub(crate) fn object(
    global: &Global,
    arguments: &ObjectArgs,
    output: &Output,
) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let state = context::state(&engine, &arguments.moment)?;
    if arguments.object != LIST {
        return show(&state, &identity(&arguments.object)?, output);
    }
    let Some(owner) = &arguments.owner else {
        let reason = "`object list` needs --owner: an account, a contract or an object";
        return Err(Failure::usage(reason));
    };
    let owner = match engine.account(owner) {
        Ok(address) if address.is_evm() => ObjectOwner::Address(address),
        // 32 bytes are an object's identity or an account's: an object where there is one.
        Ok(address) => match state.object(&identity(owner)?)? {
            Some(found) => ObjectOwner::Object(found.id),
            None => ObjectOwner::Address(address),
        },
        Err(error) => return Err(error.into()),
    };
    let mut rows = Vec::new();
    for id in state.objects_of(owner, arguments.limit)? {
        let Some(found) = state.object(&id)? else { continue };
        output.json(&json!({
            "id": id,
            "creator": found.record.creator,
            "fields": found.record.fields,
            "created_block": found.record.created_block,
        }))?;
        let fields: Vec<_> = found.fields.iter().map(|(name, ..)| name.as_str()).collect();
        rows.push(vec![id.to_string(), found.record.creator.to_string(), fields.join(", ")]);
    }
    output.table(&["object", "creator", "fields"], &rows)
}

fn show(state: &StateAt<'_>, id: &ObjectId, output: &Output) -> Result<(), Failure> {
    let found = state.object(id)?.ok_or_else(|| {
        Failure::usage(format!("there is no object {id} after block {}", state.block()))
    })?;
    let fields: Vec<_> = found
        .fields
        .iter()
        .map(|(name, kind, value)| {
            let value = value.show(kind).to_string();
            json!({ "name": name, "type": kind.to_string(), "value": value })
        })
        .collect();
    output.json(&json!({
        "id": found.id,
        "block": state.block(),
        "creator": found.record.creator,
        "owner": found.record.owner,
        "created_block": found.record.created_block,
        "fields": fields,
    }))?;
    let properties = [
        ("object", found.id.to_string()),
        ("creator", found.record.creator.to_string()),
        ("owner", found.record.owner.to_string()),
        ("made in block", found.record.created_block.to_string()),
    ];
    let rows: Vec<_> =
        properties.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    output.table(&["property", "value"], &rows)?;
    let rows: Vec<_> = found
        .fields
        .iter()
        .map(|(name, kind, value)| {
            vec![name.clone(), kind.to_string(), value.show(kind).to_string()]
        })
        .collect();
    output.heading("Fields")?;
    output.table(&["field", "type", "value"], &rows)
}

fn identity(text: &str) -> Result<ObjectId, Failure> {
    text.parse().map_err(|error| {
        Failure::usage(format!("\"{text}\" is no identity of an object (32 bytes): {error}"))
    })
}
