//! The third loader: a program's whole life, and who may not do what.

use solana_instruction::Instruction;
use solana_loader_v3_interface::instruction as loader;
use solana_pubkey::Pubkey;
use solana_system_interface::instruction as system;

use crate::{
    deed::wallet,
    pair::{End, Pair, Start, UNITS},
};

const COUNTER: &[u8] = include_bytes!("../../../../contracts/artifacts/sbpf/counter.so");
const RELAY: &[u8] = include_bytes!("../../../../contracts/artifacts/sbpf/relay.so");

const BUFFER: Pubkey = Pubkey::new_from_array([0xb0; 32]);
const PROGRAM: Pubkey = Pubkey::new_from_array([0xb1; 32]);
const NUMBER: Pubkey = Pubkey::new_from_array([0xb2; 32]);

const BUFFER_LAMPORTS: u64 = 100_000_000;

/// Bytes of code that one instruction writes: clients write in pieces.
const PIECE_BYTES: usize = 300;

fn is_done(pair: &mut Pair<'_>, list: &[Instruction]) -> bool {
    pair.next_slot();
    matches!(pair.run(list, UNITS).end, End::Done(_))
}

/// Writes code into a new buffer of the first wallet.
fn buffer(pair: &mut Pair<'_>, code: &[u8]) {
    let payer = wallet(0);
    let make = loader::create_buffer(&payer, &BUFFER, &payer, BUFFER_LAMPORTS, code.len());
    assert!(is_done(pair, &make.expect("instructions")));
    for (index, piece) in code.chunks(PIECE_BYTES).enumerate() {
        let offset = u32::try_from(index * PIECE_BYTES).expect("a small program");
        assert!(is_done(pair, &[loader::write(&BUFFER, &payer, offset, piece.to_vec())]));
    }
}

fn deploy(max_bytes: usize) -> Vec<Instruction> {
    let (payer, lamports) = (wallet(0), BUFFER_LAMPORTS);
    loader::deploy_with_max_program_len(&payer, &PROGRAM, &BUFFER, &payer, lamports, max_bytes)
        .expect("instructions")
}

fn call() -> Instruction {
    let accounts = vec![solana_instruction::AccountMeta::new(NUMBER, false)];
    Instruction { program_id: PROGRAM, accounts, data: Vec::new() }
}

fn settled(start: &Start) -> Pair<'_> {
    let mut pair = start.pair(&[]);
    for index in 0..2 {
        pair.fund(&wallet(index), 10_000_000_000);
    }
    pair
}

#[test]
fn a_program_lives_alike() {
    let start = Start::new();
    let mut pair = settled(&start);
    buffer(&mut pair, COUNTER);
    assert!(is_done(&mut pair, &deploy(RELAY.len().max(COUNTER.len()))));
    let make = system::create_account(&wallet(0), &NUMBER, 946_560, 8, &PROGRAM);
    assert!(is_done(&mut pair, &[make]));
    assert!(is_done(&mut pair, &[call(), call()]));
    buffer(&mut pair, RELAY);
    let (owner, other) = (wallet(0), wallet(1));
    assert!(!is_done(&mut pair, &[loader::upgrade(&PROGRAM, &BUFFER, &other, &other)]));
    assert!(is_done(&mut pair, &[loader::upgrade(&PROGRAM, &BUFFER, &owner, &owner)]));
    assert!(is_done(&mut pair, &[loader::set_upgrade_authority(&PROGRAM, &owner, Some(&other))]));
    assert!(!is_done(&mut pair, &[loader::set_upgrade_authority(&PROGRAM, &owner, None)]));
    let data = loader_data();
    let close = |who| loader::close_any(&data, &wallet(0), Some(who), Some(&PROGRAM));
    assert!(!is_done(&mut pair, &[close(&owner)]));
    assert!(is_done(&mut pair, &[close(&other)]));
    assert!(!is_done(&mut pair, &[call()]));
}

#[test]
fn code_that_is_none_is_refused_alike() {
    let start = Start::new();
    let mut pair = settled(&start);
    let mut torn = COUNTER.to_vec();
    torn.truncate(COUNTER.len() / 2);
    buffer(&mut pair, &torn);
    assert!(!is_done(&mut pair, &deploy(torn.len())));
    assert!(!is_done(&mut pair, &deploy(torn.len() - 1)));
}

fn loader_data() -> Pubkey {
    solana_loader_v3_interface::get_program_data_address(&PROGRAM)
}
