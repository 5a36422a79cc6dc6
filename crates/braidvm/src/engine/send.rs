//! Making the chain grow: requests signed in the name of development accounts, transactions that
//! came signed, and the blocks of them.

use std::{ops::ControlFlow, sync::Arc};

use abi::Interface;
use block::{
    Action, BlockError, BlockRecord, OnReceipt, Payload, Proposal, Ran, SecretKey,
    SignedTransaction, Skipped,
    execution::{BlockStatistics, Stopwatch},
};
use kernel::{Checks, Fee, Transaction, TransactionResult};
use primitives::{Address, Bytes, Gas, Hash, TxIndex, VmKind};

use super::Engine;
use crate::{
    Deploy, EngineError, Receipt, Request,
    accounts::dev_accounts,
    interfaces::Resolved,
    metrics::{Made, Watch},
};

/// What came of a block that was made.
#[derive(Debug)]
pub struct BlockReceipt {
    /// Header, transactions and receipts as the store keeps them.
    pub record: BlockRecord,
    /// The hash of the block.
    pub hash: Hash,
    /// A receipt for each transaction in it.
    pub receipts: Vec<Receipt>,
    /// Transactions that are not in it, by their place among those that were given.
    pub skipped: Vec<Skipped>,
    /// How the execution went. It differs from run to run and is part of no result.
    pub statistics: BlockStatistics,
}

impl Engine {
    /// Makes a contract; the receipt names it. A failing constructor is no error but a receipt.
    ///
    /// Where the EVM's artifact ships an interface, a second transaction of the same block attaches
    /// it, so that calls by name and traces in words work for everybody who shares the state.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the artifact, the arguments or the transaction are not valid, or the
    /// host failed.
    pub fn deploy(&mut self, deploy: &Deploy) -> Result<Receipt, EngineError> {
        let mut transaction = self.deploy_transaction(deploy)?;
        let interface = deploy.artifact.interface.as_ref().filter(|_| transaction.to.is_none());
        let describe = match interface {
            Some(interface) => self.describe(&mut transaction, interface)?,
            None => None,
        };
        let nonce = self.nonce(&deploy.from)?;
        let mut signed = vec![self.sign(&transaction, nonce)?];
        if let Some(describe) = describe {
            signed.push(self.sign(&describe, nonce.saturating_add(1))?);
        }
        let receipts = self.send_strictly(&signed, None)?.receipts;
        let receipt = receipts.into_iter().next();
        Ok(receipt.expect("invariant: a block that skips nothing has a receipt for each"))
    }

    /// Calls a contract and keeps what it changed: a transaction in a block of its own.
    ///
    /// A development account signs with its key. Any other sender is taken at its word, where the
    /// chain allows that.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the request is not valid or the host failed. A contract that fails is
    /// no error but a receipt.
    pub fn send(&mut self, request: &Request) -> Result<Receipt, EngineError> {
        let (transaction, resolved) = self.transaction(request)?;
        let signed = self.sign(&transaction, self.nonce(&request.from)?)?;
        self.send_one(&signed, Some(&resolved))
    }

    /// Runs a signed transaction, given as its bytes, in a block of its own.
    ///
    /// # Errors
    ///
    /// [`EngineError::Decode`] where the bytes are no transaction, [`EngineError::Check`] where it
    /// may not be in the next block, and where the host failed.
    pub fn submit_raw(&mut self, bytes: &[u8]) -> Result<Receipt, EngineError> {
        self.send_one(&SignedTransaction::decode(bytes)?, None)
    }

    /// Makes a block of signed transactions in their order, on as many threads as the configuration
    /// says. Those that may not be in it are left out and listed with their reasons. Receipts have
    /// no call trees.
    ///
    /// # Errors
    ///
    /// [`EngineError::Block`] where the host failed; then there is no block.
    pub fn send_block(
        &mut self,
        transactions: &[SignedTransaction],
    ) -> Result<BlockReceipt, EngineError> {
        let (proposal, watch) = self.propose(transactions, false);
        let ran = self.run(&proposal)?;
        self.seal((&proposal, &watch), ran, None)
    }

    /// As [`send_block`](Self::send_block), but tells each receipt, in their order, as soon as it
    /// is final, while later transactions may still be running. On [`ControlFlow::Break`] the block
    /// ends with that transaction; those after it are left out without a reason. So a caller makes
    /// a block that takes so long, or uses so much gas, as it sees fit.
    ///
    /// What is told becomes durable with the whole block, when this returns.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    ///
    /// use braidvm::{Engine, Gas};
    ///
    /// # fn main() -> Result<(), braidvm::EngineError> {
    /// let mut engine = Engine::dev();
    /// let transactions = [];
    /// let block = engine.stream_block(&transactions, |receipt| {
    ///     println!("{} {}", receipt.transaction_hash, receipt.status.name());
    ///     match receipt.cumulative_gas < Gas(1_000_000) {
    ///         true => ControlFlow::Continue(()),
    ///         false => ControlFlow::Break(()),
    ///     }
    /// })?;
    /// assert!(block.skipped.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send_block`](Self::send_block).
    pub fn stream_block(
        &mut self,
        transactions: &[SignedTransaction],
        on_receipt: impl FnMut(&block::Receipt) -> ControlFlow<()> + Send + 'static,
    ) -> Result<BlockReceipt, EngineError> {
        let (mut proposal, watch) = self.propose(transactions, false);
        proposal.on_receipt = Some(OnReceipt::new(on_receipt));
        let ran = self.run(&proposal)?;
        self.seal((&proposal, &watch), ran, None)
    }

    /// The transaction that `transaction` is when its sender signs it: with the key of a
    /// development account, or without a signature.
    ///
    /// # Errors
    ///
    /// [`EngineError::Encode`] where it breaks a limit.
    pub fn sign(
        &self,
        transaction: &Transaction,
        nonce: u64,
    ) -> Result<SignedTransaction, EngineError> {
        let payload = self.payload(transaction, nonce);
        let key = dev_accounts().into_iter().find(|it| it.address == transaction.from);
        let Some(account) = key else { return Ok(payload.impersonate(transaction.from)?) };
        let key = SecretKey::secp256k1(account.private_key)
            .expect("invariant: the development keys are sound");
        let is_narrow = transaction.to.is_none_or(|to| to.is_evm());
        Ok(if is_narrow { payload.sign_as_ethereum(&key)? } else { payload.sign(&key)? })
    }

    fn send_one(
        &mut self,
        transaction: &SignedTransaction,
        resolved: Option<&Resolved>,
    ) -> Result<Receipt, EngineError> {
        let block = self.send_strictly(std::slice::from_ref(transaction), resolved)?;
        let receipt = block.receipts.into_iter().next();
        Ok(receipt.expect("invariant: a block that skips nothing has a receipt for each"))
    }

    /// Makes a block, or none where a transaction may not be in it.
    fn send_strictly(
        &mut self,
        transactions: &[SignedTransaction],
        resolved: Option<&Resolved>,
    ) -> Result<BlockReceipt, EngineError> {
        let (proposal, watch) = self.propose(transactions, self.is_tracing);
        let mut ran = self.run(&proposal)?;
        match ran.skipped.pop() {
            Some(Skipped { reason: Some(reason), .. }) => Err(reason.into()),
            Some(Skipped { index, reason: None }) => Err(EngineError::NotReached(index)),
            None => self.seal((&proposal, &watch), ran, resolved),
        }
    }

    /// What a block shall be made of, and the clock that began with it.
    fn propose<'a>(
        &self,
        transactions: &'a [SignedTransaction],
        is_traced: bool,
    ) -> (Proposal<'a>, Arc<Watch>) {
        let watch = Arc::new(Watch::start(if self.is_measuring { transactions.len() } else { 0 }));
        let stopwatch: Option<Arc<dyn Stopwatch>> = match self.is_measuring {
            true => Some(Arc::<Watch>::clone(&watch)),
            false => None,
        };
        let proposal = Proposal {
            rules: self.rules.clone(),
            parent_hash: self.store.tip().map_or(Hash::ZERO, |tip| tip.hash),
            environment: self.next_block(),
            transactions,
            threads: self.executor.workers(),
            is_traced,
            on_receipt: None,
            stopwatch,
        };
        (proposal, watch)
    }

    fn run(&self, proposal: &Proposal<'_>) -> Result<Ran, BlockError> {
        let number = proposal.environment.number.0;
        let _span = tracing::info_span!(target: "braid::block", "block", number).entered();
        block::run(&self.executor, &self.senders, &self.store.latest(), proposal)
    }

    /// Makes a block the last of the chain. When this returns it is durable.
    fn seal(
        &mut self,
        (proposal, watch): (&Proposal<'_>, &Watch),
        mut ran: Ran,
        resolved: Option<&Resolved>,
    ) -> Result<BlockReceipt, EngineError> {
        let execution = watch.elapsed();
        let places = std::mem::take(&mut ran.places);
        let skipped = std::mem::take(&mut ran.skipped);
        let results = std::mem::take(&mut ran.results);
        let statistics = std::mem::take(&mut ran.statistics);
        let (record, changes) = self.commit(proposal, ran)?;
        let hash = record.hash();
        let made = Made {
            record: &record,
            statistics: &statistics,
            skipped: skipped.len(),
            places: &places,
            execution,
            commit: watch.elapsed().saturating_sub(execution),
        };
        self.observe(&made, watch);
        self.config.node.retention_blocks.prune(self.store.as_ref(), changes)?;
        self.next_timestamp_s = None;
        self.read_rules()?;
        let receipts = results
            .into_iter()
            .zip(&record.transactions)
            .enumerate()
            .map(|(index, (result, transaction))| {
                self.receipt(&record, (hash, transaction.hash(), index), (result, resolved))
            })
            .collect();
        Ok(BlockReceipt { record, hash, receipts, skipped, statistics })
    }

    /// Gives a block its header and puts it into the store, and returns how many records changed.
    fn commit(
        &self,
        proposal: &Proposal<'_>,
        mut ran: Ran,
    ) -> Result<(BlockRecord, usize), EngineError> {
        let writes = std::mem::take(&mut ran.writes);
        let Some(trees) = &self.trees else {
            let staged = self.store.stage(writes)?;
            let changes = staged.changes();
            let record = ran.into_record(proposal, staged.root());
            self.store.commit_staged(record.entry(), staged)?;
            return Ok((record, changes));
        };
        let root = self.rules.header_root(self.store.as_ref(), proposal.environment.number)?;
        let record = ran.into_record(proposal, root);
        let changes = self.store.append(record.entry(), writes)?;
        trees.wake();
        Ok((record, changes))
    }

    fn receipt(
        &self,
        record: &BlockRecord,
        (block_hash, transaction, index): (Hash, Hash, usize),
        (result, resolved): (TransactionResult, Option<&Resolved>),
    ) -> Receipt {
        Receipt {
            block: primitives::BlockNumber(record.header.number),
            block_hash,
            transaction,
            index: TxIndex(u32::try_from(index).expect("invariant: gas bounds the transactions")),
            call: self.output(result, resolved),
        }
    }

    fn payload(&self, transaction: &Transaction, nonce: u64) -> Payload {
        let (value, input) = (transaction.value, transaction.input.clone());
        let base_fee: u128 = self.next_block().base_fee.0.saturating_to();
        let (max_fee, max_priority_fee) = match transaction.fee {
            Fee::Dynamic { max_fee, max_priority_fee } => {
                (max_fee.0.saturating_to(), max_priority_fee.0.saturating_to())
            }
            Fee::Legacy { .. } => (base_fee, 0),
            Fee::Tip { priority_fee } => {
                let tip: u128 = priority_fee.0.saturating_to();
                (base_fee.saturating_add(tip), tip)
            }
        };
        Payload {
            chain_id: self.rules.chain_id,
            nonce: transaction.nonce.unwrap_or(nonce),
            expiry: None,
            gas_limit: transaction.gas_limit,
            max_fee,
            max_priority_fee,
            action: match transaction.to {
                Some(to) if input.is_empty() => Action::Transfer { to, value },
                Some(to) => Action::Call { to, value, input },
                None => Action::Deploy {
                    kind: VmKind::Evm,
                    code: input,
                    arguments: Bytes::new(),
                    interface: None,
                    value,
                },
            },
            hints: Vec::new(),
        }
    }

    /// The transaction that attaches the interface to the contract that `creation` makes; nothing
    /// where the constructor fails. Both have to fit into one block, so both are tried first, and
    /// the creation gets what the other leaves.
    fn describe(
        &self,
        creation: &mut Transaction,
        interface: &Interface,
    ) -> Result<Option<Transaction>, EngineError> {
        let nonce = self.nonce(&creation.from)?;
        let mut execution = self.execution(self.store.latest())?;
        execution.set_tracing(false);
        let checks = Checks { base_fee: false, ..Checks::ALL };
        let made = execution.transact(&Transaction { checks, ..creation.clone() })?;
        let created: Option<Address> = made.created.filter(|_| made.status.is_success());
        let Some(contract) = created else { return Ok(None) };
        let mut describe = Transaction {
            from: creation.from,
            to: Some(kernel::deployer()),
            input: kernel::describe_input(contract, nonce, &interface.to_json()),
            gas_limit: self.rules.gas_limit,
            chain_id: Some(self.rules.chain_id),
            checks,
            ..Transaction::default()
        };
        let described = execution.transact(&describe)?;
        debug_assert!(described.status.is_success(), "a creator describes its own contract");
        describe.gas_limit = described.gas_used.saturating_add(described.gas_refunded);
        let left = self.rules.gas_limit.checked_sub(describe.gas_limit).unwrap_or(Gas::ZERO);
        creation.gas_limit = creation.gas_limit.min(left);
        Ok(Some(describe))
    }
}
