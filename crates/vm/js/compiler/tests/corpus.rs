//! Small programs, each run as it is and metered: the results are equal, the gas is locked, and no
//! program gets away with less.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

mod engine;

use engine::{PLENTY, compile_body, run, run_plain, with_stack};

const PROGRAMS: &str = include_str!("corpus.js");
const GAS: &str = include_str!("corpus.gas");

fn programs() -> Vec<(&'static str, &'static str)> {
    let parts = PROGRAMS.split("//# ").skip(1);
    parts.map(|part| part.split_once('\n').unwrap()).collect()
}

#[test]
fn metered_programs_do_what_they_did() {
    with_stack(|| {
        assert!(programs().len() >= 100);
        let (mut gas, mut wrong) = (String::new(), String::new());
        for (name, body) in programs() {
            let compiled = compile_body(body);
            let ran = run(&compiled, PLENTY);
            let plain = run_plain(body).replace("InternalError: stack overflow", "too deep");
            if ran.outcome != plain || ran.depth != 0 {
                let script = compiled.source;
                wrong += &format!("{name}: {ran:?}, but as it is {plain}\n{script}\n");
            }
            gas += &format!("{name} {}\n", ran.gas);
        }
        assert!(wrong.is_empty(), "{wrong}");
        if std::env::var_os("BRAID_BLESS").is_some() {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus.gas"), &gas).unwrap();
        } else {
            assert_eq!(gas, GAS, "the gas of programs changed: it is part of the rules of a chain");
        }
    });
}

#[test]
fn nothing_survives_an_empty_budget() {
    with_stack(|| {
        for (name, body) in programs() {
            let compiled = compile_body(body);
            let gas = run(&compiled, PLENTY).gas;
            for budget in [0, 1, gas / 4, gas / 2, gas * 3 / 4, gas - 1] {
                let ran = run(&compiled, budget);
                assert!(ran.is_out_of_gas(), "{name} with {budget} of {gas}: {ran:?}");
            }
            let exact = run(&compiled, gas);
            assert_eq!((exact.gas, exact.is_out_of_gas()), (gas, false), "{name}");
        }
    });
}
