//! The peer of the EVM's measurements: revm alone, over its own cache.

use alloy_primitives::{Address, Bytes, U256};
use revm::{
    Context, ExecuteEvm, MainBuilder, MainContext,
    context::TxEnv,
    database::{CacheDB, EmptyDB},
    primitives::{TxKind, hardfork::SpecId},
    state::{AccountInfo, Bytecode},
};

use super::{Ran, clock::Clock, host_failure};
use crate::failure::Failure;

/// Accounts and code that revm starts from.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    pub(super) database: CacheDB<EmptyDB>,
}

/// A call in the words of both sides.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) value: U256,
    pub(super) input: Bytes,
    pub(super) gas_limit: u64,
}

impl World {
    /// Puts an account with its balance, its nonce and its code, if it has any.
    pub(super) fn put(
        &mut self,
        address: Address,
        (balance, nonce): (U256, u64),
        code: Option<Bytes>,
    ) {
        let info = AccountInfo { balance, nonce, ..AccountInfo::default() };
        let info = match code {
            Some(code) => info.with_code(Bytecode::new_raw(code)),
            None => info,
        };
        self.database.insert_account_info(address, info);
    }

    /// Sets a slot of an account that is there.
    pub(super) fn put_slot(
        &mut self,
        address: Address,
        slot: U256,
        value: U256,
    ) -> Result<(), Failure> {
        self.database.insert_account_storage(address, slot, value).map_err(host_failure)
    }

    /// Runs all calls as transactions on one journal and gathers the changes once.
    pub(super) fn run(&self, calls: &[Call]) -> Result<Ran, Failure> {
        let database = self.database.clone();
        let clock = Clock::start();
        let mut evm = Context::mainnet()
            .with_db(database)
            .modify_cfg_chained(|cfg| {
                cfg.set_spec_and_mainnet_gas_params(SpecId::OSAKA);
                cfg.disable_nonce_check = true;
                cfg.tx_gas_limit_cap = Some(u64::MAX);
            })
            .modify_block_chained(|block| block.gas_limit = u64::MAX)
            .build_mainnet();
        let mut gas = 0;
        for call in calls {
            let transaction = TxEnv {
                caller: call.from,
                kind: TxKind::Call(call.to),
                value: call.value,
                data: call.input.clone(),
                gas_limit: call.gas_limit,
                chain_id: None,
                ..TxEnv::default()
            };
            let result = evm
                .transact_one(transaction)
                .map_err(|error| Failure::Host(anyhow::anyhow!("revm: {error:?}")))?;
            if !result.is_success() {
                return Err(Failure::Host(anyhow::anyhow!("revm: {result:?}")));
            }
            gas += result.tx_gas_used();
        }
        let changes = evm.finalize();
        let time = clock.elapsed();
        if changes.is_empty() {
            return Err(Failure::Host(anyhow::anyhow!("revm changed nothing")));
        }
        Ok(Ran { time, gas })
    }
}
