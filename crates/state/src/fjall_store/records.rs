//! Records of the latest state that are kept in memory, shared by all who read it.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use parking_lot::Mutex;
use primitives::Bytes;
use schnellru::{Limiter, LruMap};
use xxhash_rust::xxh3::xxh3_64;

use crate::{Key, StateError, store::StagedWrite};

/// Parts with a lock each.
const SHARDS: usize = 16;

/// About what a record takes beside its key and value.
const RECORD_BYTES: usize = 96;

/// What became of the state since the view before.
pub(super) enum Since<'w> {
    /// Nothing: the same records.
    Same,
    /// A block wrote these.
    Block(&'w [StagedWrite]),
    /// Another state.
    Other,
}

/// Records by their keys, the least recently used of which go when they take too many bytes. What
/// is not there is remembered too.
///
/// It follows the tip by generations: a view of a later state than that of a part, or of an earlier
/// one, neither reads nor fills that part.
pub(super) struct RecordCache {
    shards: Vec<Mutex<Shard>>,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// Which state a view reads, where it is a latest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Generation(u64);

struct Shard {
    records: LruMap<Key, Option<Bytes>, Budget>,
    generation: Generation,
}

impl RecordCache {
    /// An empty cache.
    pub(super) fn new(bytes_max: usize) -> Self {
        let shard = || Shard {
            records: LruMap::new(Budget { bytes: 0, bytes_max: bytes_max / SHARDS }),
            generation: Generation(0),
        };
        let shards = (0..SHARDS).map(|_| Mutex::new(shard())).collect();
        Self { shards, hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    /// The record, or what `load` gives, for a view of this generation.
    pub(super) fn read(
        &self,
        key: &Key,
        generation: Generation,
        load: impl FnOnce() -> Result<Option<Bytes>, StateError>,
    ) -> Result<Option<Bytes>, StateError> {
        let shard = self.shard(key);
        {
            let mut shard = shard.lock();
            if shard.generation == generation
                && let Some(found) = shard.records.get(key)
            {
                self.hits.fetch_add(1, Ordering::Relaxed);
                return Ok(found.clone());
            }
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        let loaded = load()?;
        let mut shard = shard.lock();
        if shard.generation == generation {
            shard.records.insert(key.clone(), loaded.clone());
        }
        Ok(loaded)
    }

    /// Goes on to the next state. There is one writer; readers of the state before find nothing
    /// here any more, and readers of the next begin after this.
    pub(super) fn advance(&self, since: &Since<'_>) -> Generation {
        let last = self.shards.first().map_or(Generation(0), |shard| shard.lock().generation);
        if matches!(since, Since::Same) {
            return last;
        }
        let next = Generation(last.0.checked_add(1).expect("invariant: blocks are countable"));
        let mut written: Vec<Vec<&StagedWrite>> = self.shards.iter().map(|_| Vec::new()).collect();
        if let Since::Block(writes) = since {
            for write in *writes {
                if let Some(part) = written.get_mut(place(&write.key)) {
                    part.push(write);
                }
            }
        }
        for (shard, writes) in self.shards.iter().zip(written) {
            let mut shard = shard.lock();
            assert!(shard.generation == last, "one writer goes on at a time");
            shard.generation = next;
            if matches!(since, Since::Other) {
                shard.records.clear();
            }
            for StagedWrite { key, value, .. } in writes {
                shard.records.insert(key.clone(), value.clone());
            }
        }
        next
    }

    /// How often a record of the latest state was there, and how often it was not.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    /// About how many bytes the records take, and the most that these may come to.
    pub(super) fn bytes(&self) -> (usize, usize) {
        let sizes = self.shards.iter().map(|shard| {
            let shard = shard.lock();
            let budget = shard.records.limiter();
            (budget.bytes, budget.bytes_max)
        });
        sizes.fold((0, 0), |(bytes, most), (more, limit)| (bytes + more, most + limit))
    }

    fn shard(&self, key: &Key) -> &Mutex<Shard> {
        self.shards.get(place(key)).expect("invariant: a place is below the number of parts")
    }
}

/// The number of the part that a key belongs to.
fn place(key: &Key) -> usize {
    usize::try_from(xxh3_64(key.as_bytes()) % SHARDS as u64).unwrap_or_default()
}

impl fmt::Debug for RecordCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordCache").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

/// Counts the bytes of what is kept.
struct Budget {
    bytes: usize,
    bytes_max: usize,
}

fn size_of(key: &Key, value: Option<&Bytes>) -> usize {
    RECORD_BYTES + key.as_bytes().len() + value.map_or(0, |value| value.len())
}

impl Limiter<Key, Option<Bytes>> for Budget {
    type KeyToInsert<'a> = Key;
    type LinkType = u32;

    fn is_over_the_limit(&self, _length: usize) -> bool {
        self.bytes > self.bytes_max
    }

    fn on_insert(
        &mut self,
        _length: usize,
        key: Key,
        value: Option<Bytes>,
    ) -> Option<(Key, Option<Bytes>)> {
        let size = size_of(&key, value.as_ref());
        if size > self.bytes_max {
            return None;
        }
        self.bytes += size;
        Some((key, value))
    }

    fn on_replace(
        &mut self,
        _length: usize,
        old_key: &mut Key,
        new_key: Key,
        old_value: &mut Option<Bytes>,
        new_value: &mut Option<Bytes>,
    ) -> bool {
        self.bytes += size_of(&new_key, new_value.as_ref());
        self.bytes -= size_of(old_key, old_value.as_ref());
        true
    }

    fn on_removed(&mut self, key: &mut Key, value: &mut Option<Bytes>) {
        self.bytes -= size_of(key, value.as_ref());
    }

    fn on_cleared(&mut self) {
        self.bytes = 0;
    }

    fn on_grow(&mut self, _new_memory_usage: usize) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use primitives::Address;

    use super::*;
    use crate::Namespace;

    fn key(number: u8) -> Key {
        Key::new(Namespace::Slot, &Address::ZERO, &[number; 32])
    }

    fn write(number: u8, value: Option<u8>) -> StagedWrite {
        let value = value.map(|value| Bytes::from(vec![value]));
        StagedWrite { key: key(number), value, previous: None }
    }

    fn read(cache: &RecordCache, number: u8, at: Generation, stored: Option<u8>) -> Option<u8> {
        let load = || Ok(stored.map(|value| Bytes::from(vec![value])));
        let found = cache.read(&key(number), at, load).expect("memory does not fail");
        found.map(|value| value[0])
    }

    #[test]
    fn a_view_finds_what_its_state_holds() {
        let cache = RecordCache::new(1 << 20);
        let first = cache.advance(&Since::Other);
        assert_eq!(read(&cache, 1, first, Some(7)), Some(7));
        assert_eq!(read(&cache, 1, first, Some(9)), Some(7), "it is kept");
        assert_eq!(read(&cache, 2, first, None), None);
        assert_eq!(read(&cache, 2, first, Some(9)), None, "what is not there is kept too");
        assert_eq!(cache.counts(), (2, 2));
        let second = cache.advance(&Since::Block(&[write(1, Some(8)), write(3, None)]));
        assert_eq!(read(&cache, 1, second, Some(0)), Some(8));
        assert_eq!(read(&cache, 2, second, Some(0)), None);
        assert_eq!(read(&cache, 3, second, Some(0)), None);
        assert_eq!(cache.advance(&Since::Same), second);
        // An earlier view goes past the cache, and leaves nothing in it.
        assert_eq!(read(&cache, 1, first, Some(7)), Some(7));
        assert_eq!(read(&cache, 4, first, Some(1)), Some(1));
        assert_eq!(read(&cache, 4, second, Some(2)), Some(2));
        let third = cache.advance(&Since::Other);
        assert_eq!(read(&cache, 1, third, Some(5)), Some(5));
    }

    /// Readers go on with the view that they have while blocks are committed: each finds what its
    /// state holds, whatever the cache is at.
    #[test]
    fn readers_and_a_writer_do_not_mix_states() {
        const KEYS: u8 = 8;
        const BLOCKS: u8 = 200;
        let cache = RecordCache::new(1 << 20);
        let shown = Mutex::new((cache.advance(&Since::Other), 0));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    loop {
                        let (at, value) = *shown.lock();
                        for number in (0..KEYS).cycle().take(64) {
                            assert_eq!(read(&cache, number, at, Some(value)), Some(value));
                        }
                        if value == BLOCKS {
                            return;
                        }
                    }
                });
            }
            for value in 1..=BLOCKS {
                let writes: Vec<_> = (0..KEYS).map(|key| write(key, Some(value))).collect();
                let next = match value % 7 {
                    0 => cache.advance(&Since::Other),
                    _ => cache.advance(&Since::Block(&writes)),
                };
                *shown.lock() = (next, value);
            }
        });
    }

    #[test]
    fn the_records_stay_within_their_bytes() {
        let cache = RecordCache::new(SHARDS * 400);
        let at = cache.advance(&Since::Other);
        for number in 0..=255 {
            read(&cache, number, at, Some(number));
            let (bytes, most) = cache.bytes();
            assert!(bytes <= most, "{bytes} of {most}");
        }
        let large = cache.read(&key(1), at, || Ok(Some(Bytes::from(vec![0; 4096]))));
        assert!(large.is_ok() && cache.bytes().0 <= cache.bytes().1);
    }
}
