#!/usr/bin/env node
// SPDX-License-Identifier: MIT OR Apache-2.0
// The interface of a contract, written once as text, turned into what each language needs.
//
//   interface.mjs json   <list.abi>             the Solidity ABI as JSON, to the standard output
//   interface.mjs c      <list.abi>             a C header: selectors and event topics
//   interface.mjs as     <list.abi>             the same as an AssemblyScript module
//   interface.mjs attach <list.abi> <file.wasm> drops other custom sections, adds `braid.interface`
//
// A list has one line for each item, in Solidity's words; `#` starts a comment:
//   constructor(string name, uint256 supply)
//   function transfer(address to, uint256 amount) returns (bool)
//   event Transfer(address indexed from, address indexed to, uint256 amount)
//   error InsufficientBalance(address owner, uint256 available, uint256 needed)
//   receive() payable
// It needs nothing but Node; structs are outside its small grammar.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SECTION = "braid.interface";
const MASK = (1n << 64n) - 1n;

/// keccak256 of bytes, by the permutation of FIPS 202 with Ethereum's padding.
export function keccak256(bytes) {
  const rate = 136;
  const padded = new Uint8Array((Math.floor(bytes.length / rate) + 1) * rate);
  padded.set(bytes);
  padded[bytes.length] |= 0x01;
  padded[padded.length - 1] |= 0x80;
  const lanes = new Array(25).fill(0n);
  const view = new DataView(padded.buffer);
  for (let block = 0; block < padded.length; block += rate) {
    for (let i = 0; i < rate / 8; i++) lanes[i] ^= view.getBigUint64(block + 8 * i, true);
    permute(lanes);
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 4; i++) digest.setBigUint64(8 * i, lanes[i], true);
  return new Uint8Array(digest.buffer);
}

function rotate(lane, by) {
  return by === 0n ? lane : ((lane << by) | (lane >> (64n - by))) & MASK;
}

function permute(a) {
  let register = 1;
  const roundBit = () => {
    const bit = register & 1;
    register = (register << 1) ^ (register & 0x80 ? 0x171 : 0);
    return bit;
  };
  for (let round = 0; round < 24; round++) {
    const parity = [0, 1, 2, 3, 4].map((x) => a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20]);
    for (let i = 0; i < 25; i++) {
      a[i] ^= parity[(i + 4) % 5] ^ rotate(parity[(i + 1) % 5], 1n);
    }
    let [x, y, moved] = [1, 0, a[1]];
    for (let step = 0; step < 24; step++) {
      [x, y] = [y, (2 * x + 3 * y) % 5];
      const kept = a[x + 5 * y];
      a[x + 5 * y] = rotate(moved, BigInt((((step + 1) * (step + 2)) / 2) % 64));
      moved = kept;
    }
    for (let row = 0; row < 25; row += 5) {
      const r = a.slice(row, row + 5);
      for (let i = 0; i < 5; i++) a[row + i] = r[i] ^ (~r[(i + 1) % 5] & MASK & r[(i + 2) % 5]);
    }
    for (let j = 0; j <= 6; j++) {
      if (roundBit()) a[0] ^= 1n << BigInt(2 ** j - 1);
    }
  }
}

function fail(message) {
  console.error(`interface.mjs: ${message}`);
  process.exit(2);
}

/// `uint` is the short name of `uint256`; a selector is made from the long one.
function canonical(type) {
  return type.replace(/^(u?int)(?=$|\[)/, "$1256");
}

const TYPE = /^(address|bool|string|bytes([1-9]|[12]\d|3[0-2])?|u?int(\d+)?)(\[\d*\])*$/;

function parameters(text, place, mayIndex) {
  if (text.trim() === "") return [];
  return text.split(",").map((part) => {
    const words = part.trim().split(/\s+/);
    const type = words.shift();
    if (!TYPE.test(type)) fail(`${place}: "${type}" is no type`);
    const indexed = words[0] === "indexed";
    if (indexed) words.shift();
    if (indexed && !mayIndex) fail(`${place}: only a parameter of an event may be indexed`);
    if (words.length > 1) fail(`${place}: "${part.trim()}" has too many words`);
    const full = canonical(type);
    const item = { name: words[0] ?? "", type: full };
    return mayIndex ? { indexed, ...item } : item;
  });
}

function parseLine(line, place) {
  const shape =
    /^(constructor|function|event|error|receive|fallback)\s*(\w*)\s*\(([^)]*)\)\s*(.*)$/.exec(line);
  if (shape === null) fail(`${place}: "${line}" is no item of an interface`);
  const [, type, name, inner, rest] = shape;
  const tail = /^(view|pure|payable)?\s*(?:returns\s*\(([^)]*)\))?$/.exec(rest.trim());
  if (tail === null) fail(`${place}: "${rest}" is not understood`);
  const stateMutability = tail[1] ?? "nonpayable";
  switch (type) {
    case "constructor":
      return { type, inputs: parameters(inner, place, false), stateMutability };
    case "function":
      return {
        type, name,
        inputs: parameters(inner, place, false),
        outputs: parameters(tail[2] ?? "", place, false),
        stateMutability,
      };
    case "event":
      return { type, name, inputs: parameters(inner, place, true), anonymous: false };
    case "error":
      return { type, name, inputs: parameters(inner, place, false) };
    default:
      return { type, stateMutability };
  }
}

function readList(path) {
  const items = [];
  readFileSync(path, "utf8").split("\n").forEach((raw, index) => {
    const line = raw.replace(/#.*$/, "").trim();
    if (line !== "") items.push(parseLine(line, `${path}:${index + 1}`));
  });
  return items;
}

function hash(item) {
  const signature = `${item.name}(${item.inputs.map((input) => input.type).join(",")})`;
  return { signature, digest: keccak256(new TextEncoder().encode(signature)) };
}

const selector = (digest) => `0x${Buffer.from(digest.subarray(0, 4)).toString("hex")}`;
const hexByte = (byte) => `0x${byte.toString(16).padStart(2, "0")}`;
const byteList = (digest) => Array.from(digest, hexByte);
const LABEL = { function: "SELECTOR", error: "ERROR", event: "TOPIC" };

function toC(items, source) {
  const lines = [`// SPDX-License-Identifier: MIT OR Apache-2.0`, `// Made from ${source}.`,
    "#pragma once", "#include <stdint.h>", ""];
  for (const item of items.filter((item) => Object.hasOwn(LABEL, item.type))) {
    const { signature, digest } = hash(item);
    lines.push(`// ${signature}`);
    if (item.type === "event") {
      const bytes = byteList(digest);
      lines.push(`static const uint8_t TOPIC_${item.name}[32] = {`);
      for (let i = 0; i < 32; i += 8) lines.push(`    ${bytes.slice(i, i + 8).join(", ")},`);
      lines.push("};");
    } else {
      lines.push(`#define ${LABEL[item.type]}_${item.name} ${selector(digest)}u`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function toAssemblyScript(items, source) {
  const lines = [`// SPDX-License-Identifier: MIT OR Apache-2.0`, `// Made from ${source}.`, ""];
  for (const item of items.filter((item) => Object.hasOwn(LABEL, item.type))) {
    const { signature, digest } = hash(item);
    lines.push(`/** ${signature} */`);
    if (item.type === "event") {
      lines.push(`export const TOPIC_${item.name}: StaticArray<u8> = [`);
      const bytes = byteList(digest);
      for (let i = 0; i < 32; i += 8) lines.push(`  ${bytes.slice(i, i + 8).join(", ")},`);
      lines.push("];");
    } else {
      lines.push(`export const ${LABEL[item.type]}_${item.name}: u32 = ${selector(digest)};`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/// A number in LEB128, the variable length of WebAssembly.
function leb(number) {
  const bytes = [];
  do {
    bytes.push((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
    number >>>= 7;
  } while (number > 0);
  return bytes;
}

function readLeb(bytes, at) {
  let [value, shift, byte] = [0, 0, 0];
  do {
    byte = bytes[at++];
    if (byte === undefined || shift > 28) fail("the module is cut off or malformed");
    value += (byte & 0x7f) * 2 ** shift;
    shift += 7;
  } while (byte & 0x80);
  return [value, at];
}

function attach(items, path) {
  const bytes = readFileSync(path);
  if (bytes.subarray(0, 4).toString("latin1") !== "\0asm") fail(`${path} is no WebAssembly module`);
  const parts = [bytes.subarray(0, 8)];
  for (let at = 8; at < bytes.length;) {
    const [size, body] = readLeb(bytes, at + 1);
    if (body + size > bytes.length) fail(`${path} is cut off`);
    // Custom sections (id 0) hold names and producers: nothing that runs.
    if (bytes[at] !== 0) parts.push(bytes.subarray(at, body + size));
    at = body + size;
  }
  const name = new TextEncoder().encode(SECTION);
  const text = new TextEncoder().encode(JSON.stringify(items));
  const content = [...leb(name.length), ...name, ...text];
  parts.push(Uint8Array.from([0, ...leb(content.length), ...content]));
  writeFileSync(path, Buffer.concat(parts));
}

function main([command, list, module]) {
  if (list === undefined) fail("usage: interface.mjs json|c|as|attach <list.abi> [<file.wasm>]");
  const items = readList(list);
  const source = list.split("/").pop();
  if (command === "json") process.stdout.write(`${JSON.stringify(items, null, 1)}\n`);
  else if (command === "c") process.stdout.write(toC(items, source));
  else if (command === "as") process.stdout.write(toAssemblyScript(items, source));
  else if (command === "attach" && module !== undefined) attach(items, module);
  else fail(`"${command}" is no command`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
