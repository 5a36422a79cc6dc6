//! Signed blocks of many transactions for an engine: coin, calls of contracts of both machines,
//! accounts that depend on one another and accounts that do not.

use std::collections::BTreeMap;

use braidvm::{
    Address, Artifact, BlockNumber, Bytes, Config, Deploy, Engine, Gas, SignedTransaction, VmKind,
    Wei, dev_accounts,
    rooms::{kernel::Transaction, vm_wasm::EngineChoice},
};
use crossing_tests::{evm_creation, sample::increment, world::artifact};

use crate::{Random, contracts, town::sender};

/// Senders without a key.
const STRANGERS: u64 = 40;
const GAS_LIMIT: u64 = 200_000;

/// Who sends transactions, and to which contracts.
#[derive(Debug)]
pub struct Traffic {
    random: Random,
    contracts: [Address; 3],
}

/// Settings of an engine whose blocks run on so many threads.
#[must_use]
pub fn config(threads: usize) -> Config {
    let mut config = Config::default();
    config.execution.threads = threads;
    config.vm.wasm.engine = EngineChoice::Interpreted;
    config
}

impl Traffic {
    /// Makes the contracts in the first blocks of the chain, if they are not there.
    ///
    /// # Panics
    ///
    /// Where they cannot be made.
    #[must_use]
    pub fn begin(engine: &mut Engine, seed: u64) -> Self {
        let evm = |code: &[u8]| {
            let mut artifact = Artifact::new("test", evm_creation(code));
            artifact.kind = Some(VmKind::Evm);
            artifact
        };
        let artifacts = [
            evm(contracts::OWN_COUNTER),
            evm(contracts::HOT_COUNTER),
            artifact("rust/counter.wasm"),
        ];
        let maker = dev_accounts()[0].address;
        for (block, artifact) in (0..).map(BlockNumber).zip(artifacts) {
            if engine.tip() == block {
                let made = engine.deploy(&Deploy::new(maker, artifact));
                let _ = made.expect("invariant: the deploy is valid").expect_contract();
            }
        }
        let contract = |nonce| Address::from_evm(maker.evm_alias().create(nonce));
        Self { random: Random::new(seed), contracts: [0, 1, 2].map(contract) }
    }

    /// The transactions of the next block.
    ///
    /// # Panics
    ///
    /// Where they cannot be signed.
    #[must_use]
    pub fn block(&mut self, engine: &Engine, count: usize) -> Vec<SignedTransaction> {
        let mut nonces = BTreeMap::new();
        let sign = |_| {
            let transaction = self.transaction();
            let known = || engine.nonce(&transaction.from).expect("invariant: the state reads");
            let nonce: &mut u64 = nonces.entry(transaction.from).or_insert_with(known);
            let signed = engine.sign(&transaction, *nonce).expect("invariant: it has a form");
            *nonce += 1;
            signed
        };
        (0..count).map(sign).collect()
    }

    fn transaction(&mut self) -> Transaction {
        let random = &mut self.random;
        let [own, hot, wasm] = self.contracts;
        let accounts = dev_accounts();
        let rich = accounts[random.below(accounts.len() as u64) as usize].address;
        let stranger = sender(random.below(STRANGERS));
        let nothing = Bytes::new;
        let (from, to, value, input) = match random.below(10) {
            0..=2 => (rich, stranger, 1 + random.below(9), nothing()),
            3 => (rich, *random.of(&[own, wasm]), 0, Bytes::from_static(b"nonsense")),
            4 => (stranger, hot, 0, nothing()),
            5 => (stranger, wasm, 0, increment()),
            _ => (stranger, own, 0, nothing()),
        };
        Transaction {
            from,
            to: Some(to),
            value: Wei::from_u64(value),
            input,
            gas_limit: Gas(GAS_LIMIT),
            ..Transaction::default()
        }
    }
}
