//! Transactions as Solana's clients write and sign them: messages of the first form and of
//! version 0.

use primitives::{Address, Bytes, Gas, Hash, keccak256};
use solana_compute_budget::compute_budget_limits::ComputeBudgetLimits;
use solana_compute_budget_instruction::instructions_processor::process_compute_budget_instructions;
use solana_message::{VersionedMessage, v0::MessageAddressTableLookup};
use solana_pubkey::Pubkey;
use solana_sdk_ids::{bpf_loader_upgradeable, system_program};
use solana_svm_transaction::instruction::SVMInstruction;
use thiserror::Error;

use crate::{account::address, call, config::GAS_PER_COMPUTE_UNIT, runtime};

/// Bytes of a transaction: what a packet of Solana's network holds.
pub const TRANSACTION_BYTES_MAX: usize = 1232;

/// Accounts that one transaction names, those of lookup tables among them.
pub const TRANSACTION_ACCOUNTS_MAX: usize = 128;

/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;

/// Wei per unit of gas for a micro-lamport per compute unit.
const WEI_PER_MICRO_LAMPORT: u128 = 1_000;

/// Gas that a transaction has for what is done before its instructions run: what every transaction
/// costs, and the mark that it was processed.
const BASE_GAS: u64 = 60_000;

/// Gas for each byte of a transaction (EIP-7623).
const BYTE_GAS: u64 = 40;

/// Gas for an account that is only read.
const READ_GAS: u64 = 20_000;

/// Gas for an account that may be written.
const WRITE_GAS: u64 = 120_000;

/// Gas for a transaction of the loader: the code of a program is checked and kept by its bytes.
const LOADER_GAS: u64 = 16_000_000;

/// Gas for each byte of accounts where the transaction says how many it loads: reading and
/// rewriting them.
const LOADED_BYTE_GAS: u64 = 25;

/// The tag of the instruction by which a nonce advances, in the words of the system program.
const ADVANCE_NONCE: [u8; 4] = 4_u32.to_le_bytes();

/// A transaction in Solana's own form. Its signatures are there, but nobody has checked them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SolanaTransaction {
    signatures: Vec<[u8; 64]>,
    message: SolanaMessage,
}

/// What the signers of a transaction sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SolanaMessage {
    bytes: Vec<u8>,
    content: VersionedMessage,
    limits: Limits,
}

/// What the instructions for the compute budget ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Compute units for all instructions.
    pub(crate) unit_limit: u64,
    /// Micro-lamports for a unit.
    pub(crate) unit_price: u64,
    /// Bytes of the heap of each program.
    pub(crate) heap_bytes: u32,
    /// Bytes of accounts that are loaded, where that is said.
    loaded_bytes: Option<u64>,
}

/// Why bytes are no transaction that runs here.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MessageError {
    /// It is too long.
    #[error("Solana transaction of {found} bytes breaks the limit of {TRANSACTION_BYTES_MAX}")]
    TooLong {
        /// How long it is.
        found: usize,
    },
    /// The bytes break off, or do not read as a transaction.
    #[error("Solana transaction does not decode: {0}")]
    Malformed(String),
    /// A form that is not known here.
    #[error("Solana message of version {0} is unknown; known are legacy and 0")]
    UnknownVersion(u8),
    /// Its instructions for the compute budget contradict each other or ask for too much.
    #[error("compute budget instructions are invalid: {0}")]
    Budget(String),
}

impl SolanaTransaction {
    /// The transaction that `bytes` are, to their last byte: signatures, then the message.
    ///
    /// # Errors
    ///
    /// [`MessageError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        if bytes.len() > TRANSACTION_BYTES_MAX {
            return Err(MessageError::TooLong { found: bytes.len() });
        }
        // A count below 128 is one byte, and no more signatures fit into a transaction.
        let (count, rest) = bytes.split_first().ok_or_else(|| malformed("it is empty"))?;
        let signatures_end = usize::from(*count) * SIGNATURE_BYTES;
        let split = rest.split_at_checked(signatures_end).filter(|_| *count < 128);
        let (signatures, message) = split.ok_or_else(|| malformed("its signatures break off"))?;
        let (signatures, _) = signatures.as_chunks::<SIGNATURE_BYTES>();
        Self::new(signatures.to_vec(), SolanaMessage::decode(message)?)
    }

    /// A message with the signatures of those who have to sign it, in their order.
    ///
    /// # Errors
    ///
    /// [`MessageError`] where there are more or fewer than the message asks for, or all of it is
    /// too long.
    pub fn new(
        signatures: Vec<[u8; SIGNATURE_BYTES]>,
        message: SolanaMessage,
    ) -> Result<Self, MessageError> {
        let (found, needed) = (signatures.len(), message.signers_count());
        if found != needed {
            let reason = format!("it has {found} signatures, its message asks for {needed}");
            return Err(MessageError::Malformed(reason));
        }
        let bytes = 1 + found * SIGNATURE_BYTES + message.bytes.len();
        if bytes > TRANSACTION_BYTES_MAX {
            return Err(MessageError::TooLong { found: bytes });
        }
        Ok(Self { signatures, message })
    }

    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![self.signatures.len() as u8];
        bytes.extend(self.signatures.iter().flatten());
        bytes.extend_from_slice(&self.message.bytes);
        bytes
    }

    /// What is signed.
    #[must_use]
    pub const fn message(&self) -> &SolanaMessage {
        &self.message
    }

    /// Who has to have signed, the payer of the fee first, with the signature of each.
    pub fn signers(&self) -> impl Iterator<Item = (Address, &[u8; SIGNATURE_BYTES])> {
        self.message.signers().zip(&self.signatures)
    }
}

impl SolanaMessage {
    /// The message that `bytes` are, to their last byte.
    ///
    /// # Errors
    ///
    /// [`MessageError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        if bytes.len() > TRANSACTION_BYTES_MAX {
            return Err(MessageError::TooLong { found: bytes.len() });
        }
        let content: VersionedMessage = bincode::deserialize(bytes).map_err(malformed)?;
        if let VersionedMessage::V1(_) = content {
            return Err(MessageError::UnknownVersion(1));
        }
        let written = bincode::serialize(&content).map_err(malformed)?;
        if written != bytes {
            return Err(malformed("it is not in its one encoding"));
        }
        content.sanitize().map_err(malformed)?;
        check_accounts(&content)?;
        let limits = Limits::of(&content)?;
        Ok(Self { bytes: written, content, limits })
    }

    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> &[u8] {
        &self.bytes
    }

    /// Who has to sign, the payer of the fee first.
    pub fn signers(&self) -> impl Iterator<Item = Address> {
        self.content.static_account_keys().iter().take(self.signers_count()).map(address)
    }

    /// How many have to sign.
    #[must_use]
    pub fn signers_count(&self) -> usize {
        usize::from(self.content.header().num_required_signatures)
    }

    /// Who pays the fee.
    #[must_use]
    pub fn payer(&self) -> Address {
        self.signers().next().expect("invariant: a sound message has a payer")
    }

    /// The input of a call of the [bridge](crate::BRIDGE) that runs it.
    #[must_use]
    pub fn input(&self) -> Bytes {
        call::transact_input(&self.bytes)
    }

    /// keccak256 over its bytes.
    #[must_use]
    pub fn hash(&self) -> Hash {
        keccak256(&self.bytes)
    }

    /// The hash of a recent block, or the value of a nonce account.
    #[must_use]
    pub fn recent_hash(&self) -> Hash {
        Hash::from(self.content.recent_blockhash().to_bytes())
    }

    /// The nonce account whose value stands in the place of a recent block's hash: the transaction
    /// begins with advancing it.
    #[must_use]
    pub fn nonce_account(&self) -> Option<Address> {
        let keys = self.content.static_account_keys();
        let first = self.content.instructions().first()?;
        let program = keys.get(usize::from(first.program_id_index))?;
        let place = usize::from(*first.accounts.first()?);
        let is_advance = system_program::check_id(program) && first.data == ADVANCE_NONCE;
        let is_writable = self.is_asked_writable(place);
        keys.get(place).filter(|_| is_advance && is_writable).map(address)
    }

    /// The accounts that it locks, and whether it may write them. Those of lookup tables are known
    /// only to the state.
    pub fn locks(&self) -> impl Iterator<Item = (Address, bool)> {
        let keys = self.content.static_account_keys().iter().enumerate();
        keys.map(|(place, key)| (address(key), self.is_asked_writable(place)))
    }

    /// Compute units for all instructions.
    #[must_use]
    pub const fn unit_limit(&self) -> u64 {
        self.limits.unit_limit
    }

    /// What is paid for a unit of gas beside the base fee, in wei: a compute unit is a unit of gas.
    #[must_use]
    pub fn priority_fee(&self) -> u128 {
        u128::from(self.limits.unit_price) * WEI_PER_MICRO_LAMPORT
            / u128::from(GAS_PER_COMPUTE_UNIT)
    }

    /// What it may use: its compute units, and for each account and signature what the state and
    /// the check cost at most, but for accounts of many bytes.
    #[must_use]
    pub fn gas_limit(&self) -> Gas {
        let looked_up = self.lookups().iter();
        let (mut written, mut read) = looked_up.fold((0_u64, 0_u64), |(written, read), table| {
            let [more_written, more_read] =
                [&table.writable_indexes, &table.readonly_indexes].map(|it| it.len() as u64);
            (written + more_written, read + more_read + 1)
        });
        for (_, is_writable) in self.locks() {
            *(if is_writable { &mut written } else { &mut read }) += 1;
        }
        let keys = self.content.static_account_keys();
        let has_loader = keys.iter().any(bpf_loader_upgradeable::check_id);
        let loaded_bytes = self.limits.loaded_bytes.unwrap_or_default();
        let parts = [
            BASE_GAS,
            BYTE_GAS.saturating_mul(self.bytes.len() as u64),
            vm::schedule::SCHEDULE_V1.ed25519_verify.0.saturating_mul(self.signers_count() as u64),
            WRITE_GAS.saturating_mul(written),
            READ_GAS.saturating_mul(read),
            LOADED_BYTE_GAS.saturating_mul(loaded_bytes),
            if has_loader { LOADER_GAS } else { 0 },
            self.limits.unit_limit.saturating_mul(GAS_PER_COMPUTE_UNIT),
        ];
        Gas(parts.iter().fold(0, |sum: u64, part| sum.saturating_add(*part)))
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) const fn content(&self) -> &VersionedMessage {
        &self.content
    }

    pub(crate) fn lookups(&self) -> &[MessageAddressTableLookup] {
        self.content.address_table_lookups().unwrap_or_default()
    }

    /// Whether the message asks to write an account that stands in it, by its place.
    pub(crate) fn is_asked_writable(&self, place: usize) -> bool {
        let header = self.content.header();
        let signers = usize::from(header.num_required_signatures);
        let read_signed = usize::from(header.num_readonly_signed_accounts);
        let read_unsigned = usize::from(header.num_readonly_unsigned_accounts);
        let count = self.content.static_account_keys().len();
        match place < signers {
            true => place < signers.saturating_sub(read_signed),
            false => place < count.saturating_sub(read_unsigned),
        }
    }
}

impl Limits {
    fn of(message: &VersionedMessage) -> Result<Self, MessageError> {
        let keys = message.static_account_keys();
        let mut instructions = Vec::new();
        for instruction in message.instructions() {
            let program = keys.get(usize::from(instruction.program_id_index));
            let program = program.ok_or_else(|| malformed("a program is looked up in a table"))?;
            instructions.push((program, SVMInstruction::from(instruction)));
        }
        let limits =
            process_compute_budget_instructions(instructions.into_iter(), &runtime::FEATURES)
                .map_err(|error| MessageError::Budget(error.to_string()))?;
        let unsaid = ComputeBudgetLimits::default().loaded_accounts_bytes;
        let loaded = limits.loaded_accounts_bytes;
        Ok(Self {
            unit_limit: u64::from(limits.compute_unit_limit),
            unit_price: limits.compute_unit_price,
            heap_bytes: limits.updated_heap_bytes,
            loaded_bytes: (loaded != unsaid).then(|| u64::from(loaded.get())),
        })
    }
}

/// That no account stands twice in the message, and that there are not too many.
fn check_accounts(message: &VersionedMessage) -> Result<(), MessageError> {
    let keys = message.static_account_keys();
    let tables = message.address_table_lookups().unwrap_or_default();
    let looked_up: usize =
        tables.iter().map(|it| it.writable_indexes.len() + it.readonly_indexes.len()).sum();
    let found = keys.len() + looked_up;
    if found > TRANSACTION_ACCOUNTS_MAX {
        let reason = format!("{found} accounts break the limit of {TRANSACTION_ACCOUNTS_MAX}");
        return Err(MessageError::Malformed(reason));
    }
    let mut sorted: Vec<&Pubkey> = keys.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair.first() == pair.last()) {
        Some([twice, ..]) => Err(malformed(format!("account {twice} stands in it twice"))),
        _ => Ok(()),
    }
}

fn malformed(reason: impl ToString) -> MessageError {
    MessageError::Malformed(reason.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::build::{SolanaAccount, SolanaInstruction};

    fn instruction() -> impl Strategy<Value = SolanaInstruction> {
        let account =
            (0..9_u8, any::<bool>(), any::<bool>()).prop_map(|(index, is_signer, is_writable)| {
                SolanaAccount { address: Address::new([index + 1; 32]), is_signer, is_writable }
            });
        let accounts = proptest::collection::vec(account, 0..5);
        let data = proptest::collection::vec(any::<u8>(), 0..20);
        (0..3_u8, accounts, data).prop_map(|(program, accounts, data)| SolanaInstruction {
            program: Address::new([0xa0 + program; 32]),
            accounts,
            data,
        })
    }

    proptest! {
        #[test]
        fn a_transaction_comes_back(
            list in proptest::collection::vec(instruction(), 0..4),
            has_table in any::<bool>(),
            hash in any::<[u8; 32]>(),
        ) {
            let payer = Address::new([1; 32]);
            let tables = [(Address::new([0xee; 32]), vec![Address::new([3; 32])])];
            let tables = if has_table { &tables[..] } else { &[] };
            let message = SolanaMessage::new(payer, &list, tables, hash.into()).expect("sound");
            prop_assert_eq!(message.payer(), payer);
            prop_assert_eq!(message.recent_hash(), Hash::from(hash));
            for account in list.iter().flat_map(|it| &it.accounts) {
                let locked = message.locks().find(|(address, _)| *address == account.address);
                match locked {
                    Some((_, is_writable)) => prop_assert!(is_writable || !account.is_writable),
                    None => prop_assert!(has_table && account.address == tables[0].1[0]),
                }
                let signs = message.signers().any(|signer| signer == account.address);
                prop_assert!(signs || !account.is_signer);
            }
            let signatures = vec![[5; SIGNATURE_BYTES]; message.signers_count()];
            let made = SolanaTransaction::new(signatures, message).expect("signed by all");
            let bytes = made.encode();
            prop_assert_eq!(SolanaTransaction::decode(&bytes), Ok(made));
        }

        #[test]
        fn any_bytes_are_read_without_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            if let Ok(read) = SolanaTransaction::decode(&bytes) {
                prop_assert_eq!(read.encode(), bytes);
            }
        }
    }

    #[test]
    fn an_account_stands_once_in_a_message() {
        let payer = Address::new([1; 32]);
        let other = Address::new([2; 32]);
        let pay = SolanaInstruction::transfer(payer, other, 1);
        let message = SolanaMessage::new(payer, &[pay], &[], Hash::ZERO).expect("sound");
        let mut bytes = message.encode().to_vec();
        let place = bytes.windows(32).position(|part| part == other.as_bytes()).expect("there");
        bytes[place..place + 32].copy_from_slice(payer.as_bytes());
        let error = SolanaMessage::decode(&bytes).expect_err("it stands there twice");
        assert!(error.to_string().contains("twice"), "{error}");
    }

    #[test]
    fn the_compute_budget_is_said_once() {
        let payer = Address::new([1; 32]);
        let [limit, price] = SolanaInstruction::compute_budget(70_000, 9);
        let list = [limit.clone(), price];
        let message = SolanaMessage::new(payer, &list, &[], Hash::ZERO).expect("sound");
        assert_eq!((message.unit_limit(), message.priority_fee()), (70_000, 9_000));
        let twice = SolanaMessage::new(payer, &[limit.clone(), limit], &[], Hash::ZERO);
        assert!(matches!(twice, Err(MessageError::Budget(_))), "{twice:?}");
    }

    #[test]
    fn a_signature_too_many_or_too_few_is_refused() {
        let message = SolanaMessage::new(Address::new([1; 32]), &[], &[], Hash::ZERO);
        let message = message.expect("sound");
        for count in [0, 2] {
            let made = SolanaTransaction::new(vec![[0; SIGNATURE_BYTES]; count], message.clone());
            assert!(matches!(made, Err(MessageError::Malformed(_))));
        }
    }
}
