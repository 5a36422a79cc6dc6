//! A journal against a model that keeps a whole copy of the world for every checkpoint.
#![allow(unused_crate_dependencies, reason = "tests use few of them")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use braid_journal::{Checkpoint, Creation, Journal, Transfer};
use primitives::{Address, B256, Bytes, CodeHash, U256, VmKind, Wei};
use proptest::prelude::*;
use revm::{
    context::JournalTr,
    context_interface::journaled_state::JournalCheckpoint,
    primitives::{Log, hardfork::SpecId},
};
use state::{EmptyView, Key, Namespace, Overlay, StateView, WriteSet, record::AccountRecord};

const ACCOUNTS: u8 = 5;
const SLOTS: u8 = 3;
const RECORDS: u8 = 4;

/// What one step does. Numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Step {
    Open,
    OpenAsRevm,
    Commit,
    Revert,
    Record(u8, u8, Option<u8>),
    Warm(u8, u8),
    Slot(u8, u8, u8),
    Transfer(u8, u8, u8),
    Nonce(u8),
    Create(u8, u8, u8),
    Upgrade(u8),
    Destroy(u8, u8),
    Emit(u8),
    Transient(u8, u8, u8),
    EndTransaction,
    DropTransaction,
    Take,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => Just(Step::Open),
        2 => Just(Step::OpenAsRevm),
        2 => Just(Step::Commit),
        3 => Just(Step::Revert),
        4 => any::<(u8, u8, Option<u8>)>().prop_map(|(a, k, v)| Step::Record(a, k, v)),
        2 => any::<(u8, u8)>().prop_map(|(a, k)| Step::Warm(a, k)),
        4 => (any::<(u8, u8)>(), 0..4u8).prop_map(|((a, s), v)| Step::Slot(a, s, v)),
        3 => (any::<(u8, u8)>(), 0..9u8).prop_map(|((a, b), n)| Step::Transfer(a, b, n)),
        2 => any::<u8>().prop_map(Step::Nonce),
        2 => (any::<(u8, u8)>(), 0..3u8).prop_map(|((a, b), n)| Step::Create(a, b, n)),
        1 => any::<u8>().prop_map(Step::Upgrade),
        2 => any::<(u8, u8)>().prop_map(|(a, b)| Step::Destroy(a, b)),
        2 => any::<u8>().prop_map(Step::Emit),
        2 => (any::<(u8, u8)>(), 0..3u8).prop_map(|((a, k), v)| Step::Transient(a, k, v)),
        1 => Just(Step::EndTransaction),
        1 => Just(Step::DropTransaction),
        1 => Just(Step::Take),
    ];
    proptest::collection::vec(step, 1..60)
}

/// An account as the model has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Account {
    balance: u64,
    nonce: u64,
    kind: VmKind,
    code_hash: CodeHash,
    slots: BTreeMap<u8, u8>,
    is_new: bool,
    is_destroyed: bool,
    /// Its code is gone since an earlier transaction: nothing can reach its slots.
    is_gone: bool,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            balance: 0,
            nonce: 0,
            kind: VmKind::Evm,
            code_hash: CodeHash::EMPTY,
            slots: BTreeMap::new(),
            is_new: false,
            is_destroyed: false,
            is_gone: false,
        }
    }
}

/// The whole world at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct World {
    accounts: BTreeMap<u8, Account>,
    records: BTreeMap<(u8, u8), u8>,
    transient: BTreeMap<(u8, u8), u8>,
    events: Vec<u8>,
    warm_accounts: BTreeSet<u8>,
    warm_slots: BTreeSet<(u8, u8)>,
    warm_records: BTreeSet<(u8, u8)>,
}

/// What ends a checkpoint of the journal.
enum Open {
    Ours(Checkpoint),
    Revm(JournalCheckpoint),
}

struct Pair {
    journal: Journal,
    spec: SpecId,
    world: World,
    versions: Vec<(Open, World)>,
    begun: World,
    base: WriteSet,
}

fn address(index: u8) -> Address {
    let mut bytes = [0; 32];
    bytes[12] = 0xaa;
    bytes[31] = index;
    Address::new(bytes)
}

fn record_key(account: u8, key: u8) -> Key {
    Key::kv(&address(account), &[key])
}

impl World {
    fn account(&mut self, index: u8) -> &mut Account {
        self.warm_accounts.insert(index);
        self.accounts.entry(index).or_default()
    }

    fn end_transaction(&mut self) {
        self.transient.clear();
        self.events.clear();
        self.warm_accounts.clear();
        self.warm_slots.clear();
        self.warm_records.clear();
        for account in self.accounts.values_mut() {
            if account.is_destroyed {
                *account = Account { is_gone: true, ..Account::default() };
            }
            account.is_new = false;
        }
    }

    /// The records of the state that is the world.
    fn state(&self) -> BTreeMap<Key, Bytes> {
        let mut state = BTreeMap::new();
        for (index, account) in &self.accounts {
            let record = AccountRecord {
                balance: Wei::from_u64(account.balance),
                nonce: account.nonce,
                kind: account.kind,
                code_hash: account.code_hash,
                is_guarded: false,
            };
            if record != AccountRecord::default() {
                state.insert(Key::account(&address(*index)), record.encode());
            }
            for (slot, value) in account.slots.iter().filter(|(_, value)| **value != 0) {
                let key = Key::slot(&address(*index), &B256::with_last_byte(*slot));
                state.insert(key, B256::with_last_byte(*value).0.to_vec().into());
            }
        }
        for ((account, key), value) in &self.records {
            state.insert(record_key(*account, *key), vec![*value].into());
        }
        state
    }
}

impl Pair {
    fn new(spec: SpecId) -> Self {
        let mut world = World::default();
        for index in 0..3 {
            let account = world.accounts.entry(index).or_default();
            (account.balance, account.nonce) = (20, index.into());
            if index > 0 {
                account.code_hash = CodeHash::of(&[index]);
                account.slots = [(0, 7), (1, index)].into();
                account.nonce = 1;
            }
            if index == 2 {
                account.kind = VmKind::Wasm;
            }
            world.records.insert((index, 0), 9);
        }
        let base: WriteSet =
            world.state().into_iter().map(|(key, value)| (key, Some(value))).collect();
        let mut pair = Self {
            journal: Journal::new(Arc::new(EmptyView)),
            spec,
            begun: world.clone(),
            world,
            versions: Vec::new(),
            base,
        };
        pair.restart();
        pair
    }

    /// A journal over the base as it is.
    fn restart(&mut self) {
        let view: Arc<dyn StateView> =
            Arc::new(Overlay::new(Arc::new(EmptyView), self.base.clone()));
        self.journal = Journal::new(view);
        self.journal.set_spec_id(self.spec);
    }

    fn run(&mut self, step: &Step) {
        match *step {
            Step::Open => {
                let open = Open::Ours(self.journal.checkpoint());
                self.versions.push((open, self.world.clone()));
            }
            Step::OpenAsRevm => {
                let open = Open::Revm(JournalTr::checkpoint(&mut self.journal));
                self.versions.push((open, self.world.clone()));
            }
            Step::Commit => match self.versions.pop() {
                Some((Open::Ours(checkpoint), _)) => self.journal.commit(checkpoint),
                Some((Open::Revm(_), _)) => self.journal.checkpoint_commit(),
                None => {}
            },
            Step::Revert => {
                let Some((open, world)) = self.versions.pop() else { return };
                match open {
                    Open::Ours(checkpoint) => self.journal.revert(checkpoint),
                    Open::Revm(checkpoint) => self.journal.checkpoint_revert(checkpoint),
                }
                self.world = world;
            }
            Step::Record(account, key, value) => {
                let (account, key) = (account % ACCOUNTS, key % RECORDS);
                let bytes = value.map(|value| Bytes::from(vec![value]));
                self.journal.set_record(record_key(account, key), bytes);
                match value {
                    Some(value) => self.world.records.insert((account, key), value),
                    None => self.world.records.remove(&(account, key)),
                };
            }
            Step::Warm(account, key) => {
                let (account, key) = (account % ACCOUNTS, key % RECORDS);
                let is_cold = self.journal.warm_record(&record_key(account, key));
                assert_eq!(is_cold, self.world.warm_records.insert((account, key)));
            }
            Step::Emit(topic) => {
                let topics = vec![B256::with_last_byte(topic)];
                self.journal.emit(&address(0), topics, Bytes::new());
                self.world.events.push(topic);
            }
            Step::Transient(account, key, value) => {
                let (account, key) = (account % ACCOUNTS, key % SLOTS);
                let (word, change) = (B256::with_last_byte(key), B256::with_last_byte(value));
                self.journal.set_transient(&address(account), word, change);
                self.world.transient.insert((account, key), value);
            }
            Step::EndTransaction | Step::DropTransaction | Step::Take => self.end(step),
            _ => self.change_account(step),
        }
    }

    fn change_account(&mut self, step: &Step) {
        match *step {
            Step::Slot(account, slot, value) => {
                self.store(account % ACCOUNTS, slot % SLOTS, value);
            }
            Step::Transfer(from, to, amount) => {
                self.transfer(from % ACCOUNTS, to % ACCOUNTS, amount.into());
            }
            Step::Nonce(account) => {
                let account = account % ACCOUNTS;
                let before = self.journal.bump_nonce(&address(account)).expect("sound");
                let nonce = &mut self.world.account(account).nonce;
                assert_eq!(before, Some(*nonce));
                *nonce += 1;
            }
            Step::Create(creator, account, value) => {
                self.create(creator % ACCOUNTS, account % ACCOUNTS, value.into());
            }
            Step::Upgrade(account) => {
                let (account, hash) = (account % ACCOUNTS, CodeHash::of(b"upgrade"));
                let contract = address(account);
                self.journal.set_contract_code(&contract, VmKind::Js, hash).expect("sound");
                let account = self.world.account(account);
                (account.kind, account.code_hash) = (VmKind::Js, hash);
            }
            Step::Destroy(account, target) => {
                self.destroy(account % ACCOUNTS, target % ACCOUNTS);
            }
            _ => unreachable!("the other steps are no change of an account"),
        }
    }

    fn store(&mut self, account: u8, slot: u8, value: u8) {
        // Only code writes slots.
        let held = self.world.accounts.get(&account);
        if held.is_none_or(|held| held.is_gone || held.code_hash.is_empty()) {
            return;
        }
        let alias = address(account).evm_alias();
        self.journal.load_account(alias).expect("sound");
        self.journal.sstore(alias, U256::from(slot), U256::from(value)).expect("sound");
        self.world.account(account).slots.insert(slot, value);
        self.world.warm_slots.insert((account, slot));
    }

    fn transfer(&mut self, from: u8, to: u8, amount: u64) {
        let ended = self
            .journal
            .transfer(&address(from), &address(to), Wei::from_u64(amount))
            .expect("sound");
        self.world.account(to);
        let giver = self.world.account(from);
        if giver.balance < amount {
            assert_eq!(ended, Transfer::InsufficientBalance);
            return;
        }
        assert_eq!(ended, Transfer::Done);
        giver.balance -= amount;
        self.world.account(to).balance += amount;
    }

    fn create(&mut self, creator: u8, account: u8, value: u64) {
        let code = (VmKind::Move, CodeHash::of(b"created"));
        let begun = self
            .journal
            .create_contract(&address(creator), &address(account), code, Wei::from_u64(value))
            .expect("sound");
        self.world.account(account);
        let has = self.world.account(creator).balance;
        let target = self.world.account(account);
        if has < value {
            assert_eq!(begun, Creation::InsufficientBalance);
        } else if target.nonce != 0 || !target.code_hash.is_empty() {
            assert_eq!(begun, Creation::Collision);
        } else {
            let Creation::Created(checkpoint) = begun else { panic!("{begun:?}") };
            self.versions.push((Open::Ours(checkpoint), self.world.clone()));
            let target = self.world.account(account);
            target.nonce = 1;
            (target.kind, target.code_hash) = code;
            (target.is_new, target.is_gone) = (true, false);
            self.world.account(creator).balance -= value;
            self.world.account(account).balance += value;
        }
    }

    fn destroy(&mut self, account: u8, target: u8) {
        let (alias, heir) = (address(account).evm_alias(), address(target).evm_alias());
        self.journal.load_account(alias).expect("sound");
        // A contract that runs has been called, and so was touched.
        self.journal.touch_account(alias);
        self.journal.selfdestruct(alias, heir, false).expect("sound");
        self.world.account(target);
        let is_cancun = self.spec.is_enabled_in(SpecId::CANCUN);
        let gone = self.world.account(account);
        let is_destroyed = gone.is_new || !is_cancun;
        gone.is_destroyed |= is_destroyed;
        let balance = gone.balance;
        if account != target || is_destroyed {
            gone.balance = 0;
        }
        if account != target {
            self.world.account(target).balance += balance;
        }
    }

    fn end(&mut self, step: &Step) {
        if matches!(step, Step::DropTransaction) {
            self.versions.clear();
            self.journal.discard_transaction();
            self.world = self.begun.clone();
        } else {
            while !self.versions.is_empty() {
                self.run(&Step::Commit);
            }
            self.journal.commit_transaction();
        }
        self.world.end_transaction();
        self.begun = self.world.clone();
        if matches!(step, Step::Take) {
            self.take();
        }
    }

    fn take(&mut self) {
        let changes = self.journal.take_changes().expect("sound");
        let was_read = |key: &Key| changes.reads.records.contains_key(key);
        for (key, value) in changes.writes.iter().filter(|(key, _)| was_read(key)) {
            assert_ne!(self.base.get(key).flatten(), value, "{key} does not change");
        }
        self.base.extend(changes.writes);
        let state: BTreeMap<Key, Bytes> = self
            .base
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), value?.clone())))
            .collect();
        assert_eq!(state, self.world.state());
        for account in self.world.accounts.values_mut() {
            account.is_gone = false;
        }
        self.begun = self.world.clone();
    }

    /// Everything that can be seen of the journal is what the world says. Looking leaves no trace.
    fn check(&mut self) {
        let mark = self.journal.mark();
        let logs: Vec<u8> = self.journal.logs().iter().map(topic).collect();
        assert_eq!(logs, self.world.events);
        assert_eq!(self.journal.logs_len(), self.world.events.len());
        assert_eq!(self.journal.depth(), self.versions.len());
        for index in 0..ACCOUNTS {
            self.check_account(index);
        }
        self.journal.unwind(mark);
    }

    fn check_account(&mut self, index: u8) {
        let (journal, world, contract) = (&mut self.journal, &self.world, address(index));
        let expected = world.accounts.get(&index).cloned().unwrap_or_default();
        assert_eq!(journal.address_is_warm(&contract), world.warm_accounts.contains(&index));
        let found = journal.account(&contract).expect("sound");
        assert_eq!(found.balance, Wei::from_u64(expected.balance), "balance of {index}");
        assert_eq!(found.nonce, expected.nonce, "nonce of {index}");
        assert_eq!((found.kind, found.code_hash), (expected.kind, expected.code_hash));
        assert_eq!(found.is_cold, !world.warm_accounts.contains(&index), "warmth of {index}");
        for slot in 0..SLOTS {
            let found = journal.transient(&contract, B256::with_last_byte(slot));
            let set = world.transient.get(&(index, slot)).copied().unwrap_or_default();
            assert_eq!(found, B256::with_last_byte(set));
            if expected.is_gone {
                continue;
            }
            let found = journal.sload(contract.evm_alias(), U256::from(slot)).expect("sound");
            let set = expected.slots.get(&slot).copied().unwrap_or_default();
            assert_eq!(found.data, U256::from(set), "slot {slot} of {index}");
            assert_eq!(found.is_cold, !world.warm_slots.contains(&(index, slot)));
        }
        let prefix = Key::new(Namespace::Kv, &contract, &[]);
        let prefix = prefix.as_bytes();
        let scanned = journal.scan(prefix, prefix, 10).expect("sound");
        let listed: Vec<_> = world
            .records
            .range((index, 0)..=(index, u8::MAX))
            .map(|((_, key), value)| (record_key(index, *key), Bytes::from(vec![*value])))
            .collect();
        assert_eq!(scanned, listed);
        let first = journal.scan(prefix, prefix, 1).expect("sound");
        assert_eq!(first, listed[..listed.len().min(1)]);
        for key in 0..RECORDS {
            let found = journal.record(&record_key(index, key)).expect("sound");
            let set = world.records.get(&(index, key)).map(|value| vec![*value].into());
            assert_eq!(found, set);
            let is_cold = journal.warm_record(&record_key(index, key));
            assert_eq!(is_cold, !world.warm_records.contains(&(index, key)));
        }
    }
}

fn topic(log: &Log) -> u8 {
    log.topics().first().expect("one topic")[31]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_revert_restores_everything(steps in steps(), is_cancun: bool) {
        let mut pair = Pair::new(if is_cancun { SpecId::OSAKA } else { SpecId::LONDON });
        for step in &steps {
            pair.run(step);
            pair.check();
        }
        pair.run(&Step::Take);
        pair.check();
        // A journal that begins anew on what was taken sees the same.
        pair.restart();
        pair.check();
    }
}

#[test]
#[should_panic(expected = "checkpoints end in the reverse order")]
fn checkpoints_nest() {
    let mut journal = Journal::new(Arc::new(EmptyView));
    let outer = journal.checkpoint();
    let _inner = journal.checkpoint();
    journal.commit(outer);
}

#[test]
#[should_panic(expected = "accounts, slots and counters have functions of their own")]
fn accounts_are_no_records() {
    Journal::new(Arc::new(EmptyView)).set_record(Key::account(&address(0)), None);
}
