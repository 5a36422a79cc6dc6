// What the prelude itself works with, taken before anything can change it, and the meter.
//
// Every builtin here charges before it works: `charge(base + linear part)`. Limits are those of the
// language of contracts and the same on every engine.
//
// There are no template literals here: an engine may call the metered `concat` for them.

const STRING_MAX = 1 << 20; // units of a string
const ARRAY_MAX = 1 << 16; // elements of an array or a typed array's bytes times sixteen
const BUFFER_MAX = 1 << 20; // bytes of a buffer
const ARGUMENTS_MAX = 1 << 10; // arguments that are spread from a list
const BIG_BITS_MAX = 1024; // bits of a bigint
const BIG_TOO_LONG = 'a bigint breaks the limit of 1024 bits';
const NESTING_MAX = 64; // levels of nested data
const PROTOTYPES_MAX = 32; // links of a chain of prototypes
const MEMORY_MAX = 1 << 27; // bytes that a frame may allocate, freed ones included

const { apply, construct, ownKeys, deleteProperty, getOwnPropertyDescriptor: descriptorOf } = Reflect;
const { defineProperty: define, getPrototypeOf, freeze, isFrozen } = Object;
const { create: createObject, keys: keysOf } = Object;
const world = globalThis;
const big = BigInt;
const text = String;
const isArray = Array.isArray;
const uncurry = method => apply(bindMethod, callMethod, [method]);
const { bind: bindMethod, call: callMethod } = Function.prototype;
const { min, max, floor, ceil } = Math;
const { isInteger } = Number;
const Bytes = Uint8Array;
const TypedArray = getPrototypeOf(Uint8Array);
const getter = (target, name) => uncurry(descriptorOf(target, name).get);

// The meter of the script that runs; nothing is charged while the prelude is made.
let charge = () => {};
let allocate = () => {};
let take = () => 0;
let thrownAt = () => undefined;

const hasOwn = uncurry(Object.prototype.hasOwnProperty);
const slice = uncurry(String.prototype.slice);
const wellFormed = uncurry(String.prototype.toWellFormed);
const codeAt = uncurry(String.prototype.charCodeAt);
const indexOf = uncurry(String.prototype.indexOf);
const typedLength = getter(TypedArray.prototype, 'length');
const typedTag = getter(TypedArray.prototype, Symbol.toStringTag);

// Characters of a text that are compared, read or copied, in gas.
const perLength = length => (length + 31) >>> 5;

// Operations of the door, by their numbers in `door/operation.rs`.
const REFILL = 0, EXHAUSTED = 1, TOO_DEEP = 2, MATH = 3, NESTING = 4, DEBUG = 5, BROKEN = 6, REMARK = 7;
const STORAGE_GET = 10, STORAGE_PUT = 11, STORAGE_HAS = 12, STORAGE_DELETE = 13;
const MAP_GET = 14, MAP_PUT = 15, MAP_HAS = 16, MAP_DELETE = 17, MAP_KEYS = 18, MAP_LENGTH = 19;
const FOREIGN_GET = 20;
const TRANSFER = 30, CALL = 31, CALL_RAW = 32, BALANCE = 33;
const EMIT = 40, EMIT_RAW = 41;
const BLOCK = 50, TRANSACTION = 51, CONTEXT = 52, BLOCK_HASH = 53;
const HASH = 60, VERIFY = 61, HEX = 62, FROM_HEX = 63, UTF8 = 64, FROM_UTF8 = 65;
const OBJECT_CREATE = 70, OBJECT_INFO = 71, OBJECT_GET = 72, OBJECT_SET = 73;
const OBJECT_REMOVE = 74, OBJECT_GIVE = 75, OBJECT_DELETE = 76, OBJECT_LIST = 77;
const PATTERN_NEW = 80, PATTERN_FIND = 81;

const host = (operation, ...items) => {
  charge(HOST_GAS);
  try {
    return apply(door, undefined, [big, operation, take(), ...items]);
  } catch (reason) {
    // What the host says is a text, whatever the engine; its own words are told by nobody.
    return fail(Error, typeof reason === 'string' ? reason : 'the host does not take such a value');
  }
};
const HOST_GAS = 32; // of going through the door, beside what is done behind it

// Charges for bytes that are made.
const make = bytes => {
  charge(4 + (bytes >>> 4));
  allocate(bytes);
};

const fail = (Kind, message) => { throw new Kind(message) };
const tooLong = (what, found, limit) =>
  fail(RangeError, what + ' of ' + text(found) + ' breaks the limit of ' + text(limit));

const stringOf = (length, what) => {
  if (length > STRING_MAX) tooLong(what ?? 'a string', length, STRING_MAX);
  make(length);
};

// Adds a part to a text that grows: engines append in place or tie a rope, and copy short texts.
const ROPE_MIN = 8192;
const append = (whole, part) => {
  const length = whole.length + part.length;
  if (length > STRING_MAX) tooLong('a string', length, STRING_MAX);
  charge(2 + (min(length, ROPE_MIN) >>> 5));
  allocate(min(whole.length, part.length) + (length < ROPE_MIN ? length >>> 2 : 64));
  return whole + part;
};

// The length of something like an array, within the limit.
const lengthOf = list => {
  const length = +list.length;
  if (!(length > 0)) return 0;
  if (length > ARRAY_MAX) tooLong('an array', length, ARRAY_MAX);
  return floor(length);
};

const isObject = value => (typeof value === 'object' && value !== null) || typeof value === 'function';
const callable = value =>
  typeof value === 'function' ? value : fail(TypeError, 'the callback is no function');

// An index as methods of arrays and strings take it: from the end where it is negative.
const indexIn = (value, length, otherwise) => {
  if (value === undefined) return otherwise;
  const index = whole(value);
  return index < 0 ? max(length + index, 0) : min(index, length);
};
const whole = value => {
  const number = +value;
  return number === number ? (number < 0 ? ceil(number) : floor(number)) : 0;
};

// What a value is as text, where methods of the language ask for text. Objects answer by methods of
// their own, which are metered themselves.
const toText = value => {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') charge(BIG_BITS_MAX >>> 5);
  if (typeof value === 'symbol') fail(TypeError, 'a symbol is no text');
  return text(value);
};

// Leaves of `target` only what is in `kept`, and puts the properties of `added` there, hidden from
// enumeration as those of the language are.
const reshape = (target, kept, added) => {
  for (const key of ownKeys(target)) {
    if (!kept.includes(key) && !(added && hasOwn(added, key))) deleteProperty(target, key);
  }
  if (added === undefined) return;
  for (const key of ownKeys(added)) {
    const property = descriptorOf(added, key);
    property.enumerable = false;
    define(target, key, property);
  }
};

// Puts `wrapper` in the place of a constructor of the language.
const replaceConstructor = (wrapper, native, statics) => {
  define(wrapper, 'prototype', { value: native.prototype, writable: false, enumerable: false });
  define(native.prototype, 'constructor', { value: wrapper, writable: true, enumerable: false });
  reshape(wrapper, ['length', 'name', 'prototype'], statics);
  define(world, wrapper.name, { value: wrapper, writable: false, enumerable: false });
  return wrapper;
};
