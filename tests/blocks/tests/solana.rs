//! Transactions of Solana in blocks: signatures, fees, what makes each valid but once, lookup
//! tables, nonce accounts, and the same chain for any number of threads.

use braid_block_tests::traffic::config;
use braidvm::{
    Address, BlockNumber, BlockReceipt, Bytes, Engine, Gas, Hash, Request, SecretKey,
    SignedTransaction, VmKind, Wei, dev_accounts,
    rooms::{
        block::{CheckError, ReceiptStatus, SOLANA_TYPE},
        kernel::TransactionError,
        state::Key,
        vm_svm::{
            BRIDGE, LookupTable, Nonce, SolanaAccount, SolanaInstruction, SolanaMessage,
            from_base58, lamports_of, program_address, seeded_account, standard_program_address,
            wei_of,
        },
    },
};

/// Lamports that everybody has at first.
const LAMPORTS: u64 = 10_000_000_000;

/// Lamports and bytes of a nonce account.
const NONCE: (u64, u64) = (1_447_680, 80);

const SYSTEM: Address = Address::ZERO;

struct Chain {
    engine: Engine,
    keys: Vec<SecretKey>,
}

impl Chain {
    fn new(threads: usize) -> Self {
        let mut config = config(threads);
        config.execution.verify = threads > 1;
        let mut engine = Engine::in_memory(config).expect("an engine");
        let keys: Vec<_> = (1..=20).map(|seed| SecretKey::ed25519([seed; 32])).collect();
        let alice = dev_accounts()[0].address;
        for key in &keys {
            let request = Request::transfer(alice, key.address(), wei_of(LAMPORTS));
            assert!(engine.send(&request).expect("a transfer").is_success());
        }
        Self { engine, keys }
    }

    fn key(&self, index: usize) -> Address {
        self.keys[index].address()
    }

    fn tip_hash(&self) -> Hash {
        self.engine.store().tip().expect("a block").hash
    }

    fn lamports(&self, address: &Address) -> u64 {
        lamports_of(self.engine.balance(address).expect("memory does not fail"))
    }

    /// A transaction that the payer and whoever else has to sign have signed.
    fn signed(&self, payer: usize, list: &[SolanaInstruction]) -> SignedTransaction {
        self.signed_at(payer, list, &[], self.tip_hash())
    }

    fn signed_at(
        &self,
        payer: usize,
        list: &[SolanaInstruction],
        tables: &[LookupTable],
        hash: Hash,
    ) -> SignedTransaction {
        let message = SolanaMessage::new(self.key(payer), list, tables, hash).expect("a message");
        SignedTransaction::sign_solana(message.encode(), &self.keys).expect("all keys are known")
    }

    fn block(&mut self, transactions: &[SignedTransaction]) -> BlockReceipt {
        self.engine.send_block(transactions).expect("the host does not fail")
    }

    /// A block of transactions all of which succeed.
    fn done(&mut self, transactions: &[SignedTransaction]) -> BlockReceipt {
        let block = self.block(transactions);
        assert!(block.skipped.is_empty(), "{:?}", block.skipped);
        for receipt in &block.record.receipts {
            assert_eq!(receipt.status, ReceiptStatus::Success, "{:?}", receipt.reason);
        }
        block
    }

    /// A block of one transaction that may not be in it, and why.
    fn refused(&mut self, transaction: SignedTransaction) -> CheckError {
        let mut block = self.block(&[transaction]);
        assert!(block.receipts.is_empty());
        block.skipped.remove(0).reason.expect("a reason")
    }

    fn nonce(&self, account: &Address) -> Nonce {
        let found = self.engine.latest().solana_account(account).expect("an account");
        Nonce::read(&found.record).expect("a nonce")
    }
}

fn account(address: Address, is_signer: bool, is_writable: bool) -> SolanaAccount {
    SolanaAccount { address, is_signer, is_writable }
}

fn named(name: &str) -> Address {
    from_base58(name).expect("an address")
}

fn recent_blockhashes() -> SolanaAccount {
    account(named("SysvarRecentB1ockHashes11111111111111111111"), false, false)
}

fn advance(nonce: Address, authority: Address) -> SolanaInstruction {
    let accounts =
        vec![account(nonce, false, true), recent_blockhashes(), account(authority, true, false)];
    SolanaInstruction { program: SYSTEM, accounts, data: 4_u32.to_le_bytes().to_vec() }
}

#[test]
fn a_payment_is_a_transaction_of_a_block() {
    let mut chain = Chain::new(1);
    let (from, to) = (chain.key(0), chain.key(1));
    let mut list = SolanaInstruction::compute_budget(20_000, 3_000).to_vec();
    list.push(SolanaInstruction::transfer(from, to, 5));
    let transaction = chain.signed(0, &list);
    let raw = transaction.encode().clone();
    assert_eq!(SignedTransaction::decode(&raw), Ok(transaction.clone()));
    let block = chain.done(&[transaction]);
    let receipt = &block.record.receipts[0];
    assert_eq!((receipt.kind, receipt.from), (SOLANA_TYPE, from));
    assert!(receipt.gas_by_vm.iter().any(|(kind, gas)| *kind == VmKind::Svm && gas.0 > 0));
    // A micro-lamport for a unit is a thousand wei for a unit of gas, beside the base fee.
    let base_fee = block.record.header.base_fee_per_gas.unwrap_or_default();
    assert_eq!(receipt.gas_price, Wei::from_u64(base_fee + 3_000_000));
    assert_eq!(chain.lamports(&to), LAMPORTS + 5);
    let fee = receipt.gas_price.0 * braidvm::U256::from(receipt.gas_used.0);
    let left = wei_of(LAMPORTS - 5).0 - fee;
    assert_eq!(chain.engine.balance(&from).expect("memory"), Wei(left));
    assert_eq!(chain.engine.replay(chain.engine.tip()).expect("held"), None);
}

#[test]
fn a_transaction_is_processed_once() {
    let mut chain = Chain::new(1);
    let pay = SolanaInstruction::transfer(chain.key(0), chain.key(1), 5);
    let transaction = chain.signed(0, std::slice::from_ref(&pay));
    let twice = [transaction.clone(), transaction.clone()];
    let block = chain.block(&twice);
    assert_eq!((block.receipts.len(), block.skipped.len()), (1, 1));
    let is_repeated = |error: CheckError| {
        matches!(error, CheckError::Transaction(TransactionError::AlreadyProcessed(_)))
    };
    assert!(is_repeated(chain.refused(transaction.clone())));
    // What failed was processed as well.
    let failing = SolanaInstruction::transfer(chain.key(0), chain.key(1), u64::MAX);
    let failing = chain.signed(0, &[failing]);
    let block = chain.block(std::slice::from_ref(&failing));
    assert_eq!(block.record.receipts[0].status, ReceiptStatus::Revert);
    assert!(is_repeated(chain.refused(failing)));
    // The same in another block is something else.
    let again = chain.signed(0, &[pay]);
    chain.done(&[again]);
    assert_eq!(chain.lamports(&chain.key(1)), LAMPORTS + 10);
    for _ in 0..151 {
        chain.done(&[]);
    }
    let error = chain.refused(transaction);
    let is_old = matches!(
        error,
        CheckError::Transaction(TransactionError::BlockNotRecent { blocks: 150, .. })
    );
    assert!(is_old, "{error}");
}

#[test]
fn marks_of_old_transactions_go() {
    let mut chain = Chain::new(1);
    let marks = |chain: &Chain| {
        let prefix = Key::kv(&BRIDGE, chain.key(0).as_bytes());
        let view = chain.engine.store().latest();
        view.scan(prefix.as_bytes(), prefix.as_bytes(), 1_000).expect("memory").len()
    };
    let pay = SolanaInstruction::transfer(chain.key(0), chain.key(1), 5);
    for _ in 0..6 {
        let transaction = chain.signed(0, std::slice::from_ref(&pay));
        chain.done(&[transaction]);
    }
    assert_eq!(marks(&chain), 6);
    for _ in 0..151 {
        chain.done(&[]);
    }
    for left in [5, 4, 3] {
        let transaction = chain.signed(0, std::slice::from_ref(&pay));
        chain.done(&[transaction]);
        assert_eq!(marks(&chain), left);
    }
}

#[test]
fn nobody_is_signed_for() {
    let mut chain = Chain::new(1);
    let (payer, other) = (chain.key(0), chain.key(1));
    let pay = SolanaInstruction::transfer(other, payer, 5);
    let transaction = chain.signed(0, &[pay]);
    let mut forged = transaction.encode().to_vec();
    // The second signature begins after the type, the count and the first signature.
    forged[2 + 64] ^= 1;
    let forged = SignedTransaction::decode(&forged).expect("it reads");
    let error = chain.refused(forged);
    assert!(matches!(error, CheckError::Recovery(_)), "{error}");
    chain.done(&[transaction]);
    assert_eq!(chain.lamports(&other), LAMPORTS - 5);
    // A call of the bridge that brings a message has no signer but its sender.
    let pay = [SolanaInstruction::transfer(other, payer, 5)];
    let message = SolanaMessage::new(payer, &pay, &[], chain.tip_hash()).expect("a message");
    let request = Request::raw(payer, BRIDGE, message.input());
    let receipt = chain.engine.send(&request).expect("it runs");
    assert!(!receipt.is_success());
    assert_eq!(chain.lamports(&other), LAMPORTS - 5);
}

#[test]
fn a_nonce_account_stands_for_a_block() {
    let mut chain = Chain::new(1);
    let (payer, to) = (chain.key(0), chain.key(1));
    let nonce = seeded_account(&payer, "nonce", &SYSTEM).expect("a short seed");
    let mut create = 3_u32.to_le_bytes().to_vec();
    create.extend(payer.as_bytes());
    create.extend(5_u64.to_le_bytes());
    create.extend(b"nonce");
    create.extend(NONCE.0.to_le_bytes());
    create.extend(NONCE.1.to_le_bytes());
    create.extend(SYSTEM.as_bytes());
    let accounts = vec![account(payer, true, true), account(nonce, false, true)];
    let create = SolanaInstruction { program: SYSTEM, accounts, data: create };
    let rent = account(named("SysvarRent111111111111111111111111111111111"), false, false);
    let accounts = vec![account(nonce, false, true), recent_blockhashes(), rent];
    let data = [&6_u32.to_le_bytes()[..], payer.as_bytes()].concat();
    let initialize = SolanaInstruction { program: SYSTEM, accounts, data };
    let made = chain.signed(0, &[create, initialize]);
    chain.done(&[made]);
    let value = chain.nonce(&nonce).value;
    for _ in 0..160 {
        chain.done(&[]);
    }
    let pay = |lamports| SolanaInstruction::transfer(payer, to, lamports);
    let first = [advance(nonce, payer), pay(7)];
    let transaction = chain.signed_at(0, &first, &[], value);
    chain.done(std::slice::from_ref(&transaction));
    assert_eq!(chain.lamports(&to), LAMPORTS + 7);
    assert_ne!(chain.nonce(&nonce).value, value);
    chain.refused(transaction);
    // A failure does not keep the nonce from advancing.
    let value = chain.nonce(&nonce).value;
    let failing = chain.signed_at(0, &[advance(nonce, payer), pay(u64::MAX)], &[], value);
    let block = chain.block(std::slice::from_ref(&failing));
    assert_eq!(block.record.receipts[0].status, ReceiptStatus::Revert);
    assert_ne!(chain.nonce(&nonce).value, value);
    chain.refused(failing);
    assert_eq!(chain.lamports(&nonce), NONCE.0);
}

#[test]
fn accounts_are_looked_up_in_tables() {
    let mut chain = Chain::new(1);
    let (payer, to) = (chain.key(0), chain.key(1));
    let program = standard_program_address("address-lookup-table").expect("a program");
    let slot = chain.engine.tip().0.to_le_bytes();
    let (table, bump) = program_address(&[payer.as_bytes(), &slot], &program).expect("an address");
    let accounts = vec![
        account(table, false, true),
        account(payer, true, false),
        account(payer, true, true),
        account(SYSTEM, false, false),
    ];
    let data = [&0_u32.to_le_bytes()[..], &slot, &[bump]].concat();
    let create = SolanaInstruction { program, accounts: accounts.clone(), data };
    let data = [&2_u32.to_le_bytes()[..], &1_u64.to_le_bytes(), to.as_bytes()].concat();
    let extend = SolanaInstruction { program, accounts, data };
    let made = chain.signed(0, &[create, extend]);
    chain.done(&[made]);
    let tables = [(table, vec![to])];
    let pay = [SolanaInstruction::transfer(payer, to, 9)];
    let transaction = chain.signed_at(0, &pay, &tables, chain.tip_hash());
    let stands_in_it = transaction.encode().windows(32).any(|part| part == to.as_bytes());
    assert!(!stands_in_it, "the address is in the table alone");
    chain.done(&[transaction]);
    assert_eq!(chain.lamports(&to), LAMPORTS + 9);
    let unknown = [(chain.key(5), vec![to])];
    let transaction = chain.signed_at(0, &pay, &unknown, chain.tip_hash());
    let block = chain.block(&[transaction]);
    let receipt = &block.record.receipts[0];
    assert_eq!(receipt.status, ReceiptStatus::Revert);
    assert!(receipt.reason.as_ref().is_some_and(|it| it.contains("there is none")));
}

#[test]
fn an_instruction_checks_signatures() {
    let mut chain = Chain::new(1);
    let transaction = chain.signed(3, &[]);
    // The first transaction's own signature is checked by the second.
    let (signature, message) = (&transaction.encode()[2..66], &transaction.encode()[66..]);
    let key = chain.key(3);
    let mut data = vec![1, 0];
    let number = |number: usize| u16::try_from(number).expect("small").to_le_bytes();
    for part in [16, 0xffff, 80, 0xffff, 112, message.len(), 0xffff] {
        data.extend(number(part));
    }
    data.extend(signature);
    data.extend(key.as_bytes());
    data.extend(message);
    let program = named("Ed25519SigVerify111111111111111111111111111");
    let check = SolanaInstruction { program, accounts: Vec::new(), data };
    let transaction = chain.signed(0, std::slice::from_ref(&check));
    chain.done(&[transaction]);
    let mut wrong = check;
    wrong.data[20] ^= 1;
    let transaction = chain.signed(0, &[wrong]);
    let block = chain.block(&[transaction]);
    assert_eq!(block.record.receipts[0].status, ReceiptStatus::Revert);
}

#[test]
fn any_number_of_threads_makes_the_same_block() {
    let chain = |threads| {
        let mut chain = Chain::new(threads);
        for round in 0..3 {
            let payment = |index: usize| {
                let (from, to) = (index % 20, (index * 7 + round) % 20);
                let lamports = if index.is_multiple_of(9) { u64::MAX } else { index as u64 };
                let pay = SolanaInstruction::transfer(chain.key(from), chain.key(to), lamports);
                chain.signed(from, &[pay])
            };
            let transactions: Vec<_> = (0..60).map(payment).collect();
            let block = chain.block(&transactions);
            assert!(block.skipped.len() < 10, "{:?}", block.skipped);
        }
        chain.tip_hash()
    };
    let serial = chain(1);
    assert_eq!(chain(4), serial);
    assert_eq!(chain(2), serial);
}

#[test]
fn what_it_may_use_covers_what_it_says() {
    let chain = Chain::new(1);
    let list = [&SolanaInstruction::compute_budget(1_000_000, 0)[..], &[]].concat();
    let transaction = chain.signed(0, &list);
    assert!(transaction.gas_limit() > Gas(1_000_000));
    assert_eq!(transaction.chain_id(), None);
    let torn = transaction.encode().slice(..transaction.encode().len() - 1);
    assert!(SignedTransaction::decode(&torn).is_err());
    let longer: Bytes = [transaction.encode().as_ref(), &[0]].concat().into();
    assert!(SignedTransaction::decode(&longer).is_err());
    assert_eq!(chain.engine.block(BlockNumber(0)).expect("held").header.number, 0);
}
