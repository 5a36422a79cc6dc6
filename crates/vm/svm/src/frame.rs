//! One transaction context: instructions over accounts of the state.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use primitives::Gas;
use solana_account::ReadableAccount;
use solana_instruction::{AccountMeta, Instruction, error::InstructionError};
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_program_runtime::{
    invoke_context::{EnvironmentConfig, InvokeContext},
    loaded_programs::ProgramCacheForTxBatch,
};
use solana_pubkey::Pubkey;
use solana_sbpf::vm::ContextObject;
use solana_sdk_ids::bpf_loader_upgradeable;
use solana_svm_log_collector::LogCollector;
use solana_svm_timings::ExecuteTimings;
use solana_transaction_context::{
    IndexOfAccount, MAX_ACCOUNTS_PER_TRANSACTION, instruction_accounts::InstructionAccount,
    transaction::TransactionContext,
};
use vm::{BlockEnvironment, GasMeter, Host};

use crate::{
    config::GAS_PER_COMPUTE_UNIT,
    held::{Held, HeldAccounts},
    machine::SvmVm,
    precompile::Precompile,
    runtime::Surroundings,
    session::{LINK, Session, Shared, Stop},
    sysvar::{LAMPORTS_PER_SIGNATURE, Sysvars},
    transaction::Failure,
};

/// Instructions that happen as a whole or not at all.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) instructions: Vec<Instruction>,
    /// Accounts that are there before those of the instructions: all of a transaction's, in its
    /// order.
    pub(crate) accounts: Vec<AccountMeta>,
    /// Who has agreed to sign.
    pub(crate) signers: Vec<Pubkey>,
    /// At most so many compute units, if the gas pays for them.
    pub(crate) unit_limit: u64,
    /// Bytes of the heap of each program, where that is said.
    pub(crate) heap_bytes: Option<u32>,
}

/// What is told of a job beside what it wrote.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Compute units that it used.
    pub(crate) units: u64,
    /// What the runtime and the programs logged.
    pub(crate) logs: Vec<String>,
    /// What Solana calls the failure, if it is one of Solana's.
    pub(crate) failure: Option<Failure>,
}

/// An account of a context and what its instructions may do with it.
#[derive(Debug, Clone, Copy)]
struct Role {
    key: Pubkey,
    is_signer: bool,
    is_writable: bool,
}

/// Runs a job over the state and writes what it did into it. Gives the return data.
pub(crate) fn run(
    vm: &SvmVm,
    block: &BlockEnvironment,
    job: &Job,
    report: &mut Report,
    (host, gas): (&mut dyn Host, &mut GasMeter),
) -> Result<Vec<u8>, Stop> {
    charge_signatures(job, (host, gas))?;
    let roles = roles(vm, job)?;
    let keys: Vec<Pubkey> = roles.iter().map(|role| role.key).collect();
    let rent = &vm.runtime.rent;
    let sysvars = Sysvars::new(block, rent, &keys, &as_run(job, &roles), (host, gas))?;
    let held = load(vm, &roles, &sysvars, (host, gas))?;
    charge_deployments(&held, &roles, (host, gas))?;
    let mut programs = programs(vm, block.number.0, &held, (host, gas))?;
    let accounts = held.iter().map(|held| (held.key, held.account().clone())).collect();
    let budget = &vm.runtime.budget;
    let mut transaction = TransactionContext::new(
        accounts,
        rent.clone(),
        budget.max_instruction_stack_depth,
        budget.max_instruction_trace_length,
        job.instructions.len(),
    );
    let unit_limit = job.unit_limit.min(gas.remaining().0 / GAS_PER_COMPUTE_UNIT);
    let mut shared = Shared::new(held, unit_limit);
    let logs = Rc::new(RefCell::new(LogCollector::default()));
    let (result, units_left) = {
        let mut budget = *budget;
        budget.compute_unit_limit = unit_limit;
        budget.heap_size = job.heap_bytes.unwrap_or(budget.heap_size);
        let mut context = InvokeContext::new(
            &mut transaction,
            &mut programs,
            environment(vm, &sysvars),
            Some(Rc::clone(&logs)),
            budget,
            vm.runtime.cost,
        );
        let mut session = Session { host, gas, shared: &mut shared };
        let result = LINK.set(&mut session, || process(&mut context, &roles, job));
        (result, context.get_remaining())
    };
    report.units = unit_limit.saturating_sub(units_left);
    report.logs = logs.borrow().get_recorded_content().to_vec();
    tell(&report.logs, host)?;
    let stop = shared.take_stop();
    shared.pay(units_left, gas)?;
    if let Err((index, error)) = result {
        let program = job.instructions.get(index).map(|it| it.program_id).unwrap_or_default();
        let stop = stop.unwrap_or_else(|| Stop::of_error(&error, &program, &report.logs));
        report.failure = Some(Failure::Instruction { index, error });
        return Err(stop);
    }
    if let Some((account, stop)) = shared.held.lacking_rent(transaction.accounts(), rent)? {
        report.failure = Some(Failure::Rent { account });
        return Err(stop);
    }
    shared.held.flush(transaction.accounts(), true, (host, gas))?;
    Ok(transaction.get_return_data().1.to_vec())
}

fn environment<'a>(vm: &'a SvmVm, sysvars: &'a Sysvars) -> EnvironmentConfig<'a> {
    EnvironmentConfig::new(
        sysvars.blockhash,
        LAMPORTS_PER_SIGNATURE,
        false,
        &Surroundings,
        &vm.runtime.features,
        &vm.runtime.environments,
        &sysvars.cache,
    )
}

/// The accounts of the context, each once, with what any instruction may do with it. A program
/// that is called is not writable, nor is what is reserved.
fn roles(vm: &SvmVm, job: &Job) -> Result<Vec<Role>, Stop> {
    let mut roles: Vec<Role> = Vec::new();
    for meta in &job.accounts {
        add_role(&mut roles, meta, job)?;
    }
    for instruction in &job.instructions {
        let program = AccountMeta::new_readonly(instruction.program_id, false);
        for meta in instruction.accounts.iter().chain([&program]) {
            add_role(&mut roles, meta, job)?;
        }
    }
    if roles.len() > MAX_ACCOUNTS_PER_TRANSACTION {
        let found = roles.len();
        return Err(Stop::refused(&format!(
            "{found} accounts break the limit of {MAX_ACCOUNTS_PER_TRANSACTION}"
        )));
    }
    let has_loader = roles.iter().any(|role| bpf_loader_upgradeable::check_id(&role.key));
    for role in &mut roles {
        let is_called = job.instructions.iter().any(|it| it.program_id == role.key);
        if vm.runtime.is_reserved(&role.key) || (is_called && !has_loader) {
            role.is_writable = false;
        }
    }
    Ok(roles)
}

fn add_role(roles: &mut Vec<Role>, meta: &AccountMeta, job: &Job) -> Result<(), Stop> {
    if meta.is_signer && !job.signers.contains(&meta.pubkey) {
        let key = meta.pubkey;
        return Err(Stop::refused(&format!("account {key} has to sign and does not")));
    }
    match roles.iter_mut().find(|role| role.key == meta.pubkey) {
        Some(role) => {
            role.is_signer |= meta.is_signer;
            role.is_writable |= meta.is_writable;
        }
        None => roles.push(Role {
            key: meta.pubkey,
            is_signer: meta.is_signer,
            is_writable: meta.is_writable,
        }),
    }
    Ok(())
}

/// The instructions with the roles that their accounts have in the whole transaction, as programs
/// see them.
fn as_run(job: &Job, roles: &[Role]) -> Vec<Instruction> {
    let mut instructions = job.instructions.clone();
    for meta in instructions.iter_mut().flat_map(|instruction| &mut instruction.accounts) {
        if let Some(role) = roles.iter().find(|role| role.key == meta.pubkey) {
            meta.is_signer = role.is_signer;
            meta.is_writable = role.is_writable;
        }
    }
    instructions
}

/// Charges for the signatures that instructions have checked.
fn charge_signatures(job: &Job, (host, gas): (&mut dyn Host, &mut GasMeter)) -> Result<(), Stop> {
    let all_bytes = job.instructions.iter().map(|instruction| instruction.data.len()).sum();
    for instruction in &job.instructions {
        if let Some(precompile) = Precompile::of(&instruction.program_id) {
            gas.charge(precompile.price(host.schedule(), &instruction.data, all_bytes))?;
        }
    }
    Ok(())
}

fn load(
    vm: &SvmVm,
    roles: &[Role],
    sysvars: &Sysvars,
    (host, gas): (&mut dyn Host, &mut GasMeter),
) -> Result<HeldAccounts, Stop> {
    let mut held = HeldAccounts::default();
    for Role { key, .. } in roles {
        let fixed = vm.runtime.builtin_account(key).or_else(|| sysvars.account(key));
        held.push(match fixed {
            Some(account) => Held::fixed(*key, account),
            None => Held::load(host, gas, *key)?,
        });
    }
    Ok(held)
}

/// Charges for the checks of code that the loader may make: it charges the same for any length.
fn charge_deployments(
    held: &HeldAccounts,
    roles: &[Role],
    (host, gas): (&mut dyn Host, &mut GasMeter),
) -> Result<(), Stop> {
    if !roles.iter().any(|role| bpf_loader_upgradeable::check_id(&role.key)) {
        return Ok(());
    }
    let head = UpgradeableLoaderState::size_of_buffer_metadata();
    let price = host.schedule().compile_byte;
    for (held, role) in held.iter().zip(roles) {
        let account = held.account();
        let may_hold_code = role.is_writable && bpf_loader_upgradeable::check_id(account.owner());
        if may_hold_code && account.data().len() > head {
            gas.charge(price.saturating_mul(account.data().len() as u64))?;
        }
    }
    Ok(())
}

/// The programs that the accounts of the context are, and the builtins.
fn programs(
    vm: &SvmVm,
    slot: u64,
    held: &HeldAccounts,
    (host, gas): (&mut dyn Host, &mut GasMeter),
) -> Result<ProgramCacheForTxBatch, Stop> {
    let mut programs = ProgramCacheForTxBatch::new(slot);
    for (key, entry) in vm.runtime.builtins() {
        programs.replenish(key, Arc::clone(entry));
    }
    let environment = vm.runtime.environments.get_env_for_execution();
    for held in held.iter() {
        let found = vm.programs.of_account(held, slot, environment, (&mut *host, &mut *gas))?;
        if let Some(entry) = found {
            programs.replenish(held.key, entry);
        }
    }
    Ok(programs)
}

/// Runs the instructions in their order, up to the first that fails.
fn process<'j>(
    context: &mut InvokeContext<'_, 'j>,
    roles: &[Role],
    job: &'j Job,
) -> Result<(), (usize, InstructionError)> {
    for (number, instruction) in job.instructions.iter().enumerate() {
        configure(context, roles, number, instruction).map_err(|error| (number, error))?;
    }
    for (number, instruction) in job.instructions.iter().enumerate() {
        let program = &instruction.program_id;
        let result = if context.is_precompile(program) {
            let all = job.instructions.iter().map(|instruction| instruction.data.as_slice());
            context.process_precompile(program, &instruction.data, all)
        } else {
            context.process_instruction(&mut 0, &mut ExecuteTimings::default())
        };
        result.map_err(|error| (number, error))?;
    }
    Ok(())
}

fn configure(
    context: &mut InvokeContext<'_, '_>,
    roles: &[Role],
    number: usize,
    instruction: &Instruction,
) -> Result<(), InstructionError> {
    let place = |key: &Pubkey| {
        let index = roles.iter().position(|role| role.key == *key);
        index.expect("invariant: every account has a role")
    };
    let mut first_uses = vec![u16::MAX; MAX_ACCOUNTS_PER_TRANSACTION];
    let mut accounts = Vec::with_capacity(instruction.accounts.len());
    for (position, meta) in instruction.accounts.iter().enumerate() {
        let index = place(&meta.pubkey);
        let (Some(role), Some(first)) = (roles.get(index), first_uses.get_mut(index)) else {
            return Err(InstructionError::MissingAccount);
        };
        if *first == u16::MAX {
            *first = position as u16;
        }
        let index = index as IndexOfAccount;
        accounts.push(InstructionAccount::new(index, role.is_signer, role.is_writable));
    }
    context.transaction_context.configure_instruction_at_index(
        number,
        place(&instruction.program_id) as IndexOfAccount,
        accounts,
        first_uses,
        Cow::Owned(instruction.data.clone()),
        None,
    )
}

/// Hands the log on to the person who debugs. The system calls that wrote it were paid for.
fn tell(lines: &[String], host: &mut dyn Host) -> Result<(), Stop> {
    let mut paid = GasMeter::new(Gas(u64::MAX));
    for line in lines {
        host.debug(&mut paid, line)?;
    }
    Ok(())
}
