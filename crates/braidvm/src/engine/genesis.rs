//! Beginning a chain: the records of its genesis, and the contracts that are made in it.

use std::{path::Path, sync::Arc};

use block::{ChainRules, Genesis, GenesisError, execution::Executor, genesis::ContractSection};
use kernel::{Checks, Kernel, Transaction};
use primitives::{Address, BlockNumber, Wei};
#[cfg(feature = "svm")]
use state::Namespace;
use state::{
    EmptyView, Key, MemoryStore, Overlay, StateView, Store, WriteSet, record::AccountRecord,
};
use vm::BlockEnvironment;

use super::Engine;
use crate::{
    Arguments, Artifact, Config, Deploy, EngineError, accounts::dev_address, parse_amount,
};

/// Reads the file of a contract that a genesis names.
pub type ReadArtifact<'a> = &'a dyn Fn(&Path) -> Result<Artifact, EngineError>;

impl Engine {
    /// Begins a chain in a store by a genesis. A store that holds this very chain already is
    /// opened.
    ///
    /// # Errors
    ///
    /// [`EngineError::OtherGenesis`] where the store holds another chain, and as
    /// [`init`](Self::init).
    pub fn with_genesis(
        config: Config,
        store: Arc<dyn Store>,
        genesis: &Genesis,
        read_artifact: ReadArtifact<'_>,
    ) -> Result<Self, EngineError> {
        let config = config.with_rules(&genesis.rules(&dev_address)?)?;
        let kernel = Arc::new(Kernel::new(config.kernel())?);
        let executor = Executor::new(kernel, &config.execution.executor());
        let (rules, writes) = prepare(&executor, genesis, read_artifact)?;
        match store.block_hash(BlockNumber(0))? {
            Some(found) => {
                // The root does not depend on the store that computes it.
                let expected = MemoryStore::new().stage(writes)?.root();
                let expected = rules.genesis_block(expected).hash();
                if found != expected {
                    return Err(EngineError::OtherGenesis { found, expected });
                }
            }
            // A chain that began from a copy of a state has no first block, and the rules in it.
            None if store.tip().is_some() => {
                let found =
                    ChainRules::at_genesis(store.latest().as_ref())?.ok_or(EngineError::NoRules)?;
                if found != rules {
                    let (found, expected) = (found.hash(), rules.hash());
                    return Err(EngineError::OtherGenesis { found, expected });
                }
            }
            None => put(store.as_ref(), &rules, writes)?,
        }
        Self::over(config, executor, store)
    }
}

/// Puts the first block of a chain whose genesis names no files into an empty store.
pub(super) fn commit(
    executor: &Executor,
    store: &dyn Store,
    genesis: &Genesis,
) -> Result<(), EngineError> {
    let (rules, writes) = prepare(executor, genesis, &no_artifacts)?;
    put(store, &rules, writes)
}

/// Puts the first block into an empty store.
fn put(store: &dyn Store, rules: &ChainRules, writes: WriteSet) -> Result<(), EngineError> {
    let staged = store.stage(writes)?;
    let record = rules.genesis_block(staged.root());
    Ok(store.commit_staged(record.entry(), staged)?)
}

fn no_artifacts(path: &Path) -> Result<Artifact, EngineError> {
    Err(GenesisError {
        origin: path.display().to_string(),
        reason: "a genesis of the configuration names no files".to_owned(),
    }
    .into())
}

/// The rules and the records of a genesis.
fn prepare(
    executor: &Executor,
    genesis: &Genesis,
    read_artifact: ReadArtifact<'_>,
) -> Result<(ChainRules, WriteSet), EngineError> {
    let rules = genesis.rules(&dev_address)?;
    let mut writes = genesis.writes(&dev_address)?;
    for name in &genesis.solana_programs {
        put_program(&mut writes, name)?;
    }
    for contract in &genesis.contracts {
        let made = make_contract(executor.kernel(), &rules, &writes, contract, read_artifact)?;
        writes.extend(made);
    }
    writes.extend(genesis.governance_writes(&dev_address)?);
    Ok((rules, writes))
}

/// Puts the accounts of a standard program of Solana.
#[cfg(feature = "svm")]
fn put_program(writes: &mut WriteSet, name: &str) -> Result<(), GenesisError> {
    let wrong = |reason: String| GenesisError {
        origin: "key solana_programs".to_owned(),
        reason: format!("\"{name}\" {reason}"),
    };
    let accounts = vm_svm::standard_program(name).ok_or_else(|| {
        let known: Vec<&str> = vm_svm::standard_programs().collect();
        wrong(format!("is no standard program, there are {}", known.join(", ")))
    })?;
    for account in accounts {
        let alias = Address::from_evm(account.address.evm_alias());
        let key = Key::account(&alias);
        if writes.get(&key).is_some() {
            return Err(wrong("is there twice, or one of its accounts is".to_owned()));
        }
        let record = AccountRecord { balance: account.balance, ..AccountRecord::default() };
        writes.put(key, record.encode());
        writes.put(Key::alias(&alias), account.address.as_bytes().to_vec());
        let place = Key::new(Namespace::SvmAccount, &account.address, &[]);
        writes.put(place, account.record.encode());
        if let Some((hash, code)) = account.code {
            writes.put(Key::code(&hash), code);
        }
    }
    Ok(())
}

#[cfg(not(feature = "svm"))]
fn put_program(_writes: &mut WriteSet, name: &str) -> Result<(), GenesisError> {
    Err(GenesisError {
        origin: "key solana_programs".to_owned(),
        reason: format!("\"{name}\": this build has no Solana machine"),
    })
}

/// What the making of a contract changes of the state so far.
fn make_contract(
    kernel: &Kernel,
    rules: &ChainRules,
    before: &WriteSet,
    contract: &ContractSection,
    read_artifact: ReadArtifact<'_>,
) -> Result<WriteSet, EngineError> {
    let wrong = |reason: String| GenesisError {
        origin: format!("contract {}", contract.artifact.display()),
        reason,
    };
    let deployer = dev_address(&contract.deployer)
        .or_else(|| contract.deployer.parse().ok())
        .ok_or_else(|| wrong(format!("deployer \"{}\" is no account", contract.deployer)))?;
    let value = match contract.value.as_str() {
        "" => Wei::ZERO,
        text => parse_amount(text).map_err(wrong)?,
    };
    let deploy = Deploy::new(deployer, read_artifact(&contract.artifact)?)
        .arguments(Arguments::Text(contract.arguments.clone()))
        .value(value)
        .gas_limit(rules.gas_limit);
    let view: Arc<dyn StateView> = Arc::new(Overlay::new(Arc::new(EmptyView), before.clone()));
    let mut execution = kernel.execution(view, &block_of(rules));
    let transaction = super::words::deploy_transaction(kernel, rules, &deploy)?;
    let is_evm = transaction.to.is_none();
    let transaction = Transaction {
        checks: Checks { base_fee: false, block_gas_limit: false, ..Checks::ALL },
        ..transaction
    };
    let result = execution.transact(&transaction)?;
    let created = result.created.filter(|_| result.status.is_success()).ok_or_else(|| {
        let reason = crate::interfaces::reason(&result, deploy.artifact.interface.as_ref());
        wrong(format!("its constructor failed: {}", reason.unwrap_or_default()))
    })?;
    if let Some(expected) = contract.address.filter(|expected| *expected != created) {
        return Err(wrong(format!("it is at {created}, the genesis says {expected}")).into());
    }
    if let (true, Some(interface)) = (is_evm, &deploy.artifact.interface) {
        let nonce = nonce_before(before, &deployer)?;
        let input = kernel::describe_input(created, nonce, &interface.to_json());
        let to = Some(kernel::deployer());
        let described = execution.transact(&Transaction { to, input, ..transaction.clone() })?;
        debug_assert!(described.status.is_success(), "a creator describes its own contract");
    }
    Ok(execution.finish()?.writes)
}

fn nonce_before(writes: &WriteSet, address: &Address) -> Result<u64, EngineError> {
    let key = Key::account(&Address::from_evm(address.evm_alias()));
    match writes.get(&key).flatten() {
        Some(bytes) => Ok(AccountRecord::decode(&key, bytes)?.nonce),
        None => Ok(0),
    }
}

/// The first block as its contracts see it: no unit of gas costs anything in it.
fn block_of(rules: &ChainRules) -> BlockEnvironment {
    BlockEnvironment {
        chain_id: rules.chain_id,
        number: BlockNumber(0),
        timestamp_s: rules.genesis_timestamp_s,
        beneficiary: rules.fee_recipient,
        gas_limit: rules.gas_limit,
        base_fee: Wei::ZERO,
        ..BlockEnvironment::default()
    }
}
