//! What the tests of this crate share: a small state, and code written by hand.

#![allow(dead_code, reason = "each test crate uses a part")]

use std::{collections::BTreeMap, sync::Arc};

use braid_vm_evm::{EvmConfig, Precompiles, Session, Transaction};
use primitives::{Address, B256, Bytes, CodeHash, Gas, Hash, WEI_PER_ETHER, Wei};
use state::{Key, ScanEntry, StateError, StateView, record::AccountRecord};
use vm::BlockEnvironment;

/// A state in memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct TestView(BTreeMap<Key, Bytes>);

impl TestView {
    /// A state with [`sender`] and these contracts.
    pub(crate) fn with(contracts: &[(Address, Vec<u8>)]) -> Self {
        let mut view = Self::default();
        let rich = AccountRecord { balance: WEI_PER_ETHER, ..AccountRecord::default() };
        view.0.insert(Key::account(&sender()), rich.encode());
        for (address, code) in contracts {
            let code_hash = CodeHash::of(code);
            let record = AccountRecord { nonce: 1, code_hash, ..AccountRecord::default() };
            view.0.insert(Key::account(address), record.encode());
            view.0.insert(Key::code(&code_hash), code.clone().into());
        }
        view
    }

    /// The same state with an account that has nothing but a slot.
    pub(crate) fn with_slot(mut self, address: &Address, slot: B256) -> Self {
        self.0.insert(Key::account(address), AccountRecord::default().encode());
        self.0.insert(Key::slot(address, &slot), Bytes::copy_from_slice(slot.as_slice()));
        self
    }
}

impl StateView for TestView {
    fn read(&self, key: &Key) -> Result<Option<Bytes>, StateError> {
        Ok(self.0.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<ScanEntry>, StateError> {
        let found = self
            .0
            .iter()
            .filter(|(key, _)| key.as_bytes() >= from && key.as_bytes().starts_with(prefix));
        Ok(found.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn block_hash(&self, _number: u64) -> Result<Option<Hash>, StateError> {
        Ok(None)
    }
}

/// Who signs.
pub(crate) fn sender() -> Address {
    address(0xaa)
}

/// An EVM address that ends with `last`.
pub(crate) fn address(last: u8) -> Address {
    let mut bytes = [0; 32];
    bytes[12] = 0x10;
    bytes[31] = last;
    Address::new(bytes)
}

/// A session over `view` with precompiles of its own.
pub(crate) fn session(view: TestView, config: &EvmConfig, precompiles: Precompiles) -> Session {
    let crossing = Arc::new(braid_vm_evm::NoCrossing);
    let mut session =
        Session::new(Arc::new(view), config, crossing).with_precompiles(Arc::new(precompiles));
    session.set_block(&BlockEnvironment { chain_id: config.chain_id, ..Default::default() });
    session
}

/// A call from [`sender`].
pub(crate) fn call(to: Address, input: &[u8], value: u64) -> Transaction {
    Transaction {
        from: sender(),
        to: Some(to),
        value: Wei::from_u64(value),
        input: Bytes::copy_from_slice(input),
        gas_limit: Gas(1_000_000),
        ..Transaction::default()
    }
}

/// Code that hands its input and value on to `to` by `opcode` and keeps whether it succeeded in
/// slot 0; then it does `end`. In a static frame nothing is kept.
pub(crate) fn forward(opcode: u8, to: Address, end: End) -> Vec<u8> {
    let mut code = vec![
        0x36, 0x60, 0, 0x60, 0, 0x37, // calldatacopy(0, 0, calldatasize)
        0x60, 0, 0x60, 0, 0x36, 0x60, 0, // no return area, input from 0
    ];
    if matches!(opcode, 0xf1 | 0xf2) {
        code.push(0x34); // callvalue
    }
    code.push(0x73);
    code.extend_from_slice(to.evm_alias().as_slice());
    code.extend_from_slice(&[0x5a, opcode]); // gas, the call
    match end {
        End::Keep => code.extend_from_slice(&[0x60, 0, 0x55, 0x00]), // sstore(0, ok), stop
        End::Revert => code.extend_from_slice(&[0x60, 0, 0x60, 0, 0xfd]),
        // Returns what the callee returned, in a frame that may not write.
        End::Return => {
            code.extend_from_slice(&[0x50, 0x3d, 0x60, 0, 0x60, 0, 0x3e, 0x3d, 0x60, 0, 0xf3])
        }
    }
    code
}

/// How [`forward`] ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It succeeds.
    Keep,
    /// It reverts.
    Revert,
    /// It succeeds with what the callee returned.
    Return,
}
