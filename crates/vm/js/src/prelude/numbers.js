// Numbers, bigints and mathematics. What engines compute differently is computed by the host.

const native64 = {
  asIntN: BigInt.asIntN,
  asUintN: BigInt.asUintN,
  toString: uncurry(BigInt.prototype.toString),
  valueOf: uncurry(BigInt.prototype.valueOf),
};
const BIG_END = 1n << 1024n;
const checkBig = value =>
  value < BIG_END && value > -BIG_END ? value
    : fail(RangeError, BIG_TOO_LONG);
// Digits of the longest bigint, with sign and prefix: binary ones.
const BIG_TEXT_MAX = BIG_BITS_MAX + 3;

const BigIntOf = { BigInt: function (value) {
  if (new.target !== undefined) fail(TypeError, 'BigInt is no constructor');
  if (typeof value === 'string') {
    if (value.length > BIG_TEXT_MAX) tooLong('the text of a bigint', value.length, BIG_TEXT_MAX);
    charge(16 + value.length);
  }
  charge(16);
  return checkBig(big(value));
} }.BigInt;
replaceConstructor(BigIntOf, big, {
  asIntN(bits, value) { charge(BIG_BITS_MAX >>> 5); return checkBits(bits), native64.asIntN(bits, value) },
  asUintN(bits, value) { charge(BIG_BITS_MAX >>> 5); return checkBits(bits), native64.asUintN(bits, value) },
});
const checkBits = bits => {
  if (+bits > BIG_BITS_MAX) tooLong('a number of bits', bits, BIG_BITS_MAX);
};
reshape(BigInt.prototype, ['constructor', Symbol.toStringTag], {
  toString(radix) { charge(16 + (BIG_BITS_MAX >>> 3)); return native64.toString(this, radix) },
  valueOf() { return native64.valueOf(this) },
});

const { isSafeInteger } = Number;
const nativeNumber = {
  toString: uncurry(Number.prototype.toString),
  toFixed: uncurry(Number.prototype.toFixed),
  toPrecision: uncurry(Number.prototype.toPrecision),
  toExponential: uncurry(Number.prototype.toExponential),
  parseInt, parseFloat,
};
const parsed = value => {
  const source = toText(value);
  charge(8 + (source.length >>> 2));
  return source;
};
const readers = {
  parseFloat(value) { return nativeNumber.parseFloat(parsed(value)) },
  parseInt(value, radix) { return nativeNumber.parseInt(parsed(value), radix) },
};
reshape(Number, ['length', 'name', 'prototype', 'EPSILON', 'MAX_SAFE_INTEGER', 'MAX_VALUE',
  'MIN_SAFE_INTEGER', 'MIN_VALUE', 'NaN', 'NEGATIVE_INFINITY', 'POSITIVE_INFINITY', 'isFinite',
  'isInteger', 'isNaN', 'isSafeInteger'], readers);
define(world, 'parseFloat', { value: readers.parseFloat });
define(world, 'parseInt', { value: readers.parseInt });
reshape(Number.prototype, ['constructor', 'valueOf'], {
  // Digits of fractions and of large numbers in other bases differ between engines.
  toString(radix) {
    charge(64);
    const base = radix === undefined ? 10 : whole(radix), value = valueOfNumber(this);
    if (base !== 10 && value - value === 0 && !isSafeInteger(value)) {
      fail(RangeError, 'only safe integers are written in another base than 10');
    }
    return nativeNumber.toString(value, base);
  },
  toFixed(digits) { charge(64); return nativeNumber.toFixed(this, digits) },
  toPrecision(digits) { charge(64); return nativeNumber.toPrecision(this, digits) },
  toExponential(digits) { charge(64); return nativeNumber.toExponential(this, digits) },
});
reshape(Boolean.prototype, ['constructor', 'toString', 'valueOf']);

const MATH_FUNCTIONS = ['acos', 'acosh', 'asin', 'asinh', 'atan', 'atanh', 'cbrt', 'cos', 'cosh',
  'exp', 'expm1', 'log', 'log10', 'log1p', 'log2', 'sin', 'sinh', 'tan', 'tanh', 'atan2', 'pow'];
const computed = {};
for (let i = 0; i < MATH_FUNCTIONS.length; i++) {
  const name = MATH_FUNCTIONS[i];
  computed[name] = name === 'atan2' || name === 'pow'
    ? { [name](x, y) { return host(MATH, i, +x, +y) } }[name]
    : { [name](x) { return host(MATH, i, +x, 0) } }[name];
}
computed.hypot = function hypot(...items) {
  let largest = 0;
  for (let i = 0; i < items.length; i++) {
    charge(8);
    const size = Math.abs(+items[i]);
    if (size === Infinity) return Infinity;
    if (!(size <= largest)) largest = size;
  }
  if (largest === 0 || largest !== largest) return largest;
  let sum = 0;
  for (let i = 0; i < items.length; i++) { const part = items[i] / largest; sum += part * part }
  return Math.sqrt(sum) * largest;
};
const { hypot } = { hypot: computed.hypot };
computed.hypot = { hypot(...items) { return hypot(...items) } }.hypot;
for (const [name, choose] of [['max', max], ['min', min]]) {
  computed[name] = { [name](...items) { charge(4 + items.length); return apply(choose, undefined, items) } }[name];
}
reshape(Math, [Symbol.toStringTag, 'E', 'LN10', 'LN2', 'LOG10E', 'LOG2E', 'PI', 'SQRT1_2', 'SQRT2',
  'abs', 'ceil', 'clz32', 'floor', 'fround', 'imul', 'round', 'sign', 'sqrt', 'trunc'], computed);
