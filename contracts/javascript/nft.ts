import { storage, blockchain, event, type address } from "chain";

/**
 * Things that have one owner each.
 * @event Moved(uint256 indexed id, address indexed from, address indexed to)
 */
export default class Things {
  init(): void {
    storage.put("maker", blockchain.caller());
    storage.put("next", 1n);
  }

  mint(to: address, text: string): bigint {
    blockchain.requireAuth(storage.get("maker"));
    const id: bigint = storage.get("next");
    storage.put("next", id + 1n);
    storage.mapPut("things", id, { owner: to, text });
    return id;
  }

  /** @view */
  ownerOf(id: bigint): address {
    return this.thing(id).owner;
  }

  /** @view */
  textOf(id: bigint): string {
    return this.thing(id).text;
  }

  transfer(id: bigint, to: address): void {
    const thing = this.thing(id);
    const from = thing.owner;
    blockchain.requireAuth(from);
    storage.mapPut("things", id, { ...thing, owner: to });
    event.emit("Moved", { id, from, to });
  }

  private thing(id: bigint): { owner: address; text: string } {
    return storage.mapGet("things", id) ?? blockchain.revert(`there is no thing ${id}`);
  }
}
