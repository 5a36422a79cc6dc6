//! The Solana strand: programs of Solana over the one state.
//!
//! [`SvmVm`] runs sBPF programs with the runtime that Solana's validator is made of: its
//! interpreter and compiler, system calls, loader and system program. What is here is what lies
//! around one instruction there: accounts out of the state and back into it, programs made ready,
//! sysvars, rent, gas, and the way to contracts of other machines and back.
//!
//! # Accounts
//!
//! A Solana account is an identity. Its lamports are the balance of that identity in the one
//! supply: a lamport is 10⁹ wei, and what is below a lamport stays with the account, unseen by
//! programs. Owner, data and the executable flag are a record of the state ([`AccountRecord`]).
//! An account without a record belongs to the system program.
//!
//! # Calls
//!
//! A contract of another machine calls a program through the interface [`PROGRAM_INTERFACE`] at the
//! program's address, or any program, builtins among them, through [`BRIDGE_INTERFACE`] at
//! the [bridge](BRIDGE). A program calls a contract by an ordinary invocation of the bridge. A
//! foreign contract signs as its own identity and as [its address of the bridge](signer_of).
//!
//! While a Solana frame is on the stack there is one transaction context: what another machine
//! calls meanwhile runs in it, may name only the accounts that the instruction of the bridge
//! listed, and cannot be caught when it fails, as on Solana. The accounts of the context are held
//! by it: who changes one of them from outside meanwhile makes the frame fail.
//!
//! # Limits
//!
//! Votes, stakes and the programs for them are not there; neither is the fourth loader. A program
//! sees the hashes of earlier blocks only in the account of that sysvar.

mod account;
mod bridge;
mod build;
mod call;
mod config;
mod deploy;
mod frame;
mod held;
mod machine;
mod message;
mod nonce;
mod precompile;
mod program;
mod resolve;
mod runtime;
mod session;
mod standard;
mod sysvar;
mod transaction;
mod view;

pub use account::{AccountRecord, lamports_of, wei_of};
pub use bridge::{BRIDGE, BRIDGE_EVM, BridgeCall, signer_of, vault_address};
pub use build::{LookupTable, SolanaAccount, SolanaInstruction};
pub use call::{BRIDGE_INTERFACE, FLAG_SIGNER, FLAG_WRITABLE, PROGRAM_INTERFACE};
pub use config::{GAS_PER_COMPUTE_UNIT, SvmConfig};
pub use deploy::{deposit_lamports, program_data_of};
pub use machine::{SvmError, SvmVm};
pub use message::{
    MessageError, SIGNATURE_BYTES, SolanaMessage, SolanaTransaction, TRANSACTION_ACCOUNTS_MAX,
    TRANSACTION_BYTES_MAX,
};
pub use nonce::Nonce;
pub use standard::{
    StandardAccount, associated_token_account, program_address, seeded_account, standard_program,
    standard_program_address, standard_programs,
};
pub use sysvar::BLOCK_HASHES;
pub use transaction::{Failure, Instructions, Processed};
pub use view::{
    ProgramData, ProgramParts, TokenHolding, TokenMint, from_base58, program_name, to_base58,
};
