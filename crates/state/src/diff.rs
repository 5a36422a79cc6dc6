//! What differs between two states.

use std::{cmp::Ordering, fmt, iter::Peekable};

use primitives::Bytes;

use crate::{Key, Records, ScanEntry, StateError, StateView};

/// How a record differs between a state and another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Only the second state has it.
    Added {
        /// Its value there.
        value: Bytes,
    },
    /// Only the first state has it.
    Removed {
        /// Its value there.
        value: Bytes,
    },
    /// Both have it, with different values.
    Changed {
        /// The value in the first state.
        before: Bytes,
        /// The value in the second state.
        after: Bytes,
    },
}

/// The differences between two sources of records that are in the order of their keys.
///
/// After an error the walk is over.
pub struct Diff<A: Iterator, B: Iterator> {
    before: Peekable<A>,
    after: Peekable<B>,
    failed: bool,
}

/// The differences between two views, in the order of keys.
#[must_use]
pub fn diff_views<'a>(
    before: &'a dyn StateView,
    after: &'a dyn StateView,
) -> Diff<Records<'a>, Records<'a>> {
    Diff::new(Records::all(before), Records::all(after))
}

impl<A, B> Diff<A, B>
where
    A: Iterator<Item = Result<ScanEntry, StateError>>,
    B: Iterator<Item = Result<ScanEntry, StateError>>,
{
    /// The differences that lead from `before` to `after`.
    pub fn new(
        before: impl IntoIterator<IntoIter = A, Item = A::Item>,
        after: impl IntoIterator<IntoIter = B, Item = B::Item>,
    ) -> Self {
        Self {
            before: before.into_iter().peekable(),
            after: after.into_iter().peekable(),
            failed: false,
        }
    }

    fn step(&mut self) -> Result<Option<(Key, Difference)>, StateError> {
        loop {
            let order = match (self.before.peek(), self.after.peek()) {
                (None, None) => return Ok(None),
                (Some(Ok((before, _))), Some(Ok((after, _)))) => before.cmp(after),
                (Some(Err(error)), _) | (_, Some(Err(error))) => return Err(error.clone()),
                (Some(Ok(_)), None) => Ordering::Less,
                (None, Some(Ok(_))) => Ordering::Greater,
            };
            let before = if order.is_le() { self.before.next().transpose()? } else { None };
            let after = if order.is_ge() { self.after.next().transpose()? } else { None };
            let found = match (before, after) {
                (Some((key, value)), None) => (key, Difference::Removed { value }),
                (None, Some((key, value))) => (key, Difference::Added { value }),
                (Some((key, before)), Some((_, after))) if before != after => {
                    (key, Difference::Changed { before, after })
                }
                _ => continue,
            };
            return Ok(Some(found));
        }
    }
}

impl<A: Iterator, B: Iterator> fmt::Debug for Diff<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Diff").field("failed", &self.failed).finish_non_exhaustive()
    }
}

impl<A, B> Iterator for Diff<A, B>
where
    A: Iterator<Item = Result<ScanEntry, StateError>>,
    B: Iterator<Item = Result<ScanEntry, StateError>>,
{
    type Item = Result<(Key, Difference), StateError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let found = self.step().transpose();
        self.failed = matches!(found, Some(Err(_)));
        found
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use super::*;
    use crate::{EmptyView, Overlay, WriteSet};
    use primitives::Address;
    use proptest::prelude::*;

    fn view(records: &BTreeMap<u8, u8>) -> Overlay {
        let mut writes = WriteSet::new();
        for (key, value) in records {
            writes.put(Key::kv(&Address::ZERO, &[*key]), vec![*value]);
        }
        Overlay::new(Arc::new(EmptyView), writes)
    }

    proptest! {
        #[test]
        fn a_difference_applied_to_the_first_gives_the_second(
            before in proptest::collection::btree_map(0u8..20, 0u8..3, 0..15),
            after in proptest::collection::btree_map(0u8..20, 0u8..3, 0..15),
        ) {
            let (before, after) = (view(&before), view(&after));
            let mut writes = WriteSet::new();
            let mut last = None;
            for found in diff_views(&before, &after) {
                let (key, difference) = found.expect("reads");
                prop_assert!(last < Some(key.clone()));
                last = Some(key.clone());
                let (old, new) = match difference {
                    Difference::Added { value } => (None, Some(value)),
                    Difference::Removed { value } => (Some(value), None),
                    Difference::Changed { before, after } => (Some(before), Some(after)),
                };
                prop_assert_eq!(before.read(&key).expect("reads"), old);
                writes.set(key, new);
            }
            let patched = Overlay::new(Arc::new(before), writes);
            prop_assert_eq!(diff_views(&patched, &after).count(), 0);
        }
    }
}
