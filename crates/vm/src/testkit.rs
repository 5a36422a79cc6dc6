//! For the tests of machines: a host in memory, and the checks that every machine must pass.
//!
//! [`MemoryHost`] charges by the [`Schedule`] as the kernel does, undoes what a frame that fails
//! has written, and calls scripts where the kernel would call contracts. It is no kernel: it knows
//! no code, no ownership, no refunds, and clones its state at each checkpoint.

mod conformance;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

pub use conformance::{Fixtures, check_hosted_vm};
use primitives::limits::{
    EVENT_DATA_BYTES_MAX, EVENT_TOPICS_MAX, FOREIGN_CODE_BYTES_MAX, RECORD_VALUE_BYTES_MAX,
    SCAN_ENTRIES_MAX, STORAGE_KEY_BYTES_MAX, STORAGE_VALUE_BYTES_MAX,
};
use primitives::{Address, B256, Bytes, CodeHash, Depth, EvmAddress, Gas, Hash, U256, VmKind, Wei};

use crate::object::{OBJECTS, ObjectKey, ObjectStore};
use crate::schedule::words;
use crate::trace::Event;
use crate::{
    CallOutcome, CallRequest, DeployOutcome, DeployRequest, Entry, Environment, Frame, GasMeter,
    Host, HostedVm, Outcome, RecordPlace, RecordSpace, ScanRequest, Schedule, Status, Trap,
};

/// What stands behind an address: it gets a frame and the host, as a machine does.
pub type Script = Arc<dyn Fn(&Frame<'_>, &mut MemoryHost) -> Outcome + Send + Sync>;

/// What a frame that fails takes back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryState {
    /// Records of the contracts' own storage.
    pub records: BTreeMap<(Address, Vec<u8>), Bytes>,
    /// Counters of the contracts; none of them is zero.
    pub counters: BTreeMap<(Address, Vec<u8>), U256>,
    /// Records of objects.
    pub objects: BTreeMap<ObjectKey, Bytes>,
    /// How many objects a contract made in the transaction.
    pub object_counts: BTreeMap<Address, u64>,
    /// Transient words.
    pub transient: BTreeMap<(Address, B256), B256>,
    /// Balances.
    pub balances: BTreeMap<Address, Wei>,
    /// How many contracts an identity made.
    pub nonces: BTreeMap<Address, u64>,
    /// Interfaces of contracts, as JSON.
    pub interfaces: BTreeMap<Address, Bytes>,
    /// Which machine runs the code of an identity, and the hash of that code.
    pub codes: BTreeMap<Address, (VmKind, CodeHash)>,
    /// Records that machines keep beside the storage of contracts.
    pub machine_records: BTreeMap<(RecordSpace, Address, Vec<u8>), Bytes>,
    /// Code that machines keep, by its hash.
    pub machine_codes: BTreeMap<CodeHash, Bytes>,
    /// Events in their order.
    pub events: Vec<Event>,
    warm: BTreeSet<Warm>,
}

/// A host over maps in memory.
#[derive(Clone, Default)]
pub struct MemoryHost {
    /// What a frame that fails takes back.
    pub state: MemoryState,
    /// The block and the transaction.
    pub environment: Environment,
    /// The prices.
    pub schedule: Schedule,
    /// What stands behind addresses.
    pub scripts: BTreeMap<Address, Script>,
    /// What runs for the constructor of a contract that is made; nothing runs without one.
    pub constructor: Option<Script>,
    /// Lines of debug output.
    pub debug: Vec<String>,
    /// What machines said of their faults.
    pub faults: Vec<String>,
    /// After so many operations the host fails, as a broken store would.
    pub operations_before_fault: Option<u64>,
    running: Vec<Running>,
}

impl fmt::Debug for MemoryHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryHost").field("state", &self.state).finish_non_exhaustive()
    }
}

/// What [`MemoryHost::run`] runs.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// Which entry.
    pub entry: Entry,
    /// The code.
    pub code: &'a [u8],
    /// Input, or arguments of the constructor.
    pub input: &'a [u8],
    /// What may be used.
    pub gas_limit: Gas,
    /// Whether nothing may be written.
    pub is_static: bool,
    /// Coin that came along; the host does not move it.
    pub value: Wei,
}

impl<'a> Run<'a> {
    /// A call of `code` with `input` and plenty of gas.
    #[must_use]
    pub const fn call(code: &'a [u8], input: &'a [u8]) -> Self {
        Self {
            entry: Entry::Call,
            code,
            input,
            gas_limit: Gas(10_000_000),
            is_static: false,
            value: Wei::ZERO,
        }
    }
}

impl MemoryHost {
    /// The contract that [`run`](Self::run) runs.
    pub const CONTRACT: Address = Address::new([0xcc; 32]);

    /// Who calls it.
    pub const CALLER: Address = Address::new([0xca; 32]);

    /// Runs one frame of `vm` as the contract [`CONTRACT`](Self::CONTRACT) called by
    /// [`CALLER`](Self::CALLER), and takes back what it did unless it succeeds.
    pub fn run(&mut self, vm: &dyn HostedVm, run: &Run<'_>) -> Outcome {
        let environment = self.environment.clone();
        let frame = Frame {
            entry: run.entry,
            code: run.code,
            code_hash: CodeHash::of(run.code),
            contract: Self::CONTRACT,
            caller: Self::CALLER,
            value: run.value,
            input: run.input,
            gas_limit: run.gas_limit,
            is_static: run.is_static,
            depth: Depth(0),
            environment: &environment,
        };
        self.enter(&frame, |frame, host| vm.execute(frame, host))
    }

    /// Runs `body` as the frame, and takes back what it did unless it succeeds.
    pub fn enter(
        &mut self,
        frame: &Frame<'_>,
        body: impl FnOnce(&Frame<'_>, &mut Self) -> Outcome,
    ) -> Outcome {
        let before = self.state.clone();
        self.running.push(Running { contract: frame.contract, is_static: frame.is_static });
        let outcome = body(frame, self);
        self.running.pop();
        assert!(outcome.gas_left <= frame.gas_limit, "a frame may not gain gas");
        if !outcome.status.is_success() {
            self.state = before;
        }
        outcome
    }

    fn running(&self) -> Running {
        self.running.last().copied().unwrap_or_default()
    }

    fn operation(&mut self) -> Result<Running, Trap> {
        match &mut self.operations_before_fault {
            Some(0) => return Err(Trap::Fault),
            Some(rest) => *rest -= 1,
            None => {}
        }
        Ok(self.running())
    }

    fn write_operation(&mut self) -> Result<Running, Trap> {
        let running = self.operation()?;
        if running.is_static { Err(Trap::StaticViolation) } else { Ok(running) }
    }

    fn touch(&mut self, contract: Address, key: Option<&[u8]>) -> bool {
        self.state.warm.insert(match key {
            Some(key) => Warm::Record(contract, key.to_vec()),
            None => Warm::Account(contract),
        })
    }

    /// The place of a counter and its number, after the access is charged.
    fn counter_access(
        &mut self,
        gas: &mut GasMeter,
        (contract, key): (Address, &[u8]),
        price: impl FnOnce(&Schedule, bool) -> Gas,
    ) -> Result<((Address, Vec<u8>), U256), Trap> {
        check_key(key)?;
        let place = (contract, key.to_vec());
        let is_cold = self.state.warm.insert(Warm::Counter(contract, key.to_vec()));
        gas.charge(price(&self.schedule, is_cold))?;
        let number = self.state.counters.get(&place).copied().unwrap_or_default();
        Ok((place, number))
    }

    /// Changes a counter, after the change is charged. Tells whether the change fits.
    fn change_counter(
        &mut self,
        gas: &mut GasMeter,
        key: &[u8],
        change: impl FnOnce(U256) -> (bool, Option<U256>),
    ) -> Result<bool, Trap> {
        let contract = self.write_operation()?.contract;
        let cold = |schedule: &Schedule, is_cold| match is_cold {
            true => schedule.cold_access,
            false => Gas::ZERO,
        };
        let (place, number) = self.counter_access(gas, (contract, key), cold)?;
        let (makes, after) = change(number);
        gas.charge(self.schedule.counter_change(makes, key.len()))?;
        match after {
            Some(after) if after.is_zero() => self.state.counters.remove(&place),
            Some(after) => self.state.counters.insert(place, after),
            None => return Ok(false),
        };
        Ok(true)
    }

    fn account_access(&mut self, gas: &mut GasMeter, address: &Address) -> Result<(), Trap> {
        let is_cold = self.touch(*address, None);
        Ok(gas.charge(self.schedule.read(is_cold, 0))?)
    }

    fn pay(&mut self, from: Address, to: Address, amount: Wei) -> bool {
        let balance = self.state.balances.get(&from).copied().unwrap_or_default();
        let Some(rest) = balance.checked_sub(amount) else { return false };
        self.state.balances.insert(from, rest);
        let balance = self.state.balances.get(&to).copied().unwrap_or_default();
        let sum = balance.checked_add(amount).expect("invariant: the supply fits 256 bits");
        self.state.balances.insert(to, sum);
        true
    }
}

impl Host for MemoryHost {
    fn environment(&self) -> &Environment {
        &self.environment
    }

    fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    fn storage_get(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<Option<Bytes>, Trap> {
        let contract = self.operation()?.contract;
        check_key(key)?;
        let value = self.state.records.get(&(contract, key.to_vec())).cloned();
        let is_cold = self.touch(contract, Some(key));
        gas.charge(self.schedule.read(is_cold, value.as_ref().map_or(0, |value| value.len())))?;
        Ok(value)
    }

    fn storage_put(&mut self, gas: &mut GasMeter, key: &[u8], value: &[u8]) -> Result<(), Trap> {
        let contract = self.write_operation()?.contract;
        check_key(key)?;
        check_limit("bytes of a value", value.len(), STORAGE_VALUE_BYTES_MAX)?;
        let is_cold = self.touch(contract, Some(key));
        let slot = (contract, key.to_vec());
        let existed = self.state.records.contains_key(&slot);
        gas.charge(self.schedule.write(is_cold, existed, key.len() + value.len()))?;
        self.state.records.insert(slot, Bytes::copy_from_slice(value));
        Ok(())
    }

    fn storage_delete(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<bool, Trap> {
        let contract = self.write_operation()?.contract;
        check_key(key)?;
        let is_cold = self.touch(contract, Some(key));
        gas.charge(self.schedule.write(is_cold, true, 0))?;
        Ok(self.state.records.remove(&(contract, key.to_vec())).is_some())
    }

    fn storage_scan(
        &mut self,
        gas: &mut GasMeter,
        request: &ScanRequest<'_>,
    ) -> Result<Vec<(Bytes, Bytes)>, Trap> {
        let contract = self.operation()?.contract;
        check_key(request.prefix)?;
        gas.charge(self.schedule.scan_base)?;
        let first = (contract, request.prefix.to_vec());
        let mut found = Vec::new();
        for ((owner, key), value) in self.state.records.range(first..) {
            if *owner != contract || !key.starts_with(request.prefix) {
                break;
            }
            if request.after.is_some_and(|after| key.as_slice() <= after) {
                continue;
            }
            if found.len() as u64 >= u64::from(request.limit.min(SCAN_ENTRIES_MAX)) {
                break;
            }
            let word_count = words(key.len() + value.len());
            let read = self.schedule.read_word.saturating_mul(word_count);
            gas.charge(self.schedule.scan_record.saturating_add(read))?;
            found.push((Bytes::copy_from_slice(key), value.clone()));
        }
        Ok(found)
    }

    fn counter_get(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<U256, Trap> {
        let contract = self.operation()?.contract;
        Ok(self.counter_access(gas, (contract, key), Schedule::counter_read)?.1)
    }

    fn counter_add(&mut self, gas: &mut GasMeter, key: &[u8], amount: U256) -> Result<bool, Trap> {
        self.change_counter(gas, key, |number| {
            (number.is_zero() && !amount.is_zero(), number.checked_add(amount))
        })
    }

    fn counter_sub(&mut self, gas: &mut GasMeter, key: &[u8], amount: U256) -> Result<bool, Trap> {
        self.change_counter(gas, key, |number| (false, number.checked_sub(amount)))
    }

    fn transient_get(&mut self, gas: &mut GasMeter, key: B256) -> Result<B256, Trap> {
        let contract = self.operation()?.contract;
        gas.charge(self.schedule.transient_access)?;
        Ok(self.state.transient.get(&(contract, key)).copied().unwrap_or_default())
    }

    fn transient_put(&mut self, gas: &mut GasMeter, key: B256, value: B256) -> Result<(), Trap> {
        let contract = self.write_operation()?.contract;
        gas.charge(self.schedule.transient_access)?;
        self.state.transient.insert((contract, key), value);
        Ok(())
    }

    fn balance(&mut self, gas: &mut GasMeter, address: &Address) -> Result<Wei, Trap> {
        self.operation()?;
        self.account_access(gas, address)?;
        Ok(self.state.balances.get(address).copied().unwrap_or_default())
    }

    fn code_hash(
        &mut self,
        gas: &mut GasMeter,
        address: &Address,
    ) -> Result<Option<(VmKind, CodeHash)>, Trap> {
        self.operation()?;
        self.account_access(gas, address)?;
        Ok(self.state.codes.get(address).copied())
    }

    fn interface(&mut self, gas: &mut GasMeter, address: &Address) -> Result<Option<Bytes>, Trap> {
        self.operation()?;
        self.account_access(gas, address)?;
        let interface = self.state.interfaces.get(address).cloned();
        let length = interface.as_ref().map_or(0, |interface| interface.len());
        gas.charge(self.schedule.read_word.saturating_mul(words(length)))?;
        Ok(interface)
    }

    fn transfer(&mut self, gas: &mut GasMeter, to: &Address, amount: Wei) -> Result<bool, Trap> {
        let contract = self.write_operation()?.contract;
        self.account_access(gas, to)?;
        gas.charge(self.schedule.call_value)?;
        if !self.state.balances.contains_key(to) {
            gas.charge(self.schedule.new_account)?;
        }
        Ok(self.pay(contract, *to, amount))
    }

    fn call(&mut self, gas: &mut GasMeter, request: &CallRequest<'_>) -> Result<CallOutcome, Trap> {
        let caller = self.running().contract;
        self.call_as(gas, &caller, request)
    }

    fn call_as(
        &mut self,
        gas: &mut GasMeter,
        caller: &Address,
        request: &CallRequest<'_>,
    ) -> Result<CallOutcome, Trap> {
        let running = self.operation()?;
        if running.is_static && !request.value.is_zero() {
            return Err(Trap::StaticViolation);
        }
        self.account_access(gas, &request.to)?;
        let mut lent = request.gas_limit;
        if !request.value.is_zero() {
            gas.charge(self.schedule.call_value)?;
        }
        lent = lent.min(gas.remaining().all_but_one_64th());
        gas.charge(lent)?;
        let before = self.state.clone();
        if !self.pay(*caller, request.to, request.value) {
            gas.hand_back(lent);
            return Ok(CallOutcome { status: Status::Revert, output: Bytes::new() });
        }
        let environment = self.environment.clone();
        let frame = Frame {
            entry: Entry::Call,
            code: &[],
            code_hash: CodeHash::EMPTY,
            contract: request.to,
            caller: *caller,
            value: request.value,
            input: request.input,
            gas_limit: lent,
            is_static: running.is_static || request.is_static,
            depth: Depth(self.running.len() as u32),
            environment: &environment,
        };
        let outcome = match self.scripts.get(&request.to).cloned() {
            Some(script) => self.enter(&frame, |frame, host| script(frame, host)),
            None => Outcome::success(Bytes::new(), lent, 0),
        };
        gas.hand_back(outcome.gas_left);
        if !outcome.status.is_success() {
            self.state = before;
        }
        Ok(CallOutcome { status: outcome.status, output: outcome.output })
    }

    fn record_get(
        &mut self,
        gas: &mut GasMeter,
        place: &RecordPlace<'_>,
    ) -> Result<Option<Bytes>, Trap> {
        self.operation()?;
        check_key(place.key)?;
        let is_cold = self.state.warm.insert(warm_place(place));
        let value = self.state.machine_records.get(&slot_of(place)).cloned();
        gas.charge(self.schedule.read(is_cold, value.as_ref().map_or(0, |value| value.len())))?;
        Ok(value)
    }

    fn record_put(
        &mut self,
        gas: &mut GasMeter,
        place: &RecordPlace<'_>,
        value: Option<&[u8]>,
    ) -> Result<(), Trap> {
        self.write_operation()?;
        check_key(place.key)?;
        let value_bytes = value.map_or(0, <[u8]>::len);
        check_limit("bytes of a record", value_bytes, RECORD_VALUE_BYTES_MAX)?;
        let is_cold = self.state.warm.insert(warm_place(place));
        let slot = slot_of(place);
        let existed = self.state.machine_records.contains_key(&slot);
        gas.charge(self.schedule.write(is_cold, existed, place.key.len() + value_bytes))?;
        match value {
            Some(value) => self.state.machine_records.insert(slot, Bytes::copy_from_slice(value)),
            None => self.state.machine_records.remove(&slot),
        };
        Ok(())
    }

    fn code_get(&mut self, gas: &mut GasMeter, hash: &CodeHash) -> Result<Option<Bytes>, Trap> {
        self.operation()?;
        gas.charge(self.schedule.cold_access)?;
        Ok(self.state.machine_codes.get(hash).cloned())
    }

    fn code_put(&mut self, gas: &mut GasMeter, code: &[u8]) -> Result<CodeHash, Trap> {
        self.write_operation()?;
        check_limit("bytes of code", code.len(), FOREIGN_CODE_BYTES_MAX)?;
        gas.charge(self.schedule.deploy_byte.saturating_mul(code.len() as u64))?;
        let hash = CodeHash::of(code);
        self.state.machine_codes.insert(hash, Bytes::copy_from_slice(code));
        Ok(hash)
    }

    fn move_coin(
        &mut self,
        gas: &mut GasMeter,
        from: &Address,
        to: &Address,
        amount: Wei,
    ) -> Result<bool, Trap> {
        self.write_operation()?;
        self.account_access(gas, from)?;
        self.account_access(gas, to)?;
        gas.charge(self.schedule.call_value)?;
        if !self.state.balances.contains_key(to) {
            gas.charge(self.schedule.new_account)?;
        }
        Ok(self.pay(*from, *to, amount))
    }

    fn deploy(
        &mut self,
        gas: &mut GasMeter,
        request: &DeployRequest<'_>,
    ) -> Result<DeployOutcome, Trap> {
        let creator = self.write_operation()?.contract;
        let stored = self.schedule.deploy_byte.saturating_mul(request.code.len() as u64);
        gas.charge(self.schedule.deploy_base.saturating_add(stored))?;
        let nonce = self.state.nonces.entry(creator).or_default();
        *nonce += 1;
        let address = address_of(creator, *nonce, request);
        let lent = request.gas_limit.min(gas.remaining().all_but_one_64th());
        gas.charge(lent)?;
        let before = self.state.clone();
        let is_paid = self.pay(creator, address, request.value);
        self.state.codes.insert(address, (request.kind, CodeHash::of(request.code)));
        let environment = self.environment.clone();
        let frame = Frame {
            entry: Entry::Deploy,
            code: request.code,
            code_hash: CodeHash::of(request.code),
            contract: address,
            caller: creator,
            value: request.value,
            input: request.arguments,
            gas_limit: lent,
            is_static: false,
            depth: Depth(self.running.len() as u32),
            environment: &environment,
        };
        let outcome = match self.constructor.clone() {
            _ if !is_paid => Outcome::revert(Bytes::new(), lent),
            Some(script) => self.enter(&frame, |frame, host| script(frame, host)),
            None => Outcome::success(Bytes::new(), lent, 0),
        };
        gas.hand_back(outcome.gas_left);
        let is_made = outcome.status.is_success();
        if !is_made {
            self.state = before;
        }
        let address = is_made.then_some(address);
        Ok(DeployOutcome { status: outcome.status, address, output: outcome.output })
    }

    fn emit(&mut self, gas: &mut GasMeter, topics: &[B256], data: &[u8]) -> Result<(), Trap> {
        let address = self.write_operation()?.contract;
        check_limit("topics of an event", topics.len(), EVENT_TOPICS_MAX)?;
        check_limit("bytes of an event", data.len(), EVENT_DATA_BYTES_MAX)?;
        gas.charge(self.schedule.log(topics.len(), data.len()))?;
        let data = Bytes::copy_from_slice(data);
        self.state.events.push(Event { address, topics: topics.to_vec(), data });
        Ok(())
    }

    fn block_hash(&mut self, gas: &mut GasMeter, number: u64) -> Result<B256, Trap> {
        self.operation()?;
        gas.charge(self.schedule.block_hash)?;
        let height = self.environment.block.number.0;
        let is_known = number < height && height - number <= 256;
        Ok(if is_known { primitives::keccak256(number.to_be_bytes()) } else { B256::ZERO })
    }

    fn object_store(&mut self) -> &mut dyn ObjectStore {
        self
    }

    fn debug(&mut self, gas: &mut GasMeter, text: &str) -> Result<(), Trap> {
        self.operation()?;
        let copied = self.schedule.copy_word.saturating_mul(words(text.len()));
        gas.charge(self.schedule.debug_base.saturating_add(copied))?;
        self.debug.push(text.to_owned());
        Ok(())
    }

    fn remark(&mut self, text: &str) {
        self.debug.push(text.to_owned());
    }

    fn fault(&mut self, reason: String) {
        self.faults.push(reason);
    }
}

impl ObjectStore for MemoryHost {
    fn prices(&self) -> &Schedule {
        &self.schedule
    }

    fn actor(&self) -> Address {
        self.running().contract
    }

    fn refuses_writes(&self) -> bool {
        self.running().is_static
    }

    fn moment(&self) -> (Hash, u64) {
        (self.environment.transaction.hash, self.environment.block.number.0)
    }

    fn count_creation(&mut self, creator: &Address) -> u64 {
        let count = self.state.object_counts.entry(*creator).or_default();
        *count += 1;
        *count - 1
    }

    fn warm(&mut self, key: &ObjectKey) -> bool {
        self.state.warm.insert(Warm::Object(key.clone()))
    }

    fn read(&mut self, key: &ObjectKey) -> Result<Option<Bytes>, Trap> {
        self.operation()?;
        Ok(self.state.objects.get(key).cloned())
    }

    fn write(&mut self, key: &ObjectKey, value: Option<Bytes>) {
        match value {
            Some(value) => self.state.objects.insert(key.clone(), value),
            None => self.state.objects.remove(key),
        };
    }

    fn suffixes(
        &mut self,
        prefix: &ObjectKey,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, Trap> {
        self.operation()?;
        let suffixes = self.state.objects.range(prefix.clone()..).map(|(key, _)| key);
        let suffixes = suffixes
            .take_while(|key| key.space == prefix.space && key.suffix.starts_with(&prefix.suffix))
            .map(|key| key.suffix.clone());
        Ok(suffixes
            .filter(|it| after.is_none_or(|after| it.as_slice() > after))
            .take(limit)
            .collect())
    }

    fn emit_event(&mut self, topics: Vec<B256>, data: Bytes) {
        let address = Address::from_evm(OBJECTS);
        self.state.events.push(Event { address, topics, data });
    }
}

/// What was accessed before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Warm {
    Account(Address),
    Record(Address, Vec<u8>),
    Counter(Address, Vec<u8>),
    MachineRecord(RecordSpace, Address, Vec<u8>),
    Object(ObjectKey),
}

#[derive(Debug, Clone, Copy, Default)]
struct Running {
    contract: Address,
    is_static: bool,
}

fn slot_of(place: &RecordPlace<'_>) -> (RecordSpace, Address, Vec<u8>) {
    (place.space, place.owner, place.key.to_vec())
}

fn warm_place(place: &RecordPlace<'_>) -> Warm {
    Warm::MachineRecord(place.space, place.owner, place.key.to_vec())
}

fn check_key(key: &[u8]) -> Result<(), Trap> {
    check_limit("bytes of a key", key.len(), STORAGE_KEY_BYTES_MAX)
}

const fn check_limit(what: &'static str, found: usize, limit: usize) -> Result<(), Trap> {
    if found > limit {
        return Err(Trap::Limit { what, found: found as u64, limit: limit as u64 });
    }
    Ok(())
}

fn address_of(creator: Address, nonce: u64, request: &DeployRequest<'_>) -> Address {
    let mut preimage = creator.as_bytes().to_vec();
    match request.salt {
        Some(salt) => {
            preimage.extend_from_slice(salt.as_slice());
            preimage.extend_from_slice(CodeHash::of(request.code).0.as_slice());
        }
        None => preimage.extend_from_slice(&nonce.to_be_bytes()),
    }
    Address::from_evm(EvmAddress::from_slice(&primitives::keccak256(preimage)[12..]))
}
