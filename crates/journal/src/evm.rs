//! The journal as revm sees it: everything is revm's own, and what ends a checkpoint or a
//! transaction also ends the changes beside it.

use revm::{
    bytecode::Bytecode,
    context::{
        JournalEntry, JournalInner, JournalTr,
        journaled_state::{
            AccountInfoLoad, AccountLoad, JournalCheckpoint, JournalLoadError, TransferError,
            account::JournaledAccount,
        },
    },
    context_interface::context::{SStoreResult, SelfDestructResult, StateLoad},
    inspector::JournalExt,
    primitives::{
        Address, AddressMap, AddressSet, B256, HashSet, Log, StorageKey, StorageValue, U256,
        hardfork::SpecId,
    },
    state::{Account, EvmState},
};

use crate::{Journal, ViewDatabase, ViewError};

type LoadError = JournalLoadError<ViewError>;

impl JournalTr for Journal {
    type Database = ViewDatabase;
    type State = EvmState;
    type JournaledAccount<'a> = JournaledAccount<'a, ViewDatabase, JournalEntry>;

    fn new(database: ViewDatabase) -> Self {
        Self::over(database)
    }

    fn db_and_state(&self) -> (&ViewDatabase, &EvmState) {
        self.inner.db_and_state()
    }

    #[inline]
    fn db_and_state_mut(&mut self) -> (&mut ViewDatabase, &mut EvmState) {
        self.inner.db_and_state_mut()
    }

    #[inline]
    fn checkpoint_revert(&mut self, checkpoint: JournalCheckpoint) {
        if !self.undo.is_empty() {
            self.undo_from(checkpoint.journal_i);
        }
        self.inner.checkpoint_revert(checkpoint);
    }

    #[inline]
    fn commit_tx(&mut self) {
        self.undo.clear();
        if !self.warm.is_empty() {
            self.warm.clear();
        }
        if self.has_guarded() {
            self.release_destroyed();
        }
        self.inner.commit_tx();
    }

    fn discard_tx(&mut self) {
        self.undo_from(0);
        assert!(self.undo.is_empty() && self.warm.is_empty(), "nothing of it remains");
        self.inner.discard_tx();
    }

    /// The accounts only: records beside them stay open until they are taken.
    fn finalize(&mut self) -> EvmState {
        self.undo.clear();
        self.warm.clear();
        self.inner.finalize()
    }

    #[inline]
    fn sload(
        &mut self,
        address: Address,
        key: StorageKey,
    ) -> Result<StateLoad<StorageValue>, ViewError> {
        self.inner.sload(address, key)
    }

    #[inline]
    fn sload_skip_cold_load(
        &mut self,
        address: Address,
        key: StorageKey,
        skip_cold_load: bool,
    ) -> Result<StateLoad<StorageValue>, LoadError> {
        self.inner.sload_skip_cold_load(address, key, skip_cold_load)
    }

    #[inline]
    fn sstore(
        &mut self,
        address: Address,
        key: StorageKey,
        value: StorageValue,
    ) -> Result<StateLoad<SStoreResult>, ViewError> {
        self.inner.sstore(address, key, value)
    }

    #[inline]
    fn sstore_skip_cold_load(
        &mut self,
        address: Address,
        key: StorageKey,
        value: StorageValue,
        skip_cold_load: bool,
    ) -> Result<StateLoad<SStoreResult>, LoadError> {
        self.inner.sstore_skip_cold_load(address, key, value, skip_cold_load)
    }

    #[inline]
    fn tload(&mut self, address: Address, key: StorageKey) -> StorageValue {
        self.inner.tload(address, key)
    }

    #[inline]
    fn tstore(&mut self, address: Address, key: StorageKey, value: StorageValue) {
        self.inner.tstore(address, key, value);
    }

    #[inline]
    fn log(&mut self, log: Log) {
        self.inner.log(log);
    }

    #[inline]
    fn take_logs(&mut self) -> Vec<Log> {
        self.inner.take_logs()
    }

    #[inline]
    fn logs(&self) -> &[Log] {
        self.inner.logs()
    }

    #[inline]
    fn selfdestruct(
        &mut self,
        address: Address,
        target: Address,
        skip_cold_load: bool,
    ) -> Result<StateLoad<SelfDestructResult>, LoadError> {
        self.inner.selfdestruct(address, target, skip_cold_load)
    }

    #[inline]
    fn warm_access_list(&mut self, access_list: AddressMap<HashSet<StorageKey>>) {
        self.inner.warm_access_list(access_list);
    }

    #[inline]
    fn warm_coinbase_account(&mut self, address: Address) {
        self.inner.warm_coinbase_account(address);
    }

    #[inline]
    fn warm_precompiles(&mut self, addresses: &AddressSet) {
        self.inner.warm_precompiles(addresses);
    }

    #[inline]
    fn precompile_addresses(&self) -> &AddressSet {
        self.inner.precompile_addresses()
    }

    #[inline]
    fn set_spec_id(&mut self, spec_id: SpecId) {
        self.inner.set_spec_id(spec_id);
    }

    #[inline]
    fn set_eip7708_config(&mut self, disabled: bool, eip8246_delayed_clear_disabled: bool) {
        self.inner.set_eip7708_config(disabled, eip8246_delayed_clear_disabled);
    }

    #[inline]
    fn touch_account(&mut self, address: Address) {
        self.inner.touch_account(address);
    }

    #[inline]
    fn transfer(
        &mut self,
        from: Address,
        to: Address,
        balance: U256,
    ) -> Result<Option<TransferError>, ViewError> {
        JournalTr::transfer(&mut self.inner, from, to, balance)
    }

    #[inline]
    fn transfer_loaded(
        &mut self,
        from: Address,
        to: Address,
        balance: U256,
    ) -> Option<TransferError> {
        JournalTr::transfer_loaded(&mut self.inner, from, to, balance)
    }

    #[inline]
    #[expect(deprecated, reason = "part of the trait")]
    fn caller_accounting_journal_entry(
        &mut self,
        address: Address,
        old_balance: U256,
        bump_nonce: bool,
    ) {
        JournalTr::caller_accounting_journal_entry(
            &mut self.inner,
            address,
            old_balance,
            bump_nonce,
        );
    }

    #[inline]
    #[expect(deprecated, reason = "part of the trait")]
    fn nonce_bump_journal_entry(&mut self, address: Address) {
        JournalTr::nonce_bump_journal_entry(&mut self.inner, address);
    }

    #[inline]
    fn balance_incr(&mut self, address: Address, balance: U256) -> Result<(), ViewError> {
        JournalTr::balance_incr(&mut self.inner, address, balance)
    }

    #[inline]
    fn load_account(&mut self, address: Address) -> Result<StateLoad<&Account>, ViewError> {
        JournalTr::load_account(&mut self.inner, address)
    }

    #[inline]
    fn load_account_with_code(
        &mut self,
        address: Address,
    ) -> Result<StateLoad<&Account>, ViewError> {
        self.inner.load_account_with_code(address)
    }

    #[inline]
    fn load_account_delegated(
        &mut self,
        address: Address,
    ) -> Result<StateLoad<AccountLoad>, ViewError> {
        JournalTr::load_account_delegated(&mut self.inner, address)
    }

    #[inline]
    fn load_account_mut_skip_cold_load(
        &mut self,
        address: Address,
        skip_cold_load: bool,
    ) -> Result<StateLoad<Self::JournaledAccount<'_>>, LoadError> {
        self.inner.load_account_mut_skip_cold_load(address, skip_cold_load)
    }

    #[inline]
    fn load_account_mut_optional_code(
        &mut self,
        address: Address,
        load_code: bool,
    ) -> Result<StateLoad<Self::JournaledAccount<'_>>, ViewError> {
        JournalTr::load_account_mut_optional_code(&mut self.inner, address, load_code)
    }

    #[inline]
    fn load_account_info_skip_cold_load(
        &mut self,
        address: Address,
        load_code: bool,
        skip_cold_load: bool,
    ) -> Result<AccountInfoLoad<'_>, LoadError> {
        self.inner.load_account_info_skip_cold_load(address, load_code, skip_cold_load)
    }

    #[inline]
    fn set_code_with_hash(&mut self, address: Address, code: Bytecode, hash: B256) {
        JournalTr::set_code_with_hash(&mut self.inner, address, code, hash);
    }

    #[inline]
    fn checkpoint(&mut self) -> JournalCheckpoint {
        JournalTr::checkpoint(&mut self.inner)
    }

    #[inline]
    fn checkpoint_commit(&mut self) {
        JournalTr::checkpoint_commit(&mut self.inner);
    }

    /// As revm's, and an account that has slots of its own is in use as well (EIP-7610).
    fn create_account_checkpoint(
        &mut self,
        caller: Address,
        address: Address,
        balance: U256,
        spec_id: SpecId,
    ) -> Result<JournalCheckpoint, TransferError> {
        if self.has_slots(address) {
            return Err(TransferError::CreateCollision);
        }
        JournalTr::create_account_checkpoint(&mut self.inner, caller, address, balance, spec_id)
    }

    #[inline]
    fn depth(&self) -> usize {
        JournalTr::depth(&self.inner)
    }
}

impl JournalExt for Journal {
    fn journal(&self) -> &[JournalEntry] {
        &self.inner.inner.journal
    }
}

impl Journal {
    /// Revm's own part of the journal.
    #[must_use]
    pub const fn evm(&self) -> &JournalInner<JournalEntry> {
        &self.inner.inner
    }
}
