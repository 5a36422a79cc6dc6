//! Messages made here: for tools and tests that send transactions of Solana.

use primitives::{Address, Hash};
use solana_hash::Hash as SolanaHash;
use solana_instruction::{AccountMeta, Instruction};
use solana_message::{AddressLookupTableAccount, Message, VersionedMessage, v0};
use solana_system_interface::instruction::transfer;

use crate::{
    account::{address, pubkey},
    message::{MessageError, SolanaMessage},
};

/// An account of an instruction and what the instruction may do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SolanaAccount {
    /// Which.
    pub address: Address,
    /// Whether its owner signs.
    pub is_signer: bool,
    /// Whether it may be changed.
    pub is_writable: bool,
}

/// A call of one program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SolanaInstruction {
    /// Which program.
    pub program: Address,
    /// The accounts, in the order in which the program wants them.
    pub accounts: Vec<SolanaAccount>,
    /// What it is told.
    pub data: Vec<u8>,
}

/// A lookup table: where it is, and its addresses.
pub type LookupTable = (Address, Vec<Address>);

impl SolanaInstruction {
    /// The payment of lamports.
    #[must_use]
    pub fn transfer(from: Address, to: Address, lamports: u64) -> Self {
        transfer(&pubkey(&from), &pubkey(&to), lamports).into()
    }

    /// The limit of compute units of a transaction, and micro-lamports for each.
    #[must_use]
    pub fn compute_budget(unit_limit: u32, unit_price: u64) -> [Self; 2] {
        let instruction = |tag: u8, number: &[u8]| Self {
            program: address(&solana_sdk_ids::compute_budget::ID),
            accounts: Vec::new(),
            data: [&[tag], number].concat(),
        };
        [instruction(2, &unit_limit.to_le_bytes()), instruction(3, &unit_price.to_le_bytes())]
    }
}

impl From<Instruction> for SolanaInstruction {
    fn from(instruction: Instruction) -> Self {
        let account = |meta: &AccountMeta| SolanaAccount {
            address: address(&meta.pubkey),
            is_signer: meta.is_signer,
            is_writable: meta.is_writable,
        };
        Self {
            program: address(&instruction.program_id),
            accounts: instruction.accounts.iter().map(account).collect(),
            data: instruction.data,
        }
    }
}

impl From<&SolanaInstruction> for Instruction {
    fn from(instruction: &SolanaInstruction) -> Self {
        let meta = |account: &SolanaAccount| AccountMeta {
            pubkey: pubkey(&account.address),
            is_signer: account.is_signer,
            is_writable: account.is_writable,
        };
        Self {
            program_id: pubkey(&instruction.program),
            accounts: instruction.accounts.iter().map(meta).collect(),
            data: instruction.data.clone(),
        }
    }
}

impl SolanaMessage {
    /// The message that runs these instructions, paid by `payer`, valid while the block of
    /// `recent_hash` is recent. With lookup tables it is of version 0.
    ///
    /// # Errors
    ///
    /// [`MessageError`] where it breaks a limit.
    pub fn new(
        payer: Address,
        instructions: &[SolanaInstruction],
        tables: &[LookupTable],
        recent_hash: Hash,
    ) -> Result<Self, MessageError> {
        let payer = pubkey(&payer);
        let instructions: Vec<Instruction> = instructions.iter().map(Instruction::from).collect();
        let recent = SolanaHash::new_from_array(recent_hash.0);
        let message = if tables.is_empty() {
            let made = Message::new_with_blockhash(&instructions, Some(&payer), &recent);
            VersionedMessage::Legacy(made)
        } else {
            let table = |(key, addresses): &LookupTable| AddressLookupTableAccount {
                key: pubkey(key),
                addresses: addresses.iter().map(pubkey).collect(),
            };
            let tables: Vec<_> = tables.iter().map(table).collect();
            let made = v0::Message::try_compile(&payer, &instructions, &tables, recent);
            let made = made.map_err(|error| MessageError::Malformed(error.to_string()))?;
            VersionedMessage::V0(made)
        };
        let bytes = bincode::serialize(&message);
        Self::decode(&bytes.map_err(|error| MessageError::Malformed(error.to_string()))?)
    }
}
