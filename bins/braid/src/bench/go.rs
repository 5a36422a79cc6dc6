//! What a call of a Go program costs that was started already, and what loading one from cold costs
//! with and without the snapshot that an earlier process left on disk.

use std::{path::Path, sync::Arc};

use braidvm::{
    Address, Bytes, CodeHash, Gas, VmKind,
    rooms::{
        abi::selector,
        kernel::{Kernel, KernelConfig, Transaction},
        state::{EmptyView, Key, Overlay, StateView, WriteSet, record::AccountRecord},
        vm::{BlockEnvironment, Vm},
        vm_wasm::{EngineChoice, WasmConfig, WasmVm},
    },
};

use super::{Bench, Goal, Pair, clock::Clock, host_failure, micros_each};
use crate::failure::Failure;

const CALLS: u32 = 1_000;

/// What a call may take, in microseconds.
const CALL_MICROS_MAX: f64 = 100.0;

/// A number that is read from storage and returned.
const PROGRAM: &[u8] = include_bytes!("../../../../contracts/artifacts/go/versioned.wasm.zst");

const GAS_LIMIT: Gas = Gas(1 << 40);

pub(super) fn run(bench: &mut Bench<'_>) -> Result<(), Failure> {
    let world = World::new()?;
    bench.measure(Pair {
        name: "call of a Go program, the bound of 100 us",
        unit: "us/call",
        goal: Goal::AtMost(1.0),
        this: &mut || world.micros_a_call(),
        peer: &mut || Ok(CALL_MICROS_MAX),
    })?;
    let folder = tempfile::tempdir()?;
    let kept = folder.path().join("artefacts");
    // Leaves the snapshot there.
    let _ = millis_of_loading(&kept)?;
    bench.measure(Pair {
        name: "loading a Go program, starting it anew",
        unit: "ms",
        goal: Goal::AtMost(1.0),
        this: &mut || millis_of_loading(&kept),
        peer: &mut || {
            let anew = tempfile::tempdir()?;
            millis_of_loading(&anew.path().join("artefacts"))
        },
    })
}

struct World {
    kernel: Kernel,
    view: Arc<dyn StateView>,
    contract: Address,
}

impl World {
    fn new() -> Result<Self, Failure> {
        let wasm = WasmConfig { engine: EngineChoice::Compiled, ..WasmConfig::default() };
        let kernel = Kernel::new(KernelConfig { wasm, ..KernelConfig::default() });
        let contract = Address::from_evm([0xc0; 20].into());
        let code_hash = CodeHash::of(PROGRAM);
        let record = AccountRecord { kind: VmKind::Go, code_hash, ..AccountRecord::default() };
        let mut writes = WriteSet::new();
        writes.put(Key::account(&contract), record.encode());
        writes.put(Key::code(&code_hash), Bytes::from_static(PROGRAM));
        let view = Arc::new(Overlay::new(Arc::new(EmptyView), writes));
        Ok(Self { kernel: kernel.map_err(host_failure)?, view, contract })
    }

    fn micros_a_call(&self) -> Result<f64, Failure> {
        let block = BlockEnvironment { gas_limit: GAS_LIMIT, ..BlockEnvironment::default() };
        let mut execution = self.kernel.execution(Arc::clone(&self.view), &block);
        execution.set_tracing(false);
        let transaction = Transaction {
            from: Address::from_evm([0xff; 20].into()),
            to: Some(self.contract),
            input: Bytes::copy_from_slice(&selector("number()")),
            gas_limit: Gas(10_000_000),
            ..Transaction::default()
        };
        let clock = Clock::start();
        for _ in 0..CALLS {
            let result = execution.transact(&transaction).map_err(host_failure)?;
            if !result.status.is_success() {
                return Err(Failure::Host(anyhow::anyhow!(
                    "a call ended with {:?}",
                    result.status
                )));
            }
        }
        Ok(micros_each(u64::from(CALLS), clock.elapsed()))
    }
}

/// Makes a machine that finds in `directory` what an earlier one left, and a program ready on it
/// for the interpreter, as its first call does.
fn millis_of_loading(directory: &Path) -> Result<f64, Failure> {
    let config = WasmConfig {
        engine: EngineChoice::Interpreted,
        cache_directory: Some(directory.to_owned()),
        ..WasmConfig::default()
    };
    let machine = WasmVm::new(config).map_err(host_failure)?.go();
    let clock = Clock::start();
    machine.prepare(PROGRAM);
    Ok(clock.elapsed().as_secs_f64() * 1_000.0)
}
