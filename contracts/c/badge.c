// SPDX-License-Identifier: MIT OR Apache-2.0
// Badges: state objects with a level, which only those who have them change.
// Interface: contracts/interfaces/badge.abi.
#include "braid.h"
#include "badge.abi.h"

#define COUNT_MAX 100

static const char LEVEL[] = "level";

static void set_level(const braid_word *id, const braid_word *level)
{
    braid_object_check(braid_object_set_word(id, LEVEL, sizeof LEVEL - 1, "uint64", 6, level));
}

static braid_word level(const braid_word *id)
{
    braid_word level;
    braid_require(braid_object_word(id, LEVEL, sizeof LEVEL - 1, "uint64", 6, &level),
                  "not a badge");
    return level;
}

static void check_owner(const braid_word *id)
{
    braid_object_info info;
    braid_word caller;
    braid_caller(&caller);
    int32_t kind = braid_object_get(id, &info);
    braid_require(kind == BRAID_OWNER_ADDRESS && braid_word_equal(&info.owner, &caller),
                  "not the owner");
}

static _Noreturn void make(braid_word owner)
{
    braid_word id, first = braid_word_from(1);
    braid_object_check(braid_object_create(BRAID_OWNER_ADDRESS, &owner, &id));
    set_level(&id, &first);
    braid_return_word(id);
}

static _Noreturn void raise(const braid_word *id)
{
    check_owner(id);
    braid_word word = level(id);
    // A uint64 that is full overflows into the ninth byte, which the host refuses.
    braid_u256 before = braid_u256_read(&word), one = braid_u256_from(1);
    braid_u256 after = braid_u256_add(&before, &one);
    word = braid_u256_word(&after);
    set_level(id, &word);
    braid_return_word(word);
}

BRAID_CALL
{
    uint32_t selector;
    braid_args args = braid_read_input(input_bytes, &selector);
    braid_refuse_value();
    braid_word id = braid_arg_word(args, 0), to;
    switch (selector) {
    case SELECTOR_make:
        make(braid_arg_address(args, 0));
    case SELECTOR_level:
        braid_return_word(level(&id));
    case SELECTOR_raise:
        raise(&id);
    case SELECTOR_give:
        to = braid_arg_address(args, 1);
        check_owner(&id);
        braid_object_check(braid_object_set_owner(&id, BRAID_OWNER_ADDRESS, &to));
        braid_return_bool(true);
    case SELECTOR_scrap:
        check_owner(&id);
        braid_object_check(braid_object_delete(&id));
        braid_return_bool(true);
    case SELECTOR_count:
        to = braid_arg_address(args, 0);
        braid_return_word(braid_word_from(
            (uint32_t)braid_object_list(BRAID_OWNER_ADDRESS, &to, 0, BRAID_OBJECTS_ALL, COUNT_MAX)));
    default:
        braid_revert_empty();
    }
}
