//! Edits of a source by byte offset, some of whose texts are known only at the end.

use core::fmt::Write as _;

use crate::{
    abi::{CALL_DEPTH_MAX, DEPTH, GAS, LEAVE, MEMORY},
    cost::{Cost, REGION},
};

/// The number of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RegionId(usize);

/// The number of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FunctionId(usize);

/// A stretch of source that runs whole or leaves early, and is paid for where it begins.
#[derive(Debug)]
struct Region {
    cost: Cost,
    parent: Option<RegionId>,
    is_merged: bool,
    has_inner: bool,
}

/// What is put into the source.
#[derive(Debug)]
pub(super) enum Text {
    /// The text itself.
    Plain(String),
    /// The text, unless the region was merged into the one around it.
    Kept(RegionId, &'static str),
    /// The charge of a region, as the left side of a comma.
    Charge(RegionId),
    /// The same, and the count of one more function on the stack.
    Enter(RegionId),
    /// The depth at entry, kept where the function catches.
    Saved(FunctionId),
    /// The depth of the caller again.
    Restore(FunctionId),
}

#[derive(Debug)]
struct Edit {
    at: u32,
    removed: u32,
    text: Text,
}

/// The edits of one source, in the order of a walk that goes from the outside in and from the left
/// to the right: edits at the same offset stay in that order.
#[derive(Debug, Default)]
pub(super) struct Splice {
    edits: Vec<Edit>,
    regions: Vec<Region>,
    open: Vec<RegionId>,
    catches: Vec<bool>,
}

impl Splice {
    pub(super) fn insert(&mut self, at: u32, text: impl Into<String>) {
        self.put(at, Text::Plain(text.into()));
    }

    pub(super) fn put(&mut self, at: u32, text: Text) {
        self.edits.push(Edit { at, removed: 0, text });
    }

    /// Replaces what is between two offsets, and keeps the ends of lines in it.
    pub(super) fn replace(&mut self, source: &str, start: u32, end: u32, text: &str) {
        let old = source.get(start as usize..end as usize).unwrap_or_default();
        let lines = old.bytes().filter(|byte| *byte == b'\n').count();
        let text = Text::Plain(format!("{text}{}", "\n".repeat(lines)));
        self.edits.push(Edit { at: start, removed: end - start, text });
    }

    /// Opens a region inside the current one.
    pub(super) fn open(&mut self) -> RegionId {
        let parent = self.open.last().copied();
        if let Some(parent) = parent.and_then(|parent| self.regions.get_mut(parent.0)) {
            parent.has_inner = true;
        }
        let id = RegionId(self.regions.len());
        self.regions.push(Region { cost: REGION, parent, is_merged: false, has_inner: false });
        self.open.push(id);
        id
    }

    /// The region that code is in.
    pub(super) fn current(&self) -> RegionId {
        *self.open.last().expect("invariant: code is in a region")
    }

    /// Goes on in a region that was opened before.
    pub(super) fn reopen(&mut self, region: RegionId) {
        self.open.push(region);
    }

    pub(super) fn close(&mut self) {
        self.open.pop();
    }

    /// Adds to the current region.
    pub(super) fn add(&mut self, cost: Cost) {
        let region = self.open.last().and_then(|id| self.regions.get_mut(id.0));
        region.expect("invariant: code is in a region").cost += cost;
    }

    /// What the current region costs so far.
    pub(super) fn cost(&self) -> Cost {
        let region = self.open.last().and_then(|id| self.regions.get(id.0));
        region.expect("invariant: code is in a region").cost
    }

    /// Gives the cost of a small arm to the region around it, so that it needs no charge of its
    /// own.
    pub(super) fn merge_if_small(&mut self, id: RegionId, gas_max: u64) {
        let region = self.regions.get_mut(id.0).expect("invariant: the region was opened");
        if region.has_inner || region.cost.total_gas() > gas_max {
            return;
        }
        region.is_merged = true;
        let (cost, parent) = (region.cost, region.parent);
        let parent = parent.and_then(|parent| self.regions.get_mut(parent.0));
        parent.expect("invariant: an arm is in a region").cost += cost;
    }

    pub(super) fn function(&mut self) -> FunctionId {
        self.catches.push(false);
        FunctionId(self.catches.len() - 1)
    }

    /// Says that a function has handlers, so that it keeps its depth.
    pub(super) fn catches(&mut self, function: FunctionId) {
        if let Some(catches) = self.catches.get_mut(function.0) {
            *catches = true;
        }
    }

    /// The source with all edits.
    pub(super) fn apply(mut self, source: &str) -> String {
        self.edits.sort_by_key(|edit| edit.at);
        let mut out = String::with_capacity(source.len() * 2);
        let mut copied = 0_usize;
        for edit in &self.edits {
            let at = edit.at as usize;
            if at > copied {
                out.push_str(source.get(copied..at).expect("invariant: spans are in the source"));
                copied = at;
            }
            self.write(&mut out, &edit.text);
            copied = copied.max(at + edit.removed as usize);
        }
        out.push_str(source.get(copied..).expect("invariant: spans are in the source"));
        out
    }

    fn write(&self, out: &mut String, text: &Text) {
        let catches = |function: &FunctionId| self.catches.get(function.0) == Some(&true);
        match text {
            Text::Plain(text) => out.push_str(text),
            Text::Kept(region, text) => {
                if !self.is_merged(*region) {
                    out.push_str(text);
                }
            }
            Text::Charge(region) => {
                if !self.is_merged(*region) {
                    self.write_charge(out, *region, false);
                }
            }
            Text::Enter(region) => self.write_charge(out, *region, true),
            Text::Saved(function) if catches(function) => {
                _ = write!(out, "const $__c={DEPTH};");
            }
            Text::Saved(_) => {}
            Text::Restore(function) if catches(function) => {
                _ = write!(out, "{DEPTH}=$__c-1");
            }
            Text::Restore(_) => _ = write!(out, "{DEPTH}--"),
        }
    }

    fn is_merged(&self, region: RegionId) -> bool {
        self.regions.get(region.0).is_some_and(|region| region.is_merged)
    }

    fn write_charge(&self, out: &mut String, region: RegionId, is_entry: bool) {
        let cost = self.regions.get(region.0).map_or(REGION, |region| region.cost);
        let mut conditions = vec![format!("({GAS}-={})<0", cost.total_gas())];
        if cost.memory > 0 {
            conditions.push(format!("({MEMORY}-={})<0", cost.memory));
        }
        if is_entry {
            conditions.push(format!("++{DEPTH}>{CALL_DEPTH_MAX}"));
        }
        _ = match conditions.as_slice() {
            [one] => write!(out, "{one}&&{LEAVE}()"),
            all => write!(out, "({})&&{LEAVE}()", all.join("|")),
        };
    }
}
