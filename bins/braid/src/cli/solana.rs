//! The words of `solana`.

use clap::{Args, Subcommand};

use super::Moment;

#[derive(Debug, Subcommand)]
pub(crate) enum SolanaCommand {
    /// Show an account: lamports, owner, data, and what a token account or a mint says
    Account(SolanaAt),
    /// Show the lamports of an account
    Balance(SolanaAt),
    /// List the token accounts of an owner
    TokenAccounts(SolanaAt),
    /// Look at programs
    #[command(subcommand)]
    Program(ProgramCommand),
    /// Tell the hash of the latest block, which a new transaction names
    Blockhash,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProgramCommand {
    /// Show a program: its loader, data account, authority and code
    Show(SolanaAt),
}

/// An account at a moment.
#[derive(Debug, Args)]
pub(crate) struct SolanaAt {
    /// The address in base58 or hexadecimal, or a development account by name
    pub(crate) address: String,
    #[command(flatten)]
    pub(crate) moment: Moment,
}
