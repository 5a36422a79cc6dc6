//! Figures by contract and method, of the busiest alone.

use std::collections::BTreeMap;

use super::status::{CallCounts, Callee};

/// At most so many entries with figures of their own, and the rest together.
///
/// An entry that is not there is weighed by its gas. Where it outweighs the lightest one that is
/// there, the two change places: the old one's figures join the rest, which so never falls, and the
/// new one counts from there on.
#[derive(Debug)]
pub(super) struct Table {
    entries_max: usize,
    entries: BTreeMap<Callee, Entry>,
    waiting: BTreeMap<Callee, u64>,
    pub(super) rest: CallCounts,
}

#[derive(Debug, Default)]
struct Entry {
    weight: u64,
    counts: CallCounts,
}

impl Table {
    pub(super) const fn new(entries_max: usize) -> Self {
        Self {
            entries_max,
            entries: BTreeMap::new(),
            waiting: BTreeMap::new(),
            rest: CallCounts::ZERO,
        }
    }

    pub(super) fn add(&mut self, callee: Callee, call: &CallCounts) {
        if let Some(entry) = self.entries.get_mut(&callee) {
            entry.weight = entry.weight.saturating_add(call.gas);
            entry.counts.add(call);
        } else if self.entries.len() < self.entries_max {
            self.entries.insert(callee, Entry { weight: call.gas, counts: *call });
        } else {
            self.rest.add(call);
            self.wait(callee, call.gas);
        }
    }

    /// The entries, the heaviest first.
    pub(super) fn busiest(&self) -> Vec<(&Callee, CallCounts)> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.weight));
        entries.into_iter().map(|(callee, entry)| (callee, entry.counts)).collect()
    }

    fn wait(&mut self, callee: Callee, gas: u64) {
        let weight = self.waiting.get(&callee).copied().unwrap_or(0).saturating_add(gas);
        let Some((lightest, least)) = lightest(&self.entries, |entry| entry.weight) else { return };
        if weight > least {
            let old = self.entries.remove(&lightest).unwrap_or_default();
            self.rest.add(&old.counts);
            self.waiting.remove(&callee);
            self.entries.insert(callee, Entry { weight, counts: CallCounts::ZERO });
            return;
        }
        if self.waiting.len() >= self.entries_max
            && !self.waiting.contains_key(&callee)
            && let Some((lightest, _)) = lightest_waiting(&self.waiting)
        {
            self.waiting.remove(&lightest);
        }
        self.waiting.insert(callee, weight);
    }
}

fn lightest(
    entries: &BTreeMap<Callee, Entry>,
    weight: impl Fn(&Entry) -> u64,
) -> Option<(Callee, u64)> {
    let lightest = entries.iter().min_by_key(|(_, entry)| weight(entry));
    lightest.map(|(callee, entry)| (callee.clone(), weight(entry)))
}

fn lightest_waiting(waiting: &BTreeMap<Callee, u64>) -> Option<(Callee, u64)> {
    let lightest = waiting.iter().min_by_key(|(_, weight)| **weight);
    lightest.map(|(callee, weight)| (callee.clone(), *weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callee(name: &str) -> Callee {
        Callee { vm: "evm".to_owned(), contract: name.to_owned(), method: "m".to_owned() }
    }

    fn call(gas: u64) -> CallCounts {
        CallCounts { success: 1, gas, ..CallCounts::ZERO }
    }

    #[test]
    fn the_busiest_have_figures_and_the_rest_never_falls() {
        let mut table = Table::new(2);
        table.add(callee("a"), &call(100));
        table.add(callee("b"), &call(10));
        let (mut rest, mut total) = (0, 2);
        for index in 0..50 {
            table.add(callee(&format!("once-{index}")), &call(1));
            table.add(callee("busy"), &call(4));
            total += 2;
            assert!(table.rest.success >= rest);
            rest = table.rest.success;
        }
        let names: Vec<_> = table.busiest().iter().map(|(it, _)| it.contract.clone()).collect();
        assert_eq!(names, ["busy", "a"]);
        let held: u64 = table.busiest().iter().map(|(_, counts)| counts.success).sum();
        assert_eq!(held + table.rest.success, total, "nothing is lost, nothing counted twice");
        assert!(table.waiting.len() <= 2);
    }

    #[test]
    fn a_table_of_nothing_counts_all_together() {
        let mut table = Table::new(0);
        table.add(callee("a"), &call(1));
        assert_eq!((table.busiest().len(), table.rest.success), (0, 1));
    }
}
