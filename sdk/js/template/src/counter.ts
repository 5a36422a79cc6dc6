import { storage, event } from "chain";

/**
 * A number that anybody may change.
 * @event Changed(uint256 value)
 */
export default class Counter {
  init(start: bigint): void {
    storage.put("value", start);
  }

  /** @view */
  value(): bigint {
    return storage.get("value");
  }

  add(amount: bigint): bigint {
    if (amount === 0n) {
      throw new Error("nothing is added");
    }
    const value = this.value() + amount;
    storage.put("value", value);
    event.emit("Changed", { value });
    return value;
  }
}
