// What test files find: tests and expectations, and the chain through one function of the host.
((host, file) => {
  'use strict';

  let lines = [];

  // Values that JSON does not have.
  const contracts = new WeakMap();
  const hex = bytes => '0x' + [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
  const pack = value => {
    switch (typeof value) {
      case 'bigint': return { $: 'bigint', v: String(value) };
      case 'undefined': return null;
      case 'string': case 'boolean': return value;
      case 'number':
        if (!Number.isFinite(value)) throw new TypeError(`${value} is no value of a contract`);
        return value;
      case 'symbol': throw new TypeError('a symbol is no value of a contract');
    }
    if (value === null) return null;
    const address = contracts.get(value);
    if (address !== undefined) return address;
    if (typeof value === 'function') throw new TypeError('a function is no value of a contract');
    if (value instanceof Uint8Array) return { $: 'bytes', v: hex(value) };
    if (Array.isArray(value)) return value.map(pack);
    return { $: 'record', v: Object.entries(value).map(([name, field]) => [name, pack(field)]) };
  };
  const unpack = value => {
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map(unpack);
    if (value.$ === 'bigint') return BigInt(value.v);
    if (value.$ === 'bytes') return Uint8Array.from(value.v.match(/[0-9a-f]{2}/g) ?? [], pair => parseInt(pair, 16));
    return Object.fromEntries(value.v.map(([name, field]) => [name, unpack(field)]));
  };

  /** A call that did not succeed: `status`, `reason`, `data`, `gasUsed`. */
  class ChainError extends Error {
    constructor({ message, ...fields }) {
      super(message);
      this.name = 'ChainError';
      Object.assign(this, fields);
    }
  }
  const ask = (operation, request = {}) => {
    const { ok, error } = JSON.parse(host(operation, JSON.stringify(request)));
    // What contracts print is told with what the test prints.
    for (const line of (ok ?? error)?.debug ?? []) lines.push(line);
    if (error === undefined) return ok;
    if (error.data) error.data = unpack(error.data);
    throw error.status === undefined ? new Error(error.message) : new ChainError(error);
  };
  const who = value => contracts.get(value) ?? String(value);
  const told = ({ from, value, gas }) => ({
    from: from === undefined ? undefined : who(from),
    value: value === undefined ? undefined : String(value),
    gas: gas === undefined ? undefined : String(gas),
  });

  let latest = null;
  const receiptOf = answer => {
    const events = answer.events.map(it => ({ ...it, args: unpack(it.args) }));
    const out = { ...answer, gasUsed: BigInt(answer.gasUsed), value: unpack(answer.value), events };
    if (!answer.isCall) latest = out;
    return out;
  };
  const invoke = (to, method, items, options = {}, mode = 'auto') =>
    receiptOf(ask('invoke', { to: who(to), method, args: items.map(pack), mode, ...told(options) }));

  const contract = (address, options = {}) => {
    const own = {
      address: who(address),
      connect: from => contract(own.address, { ...options, from }),
      with: more => contract(own.address, { ...options, ...more }),
      send: (method, ...items) => invoke(own.address, method, items, options, 'send'),
      call: (method, ...items) => invoke(own.address, method, items, options, 'call').value,
      toString: () => own.address,
    };
    const proxy = new Proxy(own, {
      get(_, name) {
        if (typeof name !== 'string' || name === 'then' || name === 'toJSON' || name in own) return own[name];
        return (...items) => invoke(own.address, name, items, options).value;
      },
    });
    contracts.set(proxy, own.address);
    return proxy;
  };
  const deploy = (path, items = [], options = {}) => {
    const answer = ask('deploy', { path, args: items.map(pack), ...told(options) });
    latest = receiptOf(answer);
    return contract(answer.contract, options.from === undefined ? {} : { from: options.from });
  };
  const chain = {
    accounts: ask('accounts'),
    account: name => ask('account', { name }),
    deploy,
    contract,
    ChainError,
    send: (to, method, items = [], options = {}) => invoke(to, method, items, options, 'send'),
    call: (to, method, items = [], options = {}) => invoke(to, method, items, options, 'call').value,
    transfer: (from, to, amount) =>
      receiptOf(ask('transfer', { from: who(from), to: who(to), value: String(amount) })),
    balance: of => BigInt(ask('balance', { account: who(of) })),
    receipt: () => latest,
    mine: (count = 1) => { ask('mine', { count }) },
    block: () => ask('block'),
    setTime: seconds => { ask('time', { seconds }) },
  };

  // How values are shown and compared.
  const shown = (value, depth = 0) => {
    switch (typeof value) {
      case 'bigint': return `${value}n`;
      case 'string': return JSON.stringify(value);
      case 'function': return contracts.has(value) ? contracts.get(value) : `function ${value.name}`;
      case 'object': break;
      default: return String(value);
    }
    if (value === null) return 'null';
    if (contracts.has(value)) return contracts.get(value);
    if (value instanceof Uint8Array) return hex(value);
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    if (depth > 8) return '…';
    if (Array.isArray(value)) return `[${value.map(it => shown(it, depth + 1)).join(', ')}]`;
    if (value instanceof Map || value instanceof Set) return `${value.constructor.name} ${shown([...value], depth + 1)}`;
    const fields = Object.entries(value).map(([name, field]) => `${name}: ${shown(field, depth + 1)}`);
    return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
  };
  const isEqual = (a, b) => {
    if (Object.is(a, b)) return true;
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
    if (contracts.has(a) || contracts.has(b)) return who(a) === who(b);
    if (a instanceof Uint8Array || b instanceof Uint8Array) {
      return a instanceof Uint8Array && b instanceof Uint8Array && hex(a) === hex(b);
    }
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    if (a instanceof Map || a instanceof Set) {
      return b instanceof a.constructor && isEqual([...a], [...b]);
    }
    const names = Object.keys(a).filter(name => a[name] !== undefined);
    const others = Object.keys(b).filter(name => b[name] !== undefined);
    return names.length === others.length && names.every(name => Object.hasOwn(b, name) && isEqual(a[name], b[name]));
  };
  const says = (text, wanted) => wanted === undefined
    || (wanted instanceof RegExp ? wanted.test(text) : text.includes(wanted));
  const thrown = body => {
    if (typeof body !== 'function') throw new TypeError('expect is given a function that throws: () => …');
    try { body() } catch (error) { return { error } }
    return undefined;
  };
  const hasAll = (found, wanted) => Array.isArray(wanted)
    ? isEqual(Object.values(found), wanted)
    : Object.keys(wanted).every(name => isEqual(found[name], wanted[name]));

  // Each gives whether it holds and what was expected.
  const matchers = {
    toBe: (found, wanted) => [Object.is(found, wanted), `to be ${shown(wanted)}`],
    toEqual: (found, wanted) => [isEqual(found, wanted), `to equal ${shown(wanted)}`],
    toBeTruthy: found => [Boolean(found), 'to be truthy'],
    toBeFalsy: found => [!found, 'to be falsy'],
    toBeNull: found => [found === null, 'to be null'],
    toBeUndefined: found => [found === undefined, 'to be undefined'],
    toBeDefined: found => [found !== undefined, 'to be defined'],
    toBeGreaterThan: (found, wanted) => [found > wanted, `to be greater than ${shown(wanted)}`],
    toBeGreaterThanOrEqual: (found, wanted) => [found >= wanted, `to be at least ${shown(wanted)}`],
    toBeLessThan: (found, wanted) => [found < wanted, `to be less than ${shown(wanted)}`],
    toBeLessThanOrEqual: (found, wanted) => [found <= wanted, `to be at most ${shown(wanted)}`],
    toContain: (found, wanted) => [
      typeof found === 'string' ? found.includes(wanted) : [...found].some(it => isEqual(it, wanted)),
      `to contain ${shown(wanted)}`,
    ],
    toHaveLength: (found, wanted) => [found.length === wanted, `to have the length ${wanted}`],
    toMatch: (found, wanted) => [says(found, wanted), `to match ${wanted}`],
    toThrow: (body, wanted) => {
      const caught = thrown(body);
      const what = wanted === undefined ? 'to throw' : `to throw ${typeof wanted === 'function' ? wanted.name : wanted}`;
      if (caught === undefined) return [false, what];
      const { error } = caught;
      const fits = typeof wanted === 'function' ? error instanceof wanted : says(String(error?.message ?? error), wanted);
      return [fits, `${what}; it threw ${shown(error)}`];
    },
    toRevert: (body, wanted) => {
      const caught = thrown(body);
      const what = wanted === undefined ? 'to revert' : `to revert with ${wanted}`;
      if (caught === undefined) return [false, what];
      const { error } = caught;
      if (!(error instanceof ChainError)) throw error;
      return [error.status === 'revert' && says(error.reason, wanted), `${what}; it ended with ${error.status}: ${error.reason}`];
    },
    toHalt: (body, wanted) => {
      const caught = thrown(body);
      if (caught === undefined) return [false, 'to halt'];
      if (!(caught.error instanceof ChainError)) throw caught.error;
      return [caught.error.status === 'halt' && says(caught.error.reason, wanted), `to halt; it ended with ${caught.error.reason}`];
    },
    toEmit: (found, name, args) => {
      const { events } = found ?? { events: [] };
      const fits = events.some(it => it.name === name && (args === undefined || hasAll(it.args, args)));
      return [fits, `to emit ${name}${args === undefined ? '' : ` ${shown(args)}`}; it emitted ${shown(events.map(it => [it.name, it.args]))}`];
    },
  };
  const expect = found => {
    const build = isNot => Object.fromEntries(Object.entries(matchers).map(([name, matcher]) => [name, (...wanted) => {
      const [holds, what] = matcher(found, ...wanted);
      if (holds !== isNot) return;
      const subject = typeof found === 'function' ? 'the call' : shown(found);
      throw Object.assign(new Error(`expected ${subject} ${isNot ? 'not ' : ''}${what}`), { name: 'Expectation' });
    }]));
    return { ...build(false), not: build(true) };
  };

  // Groups and tests in the order in which they are declared.
  const group = (name, parent) => ({
    name, parent, beforeAll: [], beforeEach: [], afterEach: [], afterAll: [], left: 0, mark: undefined, broken: undefined,
    skip: parent?.skip ?? false,
  });
  const root = group('', undefined);
  const tests = [];
  let current = root, hasOnly = false;
  const groupsOf = it => (it === undefined ? [] : [...groupsOf(it.parent), it]);
  const declare = (name, body, how = {}) => {
    if (typeof body !== 'function' && !how.skip) throw new TypeError(`the test "${name}" has no function`);
    tests.push({ name: String(name), body, group: current, skip: how.skip || current.skip, only: how.only });
    hasOnly ||= how.only === true;
    for (const it of groupsOf(current)) it.left++;
  };
  const test = (name, body) => declare(name, body);
  test.skip = (name, body) => declare(name, body, { skip: true });
  test.only = (name, body) => declare(name, body, { only: true });
  test.each = rows => (name, body) => {
    for (const row of rows) {
      const items = Array.isArray(row) ? row : [row];
      let index = 0;
      declare(String(name).replace(/%s/g, () => shown(items[index++])), () => body(...items));
    }
  };
  const describe = (name, body) => {
    const outer = current;
    current = group(String(name), outer);
    try { body() } finally { current = outer }
  };
  describe.skip = (name, body) => describe(name, () => { current.skip = true; body() });
  const hook = kind => body => { current[kind].push(body) };

  // The state that the tests of a group begin with: that of the group around it and its `beforeAll`.
  const prepare = async it => {
    if (it.broken !== undefined) throw it.broken;
    if (it.mark !== undefined) return;
    if (it.parent !== undefined) { await prepare(it.parent); ask('back', { mark: it.parent.mark }) }
    try {
      for (const body of it.beforeAll) await body();
    } catch (error) {
      it.broken = error;
      throw error;
    }
    it.mark = ask('mark');
  };
  const attempt = async it => {
    const groups = groupsOf(it.group);
    await prepare(it.group);
    ask('back', { mark: it.group.mark });
    let failure;
    try {
      for (const one of groups) for (const body of one.beforeEach) await body();
      await it.body();
    } catch (error) {
      failure = { error };
    }
    for (const one of [...groups].reverse()) {
      for (const body of one.afterEach) {
        try { await body() } catch (error) { failure ??= { error } }
      }
    }
    if (failure !== undefined) throw failure.error;
  };
  const close = async it => {
    for (const one of groupsOf(it.group).reverse()) {
      if (--one.left === 0 && one.mark !== undefined) for (const body of one.afterAll) await body();
    }
  };
  const run = async (index, isChosen) => {
    const it = tests[index];
    lines = [];
    if (!isChosen || it.skip || (hasOnly && !it.only)) {
      await close(it);
      return JSON.stringify({ outcome: 'skipped' });
    }
    try {
      try { await attempt(it) } finally { await close(it) }
      return JSON.stringify({ outcome: 'passed', lines });
    } catch (error) {
      const reason = error instanceof Error
        ? error.name === 'Expectation' || error.name === 'Error' ? error.message : `${error.name}: ${error.message}`
        : `${shown(error)} was thrown`;
      return JSON.stringify({ outcome: 'failed', reason, stack: String(error?.stack ?? ''), lines });
    }
  };
  const list = () => JSON.stringify(tests.map(it => [...groupsOf(it.group).slice(1).map(one => one.name), it.name]));

  const log = (...items) => { lines.push(items.map(it => (typeof it === 'string' ? it : shown(it))).join(' ')) };
  globalThis.console = { log, info: log, warn: log, error: log, debug: log };
  const all = {
    test, describe, expect,
    beforeAll: hook('beforeAll'), beforeEach: hook('beforeEach'),
    afterAll: hook('afterAll'), afterEach: hook('afterEach'),
  };
  Object.assign(globalThis, all, { it: test, braid: { ...all, ...chain } });
  return { list, run };
})
