//! Transfers of SPL tokens: the same program, the same accounts, the same message, in Braid's
//! kernel and in litesvm. Both load accounts, meter, charge fees and look at rent; neither looks at
//! signatures or for what was processed already.

use std::sync::Arc;

use braidvm::{
    Address, BlockNumber, CodeHash, Hash,
    rooms::{
        kernel::solana_transaction,
        kernel::{Kernel, KernelConfig, SolanaMessage, SolanaTransaction, Transaction},
        state::{EmptyView, Key, Namespace, Overlay, StateView, WriteSet, record::AccountRecord},
        vm::BlockEnvironment,
        vm_svm::{self, SIGNATURE_BYTES, SolanaAccount, SolanaInstruction, wei_of},
    },
};
use litesvm::LiteSVM;
use solana_account::{Account, ReadableAccount};
use solana_instruction::{AccountMeta, Instruction};
use solana_message::Message;
use solana_pubkey::Pubkey;
use solana_transaction::Transaction as LiteTransaction;

use super::super::{Bench, Goal, Pair, clock::Clock, host_failure, thousands_per_second};
use crate::failure::Failure;

const TRANSFERS: u64 = 5_000;
const GOAL: f64 = 1.2;

const TOKEN: Pubkey = Pubkey::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
const OWNER: Pubkey = Pubkey::new_from_array([1; 32]);
const MINT: Pubkey = Pubkey::new_from_array([2; 32]);
const FROM: Pubkey = Pubkey::new_from_array([3; 32]);
const TO: Pubkey = Pubkey::new_from_array([4; 32]);

const LAMPORTS: u64 = 1 << 50;

/// A block after those in which litesvm has its programs from.
const BLOCK: BlockNumber = BlockNumber(1 << 40);

/// Bytes before the code in the account of a program's data.
const HEAD_BYTES: usize = 45;

pub(super) fn run(bench: &mut Bench<'_>) -> Result<(), Failure> {
    let light = light()?;
    let view = same_state(&light)?;
    let kernel = Kernel::new(KernelConfig::default()).map_err(host_failure)?;
    let ours = transaction()?;
    let metas = vec![
        AccountMeta::new(FROM, false),
        AccountMeta::new(TO, false),
        AccountMeta::new_readonly(OWNER, true),
    ];
    let transfer = Instruction { program_id: TOKEN, accounts: metas, data: data() };
    let theirs = LiteTransaction::new_unsigned(Message::new(&[transfer], Some(&OWNER)));
    bench.measure(Pair {
        name: "SPL transfers, litesvm",
        unit: "k/s",
        goal: Goal::AtLeast(GOAL),
        this: &mut || by_braid(&kernel, &view, &ours),
        peer: &mut || by_litesvm(&light, &theirs),
    })
}

fn by_braid(
    kernel: &Kernel,
    view: &Arc<dyn StateView>,
    transaction: &Transaction,
) -> Result<f64, Failure> {
    let block = BlockEnvironment { number: BLOCK, ..BlockEnvironment::default() };
    let mut execution = kernel.execution(Arc::clone(view), &block);
    let clock = Clock::start();
    for _ in 0..TRANSFERS {
        let result = execution.transact(transaction).map_err(host_failure)?;
        if !result.status.is_success() {
            let reason = braidvm::show_bytes(&result.output);
            return Err(Failure::Host(anyhow::anyhow!("Braid: {:?}: {reason}", result.status)));
        }
    }
    execution.finish().map_err(host_failure)?;
    Ok(thousands_per_second(TRANSFERS, clock.elapsed()))
}

fn by_litesvm(light: &LiteSVM, transaction: &LiteTransaction) -> Result<f64, Failure> {
    let mut light = light.clone();
    let clock = Clock::start();
    for _ in 0..TRANSFERS {
        if let Err(failed) = light.send_transaction(transaction.clone()) {
            return Err(Failure::Host(anyhow::anyhow!("litesvm: {:?}", failed.err)));
        }
    }
    Ok(thousands_per_second(TRANSFERS, clock.elapsed()))
}

/// Litesvm with a mint, two token accounts and their owner.
fn light() -> Result<LiteSVM, Failure> {
    let mut light = LiteSVM::new()
        .with_sigverify(false)
        .with_blockhash_check(false)
        .with_transaction_history(0);
    let mut mint = vec![0; 82];
    mint[36..44].copy_from_slice(&u64::MAX.to_le_bytes());
    mint[45] = 1;
    let holding = |amount: u64| {
        let mut data = vec![0; 165];
        data[..32].copy_from_slice(MINT.as_ref());
        data[32..64].copy_from_slice(OWNER.as_ref());
        data[64..72].copy_from_slice(&amount.to_le_bytes());
        data[108] = 1;
        data
    };
    for (key, data, owner) in [
        (OWNER, Vec::new(), Pubkey::default()),
        (MINT, mint, TOKEN),
        (FROM, holding(LAMPORTS), TOKEN),
        (TO, holding(0), TOKEN),
    ] {
        let account = Account { lamports: LAMPORTS, data, owner, ..Account::default() };
        let set = light.set_account(key, account);
        set.map_err(|error| Failure::Host(anyhow::anyhow!("litesvm: {error:?}")))?;
    }
    Ok(light)
}

/// What litesvm holds, as the strand keeps it.
fn same_state(light: &LiteSVM) -> Result<Arc<dyn StateView>, Failure> {
    let loader = solana_sdk_ids::bpf_loader_upgradeable::ID;
    let code = Pubkey::find_program_address(&[TOKEN.as_ref()], &loader).0;
    let mut writes = WriteSet::new();
    for key in [OWNER, MINT, FROM, TO, TOKEN, code] {
        let Some(account) = light.get_account(&key) else { continue };
        let is_whole = *account.owner() == solana_sdk_ids::bpf_loader::ID;
        let is_data = key == code;
        let split = match (is_whole, is_data) {
            (true, _) => 0,
            (_, true) => HEAD_BYTES,
            _ => account.data.len(),
        };
        let (head, rest) = account.data.split_at(split);
        let code_hash = (is_whole || is_data).then(|| CodeHash::of(rest));
        if let Some(hash) = &code_hash {
            writes.put(Key::code(hash), rest.to_vec());
        }
        let address = Address::new(key.to_bytes());
        let record = vm_svm::AccountRecord {
            owner: Address::new(account.owner.to_bytes()),
            is_executable: account.executable,
            code_hash,
            data: head.to_vec(),
        };
        writes.put(Key::new(Namespace::SvmAccount, &address, &[]), record.encode());
        let balance = wei_of(account.lamports);
        let home = Address::from_evm(address.evm_alias());
        let account = AccountRecord { balance, ..AccountRecord::default() };
        writes.put(Key::account(&home), account.encode());
        writes.put(Key::alias(&home), address.as_bytes().to_vec());
    }
    Ok(Arc::new(Overlay::new(Arc::new(EmptyView), writes)))
}

/// The transfer as a transaction of the kernel.
fn transaction() -> Result<Transaction, Failure> {
    let account = |key: Pubkey, is_signer, is_writable| SolanaAccount {
        address: Address::new(key.to_bytes()),
        is_signer,
        is_writable,
    };
    let transfer = SolanaInstruction {
        program: Address::new(TOKEN.to_bytes()),
        accounts: vec![
            account(FROM, false, true),
            account(TO, false, true),
            account(OWNER, true, false),
        ],
        data: data(),
    };
    let payer = Address::new(OWNER.to_bytes());
    let message = SolanaMessage::new(payer, &[transfer], &[], Hash::ZERO).map_err(host_failure)?;
    let signed = SolanaTransaction::new(vec![[0; SIGNATURE_BYTES]], message);
    let transaction = solana_transaction(&signed.map_err(host_failure)?, Hash::ZERO);
    // Litesvm does not look whether it was processed already, so neither does Braid.
    Ok(Transaction { anchor: None, ..transaction })
}

/// The transfer of one token.
fn data() -> Vec<u8> {
    [&[3][..], &1_u64.to_le_bytes()].concat()
}
