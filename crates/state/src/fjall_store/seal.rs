//! The last acknowledged block, kept outside the database.
//!
//! A damaged journal ends, for the database, where the damage begins: it opens with an earlier
//! block as if later ones had never been. The seal tells that from a crash. It is written after the
//! database has made a block durable and is not synced itself, so after a power cut it may be
//! behind the database but is never ahead of it, unless blocks were lost. A rewind takes it back,
//! and syncs it, before the database follows.

use std::{
    cmp,
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::Path,
};

use super::{
    layout::{decode_tip, encode_tip},
    open::{refused, unreadable},
};
use crate::{StateError, Tip};

/// Two slots, written in turn, so that a torn write leaves the other.
const SLOTS: u64 = 2;

/// Bytes from one slot to the next: a sector, which disks write whole.
const SLOT_BYTES: usize = 512;
const TIP_BYTES: usize = 40;
const CHECK_BYTES: usize = 8;
const USED_BYTES: usize = TIP_BYTES + CHECK_BYTES;

/// The open file.
#[derive(Debug)]
pub(super) struct Seal {
    file: File,
    /// The last block that the file names.
    last: Option<Tip>,
}

impl Seal {
    /// Writes an empty seal.
    pub(super) fn create(path: &Path) -> Result<(), StateError> {
        let made = || -> io::Result<()> {
            let file = File::create_new(path)?;
            file.set_len(SLOTS * SLOT_BYTES as u64)?;
            file.sync_all()
        };
        made().map_err(|error| refused(path, &error))
    }

    /// Reads the seal.
    pub(super) fn open(path: &Path) -> Result<Self, StateError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|error| unreadable(path, &error))?;
        let mut last: Option<Tip> = None;
        let mut damaged = 0;
        for slot in 0..SLOTS {
            let mut bytes = [0; USED_BYTES];
            file.read_exact_at(&mut bytes, slot * SLOT_BYTES as u64)
                .map_err(|error| unreadable(path, &error))?;
            match read_slot(&bytes) {
                Ok(tip) => last = cmp::max_by_key(last, tip, |tip| tip.map(|tip| tip.block)),
                Err(()) => damaged += 1,
            }
        }
        if damaged == SLOTS {
            let reason = "neither of its entries reads".to_owned();
            return Err(StateError::Damaged { path: path.to_owned(), reason });
        }
        Ok(Self { file, last })
    }

    /// The last block that was acknowledged, as far as the file knows.
    pub(super) const fn last(&self) -> Option<Tip> {
        self.last
    }

    /// Records that `tip` was acknowledged, which is above all blocks before.
    pub(super) fn write(&mut self, tip: Tip) -> io::Result<()> {
        assert!(self.last.is_none_or(|last| last.block < tip.block), "blocks only grow");
        self.write_slot(tip.block.0 % SLOTS, tip)
    }

    /// Takes the seal back to `tip`, durably: nothing is known of later blocks any more.
    pub(super) fn rewind(&mut self, tip: Tip) -> io::Result<()> {
        for slot in 0..SLOTS {
            // One after the other, so that there is always a slot that is not being written.
            self.write_slot(slot, tip)?;
            self.file.sync_all()?;
        }
        Ok(())
    }

    fn write_slot(&mut self, slot: u64, tip: Tip) -> io::Result<()> {
        assert!(slot < SLOTS, "the file has a place for the slot");
        let encoded = encode_tip(tip);
        let mut bytes = [0; USED_BYTES];
        bytes[..TIP_BYTES].copy_from_slice(&encoded);
        bytes[TIP_BYTES..].copy_from_slice(&check(&encoded));
        self.file.write_all_at(&bytes, slot * SLOT_BYTES as u64)?;
        self.last = Some(tip);
        Ok(())
    }
}

fn read_slot(bytes: &[u8; USED_BYTES]) -> Result<Option<Tip>, ()> {
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let (encoded, expected) = bytes.split_at(TIP_BYTES);
    if check(encoded) != expected {
        return Err(());
    }
    decode_tip(encoded).map(Some).ok_or(())
}

fn check(encoded: &[u8]) -> [u8; CHECK_BYTES] {
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&blake3::hash(encoded).as_bytes()[..CHECK_BYTES]);
    check
}
