//! States to make snapshots of.

use std::{collections::BTreeMap, fs, path::Path};

use braid_state::{
    BlockCommit, FjallConfig, FjallStore, Key, Records, StateView, Store, Tip, WriteSet,
    snapshot::{ExportConfig, Manifest, SnapshotHead, export},
};
use primitives::{Address, BlockNumber, Bytes, Hash};

pub(crate) type RecordMap = BTreeMap<Key, Bytes>;

pub(crate) const CHAIN_ID: u64 = 7;

pub(crate) fn open(path: &Path) -> FjallStore {
    FjallStore::open(path, &FjallConfig::default()).expect("opens")
}

pub(crate) fn hash_of(block: u64) -> Hash {
    Hash::left_padding_from(&(block + 1).to_be_bytes())
}

pub(crate) fn record_of(block: u64) -> Bytes {
    format!("header of block {block}").into_bytes().into()
}

pub(crate) fn commit_of(block: u64, writes: WriteSet) -> BlockCommit {
    BlockCommit {
        number: BlockNumber(block),
        hash: hash_of(block),
        writes,
        record: Some(record_of(block)),
        ..BlockCommit::default()
    }
}

/// Records of many keys and sizes, the same for the same numbers.
pub(crate) fn records(count: u64, bytes: usize) -> RecordMap {
    let mut random = blake3::Hasher::new().finalize_xof();
    let mut record = |index: u64| {
        let mut value = vec![0; bytes + usize::try_from(index % 7).expect("small")];
        random.fill(&mut value);
        let space = Address::new([u8::try_from(index % 3).expect("small"); 32]);
        (Key::kv(&space, &index.to_be_bytes()), Bytes::from(value))
    };
    (0..count).map(&mut record).collect()
}

pub(crate) fn writes_of(records: &RecordMap) -> WriteSet {
    records.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect()
}

pub(crate) fn all(view: &dyn StateView) -> RecordMap {
    Records::all(view).collect::<Result<_, _>>().expect("reads")
}

pub(crate) fn head_at(store: &dyn Store, block: u64) -> SnapshotHead {
    let view = store.at(BlockNumber(block)).expect("held");
    let tip = Tip { block: BlockNumber(block), hash: hash_of(block) };
    SnapshotHead::of(CHAIN_ID, tip, Some(record_of(block)), &*view).expect("reads")
}

/// Exports a block in chunks of about `chunk_bytes_aim` bytes.
pub(crate) fn export_at(
    store: &dyn Store,
    block: u64,
    chunk_bytes_aim: u64,
    directory: &Path,
) -> Manifest {
    let view = store.at(BlockNumber(block)).expect("held");
    let config = ExportConfig { chunk_bytes_aim };
    export(&*view, &head_at(store, block), &config, directory, &mut |_| ()).expect("exports")
}

/// All files of a directory by their names.
pub(crate) fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |entry: Result<fs::DirEntry, std::io::Error>| {
        let entry = entry.expect("reads");
        let name = entry.file_name().into_string().expect("text");
        (name, fs::read(entry.path()).expect("a file"))
    };
    fs::read_dir(directory).expect("a directory").map(read).collect()
}
