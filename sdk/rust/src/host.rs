//! The host interface `braid1` behind safe functions.
//!
//! In a contract these reach the host; elsewhere the in-memory host of [`crate::mock`].

use alloc::{string::String, vec::Vec};

use crate::{Address, U256, abi, backend};

/// How a call or a deployment failed; the changes it made are undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// The callee reverted with this data.
    Revert(Vec<u8>),
    /// The callee halted: a trap, or no gas.
    Halt,
    /// The callee returned something else than its interface says.
    Malformed,
}

/// Gas that a call may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gas {
    /// All that may be lent.
    #[default]
    All,
    /// At most this much.
    Limit(u64),
}

/// The machine that a deployed code is for, by the number the host gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MachineKind(pub u32);

/// Codes of Solidity's `Panic(uint256)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum PanicCode {
    /// A failed assertion, or a Rust panic.
    Assertion = 0x01,
    /// Arithmetic that left the range.
    Overflow = 0x11,
    /// A division by zero.
    Division = 0x12,
}

/// How a frame of this contract ended: its output, or its revert data.
pub type Outcome = Result<Vec<u8>, Vec<u8>>;

/// The input of the frame.
#[must_use]
pub fn input(input_bytes: usize) -> Vec<u8> {
    backend::input(input_bytes)
}

/// Sets the output of the frame without ending it.
pub fn output_write(output: &[u8]) {
    backend::output_write(output);
}

/// Ends the frame with success.
pub fn finish(output: &[u8]) -> ! {
    backend::finish(output)
}

/// Ends the frame with a revert.
pub fn revert(data: &[u8]) -> ! {
    backend::revert(data)
}

/// Ends the frame as Solidity's `revert("message")` does.
pub fn revert_message(message: &str) -> ! {
    revert(&encode_message(message))
}

/// The revert data `Error(string)`.
#[must_use]
pub fn encode_message(message: &str) -> Vec<u8> {
    abi::encode_call(0x08c3_79a0, &(String::from(message),))
}

/// Ends the frame with Solidity's `Panic(uint256)`.
pub fn panic(code: PanicCode) -> ! {
    revert(&abi::encode_call(0x4e48_7b71, &(code as u8,)))
}

/// The record under a key of this contract.
#[must_use]
pub fn storage_get(key: &[u8]) -> Option<Vec<u8>> {
    backend::storage_get(key)
}

/// Puts a record.
pub fn storage_put(key: &[u8], value: &[u8]) {
    backend::storage_put(key, value);
}

/// Removes a record; whether there was one.
pub fn storage_delete(key: &[u8]) -> bool {
    backend::storage_delete(key)
}

/// At most `limit` records whose keys start with `prefix`, in the order of the keys; with `after`
/// only those above that key.
#[must_use]
pub fn storage_scan(prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let buffer = backend::storage_scan(prefix, after, limit);
    let mut records = Vec::new();
    let mut rest = buffer.as_slice();
    while let Some((key, value, behind)) = split_record(rest) {
        records.push((key.to_vec(), value.to_vec()));
        rest = behind;
    }
    records
}

/// The number in a counter of this contract, which is zero before its first change.
///
/// Reading makes this call wait for all earlier ones that change the counter; only adding and
/// subtracting does not.
#[must_use]
pub fn counter_get(key: &[u8]) -> U256 {
    U256::from_bytes(&backend::counter_get(key))
}

/// Adds to a counter; false where the sum does not fit, and then nothing changes.
#[must_use]
pub fn counter_add(key: &[u8], amount: &U256) -> bool {
    backend::counter_add(key, &amount.to_bytes())
}

/// Subtracts from a counter; false where there is less, and then nothing changes.
#[must_use]
pub fn counter_sub(key: &[u8], amount: &U256) -> bool {
    backend::counter_sub(key, &amount.to_bytes())
}

/// A word of the transaction's transient storage; zero where none was put.
#[must_use]
pub fn transient_get(key: &[u8; 32]) -> [u8; 32] {
    backend::transient_get(key)
}

/// Sets a word of the transaction's transient storage.
pub fn transient_put(key: &[u8; 32], value: &[u8; 32]) {
    backend::transient_put(key, value);
}

/// Who called.
#[must_use]
pub fn caller() -> Address {
    Address::new(backend::caller())
}

/// Who signed the transaction.
#[must_use]
pub fn origin() -> Address {
    Address::new(backend::origin())
}

/// This contract.
#[must_use]
pub fn contract() -> Address {
    Address::new(backend::contract())
}

/// The coin that came with the call.
#[must_use]
pub fn value() -> U256 {
    U256::from_bytes(&backend::value())
}

/// The balance of an identity.
#[must_use]
pub fn balance(of: &Address) -> U256 {
    U256::from_bytes(&backend::balance(of.as_bytes()))
}

/// The machine and the hash of the code of an identity; `None` where it has no code.
#[must_use]
pub fn code_hash(of: &Address) -> Option<(MachineKind, [u8; 32])> {
    backend::code_hash(of.as_bytes()).map(|(kind, hash)| (MachineKind(kind), hash))
}

/// Moves coin of this contract without running code; false where the balance does not suffice.
#[must_use]
pub fn transfer(to: &Address, amount: &U256) -> bool {
    backend::transfer(to.as_bytes(), &amount.to_bytes())
}

/// Calls a contract of any machine.
///
/// # Errors
///
/// [`CallError`] where the callee reverted or halted.
pub fn call(to: &Address, value: &U256, input: &[u8], gas: Gas) -> Result<Vec<u8>, CallError> {
    status(backend::call(to.as_bytes(), &value.to_bytes(), input, gas.as_raw(), 0))
}

/// Calls a contract of any machine, which may not write.
///
/// # Errors
///
/// [`CallError`] where the callee reverted or halted; a forbidden write halts it.
pub fn static_call(to: &Address, input: &[u8], gas: Gas) -> Result<Vec<u8>, CallError> {
    status(backend::call(to.as_bytes(), &[0; 32], input, gas.as_raw(), 1))
}

/// What a new contract is made of.
#[derive(Debug, Clone, Copy)]
pub struct Deployment<'a> {
    /// The machine of the code.
    pub kind: MachineKind,
    /// The code.
    pub code: &'a [u8],
    /// The ABI-encoded arguments of the constructor.
    pub arguments: &'a [u8],
    /// The coin that goes along.
    pub value: U256,
    /// With a salt the address depends on salt and code, otherwise on the nonce.
    pub salt: Option<[u8; 32]>,
    /// Gas that the constructor may use.
    pub gas: Gas,
}

/// Makes a contract of any machine and returns its address.
///
/// # Errors
///
/// [`CallError`] where the code is refused or the constructor failed.
pub fn deploy(deployment: &Deployment<'_>) -> Result<Address, CallError> {
    let (number, output, address) = backend::deploy(deployment, deployment.gas.as_raw());
    status((number, output)).map(|_| Address::new(address))
}

/// Emits an event with up to four topics.
pub fn emit_raw(topics: &[[u8; 32]], data: &[u8]) {
    backend::emit(topics, data);
}

/// The height of the block.
#[must_use]
pub fn block_number() -> u64 {
    backend::block_number()
}

/// The time of the block in seconds since 1970.
#[must_use]
pub fn block_timestamp() -> u64 {
    backend::block_timestamp()
}

/// Gas of the block.
#[must_use]
pub fn block_gas_limit() -> u64 {
    backend::block_gas_limit()
}

/// Who receives the fees of the block.
#[must_use]
pub fn block_beneficiary() -> Address {
    Address::new(backend::block_beneficiary())
}

/// The base fee of the block.
#[must_use]
pub fn block_base_fee() -> U256 {
    U256::from_bytes(&backend::block_base_fee())
}

/// The randomness of the block.
#[must_use]
pub fn block_prevrandao() -> [u8; 32] {
    backend::block_prevrandao()
}

/// The hash of one of the last 256 blocks, else zero.
#[must_use]
pub fn block_hash(number: u64) -> [u8; 32] {
    backend::block_hash(number)
}

/// The number of the chain.
#[must_use]
pub fn chain_id() -> u64 {
    backend::chain_id()
}

/// What the sender pays for a unit of gas.
#[must_use]
pub fn gas_price() -> U256 {
    U256::from_bytes(&backend::gas_price())
}

/// The hash of the transaction.
#[must_use]
pub fn transaction_hash() -> [u8; 32] {
    backend::transaction_hash()
}

/// Gas that this frame has left.
#[must_use]
pub fn gas_left() -> u64 {
    backend::gas_left()
}

/// Whether nothing may be written.
#[must_use]
pub fn is_static() -> bool {
    backend::is_static()
}

/// keccak256, the hash of Ethereum.
#[must_use]
pub fn keccak256(input: &[u8]) -> [u8; 32] {
    backend::keccak256(input)
}

/// SHA-256 (FIPS 180-4).
#[must_use]
pub fn sha256(input: &[u8]) -> [u8; 32] {
    backend::sha256(input)
}

/// RIPEMD-160.
#[must_use]
pub fn ripemd160(input: &[u8]) -> [u8; 20] {
    backend::ripemd160(input)
}

/// BLAKE3.
#[must_use]
pub fn blake3(input: &[u8]) -> [u8; 32] {
    backend::blake3(input)
}

/// The signer of a hash; `None` where the signature is not valid.
#[must_use]
pub fn secp256k1_recover(
    hash: &[u8; 32],
    signature: &[u8; 64],
    recovery_id: u8,
) -> Option<Address> {
    backend::secp256k1_recover(hash, signature, recovery_id).map(Address::new)
}

/// Whether a signature over a hash fits a key of the curve P-256.
#[must_use]
pub fn secp256r1_verify(hash: &[u8; 32], signature: &[u8; 64], public_key: &[u8; 64]) -> bool {
    backend::secp256r1_verify(hash, signature, public_key)
}

/// Whether an Ed25519 signature over a message fits a key.
#[must_use]
pub fn ed25519_verify(public_key: &[u8; 32], signature: &[u8; 64], message: &[u8]) -> bool {
    backend::ed25519_verify(public_key, signature, message)
}

/// A line for the person who debugs; it changes nothing.
pub fn debug(line: &str) {
    backend::debug(line.as_bytes());
}

impl Gas {
    fn as_raw(self) -> i64 {
        match self {
            Self::All => -1,
            Self::Limit(limit) => i64::try_from(limit).unwrap_or(i64::MAX),
        }
    }
}

impl CallError {
    /// The revert data that passes this failure on to the caller.
    #[must_use]
    pub fn into_revert_data(self) -> Vec<u8> {
        match self {
            Self::Revert(data) => data,
            Self::Halt | Self::Malformed => Vec::new(),
        }
    }
}

fn status((number, output): (i32, Vec<u8>)) -> Result<Vec<u8>, CallError> {
    match number {
        0 => Ok(output),
        1 => Err(CallError::Revert(output)),
        _ => Err(CallError::Halt),
    }
}

/// The first record of a scan: key, value, and what is behind it.
fn split_record(buffer: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (key, rest) = split_part(buffer)?;
    let (value, rest) = split_part(rest)?;
    Some((key, value, rest))
}

fn split_part(buffer: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = buffer.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}
