//! The accounts of a transaction context, and what the state holds of them.

use primitives::{Bytes, CodeHash, Wei};
use solana_account::{AccountSharedData, ReadableAccount};
use solana_instruction::error::InstructionError;
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_pubkey::Pubkey;
use solana_rent::Rent;
use solana_sdk_ids::{bpf_loader, bpf_loader_upgradeable, incinerator, system_program};
use solana_transaction_context::transaction_accounts::TransactionAccounts;
use vm::{GasMeter, Host, RecordPlace, RecordSpace};

use crate::{
    account::{AccountRecord, address, lamports_of, pubkey, shared, wei_of},
    session::Stop,
};

/// An account of a context.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) key: Pubkey,
    /// Builtins and sysvars are not in the state, and nobody changes them.
    is_fixed: bool,
    /// As the context had it when it began.
    initial: Balance,
    /// As it was when the state was last equal to the context.
    seen: AccountSharedData,
    /// Whether the context has changed it.
    is_changed: bool,
    /// The code that its data ends in, where that is kept by its hash.
    code_hash: Option<CodeHash>,
    /// The record that the state holds, if nobody has changed it from outside.
    record: Option<Bytes>,
    /// The balance likewise.
    balance: Wei,
    /// Lamports that have left the context though it still counts them: those of the vault.
    pub(crate) gone: u64,
}

/// The accounts of a context in its order.
#[derive(Debug, Default)]
pub(crate) struct HeldAccounts(Vec<Held>);

#[derive(Debug, Clone, Copy)]
struct Balance {
    lamports: u64,
    data_bytes: usize,
}

/// The record of an account, or nothing where it has none.
///
/// # Errors
///
/// [`Stop`] where the host says so, or the state holds something else than a record.
pub(crate) fn read_record(
    host: &mut dyn Host,
    gas: &mut GasMeter,
    key: &Pubkey,
) -> Result<Option<(AccountRecord, Bytes)>, Stop> {
    let Some(bytes) = host.record_get(gas, &place(key))? else { return Ok(None) };
    let record = AccountRecord::decode(&bytes).ok_or_else(|| Stop::corrupt(key))?;
    Ok(Some((record, bytes)))
}

/// Where the record of an account is.
pub(crate) const fn place(key: &Pubkey) -> RecordPlace<'static> {
    RecordPlace { space: RecordSpace::SvmAccount, owner: address(key), key: &[] }
}

impl Held {
    /// An account that is not in the state.
    pub(crate) fn fixed(key: Pubkey, account: AccountSharedData) -> Self {
        let initial = Balance::of(&account);
        let (code_hash, record, balance) = (None, None, Wei::ZERO);
        let seen = account;
        Self {
            key,
            is_fixed: true,
            initial,
            seen,
            is_changed: false,
            code_hash,
            record,
            balance,
            gone: 0,
        }
    }

    /// An account out of the state.
    pub(crate) fn load(host: &mut dyn Host, gas: &mut GasMeter, key: Pubkey) -> Result<Self, Stop> {
        let balance = host.balance(gas, &address(&key))?;
        let found = read_record(host, gas, &key)?;
        let (record, bytes) = match found {
            Some((record, bytes)) => (record, Some(bytes)),
            None => (AccountRecord::empty(), None),
        };
        let mut data = record.data;
        if let Some(hash) = &record.code_hash {
            let code = host.code_get(gas, hash)?.ok_or_else(|| Stop::corrupt(&key))?;
            let copied = host.schedule().copy_word.saturating_mul(vm::schedule::words(code.len()));
            gas.charge(copied)?;
            data.extend_from_slice(&code);
        }
        let seen = shared(lamports_of(balance), data, pubkey(&record.owner), record.is_executable);
        Ok(Self {
            key,
            is_fixed: false,
            initial: Balance::of(&seen),
            seen,
            is_changed: false,
            code_hash: record.code_hash,
            record: bytes,
            balance,
            gone: 0,
        })
    }

    pub(crate) const fn account(&self) -> &AccountSharedData {
        &self.seen
    }

    pub(crate) const fn code_hash(&self) -> Option<CodeHash> {
        self.code_hash
    }

    /// Whether an account may end a transaction like this: it has what rent asks for, or nothing,
    /// or it had too little before and did not grow. The incinerator may have anything.
    fn may_stay(&self, account: &impl ReadableAccount, rent: &Rent) -> bool {
        let lamports = account.lamports().saturating_sub(self.gone);
        let data_bytes = account.data().len();
        let is_exempt = incinerator::check_id(&self.key) || rent.is_exempt(lamports, data_bytes);
        if lamports == 0 || is_exempt {
            return true;
        }
        let Balance { lamports: before, data_bytes: bytes_before } = self.initial;
        let had_too_little = before > 0 && !rent.is_exempt(before, bytes_before);
        had_too_little && data_bytes == bytes_before && lamports <= before
    }

    /// What the state is to hold of `account`, the code put by its hash.
    fn new_record(
        &mut self,
        account: &impl ReadableAccount,
        host: &mut dyn Host,
        gas: &mut GasMeter,
    ) -> Result<Option<Vec<u8>>, Stop> {
        let (data, owner) = (account.data(), account.owner());
        let is_executable = account.executable();
        if data.is_empty() && system_program::check_id(owner) && !is_executable {
            self.code_hash = None;
            return Ok(None);
        }
        let code_start = code_start(owner, is_executable, data);
        let (head, code) = data.split_at(code_start.unwrap_or(data.len()));
        self.code_hash = match code_start {
            Some(_) => Some(host.code_put(gas, code)?),
            None => None,
        };
        let record = AccountRecord {
            owner: address(owner),
            is_executable,
            code_hash: self.code_hash,
            data: head.to_vec(),
        };
        Ok(Some(record.encode()))
    }

    fn write_record(
        &mut self,
        account: &impl ReadableAccount,
        is_gone: bool,
        (host, gas): (&mut dyn Host, &mut GasMeter),
    ) -> Result<(), Stop> {
        let is_same = account.owner() == self.seen.owner()
            && account.executable() == self.seen.executable()
            && account.data() == self.seen.data();
        if is_same && !is_gone {
            return Ok(());
        }
        let record = if is_gone { None } else { self.new_record(account, host, gas)? };
        if record.is_some() || self.record.is_some() {
            host.record_put(gas, &place(&self.key), record.as_deref())?;
        }
        self.record = record.map(Bytes::from);
        Ok(())
    }
}

impl Balance {
    fn of(account: &AccountSharedData) -> Self {
        Self { lamports: account.lamports(), data_bytes: account.data().len() }
    }
}

impl HeldAccounts {
    pub(crate) fn push(&mut self, held: Held) {
        self.0.push(held);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Held> {
        self.0.iter()
    }

    pub(crate) fn find_mut(&mut self, key: &Pubkey) -> Option<&mut Held> {
        self.0.iter_mut().find(|held| held.key == *key)
    }

    /// Writes into the state what has changed in the context since it was written last: records,
    /// and the lamports of each account as moves from those that have less to those that have more.
    pub(crate) fn flush(
        &mut self,
        accounts: &TransactionAccounts,
        is_end: bool,
        (host, gas): (&mut dyn Host, &mut GasMeter),
    ) -> Result<(), Stop> {
        let mut moves = Moves::default();
        for (index, held) in self.0.iter_mut().enumerate() {
            let account = view(accounts, index)?;
            held.is_changed |= *account != held.seen;
            let is_gone = is_end && account.lamports() == 0;
            if held.is_fixed || !held.is_changed || (*account == held.seen && !is_gone) {
                continue;
            }
            held.write_record(&*account, is_gone, (host, gas))?;
            moves.add(index, held.seen.lamports(), account.lamports());
            held.seen = shared(
                account.lamports(),
                account.data().to_vec(),
                *account.owner(),
                account.executable(),
            );
        }
        self.settle(moves, (host, gas))
    }

    fn settle(
        &mut self,
        mut moves: Moves,
        (host, gas): (&mut dyn Host, &mut GasMeter),
    ) -> Result<(), Stop> {
        while let Some((from, to, lamports)) = moves.next_move() {
            let amount = wei_of(lamports);
            let [giver, taker] = [from, to].map(|index| address(&self.key_at(index)));
            if !host.move_coin(gas, &giver, &taker, amount)? {
                return Err(Stop::refused("an account does not hold the lamports it gives"));
            }
            self.adjust(from, |balance| balance.checked_sub(amount));
            self.adjust(to, |balance| balance.checked_add(amount));
        }
        Ok(())
    }

    /// That nobody has changed an account of the context from outside.
    pub(crate) fn check_unchanged(
        &self,
        (host, gas): (&mut dyn Host, &mut GasMeter),
    ) -> Result<(), Stop> {
        for held in self.0.iter().filter(|held| !held.is_fixed) {
            let is_same = host.balance(gas, &address(&held.key))? == held.balance
                && host.record_get(gas, &place(&held.key))? == held.record;
            if !is_same {
                let key = held.key;
                return Err(Stop::refused(&format!(
                    "account {key} was changed while a Solana frame holds it"
                )));
            }
        }
        Ok(())
    }

    /// The first account that has less than rent asks for, if there is one.
    pub(crate) fn lacking_rent(
        &self,
        accounts: &TransactionAccounts,
        rent: &Rent,
    ) -> Result<Option<(Pubkey, Stop)>, Stop> {
        for (index, held) in self.0.iter().enumerate().filter(|(_, held)| !held.is_fixed) {
            let account = view(accounts, index)?;
            if !held.may_stay(&*account, rent) {
                let needed = rent.minimum_balance(account.data().len());
                let (key, found) = (held.key, account.lamports());
                return Ok(Some((
                    key,
                    Stop::refused(&format!(
                        "account {key} has {found} lamports, rent asks for {needed}"
                    )),
                )));
            }
        }
        Ok(None)
    }

    /// Notes that coin has left the account `key`, which the context still counts.
    pub(crate) fn take_out(&mut self, key: &Pubkey, lamports: u64) {
        let held = self.find_mut(key).expect("invariant: the vault is held");
        held.gone = held.gone.saturating_add(lamports);
        let rest = held.balance.checked_sub(wei_of(lamports));
        held.balance = rest.expect("invariant: the coin was there");
    }

    fn key_at(&self, index: usize) -> Pubkey {
        self.0.get(index).expect("invariant: an index of the context").key
    }

    fn adjust(&mut self, index: usize, change: impl FnOnce(Wei) -> Option<Wei>) {
        let held = self.0.get_mut(index).expect("invariant: an index of the context");
        held.balance = change(held.balance).expect("invariant: the host moved the coin");
    }
}

/// Lamports on their way from the accounts that have less to those that have more.
#[derive(Debug, Default)]
struct Moves {
    givers: Vec<(usize, u64)>,
    takers: Vec<(usize, u64)>,
}

impl Moves {
    fn add(&mut self, index: usize, before: u64, after: u64) {
        if after < before {
            self.givers.push((index, before - after));
        } else if after > before {
            self.takers.push((index, after - before));
        }
    }

    /// The next move: the last giver pays the last taker.
    fn next_move(&mut self) -> Option<(usize, usize, u64)> {
        let (giver, taker) = (self.givers.last_mut(), self.takers.last_mut());
        let (Some((from, has)), Some((to, wants))) = (giver, taker) else {
            assert!(
                self.givers.is_empty() && self.takers.is_empty(),
                "the lamports of a context have one sum"
            );
            return None;
        };
        let lamports = (*has).min(*wants);
        let moved = (*from, *to, lamports);
        *has -= lamports;
        *wants -= lamports;
        if *has == 0 {
            self.givers.pop();
        }
        if self.takers.last().is_some_and(|(_, wants)| *wants == 0) {
            self.takers.pop();
        }
        Some(moved)
    }
}

/// Where the code begins in the data of an account that keeps code: one of a program's data, or a
/// program of the second loader.
pub(crate) fn code_start(owner: &Pubkey, is_executable: bool, data: &[u8]) -> Option<usize> {
    if bpf_loader::check_id(owner) && is_executable {
        return Some(0);
    }
    let head = UpgradeableLoaderState::size_of_programdata_metadata();
    let is_data = bpf_loader_upgradeable::check_id(owner)
        && data.len() > head
        && data.starts_with(&PROGRAM_DATA_TAG);
    is_data.then_some(head)
}

/// How the data of a program's data account begins.
const PROGRAM_DATA_TAG: [u8; 4] = 3_u32.to_le_bytes();

fn view(
    accounts: &TransactionAccounts,
    index: usize,
) -> Result<solana_transaction_context::transaction_accounts::AccountRef<'_>, Stop> {
    let index = u16::try_from(index).expect("invariant: a context has at most 256 accounts");
    accounts.try_borrow(index).map_err(|error: InstructionError| Stop::refused(&error.to_string()))
}
