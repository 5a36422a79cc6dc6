// SPDX-License-Identifier: MIT OR Apache-2.0
// A number that an upgrade changes, for tests of upgrades. Interface: contracts/interfaces/versioned.abi.
#include "braid.h"
#include "versioned.abi.h"

// The number as a character above the space, and whether the code may take over from the version
// before. Tests change both where they stand in the module.
static const volatile uint8_t SETTINGS[] = "braid-versioned:!0";

enum { NUMBER = 16, CAN_MIGRATE = 17 };

static const char KEPT[] = "kept";

// Who upgrades contracts.
static const uint8_t DEPLOYER[] = {0xb7, 0xa1, 0xd0};

static bool called_by_deployer(void)
{
    braid_word caller;
    braid_caller(&caller);
    uint8_t different = 0;
    for (uint32_t i = 0; i < 32; i++)
        different |= caller.byte[i] ^ (i < 29 ? 0 : DEPLOYER[i - 29]);
    return different == 0;
}

static _Noreturn void number(void)
{
    braid_u256 kept = braid_load(KEPT, sizeof KEPT - 1);
    braid_u256 own = braid_u256_from(SETTINGS[NUMBER] - ' ');
    braid_return_u256(braid_u256_add(&kept, &own));
}

static void migrate(braid_u256 from_version)
{
    if (!called_by_deployer() || SETTINGS[CAN_MIGRATE] != '1')
        braid_revert_empty();
    braid_u256 thousand = braid_u256_from(1000);
    braid_u256 kept = braid_u256_mul(&from_version, &thousand);
    braid_store(KEPT, sizeof KEPT - 1, &kept);
}

BRAID_CALL
{
    uint32_t selector;
    braid_args args = braid_read_input(input_bytes, &selector);
    braid_refuse_value();
    switch (selector) {
    case SELECTOR_number:
    case SELECTOR_other:
        number();
    case SELECTOR_migrate:
        migrate(braid_arg_u256(args, 0));
        return 0;
    default:
        braid_revert_empty();
    }
}
