//! Contracts in JavaScript: a new project, its tests, and what their reports say.

use crate::{braid, file, text, written};

#[test]
fn a_new_project_passes_its_tests() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = text(&folder.path().join("counter"));
    braid(&["js", "new", &project]).expect_code(0);
    let again = braid(&["js", "new", &project]).expect_code(2);
    assert!(again.stderr.contains("is not empty"), "{again:?}");
    braid(&["js", "check", &project]).expect_code(0);
    let run = braid(&["test", &project]).expect_code(0);
    assert!(run.stdout.ends_with("2 passed, 0 failed, 0 skipped\n"), "{run:?}");
}

#[test]
fn the_example_contracts_pass_their_tests() {
    let run = braid(&["test", &file("contracts/javascript")]).expect_code(0);
    assert!(run.stdout.ends_with(" passed, 0 failed, 0 skipped\n"), "{run:?}");
}

#[test]
fn a_test_that_fails_says_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = "import { expect, test } from \"braid/test\";\n\ntype Far = number;\n\
        test(\"good\", () => {});\ntest(\"bad\", () => {\n  \
        const a: Far = 1;\n  expect(a).toBe(2);\n});\n";
    let path = text(&written(folder.path(), "a.test.ts", source));
    let run = braid(&["test", &path]).expect_code(1);
    assert!(run.stdout.contains("expected 1 to be 2\n          at a.test.ts:7\n"), "{run:?}");
    assert!(run.stderr.contains("1 test failed"), "{run:?}");
    let json = braid(&["--json", "test", &text(folder.path())]).expect_code(1);
    let objects = json.objects();
    assert_eq!(objects[1]["outcome"], "failed");
    assert_eq!(objects[1]["place"], "a.test.ts:7");
    assert_eq!((&objects[2]["passed"], &objects[2]["failed"]), (&1.into(), &1.into()));
    braid(&["test", &path, "--filter", "good"]).expect_code(0);
    let path = text(&written(folder.path(), "b.test.ts", "import \"./nothing\";"));
    let run = braid(&["test", &path]).expect_code(1);
    assert!(run.stdout.contains("there is no file `./nothing`"), "{run:?}");
}

#[test]
fn a_test_shows_where_a_contract_threw_and_what_it_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    let contract = "export function f(): void {\n  console.log(\"seen\", 1n);\n  \
        throw new Error(\"never\");\n}\n";
    written(folder.path(), "c.ts", contract);
    let source = "test(\"f\", () => { braid.deploy(\"./c.ts\").f(); });\n";
    let path = text(&written(folder.path(), "a.test.ts", source));
    let run = braid(&["test", &path]).expect_code(1);
    assert!(run.stdout.contains("ChainError: revert: never (c.ts:3)\n"), "{run:?}");
    assert!(run.stdout.contains("at a.test.ts:1\n          | seen 1\n"), "{run:?}");
}

#[test]
fn a_folder_without_tests_is_a_wrong_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = braid(&["test", &text(folder.path())]).expect_code(2);
    assert!(run.stderr.contains("no tests"), "{run:?}");
}
