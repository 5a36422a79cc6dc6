//! The EVM around the frames of one run: revm's handler, with a trace of frames where one is
//! wanted.

use core::marker::PhantomData;

use primitives::{Address, Gas, VmKind, Wei, limits::CALL_DEPTH_MAX};
use revm::{
    context::{ContextTr, JournalTr, LocalContextTr},
    context_interface::{
        context::take_error,
        result::{ExecutionResult, HaltReason as RevmHalt, ResultGas},
    },
    handler::{
        EthFrame, EvmTr, FrameInitOrResult, FrameResult, Handler, ItemOrResult,
        evm::FrameInitResult, instructions::InstructionProvider, post_execution,
    },
    interpreter::{
        CallInputs, CallScheme, FrameInput, InstructionResult, interpreter::EthInterpreter,
        interpreter_action::FrameInit,
    },
};
use vm::{
    HaltReason, Status,
    trace::{CallKind, CallStart},
};

use crate::{
    context::{EvmContext, EvmError, FrameError, Instructions},
    dispatch::{Dispatch, Stack},
    fees, guard,
};

/// The parts of revm's EVM, borrowed for one run: of a transaction, or of a call that a foreign
/// frame makes.
#[derive(Debug)]
pub(crate) struct Machine<'a> {
    pub(crate) context: &'a mut EvmContext,
    pub(crate) instructions: Instructions,
    pub(crate) dispatch: &'a mut Dispatch,
    pub(crate) stack: &'a mut Stack,
}

/// What becomes of a transaction that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It is kept.
    Keep,
    /// It is taken back: a simulation.
    Discard,
}

/// Revm's way through a transaction.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    ending: Ending,
    machine: PhantomData<Machine<'a>>,
}

impl Run<'_> {
    pub(crate) const fn new(ending: Ending) -> Self {
        Self { ending, machine: PhantomData }
    }
}

impl<'a> Handler for Run<'a> {
    type Evm = Machine<'a>;
    type Error = EvmError;
    type HaltReason = RevmHalt;

    fn reward_beneficiary(
        &self,
        evm: &mut Machine<'a>,
        ended: &mut FrameResult,
    ) -> Result<(), EvmError> {
        fees::pay(evm.context, evm.dispatch, ended.gas()).map_err(EvmError::from)
    }

    fn execution_result(
        &mut self,
        evm: &mut Machine<'a>,
        result: FrameResult,
        gas: ResultGas,
    ) -> Result<ExecutionResult, EvmError> {
        take_error::<EvmError, _>(evm.context.error())?;
        if let Some(fault) = evm.context.chain.fault() {
            return Err(EvmError::Custom(fault.to_owned()));
        }
        let ended = post_execution::output(evm.context, result, gas);
        match self.ending {
            Ending::Keep => evm.context.journaled_state.commit_tx(),
            Ending::Discard => evm.context.journaled_state.discard_tx(),
        }
        evm.context.local.clear();
        evm.stack.clear();
        Ok(ended)
    }
}

impl Machine<'_> {
    /// Runs a frame and all that it calls to its end.
    pub(crate) fn run_frame(&mut self, first: FrameInit) -> Result<FrameResult, FrameError> {
        if let ItemOrResult::Result(result) = self.frame_init(first)? {
            return Ok(result);
        }
        loop {
            let result = match self.frame_run()? {
                ItemOrResult::Result(result) => result,
                ItemOrResult::Item(init) => match self.frame_init(init)? {
                    ItemOrResult::Item(_) => continue,
                    ItemOrResult::Result(result) => result,
                },
            };
            if let Some(done) = self.frame_return_result(result)? {
                return Ok(done);
            }
        }
    }

    fn record_start(&mut self, input: &FrameInput) {
        if !self.context.chain.recorder.is_on() {
            return;
        }
        let start = match input {
            FrameInput::Call(inputs) => call_start(self.context, self.dispatch, inputs),
            FrameInput::Create(inputs) => CallStart {
                call: CallKind::Create,
                kind: VmKind::Evm,
                from: Address::from_evm(inputs.caller()),
                to: Address::ZERO,
                value: Wei(inputs.value()),
                gas_limit: Gas(inputs.gas_limit()),
                input: inputs.init_code().clone(),
            },
            FrameInput::Empty => return,
        };
        self.context.chain.recorder.enter(start);
    }

    /// Whether someone wants to know of frames or steps.
    #[inline]
    const fn is_observed(&self) -> bool {
        self.context.chain.recorder.is_on() || self.dispatch.tracer.is_some()
    }

    #[cold]
    fn open_observed(
        &mut self,
        mut init: FrameInit,
    ) -> Result<FrameInitResult<'_, EthFrame<EthInterpreter>>, FrameError> {
        self.record_start(&init.frame_input);
        let traced = self.trace_start(&mut init.frame_input);
        let ended = match self.open_frame(init)? {
            ItemOrResult::Item(_) => None,
            ItemOrResult::Result(result) => Some(result),
        };
        let Some(mut result) = ended else {
            let frame = self.stack.get();
            if let Some(tracer) = &mut self.dispatch.tracer {
                tracer.ready(self.context, &mut frame.interpreter);
            }
            return Ok(ItemOrResult::Item(frame));
        };
        if let (Some(input), Some(tracer)) = (traced, &mut self.dispatch.tracer) {
            tracer.end(self.context, &input, &mut result);
        }
        self.record_end(&result);
        Ok(ItemOrResult::Result(result))
    }

    #[cold]
    fn run_observed(&mut self) -> Result<FrameInitOrResult<EthFrame<EthInterpreter>>, FrameError> {
        let frame = self.stack.get();
        let action = match &mut self.dispatch.tracer {
            None => frame.interpreter.run_plain(
                self.instructions.instruction_table(),
                self.instructions.gas_table(),
                self.context,
            ),
            Some(tracer) => tracer.run(self.context, &mut frame.interpreter, &self.instructions),
        };
        let mut next = frame.process_next_action::<_, FrameError>(self.context, action)?;
        if let ItemOrResult::Result(result) = &mut next {
            frame.set_finished(true);
            if let Some(tracer) = &mut self.dispatch.tracer {
                tracer.end(self.context, &frame.input, result);
            }
            self.record_end(result);
        }
        Ok(next)
    }

    /// Tells the tracer that a frame begins. Gives what it will be told at the end.
    fn trace_start(&mut self, input: &mut FrameInput) -> Option<FrameInput> {
        let tracer = self.dispatch.tracer.as_mut()?;
        tracer.start(self.context, input);
        Some(input.clone())
    }

    fn record_end(&mut self, result: &FrameResult) {
        if !self.context.chain.recorder.is_on() {
            return;
        }
        let gas = result.gas();
        let used = if result.instruction_result().is_ok_or_revert() {
            gas.limit() - gas.remaining()
        } else {
            gas.limit()
        };
        let was_foreign = matches!(result, FrameResult::Call(call) if call.was_precompile_called);
        let scope = &mut self.context.chain;
        if let FrameResult::Create(outcome) = result
            && let Some(address) = outcome.address
        {
            scope.recorder.created(Address::from_evm(address));
        }
        let foreign_halt = scope.foreign_halt.clone().filter(|_| was_foreign);
        let status = status(result.instruction_result(), foreign_halt);
        let output = result.interpreter_result().output.clone();
        scope.recorder.exit(status, output, Gas(used));
    }
}

impl EvmTr for Machine<'_> {
    type Context = EvmContext;
    type Instructions = Instructions;
    type Precompiles = Dispatch;
    type Frame = EthFrame<EthInterpreter>;

    #[inline]
    fn all(&self) -> (&EvmContext, &Instructions, &Dispatch, &Stack) {
        (self.context, &self.instructions, self.dispatch, self.stack)
    }

    #[inline]
    fn all_mut(&mut self) -> (&mut EvmContext, &mut Instructions, &mut Dispatch, &mut Stack) {
        (self.context, &mut self.instructions, self.dispatch, self.stack)
    }

    #[inline]
    fn frame_init(
        &mut self,
        init: FrameInit,
    ) -> Result<FrameInitResult<'_, Self::Frame>, FrameError> {
        if self.is_observed() { self.open_observed(init) } else { self.open_frame(init) }
    }

    #[inline]
    fn frame_run(&mut self) -> Result<FrameInitOrResult<Self::Frame>, FrameError> {
        if self.is_observed() {
            return self.run_observed();
        }
        let frame = self.stack.get();
        let action = frame.interpreter.run_plain(
            self.instructions.instruction_table(),
            self.instructions.gas_table(),
            self.context,
        );
        frame.process_next_action(self.context, action).inspect(|next| {
            if next.is_result() {
                frame.set_finished(true);
            }
        })
    }

    #[inline]
    fn frame_return_result(
        &mut self,
        result: FrameResult,
    ) -> Result<Option<FrameResult>, FrameError> {
        if self.stack.get().is_finished() {
            self.stack.pop();
        }
        if self.stack.index().is_none() {
            return Ok(Some(result));
        }
        self.stack.get().return_result::<_, FrameError>(self.context, result)?;
        Ok(None)
    }
}

impl Machine<'_> {
    #[inline]
    #[allow(unsafe_code, reason = "revm's frame stack is filled in place")]
    fn open_frame(
        &mut self,
        mut init: FrameInit,
    ) -> Result<FrameInitResult<'_, EthFrame<EthInterpreter>>, FrameError> {
        let refused = guard::ask(self.context, self.dispatch, &mut init.frame_input)?;
        if let Some(result) = refused {
            return Ok(ItemOrResult::Result(result));
        }
        let is_first = self.stack.index().is_none();
        let slot = if is_first { self.stack.start_init() } else { self.stack.get_next() };
        let opened = EthFrame::init_with_context(slot, self.context, self.dispatch, init)?;
        Ok(opened.map_item(|token| {
            // SAFETY: the token comes from the slot that this very stack handed out above, as
            // first slot for `end_init` and as next one for `push`.
            unsafe {
                if is_first {
                    self.stack.end_init(token);
                } else {
                    self.stack.push(token);
                }
            }
            self.stack.get()
        }))
    }
}

/// How a frame ended, in the words of all machines. `foreign` is the reason that a foreign frame
/// gave for its halt.
pub(crate) fn status(result: InstructionResult, foreign: Option<HaltReason>) -> Status {
    if result.is_ok() {
        return Status::Success;
    }
    let reason = match result {
        InstructionResult::Revert => return Status::Revert,
        InstructionResult::CallTooDeep => HaltReason::CallDepth(CALL_DEPTH_MAX),
        InstructionResult::OutOfGas
        | InstructionResult::MemoryOOG
        | InstructionResult::MemoryLimitOOG
        | InstructionResult::InvalidOperandOOG
        | InstructionResult::ReentrancySentryOOG
        | InstructionResult::PrecompileOOG => HaltReason::OutOfGas,
        InstructionResult::StateChangeDuringStaticCall
        | InstructionResult::CallNotAllowedInsideStatic => HaltReason::StaticViolation,
        InstructionResult::PrecompileError => {
            foreign.unwrap_or_else(|| HaltReason::Evm("precompile error".to_owned()))
        }
        InstructionResult::InvalidFEOpcode => HaltReason::Evm("invalid opcode".to_owned()),
        other => HaltReason::Evm(words(&format!("{other:?}"))),
    };
    Status::Halt(reason)
}

/// `OpcodeNotFound` as `opcode not found`.
pub(crate) fn words(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    let mut was_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && was_lower {
            text.push(' ');
        }
        was_lower = letter.is_ascii_lowercase();
        text.push(letter.to_ascii_lowercase());
    }
    text
}

fn call_start(context: &EvmContext, dispatch: &Dispatch, inputs: &CallInputs) -> CallStart {
    let code = inputs.known_bytecode.1.original_byte_slice();
    let kind = match context.journaled_state.marked(code) {
        Some((kind, _)) => Some(kind),
        None if code.is_empty() => dispatch.crossing.system_kind(&inputs.bytecode_address),
        None => None,
    };
    let kind = kind.unwrap_or(VmKind::Evm);
    let call = match inputs.scheme {
        CallScheme::StaticCall => CallKind::StaticCall,
        CallScheme::DelegateCall | CallScheme::CallCode => CallKind::DelegateCall,
        CallScheme::Call => CallKind::Call,
    };
    CallStart {
        call,
        kind,
        from: Address::from_evm(inputs.caller),
        to: Address::from_evm(inputs.bytecode_address),
        value: Wei(inputs.value.get()),
        gas_limit: Gas(inputs.gas_limit),
        input: inputs.input.bytes(context),
    }
}
