//! `QuickJS`: the engine that is always there, and the one that decides.
//!
//! Each context has a runtime of its own, so that what one contract does to its heap is seen by no
//! other, and a frame within a frame has another context on the same thread.

mod link;
mod memory;
mod slot;
mod values;

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::config::JsConfig;
use crate::engine::{Door, JsEngine, ScriptCall, ScriptEnd, ScriptError};
use crate::pool::{Counters, Pool, count};
use crate::prelude;
use crate::warmer::Warmer;
use crate::watchdog::{Watch, Watchdog};

use slot::{STACK_BYTES, Slot};

/// Native stack that a run must find: what the script may use, and the host functions below it.
const STACK_RED_ZONE_BYTES: usize = STACK_BYTES + (2 << 20);

/// Native stack that is added where less is left.
const STACK_GROWTH_BYTES: usize = STACK_RED_ZONE_BYTES + (1 << 20);

/// Bytes that a context may hold between runs before its garbage is collected.
const REST_BYTES: usize = 2 << 20;

/// A context that holds more after that is not kept.
const REST_BYTES_MAX: usize = 16 << 20;

/// The engine: QuickJS.
#[derive(Debug)]
pub struct QuickJs {
    prelude: Arc<OnceLock<Result<Vec<u8>, ScriptError>>>,
    warmer: Warmer<Slot>,
    pool: Pool<Slot>,
    watchdog: Watchdog,
    memory_bytes: usize,
    time_limit: Option<Duration>,
    counters: Counters,
}

impl QuickJs {
    /// The engine with these settings.
    #[must_use]
    pub fn new(config: &JsConfig) -> Self {
        let memory_bytes = usize::try_from(config.memory_limit).unwrap_or(usize::MAX);
        let prelude = Arc::new(OnceLock::new());
        let known: Arc<OnceLock<Result<Vec<u8>, ScriptError>>> = Arc::clone(&prelude);
        let make = move || {
            let prelude = known.get()?.as_ref().ok()?;
            on_enough_stack(|| Slot::new(prelude, memory_bytes)).ok()
        };
        let (min, max) = (config.warm_contexts_min, config.warm_contexts_max);
        Self {
            prelude,
            warmer: Warmer::new(min, max, Box::new(make)),
            pool: Pool::new(config.contexts, config.contexts_bytes),
            watchdog: Watchdog::default(),
            memory_bytes,
            time_limit: config.execution_time_limit_ms.map(Duration::from_millis),
            counters: Counters::default(),
        }
    }

    fn slot(&self, call: &ScriptCall<'_>) -> Result<Slot, String> {
        if let Some(slot) = self.pool.take(&call.code_hash) {
            count(&self.counters.hits);
            return Ok(slot);
        }
        count(&self.counters.misses);
        let compile = || slot::compile("prelude", prelude::SOURCE, self.memory_bytes);
        let prelude = self.prelude.get_or_init(compile).as_ref();
        let prelude = prelude.map_err(|error| format!("the prelude: {error}"))?;
        let mut slot = match self.warmer.take() {
            Some(slot) => slot,
            None => Slot::new(prelude, self.memory_bytes)?,
        };
        slot.load(call.program)?;
        Ok(slot)
    }

    fn run_here(&self, call: &ScriptCall<'_>, door: &mut dyn Door) -> ScriptEnd {
        let mut slot = match self.slot(call) {
            Ok(slot) => slot,
            Err(reason) => return ScriptEnd::Failed(reason),
        };
        let watch = self.time_limit.map(|limit| self.watchdog.watch(limit, Box::new(|| {})));
        let mut end = slot.run(call, door, watch.as_ref().map(Watch::flag));
        if watch.is_some_and(|watch| watch.is_late()) {
            count(&self.counters.timeouts);
            end = ScriptEnd::Failed("the script ran too long for this node".to_owned());
        }
        match &end {
            // What failed is not used again.
            ScriptEnd::Failed(_) => {
                count(&self.counters.failures);
                return end;
            }
            ScriptEnd::Ended => count(&self.counters.terminations),
            ScriptEnd::Returned { .. } | ScriptEnd::Threw { .. } => {}
        }
        let bytes = slot.settle(REST_BYTES);
        if bytes <= REST_BYTES_MAX {
            let evicted = self.pool.put(call.code_hash, slot, bytes as u64);
            self.counters.evictions.fetch_add(evicted, Ordering::Relaxed);
        }
        end
    }
}

impl JsEngine for QuickJs {
    fn id(&self) -> String {
        "quickjs-ng-0.16.2".to_owned()
    }

    fn compile(&self, source: &str) -> Result<Vec<u8>, ScriptError> {
        on_enough_stack(|| slot::compile("contract", source, self.memory_bytes))
    }

    fn run(&self, call: &ScriptCall<'_>, door: &mut dyn Door) -> ScriptEnd {
        on_enough_stack(|| self.run_here(call, door))
    }

    fn counters(&self) -> Vec<(&'static str, u64)> {
        self.counters.report(&self.pool, &self.warmer)
    }
}

fn on_enough_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK_RED_ZONE_BYTES, STACK_GROWTH_BYTES, work)
}
