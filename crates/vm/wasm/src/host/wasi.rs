//! The functions of `wasi_snapshot_preview1` that a Go program imports, without a system behind
//! them: no files, no arguments, no environment variables.
//!
//! All answers follow from the frame. The clock stands at the time of the block and moves only
//! where the program sleeps; random bytes are a hash of transaction, contract and caller; what the
//! program prints are debug lines. Every call is charged before it works.

use core::fmt::Write;

use vm::HaltReason;
use vm::schedule::words;

use super::memory::{array, slice, slice_mut, write};
use super::{Call, End, bad_argument};

/// The module that Go programs import from.
pub(crate) const MODULE: &str = "wasi_snapshot_preview1";

/// The call did what was asked.
const SUCCESS: i32 = 0;
/// There is no such file.
const BAD_FILE: i32 = 8;
/// An argument has no meaning.
const INVALID: i32 = 28;

/// The number of the file of error messages, which holds why a program exits.
const STANDARD_ERROR: u32 = 2;
/// Bytes of a line that is printed; a longer one is broken.
const LINE_BYTES_MAX: usize = 1 << 10;
/// Bytes of the reason of an exit.
const REASON_BYTES_MAX: usize = 256;
/// Ranges of one write, and subscriptions of one poll.
const ITEMS_MAX: u32 = 1 << 10;

const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;
const SUBSCRIPTION_BYTES: u32 = 48;
const EVENT_BYTES: u32 = 32;

/// What a program has done so far within its frame.
#[derive(Debug, Default)]
pub(crate) struct WasiState {
    /// How far sleeping has moved the clock.
    slept_ns: u64,
    /// Requests for random bytes.
    random_requests: u64,
    /// What is printed of a line that has not ended.
    line: Vec<u8>,
    /// The first line of error messages.
    reason: Vec<u8>,
    reason_ended: bool,
}

pub(crate) fn sched_yield(call: &mut Call<'_>, (): ()) -> Result<i32, End> {
    call.charge_environment()?;
    Ok(SUCCESS)
}

/// A program that exits has not answered: the frame halts, whatever the code.
pub(crate) fn proc_exit(call: &mut Call<'_>, (code,): (u32,)) -> Result<(), End> {
    call.charge_environment()?;
    let mut text = format!("the program exits with {code}");
    if !call.wasi.reason.is_empty() {
        let reason = String::from_utf8_lossy(&call.wasi.reason);
        write!(text, ": {reason}").expect("invariant: text takes what is written to it");
    }
    Err(End::Halt(HaltReason::Trap(text)))
}

/// Defines functions that tell of a list that it is empty: how many items, how many bytes.
macro_rules! empty_lists {
    ($($sizes:ident, $items:ident;)*) => {
        $(
            pub(crate) fn $sizes(
                call: &mut Call<'_>,
                (count, bytes): (u32, u32),
            ) -> Result<i32, End> {
                call.charge_environment()?;
                write(call.memory, count, &[0; 4])?;
                write(call.memory, bytes, &[0; 4])?;
                Ok(SUCCESS)
            }

            pub(crate) fn $items(call: &mut Call<'_>, _: (u32, u32)) -> Result<i32, End> {
                call.charge_environment()?;
                Ok(SUCCESS)
            }
        )*
    };
}

empty_lists! {
    args_sizes_get, args_get;
    environ_sizes_get, environ_get;
}

/// All clocks are one.
pub(crate) fn clock_time_get(
    call: &mut Call<'_>,
    (_, _, into): (u32, u64, u32),
) -> Result<i32, End> {
    call.charge_environment()?;
    let now = now_ns(call);
    write(call.memory, into, &now.to_le_bytes())?;
    Ok(SUCCESS)
}

pub(crate) fn random_get(call: &mut Call<'_>, (into, bytes): (u32, u32)) -> Result<i32, End> {
    let word_count = usize::try_from(bytes).map_or(u64::MAX, words);
    let schedule = call.host.schedule();
    let per_word = schedule.blake3_word.saturating_mul(word_count);
    let cost = schedule.blake3_base.saturating_add(per_word);
    call.charge(cost)?;
    let request = call.wasi.random_requests;
    call.wasi.random_requests = request.saturating_add(1);
    let mut hasher = blake3::Hasher::new_derive_key("braid go random_get v1");
    hasher
        .update(call.frame.environment.transaction.hash.0.as_slice())
        .update(call.frame.contract.as_bytes())
        .update(call.frame.caller.as_bytes())
        .update(&request.to_le_bytes());
    hasher.finalize_xof().fill(slice_mut(call.memory, into, bytes)?);
    Ok(SUCCESS)
}

pub(crate) fn fd_write(
    call: &mut Call<'_>,
    (file, ranges, count, written): (u32, u32, u32, u32),
) -> Result<i32, End> {
    call.charge_environment()?;
    if file == 0 || file > STANDARD_ERROR {
        return Ok(BAD_FILE);
    }
    if count > ITEMS_MAX {
        return Ok(INVALID);
    }
    call.charge_copy(u64::from(count) * 8)?;
    let mut total = 0u32;
    for index in 0..count {
        let (from, bytes) = range_at(call, ranges, index)?;
        call.charge_copy(bytes.into())?;
        let text = slice(call.memory, from, bytes)?;
        let lines = call.wasi.print(file, text);
        for line in lines {
            call.host.debug(call.meter, &String::from_utf8_lossy(&line))?;
        }
        total = total.saturating_add(bytes);
    }
    write(call.memory, written, &total.to_le_bytes())?;
    Ok(SUCCESS)
}

impl WasiState {
    /// Takes what is printed; gives the lines that it ends.
    fn print(&mut self, file: u32, text: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        for byte in text {
            if *byte != b'\n' {
                self.line.push(*byte);
            }
            if file == STANDARD_ERROR && !self.reason_ended {
                match byte {
                    b'\n' => self.reason_ended = true,
                    byte => self.reason.push(*byte),
                }
                self.reason_ended |= self.reason.len() >= REASON_BYTES_MAX;
            }
            if *byte == b'\n' || self.line.len() >= LINE_BYTES_MAX {
                lines.push(core::mem::take(&mut self.line));
            }
        }
        lines
    }
}

/// Sleeping moves the clock; there is nothing else to wait for.
pub(crate) fn poll_oneoff(
    call: &mut Call<'_>,
    (subscriptions, events, count, into): (u32, u32, u32, u32),
) -> Result<i32, End> {
    call.charge_environment()?;
    if count == 0 || count > ITEMS_MAX {
        return Ok(INVALID);
    }
    call.charge_copy(u64::from(count) * u64::from(SUBSCRIPTION_BYTES))?;
    let mut soonest: Option<(u64, [u8; 8])> = None;
    for index in 0..count {
        let at = place(subscriptions, index, SUBSCRIPTION_BYTES)?;
        let subscription: [u8; SUBSCRIPTION_BYTES as usize] = array(call.memory, at)?;
        let Some((wait_ns, name)) = clock_of(&subscription, now_ns(call)) else { continue };
        if soonest.is_none_or(|(known, _)| wait_ns < known) {
            soonest = Some((wait_ns, name));
        }
    }
    // Nothing would ever wake who waits for a file.
    let Some((wait_ns, name)) = soonest else { return Ok(BAD_FILE) };
    call.wasi.slept_ns = call.wasi.slept_ns.saturating_add(wait_ns);
    let mut event = [0; EVENT_BYTES as usize];
    let (head, _) = event.split_at_mut(name.len());
    head.copy_from_slice(&name);
    write(call.memory, events, &event)?;
    write(call.memory, into, &1u32.to_le_bytes())?;
    Ok(SUCCESS)
}

/// How long a subscription of a clock waits, and the name that the program gave it.
fn clock_of(subscription: &[u8; 48], now_ns: u64) -> Option<(u64, [u8; 8])> {
    const CLOCK: u8 = 0;
    let [n0, n1, n2, n3, n4, n5, n6, n7, tag, rest @ ..] = subscription;
    if *tag != CLOCK {
        return None;
    }
    let timeout = u64::from_le_bytes(*rest.get(15..)?.first_chunk()?);
    let is_absolute = rest.get(31)? & 1 == 1;
    let wait_ns = if is_absolute { timeout.saturating_sub(now_ns) } else { timeout };
    Some((wait_ns, [*n0, *n1, *n2, *n3, *n4, *n5, *n6, *n7]))
}

/// Defines functions on files, of which there are none.
macro_rules! without_files {
    ($($name:ident: $arguments:ty;)*) => {
        $(pub(crate) fn $name(call: &mut Call<'_>, _: $arguments) -> Result<i32, End> {
            call.charge_environment()?;
            Ok(BAD_FILE)
        })*
    };
}

without_files! {
    fd_close: (u32,);
    fd_read: (u32, u32, u32, u32);
    fd_fdstat_get: (u32, u32);
    fd_fdstat_set_flags: (u32, u32);
    fd_prestat_get: (u32, u32);
    fd_prestat_dir_name: (u32, u32, u32);
}

fn now_ns(call: &Call<'_>) -> u64 {
    let block_s = call.frame.environment.block.timestamp_s;
    block_s.saturating_mul(NANOSECONDS_PER_SECOND).saturating_add(call.wasi.slept_ns)
}

/// The range of memory that the list names at `index`.
fn range_at(call: &Call<'_>, list: u32, index: u32) -> Result<(u32, u32), End> {
    let from = array(call.memory, place(list, index, 8)?)?;
    let bytes = array(call.memory, place(list, index, 8)?.saturating_add(4))?;
    Ok((u32::from_le_bytes(from), u32::from_le_bytes(bytes)))
}

fn place(list: u32, index: u32, item_bytes: u32) -> Result<u32, End> {
    let place = index.checked_mul(item_bytes).and_then(|offset| list.checked_add(offset));
    place.ok_or_else(|| bad_argument(format!("item {index} of a list at {list}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_whole_and_the_first_error_is_the_reason() {
        let mut state = WasiState::default();
        assert!(state.print(2, b"panic: ").is_empty());
        assert_eq!(state.print(2, b"no\n\ngoroutine"), [b"panic: no".to_vec(), Vec::new()]);
        assert_eq!(state.reason, b"panic: no");
        assert_eq!(state.print(1, &[b'x'; LINE_BYTES_MAX]).len(), 1);
        assert!(state.line.len() < LINE_BYTES_MAX);
    }

    #[test]
    fn a_wait_is_until_or_for_a_time() {
        let mut subscription = [0; 48];
        subscription[..8].copy_from_slice(&7u64.to_le_bytes());
        subscription[24..32].copy_from_slice(&50u64.to_le_bytes());
        assert_eq!(clock_of(&subscription, 30), Some((50, 7u64.to_le_bytes())));
        subscription[40] = 1;
        assert_eq!(clock_of(&subscription, 30), Some((20, 7u64.to_le_bytes())));
        assert_eq!(clock_of(&subscription, 60).map(|(wait, _)| wait), Some(0));
        subscription[8] = 1;
        assert_eq!(clock_of(&subscription, 0), None);
    }
}
