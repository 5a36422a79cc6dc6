//! The contract between a compiled script and the runtime that runs it.
//!
//! # The script
//!
//! [`Compiled::source`](crate::Compiled) is one classic script in UTF-8. Its value is a function of
//! one argument, the *environment*, which an engine calls once for each transaction frame:
//!
//! ```js
//! (function ($__env) { 'use strict';
//!   let $__g = 0, $__m = $__env.memory, $__d = 0, $__t, $__x, $__y, $__w;
//!   const $__O = () => { … };                    // leaves when a budget is empty
//!   const $__T = n => { if (($__g -= n) < 0) $__O(); };
//!   const $__A = n => { if (($__m -= n) < 0) $__O(); };
//!   const $__G = () => $__g, $__S = n => { $__g = n; };
//!   $__env.bind($__T, $__G, $__S, $__A, () => $__w);
//!   const { add: $__add, … } = $__env.operators;
//!   …                                            // the modules, metered
//!   return $__l0();                              // the namespace of the entry module
//! })
//! ```
//!
//! The namespace is an object without prototype that has one property for each export of the entry
//! module (`default` among them). A CommonJS entry has `default` alone, the value of
//! `module.exports`. A method `m` of the interface is found so: the namespace's own property `m`,
//! else, where `default` is a function, the method `m` of `new default()`, else the property `m` of
//! `default`. A method `init` is the constructor of the contract.
//!
//! # What the environment offers
//!
//! | member | meaning |
//! |---|---|
//! | `memory` | bytes that the frame may allocate, an integer of 0 to 2^30 |
//! | `refill(chunk)` | `chunk` is negative; gives a new one, 0 to 2^30, or ends the script |
//! | `exhausted()` | ends the script: it allocated more than `memory` |
//! | `deep()` | throws the `RangeError` of calls that nest too deep; the script may catch it |
//! | `bind(charge, left, set, allocate, thrown)` | takes the functions below |
//! | `operators` | the functions of [`OPERATORS`] |
//! | `modules` | the built-in modules by name, each an object with the exports of [`MODULES`] |
//!
//! `refill` and `exhausted` throw **and** set the flag that stops the engine, so that no guest can
//! catch them. What is thrown while the engine has not stopped yet ends in a handler that charges
//! first, and `refill` must throw again then.
//!
//! What `bind` gets: `charge(gas)` takes gas and ends the script where there is none; `left()` is
//! the chunk, negative after the end; `set(chunk)` replaces it, after a call that gave back gas;
//! `allocate(bytes)` takes of the memory; `thrown()` is the place of the `throw` that ran
//! last and that no handler has caught, as text of file and line, or nothing. An amount is an
//! integer of 0 to 2^30.
//! **Gas used = limit − budget of the host − chunk left**, to the unit, on every engine.
//!
//! # What a script relies on
//!
//! - The primordials are frozen; globals are those of [`GLOBALS`] and cannot be changed.
//! - Prototype chains stay within [`PROTOTYPE_DEPTH_MAX`]: [`OPERATORS`] check `extends`, the
//!   runtime `Object.create` and `Object.setPrototypeOf`. There is no `__proto__` on
//!   `Object.prototype`, and nothing replaces the property `prototype` of a function
//!   (`Object.assign`, `Object.defineProperty` and `Reflect` refuse).
//! - A builtin that is linear in its input charges before the work, and has a cap on its result.

/// What every reserved name begins with. A source may not declare or name such an identifier.
pub const RESERVED_PREFIX: &str = "$__";
/// The parameter of the script: the environment.
pub const ENVIRONMENT: &str = "$__env";
/// The gas chunk: what is prepaid, negative where it did not suffice.
pub const GAS: &str = "$__g";
/// Bytes that may still be allocated.
pub const MEMORY: &str = "$__m";
/// How many functions of the script are on the stack.
pub const DEPTH: &str = "$__d";
/// Called where a counter is beyond its limit.
pub const LEAVE: &str = "$__O";
/// `charge(gas)`, as the runtime gets it.
pub const CHARGE: &str = "$__T";
/// `allocate(bytes)`, as the runtime gets it.
pub const ALLOCATE: &str = "$__A";
/// `left()`, as the runtime gets it.
pub const LEFT: &str = "$__G";
/// `set(chunk)`, as the runtime gets it.
pub const SET: &str = "$__S";

/// Where the last `throw` stands that no handler has caught.
pub const THROWN: &str = "$__w";

/// Functions of a script that may be on the stack of one frame at the same time.
pub const CALL_DEPTH_MAX: u32 = 512;
/// Links of a prototype chain.
pub const PROTOTYPE_DEPTH_MAX: u32 = 32;
/// Characters of a string.
pub const STRING_LENGTH_MAX: u32 = 1 << 20;
/// Elements of an array that a builtin or a spread makes.
pub const ARRAY_LENGTH_MAX: u32 = 1 << 16;
/// Arguments of a call that spreads.
pub const ARGUMENTS_MAX: u32 = 1024;
/// Bits of the magnitude of a `BigInt`.
pub const BIGINT_BITS_MAX: u32 = 1024;
/// Version of this contract. It goes into the identity of an engine: another version may give other
/// gas for the same unit.
pub const ABI_VERSION: u32 = 1;

/// A function of `$__env.operators`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// Its property in `operators`; the script calls it by [`RESERVED_PREFIX`] and this.
    pub name: &'static str,
    /// What it gives, in words and in JavaScript.
    pub meaning: &'static str,
}

const fn operator(name: &'static str, meaning: &'static str) -> Operator {
    Operator { name, meaning }
}

/// Everything that the script asks of `$__env.operators`.
///
/// The static price of the operation is charged by the script. A helper charges beyond it only
/// where an operand is not a number, a boolean, null or undefined: for the length of strings that
/// it reads or makes ([`cost::per_length`](crate::cost::per_length)), before it does so. It keeps
/// the caps of this module and throws a `RangeError` beyond them. Operands are converted in the
/// order of the language.
pub const OPERATORS: &[Operator] = &[
    operator("add", "a + b"),
    operator("sub", "a - b"),
    operator("mul", "a * b"),
    operator("div", "a / b"),
    operator("mod", "a % b"),
    operator("pow", "a ** b, for numbers as a portable library computes it"),
    operator("shl", "a << b"),
    operator("shr", "a >> b"),
    operator("ushr", "a >>> b"),
    operator("and", "a & b"),
    operator("or", "a | b"),
    operator("xor", "a ^ b"),
    operator("lt", "a < b"),
    operator("le", "a <= b"),
    operator("gt", "a > b"),
    operator("ge", "a >= b"),
    operator("eq", "a == b"),
    operator("ne", "a != b"),
    operator("same", "a === b"),
    operator("differ", "a !== b"),
    operator("neg", "-a"),
    operator("plus", "+a"),
    operator("not", "~a"),
    operator("num", "a as number or BigInt (ToNumeric)"),
    operator("inc", "num(a) and one more"),
    operator("dec", "num(a) and one less"),
    operator("postinc", "(o, k) => o[k]++, where k is a result of key"),
    operator("postdec", "(o, k) => o[k]--, where k is a result of key"),
    operator(
        "key",
        "a as property key (ToPropertyKey): a number stays one, a symbol stays, all else becomes a \
         string and is charged for; the strings prototype and __proto__ throw a TypeError",
    ),
    operator("cat", "(...parts) => the template literal of these parts in their order"),
    operator(
        "spread",
        "what [...a] iterates: charges for each element, at most ARRAY_LENGTH_MAX; gives an array \
         that nothing else writes to meanwhile, or a itself where it is an ordinary array",
    ),
    operator("args", "as spread, at most ARGUMENTS_MAX"),
    operator("own", "a, after a charge for its own keys: for {...a} and for a rest of properties"),
    operator("keys", "a, after a charge for all its enumerable keys: for (k in a)"),
    operator("base", "a, if a class may extend it by PROTOTYPE_DEPTH_MAX, else a RangeError"),
    operator("pick", "(a, n) => a, after a charge for n comparisons if it is a string: switch (a)"),
    operator("caught", "a, or the canonical error where the engine made it: catch (a)"),
    operator("freeze", "Object.freeze(a), without a charge"),
];

/// A module that `import` and `require` find without a file, and what it exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltinModule {
    /// The specifier.
    pub name: &'static str,
    /// The names that it exports; `import x from` gives the module itself.
    pub exports: &'static [&'static str],
}

/// The built-in modules.
pub const MODULES: &[BuiltinModule] = &[BuiltinModule {
    name: "chain",
    exports: &["storage", "blockchain", "event", "crypto", "contract", "object"],
}];

/// The global names that a contract may use. What is not here does not compile.
pub const GLOBALS: &[&str] = &[
    "Array",
    "ArrayBuffer",
    "BigInt",
    "BigInt64Array",
    "BigUint64Array",
    "Boolean",
    "DataView",
    "Error",
    "EvalError",
    "Infinity",
    "Int16Array",
    "Int32Array",
    "Int8Array",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "Number",
    "Object",
    "RangeError",
    "ReferenceError",
    "Reflect",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "SyntaxError",
    "TypeError",
    "URIError",
    "Uint16Array",
    "Uint32Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "WeakMap",
    "WeakSet",
    "console",
    "isFinite",
    "isNaN",
    "parseFloat",
    "parseInt",
    "undefined",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_globals_sorted() {
        let mut names: Vec<_> = OPERATORS.iter().map(|operator| operator.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(GLOBALS.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
