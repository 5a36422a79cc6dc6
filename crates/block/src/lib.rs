//! Transactions as they are signed, receipts, headers, genesis, and the execution of blocks.

pub mod execution;
