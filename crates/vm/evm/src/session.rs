//! Transactions on one journal.

use std::sync::Arc;

use journal::{AliasBinding, Changes, Journal, ViewDatabase};
use primitives::U256;
use revm::{
    context::{BlockEnv, CfgEnv, Context, JournalTr, LocalContext, TxEnv},
    context_interface::{block::BlobExcessGasAndPrice, result::ExecutionResult},
    handler::Handler,
    primitives::hardfork::SpecId,
};
use state::StateView;
use vm::{BlockEnvironment, Environment, TransactionEnvironment};

use crate::{
    Crossing, EvmConfig, Frames, Precompiles, Scope, Transaction, TransactionError,
    TransactionResult,
    context::{EvmContext, EvmError},
    dispatch::{self, Dispatch, Stack},
    machine::{Ending, Machine, Run},
    tracer::Tracer,
    transaction,
};

/// Transactions on one journal, one or many, each seeing what the earlier ones did.
///
/// A session belongs to the thread that made it.
#[derive(Debug)]
pub struct Session {
    context: EvmContext,
    dispatch: Dispatch,
    stack: Stack,
    is_traced: bool,
}

/// Frames that a stack has room for from the start.
const STACK_FRAMES: usize = 8;

impl Session {
    /// A session over `view` by the rules of `config`. Calls to other machines go to `crossing`.
    ///
    /// Before London nothing protects the marker code of foreign contracts, so there a session
    /// takes none for foreign.
    #[must_use]
    pub fn new(view: Arc<dyn StateView>, config: &EvmConfig, crossing: Arc<dyn Crossing>) -> Self {
        let rules = rules(config);
        let mut journaled_state = Journal::over(ViewDatabase::new(view));
        journaled_state.set_spec_id(config.spec());
        journaled_state.set_eip7708_config(
            rules.amsterdam_eip7708_disabled,
            rules.amsterdam_eip8246_delayed_clear_disabled,
        );
        let context = Context {
            block: BlockEnv::default(),
            tx: TxEnv::default(),
            cfg: rules,
            journaled_state,
            chain: Scope::default(),
            local: LocalContext::default(),
            error: Ok(()),
        };
        let dispatch = Dispatch::new(config, crossing);
        Self { context, dispatch, stack: Stack::new_prealloc(STACK_FRAMES), is_traced: false }
    }

    /// The same session with precompiles of the operator's own.
    #[must_use]
    pub fn with_precompiles(mut self, precompiles: Arc<Precompiles>) -> Self {
        self.dispatch.set_precompiles(precompiles);
        self
    }

    /// Sets the block around the transactions to come.
    pub fn set_block(&mut self, block: &BlockEnvironment) {
        let spec = self.context.cfg.spec;
        self.context.block = BlockEnv {
            number: U256::from(block.number.0),
            beneficiary: block.beneficiary.evm_alias(),
            timestamp: U256::from(block.timestamp_s),
            gas_limit: block.gas_limit.0,
            basefee: block.base_fee.0.saturating_to(),
            difficulty: U256::ZERO,
            prevrandao: Some(block.prevrandao),
            blob_excess_gas_and_price: spec
                .is_enabled_in(SpecId::CANCUN)
                .then(|| BlobExcessGasAndPrice::new_with_spec(block.excess_blob_gas, spec)),
            slot_num: 0,
        };
        self.context.cfg.chain_id = block.chain_id;
        self.context.chain.environment =
            Environment { block: block.clone(), transaction: TransactionEnvironment::default() };
    }

    /// Forgets all that was done and read, and goes on over another view.
    pub fn rebase(&mut self, view: Arc<dyn StateView>) {
        self.context.journaled_state.rebase(view);
    }

    /// Lets fees go to accounts without loading them and counters change unread, where that is
    /// possible, or does not. The changes then hold credits and deltas.
    ///
    /// # Panics
    ///
    /// Where counters were changed since the last [rebase](Self::rebase).
    pub fn set_deferring(&mut self, is_deferring: bool) {
        self.dispatch.defers_fees = is_deferring;
        self.context.journaled_state.set_deferring(is_deferring);
    }

    /// Records the tree of calls of the transactions to come, or does not.
    pub const fn set_tracing(&mut self, is_traced: bool) {
        self.is_traced = is_traced;
    }

    /// Lets bytecode run in the transactions to come, or does not. While it does not, contracts of
    /// the EVM halt and none is made; other machines, precompiles and transfers go on.
    pub const fn set_enabled(&mut self, is_enabled: bool) {
        self.dispatch.is_enabled = is_enabled;
    }

    /// Runs a transaction. Its changes and its fee are kept whether or not it succeeds.
    ///
    /// # Errors
    ///
    /// [`TransactionError`] where it is invalid or the host failed; then nothing has happened.
    pub fn transact(
        &mut self,
        transaction: &Transaction,
    ) -> Result<TransactionResult, TransactionError> {
        self.execute(transaction, Ending::Keep)
    }

    /// Runs a transaction and takes everything back. What was read stays known.
    ///
    /// # Errors
    ///
    /// As [`transact`](Self::transact).
    pub fn simulate(
        &mut self,
        transaction: &Transaction,
    ) -> Result<TransactionResult, TransactionError> {
        self.execute(transaction, Ending::Discard)
    }

    /// The journal, for reading and changing state outside of a transaction.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.context.journaled_state
    }

    /// The journal, for reading and changing state outside of a transaction.
    pub const fn journal_mut(&mut self) -> &mut Journal {
        &mut self.context.journaled_state
    }

    /// The session as a foreign frame would see it, outside of a transaction.
    pub const fn frames(&mut self) -> Frames<'_> {
        Frames::new(&mut self.context, &mut self.dispatch)
    }

    /// Everything that the transactions did since the last call.
    ///
    /// # Errors
    ///
    /// [`TransactionError::State`] where the view fails or has failed before.
    pub fn take_changes(&mut self) -> Result<Changes, TransactionError> {
        Ok(self.context.journaled_state.take_changes()?)
    }

    /// As [`take_changes`](Self::take_changes), for the last time: the session has to be
    /// [rebased](Self::rebase) before it goes on.
    ///
    /// # Errors
    ///
    /// As [`take_changes`](Self::take_changes).
    pub fn close(&mut self) -> Result<Changes, TransactionError> {
        Ok(self.context.journaled_state.close()?)
    }

    /// Revm's rules and block, for runs that set them directly.
    #[doc(hidden)]
    pub const fn rules_and_block_mut(&mut self) -> (&mut CfgEnv, &mut BlockEnv) {
        (&mut self.context.cfg, &mut self.context.block)
    }

    /// Runs a transaction in revm's own words by the rules as they are set.
    ///
    /// # Errors
    ///
    /// As [`transact`](Self::transact).
    #[doc(hidden)]
    pub fn transact_env(
        &mut self,
        transaction: TxEnv,
    ) -> Result<ExecutionResult, TransactionError> {
        self.context.tx = transaction;
        self.begin();
        self.run(Ending::Keep)
    }

    /// Where the inspector of a traced transaction is put for its run.
    pub(crate) const fn tracer_mut(&mut self) -> &mut Option<Box<Tracer>> {
        &mut self.dispatch.tracer
    }

    fn execute(
        &mut self,
        transaction: &Transaction,
        ending: Ending,
    ) -> Result<TransactionResult, TransactionError> {
        let checks = transaction.checks;
        assert!(ending == Ending::Discard || checks.balance, "coin is only made in simulations");
        if transaction.to.is_none() && !self.dispatch.is_enabled {
            return Err(TransactionError::Invalid(dispatch::DISABLED.to_owned()));
        }
        let rules = &mut self.context.cfg;
        rules.disable_nonce_check = transaction.nonce.is_none();
        rules.disable_balance_check = !checks.balance;
        rules.disable_base_fee = !checks.base_fee;
        rules.disable_block_gas_limit = !checks.block_gas_limit;
        rules.disable_eip3607 = !checks.sender_code;
        let base_fee = self.context.chain.environment.block.base_fee;
        transaction.write(&mut self.context.tx, base_fee);
        self.begin();
        let Environment { block, transaction: told } = &mut self.context.chain.environment;
        let TransactionEnvironment { origin, cosigners, gas_price, hash } = told;
        origin.clone_from(&transaction.from);
        cosigners.clone_from(&transaction.cosigners);
        hash.clone_from(&transaction.hash);
        *gas_price = transaction.fee.effective(block.base_fee);
        self.bind_aliases(transaction)?;
        let ended = self.run(ending)?;
        Ok(transaction::result(ended, &mut self.context.chain))
    }

    /// Makes the aliases of wide identities at both ends of a transaction their own. What the
    /// transaction then does, or fails to do, decides whether the records stay.
    fn bind_aliases(&mut self, transaction: &Transaction) -> Result<(), TransactionError> {
        let ends = std::iter::once(transaction.from).chain(transaction.to);
        for identity in ends.filter(|identity| !identity.is_evm()) {
            let journal = &mut self.context.journaled_state;
            if journal.bind_alias(&identity)? == AliasBinding::Taken {
                journal.discard_transaction();
                return Err(TransactionError::AliasTaken(identity));
            }
        }
        Ok(())
    }

    fn begin(&mut self) {
        self.context.chain.begin(self.is_traced);
        self.context.journaled_state.begin_transaction();
    }

    fn run(&mut self, ending: Ending) -> Result<ExecutionResult, TransactionError> {
        if let Some(fault) = self.context.journaled_state.fault() {
            return Err(fault.clone().into());
        }
        let mut machine = Machine {
            context: &mut self.context,
            instructions: self.dispatch.instructions.clone(),
            dispatch: &mut self.dispatch,
            stack: &mut self.stack,
        };
        let ended = Run::new(ending).run(&mut machine);
        debug_assert!(self.context.journaled_state.depth() == 0, "all frames have ended");
        ended.map_err(|error| self.failure(error))
    }

    #[cold]
    fn failure(&mut self, error: EvmError) -> TransactionError {
        self.context.error = Ok(());
        match self.context.journaled_state.fault() {
            Some(fault) => fault.clone().into(),
            None => {
                let Context { tx, block, cfg, .. } = &self.context;
                transaction::error(error, (tx, block, cfg))
            }
        }
    }
}

/// Revm's rules.
fn rules(config: &EvmConfig) -> CfgEnv {
    let mut rules = CfgEnv::new_with_spec(config.spec());
    rules.chain_id = config.chain_id;
    rules.memory_limit = config.memory_bytes_max;
    rules.limit_contract_code_size = Some(config.code_bytes_max);
    rules.limit_contract_initcode_size = Some(config.init_code_bytes_max);
    let limit = config.transaction_gas_limit_max;
    rules.tx_gas_limit_cap = Some(limit.map_or(u64::MAX, |limit| limit.0));
    rules.memory_limit = config.memory_bytes_max;
    rules.max_blobs_per_tx = Some(blobs_max(config.spec()));
    rules
}

/// Blobs that one transaction may carry (EIP-4844, EIP-7691, EIP-7594).
const fn blobs_max(spec: SpecId) -> u64 {
    match spec {
        SpecId::PRAGUE => 9,
        _ => 6,
    }
}
