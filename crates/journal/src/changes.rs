//! What the transactions of a journal changed, as records of the state.

use std::collections::BTreeMap;

use primitives::{Address, B256, Bytes, CodeHash, EvmAddress, U256, VmKind, Wei};
use revm::{
    bytecode::Bytecode,
    context::JournalTr,
    primitives::hardfork::SpecId,
    state::{Account, EvmStorage},
};
use state::{Delta, Key, Namespace, StateError, WriteSet, record::AccountRecord};

use crate::{Journal, ReadSet};

/// Slots that one step of clearing a contract reads.
const CLEAR_BATCH: usize = 1024;

/// What was changed, and what was read for it.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The new records. One that is again what was read is not among them; one that was never
    /// read may be what it was.
    pub writes: WriteSet,
    /// Coin that accounts get of which nothing else changes and nothing was read
    /// ([`Journal::defer_credit`]).
    pub credits: Vec<(Address, Wei)>,
    /// What became of counters that were not read, in the order of their keys; none of them is in
    /// `writes`. Only a journal that [defers](Journal::set_deferring) has any.
    pub deltas: Vec<(Key, Delta)>,
    /// What was read of the view.
    pub reads: ReadSet,
}

impl Journal {
    /// Everything that ended transactions did since the last call. The journal goes on with the
    /// changes as part of what it reads.
    ///
    /// An account is written as an [`AccountRecord`]. An empty account is removed from Spurious
    /// Dragon on (EIP-161) and kept before. A slot is written as its 32 bytes, big-endian, and
    /// removed where it is zero. A destroyed account loses its record and all its slots. A counter
    /// is written as a [`number`](state::number).
    ///
    /// # Errors
    ///
    /// [`StateError`] where the view fails or has failed before.
    ///
    /// # Panics
    ///
    /// Where a checkpoint is open, or something was deferred.
    pub fn take_changes(&mut self) -> Result<Changes, StateError> {
        let changes = self.close()?;
        self.inner.database.write(&changes.writes);
        let is_whole = changes.credits.is_empty() && changes.deltas.is_empty();
        assert!(is_whole, "a journal that defers is closed");
        Ok(changes)
    }

    /// As [`take_changes`](Self::take_changes), for the last time: the journal has to be
    /// [rebased](Self::rebase) before it goes on.
    ///
    /// # Errors
    ///
    /// As [`take_changes`](Self::take_changes).
    ///
    /// # Panics
    ///
    /// Where a checkpoint is open.
    pub fn close(&mut self) -> Result<Changes, StateError> {
        assert!(self.depth() == 0, "changes are taken outside of frames");
        if let Some(fault) = self.fault() {
            return Err(fault.clone());
        }
        self.begin_transaction();
        let state = std::mem::take(&mut self.inner.inner.state);
        let mut changed: Vec<(EvmAddress, Account)> = state
            .into_iter()
            .filter(|(_, account)| account.is_touched() || account.is_selfdestructed())
            .collect();
        changed.sort_unstable_by_key(|(address, _)| *address);
        let mut writes = WriteSet::new();
        let mut credits = self.inner.database.take_credits();
        for (address, account) in changed {
            // What was laid over it is part of what it has become.
            credits.remove(&address);
            self.write_account(&mut writes, &Address::from_evm(address), account)?;
        }
        for (key, value) in std::mem::take(&mut self.open) {
            self.write(&mut writes, key, value);
        }
        let deltas = self.take_counters(&mut writes)?;
        self.inner.database.guarded_mut().clear();
        let rest = self.inner.finalize();
        assert!(rest.is_empty(), "all accounts were taken");
        let credits = credits.into_iter().map(|(to, sum)| (Address::from_evm(to), Wei(sum)));
        let reads = self.inner.database.take_reads();
        Ok(Changes { writes, credits: credits.collect(), deltas, reads })
    }

    fn write_account(
        &mut self,
        writes: &mut WriteSet,
        address: &Address,
        mut account: Account,
    ) -> Result<(), StateError> {
        // The flag is set until a later transaction touches the account again, which clears it.
        if account.is_selfdestructed_locally() {
            account.selfdestruct();
        }
        let is_gone = account.is_selfdestructed_locally()
            || (account.is_empty() && self.spec().is_enabled_in(SpecId::SPURIOUS_DRAGON));
        // An account without code may have slots of code that once was: they go with it.
        let is_new_or_gone = account.is_selfdestructed() || account.is_created() || is_gone;
        let had_slots = is_new_or_gone && !account.is_loaded_as_not_existing();
        let cleared = if had_slots { self.slots(address)? } else { BTreeMap::new() };
        let record = (!is_gone).then(|| self.write_record(writes, address, &account));
        self.write(writes, Key::account(address), record.map(|record| record.encode()));
        if is_gone {
            account.storage.clear();
        }
        self.write_slots(writes, address, &account.storage, cleared);
        Ok(())
    }

    /// The record of an account; its code is written where it is new.
    fn write_record(
        &self,
        writes: &mut WriteSet,
        address: &Address,
        account: &Account,
    ) -> AccountRecord {
        let info = &account.info;
        let (kind, code_hash) = self.real_code(info);
        let code = info.code.as_ref().filter(|_| kind == VmKind::Evm);
        if let Some(code) = code.map(Bytecode::original_bytes).filter(|code| !code.is_empty())
            && !self.inner.database.has_code(&code_hash)
        {
            writes.put(Key::code(&code_hash), code);
        }
        let code_hash = if code_hash.0.is_zero() { CodeHash::EMPTY } else { code_hash };
        let is_guarded = self.is_guarded(address);
        AccountRecord { balance: Wei(info.balance), nonce: info.nonce, kind, code_hash, is_guarded }
    }

    fn write_slots(
        &self,
        writes: &mut WriteSet,
        address: &Address,
        storage: &EvmStorage,
        mut cleared: BTreeMap<Key, Bytes>,
    ) {
        for (slot, value) in storage {
            let key = Key::slot(address, &B256::from(*slot));
            let value = slot_bytes(value.present_value);
            match cleared.remove(&key) {
                Some(before) if value.as_ref() == Some(&before) => {}
                Some(_) => writes.set(key, value),
                None => self.write(writes, key, value),
            }
        }
        for (key, _) in cleared {
            writes.remove(key);
        }
    }

    /// Writes a record unless it is known to be what it was. Of a record that was never read and
    /// is to be absent, a slot of a new contract for one, nothing is written.
    fn write(&self, writes: &mut WriteSet, key: Key, value: Option<Bytes>) {
        match self.inner.database.known(&key) {
            Some(before) if before == value.as_ref() => {}
            None if value.is_none() && key.namespace() == Namespace::Slot => {}
            _ => writes.set(key, value),
        }
    }

    fn slots(&mut self, address: &Address) -> Result<BTreeMap<Key, Bytes>, StateError> {
        let prefix = Key::new(Namespace::Slot, address, &[]);
        let mut from = prefix.as_bytes().to_vec();
        let mut slots = BTreeMap::new();
        loop {
            let found = self.inner.database.scan(prefix.as_bytes(), &from, CLEAR_BATCH)?;
            let is_last = found.len() < CLEAR_BATCH;
            if let Some((last, _)) = found.last() {
                from = last.as_bytes().to_vec();
                from.push(0);
            }
            slots.extend(found);
            if is_last {
                return Ok(slots);
            }
        }
    }
}

fn slot_bytes(value: U256) -> Option<Bytes> {
    (!value.is_zero()).then(|| Bytes::copy_from_slice(&value.to_be_bytes::<32>()))
}
