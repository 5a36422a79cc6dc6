//! The sysvars of a frame: what programs may know of the block.

use solana_account::AccountSharedData;
use solana_clock::Clock;
use solana_epoch_rewards::EpochRewards;
use solana_epoch_schedule::EpochSchedule;
use solana_hash::Hash;
use solana_instruction::{BorrowedAccountMeta, BorrowedInstruction, Instruction};
use solana_last_restart_slot::LastRestartSlot;
use solana_program_runtime::sysvar_cache::SysvarCache;
use solana_pubkey::Pubkey;
use solana_rent::Rent;
use solana_sdk_ids::{address_lookup_table, sysvar};
use solana_slot_hashes::SlotHashes;
use solana_stake_history::StakeHistory;
use vm::{BlockEnvironment, GasMeter, Host};

use crate::{account::shared, session::Stop};

/// Bytes of the account of earlier blocks: a count and 512 entries.
const SLOT_HASHES_BYTES: usize = 8 + 512 * (8 + 32);

/// Bytes of the account of earlier stakes: a count and 512 entries.
const STAKE_HISTORY_BYTES: usize = 8 + 512 * (8 + 3 * 8);

/// Bytes of the account of earlier block hashes with their fees: a count and 150 entries.
const RECENT_BLOCKHASHES_BYTES: usize = 8 + 150 * (32 + 8);

/// What a signature costs in lamports, as the account of block hashes says.
pub(crate) const LAMPORTS_PER_SIGNATURE: u64 = 5000;

/// Blocks whose hashes the accounts of earlier blocks hold.
pub const BLOCK_HASHES: u64 = 150;

/// The sysvars of a frame.
#[derive(Debug)]
pub(crate) struct Sysvars {
    accounts: Vec<(Pubkey, Vec<u8>)>,
    pub(crate) cache: SysvarCache,
    /// The hash of the parent block where an account of block hashes is asked for.
    pub(crate) blockhash: Hash,
}

impl Sysvars {
    /// The sysvars in a block, for a context with these accounts and instructions.
    pub(crate) fn new(
        block: &BlockEnvironment,
        rent: &Rent,
        keys: &[Pubkey],
        instructions: &[Instruction],
        (host, gas): (&mut dyn Host, &mut GasMeter),
    ) -> Result<Self, Stop> {
        let asks = |key: Pubkey| keys.contains(&key);
        // The program of lookup tables asks for earlier blocks without naming their account.
        let asks_hashes =
            [sysvar::slot_hashes::ID, sysvar::recent_blockhashes::ID, address_lookup_table::ID]
                .into_iter()
                .any(asks);
        let hashes = if asks_hashes { earlier(block.number.0, host, gas)? } else { Vec::new() };
        let blockhash = hashes.first().map_or_else(Hash::default, |(_, hash)| *hash);
        let mut accounts = plain(block, rent);
        let slots = padded(&SlotHashes::new(&hashes), SLOT_HASHES_BYTES);
        accounts.push((sysvar::slot_hashes::ID, slots));
        accounts.push((sysvar::recent_blockhashes::ID, recent(&hashes)));
        let mut cache = SysvarCache::default();
        cache.fill_missing_entries(|key, set| {
            if let Some((_, data)) = accounts.iter().find(|(found, _)| found == key) {
                set(data);
            }
        });
        if asks(sysvar::instructions::ID) {
            accounts.push((sysvar::instructions::ID, written_out(instructions)?));
        }
        Ok(Self { accounts, cache, blockhash })
    }

    /// The account of a sysvar, or nothing where the key is none.
    pub(crate) fn account(&self, key: &Pubkey) -> Option<AccountSharedData> {
        let (_, data) = self.accounts.iter().find(|(found, _)| found == key)?;
        Some(shared(1, data.clone(), sysvar::ID, false))
    }
}

/// The clock of a block. An epoch is that of Solana's main chain.
pub(crate) fn clock(block: &BlockEnvironment) -> Clock {
    let schedule = EpochSchedule::without_warmup();
    let slot = block.number.0;
    let timestamp = i64::try_from(block.timestamp_s).unwrap_or(i64::MAX);
    Clock {
        slot,
        epoch_start_timestamp: timestamp,
        epoch: schedule.get_epoch(slot),
        leader_schedule_epoch: schedule.get_leader_schedule_epoch(slot),
        unix_timestamp: timestamp,
    }
}

fn plain(block: &BlockEnvironment, rent: &Rent) -> Vec<(Pubkey, Vec<u8>)> {
    let clock = clock(block);
    let rewards = EpochRewards::default();
    vec![
        (sysvar::clock::ID, padded(&clock, 0)),
        (sysvar::rent::ID, padded(rent, 0)),
        (sysvar::epoch_schedule::ID, padded(&EpochSchedule::without_warmup(), 0)),
        (sysvar::epoch_rewards::ID, padded(&rewards, 0)),
        (sysvar::stake_history::ID, padded(&StakeHistory::default(), STAKE_HISTORY_BYTES)),
        (sysvar::last_restart_slot::ID, padded(&LastRestartSlot::default(), 0)),
    ]
}

/// The hashes of the last blocks, the latest first.
pub(crate) fn earlier(
    number: u64,
    host: &mut dyn Host,
    gas: &mut GasMeter,
) -> Result<Vec<(u64, Hash)>, Stop> {
    let first = number.saturating_sub(BLOCK_HASHES);
    let mut hashes = Vec::new();
    for slot in (first..number).rev() {
        let hash = host.block_hash(gas, slot)?;
        hashes.push((slot, Hash::new_from_array(hash.0)));
    }
    Ok(hashes)
}

/// The bytes of a sysvar, with zeros up to the size of its account.
fn padded(value: &impl serde::Serialize, bytes: usize) -> Vec<u8> {
    let mut data = bincode::serialize(value).expect("invariant: a sysvar has a form in bytes");
    data.resize(data.len().max(bytes), 0);
    data
}

/// The hashes of the last blocks with what a signature cost there.
fn recent(hashes: &[(u64, Hash)]) -> Vec<u8> {
    let entries: Vec<(Hash, u64)> =
        hashes.iter().map(|(_, hash)| (*hash, LAMPORTS_PER_SIGNATURE)).collect();
    padded(&entries, RECENT_BLOCKHASHES_BYTES)
}

/// The account in which a program finds all instructions of its transaction.
fn written_out(instructions: &[Instruction]) -> Result<Vec<u8>, Stop> {
    let borrowed: Vec<BorrowedInstruction<'_>> = instructions
        .iter()
        .map(|instruction| BorrowedInstruction {
            program_id: &instruction.program_id,
            accounts: instruction
                .accounts
                .iter()
                .map(|meta| BorrowedAccountMeta {
                    pubkey: &meta.pubkey,
                    is_signer: meta.is_signer,
                    is_writable: meta.is_writable,
                })
                .collect(),
            data: &instruction.data,
        })
        .collect();
    solana_instructions_sysvar::construct_instructions_data(&borrowed)
        .map_err(|_| Stop::refused("the instructions are too long for the account of them"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sysvars_have_their_sizes() {
        let block = BlockEnvironment::default();
        let accounts = plain(&block, &Rent::default());
        let size = |key: Pubkey| {
            accounts.iter().find(|(found, _)| *found == key).map(|(_, data)| data.len())
        };
        assert_eq!(size(sysvar::clock::ID), Some(40));
        assert_eq!(size(sysvar::rent::ID), Some(17));
        assert_eq!(size(sysvar::epoch_schedule::ID), Some(33));
        assert_eq!(size(sysvar::epoch_rewards::ID), Some(81));
        assert_eq!(size(sysvar::stake_history::ID), Some(16_392));
        assert_eq!(size(sysvar::last_restart_slot::ID), Some(8));
        assert_eq!(SLOT_HASHES_BYTES, 20_488);
        assert_eq!(recent(&[(1, Hash::default())]).len(), 6_008);
    }
}
