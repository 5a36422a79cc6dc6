//! The making of contracts of hosted machines.

use abi::{Interface, Value};
use journal::{Creation as Begun, Transfer};
use primitives::{
    Address, B256, Bytes, CodeHash, Depth, Gas, VmKind, Wei, keccak256,
    limits::{FOREIGN_CODE_BYTES_MAX, FOREIGN_DEPTH_MAX},
};
use state::{
    Key, StateError,
    record::{ContractRecord, UpgradePolicy},
};
use vm::{
    CodeReport, Entry, GasMeter, HaltReason, Outcome,
    trace::{CallKind, CallStart},
};
use vm_evm::{ForeignCall, Frames};

use super::{charge_interface, deployer, desk::Desk, guard};
use crate::crossing::{Crossroads, HostedRun, cannot_run, fault, refuse};

/// A contract to be made.
#[derive(Debug, Clone)]
pub(crate) struct Creation {
    pub(crate) creator: Address,
    /// Whose coin goes to the new contract.
    pub(crate) funder: Address,
    pub(crate) kind: VmKind,
    pub(crate) code: Bytes,
    pub(crate) arguments: Bytes,
    pub(crate) interface: Option<String>,
    pub(crate) value: Wei,
    pub(crate) salt: Option<B256>,
    /// The creator's nonce has already been counted for this creation: a transaction's sender.
    pub(crate) is_nonce_counted: bool,
    pub(crate) gas_limit: Gas,
    pub(crate) depth: Depth,
}

/// Makes a contract of a hosted machine: the outcome of its constructor and its address.
pub(crate) fn create(
    crossroads: &Crossroads,
    frames: &mut Frames<'_>,
    creation: &Creation,
) -> (Outcome, Option<Address>) {
    let mut gas = GasMeter::new(creation.gas_limit);
    let policy = match policy_of(crossroads, frames, creation, &mut gas) {
        Ok(policy) => policy,
        Err(outcome) => return (outcome, None),
    };
    let report = match checked_code((crossroads, frames), creation.kind, &creation.code, &mut gas) {
        Ok(report) => report,
        Err(outcome) => return (outcome, None),
    };
    let address = match next_address(frames, creation) {
        Ok(address) => address,
        Err(reason) => return (Outcome::halt(reason), None),
    };
    let is_traced = frames.scope().recorder_mut().is_on();
    if is_traced {
        frames.scope().recorder_mut().enter(CallStart {
            call: CallKind::Create,
            kind: creation.kind,
            from: creation.creator,
            to: address,
            value: creation.value,
            gas_limit: gas.remaining(),
            input: creation.arguments.clone(),
        });
    }
    let lent = gas.remaining();
    assert!(lent <= creation.gas_limit, "the checks of the code only take gas");
    frames.scope().begin_creation();
    let made = New { report: &report, address, policy };
    let outcome = construct(crossroads, frames, creation, &made, gas);
    assert!(outcome.gas_left <= lent, "a constructor left more gas than it was given");
    let used = Gas(lent.0 - outcome.gas_left.0);
    frames.scope().end_creation(creation.kind, used);
    if is_traced {
        frames.scope().recorder_mut().exit(outcome.status.clone(), outcome.output.clone(), used);
    }
    (outcome, Some(address))
}

/// What is known of a contract before it is there.
struct New<'a> {
    report: &'a CodeReport,
    address: Address,
    policy: UpgradePolicy,
}

/// Whether the chain lets the creator make contracts, and what it says of their upgrades.
pub(super) fn policy_of(
    crossroads: &Crossroads,
    frames: &mut Frames<'_>,
    creation: &Creation,
    gas: &mut GasMeter,
) -> Result<UpgradePolicy, Outcome> {
    let whom = (creation.creator, &creation.code);
    let mut desk = Desk::aside(crossroads, frames, whom, gas.remaining());
    match guard::may_create(&mut desk, &creation.code) {
        Ok(policy) => {
            gas.set_remaining(desk.gas.remaining());
            Ok(policy)
        }
        Err(stop) => Err(desk.end(Err(stop))),
    }
}

/// The static checks, charged before they are made, and the price of storing the code.
pub(super) fn checked_code(
    (crossroads, frames): (&Crossroads, &mut Frames<'_>),
    kind: VmKind,
    code: &[u8],
    gas: &mut GasMeter,
) -> Result<CodeReport, Outcome> {
    let schedule = crossroads.schedule();
    let code_bytes = code.len() as u64;
    if code.len() > FOREIGN_CODE_BYTES_MAX {
        let reason = format!(
            "code of {code_bytes} bytes breaks the limit of {FOREIGN_CODE_BYTES_MAX} bytes"
        );
        return Err(refuse(&reason, gas.remaining()));
    }
    let out_of_gas = |_| Outcome::halt(HaltReason::OutOfGas);
    let machine = crossroads.registry().machine(kind).map_err(|error| {
        let reason = cannot_run(frames, &error);
        match reason {
            HaltReason::NotRunnable(reason) => refuse(&reason, gas.remaining()),
            fault => Outcome::halt(fault),
        }
    })?;
    gas.charge(machine.check_cost(code, schedule)).map_err(out_of_gas)?;
    let report =
        machine.validate(code).map_err(|error| refuse(&error.to_string(), gas.remaining()))?;
    let stored_bytes = report.executable.len() as u64;
    gas.charge(schedule.deploy_byte.saturating_mul(stored_bytes)).map_err(out_of_gas)?;
    Ok(report)
}

/// The address of the new contract, derived as the EVM derives it. The nonce of a sender, and of
/// a contract that deploys through its host, counts the creation also where the constructor then
/// fails (EIP-161). A contract that calls the deployer gets its nonce back then, since that call
/// reverts as a whole.
fn next_address(frames: &mut Frames<'_>, creation: &Creation) -> Result<Address, HaltReason> {
    let creator = creation.creator.evm_alias();
    let nonce = if creation.is_nonce_counted {
        let next = frames.journal().nonce(&creation.creator).map_err(fault)?;
        next.checked_sub(1).expect("invariant: a sender's nonce was counted")
    } else {
        let counted = frames.journal().bump_nonce(&creation.creator).map_err(fault)?;
        counted.ok_or_else(|| HaltReason::Evm("nonce overflow".to_owned()))?
    };
    let address = match creation.salt {
        Some(salt) => {
            let whole = [creation.code.as_ref(), creation.arguments.as_ref()].concat();
            creator.create2(salt, keccak256(whole))
        }
        None => creator.create(nonce),
    };
    Ok(Address::from_evm(address))
}

/// The account, the code, the constructor and the record, within one checkpoint.
fn construct(
    crossroads: &Crossroads,
    frames: &mut Frames<'_>,
    creation: &Creation,
    made: &New<'_>,
    gas: GasMeter,
) -> Outcome {
    let code_hash = CodeHash::of(&made.report.executable);
    let begun = frames.journal().create_contract(
        &creation.creator,
        &made.address,
        (creation.kind, code_hash),
        Wei::ZERO,
    );
    let checkpoint = match begun {
        Ok(Begun::Created(checkpoint)) => checkpoint,
        Ok(_) => return Outcome::halt(HaltReason::Evm("create collision".to_owned())),
        Err(error) => return Outcome::halt(fault(error)),
    };
    let outcome = construct_open(crossroads, frames, creation, (made, code_hash), gas);
    if outcome.status.is_success() && frames.journal().fault().is_none() {
        frames.journal().commit(checkpoint);
    } else {
        frames.journal().revert(checkpoint);
    }
    outcome
}

fn construct_open(
    crossroads: &Crossroads,
    frames: &mut Frames<'_>,
    creation: &Creation,
    (made, code_hash): (&New<'_>, CodeHash),
    mut gas: GasMeter,
) -> Outcome {
    let New { report, address, policy } = *made;
    match frames.journal().transfer(&creation.funder, &address, creation.value) {
        Ok(Transfer::Done) => {}
        Ok(_) => return refuse("the balance does not cover the value", gas.remaining()),
        Err(error) => return Outcome::halt(fault(error)),
    }
    if let Err(error) = store_code(frames, code_hash, report) {
        return Outcome::halt(fault(error));
    }
    let interface =
        creation.interface.clone().or_else(|| report.interface.as_ref().map(Interface::to_json));
    if let Err(outcome) = charge_interface(crossroads, interface.as_deref(), &mut gas) {
        return outcome;
    }
    let block = frames.environment().block.number.0;
    let record = ContractRecord {
        interface,
        upgrade_policy: policy,
        ..ContractRecord::new(creation.kind, code_hash, creation.creator, block)
    };
    frames.journal().set_record(Key::contract(&address), Some(record.encode()));
    frames.scope().store_code(creation.kind, report.executable.clone());
    initialize(crossroads, frames, creation, report, (address, code_hash), gas)
}

/// Keeps code under its hash, once however many contracts run it.
pub(super) fn store_code(
    frames: &mut Frames<'_>,
    code_hash: CodeHash,
    report: &CodeReport,
) -> Result<(), StateError> {
    let key = Key::code(&code_hash);
    if frames.journal().record(&key)?.is_none() {
        frames.journal().set_record(key, Some(report.executable.clone()));
    }
    Ok(())
}

/// Runs the constructor, if the code has one.
fn initialize(
    crossroads: &Crossroads,
    frames: &mut Frames<'_>,
    creation: &Creation,
    report: &CodeReport,
    (address, code_hash): (Address, CodeHash),
    gas: GasMeter,
) -> Outcome {
    if !report.has_constructor {
        if creation.arguments.is_empty() {
            return Outcome::success(Bytes::new(), gas.remaining(), gas.refund());
        }
        let found = creation.arguments.len();
        let reason = format!("contract has no constructor but {found} bytes of arguments came");
        return refuse(&reason, gas.remaining());
    }
    let run = HostedRun {
        entry: Entry::Deploy,
        kind: creation.kind,
        code_hash,
        contract: address,
        caller: creation.creator,
        value: creation.value,
        input: &creation.arguments,
        gas_limit: gas.remaining(),
        is_static: false,
        depth: creation.depth,
    };
    if !frames.scope().enter_foreign() {
        return Outcome::halt(HaltReason::CallDepth(FOREIGN_DEPTH_MAX));
    }
    let outcome = crossroads.run(frames, &run);
    frames.scope().leave_foreign();
    outcome
}

pub(super) fn creation(
    call: &ForeignCall<'_>,
    [kind, code, arguments, interface]: [&Value; 4],
    salt: Option<&Value>,
) -> Result<Creation, String> {
    let malformed = || "the arguments of the deployer are malformed".to_owned();
    let number = kind.as_uint().and_then(|number| u8::try_from(number).ok());
    let kind = number
        .and_then(VmKind::from_code)
        .ok_or_else(|| format!("there is no machine of number {kind}"))?;
    let interface = interface.as_text().ok_or_else(malformed)?;
    let salt = salt.map(|salt| salt.as_bytes().map(B256::from_slice).ok_or_else(malformed));
    Ok(Creation {
        creator: call.caller,
        funder: deployer(),
        kind,
        code: Bytes::copy_from_slice(code.as_bytes().ok_or_else(malformed)?),
        arguments: Bytes::copy_from_slice(arguments.as_bytes().ok_or_else(malformed)?),
        interface: (!interface.is_empty()).then(|| interface.to_owned()),
        value: call.value,
        salt: salt.transpose()?,
        is_nonce_counted: call.depth.0 == 0,
        gas_limit: call.gas_limit,
        depth: call.depth,
    })
}
