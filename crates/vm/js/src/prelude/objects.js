// Objects, functions, symbols and errors.

const enumerableKeys = object => {
  const keys = keysOf(object);
  // The keys were paid for when they were put there; going over them is paid now.
  charge(8 + keys.length * 2);
  return keys;
};
const asObject = value =>
  value === undefined || value === null ? fail(TypeError, text(value) + ' is no object') : value;

// A chain of prototypes is walked wherever a property is missing, so it is kept short.
const checkChain = prototype => {
  let length = 0;
  for (let link = prototype; link !== null && link !== undefined; link = getPrototypeOf(link)) {
    if (++length > PROTOTYPES_MAX) tooLong('a chain of prototypes', length, PROTOTYPES_MAX);
  }
  charge(4 + length);
};

// A constructor keeps its prototype: with another one, chains could grow that nobody counts.
const checkKey = (object, key) => {
  if (key === 'prototype' && typeof object === 'function') {
    fail(TypeError, 'the property prototype of a function stays as it is');
  }
  return key;
};
const asKey = key => typeof key === 'symbol' ? key : toText(key);

const { setPrototypeOf } = Object;
const sortNative = uncurry(Array.prototype.sort);
const bySymbol = (a, b) => text(a) < text(b) ? -1 : 1;
// Engines define what is theirs in orders of their own; contracts see the order of the names.
const keysIn = object => {
  const keys = ownKeys(object), names = [], symbols = [];
  if (!hasSeen(seen, object)) return keys;
  for (let i = 0; i < keys.length; i++) {
    const list = typeof keys[i] === 'symbol' ? symbols : names;
    list[list.length] = keys[i];
  }
  sortNative(names);
  sortNative(symbols, bySymbol);
  for (let i = 0; i < symbols.length; i++) names[names.length] = symbols[i];
  return names;
};
const native = {
  freeze,
  seal: Object.seal,
  preventExtensions: Object.preventExtensions,
  isSealed: Object.isSealed,
  toString: uncurry(Object.prototype.toString),
  isPrototypeOf: uncurry(Object.prototype.isPrototypeOf),
  isEnumerable: uncurry(Object.prototype.propertyIsEnumerable),
};
const touchKeys = value => { if (isObject(value)) charge(8 + ownKeys(value).length * 2) };

reshape(Object, ['length', 'name', 'prototype', 'is', 'getPrototypeOf', 'isExtensible'], {
  hasOwn(value, key) { return hasOwn(Object(asObject(value)), key) },
  assign(target, ...sources) {
    const object = Object(asObject(target));
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i];
      if (source === undefined || source === null) continue;
      const from = Object(source);
      const keys = enumerableKeys(from);
      for (let k = 0; k < keys.length; k++) object[checkKey(object, keys[k])] = from[keys[k]];
    }
    return object;
  },
  create(prototype, properties) {
    checkChain(prototype);
    const object = createObject(prototype);
    return properties === undefined ? object : Object.defineProperties(object, properties);
  },
  defineProperty(object, key, property) {
    charge(16);
    return define(object, checkKey(object, asKey(key)), property);
  },
  defineProperties(object, properties) {
    const keys = enumerableKeys(asObject(properties));
    for (let i = 0; i < keys.length; i++) define(object, checkKey(object, keys[i]), properties[keys[i]]);
    return object;
  },
  entries(value) {
    const object = Object(asObject(value));
    const keys = enumerableKeys(object);
    const out = [];
    for (let i = 0; i < keys.length; i++) out[i] = [keys[i], object[keys[i]]];
    make(keys.length * 64);
    return out;
  },
  freeze(value) { touchKeys(value); return native.freeze(value) },
  seal(value) { touchKeys(value); return native.seal(value) },
  preventExtensions(value) { charge(4); return native.preventExtensions(value) },
  isFrozen(value) { touchKeys(value); return isFrozen(value) },
  isSealed(value) { touchKeys(value); return native.isSealed(value) },
  fromEntries(entries) {
    const out = {};
    for (const entry of asObject(entries)) {
      charge(16);
      define(out, entry[0], { value: entry[1], writable: true, enumerable: true, configurable: true });
    }
    return out;
  },
  getOwnPropertyDescriptor(object, key) { charge(16); return descriptorOf(asObject(object), key) },
  getOwnPropertyNames(value) {
    touchKeys(value);
    const keys = keysIn(Object(asObject(value)));
    const out = [];
    for (let i = 0; i < keys.length; i++) if (typeof keys[i] === 'string') out[out.length] = keys[i];
    return out;
  },
  keys(value) { return enumerableKeys(Object(asObject(value))) },
  values(value) {
    const object = Object(asObject(value));
    const keys = enumerableKeys(object);
    const out = [];
    for (let i = 0; i < keys.length; i++) out[i] = object[keys[i]];
    return out;
  },
});
reshape(Object.prototype, ['constructor', 'hasOwnProperty', 'valueOf'], {
  isPrototypeOf(value) { charge(8); return native.isPrototypeOf(this, value) },
  propertyIsEnumerable(key) { charge(8); return native.isEnumerable(this, key) },
  toString() { charge(8); return native.toString(this) },
});

reshape(Reflect, [Symbol.toStringTag, 'get', 'has', 'getPrototypeOf'], {
  apply(callee, self, list) {
    const length = lengthOf(list);
    if (length > ARGUMENTS_MAX) tooLong('a list of arguments', length, ARGUMENTS_MAX);
    charge(8 + length);
    return apply(callee, self, list);
  },
  ownKeys(object) { touchKeys(object); return keysIn(object) },
  defineProperty(object, key, property) {
    charge(16);
    define(object, checkKey(object, asKey(key)), property);
    return true;
  },
  set(object, key, value) { charge(8); object[checkKey(object, asKey(key))] = value; return true },
});

// A bound function that is bound again keeps its first function and value, so that there is no
// chain of them to walk.
const bound = new WeakMap();
const boundGet = uncurry(WeakMap.prototype.get);
const boundSet = uncurry(WeakMap.prototype.set);
const forbidden = name => ({
  [name]: function () { fail(TypeError, 'code cannot be made of text') },
})[name];
const FunctionPrototype = Function.prototype;
reshape(FunctionPrototype, ['length', 'name', 'call', Symbol.hasInstance], {
  apply(self, list) {
    const items = list === undefined || list === null ? [] : list;
    const length = lengthOf(items);
    if (length > ARGUMENTS_MAX) tooLong('a list of arguments', length, ARGUMENTS_MAX);
    charge(8 + length);
    return apply(this, self, items);
  },
  bind(self, ...first) {
    let target = callable(this), items = first;
    const known = boundGet(bound, target);
    if (known !== undefined) [target, self, items] = [known[0], known[1], [...known[2], ...first]];
    if (items.length > ARGUMENTS_MAX) tooLong('a list of arguments', items.length, ARGUMENTS_MAX);
    make(64 + items.length * 16);
    const out = { bound: (...more) => { charge(8 + items.length); return apply(target, self, [...items, ...more]) } }.bound;
    boundSet(bound, out, [target, self, items]);
    return out;
  },
  toString() {
    callable(this);
    return 'function () { [native code] }';
  },
});
define(FunctionPrototype, 'constructor', { value: forbidden('Function'), writable: true });
define(world, 'Function', { value: FunctionPrototype.constructor, writable: false });
define(FunctionPrototype.constructor, 'prototype', { value: FunctionPrototype, writable: false });
for (const kind of [function* () {}, async function () {}, async function* () {}]) {
  define(getPrototypeOf(kind), 'constructor', { value: forbidden('Function') });
}

// Those that the language has cannot be deleted, and newer engines have more of them.
const NativeSymbol = Symbol;
const { iterator: iteratorKey, hasInstance, toPrimitive: toPrimitiveKey, toStringTag } = Symbol;
const SymbolOf = { Symbol: function (description) {
  if (new.target !== undefined) fail(TypeError, 'Symbol is no constructor');
  return description === undefined ? NativeSymbol() : NativeSymbol(toText(description));
} }.Symbol;
replaceConstructor(SymbolOf, NativeSymbol,
  { iterator: iteratorKey, hasInstance, toPrimitive: toPrimitiveKey, toStringTag });

// Engines word their errors differently and keep traces of the stack: neither is seen here. Errors
// that contracts and this prelude make are noted; of those that an engine makes, `canonical` makes
// others, whose words are the same everywhere.
Error.stackTraceLimit = 0;
const made = new WeakSet(), kinds = new WeakMap();
const isMade = uncurry(WeakSet.prototype.has), noteMade = uncurry(WeakSet.prototype.add);
const kindOf = uncurry(WeakMap.prototype.get), setKind = uncurry(WeakMap.prototype.set);
const errors = [Error, TypeError, RangeError, ReferenceError, SyntaxError, EvalError, URIError];
const WORDS = {
  TypeError: 'a value is not of a kind that the operation takes',
  RangeError: 'a value is not in the range that the operation takes',
  ReferenceError: 'a name has no value here',
  SyntaxError: 'a text is not of the form that is read',
};
// What the engine throws where its own stack or memory ends, which metering comes before.
const Internal = world.InternalError;
const OVERFLOW = 'Maximum call stack size exceeded';
const errorOf = Native => {
  const Kind = { [Native.name]: function (message, ...options) {
    const error = construct(Native, [message, ...options], new.target === undefined ? Kind : new.target);
    deleteProperty(error, 'stack');
    define(error, 'stack', { value: undefined, writable: true, enumerable: false, configurable: true });
    noteMade(made, error);
    return error;
  } }[Native.name];
  return Kind;
};
let ErrorOf;
for (const Native of errors) {
  reshape(Native, ['length', 'name', 'prototype']);
  reshape(Native.prototype, ['constructor', 'name', 'message']);
  const Kind = replaceConstructor(errorOf(Native), Native);
  if (ErrorOf === undefined) ErrorOf = Kind;
  else setPrototypeOf(Kind, ErrorOf);
  setKind(kinds, Native.prototype, { Kind, words: WORDS[Kind.name] ?? 'the operation is refused' });
}
if (Internal !== undefined) setKind(kinds, Internal.prototype, { Kind: undefined });
const canonical = error => {
  if (!isObject(error) || isMade(made, error)) return error;
  const kind = kindOf(kinds, getPrototypeOf(error));
  if (kind === undefined || native.toString(error) !== '[object Error]') return error;
  // Neither its length nor its letters may be seen in what is charged.
  const said = wellFormed(slice(text(descriptorOf(error, 'message')?.value), 0, 256));
  if (kind.Kind === undefined || said === OVERFLOW) host(BROKEN, said);
  host(REMARK, said);
  return new kind.Kind(kind.words);
};
reshape(ErrorOf.prototype, ['constructor', 'name', 'message'], {
  toString() {
    const name = this.name === undefined ? 'Error' : toText(this.name);
    const message = this.message === undefined ? '' : toText(this.message);
    stringOf(name.length + message.length + 2);
    return name === '' ? message : message === '' ? name : name + ': ' + message;
  },
});
