// SPDX-License-Identifier: MIT OR Apache-2.0
// Runs the WebAssembly artefacts of every language over a small host in memory, and compares what
// they do: the same calls must give the same results, errors and events in each language, also
// where the exchange of one language trades tokens of two others.
// It is a check of the artefacts, not of Braid; gas is not counted.
// Usage: node behaviour.mjs [<artefact folder>]
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { keccak256 } from "../../sdk/tools/interface.mjs";

const folder = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), "../artifacts");
const LANGUAGES = ["c", "rust", "assemblyscript"];
const MAX = 2n ** 256n - 1n;

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const word = (number) => Buffer.from(BigInt(number).toString(16).padStart(64, "0"), "hex");
const text = (string) => {
  const bytes = Buffer.from(string);
  return Buffer.concat([word(bytes.length), bytes, Buffer.alloc((32 - (bytes.length % 32)) % 32)]);
};
const selector = (signature) => Buffer.from(keccak256(Buffer.from(signature)).subarray(0, 4));
const encode = (signature, ...words) => Buffer.concat([selector(signature), ...words.map(word)]);

class Exit {
  constructor(status, data) {
    Object.assign(this, { status, data });
  }
}

/// The state and the frames on it.
class World {
  contracts = new Map();
  records = new Map();
  events = [];
  sender = word(0xa11ce);

  deploy(artefact, args) {
    const module = new WebAssembly.Module(readFileSync(join(folder, artefact)));
    const address = word(0xc0de00 + this.contracts.size);
    this.contracts.set(hex(address), module);
    const [status, data] = this.run("deploy", this.sender, address, word(0), args);
    assert.equal(status, 0, `${artefact}: constructor failed with ${hex(data)}`);
    return BigInt(`0x${hex(address)}`);
  }

  call(to, signature, ...words) {
    return this.run("call", this.sender, word(to), word(0), encode(signature, ...words));
  }

  run(entry, caller, address, value, input) {
    const module = this.contracts.get(hex(address));
    if (module === undefined) return [0, Buffer.alloc(0)];
    const before = [new Map(this.records), [...this.events]];
    const [status, data] = this.enter(module, entry, { caller, address, value, input });
    if (status !== 0) [this.records, this.events] = before;
    return [status, data];
  }

  enter(module, entry, frame) {
    let memory;
    let [output, buffer] = [Buffer.alloc(0), Buffer.alloc(0)];
    const read = (from, bytes) => Buffer.from(new Uint8Array(memory.buffer, from, bytes));
    const write = (into, bytes) => new Uint8Array(memory.buffer, into, bytes.length).set(bytes);
    const key = (from, bytes) => `${hex(frame.address)}/${hex(read(from, bytes))}`;
    const host = {
      input_read: (into, offset, bytes) => write(into, frame.input.subarray(offset, offset + bytes)),
      output_write: (from, bytes) => void (output = read(from, bytes)),
      finish: (from, bytes) => { throw new Exit(0, read(from, bytes)); },
      revert: (from, bytes) => { throw new Exit(1, read(from, bytes)); },
      buffer_bytes: () => buffer.length,
      buffer_read: (into, offset, bytes) => write(into, buffer.subarray(offset, offset + bytes)),
      storage_get: (from, bytes) => {
        const record = this.records.get(key(from, bytes));
        buffer = record ?? Buffer.alloc(0);
        return record === undefined ? -1 : record.length;
      },
      storage_put: (from, bytes, value, valueBytes) =>
        void this.records.set(key(from, bytes), read(value, valueBytes)),
      storage_delete: (from, bytes) => Number(this.records.delete(key(from, bytes))),
      caller: (into) => write(into, frame.caller),
      contract: (into) => write(into, frame.address),
      value: (into) => write(into, frame.value),
      keccak256: (from, bytes, into) => write(into, keccak256(read(from, bytes))),
      emit: (topics, count, data, bytes) =>
        void this.events.push([hex(read(topics, 32 * count)), hex(read(data, bytes))]),
      call: (to, value, input, bytes) => {
        const coin = read(value, 32);
        const [status, data] =
          this.run("call", frame.address, read(to, 32), coin, read(input, bytes));
        buffer = data;
        return status;
      },
    };
    const unknown = (name) => () => assert.fail(`${name} is not part of this small host`);
    const imports = WebAssembly.Module.imports(module).map(({ name }) => [
      name, host[name] ?? unknown(name),
    ]);
    const instance = new WebAssembly.Instance(module, { braid1: Object.fromEntries(imports) });
    memory = instance.exports.memory;
    if (instance.exports[entry] === undefined) return [0, output];
    try {
      const status = instance.exports[entry](frame.input.length);
      return [status, output];
    } catch (exit) {
      if (exit instanceof Exit) return [exit.status, exit.data];
      if (exit instanceof WebAssembly.RuntimeError) return [2, Buffer.alloc(0)];
      throw exit;
    }
  }
}

/// What happened, in a form that can be compared.
function log(world, calls) {
  const lines = calls.map(([to, signature, ...words]) => {
    const [status, data] = world.call(to, signature, ...words);
    return `${signature} ${status} ${hex(data)}`;
  });
  return { lines, events: world.events };
}

function counter(language) {
  const world = new World();
  const at = world.deploy(`${language}/counter.wasm`, Buffer.alloc(0));
  const found = log(world, [
    [at, "value()"], [at, "increment()"], [at, "add(uint256)", 41], [at, "value()"],
    [at, "setValue(uint256)", MAX], [at, "increment()"], [at, "value()"], [at, "unknown()"],
    [at, "add(uint256)"], [at, "setValue(uint256)", 0], [at, "value()"],
  ]);
  assert.equal(found.lines[3], `value() 0 ${hex(word(42))}`);
  assert.match(found.lines[5], /^increment\(\) 1 4e487b71.*11$/);
  return found;
}

const tokenArguments = (supply) =>
  Buffer.concat([word(96), word(160), word(supply), text("Braid Coin"), text("BRD")]);

function token(language) {
  const world = new World();
  const at = world.deploy(`${language}/token.wasm`, tokenArguments(1000));
  const me = BigInt(`0x${hex(world.sender)}`);
  const found = log(world, [
    [at, "name()"], [at, "symbol()"], [at, "decimals()"], [at, "totalSupply()"],
    [at, "balanceOf(address)", me], [at, "transfer(address,uint256)", 7, 300],
    [at, "transfer(address,uint256)", me, 5], [at, "transfer(address,uint256)", 7, 701],
    [at, "transfer(address,uint256)", 0, 1], [at, "balanceOf(address)", 7],
    [at, "balanceOf(address)", 2n ** 160n], [at, "approve(address,uint256)", me, 10],
    [at, "allowance(address,address)", me, me],
    [at, "transferFrom(address,address,uint256)", me, 8, 4],
    [at, "transferFrom(address,address,uint256)", me, 8, 7],
    [at, "approve(address,uint256)", me, MAX],
    [at, "transferFrom(address,address,uint256)", me, 8, 7],
    [at, "allowance(address,address)", me, me], [at, "balanceOf(address)", me],
  ]);
  assert.equal(found.lines.at(-1), `balanceOf(address) 0 ${hex(word(689))}`);
  return found;
}

function exchange(language, first, second) {
  const world = new World();
  const a = world.deploy(`${first}/token.wasm`, tokenArguments(10n ** 24n));
  const b = world.deploy(`${second}/token.wasm`, tokenArguments(10n ** 24n));
  const args = Buffer.concat([word(a), word(b)]);
  const at = world.deploy(`${language}/exchange.wasm`, args);
  const me = BigInt(`0x${hex(world.sender)}`);
  const found = log(world, [
    [at, "tokenA()"], [at, "tokenB()"], [at, "quote(address,uint256)", a, 5],
    [at, "swap(address,uint256,uint256)", a, 5, 0],
    [a, "approve(address,uint256)", at, MAX], [b, "approve(address,uint256)", at, 10n ** 22n],
    [at, "addLiquidity(uint256,uint256)", 10n ** 20n, 4n * 10n ** 20n],
    [at, "addLiquidity(uint256,uint256)", 10n ** 18n, 10n ** 18n],
    [at, "addLiquidity(uint256,uint256)", 10n ** 25n, 1], [at, "addLiquidity(uint256,uint256)", 1, 0],
    [at, "reserves()"], [at, "quote(address,uint256)", b, 12345678901234567890n],
    [at, "swap(address,uint256,uint256)", b, 12345678901234567890n, 0],
    [at, "swap(address,uint256,uint256)", a, 10n ** 18n, 10n ** 30n],
    [at, "swap(address,uint256,uint256)", a, 10n ** 18n, 1],
    [at, "swap(address,uint256,uint256)", 99, 1, 1], [at, "swap(address,uint256,uint256)", a, MAX, 1],
    [at, "shares(address)", me], [at, "totalShares()"],
    [at, "removeLiquidity(uint256)", 10n ** 30n], [at, "removeLiquidity(uint256)", 10n ** 19n],
    [at, "reserves()"], [a, "balanceOf(address)", me], [b, "balanceOf(address)", me],
    [a, "balanceOf(address)", at], [b, "balanceOf(address)", at],
  ]);
  assert.match(found.lines[12], /^swap.* 0 /, found.lines[12]);
  assert.match(found.lines[14], /^swap.* 0 /, found.lines[14]);
  return found;
}

let runs = 0;
for (const scenario of [counter, token]) {
  const expected = scenario("c");
  for (const language of LANGUAGES) {
    assert.deepEqual(scenario(language), expected, `${scenario.name} in ${language}`);
    runs += 1;
  }
}
const expected = exchange("c", "c", "c");
for (const language of LANGUAGES) {
  for (const first of LANGUAGES) {
    for (const second of LANGUAGES) {
      const found = exchange(language, first, second);
      assert.deepEqual(found, expected, `exchange in ${language} of ${first} and ${second}`);
      runs += 1;
    }
  }
}
console.log(`${runs} runs in ${LANGUAGES.length} languages agree`);
