//! Whether two executions of a block give the same.

use super::outcome::{Executed, Outcome};

/// The first thing in which they differ, in words.
pub(super) fn difference(serial: &Executed, parallel: &Executed) -> Option<String> {
    let lengths = (serial.outcomes.len(), parallel.outcomes.len());
    if lengths.0 != lengths.1 {
        return Some(format!("{} and {} outcomes", lengths.0, lengths.1));
    }
    let pairs = serial.outcomes.iter().zip(&parallel.outcomes);
    for (index, (one, other)) in pairs.enumerate() {
        if !is_same(one, other) {
            return Some(format!("transaction {index}: {one:?} and {other:?}"));
        }
    }
    if serial.gas_used != parallel.gas_used {
        return Some(format!("gas of {} and {}", serial.gas_used, parallel.gas_used));
    }
    let mut others = parallel.writes.iter();
    for one in serial.writes.iter() {
        let other = others.next();
        if other != Some(one) {
            return Some(format!("writes {one:?} and {other:?}"));
        }
    }
    others.next().map(|write| format!("parallel execution alone writes {write:?}"))
}

/// Errors have no equality of their own; their words name all that they hold.
fn is_same(one: &Outcome, other: &Outcome) -> bool {
    match (one, other) {
        (Outcome::Included(one), Outcome::Included(other)) => one == other,
        (Outcome::Skipped(one), Outcome::Skipped(other)) => one.to_string() == other.to_string(),
        (Outcome::NotReached, Outcome::NotReached) => true,
        _ => false,
    }
}
