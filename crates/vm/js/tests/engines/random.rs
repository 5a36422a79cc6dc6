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

/// Lines as a body; what each gives or throws is shown.
fn body_of(lines: &str) -> String {
    format!(
        "const out = [], log = f => {{ try {{ out.push(show(f())) }} \
         catch (e) {{ out.push('!' + show(e)) }} }};\n{lines}\nreturn out.join('\\n')"
    )
}

#[test]
fn random_calls_of_builtins_are_equal() {
    let Some(bench) = Bench::new() else { return };
    let lines = prop::collection::vec(line(), 10..30).prop_map(|lines| lines.join("\n"));
    let test = |lines: String| {
        let code = bench.pack(&body_of(&lines));
        let ran = bench.try_run(&code, PLENTY).map_err(TestCaseError::fail)?;
        bench.try_run(&code, ran.gas / 2).map_err(TestCaseError::fail)?;
        Ok(())
    };
    runner().run(&lines, test).unwrap();
}

/// The compiler takes every pattern, so that none is left out of the programs above, and each is
/// equal by itself.
#[test]
fn every_line_is_equal() {
    let Some(bench) = Bench::new() else { return };
    let mut wrong = Vec::new();
    for line in every_line() {
        let result = bench.try_pack(&body_of(&line));
        if let Err(error) = result.and_then(|code| bench.try_run(&code, PLENTY)) {
            wrong.push(format!("{line} {error}"));
        }
    }
    assert!(wrong.is_empty(), "{} {wrong:#?}", wrong.len());
}
