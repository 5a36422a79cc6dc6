//! A snapshot of format 1 that was written once and for all: every later version reads it.

use std::path::{Path, PathBuf};

use braid_state::{
    FjallConfig, Store,
    snapshot::{Manifest, Snapshot, import},
};

use crate::common::*;

#[path = "../../examples/snapshot_fixture/fixture.rs"]
mod generator;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/snapshot-1")
}

#[test]
fn format_1_is_read() {
    let snapshot = Snapshot::open(&fixture()).expect("opens");
    let root = "0x04663eeed432a383c07bb1ea32a4657e40d619baa64355618254c8af6e491b80"
        .parse()
        .expect("a root");
    snapshot.expect_root(&root).expect("the root is fixed");
    let directory = tempfile::tempdir().expect("a directory");
    let config = FjallConfig::default();
    let store = import(&snapshot, directory.path(), &config, &mut |_| ()).expect("imports");
    let expected = generator::chain();
    assert_eq!(store.tip(), expected.tip());
    assert_eq!(all(&*store.latest()), all(&*expected.latest()));
}

#[test]
fn the_generator_still_makes_the_same_state() {
    let directory = tempfile::tempdir().expect("a directory");
    let made = generator::write(directory.path()).expect("writes");
    let fixed = Snapshot::open(&fixture()).expect("opens");
    // Compressed bytes may change with the library, and with them sizes and hashes of files.
    let facts = |manifest: &Manifest| {
        let chunks: Vec<_> = manifest.chunks.iter().map(|it| (it.records, it.bytes)).collect();
        (manifest.head.clone(), manifest.root, manifest.depth, chunks)
    };
    assert_eq!(facts(&made), facts(fixed.manifest()));
}
