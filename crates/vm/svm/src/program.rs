//! Programs made ready, kept by the hash of their code and shared by threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use primitives::CodeHash;
use schnellru::{LruMap, UnlimitedCompact};
use solana_account::ReadableAccount;
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_program_runtime::{
    invoke_context::{Executable, InvokeContext},
    loaded_programs::ProgramRuntimeEnvironment,
    program_cache_entry::{ProgramCacheEntry, ProgramCacheEntryOwner, ProgramCacheEntryType},
};
use solana_sbpf::verifier::RequisiteVerifier;
use solana_sdk_ids::{bpf_loader, bpf_loader_upgradeable};
use vm::{GasMeter, Host};

use crate::{
    account::AccountRecord,
    held::{Held, read_record},
    session::Stop,
};

/// About how many bytes a byte of a program takes when it is ready: its code is compiled.
const BYTES_PER_CODE_BYTE: u64 = 10;

/// Gas for work whose price is paid already: whether a program is still in memory is no business
/// of the one who calls it.
const PAID: primitives::Gas = primitives::Gas(u64::MAX);

/// The programs used last, bounded by their bytes.
pub(crate) struct Programs {
    ready: Mutex<Ready>,
    bytes_max: u64,
    pub(crate) hits: AtomicU64,
    pub(crate) misses: AtomicU64,
}

struct Ready {
    by_hash: LruMap<CodeHash, Arc<ProgramCacheEntry>, UnlimitedCompact>,
    bytes: u64,
}

impl Programs {
    pub(crate) fn new(bytes_max: u64) -> Self {
        let ready = Ready { by_hash: LruMap::new(UnlimitedCompact), bytes: 0 };
        let (hits, misses) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { ready: Mutex::new(ready), bytes_max, hits, misses }
    }

    /// How many programs there are, and about how many bytes they take.
    pub(crate) fn size(&self) -> (u64, u64) {
        let ready = self.ready.lock();
        (ready.by_hash.len() as u64, ready.bytes)
    }

    /// Makes a program ready, unless it is.
    pub(crate) fn prepare(
        &self,
        environment: &ProgramRuntimeEnvironment,
        hash: CodeHash,
        code: &[u8],
    ) -> Arc<ProgramCacheEntry> {
        if let Some(found) = self.get(&hash) {
            return found;
        }
        let program = match load(environment, code) {
            Ok(program) => program,
            Err(_) => ProgramCacheEntryType::FailedVerification(environment.clone()),
        };
        let entry = Arc::new(entry(program, ProgramCacheEntryOwner::LoaderV3, code.len()));
        self.put(hash, &entry);
        entry
    }

    fn get(&self, hash: &CodeHash) -> Option<Arc<ProgramCacheEntry>> {
        let found = self.ready.lock().by_hash.get(hash).cloned();
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    fn put(&self, hash: CodeHash, program: &Arc<ProgramCacheEntry>) {
        let mut ready = self.ready.lock();
        if let Some(old) = ready.by_hash.remove(&hash) {
            ready.bytes = ready.bytes.saturating_sub(weight_bytes(&old));
        }
        ready.bytes = ready.bytes.saturating_add(weight_bytes(program));
        ready.by_hash.insert(hash, Arc::clone(program));
        while ready.bytes > self.bytes_max && ready.by_hash.len() > 1 {
            let Some((_, oldest)) = ready.by_hash.pop_oldest() else { break };
            ready.bytes = ready.bytes.saturating_sub(weight_bytes(&oldest));
        }
    }

    /// The program that an account is, ready to run in `slot`, or nothing where it is none.
    ///
    /// What runs is named by the data account of the program, which is read: an upgrade is a change
    /// of the state as any other.
    pub(crate) fn of_account(
        &self,
        held: &Held,
        slot: u64,
        environment: &ProgramRuntimeEnvironment,
        (host, gas): (&mut dyn Host, &mut GasMeter),
    ) -> Result<Option<Arc<ProgramCacheEntry>>, Stop> {
        let account = held.account();
        if !account.executable() {
            return Ok(None);
        }
        if bpf_loader::check_id(account.owner()) {
            let Some(hash) = held.code_hash() else { return Ok(None) };
            return self.of_hash(hash, environment, (host, gas)).map(Some);
        }
        if !bpf_loader_upgradeable::check_id(account.owner()) {
            return Ok(None);
        }
        let Ok(UpgradeableLoaderState::Program { programdata_address }) =
            bincode::deserialize(account.data())
        else {
            return Ok(Some(tombstone(slot, ProgramCacheEntryType::Closed)));
        };
        let found = read_record(host, gas, &programdata_address)?;
        match found.and_then(|(record, _)| deployed(&record)) {
            None => Ok(Some(tombstone(slot, ProgramCacheEntryType::Closed))),
            Some((deployed_slot, _)) if deployed_slot >= slot => {
                Ok(Some(tombstone(deployed_slot, ProgramCacheEntryType::DelayVisibility)))
            }
            Some((_, hash)) => self.of_hash(hash, environment, (host, gas)).map(Some),
        }
    }

    /// The program with this code. Its price does not depend on whether it is in memory.
    fn of_hash(
        &self,
        hash: CodeHash,
        environment: &ProgramRuntimeEnvironment,
        (host, gas): (&mut dyn Host, &mut GasMeter),
    ) -> Result<Arc<ProgramCacheEntry>, Stop> {
        gas.charge(host.schedule().cold_access)?;
        if let Some(found) = self.get(&hash) {
            return Ok(found);
        }
        let code = host.code_get(&mut GasMeter::new(PAID), &hash)?;
        let code = code.ok_or_else(|| Stop::corrupt_code(&hash))?;
        Ok(self.prepare(environment, hash, &code))
    }
}

impl core::fmt::Debug for Programs {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Programs").field("bytes_max", &self.bytes_max).finish_non_exhaustive()
    }
}

/// Checks code as the loader does before it is stored.
pub(crate) fn check(environment: &ProgramRuntimeEnvironment, code: &[u8]) -> Result<(), String> {
    let loaded = Executable::load(code, Arc::clone(environment));
    let executable = loaded.map_err(|error| error.to_string())?;
    executable.verify::<RequisiteVerifier>().map_err(|error| error.to_string())
}

fn load(
    environment: &ProgramRuntimeEnvironment,
    code: &[u8],
) -> Result<ProgramCacheEntryType, String> {
    let loaded = Executable::load(code, Arc::clone(environment));
    let executable: solana_sbpf::elf::Executable<InvokeContext<'static, 'static>> =
        loaded.map_err(|error| error.to_string())?;
    executable.verify::<RequisiteVerifier>().map_err(|error| error.to_string())?;
    #[cfg(all(not(target_os = "windows"), target_arch = "x86_64"))]
    executable.jit_compile().map_err(|error| error.to_string())?;
    Ok(ProgramCacheEntryType::Loaded(executable))
}

/// When the data of a program was written last, and the hash of its code.
fn deployed(record: &AccountRecord) -> Option<(u64, CodeHash)> {
    let hash = record.code_hash?;
    match bincode::deserialize(&record.data) {
        Ok(UpgradeableLoaderState::ProgramData { slot, .. }) => Some((slot, hash)),
        _ => None,
    }
}

fn tombstone(slot: u64, reason: ProgramCacheEntryType) -> Arc<ProgramCacheEntry> {
    let owner = ProgramCacheEntryOwner::LoaderV3;
    Arc::new(ProgramCacheEntry::new_tombstone(slot, owner, reason))
}

/// A program visible from the first slot on: whether it is yet is decided before it is asked for.
fn entry(
    program: ProgramCacheEntryType,
    account_owner: ProgramCacheEntryOwner,
    account_size: usize,
) -> ProgramCacheEntry {
    ProgramCacheEntry { program, account_owner, account_size, ..ProgramCacheEntry::default() }
}

fn weight_bytes(program: &ProgramCacheEntry) -> u64 {
    (program.account_size as u64).saturating_mul(BYTES_PER_CODE_BYTE).max(1)
}
