//! A machine that runs every frame on both engines.

use abi::Interface;
use braid_vm_js::{EngineChoice, JsConfig, JsVm};
use primitives::Gas;
use vm::testkit::{MemoryHost, Run};
use vm::{HaltReason, Status, Vm};

/// More than any program here needs.
pub(crate) const PLENTY: u64 = 1 << 40;

/// What programs are shown by, and what runs parts of them apart.
const HEAD: &str = "import { storage, event, crypto, blockchain, object } from 'chain';
const show = (v, d = 0) => {
    if (typeof v === 'string') return JSON.stringify(v);
    if (typeof v === 'symbol') return 'symbol';
    if (typeof v === 'function') return 'f' + v.name + v.length;
    if (typeof v !== 'object' || v === null) return Object.is(v, -0) ? '-0' : String(v);
    if (d > 4) return 'deep';
    if (v instanceof Error) return v.name + ': ' + v.message;
    if (Array.isArray(v)) return '[' + v.map(x => show(x, d + 1)).join() + ']';
    if (typeof v[Symbol.iterator] === 'function') return 'i' + show([...v], d + 1);
    return '{' + Object.keys(v).map(k => k + ':' + show(v[k], d + 1)).join() + '}';
};
const view = () => new DataView(new ArrayBuffer(8));
";

/// How a program ended, equally on both engines.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    /// What it returned, or why it did not.
    pub(crate) shown: String,
    /// What it used.
    pub(crate) gas: u64,
    status: Status,
}

impl Ran {
    pub(crate) fn is_out_of_gas(&self) -> bool {
        self.status == Status::Halt(HaltReason::OutOfGas)
    }
}

/// The machine, if this build has both engines.
pub(crate) struct Bench {
    vm: JsVm,
    interface: Interface,
}

impl Bench {
    pub(crate) fn new() -> Option<Self> {
        let engine = EngineChoice::Both;
        let config = JsConfig { engine, v8_jit: crate::V8_JIT, ..JsConfig::default() };
        if let Err(reason) = config.check() {
            skip(&reason);
            return None;
        }
        let signature = "function run() view returns (string)";
        let interface = Interface::from_signatures(&[signature]).unwrap();
        Some(Self { vm: JsVm::new(&config), interface })
    }

    /// A body of a function as a contract that shows what it returns.
    pub(crate) fn pack(&self, body: &str) -> Vec<u8> {
        self.try_pack(body).unwrap_or_else(|error| panic!("{error}\n{body}"))
    }

    /// The same, or why the compiler refuses it.
    pub(crate) fn try_pack(&self, body: &str) -> Result<Vec<u8>, String> {
        let source = format!(
            "{HEAD}export default class {{ run(): string {{ return \
             show((function () {{\n{body}\n}})()) }} }}"
        );
        let read = |name: &str| (name == "main.ts").then(|| source.clone());
        let unit = js_compiler::pack("main.ts", &read).map_err(|error| error.to_string())?;
        let code = unit.encode();
        self.vm.validate(&code).map_err(|error| error.to_string())?;
        Ok(code)
    }

    /// Runs a contract on both engines, which must agree.
    pub(crate) fn run(&self, code: &[u8], gas: u64) -> Ran {
        self.try_run(code, gas).unwrap_or_else(|difference| panic!("{difference}"))
    }

    /// Runs a contract on both engines, or tells what they do differently.
    pub(crate) fn try_run(&self, code: &[u8], gas: u64) -> Result<Ran, String> {
        let method = self.interface.method("run").unwrap();
        let input = method.encode_call(&[]).unwrap();
        let mut host = MemoryHost::default();
        let outcome = host.run(&self.vm, &Run { gas_limit: Gas(gas), ..Run::call(code, &input) });
        if !host.faults.is_empty() {
            return Err(host.faults.join("; "));
        }
        let shown = match &outcome.status {
            Status::Success => match method.decode_output(&outcome.output).unwrap().remove(0) {
                abi::Value::String(text) => text,
                other => panic!("it should be a text: {other:?}"),
            },
            Status::Revert => format!("{:?}", abi::decode_revert(&outcome.output, None)),
            Status::Halt(reason) => reason.to_string(),
        };
        Ok(Ran { shown, gas: gas - outcome.gas_left.0, status: outcome.status })
    }

    /// How often the engines were compared, and how often they differed.
    pub(crate) fn compared(&self) -> (u64, u64) {
        let counters = self.vm.status().counters;
        let find = |name| counters.iter().find(|counter| counter.0 == name).unwrap().1;
        (find("compared"), find("differences"))
    }
}

#[allow(clippy::print_stderr, reason = "a person should know what was not tested")]
fn skip(reason: &str) {
    eprintln!("skipped: {reason}");
}
