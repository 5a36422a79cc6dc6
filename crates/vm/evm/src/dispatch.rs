//! The hook that every call passes before bytecode runs: precompiles, other machines, the kernel.

use std::sync::Arc;

use primitives::{
    Address, CodeHash, Depth, EvmAddress, Gas, VmKind, Wei, limits::FOREIGN_DEPTH_MAX,
};
use revm::{
    context::LocalContext,
    context_interface::FrameStack,
    handler::{EthFrame, EthPrecompiles, PrecompileProvider},
    interpreter::{
        CallInputs, CallScheme, Gas as RevmGas, InstructionResult, InterpreterResult,
        interpreter::EthInterpreter,
    },
    primitives::{AddressSet, hardfork::SpecId},
};
use vm::{HaltReason, Outcome, Status};

use crate::{
    Crossing, EvmConfig, ForeignCall, Frames, Precompile, PrecompileCall, Precompiles,
    context::{EvmContext, Instructions},
    frames::error_text,
    precompile,
    tracer::Tracer,
};

/// The stack of the EVM frames of one run.
pub(crate) type Stack = FrameStack<EthFrame<EthInterpreter>>;

/// What a call may reach beside bytecode.
#[derive(Debug)]
pub(crate) struct Dispatch {
    pub(crate) instructions: Instructions,
    pub(crate) crossing: Arc<dyn Crossing>,
    /// Stacks and memories of nested runs that have ended, for the next ones.
    pub(crate) spare: Vec<(Stack, LocalContext)>,
    /// What records the steps of a transaction that is traced.
    pub(crate) tracer: Option<Box<Tracer>>,
    /// Whether bytecode may run.
    pub(crate) is_enabled: bool,
    /// Who gets the base fee; nobody where it is burnt.
    pub(crate) base_fee_recipient: Option<Address>,
    /// Whether fees go to accounts without loading them, where that is possible.
    pub(crate) defers_fees: bool,
    precompiles: Arc<Precompiles>,
    ethereum: EthPrecompiles,
    /// The addresses of both.
    warm: AddressSet,
}

/// Why no bytecode runs while the EVM is switched off.
pub(crate) const DISABLED: &str = "machine evm is disabled";

/// Whom a call goes to, if not to bytecode.
enum Target {
    Foreign(VmKind, CodeHash),
    System(VmKind),
}

impl Dispatch {
    pub(crate) fn new(config: &EvmConfig, crossing: Arc<dyn Crossing>) -> Self {
        let ethereum = EthPrecompiles::new(config.spec());
        let mut dispatch = Self {
            instructions: Instructions::new(config),
            crossing,
            spare: Vec::new(),
            tracer: None,
            is_enabled: true,
            base_fee_recipient: config.base_fee_recipient,
            defers_fees: false,
            precompiles: Arc::default(),
            warm: AddressSet::default(),
            ethereum,
        };
        dispatch.set_warm();
        dispatch
    }

    pub(crate) fn set_precompiles(&mut self, precompiles: Arc<Precompiles>) {
        self.precompiles = precompiles;
        self.set_warm();
    }

    fn set_warm(&mut self) {
        let is_all_low = self.ethereum.warm_addresses().iter().all(is_low);
        assert!(is_all_low, "Ethereum's precompiles have low addresses");
        self.warm = self.ethereum.warm_addresses().clone();
        self.warm.extend(self.precompiles.addresses());
    }

    /// Runs a call to a precompile of the operator.
    fn run_precompile(
        &mut self,
        context: &mut EvmContext,
        inputs: &CallInputs,
        precompile: &dyn Precompile,
    ) -> Result<InterpreterResult, String> {
        let outcome = if is_borrowed(context, inputs) {
            let reason = error_text("delegate call into a precompile with a state of its own");
            Outcome::revert(reason, Gas(inputs.gas_limit))
        } else {
            let depth = context.journaled_state.depth();
            let input = inputs.input.bytes(context);
            let call = PrecompileCall {
                address: Address::from_evm(inputs.target_address),
                caller: Address::from_evm(inputs.caller),
                value: Wei(inputs.value.get()),
                input: &input,
                gas_limit: Gas(inputs.gas_limit),
                is_static: inputs.is_static,
                depth: frames_below(depth),
            };
            let outcome = precompile::run(precompile, call, &mut Frames::new(context, self));
            assert!(context.journaled_state.depth() == depth, "a precompile opens no frame");
            outcome
        };
        match fault(context) {
            Some(fault) => Err(fault),
            None => Ok(interpreter_result(context, inputs, outcome)),
        }
    }

    fn target(&self, context: &EvmContext, inputs: &CallInputs) -> Option<Target> {
        let code = inputs.known_bytecode.1.original_byte_slice();
        match code.first() {
            None => self.crossing.system_kind(&inputs.bytecode_address).map(Target::System),
            Some(0xef) => {
                let (kind, code_hash) = context.journaled_state.marked(code)?;
                Some(Target::Foreign(kind, code_hash))
            }
            Some(_) => None,
        }
    }

    /// Runs a frame outside the EVM and accounts for its gas.
    fn cross(
        &mut self,
        context: &mut EvmContext,
        inputs: &CallInputs,
        target: &Target,
    ) -> Result<Outcome, String> {
        let depth = context.journaled_state.depth();
        let input = inputs.input.bytes(context);
        let (kind, code_hash) = match target {
            Target::Foreign(kind, code_hash) => (*kind, *code_hash),
            Target::System(kind) => (*kind, CodeHash::EMPTY),
        };
        let call = ForeignCall {
            kind,
            code_hash,
            contract: Address::from_evm(inputs.target_address),
            caller: Address::from_evm(inputs.caller),
            value: Wei(inputs.value.get()),
            input: &input,
            gas_limit: Gas(inputs.gas_limit),
            is_static: inputs.is_static,
            depth: frames_below(depth),
        };
        context.chain.called.push(0);
        let crossing = Arc::clone(&self.crossing);
        let outcome = match target {
            Target::Foreign(..) => {
                if context.chain.enter_foreign() {
                    let outcome = crossing.call(&mut Frames::new(context, self), &call);
                    context.chain.leave_foreign();
                    outcome
                } else {
                    Outcome::halt(HaltReason::CallDepth(FOREIGN_DEPTH_MAX))
                }
            }
            Target::System(_) => crossing.system(&mut Frames::new(context, self), &call),
        };
        let called = context.chain.called.pop().expect("invariant: pushed above");
        if let Some(fault) = fault(context) {
            return Err(fault);
        }
        assert!(context.journaled_state.depth() == depth, "a foreign frame ends what it begins");
        assert!(outcome.gas_left <= call.gas_limit, "gas never grows");
        let used = call.gas_limit.0 - outcome.gas_left.0;
        if kind != VmKind::Evm {
            context.chain.gas.add(kind, used.saturating_sub(called));
        }
        Ok(outcome)
    }
}

impl PrecompileProvider<EvmContext> for Dispatch {
    type Output = InterpreterResult;

    fn set_spec(&mut self, spec: SpecId) -> bool {
        let is_other = PrecompileProvider::<EvmContext>::set_spec(&mut self.ethereum, spec);
        if is_other {
            self.set_warm();
        }
        is_other
    }

    #[inline]
    fn run(
        &mut self,
        context: &mut EvmContext,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        if let Some(precompile) = self.precompiles.get(&inputs.bytecode_address).cloned() {
            return self.run_precompile(context, inputs, &*precompile).map(Some);
        }
        if is_low(&inputs.bytecode_address)
            && let Some(result) = self.ethereum.run(context, inputs)?
        {
            context.chain.foreign_halt = None;
            return Ok(Some(result));
        }
        let Some(target) = self.target(context, inputs) else {
            let is_refused = !self.is_enabled && !inputs.known_bytecode.1.is_empty();
            let outcome = || Outcome::halt(HaltReason::NotRunnable(DISABLED.to_owned()));
            return Ok(is_refused.then(|| interpreter_result(context, inputs, outcome())));
        };
        let outcome = if is_borrowed(context, inputs) {
            let reason = error_text("delegate call into another machine");
            Outcome::revert(reason, Gas(inputs.gas_limit))
        } else {
            self.cross(context, inputs, &target)?
        };
        Ok(Some(interpreter_result(context, inputs, outcome)))
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.warm
    }
}

/// Whether an address may be that of a precompile of Ethereum. Nearly no call goes to one, and this
/// is cheaper to tell than to look for it among them.
#[inline]
fn is_low(address: &EvmAddress) -> bool {
    matches!(address.0.0, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, _, _])
}

/// The frames below the one whose checkpoint is open.
fn frames_below(depth: usize) -> Depth {
    Depth(u32::try_from(depth - 1).expect("invariant: depth is limited"))
}

/// Why the transaction cannot go on, if it cannot.
pub(crate) fn fault(context: &EvmContext) -> Option<String> {
    let journal = context.journaled_state.fault().map(ToString::to_string);
    journal.or_else(|| context.chain.fault().map(str::to_owned))
}

/// Whether the code is to run on another account than its own: by `DELEGATECALL`, by `CALLCODE`,
/// or because an account delegates to it (EIP-7702).
fn is_borrowed(context: &EvmContext, inputs: &CallInputs) -> bool {
    let is_delegated = || {
        let accounts = &context.journaled_state.evm().state;
        let own = accounts.get(&inputs.target_address).map(|account| account.info.code_hash);
        own.is_some_and(|own| own != inputs.known_bytecode.0)
    };
    matches!(inputs.scheme, CallScheme::DelegateCall | CallScheme::CallCode)
        || inputs.target_address != inputs.bytecode_address
        || is_delegated()
}

fn interpreter_result(
    context: &mut EvmContext,
    inputs: &CallInputs,
    outcome: Outcome,
) -> InterpreterResult {
    let mut gas = RevmGas::new_with_regular_gas_and_reservoir(inputs.gas_limit, inputs.reservoir);
    let result = match outcome.status {
        Status::Success => InstructionResult::Return,
        Status::Revert => InstructionResult::Revert,
        Status::Halt(reason) => {
            let result = match &reason {
                HaltReason::OutOfGas => InstructionResult::OutOfGas,
                HaltReason::StaticViolation => InstructionResult::StateChangeDuringStaticCall,
                _ => InstructionResult::PrecompileError,
            };
            context.chain.foreign_halt = Some(reason);
            gas.spend_all();
            return InterpreterResult { result, output: outcome.output, gas };
        }
    };
    let is_charged = gas.record_regular_cost(inputs.gas_limit - outcome.gas_left.0);
    assert!(is_charged, "a frame uses at most what it was given");
    if result.is_ok() {
        gas.record_refund(outcome.gas_refund);
    }
    InterpreterResult { result, output: outcome.output, gas }
}
