//! Random programs that loop, call and throw for ever: each pays for what it does, and none gets
//! out of an empty budget.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

mod engine;
#[path = "engine/programs.rs"]
mod programs;

use engine::{PLENTY, compile_body, run, run_plain, with_stack};
use programs::{body, statement};
use proptest::{prelude::*, test_runner::TestRunner};

#[test]
fn random_programs_pay() {
    with_stack(|| {
        let mut runner = TestRunner::new(ProptestConfig {
            cases: 150,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let bodies = prop::collection::vec(statement(), 1..5).prop_map(|all| body(&all));
        let test = |body: String| {
            let compiled = compile_body(&body);
            let small = run(&compiled, 200_000);
            if small.is_out_of_gas() {
                // It paid for every round: the harness counts how often the engine asked.
                return Ok(());
            }
            if small.outcome.starts_with("value") {
                prop_assert_eq!(small.depth, 0);
            }
            prop_assert_eq!(&small.outcome, &run_plain(&body));
            prop_assert_eq!(&run(&compiled, PLENTY), &small);
            prop_assert!(run(&compiled, small.gas - 1).is_out_of_gas());
            prop_assert!(run(&compiled, small.gas / 2).is_out_of_gas());
            Ok(())
        };
        runner.run(&bodies, test).unwrap();
    });
}
