// The module `braid/test`: what the harness has put beside the globals.
const it = globalThis.braid;
export const { test, describe, expect, beforeAll, beforeEach, afterAll, afterEach } = it;
export const { accounts, account, deploy, contract, send, call, transfer, balance, receipt, mine, block, setTime,
  ChainError } = it;
export { test as it };
