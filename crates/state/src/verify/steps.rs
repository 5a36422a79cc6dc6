//! A verification in steps: it can be put down between any two of them, kept in a file, and taken
//! up again by another process, while blocks are committed and pruned.
//!
//! The records are read in the order of their keys and the tree in that of its paths; each page has
//! to have the hash that the page above says, up to the root. Where the sums of the leaves on both
//! sides are equal, the root of the tree is that of the records.

use std::sync::Arc;

use primitives::Bytes;
use serde::{Deserialize, Serialize};

use super::{Report, check_record, sum::LeafSum};
use crate::{HeldState, Key, Records, StateError, Store, TREE_SLICES, Tip, commitment::Leaf};

/// The version of the form in which it is kept.
const VERIFICATION_VERSION: u32 = 1;

/// Records that one step reads.
pub const STEP_RECORDS: usize = 1 << 14;

/// A verification of the state after one block, as far as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    version: u32,
    tip: Tip,
    place: Place,
    report: Report,
    leaves: u64,
    records_sum: LeafSum,
    leaves_sum: LeafSum,
}

/// Where a verification is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Place {
    /// The records after this key come next, or the first.
    Records(Option<Bytes>),
    /// This part of the tree comes next.
    Tree(u16),
    History,
    Done,
}

/// What a verification is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VerificationStage {
    /// It reads records.
    Records,
    /// It reads the tree.
    Tree,
    /// It reads history.
    History,
    /// All has been read.
    Done,
}

impl Verification {
    /// The beginning for the state after the last block; nothing for an empty store.
    ///
    /// # Errors
    ///
    /// [`StateError`] where the store cannot be read.
    pub fn begin(store: &dyn Store) -> Result<Option<Self>, StateError> {
        let Some(tip) = store.tip() else { return Ok(None) };
        let root = store.root_at(tip.block)?;
        Ok(Some(Self {
            version: VERIFICATION_VERSION,
            tip,
            place: Place::Records(None),
            report: Report { tip: Some(tip), root, ..Report::default() },
            leaves: 0,
            records_sum: LeafSum::new(),
            leaves_sum: LeafSum::new(),
        }))
    }

    /// Whether it is one of this program and of a state that the store still holds, so that it can
    /// be gone on with.
    ///
    /// # Errors
    ///
    /// [`StateError`] where the store cannot be read.
    pub fn fits(&self, store: &dyn Store) -> Result<bool, StateError> {
        let Tip { block, hash } = self.tip;
        let is_held = store.tip().is_some_and(|tip| block <= tip.block)
            && store.retained_from() <= block
            && store.block_hash(block)? == Some(hash);
        let is_whole = self.version == VERIFICATION_VERSION
            && self.records_sum.is_whole()
            && self.leaves_sum.is_whole();
        Ok(is_whole && is_held && store.root_at(block)? == self.report.root)
    }

    /// The state that it reads, which stays as it is whatever is committed or pruned meanwhile.
    ///
    /// # Errors
    ///
    /// As [`Store::hold`].
    pub fn hold(&self, store: &dyn Store) -> Result<Arc<dyn HeldState>, StateError> {
        store.hold(self.tip.block)
    }

    /// The block whose state it reads.
    #[must_use]
    pub const fn tip(&self) -> Tip {
        self.tip
    }

    /// What it is doing.
    #[must_use]
    pub const fn stage(&self) -> VerificationStage {
        match self.place {
            Place::Records(_) => VerificationStage::Records,
            Place::Tree(_) => VerificationStage::Tree,
            Place::History => VerificationStage::History,
            Place::Done => VerificationStage::Done,
        }
    }

    /// What has been found so far. Its root is the one that the store has, which is that of the
    /// records where no problem says otherwise.
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.report
    }

    /// Leaves of the tree that have been read.
    #[must_use]
    pub const fn leaves(&self) -> u64 {
        self.leaves
    }

    /// Goes on by one step over what [`hold`](Self::hold) gave, and tells whether there is more to
    /// do. After an error the same step can be taken again.
    ///
    /// # Errors
    ///
    /// [`StateError`] where the store cannot be read at all.
    pub fn step(&mut self, held: &dyn HeldState) -> Result<bool, StateError> {
        match &self.place {
            Place::Records(after) => {
                let after = after.clone();
                self.place = self.read_records(held, after.as_ref())?;
            }
            Place::Tree(slice) => self.place = self.read_tree(held, *slice)?,
            Place::History => {
                let report = &mut self.report;
                let mut found = Vec::new();
                report.history_entries = held.check_history(&mut |problem| found.push(problem))?;
                found.into_iter().for_each(|problem| report.problem(problem));
                self.place = Place::Done;
            }
            Place::Done => {}
        }
        Ok(self.place != Place::Done)
    }

    fn read_records(
        &mut self,
        held: &dyn HeldState,
        after: Option<&Bytes>,
    ) -> Result<Place, StateError> {
        // The first key above another is that with a zero byte behind it.
        let from = after.map_or_else(Vec::new, |key| [&key[..], &[0]].concat());
        let records = Records::starting_at(held.view(), &[], &from).take(STEP_RECORDS);
        let records: Vec<(Key, Bytes)> = records.collect::<Result<_, _>>()?;
        for (key, value) in &records {
            self.records_sum.add(&Leaf::of(key.as_bytes(), value));
            if let Err(problem) = check_record(held.view(), key, value) {
                self.report.problem(problem.to_string());
            }
        }
        self.report.records += records.len() as u64;
        let last = records.last().filter(|_| records.len() == STEP_RECORDS);
        Ok(last.map_or(Place::Tree(0), |(key, _)| {
            Place::Records(Some(Bytes::copy_from_slice(key.as_bytes())))
        }))
    }

    fn read_tree(&mut self, held: &dyn HeldState, slice: u16) -> Result<Place, StateError> {
        let (mut leaves, mut sum) = (0, self.leaves_sum.clone());
        let read = held.leaves(&self.report.root, slice, &mut |leaf| {
            leaves += 1;
            sum.add(leaf);
        });
        match read {
            Ok(()) => {}
            Err(error @ StateError::Corrupt { .. }) => self.report.problem(error.to_string()),
            Err(error) => return Err(error),
        }
        self.leaves += leaves;
        self.leaves_sum = sum;
        if slice + 1 < TREE_SLICES {
            return Ok(Place::Tree(slice + 1));
        }
        self.compare();
        Ok(Place::History)
    }

    /// Compares the records with the tree, both of which have been read.
    fn compare(&mut self) {
        let (leaves, records) = (self.leaves, self.report.records);
        if leaves != records {
            let problem = format!("the tree has {leaves} leaves, there are {records} records");
            self.report.problem(problem);
        } else if self.records_sum != self.leaves_sum {
            let root = self.report.root;
            self.report.problem(format!("the tree has root {root}, the records have another"));
        }
    }
}

#[cfg(test)]
mod tests {
    use primitives::{Address, BlockNumber, Hash};

    use super::*;
    use crate::{BlockCommit, MemoryStore, Overlay, StateView, WriteSet};

    /// A state whose records are others than those that its tree was made of.
    #[derive(Debug)]
    struct Spoiled {
        view: Overlay,
        held: Arc<dyn HeldState>,
    }

    impl HeldState for Spoiled {
        fn view(&self) -> &dyn StateView {
            &self.view
        }

        fn leaves(
            &self,
            root: &Hash,
            slice: u16,
            found: &mut dyn FnMut(&Leaf),
        ) -> Result<(), StateError> {
            self.held.leaves(root, slice, found)
        }

        fn check_history(&self, report: &mut dyn FnMut(String)) -> Result<u64, StateError> {
            self.held.check_history(report)
        }
    }

    fn key(index: u64) -> Key {
        Key::kv(&Address::ZERO, &index.to_be_bytes())
    }

    fn store(records: u64) -> MemoryStore {
        let store = MemoryStore::new();
        let mut writes = WriteSet::new();
        (0..records).for_each(|index| writes.put(key(index), index.to_be_bytes().to_vec()));
        store.commit(BlockCommit { writes, ..BlockCommit::default() }).expect("memory");
        store
    }

    fn verify(store: &MemoryStore, spoil: WriteSet, root: Option<Hash>) -> Report {
        let mut verification = Verification::begin(store).expect("memory").expect("a block");
        verification.report.root = root.unwrap_or(verification.report.root);
        let held = store.hold(BlockNumber(0)).expect("held");
        let spoiled = Spoiled { view: Overlay::new(store.latest(), spoil), held };
        while verification.step(&spoiled).expect("memory") {}
        assert_eq!(verification.stage(), VerificationStage::Done);
        verification.report
    }

    #[test]
    fn each_leaf_is_in_one_part_of_the_tree() {
        for records in [0, 1, 2, 17, 300, 5000] {
            let report = verify(&store(records), WriteSet::new(), None);
            assert!(report.is_healthy(), "{report:?}");
            assert_eq!(report.records, records);
        }
    }

    #[test]
    fn records_that_are_not_those_of_the_tree_are_a_problem() {
        let of = |key: Key, value: Option<&'static [u8]>| {
            let mut writes = WriteSet::new();
            writes.set(key, value.map(Bytes::from_static));
            writes
        };
        for records in [1, 600] {
            let cases = [
                (of(key(0), Some(b"other")), "the records have another"),
                (of(key(0), None), "leaves"),
                (of(key(records), Some(b"more")), "leaves"),
            ];
            for (spoil, expected) in cases {
                let report = verify(&store(records), spoil, None);
                assert_eq!(report.problems_count, 1, "{report:?}");
                assert!(report.problems[0].contains(expected), "{report:?}");
            }
            let other = verify(&store(records), WriteSet::new(), Some(Hash::repeat_byte(1)));
            assert!(other.problems[0].contains("the page above says"), "{other:?}");
        }
    }
}
