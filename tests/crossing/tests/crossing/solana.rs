//! Solana programs: their accounts are in the one state, and calls cross both ways.

use braid_crossing_tests::{World, call_data, world::artifact};
use braidvm::{
    Address, Bytes, Deploy, Gas, Receipt, Request, U256, Value,
    rooms::{
        state::{Key, Namespace},
        vm::Status,
        vm_svm::{AccountRecord, BRIDGE, BridgeCall, deposit_lamports, signer_of, wei_of},
    },
};

pub(crate) const SIGNER: u8 = 1;
pub(crate) const WRITABLE: u8 = 2;

/// The system program is the identity of nobody.
pub(crate) const SYSTEM: Address = Address::ZERO;

/// Lamports that make an account of eight bytes exempt from rent.
const COUNTER_LAMPORTS: u64 = 946_560;

struct Town {
    world: World,
    counter: Address,
    relay: Address,
    forwarder: Address,
    /// The account that the counter counts in: the one Alice signs with on Solana.
    number: Address,
}

impl Town {
    fn new() -> Self {
        let mut world = World::new();
        let counter = world.deploy("sbpf/counter.so", &[]);
        let relay = world.deploy("sbpf/relay.so", &[]);
        let forwarder = world.deploy("solidity/Relay.json", &[]);
        let number = signer_of(&world.alice);
        let mut town = Self { world, counter, relay, forwarder, number };
        let alice = town.world.alice;
        let mut data = 0_u32.to_le_bytes().to_vec();
        data.extend(COUNTER_LAMPORTS.to_le_bytes());
        data.extend(8_u64.to_le_bytes());
        data.extend(counter.as_bytes());
        let accounts = [(alice, SIGNER | WRITABLE), (number, SIGNER | WRITABLE)];
        town.world.send_raw(BRIDGE, invoke(SYSTEM, &accounts, &data)).expect_ok();
        town
    }

    /// The call that counts.
    fn count(&self) -> Bytes {
        execute(&[(self.number, WRITABLE)], b"")
    }

    /// The number in the account.
    fn counted(&self) -> u64 {
        let record = account(&self.world, &self.number);
        u64::from_le_bytes(record.data.try_into().expect("eight bytes"))
    }

    /// How many calls the Solidity contract has passed on.
    fn forwarded(&self) -> u64 {
        self.world.read(self.forwarder, "forwarded()(uint256)")
    }

    /// The call that makes the Solana relay call `to` with `input`.
    fn relayed(&self, to: Address, input: &[u8], accounts: &[(Address, u8)]) -> Bytes {
        let data = BridgeCall::data(&to, 0, Gas(0), input);
        let all: Vec<_> = accounts.iter().copied().chain([(BRIDGE, 0)]).collect();
        execute(&all, &data)
    }

    /// Solidity calls the Solana relay, which calls Solidity, which calls the Solana counter.
    fn there_and_back(&self) -> Bytes {
        let inner = forward("forward", self.counter, &self.count());
        let accounts = [(self.number, WRITABLE), (self.counter, 0)];
        let relayed = self.relayed(self.forwarder, &inner, &accounts);
        forward("forward", self.relay, &relayed)
    }
}

fn lists(accounts: &[(Address, u8)]) -> [Value; 2] {
    let key = |(key, _): &(Address, u8)| Value::bytes(Bytes::copy_from_slice(key.as_bytes()));
    let flag = |(_, flags): &(Address, u8)| Value::uint(u64::from(*flags));
    [
        Value::Array(accounts.iter().map(key).collect()),
        Value::Array(accounts.iter().map(flag).collect()),
    ]
}

fn execute(accounts: &[(Address, u8)], data: &[u8]) -> Bytes {
    let [keys, flags] = lists(accounts);
    let data = Value::bytes(Bytes::copy_from_slice(data));
    call_data("execute(bytes32[],uint8[],bytes)", &[keys, flags, data])
}

pub(crate) fn invoke(program: Address, accounts: &[(Address, u8)], data: &[u8]) -> Bytes {
    let [keys, flags] = lists(accounts);
    let program = Value::bytes(Bytes::copy_from_slice(program.as_bytes()));
    let data = Value::bytes(Bytes::copy_from_slice(data));
    call_data("invoke(bytes32,bytes32[],uint8[],bytes)", &[program, keys, flags, data])
}

pub(crate) fn forward(method: &str, to: Address, input: &Bytes) -> Bytes {
    let values = [to.into(), Value::bytes(input.clone())];
    call_data(&format!("{method}(address,bytes)"), &values)
}

fn account(world: &World, key: &Address) -> AccountRecord {
    let key = Key::new(Namespace::SvmAccount, key, &[]);
    let bytes = world.engine.store().latest().read(&key).expect("memory does not fail");
    AccountRecord::decode(&bytes.expect("an account")).expect("a record")
}

fn reason(receipt: &Receipt) -> String {
    receipt.reason.clone().unwrap_or_default()
}

#[test]
fn a_program_is_deployed_with_its_deposit() {
    let town = Town::new();
    let code = artifact("sbpf/counter.so").code;
    let program = account(&town.world, &town.counter);
    assert!(program.is_executable);
    let data_key = Address::new(program.data[4..36].try_into().expect("a key"));
    let data = account(&town.world, &data_key);
    // The head of the data names the one who may upgrade, as the loader writes it.
    assert_eq!(&data.data[13..45], town.world.alice.as_bytes());
    assert!(data.code_hash.is_some());
    let deposit = wei_of(deposit_lamports(code.len())).0;
    let held = town.world.balance(&town.counter) + town.world.balance(&data_key);
    assert_eq!(held, deposit);
}

#[test]
fn a_program_without_its_deposit_is_refused() {
    let mut world = World::new();
    let deploy = Deploy::new(world.alice, artifact("sbpf/counter.so")).value(wei_of(1));
    let receipt = world.send_deploy(&deploy);
    assert!(!receipt.is_success());
    assert!(reason(&receipt).contains("has to come with a deposit"), "{}", reason(&receipt));
}

#[test]
fn a_program_keeps_its_account_in_the_state() {
    let mut town = Town::new();
    for expected in 1..=3 {
        let input = town.count();
        let receipt = town.world.send_raw(town.counter, input).expect_ok();
        assert_eq!(receipt.output[64..72], expected_u64(expected));
        assert_eq!(town.counted(), expected);
    }
    let lamports = wei_of(COUNTER_LAMPORTS).0;
    assert_eq!(town.world.balance(&town.number), lamports);
}

fn expected_u64(number: u64) -> [u8; 8] {
    number.to_le_bytes()
}

#[test]
fn solidity_calls_a_program() {
    let mut town = Town::new();
    let input = forward("forward", town.counter, &town.count());
    town.world.send_raw(town.forwarder, input).expect_ok();
    assert_eq!((town.counted(), town.forwarded()), (1, 1));
}

#[test]
fn a_program_moves_an_erc20_token_that_it_owns() {
    let mut town = Town::new();
    let supply = Value::uint(1_000);
    let token = town.world.deploy("solidity/Token.json", &["T".into(), "T".into(), supply]);
    let give = call_data("transfer(address,uint256)", &[town.relay.into(), 100_u64.into()]);
    town.world.send_raw(token, give).expect_ok();
    let bob = Address::from_evm([0xb0; 20].into());
    let pay = call_data("transfer(address,uint256)", &[bob.into(), 40_u64.into()]);
    let input = town.relayed(token, &pay, &[]);
    town.world.send_raw(town.relay, input).expect_ok();
    let balance = |owner: Address| {
        town.world.read_with(token, "balanceOf(address)(uint256)", &[owner.into()])
    };
    assert_eq!((balance(bob), balance(town.relay)), (40, 60));
}

#[test]
fn a_revert_of_solidity_is_the_revert_of_the_program() {
    let mut town = Town::new();
    let supply = Value::uint(1_000);
    let token = town.world.deploy("solidity/Token.json", &["T".into(), "T".into(), supply]);
    let bob = Address::from_evm([0xb0; 20].into());
    let pay = call_data("transfer(address,uint256)", &[bob.into(), 40_u64.into()]);
    let carol = town.world.engine.account("carol").expect("a development account");
    let direct = town.world.request(&Request::raw(carol, token, pay.clone()));
    assert_eq!(direct.status, Status::Revert);
    let input = town.relayed(token, &pay, &[]);
    let relayed = town.world.send_raw(town.relay, input);
    assert_eq!(relayed.status, Status::Revert);
    // The same error with other accounts in it.
    assert_eq!(relayed.output[..4], direct.output[..4]);
}

#[test]
fn calls_nest_over_both_worlds() {
    let mut town = Town::new();
    let input = town.there_and_back();
    town.world.send_raw(town.forwarder, input).expect_ok();
    assert_eq!((town.counted(), town.forwarded()), (1, 2));
}

#[test]
fn a_failure_at_any_depth_undoes_both_worlds() {
    let mut town = Town::new();
    let input = town.there_and_back();
    let call = Request::raw(town.world.alice, town.forwarder, input.clone());
    let used = town.world.engine.call(&call).expect("a valid call").expect_ok().gas_used.0;
    let nonce_alone = town.world.nonce_alone();
    let (mut failed, mut succeeded) = (0, 0);
    for gas_limit in (22_000..used + used / 2).step_by(997) {
        let call = town.world.transaction(town.forwarder, input.clone(), Gas(gas_limit));
        let engine = &town.world.engine;
        let view = engine.store().latest();
        let mut execution = engine.kernel().execution(view, &engine.next_block());
        // Below the intrinsic gas there is no transaction.
        let Ok(result) = execution.transact(&call) else { continue };
        let writes = execution.finish().expect("memory does not fail").writes;
        let writes = town.world.changed(writes);
        if result.status.is_success() {
            succeeded += 1;
        } else {
            failed += 1;
            assert_eq!(writes, nonce_alone, "a failure with {gas_limit} gas leaves something");
        }
    }
    assert!(failed > 20 && succeeded > 5, "{failed} failed, {succeeded} succeeded");
    assert_eq!((town.counted(), town.forwarded()), (0, 0));
    town.world.send_raw(town.forwarder, input).expect_ok();
}

#[test]
fn a_fresh_failure_can_be_caught_and_a_nested_one_cannot() {
    let mut town = Town::new();
    let bad = execute(&[(town.number, 0)], b"");
    // The account is not writable: the counter fails, Solidity goes on.
    let caught = forward("tryForward", town.counter, &bad);
    town.world.send_raw(town.forwarder, caught.clone()).expect_ok();
    assert_eq!((town.counted(), town.forwarded()), (0, 1));
    // The same below a Solana frame ends that frame.
    let accounts = [(town.number, 0), (town.counter, 0)];
    let input = town.relayed(town.forwarder, &caught, &accounts);
    let receipt = town.world.send_raw(town.relay, input);
    assert!(!receipt.is_success());
    assert_eq!((town.counted(), town.forwarded()), (0, 1));
}

#[test]
fn a_program_is_not_entered_twice() {
    let mut town = Town::new();
    let again = town.relayed(town.forwarder, &[], &[]);
    let inner = forward("forward", town.relay, &again);
    let input = town.relayed(town.forwarder, &inner, &[(town.relay, 0)]);
    let receipt = town.world.send_raw(town.relay, input);
    assert!(!receipt.is_success());
    assert!(reason(&receipt).contains("reentrancy"), "{}", reason(&receipt));
}

#[test]
fn coin_for_a_held_account_ends_the_frame() {
    let mut town = Town::new();
    let alias = Address::from_evm(town.number.evm_alias());
    // Solidity pays the account that the Solana frame below holds.
    town.world.request(&Request::transfer(town.world.alice, town.forwarder, wei_of(5))).expect_ok();
    let probe = town.world.deploy("solidity/Probe.json", &[]);
    town.world.request(&Request::transfer(town.world.alice, probe, wei_of(5))).expect_ok();
    let pay = call_data("pay(address,uint256)", &[alias.into(), Value::from(U256::from(7))]);
    let input = town.relayed(probe, &pay, &[(town.number, WRITABLE)]);
    let receipt = town.world.send_raw(town.relay, input);
    assert!(!receipt.is_success());
    assert!(reason(&receipt).contains("while a Solana frame holds it"), "{}", reason(&receipt));
    let input = town.relayed(probe, &pay, &[]);
    town.world.send_raw(town.relay, input).expect_ok();
}

#[test]
fn nobody_signs_for_another() {
    let mut town = Town::new();
    let bob = town.world.engine.account("bob").expect("a development account");
    let mut data = 2_u32.to_le_bytes().to_vec();
    data.extend(1_000_000_u64.to_le_bytes());
    let take = [(bob, SIGNER | WRITABLE), (town.world.alice, WRITABLE)];
    let receipt = town.world.send_raw(BRIDGE, invoke(SYSTEM, &take, &data));
    assert!(reason(&receipt).contains("has to sign and does not"), "{}", reason(&receipt));
    let give = [(town.world.alice, SIGNER | WRITABLE), (bob, WRITABLE)];
    let before = town.world.balance(&bob);
    town.world.send_raw(BRIDGE, invoke(SYSTEM, &give, &data)).expect_ok();
    assert_eq!(town.world.balance(&bob), before + wei_of(1_000_000).0);
}

#[test]
fn a_static_call_changes_nothing() {
    let mut town = Town::new();
    let input = call_data(
        "staticForward(address,bytes)",
        &[town.counter.into(), Value::bytes(town.count())],
    );
    let receipt = town.world.send_raw(town.forwarder, input);
    assert!(!receipt.is_success());
    assert_eq!(town.counted(), 0);
}

#[test]
fn a_program_is_frozen_and_revoked_as_any_contract_and_upgraded_by_its_loader() {
    let mut town = Town::new();
    let (alice, counter, count) = (town.world.alice, town.counter, town.count());
    let through = forward("forward", counter, &execute(&[(town.number, WRITABLE)], b""));
    let fails = |town: &mut Town, words: &str| {
        for (to, input) in [(counter, &count), (town.forwarder, &through)] {
            let receipt = town.world.send_raw(to, input.clone());
            let reason = receipt.call.reason.expect("it fails");
            assert!(reason.contains(words), "{reason}");
        }
        assert_eq!(town.counted(), 1);
    };
    let _ = town.world.send_raw(counter, count.clone()).expect_ok();
    let _ = town.world.engine.lifecycle(alice, counter).freeze().unwrap().expect_ok();
    fails(&mut town, "is frozen");
    let _ = town.world.engine.lifecycle(alice, counter).unfreeze().unwrap().expect_ok();
    let other = artifact("sbpf/relay.so");
    let mut owned = town.world.engine.lifecycle(alice, counter);
    let refused = owned.upgrade(&other, &braidvm::Arguments::none()).unwrap();
    assert!(refused.call.reason.expect("refused").contains("which its loader upgrades"));
    let _ = town.world.engine.lifecycle(alice, counter).revoke().unwrap().expect_ok();
    fails(&mut town, "is revoked");
}
