//! States as text and back, what a bad dump is told, and the check of a whole store.

use std::sync::Arc;

use braid_state::{
    BlockCommit, Diff, Difference, EmptyView, FjallConfig, FjallStore, Key, MemoryStore, Namespace,
    Overlay, Records, StateError, StateView, Store, Tip, WriteSet,
    commitment::root_of,
    dump::{DumpReader, DumpSummary, dump, load},
    record::{AccountRecord, ContractRecord, ContractStatus},
    verify::{Report, Verification, verify},
};
use primitives::{Address, B256, BlockNumber, Bytes, CodeHash, Hash, VmKind, Wei};
use proptest::prelude::*;

fn tip() -> Tip {
    Tip { block: BlockNumber(9), hash: Hash::repeat_byte(9) }
}

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(count) }
}

fn hash_of(block: u64) -> Hash {
    Hash::left_padding_from(&block.to_be_bytes())
}

fn dumped(view: &dyn StateView, tip: Tip) -> (DumpSummary, String) {
    let mut out = Vec::new();
    let summary = dump(view, tip, &mut out, &mut |_| ()).expect("dumps");
    (summary, String::from_utf8(out).expect("text"))
}

fn all(view: &dyn StateView) -> Vec<(Key, Bytes)> {
    Records::all(view).collect::<Result<_, _>>().expect("reads")
}

fn sample() -> WriteSet {
    let mut writes = WriteSet::new();
    for index in 0u8..3 {
        writes.put(Key::kv(&Address::new([index; 32]), &[index]), vec![index; 3]);
    }
    writes
}

fn sample_view() -> Overlay {
    Overlay::new(Arc::new(EmptyView), sample())
}

/// A new store in a directory of its own.
fn durable() -> (tempfile::TempDir, FjallStore) {
    let directory = tempfile::tempdir().expect("a directory");
    let store = FjallStore::open(directory.path(), &FjallConfig::default()).expect("a new store");
    (directory, store)
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn a_dump_leads_back_to_the_state(
        records in proptest::collection::btree_map(
            (0usize..12, any::<[u8; 2]>(), proptest::collection::vec(any::<u8>(), 0..4)),
            proptest::collection::vec(any::<u8>(), 0..6),
            0..30,
        ),
    ) {
        let writes: WriteSet = records
            .into_iter()
            .map(|((namespace, space, suffix), value)| {
                let bytes = [space; 10].concat();
                let space = Address::from_evm(bytes.as_slice().try_into().expect("20"));
                (Key::new(Namespace::ALL[namespace], &space, &suffix), Some(value.into()))
            })
            .collect();
        let view = Overlay::new(Arc::new(EmptyView), writes);
        let (summary, text) = dumped(&view, tip());
        prop_assert_eq!(summary.records, all(&view).len() as u64);
        let memory = MemoryStore::new();
        let (_directory, fjall) = durable();
        for store in [&memory as &dyn Store, &fjall] {
            let loaded = load(store, text.as_bytes(), &mut |_| ()).expect("loads");
            prop_assert_eq!(&loaded, &summary);
            prop_assert_eq!(store.tip(), Some(tip()));
            prop_assert_eq!(all(&*store.latest()), all(&view));
            let (_, again) = dumped(&*store.latest(), tip());
            prop_assert_eq!(&again, &text);
        }
    }

    #[test]
    fn an_overlay_is_what_a_commit_would_give(
        below in proptest::collection::btree_map(0u8..30, any::<Option<u8>>(), 0..30),
        above in proptest::collection::btree_map(0u8..30, any::<Option<u8>>(), 0..30),
        from in 0u8..30, limit in 0usize..8,
    ) {
        let writes = |changes: &std::collections::BTreeMap<u8, Option<u8>>| -> WriteSet {
            let key = |index: u8| Key::kv(&Address::new([index % 3; 32]), &[index]);
            changes.iter().map(|(k, v)| (key(*k), v.map(|v| Bytes::from(vec![v])))).collect()
        };
        let store = MemoryStore::new();
        let first = BlockCommit { writes: writes(&below), ..BlockCommit::default() };
        store.commit(first).expect("commits");
        let overlay = Overlay::new(store.latest(), writes(&above));
        let number = BlockNumber(1);
        let second = BlockCommit { number, writes: writes(&above), ..BlockCommit::default() };
        store.commit(second).expect("commits");
        let committed = store.latest();
        prop_assert_eq!(all(&overlay), all(&*committed));
        let start = Key::kv(&Address::new([from % 3; 32]), &[from]);
        for prefix in [&[][..], &start.as_bytes()[..20], start.as_bytes()] {
            prop_assert_eq!(
                overlay.scan(prefix, start.as_bytes(), limit).expect("scans"),
                committed.scan(prefix, start.as_bytes(), limit).expect("scans")
            );
        }
    }
}

#[test]
fn a_dump_reads_as_documented() {
    let view = sample_view();
    let (summary, text) = dumped(&view, tip());
    let lines: Vec<&str> = text.lines().collect();
    let root = root_of(Records::all(&view), &mut |_| ()).expect("reads");
    assert_eq!(summary.header.root, root);
    assert_eq!(lines.len(), 5);
    assert_eq!(
        lines[0],
        format!(
            "{{\"braid_dump\":1,\"block\":9,\"hash\":\"{}\",\"root\":\"{root}\",\
             \"block_hashes\":[]}}",
            tip().hash
        )
    );
    let ones = "01".repeat(32);
    assert_eq!(
        lines[2],
        format!(
            "{{\"key\":\"0x03{ones}01\",\"namespace\":\"kv\",\"space\":\"0x{ones}\",\
             \"suffix\":\"0x01\",\"value\":\"0x010101\"}}"
        )
    );
    assert!(lines[4].starts_with("{\"records\":3,\"digest\":\"0x"));
}

#[test]
fn hashes_of_earlier_blocks_come_along() {
    let store = MemoryStore::new();
    for block in 0..300 {
        let commit = BlockCommit {
            number: BlockNumber(block),
            hash: hash_of(block),
            ..BlockCommit::default()
        };
        store.commit(commit).expect("commits");
    }
    let (_, text) = dumped(&*store.latest(), store.tip().expect("a tip"));
    let (_directory, other) = durable();
    load(&other, text.as_bytes(), &mut |_| ()).expect("loads");
    let view = other.latest();
    for block in [299, 298, 44] {
        assert_eq!(view.block_hash(block).expect("reads"), Some(hash_of(block)));
    }
    assert_eq!(view.block_hash(43).expect("reads"), None);
    let next = BlockCommit { number: BlockNumber(300), writes: sample(), ..BlockCommit::default() };
    other.commit(next).expect("goes on");
    assert_eq!(all(&*other.at(BlockNumber(299)).expect("held")), Vec::new());
    assert!(matches!(other.at(BlockNumber(298)), Err(StateError::NotHeld { block: 298, .. })));
}

#[test]
fn a_store_with_blocks_takes_no_dump() {
    let (_, text) = dumped(&sample_view(), tip());
    let memory = MemoryStore::new();
    let (_directory, fjall) = durable();
    for store in [&memory as &dyn Store, &fjall] {
        load(store, text.as_bytes(), &mut |_| ()).expect("loads");
        let refused = load(store, text.as_bytes(), &mut |_| ());
        assert!(matches!(refused, Err(StateError::NotEmpty { tip: 9 })), "{refused:?}");
    }
}

/// Changes the dump and expects the line and a part of the reason.
#[test]
fn a_bad_dump_is_refused_with_its_line() {
    let (_, good) = dumped(&sample_view(), tip());
    let lines: Vec<String> = good.lines().map(str::to_owned).collect();
    let edit = |line: usize, from: &str, to: &str| {
        let mut lines = lines.clone();
        assert!(lines[line].contains(from), "the case changes something");
        lines[line] = lines[line].replacen(from, to, 1);
        lines.join("\n")
    };
    let swapped = [0, 2, 1, 3, 4].map(|line| lines[line].clone()).join("\n");
    let twice = [0, 1, 1, 2, 3, 4].map(|line| lines[line].clone()).join("\n");
    let cases = [
        (String::new(), 1, "empty"),
        ("hello\n".to_owned(), 1, "no first line of a dump"),
        (edit(0, "dump\":1", "dump\":2"), 1, "has format 2"),
        (edit(0, "\"block\":9", "\"block\":-9"), 1, "invalid value"),
        (edit(1, "0x", "0y"), 2, "column"),
        (edit(2, "\"kv\"", "\"slot\""), 3, "do not agree with key"),
        (edit(2, "\"key\":\"0x03", "\"key\":\"0x63"), 3, "is no key"),
        (edit(2, "}", ",\"more\":1}"), 3, "unknown field"),
        (edit(2, "010101\"}", "010102\"}"), 5, "digest"),
        (edit(4, "\"records\":3", "\"records\":4"), 5, "4 records claimed, 3 read"),
        (lines[..4].join("\n"), 5, "without its last line"),
        (lines[..2].join("\n")[..lines[0].len() + 20].to_owned(), 2, "EOF"),
        (format!("{good}\n{{}}"), 6, "after the last"),
        (swapped, 3, "not above the key before"),
        (twice, 3, "not above the key before"),
    ];
    for (text, line, reason) in cases {
        let store = MemoryStore::new();
        match load(&store, text.as_bytes(), &mut |_| ()) {
            Err(StateError::Dump { line: found, reason: why }) => {
                assert_eq!(found, line, "{why}");
                assert!(why.contains(reason), "{why} does not say {reason}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(store.tip(), None);
    }
}

#[test]
fn a_dump_of_another_root_is_refused() {
    let (summary, text) = dumped(&sample_view(), tip());
    let wrong = text.replace(&summary.header.root.to_string(), &Hash::repeat_byte(1).to_string());
    let digest_at = wrong.rfind("{\"records\"").expect("a last line");
    let digest = blake3::hash(&wrong.as_bytes()[..digest_at]).to_hex();
    let wrong = format!("{}{{\"records\":3,\"digest\":\"0x{digest}\"}}\n", &wrong[..digest_at]);
    let error = load(&MemoryStore::new(), wrong.as_bytes(), &mut |_| ()).expect_err("another root");
    assert!(error.to_string().contains("the records have"), "{error}");
}

#[test]
fn an_import_that_fails_leaves_an_empty_store() {
    let (_, good) = dumped(&sample_view(), tip());
    let bad = good.replace("\"records\":3", "\"records\":4");
    let (directory, store) = durable();
    load(&store, bad.as_bytes(), &mut |_| ()).expect_err("a wrong count");
    let refused = store.commit(BlockCommit::default()).expect_err("not usable");
    assert!(refused.to_string().contains("open the store again"), "{refused}");
    drop(store);
    let store = FjallStore::open(directory.path(), &FjallConfig::default()).expect("reopens");
    assert_eq!(store.tip(), None);
    assert_eq!(all(&*store.latest()), Vec::new());
    load(&store, good.as_bytes(), &mut |_| ()).expect("loads");
    assert_eq!(all(&*store.latest()), all(&sample_view()));
}

#[test]
fn dumps_are_compared_line_by_line() {
    let (_, before) = dumped(&sample_view(), tip());
    let mut changed = sample_view();
    let mut writes = WriteSet::new();
    let key = |index: u8| Key::kv(&Address::new([index; 32]), &[index]);
    writes.remove(key(0));
    writes.put(key(1), vec![7]);
    writes.put(key(5), vec![5]);
    changed.extend(writes);
    let (_, after) = dumped(&changed, tip());
    let reader = |text: &'static str| DumpReader::new(text.as_bytes()).expect("a dump");
    let (before, after) = (reader(before.leak()), reader(after.leak()));
    let found: Vec<_> = Diff::new(before, after).collect::<Result<_, _>>().expect("reads");
    let value = |bytes: &[u8]| Bytes::copy_from_slice(bytes);
    assert_eq!(
        found,
        [
            (key(0), Difference::Removed { value: value(&[0, 0, 0]) }),
            (key(1), Difference::Changed { before: value(&[1, 1, 1]), after: value(&[7]) }),
            (key(5), Difference::Added { value: value(&[5]) }),
        ]
    );
}

fn healthy_state() -> WriteSet {
    let code = b"code";
    let hash = CodeHash::of(code);
    let [plain, contract] = [Address::new([1; 32]), Address::new([2; 32])];
    let account = AccountRecord {
        balance: Wei(7u64.try_into().expect("fits")),
        nonce: 1,
        ..AccountRecord::default()
    };
    let record = ContractRecord::new(VmKind::Wasm, hash, plain, 0);
    let mut writes = WriteSet::new();
    writes.put(Key::account(&plain), account.encode());
    let account = AccountRecord { kind: VmKind::Wasm, code_hash: hash, ..account };
    writes.put(Key::account(&contract), account.encode());
    writes.put(Key::contract(&contract), record.encode());
    writes.put(Key::code(&hash), Bytes::from_static(code));
    writes.put(Key::slot(&contract, &B256::ZERO), vec![1; 32]);
    writes.put(Key::kv(&contract, b"any"), vec![1]);
    writes
}

/// A verification that is kept as text and taken up again after each step.
fn in_steps(store: &dyn Store) -> Report {
    let mut verification = Verification::begin(store).expect("reads").expect("there are blocks");
    loop {
        let held = verification.hold(store).expect("held");
        let goes_on = verification.step(held.as_ref()).expect("reads");
        let text = serde_json::to_vec(&verification).expect("plain data");
        verification = serde_json::from_slice(&text).expect("own text");
        assert!(verification.fits(store).expect("reads"), "nothing has changed");
        if !goes_on {
            return verification.report().clone();
        }
    }
}

#[test]
fn a_check_finds_what_is_wrong() {
    let contract = Address::new([2; 32]);
    let hash = CodeHash::of(b"code");
    type Spoil<'a> = (&'a str, Key, Option<Bytes>, u64);
    let cases: [Spoil<'_>; 7] = [
        ("healthy", Key::kv(&contract, b"more"), Some(Bytes::new()), 0),
        ("does not have 3 bytes", Key::account(&contract), Some(vec![1; 3].into()), 1),
        ("is missing", Key::code(&hash), None, 2),
        ("the code has hash", Key::code(&hash), Some(Bytes::from_static(b"other")), 1),
        ("EOF while parsing", Key::contract(&contract), Some(Bytes::from_static(b"{")), 1),
        ("instead of 32", Key::slot(&contract, &B256::ZERO), Some(Bytes::from_static(b"1")), 1),
        ("instead of 0", Key::new(Namespace::Account, &contract, b"x"), Some(Bytes::new()), 1),
    ];
    for (reason, key, value, problems) in cases {
        let memory = MemoryStore::new();
        let (_directory, fjall) = durable();
        for store in [&memory as &dyn Store, &fjall] {
            let genesis = BlockCommit { writes: healthy_state(), ..BlockCommit::default() };
            store.commit(genesis).expect("commits");
            let mut writes = WriteSet::new();
            writes.set(key.clone(), value.clone());
            let number = BlockNumber(1);
            let spoiled = BlockCommit { number, writes, ..BlockCommit::default() };
            store.commit(spoiled).expect("commits");
            let report = verify(store, &mut |_| ()).expect("reads");
            assert_eq!(report.problems_count, problems, "{reason}: {:?}", report.problems);
            assert_eq!(report.is_healthy(), problems == 0);
            assert!(report.problems.iter().all(|problem| problem.contains(reason)), "{report:?}");
            let view = store.latest();
            let root = root_of(Records::all(&*view), &mut |_| ()).expect("reads");
            assert_eq!((report.root, report.tip), (root, store.tip()));
            assert_eq!(report.records, all(&*view).len() as u64);
            assert_eq!(in_steps(store), report, "the same in steps");
        }
    }
}

/// The bytes of these records are in every store there is; they never change.
#[test]
fn stored_bytes_are_fixed() {
    let key = Key::account(&Address::ZERO);
    let account = AccountRecord {
        balance: Wei(0x0102u64.try_into().expect("fits")),
        nonce: 3,
        kind: VmKind::Move,
        code_hash: CodeHash(B256::repeat_byte(0xab)),
        is_guarded: false,
    };
    let plain = AccountRecord { code_hash: CodeHash::EMPTY, ..account };
    let head = format!("0x{}0102{}0303", "00".repeat(30), "00".repeat(7));
    assert_eq!(plain.encode().to_string(), head);
    assert_eq!(account.encode().to_string(), format!("{head}{}", "ab".repeat(32)));
    assert_eq!(AccountRecord::decode(&key, &account.encode()).expect("own bytes"), account);

    let first = CodeHash(B256::repeat_byte(1));
    let contract = ContractRecord {
        version: 2,
        code_hashes: vec![first, CodeHash(B256::repeat_byte(2))],
        status: ContractStatus::Frozen,
        interface: Some("{\"name\":\"x\"}".to_owned()),
        updated_block: 5,
        ..ContractRecord::new(VmKind::Js, first, Address::new([3; 32]), 4)
    };
    let text = format!(
        "\u{1}{{\"kind\":\"js\",\"version\":2,\"code_hashes\":[\"0x{}\",\"0x{}\"],\
         \"owner\":\"0x{}\",\
         \"status\":\"frozen\",\"interface\":\"{{\\\"name\\\":\\\"x\\\"}}\",\
         \"created_block\":4,\"updated_block\":5}}",
        "01".repeat(32),
        "02".repeat(32),
        "03".repeat(32)
    );
    assert_eq!(String::from_utf8_lossy(&contract.encode()), text);
    let key = Key::contract(&Address::ZERO);
    assert_eq!(ContractRecord::decode(&key, text.as_bytes()).expect("fixed bytes"), contract);
    for namespace in Namespace::ALL {
        assert_eq!(Namespace::from_code(*namespace as u8), Some(*namespace));
    }
}
