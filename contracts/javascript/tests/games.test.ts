import { accounts, balance, deploy, describe, expect, mine, test, beforeAll } from "braid/test";

const { alice, bob, carol } = accounts;

describe("the last buyer", () => {
  let game: any;

  beforeAll(() => {
    game = deploy("../lastbuyer.js");
    game.with({ from: bob, value: 1000n }).buy();
  });

  test("keys become dearer", () => {
    expect(game.price()).toBe(1010n);
    expect(() => game.with({ from: carol, value: 1009n }).buy()).toRevert("a key costs 1010");
  });

  test("takes the pot after a hundred blocks without a buyer", () => {
    game.with({ from: carol, value: 1010n }).buy();
    mine(98);
    expect(() => game.connect(carol).claim()).toRevert("the round goes on");
    expect(() => game.connect(bob).claim()).toRevert("authority");
    expect(game.connect(carol).claim()).toBe(2010n);
    expect(balance(game)).toBe(0n);
    expect(game.price()).toBe(1000n);
  });

  test("is the one who bought last", () => {
    mine(90);
    game.with({ from: alice, value: 1010n }).buy();
    mine(20);
    expect(() => game.claim()).toRevert("the round goes on");
  });
});

describe("things", () => {
  let things: any;

  beforeAll(() => {
    things = deploy("../nft.ts");
  });

  test("have one owner each, who alone gives them away", () => {
    const id = things.mint(bob, "a sword");
    expect(id).toBe(1n);
    expect(things.textOf(id)).toBe("a sword");
    expect(() => things.transfer(id, carol)).toRevert("authority");
    expect(things.connect(bob).send("transfer", id, carol)).toEmit("Moved", [1n, bob, carol]);
    expect(things.ownerOf(id)).toBe(carol);
  });

  test("are made by the maker, and each test begins anew", () => {
    expect(() => things.connect(bob).mint(bob, "a crown")).toRevert("authority");
    expect(() => things.ownerOf(1n)).toRevert("there is no thing 1");
  });
});
