//! The records of the contract, and iterators over ranges of them.

use std::collections::VecDeque;

use primitives::Bytes;
use primitives::limits::SCAN_ENTRIES_MAX;
use vm::{HaltReason, ScanRequest};

use super::{Region, copy, read, refuse_to_write, region};
use crate::host::{Call, End, bad_argument};

/// Bytes of a key.
const KEY_BYTES_MAX: usize = 64 << 10;

/// Bytes of a value.
const VALUE_BYTES_MAX: usize = 128 << 10;

/// Iterators that one run may open.
const SCANS_MAX: usize = 1 << 10;

const KEY: (&str, usize) = ("bytes of a key", KEY_BYTES_MAX);

/// The order of an iterator: from the smallest key on.
const ASCENDING: u32 = 1;

/// The order of an iterator: from the greatest key on.
const DESCENDING: u32 = 2;

type Record = (Bytes, Bytes);

/// An iterator over a range of keys. Records are fetched in pages that double, so that the first
/// costs little and many cost little each. The host scans upwards alone: for the other order the
/// whole range is fetched before the first record is handed out.
#[derive(Debug)]
pub(crate) struct Scan {
    /// The key to begin with, until it was asked for.
    start: Option<Vec<u8>>,
    /// The key before the next page.
    after: Option<Vec<u8>>,
    /// The first key that is not in the range.
    end: Option<Vec<u8>>,
    is_descending: bool,
    page: VecDeque<Record>,
    page_records: u32,
    is_fetched: bool,
}

pub(crate) fn db_read(call: &mut Call<'_>, (key,): (u32,)) -> Result<Region, End> {
    let key = read(call.memory, key, KEY)?;
    let value = call.host.storage_get(call.meter, key)?;
    Ok(Region(value.map(|value| value.to_vec())))
}

pub(crate) fn db_write(call: &mut Call<'_>, (key, value): (u32, u32)) -> Result<(), End> {
    refuse_to_write(call)?;
    let key = read(call.memory, key, KEY)?;
    let value = read(call.memory, value, ("bytes of a value", VALUE_BYTES_MAX))?;
    Ok(call.host.storage_put(call.meter, key, value)?)
}

pub(crate) fn db_remove(call: &mut Call<'_>, (key,): (u32,)) -> Result<(), End> {
    refuse_to_write(call)?;
    let key = read(call.memory, key, KEY)?;
    call.host.storage_delete(call.meter, key)?;
    Ok(())
}

/// Opens an iterator, and gives its number; the first is 1.
pub(crate) fn db_scan(
    call: &mut Call<'_>,
    (start, end, order): (u32, u32, u32),
) -> Result<i32, End> {
    if ![ASCENDING, DESCENDING].contains(&order) {
        return Err(bad_argument(format!("{order} is no order: 1 goes up, 2 goes down")));
    }
    let limit = SCANS_MAX as u64;
    if call.cosmwasm.scans.len() >= SCANS_MAX {
        return Err(End::Halt(HaltReason::Limit { what: "iterators", found: limit + 1, limit }));
    }
    let start = bound(call, start)?.filter(|start| !start.is_empty());
    let end = bound(call, end)?;
    let is_empty = end.as_ref().is_some_and(|end| start.as_ref().is_some_and(|it| it >= end));
    call.cosmwasm.scans.push(Scan {
        start,
        after: None,
        end,
        is_descending: order == DESCENDING,
        page: VecDeque::new(),
        page_records: 1,
        is_fetched: is_empty,
    });
    Ok(i32::try_from(call.cosmwasm.scans.len()).unwrap_or(i32::MAX))
}

fn bound(call: &mut Call<'_>, pointer: u32) -> Result<Option<Vec<u8>>, End> {
    if pointer == 0 {
        return Ok(None);
    }
    region(call.memory, pointer)?;
    copy(call, pointer, KEY).map(Some)
}

/// The next key and value, each with its length behind it; both are empty at the end.
pub(crate) fn db_next(call: &mut Call<'_>, (scan,): (u32,)) -> Result<Region, End> {
    let (key, value) = next(call, scan)?.unwrap_or_default();
    Ok(Region(Some(sections([&key, &value]))))
}

pub(crate) fn db_next_key(call: &mut Call<'_>, (scan,): (u32,)) -> Result<Region, End> {
    Ok(Region(next(call, scan)?.map(|(key, _)| key.to_vec())))
}

pub(crate) fn db_next_value(call: &mut Call<'_>, (scan,): (u32,)) -> Result<Region, End> {
    Ok(Region(next(call, scan)?.map(|(_, value)| value.to_vec())))
}

fn sections(parts: [&Bytes; 2]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum());
    for part in parts {
        packed.extend_from_slice(part);
        packed.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    }
    packed
}

fn next(call: &mut Call<'_>, number: u32) -> Result<Option<Record>, End> {
    let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let Some(place) = place.filter(|place| *place < call.cosmwasm.scans.len()) else {
        return Err(bad_argument(format!("there is no iterator of number {number}")));
    };
    let mut scan = call.cosmwasm.scans.swap_remove(place);
    let found = scan.next(call);
    // The iterator goes back to its number, where the last took its place.
    call.cosmwasm.scans.push(scan);
    let last = call.cosmwasm.scans.len() - 1;
    call.cosmwasm.scans.swap(place, last);
    found
}

impl Scan {
    fn next(&mut self, call: &mut Call<'_>) -> Result<Option<Record>, End> {
        while !self.is_fetched && (self.is_descending || self.page.is_empty()) {
            self.fetch(call)?;
        }
        Ok(if self.is_descending { self.page.pop_back() } else { self.page.pop_front() })
    }

    /// Fetches the next page.
    fn fetch(&mut self, call: &mut Call<'_>) -> Result<(), End> {
        if let Some(start) = self.start.take() {
            let value = call.host.storage_get(call.meter, &start)?;
            self.after = Some(start.clone());
            if let Some(value) = value {
                self.page.push_back((start.into(), value));
                return Ok(());
            }
        }
        let limit = self.page_records;
        self.page_records = (limit * 2).min(SCAN_ENTRIES_MAX);
        let request = ScanRequest { prefix: &[], after: self.after.as_deref(), limit };
        let records = call.host.storage_scan(call.meter, &request)?;
        self.is_fetched = records.len() < limit as usize;
        self.after = records.last().map(|(key, _)| key.to_vec());
        for (key, value) in records {
            if self.end.as_deref().is_some_and(|end| key.as_ref() >= end) {
                self.is_fetched = true;
                break;
            }
            self.page.push_back((key, value));
        }
        Ok(())
    }
}
