//! A chain in memory whose every transaction is checked.

use std::{collections::BTreeMap, fs, path::PathBuf};

use braidvm::{
    Address, Artifact, Bytes, Config, Deploy, Engine, Gas, Receipt, Request, U256, Value, VmKind,
    Wei,
    rooms::{
        kernel::{Execution, Kernel, KernelConfig, Transaction, TransactionResult},
        state::{Key, Namespace, Records, WriteSet, record::AccountRecord},
        vm::{BlockEnvironment, trace::CallNode},
        vm_wasm::{EngineChoice, WasmConfig},
    },
};

/// A chain in memory and its first account.
#[derive(Debug)]
pub struct World {
    /// The chain.
    pub engine: Engine,
    /// A funded account, the sender of everything here.
    pub alice: Address,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// The default chain. WebAssembly is interpreted: short contracts do not wait for a compiler.
    #[must_use]
    pub fn new() -> Self {
        Self::with_config(|_| {})
    }

    /// A chain with other settings.
    ///
    /// # Panics
    ///
    /// Where the settings are not accepted: the test is wrong.
    #[must_use]
    pub fn with_config(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.vm.wasm.engine = EngineChoice::Interpreted;
        change(&mut config);
        let engine = Engine::in_memory(config).expect("invariant: the test's settings are sound");
        let alice = engine.account("alice").expect("invariant: alice is a development account");
        Self { engine, alice }
    }

    /// Makes an example contract: `solidity/Relay.json`, `rust/token.wasm`.
    ///
    /// # Panics
    ///
    /// Where it cannot be made.
    #[track_caller]
    pub fn deploy(&mut self, path: &str, arguments: &[Value]) -> Address {
        let deploy = Deploy::new(self.alice, artifact(path)).arguments(arguments.to_vec());
        self.send_deploy(&deploy).expect_contract()
    }

    /// Makes a contract from WebAssembly text.
    ///
    /// # Panics
    ///
    /// Where it cannot be made.
    #[track_caller]
    pub fn deploy_wat(&mut self, text: &str) -> Address {
        let artifact = Artifact::new("test.wat", wasm(text));
        self.send_deploy(&Deploy::new(self.alice, artifact)).expect_contract()
    }

    /// Makes a contract of EVM code.
    ///
    /// # Panics
    ///
    /// Where it cannot be made.
    #[track_caller]
    pub fn deploy_evm(&mut self, runtime: &[u8]) -> Address {
        let mut artifact = Artifact::new("test", crate::evm_creation(runtime));
        artifact.kind = Some(VmKind::Evm);
        self.send_deploy(&Deploy::new(self.alice, artifact)).expect_contract()
    }

    /// Makes a contract and checks what must hold after any transaction.
    ///
    /// # Panics
    ///
    /// Where the deploy is invalid or something does not hold.
    #[track_caller]
    pub fn send_deploy(&mut self, deploy: &Deploy) -> Receipt {
        let supply = self.supply();
        let receipt = self.engine.deploy(deploy).expect("invariant: the deploy is valid");
        self.check(&receipt, supply, deploy.gas_limit);
        receipt
    }

    /// Calls a contract and checks what must hold after any transaction.
    ///
    /// # Panics
    ///
    /// Where the request is invalid or something does not hold.
    #[track_caller]
    pub fn request(&mut self, request: &Request) -> Receipt {
        let supply = self.supply();
        let receipt = self.engine.send(request).expect("invariant: the request is valid");
        self.check(&receipt, supply, request.gas_limit);
        receipt
    }

    /// Calls a method from Alice; see [`request`](Self::request).
    ///
    /// # Panics
    ///
    /// As [`request`](Self::request).
    #[track_caller]
    pub fn send(&mut self, to: Address, method: &str, arguments: &[Value]) -> Receipt {
        self.request(&Request::new(self.alice, to, method).arguments(arguments.to_vec()))
    }

    /// Calls with raw input from Alice; see [`request`](Self::request).
    ///
    /// # Panics
    ///
    /// As [`request`](Self::request).
    #[track_caller]
    pub fn send_raw(&mut self, to: Address, input: Bytes) -> Receipt {
        self.request(&Request::raw(self.alice, to, input))
    }

    /// The number that a method without arguments answers.
    ///
    /// # Panics
    ///
    /// Where the call fails.
    #[must_use]
    #[track_caller]
    pub fn read(&self, to: Address, method: &str) -> u64 {
        self.read_with(to, method, &[])
    }

    /// The number that a method answers.
    ///
    /// # Panics
    ///
    /// Where the call fails.
    #[must_use]
    #[track_caller]
    pub fn read_with(&self, to: Address, method: &str, arguments: &[Value]) -> u64 {
        let request = Request::new(self.alice, to, method).arguments(arguments.to_vec());
        let output =
            self.engine.call(&request).expect("invariant: the request is valid").expect_ok();
        crate::number(&output.output).to()
    }

    /// The balance of an identity in wei.
    ///
    /// # Panics
    ///
    /// Where the store fails, which memory does not.
    #[must_use]
    pub fn balance(&self, address: &Address) -> U256 {
        self.engine.balance(address).expect("invariant: memory does not fail").0
    }

    /// The sum of all balances.
    ///
    /// # Panics
    ///
    /// Where a record does not read.
    #[must_use]
    pub fn supply(&self) -> U256 {
        self.supply_with(&WriteSet::new())
    }

    /// The sum of all balances once `writes` are part of the state.
    ///
    /// # Panics
    ///
    /// Where a record does not read.
    #[must_use]
    pub fn supply_with(&self, writes: &WriteSet) -> U256 {
        let view = self.engine.store().latest();
        let prefix = [Namespace::Account as u8];
        let mut accounts: BTreeMap<Key, Option<Bytes>> =
            Records::starting_at(view.as_ref(), &prefix, &prefix)
                .map(|entry| entry.expect("invariant: memory does not fail"))
                .map(|(key, value)| (key, Some(value)))
                .collect();
        let written = writes.iter().filter(|(key, _)| key.namespace() == Namespace::Account);
        accounts.extend(written.map(|(key, value)| (key.clone(), value.cloned())));
        let balances =
            accounts.iter().filter_map(|(key, value)| Some(balance_of(key, value.as_ref()?)));
        balances.fold(U256::ZERO, |sum, balance| sum + balance)
    }

    /// The block that a lone transaction runs in.
    #[must_use]
    pub fn block(&self) -> BlockEnvironment {
        BlockEnvironment {
            gas_limit: self.engine.config().chain.gas_limit,
            ..BlockEnvironment::default()
        }
    }

    /// An execution over the latest state.
    #[must_use]
    pub fn execution(&self) -> Execution {
        self.engine.kernel().execution(self.engine.store().latest(), &self.block())
    }

    /// Runs a transaction over the latest state, which stays as it is; what the transaction
    /// changes is beside the result.
    ///
    /// # Panics
    ///
    /// Where the transaction is invalid.
    #[must_use]
    #[track_caller]
    pub fn run(&self, transaction: &Transaction) -> (TransactionResult, WriteSet) {
        self.run_on(self.engine.kernel(), transaction)
    }

    /// As [`run`](Self::run), on other machines over the same state.
    ///
    /// # Panics
    ///
    /// Where the transaction is invalid or something does not hold of every transaction.
    #[must_use]
    #[track_caller]
    pub fn run_on(
        &self,
        kernel: &Kernel,
        transaction: &Transaction,
    ) -> (TransactionResult, WriteSet) {
        let mut execution = kernel.execution(self.engine.store().latest(), &self.block());
        execution.set_tracing(true);
        let result = execution.transact(transaction).expect("invariant: the transaction is valid");
        check_result(&result, transaction.gas_limit);
        let writes = execution.finish().expect("invariant: memory does not fail").writes;
        (result, self.changed(writes))
    }

    /// A call of `to` by Alice, as a transaction.
    #[must_use]
    pub fn transaction(&self, to: Address, input: Bytes, gas_limit: Gas) -> Transaction {
        Transaction { from: self.alice, to: Some(to), input, gas_limit, ..Transaction::default() }
    }

    /// The changes that change something.
    ///
    /// # Panics
    ///
    /// Where the store fails, which memory does not.
    #[must_use]
    pub fn changed(&self, writes: WriteSet) -> WriteSet {
        let view = self.engine.store().latest();
        let is_change = |(key, value): &(Key, Option<Bytes>)| {
            view.read(key).expect("invariant: memory does not fail") != *value
        };
        writes.into_iter().filter(is_change).collect()
    }

    /// What a transaction of Alice that failed may change at a gas price of 0: her nonce.
    ///
    /// # Panics
    ///
    /// Where Alice's record does not read.
    #[must_use]
    pub fn nonce_alone(&self) -> WriteSet {
        let key = Key::account(&self.alice);
        let view = self.engine.store().latest();
        let bytes = view.read(&key).expect("invariant: memory does not fail");
        let bytes = bytes.expect("invariant: Alice is funded");
        let mut record = AccountRecord::decode(&key, &bytes).expect("invariant: an account");
        record.nonce += 1;
        let mut writes = WriteSet::new();
        writes.put(key, record.encode());
        writes
    }

    #[track_caller]
    fn check(&self, receipt: &Receipt, supply: U256, gas_limit: Option<Gas>) {
        assert_eq!(self.supply(), supply, "coin is moved, never made or lost");
        let limit = gas_limit.unwrap_or_else(|| self.engine.config().chain.gas_limit);
        assert!(receipt.gas_used <= limit, "{} of {limit} gas", receipt.gas_used);
        let total: u64 = receipt.gas_by_vm.iter().map(|(_, gas)| gas.0).sum();
        assert!(total <= limit.0, "machines used {total} of {limit} gas");
        if let Some(trace) = &receipt.trace {
            check_trace(trace);
            let by_vm = |kind| receipt.gas_by_vm.iter().find(|(it, _)| *it == kind);
            let counted = by_vm(VmKind::Wasm).map_or(Gas::ZERO, |(_, gas)| *gas);
            assert_eq!(counted, own_gas(trace, VmKind::Wasm), "the tree tells whose gas it is");
        }
    }
}

/// Machines whose WebAssembly is run by `engine`.
///
/// # Panics
///
/// Where they cannot be made.
#[must_use]
pub fn kernel_with(engine: EngineChoice) -> Kernel {
    let wasm = WasmConfig { engine, ..WasmConfig::default() };
    Kernel::new(KernelConfig { wasm, ..KernelConfig::default() })
        .expect("invariant: sound settings")
}

/// An example contract.
///
/// # Panics
///
/// Where there is no such file.
#[must_use]
#[track_caller]
pub fn artifact(path: &str) -> Artifact {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/artifacts");
    let file = PathBuf::from(root).join(path);
    let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    Artifact::from_bytes(path, &bytes).unwrap_or_else(|error| panic!("{error}"))
}

/// A module from its text.
///
/// # Panics
///
/// Where the text is no module.
#[must_use]
#[track_caller]
pub fn wasm(text: &str) -> Bytes {
    wat::parse_str(text).expect("invariant: the test's module parses").into()
}

/// What must hold of the gas of every result.
///
/// # Panics
///
/// Where it does not.
#[track_caller]
pub fn check_result(result: &TransactionResult, gas_limit: Gas) {
    assert!(result.gas_used <= gas_limit, "{} of {gas_limit} gas", result.gas_used);
    let total = result.gas_by_vm.total();
    assert!(total <= gas_limit, "machines used {total} of {gas_limit} gas");
    assert!(total.0 - result.gas_refunded.0 <= result.gas_used.0, "some gas is not paid for");
    if let Some(trace) = &result.trace {
        check_trace(trace);
        let counted = result.gas_by_vm.get(VmKind::Wasm);
        assert_eq!(counted, own_gas(trace, VmKind::Wasm), "the tree tells whose gas it is");
    }
}

/// What the frames of a machine used themselves.
#[must_use]
pub fn own_gas(node: &CallNode, kind: VmKind) -> Gas {
    let own = if node.start.kind == kind { node.gas_own() } else { Gas::ZERO };
    let called = node.calls.iter().map(|call| own_gas(call, kind));
    called.fold(own, Gas::saturating_add)
}

/// What must hold of every tree of calls: a frame uses at most what it was given, and what its
/// callees used is part of what it used.
///
/// # Panics
///
/// Where it does not.
#[track_caller]
pub fn check_trace(node: &CallNode) {
    let Gas(used) = node.gas_used;
    assert!(used <= node.start.gas_limit.0, "a frame used {used} of {}", node.start.gas_limit);
    let called: u64 = node.calls.iter().map(|call| call.gas_used.0).sum();
    // A callee that got coin has a stipend that its caller did not pay for.
    let stipends = 2_300 * node.calls.len() as u64;
    assert!(called <= used + stipends, "callees used {called}, their caller {used}");
    node.calls.iter().for_each(check_trace);
}

fn balance_of(key: &Key, value: &[u8]) -> U256 {
    let Wei(balance) = AccountRecord::decode(key, value).expect("invariant: an account").balance;
    balance
}
