//! A state as text, one JSON object a line, and back.
//!
//! ```text
//! {"braid_dump":1,"block":7,"hash":"0x…","root":"0x…","block_hashes":[[6,"0x…"],…]}
//! {"key":"0x…","namespace":"kv","space":"0x…","suffix":"0x…","value":"0x…"}
//! {"records":1,"digest":"0x…"}
//! ```
//!
//! Records are in the order of their keys, so that equal states have equal dumps. `namespace`,
//! `space` and `suffix` repeat the key for human readers and have to agree with it. `digest` is
//! BLAKE3 over all bytes before its line. Neither direction holds more than a page of values, but
//! both keep 64 bytes for each record to check the root.
//!
//! A dump is one state: history, block records and the index are not part of it.

use std::io::{self, BufRead, Read, Write};

use primitives::{Address, BlockNumber, Bytes, Hash};
use serde::{Deserialize, Serialize};

use crate::{
    ImportedBlock, Key, Records, ScanEntry, StateError, StateView, Store, Tip,
    commitment::{RootBuilder, root_of},
};

/// The version of the format that is written; higher ones are refused.
pub const DUMP_VERSION: u32 = 1;

/// Hashes of blocks that a dump carries, its own included: as far back as a contract may ask (the
/// EVM's BLOCKHASH).
pub const DUMP_BLOCK_HASHES_MAX: u64 = 256;

/// Bytes of a line: the largest value and key in hexadecimal, with room to spare.
pub const DUMP_LINE_BYTES_MAX: usize = 64 << 20;

/// Records between two reports of progress.
const PROGRESS_RECORDS: u64 = 1 << 14;

/// What a dump says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DumpHeader {
    /// The version of the format.
    pub braid_dump: u32,
    /// The block after which the state was taken.
    pub block: BlockNumber,
    /// The hash of that block.
    pub hash: Hash,
    /// The root of the state, see [`commitment`](crate::commitment).
    pub root: Hash,
    /// Hashes of earlier blocks, the latest first.
    pub block_hashes: Vec<(BlockNumber, Hash)>,
}

/// What was written or loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpSummary {
    /// The first line.
    pub header: DumpHeader,
    /// How many records there are.
    pub records: u64,
}

/// Writes the state of `view`, which is the one after block `tip`. `progress` hears now and then
/// how many records have been written.
///
/// # Errors
///
/// [`StateError::Store`] where `out` failed, and the errors of the view.
pub fn dump(
    view: &dyn StateView,
    tip: Tip,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<DumpSummary, StateError> {
    let header = DumpHeader {
        braid_dump: DUMP_VERSION,
        block: tip.block,
        hash: tip.hash,
        root: root_of(Records::all(view), &mut |_| ())?,
        block_hashes: recent_hashes(view, tip.block)?,
    };
    let mut lines = LineWriter { out, digest: blake3::Hasher::new() };
    lines.write(&header)?;
    let mut records: u64 = 0;
    for record in Records::all(view) {
        let (key, value) = record?;
        lines.write(&RecordLine::new(&key, value))?;
        records += 1;
        if records.is_multiple_of(PROGRESS_RECORDS) {
            progress(records);
        }
    }
    let digest = lines.digest();
    lines.write(&TrailerLine { records, digest })?;
    lines.out.flush().map_err(|error| cannot_write(&error))?;
    progress(records);
    Ok(DumpSummary { header, records })
}

/// Fills an empty store from a dump, whose block becomes the tip. `progress` hears now and then
/// how many records have been read.
///
/// # Errors
///
/// [`StateError::NotEmpty`] where the store holds blocks; [`StateError::Dump`] naming the line that
/// is wrong: it does not read, is out of order, or count, digest or root do not agree with the
/// records; and the errors of the store. The store is then empty when it is opened next.
pub fn load(
    store: &dyn Store,
    input: impl BufRead,
    progress: &mut dyn FnMut(u64),
) -> Result<DumpSummary, StateError> {
    if let Some(tip) = store.tip() {
        return Err(StateError::NotEmpty { tip: tip.block.0 });
    }
    let mut reader = DumpReader::new(input)?;
    let header = reader.header().clone();
    let block = ImportedBlock {
        tip: Tip { block: header.block, hash: header.hash },
        hashes: header.block_hashes.clone(),
        roots: Vec::new(),
        record: None,
    };
    let mut records: u64 = 0;
    store.import(
        block,
        &mut reader.by_ref().inspect(|record| {
            records += u64::from(record.is_ok());
            if records.is_multiple_of(PROGRESS_RECORDS) {
                progress(records);
            }
        }),
    )?;
    progress(records);
    Ok(DumpSummary { header, records })
}

/// The records of a dump, checked as they are read; the last item is an error where the dump as a
/// whole is not what it says it is.
#[derive(Debug)]
pub struct DumpReader<R> {
    lines: LineReader<R>,
    header: DumpHeader,
    last_key: Option<Key>,
    root: RootBuilder,
    done: bool,
}

impl<R: BufRead> DumpReader<R> {
    /// Reads the first line.
    ///
    /// # Errors
    ///
    /// [`StateError::Dump`] where it is not the first line of a dump, or of a newer one.
    pub fn new(input: R) -> Result<Self, StateError> {
        let mut lines =
            LineReader { input, line: 0, buffer: Vec::new(), digest: blake3::Hasher::new() };
        if !lines.advance()? {
            return Err(lines.bad("the dump is empty"));
        }
        let version = serde_json::from_slice::<VersionLine>(&lines.buffer)
            .map_err(|error| lines.bad(format!("it is no first line of a dump: {error}")))?
            .braid_dump;
        if version != DUMP_VERSION {
            return Err(lines.bad(format!(
                "the dump has format {version}, this program reads format {DUMP_VERSION}"
            )));
        }
        let header: DumpHeader = lines.parse()?;
        lines.accept();
        Ok(Self { lines, header, last_key: None, root: RootBuilder::new(), done: false })
    }

    /// The first line.
    #[must_use]
    pub const fn header(&self) -> &DumpHeader {
        &self.header
    }

    fn step(&mut self) -> Result<Option<ScanEntry>, StateError> {
        if !self.lines.advance()? {
            return Err(self.lines.bad("the dump ends without its last line"));
        }
        if self.lines.buffer.starts_with(b"{\"records\"") {
            self.check_end()?;
            return Ok(None);
        }
        let record: RecordLine = self.lines.parse()?;
        let key = record.checked_key().map_err(|reason| self.lines.bad(reason))?;
        if self.last_key.as_ref().is_some_and(|last| *last >= key) {
            return Err(self.lines.bad(format!("{key} is not above the key before it")));
        }
        self.lines.accept();
        self.root.add(&key, &record.value);
        self.last_key = Some(key.clone());
        Ok(Some((key, record.value)))
    }

    fn check_end(&mut self) -> Result<(), StateError> {
        let trailer: TrailerLine = self.lines.parse()?;
        let records = self.root.len() as u64;
        if trailer.records != records {
            let claimed = trailer.records;
            return Err(self.lines.bad(format!("{claimed} records claimed, {records} read")));
        }
        if trailer.digest != digest_of(&self.lines.digest) {
            return Err(self.lines.bad("the digest does not agree with the lines before"));
        }
        let root = std::mem::take(&mut self.root).root()?;
        if root != self.header.root {
            let claimed = self.header.root;
            return Err(self.lines.bad(format!("root {claimed} claimed, the records have {root}")));
        }
        if self.lines.advance()? {
            return Err(self.lines.bad("there is a line after the last"));
        }
        Ok(())
    }
}

impl<R: BufRead> Iterator for DumpReader<R> {
    type Item = Result<ScanEntry, StateError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let step = self.step().transpose();
        self.done = !matches!(step, Some(Ok(_)));
        step
    }
}

#[derive(Deserialize)]
struct VersionLine {
    braid_dump: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordLine {
    key: Bytes,
    namespace: String,
    space: Address,
    suffix: Bytes,
    value: Bytes,
}

impl RecordLine {
    fn new(key: &Key, value: Bytes) -> Self {
        Self {
            key: Bytes::copy_from_slice(key.as_bytes()),
            namespace: key.namespace().name().to_owned(),
            space: key.space(),
            suffix: Bytes::copy_from_slice(key.suffix()),
            value,
        }
    }

    fn checked_key(&self) -> Result<Key, String> {
        let key = Key::from_bytes(&self.key).ok_or_else(|| format!("{} is no key", self.key))?;
        let agrees = self.namespace == key.namespace().name()
            && self.space == key.space()
            && self.suffix[..] == *key.suffix();
        if !agrees {
            return Err(format!("namespace, space or suffix do not agree with key {}", self.key));
        }
        Ok(key)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TrailerLine {
    records: u64,
    digest: Hash,
}

struct LineWriter<'a> {
    out: &'a mut dyn Write,
    digest: blake3::Hasher,
}

impl LineWriter<'_> {
    fn write(&mut self, line: &impl Serialize) -> Result<(), StateError> {
        let mut bytes =
            serde_json::to_vec(line).map_err(|error| StateError::Store(error.to_string()))?;
        bytes.push(b'\n');
        self.digest.update(&bytes);
        self.out.write_all(&bytes).map_err(|error| cannot_write(&error))
    }

    fn digest(&self) -> Hash {
        digest_of(&self.digest)
    }
}

#[derive(Debug)]
struct LineReader<R> {
    input: R,
    /// The number of the line in the buffer, from 1.
    line: u64,
    buffer: Vec<u8>,
    digest: blake3::Hasher,
}

impl<R: BufRead> LineReader<R> {
    /// Reads the next line, or tells that there is none.
    fn advance(&mut self) -> Result<bool, StateError> {
        self.line += 1;
        self.buffer.clear();
        let limit = DUMP_LINE_BYTES_MAX as u64 + 1;
        self.input
            .by_ref()
            .take(limit)
            .read_until(b'\n', &mut self.buffer)
            .map_err(|error| self.bad(format!("cannot read: {error}")))?;
        if self.buffer.len() > DUMP_LINE_BYTES_MAX {
            return Err(self.bad(format!("the line has over {DUMP_LINE_BYTES_MAX} bytes")));
        }
        Ok(!self.buffer.is_empty())
    }

    /// Counts the line in the buffer in the digest.
    fn accept(&mut self) {
        self.digest.update(&self.buffer);
    }

    fn parse<'de, T: Deserialize<'de>>(&'de self) -> Result<T, StateError> {
        serde_json::from_slice(&self.buffer).map_err(|error| self.bad(error))
    }

    fn bad(&self, reason: impl ToString) -> StateError {
        StateError::Dump { line: self.line, reason: reason.to_string() }
    }
}

fn digest_of(hasher: &blake3::Hasher) -> Hash {
    Hash::new(*hasher.finalize().as_bytes())
}

fn cannot_write(error: &io::Error) -> StateError {
    StateError::Store(format!("cannot write the dump: {error}"))
}

pub(crate) fn recent_hashes(
    view: &dyn StateView,
    block: BlockNumber,
) -> Result<Vec<(BlockNumber, Hash)>, StateError> {
    let first = block.0.saturating_sub(DUMP_BLOCK_HASHES_MAX - 1);
    let mut hashes = Vec::new();
    for number in (first..block.0).rev() {
        if let Some(hash) = view.block_hash(number)? {
            hashes.push((BlockNumber(number), hash));
        }
    }
    Ok(hashes)
}
