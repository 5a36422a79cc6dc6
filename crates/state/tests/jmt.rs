//! The tree against another one: the jellyfish Merkle tree of the crate `jmt`, over the same
//! history. Its hashes are others, so what is compared is what does not depend on them: which keys
//! each tree proves to be there after each block, and when its root is a new one.

use std::collections::BTreeMap;

use braid_state::{BlockCommit, Key, MemoryStore, Store};
use jmt::{KeyHash, OwnedValue, RootHash, Sha256Jmt, mock::MockTreeStore};
use primitives::{Address, BlockNumber, Bytes, Hash};
use proptest::{collection::vec, prelude::*};

const KEYS: u16 = 300;

fn key(name: u16) -> Key {
    Key::kv(&Address::ZERO, &name.to_be_bytes())
}

fn key_hash(name: u16) -> KeyHash {
    KeyHash::with::<sha2::Sha256>(name.to_be_bytes())
}

type Batch = BTreeMap<u16, Option<OwnedValue>>;

fn batch() -> impl Strategy<Value = Batch> {
    let value = proptest::option::weighted(0.6, vec(0u8..3, 1..3));
    proptest::collection::btree_map(0..KEYS, value, 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn both_trees_prove_the_same_of_every_block(
        batches in vec(batch(), 1..10), asked in vec(0..KEYS + 20, 1..20),
    ) {
        let store = MemoryStore::new();
        let peer_store = MockTreeStore::default();
        let peer = Sha256Jmt::new(&peer_store);
        let mut roots: Vec<(Hash, RootHash)> = Vec::new();
        for (block, batch) in (0u64..).zip(&batches) {
            let put = |(name, value): (&u16, &Option<OwnedValue>)| {
                (key(*name), value.clone().map(Bytes::from))
            };
            let writes = batch.iter().map(put).collect();
            let number = BlockNumber(block);
            store.commit(BlockCommit { number, writes, ..BlockCommit::default() }).expect("commits");
            let set = batch.iter().map(|(name, value)| (key_hash(*name), value.clone()));
            let (root, update) = peer.put_value_set(set, block).expect("writes");
            peer_store.write_tree_update_batch(update).expect("keeps");
            roots.push((store.root(), root));
        }
        for (block, (root, peer_root)) in (0u64..).zip(&roots) {
            for (other, other_peer) in &roots {
                prop_assert_eq!(root == other, peer_root == other_peer);
            }
            for name in &asked {
                let (value, peer_proof) = peer.get_with_proof(key_hash(*name), block).expect("held");
                peer_proof.verify(*peer_root, key_hash(*name), value.as_ref()).expect("true");
                let proof = store.prove(&key(*name), BlockNumber(block)).expect("held");
                proof.verify(root, key(*name).as_bytes(), value.as_deref()).expect("true");
            }
        }
    }
}
