//! What a call costs that crosses into another machine, against one that stays.
//!
//! One transaction calls the same small contract thousands of times; the same loop without the
//! call is taken off. The contract answers one word, whatever its machine is.

use std::{sync::Arc, time::Duration};

use alloy_primitives::hex;
use braidvm::{
    Address, Bytes, CodeHash, Gas, VmKind,
    rooms::{
        kernel::{Kernel, KernelConfig, Transaction},
        primitives::EvmAddress,
        state::{EmptyView, Key, Overlay, StateView, WriteSet, record::AccountRecord},
        vm::BlockEnvironment,
        vm_wasm::{EngineChoice, WasmConfig},
    },
};

use super::{Bench, Goal, Pair, clock::Clock, host_failure, micros_each, module};
use crate::failure::Failure;

const CALLS: u32 = 20_000;
const GAS_LIMIT: Gas = Gas(1 << 44);

/// `PUSH1 42, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN`.
const EVM_ANSWER: &str = "602a5f5260205ff3";

const WASM_ANSWER: &str = r#"(module
    (import "braid1" "output_write" (func $output_write (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 31) "\2a")
    (func (export "call") (param i32) (result i32)
        (call $output_write (i32.const 0) (i32.const 32))
        (i32.const 0)))"#;

/// The contracts of the measurement, by the last byte of their address.
struct Cast {
    kernel: Kernel,
    view: Arc<dyn StateView>,
}

/// A contract that calls, and one that calls nothing but is the same otherwise.
#[derive(Clone, Copy)]
struct Loop {
    calling: u8,
    idle: u8,
}

const EVM_TARGET: u8 = 1;
const WASM_TARGET: u8 = 2;
const EVM_TO_EVM: Loop = Loop { calling: 3, idle: 4 };
const EVM_TO_WASM: Loop = Loop { calling: 5, idle: 4 };
const WASM_TO_WASM: Loop = Loop { calling: 6, idle: 7 };
const WASM_TO_EVM: Loop = Loop { calling: 8, idle: 7 };

pub(super) fn run(bench: &mut Bench<'_>) -> Result<(), Failure> {
    let cast = Cast::new()?;
    // An instance costs more than an interpreter's frame, so the way out of WebAssembly has to be
    // the cheaper one; the way in bears the instance.
    let pairs = [
        ("EVM to WASM, EVM to EVM", EVM_TO_WASM, EVM_TO_EVM, Goal::AtMost(2.0)),
        ("WASM to EVM, WASM to WASM", WASM_TO_EVM, WASM_TO_WASM, Goal::AtMost(1.0)),
    ];
    for (name, this, peer, goal) in pairs {
        bench.measure(Pair {
            name,
            unit: "us/call",
            goal,
            this: &mut || cast.micros_a_call(this),
            peer: &mut || cast.micros_a_call(peer),
        })?;
    }
    Ok(())
}

impl Cast {
    fn new() -> Result<Self, Failure> {
        let mut writes = WriteSet::new();
        let mut put = |index: u8, kind: VmKind, code: Bytes| {
            let code_hash = CodeHash::of(&code);
            let record = AccountRecord { kind, code_hash, ..AccountRecord::default() };
            writes.put(Key::account(&Address::from_evm(contract(index))), record.encode());
            writes.put(Key::code(&code_hash), code);
        };
        let evm_answer = hex::decode(EVM_ANSWER).map_err(anyhow::Error::from)?;
        put(EVM_TARGET, VmKind::Evm, evm_answer.into());
        put(WASM_TARGET, VmKind::Wasm, module(WASM_ANSWER)?);
        put(EVM_TO_EVM.calling, VmKind::Evm, evm_loop(Some(EVM_TARGET)));
        put(EVM_TO_WASM.calling, VmKind::Evm, evm_loop(Some(WASM_TARGET)));
        put(EVM_TO_EVM.idle, VmKind::Evm, evm_loop(None));
        put(WASM_TO_EVM.calling, VmKind::Wasm, module(&wasm_loop(Some(EVM_TARGET)))?);
        put(WASM_TO_WASM.calling, VmKind::Wasm, module(&wasm_loop(Some(WASM_TARGET)))?);
        put(WASM_TO_WASM.idle, VmKind::Wasm, module(&wasm_loop(None))?);
        let wasm = WasmConfig { engine: EngineChoice::Compiled, ..WasmConfig::default() };
        let kernel = Kernel::new(KernelConfig { wasm, ..KernelConfig::default() });
        let view = Arc::new(Overlay::new(Arc::new(EmptyView), writes));
        Ok(Self { kernel: kernel.map_err(host_failure)?, view })
    }

    fn micros_a_call(&self, which: Loop) -> Result<f64, Failure> {
        let (calling, idle) = (self.time(which.calling)?, self.time(which.idle)?);
        Ok(micros_each(u64::from(CALLS), calling.saturating_sub(idle)))
    }

    fn time(&self, index: u8) -> Result<Duration, Failure> {
        let block = BlockEnvironment { gas_limit: GAS_LIMIT, ..BlockEnvironment::default() };
        let mut execution = self.kernel.execution(Arc::clone(&self.view), &block);
        let transaction = Transaction {
            from: Address::from_evm(contract(u8::MAX)),
            to: Some(Address::from_evm(contract(index))),
            gas_limit: GAS_LIMIT,
            ..Transaction::default()
        };
        let clock = Clock::start();
        let result = execution.transact(&transaction).map_err(host_failure)?;
        let time = clock.elapsed();
        if !result.status.is_success() {
            return Err(Failure::Host(anyhow::anyhow!("a loop ended with {:?}", result.status)));
        }
        Ok(time)
    }
}

fn contract(index: u8) -> EvmAddress {
    let mut bytes = [0xc0; 20];
    bytes[19] = index;
    EvmAddress::new(bytes)
}

/// Counts down, with a static call of `target` in each turn, and reverts where one fails.
fn evm_loop(target: Option<u8>) -> Bytes {
    let mut code = vec![0x62];
    code.extend_from_slice(&CALLS.to_be_bytes()[1..]);
    // JUMPDEST; 32 bytes of output to offset 0, no input.
    code.extend_from_slice(&[0x5b, 0x60, 0x20, 0x5f, 0x5f, 0x5f, 0x73]);
    code.extend_from_slice(contract(target.unwrap_or_default()).as_slice());
    code.extend_from_slice(&[0x62, 0x0f, 0x42, 0x40]);
    match target {
        // STATICCALL, and five operands that are taken away just as well.
        Some(_) => code.extend_from_slice(&[0xfa]),
        None => code.extend_from_slice(&[0x50; 5]),
    }
    let end = code.len() as u8 + 13;
    // ISZERO, JUMPI to the end where the call failed; count down, JUMPI to the start; STOP.
    code.extend_from_slice(&[0x15, 0x60, end, 0x57]);
    code.extend_from_slice(&[0x60, 0x01, 0x90, 0x03, 0x80, 0x60, 0x04, 0x57, 0x00]);
    // JUMPDEST, REVERT without data.
    code.extend_from_slice(&[0x5b, 0x5f, 0x5f, 0xfd]);
    code.into()
}

/// The same in WebAssembly: the address at 0, no coin, the answer copied to 64.
fn wasm_loop(target: Option<u8>) -> String {
    let address = Address::from_evm(contract(target.unwrap_or_default()));
    let data: String = address.as_bytes().iter().map(|byte| format!("\\{byte:02x}")).collect();
    let call = match target {
        None => "",
        Some(_) => {
            "(if (call $call (i32.const 0) (i32.const 32) (i32.const 0) (i32.const 0)
                    (i64.const 1000000) (i32.const 1))
                (then (return (i32.const 1))))
            (call $buffer_read (i32.const 64) (i32.const 0) (i32.const 32))"
        }
    };
    format!(
        r#"(module
        (import "braid1" "call"
            (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
        (import "braid1" "buffer_read" (func $buffer_read (param i32 i32 i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "{data}")
        (func (export "call") (param i32) (result i32) (local $left i32)
            (local.set $left (i32.const {CALLS}))
            (loop $again
                {call}
                (br_if $again
                    (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
            (i32.const 0)))"#
    )
}
