//! The state of the fixture: records of several namespaces and sizes, over three blocks.

use std::path::Path;

use braid_state::{
    BlockCommit, Key, MemoryStore, StateError, Store, Tip, WriteSet,
    record::AccountRecord,
    snapshot::{ExportConfig, Manifest, SnapshotHead, export},
};
use primitives::{Address, B256, BlockNumber, Bytes, CodeHash, Hash, Wei};

/// The chain of the fixture.
pub(crate) fn chain() -> MemoryStore {
    let store = MemoryStore::new();
    for block in 0..3_u8 {
        let commit = BlockCommit {
            number: BlockNumber(block.into()),
            hash: Hash::repeat_byte(block + 1),
            writes: writes(block),
            record: Some(vec![block; 3].into()),
            ..BlockCommit::default()
        };
        store.commit(commit).expect("memory does not fail");
    }
    store
}

fn writes(block: u8) -> WriteSet {
    let mut writes = WriteSet::new();
    let code = vec![block; 300];
    for index in 0..20_u8 {
        let address = Address::new([index; 32]);
        let balance = Wei(u64::from(index).try_into().expect("fits"));
        let account = AccountRecord { balance, nonce: block.into(), ..AccountRecord::default() };
        writes.put(Key::account(&address), account.encode());
        writes.put(Key::slot(&address, &B256::repeat_byte(block)), vec![index; 32]);
        writes.put(Key::kv(&address, &vec![index; usize::from(index)]), Bytes::new());
    }
    writes.put(Key::code(&CodeHash::of(&code)), code);
    writes.remove(Key::kv(&Address::new([block; 32]), &vec![block; usize::from(block)]));
    writes
}

/// Writes the snapshot of the last block.
pub(crate) fn write(directory: &Path) -> Result<Manifest, StateError> {
    let store = chain();
    let view = store.latest();
    let tip = Tip { block: BlockNumber(2), hash: Hash::repeat_byte(3) };
    let head = SnapshotHead::of(1, tip, Some(vec![2; 3].into()), &*view)?;
    export(&*view, &head, &ExportConfig { chunk_bytes_aim: 4000 }, directory, &mut |_| ())
}
