//! What is asked before a frame begins: whether a guarded contract takes a call, and who may make
//! contracts. Contracts that nobody guards are not asked for.

use std::sync::Arc;

use primitives::{Address, Bytes, Gas};
use revm::{
    bytecode::Bytecode,
    handler::FrameResult,
    interpreter::{
        CallInputs, CallOutcome, CallScheme, CreateInputs, CreateOutcome, FrameInput,
        Gas as RevmGas, InstructionResult, InterpreterResult,
    },
};
use vm::{HaltReason, Outcome, Status};

use crate::{
    Frames,
    context::{EvmContext, FrameError},
    dispatch::{Dispatch, fault},
};

/// A call of a guarded contract, before it begins: no coin has moved and no checkpoint is open.
#[derive(Debug, Clone, Copy)]
pub struct GuardedCall<'a> {
    /// The contract whose code is to run.
    pub contract: Address,
    /// Who calls.
    pub caller: Address,
    /// Selector and arguments, or raw bytes.
    pub input: &'a Bytes,
    /// Whether the code is to run on another account than its own: `DELEGATECALL`, `CALLCODE`, or
    /// an account that delegates to it (EIP-7702).
    pub is_borrowed: bool,
    /// What the frame may use.
    pub gas_limit: Gas,
}

/// The making of a contract by the EVM, before it begins.
#[derive(Debug, Clone, Copy)]
pub struct GuardedCreation<'a> {
    /// Who makes it.
    pub creator: Address,
    /// Creation code and arguments.
    pub init_code: &'a Bytes,
    /// What the constructor and the deposit of the code may use.
    pub gas_limit: Gas,
}

/// Asks whether a frame may begin, and takes the price of asking from what it may use. Gives how
/// it ends where it may not.
#[inline]
pub(crate) fn ask(
    context: &mut EvmContext,
    dispatch: &mut Dispatch,
    input: &mut FrameInput,
) -> Result<Option<FrameResult>, FrameError> {
    match input {
        FrameInput::Call(inputs) if context.journaled_state.has_guarded() => {
            ask_call(context, dispatch, inputs)
        }
        FrameInput::Create(inputs) => ask_creation(context, dispatch, inputs),
        FrameInput::Call(_) | FrameInput::Empty => Ok(None),
    }
}

#[cold]
fn ask_call(
    context: &mut EvmContext,
    dispatch: &mut Dispatch,
    inputs: &mut CallInputs,
) -> Result<Option<FrameResult>, FrameError> {
    let is_delegated = matches!(inputs.scheme, CallScheme::DelegateCall | CallScheme::CallCode);
    let lender = context
        .journaled_state
        .evm()
        .state
        .get(&inputs.bytecode_address)
        .and_then(|account| account.info.code.as_ref())
        .and_then(Bytecode::eip7702_address);
    let own = (inputs.bytecode_address, is_delegated);
    let asked = [Some(own), lender.map(|lender| (lender, true))];
    for (address, is_borrowed) in asked.into_iter().flatten() {
        let contract = Address::from_evm(address);
        if !context.journaled_state.is_guarded(&contract) {
            continue;
        }
        let input = inputs.input.bytes(context);
        let call = GuardedCall {
            contract,
            caller: Address::from_evm(inputs.caller),
            input: &input,
            is_borrowed,
            gas_limit: Gas(inputs.gas_limit),
        };
        let crossing = Arc::clone(&dispatch.crossing);
        let answer = crossing.may_call(&mut Frames::new(context, dispatch), &call);
        if let Some(fault) = fault(context) {
            return Err(FrameError::Custom(fault));
        }
        match answer {
            Ok(cost) => inputs.gas_limit = after(inputs.gas_limit, cost),
            Err(outcome) => {
                let result = result(context, inputs.reservoir, outcome);
                let mut ended = CallOutcome::new(result, inputs.return_memory_offset.clone());
                ended.charged_new_account_state_gas = inputs.charged_new_account_state_gas;
                return Ok(Some(FrameResult::Call(ended)));
            }
        }
    }
    Ok(None)
}

fn ask_creation(
    context: &mut EvmContext,
    dispatch: &mut Dispatch,
    inputs: &mut CreateInputs,
) -> Result<Option<FrameResult>, FrameError> {
    let creator = Address::from_evm(inputs.caller());
    let creation = GuardedCreation {
        creator,
        init_code: &inputs.init_code().clone(),
        gas_limit: Gas(inputs.gas_limit()),
    };
    let crossing = Arc::clone(&dispatch.crossing);
    let answer = crossing.may_create(&mut Frames::new(context, dispatch), &creation);
    if let Some(fault) = fault(context) {
        return Err(FrameError::Custom(fault));
    }
    match answer {
        Ok(cost) => {
            inputs.set_gas_limit(after(inputs.gas_limit(), cost));
            Ok(None)
        }
        Err(outcome) => {
            // A creation that fails counts as well (EIP-161), or a transaction could come again.
            let counted = context.journaled_state.bump_nonce(&creator);
            if let Err(error) = counted {
                return Err(FrameError::Custom(error.to_string()));
            }
            let result = result(context, inputs.reservoir(), outcome);
            let mut ended = CreateOutcome::new(result, None);
            ended.charged_create_state_gas = inputs.charged_create_state_gas();
            Ok(Some(FrameResult::Create(ended)))
        }
    }
}

fn after(gas_limit: u64, cost: Gas) -> u64 {
    gas_limit.checked_sub(cost.0).expect("invariant: the answer costs what there is")
}

/// What asking cost is the caller's: the frame that does not begin has only what is left.
fn result(context: &mut EvmContext, reservoir: u64, outcome: Outcome) -> InterpreterResult {
    let gas = RevmGas::new_with_regular_gas_and_reservoir(outcome.gas_left.0, reservoir);
    let result = match outcome.status {
        Status::Halt(HaltReason::OutOfGas) => InstructionResult::OutOfGas,
        Status::Halt(reason) => {
            context.chain.foreign_halt = Some(reason);
            InstructionResult::PrecompileError
        }
        Status::Success | Status::Revert => InstructionResult::Revert,
    };
    InterpreterResult { result, output: outcome.output, gas }
}
