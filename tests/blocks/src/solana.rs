//! Random transactions of Solana: payments, contracts of other machines through the bridge, and
//! what may not be in a block.

use braidvm::{
    Address, Gas, Hash, Wei,
    rooms::{
        kernel::{SolanaMessage, SolanaTransaction, Transaction, solana_transaction},
        primitives::keccak256,
        state::{Key, WriteSet, record::AccountRecord},
        vm_svm::{
            BRIDGE, BridgeCall, SIGNATURE_BYTES, SolanaAccount, SolanaInstruction,
            standard_program_address, wei_of,
        },
    },
};
use crossing_tests::sample::increment;

use crate::{Random, Town, town::sender};

/// Those who send transactions of Solana.
const PAYERS: u64 = 6;

/// Lamports that each of them has at first.
const LAMPORTS: u64 = 1_000_000_000;

/// Gives coin to those who send.
pub(crate) fn fund(funds: &mut WriteSet) {
    for number in 0..PAYERS {
        let balance: Wei = wei_of(LAMPORTS);
        let record = AccountRecord { balance, ..AccountRecord::default() };
        let home = Address::from_evm(payer(number).evm_alias());
        funds.put(Key::account(&home), record.encode());
    }
}

/// A transaction of a random payer. Few are said twice, or name no block.
pub(crate) fn transaction(town: &Town, random: &mut Random) -> Transaction {
    let from = payer(random.below(PAYERS));
    let recent =
        town.view().block_hash(0).expect("invariant: memory").expect("invariant: a first block");
    let hash = if random.below(10) == 0 { Hash::repeat_byte(7) } else { recent };
    let [limit, price] =
        SolanaInstruction::compute_budget(200_000, random.below(3) * random.below(9));
    let mut list = vec![limit, price, deed(town, random, from)];
    if random.below(4) == 0 {
        list.push(deed(town, random, from));
    }
    let message = SolanaMessage::new(from, &list, &[], hash).expect("invariant: a sound message");
    // Nobody looks at signatures once senders are known.
    let signatures = vec![[0; SIGNATURE_BYTES]; message.signers_count()];
    let signed = SolanaTransaction::new(signatures, message).expect("invariant: all have signed");
    let hash = keccak256(signed.encode());
    solana_transaction(&signed, hash)
}

fn deed(town: &Town, random: &mut Random, from: Address) -> SolanaInstruction {
    let lamports = random.below(4) * 1_000_000;
    let signs = SolanaAccount { address: from, is_signer: true, is_writable: false };
    match random.below(7) {
        0 | 1 => SolanaInstruction::transfer(from, payer(random.below(PAYERS)), lamports),
        2 => SolanaInstruction::transfer(from, sender(random.below(4)), lamports),
        3 => SolanaInstruction::transfer(from, payer(0), u64::MAX),
        4 => SolanaInstruction {
            program: standard_program_address("memo").expect("invariant: a standard program"),
            accounts: vec![signs],
            data: b"hello".to_vec(),
        },
        _ => {
            let counter = *random.of(town.counters());
            let data = BridgeCall::data(&counter, 0, Gas::ZERO, &increment());
            SolanaInstruction { program: BRIDGE, accounts: vec![signs], data }
        }
    }
}

fn payer(number: u64) -> Address {
    Address::new([0x51 + number as u8; 32])
}
