//! An in-memory host for unit tests: accounts, storage, calls between contracts, events.
//!
//! ```
//! # use braid_sdk as braid;
//! # use braid::prelude::*;
//! # #[derive(Storage)]
//! # pub struct Greeter { name: Value<String> }
//! #[braid::contract]
//! impl Greeter {
//!     #[constructor]
//!     fn new(&mut self, name: String) {
//!         self.name.set(&name);
//!     }
//!     #[view]
//!     fn greet(&self) -> String {
//!         format!("hello {}", self.name.get())
//!     }
//! }
//!
//! #[braid::interface]
//! trait Greets {
//!     #[view]
//!     fn greet(&self) -> String;
//! }
//!
//! braid::mock::reset();
//! let greeter = braid::mock::deploy::<Greeter, _>(&("Ada".to_owned(),)).unwrap();
//! assert_eq!(Greets::at(greeter).greet().unwrap(), "hello Ada");
//! ```
//!
//! Each thread has its own host, so tests run side by side. Gas is not counted, blocks are not made
//! and code cannot be deployed by a contract.

pub(crate) mod backend;
mod crypto;
mod object;

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use core::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};

use crate::{
    Address, U256,
    abi::{self, AbiType},
    contract::Contract,
    host::{CallError, Outcome},
    object::Object,
};

/// An event as a contract emitted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmittedEvent {
    /// Who emitted it.
    pub contract: Address,
    /// The topics.
    pub topics: Vec<[u8; 32]>,
    /// The data.
    pub data: Vec<u8>,
}

/// What contracts can read of the block and the transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// The height.
    pub block_number: u64,
    /// Seconds since 1970.
    pub block_timestamp: u64,
    /// Gas of the block.
    pub block_gas_limit: u64,
    /// Who receives the fees.
    pub block_beneficiary: Address,
    /// The base fee.
    pub block_base_fee: U256,
    /// The randomness.
    pub block_prevrandao: [u8; 32],
    /// The number of the chain.
    pub chain_id: u64,
    /// What the sender pays for a unit of gas.
    pub gas_price: U256,
    /// The hash of the transaction.
    pub transaction_hash: [u8; 32],
}

/// Who calls contracts from outside where a test says nothing else.
pub const DEFAULT_SENDER: Address = Address::new([
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x5e, 0x5e, 0x5e, 0x5e, 0x5e, 0x5e, 0x5e, 0x5e, 0x5e, 0x5e,
    0x5e, 0x5e, 0x5e, 0x5e, 0x5e, 0x5e, 0x5e, 0x5e, 0x5e, 0x5e,
]);

/// Forgets everything: accounts, contracts, events, the environment.
pub fn reset() {
    with(|world| *world = World::default());
}

/// Sets who calls contracts from outside, and signs for it.
pub fn set_sender(sender: Address) {
    with(|world| world.sender = sender);
}

/// Sets a balance.
pub fn set_balance(of: Address, amount: U256) {
    with(|world| world.chain.balances.insert(of, amount));
}

/// Sets what contracts read of block and transaction.
pub fn set_environment(environment: Environment) {
    with(|world| world.environment = environment);
}

/// The events so far, in their order; those of reverted calls are not among them.
#[must_use]
pub fn events() -> Vec<EmittedEvent> {
    with(|world| world.chain.events.clone())
}

/// The lines that contracts printed, those of reverted calls included.
#[must_use]
pub fn debug_lines() -> Vec<String> {
    with(|world| world.debug_lines.clone())
}

/// Deploys a contract with a tuple of arguments for its constructor.
///
/// # Errors
///
/// [`CallError`] where the constructor failed.
pub fn deploy<C: Contract, A: AbiType>(arguments: &A) -> Result<Address, CallError> {
    let address = with(|world| {
        world.deployments += 1;
        let mut bytes = [0; 20];
        bytes[0] = 0xc0;
        bytes[12..].copy_from_slice(&world.deployments.to_be_bytes());
        Address::from_evm(&bytes)
    });
    let input = abi::encode(arguments);
    let frame = Frame::new(outer_caller(), address, U256::ZERO, input, false);
    run(frame, Some(C::deploy)).map(|_| {
        with(|world| world.chain.contracts.insert(address, C::call));
        address
    })
}

/// What the host keeps; a clone of `chain` is the checkpoint of a call.
struct World {
    chain: Chain,
    environment: Environment,
    sender: Address,
    deployments: u64,
    frames: Vec<Frame>,
    /// The result buffer of the code outside of every contract.
    outer_buffer: Vec<u8>,
    debug_lines: Vec<String>,
}

#[derive(Clone, Default)]
struct Chain {
    balances: BTreeMap<Address, U256>,
    contracts: BTreeMap<Address, fn(&[u8]) -> Outcome>,
    records: BTreeMap<(Address, Vec<u8>), Vec<u8>>,
    counters: BTreeMap<(Address, Vec<u8>), U256>,
    transient: BTreeMap<(Address, [u8; 32]), [u8; 32]>,
    objects: BTreeMap<Object, object::Record>,
    objects_made: u64,
    events: Vec<EmittedEvent>,
}

struct Frame {
    caller: Address,
    contract: Address,
    value: U256,
    input: Vec<u8>,
    output: Vec<u8>,
    buffer: Vec<u8>,
    is_static: bool,
}

/// How a contract left its frame before its entry returned; carried by a panic.
enum Exit {
    Finish(Vec<u8>),
    Revert(Vec<u8>),
    Halt,
}

std::thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::default());
}

impl Default for World {
    fn default() -> Self {
        Self {
            chain: Chain::default(),
            environment: Environment::default(),
            sender: DEFAULT_SENDER,
            deployments: 0,
            frames: Vec::new(),
            outer_buffer: Vec::new(),
            debug_lines: Vec::new(),
        }
    }
}

impl Frame {
    fn new(
        caller: Address,
        contract: Address,
        value: U256,
        input: Vec<u8>,
        is_static: bool,
    ) -> Self {
        let (output, buffer) = (Vec::new(), Vec::new());
        Self { caller, contract, value, input, output, buffer, is_static }
    }
}

fn with<T>(action: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with(|world| action(&mut world.borrow_mut()))
}

/// Who a call comes from: the running contract, or the sender outside of all contracts.
fn outer_caller() -> Address {
    with(|world| world.frames.last().map_or(world.sender, |frame| frame.contract))
}

/// Leaves the frame. Outside of a contract there is none to leave, and the test fails.
fn exit(exit: Exit) -> ! {
    let inside = with(|world| !world.frames.is_empty());
    match exit {
        Exit::Revert(data) if !inside => panic!("reverted outside of a contract: {data:02x?}"),
        _ => panic::resume_unwind(alloc::boxed::Box::new(exit)),
    }
}

/// Runs a frame: moves its coin, runs its code, undoes everything where it failed.
fn run(frame: Frame, entry: Option<fn(&[u8]) -> Outcome>) -> Result<Vec<u8>, CallError> {
    let checkpoint = with(|world| world.chain.clone());
    let result = run_unguarded(frame, entry);
    if result.is_err() {
        with(|world| world.chain = checkpoint);
    }
    result
}

fn run_unguarded(
    mut frame: Frame,
    entry: Option<fn(&[u8]) -> Outcome>,
) -> Result<Vec<u8>, CallError> {
    let outer_static = with(|world| world.frames.last().is_some_and(|outer| outer.is_static));
    frame.is_static |= outer_static;
    if outer_static && !frame.value.is_zero() {
        return Err(CallError::Halt);
    }
    if !move_coin(frame.caller, frame.contract, frame.value) {
        return Err(CallError::Revert(Vec::new()));
    }
    let target = frame.contract;
    let Some(entry) = entry.or_else(|| with(|world| world.chain.contracts.get(&target).copied()))
    else {
        return Ok(Vec::new());
    };
    let input = frame.input.clone();
    let depth = with(|world| {
        world.frames.push(frame);
        world.frames.len()
    });
    let ended = panic::catch_unwind(AssertUnwindSafe(|| entry(&input)));
    with(|world| world.frames.truncate(depth - 1));
    match ended {
        Ok(outcome) => outcome.map_err(CallError::Revert),
        Err(payload) => match payload.downcast::<Exit>() {
            Ok(exit) => match *exit {
                Exit::Finish(output) => Ok(output),
                Exit::Revert(data) => Err(CallError::Revert(data)),
                Exit::Halt => Err(CallError::Halt),
            },
            // A failed assertion in the code of a test or a contract is for the test to report.
            Err(payload) => panic::resume_unwind(payload),
        },
    }
}

fn move_coin(from: Address, to: Address, amount: U256) -> bool {
    with(|world| {
        let balances = &mut world.chain.balances;
        let have = balances.get(&from).copied().unwrap_or_default();
        let Some(rest) = have.checked_sub(amount) else { return false };
        balances.insert(from, rest);
        let other = balances.get(&to).copied().unwrap_or_default();
        let Some(sum) = other.checked_add(amount) else { return false };
        balances.insert(to, sum);
        true
    })
}
