//! Every frame begins with the module's own memory and globals, whatever ran in the slot before.

use braid_vm_wasm::{EngineChoice, WasmConfig, WasmVm};
use primitives::Gas;
use vm::testkit::{MemoryHost, Run};
use vm::{HostedVm, Outcome, Status, Vm};

use crate::{engines, finish, module};

/// How a frame of [`dirty`] ends, as its input says.
const ENDS: [&[u8]; 4] = [b"", b"r", b"tt", b"fff"];

/// Grows by a page, tells the hash of all its memory and its global, then overwrites all of it, and
/// ends as the length of the input says. `seed` makes modules with different images.
fn dirty(pages: u32, seed: &str) -> Vec<u8> {
    let bytes = (pages + 1) * 65_536;
    let last = pages * 65_536 - 1;
    let body = format!(
        r#"(drop (memory.grow (i32.const 1)))
        (call $keccak256 (i32.const 0) (i32.const {bytes}) (i32.const 0))
        (i32.store (i32.const 32) (global.get $count))
        (i32.store (i32.const 36) (memory.size))
        (call $output_write (i32.const 0) (i32.const 40))
        (global.set $count (i32.const -1))
        (loop $again
            (i64.store (local.get $i) (i64.const -6148914691236517206))
            (local.set $i (i32.add (local.get $i) (i32.const 8)))
            (br_if $again (i32.lt_u (local.get $i) (i32.const {bytes}))))
        (if (i32.eq (local.get $n) (i32.const 1)) (then (return (i32.const 1))))
        (if (i32.eq (local.get $n) (i32.const 2)) (then (unreachable)))
        (if (i32.eq (local.get $n) (i32.const 3)) (then {}))
        (i32.const 0)"#,
        finish(0, 40),
    );
    module(&format!(
        r#"(memory (export "memory") {pages})
        (global $count (mut i32) (i32.const 7))
        (data (i32.const 3) "{seed}") (data (i32.const 16000) "{seed}{seed}{seed}{seed}")
        (data (i32.const 40000) "{seed}") (data (i32.const {last}) "\ff")
        (func (export "call") (param $n i32) (result i32) (local $i i32) {body})"#
    ))
}

fn run(vm: &dyn HostedVm, code: &[u8], input: &[u8]) -> Outcome {
    let run = Run { gas_limit: Gas(1 << 40), ..Run::call(code, input) };
    MemoryHost::default().run(vm, &run)
}

#[test]
fn no_frame_sees_what_another_left_in_its_slot() {
    let config =
        WasmConfig { engine: EngineChoice::Compiled, instances: 1, ..WasmConfig::default() };
    let vm = WasmVm::new(config).expect("the engine starts");
    let (_, interpreter) = &engines()[1];
    // Images of one and of several pages take turns in the one slot that there is.
    let codes = [dirty(1, "one"), dirty(3, "three pages"), dirty(1, "another"), dirty(17, "many")];
    let expected = codes.each_ref().map(|code| ENDS.map(|input| run(interpreter, code, input)));
    let mut frames = 0;
    for turn in 0..24 {
        for (code, expected) in codes.iter().zip(&expected) {
            for repeat in 0..2 {
                let end = (turn + repeat) % ENDS.len();
                assert_eq!(run(&vm, code, ENDS[end]), expected[end], "end {end} in turn {turn}");
                frames += 1;
            }
        }
    }
    let counters = vm.status().counters;
    assert!(counters.contains(&("frames_compiled", frames)), "{counters:?}");
    for outcomes in &expected {
        assert_eq!(outcomes[0].status, Status::Success);
        assert_eq!(outcomes[0].output[32..36], [7, 0, 0, 0], "the global is as the module says");
        assert_eq!(outcomes[0].output, outcomes[1].output, "a revert tells the same");
        assert!(matches!(outcomes[2].status, Status::Halt(_)));
        assert_eq!(outcomes[3].output[..], [0xaa; 40], "the memory was overwritten");
    }
}
