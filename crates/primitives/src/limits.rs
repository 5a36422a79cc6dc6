//! Limits that hold in every machine. A limit of one machine lives in its own crate.

/// Frames on the stack of one transaction, over all machines (the EVM's own limit).
pub const CALL_DEPTH_MAX: u32 = 1024;

/// Frames of machines other than the EVM on the stack of one transaction. Such a frame uses
/// native stack, an EVM frame does not.
pub const FOREIGN_DEPTH_MAX: u32 = 64;

/// Bytes of a key of a contract's own storage.
pub const STORAGE_KEY_BYTES_MAX: usize = 1 << 10;

/// Bytes of a value of a contract's own storage.
pub const STORAGE_VALUE_BYTES_MAX: usize = 1 << 20;

/// Entries that one scan hands out.
pub const SCAN_ENTRIES_MAX: u32 = 1024;

/// Bytes of code of a contract outside the EVM (the EVM has its own limit, EIP-170).
pub const FOREIGN_CODE_BYTES_MAX: usize = 8 << 20;

/// Versions of a contract. All of their code hashes are in its record.
pub const CONTRACT_VERSIONS_MAX: u32 = 256;

/// Approvals that one change of a contract can ask for or have.
pub const APPROVALS_MAX: u32 = 64;

/// Bytes of an interface description stored with a contract.
pub const INTERFACE_BYTES_MAX: usize = 256 << 10;

/// Bytes of a record that a machine keeps beside the storage of contracts: a whole account of
/// Solana (10 MiB) and what describes it.
pub const RECORD_VALUE_BYTES_MAX: usize = (10 << 20) + (1 << 10);

/// Bytes of the name of a field of a state object.
pub const OBJECT_NAME_BYTES_MAX: usize = 64;

/// Bytes of the value of a field of a state object, its type among them.
pub const OBJECT_VALUE_BYTES_MAX: usize = 64 << 10;

/// Fields of a state object.
pub const OBJECT_FIELDS_MAX: u32 = 256;

/// Objects that one looks at to find who may change an object: itself, its owner, the owner's
/// owner.
pub const OBJECT_OWNERS_MAX: u32 = 8;

/// Bytes of a name in the name registry.
pub const NAME_BYTES_MAX: usize = 64;

/// Topics of an event.
pub const EVENT_TOPICS_MAX: usize = 4;

/// Bytes of the data of an event.
pub const EVENT_DATA_BYTES_MAX: usize = 1 << 20;

/// Bytes of the output or the revert data of a frame.
pub const OUTPUT_BYTES_MAX: usize = 1 << 20;

const _: () = assert!(FOREIGN_DEPTH_MAX < CALL_DEPTH_MAX);
const _: () = assert!(STORAGE_KEY_BYTES_MAX < STORAGE_VALUE_BYTES_MAX);
