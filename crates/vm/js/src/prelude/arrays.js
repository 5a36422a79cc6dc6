// Arrays: methods that take a callback are written here, so that it is called as often and in the
// same order on every engine; the others charge for their elements before the engine's own runs.

const NativeArray = Array;
const nativeArray = {};
for (const name of ['pop', 'push', 'shift', 'unshift', 'splice', 'slice', 'reverse', 'fill',
  'copyWithin', 'includes', 'indexOf', 'lastIndexOf', 'values', 'keys', 'entries']) {
  nativeArray[name] = uncurry(Array.prototype[name]);
}

const isTrueArray = isArray;
const rangeCheck = length => {
  if (length > ARRAY_MAX) tooLong('an array', length, ARRAY_MAX);
};
const ArrayOf = { Array: function (...items) {
  const target = new.target === undefined ? ArrayOf : new.target;
  if (items.length === 1 && typeof items[0] === 'number') {
    rangeCheck(items[0]);
    make(items[0] * 16);
  }
  return construct(NativeArray, items, target);
} }.Array;
replaceConstructor(ArrayOf, NativeArray, {
  isArray(value) { charge(4); return isTrueArray(value) },
  of(...items) { make(items.length * 16); return items },
  from(source, callback, self) {
    if (callback !== undefined) callable(callback);
    const out = [];
    const push = item => {
      if (out.length === ARRAY_MAX) tooLong('an array', ARRAY_MAX + 1, ARRAY_MAX);
      charge(12);
      out[out.length] = callback === undefined ? item : apply(callback, self, [item, out.length]);
    };
    if (source === undefined || source === null) fail(TypeError, text(source) + ' is no list');
    if (typeof source[Symbol.iterator] === 'function') {
      for (const item of source) push(item);
    } else {
      const length = lengthOf(source);
      for (let i = 0; i < length; i++) push(source[i]);
    }
    return out;
  },
});

// Goes over the elements that are there, as the callback methods do.
const ARRAY_STEP = 12;
const ARRAY_BASE = 24;
const over = (self, callback, step) => {
  charge(ARRAY_BASE);
  const list = Object(asObject(self)), length = lengthOf(list);
  callable(callback);
  for (let i = 0; i < length; i++) {
    charge(ARRAY_STEP);
    if (i in list && step(list[i], i, list)) return;
  }
};
const findIn = (self, callback, receiver, isLast, wantsIndex) => {
  charge(ARRAY_BASE);
  const list = Object(asObject(self)), length = lengthOf(list);
  callable(callback);
  for (let step = 0; step < length; step++) {
    charge(ARRAY_STEP);
    const i = isLast ? length - 1 - step : step;
    const item = list[i];
    if (apply(callback, receiver, [item, i, list])) return wantsIndex ? i : item;
  }
  return wantsIndex ? -1 : undefined;
};
const reduceIn = (self, callback, initial, isRight) => {
  charge(ARRAY_BASE);
  const list = Object(asObject(self)), length = lengthOf(list);
  callable(callback);
  let value, has = initial.length > 0;
  if (has) value = initial[0];
  for (let step = 0; step < length; step++) {
    charge(ARRAY_STEP);
    const i = isRight ? length - 1 - step : step;
    if (!(i in list)) continue;
    if (has) value = callback(value, list[i], i, list);
    else { value = list[i]; has = true }
  }
  return has ? value : fail(TypeError, 'an empty array has nothing to reduce');
};
const flattenInto = (out, list, depth) => {
  const length = lengthOf(list);
  for (let i = 0; i < length; i++) {
    charge(ARRAY_STEP);
    if (!(i in list)) continue;
    const item = list[i];
    if (depth > 0 && isTrueArray(item)) flattenInto(out, item, depth - 1);
    else { rangeCheck(out.length + 1); out[out.length] = item }
  }
  return out;
};

// A text comparison pays for what both texts may have in common.
const textOrder = (a, b) => {
  const x = toText(a), y = toText(b);
  charge(4 + (min(x.length, y.length) >>> 4));
  return x < y ? -1 : x > y ? 1 : 0;
};
const mergeSort = (items, order) => {
  let from = items, to = [];
  const length = items.length;
  make(length * 16);
  for (let width = 1; width < length; width *= 2) {
    for (let start = 0; start < length; start += 2 * width) {
      const middle = min(start + width, length), end = min(start + 2 * width, length);
      let left = start, right = middle;
      for (let at = start; at < end; at++) {
        charge(ARRAY_STEP);
        const takesLeft = left < middle && (right >= end || !(+order(from[left], from[right]) > 0));
        to[at] = takesLeft ? from[left++] : from[right++];
      }
    }
    [from, to] = [to, from];
  }
  return from;
};
const sorted = (list, compare) => {
  charge(ARRAY_BASE);
  if (compare !== undefined) callable(compare);
  const length = lengthOf(list), items = [];
  let blanks = 0;
  charge(length * 2);
  for (let i = 0; i < length; i++) {
    if (i in list && list[i] !== undefined) items[items.length] = list[i];
    else blanks++;
  }
  const out = mergeSort(items, compare === undefined ? textOrder : (a, b) => compare(a, b));
  for (let i = 0; i < blanks; i++) out[out.length] = undefined;
  return out;
};

// The lists that are being joined, so that one within itself is empty, as the language says.
const joining = [];
const joinList = (list, separator) => {
  charge(ARRAY_BASE);
  if (joining.length >= NESTING_MAX) tooLong('nesting of joined arrays', joining.length + 1, NESTING_MAX);
  for (let i = 0; i < joining.length; i++) if (joining[i] === list) return '';
  const length = lengthOf(list);
  joining[joining.length] = list;
  try {
    let out = '';
    for (let i = 0; i < length; i++) {
      charge(ARRAY_STEP);
      const item = list[i];
      if (i > 0) out = append(out, separator);
      if (item !== undefined && item !== null) out = append(out, toText(item));
    }
    return out;
  } finally {
    joining.length--;
  }
};
const listOf = self => Object(asObject(self));
const chargeAll = self => {
  const list = listOf(self), length = lengthOf(list);
  charge(8 + length);
  return list;
};
// The engine's search compares texts whole.
const chargeSearch = (self, sought) => {
  const list = listOf(self), length = lengthOf(list);
  charge(8 + length * (typeof sought === 'string' ? 1 + (sought.length >>> 6) : 1));
  return list;
};

reshape(Array.prototype, ['constructor', 'length'], {
  at(index) {
    charge(4);
    const at = whole(index), list = listOf(this);
    return list[at < 0 ? lengthOf(list) + at : at];
  },
  concat(...others) {
    const out = [];
    for (const part of [listOf(this), ...others]) {
      const isList = isTrueArray(part), length = isList ? lengthOf(part) : 1;
      rangeCheck(out.length + length);
      make(length * 16);
      for (let i = 0; i < length; i++) out[out.length] = isList ? part[i] : part;
    }
    return out;
  },
  entries() { charge(8); return nativeArray.entries(this) },
  every(callback, self) {
    let all = true;
    over(this, callback, (item, i, list) => !apply(callback, self, [item, i, list]) && !(all = false));
    return all;
  },
  fill(value, from, to) { return nativeArray.fill(chargeAll(this), value, from, to) },
  filter(callback, self) {
    const out = [];
    over(this, callback, (item, i, list) => {
      if (apply(callback, self, [item, i, list])) out[out.length] = item;
    });
    return out;
  },
  find(callback, self) { return findIn(this, callback, self, false, false) },
  findIndex(callback, self) { return findIn(this, callback, self, false, true) },
  findLast(callback, self) { return findIn(this, callback, self, true, false) },
  findLastIndex(callback, self) { return findIn(this, callback, self, true, true) },
  flat(depth) { return flattenInto([], listOf(this), min(depth === undefined ? 1 : whole(depth), NESTING_MAX)) },
  flatMap(callback, self) {
    const out = [];
    over(this, callback, (item, i, list) => {
      const part = apply(callback, self, [item, i, list]);
      if (isTrueArray(part)) flattenInto(out, part, 0);
      else { rangeCheck(out.length + 1); out[out.length] = part }
    });
    return out;
  },
  forEach(callback, self) { over(this, callback, (item, i, list) => { apply(callback, self, [item, i, list]) }) },
  includes(sought, from) { return nativeArray.includes(chargeSearch(this, sought), sought, from === undefined ? 0 : from) },
  indexOf(sought, from) { return nativeArray.indexOf(chargeSearch(this, sought), sought, from === undefined ? 0 : from) },
  lastIndexOf(sought, ...from) { return nativeArray.lastIndexOf(chargeSearch(this, sought), sought, ...from) },
  join(separator) { return joinList(listOf(this), separator === undefined ? ',' : toText(separator)) },
  keys() { charge(8); return nativeArray.keys(this) },
  map(callback, self) {
    const out = [];
    charge(ARRAY_BASE);
    const list = listOf(this), length = lengthOf(list);
    callable(callback);
    out.length = length;
    make(length * 16);
    for (let i = 0; i < length; i++) {
      charge(ARRAY_STEP);
      if (i in list) out[i] = apply(callback, self, [list[i], i, list]);
    }
    return out;
  },
  pop() { charge(4); return nativeArray.pop(this) },
  push(...items) {
    make(items.length * 16);
    rangeCheck(this.length + items.length);
    return nativeArray.push(this, ...items);
  },
  reduce(callback, ...initial) { return reduceIn(this, callback, initial, false) },
  reduceRight(callback, ...initial) { return reduceIn(this, callback, initial, true) },
  reverse() { return nativeArray.reverse(chargeAll(this)) },
  shift() { return nativeArray.shift(chargeAll(this)) },
  slice(from, to) {
    const list = chargeAll(this), length = lengthOf(list), out = [];
    const end = indexIn(to, length, length);
    for (let i = indexIn(from, length, 0); i < end; i++) { charge(ARRAY_STEP); out[out.length] = list[i] }
    return out;
  },
  some(callback, self) {
    let any = false;
    over(this, callback, (item, i, list) => apply(callback, self, [item, i, list]) && (any = true));
    return any;
  },
  sort(compare) {
    const list = listOf(this), out = sorted(list, compare);
    for (let i = 0; i < out.length; i++) list[i] = out[i];
    return list;
  },
  splice(...items) {
    const list = chargeAll(this);
    make(items.length * 16);
    rangeCheck(list.length + items.length);
    return nativeArray.splice(list, ...items);
  },
  toReversed() {
    const list = chargeAll(this), out = [];
    for (let i = lengthOf(list) - 1; i >= 0; i--) out[out.length] = list[i];
    return out;
  },
  toSorted(compare) { return sorted(listOf(this), compare) },
  toString() { return joinList(listOf(this), ',') },
  unshift(...items) {
    const list = chargeAll(this);
    make(items.length * 16);
    rangeCheck(list.length + items.length);
    return nativeArray.unshift(list, ...items);
  },
  values() { charge(8); return nativeArray.values(this) },
  [Symbol.iterator]: Array.prototype[Symbol.iterator],
});
