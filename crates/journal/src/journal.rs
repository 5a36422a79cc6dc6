//! The journal as the kernel sees it: no type of revm in sight.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use primitives::{
    Address, B256, Bytes, CodeHash, EvmAddress, U256, VmKind, Wei, limits::EVENT_TOPICS_MAX,
};
use revm::{
    bytecode::Bytecode,
    context::{
        Journal as RevmJournal, JournalTr,
        journaled_state::{JournalCheckpoint, TransferError, account::JournaledAccountTr},
    },
    primitives::{Log, LogData, hardfork::SpecId},
    state::AccountInfo,
};
use state::{Delta, Key, Namespace, ScanEntry, StateError, StateView};

use crate::{
    ViewDatabase, marker, scan,
    undo::{Change, Undo, is_marker, marker_entry},
};

/// The open changes of one transaction, over all machines.
///
/// Several transactions may run one after the other on one journal; each sees what the earlier
/// ones did. A wide identity is kept under its 20-byte alias.
#[derive(Debug)]
pub struct Journal {
    pub(crate) inner: RevmJournal<ViewDatabase>,
    pub(crate) open: BTreeMap<Key, Option<Bytes>>,
    pub(crate) counters: BTreeMap<Key, Delta>,
    pub(crate) warm: BTreeSet<Key>,
    pub(crate) undo: Vec<Undo>,
}

/// A moment to which the journal can go back. Checkpoints end in the reverse of their order.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a checkpoint ends with commit or revert"]
pub struct Checkpoint {
    pub(crate) inner: JournalCheckpoint,
    pub(crate) depth: usize,
}

/// What the journal says of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountState {
    /// Native coin.
    pub balance: Wei,
    /// Transactions sent, or contracts created.
    pub nonce: u64,
    /// The machine that runs the code.
    pub kind: VmKind,
    /// The hash of the real code.
    pub code_hash: CodeHash,
    /// Whether this was the first access of the transaction (EIP-2929).
    pub is_cold: bool,
}

/// How a transfer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a transfer may not happen"]
pub enum Transfer {
    /// The coin has moved.
    Done,
    /// The giver has less; nothing has moved.
    InsufficientBalance,
    /// The receiver cannot hold the sum; nothing has moved.
    Overflow,
}

/// How the making of a contract began.
#[derive(Debug, PartialEq, Eq)]
pub enum Creation {
    /// The account is a contract now, within this checkpoint, which the caller ends.
    Created(Checkpoint),
    /// The address is in use (EIP-684); nothing has changed.
    Collision,
    /// The creator has less than the value; nothing has changed.
    InsufficientBalance,
    /// The account cannot hold the sum; nothing has changed.
    Overflow,
}

/// Whether an identity owns its alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "an identity must not be used under an alias that is not its own"]
pub enum AliasBinding {
    /// It does.
    Bound,
    /// The alias is that of another identity, or an account with a nonce or code of its own.
    Taken,
}

impl Journal {
    /// A journal without changes over `view`.
    #[must_use]
    pub fn new(view: Arc<dyn StateView>) -> Self {
        Self::over(ViewDatabase::new(view))
    }

    /// A journal without changes over a database.
    #[must_use]
    pub fn over(database: ViewDatabase) -> Self {
        Self {
            inner: RevmJournal::new(database),
            open: BTreeMap::new(),
            counters: BTreeMap::new(),
            warm: BTreeSet::new(),
            undo: Vec::new(),
        }
    }

    /// Forgets all that was done and read, and goes on over another view.
    pub fn rebase(&mut self, view: Arc<dyn StateView>) {
        self.undo.clear();
        self.open.clear();
        self.counters.clear();
        self.warm.clear();
        self.inner.finalize();
        self.inner.database.rebase(view);
        assert!(self.depth() == 0, "a journal begins outside of frames");
    }

    /// Lets an account get coin without loading it, if nobody has loaded it: whoever loads it
    /// later sees the coin. Says whether it does; before Spurious Dragon, where even no coin makes
    /// an account, it never does.
    ///
    /// It is for the end of a transaction, since no checkpoint takes it back.
    #[must_use]
    pub fn defer_credit(&mut self, address: &Address, amount: Wei) -> bool {
        let alias = address.evm_alias();
        let may_defer = self.spec().is_enabled_in(SpecId::SPURIOUS_DRAGON)
            && !self.inner.inner.state.contains_key(&alias);
        if may_defer {
            self.inner.database.credit(alias, amount.0);
        }
        may_defer
    }

    /// The first failure of the view, if it has failed. Whatever a transaction did around it has
    /// to be discarded.
    #[must_use]
    pub const fn fault(&self) -> Option<&StateError> {
        self.inner.database.fault()
    }

    /// How many checkpoints are open: the frames on the stack, over all machines.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.inner.inner.depth
    }

    /// How many events the transaction has emitted.
    #[must_use]
    pub const fn logs_len(&self) -> usize {
        self.inner.inner.logs.len()
    }

    /// Opens a checkpoint.
    pub fn checkpoint(&mut self) -> Checkpoint {
        let depth = self.depth();
        Checkpoint { inner: JournalTr::checkpoint(self), depth }
    }

    /// Keeps what was done since `checkpoint`, as part of what surrounds it.
    ///
    /// # Panics
    ///
    /// Where a later checkpoint is still open, or this one has ended.
    pub fn commit(&mut self, checkpoint: Checkpoint) {
        self.assert_innermost(&checkpoint);
        self.checkpoint_commit();
    }

    /// Takes back what was done since `checkpoint`.
    ///
    /// # Panics
    ///
    /// As [`commit`](Self::commit).
    pub fn revert(&mut self, checkpoint: Checkpoint) {
        self.assert_innermost(&checkpoint);
        self.checkpoint_revert(checkpoint.inner);
    }

    /// The present moment, without opening anything: where [`unwind`](Self::unwind) may go back to.
    pub const fn mark(&self) -> Checkpoint {
        let inner = &self.inner.inner;
        let checkpoint = JournalCheckpoint {
            log_i: inner.logs.len(),
            journal_i: inner.journal.len(),
            selfdestructed_i: inner.selfdestructed_addresses.len(),
        };
        Checkpoint { inner: checkpoint, depth: inner.depth }
    }

    /// Takes back what was done since `mark`, and every checkpoint that was opened since: the way
    /// out after a fault, when frames were left without an end.
    ///
    /// # Panics
    ///
    /// Where the frame in which `mark` was made has ended.
    pub fn unwind(&mut self, mark: Checkpoint) {
        assert!(mark.depth <= self.depth(), "the frame of the mark is open");
        self.inner.inner.depth = mark.depth + 1;
        self.checkpoint_revert(mark.inner);
        assert!(self.depth() == mark.depth, "the later checkpoints are gone");
    }

    /// The record at `key`.
    ///
    /// # Errors
    ///
    /// [`StateError`] where the view fails or has failed before.
    ///
    /// # Panics
    ///
    /// Where `key` is an account, a slot or a counter: those have functions of their own.
    pub fn record(&mut self, key: &Key) -> Result<Option<Bytes>, StateError> {
        assert_side(key);
        match self.open.get(key) {
            Some(open) => Ok(open.clone()),
            None => self.inner.database.read(key),
        }
    }

    /// Puts or removes the record at `key`.
    ///
    /// # Panics
    ///
    /// As [`record`](Self::record).
    pub fn set_record(&mut self, key: Key, value: Option<Bytes>) {
        assert_side(&key);
        let before = self.open.insert(key.clone(), value);
        self.push_undo(Change::Record { key, before });
    }

    /// At most `limit` records whose keys start with `prefix`, from `from` on, in the order of
    /// their keys, as the transaction sees them.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    ///
    /// # Panics
    ///
    /// Where `from` does not start with `prefix`, or the range is one of counters.
    pub fn scan(
        &mut self,
        prefix: &[u8],
        from: &[u8],
        limit: usize,
    ) -> Result<Vec<ScanEntry>, StateError> {
        let is_counters = prefix.first() == Some(&(Namespace::Counter as u8));
        assert!(!is_counters, "open counters are no records");
        let database = &mut self.inner.database;
        scan::merged(&self.open, prefix, from, limit, |from, limit| {
            database.scan(prefix, from, limit)
        })
    }

    /// Marks a record as accessed. Says whether this was its first access in the transaction.
    pub fn warm_record(&mut self, key: &Key) -> bool {
        let is_cold = self.warm.insert(key.clone());
        if is_cold {
            self.push_undo(Change::Warmed { key: key.clone() });
        }
        is_cold
    }

    /// A transient word of a contract (EIP-1153).
    pub fn transient(&mut self, contract: &Address, key: B256) -> B256 {
        self.tload(contract.evm_alias(), key.into()).into()
    }

    /// Sets a transient word of a contract.
    pub fn set_transient(&mut self, contract: &Address, key: B256, value: B256) {
        self.tstore(contract.evm_alias(), key.into(), value.into());
    }

    /// An account, which is warm from here on.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub fn account(&mut self, address: &Address) -> Result<AccountState, StateError> {
        let loaded = self.load_account(address.evm_alias()).map_err(|error| error.0)?;
        let (info, is_cold) = (loaded.data.info.clone(), loaded.is_cold);
        let (kind, code_hash) = self.real_code(&info);
        Ok(AccountState { balance: Wei(info.balance), nonce: info.nonce, kind, code_hash, is_cold })
    }

    /// Whether the next access of an account is a warm one.
    #[must_use]
    pub fn address_is_warm(&self, address: &Address) -> bool {
        let alias = address.evm_alias();
        let inner = &self.inner.inner;
        let is_warm =
            |account: &revm::state::Account| !account.is_cold_transaction_id(inner.transaction_id);
        inner.state.get(&alias).is_some_and(is_warm) || inner.warm_addresses.is_warm(&alias)
    }

    /// The balance of an account, which is warm from here on.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub fn balance(&mut self, address: &Address) -> Result<Wei, StateError> {
        let loaded = self.load_account(address.evm_alias()).map_err(|error| error.0)?;
        Ok(Wei(loaded.data.info.balance))
    }

    /// Moves coin.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub fn transfer(
        &mut self,
        from: &Address,
        to: &Address,
        amount: Wei,
    ) -> Result<Transfer, StateError> {
        let (from, to) = (from.evm_alias(), to.evm_alias());
        let mut balance = |address| -> Result<U256, StateError> {
            Ok(self.load_account(address).map_err(|error| error.0)?.data.info.balance)
        };
        let (has, holds) = (balance(from)?, balance(to)?);
        if has < amount.0 {
            return Ok(Transfer::InsufficientBalance);
        }
        if from != to && holds.checked_add(amount.0).is_none() {
            return Ok(Transfer::Overflow);
        }
        let refused = self.transfer_loaded(from, to, amount.0);
        assert!(refused.is_none(), "both balances were checked");
        Ok(Transfer::Done)
    }

    /// The nonce of an account, which is warm from here on.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub fn nonce(&mut self, address: &Address) -> Result<u64, StateError> {
        let loaded = self.load_account(address.evm_alias()).map_err(|error| error.0)?;
        Ok(loaded.data.info.nonce)
    }

    /// Raises the nonce of an account by one and gives the one it had, or nothing at the end of
    /// the range (EIP-2681), where it stays.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub fn bump_nonce(&mut self, address: &Address) -> Result<Option<u64>, StateError> {
        let mut loaded = self.load_account_mut(address.evm_alias()).map_err(|error| error.0)?;
        let nonce = loaded.data.nonce();
        Ok(loaded.data.bump_nonce().then_some(nonce))
    }

    /// Code by its hash: code of a foreign contract, or code that was there before.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub fn code(&mut self, hash: &CodeHash) -> Result<Option<Bytes>, StateError> {
        if hash.is_empty() {
            return Ok(Some(Bytes::new()));
        }
        self.record(&Key::code(hash))
    }

    /// The real code of an account, which is warm from here on.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub fn account_code(&mut self, address: &Address) -> Result<Bytes, StateError> {
        let account = self.account(address)?;
        if account.kind != VmKind::Evm {
            return Ok(self.code(&account.code_hash)?.unwrap_or_default());
        }
        let loaded = self.load_account_with_code(address.evm_alias()).map_err(|error| error.0)?;
        let code = loaded.data.info.code.as_ref();
        Ok(code.map(Bytecode::original_bytes).unwrap_or_default())
    }

    /// Begins a foreign contract at `address`: nonce 1, marker code, `value` from its creator. The
    /// checkpoint that is handed out spans all of it, and what the caller does until it ends it.
    ///
    /// The code itself is put by the caller, at [`Key::code`].
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    ///
    /// # Panics
    ///
    /// Where `kind` is the EVM, which makes its contracts by itself.
    pub fn create_contract(
        &mut self,
        creator: &Address,
        address: &Address,
        (kind, code_hash): (VmKind, CodeHash),
        value: Wei,
    ) -> Result<Creation, StateError> {
        let (creator, alias) = (creator.evm_alias(), address.evm_alias());
        let has = self.load_account(creator).map_err(|error| error.0)?.data.info.balance;
        let info = &self.load_account(alias).map_err(|error| error.0)?.data.info;
        if has < value.0 {
            return Ok(Creation::InsufficientBalance);
        }
        if info.balance.checked_add(value.0).is_none() && creator != alias {
            return Ok(Creation::Overflow);
        }
        let (depth, spec) = (self.depth(), self.spec());
        match self.create_account_checkpoint(creator, alias, value.0, spec) {
            Ok(inner) => {
                // Revm leaves this to the nonce of the creator, which is the kernel's to raise.
                self.touch_account(creator);
                self.set_marker(address, kind, code_hash);
                Ok(Creation::Created(Checkpoint { inner, depth }))
            }
            Err(TransferError::CreateCollision) => Ok(Creation::Collision),
            Err(TransferError::OutOfFunds) => Ok(Creation::InsufficientBalance),
            Err(TransferError::OverflowPayment) => Ok(Creation::Overflow),
        }
    }

    /// Makes a foreign contract run other code: an upgrade.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    ///
    /// # Panics
    ///
    /// Where `kind` is the EVM.
    pub fn set_contract_code(
        &mut self,
        address: &Address,
        kind: VmKind,
        code_hash: CodeHash,
    ) -> Result<(), StateError> {
        self.load_account(address.evm_alias()).map_err(|error| error.0)?;
        self.set_marker(address, kind, code_hash);
        Ok(())
    }

    /// Makes a contract of the EVM run other code: an upgrade of one that is managed.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    ///
    /// # Panics
    ///
    /// Where the code begins with `0xEF`, which no code of the EVM does (EIP-3541).
    pub fn set_evm_code(&mut self, address: &Address, code: Bytes) -> Result<(), StateError> {
        assert!(code.first() != Some(&0xef), "no code of the EVM begins so");
        self.load_account(address.evm_alias()).map_err(|error| error.0)?;
        // An account keeps one code, and earlier versions stay readable: so each is a record of its
        // own, also where a later transaction replaces it before changes are taken.
        let key = Key::code(&CodeHash::of(&code));
        if self.record(&key)?.is_none() {
            self.set_record(key, Some(code.clone()));
        }
        self.set_code(address.evm_alias(), Bytecode::new_legacy(code));
        Ok(())
    }

    /// Takes back one count of an account's nonce, for a creation that counts it itself.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    ///
    /// # Panics
    ///
    /// Where the nonce is zero.
    pub fn uncount_nonce(&mut self, address: &Address) -> Result<(), StateError> {
        let mut loaded = self.load_account_mut(address.evm_alias()).map_err(|error| error.0)?;
        let nonce = loaded.data.nonce();
        loaded.data.set_nonce(nonce.checked_sub(1).expect("invariant: the nonce was counted"));
        Ok(())
    }

    /// Whether calls of any account that is loaded have to ask first.
    #[inline]
    #[must_use]
    pub fn has_guarded(&self) -> bool {
        !self.inner.database.guarded().is_empty()
    }

    /// Whether calls of an account have to ask first. It must have been loaded.
    #[must_use]
    pub fn is_guarded(&self, address: &Address) -> bool {
        self.has_guarded() && self.inner.database.guarded().contains(&address.evm_alias())
    }

    /// Makes calls of an account ask first, or no longer. The account keeps it.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub fn set_guarded(&mut self, address: &Address, is_guarded: bool) -> Result<(), StateError> {
        let alias = address.evm_alias();
        self.load_account(alias).map_err(|error| error.0)?;
        let before = self.is_guarded(address);
        if before == is_guarded {
            return Ok(());
        }
        self.touch_account(alias);
        let guarded = self.inner.database.guarded_mut();
        if is_guarded {
            guarded.insert(alias)
        } else {
            guarded.remove(&alias)
        };
        self.push_undo(Change::Guarded { address: alias, before });
        Ok(())
    }

    /// What was destroyed is nothing any more that calls would ask for.
    pub(crate) fn release_destroyed(&mut self) {
        for address in &self.inner.inner.selfdestructed_addresses {
            self.inner.database.guarded_mut().remove(address);
        }
    }

    /// The hash of an earlier block, zero where it is not known.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        revm::Database::block_hash(&mut self.inner.database, number).map_err(|error| error.0)
    }

    /// Emits an event of a contract.
    ///
    /// # Panics
    ///
    /// Where there are more than [`EVENT_TOPICS_MAX`] topics.
    pub fn emit(&mut self, contract: &Address, topics: Vec<B256>, data: Bytes) {
        assert!(topics.len() <= EVENT_TOPICS_MAX, "an event has at most four topics");
        let data = LogData::new_unchecked(topics, data);
        self.log(Log { address: contract.evm_alias(), data });
    }

    /// Makes the 20-byte alias of a wide identity its own, from its first use on. An EVM address
    /// is its own alias.
    ///
    /// Coin that was sent to the alias before does not keep its owner from it.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub fn bind_alias(&mut self, address: &Address) -> Result<AliasBinding, StateError> {
        if address.is_evm() {
            return Ok(AliasBinding::Bound);
        }
        let alias = Address::from_evm(address.evm_alias());
        let key = Key::alias(&alias);
        if let Some(owner) = self.record(&key)? {
            let is_owner = owner.as_ref() == address.as_bytes();
            return Ok(if is_owner { AliasBinding::Bound } else { AliasBinding::Taken });
        }
        let account = self.account(&alias)?;
        if account.nonce != 0 || !account.code_hash.is_empty() {
            return Ok(AliasBinding::Taken);
        }
        self.set_record(key, Some(Bytes::copy_from_slice(address.as_bytes())));
        Ok(AliasBinding::Bound)
    }

    /// The identity behind an alias: the wide one that is bound to it, or the address itself.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record); [`StateError::Corrupt`] where the record is no identity.
    pub fn identity(&mut self, alias: &Address) -> Result<Address, StateError> {
        let key = Key::alias(alias);
        let Some(bytes) = self.record(&key)? else { return Ok(*alias) };
        let wide = <[u8; 32]>::try_from(bytes.as_ref()).map_err(|_| {
            let reason = format!("an identity does not have {} bytes", bytes.len());
            self.inner.database.fail(StateError::Corrupt { key: key.to_string(), reason })
        })?;
        Ok(Address::new(wide))
    }

    /// Ends the transaction and keeps what it did.
    ///
    /// # Panics
    ///
    /// Where a checkpoint is open.
    pub fn commit_transaction(&mut self) {
        assert!(self.depth() == 0, "a transaction ends outside its frames");
        self.commit_tx();
    }

    /// Ends the transaction and takes back all it did. What was read stays known.
    pub fn discard_transaction(&mut self) {
        self.discard_tx();
    }

    /// Begins a transaction: whatever was done outside of one is kept and counts as done before.
    pub fn begin_transaction(&mut self) {
        if !self.inner.inner.journal.is_empty() {
            self.commit_transaction();
        }
        debug_assert!(self.undo.is_empty() && self.warm.is_empty(), "nothing is open");
    }

    pub(crate) const fn spec(&self) -> SpecId {
        self.inner.inner.cfg.spec
    }

    /// The machine and the real code hash of an account.
    pub(crate) fn real_code(&self, info: &AccountInfo) -> (VmKind, CodeHash) {
        let code = info.code.as_ref().map(Bytecode::original_byte_slice).unwrap_or_default();
        self.marked(code).unwrap_or((VmKind::Evm, CodeHash(info.code_hash)))
    }

    /// The machine and the real code hash behind marker code, or nothing where `code` is EVM code.
    /// Before London nothing keeps a contract from forging a marker, so there is none.
    #[must_use]
    pub fn marked(&self, code: &[u8]) -> Option<(VmKind, CodeHash)> {
        marker::decode(code).filter(|_| self.spec().is_enabled_in(SpecId::LONDON))
    }

    /// Takes back the changes whose markers lie at or above `position`, the latest first.
    pub(crate) fn undo_from(&mut self, position: usize) {
        debug_assert_eq!(
            self.inner.inner.journal.iter().filter(|entry| is_marker(entry)).count(),
            self.undo.len(),
            "every undo entry has its marker"
        );
        while let Some(undo) = self.undo.pop_if(|undo| undo.position >= position) {
            let marker = self.inner.inner.journal.get(undo.position);
            assert!(marker.is_some_and(is_marker), "an undo entry lies at its marker");
            match undo.change {
                Change::Record { key, before: Some(before) } => {
                    self.open.insert(key, before);
                }
                Change::Record { key, before: None } => {
                    self.open.remove(&key);
                }
                Change::Counter { key, before } => {
                    let open = self.counters.insert(key, before);
                    assert!(open.is_some(), "a counter that was changed is open");
                }
                Change::Guarded { address, before } => {
                    let guarded = self.inner.database.guarded_mut();
                    let is_change =
                        if before { guarded.insert(address) } else { guarded.remove(&address) };
                    assert!(is_change, "an account that was guarded or released is so");
                }
                Change::Warmed { key } => {
                    let was_warm = self.warm.remove(&key);
                    assert!(was_warm, "a record that was warmed is warm");
                }
            }
        }
    }

    /// Whether an account that is there before the transaction has slots. Those of an account that
    /// an earlier transaction destroyed are gone, though the view still holds them. A view that
    /// fails has failed for good, and the transaction with it, so the answer does not count then.
    pub(crate) fn has_slots(&mut self, address: EvmAddress) -> bool {
        let account = self.inner.inner.state.get(&address);
        let is_empty = |account: &revm::state::Account| {
            account.is_loaded_as_not_existing() || account.is_selfdestructed()
        };
        if account.is_none_or(is_empty) {
            return false;
        }
        let prefix = Key::new(Namespace::Slot, &Address::from_evm(address), &[]);
        let found = self.inner.database.scan(prefix.as_bytes(), prefix.as_bytes(), 1);
        found.is_ok_and(|found| !found.is_empty())
    }

    pub(crate) fn push_undo(&mut self, change: Change) {
        let position = self.inner.inner.journal.len();
        debug_assert!(self.undo.last().is_none_or(|last| last.position < position), "in order");
        self.undo.push(Undo { position, change });
        self.inner.inner.journal.push(marker_entry());
    }

    fn set_marker(&mut self, address: &Address, kind: VmKind, code_hash: CodeHash) {
        assert!(kind != VmKind::Evm, "EVM code is set by the EVM");
        let code = Bytecode::new_legacy(marker::encode(kind, code_hash));
        self.set_code(address.evm_alias(), code);
    }

    fn assert_innermost(&self, checkpoint: &Checkpoint) {
        assert!(checkpoint.depth + 1 == self.depth(), "checkpoints end in the reverse order");
        assert!(
            checkpoint.inner.journal_i <= self.inner.inner.journal.len(),
            "a checkpoint lies within the journal"
        );
    }
}

fn assert_side(key: &Key) {
    assert!(
        !matches!(key.namespace(), Namespace::Account | Namespace::Slot | Namespace::Counter),
        "accounts, slots and counters have functions of their own"
    );
}
