//! The host of one frame of a hosted machine: its own state by [`Access`], other contracts by the
//! transaction's frames.

use primitives::{Address, B256, Bytes, CodeHash, Depth, Gas, U256, VmKind, Wei};
use vm::{
    CallOutcome, CallRequest, DeployOutcome, DeployRequest, Environment, Frame, GasMeter, Host,
    Outcome, RecordPlace, ScanRequest, Schedule, Status, Trap, may_keep_records,
    object::ObjectStore, schedule::words,
};
use vm_evm::{Access, ForeignCall, Frames, NestedCall, NestedCreate};

use crate::{
    crossing::{CROSSING_REFUSED, Crossroads, refuse},
    lifecycle::{self, Creation},
};

/// What a frame of a hosted machine reaches the transaction through.
pub(crate) struct FrameHost<'a, 'f> {
    pub(crate) crossroads: &'a Crossroads,
    pub(crate) access: Access<'a, 'f>,
    environment: &'a Environment,
    depth: Depth,
    /// The machine of the frame, which is the only one it may call where crossing is switched off.
    kind: VmKind,
    /// In whose name objects are changed; the contract's own where none is said.
    pub(crate) object_actor: Option<Address>,
}

impl<'a, 'f> FrameHost<'a, 'f> {
    pub(crate) const fn new(
        crossroads: &'a Crossroads,
        frames: &'a mut Frames<'f>,
        (kind, frame): (VmKind, &Frame<'a>),
    ) -> Self {
        let Frame { contract, depth, is_static, environment, .. } = *frame;
        let access = Access::new(frames, crossroads.schedule(), contract, is_static);
        Self { crossroads, access, environment, depth, kind, object_actor: None }
    }

    /// A machine that lets contracts act in their own name alone has no use for this, so its
    /// asking is a bug.
    fn assert_keeps_records(&self) {
        assert!(may_keep_records(self.kind), "machine {} keeps no records", self.kind);
    }

    fn assert_own(&self, place: &RecordPlace<'_>) {
        assert!(place.space.kind() == self.kind, "{:?} is not of {}", place.space, self.kind);
    }

    /// What a native contract reaches the transaction through.
    pub(crate) const fn of_native(
        crossroads: &'a Crossroads,
        frames: &'a mut Frames<'f>,
        call: &ForeignCall<'_>,
        environment: &'a Environment,
    ) -> Self {
        let access = Access::new(frames, crossroads.schedule(), call.contract, call.is_static);
        let (depth, kind) = (call.depth, call.kind);
        Self { crossroads, access, environment, depth, kind, object_actor: None }
    }

    /// Takes from `gas` what a callee may use: what was asked for, but never the last 64th.
    fn lend(gas: &mut GasMeter, asked: Gas) -> Result<Gas, Trap> {
        let lent = asked.min(gas.remaining().all_but_one_64th());
        gas.charge(lent)?;
        Ok(lent)
    }

    fn call_from(
        &mut self,
        gas: &mut GasMeter,
        caller: Address,
        request: &CallRequest<'_>,
    ) -> Result<CallOutcome, Trap> {
        let account = self.access.account(gas, &request.to)?;
        let is_foreign = !account.code_hash.is_empty() && account.kind != self.kind;
        let is_native = self.kind == VmKind::Native;
        if is_foreign && !is_native && !self.crossroads.registry().allows_crossing() {
            let Outcome { status, output, .. } = refuse(CROSSING_REFUSED, Gas::ZERO);
            return Ok(CallOutcome { status, output });
        }
        self.access.charge_value(gas, &account, request.value)?;
        let lent = Self::lend(gas, request.gas_limit)?;
        let stipend = match request.value.is_zero() {
            true => Gas::ZERO,
            false => self.crossroads.schedule().call_stipend,
        };
        let given = lent.saturating_add(stipend);
        let call = NestedCall {
            caller,
            to: request.to,
            value: request.value,
            input: Bytes::copy_from_slice(request.input),
            gas_limit: given,
            is_static: self.access.is_static() || request.is_static,
        };
        let outcome = self.access.frames().call(call);
        self.settle(gas, given, &outcome)?;
        Ok(CallOutcome { status: outcome.status, output: outcome.output })
    }

    /// Takes back what a callee left and passes on its refund. A fault of the host ends the frame.
    fn settle(&mut self, gas: &mut GasMeter, lent: Gas, outcome: &Outcome) -> Result<(), Trap> {
        assert!(outcome.gas_left <= lent, "a callee left more gas than it was lent");
        if self.access.frames().journal().fault().is_some() {
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
        self.access.schedule()
    }

    fn storage_get(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<Option<Bytes>, Trap> {
        self.access.storage_get(gas, key)
    }

    fn storage_put(&mut self, gas: &mut GasMeter, key: &[u8], value: &[u8]) -> Result<(), Trap> {
        self.access.storage_put(gas, key, value)
    }

    fn storage_delete(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<bool, Trap> {
        self.access.storage_delete(gas, key)
    }

    fn storage_scan(
        &mut self,
        gas: &mut GasMeter,
        request: &ScanRequest<'_>,
    ) -> Result<Vec<(Bytes, Bytes)>, Trap> {
        self.access.storage_scan(gas, request)
    }

    fn counter_get(&mut self, gas: &mut GasMeter, key: &[u8]) -> Result<U256, Trap> {
        self.access.counter_get(gas, key)
    }

    fn counter_add(&mut self, gas: &mut GasMeter, key: &[u8], amount: U256) -> Result<bool, Trap> {
        self.access.counter_add(gas, key, amount)
    }

    fn counter_sub(&mut self, gas: &mut GasMeter, key: &[u8], amount: U256) -> Result<bool, Trap> {
        self.access.counter_sub(gas, key, amount)
    }

    fn transient_get(&mut self, gas: &mut GasMeter, key: B256) -> Result<B256, Trap> {
        self.access.transient_get(gas, key)
    }

    fn transient_put(&mut self, gas: &mut GasMeter, key: B256, value: B256) -> Result<(), Trap> {
        self.access.transient_put(gas, key, value)
    }

    fn balance(&mut self, gas: &mut GasMeter, address: &Address) -> Result<Wei, Trap> {
        self.access.balance(gas, address)
    }

    fn code_hash(
        &mut self,
        gas: &mut GasMeter,
        address: &Address,
    ) -> Result<Option<(VmKind, CodeHash)>, Trap> {
        self.access.code_hash(gas, address)
    }

    fn interface(&mut self, gas: &mut GasMeter, address: &Address) -> Result<Option<Bytes>, Trap> {
        let record = self.contract_record(gas, address)?;
        Ok(record.and_then(|record| record.interface).map(|text| Bytes::from(text.into_bytes())))
    }

    fn transfer(&mut self, gas: &mut GasMeter, to: &Address, amount: Wei) -> Result<bool, Trap> {
        self.access.transfer(gas, to, amount)
    }

    fn call(&mut self, gas: &mut GasMeter, request: &CallRequest<'_>) -> Result<CallOutcome, Trap> {
        self.call_from(gas, self.access.contract(), request)
    }

    fn call_as(
        &mut self,
        gas: &mut GasMeter,
        caller: &Address,
        request: &CallRequest<'_>,
    ) -> Result<CallOutcome, Trap> {
        self.assert_keeps_records();
        if !self.access.bind(caller)? {
            let output = abi::revert::encode_error_string("the caller's alias is taken");
            return Ok(CallOutcome { status: Status::Revert, output });
        }
        self.call_from(gas, *caller, request)
    }

    fn record_get(
        &mut self,
        gas: &mut GasMeter,
        place: &RecordPlace<'_>,
    ) -> Result<Option<Bytes>, Trap> {
        self.assert_own(place);
        self.access.record_get(gas, place)
    }

    fn record_put(
        &mut self,
        gas: &mut GasMeter,
        place: &RecordPlace<'_>,
        value: Option<&[u8]>,
    ) -> Result<(), Trap> {
        self.assert_own(place);
        self.access.record_put(gas, place, value)
    }

    fn code_get(&mut self, gas: &mut GasMeter, hash: &CodeHash) -> Result<Option<Bytes>, Trap> {
        self.assert_keeps_records();
        self.access.code_get(gas, hash)
    }

    fn code_put(&mut self, gas: &mut GasMeter, code: &[u8]) -> Result<CodeHash, Trap> {
        self.assert_keeps_records();
        self.access.code_put(gas, self.kind, code)
    }

    fn move_coin(
        &mut self,
        gas: &mut GasMeter,
        from: &Address,
        to: &Address,
        amount: Wei,
    ) -> Result<bool, Trap> {
        self.assert_keeps_records();
        self.access.move_coin(gas, from, to, amount)
    }

    fn deploy(
        &mut self,
        gas: &mut GasMeter,
        request: &DeployRequest<'_>,
    ) -> Result<DeployOutcome, Trap> {
        self.access.refuse_if_static()?;
        let schedule = self.crossroads.schedule();
        gas.charge(schedule.deploy_base)?;
        let lent = Self::lend(gas, request.gas_limit)?;
        let (outcome, address) = if request.kind == VmKind::Evm {
            let create = NestedCreate {
                caller: self.access.contract(),
                value: request.value,
                init_code: [request.code, request.arguments].concat().into(),
                salt: request.salt,
                gas_limit: lent,
            };
            self.access.frames().create(create)
        } else {
            let creation = Creation {
                creator: self.access.contract(),
                funder: self.access.contract(),
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
            lifecycle::create(self.crossroads, self.access.frames(), &creation)
        };
        self.settle(gas, lent, &outcome)?;
        let address = if outcome.status == Status::Success { address } else { None };
        Ok(DeployOutcome { status: outcome.status, address, output: outcome.output })
    }

    fn emit(&mut self, gas: &mut GasMeter, topics: &[B256], data: &[u8]) -> Result<(), Trap> {
        self.access.emit(gas, topics, data)
    }

    fn block_hash(&mut self, gas: &mut GasMeter, number: u64) -> Result<B256, Trap> {
        self.access.block_hash(gas, number)
    }

    fn object_store(&mut self) -> &mut dyn ObjectStore {
        self
    }

    fn debug(&mut self, gas: &mut GasMeter, text: &str) -> Result<(), Trap> {
        let schedule = self.access.schedule();
        let per_word = schedule.copy_word.saturating_mul(words(text.len()));
        gas.charge(schedule.debug_base.saturating_add(per_word))?;
        self.access.frames().scope().recorder_mut().debug(text);
        Ok(())
    }

    fn remark(&mut self, text: &str) {
        self.access.frames().scope().recorder_mut().debug(text);
    }

    fn fault(&mut self, reason: String) {
        self.access.frames().scope().set_fault(reason);
    }
}
