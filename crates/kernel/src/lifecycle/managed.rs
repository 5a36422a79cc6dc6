//! EVM contracts whose owner may replace their code. The EVM makes them as it makes any other.

use primitives::{Address, Bytes, Gas, limits::FOREIGN_DEPTH_MAX};
use state::{Key, record::ContractRecord};
use vm::{GasMeter, HaltReason, Outcome, schedule::words};
use vm_evm::{Frames, NestedCreate};

use super::{
    charge_interface,
    create::Creation,
    deployer,
    desk::{Desk, Stop},
    guard,
};
use crate::crossing::{Crossroads, on_enough_stack};

/// The price of a word of creation code (EIP-3860).
const INIT_CODE_WORD: Gas = Gas(2);

/// Makes an EVM contract in the name of its creator and gives it a record.
pub(super) fn create(
    crossroads: &Crossroads,
    frames: &mut Frames<'_>,
    creation: &Creation,
) -> (Outcome, Option<Address>) {
    let whom = (creation.creator, &creation.code);
    let mut desk = Desk::aside(crossroads, frames, whom, creation.gas_limit);
    let made = create_open(&mut desk, creation);
    let address = made.as_ref().ok().copied();
    (desk.end(made.map(|_| Bytes::new())), address)
}

fn create_open(desk: &mut Desk<'_, '_>, creation: &Creation) -> Result<Address, Stop> {
    let bytes = creation.code.len().saturating_add(creation.arguments.len());
    let schedule = desk.crossroads.schedule();
    let per_word = INIT_CODE_WORD.saturating_mul(words(bytes));
    let check = schedule.compile_byte.saturating_mul(creation.code.len() as u64);
    desk.charge(schedule.deploy_base.saturating_add(per_word).saturating_add(check))?;
    let machine = desk.crossroads.registry().machine(creation.kind);
    let machine = machine.map_err(|error| Stop::Refused(error.to_string()))?;
    let report = machine.validate(&creation.code);
    let code = report.map_err(|error| Stop::Refused(error.to_string()))?.executable;
    let init_code: Bytes = [code.as_ref(), creation.arguments.as_ref()].concat().into();
    let text = creation.interface.as_deref();
    charge_interface(desk.crossroads, text, &mut desk.gas).map_err(Stop::Ended)?;
    // A creation counts the nonce and takes the coin of its creator, and the transaction has
    // counted the one and moved the other to the deployer.
    let journal = desk.frames.journal();
    if creation.is_nonce_counted {
        journal.uncount_nonce(&creation.creator)?;
    }
    let moved = journal.transfer(&deployer(), &creation.creator, creation.value)?;
    assert!(moved == journal::Transfer::Done, "the deployer has what came with the call");
    let address = construct(desk, creation, init_code)?;
    let account = desk.frames.journal().account(&address)?;
    if account.code_hash.is_empty() {
        return Err(Stop::Refused("the creation code leaves no code".to_owned()));
    }
    let block = desk.frames.environment().block.number.0;
    let record = ContractRecord {
        is_managed: true,
        interface: creation.interface.clone(),
        upgrade_policy: guard::contract_policy(desk)?,
        ..ContractRecord::new(creation.kind, account.code_hash, creation.creator, block)
    };
    desk.write(Key::contract(&address), Some(record.encode()))?;
    Ok(address)
}

/// Runs the creation code as the EVM does. It asks the chain's policy itself.
fn construct(
    desk: &mut Desk<'_, '_>,
    creation: &Creation,
    init_code: Bytes,
) -> Result<Address, Stop> {
    let lent = desk.gas.remaining().all_but_one_64th();
    desk.charge(lent)?;
    if !desk.frames.scope().enter_foreign() {
        return Err(Stop::Halted(HaltReason::CallDepth(FOREIGN_DEPTH_MAX)));
    }
    let create = NestedCreate {
        caller: creation.creator,
        value: creation.value,
        init_code,
        salt: creation.salt,
        gas_limit: lent,
    };
    let (outcome, address) = on_enough_stack(|| desk.frames.create(create));
    desk.frames.scope().leave_foreign();
    assert!(outcome.gas_left <= lent, "a constructor left more gas than it was lent");
    assert!(address.is_none() || outcome.status.is_success(), "what is made has succeeded");
    match address {
        Some(address) => {
            settle(&mut desk.gas, &outcome);
            Ok(address)
        }
        None if outcome.status == vm::Status::Revert => {
            desk.gas.hand_back(outcome.gas_left);
            Err(Stop::Ended(Outcome::revert(outcome.output, desk.gas.remaining())))
        }
        None => Err(Stop::Ended(outcome)),
    }
}

fn settle(gas: &mut GasMeter, outcome: &Outcome) {
    gas.hand_back(outcome.gas_left);
    gas.add_refund(outcome.gas_refund);
}
