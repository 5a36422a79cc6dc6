// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a contract written in C needs: the host interface `braid1`, 256-bit numbers, the Solidity
// ABI, storage of words, reverts. One header, no library; everything not used costs nothing.
//
// docs/src/contracts.md shows how to build, contracts/build.sh does it.
// A contract defines its entries with BRAID_CALL and, where it has a constructor, BRAID_DEPLOY.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// ---- Host interface -----------------------------------------------------------------------------

#define BRAID_HOST(name) __attribute__((import_module("braid1"), import_name(#name))) extern

BRAID_HOST(input_read) void braid_input_read(void *into, uint32_t offset, uint32_t bytes);
BRAID_HOST(output_write) void braid_output_write(const void *from, uint32_t bytes);
BRAID_HOST(finish) _Noreturn void braid_finish(const void *from, uint32_t bytes);
BRAID_HOST(revert) _Noreturn void braid_revert(const void *from, uint32_t bytes);
BRAID_HOST(buffer_bytes) uint32_t braid_buffer_bytes(void);
BRAID_HOST(buffer_read) void braid_buffer_read(void *into, uint32_t offset, uint32_t bytes);
BRAID_HOST(storage_get) int32_t braid_storage_get(const void *key, uint32_t key_bytes);
BRAID_HOST(storage_put)
void braid_storage_put(const void *key, uint32_t key_bytes, const void *value,
                       uint32_t value_bytes);
BRAID_HOST(storage_delete) int32_t braid_storage_delete(const void *key, uint32_t key_bytes);
BRAID_HOST(storage_scan)
int32_t braid_storage_scan(const void *prefix, uint32_t prefix_bytes, const void *after,
                           int32_t after_bytes, uint32_t limit);
BRAID_HOST(counter_get) void braid_counter_get(const void *key, uint32_t key_bytes, void *into);
BRAID_HOST(counter_add)
int32_t braid_counter_add(const void *key, uint32_t key_bytes, const void *amount);
BRAID_HOST(counter_sub)
int32_t braid_counter_sub(const void *key, uint32_t key_bytes, const void *amount);
BRAID_HOST(transient_get) void braid_transient_get(const void *key, void *into);
BRAID_HOST(transient_put) void braid_transient_put(const void *key, const void *value);
BRAID_HOST(caller) void braid_caller(void *into);
BRAID_HOST(origin) void braid_origin(void *into);
BRAID_HOST(contract) void braid_contract(void *into);
BRAID_HOST(value) void braid_value(void *into);
BRAID_HOST(balance) void braid_balance(const void *address, void *into);
BRAID_HOST(code_hash) int32_t braid_code_hash(const void *address, void *into);
BRAID_HOST(transfer) int32_t braid_transfer(const void *to, const void *amount);
BRAID_HOST(call)
int32_t braid_call(const void *to, const void *value, const void *input, uint32_t input_bytes,
                   int64_t gas, uint32_t flags);
BRAID_HOST(deploy)
int32_t braid_deploy(uint32_t kind, const void *code, uint32_t code_bytes, const void *arguments,
                     uint32_t arguments_bytes, const void *value, const void *salt, int64_t gas,
                     void *into);
BRAID_HOST(emit)
void braid_emit(const void *topics, uint32_t topic_count, const void *data, uint32_t data_bytes);
BRAID_HOST(object_create)
int32_t braid_object_create(uint32_t owner_kind, const void *owner, void *into);
BRAID_HOST(object_get) int32_t braid_object_get(const void *id, void *into);
BRAID_HOST(object_field)
int32_t braid_object_field(const void *id, const void *name, uint32_t name_bytes);
BRAID_HOST(object_set_field)
int32_t braid_object_set_field(const void *id, const void *name, uint32_t name_bytes,
                               const void *value, uint32_t value_bytes);
BRAID_HOST(object_remove_field)
int32_t braid_object_remove_field(const void *id, const void *name, uint32_t name_bytes);
BRAID_HOST(object_set_owner)
int32_t braid_object_set_owner(const void *id, uint32_t owner_kind, const void *owner);
BRAID_HOST(object_delete) int32_t braid_object_delete(const void *id);
BRAID_HOST(object_list)
int32_t braid_object_list(uint32_t owner_kind, const void *owner, const void *after,
                          int32_t after_bytes, uint32_t limit);
BRAID_HOST(block_number) int64_t braid_block_number(void);
BRAID_HOST(block_timestamp) int64_t braid_block_timestamp(void);
BRAID_HOST(block_gas_limit) int64_t braid_block_gas_limit(void);
BRAID_HOST(block_beneficiary) void braid_block_beneficiary(void *into);
BRAID_HOST(block_base_fee) void braid_block_base_fee(void *into);
BRAID_HOST(block_prevrandao) void braid_block_prevrandao(void *into);
BRAID_HOST(block_hash) void braid_block_hash(int64_t number, void *into);
BRAID_HOST(chain_id) int64_t braid_chain_id(void);
BRAID_HOST(gas_price) void braid_gas_price(void *into);
BRAID_HOST(transaction_hash) void braid_transaction_hash(void *into);
BRAID_HOST(gas_left) int64_t braid_gas_left(void);
BRAID_HOST(is_static) int32_t braid_is_static(void);
BRAID_HOST(keccak256) void braid_keccak256(const void *from, uint32_t bytes, void *into);
BRAID_HOST(sha256) void braid_sha256(const void *from, uint32_t bytes, void *into);
BRAID_HOST(ripemd160) void braid_ripemd160(const void *from, uint32_t bytes, void *into);
BRAID_HOST(blake3) void braid_blake3(const void *from, uint32_t bytes, void *into);
BRAID_HOST(secp256k1_recover)
int32_t braid_secp256k1_recover(const void *hash, const void *signature, uint32_t recovery_id,
                                void *into);
BRAID_HOST(secp256r1_verify)
int32_t braid_secp256r1_verify(const void *hash, const void *signature, const void *public_key);
BRAID_HOST(ed25519_verify)
int32_t braid_ed25519_verify(const void *public_key, const void *signature, const void *message,
                             uint32_t message_bytes);
BRAID_HOST(debug) void braid_debug(const void *from, uint32_t bytes);

/// Flag of `braid_call`: the callee may not write.
#define BRAID_CALL_STATIC 1u
/// Gas of `braid_call` and `braid_deploy`: all that may be lent.
#define BRAID_GAS_ALL (-1ll)
/// Results of `braid_call` and `braid_deploy`.
#define BRAID_SUCCESS 0
#define BRAID_REVERT 1
#define BRAID_HALT 2

/// Kinds of owners of a state object.
#define BRAID_OWNER_ADDRESS 0
#define BRAID_OWNER_OBJECT 1
/// Bytes of `after` in `braid_object_list` where all objects of the owner are asked for.
#define BRAID_OBJECTS_ALL (-1)

/// Opens the definition of an entry: `BRAID_CALL { ... return 0; }`, with `input_bytes` in scope.
#define BRAID_CALL                                                                                 \
    __attribute__((export_name("call"))) int32_t braid_entry_call(uint32_t input_bytes)
#define BRAID_DEPLOY                                                                               \
    __attribute__((export_name("deploy"))) int32_t braid_entry_deploy(uint32_t input_bytes)

/// A helper that is compiled once: size is what a deployment pays for.
#define BRAID_FUNCTION static __attribute__((noinline, unused))

// ---- Memory -------------------------------------------------------------------------------------

extern unsigned char __heap_base;

/// `bytes` fresh bytes, aligned to 8. Nothing is ever freed: an instance lives for one call.
BRAID_FUNCTION void *braid_alloc(uint32_t bytes)
{
    static uintptr_t next;
    if (next == 0) next = ((uintptr_t)&__heap_base + 7) & ~(uintptr_t)7;
    uintptr_t from = next;
    if (bytes > 0x7fffff00u - from) __builtin_trap();
    next = (from + bytes + 7) & ~(uintptr_t)7;
    uintptr_t have = __builtin_wasm_memory_size(0) << 16;
    if (next > have) {
        uintptr_t pages = (next - have + 0xffff) >> 16;
        if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) __builtin_trap();
    }
    return (void *)from;
}

static inline void braid_copy(void *into, const void *from, uint32_t bytes)
{
    __builtin_memcpy(into, from, bytes);
}

/// A word of 32 bytes: an address, a hash, or a number with its most significant byte first.
typedef struct {
    uint8_t byte[32];
} braid_word;

BRAID_FUNCTION bool braid_word_equal(const braid_word *a, const braid_word *b)
{
    uint8_t difference = 0;
    for (int i = 0; i < 32; i++) difference |= a->byte[i] ^ b->byte[i];
    return difference == 0;
}

BRAID_FUNCTION bool braid_word_is_zero(const braid_word *word)
{
    uint8_t any = 0;
    for (int i = 0; i < 32; i++) any |= word->byte[i];
    return any == 0;
}

/// A word that holds a small number.
BRAID_FUNCTION braid_word braid_word_from(uint32_t number)
{
    braid_word word = {{0}};
    for (int i = 0; i < 4; i++) word.byte[31 - i] = (uint8_t)(number >> (8 * i));
    return word;
}

// ---- Reverts ------------------------------------------------------------------------------------

static inline void braid_put_selector(uint8_t *into, uint32_t selector)
{
    for (int i = 0; i < 4; i++) into[i] = (uint8_t)(selector >> (24 - 8 * i));
}

/// Reverts with a custom error: its selector and `count` words.
BRAID_FUNCTION _Noreturn void braid_revert_words(uint32_t selector, const braid_word *words,
                                                uint32_t count)
{
    uint8_t *data = braid_alloc(4 + 32 * count);
    braid_put_selector(data, selector);
    if (count != 0) braid_copy(data + 4, words, 32 * count);
    braid_revert(data, 4 + 32 * count);
}

/// Reverts as Solidity's `revert("text")` does: `Error(string)`.
BRAID_FUNCTION _Noreturn void braid_revert_text(const char *text, uint32_t bytes)
{
    uint32_t padded = (bytes + 31) & ~31u;
    uint8_t *data = braid_alloc(68 + padded);
    for (uint32_t i = 0; i < 68 + padded; i++) data[i] = 0;
    braid_put_selector(data, 0x08c379a0u);
    data[35] = 32;
    braid_word length = braid_word_from(bytes);
    braid_copy(data + 36, &length, 32);
    braid_copy(data + 68, text, bytes);
    braid_revert(data, 68 + padded);
}

#define braid_fail(literal) braid_revert_text("" literal, sizeof(literal) - 1)
#define braid_require(condition, literal)                                                          \
    do {                                                                                           \
        if (!(condition)) braid_fail(literal);                                                     \
    } while (0)

/// Codes of Solidity's `Panic(uint256)`.
#define BRAID_PANIC_OVERFLOW 0x11u
#define BRAID_PANIC_DIVISION 0x12u

static inline _Noreturn void braid_panic(uint32_t code)
{
    braid_word word = braid_word_from(code);
    braid_revert_words(0x4e487b71u, &word, 1);
}

/// What Solidity does with coin for a function that is not `payable`, and with unreadable input.
static inline _Noreturn void braid_revert_empty(void)
{
    braid_revert(0, 0);
}

BRAID_FUNCTION void braid_refuse_value(void)
{
    braid_word value;
    braid_value(&value);
    if (!braid_word_is_zero(&value)) braid_revert_empty();
}

// ---- Numbers of 256 bits ------------------------------------------------------------------------

/// An unsigned number, its least significant digit first.
typedef struct {
    uint32_t digit[8];
} braid_u256;

static inline braid_u256 braid_u256_from(uint32_t number)
{
    return (braid_u256){{number}};
}

BRAID_FUNCTION braid_u256 braid_u256_read(const braid_word *word)
{
    braid_u256 number;
    for (int i = 0; i < 8; i++) {
        const uint8_t *at = word->byte + 28 - 4 * i;
        number.digit[i] =
            (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    return number;
}

BRAID_FUNCTION braid_word braid_u256_word(const braid_u256 *number)
{
    braid_word word;
    for (int i = 0; i < 32; i++) {
        word.byte[31 - i] = (uint8_t)(number->digit[i / 4] >> (8 * (i % 4)));
    }
    return word;
}

static inline bool braid_u256_is_zero(const braid_u256 *a)
{
    uint32_t any = 0;
    for (int i = 0; i < 8; i++) any |= a->digit[i];
    return any == 0;
}

/// -1, 0 or 1 where `a` is below, equal to or above `b`.
BRAID_FUNCTION int braid_u256_compare(const braid_u256 *a, const braid_u256 *b)
{
    for (int i = 7; i >= 0; i--) {
        if (a->digit[i] != b->digit[i]) return a->digit[i] < b->digit[i] ? -1 : 1;
    }
    return 0;
}

/// `a + b`; the frame ends with `Panic(0x11)` where that leaves 256 bits.
BRAID_FUNCTION braid_u256 braid_u256_add(const braid_u256 *a, const braid_u256 *b)
{
    braid_u256 sum;
    uint64_t carry = 0;
    for (int i = 0; i < 8; i++) {
        carry += (uint64_t)a->digit[i] + b->digit[i];
        sum.digit[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0) braid_panic(BRAID_PANIC_OVERFLOW);
    return sum;
}

/// `a - b`; the frame ends with `Panic(0x11)` where `b` is the larger.
BRAID_FUNCTION braid_u256 braid_u256_sub(const braid_u256 *a, const braid_u256 *b)
{
    braid_u256 difference;
    uint64_t borrow = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t step = (uint64_t)a->digit[i] - b->digit[i] - borrow;
        difference.digit[i] = (uint32_t)step;
        borrow = step >> 63;
    }
    if (borrow != 0) braid_panic(BRAID_PANIC_OVERFLOW);
    return difference;
}

/// `a * b`; the frame ends with `Panic(0x11)` where that leaves 256 bits.
BRAID_FUNCTION braid_u256 braid_u256_mul(const braid_u256 *a, const braid_u256 *b)
{
    uint32_t wide[16] = {0};
    for (int i = 0; i < 8; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 8; j++) {
            carry += (uint64_t)a->digit[i] * b->digit[j] + wide[i + j];
            wide[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        wide[i + 8] = (uint32_t)carry;
    }
    braid_u256 product;
    uint32_t above = 0;
    for (int i = 0; i < 8; i++) {
        product.digit[i] = wide[i];
        above |= wide[i + 8];
    }
    if (above != 0) braid_panic(BRAID_PANIC_OVERFLOW);
    return product;
}

/// `a / b`, rounded down; the frame ends with `Panic(0x12)` where `b` is zero.
BRAID_FUNCTION braid_u256 braid_u256_div(const braid_u256 *a, const braid_u256 *b)
{
    if (braid_u256_is_zero(b)) braid_panic(BRAID_PANIC_DIVISION);
    braid_u256 quotient = {{0}}, rest = {{0}};
    int top = 255;
    while (top > 0 && a->digit[top / 32] == 0) top -= 32;
    for (int bit = top; bit >= 0; bit--) {
        uint32_t out = rest.digit[7] >> 31;
        for (int i = 7; i > 0; i--) rest.digit[i] = rest.digit[i] << 1 | rest.digit[i - 1] >> 31;
        rest.digit[0] = rest.digit[0] << 1 | (a->digit[bit / 32] >> (bit % 32) & 1);
        if (out == 0 && braid_u256_compare(&rest, b) < 0) continue;
        uint64_t borrow = 0;
        for (int i = 0; i < 8; i++) {
            uint64_t step = (uint64_t)rest.digit[i] - b->digit[i] - borrow;
            rest.digit[i] = (uint32_t)step;
            borrow = step >> 63;
        }
        quotient.digit[bit / 32] |= 1u << (bit % 32);
    }
    return quotient;
}

// ---- Input and output in the Solidity ABI -------------------------------------------------------

/// The arguments of a call, after its selector, or of a deployment.
typedef struct {
    const uint8_t *data;
    uint32_t bytes;
} braid_args;

/// Reads the input. With `selector` null all of it is arguments, as in a deployment.
BRAID_FUNCTION braid_args braid_read_input(uint32_t input_bytes, uint32_t *selector)
{
    uint8_t *input = braid_alloc(input_bytes);
    braid_input_read(input, 0, input_bytes);
    if (selector == NULL) return (braid_args){input, input_bytes};
    if (input_bytes < 4) braid_revert_empty();
    *selector =
        (uint32_t)input[0] << 24 | (uint32_t)input[1] << 16 | (uint32_t)input[2] << 8 | input[3];
    return (braid_args){input + 4, input_bytes - 4};
}

/// The word of argument `index`. Arguments that are too short revert, as in Solidity.
BRAID_FUNCTION braid_word braid_arg_word(braid_args args, uint32_t index)
{
    if (args.bytes < 32 || index > args.bytes / 32 - 1) braid_revert_empty();
    braid_word word;
    braid_copy(&word, args.data + 32 * index, 32);
    return word;
}

static inline braid_u256 braid_arg_u256(braid_args args, uint32_t index)
{
    braid_word word = braid_arg_word(args, index);
    return braid_u256_read(&word);
}

/// An argument of type `address`: twenty bytes, the upper twelve zero.
static inline braid_word braid_arg_address(braid_args args, uint32_t index)
{
    braid_word word = braid_arg_word(args, index);
    for (int i = 0; i < 12; i++) {
        if (word.byte[i] != 0) braid_revert_empty();
    }
    return word;
}

/// An offset or a length: a word below 2^31.
BRAID_FUNCTION uint32_t braid_small(const braid_word *word)
{
    for (int i = 0; i < 28; i++) {
        if (word->byte[i] != 0) braid_revert_empty();
    }
    braid_u256 number = braid_u256_read(word);
    if (number.digit[0] >> 31 != 0) braid_revert_empty();
    return number.digit[0];
}

/// An argument of type `string` or `bytes`: where it starts, its length in `bytes`.
BRAID_FUNCTION const uint8_t *braid_arg_bytes(braid_args args, uint32_t index, uint32_t *bytes)
{
    braid_word word = braid_arg_word(args, index);
    uint32_t offset = braid_small(&word);
    if (args.bytes < 32 || offset > args.bytes - 32) braid_revert_empty();
    braid_copy(&word, args.data + offset, 32);
    *bytes = braid_small(&word);
    if (*bytes > args.bytes - 32 - offset) braid_revert_empty();
    return args.data + offset + 32;
}

static inline _Noreturn void braid_return_words(const braid_word *words, uint32_t count)
{
    braid_finish(words, 32 * count);
}

static inline _Noreturn void braid_return_word(braid_word word)
{
    braid_return_words(&word, 1);
}

static inline _Noreturn void braid_return_u256(braid_u256 number)
{
    braid_return_word(braid_u256_word(&number));
}

static inline _Noreturn void braid_return_bool(bool truth)
{
    braid_return_word(braid_word_from(truth));
}

/// Returns one `string` or `bytes`.
BRAID_FUNCTION _Noreturn void braid_return_bytes(const void *from, uint32_t bytes)
{
    uint32_t padded = (bytes + 31) & ~31u;
    uint8_t *data = braid_alloc(64 + padded);
    for (uint32_t i = 0; i < 64 + padded; i++) data[i] = 0;
    data[31] = 32;
    braid_word length = braid_word_from(bytes);
    braid_copy(data + 32, &length, 32);
    braid_copy(data + 64, from, bytes);
    braid_finish(data, 64 + padded);
}

// ---- Storage of words ---------------------------------------------------------------------------

/// The number under a key; zero where there is none.
BRAID_FUNCTION braid_u256 braid_load(const void *key, uint32_t key_bytes)
{
    braid_word word = {{0}};
    if (braid_storage_get(key, key_bytes) == 32) braid_buffer_read(&word, 0, 32);
    return braid_u256_read(&word);
}

/// Sets the number under a key; zero is kept as absence, so that it takes no space.
BRAID_FUNCTION void braid_store(const void *key, uint32_t key_bytes, const braid_u256 *number)
{
    if (braid_u256_is_zero(number)) {
        braid_storage_delete(key, key_bytes);
        return;
    }
    braid_word word = braid_u256_word(number);
    braid_storage_put(key, key_bytes, &word, 32);
}

/// Adds to a counter, which many transactions of a block can do at once; false where the sum does
/// not fit, and then nothing changes.
BRAID_FUNCTION bool braid_count_up(const void *key, uint32_t key_bytes, const braid_u256 *amount)
{
    braid_word word = braid_u256_word(amount);
    return braid_counter_add(key, key_bytes, &word) == 1;
}

/// Subtracts from a counter; false where there is less, and then nothing changes.
BRAID_FUNCTION bool braid_count_down(const void *key, uint32_t key_bytes, const braid_u256 *amount)
{
    braid_word word = braid_u256_word(amount);
    return braid_counter_sub(key, key_bytes, &word) == 1;
}

/// A key of a map: one byte that names the map, and up to two words.
typedef struct {
    uint8_t map;
    braid_word first, second;
} braid_map_key;

// ---- State objects ------------------------------------------------------------------------------

/// What `braid_object_get` writes. Its result is the kind of the owner, or -1.
typedef struct {
    braid_word creator, owner;
} braid_object_info;

/// Sets a field to a value of the type `kind` in Solidity's words, encoded by the Solidity ABI.
/// Returns 0 or the refusal.
BRAID_FUNCTION int32_t braid_object_set(const braid_word *id, const char *name,
                                        uint32_t name_bytes, const char *kind, uint32_t kind_bytes,
                                        const void *encoded, uint32_t encoded_bytes)
{
    uint8_t *value = braid_alloc(2 + kind_bytes + encoded_bytes);
    value[0] = (uint8_t)(kind_bytes >> 8);
    value[1] = (uint8_t)kind_bytes;
    braid_copy(value + 2, kind, kind_bytes);
    braid_copy(value + 2 + kind_bytes, encoded, encoded_bytes);
    return braid_object_set_field(id, name, name_bytes, value, 2 + kind_bytes + encoded_bytes);
}

/// The value of a field of the type `kind` by the Solidity ABI, its length in `bytes`; null where
/// there is no field of this type.
BRAID_FUNCTION const uint8_t *braid_object_value(const braid_word *id, const char *name,
                                                 uint32_t name_bytes, const char *kind,
                                                 uint32_t kind_bytes, uint32_t *bytes)
{
    int32_t found = braid_object_field(id, name, name_bytes);
    if (found < 0 || (uint32_t)found < 2 + kind_bytes) return NULL;
    uint8_t *value = braid_alloc((uint32_t)found);
    braid_buffer_read(value, 0, (uint32_t)found);
    if (((uint32_t)value[0] << 8 | value[1]) != kind_bytes) return NULL;
    for (uint32_t i = 0; i < kind_bytes; i++) {
        if (value[2 + i] != (uint8_t)kind[i]) return NULL;
    }
    *bytes = (uint32_t)found - 2 - kind_bytes;
    return value + 2 + kind_bytes;
}

/// Sets a field of a type that is one word. Returns 0 or the refusal.
static inline int32_t braid_object_set_word(const braid_word *id, const char *name,
                                            uint32_t name_bytes, const char *kind,
                                            uint32_t kind_bytes, const braid_word *word)
{
    return braid_object_set(id, name, name_bytes, kind, kind_bytes, word, 32);
}

/// Reads a field of a type that is one word; false where there is none.
static inline bool braid_object_word(const braid_word *id, const char *name, uint32_t name_bytes,
                                     const char *kind, uint32_t kind_bytes, braid_word *into)
{
    uint32_t bytes = 0;
    const uint8_t *value = braid_object_value(id, name, name_bytes, kind, kind_bytes, &bytes);
    if (value == NULL || bytes != 32) return false;
    braid_copy(into, value, 32);
    return true;
}

/// Ends the frame where an operation on an object was refused.
BRAID_FUNCTION void braid_object_check(int32_t refusal)
{
    switch (refusal) {
    case 0:
        return;
    case 1:
        braid_fail("there is no such object");
    case 2:
        braid_fail("neither creator nor owner of the object");
    case 3:
        braid_fail("the name of the field is not possible");
    case 4:
        braid_fail("the value of the field is not possible");
    case 5:
        braid_fail("the new owner is an object that cannot be an owner of this one");
    case 6:
        braid_fail("the object has as many fields as one may have");
    case 7:
        braid_fail("the object has objects of its own");
    default:
        braid_fail("the operation on the object is refused");
    }
}

// ---- Calls --------------------------------------------------------------------------------------

/// Calls a method with `count` words as arguments and no coin. Returns the status; the output is
/// in the result buffer.
BRAID_FUNCTION int32_t braid_call_words(const braid_word *to, uint32_t selector,
                                       const braid_word *words, uint32_t count, uint32_t flags)
{
    uint8_t *input = braid_alloc(4 + 32 * count);
    braid_put_selector(input, selector);
    if (count != 0) braid_copy(input + 4, words, 32 * count);
    const braid_word none = {{0}};
    return braid_call(to, &none, input, 4 + 32 * count, BRAID_GAS_ALL, flags);
}

/// Ends this frame with the revert data of the call that just failed.
static inline _Noreturn void braid_bubble(void)
{
    uint32_t bytes = braid_buffer_bytes();
    uint8_t *data = braid_alloc(bytes);
    braid_buffer_read(data, 0, bytes);
    braid_revert(data, bytes);
}

/// Whether the call that just succeeded returned `true`. Anything but one word 0 or 1 reverts.
static inline bool braid_returned_true(void)
{
    if (braid_buffer_bytes() < 32) braid_revert_empty();
    braid_word word;
    braid_buffer_read(&word, 0, 32);
    uint32_t number = braid_small(&word);
    if (number > 1) braid_revert_empty();
    return number == 1;
}
