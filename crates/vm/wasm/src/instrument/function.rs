//! Writes the body of one function anew.
//!
//! The points that are left live in a local variable while the function runs. A function that
//! calls none writes them to the global before every operator that may trap and at its end, unless
//! the global has them already, so that a loop that computes touches no memory for its gas. A
//! function that calls others writes them with every charge: then the global is right wherever
//! ways meet, and what a callee left need not be fetched where no charge follows. In both the
//! global is exact wherever the host can look.
//!
//! Where points run out is checked at the beginning of a function, at the heads of its loops,
//! before an operation on a range, before a call that may reach the host, and at its end, but not
//! at each charge: a check is a branch, and branches are what makes compiling slow. So a function
//! may run into debt, at most by one way through it without a loop; what it did then is undone with
//! the frame. Whether the points suffice does not depend on where it is checked.
//!
//! The body is put into a block, so that every way out passes one place, where slots of the stack
//! are given back. What is given back is kept in a variable: were it computed from the global,
//! calls one after another would wait for one another's stores.

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
    /// Functions that are imported; their indices come first.
    pub(super) imports: u32,
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
    writer.has_debts = has_debts(&plan, &operators);
    writer.open();
    let mut begin = start;
    for (index, ((operator, class), end)) in operators.iter().zip(ends).enumerate() {
        let bytes = wasm.get(begin..end).unwrap_or_default();
        if plan.reachable.get(index) == Some(&true) {
            writer.charge(plan.charges.get(index).copied(), is_checked(index, &operators));
            writer.before(operator, *class);
            writer.copy(operator, bytes);
            writer.after(*class, operators.get(index + 1));
        } else {
            writer.copy(operator, bytes);
        }
        begin = end;
    }
    writer.close(plan.exit_is_target);
    Ok(writer.bytes)
}

/// Whether a charge before the operator at `index` is checked: at the beginning of the function and
/// at the heads of loops.
fn is_checked(index: usize, operators: &[(Operator<'_>, Class)]) -> bool {
    let before = index.checked_sub(1).and_then(|before| operators.get(before));
    before.is_none_or(|(operator, _)| matches!(operator, Operator::Loop { .. }))
}

fn has_debts(plan: &Plan, operators: &[(Operator<'_>, Class)]) -> bool {
    let charges = plan.charges.iter().enumerate();
    charges.into_iter().any(|(index, charge)| *charge > 0 && !is_checked(index, operators))
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
    slots: u32,
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
    /// Whether the function holds charges without a check.
    has_debts: bool,
}

impl<'a> Writer<'a> {
    fn new(
        facts: &'a FunctionFacts,
        costs: &'a WasmCosts,
        counters: Counters,
        body_bytes: usize,
    ) -> Self {
        let first = facts.locals;
        let scratch = Scratch {
            gas: first,
            word: first + 1,
            slots: first + 2,
            single: first + 3,
            double: first + 4,
        };
        let bytes = Vec::with_capacity(body_bytes * 2 + 64);
        Self { bytes, facts, costs, counters, scratch, depth: 0, is_dirty: false, has_debts: false }
    }

    fn put(&mut self, instructions: &[Instruction<'_>]) {
        for instruction in instructions {
            instruction.encode(&mut self.bytes);
        }
    }

    /// Writes the variables: the function's own, then the scratch variables in their order.
    fn declare_locals(&mut self, body: &FunctionBody<'_>) -> Result<(), BinaryReaderError> {
        let own = body.get_locals_reader()?;
        (own.get_count() + 5).encode(&mut self.bytes);
        for group in own {
            let (count, value_type) = group?;
            count.encode(&mut self.bytes);
            encode_type(value_type).encode(&mut self.bytes);
        }
        for value_type in [ValType::I64, ValType::I32, ValType::I32, ValType::F32, ValType::F64] {
            1u32.encode(&mut self.bytes);
            encode_type(value_type).encode(&mut self.bytes);
        }
        Ok(())
    }

    /// Takes the slots of the stack, fetches the gas, and opens the wrapper.
    fn open(&mut self) {
        use Instruction as I;
        let slots = frame_slots(self.facts.locals, self.facts.operands) as i32;
        let (stack, slots_before) = (self.counters.stack, self.scratch.slots);
        self.put(&[I::GlobalGet(stack), I::LocalTee(slots_before), I::I32Const(slots)]);
        self.put(&[I::I32LtS, I::If(BlockType::Empty), I::I32Const(STACK_OVERFLOW)]);
        self.put(&[I::GlobalSet(stack), I::Unreachable, I::End]);
        if self.facts.has_calls {
            self.put(&[I::LocalGet(slots_before), I::I32Const(slots), I::I32Sub]);
            self.put(&[I::GlobalSet(stack)]);
        }
        self.put(&[I::GlobalGet(self.counters.gas), I::LocalSet(self.scratch.gas)]);
        let result =
            self.facts.result.map_or(BlockType::Empty, |one| BlockType::Result(encode_type(one)));
        self.put(&[I::Block(result)]);
    }

    /// Writes what every way out passes. The end of the wrapper is written already.
    fn close(&mut self, exit_is_target: bool) {
        use Instruction as I;
        if exit_is_target {
            self.join();
        }
        if self.has_debts {
            self.check();
        }
        self.flush();
        if self.facts.has_calls {
            let stack = self.counters.stack;
            self.put(&[I::LocalGet(self.scratch.slots), I::GlobalSet(stack)]);
        }
        self.put(&[I::End]);
    }

    /// Writes an operator as it was, but for a return, which becomes a branch to the one way out.
    fn copy(&mut self, operator: &Operator<'_>, bytes: &[u8]) {
        match operator {
            Operator::Return => self.put(&[Instruction::Br(self.depth)]),
            _ => self.bytes.extend_from_slice(bytes),
        }
        match operator {
            Operator::Block { .. } => self.depth += 1,
            Operator::Loop { .. } | Operator::If { .. } => {
                self.depth += 1;
                self.join();
            }
            Operator::Else => self.join(),
            Operator::End if self.depth > 0 => {
                self.depth -= 1;
                self.join();
            }
            _ => {}
        }
    }

    /// Charges for the region that begins here.
    fn charge(&mut self, points: Option<u64>, is_checked: bool) {
        use Instruction as I;
        let Some(points) = points.filter(|points| *points > 0) else { return };
        let (gas, points) = (self.scratch.gas, i64::try_from(points).unwrap_or(i64::MAX));
        self.put(&[I::LocalGet(gas), I::I64Const(points), I::I64Sub, I::LocalSet(gas)]);
        self.is_dirty = true;
        if is_checked {
            self.check();
        }
        if self.facts.has_calls {
            self.flush();
        }
    }

    /// Charges for the operand on top of the stack, and brings the global up to date where the
    /// operator may leave the function. No debt reaches the host.
    fn before(&mut self, operator: &Operator<'_>, class: Class) {
        use Instruction as I;
        let Scratch { gas, word, .. } = self.scratch;
        if let Some(points) = class.points_per_unit(self.costs) {
            self.put(&[I::LocalTee(word), I::LocalGet(gas), I::LocalGet(word)]);
            self.put(&[I::I64ExtendI32U, I::I64Const(points.into()), I::I64Mul, I::I64Sub]);
            self.put(&[I::LocalSet(gas)]);
            self.is_dirty = true;
            self.check();
        }
        let may_reach_host = match operator {
            Operator::Call { function_index } => *function_index < self.counters.imports,
            _ => class == Class::CallIndirect,
        };
        if may_reach_host && self.has_debts {
            self.check();
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

    /// Ends the function where the points are below zero.
    fn check(&mut self) {
        use Instruction as I;
        self.put(&[I::LocalGet(self.scratch.gas), I::I64Const(0), I::I64LtS]);
        self.put(&[I::If(BlockType::Empty), I::I64Const(OUT_OF_GAS)]);
        self.put(&[I::GlobalSet(self.counters.gas), I::Unreachable, I::End]);
    }

    /// Ways meet here, of which one may have left the global behind.
    const fn join(&mut self) {
        self.is_dirty |= !self.facts.has_calls;
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
