//! TEMP direct over revm.
use std::sync::Arc;

use revm::{
    Context, ExecuteEvm, MainBuilder,
    context::{CfgEnv, JournalTr, TxEnv, BlockEnv},
    primitives::hardfork::SpecId,
};
use revm_statetest_types::{Test, TestUnit};
use vm_evm::Hardfork;

use crate::{fixture::Records, root};

pub(crate) fn run(unit: &TestUnit, test: &Test, fork: Hardfork) -> Result<(), String> {
    let mut cfg = CfgEnv::default();
    cfg.set_spec_and_mainnet_gas_params(fork.spec());
    cfg.set_max_blobs_per_tx(if fork.spec() == SpecId::PRAGUE { 9 } else { 6 });
    let block = unit.block_env(&mut cfg);
    let tx = match test.tx_env(unit) {
        Ok(tx) => tx,
        Err(_) if test.expect_exception.is_some() => return Ok(()),
        Err(e) => return Err(format!("transaction does not read: {e}")),
    };
    let mut records = Records::before(unit);
    let journal = journal::Journal::new(Arc::new(records.clone()));
    let mut ctx: Context<BlockEnv, TxEnv, CfgEnv, journal::ViewDatabase, journal::Journal> = Context {
        block, tx: TxEnv::default(), cfg: cfg.clone(), journaled_state: journal, chain: (), local: Default::default(), error: Ok(()),
    };
    ctx.journaled_state.set_spec_id(cfg.spec);
    let mut evm = ctx.build_mainnet();
    let result = evm.transact_one(tx);
    let logs = match (&result, &test.expect_exception) {
        (Ok(r), None) => r.logs().to_vec(),
        (Err(_), Some(_)) => Vec::new(),
        (Ok(_), Some(e)) => return Err(format!("expected exception {e}")),
        (Err(e), None) => return Err(format!("refused: {e}")),
    };
    if root::logs_hash(&logs) != test.logs { return Err("logs hash".into()); }
    let changes = evm.ctx.journaled_state.take_changes().map_err(|e| e.to_string())?;
    records.apply(changes.writes);
    if result.is_err() && fork < Hardfork::SpuriousDragon {
        let key = state::Key::account(&primitives::Address::from_evm(unit.env.current_coinbase));
        records.put_if_absent(key, state::record::AccountRecord::default().encode());
    }
    let found = root::state_root(&records)?;
    if found != test.hash { return Err(format!("state root {found} expected {}", test.hash)); }
    Ok(())
}
