//! Code that was run lately, by its hash. Its bytes follow from the hash, so that nothing is lost
//! by not asking the state for them again, and a call does not read a program of half a megabyte.

use parking_lot::Mutex;
use primitives::{Bytes, CodeHash};
use schnellru::{LruMap, UnlimitedCompact};

/// Bytes of code that are kept.
const CODES_BYTES_MAX: usize = 64 << 20;

/// The code that was run last, bounded by its bytes, shared by threads.
pub(crate) struct Codes(Mutex<Kept>);

struct Kept {
    by_hash: LruMap<CodeHash, Bytes, UnlimitedCompact>,
    bytes: usize,
    bytes_max: usize,
}

impl core::fmt::Debug for Codes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Codes").finish_non_exhaustive()
    }
}

impl Default for Codes {
    fn default() -> Self {
        Self::new(CODES_BYTES_MAX)
    }
}

impl Codes {
    fn new(bytes_max: usize) -> Self {
        let by_hash = LruMap::new(UnlimitedCompact);
        Self(Mutex::new(Kept { by_hash, bytes: 0, bytes_max }))
    }

    /// The code of a hash, if it is there.
    pub(crate) fn get(&self, hash: &CodeHash) -> Option<Bytes> {
        self.0.lock().by_hash.get(hash).cloned()
    }

    /// Keeps code, and lets go of what was used longest ago where there is too much.
    pub(crate) fn put(&self, hash: CodeHash, code: Bytes) {
        let mut kept = self.0.lock();
        if kept.by_hash.peek(&hash).is_some() {
            return;
        }
        kept.bytes = kept.bytes.saturating_add(code.len());
        kept.by_hash.insert(hash, code);
        while kept.bytes > kept.bytes_max {
            let Some((_, oldest)) = kept.by_hash.pop_oldest() else { break };
            kept.bytes = kept.bytes.saturating_sub(oldest.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room() {
        let codes = Codes::new(10);
        let [a, b, c] = [b"aaaa", b"bbbb", b"cccc"].map(|it| Bytes::from_static(it));
        let hash = CodeHash::of;
        for code in [&a, &b, &a] {
            codes.put(hash(code), code.clone());
        }
        assert_eq!(codes.get(&hash(&a)), Some(a.clone()));
        codes.put(hash(&c), c.clone());
        let found = [&a, &b, &c].map(|code| codes.get(&hash(code)).is_some());
        assert_eq!(found, [true, false, true], "the one used longest ago is gone");
        let large = Bytes::from_static(&[7; 11]);
        codes.put(hash(&large), large.clone());
        assert_eq!(codes.get(&hash(&large)), None, "what is larger than all room is not kept");
    }
}
