import { accounts, call, deploy, expect, send, test } from "braid/test";

const { alice, bob } = accounts;

test("a project of several files is one contract", () => {
  const registry = deploy("../registry");
  registry.register("home", bob);
  expect(registry.find("home")).toEqual({ owner: alice, target: bob });
  expect(registry.find("nothing")).toBeNull();
  expect(() => registry.register("home", alice)).toRevert("home is taken");
  expect(() => registry.register("x".repeat(33), alice)).toRevert("1 to 32 characters");
});

test("a badge in JavaScript goes through Solidity", () => {
  const badges = deploy("../badge.ts");
  const keeper = deploy("../../artifacts/solidity/ObjectKeeper.json");
  const [id, level] = keeper.makeAndGive(badges, bob);
  expect([badges.level(id), level, badges.count(bob)]).toEqual([2n, 2n, 1n]);
  expect(() => badges.raise(id)).toRevert("not the owner");
  badges.connect(bob).raise(id);
  expect(badges.level(id)).toBe(3n);
  expect(id).toHaveLength(32);
});

test("contracts of other machines are called the same way", () => {
  for (const path of ["../../artifacts/rust/counter.wasm", "../../artifacts/solidity/Counter.json"]) {
    const counter = deploy(path);
    counter.add(5n);
    expect(counter.value()).toBe(5n);
    expect(call(counter, "value() returns (uint256)")).toBe(5n);
    expect(send(counter, "add", [1n]).status).toBe("success");
  }
});
