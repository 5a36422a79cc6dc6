//! The state below a journal: what was read of the view, and what was already taken from above.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use primitives::{Address, B256, Bytes, CodeHash, EvmAddress, U256, VmKind, Wei};
use revm::{
    Database, bytecode::Bytecode, database_interface::DBErrorMarker, primitives::KECCAK_EMPTY,
    state::AccountInfo,
};
use state::{Key, ScanEntry, StateError, StateView, WriteSet, number, record::AccountRecord};
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

/// Codes that a database keeps from view to view.
const CODES_MAX: usize = 1024;

/// A [`StateView`] as revm's database.
///
/// What was read is kept and read only once; what [`write`](Self::write) laid over the view comes
/// first and is not part of the read set. The first failure is kept, and every later read fails
/// with it.
#[derive(Debug, Clone)]
pub struct ViewDatabase {
    view: Arc<dyn StateView>,
    written: BTreeMap<Key, Option<Bytes>>,
    /// Whether numbers are left unread that need not be known.
    is_deferring: bool,
    reads: ReadSet,
    fault: Option<StateError>,
    /// Accounts whose calls have to ask first, of those that were loaded or changed.
    guarded: BTreeSet<EvmAddress>,
    /// Coin that accounts are to get which nobody has loaded.
    credits: BTreeMap<EvmAddress, U256>,
    /// Analysed code by its hash, and the last round in which an account named it.
    codes: HashMap<B256, (Bytecode, u64)>,
    /// Raised with every view.
    round: u64,
}

impl ViewDatabase {
    /// A database over `view`.
    #[must_use]
    pub fn new(view: Arc<dyn StateView>) -> Self {
        Self {
            view,
            written: BTreeMap::new(),
            is_deferring: false,
            reads: ReadSet::default(),
            fault: None,
            guarded: BTreeSet::new(),
            credits: BTreeMap::new(),
            codes: HashMap::new(),
            round: 0,
        }
    }

    /// Forgets everything but analysed code and goes on over another view.
    pub(crate) fn rebase(&mut self, view: Arc<dyn StateView>) {
        self.view = view;
        self.written.clear();
        self.reads = ReadSet::default();
        self.fault = None;
        self.guarded.clear();
        self.credits.clear();
        self.round += 1;
        if self.codes.len() > CODES_MAX {
            self.codes.clear();
        }
    }

    /// Lays coin over an account that nobody has loaded.
    pub(crate) fn credit(&mut self, address: EvmAddress, amount: U256) {
        let sum = self.credits.entry(address).or_default();
        *sum = sum.saturating_add(amount);
    }

    /// Accounts whose calls have to ask first.
    pub(crate) const fn guarded(&self) -> &BTreeSet<EvmAddress> {
        &self.guarded
    }

    /// As [`guarded`](Self::guarded), to change them.
    pub(crate) const fn guarded_mut(&mut self) -> &mut BTreeSet<EvmAddress> {
        &mut self.guarded
    }

    /// The coin that was laid over accounts.
    pub(crate) fn take_credits(&mut self) -> BTreeMap<EvmAddress, U256> {
        std::mem::take(&mut self.credits)
    }

    /// Whether the code of this hash is in the state: an account that was read names it.
    pub(crate) fn has_code(&self, hash: &CodeHash) -> bool {
        let is_named = self.codes.get(&hash.0).is_some_and(|(_, round)| *round == self.round);
        is_named || self.known(&Key::code(hash)).flatten().is_some()
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
    /// As [`read`](Self::read); [`StateError::Corrupt`] where the record is no number.
    pub fn number(&mut self, key: &Key) -> Result<U256, StateError> {
        let record = self.read(key)?;
        number::decode(key, record.as_ref()).map_err(|error| self.fail(error))
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
        self.written.extend(changes.iter().map(|(key, value)| (key.clone(), value.cloned())));
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

    fn account(&mut self, address: EvmAddress) -> Result<Option<AccountRecord>, StateError> {
        let key = Key::account(&Address::from_evm(address));
        let Some(bytes) = self.read(&key)? else { return Ok(None) };
        let record = AccountRecord::decode(&key, &bytes).map_err(|error| self.fail(error))?;
        if record.is_guarded {
            self.guarded.insert(address);
        }
        Ok(Some(record))
    }
}

impl Database for ViewDatabase {
    type Error = ViewError;

    fn basic(&mut self, address: EvmAddress) -> Result<Option<AccountInfo>, ViewError> {
        let record = self.account(address)?;
        if self.credits.is_empty() {
            return Ok(record.map(|record| account_info(&record)));
        }
        let credit = self.credits.get(&address).filter(|credit| !credit.is_zero());
        let Some(credit) = credit else { return Ok(record.map(|it| account_info(&it))) };
        let mut record = record.unwrap_or_default();
        // As revm pays: what would overflow is not paid.
        if let Some(sum) = record.balance.checked_add(Wei(*credit)) {
            record.balance = sum;
        }
        Ok(Some(account_info(&record)))
    }

    /// Code belongs to its hash for good, so it is analysed once and not part of the read set:
    /// the account that names it is.
    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, ViewError> {
        if let Some((code, round)) = self.codes.get_mut(&code_hash)
            && self.fault.is_none()
        {
            *round = self.round;
            return Ok(code.clone());
        }
        let key = Key::code(&CodeHash(code_hash));
        let corrupt = |reason: String| StateError::Corrupt { key: key.to_string(), reason };
        let Some(bytes) = self.read(&key)? else {
            return Err(self
                .fail(corrupt("an account names code that is not there".into()))
                .into());
        };
        let code = Bytecode::new_raw_checked(bytes)
            .map_err(|error| self.fail(corrupt(error.to_string())))?;
        self.codes.insert(code_hash, (code.clone(), self.round));
        Ok(code)
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
