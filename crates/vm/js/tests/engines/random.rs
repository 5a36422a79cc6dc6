//! Random programs: control flow as the compiler's tests make it, and calls of everything that the
//! language has, with values at its edges.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::harness::{Bench, PLENTY};
use crate::programs::{body, statement};
use crate::words::{every_line, line};

/// Programs of each kind; `PROPTEST_CASES` makes more.
const CASES: u32 = 60;

fn runner() -> TestRunner {
    let config = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { config.cases } else { CASES };
    TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..config })
}

#[test]
fn random_control_flow_is_equal() {
    let Some(bench) = Bench::new() else { return };
    let bodies = prop::collection::vec(statement(), 1..5).prop_map(|all| body(&all));
    let test = |body: String| {
        let code = bench.pack(&body);
        let ran = bench.run(&code, 300_000);
        if !ran.is_out_of_gas() {
            prop_assert!(bench.run(&code, ran.gas - 1).is_out_of_gas());
            bench.run(&code, ran.gas / 2);
        }
        Ok(())
    };
    runner().run(&bodies, test).unwrap();
}

#[test]
fn random_calls_of_builtins_are_equal() {
    let Some(bench) = Bench::new() else { return };
    let lines = prop::collection::vec(line(), 10..30).prop_map(|lines| lines.join("\n"));
    let test = |lines: String| {
        let body = format!(
            "const out = [], log = f => {{ try {{ out.push(show(f())) }} \
             catch (e) {{ out.push('!' + show(e)) }} }};\n{lines}\nreturn out.join('\\n')"
        );
        let code = bench.pack(&body);
        let ran = bench.run(&code, PLENTY);
        bench.run(&code, ran.gas / 2);
        Ok(())
    };
    runner().run(&lines, test).unwrap();
}

/// The compiler takes every pattern, so that none is left out of the programs above.
#[test]
fn every_line_is_a_program() {
    let Some(bench) = Bench::new() else { return };
    let refused: Vec<_> = every_line()
        .filter_map(|line| {
            bench.try_pack(&format!("const out = [], log = f => f();\n{line}")).err()
        })
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
}
