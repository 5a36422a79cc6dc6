//! Traces: that they have the shape of Ethereum's, follow calls into other machines and back, and
//! change nothing.

mod common;

use std::sync::Arc;

use braid_vm_evm::{
    CallTraceOptions, Crossing, EvmConfig, ForeignCall, Frames, NestedCall, Precompiles, Session,
    StructLogOptions, TRACE_STEPS_MAX, TraceError, Transaction,
};
use common::{End, TestView, address, call, forward, sender, session};
use primitives::{Address, B256, Bytes, EvmAddress, Gas, VmKind, Wei};
use serde_json::{Value, json};
use vm::{BlockEnvironment, HaltReason, Outcome};

/// An address of the kernel: it emits, calls the contract in its input twice, and emits again.
#[derive(Debug)]
struct Twice;

const SYSTEM: u8 = 0x55;

impl Crossing for Twice {
    fn call(&self, _frames: &mut Frames<'_>, _call: &ForeignCall<'_>) -> Outcome {
        Outcome::halt(HaltReason::Fault)
    }

    fn system_kind(&self, address: &EvmAddress) -> Option<VmKind> {
        (*address == common::address(SYSTEM).evm_alias()).then_some(VmKind::Evm)
    }

    fn system(&self, frames: &mut Frames<'_>, call: &ForeignCall<'_>) -> Outcome {
        let emit = |frames: &mut Frames<'_>, topic| {
            let topics = vec![B256::with_last_byte(topic)];
            frames.journal().emit(&call.contract, topics, Bytes::new());
        };
        emit(frames, 1);
        let mut left = call.gas_limit;
        for _ in 0..2 {
            let gas_limit = Gas(left.0 / 2);
            let outcome = frames.call(NestedCall {
                caller: call.contract,
                to: Address::from_evm(EvmAddress::from_slice(call.input)),
                value: Wei::ZERO,
                input: Bytes::new(),
                gas_limit,
                is_static: false,
            });
            left = Gas(left.0 - (gas_limit.0 - outcome.gas_left.0));
        }
        emit(frames, 2);
        Outcome::success(Bytes::from_static(b"twice"), left, 0)
    }
}

/// Sets slot 0 to 7, emits an event without topics, stops.
const SETTER: [u8; 12] = [0x60, 7, 0x60, 0, 0x55, 0x60, 0, 0x60, 0, 0xa0, 0x00, 0x00];

const OUTER: u8 = 1;
const INNER: u8 = 2;

/// The outer contract calls the kernel, which calls the inner one twice.
fn crossing_session() -> (Session, Transaction) {
    let view = TestView::with(&[
        (address(OUTER), forward(0xf1, address(SYSTEM), End::Keep)),
        (address(INNER), SETTER.to_vec()),
    ]);
    let mut session = Session::new(Arc::new(view), &EvmConfig::default(), Arc::new(Twice));
    session.set_block(&BlockEnvironment::default());
    let transaction = call(address(OUTER), address(INNER).evm_alias().as_slice(), 0);
    (session, transaction)
}

fn plain_session() -> (Session, Transaction) {
    let view = TestView::with(&[(address(INNER), SETTER.to_vec())]);
    let session = session(view, &EvmConfig::default(), Precompiles::new());
    (session, call(address(INNER), &[], 0))
}

fn ops(trace: &Value) -> Vec<&str> {
    let steps = trace["structLogs"].as_array().expect("a list of steps");
    steps.iter().map(|step| step["op"].as_str().expect("a name")).collect()
}

#[test]
fn steps_have_the_shape_of_ethereums() {
    let (mut session, transaction) = plain_session();
    let expected_gas = session.simulate(&transaction).expect("valid").gas_used.0;
    let trace =
        session.trace_struct_logs(&transaction, &StructLogOptions::default()).expect("valid");
    assert_eq!(trace["gas"], json!(expected_gas));
    assert_eq!(trace["failed"], json!(false));
    assert_eq!(trace["returnValue"], json!("0x"));
    assert_eq!(ops(&trace), ["PUSH1", "PUSH1", "SSTORE", "PUSH1", "PUSH1", "LOG0", "STOP"]);
    let store = &trace["structLogs"][2];
    assert_eq!((&store["pc"], &store["depth"]), (&json!(4), &json!(1)));
    assert_eq!(store["gasCost"], json!(22_100));
    assert_eq!(store["gas"], json!(1_000_000 - 21_000 - 6));
    assert_eq!(store["stack"], json!(["0x7", "0x0"]));
    let slot = store["storage"].as_object().expect("slots");
    assert_eq!(slot.len(), 1);
    assert!(slot.values().all(|value| value.as_str().is_some_and(|text| text.ends_with("07"))));
}

#[test]
fn options_choose_what_a_step_holds() {
    let (mut session, transaction) = plain_session();
    let options: StructLogOptions = serde_json::from_value(json!({
        "disableStack": true, "disableStorage": true, "enableMemory": true, "limit": 3,
    }))
    .expect("the names of Ethereum");
    let trace = session.trace_struct_logs(&transaction, &options).expect("valid");
    assert_eq!(ops(&trace), ["PUSH1", "PUSH1", "SSTORE"]);
    let store = &trace["structLogs"][2];
    assert_eq!(store.get("stack"), None);
    assert_eq!(store.get("storage"), None);
    assert_eq!(store["memory"], json!([]));
}

#[test]
fn calls_form_a_tree_through_other_machines() {
    let (mut session, transaction) = crossing_session();
    let options = CallTraceOptions { with_log: true, ..CallTraceOptions::default() };
    let trace = session.trace_calls(&transaction, &options).expect("valid");
    let name = |address: Address| json!(address.to_string().to_lowercase());
    assert_eq!((&trace["type"], &trace["from"]), (&json!("CALL"), &name(sender())));
    assert_eq!(trace["to"], name(address(OUTER)));
    assert_eq!(trace["gas"], json!("0xf4240"));
    let system = &trace["calls"][0];
    assert_eq!(system["to"], name(address(SYSTEM)));
    assert_eq!(system["output"], json!("0x7477696365"));
    let logs = system["logs"].as_array().expect("its own events");
    assert_eq!(logs.len(), 2, "those of the contract that it calls are not its own");
    let inner = system["calls"].as_array().expect("what it calls");
    assert_eq!(inner.len(), 2);
    for inner in inner {
        assert_eq!((&inner["from"], &inner["to"]), (&name(address(SYSTEM)), &name(address(INNER))));
        assert_eq!(inner["logs"].as_array().map(Vec::len), Some(1));
    }
    let options = CallTraceOptions { only_top_call: true, ..CallTraceOptions::default() };
    let trace = session.trace_calls(&transaction, &options).expect("valid");
    assert_eq!(trace.get("calls"), None);
}

#[test]
fn steps_below_other_machines_are_told_in_their_place() {
    let (mut session, transaction) = crossing_session();
    let trace =
        session.trace_struct_logs(&transaction, &StructLogOptions::default()).expect("valid");
    let ops = ops(&trace);
    let at = ops.iter().position(|op| *op == "CALL").expect("the call to the kernel");
    let setter = ["PUSH1", "PUSH1", "SSTORE", "PUSH1", "PUSH1", "LOG0", "STOP"];
    assert_eq!(ops[at + 1..at + 8], setter);
    assert_eq!(ops[at + 8..at + 15], setter);
    assert_eq!(ops[at + 15..], ["PUSH1", "SSTORE", "STOP"]);
    let depth = |index: usize| trace["structLogs"][index]["depth"].as_u64();
    assert_eq!((depth(at), depth(at + 1), depth(at + 15)), (Some(1), Some(3), Some(1)));
}

#[test]
fn a_trace_changes_nothing() {
    let (mut session, transaction) = crossing_session();
    let untraced = session.simulate(&transaction).expect("valid");
    session.trace_calls(&transaction, &CallTraceOptions::default()).expect("valid");
    session.trace_struct_logs(&transaction, &StructLogOptions::default()).expect("valid");
    assert_eq!(session.simulate(&transaction).expect("valid"), untraced);
    assert!(session.take_changes().expect("the view reads").writes.is_empty());
}

#[test]
fn a_failure_is_told_as_one() {
    let view = TestView::with(&[(address(INNER), vec![0x60, 0, 0x60, 0, 0xfd])]);
    let mut session = session(view, &EvmConfig::default(), Precompiles::new());
    let transaction = call(address(INNER), &[], 0);
    let trace =
        session.trace_struct_logs(&transaction, &StructLogOptions::default()).expect("valid");
    assert_eq!(trace["failed"], json!(true));
    let trace = session.trace_calls(&transaction, &CallTraceOptions::default()).expect("valid");
    assert_eq!(trace["error"], json!("execution reverted"));
    let invalid = Transaction { nonce: Some(9), ..transaction };
    let error = session.trace_calls(&invalid, &CallTraceOptions::default());
    assert!(matches!(error, Err(TraceError::Transaction(_))), "{error:?}");
    assert!(session.transact(&call(address(INNER), &[], 0)).is_ok(), "no tracer is left");
}

#[test]
fn a_trace_has_a_limit() {
    // jumpdest, push 0, jump: runs until its gas is used up.
    let view = TestView::with(&[(address(INNER), vec![0x5b, 0x60, 0, 0x56])]);
    let mut session = session(view, &EvmConfig::default(), Precompiles::new());
    let transaction = call(address(INNER), &[], 0);
    let error = session
        .trace_struct_logs(&transaction, &StructLogOptions::default())
        .expect_err("a quarter of a million steps");
    assert_eq!(
        error.to_string(),
        format!(
            "the trace has more than {TRACE_STEPS_MAX} steps: ask for less of it by its options"
        )
    );
    let options = StructLogOptions { limit: 10, ..StructLogOptions::default() };
    let trace = session.trace_struct_logs(&transaction, &options).expect("ten steps");
    assert_eq!(ops(&trace).len(), 10);
}
