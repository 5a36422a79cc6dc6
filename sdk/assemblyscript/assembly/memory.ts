// SPDX-License-Identifier: MIT OR Apache-2.0
// The memory of a contract: it grows upwards and is never freed, since an instance lives for one
// call. Other than the compiler's own `stub` it needs no start function, which the
// host refuses; the first allocation finds the end of the data.

// In front of an object the compiler wants its type (8 bytes before it) and its size (4 before).
const ALIGNMENT: usize = 16;

let next: usize = 0;

// @ts-ignore: decorator
@unsafe @global
export function __alloc(bytes: usize): usize {
  const from = next != 0 ? next : __heap_base;
  const block = (from + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
  const end = block + bytes;
  if (end < block) unreachable();
  const have = <usize>memory.size() << 16;
  if (end > have && memory.grow(<i32>((end - have + 0xffff) >>> 16)) < 0) unreachable();
  next = end;
  return block;
}

// @ts-ignore: decorator
@unsafe @global
export function __realloc(block: usize, bytes: usize): usize {
  const moved = __alloc(bytes);
  memory.copy(moved, block, min(bytes, moved - block));
  return moved;
}

// @ts-ignore: decorator
@unsafe @global
export function __free(block: usize): void {}

// @ts-ignore: decorator
@unsafe @global
export function __new(bytes: usize, id: u32): usize {
  // The header takes two units of alignment, so that the object itself is aligned.
  const object = __alloc(2 * ALIGNMENT + bytes) + 2 * ALIGNMENT;
  store<u32>(object - 8, id);
  store<u32>(object - 4, <u32>bytes);
  return object;
}

// @ts-ignore: decorator
@unsafe @global
export function __renew(object: usize, bytes: usize): usize {
  const renewed = __new(bytes, load<u32>(object - 8));
  memory.copy(renewed, object, min(bytes, <usize>load<u32>(object - 4)));
  return renewed;
}

// @ts-ignore: decorator
@unsafe @global
export function __link(parent: usize, child: usize, expectMultiple: bool): void {}

// @ts-ignore: decorator
@unsafe @global
export function __pin(object: usize): usize {
  return object;
}

// @ts-ignore: decorator
@unsafe @global
export function __unpin(object: usize): void {}

// @ts-ignore: decorator
@unsafe @global
export function __visit(object: usize, cookie: u32): void {}

// @ts-ignore: decorator
@unsafe @global
export function __collect(): void {}
