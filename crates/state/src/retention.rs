//! How much history a node keeps: one setting, and the slices of pruning that follow from it.

use std::{fmt, num::NonZeroU64, str::FromStr};

use primitives::BlockNumber;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{PruneProgress, StateError, Store};

/// Keys whose history a slice forgets beside those that the size of the block allows, so that
/// pruning catches up on a chain of empty blocks too.
pub const PRUNE_KEYS_MIN: usize = 512;

/// Keys that a slice forgets for each key that the block changed. Above one, so that pruning is
/// always faster than history grows.
pub const PRUNE_KEYS_PER_CHANGE: usize = 2;

/// Which blocks' states stay readable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Retention {
    /// Those of all blocks: the node is an archive. Written `all` or `0`.
    #[default]
    All,
    /// Those of the last so many blocks, the tip included.
    Blocks(NonZeroU64),
}

impl Retention {
    /// The first block whose state stays, where the tip is at `tip`.
    #[must_use]
    pub const fn keep_from(self, tip: BlockNumber) -> BlockNumber {
        match self {
            Self::All => BlockNumber(0),
            Self::Blocks(blocks) => BlockNumber(tip.0.saturating_sub(blocks.get() - 1)),
        }
    }

    /// How many keys a slice may forget after a block that changed `changes` keys.
    #[must_use]
    pub const fn budget_keys(changes: usize) -> usize {
        changes.saturating_mul(PRUNE_KEYS_PER_CHANGE).saturating_add(PRUNE_KEYS_MIN)
    }

    /// Forgets a slice of what the setting does not keep. To be called after each block, with the
    /// number of keys that the block changed.
    ///
    /// # Errors
    ///
    /// [`StateError::Store`] where the medium failed.
    pub fn prune(self, store: &dyn Store, changes: usize) -> Result<PruneProgress, StateError> {
        let keep_from = store.tip().map_or(BlockNumber(0), |tip| self.keep_from(tip.block));
        if self == Self::All {
            return Ok(PruneProgress { removed: 0, done: true });
        }
        store.prune_below(keep_from, Self::budget_keys(changes))
    }

    const fn from_blocks(blocks: u64) -> Self {
        match NonZeroU64::new(blocks) {
            Some(blocks) => Self::Blocks(blocks),
            None => Self::All,
        }
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Blocks(blocks) => blocks.fmt(f),
        }
    }
}

impl FromStr for Retention {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "all" {
            return Ok(Self::All);
        }
        let wrong = || format!("\"{text}\" is neither a number of blocks nor \"all\"");
        text.parse().map(Self::from_blocks).map_err(|_| wrong())
    }
}

impl Serialize for Retention {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::Blocks(blocks) => serializer.serialize_u64(blocks.get()),
        }
    }
}

impl<'de> Deserialize<'de> for Retention {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RetentionVisitor)
    }
}

struct RetentionVisitor;

impl de::Visitor<'_> for RetentionVisitor {
    type Value = Retention;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of blocks or \"all\"")
    }

    fn visit_u64<E: de::Error>(self, blocks: u64) -> Result<Retention, E> {
        Ok(Retention::from_blocks(blocks))
    }

    fn visit_i64<E: de::Error>(self, blocks: i64) -> Result<Retention, E> {
        u64::try_from(blocks)
            .map(Retention::from_blocks)
            .map_err(|_| E::invalid_value(de::Unexpected::Signed(blocks), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Retention, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(count: u64) -> Retention {
        Retention::from_blocks(count)
    }

    #[test]
    fn a_setting_is_a_number_or_all() {
        let read = |json: &str| serde_json::from_str::<Retention>(json);
        for json in ["\"all\"", "0", "\"0\""] {
            assert_eq!(read(json).expect("reads"), Retention::All);
        }
        assert_eq!(read("128").expect("reads"), blocks(128));
        assert_eq!("128".parse(), Ok(blocks(128)));
        for (setting, json) in [(Retention::All, "\"all\""), (blocks(7), "7")] {
            assert_eq!(serde_json::to_string(&setting).expect("writes"), json);
            assert_eq!(setting.to_string().parse(), Ok(setting));
        }
        for json in ["-1", "\"al\"", "1.5", "true", "[]"] {
            let message = read(json).expect_err(json).to_string();
            assert!(message.contains("number of blocks"), "{message}");
        }
    }

    #[test]
    fn the_window_ends_at_the_tip_and_holds_as_many_blocks_as_were_asked_for() {
        let kept = |retention: Retention, tip| retention.keep_from(BlockNumber(tip)).0;
        assert_eq!(kept(Retention::All, 100), 0);
        assert_eq!([kept(blocks(1), 100), kept(blocks(10), 100)], [100, 91]);
        assert_eq!([kept(blocks(101), 100), kept(blocks(u64::MAX), 100)], [0, 0]);
    }

    #[test]
    fn a_slice_is_larger_than_what_the_block_added() {
        for changes in [0, 1, 5000, usize::MAX / 4] {
            assert!(Retention::budget_keys(changes) > changes * 2);
        }
    }
}
