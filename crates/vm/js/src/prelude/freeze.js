// What is left of the world, and nothing of it can be changed any more.

const GLOBALS = ['Array', 'ArrayBuffer', 'BigInt', 'BigInt64Array', 'BigUint64Array', 'Boolean', 'DataView',
  'Error', 'EvalError', 'Infinity', 'Int16Array', 'Int32Array', 'Int8Array', 'JSON', 'Map', 'Math', 'NaN',
  'Number', 'Object', 'RangeError', 'ReferenceError', 'Reflect', 'RegExp', 'Set', 'String', 'Symbol', 'SyntaxError',
  'TypeError', 'URIError', 'Uint16Array', 'Uint32Array', 'Uint8Array', 'Uint8ClampedArray', 'WeakMap',
  'WeakSet', 'console', 'isFinite', 'isNaN', 'parseFloat', 'parseInt', 'undefined'];
for (const name of ownKeys(world)) if (!GLOBALS.includes(name)) deleteProperty(world, name);

// Iterators keep how they step and nothing else.
const iteratorPrototype = getPrototypeOf(getPrototypeOf([][Symbol.iterator]()));
reshape(iteratorPrototype, [Symbol.iterator]);
reshape(Symbol.prototype, ['constructor', 'toString', 'valueOf', 'description', Symbol.toPrimitive, Symbol.toStringTag]);

// A property that contracts give objects of their own, although it is frozen where they inherit it
// from: an assignment makes an own property, as it would without the freezing.
const open = (owner, names) => {
  for (const name of names) {
    const { value } = descriptorOf(owner, name);
    define(owner, name, {
      get() { return value },
      set(own) {
        if (this === owner || !isObject(this)) fail(TypeError, toText(name) + ' cannot be changed here');
        define(this, name, { value: own, writable: true, enumerable: true, configurable: true });
      },
      enumerable: false,
      configurable: false,
    });
  }
};
open(Object.prototype, ['constructor', 'hasOwnProperty', 'toString', 'valueOf']);
for (const Kind of errors) open(Kind.prototype, ['constructor', 'name', 'message']);
open(Error.prototype, ['toString']);

const env = {
  memory: MEMORY_MAX,
  refill: chunk => door(big, REFILL, chunk),
  exhausted: () => door(big, EXHAUSTED, 0),
  deep: () => {
    const error = new RangeError('calls nest too deep');
    addDeep(tooDeep, error);
    throw error;
  },
  bind: (spend, left, set, reserve, thrown) => {
    charge = spend;
    allocate = reserve;
    thrownAt = thrown ?? nothing;
    take = () => { const chunk = left(); set(0); return chunk };
  },
  operators,
  modules,
};
const tooDeep = new WeakSet();
const addDeep = uncurry(WeakSet.prototype.add), hasDeep = uncurry(WeakSet.prototype.has);

const seen = new Set();
const hasSeen = uncurry(Set.prototype.has), see = uncurry(Set.prototype.add);
const freezeAll = root => {
  const waiting = [root];
  while (waiting.length > 0) {
    const value = waiting[waiting.length - 1];
    waiting.length--;
    if (!isObject(value) || hasSeen(seen, value)) continue;
    see(seen, value);
    freeze(value);
    waiting[waiting.length] = getPrototypeOf(value);
    for (const key of ownKeys(value)) {
      const property = descriptorOf(value, key);
      for (const part of [property.value, property.get, property.set]) waiting[waiting.length] = part;
    }
  }
};
for (const iterated of [[], new Map(), new Set(), '']) freezeAll(iterated[Symbol.iterator]());
for (const kind of [function* () {}, async function () {}, async function* () {}]) freezeAll(kind);
freezeAll(env);
freezeAll(world);
