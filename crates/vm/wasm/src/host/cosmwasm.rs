//! The functions that CosmWasm modules import from `env`, by the documentation of `cosmwasm-vm`.
//!
//! What crosses the border lies in regions: twelve bytes of the guest's memory that say where
//! bytes are, how many there is room for and how many there are. What the host hands back goes
//! into a region that the guest's own `allocate` makes, so an import may run guest code, which
//! is metered like any other. That code may not import in its turn: nothing is nested deeper.

mod crypto;
mod storage;

use vm::{HaltReason, Trap};

use super::memory::{array, slice, write};
use super::{Call, End, bad_argument};
use crate::cosmwasm::{address, queries};
pub(crate) use crypto::{
    bls12_381_aggregate_g1, bls12_381_aggregate_g2, bls12_381_hash_to_g1, bls12_381_hash_to_g2,
    bls12_381_pairing_equality, ed25519_batch_verify, ed25519_verify, secp256k1_recover_pubkey,
    secp256k1_verify, secp256r1_recover_pubkey, secp256r1_verify,
};
pub(crate) use storage::{
    db_next, db_next_key, db_next_value, db_read, db_remove, db_scan, db_write,
};

/// The module that CosmWasm modules import from.
pub(crate) const MODULE: &str = "env";

/// Bytes of what an entry returns.
const RESULT_BYTES_MAX: usize = 1 << 20;

/// Bytes of the text of an address.
const ADDRESS_TEXT_BYTES_MAX: usize = 256;

/// Bytes of a canonical address.
const CANONICAL_BYTES_MAX: usize = 64;

/// Bytes of a text for people.
const TEXT_BYTES_MAX: usize = 2 << 20;

/// Bytes of a query.
const QUERY_BYTES_MAX: usize = 64 << 10;

/// What a run of a CosmWasm module has beside every frame's.
#[derive(Debug, Default)]
pub(crate) struct CosmwasmState {
    /// Whether the guest's `allocate` runs.
    pub(super) is_allocating: bool,
    /// Whether the entry may not write, whatever the frame may.
    pub(super) is_read_only: bool,
    scans: Vec<storage::Scan>,
}

impl CosmwasmState {
    /// The state of a run.
    pub(crate) fn new(is_read_only: bool) -> Self {
        Self { is_read_only, ..Self::default() }
    }
}

/// Bytes that go into a region of the guest's making; nothing is the pointer zero.
#[derive(Debug)]
pub(crate) struct Region(pub(super) Option<Vec<u8>>);

/// A recovered public key, or the number of an error.
#[derive(Debug)]
pub(crate) struct Recovered(pub(super) Result<Vec<u8>, u32>);

/// What an import hands back: perhaps bytes, for which the guest has to make room first.
pub(crate) trait Given {
    /// As the guest gets it.
    type Wasm;

    /// The bytes to place.
    fn take(&mut self) -> Option<Vec<u8>>;

    /// What the guest gets, given where the bytes are; zero where there are none.
    fn join(self, pointer: i32) -> Self::Wasm;
}

impl Given for () {
    type Wasm = ();

    fn take(&mut self) -> Option<Vec<u8>> {
        None
    }

    fn join(self, _: i32) {}
}

impl Given for i32 {
    type Wasm = Self;

    fn take(&mut self) -> Option<Vec<u8>> {
        None
    }

    fn join(self, _: i32) -> Self {
        self
    }
}

impl Given for Region {
    type Wasm = i32;

    fn take(&mut self) -> Option<Vec<u8>> {
        self.0.take()
    }

    fn join(self, pointer: i32) -> i32 {
        pointer
    }
}

impl Given for Recovered {
    type Wasm = i64;

    fn take(&mut self) -> Option<Vec<u8>> {
        self.0.as_mut().ok().map(core::mem::take)
    }

    /// The number of the error in the upper half, the pointer in the lower.
    fn join(self, pointer: i32) -> i64 {
        match self.0 {
            Ok(_) => i64::from(pointer.cast_unsigned()),
            Err(code) => i64::from(code) << 32,
        }
    }
}

/// Refuses imports of code that an import runs.
pub(crate) fn enter(call: &mut Call<'_>) -> Result<(), End> {
    call.charge_environment()?;
    if call.cosmwasm.is_allocating {
        return Err(bad_argument("allocate uses an import".to_owned()));
    }
    Ok(())
}

/// Puts bytes into a region that the guest made.
pub(crate) fn fill(call: &mut Call<'_>, pointer: u32, bytes: &[u8]) -> Result<(), End> {
    call.charge_copy(bytes.len() as u64)?;
    write_region(call, pointer, bytes)
}

/// Takes what an entry returned as the output.
pub(crate) fn take_result(call: &mut Call<'_>, pointer: u32) -> Result<(), End> {
    let bytes = region(call.memory, pointer)?.bytes;
    call.charge_copy(bytes.into())?;
    let found = read(call.memory, pointer, ("bytes of a result", RESULT_BYTES_MAX))?;
    *call.output = found.to_vec().into();
    Ok(())
}

/// Where a region is, as the guest wrote it down.
struct Place {
    offset: u32,
    capacity: u32,
    bytes: u32,
}

fn region(memory: &[u8], pointer: u32) -> Result<Place, End> {
    let words: [u8; 12] = array(memory, pointer)?;
    let (words, _) = words.as_chunks::<4>();
    let [offset, capacity, bytes] =
        [0, 1, 2].map(|place| words.get(place).copied().map_or(0, u32::from_le_bytes));
    if offset == 0 || bytes > capacity {
        let text = format!("the region at {pointer} has {bytes} of {capacity} bytes at {offset}");
        return Err(bad_argument(text));
    }
    Ok(Place { offset, capacity, bytes })
}

/// The bytes of a region, of which there may be so many.
fn read<'a>(
    memory: &'a [u8],
    pointer: u32,
    (what, limit): (&'static str, usize),
) -> Result<&'a [u8], End> {
    let place = region(memory, pointer)?;
    let (found, limit) = (u64::from(place.bytes), limit as u64);
    if found > limit {
        return Err(Trap::Limit { what, found, limit }.into());
    }
    slice(memory, place.offset, place.bytes)
}

/// A copy of the bytes of a region, which is paid for.
fn copy(call: &mut Call<'_>, pointer: u32, limit: (&'static str, usize)) -> Result<Vec<u8>, End> {
    let bytes = region(call.memory, pointer)?.bytes;
    call.charge_copy(bytes.into())?;
    Ok(read(call.memory, pointer, limit)?.to_vec())
}

fn write_region(call: &mut Call<'_>, pointer: u32, bytes: &[u8]) -> Result<(), End> {
    let place = region(call.memory, pointer)?;
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    if length > place.capacity {
        let capacity = place.capacity;
        return Err(bad_argument(format!("{length} bytes are not in a region of {capacity}")));
    }
    write(call.memory, place.offset, bytes)?;
    write(call.memory, pointer.saturating_add(8), &length.to_le_bytes())
}

fn told(error: &str) -> Region {
    Region(Some(error.as_bytes().to_vec()))
}

fn address_text(call: &mut Call<'_>, pointer: u32) -> Result<Vec<u8>, End> {
    copy(call, pointer, ("bytes of an address", ADDRESS_TEXT_BYTES_MAX))
}

/// Nothing, or why the text is no address as this chain writes it.
pub(crate) fn addr_validate(call: &mut Call<'_>, (source,): (u32,)) -> Result<Region, End> {
    let text = address_text(call, source)?;
    Ok(address::parse_bytes(&text).map_or_else(|error| told(&error), |_| Region(None)))
}

pub(crate) fn addr_canonicalize(
    call: &mut Call<'_>,
    (source, into): (u32, u32),
) -> Result<Region, End> {
    let text = address_text(call, source)?;
    match address::parse_bytes(&text) {
        Ok(found) => write_region(call, into, address::canonical(&found)).map(|()| Region(None)),
        Err(error) => Ok(told(&error)),
    }
}

pub(crate) fn addr_humanize(
    call: &mut Call<'_>,
    (source, into): (u32, u32),
) -> Result<Region, End> {
    let bytes = copy(call, source, ("bytes of a canonical address", CANONICAL_BYTES_MAX))?;
    match address::of_canonical(&bytes) {
        Ok(found) => {
            write_region(call, into, address::text(&found).as_bytes()).map(|()| Region(None))
        }
        Err(error) => Ok(told(&error)),
    }
}

pub(crate) fn debug(call: &mut Call<'_>, (text,): (u32,)) -> Result<(), End> {
    let text = copy(call, text, ("bytes of a text", TEXT_BYTES_MAX))?;
    Ok(call.host.debug(call.meter, &String::from_utf8_lossy(&text))?)
}

/// The guest panicked: everything is taken back, and the text says why.
pub(crate) fn abort(call: &mut Call<'_>, (text,): (u32,)) -> Result<(), End> {
    let text = copy(call, text, ("bytes of a text", TEXT_BYTES_MAX))?;
    let text = format!("aborted: {}", String::from_utf8_lossy(&text));
    *call.output = abi::encode_error_string(&text);
    Err(End::Revert)
}

pub(crate) fn query_chain(call: &mut Call<'_>, (request,): (u32,)) -> Result<Region, End> {
    let request = copy(call, request, ("bytes of a query", QUERY_BYTES_MAX))?;
    queries::answer(call, &request).map(|answer| Region(Some(answer)))
}

fn refuse_to_write(call: &Call<'_>) -> Result<(), End> {
    match call.cosmwasm.is_read_only {
        true => Err(End::Halt(HaltReason::StaticViolation)),
        false => Ok(()),
    }
}
