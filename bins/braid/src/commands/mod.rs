//! The commands, a file a family.

mod chain;
mod config;
mod contract;
mod demo;
mod doctor;
mod go;
mod inspect;
mod javascript;
mod lifecycle;
mod machines;
mod object;
mod parameters;
mod proof;
mod snapshot;
mod solana;
mod state;
mod status;
mod test;
mod top;
mod vectors;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use braidvm::rooms::vm_wasm::worker::worker_main;
use clap::CommandFactory;

use crate::{
    bench,
    cli::{Cli, Command, VectorsCommand},
    failure::Failure,
    output::Output,
};

/// Runs the command that the person named.
pub(crate) fn run(cli: &Cli, output: &Output) -> Result<ExitCode, Failure> {
    let global = &cli.global;
    match &cli.command {
        Command::Demo => demo::demo(global, output),
        Command::Accounts => inspect::accounts(global, output),
        Command::Deploy(arguments) => contract::deploy(global, arguments, output),
        Command::Call(arguments) => contract::call(global, arguments, output),
        Command::Send(arguments) => contract::send(global, arguments, output),
        Command::Upgrade(arguments) => lifecycle::upgrade(global, arguments, output),
        Command::Rollback(arguments) => lifecycle::rollback(global, arguments, output),
        Command::Freeze(subject) => lifecycle::change(global, subject, output, |it| it.freeze()),
        Command::Unfreeze(subject) => {
            lifecycle::change(global, subject, output, |it| it.unfreeze())
        }
        Command::Revoke(subject) => lifecycle::change(global, subject, output, |it| it.revoke()),
        Command::Versions(arguments) => lifecycle::versions(global, arguments, output),
        Command::Owner(arguments) => lifecycle::owner(global, arguments, output),
        Command::Policy(arguments) => lifecycle::policy(global, arguments, output),
        Command::Access(arguments) => lifecycle::access(global, arguments, output),
        Command::Params(arguments) => parameters::run(global, arguments, output),
        Command::Init(arguments) => chain::init(global, arguments, output),
        Command::Genesis => chain::genesis(global, output),
        Command::Block(arguments) => chain::block(global, arguments, output),
        Command::Tx(arguments) => chain::transaction(global, arguments, output),
        Command::Receipt { hash } => chain::receipt(global, hash, output),
        Command::Estimate(arguments) => contract::estimate(global, arguments, output),
        Command::Trace(arguments) => contract::trace(global, arguments, output),
        Command::Inspect(arguments) => inspect::inspect(global, arguments, output),
        Command::Object(arguments) => object::object(global, arguments, output),
        Command::Abi(arguments) => inspect::interface(global, arguments, output),
        Command::Solana(command) => solana::run(global, command, output),
        Command::State(command) => state::run(global, command, output),
        Command::Snapshot(command) => snapshot::run(global, command, output),
        Command::Go(command) => go::run(command, output),
        Command::Vms => machines::list(global, output),
        Command::Status { address } => status::status(global, address.as_deref(), output),
        Command::Top(arguments) => top::top(global, arguments, output),
        Command::Vm(command) => machines::run(global, command, output),
        Command::Config(command) => config::run(global, command, output),
        Command::Js(command) => javascript::run(command, output),
        Command::Test(arguments) => test::run(global, arguments, output),
        Command::Bench(arguments) => bench::run(arguments, output),
        Command::TestVectors(VectorsCommand::Evm { path, filter, fork }) => {
            vectors::evm(path, filter.as_deref(), fork.as_deref(), output)
        }
        Command::Doctor => doctor::doctor(global, output),
        Command::Completions { shell } => {
            // The generator panics where its reader goes away, so it writes to memory.
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "braid", &mut script);
            io::stdout().lock().write_all(&script).map_err(Failure::from)
        }
        Command::CompileWorker => {
            let code = worker_main(io::stdin().lock(), io::stdout().lock());
            return Ok(ExitCode::from(code));
        }
        Command::DemoWriter(arguments) => demo::write_until_killed(global, arguments),
    }
    .map(|()| ExitCode::SUCCESS)
}
