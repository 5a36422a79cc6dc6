//! Whole blocks over a real kernel: what may be in them, what their headers say, and that they run
//! again to the same.

use std::sync::Arc;

use alloy_consensus::{EthereumTxEnvelope, ReceiptEnvelope, TxEip4844, proofs};
use alloy_eips::eip2718::Decodable2718;
use braid_block::{
    BaseFeeRule, BlockRecord, ChainRules, CheckError, Genesis, Header, Payload, Proposal, Ran,
    Receipt, ReceiptStatus, SecretKey, SenderCache, SignedTransaction, TransactionPlace,
    execution::Executor, replay, run,
};
use kernel::{Kernel, KernelConfig, TransactionError};
use primitives::{Address, BlockNumber, Bytes, Gas, U256, Wei};
use state::{Key, MemoryStore, Namespace, Records, Store, WriteSet, record::AccountRecord};

use crate::{key, transfer};

/// A chain in memory whose accounts 1 to 9 of secp256k1 and of ed25519 own coin.
struct Chain {
    executor: Executor,
    senders: SenderCache,
    store: MemoryStore,
    rules: ChainRules,
}

const FEES: &str =
    "[base_fee]\nrule = \"eip1559\"\ninitial = \"1gwei\"\nrecipient = \"treasury\"\n";

impl Chain {
    fn new(settings: &str) -> Self {
        let mut genesis = Genesis::from_text("genesis", settings).expect("a sound file");
        for seed in 1..10 {
            for key in [key(seed), SecretKey::ed25519([seed; 32])] {
                let account = braid_block::AccountSection {
                    balance: "1ether".to_owned(),
                    ..Default::default()
                };
                genesis.accounts.insert(key.address().to_string(), account);
            }
        }
        let names = |name: &str| (name == "treasury").then(treasury);
        let rules = genesis.rules(&names).expect("sound rules");
        let store = MemoryStore::new();
        let staged = store.stage(genesis.writes(&names).expect("sound")).expect("memory");
        let record = rules.genesis_block(staged.root());
        store.commit_staged(record.entry(), staged).expect("memory");
        let mut config = KernelConfig::default();
        config.evm.base_fee_recipient = rules.base_fee_recipient;
        let kernel = Kernel::new(config).expect("sound settings");
        let executor = Executor::serial(Arc::new(kernel));
        Self { executor, senders: SenderCache::new(), store, rules }
    }

    fn header(&self) -> Header {
        let tip = self.store.tip().expect("a chain").block;
        BlockRecord::load(&self.store, tip).expect("it reads").expect("it is held").header
    }

    fn propose<'a>(&self, transactions: &'a [SignedTransaction]) -> Proposal<'a> {
        let parent = self.header();
        let hash = self.store.tip().expect("a chain").hash;
        let environment = self.rules.next_environment(&parent, hash, parent.timestamp + 1);
        let (rules, parent_hash) = (self.rules.clone(), hash);
        Proposal {
            rules,
            parent_hash,
            environment,
            transactions,
            threads: 2,
            is_traced: false,
            on_receipt: None,
        }
    }

    fn run(&self, transactions: &[SignedTransaction]) -> Ran {
        let proposal = self.propose(transactions);
        run(&self.executor, &self.senders, &self.store.latest(), &proposal).expect("memory")
    }

    /// Why the only transaction of a block may not be in it.
    fn refusal(&self, transaction: &SignedTransaction) -> CheckError {
        let mut ran = self.run(std::slice::from_ref(transaction));
        assert!(ran.receipts.is_empty() && ran.writes.is_empty(), "nothing happened");
        ran.skipped.pop().expect("it is left out").reason.expect("with a reason")
    }

    /// Appends a block that holds all of the transactions.
    fn append(&self, transactions: &[SignedTransaction]) -> BlockRecord {
        let proposal = self.propose(transactions);
        let mut ran = self.run(transactions);
        assert!(ran.skipped.is_empty(), "{:?}", ran.skipped);
        let staged = self.store.stage(std::mem::take(&mut ran.writes)).expect("memory");
        let record = ran.into_record(&proposal, staged.root());
        self.store.commit_staged(record.entry(), staged).expect("memory");
        record
    }

    fn supply(&self) -> U256 {
        let view = self.store.latest();
        let prefix = [Namespace::Account as u8];
        let records = Records::starting_at(view.as_ref(), &prefix, &prefix);
        records.fold(U256::ZERO, |sum, entry| {
            let (key, value) = entry.expect("memory");
            sum + AccountRecord::decode(&key, &value).expect("an account").balance.0
        })
    }

    fn balance(&self, address: &Address) -> U256 {
        let key = Key::account(&Address::from_evm(address.evm_alias()));
        let bytes = self.store.latest().read(&key).expect("memory");
        bytes.map_or(U256::ZERO, |bytes| {
            AccountRecord::decode(&key, &bytes).expect("an account").balance.0
        })
    }
}

fn treasury() -> Address {
    Address::from_evm([0xfe; 20].into())
}

/// A transfer that pays 2 gwei for a unit of gas at most.
fn paid(nonce: u64, to: Address) -> Payload {
    Payload { max_fee: 2_000_000_000, max_priority_fee: 1, ..transfer(nonce, to, 5) }
}

fn sign(payload: Payload, seed: u8) -> SignedTransaction {
    payload.sign(&key(seed)).expect("sound")
}

/// Creation code of a contract that emits an event with one topic, and then reverts where it gets
/// coin.
fn logging_code() -> Bytes {
    // PUSH1 7, PUSH1 0, PUSH1 0, LOG1, STOP in the constructor itself.
    Bytes::from_static(&[0x60, 7, 0x60, 0, 0x60, 0, 0xa1, 0x00])
}

fn creation(nonce: u64, code: Bytes) -> Payload {
    let action = braid_block::Action::Deploy {
        kind: primitives::VmKind::Evm,
        code,
        arguments: Bytes::new(),
        interface: None,
        value: Wei::ZERO,
    };
    Payload { action, gas_limit: Gas(200_000), ..transfer(nonce, Address::ZERO, 0) }
}

#[test]
fn each_rule_that_is_broken_is_named_with_its_numbers() {
    let chain = Chain::new(FEES);
    let to = key(2).address();
    let sound = || paid(0, to);
    let cases: [(Payload, &str); 7] = [
        (Payload { chain_id: 5, ..sound() }, "is for chain 5, this is 31337"),
        (Payload { nonce: 1, ..sound() }, "nonce 1 is too high, the account is at 0"),
        (Payload { max_fee: 7, ..sound() }, "7 wei is below the base fee of 875000000 wei"),
        (Payload { max_priority_fee: 3_000_000_000, ..sound() }, "above the max fee"),
        (Payload { gas_limit: Gas(20_000), ..sound() }, "intrinsic gas of 21000"),
        (Payload { gas_limit: Gas(200_000_000), ..sound() }, "above the block's of 100000000"),
        (Payload { expiry: Some(BlockNumber(0)), ..sound() }, "up to block 0, this is block 1"),
    ];
    for (payload, words) in cases {
        let error = chain.refusal(&sign(payload, 1)).to_string();
        assert!(error.contains(words), "{error}");
    }
    let poor = chain.refusal(&sign(sound(), 100)).to_string();
    assert!(poor.contains("insufficient funds: balance of 0 wei"), "{poor}");
    let anyone = sound().impersonate(key(1).address()).expect("sound");
    assert!(matches!(chain.refusal(&anyone), CheckError::NotSigned(31337)));
    let expiring = Payload { expiry: Some(BlockNumber(1)), ..sound() };
    assert!(chain.run(&[sign(expiring, 1)]).skipped.is_empty(), "block 1 may hold it");
}

#[test]
fn a_transaction_is_in_the_chain_once() {
    let chain = Chain::new("");
    let transaction = sign(transfer(0, key(2).address(), 5), 1);
    let ran = chain.run(&[transaction.clone(), transaction.clone()]);
    assert_eq!((ran.receipts.len(), ran.skipped.len()), (1, 1));
    assert_eq!(ran.skipped[0].index, 1);
    chain.append(std::slice::from_ref(&transaction));
    let error = chain.refusal(&transaction);
    let is_used = matches!(
        error,
        CheckError::Transaction(TransactionError::NonceTooLow { nonce: 0, expected: 1 })
    );
    assert!(is_used, "{error}");
}

#[test]
fn legacy_transactions_without_a_chain_are_a_choice_of_the_chain() {
    let unprotected = {
        use alloy_consensus::{SignableTransaction, TxLegacy};
        let payload = TxLegacy { gas_limit: 60_000, ..TxLegacy::default() };
        let own = payload.into_signed(alloy_primitives::Signature::new(
            U256::from(1),
            U256::from(1),
            false,
        ));
        let mut bytes = Vec::new();
        own.eip2718_encode(&mut bytes);
        SignedTransaction::decode(&bytes).expect("it reads")
    };
    let closed = Chain::new("");
    assert!(matches!(closed.refusal(&unprotected), CheckError::Unprotected(31337)));
    let open = Chain::new("accepts_unprotected = true");
    assert!(open.run(&[unprotected]).skipped.is_empty(), "a free transaction of nothing");
}

#[test]
fn the_roots_of_a_header_are_those_that_ethereum_computes() {
    let chain = Chain::new("");
    let transactions = [
        creation(0, logging_code()).sign_as_ethereum(&key(1)).expect("sound"),
        transfer(1, key(3).address(), 5).sign_as_ethereum(&key(1)).expect("sound"),
        creation(0, Bytes::from_static(&[0xfe])).sign_as_ethereum(&key(2)).expect("sound"),
    ];
    let record = chain.append(&transactions);
    let envelopes: Vec<EthereumTxEnvelope<TxEip4844>> = transactions
        .iter()
        .map(|it| EthereumTxEnvelope::decode_2718_exact(it.encode()).expect("Ethereum's own"))
        .collect();
    let theirs: Vec<ReceiptEnvelope> = record
        .receipts
        .iter()
        .map(|it| ReceiptEnvelope::decode_2718_exact(&it.to_ethereum()).expect("Ethereum's own"))
        .collect();
    let header = &record.header;
    assert_eq!(header.transactions_root, proofs::calculate_transaction_root(&envelopes));
    assert_eq!(header.receipts_root, proofs::calculate_receipt_root(&theirs));
    assert_eq!(header.gas_used, theirs[2].cumulative_gas_used());
    let bloom = theirs.iter().fold(alloy_primitives::Bloom::ZERO, |sum, it| sum | *it.logs_bloom());
    assert_eq!(header.logs_bloom, bloom);
    assert_ne!(bloom, alloy_primitives::Bloom::ZERO);
    let statuses: Vec<_> = record.receipts.iter().map(|it| it.status).collect();
    assert_eq!(statuses, [ReceiptStatus::Success, ReceiptStatus::Success, ReceiptStatus::Halt]);
    assert_eq!(theirs[0].logs().len(), 1);
}

#[test]
fn a_word_of_a_receipt_that_ethereum_leaves_out_is_committed_to() {
    let chain = Chain::new("");
    let record = chain.append(&[sign(creation(0, logging_code()), 1)]);
    let receipts = &record.receipts;
    assert_eq!(record.header.extra_data.as_ref(), Receipt::commitment(receipts).as_slice());
    let other = |change: &dyn Fn(&mut Receipt)| {
        let mut receipts = receipts.clone();
        change(&mut receipts[0]);
        Receipt::commitment(&receipts)
    };
    let same = Receipt::commitment(receipts);
    assert_ne!(other(&|it| it.created = None), same);
    assert_ne!(other(&|it| it.gas_by_vm.clear()), same);
    assert_ne!(other(&|it| it.gas_price = Wei::from_u64(9)), same);
    assert_ne!(other(&|it| it.output = Bytes::from_static(b"x")), same);
    assert_eq!(other(&|it| it.reason = Some("other words".to_owned())), same);
}

#[test]
fn the_record_of_a_block_reads_as_it_was_and_damage_is_named() {
    let chain = Chain::new("");
    let transactions =
        [sign(creation(0, logging_code()), 1), sign(transfer(0, key(1).address(), 1), 2)];
    let record = chain.append(&transactions);
    let bytes = record.encode();
    assert_eq!(BlockRecord::decode(BlockNumber(1), &bytes).expect("own bytes"), record);
    assert!(BlockRecord::decode(BlockNumber(2), &bytes).is_err());
    for end in 0..bytes.len() {
        assert!(BlockRecord::decode(BlockNumber(1), &bytes[..end]).is_err(), "cut at {end}");
    }
    let other = [&[9], &bytes[1..]].concat();
    let error = BlockRecord::decode(BlockNumber(1), &other).expect_err("a later version");
    assert!(error.to_string().contains("version 9"), "{error}");
}

#[test]
fn the_base_fee_follows_how_full_blocks_are() {
    let chain = Chain::new("gas_limit = 42000\n[base_fee]\nrule = \"eip1559\"\ninitial = \"1000\"");
    let to = key(2).address();
    let full = |nonce| Payload { gas_limit: Gas(21_000), ..paid(nonce, to) };
    // The example of EIP-1559: an empty block lowers the fee by an eighth, a full one raises it.
    let mut fees = vec![chain.header().base_fee_per_gas];
    chain.append(&[]);
    fees.push(chain.header().base_fee_per_gas);
    chain.append(&[sign(full(0), 1), sign(full(1), 1)]);
    fees.push(chain.header().base_fee_per_gas);
    chain.append(&[sign(full(2), 1)]);
    fees.push(chain.header().base_fee_per_gas);
    chain.append(&[]);
    fees.push(chain.header().base_fee_per_gas);
    assert_eq!(fees, [1000, 875, 766, 861, 861].map(Some));
    assert_eq!(chain.rules.base_fee, BaseFeeRule::Eip1559(1000));
}

#[test]
fn an_identity_of_32_bytes_pays_and_is_paid() {
    let chain = Chain::new("");
    let wide = SecretKey::ed25519([4; 32]);
    let other = Address::new([0x77; 32]);
    let pay = transfer(0, other, 1000).sign(&wide).expect("sound");
    let record = chain.append(&[pay]);
    assert_eq!(record.receipts[0].from, wide.address());
    assert_eq!(chain.balance(&other), U256::from(1000));
    let alias = Key::alias(&Address::from_evm(other.evm_alias()));
    let bound = chain.store.latest().read(&alias).expect("memory");
    assert_eq!(bound.as_ref().map(AsRef::as_ref), Some(&other.as_bytes()[..]));
}

#[test]
fn an_alias_that_is_taken_is_refused_and_nothing_stays_of_the_attempt() {
    let chain = Chain::new("");
    let (owner, victim) = (Address::new([1; 32]), Address::new([0x66; 32]));
    // Another identity holds the alias: a collision of hashes, which nobody can make by hand.
    let alias = Key::alias(&Address::from_evm(victim.evm_alias()));
    let mut writes = WriteSet::new();
    writes.put(alias, owner.as_bytes().to_vec());
    let block = state::BlockCommit {
        number: BlockNumber(1),
        writes,
        record: Some(
            BlockRecord {
                header: Header { number: 1, gas_limit: 100_000_000, ..chain.header() },
                transactions: Vec::new(),
                receipts: Vec::new(),
            }
            .encode(),
        ),
        ..state::BlockCommit::default()
    };
    chain.store.commit(block).expect("memory");
    let error = chain.refusal(&sign(transfer(0, victim, 5), 1));
    let is_taken = matches!(
        &error,
        CheckError::Transaction(TransactionError::AliasTaken(it)) if *it == victim
    );
    assert!(is_taken, "{error}");
    // An invalid transaction binds no alias either.
    let fresh = Address::new([0x55; 32]);
    chain.refusal(&sign(transfer(9, fresh, 5), 1));
}

#[test]
fn a_transaction_is_found_where_the_chain_holds_it() {
    let chain = Chain::new("");
    let to = key(2).address();
    let (first, second) = (sign(transfer(0, to, 1), 1), sign(transfer(0, to, 1), 3));
    chain.append(&[]);
    chain.append(&[first.clone(), second.clone()]);
    let find = |it: &SignedTransaction| {
        TransactionPlace::find(&chain.store, &it.hash()).expect("memory").map(|(place, _)| place)
    };
    let place = find(&second).expect("it is there");
    assert_eq!((place.block, place.index.0), (BlockNumber(2), 1));
    chain.store.rewind(BlockNumber(1)).expect("memory");
    assert_eq!(find(&second), None, "the block is gone");
    chain.append(std::slice::from_ref(&first));
    assert_eq!(find(&second), None, "another block is in its place");
    assert_eq!(find(&first).map(|place| place.index.0), Some(0));
}

#[test]
fn blocks_run_again_to_the_same_and_a_forged_one_is_found() {
    let chain = Chain::new(FEES);
    let to = key(5).address();
    for round in 0..4 {
        let transactions: Vec<_> = (1..4).map(|seed| sign(paid(round, to), seed)).collect();
        chain.append(&transactions);
    }
    let again = |number| {
        let store: &dyn Store = &chain.store;
        replay(&chain.executor, &chain.senders, &chain.rules, store, BlockNumber(number))
    };
    for number in 1..=4 {
        assert_eq!(again(number).expect("it is held"), None);
    }
    assert!(again(0).is_err() && again(5).is_err());

    // A block whose record says another state than its transactions make.
    let transactions = [sign(paid(4, to), 1)];
    let proposal = chain.propose(&transactions);
    let mut ran = chain.run(&transactions);
    let mut writes = std::mem::take(&mut ran.writes);
    let rich = AccountRecord { balance: Wei::from_u64(1 << 60), ..AccountRecord::default() };
    writes.put(Key::account(&Address::from_evm([0xaa; 20].into())), rich.encode());
    let staged = chain.store.stage(writes).expect("memory");
    let record = ran.into_record(&proposal, staged.root());
    chain.store.commit_staged(record.entry(), staged).expect("memory");
    let difference = again(5).expect("it is held").expect("it is forged");
    assert!(difference.what.contains("record account"), "{difference}");
}

#[test]
fn a_receipt_that_lies_is_found() {
    let chain = Chain::new("");
    let transactions = [sign(transfer(0, key(2).address(), 5), 1)];
    let proposal = chain.propose(&transactions);
    let mut ran = chain.run(&transactions);
    let staged = chain.store.stage(std::mem::take(&mut ran.writes)).expect("memory");
    let mut record = ran.into_record(&proposal, staged.root());
    record.receipts[0].gas_used = Gas(20_999);
    chain.store.commit_staged(record.entry(), staged).expect("memory");
    let store: &dyn Store = &chain.store;
    let found = replay(&chain.executor, &chain.senders, &chain.rules, store, BlockNumber(1));
    let difference = found.expect("it is held").expect("it lies");
    assert!(difference.what.contains("receipt 0"), "{difference}");
}

#[test]
fn the_price_that_was_paid_is_in_the_receipt() {
    let chain = Chain::new(FEES);
    let before = chain.supply();
    let record = chain.append(&[sign(paid(0, key(2).address()), 1)]);
    let receipt = &record.receipts[0];
    let base_fee = record.header.base_fee_per_gas.expect("since London");
    assert_eq!(receipt.gas_price, Wei::from_u64(base_fee + 1));
    let paid = U256::from(21_000) * receipt.gas_price.0;
    assert_eq!(chain.balance(&chain.rules.fee_recipient), U256::from(21_000));
    assert_eq!(chain.balance(&treasury()), paid - U256::from(21_000));
    assert_eq!(chain.supply(), before, "coin is moved, never made or lost");
}

#[test]
fn a_block_is_found_by_its_hash_also_where_old_ones_have_no_index() {
    let chain = Chain::new("");
    let hash_of = |number: u64| chain.store.block_hash(BlockNumber(number)).expect("memory");
    for number in 1..8 {
        let mut record = chain.append(&[]);
        if number < 4 {
            // As a store from before: the block without its index record.
            chain.store.rewind(BlockNumber(number - 1)).expect("held");
            record.header.gas_limit += 1;
            let entry = state::BlockEntry { index: Vec::new(), ..record.entry() };
            let staged = chain.store.stage(WriteSet::new()).expect("memory");
            chain.store.commit_staged(entry, staged).expect("memory");
        }
    }
    let number_of =
        |hash: &primitives::Hash| BlockRecord::number_of(&chain.store, hash).expect("memory");
    for number in 0..8 {
        let hash = hash_of(number).expect("held");
        assert_eq!(number_of(&hash), Some(BlockNumber(number)));
    }
    let last = hash_of(7).expect("held");
    assert_eq!(number_of(&primitives::Hash::ZERO), None);
    chain.store.rewind(BlockNumber(6)).expect("held");
    assert_eq!(number_of(&last), None, "an index record that a rewind left");
}
