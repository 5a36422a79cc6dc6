// One run of one method: `[true, chunk left, result]` or `[false, chunk left, reason]`.

const find = (namespace, name) => {
  if (hasOwn(namespace, name)) return [undefined, namespace[name]];
  const main = namespace.default;
  if (main === undefined || main === null) return [undefined, undefined];
  const self = typeof main === 'function' ? new main() : main;
  return [self, self[name]];
};
const reasonOf = thrown => {
  const error = canonical(thrown);
  if (!isObject(error)) return keyOrText(error);
  const data = dataOf(revertData, error);
  if (data !== undefined) return data;
  const name = toText(error.name ?? 'Error'), message = toText(error.message ?? '');
  make(name.length + message.length);
  if (name === 'Error') return message.toWellFormed();
  return (name + ': ' + message).toWellFormed();
};
const keyOrText = value => {
  const out = typeof value === 'symbol' ? 'a symbol was thrown' : toText(value);
  make(out.length);
  return out.toWellFormed();
};
const nothing = () => {};

return (factory, name, ...items) => {
  joining.length = 0;
  take = () => 0;
  try {
    const [self, method] = find(factory(env), name ?? 'init');
    let value;
    if (typeof method === 'function') value = plain(apply(method, self, items));
    else if (name !== null) fail(TypeError, 'the contract has no method ' + name);
    return [true, take(), value];
  } catch (error) {
    let reason;
    try {
      if (isObject(error) && hasDeep(tooDeep, error)) host(TOO_DEEP);
      reason = reasonOf(error);
      // For whoever looks at the trace; the reason itself says nothing of lines.
      const place = thrownAt();
      if (typeof place === 'string') host(DEBUG, 'thrown at ' + place);
    } catch {
      reason = 'an error that cannot be told';
    }
    return [false, take(), reason];
  } finally {
    charge = allocate = thrownAt = nothing;
  }
};
