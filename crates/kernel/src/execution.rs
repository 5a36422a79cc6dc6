//! Transactions over a view of the state, one after another.

use std::sync::Arc;

use journal::Changes;
use primitives::{Address, VmKind};
use state::StateView;
use thiserror::Error;
use vm::{BlockEnvironment, Schedule};
use vm_evm::{
    Anchor, Evm, EvmConfig, Precompiles, Session, Transaction, TransactionError, TransactionResult,
};
use vm_native::{NativeVm, Natives, NativesError};
#[cfg(feature = "svm")]
use vm_svm::{SvmConfig, SvmVm};
use vm_wasm::{WasmConfig, WasmVm};

#[cfg(feature = "svm")]
use crate::solana;
use crate::{
    crossing::Crossroads,
    lifecycle::is_deploy,
    registry::{Registry, RegistryError},
};

/// The rules of a chain's machines and the settings of a node's.
#[derive(Debug, Clone, Default)]
pub struct KernelConfig {
    /// The EVM.
    pub evm: EvmConfig,
    /// Native precompiles of this chain, beside Ethereum's.
    pub precompiles: Precompiles,
    /// Native contracts of this chain, beside those that every chain has.
    pub natives: Natives,
    /// WebAssembly, and Go, which runs on the same engines.
    pub wasm: WasmConfig,
    /// Solana programs.
    #[cfg(feature = "svm")]
    pub svm: SvmConfig,
    /// JavaScript.
    #[cfg(feature = "js")]
    pub js: vm_js::JsConfig,
    /// The prices of the host interface.
    pub schedule: Schedule,
    /// Machines that are switched off at start.
    pub disabled: Vec<VmKind>,
    /// Whether a contract's call of a contract of another machine is refused. All nodes of a chain
    /// have the same.
    pub is_crossing_refused: bool,
}

/// Why a kernel cannot be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KernelError {
    /// A machine does not accept its settings.
    #[error("machine {kind}: {reason}")]
    Machine {
        /// Which machine.
        kind: VmKind,
        /// What is wrong.
        reason: String,
    },
    /// Two native contracts cannot be told apart.
    #[error(transparent)]
    Natives(#[from] NativesError),
    /// The registry refuses.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// The machines of a node under the rules of its chain.
#[derive(Debug)]
pub struct Kernel {
    crossroads: Arc<Crossroads>,
    evm: Evm,
}

impl Kernel {
    /// A kernel with the machines of this build.
    ///
    /// # Errors
    ///
    /// [`KernelError`] where a machine does not accept its settings.
    pub fn new(config: KernelConfig) -> Result<Self, KernelError> {
        let wasm = WasmVm::new(config.wasm).map_err(|error| KernelError::Machine {
            kind: VmKind::Wasm,
            reason: error.to_string(),
        })?;
        let mut registry = Registry::new();
        let evm = Evm::new(config.evm).with_precompiles(config.precompiles);
        registry.register(Arc::new(evm.clone()))?;
        registry.register_hosted(Arc::new(wasm.go()))?;
        registry.register_hosted(Arc::new(wasm))?;
        #[cfg(feature = "svm")]
        registry.register_hosted(Arc::new(svm(&config.svm)?))?;
        #[cfg(feature = "js")]
        registry.register_hosted(Arc::new(vm_js::JsVm::new(&config.js)))?;
        let mut natives = config.natives;
        natives.register_system()?;
        registry.register(Arc::new(NativeVm::new(natives.len() as u64)))?;
        for kind in &config.disabled {
            registry.set_enabled(*kind, false)?;
        }
        registry.set_crossing(!config.is_crossing_refused);
        Ok(Self::with_registry(registry, evm, config.schedule, natives))
    }

    /// A kernel with machines and native contracts of the caller's choice.
    #[must_use]
    pub fn with_registry(
        registry: Registry,
        evm: Evm,
        schedule: Schedule,
        natives: Natives,
    ) -> Self {
        Self { crossroads: Arc::new(Crossroads::new(Arc::new(registry), schedule, natives)), evm }
    }

    /// The native contracts.
    #[must_use]
    pub fn natives(&self) -> &Natives {
        self.crossroads.natives()
    }

    /// The machines.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        self.crossroads.registry()
    }

    /// The prices.
    #[must_use]
    pub fn schedule(&self) -> &Schedule {
        self.crossroads.schedule()
    }

    /// Opens transactions over `view`, in `block`.
    #[must_use]
    pub fn execution(&self, view: Arc<dyn StateView>, block: &BlockEnvironment) -> Execution {
        let crossing = Arc::clone(&self.crossroads);
        let mut session = self.evm.session(view, crossing);
        session.set_block(block);
        Execution {
            crossroads: Arc::clone(&self.crossroads),
            session,
            is_speculative: false,
            #[cfg(feature = "svm")]
            recent: None,
        }
    }

    /// Lets the machines make code ready that a transaction stored, so that no call waits for a
    /// compiler. An [`Execution`] does so itself, unless it is speculative.
    pub fn prepare(&self, result: &TransactionResult) {
        self.crossroads.prepare(result);
    }
}

#[cfg(feature = "svm")]
fn svm(config: &SvmConfig) -> Result<SvmVm, KernelError> {
    SvmVm::new(config)
        .map_err(|error| KernelError::Machine { kind: VmKind::Svm, reason: error.to_string() })
}

/// Transactions over one view, one after another on one journal. Nothing reaches a store: what
/// they changed is in [`finish`](Self::finish).
#[derive(Debug)]
pub struct Execution {
    crossroads: Arc<Crossroads>,
    session: Session,
    is_speculative: bool,
    /// The blocks that transactions may name, once one of them has asked.
    #[cfg(feature = "svm")]
    recent: Option<solana::Recent>,
}

impl Execution {
    /// Runs a transaction and keeps what it changed for the transactions after it.
    ///
    /// New code is made ready by its machine afterwards, so that no call waits for a compiler;
    /// that of a speculative execution is not.
    ///
    /// # Errors
    ///
    /// [`TransactionError`] where the transaction is invalid or the host failed; then nothing
    /// happened.
    pub fn transact(
        &mut self,
        transaction: &Transaction,
    ) -> Result<TransactionResult, TransactionError> {
        self.switch_evm();
        let mut result = match &transaction.anchor {
            None => self.session.transact(transaction)?,
            Some(anchor) => self.transact_anchored(transaction, anchor)?,
        };
        name_created(transaction, &mut result);
        if !self.is_speculative {
            self.crossroads.prepare(&result);
        }
        Ok(result)
    }

    /// Runs a transaction and forgets what it changed.
    ///
    /// # Errors
    ///
    /// As [`transact`](Self::transact).
    pub fn simulate(
        &mut self,
        transaction: &Transaction,
    ) -> Result<TransactionResult, TransactionError> {
        self.switch_evm();
        let mut result = self.session.simulate(transaction)?;
        name_created(transaction, &mut result);
        Ok(result)
    }

    /// Forgets all that was done and read, and goes on over another view. What happens after may
    /// be for nothing if `is_speculative`: then fees and counters are deferred, so that the changes
    /// hold credits and deltas, and no code is made ready.
    pub fn rebase(&mut self, view: Arc<dyn StateView>, is_speculative: bool) {
        self.session.rebase(view);
        self.session.set_deferring(is_speculative);
        self.is_speculative = is_speculative;
    }

    /// Records the tree of calls of the transactions to come, or does not.
    pub const fn set_tracing(&mut self, is_traced: bool) {
        self.session.set_tracing(is_traced);
    }

    /// The session beneath, for tracers and conformance runs of the EVM.
    pub fn session_mut(&mut self) -> &mut Session {
        self.switch_evm();
        &mut self.session
    }

    /// Everything that changed since the start or the last call, and what was read for it.
    ///
    /// # Errors
    ///
    /// [`TransactionError::State`] where the view failed while the changes were gathered.
    pub fn finish(&mut self) -> Result<Changes, TransactionError> {
        self.session.take_changes()
    }

    /// As [`finish`](Self::finish), for the last time: the execution has to be
    /// [rebased](Self::rebase) before it goes on.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish).
    pub fn close(&mut self) -> Result<Changes, TransactionError> {
        self.session.close()
    }

    /// Runs a transaction that a recent block or a nonce account makes valid.
    #[cfg(feature = "svm")]
    fn transact_anchored(
        &mut self,
        transaction: &Transaction,
        anchor: &Anchor,
    ) -> Result<TransactionResult, TransactionError> {
        let recent = match self.recent.take() {
            Some(recent) => recent,
            None => {
                let block = self.session.frames().environment().block.clone();
                solana::recent(self.session.journal_mut(), &block)?
            }
        };
        let recent = &*self.recent.insert(recent);
        let admission = solana::admit(self.session.journal_mut(), recent, (transaction, anchor))?;
        let result = self.session.transact(transaction)?;
        let settled = (transaction, anchor, &admission);
        let journal = self.session.journal_mut();
        solana::settle(journal, recent, settled, result.status.is_success())?;
        journal.commit_transaction();
        Ok(result)
    }

    #[cfg(not(feature = "svm"))]
    fn transact_anchored(
        &mut self,
        _transaction: &Transaction,
        _anchor: &Anchor,
    ) -> Result<TransactionResult, TransactionError> {
        let reason = "this build has no Solana machine, which runs transactions with an anchor";
        Err(TransactionError::Invalid(reason.to_owned()))
    }

    /// Hosted machines ask the registry at each frame; the EVM, which works on the journal itself,
    /// is told before each transaction.
    fn switch_evm(&mut self) {
        let is_enabled = self.crossroads.registry().machine(VmKind::Evm).is_ok();
        self.session.set_enabled(is_enabled);
    }
}

/// A deploy through the deployer makes a contract as a creation transaction does: the deployer
/// answers with its address.
fn name_created(transaction: &Transaction, result: &mut TransactionResult) {
    if is_deploy(transaction) && result.status.is_success() {
        let word: Option<[u8; 32]> = result.output.as_ref().try_into().ok();
        result.created = word.map(Address::new);
    }
}
