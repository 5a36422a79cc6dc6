//! Reading: what the chain was after one block, and calls over it that keep nothing.

use std::sync::Arc;

use abi::Interface;
use primitives::{Address, BlockNumber, Bytes, Gas, VmKind, Wei};
use state::{
    Key, Namespace, StateError, StateView, number,
    record::{AccountRecord, ContractRecord},
};
use vm_wasm::Personality;

use crate::{
    CallOutput, Engine, EngineError, Inspection, Request, StateInterfaces, engine::unchecked,
};

/// The state after one block. It stays as it is whatever the chain does.
#[derive(Debug)]
pub struct StateAt<'a> {
    engine: &'a Engine,
    block: BlockNumber,
    view: Arc<dyn StateView>,
}

impl<'a> StateAt<'a> {
    pub(crate) const fn new(
        engine: &'a Engine,
        block: BlockNumber,
        view: Arc<dyn StateView>,
    ) -> Self {
        Self { engine, block, view }
    }

    /// The block.
    #[must_use]
    pub const fn block(&self) -> BlockNumber {
        self.block
    }

    /// The records.
    #[must_use]
    pub const fn view(&self) -> &Arc<dyn StateView> {
        &self.view
    }

    /// Calls a contract in the block that follows and keeps nothing.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the request is not valid or the host failed. A contract that fails is
    /// no error but an output.
    pub fn call(&self, request: &Request) -> Result<CallOutput, EngineError> {
        let (transaction, resolved) = self.engine.transaction_by(&self.interfaces(), request)?;
        let mut execution = self.engine.execution_after(self.block, Arc::clone(&self.view))?;
        let result = execution.simulate(&unchecked(transaction))?;
        Ok(self.engine.output(result, Some(&resolved)))
    }

    /// The least gas with which the call does what it does.
    ///
    /// # Errors
    ///
    /// [`EngineError::Estimate`] with the reason where the call fails with any gas.
    pub fn estimate(&self, request: &Request) -> Result<Gas, EngineError> {
        let (transaction, _) = self.engine.transaction_by(&self.interfaces(), request)?;
        let cap = request.gas_limit.unwrap_or_else(|| self.engine.rules().gas_limit);
        let mut execution = self.engine.execution_after(self.block, Arc::clone(&self.view))?;
        execution.set_tracing(false);
        Ok(execution.estimate_gas(&unchecked(transaction), cap)?)
    }

    /// Every instruction of the EVM that a call runs, as `debug_traceTransaction` shows them.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the request is not valid, the host failed, or the trace is too large.
    pub fn trace_struct_logs(&self, request: &Request) -> Result<serde_json::Value, EngineError> {
        let (transaction, _) = self.engine.transaction_by(&self.interfaces(), request)?;
        let mut execution = self.engine.execution_after(self.block, Arc::clone(&self.view))?;
        let options = vm_evm::StructLogOptions::default();
        Ok(execution.session_mut().trace_struct_logs(&unchecked(transaction), &options)?)
    }

    /// What is known of an identity, with at most `storage_limit` records of its storage.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn inspect(
        &self,
        address: &Address,
        storage_limit: usize,
    ) -> Result<Inspection, EngineError> {
        let account = self.account(address)?;
        let key = Key::contract(address);
        let contract = match self.view.read(&key)? {
            Some(bytes) => Some(ContractRecord::decode(&key, &bytes)?),
            None => None,
        };
        let code = self.view.read(&Key::code(&account.code_hash))?;
        let is_native = self.engine.kernel().natives().get(address).is_some();
        let kind = if is_native { VmKind::Native } else { account.kind };
        let prefix = Key::new(storage_of(kind), address, &[]);
        let counters = Key::counter(address, &[]);
        let counters = self.view.scan(counters.as_bytes(), counters.as_bytes(), storage_limit)?;
        let number = |(key, bytes): (Key, Bytes)| -> Result<_, StateError> {
            let number = number::decode(&key, Some(&bytes))?;
            Ok((key, number))
        };
        Ok(Inspection {
            address: *address,
            account,
            code_bytes: code.as_ref().map_or(0, |code| code.len()),
            personality: code
                .filter(|_| kind == VmKind::Wasm)
                .map(|code| Personality::of_code(&code)),
            contract,
            interface: self.interface(address),
            storage: self.view.scan(prefix.as_bytes(), prefix.as_bytes(), storage_limit)?,
            counters: counters.into_iter().map(number).collect::<Result<_, _>>()?,
        })
    }

    /// A record of the storage of a contract: of the EVM the 32 bytes of a slot by the 32 bytes of
    /// its number, of the other machines a value by its key.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn storage(&self, contract: &Address, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        let namespace = storage_of(self.account(contract)?.kind);
        Ok(self.view.read(&Key::new(namespace, contract, key))?)
    }

    /// The balance of an identity.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn balance(&self, address: &Address) -> Result<Wei, EngineError> {
        Ok(self.account(address)?.balance)
    }

    /// How many transactions an identity has sent, or contracts created.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn nonce(&self, address: &Address) -> Result<u64, EngineError> {
        Ok(self.account(address)?.nonce)
    }

    /// The interface of a contract, if it has one.
    #[must_use]
    pub fn interface(&self, address: &Address) -> Option<Arc<Interface>> {
        self.interfaces().get(address)
    }

    /// Names and interfaces as this state knows them, to put call trees into words.
    #[must_use]
    pub fn interfaces(&self) -> StateInterfaces {
        StateInterfaces::new(Arc::clone(&self.view), self.engine.kernel().natives().clone())
    }

    fn account(&self, address: &Address) -> Result<AccountRecord, EngineError> {
        let key = Key::account(&Address::from_evm(address.evm_alias()));
        match self.view.read(&key)? {
            Some(bytes) => Ok(AccountRecord::decode(&key, &bytes)?),
            None => Ok(AccountRecord::default()),
        }
    }
}

/// Where the contracts of a machine keep their storage.
const fn storage_of(kind: VmKind) -> Namespace {
    match kind {
        VmKind::Evm => Namespace::Slot,
        _ => Namespace::Kv,
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use state::Retention;

    use super::*;
    use crate::{Artifact, Config, Deploy, Value};

    /// Creation code, in hexadecimal, of a contract that keeps the first word of its input in slot
    /// 0 and answers what was there.
    const KEEPER: &[u8] = b"6011600c60003960116000f360005460003560005560005260206000f3";

    /// The same of one that answers NUMBER, TIMESTAMP and BLOCKHASH(NUMBER - 1), a word each.
    const CLOCK: &[u8] = b"6015600c60003960156000f34360005242602052600143034060405260606000f3";

    fn engine(retention: Retention) -> Engine {
        let mut config = Config::default();
        config.node.retention_blocks = retention;
        Engine::in_memory(config).unwrap()
    }

    #[test]
    fn every_block_answers_as_it_did_then() {
        let mut engine = engine(Retention::All);
        let alice = engine.account("alice").unwrap();
        let bob = engine.account("bob").unwrap();
        let artifact = Artifact::from_bytes("keeper", KEEPER).unwrap();
        let keeper = engine.deploy(&Deploy::new(alice, artifact)).unwrap().expect_contract();
        let keep = |number: u64| {
            Request::new(alice, keeper, "keep(uint256)(uint256)").arguments([Value::uint(number)])
        };
        let raw = |number: u64| {
            let word = primitives::U256::from(number).to_be_bytes_vec();
            Request::raw(alice, keeper, word.into())
        };
        let read = |state: &StateAt<'_>| state.call(&raw(0)).unwrap().output;
        for number in 1..=5 {
            assert!(engine.send(&raw(number)).unwrap().is_success());
        }
        let word = |number: u64| Bytes::from(primitives::U256::from(number).to_be_bytes_vec());
        assert!(engine.call(&keep(7)).is_ok(), "a method by its signature");
        for number in 1..=5u64 {
            let block = BlockNumber(number + 1);
            let state = engine.at(block).unwrap();
            assert_eq!(state.block(), block);
            assert_eq!(read(&state), word(number));
            assert_eq!(state.storage(&keeper, &[0; 32]).unwrap(), Some(word(number)));
            assert_eq!(state.inspect(&keeper, 9).unwrap().storage.len(), 1);
            assert_eq!(state.nonce(&alice).unwrap(), number + 1);
            assert!(state.trace_struct_logs(&raw(0)).is_ok());
            assert!(state.estimate(&raw(9)).unwrap() > Gas(21_000));
            assert_eq!(state.balance(&bob).unwrap(), engine.balance(&bob).unwrap());
        }
        let before = engine.at(BlockNumber(0)).unwrap();
        assert_eq!(before.inspect(&keeper, 9).unwrap().code_bytes, 0);
        assert_eq!(read(&engine.latest()), word(5));
    }

    #[test]
    fn a_call_in_the_past_sees_the_block_that_followed() {
        let mut engine = engine(Retention::All);
        let alice = engine.account("alice").unwrap();
        let artifact = Artifact::from_bytes("clock", CLOCK).unwrap();
        let clock = engine.deploy(&Deploy::new(alice, artifact)).unwrap().expect_contract();
        let ask = Request::raw(alice, clock, Bytes::new());
        for _ in 0..4 {
            engine.send(&ask).unwrap();
        }
        for number in 1..=5 {
            let state = engine.at(BlockNumber(number)).unwrap();
            let output = state.call(&ask).unwrap().output;
            let word = |index: usize| primitives::U256::from_be_slice(&output[index * 32..][..32]);
            assert_eq!(word(0), primitives::U256::from(number + 1));
            let block = engine.block(BlockNumber(number)).unwrap();
            assert_eq!(word(1), primitives::U256::from(block.header.timestamp + 1));
            assert_eq!(output[64..96], block.hash()[..]);
        }
    }

    #[test]
    fn a_window_moves_with_the_chain_and_names_itself() {
        let window = NonZeroU64::new(3).unwrap();
        let mut engine = engine(Retention::Blocks(window));
        let alice = engine.account("alice").unwrap();
        let bob = engine.account("bob").unwrap();
        let start = engine.snapshot();
        let transfer = Request::new(alice, bob, "").value(Wei::from(primitives::U256::ONE));
        for _ in 0..9 {
            engine.send(&transfer).unwrap();
        }
        let balances: Vec<_> = (7..=9)
            .map(|block| engine.at(BlockNumber(block)).unwrap().balance(&bob).unwrap())
            .collect();
        assert!(balances.is_sorted_by(|a, b| a < b), "{balances:?}");
        for block in [0, 6, 10] {
            let error = engine.at(BlockNumber(block)).unwrap_err().to_string();
            assert!(error.contains("blocks 7 to 9"), "{error}");
        }
        let error = engine.revert(start).unwrap_err().to_string();
        assert!(error.contains("blocks 7 to 9"), "{error}");
        let metrics = engine.store().metrics().unwrap();
        assert_eq!((metrics.retained_blocks, metrics.prune_lag_blocks), (3, 0));
    }
}
