// Strings: every method charges for what it reads and makes. Letters change case within ASCII only,
// since tables of letters differ between engines and years.

const own = {};
for (const name of ['charAt', 'charCodeAt', 'codePointAt', 'endsWith', 'includes', 'indexOf',
  'lastIndexOf', 'padEnd', 'padStart', 'repeat', 'split', 'startsWith', 'substring', 'trim',
  'trimEnd', 'trimStart', 'isWellFormed', 'toWellFormed', 'toLowerCase', 'toUpperCase']) {
  own[name] = uncurry(String.prototype[name]);
}
const { fromCharCode, fromCodePoint } = String;
const stringValue = uncurry(String.prototype.valueOf);
const nativeStringIterator = uncurry(String.prototype[Symbol.iterator]);
const thisText = value =>
  typeof value === 'string' ? value : value === undefined || value === null
    ? fail(TypeError, 'a method of a string is called on nothing') : toText(value);

// The work of looking for a text within another.
const search = (length, sought) => charge(4 + (length >>> 4) + ((length * min(sought, 64)) >>> 8) + ((sought * length) >>> 12));

// The text that stands for a match: `$$`, `$&`, `$`` and `$'` in `pattern` have their meaning.
const substitute = (subject, at, matched, pattern) => {
  let out = '', from = 0;
  for (;;) {
    const dollar = indexOf(pattern, '$', from);
    if (dollar < 0) break;
    charge(8);
    out = append(out, slice(pattern, from, dollar));
    const sign = pattern[dollar + 1];
    let part;
    if (sign === '$') part = '$';
    else if (sign === '&') part = matched;
    else if (sign === '`') part = slice(subject, 0, at);
    else if (sign === "'") part = slice(subject, at + matched.length);
    else { out += '$'; from = dollar + 1; continue }
    out = append(out, part);
    from = dollar + 2;
  }
  return out + slice(pattern, from);
};
const replaceIn = (subject, sought, replacement, isEach) => {
  const wanted = toText(sought);
  const isFunction = typeof replacement === 'function';
  const pattern = isFunction ? '' : toText(replacement);
  search(subject.length, wanted.length);
  let out = '', from = 0, at = indexOf(subject, wanted, 0);
  while (at >= 0) {
    charge(16 + ((at - from) >>> 4));
    const part = isFunction ? toText(replacement(wanted, at, subject))
      : indexOf(pattern, '$') < 0 ? pattern : substitute(subject, at, wanted, pattern);
    out = append(append(out, slice(subject, from, at)), part);
    from = at + wanted.length;
    if (!isEach) break;
    const next = wanted === '' ? from + 1 : from;
    if (next > subject.length) break;
    at = indexOf(subject, wanted, next);
  }
  return append(out, slice(subject, from));
};
const pad = (self, length, filler, name) => {
  const subject = thisText(self);
  const target = whole(length);
  if (target <= subject.length) return subject;
  stringOf(target, 'a padded string');
  return own[name](subject, target, filler === undefined ? ' ' : toText(filler));
};
const mapCase = (self, name, low, high) => {
  const subject = thisText(self);
  stringOf(subject.length * 2);
  let isAscii = true;
  for (let i = 0; i < subject.length && isAscii; i++) isAscii = codeAt(subject, i) < 128;
  charge(subject.length);
  if (isAscii) return own[name](subject);
  let out = '';
  for (let i = 0; i < subject.length; i++) {
    const unit = codeAt(subject, i);
    out += unit >= low && unit <= high ? own[name](subject[i]) : subject[i];
  }
  charge(subject.length * 4);
  return out;
};

reshape(String.prototype, ['constructor', 'length'], {
  at(index) {
    charge(4);
    const subject = thisText(this), at = whole(index);
    return subject[at < 0 ? subject.length + at : at];
  },
  charAt(index) { charge(4); return own.charAt(thisText(this), index) },
  charCodeAt(index) { charge(4); return own.charCodeAt(thisText(this), index) },
  codePointAt(index) { charge(4); return own.codePointAt(thisText(this), index) },
  concat(...parts) {
    let out = thisText(this);
    for (let i = 0; i < parts.length; i++) out = append(out, toText(parts[i]));
    return out;
  },
  endsWith(sought, end) {
    const subject = thisText(this), wanted = toText(sought);
    charge(4 + (wanted.length >>> 4));
    return own.endsWith(subject, wanted, end);
  },
  includes(sought, from) {
    const subject = thisText(this), wanted = toText(sought);
    search(subject.length, wanted.length);
    return own.includes(subject, wanted, from);
  },
  indexOf(sought, from) {
    const subject = thisText(this), wanted = toText(sought);
    search(subject.length, wanted.length);
    return own.indexOf(subject, wanted, from);
  },
  lastIndexOf(sought, from) {
    const subject = thisText(this), wanted = toText(sought);
    search(subject.length, wanted.length);
    return own.lastIndexOf(subject, wanted, from);
  },
  padEnd(length, filler) { return pad(this, length, filler, 'padEnd') },
  padStart(length, filler) { return pad(this, length, filler, 'padStart') },
  repeat(count) {
    const subject = thisText(this), times = whole(count);
    if (times < 0) fail(RangeError, 'a text cannot be repeated fewer than 0 times');
    stringOf(subject.length * times, 'a repeated string');
    return own.repeat(subject, times);
  },
  replace(sought, replacement) { return replaceIn(thisText(this), sought, replacement, false) },
  replaceAll(sought, replacement) { return replaceIn(thisText(this), sought, replacement, true) },
  slice(from, to) {
    const subject = thisText(this);
    const start = indexIn(from, subject.length, 0), end = indexIn(to, subject.length, subject.length);
    make(max(end - start, 0));
    return slice(subject, start, end);
  },
  split(separator, limit) {
    const subject = thisText(this);
    const most = limit === undefined ? ARRAY_MAX : limit >>> 0;
    if (separator === undefined) return most === 0 ? [] : [subject];
    const wanted = toText(separator);
    search(subject.length, wanted.length);
    make(subject.length);
    const parts = [];
    let from = 0;
    while (parts.length < most) {
      charge(16);
      if (parts.length === ARRAY_MAX) tooLong('an array', ARRAY_MAX + 1, ARRAY_MAX);
      if (wanted === '') {
        if (from >= subject.length) break;
        parts[parts.length] = subject[from++];
        continue;
      }
      const at = indexOf(subject, wanted, from);
      parts[parts.length] = at < 0 ? slice(subject, from) : slice(subject, from, at);
      if (at < 0) break;
      from = at + wanted.length;
    }
    return parts;
  },
  startsWith(sought, from) {
    const subject = thisText(this), wanted = toText(sought);
    charge(4 + (wanted.length >>> 4));
    return own.startsWith(subject, wanted, from);
  },
  substring(from, to) {
    const subject = thisText(this);
    make(subject.length);
    return own.substring(subject, from, to);
  },
  toLowerCase() { return mapCase(this, 'toLowerCase', 65, 90) },
  toUpperCase() { return mapCase(this, 'toUpperCase', 97, 122) },
  trim() { const subject = thisText(this); make(subject.length); return own.trim(subject) },
  trimEnd() { const subject = thisText(this); make(subject.length); return own.trimEnd(subject) },
  trimStart() { const subject = thisText(this); make(subject.length); return own.trimStart(subject) },
  isWellFormed() { const subject = thisText(this); make(subject.length); return own.isWellFormed(subject) },
  toWellFormed() { const subject = thisText(this); make(subject.length); return own.toWellFormed(subject) },
  toString() { return stringValue(this) },
  valueOf() { return stringValue(this) },
  [Symbol.iterator]() { return nativeStringIterator(thisText(this)) },
});

// `String` itself: text of a value, or an object around it.
const StringOf = { String: function (...items) {
  const value = items.length === 0 ? '' : items[0];
  if (new.target === undefined) {
    return typeof value === 'symbol' ? symbolText(value) : toText(value);
  }
  return construct(text, [toText(value)], new.target);
} }.String;
const symbolText = uncurry(Symbol.prototype.toString);
replaceConstructor(StringOf, text, {
  fromCharCode(...units) { stringOf(units.length); return apply(fromCharCode, text, units) },
  fromCodePoint(...points) { stringOf(points.length * 2); return apply(fromCodePoint, text, points) },
  raw(strings, ...values) {
    const parts = strings.raw, length = lengthOf(parts);
    let out = '';
    for (let i = 0; i < length; i++) {
      out = append(out, toText(parts[i]));
      if (i + 1 < length && i < values.length) out = append(out, toText(values[i]));
    }
    return out;
  },
});
