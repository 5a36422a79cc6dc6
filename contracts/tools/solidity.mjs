// SPDX-License-Identifier: MIT OR Apache-2.0
// Compiles every file of a folder with the solc of npm and writes one JSON artefact per contract.
// Usage: node solidity.mjs <node_modules> <source folder> <artefact folder>
import { createRequire } from "node:module";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const [modules, sourceFolder, artefactFolder] = process.argv.slice(2);
const solc = createRequire(join(resolve(modules), "index.js"))("solc");

const files = readdirSync(sourceFolder).filter((name) => name.endsWith(".sol")).sort();
const sources = Object.fromEntries(
  files.map((name) => [name, { content: readFileSync(join(sourceFolder, name), "utf8") }]),
);
const settings = {
  optimizer: { enabled: true, runs: 200 },
  // Without the metadata hash the bytecode depends on nothing but the source and the compiler.
  metadata: { bytecodeHash: "none", appendCBOR: false },
  evmVersion: "shanghai",
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
};
const input = JSON.stringify({ language: "Solidity", sources, settings });
const output = JSON.parse(solc.compile(input));
for (const message of output.errors ?? []) console.error(message.formattedMessage);
if ((output.errors ?? []).some((message) => message.severity === "error")) process.exit(1);

for (const file of files) {
  for (const [name, contract] of Object.entries(output.contracts[file])) {
    const bytecode = contract.evm.bytecode.object;
    if (bytecode === "") continue; // An interface has no code.
    const artefact = {
      contractName: name,
      sourceName: file,
      compiler: solc.version(),
      abi: contract.abi,
      bytecode: `0x${bytecode}`,
      deployedBytecode: `0x${contract.evm.deployedBytecode.object}`,
    };
    writeFileSync(join(artefactFolder, `${name}.json`), `${JSON.stringify(artefact, null, 1)}\n`);
    console.log(`${name}.json: ${bytecode.length / 2} bytes`);
  }
}
