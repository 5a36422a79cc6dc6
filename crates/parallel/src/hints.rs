//! What the hints of a task tell before anything has run: how long stretches may be, and which of
//! them surely depend on earlier ones.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use foldhash::fast::RandomState;

use crate::{Task, memory::Index, schedule::Schedule};

/// Transactions that are looked at to choose a length.
const SAMPLE: usize = 2048;

/// One stretch in so many may depend on another one that is open with it.
const DEPENDENT_ONE_IN: usize = 4;

/// Three of four hints are different where little is repeated.
const DIFFERENT_MANY: usize = 3;
const DIFFERENT_OF: usize = 4;

/// The length where stretches of any length depend on one another.
const LENGTH_CONTENDED: usize = 4;

/// Where a chain of transactions that wait for one another has more than seven of eight of them,
/// two threads gain less than the care for the order costs.
const CHAINED_MANY: usize = 7;
const CHAINED_OF: usize = 8;

/// How long stretches shall be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Advice {
    pub(crate) length: usize,
    /// Whether enough depend on one another to be worth the search for all that do.
    pub(crate) is_linked: bool,
    /// Whether the calling thread runs them.
    pub(crate) is_serial: bool,
}

impl Advice {
    /// One stretch of everything, for one thread.
    pub(crate) const fn alone(count: usize) -> Self {
        Self { length: count, is_linked: false, is_serial: true }
    }
}

/// Chooses the length of stretches, `longest` at most: a long one costs less, but is more likely
/// to depend on another one that is open with it.
///
/// One thread is faster where nearly all transactions wait for one another, and where many change
/// the same records and each does so little that the care for their order costs more than a second
/// thread saves: then, if `may_be_alone`, the advice is that.
pub(crate) fn advise<T: Task>(
    task: &T,
    (longest, workers): (usize, usize),
    may_be_alone: bool,
) -> Advice {
    let count = task.count().min(SAMPLE);
    let (distances, chain) = distances(task, count);
    if may_be_alone && count > 1 && chain * CHAINED_OF > count * CHAINED_MANY {
        return Advice::alone(task.count());
    }
    let mut length = longest.max(1);
    let lights = || (0..count).filter(|index| task.is_light(*index)).count();
    let is_light = may_be_alone && 2 * lights() > count;
    if is_light && repeats_hints(task) {
        return Advice::alone(task.count());
    }
    loop {
        let reach = length.saturating_mul(workers + 1);
        let open_with = |distance: &&usize| (length / 2..reach).contains(*distance);
        let dependent = distances.iter().filter(open_with).count();
        if dependent * length * DEPENDENT_ONE_IN <= count {
            let is_linked = dependent * SAMPLE.ilog2() as usize > count;
            return Advice { length, is_linked, is_serial: false };
        }
        if length == 1 && is_light {
            return Advice::alone(task.count());
        }
        if length == 1 {
            let length = LENGTH_CONTENDED.min(longest.max(1));
            return Advice { length, is_linked: true, is_serial: false };
        }
        length /= 2;
    }
}

/// Whether many transactions give a hint that another one gives too: one thread, which has the
/// record at hand then, gains by that, and several hand it to each other.
fn repeats_hints<T: Task>(task: &T) -> bool {
    let mut different: HashSet<u64, RandomState> = HashSet::default();
    let mut given = 0;
    for index in 0..task.count() {
        task.hints(index, &mut |hint| {
            given += 1;
            different.insert(hint);
        });
    }
    different.len() * DIFFERENT_OF < given * DIFFERENT_MANY
}

/// Lets every stretch wait for the last one below it that gave the same hint.
pub(crate) fn link<T: Task, A>(task: &T, stretches: &[Range<usize>], schedule: &mut Schedule<A>) {
    let mut last: HashMap<u64, Index, RandomState> = HashMap::default();
    for (index, stretch) in (0..).zip(stretches) {
        for transaction in stretch.clone() {
            task.hints(transaction, &mut |hint| {
                if let Some(below) = last.insert(hint, index)
                    && below < index
                {
                    schedule.wait_for(below, index);
                }
            });
        }
    }
}

/// Of each of the first transactions that repeats a hint, how far the nearest earlier one is; and
/// the longest chain of transactions of which each repeats a hint of the one before it.
fn distances<T: Task>(task: &T, count: usize) -> (Vec<usize>, usize) {
    let mut last: HashMap<u64, (usize, usize), RandomState> = HashMap::default();
    let mut given = Vec::new();
    let (mut distances, mut longest) = (Vec::new(), 0);
    for at in 0..count {
        given.clear();
        task.hints(at, &mut |hint| given.push(hint));
        let before = || given.iter().filter_map(|hint| last.get(hint));
        let nearest = before().map(|(before, _)| *before).max();
        let chain = 1 + before().map(|(_, chain)| *chain).max().unwrap_or(0);
        last.extend(given.iter().map(|hint| (*hint, (at, chain))));
        distances.extend(nearest.map(|before| at - before));
        longest = longest.max(chain);
    }
    (distances, longest)
}
