//! Stretches that surely depend on earlier ones, by the hints of the task.

use std::{collections::HashMap, ops::Range};

use foldhash::fast::RandomState;

use crate::{Task, memory::Index, schedule::Schedule};

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
