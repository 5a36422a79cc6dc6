//! A message's instructions with their accounts written out, those of lookup tables among them.

use solana_account::ReadableAccount;
use solana_address_lookup_table_interface::state::AddressLookupTable;
use solana_instruction::{AccountMeta, Instruction};
use solana_message::{compiled_instruction::CompiledInstruction, v0::MessageAddressTableLookup};
use solana_pubkey::Pubkey;
use solana_sdk_ids::address_lookup_table;
use solana_slot_hashes::SlotHashes;
use vm::{BlockEnvironment, GasMeter, Host};

use crate::{held::Held, message::SolanaMessage, session::Stop, sysvar};

/// The accounts of a message in their order, and its instructions.
///
/// # Errors
///
/// [`Stop`] where a lookup table is none, is not active, or lacks an address.
pub(crate) fn instructions(
    message: &SolanaMessage,
    block: &BlockEnvironment,
    (host, gas): (&mut dyn Host, &mut GasMeter),
) -> Result<(Vec<AccountMeta>, Vec<Instruction>), Stop> {
    let mut accounts: Vec<AccountMeta> = Vec::new();
    let signers = message.signers_count();
    for (place, key) in message.content().static_account_keys().iter().enumerate() {
        let is_writable = message.is_asked_writable(place);
        accounts.push(AccountMeta { pubkey: *key, is_signer: place < signers, is_writable });
    }
    let (mut writable, mut read) = (Vec::new(), Vec::new());
    for lookup in message.lookups() {
        let [more_writable, more_read] = look_up(lookup, block, (host, gas))?;
        writable.extend(more_writable.into_iter().map(|key| AccountMeta::new(key, false)));
        read.extend(more_read.into_iter().map(|key| AccountMeta::new_readonly(key, false)));
    }
    accounts.append(&mut writable);
    accounts.append(&mut read);
    let compiled = message.content().instructions().iter();
    let instructions = compiled.map(|it| written_out(it, &accounts)).collect::<Result<_, _>>()?;
    Ok((accounts, instructions))
}

fn written_out(
    compiled: &CompiledInstruction,
    accounts: &[AccountMeta],
) -> Result<Instruction, Stop> {
    let at = |place: &u8| {
        let account = accounts.get(usize::from(*place)).cloned();
        account.ok_or_else(|| Stop::refused(&format!("there is no account {place} in the message")))
    };
    let metas = compiled.accounts.iter().map(at).collect::<Result<_, _>>()?;
    let program_id = at(&compiled.program_id_index)?.pubkey;
    Ok(Instruction { program_id, accounts: metas, data: compiled.data.clone() })
}

/// The accounts that are looked up in one table: those to write, and those to read.
fn look_up(
    lookup: &MessageAddressTableLookup,
    block: &BlockEnvironment,
    (host, gas): (&mut dyn Host, &mut GasMeter),
) -> Result<[Vec<Pubkey>; 2], Stop> {
    let key = lookup.account_key;
    let refused = |reason: &str| Stop::refused(&format!("lookup table {key}: {reason}"));
    let table = Held::load(host, gas, key)?;
    let account = table.account();
    if !address_lookup_table::check_id(account.owner()) {
        return Err(refused("there is none"));
    }
    let table = AddressLookupTable::deserialize(account.data());
    let table = table.map_err(|error| refused(&error.to_string()))?;
    let slot = block.number.0;
    let hashes = match table.meta.deactivation_slot {
        u64::MAX => Vec::new(),
        _ => sysvar::earlier(slot, host, gas)?,
    };
    let hashes = SlotHashes::new(&hashes);
    let find = |indexes: &[u8]| {
        table.lookup(slot, indexes, &hashes).map_err(|error| refused(&error.to_string()))
    };
    Ok([find(&lookup.writable_indexes)?, find(&lookup.readonly_indexes)?])
}
