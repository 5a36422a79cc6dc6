// The operators of the language, as instrumented scripts call them. The script has charged for the
// operation; what grows with an operand is charged here, before the work.

const { toPrimitive } = Symbol;
const primitive = (value, hint) => {
  if (!isObject(value)) return value;
  charge(8);
  const exotic = value[toPrimitive];
  if (exotic !== undefined && exotic !== null) {
    const out = apply(callable(exotic), value, [hint]);
    return isObject(out) ? fail(TypeError, 'an object has no primitive value') : out;
  }
  const first = hint === 'string' ? value.toString : value.valueOf;
  if (typeof first === 'function') {
    const out = apply(first, value, []);
    if (!isObject(out)) return out;
  }
  const second = hint === 'string' ? value.valueOf : value.toString;
  if (typeof second === 'function') {
    const out = apply(second, value, []);
    if (!isObject(out)) return out;
  }
  return fail(TypeError, 'an object has no primitive value');
};
const numeric = value => {
  const plain = primitive(value, 'number');
  if (typeof plain === 'bigint') return plain;
  if (typeof plain === 'string') charge(perLength(plain.length));
  return +plain;
};
const bounded = value => typeof value === 'bigint' ? checkBig(value) : value;
// Both operands as numbers, then the operation.
const withNumbers = (a, b, operation) => {
  const x = numeric(a), y = numeric(b);
  if (typeof x === 'bigint') charge(BIG_BITS_MAX >>> 6);
  return bounded(operation(x, y));
};
const bitsOf = value => native64.toString(value, 16).length * 4;
const power = (x, y) => {
  if (typeof x !== 'bigint' || typeof y !== 'bigint') {
    if (typeof x === 'bigint' || typeof y === 'bigint') fail(TypeError, 'a bigint and a number have no power');
    return powerOfNumbers(x, y);
  }
  if (x !== 0n && x !== 1n && x !== -1n && (y > 1024n || big(bitsOf(x) - 4) * y > 2048n)) {
    fail(RangeError, BIG_TOO_LONG);
  }
  return x ** y;
};
// Whole powers that a number holds exactly need no library.
const powerOfNumbers = (x, y) => {
  if (isInteger(x) && isInteger(y) && y >= 0 && y <= 64) {
    let out = 1;
    for (let i = 0; i < y; i++) out *= x;
    if (out <= 9007199254740991 && out >= -9007199254740991 && x !== 0) return out;
  }
  return computed.pow(x, y);
};
const shiftLeft = (x, y) => {
  if (typeof x !== 'bigint' || typeof y !== 'bigint') return x << y;
  if (y > 1024n && x !== 0n) fail(RangeError, BIG_TOO_LONG);
  return x === 0n ? x : y < -1024n ? (x < 0n ? -1n : 0n) : x << y;
};
const shiftRight = (x, y) => {
  if (typeof x !== 'bigint' || typeof y !== 'bigint') return x >> y;
  return shiftLeft(x, -y);
};
const compared = (a, b, operation) => {
  const x = primitive(a, 'number'), y = primitive(b, 'number');
  const isText = typeof x === 'string';
  if (isText || typeof y === 'string') {
    charge(perLength(isText && typeof y === 'string' ? min(x.length, y.length) : isText ? x.length : y.length));
  }
  return operation(x, y);
};
const isSameValue = (a, b) => {
  if (typeof a === 'string' && typeof b === 'string' && a.length === b.length) charge(perLength(a.length));
  return a === b;
};
const isLike = (a, b) => {
  if (typeof a === typeof b) return isSameValue(a, b);
  if (a === null || a === undefined || b === null || b === undefined) return a == b;
  const x = primitive(a, 'default'), y = primitive(b, 'default');
  if (typeof x === 'string') charge(perLength(x.length));
  if (typeof y === 'string') charge(perLength(y.length));
  return x == y;
};
const addition = (a, b) => {
  const x = primitive(a, 'default'), y = primitive(b, 'default');
  if (typeof x === 'string' || typeof y === 'string') return append(toText(x), toText(y));
  return bounded(x + y);
};
const propertyKey = value => {
  const key = primitive(value, 'string');
  if (typeof key === 'symbol') return key;
  const name = toText(key);
  charge(perLength(name.length));
  if (name === 'prototype' || name === '__proto__') fail(TypeError, 'the property ' + name + ' is not reached by a computed name');
  return name;
};
const arrayPrototype = Array.prototype;
const { iterator } = Symbol;
const spreadList = (value, limit, what) => {
  if (isArray(value) && getPrototypeOf(value) === arrayPrototype && !hasOwn(value, iterator)) {
    if (value.length > limit) tooLong(what, value.length, limit);
    make(value.length * 16);
    return value;
  }
  const out = [];
  for (const item of value) {
    charge(8);
    if (out.length === limit) tooLong(what, limit + 1, limit);
    out[out.length] = item;
  }
  make(out.length * 16);
  return out;
};

const operators = freeze({
  add: (a, b) => typeof a === 'number' && typeof b === 'number' ? a + b
    : typeof a === 'string' && typeof b === 'string' ? append(a, b) : addition(a, b),
  sub: (a, b) => typeof a === 'number' && typeof b === 'number' ? a - b : withNumbers(a, b, (x, y) => x - y),
  mul: (a, b) => typeof a === 'number' && typeof b === 'number' ? a * b : withNumbers(a, b, (x, y) => x * y),
  div: (a, b) => typeof a === 'number' && typeof b === 'number' ? a / b : withNumbers(a, b, (x, y) => x / y),
  mod: (a, b) => typeof a === 'number' && typeof b === 'number' ? a % b : withNumbers(a, b, (x, y) => x % y),
  pow: (a, b) => withNumbers(a, b, power),
  shl: (a, b) => typeof a === 'number' && typeof b === 'number' ? a << b : withNumbers(a, b, shiftLeft),
  shr: (a, b) => typeof a === 'number' && typeof b === 'number' ? a >> b : withNumbers(a, b, shiftRight),
  ushr: (a, b) => typeof a === 'number' && typeof b === 'number' ? a >>> b : withNumbers(a, b, (x, y) => x >>> y),
  and: (a, b) => typeof a === 'number' && typeof b === 'number' ? a & b : withNumbers(a, b, (x, y) => x & y),
  or: (a, b) => typeof a === 'number' && typeof b === 'number' ? a | b : withNumbers(a, b, (x, y) => x | y),
  xor: (a, b) => typeof a === 'number' && typeof b === 'number' ? a ^ b : withNumbers(a, b, (x, y) => x ^ y),
  lt: (a, b) => typeof a === 'number' && typeof b === 'number' ? a < b : compared(a, b, (x, y) => x < y),
  le: (a, b) => typeof a === 'number' && typeof b === 'number' ? a <= b : compared(a, b, (x, y) => x <= y),
  gt: (a, b) => typeof a === 'number' && typeof b === 'number' ? a > b : compared(a, b, (x, y) => x > y),
  ge: (a, b) => typeof a === 'number' && typeof b === 'number' ? a >= b : compared(a, b, (x, y) => x >= y),
  eq: isLike,
  ne: (a, b) => !isLike(a, b),
  same: isSameValue,
  differ: (a, b) => !isSameValue(a, b),
  neg: a => typeof a === 'number' ? -a : bounded(-numeric(a)),
  plus: a => {
    if (typeof a === 'number') return a;
    const value = primitive(a, 'number');
    if (typeof value === 'string') charge(perLength(value.length));
    return +value;
  },
  not: a => typeof a === 'number' ? ~a : bounded(~numeric(a)),
  num: a => typeof a === 'number' ? a : numeric(a),
  inc: a => { const value = typeof a === 'number' ? a : numeric(a); return typeof value === 'bigint' ? checkBig(value + 1n) : value + 1 },
  dec: a => { const value = typeof a === 'number' ? a : numeric(a); return typeof value === 'bigint' ? checkBig(value - 1n) : value - 1 },
  postinc: (object, key) => { const value = numeric(object[key]); object[key] = typeof value === 'bigint' ? checkBig(value + 1n) : value + 1; return value },
  postdec: (object, key) => { const value = numeric(object[key]); object[key] = typeof value === 'bigint' ? checkBig(value - 1n) : value - 1; return value },
  key: a => typeof a === 'number' ? a : propertyKey(a),
  cat: (...parts) => {
    let out = '';
    for (let i = 0; i < parts.length; i++) out = append(out, toText(primitive(parts[i], 'string')));
    return out;
  },
  spread: a => spreadList(a, ARRAY_MAX, 'an array'),
  args: a => spreadList(a, ARGUMENTS_MAX, 'a list of arguments'),
  // A text has its characters, which not every engine takes from it as it is.
  own: a => {
    if (typeof a !== 'string') { touchKeys(a); return a }
    if (a.length > ARRAY_MAX) tooLong('the characters of a text', a.length, ARRAY_MAX);
    make(a.length * 48);
    return Object(a);
  },
  keys: a => {
    for (let link = a; isObject(link); link = getPrototypeOf(link)) touchKeys(link);
    return a;
  },
  base: a => {
    if (typeof a === 'function') { checkChain(a); checkChain(a.prototype) }
    return a;
  },
  pick: (a, count) => { if (typeof a === 'string') charge(count * perLength(a.length)); return a },
  caught: canonical,
  freeze: a => freeze(a),
});
