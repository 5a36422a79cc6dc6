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

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let is_help = !error.use_stderr();
            if !is_help && wants_json() {
                return report_words(&error);
            }
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

/// Whether a script asks, where the words of the command line do not read.
fn wants_json() -> bool {
    std::env::args_os().take_while(|it| it != "--").any(|it| it == "--json")
}

/// A failure of the words themselves, in the form of any other.
fn report_words(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    Output::json_failure(&Failure::usage(text.trim_end()));
    let _ = error.print();
    ExitCode::from(failure::USAGE)
}

fn report(output: &Output, failure: &Failure) -> ExitCode {
    // Whoever closed the pipe has seen enough.
    if failure.is_broken_pipe() {
        return ExitCode::SUCCESS;
    }
    output.failure(failure);
    ExitCode::from(failure.exit_code())
}
