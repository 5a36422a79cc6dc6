//! Writes the snapshot that `tests/snapshot/fixture.rs` reads, into the directory that is named.
//! To be run once for each version of the format.

mod fixture;

use std::{env, path::PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = env::args_os().nth(1).map(PathBuf::from);
    fixture::write(&directory.ok_or("usage: snapshot_fixture DIRECTORY")?)?;
    Ok(())
}
