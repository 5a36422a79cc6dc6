//! What is the same for every frame: the rules, the builtin programs, the prices of Solana.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use agave_feature_set::FeatureSet;
use agave_reserved_account_keys::ReservedAccountKeys;
use solana_account::AccountSharedData;
use solana_precompile_error::PrecompileError;
use solana_program_runtime::{
    execution_budget::{SVMTransactionExecutionBudget, SVMTransactionExecutionCost},
    invoke_context::BuiltinFunctionRegisterer,
    loaded_programs::{ProgramRuntimeEnvironment, ProgramRuntimeEnvironments},
    program_cache_entry::ProgramCacheEntry,
};
use solana_pubkey::Pubkey;
use solana_rent::Rent;
use solana_sbpf::program::BuiltinFunctionDefinition;
use solana_sdk_ids::{
    bpf_loader, bpf_loader_upgradeable, compute_budget, native_loader, system_program,
};
use solana_svm_callback::InvokeContextCallback;
use solana_svm_feature_set::SVMFeatureSet;

use crate::account::{pubkey, shared};
use crate::bridge::{BRIDGE, Entrypoint as BridgeEntrypoint};
use crate::precompile::Precompile;

/// What the runtime asks of its surroundings. There are no stakes here.
#[derive(Debug)]
pub(crate) struct Surroundings;

impl InvokeContextCallback for Surroundings {
    fn is_precompile(&self, key: &Pubkey) -> bool {
        Precompile::of(key).is_some()
    }

    fn process_precompile(
        &self,
        key: &Pubkey,
        data: &[u8],
        all: Vec<&[u8]>,
    ) -> Result<(), PrecompileError> {
        let precompile = Precompile::of(key).ok_or(PrecompileError::InvalidPublicKey)?;
        precompile.check(data, &all)
    }
}

/// What is the same for every frame.
pub(crate) struct Runtime {
    pub(crate) features: SVMFeatureSet,
    pub(crate) environments: ProgramRuntimeEnvironments,
    /// What code is checked against before it is stored: stricter than what runs.
    pub(crate) deployment: ProgramRuntimeEnvironment,
    pub(crate) budget: SVMTransactionExecutionBudget,
    pub(crate) cost: SVMTransactionExecutionCost,
    pub(crate) rent: Rent,
    builtins: Vec<Builtin>,
    reserved: BTreeSet<Pubkey>,
}

struct Builtin {
    key: Pubkey,
    name: &'static str,
    entry: Arc<ProgramCacheEntry>,
}

impl Runtime {
    /// The rules of today's Solana, all features on but those that refuse older code.
    pub(crate) fn new() -> Result<Self, String> {
        let mut features = SVMFeatureSet::all_enabled();
        features.disable_sbpf_v0_execution = false;
        features.disable_sbpf_v0_v1_v2_deployment = false;
        let budget =
            SVMTransactionExecutionBudget::new_with_defaults(features.raise_cpi_nesting_limit_to_8);
        let environment = |is_strict| {
            solana_syscalls::create_program_runtime_environment(
                &features, &budget, is_strict, false,
            )
            .map_err(|error| error.to_string())
        };
        let execution = environment(false)?;
        let deployment = environment(true)?;
        let environments = ProgramRuntimeEnvironments::new(execution.clone(), execution);
        let mut reserved: BTreeSet<Pubkey> =
            ReservedAccountKeys::new_all_activated().active.into_iter().collect();
        reserved.insert(pubkey(&BRIDGE));
        Ok(Self {
            features,
            environments,
            deployment,
            budget,
            cost: SVMTransactionExecutionCost::default(),
            rent: Rent::default(),
            builtins: builtins(),
            reserved,
        })
    }

    /// The builtin programs, for the programs of a context.
    pub(crate) fn builtins(&self) -> impl Iterator<Item = (Pubkey, &Arc<ProgramCacheEntry>)> {
        self.builtins.iter().map(|builtin| (builtin.key, &builtin.entry))
    }

    /// Whether nobody may change an account: builtins and sysvars.
    pub(crate) fn is_reserved(&self, key: &Pubkey) -> bool {
        self.reserved.contains(key)
    }

    /// The account of a builtin program, or nothing where the key is none.
    pub(crate) fn builtin_account(&self, key: &Pubkey) -> Option<AccountSharedData> {
        if Precompile::of(key).is_some() {
            return Some(shared(1, Vec::new(), native_loader::ID, true));
        }
        let builtin = self.builtins.iter().find(|builtin| builtin.key == *key)?;
        let name = builtin.name.as_bytes().to_vec();
        Some(shared(1, name, native_loader::ID, true))
    }
}

impl core::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Runtime").field("rent", &self.rent).finish_non_exhaustive()
    }
}

/// The features of today's Solana as its own crates name them.
pub(crate) static FEATURES: LazyLock<FeatureSet> = LazyLock::new(FeatureSet::all_enabled);

fn builtins() -> Vec<Builtin> {
    let builtin = |key, name: &'static str, register: BuiltinFunctionRegisterer| {
        let entry = Arc::new(ProgramCacheEntry::new_builtin(0, name.len(), register));
        Builtin { key, name, entry }
    };
    let system = solana_system_program::system_processor::Entrypoint::register;
    let loader = solana_bpf_loader_program::Entrypoint::register;
    let budget = solana_compute_budget_program::Entrypoint::register;
    vec![
        builtin(system_program::ID, "system_program", system),
        builtin(bpf_loader::ID, "solana_bpf_loader_program", loader),
        builtin(bpf_loader_upgradeable::ID, "solana_bpf_loader_upgradeable_program", loader),
        builtin(compute_budget::ID, "compute_budget_program", budget),
        builtin(pubkey(&BRIDGE), "braid_bridge", BridgeEntrypoint::register),
    ]
}
