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

// The text that stands for a match: `$$`, `$&`, `$`` and `$'` in `pattern` have their meaning, and
// with the groups of a regular expression `$1` and `$<name>`.
const substitute = (subject, at, matched, pattern, found) => {
  let out = '', from = 0;
  for (;;) {
    const dollar = indexOf(pattern, '$', from);
    if (dollar < 0) break;
    charge(8);
    out = append(out, slice(pattern, from, dollar));
    const sign = pattern[dollar + 1];
    let part, width = 2;
    if (sign === '$') part = '$';
    else if (sign === '&') part = matched;
    else if (sign === '`') part = slice(subject, 0, at);
    else if (sign === "'") part = slice(subject, at + matched.length);
    else {
      [part, width] = found === undefined ? ['$', 1] : groupIn(found, pattern, dollar);
    }
    out = append(out, part);
    from = dollar + width;
  }
  return out + slice(pattern, from);
};
// What `$1`, `$12` or `$<name>` at a place stands for, and how long that is; itself where it is none.
const groupIn = (found, pattern, dollar) => {
  const digit = at => { const code = codeAt(pattern, at) - 48; return code >= 0 && code < 10 ? code : -1 };
  const first = digit(dollar + 1), second = digit(dollar + 2);
  const both = first * 10 + second;
  if (first >= 0 && second >= 0 && both > 0 && both < found.length) return [found[both] ?? '', 3];
  if (first > 0 && first < found.length) return [found[first] ?? '', 2];
  const end = pattern[dollar + 1] === '<' && found.groups !== undefined ? indexOf(pattern, '>', dollar) : -1;
  charge(perLength(pattern.length));
  return end < 0 ? ['$', 1] : [found.groups[slice(pattern, dollar + 2, end)] ?? '', end + 1 - dollar];
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
  match(pattern) {
    const subject = thisText(this), sought = expressionFor(pattern), it = expressionOf(sought);
    if (!it.isGlobal) return sought.exec(subject);
    const all = allPlaces(sought, it, subject), out = [];
    make(all.length * 16);
    for (let i = 0; i < all.length; i++) out[i] = part(subject, all[i][0], all[i][1]);
    return out.length === 0 ? null : out;
  },
  matchAll(pattern) {
    const subject = thisText(this), sought = expressionFor(pattern, 'g'), it = expressionOf(sought);
    if (!it.isGlobal) fail(TypeError, 'matchAll needs a regular expression with the flag g');
    const all = allPlaces(new RegExpOf(sought), it, subject), out = [];
    for (let i = 0; i < all.length; i++) out[i] = matchOf(it, subject, all[i]);
    return out[Symbol.iterator]();
  },
  replace(sought, replacement) {
    const subject = thisText(this), it = expressionOf(sought);
    if (it !== undefined) return replaceMatches(sought, it, subject, replacement);
    return replaceIn(subject, sought, replacement, false);
  },
  replaceAll(sought, replacement) {
    const subject = thisText(this), it = expressionOf(sought);
    if (it === undefined) return replaceIn(subject, sought, replacement, true);
    if (!it.isGlobal) fail(TypeError, 'replaceAll needs a regular expression with the flag g');
    return replaceMatches(sought, it, subject, replacement);
  },
  search(pattern) {
    const subject = thisText(this), it = expressionOf(expressionFor(pattern));
    const places = placesIn(it, subject, 0, it.isSticky);
    return places === null ? -1 : places[0];
  },
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
    const it = expressionOf(separator);
    if (it !== undefined) return splitAtMatches(it, subject, most);
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
