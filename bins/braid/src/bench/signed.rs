//! Blocks of signed token transfers, all the way: who sent them, what they do, the receipts, the
//! root of the state and the header; beside revm, one transaction after another.
//!
//! Both sides get the same transactions, recover the senders by the same library, keep their state
//! in memory, and must agree on the gas of each block and, at the end, on every slot and nonce. The
//! peer makes neither receipts nor headers. Its root is one of the jellyfish Merkle tree of the
//! crate `jmt` over what a block changed; a row without it shows what the root is worth. Time is on
//! the wall, since threads are measured.

use std::time::Instant;

use alloy_primitives::{Address as EvmAddress, U256, keccak256};
use braidvm::{
    Address, Artifact, Bytes, Config, Deploy, Engine, Gas, Wei,
    rooms::{
        block::{Action, Payload, ReceiptStatus, SecretKey, SignedTransaction},
        kernel::Transaction,
        primitives::B256,
        state::{Namespace, record::AccountRecord},
    },
};
use revm::{
    Context, Database, DatabaseCommit, ExecuteEvm, MainBuilder, MainContext,
    context::TxEnv,
    primitives::{TxKind, hardfork::SpecId},
    state::{AccountInfo, EvmState},
};

use super::{
    Bench, Goal, Pair,
    evm::{self, TOKEN, TRANSFER},
    host_failure,
    peer::World,
    thousands_per_second,
    tree::Peer as Tree,
};
use crate::failure::Failure;

/// Accounts, each of which sends one transfer a block.
const ACCOUNTS: u64 = 5_000;
const GAS_LIMIT: Gas = Gas(100_000);
const BLOCK_GAS_LIMIT: Gas = Gas(1 << 40);
/// What each account owns of the token, far more than it sends.
const TOKENS: u64 = 1 << 40;

/// A measurement: threads here, and whether the peer has roots.
struct Row {
    name: &'static str,
    threads: usize,
    has_root: bool,
    goal: f64,
}

const ROWS: [Row; 4] = [
    Row { name: "signed token blocks, one thread", threads: 1, has_root: true, goal: 1.0 },
    Row { name: "signed token blocks, two threads", threads: 2, has_root: true, goal: 1.7 },
    Row {
        name: "the same on one thread, beside revm without roots",
        threads: 1,
        has_root: false,
        goal: 0.7,
    },
    Row {
        name: "the same on two threads, beside revm without roots",
        threads: 2,
        has_root: false,
        goal: 1.2,
    },
];

pub(super) fn run(bench: &mut Bench<'_>) -> Result<(), Failure> {
    let rows = ROWS.into_iter().filter(|row| bench.wants(row.name)).collect::<Vec<_>>();
    let keys: Vec<SecretKey> = (1..=ACCOUNTS).map(key).collect::<Result<_, _>>()?;
    for Row { name, threads, has_root, goal } in rows {
        let mut this = Chain::new(&keys, threads)?;
        let mut peer = Serial::new(&this, has_root)?;
        let (token, chain_id) = (this.token, this.engine.rules().chain_id);
        let blocks = |from: u64| {
            let mut nonces = from..;
            let keys = &keys;
            move || {
                let nonce = nonces.next().expect("invariant: there are fewer rounds");
                keys.iter()
                    .zip(0..)
                    .map(|(key, at)| transfer(key, receiver(keys, at), (token, chain_id, nonce)))
                    .collect::<Result<Vec<_>, Failure>>()
            }
        };
        let (mut next, mut peer_next) = (blocks(0), blocks(0));
        bench.measure(Pair {
            name,
            unit: "thousand/s",
            goal: Goal::AtLeast(goal),
            this: &mut || next().and_then(|block| this.run(&block)),
            peer: &mut || peer_next().and_then(|block| peer.run(&block)),
        })?;
        agree(&this, &mut peer)?;
    }
    Ok(())
}

/// A chain in memory on which every account owns tokens, and gas is free.
struct Chain {
    engine: Engine,
    token: Address,
    /// Gas of each block that was measured.
    gas: Vec<u64>,
}

impl Chain {
    fn new(keys: &[SecretKey], threads: usize) -> Result<Self, Failure> {
        let mut config = Config::default();
        config.chain.gas_limit = BLOCK_GAS_LIMIT;
        config.execution.threads = threads;
        let mut engine = Engine::in_memory(config)?;
        let owner = engine.account("alice")?;
        let artifact = Artifact::from_bytes("Token", TOKEN)?;
        let supply = (TOKENS * ACCOUNTS).to_string();
        let deploy = Deploy::new(owner, artifact).arguments(["Braid", "BRD", supply.as_str()]);
        let receipt = engine.deploy(&deploy)?;
        let token = receipt.created.ok_or_else(|| failure("the token was not made"))?;
        let nonce = engine.nonce(&owner)?;
        let deal = |(key, nonce): (&SecretKey, u64)| {
            let deal = Transaction {
                from: owner,
                to: Some(token),
                input: transfer_input(&key.address(), TOKENS),
                gas_limit: GAS_LIMIT,
                ..Transaction::default()
            };
            engine.sign(&deal, nonce)
        };
        let deals: Vec<_> = keys.iter().zip(nonce..).map(deal).collect::<Result<_, _>>()?;
        let mut chain = Self { engine, token, gas: Vec::new() };
        chain.run(&deals)?;
        chain.gas.clear();
        Ok(chain)
    }

    /// Makes a block of all transactions, each of which has to succeed.
    fn run(&mut self, transactions: &[SignedTransaction]) -> Result<f64, Failure> {
        let clock = Instant::now();
        let made = self.engine.send_block(transactions)?;
        let time = clock.elapsed();
        let failed = made.record.receipts.iter().find(|it| it.status != ReceiptStatus::Success);
        if let Some(reason) = made.skipped.first() {
            return Err(failure(&format!("a transfer is not in the block: {reason:?}")));
        }
        if let Some(receipt) = failed {
            return Err(failure(&format!("a transfer failed: {:?}", receipt.status)));
        }
        self.gas.push(made.record.header.gas_used);
        Ok(thousands_per_second(transactions.len() as u64, time))
    }
}

/// revm over its cache, and a tree where it has roots.
struct Serial {
    world: World,
    tree: Option<Tree>,
    gas: Vec<u64>,
}

impl Serial {
    /// Begins where the chain is.
    fn new(chain: &Chain, has_root: bool) -> Result<Self, Failure> {
        let records = evm::all_records(chain.engine.store().latest().as_ref())?;
        let world = evm::world(&records)?;
        let tree = has_root.then(|| filled(&world)).transpose()?;
        Ok(Self { world, tree, gas: Vec::new() })
    }

    fn run(&mut self, transactions: &[SignedTransaction]) -> Result<f64, Failure> {
        let clock = Instant::now();
        let (changes, gas) = self.execute(transactions)?;
        if let Some(tree) = &mut self.tree {
            tree.put(&leaves(&changes))?;
        }
        self.world.database.commit(changes);
        let time = clock.elapsed();
        self.gas.push(gas);
        Ok(thousands_per_second(transactions.len() as u64, time))
    }

    fn execute(&mut self, transactions: &[SignedTransaction]) -> Result<(EvmState, u64), Failure> {
        let mut evm = Context::mainnet()
            .with_db(&mut self.world.database)
            .modify_cfg_chained(|cfg| cfg.set_spec_and_mainnet_gas_params(SpecId::OSAKA))
            .modify_block_chained(|block| block.gas_limit = BLOCK_GAS_LIMIT.0)
            .build_mainnet();
        let mut gas = 0;
        for signed in transactions {
            let Transaction { from, to, input, nonce, .. } =
                signed.recover().map_err(host_failure)?.transaction;
            let transaction = TxEnv {
                caller: from.evm_alias(),
                kind: to.map_or(TxKind::Create, |to| TxKind::Call(to.evm_alias())),
                data: input,
                nonce: nonce.unwrap_or_default(),
                gas_limit: GAS_LIMIT.0,
                chain_id: None,
                ..TxEnv::default()
            };
            let result = evm
                .transact_one(transaction)
                .map_err(|error| failure(&format!("revm: {error:?}")))?;
            if !result.is_success() {
                return Err(failure(&format!("revm: {result:?}")));
            }
            gas += result.tx_gas_used();
        }
        Ok((evm.finalize(), gas))
    }
}

/// The tree of all accounts and slots.
fn filled(world: &World) -> Result<Tree, Failure> {
    let mut leaves = Vec::new();
    for (address, account) in &world.database.cache.accounts {
        leaves.push(account_leaf(address, &account.info));
        let slots = account.storage.iter();
        leaves.extend(slots.map(|(slot, value)| slot_leaf(address, slot, value)));
    }
    let mut tree = Tree::default();
    tree.put(&leaves)?;
    Ok(tree)
}

/// What a block changed, as it stands in the tree.
fn leaves(changes: &EvmState) -> Vec<(B256, Bytes)> {
    let mut leaves = Vec::new();
    for (address, account) in changes {
        if account.is_touched() {
            leaves.push(account_leaf(address, &account.info));
        }
        let slots = account.storage.iter().filter(|(_, slot)| slot.is_changed());
        leaves.extend(slots.map(|(slot, it)| slot_leaf(address, slot, &it.present_value)));
    }
    leaves
}

fn account_leaf(address: &EvmAddress, info: &AccountInfo) -> (B256, Bytes) {
    let AccountInfo { balance, nonce, code_hash, .. } = info;
    let value = [&balance.to_be_bytes::<32>()[..], &nonce.to_be_bytes(), code_hash.as_slice()];
    (keccak256(address), value.concat().into())
}

fn slot_leaf(address: &EvmAddress, slot: &U256, value: &U256) -> (B256, Bytes) {
    let key = [address.as_slice(), &slot.to_be_bytes::<32>()].concat();
    (keccak256(key), value.to_be_bytes_vec().into())
}

/// Both sides have to end with the same gas, nonces and slots.
fn agree(this: &Chain, peer: &mut Serial) -> Result<(), Failure> {
    if this.gas != peer.gas {
        return Err(failure(&format!("gas of {:?} here, of {:?} in revm", this.gas, peer.gas)));
    }
    let database = &mut peer.world.database;
    let mut compared = 0;
    for (key, value) in evm::all_records(this.engine.store().latest().as_ref())?.iter() {
        let address = key.space().evm_alias();
        let Some(value) = value else { continue };
        let (here, there) = match key.namespace() {
            Namespace::Slot => {
                let slot = U256::from_be_slice(key.suffix());
                let there = database.storage(address, slot).map_err(host_failure)?;
                (U256::from_be_slice(value), there)
            }
            Namespace::Account => {
                let record = AccountRecord::decode(key, value).map_err(host_failure)?;
                let there = database.basic(address).map_err(host_failure)?;
                (U256::from(record.nonce), U256::from(there.map_or(0, |info| info.nonce)))
            }
            _ => continue,
        };
        if here != there {
            return Err(failure(&format!("{key:?} is {here} here and {there} in revm")));
        }
        compared += 1;
    }
    match compared {
        0..ACCOUNTS => Err(failure("there was too little to compare")),
        _ => Ok(()),
    }
}

/// The account that the one at a place pays, in another order than the senders.
fn receiver(keys: &[SecretKey], at: usize) -> Address {
    keys[(at * 7 + 1) % keys.len()].address()
}

fn transfer(
    key: &SecretKey,
    to: Address,
    (token, chain_id, nonce): (Address, u64, u64),
) -> Result<SignedTransaction, Failure> {
    let payload = Payload {
        chain_id,
        nonce,
        expiry: None,
        gas_limit: GAS_LIMIT,
        max_fee: 0,
        max_priority_fee: 0,
        action: Action::Call { to: token, value: Wei::ZERO, input: transfer_input(&to, 1) },
        hints: Vec::new(),
    };
    payload.sign_as_ethereum(key).map_err(host_failure)
}

fn transfer_input(to: &Address, amount: u64) -> Bytes {
    let amount = U256::from(amount).to_be_bytes::<32>();
    [&TRANSFER[..], to.as_bytes(), &amount].concat().into()
}

fn key(number: u64) -> Result<SecretKey, Failure> {
    SecretKey::secp256k1(U256::from(number).to_be_bytes()).map_err(host_failure)
}

fn failure(reason: &str) -> Failure {
    Failure::Host(anyhow::anyhow!("{reason}"))
}
