//! Programs made by Braid's deployer: the accounts that the loader would make.

use abi::revert::encode_error_string;
use primitives::{Address, Bytes, Gas};
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_pubkey::Pubkey;
use solana_rent::Rent;
use solana_sdk_ids::bpf_loader_upgradeable;
use vm::{Frame, GasMeter, Host, Outcome};

use crate::{
    account::{AccountRecord, address, lamports_of, pubkey, wei_of},
    held::place,
    session::Stop,
};

/// What deriving a program address costs: two attempts on the average, as Solana counts them.
pub(crate) const DERIVE_GAS: Gas = Gas(3_000);

/// The lamports that a program's two accounts need to be exempt from rent: what has to come along
/// when code of `code_bytes` is deployed.
#[must_use]
pub fn deposit_lamports(code_bytes: usize) -> u64 {
    let [program, data] = deposits(code_bytes);
    program.saturating_add(data)
}

/// The account that holds the code of a program.
#[must_use]
pub fn program_data_of(program: &Address) -> Address {
    let seeds: [&[u8]; 1] = [program.as_bytes()];
    address(&Pubkey::find_program_address(&seeds, &bpf_loader_upgradeable::ID).0)
}

/// Makes the accounts of a program: it belongs to the third loader, its creator may upgrade it, and
/// it may run at once. The code is in the state already.
pub(crate) fn construct(frame: &Frame<'_>, host: &mut dyn Host) -> Outcome {
    let mut gas = GasMeter::new(frame.gas_limit);
    match make(frame, host, &mut gas) {
        Ok(()) => Outcome::success(Bytes::new(), gas.remaining(), gas.refund()),
        Err(stop) => stop.outcome(&gas),
    }
}

fn make(frame: &Frame<'_>, host: &mut dyn Host, gas: &mut GasMeter) -> Result<(), Stop> {
    if !frame.input.is_empty() {
        return Err(Stop::refused("a Solana program has no constructor and takes no arguments"));
    }
    let [for_program, for_data] = deposits(frame.code.len());
    let has = lamports_of(frame.value);
    if has < for_program.saturating_add(for_data) {
        let needed = wei_of(deposit_lamports(frame.code.len()));
        let reason = format!(
            "a program of {} bytes has to come with a deposit of {needed} wei, not {}",
            frame.code.len(),
            frame.value
        );
        return Err(Stop::Revert(encode_error_string(&reason)));
    }
    gas.charge(DERIVE_GAS)?;
    let data_address = program_data_of(&frame.contract);
    let owner = address(&bpf_loader_upgradeable::ID);
    let program = UpgradeableLoaderState::Program { programdata_address: pubkey(&data_address) };
    let slot = frame.environment.block.number.0.saturating_sub(1);
    let authority = Some(pubkey(&frame.caller));
    let data = UpgradeableLoaderState::ProgramData { slot, upgrade_authority_address: authority };
    put(host, gas, &frame.contract, &record(owner, true, None, &program))?;
    put(host, gas, &data_address, &record(owner, false, Some(frame.code_hash), &data))?;
    let rest = wei_of(has.saturating_sub(for_program));
    if !host.move_coin(gas, &frame.contract, &data_address, rest)? {
        return Err(Stop::refused("the account of the program's data cannot take the deposit"));
    }
    Ok(())
}

fn record(
    owner: Address,
    is_executable: bool,
    code_hash: Option<primitives::CodeHash>,
    state: &UpgradeableLoaderState,
) -> AccountRecord {
    let data = bincode::serialize(state).expect("invariant: a state of the loader has bytes");
    AccountRecord { owner, is_executable, code_hash, data }
}

fn put(
    host: &mut dyn Host,
    gas: &mut GasMeter,
    at: &Address,
    record: &AccountRecord,
) -> Result<(), Stop> {
    Ok(host.record_put(gas, &place(&pubkey(at)), Some(&record.encode()))?)
}

/// The lamports for the account of a program and for that of its data.
fn deposits(code_bytes: usize) -> [u64; 2] {
    let rent = Rent::default();
    let data_bytes = UpgradeableLoaderState::size_of_programdata(code_bytes);
    [
        rent.minimum_balance(UpgradeableLoaderState::size_of_program()),
        rent.minimum_balance(data_bytes),
    ]
}
