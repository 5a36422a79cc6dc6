//! The static checks of a module: its format, its features, its limits, its imports and exports.
//!
//! Admitted are the operators of WebAssembly 1.0 with mutable exported globals, sign extension,
//! saturating conversion and bulk memory; a table index may be written in several bytes, as
//! compilers with reference types do. Everything else is refused: threads, vectors, reference
//! types, several results, tail calls, exceptions, garbage collection, 64-bit or several memories,
//! and a start function, since making an instance shall run no code. Floats are admitted: the
//! metering makes the bits of a NaN canonical.
//!
//! No byte string makes these checks panic.

use primitives::VmKind;
use vm::CodeError;
use wasmparser::{
    BinaryReaderError, DataSectionReader, ElementItems, ElementSectionReader, ExportSectionReader,
    ExternalKind, FuncToValidate, FuncValidatorAllocations, FunctionBody, ImportSectionReader,
    Operator, Parser, Payload, TypeRef, ValType, ValidPayload, Validator, ValidatorResources,
    WasmFeatures, types::Types,
};

use crate::instrument::{RESERVED_PREFIX, is_float};
use crate::limits::WasmLimits;
use crate::personality::{
    COSMWASM_NEEDS, COSMWASM_NEEDS_PREFIX, COSMWASM_VERSION, FunctionRule, Personality,
    is_cosmwasm_version,
};

/// The type of a value that crosses the border of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
}

/// A function that the host offers to modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportSignature {
    /// The module that it is imported from.
    pub module: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The types of its parameters.
    pub parameters: &'static [ValueType],
    /// The type of its result.
    pub result: Option<ValueType>,
}

/// What the static checks found in a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleReport {
    /// Bytes of the module.
    pub code_bytes: u64,
    /// Functions that it defines.
    pub functions: u32,
    /// What it imports, as (module, name) in its own order; the same may come twice.
    pub imports: Vec<(String, String)>,
    /// What it exports, by name in its own order.
    pub exports: Vec<String>,
    /// By whose conventions it was built.
    pub personality: Personality,
    /// Whether it has a constructor: the export `deploy`; a module of Stylus has one with it.
    pub has_deploy: bool,
    /// The custom section `braid.interface`.
    pub interface: Option<Vec<u8>>,
    /// Pages of memory at the start.
    pub memory_pages: u32,
    /// Pages that the memory may grow to: the less of what it declares and the limit.
    pub memory_pages_max: u32,
    /// Elements of its table at the start.
    pub table_elements: u32,
    /// Bytes of all data segments.
    pub data_bytes: u64,
    /// Elements of all element segments.
    pub segment_elements: u64,
    /// Global variables that it defines.
    pub globals: u32,
    /// Whether it holds an operator that works on floats.
    pub has_floats: bool,
    /// Whether it holds an operator that reads or drops a segment or copies within a table.
    pub uses_segments: bool,
}

/// Checks `wasm`, which may import what is `offered` and nothing else.
///
/// # Errors
///
/// [`CodeError`] naming the byte and the reason, the limit, the import or the export.
pub fn inspect(
    wasm: &[u8],
    limits: &WasmLimits,
    offered: &[ImportSignature],
) -> Result<ModuleReport, CodeError> {
    inspect_module(wasm, limits, offered).map(|inspection| inspection.report)
}

/// The features that a module may use.
pub(crate) const FEATURES: WasmFeatures = WasmFeatures::WASM1
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::BULK_MEMORY_OPT)
    .union(WasmFeatures::CALL_INDIRECT_OVERLONG);

/// The custom section that holds the interface.
pub(crate) const INTERFACE_SECTION: &str = "braid.interface";

/// What is known of a function beside its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FunctionFacts {
    /// Its parameters.
    pub(crate) parameters: u32,
    /// Its parameters and local variables.
    pub(crate) locals: u32,
    /// The most operands that are ever on its stack.
    pub(crate) operands: u32,
    /// What it returns.
    pub(crate) result: Option<ValType>,
    /// Whether it calls another function.
    pub(crate) has_calls: bool,
}

/// A module that passed the checks.
#[derive(Debug)]
pub(crate) struct Inspection {
    /// What everybody may know.
    pub(crate) report: ModuleReport,
    /// What the metering must know of each function that the module defines.
    pub(crate) functions: Vec<FunctionFacts>,
}

/// Checks as [`inspect`] does, and keeps what the metering needs.
pub(crate) fn inspect_module(
    wasm: &[u8],
    limits: &WasmLimits,
    offered: &[ImportSignature],
) -> Result<Inspection, CodeError> {
    at_most("bytes", wasm.len() as u64, limits.code_bytes)?;
    let mut inspector = Inspector::new(wasm.len() as u64, limits, offered);
    let mut validator = Validator::new_with_features(FEATURES);
    let mut allocations = FuncValidatorAllocations::default();
    let mut parser = Parser::new(0);
    parser.set_features(FEATURES);
    let mut types = None;
    for payload in parser.parse_all(wasm) {
        let payload = payload.map_err(malformed)?;
        inspector.limit_section(&payload)?;
        match validator.payload(&payload).map_err(malformed)? {
            ValidPayload::Func(function, body) => {
                allocations = inspector.function(function, &body, allocations)?;
            }
            ValidPayload::End(end) => types = Some(end),
            ValidPayload::Parser(_) => return Err(reject(0, "a module within a module")),
            ValidPayload::Ok => {}
        }
        inspector.read_section(payload)?;
    }
    let types = types.ok_or_else(|| reject(wasm.len(), "the module has no end"))?;
    inspector.finish(&types)
}

/// The checks under way.
struct Inspector<'a> {
    limits: &'a WasmLimits,
    offered: &'a [ImportSignature],
    report: ModuleReport,
    functions: Vec<FunctionFacts>,
    imported: Vec<(String, String, u32)>,
    exported: Vec<(String, ExternalKind, u32)>,
    control_squares: u64,
    custom_bytes: u64,
}

impl<'a> Inspector<'a> {
    fn new(code_bytes: u64, limits: &'a WasmLimits, offered: &'a [ImportSignature]) -> Self {
        let report = ModuleReport {
            code_bytes,
            functions: 0,
            imports: Vec::new(),
            exports: Vec::new(),
            personality: Personality::Braid,
            has_deploy: false,
            interface: None,
            memory_pages: 0,
            memory_pages_max: 0,
            table_elements: 0,
            data_bytes: 0,
            segment_elements: 0,
            globals: 0,
            has_floats: false,
            uses_segments: false,
        };
        Self {
            limits,
            offered,
            report,
            functions: Vec::new(),
            imported: Vec::new(),
            exported: Vec::new(),
            control_squares: 0,
            custom_bytes: 0,
        }
    }

    /// What can be refused from the head of a section, before the validator works on it.
    fn limit_section(&mut self, payload: &Payload<'_>) -> Result<(), CodeError> {
        let limits = self.limits;
        match payload {
            Payload::TypeSection(types) => at_most("types", types.count(), limits.types),
            Payload::ImportSection(imports) => at_most("imports", imports.count(), limits.imports),
            Payload::FunctionSection(functions) => {
                self.report.functions = functions.count();
                at_most("functions", functions.count(), limits.functions)
            }
            Payload::TableSection(tables) => at_most("tables", tables.count(), 1u32),
            Payload::MemorySection(memories) => at_most("memories", memories.count(), 1u32),
            Payload::GlobalSection(globals) => {
                self.report.globals = globals.count();
                at_most("globals", globals.count(), limits.globals)
            }
            Payload::ExportSection(exports) => at_most("exports", exports.count(), limits.exports),
            Payload::StartSection { range, .. } => Err(CodeError::Prohibited {
                kind: VmKind::Wasm,
                operation: "a start function".to_owned(),
                offset: range.start,
            }),
            Payload::ElementSection(segments) => {
                at_most("element segments", segments.count(), limits.element_segments)
            }
            Payload::DataCountSection { count, .. } => {
                at_most("data segments", *count, limits.data_segments)
            }
            Payload::DataSection(segments) => {
                at_most("data segments", segments.count(), limits.data_segments)
            }
            Payload::CustomSection(section) => {
                self.custom_bytes += section.range().len() as u64;
                at_most("bytes of custom sections", self.custom_bytes, limits.custom_bytes)
            }
            _ => Ok(()),
        }
    }

    /// What is learned from a section that the validator passed.
    fn read_section(&mut self, payload: Payload<'_>) -> Result<(), CodeError> {
        match payload {
            Payload::ImportSection(imports) => self.imports(imports),
            Payload::ExportSection(exports) => self.exports(exports),
            Payload::ElementSection(segments) => self.elements(segments),
            Payload::DataSection(segments) => self.data(segments),
            Payload::TableSection(tables) => {
                for table in tables {
                    let elements = table.map_err(malformed)?.ty.initial;
                    at_most("table elements", elements, self.limits.table_elements)?;
                    self.report.table_elements = elements as u32;
                }
                Ok(())
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    let memory = memory.map_err(malformed)?;
                    let limit = self.limits.memory_pages;
                    at_most("memory pages", memory.initial, limit)?;
                    let declared = memory.maximum.unwrap_or(u64::MAX);
                    self.report.memory_pages = memory.initial as u32;
                    self.report.memory_pages_max = declared.min(u64::from(limit)) as u32;
                }
                Ok(())
            }
            Payload::CustomSection(section) if section.name() == INTERFACE_SECTION => {
                let interface = section.data();
                let limit = self.limits.interface_bytes;
                at_most("bytes of interface", interface.len() as u64, limit)?;
                if self.report.interface.is_some() {
                    return Err(reject(section.data_offset(), "a second interface"));
                }
                self.report.interface = Some(interface.to_vec());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn imports(&mut self, imports: ImportSectionReader<'_>) -> Result<(), CodeError> {
        for import in imports.into_imports_with_offsets() {
            let (_, import) = import.map_err(malformed)?;
            self.limit_name(import.module)?;
            self.limit_name(import.name)?;
            let TypeRef::Func(type_index) = import.ty else {
                let reason = "only functions can be imported";
                return Err(refused_import(import.module, import.name, reason.to_owned()));
            };
            self.imported.push((import.module.to_owned(), import.name.to_owned(), type_index));
        }
        at_most("imports", self.imported.len() as u64, self.limits.imports)
    }

    fn exports(&mut self, exports: ExportSectionReader<'_>) -> Result<(), CodeError> {
        for export in exports.into_iter_with_offsets() {
            let (offset, export) = export.map_err(malformed)?;
            self.limit_name(export.name)?;
            if export.name.starts_with(RESERVED_PREFIX) {
                let reason = format!("the name {} is reserved", export.name);
                return Err(reject(offset, &reason));
            }
            self.exported.push((export.name.to_owned(), export.kind, export.index));
        }
        Ok(())
    }

    fn elements(&mut self, segments: ElementSectionReader<'_>) -> Result<(), CodeError> {
        for segment in segments {
            let elements = match segment.map_err(malformed)?.items {
                ElementItems::Functions(items) => items.count(),
                ElementItems::Expressions(_, items) => items.count(),
            };
            self.report.segment_elements += u64::from(elements);
            let limit = self.limits.segment_elements;
            at_most("elements of segments", self.report.segment_elements, limit)?;
        }
        Ok(())
    }

    fn data(&mut self, segments: DataSectionReader<'_>) -> Result<(), CodeError> {
        for segment in segments {
            self.report.data_bytes += segment.map_err(malformed)?.data.len() as u64;
        }
        Ok(())
    }

    fn limit_name(&self, name: &str) -> Result<(), CodeError> {
        at_most("bytes of a name", name.len() as u64, self.limits.name_bytes)
    }

    fn function(
        &mut self,
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
        allocations: FuncValidatorAllocations,
    ) -> Result<FuncValidatorAllocations, CodeError> {
        let limits = self.limits;
        at_most("bytes of a function", body.range().len() as u64, limits.body_bytes)?;
        let mut validator = function.into_validator(allocations);
        let parameters = validator.len_locals();
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader).map_err(malformed)?;
        at_most("locals of a function", validator.len_locals(), limits.locals)?;
        let mut tally = Tally::default();
        let mut operators = body.get_operators_reader().map_err(malformed)?;
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset().map_err(malformed)?;
            validator.op(offset, &operator).map_err(malformed)?;
            tally.count(&operator);
            tally.operands = tally.operands.max(validator.operand_stack_height());
            at_most("nested blocks", validator.control_stack_height(), limits.nesting)?;
            at_most("blocks of a function", tally.controls, limits.controls)?;
            at_most("branch targets of a function", tally.targets, limits.branch_targets)?;
        }
        operators.finish().map_err(malformed)?;
        self.report.has_floats |= tally.has_floats;
        self.report.uses_segments |= tally.uses_segments;
        self.control_squares += u64::from(tally.controls) * u64::from(tally.controls);
        at_most("squared blocks", self.control_squares, limits.control_squares)?;
        self.functions.push(FunctionFacts {
            parameters,
            locals: validator.len_locals(),
            operands: tally.operands,
            result: None,
            has_calls: tally.has_calls,
        });
        Ok(validator.into_allocations())
    }

    fn finish(mut self, types: &Types) -> Result<Inspection, CodeError> {
        self.limit_types(types)?;
        let personality = self.personality();
        if personality == Personality::CosmWasm {
            self.check_cosmwasm()?;
        }
        let offered = personality.imports(self.offered);
        for (module, name, type_index) in &self.imported {
            let found = signature(types, *type_index);
            check_import(offered, module, name, &found)?;
        }
        for (index, function) in self.functions.iter_mut().enumerate() {
            let index = (self.imported.len() + index) as u32;
            let id = types.as_ref().core_function_at(index);
            function.result = types[id].unwrap_func().results().first().copied();
        }
        self.require_memory()?;
        for rule in personality.functions() {
            self.require_function(types, rule)?;
        }
        self.report.personality = personality;
        self.report.imports =
            self.imported.into_iter().map(|(module, name, _)| (module, name)).collect();
        self.report.exports = self.exported.into_iter().map(|(name, ..)| name).collect();
        self.report.has_deploy = personality.has_constructor(&self.report.exports);
        Ok(Inspection { report: self.report, functions: self.functions })
    }

    fn personality(&self) -> Personality {
        let imports = self.imported.iter().map(|(module, ..)| module.as_str());
        let exports = self.exported.iter().map(|(name, ..)| name.as_str());
        Personality::of(imports, exports)
    }

    fn limit_types(&self, types: &Types) -> Result<(), CodeError> {
        for index in 0..types.as_ref().core_type_count_in_module() {
            let found = signature(types, index);
            let parameters = found.parameters.len() as u64;
            at_most("parameters of a function", parameters, self.limits.parameters)?;
        }
        Ok(())
    }

    fn require_memory(&self) -> Result<(), CodeError> {
        let found = self.exported.iter().find(|(name, ..)| name == "memory");
        match found {
            Some((_, ExternalKind::Memory, _)) => Ok(()),
            Some(_) => Err(missing("memory", "it is no memory")),
            None => Err(missing("memory", "every contract exports its memory")),
        }
    }

    /// What modules of CosmWasm say of themselves by the names of exports.
    fn check_cosmwasm(&self) -> Result<(), CodeError> {
        for (name, ..) in &self.exported {
            if is_cosmwasm_version(name) && name != COSMWASM_VERSION {
                let reason = format!("only {COSMWASM_VERSION} runs here, of CosmWasm 1, 2 and 3");
                return Err(missing(name, &reason));
            }
            let needed = name.strip_prefix(COSMWASM_NEEDS_PREFIX);
            if needed.is_some_and(|needed| !COSMWASM_NEEDS.contains(&needed)) {
                return Err(missing(name, "the chain does not have what the module requires"));
            }
        }
        Ok(())
    }

    fn require_function(&self, types: &Types, rule: &FunctionRule) -> Result<(), CodeError> {
        let FunctionRule { name, is_required, .. } = *rule;
        let Some((_, kind, index)) = self.exported.iter().find(|(found, ..)| found == name) else {
            let reason = format!("every contract exports {}", expected(rule));
            return if is_required { Err(missing(name, &reason)) } else { Ok(()) };
        };
        if *kind != ExternalKind::Func {
            return Err(missing(name, "it is no function"));
        }
        if (*index as usize) < self.imported.len() {
            return Err(missing(name, "it is an import"));
        }
        let function = types[types.as_ref().core_function_at(*index)].unwrap_func();
        let is_word = |found: &ValType| *found == ValType::I32;
        let fits = rule.parameters.contains(&function.params().len())
            && function.results().len() == usize::from(rule.has_result)
            && function.params().iter().chain(function.results()).all(is_word);
        if !fits {
            let found = Signature::of(function);
            let reason = format!("it is {}, not {}", found.text(), expected(rule));
            return Err(missing(name, &reason));
        }
        Ok(())
    }
}

/// The type of the function of a rule.
fn expected(rule: &FunctionRule) -> String {
    let words = |count: usize| vec![Some(ValueType::I32); count];
    let parameters = words(rule.parameters.first().copied().unwrap_or_default());
    Signature { parameters, results: words(rule.has_result.into()) }.text()
}

/// What is counted within one function.
#[derive(Default)]
struct Tally {
    controls: u32,
    targets: u32,
    operands: u32,
    has_calls: bool,
    has_floats: bool,
    uses_segments: bool,
}

impl Tally {
    fn count(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Else
            | Operator::BrIf { .. } => self.controls += 1,
            Operator::BrTable { targets } => {
                self.targets = self.targets.saturating_add(targets.len()).saturating_add(1);
            }
            Operator::Call { .. } | Operator::CallIndirect { .. } => self.has_calls = true,
            Operator::MemoryInit { .. }
            | Operator::DataDrop { .. }
            | Operator::TableInit { .. }
            | Operator::TableCopy { .. }
            | Operator::ElemDrop { .. } => self.uses_segments = true,
            operator => self.has_floats |= is_float(operator),
        }
    }
}

/// The type of a function, to compare with an offered one and to tell people.
struct Signature {
    parameters: Vec<Option<ValueType>>,
    results: Vec<Option<ValueType>>,
}

impl Signature {
    fn of(function: &wasmparser::FuncType) -> Self {
        let known = |types: &[ValType]| types.iter().copied().map(value_type).collect();
        Self { parameters: known(function.params()), results: known(function.results()) }
    }

    fn text(&self) -> String {
        let list = |types: &[Option<ValueType>]| {
            let names: Vec<_> = types.iter().map(|one| one.map_or("?", name_of)).collect();
            format!("({})", names.join(" "))
        };
        match self.results.as_slice() {
            [] => list(&self.parameters),
            [result] => {
                format!("{} -> {}", list(&self.parameters), result.map_or("?", name_of))
            }
            results => format!("{} -> {}", list(&self.parameters), list(results)),
        }
    }
}

fn signature(types: &Types, type_index: u32) -> Signature {
    let id = types.as_ref().core_type_at_in_module(type_index);
    Signature::of(types[id].unwrap_func())
}

const fn value_type(found: ValType) -> Option<ValueType> {
    match found {
        ValType::I32 => Some(ValueType::I32),
        ValType::I64 => Some(ValueType::I64),
        ValType::F32 => Some(ValueType::F32),
        ValType::F64 => Some(ValueType::F64),
        ValType::V128 | ValType::Ref(_) => None,
    }
}

const fn name_of(value_type: ValueType) -> &'static str {
    match value_type {
        ValueType::I32 => "i32",
        ValueType::I64 => "i64",
        ValueType::F32 => "f32",
        ValueType::F64 => "f64",
    }
}

fn check_import(
    offered: &[ImportSignature],
    module: &str,
    name: &str,
    found: &Signature,
) -> Result<(), CodeError> {
    let Some(offer) = offered.iter().find(|offer| offer.module == module && offer.name == name)
    else {
        let reason = "the host has no such function".to_owned();
        return Err(refused_import(module, name, reason));
    };
    let wanted = Signature {
        parameters: offer.parameters.iter().copied().map(Some).collect(),
        results: offer.result.iter().copied().map(Some).collect(),
    };
    if wanted.parameters == found.parameters && wanted.results == found.results {
        return Ok(());
    }
    let reason = format!("its type is {}, the host has {}", found.text(), wanted.text());
    Err(refused_import(module, name, reason))
}

fn at_most(
    what: &'static str,
    found: impl Into<u64>,
    limit: impl Into<u64>,
) -> Result<(), CodeError> {
    let (found, limit) = (found.into(), limit.into());
    if found <= limit {
        return Ok(());
    }
    Err(CodeError::Limit { kind: VmKind::Wasm, what, found, limit })
}

fn malformed(error: BinaryReaderError) -> CodeError {
    CodeError::Malformed {
        kind: VmKind::Wasm,
        offset: error.offset(),
        reason: error.message().to_owned(),
    }
}

fn reject(offset: usize, reason: &str) -> CodeError {
    CodeError::Malformed { kind: VmKind::Wasm, offset, reason: reason.to_owned() }
}

fn refused_import(module: &str, name: &str, reason: String) -> CodeError {
    CodeError::Import { kind: VmKind::Wasm, name: format!("{module}.{name}"), reason }
}

fn missing(name: &str, reason: &str) -> CodeError {
    CodeError::Export { kind: VmKind::Wasm, name: name.to_owned(), reason: reason.to_owned() }
}
