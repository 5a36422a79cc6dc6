//! Transfers through the whole kernel against revm alone.
//!
//! Both sides start from the same records, run the same transactions, gather the changes once, and
//! must agree on every success and on the gas.

use std::sync::Arc;

use alloy_primitives::{Address as EvmAddress, Bytes, U256};
use braidvm::{
    Address, Artifact, Deploy, Engine, Gas, Wei,
    rooms::{
        kernel::{Kernel, KernelConfig, Transaction},
        primitives::{B256, VmKind},
        state::{
            EmptyView, Key, Namespace, Overlay, Records, StateView, WriteSet, record::AccountRecord,
        },
        vm::BlockEnvironment,
    },
};

use super::{
    Bench, Goal, Pair, Ran,
    clock::Clock,
    host_failure,
    peer::{Call, World},
    thousands_per_second,
};
use crate::failure::Failure;

/// Accounts that send and receive in turns.
const ACCOUNTS: u64 = 1_000;
const TOKEN_TRANSFERS: u64 = 30_000;
const COIN_TRANSFERS: u64 = 100_000;
const GAS_LIMIT: u64 = 200_000;
const FUNDS: u64 = 1 << 60;
/// What each account owns of the token, far more than it sends.
const TOKENS: u64 = 1 << 40;
pub(super) const TOKEN: &[u8] =
    include_bytes!("../../../../contracts/artifacts/solidity/Token.json");
/// The selector of `transfer(address,uint256)`.
pub(super) const TRANSFER: [u8; 4] = [0xa9, 0x05, 0x9c, 0xbb];

pub(super) fn run(bench: &mut Bench<'_>) -> Result<(), Failure> {
    let (token, records) = genesis()?;
    let tokens: Vec<_> = (0..TOKEN_TRANSFERS).map(|at| token_transfer(&token, at, 1)).collect();
    let coins: Vec<_> = (0..COIN_TRANSFERS).map(coin_transfer).collect();
    let world = world(&records)?;
    let view: Arc<dyn StateView> = Arc::new(Overlay::new(Arc::new(EmptyView), records));
    let kernel = Kernel::new(KernelConfig::default()).map_err(host_failure)?;
    for (name, calls) in [("token transfers", &tokens), ("coin transfers", &coins)] {
        let transactions: Vec<_> = calls.iter().map(transaction).collect();
        let count = calls.len() as u64;
        same_gas(name, &braid(&kernel, &view, &transactions)?, &world.run(calls)?)?;
        let rate = |ran: Ran| thousands_per_second(count, ran.time);
        bench.measure(Pair {
            name,
            unit: "thousand/s",
            goal: Goal::AtLeast(0.95),
            this: &mut || braid(&kernel, &view, &transactions).map(rate),
            peer: &mut || world.run(calls).map(rate),
        })?;
    }
    Ok(())
}

/// The whole way of a block's transactions, from the view to the changes.
fn braid(
    kernel: &Kernel,
    view: &Arc<dyn StateView>,
    transactions: &[Transaction],
) -> Result<Ran, Failure> {
    let block = BlockEnvironment { gas_limit: Gas(u64::MAX), ..BlockEnvironment::default() };
    let clock = Clock::start();
    let mut execution = kernel.execution(Arc::clone(view), &block);
    let mut gas = 0;
    for transaction in transactions {
        let result = execution.transact(transaction).map_err(host_failure)?;
        if !result.status.is_success() {
            return Err(Failure::Host(anyhow::anyhow!("a transfer failed: {:?}", result.status)));
        }
        gas += result.gas_used.0;
    }
    let changes = execution.finish().map_err(host_failure)?;
    let time = clock.elapsed();
    if changes.writes.is_empty() {
        return Err(Failure::Host(anyhow::anyhow!("the transfers changed nothing")));
    }
    Ok(Ran { time, gas })
}

fn same_gas(name: &str, this: &Ran, peer: &Ran) -> Result<(), Failure> {
    if this.gas == peer.gas {
        return Ok(());
    }
    let (this, peer) = (this.gas, peer.gas);
    Err(Failure::Host(anyhow::anyhow!("{name}: gas of {this} here, of {peer} in revm")))
}

/// The token and all records of a chain on which every account has coin and tokens.
fn genesis() -> Result<(Address, WriteSet), Failure> {
    let mut engine = Engine::dev();
    let owner = engine.account("alice")?;
    let artifact = Artifact::from_bytes("Token", TOKEN)?;
    let supply = (TOKENS * ACCOUNTS).to_string();
    let deploy = Deploy::new(owner, artifact).arguments(["Braid", "BRD", supply.as_str()]);
    let token = engine
        .deploy(&deploy)?
        .created
        .ok_or_else(|| Failure::Host(anyhow::anyhow!("the token was not made")))?;

    let mut coins = WriteSet::new();
    for at in 0..ACCOUNTS {
        let record = AccountRecord { balance: Wei::from_u64(FUNDS), ..AccountRecord::default() };
        coins.put(Key::account(&Address::from_evm(account(at))), record.encode());
    }
    let mut funded = Overlay::new(engine.store().latest(), coins);
    let view = Arc::new(funded.clone());
    let mut execution = engine.kernel().execution(view, &BlockEnvironment::default());
    for at in 0..ACCOUNTS {
        let call = Call { from: owner.evm_alias(), ..token_transfer(&token, at, TOKENS) };
        let result = execution.transact(&transaction(&call)).map_err(host_failure)?;
        if !result.status.is_success() {
            return Err(Failure::Host(anyhow::anyhow!("tokens cannot be dealt out")));
        }
    }
    funded.extend(execution.finish().map_err(host_failure)?.writes);
    Ok((token, all_records(&funded)?))
}

pub(super) fn all_records(view: &dyn StateView) -> Result<WriteSet, Failure> {
    let mut records = WriteSet::new();
    for record in Records::all(view) {
        let (key, value) = record.map_err(host_failure)?;
        records.put(key, value);
    }
    Ok(records)
}

/// The same records in revm's cache.
pub(super) fn world(records: &WriteSet) -> Result<World, Failure> {
    let mut world = World::default();
    for (key, value) in records.iter() {
        let (Namespace::Account, Some(value)) = (key.namespace(), value) else { continue };
        let address = key.space();
        let record = AccountRecord::decode(key, value).map_err(host_failure)?;
        let code = match record.kind {
            VmKind::Evm => records.get(&Key::code(&record.code_hash)).flatten().cloned(),
            _ => None,
        };
        world.put(address.evm_alias(), (record.balance.0, record.nonce), code);
    }
    for (key, value) in records.iter() {
        let (Namespace::Slot, Some(value)) = (key.namespace(), value) else { continue };
        let slot = U256::from_be_slice(key.suffix());
        world.put_slot(key.space().evm_alias(), slot, U256::from_be_slice(value))?;
    }
    Ok(world)
}

fn token_transfer(token: &Address, at: u64, amount: u64) -> Call {
    let mut input = TRANSFER.to_vec();
    input.extend_from_slice(B256::left_padding_from(receiver(at).as_slice()).as_slice());
    input.extend_from_slice(&U256::from(amount).to_be_bytes::<32>());
    let (from, to) = (account(at % ACCOUNTS), token.evm_alias());
    Call { from, to, value: U256::ZERO, input: input.into(), gas_limit: GAS_LIMIT }
}

fn coin_transfer(at: u64) -> Call {
    let (from, to) = (account(at % ACCOUNTS), receiver(at));
    Call { from, to, value: U256::from(1), input: Bytes::new(), gas_limit: GAS_LIMIT }
}

fn transaction(call: &Call) -> Transaction {
    Transaction {
        from: Address::from_evm(call.from),
        to: Some(Address::from_evm(call.to)),
        value: Wei(call.value),
        input: call.input.clone(),
        gas_limit: Gas(call.gas_limit),
        ..Transaction::default()
    }
}

/// Walks over all accounts, in another order than the senders.
fn receiver(at: u64) -> EvmAddress {
    account((at * 7 + 1) % ACCOUNTS)
}

fn account(at: u64) -> EvmAddress {
    EvmAddress::left_padding_from(&(0x1_0000 + at).to_be_bytes())
}
