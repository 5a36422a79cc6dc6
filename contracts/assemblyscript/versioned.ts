// SPDX-License-Identifier: MIT OR Apache-2.0
// A number that an upgrade changes, for tests of upgrades.
// Interface: contracts/interfaces/versioned.abi.
import {
  Arguments, U256, Word, ascii, caller, isEqual, loadU256, newWord, refuseValue, require,
  returnU256, revertEmpty, storeU256,
} from "@braid/sdk/assembly/index";
import { SELECTOR_migrate, SELECTOR_number, SELECTOR_other } from "./versioned.abi";

// "braid-versioned:!0": the number as a character above the space, and whether the code may take
// over from the version before. Tests change both where they stand in the module.
const SETTINGS: usize = memory.data<u8>([
  98, 114, 97, 105, 100, 45, 118, 101, 114, 115, 105, 111, 110, 101, 100, 58, 33, 48,
]);
const NUMBER: usize = 16;
const CAN_MIGRATE: usize = 17;

// Who upgrades contracts.
function deployer(): Word {
  const word = newWord();
  word[29] = 0xb7;
  word[30] = 0xa1;
  word[31] = 0xd0;
  return word;
}

function number(): void {
  const own = U256.from(load<u8>(SETTINGS + NUMBER) - 0x20);
  returnU256(loadU256(ascii("kept")).add(own));
}

function migrate(fromVersion: U256): void {
  require(isEqual(caller(), deployer()), "not the deployer");
  require(load<u8>(SETTINGS + CAN_MIGRATE) == 0x31, "cannot take over");
  storeU256(ascii("kept"), fromVersion.mul(U256.from(1000)));
}

export function call(inputBytes: u32): i32 {
  const input = new Arguments(inputBytes, true);
  refuseValue();
  switch (input.selector) {
    case SELECTOR_number:
    case SELECTOR_other:
      number();
      break;
    case SELECTOR_migrate:
      migrate(input.u256(0));
      break;
    default:
      revertEmpty();
  }
  return 0;
}
