//! Snapshots made to do harm: each is refused with the file and the fault by name, and nothing of
//! it becomes a chain.

use std::{fs, io::Write, path::Path};

use braid_state::{
    ChunkImport, FjallConfig, FjallStore, ImportedBlock, Key, StateError, Store, Tip,
    snapshot::{ChunkEntry, SNAPSHOT_VALUE_BYTES_MAX, Snapshot, import},
};
use primitives::{Address, BlockNumber, Bytes, Hash};
use proof::{Leaf, path_of};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::common::*;

/// A good snapshot of four chunks, and the folder it is in.
fn good() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a directory");
    let store = open(&folder.path().join("store"));
    store.commit(commit_of(0, writes_of(&records(100, 40)))).expect("commits");
    let target = folder.path().join("snapshot");
    let manifest = export_at(&store, 0, 3000, &target);
    assert_eq!(manifest.depth, 2);
    (folder, target)
}

fn chunk(target: &Path, index: usize) -> std::path::PathBuf {
    target.join(format!("{index:05}.chunk"))
}

/// Imports and returns why that was refused; the store it was for does not open.
#[track_caller]
fn refusal(target: &Path) -> String {
    let verified = Snapshot::open(target).and_then(|it| it.verify(&mut |_| ()));
    let into = tempfile::tempdir().expect("a directory");
    let config = FjallConfig::default();
    let imported = Snapshot::open(target)
        .and_then(|snapshot| import(&snapshot, into.path(), &config, &mut |_| ()));
    let error = imported.expect_err("refused");
    assert!(error.is_usage(), "{error}");
    assert_eq!(verified.expect_err("refused").to_string(), error.to_string());
    assert!(error.to_string().contains(&target.display().to_string()), "{error}");
    // Where the manifest was good the store was begun, and cannot be opened as one.
    if fs::read_dir(into.path()).expect("a directory").next().is_some() {
        let refused = FjallStore::open(into.path(), &config).expect_err("half a store");
        assert!(refused.to_string().contains("a snapshot is being imported"), "{refused}");
    }
    error.to_string()
}

#[track_caller]
fn check(target: &Path, words: &str) {
    let refusal = refusal(target);
    assert!(refusal.contains(words), "{words} is not in: {refusal}");
}

fn edit_manifest(target: &Path, edit: impl FnOnce(&mut Json)) {
    let path = target.join("manifest.json");
    let mut manifest = serde_json::from_slice(&fs::read(&path).expect("reads")).expect("JSON");
    edit(&mut manifest);
    fs::write(&path, manifest.to_string()).expect("writes");
}

/// Puts a file in the place of a chunk and lets the manifest agree with it.
fn replace_chunk(target: &Path, index: usize, bytes: &[u8]) {
    fs::write(chunk(target, index), bytes).expect("writes");
    edit_manifest(target, |manifest| {
        let entry = &mut manifest["chunks"][index];
        entry["file_bytes"] = json!(bytes.len());
        entry["hash"] = json!(Hash::new(*blake3::hash(bytes).as_bytes()));
    });
}

/// Puts other records into a chunk, with its head and proof as they were but for the counts, and
/// lets the manifest agree.
fn replace_records(target: &Path, index: usize, body: &[u8], records: u64, bytes: u64) {
    let file = fs::read(chunk(target, index)).expect("reads");
    let length = u32::from_be_bytes(file[30..34].try_into().expect("4 bytes")) as usize;
    let mut made = file[..34 + length].to_vec();
    made[14..22].copy_from_slice(&records.to_be_bytes());
    made[22..30].copy_from_slice(&bytes.to_be_bytes());
    made.extend_from_slice(&zstd::encode_all(body, 1).expect("memory"));
    replace_chunk(target, index, &made);
    edit_manifest(target, |manifest| {
        let before = manifest["chunks"][index]["records"].as_u64().expect("a number");
        let total = manifest["records"].as_u64().expect("a number");
        manifest["records"] = json!((total - before).checked_add(records));
        manifest["chunks"][index]["records"] = json!(records);
        manifest["chunks"][index]["bytes"] = json!(bytes);
    });
}

fn encoded<'a>(records: impl IntoIterator<Item = (&'a Key, &'a Bytes)>) -> (Vec<u8>, u64) {
    let (mut out, mut count) = (Vec::new(), 0);
    for (key, value) in records {
        for bytes in [key.as_bytes(), value] {
            out.extend_from_slice(&u32::try_from(bytes.len()).expect("short").to_be_bytes());
            out.extend_from_slice(bytes);
        }
        count += 1;
    }
    (out, count)
}

/// The records of a chunk in its order.
fn records_of(target: &Path, index: u32) -> Vec<(Key, Bytes)> {
    let snapshot = Snapshot::open(target).expect("opens");
    snapshot.records(index).expect("opens").collect::<Result<_, _>>().expect("reads")
}

fn replace_with(target: &Path, index: usize, records: &[(Key, Bytes)]) {
    let (body, count) = encoded(records.iter().map(|(key, value)| (key, value)));
    replace_records(target, index, &body, count, body.len() as u64);
}

#[test]
fn the_helpers_make_chunks_that_are_read() {
    let (_folder, target) = good();
    let records = records_of(&target, 1);
    replace_with(&target, 1, &records);
    Snapshot::open(&target).expect("opens").verify(&mut |_| ()).expect("it is what it was");
}

#[test]
fn records_that_are_not_those_of_the_state_are_refused() {
    let other_root = "its records are not those of the state";
    type Change = fn(&mut Vec<(Key, Bytes)>);
    let changes: [(&str, Change); 6] = [
        (other_root, |records| drop(records.remove(3))),
        (other_root, |records| records[3].1 = Bytes::from_static(b"other")),
        (other_root, Vec::clear),
        ("comes twice or is not in the order", |records| records.insert(4, records[3].clone())),
        ("comes twice or is not in the order", |records| records.swap(3, 4)),
        ("does not belong to the chunk of prefix 2/0x40", |records| {
            let is_left = |key: &Key| path_of(key.as_bytes())[0] < 0x40;
            let keys = (0..).map(|n: u64| Key::kv(&Address::ZERO, &n.to_be_bytes()));
            let key = keys.into_iter().find(is_left).expect("a quarter of them");
            records.insert(0, (key, Bytes::new()));
        }),
    ];
    for (words, change) in changes {
        let (_folder, target) = good();
        let mut records = records_of(&target, 1);
        change(&mut records);
        replace_with(&target, 1, &records);
        check(&target, words);
    }
}

#[test]
fn an_added_record_is_refused() {
    let (_folder, target) = good();
    let mut records = records_of(&target, 2);
    let first = Leaf::of(records[0].0.as_bytes(), &[]).path;
    let keys = (0..).map(|n: u64| Key::kv(&Address::new([9; 32]), &n.to_be_bytes()));
    let is_first = |key: &Key| {
        (0x80..0xc0).contains(&path_of(key.as_bytes())[0]) && path_of(key.as_bytes()) < first
    };
    let key = keys.into_iter().find(is_first).expect("some");
    records.insert(0, (key, Bytes::new()));
    replace_with(&target, 2, &records);
    check(&target, "its records are not those of the state");
}

#[test]
fn chunks_in_each_others_place_are_refused() {
    let (_folder, target) = good();
    let [one, two] = [1, 2].map(|index| fs::read(chunk(&target, index)).expect("reads"));
    replace_chunk(&target, 1, &two);
    replace_chunk(&target, 2, &one);
    check(&target, "it is chunk 2 of depth 2, not chunk 1");
}

#[test]
fn sizes_that_are_not_true_are_refused() {
    let (_folder, target) = good();
    let (body, count) = {
        let records = records_of(&target, 1);
        encoded(records.iter().map(|(key, value)| (key, value)))
    };
    let bytes = body.len() as u64;
    assert_eq!(count, 29);
    let bomb = [body.clone(), vec![0; 64 << 20]].concat();
    let huge_key = [&[0xff; 4][..], &[0; 64]].concat();
    let limit = u32::try_from(SNAPSHOT_VALUE_BYTES_MAX).expect("short") + 1;
    let key = Key::kv(&Address::ZERO, b"");
    let length = u32::try_from(key.as_bytes().len()).expect("short").to_be_bytes();
    let huge_value = [&length[..], key.as_bytes(), &limit.to_be_bytes()].concat();
    let no_key = [&[0, 0, 0, 1, 99][..], &[0; 4]].concat();
    let cases: [(&str, &[u8], u64, u64); 9] = [
        ("bytes of records", &bomb, count, bytes),
        ("its records are cut short", &body, count, bytes - 1),
        ("it has 29 records of", &body, count, bytes + 1),
        ("the manifest says 30 of", &body, count + 1, bytes),
        ("it is cut short", &body[..2], 1, bytes),
        ("a key of 4294967295 bytes is over the limit of 65535", &huge_key, 1, 68),
        ("bytes is over the limit of 67108864", &huge_value, 1, 1 << 40),
        ("a key of a record is none of the store", &no_key, 1, 9),
        ("it has 0 records of 0 bytes", &[], 1, u64::MAX),
    ];
    for (words, body, records, bytes) in cases {
        replace_records(&target, 1, body, records, bytes);
        check(&target, words);
    }
}

#[test]
fn files_that_are_not_what_was_written_are_refused() {
    let whole = |_: &Path, bytes: Vec<u8>| bytes;
    type Change = fn(&Path, Vec<u8>) -> Vec<u8>;
    let cases: [(&str, Change, bool); 7] = [
        ("bytes, the manifest says", |_, bytes| bytes[..bytes.len() - 1].to_vec(), false),
        ("it is cut short", |_, bytes| bytes[..20].to_vec(), true),
        ("cut short", |_, bytes| bytes[..bytes.len() - 30].to_vec(), true),
        ("it is no chunk of a snapshot", |_, bytes| [b"x", &bytes[1..]].concat(), true),
        ("the chunk has format 2", |_, bytes| [&bytes[..8], &[2], &bytes[9..]].concat(), true),
        ("3 bytes stand behind its records", |_, bytes| [&bytes[..], b"end"].concat(), true),
        (
            "the proof is malformed",
            |_, mut bytes| {
                bytes[35] = b'x';
                bytes
            },
            true,
        ),
    ];
    for (words, change, agree) in cases {
        let (_folder, target) = good();
        let bytes = whole(&target, fs::read(chunk(&target, 1)).expect("reads"));
        let changed = change(&target, bytes);
        match agree {
            true => replace_chunk(&target, 1, &changed),
            false => fs::write(chunk(&target, 1), changed).expect("writes"),
        }
        check(&target, words);
    }
    let (_folder, target) = good();
    fs::remove_file(chunk(&target, 3)).expect("removes");
    check(&target, "cannot read it");
    let (_folder, target) = good();
    edit_manifest(&target, |it| it["chunks"][3]["hash"] = json!(Hash::ZERO));
    check(&target, "its hash is");
}

#[test]
fn manifests_that_contradict_themselves_are_refused() {
    type Edit = fn(&mut Json);
    let cases: [(&str, Edit); 10] = [
        ("format 2, this program reads format 1", |it| it["braid_snapshot"] = json!(2)),
        ("it is no manifest", |it| *it = json!({})),
        ("unknown field", |it| it["more"] = json!(1)),
        ("missing field `head`", |it| {
            drop(it.as_object_mut().expect("an object").remove("head"));
        }),
        ("depth 17 is over the limit of 16", |it| it["depth"] = json!(17)),
        ("at depth 3 there are 8 chunks, not 4", |it| it["depth"] = json!(3)),
        ("its chunks do not have 7 records", |it| it["records"] = json!(7)),
        ("do not have", |it| it["chunks"][0]["records"] = json!(u64::MAX)),
        ("earlier blocks are not in order", |it| {
            it["head"]["block_hashes"] = json!([[0, Hash::ZERO]]);
        }),
        ("over 255 earlier blocks", |it| {
            it["head"]["block_hashes"] =
                (0..256).rev().map(|block| json!([block, Hash::ZERO])).collect();
        }),
    ];
    for (words, edit) in cases {
        let (_folder, target) = good();
        edit_manifest(&target, edit);
        check(&target, words);
    }
    let (_folder, target) = good();
    edit_manifest(&target, |it| it["root"] = json!(Hash::repeat_byte(5)));
    check(&target, "not to 0x0505");
    let found = Snapshot::open(&target).expect("opens");
    let error = found.expect_root(&Hash::repeat_byte(6)).expect_err("another").to_string();
    assert!(error.contains("0x0505") && error.contains("0x0606"), "{error}");
    fs::write(target.join("manifest.json"), vec![b' '; (32 << 20) + 1]).expect("writes");
    check(&target, "it has over 33554432 bytes");
    fs::remove_file(target.join("manifest.json")).expect("removes");
    check(&target, "cannot read it");
}

#[test]
fn a_snapshot_does_not_go_on_where_another_was() {
    let (_folder, target) = good();
    let (_other_folder, other) = good();
    let into = tempfile::tempdir().expect("a directory");
    let config = FjallConfig::default();
    let run = |target: &Path| {
        let snapshot = Snapshot::open(target).expect("opens");
        import(&snapshot, into.path(), &config, &mut |_| ())
    };
    let last = fs::read(chunk(&target, 3)).expect("reads");
    fs::remove_file(chunk(&target, 3)).expect("removes");
    run(&target).expect_err("a chunk is missing");
    edit_manifest(&other, |it| it["head"]["chain_id"] = json!(99));
    let refused = run(&other).expect_err("another chain");
    assert!(matches!(refused, StateError::Open { .. }), "{refused}");
    assert!(refused.to_string().contains("another snapshot is being imported"), "{refused}");
    fs::write(chunk(&target, 3), last).expect("writes");
    // What has been applied is not asked for again.
    (0..3).for_each(|index| fs::remove_file(chunk(&target, index)).expect("removes"));
    let store = run(&target).expect("goes on");
    assert_eq!(all(&*store.latest()), records(100, 40));
}

fn imported_block() -> ImportedBlock {
    let tip = Tip { block: BlockNumber(3), hash: hash_of(3) };
    ImportedBlock { tip, hashes: Vec::new(), roots: Vec::new(), record: None }
}

#[test]
fn a_chunk_that_fails_when_part_of_it_is_written_ends_the_import() {
    let folder = tempfile::tempdir().expect("a directory");
    let config = FjallConfig::default();
    let identity = Hash::repeat_byte(1);
    let begin = || ChunkImport::begin(folder.path(), &config, identity).expect("begins");
    let value = Bytes::from(vec![7; 1 << 20]);
    let record = |index: u64| Ok((Key::kv(&Address::ZERO, &index.to_be_bytes()), value.clone()));
    let fails = || Err(StateError::Store("the source fails".to_owned()));
    for count in [ChunkImport::BATCH_BYTES_MAX >> 21, ChunkImport::BATCH_BYTES_MAX >> 19] {
        let mut import = begin();
        import.apply(0, &mut [record(0)].into_iter()).expect("applies");
        let error = import.apply(1, &mut (0..count).map(record).chain([fails()]));
        assert!(error.expect_err("fails").to_string().contains("the source fails"));
        drop(import);
        let is_small = count << 20 < ChunkImport::BATCH_BYTES_MAX;
        let import = begin();
        assert_eq!(import.is_applied(0).expect("reads"), is_small, "{count} records");
        assert!(!import.is_applied(1).expect("reads"));
    }
    let store = begin().finish(&imported_block(), &Hash::ZERO, &mut |_| ()).expect("it began anew");
    assert_eq!(all(&*store.latest()).len(), 0);
}

#[test]
fn records_with_another_root_are_not_finished() {
    let folder = tempfile::tempdir().expect("a directory");
    let config = FjallConfig::default();
    let begin = || ChunkImport::begin(folder.path(), &config, Hash::repeat_byte(1));
    let mut import = begin().expect("begins");
    let mut records = records(5, 10).into_iter().map(Ok);
    import.apply(0, &mut records).expect("applies");
    let error =
        import.finish(&imported_block(), &Hash::repeat_byte(2), &mut |_| ()).expect_err("refused");
    assert!(matches!(error, StateError::Damaged { .. }), "{error}");
    FjallStore::open(folder.path(), &config).expect_err("it is no store");
    assert!(!begin().expect("begins anew").is_applied(0).expect("reads"));
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(300)
    })]

    /// Whatever bytes a chunk has, it is refused or it holds what it held.
    #[test]
    fn no_change_of_a_chunk_goes_unseen(
        at in any::<prop::sample::Index>(), mask in 1u8.., cut in any::<bool>(),
    ) {
        use std::sync::OnceLock;
        static GOOD: OnceLock<(tempfile::TempDir, std::path::PathBuf)> = OnceLock::new();
        let (_, source) = GOOD.get_or_init(good);
        let folder = tempfile::tempdir().expect("a directory");
        for (name, bytes) in files(source) {
            fs::File::create(folder.path().join(name))
                .and_then(|mut file| file.write_all(&bytes))
                .expect("writes");
        }
        let mut bytes = fs::read(chunk(source, 1)).expect("reads");
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= mask }
        replace_chunk(folder.path(), 1, &bytes);
        let verified = Snapshot::open(folder.path()).expect("opens").verify_chunk(1);
        let is_same = || records_of(folder.path(), 1) == records_of(source, 1);
        prop_assert!(verified.is_err() || is_same());
    }
}

#[test]
fn entries_of_a_manifest_are_plain_data() {
    let entry = ChunkEntry { records: 1, bytes: 2, file_bytes: 3, hash: Hash::ZERO };
    let text = serde_json::to_string(&entry).expect("writes");
    assert_eq!(serde_json::from_str::<ChunkEntry>(&text).expect("reads"), entry);
}
