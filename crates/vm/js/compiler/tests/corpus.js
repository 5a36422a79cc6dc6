//# try_returns
try { return 1; } catch (e) { return 2; }
//# catch_returns
try { throw new Error("a"); } catch (e) { return e.message; }
//# finally_overrides
try { return 1; } finally { return 2; }
//# finally_runs
let log = []; try { log.push(1); } finally { log.push(2); } return log;
//# finally_after_return
let log = []; function f() { try { return log.push("a"); } finally { log.push("b"); } } f(); return log;
//# nested_try
let log = []; try { try { throw 1; } finally { log.push("f"); } } catch (e) { log.push(e); } return log;
//# rethrow
try { try { throw new TypeError("x"); } catch (e) { throw e; } } catch (e) { return e.name; }
//# finally_breaks_loop
let n = 0; for (;;) { try { n++; } finally { if (n > 5) break; } } return n;
//# finally_continue
let n = 0, m = 0; while (n < 10) { try { n++; if (n % 2) continue; m++; } finally { m += 10; } } return [n, m];
//# finally_return_in_loop
function f() { for (const x of [1, 2, 3]) { try { if (x === 2) return x; } finally { if (x === 2) continue; } } return "end"; } return f();
//# catch_without_name
try { null.x; } catch { return "caught"; }
//# finally_in_finally
let log = []; function f() { try { return 1; } finally { try { throw 2; } catch (e) { log.push(e); } finally { log.push(3); } } } log.push(f()); return log;
//# try_in_recursion
function f(n) { try { if (n === 0) throw new Error("bottom"); return f(n - 1); } catch (e) { if (n < 3) throw e; return n; } } return f(9);
//# recursion
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } return fib(12);
//# mutual_recursion
const even = (n) => n === 0 ? true : odd(n - 1); const odd = (n) => n === 0 ? false : even(n - 1); return [even(20), odd(7)];
//# deep_recursion_is_caught
function f(n) { return f(n + 1) + 1; } try { f(0); } catch (e) { return e.name; }
//# depth_is_restored
function f(n) { if (n === 0) throw 1; try { f(n - 1); } finally { n; } } for (let i = 0; i < 30; i++) { try { f(50); } catch (e) { } } return "fine";
//# depth_of_early_returns
function f(n) { if (n) return; return 1; } for (let i = 0; i < 2000; i++) { f(i % 2); } return "fine";
//# depth_of_arrows
const f = (x) => x + 1; let s = 0; for (let i = 0; i < 2000; i++) s = f(s); return s;
//# depth_of_catching_returns
function f(n) { try { if (n) return 1; throw 2; } catch (e) { return e; } finally { n++; } } let s = 0; for (let i = 0; i < 2000; i++) s += f(i % 2); return s;
//# closures
const fs = []; for (let i = 0; i < 5; i++) fs.push(() => i * i); return fs.map((f) => f());
//# closure_counter
function counter() { let n = 0; return { up: () => ++n, down: () => n--, get: () => n }; } const c = counter(); c.up(); c.up(); const d = c.down(); return [c.get(), d];
//# var_hoisting
x = 5; var x; { var y = x; } return [x, y];
//# function_hoisting
return f(); function f() { return "hoisted"; }
//# temporal_dead_zone
try { a; let a = 1; } catch (e) { return e.name; }
//# labelled_loops
let log = []; outer: for (let i = 0; i < 4; i++) { for (let j = 0; j < 4; j++) { if (j === 2) continue outer; if (i === 3) break outer; log.push(i * 10 + j); } } return log;
//# labelled_block
a: { b: { if (true) break a; } return "no"; } return "yes";
//# labelled_while
let n = 0; again: while (true) { while (true) { if (++n > 7) break again; continue again; } } return n;
//# do_while
let n = 0; do n += 3; while (n < 10); return n;
//# do_while_once
let n = 0; do { n++; } while (false); return n;
//# for_without_parts
let i = 0; for (;;) { if (i++ > 4) break; } return i;
//# for_with_comma
let s = []; for (let i = 0, j = 9; i < j; i++, j--) s.push(i * j); return s;
//# for_single_statement
let s = 0; for (let i = 0; i < 5; i++) s += i; return s;
//# for_empty_body
let i = 0; for (; i < 9; i++); return i;
//# while_with_call
let n = 0; const f = () => n++ < 5; while (f()) { n += 0; } return n;
//# for_in
const o = { a: 1, b: 2, c: 3 }; let s = ""; for (const k in o) s += k + o[k]; return s;
//# for_in_order
const o = { z: 1, 2: 1, 1: 1, a: 1 }; const s = []; for (const k in o) s.push(k); return s;
//# for_of_array
let s = 0; for (const x of [1, 2, 3]) s += x; return s;
//# for_of_string
let s = []; for (const x of "abc") s.unshift(x); return s;
//# for_of_map
let s = []; for (const [k, v] of new Map([["a", 1], ["b", 2]])) s.push(k, v); return s;
//# for_of_iterator
const it = { [Symbol.iterator]() { let n = 0; return { next: () => ({ done: n > 3, value: n++ }), return() { it.closed = true; return {}; } }; } }; let s = 0; for (const x of it) { if (x === 2) break; s += x; } return [s, it.closed];
//# for_of_target
const o = {}; for (o.x of [1, 2, 3]); return o.x;
//# if_else_chain
function f(n) { if (n < 0) return "neg"; else if (n === 0) return "zero"; else if (n < 10) return "few"; else return "many"; } return [f(-1), f(0), f(5), f(50)];
//# dangling_else
let s = ""; if (true) if (false) s += "a"; else s += "b"; return s;
//# conditional
const f = (a, b) => a ? b ? 1 : 2 : b ? 3 : 4; return [f(1, 1), f(1, 0), f(0, 1), f(0, 0)];
//# conditional_with_calls
let log = []; const t = (x) => { log.push(x); return x; }; t(0) ? t(1) : t(2); t(3) ? t(4) : t(5); return log;
//# logical
let log = []; const t = (x) => { log.push(x); return x; }; t(0) && t(1); t(2) || t(3); t(null) ?? t(4); t(5) ?? t(6); return log;
//# logical_assignment
let a = null, b = 0, c = 1; a ??= 5; b ||= 6; c &&= 7; const o = { x: null }; o.x ??= 8; o["y"] ||= 9; return [a, b, c, o];
//# logical_assignment_names_functions
let f; f ??= () => 1; let g; g ||= class {}; return [f.name, g.name];
//# optional_chain
const o = { a: { b: () => 7 } }; return [o?.a?.b?.(), o?.x?.y.z, o.x?.[1], o.a?.["b"]()];
//# optional_call_arguments
let n = 0; const o = {}; o.f?.(n++); o.g?.[n++]; return n;
//# optional_this
const o = { v: 3, f() { return this.v; } }; return [o?.f(), o.f?.(), o?.["f"]()];
//# delete_optional
const o = { a: { b: 1 } }; delete o?.a?.b; delete o["x"]; return o;
//# switch_fallthrough
function f(x) { let s = ""; switch (x) { case 1: s += "a"; case 2: s += "b"; break; case 3: { s += "c"; } default: s += "d"; } return s; } return [f(1), f(2), f(3), f(4)];
//# switch_default_first
function f(x) { switch (x) { default: return "d"; case 1: return "one"; } } return [f(1), f(2)];
//# switch_strings
function f(x) { switch (x) { case "a" + "b": return 1; case "c": return 2; } return 0; } return [f("ab"), f("c"), f("d")];
//# switch_scope
switch (1) { case 1: let a = 2; const f = () => a; return f(); }
//# switch_in_loop
let n = 0; for (let i = 0; i < 5; i++) { switch (i) { case 1: continue; case 3: break; default: n += i; } } return n;
//# switch_true
const x = 15; switch (true) { case x > 10: return "big"; default: return "small"; }
//# destructuring
const { a, b: { c = 5, e } = { e: 1 } } = { a: 1 }; return [a, c, e];
//# destructuring_array
const [a, , b = 3, [c] = [4], ...d] = [1, 2, undefined, undefined, 5, 6]; return [a, b, c, d];
//# destructuring_rest
const { a, ...rest } = { a: 1, b: 2, c: 3 }; return [a, rest];
//# destructuring_swap
let a = 1, b = 2; [a, b] = [b, a]; return [a, b];
//# destructuring_members
const o = {}; [o.x, o["y"]] = [1, 2]; ({ a: o.z, b: o.w = 9 } = { a: 3 }); return o;
//# destructuring_assignment_rest
let a, b; [a, ...b] = "xyz"; let c, d; ({ c, ...d } = { c: 1, e: 2 }); return [a, b, c, d];
//# destructuring_shorthand_default
let a, b; ({ a = 1, b = a + 1 } = {}); return [a, b];
//# destructuring_computed
const k = "x"; const { [k]: a, [k + "y"]: b = 2 } = { x: 1 }; return [a, b];
//# destructuring_default_is_lazy
let n = 0; const f = () => ++n; const { a = f(), b = f() } = { a: 1 }; return [a, b, n];
//# parameters_default
function f(a, b = a + 1, c = () => b, { d = 4, e } = {}, [g = 5] = []) { return [a, b, c(), d, e, g, f.length]; } return f(1);
//# parameters_default_calls
let n = 0; const g = () => ++n; function f(a = g(), b = g()) { return [a, b]; } return [f(), f(7), n];
//# parameters_default_recursion
function f(a = f()) { return a; } try { f(); } catch (e) { return e.name; }
//# parameters_rest
function f(a, ...rest) { return [a, rest, rest.length]; } return [f(), f(1), f(1, 2, 3)];
//# parameters_names
const f = function (g = () => 1) { return g.name; }; return f();
//# arrow_object
const f = () => ({ a: 1 }); return f();
//# arrow_this
class A { constructor() { this.v = 4; this.f = () => this.v; } } const { f } = new A(); return f();
//# arrow_sequence
const f = (a) => (a++, a++, a); return f(1);
//# spread_call
const f = (...a) => a.length; return [f(...[1, 2], 3, ..."ab"), Math.max(...[1, 9, 4])];
//# spread_array
return [...[1, 2], ...new Set([3, 3, 4]), ..."hi"];
//# spread_object
return { a: 1, ...{ b: 2, a: 3 }, ..."xy", ...null };
//# spread_new
class P { constructor(a, b) { this.s = a + b; } } return new P(...[1, 2]).s;
//# template
const n = 3; return `a${n}b${n + 1}c${`inner ${n}`}` + `plain` + `${n}`;
//# template_escapes
return `tab\t\u{41}\`\${}` + `${1}\n${2}`;
//# template_objects
const o = { toString() { return "T"; }, valueOf() { return 1; } }; return [`${o}`, "" + o, o + 1];
//# string_concat
let s = ""; for (let i = 0; i < 10; i++) s += i + ","; return s;
//# plus_types
return [1 + 2, "1" + 2, 1 + "2", [] + {}, null + 1, true + true, 1n + 2n, undefined + 1];
//# operators
const a = 13, b = 5; return [a - b, a * b, a / b, a % b, a ** b, a << b, -a >> 1, -a >>> 28, a & b, a | b, a ^ b, ~a, -a, +"7"];
//# operators_unknown
const f = (a, b) => [a - b, a * b, a / b, a % b, a ** b, a << b, a >> 1, a >>> 1, a & b, a | b, a ^ b, ~a, -a, +a]; return [f(13, 5), f("13", "5"), f(true, null)];
//# operators_bigint
const f = (a, b) => [a + b, a - b, a * b, a / b, a % b, a ** b, a << b, a >> b, a & b, a | b, a ^ b, ~a, -a]; return f(13n, 5n);
//# bigint_mixed
const f = (a, b) => { try { return a + b; } catch (e) { return e.name; } }; return [f(1n, 1), f(1, 1n), f(1n, "1")];
//# comparisons
const f = (a, b) => [a < b, a <= b, a > b, a >= b, a == b, a != b, a === b, a !== b]; return [f(1, 2), f("b", "a"), f(null, undefined), f("1", 1), f(1n, 1), f(NaN, NaN)];
//# value_of_order
let log = []; const o = (n) => ({ valueOf() { log.push(n); return n; } }); o(1) + o(2) * o(3); o(4) < o(5); return log;
//# compound_assignment
let a = 5; a += 2; a -= 1; a *= 3; a /= 2; a %= 5; a **= 2; a <<= 3; a >>= 1; a |= 3; a &= 7; a ^= 2; a >>>= 1; return a;
//# compound_member
const o = { n: 5, s: "a" }; o.n += 2; o.s += "b"; o["n"] *= 3; return o;
//# compound_evaluates_once
let n = 0; const o = { x: 1 }; const f = () => { n++; return o; }; f().x += 5; f()["x"] *= 2; f().x++; ++f()["x"]; return [o.x, n];
//# compound_key_once
let n = 0; const a = [1, 2, 3]; a[n++] += 10; a[n++]++; a[n++] **= 2; return [a, n];
//# compound_reads_before_value
const o = { x: 1 }; o.x += (o.x = 10, 5); let a = 1; a += (a = 10, 5); return [o.x, a];
//# compound_nested
const o = { a: 1, b: [1, 2] }; const f = () => o; f().b[f().a += 0] += f().b[0] += 5; return o;
//# compound_reentrant
const o = { get p() { return this.q ?? 1; }, set p(v) { this.q = v; this.r ??= 0; this.r++; } }; const g = () => { o.p += 1; return o; }; g()[(g(), "p")] += (g(), 10); return [o.q, o.r];
//# compound_this
class A { n = 1; add(k) { this.n += k; this["n"] -= 1; return this; } } return new A().add(4).add(5).n;
//# compound_private
class A { #n = 1; static one = new A(); add(k) { this.#n += k; A.one.#n *= 3; return [this.#n, A.one.#n]; } } return new A().add(4);
//# update_values
let a = 1, b = "5", c = 7n; return [a++, ++a, a--, --a, b++, b, ++c, c--, c];
//# update_members
const o = { n: 1, s: "3", b: 2n }; return [o.n++, ++o.n, o.s--, --o.s, o["b"]++, o.b, ++o["n"]];
//# update_parameter
function f(n) { const r = [n++, n, --n, n--]; return [r, n]; } return [f(1), f("4"), f(2n), f(undefined)];
//# update_private
class A { #n = 1; f() { return [this.#n++, ++this.#n, this.#n--, this.#n]; } } return new A().f();
//# update_with_setter
let log = []; const o = { v: 1, get x() { return this.v; }, set x(n) { log.push(n); this.v = n * 2; } }; return [o.x++, o.x, ++o.x, log];
//# update_discarded
let n = 0, m = "1"; n++; m++; for (let i = 0; i < 3; i++, n++, m--); return [n, m];
//# getters_setters
class A { #v = 1; get v() { return this.#v * 2; } set v(x) { this.#v = x; } static get s() { return "s"; } } const a = new A(); a.v = 5; a.v += 1; return [a.v, A.s];
//# object_getters
const o = { _v: 1, get v() { return this._v; }, set v(x) { this._v = x + 1; } }; o.v = 5; return [o.v, Object.keys(o)];
//# computed_keys
const k = "a"; let n = 0; const o = { [k + 1]: 1, [`${k}2`]: 2, [n++]: 3, [Symbol.iterator]: 4, ["m"]() { return 5; } }; return [o, o.m(), o[Symbol.iterator], n];
//# class_basic
class A { constructor(x) { this.x = x; } get() { return this.x; } static make() { return new this(3); } } return [new A(1).get(), A.make().x, A.name];
//# class_inheritance
class A { f() { return "A" + this.g(); } g() { return "a"; } } class B extends A { f() { return "B" + super.f(); } g() { return "b"; } } return [new B().f(), new B() instanceof A];
//# class_super_constructor
class A { constructor(n) { this.n = n; } } class B extends A { constructor(n) { super(n * 2); this.m = this.n + 1; } } class C extends B {} const c = new C(2); return [c.n, c.m];
//# class_derived_return
class A {} class B extends A { constructor() { return { other: true }; } } class C extends A { constructor() { super(); return; } } return [new B(), new C() instanceof C];
//# class_fields
let n = 0; class A { a = ++n; b = this.a + 1; c; ["d" + 1] = 4; static e = 5; static f = this.e + 1; } const a = new A(), b = new A(); return [a, b, A.e, A.f];
//# class_field_functions
class A { f = () => this.v; v = 3; g = function () {}; #h = () => 1; name() { return [this.f.name, this.g.name, this.#h.name]; } static s = () => 1; } return [new A().f(), new A().name(), A.s.name];
//# class_field_calls
const f = (x) => x * 2; class A { a = f(2); b = f(this.a); } return new A();
//# class_field_recursion
class A { x = new A(); } try { new A(); } catch (e) { return e.name; }
//# class_static_block
let log = []; class A { static x = 1; static { this.y = this.x + 1; for (let i = 0; i < 2; i++) log.push(i); try { throw 3; } catch (e) { log.push(e); } } } return [A.y, log];
//# class_private_methods
class A { #f() { return 1; } static #g() { return 2; } get #p() { return 3; } t() { return [this.#f(), A.#g(), this.#p, #f in this, #f in {}]; } } return new A().t();
//# class_expression
const A = class { static n = 1; }; const B = class Named { m() { return Named.name; } }; return [A.name, A.n, new B().m()];
//# class_accessor_inheritance
class A { get v() { return 1; } } class B extends A { get v() { return super.v + 1; } } return new B().v;
//# class_super_assignment
class A { } class B extends A { constructor() { super(); super.x = 1; super.x += 2; } } return new B();
//# class_extends_expression
const mix = (B) => class extends B { m() { return "m"; } }; class A extends mix(Object) {} return new A().m();
//# class_new_target
class A { constructor() { this.t = new.target.name; } } class B extends A {} return [new A().t, new B().t];
//# instanceof_custom
const E = { [Symbol.hasInstance]: (x) => x === 1 }; return [1 instanceof E, 2 instanceof E];
//# in_operator
const o = { a: 1 }; return ["a" in o, "b" in o, 0 in [1], ("a" + "") in o];
//# typeof_void
return [typeof 1, typeof "a", typeof null, typeof undefined, typeof (() => 1), typeof 1n, typeof Symbol.iterator, void 0];
//# comma
let a = (1, 2), b; b = (a++, a); return [a, b];
//# nested_functions
function a() { function b() { function c() { return "c"; } return c() + "b"; } return b() + "a"; } return a();
//# callbacks
return [[3, 1, 2].map((x) => x * 2), [1, 2, 3, 4].filter((x) => x % 2), [1, 2, 3].reduce((a, b) => a + b, 0), [1, 2].flatMap((x) => [x, x])];
//# callback_throws
try { [1, 2, 3].forEach((x) => { if (x === 2) throw new Error("two"); }); } catch (e) { return e.message; }
//# sort
return [[3, 1, 2].sort((a, b) => a - b), ["b", "a"].sort()];
//# map_and_set
const m = new Map(); for (let i = 0; i < 5; i++) m.set(i % 3, (m.get(i % 3) ?? 0) + i); return [[...m], [...new Set([1, 1, 2])]];
//# json
return JSON.parse(JSON.stringify({ a: [1, { b: "c" }], d: null, e: undefined }));
//# errors
const f = (g) => { try { g(); } catch (e) { return e.name; } }; return [f(() => null.x), f(() => undefined()), f(() => { throw new RangeError("r"); }), f(() => { const a = 1; a = 2; })];
//# custom_error
class MyError extends Error { constructor(m) { super(m); this.name = "MyError"; this.code = 7; } } try { throw new MyError("hm"); } catch (e) { return [e.name, e.message, e.code, e instanceof Error]; }
//# error_in_finally
try { try { throw 1; } finally { throw 2; } } catch (e) { return e; }
//# token
const balances = new Map(); const mint = (to, n) => balances.set(to, (balances.get(to) ?? 0n) + n); function transfer(from, to, n) { const have = balances.get(from) ?? 0n; if (have < n) throw new Error("balance"); balances.set(from, have - n); mint(to, n); } mint("a", 100n); transfer("a", "b", 30n); try { transfer("b", "a", 31n); } catch (e) { mint("c", 1n); } return [...balances];
//# primes
const found = []; next: for (let n = 2; n < 60; n++) { for (const p of found) { if (p * p > n) break; if (n % p === 0) continue next; } found.push(n); } return found;
//# sieve
const n = 100, marks = new Uint8Array(n); for (let i = 2; i * i < n; i++) if (!marks[i]) for (let j = i * i; j < n; j += i) marks[j] = 1; let c = 0; for (let i = 2; i < n; i++) if (!marks[i]) c++; return c;
//# hash_loop
let h = 0x811c9dc5; const s = "the quick brown fox"; for (let i = 0; i < s.length; i++) { h ^= s.charCodeAt(i); h = Math.imul(h, 0x01000193) >>> 0; } return h;
//# matrix
const a = [[1, 2], [3, 4]], b = [[5, 6], [7, 8]], c = [[0, 0], [0, 0]]; for (let i = 0; i < 2; i++) for (let j = 0; j < 2; j++) for (let k = 0; k < 2; k++) c[i][j] += a[i][k] * b[k][j]; return c;
//# linked_list
let list = null; for (let i = 0; i < 10; i++) list = { v: i, next: list }; let s = 0; for (let p = list; p; p = p.next) s += p.v; return s;
//# this_in_functions
function f() { return this; } return [f() === undefined, f.call(5) === 5, (() => this === undefined)() || true];
//# getter_recursion_ends
const o = { get x() { return this.x; } }; try { o.x; } catch (e) { return e.name; }
//# value_of_recursion_ends
const o = { valueOf() { return +this; } }; try { +o; } catch (e) { return e.name; }
//# unicode_text
return ["héllo".length, "日本".split(""), "\u{1F600}".length, `ß${"é"}`];
//# strict_mode
try { undefined.x = 1; } catch (e) { try { Object.freeze([1]).push(2); } catch (f) { return [e.name, f.name]; } }
//# many_arms
let s = 0; for (let i = 0; i < 20; i++) { s += i % 2 ? i % 3 ? 1 : 2 : i % 5 ? 3 : 4; if (i > 10 && s > 20 || i === 3) s--; } return s;
//# iterator_protocol
class R { constructor(n) { this.n = n; } [Symbol.iterator]() { let i = 0; const n = this.n; return { next() { return i < n ? { value: i++, done: false } : { value: undefined, done: true }; } }; } } const [a, b, ...c] = new R(5); return [a, b, c, Math.max(...new R(4))];
//# commas_everywhere
let n = 0; const a = [1, 2, 3], o = { k: 1 }; let s = `${n++, n}|${(n, "x")}`; for (const k in n++, o) s += k; switch (n++, n) { case (0, 3): s += "three"; } if (n++, n > 3) s += a[n++, 1]; a[n++, 0] += 5; return [s, n, a];
