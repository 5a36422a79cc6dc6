import { storage, blockchain, type address } from "chain";
import { checkName, type Entry } from "./names";
import { nameLengthMax } from "./limits";

/** Names for addresses, first come first served. */
export default class Registry {
  register(name: string, target: address): void {
    checkName(name, nameLengthMax);
    if (storage.mapHas("names", name)) {
      throw new Error(`${name} is taken`);
    }
    storage.mapPut("names", name, { owner: blockchain.caller(), target });
  }

  /** @view */
  find(name: string): Entry | null {
    return storage.mapGet("names", name);
  }
}
