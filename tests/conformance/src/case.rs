//! One case: a state, a transaction, a hardfork, and what must come out.

use std::sync::Arc;

use alloy_primitives::{B256, Log};
use primitives::{Address, Gas};
use revm_statetest_types::{Test, TestUnit};
use state::{Key, Overlay, StateView, WriteSet, record::AccountRecord};
use vm_evm::{EvmConfig, Hardfork, NoCrossing, OSAKA_TRANSACTION_GAS_LIMIT_MAX, Session};

use crate::{fixture, root};

/// The chain of all state tests.
const CHAIN_ID: u64 = 1;

/// Runs a case; the error tells what differs from the expected.
pub(crate) fn run(unit: &TestUnit, test: &Test, fork: Hardfork) -> Result<(), String> {
    let mut state = fixture::before(unit);
    let logs = match transact(unit, test, fork, &state)? {
        Ended::Included(changes, logs) => {
            state.extend(changes);
            logs
        }
        Ended::Refused => {
            pay_nothing(unit, fork, &mut state)?;
            Vec::new()
        }
    };
    compare("logs hash", root::logs_hash(&logs), test.logs)?;
    compare("state root", root::state_root(&state)?, test.hash)
}

/// What became of the transaction.
enum Ended {
    /// It is part of the block, with these changes and these events.
    Included(WriteSet, Vec<Log>),
    /// It is not, as expected.
    Refused,
}

fn transact(
    unit: &TestUnit,
    test: &Test,
    fork: Hardfork,
    before: &Overlay,
) -> Result<Ended, String> {
    let transaction = match test.tx_env(unit) {
        Ok(transaction) => transaction,
        Err(error) => return refusal(test, &error.to_string()),
    };
    let mut session = session(unit, fork, before);
    let result = match session.transact_env(transaction) {
        Ok(result) => result,
        Err(error) if error.is_host_fault() => return Err(format!("the host failed: {error}")),
        Err(error) => return refusal(test, &error.to_string()),
    };
    if let Some(expected) = &test.expect_exception {
        return Err(format!("the transaction is valid, expected was {expected}"));
    }
    let changes = session.take_changes().map_err(|error| error.to_string())?;
    Ok(Ended::Included(changes.writes, result.into_logs()))
}

fn session(unit: &TestUnit, fork: Hardfork, before: &Overlay) -> Session {
    let cap = (fork >= Hardfork::Osaka).then_some(OSAKA_TRANSACTION_GAS_LIMIT_MAX);
    let config = EvmConfig {
        version: fork,
        chain_id: CHAIN_ID,
        transaction_gas_limit_max: cap,
        gas_limit: Gas(u64::MAX),
        ..EvmConfig::default()
    };
    let mut session = Session::new(Arc::new(before.clone()), &config, Arc::new(NoCrossing));
    let (rules, block) = session.rules_and_block_mut();
    *block = unit.block_env(rules);
    session
}

fn refusal(test: &Test, reason: &str) -> Result<Ended, String> {
    match test.expect_exception {
        Some(_) => Ok(Ended::Refused),
        None => Err(format!("the transaction is refused: {reason}")),
    }
}

/// What a block does that would have held a refused transaction: it still pays its beneficiary, in
/// state tests nothing. Before Spurious Dragon that leaves an empty account.
fn pay_nothing(unit: &TestUnit, fork: Hardfork, state: &mut Overlay) -> Result<(), String> {
    let key = Key::account(&Address::from_evm(unit.env.current_coinbase));
    let has_account = state.read(&key).map_err(|error| error.to_string())?.is_some();
    if fork < Hardfork::SpuriousDragon && !has_account {
        let mut changes = WriteSet::new();
        changes.put(key, AccountRecord::default().encode());
        state.extend(changes);
    }
    Ok(())
}

fn compare(what: &str, found: B256, expected: B256) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what} is {found}, expected was {expected}"))
}
