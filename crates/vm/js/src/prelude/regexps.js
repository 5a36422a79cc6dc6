// Regular expressions: the host searches, in a time that is linear in the text. Here is what the
// language does around a search.

const expressions = new WeakMap();
const getExpression = uncurry(WeakMap.prototype.get), addExpression = uncurry(WeakMap.prototype.set);
const expressionOf = value => isObject(value) ? getExpression(expressions, value) : undefined;
const thisExpression = value => expressionOf(value)
  ?? fail(TypeError, 'a method of a regular expression is called on something else');
const FLAGS = ['g', 'i', 'm', 's', 'u', 'y'];

const RegExpOf = { RegExp: function (pattern, flags) {
  if (new.target === undefined) return new RegExpOf(pattern, flags);
  const other = expressionOf(pattern);
  const source = other ? other.source : pattern === undefined ? '' : toText(pattern);
  const letters = flags !== undefined ? toText(flags) : other ? other.flags : '';
  make(source.length + letters.length + 256);
  const made = host(PATTERN_NEW, source.toWellFormed(), letters.toWellFormed());
  if (typeof made === 'string') fail(SyntaxError, made);
  let sorted = '';
  for (let i = 0; i < FLAGS.length; i++) if (indexOf(letters, FLAGS[i]) >= 0) sorted += FLAGS[i];
  const isGlobal = indexOf(letters, 'g') >= 0, isSticky = indexOf(letters, 'y') >= 0;
  addExpression(expressions, this, { handle: made[0], names: made[1], source, flags: sorted, isGlobal, isSticky });
  define(this, 'lastIndex', { value: 0, writable: true, enumerable: false, configurable: false });
} }.RegExp;

// Beginning and end of the match and of its groups, or null.
const placesIn = (it, subject, from, isSticky) =>
  host(PATTERN_FIND, it.handle, subject.toWellFormed(), from, isSticky);

// The same from where the expression says, which it moves if it has a flag for that.
const nextPlaces = (self, it, subject) => {
  const moves = it.isGlobal || it.isSticky;
  const from = moves ? max(whole(self.lastIndex), 0) : 0;
  const places = from > subject.length ? null : placesIn(it, subject, from, it.isSticky);
  if (moves) self.lastIndex = places === null ? 0 : places[1];
  return places;
};
const part = (subject, start, end) => { make(end - start); return slice(subject, start, end) };

// A match as the language shows it.
const matchOf = (it, subject, places) => {
  const out = [];
  make(places.length * 16 + 96);
  for (let i = 0; i < places.length; i += 2) {
    out[i >>> 1] = places[i] < 0 ? undefined : part(subject, places[i], places[i + 1]);
  }
  out.index = places[0];
  out.input = subject;
  out.groups = undefined;
  if (it.names.length > 0) {
    const groups = createObject(null);
    make(it.names.length * 48);
    for (let i = 0; i < it.names.length; i++) groups[it.names[i][0]] = out[it.names[i][1]];
    out.groups = groups;
  }
  return out;
};

// The place after an empty match: no character is taken apart.
const after = (subject, at) => {
  const unit = at + 1 < subject.length ? codeAt(subject, at) : 0;
  return at + (unit >= 0xd800 && unit < 0xdc00 ? 2 : 1);
};

// Every match from the beginning, or the first where the expression is not global.
const allPlaces = (self, it, subject) => {
  const all = [];
  if (it.isGlobal) self.lastIndex = 0;
  for (;;) {
    charge(16);
    const places = nextPlaces(self, it, subject);
    if (places === null) return all;
    if (all.length === ARRAY_MAX) tooLong('matches', ARRAY_MAX + 1, ARRAY_MAX);
    all[all.length] = places;
    if (!it.isGlobal) return all;
    if (places[0] === places[1]) self.lastIndex = after(subject, places[1]);
  }
};

const replaceMatches = (self, it, subject, replacement) => {
  const isFunction = typeof replacement === 'function';
  const pattern = isFunction ? '' : toText(replacement);
  const all = allPlaces(self, it, subject);
  let out = '', from = 0;
  for (let i = 0; i < all.length; i++) {
    const at = all[i][0], end = all[i][1];
    let text = pattern;
    if (isFunction || indexOf(pattern, '$') >= 0) {
      const found = matchOf(it, subject, all[i]);
      text = isFunction ? toText(apply(replacement, undefined, replacerArguments(found, at, subject)))
        : substitute(subject, at, found[0], pattern, found);
    }
    out = append(append(out, slice(subject, from, at)), text);
    from = end;
  }
  return append(out, slice(subject, from));
};
const replacerArguments = (found, at, subject) => {
  const out = [];
  for (let i = 0; i < found.length; i++) out[i] = found[i];
  out[out.length] = at;
  out[out.length] = subject;
  if (found.groups !== undefined) out[out.length] = found.groups;
  return out;
};

const splitAtMatches = (it, subject, most) => {
  const parts = [];
  const push = item => {
    charge(16);
    if (parts.length === ARRAY_MAX) tooLong('an array', ARRAY_MAX + 1, ARRAY_MAX);
    parts[parts.length] = item;
    return parts.length === most;
  };
  if (most === 0) return parts;
  if (subject === '') return placesIn(it, subject, 0, true) === null ? [subject] : parts;
  let from = 0, at = 0;
  while (at < subject.length) {
    const places = placesIn(it, subject, at, false);
    if (places === null || places[0] >= subject.length) break;
    if (places[1] === from) { at = after(subject, at); continue }
    if (push(part(subject, from, places[0]))) return parts;
    from = at = places[1];
    for (let i = 2; i < places.length; i += 2) {
      if (push(places[i] < 0 ? undefined : part(subject, places[i], places[i + 1]))) return parts;
    }
  }
  push(part(subject, from, subject.length));
  return parts;
};

// What a method of strings is given: an expression, or the text of one.
const expressionFor = (value, flags) => expressionOf(value) ? value : new RegExpOf(value, flags);

reshape(RegExpOf.prototype, ['constructor'], {
  exec(value) {
    const it = thisExpression(this), subject = toText(value);
    const places = nextPlaces(this, it, subject);
    return places === null ? null : matchOf(it, subject, places);
  },
  test(value) { return nextPlaces(this, thisExpression(this), toText(value)) !== null },
  toString() { const it = thisExpression(this); return append(append('/', it.source || '(?:)'), append('/', it.flags)) },
  get source() { return thisExpression(this).source || '(?:)' },
  get flags() { return thisExpression(this).flags },
  get global() { return thisExpression(this).isGlobal },
  get ignoreCase() { return indexOf(thisExpression(this).flags, 'i') >= 0 },
  get multiline() { return indexOf(thisExpression(this).flags, 'm') >= 0 },
  get dotAll() { return indexOf(thisExpression(this).flags, 's') >= 0 },
  get unicode() { return indexOf(thisExpression(this).flags, 'u') >= 0 },
  get sticky() { return thisExpression(this).isSticky },
});
define(RegExpOf.prototype, 'constructor', { value: RegExpOf, writable: true, enumerable: false });
define(RegExpOf, 'prototype', { writable: false });
define(world, 'RegExp', { value: RegExpOf, writable: false, enumerable: false, configurable: true });
