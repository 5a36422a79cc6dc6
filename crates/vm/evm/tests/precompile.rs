//! Precompiles that write state: what a frame takes back, they lose.

mod common;

use std::sync::Arc;

use braid_vm_evm::{
    EvmConfig, Precompile, PrecompileCall, PrecompileError, PrecompileHost, Precompiles, Session,
};
use common::{End, TestView, address, call, forward, sender, session};
use primitives::{Address, B256, Bytes, Gas, Wei};
use state::Key;
use vm::{GasMeter, HaltReason, Outcome, Status, Trap};

/// Keeps how often it was called, emits that number, and gives a wei of what it was given to
/// its caller. The first byte of the input tells what else it does.
#[derive(Debug)]
struct Counter;

const READ: u8 = 1;
const REVERT: u8 = 2;
const BURN: u8 = 3;
const RECORD: &[u8] = b"count";

impl Counter {
    fn count(
        call: &PrecompileCall<'_>,
        gas: &mut GasMeter,
        host: &mut dyn PrecompileHost,
    ) -> Result<u8, Trap> {
        let count = host.storage_get(gas, RECORD)?.map_or(0, |value| value[0]);
        if call.input.first() == Some(&READ) {
            return Ok(count);
        }
        host.storage_put(gas, RECORD, &[count + 1])?;
        host.emit(gas, &[B256::with_last_byte(count + 1)], call.input)?;
        if !call.value.is_zero() {
            let had = host.balance(gas, &call.address)?;
            assert!(had >= call.value, "the value is there before the call");
            assert!(host.transfer(gas, &call.caller, Wei::from_u64(1))?);
        }
        if call.input.first() == Some(&BURN) {
            while host.storage_delete(gas, RECORD).is_ok() {}
            return Err(Trap::OutOfGas);
        }
        Ok(count + 1)
    }
}

impl Precompile for Counter {
    fn name(&self) -> &str {
        "counter"
    }

    fn gas_cost(&self, input: &[u8]) -> Gas {
        Gas(100 + input.len() as u64)
    }

    fn execute(&self, call: &PrecompileCall<'_>, host: &mut dyn PrecompileHost) -> Outcome {
        let mut gas = GasMeter::new(call.gas_limit);
        match Self::count(call, &mut gas, host) {
            Ok(_) if call.input.first() == Some(&REVERT) => {
                Outcome::revert(Bytes::from_static(b"no"), gas.remaining())
            }
            Ok(count) => Outcome::success(vec![count].into(), gas.remaining(), gas.refund()),
            Err(trap) => Outcome::halt(trap.halt_reason()),
        }
    }
}

const COUNTER: u8 = 0xcc;

fn counter() -> Address {
    address(COUNTER)
}

/// A session with the counter and these contracts.
fn with_counter(contracts: &[(Address, Vec<u8>)]) -> Session {
    let mut precompiles = Precompiles::new();
    precompiles.register(counter(), Arc::new(Counter)).expect("the address is free");
    session(TestView::with(contracts), &EvmConfig::default(), precompiles)
}

fn count(session: &mut Session) -> Option<u8> {
    let record = session.journal_mut().record(&Key::kv(&counter(), RECORD)).expect("it reads");
    record.map(|value| value[0])
}

fn balance(session: &mut Session, address: &Address) -> Wei {
    session.journal_mut().balance(address).expect("it reads")
}

#[test]
fn it_reads_and_writes_its_own_records() {
    let mut session = with_counter(&[]);
    for expected in 1..=3 {
        let result = session.transact(&call(counter(), &[0], 5)).expect("valid");
        assert_eq!(result.status, Status::Success);
        assert_eq!(result.output.as_ref(), [expected]);
        assert_eq!(result.events.len(), 1);
        assert_eq!(result.events[0].address, counter());
        assert_eq!(result.events[0].topics, [B256::with_last_byte(expected)]);
    }
    assert_eq!(balance(&mut session, &counter()), Wei::from_u64(12));
    let changes = session.take_changes().expect("the view reads");
    let written = changes.writes.get(&Key::kv(&counter(), RECORD)).flatten();
    assert_eq!(written.map(|value| value.to_vec()), Some(vec![3]));
}

#[test]
fn nothing_remains_where_an_outer_frame_reverts() {
    // The frames from the outside to the inside, and what remains of the innermost call.
    let cases: [(&[End], bool); 6] = [
        (&[End::Keep], true),
        (&[End::Revert], false),
        (&[End::Keep, End::Keep], true),
        (&[End::Revert, End::Keep], false),
        (&[End::Keep, End::Revert], false),
        (&[End::Keep, End::Revert, End::Keep], false),
    ];
    for (ends, remains) in cases {
        let mut contracts = Vec::new();
        for (index, end) in ends.iter().enumerate() {
            let next = u8::try_from(index).expect("few") + 1;
            let to = if index + 1 == ends.len() { counter() } else { address(next) };
            contracts.push((address(next - 1), forward(0xf1, to, *end)));
        }
        let mut session = with_counter(&contracts);
        let result = session.transact(&call(address(0), &[0], 5)).expect("valid");
        assert_eq!(result.status.is_success(), ends[0] == End::Keep, "{ends:?}");
        assert_eq!(count(&mut session), remains.then_some(1), "{ends:?}");
        assert_eq!(result.events.len(), usize::from(remains), "{ends:?}");
        let left = if remains { 4 } else { 0 };
        assert_eq!(balance(&mut session, &counter()), Wei::from_u64(left), "{ends:?}");
        let changes = session.take_changes().expect("the view reads").writes;
        let written = changes.get(&Key::kv(&counter(), RECORD)).is_some();
        assert_eq!(written, remains, "{ends:?}");
    }
}

#[test]
fn what_it_did_is_gone_where_it_reverts_or_halts_itself() {
    for (what, inner_gas_is_lost) in [(REVERT, false), (BURN, true)] {
        let mut session = with_counter(&[(address(0), forward(0xf1, counter(), End::Keep))]);
        let result = session.transact(&call(address(0), &[what], 5)).expect("valid");
        assert_eq!(result.status, Status::Success, "the caller goes on");
        assert_eq!(count(&mut session), None);
        assert_eq!(result.events, []);
        assert_eq!(balance(&mut session, &counter()), Wei::ZERO);
        assert_eq!(balance(&mut session, &address(0)), Wei::from_u64(5));
        assert_eq!(result.gas_used > Gas(500_000), inner_gas_is_lost);
    }
}

#[test]
fn a_static_call_may_read_and_not_write() {
    let mut session = with_counter(&[(address(0), forward(0xfa, counter(), End::Return))]);
    session.transact(&call(counter(), &[0], 0)).expect("valid");
    let result = session.transact(&call(address(0), &[READ], 0)).expect("valid");
    assert_eq!(result.output.as_ref(), [1]);
    let result = session.transact(&call(address(0), &[0], 0)).expect("valid");
    assert!(result.output.is_empty());
    assert_eq!(count(&mut session), Some(1));
    assert_eq!(result.events, []);
    assert!(result.gas_used > Gas(900_000), "a write in a static call costs all");
}

#[test]
fn it_does_not_run_in_anothers_name() {
    for opcode in [0xf2, 0xf4] {
        let mut session = with_counter(&[(address(0), forward(opcode, counter(), End::Return))]);
        let result = session.transact(&call(address(0), &[0], 0)).expect("valid");
        let text = String::from_utf8_lossy(&result.output).into_owned();
        assert!(text.contains("delegate call into a precompile"), "{text}");
        assert_eq!(count(&mut session), None);
    }
}

#[test]
fn gas_pays_for_the_call_and_for_its_operations() {
    let mut session = with_counter(&[]);
    let mut gas_used = |input: &[u8], gas_limit| {
        let transaction =
            braid_vm_evm::Transaction { gas_limit: Gas(gas_limit), ..call(counter(), input, 0) };
        let result = session.simulate(&transaction).expect("valid");
        (result.status, result.gas_used.0)
    };
    // 21,000 and a zero byte of input; 101 for the call; 2,100 for the record, which is absent.
    assert_eq!(gas_used(&[READ], 50_000), (Status::Success, 21_016 + 101 + 2_100));
    // Besides: the making of the record, which is warm by then, and an event with a topic and a
    // byte.
    let write = 20_000 + 375 + 375 + 8;
    assert_eq!(gas_used(&[0], 50_000), (Status::Success, 21_004 + 101 + 2_100 + write));
    let halted = Status::Halt(HaltReason::OutOfGas);
    assert_eq!(gas_used(&[0], 40_000), (halted.clone(), 40_000));
    assert_eq!(gas_used(&[0], 21_100), (halted, 21_100));
}

#[test]
fn addresses_are_unique_and_narrow() {
    let mut precompiles = Precompiles::new();
    precompiles.register(counter(), Arc::new(Counter)).expect("the address is free");
    let error = precompiles.register(counter(), Arc::new(Counter)).expect_err("it is taken");
    assert!(matches!(error, PrecompileError::AddressInUse { .. }));
    let error = precompiles.register(Address::new([1; 32]), Arc::new(Counter));
    assert!(matches!(error, Err(PrecompileError::WideAddress { .. })));
    assert_eq!(precompiles.iter().count(), 1);
    assert_ne!(sender(), counter());
}
