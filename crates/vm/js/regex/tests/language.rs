//! Patterns against an engine's own regular expressions.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

use braid_js_regex::{PATTERN_WEIGHT_MAX, Pattern, Syntax};
use proptest::{prelude::*, test_runner::TestRunner};
use rquickjs::{Coerced, Context, Function, Runtime};

/// What is found at and after each place, in the form of [`ORACLE`].
fn found(source: &str, flags: &str, text: &str) -> String {
    let pattern = Pattern::new(&Syntax::parse(source, flags).unwrap()).unwrap();
    let units = text.encode_utf16().count();
    let mut out = String::new();
    for from in 0..=units {
        for is_sticky in [false, true] {
            let groups = pattern.find(text, from, is_sticky).unwrap_or_default();
            for group in groups {
                out +=
                    &group.map_or_else(|| "-".to_owned(), |(start, end)| format!("{start}:{end}"));
                out.push(' ');
            }
            out.push(';');
        }
    }
    out
}

const ORACLE: &str = "(source, flags, text) => {
    let out = '';
    for (let from = 0; from <= text.length; from++) for (const kind of ['g', 'y']) {
        const pattern = new RegExp(source, flags + 'ud' + kind);
        pattern.lastIndex = from;
        const found = pattern.exec(text);
        if (found !== null) for (const it of found.indices) out += it ? it.join(':') + ' ' : '- ';
        out += ';';
    }
    return out;
}";

fn with_oracle(test: impl FnOnce(&dyn Fn(&str, &str, &str) -> String)) {
    let runtime = Runtime::new().unwrap();
    let context = Context::full(&runtime).unwrap();
    context.with(|ctx| {
        let oracle: Function<'_> = ctx.eval(ORACLE).unwrap();
        test(&|source, flags, text| {
            let shown: Coerced<String> = oracle.call((source, flags, text)).unwrap_or_else(|_| {
                panic!("the engine refuses /{source}/{flags}: {:?}", ctx.catch())
            });
            shown.0
        });
    });
}

fn pattern() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(&[
        "a",
        "b",
        "A",
        "0",
        " ",
        "é",
        "🐢",
        ".",
        r"\d",
        r"\w",
        r"\s",
        r"\W",
        r"\S",
        "[ab]",
        "[^a]",
        "[a-c0]",
        r"[\d🐢]",
        r"[^\s]",
        "^",
        "$",
        r"\b",
        r"\B",
        r"\n",
        r"\x41",
        r"\u0062",
        r"\.",
        "[]",
        "[^]",
        r"\u{1f422}",
        r"\ud83d\udc22",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 3, |inner| {
        let many = prop::sample::select(&["*", "+", "?", "{2}", "{1,2}", "{0,2}", "{2,}", "{0}"]);
        let end = prop::sample::select(&["", "?"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|all| all.concat()),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|all| format!("(?:{})", all.join("|"))),
            inner.clone().prop_map(|it| format!("({it})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}|{b})")),
            (inner, many, end).prop_map(|(it, many, end)| format!("(?:{it}){many}{end}")),
        ]
    })
}

#[test]
fn random_patterns_find_what_an_engine_finds() {
    let text = prop::collection::vec(
        prop::sample::select(&["a", "b", "A", "B", "0", " ", "\n", "é", "🐢", "_"]),
        0..8,
    );
    let flags = prop::sample::select(&["", "s", "i", "is"]);
    let config = ProptestConfig { cases: 1500, failure_persistence: None, ..Default::default() };
    with_oracle(|oracle| {
        let taken = std::cell::Cell::new(0);
        let all = (pattern(), flags, text.prop_map(|all| all.concat()));
        let test = |(source, flags, text): (String, &str, String)| {
            if Syntax::parse(&source, flags).is_ok() {
                taken.set(taken.get() + 1);
                let expected = oracle(&source, flags, &text);
                prop_assert_eq!(
                    found(&source, flags, &text),
                    expected,
                    "/{}/{} {:?}",
                    source,
                    flags,
                    text
                );
            }
            Ok(())
        };
        TestRunner::new(config).run(&all, test).unwrap();
        assert!(taken.get() > 500, "only {} patterns were taken", taken.get());
    });
}

#[test]
fn patterns_of_contracts_find_what_an_engine_finds() {
    with_oracle(|oracle| {
        for (source, flags, text) in [
            (r"^[a-z0-9]+(?:-[a-z0-9]+)*$", "", "ab-c-1"),
            (r"^(\d{1,3})(?:,(\d{3}))*$", "", "1,234,567"),
            (r"^([^@\s]+)@([^@\s]+\.[a-z]{2,})$", "i", "Zoë@Example.org"),
            (r"(?<year>\d{4})-(?<month>\d\d)", "", "on 2024-05 and 2025-06"),
            (r"0x[0-9a-f]{4,8}", "i", "x0xDEADbeef1 0x12"),
            (r"a|ab|abc", "", "abcabab"),
            (r"(a+)(a+?)(b?)", "", "aaab"),
            (r"\/\*[^]*?\*\/", "", "/* a */ b /* c */"),
            (r"[-+*\/.\]]", "", "1+2-3]"),
            (r"(?:a|b)*?c", "", "ababc"),
            (r"^b", "m", "a\nb"),
            (r"\cJ|\0", "", "a\n\0"),
        ] {
            assert_eq!(
                found(source, flags, text),
                oracle(source, flags, text),
                "/{source}/{flags}"
            );
        }
    });
}

#[test]
fn what_is_no_pattern_of_contracts_is_told() {
    for (source, flags, what) in [
        (r"(a)\1", "", "character 5: back-references"),
        (r"(?<a>b)\k<a>", "", "back-references"),
        ("a(?=b)", "", "look-around"),
        ("a(?<!b)", "", "look-around"),
        (r"\p{L}", "u", "list the letters"),
        ("(a*)*", "", "may be empty"),
        (r"(?:\b)?", "", "may be empty"),
        ("(a){0}", "", "0 times"),
        ("(?:(a)|b)*", "", "every round"),
        ("(?:(a)?b)+", "", "every round"),
        ("(a", "", "a group is not closed"),
        ("a)", "", "a bracket is not opened"),
        ("[a", "", "a class is not closed"),
        ("[b-a]", "", "the lower one first"),
        ("a**", "", "character 3: there is nothing to repeat"),
        ("+", "", "there is nothing to repeat"),
        ("a{3}{2}", "", "there is nothing to repeat"),
        ("a{2,1}", "", "wrong way round"),
        (r"\q", "", "no escape"),
        (r"\u{110000}", "", "no escape"),
        (r"\", "", "nothing follows"),
        ("(?<a>.)(?<a>.)", "", "stands twice"),
        ("(?i:a)", "", "after `(?`"),
        ("a", "gg", "stands twice"),
        ("a", "v", "there is no flag `v`"),
        ("(?:(?:a{99}){99}){99}", "", "weigh more than"),
        ("a{9999999999}", "", "break the limit of 2048"),
        (&"(".repeat(100), "", "nest deeper than 32"),
        (&"()".repeat(33), "", "more than 32 groups"),
        (&"a".repeat(1025), "", "the limit is 1024"),
    ] {
        let error = Syntax::parse(source, flags).expect_err(source).to_string();
        assert!(error.contains(what), "/{source}/{flags}: {error}");
    }
}

const SIGNS: &str = r"[()\[\]{}*+?|^$.\\a-c0-9,:<>=!\-]{0,30}";

proptest! {
    #[test]
    fn any_text_is_a_pattern_or_not(source: String) {
        if let Ok(syntax) = Syntax::parse(&source, "") {
            prop_assert!(syntax.weight() <= PATTERN_WEIGHT_MAX);
            prop_assert!(Pattern::new(&syntax).is_ok());
        }
    }

    #[test]
    fn signs_in_any_order_are_a_pattern_or_not(source in SIGNS) {
        if let Ok(syntax) = Syntax::parse(&source, "im") {
            let pattern = Pattern::new(&syntax).unwrap();
            let _ = pattern.find("abc aabb 012", 0, false);
        }
    }
}

#[test]
fn the_heaviest_patterns_are_made() {
    for source in ["[^a]{90}", "(?:ab|cd|ef){100}", "(?:.{2}){40}", &"[^é]?".repeat(80)] {
        let syntax = Syntax::parse(source, "").unwrap();
        assert!(syntax.weight() > PATTERN_WEIGHT_MAX / 2, "{source}: {}", syntax.weight());
        let text = "ab".repeat(2000);
        let _ = Pattern::new(&syntax).unwrap().find(&text, 0, false);
    }
}
