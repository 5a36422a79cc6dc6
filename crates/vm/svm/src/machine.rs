//! The machine.

use std::sync::atomic::Ordering;

use primitives::{Address, Bytes, CodeHash, Depth, VmKind, VmVersion, Wei};
use thiserror::Error;
use vm::{CodeError, CodeReport, Entry, Frame, GasMeter, Host, HostedVm, Outcome, Vm, VmStatus};

use crate::{
    account::{pubkey, wei_of},
    bridge::signer_of,
    call::{self, Asked, PROGRAM_INTERFACE},
    config::SvmConfig,
    deploy::{self, DERIVE_GAS, deposit_lamports},
    frame::{self, Job, Report},
    message::SolanaMessage,
    program::{self, Programs},
    resolve,
    runtime::Runtime,
    session::{NEST, Stop},
};

/// Bytes of the mark that a transaction was processed: payer, block and hash.
const MARK_BYTES: usize = 32 + 8 + 32;

/// How an ELF file begins.
const MAGIC: &[u8] = b"\x7fELF";

/// Where an ELF file says for which machine it is, as a number of two bytes.
const ELF_MACHINE: core::ops::Range<usize> = 18..20;

/// The machines of the files that run here: BPF, and Solana's own number.
const ELF_MACHINES: [u16; 2] = [247, 263];

/// The machine that runs Solana programs. See the [crate's page](crate).
#[derive(Debug)]
pub struct SvmVm {
    pub(crate) runtime: Runtime,
    pub(crate) programs: Programs,
}

/// Why the machine cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SvmError {
    /// The runtime does not accept its own rules.
    #[error("the Solana runtime does not start: {0}")]
    Runtime(String),
}

impl SvmVm {
    /// A machine with these settings.
    ///
    /// # Errors
    ///
    /// [`SvmError`] where the runtime does not start.
    pub fn new(config: &SvmConfig) -> Result<Self, SvmError> {
        let runtime = Runtime::new().map_err(SvmError::Runtime)?;
        Ok(Self { runtime, programs: Programs::new(config.cache_bytes) })
    }

    fn run(
        &self,
        frame: &Frame<'_>,
        (host, gas): (&mut dyn Host, &mut GasMeter),
    ) -> Result<Bytes, Stop> {
        let copied = vm::schedule::words(frame.input.len());
        gas.charge(host.schedule().copy_word.saturating_mul(copied))?;
        let asked = call::decode(frame.contract, frame.input);
        let instruction = match asked.map_err(|reason| Stop::refused(&reason))? {
            Asked::SignerOf(contract) => {
                gas.charge(DERIVE_GAS)?;
                return Ok(Bytes::copy_from_slice(signer_of(&contract).as_bytes()));
            }
            Asked::Run(instruction) => instruction,
            Asked::Transact(message) => return self.transact(frame, *message, (host, gas)),
        };
        let own = pubkey(&frame.caller);
        let signs_otherwise =
            |meta: &solana_instruction::AccountMeta| meta.is_signer && meta.pubkey != own;
        let mut signers = vec![own];
        let needs_signer = instruction.accounts.iter().any(signs_otherwise);
        if needs_signer || !frame.value.is_zero() {
            gas.charge(DERIVE_GAS)?;
            let signer = signer_of(&frame.caller);
            signers.push(pubkey(&signer));
            hand_on(frame, &signer, (host, gas))?;
        }
        let data = if NEST.is_set() {
            NEST.with(|nest| nest.run(instruction, &signers, (host, gas)))?
        } else {
            let job = Job {
                instructions: vec![instruction],
                accounts: Vec::new(),
                signers,
                unit_limit: u64::MAX,
                heap_bytes: None,
            };
            frame::run(self, &frame.environment.block, &job, &mut Report::default(), (host, gas))?
        };
        Ok(call::encode_answer(&data))
    }

    /// Runs all instructions of a message in the name of those who signed the transaction.
    fn transact(
        &self,
        frame: &Frame<'_>,
        message: SolanaMessage,
        (host, gas): (&mut dyn Host, &mut GasMeter),
    ) -> Result<Bytes, Stop> {
        let transaction = &frame.environment.transaction;
        if frame.depth != Depth(0) || frame.caller != transaction.origin {
            return Err(Stop::refused("only a transaction itself runs a message"));
        }
        if !frame.value.is_zero() {
            return Err(Stop::refused("a message takes no value: its instructions move coin"));
        }
        let signers: Vec<_> =
            [frame.caller].iter().chain(&transaction.cosigners).map(pubkey).collect();
        let checks = host.schedule().ed25519_verify.saturating_mul(signers.len() as u64);
        gas.charge(checks.saturating_add(host.schedule().write(true, false, MARK_BYTES)))?;
        let limits = *message.limits();
        let block = &frame.environment.block;
        let (accounts, instructions) = resolve::instructions(&message, block, (host, gas))?;
        let job = Job {
            instructions,
            accounts,
            signers,
            unit_limit: limits.unit_limit,
            heap_bytes: Some(limits.heap_bytes),
        };
        let data = frame::run(self, block, &job, &mut Report::default(), (host, gas))?;
        Ok(call::encode_answer(&data))
    }
}

/// Gives the coin that came with a call to the account with which the caller signs: a program's
/// own account has no use for it.
fn hand_on(
    frame: &Frame<'_>,
    signer: &Address,
    (host, gas): (&mut dyn Host, &mut GasMeter),
) -> Result<(), Stop> {
    if frame.value.is_zero() || host.move_coin(gas, &frame.contract, signer, frame.value)? {
        return Ok(());
    }
    Err(Stop::refused("the caller's account cannot take the value"))
}

impl Vm for SvmVm {
    fn kind(&self) -> VmKind {
        VmKind::Svm
    }

    fn version(&self) -> VmVersion {
        VmVersion { major: 1, minor: 0, patch: 0, features: vec!["agave-4.2".to_owned()] }
    }

    fn recognizes(&self, code: &[u8]) -> bool {
        let machine = code.get(ELF_MACHINE).and_then(|bytes| <[u8; 2]>::try_from(bytes).ok());
        let is_known = machine.is_some_and(|it| ELF_MACHINES.contains(&u16::from_le_bytes(it)));
        code.starts_with(MAGIC) && is_known
    }

    fn validate(&self, code: &[u8]) -> Result<CodeReport, CodeError> {
        program::check(&self.runtime.deployment, code).map_err(|reason| CodeError::Malformed {
            kind: VmKind::Svm,
            offset: 0,
            reason,
        })?;
        Ok(CodeReport {
            executable: Bytes::copy_from_slice(code),
            interface: Some(PROGRAM_INTERFACE.clone()),
            exports: vec!["entrypoint".to_owned()],
            imports: Vec::new(),
            has_constructor: true,
        })
    }

    fn prepare(&self, code: &[u8]) {
        let environment = self.runtime.environments.get_env_for_execution();
        self.programs.prepare(environment, CodeHash::of(code), code);
    }

    fn deposit(&self, code: &[u8]) -> Wei {
        wei_of(deposit_lamports(code.len()))
    }

    fn status(&self) -> VmStatus {
        let (programs, bytes) = self.programs.size();
        VmStatus {
            counters: vec![
                ("programs", programs),
                ("program_bytes", bytes),
                ("program_hits", self.programs.hits.load(Ordering::Relaxed)),
                ("program_misses", self.programs.misses.load(Ordering::Relaxed)),
            ],
        }
    }
}

impl HostedVm for SvmVm {
    fn execute(&self, frame: &Frame<'_>, host: &mut dyn Host) -> Outcome {
        if frame.entry == Entry::Deploy {
            return deploy::construct(frame, host);
        }
        let mut gas = GasMeter::new(frame.gas_limit);
        match self.run(frame, (host, &mut gas)) {
            Ok(output) => Outcome::success(output, gas.remaining(), gas.refund()),
            Err(stop) => stop.outcome(&gas),
        }
    }
}
