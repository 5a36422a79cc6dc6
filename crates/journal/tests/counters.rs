//! Counters against a model that keeps a copy of all numbers for every checkpoint.
#![allow(unused_crate_dependencies, reason = "tests use few of them")]

use std::{collections::BTreeMap, sync::Arc};

use braid_journal::{Bounds, Changes, Checkpoint, Journal};
use primitives::{Address, U256};
use proptest::prelude::*;
use state::{EmptyView, Key, Overlay, StateView, WriteSet, number};

const COUNTERS: u8 = 2;

type Numbers = BTreeMap<Key, U256>;

/// What one step does. Counters are taken modulo what there is.
#[derive(Debug, Clone)]
enum Step {
    Open,
    Commit,
    Revert,
    Add(u8, U256),
    Sub(u8, U256),
    Ask(u8, U256),
    Read(u8),
    EndTransaction,
    DropTransaction,
    Take,
}

/// Amounts and numbers near both ends of the range, where something can overflow.
fn amount() -> impl Strategy<Value = U256> {
    (0u64..5, 0..4u8).prop_map(|(number, end)| match end {
        0 => U256::MAX - U256::from(number),
        _ => U256::from(number),
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => Just(Step::Open),
        1 => Just(Step::Commit),
        2 => Just(Step::Revert),
        6 => (any::<u8>(), amount()).prop_map(|(key, amount)| Step::Add(key, amount)),
        6 => (any::<u8>(), amount()).prop_map(|(key, amount)| Step::Sub(key, amount)),
        1 => (any::<u8>(), amount()).prop_map(|(key, amount)| Step::Ask(key, amount)),
        1 => any::<u8>().prop_map(Step::Read),
        1 => Just(Step::EndTransaction),
        1 => Just(Step::DropTransaction),
        1 => Just(Step::Take),
    ];
    proptest::collection::vec(step, 1..40)
}

fn key(index: u8) -> Key {
    Key::counter(&Address::new([0xcc; 32]), &[index % COUNTERS])
}

fn bases(numbers: [U256; COUNTERS as usize]) -> Numbers {
    (0..COUNTERS).map(key).zip(numbers).collect()
}

fn view(numbers: &Numbers) -> Arc<dyn StateView> {
    let records: WriteSet =
        numbers.iter().map(|(key, number)| (key.clone(), number::encode(*number))).collect();
    Arc::new(Overlay::new(Arc::new(EmptyView), records))
}

/// A journal beside the numbers it must hold.
struct Pair {
    journal: Journal,
    is_deferring: bool,
    numbers: Numbers,
    versions: Vec<(Checkpoint, Numbers)>,
    begun: Numbers,
    /// The state, once what was taken is applied to it.
    applied: Numbers,
    /// What every step answered.
    answers: Vec<bool>,
    taken: Vec<Changes>,
}

impl Pair {
    fn new(bases: &Numbers, is_deferring: bool) -> Self {
        let mut journal = Journal::new(view(bases));
        journal.set_deferring(is_deferring);
        Self {
            journal,
            is_deferring,
            numbers: bases.clone(),
            versions: Vec::new(),
            begun: bases.clone(),
            applied: bases.clone(),
            answers: Vec::new(),
            taken: Vec::new(),
        }
    }

    fn run(&mut self, step: &Step) {
        match *step {
            Step::Open => {
                let checkpoint = self.journal.checkpoint();
                self.versions.push((checkpoint, self.numbers.clone()));
            }
            Step::Commit => {
                if let Some((checkpoint, _)) = self.versions.pop() {
                    self.journal.commit(checkpoint);
                }
            }
            Step::Revert => {
                if let Some((checkpoint, numbers)) = self.versions.pop() {
                    self.journal.revert(checkpoint);
                    self.numbers = numbers;
                }
            }
            Step::Add(index, amount) => {
                let fits = self.journal.counter_add(&key(index), amount).expect("sound");
                let after = self.number(index).checked_add(amount);
                self.change(index, fits, after);
            }
            Step::Sub(index, amount) => {
                let suffices = self.journal.counter_sub(&key(index), amount).expect("sound");
                let after = self.number(index).checked_sub(amount);
                self.change(index, suffices, after);
            }
            Step::Ask(index, amount) => {
                let holds = self.journal.counter_at_least(&key(index), amount).expect("sound");
                assert_eq!(holds, self.number(index) >= amount);
                self.answers.push(holds);
            }
            Step::Read(index) => {
                let number = self.journal.counter(&key(index)).expect("sound");
                assert_eq!(number, self.number(index));
            }
            Step::DropTransaction => {
                self.versions.clear();
                self.journal.discard_transaction();
                self.numbers = self.begun.clone();
            }
            Step::EndTransaction | Step::Take => self.end(matches!(step, Step::Take)),
        }
    }

    fn number(&self, index: u8) -> U256 {
        self.numbers[&key(index)]
    }

    fn change(&mut self, index: u8, is_done: bool, after: Option<U256>) {
        assert_eq!(is_done, after.is_some());
        self.answers.push(is_done);
        if let Some(after) = after {
            self.numbers.insert(key(index), after);
        }
    }

    fn end(&mut self, is_taken: bool) {
        while !self.versions.is_empty() {
            self.run(&Step::Commit);
        }
        self.journal.commit_transaction();
        self.begun = self.numbers.clone();
        if is_taken {
            let changes = match self.is_deferring {
                false => self.journal.take_changes(),
                true => self.journal.close(),
            };
            let changes = changes.expect("sound");
            self.apply(&changes);
            if self.is_deferring {
                self.journal.rebase(view(&self.applied));
            }
            self.taken.push(changes);
        }
    }

    fn apply(&mut self, changes: &Changes) {
        for (key, value) in changes.writes.iter() {
            let number = number::decode(key, value).expect("a number");
            assert_eq!(value.cloned(), number::encode(number), "zero is absence");
            self.applied.insert(key.clone(), number);
        }
        for (key, delta) in &changes.deltas {
            assert!(changes.writes.get(key).is_none(), "{key} is set and changed");
            assert!(!changes.reads.records.contains_key(key), "{key} is read and not set");
            assert!(!delta.is_none(), "{key} does not change");
            let after = delta.apply(self.applied[key]).expect("what was asked for holds");
            self.applied.insert(key.clone(), after);
        }
        assert_eq!(self.applied, self.numbers);
    }
}

fn run(bases: &Numbers, steps: &[Step], is_deferring: bool) -> Pair {
    let mut pair = Pair::new(bases, is_deferring);
    for step in steps.iter().chain([&Step::Take]) {
        pair.run(step);
    }
    pair
}

fn contains(bounds: &Bounds, number: U256) -> bool {
    bounds.at_least <= number && bounds.below.is_none_or(|below| number < below)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn counters_are_numbers(steps in steps(), numbers in [amount(), amount()]) {
        let bases = bases(numbers);
        for is_deferring in [false, true] {
            let mut pair = run(&bases, &steps, is_deferring);
            if !is_deferring {
                prop_assert!(pair.taken.iter().all(|changes| changes.deltas.is_empty()));
                prop_assert!(pair.taken.iter().all(|changes| changes.reads.asked.is_empty()));
            }
            for index in 0..COUNTERS {
                pair.run(&Step::Read(index));
            }
        }
    }

    /// Over every state that answers as this one did, the same happens: nothing but the answers
    /// was read.
    #[test]
    fn only_the_answers_are_read(steps in steps(), numbers in [amount(), amount()]) {
        let steps: Vec<Step> = steps
            .into_iter()
            .filter(|step| !matches!(step, Step::Read(_) | Step::Take))
            .collect();
        let bases = bases(numbers);
        let first = run(&bases, &steps, true);
        let [changes] = first.taken.as_slice() else { panic!("taken once") };
        prop_assert!(changes.writes.is_empty() && changes.reads.records.is_empty());
        let asked = |key: &Key| changes.reads.asked.get(key).copied().unwrap_or_default();
        for (key, base) in &bases {
            prop_assert!(contains(&asked(key), *base));
        }
        let lowest = |key: &Key| asked(key).at_least;
        let highest = |key: &Key| asked(key).below.map_or(U256::MAX, |below| below - U256::ONE);
        for other in [&lowest as &dyn Fn(&Key) -> U256, &highest] {
            let others = bases.keys().map(|key| (key.clone(), other(key))).collect();
            let second = run(&others, &steps, true);
            prop_assert_eq!(&second.answers, &first.answers);
            prop_assert_eq!(&second.taken[0].deltas, &changes.deltas);
            prop_assert_eq!(&second.taken[0].reads.asked, &changes.reads.asked);
        }
    }
}

#[test]
#[should_panic(expected = "accounts, slots and counters have functions of their own")]
fn counters_are_no_records() {
    Journal::new(Arc::new(EmptyView)).set_record(key(0), None);
}

#[test]
#[should_panic(expected = "is no counter")]
fn records_are_no_counters() {
    let record = Key::kv(&Address::ZERO, b"n");
    let _ = Journal::new(Arc::new(EmptyView)).counter_add(&record, U256::ONE);
}

#[test]
fn a_record_that_is_no_number_is_a_fault() {
    let damaged: WriteSet = [(key(0), Some(vec![1].into()))].into_iter().collect();
    for is_deferring in [false, true] {
        let view = Overlay::new(Arc::new(EmptyView), damaged.clone());
        let mut journal = Journal::new(Arc::new(view));
        journal.set_deferring(is_deferring);
        let error = journal.counter_sub(&key(0), U256::ONE).expect_err("damaged");
        assert!(error.to_string().contains("a number does not have 1 bytes"), "{error}");
        assert!(journal.fault().is_some());
        assert!(journal.counter_add(&key(1), U256::ONE).is_err(), "a fault stays");
    }
}
