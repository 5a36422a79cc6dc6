// SPDX-License-Identifier: MIT OR Apache-2.0
// A constant-product exchange between two tokens; the fee of 0.3 % stays with the reserves.
// Interface: contracts/interfaces/exchange.abi.
#include "braid.h"
#include "exchange.abi.h"
#include "token.abi.h"

// Keys of one byte; the shares of a provider have the provider's address after theirs.
static const char TOKEN_A = 'A', TOKEN_B = 'B', RESERVE_A = 'a', RESERVE_B = 'b', TOTAL = 't';
enum { MAP_SHARES = 's', SHARES_KEY_BYTES = 33 };

static braid_word load_word(char key)
{
    braid_u256 number = braid_load(&key, 1);
    return braid_u256_word(&number);
}

static braid_u256 load_number(char key)
{
    return braid_load(&key, 1);
}

static void store_number(char key, braid_u256 number)
{
    braid_store(&key, 1, &number);
}

static braid_u256 shares_of(braid_word provider)
{
    braid_map_key key = {MAP_SHARES, provider};
    return braid_load(&key, SHARES_KEY_BYTES);
}

static void set_shares(braid_word provider, braid_u256 shares)
{
    braid_map_key key = {MAP_SHARES, provider};
    braid_store(&key, SHARES_KEY_BYTES, &shares);
}

static braid_word caller(void)
{
    braid_word who;
    braid_caller(&who);
    return who;
}

/// `a * b / c`, every step checked.
static braid_u256 share_of(braid_u256 a, braid_u256 b, braid_u256 c)
{
    braid_u256 product = braid_u256_mul(&a, &b);
    return braid_u256_div(&product, &c);
}

static void expect_true(braid_word token, int32_t status)
{
    if (status != BRAID_SUCCESS) braid_bubble();
    if (!braid_returned_true()) braid_revert_words(ERROR_TransferFailed, &token, 1);
}

static void pull(braid_word token, braid_u256 amount)
{
    braid_word words[3] = {caller(), {{0}}, braid_u256_word(&amount)};
    braid_contract(&words[1]);
    expect_true(token, braid_call_words(&token, SELECTOR_transferFrom, words, 3, 0));
}

static void push(braid_word token, braid_u256 amount)
{
    braid_word words[2] = {caller(), braid_u256_word(&amount)};
    expect_true(token, braid_call_words(&token, SELECTOR_transfer, words, 2, 0));
}

static void emit_three(const uint8_t *topic, braid_u256 a, braid_u256 b, braid_u256 c)
{
    braid_word topics[2], data[3] = {braid_u256_word(&a), braid_u256_word(&b), braid_u256_word(&c)};
    braid_copy(&topics[0], topic, 32);
    braid_caller(&topics[1]);
    braid_emit(topics, 2, data, 96);
}

/// Whether the token is the first of the two; one that is neither reverts.
static bool is_first(braid_word token)
{
    braid_word first = load_word(TOKEN_A), second = load_word(TOKEN_B);
    if (braid_word_equal(&token, &first)) return true;
    if (!braid_word_equal(&token, &second)) braid_revert_words(ERROR_UnknownToken, &token, 1);
    return false;
}

static braid_u256 quote(braid_word token_in, braid_u256 amount_in)
{
    if (braid_u256_is_zero(&amount_in)) braid_revert_words(ERROR_ZeroAmount, 0, 0);
    bool first = is_first(token_in);
    braid_u256 reserve_in = load_number(first ? RESERVE_A : RESERVE_B);
    braid_u256 reserve_out = load_number(first ? RESERVE_B : RESERVE_A);
    if (braid_u256_is_zero(&reserve_in) || braid_u256_is_zero(&reserve_out)) {
        braid_revert_words(ERROR_InsufficientLiquidity, 0, 0);
    }
    braid_u256 kept = braid_u256_from(997), whole = braid_u256_from(1000);
    braid_u256 charged = braid_u256_mul(&amount_in, &kept);
    braid_u256 scaled = braid_u256_mul(&reserve_in, &whole);
    return share_of(charged, reserve_out, braid_u256_add(&scaled, &charged));
}

static _Noreturn void add_liquidity(braid_u256 amount_a, braid_u256 amount_b)
{
    if (braid_u256_is_zero(&amount_a) || braid_u256_is_zero(&amount_b)) {
        braid_revert_words(ERROR_ZeroAmount, 0, 0);
    }
    pull(load_word(TOKEN_A), amount_a);
    pull(load_word(TOKEN_B), amount_b);
    braid_u256 reserve_a = load_number(RESERVE_A), reserve_b = load_number(RESERVE_B);
    braid_u256 total = load_number(TOTAL), minted = amount_a;
    if (!braid_u256_is_zero(&total)) {
        braid_u256 by_b = share_of(amount_b, total, reserve_b);
        minted = share_of(amount_a, total, reserve_a);
        if (braid_u256_compare(&by_b, &minted) < 0) minted = by_b;
    }
    if (braid_u256_is_zero(&minted)) braid_revert_words(ERROR_ZeroAmount, 0, 0);
    store_number(RESERVE_A, braid_u256_add(&reserve_a, &amount_a));
    store_number(RESERVE_B, braid_u256_add(&reserve_b, &amount_b));
    store_number(TOTAL, braid_u256_add(&total, &minted));
    braid_u256 owned = shares_of(caller());
    set_shares(caller(), braid_u256_add(&owned, &minted));
    emit_three(TOPIC_LiquidityAdded, amount_a, amount_b, minted);
    braid_return_u256(minted);
}

static _Noreturn void remove_liquidity(braid_u256 burned)
{
    if (braid_u256_is_zero(&burned)) braid_revert_words(ERROR_ZeroAmount, 0, 0);
    braid_u256 available = shares_of(caller());
    if (braid_u256_compare(&available, &burned) < 0) {
        braid_word words[3] = {caller(), braid_u256_word(&available), braid_u256_word(&burned)};
        braid_revert_words(ERROR_InsufficientShares, words, 3);
    }
    braid_u256 reserve_a = load_number(RESERVE_A), reserve_b = load_number(RESERVE_B);
    braid_u256 total = load_number(TOTAL);
    braid_u256 amount_a = share_of(reserve_a, burned, total);
    braid_u256 amount_b = share_of(reserve_b, burned, total);
    // All own numbers change before foreign code runs.
    set_shares(caller(), braid_u256_sub(&available, &burned));
    store_number(TOTAL, braid_u256_sub(&total, &burned));
    store_number(RESERVE_A, braid_u256_sub(&reserve_a, &amount_a));
    store_number(RESERVE_B, braid_u256_sub(&reserve_b, &amount_b));
    push(load_word(TOKEN_A), amount_a);
    push(load_word(TOKEN_B), amount_b);
    emit_three(TOPIC_LiquidityRemoved, amount_a, amount_b, burned);
    braid_word words[2] = {braid_u256_word(&amount_a), braid_u256_word(&amount_b)};
    braid_return_words(words, 2);
}

static _Noreturn void swap(braid_word token_in, braid_u256 amount_in, braid_u256 min_out)
{
    bool first = is_first(token_in);
    pull(token_in, amount_in);
    // The price is taken after the foreign call, so that a re-entrant token gains nothing.
    braid_u256 amount_out = quote(token_in, amount_in);
    if (braid_u256_compare(&amount_out, &min_out) < 0) {
        braid_word words[2] = {braid_u256_word(&amount_out), braid_u256_word(&min_out)};
        braid_revert_words(ERROR_InsufficientOutput, words, 2);
    }
    char in = first ? RESERVE_A : RESERVE_B, out = first ? RESERVE_B : RESERVE_A;
    braid_u256 reserve_in = load_number(in), reserve_out = load_number(out);
    store_number(in, braid_u256_add(&reserve_in, &amount_in));
    store_number(out, braid_u256_sub(&reserve_out, &amount_out));
    push(load_word(first ? TOKEN_B : TOKEN_A), amount_out);
    braid_word topics[3] = {{{0}}, caller(), token_in};
    braid_word data[2] = {braid_u256_word(&amount_in), braid_u256_word(&amount_out)};
    braid_copy(&topics[0], TOPIC_Swap, 32);
    braid_emit(topics, 3, data, 64);
    braid_return_u256(amount_out);
}

BRAID_DEPLOY
{
    braid_args args = braid_read_input(input_bytes, NULL);
    braid_refuse_value();
    braid_word first = braid_arg_address(args, 0), second = braid_arg_address(args, 1);
    if (braid_word_equal(&first, &second)) braid_revert_words(ERROR_SameToken, &first, 1);
    store_number(TOKEN_A, braid_u256_read(&first));
    store_number(TOKEN_B, braid_u256_read(&second));
    return 0;
}

BRAID_CALL
{
    uint32_t selector;
    braid_args args = braid_read_input(input_bytes, &selector);
    braid_refuse_value();
    switch (selector) {
    case SELECTOR_tokenA:
        braid_return_word(load_word(TOKEN_A));
    case SELECTOR_tokenB:
        braid_return_word(load_word(TOKEN_B));
    case SELECTOR_reserves: {
        braid_word words[2] = {load_word(RESERVE_A), load_word(RESERVE_B)};
        braid_return_words(words, 2);
    }
    case SELECTOR_totalShares:
        braid_return_u256(load_number(TOTAL));
    case SELECTOR_shares:
        braid_return_u256(shares_of(braid_arg_address(args, 0)));
    case SELECTOR_quote:
        braid_return_u256(quote(braid_arg_address(args, 0), braid_arg_u256(args, 1)));
    case SELECTOR_addLiquidity:
        add_liquidity(braid_arg_u256(args, 0), braid_arg_u256(args, 1));
    case SELECTOR_removeLiquidity:
        remove_liquidity(braid_arg_u256(args, 0));
    case SELECTOR_swap:
        swap(braid_arg_address(args, 0), braid_arg_u256(args, 1), braid_arg_u256(args, 2));
    default:
        braid_revert_empty();
    }
}
