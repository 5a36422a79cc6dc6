//! Writing a snapshot: records are divided by the first bits of their paths, each part is sorted,
//! and when the roots of all parts are known each gets its proof.
//!
//! Every step leaves a file that appears whole, so an export that was killed goes on with the step
//! it was at. The view is only read for the first one.

use std::{
    fs::{self, File, TryLockError},
    io::{self, BufReader, BufWriter, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use primitives::{B256, Hash};
use proof::{Leaf, Node, SubtreeProof, join, path_of};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    ChunkEntry, ExportConfig, MANIFEST, Manifest, Progress, SNAPSHOT_DEPTH_MAX, SNAPSHOT_VERSION,
    SnapshotHead, Stage, bad,
    chunk::{COMPRESSION_LEVEL, ChunkHead, file_name, read_record, write_record},
    files::{
        BUFFER_BYTES, create_whole, read_limited, remove, sync_directory, unreadable, unwritable,
    },
    fold::Fold,
};
use crate::{Records, StateError, StateView};

const WORK: &str = "work";

/// Files that records are divided into at once: by one byte of their paths.
const BUCKETS: u32 = 1 << BUCKET_BITS;
const BUCKET_BITS: u8 = 8;

/// Records between two reports of progress.
const PROGRESS_RECORDS: u64 = 1 << 14;

/// Bytes of a file that remembers how far an export is.
const NOTE_BYTES_MAX: u64 = 1 << 20;

/// Writes the state of `view`, which is the one that `head` names, into a directory that is empty,
/// or that holds what an earlier export of the same state has left. The chain may go on meanwhile.
///
/// # Errors
///
/// [`StateError::Snapshot`] where the directory holds something else, [`StateError::Store`] where
/// it cannot be written, and the errors of the view.
pub fn export(
    view: &dyn StateView,
    head: &SnapshotHead,
    config: &ExportConfig,
    directory: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Manifest, StateError> {
    fs::create_dir_all(directory).map_err(|error| unwritable(directory, &error))?;
    let work = directory.join(WORK);
    if directory.join(MANIFEST).exists() {
        let manifest = Manifest::read(directory)?;
        check_head(&directory.join(MANIFEST), &manifest.head, head)?;
        return clear(&work).map(|()| manifest);
    }
    let _lock = begin(directory, &work, head)?;
    let divided = match read_note::<Divided>(&work.join("divided.json"))? {
        Some(divided) => divided,
        None => divide_view(view, config, &work, progress)?,
    };
    let sorter = Sorter { work: &work, divided: &divided };
    let sorted = sorter.run(progress)?;
    if sorted.iter().map(|it| it.records).sum::<u64>() != divided.records {
        return Err(bad(&work, "records are missing in it; delete the folder of the export"));
    }
    let manifest = seal(directory, head, &divided, &sorted, progress)?;
    manifest.write(directory)?;
    clear(&work)?;
    Ok(manifest)
}

/// What dividing the records found.
#[derive(Serialize, Deserialize)]
struct Divided {
    records: u64,
    depth: u8,
}

impl Divided {
    fn chunks(&self) -> u32 {
        1 << self.depth
    }
}

/// What is known of a chunk that waits for its proof.
#[derive(Serialize, Deserialize)]
struct Sorted {
    records: u64,
    bytes: u64,
    root: SubtreeRoot,
}

/// The root of the subtree of a chunk, as files have it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SubtreeRoot {
    Empty,
    Leaf { path: B256, value_hash: Hash },
    Inner(Hash),
}

impl SubtreeRoot {
    const fn of(node: &Node) -> Self {
        match node {
            Node::Empty => Self::Empty,
            Node::Leaf(Leaf { path, value_hash }) => {
                Self::Leaf { path: *path, value_hash: *value_hash }
            }
            Node::Inner(hash) => Self::Inner(*hash),
        }
    }

    const fn node(&self) -> Node {
        match self {
            Self::Empty => Node::Empty,
            Self::Leaf { path, value_hash } => {
                Node::Leaf(Leaf { path: *path, value_hash: *value_hash })
            }
            Self::Inner(hash) => Node::Inner(*hash),
        }
    }
}

/// Refuses to go on with the snapshot of another state.
fn check_head(path: &Path, found: &SnapshotHead, head: &SnapshotHead) -> Result<(), StateError> {
    if found == head {
        return Ok(());
    }
    let reason = format!(
        "it is of block {} of chain {}, not of block {} of chain {}",
        found.block, found.chain_id, head.block, head.chain_id
    );
    Err(bad(path, reason))
}

/// Takes the directory for this export, and keeps others out of it while the file is held.
fn begin(directory: &Path, work: &Path, head: &SnapshotHead) -> Result<File, StateError> {
    let note = work.join("head.json");
    match read_note::<SnapshotHead>(&note)? {
        Some(found) => check_head(&note, &found, head)?,
        None => {
            let entries = fs::read_dir(directory).map_err(|error| unwritable(directory, &error))?;
            for entry in entries {
                let name = entry.map_err(|error| unwritable(directory, &error))?.file_name();
                if name != WORK {
                    let reason = format!("it is no snapshot, it holds {}", name.display());
                    return Err(bad(directory, reason));
                }
            }
            fs::create_dir_all(work).map_err(|error| unwritable(work, &error))?;
            write_note(&note, head)?;
            sync_directory(directory).map_err(|error| unwritable(directory, &error))?;
        }
    }
    let lock = File::open(&note).map_err(|error| unwritable(&note, &error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(bad(directory, "another export is writing it at this moment"))
        }
        Err(TryLockError::Error(error)) => Err(unwritable(&note, &error)),
    }
}

fn clear(work: &Path) -> Result<(), StateError> {
    match fs::remove_dir_all(work) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unwritable(work, &error)),
        _ => Ok(()),
    }
}

fn read_note<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StateError> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = read_limited(path, NOTE_BYTES_MAX)?;
    let read = serde_json::from_slice(&bytes);
    read.map(Some).map_err(|error| bad(path, format!("{error}; delete the folder of the export")))
}

fn write_note(path: &Path, note: &impl Serialize) -> Result<(), StateError> {
    create_whole(path, |out| {
        serde_json::to_writer(out, note).map_err(|error| unwritable(path, &error.into()))
    })
}

/// Divides all records of the view and chooses how long the prefixes of the chunks are.
fn divide_view(
    view: &dyn StateView,
    config: &ExportConfig,
    work: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Divided, StateError> {
    let mut buckets = Buckets::create(work, "bucket", 0)?;
    let (mut records, mut bytes) = (0, 0);
    let mut tell = |done| progress(Progress { stage: Stage::Dividing, done, total: 0 });
    for record in Records::all(view) {
        let (key, value) = record?;
        bytes += buckets.add(key.as_bytes(), &value)?;
        records += 1;
        if u64::is_multiple_of(records, PROGRESS_RECORDS) {
            tell(records);
        }
    }
    buckets.finish()?;
    tell(records);
    let is_small = |depth: &u8| bytes >> depth <= config.chunk_bytes_aim;
    let depth = (0..SNAPSHOT_DEPTH_MAX).find(is_small).unwrap_or(SNAPSHOT_DEPTH_MAX);
    let divided = Divided { records, depth };
    write_note(&work.join("divided.json"), &divided)?;
    Ok(divided)
}

/// A file that records are collected in, made with the first of them.
struct Bucket {
    path: PathBuf,
    out: Option<BufWriter<File>>,
}

impl Bucket {
    fn add(&mut self, key: &[u8], value: &[u8]) -> io::Result<u64> {
        let out = match &mut self.out {
            Some(out) => out,
            none => {
                let file = File::create(&self.path)?;
                none.insert(BufWriter::with_capacity(BUFFER_BYTES, file))
            }
        };
        write_record(out, key, value)
    }
}

/// Files of records, one for each value of one byte of their paths.
struct Buckets {
    files: Vec<Bucket>,
    /// Which byte.
    byte: usize,
}

impl Buckets {
    fn create(work: &Path, name: &str, byte: usize) -> Result<Self, StateError> {
        let create = |bucket| {
            let path = bucket_path(work, name, bucket);
            remove(&path)?;
            Ok(Bucket { path, out: None })
        };
        let files = (0..BUCKETS).map(create).collect::<Result<_, StateError>>()?;
        Ok(Self { files, byte })
    }

    /// Adds a record and tells its bytes.
    fn add(&mut self, key: &[u8], value: &[u8]) -> Result<u64, StateError> {
        let bucket = path_of(key)[self.byte];
        let file = &mut self.files[usize::from(bucket)];
        file.add(key, value).map_err(|error| unwritable(&file.path, &error))
    }

    fn finish(self) -> Result<(), StateError> {
        for Bucket { path, out } in self.files {
            let Some(out) = out else { continue };
            let synced = out.into_inner().map_err(io::Error::from).and_then(|it| it.sync_all());
            synced.map_err(|error| unwritable(&path, &error))?;
        }
        Ok(())
    }
}

fn bucket_path(work: &Path, name: &str, bucket: u32) -> PathBuf {
    work.join(format!("{name}-{bucket:02x}"))
}

fn body_path(work: &Path, index: u32) -> PathBuf {
    work.join(format!("body-{index:05}"))
}

fn sorted_path(work: &Path, index: u32) -> PathBuf {
    work.join(format!("sorted-{index:05}.json"))
}

/// Turns buckets into sorted chunks.
struct Sorter<'a> {
    work: &'a Path,
    divided: &'a Divided,
}

impl Sorter<'_> {
    fn run(&self, progress: &mut dyn FnMut(Progress)) -> Result<Vec<Sorted>, StateError> {
        let total = self.divided.chunks();
        let mut sorted = Vec::new();
        let mut tell = |done: usize| {
            let (done, total) = (done as u64, u64::from(total));
            progress(Progress { stage: Stage::Sorting, done, total });
        };
        tell(0);
        match self.divided.depth.checked_sub(BUCKET_BITS) {
            None | Some(0) => {
                let each = BUCKETS / total;
                for index in 0..total {
                    let buckets = index * each..(index + 1) * each;
                    sorted.push(self.chunk(index, "bucket", buckets)?);
                    tell(sorted.len());
                }
            }
            Some(bits) => {
                for bucket in 0..BUCKETS {
                    self.bucket(bucket, bits, &mut sorted)?;
                    tell(sorted.len());
                }
            }
        }
        Ok(sorted)
    }

    /// Turns one bucket into two to the power of `bits` chunks.
    fn bucket(&self, bucket: u32, bits: u8, sorted: &mut Vec<Sorted>) -> Result<(), StateError> {
        let chunks = bucket << bits..(bucket + 1) << bits;
        let path = bucket_path(self.work, "bucket", bucket);
        let is_sorted = |index| sorted_path(self.work, index).exists();
        if !chunks.clone().all(is_sorted) {
            let mut parts = Buckets::create(self.work, "part", 1)?;
            if let Some(mut source) = Source::open(path.clone())? {
                while let Some((_, key, value)) = source.next_record()? {
                    parts.add(key.as_bytes(), &value)?;
                }
            }
            parts.finish()?;
        }
        let each = BUCKETS >> bits;
        for (part, index) in (0..).zip(chunks) {
            sorted.push(self.chunk(index, "part", part * each..(part + 1) * each)?);
        }
        remove(&path)
    }

    /// Sorts the records of some files into the body of a chunk, and removes the files.
    fn chunk(
        &self,
        index: u32,
        name: &str,
        buckets: std::ops::Range<u32>,
    ) -> Result<Sorted, StateError> {
        let note = sorted_path(self.work, index);
        let sources = || buckets.clone().map(|bucket| bucket_path(self.work, name, bucket));
        let sorted = match read_note(&note)? {
            Some(sorted) => sorted,
            None => {
                let opened = sources().filter_map(|path| Source::open(path).transpose());
                let sources = opened.collect::<Result<Vec<_>, _>>()?;
                let sorted = self.write_body(index, sources)?;
                write_note(&note, &sorted)?;
                sorted
            }
        };
        sources().try_for_each(|path| remove(&path))?;
        Ok(sorted)
    }

    fn write_body(&self, index: u32, mut sources: Vec<Source>) -> Result<Sorted, StateError> {
        let mut places = Vec::new();
        for (number, source) in sources.iter_mut().enumerate() {
            while let Some((place, key, _)) = source.next_record()? {
                places.push((path_of(key.as_bytes()), number, place));
            }
        }
        places.sort_unstable();
        let path = body_path(self.work, index);
        let mut fold = Fold::default();
        let mut bytes = 0;
        create_whole(&path, |out| {
            let failed = |error: io::Error| unwritable(&path, &error);
            let mut encoder = zstd::Encoder::new(out, COMPRESSION_LEVEL).map_err(failed)?;
            for (_, number, place) in &places {
                let record = sources[*number].read_at(*place)?;
                bytes += record.len() as u64;
                let leaf = sources[*number].leaf(&record)?;
                assert!(fold.push(leaf), "a view has each key once");
                encoder.write_all(&record).map_err(failed)?;
            }
            encoder.finish().map(|_| ()).map_err(failed)
        })?;
        let root = SubtreeRoot::of(&fold.finish(usize::from(self.divided.depth)));
        Ok(Sorted { records: places.len() as u64, bytes, root })
    }
}

/// Where a record lies in a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    offset: u64,
    bytes: u64,
}

/// A file of records that an earlier step wrote.
struct Source {
    path: PathBuf,
    input: BufReader<File>,
    offset: u64,
}

impl Source {
    /// Opens the file, or tells that no record was put into it.
    fn open(path: PathBuf) -> Result<Option<Self>, StateError> {
        match File::open(&path) {
            Ok(file) => {
                let input = BufReader::with_capacity(BUFFER_BYTES, file);
                Ok(Some(Self { path, input, offset: 0 }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(&path, &error)),
        }
    }

    fn next_record(
        &mut self,
    ) -> Result<Option<(Place, crate::Key, primitives::Bytes)>, StateError> {
        let record = read_record(&mut self.input).map_err(|reason| bad(&self.path, reason))?;
        let Some((key, value)) = record else { return Ok(None) };
        let bytes = 8 + (key.as_bytes().len() + value.len()) as u64;
        let place = Place { offset: self.offset, bytes };
        self.offset += bytes;
        Ok(Some((place, key, value)))
    }

    fn read_at(&self, place: Place) -> Result<Vec<u8>, StateError> {
        let length = usize::try_from(place.bytes).expect("invariant: it was in memory before");
        let mut record = vec![0; length];
        let read = self.input.get_ref().read_exact_at(&mut record, place.offset);
        read.map_err(|error| unreadable(&self.path, &error))?;
        Ok(record)
    }

    fn leaf(&self, record: &[u8]) -> Result<Leaf, StateError> {
        let read = read_record(&mut &record[..]).map_err(|reason| bad(&self.path, reason))?;
        let (key, value) = read.ok_or_else(|| bad(&self.path, "a record is empty"))?;
        Ok(Leaf::of(key.as_bytes(), &value))
    }
}

/// Puts proofs before the bodies of all chunks and tells what the manifest is.
fn seal(
    directory: &Path,
    head: &SnapshotHead,
    divided: &Divided,
    sorted: &[Sorted],
    progress: &mut dyn FnMut(Progress),
) -> Result<Manifest, StateError> {
    let tree = Levels::over(sorted.iter().map(|it| it.root.node()).collect());
    let total = sorted.len() as u64;
    let mut chunks = Vec::new();
    for (index, body) in (0..).zip(sorted) {
        let chunk = ChunkHead {
            depth: divided.depth,
            index,
            records: body.records,
            bytes: body.bytes,
            proof: tree.proof(index),
        };
        chunks.push(seal_chunk(directory, &chunk)?);
        progress(Progress { stage: Stage::Sealing, done: chunks.len() as u64, total });
    }
    Ok(Manifest {
        braid_snapshot: SNAPSHOT_VERSION,
        head: head.clone(),
        root: tree.root().hash(),
        depth: divided.depth,
        records: divided.records,
        chunks,
    })
}

fn seal_chunk(directory: &Path, chunk: &ChunkHead) -> Result<ChunkEntry, StateError> {
    let path = directory.join(file_name(chunk.index));
    let body = body_path(&directory.join(WORK), chunk.index);
    if !path.exists() {
        let mut input = File::open(&body).map_err(|error| unreadable(&body, &error))?;
        create_whole(&path, |out| {
            let written = out.write_all(&chunk.encode());
            let copied = written.and_then(|()| io::copy(&mut input, out));
            copied.map(|_| ()).map_err(|error| unwritable(&path, &error))
        })?;
    }
    remove(&body)?;
    let mut hasher = blake3::Hasher::new();
    let hashed = File::open(&path).and_then(|mut file| io::copy(&mut file, &mut hasher));
    let file_bytes = hashed.map_err(|error| unreadable(&path, &error))?;
    let hash = Hash::new(*hasher.finalize().as_bytes());
    Ok(ChunkEntry { records: chunk.records, bytes: chunk.bytes, file_bytes, hash })
}

/// The top of the tree, from the root down to the roots of the chunks.
struct Levels(Vec<Vec<Node>>);

impl Levels {
    fn over(roots: Vec<Node>) -> Self {
        assert!(roots.len().is_power_of_two(), "a level of the tree is whole");
        let mut levels = vec![roots];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above = below.chunks(2).map(|pair| join(&pair[0], &pair[1])).collect();
            levels.push(above);
        }
        levels.reverse();
        Self(levels)
    }

    fn root(&self) -> &Node {
        &self.0[0][0]
    }

    fn proof(&self, index: u32) -> SubtreeProof {
        let depth = self.0.len() - 1;
        let sibling = |(level, nodes): (usize, &Vec<Node>)| {
            let place = index >> (depth - level);
            nodes[(place ^ 1) as usize]
        };
        let siblings = self.0.iter().enumerate().skip(1).map(sibling).collect();
        SubtreeProof::new(siblings).expect("invariant: a depth is at most that of a path")
    }
}
