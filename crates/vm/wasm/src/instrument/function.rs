//! Writes the body of one function anew.
//!
//! The points that are left live in a local variable while the function runs and are written to
//! the global before every operator that may leave the function (a call, a trap) and at its end,
//! unless the global has them already. Thus a loop that computes touches no memory for its gas,
//! and the global is exact wherever the host can look.
//!
//! The body is put into a block, so that every way out passes one place, where slots of the stack
//! are given back.

use wasm_encoder::{BlockType, Encode, Ieee32, Ieee64, Instruction};
use wasmparser::{BinaryReaderError, FunctionBody, Operator, ValType};

use super::costs::{Class, FloatWidth, WasmCosts, class_of};
use super::points::{OUT_OF_GAS, STACK_OVERFLOW};
use super::regions::{self, Plan};
use crate::validate::FunctionFacts;

/// Slots that a call takes beside its variables and operands: the return address and registers
/// that are saved.
const FRAME_SLOTS: u32 = 8;

/// The bits of the one NaN that arithmetic makes: positive and quiet, without payload.
const NAN_F32: u32 = 0x7fc0_0000;

/// The same, in 64 bits.
const NAN_F64: u64 = 0x7ff8_0000_0000_0000;

/// Slots that a call takes of the logical stack, for a function with `locals` parameters and
/// variables and at most `operands` on its stack.
#[must_use]
pub const fn frame_slots(locals: u32, operands: u32) -> u32 {
    FRAME_SLOTS.saturating_add(locals).saturating_add(operands)
}

/// Where the two counters are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counters {
    /// Index of the gas global.
    pub(super) gas: u32,
    /// Index of the stack global.
    pub(super) stack: u32,
}

/// The body of a function with metering in it, without its length.
pub(super) fn rewrite(
    wasm: &[u8],
    body: &FunctionBody<'_>,
    facts: &FunctionFacts,
    costs: &WasmCosts,
    counters: Counters,
) -> Result<Vec<u8>, BinaryReaderError> {
    let mut operators = Vec::new();
    let mut ends = Vec::new();
    let mut reader = body.get_operators_reader()?;
    let start = reader.original_position();
    while !reader.eof() {
        let operator = reader.read()?;
        let class = class_of(&operator);
        operators.push((operator, class));
        ends.push(reader.original_position());
    }
    let plan = regions::plan(&operators, costs, entry_points(facts, costs));
    let mut writer = Writer::new(facts, costs, counters, body.range().len());
    writer.declare_locals(body)?;
    writer.open();
    let mut begin = start;
    for (index, ((operator, class), end)) in operators.iter().zip(ends).enumerate() {
        let bytes = wasm.get(begin..end).unwrap_or_default();
        writer.operator(index, (operator, *class), bytes, &plan, operators.get(index + 1));
        begin = end;
    }
    writer.close(plan.exit_is_target);
    Ok(writer.bytes)
}

/// What entering a function costs: its variables are cleared.
fn entry_points(facts: &FunctionFacts, costs: &WasmCosts) -> u64 {
    let cleared = u64::from(facts.locals.saturating_sub(facts.parameters));
    u64::from(costs.function_entry) + cleared * u64::from(costs.local_clear)
}

/// The variables that a rewritten function has beyond its own.
#[derive(Clone, Copy)]
struct Scratch {
    gas: u32,
    word: u32,
    single: u32,
    double: u32,
}

struct Writer<'a> {
    bytes: Vec<u8>,
    facts: &'a FunctionFacts,
    costs: &'a WasmCosts,
    counters: Counters,
    scratch: Scratch,
    /// Blocks that are open within the wrapper.
    depth: u32,
    /// Whether the local variable may differ from the gas global.
    is_dirty: bool,
}

impl<'a> Writer<'a> {
    fn new(
        facts: &'a FunctionFacts,
        costs: &'a WasmCosts,
        counters: Counters,
        body_bytes: usize,
    ) -> Self {
        let first = facts.locals;
        let scratch = Scratch { gas: first, word: first + 1, single: first + 2, double: first + 3 };
        let bytes = Vec::with_capacity(body_bytes * 2 + 64);
        Self { bytes, facts, costs, counters, scratch, depth: 0, is_dirty: false }
    }

    fn put(&mut self, instructions: &[Instruction<'_>]) {
        for instruction in instructions {
            instruction.encode(&mut self.bytes);
        }
    }

    /// Writes the variables: the function's own, then the scratch variables in their order.
    fn declare_locals(&mut self, body: &FunctionBody<'_>) -> Result<(), BinaryReaderError> {
        let own = body.get_locals_reader()?;
        (own.get_count() + 4).encode(&mut self.bytes);
        for group in own {
            let (count, value_type) = group?;
            count.encode(&mut self.bytes);
            encode_type(value_type).encode(&mut self.bytes);
        }
        for value_type in [ValType::I64, ValType::I32, ValType::F32, ValType::F64] {
            1u32.encode(&mut self.bytes);
            encode_type(value_type).encode(&mut self.bytes);
        }
        Ok(())
    }

    /// Takes the slots of the stack, fetches the gas, and opens the wrapper.
    fn open(&mut self) {
        use Instruction as I;
        let slots = frame_slots(self.facts.locals, self.facts.operands) as i32;
        let (stack, word) = (self.counters.stack, self.scratch.word);
        self.put(&[I::GlobalGet(stack), I::I32Const(slots)]);
        if self.facts.has_calls {
            self.put(&[I::I32Sub, I::LocalTee(word), I::GlobalSet(stack)]);
            self.put(&[I::LocalGet(word), I::I32Const(0)]);
        }
        self.put(&[I::I32LtS, I::If(BlockType::Empty), I::I32Const(STACK_OVERFLOW)]);
        self.put(&[I::GlobalSet(stack), I::Unreachable, I::End]);
        self.put(&[I::GlobalGet(self.counters.gas), I::LocalSet(self.scratch.gas)]);
        let result =
            self.facts.result.map_or(BlockType::Empty, |one| BlockType::Result(encode_type(one)));
        self.put(&[I::Block(result)]);
    }

    /// Writes what every way out passes. The end of the wrapper is written already.
    fn close(&mut self, exit_is_target: bool) {
        use Instruction as I;
        self.is_dirty |= exit_is_target;
        self.flush();
        if self.facts.has_calls {
            let slots = frame_slots(self.facts.locals, self.facts.operands) as i32;
            let stack = self.counters.stack;
            self.put(&[I::GlobalGet(stack), I::I32Const(slots), I::I32Add, I::GlobalSet(stack)]);
        }
        self.put(&[I::End]);
    }

    fn operator(
        &mut self,
        index: usize,
        (operator, class): (&Operator<'_>, Class),
        bytes: &[u8],
        plan: &Plan,
        next: Option<&(Operator<'_>, Class)>,
    ) {
        let is_reachable = plan.reachable.get(index).copied().unwrap_or(true);
        if is_reachable {
            self.before(plan.charges.get(index).copied().unwrap_or(0), operator, class);
        }
        match operator {
            Operator::Return => self.put(&[Instruction::Br(self.depth)]),
            _ => self.bytes.extend_from_slice(bytes),
        }
        match operator {
            Operator::Block { .. } => self.depth += 1,
            Operator::Loop { .. } | Operator::If { .. } => {
                self.depth += 1;
                self.is_dirty = true;
            }
            Operator::Else => self.is_dirty = true,
            Operator::End => {
                self.is_dirty |= self.depth > 0;
                self.depth = self.depth.saturating_sub(1);
            }
            _ if is_reachable => self.after(class, next),
            _ => {}
        }
    }

    /// Charges for the region that begins here and for the operand on top of the stack, and
    /// brings the global up to date where the operator may leave the function.
    fn before(&mut self, charge: u64, operator: &Operator<'_>, class: Class) {
        use Instruction as I;
        let Scratch { gas, word, .. } = self.scratch;
        if charge > 0 {
            let points = i64::try_from(charge).unwrap_or(i64::MAX);
            self.put(&[I::LocalGet(gas), I::I64Const(points), I::I64Sub]);
            self.take();
        }
        if let Some(points) = class.points_per_unit(self.costs) {
            self.put(&[I::LocalTee(word), I::LocalGet(gas), I::LocalGet(word)]);
            self.put(&[I::I64ExtendI32U, I::I64Const(points.into()), I::I64Mul, I::I64Sub]);
            self.take();
        }
        if class.may_leave() || matches!(operator, Operator::Unreachable) {
            self.flush();
        }
    }

    fn after(&mut self, class: Class, next: Option<&(Operator<'_>, Class)>) {
        use Instruction as I;
        if matches!(class, Class::Call | Class::CallIndirect) {
            self.put(&[I::GlobalGet(self.counters.gas), I::LocalSet(self.scratch.gas)]);
            self.is_dirty = false;
        }
        let is_hidden = next.is_some_and(|(_, next)| next.hides_nan());
        if let Some(width) = class.makes_nan().filter(|_| !is_hidden) {
            self.canonicalize(width);
        }
    }

    /// Puts the points on top of the stack into the variable; ends the function where they are
    /// below zero.
    fn take(&mut self) {
        use Instruction as I;
        self.put(&[I::LocalTee(self.scratch.gas), I::I64Const(0), I::I64LtS]);
        self.put(&[I::If(BlockType::Empty), I::I64Const(OUT_OF_GAS)]);
        self.put(&[I::GlobalSet(self.counters.gas), I::Unreachable, I::End]);
        self.is_dirty = true;
    }

    fn flush(&mut self) {
        use Instruction as I;
        if self.is_dirty {
            self.put(&[I::LocalGet(self.scratch.gas), I::GlobalSet(self.counters.gas)]);
            self.is_dirty = false;
        }
    }

    /// Makes a NaN on top of the stack the one NaN.
    fn canonicalize(&mut self, width: FloatWidth) {
        use Instruction as I;
        let (local, nan, equal) = match width {
            FloatWidth::Single => {
                (self.scratch.single, I::F32Const(Ieee32::new(NAN_F32)), I::F32Eq)
            }
            FloatWidth::Double => {
                (self.scratch.double, I::F64Const(Ieee64::new(NAN_F64)), I::F64Eq)
            }
        };
        let get = I::LocalGet(local);
        self.put(&[I::LocalTee(local), nan, get.clone(), get, equal, I::Select]);
    }
}

/// The type of a variable. The static checks admit numbers only.
pub(super) const fn encode_type(value_type: ValType) -> wasm_encoder::ValType {
    match value_type {
        ValType::I64 => wasm_encoder::ValType::I64,
        ValType::F32 => wasm_encoder::ValType::F32,
        ValType::F64 => wasm_encoder::ValType::F64,
        ValType::I32 | ValType::V128 | ValType::Ref(_) => wasm_encoder::ValType::I32,
    }
}
