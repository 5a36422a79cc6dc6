//! Where the author has what a script does.

use crate::unit::Module;

/// The lines of a module.
pub(super) struct Places<'m> {
    module: &'m Module,
    /// Where each line after the first begins.
    starts: Vec<usize>,
}

impl<'m> Places<'m> {
    pub(super) fn of(module: &'m Module) -> Self {
        let breaks = module.source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { module, starts: breaks.map(|(at, _)| at + 1).collect() }
    }

    /// The author's file and line of an offset, as a literal of text.
    pub(super) fn shown(&self, offset: u32) -> String {
        let index = self.starts.partition_point(|start| *start <= offset as usize);
        let own = || u32::try_from(index + 1).unwrap_or(u32::MAX);
        let line = self.module.lines.get(index).copied().unwrap_or_else(own);
        serde_json::Value::from(format!("{}:{line}", self.module.name)).to_string()
    }
}
