//! What the stretches of one run wrote: of every record the versions by stretch, over the base.

use std::{fmt, hash::BuildHasher, sync::Arc};

use crossbeam_utils::CachePadded;
use foldhash::fast::RandomState;
use indexmap::IndexMap;
use primitives::{Bytes, U256};
use state::{Key, Overlay, ScanEntry, StateError, StateView, WriteSet};

use crate::{
    Delta, NotApplicable, Numbers,
    range::{RangeRead, WrittenKeys},
    sync::Mutex,
};

/// Parts of the memory with a lock of their own.
const SHARDS: usize = if cfg!(feature = "loom") { 1 } else { 256 };

/// The number of a stretch.
pub(crate) type Index = u32;

/// Where the cell of a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CellId {
    shard: u32,
    slot: u32,
}

/// Which attempt wrote what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) index: Index,
    pub(crate) incarnation: u32,
}

/// Where what was read comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Base,
    Version(Stamp),
    /// Deltas had to be applied, so only the value can be compared.
    Resolved(Option<Stamp>),
}

/// A record as one stretch sees it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) cell: CellId,
    pub(crate) origin: Origin,
    pub(crate) value: Option<Bytes>,
}

/// Why a record cannot be read now.
#[derive(Debug, Clone)]
pub(crate) enum Unreadable {
    /// The stretch that writes it is being run again.
    Estimate(Index),
    /// Speculative deltas do not fit the record, or it holds no number.
    Unresolvable,
    /// The base failed.
    Failed(StateError),
}

/// A number that was asked for without its value.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) key: Key,
    pub(crate) amount: U256,
    pub(crate) holds: bool,
}

/// What an attempt would not read again as it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Conflict {
    Record(Key),
    Range(Vec<u8>),
}

/// How a second reading compares with the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    Same,
    Different,
    /// It is being written again.
    Unknown,
}

impl Again {
    fn of<T: PartialEq>(now: Result<T, Unreadable>, before: &T) -> Self {
        match now {
            Ok(now) if now == *before => Self::Same,
            Err(Unreadable::Estimate(_)) => Self::Unknown,
            Ok(_) | Err(_) => Self::Different,
        }
    }
}

/// Everything that an attempt read.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    pub(crate) records: Vec<Seen>,
    pub(crate) ranges: Vec<RangeRead>,
    pub(crate) asked: Vec<Asked>,
}

#[derive(Debug)]
struct Version {
    stamp: Stamp,
    entry: Entry,
}

#[derive(Debug, Clone)]
enum Entry {
    Value(Option<Bytes>),
    Delta(Delta),
    Estimate,
}

#[derive(Debug, Default)]
struct Cell {
    /// What the base holds, once someone has read it.
    base: Option<Option<Bytes>>,
    /// By stretch, each at most once.
    versions: Vec<Version>,
}

type Shard = IndexMap<Key, Cell, RandomState>;

/// The versions of all records over one base.
pub(crate) struct Memory {
    base: Arc<dyn StateView>,
    numbers: Arc<dyn Numbers>,
    hasher: RandomState,
    shards: Vec<CachePadded<Mutex<Shard>>>,
    written: WrittenKeys,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Memory {
    pub(crate) fn new(base: Arc<dyn StateView>, numbers: Arc<dyn Numbers>) -> Self {
        let hasher = RandomState::default();
        let shard = || CachePadded::new(Mutex::new(Shard::with_hasher(hasher.clone())));
        let shards = (0..SHARDS).map(|_| shard()).collect();
        Self { base, numbers, hasher, shards, written: WrittenKeys::default() }
    }

    pub(crate) fn base(&self) -> &Arc<dyn StateView> {
        &self.base
    }

    /// What the base holds at `key`, which it is not asked again where that is known.
    pub(crate) fn base_record(&self, key: &Key) -> Result<Option<Bytes>, StateError> {
        let known = self.lock(self.shard_of(key)).get(key).and_then(|cell| cell.base.clone());
        known.map_or_else(|| self.base.read(key), Ok)
    }

    /// The record at `key` as the stretch `reader` sees it, of which nobody asks later whether it
    /// would be read again.
    pub(crate) fn peek(&self, key: &Key, reader: Index) -> Result<Option<Bytes>, Unreadable> {
        let cells = self.lock(self.shard_of(key));
        let Some(cell) = cells.get(key) else {
            drop(cells);
            return self.base.read(key).map_err(Unreadable::Failed);
        };
        if let Some((_, value)) = self.resolve(key, cell, reader)? {
            return Ok(value);
        }
        drop(cells);
        self.read(key, reader).map(|seen| seen.value)
    }

    /// The record at `key` as the stretch `reader` sees it.
    pub(crate) fn read(&self, key: &Key, reader: Index) -> Result<Seen, Unreadable> {
        let shard = self.shard_of(key);
        let mut found_in_base = None;
        loop {
            let mut cells = self.lock(shard);
            let slot = match cells.get_index_of(key) {
                Some(slot) => slot,
                None if found_in_base.is_none() => {
                    drop(cells);
                    found_in_base = Some(self.base.read(key).map_err(Unreadable::Failed)?);
                    continue;
                }
                None => cells.insert_full(key.clone(), Cell::default()).0,
            };
            let (key, cell) = cells.get_index_mut(slot).expect("invariant: the slot was found");
            if let Some(base) = found_in_base.take() {
                cell.base.get_or_insert(base);
            }
            let id = CellId { shard, slot: slot as u32 };
            match self.resolve(key, cell, reader) {
                Ok(Some((origin, value))) => return Ok(Seen { cell: id, origin, value }),
                Ok(None) => {
                    let key = key.clone();
                    drop(cells);
                    found_in_base = Some(self.base.read(&key).map_err(Unreadable::Failed)?);
                }
                Err(unreadable) => return Err(unreadable),
            }
        }
    }

    /// At most `limit` records of a range as the stretch `reader` sees them.
    pub(crate) fn scan(
        &self,
        (prefix, from, limit): (&[u8], &[u8], usize),
        reader: Index,
    ) -> Result<Vec<ScanEntry>, Unreadable> {
        self.written.watch(|| self.all_written());
        let mut writes = WriteSet::new();
        for key in self.written.range(prefix, from) {
            let seen = self.read(&key, reader)?;
            if seen.origin != Origin::Base {
                writes.set(key, seen.value);
            }
        }
        Overlay::new(Arc::clone(&self.base), writes)
            .scan(prefix, from, limit)
            .map_err(Unreadable::Failed)
    }

    /// Whether a number is at least `amount`, as the stretch `reader` sees it.
    pub(crate) fn ask(&self, key: &Key, amount: U256, reader: Index) -> Result<bool, Unreadable> {
        let seen = self.read(key, reader)?;
        let holds = self.numbers.is_at_least(key, seen.value.as_ref(), amount);
        holds.map_err(|NotApplicable| Unreadable::Unresolvable)
    }

    /// Lays down what an attempt wrote, over what the attempt before it, in `before`, did.
    pub(crate) fn publish(
        &self,
        stamp: Stamp,
        (writes, deltas): (&WriteSet, &[(Key, Delta)]),
        before: &[CellId],
    ) -> Vec<CellId> {
        debug_assert!(before.is_sorted(), "cells are kept in order");
        let mut cells = Vec::with_capacity(writes.len() + deltas.len());
        for (key, value) in writes.iter() {
            cells.push(self.put(key, stamp, Entry::Value(value.cloned())));
        }
        for (key, delta) in deltas {
            assert!(writes.get(key).is_none(), "a record is set or changed by a delta, not both");
            cells.push(self.put(key, stamp, Entry::Delta(*delta)));
        }
        cells.sort_unstable();
        for cell in before {
            if cells.binary_search(cell).is_err() {
                self.remove(*cell, stamp.index);
            }
        }
        cells
    }

    /// Marks what an attempt wrote: it will probably be written again, with other values.
    pub(crate) fn estimate(&self, index: Index, cells: &[CellId]) {
        for id in cells {
            let mut shard = self.lock(id.shard);
            let cell = cell_mut(&mut shard, *id);
            if let Ok(at) = cell.versions.binary_search_by_key(&index, |it| it.stamp.index) {
                cell.versions[at].entry = Entry::Estimate;
            }
        }
    }

    /// Takes away what an attempt wrote.
    pub(crate) fn withdraw(&self, index: Index, cells: &[CellId]) {
        for cell in cells {
            self.remove(*cell, index);
        }
    }

    /// The first thing that `reader` would not read again as it did, or nothing. An estimate below
    /// it counts as a difference: there is none below what is about to become final.
    pub(crate) fn validate(&self, reads: &Reads, reader: Index) -> Result<(), Conflict> {
        self.find_conflict(reads, reader, |again| !matches!(again, Again::Same))
    }

    /// As [`validate`](Self::validate), but what is being written again may well come out the same.
    pub(crate) fn validate_ahead(&self, reads: &Reads, reader: Index) -> Result<(), Conflict> {
        self.find_conflict(reads, reader, |again| matches!(again, Again::Different))
    }

    fn find_conflict(
        &self,
        reads: &Reads,
        reader: Index,
        is_conflict: impl Fn(Again) -> bool,
    ) -> Result<(), Conflict> {
        for read in &reads.records {
            if is_conflict(self.read_again(read, reader)) {
                return Err(Conflict::Record(self.key(read.cell)));
            }
        }
        for asked in &reads.asked {
            let holds = self.ask(&asked.key, asked.amount, reader);
            if is_conflict(Again::of(holds, &asked.holds)) {
                return Err(Conflict::Record(asked.key.clone()));
            }
        }
        for range in &reads.ranges {
            let found = self.scan((&range.prefix, &range.from, range.limit), reader);
            if is_conflict(Again::of(found, &range.found)) {
                return Err(Conflict::Range(range.prefix.clone()));
            }
        }
        Ok(())
    }

    /// Turns a delta of a stretch, before which everything is final, into the record it makes.
    pub(crate) fn materialise(&self, key: &Key, index: Index) -> Result<Option<Bytes>, Unreadable> {
        let after = self.read(key, index + 1)?;
        let mut shard = self.lock(after.cell.shard);
        let cell = cell_mut(&mut shard, after.cell);
        let at = cell.versions.binary_search_by_key(&index, |it| it.stamp.index);
        let at = at.expect("invariant: the delta was published");
        cell.versions[at].entry = Entry::Value(after.value.clone());
        Ok(after.value)
    }

    fn put(&self, key: &Key, stamp: Stamp, entry: Entry) -> CellId {
        let shard = self.shard_of(key);
        let mut cells = self.lock(shard);
        let slot = match cells.get_index_of(key) {
            Some(slot) => slot,
            None => cells.insert_full(key.clone(), Cell::default()).0,
        };
        let id = CellId { shard, slot: slot as u32 };
        let cell = cell_mut(&mut cells, id);
        let version = Version { stamp, entry };
        match cell.versions.binary_search_by_key(&stamp.index, |it| it.stamp.index) {
            Ok(at) => cell.versions[at] = version,
            Err(at) => cell.versions.insert(at, version),
        }
        // Under the lock of the shard, so that a scan that begins to watch misses no key.
        self.written.note(key);
        id
    }

    fn remove(&self, id: CellId, index: Index) {
        let mut shard = self.lock(id.shard);
        cell_mut(&mut shard, id).versions.retain(|version| version.stamp.index != index);
    }

    fn read_again(&self, read: &Seen, reader: Index) -> Again {
        let shard = self.lock(read.cell.shard);
        let (key, cell) =
            shard.get_index(read.cell.slot as usize).expect("invariant: cells are never removed");
        match self.resolve(key, cell, reader) {
            Ok(Some((origin, value))) => {
                let is_comparable = !matches!(origin, Origin::Resolved(_));
                let is_same = (is_comparable && origin == read.origin) || value == read.value;
                if is_same { Again::Same } else { Again::Different }
            }
            Err(Unreadable::Estimate(_)) => Again::Unknown,
            // A value came from a version that is gone, and nobody has read the base beneath.
            Ok(None) | Err(_) => Again::Different,
        }
    }

    /// What `reader` sees of a record, or nothing where the base has to be read for it.
    fn resolve(
        &self,
        key: &Key,
        cell: &Cell,
        reader: Index,
    ) -> Result<Option<(Origin, Option<Bytes>)>, Unreadable> {
        let below = cell.versions.partition_point(|version| version.stamp.index < reader);
        let versions = &cell.versions[..below];
        let mut ground = None;
        let mut first_delta = below;
        for (at, version) in versions.iter().enumerate().rev() {
            match &version.entry {
                Entry::Estimate => return Err(Unreadable::Estimate(version.stamp.index)),
                Entry::Value(value) => {
                    ground = Some((version.stamp, value));
                    break;
                }
                Entry::Delta(_) => first_delta = at,
            }
        }
        let Some(value) = ground.map(|(_, value)| value).or(cell.base.as_ref()) else {
            return Ok(None);
        };
        let stamp = ground.map(|(stamp, _)| stamp);
        if first_delta == below {
            return Ok(Some((stamp.map_or(Origin::Base, Origin::Version), value.clone())));
        }
        let mut value = value.clone();
        for version in &versions[first_delta..] {
            let Entry::Delta(delta) = &version.entry else { continue };
            let applied = self.numbers.apply(key, value.as_ref(), delta);
            value = applied.map_err(|_| Unreadable::Unresolvable)?;
        }
        let newest = versions.last().map(|version| version.stamp);
        Ok(Some((Origin::Resolved(newest), value)))
    }

    pub(crate) fn key(&self, id: CellId) -> Key {
        let shard = self.lock(id.shard);
        let (key, _) =
            shard.get_index(id.slot as usize).expect("invariant: cells are never removed");
        key.clone()
    }

    fn all_written(&self) -> Vec<Key> {
        let is_written =
            |(key, cell): (&Key, &Cell)| (!cell.versions.is_empty()).then(|| key.clone());
        let shards = (0..SHARDS as u32).map(|shard| self.lock(shard));
        shards.flat_map(|shard| shard.iter().filter_map(is_written).collect::<Vec<_>>()).collect()
    }

    fn shard_of(&self, key: &Key) -> u32 {
        // The maps inside take the low and the highest bits.
        ((self.hasher.hash_one(key) >> 32) % SHARDS as u64) as u32
    }

    fn lock(&self, shard: u32) -> crate::sync::Guard<'_, Shard> {
        self.shards[shard as usize].lock()
    }
}

fn cell_mut(shard: &mut Shard, id: CellId) -> &mut Cell {
    shard
        .get_index_mut(id.slot as usize)
        .map(|(_, cell)| cell)
        .expect("invariant: cells are never removed")
}
