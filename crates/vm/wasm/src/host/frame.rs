//! The state of one frame beside its instance: gas, output, result buffer, and how it ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use primitives::{Bytes, Gas};
use vm::{Frame, GasMeter, HaltReason, Outcome};

use super::cosmwasm::CosmwasmState;
use super::scope::ScopePointer;
use super::stylus::StylusState;
use super::wasi::WasiState;
use super::{Call, End};
use crate::instrument::{POINTS_MAX, POINTS_PER_GAS, STACK_OVERFLOW};

pub(crate) use super::scope::Scope;

/// The state of a frame. Engines keep it in their store.
#[derive(Debug)]
pub(crate) struct FrameState {
    scope: ScopePointer,
    meter: GasMeter,
    /// What the gas global was set to last.
    points_given: i64,
    /// Points that the meter has paid for and the code has not used, less than a unit of gas.
    points_change: u64,
    buffer: Bytes,
    output: Bytes,
    wasi: WasiState,
    stylus: StylusState,
    cosmwasm: CosmwasmState,
    end: Option<End>,
    deadline: Option<Instant>,
}

/// How the code of a frame stopped, in words that are the same for every engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The entry returned this.
    Returned(i32),
    /// An import ended the frame.
    Ended,
    /// The code trapped.
    Trapped(TrapKind),
    /// The instance could not be made: an active segment lies outside.
    BadSegment,
    /// The machine of this node failed: no memory, an interrupt. No result of the frame.
    Failed,
}

/// What an engine tells of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The state it was given.
    pub(crate) state: FrameState,
    /// The gas global at the end.
    pub(crate) points: i64,
    /// The stack global at the end.
    pub(crate) stack: i32,
    /// How the code stopped.
    pub(crate) stop: Stop,
}

/// Why code trapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TrapKind {
    /// The operator `unreachable`.
    Unreachable,
    /// An access outside the memory.
    MemoryBounds,
    /// An access outside the table.
    TableBounds,
    /// A call through an element that is empty.
    NullCall,
    /// A call through an element of another type.
    CallType,
    /// A quotient that its type does not hold.
    IntegerOverflow,
    /// A division by zero.
    DivisionByZero,
    /// A float that no integer holds.
    Conversion,
    /// The engine's own stack was used up.
    NativeStack,
}

/// The frame ended within an import; the state knows how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended;

impl core::fmt::Display for Ended {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the frame ended within an import")
    }
}

impl core::error::Error for Ended {}

impl FrameState {
    /// The state of `frame` before it runs.
    pub(crate) fn new(frame: &Frame<'_>, scope: ScopePointer, deadline: Option<Instant>) -> Self {
        Self {
            scope,
            meter: GasMeter::new(frame.gas_limit),
            points_given: 0,
            points_change: 0,
            buffer: Bytes::new(),
            output: Bytes::new(),
            wasi: WasiState::default(),
            stylus: StylusState::default(),
            cosmwasm: CosmwasmState::default(),
            end: None,
            deadline,
        }
    }

    /// The length of the input, as the entry is told; no input comes near what the type holds.
    pub(crate) fn input_bytes(&mut self) -> i32 {
        i32::try_from(self.scope.get().0.input.len()).unwrap_or(i32::MAX)
    }

    /// Takes points before the code runs: what making the instance costs.
    pub(crate) fn charge_points(&mut self, points: u64) -> bool {
        self.use_points(points).is_ok()
    }

    /// The points to put into the gas global.
    pub(crate) fn give_points(&mut self) -> i64 {
        const GAS_MAX: u64 = POINTS_MAX.unsigned_abs() / POINTS_PER_GAS - 1;
        let points = self.meter.remaining().0.min(GAS_MAX) * POINTS_PER_GAS + self.points_change;
        self.points_given = i64::try_from(points).unwrap_or(POINTS_MAX);
        self.points_given
    }

    /// Says whether code runs for an import, which may not import in its turn.
    pub(crate) fn set_allocating(&mut self, is_allocating: bool) {
        self.cosmwasm.is_allocating = is_allocating;
    }

    /// Makes the state ready for another run in the same frame.
    pub(crate) fn begin_run(&mut self, is_read_only: bool) {
        self.cosmwasm = CosmwasmState::new(is_read_only);
        self.output = Bytes::new();
    }

    /// The output of the run that ended.
    pub(crate) fn take_output(&mut self) -> Bytes {
        core::mem::take(&mut self.output)
    }

    /// Works between two runs, without a memory.
    pub(crate) fn aside<R>(
        &mut self,
        work: impl FnOnce(&mut Call<'_>) -> Result<R, End>,
    ) -> Result<R, End> {
        self.work(&mut [], self.points_given, work)
    }

    /// What is left of the gas.
    pub(crate) fn gas_left(&self) -> Gas {
        self.meter.remaining()
    }

    /// Runs an import: takes the points that the code used, lets `work` do, and tells the points to
    /// put into the gas global, beside the result.
    pub(crate) fn enter<R>(
        &mut self,
        memory: &mut [u8],
        points: i64,
        work: impl FnOnce(&mut Call<'_>) -> Result<R, End>,
    ) -> Result<(R, i64), Ended> {
        match self.work(memory, points, work) {
            Ok(result) => Ok((result, self.give_points())),
            Err(end) => {
                self.end = Some(end);
                Err(Ended)
            }
        }
    }

    fn work<R>(
        &mut self,
        memory: &mut [u8],
        points: i64,
        work: impl FnOnce(&mut Call<'_>) -> Result<R, End>,
    ) -> Result<R, End> {
        if self.deadline.is_some_and(|deadline| Instant::now() > deadline) {
            return Err(End::Halt(HaltReason::Fault));
        }
        self.take_points(points)?;
        let Self { scope, meter, buffer, output, wasi, stylus, cosmwasm, .. } = self;
        let (frame, host) = scope.get();
        let mut call = Call { memory, frame, host, meter, buffer, output, wasi, stylus, cosmwasm };
        catch_unwind(AssertUnwindSafe(|| work(&mut call))).unwrap_or(Err(End::Panic))
    }

    /// The outcome of a frame that ends so.
    pub(crate) fn outcome(self, end: End) -> Outcome {
        let Self { meter, output, .. } = self;
        match end {
            End::Finish => Outcome::success(output, meter.remaining(), meter.refund()),
            End::Revert => Outcome::revert(output, meter.remaining()),
            End::Halt(reason) => Outcome::halt(reason),
            End::Panic => Outcome::halt(HaltReason::Fault),
        }
    }

    /// Sets the output that the frame ends with.
    pub(crate) fn set_output(&mut self, output: Bytes) {
        self.output = output;
    }

    /// Charges the points that the code used since it was given some.
    fn take_points(&mut self, points: i64) -> Result<(), End> {
        debug_assert!(points <= self.points_given, "gas never grows within a module");
        let used = self.points_given.saturating_sub(points).max(0).unsigned_abs();
        self.points_given = points;
        self.use_points(used)
    }

    /// Pays `points`, whole units of gas at a time; what is paid too much is used next time.
    fn use_points(&mut self, points: u64) -> Result<(), End> {
        if let Some(change) = self.points_change.checked_sub(points) {
            self.points_change = change;
            return Ok(());
        }
        let due = points - self.points_change;
        let gas = due.div_ceil(POINTS_PER_GAS);
        self.meter.charge(Gas(gas))?;
        self.points_change = gas.saturating_mul(POINTS_PER_GAS) - due;
        Ok(())
    }
}

impl Ran {
    /// Whether the host panicked within an import.
    pub(crate) fn has_panicked(&self) -> bool {
        self.state.end == Some(End::Panic)
    }

    /// The outcome of the frame.
    pub(crate) fn outcome(self) -> Outcome {
        let (state, end) = self.end();
        state.outcome(end)
    }

    /// The state after the run, and how it ended.
    pub(crate) fn end(self) -> (FrameState, End) {
        let Self { mut state, points, stack, stop } = self;
        let end = match stop {
            Stop::Returned(code) => match state.take_points(points) {
                Ok(()) => returned(code),
                Err(end) => end,
            },
            Stop::Ended => state.end.take().unwrap_or(End::Halt(HaltReason::Fault)),
            Stop::Trapped(_) if points < 0 => End::Halt(HaltReason::OutOfGas),
            Stop::Trapped(_) if stack == STACK_OVERFLOW => End::Halt(HaltReason::StackOverflow),
            Stop::Trapped(TrapKind::NativeStack) => End::Halt(HaltReason::StackOverflow),
            Stop::Trapped(trap) => End::Halt(HaltReason::Trap(trap.text().to_owned())),
            Stop::BadSegment => End::Halt(HaltReason::NotRunnable(
                "a data or element segment lies outside the memory or the table".to_owned(),
            )),
            Stop::Failed => End::Halt(HaltReason::Fault),
        };
        (state, end)
    }
}

impl TrapKind {
    /// What receipts say of the trap.
    const fn text(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::MemoryBounds => "access outside the memory",
            Self::TableBounds => "access outside the table",
            Self::NullCall => "call through an empty element",
            Self::CallType => "call through an element of another type",
            Self::IntegerOverflow => "integer overflow",
            Self::DivisionByZero => "division by zero",
            Self::Conversion => "conversion of a float that no integer holds",
            Self::NativeStack => "stack overflow",
        }
    }
}

fn returned(code: i32) -> End {
    match code {
        0 => End::Finish,
        1 => End::Revert,
        _ => End::Halt(HaltReason::Trap(format!("the entry returned {code}, neither 0 nor 1"))),
    }
}
