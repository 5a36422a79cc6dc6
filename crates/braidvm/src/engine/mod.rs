//! The engine: a store, the machines, and a chain that grows by blocks of signed transactions.

mod blocks;
mod genesis;
mod inspect;
mod machines;
mod observe;
mod read;
mod send;
mod trees;
mod words;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use block::{ChainRules, Genesis, Parent, SenderCache, execution::Executor};
use kernel::Kernel;
use primitives::{Address, BlockNumber, Hash};
use state::{FjallConfig, FjallStore, MemoryStore, StateView, Store, UpgradeProgress};
use vm::BlockEnvironment;

use crate::{
    Config, EngineError,
    accounts::{dev_accounts, dev_address},
    metrics::Metrics,
};

pub use blocks::FoundTransaction;
pub use genesis::ReadArtifact;
pub use inspect::Inspection;
pub use machines::Machines;
pub(crate) use read::unchecked;
pub use send::BlockReceipt;
use trees::TreeThread;

/// A node in one value. See the crate's page for an example.
#[derive(Debug)]
pub struct Engine {
    executor: Executor,
    senders: SenderCache,
    store: Arc<dyn Store>,
    config: Config,
    rules: ChainRules,
    next_timestamp_s: Option<u64>,
    is_tracing: bool,
    /// Where headers are behind their states.
    trees: Option<TreeThread>,
    /// The file of the machines that were stopped.
    switches: Option<PathBuf>,
    metrics: Arc<Metrics>,
    is_measuring: bool,
}

/// A point of the chain to come back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotId {
    block: BlockNumber,
    hash: Hash,
}

impl Engine {
    /// An engine in memory with the default configuration and the funded development accounts.
    ///
    /// # Panics
    ///
    /// Never: the default configuration is accepted.
    #[must_use]
    pub fn dev() -> Self {
        Self::in_memory(Config::default()).expect("invariant: the defaults are sound")
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
    pub fn open(path: &Path, config: Config) -> Result<Self, EngineError> {
        let store = Self::open_store(path)?;
        Self::with_store(Self::config_of(path, config), Arc::new(store))?.settle_in(path)
    }

    /// Begins a chain in a folder by a genesis of the caller's own. A folder that holds this very
    /// chain already is opened.
    ///
    /// # Errors
    ///
    /// [`EngineError::OtherGenesis`] where the folder holds another chain, [`EngineError::Genesis`]
    /// where the genesis is not accepted, and as [`open`](Self::open).
    pub fn init(
        path: &Path,
        config: Config,
        genesis: &Genesis,
        read_artifact: ReadArtifact<'_>,
    ) -> Result<Self, EngineError> {
        let store = Self::open_store(path)?;
        let config = Self::config_of(path, config);
        Self::with_genesis(config, Arc::new(store), genesis, read_artifact)?.settle_in(path)
    }

    /// The store of the folder of an engine, without the engine: for work on the state as a whole.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the folder cannot be used.
    pub fn open_store(path: &Path) -> Result<FjallStore, EngineError> {
        Ok(FjallStore::open(Self::store_path(path), &FjallConfig::default())?)
    }

    /// Gives the store of the folder of an engine the present format, and tells whether it had an
    /// older one. `progress` hears now and then how far it is.
    ///
    /// # Errors
    ///
    /// As [`open_store`](Self::open_store).
    pub fn upgrade_store(
        path: &Path,
        progress: &mut dyn FnMut(UpgradeProgress),
    ) -> Result<bool, EngineError> {
        Ok(FjallStore::upgrade(Self::store_path(path), &FjallConfig::default(), progress)?)
    }

    /// Where the store lies in the folder of an engine.
    pub(crate) fn store_path(path: &Path) -> PathBuf {
        path.join("state")
    }

    /// An engine over any store. An empty one gets the development genesis of the configuration.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn with_store(config: Config, store: Arc<dyn Store>) -> Result<Self, EngineError> {
        let config = match ChainRules::of(store.latest().as_ref())? {
            Some(rules) => config.with_rules(&rules)?,
            None => config,
        };
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
        let executor = Executor::new(Arc::new(kernel), &config.execution.executor());
        if store.tip().is_none() {
            let genesis = config.chain.genesis();
            genesis::commit(&executor, store.as_ref(), &genesis)?;
        }
        Self::over(config, executor, store)
    }

    /// The address of an account: a development name, `@` and a name of the chain's registry, or an
    /// address as text.
    ///
    /// # Errors
    ///
    /// [`EngineError::UnknownAccount`] where it is none of them.
    pub fn account(&self, name: &str) -> Result<Address, EngineError> {
        if let Some(registered) = name.strip_prefix('@') {
            let found = self.interfaces().registered(registered);
            return found.ok_or_else(|| EngineError::UnknownName(registered.to_owned()));
        }
        if let Some(address) = dev_address(name) {
            return Ok(address);
        }
        name.parse().map_err(|_| EngineError::UnknownAccount {
            name: name.to_owned(),
            known: dev_accounts().iter().map(|it| it.name).collect::<Vec<_>>().join(", "),
        })
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
        self.store.rewind(snapshot.block)?;
        self.read_rules()
    }

    /// The time of the next block, in seconds since 1970; later blocks follow a second each.
    pub const fn set_next_timestamp(&mut self, timestamp_s: u64) {
        self.next_timestamp_s = Some(timestamp_s);
    }

    /// Whether the call trees of what is called, or sent by itself, are recorded; they are unless
    /// switched off. [`send_block`](Self::send_block) never records them.
    pub const fn set_tracing(&mut self, is_tracing: bool) {
        self.is_tracing = is_tracing;
    }

    /// The height of the last block.
    #[must_use]
    pub fn tip(&self) -> BlockNumber {
        self.store.tip().map_or(BlockNumber(0), |tip| tip.block)
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The machines and prices.
    #[must_use]
    pub fn kernel(&self) -> &Kernel {
        self.executor.kernel()
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The rules of the chain that hold in the next block: those of its genesis, with the
    /// [parameters](crate::Parameter) that were changed since.
    #[must_use]
    pub const fn rules(&self) -> &ChainRules {
        &self.rules
    }

    /// What code sees of the block that comes next.
    #[must_use]
    pub fn next_block(&self) -> BlockEnvironment {
        self.block_by(&self.rules, self.tip(), self.next_timestamp_s)
    }

    /// What code sees of the block that follows `parent`, whose state is `view`; at the time that
    /// was set where it is the next one.
    fn block_after(
        &self,
        parent: BlockNumber,
        view: &dyn StateView,
    ) -> Result<BlockEnvironment, EngineError> {
        if parent == self.tip() {
            return Ok(self.next_block());
        }
        let rules = ChainRules::of(view)?.ok_or(EngineError::NoRules)?;
        Ok(self.block_by(&rules, parent, None))
    }

    /// What code sees of the block that follows `parent`, by the rules of the time.
    fn block_by(
        &self,
        rules: &ChainRules,
        parent: BlockNumber,
        chosen_s: Option<u64>,
    ) -> BlockEnvironment {
        let Parent { hash, header } = self.parent(parent);
        let timestamp_s = chosen_s.unwrap_or_else(|| header.timestamp.saturating_add(1));
        rules.next_environment(&header, hash, timestamp_s)
    }

    /// Takes the rules of the next block from the state after the last one.
    fn read_rules(&mut self) -> Result<(), EngineError> {
        let found = ChainRules::of(self.store.latest().as_ref())?;
        self.rules = found.ok_or(EngineError::NoRules)?;
        self.config.chain.follow(&self.rules);
        Ok(())
    }

    /// An engine over a store that holds a chain.
    fn over(
        mut config: Config,
        executor: Executor,
        store: Arc<dyn Store>,
    ) -> Result<Self, EngineError> {
        let view = store.latest();
        let at_genesis = ChainRules::at_genesis(view.as_ref())?.ok_or(EngineError::NoRules)?;
        config.chain.check_against(&at_genesis)?;
        let rules = ChainRules::of(view.as_ref())?.unwrap_or(at_genesis);
        config.chain.follow(&rules);
        let trees = match rules.root_lag_blocks {
            0 => None,
            _ => Some(TreeThread::start(Arc::clone(&store)).map_err(EngineError::Thread)?),
        };
        let metrics = Arc::new(Metrics::new(config.metrics.contracts));
        let is_measuring = config.metrics.listen.is_some();
        Ok(Self {
            executor,
            senders: SenderCache::new(),
            store,
            config,
            rules,
            next_timestamp_s: None,
            is_tracing: true,
            trees,
            switches: None,
            metrics,
            is_measuring,
        })
    }

    fn config_of(path: &Path, mut config: Config) -> Config {
        config.vm.wasm.cache_directory.get_or_insert_with(|| path.join("artifacts"));
        config
    }
}
