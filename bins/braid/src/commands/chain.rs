//! The chain: `init`, `genesis`, `block`, `tx`, `receipt`.

mod make;
mod statistics;

use std::{path::Path, time::Duration};

use braidvm::{
    Artifact, BlockNumber, BlockRecord, Engine, EngineError, FoundTransaction, Genesis, Hash,
    SignedTransaction,
    decode::decode_event,
    rooms::block::{Receipt, RecoveryError},
    tree::thousands,
};
use serde_json::{Value as Json, json};

use crate::{
    cli::{BlockArgs, BlockCommand, Global, InitArgs, TxArgs, TxCommand},
    commands::contract::gas_json,
    context,
    failure::Failure,
    output::Output,
};

pub(crate) fn init(global: &Global, arguments: &InitArgs, output: &Output) -> Result<(), Failure> {
    let folder = global
        .data
        .as_deref()
        .ok_or_else(|| Failure::usage("init needs --data DIR, the folder of the new chain"))?;
    let path = &arguments.genesis;
    let text = context::read_text(path)?;
    let genesis = Genesis::from_text(&path.display().to_string(), &text)
        .map_err(|error| Failure::usage(error.to_string()))?;
    let beside = path.parent().unwrap_or_else(|| Path::new("."));
    let read = |file: &Path| read_artifact(&beside.join(file));
    let engine = Engine::init(folder, context::config(global)?, &genesis, &read)?;
    let hash = engine.block(BlockNumber(0))?.hash();
    let rules = engine.rules();
    output.json(&json!({ "chain_id": rules.chain_id, "genesis": hash, "rules": rules }))?;
    output.line(format!("chain {} begins in {}", rules.chain_id, folder.display()))?;
    output.line(format!("genesis {hash}"))
}

pub(crate) fn genesis(global: &Global, output: &Output) -> Result<(), Failure> {
    let genesis = context::config(global)?.chain.genesis();
    output.json(&genesis)?;
    output.line(genesis.to_toml().trim_end())
}

pub(crate) fn block(
    global: &Global,
    arguments: &BlockArgs,
    output: &Output,
) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    match &arguments.command {
        Some(BlockCommand::Make { file, per_block, stream, time_limit_ms }) => {
            let limit = time_limit_ms.map(Duration::from_millis);
            make::block(engine, file, (*per_block, *stream, limit), output)
        }
        Some(BlockCommand::Stats { block, top }) => {
            let record = found(&engine, block.as_deref())?;
            statistics::show(&engine, BlockNumber(record.header.number), *top, output)
        }
        Some(BlockCommand::Replay { from, to }) => {
            replay(&engine, *from, to.unwrap_or_else(|| engine.tip()), output)
        }
        None => show_block(&found(&engine, arguments.block.as_deref())?, output),
    }
}

/// The block of a number or a hash; the latest where none is named.
fn found(engine: &Engine, block: Option<&str>) -> Result<BlockRecord, Failure> {
    let Some(text) = block else { return Ok(engine.block(engine.tip())?) };
    match (text.parse::<u64>(), text.parse::<Hash>()) {
        (Ok(number), _) => Ok(engine.block(BlockNumber(number))?),
        (_, Ok(hash)) => Ok(engine.block_by_hash(&hash)?),
        _ => {
            let what = format!("\"{text}\" is neither a number nor a hash of a block");
            Err(Failure::usage(what))
        }
    }
}

fn show_block(record: &BlockRecord, output: &Output) -> Result<(), Failure> {
    output.json(&block_json(record))?;
    let header = &record.header;
    let rows = [
        ("number", header.number.to_string()),
        ("hash", record.hash().to_string()),
        ("parent", header.parent_hash.to_string()),
        ("time", format!("{} s", header.timestamp)),
        ("gas", format!("{} of {}", thousands(header.gas_used), thousands(header.gas_limit))),
        ("base fee", format!("{} wei", header.base_fee_per_gas.unwrap_or_default())),
        ("fee recipient", header.beneficiary.to_string()),
        ("state root", header.state_root.to_string()),
        ("transactions root", header.transactions_root.to_string()),
        ("receipts root", header.receipts_root.to_string()),
        ("commitment", header.extra_data.to_string()),
        ("transactions", record.transactions.len().to_string()),
    ];
    output.table(&["property", "value"], &properties(rows))?;
    if record.receipts.is_empty() {
        return Ok(());
    }
    let row = |receipt: &Receipt| {
        let to = receipt.to.or(receipt.created).map_or_else(|| "-".to_owned(), |it| it.to_string());
        let used = thousands(receipt.gas_used.0);
        vec![receipt.transaction_hash.to_string(), receipt.status.name().to_owned(), to, used]
    };
    let rows: Vec<_> = record.receipts.iter().map(row).collect();
    output.table(&["transaction", "outcome", "to", "gas"], &rows)
}

pub(crate) fn transaction(
    global: &Global,
    arguments: &TxArgs,
    output: &Output,
) -> Result<(), Failure> {
    match (&arguments.command, &arguments.hash) {
        (Some(TxCommand::Decode { raw }), _) => {
            let bytes = context::transaction("the transaction", raw)?;
            let transaction = SignedTransaction::decode(&bytes)
                .map_err(|error| Failure::usage(error.to_string()))?;
            show_transaction(&transaction, None, output)
        }
        (None, Some(hash)) => {
            let found = context::engine(global)?.find_transaction(hash)?;
            show_transaction(&found.transaction, Some(&found), output)
        }
        (None, None) => Err(Failure::usage("tx needs the hash of a transaction")),
    }
}

pub(crate) fn receipt(global: &Global, hash: &Hash, output: &Output) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    let FoundTransaction { place, block_hash, receipt, .. } = engine.find_transaction(hash)?;
    let interfaces = engine.interfaces();
    let events: Vec<_> =
        receipt.events.iter().map(|event| decode_event(event, &interfaces)).collect();
    output.json(&json!({
        "transaction": receipt.transaction_hash,
        "type": receipt.kind,
        "block": place.block,
        "block_hash": block_hash,
        "index": receipt.index,
        "from": receipt.from,
        "to": receipt.to,
        "outcome": receipt.status.name(),
        "reason": receipt.reason,
        "contract": receipt.created,
        "output": receipt.output,
        "output_bytes": receipt.output_bytes,
        "gas_used": receipt.gas_used,
        "cumulative_gas": receipt.cumulative_gas,
        "gas_price": receipt.gas_price.to_string(),
        "gas_by_vm": gas_json(&receipt.gas_by_vm),
        "events": events,
    }))?;
    let text = |address: Option<braidvm::Address>| {
        address.map_or_else(|| "-".to_owned(), |address| address.to_string())
    };
    let rows = [
        ("transaction", receipt.transaction_hash.to_string()),
        ("block", place.block.to_string()),
        ("index", receipt.index.to_string()),
        ("outcome", receipt.status.name().to_owned()),
        ("reason", receipt.reason.clone().unwrap_or_else(|| "-".to_owned())),
        ("from", receipt.from.to_string()),
        ("to", text(receipt.to)),
        ("contract made", text(receipt.created)),
        ("gas used", thousands(receipt.gas_used.0)),
        ("gas price", format!("{} wei", receipt.gas_price)),
        ("output", receipt.output.to_string()),
    ];
    output.table(&["property", "value"], &properties(rows))?;
    for event in &events {
        output.line(format!("event {} {}", event.address, event.text))?;
    }
    Ok(())
}

fn replay(
    engine: &Engine,
    from: BlockNumber,
    to: BlockNumber,
    output: &Output,
) -> Result<(), Failure> {
    if from > to {
        return Err(Failure::usage(format!("--from {from} is above --to {to}")));
    }
    let count = to.0 - from.0 + 1;
    let bar = output.progress("blocks", count);
    for number in from.0..=to.0 {
        if let Some(difference) = engine.replay(BlockNumber(number))? {
            bar.finish_and_clear();
            output.json(&json!({
                "equal": false,
                "block": difference.block,
                "what": difference.what,
                "stored": difference.stored,
                "replayed": difference.replayed,
            }))?;
            return Err(Failure::Host(anyhow::anyhow!("{difference}")));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    output.json(&json!({ "equal": true, "from": from, "to": to, "blocks": count }))?;
    output.line(format!("{} blocks, {from} to {to}, gave the same again", thousands(count)))
}

fn read_artifact(path: &Path) -> Result<Artifact, EngineError> {
    let bytes = context::read_bytes(path).map_err(|failure| {
        EngineError::Arguments(format!("a contract of the genesis: {}", failure.message()))
    })?;
    Ok(Artifact::from_bytes(&context::file_name(path), &bytes)?)
}

fn show_transaction(
    transaction: &SignedTransaction,
    found: Option<&FoundTransaction>,
    output: &Output,
) -> Result<(), Failure> {
    let sender = transaction.sender().map_err(|error: RecoveryError| {
        Failure::usage(format!("the transaction has no sender: {error}"))
    })?;
    // What no machine carries out has no call, and is shown without one.
    let call = transaction.recover().ok().map(|recovered| recovered.transaction);
    let kind = format!("{:#04x}", transaction.kind());
    let action = transaction.payload().map(|payload| payload.action.name());
    output.json(&json!({
        "hash": transaction.hash(),
        "type": kind,
        "action": action,
        "block": found.map(|it| it.place.block),
        "block_hash": found.map(|it| it.block_hash),
        "index": found.map(|it| it.place.index),
        "chain_id": transaction.chain_id(),
        "from": sender,
        "signed": !transaction.is_impersonated(),
        "nonce": transaction.nonce(),
        "expiry": transaction.expiry(),
        "gas_limit": transaction.gas_limit(),
        "max_fee": transaction.max_fee().to_string(),
        "max_priority_fee": transaction.max_priority_fee().to_string(),
        "to": call.as_ref().and_then(|it| it.to),
        "value": call.as_ref().map(|it| it.value.to_string()),
        "input": call.as_ref().map(|it| &it.input),
        "raw": transaction.encode(),
    }))?;
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let rows = [
        ("hash", transaction.hash().to_string()),
        ("type", kind),
        ("block", or_none(found.map(|it| it.place.block.to_string()))),
        ("chain", or_none(transaction.chain_id().map(|it| it.to_string()))),
        ("from", sender.to_string()),
        ("signed", if transaction.is_impersonated() { "no" } else { "yes" }.to_owned()),
        ("nonce", transaction.nonce().to_string()),
        ("expires after block", or_none(transaction.expiry().map(|it| it.to_string()))),
        ("gas limit", thousands(transaction.gas_limit().0)),
        ("max fee", format!("{} wei", transaction.max_fee())),
        ("max priority fee", format!("{} wei", transaction.max_priority_fee())),
        ("to", or_none(call.as_ref().and_then(|it| it.to).map(|to| to.to_string()))),
        ("value", or_none(call.as_ref().map(|it| format!("{} wei", it.value)))),
        ("input", or_none(call.as_ref().map(|it| braidvm::show_bytes(&it.input)))),
    ];
    output.table(&["property", "value"], &properties(rows))
}

fn block_json(record: &BlockRecord) -> Json {
    let header = &record.header;
    json!({
        "number": header.number,
        "hash": record.hash(),
        "parent": header.parent_hash,
        "timestamp_s": header.timestamp,
        "gas_used": header.gas_used,
        "gas_limit": header.gas_limit,
        "base_fee": header.base_fee_per_gas,
        "fee_recipient": header.beneficiary,
        "prevrandao": header.mix_hash,
        "state_root": header.state_root,
        "transactions_root": header.transactions_root,
        "receipts_root": header.receipts_root,
        "commitment": header.extra_data,
        "logs_bloom": header.logs_bloom,
        "transactions": record.transactions.iter().map(SignedTransaction::hash).collect::<Vec<_>>(),
    })
}

fn properties<const N: usize>(rows: [(&str, String); N]) -> Vec<Vec<String>> {
    rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect()
}
