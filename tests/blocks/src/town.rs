//! A chain with contracts of all machines, and random transactions on it.

use std::sync::Arc;

use braidvm::{
    Address, Bytes, Gas, U256, VmKind, Wei,
    rooms::{
        kernel::{Kernel, KernelConfig, Transaction, deploy_input, deployer},
        primitives::EvmAddress,
        state::{Key, Overlay, StateView, WriteSet, record::AccountRecord},
        vm::BlockEnvironment,
        vm_evm::{EvmConfig, Fee},
        vm_wasm::{EngineChoice, WasmConfig},
    },
};
use crossing_tests::{
    Sample, World, call_data, evm_creation,
    sample::{increment, pass},
    world,
};

use crate::{Random, contracts, managed::Managed, solana};

/// Those who send transactions.
pub const SENDERS: u64 = 14;

/// What a unit of gas costs everybody.
pub const BASE_FEE: u64 = 7;

const FUNDS: u64 = 1 << 60;
const GAS_LIMIT: u64 = 900_000;

/// The contracts of a chain, its state and its accounts.
#[derive(Debug)]
pub struct Town {
    sample: Sample,
    token: Address,
    wasm_token: Address,
    scanner: Address,
    counted: Address,
    collector: Address,
    /// A counter in Go, and the input that counts in its object.
    gopher: (Address, Bytes),
    bouncers: [Address; 2],
    watcher: Address,
    hot_counter: Address,
    own_counter: Address,
    maker: Address,
    managed: Vec<Managed>,
    view: Arc<dyn StateView>,
}

/// A block that is to be executed.
#[derive(Debug, Clone)]
pub struct RandomBlock {
    /// The block around the transactions.
    pub environment: BlockEnvironment,
    /// The transactions.
    pub transactions: Vec<Transaction>,
}

/// Random transactions whose nonces mostly follow one another.
struct Writer<'a> {
    town: &'a Town,
    random: Random,
    nonces: Vec<u64>,
    beneficiary: Address,
    /// Where contracts will be that the block makes.
    made: Vec<Address>,
}

/// An account that sends transactions.
#[must_use]
pub fn sender(number: u64) -> Address {
    Address::from_evm(EvmAddress::left_padding_from(&(0xac00_0000 + number).to_be_bytes()))
}

/// Machines whose base fee goes to `recipient`.
///
/// # Panics
///
/// Where they cannot be made.
#[must_use]
pub fn kernel(recipient: Option<Address>) -> Arc<Kernel> {
    let evm = EvmConfig { base_fee_recipient: recipient, ..EvmConfig::default() };
    let wasm = WasmConfig { engine: EngineChoice::Interpreted, ..WasmConfig::default() };
    let config = KernelConfig { evm, wasm, ..KernelConfig::default() };
    Arc::new(Kernel::new(config).expect("invariant: sound settings"))
}

fn gopher(world: &mut World) -> (Address, Bytes) {
    let gopher = world.deploy("go/counter.wasm.zst", &[]);
    let object = world.send(gopher, "initialize", &[]).expect_ok().call.output;
    (gopher, call_data("increment(bytes32)", &[braidvm::Value::Bytes(object)]))
}

impl Default for Town {
    fn default() -> Self {
        Self::new()
    }
}

impl Town {
    /// A chain with contracts and funded accounts.
    ///
    /// # Panics
    ///
    /// Where a contract cannot be made.
    #[must_use]
    pub fn new() -> Self {
        let mut sample = Sample::new();
        let managed = Managed::all(&mut sample);
        let world = &mut sample.world;
        let supply = [braidvm::Value::text("Braid"), braidvm::Value::text("BRD")];
        let arguments = [&supply[..], &[U256::from(1u64 << 50).into()]].concat();
        let token = world.deploy("solidity/Token.json", &arguments);
        let wasm_token = world.deploy("rust/token.wasm", &arguments);
        let scanner = world.deploy_wat(contracts::SCANNER);
        let counted = world.deploy_wat(contracts::WASM_COUNTER);
        let collector = world.deploy_wat(contracts::COLLECTOR);
        let gopher = gopher(world);
        let bouncers = [
            world.deploy_wat(contracts::WASM_BOUNCER),
            world.deploy_evm(crossing_tests::contracts::EVM_BOUNCER),
        ];
        let [watcher, hot_counter, own_counter, maker] = [
            contracts::BENEFICIARY_WATCHER,
            contracts::HOT_COUNTER,
            contracts::OWN_COUNTER,
            contracts::MAKER,
        ]
        .map(|code| world.deploy_evm(code));
        for number in 0..SENDERS {
            for token in [token, wasm_token] {
                let arguments = [sender(number).into(), U256::from(1_000_000u64).into()];
                world.send(token, "transfer", &arguments);
            }
        }
        let mut funds = WriteSet::new();
        for number in 0..SENDERS {
            let balance = Wei::from_u64(FUNDS);
            let record = AccountRecord { balance, ..AccountRecord::default() };
            funds.put(Key::account(&sender(number)), record.encode());
        }
        solana::fund(&mut funds);
        let view = Arc::new(Overlay::new(world.engine.store().latest(), funds));
        Self {
            sample,
            token,
            wasm_token,
            scanner,
            counted,
            collector,
            gopher,
            bouncers,
            watcher,
            hot_counter,
            own_counter,
            maker,
            managed,
            view,
        }
    }

    /// The state before the block.
    #[must_use]
    pub fn view(&self) -> Arc<dyn StateView> {
        Arc::clone(&self.view)
    }

    /// A counter of each machine that anybody may count with.
    #[must_use]
    pub fn counters(&self) -> &[Address] {
        &self.sample.counters
    }

    /// A contract that keeps the balance of the beneficiary in its first slot.
    #[must_use]
    pub const fn watcher(&self) -> Address {
        self.watcher
    }

    /// A contract that makes another one and destroys it.
    #[must_use]
    pub const fn maker(&self) -> Address {
        self.maker
    }

    /// A counter in Go.
    #[must_use]
    pub const fn gopher(&self) -> Address {
        self.gopher.0
    }

    /// A block of a seed with about `count` transactions.
    #[must_use]
    pub fn block(&self, seed: u64, count: u64) -> RandomBlock {
        let mut random = Random::new(seed);
        let beneficiary = match random.below(5) {
            0 => sender(3),
            1 => self.hot_counter,
            2 => self.watcher,
            _ => Address::from_evm(EvmAddress::repeat_byte(0xbe)),
        };
        let gas_limit = if random.below(3) == 0 { count * 150_000 } else { u64::MAX >> 1 };
        let environment = BlockEnvironment {
            beneficiary,
            gas_limit: Gas(gas_limit),
            base_fee: Wei::from_u64(BASE_FEE),
            ..BlockEnvironment::default()
        };
        let nonces = vec![0; SENDERS as usize];
        let mut writer = Writer { town: self, random, nonces, beneficiary, made: Vec::new() };
        let transactions = (0..count).map(|_| writer.transaction()).collect();
        RandomBlock { environment, transactions }
    }

    fn is_failing(&self, random: &mut Random) -> (Address, Bytes) {
        let probe = *random.of(&self.sample.probes);
        let method = *random.of(&["trap()", "spin()"]);
        (probe, call_data(method, &[]))
    }
}

impl Writer<'_> {
    fn transaction(&mut self) -> Transaction {
        let from = self.random.below(SENDERS);
        let nonce = self.nonces[from as usize];
        let tip = Wei::from_u64(self.random.below(3) * self.random.below(9));
        let fee = Fee::Dynamic { max_fee: Wei::from_u64(BASE_FEE + 50), max_priority_fee: tip };
        let mut transaction = Transaction {
            from: sender(from),
            nonce: Some(nonce),
            gas_limit: Gas(GAS_LIMIT),
            fee,
            chain_id: Some(BlockEnvironment::default().chain_id),
            ..Transaction::default()
        };
        if self.random.below(12) == 0 {
            return self.invalid(transaction);
        }
        if self.random.below(8) == 0 {
            return solana::transaction(self.town, &mut self.random);
        }
        self.nonces[from as usize] += 1;
        if self.random.below(9) == 0 {
            return self.creation(transaction);
        }
        let (to, input, value) = self.call();
        transaction.to = Some(to);
        transaction.input = input;
        transaction.value = Wei::from_u64(value);
        transaction
    }

    fn invalid(&mut self, mut transaction: Transaction) -> Transaction {
        transaction.to = Some(sender(0));
        match self.random.below(4) {
            0 => transaction.nonce = transaction.nonce.map(|nonce| nonce + 3),
            1 => transaction.gas_limit = Gas(20_000),
            2 => transaction.value = Wei::from_u64(u64::MAX),
            _ => transaction.fee = Fee::Legacy { gas_price: Wei::from_u64(BASE_FEE - 1) },
        }
        transaction
    }

    fn creation(&mut self, mut transaction: Transaction) -> Transaction {
        let nonce = transaction.nonce.unwrap_or_default();
        let made = transaction.from.evm_alias().create(nonce);
        self.made.push(Address::from_evm(made));
        if self.random.below(2) == 0 {
            let text = *self.random.of(&[contracts::SCANNER, contracts::WASM_BOUNCER]);
            transaction.to = Some(deployer());
            transaction.input = deploy_input(VmKind::Wasm, &world::wasm(text), &[], None);
        } else {
            let codes = [contracts::HOT_COUNTER, contracts::MAKER, contracts::DESTROYED];
            transaction.to = None;
            let code: &[u8] = self.random.of::<&[u8]>(&codes);
            transaction.input = evm_creation(code);
        }
        transaction
    }

    /// Whom a transaction calls, with what, and with how much coin.
    fn call(&mut self) -> (Address, Bytes, u64) {
        let town = self.town;
        let random = &mut self.random;
        let somebody = sender(random.below(SENDERS + 3));
        let amount = U256::from(random.below(50));
        let coin = random.below(1000);
        match random.below(28) {
            0..=2 => (somebody, Bytes::new(), coin),
            3 => (self.beneficiary, Bytes::new(), coin * random.below(2)),
            4 | 5 => {
                let token = *random.of(&[town.token, town.wasm_token]);
                let arguments = [somebody.into(), amount.into()];
                (token, call_data("transfer(address,uint256)", &arguments), 0)
            }
            6 => (*random.of(&[town.hot_counter, town.watcher]), Bytes::new(), 0),
            7 => (town.own_counter, Bytes::new(), 0),
            8 => (town.maker, Bytes::new(), coin),
            9 => (*random.of(&town.sample.counters), increment(), 0),
            10 | 11 => {
                let key = random.below(6).to_be_bytes();
                let input = [&key[..], &[u8::from(random.below(4) == 0)]].concat();
                (town.scanner, input.into(), 0)
            }
            12 => {
                let [one, other] = town.bouncers;
                let [to, then] = if random.below(2) == 0 { [one, other] } else { [other, one] };
                (to, crossing_tests::word(&then), 0)
            }
            13 => {
                let (to, input) = town.is_failing(random);
                self.passed_on(to, &input)
            }
            16 | 17 => {
                let operation = *random.of(&[0, 1, 1, 1, 2, 2, 2, 2, 3, 4]);
                let input = [&[operation], amount.to_be_bytes::<32>().as_slice()].concat();
                (town.counted, input.into(), 0)
            }
            18 => {
                let input = [&[1], amount.to_be_bytes::<32>().as_slice()].concat();
                self.passed_on(town.counted, &input.into())
            }
            19..=22 => self.managed(),
            23 | 24 => (town.collector, vec![*random.of(&[0, 0, 0, 1, 1, 2, 3])].into(), 0),
            25 => {
                let operation = vec![*random.of(&[0, 1, 2, 3])];
                self.passed_on(town.collector, &operation.into())
            }
            26 => (town.gopher.0, town.gopher.1.clone(), 0),
            27 => self.passed_on(town.gopher.0, &town.gopher.1),
            14 if !self.made.is_empty() => {
                let made = *self.random.of(&self.made);
                (made, Bytes::from_static(&[7; 9]), 0)
            }
            _ => {
                let counter = *self.random.of(&town.sample.counters);
                self.passed_on(counter, &increment())
            }
        }
    }

    /// A change of a contract that others call, or a call of it.
    fn managed(&mut self) -> (Address, Bytes, u64) {
        let town = self.town;
        let managed = self.random.of(&town.managed);
        let (to, input) = managed.call();
        match self.random.below(4) {
            0 | 1 => {
                let holders = [&town.sample.evm_relays[..], &[sender(0), sender(1)]].concat();
                let (to, input) = managed.change(&mut self.random, &holders);
                (to, input, 0)
            }
            2 => (to, input, 0),
            _ => self.passed_on(to, &input),
        }
    }

    /// The same through relays of both machines.
    fn passed_on(&mut self, to: Address, input: &Bytes) -> (Address, Bytes, u64) {
        let sample = &self.town.sample;
        let relays = [sample.evm_relays, sample.wasm_relays].concat();
        let ways = ["forward", "tryForward", "forwardThenRevert", "staticForward"];
        let (mut to, mut input) = (to, input.clone());
        for _ in 0..=self.random.below(3) {
            let way: &str = self.random.of::<&str>(&ways);
            input = pass(way, to, &input);
            to = *self.random.of(&relays);
        }
        (to, input, 0)
    }
}
