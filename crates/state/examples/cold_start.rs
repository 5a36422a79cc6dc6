//! Measures how fast a store of many records opens: `cold_start [records]`, a million by default.

#![allow(clippy::print_stdout, reason = "the figures are the result")]

use std::{env, error::Error};

use braid_state::bench::cold_start;

fn main() -> Result<(), Box<dyn Error>> {
    let records = env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;
    let directory = tempfile::tempdir()?;
    let measured = cold_start(directory.path(), records, &mut |_| ())?;
    println!("records       {}", measured.records);
    println!("load          {:?}", measured.load);
    println!("after a crash {:?}", measured.reopen_after_crash);
    println!("after a close {:?}", measured.reopen);
    println!("first read    {:?}", measured.first_read);
    println!("first commit  {:?}", measured.first_commit);
    println!("root          {:?}", measured.root);
    Ok(())
}
