import { accounts, deploy, describe, expect, receipt, test, beforeEach } from "braid/test";

const { alice, bob } = accounts;

describe("a token", () => {
  let token: any;

  beforeEach(() => {
    token = deploy("../token.ts", [1000n]);
  });

  test("belongs to who made it", () => {
    expect(token.totalSupply()).toBe(1000n);
    expect(token.balanceOf(alice)).toBe(1000n);
  });

  test("moves and says so", () => {
    expect(token.transfer(bob, 300n)).toBe(true);
    expect(receipt()).toEmit("Transfer", { from: alice, to: bob, amount: 300n });
    expect([token.balanceOf(alice), token.balanceOf(bob)]).toEqual([700n, 300n]);
  });

  test("is not spent twice", () => {
    expect(() => token.connect("bob").transfer(alice, 1n)).toRevert("does not suffice");
    expect(() => token.transfer(bob, 1001n)).toRevert(/does not suffice/);
    expect(token.balanceOf(bob)).toBe(0n);
  });

  test.each([0n, 1n, 1000n])("has as much as before when %s are moved", (amount: bigint) => {
    token.transfer(bob, amount);
    expect(token.balanceOf(alice) + token.balanceOf(bob)).toBe(token.totalSupply());
  });
});
