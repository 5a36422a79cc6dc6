//! Projects of several files: imports, cycles, packages, data, and what is told of a wrong one.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

mod engine;

use braid_js_compiler::compile;
use engine::{PLENTY, pack_files, run, try_pack};

/// Packs, compiles and runs the method `run` of the first file.
fn outcome(files: &[(&str, &str)]) -> String {
    let unit = pack_files(files[0].0, files);
    let compiled = compile(&unit.encode()).unwrap();
    run(&compiled, PLENTY).outcome
}

fn refusal(files: &[(&str, &str)]) -> String {
    try_pack(files[0].0, files).unwrap_err().to_string()
}

#[test]
fn names_come_from_other_modules() {
    let files = [
        (
            "src/a.ts",
            "import def, { b as c, K } from './b'; import * as all from './b.js'; import \
            './c.js';\n\
             export { c, def as other }; export * from './b'; export * as ns from './b';\n\
             export function run(): void { return [c(1), K, def(), all.K, Object.keys(all)] as \
             any; }",
        ),
        (
            "src/b.ts",
            "export const K: number = 7; export function b(n: number) { return n + K; }\n\
             export default () => 'default';",
        ),
        ("src/c.js", "export {};"),
    ];
    let expected = r#"value [8,7,"default",7,["K","b","default"]]"#;
    assert_eq!(outcome(&files), expected);
}

#[test]
fn bindings_that_change_are_read_again() {
    let files = [
        (
            "a.js",
            "import { n, up } from './b.js'; const before = n; up(); const o = { n };\n\
             export const run = () => [before, n, o, `${n}`];",
        ),
        ("b.js", "export let n = 1; export function up() { n++; }"),
    ];
    assert_eq!(outcome(&files), r#"value [1,2,{"n":2},"2"]"#);
}

#[test]
fn cycles_work_as_far_as_they_are_begun() {
    let files = [
        (
            "a.js",
            "import { even } from './b.js'; export const run = () => even(10);\n\
                  /** @param {number} n */ export function odd(n) { return n === 0 ? false : \
                  even(n - 1); }",
        ),
        (
            "b.js",
            "import { odd } from './a.js';\n\
                  export function even(n) { return n === 0 ? true : odd(n - 1); }",
        ),
    ];
    assert_eq!(outcome(&files), "value true");
    let common = [
        (
            "a.js",
            "exports.early = 1; const b = require('./b'); exports.run = () => [b.saw, b.late()];\n\
                  exports.late = 2;",
        ),
        (
            "b.js",
            "const a = require('./a.js'); exports.saw = { ...a }; exports.late = () => a.late;",
        ),
    ];
    assert_eq!(outcome(&common), r#"value [{"early":1},2]"#);
}

#[test]
fn both_kinds_of_modules_and_data_mix() {
    let files = [
        (
            "a.mjs",
            "import value, { x } from './b.cjs'; import data from './d.json'; import p from \
            'pkg';\n\
             export const run = () => [value.x, x, data, p];",
        ),
        ("b.cjs", "const m = require('./m.mjs'); module.exports = { x: m.one + m.default };"),
        ("m.mjs", "export const one = 1; export default 2;"),
        ("d.json", "{ \"a\": [1, null] }"),
        ("node_modules/pkg/package.json", "{ \"main\": \"lib/main.js\" }"),
        ("node_modules/pkg/lib/main.js", "module.exports = 'package';"),
    ];
    assert_eq!(outcome(&files), r#"value [3,3,{"a":[1,null]},"package"]"#);
}

#[test]
fn types_go_and_enums_stay() {
    let files = [(
        "a.ts",
        "enum Color { Red, Green = 5, Blue }\n\
         abstract class Shape<T> { constructor(protected readonly size: T) {} abstract area(): \
         T; }\n\
         class Square extends Shape<number> { area() { return this.size * this.size; } }\n\
         type Pair = [number, string]; interface Thing { a: number }\n\
         const t = { a: 1 } satisfies Thing; const p = [1, 'x'] as Pair;\n\
         export function run(): void { return [Color.Blue, Color[0], new Square(3).area(), t!.a, \
         p] as any; }",
    )];
    assert_eq!(outcome(&files), r#"value [6,"Red",9,1,[1,"x"]]"#);
}

#[test]
fn a_place_is_named_where_something_is_wrong() {
    let cases: &[(&str, &str)] = &[
        ("export const a = 1;\nexport const f = async () => 1;", "a.ts:2:18: `async`"),
        ("export function* f() {}", "a.ts:1:8: generators"),
        ("export const f = eval('1');", "a.ts:1:18: `eval`"),
        ("export const f = new Function('1');", "a.ts:1:22: `Function`"),
        ("export const f = /(a)\\1/g;", "a.ts:1:18: regular expression, character 5: back-ref"),
        ("const RegExp = 1; export const f = /a/g;", "a.ts:1:36: a literal needs `RegExp`"),
        ("export const f = import('./b');", "a.ts:1:18: `import()`"),
        ("export const $__g = 1;", "a.ts:1:14: `$__g`"),
        ("export function f() { return arguments; }", "a.ts:1:30: `arguments`"),
        ("export const f = tag`a`;", "a.ts:1:18: tagged"),
        ("export const f = Date.now();", "a.ts:1:18: `Date`"),
        ("export const f = () => storage.get('a');", "a.ts:1:24: `storage` must be imported"),
        ("export const f = math.abs(1);", "a.ts:1:18: there is no `math`: did you mean `Math`?"),
        ("export const f = nothing;", "a.ts:1:18: `nothing` is neither"),
        ("NaN = 1;", "a.ts:1:1"),
        ("import { nope } from 'chain';", ""),
        ("import { nope } from 'chain'; nope();", "a.ts:1: the module has no `nope`"),
        ("import x from './gone'; x();", "a.ts:1:15: there is no file `./gone`"),
        ("import x from 'gone'; x();", "a.ts:1:15: there is no module `gone`"),
        ("export const a = ;", "a.ts:1:18"),
        ("let a; let a;", "a.ts:1:5"),
        ("export class A { m() { A.prototype = {}; } }", "a.ts:1: `prototype`"),
        ("export const a = { __proto__: {} };", "a.ts:1: `__proto__`"),
        ("try { } catch ({ message }) { }", "a.ts:1: name the error"),
        ("export function f(x) {}", "a.ts:1:19: parameter `x` of `f` has no type"),
        ("export function f(x: any) {}", "a.ts:1:22: this type cannot be"),
        ("with (1) { }", "a.ts:1"),
        ("export const f = (() => 1).call;\ndebugger;", "a.ts:2:1: `debugger`"),
        (
            "export default class { constructor(a: bigint) {} }",
            "a.ts:1:24: the class of a contract",
        ),
        (
            "export const f = 1n << 2n ** 3n; export const g = 0x1;\nexport let h = import.meta;",
            "a.ts:2:16",
        ),
    ];
    for (source, expected) in cases {
        let files = [("a.ts", *source)];
        if expected.is_empty() {
            pack_files("a.ts", &files);
            continue;
        }
        let told = refusal(&files);
        assert!(told.starts_with(expected), "{source}\n{told}");
    }
}

#[test]
fn interfaces_follow_types_and_comments() {
    let files = [
        (
            "token.ts",
            "import type { address, u8 } from 'chain'; import { Base, type Info } from './base';\n\
             /** @event Transfer(address indexed from, address indexed to, uint256 amount) */\n\
             export default class Token extends Base {\n\
               init(name: string, supply: bigint) {}\n\
               /** @view */ balanceOf(owner: address): bigint { return 0n; }\n\
               transfer(to: address, amount: bigint): boolean { return true; }\n\
               /** @payable */ buy(): void {}\n\
               /** @view */ info(): Info { return null as any; }\n\
               pairs(list: [address, u8][], note: string | null): [bigint, string] { return [1n, \
               '']; }\n\
               private hidden(x: any) {} _also(x) {} static no(x) {} #not(x) {} get g() { return \
               1; }\n\
             }",
        ),
        (
            "base.ts",
            "export interface Info { name: string; decimals: number }\n\
             export class Base { /** @pure */ version(): number { return 1; } transfer(x: any) \
             {} }",
        ),
    ];
    let interface = pack_files("token.ts", &files).interface;
    let signatures: Vec<String> = interface
        .methods
        .iter()
        .map(|method| {
            let outputs: Vec<String> =
                method.outputs.iter().map(|output| output.kind.canonical()).collect();
            format!("{} {} ({})", method.signature(), method.mutability, outputs.join(","))
        })
        .collect();
    let expected = [
        "balanceOf(address) view (uint256)",
        "transfer(address,uint256) nonpayable (bool)",
        "buy() payable ()",
        "info() view ((string,uint48))",
        "pairs((address,uint8)[],(bool,string)) nonpayable (uint256,string)",
        "version() pure (uint48)",
    ];
    assert_eq!(signatures, expected);
    assert_eq!(interface.constructor.unwrap().inputs.len(), 2);
    assert_eq!(interface.events[0].signature(), "Transfer(address,address,uint256)");
}

#[test]
fn plain_javascript_says_its_types_in_comments() {
    let files = [(
        "a.js",
        "/** @param {address} to\n * @param {bigint[]} amounts\n * @returns {boolean} */\n\
         exports.pay = function (to, amounts) { return true; };\n\
         exports.answer = () => 42;",
    )];
    let interface = pack_files("a.js", &files).interface;
    let signatures: Vec<String> = interface.methods.iter().map(|it| it.signature()).collect();
    assert_eq!(signatures, ["pay(address,uint256[])", "answer()"]);
}

#[test]
fn lines_of_the_script_are_lines_of_the_author() {
    let files = [
        ("a.ts", "import { f } from './b';\n\n// note\nexport function run(): void {\n  f();\n}\n"),
        ("b.ts", "type A = number;\n\nexport const f = () => {\n  throw new Error('here');\n};\n"),
    ];
    let unit = pack_files("a.ts", &files);
    let compiled = compile(&unit.encode()).unwrap();
    let line = |text: &str| {
        let index = compiled.source.lines().position(|line| line.contains(text)).unwrap();
        compiled.lines.place(u32::try_from(index).unwrap() + 1).unwrap().to_string()
    };
    assert_eq!(line("here"), "b.ts:4");
    assert_eq!(line("f()"), "a.ts:5");
    assert_eq!(compiled.lines.place(1), None);
}

#[test]
fn a_unit_is_the_same_wherever_it_is_packed() {
    let files = [("z.ts", "import './a'; export const run = () => 1;"), ("a.ts", "export {};")];
    let turned = [files[1], files[0]];
    assert_eq!(pack_files("z.ts", &files).encode(), pack_files("z.ts", &turned).encode());
}

#[test]
fn the_example_contracts_compile() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../contracts/javascript/");
    for (root, entry, methods) in [
        ("", "token.ts", 3),
        ("", "nft.ts", 4),
        ("", "badge.ts", 6),
        ("", "auction.ts", 4),
        ("", "lastbuyer.js", 3),
        ("registry/", "src/registry.ts", 2),
    ] {
        let read = |path: &str| std::fs::read_to_string(format!("{folder}{root}{path}")).ok();
        let unit = braid_js_compiler::pack(entry, &read).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(unit.interface.methods.len(), methods, "{entry}");
        let compiled = compile(&unit.encode()).unwrap();
        let before: usize = unit.modules.iter().map(|module| module.source.len()).sum();
        assert!(compiled.source.len() < before * 3 + 4000, "{entry} grows too much");
    }
}
