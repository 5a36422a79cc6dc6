//! The checks that every machine must pass.

use vm::testkit::{Fixtures, check_hosted_vm};

use crate::{READ_INPUT, contract, engines, machine, module};

fn fixtures() -> Fixtures {
    let key = "(i32.store8 (i32.const 60000) (i32.const 0x6b))";
    let store = format!(
        "{READ_INPUT} {key} (call $storage_put (i32.const 60000) (i32.const 1) (i32.const 0) \
         (local.get $n))"
    );
    let read = "(call $input_read (local.get $i) (i32.const 0) (local.get $n))";
    // The echo of a long input needs more memory than a page.
    let echo = module(&format!(
        r#"(memory (export "memory") 2)
        (func (export "call") (param $n i32) (result i32) (local $i i32)
            {read} (call $output_write (i32.const 0) (local.get $n)) (i32.const 0))"#
    ));
    Fixtures {
        echo,
        store: contract(&format!("{store} (i32.const 0)")),
        load: contract(&format!(
            "{key} (local.set $i (call $storage_get (i32.const 60000) (i32.const 1)))
            (if (i32.ge_s (local.get $i) (i32.const 0)) (then
                (call $buffer_read (i32.const 0) (i32.const 0) (local.get $i))
                (call $output_write (i32.const 0) (local.get $i))))
            (i32.const 0)"
        )),
        revert_after_store: contract(&format!(
            "{store} (call $output_write (i32.const 0) (local.get $n)) (i32.const 1)"
        )),
        trap_after_store: contract(&format!("{store} (unreachable)")),
        spin: contract("(loop $l (br $l)) (unreachable)"),
        recurse: module(
            r#"(memory (export "memory") 1)
            (func $f (export "call") (param i32) (result i32)
                (i32.add (call $f (local.get 0)) (i32.const 1)))"#,
        ),
        emit: contract(&format!(
            "{READ_INPUT} (call $emit (i32.const 0) (i32.const 0) (i32.const 0) (local.get $n))
            (i32.const 0)"
        )),
        call: contract(&format!(
            "{READ_INPUT}
            (local.set $i (call $call (i32.const 0) (i32.const 50000) (i32.const 32)
                (i32.sub (local.get $n) (i32.const 32)) (i64.const -1) (i32.const 0)))
            (call $buffer_read (i32.const 0) (i32.const 0) (call $buffer_bytes))
            (call $output_write (i32.const 0) (call $buffer_bytes))
            (i32.ne (local.get $i) (i32.const 0))"
        )),
        malformed: vec![
            Vec::new(),
            b"\0asm".to_vec(),
            b"not code".to_vec(),
            b"\0asm\x02\0\0\0".to_vec(),
            wat::parse_str("(module)").unwrap(),
            wat::parse_str(r#"(module (import "env" "clock" (func)))"#).unwrap(),
        ],
    }
}

#[test]
fn both_engines_pass() {
    for (_, vm) in engines() {
        check_hosted_vm(vm, &fixtures());
    }
}

#[test]
fn the_automatic_choice_passes() {
    check_hosted_vm(&machine(braid_vm_wasm::EngineChoice::Auto), &fixtures());
}
