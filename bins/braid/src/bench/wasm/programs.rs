//! What the measurements run: no storage, no calls, only the work itself.

/// Returns at once. Its memory is as large as a contract's in Rust: a stack of 1 MiB and data.
pub(super) const NOTHING: &str = r#"(module (memory (export "memory") 17)
    (func (export "call") (param i32) (result i32) (i32.const 0)))"#;

/// Programs by name; each takes milliseconds, so that the call itself does not count.
pub(super) const PROGRAMS: &[(&str, &str)] = &[
    ("gas in a hash loop", HASH),
    ("gas in fibonacci of 30", FIBONACCI),
    ("gas in memory sums", MEMORY),
    ("gas in a sieve of primes", SIEVE),
];

/// FNV-1a over numbers: one small loop with a chain of dependent operations.
const HASH: &str = r#"(module (memory (export "memory") 1)
    (func (export "call") (param i32) (result i32) (local $i i32) (local $h i64)
        (local.set $h (i64.const 0xcbf29ce484222325))
        (loop $again
            (local.set $h (i64.mul
                (i64.xor (local.get $h) (i64.extend_i32_u (local.get $i)))
                (i64.const 0x100000001b3)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get $i) (i32.const 10000000))))
        (i64.store (i32.const 0) (local.get $h))
        (i32.const 0)))"#;

/// Calls and branches, hardly any work between.
const FIBONACCI: &str = r#"(module (memory (export "memory") 1)
    (func $fibonacci (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
            (then (local.get 0))
            (else (i32.add
                (call $fibonacci (i32.sub (local.get 0) (i32.const 1)))
                (call $fibonacci (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "call") (param i32) (result i32)
        (drop (call $fibonacci (i32.const 30)))
        (i32.const 0)))"#;

/// Adds to every word of a page, round after round.
const MEMORY: &str = r#"(module (memory (export "memory") 1)
    (func (export "call") (param i32) (result i32) (local $i i32) (local $round i32)
        (loop $rounds
            (local.set $i (i32.const 0))
            (loop $words
                (i32.store (local.get $i)
                    (i32.add (i32.load (local.get $i)) (local.get $round)))
                (local.set $i (i32.add (local.get $i) (i32.const 4)))
                (br_if $words (i32.lt_u (local.get $i) (i32.const 65536))))
            (local.set $round (i32.add (local.get $round) (i32.const 1)))
            (br_if $rounds (i32.lt_u (local.get $round) (i32.const 600))))
        (i32.const 0)))"#;

/// The sieve of Eratosthenes below a million: nested loops, branches that the data decides.
const SIEVE: &str = r#"(module (memory (export "memory") 16)
    (func (export "call") (param i32) (result i32) (local $i i32) (local $multiple i32)
        (local.set $i (i32.const 2))
        (loop $numbers
            (if (i32.eqz (i32.load8_u (local.get $i)))
                (then
                    (local.set $multiple (i32.shl (local.get $i) (i32.const 1)))
                    (block $done
                        (loop $multiples
                            (br_if $done
                                (i32.ge_u (local.get $multiple) (i32.const 1000000)))
                            (i32.store8 (local.get $multiple) (i32.const 1))
                            (local.set $multiple
                                (i32.add (local.get $multiple) (local.get $i)))
                            (br $multiples)))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $numbers (i32.lt_u (local.get $i) (i32.const 1000000))))
        (i32.const 0)))"#;
