//! V8: a second engine, with the same results and the same gas. It starts slower than `QuickJS` and
//! runs faster.
//!
//! An isolate has the context of one contract at a time, so that what one contract does to its heap
//! is seen by no other, and a frame within a frame has another isolate on the same thread.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use js_v8::{Answer, Isolate, IsolateLimits, Library, RunEnd, Snapshot, V8Error};
use parking_lot::Mutex;

use crate::codec;
use crate::config::JsConfig;
use crate::engine::{
    Door, DoorError, JsEngine, JsValue, ScriptCall, ScriptEnd, ScriptEntry, ScriptError,
};
use crate::pool::{Counters, Pool, count};
use crate::prelude;
use crate::warmer::Warmer;
use crate::watchdog::Watchdog;

/// Bytes of native stack that a script may use. The depth that instrumentation allows stays far
/// below, so that the engine's own limit, which a script could catch, is never met.
const STACK_BYTES: usize = 8 << 20;

/// Native stack that a run must find: what the script may use, and the host functions below it.
const STACK_RED_ZONE_BYTES: usize = STACK_BYTES + (2 << 20);

/// Native stack that is added where less is left.
const STACK_GROWTH_BYTES: usize = STACK_RED_ZONE_BYTES + (1 << 20);

/// The least that a heap is given: the world alone takes some of it.
const HEAP_BYTES_MIN: usize = 16 << 20;

/// Bytes that an isolate may hold between runs before its garbage is collected.
const REST_BYTES: usize = 8 << 20;

/// An isolate that holds more after that is not kept.
const REST_BYTES_MAX: usize = 32 << 20;

/// The deepest nesting of what crosses; the prelude refuses deeper values before.
const LEVELS_MAX: u32 = 80;

/// The engine: V8.
#[derive(Debug)]
pub struct V8 {
    snapshot: Arc<OnceLock<Result<Snapshot, V8Error>>>,
    warmer: Warmer<Isolate>,
    /// The isolate that compiles; contracts do not run in it.
    compiler: Mutex<Option<Isolate>>,
    pool: Pool<Isolate>,
    watchdog: Watchdog,
    limits: IsolateLimits,
    time_limit: Option<Duration>,
    has_jit: bool,
    counters: Counters,
}

impl V8 {
    /// The engine with these settings. It starts when it is first used.
    #[must_use]
    pub fn new(config: &JsConfig) -> Self {
        let memory_bytes = usize::try_from(config.memory_limit).unwrap_or(usize::MAX);
        let limits = IsolateLimits {
            heap_bytes: memory_bytes.max(HEAP_BYTES_MIN),
            array_bytes: memory_bytes,
            stack_bytes: STACK_BYTES,
        };
        let snapshot = Arc::new(OnceLock::new());
        let known: Arc<OnceLock<Result<Snapshot, V8Error>>> = Arc::clone(&snapshot);
        let make = move || {
            let snapshot = known.get()?.as_ref().ok()?;
            on_enough_stack(|| snapshot.open(&limits)).ok()
        };
        let (min, max) = (config.warm_contexts_min, config.warm_contexts_max);
        Self {
            snapshot,
            warmer: Warmer::new(min, max, Box::new(make)),
            compiler: Mutex::new(None),
            pool: Pool::new(config.contexts, config.contexts_bytes),
            watchdog: Watchdog::default(),
            limits,
            time_limit: config.execution_time_limit_ms.map(Duration::from_millis),
            has_jit: config.v8_jit,
            counters: Counters::default(),
        }
    }

    /// Starts V8; tells its version.
    ///
    /// # Errors
    ///
    /// Why there is none, in words.
    pub fn start(&self) -> Result<String, String> {
        let version = || Ok(self.snapshot()?.version());
        version().map_err(|error: V8Error| error.to_string())
    }

    fn snapshot(&self) -> Result<&Snapshot, V8Error> {
        let make = || Library::start(self.has_jit)?.snapshot(prelude::SOURCE);
        self.snapshot.get_or_init(make).as_ref().map_err(Clone::clone)
    }

    /// An isolate that has loaded the code of the call.
    fn isolate(&self, call: &ScriptCall<'_>) -> Result<Isolate, V8Error> {
        if let Some(isolate) = self.pool.take(&call.code_hash) {
            count(&self.counters.hits);
            return Ok(isolate);
        }
        count(&self.counters.misses);
        let mut isolate = self.blank_isolate()?;
        let (script, compiled) = parts(call.program);
        isolate.load(script, compiled)?;
        Ok(isolate)
    }

    /// One that waits; else that of the contract that ran longest ago where there is no room for
    /// more, since a context is made faster than an isolate; else a new one.
    fn blank_isolate(&self) -> Result<Isolate, V8Error> {
        if let Some(isolate) = self.warmer.take() {
            return Ok(isolate);
        }
        match self.pool.take_oldest() {
            Some(isolate) => {
                count(&self.counters.evictions);
                Ok(isolate)
            }
            None => self.snapshot()?.open(&self.limits),
        }
    }

    fn compile_here(&self, source: &str) -> Result<Vec<u8>, V8Error> {
        let mut compiler = self.compiler.lock();
        let mut isolate = match compiler.take() {
            Some(isolate) => isolate,
            None => self.snapshot()?.open(&self.limits)?,
        };
        let result = isolate.compile(source);
        let is_sound = !matches!(result, Err(V8Error::NoMemory));
        if is_sound && isolate.settle(REST_BYTES) <= REST_BYTES_MAX {
            *compiler = Some(isolate);
        }
        result.map(|compiled| join(source, &compiled))
    }

    fn run_here(&self, call: &ScriptCall<'_>, door: &mut dyn Door) -> ScriptEnd {
        let mut isolate = match self.isolate(call) {
            Ok(isolate) => isolate,
            Err(error) => return self.failed(error.to_string()),
        };
        let end = self.run_in(&mut isolate, call, door);
        match end {
            // What failed is not used again.
            ScriptEnd::Failed(reason) => return self.failed(reason),
            ScriptEnd::Ended => count(&self.counters.terminations),
            ScriptEnd::Returned { .. } | ScriptEnd::Threw { .. } => {}
        }
        let bytes = isolate.settle(REST_BYTES);
        if bytes <= REST_BYTES_MAX {
            let evicted = self.pool.put(call.code_hash, isolate, bytes as u64);
            self.counters.evictions.fetch_add(evicted, Ordering::Relaxed);
        }
        end
    }

    fn failed(&self, reason: String) -> ScriptEnd {
        count(&self.counters.failures);
        ScriptEnd::Failed(reason)
    }

    fn run_in(
        &self,
        isolate: &mut Isolate,
        call: &ScriptCall<'_>,
        door: &mut dyn Door,
    ) -> ScriptEnd {
        let method = match call.entry {
            ScriptEntry::Deploy => JsValue::Null,
            ScriptEntry::Method(name) => JsValue::Text(name.to_owned()),
        };
        let input = codec::encode_items(&method, call.arguments);
        let stopper = isolate.stopper();
        let stop = Box::new(move || stopper.stop());
        let watch = self.time_limit.map(|limit| self.watchdog.watch(limit, stop));
        let mut has_ended = false;
        let end = isolate.run(&input, &mut |operation, chunk, arguments| {
            let answer = operate(door, operation, chunk, arguments);
            has_ended |= matches!(answer, Answer::End);
            answer
        });
        if watch.is_some_and(|watch| watch.is_late()) {
            count(&self.counters.timeouts);
            return ScriptEnd::Failed("the script ran too long for this node".to_owned());
        }
        match end {
            RunEnd::Panicked => ScriptEnd::Failed("an operation of the host panicked".to_owned()),
            RunEnd::Failed(V8Error::NoMemory) => {
                ScriptEnd::Failed("the memory of the context is used up".to_owned())
            }
            _ if has_ended => ScriptEnd::Ended,
            RunEnd::Stopped => ScriptEnd::Failed("V8 stopped without a reason".to_owned()),
            RunEnd::Failed(error) => ScriptEnd::Failed(error.to_string()),
            RunEnd::Returned(bytes) => returned(&bytes),
        }
    }
}

impl JsEngine for V8 {
    fn id(&self) -> String {
        match self.start() {
            Ok(version) => format!("v8-{version}"),
            Err(_) => "v8".to_owned(),
        }
    }

    fn compile(&self, source: &str) -> Result<Vec<u8>, ScriptError> {
        on_enough_stack(|| self.compile_here(source))
            .map_err(|error| ScriptError { reason: error.to_string() })
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

/// A script before what it was compiled to.
fn join(script: &str, compiled: &[u8]) -> Vec<u8> {
    let length = (script.len() as u64).to_be_bytes();
    [length.as_slice(), script.as_bytes(), compiled].concat()
}

/// The two parts of what [`join`] made.
fn parts(program: &[u8]) -> (&str, &[u8]) {
    let (length, rest) = program.split_first_chunk().expect("invariant: a length is before all");
    let length = usize::try_from(u64::from_be_bytes(*length)).unwrap_or(usize::MAX);
    let (script, compiled) = rest.split_at_checked(length).expect("invariant: the script is there");
    (core::str::from_utf8(script).expect("invariant: a script is text"), compiled)
}

fn operate(door: &mut dyn Door, operation: u32, chunk: i64, arguments: &[u8]) -> Answer {
    let arguments = codec::decode_nested(arguments, LEVELS_MAX);
    let JsValue::List(items) = arguments.expect("invariant: the shim writes values") else {
        unreachable!("the shim writes a list");
    };
    match door.call(operation, chunk, &items) {
        Ok(value) => Answer::Value(codec::encode(&value)),
        Err(DoorError::Throw(message)) => Answer::Throw(message),
        Err(DoorError::End) => Answer::End,
    }
}

/// What the prelude says of a run: whether it returned, the chunk, the value.
#[allow(clippy::cast_possible_truncation, reason = "a chunk is a whole number of 32 bits")]
fn returned(bytes: &[u8]) -> ScriptEnd {
    let Ok(JsValue::List(parts)) = codec::decode_nested(bytes, LEVELS_MAX) else {
        return ScriptEnd::Failed("the prelude hands back no list".to_owned());
    };
    match <[JsValue; 3]>::try_from(parts) {
        Ok([JsValue::Bool(true), JsValue::Number(chunk), value]) => {
            ScriptEnd::Returned { value, chunk: chunk as i64 }
        }
        Ok([JsValue::Bool(false), JsValue::Number(chunk), reason]) => {
            ScriptEnd::Threw { reason, chunk: chunk as i64 }
        }
        _ => ScriptEnd::Failed("the prelude hands back something else".to_owned()),
    }
}
