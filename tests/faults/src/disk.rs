//! From a log of file calls to the states that a disk may be in after a power cut.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::Path,
};

use anyhow::{Context, bail, ensure};

use primitives::Random;

use crate::operation::Operation;

/// What a kernel writes back at a time.
const PAGE_BYTES: usize = 4096;

/// What a disk writes whole.
const SECTOR_BYTES: usize = 512;

type Page = [u8; PAGE_BYTES];

/// What of the calls that were not synced reached the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// All of them: the process was killed, the system was not.
    Nothing,
    /// None.
    All,
    /// Of each file and folder the first ones, up to some.
    Late,
    /// Any of them, in any order, and pages in part.
    Some,
    /// None of the data, and all the names.
    Data,
}

impl Loss {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Nothing, Self::All, Self::Late, Self::Some, Self::Data];
}

/// The bytes of a file: pages that were never written are zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Contents {
    length: u64,
    pages: BTreeMap<u64, Box<Page>>,
}

/// A part of a file on its way to the disk.
#[derive(Debug, Clone)]
enum Change {
    /// A page as it was in memory, which includes what earlier writes left in it.
    Page(u64, Box<Page>),
    Length(u64),
}

/// A name of a folder, and the file or folder that it stands for from now on.
type Naming = (String, Option<usize>);

#[derive(Debug)]
enum Node {
    File { durable: Contents, live: Contents, pending: Vec<Change> },
    Folder { durable: Names, live: Names, pending: Vec<Vec<Naming>> },
}

type Names = BTreeMap<String, usize>;

/// A disk, and the memory of the system above it.
#[derive(Debug)]
pub struct Disk {
    nodes: Vec<Node>,
    /// The node of each inode. A number that is used again stands for the last one.
    numbers: BTreeMap<u64, usize>,
}

impl Default for Disk {
    fn default() -> Self {
        Self::new()
    }
}

const ROOT: usize = 0;

impl Disk {
    /// A disk with one empty folder.
    #[must_use]
    pub fn new() -> Self {
        Self { nodes: vec![empty_folder()], numbers: BTreeMap::new() }
    }

    /// Follows a call.
    ///
    /// # Errors
    ///
    /// Where the call cannot have happened on this disk: a call before it is missing.
    pub fn apply(&mut self, operation: &Operation) -> anyhow::Result<()> {
        match operation {
            Operation::Open { path, number, created, truncated } => {
                self.open(path, *number, *created)?;
                if *truncated { self.set_length(*number, 0) } else { Ok(()) }
            }
            Operation::Write { number, offset, bytes } => self.write(*number, *offset, bytes),
            Operation::SetLength { number, length } => self.set_length(*number, *length),
            Operation::Sync { number, ok } => self.sync(*number, *ok),
            Operation::Rename { from, to } => self.rename(from, to),
            Operation::Remove { path } => {
                let (folder, name) = self.place(path)?;
                self.name(folder, vec![(name, None)])
            }
            Operation::MakeFolder { path, number } => {
                let (folder, name) = self.place(path)?;
                let node = self.add(*number, empty_folder());
                self.name(folder, vec![(name, Some(node))])
            }
            Operation::Acknowledged { .. } => Ok(()),
        }
        .with_context(|| match operation {
            Operation::Write { number, offset, bytes } => {
                format!("write of {} bytes to {number} at {offset}", bytes.len())
            }
            other => format!("{other:?}"),
        })
    }

    /// Writes a state that the disk may be in after a power cut now into an empty folder.
    ///
    /// # Errors
    ///
    /// Where the folder cannot be written.
    pub fn cut_power(&self, loss: Loss, random: &mut Random, into: &Path) -> anyhow::Result<()> {
        self.put_node(ROOT, &mut Cut { loss, random, placed: BTreeMap::new() }, into)
    }

    /// The files and folders that hold something which is not synced, and how many changes.
    #[must_use]
    pub fn unsynced(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.find_unsynced(ROOT, "", &mut found);
        found
    }

    fn find_unsynced(&self, id: usize, path: &str, found: &mut Vec<String>) {
        let (changes, names) = match self.nodes.get(id) {
            Some(Node::File { pending, .. }) => (pending.len(), None),
            Some(Node::Folder { pending, live, .. }) => (pending.len(), Some(live)),
            None => return,
        };
        if changes > 0 {
            found.push(format!("{path} ({changes} changes)"));
        }
        for (name, id) in names.into_iter().flatten() {
            self.find_unsynced(*id, &format!("{path}/{name}"), found);
        }
    }

    fn add(&mut self, number: u64, node: Node) -> usize {
        self.nodes.push(node);
        let id = self.nodes.len() - 1;
        self.numbers.insert(number, id);
        id
    }

    fn node(&mut self, number: u64) -> anyhow::Result<&mut Node> {
        let id = *self.numbers.get(&number).context("the inode is not known")?;
        self.nodes.get_mut(id).context("the inode has a node")
    }

    fn file(&mut self, number: u64) -> anyhow::Result<(&mut Contents, &mut Vec<Change>)> {
        match self.node(number)? {
            Node::File { live, pending, .. } => Ok((live, pending)),
            Node::Folder { .. } => bail!("it is a folder"),
        }
    }

    fn names(&self, folder: usize) -> anyhow::Result<&Names> {
        match self.nodes.get(folder) {
            Some(Node::Folder { live, .. }) => Ok(live),
            _ => bail!("it is no folder"),
        }
    }

    /// The folder of a path and its last name.
    fn place(&self, path: &str) -> anyhow::Result<(usize, String)> {
        let mut folder = ROOT;
        let mut names = path.split('/').peekable();
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                return Ok((folder, name.to_owned()));
            }
            folder = *self.names(folder)?.get(name).context("a folder is missing")?;
        }
        bail!("an empty path")
    }

    fn find(&self, path: &str) -> anyhow::Result<Option<usize>> {
        if path.is_empty() {
            return Ok(Some(ROOT));
        }
        let (folder, name) = self.place(path)?;
        Ok(self.names(folder)?.get(&name).copied())
    }

    fn open(&mut self, path: &str, number: u64, created: bool) -> anyhow::Result<()> {
        if created {
            let (folder, name) = self.place(path)?;
            let contents = Contents::default();
            let live = contents.clone();
            let file = Node::File { durable: contents, live, pending: Vec::new() };
            let id = self.add(number, file);
            return self.name(folder, vec![(name, Some(id))]);
        }
        let found = self.find(path)?;
        if path.is_empty() {
            self.numbers.insert(number, ROOT);
            return Ok(());
        }
        let id = *self.numbers.get(&number).context("the inode is not known")?;
        if found == Some(id) {
            return Ok(());
        }
        // It was renamed by a call that the shim does not see.
        let (folder, name) = self.place(path)?;
        let old = self.names(folder)?.iter().find(|(_, other)| **other == id);
        let (old, _) = old.context("the file has another name in its folder")?;
        let changes = vec![(old.clone(), None), (name, Some(id))];
        self.name(folder, changes)
    }

    fn rename(&mut self, from: &str, to: &str) -> anyhow::Result<()> {
        let id = self.find(from)?.context("what is renamed is there")?;
        let ((folder, old), (target, new)) = (self.place(from)?, self.place(to)?);
        ensure!(folder == target, "renames from folder to folder are not in the model");
        self.name(folder, vec![(old, None), (new, Some(id))])
    }

    fn name(&mut self, folder: usize, changes: Vec<Naming>) -> anyhow::Result<()> {
        let Some(Node::Folder { live, pending, .. }) = self.nodes.get_mut(folder) else {
            bail!("it is no folder")
        };
        apply_naming(live, &changes);
        pending.push(changes);
        Ok(())
    }

    fn write(&mut self, number: u64, offset: u64, bytes: &[u8]) -> anyhow::Result<()> {
        let Node::File { durable, live, pending } = self.node(number)? else {
            bail!("it is a folder")
        };
        let mut rest = bytes;
        let mut at = offset;
        while !rest.is_empty() {
            let (page, within) = (at / PAGE_BYTES as u64, usize::try_from(at % PAGE_BYTES as u64)?);
            let (now, later) = rest.split_at(rest.len().min(PAGE_BYTES - within));
            let held = live.pages.entry(page).or_insert_with(|| Box::new([0; PAGE_BYTES]));
            held[within..within + now.len()].copy_from_slice(now);
            pending.push(Change::Page(page, held.clone()));
            at += now.len() as u64;
            rest = later;
        }
        live.length = live.length.max(at);
        // A sync that failed may have left the disk with a shorter file than the system knows: what
        // is written beyond its end makes it longer once it is synced.
        let length = pending.iter().rev().find_map(|change| match change {
            Change::Length(length) => Some(*length),
            Change::Page(..) => None,
        });
        if at > length.unwrap_or(durable.length) {
            pending.push(Change::Length(at));
        }
        Ok(())
    }

    fn set_length(&mut self, number: u64, length: u64) -> anyhow::Result<()> {
        let (live, pending) = self.file(number)?;
        live.set_length(length);
        pending.push(Change::Length(length));
        Ok(())
    }

    /// A sync that failed leaves what it was to write unwritten, and the system believes that it
    /// was written.
    fn sync(&mut self, number: u64, ok: bool) -> anyhow::Result<()> {
        match self.node(number)? {
            Node::File { durable, pending, .. } => {
                let changes = pending.drain(..).filter(|_| ok);
                changes.for_each(|change| durable.apply(&change));
            }
            Node::Folder { durable, pending, .. } if ok => {
                pending.drain(..).for_each(|changes| apply_naming(durable, &changes));
            }
            Node::Folder { .. } => {}
        }
        Ok(())
    }

    fn put_node(&self, id: usize, cut: &mut Cut<'_>, path: &Path) -> anyhow::Result<()> {
        let node = self.nodes.get(id).context("a name stands for a node")?;
        match node {
            Node::File { durable, live, pending } => {
                // A file that has two names on the disk is in one state.
                let contents = cut
                    .placed
                    .entry(id)
                    .or_insert_with(|| cut_contents(cut.loss, cut.random, durable, live, pending));
                contents.put(path).with_context(|| path.display().to_string())
            }
            Node::Folder { durable, live, pending } => {
                if !path.exists() {
                    fs::create_dir(path)?;
                }
                let names = cut_names(cut.loss, cut.random, durable, live, pending);
                for (name, id) in names {
                    self.put_node(id, cut, &path.join(name))?;
                }
                Ok(())
            }
        }
    }
}

/// A power cut under way.
struct Cut<'a> {
    loss: Loss,
    random: &'a mut Random,
    placed: BTreeMap<usize, Contents>,
}

const fn empty_folder() -> Node {
    Node::Folder { durable: BTreeMap::new(), live: BTreeMap::new(), pending: Vec::new() }
}

fn apply_naming(names: &mut Names, changes: &[Naming]) {
    for (name, id) in changes {
        match id {
            Some(id) => names.insert(name.clone(), *id),
            None => names.remove(name),
        };
    }
}

fn cut_names(
    loss: Loss,
    random: &mut Random,
    durable: &Names,
    live: &Names,
    pending: &[Vec<Naming>],
) -> Names {
    let mut names = durable.clone();
    match loss {
        Loss::Nothing | Loss::Data => return live.clone(),
        Loss::All => {}
        Loss::Late => {
            let kept = usize::try_from(random.below(pending.len() as u64 + 1)).unwrap_or(0);
            pending.iter().take(kept).for_each(|changes| apply_naming(&mut names, changes));
        }
        Loss::Some => {
            let kept = pending.iter().filter(|_| random.coin());
            kept.for_each(|changes| apply_naming(&mut names, changes));
        }
    }
    names
}

fn cut_contents(
    loss: Loss,
    random: &mut Random,
    durable: &Contents,
    live: &Contents,
    pending: &[Change],
) -> Contents {
    let mut contents = durable.clone();
    match loss {
        Loss::Nothing => return live.clone(),
        Loss::All | Loss::Data => {}
        Loss::Late => {
            let kept = usize::try_from(random.below(pending.len() as u64 + 1)).unwrap_or(0);
            pending.iter().take(kept).for_each(|change| contents.apply(change));
        }
        Loss::Some => {
            for change in pending {
                match (random.below(4), change) {
                    (0, _) => {}
                    (1, Change::Page(page, bytes)) => {
                        let sectors = random.below((PAGE_BYTES / SECTOR_BYTES) as u64);
                        let torn = usize::try_from(sectors).unwrap_or(0) * SECTOR_BYTES;
                        contents.page(*page)[..torn].copy_from_slice(&bytes[..torn]);
                    }
                    (_, change) => contents.apply(change),
                }
            }
        }
    }
    contents
}

impl Contents {
    fn page(&mut self, page: u64) -> &mut Page {
        self.pages.entry(page).or_insert_with(|| Box::new([0; PAGE_BYTES]))
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Page(page, bytes) => *self.page(*page) = **bytes,
            Change::Length(length) => self.set_length(*length),
        }
    }

    fn set_length(&mut self, length: u64) {
        if length < self.length {
            let (last, within) = (length / PAGE_BYTES as u64, length % PAGE_BYTES as u64);
            self.pages.retain(|page, _| *page <= last);
            if let Some(page) = self.pages.get_mut(&last) {
                page[usize::try_from(within).unwrap_or(0)..].fill(0);
            }
        }
        self.length = length;
    }

    fn put(&self, path: &Path) -> io::Result<()> {
        let file = File::create(path)?;
        for (page, bytes) in &self.pages {
            file.write_all_at(&bytes[..], page * PAGE_BYTES as u64)?;
        }
        file.set_len(self.length)
    }
}
