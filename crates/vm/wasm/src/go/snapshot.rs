//! Writes a module anew with the memory and the globals that its start left.

use std::ops::Range;

use wasm_encoder::{
    ConstExpr, DataSection, ExportKind, ExportSection, GlobalSection, GlobalType, MemorySection,
    MemoryType, Module, RawSection, SectionId, ValType,
};
use wasmparser::{
    BinaryReader, BinaryReaderError, ExportSectionReader, ExternalKind, GlobalSectionReader,
    MemorySectionReader, Parser, Payload,
};

use super::INITIALIZE;
use crate::limits::MEMORY_PAGE_BYTES;
use crate::validate::{FEATURES, INTERFACE_SECTION};

/// Zero bytes between two runs of others that are not worth a segment of their own.
const GAP_BYTES_MAX: usize = 32;

/// A module whose mutable globals can be read.
pub(super) struct Open {
    pub(super) module: Vec<u8>,
    /// The names under which they are exported, in their order.
    pub(super) globals: Vec<String>,
}

/// What a start left.
#[derive(Debug)]
pub(crate) struct Image {
    /// The whole memory.
    pub(crate) memory: Vec<u8>,
    /// The mutable globals, in their order.
    pub(crate) globals: Vec<Number>,
}

/// The value of a global.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// The bits of a 32-bit float.
    F32(u32),
    /// The bits of a 64-bit float.
    F64(u64),
}

/// Whether the module imports a function of `from`.
pub(super) fn imports_from(module: &[u8], from: &str) -> bool {
    let mut payloads = parser().parse_all(module);
    payloads.any(|payload| match payload {
        Ok(Payload::ImportSection(imports)) => {
            imports.into_imports().any(|import| import.is_ok_and(|import| import.module == from))
        }
        _ => false,
    })
}

/// The module with an export for each mutable global.
pub(super) fn with_exported_globals(wasm: &[u8]) -> Result<Open, BinaryReaderError> {
    let sections = sections(wasm)?;
    let mut mutable = Vec::new();
    if let Some(data) = data_of(wasm, &sections, SectionId::Global) {
        for (index, global) in (0..).zip(GlobalSectionReader::new(reader_of(data))?) {
            if global?.ty.mutable {
                mutable.push((format!("go:global:{index}"), index));
            }
        }
    }
    let mut module = Module::new();
    for (id, range) in sections {
        let data = wasm.get(range).unwrap_or_default();
        if id == SectionId::Export as u8 {
            let mut section = exports(data, None)?;
            for (name, index) in &mutable {
                section.export(name, ExportKind::Global, *index);
            }
            module.section(&section);
        } else {
            module.section(&RawSection { id, data });
        }
    }
    let globals = mutable.into_iter().map(|(name, _)| name).collect();
    Ok(Open { module: module.finish(), globals })
}

/// The module that begins where `image` ends, and cannot start again.
pub(super) fn write(wasm: &[u8], image: &Image) -> Result<Vec<u8>, BinaryReaderError> {
    let mut module = Module::new();
    let mut has_data = false;
    for (id, range) in sections(wasm)? {
        let data = wasm.get(range).unwrap_or_default();
        match SECTIONS.iter().find(|known| **known as u8 == id) {
            Some(SectionId::Memory) => {
                module.section(&memory(data, image)?);
            }
            Some(SectionId::Global) => {
                module.section(&globals(data, image)?);
            }
            Some(SectionId::Export) => {
                module.section(&exports(data, Some(INITIALIZE))?);
            }
            Some(SectionId::DataCount) => {}
            Some(SectionId::Data) => {
                has_data = true;
                module.section(&segments(&image.memory));
            }
            Some(SectionId::Custom) if !is_interface(data) => {}
            _ => {
                module.section(&RawSection { id, data });
            }
        }
    }
    if !has_data {
        module.section(&segments(&image.memory));
    }
    Ok(module.finish())
}

/// The sections that are not copied as they are.
const SECTIONS: [SectionId; 6] = [
    SectionId::Custom,
    SectionId::Memory,
    SectionId::Global,
    SectionId::Export,
    SectionId::DataCount,
    SectionId::Data,
];

fn memory(data: &[u8], image: &Image) -> Result<MemorySection, BinaryReaderError> {
    let mut section = MemorySection::new();
    for memory in MemorySectionReader::new(reader_of(data))? {
        section.memory(MemoryType {
            minimum: (image.memory.len() / MEMORY_PAGE_BYTES as usize) as u64,
            maximum: memory?.maximum,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
    }
    Ok(section)
}

fn globals(data: &[u8], image: &Image) -> Result<GlobalSection, BinaryReaderError> {
    let mut section = GlobalSection::new();
    let mut values = image.globals.iter();
    let reader = GlobalSectionReader::new(reader_of(data))?;
    let mut begin = reader.original_position();
    let mut globals = reader.into_iter();
    while let Some(global) = globals.next() {
        let end = globals.original_position();
        if global?.ty.mutable {
            let value = values.next().copied().expect("invariant: every mutable global was read");
            let (val_type, start) = value.encode();
            let global_type = GlobalType { val_type, mutable: true, shared: false };
            section.global(global_type, &start);
        } else {
            section.raw(data.get(begin..end).unwrap_or_default());
        }
        begin = end;
    }
    Ok(section)
}

impl Number {
    fn encode(self) -> (ValType, ConstExpr) {
        match self {
            Self::I32(value) => (ValType::I32, ConstExpr::i32_const(value)),
            Self::I64(value) => (ValType::I64, ConstExpr::i64_const(value)),
            Self::F32(bits) => {
                (ValType::F32, ConstExpr::f32_const(wasm_encoder::Ieee32::new(bits)))
            }
            Self::F64(bits) => {
                (ValType::F64, ConstExpr::f64_const(wasm_encoder::Ieee64::new(bits)))
            }
        }
    }
}

/// The exports without the one of a name.
fn exports(data: &[u8], without: Option<&str>) -> Result<ExportSection, BinaryReaderError> {
    let mut section = ExportSection::new();
    for export in ExportSectionReader::new(reader_of(data))? {
        let export = export?;
        if Some(export.name) == without {
            continue;
        }
        let kind = match export.kind {
            ExternalKind::Table => ExportKind::Table,
            ExternalKind::Memory => ExportKind::Memory,
            ExternalKind::Global => ExportKind::Global,
            _ => ExportKind::Func,
        };
        section.export(export.name, kind, export.index);
    }
    Ok(section)
}

/// The bytes of `memory` that are not zero, as active segments.
fn segments(memory: &[u8]) -> DataSection {
    let mut section = DataSection::new();
    for run in runs(memory) {
        let offset = ConstExpr::i32_const((run.start as u32).cast_signed());
        let data = memory.get(run).unwrap_or_default();
        section.active(0, &offset, data.iter().copied());
    }
    section
}

/// Where bytes are that are not zero, with gaps of at most [`GAP_BYTES_MAX`] within.
fn runs(memory: &[u8]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let busy = memory.iter().enumerate().filter(|(_, byte)| **byte != 0);
    for (index, _) in busy {
        match runs.last_mut() {
            Some(run) if index - run.end <= GAP_BYTES_MAX => run.end = index + 1,
            _ => runs.push(index..index + 1),
        }
    }
    runs
}

fn is_interface(data: &[u8]) -> bool {
    let mut reader = reader_of(data);
    reader.read_string().is_ok_and(|name| name == INTERFACE_SECTION)
}

/// The sections in their order, with what each holds.
fn sections(wasm: &[u8]) -> Result<Vec<(u8, Range<usize>)>, BinaryReaderError> {
    let mut sections = Vec::new();
    for payload in parser().parse_all(wasm) {
        sections.extend(payload?.as_section());
    }
    Ok(sections)
}

fn data_of<'a>(wasm: &'a [u8], sections: &[(u8, Range<usize>)], id: SectionId) -> Option<&'a [u8]> {
    let (_, range) = sections.iter().find(|(found, _)| *found == id as u8)?;
    wasm.get(range.clone())
}

fn parser() -> Parser {
    let mut parser = Parser::new(0);
    parser.set_features(FEATURES);
    parser
}

fn reader_of(data: &[u8]) -> BinaryReader<'_> {
    BinaryReader::new_features(data, 0, FEATURES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn segments_hold_every_byte(memory in prop::collection::vec(
            prop_oneof![9 => Just(0u8), 1 => any::<u8>()], 0..2_000
        )) {
            let mut copy = vec![0; memory.len()];
            let mut end = 0;
            for run in runs(&memory) {
                prop_assert!(run.start >= end && run.start < run.end);
                end = run.end;
                copy[run.clone()].copy_from_slice(&memory[run]);
            }
            prop_assert_eq!(copy, memory);
        }
    }
}
