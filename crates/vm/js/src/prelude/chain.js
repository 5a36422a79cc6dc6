// The modules that contracts import, over the door of the machine.

// Data as it crosses the door: a copy without getters, paid for by its size.
const plain = (value, depth = 0) => {
  charge(12);
  switch (typeof value) {
    case 'string': make(value.length); return value.toWellFormed();
    case 'bigint':
      charge(BIG_BITS_MAX >>> 5);
      return value < BIG_WORD && value > -BIG_WORD ? value
        : fail(RangeError, 'a bigint leaves a contract with at most 256 bits beside its sign');
    case 'undefined': case 'boolean': case 'number': return value;
    case 'object': break;
    default: fail(TypeError, 'a ' + typeof value + ' is no data');
  }
  if (value === null) return null;
  if (depth >= NESTING_MAX) tooLong('nesting of data', depth + 1, NESTING_MAX);
  if (typedTag(value) === 'Uint8Array') { make(typedLength(value)); return value }
  if (isTrueArray(value)) {
    const length = lengthOf(value), out = [];
    make(length * 16);
    for (let i = 0; i < length; i++) out[i] = plain(value[i], depth + 1);
    return out;
  }
  const out = {}, keys = enumerableKeys(value);
  make(keys.length * 48);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    charge(perLength(key.length));
    const item = plain(value[key], depth + 1);
    define(out, key.toWellFormed(), { value: item, writable: true, enumerable: true, configurable: true });
  }
  return out;
};
const keyText = (value, what) => {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') {
    fail(TypeError, what + ' must be a text or a number, it is a ' + typeof value);
  }
  const name = toText(value);
  make(name.length);
  return name.toWellFormed();
};
const addressText = value => typeof value === 'string' && value.length <= 66 ? value.toWellFormed()
  : fail(TypeError, 'an address is a text of 0x and 40 or 64 hexadecimal digits');
const amountOf = value => {
  if (value === undefined || value === null) return 0n;
  const amount = BigIntOf(value);
  return amount >= 0n && amount < BIG_WORD ? amount : fail(RangeError, 'an amount has at most 256 bits and no sign');
};
const BIG_WORD = 1n << 256n;
const bytesIn = value => {
  if (typeof value === 'string') { make(value.length * 3); return host(UTF8, value.toWellFormed()) }
  if (typedTag(value) !== 'Uint8Array') fail(TypeError, 'bytes are a Uint8Array or a text');
  make(typedLength(value));
  return value;
};

// Why a contract gave up, where it is more than a text.
const revertData = new WeakMap();
const dataOf = uncurry(WeakMap.prototype.get), setData = uncurry(WeakMap.prototype.set);
const failWith = (message, data) => {
  const error = new Error(message);
  setData(revertData, error, data);
  throw error;
};

const none = value => value === undefined ? null : value;
const storage = {
  put(key, value) { host(STORAGE_PUT, keyText(key, 'a key'), plain(value)) },
  get(key) { return none(host(STORAGE_GET, keyText(key, 'a key'))) },
  has(key) { return host(STORAGE_HAS, keyText(key, 'a key')) },
  del(key) { return host(STORAGE_DELETE, keyText(key, 'a key')) },
  mapPut(key, field, value) { host(MAP_PUT, keyText(key, 'a key'), keyText(field, 'a field'), plain(value)) },
  mapGet(key, field) { return none(host(MAP_GET, keyText(key, 'a key'), keyText(field, 'a field'))) },
  mapHas(key, field) { return host(MAP_HAS, keyText(key, 'a key'), keyText(field, 'a field')) },
  mapDel(key, field) { return host(MAP_DELETE, keyText(key, 'a key'), keyText(field, 'a field')) },
  mapKeys(key, after, limit) {
    return host(MAP_KEYS, keyText(key, 'a key'), after === undefined ? null : keyText(after, 'a field'),
      limit === undefined ? 1024 : +limit);
  },
  mapLen(key) { return host(MAP_LENGTH, keyText(key, 'a key')) },
};
const foreign = (kind, contract, key, field) => {
  const [status, data, message] = host(FOREIGN_GET, kind, addressText(contract), keyText(key, 'a key'),
    field === undefined ? null : keyText(field, 'a field'));
  return status === 0 ? data : failWith(message, data);
};
Object.assign(storage, {
  globalGet(contract, key) { return none(foreign(0, contract, key)) },
  globalHas(contract, key) { return foreign(1, contract, key) },
  globalMapGet(contract, key, field) { return none(foreign(2, contract, key, field)) },
  globalMapHas(contract, key, field) { return foreign(3, contract, key, field) },
  globalMapKeys(contract, key) { return foreign(4, contract, key) },
  globalMapLen(contract, key) { return foreign(5, contract, key) },
});

const invoke = (address, method, list, options) => {
  const { abi, value, gas, isStatic } = options ?? {};
  const items = typeof list === 'string' ? JSON.parse(list) : list ?? [];
  if (!isTrueArray(items)) fail(TypeError, 'the arguments of a call are an array');
  const [status, data, message] = host(CALL, addressText(address), keyText(method, 'a method'), plain(items),
    plain(abi ?? []), amountOf(value), gas === undefined ? null : amountOf(gas), isStatic === true);
  return status === 0 ? data : failWith(message, data);
};
const blockchain = {
  transfer(...items) {
    // From and to as IOST has it, or to alone.
    const [from, to, amount] = items.length >= 3 ? items : [undefined, ...items];
    if (from !== undefined && addressText(from).toLowerCase() !== host(CONTEXT).contractName.toLowerCase()) {
      fail(Error, 'a contract transfers its own coin only');
    }
    if (!host(TRANSFER, addressText(to), amountOf(amount))) fail(Error, 'the balance does not suffice');
  },
  call(address, method, list, options) { return invoke(address, method, list, options) },
  callWithAuth(address, method, list, options) { return invoke(address, method, list, options) },
  callRaw(address, input, options) {
    const { value, gas, isStatic } = options ?? {};
    const [status, output] = host(CALL_RAW, addressText(address), bytesIn(input), amountOf(value),
      gas === undefined ? null : amountOf(gas), isStatic === true);
    return { status: status === 0 ? 'success' : status === 1 ? 'revert' : 'halt', output };
  },
  requireAuth(account, permission) {
    if (addressText(account).toLowerCase() !== host(CONTEXT).caller.toLowerCase()) {
      fail(Error, 'authority of ' + account + ' is required');
    }
    return true;
  },
  receipt(content) { host(EMIT, 'Receipt', [keyText(content, 'a receipt')]) },
  event(content) { host(EMIT, 'Event', [keyText(content, 'an event')]) },
  revert(reason) {
    if (typeof reason === 'string') fail(Error, reason);
    failWith('reverted', bytesIn(reason));
  },
  balance(address) { return host(BALANCE, addressText(address)) },
  blockInfo() { return host(BLOCK) },
  blockHash(number) { return host(BLOCK_HASH, amountOf(number)) },
  txInfo() { return host(TRANSACTION) },
  contextInfo() { return host(CONTEXT) },
  contractName() { return host(CONTEXT).contractName },
  publisher() { return host(TRANSACTION).publisher },
  caller() { return host(CONTEXT).caller },
  value() { return host(CONTEXT).value },
};

const event = {
  emit(name, fields) { host(EMIT, keyText(name, 'the name of an event'), plain(fields ?? [])) },
  log(topics, data) { host(EMIT_RAW, plain(topics), bytesIn(data)) },
};

const HASHES = ['keccak256', 'sha256', 'ripemd160', 'blake3'];
const crypto = {};
for (let i = 0; i < HASHES.length; i++) {
  crypto[HASHES[i]] = { [HASHES[i]](input) { return host(HASH, i, bytesIn(input)) } }[HASHES[i]];
}
Object.assign(crypto, {
  recover(hash, signature) { return none(host(VERIFY, 0, bytesIn(hash), bytesIn(signature), null)) },
  verifyEd25519(message, signature, key) { return host(VERIFY, 1, bytesIn(message), bytesIn(signature), bytesIn(key)) },
  verifySecp256r1(hash, signature, key) { return host(VERIFY, 2, bytesIn(hash), bytesIn(signature), bytesIn(key)) },
  toHex(input) { const bytes = bytesIn(input); make(typedLength(bytes) * 2); return host(HEX, bytes) },
  fromHex(digits) { return host(FROM_HEX, keyText(digits, 'hexadecimal digits')) },
  toBytes(input) { return bytesIn(keyText(input, 'a text')) },
  fromBytes(input) { return host(FROM_UTF8, bytesIn(input)) },
});

// A contract as an object whose methods are those of its interface.
const NativeProxy = Proxy;
const contract = (address, options) => {
  addressText(address);
  make(256);
  const methodOf = (_, name) => {
    if (typeof name !== 'string' || name === 'then' || name === 'toJSON') return undefined;
    make(128);
    return { method: (...items) => invoke(address, name, items, options) }.method;
  };
  const refuse = () => fail(TypeError, 'a contract has no properties that can be changed');
  return new NativeProxy(freeze(createObject(null)), { get: methodOf, set: refuse, defineProperty: refuse });
};
const modules = { chain: { storage, blockchain, event, crypto, contract, object } };

const shown = item => isObject(item) ? JSON.stringify(item) ?? 'undefined' : toText(typeof item === 'symbol' ? 'symbol' : item);
const debugLine = (...items) => { host(DEBUG, keyText(items.map(shown).join(' '), 'a line')) };
define(world, 'console', { value: {
  log: debugLine, info: debugLine, warn: debugLine, error: debugLine, debug: debugLine,
} });
