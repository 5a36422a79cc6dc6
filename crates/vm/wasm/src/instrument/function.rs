//! Writes the body of one function anew.
//!
//! The points that are left and the slots of the stack that are left are handed from function to
//! function in two parameters behind a function's own, and the points come back in a result behind
//! its own. So calls touch no memory for the counters, and slots need not be given back: a caller
//! has its own count still. The gas global is brought up to date before every operator that may
//! reach the host, unless it is already; a loop that computes or goes through memory does not touch
//! it. Thus it is exact within every host function and after every return. It is not after a trap,
//! which takes all gas of the frame anyway; it is the same on every engine there too, since both
//! run the same writes.
//!
//! Where points run out is checked when a function is entered, together with its slots, at the
//! heads of loops, before an operation on a range, before a call of the host, and at the end of a
//! function whose charges without a check exceed [`DEBT_POINTS_MAX`]; but not at each charge: a
//! check is a branch, and branches are what makes compiling slow. So a module may run into debt, at
//! most by one way through a function without a loop and by [`DEBT_POINTS_MAX`] for each frame that
//! it returns from; what it did then is undone with the frame of the host. Whether the points
//! suffice does not depend on where it is checked.
//!
//! The body is put into a block, so that every way out passes one place.

use wasm_encoder::{BlockType, Encode, Ieee32, Ieee64, Instruction};
use wasmparser::{BinaryReaderError, FunctionBody, Operator, ValType};

use super::costs::{Class, FloatWidth, WasmCosts, class_of};
use super::points::{OUT_OF_GAS, STACK_OVERFLOW};
use super::regions::{self, Plan};
use crate::validate::FunctionFacts;

/// Slots that a call takes beside its variables and operands: the return address and registers
/// that are saved.
const FRAME_SLOTS: u32 = 8;

/// Native stack that a slot of the logical stack takes at most, in bytes. An engine must be given
/// this much for each slot: then the logical stack ends first, at the same depth on every engine.
/// A variable, an operand or a value takes 16 bytes, since a float is kept in a vector register.
pub const NATIVE_BYTES_PER_SLOT: usize = 16 * VALUES_PER_SLOT as usize;

/// Operators that make values, for each slot that they take. A compiler may compute a value once
/// for several operators, or before a loop, and keep it over the calls in between, so that a frame
/// of native code holds far more than variables and operands: up to a value for each operator.
const VALUES_PER_SLOT: u32 = 4;

/// Slots of a function that calls none which need not be there: at most one such frame is on top
/// of the stack, and engines have more room than the logical stack needs.
pub const LEAF_SLOTS_MAX: u32 = 64;

/// Points that a function may owe when it returns.
const DEBT_POINTS_MAX: u64 = 256;

/// The bits of the one NaN that arithmetic makes: positive and quiet, without payload.
const NAN_F32: u32 = 0x7fc0_0000;

/// The same, in 64 bits.
const NAN_F64: u64 = 0x7ff8_0000_0000_0000;

/// Slots that a call takes of the logical stack, for a function with `locals` parameters and
/// variables, at most `operands` on its stack, and `values` operators other than structure,
/// constants and variables. A function that calls none takes no slot where this is at most
/// [`LEAF_SLOTS_MAX`].
#[must_use]
pub const fn frame_slots(locals: u32, operands: u32, values: u32) -> u32 {
    FRAME_SLOTS
        .saturating_add(locals)
        .saturating_add(operands)
        .saturating_add(values.div_ceil(VALUES_PER_SLOT))
}

/// What is known of the module that a function stands in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    /// The prices.
    pub(super) costs: &'a WasmCosts,
    /// Index of the gas global.
    pub(super) gas: u32,
    /// Index of the stack global.
    pub(super) stack: u32,
    /// Functions that are imported; their indices come first.
    pub(super) imports: u32,
    /// Types of the module as it was; each comes again behind them with the counters.
    pub(super) types: u32,
}

/// The body of a function with metering in it, without its length.
pub(super) fn rewrite(
    wasm: &[u8],
    body: &FunctionBody<'_>,
    facts: &FunctionFacts,
    context: Context<'_>,
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
    let plan = regions::plan(&operators, context.costs, entry_points(facts, context.costs));
    let mut writer = Writer::new(facts, context, body.range().len());
    writer.declare_locals(body, &operators)?;
    writer.open(plan.charges.first().copied().unwrap_or(0), value_count(&operators));
    let mut begin = start;
    for (index, ((operator, class), end)) in operators.iter().zip(ends).enumerate() {
        let bytes = wasm.get(begin..end).unwrap_or_default();
        let is_live = plan.reachable.get(index) == Some(&true);
        if is_live {
            if index > 0 {
                writer.charge(plan.charges.get(index).copied(), is_checked(index, &operators));
            }
            writer.before(operator, *class);
        }
        writer.copy(operator, bytes);
        if is_live {
            writer.after(operator, *class, operators.get(index + 1));
        }
        writer.follow(operator, is_live);
        begin = end;
    }
    writer.close(unchecked_points(&plan, &operators) > DEBT_POINTS_MAX);
    Ok(writer.bytes)
}

/// Whether a charge before the operator at `index` is checked: at the beginning of the function and
/// at the heads of loops.
fn is_checked(index: usize, operators: &[(Operator<'_>, Class)]) -> bool {
    let before = index.checked_sub(1).and_then(|before| operators.get(before));
    before.is_none_or(|(operator, _)| matches!(operator, Operator::Loop { .. }))
}

/// What a way through a function, from its last check, is charged without another one, at most.
fn unchecked_points(plan: &Plan, operators: &[(Operator<'_>, Class)]) -> u64 {
    let charges = plan.charges.iter().enumerate();
    let unchecked = charges.filter(|(index, _)| !is_checked(*index, operators));
    unchecked.fold(0, |sum, (_, charge)| sum.saturating_add(*charge))
}

fn value_count(operators: &[(Operator<'_>, Class)]) -> u32 {
    let values = operators.iter().filter(|(_, class)| !matches!(class, Class::Free | Class::Move));
    u32::try_from(values.count()).unwrap_or(u32::MAX)
}

/// What entering a function costs: its variables are cleared.
fn entry_points(facts: &FunctionFacts, costs: &WasmCosts) -> u64 {
    let cleared = u64::from(facts.locals.saturating_sub(facts.parameters));
    u64::from(costs.function_entry) + cleared * u64::from(costs.local_clear)
}

/// The variables that a rewritten function has beyond its own. The first two are parameters; of
/// the others those are declared that it needs.
#[derive(Clone, Copy, Default)]
struct Scratch {
    gas: u32,
    stack: u32,
    word: u32,
    single: u32,
    double: u32,
}

/// What is known of the counters at a place of a function.
#[derive(Clone, Copy)]
struct Known {
    /// Whether the gas global may be behind.
    is_dirty: bool,
    /// Whether the points may be below zero.
    may_owe: bool,
}

impl Known {
    /// Nothing.
    const NOTHING: Self = Self { is_dirty: true, may_owe: true };

    /// What is known where a way leads to a place that `other` ways lead to.
    fn join(self, other: Option<Self>) -> Self {
        other.map_or(self, |other| Self {
            is_dirty: self.is_dirty || other.is_dirty,
            may_owe: self.may_owe || other.may_owe,
        })
    }
}

/// A block that is open.
#[derive(Default)]
struct Label {
    is_loop: bool,
    /// What is known where ways to the end of the block meet; none, if none was seen.
    end: Option<Known>,
    /// What is known where the other arm of an `if` begins, until it does.
    other_arm: Option<Known>,
}

struct Writer<'a> {
    bytes: Vec<u8>,
    facts: &'a FunctionFacts,
    context: Context<'a>,
    scratch: Scratch,
    /// Blocks that are open, the wrapper first.
    labels: Vec<Label>,
    known: Known,
}

impl<'a> Writer<'a> {
    fn new(facts: &'a FunctionFacts, context: Context<'a>, body_bytes: usize) -> Self {
        let scratch =
            Scratch { gas: facts.parameters, stack: facts.parameters + 1, ..Scratch::default() };
        let bytes = Vec::with_capacity(body_bytes * 2 + 64);
        let labels = vec![Label::default()];
        Self { bytes, facts, context, scratch, labels, known: Known::NOTHING }
    }

    fn put(&mut self, instructions: &[Instruction<'_>]) {
        for instruction in instructions {
            instruction.encode(&mut self.bytes);
        }
    }

    /// Writes the variables: the function's own, then the scratch variables that it needs.
    fn declare_locals(
        &mut self,
        body: &FunctionBody<'_>,
        operators: &[(Operator<'_>, Class)],
    ) -> Result<(), BinaryReaderError> {
        let needs = |wanted: &dyn Fn(Class) -> bool| operators.iter().any(|(_, c)| wanted(*c));
        let is_paid_by_unit = |class: Class| class.points_per_unit(self.context.costs).is_some();
        let makes = |class: Class, width| class.makes_nan() == Some(width);
        let wanted = [
            (needs(&|class| class == Class::CallIndirect || is_paid_by_unit(class)), ValType::I32),
            (needs(&|class| makes(class, FloatWidth::Single)), ValType::F32),
            (needs(&|class| makes(class, FloatWidth::Double)), ValType::F64),
        ];
        let mut next = self.facts.locals + 2;
        let mut extra = Vec::new();
        for (is_needed, value_type) in wanted {
            if !is_needed {
                continue;
            }
            match value_type {
                ValType::F32 => self.scratch.single = next,
                ValType::F64 => self.scratch.double = next,
                _ => self.scratch.word = next,
            }
            extra.push(value_type);
            next += 1;
        }
        let own = body.get_locals_reader()?;
        (own.get_count() + extra.len() as u32).encode(&mut self.bytes);
        for group in own {
            let (count, value_type) = group?;
            count.encode(&mut self.bytes);
            encode_type(value_type).encode(&mut self.bytes);
        }
        for value_type in extra {
            1u32.encode(&mut self.bytes);
            encode_type(value_type).encode(&mut self.bytes);
        }
        Ok(())
    }

    /// Pays for the first region, takes the slots of the stack, and opens the wrapper.
    fn open(&mut self, points: u64, values: u32) {
        use Instruction as I;
        let Scratch { gas, stack, .. } = self.scratch;
        let slots = frame_slots(self.facts.locals, self.facts.operands, values);
        if self.facts.has_calls || slots > LEAF_SLOTS_MAX {
            let slots = i32::try_from(slots).unwrap_or(i32::MAX);
            let points = i64::try_from(points).unwrap_or(i64::MAX);
            self.put(&[I::Block(BlockType::Empty), I::Block(BlockType::Empty)]);
            self.put(&[I::LocalGet(gas), I::I64Const(points), I::I64LtS, I::BrIf(0)]);
            self.put(&[I::LocalGet(stack), I::I32Const(slots), I::I32GeS, I::BrIf(1), I::End]);
            self.put(&[I::LocalGet(gas), I::I64Const(points), I::I64Sub, I::LocalTee(gas)]);
            // A debt becomes `OUT_OF_GAS`, other points stay.
            self.put(&[I::LocalGet(gas), I::I64Const(63), I::I64ShrS, I::I64Or]);
            self.put(&[I::GlobalSet(self.context.gas), I::I32Const(STACK_OVERFLOW)]);
            self.put(&[I::GlobalSet(self.context.stack), I::Unreachable, I::End]);
            self.put(&[I::LocalGet(stack), I::I32Const(slots), I::I32Sub, I::LocalSet(stack)]);
            self.subtract(points.unsigned_abs());
            self.known.may_owe = false;
        } else {
            self.charge(Some(points), true);
        }
        let result =
            self.facts.result.map_or(BlockType::Empty, |one| BlockType::Result(encode_type(one)));
        self.put(&[I::Block(result)]);
    }

    /// Writes what every way out passes. The end of the wrapper is written already.
    fn close(&mut self, is_checked: bool) {
        if is_checked {
            self.check(0);
        }
        self.put(&[Instruction::LocalGet(self.scratch.gas), Instruction::End]);
    }

    /// Writes an operator as it was, but for those that the counters change: variables move up, a
    /// call takes the counters along, a return becomes a branch to the one way out.
    fn copy(&mut self, operator: &Operator<'_>, bytes: &[u8]) {
        use Instruction as I;
        let Scratch { gas, stack, word, .. } = self.scratch;
        let parameters = self.facts.parameters;
        match *operator {
            Operator::LocalGet { local_index } if local_index >= parameters => {
                self.put(&[I::LocalGet(local_index + 2)]);
            }
            Operator::LocalSet { local_index } if local_index >= parameters => {
                self.put(&[I::LocalSet(local_index + 2)]);
            }
            Operator::LocalTee { local_index } if local_index >= parameters => {
                self.put(&[I::LocalTee(local_index + 2)]);
            }
            Operator::Call { function_index } if function_index >= self.context.imports => {
                self.put(&[I::LocalGet(gas), I::LocalGet(stack)]);
                self.put(&[I::Call(function_index), I::LocalSet(gas)]);
            }
            Operator::CallIndirect { type_index, table_index } => {
                let type_index = type_index + self.context.types;
                self.put(&[I::LocalSet(word), I::LocalGet(gas), I::LocalGet(stack)]);
                self.put(&[I::LocalGet(word), I::CallIndirect { type_index, table_index }]);
                self.put(&[I::LocalSet(gas)]);
            }
            Operator::Return => {
                let depth = self.labels.len().saturating_sub(1);
                self.put(&[I::Br(depth as u32)]);
            }
            _ => self.bytes.extend_from_slice(bytes),
        }
    }

    /// Follows what is known over an operator that is written.
    fn follow(&mut self, operator: &Operator<'_>, is_live: bool) {
        let known = self.known;
        match operator {
            Operator::Block { .. } => self.labels.push(Label::default()),
            Operator::Loop { .. } => {
                self.labels.push(Label { is_loop: true, ..Label::default() });
                self.known = Known::NOTHING;
            }
            Operator::If { .. } => {
                self.labels.push(Label { other_arm: Some(known), ..Label::default() });
            }
            Operator::Else => {
                if let Some(label) = self.labels.last_mut() {
                    label.end = if is_live { Some(known.join(label.end)) } else { label.end };
                    self.known = label.other_arm.take().unwrap_or(Known::NOTHING);
                }
            }
            Operator::End if self.labels.len() > 1 => {
                let label = self.labels.pop().unwrap_or_default();
                let end = label.other_arm.map(|other| other.join(label.end)).or(label.end);
                let end = if is_live { Some(known.join(end)) } else { end };
                self.known = end.unwrap_or(Known::NOTHING);
            }
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } if is_live => {
                self.branch(*relative_depth);
            }
            Operator::BrTable { targets } if is_live => {
                for target in targets.targets().flatten().chain([targets.default()]) {
                    self.branch(target);
                }
            }
            _ => {}
        }
    }

    fn branch(&mut self, relative_depth: u32) {
        let target = (self.labels.len() - 1).saturating_sub(relative_depth as usize);
        if let Some(label) = self.labels.get_mut(target).filter(|label| !label.is_loop) {
            label.end = Some(self.known.join(label.end));
        }
    }

    fn subtract(&mut self, points: u64) {
        use Instruction as I;
        let (gas, points) = (self.scratch.gas, i64::try_from(points).unwrap_or(i64::MAX));
        self.put(&[I::LocalGet(gas), I::I64Const(points), I::I64Sub, I::LocalSet(gas)]);
        self.known = Known::NOTHING;
    }

    /// Charges for the region that begins here.
    fn charge(&mut self, points: Option<u64>, is_checked: bool) {
        let Some(points) = points.filter(|points| *points > 0) else { return };
        if is_checked {
            self.check(points);
        }
        self.subtract(points);
        self.known.may_owe = !is_checked;
    }

    /// Charges for the operand on top of the stack, and brings the global up to date where the
    /// operator may reach the host. No debt reaches the host; a callee looks by itself.
    fn before(&mut self, operator: &Operator<'_>, class: Class) {
        use Instruction as I;
        let Scratch { gas, word, .. } = self.scratch;
        if let Some(points) = class.points_per_unit(self.context.costs) {
            self.put(&[I::LocalTee(word), I::LocalGet(gas), I::LocalGet(word)]);
            self.put(&[I::I64ExtendI32U, I::I64Const(points.into()), I::I64Mul, I::I64Sub]);
            self.put(&[I::LocalSet(gas)]);
            self.known = Known::NOTHING;
            self.check(0);
        }
        match operator {
            Operator::Call { function_index } if *function_index < self.context.imports => {
                if self.known.may_owe {
                    self.check(0);
                }
                self.flush();
            }
            Operator::Call { .. } => {}
            _ if class.may_leave() => self.flush(),
            _ => {}
        }
    }

    fn after(
        &mut self,
        operator: &Operator<'_>,
        class: Class,
        next: Option<&(Operator<'_>, Class)>,
    ) {
        use Instruction as I;
        match operator {
            Operator::Call { function_index } if *function_index < self.context.imports => {
                self.put(&[I::GlobalGet(self.context.gas), I::LocalSet(self.scratch.gas)]);
            }
            Operator::Call { .. } | Operator::CallIndirect { .. } => self.known = Known::NOTHING,
            _ => {}
        }
        let is_hidden = next.is_some_and(|(_, next)| next.hides_nan());
        if let Some(width) = class.makes_nan().filter(|_| !is_hidden) {
            self.canonicalize(width);
        }
    }

    /// Ends the function where fewer than `points` are left.
    fn check(&mut self, points: u64) {
        use Instruction as I;
        let points = i64::try_from(points).unwrap_or(i64::MAX);
        self.put(&[I::LocalGet(self.scratch.gas), I::I64Const(points), I::I64LtS]);
        self.put(&[I::If(BlockType::Empty), I::I64Const(OUT_OF_GAS)]);
        self.put(&[I::GlobalSet(self.context.gas), I::Unreachable, I::End]);
        self.known.may_owe = false;
    }

    fn flush(&mut self) {
        use Instruction as I;
        if self.known.is_dirty {
            self.put(&[I::LocalGet(self.scratch.gas), I::GlobalSet(self.context.gas)]);
            self.known.is_dirty = false;
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
