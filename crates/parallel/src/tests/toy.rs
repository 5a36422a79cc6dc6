//! Transactions that are lists of steps over a few records.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Arc, Mutex},
};

use primitives::{Address, Bytes, Random, U256};
use state::{EmptyView, Key, Overlay, StateError, StateView, WriteSet};

use crate::{Attempt, Delta, Footing, NotApplicable, Numbers, Task, Verdict, View};

/// Records of a toy world.
const KEYS: u64 = 12;

/// One step. What was read so far is in an accumulator, so that a wrong reading spreads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Read(u64),
    Write(u64, u64),
    Remove(u64),
    Scan(u64, usize),
    Add(u64, u64),
    SubIfEnough(u64, u64),
    /// Panics where the accumulator is what it never is when everything below is final.
    Distrust(u64),
}

#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) steps: Vec<Step>,
    pub(super) gas: u64,
    pub(super) hints: Vec<u64>,
}

#[derive(Debug)]
pub(super) struct Toy {
    programs: Vec<Program>,
    gas_limit: u64,
    pub(super) ledger: Mutex<Ledger>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ledger {
    used: u64,
    /// The accumulator of each program, nothing where it did not fit.
    pub(super) results: Vec<Option<u64>>,
}

#[derive(Debug)]
pub(super) struct ToyNumbers;

impl Numbers for ToyNumbers {
    fn apply(
        &self,
        _: &Key,
        before: Option<&Bytes>,
        delta: &Delta,
    ) -> Result<Option<Bytes>, NotApplicable> {
        let after = delta.apply(number(before));
        Ok(Some(record(after.ok_or(NotApplicable)?)))
    }

    fn is_at_least(
        &self,
        _: &Key,
        record: Option<&Bytes>,
        amount: U256,
    ) -> Result<bool, NotApplicable> {
        Ok(number(record) >= amount)
    }
}

/// What one stretch has open.
struct Open<'a> {
    view: &'a dyn StateView,
    asks: Option<&'a View>,
    writes: WriteSet,
    deltas: BTreeMap<Key, Delta>,
}

pub(super) fn key(number: u64) -> Key {
    let mut space = [0; 32];
    space[31] = u8::try_from(number % 3).expect("small");
    Key::kv(&Address::new(space), &number.to_be_bytes())
}

pub(super) fn world(records: u64) -> Arc<dyn StateView> {
    let put = |number| (key(number), Some(record(U256::from(10 * number))));
    Arc::new(Overlay::new(Arc::new(EmptyView), (0..records).map(put).collect()))
}

impl Toy {
    pub(super) fn new(programs: Vec<Program>, gas_limit: u64) -> Self {
        Self { programs, gas_limit, ledger: Mutex::default() }
    }

    /// The programs one after another, straight on the records.
    pub(super) fn serially(&self, base: &Arc<dyn StateView>) -> (WriteSet, Ledger) {
        let mut ledger = Ledger::default();
        let mut state = Overlay::new(Arc::clone(base), WriteSet::new());
        for program in &self.programs {
            if ledger.used + program.gas > self.gas_limit {
                ledger.results.push(None);
                continue;
            }
            let mut open = Open::over(&state, None);
            let result = open.run(program).expect("the world does not fail");
            let writes = open.writes;
            state.extend(writes);
            ledger.used += program.gas;
            ledger.results.push(Some(result));
        }
        let mut writes = state.into_writes();
        let keys: Vec<_> = writes.iter().map(|(key, _)| key.clone()).collect();
        for key in keys {
            let before = base.read(&key).expect("the world does not fail");
            if writes.get(&key) == Some(before.as_ref()) {
                writes.forget(&key);
            }
        }
        (writes, ledger)
    }
}

impl Task for Toy {
    type Worker = Arc<View>;
    type Output = Vec<Option<(u64, u64)>>;
    type Error = StateError;

    fn count(&self) -> usize {
        self.programs.len()
    }

    fn worker(&self, view: Arc<View>) -> Arc<View> {
        view
    }

    fn execute(
        &self,
        view: &mut Arc<View>,
        stretch: Range<usize>,
        footing: Footing,
    ) -> Result<Attempt<Self::Output>, StateError> {
        let certain = (footing == Footing::Certain).then(|| self.used());
        let mut used = certain.unwrap_or(0);
        let mut open = Open::over(&**view, Some(view));
        let mut output = Vec::new();
        for program in &self.programs[stretch] {
            if certain.is_some() && used + program.gas > self.gas_limit {
                output.push(None);
                continue;
            }
            used += program.gas;
            output.push(Some((open.run(program)?, program.gas)));
        }
        let Open { writes, deltas, .. } = open;
        let blind = writes.iter().map(|(key, _)| key.clone()).collect();
        let deltas = deltas.into_iter().collect();
        Ok(Attempt { output, writes, blind, deltas, weight: used })
    }

    fn commit(&self, _: Range<usize>, output: Self::Output) -> Verdict {
        let mut ledger = self.ledger.lock().expect("no panic here");
        let gas = output.iter().flatten().map(|(_, gas)| gas).sum::<u64>();
        if ledger.used + gas > self.gas_limit {
            return Verdict::Again;
        }
        ledger.used += gas;
        ledger.results.extend(output.iter().map(|it| it.map(|(result, _)| result)));
        Verdict::Accept
    }

    fn hints(&self, index: usize, hint: &mut dyn FnMut(u64)) {
        self.programs[index].hints.iter().copied().for_each(hint);
    }
}

impl Toy {
    fn used(&self) -> u64 {
        self.ledger.lock().expect("no panic here").used
    }
}

impl<'a> Open<'a> {
    fn over(view: &'a dyn StateView, asks: Option<&'a View>) -> Self {
        Self { view, asks, writes: WriteSet::new(), deltas: BTreeMap::new() }
    }

    fn run(&mut self, program: &Program) -> Result<u64, StateError> {
        let mut sum = 1u64;
        for step in &program.steps {
            match *step {
                Step::Read(at) => sum = mixed(sum, small(self.read(&key(at))?.as_ref())),
                Step::Write(at, salt) => {
                    let value = record(U256::from(sum.wrapping_add(salt) % 64));
                    self.writes.put(key(at), value);
                    self.deltas.remove(&key(at));
                    sum = mixed(sum, 1);
                }
                Step::Remove(at) => {
                    self.writes.remove(key(at));
                    self.deltas.remove(&key(at));
                }
                Step::Scan(at, limit) => {
                    for number in self.scan(at, limit)? {
                        sum = mixed(sum, number);
                    }
                }
                Step::Add(at, amount) => self.change(key(at), Delta::Add(U256::from(amount)))?,
                Step::SubIfEnough(at, amount) => {
                    let holds = self.has(&key(at), amount)?;
                    if holds {
                        self.change(key(at), Delta::Sub(U256::from(amount)))?;
                    }
                    sum = mixed(sum, u64::from(holds));
                }
                Step::Distrust(at) => {
                    let (once, twice) = (self.read(&key(at))?, self.read(&key(at))?);
                    assert_eq!(once, twice, "the view has changed under the attempt");
                }
            }
        }
        Ok(sum)
    }

    fn read(&mut self, key: &Key) -> Result<Option<Bytes>, StateError> {
        if let Some(change) = self.writes.get(key) {
            return Ok(change.cloned());
        }
        let below = self.view.read(key)?;
        let Some(delta) = self.deltas.remove(key) else { return Ok(below) };
        let after = ToyNumbers.apply(key, below.as_ref(), &delta);
        let after = after.map_err(|_| StateError::Withdrawn)?;
        self.writes.set(key.clone(), after.clone());
        Ok(after)
    }

    fn scan(&mut self, at: u64, limit: usize) -> Result<Vec<u64>, StateError> {
        for key in self.deltas.keys().cloned().collect::<Vec<_>>() {
            self.read(&key)?;
        }
        let prefix = &key(at).as_bytes()[..33].to_vec();
        let below = self.view.scan(prefix, prefix, usize::MAX)?;
        // Once with the limit as well: it is another range to check.
        self.view.scan(prefix, prefix, limit)?;
        let mut merged: BTreeMap<Key, Bytes> = below.into_iter().collect();
        for (key, change) in self.writes.iter().filter(|it| it.0.as_bytes().starts_with(prefix)) {
            match change {
                Some(value) => merged.insert(key.clone(), value.clone()),
                None => merged.remove(key),
            };
        }
        Ok(merged.values().take(limit).map(|value| small(Some(value))).collect())
    }

    fn has(&mut self, key: &Key, amount: u64) -> Result<bool, StateError> {
        let is_open = self.writes.get(key).is_some() || self.deltas.contains_key(key);
        match self.asks {
            Some(view) if !is_open => view.at_least(key, U256::from(amount)),
            _ => Ok(number(self.read(key)?.as_ref()) >= U256::from(amount)),
        }
    }

    fn change(&mut self, key: Key, delta: Delta) -> Result<(), StateError> {
        let is_first = self.writes.get(&key).is_none() && !self.deltas.contains_key(&key);
        if is_first && self.asks.is_some() {
            self.deltas.insert(key, delta);
            return Ok(());
        }
        let before = self.read(&key)?;
        let after = ToyNumbers.apply(&key, before.as_ref(), &delta);
        self.writes.set(key, after.map_err(|_| StateError::Withdrawn)?);
        Ok(())
    }
}

/// Random programs.
pub(super) fn programs(random: &mut Random, count: u64) -> Vec<Program> {
    let keys = 1 + random.below(KEYS);
    (0..count).map(|_| program(random, keys)).collect()
}

fn program(random: &mut Random, keys: u64) -> Program {
    let steps: Vec<_> = (0..1 + random.below(6)).map(|_| step(random, keys)).collect();
    let written = |step: &Step| match step {
        Step::Write(at, _) => Some(*at),
        _ => None,
    };
    let has_hints = random.coin();
    let hints = steps.iter().filter_map(written).filter(|_| has_hints).collect();
    Program { steps, gas: 1 + random.below(5), hints }
}

fn step(random: &mut Random, keys: u64) -> Step {
    let at = random.below(keys);
    match random.below(12) {
        0..=2 => Step::Read(at),
        3..=5 => Step::Write(at, random.below(8)),
        6 => Step::Remove(at),
        7 => Step::Scan(at, usize::try_from(random.below(4)).expect("small")),
        8 | 9 => Step::Add(at, random.below(20)),
        10 => Step::SubIfEnough(at, random.below(30)),
        _ => Step::Distrust(at),
    }
}

fn mixed(sum: u64, found: u64) -> u64 {
    sum.wrapping_mul(31).wrapping_add(found)
}

fn record(number: U256) -> Bytes {
    Bytes::copy_from_slice(&number.to_be_bytes::<32>())
}

fn number(record: Option<&Bytes>) -> U256 {
    record.map_or(U256::ZERO, |bytes| U256::from_be_slice(bytes))
}

fn small(record: Option<&Bytes>) -> u64 {
    record.map_or(7, |bytes| number(Some(bytes)).saturating_to())
}
