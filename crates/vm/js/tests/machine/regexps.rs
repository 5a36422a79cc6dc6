//! Regular expressions: what the language does with them, what they cost, what they refuse.

use primitives::Gas;
use vm::HaltReason;

use crate::{halt, machine, run_raw, shown};

#[test]
fn expressions_do_what_the_language_says() {
    let vm = machine();
    for (expression, expected) in [
        ("new RegExp('b+').test('abbc') + ' ' + RegExp('x').test('abbc')", "true false"),
        (
            "(m => [m[0], m[1], m[2], m.index, m.input, m.length])(new \
                RegExp('(b)(c)?').exec('abd'))",
            "b,b,,1,abd,3",
        ),
        ("new RegExp('b').exec('a')", "null"),
        (
            "(r => [r.test('aba'), r.lastIndex, r.test('aba'), r.lastIndex, r.test('aba'), \
                r.lastIndex])(new RegExp('a', 'g'))",
            "true,1,true,3,false,0",
        ),
        (
            "(r => { r.lastIndex = 1; return [r.test('ba'), r.lastIndex, r.test('ba')] })(new \
                RegExp('a', 'y'))",
            "true,2,false",
        ),
        (
            "(r => [r, r.source, r.flags, r.global, r.ignoreCase, r.multiline, r.dotAll, \
                r.unicode, r.sticky])(new RegExp('a/b', 'yig'))",
            "/a/b/giy,a/b,giy,true,true,false,false,false,true",
        ),
        (
            "new RegExp(new RegExp('a', 'g'), 'i') + ' ' + new RegExp(new RegExp('a', 'g'))",
            "/a/i /a/g",
        ),
        ("new RegExp() + ' ' + (new RegExp('a') instanceof RegExp)", "/(?:)/ true"),
        (
            "typeof (class extends RegExp { x() { return this.test('a') } }) + \
            new (class extends RegExp { x() { return this.test('a') } })('a').x()",
            "functiontrue",
        ),
        ("'a1b22'.match(new RegExp('[0-9]+', 'g'))", "1,22"),
        ("'a1b22'.match(new RegExp('x', 'g'))", "null"),
        ("'a1b22'.match('[0-9]').index", "1"),
        (
            "'ab'.match(new RegExp('', 'g')).length + ' ' + '🐢a'.match(new RegExp('', 'g')).length",
            "3 3",
        ),
        (
            "[...'k1=v1;k2=v2'.matchAll(new RegExp('(?<k>[a-z0-9]+)=(?<v>[a-z0-9]+)', 'g'))].map(m \
                =>                 m.groups.v + m.groups.k + m.index)",
            "v1k10,v2k26",
        ),
        (
            "'a'.matchAll(new RegExp('a'))",
            "throws TypeError: matchAll needs a regular expression \
            with the flag g",
        ),
        (
            "'2024-05'.replace(new RegExp('([0-9]+)-([0-9]+)'), '$2/$1 $$ $& $3 $0')",
            "05/2024 $ \
            2024-05 $3 $0",
        ),
        ("'ab'.replace(new RegExp('(?<x>a)'), '[$<x>$<y>]')", "[a]b"),
        ("'aXbX'.replaceAll(new RegExp('x', 'gi'), (m, at, s) => m + at + s)", "aX1aXbXbX3aXbX"),
        ("'ab'.replace(new RegExp('(?<n>b)'), (m, n, at, s, groups) => groups.n + n + at)", "abb1"),
        (
            "'aaa'.replace(new RegExp('a'), 'b') + 'aaa'.replace(new RegExp('a', 'g'), 'b')",
            "baabbb",
        ),
        ("'abc'.replace(new RegExp('', 'g'), '-')", "-a-b-c-"),
        (
            "'x'.replaceAll(new RegExp('x'), 'y')",
            "throws TypeError: replaceAll needs a regular \
            expression with the flag g",
        ),
        ("'abc'.search(new RegExp('c')) + ' ' + 'abc'.search('z')", "2 -1"),
        ("'a1b2c'.split(new RegExp('[0-9]')).join('|')", "a|b|c"),
        ("'a1b2c'.split(new RegExp('([0-9])'), 4).join('|')", "a|1|b|2"),
        ("'abc'.split(new RegExp('')).join('|') + ''.split(new RegExp('')).length", "a|b|c0"),
        ("' a  b '.split(new RegExp(' +')).join('|')", "|a|b|"),
        ("'🐢é'.replace(new RegExp('.', 'g'), m => m.length)", "21"),
        ("new RegExp('é').exec('🐢é').index", "2"),
        (
            "new RegExp('(')",
            "throws SyntaxError: regular expression, character 2: a group is not \
            closed",
        ),
        (
            "new RegExp('(?=a)')",
            "throws SyntaxError: regular expression, character 3: look-around is \
            not part of contracts: capture what is around",
        ),
        (
            "new RegExp('a', 'v')",
            "throws SyntaxError: regular expression, character 1: there is no \
            flag `v`: flags are g, i, m, s, u, y",
        ),
        (
            "RegExp.prototype.exec.call({}, 'a')",
            "throws TypeError: a method of a regular expression \
            is called on something else",
        ),
        (
            "(() => { for (let i = 0; ; i++) new RegExp('a' + i) })()",
            "throws more than 64 regular \
            expressions in one call",
        ),
        ("(() => { for (let i = 0; i < 200; i++) new RegExp('a'); return 'made' })()", "made"),
        ("'\\ud800a'.search(new RegExp('a'))", "1"),
    ] {
        assert_eq!(shown(&vm, expression), expected, "{expression}");
    }
}

#[test]
fn gas_follows_the_pattern_and_the_text_and_not_what_the_machine_knows() {
    let vm = machine();
    let used = |body: &str| {
        let outcome = run_raw(&vm, body, 20_000_000);
        assert!(outcome.status.is_success(), "{body}: {}", crate::message(&outcome));
        20_000_000 - outcome.gas_left.0
    };
    let search = |pattern: &str, length: u32| {
        used(&format!(
            "new RegExp('{pattern}').test('a'.repeat({length})); return new Uint8Array(0)"
        ))
    };
    assert_eq!(search("^(?:a|b)*c", 1000), search("^(?:a|b)*c", 1000));
    let (short, long) = (search("(?:a|b)*c", 1_000), search("(?:a|b)*c", 100_000));
    assert!(long > short * 50, "{short} {long}");
    let heavy = search("(?:(?:a|b){20}){20}c", 1_000);
    assert!(heavy > short * 50, "{short} {heavy}");
}

/// What takes an engine that tries every way for ever.
#[test]
fn no_pattern_takes_longer_than_it_pays_for() {
    let vm = machine();
    for (pattern, text) in [
        ("^(?:a+)+$", "'a'.repeat(5000) + 'b'"),
        ("^(?:(?:a|b)+c?)+$", "'ab'.repeat(5000) + 'd'"),
        ("(?:.+,)+x", "'a,'.repeat(5000)"),
        ("(?:(?:a{1,9}){1,9}){1,9}b", "'a'.repeat(10000)"),
    ] {
        let body = format!("return crypto.toBytes(String(new RegExp('{pattern}').test({text})))");
        let outcome = run_raw(&vm, &body, 100_000_000);
        assert_eq!(outcome.output.as_ref(), b"false", "{pattern}: {}", crate::message(&outcome));
    }
    let body =
        "const s = 'a'.repeat(100000), r = new RegExp('b|a', 'g'); for (;;) s.replace(r, 'c')";
    assert_eq!(halt(&run_raw(&vm, body, 1_000_000)), HaltReason::OutOfGas);
    let body = "for (let i = 0; ; i++) { $__T(1); try { new RegExp('a{' + i + '}') } catch { } }";
    let outcome = run_raw(&vm, body, 1_000_000);
    assert_eq!((halt(&outcome), outcome.gas_left), (HaltReason::OutOfGas, Gas::ZERO));
}
