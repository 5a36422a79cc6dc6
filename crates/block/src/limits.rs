//! Limits of transactions and blocks. What breaks one is refused before anything is read of it.

use primitives::limits::{FOREIGN_CODE_BYTES_MAX, INTERFACE_BYTES_MAX};

/// Bytes of a transaction in any encoding. The largest code of a contract fits, with its interface
/// and some arguments.
pub const TRANSACTION_BYTES_MAX: usize = 9 << 20;

/// Places that a transaction may announce to read or write.
pub const ACCESS_HINTS_MAX: usize = 256;

/// Keys over all hints of a transaction.
pub const ACCESS_HINT_KEYS_MAX: usize = 1024;

/// Modules that one transaction publishes.
pub const MODULES_MAX: usize = 64;

/// The largest nonce of a transaction (EIP-2681).
pub const NONCE_MAX: u64 = u64::MAX - 1;

/// Senders that are remembered by the hash of their transaction.
pub const SENDER_CACHE_ENTRIES: u32 = 1 << 16;

/// Threads that recover senders together.
pub const RECOVERY_THREADS_MAX: usize = 64;

/// Transactions that a thread recovers at least, so that starting it is worth its while.
pub const RECOVERY_BATCH_MIN: usize = 16;

const _: () = assert!(FOREIGN_CODE_BYTES_MAX + INTERFACE_BYTES_MAX < TRANSACTION_BYTES_MAX);

/// Bytes of the output of a transaction that its receipt keeps; of the rest it keeps the length.
pub const RECEIPT_OUTPUT_BYTES_MAX: usize = 16 << 10;

/// Accounts and contracts that a genesis file names.
pub const GENESIS_ENTRIES_MAX: usize = 100_000;
