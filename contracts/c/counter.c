// SPDX-License-Identifier: MIT OR Apache-2.0
// A number that anybody may change. Interface: contracts/interfaces/counter.abi.
#include "braid.h"
#include "counter.abi.h"

static const char VALUE[] = "value";

static braid_u256 value(void)
{
    return braid_load(VALUE, sizeof VALUE - 1);
}

static void set_value(braid_u256 number)
{
    braid_store(VALUE, sizeof VALUE - 1, &number);
    braid_word topics[2], data = braid_u256_word(&number);
    braid_copy(&topics[0], TOPIC_Changed, 32);
    braid_caller(&topics[1]);
    braid_emit(topics, 2, &data, 32);
}

static _Noreturn void add(braid_u256 amount)
{
    braid_u256 before = value();
    braid_u256 after = braid_u256_add(&before, &amount);
    set_value(after);
    braid_return_u256(after);
}

BRAID_CALL
{
    uint32_t selector;
    braid_args args = braid_read_input(input_bytes, &selector);
    braid_refuse_value();
    switch (selector) {
    case SELECTOR_value:
        braid_return_u256(value());
    case SELECTOR_increment:
        add(braid_u256_from(1));
    case SELECTOR_add:
        add(braid_arg_u256(args, 0));
    case SELECTOR_setValue:
        set_value(braid_arg_u256(args, 0));
        return 0;
    default:
        braid_revert_empty();
    }
}
