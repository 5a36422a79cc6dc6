import { storage, blockchain, event, type address } from "chain";

/**
 * A token of one kind.
 * @event Transfer(address indexed from, address indexed to, uint256 amount)
 */
export default class Token {
  init(supply: bigint): void {
    storage.put("supply", supply);
    storage.mapPut("balances", blockchain.caller(), supply);
  }

  /** @view */
  totalSupply(): bigint {
    return storage.get("supply") ?? 0n;
  }

  /** @view */
  balanceOf(owner: address): bigint {
    return storage.mapGet("balances", owner) ?? 0n;
  }

  transfer(to: address, amount: bigint): boolean {
    const from = blockchain.caller();
    const balance = this.balanceOf(from);
    if (balance < amount) {
      throw new Error("the balance does not suffice");
    }
    storage.mapPut("balances", from, balance - amount);
    storage.mapPut("balances", to, this.balanceOf(to) + amount);
    event.emit("Transfer", { from, to, amount });
    return true;
  }
}
