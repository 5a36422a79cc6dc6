//! Contracts that the tests write themselves, and the bytes of calls.

use braidvm::{Address, Bytes, Method, U256, Value, Wei};

/// The input of a call of `signature`.
///
/// # Panics
///
/// Where the arguments do not fit: the test is wrong.
#[must_use]
#[track_caller]
pub fn call_data(signature: &str, arguments: &[Value]) -> Bytes {
    let method = Method::parse(signature).expect("invariant: the test's signature parses");
    method.encode_call(arguments).expect("invariant: the test's arguments fit")
}

/// An amount in wei.
#[must_use]
pub fn wei(amount: u64) -> Wei {
    Wei(U256::from(amount))
}

/// An address as the EVM and the WebAssembly host see it in memory.
#[must_use]
pub fn word(address: &Address) -> Bytes {
    Bytes::copy_from_slice(address.as_bytes())
}

/// The number that a word of output holds.
///
/// # Panics
///
/// Where the output is longer than a word.
#[must_use]
#[track_caller]
pub fn number(output: &[u8]) -> U256 {
    U256::from_be_slice(output)
}

/// The address that an answer of one word, or of `bytes` with one word, holds.
///
/// # Panics
///
/// Where the answer is shorter than a word.
#[must_use]
#[track_caller]
pub fn address(output: &[u8]) -> Address {
    let word = output.rchunks_exact(32).next().expect("invariant: the answer has a word");
    Address::new(word.try_into().expect("invariant: a word has 32 bytes"))
}

/// Creation code that returns `runtime` as the code to store.
///
/// # Panics
///
/// Where the code has more than 65,535 bytes.
#[must_use]
pub fn evm_creation(runtime: &[u8]) -> Bytes {
    let bytes =
        u16::try_from(runtime.len()).expect("invariant: the test's code is short").to_be_bytes();
    // PUSH2 bytes, DUP1, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 0, RETURN: twelve bytes.
    let head = [0x61, bytes[0], bytes[1], 0x80, 0x60, 0x0c, 0x60, 0x00, 0x39, 0x60, 0x00, 0xf3];
    [head.as_slice(), runtime].concat().into()
}

/// EVM code that counts its calls in slot 0 and calls the address in its input with its own
/// address as input, whatever comes of it.
pub const EVM_BOUNCER: &[u8] = &[
    0x60, 0x00, 0x54, 0x60, 0x01, 0x01, 0x60, 0x00, 0x55, // slot 0 counts
    0x30, 0x60, 0x00, 0x52, // ADDRESS to memory
    0x60, 0x00, 0x60, 0x00, 0x60, 0x20, 0x60, 0x00, 0x60, 0x00, // output, input, value
    0x60, 0x00, 0x35, 0x5a, 0xf1, // to, gas, CALL
    0x60, 0x00, 0x52, 0x60, 0x20, 0x60, 0x00, 0xf3, // returns whether it succeeded
];

/// The same as [`EVM_BOUNCER`] in WebAssembly; the count is the record with the empty key. It
/// returns the status of the call as its one byte of output.
pub const WASM_BOUNCER: &str = r#"(module
  (import "braid1" "input_read" (func $input_read (param i32 i32 i32)))
  (import "braid1" "output_write" (func $output_write (param i32 i32)))
  (import "braid1" "contract" (func $contract (param i32)))
  (import "braid1" "storage_get" (func $get (param i32 i32) (result i32)))
  (import "braid1" "storage_put" (func $put (param i32 i32 i32 i32)))
  (import "braid1" "buffer_read" (func $buffer_read (param i32 i32 i32)))
  (import "braid1" "call" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "call") (param i32) (result i32)
    (if (i32.eq (call $get (i32.const 0) (i32.const 0)) (i32.const 4))
      (then (call $buffer_read (i32.const 128) (i32.const 0) (i32.const 4))))
    (i32.store (i32.const 128) (i32.add (i32.load (i32.const 128)) (i32.const 1)))
    (call $put (i32.const 0) (i32.const 0) (i32.const 128) (i32.const 4))
    (call $input_read (i32.const 0) (i32.const 0) (i32.const 32))
    (call $contract (i32.const 32))
    (i32.store (i32.const 256) (call $call
      (i32.const 0) (i32.const 64) (i32.const 32) (i32.const 32) (i64.const -1) (i32.const 0)))
    (call $output_write (i32.const 256) (i32.const 1))
    (i32.const 0)))"#;

/// WebAssembly that stores a record, counts to 1,000 and traps.
pub const WASM_TRAP_AFTER_WORK: &str = r#"(module
  (import "braid1" "storage_put" (func $put (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "call") (param i32) (result i32) (local $left i32)
    (call $put (i32.const 0) (i32.const 8) (i32.const 8) (i32.const 8))
    (local.set $left (i32.const 1000))
    (loop $again
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))
    unreachable))"#;

/// WebAssembly that succeeds and returns the `bytes` bytes of `data`, whatever it is asked.
#[must_use]
pub fn wasm_answer(data: &[u8]) -> String {
    let text: String = data.iter().map(|byte| format!("\\{byte:02x}")).collect();
    format!(
        r#"(module
  (import "braid1" "output_write" (func $output_write (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{text}")
  (func (export "call") (param i32) (result i32)
    (call $output_write (i32.const 0) (i32.const {}))
    (i32.const 0)))"#,
        data.len()
    )
}

/// WebAssembly that makes a contract with the coin it gets: its input is the kind of machine (one
/// byte) and the code. It returns the new address, or reverts with what the constructor said.
pub const WASM_FACTORY: &str = r#"(module
  (import "braid1" "input_read" (func $input_read (param i32 i32 i32)))
  (import "braid1" "finish" (func $finish (param i32 i32)))
  (import "braid1" "revert" (func $revert (param i32 i32)))
  (import "braid1" "value" (func $value (param i32)))
  (import "braid1" "buffer_bytes" (func $buffer_bytes (result i32)))
  (import "braid1" "buffer_read" (func $buffer_read (param i32 i32 i32)))
  (import "braid1" "deploy"
    (func $deploy (param i32 i32 i32 i32 i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 4)
  (func (export "call") (param $bytes i32) (result i32)
    (call $input_read (i32.const 1024) (i32.const 0) (local.get $bytes))
    (call $value (i32.const 32))
    (if (i32.eqz (call $deploy
        (i32.load8_u (i32.const 1024))
        (i32.const 1025) (i32.sub (local.get $bytes) (i32.const 1))
        (i32.const 0) (i32.const 0) (i32.const 32) (i32.const 0) (i64.const -1) (i32.const 64)))
      (then (call $finish (i32.const 64) (i32.const 32))))
    (call $buffer_read (i32.const 1024) (i32.const 0) (call $buffer_bytes))
    (call $revert (i32.const 1024) (call $buffer_bytes))
    (i32.const 1)))"#;

/// WebAssembly whose constructor stores a record and reverts with `Error("no")`'s first bytes.
pub const WASM_CONSTRUCTOR_REVERTS: &str = r#"(module
  (import "braid1" "storage_put" (func $put (param i32 i32 i32 i32)))
  (import "braid1" "revert" (func $revert (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "refused")
  (func (export "deploy") (param i32) (result i32)
    (call $put (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 7))
    (call $revert (i32.const 0) (i32.const 7))
    (i32.const 1))
  (func (export "call") (param i32) (result i32) (i32.const 0)))"#;

/// WebAssembly that does nothing.
pub const WASM_EMPTY: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "call") (param i32) (result i32) (i32.const 0)))"#;

/// WebAssembly that moves coin of its own without running code: its input is a receiver and an
/// amount. It returns in one byte whether the coin moved.
pub const WASM_PAYER: &str = r#"(module
  (import "braid1" "input_read" (func $input_read (param i32 i32 i32)))
  (import "braid1" "output_write" (func $output_write (param i32 i32)))
  (import "braid1" "transfer" (func $transfer (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "call") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (call $input_read (i32.const 0) (i32.const 0) (i32.const 64))
    (i32.store8 (i32.const 64) (call $transfer (i32.const 0) (i32.const 32)))
    (call $output_write (i32.const 64) (i32.const 1))
    (i32.const 0)))"#;
