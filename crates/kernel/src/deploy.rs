//! The making of contracts of hosted machines, and the system contract that anyone calls for it.
//!
//! A deploy is: check the code, charge for it, derive the address, make the account, store the
//! code once, run the constructor, write the contract's record. It happens as a whole or not at
//! all.

use std::sync::LazyLock;

use abi::{Interface, Value};
use journal::{Creation as Begun, Transfer};
use primitives::{
    Address, B256, Bytes, CodeHash, Depth, EvmAddress, Gas, U256, VmKind, Wei, keccak256,
    limits::{FOREIGN_CODE_BYTES_MAX, FOREIGN_DEPTH_MAX, INTERFACE_BYTES_MAX},
};
use state::{
    Key,
    record::{ContractRecord, ContractStatus},
};
use vm::{
    CodeReport, Entry, GasMeter, HaltReason, Outcome, Status,
    schedule::words,
    trace::{CallKind, CallStart},
};
use vm_evm::{ForeignCall, Frames};

use crate::crossing::{Crossroads, HostedRun, fault, refuse};

/// The address of the deployer as the EVM names it.
pub(crate) const DEPLOYER_EVM: EvmAddress =
    EvmAddress::new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xb7, 0xa1, 0xd0]);

/// What the deployer offers, as any contract sees it.
pub static DEPLOYER_INTERFACE: LazyLock<Interface> = LazyLock::new(|| {
    Interface::from_signatures(&[
        "function deploy(uint8 kind, bytes code, bytes arguments, string abi) payable \
         returns (address)",
        "function deploy2(uint8 kind, bytes code, bytes arguments, string abi, bytes32 salt) \
         payable returns (address)",
        "function describe(address contract, uint64 nonce, string abi)",
    ])
    .expect("invariant: the deployer's own signatures parse")
});

/// The address of the deployer.
#[must_use]
pub fn deployer() -> Address {
    Address::from_evm(DEPLOYER_EVM)
}

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

/// A call of the deployer.
pub(crate) fn run(
    crossroads: &Crossroads,
    frames: &mut Frames<'_>,
    call: &ForeignCall<'_>,
) -> Outcome {
    if call.is_static {
        return Outcome::halt(HaltReason::StaticViolation);
    }
    let (name, arguments) = match decode_call(call.input) {
        Ok(decoded) => decoded,
        Err(reason) => return refuse(&reason, call.gas_limit),
    };
    match (name.as_str(), arguments.as_slice()) {
        ("describe", [contract, nonce, text]) => {
            describe(crossroads, frames, call, (contract, nonce, text))
        }
        (_, [kind, code, arguments, text, salt @ ..]) => {
            let creation = match creation(call, [kind, code, arguments, text], salt.first()) {
                Ok(creation) => creation,
                Err(reason) => return refuse(&reason, call.gas_limit),
            };
            let (mut outcome, address) = create(crossroads, frames, &creation);
            if let (Status::Success, Some(address)) = (&outcome.status, address) {
                outcome.output = Bytes::copy_from_slice(address.as_bytes());
            }
            outcome
        }
        _ => refuse("the deployer has no such method", call.gas_limit),
    }
}

/// Makes a contract of a hosted machine: the outcome of its constructor and its address.
pub(crate) fn create(
    crossroads: &Crossroads,
    frames: &mut Frames<'_>,
    creation: &Creation,
) -> (Outcome, Option<Address>) {
    let mut gas = GasMeter::new(creation.gas_limit);
    let report = match checked_code(crossroads, creation, &mut gas) {
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
    let outcome = construct(crossroads, frames, creation, &report, address, gas);
    assert!(outcome.gas_left <= lent, "a constructor left more gas than it was given");
    let used = Gas(lent.0 - outcome.gas_left.0);
    frames.scope().end_creation(creation.kind, used);
    if is_traced {
        frames.scope().recorder_mut().exit(outcome.status.clone(), outcome.output.clone(), used);
    }
    (outcome, Some(address))
}

/// The static checks, charged before they are made, and the price of storing the code.
fn checked_code(
    crossroads: &Crossroads,
    creation: &Creation,
    gas: &mut GasMeter,
) -> Result<CodeReport, Outcome> {
    let schedule = crossroads.schedule();
    let code_bytes = creation.code.len() as u64;
    if creation.code.len() > FOREIGN_CODE_BYTES_MAX {
        let reason = format!(
            "code of {code_bytes} bytes breaks the limit of {FOREIGN_CODE_BYTES_MAX} bytes"
        );
        return Err(refuse(&reason, gas.remaining()));
    }
    let out_of_gas = |_| Outcome::halt(HaltReason::OutOfGas);
    gas.charge(schedule.compile_byte.saturating_mul(code_bytes)).map_err(out_of_gas)?;
    let machine = crossroads
        .registry()
        .machine(creation.kind)
        .map_err(|error| refuse(&error.to_string(), gas.remaining()))?;
    let report = machine
        .validate(&creation.code)
        .map_err(|error| refuse(&error.to_string(), gas.remaining()))?;
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
    report: &CodeReport,
    address: Address,
    gas: GasMeter,
) -> Outcome {
    let code_hash = CodeHash::of(&report.executable);
    let begun = frames.journal().create_contract(
        &creation.creator,
        &address,
        (creation.kind, code_hash),
        Wei::ZERO,
    );
    let checkpoint = match begun {
        Ok(Begun::Created(checkpoint)) => checkpoint,
        Ok(_) => return Outcome::halt(HaltReason::Evm("create collision".to_owned())),
        Err(error) => return Outcome::halt(fault(error)),
    };
    let outcome = construct_open(crossroads, frames, creation, report, (address, code_hash), gas);
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
    report: &CodeReport,
    (address, code_hash): (Address, CodeHash),
    mut gas: GasMeter,
) -> Outcome {
    match frames.journal().transfer(&creation.funder, &address, creation.value) {
        Ok(Transfer::Done) => {}
        Ok(_) => return refuse("the balance does not cover the value", gas.remaining()),
        Err(error) => return Outcome::halt(fault(error)),
    }
    let key = Key::code(&code_hash);
    match frames.journal().record(&key) {
        Ok(Some(_)) => {}
        Ok(None) => frames.journal().set_record(key, Some(report.executable.clone())),
        Err(error) => return Outcome::halt(fault(error)),
    }
    let interface =
        creation.interface.clone().or_else(|| report.interface.as_ref().map(Interface::to_json));
    if let Err(outcome) = charge_interface(crossroads, interface.as_deref(), &mut gas) {
        return outcome;
    }
    if let Some(text) = interface.as_deref()
        && let Err(error) = Interface::from_json(text)
    {
        return refuse(&format!("interface: {error}"), gas.remaining());
    }
    let record = new_record(frames, creation, code_hash, interface);
    frames.journal().set_record(Key::contract(&address), Some(record.encode()));
    frames.scope().store_code(creation.kind, report.executable.clone());
    initialize(crossroads, frames, creation, report, (address, code_hash), gas)
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

fn charge_interface(
    crossroads: &Crossroads,
    interface: Option<&str>,
    gas: &mut GasMeter,
) -> Result<(), Outcome> {
    let bytes = interface.map_or(0, str::len);
    if bytes > INTERFACE_BYTES_MAX {
        let reason =
            format!("interface of {bytes} bytes breaks the limit of {INTERFACE_BYTES_MAX} bytes");
        return Err(refuse(&reason, gas.remaining()));
    }
    let cost = crossroads.schedule().write_word.saturating_mul(words(bytes));
    gas.charge(cost).map_err(|_| Outcome::halt(HaltReason::OutOfGas))
}

fn new_record(
    frames: &mut Frames<'_>,
    creation: &Creation,
    code_hash: CodeHash,
    interface: Option<String>,
) -> ContractRecord {
    let block = frames.environment().block.number.0;
    ContractRecord {
        kind: creation.kind,
        version: 1,
        code_hashes: vec![code_hash],
        owner: Some(creation.creator),
        status: ContractStatus::Active,
        interface,
        created_block: block,
        updated_block: block,
    }
}

/// Attaches an interface to a contract that the EVM made. Only its creator may: the contract's
/// address must follow from the caller and the nonce.
fn describe(
    crossroads: &Crossroads,
    frames: &mut Frames<'_>,
    call: &ForeignCall<'_>,
    (contract, nonce, text): (&Value, &Value, &Value),
) -> Outcome {
    if !call.value.is_zero() {
        return refuse("describe takes no coin", call.gas_limit);
    }
    let mut gas = GasMeter::new(call.gas_limit);
    let (Some(contract), Some(nonce), Some(text)) =
        (contract.as_address(), nonce.as_uint(), text.as_text())
    else {
        return refuse("describe takes a contract, a nonce and an interface", gas.remaining());
    };
    let schedule = crossroads.schedule();
    let base = schedule.write(true, false, 0);
    if gas.charge(base).is_err() {
        return Outcome::halt(HaltReason::OutOfGas);
    }
    if let Err(outcome) = charge_interface(crossroads, Some(text), &mut gas) {
        return outcome;
    }
    if let Err(error) = Interface::from_json(text) {
        return refuse(&format!("interface: {error}"), gas.remaining());
    }
    let nonce = u64::try_from(nonce).unwrap_or(u64::MAX);
    let derived = Address::from_evm(call.caller.evm_alias().create(nonce));
    match described_record(frames, call.caller, contract, derived == contract, text) {
        Ok(Ok(record)) => {
            frames.journal().set_record(Key::contract(&contract), Some(record.encode()));
            Outcome::success(Bytes::new(), gas.remaining(), 0)
        }
        Ok(Err(reason)) => refuse(&reason, gas.remaining()),
        Err(error) => Outcome::halt(fault(error)),
    }
}

/// The record with the interface in it, or why the caller may not attach one.
fn described_record(
    frames: &mut Frames<'_>,
    caller: Address,
    contract: Address,
    is_creator: bool,
    text: &str,
) -> Result<Result<ContractRecord, String>, state::StateError> {
    let block = frames.environment().block.number.0;
    let key = Key::contract(&contract);
    if let Some(bytes) = frames.journal().record(&key)? {
        let mut record = ContractRecord::decode(&key, &bytes)?;
        if record.owner != Some(caller) {
            return Ok(Err(format!("{caller} is not the owner of {contract}")));
        }
        record.interface = Some(text.to_owned());
        record.updated_block = block;
        return Ok(Ok(record));
    }
    let account = frames.journal().account(&contract)?;
    if account.code_hash.is_empty() {
        return Ok(Err(format!("{contract} has no code")));
    }
    if !is_creator {
        return Ok(Err(format!("{caller} did not create {contract} with this nonce")));
    }
    Ok(Ok(ContractRecord {
        kind: account.kind,
        version: 1,
        code_hashes: vec![account.code_hash],
        owner: Some(caller),
        status: ContractStatus::Active,
        interface: Some(text.to_owned()),
        created_block: block,
        updated_block: block,
    }))
}

fn decode_call(input: &[u8]) -> Result<(String, Vec<Value>), String> {
    let selector = input
        .first_chunk::<4>()
        .ok_or_else(|| format!("input of {} bytes has no selector", input.len()))?;
    let method = DEPLOYER_INTERFACE
        .method_by_selector(*selector)
        .ok_or_else(|| "the deployer has no such method".to_owned())?;
    let arguments = method.decode_input(input).map_err(|error| error.to_string())?;
    Ok((method.name.clone(), arguments))
}

fn creation(
    call: &ForeignCall<'_>,
    [kind, code, arguments, interface]: [&Value; 4],
    salt: Option<&Value>,
) -> Result<Creation, String> {
    let malformed = || "the arguments of the deployer are malformed".to_owned();
    let number = kind.as_uint().and_then(|number| u8::try_from(number).ok());
    let kind = number
        .and_then(VmKind::from_code)
        .ok_or_else(|| format!("there is no machine of number {kind}"))?;
    if kind == VmKind::Evm {
        return Err("EVM contracts are made by a creation transaction or CREATE".to_owned());
    }
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

/// The input of a call that makes a contract.
#[must_use]
pub fn deploy_input(kind: VmKind, code: &[u8], arguments: &[u8], interface: Option<&str>) -> Bytes {
    let method = DEPLOYER_INTERFACE.method("deploy").expect("invariant: the deployer deploys");
    let values = [
        Value::uint(u64::from(kind.code())),
        Value::bytes(Bytes::copy_from_slice(code)),
        Value::bytes(Bytes::copy_from_slice(arguments)),
        Value::text(interface.unwrap_or_default()),
    ];
    method.encode_call(&values).expect("invariant: the values are of the method's types")
}

/// The input of a call that attaches an interface to a contract the caller created.
#[must_use]
pub fn describe_input(contract: Address, nonce: u64, interface: &str) -> Bytes {
    let method = DEPLOYER_INTERFACE.method("describe").expect("invariant: the deployer describes");
    let values = [Value::from(contract), Value::from(U256::from(nonce)), Value::text(interface)];
    method.encode_call(&values).expect("invariant: the values are of the method's types")
}
