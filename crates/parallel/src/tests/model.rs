//! Random programs, thread counts, stretches and forced withdrawals.

use std::sync::Arc;

use primitives::Random;

use super::toy::{Program, Step, Toy, ToyNumbers, key, programs, world};
use crate::{Engine, Interruption, Numbers, Plan};

const SEEDS: u64 = 60;

fn check(engine: &Engine, programs: Vec<Program>, (seed, gas_limit): (u64, u64), plan: &Plan) {
    let base = world(6);
    let toy = Arc::new(Toy::new(programs, gas_limit));
    let numbers: Arc<dyn Numbers> = Arc::new(ToyNumbers);
    let ran = engine.run(&toy, &base, &numbers, plan).expect("the world does not fail");
    let (writes, ledger) = toy.serially(&base);
    let told = format!("seed {seed}, {} workers, {plan:?}", engine.workers());
    assert_eq!(*toy.ledger.lock().expect("no panic here"), ledger, "{told}");
    assert_eq!(ran.writes, writes, "{told}");
}

fn interrupt(seed: u64, one_in: u64) -> Interruption {
    Arc::new(move |index, attempt, read| {
        let mixed = u64::from(index) << 40 | u64::from(attempt) << 20 | u64::from(read);
        Random::new(seed ^ mixed).below(one_in) == 0
    })
}

#[test]
fn any_number_of_threads_gives_what_one_after_another_gives() {
    for workers in [1, 2, 4, 8, 16] {
        let engine = Engine::new(workers);
        for seed in 0..SEEDS {
            let mut random = Random::new(seed);
            let count = 1 + random.below(120);
            let programs = programs(&mut random, count);
            let gas_limit = random.below(400) + 20;
            let stretch = usize::try_from(random.below(6)).expect("small");
            let plan = Plan { stretch, is_observed: seed % 5 == 0, ..Plan::default() };
            check(&engine, programs, (seed, gas_limit), &plan);
        }
    }
}

#[test]
fn forced_withdrawals_change_nothing() {
    for workers in [2, 4, 8] {
        let engine = Engine::new(workers);
        for seed in 0..SEEDS {
            let mut random = Random::new(seed ^ 0xabcd);
            let programs = programs(&mut random, 60);
            let interruption = Some(interrupt(seed, 2 + seed % 20));
            let plan = Plan { stretch: 1, interruption, ..Plan::default() };
            check(&engine, programs, (seed, u64::MAX), &plan);
        }
    }
}

#[test]
fn deltas_conflict_with_nobody() {
    let engine = Engine::new(4);
    let add = Program { steps: vec![Step::Add(1, 3)], gas: 1, hints: Vec::new() };
    let base = world(6);
    let toy = Arc::new(Toy::new(vec![add; 300], u64::MAX));
    let numbers: Arc<dyn Numbers> = Arc::new(ToyNumbers);
    let plan = Plan { stretch: 1, ..Plan::default() };
    let ran = engine.run(&toy, &base, &numbers, &plan).expect("the world does not fail");
    assert_eq!(ran.statistics.reexecutions, 0);
    assert_eq!(ran.writes, toy.serially(&base).0);
}

#[test]
fn a_chain_is_seen_as_one() {
    let engine = Engine::new(2);
    let steps = vec![Step::Read(1), Step::Write(1, 1)];
    let chain = Program { steps, gas: 2, hints: Vec::new() };
    let other = |at| Program { steps: vec![Step::Write(at, 0)], gas: 1, hints: Vec::new() };
    let programs = vec![chain.clone(), other(7), chain.clone(), other(8), chain];
    let base = world(6);
    let toy = Arc::new(Toy::new(programs, u64::MAX));
    let numbers: Arc<dyn Numbers> = Arc::new(ToyNumbers);
    let plan = Plan { stretch: 1, is_observed: true, ..Plan::default() };
    let ran = engine.run(&toy, &base, &numbers, &plan).expect("the world does not fail");
    let observed = &ran.statistics.observed;
    let sources: Vec<_> = observed.iter().map(|it| it.reads_from.clone()).collect();
    assert_eq!(sources, [vec![], vec![], vec![0], vec![], vec![2]]);
    assert_eq!(ran.statistics.critical_path(|_| 1), 3);
    assert!(ran.writes.get(&key(7)).is_some());
}

#[test]
fn a_panic_on_certain_ground_is_the_callers() {
    struct Doomed;
    impl crate::Task for Doomed {
        type Worker = ();
        type Output = ();
        type Error = state::StateError;
        fn count(&self) -> usize {
            9
        }
        fn worker(&self, _: Arc<crate::View>) {}
        fn execute(
            &self,
            (): &mut (),
            stretch: std::ops::Range<usize>,
            _: crate::Footing,
        ) -> Result<crate::Attempt<()>, state::StateError> {
            assert!(!stretch.contains(&5), "the fifth is doomed");
            let (writes, blind, deltas) = Default::default();
            Ok(crate::Attempt { output: (), writes, blind, deltas, weight: 1 })
        }
        fn commit(&self, _: std::ops::Range<usize>, (): ()) -> crate::Verdict {
            crate::Verdict::Accept
        }
    }
    for workers in [1, 2, 4] {
        let engine = Engine::new(workers);
        let numbers: Arc<dyn Numbers> = Arc::new(ToyNumbers);
        let plan = Plan { stretch: 1, ..Plan::default() };
        let run = || engine.run(&Arc::new(Doomed), &world(1), &numbers, &plan).map(|_| ());
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
        let payload = ended.expect_err("it panics");
        let text = payload.downcast_ref::<&str>().copied().unwrap_or_default();
        assert!(text.contains("doomed"), "{text}");
    }
}
