//! One runtime with one context that has loaded the prelude and one contract's code.
#![allow(
    unsafe_code,
    reason = "the binding counts references without atoms, a slot holds them all"
)]

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rquickjs::context::intrinsic;
use rquickjs::function::{Args, Rest};
use rquickjs::{Context, Ctx, Error, Exception, Function, Module, Persistent, Runtime, Value, qjs};

use super::link::Link;
use super::memory::{CappedAllocator, MemoryGauge};
use super::values::{from_engine, to_engine};
use crate::engine::{Door, DoorError, JsValue, ScriptCall, ScriptEnd, ScriptEntry, ScriptError};

/// Bytes of native stack that a script may use. The depth that instrumentation allows stays far
/// below, so that the engine's own limit, which a script could catch, is never met.
pub(super) const STACK_BYTES: usize = 6 << 20;

/// What the contexts of contracts have of the language, before the prelude takes more away: no
/// clock, no `eval`, no regular expressions of the engine, no weak references.
type Intrinsics = (
    intrinsic::Json,
    intrinsic::Proxy,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
);

/// What compiles: the parser needs the intrinsic of `eval`.
type CompilerIntrinsics = (intrinsic::Eval, intrinsic::Promise);

/// A context with the world, which runs one contract once that is loaded.
pub(super) struct Slot {
    // Values of the engine go before the context, the context before its runtime.
    run: Persistent<Function<'static>>,
    /// The contract, once there is one.
    factory: Option<Persistent<Value<'static>>>,
    big: Persistent<Function<'static>>,
    context: Context,
    runtime: Runtime,
    link: Rc<Link>,
    gauge: Rc<MemoryGauge>,
}

// SAFETY: a runtime of the engine has no tie to a thread but the address of the stack, which a slot
// tells anew before each use. Every reference to the runtime, its context, its values and what its
// closures share lies within the slot, so that all of them move at once, and the lock of the pool
// orders one thread's use before the next one's.
unsafe impl Send for Slot {}

impl core::fmt::Debug for Slot {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Slot").field("gauge", &self.gauge).finish_non_exhaustive()
    }
}

impl Slot {
    /// A slot without a contract, with the prelude's program, of at most `memory_bytes`.
    ///
    /// # Errors
    ///
    /// What the engine says; the node has no memory, or the engine is broken.
    pub(super) fn new(prelude: &[u8], memory_bytes: usize) -> Result<Self, String> {
        let (runtime, gauge) = runtime(memory_bytes).map_err(|error| error.to_string())?;
        let link = Rc::new(Link::default());
        let stop = Rc::clone(&link);
        runtime.set_interrupt_handler(Some(Box::new(move || stop.must_stop())));
        let context = Context::custom::<Intrinsics>(&runtime).map_err(|e| e.to_string())?;
        enter_stack(&context);
        let loaded = context.with(|ctx| {
            let load = || load_world(&ctx, prelude, &link);
            load().map_err(|error| describe(&ctx, &error))
        });
        let (run, big) = loaded?;
        Ok(Self { run, factory: None, big, context, runtime, link, gauge })
    }

    /// Loads the contract.
    ///
    /// # Errors
    ///
    /// What the engine says; the node has no memory.
    pub(super) fn load(&mut self, program: &[u8]) -> Result<(), String> {
        enter_stack(&self.context);
        let loaded = self.context.with(|ctx| {
            let factory = load(&ctx, program).map_err(|error| describe(&ctx, &error))?;
            Ok::<_, String>(Persistent::save(&ctx, factory))
        });
        self.factory = Some(loaded?);
        Ok(())
    }

    /// Runs one method.
    pub(super) fn run(
        &mut self,
        call: &ScriptCall<'_>,
        door: &mut dyn Door,
        is_late: Option<Arc<AtomicBool>>,
    ) -> ScriptEnd {
        enter_stack(&self.context);
        let result = self.link.lend(door, is_late, || {
            self.context.with(|ctx| {
                let result = self.invoke(&ctx, call);
                result.map_err(|error| describe(&ctx, &error))
            })
        });
        if self.gauge.is_exceeded() {
            return ScriptEnd::Failed("the memory of the context is used up".to_owned());
        }
        if self.link.has_panicked() {
            return ScriptEnd::Failed("an operation of the host panicked".to_owned());
        }
        match result {
            _ if self.link.has_ended() => ScriptEnd::Ended,
            Ok(end) => end,
            Err(reason) => ScriptEnd::Failed(reason),
        }
    }

    /// Bytes in use, after garbage is collected where there are more than `bytes_max`.
    pub(super) fn settle(&self, bytes_max: usize) -> usize {
        if self.gauge.used() > bytes_max {
            self.runtime.run_gc();
        }
        self.gauge.used()
    }

    fn invoke(&self, ctx: &Ctx<'_>, call: &ScriptCall<'_>) -> rquickjs::Result<ScriptEnd> {
        let run = self.run.clone().restore(ctx)?;
        let big = self.big.clone().restore(ctx)?;
        let factory = self.factory.clone().expect("invariant: a contract is loaded before it runs");
        let factory = factory.restore(ctx)?;
        let method = match call.entry {
            ScriptEntry::Deploy => Value::new_null(ctx.clone()),
            ScriptEntry::Method(name) => {
                rquickjs::String::from_str(ctx.clone(), name)?.into_value()
            }
        };
        let mut arguments = Args::new(ctx.clone(), call.arguments.len() + 2);
        arguments.push_arg(factory)?;
        arguments.push_arg(method)?;
        for argument in call.arguments {
            arguments.push_arg(to_engine(ctx, &big, argument)?)?;
        }
        let answer: rquickjs::Array<'_> = arguments.apply(&run)?;
        let has_returned: bool = answer.get(0)?;
        let chunk: f64 = answer.get(1)?;
        let value = from_engine(&answer.get(2)?)?;
        let chunk = whole(chunk);
        Ok(match has_returned {
            true => ScriptEnd::Returned { value, chunk },
            false => ScriptEnd::Threw { reason: value, chunk },
        })
    }
}

/// Translates a script, whose value is a function, into bytes that [`Slot::new`] loads.
///
/// # Errors
///
/// [`ScriptError`] with the engine's words.
pub(super) fn compile(
    name: &str,
    source: &str,
    memory_bytes: usize,
) -> Result<Vec<u8>, ScriptError> {
    let failure = |error: &Error| ScriptError { reason: error.to_string() };
    let (runtime, _) = runtime(memory_bytes).map_err(|error| failure(&error))?;
    let context =
        Context::custom::<CompilerIntrinsics>(&runtime).map_err(|error| failure(&error))?;
    enter_stack(&context);
    context.with(|ctx| {
        // As a module, whose bytes the engine can write and read. Its only export is the value.
        let module = Module::declare(ctx.clone(), name, format!("export default {source}"));
        let options = rquickjs::module::WriteOptions { strip_source: true, ..Default::default() };
        let written = module.and_then(|module| module.write(options));
        written.map_err(|error| ScriptError { reason: describe(&ctx, &error) })
    })
}

fn runtime(memory_bytes: usize) -> rquickjs::Result<(Runtime, Rc<MemoryGauge>)> {
    let gauge = Rc::new(MemoryGauge::new(memory_bytes));
    let runtime = Runtime::new_with_alloc(CappedAllocator::new(Rc::clone(&gauge)))?;
    runtime.set_max_stack_size(STACK_BYTES);
    Ok((runtime, gauge))
}

/// Tells the engine where the native stack is now: a slot moves between threads and stacks.
fn enter_stack(context: &Context) {
    // SAFETY: the context keeps its runtime alive, and the call only notes the stack's address.
    unsafe { qjs::JS_UpdateStackTop(context.get_runtime_ptr()) }
}

/// What runs contracts, and what makes a `bigint` of text.
type World = (Persistent<Function<'static>>, Persistent<Function<'static>>);

fn load_world(ctx: &Ctx<'_>, prelude: &[u8], link: &Rc<Link>) -> rquickjs::Result<World> {
    let prelude: Function<'_> = load(ctx, prelude)?.get()?;
    let big: Function<'_> = ctx.globals().get("BigInt")?;
    let run: Function<'_> = prelude.call((host_function(ctx, Rc::clone(link))?,))?;
    Ok((Persistent::save(ctx, run), Persistent::save(ctx, big)))
}

/// Loads what [`compile`] wrote and hands back its value.
fn load<'js>(ctx: &Ctx<'js>, program: &[u8]) -> rquickjs::Result<Value<'js>> {
    // SAFETY: `compile` of this process wrote the bytes; they come from no file and no network.
    let module = unsafe { Module::load(ctx.clone(), program) }?;
    let (module, _promise) = module.eval()?;
    module.get("default")
}

/// The one function through which a script reaches the machine. Its arguments are the function that
/// makes a `bigint` of text, the operation, the chunk, and those of the operation. The first is no
/// value of the closure, because the engine's collector does not see into closures of the host.
fn host_function<'js>(ctx: &Ctx<'js>, link: Rc<Link>) -> rquickjs::Result<Function<'js>> {
    let operate =
        move |ctx: Ctx<'js>, arguments: Rest<Value<'js>>| operate(&ctx, &link, &arguments.0);
    Function::new(ctx.clone(), operate)
}

fn operate<'js>(
    ctx: &Ctx<'js>,
    link: &Link,
    arguments: &[Value<'js>],
) -> rquickjs::Result<Value<'js>> {
    let [big, operation, chunk, arguments @ ..] = arguments else { return Err(Error::Unknown) };
    let big = big.as_function().ok_or(Error::Unknown)?;
    let operation = u32::try_from(operation.as_int().unwrap_or(-1)).unwrap_or(u32::MAX);
    let chunk = whole(chunk.as_number().unwrap_or(f64::NAN));
    let arguments: Vec<JsValue> =
        arguments.iter().map(from_engine).collect::<rquickjs::Result<_>>()?;
    match link.call(operation, chunk, &arguments) {
        Ok(value) => to_engine(ctx, big, &value),
        // The prelude makes an error of the text.
        Err(DoorError::Throw(message)) => {
            let text = rquickjs::String::from_str(ctx.clone(), &message)?;
            Err(ctx.throw(text.into_value()))
        }
        Err(DoorError::End) => Err(throw_uncatchable(ctx)),
    }
}

/// Throws what no `catch` and no `finally` of the script sees.
fn throw_uncatchable(ctx: &Ctx<'_>) -> Error {
    let Ok(exception) = Exception::from_message(ctx.clone(), "the frame has ended") else {
        return Error::Allocation;
    };
    let value = exception.into_value();
    // SAFETY: the value is a live error object of this context.
    unsafe { qjs::JS_SetUncatchableError(ctx.as_raw().as_ptr(), value.as_raw()) };
    ctx.throw(value)
}

/// The whole number in a chunk. What is no number at all counts as nothing left.
#[allow(clippy::cast_possible_truncation, reason = "a chunk is a whole number of 32 bits")]
const fn whole(chunk: f64) -> i64 {
    chunk as i64
}

/// What went wrong, in words; takes a pending exception away.
fn describe(ctx: &Ctx<'_>, error: &Error) -> String {
    if !error.is_exception() {
        return error.to_string();
    }
    let thrown = ctx.catch();
    match thrown.as_exception().and_then(Exception::message) {
        Some(message) => message,
        None => format!("an exception of the type {}", thrown.type_name()),
    }
}
