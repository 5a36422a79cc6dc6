// SPDX-License-Identifier: MIT OR Apache-2.0
// A fungible token in the shape of ERC-20 (EIP-20). Interface: contracts/interfaces/token.abi.
import {
  Arguments, Bytes, U256, Word, ascii, caller, concat, emit, encodeBytes, finish, isZero, loadBytes,
  loadU256, newWord, refuseValue, returnBool, returnU256, revertEmpty, revertWith, storeBytes,
  storeU256,
} from "@braid/sdk/assembly/index";
import * as abi from "./token.abi";

function balanceKey(owner: Word): Bytes {
  return concat([ascii("b"), owner]);
}

function allowanceKey(owner: Word, spender: Word): Bytes {
  return concat([ascii("a"), owner, spender]);
}

function move(from: Word, to: Word, amount: U256): void {
  if (isZero(to)) revertWith(abi.ERROR_InvalidReceiver, [to]);
  const available = loadU256(balanceKey(from));
  if (available.isBelow(amount)) {
    revertWith(abi.ERROR_InsufficientBalance, [from, available.word(), amount.word()]);
  }
  storeU256(balanceKey(from), available.sub(amount));
  // Read after the first write, so that a transfer to oneself changes nothing.
  storeU256(balanceKey(to), loadU256(balanceKey(to)).add(amount));
  emit([abi.TOPIC_Transfer, from, to], amount.word());
}

function spendAllowance(owner: Word, spender: Word, amount: U256): void {
  const key = allowanceKey(owner, spender);
  const allowed = loadU256(key);
  // The largest number means "without limit", as most tokens have it.
  if (allowed.compare(U256.max()) == 0) return;
  if (allowed.isBelow(amount)) {
    revertWith(abi.ERROR_InsufficientAllowance, [spender, allowed.word(), amount.word()]);
  }
  storeU256(key, allowed.sub(amount));
}

function approve(spender: Word, amount: U256): void {
  storeU256(allowanceKey(caller(), spender), amount);
  emit([abi.TOPIC_Approval, caller(), spender], amount.word());
}

export function deploy(inputBytes: u32): i32 {
  const input = new Arguments(inputBytes, false);
  refuseValue();
  storeBytes(ascii("name"), input.bytes(0));
  storeBytes(ascii("symbol"), input.bytes(1));
  const supply = input.u256(2);
  storeU256(ascii("supply"), supply);
  storeU256(balanceKey(caller()), supply);
  emit([abi.TOPIC_Transfer, newWord(), caller()], supply.word());
  return 0;
}

export function call(inputBytes: u32): i32 {
  const input = new Arguments(inputBytes, true);
  refuseValue();
  switch (input.selector) {
    case abi.SELECTOR_name:
      finish(encodeBytes(loadBytes(ascii("name"))));
      break;
    case abi.SELECTOR_symbol:
      finish(encodeBytes(loadBytes(ascii("symbol"))));
      break;
    case abi.SELECTOR_decimals:
      returnU256(U256.from(18));
      break;
    case abi.SELECTOR_totalSupply:
      returnU256(loadU256(ascii("supply")));
      break;
    case abi.SELECTOR_balanceOf:
      returnU256(loadU256(balanceKey(input.address(0))));
      break;
    case abi.SELECTOR_allowance:
      returnU256(loadU256(allowanceKey(input.address(0), input.address(1))));
      break;
    case abi.SELECTOR_transfer:
      move(caller(), input.address(0), input.u256(1));
      returnBool(true);
      break;
    case abi.SELECTOR_approve:
      approve(input.address(0), input.u256(1));
      returnBool(true);
      break;
    case abi.SELECTOR_transferFrom:
      spendAllowance(input.address(0), caller(), input.u256(2));
      move(input.address(0), input.address(1), input.u256(2));
      returnBool(true);
      break;
    default:
      revertEmpty();
  }
  return 0;
}
