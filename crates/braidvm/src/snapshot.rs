//! Snapshots of a chain: a state in files that another node begins from.

use std::path::Path;

use primitives::{BlockNumber, Hash};
use state::{
    FjallConfig, StateError, Tip,
    snapshot::{ExportConfig, Manifest, Progress, Snapshot, SnapshotHead, export, import},
};

use crate::{BlockRecord, Config, Engine, EngineError};

impl Engine {
    /// Writes the state after a block into a directory, which another node can import. The
    /// directory is empty or holds what an earlier export of the same block has left.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the block is not held, the directory holds something else or
    /// cannot be written, or the records do not have the root that the store has for the block.
    pub fn export_snapshot(
        &self,
        block: BlockNumber,
        directory: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Manifest, EngineError> {
        let state = self.at(block)?;
        let hash = self.store().block_hash(block)?.ok_or_else(|| StateError::Corrupt {
            key: format!("hash of block {block}"),
            reason: "the block is held, its hash is missing".to_owned(),
        })?;
        let view = state.view().as_ref();
        let record = self.store().block_record(block)?;
        let tip = Tip { block, hash };
        let mut head = SnapshotHead::of(self.config().chain.chain_id, tip, record, view)?;
        head.state_roots = self.roots_before(block)?;
        let root = self.store().root_at(block)?;
        let manifest = export(view, &head, &ExportConfig::default(), directory, progress)?;
        if manifest.root == root {
            return Ok(manifest);
        }
        let reason = format!("the tree has {root}, the records have {}", manifest.root);
        Err(StateError::Corrupt { key: format!("root of block {block}"), reason }.into())
    }

    /// The roots before that of `block` that headers after it have, the latest first.
    fn roots_before(&self, block: BlockNumber) -> Result<Vec<(BlockNumber, Hash)>, EngineError> {
        let next = block.0.saturating_add(1);
        let due = next.saturating_sub(self.rules().root_lag_blocks);
        let mut roots = Vec::new();
        for earlier in (due..block.0).rev().map(BlockNumber) {
            roots.extend(self.store().block_root(earlier)?.map(|root| (earlier, root)));
        }
        Ok(roots)
    }

    /// Fills the folder of an engine, which holds no chain, with a snapshot; [`open`](Self::open)
    /// goes on from its block. An import that was killed goes on where it was.
    ///
    /// Every chunk is verified against the root of the snapshot. Whether that is the root of the
    /// chain the caller asks with [`Snapshot::expect_root`].
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the snapshot is of another chain, contradicts itself, or the
    /// folder cannot be filled.
    pub fn import_snapshot(
        path: &Path,
        config: &Config,
        snapshot: &Snapshot,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), EngineError> {
        check_head(&snapshot.manifest().head, config).map_err(|reason| {
            let path = snapshot.manifest_path();
            StateError::Snapshot { path, reason }
        })?;
        let into = Self::store_path(path);
        let store = import(snapshot, &into, &FjallConfig::default(), progress)?;
        Ok(store.close()?)
    }
}

/// Refuses the head of another chain, and a header that is not that of the block.
fn check_head(head: &SnapshotHead, config: &Config) -> Result<(), String> {
    let expected = config.chain.chain_id;
    if head.chain_id != expected {
        return Err(format!("it is of chain {}, the configuration says {expected}", head.chain_id));
    }
    let Some(record) = &head.record else { return Ok(()) };
    let found = BlockRecord::decode(head.block, record).map_err(|error| error.to_string())?;
    if found.hash() != head.hash {
        return Err(format!("its header is not that of block {} {}", head.block, head.hash));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Request;

    fn engine_of_blocks(count: u64) -> Engine {
        let mut engine = Engine::dev();
        let [alice, bob] = ["alice", "bob"].map(|name| engine.account(name).unwrap());
        for value in 1..=count {
            let value = primitives::Wei::from(primitives::U256::from(value));
            engine.send(&Request::new(alice, bob, "").value(value)).unwrap();
        }
        engine
    }

    #[test]
    fn another_node_goes_on_from_a_snapshot() {
        let folder = tempfile::tempdir().unwrap();
        let (target, data) = (folder.path().join("snapshot"), folder.path().join("data"));
        let mut engine = engine_of_blocks(5);
        let manifest = engine.export_snapshot(BlockNumber(3), &target, &mut |_| ()).unwrap();
        let snapshot = Snapshot::open(&target).unwrap();
        assert_eq!(*snapshot.manifest(), manifest);
        let config = Config::default();
        Engine::import_snapshot(&data, &config, &snapshot, &mut |_| ()).unwrap();
        let mut copy = Engine::open(&data, config).unwrap();
        assert_eq!((copy.tip(), copy.state_root().unwrap()), (BlockNumber(3), manifest.root));
        let mark = engine.snapshot();
        let [alice, bob] = ["alice", "bob"].map(|name| engine.account(name).unwrap());
        for value in 4..=5_u64 {
            let value = primitives::Wei::from(primitives::U256::from(value));
            copy.send(&Request::new(alice, bob, "").value(value)).unwrap();
        }
        // The same blocks after the snapshot lead to the same chain.
        assert_eq!(copy.snapshot(), mark);
        assert_eq!(copy.state_root().unwrap(), engine.state_root().unwrap());
        engine.revert(mark).unwrap();
        let error = copy.at(BlockNumber(2)).unwrap_err().to_string();
        assert!(error.contains("blocks 3 to 5"), "{error}");
    }

    #[test]
    fn a_head_of_another_chain_or_block_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let engine = engine_of_blocks(2);
        let manifest = engine.export_snapshot(BlockNumber(2), folder.path(), &mut |_| ()).unwrap();
        let config = Config::default();
        let head = manifest.head;
        assert_eq!(check_head(&head, &config), Ok(()));
        let refused = |change: fn(&mut SnapshotHead)| {
            let mut head = head.clone();
            change(&mut head);
            check_head(&head, &config).unwrap_err()
        };
        let chain = refused(|head| head.chain_id = 5);
        assert!(chain.contains("of chain 5, the configuration says 31337"), "{chain}");
        assert!(refused(|head| head.hash = Hash::ZERO).contains("not that of block 2"));
        assert!(refused(|head| head.block = BlockNumber(1)).contains("not that of block 1"));
        assert!(refused(|head| head.record = Some(vec![1].into())).contains("block 2"));
    }
}
