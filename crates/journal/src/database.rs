//! The state below a journal: what was read of the view, and what was already taken from above.

use std::{collections::BTreeMap, sync::Arc};

use primitives::{Address, B256, Bytes, CodeHash, EvmAddress, U256, VmKind};
use revm::{
    Database, bytecode::Bytecode, database_interface::DBErrorMarker, primitives::KECCAK_EMPTY,
    state::AccountInfo,
};
use state::{
    Delta, Key, ScanEntry, StateError, StateView, WriteSet, number, record::AccountRecord,
};
use thiserror::Error;

use crate::{marker, scan};

/// Everything that was read of a view: what a later check has to find unchanged.
#[derive(Debug, Clone, Default)]
pub struct ReadSet {
    /// Single records, with what was found.
    pub records: BTreeMap<Key, Option<Bytes>>,
    /// Numbers that were not read, but of which something was asked.
    pub asked: BTreeMap<Key, Bounds>,
    /// Ranges, in the order in which they were read.
    pub ranges: Vec<RangeRead>,
}

/// Between which bounds a number was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// It is this or more.
    pub at_least: U256,
    /// It is less than this, where that is known.
    pub below: Option<U256>,
}

impl Bounds {
    /// Whether the number is `amount` or more, where the bounds tell.
    fn at_least(&self, amount: U256) -> Option<bool> {
        let is_below = self.below.is_some_and(|below| amount >= below);
        if amount <= self.at_least { Some(true) } else { is_below.then_some(false) }
    }

    fn learn(&mut self, amount: U256, holds: bool) {
        assert!(self.at_least(amount).is_none(), "only what the bounds do not tell is asked");
        if holds {
            self.at_least = amount;
        } else {
            self.below = Some(amount);
        }
        assert!(self.below.is_none_or(|below| self.at_least < below), "some number is possible");
    }
}

/// A range that was read, and what was found in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeRead {
    /// What every key of the range starts with.
    pub prefix: Vec<u8>,
    /// Where the scan began.
    pub from: Vec<u8>,
    /// How many entries were asked for.
    pub limit: usize,
    /// What was found.
    pub found: Vec<ScanEntry>,
}

/// A failure of the view, as revm carries it.
#[derive(Debug, Clone, Error)]
#[error(transparent)]
pub struct ViewError(#[from] pub StateError);

impl DBErrorMarker for ViewError {}

/// A [`StateView`] as revm's database.
///
/// What was read is kept and read only once; what [`write`](Self::write) laid over the view comes
/// first and is not part of the read set. The first failure is kept, and every later read fails
/// with it.
#[derive(Debug, Clone)]
pub struct ViewDatabase {
    view: Arc<dyn StateView>,
    written: BTreeMap<Key, Option<Bytes>>,
    /// How counters that were handed out as deltas stand to the view.
    deferred: BTreeMap<Key, Delta>,
    is_deferring: bool,
    reads: ReadSet,
    fault: Option<StateError>,
}

impl ViewDatabase {
    /// A database over `view`.
    #[must_use]
    pub fn new(view: Arc<dyn StateView>) -> Self {
        Self {
            view,
            written: BTreeMap::new(),
            deferred: BTreeMap::new(),
            is_deferring: false,
            reads: ReadSet::default(),
            fault: None,
        }
    }

    /// The view.
    #[must_use]
    pub const fn view(&self) -> &Arc<dyn StateView> {
        &self.view
    }

    /// The first failure of the view, if it has failed.
    #[must_use]
    pub const fn fault(&self) -> Option<&StateError> {
        self.fault.as_ref()
    }

    /// The record at `key`.
    ///
    /// # Errors
    ///
    /// [`StateError`] where the view fails or has failed before.
    pub fn read(&mut self, key: &Key) -> Result<Option<Bytes>, StateError> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        if let Some(known) = self.known(key) {
            return Ok(known.cloned());
        }
        let found = self.view.read(key).map_err(|error| self.fail(error))?;
        self.reads.records.insert(key.clone(), found.clone());
        Ok(found)
    }

    /// At most `limit` records whose keys start with `prefix`, from `from` on, in order.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn scan(
        &mut self,
        prefix: &[u8],
        from: &[u8],
        limit: usize,
    ) -> Result<Vec<ScanEntry>, StateError> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let Self { view, written, reads, .. } = self;
        let found = scan::merged(written, prefix, from, limit, |from, limit| {
            let found = view.scan(prefix, from, limit)?;
            reads.ranges.push(RangeRead {
                prefix: prefix.to_vec(),
                from: from.to_vec(),
                limit,
                found: found.clone(),
            });
            Ok(found)
        });
        found.map_err(|error| self.fail(error))
    }

    /// The number in a counter, as what was taken from above left it.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read); [`StateError::Withdrawn`] where the view contradicts what it said
    /// before.
    pub fn number(&mut self, key: &Key) -> Result<U256, StateError> {
        let record = self.read(key)?;
        let number = number::decode(key, record.as_ref()).map_err(|error| self.fail(error))?;
        let number = self.deferred_change(key).apply(number);
        number.ok_or_else(|| self.fail(StateError::Withdrawn))
    }

    /// Whether the number in a counter is `amount` or more. A database that defers need not read
    /// it for that.
    ///
    /// # Errors
    ///
    /// As [`number`](Self::number).
    pub fn number_at_least(&mut self, key: &Key, amount: U256) -> Result<bool, StateError> {
        if !self.defers(key) {
            return Ok(self.number(key)? >= amount);
        }
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let Some(amount) = self.deferred_change(key).needed_before(amount) else {
            return Ok(false);
        };
        let bounds = self.reads.asked.get(key).copied().unwrap_or_default();
        if let Some(holds) = bounds.at_least(amount) {
            return Ok(holds);
        }
        let holds = self.view.number_at_least(key, amount).map_err(|error| self.fail(error))?;
        self.reads.asked.entry(key.clone()).or_default().learn(amount, holds);
        Ok(holds)
    }

    /// Whether the number in a counter is not known and need not be.
    #[must_use]
    pub fn defers(&self, key: &Key) -> bool {
        self.is_deferring && self.known(key).is_none()
    }

    /// Lays a change of a counter over the view that nobody knows the number for.
    pub(crate) fn defer(&mut self, key: &Key, delta: Delta) {
        assert!(self.defers(key), "a number that is known is written");
        let both = self.deferred_change(key).then(delta);
        let both = both.expect("invariant: a change that fits was asked for");
        self.deferred.insert(key.clone(), both);
    }

    pub(crate) const fn set_deferring(&mut self, is_deferring: bool) {
        self.is_deferring = is_deferring;
    }

    /// What is known of `key` without asking the view.
    #[must_use]
    pub fn known(&self, key: &Key) -> Option<Option<&Bytes>> {
        self.written.get(key).or_else(|| self.reads.records.get(key)).map(Option::as_ref)
    }

    /// Lays changes over the view: they are what later reads see.
    pub fn write(&mut self, changes: &WriteSet) {
        for (key, value) in changes.iter() {
            self.deferred.remove(key);
            self.written.insert(key.clone(), value.cloned());
        }
    }

    /// What was read since the last call.
    pub fn take_reads(&mut self) -> ReadSet {
        std::mem::take(&mut self.reads)
    }

    /// Keeps the first failure.
    pub(crate) fn fail(&mut self, error: StateError) -> StateError {
        self.fault.get_or_insert_with(|| error.clone());
        error
    }

    fn deferred_change(&self, key: &Key) -> Delta {
        self.deferred.get(key).copied().unwrap_or(Delta::NONE)
    }

    fn account(&mut self, address: EvmAddress) -> Result<Option<AccountRecord>, StateError> {
        let key = Key::account(&Address::from_evm(address));
        let Some(bytes) = self.read(&key)? else { return Ok(None) };
        let record = AccountRecord::decode(&key, &bytes).map_err(|error| self.fail(error))?;
        Ok(Some(record))
    }
}

impl Database for ViewDatabase {
    type Error = ViewError;

    fn basic(&mut self, address: EvmAddress) -> Result<Option<AccountInfo>, ViewError> {
        Ok(self.account(address)?.map(|record| account_info(&record)))
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, ViewError> {
        let key = Key::code(&CodeHash(code_hash));
        let corrupt = |reason: String| StateError::Corrupt { key: key.to_string(), reason };
        let Some(bytes) = self.read(&key)? else {
            return Err(self
                .fail(corrupt("an account names code that is not there".into()))
                .into());
        };
        Bytecode::new_raw_checked(bytes)
            .map_err(|error| self.fail(corrupt(error.to_string())).into())
    }

    fn storage(&mut self, address: EvmAddress, index: U256) -> Result<U256, ViewError> {
        let key = Key::slot(&Address::from_evm(address), &B256::from(index));
        let Some(bytes) = self.read(&key)? else { return Ok(U256::ZERO) };
        if bytes.len() != 32 {
            let reason = format!("a slot does not have {} bytes", bytes.len());
            return Err(self.fail(StateError::Corrupt { key: key.to_string(), reason }).into());
        }
        Ok(U256::from_be_slice(&bytes))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, ViewError> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone().into());
        }
        let hash = self.view.block_hash(number).map_err(|error| self.fail(error))?;
        Ok(hash.unwrap_or_default())
    }
}

fn account_info(record: &AccountRecord) -> AccountInfo {
    let (code_hash, code) = match record.kind {
        VmKind::Evm if record.code_hash.is_empty() => (KECCAK_EMPTY, Some(Bytecode::default())),
        VmKind::Evm => (record.code_hash.0, None),
        kind => {
            let code = Bytecode::new_legacy(marker::encode(kind, record.code_hash));
            (code.hash_slow(), Some(code))
        }
    };
    AccountInfo {
        balance: record.balance.0,
        nonce: record.nonce,
        code_hash,
        account_id: None,
        code,
    }
}
