import { deploy, describe, expect, receipt, test, beforeEach } from "braid/test";

describe("a counter", () => {
  let counter: any;

  beforeEach(() => {
    counter = deploy("src/counter.ts", [5n]);
  });

  test("adds", () => {
    expect(counter.add(2n)).toBe(7n);
    expect(receipt()).toEmit("Changed", { value: 7n });
    expect(counter.value()).toBe(7n);
  });

  test("refuses nothing", () => {
    expect(() => counter.add(0n)).toRevert("nothing is added");
    expect(counter.value()).toBe(5n);
  });
});
