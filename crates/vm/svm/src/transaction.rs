//! Instructions of one Solana transaction, run over the state as the runtime of Solana runs them.

use solana_instruction::{AccountMeta, Instruction, error::InstructionError};
use solana_pubkey::Pubkey;
use vm::{BlockEnvironment, GasMeter, HaltReason, Host, Trap};

use crate::{
    frame::{self, Job, Report},
    machine::SvmVm,
    session::Stop,
};

/// Instructions that happen as a whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instructions {
    /// In the order in which they run.
    pub list: Vec<Instruction>,
    /// The accounts of the transaction in its order; those that are not here follow as the
    /// instructions name them.
    pub accounts: Vec<AccountMeta>,
    /// Who has signed. Whether they have is the caller's to know.
    pub signers: Vec<Pubkey>,
    /// Compute units for all of them, at most; the gas bounds them too.
    pub unit_limit: u64,
}

/// What became of the instructions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Processed {
    /// The return data of the last program that set any, or why nothing happened.
    pub result: Result<Vec<u8>, Failure>,
    /// Compute units that were used.
    pub units: u64,
    /// What the runtime and the programs logged.
    pub logs: Vec<String>,
}

/// Why instructions have not happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// An instruction failed.
    Instruction {
        /// Which one, from 0.
        index: usize,
        /// How.
        error: InstructionError,
    },
    /// An account would be left with less than rent asks for.
    Rent {
        /// The first such account.
        account: Pubkey,
    },
    /// They cannot be run, or another machine that they called failed.
    Refused(HaltReason),
    /// The reason that was given, as revert data.
    Reverted(primitives::Bytes),
}

impl SvmVm {
    /// Runs instructions over the state that `host` shows, and writes what they did into it. Where
    /// they fail, the caller takes back what `host` was told.
    ///
    /// # Errors
    ///
    /// [`Trap::Fault`] where the host fails.
    pub fn process(
        &self,
        block: &BlockEnvironment,
        instructions: Instructions,
        (host, gas): (&mut dyn Host, &mut GasMeter),
    ) -> Result<Processed, Trap> {
        let Instructions { list, accounts, signers, unit_limit } = instructions;
        let heap_bytes = None;
        let job = Job { instructions: list, accounts, signers, unit_limit, heap_bytes };
        let mut report = Report::default();
        let ran = frame::run(self, block, &job, &mut report, (host, gas));
        let Report { units, logs, failure } = report;
        let result = match (ran, failure) {
            (Ok(data), _) => Ok(data),
            (Err(Stop::Halt(HaltReason::Fault)), _) => return Err(Trap::Fault),
            (Err(_), Some(failure)) => Err(failure),
            (Err(Stop::Halt(reason)), None) => Err(Failure::Refused(reason)),
            (Err(Stop::Revert(output)), None) => Err(Failure::Reverted(output)),
        };
        Ok(Processed { result, units, logs })
    }
}
