//! The thread that makes the trees of blocks whose headers do not wait for them.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
};

use primitives::BlockNumber;
use state::Store;

/// Makes trees beside the execution of blocks, one at a time.
///
/// How far behind it can be is bounded by the chain: a header needs the root that is due, and
/// whoever asks for it waits, or makes the trees itself.
#[derive(Debug)]
pub(super) struct TreeThread {
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl TreeThread {
    /// Begins with what an earlier process has left.
    pub(super) fn start(store: Arc<dyn Store>) -> io::Result<Self> {
        // One wake-up that waits stands for all: the thread goes on to the tip.
        let (wake, woken) = sync_channel(1);
        let work = move || {
            while woken.recv().is_ok() {
                // A failure is kept by the store, and comes to whoever asks for the root next.
                let _ = build(store.as_ref());
            }
        };
        let thread = thread::Builder::new().name("braid-tree".to_owned()).spawn(work)?;
        let started = Self { wake: Some(wake), thread: Some(thread) };
        started.wake();
        Ok(started)
    }

    /// Tells that the tip has moved.
    pub(super) fn wake(&self) {
        let Some(wake) = &self.wake else { return };
        match wake.try_send(()) {
            Ok(()) | Err(TrySendError::Full(())) => {}
            Err(TrySendError::Disconnected(())) => {
                debug_assert!(false, "the thread goes on until it is dropped");
            }
        }
    }
}

/// Makes trees up to the tip, one by one, so that whoever waits for an early one gets it soon.
fn build(store: &dyn Store) -> Result<(), state::StateError> {
    while let (Some(tip), Some(tree)) = (store.tip(), store.tree_tip())
        && tree < tip.block
    {
        let next = tree.next().unwrap_or(BlockNumber(u64::MAX));
        store.build_tree(next)?;
    }
    Ok(())
}

impl Drop for TreeThread {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            // Its panic has been shown where it happened.
            let _ = thread.join();
        }
    }
}
