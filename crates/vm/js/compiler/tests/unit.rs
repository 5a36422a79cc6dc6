//! The format of units: one encoding, a strict reader, and sources that nobody packed.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

use braid_js_compiler::{CompileError, Module, ModuleKind, Unit, compile, compile_unit};
use proptest::prelude::*;

fn unit_of(source: &str) -> Unit {
    let module = Module {
        name: "a.js".to_owned(),
        kind: ModuleKind::Esm,
        source: source.to_owned(),
        lines: Vec::new(),
    };
    Unit { interface: abi::Interface::default(), entry: 0, modules: vec![module] }
}

fn units() -> impl Strategy<Value = Unit> {
    let module = ("[a-z/]{1,12}", any::<bool>(), "[ -~é\n]{0,80}", any::<u64>());
    let interface = prop::collection::vec("[a-z]{1,8}", 0..3);
    (interface, prop::collection::vec(module, 1..5), any::<prop::sample::Index>()).prop_map(
        |(methods, modules, entry)| {
            let signatures: Vec<String> =
                methods.iter().map(|name| format!("{name}(uint256) view returns (bool)")).collect();
            let signatures: Vec<&str> = signatures.iter().map(String::as_str).collect();
            let mut modules: Vec<Module> = modules
                .into_iter()
                .map(|(name, is_esm, source, seed)| {
                    let count = source.split('\n').count();
                    let lines = (0..count).map(|line| (seed >> line.min(40)) as u32).collect();
                    let kind = if is_esm { ModuleKind::Esm } else { ModuleKind::CommonJs };
                    Module { name, kind, source, lines }
                })
                .collect();
            modules.sort_by(|a, b| a.name.cmp(&b.name));
            modules.dedup_by(|a, b| a.name == b.name);
            let interface = abi::Interface::from_signatures(&signatures).unwrap();
            let entry = entry.index(modules.len());
            Unit { interface, entry, modules }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn units_come_back(unit in units()) {
        prop_assert_eq!(Unit::decode(&unit.encode()), Ok(unit));
    }

    #[test]
    fn what_is_read_is_written_the_same(
        unit in units(),
        at in any::<prop::sample::Index>(),
        byte: u8,
    ) {
        let mut bytes = unit.encode();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = Unit::decode(&bytes) {
            prop_assert_eq!(read.encode(), bytes);
        }
    }

    #[test]
    fn cut_units_are_refused(unit in units(), at in any::<prop::sample::Index>()) {
        let bytes = unit.encode();
        prop_assert!(Unit::decode(&bytes[..at.index(bytes.len())]).is_err());
    }

    #[test]
    fn noise_is_no_unit(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        _ = Unit::decode(&noise);
        let mut marked = b"\0bjs\x01".to_vec();
        marked.extend(noise);
        _ = compile(&marked);
    }

    /// A source of tokens in any order compiles or is refused; nothing panics.
    #[test]
    fn any_source_is_judged(parts in prop::collection::vec(prop::sample::select(TOKENS), 0..60)) {
        _ = compile_unit(&unit_of(&parts.concat()));
        _ = compile_unit(&unit_of(&parts.join(" ")));
    }
}

const TOKENS: &[&str] = &[
    "a",
    "b",
    "1",
    "1n",
    "'s'",
    "`t${",
    "}`",
    "`u`",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ";",
    ",",
    ".",
    "?.",
    "=>",
    "=",
    "+=",
    "**=",
    "??=",
    "++",
    "--",
    "+",
    "-",
    "*",
    "/",
    "**",
    "<",
    "===",
    "in",
    "instanceof",
    "!",
    "~",
    "typeof ",
    "delete ",
    "void ",
    "new ",
    "this",
    "super",
    "class ",
    "extends ",
    "static ",
    "get ",
    "#p",
    "function ",
    "return ",
    "if",
    "else ",
    "for",
    "while",
    "do ",
    "of ",
    "switch",
    "case ",
    "default",
    ":",
    "try",
    "catch",
    "finally",
    "throw ",
    "break ",
    "continue ",
    "let ",
    "const ",
    "var ",
    "import ",
    "export ",
    "from ",
    "...",
    "?",
    "&&",
    "||",
    "\n",
];

#[test]
fn sources_that_nobody_packed_are_refused() {
    for (source, why) in [
        ("a = 1; // note", "comments"),
        ("const a = /b/;", "literals of regular expressions"),
        ("let caf\u{e9} = 1;", "only text may hold"),
        ("let a = 1; a <!--a;", "<!--"),
        ("let a = 1;\n--> a", "-->"),
        ("let $__g = 1;", "reserved"),
        ("let \\u0061 = 1;", "escapes"),
        ("const a: number = 1;", "a.js:1"),
        ("import x from 'b.js';", "there is no module"),
        ("export { a };", ""),
        ("return 1;", "a.js:1"),
        ("await 1;", "async"),
        ("eval('1');", "eval"),
        ("x = 1;", "neither declared"),
    ] {
        let error = compile_unit(&unit_of(source)).unwrap_err();
        assert!(error.to_string().contains(why), "{source}: {error}");
        assert!(matches!(error, CompileError::Source { .. }), "{source}");
    }
}

#[test]
fn sources_that_nest_too_deep_are_refused_and_not_parsed() {
    for part in
        ["(", "[", "{", "!", "- ", "a=>", "a?a:", "a=", "if(a)", "else ", "new ", "`${", "a."]
    {
        for count in [300, 40_000] {
            let error =
                compile_unit(&unit_of(&format!("let a={};", part.repeat(count)))).unwrap_err();
            assert!(error.to_string().contains("open at once"), "{part}: {error}");
        }
    }
}

#[test]
fn limits_are_named() {
    let error = compile_unit(&unit_of(&"a".repeat(300_000))).unwrap_err();
    assert!(error.to_string().contains("the limit is 262144"), "{error}");
    let error = compile(&vec![0; 600_000]).unwrap_err();
    assert!(error.to_string().contains("the limit is 524288"), "{error}");
    let parameters: Vec<String> = (0..300).map(|number| format!("a{number}")).collect();
    let source = format!("export function f({}) {{}}", parameters.join(","));
    let error = compile_unit(&unit_of(&source)).unwrap_err();
    assert!(error.to_string().contains("more than 255 parameters"), "{error}");
}

#[test]
fn the_bytes_of_a_unit_are_fixed() {
    let unit = unit_of("export const a = 1;\n");
    let bytes = b"\0bjs\x01\x02[]\x00\x01\x04a.js\x00\x14export const a = 1;\n\x00";
    assert_eq!(unit.encode(), bytes);
    assert_eq!(Unit::decode(bytes).unwrap(), unit);
}
