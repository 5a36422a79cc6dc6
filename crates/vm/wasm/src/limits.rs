//! The limits of a WebAssembly module, and the default of each as a named constant.
//!
//! Compilers need time that is worse than linear in some measures of a function (blocks times
//! variables, depth), so a limit on the bytes of a module does not bound the time to compile it.
//! These limits do. They are part of the rules of a chain: another value is another rule.

use primitives::limits::{FOREIGN_CODE_BYTES_MAX, INTERFACE_BYTES_MAX};

/// Bytes of a page of linear memory.
pub const MEMORY_PAGE_BYTES: u32 = 1 << 16;

/// Functions that a module may define.
pub const FUNCTIONS_MAX: u32 = 20_000;

/// Functions that a module may import.
pub const IMPORTS_MAX: u32 = 128;

/// Items that a module may export.
pub const EXPORTS_MAX: u32 = 256;

/// Function types of a module.
pub const TYPES_MAX: u32 = 4_096;

/// Parameters of a function.
pub const PARAMETERS_MAX: u32 = 64;

/// Results of a function. One, since no toolchain for contracts needs more, and an engine without
/// the multi-value feature has less that can go wrong.
pub const RESULTS_MAX: u32 = 1;

/// Parameters and local variables of a function.
pub const LOCALS_MAX: u32 = 4_096;

/// Bytes of the body of a function.
pub const BODY_BYTES_MAX: u32 = 512 << 10;

/// Blocks, loops, ifs, elses and conditional branches of a function. The time to compile a function
/// grows with their square; this many take a second or two.
pub const CONTROLS_MAX: u32 = 4_000;

/// The sum over the functions of a module of the squares of their control operators: what the time
/// to compile the module grows with.
pub const CONTROL_SQUARES_MAX: u64 = 4 * (CONTROLS_MAX as u64) * (CONTROLS_MAX as u64);

/// Blocks within one another in a function, the function's own included.
pub const NESTING_MAX: u32 = 1_024;

/// Targets of all branch tables of a function.
pub const BRANCH_TARGETS_MAX: u32 = 20_000;

/// Global variables of a module.
pub const GLOBALS_MAX: u32 = 1_024;

/// Elements of the table of a module; a Go program has 5 000 to 7 000.
pub const TABLE_ELEMENTS_MAX: u32 = 20_000;

/// Element segments of a module.
pub const ELEMENT_SEGMENTS_MAX: u32 = 1_024;

/// Elements of all element segments of a module.
pub const SEGMENT_ELEMENTS_MAX: u64 = 40_000;

/// Pages of the memory of an instance: 64 MiB.
pub const MEMORY_PAGES_MAX: u32 = 1_024;

/// Data segments of a module; a Go program has one for each run of bytes that are not zero, 45 000
/// with the packages for text, JSON and big integers.
pub const DATA_SEGMENTS_MAX: u32 = 100_000;

/// Bytes of all custom sections of a module, which no engine reads.
pub const CUSTOM_BYTES_MAX: u64 = 1 << 20;

/// Bytes of the name of an import or an export.
pub const NAME_BYTES_MAX: u32 = 256;

/// Slots of the logical stack of an instance; what a call takes of them is told by
/// [`frame_slots`](crate::instrument::frame_slots). An engine must be given more than this
/// needs, so that the logical stack ends first: 64 bytes of native stack for each slot
/// ([`NATIVE_BYTES_PER_SLOT`](crate::instrument::NATIVE_BYTES_PER_SLOT)), and where calls are
/// counted, this number of calls.
pub const STACK_SLOTS_MAX: u32 = 32_768;

const _: () = assert!(BODY_BYTES_MAX as usize <= FOREIGN_CODE_BYTES_MAX);
const _: () = assert!(INTERFACE_BYTES_MAX as u64 <= CUSTOM_BYTES_MAX);
const _: () = assert!(CUSTOM_BYTES_MAX <= FOREIGN_CODE_BYTES_MAX as u64);
const _: () = assert!(PARAMETERS_MAX <= LOCALS_MAX);
const _: () = assert!(NESTING_MAX <= CONTROLS_MAX);
const _: () = assert!(LOCALS_MAX < STACK_SLOTS_MAX);
const _: () = assert!(STACK_SLOTS_MAX <= i32::MAX as u32);
const _: () = assert!(MEMORY_PAGES_MAX <= 65_536);
const _: () = assert!(RESULTS_MAX == 1);

/// The limits of a module. A module that breaks one is refused before any engine sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WasmLimits {
    /// Bytes of the module.
    pub code_bytes: u64,
    /// Functions that it may define.
    pub functions: u32,
    /// Functions that it may import.
    pub imports: u32,
    /// Items that it may export.
    pub exports: u32,
    /// Function types.
    pub types: u32,
    /// Parameters of a function.
    pub parameters: u32,
    /// Parameters and local variables of a function.
    pub locals: u32,
    /// Bytes of the body of a function.
    pub body_bytes: u32,
    /// Blocks, loops, ifs, elses and conditional branches of a function.
    pub controls: u32,
    /// Sum of the squares of the control operators of the functions.
    pub control_squares: u64,
    /// Blocks within one another in a function.
    pub nesting: u32,
    /// Targets of all branch tables of a function.
    pub branch_targets: u32,
    /// Global variables.
    pub globals: u32,
    /// Elements of the table.
    pub table_elements: u32,
    /// Element segments.
    pub element_segments: u32,
    /// Elements of all element segments.
    pub segment_elements: u64,
    /// Pages that the memory may grow to.
    pub memory_pages: u32,
    /// Data segments.
    pub data_segments: u32,
    /// Bytes of all custom sections.
    pub custom_bytes: u64,
    /// Bytes of the interface, in its custom section.
    pub interface_bytes: u64,
    /// Bytes of the name of an import or export.
    pub name_bytes: u32,
    /// Slots of the logical stack.
    pub stack_slots: u32,
}

impl Default for WasmLimits {
    fn default() -> Self {
        Self {
            code_bytes: FOREIGN_CODE_BYTES_MAX as u64,
            functions: FUNCTIONS_MAX,
            imports: IMPORTS_MAX,
            exports: EXPORTS_MAX,
            types: TYPES_MAX,
            parameters: PARAMETERS_MAX,
            locals: LOCALS_MAX,
            body_bytes: BODY_BYTES_MAX,
            controls: CONTROLS_MAX,
            control_squares: CONTROL_SQUARES_MAX,
            nesting: NESTING_MAX,
            branch_targets: BRANCH_TARGETS_MAX,
            globals: GLOBALS_MAX,
            table_elements: TABLE_ELEMENTS_MAX,
            element_segments: ELEMENT_SEGMENTS_MAX,
            segment_elements: SEGMENT_ELEMENTS_MAX,
            memory_pages: MEMORY_PAGES_MAX,
            data_segments: DATA_SEGMENTS_MAX,
            custom_bytes: CUSTOM_BYTES_MAX,
            interface_bytes: INTERFACE_BYTES_MAX as u64,
            name_bytes: NAME_BYTES_MAX,
            stack_slots: STACK_SLOTS_MAX,
        }
    }
}
