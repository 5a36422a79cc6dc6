//! Proofs about single records: `state prove` and `state check-proof`.

use std::{fs, path::Path};

use braidvm::{
    Address, BlockNumber, Bytes, Engine, Hash, U256, VmKind,
    rooms::{
        proof::Proof,
        state::{Key, StateError, StateView},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    cli::{Global, ProveArgs},
    context,
    failure::Failure,
    output::Output,
};

/// The version of the form in which proofs are written.
const PROOF_FILE_VERSION: u32 = 1;

/// A proof with the statement that it is about, as files hold it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofFile {
    /// The version of this form.
    braid_proof: u32,
    /// The block after which the state was, as the prover says.
    block: BlockNumber,
    /// The first block whose header has that root, as the prover says; the same block where nothing
    /// is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    header: Option<BlockNumber>,
    /// The root of that state, as the prover says.
    root: Hash,
    /// The whole key.
    key: Bytes,
    /// The value, or nothing where the record is not there.
    value: Option<Bytes>,
    /// The bytes of the proof.
    proof: Bytes,
}

pub(crate) fn prove(
    global: &Global,
    arguments: &ProveArgs,
    output: &Output,
) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let store = engine.store();
    let block = arguments.block.unwrap_or_else(|| engine.tip());
    let view = store.at(block)?;
    let key = key_of(&engine, &*view, arguments)?;
    let header = engine.rules().root_header(block);
    let file = ProofFile {
        braid_proof: PROOF_FILE_VERSION,
        block,
        header: (header != block).then_some(header),
        root: store.root_at(block)?,
        value: view.read(&key)?,
        proof: store.prove(&key, block)?.encode().into(),
        key: Bytes::copy_from_slice(key.as_bytes()),
    };
    let Some(path) = &arguments.output else {
        output.json(&file)?;
        return output.line(pretty(&file)?);
    };
    fs::write(path, pretty(&file)? + "\n")
        .map_err(|error| Failure::Host(anyhow::anyhow!("{}: {error}", path.display())))?;
    output.json(&json!({ "file": path, "block": block, "header": header, "root": file.root }))?;
    output.line(format!("{key} after block {block} in {}, root {}", path.display(), file.root))?;
    match engine.tip() < header {
        true => output.remark(format!("the header of block {header}, still to come, has the root")),
        false => output.remark(format!("the header of block {header} has the root")),
    }
    Ok(())
}

pub(crate) fn check(path: &Path, root: &Hash, output: &Output) -> Result<(), Failure> {
    let wrong = |reason: String| Failure::usage(format!("{}: {reason}", path.display()));
    let file: ProofFile = serde_json::from_str(&context::read_text(path)?)
        .map_err(|error| wrong(format!("it does not read as a proof: {error}")))?;
    if file.braid_proof != PROOF_FILE_VERSION {
        let found = file.braid_proof;
        return Err(wrong(format!("it has form {found}, this program reads {PROOF_FILE_VERSION}")));
    }
    let key = Key::from_bytes(&file.key).ok_or_else(|| wrong(format!("{} is no key", file.key)))?;
    let proof = Proof::decode(&file.proof).map_err(|error| wrong(error.to_string()))?;
    proof
        .verify(root, &file.key, file.value.as_deref().map(AsRef::as_ref))
        .map_err(|error| wrong(format!("the proof does not hold: {error}")))?;
    output.json(&json!({
        "holds": true,
        "block": file.block,
        "header": file.header.unwrap_or(file.block),
        "root": root,
        "key": file.key,
        "name": key.to_string(),
        "value": file.value,
    }))?;
    output.line(match &file.value {
        Some(value) => format!("it holds: {key} is {value}"),
        None => format!("it holds: {key} is not there"),
    })?;
    let header = file.header.unwrap_or(file.block);
    output.remark(format!("the prover says that the header of block {header} has the root"));
    Ok(())
}

fn pretty(file: &ProofFile) -> Result<String, Failure> {
    Ok(serde_json::to_string_pretty(file).map_err(anyhow::Error::from)?)
}

/// The record that is meant: a whole key, an account, or an entry of its storage.
fn key_of(engine: &Engine, view: &dyn StateView, arguments: &ProveArgs) -> Result<Key, Failure> {
    let hex = alloy_primitives::hex::decode(&arguments.target).ok();
    let whole = hex.filter(|bytes| bytes.len() > size_of::<Address>());
    if let Some(bytes) = whole {
        if arguments.key.is_some() {
            return Err(Failure::usage("a whole key names its record already"));
        }
        let wrong = || Failure::usage(format!("{} is no key of the state", arguments.target));
        return Key::from_bytes(&bytes).ok_or_else(wrong);
    }
    let address = engine.account(&arguments.target)?;
    let Some(text) = &arguments.key else { return Ok(Key::account(&address)) };
    if is_evm(view, &address)? {
        let slot: U256 = text.parse().map_err(|_| {
            Failure::usage(format!("\"{text}\" is no slot: a number below 2^256, or 0x…"))
        })?;
        return Ok(Key::slot(&address, &slot.into()));
    }
    let is_hex = text.starts_with("0x");
    let bytes = match alloy_primitives::hex::decode(text) {
        Ok(bytes) if is_hex => bytes,
        Err(_) if is_hex => return Err(Failure::usage(format!("\"{text}\" is not hexadecimal"))),
        _ => text.as_bytes().to_vec(),
    };
    Ok(Key::kv(&address, &bytes))
}

/// Whether the storage of an account is made of slots.
fn is_evm(view: &dyn StateView, address: &Address) -> Result<bool, StateError> {
    use braidvm::rooms::state::record::AccountRecord;
    let key = Key::account(address);
    let account = match view.read(&key)? {
        Some(bytes) => AccountRecord::decode(&key, &bytes)?,
        None => AccountRecord::default(),
    };
    Ok(account.kind == VmKind::Evm)
}
