//! The torn end of a journal, cut off before the library reads it.
//!
//! The library ends a journal at the first bytes that are no entry. Bytes that are entries and
//! make a batch with another checksum it takes for damage, and the database does not open. A power
//! cut leaves such a batch where the disk wrote some sectors of it and not others. No batch after
//! it was acknowledged, since each sync covers all that is before; where one was, the seal tells.
//!
//! ```text
//! batch    = 1 ‖ items (u32) ‖ sequence number (u64) ‖ item … ‖ 3 ‖ checksum (u64) ‖ "FJL" 3
//! item     = 2 ‖ kind (u8) ‖ compression (u8) ‖ keyspace (u64)
//!              ‖ bytes of key (u16) ‖ bytes of value (u32) ‖ bytes stored (u32) ‖ key ‖ stored
//!          | 4 ‖ keyspace (u64)
//! checksum = XXH3-64 of the items
//! ```
//!
//! Numbers are little-endian. This is fjall 3.1.13, to which the workspace is pinned.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, ErrorKind, Read},
    os::unix::fs::FileExt,
    path::Path,
};

use xxhash_rust::xxh3::Xxh3;

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;
const TRAILER: [u8; 4] = *b"FJL\x03";

/// Bytes that are written again at a time.
const PART_BYTES: usize = 1 << 20;

/// Cuts a journal after its last batch that is whole and has no broken one before it.
pub(super) fn cut_torn_end(journal: &Path) -> io::Result<()> {
    let file = File::open(journal)?;
    let length = file.metadata()?.len();
    let whole = whole_bytes(BufReader::new(file))?;
    assert!(whole <= length, "what was read is in the file");
    if whole == length {
        return Ok(());
    }
    let file = OpenOptions::new().write(true).open(journal)?;
    file.set_len(whole)?;
    file.sync_all()
}

/// Writes what a journal holds in its place once more, and syncs it.
///
/// After a sync that failed, the system shows bytes that the disk does not have and that it would
/// never write. Tables that are made of them could reach the disk in part, without a journal that
/// completes them. Bytes that the disk has are replaced by the same ones, so that a power cut
/// meanwhile takes nothing away.
pub(super) fn write_again(journal: &Path) -> io::Result<()> {
    let file = OpenOptions::new().read(true).write(true).open(journal)?;
    let length = file.metadata()?.len();
    let mut part = vec![0; PART_BYTES];
    let mut place = 0;
    while place < length {
        let rest = usize::try_from(length - place).unwrap_or(PART_BYTES);
        let part = &mut part[..rest.min(PART_BYTES)];
        file.read_exact_at(part, place)?;
        file.write_all_at(part, place)?;
        place += part.len() as u64;
    }
    assert!(place == length, "all of the journal is written");
    if length > 0 { file.sync_all() } else { Ok(()) }
}

/// How many bytes at the start are whole batches.
fn whole_bytes(journal: impl BufRead) -> io::Result<u64> {
    let mut reader = Reader { journal, position: 0, hash: Xxh3::new() };
    let mut whole = 0;
    loop {
        match reader.read_batch() {
            Ok(true) => whole = reader.position,
            Ok(false) => return Ok(whole),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(whole),
            Err(error) => return Err(error),
        }
    }
}

struct Reader<R> {
    journal: R,
    position: u64,
    /// Of all that was read since it was last new.
    hash: Xxh3,
}

impl<R: BufRead> Reader<R> {
    /// Whether what comes next is a whole batch.
    fn read_batch(&mut self) -> io::Result<bool> {
        if self.read()? != [START] {
            return Ok(false);
        }
        let items = u32::from_le_bytes(self.read()?);
        let _sequence_number: [u8; 8] = self.read()?;
        self.hash.reset();
        for _ in 0..items {
            if !self.read_item()? {
                return Ok(false);
            }
        }
        let checksum = self.hash.digest();
        Ok(self.read()? == [END]
            && u64::from_le_bytes(self.read()?) == checksum
            && self.read()? == TRAILER)
    }

    fn read_item(&mut self) -> io::Result<bool> {
        match self.read()? {
            [ITEM] => {
                let _kind_compression_keyspace: [u8; 10] = self.read()?;
                let key_bytes = u16::from_le_bytes(self.read()?);
                let _value_bytes: [u8; 4] = self.read()?;
                let stored_bytes = u32::from_le_bytes(self.read()?);
                self.skip(u64::from(key_bytes) + u64::from(stored_bytes))?;
                Ok(true)
            }
            [CLEAR] => {
                let _keyspace: [u8; 8] = self.read()?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn read<const BYTES: usize>(&mut self) -> io::Result<[u8; BYTES]> {
        let mut bytes = [0; BYTES];
        self.journal.read_exact(&mut bytes)?;
        self.hash.update(&bytes);
        self.position += BYTES as u64;
        Ok(bytes)
    }

    /// Reads so many bytes without keeping them, since a broken length may be any number.
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let mut rest = bytes;
        while rest > 0 {
            let mut held = self.journal.by_ref().take(rest);
            let part = held.fill_buf()?;
            if part.is_empty() {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            self.hash.update(part);
            let count = part.len();
            held.consume(count);
            rest -= count as u64;
            self.position += count as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A journal as the library writes it, and where its batches end.
    fn journal(batches: &[Vec<(Vec<u8>, Vec<u8>)>]) -> (Vec<u8>, Vec<usize>) {
        let folder = tempfile::tempdir().expect("a folder");
        let db = fjall::Database::builder(folder.path()).open().expect("opens");
        let keyspace =
            db.keyspace("first", fjall::KeyspaceCreateOptions::default).expect("is made");
        let path = folder.path().join("0.jnl");
        let mut ends = vec![0];
        for items in batches {
            let mut batch = db.batch().durability(Some(fjall::PersistMode::SyncAll));
            for (key, value) in items {
                batch.insert(&keyspace, &key[..], &value[..]);
            }
            batch.commit().expect("commits");
            let bytes = std::fs::read(&path).expect("reads");
            ends.push(bytes.iter().rposition(|byte| *byte != 0).expect("not empty") + 1);
        }
        let mut bytes = std::fs::read(&path).expect("reads");
        bytes.truncate(ends.last().copied().unwrap_or(0));
        (bytes, ends)
    }

    fn batches() -> impl Strategy<Value = Vec<Vec<(Vec<u8>, Vec<u8>)>>> {
        let key = proptest::collection::vec(any::<u8>(), 1..20);
        let value = prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..50),
            (0usize..9000).prop_map(|length| vec![7; length]),
        ];
        let items = proptest::collection::vec((key, value), 1..5);
        proptest::collection::vec(items, 1..5)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn what_the_library_wrote_is_whole_up_to_the_damage(
            batches in batches(), at: prop::sample::Index, flip in 1u8..,
        ) {
            let (mut bytes, ends) = journal(&batches);
            prop_assert_eq!(whole_bytes(&bytes[..]).expect("reads"), bytes.len() as u64);
            let padded = [&bytes[..], &[0; 99]].concat();
            prop_assert_eq!(whole_bytes(&padded[..]).expect("reads"), bytes.len() as u64);
            let at = at.index(bytes.len());
            let end = ends.iter().rfind(|end| **end <= at).copied().expect("zero is one");
            prop_assert_eq!(whole_bytes(&bytes[..at]).expect("reads"), end as u64);
            bytes[at] ^= flip;
            let whole = whole_bytes(&bytes[..]).expect("reads");
            // The sequence number is not under the checksum.
            let is_number = (end + 5..end + 13).contains(&at);
            prop_assert!(whole == end as u64 || is_number, "{} {} {}", whole, end, at);
        }

        #[test]
        fn other_bytes_are_no_panic(bytes: Vec<u8>) {
            let whole = whole_bytes(&bytes[..]).expect("reads");
            prop_assert!(whole <= bytes.len() as u64);
        }
    }
}
