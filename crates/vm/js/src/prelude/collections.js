// Maps, sets, buffers and typed arrays.

// A key that is a text is hashed whole.
const chargeKey = key => charge(typeof key === 'string' ? 12 + (key.length >>> 2) : 12);
const COLLECTION_MAX = 1 << 16; // entries of a map or set
for (const Kind of [Map, Set, WeakMap, WeakSet]) {
  const prototype = Kind.prototype, methods = {}, isWeak = Kind === WeakMap || Kind === WeakSet;
  const sizeOf = isWeak ? () => 0 : getter(prototype, 'size');
  for (const name of ['get', 'has', 'delete']) {
    if (!hasOwn(prototype, name)) continue;
    const inner = uncurry(prototype[name]);
    methods[name] = { [name](key) { chargeKey(key); return inner(this, key) } }[name];
  }
  const adder = hasOwn(prototype, 'set') ? 'set' : 'add';
  const add = uncurry(prototype[adder]);
  const admit = (self, key) => {
    chargeKey(key);
    make(64);
    if (sizeOf(self) >= COLLECTION_MAX) tooLong('a collection', COLLECTION_MAX + 1, COLLECTION_MAX);
  };
  methods[adder] = adder === 'set'
    ? { set(key, value) { admit(this, key); return add(this, key, value) } }.set
    : { add(key) { admit(this, key); return add(this, key) } }.add;
  if (!isWeak) {
    const clear = uncurry(prototype.clear), entries = uncurry(prototype.entries);
    methods.clear = { clear() { charge(8 + sizeOf(this) * 4); return clear(this) } }.clear;
    methods.forEach = { forEach(callback, self) {
      callable(callback);
      for (const [key, value] of entries(this)) {
        charge(ARRAY_STEP);
        apply(callback, self, [value, key, this]);
      }
    } }.forEach;
  }
  reshape(prototype, ['constructor', 'size', 'keys', 'values', 'entries', Symbol.iterator, Symbol.toStringTag], methods);
  reshape(Kind, ['length', 'name', 'prototype']);
}

const NativeBuffer = ArrayBuffer;
const bufferSlice = uncurry(NativeBuffer.prototype.slice);
const bufferLength = getter(NativeBuffer.prototype, 'byteLength');
const isView = ArrayBuffer.isView;
const checkBytes = bytes => {
  if (bytes > BUFFER_MAX) tooLong('a buffer', bytes, BUFFER_MAX);
  make(bytes);
};
const BufferOf = { ArrayBuffer: function (length) {
  if (new.target === undefined) fail(TypeError, 'ArrayBuffer is a constructor');
  const bytes = whole(length);
  checkBytes(bytes);
  return construct(NativeBuffer, [bytes], new.target);
} }.ArrayBuffer;
replaceConstructor(BufferOf, NativeBuffer, { isView(value) { charge(4); return isView(value) } });
reshape(NativeBuffer.prototype, ['constructor', 'byteLength', Symbol.toStringTag], {
  slice(from, to) { make(bufferLength(this)); return bufferSlice(this, from, to) },
});
const views = ['getInt8', 'getUint8', 'getInt16', 'getUint16', 'getInt32', 'getUint32', 'getBigInt64', 'getBigUint64'];
reshape(DataView.prototype, ['constructor', 'buffer', 'byteLength', 'byteOffset', Symbol.toStringTag,
  ...views, ...views.map(name => 's' + name.slice(1))]);
reshape(DataView, ['length', 'name', 'prototype']);

const nativeTyped = {};
for (const name of ['set', 'subarray', 'slice', 'fill', 'reverse', 'includes', 'indexOf', 'lastIndexOf']) {
  nativeTyped[name] = uncurry(TypedArray.prototype[name]);
}
const { keys: typedKeys, values: typedValues, entries: typedEntries } = TypedArray.prototype;
const chargeTyped = self => { charge(8 + (typedLength(self) >>> 2)); return self };
const bytesOf = source => {
  if (typedTag(source) !== undefined) return typedLength(source) * 8;
  return lengthOf(source) * 8;
};
reshape(TypedArray.prototype, ['constructor', 'buffer', 'byteLength', 'byteOffset', 'length', 'keys',
  'values', 'entries', Symbol.iterator, Symbol.toStringTag], {
  at(index) { charge(4); const at = whole(index); return this[at < 0 ? typedLength(this) + at : at] },
  every(callback, self) { let all = true; overTyped(this, callback, self, value => !value && !(all = false)); return all },
  fill(value, from, to) { return nativeTyped.fill(chargeTyped(this), value, from, to) },
  find(callback, self) { let out; overTyped(this, callback, self, (hit, item) => hit && ((out = item), true)); return out },
  findIndex(callback, self) { let out = -1; overTyped(this, callback, self, (hit, _, i) => hit && ((out = i), true)); return out },
  forEach(callback, self) { overTyped(this, callback, self, () => false) },
  includes(sought, from) { return nativeTyped.includes(chargeTyped(this), sought, from === undefined ? 0 : from) },
  indexOf(sought, from) { return nativeTyped.indexOf(chargeTyped(this), sought, from === undefined ? 0 : from) },
  join(separator) { charge(typedLength(this)); return joinList(Array.from(this), separator === undefined ? ',' : toText(separator)) },
  lastIndexOf(sought, ...from) { return nativeTyped.lastIndexOf(chargeTyped(this), sought, ...from) },
  map(callback, self) {
    const out = new this.constructor(typedLength(this));
    overTyped(this, callback, self, (value, _, i) => { out[i] = value });
    return out;
  },
  reduce(callback, ...initial) { return reduceIn(this, callback, initial, false) },
  reverse() { return nativeTyped.reverse(chargeTyped(this)) },
  set(source, offset) {
    charge(8 + bytesOf(source));
    return nativeTyped.set(this, source, offset === undefined ? 0 : offset);
  },
  slice(from, to) { make(typedLength(this) * 8); return nativeTyped.slice(this, from, to) },
  some(callback, self) { let any = false; overTyped(this, callback, self, value => value && (any = true)); return any },
  subarray(from, to) { charge(16); return nativeTyped.subarray(this, from, to) },
  toString() { return joinList(Array.from(this), ',') },
});
const overTyped = (list, callback, self, step) => {
  const length = typedLength(list);
  callable(callback);
  for (let i = 0; i < length; i++) {
    charge(ARRAY_STEP);
    const item = list[i];
    if (step(apply(callback, self, [item, i, list]), item, i)) return;
  }
};

// Arrays of floats are not among them: the bits of a number that is none differ between engines.
const abstractTyped = { TypedArray: function () { fail(TypeError, 'TypedArray is no constructor') } }.TypedArray;
define(abstractTyped, 'prototype', { value: TypedArray.prototype, writable: false });
define(TypedArray.prototype, 'constructor', { value: abstractTyped, writable: true });
reshape(TypedArray, ['length', 'name', 'prototype']);
for (const name of ['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array',
  'Int32Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array']) {
  const Native = world[name], width = Native.BYTES_PER_ELEMENT;
  const admit = source => {
    if (!isObject(source)) return checkBytes(whole(source) * width);
    if (source instanceof NativeBuffer) return charge(16);
    const list = typedTag(source) === undefined && typeof source[Symbol.iterator] === 'function' && !isTrueArray(source);
    if (!list) checkBytes((typedTag(source) === undefined ? lengthOf(source) : typedLength(source)) * width);
    return list;
  };
  const Kind = { [name]: function (source, ...rest) {
    if (new.target === undefined) fail(TypeError, name + ' is a constructor');
    const items = admit(source) === true ? Array.from(source) : source;
    if (items !== source) checkBytes(items.length * width);
    return construct(Native, [items, ...rest], new.target);
  } }[name];
  replaceConstructor(Kind, Native, {
    BYTES_PER_ELEMENT: width,
    from(source, callback, self) { return new Kind(Array.from(source, callback, self)) },
    of(...items) { return new Kind(items) },
  });
  reshape(Native.prototype, ['constructor', 'BYTES_PER_ELEMENT']);
}
for (const Native of [Float32Array, Float64Array]) reshape(Native.prototype, []);
