// SPDX-License-Identifier: MIT OR Apache-2.0
// A number that anybody may change. Interface: contracts/interfaces/counter.abi.
import {
  Arguments, U256, ascii, caller, emit, loadU256, refuseValue, returnU256, revertEmpty, storeU256,
} from "@braid/sdk/assembly/index";
import {
  SELECTOR_add, SELECTOR_increment, SELECTOR_setValue, SELECTOR_value, TOPIC_Changed,
} from "./counter.abi";

function value(): U256 {
  return loadU256(ascii("value"));
}

function setValue(number: U256): void {
  storeU256(ascii("value"), number);
  emit([TOPIC_Changed, caller()], number.word());
}

function add(amount: U256): void {
  const next = value().add(amount);
  setValue(next);
  returnU256(next);
}

export function call(inputBytes: u32): i32 {
  const input = new Arguments(inputBytes, true);
  refuseValue();
  switch (input.selector) {
    case SELECTOR_value:
      returnU256(value());
      break;
    case SELECTOR_increment:
      add(U256.from(1));
      break;
    case SELECTOR_add:
      add(input.u256(0));
      break;
    case SELECTOR_setValue:
      setValue(input.u256(0));
      break;
    default:
      revertEmpty();
  }
  return 0;
}
