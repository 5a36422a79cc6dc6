// JSON: the engine parses, after the host has looked at the nesting; writing is done here, because
// it calls methods of the values.

const { parse: parseJson, stringify: quoteJson } = JSON;
const revive = (holder, key, reviver) => {
  const value = holder[key];
  charge(16);
  if (isObject(value)) {
    const keys = isTrueArray(value) ? null : enumerableKeys(value);
    const length = keys === null ? value.length : keys.length;
    for (let i = 0; i < length; i++) {
      const name = keys === null ? text(i) : keys[i];
      const item = revive(value, name, reviver);
      if (item === undefined) delete value[name];
      else value[name] = item;
    }
  }
  return apply(reviver, holder, [key, value]);
};

const writeJson = (holder, key, state) => {
  let value = holder[key];
  charge(12);
  if ((isObject(value) || typeof value === 'bigint') && typeof value.toJSON === 'function') {
    value = value.toJSON(key);
  }
  if (state.replacer !== undefined) value = apply(state.replacer, holder, [key, value]);
  switch (typeof value) {
    case 'string': stringOf(value.length * 2); return quoteJson(value);
    case 'number': return value - value === 0 ? text(value) : 'null';
    case 'boolean': return value ? 'true' : 'false';
    case 'bigint': fail(TypeError, 'JSON has no bigint: write it as a text');
    case 'object': break;
    default: return undefined;
  }
  if (value === null) return 'null';
  const primitive = unboxed(value);
  if (primitive !== value) return writeJson({ '': primitive }, '', { ...state, replacer: undefined });
  if (state.open.length >= NESTING_MAX) tooLong('nesting of JSON', state.open.length + 1, NESTING_MAX);
  for (let i = 0; i < state.open.length; i++) {
    if (state.open[i] === value) fail(TypeError, 'JSON cannot write an object that is within itself');
  }
  state.open[state.open.length] = value;
  const out = isTrueArray(value) ? writeList(value, state) : writeFields(value, state);
  state.open.length--;
  return out;
};
const valueOfNumber = uncurry(Number.prototype.valueOf);
const valueOfBoolean = uncurry(Boolean.prototype.valueOf);
const unboxed = value => {
  switch (native.toString(value)) {
    case '[object Number]': return attempt(valueOfNumber, value);
    case '[object String]': return attempt(stringValue, value);
    case '[object Boolean]': return attempt(valueOfBoolean, value);
    default: return value;
  }
};
const attempt = (read, value) => { try { return read(value) } catch { return value } };
const wrapJson = (parts, open, close, state) => {
  if (parts.length === 0) return open + close;
  const indent = state.gap.repeat(state.open.length), outer = state.gap.repeat(state.open.length - 1);
  const isTight = state.gap === '';
  let out = open;
  for (let i = 0; i < parts.length; i++) {
    if (i > 0) out += ',';
    if (!isTight) out = append(out, '\n' + indent);
    out = append(out, parts[i]);
  }
  return out + (isTight ? '' : '\n' + outer) + close;
};
const writeList = (list, state) => {
  const parts = [], length = lengthOf(list);
  for (let i = 0; i < length; i++) parts[i] = writeJson(list, text(i), state) ?? 'null';
  return wrapJson(parts, '[', ']', state);
};
const writeFields = (object, state) => {
  const parts = [], keys = state.allowed ?? enumerableKeys(object);
  for (let i = 0; i < keys.length; i++) {
    const part = writeJson(object, keys[i], state);
    if (part === undefined) continue;
    stringOf(keys[i].length * 2);
    parts[parts.length] = append(quoteJson(keys[i]) + (state.gap === '' ? ':' : ': '), part);
  }
  return wrapJson(parts, '{', '}', state);
};

reshape(JSON, [Symbol.toStringTag], {
  parse(source, reviver) {
    const json = toText(source);
    charge(64);
    make(json.length * 8);
    const depth = host(NESTING, json.toWellFormed());
    if (depth > NESTING_MAX) tooLong('nesting of JSON', depth, NESTING_MAX);
    const value = parseJson(json);
    return typeof reviver === 'function' ? revive({ '': value }, '', reviver) : value;
  },
  stringify(value, replacer, space) {
    let gap = '';
    if (typeof space === 'number') gap = ' '.repeat(max(0, min(10, whole(space))));
    else if (typeof space === 'string') gap = slice(space, 0, 10);
    const state = { open: [], gap, replacer: undefined, allowed: undefined };
    if (typeof replacer === 'function') state.replacer = replacer;
    else if (isTrueArray(replacer)) state.allowed = Array.from(new Set(replacer.map(toText)));
    return writeJson({ '': value }, '', state);
  },
});
