//! Traces in the shape of Ethereum's tools: every step (`structLogs`), or the tree of calls.
//!
//! A transaction is run with an inspector attached and then taken back. A frame of another machine
//! appears as a call; its own steps do not, for they are not the EVM's, but those of EVM code that
//! it calls do. The inspector sees what the interpreter does and changes nothing of it.

use alloy_rpc_types_trace::geth::{CallConfig, GethDefaultTracingOptions, StructLog};
use revm::{
    bytecode::opcode,
    context::JournalTr,
    handler::{FrameResult, instructions::InstructionProvider},
    inspector::{
        Inspector,
        handler::{frame_end, frame_start},
        inspect_instructions,
    },
    interpreter::{FrameInput, Interpreter, InterpreterAction, interpreter::EthInterpreter},
};
use revm_inspectors::tracing::{
    GethTraceBuilder, TraceLimits, TracingInspector, TracingInspectorConfig,
    types::{CallTraceNode, CallTraceStep},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::{
    Session, Transaction, TransactionError, TransactionResult,
    context::{EvmContext, Instructions},
};

/// Steps of one trace.
pub const TRACE_STEPS_MAX: u64 = 200_000;

/// Bytes of inputs and memory that one trace holds.
pub const TRACE_BYTES_MAX: usize = 256 << 20;

/// What a trace of steps holds, by the names that Ethereum's `debug_traceTransaction` has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct StructLogOptions {
    /// Whether each step holds the memory.
    pub enable_memory: bool,
    /// Whether no step holds the stack.
    pub disable_stack: bool,
    /// Whether no step holds the slots.
    pub disable_storage: bool,
    /// Whether each step holds the data that the last call returned.
    pub enable_return_data: bool,
    /// Only so many steps, 0 for all.
    pub limit: u64,
}

/// What a tree of calls holds, by the names that Ethereum's `callTracer` has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct CallTraceOptions {
    /// Whether only the first call is told.
    pub only_top_call: bool,
    /// Whether the events are told.
    pub with_log: bool,
}

/// Why there is no trace.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum TraceError {
    /// The transaction has no result.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// The trace is too large.
    #[error("the trace has more than {limit} {what}: ask for less of it by its options")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much there may be.
        limit: u64,
    },
}

impl Session {
    /// Every step of a transaction, in the form of `debug_traceTransaction` without a tracer. The
    /// transaction is taken back.
    ///
    /// # Errors
    ///
    /// [`TraceError`] where the transaction is invalid, the host failed, or the trace is larger
    /// than [`TRACE_STEPS_MAX`] or [`TRACE_BYTES_MAX`].
    pub fn trace_struct_logs(
        &mut self,
        transaction: &Transaction,
        options: &StructLogOptions,
    ) -> Result<Value, TraceError> {
        let wanted = if options.limit == 0 { TRACE_STEPS_MAX + 1 } else { options.limit };
        let options = GethDefaultTracingOptions {
            enable_memory: Some(options.enable_memory),
            disable_stack: Some(options.disable_stack),
            disable_storage: Some(options.disable_storage),
            enable_return_data: Some(options.enable_return_data),
            limit: Some(wanted),
            ..GethDefaultTracingOptions::default()
        };
        let config = TracingInspectorConfig::from_geth_config(&options);
        let (tracer, result) = self.trace(transaction, config)?;
        let (gas, output) = (result.gas_used.0, result.output);
        let mut nodes = tracer.into_traces().into_nodes();
        let mut frame =
            GethTraceBuilder::new_borrowed(&nodes).geth_traces(gas, output.clone(), options);
        if nodes.iter().any(is_foreign) {
            frame.struct_logs = struct_logs(&mut nodes, 0, &options);
            frame.struct_logs.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        }
        if frame.struct_logs.len() as u64 > TRACE_STEPS_MAX {
            return Err(TraceError::Limit { what: "steps", limit: TRACE_STEPS_MAX });
        }
        frame.failed = !result.status.is_success();
        Ok(serde_json::to_value(frame).expect("invariant: a trace is plain data"))
    }

    /// The tree of calls of a transaction, in the form of `callTracer`. The transaction is taken
    /// back.
    ///
    /// # Errors
    ///
    /// As [`trace_struct_logs`](Self::trace_struct_logs).
    pub fn trace_calls(
        &mut self,
        transaction: &Transaction,
        options: &CallTraceOptions,
    ) -> Result<Value, TraceError> {
        let options = CallConfig {
            only_top_call: Some(options.only_top_call),
            with_log: Some(options.with_log),
        };
        let config = TracingInspectorConfig::from_geth_call_config(&options);
        let (mut tracer, result) = self.trace(transaction, config)?;
        tracer.set_transaction_gas_limit(transaction.gas_limit.0);
        let frame = tracer.into_geth_builder().geth_call_traces(options, result.gas_used.0);
        Ok(serde_json::to_value(frame).expect("invariant: a trace is plain data"))
    }

    fn trace(
        &mut self,
        transaction: &Transaction,
        config: TracingInspectorConfig,
    ) -> Result<(TracingInspector, TransactionResult), TraceError> {
        *self.tracer_mut() = Some(Box::new(Tracer::new(config)));
        let result = self.simulate(transaction);
        let tracer = self.tracer_mut().take().expect("invariant: a run keeps its tracer");
        let result = result?;
        if tracer.inspector.limit_exceeded() {
            let limit = TRACE_BYTES_MAX as u64;
            return Err(TraceError::Limit { what: "bytes of memory and inputs", limit });
        }
        Ok((tracer.inspector, result))
    }
}

/// The inspector of one transaction, over the runs of all its frames.
#[derive(Debug)]
pub(crate) struct Tracer {
    inspector: TracingInspector,
    /// How many of the transaction's events the inspector has been told.
    logs_told: usize,
}

impl Tracer {
    fn new(config: TracingInspectorConfig) -> Self {
        let limits = TraceLimits::default().set_max_recorded_bytes(Some(TRACE_BYTES_MAX));
        Self { inspector: TracingInspector::new(config).with_limits(limits), logs_told: 0 }
    }

    /// A frame begins.
    pub(crate) fn start(&mut self, context: &mut EvmContext, input: &mut FrameInput) {
        self.tell_logs(context);
        let replaced = frame_start(context, &mut self.inspector, input);
        assert!(replaced.is_none(), "a tracer runs no frame itself");
    }

    /// The interpreter of the frame that began is ready.
    pub(crate) fn ready(
        &mut self,
        context: &mut EvmContext,
        interpreter: &mut Interpreter<EthInterpreter>,
    ) {
        self.tell_logs(context);
        self.inspector.initialize_interp(interpreter, context);
    }

    /// Runs the frame on top, step by step, until it ends or calls.
    pub(crate) fn run(
        &mut self,
        context: &mut EvmContext,
        interpreter: &mut Interpreter<EthInterpreter>,
        instructions: &Instructions,
    ) -> InterpreterAction {
        let (table, gas) = (instructions.instruction_table(), instructions.gas_table());
        let inspector = &mut self.inspector;
        let action = inspect_instructions(context, interpreter, inspector, table, gas);
        self.logs_told = context.journaled_state.logs().len();
        action
    }

    /// A frame has ended.
    pub(crate) fn end(
        &mut self,
        context: &mut EvmContext,
        input: &FrameInput,
        result: &mut FrameResult,
    ) {
        self.tell_logs(context);
        frame_end(context, &mut self.inspector, input, result);
    }

    /// Tells the events that no instruction emitted: those of other machines and precompiles.
    fn tell_logs(&mut self, context: &mut EvmContext) {
        let logs = context.journaled_state.logs();
        let untold = logs.get(self.logs_told..).unwrap_or_default().to_vec();
        self.logs_told = logs.len();
        for log in untold {
            Inspector::<EvmContext, EthInterpreter>::log(&mut self.inspector, context, log);
        }
    }
}

/// Whether a frame was not the EVM's and called back into it.
fn is_foreign(node: &CallTraceNode) -> bool {
    node.trace.steps.is_empty() && !node.children.is_empty()
}

/// The steps of a frame and of all frames below it, those below other machines included: the
/// builder follows calls of EVM frames only.
fn struct_logs(
    nodes: &mut Vec<CallTraceNode>,
    root: usize,
    options: &GethDefaultTracingOptions,
) -> Vec<StructLog> {
    let Some(node) = nodes.get(root) else { return Vec::new() };
    if is_foreign(node) {
        let children = node.children.clone();
        return children.iter().flat_map(|child| struct_logs(nodes, *child, options)).collect();
    }
    let mut foreign = Vec::new();
    foreign_calls(nodes, root, 0, &mut foreign);
    // The builder begins at the first node; whom a node calls comes after it, so none is missed.
    nodes.swap(0, root);
    let builder = GethTraceBuilder::new(std::mem::take(nodes));
    let logs = builder.geth_traces(0, primitives::Bytes::new(), *options).struct_logs;
    *nodes = builder.to_owned();
    nodes.swap(0, root);
    if foreign.is_empty() {
        return logs;
    }
    let mut logs = logs.into_iter();
    let mut all = Vec::new();
    let mut taken = 0;
    for (position, call) in foreign {
        all.extend(logs.by_ref().take(position - taken));
        taken = position;
        all.extend(struct_logs(nodes, call, options));
    }
    all.extend(logs);
    all
}

/// The calls to other machines below a frame, each with the number of steps before it, as the
/// builder counts them. Gives the number of steps in all.
fn foreign_calls(
    nodes: &[CallTraceNode],
    root: usize,
    steps_before: usize,
    found: &mut Vec<(usize, usize)>,
) -> usize {
    let mut steps = steps_before;
    let Some(node) = nodes.get(root) else { return steps };
    let mut children = node.children.iter();
    for step in &node.trace.steps {
        steps += 1;
        let child = if is_call(step) { children.next() } else { None };
        match child.and_then(|child| Some((*child, nodes.get(*child)?))) {
            Some((child, node)) if is_foreign(node) => found.push((steps, child)),
            Some((child, _)) => steps = foreign_calls(nodes, child, steps, found),
            None => {}
        }
    }
    steps
}

fn is_call(step: &CallTraceStep) -> bool {
    matches!(
        step.op.get(),
        opcode::CALL
            | opcode::CALLCODE
            | opcode::DELEGATECALL
            | opcode::STATICCALL
            | opcode::CREATE
            | opcode::CREATE2
    )
}
