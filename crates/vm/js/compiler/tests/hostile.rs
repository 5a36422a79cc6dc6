//! Sources and units that nobody wrote in good faith: each ends in an error or a script, never in a
//! panic or without stack.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

mod engine;

use braid_js_compiler::{compile, strip_types, unit::MAGIC};
use engine::{pack_files, try_pack};
use proptest::prelude::*;

const TOKENS: [&str; 84] = [
    "a",
    "b",
    "c",
    "1",
    "2n",
    "'s'",
    "`t`",
    "`${",
    "}`",
    "/r/",
    "/",
    "//",
    "/*",
    "*/",
    "\n",
    ";",
    ",",
    ".",
    "?.",
    "...",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "=",
    "==",
    "===",
    "=>",
    "+",
    "++",
    "-",
    "--",
    "*",
    "**",
    "%",
    "&",
    "&&",
    "|",
    "||",
    "??",
    "?",
    ":",
    "!",
    "~",
    "^",
    "<<",
    ">>>",
    "+=",
    "??=",
    "@",
    "#p",
    "let ",
    "const ",
    "var ",
    "function ",
    "class ",
    "extends ",
    "return ",
    "throw ",
    "new ",
    "if ",
    "else ",
    "for ",
    "while ",
    "of ",
    "in ",
    "try ",
    "catch ",
    "finally ",
    "switch ",
    "case ",
    "export ",
    "import ",
    "from 'chain'",
    "default ",
    "async ",
    "enum ",
    "type ",
    "as ",
    "é",
];

const VALID: &str = "import { storage } from 'chain';
export default class A {
    #x = 1;
    get(n: bigint): bigint {
        try { for (const k of [1, 2]) storage.put(`${k}`, n); } catch (e) { throw new Error('x'); }
        return n > 2n ? this.get(n - 1n) : storage.get('1') ?? 0n;
    }
}";

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn tokens_in_any_order_are_a_contract_or_not(
        tokens in prop::collection::vec(prop::sample::select(TOKENS.as_slice()), 0..40),
        is_typed: bool,
    ) {
        let source = tokens.join(" ");
        let name = if is_typed { "a.ts" } else { "a.js" };
        if let Ok(unit) = try_pack(name, &[(name, &source)]) {
            prop_assert!(compile(&unit.encode()).is_ok(), "{}", source);
        }
        let _ = strip_types(name, &source);
    }

    #[test]
    fn any_text_is_a_contract_or_not(source: String) {
        if let Ok(unit) = try_pack("a.ts", &[("a.ts", &source)]) {
            prop_assert!(compile(&unit.encode()).is_ok());
        }
    }

    #[test]
    fn a_source_that_is_cut_and_changed_is_a_contract_or_not(
        (from, to) in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        token in prop::sample::select(TOKENS.as_slice()),
    ) {
        let (from, to) = (from.index(VALID.len()), to.index(VALID.len()));
        let source = [&VALID[..from.min(to)], token, &VALID[from.max(to)..]].concat();
        if let Ok(unit) = try_pack("a.ts", &[("a.ts", &source)]) {
            prop_assert!(compile(&unit.encode()).is_ok(), "{}", source);
        }
    }

    #[test]
    fn any_bytes_are_a_unit_or_not(bytes: Vec<u8>) {
        prop_assert!(compile(&bytes).is_err());
        let _ = compile(&[MAGIC.as_slice(), &[1], &bytes].concat());
    }

    #[test]
    fn a_unit_that_is_changed_is_a_unit_or_not(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = pack_files("a.ts", &[("a.ts", VALID)]).encode();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = compile(&bytes);
    }
}

#[test]
fn sources_that_nest_too_deep_are_refused_and_not_parsed() {
    for part in [
        "(", "[", "{", "!", "!\n", "- ", "a=>", "a=>\n", "a?a:", "a=", "a+", "a\n+", "if(a)",
        "else ", "new ", "`${", "a.", "a\n.", "a:", "typeof ", "<A>", "a[", "x as (", "A<",
    ] {
        for count in [2_000, 20_000] {
            let source = format!("let a={};", part.repeat(count));
            let error = try_pack("a.ts", &[("a.ts", &source)]).unwrap_err().to_string();
            assert!(error.contains("open at once"), "{part}: {error}");
            let error = strip_types("a.ts", &source).unwrap_err().to_string();
            assert!(error.contains("open at once"), "{part}: {error}");
        }
    }
}

/// The deepest that are taken have room, with every construct that nests.
#[test]
fn sources_that_nest_as_deep_as_they_may_have_room() {
    for (part, end) in [
        ("(", ")"),
        ("[", "]"),
        ("{a:", "}"),
        ("!", ""),
        ("a=>", ""),
        ("a?a:", ""),
        ("f(", ")"),
        ("a+", ""),
        ("`${", "}`"),
        ("function(){return ", "}"),
        ("class{x=", "}"),
        ("new ", ""),
    ] {
        for count in [100, 300, 900] {
            let value = format!("{}a{}", part.repeat(count), end.repeat(count));
            let source = format!("const a=1,f=a;export const x=()=>({value});");
            // Whether it is taken depends on the construct; that it returns is the point.
            if let Ok(unit) = try_pack("a.ts", &[("a.ts", &source)]) {
                assert!(compile(&unit.encode()).is_ok(), "{part}");
            }
        }
    }
}

#[test]
fn long_sources_without_semicolons_are_not_deep() {
    let lines =
        "  a = a + 1\n  if (a > 2) { a = f(a) }\n  b.c = [a]\n  // it's ((( fine\n".repeat(900);
    let head = "let a = 1\nconst b: any = {}\nconst f = (x: number) => x\n";
    let source = format!("{head}export function run() {{\n{lines}}}\n");
    pack_files("a.ts", &[("a.ts", &source)]);
    let long = format!("export const all = [{}];", "'a-b', /[(]/, 1 + 2, ".repeat(4000));
    pack_files("a.js", &[("a.js", &long)]);
}
