//! The peer of the EVM's measurements: revm alone, over its own cache.

use alloy_primitives::{Address, Bytes, U256};
use revm::{
    Context, ExecuteEvm, MainBuilder, MainContext,
    context::TxEnv,
    database::{CacheDB, EmptyDB},
    primitives::{TxKind, hardfork::SpecId},
    state::{AccountInfo, Bytecode},
};

use crate::failure::Failure;

/// Accounts and code that revm starts from.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    database: CacheDB<EmptyDB>,
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
    /// Gives an account coin.
    pub(super) fn fund(&mut self, address: Address, balance: U256) {
        let info = AccountInfo { balance, ..AccountInfo::default() };
        self.database.insert_account_info(address, info);
    }

    /// Puts code and slots at an address.
    pub(super) fn put(
        &mut self,
        address: Address,
        code: Bytes,
        slots: impl IntoIterator<Item = (U256, U256)>,
    ) -> Result<(), Failure> {
        let code = Bytecode::new_raw(code);
        let info = AccountInfo { nonce: 1, ..AccountInfo::from_bytecode(code) };
        self.database.insert_account_info(address, info);
        for (slot, value) in slots {
            self.database
                .insert_account_storage(address, slot, value)
                .map_err(|error| Failure::Host(anyhow::anyhow!("{error}")))?;
        }
        Ok(())
    }

    /// Runs all calls as transactions on one journal and gathers the changes once.
    pub(super) fn run(&self, calls: &[Call]) -> Result<(), Failure> {
        let mut evm = Context::mainnet()
            .with_db(self.database.clone())
            .modify_cfg_chained(|cfg| {
                cfg.set_spec_and_mainnet_gas_params(SpecId::OSAKA);
                cfg.chain_id = 31337;
                cfg.disable_nonce_check = true;
                cfg.tx_gas_limit_cap = Some(u64::MAX);
            })
            .modify_block_chained(|block| block.gas_limit = u64::MAX)
            .build_mainnet();
        for call in calls {
            let transaction = TxEnv {
                caller: call.from,
                kind: TxKind::Call(call.to),
                value: call.value,
                data: call.input.clone(),
                gas_limit: call.gas_limit,
                chain_id: Some(31337),
                ..TxEnv::default()
            };
            let result = evm
                .transact_one(transaction)
                .map_err(|error| Failure::Host(anyhow::anyhow!("revm: {error:?}")))?;
            if !result.is_success() {
                return Err(Failure::Host(anyhow::anyhow!("revm: {result:?}")));
            }
        }
        let changes = evm.finalize();
        if changes.is_empty() {
            return Err(Failure::Host(anyhow::anyhow!("revm changed nothing")));
        }
        Ok(())
    }
}
