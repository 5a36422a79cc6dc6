//! All orders of two threads over the core: the memory and the schedule.

use std::sync::Arc;

use super::toy::{Program, Step, Toy, ToyNumbers, world};
use crate::run::{Run, Setup};

fn check(programs: Vec<Program>) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(move || {
        let base = world(2);
        let toy = Arc::new(Toy::new(programs.clone(), u64::MAX));
        let setup = Setup {
            base: Arc::clone(&base),
            numbers: Arc::new(ToyNumbers),
            interruption: None,
            stretches: (0..programs.len()).map(|at| at..at + 1).collect(),
            workers: 2,
            is_linked: true,
            is_observed: false,
        };
        let run = Arc::new(Run::new(Arc::clone(&toy), setup));
        let other = Arc::clone(&run);
        let thread = loom::thread::spawn(move || other.work(1));
        run.work(0);
        thread.join().expect("a thread leaves in peace");
        run.gather(0);
        run.gather(1);
        let finished = run.finish().unwrap_or_else(|_| panic!("the world does not fail"));
        assert_eq!(finished.writes, toy.serially(&base).0);
    });
}

fn program(steps: &[Step]) -> Program {
    Program { steps: steps.to_vec(), gas: 1, hints: Vec::new() }
}

#[test]
fn two_that_conflict() {
    let increment = program(&[Step::Read(0), Step::Write(0, 1)]);
    check(vec![increment.clone(), increment]);
}

#[test]
fn one_that_adds_and_one_that_reads() {
    check(vec![program(&[Step::Add(0, 5)]), program(&[Step::Read(0), Step::Write(1, 0)])]);
}

#[test]
fn one_that_comes_and_one_that_scans() {
    check(vec![program(&[Step::Write(3, 1)]), program(&[Step::Scan(0, 3), Step::Write(1, 0)])]);
}
