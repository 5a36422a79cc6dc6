//! Calls between the EVM and another machine: what is kept, what is taken back, and what no
//! contract can do.
#![allow(unused_crate_dependencies, reason = "tests use few of them")]

use std::sync::Arc;

use braid_vm_evm::{
    Authorization, Crossing, EvmConfig, Fee, ForeignCall, Frames, Hardfork, NestedCall,
    NestedCreate, Session, Transaction, TransactionError, TransactionResult, error_text,
};
use journal::Transfer;
use primitives::{
    Address, B256, Bytes, CodeHash, EvmAddress, Gas, U256, VmKind, Wei, limits::FOREIGN_DEPTH_MAX,
};
use state::{
    EmptyView, Key, Overlay, ScanEntry, StateError, StateView, WriteSet, record::AccountRecord,
};
use vm::{
    BlockEnvironment, HaltReason, Outcome, Status,
    trace::{CallKind, CallNode},
};

/// A machine whose code is its input: a list of steps.
///
/// `w k v` puts a record, `s k v` a transient word, `p n` gives n wei to the sink, `c a len` calls
/// address `a` with the next `len` bytes and keeps on whatever happens, `n len` creates an EVM
/// contract, `r` reverts, `h` halts, `f` is a fault of the host, `o` outputs the depth.
#[derive(Debug)]
struct Toy;

const FRAME_COST: u64 = 1000;

impl Crossing for Toy {
    fn call(&self, frames: &mut Frames<'_>, call: &ForeignCall<'_>) -> Outcome {
        assert_eq!((call.kind, call.code_hash), (VmKind::Wasm, toy_code()));
        if call.gas_limit.0 < FRAME_COST {
            return Outcome::halt(HaltReason::OutOfGas);
        }
        run(frames, call, call.input, call.gas_limit.0 - FRAME_COST)
    }

    fn system_kind(&self, address: &EvmAddress) -> Option<VmKind> {
        (*address == SYSTEM.evm_alias()).then_some(VmKind::Evm)
    }

    fn system(&self, _frames: &mut Frames<'_>, call: &ForeignCall<'_>) -> Outcome {
        Outcome::success(Bytes::from_static(b"system"), Gas(call.gas_limit.0 - FRAME_COST), 0)
    }
}

fn run(frames: &mut Frames<'_>, call: &ForeignCall<'_>, mut steps: &[u8], mut gas: u64) -> Outcome {
    let mut output = Bytes::new();
    while let Some((step, rest)) = steps.split_first() {
        steps = rest;
        let journal = frames.journal();
        match step {
            b'w' | b's' if call.is_static => return Outcome::halt(HaltReason::StaticViolation),
            b'w' => {
                let value = Bytes::copy_from_slice(&steps[1..2]);
                journal.set_record(Key::kv(&call.contract, &steps[..1]), Some(value));
                steps = &steps[2..];
            }
            b's' => {
                let key = B256::with_last_byte(steps[0]);
                journal.set_transient(&call.contract, key, B256::with_last_byte(steps[1]));
                steps = &steps[2..];
            }
            b'p' => {
                let amount = Wei::from_u64(steps[0].into());
                let moved = journal.transfer(&call.contract, &SINK, amount).expect("a sound view");
                assert_eq!(moved, Transfer::Done);
                steps = &steps[1..];
            }
            b'c' => {
                let to = Address::from_evm(EvmAddress::from_slice(&steps[..20]));
                let (input, rest) = steps[21..].split_at(steps[20].into());
                let lent = gas - gas / 64;
                let outcome = frames.call(NestedCall {
                    caller: call.contract,
                    to,
                    value: Wei::ZERO,
                    input: Bytes::copy_from_slice(input),
                    gas_limit: Gas(lent),
                    is_static: call.is_static,
                });
                gas = gas - lent + outcome.gas_left.0;
                output = outcome.output;
                steps = rest;
            }
            b'n' => {
                let (init_code, rest) = steps[1..].split_at(steps[0].into());
                let (outcome, created) = frames.create(NestedCreate {
                    caller: call.contract,
                    value: Wei::ZERO,
                    init_code: Bytes::copy_from_slice(init_code),
                    salt: Some(B256::ZERO),
                    gas_limit: Gas(gas),
                });
                gas = outcome.gas_left.0;
                output = created.map(|made| made.as_bytes().to_vec().into()).unwrap_or_default();
                steps = rest;
            }
            b'r' => return Outcome::revert(error_text("toy"), Gas(gas)),
            b'h' => return Outcome::halt(HaltReason::Trap("toy".into())),
            b'f' => frames.scope().set_fault("the store is on fire".into()),
            b'o' => output = Bytes::copy_from_slice(&call.depth.0.to_be_bytes()),
            b'g' => return forever(frames, call, gas),
            other => panic!("no step {other}"),
        }
    }
    Outcome::success(output, Gas(gas), 0)
}

/// Calls itself through the EVM until something says no, and tells how deep it was.
fn forever(frames: &mut Frames<'_>, call: &ForeignCall<'_>, gas: u64) -> Outcome {
    let depth = frames.scope().foreign_depth();
    let outcome = frames.call(NestedCall {
        caller: call.contract,
        to: KEEPER,
        value: Wei::ZERO,
        input: to(TOY, b"g"),
        gas_limit: Gas(gas - gas / 64),
        is_static: false,
    });
    let deepest = outcome.output.last().copied().unwrap_or_default();
    let deepest = deepest.max(u8::try_from(depth).expect("a small limit"));
    Outcome::success(vec![deepest].into(), outcome.gas_left, 0)
}

const SENDER: Address = address(0x51);
const TOY: Address = address(0x70);
const SINK: Address = address(0x5a);
const SYSTEM: Address = address(0x57);
/// EVM contracts that call the address in their first 20 input bytes with the rest.
const KEEPER: Address = address(0xe1);
const REVERTER: Address = address(0xe2);
const HALTER: Address = address(0xe3);
const DELEGATOR: Address = address(0xe4);
const STATIC: Address = address(0xe5);
/// An EVM contract that sets slot 1 to 1.
const STORER: Address = address(0xe6);
const FUNDS: u64 = 1 << 60;

const fn address(last: u8) -> Address {
    let mut bytes = [0; 32];
    bytes[12] = 0xaa;
    bytes[31] = last;
    Address::new(bytes)
}

/// Copies the input behind the address to memory, keeps 42 above it, calls with `call`, and goes
/// on with `end`.
fn proxy(call: &str, end: &str) -> Bytes {
    let start = "602a6102005260143603806014 5f37".replace(' ', "");
    hex(&format!("{start}{call}{end}"))
}

const CALL: &str = "5f5f825f345f3560601c5af1";
const DELEGATE_CALL: &str = "5f5f825f5f3560601c5af4";
const STATIC_CALL: &str = "5f5f825f5f3560601c5afa";
/// Returns whether the call succeeded, what was kept in memory, and what the call returned.
const RETURN: &str = "5f52 6102005160205260403d5f823e3d01 5ff3";
const REVERT: &str = "5f5ffd";
const INVALID: &str = "fe";

fn hex(text: &str) -> Bytes {
    alloy_primitives::hex::decode(text.replace(' ', "")).expect("hexadecimal").into()
}

fn toy_code() -> CodeHash {
    CodeHash::of(b"toy")
}

fn genesis() -> Overlay {
    let mut writes = WriteSet::new();
    let mut account = |address: Address, kind, code: &[u8], balance| {
        let code_hash = CodeHash::of(code);
        let nonce = u64::from(!code.is_empty());
        let balance = Wei::from_u64(balance);
        let record = AccountRecord { balance, nonce, kind, code_hash, ..AccountRecord::default() };
        writes.put(Key::account(&address), record.encode());
        if !code.is_empty() {
            writes.put(Key::code(&code_hash), code.to_vec());
        }
    };
    account(SENDER, VmKind::Evm, &[], FUNDS);
    account(TOY, VmKind::Wasm, b"toy", 100);
    account(KEEPER, VmKind::Evm, &proxy(CALL, RETURN), 0);
    account(REVERTER, VmKind::Evm, &proxy(CALL, REVERT), 0);
    account(HALTER, VmKind::Evm, &proxy(CALL, INVALID), 0);
    account(DELEGATOR, VmKind::Evm, &proxy(DELEGATE_CALL, RETURN), 0);
    account(STATIC, VmKind::Evm, &proxy(STATIC_CALL, RETURN), 0);
    account(STORER, VmKind::Evm, &hex("600160015500"), 0);
    Overlay::new(Arc::new(EmptyView), writes)
}

/// Input of a proxy: whom to call, and with what.
fn to(callee: Address, input: &[u8]) -> Bytes {
    [callee.evm_alias().as_slice(), input].concat().into()
}

/// The step that calls.
fn call(callee: Address, input: &[u8]) -> Vec<u8> {
    let length = u8::try_from(input.len()).expect("a short input");
    [b"c", callee.evm_alias().as_slice(), &[length], input].concat()
}

fn session() -> Session {
    let mut session = Session::new(Arc::new(genesis()), &EvmConfig::default(), Arc::new(Toy));
    session.set_block(&BlockEnvironment { beneficiary: address(0xb0), ..Default::default() });
    session.set_tracing(true);
    session
}

fn transaction(callee: Address, input: impl Into<Bytes>) -> Transaction {
    Transaction {
        from: SENDER,
        to: Some(callee),
        value: Wei::from_u64(5),
        input: input.into(),
        gas_limit: Gas(5_000_000),
        fee: Fee::Legacy { gas_price: Wei::from_u64(3) },
        ..Transaction::default()
    }
}

/// What one transaction left behind.
struct Left {
    result: TransactionResult,
    session: Session,
}

impl Left {
    fn after(callee: Address, input: impl Into<Bytes>) -> Self {
        let mut session = session();
        let result = session.transact(&transaction(callee, input)).expect("a valid transaction");
        assert_eq!(result.gas_by_vm.total().0, result.gas_used.0 + result.gas_refunded.0);
        let left = Self { result, session };
        left.check_supply()
    }

    fn check_supply(mut self) -> Self {
        let all = [
            SENDER,
            TOY,
            SINK,
            SYSTEM,
            KEEPER,
            REVERTER,
            HALTER,
            DELEGATOR,
            STATIC,
            STORER,
            address(0xb0),
        ];
        let journal = self.session.journal_mut();
        let sum: U256 = all.iter().map(|one| journal.balance(one).expect("sound").0).sum();
        assert_eq!(sum, U256::from(FUNDS + 100), "the supply is constant");
        self
    }

    fn record(&mut self, key: u8) -> Option<u8> {
        let found = self.session.journal_mut().record(&Key::kv(&TOY, &[key])).expect("sound");
        found.map(|value| value[0])
    }

    fn balance(&mut self, address: Address) -> u64 {
        self.session.journal_mut().balance(&address).expect("sound").0.to()
    }

    fn trace(&self) -> &CallNode {
        self.result.trace.as_ref().expect("tracing is on")
    }

    /// Success, memory, and returned bytes of a proxy.
    fn returned(&self) -> (bool, Vec<u8>) {
        let output = &self.result.output;
        assert_eq!(output[63], 42, "the memory of the outer frame is its own");
        (output[31] == 1, output[64..].to_vec())
    }
}

#[test]
fn what_a_foreign_frame_did_is_kept() {
    let mut left = Left::after(KEEPER, to(TOY, b"wk1p3o"));
    assert_eq!(left.result.status, Status::Success);
    assert_eq!(left.returned(), (true, vec![0, 0, 0, 1]));
    assert_eq!(left.record(b'k'), Some(b'1'));
    assert_eq!((left.balance(SINK), left.balance(TOY)), (u64::from(b'3'), 105 - u64::from(b'3')));
    assert_eq!(left.result.gas_by_vm.get(VmKind::Wasm), Gas(FRAME_COST));
    let inner = &left.trace().calls[0];
    assert_eq!((inner.start.kind, inner.start.call), (VmKind::Wasm, CallKind::Call));
    assert_eq!((inner.start.from, inner.start.to), (KEEPER, TOY));
    assert_eq!(inner.gas_used, Gas(FRAME_COST));
    let changes = left.session.take_changes().expect("sound");
    assert_eq!(changes.writes.get(&Key::kv(&TOY, b"k")), Some(Some(&Bytes::from_static(b"1"))));
    let record = changes.writes.get(&Key::account(&TOY)).flatten().expect("its balance changed");
    let record = AccountRecord::decode(&Key::account(&TOY), record).expect("an account");
    assert_eq!((record.kind, record.code_hash), (VmKind::Wasm, toy_code()));
}

#[test]
fn a_revert_below_takes_back_what_is_above() {
    for (outer, status) in [
        (REVERTER, Status::Revert),
        (HALTER, Status::Halt(HaltReason::Evm("invalid opcode".into()))),
    ] {
        let mut left = Left::after(outer, to(TOY, b"wk1sa1p3"));
        assert_eq!(left.result.status, status);
        assert_eq!(left.record(b'k'), None);
        assert_eq!((left.balance(SINK), left.balance(TOY), left.balance(outer)), (0, 100, 0));
        assert_eq!(left.trace().calls[0].status, Status::Success);
        let changes = left.session.take_changes().expect("sound");
        assert!(changes.writes.iter().all(|(key, _)| key.space() != TOY), "{:?}", changes.writes);
    }
}

#[test]
fn machines_call_through_each_other() {
    let innermost = to(TOY, b"wb2");
    let steps = [b"wa1".as_slice(), &call(KEEPER, &innermost), b"wc3"].concat();
    let mut left = Left::after(KEEPER, to(TOY, &steps));
    assert_eq!([b'a', b'b', b'c'].map(|key| left.record(key)), [b'1', b'2', b'3'].map(Some));
    assert!(left.returned().0);
    assert_eq!(left.result.gas_by_vm.get(VmKind::Wasm), Gas(2 * FRAME_COST));
    let nested = &left.trace().calls[0].calls[0];
    assert_eq!((nested.start.kind, nested.start.to), (VmKind::Evm, KEEPER));
    assert_eq!(nested.calls[0].start.kind, VmKind::Wasm);
    let mut reverted = Left::after(REVERTER, to(TOY, &steps));
    assert_eq!([b'a', b'b', b'c'].map(|key| reverted.record(key)), [None; 3]);
}

#[test]
fn an_inner_revert_takes_back_only_the_inner() {
    for (middle, innermost) in [(REVERTER, b"wb2".as_slice()), (KEEPER, b"wb2r")] {
        let steps = [b"wa1".as_slice(), &call(middle, &to(TOY, innermost)), b"wc3"].concat();
        let mut left = Left::after(KEEPER, to(TOY, &steps));
        assert!(left.returned().0);
        assert_eq!([b'a', b'b', b'c'].map(|k| left.record(k)), [Some(b'1'), None, Some(b'3')]);
    }
}

#[test]
fn a_halt_costs_the_gas_that_was_lent() {
    let mut left = Left::after(KEEPER, to(TOY, b"wk1p3h"));
    assert_eq!(left.result.status, Status::Success);
    assert_eq!(left.returned(), (false, Vec::new()));
    assert_eq!((left.record(b'k'), left.balance(SINK)), (None, 0));
    assert!(left.result.gas_used.0 > 4_800_000, "{}", left.result.gas_used);
    assert_eq!(left.trace().calls[0].status, Status::Halt(HaltReason::Trap("toy".into())));
}

#[test]
fn a_transaction_may_begin_in_another_machine() {
    let mut left = Left::after(TOY, b"wk1".as_slice());
    assert_eq!((left.record(b'k'), left.balance(TOY)), (Some(b'1'), 105));
    assert_eq!(left.result.gas_by_vm.get(VmKind::Wasm), Gas(FRAME_COST));
    let halted = Left::after(TOY, b"wk1h".as_slice());
    assert_eq!(halted.result.status, Status::Halt(HaltReason::Trap("toy".into())));
    assert_eq!(halted.result.gas_used, Gas(5_000_000));
    let reverted = Left::after(TOY, b"wk1r".as_slice());
    assert_eq!(reverted.result.status, Status::Revert);
    assert_eq!(reverted.result.output, error_text("toy"));
    let system = Left::after(SYSTEM, Bytes::new());
    assert_eq!(system.result.output.as_ref(), b"system");
}

#[test]
fn foreign_code_never_runs_on_another_account() {
    let mut left = Left::after(DELEGATOR, to(TOY, b"wk1"));
    let refused = error_text("delegate call into another machine").to_vec();
    assert_eq!(left.returned(), (false, refused));
    assert_eq!(left.record(b'k'), None);
    // The same by delegation of an account (EIP-7702).
    let mut session = session();
    let mut delegated = Transaction { value: Wei::ZERO, ..transaction(SINK, Bytes::new()) };
    delegated.authorizations.push(Authorization {
        chain_id: U256::ZERO,
        address: TOY,
        nonce: 0,
        y_parity: 0,
        r: U256::from(1),
        s: U256::from(1),
    });
    delegated.chain_id = Some(31_337);
    delegated.fee = Fee::Dynamic { max_fee: Wei::from_u64(1), max_priority_fee: Wei::ZERO };
    session.transact(&delegated).expect("an authorization that fails is passed over");
    let changes = session.take_changes().expect("sound");
    let signer = changes.writes.iter().find_map(|(key, value)| {
        let is_other =
            key.namespace() == state::Namespace::Account && ![SENDER, SINK].contains(&key.space());
        value.filter(|_| is_other).map(|_| key.space())
    });
    if let Some(signer) = signer {
        let called = session.transact(&transaction(signer, b"wk1".as_slice())).expect("valid");
        assert_eq!(called.status, Status::Revert, "{called:?}");
        assert_eq!(called.output, error_text("delegate call into another machine"));
    }
    assert!(signer.is_some(), "any signature recovers to some signer");
}

#[test]
fn static_calls_stay_static() {
    let mut left = Left::after_without_value(STATIC, to(TOY, b"wk1"));
    assert_eq!((left.returned().0, left.record(b'k')), (false, None));
    let steps = call(STORER, b"");
    let mut left = Left::after_without_value(STATIC, to(TOY, &steps));
    assert!(left.returned().0, "the toy goes on after its callee has failed");
    assert!(left.trace().calls[0].calls[0].status != Status::Success);
    let writes = left.session.take_changes().expect("sound").writes;
    assert!(writes.iter().all(|(key, _)| key.space() != STORER));
}

impl Left {
    fn after_without_value(callee: Address, input: Bytes) -> Self {
        let mut session = session();
        let transaction = Transaction { value: Wei::ZERO, ..transaction(callee, input) };
        let result = session.transact(&transaction).expect("a valid transaction");
        Self { result, session }.check_supply()
    }
}

#[test]
fn marker_code_cannot_be_deployed() {
    // Creation code that returns marker code of the toy.
    let marker = journal::marker::encode(VmKind::Wasm, toy_code());
    let init_code = [hex("6023600c60003960236000f3").as_ref(), &marker].concat();
    let create = |version| {
        let config = EvmConfig { version, ..EvmConfig::default() };
        let mut session = Session::new(Arc::new(genesis()), &config, Arc::new(Toy));
        session.set_block(&BlockEnvironment::default());
        let create = transaction(SENDER, init_code.clone());
        let create = Transaction { to: None, value: Wei::ZERO, ..create };
        (session.transact(&create).expect("a valid transaction"), session)
    };
    let (refused, _) = create(Hardfork::Osaka);
    assert!(matches!(refused.status, Status::Halt(_)), "{refused:?}");
    assert_eq!(refused.created, None);
    // Before London nothing forbids the code, but it is no marker either.
    let (result, mut session) = create(Hardfork::Berlin);
    let created = result.created.expect("London is to come");
    let account = session.journal_mut().account(&created).expect("sound");
    assert_eq!((account.kind, account.code_hash), (VmKind::Evm, CodeHash::of(&marker)));
    let called = session.transact(&transaction(created, b"wk1".as_slice())).expect("valid");
    assert!(matches!(called.status, Status::Halt(HaltReason::Evm(_))), "{called:?}");
}

#[test]
fn no_guest_catches_a_fault() {
    let deep = [b"wa1".as_slice(), &call(KEEPER, &to(TOY, b"wb2f")), b"wc3"].concat();
    for input in [to(TOY, b"wk1f"), to(TOY, &deep)] {
        let mut session = session();
        let error = session.transact(&transaction(KEEPER, input)).expect_err("a fault");
        assert!(matches!(&error, TransactionError::Fault(text) if text.contains("on fire")));
        assert!(error.is_host_fault());
        assert!(session.take_changes().expect("sound").writes.is_empty());
        let next = session.transact(&transaction(KEEPER, to(TOY, b"wk1"))).expect("goes on");
        assert!(next.status.is_success());
    }
}

#[test]
fn a_failing_view_ends_the_transaction() {
    #[derive(Debug)]
    struct Failing(Overlay);
    impl StateView for Failing {
        fn read(&self, key: &Key) -> Result<Option<Bytes>, StateError> {
            if key.space() == SINK { Err(StateError::Withdrawn) } else { self.0.read(key) }
        }
        fn scan(&self, p: &[u8], from: &[u8], limit: usize) -> Result<Vec<ScanEntry>, StateError> {
            self.0.scan(p, from, limit)
        }
        fn block_hash(&self, number: u64) -> Result<Option<primitives::Hash>, StateError> {
            self.0.block_hash(number)
        }
    }
    // From EVM code directly, and from EVM code that a foreign frame has called.
    for input in
        [to(SINK, b""), to(TOY, &[b"wa1".as_slice(), &call(KEEPER, &to(SINK, b""))].concat())]
    {
        let view = Arc::new(Failing(genesis()));
        let mut session = Session::new(view, &EvmConfig::default(), Arc::new(Toy));
        session.set_block(&BlockEnvironment::default());
        let error = session.transact(&transaction(KEEPER, input)).expect_err("a fault");
        assert!(matches!(error, TransactionError::State(StateError::Withdrawn)), "{error}");
        assert!(session.take_changes().is_err(), "the fault is sticky");
    }
}

#[test]
fn foreign_nesting_has_a_limit() {
    let left = Left::after(KEEPER, to(TOY, b"g"));
    assert_eq!(left.result.status, Status::Success);
    let (is_success, output) = left.returned();
    assert!(is_success);
    assert_eq!(output.last().copied().map(u32::from), Some(FOREIGN_DEPTH_MAX));
}

#[test]
fn a_foreign_frame_creates_evm_contracts() {
    // Creation code that returns one byte of code: STOP.
    let init_code = hex("60016000f3");
    let steps = [b"n".as_slice(), &[5], &init_code].concat();
    let mut left = Left::after(TOY, steps);
    assert_eq!(left.result.status, Status::Success);
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&left.result.output);
    let created = left.session.journal_mut().account(&Address::new(bytes)).expect("sound");
    assert_eq!((created.nonce, created.code_hash), (1, CodeHash::of(&[0])));
    assert_eq!(left.trace().calls[0].start.call, CallKind::Create);
}

#[test]
fn transient_words_last_one_transaction() {
    let mut left = Left::after(KEEPER, to(TOY, b"sa1"));
    let journal = left.session.journal_mut();
    assert_eq!(journal.transient(&TOY, B256::with_last_byte(b'a')), B256::ZERO);
}

#[test]
fn a_simulation_leaves_nothing() {
    let mut session = session();
    let transaction = transaction(KEEPER, to(TOY, b"wk1p3"));
    let first = session.simulate(&transaction).expect("valid");
    assert_eq!(session.simulate(&transaction).expect("valid"), first);
    assert!(session.take_changes().expect("sound").writes.is_empty());
    assert_eq!(session.transact(&transaction).expect("valid"), first);
}

#[test]
fn an_invalid_transaction_is_told_why() {
    let check = |change: fn(&mut Transaction), text: &str| {
        let mut session = session();
        let mut invalid = transaction(KEEPER, Bytes::new());
        change(&mut invalid);
        let error = session.transact(&invalid).expect_err(text);
        assert_eq!(error.to_string(), text);
        assert!(!error.is_host_fault());
        assert!(session.take_changes().expect("sound").writes.is_empty());
    };
    check(|tx| tx.nonce = Some(7), "nonce 7 is too high, the account is at 0");
    check(
        |tx| tx.gas_limit = Gas(20_000),
        "gas limit of 20000 does not cover the intrinsic gas of 21000",
    );
    check(|tx| tx.chain_id = Some(5), "transaction is for chain 5, this is 31337");
    check(
        |tx| tx.gas_limit = Gas(40_000_000),
        "gas limit of 40000000 is above the block's of 30000000",
    );
    check(|tx| tx.from = TOY, &format!("sender {TOY} has code"));
    check(
        |tx| tx.value = Wei(U256::MAX >> 1),
        &format!(
            "insufficient funds: balance of {FUNDS} wei, needed {} wei",
            (U256::MAX >> 1) + U256::from(15_000_000)
        ),
    );
}
