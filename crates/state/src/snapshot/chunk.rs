//! The file of a chunk: its head, and its records as a stream.

use std::{
    fs::File,
    io::{self, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use primitives::{B256, Bytes, Hash};
use proof::{Leaf, Node, Prefix, SUBTREE_PROOF_BYTES_MAX, SubtreeProof};

use super::{
    ChunkEntry, Manifest, SNAPSHOT_KEY_BYTES_MAX, SNAPSHOT_VALUE_BYTES_MAX, SNAPSHOT_VERSION, bad,
    files::{BUFFER_BYTES, unreadable},
    fold::Fold,
};
use crate::{Key, ScanEntry, StateError};

const MAGIC: &[u8; 8] = b"BRAIDCHK";
const HEAD_BYTES: usize = 8 + 1 + 1 + 4 + 8 + 8 + 4;
const LENGTH_BYTES: usize = 4;

/// zstd's own default: fast, and near the best that records of hashes allow.
pub(super) const COMPRESSION_LEVEL: i32 = 3;

/// Two to this power bytes is all that a frame may look back, whatever it asks for.
const WINDOW_LOG_MAX: u32 = 24;

/// The name of the file of a chunk.
pub(super) fn file_name(index: u32) -> String {
    format!("{index:05}.chunk")
}

/// The prefix of the paths in a chunk.
pub(super) fn prefix_of(depth: u8, index: u32) -> Prefix {
    let mut bits = B256::ZERO;
    let shifted = (u64::from(index) << 32) >> depth;
    assert!(shifted >> 32 == 0, "a chunk has a prefix of its depth");
    bits[..4].copy_from_slice(&shifted.to_be_bytes()[4..]);
    Prefix::new(&bits, usize::from(depth)).expect("invariant: a depth is at most that of a path")
}

/// What stands before the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChunkHead {
    pub(super) depth: u8,
    pub(super) index: u32,
    pub(super) records: u64,
    pub(super) bytes: u64,
    pub(super) proof: SubtreeProof,
}

impl ChunkHead {
    pub(super) fn encode(&self) -> Vec<u8> {
        let proof = self.proof.encode();
        let length = u32::try_from(proof.len()).expect("invariant: a proof keeps its limit");
        let version = u8::try_from(SNAPSHOT_VERSION).expect("invariant: it fits a byte");
        let mut out = Vec::with_capacity(HEAD_BYTES + proof.len());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&[version, self.depth]);
        out.extend_from_slice(&self.index.to_be_bytes());
        out.extend_from_slice(&self.records.to_be_bytes());
        out.extend_from_slice(&self.bytes.to_be_bytes());
        out.extend_from_slice(&length.to_be_bytes());
        assert_eq!(out.len(), HEAD_BYTES, "the head is as long as its fields");
        out.extend_from_slice(&proof);
        out
    }

    /// Reads the head, which is to be that of chunk `index` of the manifest.
    fn read(input: &mut impl Read, manifest: &Manifest, index: u32) -> Result<Self, String> {
        let mut head = [0; HEAD_BYTES];
        input.read_exact(&mut head).map_err(|error| cut_short(&error))?;
        let mut rest = &head[..];
        let magic: [u8; 8] = field(&mut rest)?;
        if magic != *MAGIC {
            return Err("it is no chunk of a snapshot".to_owned());
        }
        let [version, depth] = field(&mut rest)?;
        if u32::from(version) != SNAPSHOT_VERSION {
            return Err(format!(
                "the chunk has format {version}, this program reads format {SNAPSHOT_VERSION}"
            ));
        }
        let found = u32::from_be_bytes(field(&mut rest)?);
        let records = u64::from_be_bytes(field(&mut rest)?);
        let bytes = u64::from_be_bytes(field(&mut rest)?);
        let length = u32::from_be_bytes(field(&mut rest)?) as usize;
        if (depth, found) != (manifest.depth, index) {
            return Err(format!(
                "it is chunk {found} of depth {depth}, not chunk {index} of depth {}",
                manifest.depth
            ));
        }
        if length > SUBTREE_PROOF_BYTES_MAX {
            return Err(format!("a proof of {length} bytes is over {SUBTREE_PROOF_BYTES_MAX}"));
        }
        let mut proof = vec![0; length];
        input.read_exact(&mut proof).map_err(|error| cut_short(&error))?;
        let proof = SubtreeProof::decode(&proof).map_err(|error| error.to_string())?;
        Ok(Self { depth, index, records, bytes, proof })
    }

    /// Whether the manifest says the same.
    fn check(&self, entry: &ChunkEntry) -> Result<(), String> {
        if (self.records, self.bytes) == (entry.records, entry.bytes) {
            return Ok(());
        }
        Err(format!(
            "it says {} records of {} bytes, the manifest {} of {}",
            self.records, self.bytes, entry.records, entry.bytes
        ))
    }
}

fn field<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], String> {
    let (field, rest) = bytes.split_first_chunk().ok_or("the head is cut short")?;
    *bytes = rest;
    Ok(*field)
}

/// The bytes of a record, as buckets and chunks have them.
pub(super) fn write_record(out: &mut impl Write, key: &[u8], value: &[u8]) -> io::Result<u64> {
    let length = |bytes: &[u8]| {
        u32::try_from(bytes.len()).map_err(|_| io::Error::other("a record is over 4 GiB"))
    };
    out.write_all(&length(key)?.to_be_bytes())?;
    out.write_all(key)?;
    out.write_all(&length(value)?.to_be_bytes())?;
    out.write_all(value)?;
    Ok((2 * LENGTH_BYTES + key.len() + value.len()) as u64)
}

/// Reads a record, or nothing at the end.
pub(super) fn read_record(input: &mut impl Read) -> Result<Option<(Key, Bytes)>, String> {
    let mut length = [0; LENGTH_BYTES];
    let mut first = [0];
    if input.read(&mut first).map_err(|error| cut_short(&error))? == 0 {
        return Ok(None);
    }
    length[0] = first[0];
    input.read_exact(&mut length[1..]).map_err(|error| cut_short(&error))?;
    let key = read_bytes(input, length, "key", SNAPSHOT_KEY_BYTES_MAX)?;
    input.read_exact(&mut length).map_err(|error| cut_short(&error))?;
    let value = read_bytes(input, length, "value", SNAPSHOT_VALUE_BYTES_MAX)?;
    let key = Key::from_bytes(&key).ok_or("a key of a record is none of the store")?;
    Ok(Some((key, value.into())))
}

fn read_bytes(
    input: &mut impl Read,
    length: [u8; LENGTH_BYTES],
    what: &str,
    limit: usize,
) -> Result<Vec<u8>, String> {
    let length = u32::from_be_bytes(length) as usize;
    if length > limit {
        return Err(format!("a {what} of {length} bytes is over the limit of {limit}"));
    }
    let mut bytes = Vec::new();
    // Memory grows with what is there, not with what is claimed.
    let read = input.take(length as u64).read_to_end(&mut bytes);
    read.map_err(|error| cut_short(&error))?;
    if bytes.len() < length {
        return Err("its records are cut short".to_owned());
    }
    Ok(bytes)
}

fn cut_short(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it is cut short".to_owned(),
        _ => format!("it does not read: {error}"),
    }
}

/// Reads that stop at a limit and are hashed.
struct Hashed<R> {
    input: R,
    left: u64,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let allowed = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let (buffer, _) = buffer.split_at_mut(allowed);
        let count = self.input.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        self.left -= count as u64;
        Ok(count)
    }
}

type Decoder = zstd::Decoder<'static, BufReader<Hashed<File>>>;

/// The records of the file of a chunk, in the order of their paths.
///
/// After the last record the whole chunk has been checked: sizes, hash, order, prefix, and its
/// proof against the root of the manifest. The last item is an error where any of it does not
/// hold; what came before is then worth nothing.
pub(super) struct ChunkReader {
    path: PathBuf,
    input: Decoder,
    head: ChunkHead,
    entry: ChunkEntry,
    root: Hash,
    prefix: Prefix,
    fold: Fold,
    records: u64,
    bytes: u64,
    done: bool,
}

impl ChunkReader {
    /// Opens chunk `index` of the snapshot in `directory`.
    pub(super) fn open(
        directory: &Path,
        manifest: &Manifest,
        index: u32,
    ) -> Result<Self, StateError> {
        let path = directory.join(file_name(index));
        let entry = manifest.chunks.get(index as usize).cloned();
        let entry = entry.ok_or_else(|| bad(&path, "the manifest has no such chunk"))?;
        let file = File::open(&path).map_err(|error| unreadable(&path, &error))?;
        let length = file.metadata().map_err(|error| unreadable(&path, &error))?.len();
        if length != entry.file_bytes {
            let reason = format!("it has {length} bytes, the manifest says {}", entry.file_bytes);
            return Err(bad(&path, reason));
        }
        let hashed = Hashed { input: file, left: length, hasher: blake3::Hasher::new() };
        let mut input = BufReader::with_capacity(BUFFER_BYTES, hashed);
        let head = ChunkHead::read(&mut input, manifest, index)
            .and_then(|head| head.check(&entry).map(|()| head))
            .map_err(|reason| bad(&path, reason))?;
        let decoder = || -> io::Result<Decoder> {
            let mut decoder = zstd::Decoder::with_buffer(input)?.single_frame();
            decoder.window_log_max(WINDOW_LOG_MAX)?;
            Ok(decoder)
        };
        let input = decoder().map_err(|error| unreadable(&path, &error))?;
        Ok(Self {
            path,
            input,
            head,
            entry,
            root: manifest.root,
            prefix: prefix_of(manifest.depth, index),
            fold: Fold::default(),
            records: 0,
            bytes: 0,
            done: false,
        })
    }

    fn step(&mut self) -> Result<Option<ScanEntry>, String> {
        let left = self.entry.bytes - self.bytes;
        let Some((key, value)) = read_record(&mut (&mut self.input).take(left))? else {
            self.check_end()?;
            return Ok(None);
        };
        self.bytes += (2 * LENGTH_BYTES + key.as_bytes().len() + value.len()) as u64;
        self.records += 1;
        let leaf = Leaf::of(key.as_bytes(), &value);
        if !self.prefix.contains(&leaf.path) {
            return Err(format!("{key} does not belong to the chunk of prefix {}", self.prefix));
        }
        if !self.fold.push(leaf) {
            return Err(format!("{key} comes twice or is not in the order of paths"));
        }
        Ok(Some((key, value)))
    }

    fn check_end(&mut self) -> Result<(), String> {
        let mut rest = [0];
        if self.input.read(&mut rest).map_err(|error| cut_short(&error))? != 0 {
            return Err(format!("it has over {} bytes of records", self.entry.bytes));
        }
        if (self.records, self.bytes) != (self.entry.records, self.entry.bytes) {
            return Err(format!(
                "it has {} records of {} bytes, the manifest says {} of {}",
                self.records, self.bytes, self.entry.records, self.entry.bytes
            ));
        }
        let file = self.input.get_mut();
        let behind = io::copy(file, &mut io::sink()).map_err(|error| cut_short(&error))?;
        if behind > 0 {
            return Err(format!("{behind} bytes stand behind its records"));
        }
        let hash = Hash::new(*file.get_ref().hasher.finalize().as_bytes());
        if hash != self.entry.hash {
            return Err(format!("its hash is {hash}, the manifest says {}", self.entry.hash));
        }
        let node = std::mem::take(&mut self.fold).finish(self.prefix.depth());
        self.prove(node)
    }

    fn prove(&self, node: Node) -> Result<(), String> {
        let verified = self.head.proof.verify_node(&self.root, &self.prefix, node);
        verified.map_err(|error| format!("its records are not those of the state: {error}"))
    }
}

impl Iterator for ChunkReader {
    type Item = Result<ScanEntry, StateError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let step = self.step().map_err(|reason| bad(&self.path, reason)).transpose();
        self.done = !matches!(step, Some(Ok(_)));
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_count_up_from_left_to_right() {
        assert_eq!(prefix_of(0, 0), Prefix::ROOT);
        let shown = |depth, index| prefix_of(depth, index).to_string();
        assert_eq!([shown(1, 0), shown(1, 1)], ["1/0x00", "1/0x80"]);
        assert_eq!([shown(3, 5), shown(8, 255)], ["3/0xa0", "8/0xff"]);
        assert_eq!([shown(16, 0x1234), shown(16, 0xffff)], ["16/0x1234", "16/0xffff"]);
    }

    #[test]
    fn records_come_back_and_lengths_are_limited() {
        let key = Key::kv(&primitives::Address::ZERO, b"k");
        let mut bytes = Vec::new();
        let written = write_record(&mut bytes, key.as_bytes(), b"value").expect("memory");
        assert_eq!(written, bytes.len() as u64);
        let read = |bytes: &[u8]| read_record(&mut &bytes[..]);
        assert_eq!(read(&bytes), Ok(Some((key, Bytes::from_static(b"value")))));
        assert_eq!(read(&[]), Ok(None));
        for end in 1..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "cut at {end}");
        }
        let error = read(&[0xff; 100]).expect_err("a huge key");
        assert!(error.contains("over the limit of 65535"), "{error}");
    }
}
