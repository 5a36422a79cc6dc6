//! Solana transactions run by Braid's strand and by litesvm: what is returned, the error, the
//! compute units, the logs and the accounts are the same.
//!
//! Both are made of the validator's own crates, so what is compared is what lies around them:
//! accounts out of the state and back, who may write, rent, sysvars, programs made ready.

mod deed;
mod loader;
mod pair;
mod token;

use proptest::{prelude::*, test_runner::Config, test_runner::TestRunner};
use solana_instruction::Instruction;

use crate::{
    deed::{Deed, deed, wallet, wallets},
    pair::{End, Pair, Start, UNITS},
    token::{ASSOCIATED, MEMO, TOKEN},
};

/// Lamports of a wallet at first.
const WALLET_LAMPORTS: u64 = 1_000_000_000;

/// Transactions that make two mints and give some tokens to the holdings.
fn settle(pair: &mut Pair<'_>) {
    for key in wallets() {
        pair.fund(&key, WALLET_LAMPORTS);
    }
    for mint in 0..2 {
        let deeds = [
            Deed::MakeMint { payer: 0, mint, authority: mint, decimals: mint },
            Deed::MakeHolding { payer: 1, holding: mint, mint, owner: mint, lacks: 0 },
            Deed::MakeHolding { payer: 1, holding: mint + 2, mint, owner: 1 - mint, lacks: 0 },
            Deed::MintTo { mint, to: mint, authority: mint, amount: 1_000 },
        ];
        let told = pair.run(&instructions(&deeds), UNITS);
        assert!(matches!(told.end, End::Done(_)), "{told:?}");
    }
    let associate = Deed::Associate { payer: 2, wallet: 0, mint: 0, is_lenient: false };
    let told = pair.run(&instructions(&[associate]), UNITS);
    assert!(matches!(told.end, End::Done(_)), "{told:?}");
}

fn instructions(deeds: &[Deed]) -> Vec<Instruction> {
    deeds.iter().flat_map(Deed::instructions).collect()
}

/// Compute units of a transaction: mostly plenty, at times so few that it ends anywhere.
fn units() -> impl Strategy<Value = u64> {
    prop_oneof![4 => Just(UNITS), 1 => 0..3_000_u64, 1 => 3_000..40_000_u64]
}

#[test]
fn random_transactions_end_alike() {
    let start = Start::new();
    let transaction = (proptest::collection::vec(deed(), 1..4), units());
    let transactions = proptest::collection::vec(transaction, 1..12);
    let config = Config { cases: 300, ..Config::default() };
    let (mut done, mut failed) = (0_u32, 0_u32);
    let counts = std::cell::RefCell::new((&mut done, &mut failed));
    let result = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(Default::default()),
    )
    .run(&transactions, |transactions| {
        let mut pair = start.pair(&[TOKEN, ASSOCIATED, MEMO]);
        settle(&mut pair);
        for (deeds, units) in transactions {
            pair.next_slot();
            let told = pair.run(&instructions(&deeds), units);
            let mut counts = counts.borrow_mut();
            match told.end {
                End::Done(_) => *counts.0 += 1,
                End::Failed(..) | End::LacksRent(_) => *counts.1 += 1,
            }
        }
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    // Sequences of which all fail, or none, would compare little.
    assert!(done > 200 && failed > 200, "{done} transactions done, {failed} failed");
}

#[test]
fn what_is_left_without_rent_fails_alike() {
    let start = Start::new();
    let mut pair = start.pair(&[TOKEN, ASSOCIATED]);
    settle(&mut pair);
    let pay = |odd, lamports| [Deed::PayOdd { from: 0, odd, lamports }];
    let told = pair.run(&instructions(&pay(3, 5)), UNITS);
    assert!(matches!(told.end, End::LacksRent(_)), "{told:?}");
    // The incinerator may have anything.
    let told = pair.run(&instructions(&pay(0, 5)), UNITS);
    assert!(matches!(told.end, End::Done(_)), "{told:?}");
    // Not even lamports make a sysvar writable.
    let told = pair.run(&instructions(&pay(1, 5)), UNITS);
    assert!(matches!(told.end, End::Failed(0, _)), "{told:?}");
    let all = WALLET_LAMPORTS;
    let told = pair.run(&instructions(&[Deed::Pay { from: 3, to: 0, lamports: all - 1 }]), UNITS);
    assert_eq!(told.end, End::LacksRent(wallet(3)));
}
