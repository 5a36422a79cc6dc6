//! What becomes of code that one transaction gives an account and a later one takes away, before
//! the changes are taken: the record of the code stays, as it does where each transaction's changes
//! are taken by themselves.
#![allow(unused_crate_dependencies, reason = "tests use few of them")]

use std::sync::Arc;

use braid_journal::Journal;
use primitives::{Address, Bytes, CodeHash, EvmAddress, U256};
use revm::{
    bytecode::Bytecode,
    context::{JournalTr, journaled_state::account::JournaledAccountTr},
    primitives::hardfork::SpecId,
};
use state::{EmptyView, Key, Overlay, StateView, WriteSet};

type Step = fn(&mut Journal);

const SIGNER: EvmAddress = EvmAddress::repeat_byte(0x51);
const FIRST: EvmAddress = EvmAddress::repeat_byte(0x61);
const SECOND: EvmAddress = EvmAddress::repeat_byte(0x62);
const CODE: Bytes = Bytes::from_static(&[0x5f, 0x5f, 0xf3]);

fn delegate(journal: &mut Journal, target: EvmAddress) {
    journal.load_account_mut(SIGNER).expect("loads").data.delegate(target);
}

fn create(journal: &mut Journal) {
    journal.load_account(SIGNER).expect("loads");
    journal.load_account(FIRST).expect("loads");
    let spec = SpecId::LONDON;
    let made = journal.create_account_checkpoint(SIGNER, FIRST, U256::ZERO, spec);
    made.expect("nobody is there");
    journal.set_code(FIRST, Bytecode::new_legacy(CODE));
    journal.checkpoint_commit();
}

fn destroy(journal: &mut Journal) {
    journal.load_account(FIRST).expect("loads");
    journal.selfdestruct(FIRST, SIGNER, false).expect("destroys");
}

fn journal(view: Arc<dyn StateView>, spec: SpecId) -> Journal {
    let mut journal = Journal::new(view);
    journal.set_spec_id(spec);
    journal
}

/// The changes of all steps, each a transaction: taken once, and after each of them.
fn in_both_ways(spec: SpecId, steps: &[Step]) -> [WriteSet; 2] {
    let empty: Arc<dyn StateView> = Arc::new(EmptyView);
    let mut one = journal(Arc::clone(&empty), spec);
    let mut each = WriteSet::new();
    for step in steps {
        step(&mut one);
        one.commit_transaction();
        let view = Arc::new(Overlay::new(Arc::clone(&empty), each.clone()));
        let mut own = journal(view, spec);
        step(&mut own);
        own.commit_transaction();
        each.extend(own.close().expect("the view holds").writes);
    }
    [one.close().expect("the view holds").writes, each]
}

fn code_of(writes: &WriteSet, code: &[u8]) -> Option<Bytes> {
    writes.get(&Key::code(&CodeHash::of(code))).flatten().cloned()
}

fn delegation(target: EvmAddress) -> Vec<u8> {
    [&[0xef, 0x01, 0x00], target.as_slice()].concat()
}

#[test]
fn every_delegation_of_a_block_stays_a_record() {
    let steps: [Step; 2] = [|it| delegate(it, FIRST), |it| delegate(it, SECOND)];
    let [once, each] = in_both_ways(SpecId::PRAGUE, &steps);
    assert_eq!(once, each);
    for target in [FIRST, SECOND] {
        let code = delegation(target);
        assert_eq!(code_of(&once, &code), Some(Bytes::from(code)));
    }
}

#[test]
fn a_delegation_that_is_taken_back_stays_a_record() {
    let steps: [Step; 2] = [|it| delegate(it, FIRST), |it| delegate(it, EvmAddress::ZERO)];
    let [once, each] = in_both_ways(SpecId::PRAGUE, &steps);
    assert_eq!(once, each);
    assert!(code_of(&once, &delegation(FIRST)).is_some());
}

#[test]
fn the_code_of_a_contract_that_is_destroyed_later_stays_a_record() {
    let [once, each] = in_both_ways(SpecId::LONDON, &[create, destroy]);
    assert!(code_of(&once, &CODE).is_some());
    assert_eq!(code_of(&once, &CODE), code_of(&each, &CODE));
    let is_there = |writes: &WriteSet| {
        writes.get(&Key::account(&Address::from_evm(FIRST))).flatten().is_some()
    };
    assert!(!is_there(&once) && !is_there(&each));
}

#[test]
fn code_of_a_contract_that_its_own_transaction_destroys_is_no_record() {
    let step: Step = |it| {
        create(it);
        destroy(it);
    };
    let [once, each] = in_both_ways(SpecId::LONDON, &[step]);
    assert_eq!(once, each);
    assert!(code_of(&once, &CODE).is_none());
}

#[test]
fn code_of_a_transaction_that_is_discarded_is_no_record() {
    let mut journal = journal(Arc::new(EmptyView), SpecId::PRAGUE);
    delegate(&mut journal, FIRST);
    journal.discard_transaction();
    delegate(&mut journal, SECOND);
    journal.commit_transaction();
    let writes = journal.close().expect("the view holds").writes;
    assert!(code_of(&writes, &delegation(FIRST)).is_none());
    assert!(code_of(&writes, &delegation(SECOND)).is_some());
}
