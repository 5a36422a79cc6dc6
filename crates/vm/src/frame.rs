//! One run of one contract.

use primitives::{Address, CodeHash, Depth, Gas, Wei};

use crate::Environment;

/// Which entry of the code a frame runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry {
    /// The constructor, once, at deploy.
    Deploy,
    /// A call.
    Call,
}

/// One run of one contract: what it runs, for whom, with what.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Which entry.
    pub entry: Entry,
    /// The code as it is stored.
    pub code: &'a [u8],
    /// The hash of `code`.
    pub code_hash: CodeHash,
    /// The contract that runs: its storage, its balance.
    pub contract: Address,
    /// Who called: a contract or the sender of the transaction.
    pub caller: Address,
    /// What came with the call; it already belongs to the contract.
    pub value: Wei,
    /// Selector and arguments by the Solidity ABI, or raw bytes.
    pub input: &'a [u8],
    /// What the frame may use.
    pub gas_limit: Gas,
    /// Whether nothing may be written, here and in every frame called from here.
    pub is_static: bool,
    /// Frames below this one.
    pub depth: Depth,
    /// The block and the transaction.
    pub environment: &'a Environment,
}
