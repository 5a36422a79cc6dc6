//! Contracts that look where parallel execution could go wrong.

/// EVM code that keeps the balance of the beneficiary in slot 0.
pub const BENEFICIARY_WATCHER: &[u8] = &[0x41, 0x31, 0x60, 0x00, 0x55, 0x00];

/// EVM code that counts in slot 0, which everybody who calls it writes.
pub const HOT_COUNTER: &[u8] = &[0x60, 0x00, 0x54, 0x60, 0x01, 0x01, 0x60, 0x00, 0x55, 0x00];

/// EVM code that counts in the slot of its caller, which nobody else writes.
pub const OWN_COUNTER: &[u8] = &[0x33, 0x54, 0x60, 0x01, 0x01, 0x33, 0x55, 0x00];

/// EVM code that gives all its coin to the beneficiary and destroys itself.
pub const DESTROYED: &[u8] = &[0x41, 0xff];

/// EVM code that makes a contract of [`DESTROYED`]'s kind with its coin and calls it in the same
/// transaction.
pub const MAKER: &[u8] = &[
    // PUSH11 of creation code that returns DESTROYED: PUSH2, MSTORE, RETURN.
    0x6a, 0x61, 0x41, 0xff, 0x60, 0x00, 0x52, 0x60, 0x02, 0x60, 0x1e, 0xf3, // at 21 in memory
    0x60, 0x00, 0x52, // MSTORE
    0x60, 0x0b, 0x60, 0x15, 0x34, 0xf0, // CREATE with the value that came along
    0x60, 0x00, 0x60, 0x00, 0x60, 0x00, 0x60, 0x00, 0x60, 0x00, 0x85, 0x5a, 0xf1,
    0x00, // CALL
];

/// WebAssembly that keeps its input under its first eight bytes and answers with how many records
/// it has.
pub const SCANNER: &str = r#"(module
  (import "braid1" "input_read" (func $input_read (param i32 i32 i32)))
  (import "braid1" "output_write" (func $output_write (param i32 i32)))
  (import "braid1" "storage_put" (func $put (param i32 i32 i32 i32)))
  (import "braid1" "storage_delete" (func $delete (param i32 i32) (result i32)))
  (import "braid1" "storage_scan"
    (func $scan (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "call") (param $bytes i32) (result i32)
    (call $input_read (i32.const 0) (i32.const 0) (i32.const 9))
    (if (i32.load8_u (i32.const 8))
      (then (drop (call $delete (i32.const 0) (i32.const 8))))
      (else (call $put (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 8))))
    (i32.store (i32.const 64)
      (call $scan (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 100)))
    (call $output_write (i32.const 64) (i32.const 4))
    (i32.const 0)))"#;

/// WebAssembly that by the first byte of its input makes an object of its own (0), or sets a field
/// of (1), deletes (2) or gives away (3) the first one that it has.
pub const COLLECTOR: &str = r#"(module
  (import "braid1" "input_read" (func $input_read (param i32 i32 i32)))
  (import "braid1" "buffer_read" (func $buffer_read (param i32 i32 i32)))
  (import "braid1" "output_write" (func $output_write (param i32 i32)))
  (import "braid1" "contract" (func $contract (param i32)))
  (import "braid1" "object_create" (func $create (param i32 i32 i32) (result i32)))
  (import "braid1" "object_set_field"
    (func $set_field (param i32 i32 i32 i32 i32) (result i32)))
  (import "braid1" "object_set_owner" (func $set_owner (param i32 i32 i32) (result i32)))
  (import "braid1" "object_delete" (func $delete (param i32) (result i32)))
  (import "braid1" "object_list" (func $list (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 512) "\00\06uint64")
  (func (export "call") (param i32) (result i32) (local $operation i32)
    (call $input_read (i32.const 0) (i32.const 0) (i32.const 1))
    (local.set $operation (i32.load8_u (i32.const 0)))
    (call $contract (i32.const 32))
    (if (i32.eqz (local.get $operation))
      (then (drop (call $create (i32.const 0) (i32.const 32) (i32.const 64))))
      (else (if (call $list
          (i32.const 0) (i32.const 32) (i32.const 0) (i32.const -1) (i32.const 1))
        (then
          (call $buffer_read (i32.const 64) (i32.const 0) (i32.const 32))
          (if (i32.eq (local.get $operation) (i32.const 1)) (then (drop (call $set_field
            (i32.const 64) (i32.const 514) (i32.const 6) (i32.const 512) (i32.const 40)))))
          (if (i32.eq (local.get $operation) (i32.const 2))
            (then (drop (call $delete (i32.const 64)))))
          (if (i32.eq (local.get $operation) (i32.const 3)) (then (drop
            (call $set_owner (i32.const 64) (i32.const 0) (i32.const 96)))))))))
    (call $output_write (i32.const 64) (i32.const 32))
    (i32.const 0)))"#;

/// WebAssembly that reads a record which each call changes, so that attempts are withdrawn inside
/// of it, and answers with success whatever its own call of the contract in its input gave.
pub use crossing_tests::contracts::WASM_BOUNCER;

/// WebAssembly that changes a counter, which transactions may do at once.
pub use crossing_tests::contracts::WASM_COUNTER;
