(function (script, budget, chunk, input) {
  'use strict';
  const num = (a) => (typeof a === 'bigint' || typeof a === 'number' ? a : +a);
  const step = (a, by) => (typeof a === 'bigint' ? a + BigInt(by) : a + by);
  const inc = (a) => step(num(a), 1);
  const dec = (a) => step(num(a), -1);
  const post = (next) => (o, k) => { const v = num(o[k]); o[k] = next(v); return v; };
  const array = (a) => (Array.isArray(a) ? a : [...a]);
  const same = (a) => a;
  const operators = {
    add: (a, b) => a + b, sub: (a, b) => a - b, mul: (a, b) => a * b, div: (a, b) => a / b,
    mod: (a, b) => a % b, pow: (a, b) => a ** b, shl: (a, b) => a << b, shr: (a, b) => a >> b,
    ushr: (a, b) => a >>> b, and: (a, b) => a & b, or: (a, b) => a | b, xor: (a, b) => a ^ b,
    lt: (a, b) => a < b, le: (a, b) => a <= b, gt: (a, b) => a > b, ge: (a, b) => a >= b,
    eq: (a, b) => a == b, ne: (a, b) => a != b, same: (a, b) => a === b, differ: (a, b) => a !== b,
    neg: (a) => -a, plus: (a) => +a, not: (a) => ~a, num, inc, dec,
    postinc: post(inc), postdec: post(dec),
    key: (k) => (typeof k === 'number' || typeof k === 'symbol' ? k : String(k)),
    cat: (...parts) => parts.reduce((text, part) => text + `${part}`, ''),
    spread: array, args: array, own: same, keys: same, base: same, pick: same, caught: same,
    freeze: Object.freeze,
  };
  let left, depth;
  const given = budget;
  const env = {
    memory: 1 << 30,
    operators,
    modules: { chain: { storage: {}, blockchain: {}, event: {}, crypto: {}, contract: {}, object: {} } },
    refill(g) {
      const need = -g;
      if (budget < need) { budget = 0; throw new Error('out of gas'); }
      const give = Math.min(budget - need, chunk);
      budget -= need + give;
      return give;
    },
    exhausted() { throw new Error('out of memory'); },
    deep() { throw new RangeError('too deep'); },
    bind(charge, take) { left = take; },
    depth(get) { depth = get; },
  };
  const show = (value) => JSON.stringify(value, (key, it) =>
    typeof it === 'bigint' ? `${it}n` : it === undefined ? '<undefined>' :
      typeof it === 'number' && !Number.isFinite(it) ? String(it) : it);
  let outcome;
  try {
    const space = script(env);
    const run = space.run ?? space.default.run;
    outcome = 'value ' + show(run(input));
  } catch (error) {
    outcome = `${error && error.name}: ${error && error.message}`;
  }
  return JSON.stringify([outcome, given - budget - (left ? left() : 0), depth ? depth() : 0]);
})
