//! The whole of a run under a scheduler that tries many orders of threads.

use std::{panic, sync::Arc};

use primitives::Random;

use super::toy::{Toy, ToyNumbers, programs, world};
use crate::run::{Run, Setup};

const ORDERS: usize = 2_000;

fn run(seed: u64) {
    let base = world(4);
    let mut random = Random::new(seed);
    let toy = Arc::new(Toy::new(programs(&mut random, 6), 12 + random.below(20)));
    let setup = Setup {
        base: Arc::clone(&base),
        numbers: Arc::new(ToyNumbers),
        interruption: None,
        stretches: (0..6).map(|at| at..at + 1).collect(),
        workers: 3,
        is_linked: true,
        is_observed: false,
    };
    let run = Arc::new(Run::new(Arc::clone(&toy), setup));
    let threads: Vec<_> = (0..3)
        .map(|number| {
            let run = Arc::clone(&run);
            shuttle::thread::spawn(move || run.work(number))
        })
        .collect();
    for thread in threads {
        thread.join().expect("a thread leaves in peace");
    }
    let finished = run.finish();
    let finished = finished.unwrap_or_else(|_| panic!("seed {seed}: the world does not fail"));
    let (writes, ledger) = toy.serially(&base);
    assert_eq!(finished.writes, writes, "seed {seed}");
    assert_eq!(*toy.ledger.lock().expect("no panic here"), ledger, "seed {seed}");
}

#[test]
fn every_order_gives_the_same() {
    for seed in 0..8 {
        shuttle::check_random(move || run(seed), ORDERS / 8);
    }
}

#[test]
fn every_priority_gives_the_same() {
    for seed in 0..8 {
        shuttle::check_pct(move || run(seed), ORDERS / 8, 3);
    }
}
