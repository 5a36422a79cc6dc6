//! The small programs of the compiler's tests: equal on both engines, also where the gas ends.

use crate::harness::{Bench, PLENTY};

const PROGRAMS: &str = include_str!("../../compiler/tests/corpus.js");

#[test]
fn programs_are_equal_and_cost_the_same() {
    let Some(bench) = Bench::new() else { return };
    let programs: Vec<_> =
        PROGRAMS.split("//# ").skip(1).map(|part| part.split_once('\n').unwrap()).collect();
    assert!(programs.len() >= 100);
    let mut differences = Vec::new();
    for (name, body) in &programs {
        let code = bench.pack(body);
        let ran = match bench.try_run(&code, PLENTY) {
            Ok(ran) => ran,
            Err(difference) => {
                differences.push(format!("{name}: {difference}"));
                continue;
            }
        };
        assert_eq!(bench.run(&code, ran.gas), ran, "{name}");
        for budget in [0, ran.gas / 4, ran.gas / 2, ran.gas * 3 / 4, ran.gas - 1] {
            assert!(bench.run(&code, budget).is_out_of_gas(), "{name} with {budget}");
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
    assert_eq!(bench.compared().1, 0);
    assert!(bench.compared().0 >= programs.len() as u64 * 4, "{:?}", bench.compared());
}
