//! What a Solana program needs to call contracts of every machine on Braid: the instruction of the
//! bridge, as bytes and keys of 32 bytes, so that it goes with any toolchain for Solana.
//!
//! ```
//! use braid_solana::{Arguments, BRIDGE, BridgeCall, evm_address};
//!
//! let token = evm_address([0x11; 20]);
//! let receiver = evm_address([0x22; 20]);
//! // transfer(address,uint256) by the Solidity ABI
//! let input = Arguments::of([0xa9, 0x05, 0x9c, 0xbb]).word(receiver).number(30).into_bytes();
//! let data = BridgeCall::to(token).data(&input);
//! // Then: `invoke` with the program BRIDGE, this data, and the accounts that the callee needs.
//! assert_eq!((data.len(), BRIDGE[29..].len()), (48 + 68, 3));
//! ```
//!
//! The contract sees the program as its caller, and its answer is the return data of the
//! invocation. A contract that fails ends the program: the failure cannot be caught.

#![no_std]

extern crate alloc;

use alloc::vec::Vec;

/// A key of Solana, or an identity of Braid: they are the same.
pub type Key = [u8; 32];

/// The program that calls contracts: `0x0000000000000000000000000000000000b7a1d2`.
pub const BRIDGE: Key = {
    let mut key = [0; 32];
    key[29] = 0xb7;
    key[30] = 0xa1;
    key[31] = 0xd2;
    key
};

/// The account through which coin crosses the bridge: derived by the bridge from the seed `vault`.
pub const VAULT: Key = [
    0x4e, 0xd5, 0x4a, 0x4d, 0xee, 0x1d, 0xf8, 0x7c, 0xc6, 0x80, 0x1c, 0x7e, 0xc1, 0x0d, 0x76, 0x52,
    0x18, 0x02, 0x51, 0xed, 0x8b, 0x38, 0x7a, 0xe0, 0x55, 0x45, 0xcd, 0xda, 0x00, 0x07, 0x5d, 0xc0,
];

/// The system program, which moves the coin of a call.
pub const SYSTEM: Key = [0; 32];

/// Bytes of a word of the Solidity ABI.
const WORD_BYTES: usize = 32;

/// A call of a contract of any machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BridgeCall {
    /// The contract.
    pub to: Key,
    /// Coin that goes along, in lamports.
    pub lamports: u64,
    /// The most gas that the call may use; 0 for all there is.
    pub gas_limit: u64,
}

/// An account of an instruction: its key, whether it signs, whether it may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// The key.
    pub key: Key,
    /// Whether it signs.
    pub is_signer: bool,
    /// Whether it may be changed.
    pub is_writable: bool,
}

/// The input of a call by the Solidity ABI, of arguments of one word each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arguments(Vec<u8>);

/// The identity of an Ethereum address: twelve zero bytes, then its twenty.
#[must_use]
pub const fn evm_address(address: [u8; 20]) -> Key {
    let mut key = [0; 32];
    let (_, own) = key.split_at_mut(12);
    own.copy_from_slice(&address);
    key
}

impl BridgeCall {
    /// A call without coin that may use all gas there is.
    #[must_use]
    pub const fn to(to: Key) -> Self {
        Self { to, lamports: 0, gas_limit: 0 }
    }

    /// The data of the instruction.
    #[must_use]
    pub fn data(&self, input: &[u8]) -> Vec<u8> {
        let mut data = self.to.to_vec();
        data.extend_from_slice(&self.lamports.to_le_bytes());
        data.extend_from_slice(&self.gas_limit.to_le_bytes());
        data.extend_from_slice(input);
        data
    }

    /// The accounts that the instruction begins with where coin goes along: who pays, the vault,
    /// the system program.
    #[must_use]
    pub const fn coin_accounts(payer: Key) -> [Account; 3] {
        [
            Account { key: payer, is_signer: true, is_writable: true },
            Account { key: VAULT, is_signer: false, is_writable: true },
            Account { key: SYSTEM, is_signer: false, is_writable: false },
        ]
    }
}

impl Arguments {
    /// The arguments of the method with this selector, none yet.
    #[must_use]
    pub fn of(selector: [u8; 4]) -> Self {
        Self(selector.to_vec())
    }

    /// One more: an address as an [identity](evm_address), or bytes of a word.
    #[must_use]
    pub fn word(mut self, word: [u8; WORD_BYTES]) -> Self {
        self.0.extend_from_slice(&word);
        self
    }

    /// One more: a number.
    #[must_use]
    pub fn number(self, number: u128) -> Self {
        let mut word = [0; WORD_BYTES];
        let (_, low) = word.split_at_mut(16);
        low.copy_from_slice(&number.to_be_bytes());
        self.word(word)
    }

    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}
