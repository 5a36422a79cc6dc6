//! Which operators are paid together.
//!
//! A region is a set of operators that all run, once each, whenever control passes its beginning
//! and nothing traps. It begins where control arrives at the function, at the head of a loop, in
//! an arm of an `if`, behind a conditional branch, or where several ways meet. Its price is taken
//! at its beginning.
//!
//! Regions reach over nested blocks: where no branch within a block (or loop, or `if`) leaves it
//! for a place further out, what stands behind the block belongs to the region before it. A loop
//! thus pays for what stands behind it before it starts, which is sound, since every way that does
//! not trap gets there; and no loop runs a round unpaid, since a region begins at its head. What
//! both arms of an `if` cost is paid before it, so that but one of them needs a charge of its own.

use wasmparser::Operator;

use super::costs::{Class, WasmCosts};

/// What is known of the operators of a function before any is written.
#[derive(Debug)]
pub(super) struct Plan {
    /// For each operator the points to charge before it, mostly zero.
    pub(super) charges: Vec<u64>,
    /// For each operator whether control can arrive at it.
    pub(super) reachable: Vec<bool>,
}

/// Finds the regions of a function. `entry_points` is what entering it costs beside its operators.
pub(super) fn plan(
    operators: &[(Operator<'_>, Class)],
    costs: &WasmCosts,
    entry_points: u64,
) -> Plan {
    let mut planner = Planner {
        charges: vec![0; operators.len() + 1],
        frames: vec![Frame::new(FrameKind::Block, 0, 0, true)],
        region: Some(0),
    };
    let mut reachable = Vec::with_capacity(operators.len());
    planner.pay(entry_points);
    for (index, (operator, class)) in operators.iter().enumerate() {
        reachable.push(planner.region.is_some());
        planner.pay(class.points(costs).into());
        planner.step(index, operator);
    }
    let last = planner.charges.pop();
    debug_assert_eq!(last, Some(0), "nothing runs behind the end of a function");
    Plan { charges: planner.charges, reachable }
}

/// What opened a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FrameKind {
    Block,
    Loop,
    If,
}

/// A block that is open.
struct Frame {
    kind: FrameKind,
    /// The first operator within the block.
    start: usize,
    /// Where the region began that the block stands in.
    entry: usize,
    /// Whether control can arrive at the block.
    is_live: bool,
    /// Whether a branch leads to the end of the block.
    is_target: bool,
    /// Index of the outermost frame that a branch within this one leads to.
    outermost_target: usize,
    /// Where the regions of the arms begin, for an `if` that has both.
    arms: Option<(usize, usize)>,
}

impl Frame {
    const fn new(kind: FrameKind, start: usize, entry: usize, is_live: bool) -> Self {
        Self {
            kind,
            start,
            entry,
            is_live,
            is_target: false,
            outermost_target: usize::MAX,
            arms: None,
        }
    }
}

struct Planner {
    charges: Vec<u64>,
    frames: Vec<Frame>,
    /// The operator before which the region that is open is charged; none in dead code.
    region: Option<usize>,
}

impl Planner {
    fn pay(&mut self, points: u64) {
        if let Some(charge) = self.region.and_then(|region| self.charges.get_mut(region)) {
            *charge = charge.saturating_add(points);
        }
    }

    fn step(&mut self, index: usize, operator: &Operator<'_>) {
        let next = Some(index + 1);
        match operator {
            Operator::Block { .. } => self.open(FrameKind::Block, index),
            Operator::Loop { .. } => {
                self.open(FrameKind::Loop, index);
                self.region = self.region.and(next);
            }
            Operator::If { .. } => {
                self.open(FrameKind::If, index);
                self.region = self.region.and(next);
            }
            Operator::Else => {
                if let Some(frame) = self.frames.last_mut() {
                    self.region = if frame.is_live { next } else { None };
                    frame.arms = Some((frame.start, index + 1));
                }
            }
            Operator::End => self.close(index),
            Operator::BrIf { relative_depth } => {
                self.branch(*relative_depth);
                self.region = self.region.and(next);
            }
            Operator::Br { relative_depth } => {
                self.branch(*relative_depth);
                self.region = None;
            }
            Operator::BrTable { targets } => {
                for target in targets.targets().flatten().chain([targets.default()]) {
                    self.branch(target);
                }
                self.region = None;
            }
            Operator::Return => {
                self.branch(self.frames.len().saturating_sub(1) as u32);
                self.region = None;
            }
            Operator::Unreachable => self.region = None,
            _ => {}
        }
    }

    fn open(&mut self, kind: FrameKind, index: usize) {
        let entry = self.region.unwrap_or(0);
        let frame = Frame::new(kind, index + 1, entry, self.region.is_some());
        self.frames.push(frame);
    }

    fn branch(&mut self, relative_depth: u32) {
        if self.region.is_none() {
            return;
        }
        let target = (self.frames.len() - 1).saturating_sub(relative_depth as usize);
        if let Some(frame) = self.frames.get_mut(target) {
            frame.is_target = true;
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.outermost_target = frame.outermost_target.min(target);
        }
    }

    fn close(&mut self, index: usize) {
        let Some(frame) = self.frames.pop() else { return };
        if let Some((then, otherwise)) = frame.arms.filter(|_| frame.is_live) {
            self.pay_before_arms(frame.entry, then, otherwise);
        }
        let depth = self.frames.len();
        let Some(parent) = self.frames.last_mut() else { return };
        parent.outermost_target = parent.outermost_target.min(frame.outermost_target);
        if !frame.is_live {
            self.region = None;
        } else if frame.outermost_target >= depth {
            self.region = Some(frame.entry);
        } else if frame.kind == FrameKind::If || frame.kind == FrameKind::Block && frame.is_target {
            self.region = Some(index + 1);
        }
    }

    /// Moves what both arms cost to the region before them. The regions of the arms are complete
    /// when their `if` is closed.
    fn pay_before_arms(&mut self, before: usize, then: usize, otherwise: usize) {
        let of = |at: usize| self.charges.get(at).copied().unwrap_or(0);
        let shared = of(then).min(of(otherwise));
        for (at, is_arm) in [(then, true), (otherwise, true), (before, false)] {
            if let Some(charge) = self.charges.get_mut(at) {
                *charge = if is_arm { *charge - shared } else { charge.saturating_add(shared) };
            }
        }
    }
}
