//! The `braid` command: contracts of every machine from the shell.
//!
//! Results go to stdout, everything else to stderr; with `--json` stdout holds JSON alone, one
//! object a line. The exit code tells who failed: 0 nobody, 1 the contract, 2 the request, 3 the
//! host.

mod bench;
mod cli;
mod commands;
mod context;
mod failure;
mod output;
mod telemetry;

use std::process::ExitCode;

use clap::Parser;

use crate::{cli::Cli, failure::Failure, output::Output};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let is_help = !error.use_stderr();
            // A closed pipe is the reader's way to say that it has seen enough.
            let _ = error.print();
            return if is_help { ExitCode::SUCCESS } else { ExitCode::from(failure::USAGE) };
        }
    };
    let output = Output::new(&cli.global);
    match commands::run(&cli, &output) {
        Ok(code) => code,
        Err(failure) => report(&output, &failure),
    }
}

fn report(output: &Output, failure: &Failure) -> ExitCode {
    // Whoever closed the pipe has seen enough.
    if failure.is_broken_pipe() {
        return ExitCode::SUCCESS;
    }
    output.failure(failure);
    ExitCode::from(failure.exit_code())
}
