//! The host of one frame: every operation is checked, charged by the schedule, and done on the
//! journal.

use journal::Transfer;
use primitives::{
    Address, B256, Bytes, CodeHash, Depth, Gas, VmKind, Wei,
    limits::{
        EVENT_DATA_BYTES_MAX, EVENT_TOPICS_MAX, SCAN_ENTRIES_MAX, STORAGE_KEY_BYTES_MAX,
        STORAGE_VALUE_BYTES_MAX,
    },
};
use state::{Key, Namespace, StateError};
use vm::{
    CallOutcome, CallRequest, DeployOutcome, DeployRequest, Environment, Frame, GasMeter, Host, Outcome,
    ScanRequest, Schedule, Status, Trap, schedule::words,
};
use vm_evm::{Frames, NestedCall, NestedCreate};

use crate::{
    crossing::Crossroads,
    deploy::{self, Creation},
};

/// What a frame of a hosted machine reaches the transaction through.
pub(crate) struct FrameHost<'a, 'f> {
    crossroads: &'a Crossroads,
    frames: &'a mut Frames<'f>,
    environment: &'a Environment,
    contract: Address,
    depth: Depth,
    is_static: bool,
}

impl<'a, 'f> FrameHost<'a, 'f> {
    pub(crate) fn new(
        crossroads: &'a Crossroads,
        frames: &'a mut Frames<'f>,
        frame: &Frame<'a>,
    ) -> Self {
        let Frame { contract, depth, is_static, environment, .. } = *frame;
        Self { crossroads, frames, environment, contract, depth, is_static }
    }

    fn refuse_if_static(&self) -> Result<(), Trap> {
        if self.is_static { Err(Trap::StaticViolation) } else { Ok(()) }
    }

    fn storage_key(&self, key: &[u8]) -> Result<Key, Trap> {
        within("bytes of a storage key", key.len(), STORAGE_KEY_BYTES_MAX)?;
        Ok(Key::kv(&self.contract, key))
    }

    /// Warms an account and charges for the access (EIP-2929).
    fn charge_account_access(
        &mut self,
        gas: &mut GasMeter,
        address: &Address,
    ) -> Result<journal::AccountState, Trap> {
        let account = fault(self.frames.journal().account(address))?;
        let schedule = self.crossroads.schedule();
        gas.charge(if account.is_cold { schedule.cold_access } else { schedule.warm_access })?;
        Ok(account)
    }

    /// Charges for coin that goes to `account` with a call or alone.
    fn charge_value(
        &self,
        gas: &mut GasMeter,
        account: &journal::AccountState,
        value: Wei,
    ) -> Result<(), Trap> {
        if value.is_zero() {
            return Ok(());
        }
        self.refuse_if_static()?;
        let schedule = self.crossroads.schedule();
        gas.charge(schedule.call_value)?;
        let is_new = account.nonce == 0 && account.balance.is_zero() && account.code_hash.is_empty();
        if is_new {
            gas.charge(schedule.new_account)?;
        }
        Ok(())
    }

    /// Takes from `gas` what a callee may use: what was asked for, but never the last 64th.
    fn lend(gas: &mut GasMeter, asked: Gas) -> Result<Gas, Trap> {
        let lent = asked.min(gas.remaining().all_but_one_64th());
        gas.charge(lent)?;
        Ok(lent)
    }

    /// Takes back what a callee left and passes on its refund. A fault of the host ends the frame.
    fn settle(&mut self, gas: &mut GasMeter, lent: Gas, outcome: &Outcome) -> Result<(), Trap> {
        assert!(outcome.gas_left <= lent, "a callee left more gas than it was lent");
        if self.frames.journal().fault().is_some() {
            return Err(Trap::Fault);
        }
        gas.hand_back(outcome.gas_left);
        if outcome.status.is_success() {
            gas.add_refund(outcome.gas_refund);
        }
        Ok(())
    }
}

impl Host for FrameHost<'_, '_> {
    fn environment(&self) -> &Environment {
        self.environment
    }

    fn schedule(&self) -> &Schedule {
        self.crossroads.schedule()
    }

    fn storage_get(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<Option<Bytes>, Trap> {
        let key = self.storage_key(key)?;
        let is_cold = self.frames.journal().warm_record(&key);
        let schedule = self.crossroads.schedule();
        gas.charge(schedule.read(is_cold, 0))?;
        let value = fault(self.frames.journal().record(&key))?;
        let value_bytes = value.as_ref().map_or(0, |value| value.len());
        gas.charge(schedule.read_word.saturating_mul(words(value_bytes)))?;
        Ok(value)
    }

    fn storage_put(&mut self, gas: &mut GasMeter, key: &[u8], value: &[u8]) -> Result<(), Trap> {
        self.refuse_if_static()?;
        within("bytes of a storage value", value.len(), STORAGE_VALUE_BYTES_MAX)?;
        let record_bytes = key.len() + value.len();
        let key = self.storage_key(key)?;
        let is_cold = self.frames.journal().warm_record(&key);
        let existed = fault(self.frames.journal().record(&key))?.is_some();
        gas.charge(self.crossroads.schedule().write(is_cold, existed, record_bytes))?;
        self.frames.journal().set_record(key, Some(Bytes::copy_from_slice(value)));
        Ok(())
    }

    fn storage_delete(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<bool, Trap> {
        self.refuse_if_static()?;
        let key = self.storage_key(key)?;
        let is_cold = self.frames.journal().warm_record(&key);
        gas.charge(self.crossroads.schedule().write(is_cold, true, 0))?;
        let existed = fault(self.frames.journal().record(&key))?.is_some();
        if existed {
            self.frames.journal().set_record(key, None);
        }
        Ok(existed)
    }

    fn storage_scan(
        &mut self,
        gas: &mut GasMeter,
        request: &ScanRequest<'_>,
    ) -> Result<Vec<(Bytes, Bytes)>, Trap> {
        within("records of a scan", request.limit as usize, SCAN_ENTRIES_MAX as usize)?;
        let prefix = self.storage_key(request.prefix)?;
        let schedule = self.crossroads.schedule();
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

    fn transient_get(&mut self, gas: &mut GasMeter, key: B256) -> Result<B256, Trap> {
        gas.charge(self.crossroads.schedule().transient_access)?;
        Ok(self.frames.journal().transient(&self.contract, key))
    }

    fn transient_put(&mut self, gas: &mut GasMeter, key: B256, value: B256) -> Result<(), Trap> {
        self.refuse_if_static()?;
        gas.charge(self.crossroads.schedule().transient_access)?;
        self.frames.journal().set_transient(&self.contract, key, value);
        Ok(())
    }

    fn balance(&mut self, gas: &mut GasMeter, address: &Address) -> Result<Wei, Trap> {
        Ok(self.charge_account_access(gas, address)?.balance)
    }

    fn code_hash(
        &mut self,
        gas: &mut GasMeter,
        address: &Address,
    ) -> Result<Option<(VmKind, CodeHash)>, Trap> {
        let account = self.charge_account_access(gas, address)?;
        Ok((!account.code_hash.is_empty()).then_some((account.kind, account.code_hash)))
    }

    fn transfer(&mut self, gas: &mut GasMeter, to: &Address, amount: Wei) -> Result<bool, Trap> {
        self.refuse_if_static()?;
        let account = self.charge_account_access(gas, to)?;
        self.charge_value(gas, &account, amount)?;
        let done = fault(self.frames.journal().transfer(&self.contract, to, amount))?;
        Ok(done == Transfer::Done)
    }

    fn call(
        &mut self,
        gas: &mut GasMeter,
        request: &CallRequest<'_>,
    ) -> Result<CallOutcome, Trap> {
        let account = self.charge_account_access(gas, &request.to)?;
        self.charge_value(gas, &account, request.value)?;
        let lent = Self::lend(gas, request.gas_limit)?;
        let stipend = match request.value.is_zero() {
            true => Gas::ZERO,
            false => self.crossroads.schedule().call_stipend,
        };
        let given = lent.saturating_add(stipend);
        let outcome = self.frames.call(NestedCall {
            caller: self.contract,
            to: request.to,
            value: request.value,
            input: Bytes::copy_from_slice(request.input),
            gas_limit: given,
            is_static: self.is_static || request.is_static,
        });
        self.settle(gas, given, &outcome)?;
        Ok(CallOutcome { status: outcome.status, output: outcome.output })
    }

    fn deploy(
        &mut self,
        gas: &mut GasMeter,
        request: &DeployRequest<'_>,
    ) -> Result<DeployOutcome, Trap> {
        self.refuse_if_static()?;
        let schedule = self.crossroads.schedule();
        gas.charge(schedule.deploy_base)?;
        let lent = Self::lend(gas, request.gas_limit)?;
        let (outcome, address) = if request.kind == VmKind::Evm {
            self.frames.create(NestedCreate {
                caller: self.contract,
                value: request.value,
                init_code: [request.code, request.arguments].concat().into(),
                salt: request.salt,
                gas_limit: lent,
            })
        } else {
            let creation = Creation {
                creator: self.contract,
                funder: self.contract,
                is_nonce_counted: false,
                kind: request.kind,
                code: Bytes::copy_from_slice(request.code),
                arguments: Bytes::copy_from_slice(request.arguments),
                interface: None,
                value: request.value,
                salt: request.salt,
                gas_limit: lent,
                depth: self.depth,
            };
            deploy::create(self.crossroads, self.frames, &creation)
        };
        self.settle(gas, lent, &outcome)?;
        let address = if outcome.status == Status::Success { address } else { None };
        Ok(DeployOutcome { status: outcome.status, address, output: outcome.output })
    }

    fn emit(&mut self, gas: &mut GasMeter, topics: &[B256], data: &[u8]) -> Result<(), Trap> {
        self.refuse_if_static()?;
        within("topics of an event", topics.len(), EVENT_TOPICS_MAX)?;
        within("bytes of event data", data.len(), EVENT_DATA_BYTES_MAX)?;
        gas.charge(self.crossroads.schedule().log(topics.len(), data.len()))?;
        let data = Bytes::copy_from_slice(data);
        self.frames.journal().emit(&self.contract, topics.to_vec(), data);
        Ok(())
    }

    fn block_hash(&mut self, gas: &mut GasMeter, number: u64) -> Result<B256, Trap> {
        gas.charge(self.crossroads.schedule().block_hash)?;
        let current = self.environment.block.number.0;
        let is_remembered = number < current && current - number <= BLOCK_HASHES;
        if !is_remembered {
            return Ok(B256::ZERO);
        }
        fault(self.frames.journal().block_hash(number))
    }

    fn debug(&mut self, gas: &mut GasMeter, text: &str) -> Result<(), Trap> {
        let schedule = self.crossroads.schedule();
        let per_word = schedule.copy_word.saturating_mul(words(text.len()));
        gas.charge(schedule.debug_base.saturating_add(per_word))?;
        self.frames.scope().recorder_mut().debug(text);
        Ok(())
    }
}

/// How many blocks back a hash can be asked for (the EVM's `BLOCKHASH`).
const BLOCK_HASHES: u64 = 256;

/// A failure of the state ends the frame; the journal remembers it until the transaction ends.
fn fault<T>(result: Result<T, StateError>) -> Result<T, Trap> {
    result.map_err(|_| Trap::Fault)
}

fn within(what: &'static str, found: usize, limit: usize) -> Result<(), Trap> {
    if found <= limit {
        return Ok(());
    }
    Err(Trap::Limit { what, found: found as u64, limit: limit as u64 })
}
