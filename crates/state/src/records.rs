//! Walking over the records of a view in the order of their keys.

use std::{collections::VecDeque, iter::Peekable};

use primitives::Bytes;

use crate::{Key, ScanEntry, StateError, StateView};

/// Records that one page of a walk holds at most.
const PAGE_RECORDS_MAX: usize = 1024;

/// Bytes of values above which the next page is made smaller.
const PAGE_BYTES_AIM: usize = 4 << 20;

/// All records of a view whose keys start with a prefix, read page by page.
///
/// After an error the walk is over.
#[derive(Debug)]
pub struct Records<'a> {
    view: &'a dyn StateView,
    prefix: Vec<u8>,
    /// Where the next page begins, or nothing after the last page.
    next_from: Option<Vec<u8>>,
    page: VecDeque<ScanEntry>,
    page_records: usize,
}

impl<'a> Records<'a> {
    /// All records of the view.
    #[must_use]
    pub fn all(view: &'a dyn StateView) -> Self {
        Self::starting_at(view, &[], &[])
    }

    /// The records under `prefix` that are not below `from`.
    #[must_use]
    pub fn starting_at(view: &'a dyn StateView, prefix: &[u8], from: &[u8]) -> Self {
        Self {
            view,
            prefix: prefix.to_vec(),
            next_from: Some(prefix.max(from).to_vec()),
            page: VecDeque::new(),
            page_records: 16,
        }
    }

    fn fill(&mut self, from: &[u8]) -> Result<(), StateError> {
        let page = self.view.scan(&self.prefix, from, self.page_records)?;
        assert!(page.len() <= self.page_records, "a scan keeps its limit");
        assert!(page.is_sorted_by(|(a, _), (b, _)| a < b), "a scan keeps the order of keys");
        if page.len() == self.page_records {
            self.next_from = page.last().map(|(key, _)| successor(key.as_bytes()));
        }
        let bytes: usize = page.iter().map(|(_, value)| value.len()).sum();
        self.page_records = if bytes > PAGE_BYTES_AIM {
            (self.page_records / 2).max(1)
        } else {
            (self.page_records * 2).min(PAGE_RECORDS_MAX)
        };
        self.page = page.into();
        Ok(())
    }
}

impl Iterator for Records<'_> {
    type Item = Result<ScanEntry, StateError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.is_empty()
            && let Some(from) = self.next_from.take()
            && let Err(error) = self.fill(&from)
        {
            return Some(Err(error));
        }
        self.page.pop_front().map(Ok)
    }
}

/// The least key above `key`.
pub(crate) fn successor(key: &[u8]) -> Vec<u8> {
    let mut next = Vec::with_capacity(key.len() + 1);
    next.extend_from_slice(key);
    next.push(0);
    next
}

/// Lays changes over records, both in the order of their keys, and takes the first `limit` records
/// of the result.
pub(crate) fn merge(
    base: impl Iterator<Item = Result<ScanEntry, StateError>>,
    changes: impl Iterator<Item = Result<(Key, Option<Bytes>), StateError>>,
    limit: usize,
) -> Result<Vec<ScanEntry>, StateError> {
    let mut base = base.peekable();
    let mut changes = changes.peekable();
    let mut found = Vec::new();
    while found.len() < limit {
        match (peek_key(&mut base)?, peek_key(&mut changes)?) {
            (None, None) => break,
            (Some(lower), upper) if upper.is_none_or(|upper| lower < upper) => {
                found.extend(base.next().transpose()?);
            }
            (lower, upper) => {
                if lower == upper {
                    let covered = base.next();
                    debug_assert!(covered.is_some(), "it was peeked at");
                }
                if let Some((key, Some(value))) = changes.next().transpose()? {
                    found.push((key, value));
                }
            }
        }
    }
    Ok(found)
}

fn peek_key<'a, V: 'a>(
    source: &'a mut Peekable<impl Iterator<Item = Result<(Key, V), StateError>>>,
) -> Result<Option<&'a Key>, StateError> {
    match source.peek() {
        None => Ok(None),
        Some(Ok((key, _))) => Ok(Some(key)),
        Some(Err(error)) => Err(error.clone()),
    }
}
