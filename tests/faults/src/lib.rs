//! The durable store over a file system that fails.
//!
//! A child process works on a store while the file calls of its C library go through a shim, which
//! makes one of them fail and logs all of them. The tests then look at the directory as the
//! process left it, and at what a disk may hold where the power went at any moment of the log.
//!
//! ```text
//! workload   the steps that a seed stands for, and what a store must hold after each
//! verify     compares a store with that
//! fault      which call fails, and how
//! operation  the log of the calls
//! disk       from a log to the states that a disk may be in after a power cut
//! run        starts the child and reads what it acknowledged
//! child/     the process itself, with the shim
//! ```
//!
//! The model of the disk is POSIX at its weakest: data, length and the name of a file reach the
//! disk apart from each other and in any order unless a sync is between them; a sync of a file says
//! nothing about its name; a sector is written whole or not at all. Rot of what was synced is not
//! part of it.
//!
//! Nothing but tests uses this crate. It needs Linux.

pub mod disk;
pub mod fault;
pub mod operation;
pub mod run;
pub mod verify;
pub mod workload;
