//! The open transaction as a foreign frame sees it.

use journal::Journal;
use primitives::{Address, B256, Bytes, EvmAddress, Gas, U256, Wei};
use revm::{
    bytecode::Bytecode,
    context::{Cfg, JournalTr},
    handler::FrameResult,
    interpreter::{
        CallInput, CallInputs, CallScheme, CallValue, CreateInputs, CreateScheme, FrameInput,
        InstructionResult, SharedMemory, interpreter_action::FrameInit,
    },
};
use state::StateError;
use vm::{Environment, HaltReason, Outcome};

use crate::{
    Scope,
    context::{EvmContext, FrameError},
    dispatch::{DISABLED, Dispatch},
    machine::{Machine, status},
};

/// The open transaction as a foreign frame sees it: its journal, its scope, and calls back into
/// any machine.
#[derive(Debug)]
pub struct Frames<'a> {
    context: &'a mut EvmContext,
    dispatch: &'a mut Dispatch,
}

/// A call from a foreign frame. What it lends of its gas, the frame has to charge itself.
#[derive(Debug, Clone)]
pub struct NestedCall {
    /// The contract that calls.
    pub caller: Address,
    /// Whom: EVM code, a precompile, a contract of another machine, or an account without code.
    pub to: Address,
    /// Coin that goes along.
    pub value: Wei,
    /// What the callee gets to read.
    pub input: Bytes,
    /// What the callee may use.
    pub gas_limit: Gas,
    /// Whether nothing may be written.
    pub is_static: bool,
}

/// The making of an EVM contract from a foreign frame.
#[derive(Debug, Clone)]
pub struct NestedCreate {
    /// The contract that creates.
    pub caller: Address,
    /// Coin that goes to the new contract.
    pub value: Wei,
    /// Creation code and arguments.
    pub init_code: Bytes,
    /// Derives the address by EIP-1014 instead of from the creator's nonce.
    pub salt: Option<B256>,
    /// What the constructor and the deposit of the code may use.
    pub gas_limit: Gas,
}

impl<'a> Frames<'a> {
    pub(crate) const fn new(context: &'a mut EvmContext, dispatch: &'a mut Dispatch) -> Self {
        Self { context, dispatch }
    }

    /// The journal.
    #[must_use]
    pub const fn journal(&mut self) -> &mut Journal {
        &mut self.context.journaled_state
    }

    /// What the frames of the transaction share.
    #[must_use]
    pub const fn scope(&mut self) -> &mut Scope {
        &mut self.context.chain
    }

    /// The journal and the scope together.
    #[must_use]
    pub const fn journal_and_scope(&mut self) -> (&mut Journal, &mut Scope) {
        (&mut self.context.journaled_state, &mut self.context.chain)
    }

    /// The block and the transaction.
    #[must_use]
    pub const fn environment(&self) -> &Environment {
        self.context.chain.environment()
    }

    /// Calls a contract of any machine. Its changes are kept where it succeeds and taken back
    /// otherwise.
    ///
    /// After a fault of the host the outcome is a halt by [`HaltReason::Fault`]; the frame ends as
    /// soon as it can, and the transaction with it.
    pub fn call(&mut self, call: NestedCall) -> Outcome {
        if call.is_static && !call.value.is_zero() {
            return Outcome::halt(HaltReason::StaticViolation);
        }
        let result = self.call_inputs(call).and_then(|inputs| self.run(inputs));
        self.outcome(result.map(|result| (result, None))).0
    }

    /// Runs EVM creation code. Gives the new contract where it succeeds.
    pub fn create(&mut self, create: NestedCreate) -> (Outcome, Option<Address>) {
        if !self.dispatch.is_enabled {
            return (Outcome::revert(error_text(DISABLED), create.gas_limit), None);
        }
        let (found, limit) = (create.init_code.len(), self.context.cfg.max_initcode_size());
        if found > limit {
            let (found, limit) = (found as u64, limit as u64);
            let reason = HaltReason::Limit { what: "bytes of creation code", found, limit };
            return (Outcome::halt(reason), None);
        }
        let scheme = match create.salt {
            Some(salt) => CreateScheme::Create2 { salt: U256::from_be_bytes(salt.0) },
            None => CreateScheme::Create,
        };
        let inputs = CreateInputs::new(
            create.caller.evm_alias(),
            scheme,
            create.value.0,
            create.init_code,
            create.gas_limit.0,
            0,
        );
        let result = self.run(FrameInput::Create(Box::new(inputs))).map(|result| {
            let created = match &result {
                FrameResult::Create(outcome) => outcome.address,
                FrameResult::Call(_) => None,
            };
            (result, created)
        });
        let (outcome, created) = self.outcome(result);
        let created = created.filter(|_| outcome.status.is_success());
        (outcome, created.map(Address::from_evm))
    }

    /// Gives a contract of the EVM other code, as it is stored and not as it is created, or says
    /// why not.
    ///
    /// # Errors
    ///
    /// [`StateError`] where the view fails or has failed before.
    pub fn set_evm_code(
        &mut self,
        contract: &Address,
        code: Bytes,
    ) -> Result<Result<(), String>, StateError> {
        let (found, limit) = (code.len(), self.context.cfg.max_code_size());
        if found == 0 {
            return Ok(Err("there is no code".to_owned()));
        }
        if found > limit {
            return Ok(Err(format!("code of {found} bytes breaks the limit of {limit} bytes")));
        }
        if code.first() == Some(&0xef) {
            return Ok(Err("code begins with 0xef, which is not allowed (EIP-3541)".to_owned()));
        }
        self.context.journaled_state.set_evm_code(contract, code)?;
        Ok(Ok(()))
    }

    fn call_inputs(&mut self, call: NestedCall) -> Result<FrameInput, FrameError> {
        let (caller, to) = (call.caller.evm_alias(), call.to.evm_alias());
        let journal = &mut self.context.journaled_state;
        journal.load_account(caller)?;
        let info = &journal.load_account_with_code(to)?.data.info;
        let mut known_bytecode = (info.code_hash, info.code.clone().unwrap_or_default());
        if let Some(delegate) = info.code.as_ref().and_then(Bytecode::eip7702_address) {
            let info = &journal.load_account_with_code(delegate)?.data.info;
            known_bytecode = (info.code_hash, info.code.clone().unwrap_or_default());
        }
        Ok(FrameInput::Call(Box::new(CallInputs {
            input: CallInput::Bytes(call.input),
            return_memory_offset: 0..0,
            gas_limit: call.gas_limit.0,
            reservoir: 0,
            bytecode_address: to,
            known_bytecode,
            target_address: to,
            caller,
            value: CallValue::Transfer(call.value.0),
            scheme: if call.is_static { CallScheme::StaticCall } else { CallScheme::Call },
            is_static: call.is_static,
            charged_new_account_state_gas: false,
        })))
    }

    /// Runs a frame on a stack and a memory of its own: those of the frames below are in use.
    fn run(&mut self, frame_input: FrameInput) -> Result<FrameResult, FrameError> {
        let mark = self.context.journaled_state.mark();
        let (mut stack, local) = self.dispatch.spare.pop().unwrap_or_default();
        let outer = std::mem::replace(&mut self.context.local, local);
        let buffer = self.context.local.shared_memory_buffer.clone();
        let mut memory = SharedMemory::new_with_buffer(buffer);
        memory.set_memory_limit(self.context.cfg.memory_limit());
        let depth = self.context.journaled_state.depth();
        let mut machine = Machine {
            context: self.context,
            instructions: self.dispatch.instructions.clone(),
            dispatch: self.dispatch,
            stack: &mut stack,
        };
        let result = machine.run_frame(FrameInit { depth, memory, frame_input });
        let mut local = std::mem::replace(&mut self.context.local, outer);
        revm::context::LocalContextTr::clear(&mut local);
        stack.clear();
        self.dispatch.spare.push((stack, local));
        if result.is_err() {
            self.context.journaled_state.unwind(mark);
        }
        result
    }

    fn outcome(
        &mut self,
        result: Result<(FrameResult, Option<EvmAddress>), FrameError>,
    ) -> (Outcome, Option<EvmAddress>) {
        let (result, created) = match result {
            Ok(ended) => ended,
            Err(error) => {
                self.context.chain.set_fault(fault_text(error));
                return (Outcome::halt(HaltReason::Fault), None);
            }
        };
        if self.context.journaled_state.fault().is_some() || self.context.chain.fault().is_some() {
            return (Outcome::halt(HaltReason::Fault), None);
        }
        // What it cost to ask for the frame is not the frame's, but the caller's.
        let lent = result.gas().limit();
        let outcome = self.frame_outcome(result);
        if let Some(called) = self.context.chain.called.last_mut() {
            *called = called.saturating_add(lent.saturating_sub(outcome.gas_left.0));
        }
        (outcome, created)
    }

    fn frame_outcome(&mut self, result: FrameResult) -> Outcome {
        let ended = result.into_interpreter_result();
        let gas_left = Gas(ended.gas.remaining());
        match ended.result {
            result if result.is_ok() => {
                Outcome::success(ended.output, gas_left, ended.gas.refunded())
            }
            // These frames never began, so their gas is not lost (as in the EVM).
            InstructionResult::CallTooDeep => {
                Outcome::revert(error_text("call depth limit reached"), gas_left)
            }
            InstructionResult::OutOfFunds => {
                Outcome::revert(error_text("insufficient balance for transfer"), gas_left)
            }
            result if result.is_revert() => Outcome::revert(ended.output, gas_left),
            result => match status(result, self.context.chain.foreign_halt.take()) {
                vm::Status::Halt(reason) => Outcome::halt(reason),
                vm::Status::Success | vm::Status::Revert => Outcome::revert(ended.output, gas_left),
            },
        }
    }
}

/// The revert data of Solidity's `Error(string)`.
#[must_use]
pub fn error_text(text: &str) -> Bytes {
    let padded = text.len().next_multiple_of(32);
    let mut data = Vec::with_capacity(4 + 64 + padded);
    data.extend_from_slice(&[0x08, 0xc3, 0x79, 0xa0]);
    data.extend_from_slice(&U256::from(32).to_be_bytes::<32>());
    data.extend_from_slice(&U256::from(text.len()).to_be_bytes::<32>());
    data.extend_from_slice(text.as_bytes());
    data.resize(4 + 64 + padded, 0);
    data.into()
}

fn fault_text(error: FrameError) -> String {
    match error {
        FrameError::Db(error) => error.to_string(),
        FrameError::Custom(text) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_text_is_what_solidity_encodes() {
        let data = error_text("no");
        assert_eq!(data.len(), 100);
        assert_eq!(data[4 + 31], 32);
        assert_eq!(data[4 + 63], 2);
        assert_eq!(&data[68..70], b"no");
    }
}
