//! Random programs that loop, call and throw.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test uses a part")]

use proptest::prelude::*;

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (0_u8..9).prop_map(|number| number.to_string()),
        prop::sample::select(&[
            "a", "b", "o.x", "o['y']", "s", "f(a)", "g()", "null", "true", "2n"
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let binary = prop::sample::select(&[
            "+", "-", "*", "%", "<", "===", "==", "&", ">>>", "&&", "||", "??", ",",
        ]);
        prop_oneof![
            (inner.clone(), binary, inner.clone())
                .prop_map(|(a, op, b)| format!("(({a}) {op} ({b}))")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a}) ? ({b}) : ({c})")),
            inner.clone().prop_map(|a| format!("(() => ({a}))()")),
            inner.clone().prop_map(|a| format!("`x${{{a}}}`")),
            inner.clone().prop_map(|a| format!("[{a}, ...[{a}]].length")),
            inner.clone().prop_map(|a| format!("({{ k: {a}, ...{{}} }})?.k")),
            inner.clone().prop_map(|a| format!("(o.x += ({a}))")),
            inner.prop_map(|a| format!("(a = ({a}), b++, o['y']--, --a)")),
        ]
    })
    .prop_map(|text| format!("({text})"))
}

pub fn statement() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        expression().prop_map(|e| format!("{e};")),
        expression().prop_map(|e| format!("a = {e};")),
        expression().prop_map(|e| format!("{{ let {{ k = {e} }} = {{}}; b = k; }}")),
        expression().prop_map(|e| format!("log.push(typeof {e});")),
        Just("throw new Error('t');".to_owned()),
        Just("if (n++ > 9) break L;".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let block =
            prop::collection::vec(inner, 1..4).prop_map(|all| format!("{{ {} }}", all.join(" ")));
        prop_oneof![
            (expression(), block.clone(), block.clone())
                .prop_map(|(e, a, b)| format!("if ({e}) {a} else {b}")),
            (expression(), block.clone()).prop_map(|(e, a)| format!("while ({e}) {a}")),
            (expression(), block.clone()).prop_map(|(e, a)| format!("do {a} while ({e});")),
            (expression(), block.clone())
                .prop_map(|(e, a)| format!("for (let i = 0; {e}; i++) {a}")),
            block.clone().prop_map(|a| format!("for (const x of [1, 2]) {a}")),
            block.clone().prop_map(|a| format!("for (const k in o) {a}")),
            (block.clone(), block.clone()).prop_map(|(a, b)| format!("try {a} catch (e) {b}")),
            (block.clone(), block.clone()).prop_map(|(a, b)| format!("try {a} finally {b}")),
            (expression(), block.clone(), block.clone()).prop_map(|(e, a, b)| format!(
                "switch ({e}) {{ case 1: {a} case a: {b} default: }}"
            )),
            (block.clone(), block).prop_map(|(a, b)| {
                format!(
                    "(function h(q) {{ if (n++ < 40) h(q); L: try {a} finally {b} return q; }})(1);"
                )
            }),
        ]
    })
}

pub fn body(statements: &[String]) -> String {
    format!(
        "let a = 1, b = 2, n = 0, s = 't', log = []; const o = {{ x: 1, y: 2 }};\n\
         const g = () => n++; function f(x) {{ if (n++ < 30) return f(x); return 1; }}\n\
         L: {{ {} }}\nreturn [String(a), String(b), n, log];",
        statements.join("\n")
    )
}
