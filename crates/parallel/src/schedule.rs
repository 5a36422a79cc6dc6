//! Who does what next: the state of every stretch, and the pointer below which all is final.
//!
//! A stretch is run on speculative ground while those below it are open, and becomes final in its
//! order: the thread that finds the lowest open stretch at rest takes the *head*, checks what it
//! read, or runs it on certain ground, and moves the pointer. So a result never depends on how the
//! others were scheduled.

use std::{collections::BTreeSet, ops::Range};

use crate::{
    memory::{CellId, Index, Reads},
    observe::Timing,
};

/// Attempts at a stretch after which it waits until it is at the head.
const ATTEMPTS_MAX: u32 = 6;

/// Stretches above the head that may be open, for each worker.
const WINDOW_PER_WORKER: usize = 6;

/// The last stretches by which contention is judged, one bit each.
const RECENT: u32 = 8;

/// How many of the recent stretches were in vain when the next ones run in one go.
const CONTENDED: u32 = 6;

/// Stretches of the first lane.
const LANE_STRETCHES: usize = 32;

/// How many times as long each further lane is. A lane that would leave less than it takes takes
/// all: then nothing of it need be laid down for others to read.
const LANE_GROWTH: usize = 4;

/// What is held against a block after a lane: two more stretches in vain begin the next one, and
/// eight that hold forget it.
const RECENT_AFTER_LANE: u32 = 0b1111;

/// A stretch that has been run and what it read.
#[derive(Debug)]
pub(crate) struct Ran<A> {
    pub(crate) attempt: A,
    pub(crate) reads: Reads,
    /// How many records it wrote.
    pub(crate) written: usize,
    pub(crate) timing: Timing,
}

/// What a thread is to do.
#[derive(Debug)]
pub(crate) enum Step<A> {
    /// Run a stretch on speculative ground.
    Speculate(Index),
    /// Make the stretch at the head final: check the attempt, or run it where there is none.
    Head(Index, Option<Ran<A>>),
    /// Run several stretches from the head in one go, on certain ground.
    Lane(Range<Index>),
    /// Check an attempt above the head.
    Check(Index, Ran<A>),
    /// Sleep until something has changed.
    Wait,
    /// There is nothing left to do.
    Leave,
}

/// What a stretch is at.
#[derive(Debug)]
enum Phase<A> {
    /// It may be run.
    Ready,
    /// A thread has it.
    Running,
    /// Stretches below it come first.
    Blocked,
    /// It has been run.
    Ran(Ran<A>),
    /// It has to be run on certain ground.
    Stuck,
    /// It is below the head.
    Final,
}

#[derive(Debug)]
struct Slot<A> {
    phase: Phase<A>,
    attempts: u32,
    /// Stretches below that have to be run first, by hints.
    waits_for: u32,
    /// Stretches above that wait for this one.
    waiting: Vec<Index>,
    /// What it has in the memory.
    cells: Vec<CellId>,
    /// The publication after which its attempt was last checked.
    checked: u64,
}

/// The state of all stretches of a run.
#[derive(Debug)]
pub(crate) struct Schedule<A> {
    slots: Vec<Slot<A>>,
    head: Index,
    fresh: Index,
    ready: BTreeSet<Index>,
    is_head_taken: bool,
    /// Whether speculation gained nothing for the stretch at the head.
    was_in_vain: bool,
    is_over: bool,
    window: usize,
    publications: u64,
    /// Which of the recent stretches were in vain, the last one lowest.
    recent: u32,
    may_lane: bool,
    lane_length: usize,
    in_vain: u64,
}

impl<A> Schedule<A> {
    /// Stretches of their number. Where each is observed for itself none run in one go.
    pub(crate) fn new(count: usize, workers: usize, may_lane: bool) -> Self {
        let slot = || Slot {
            phase: Phase::Ready,
            attempts: 0,
            waits_for: 0,
            waiting: Vec::new(),
            cells: Vec::new(),
            checked: 0,
        };
        Self {
            slots: (0..count).map(|_| slot()).collect(),
            head: 0,
            fresh: 0,
            ready: BTreeSet::new(),
            is_head_taken: false,
            was_in_vain: false,
            is_over: count == 0,
            window: workers * WINDOW_PER_WORKER,
            publications: 0,
            recent: 0,
            may_lane,
            lane_length: LANE_STRETCHES,
            in_vain: 0,
        }
    }

    /// Lets a stretch wait for one below it.
    pub(crate) fn wait_for(&mut self, below: Index, above: Index) {
        assert!(below < above, "a stretch waits for one below it");
        let waiting = &mut self.slots[below as usize].waiting;
        if waiting.last() != Some(&above) {
            waiting.push(above);
            self.slots[above as usize].waits_for += 1;
        }
    }

    /// The next thing to do.
    pub(crate) fn step(&mut self) -> Step<A> {
        if self.is_over {
            return Step::Leave;
        }
        if !self.is_head_taken
            && let Some(step) = self.take_head()
        {
            return step;
        }
        if self.wants_lane() {
            return Step::Wait;
        }
        if let Some(index) = self.next_ready().or_else(|| self.next_fresh()) {
            let slot = &mut self.slots[index as usize];
            slot.phase = Phase::Running;
            slot.attempts += 1;
            return Step::Speculate(index);
        }
        self.take_check().unwrap_or(Step::Wait)
    }

    /// How often a stretch has been run.
    pub(crate) fn attempts(&self, index: Index) -> u32 {
        self.slots[index as usize].attempts
    }

    /// A stretch is run once more as part of a lane.
    pub(crate) fn count_attempt(&mut self, index: Index) -> u32 {
        self.slots[index as usize].attempts += 1;
        self.attempts(index)
    }

    /// Takes what a stretch has in the memory, to put something else there.
    pub(crate) fn take_cells(&mut self, index: Index) -> Vec<CellId> {
        std::mem::take(&mut self.slots[index as usize].cells)
    }

    /// Keeps what a stretch has in the memory.
    pub(crate) fn put_back_cells(&mut self, index: Index, cells: Vec<CellId>) {
        self.slots[index as usize].cells = cells;
    }

    /// A stretch has been run and its writes are in the memory.
    pub(crate) fn ran(&mut self, index: Index, cells: Vec<CellId>, ran: Ran<A>) {
        self.publications += 1;
        let slot = &mut self.slots[index as usize];
        debug_assert!(matches!(slot.phase, Phase::Running), "a thread had it");
        slot.cells = cells;
        slot.phase = Phase::Ran(ran);
        self.release(index);
    }

    /// An attempt was withdrawn: the stretch waits for one below, or is run again.
    pub(crate) fn withdrawn(&mut self, index: Index, waits_for: Option<Index>) {
        self.in_vain += 1;
        let blocker = waits_for.filter(|below| self.is_unfinished(*below));
        match blocker {
            Some(below) => {
                self.slots[below as usize].waiting.push(index);
                let slot = &mut self.slots[index as usize];
                slot.waits_for += 1;
                slot.phase = Phase::Blocked;
            }
            None => self.make_ready(index),
        }
    }

    /// An attempt failed: the stretch is run when the head comes to it.
    pub(crate) fn failed(&mut self, index: Index) {
        self.in_vain += 1;
        self.slots[index as usize].phase = Phase::Stuck;
    }

    /// An attempt above the head was checked against the memory as it was after so many
    /// publications.
    pub(crate) fn checked(&mut self, index: Index, publications: u64, ran: Option<Ran<A>>) {
        match ran {
            Some(ran) => {
                let slot = &mut self.slots[index as usize];
                slot.checked = publications;
                slot.phase = Phase::Ran(ran);
            }
            None => {
                self.in_vain += 1;
                self.make_ready(index);
            }
        }
    }

    /// How many attempts were published so far.
    pub(crate) const fn publications(&self) -> u64 {
        self.publications
    }

    /// The stretch at the head is run on certain ground, since its attempt did not hold.
    pub(crate) fn head_in_vain(&mut self, index: Index) {
        debug_assert!(index == self.head && self.is_head_taken, "the thread has the head");
        self.in_vain += 1;
        self.was_in_vain = true;
        self.slots[index as usize].attempts += 1;
    }

    /// Stretches at the head are final.
    pub(crate) fn finished(&mut self, stretches: Range<Index>) {
        assert!(stretches.start == self.head && self.is_head_taken, "the head moves in order");
        self.publications += 1;
        self.recent = (self.recent << 1 | u32::from(self.was_in_vain)) & ((1 << RECENT) - 1);
        if stretches.len() > 1 {
            self.recent = RECENT_AFTER_LANE;
            self.lane_length = self.lane_length.saturating_mul(LANE_GROWTH);
        }
        for index in stretches.clone() {
            self.slots[index as usize].phase = Phase::Final;
            self.ready.remove(&index);
            self.release(index);
        }
        self.head = stretches.end;
        self.fresh = self.fresh.max(self.head);
        self.is_head_taken = false;
        self.is_over |= self.head as usize == self.slots.len();
    }

    /// Nothing more happens.
    pub(crate) const fn end(&mut self) {
        self.is_over = true;
    }

    /// The lowest stretch that is not final.
    pub(crate) const fn head(&self) -> Index {
        self.head
    }

    /// Attempts that were in vain.
    pub(crate) const fn in_vain(&self) -> u64 {
        self.in_vain
    }

    fn take_head(&mut self) -> Option<Step<A>> {
        let head = self.head;
        if self.wants_lane() {
            let open = self.slots.len() - head as usize;
            let length = if open <= 2 * self.lane_length { open } else { self.lane_length };
            let lane = head as usize..head as usize + length;
            let is_busy = |slot: &Slot<A>| matches!(slot.phase, Phase::Running);
            if self.slots[head as usize..self.fresh as usize].iter().any(is_busy) {
                return None;
            }
            for slot in &mut self.slots[lane.clone()] {
                slot.phase = Phase::Running;
            }
            self.is_head_taken = true;
            return Some(Step::Lane(head..head + length as Index));
        }
        let slot = &mut self.slots[head as usize];
        let (ran, was_in_vain) = match std::mem::replace(&mut slot.phase, Phase::Running) {
            Phase::Running => return None,
            Phase::Ran(ran) => (Some(ran), false),
            Phase::Ready => (None, slot.attempts > 0),
            Phase::Blocked | Phase::Stuck => (None, true),
            Phase::Final => unreachable!("the head is above what is final"),
        };
        slot.attempts += u32::from(ran.is_none());
        self.was_in_vain = was_in_vain;
        self.is_head_taken = true;
        self.ready.remove(&head);
        self.fresh = self.fresh.max(head + 1);
        Some(Step::Head(head, ran))
    }

    /// Whether speculation has been in vain so often that the next stretches run in one go.
    const fn wants_lane(&self) -> bool {
        self.may_lane && self.recent.count_ones() >= CONTENDED
    }

    fn next_ready(&mut self) -> Option<Index> {
        let may_run = |index: &&Index| self.slots[**index as usize].attempts < ATTEMPTS_MAX;
        let index = self.ready.iter().find(may_run).copied()?;
        self.ready.remove(&index);
        Some(index)
    }

    fn next_fresh(&mut self) -> Option<Index> {
        let end = self.slots.len().min(self.head as usize + self.window);
        while (self.fresh as usize) < end {
            let index = self.fresh;
            self.fresh += 1;
            let slot = &mut self.slots[index as usize];
            if slot.waits_for == 0 {
                return Some(index);
            }
            slot.phase = Phase::Blocked;
        }
        None
    }

    fn take_check(&mut self) -> Option<Step<A>> {
        let publications = self.publications;
        let open = self.head + 1..self.fresh;
        let is_unchecked = |index: &Index| {
            let slot = &self.slots[*index as usize];
            matches!(slot.phase, Phase::Ran(_))
                && slot.checked < publications
                && slot.attempts < ATTEMPTS_MAX
        };
        let index = open.into_iter().find(is_unchecked)?;
        let slot = &mut self.slots[index as usize];
        match std::mem::replace(&mut slot.phase, Phase::Running) {
            Phase::Ran(ran) => Some(Step::Check(index, ran)),
            _ => unreachable!("it was seen to have been run"),
        }
    }

    fn is_unfinished(&self, index: Index) -> bool {
        !matches!(self.slots[index as usize].phase, Phase::Ran(_) | Phase::Final)
    }

    fn make_ready(&mut self, index: Index) {
        self.slots[index as usize].phase = Phase::Ready;
        self.ready.insert(index);
    }

    /// Lets go on what waited for a stretch.
    fn release(&mut self, index: Index) {
        for above in std::mem::take(&mut self.slots[index as usize].waiting) {
            let slot = &mut self.slots[above as usize];
            assert!(slot.waits_for > 0, "a stretch that waits is counted");
            slot.waits_for -= 1;
            if slot.waits_for == 0 && matches!(slot.phase, Phase::Blocked) {
                self.make_ready(above);
            }
        }
    }
}
