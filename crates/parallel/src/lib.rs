//! Many transactions at once, with the result of one after another.
//!
//! The transactions of a [`Task`] are cut into *stretches*, which threads run optimistically, each
//! over a [`View`] that shows what the stretches below it have written so far. A stretch becomes
//! final in its order: the thread at the head checks that it would read the same again, by version
//! and then by value, and runs it on certain ground where it would not. That check is the only
//! thing on which the result depends; whatever else is done, waiting by hints, checking ahead,
//! running a contended part in one go, saves work. The way is that of Block-STM
//! (arXiv:2203.06871) with one pointer below which all is final.
//!
//! A change that only adds to a number is a [`Delta`]: it needs no reading and conflicts with
//! nobody until someone reads the number.
//!
//! This crate knows records, not what they mean.
//!
//! | feature | effect |
//! |---|---|
//! | `loom` | locks of the model checker loom, for its tests |
//! | `shuttle` | locks of the scheduler shuttle, for its tests |

mod engine;
mod hints;
mod memory;
mod observe;
mod pool;
mod range;
mod run;
mod schedule;
mod simulate;
mod sync;
mod task;
mod view;

pub use engine::{Engine, Plan, STACK_BYTES};
pub use observe::{Observed, Statistics};
pub use run::{Finished, RunError};
pub use simulate::{Policy, Simulated, simulate};
pub use state::Delta;
pub use task::{Attempt, Footing, NotApplicable, Numbers, Task, Verdict};
pub use view::{Interruption, View};

#[cfg(test)]
mod tests;
