// SPDX-License-Identifier: MIT OR Apache-2.0
// A constant-product exchange between two tokens; the fee of 0.3 % stays with the reserves.
// Interface: contracts/interfaces/exchange.abi.
import {
  Arguments, Bytes, U256, Word, ascii, callWords, caller, concat, contract, emit, finish, isEqual,
  isTrue, loadU256, refuseValue, returnU256, returnWords, revertEmpty, revertWith, storeU256,
} from "@braid/sdk/assembly/index";
import * as abi from "./exchange.abi";
import { SELECTOR_transfer, SELECTOR_transferFrom } from "./token.abi";

function get(key: string): U256 {
  return loadU256(ascii(key));
}

function put(key: string, number: U256): void {
  storeU256(ascii(key), number);
}

function sharesKey(provider: Word): Bytes {
  return concat([ascii("shares"), provider]);
}

function expectTrue(token: Word, output: Bytes): void {
  if (!isTrue(output)) revertWith(abi.ERROR_TransferFailed, [token]);
}

function pull(token: Word, amount: U256): void {
  const words: StaticArray<Word> = [caller(), contract(), amount.word()];
  expectTrue(token, callWords(token, SELECTOR_transferFrom, words));
}

function push(token: Word, amount: U256): void {
  expectTrue(token, callWords(token, SELECTOR_transfer, [caller(), amount.word()]));
}

/** Whether the token is the first of the two; one that is neither reverts. */
function isFirst(token: Word): bool {
  if (isEqual(token, get("tokenA").word())) return true;
  if (!isEqual(token, get("tokenB").word())) revertWith(abi.ERROR_UnknownToken, [token]);
  return false;
}

function quote(tokenIn: Word, amountIn: U256): U256 {
  if (amountIn.isZero()) revertWith(abi.ERROR_ZeroAmount, []);
  const first = isFirst(tokenIn);
  const reserveIn = get(first ? "reserveA" : "reserveB");
  const reserveOut = get(first ? "reserveB" : "reserveA");
  if (reserveIn.isZero() || reserveOut.isZero()) revertWith(abi.ERROR_InsufficientLiquidity, []);
  const charged = amountIn.mul(U256.from(997));
  return charged.mul(reserveOut).div(reserveIn.mul(U256.from(1000)).add(charged));
}

function addLiquidity(amountA: U256, amountB: U256): void {
  if (amountA.isZero() || amountB.isZero()) revertWith(abi.ERROR_ZeroAmount, []);
  pull(get("tokenA").word(), amountA);
  pull(get("tokenB").word(), amountB);
  const reserveA = get("reserveA"), reserveB = get("reserveB"), total = get("totalShares");
  let minted = amountA;
  if (!total.isZero()) {
    minted = amountA.mul(total).div(reserveA);
    const byB = amountB.mul(total).div(reserveB);
    if (byB.isBelow(minted)) minted = byB;
  }
  if (minted.isZero()) revertWith(abi.ERROR_ZeroAmount, []);
  put("reserveA", reserveA.add(amountA));
  put("reserveB", reserveB.add(amountB));
  put("totalShares", total.add(minted));
  const key = sharesKey(caller());
  storeU256(key, loadU256(key).add(minted));
  const data: StaticArray<Word> = [amountA.word(), amountB.word(), minted.word()];
  emit([abi.TOPIC_LiquidityAdded, caller()], concat(data));
  returnU256(minted);
}

function removeLiquidity(burned: U256): void {
  if (burned.isZero()) revertWith(abi.ERROR_ZeroAmount, []);
  const key = sharesKey(caller()), available = loadU256(key);
  if (available.isBelow(burned)) {
    revertWith(abi.ERROR_InsufficientShares, [caller(), available.word(), burned.word()]);
  }
  const reserveA = get("reserveA"), reserveB = get("reserveB"), total = get("totalShares");
  const amountA = reserveA.mul(burned).div(total), amountB = reserveB.mul(burned).div(total);
  // All own numbers change before foreign code runs.
  storeU256(key, available.sub(burned));
  put("totalShares", total.sub(burned));
  put("reserveA", reserveA.sub(amountA));
  put("reserveB", reserveB.sub(amountB));
  push(get("tokenA").word(), amountA);
  push(get("tokenB").word(), amountB);
  const data: StaticArray<Word> = [amountA.word(), amountB.word(), burned.word()];
  emit([abi.TOPIC_LiquidityRemoved, caller()], concat(data));
  returnWords([amountA.word(), amountB.word()]);
}

function swap(tokenIn: Word, amountIn: U256, minOut: U256): void {
  const first = isFirst(tokenIn);
  pull(tokenIn, amountIn);
  // The price is taken after the foreign call, so that a re-entrant token gains nothing.
  const amountOut = quote(tokenIn, amountIn);
  if (amountOut.isBelow(minOut)) {
    revertWith(abi.ERROR_InsufficientOutput, [amountOut.word(), minOut.word()]);
  }
  const into = first ? "reserveA" : "reserveB", from = first ? "reserveB" : "reserveA";
  put(into, get(into).add(amountIn));
  put(from, get(from).sub(amountOut));
  push(get(first ? "tokenB" : "tokenA").word(), amountOut);
  const data: StaticArray<Word> = [amountIn.word(), amountOut.word()];
  emit([abi.TOPIC_Swap, caller(), tokenIn], concat(data));
  returnU256(amountOut);
}

export function deploy(inputBytes: u32): i32 {
  const input = new Arguments(inputBytes, false);
  refuseValue();
  const first = input.address(0), second = input.address(1);
  if (isEqual(first, second)) revertWith(abi.ERROR_SameToken, [first]);
  put("tokenA", U256.read(first));
  put("tokenB", U256.read(second));
  return 0;
}

export function call(inputBytes: u32): i32 {
  const input = new Arguments(inputBytes, true);
  refuseValue();
  switch (input.selector) {
    case abi.SELECTOR_tokenA:
      finish(get("tokenA").word());
      break;
    case abi.SELECTOR_tokenB:
      finish(get("tokenB").word());
      break;
    case abi.SELECTOR_reserves:
      returnWords([get("reserveA").word(), get("reserveB").word()]);
      break;
    case abi.SELECTOR_totalShares:
      returnU256(get("totalShares"));
      break;
    case abi.SELECTOR_shares:
      returnU256(loadU256(sharesKey(input.address(0))));
      break;
    case abi.SELECTOR_quote:
      returnU256(quote(input.address(0), input.u256(1)));
      break;
    case abi.SELECTOR_addLiquidity:
      addLiquidity(input.u256(0), input.u256(1));
      break;
    case abi.SELECTOR_removeLiquidity:
      removeLiquidity(input.u256(0));
      break;
    case abi.SELECTOR_swap:
      swap(input.address(0), input.u256(1), input.u256(2));
      break;
    default:
      revertEmpty();
  }
  return 0;
}
