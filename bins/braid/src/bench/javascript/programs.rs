//! What is measured with metering and without: bodies of a function of `n`.

use braidvm::{
    Interface,
    rooms::vm_js::{Script, UnitCompiler},
};

/// The method of every program.
pub(super) const METHOD: &str = "function run(uint48 n) returns (uint48)";

/// A program, and the number that makes it take some milliseconds.
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) size: u64,
    pub(super) body: &'static str,
}

pub(super) const PROGRAMS: [Program; 5] = [
    Program {
        name: "metered loop, plain loop",
        size: 200_000,
        body: "let sum = 0;
            for (let i = 0; i < n; i++) { sum = (sum + i * 3) % 1000003; }
            return sum;",
    },
    Program {
        name: "metered calls, plain calls",
        size: 20,
        body: "const fib = x => { if (x < 2) { return x; } return fib(x - 1) + fib(x - 2); };
            return fib(n);",
    },
    Program {
        name: "metered words, plain words",
        size: 10_000,
        body: "const seen = new Map();
            for (let i = 0; i < n; i++) {
                const word = 'w' + (i % 97);
                seen.set(word, (seen.get(word) ?? 0) + word.length);
            }
            return seen.get('w1');",
    },
    Program {
        name: "metered bigints, plain bigints",
        size: 20_000,
        body: "let a = 1n, b = 1n;
            for (let i = 0; i < n; i++) {
                const next = (a + b) % 1000000000000000000000n;
                a = b;
                b = next;
            }
            return Number(a % 1000n);",
    },
    Program {
        name: "metered sort, plain sort",
        size: 3_000,
        body: "const all = [];
            for (let i = 0; i < n; i++) { all.push((i * 7919) % 10007); }
            all.sort((a, b) => a - b);
            return all[7];",
    },
];

impl Program {
    /// The program as a contract.
    pub(super) fn module(&self) -> String {
        let types = "/**\n * @param {u48} n\n * @returns {u48}\n */";
        format!("{types}\nexports.run = function (n) {{\n{}\n}};\n", self.body)
    }
}

/// Takes a body as it is, and charges nothing for it.
#[derive(Debug)]
pub(super) struct Plain;

impl UnitCompiler for Plain {
    fn recognizes(&self, _: &[u8]) -> bool {
        true
    }

    fn compile(&self, code: &[u8]) -> Result<Script, String> {
        let body = core::str::from_utf8(code).map_err(|error| error.to_string())?;
        let interface = Interface::from_signatures(&[METHOD]).map_err(|it| it.to_string())?;
        let source = format!(
            "(function ($__env) {{ 'use strict';\n\
             $__env.bind(() => {{}}, () => 0, () => {{}}, () => {{}});\n\
             return {{ run: function (n) {{\n{body}\n}} }};\n}})"
        );
        Ok(Script { source, interface })
    }
}
