/** What files of tests import: `braid test` runs them on a chain in memory. */
declare module "braid/test" {
  type Body = () => void | Promise<void>;
  type Account = string | Contract;

  /** How something is sent: by whom (alice, unless told), with how much coin and gas. */
  interface Options {
    from?: Account;
    value?: bigint;
    gas?: bigint;
  }

  interface ChainEvent {
    contract: string;
    /** By the interface of the contract, null where that does not know it. */
    name: string | null;
    args: Record<string, any>;
  }

  interface Receipt {
    status: "success";
    value: any;
    events: ChainEvent[];
    gasUsed: bigint;
    block: number;
    transaction: string;
  }

  /** A contract of any machine. Its methods are those of its interface; those that only read are called, others sent. */
  interface Contract {
    readonly address: string;
    /** The same, for another caller. */
    connect(from: Account): Contract;
    /** The same, with other options. */
    with(options: Options): Contract;
    /** Sends and gives the receipt. */
    send(method: string, ...args: unknown[]): Receipt;
    /** Calls and keeps nothing. */
    call(method: string, ...args: unknown[]): any;
    [method: string]: any;
  }

  /** What is thrown where a call does not succeed. */
  class ChainError extends Error {
    status: "revert" | "halt";
    reason: string;
    data: Uint8Array;
    gasUsed: string;
  }

  interface Matchers {
    not: Matchers;
    toBe(value: unknown): void;
    toEqual(value: unknown): void;
    toBeTruthy(): void;
    toBeFalsy(): void;
    toBeNull(): void;
    toBeUndefined(): void;
    toBeDefined(): void;
    toBeGreaterThan(value: number | bigint): void;
    toBeGreaterThanOrEqual(value: number | bigint): void;
    toBeLessThan(value: number | bigint): void;
    toBeLessThanOrEqual(value: number | bigint): void;
    toContain(value: unknown): void;
    toHaveLength(length: number): void;
    toMatch(pattern: string | RegExp): void;
    toThrow(what?: string | RegExp | (new (...args: any[]) => Error)): void;
    /** Of a function that calls a contract: the contract reverts, for a reason that contains this. */
    toRevert(reason?: string | RegExp): void;
    /** The same for a contract that is stopped: out of gas, say. */
    toHalt(reason?: string | RegExp): void;
    /** Of a receipt: it has such an event, with these arguments by name or all of them in order. */
    toEmit(name: string, args?: Record<string, unknown> | unknown[]): void;
  }

  const test: {
    (name: string, body: Body): void;
    skip(name: string, body?: Body): void;
    only(name: string, body: Body): void;
    /** A test for each row; `%s` in the name stands for its values. */
    each(rows: readonly any[]): (name: string, body: (...items: any[]) => void | Promise<void>) => void;
  };
  const it: typeof test;
  const describe: { (name: string, body: () => void): void; skip(name: string, body: () => void): void };
  const expect: (value: unknown) => Matchers;
  /** Runs once before the tests of the group; each of them begins with the state that it leaves. */
  const beforeAll: (body: Body) => void;
  const beforeEach: (body: Body) => void;
  const afterEach: (body: Body) => void;
  const afterAll: (body: Body) => void;

  /** Addresses of the development accounts by name. */
  const accounts: Record<"alice" | "bob" | "carol" | (string & {}), string>;
  function account(name: string): string;
  /** Makes a contract of any machine; a path that begins with a dot is that from the file of the test. */
  function deploy(path: string, args?: unknown[], options?: Options): Contract;
  function contract(address: Account, options?: Options): Contract;
  function send(to: Account, method: string, args?: unknown[], options?: Options): Receipt;
  function call(to: Account, method: string, args?: unknown[], options?: Options): any;
  function transfer(from: Account, to: Account, amount: bigint): Receipt;
  function balance(account: Account): bigint;
  /** The receipt of what was sent or deployed last. */
  function receipt(): Receipt;
  /** Makes empty blocks. */
  function mine(count?: number): void;
  function block(): { number: number; nextTime: number };
  /** The time of the next block, in seconds since 1970. */
  function setTime(seconds: number): void;
}
