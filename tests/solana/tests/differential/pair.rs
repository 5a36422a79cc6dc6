//! The two that are compared, over the same accounts.

use agave_feature_set::{FeatureSet, disable_sbpf_v0_execution, disable_sbpf_v0_v1_v2_deployment};
use litesvm::LiteSVM;
use primitives::{Address, BlockNumber, Bytes, CodeHash, Gas, Wei};
use solana_account::{Account, ReadableAccount};
use solana_clock::Clock;
use solana_epoch_schedule::EpochSchedule;
use solana_instruction::{AccountMeta, Instruction, error::InstructionError};
use solana_message::Message;
use solana_pubkey::Pubkey;
use solana_sdk_ids::{bpf_loader, bpf_loader_upgradeable};
use solana_transaction::Transaction;
use solana_transaction_error::TransactionError;
use vm::{GasMeter, RecordSpace, testkit::MemoryHost};
use vm_svm::{AccountRecord, Failure, Instructions, SvmConfig, SvmVm, lamports_of, wei_of};

/// Who pays fees in litesvm, and does nothing else.
const FEE_PAYER: Pubkey = Pubkey::new_from_array([0xfe; 32]);

/// Compute units of a transaction unless a test says otherwise.
pub(crate) const UNITS: u64 = 1_000_000;

/// Bytes before the code in the account of a program's data.
const PROGRAM_DATA_HEAD: usize = 45;

/// What became of a transaction, in words of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Done(Vec<u8>),
    Failed(usize, InstructionError),
    LacksRent(Pubkey),
}

/// What is seen of an account from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    lamports: u64,
    owner: Pubkey,
    is_executable: bool,
    data: Vec<u8>,
}

/// What both say of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) end: End,
    pub(crate) units: u64,
    pub(crate) logs: Vec<String>,
}

/// Braid's machine over a host in memory, and litesvm.
pub(crate) struct Pair<'v> {
    vm: &'v SvmVm,
    host: MemoryHost,
    light: LiteSVM,
    slot: u64,
}

/// What every [`Pair`] starts from: it is costly to make.
pub(crate) struct Start {
    vm: SvmVm,
    light: LiteSVM,
}

impl Start {
    pub(crate) fn new() -> Self {
        let mut features = FeatureSet::all_enabled();
        features.deactivate(&disable_sbpf_v0_execution::id());
        features.deactivate(&disable_sbpf_v0_v1_v2_deployment::id());
        let mut light = LiteSVM::default()
            .with_feature_set(features)
            .with_builtins()
            .with_lamports(u64::MAX / 8)
            .with_sysvars()
            .with_default_programs()
            .with_sigverify(false)
            .with_blockhash_check(false)
            .with_transaction_history(0);
        light.set_sysvar(&EpochSchedule::without_warmup());
        let payer = Account { lamports: 1 << 50, rent_epoch: u64::MAX, ..Account::default() };
        light.set_account(FEE_PAYER, payer).expect("an account without data");
        let vm = SvmVm::new(&SvmConfig::default()).expect("the machine starts");
        Self { vm, light }
    }

    /// Both with the programs of litesvm that `programs` names.
    pub(crate) fn pair(&self, programs: &[Pubkey]) -> Pair<'_> {
        let host = MemoryHost::default();
        let light = self.light.clone();
        // After all in which the programs of litesvm were deployed.
        let slot = light.get_sysvar::<Clock>().slot + 1;
        let mut pair = Pair { vm: &self.vm, host, light, slot };
        for program in programs {
            let account = pair.light.get_account(program).expect("a program of litesvm");
            if bpf_loader_upgradeable::check_id(&account.owner) {
                let seeds: [&[u8]; 1] = [program.as_ref()];
                let data = Pubkey::find_program_address(&seeds, &bpf_loader_upgradeable::ID).0;
                let account = pair.light.get_account(&data).expect("the data of a program");
                pair.plant(&data, &account);
            }
            pair.plant(program, &account);
        }
        pair
    }
}

impl Pair<'_> {
    /// Gives an account lamports in both.
    pub(crate) fn fund(&mut self, key: &Pubkey, lamports: u64) {
        let account = Account { lamports, rent_epoch: u64::MAX, ..Account::default() };
        self.plant(key, &account);
        self.light.set_account(*key, account).expect("an account without data");
    }

    /// Goes on to the next slot.
    pub(crate) fn next_slot(&mut self) {
        self.slot += 1;
    }

    /// Runs a transaction in both, compares all that is to be seen of it, and tells it.
    pub(crate) fn run(&mut self, list: &[Instruction], unit_limit: u64) -> Told {
        let ours = self.ours(list, unit_limit);
        let theirs = self.theirs(list, unit_limit);
        assert_eq!(ours, theirs, "Braid, then litesvm");
        let metas = list.iter().flat_map(|instruction| &instruction.accounts);
        for key in metas.map(|meta| meta.pubkey) {
            if let Some(theirs) = self.seen_by_litesvm(&key) {
                assert_eq!(self.seen_by_braid(&key), theirs, "account {key}: Braid, then litesvm");
            }
        }
        ours
    }

    fn ours(&mut self, list: &[Instruction], unit_limit: u64) -> Told {
        let mut block = self.host.environment.block.clone();
        block.number = BlockNumber(self.slot);
        block.timestamp_s = 0;
        let metas = list.iter().flat_map(|instruction| &instruction.accounts);
        let signers = metas.filter(|meta| meta.is_signer).map(|meta| meta.pubkey).collect();
        let (list, accounts) = (list.to_vec(), ordered(list));
        let instructions = Instructions { list, accounts, signers, unit_limit };
        let before = self.host.state.clone();
        let mut gas = GasMeter::new(Gas(1 << 40));
        let processed = self.vm.process(&block, instructions, (&mut self.host, &mut gas));
        let processed = processed.expect("the host does not fail");
        if processed.result.is_err() {
            self.host.state = before;
        }
        let end = match processed.result {
            Ok(data) => End::Done(data),
            Err(Failure::Instruction { index, error }) => End::Failed(index, error),
            Err(Failure::Rent { account }) => End::LacksRent(account),
            Err(other) => panic!("a failure that Solana does not know: {other:?}"),
        };
        Told { end, units: processed.units, logs: processed.logs }
    }

    fn theirs(&mut self, list: &[Instruction], unit_limit: u64) -> Told {
        let schedule = EpochSchedule::without_warmup();
        self.light.set_sysvar(&Clock {
            slot: self.slot,
            epoch: schedule.get_epoch(self.slot),
            leader_schedule_epoch: schedule.get_leader_schedule_epoch(self.slot),
            ..Clock::default()
        });
        let limit = set_unit_limit(unit_limit);
        let all: Vec<Instruction> = [limit].into_iter().chain(list.iter().cloned()).collect();
        let message = Message::new(&all, Some(&FEE_PAYER));
        let keys = message.account_keys.clone();
        let (end, meta) = match self.light.send_transaction(Transaction::new_unsigned(message)) {
            Ok(meta) => (End::Done(meta.return_data.data.clone()), meta),
            Err(failed) => (end_of(&failed.err, &keys), failed.meta),
        };
        // The instruction that sets the limit is litesvm's alone: its units and its two lines.
        let units = meta.compute_units_consumed - LIMIT_UNITS;
        Told { end, units, logs: meta.logs[LIMIT_LINES..].to_vec() }
    }

    /// Puts an account into Braid's state as its strand keeps it.
    fn plant(&mut self, key: &Pubkey, account: &Account) {
        let at = address(key);
        self.host.state.balances.insert(at, wei_of(account.lamports));
        if account.data.is_empty() {
            return;
        }
        let is_code = bpf_loader::check_id(&account.owner);
        let is_data = bpf_loader_upgradeable::check_id(&account.owner) && !account.executable;
        let head_bytes = match (is_code, is_data) {
            (true, _) => Some(0),
            (_, true) => Some(PROGRAM_DATA_HEAD),
            _ => None,
        };
        let (head, code) = account.data.split_at(head_bytes.unwrap_or(account.data.len()));
        let code_hash = head_bytes.map(|_| CodeHash::of(code));
        if let Some(hash) = code_hash {
            self.host.state.machine_codes.insert(hash, Bytes::copy_from_slice(code));
        }
        let owner = address(&account.owner);
        let is_executable = account.executable;
        let record = AccountRecord { owner, is_executable, code_hash, data: head.to_vec() };
        let place = (RecordSpace::SvmAccount, at, Vec::new());
        self.host.state.machine_records.insert(place, record.encode().into());
    }

    /// An account in Braid's state.
    fn seen_by_braid(&self, key: &Pubkey) -> Seen {
        let at = address(key);
        let state = &self.host.state;
        let record = match state.machine_records.get(&(RecordSpace::SvmAccount, at, Vec::new())) {
            Some(bytes) => AccountRecord::decode(bytes).expect("a record"),
            None => AccountRecord::empty(),
        };
        let mut data = record.data;
        if let Some(hash) = record.code_hash {
            data.extend_from_slice(state.machine_codes.get(&hash).expect("the code"));
        }
        let balance = state.balances.get(&at).copied().unwrap_or(Wei::ZERO);
        let owner = Pubkey::new_from_array(*record.owner.as_bytes());
        let is_executable = record.is_executable;
        Seen { lamports: lamports_of(balance), owner, is_executable, data }
    }

    /// An account in litesvm, but for those that Braid makes for each context anew.
    fn seen_by_litesvm(&self, key: &Pubkey) -> Option<Seen> {
        let account = self.light.get_account(key).unwrap_or_default();
        let is_made = [solana_sdk_ids::sysvar::ID, solana_sdk_ids::native_loader::ID];
        if is_made.contains(account.owner()) {
            return None;
        }
        if account.lamports == 0 {
            let (owner, data) = (Pubkey::default(), Vec::new());
            return Some(Seen { lamports: 0, owner, is_executable: false, data });
        }
        Some(Seen {
            lamports: account.lamports,
            owner: account.owner,
            is_executable: account.executable,
            data: account.data,
        })
    }
}

/// What the instruction that sets the limit of compute units uses of them.
const LIMIT_UNITS: u64 = 150;

/// The lines that it logs: it is invoked, it succeeds.
const LIMIT_LINES: usize = 2;

/// The instruction that sets the limit of compute units so that `units` are left after it.
fn set_unit_limit(units: u64) -> Instruction {
    let limit = u32::try_from(units + LIMIT_UNITS).expect("a limit that Solana knows");
    let mut data = vec![2];
    data.extend(limit.to_le_bytes());
    Instruction { program_id: solana_sdk_ids::compute_budget::ID, accounts: Vec::new(), data }
}

/// The accounts in the order of a message. What may be done with them, the instructions say.
fn ordered(list: &[Instruction]) -> Vec<AccountMeta> {
    let message = Message::new(list, Some(&FEE_PAYER));
    let keys = message.account_keys.iter().skip(1);
    keys.map(|key| AccountMeta::new_readonly(*key, false)).collect()
}

fn end_of(error: &TransactionError, keys: &[Pubkey]) -> End {
    match error {
        TransactionError::InstructionError(index, error) => {
            End::Failed(usize::from(*index) - 1, error.clone())
        }
        TransactionError::InsufficientFundsForRent { account_index } => {
            End::LacksRent(keys[usize::from(*account_index)])
        }
        other => panic!("litesvm does not run the transaction: {other:?}"),
    }
}

fn address(key: &Pubkey) -> Address {
    Address::new(key.to_bytes())
}
