//! Where test files come from: a folder, one file, or an archive that is read as it streams.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use thiserror::Error;

/// Bytes of one test file. The largest public one has 60 megabytes.
pub const FILE_BYTES_MAX: u64 = 128 << 20;

/// What is read.
const SOURCES: &str = "a folder, a .json, a .tar or a .tar.zst is read";

/// Why tests could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The path or a file below it does not read.
    #[error("{} does not read: {source}", .path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A test file is too large.
    #[error("{file} has {found} bytes, a test file has at most {FILE_BYTES_MAX}")]
    FileSize {
        /// The file.
        file: String,
        /// Its size.
        found: u64,
    },
    /// There is nothing to run.
    #[error("{} holds no test file{}; {SOURCES}", .path.display(), filtered(.filter.as_deref()))]
    NoFiles {
        /// The path.
        path: PathBuf,
        /// What the names had to contain.
        filter: Option<String>,
    },
}

/// A test file in memory.
#[derive(Debug)]
pub(crate) struct TestFile {
    /// The name within the folder or archive, with forward slashes.
    pub(crate) name: String,
    /// The content.
    pub(crate) content: Vec<u8>,
}

/// Hands out every test file at `path` in a fixed order until `take` says that it wants no more.
pub(crate) fn for_each_file(
    path: &Path,
    wants: &dyn Fn(&str) -> bool,
    take: &mut dyn FnMut(TestFile) -> bool,
) -> Result<(), Error> {
    if path.is_dir() {
        return walk_folder(path, wants, take);
    }
    let file = open(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if name.ends_with(".tar.zst") || name.ends_with(".tzst") {
        let decoder = zstd::Decoder::new(file).map_err(|source| read_error(path, source))?;
        walk_archive(path, decoder, wants, take)
    } else if name.ends_with(".tar") {
        walk_archive(path, BufReader::new(file), wants, take)
    } else {
        if wants(&name) {
            let content = read_bounded(path, &name, file)?;
            take(TestFile { name, content });
        }
        Ok(())
    }
}

fn walk_folder(
    root: &Path,
    wants: &dyn Fn(&str) -> bool,
    take: &mut dyn FnMut(TestFile) -> bool,
) -> Result<(), Error> {
    for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
        let entry = entry.map_err(|error| read_error(root, error.into()))?;
        let path = entry.path();
        let relative = path.strip_prefix(root).unwrap_or(path);
        let name = relative.to_string_lossy().replace('\\', "/");
        if !entry.file_type().is_file() || !name.ends_with(".json") || !wants(&name) {
            continue;
        }
        let content = read_bounded(path, &name, open(path)?)?;
        if !take(TestFile { name, content }) {
            break;
        }
    }
    Ok(())
}

fn walk_archive(
    path: &Path,
    reader: impl Read,
    wants: &dyn Fn(&str) -> bool,
    take: &mut dyn FnMut(TestFile) -> bool,
) -> Result<(), Error> {
    let mut archive = tar::Archive::new(reader);
    for entry in archive.entries().map_err(|source| read_error(path, source))? {
        let entry = entry.map_err(|source| read_error(path, source))?;
        let inner = entry.path().map_err(|source| read_error(path, source))?;
        let name = inner.to_string_lossy().replace('\\', "/");
        drop(inner);
        if !entry.header().entry_type().is_file() || !name.ends_with(".json") || !wants(&name) {
            continue;
        }
        let content = read_bounded(path, &name, entry)?;
        if !take(TestFile { name, content }) {
            break;
        }
    }
    Ok(())
}

fn filtered(filter: Option<&str>) -> String {
    filter.map_or_else(String::new, |name| format!(" whose name contains \"{name}\""))
}

fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|source| read_error(path, source))
}

fn read_bounded(path: &Path, name: &str, reader: impl Read) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    let found = reader
        .take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut content)
        .map_err(|source| read_error(path, source))? as u64;
    if found > FILE_BYTES_MAX {
        return Err(Error::FileSize { file: name.to_owned(), found });
    }
    Ok(content)
}

fn read_error(path: &Path, source: io::Error) -> Error {
    Error::Read { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &Path) -> Vec<String> {
        let mut names = Vec::new();
        for_each_file(path, &|name| !name.contains("unwanted"), &mut |file| {
            assert_eq!(file.content, b"{}");
            names.push(file.name);
            true
        })
        .expect("readable");
        names
    }

    #[test]
    fn a_folder_and_archives_of_it_hold_the_same_files() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("root");
        std::fs::create_dir_all(root.join("deep")).expect("created");
        for name in ["b.json", "deep/a.json", "deep/notes.txt", "unwanted.json"] {
            std::fs::write(root.join(name), b"{}").expect("written");
        }
        let mut tar = Vec::new();
        let mut builder = tar::Builder::new(&mut tar);
        builder.append_dir_all(".", &root).expect("packed");
        builder.finish().expect("packed");
        drop(builder);
        let plain = folder.path().join("root.tar");
        std::fs::write(&plain, &tar).expect("written");
        let packed = folder.path().join("root.tar.zst");
        std::fs::write(&packed, zstd::encode_all(tar.as_slice(), 0).expect("packed"))
            .expect("written");

        assert_eq!(names(&root), ["b.json", "deep/a.json"]);
        for archive in [&plain, &packed] {
            let mut found = names(archive);
            found.sort();
            assert_eq!(found, ["b.json", "deep/a.json"]);
        }
        assert_eq!(names(&root.join("b.json")), ["b.json"]);
    }

    #[test]
    fn what_is_not_there_is_named() {
        let error = for_each_file(Path::new("no/such.json"), &|_| true, &mut |_| true)
            .expect_err("there is no such file");
        assert!(error.to_string().starts_with("no/such.json does not read: "), "{error}");
    }
}
