//! What a contract does to its own state and its coin: checked, charged by the schedule, and done
//! on the journal. The one place for it, whether the contract is code of a hosted machine or a
//! native precompile.

use journal::{AccountState, AliasBinding, Transfer};
use primitives::{
    Address, B256, Bytes, CodeHash, U256, VmKind, Wei,
    limits::{
        EVENT_DATA_BYTES_MAX, EVENT_TOPICS_MAX, FOREIGN_CODE_BYTES_MAX, RECORD_VALUE_BYTES_MAX,
        SCAN_ENTRIES_MAX, STORAGE_KEY_BYTES_MAX, STORAGE_VALUE_BYTES_MAX,
    },
};
use state::{Key, Namespace, StateError};
use vm::{GasMeter, RecordPlace, RecordSpace, ScanRequest, Schedule, Trap, schedule::words};

use crate::Frames;

/// The reach of one contract into the open transaction: its own storage, its coin, its events.
///
/// Every operation charges before it works. An `Err` ends the frame; a failure of the state is
/// remembered by the journal and ends the transaction.
#[derive(Debug)]
pub struct Access<'a, 'f> {
    frames: &'a mut Frames<'f>,
    schedule: &'a Schedule,
    contract: Address,
    is_static: bool,
}

/// How many blocks back a hash can be asked for (the EVM's `BLOCKHASH`).
const BLOCK_HASHES: u64 = 256;

impl<'a, 'f> Access<'a, 'f> {
    /// The reach of `contract`, by the prices of `schedule`.
    #[must_use]
    pub const fn new(
        frames: &'a mut Frames<'f>,
        schedule: &'a Schedule,
        contract: Address,
        is_static: bool,
    ) -> Self {
        Self { frames, schedule, contract, is_static }
    }

    /// The open transaction.
    #[must_use]
    pub const fn frames(&mut self) -> &mut Frames<'f> {
        self.frames
    }

    /// The prices.
    #[must_use]
    pub const fn schedule(&self) -> &'a Schedule {
        self.schedule
    }

    /// The block and the transaction.
    #[must_use]
    pub const fn environment(&self) -> &vm::Environment {
        self.frames.environment()
    }

    /// The contract.
    #[must_use]
    pub const fn contract(&self) -> Address {
        self.contract
    }

    /// Whether nothing may be written.
    #[must_use]
    pub const fn is_static(&self) -> bool {
        self.is_static
    }

    /// Ends the frame where nothing may be written.
    ///
    /// # Errors
    ///
    /// [`Trap::StaticViolation`].
    pub const fn refuse_if_static(&self) -> Result<(), Trap> {
        if self.is_static { Err(Trap::StaticViolation) } else { Ok(()) }
    }

    /// A record of the contract's own storage.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn storage_get(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<Option<Bytes>, Trap> {
        let key = self.storage_key(key)?;
        self.get(gas, &key)
    }

    /// A record that a machine keeps beside the storage of contracts.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn record_get(
        &mut self,
        gas: &mut GasMeter,
        place: &RecordPlace<'_>,
    ) -> Result<Option<Bytes>, Trap> {
        let key = record_key(place)?;
        self.get(gas, &key)
    }

    /// Puts or removes a record that a machine keeps.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn record_put(
        &mut self,
        gas: &mut GasMeter,
        place: &RecordPlace<'_>,
        value: Option<&[u8]>,
    ) -> Result<(), Trap> {
        self.refuse_if_static()?;
        let value_bytes = value.map_or(0, <[u8]>::len);
        within("bytes of a record", value_bytes, RECORD_VALUE_BYTES_MAX)?;
        let key = record_key(place)?;
        let is_cold = self.frames.journal().warm_record(&key);
        let existed = fault(self.frames.journal().record(&key))?.is_some();
        gas.charge(self.schedule.write(is_cold, existed, place.key.len() + value_bytes))?;
        if existed || value.is_some() {
            self.frames.journal().set_record(key, value.map(Bytes::copy_from_slice));
        }
        Ok(())
    }

    /// Code by its hash, at one price for any length.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn code_get(&mut self, gas: &mut GasMeter, hash: &CodeHash) -> Result<Option<Bytes>, Trap> {
        gas.charge(self.schedule.cold_access)?;
        fault(self.frames.journal().code(hash))
    }

    /// Keeps code of a machine under its hash, once however often it is put.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn code_put(
        &mut self,
        gas: &mut GasMeter,
        kind: VmKind,
        code: &[u8],
    ) -> Result<CodeHash, Trap> {
        self.refuse_if_static()?;
        within("bytes of code", code.len(), FOREIGN_CODE_BYTES_MAX)?;
        gas.charge(self.schedule.deploy_byte.saturating_mul(code.len() as u64))?;
        let hash = CodeHash::of(code);
        let key = Key::code(&hash);
        if fault(self.frames.journal().record(&key))?.is_none() {
            let code = Bytes::copy_from_slice(code);
            self.frames.journal().set_record(key, Some(code.clone()));
            self.frames.scope().store_code(kind, code);
        }
        Ok(hash)
    }

    /// Moves coin between two identities. Tells whether the balance sufficed.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn move_coin(
        &mut self,
        gas: &mut GasMeter,
        from: &Address,
        to: &Address,
        amount: Wei,
    ) -> Result<bool, Trap> {
        self.refuse_if_static()?;
        self.account(gas, from)?;
        self.pay(gas, from, to, amount)
    }

    /// Makes the alias of an identity its own. Tells whether it is.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn bind(&mut self, identity: &Address) -> Result<bool, Trap> {
        if self.is_static {
            return Ok(true);
        }
        Ok(fault(self.frames.journal().bind_alias(identity))? == AliasBinding::Bound)
    }

    fn get(&mut self, gas: &mut GasMeter, key: &Key) -> Result<Option<Bytes>, Trap> {
        let is_cold = self.frames.journal().warm_record(key);
        let schedule = self.schedule;
        gas.charge(schedule.read(is_cold, 0))?;
        let value = fault(self.frames.journal().record(key))?;
        let value_bytes = value.as_ref().map_or(0, |value| value.len());
        gas.charge(schedule.read_word.saturating_mul(words(value_bytes)))?;
        Ok(value)
    }

    /// Puts a record into the contract's own storage.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn storage_put(
        &mut self,
        gas: &mut GasMeter,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), Trap> {
        self.refuse_if_static()?;
        within("bytes of a storage value", value.len(), STORAGE_VALUE_BYTES_MAX)?;
        let record_bytes = key.len() + value.len();
        let key = self.storage_key(key)?;
        let is_cold = self.frames.journal().warm_record(&key);
        let existed = fault(self.frames.journal().record(&key))?.is_some();
        gas.charge(self.schedule.write(is_cold, existed, record_bytes))?;
        self.frames.journal().set_record(key, Some(Bytes::copy_from_slice(value)));
        Ok(())
    }

    /// Removes a record from the contract's own storage; tells whether there was one.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn storage_delete(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<bool, Trap> {
        self.refuse_if_static()?;
        let key = self.storage_key(key)?;
        let is_cold = self.frames.journal().warm_record(&key);
        gas.charge(self.schedule.write(is_cold, true, 0))?;
        let existed = fault(self.frames.journal().record(&key))?.is_some();
        if existed {
            self.frames.journal().set_record(key, None);
        }
        Ok(existed)
    }

    /// Records of the contract's own storage in the order of their keys.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn storage_scan(
        &mut self,
        gas: &mut GasMeter,
        request: &ScanRequest<'_>,
    ) -> Result<Vec<(Bytes, Bytes)>, Trap> {
        within("records of a scan", request.limit as usize, SCAN_ENTRIES_MAX as usize)?;
        let prefix = self.storage_key(request.prefix)?;
        let schedule = self.schedule;
        let per_record = schedule.scan_record.saturating_mul(u64::from(request.limit));
        gas.charge(schedule.scan_base.saturating_add(per_record))?;
        let from = match request.after {
            // The smallest key above `after` is `after` with a zero byte behind it.
            Some(after) => [self.storage_key(after)?.as_bytes(), &[0]].concat(),
            None => prefix.as_bytes().to_vec(),
        };
        let from = from.max(prefix.as_bytes().to_vec());
        let limit = request.limit as usize;
        let found = fault(self.frames.journal().scan(prefix.as_bytes(), &from, limit))?;
        let mut records = Vec::with_capacity(found.len());
        for (key, value) in found {
            debug_assert_eq!(key.namespace(), Namespace::Kv);
            let read_words = words(key.suffix().len()) + words(value.len());
            gas.charge(schedule.read_word.saturating_mul(read_words))?;
            records.push((Bytes::copy_from_slice(key.suffix()), value));
        }
        Ok(records)
    }

    /// The number in a counter of the contract, which is zero before its first change.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn counter_get(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<U256, Trap> {
        let key = self.counter_key(key)?;
        let is_cold = self.frames.journal().warm_record(&key);
        gas.charge(self.schedule.counter_read(is_cold))?;
        fault(self.frames.journal().counter(&key))
    }

    /// Adds to a counter of the contract. Tells whether the sum fits; where it does not, nothing
    /// has changed.
    ///
    /// The price depends on whether the counter is zero, which is asked and not read.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn counter_add(
        &mut self,
        gas: &mut GasMeter,
        key: &[u8],
        amount: U256,
    ) -> Result<bool, Trap> {
        let key_bytes = key.len();
        let key = self.begin_counter_change(gas, key)?;
        let journal = self.frames.journal();
        let makes = !amount.is_zero() && !fault(journal.counter_at_least(&key, U256::ONE))?;
        gas.charge(self.schedule.counter_change(makes, key_bytes))?;
        fault(self.frames.journal().counter_add(&key, amount))
    }

    /// Subtracts from a counter of the contract. Tells whether there was as much; where there was
    /// not, nothing has changed.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn counter_sub(
        &mut self,
        gas: &mut GasMeter,
        key: &[u8],
        amount: U256,
    ) -> Result<bool, Trap> {
        let key_bytes = key.len();
        let key = self.begin_counter_change(gas, key)?;
        gas.charge(self.schedule.counter_change(false, key_bytes))?;
        fault(self.frames.journal().counter_sub(&key, amount))
    }

    /// A word of the contract's transient storage (EIP-1153).
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn transient_get(&mut self, gas: &mut GasMeter, key: B256) -> Result<B256, Trap> {
        gas.charge(self.schedule.transient_access)?;
        Ok(self.frames.journal().transient(&self.contract, key))
    }

    /// Sets a word of the contract's transient storage (EIP-1153).
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn transient_put(
        &mut self,
        gas: &mut GasMeter,
        key: B256,
        value: B256,
    ) -> Result<(), Trap> {
        self.refuse_if_static()?;
        gas.charge(self.schedule.transient_access)?;
        self.frames.journal().set_transient(&self.contract, key, value);
        Ok(())
    }

    /// The balance of an identity.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn balance(&mut self, gas: &mut GasMeter, address: &Address) -> Result<Wei, Trap> {
        Ok(self.account(gas, address)?.balance)
    }

    /// The machine and the hash of the code of an identity, or nothing where it has no code.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn code_hash(
        &mut self,
        gas: &mut GasMeter,
        address: &Address,
    ) -> Result<Option<(VmKind, CodeHash)>, Trap> {
        let account = self.account(gas, address)?;
        Ok((!account.code_hash.is_empty()).then_some((account.kind, account.code_hash)))
    }

    /// Moves coin of the contract to another identity without running its code. Tells whether the
    /// balance sufficed.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn transfer(
        &mut self,
        gas: &mut GasMeter,
        to: &Address,
        amount: Wei,
    ) -> Result<bool, Trap> {
        self.refuse_if_static()?;
        let contract = self.contract;
        self.pay(gas, &contract, to, amount)
    }

    fn pay(
        &mut self,
        gas: &mut GasMeter,
        from: &Address,
        to: &Address,
        amount: Wei,
    ) -> Result<bool, Trap> {
        let account = self.account(gas, to)?;
        self.charge_value(gas, &account, amount)?;
        if fault(self.frames.journal().bind_alias(to))? == AliasBinding::Taken {
            return Ok(false);
        }
        let done = fault(self.frames.journal().transfer(from, to, amount))?;
        Ok(done == Transfer::Done)
    }

    /// Emits an event of the contract.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn emit(&mut self, gas: &mut GasMeter, topics: &[B256], data: &[u8]) -> Result<(), Trap> {
        self.refuse_if_static()?;
        within("topics of an event", topics.len(), EVENT_TOPICS_MAX)?;
        within("bytes of event data", data.len(), EVENT_DATA_BYTES_MAX)?;
        gas.charge(self.schedule.log(topics.len(), data.len()))?;
        let data = Bytes::copy_from_slice(data);
        self.frames.journal().emit(&self.contract, topics.to_vec(), data);
        Ok(())
    }

    /// The hash of one of the last 256 blocks, zero for any other.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn block_hash(&mut self, gas: &mut GasMeter, number: u64) -> Result<B256, Trap> {
        gas.charge(self.schedule.block_hash)?;
        let current = self.frames.environment().block.number.0;
        let is_remembered = number < current && current - number <= BLOCK_HASHES;
        if !is_remembered {
            return Ok(B256::ZERO);
        }
        fault(self.frames.journal().block_hash(number))
    }

    /// Warms an account and charges for the access (EIP-2929).
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn account(&mut self, gas: &mut GasMeter, address: &Address) -> Result<AccountState, Trap> {
        let account = fault(self.frames.journal().account(address))?;
        let Schedule { cold_access, warm_access, .. } = *self.schedule;
        gas.charge(if account.is_cold { cold_access } else { warm_access })?;
        Ok(account)
    }

    /// Charges for coin that goes to `account`, with a call or alone.
    ///
    /// # Errors
    ///
    /// [`Trap`]: the frame ends.
    pub fn charge_value(
        &self,
        gas: &mut GasMeter,
        account: &AccountState,
        value: Wei,
    ) -> Result<(), Trap> {
        if value.is_zero() {
            return Ok(());
        }
        self.refuse_if_static()?;
        gas.charge(self.schedule.call_value)?;
        let is_new =
            account.nonce == 0 && account.balance.is_zero() && account.code_hash.is_empty();
        if is_new {
            gas.charge(self.schedule.new_account)?;
        }
        Ok(())
    }

    /// Refuses a change where nothing may be written, and charges for a cold access.
    fn begin_counter_change(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<Key, Trap> {
        self.refuse_if_static()?;
        let key = self.counter_key(key)?;
        if self.frames.journal().warm_record(&key) {
            gas.charge(self.schedule.cold_access)?;
        }
        Ok(key)
    }

    fn counter_key(&self, key: &[u8]) -> Result<Key, Trap> {
        within("bytes of a counter's key", key.len(), STORAGE_KEY_BYTES_MAX)?;
        Ok(Key::counter(&self.contract, key))
    }

    fn storage_key(&self, key: &[u8]) -> Result<Key, Trap> {
        within("bytes of a storage key", key.len(), STORAGE_KEY_BYTES_MAX)?;
        Ok(Key::kv(&self.contract, key))
    }
}

fn record_key(place: &RecordPlace<'_>) -> Result<Key, Trap> {
    within("bytes of a record's key", place.key.len(), STORAGE_KEY_BYTES_MAX)?;
    let namespace = match place.space {
        RecordSpace::SvmAccount => Namespace::SvmAccount,
        RecordSpace::MoveModule => Namespace::MoveModule,
        RecordSpace::MoveResource => Namespace::MoveResource,
        RecordSpace::MoveTable => Namespace::MoveTable,
    };
    Ok(Key::new(namespace, &place.owner, place.key))
}

/// A failure of the state ends the frame; the journal remembers it until the transaction ends.
fn fault<T>(result: Result<T, StateError>) -> Result<T, Trap> {
    result.map_err(|_| Trap::Fault)
}

/// Refuses what is larger than a limit.
pub(crate) const fn within(what: &'static str, found: usize, limit: usize) -> Result<(), Trap> {
    if found <= limit {
        return Ok(());
    }
    Err(Trap::Limit { what, found: found as u64, limit: limit as u64 })
}
