import type { address } from "chain";

export interface Entry {
  owner: address;
  target: address;
}

export function checkName(name: string, lengthMax: number): void {
  if (name.length === 0 || name.length > lengthMax) {
    throw new Error(`a name has 1 to ${lengthMax} characters`);
  }
}
