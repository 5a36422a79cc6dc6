//! The language as contracts have it: what is there, how it answers, and that it is frozen.

use js_compiler::abi::GLOBALS;

use crate::{machine, shown};

#[test]
fn expressions_have_the_values_of_the_language() {
    let vm = machine();
    for (expression, expected) in [
        ("[3, 1, 2].sort()", "1,2,3"),
        ("[5, 1, 10].sort()", "1,10,5"),
        ("[5, 1, 10].sort((a, b) => b - a)", "10,5,1"),
        ("['b', undefined, 'a'].sort()", "a,b,"),
        ("[1, 2, 3].map(x => x * 2)", "2,4,6"),
        ("[1, 2, 3, 4].filter(x => x % 2 === 0)", "2,4"),
        ("[1, 2, 3].reduce((a, b) => a + b)", "6"),
        ("[1, 2, 3].reduceRight((a, b) => a + '' + b)", "321"),
        ("[].reduce((a, b) => a)", "throws TypeError: an empty array has nothing to reduce"),
        ("[1, [2, [3, [4]]]].flat(Infinity)", "1,2,3,4"),
        ("[1, 2].flatMap(x => [x, x])", "1,1,2,2"),
        ("[1, 2, 3].some(x => x > 2) + ' ' + [1, 2].every(x => x > 1)", "true false"),
        ("[1, 2, 3].find(x => x > 1) + ' ' + [1, 2].findLastIndex(x => x < 9)", "2 1"),
        ("[1, 2, 3, 4].splice(1, 2)", "2,3"),
        ("[1, 2, 3].slice(-2)", "2,3"),
        ("[1, 2].concat([3], 4)", "1,2,3,4"),
        ("Array.from({ length: 3 }, (_, i) => i * i)", "0,1,4"),
        ("Array.from(new Set([1, 1, 2]))", "1,2"),
        ("new Array(3).fill(7)", "7,7,7"),
        ("[1, 2, 3].includes(2) + ' ' + [1, 2].indexOf(3) + ' ' + [1, 2, \
            1].lastIndexOf(1)", "true -1 2"),
        ("(a => { a.push(a); return a })([1])", "1,"),
        ("(class A extends Array {}).from([1]).length", "1"),
        ("new (class A extends Array { sum() { return this.length } })(1, 2).sum()", "2"),
        ("'a-b-a'.replaceAll('a', '$&x')", "ax-b-ax"),
        ("'abc'.replace('b', m => m.toUpperCase())", "aBc"),
        ("'Über straße'.toUpperCase()", "ÜBER STRAßE"),
        ("'ABC'.toLowerCase()", "abc"),
        ("'a,b,c'.split(',').length + ' ' + 'abc'.split('').join('|')", "3 a|b|c"),
        ("'x'.padStart(3, 'ab') + 'x'.padEnd(3)", "abxx  "),
        ("'  x '.trim() + 'abc'.at(-1) + 'abc'.slice(1, -1)", "xcb"),
        ("[...'h🐢'].length", "2"),
        ("String.fromCharCode(65, 66) + String.raw`a\\n${1}`", "ABa\\n1"),
        ("JSON.stringify({ a: [1, 'x', null, undefined], b: undefined, c: { d: true } })",
            r#"{"a":[1,"x",null,null],"c":{"d":true}}"#),
        ("JSON.stringify([1, { a: 2 }], null, 1)", "[\n 1,\n {\n  \"a\": 2\n }\n]"),
        ("JSON.stringify({ toJSON: () => 'j' })", "\"j\""),
        ("JSON.stringify({ a: 1, b: 2 }, ['b'])", r#"{"b":2}"#),
        ("JSON.parse('{\"a\":[1,2]}').a[1]", "2"),
        ("JSON.parse('[1,2]', (k, v) => typeof v === 'number' ? v * 2 : v)", "2,4"),
        ("Object.keys(JSON.parse('{\"__proto__\":1}'))", "__proto__"),
        ("Object.entries({ a: 1, 2: 3 }).join(';')", "2,3;a,1"),
        ("Object.fromEntries([['a', 1]]).a", "1"),
        ("Object.assign({ a: 1 }, { b: 2 }, null).b", "2"),
        ("new Map([['a', 1], ['b', 2]]).size", "2"),
        ("(m => { let s = ''; m.forEach((v, k) => { s += k + v }); return s })(new Map([['a', \
            1]]))", "a1"),
        ("[...new Map([[1, 2]])].join() + [...new Set([3]).keys()]", "1,23"),
        ("Math.hypot(3, 4) + ' ' + Math.max(1, 5, 3) + ' ' + Math.min()", "5 5 Infinity"),
        ("Math.pow(2, 0.5) + ' ' + Math.sin(1) + ' ' + Math.cbrt(27)", "1.4142135623730951 \
            0.8414709848078965 3"),
        ("Math.pow(1, NaN) + ' ' + Math.atan2(1, 1)", "NaN 0.7853981633974483"),
        ("(255).toString(16) + ' ' + (1.005).toFixed(2) + ' ' + parseInt('12px') + \
            parseFloat('1.5')", "ff 1.00 121.5"),
        ("BigInt('0xff') + ' ' + (10n).toString(2) + ' ' + BigInt.asUintN(8, -1n)", "255 1010 255"),
        ("new Uint8Array([1, 2, 300]).join()", "1,2,44"),
        ("Uint8Array.from([1, 2], x => x * 2).map(x => x + 1).reduce((a, b) => a + b)", "8"),
        ("(b => { b.set([7], 1); return b.subarray(1).indexOf(7) })(new Uint8Array(3))", "0"),
        ("(d => { d.setUint16(0, 258); return d.getUint8(1) })(new DataView(new \
            ArrayBuffer(2)))", "2"),
        ("((a, b) => a.call(b) + a.apply(b) + a.bind(b).bind(null)())(function () { return this.x \
            }, { x: 1 })", "3"),
        ("(function f(a, b) { return a + b }).bind(null, 1).bind(null, 2)()", "3"),
        ("(e => [e.name, e.message, e, e instanceof Error].join('|'))(new (class E extends Error {
            constructor(m) { super(m); this.name = 'Own' } })('m'))", "Own|m|Own: m|true"),
        ("(o => { o.toString = () => 'mine'; o.constructor = 1; return String(o) })({})", "mine"),
        ("new Error('x').stack", "undefined"),
        ("Symbol('a').toString() + typeof Symbol.iterator", "Symbol(a)symbol"),
        ("Reflect.ownKeys({ a: 1 }) + Reflect.has({ a: 1 }, 'a')", "atrue"),
        ("((a, ...b) => b.length)(...[1, 2, 3])", "2"),
    ] {
        assert_eq!(shown(&vm, expression), expected, "{expression}");
    }
}

#[test]
fn operators_are_those_of_the_language() {
    let vm = machine();
    for (expression, expected) in [
        ("op.add(1, 2) + op.add('a', 1) + op.add([1], {})", "3a11[object Object]"),
        ("op.add(1n, 2n) + '' + op.add({ valueOf: () => 5 }, 1)", "36"),
        ("op.add(1n, 1)", "throws TypeError: a value is not of a kind that the operation takes"),
        ("[op.sub('5', 2), op.mul(3n, 4n), op.div(7n, 2n), op.mod(-7, 3)]", "3,12,3,-1"),
        (
            "[op.pow(2, 10), op.pow(2n, 100n), op.pow(2, 0.5), op.pow(-8, 3), op.pow(0, 0)]",
            "1024,1267650600228229401496703205376,1.4142135623730951,-512,1",
        ),
        ("op.pow(3n, 1000n)", "throws RangeError: a bigint breaks the limit of 1024 bits"),
        ("op.pow(10n, 1000000000n)", "throws RangeError: a bigint breaks the limit of 1024 bits"),
        ("[op.pow(1n, 10n ** 30n), op.pow(-1n, 3n), op.pow(0n, 5n)]", "1,-1,0"),
        (
            "[op.shl(1n, 100n), op.shr(-5n, 1n), op.shr(1n, 10n ** 20n), op.ushr(-1, 28), \
                op.shl(1, 33)]",
            "1267650600228229401496703205376,-3,0,15,2",
        ),
        ("op.shl(1n, 10n ** 9n)", "throws RangeError: a bigint breaks the limit of 1024 bits"),
        (
            "[op.lt('a', 'b'), op.lt(1n, 2), op.ge('10', 9), op.lt(undefined, 1)]",
            "true,true,true,false",
        ),
        (
            "[op.eq(1, '1'), op.eq(null, undefined), op.eq(1n, 1), op.eq({}, {}), op.ne('a', 'a')]",
            "true,true,true,false,false",
        ),
        ("[op.same('ab', 'a' + 'b'), op.differ(1, '1'), op.same(NaN, NaN)]", "true,true,false"),
        (
            "[op.neg(5n), op.plus('4'), op.not(5), op.num('3'), op.inc(1n), op.dec('2')]",
            "-5,4,-6,3,2,1",
        ),
        ("(o => [op.postinc(o, 'a'), o.a, op.postdec(o, 'a'), o.a])({ a: '1' })", "1,2,2,1"),
        ("[op.key(1), op.key('a'), op.key({ toString: () => 'k' }), op.key(null)]", "1,a,k,null"),
        (
            "op.key('__proto__')",
            "throws TypeError: the property __proto__ is not reached by a computed name",
        ),
        ("op.cat('a', 1, [2, 3], null)", "a12,3null"),
        ("[...op.spread(new Set([1, 2]))].length + op.args('ab').length", "4"),
        (
            "op.args(new Array(1025).fill(0))",
            "throws RangeError: a list of arguments of 1025 breaks the limit of 1024",
        ),
        ("typeof op.base(class {}) + op.base(null)", "functionnull"),
        ("op.pick('a', 3) + op.caught('b') + Object.isFrozen(op.freeze({}))", "abtrue"),
        ("op.own({ a: 1 }).a + op.keys({ b: 2 }).b", "3"),
    ] {
        assert_eq!(shown(&vm, expression), expected, "{expression}");
    }
    let names = shown(&vm, "Object.keys(op).sort()");
    let mut expected: Vec<_> = js_compiler::abi::OPERATORS.iter().map(|it| it.name).collect();
    expected.sort_unstable();
    assert_eq!(names, expected.join(","));
    for module in js_compiler::abi::MODULES {
        let names = shown(&vm, &format!("Object.keys($__env.modules.{}).sort()", module.name));
        let mut expected = module.exports.to_vec();
        expected.sort_unstable();
        assert_eq!(names, expected.join(","));
    }
}

#[test]
fn the_globals_are_those_of_the_compiler_and_no_more() {
    let vm = machine();
    for name in GLOBALS {
        assert_ne!(
            shown(&vm, &format!("typeof {name} === 'undefined' && '{name}' !== 'undefined'")),
            "true",
            "{name}"
        );
    }
    for name in [
        "globalThis",
        "eval",
        "Function",
        "Date",
        "Proxy",
        "Promise",
        "WeakRef",
        "FinalizationRegistry",
        "SharedArrayBuffer",
        "Atomics",
        "Float64Array",
        "Float32Array",
        "Iterator",
        "InternalError",
        "AggregateError",
        "escape",
        "encodeURIComponent",
        "queueMicrotask",
        "performance",
        "Intl",
        "navigator",
        "structuredClone",
        "DOMException",
        "btoa",
    ] {
        assert_eq!(shown(&vm, &format!("typeof {name}")), "undefined", "{name}");
    }
}

/// Everything that can be reached from a contract without calling anything is frozen, and holds no
/// function of the engine that is linear.
#[test]
fn the_world_is_frozen() {
    let vm = machine();
    let walk = "(() => {
        const seen = new Set(), open = [], waiting = [op, $__env, storage, [], {}, '', 0, 0n, \
            true, () => {},
            Symbol.iterator, new Map(), new Set(), new Error(''), new Uint8Array(1), \
                [][Symbol.iterator](), ''[Symbol.iterator](),
            Object, Array, JSON, Math, Reflect, String, Number, BigInt, console, WeakMap, \
                DataView, BigUint64Array, TypeError];
        while (waiting.length > 0) {
            const value = waiting.pop();
            if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
                if (value !== null && value !== undefined) \
                    waiting.push(Object.getPrototypeOf(Object(value)));
                continue;
            }
            if (seen.has(value)) continue;
            seen.add(value);
            const proto = Object.getPrototypeOf(value);
            if (proto !== null) waiting.push(proto);
            const isOwn = seen.size <= 40 && !Object.isFrozen(value);
            if (!Object.isFrozen(value)) open.push(value);
            for (const key of Reflect.ownKeys(value)) {
                const it = Object.getOwnPropertyDescriptor(value, key);
                waiting.push(it.value, it.get, it.set);
            }
        }
        return seen.size + ' ' + open.map(it => typeof it === 'function' ? 'f' + it.name : \
            JSON.stringify(it)).filter(it => it[0] === 'f');
    })()";
    let found = shown(&vm, walk);
    let (count, open) = found.split_once(' ').unwrap();
    assert!(count.parse::<u32>().is_ok_and(|count| count > 300), "{found}");
    // The functions of the test's own script are not frozen: arrows within it.
    assert!(open.split(',').all(|name| ["f", ""].contains(&name)), "{found}");
}
