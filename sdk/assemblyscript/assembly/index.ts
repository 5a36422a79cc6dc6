// SPDX-License-Identifier: MIT OR Apache-2.0
// What a contract in AssemblyScript needs: words, numbers of 256 bits, the Solidity ABI, storage
// of words, reverts, calls. Memory is a StaticArray<u8> wherever bytes are meant; nothing is freed,
// since an instance lives for one call (build with `--runtime .../assembly/runtime`).
import * as host from "./host";

export { host };

/** 32 bytes: an address, a hash, or a number with its most significant byte first. */
export type Word = StaticArray<u8>;
export type Bytes = StaticArray<u8>;

/** Codes of Solidity's `Panic(uint256)`. */
export const PANIC_ASSERTION: u32 = 0x01;
export const PANIC_OVERFLOW: u32 = 0x11;
export const PANIC_DIVISION: u32 = 0x12;

const ERROR_TEXT: u32 = 0x08c379a0;
const ERROR_PANIC: u32 = 0x4e487b71;

/** Takes the place of AssemblyScript's `abort` (`asc --use abort=...`): a revert, not a trap. */
export function abort(
  message: string | null = null, file: string | null = null, line: u32 = 0, column: u32 = 0,
): void {
  panic(PANIC_ASSERTION);
}

/** The address of bytes in memory. */
// @ts-ignore: a decorator of the compiler
@inline
export function at(bytes: Bytes): usize {
  return changetype<usize>(bytes);
}

export function newWord(): Word {
  return new StaticArray<u8>(32);
}

export function wordFrom(number: u32): Word {
  const word = newWord();
  store<u32>(at(word) + 28, bswap<u32>(number));
  return word;
}

export function isZero(word: Word): bool {
  const from = at(word);
  return (load<u64>(from) | load<u64>(from, 8) | load<u64>(from, 16) | load<u64>(from, 24)) == 0;
}

export function isEqual(a: Bytes, b: Bytes): bool {
  return a.length == b.length && memory.compare(at(a), at(b), a.length) == 0;
}

export function concat(parts: StaticArray<Bytes>): Bytes {
  let bytes = 0;
  for (let i = 0; i < parts.length; i++) bytes += parts[i].length;
  const whole = new StaticArray<u8>(bytes);
  let offset: usize = 0;
  for (let i = 0; i < parts.length; i++) {
    memory.copy(at(whole) + offset, at(parts[i]), parts[i].length);
    offset += parts[i].length;
  }
  return whole;
}

/** The bytes of a text of ASCII letters. */
export function ascii(text: string): Bytes {
  const bytes = new StaticArray<u8>(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = <u8>text.charCodeAt(i);
  return bytes;
}

// ---- Ends of a frame ----------------------------------------------------------------------------

export function finish(output: Bytes): void {
  host.finish(at(output), output.length);
  unreachable();
}

export function revert(data: Bytes): void {
  host.revert(at(data), data.length);
  unreachable();
}

/** What Solidity does with unreadable input, and with coin where a function is not payable. */
export function revertEmpty(): void {
  host.revert(0, 0);
  unreachable();
}

export function revertWith(selector: u32, words: StaticArray<Word>): void {
  revert(encodeCall(selector, words));
}

/** Reverts as Solidity's `revert("text")` does: `Error(string)`; the text is ASCII. */
export function fail(text: string): void {
  const bytes = encodeBytes(ascii(text));
  const data = new StaticArray<u8>(4 + bytes.length);
  store<u32>(at(data), bswap<u32>(ERROR_TEXT));
  memory.copy(at(data) + 4, at(bytes), bytes.length);
  revert(data);
}

export function require(condition: bool, text: string): void {
  if (!condition) fail(text);
}

export function panic(code: u32): void {
  revertWith(ERROR_PANIC, [wordFrom(code)]);
}

export function refuseValue(): void {
  const value = newWord();
  host.value(at(value));
  if (!isZero(value)) revertEmpty();
}

// ---- Numbers of 256 bits ------------------------------------------------------------------------

/** An unsigned number. Its operators end the frame with Solidity's `Panic` codes. */
export class U256 {
  /** Eight digits of 32 bits, the least significant first. */
  private digits: StaticArray<u32> = new StaticArray<u32>(8);

  static from(number: u32): U256 {
    const result = new U256();
    result.digits[0] = number;
    return result;
  }

  static max(): U256 {
    const result = new U256();
    for (let i = 0; i < 8; i++) result.digits[i] = u32.MAX_VALUE;
    return result;
  }

  static read(word: Word): U256 {
    const result = new U256();
    for (let i = 0; i < 8; i++) {
      result.digits[i] = bswap<u32>(load<u32>(at(word) + 28 - 4 * i));
    }
    return result;
  }

  word(): Word {
    const word = newWord();
    for (let i = 0; i < 8; i++) store<u32>(at(word) + 28 - 4 * i, bswap<u32>(this.digits[i]));
    return word;
  }

  isZero(): bool {
    let any: u32 = 0;
    for (let i = 0; i < 8; i++) any |= this.digits[i];
    return any == 0;
  }

  /** -1, 0 or 1 where this is below, equal to or above the other. */
  compare(other: U256): i32 {
    for (let i = 7; i >= 0; i--) {
      const a = this.digits[i], b = other.digits[i];
      if (a != b) return a < b ? -1 : 1;
    }
    return 0;
  }

  isBelow(other: U256): bool {
    return this.compare(other) < 0;
  }

  add(other: U256): U256 {
    const sum = new U256();
    let carry: u64 = 0;
    for (let i = 0; i < 8; i++) {
      carry += <u64>this.digits[i] + <u64>other.digits[i];
      sum.digits[i] = <u32>carry;
      carry >>= 32;
    }
    if (carry != 0) panic(PANIC_OVERFLOW);
    return sum;
  }

  sub(other: U256): U256 {
    const difference = new U256();
    if (difference.setDifference(this, other) != 0) panic(PANIC_OVERFLOW);
    return difference;
  }

  mul(other: U256): U256 {
    const wide = new StaticArray<u32>(16);
    for (let i = 0; i < 8; i++) {
      let carry: u64 = 0;
      for (let j = 0; j < 8; j++) {
        carry += <u64>this.digits[i] * <u64>other.digits[j] + <u64>wide[i + j];
        wide[i + j] = <u32>carry;
        carry >>= 32;
      }
      wide[i + 8] = <u32>carry;
    }
    const product = new U256();
    let above: u32 = 0;
    for (let i = 0; i < 8; i++) {
      product.digits[i] = wide[i];
      above |= wide[i + 8];
    }
    if (above != 0) panic(PANIC_OVERFLOW);
    return product;
  }

  /** The quotient, rounded down. */
  div(divisor: U256): U256 {
    if (divisor.isZero()) panic(PANIC_DIVISION);
    const quotient = new U256(), rest = new U256();
    for (let bit = 255; bit >= 0; bit--) {
      const out = rest.digits[7] >> 31;
      for (let i = 7; i > 0; i--) {
        rest.digits[i] = (rest.digits[i] << 1) | (rest.digits[i - 1] >> 31);
      }
      rest.digits[0] = (rest.digits[0] << 1) | ((this.digits[bit >> 5] >> (bit & 31)) & 1);
      if (out == 0 && rest.isBelow(divisor)) continue;
      rest.setDifference(rest, divisor);
      quotient.digits[bit >> 5] |= 1 << (bit & 31);
    }
    return quotient;
  }

  private setDifference(a: U256, b: U256): u64 {
    let borrow: u64 = 0;
    for (let i = 0; i < 8; i++) {
      const step = <u64>a.digits[i] - <u64>b.digits[i] - borrow;
      this.digits[i] = <u32>step;
      borrow = step >> 63;
    }
    return borrow;
  }
}

// ---- Input and output in the Solidity ABI -------------------------------------------------------

/** The input of a call (after its selector) or of a deployment. */
export class Arguments {
  selector: u32 = 0;
  private data: Bytes;

  constructor(inputBytes: u32, hasSelector: bool) {
    const skipped: u32 = hasSelector ? 4 : 0;
    if (inputBytes < skipped) revertEmpty();
    this.data = new StaticArray<u8>(inputBytes - skipped);
    host.input_read(at(this.data), skipped, this.data.length);
    if (hasSelector) {
      const first = new StaticArray<u8>(4);
      host.input_read(at(first), 0, 4);
      this.selector = bswap<u32>(load<u32>(at(first)));
    }
  }

  /** The word of an argument. Arguments that are too short revert, as in Solidity. */
  word(index: u32): Word {
    return this.wordAt(index * 32);
  }

  u256(index: u32): U256 {
    return U256.read(this.word(index));
  }

  /** An `address`: twenty bytes, the upper twelve zero. */
  address(index: u32): Word {
    const word = this.word(index);
    if (load<u64>(at(word)) != 0 || load<u32>(at(word), 8) != 0) revertEmpty();
    return word;
  }

  /** A `string` or `bytes`. */
  bytes(index: u32): Bytes {
    const offset = size(this.word(index));
    const length = size(this.wordAt(offset));
    if (length > <u32>this.data.length - 32 - offset) revertEmpty();
    const part = new StaticArray<u8>(length);
    memory.copy(at(part), at(this.data) + offset + 32, length);
    return part;
  }

  private wordAt(offset: u32): Word {
    if (this.data.length < 32 || offset > <u32>this.data.length - 32) revertEmpty();
    const word = newWord();
    memory.copy(at(word), at(this.data) + offset, 32);
    return word;
  }
}

/** An offset or a length: a word below 2^31. */
function size(word: Word): u32 {
  const from = at(word);
  const number = bswap<u32>(load<u32>(from, 28));
  const high = load<u64>(from) | load<u64>(from, 8) | load<u64>(from, 16) | load<u32>(from, 24);
  if (high != 0 || number >> 31 != 0) revertEmpty();
  return number;
}

export function encodeCall(selector: u32, words: StaticArray<Word>): Bytes {
  const data = new StaticArray<u8>(4 + 32 * words.length);
  store<u32>(at(data), bswap<u32>(selector));
  for (let i = 0; i < words.length; i++) memory.copy(at(data) + 4 + 32 * i, at(words[i]), 32);
  return data;
}

/** One `string` or `bytes` as arguments or result. */
export function encodeBytes(bytes: Bytes): Bytes {
  const data = new StaticArray<u8>(64 + ((bytes.length + 31) & ~31));
  data[31] = 32;
  store<u32>(at(data), bswap<u32>(bytes.length), 60);
  memory.copy(at(data) + 64, at(bytes), bytes.length);
  return data;
}

export function returnWords(words: StaticArray<Word>): void {
  finish(concat(words));
}

export function returnU256(number: U256): void {
  finish(number.word());
}

export function returnBool(truth: bool): void {
  finish(wordFrom(truth ? 1 : 0));
}

// ---- Storage, context, events, calls ------------------------------------------------------------

/** The record under a key; no bytes where there is none. */
export function loadBytes(key: Bytes): Bytes {
  const length = host.storage_get(at(key), key.length);
  const record = new StaticArray<u8>(length < 0 ? 0 : length);
  host.buffer_read(at(record), 0, record.length);
  return record;
}

export function storeBytes(key: Bytes, record: Bytes): void {
  host.storage_put(at(key), key.length, at(record), record.length);
}

/** The number under a key; zero where there is none. */
export function loadU256(key: Bytes): U256 {
  const record = loadBytes(key);
  return record.length == 32 ? U256.read(record) : new U256();
}

/** Sets the number under a key; zero is kept as absence, so that it takes no space. */
export function storeU256(key: Bytes, number: U256): void {
  if (number.isZero()) host.storage_delete(at(key), key.length);
  else storeBytes(key, number.word());
}

/** The number in a counter; a call that reads it waits for all earlier ones that change it. */
export function counter(key: Bytes): U256 {
  const word = newWord();
  host.counter_get(at(key), key.length, at(word));
  return U256.read(word);
}

/** Adds to a counter, which many transactions of a block can do at once; false where the sum does
 * not fit, and then nothing changes. */
export function countUp(key: Bytes, amount: U256): bool {
  return host.counter_add(at(key), key.length, at(amount.word())) == 1;
}

/** Subtracts from a counter; false where there is less, and then nothing changes. */
export function countDown(key: Bytes, amount: U256): bool {
  return host.counter_sub(at(key), key.length, at(amount.word())) == 1;
}

export function caller(): Word {
  const word = newWord();
  host.caller(at(word));
  return word;
}

export function contract(): Word {
  const word = newWord();
  host.contract(at(word));
  return word;
}

export function emit(topics: StaticArray<Word>, data: Bytes): void {
  const all = concat(topics);
  host.emit(at(all), topics.length, at(data), data.length);
}

/** The result of the last call: its output, or its revert data. */
export function callOutput(): Bytes {
  const output = new StaticArray<u8>(host.buffer_bytes());
  host.buffer_read(at(output), 0, output.length);
  return output;
}

/** Calls a method with words and no coin; a failure becomes the failure of this frame. */
export function callWords(to: Word, selector: u32, words: StaticArray<Word>): Bytes {
  const input = encodeCall(selector, words);
  const status = host.call(at(to), at(newWord()), at(input), input.length, -1, 0);
  const output = callOutput();
  if (status != 0) revert(output);
  return output;
}

/** Whether an output is the boolean `true`; what is no boolean reverts. */
export function isTrue(output: Bytes): bool {
  if (output.length < 32) revertEmpty();
  const number = size(output);
  if (number > 1) revertEmpty();
  return number == 1;
}

// ---- State objects ------------------------------------------------------------------------------

/** Kinds of owners of an object. */
export const OWNER_ADDRESS: u32 = 0;
export const OWNER_OBJECT: u32 = 1;

/** A thing with an owner and typed fields, which contracts of every machine reach. Who acts is this
 * contract, never its caller. What the host refuses ends the frame with the reason. */
export class StateObject {
  constructor(public id: Word) {}

  /** Makes an object whose creator is this contract. */
  static create(owner: Word, ownerKind: u32 = OWNER_ADDRESS): StateObject {
    const id = newWord();
    checkObject(host.object_create(ownerKind, at(owner), at(id)));
    return new StateObject(id);
  }

  /** The objects of an owner, at most `limit`; with `after` only those above that identity. */
  static list(
    owner: Word, limit: u32, after: Word | null = null, ownerKind: u32 = OWNER_ADDRESS,
  ): StaticArray<StateObject> {
    const from: usize = after == null ? 0 : at(after);
    const count = host.object_list(ownerKind, at(owner), from, after == null ? -1 : 32, limit);
    const found = new StaticArray<StateObject>(count);
    for (let i = 0; i < count; i++) {
      const id = newWord();
      host.buffer_read(at(id), 32 * i, 32);
      found[i] = new StateObject(id);
    }
    return found;
  }

  /** Who has it, whatever its kind; nothing where there is no such object. */
  owner(): Word | null {
    const both = new StaticArray<u8>(64);
    if (host.object_get(at(this.id), at(both)) < 0) return null;
    return StaticArray.slice<u8>(both, 32);
  }

  /** Whether an address has it. */
  isOwnedBy(address: Word): bool {
    const both = new StaticArray<u8>(64);
    if (host.object_get(at(this.id), at(both)) != OWNER_ADDRESS) return false;
    return memory.compare(at(both) + 32, at(address), 32) == 0;
  }

  /** The value of a field by the Solidity ABI; nothing where there is no field of this type. */
  get(name: Bytes, kind: Bytes): Bytes | null {
    const bytes = host.object_field(at(this.id), at(name), name.length);
    const skipped = 2 + kind.length;
    if (bytes < skipped) return null;
    const value = new StaticArray<u8>(bytes);
    host.buffer_read(at(value), 0, bytes);
    const hasKind = bswap<u16>(load<u16>(at(value))) == kind.length &&
      memory.compare(at(value) + 2, at(kind), kind.length) == 0;
    return hasKind ? StaticArray.slice<u8>(value, skipped) : null;
  }

  /** Sets a field to a value of a type in Solidity's words, encoded by the Solidity ABI. */
  set(name: Bytes, kind: Bytes, encoded: Bytes): void {
    const length = new StaticArray<u8>(2);
    store<u16>(at(length), bswap<u16>(<u16>kind.length));
    const value = concat([length, kind, encoded]);
    checkObject(host.object_set_field(
      at(this.id), at(name), name.length, at(value), value.length,
    ));
  }

  /** A field of a type that is one word. */
  word(name: Bytes, kind: Bytes): Word | null {
    const value = this.get(name, kind);
    return value != null && value.length == 32 ? value : null;
  }

  setWord(name: Bytes, kind: Bytes, word: Word): void {
    this.set(name, kind, word);
  }

  removeField(name: Bytes): void {
    checkObject(host.object_remove_field(at(this.id), at(name), name.length));
  }

  setOwner(owner: Word, ownerKind: u32 = OWNER_ADDRESS): void {
    checkObject(host.object_set_owner(at(this.id), ownerKind, at(owner)));
  }

  /** Deletes it with its fields. */
  remove(): void {
    checkObject(host.object_delete(at(this.id)));
  }
}

function checkObject(refusal: i32): void {
  switch (refusal) {
    case 0:
      break;
    case 1:
      fail("there is no such object");
      break;
    case 2:
      fail("neither creator nor owner of the object");
      break;
    case 3:
      fail("the name of the field is not possible");
      break;
    case 4:
      fail("the value of the field is not possible");
      break;
    case 5:
      fail("the new owner is an object that cannot be an owner of this one");
      break;
    case 6:
      fail("the object has as many fields as one may have");
      break;
    case 7:
      fail("the object has objects of its own");
      break;
    default:
      fail("the operation on the object is refused");
  }
}
