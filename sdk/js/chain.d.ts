/** The module that every contract finds: import { storage } from "chain". */
declare module "chain" {
  /** `0x` and 40 or 64 hexadecimal digits. */
  type address = string;
  type bytes = Uint8Array;
  type bytes32 = Uint8Array;
  /** Integers of at most 48 bits are numbers. */
  type u8 = number;
  type u16 = number;
  type u32 = number;
  type u48 = number;
  type u64 = bigint;
  type u128 = bigint;
  type u256 = bigint;
  type i8 = number;
  type i16 = number;
  type i32 = number;
  type i48 = number;
  type i64 = bigint;
  type i128 = bigint;
  type i256 = bigint;

  /** Values that storage and events take: texts, numbers, bigint, bytes, arrays and objects of them. */
  type Data = unknown;

  /** What the contract keeps. */
  const storage: {
    put(key: string, value: Data): void;
    get(key: string): any;
    has(key: string): boolean;
    del(key: string): boolean;
    mapPut(map: string, field: string | number | bigint, value: Data): void;
    mapGet(map: string, field: string | number | bigint): any;
    mapHas(map: string, field: string | number | bigint): boolean;
    mapDel(map: string, field: string | number | bigint): boolean;
    mapKeys(map: string, after?: string, limit?: number): string[];
    mapLen(map: string): number;
    globalGet(contract: address, key: string): any;
    globalHas(contract: address, key: string): boolean;
    globalMapGet(contract: address, map: string, field: string): any;
    globalMapHas(contract: address, map: string, field: string): boolean;
    globalMapKeys(contract: address, map: string): string[];
    globalMapLen(contract: address, map: string): number;
  };

  /** How a call is made: the signatures of the callee, coin, gas. */
  interface CallOptions {
    abi?: string[];
    value?: bigint;
    gas?: bigint;
    isStatic?: boolean;
  }

  const blockchain: {
    transfer(to: address, amount: bigint): void;
    transfer(from: address, to: address, amount: bigint): void;
    call(contract: address, method: string, args?: unknown[] | string, options?: CallOptions): any;
    callWithAuth(contract: address, method: string, args?: unknown[] | string, options?: CallOptions): any;
    callRaw(contract: address, input: bytes, options?: CallOptions): {
      status: "success" | "revert" | "halt";
      output: bytes;
    };
    requireAuth(account: address, permission?: string): true;
    receipt(content: string): void;
    event(content: string): void;
    revert(reason: string | bytes): never;
    balance(account: address): bigint;
    blockInfo(): any;
    blockHash(number: bigint): any;
    txInfo(): any;
    contextInfo(): any;
    contractName(): address;
    publisher(): address;
    caller(): address;
    value(): bigint;
  };

  const event: {
    /** Emits an event of the interface, its fields in their order or by their names. */
    emit(name: string, fields?: unknown[] | Record<string, unknown>): void;
    log(topics: bytes32[], data: bytes): void;
  };

  const crypto: {
    keccak256(input: bytes | string): bytes32;
    sha256(input: bytes | string): bytes32;
    ripemd160(input: bytes | string): bytes;
    blake3(input: bytes | string): bytes32;
    recover(hash: bytes32, signature: bytes): address | null;
    verifyEd25519(message: bytes, signature: bytes, key: bytes): boolean;
    verifySecp256r1(hash: bytes32, signature: bytes, key: bytes): boolean;
    toHex(input: bytes | string): string;
    fromHex(digits: string): bytes;
    toBytes(text: string): bytes;
    fromBytes(input: bytes): string;
  };

  /** Who has an object: an address, or the identity of another object. */
  type Owner = address | bytes32;

  /** State objects: things with an owner and typed fields, the same for contracts of every machine. */
  const object: {
    /** Makes an object whose creator is this contract. */
    create(owner: Owner): bytes32;
    info(id: bytes32): { creator: address; owner: Owner; fields: number; createdBlock: number } | null;
    owner(id: bytes32): Owner | null;
    creator(id: bytes32): address | null;
    /** The value of a field, or null. */
    get(id: bytes32, name: string): any;
    /** Sets a field; `type` as it stands in signatures ("uint64"), otherwise that of the value. */
    set(id: bytes32, name: string, value: Data, type?: string): void;
    remove(id: bytes32, name: string): void;
    setOwner(id: bytes32, owner: Owner): void;
    delete(id: bytes32): void;
    /** Identities in their order, at most 1,024, above `after`. */
    byOwner(owner: Owner, after?: bytes32, limit?: number): bytes32[];
  };

  /** A contract of any machine as an object with the methods of its interface. */
  function contract(address: address, options?: CallOptions): any;
}
