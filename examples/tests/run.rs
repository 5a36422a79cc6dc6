//! Every example runs to its end.

use std::process::Command;

#[test]
fn the_examples_run() {
    let programs = [
        env!("CARGO_BIN_EXE_quickstart"),
        env!("CARGO_BIN_EXE_crossing"),
        env!("CARGO_BIN_EXE_precompile"),
        env!("CARGO_BIN_EXE_native"),
    ];
    for program in programs {
        let output = Command::new(program).output().expect("the example starts");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{program}: {text}");
        assert!(!output.stdout.is_empty(), "{program} shows nothing");
    }
}
