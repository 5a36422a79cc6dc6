//! Random modules on both engines: equal outcome, gas, storage, events.

use primitives::Gas;
use proptest::prelude::*;
use vm::testkit::{MemoryHost, Run};

use crate::{contract, on_both};

/// An expression of type `i32`, as text, of some depth.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        any::<i32>().prop_map(|number| format!("(i32.const {number})")),
        Just("(local.get $i)".to_owned()),
        Just("(local.get $n)".to_owned()),
        Just("(memory.size)".to_owned()),
        Just("(call $buffer_bytes)".to_owned()),
        Just("(i32.wrap_i64 (call $gas_left))".to_owned()),
        (0..70_000u32).prop_map(|at| format!("(i32.load (i32.const {at}))")),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            (prop::sample::select(OPERATORS), two)
                .prop_map(|(name, (a, b))| { format!("({name} {a} {b})") }),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(c, a, b)| format!("(if (result i32) {c} (then {a}) (else {b}))")),
            inner.clone().prop_map(|a| format!("(i32.load8_u (i32.and {a} (i32.const 0xffff)))")),
            inner.clone().prop_map(|a| format!("(i32.trunc_f64_s (f64.convert_i32_u {a}))")),
            inner.clone().prop_map(|a| {
                format!("(i32.reinterpret_f32 (f32.sqrt (f32.reinterpret_i32 {a})))")
            }),
            (inner.clone(), inner).prop_map(|(a, b)| {
                format!(
                    "(call $storage_get (i32.and {a} (i32.const 0xff)) (i32.and {b} (i32.const 7)))"
                )
            }),
        ]
    })
}

const OPERATORS: &[&str] = &[
    "i32.add",
    "i32.sub",
    "i32.mul",
    "i32.div_s",
    "i32.div_u",
    "i32.rem_s",
    "i32.xor",
    "i32.shl",
    "i32.rotr",
    "i32.lt_s",
    "i32.ge_u",
];

fn statement() -> impl Strategy<Value = String> {
    (0..9, expression(), expression()).prop_map(|(kind, a, b)| match kind {
        0 => format!("(local.set $i {a})"),
        1 => format!("(i32.store (i32.and {a} (i32.const 0xffff)) {b})"),
        2 => format!(
            "(call $storage_put (i32.and {a} (i32.const 0xff)) (i32.const 3)
            (i32.and {b} (i32.const 0xff)) (i32.const 40))"
        ),
        3 => format!("(drop (call $storage_delete (i32.and {a} (i32.const 0xff)) (i32.const 3)))"),
        4 => format!(
            "(call $emit (i32.const 0) (i32.and {a} (i32.const 7)) (i32.const 9)
            (i32.and {b} (i32.const 63)))"
        ),
        5 => format!("(memory.fill (i32.and {a} (i32.const 0xffff)) {b} (i32.const 99))"),
        6 => format!(
            "(call $keccak256 (i32.and {a} (i32.const 0xffff)) (i32.and {b} (i32.const 0xff))
            (i32.const 32))"
        ),
        7 => format!(
            "(local.set $i (i32.const 0)) (loop $l (i32.store (local.get $i) {a})
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 9)))
            (i32.and {b} (i32.const 0xfff)))))"
        ),
        _ => format!("(drop (memory.grow (i32.and {a} (i32.const 3)))) (drop {b})"),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn both_engines_agree(
        statements in prop::collection::vec(statement(), 1..8),
        input in prop::collection::vec(any::<u8>(), 0..100),
        gas_share in 0..1_000u64,
    ) {
        let body = statements.concat();
        let code = contract(&format!(
            "(call $input_read (i32.const 0) (i32.const 0) (local.get $n)) {body}
            (call $output_write (i32.const 0) (i32.const 512)) (i32.const 0)"
        ));
        let mut host = MemoryHost::default();
        let key = (MemoryHost::CONTRACT, vec![0; 3]);
        host.state.records.insert(key, vec![5; 33].into());
        let (whole, _) = on_both(&host, &Run::call(&code, &input));
        // Then with a part of the gas it used: both must stop at the same place.
        let used = 10_000_000 - whole.gas_left.0;
        let part = Gas(used * gas_share / 1_000);
        on_both(&host, &Run { gas_limit: part, ..Run::call(&code, &input) });
    }
}
