//! Writes a module anew: its sections as they were, but for the memory's maximum, the two
//! counters, their exports, and the bodies of the functions.

use std::collections::BTreeMap;
use std::ops::Range;

use wasm_encoder::{
    CodeSection, ConstExpr, Encode, ExportKind, GlobalSection, GlobalType, MemorySection,
    MemoryType, Module, RawSection, SectionId, ValType,
};
use wasmparser::{BinaryReader, BinaryReaderError, FunctionBody, Parser, Payload};

use super::costs::WasmCosts;
use super::function::{self, Counters};
use super::{GAS_GLOBAL, STACK_GLOBAL};
use crate::limits::WasmLimits;
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
    let (sections, bodies) = read_sections(wasm)?;
    let globals = inspection.report.globals;
    let counters = Counters {
        gas: globals,
        stack: globals + 1,
        imports: inspection.report.imports.len() as u32,
    };
    let mut module = Module::new();
    for id in SECTION_ORDER {
        let range = sections.get(&(id as u8)).cloned();
        let data = range.and_then(|range| wasm.get(range));
        match (id, data) {
            (SectionId::Global, data) => {
                module.section(&rewrite_globals(data, globals, limits)?);
            }
            (SectionId::Memory, Some(_)) => {
                module.section(&rewrite_memory(inspection));
            }
            (SectionId::Export, Some(data)) => {
                let data = rewrite_exports(data, counters)?;
                module.section(&RawSection { id: id as u8, data: &data });
            }
            (SectionId::Code, Some(_)) => {
                let mut code = CodeSection::new();
                for (body, facts) in bodies.iter().zip(&inspection.functions) {
                    code.raw(&function::rewrite(wasm, body, facts, costs, counters)?);
                }
                module.section(&code);
            }
            (_, Some(data)) => {
                module.section(&RawSection { id: id as u8, data });
            }
            (_, None) => {}
        }
    }
    Ok(module.finish())
}

type Sections<'a> = (BTreeMap<u8, Range<usize>>, Vec<FunctionBody<'a>>);

fn read_sections(wasm: &[u8]) -> Result<Sections<'_>, BinaryReaderError> {
    let mut sections = BTreeMap::new();
    let mut bodies = Vec::new();
    let mut parser = Parser::new(0);
    parser.set_features(FEATURES);
    for payload in parser.parse_all(wasm) {
        let payload = payload?;
        if let Some((id, range)) = payload.as_section() {
            sections.insert(id, range);
        }
        if let Payload::CodeSectionEntry(body) = payload {
            bodies.push(body);
        }
    }
    Ok((sections, bodies))
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

/// The module's own exports as they were, then the counters.
fn rewrite_exports(data: &[u8], counters: Counters) -> Result<Vec<u8>, BinaryReaderError> {
    let mut reader = reader_of(data);
    let count = reader.read_var_u32()?;
    let own = data.get(reader.current_position()..).unwrap_or_default();
    let mut bytes = Vec::with_capacity(data.len() + 32);
    (count + 2).encode(&mut bytes);
    bytes.extend_from_slice(own);
    for (name, index) in [(GAS_GLOBAL, counters.gas), (STACK_GLOBAL, counters.stack)] {
        name.encode(&mut bytes);
        ExportKind::Global.encode(&mut bytes);
        index.encode(&mut bytes);
    }
    Ok(bytes)
}

fn reader_of(data: &[u8]) -> BinaryReader<'_> {
    BinaryReader::new_features(data, 0, FEATURES)
}
