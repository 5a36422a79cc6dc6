import { accounts, balance, deploy, expect, test, beforeEach } from "braid/test";

const { alice, bob, carol } = accounts;
let auction: any;

beforeEach(() => {
  auction = deploy("../auction.ts");
});

test("the best bid wins, the others go back", () => {
  auction.with({ from: bob, value: 100n }).bid();
  expect(() => auction.with({ from: carol, value: 100n }).bid()).toRevert("the best bid is 100");
  const bid = auction.with({ from: carol, value: 150n }).send("bid");
  expect(bid).toEmit("Bid", { bidder: carol, amount: 150n });
  expect(auction.best()).toEqual([carol, 150n]);
  expect(auction.connect(bob).withdraw()).toBe(100n);
  expect(auction.connect(bob).withdraw()).toBe(0n);
  expect(balance(auction)).toBe(150n);
});

test("the seller alone closes it, once", () => {
  auction.with({ from: bob, value: 100n }).bid();
  expect(() => auction.connect(bob).close()).toRevert("authority");
  auction.connect(alice).close();
  expect(balance(auction)).toBe(0n);
  expect(() => auction.close()).toRevert("closed");
  expect(() => auction.with({ from: carol, value: 500n }).bid()).toRevert("closed");
});

test("a bid costs what it says", () => {
  const before = balance(bob);
  const bid = auction.with({ from: bob, value: 100n }).send("bid");
  expect(before - balance(bob)).toBeGreaterThanOrEqual(100n);
  expect(bid.gasUsed).toBeGreaterThan(21000n);
});
