//! The tree against the definition: random batches over tricky paths, their pages as they are
//! stored, their proofs.

use std::{collections::BTreeMap, sync::Arc};

use primitives::{B256, Hash};
use proof::{Leaf, Prefix, Terminal, subtree_of};
use proptest::{collection::vec, prelude::*};

use super::{page::child_id, *};

/// Pages by their place, all of them decoded from their versions each time they are read.
#[derive(Debug, Default)]
struct Stored(BTreeMap<Vec<u8>, Vec<Vec<u8>>>);

impl Stored {
    fn apply(&mut self, update: Update) {
        for change in update.pages {
            let version = encode_version(&change);
            let versions = self.0.entry(page_key(&change.id)).or_default();
            if version.is_whole {
                versions.clear();
            }
            versions.push(version.bytes);
        }
    }

    fn pages(&self) -> usize {
        self.0.values().filter(|versions| versions.as_slice() != [b"g"]).count()
    }
}

impl Pages for Stored {
    fn page(&self, id: &Prefix) -> Result<Option<Arc<Page>>, StateError> {
        let Some(versions) = self.0.get(&page_key(id)) else { return Ok(None) };
        let mut decoder = PageDecoder::new(*id);
        for version in versions.iter().rev() {
            match decoder.read(version).expect("own bytes") {
                Decoded::More(more) => decoder = more,
                Decoded::Gone => return Ok(None),
                Decoded::Page(page) => return Ok(Some(page)),
            }
        }
        panic!("the first version is whole");
    }
}

type Model = BTreeMap<B256, Hash>;

fn leaves(model: &Model) -> Vec<Leaf> {
    model.iter().map(|(path, value_hash)| Leaf { path: *path, value_hash: *value_hash }).collect()
}

fn root(model: &Model) -> Hash {
    subtree_of(&leaves(model), 0).expect("sorted").hash()
}

/// Paths that meet: short ones that differ in few bits, and ones that part only far down.
fn path() -> impl Strategy<Value = B256> {
    let near = (0u8..8, 0u8..4).prop_map(|(high, low)| {
        let mut path = B256::ZERO;
        path[0] = high << 5;
        path[1] = low << 6;
        path
    });
    let deep = (0usize..32, 0u8..8).prop_map(|(at, bit)| {
        let mut path = B256::repeat_byte(0xa5);
        path[at] ^= 1 << bit;
        path
    });
    let end = (0u8..16).prop_map(|end| {
        let mut path = B256::repeat_byte(0x3c);
        path[31] = end;
        path
    });
    prop_oneof![2 => near, 2 => deep, 1 => end, 2 => any::<[u8; 32]>().prop_map(B256::new)]
}

fn batches() -> impl Strategy<Value = Vec<Vec<(B256, Option<u8>)>>> {
    vec(vec((path(), proptest::option::weighted(0.7, 0u8..3)), 0..60), 1..12)
}

fn changes(batch: &[(B256, Option<u8>)]) -> Vec<Change> {
    let sorted: BTreeMap<B256, Option<u8>> = batch.iter().copied().collect();
    let change = |(path, value): (B256, Option<u8>)| Change {
        path,
        value_hash: value.map(Hash::repeat_byte),
    };
    sorted.into_iter().map(change).collect()
}

fn apply(model: &mut Model, changes: &[Change]) {
    for Change { path, value_hash } in changes {
        match value_hash {
            Some(value_hash) => {
                model.insert(*path, *value_hash);
            }
            None => {
                model.remove(path);
            }
        }
    }
}

/// Pages say where leaves are, so what there is beside the path of a proof follows from the model.
fn check_proofs(stored: &Stored, model: &Model, path: &B256) {
    let all = leaves(model);
    let below = |prefix: &Prefix| -> Vec<Leaf> {
        all.iter().copied().filter(|leaf| prefix.contains(&leaf.path)).collect()
    };
    let proof = prove(stored, path).expect("reads");
    let shown = match proof.terminal() {
        Terminal::Present => Some(*path),
        Terminal::Other(leaf) => {
            assert_eq!(model.get(&leaf.path), Some(&leaf.value_hash));
            assert_ne!(leaf.path, *path);
            None
        }
        Terminal::Empty => None,
    };
    assert_eq!(shown.is_some(), model.contains_key(path));
    for depth in [0, 1, 5, 9, 10, 64, 256] {
        let prefix = Prefix::new(path, depth).expect("fits");
        let proof = prove_subtree(stored, &prefix).expect("reads");
        assert_eq!(proof.verify(&root(model), &prefix, &below(&prefix)), Ok(()));
    }
}

proptest! {
    #[test]
    fn batches_lead_to_the_root_of_the_definition(
        batches in batches(), asked in vec(path(), 2),
    ) {
        let (mut stored, mut model) = (Stored::default(), Model::new());
        for batch in batches {
            let changes = changes(&batch);
            let update = update(&stored, &changes, 1).expect("reads");
            apply(&mut model, &changes);
            prop_assert_eq!(update.root, root(&model));
            stored.apply(update);
            for path in &asked {
                check_proofs(&stored, &model, path);
            }
        }
        // Equal records have equal pages, whatever came before.
        let at_once: Vec<Change> = leaves(&model)
            .into_iter()
            .map(|leaf| Change { path: leaf.path, value_hash: Some(leaf.value_hash) })
            .collect();
        let mut fresh = Stored::default();
        fresh.apply(update(&fresh, &at_once, 1).expect("reads"));
        prop_assert_eq!(stored.pages().max(1), fresh.pages().max(1));
    }

    #[test]
    fn what_changes_nothing_writes_nothing(batch in vec((path(), Just(Some(1u8))), 0..60)) {
        let mut stored = Stored::default();
        let changes = changes(&batch);
        stored.apply(update(&stored, &changes, 1).expect("reads"));
        let absent = Change { path: B256::repeat_byte(0x77), value_hash: None };
        for again in [changes, vec![absent], vec![]] {
            let update = update(&stored, &again, 1).expect("reads");
            prop_assert_eq!(update.pages.len(), 0);
        }
    }

    #[test]
    fn other_bytes_are_no_page_and_no_panic(
        bytes in vec(any::<u8>(), 0..200), kind in 0usize..3, mask in 0u32..8,
    ) {
        let decoder = || PageDecoder::new(Prefix::ROOT);
        let _ = decoder().read(&bytes);
        let shaped = [&[b"fdg"[kind]][..], &mask.to_be_bytes(), &bytes].concat();
        let _ = decoder().read(&shaped);
    }
}

/// Enough changes for several threads, spread evenly and piled up in one bucket.
#[test]
fn the_number_of_threads_has_no_part_in_the_result() {
    let path = |at: u32, piled: bool| {
        let mut path = B256::new(*blake3::hash(&at.to_be_bytes()).as_bytes());
        if piled && !at.is_multiple_of(3) {
            path[0] = 0xff;
        }
        path
    };
    for piled in [false, true] {
        let batch = |from: u32, to: u32, value: Option<Hash>| {
            let change = |at| Change { path: path(at, piled), value_hash: value };
            let mut changes: Vec<Change> = (from..to).map(change).collect();
            changes.sort_unstable_by_key(|change| change.path);
            changes
        };
        let (mut stored, mut model) = (Stored::default(), Model::new());
        let steps = [
            batch(0, 5_000, Some(Hash::repeat_byte(1))),
            batch(4_000, 7_000, Some(Hash::repeat_byte(2))),
            batch(1_000, 6_000, None),
        ];
        for changes in steps {
            apply(&mut model, &changes);
            let serial = update(&stored, &changes, 1).expect("reads");
            for threads in [2, 3, 7, 64] {
                let parallel = update(&stored, &changes, threads).expect("reads");
                assert_eq!(parallel.root, serial.root);
                let bytes = |update: &Update| -> Vec<(Prefix, Vec<u8>)> {
                    let encode = |change| encode_version(change).bytes;
                    update.pages.iter().map(|change| (change.id, encode(change))).collect()
                };
                assert_eq!(bytes(&parallel), bytes(&serial));
            }
            assert_eq!(serial.root, root(&model));
            stored.apply(serial);
        }
    }
}

#[test]
fn a_page_that_is_missing_is_named() {
    let path = |at: u8| B256::new(*blake3::hash(&[at]).as_bytes());
    let change = |at| Change { path: path(at), value_hash: Some(Hash::ZERO) };
    let mut changes: Vec<Change> = (0..=255).map(change).collect();
    changes.sort_unstable_by_key(|change| change.path);
    let mut stored = Stored::default();
    stored.apply(update(&stored, &changes, 1).expect("reads"));
    stored.0.retain(|key, _| key[0] == 0);
    let error = update(&stored, &[Change { path: path(0), value_hash: None }], 1);
    assert!(matches!(&error, Err(StateError::Corrupt { key, .. }) if key.contains("page 5/")));
}

#[test]
fn the_place_of_a_bucket_is_the_prefix_of_its_paths() {
    let path = B256::new(*blake3::hash(b"path").as_bytes());
    let mut id = Prefix::ROOT;
    while id.depth() < 255 {
        let bucket = page::bucket_of(&path, id.depth());
        id = child_id(&id, bucket);
        assert_eq!(Prefix::new(&path, id.depth()), Some(id));
    }
    assert!(page::bucket_of(&path, 255) < BUCKETS);
}

#[test]
fn the_cache_keeps_to_its_bytes_and_to_the_tip() {
    use primitives::BlockNumber;
    let (one, two) = (BlockNumber(1), BlockNumber(2));
    let page = Arc::new(Page::empty());
    let bytes_max = 10 * page.memory_bytes();
    let cache = PageCache::new(bytes_max, Some(one));
    let id = |at: u8| Prefix::new(&B256::repeat_byte(at), 5).expect("fits");
    cache.keep(id(0), &page, BlockNumber(0), one);
    assert!(cache.get(&id(0), one).is_some() && cache.get(&id(0), BlockNumber(0)).is_some());
    assert!(cache.get(&id(0), two).is_none(), "the tip is not there yet");
    let change = |page| PageChange { id: id(0), page, buckets: 1, existed: true };
    cache.advance(two, [change(Some(Arc::clone(&page)))]);
    assert!(cache.get(&id(0), two).is_some());
    assert!(cache.get(&id(0), one).is_none(), "a block before has another page");
    cache.keep(id(0), &page, one, one);
    assert!(cache.get(&id(0), one).is_none(), "a late reader does not bring it back");
    for at in 0..200 {
        cache.keep(id(at), &page, one, two);
    }
    assert!(cache.bytes() <= bytes_max && cache.bytes() > bytes_max / 2);
    cache.advance(two, [change(None)]);
    cache.reset(None);
    assert_eq!(cache.bytes(), 0);
}
