//! Joins the modules of a unit into one script.
//!
//! Each module becomes a function that runs once, when it is first needed. What another module
//! exports and never changes is read once into a constant; what may change, or is part of a cycle,
//! is read through the namespace of its module every time, as the language says.

mod graph;
mod imports;

use core::fmt::Write as _;

use oxc::allocator::Allocator;

pub(crate) use self::imports::{Export, Import, Imported, Shape, Target};
use self::{graph::Graph, imports::shape};
use crate::{
    Compiled, ScriptLines,
    abi::{CALL_DEPTH_MAX, OPERATORS},
    error::{CompileError, Finding, Place, position},
    meter::{Links, meter},
    parse::{Parsed, parse},
    unit::{Module, ModuleKind, Unit},
};

/// Compiles the modules of a unit that is within its limits.
pub(crate) fn link(unit: &Unit) -> Result<Compiled, CompileError> {
    let allocators: Vec<Allocator> = unit.modules.iter().map(|_| Allocator::default()).collect();
    let mut parsed = Vec::with_capacity(unit.modules.len());
    for (module, allocator) in unit.modules.iter().zip(&allocators) {
        parsed.push(parse(allocator, module).map_err(|finding| place(module, finding))?);
    }
    let names: Vec<&str> = unit.modules.iter().map(|module| module.name.as_str()).collect();
    let mut shapes = Vec::with_capacity(parsed.len());
    for (module, tree) in unit.modules.iter().zip(&parsed) {
        let found = shape(module, tree, &names).map_err(|finding| place(module, finding))?;
        shapes.push(found);
    }
    let graph = Graph::new(unit, &shapes);
    graph.offers(unit)?;
    Writer { unit, graph }.script(&parsed)
}

/// The error of a finding in a canonical source, at the line of the author.
fn place(module: &Module, finding: Finding) -> CompileError {
    let (line, column) = position(&module.source, finding.offset);
    let index = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
    let place = match module.lines.get(index) {
        Some(line) => Place { file: module.name.clone(), line: *line, column: 0 },
        None => Place { file: module.name.clone(), line, column },
    };
    CompileError::Source { place, what: finding.what }
}

struct Writer<'u> {
    unit: &'u Unit,
    graph: Graph<'u>,
}

impl Writer<'_> {
    fn script(&self, parsed: &[Parsed<'_>]) -> Result<Compiled, CompileError> {
        let mut source = self.prologue();
        let mut lines = Vec::new();
        for (index, (module, tree)) in self.unit.modules.iter().zip(parsed).enumerate() {
            let (links, prelude) = self.graph.links(index, &tree.scoping);
            let links = links.map_err(|finding| place(module, finding))?;
            let metered = meter(module, tree.program, &tree.scoping, &links);
            let metered = metered.map_err(|finding| place(module, finding))?;
            lines.push((line_count(&source), index));
            self.module(&mut source, index, &prelude, &metered.body);
        }
        let entry = self.unit.entry;
        let is_common = self.graph.kind(entry) == ModuleKind::CommonJs;
        _ = match is_common {
            true => writeln!(source, "return {{__proto__:null,default:$__l{entry}()}};}})"),
            false => writeln!(source, "return $__l{entry}();}})"),
        };
        let places = self.unit.modules.iter();
        let places = places.map(|module| (module.name.clone(), module.lines.clone())).collect();
        Ok(Compiled {
            source,
            interface: self.unit.interface.clone(),
            lines: ScriptLines { starts: lines, places },
        })
    }

    /// The counters, the helpers and the variables of the modules.
    fn prologue(&self) -> String {
        let mut out = String::from(
            "(function($__env){'use strict';\
             let $__g=0,$__m=$__env.memory,$__d=0,$__t,$__x,$__y,$__w;\
             const $__O=()=>{if($__g<0)$__g=$__env.refill($__g);\
             if($__m<0){$__g=-1;$__env.exhausted();}",
        );
        _ = write!(
            out,
            "if($__d>{CALL_DEPTH_MAX})$__env.deep();}},\
             $__T=n=>{{if(($__g-=n)<0)$__O();}},$__A=n=>{{if(($__m-=n)<0)$__O();}},\
             $__G=()=>$__g,$__S=n=>{{$__g=n;}},$__R=(o,k)=>{{$__x=o;$__y=k;}};\
             $__env.bind($__T,$__G,$__S,$__A,()=>$__w);const{{"
        );
        for operator in OPERATORS {
            _ = write!(out, "{0}:$__{0},", operator.name);
        }
        out.push_str("}=$__env.operators;");
        for index in 0..self.unit.modules.len() {
            _ = write!(out, "let $__n{index};");
            _ = match self.graph.kind(index) {
                ModuleKind::Esm => write!(
                    out,
                    "const $__l{index}=()=>{{if($__n{index}===void 0)$__b{index}();\
                     return $__n{index};}};"
                ),
                ModuleKind::CommonJs => write!(
                    out,
                    "const $__l{index}=()=>{{if($__n{index}===void 0){{\
                     $__n{index}={{exports:{{}}}};\
                     $__b{index}.call($__n{index}.exports,$__n{index},$__n{index}.exports);}}\
                     return $__n{index}.exports;}};"
                ),
            };
        }
        out.push('\n');
        out
    }

    fn module(&self, out: &mut String, index: usize, prelude: &str, body: &str) {
        let parameters = match self.graph.kind(index) {
            ModuleKind::Esm => "",
            ModuleKind::CommonJs => "module,exports",
        };
        _ = write!(out, "function $__b{index}({parameters}){{{prelude}{body}\n}}\n");
    }
}

/// The lines of a text that is ended by a line break, or the number of the line that is begun.
fn line_count(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX)
}

impl Graph<'_> {
    /// What the meter has to replace in a module, and what the module begins with.
    fn links(
        &self,
        index: usize,
        scoping: &oxc::semantic::Scoping,
    ) -> (Result<Links, Finding>, String) {
        let mut links = Links::default();
        let mut prelude = String::new();
        let result = self.write_links(index, scoping, &mut links, &mut prelude);
        (result.map(|()| links), prelude)
    }
}
