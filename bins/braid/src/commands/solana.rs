//! Solana accounts as people know them: `solana`.

use braidvm::{
    Address, Engine, Hash, SolanaAccountView, StateAt,
    rooms::vm_svm::{
        ProgramData, ProgramParts, TokenHolding, TokenMint, from_base58, lamports_of, program_name,
        to_base58,
    },
    tree::thousands,
};
use serde_json::{Value as Json, json};

use crate::{
    cli::{
        Global,
        solana::{ProgramCommand, SolanaAt, SolanaCommand},
    },
    context,
    failure::Failure,
    output::Output,
};

/// Bytes of data that are shown to people.
const SHOWN_BYTES: usize = 64;

/// Lamports of a whole coin.
const LAMPORTS_PER_COIN: u64 = 1_000_000_000;

pub(crate) fn run(
    global: &Global,
    command: &SolanaCommand,
    output: &Output,
) -> Result<(), Failure> {
    let engine = context::engine(global)?;
    match command {
        SolanaCommand::Account(at) => on_state(&engine, at, output, account),
        SolanaCommand::Balance(at) => on_state(&engine, at, output, balance),
        SolanaCommand::TokenAccounts(at) => on_state(&engine, at, output, token_accounts),
        SolanaCommand::Program(ProgramCommand::Show(at)) => on_state(&engine, at, output, program),
        SolanaCommand::Blockhash => blockhash(&engine, output),
    }
}

fn on_state(
    engine: &Engine,
    at: &SolanaAt,
    output: &Output,
    show: impl Fn(&StateAt<'_>, &Address, &Output) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let address = match from_base58(&at.address) {
        Some(address) => address,
        None => engine.account(&at.address)?,
    };
    show(&context::state(engine, &at.moment)?, &address, output)
}

fn account(state: &StateAt<'_>, address: &Address, output: &Output) -> Result<(), Failure> {
    let SolanaAccountView { balance, record, data_bytes } = state.solana_account(address)?;
    let lamports = lamports_of(balance);
    let holding = TokenHolding::read(&record);
    let mint = TokenMint::read(&record);
    output.json(&json!({
        "address": to_base58(address),
        "identity": address,
        "block": state.block(),
        "lamports": lamports,
        "owner": to_base58(&record.owner),
        "owner_name": program_name(&record.owner),
        "executable": record.is_executable,
        "data_bytes": data_bytes,
        "data": alloy_primitives::hex::encode_prefixed(&record.data),
        "code_hash": record.code_hash,
        "token_account": holding.as_ref().map(holding_json),
        "mint": mint.as_ref().map(mint_json),
    }))?;
    let mut rows = vec![
        ("address", to_base58(address)),
        ("identity", address.to_string()),
        ("lamports", coins(lamports)),
        ("owner", named(&record.owner)),
        ("executable", if record.is_executable { "yes" } else { "no" }.to_owned()),
        ("data", format!("{} bytes", thousands(data_bytes))),
    ];
    if let Some(holding) = &holding {
        rows.push(("tokens", thousands(holding.amount)));
        rows.push(("of mint", to_base58(&holding.mint)));
        rows.push(("of owner", to_base58(&holding.owner)));
        rows.push(("frozen", if holding.is_frozen { "yes" } else { "no" }.to_owned()));
    }
    if let Some(mint) = &mint {
        rows.push(("supply", thousands(mint.supply)));
        rows.push(("decimals", mint.decimals.to_string()));
        rows.push(("mint authority", mint.authority.as_ref().map_or_else(nobody, to_base58)));
    }
    if holding.is_none() && mint.is_none() && !record.data.is_empty() {
        let shown = record.data.get(..SHOWN_BYTES).unwrap_or(&record.data);
        rows.push(("begins with", alloy_primitives::hex::encode_prefixed(shown)));
    }
    table(rows, output)
}

fn balance(state: &StateAt<'_>, address: &Address, output: &Output) -> Result<(), Failure> {
    let found = state.solana_account(address)?;
    let lamports = lamports_of(found.balance);
    output.json(&json!({
        "address": to_base58(address),
        "block": state.block(),
        "lamports": lamports,
        "wei": found.balance.to_string(),
    }))?;
    output.line(format!("{} lamports ({} coin)", thousands(lamports), fraction(lamports)))
}

fn token_accounts(state: &StateAt<'_>, owner: &Address, output: &Output) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for (address, holding) in state.token_accounts(owner)? {
        let mut told = holding_json(&holding);
        if let Some(fields) = told.as_object_mut() {
            fields.insert("address".to_owned(), json!(to_base58(&address)));
            fields.insert("block".to_owned(), json!(state.block()));
        }
        output.json(&told)?;
        let mint = to_base58(&holding.mint);
        rows.push(vec![to_base58(&address), mint, thousands(holding.amount)]);
    }
    output.table(&["token account", "mint", "amount"], &rows)
}

fn program(state: &StateAt<'_>, address: &Address, output: &Output) -> Result<(), Failure> {
    let found = state.solana_account(address)?;
    let parts = ProgramParts::read(&found.record).ok_or_else(|| {
        let owner = named(&found.record.owner);
        let shown = to_base58(address);
        Failure::usage(format!("{shown} is no program of a loader: it belongs to {owner}"))
    })?;
    let (data_address, data, code_hash, code_bytes) = match parts {
        ProgramParts::Fixed { code_hash } => (None, None, Some(code_hash), found.data_bytes),
        ProgramParts::Upgradeable { data_address } => {
            let held = state.solana_account(&data_address)?;
            let data = ProgramData::read(&held.record);
            let head_bytes = held.record.data.len() as u64;
            let code_hash = data.map(|data| data.code_hash);
            (Some(data_address), data, code_hash, held.data_bytes.saturating_sub(head_bytes))
        }
    };
    let authority = data.and_then(|data| data.authority);
    output.json(&json!({
        "program": to_base58(address),
        "identity": address,
        "name": program_name(address),
        "block": state.block(),
        "loader": to_base58(&found.record.owner),
        "data_address": data_address.as_ref().map(to_base58),
        "authority": authority.as_ref().map(to_base58),
        "last_deployed_slot": data.map(|data| data.slot),
        "code_hash": code_hash,
        "code_bytes": code_bytes,
    }))?;
    let mut rows = vec![("program", to_base58(address)), ("identity", address.to_string())];
    rows.push(("loader", named(&found.record.owner)));
    if let Some(data_address) = &data_address {
        rows.push(("data account", to_base58(data_address)));
    }
    rows.push(("upgrade authority", authority.as_ref().map_or_else(nobody, to_base58)));
    if let Some(data) = data {
        rows.push(("deployed in slot", data.slot.to_string()));
    }
    rows.push(("code", code_hash.map_or_else(|| "none: closed".to_owned(), |it| it.to_string())));
    rows.push(("bytes of code", thousands(code_bytes)));
    table(rows, output)
}

/// The hash that a transaction names to be valid now.
fn blockhash(engine: &Engine, output: &Output) -> Result<(), Failure> {
    let block = engine.tip();
    let hash = engine.store().tip().map_or(Hash::ZERO, |tip| tip.hash);
    let shown = to_base58(&Address::new(hash.0));
    output.json(&json!({ "block": block, "blockhash": shown, "hash": hash }))?;
    output.line(shown)
}

fn holding_json(holding: &TokenHolding) -> Json {
    json!({
        "mint": to_base58(&holding.mint),
        "owner": to_base58(&holding.owner),
        "amount": holding.amount.to_string(),
        "frozen": holding.is_frozen,
    })
}

fn mint_json(mint: &TokenMint) -> Json {
    json!({
        "supply": mint.supply.to_string(),
        "decimals": mint.decimals,
        "authority": mint.authority.as_ref().map(to_base58),
    })
}

fn table(rows: Vec<(&str, String)>, output: &Output) -> Result<(), Failure> {
    let rows: Vec<_> = rows.into_iter().map(|(name, it)| vec![name.to_owned(), it]).collect();
    output.table(&["property", "value"], &rows)
}

fn named(program: &Address) -> String {
    let key = to_base58(program);
    program_name(program).map_or_else(|| key.clone(), |name| format!("{name} ({key})"))
}

fn coins(lamports: u64) -> String {
    format!("{} ({} coin)", thousands(lamports), fraction(lamports))
}

fn fraction(lamports: u64) -> String {
    let (whole, rest) = (lamports / LAMPORTS_PER_COIN, lamports % LAMPORTS_PER_COIN);
    let text = format!("{whole}.{rest:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn nobody() -> String {
    "nobody".to_owned()
}
