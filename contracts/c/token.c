// SPDX-License-Identifier: MIT OR Apache-2.0
// A fungible token in the shape of ERC-20 (EIP-20). Interface: contracts/interfaces/token.abi.
#include "braid.h"
#include "token.abi.h"

enum { MAP_BALANCE = 'b', MAP_ALLOWANCE = 'a' };
static const char NAME[] = "name", SYMBOL[] = "symbol", SUPPLY[] = "supply";

static braid_map_key balance_key(braid_word owner)
{
    return (braid_map_key){MAP_BALANCE, owner};
}

static braid_map_key allowance_key(braid_word owner, braid_word spender)
{
    return (braid_map_key){MAP_ALLOWANCE, owner, spender};
}

// The key of a balance is one word long, that of an allowance two.
enum { BALANCE_KEY_BYTES = 33, ALLOWANCE_KEY_BYTES = 65 };

static braid_u256 balance_of(braid_word owner)
{
    braid_map_key key = balance_key(owner);
    return braid_load(&key, BALANCE_KEY_BYTES);
}

static void set_balance(braid_word owner, braid_u256 amount)
{
    braid_map_key key = balance_key(owner);
    braid_store(&key, BALANCE_KEY_BYTES, &amount);
}

static braid_u256 allowance(braid_word owner, braid_word spender)
{
    braid_map_key key = allowance_key(owner, spender);
    return braid_load(&key, ALLOWANCE_KEY_BYTES);
}

static void set_allowance(braid_word owner, braid_word spender, braid_u256 amount)
{
    braid_map_key key = allowance_key(owner, spender);
    braid_store(&key, ALLOWANCE_KEY_BYTES, &amount);
}

static void emit(const uint8_t *topic, braid_word first, braid_word second, braid_u256 amount)
{
    braid_word topics[3] = {{{0}}, first, second}, data = braid_u256_word(&amount);
    braid_copy(&topics[0], topic, 32);
    braid_emit(topics, 3, &data, 32);
}

static braid_word caller(void)
{
    braid_word who;
    braid_caller(&who);
    return who;
}

static void move(braid_word from, braid_word to, braid_u256 amount)
{
    if (braid_word_is_zero(&to)) braid_revert_words(ERROR_InvalidReceiver, &to, 1);
    braid_u256 available = balance_of(from);
    if (braid_u256_compare(&available, &amount) < 0) {
        braid_word words[3] = {from, braid_u256_word(&available), braid_u256_word(&amount)};
        braid_revert_words(ERROR_InsufficientBalance, words, 3);
    }
    set_balance(from, braid_u256_sub(&available, &amount));
    // Read after the first write, so that a transfer to oneself changes nothing.
    braid_u256 before = balance_of(to);
    set_balance(to, braid_u256_add(&before, &amount));
    emit(TOPIC_Transfer, from, to, amount);
}

static void spend_allowance(braid_word owner, braid_word spender, braid_u256 amount)
{
    braid_u256 allowed = allowance(owner, spender), unlimited;
    __builtin_memset(&unlimited, 0xff, sizeof unlimited);
    // The largest number means "without limit", as most tokens have it.
    if (braid_u256_compare(&allowed, &unlimited) == 0) return;
    if (braid_u256_compare(&allowed, &amount) < 0) {
        braid_word words[3] = {spender, braid_u256_word(&allowed), braid_u256_word(&amount)};
        braid_revert_words(ERROR_InsufficientAllowance, words, 3);
    }
    set_allowance(owner, spender, braid_u256_sub(&allowed, &amount));
}

static _Noreturn void return_text(const char *key, uint32_t key_bytes)
{
    int32_t bytes = braid_storage_get(key, key_bytes);
    if (bytes < 0) bytes = 0;
    uint8_t *text = braid_alloc((uint32_t)bytes);
    braid_buffer_read(text, 0, (uint32_t)bytes);
    braid_return_bytes(text, (uint32_t)bytes);
}

BRAID_DEPLOY
{
    braid_args args = braid_read_input(input_bytes, NULL);
    braid_refuse_value();
    uint32_t bytes;
    const uint8_t *name = braid_arg_bytes(args, 0, &bytes);
    braid_storage_put(NAME, sizeof NAME - 1, name, bytes);
    const uint8_t *symbol = braid_arg_bytes(args, 1, &bytes);
    braid_storage_put(SYMBOL, sizeof SYMBOL - 1, symbol, bytes);
    braid_u256 supply = braid_arg_u256(args, 2);
    braid_store(SUPPLY, sizeof SUPPLY - 1, &supply);
    set_balance(caller(), supply);
    emit(TOPIC_Transfer, braid_word_from(0), caller(), supply);
    return 0;
}

BRAID_CALL
{
    uint32_t selector;
    braid_args args = braid_read_input(input_bytes, &selector);
    braid_refuse_value();
    switch (selector) {
    case SELECTOR_name:
        return_text(NAME, sizeof NAME - 1);
    case SELECTOR_symbol:
        return_text(SYMBOL, sizeof SYMBOL - 1);
    case SELECTOR_decimals:
        braid_return_word(braid_word_from(18));
    case SELECTOR_totalSupply:
        braid_return_u256(braid_load(SUPPLY, sizeof SUPPLY - 1));
    case SELECTOR_balanceOf:
        braid_return_u256(balance_of(braid_arg_address(args, 0)));
    case SELECTOR_allowance:
        braid_return_u256(allowance(braid_arg_address(args, 0), braid_arg_address(args, 1)));
    case SELECTOR_transfer:
        move(caller(), braid_arg_address(args, 0), braid_arg_u256(args, 1));
        braid_return_bool(true);
    case SELECTOR_approve: {
        braid_word spender = braid_arg_address(args, 0);
        braid_u256 amount = braid_arg_u256(args, 1);
        set_allowance(caller(), spender, amount);
        emit(TOPIC_Approval, caller(), spender, amount);
        braid_return_bool(true);
    }
    case SELECTOR_transferFrom: {
        braid_word from = braid_arg_address(args, 0), to = braid_arg_address(args, 1);
        braid_u256 amount = braid_arg_u256(args, 2);
        spend_allowance(from, caller(), amount);
        move(from, to, amount);
        braid_return_bool(true);
    }
    default:
        braid_revert_empty();
    }
}
