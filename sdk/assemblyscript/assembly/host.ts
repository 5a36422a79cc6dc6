// SPDX-License-Identifier: MIT OR Apache-2.0
// The imports of module `braid1`, as docs/src/wasm-host-interface.md names them. Pointers are
// offsets into memory; index.ts wraps what contracts use every day.

@external("braid1", "input_read")
export declare function input_read(into: usize, offset: u32, bytes: u32): void;
@external("braid1", "output_write")
export declare function output_write(from: usize, bytes: u32): void;
@external("braid1", "finish")
export declare function finish(from: usize, bytes: u32): void;
@external("braid1", "revert")
export declare function revert(from: usize, bytes: u32): void;
@external("braid1", "buffer_bytes")
export declare function buffer_bytes(): u32;
@external("braid1", "buffer_read")
export declare function buffer_read(into: usize, offset: u32, bytes: u32): void;
@external("braid1", "storage_get")
export declare function storage_get(key: usize, key_bytes: u32): i32;
@external("braid1", "storage_put")
export declare function storage_put(key: usize, key_bytes: u32, value: usize, bytes: u32): void;
@external("braid1", "storage_delete")
export declare function storage_delete(key: usize, key_bytes: u32): i32;
@external("braid1", "storage_scan")
export declare function storage_scan(
  prefix: usize, prefix_bytes: u32, after: usize, after_bytes: i32, limit: u32,
): i32;
@external("braid1", "counter_get")
export declare function counter_get(key: usize, key_bytes: u32, into: usize): void;
@external("braid1", "counter_add")
export declare function counter_add(key: usize, key_bytes: u32, amount: usize): i32;
@external("braid1", "counter_sub")
export declare function counter_sub(key: usize, key_bytes: u32, amount: usize): i32;
@external("braid1", "transient_get")
export declare function transient_get(key: usize, into: usize): void;
@external("braid1", "transient_put")
export declare function transient_put(key: usize, value: usize): void;
@external("braid1", "caller")
export declare function caller(into: usize): void;
@external("braid1", "origin")
export declare function origin(into: usize): void;
@external("braid1", "contract")
export declare function contract(into: usize): void;
@external("braid1", "value")
export declare function value(into: usize): void;
@external("braid1", "balance")
export declare function balance(address: usize, into: usize): void;
@external("braid1", "code_hash")
export declare function code_hash(address: usize, into: usize): i32;
@external("braid1", "transfer")
export declare function transfer(to: usize, amount: usize): i32;
@external("braid1", "call")
export declare function call(
  to: usize, value: usize, input: usize, input_bytes: u32, gas: i64, flags: u32,
): i32;
@external("braid1", "deploy")
export declare function deploy(
  kind: u32, code: usize, code_bytes: u32, args: usize, args_bytes: u32,
  value: usize, salt: usize, gas: i64, into: usize,
): i32;
@external("braid1", "emit")
export declare function emit(topics: usize, topic_count: u32, data: usize, bytes: u32): void;
@external("braid1", "object_create")
export declare function object_create(owner_kind: u32, owner: usize, into: usize): i32;
@external("braid1", "object_get")
export declare function object_get(id: usize, into: usize): i32;
@external("braid1", "object_field")
export declare function object_field(id: usize, name: usize, name_bytes: u32): i32;
@external("braid1", "object_set_field")
export declare function object_set_field(
  id: usize, name: usize, name_bytes: u32, value: usize, value_bytes: u32,
): i32;
@external("braid1", "object_remove_field")
export declare function object_remove_field(id: usize, name: usize, name_bytes: u32): i32;
@external("braid1", "object_set_owner")
export declare function object_set_owner(id: usize, owner_kind: u32, owner: usize): i32;
@external("braid1", "object_delete")
export declare function object_delete(id: usize): i32;
@external("braid1", "object_list")
export declare function object_list(
  owner_kind: u32, owner: usize, after: usize, after_bytes: i32, limit: u32,
): i32;
@external("braid1", "block_number")
export declare function block_number(): u64;
@external("braid1", "block_timestamp")
export declare function block_timestamp(): u64;
@external("braid1", "block_gas_limit")
export declare function block_gas_limit(): u64;
@external("braid1", "block_beneficiary")
export declare function block_beneficiary(into: usize): void;
@external("braid1", "block_base_fee")
export declare function block_base_fee(into: usize): void;
@external("braid1", "block_prevrandao")
export declare function block_prevrandao(into: usize): void;
@external("braid1", "block_hash")
export declare function block_hash(number: u64, into: usize): void;
@external("braid1", "chain_id")
export declare function chain_id(): u64;
@external("braid1", "gas_price")
export declare function gas_price(into: usize): void;
@external("braid1", "transaction_hash")
export declare function transaction_hash(into: usize): void;
@external("braid1", "gas_left")
export declare function gas_left(): u64;
@external("braid1", "is_static")
export declare function is_static(): i32;
@external("braid1", "keccak256")
export declare function keccak256(from: usize, bytes: u32, into: usize): void;
@external("braid1", "sha256")
export declare function sha256(from: usize, bytes: u32, into: usize): void;
@external("braid1", "ripemd160")
export declare function ripemd160(from: usize, bytes: u32, into: usize): void;
@external("braid1", "blake3")
export declare function blake3(from: usize, bytes: u32, into: usize): void;
@external("braid1", "secp256k1_recover")
export declare function secp256k1_recover(
  hash: usize, signature: usize, recovery_id: u32, into: usize,
): i32;
@external("braid1", "secp256r1_verify")
export declare function secp256r1_verify(hash: usize, signature: usize, public_key: usize): i32;
@external("braid1", "ed25519_verify")
export declare function ed25519_verify(
  public_key: usize, signature: usize, message: usize, message_bytes: u32,
): i32;
@external("braid1", "debug")
export declare function debug(from: usize, bytes: u32): void;
