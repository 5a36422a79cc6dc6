//! What the static checks admit and refuse.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use braid_vm_wasm::{WasmLimits, inspect};
use proptest::prelude::*;
use support::OFFERED;
use vm::CodeError;

const MEMORY: &str = r#"(memory (export "memory") 1)"#;
const CALL: &str = r#"(func (export "call") (param i32) (result i32) (i32.const 0))"#;

fn check(text: &str) -> Result<braid_vm_wasm::ModuleReport, CodeError> {
    inspect(&wat::parse_str(text).unwrap(), &WasmLimits::default(), OFFERED)
}

fn refused(items: &str) -> String {
    check(&format!("(module {items} {MEMORY} {CALL})")).unwrap_err().to_string()
}

#[test]
fn the_report_tells_what_is_in_the_module() {
    let report = check(&format!(
        r#"(module (import "braid1" "tick" (func (param i32) (result i32)))
        {MEMORY} {CALL} (table 3 funcref) (elem (i32.const 0) 0 0) (data (i32.const 4) "abc")
        (global (mut i32) (i32.const 0)) (@custom "braid.interface" "[]")
        (func (export "deploy") (param i32) (result i32)
            (i32.trunc_f32_s (f32.add (f32.const 1) (f32.const 2)))))"#
    ))
    .unwrap();
    assert_eq!(report.imports, [("braid1".to_owned(), "tick".to_owned())]);
    assert_eq!(report.exports, ["memory", "call", "deploy"]);
    assert_eq!(report.interface.as_deref(), Some(b"[]".as_slice()));
    assert!(report.has_deploy && report.has_floats);
    assert_eq!((report.memory_pages, report.memory_pages_max), (1, 1024));
    assert_eq!((report.table_elements, report.segment_elements, report.data_bytes), (3, 2, 3));
    assert_eq!((report.functions, report.globals), (2, 1));
}

#[test]
fn what_is_not_offered_is_named() {
    let tick = |kind: &str| refused(&format!(r#"(import "braid1" "tick" {kind})"#));
    assert_eq!(
        tick("(func (param i64) (result i32))"),
        "wasm code imports braid1.tick, which is not offered: its type is (i64) -> i32, the host \
         has (i32) -> i32"
    );
    assert!(tick("(global i32)").contains("only functions can be imported"));
    let unknown = refused(r#"(import "env" "abort" (func))"#);
    assert!(unknown.contains("env.abort") && unknown.contains("no such function"), "{unknown}");
}

#[test]
fn entry_points_are_required() {
    for (text, wanted) in [
        (format!("(module {MEMORY})"), "does not export call"),
        (format!("(module {CALL})"), "does not export memory"),
        (format!(r#"(module {MEMORY} (func (export "call")))"#), "it is (), not (i32) -> i32"),
        (format!(r#"(module {MEMORY} {CALL} (func (export "deploy") (param i64)))"#), "(i64), not"),
        (format!(r#"(module {CALL} (func (export "memory")))"#), "it is no memory"),
        (
            format!(
                r#"(module (import "braid1" "tick" (func (param i32) (result i32)))
                {MEMORY} (export "call" (func 0)))"#
            ),
            "it is an import",
        ),
    ] {
        let error = check(&text).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn features_beyond_the_admitted_are_refused() {
    for items in [
        "(func $start) (start $start)",
        "(func (result v128) (v128.const i64x2 0 0))",
        "(func (drop (i32.atomic.load (i32.const 0))))",
        "(func (result i32 i32) (i32.const 0) (i32.const 0))",
        "(func $f (return_call $f))",
        "(func (param externref))",
        "(table 1 funcref) (func (drop (table.get 0 (i32.const 0))))",
        "(table 1 funcref) (table 1 funcref)",
        "(memory 1)",
        "(tag)",
        "(type (struct))",
        "(global (export \"braid:gas\") i64 (i64.const 0))",
        "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
    ] {
        refused(items);
    }
    assert!(refused("(func $start) (start $start)").contains("a start function at byte"));
}

#[test]
fn limits_are_named() {
    let blocks = "(block (local.set 0 (i32.const 1)))".repeat(20_000);
    let deep = format!("{}{}", "(block ".repeat(1_100), ")".repeat(1_100));
    let imports = r#"(import "braid1" "tick" (func (param i32) (result i32)))"#.repeat(129);
    for (items, wanted) in [
        (format!("(func (param i32) {blocks})"), "blocks of a function, the limit is 4000"),
        (format!("(func {deep})"), "nested blocks, the limit is 1024"),
        (imports, "129 imports, the limit is 128"),
        (format!("(func (param {}))", "i32 ".repeat(65)), "65 parameters of a function"),
        (format!("(func (local {}))", "i32 ".repeat(5_000)), "locals of a function"),
        (
            format!("(func (br_table {} (i32.const 0)))", "0 ".repeat(20_001)),
            "branch targets of a function",
        ),
        (format!("(func {})", "(drop (i32.const 1))".repeat(200_000)), "bytes of a function"),
        ("(func)".repeat(20_000), "functions, the limit is 20000"),
        ("(table 20001 funcref)".to_owned(), "20001 table elements"),
        ("(global i32 (i32.const 0))".repeat(1_025), "1025 globals"),
        (format!("(@custom \"x\" \"{}\")", "x".repeat(1 << 20)), "bytes of custom sections"),
        (format!("(global (export \"{}\") i32 (i32.const 0))", "x".repeat(300)), "bytes of a name"),
    ] {
        let error = refused(&items);
        assert!(error.contains(wanted), "{error}");
    }
    let error = check(&format!(r#"(module (memory (export "memory") 1025) {CALL})"#)).unwrap_err();
    assert!(error.to_string().contains("1025 memory pages, the limit is 1024"), "{error}");
    let many = format!("(func (param i32) {})", "(block)".repeat(3_900)).repeat(5);
    assert!(refused(&many).contains("squared blocks"));
}

fn sample() -> Vec<u8> {
    wat::parse_str(format!(
        r#"(module (import "braid1" "tick" (func (param i32) (result i32))) {MEMORY} {CALL}
        (table 3 funcref) (elem (i32.const 0) 0 0) (data (i32.const 4) "abc")
        (global (mut i32) (i32.const 0)) (@custom "braid.interface" "[]")
        (func (param i32) (result i32) (local i64 f32)
            (block (loop (br_if 1 (local.get 0)) (br_table 0 1 (call 0 (i32.const 1)))))
            (if (result i32) (i32.const 1) (then (i32.load (i32.const 3)))
            (else (call_indirect (param i32) (result i32) (i32.const 1) (i32.const 0))))))"#
    ))
    .unwrap()
}

proptest! {
    #[test]
    fn no_bytes_make_the_checks_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        end in any::<prop::sample::Index>(),
        is_cut: bool,
    ) {
        use braid_vm_wasm::instrument::{WASM_COSTS_V1, instrument};
        let mut wasm = sample();
        for (at, byte) in changes {
            let at = at.index(wasm.len());
            wasm[at] = byte;
        }
        if is_cut {
            wasm.truncate(end.index(wasm.len()));
        }
        let limits = WasmLimits::default();
        if let Ok(metered) = instrument(&wasm, &limits, OFFERED, &WASM_COSTS_V1) {
            let engine = wasmi::Engine::default();
            prop_assert!(wasmi::Module::new(&engine, &metered.module).is_ok());
        }
    }

    #[test]
    fn noise_is_refused(wasm in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(inspect(&wasm, &WasmLimits::default(), OFFERED).is_err());
    }
}
