//! The imports of module `braid1` and the calls that pass Rust's slices to them.
//!
//! It holds all the unsafe code of a contract except the allocator's.

use alloc::{vec, vec::Vec};

use crate::host::Deployment;

#[link(wasm_import_module = "braid1")]
unsafe extern "C" {
    fn input_read(into: *mut u8, offset: usize, bytes: usize);
    #[link_name = "output_write"]
    fn raw_output_write(from: *const u8, bytes: usize);
    #[link_name = "finish"]
    fn raw_finish(from: *const u8, bytes: usize) -> !;
    #[link_name = "revert"]
    fn raw_revert(from: *const u8, bytes: usize) -> !;
    fn buffer_bytes() -> usize;
    fn buffer_read(into: *mut u8, offset: usize, bytes: usize);
    #[link_name = "storage_get"]
    fn raw_storage_get(key: *const u8, key_bytes: usize) -> i32;
    #[link_name = "storage_put"]
    fn raw_storage_put(key: *const u8, key_bytes: usize, value: *const u8, value_bytes: usize);
    #[link_name = "storage_delete"]
    fn raw_storage_delete(key: *const u8, key_bytes: usize) -> i32;
    #[link_name = "storage_scan"]
    fn raw_storage_scan(
        prefix: *const u8,
        prefix_bytes: usize,
        after: *const u8,
        after_bytes: i32,
        limit: usize,
    ) -> i32;
    #[link_name = "counter_get"]
    fn raw_counter_get(key: *const u8, key_bytes: usize, into: *mut u8);
    #[link_name = "counter_add"]
    fn raw_counter_add(key: *const u8, key_bytes: usize, amount: *const u8) -> i32;
    #[link_name = "counter_sub"]
    fn raw_counter_sub(key: *const u8, key_bytes: usize, amount: *const u8) -> i32;
    #[link_name = "transient_get"]
    fn raw_transient_get(key: *const u8, into: *mut u8);
    #[link_name = "transient_put"]
    fn raw_transient_put(key: *const u8, value: *const u8);
    #[link_name = "caller"]
    fn raw_caller(into: *mut u8);
    #[link_name = "origin"]
    fn raw_origin(into: *mut u8);
    #[link_name = "contract"]
    fn raw_contract(into: *mut u8);
    #[link_name = "value"]
    fn raw_value(into: *mut u8);
    #[link_name = "balance"]
    fn raw_balance(address: *const u8, into: *mut u8);
    #[link_name = "code_hash"]
    fn raw_code_hash(address: *const u8, into: *mut u8) -> i32;
    #[link_name = "transfer"]
    fn raw_transfer(to: *const u8, amount: *const u8) -> i32;
    #[link_name = "call"]
    fn raw_call(
        to: *const u8,
        value: *const u8,
        input: *const u8,
        input_bytes: usize,
        gas: i64,
        flags: u32,
    ) -> i32;
    #[link_name = "deploy"]
    fn raw_deploy(
        kind: u32,
        code: *const u8,
        code_bytes: usize,
        arguments: *const u8,
        arguments_bytes: usize,
        value: *const u8,
        salt: *const u8,
        gas: i64,
        into: *mut u8,
    ) -> i32;
    #[link_name = "emit"]
    fn raw_emit(topics: *const u8, topic_count: usize, data: *const u8, data_bytes: usize);
    #[link_name = "object_create"]
    fn raw_object_create(owner_kind: u32, owner: *const u8, into: *mut u8) -> u32;
    #[link_name = "object_get"]
    fn raw_object_get(id: *const u8, into: *mut u8) -> i32;
    #[link_name = "object_field"]
    fn raw_object_field(id: *const u8, name: *const u8, name_bytes: usize) -> i32;
    #[link_name = "object_set_field"]
    fn raw_object_set_field(
        id: *const u8,
        name: *const u8,
        name_bytes: usize,
        value: *const u8,
        value_bytes: usize,
    ) -> u32;
    #[link_name = "object_remove_field"]
    fn raw_object_remove_field(id: *const u8, name: *const u8, name_bytes: usize) -> u32;
    #[link_name = "object_set_owner"]
    fn raw_object_set_owner(id: *const u8, owner_kind: u32, owner: *const u8) -> u32;
    #[link_name = "object_delete"]
    fn raw_object_delete(id: *const u8) -> u32;
    #[link_name = "object_list"]
    fn raw_object_list(
        owner_kind: u32,
        owner: *const u8,
        after: *const u8,
        after_bytes: i32,
        limit: u32,
    ) -> i32;
    #[link_name = "block_number"]
    fn raw_block_number() -> u64;
    #[link_name = "block_timestamp"]
    fn raw_block_timestamp() -> u64;
    #[link_name = "block_gas_limit"]
    fn raw_block_gas_limit() -> u64;
    #[link_name = "block_beneficiary"]
    fn raw_block_beneficiary(into: *mut u8);
    #[link_name = "block_base_fee"]
    fn raw_block_base_fee(into: *mut u8);
    #[link_name = "block_prevrandao"]
    fn raw_block_prevrandao(into: *mut u8);
    #[link_name = "block_hash"]
    fn raw_block_hash(number: u64, into: *mut u8);
    #[link_name = "chain_id"]
    fn raw_chain_id() -> u64;
    #[link_name = "gas_price"]
    fn raw_gas_price(into: *mut u8);
    #[link_name = "transaction_hash"]
    fn raw_transaction_hash(into: *mut u8);
    #[link_name = "gas_left"]
    fn raw_gas_left() -> u64;
    #[link_name = "is_static"]
    fn raw_is_static() -> i32;
    #[link_name = "keccak256"]
    fn raw_keccak256(from: *const u8, bytes: usize, into: *mut u8);
    #[link_name = "sha256"]
    fn raw_sha256(from: *const u8, bytes: usize, into: *mut u8);
    #[link_name = "ripemd160"]
    fn raw_ripemd160(from: *const u8, bytes: usize, into: *mut u8);
    #[link_name = "blake3"]
    fn raw_blake3(from: *const u8, bytes: usize, into: *mut u8);
    #[link_name = "secp256k1_recover"]
    fn raw_secp256k1_recover(
        hash: *const u8,
        signature: *const u8,
        recovery_id: u32,
        into: *mut u8,
    ) -> i32;
    #[link_name = "secp256r1_verify"]
    fn raw_secp256r1_verify(hash: *const u8, signature: *const u8, public_key: *const u8) -> i32;
    #[link_name = "ed25519_verify"]
    fn raw_ed25519_verify(
        public_key: *const u8,
        signature: *const u8,
        message: *const u8,
        message_bytes: usize,
    ) -> i32;
    #[link_name = "debug"]
    fn raw_debug(from: *const u8, bytes: usize);
}

// Every pointer below comes from a live slice, array or vector of exactly the length that the
// import reads or writes, and no import keeps it.

pub(crate) fn input(input_bytes: usize) -> Vec<u8> {
    let mut input = vec![0; input_bytes];
    // SAFETY: the vector has `input_bytes` bytes.
    unsafe { input_read(input.as_mut_ptr(), 0, input_bytes) };
    input
}

fn buffer() -> Vec<u8> {
    // SAFETY: no pointer is passed.
    let mut buffer = vec![0; unsafe { buffer_bytes() }];
    // SAFETY: the vector has as many bytes as are asked for.
    unsafe { buffer_read(buffer.as_mut_ptr(), 0, buffer.len()) };
    buffer
}

pub(crate) fn output_write(output: &[u8]) {
    // SAFETY: pointer and length of one slice.
    unsafe { raw_output_write(output.as_ptr(), output.len()) };
}

pub(crate) fn finish(output: &[u8]) -> ! {
    // SAFETY: pointer and length of one slice; the host ends the frame and does not return.
    unsafe { raw_finish(output.as_ptr(), output.len()) }
}

pub(crate) fn revert(data: &[u8]) -> ! {
    // SAFETY: pointer and length of one slice; the host ends the frame and does not return.
    unsafe { raw_revert(data.as_ptr(), data.len()) }
}

pub(crate) fn storage_get(key: &[u8]) -> Option<Vec<u8>> {
    // SAFETY: pointer and length of one slice.
    let length = unsafe { raw_storage_get(key.as_ptr(), key.len()) };
    (length >= 0).then(buffer)
}

pub(crate) fn storage_put(key: &[u8], value: &[u8]) {
    // SAFETY: pointers and lengths of two slices.
    unsafe { raw_storage_put(key.as_ptr(), key.len(), value.as_ptr(), value.len()) };
}

pub(crate) fn storage_delete(key: &[u8]) -> bool {
    // SAFETY: pointer and length of one slice.
    unsafe { raw_storage_delete(key.as_ptr(), key.len()) == 1 }
}

pub(crate) fn storage_scan(prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Vec<u8> {
    let (from, bytes) =
        after.map_or((core::ptr::null(), -1), |key| (key.as_ptr(), key.len() as i32));
    // SAFETY: pointers and lengths of two slices; length -1 means that there is no second one.
    unsafe { raw_storage_scan(prefix.as_ptr(), prefix.len(), from, bytes, limit) };
    buffer()
}

pub(crate) fn counter_add(key: &[u8], amount: &[u8; 32]) -> bool {
    // SAFETY: pointer and length of one slice; the array has the 32 bytes that are read.
    unsafe { raw_counter_add(key.as_ptr(), key.len(), amount.as_ptr()) == 1 }
}

pub(crate) fn counter_sub(key: &[u8], amount: &[u8; 32]) -> bool {
    // SAFETY: pointer and length of one slice; the array has the 32 bytes that are read.
    unsafe { raw_counter_sub(key.as_ptr(), key.len(), amount.as_ptr()) == 1 }
}

pub(crate) fn transient_put(key: &[u8; 32], value: &[u8; 32]) {
    // SAFETY: both arrays have the 32 bytes that are read.
    unsafe { raw_transient_put(key.as_ptr(), value.as_ptr()) };
}

pub(crate) fn code_hash(of: &[u8; 32]) -> Option<(u32, [u8; 32])> {
    let mut hash = [0; 32];
    // SAFETY: 32 bytes are read, 32 written.
    let kind = unsafe { raw_code_hash(of.as_ptr(), hash.as_mut_ptr()) };
    u32::try_from(kind).ok().map(|kind| (kind, hash))
}

pub(crate) fn transfer(to: &[u8; 32], amount: &[u8; 32]) -> bool {
    // SAFETY: both arrays have the 32 bytes that are read.
    unsafe { raw_transfer(to.as_ptr(), amount.as_ptr()) == 1 }
}

pub(crate) fn call(
    to: &[u8; 32],
    value: &[u8; 32],
    input: &[u8],
    gas: i64,
    flags: u32,
) -> (i32, Vec<u8>) {
    // SAFETY: two words of 32 bytes, pointer and length of one slice.
    let status =
        unsafe { raw_call(to.as_ptr(), value.as_ptr(), input.as_ptr(), input.len(), gas, flags) };
    (status, buffer())
}

pub(crate) fn deploy(deployment: &Deployment<'_>, gas: i64) -> (i32, Vec<u8>, [u8; 32]) {
    let mut address = [0; 32];
    let value = deployment.value.to_bytes();
    let salt = deployment.salt.as_ref().map_or(core::ptr::null(), |salt| salt.as_ptr());
    // SAFETY: pointers and lengths of two slices, words of 32 bytes; salt 0 means none.
    let status = unsafe {
        raw_deploy(
            deployment.kind.0,
            deployment.code.as_ptr(),
            deployment.code.len(),
            deployment.arguments.as_ptr(),
            deployment.arguments.len(),
            value.as_ptr(),
            salt,
            gas,
            address.as_mut_ptr(),
        )
    };
    (status, buffer(), address)
}

pub(crate) fn emit(topics: &[[u8; 32]], data: &[u8]) {
    // SAFETY: the topics lie one after another, 32 bytes each; pointer and length of one slice.
    unsafe { raw_emit(topics.as_ptr().cast(), topics.len(), data.as_ptr(), data.len()) };
}

pub(crate) fn object_create(owner_kind: u32, owner: &[u8; 32]) -> (u32, [u8; 32]) {
    let mut id = [0; 32];
    // SAFETY: 32 bytes are read, 32 written.
    let refusal = unsafe { raw_object_create(owner_kind, owner.as_ptr(), id.as_mut_ptr()) };
    (refusal, id)
}

pub(crate) fn object_get(id: &[u8; 32]) -> Option<(u32, [u8; 32], [u8; 32])> {
    let mut both = [[0; 32]; 2];
    // SAFETY: 32 bytes are read, and 64 written, which the two arrays have one after another.
    let kind = unsafe { raw_object_get(id.as_ptr(), both.as_mut_ptr().cast()) };
    let [creator, owner] = both;
    u32::try_from(kind).ok().map(|kind| (kind, creator, owner))
}

pub(crate) fn object_field(id: &[u8; 32], name: &[u8]) -> Option<Vec<u8>> {
    // SAFETY: 32 bytes are read; pointer and length of one slice.
    let length = unsafe { raw_object_field(id.as_ptr(), name.as_ptr(), name.len()) };
    (length >= 0).then(buffer)
}

pub(crate) fn object_set_field(id: &[u8; 32], name: &[u8], value: &[u8]) -> u32 {
    let (name, name_bytes) = (name.as_ptr(), name.len());
    // SAFETY: 32 bytes are read; pointers and lengths of two slices.
    unsafe { raw_object_set_field(id.as_ptr(), name, name_bytes, value.as_ptr(), value.len()) }
}

pub(crate) fn object_remove_field(id: &[u8; 32], name: &[u8]) -> u32 {
    // SAFETY: 32 bytes are read; pointer and length of one slice.
    unsafe { raw_object_remove_field(id.as_ptr(), name.as_ptr(), name.len()) }
}

pub(crate) fn object_set_owner(id: &[u8; 32], owner_kind: u32, owner: &[u8; 32]) -> u32 {
    // SAFETY: both arrays have the 32 bytes that are read.
    unsafe { raw_object_set_owner(id.as_ptr(), owner_kind, owner.as_ptr()) }
}

pub(crate) fn object_delete(id: &[u8; 32]) -> u32 {
    // SAFETY: the array has the 32 bytes that are read.
    unsafe { raw_object_delete(id.as_ptr()) }
}

pub(crate) fn object_list(
    owner_kind: u32,
    owner: &[u8; 32],
    after: Option<&[u8; 32]>,
    limit: u32,
) -> Vec<u8> {
    let (from, bytes) = after.map_or((core::ptr::null(), -1), |id| (id.as_ptr(), 32));
    // SAFETY: both arrays have the 32 bytes that are read; length -1 means that there is no second.
    unsafe { raw_object_list(owner_kind, owner.as_ptr(), from, bytes, limit) };
    buffer()
}

pub(crate) fn is_static() -> bool {
    // SAFETY: no pointer is passed.
    unsafe { raw_is_static() == 1 }
}

pub(crate) fn secp256k1_recover(
    hash: &[u8; 32],
    signature: &[u8; 64],
    recovery_id: u8,
) -> Option<[u8; 32]> {
    let mut address = [0; 32];
    // SAFETY: 32 and 64 bytes are read, 32 written.
    let found = unsafe {
        raw_secp256k1_recover(
            hash.as_ptr(),
            signature.as_ptr(),
            recovery_id.into(),
            address.as_mut_ptr(),
        )
    };
    (found == 1).then_some(address)
}

pub(crate) fn secp256r1_verify(
    hash: &[u8; 32],
    signature: &[u8; 64],
    public_key: &[u8; 64],
) -> bool {
    // SAFETY: arrays of the lengths that are read.
    unsafe { raw_secp256r1_verify(hash.as_ptr(), signature.as_ptr(), public_key.as_ptr()) == 1 }
}

pub(crate) fn ed25519_verify(public_key: &[u8; 32], signature: &[u8; 64], message: &[u8]) -> bool {
    // SAFETY: arrays of the lengths that are read, pointer and length of one slice.
    let fits = unsafe {
        raw_ed25519_verify(public_key.as_ptr(), signature.as_ptr(), message.as_ptr(), message.len())
    };
    fits == 1
}

pub(crate) fn debug(line: &[u8]) {
    // SAFETY: pointer and length of one slice.
    unsafe { raw_debug(line.as_ptr(), line.len()) };
}

macro_rules! words {
    ($($name:ident($($argument:ident: $type:ty),*) = $raw:ident($($passed:expr),*);)*) => {$(
        pub(crate) fn $name($($argument: $type),*) -> [u8; 32] {
            let mut word = [0; 32];
            // SAFETY: the host reads live memory of the length it is told and writes 32 bytes.
            unsafe { $raw($($passed,)* word.as_mut_ptr()) };
            word
        }
    )*};
}
words! {
    counter_get(key: &[u8]) = raw_counter_get(key.as_ptr(), key.len());
    transient_get(key: &[u8; 32]) = raw_transient_get(key.as_ptr());
    caller() = raw_caller();
    origin() = raw_origin();
    contract() = raw_contract();
    value() = raw_value();
    balance(of: &[u8; 32]) = raw_balance(of.as_ptr());
    block_beneficiary() = raw_block_beneficiary();
    block_base_fee() = raw_block_base_fee();
    block_prevrandao() = raw_block_prevrandao();
    block_hash(number: u64) = raw_block_hash(number);
    gas_price() = raw_gas_price();
    transaction_hash() = raw_transaction_hash();
    keccak256(input: &[u8]) = raw_keccak256(input.as_ptr(), input.len());
    sha256(input: &[u8]) = raw_sha256(input.as_ptr(), input.len());
    blake3(input: &[u8]) = raw_blake3(input.as_ptr(), input.len());
}

pub(crate) fn ripemd160(input: &[u8]) -> [u8; 20] {
    let mut hash = [0; 20];
    // SAFETY: pointer and length of one slice; 20 bytes are written.
    unsafe { raw_ripemd160(input.as_ptr(), input.len(), hash.as_mut_ptr()) };
    hash
}

macro_rules! numbers {
    ($($name:ident = $raw:ident;)*) => {$(
        pub(crate) fn $name() -> u64 {
            // SAFETY: no pointer is passed.
            unsafe { $raw() }
        }
    )*};
}
numbers! {
    block_number = raw_block_number;
    block_timestamp = raw_block_timestamp;
    block_gas_limit = raw_block_gas_limit;
    chain_id = raw_chain_id;
    gas_left = raw_gas_left;
}
