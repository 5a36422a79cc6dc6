//! The engine: a store, the machines, and a chain that grows by a block for each transaction.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use abi::Interface;
use kernel::{Checks, Execution, Kernel, Transaction, TransactionResult};
use primitives::{Address, BlockNumber, Bytes, Gas, Hash, VmKind, Wei};
use state::{
    BlockCommit, FjallConfig, FjallStore, Key, MemoryStore, Namespace, StateError, StateView,
    Store, WriteSet,
    record::{AccountRecord, ContractRecord},
};
use vm::BlockEnvironment;

use crate::{
    Artifact, BlockHeader, CallOutput, Config, Deploy, EngineError, Receipt, Request, StateAt,
    TransactionSummary,
    accounts::{dev_accounts, dev_address, dev_balance},
    chain::hash_changes,
    interfaces::{Resolved, StateInterfaces},
};

/// A node in one value. See the crate's page for an example.
#[derive(Debug)]
pub struct Engine {
    kernel: Kernel,
    store: Arc<dyn Store>,
    config: Config,
    next_timestamp_s: Option<u64>,
    is_tracing: bool,
}

/// A point of the chain to come back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotId {
    block: BlockNumber,
    hash: Hash,
}

/// What is known of an identity.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The identity.
    pub address: Address,
    /// Balance, nonce, kind and code.
    pub account: AccountRecord,
    /// Bytes of its code.
    pub code_bytes: usize,
    /// Its lifecycle, if it is a contract with a record.
    pub contract: Option<ContractRecord>,
    /// Its interface, if it has one.
    pub interface: Option<Arc<Interface>>,
    /// Records of its own storage, at most as many as were asked for.
    pub storage: Vec<(Key, Bytes)>,
}

impl Engine {
    /// An engine in memory with the default configuration and the funded development accounts.
    ///
    /// # Panics
    ///
    /// Never: the default configuration is accepted and memory does not fail.
    #[must_use]
    pub fn dev() -> Self {
        Self::in_memory(Config::default()).expect("invariant: the default configuration is sound")
    }

    /// An engine in memory.
    ///
    /// # Errors
    ///
    /// [`EngineError::Kernel`] where a machine does not accept its settings.
    pub fn in_memory(config: Config) -> Result<Self, EngineError> {
        Self::with_store(config, Arc::new(MemoryStore::new()))
    }

    /// An engine over a folder, which is made where there is none: the store in `state`, and
    /// compiled programs in `artifacts` unless the configuration names another place. What a
    /// transaction changed is durable when [`send`](Self::send) returns.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the folder cannot be used, [`EngineError::OtherChain`] where
    /// it holds another chain.
    pub fn open(path: &Path, mut config: Config) -> Result<Self, EngineError> {
        let store = Self::open_store(path)?;
        let programs = || path.join("artifacts");
        config.vm.wasm.cache_directory.get_or_insert_with(programs);
        Self::with_store(config, Arc::new(store))
    }

    /// The store of the folder of an engine, without the engine: for work on the state as a whole.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the folder cannot be used.
    pub fn open_store(path: &Path) -> Result<FjallStore, EngineError> {
        Ok(FjallStore::open(Self::store_path(path), &FjallConfig::default())?)
    }

    /// Where the store lies in the folder of an engine.
    pub(crate) fn store_path(path: &Path) -> PathBuf {
        path.join("state")
    }

    /// An engine over any store. An empty one gets a genesis with the development accounts.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn with_store(config: Config, store: Arc<dyn Store>) -> Result<Self, EngineError> {
        let kernel = Kernel::new(config.kernel())?;
        Self::with_kernel(config, kernel, store)
    }

    /// An engine with a kernel of the caller's own: with native precompiles, or with other
    /// machines than those of the build. [`Config::kernel`] is where to start.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn with_kernel(
        config: Config,
        kernel: Kernel,
        store: Arc<dyn Store>,
    ) -> Result<Self, EngineError> {
        let engine = Self { kernel, store, config, next_timestamp_s: None, is_tracing: true };
        match engine.store.tip() {
            None => engine.commit_genesis()?,
            Some(_) => engine.check_chain()?,
        }
        Ok(engine)
    }

    /// The address of an account: a development name, or an address as text.
    ///
    /// # Errors
    ///
    /// [`EngineError::UnknownAccount`] where it is neither.
    pub fn account(&self, name: &str) -> Result<Address, EngineError> {
        if let Some(address) = dev_address(name) {
            return Ok(address);
        }
        name.parse().map_err(|_| EngineError::UnknownAccount {
            name: name.to_owned(),
            known: dev_accounts().iter().map(|it| it.name).collect::<Vec<_>>().join(", "),
        })
    }

    /// Makes a contract; the receipt names it. A failing constructor is no error but a receipt.
    ///
    /// Where the EVM's artifact ships an interface, a second transaction of the same block attaches
    /// it, so that calls by name and traces in words work for everybody who shares the state.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the artifact, the arguments or the transaction are not valid, or the
    /// host failed.
    pub fn deploy(&mut self, deploy: &Deploy) -> Result<Receipt, EngineError> {
        let transaction = self.deploy_transaction(deploy)?;
        let nonce = self.nonce(&deploy.from)?;
        let mut block = self.open_block();
        let result = block.run(&transaction)?;
        let interface = deploy.artifact.interface.as_ref().filter(|_| transaction.to.is_none());
        if let (Some(contract), Some(interface)) = (result.created, interface) {
            let input = kernel::describe_input(contract, nonce, &interface.to_json());
            let described = block.run(&Transaction {
                from: deploy.from,
                to: Some(kernel::deployer()),
                input,
                gas_limit: self.config.chain.gas_limit,
                chain_id: Some(self.config.chain.chain_id),
                ..Transaction::default()
            })?;
            debug_assert!(described.status.is_success(), "a creator describes its own contract");
        }
        let number = self.seal(block)?;
        Ok(self.receipt(number, result, None))
    }

    /// Calls a contract and keeps what it changed: a transaction in a block of its own.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the request is not valid or the host failed. A contract that fails is
    /// no error but a receipt.
    pub fn send(&mut self, request: &Request) -> Result<Receipt, EngineError> {
        let (transaction, resolved) = self.transaction(request)?;
        self.send_transaction(&transaction, Some(&resolved))
    }

    /// Calls a contract on the latest state and keeps nothing.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn call(&self, request: &Request) -> Result<CallOutput, EngineError> {
        self.latest().call(request)
    }

    /// Calls a contract on the state after an earlier block and keeps nothing.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and where the block is not held.
    pub fn call_at(
        &self,
        block: BlockNumber,
        request: &Request,
    ) -> Result<CallOutput, EngineError> {
        self.at(block)?.call(request)
    }

    /// The state after the last block, to read and to call.
    #[must_use]
    pub fn latest(&self) -> StateAt<'_> {
        StateAt::new(self, self.tip(), self.store.latest())
    }

    /// The state after an earlier block, to read and to call.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] naming the window of blocks that are held where this one is not.
    pub fn at(&self, block: BlockNumber) -> Result<StateAt<'_>, EngineError> {
        Ok(StateAt::new(self, block, self.store.at(block)?))
    }

    /// Runs the making of a contract and keeps nothing.
    ///
    /// # Errors
    ///
    /// As [`deploy`](Self::deploy).
    pub fn simulate_deploy(&self, deploy: &Deploy) -> Result<CallOutput, EngineError> {
        let transaction = self.deploy_transaction(deploy)?;
        let result = self.execution(self.store.latest()).simulate(&transaction)?;
        Ok(self.output(result, None))
    }

    /// The least gas with which the call does what it does.
    ///
    /// # Errors
    ///
    /// [`EngineError::Estimate`] with the reason where the call fails with any gas.
    pub fn estimate(&self, request: &Request) -> Result<Gas, EngineError> {
        self.latest().estimate(request)
    }

    /// The least gas with which the contract is made.
    ///
    /// # Errors
    ///
    /// [`EngineError::Estimate`] with the reason where the constructor fails with any gas.
    pub fn estimate_deploy(&self, deploy: &Deploy) -> Result<Gas, EngineError> {
        let transaction = self.deploy_transaction(deploy)?;
        self.estimate_transaction(&transaction, deploy.gas_limit)
    }

    /// Every instruction of the EVM that a call runs, as `debug_traceTransaction` shows them.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the request is not valid, the host failed, or the trace is too large.
    pub fn trace_struct_logs(&self, request: &Request) -> Result<serde_json::Value, EngineError> {
        self.latest().trace_struct_logs(request)
    }

    /// Marks this point of the chain.
    #[must_use]
    pub fn snapshot(&self) -> SnapshotId {
        let hash = self.store.tip().map_or(Hash::ZERO, |tip| tip.hash);
        SnapshotId { block: self.tip(), hash }
    }

    /// Takes the chain back to a mark: later blocks are forgotten.
    ///
    /// # Errors
    ///
    /// [`EngineError::UnknownSnapshot`] where the chain has been taken back below the mark.
    pub fn revert(&mut self, snapshot: SnapshotId) -> Result<(), EngineError> {
        let hash = self.store.block_hash(snapshot.block)?;
        if snapshot.block > self.tip() || hash != Some(snapshot.hash) {
            return Err(EngineError::UnknownSnapshot(snapshot.block.0));
        }
        Ok(self.store.rewind(snapshot.block)?)
    }

    /// The time of the next block, in seconds since 1970; later blocks follow a second each.
    pub const fn set_next_timestamp(&mut self, timestamp_s: u64) {
        self.next_timestamp_s = Some(timestamp_s);
    }

    /// Whether call trees are recorded; they are unless switched off.
    pub const fn set_tracing(&mut self, is_tracing: bool) {
        self.is_tracing = is_tracing;
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
        self.latest().inspect(address, storage_limit)
    }

    /// The balance of an identity.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn balance(&self, address: &Address) -> Result<Wei, EngineError> {
        self.latest().balance(address)
    }

    /// How many transactions an identity has sent, or contracts created.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn nonce(&self, address: &Address) -> Result<u64, EngineError> {
        self.latest().nonce(address)
    }

    /// The interface of a contract, if it has one.
    #[must_use]
    pub fn interface(&self, address: &Address) -> Option<Arc<Interface>> {
        self.latest().interface(address)
    }

    /// Names and interfaces as the latest state knows them, to put call trees into words.
    #[must_use]
    pub fn interfaces(&self) -> StateInterfaces {
        self.latest().interfaces()
    }

    /// The height of the last block.
    #[must_use]
    pub fn tip(&self) -> BlockNumber {
        self.store.tip().map_or(BlockNumber(0), |tip| tip.block)
    }

    /// The header of a block.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the block is not held.
    pub fn block(&self, number: BlockNumber) -> Result<BlockHeader, EngineError> {
        let bytes = self.store.block_record(number)?.ok_or_else(|| StateError::NotHeld {
            block: number.0,
            reason: "it has no header".to_owned(),
        })?;
        Ok(BlockHeader::decode(number, &bytes)?)
    }

    /// The root over all records of the latest state, which the store keeps at hand.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the store fails.
    pub fn state_root(&self) -> Result<Hash, EngineError> {
        Ok(self.store.root_at(self.tip())?)
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The machines and prices.
    #[must_use]
    pub const fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The transaction that a request stands for, without a limit on nonce or fee.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the method is unknown or the arguments do not fit.
    pub fn transaction(&self, request: &Request) -> Result<(Transaction, Resolved), EngineError> {
        self.transaction_by(&self.interfaces(), request)
    }

    /// The same, by interfaces that need not be those of the latest state.
    pub(crate) fn transaction_by(
        &self,
        interfaces: &StateInterfaces,
        request: &Request,
    ) -> Result<(Transaction, Resolved), EngineError> {
        let resolved = interfaces.resolve(request)?;
        let transaction = Transaction {
            from: request.from,
            to: Some(request.to),
            value: request.value,
            input: resolved.input.clone(),
            gas_limit: request.gas_limit.unwrap_or(self.config.chain.gas_limit),
            chain_id: Some(self.config.chain.chain_id),
            ..Transaction::default()
        };
        Ok((transaction, resolved))
    }

    /// The transaction that makes a contract.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where no machine takes the code or the arguments do not fit.
    pub fn deploy_transaction(&self, deploy: &Deploy) -> Result<Transaction, EngineError> {
        let artifact = &deploy.artifact;
        let kind = self.kind_of(artifact)?;
        let interface = self.interface_of_code(artifact)?;
        let arguments = crate::interfaces::constructor_arguments(interface.as_ref(), deploy)?;
        let (to, input) = if kind == VmKind::Evm {
            (None, [artifact.code.as_ref(), &arguments].concat().into())
        } else {
            let text = artifact.interface.as_ref().map(Interface::to_json);
            let input = kernel::deploy_input(kind, &artifact.code, &arguments, text.as_deref());
            (Some(kernel::deployer()), input)
        };
        Ok(Transaction {
            from: deploy.from,
            to,
            value: deploy.value,
            input,
            gas_limit: deploy.gas_limit.unwrap_or(self.config.chain.gas_limit),
            chain_id: Some(self.config.chain.chain_id),
            ..Transaction::default()
        })
    }

    /// The interface that ships with an artifact or stands in its code.
    ///
    /// # Errors
    ///
    /// [`EngineError::UnknownCode`] where no machine takes the code, [`EngineError::Code`] where
    /// its machine refuses it.
    pub fn interface_of_code(&self, artifact: &Artifact) -> Result<Option<Interface>, EngineError> {
        if artifact.interface.is_some() {
            return Ok(artifact.interface.clone());
        }
        let kind = self.kind_of(artifact)?;
        let machine = self.kernel.registry().machine(kind).map_err(kernel::KernelError::from)?;
        Ok(machine.validate(&artifact.code)?.interface)
    }

    fn kind_of(&self, artifact: &Artifact) -> Result<VmKind, EngineError> {
        artifact
            .kind
            .or_else(|| self.kernel.registry().detect(&artifact.code))
            .ok_or_else(|| EngineError::UnknownCode(artifact.name.clone()))
    }

    fn estimate_transaction(
        &self,
        transaction: &Transaction,
        cap: Option<Gas>,
    ) -> Result<Gas, EngineError> {
        let cap = cap.unwrap_or(self.config.chain.gas_limit);
        let mut execution = self.execution(self.store.latest());
        execution.set_tracing(false);
        Ok(execution.estimate_gas(&unchecked(transaction.clone()), cap)?)
    }

    fn send_transaction(
        &mut self,
        transaction: &Transaction,
        resolved: Option<&Resolved>,
    ) -> Result<Receipt, EngineError> {
        let mut block = self.open_block();
        let result = block.run(transaction)?;
        let number = self.seal(block)?;
        Ok(self.receipt(number, result, resolved))
    }

    fn open_block(&self) -> OpenBlock {
        let environment = self.next_block();
        let mut execution = self.kernel.execution(self.store.latest(), &environment);
        execution.set_tracing(self.is_tracing);
        OpenBlock { environment, execution, summaries: Vec::new() }
    }

    /// Makes a block the last of the chain. When this returns it is durable.
    fn seal(&mut self, mut block: OpenBlock) -> Result<BlockNumber, EngineError> {
        let writes = block.execution.finish()?.writes;
        self.commit(&block.environment, block.summaries, writes)?;
        self.next_timestamp_s = None;
        Ok(block.environment.number)
    }

    fn receipt(
        &self,
        block: BlockNumber,
        result: TransactionResult,
        resolved: Option<&Resolved>,
    ) -> Receipt {
        let output = self.output(result, resolved);
        Receipt {
            block,
            status: output.status,
            reason: output.reason,
            output: output.output,
            method: output.method,
            created: output.created,
            gas_used: output.gas_used,
            gas_by_vm: output.gas_by_vm,
            events: output.events,
            trace: output.trace,
        }
    }

    pub(crate) fn output(
        &self,
        result: TransactionResult,
        resolved: Option<&Resolved>,
    ) -> CallOutput {
        let interface = resolved.and_then(|resolved| resolved.interface.clone());
        CallOutput {
            reason: crate::interfaces::reason(&result, interface.as_deref()),
            status: result.status,
            output: result.output,
            method: resolved.and_then(|resolved| resolved.method.clone()),
            created: result.created,
            gas_used: result.gas_used,
            gas_by_vm: result.gas_by_vm.iter().collect(),
            events: result.events,
            trace: result.trace.map(|trace| *trace),
        }
    }

    fn execution(&self, view: Arc<dyn StateView>) -> Execution {
        self.execution_after(self.tip(), view)
    }

    /// Transactions over `view` in the block that follows `parent`.
    pub(crate) fn execution_after(
        &self,
        parent: BlockNumber,
        view: Arc<dyn StateView>,
    ) -> Execution {
        let mut execution = self.kernel.execution(view, &self.block_after(parent));
        execution.set_tracing(self.is_tracing);
        execution
    }

    fn next_block(&self) -> BlockEnvironment {
        self.block_after(self.tip())
    }

    /// The block that follows `parent`, at the time that was set where it is the next one.
    fn block_after(&self, parent: BlockNumber) -> BlockEnvironment {
        // A chain that was loaded from a dump has no headers; its time goes on from the genesis.
        let parent_timestamp_s = self.block(parent).map_or_else(
            |_| self.config.chain.genesis_timestamp_s.saturating_add(parent.0),
            |header| header.timestamp_s,
        );
        let chosen_s = self.next_timestamp_s.filter(|_| parent == self.tip());
        BlockEnvironment {
            chain_id: self.config.chain.chain_id,
            number: BlockNumber(parent.0.saturating_add(1)),
            timestamp_s: chosen_s.unwrap_or_else(|| parent_timestamp_s.saturating_add(1)),
            gas_limit: self.config.chain.gas_limit,
            ..BlockEnvironment::default()
        }
    }

    fn commit_genesis(&self) -> Result<(), EngineError> {
        let mut writes = WriteSet::new();
        writes.put(chain_key(), self.config.chain.chain_id.to_be_bytes().to_vec());
        for account in dev_accounts() {
            let record = AccountRecord { balance: dev_balance(), ..AccountRecord::default() };
            writes.put(Key::account(&account.address), record.encode());
        }
        let environment = BlockEnvironment {
            chain_id: self.config.chain.chain_id,
            number: BlockNumber(0),
            timestamp_s: self.config.chain.genesis_timestamp_s,
            ..BlockEnvironment::default()
        };
        self.commit(&environment, Vec::new(), writes)
    }

    fn commit(
        &self,
        environment: &BlockEnvironment,
        transactions: Vec<TransactionSummary>,
        writes: WriteSet,
    ) -> Result<(), EngineError> {
        let header = BlockHeader {
            chain_id: environment.chain_id,
            number: environment.number,
            timestamp_s: environment.timestamp_s,
            parent: self.store.tip().map_or(Hash::ZERO, |tip| tip.hash),
            changes: hash_changes(&writes),
            transactions,
        };
        let record = header.encode();
        let changes = writes.len();
        self.store.commit(BlockCommit {
            number: header.number,
            hash: header.hash(),
            writes,
            record: Some(record),
            index: Vec::new(),
        })?;
        self.config.node.retention_blocks.prune(self.store.as_ref(), changes)?;
        Ok(())
    }

    fn check_chain(&self) -> Result<(), EngineError> {
        let key = chain_key();
        let bytes = self.store.latest().read(&key)?;
        let word: Option<[u8; 8]> = bytes.and_then(|bytes| bytes.as_ref().try_into().ok());
        let found = word.map(u64::from_be_bytes).ok_or_else(|| StateError::Corrupt {
            key: key.to_string(),
            reason: "it names no chain".to_owned(),
        })?;
        let expected = self.config.chain.chain_id;
        if found == expected { Ok(()) } else { Err(EngineError::OtherChain { found, expected }) }
    }
}

/// A block whose transactions run and are not yet part of the chain.
struct OpenBlock {
    environment: BlockEnvironment,
    execution: Execution,
    summaries: Vec<TransactionSummary>,
}

impl OpenBlock {
    fn run(&mut self, transaction: &Transaction) -> Result<TransactionResult, EngineError> {
        let result = self.execution.transact(transaction)?;
        self.summaries.push(summary(transaction, &result));
        Ok(result)
    }
}

/// Where the state says which chain it is of, so that a dump says it too.
fn chain_key() -> Key {
    Key::new(Namespace::Meta, &Address::ZERO, b"chain")
}

/// A call by anyone: whoever it is from need not be able to pay for it.
pub(crate) fn unchecked(transaction: Transaction) -> Transaction {
    Transaction { checks: Checks::NONE, ..transaction }
}

fn summary(transaction: &Transaction, result: &TransactionResult) -> TransactionSummary {
    TransactionSummary {
        from: transaction.from,
        to: transaction.to,
        created: result.created,
        outcome: kernel::decode::outcome_name(&result.status).to_owned(),
        gas_used: result.gas_used,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pay(engine: &mut Engine, ether: u64) {
        let (alice, bob) = (engine.account("alice").unwrap(), engine.account("bob").unwrap());
        let amount = Wei(primitives::WEI_PER_ETHER.0 * primitives::U256::from(ether));
        let _ = engine.send(&Request::transfer(alice, bob, amount)).unwrap().expect_ok();
    }

    #[test]
    fn a_snapshot_brings_back_chain_and_state() {
        let mut engine = Engine::dev();
        pay(&mut engine, 1);
        let (mark, root) = (engine.snapshot(), engine.state_root().unwrap());
        pay(&mut engine, 2);
        assert_ne!(engine.state_root().unwrap(), root);
        engine.revert(mark).unwrap();
        assert_eq!(engine.tip(), BlockNumber(1));
        assert_eq!(engine.state_root().unwrap(), root);
        engine.revert(mark).unwrap();
    }

    #[test]
    fn a_snapshot_of_another_past_is_refused() {
        let mut engine = Engine::dev();
        let first = engine.snapshot();
        pay(&mut engine, 1);
        let lost = engine.snapshot();
        engine.revert(first).unwrap();
        assert!(matches!(engine.revert(lost), Err(EngineError::UnknownSnapshot(1))));
        pay(&mut engine, 3);
        assert!(matches!(engine.revert(lost), Err(EngineError::UnknownSnapshot(1))));
    }

    #[test]
    fn a_store_stays_with_its_chain() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let _ = Engine::with_store(Config::default(), Arc::clone(&store)).unwrap();
        let mut other = Config::default();
        other.chain.chain_id = 7;
        let error = Engine::with_store(other, store).unwrap_err();
        assert!(matches!(error, EngineError::OtherChain { found: 31337, expected: 7 }));
    }

    #[test]
    fn an_unknown_account_is_named_with_those_that_there_are() {
        let error = Engine::dev().account("mallory").unwrap_err().to_string();
        assert!(error.contains("mallory") && error.contains("alice, bob"), "{error}");
    }
}
