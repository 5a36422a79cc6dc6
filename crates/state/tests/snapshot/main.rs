//! Snapshots: what goes out comes in again, and whatever is hostile is refused by name.

mod common;
mod fixture;
mod hostile;
mod round;
