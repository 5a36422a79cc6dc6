//! What each operator costs, in points.
//!
//! One table is one version of the rules: a price never changes, a new table is made.

use wasmparser::Operator as Op;

use crate::validate::ModuleReport;

/// The prices of the operators, in points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WasmCosts {
    /// The version, part of the chain configuration.
    pub version: u32,
    /// Reading or setting a local variable; a constant.
    pub move_value: u32,
    /// An operator on integers; `select`.
    pub integer: u32,
    /// Multiplying integers.
    pub integer_multiply: u32,
    /// Dividing integers.
    pub integer_divide: u32,
    /// An operator on floats, including what makes a NaN canonical.
    pub float: u32,
    /// Dividing floats; the square root.
    pub float_divide: u32,
    /// Reading or setting a global variable; the size of the memory.
    pub global: u32,
    /// A load.
    pub load: u32,
    /// A store.
    pub store: u32,
    /// A branch, with or without condition.
    pub branch: u32,
    /// A branch through a table.
    pub branch_table: u32,
    /// A call.
    pub call: u32,
    /// A call through the table.
    pub call_indirect: u32,
    /// Entering a function.
    pub function_entry: u32,
    /// Each local variable that is cleared when a function is entered.
    pub local_clear: u32,
    /// An operation on a range of memory or table, and a try to grow, before its first unit.
    pub bulk_base: u32,
    /// Each byte of a range of memory.
    pub memory_byte: u32,
    /// Each element of a range of a table.
    pub table_element: u32,
    /// Each page of memory, whether it can be had or not.
    pub memory_page: u32,
    /// Making an instance, beside its pages, bytes and elements.
    pub instance: u32,
}

/// The first version. An addition is 2 and compiled code does about 10 of them in a nanosecond
/// together with what moves their operands; a byte is copied at 16 GB/s; a page costs what the
/// operating system takes to give and clear it, 2 us.
pub const WASM_COSTS_V1: WasmCosts = WasmCosts {
    version: 1,
    move_value: 1,
    integer: 2,
    integer_multiply: 3,
    integer_divide: 24,
    float: 6,
    float_divide: 24,
    global: 2,
    load: 3,
    store: 3,
    branch: 2,
    branch_table: 6,
    call: 8,
    call_indirect: 20,
    function_entry: 8,
    local_clear: 1,
    bulk_base: 128,
    memory_byte: 1,
    table_element: 8,
    memory_page: 1 << 15,
    instance: 50_000,
};

impl Default for WasmCosts {
    fn default() -> Self {
        WASM_COSTS_V1
    }
}

impl WasmCosts {
    /// What making an instance of a module costs, for the host to charge. It never overflows: the
    /// report of a module is bounded by its limits.
    #[must_use]
    pub fn instantiation(&self, report: &ModuleReport) -> u64 {
        let elements = u64::from(report.table_elements).saturating_add(report.segment_elements);
        u64::from(self.instance)
            .saturating_add(u64::from(report.memory_pages) * u64::from(self.memory_page))
            .saturating_add(report.data_bytes.saturating_mul(self.memory_byte.into()))
            .saturating_add(elements.saturating_mul(self.table_element.into()))
    }
}

/// How wide a float is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FloatWidth {
    /// 32 bits.
    Single,
    /// 64 bits.
    Double,
}

/// Operators that cost the same and are treated alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Structure, which compiles to nothing.
    Free,
    /// Constants and local variables.
    Move,
    /// Integers.
    Integer,
    /// Multiplication of integers.
    IntegerMultiply,
    /// Division of integers, which may trap.
    IntegerDivide,
    /// Arithmetic that may make a NaN.
    Float(FloatWidth),
    /// Division and square root, which may make a NaN.
    FloatDivide(FloatWidth),
    /// Operators that keep or show the bits of a float.
    FloatBits,
    /// Comparisons.
    FloatCompare,
    /// Conversions from integers.
    FloatFromInteger,
    /// Conversions to integers that may trap.
    FloatTruncate,
    /// Conversions to integers that do not trap.
    FloatSaturate,
    /// Global variables.
    Global,
    /// Loads.
    Load,
    /// Stores.
    Store,
    /// Branches.
    Branch,
    /// Branches through a table.
    BranchTable,
    /// Calls.
    Call,
    /// Calls through the table.
    CallIndirect,
    /// Growing the memory.
    MemoryGrow,
    /// Ranges of memory.
    MemoryBulk,
    /// Ranges of a table.
    TableBulk,
    /// Dropping a segment.
    SegmentDrop,
    /// What the static checks refuse.
    Unknown,
}

impl Class {
    /// What an operator of the class costs before it is known what it works on.
    pub(crate) const fn points(self, costs: &WasmCosts) -> u32 {
        match self {
            Self::Free | Self::Unknown => 0,
            Self::Move => costs.move_value,
            Self::Integer => costs.integer,
            Self::IntegerMultiply => costs.integer_multiply,
            Self::IntegerDivide => costs.integer_divide,
            Self::Float(_)
            | Self::FloatBits
            | Self::FloatCompare
            | Self::FloatFromInteger
            | Self::FloatTruncate
            | Self::FloatSaturate => costs.float,
            Self::FloatDivide(_) => costs.float_divide,
            Self::Global => costs.global,
            Self::Load => costs.load,
            Self::Store => costs.store,
            Self::Branch => costs.branch,
            Self::BranchTable => costs.branch_table,
            Self::Call => costs.call,
            Self::CallIndirect => costs.call_indirect,
            Self::MemoryGrow | Self::MemoryBulk | Self::TableBulk | Self::SegmentDrop => {
                costs.bulk_base
            }
        }
    }

    /// What each unit of the operand on top of the stack costs.
    pub(crate) const fn points_per_unit(self, costs: &WasmCosts) -> Option<u32> {
        match self {
            Self::MemoryGrow => Some(costs.memory_page),
            Self::MemoryBulk => Some(costs.memory_byte),
            Self::TableBulk => Some(costs.table_element),
            _ => None,
        }
    }

    /// Whether the operator may hand over to other code or work on a range.
    pub(crate) const fn may_leave(self) -> bool {
        matches!(
            self,
            Self::Call | Self::CallIndirect | Self::MemoryGrow | Self::MemoryBulk | Self::TableBulk
        )
    }

    /// The width of the NaN that the operator may make.
    pub(crate) const fn makes_nan(self) -> Option<FloatWidth> {
        match self {
            Self::Float(width) | Self::FloatDivide(width) => Some(width),
            _ => None,
        }
    }

    /// Whether the operator's effect is the same whatever the bits of a NaN that it is given.
    pub(crate) const fn hides_nan(self) -> bool {
        matches!(
            self,
            Self::Float(_)
                | Self::FloatDivide(_)
                | Self::FloatCompare
                | Self::FloatTruncate
                | Self::FloatSaturate
        )
    }
}

/// Whether an operator works on floats. Loads, stores and constants of floats only move bits.
pub(crate) fn is_float(operator: &Op<'_>) -> bool {
    matches!(
        class_of(operator),
        Class::Float(_)
            | Class::FloatDivide(_)
            | Class::FloatBits
            | Class::FloatCompare
            | Class::FloatFromInteger
            | Class::FloatTruncate
            | Class::FloatSaturate
    )
}

/// The class of an operator.
pub(crate) const fn class_of(operator: &Op<'_>) -> Class {
    match operator {
        Op::Unreachable | Op::Nop | Op::Block { .. } | Op::Loop { .. } | Op::Else | Op::End => {
            Class::Free
        }
        Op::Drop | Op::Return => Class::Free,
        Op::LocalGet { .. } | Op::LocalSet { .. } | Op::LocalTee { .. } => Class::Move,
        Op::I32Const { .. } | Op::I64Const { .. } | Op::F32Const { .. } | Op::F64Const { .. } => {
            Class::Move
        }
        Op::GlobalGet { .. } | Op::GlobalSet { .. } => Class::Global,
        Op::If { .. } | Op::Br { .. } | Op::BrIf { .. } => Class::Branch,
        Op::BrTable { .. } => Class::BranchTable,
        Op::Call { .. } => Class::Call,
        Op::CallIndirect { .. } => Class::CallIndirect,
        Op::Select => Class::Integer,
        Op::MemorySize { .. } => Class::Global,
        Op::MemoryGrow { .. } => Class::MemoryGrow,
        Op::MemoryInit { .. } | Op::MemoryCopy { .. } | Op::MemoryFill { .. } => Class::MemoryBulk,
        Op::TableInit { .. } | Op::TableCopy { .. } => Class::TableBulk,
        Op::DataDrop { .. } | Op::ElemDrop { .. } => Class::SegmentDrop,
        Op::I32Load { .. }
        | Op::I64Load { .. }
        | Op::F32Load { .. }
        | Op::F64Load { .. }
        | Op::I32Load8S { .. }
        | Op::I32Load8U { .. }
        | Op::I32Load16S { .. }
        | Op::I32Load16U { .. }
        | Op::I64Load8S { .. }
        | Op::I64Load8U { .. }
        | Op::I64Load16S { .. }
        | Op::I64Load16U { .. }
        | Op::I64Load32S { .. }
        | Op::I64Load32U { .. } => Class::Load,
        Op::I32Store { .. }
        | Op::I64Store { .. }
        | Op::F32Store { .. }
        | Op::F64Store { .. }
        | Op::I32Store8 { .. }
        | Op::I32Store16 { .. }
        | Op::I64Store8 { .. }
        | Op::I64Store16 { .. }
        | Op::I64Store32 { .. } => Class::Store,
        Op::I32DivS
        | Op::I32DivU
        | Op::I32RemS
        | Op::I32RemU
        | Op::I64DivS
        | Op::I64DivU
        | Op::I64RemS
        | Op::I64RemU => Class::IntegerDivide,
        Op::I32Mul | Op::I64Mul => Class::IntegerMultiply,
        Op::I32Eqz
        | Op::I32Eq
        | Op::I32Ne
        | Op::I32LtS
        | Op::I32LtU
        | Op::I32GtS
        | Op::I32GtU
        | Op::I32LeS
        | Op::I32LeU
        | Op::I32GeS
        | Op::I32GeU
        | Op::I32Clz
        | Op::I32Ctz
        | Op::I32Popcnt
        | Op::I32Add
        | Op::I32Sub
        | Op::I32And
        | Op::I32Or
        | Op::I32Xor
        | Op::I32Shl
        | Op::I32ShrS
        | Op::I32ShrU
        | Op::I32Rotl
        | Op::I32Rotr
        | Op::I32Extend8S
        | Op::I32Extend16S
        | Op::I64Eqz
        | Op::I64Eq
        | Op::I64Ne
        | Op::I64LtS
        | Op::I64LtU
        | Op::I64GtS
        | Op::I64GtU
        | Op::I64LeS
        | Op::I64LeU
        | Op::I64GeS
        | Op::I64GeU
        | Op::I64Clz
        | Op::I64Ctz
        | Op::I64Popcnt
        | Op::I64Add
        | Op::I64Sub
        | Op::I64And
        | Op::I64Or
        | Op::I64Xor
        | Op::I64Shl
        | Op::I64ShrS
        | Op::I64ShrU
        | Op::I64Rotl
        | Op::I64Rotr
        | Op::I64Extend8S
        | Op::I64Extend16S
        | Op::I64Extend32S
        | Op::I32WrapI64
        | Op::I64ExtendI32S
        | Op::I64ExtendI32U => Class::Integer,
        Op::F32Abs
        | Op::F32Neg
        | Op::F32Copysign
        | Op::F64Abs
        | Op::F64Neg
        | Op::F64Copysign
        | Op::I32ReinterpretF32
        | Op::I64ReinterpretF64
        | Op::F32ReinterpretI32
        | Op::F64ReinterpretI64 => Class::FloatBits,
        Op::F32Eq
        | Op::F32Ne
        | Op::F32Lt
        | Op::F32Gt
        | Op::F32Le
        | Op::F32Ge
        | Op::F64Eq
        | Op::F64Ne
        | Op::F64Lt
        | Op::F64Gt
        | Op::F64Le
        | Op::F64Ge => Class::FloatCompare,
        Op::F32ConvertI32S
        | Op::F32ConvertI32U
        | Op::F32ConvertI64S
        | Op::F32ConvertI64U
        | Op::F64ConvertI32S
        | Op::F64ConvertI32U
        | Op::F64ConvertI64S
        | Op::F64ConvertI64U => Class::FloatFromInteger,
        Op::I32TruncF32S
        | Op::I32TruncF32U
        | Op::I64TruncF32S
        | Op::I64TruncF32U
        | Op::I32TruncF64S
        | Op::I32TruncF64U
        | Op::I64TruncF64S
        | Op::I64TruncF64U => Class::FloatTruncate,
        Op::I32TruncSatF32S
        | Op::I32TruncSatF32U
        | Op::I64TruncSatF32S
        | Op::I64TruncSatF32U
        | Op::I32TruncSatF64S
        | Op::I32TruncSatF64U
        | Op::I64TruncSatF64S
        | Op::I64TruncSatF64U => Class::FloatSaturate,
        Op::F32Ceil
        | Op::F32Floor
        | Op::F32Trunc
        | Op::F32Nearest
        | Op::F32Add
        | Op::F32Sub
        | Op::F32Mul
        | Op::F32Min
        | Op::F32Max
        | Op::F32DemoteF64 => Class::Float(FloatWidth::Single),
        Op::F64Ceil
        | Op::F64Floor
        | Op::F64Trunc
        | Op::F64Nearest
        | Op::F64Add
        | Op::F64Sub
        | Op::F64Mul
        | Op::F64Min
        | Op::F64Max
        | Op::F64PromoteF32 => Class::Float(FloatWidth::Double),
        Op::F32Div | Op::F32Sqrt => Class::FloatDivide(FloatWidth::Single),
        Op::F64Div | Op::F64Sqrt => Class::FloatDivide(FloatWidth::Double),
        _ => Class::Unknown,
    }
}
