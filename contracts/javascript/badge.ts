import { object, blockchain, type address, type bytes32, type u64 } from "chain";

/**
 * Badges: state objects with a level, which only those who have them change. The contract is the
 * creator of every badge and may change each; it is its code that asks who calls.
 */
export default class Badge {
  make(owner: address): bytes32 {
    const id = object.create(owner);
    object.set(id, "level", 1n, "uint64");
    return id;
  }

  /** @view */
  level(id: bytes32): u64 {
    return object.get(id, "level") ?? blockchain.revert("not a badge");
  }

  raise(id: bytes32): u64 {
    this.checkOwner(id);
    const level = this.level(id) + 1n;
    object.set(id, "level", level, "uint64");
    return level;
  }

  give(id: bytes32, to: address): boolean {
    this.checkOwner(id);
    object.setOwner(id, to);
    return true;
  }

  scrap(id: bytes32): boolean {
    this.checkOwner(id);
    object.delete(id);
    return true;
  }

  /**
   * How many objects an owner has, at most a hundred.
   * @view
   */
  count(owner: address): u64 {
    return BigInt(object.byOwner(owner, undefined, 100).length);
  }

  private checkOwner(id: bytes32): void {
    if (object.owner(id) !== blockchain.caller()) {
      throw new Error("not the owner");
    }
  }
}
