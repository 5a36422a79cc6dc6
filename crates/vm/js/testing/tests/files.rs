//! Files of tests over a host in memory that counts.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

use braid_js_testing::{
    SharedHost, TestError, TestHost, TestOptions, TestOutcome, TestReport, run_file,
};
use serde_json::{Value as Json, json};

/// A chain that is one number: `add` changes it, marks remember it.
#[derive(Default)]
struct Number {
    value: i64,
    marks: Vec<i64>,
}

impl TestHost for Number {
    fn operate(&mut self, operation: &str, request: &Json) -> Result<Json, Json> {
        let event = json!({ "contract": "0x1", "name": "Added", "args": {
            "$": "record", "v": [["by", { "$": "bigint", "v": "1" }]] } });
        match operation {
            "accounts" => Ok(json!({ "alice": "0xa" })),
            "mark" => {
                self.marks.push(self.value);
                Ok(json!(self.marks.len() - 1))
            }
            "back" => {
                self.value = self.marks[request["mark"].as_u64().unwrap() as usize];
                Ok(Json::Null)
            }
            "invoke" if request["method"] == "fail" => Err(json!({
                "message": "revert: no", "status": "revert", "reason": "no",
                "data": { "$": "bytes", "v": "0x01" }, "gasUsed": "7" })),
            "invoke" => {
                self.value += 1;
                let value = json!({ "$": "bigint", "v": self.value.to_string() });
                Ok(json!({
                    "status": "success", "value": value, "events": [event], "gasUsed": "5",
                }))
            }
            other => Err(json!({ "message": format!("no {other}") })),
        }
    }
}

fn options() -> TestOptions {
    TestOptions { filter: String::new(), time_limit: Duration::from_secs(600) }
}

fn run_with(files: &[(&str, &str)], options: &TestOptions) -> Result<Vec<TestReport>, TestError> {
    let files: BTreeMap<String, String> =
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let read = Rc::new(move |name: &str| files.get(name).cloned());
    let host: SharedHost = Rc::new(RefCell::new(Number::default()));
    let mut reports = Vec::new();
    run_file("a.test.ts", read, &host, options, &mut |report| reports.push(report))?;
    Ok(reports)
}

fn run(source: &str) -> Vec<TestReport> {
    run_with(&[("a.test.ts", source)], &options()).unwrap_or_else(|error| panic!("{error}"))
}

/// `name: passed`, `name: skipped`, or `name: reason @ place`.
fn told(reports: &[TestReport]) -> Vec<String> {
    let tell = |report: &TestReport| {
        let outcome = match &report.outcome {
            TestOutcome::Passed => "passed".to_owned(),
            TestOutcome::Skipped => "skipped".to_owned(),
            TestOutcome::Failed { reason, place } => {
                format!("{reason} @ {}", place.as_deref().unwrap_or("nowhere"))
            }
        };
        format!("{}: {outcome}", report.name.join("/"))
    };
    reports.iter().map(tell).collect()
}

#[test]
fn each_test_begins_with_the_state_of_its_group() {
    let source = "
import { test, describe, expect, contract, receipt } from 'braid/test';
const it: any = contract('0x1');
const steps: string[] = [];
beforeAll(() => { it.add() });
beforeEach(() => { steps.push('each') });
afterEach(async () => { await null; steps.push('after') });
test('first', () => { expect(it.add()).toBe(2n); expect(receipt()).toEmit('Added', { by: 1n }) });
describe('inner', () => {
    beforeAll(() => { it.add() });
    test('second', async () => { expect(await it.add()).toBe(3n) });
    test('third', () => { expect(it.add()).toBe(3n) });
});
test('fourth', () => {
    expect(it.add()).toBe(2n);
    expect(steps).toEqual(['each', 'after', 'each', 'after', 'each', 'after', 'each']);
});
";
    let expected =
        ["first: passed", "inner/second: passed", "inner/third: passed", "fourth: passed"];
    assert_eq!(told(&run(source)), expected);
}

#[test]
fn what_fails_is_told_with_the_line_of_the_author() {
    let source = "
interface Far { away: number }
type Near = Far;
test('equal', () => {
    const it: Near = { away: 1 };
    expect(it).toEqual({ away: 2 });
});
test('thrown', () => { throw new TypeError('odd') });
test('text', () => { throw 'text' });
test('not', () => { expect([1n]).not.toContain(1n) });
test('reverts', () => { expect(() => 1).toRevert() });
test('other', () => { expect(() => braid.contract('0x1').fail()).toRevert('yes') });
test('uncaught', () => { braid.contract('0x1').fail() });
test('host', () => { braid.balance('0x1') });
";
    let expected = [
        "equal: expected { away: 1 } to equal { away: 2 } @ a.test.ts:6",
        "thrown: TypeError: odd @ a.test.ts:8",
        "text: \"text\" was thrown @ nowhere",
        "not: expected [1n] not to contain 1n @ a.test.ts:10",
        "reverts: expected the call to revert @ a.test.ts:11",
        "other: expected the call to revert with yes; it ended with revert: no @ a.test.ts:12",
        "uncaught: ChainError: revert: no @ a.test.ts:13",
        "host: no balance @ a.test.ts:14",
    ];
    assert_eq!(told(&run(source)), expected);
}

#[test]
fn matchers_hold_where_they_should() {
    let source = "
test('all', () => {
    expect(1).toBe(1); expect(NaN).toBe(NaN); expect(0).not.toBe(-0);
    expect(new Uint8Array([1])).toEqual(new Uint8Array([1]));
    expect({ a: undefined, b: [1n, { c: 's' }] }).toEqual({ b: [1n, { c: 's' }] });
    expect([1]).not.toEqual({ 0: 1 }); expect(1n).not.toEqual(1);
    expect(new Map([[1, 2]])).toEqual(new Map([[1, 2]]));
    expect(new Set([1])).not.toEqual(new Set([2]));
    expect('abc').toContain('b'); expect([{ a: 1 }]).toContain({ a: 1 });
    expect(2n).toBeGreaterThan(1); expect(1).toBeLessThanOrEqual(1n);
    expect('abc').toMatch(/^a/); expect('abc').toMatch('c'); expect([1, 2]).toHaveLength(2);
    expect(null).toBeNull(); expect(undefined).toBeUndefined(); expect('').toBeFalsy();
    expect(() => { throw new RangeError('far') }).toThrow(RangeError);
    expect(() => { throw new RangeError('far') }).toThrow(/f.r/);
    expect(() => 1).not.toThrow();
    expect(() => braid.contract('0x1').fail()).toRevert('no');
    try { braid.contract('0x1').fail() } catch (error) {
        const told = [error.status, error.data, error.gasUsed];
        expect(told).toEqual(['revert', new Uint8Array([1]), '7']);
    }
    console.log('seen', { a: 1n });
});
test.each([[1, 2], [2, 3]])('%s and %s', (a, b) => { expect(a + 1).toBe(b) });
";
    let reports = run(source);
    assert_eq!(told(&reports), ["all: passed", "1 and 2: passed", "2 and 3: passed"]);
    assert_eq!(reports[0].lines, ["seen { a: 1n }"]);
}

#[test]
fn marks_and_filters_choose() {
    let source = "
describe('g', () => { test('a', () => {}); test.skip('b', () => {}) });
describe.skip('h', () => { test('c', () => {}) });
";
    assert_eq!(told(&run(source)), ["g/a: passed", "g/b: skipped", "h/c: skipped"]);
    let only = "test('a', () => {}); test.only('b', () => {});";
    assert_eq!(told(&run(only)), ["a: skipped", "b: passed"]);
    let options = TestOptions { filter: "g a".to_owned(), ..options() };
    let reports = run_with(&[("a.test.ts", source)], &options).unwrap();
    assert_eq!(told(&reports), ["g/a: passed"]);
}

#[test]
fn modules_are_found_and_what_is_wrong_with_them_is_told() {
    let files = [
        (
            "a.test.ts",
            "import { two } from './lib/b'; import data from './d.json';\n\
          test('x', () => { expect(two()).toBe(data.two) });",
        ),
        ("lib/b.ts", "export const two = (): number => 2;"),
        ("d.json", "{ \"two\": 2 }"),
    ];
    assert_eq!(told(&run_with(&files, &options()).unwrap()), ["x: passed"]);
    for (source, reason) in [
        ("import './c';", "a.test.ts: there is no file `./c`"),
        ("import 'chain';", "tests import \"braid/test\""),
        ("\n\nlet = ;", "a.test.ts:3:"),
        ("\nconst a: number = 1;\nthrow new Error('early');", "a.test.ts:3: early"),
        ("import { nothing } from 'braid/test'; nothing();", "nothing"),
        ("test('x')", "the test \"x\" has no function"),
    ] {
        let error = run_with(&[("a.test.ts", source)], &options()).unwrap_err().to_string();
        assert!(error.contains(reason), "{source}: {error}");
    }
}

#[test]
fn a_test_that_never_ends_is_ended() {
    let source = "
test('loop', () => { for (;;); });
test('wait', async () => { await new Promise(() => {}) });
test('deep', () => { const f = () => f() + 1; f() });
test('after', () => {});
";
    let options = TestOptions { time_limit: Duration::from_millis(300), ..options() };
    let told = told(&run_with(&[("a.test.ts", source)], &options).unwrap());
    assert_eq!(told[0], "loop: it took too long @ nowhere");
    assert_eq!(told[1], "wait: it waits for what never comes @ nowhere");
    assert!(told[2].contains("stack"), "{told:?}");
    assert_eq!(told[3], "after: passed");
}
