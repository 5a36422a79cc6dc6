//! Writes a module anew: its sections as they were, but for the memory's maximum, the two
//! counters, their exports, and the functions with their types.
//!
//! The functions of the module take the counters as parameters and give the points back (see
//! `function`). So each type comes a second time, with the counters, and a function gets its
//! second type. Indices of functions and of types stay as they were; behind the functions come
//! thunks: with the first type for those that the module exports, which the host calls, and with
//! the second type for those of the host that stand in the table.

use std::collections::BTreeMap;
use std::ops::Range;

use wasm_encoder::{
    CodeSection, ConstExpr, ElementMode, ElementSection, ElementSegment, Elements, ExportKind,
    ExportSection, FunctionSection, GlobalSection, GlobalType, HeapType, MemorySection, MemoryType,
    Module, RawSection, RefType, SectionId, TypeSection, ValType,
};
use wasmparser::{
    BinaryReader, BinaryReaderError, Element, ElementItems, ElementKind, ElementSectionReader,
    ExternalKind, FuncType, FunctionBody, Operator, Parser, Payload, TypeRef,
};

use super::costs::WasmCosts;
use super::function::{self, Context, encode_type};
use super::thunks;
use super::{GAS_GLOBAL, STACK_GLOBAL};
use crate::limits::WasmLimits;
use crate::personality::Personality;
use crate::validate::{FEATURES, Inspection};

/// The sections that an engine reads, in the order of the format.
const SECTION_ORDER: [SectionId; 11] = [
    SectionId::Type,
    SectionId::Import,
    SectionId::Function,
    SectionId::Table,
    SectionId::Memory,
    SectionId::Global,
    SectionId::Export,
    SectionId::Element,
    SectionId::DataCount,
    SectionId::Code,
    SectionId::Data,
];

/// Writes `wasm`, which passed the checks that gave `inspection`, with metering in it.
pub(super) fn rewrite(
    wasm: &[u8],
    limits: &WasmLimits,
    costs: &WasmCosts,
    inspection: &Inspection,
) -> Result<Vec<u8>, BinaryReaderError> {
    let source = Source::read(wasm)?;
    let globals = inspection.report.globals;
    let context = Context {
        costs,
        gas: globals,
        stack: globals + 1,
        imports: source.imports,
        types: source.types.len() as u32,
    };
    let mut module = Module::new();
    for id in SECTION_ORDER {
        let range = source.sections.get(&(id as u8)).cloned();
        let data = range.and_then(|range| wasm.get(range));
        match (id, data) {
            (SectionId::Global, data) => {
                module.section(&rewrite_globals(data, globals, limits)?);
            }
            (SectionId::Memory, Some(_)) => {
                module.section(&rewrite_memory(inspection));
            }
            (SectionId::Type, _) => {
                module.section(&source.rewrite_types());
            }
            (SectionId::Function, _) => {
                module.section(&source.rewrite_functions(context));
            }
            (SectionId::Export, Some(data)) => {
                let personality = inspection.report.personality;
                module.section(&source.rewrite_exports(data, personality, context)?);
            }
            (SectionId::Element, Some(data)) => {
                module.section(&source.rewrite_elements(data)?);
            }
            (SectionId::Code, _) => {
                module.section(&source.rewrite_code(wasm, inspection, context)?);
            }
            (_, Some(data)) => {
                module.section(&RawSection { id: id as u8, data });
            }
            (_, None) => {}
        }
    }
    Ok(module.finish())
}

/// What is read from a module before it is written anew.
#[derive(Default)]
struct Source<'a> {
    sections: BTreeMap<u8, Range<usize>>,
    types: Vec<FuncType>,
    /// The type of each function, those that are imported first.
    functions: Vec<u32>,
    imports: u32,
    bodies: Vec<FunctionBody<'a>>,
    /// The thunk of each function that is exported and not imported.
    exported: BTreeMap<u32, u32>,
    /// The thunk of each function that is imported and stands in a segment of the table.
    listed: BTreeMap<u32, u32>,
}

impl<'a> Source<'a> {
    fn read(wasm: &'a [u8]) -> Result<Self, BinaryReaderError> {
        let mut source = Self::default();
        let mut parser = Parser::new(0);
        parser.set_features(FEATURES);
        for payload in parser.parse_all(wasm) {
            source.read_payload(payload?)?;
        }
        let first = source.functions.len() as u32;
        let thunks = source.exported.values_mut().chain(source.listed.values_mut());
        for (index, thunk) in (first..).zip(thunks) {
            *thunk = index;
        }
        Ok(source)
    }

    fn read_payload(&mut self, payload: Payload<'a>) -> Result<(), BinaryReaderError> {
        if let Some((id, range)) = payload.as_section() {
            self.sections.insert(id, range);
        }
        match payload {
            Payload::TypeSection(types) => {
                for own in types.into_iter_err_on_gc_types() {
                    self.types.push(own?);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if let TypeRef::Func(index) = import?.ty {
                        self.functions.push(index);
                        self.imports += 1;
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                for index in functions {
                    self.functions.push(index?);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if export.kind == ExternalKind::Func && export.index >= self.imports {
                        self.exported.insert(export.index, 0);
                    }
                }
            }
            Payload::ElementSection(segments) => {
                for segment in segments {
                    for index in functions_of(&segment?)?.into_iter().flatten() {
                        if index < self.imports {
                            self.listed.insert(index, 0);
                        }
                    }
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            _ => {}
        }
        Ok(())
    }

    fn type_index(&self, function: u32) -> u32 {
        self.functions.get(function as usize).copied().unwrap_or_default()
    }

    fn type_of(&self, function: u32) -> Option<&FuncType> {
        self.types.get(self.type_index(function) as usize)
    }

    /// The types as they were, then each with the counters.
    fn rewrite_types(&self) -> TypeSection {
        let mut section = TypeSection::new();
        let encoded = |types: &[wasmparser::ValType]| -> Vec<ValType> {
            types.iter().map(|one| encode_type(*one)).collect()
        };
        for own in &self.types {
            section.ty().function(encoded(own.params()), encoded(own.results()));
        }
        for own in &self.types {
            let (mut parameters, mut results) = (encoded(own.params()), encoded(own.results()));
            parameters.extend(thunks::COUNTERS);
            results.push(thunks::POINTS);
            section.ty().function(parameters, results);
        }
        section
    }

    fn rewrite_functions(&self, context: Context<'_>) -> FunctionSection {
        let mut section = FunctionSection::new();
        for index in self.functions.iter().skip(self.imports as usize) {
            section.function(index + context.types);
        }
        for function in self.exported.keys() {
            section.function(self.type_index(*function));
        }
        for function in self.listed.keys() {
            section.function(self.type_index(*function) + context.types);
        }
        section
    }

    fn rewrite_code(
        &self,
        wasm: &[u8],
        inspection: &Inspection,
        context: Context<'_>,
    ) -> Result<CodeSection, BinaryReaderError> {
        let mut section = CodeSection::new();
        for (body, facts) in self.bodies.iter().zip(&inspection.functions) {
            section.raw(&function::rewrite(wasm, body, facts, context)?);
        }
        let parameters =
            |function| self.type_of(function).map_or(0, |own| own.params().len() as u32);
        for function in self.exported.keys() {
            section.function(&thunks::from_host(*function, parameters(*function), context));
        }
        for function in self.listed.keys() {
            section.function(&thunks::to_host(*function, parameters(*function), context));
        }
        Ok(section)
    }

    /// The module's own exports, functions by their thunks, then the counters. Entries get the
    /// names that a module of Braid gives them.
    fn rewrite_exports(
        &self,
        data: &[u8],
        personality: Personality,
        context: Context<'_>,
    ) -> Result<ExportSection, BinaryReaderError> {
        let mut section = ExportSection::new();
        for export in wasmparser::ExportSectionReader::new(reader_of(data))? {
            let export = export?;
            let (kind, index) = match export.kind {
                ExternalKind::Table => (ExportKind::Table, export.index),
                ExternalKind::Memory => (ExportKind::Memory, export.index),
                ExternalKind::Global => (ExportKind::Global, export.index),
                _ => {
                    let thunk = self.exported.get(&export.index).copied();
                    (ExportKind::Func, thunk.unwrap_or(export.index))
                }
            };
            for name in personality.exported_as(export.name) {
                section.export(name, kind, index);
            }
        }
        section.export(GAS_GLOBAL, ExportKind::Global, context.gas);
        section.export(STACK_GLOBAL, ExportKind::Global, context.stack);
        Ok(section)
    }

    /// The segments of the table, functions of the host by their thunks.
    fn rewrite_elements(&self, data: &[u8]) -> Result<ElementSection, BinaryReaderError> {
        let mut section = ElementSection::new();
        for segment in ElementSectionReader::new(reader_of(data))? {
            let segment = segment?;
            let functions = functions_of(&segment)?
                .into_iter()
                .map(|own| own.map(|own| self.listed.get(&own).copied().unwrap_or(own)));
            let elements = match segment.items {
                ElementItems::Functions(_) => Elements::Functions(functions.flatten().collect()),
                ElementItems::Expressions(..) => {
                    let null = || ConstExpr::ref_null(HeapType::FUNC);
                    let all = functions.map(|own| own.map_or_else(null, ConstExpr::ref_func));
                    Elements::Expressions(RefType::FUNCREF, all.collect())
                }
            };
            let offset;
            let mode = match segment.kind {
                ElementKind::Passive => ElementMode::Passive,
                ElementKind::Declared => ElementMode::Declared,
                ElementKind::Active { table_index, offset_expr } => {
                    let mut reader = offset_expr.get_binary_reader();
                    let bytes = reader.bytes_remaining().saturating_sub(1);
                    offset = ConstExpr::raw(reader.read_bytes(bytes)?.iter().copied());
                    ElementMode::Active { table: table_index, offset: &offset }
                }
            };
            section.segment(ElementSegment { mode, elements });
        }
        Ok(section)
    }
}

/// The functions that a segment of the table lists; none where an element is empty.
fn functions_of(segment: &Element<'_>) -> Result<Vec<Option<u32>>, BinaryReaderError> {
    match segment.items.clone() {
        ElementItems::Functions(items) => items.into_iter().map(|own| own.map(Some)).collect(),
        ElementItems::Expressions(_, items) => items
            .into_iter()
            .map(|expression| {
                Ok(match expression?.get_operators_reader().read()? {
                    Operator::RefFunc { function_index } => Some(function_index),
                    _ => None,
                })
            })
            .collect(),
    }
}

/// The module's own globals as they were, then the counters.
fn rewrite_globals(
    data: Option<&[u8]>,
    count: u32,
    limits: &WasmLimits,
) -> Result<GlobalSection, BinaryReaderError> {
    let mut section = GlobalSection::new();
    if let Some(data) = data {
        let reader = wasmparser::GlobalSectionReader::new(reader_of(data))?;
        let mut begin = reader.original_position();
        let mut ends: Vec<usize> = Vec::with_capacity(count as usize);
        let mut globals = reader.into_iter();
        while let Some(global) = globals.next() {
            global?;
            ends.push(globals.original_position());
        }
        for end in ends {
            section.raw(data.get(begin..end).unwrap_or_default());
            begin = end;
        }
    }
    let counter = |val_type| GlobalType { val_type, mutable: true, shared: false };
    let slots = i32::try_from(limits.stack_slots).unwrap_or(i32::MAX);
    section.global(counter(ValType::I64), &ConstExpr::i64_const(0));
    section.global(counter(ValType::I32), &ConstExpr::i32_const(slots));
    Ok(section)
}

fn rewrite_memory(inspection: &Inspection) -> MemorySection {
    let mut section = MemorySection::new();
    section.memory(MemoryType {
        minimum: inspection.report.memory_pages.into(),
        maximum: Some(inspection.report.memory_pages_max.into()),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    section
}

fn reader_of(data: &[u8]) -> BinaryReader<'_> {
    BinaryReader::new_features(data, 0, FEATURES)
}
