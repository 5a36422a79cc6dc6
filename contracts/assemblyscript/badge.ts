// SPDX-License-Identifier: MIT OR Apache-2.0
// Badges: state objects with a level, which only those who have them change.
// Interface: contracts/interfaces/badge.abi.
import {
  Arguments, StateObject, U256, Word, ascii, caller, fail, refuseValue, require, returnBool,
  returnU256, returnWords, revertEmpty,
} from "@braid/sdk/assembly/index";
import {
  SELECTOR_count, SELECTOR_give, SELECTOR_level, SELECTOR_make, SELECTOR_raise, SELECTOR_scrap,
} from "./badge.abi";

const COUNT_MAX: u32 = 100;

function setLevel(badge: StateObject, level: U256): void {
  badge.setWord(ascii("level"), ascii("uint64"), level.word());
}

function level(badge: StateObject): U256 {
  const word = badge.word(ascii("level"), ascii("uint64"));
  if (word == null) {
    fail("not a badge");
    return new U256();
  }
  return U256.read(word);
}

function checkOwner(badge: StateObject): void {
  require(badge.isOwnedBy(caller()), "not the owner");
}

function make(owner: Word): void {
  const badge = StateObject.create(owner);
  setLevel(badge, U256.from(1));
  returnWords([badge.id]);
}

function raise(badge: StateObject): void {
  checkOwner(badge);
  const next = level(badge).add(U256.from(1));
  setLevel(badge, next);
  returnU256(next);
}

export function call(inputBytes: u32): i32 {
  const input = new Arguments(inputBytes, true);
  refuseValue();
  const badge = new StateObject(input.word(0));
  switch (input.selector) {
    case SELECTOR_make:
      make(input.address(0));
      break;
    case SELECTOR_level:
      returnU256(level(badge));
      break;
    case SELECTOR_raise:
      raise(badge);
      break;
    case SELECTOR_give: {
      const to = input.address(1);
      checkOwner(badge);
      badge.setOwner(to);
      returnBool(true);
      break;
    }
    case SELECTOR_scrap:
      checkOwner(badge);
      badge.remove();
      returnBool(true);
      break;
    case SELECTOR_count:
      returnU256(U256.from(StateObject.list(input.address(0), COUNT_MAX).length));
      break;
    default:
      revertEmpty();
  }
  return 0;
}
