//! dbg
#![allow(clippy::all, clippy::unwrap_used, clippy::print_stdout, missing_docs, reason="dbg")]
use braid_vm_js::engine::*; use braid_vm_js::*; use std::sync::Arc; use primitives::CodeHash;
struct D(i64);
impl Door for D { fn call(&mut self, op: u32, chunk: i64, a: &[JsValue]) -> Result<JsValue, DoorError> {
  println!("   op {op} chunk {chunk} {a:?}");
  if op == 0 { return Ok(JsValue::Number(1e6)); } Ok(JsValue::Number(1.0)) } }
fn main() {
  let body = std::env::args().nth(1).unwrap();
  let script = format!("(function ($__env) {{ 'use strict'; let $__g = 0, $__m = $__env.memory; const $__O = () => {{ if ($__m<0) $__env.exhausted(); $__g = $__env.refill($__g) }}; const $__T = n => {{ if (($__g -= n) < 0) $__O() }}; const $__A = n => {{ if (($__m -= n) < 0) $__O() }}; $__env.bind($__T, () => $__g, n => {{ $__g = n }}, $__A); const op=$__env.operators; const gas = () => $__g; return {{ main() {{ $__T(1); {body} }} }} }})");
  let c = JsConfig::default();
  for e in [Arc::new(QuickJs::new(&c)) as Arc<dyn JsEngine>, Arc::new(V8::new(&c))] {
    println!("{}", e.id());
    let p = e.compile(&script).unwrap();
    let end = e.run(&ScriptCall{code_hash: CodeHash::of(b"x"), program:&p, entry: ScriptEntry::Method("main"), arguments:&[]}, &mut D(0));
    println!("{end:?}");
  }
}
