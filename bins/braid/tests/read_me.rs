//! The example of the read-me: that it runs, and that the read-me has it as it runs here.

use braidvm::{Artifact, Deploy, Engine, Request, Value};

#[test]
fn the_example_of_the_read_me_runs() -> Result<(), Box<dyn std::error::Error>> {
    std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))?;
    // The example begins.
    let mut engine = Engine::dev();
    let alice = engine.account("alice")?;
    let module = std::fs::read("contracts/artifacts/c/counter.wasm")?;
    let artifact = Artifact::from_bytes("counter", &module)?;
    let counter = engine.deploy(&Deploy::new(alice, artifact))?.expect_contract();

    let receipt = engine.send(&Request::new(alice, counter, "add").arguments(["42"]))?;
    assert!(receipt.is_success());
    let output = engine.call(&Request::new(alice, counter, "value"))?;
    assert_eq!(output.values()?, [Value::uint(42)]);
    // The example ends.
    let here = include_str!("read_me.rs");
    let between = here.split("    // The example begins.\n").nth(1);
    let example = between.and_then(|rest| rest.split("    // The example ends.").next());
    let lines = example.expect("it is between its marks").lines();
    let example: String =
        lines.map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line))).collect();
    for name in ["README.md", "README.ja.md", "README.zh.md"] {
        assert!(std::fs::read_to_string(name)?.contains(&example), "{name} lacks:\n{example}");
    }
    Ok(())
}
