//! One file of tests in a runtime of its own.

use std::{cell::Cell, cell::RefCell, rc::Rc, time::Instant};

use rquickjs::{
    CatchResultExt, CaughtError, Context, Ctx, Function, Module, Object, Promise, Runtime,
};
use serde_json::{Value as Json, json};

use crate::{
    ReadFile, SharedHost, TestError, TestOptions, TestOutcome, TestReport, modules::Modules,
    places::Places,
};

/// Native stack of the tests.
const STACK_BYTES: usize = 8 << 20;

/// What the engine may use of it.
const ENGINE_STACK_BYTES: usize = 4 << 20;

/// Bytes that the tests of a file may use.
const MEMORY_BYTES: usize = 1 << 30;

/// Runs the tests of a file in their order, and tells each when it has ended.
///
/// # Errors
///
/// [`TestError`] where the file does not read or fails before its first test.
pub fn run_file(
    name: &str,
    read: ReadFile,
    host: &SharedHost,
    options: &TestOptions,
    on_report: &mut dyn FnMut(TestReport),
) -> Result<(), TestError> {
    stacker::grow(STACK_BYTES, || {
        let modules = Modules { read, places: Rc::new(RefCell::new(Places::default())) };
        let world = World::new(&modules).map_err(|error| TestError::Engine(error.to_string()))?;
        world.context.with(|ctx| world.run(&ctx, (name, host), options, on_report))
    })
}

struct World<'m> {
    context: Context,
    modules: &'m Modules,
    /// When what runs is ended.
    deadline: Rc<Cell<Option<Instant>>>,
}

impl<'m> World<'m> {
    fn new(modules: &'m Modules) -> rquickjs::Result<Self> {
        let runtime = Runtime::new()?;
        runtime.set_max_stack_size(ENGINE_STACK_BYTES);
        runtime.set_memory_limit(MEMORY_BYTES);
        runtime.set_loader(modules.clone(), modules.clone());
        let deadline = Rc::new(Cell::new(None::<Instant>));
        let until = Rc::clone(&deadline);
        let is_late = move || until.get().is_some_and(|until| Instant::now() >= until);
        runtime.set_interrupt_handler(Some(Box::new(is_late)));
        Ok(Self { context: Context::full(&runtime)?, modules, deadline })
    }

    fn run(
        &self,
        ctx: &Ctx<'_>,
        (name, host): (&str, &SharedHost),
        options: &TestOptions,
        on_report: &mut dyn FnMut(TestReport),
    ) -> Result<(), TestError> {
        let engine = |error: rquickjs::Error| TestError::Engine(error.to_string());
        let failure = |error: CaughtError<'_>| TestError::File(self.told(&error, name));
        let host = host_function(ctx, Rc::clone(host)).map_err(engine)?;
        let harness: Function<'_> = ctx.eval(include_str!("harness.js")).map_err(engine)?;
        let harness: Object<'_> = harness.call((host, name)).catch(ctx).map_err(failure)?;
        let source = self.modules.source(name).map_err(TestError::File)?;
        self.begin(options);
        let loaded = Module::evaluate(ctx.clone(), name, source);
        loaded.and_then(|it| it.finish::<()>()).catch(ctx).map_err(failure)?;
        let list: Function<'_> = harness.get("list").map_err(engine)?;
        let names: String = list.call(()).catch(ctx).map_err(failure)?;
        let names: Vec<Vec<String>> = serde_json::from_str(&names).unwrap_or_default();
        let run: Function<'_> = harness.get("run").map_err(engine)?;
        for (index, name) in names.into_iter().enumerate() {
            let is_chosen = name.join(" ").contains(&options.filter);
            self.begin(options);
            let report = self.one(ctx, &run, (index, is_chosen), name)?;
            if is_chosen {
                on_report(report);
            }
        }
        self.deadline.set(None);
        Ok(())
    }

    fn begin(&self, options: &TestOptions) {
        self.deadline.set(Instant::now().checked_add(options.time_limit));
    }

    fn one(
        &self,
        ctx: &Ctx<'_>,
        run: &Function<'_>,
        which: (usize, bool),
        name: Vec<String>,
    ) -> Result<TestReport, TestError> {
        let promise: rquickjs::Result<Promise<'_>> = run.call(which);
        let ended = promise.and_then(|promise| promise.finish::<String>());
        let text = match ended.catch(ctx) {
            Ok(text) => text,
            Err(error) => {
                // A function that was interrupted leaves its promise open.
                let is_late = self.deadline.get().is_some_and(|until| Instant::now() >= until);
                let reason = match &error {
                    _ if is_late => "it took too long".to_owned(),
                    CaughtError::Error(rquickjs::Error::WouldBlock) => {
                        "it waits for what never comes".to_owned()
                    }
                    error => error.to_string(),
                };
                let outcome = TestOutcome::Failed { reason, place: None };
                // What an interrupted test left behind would be taken up by the next.
                while ctx.execute_pending_job() {}
                return Ok(TestReport { name, outcome, lines: Vec::new() });
            }
        };
        let ended: Json = serde_json::from_str(&text)
            .map_err(|error| TestError::Engine(format!("the report of a test: {error}")))?;
        let part = |key: &str| ended.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
        let outcome = match part("outcome").as_str() {
            "passed" => TestOutcome::Passed,
            "skipped" => TestOutcome::Skipped,
            _ => {
                let place = self.modules.places.borrow().first(&part("stack"));
                TestOutcome::Failed { reason: part("reason"), place }
            }
        };
        let lines = ended.get("lines").and_then(Json::as_array).into_iter().flatten();
        let lines = lines.filter_map(Json::as_str).map(str::to_owned).collect();
        Ok(TestReport { name, outcome, lines })
    }

    /// An error in words, with its place where it has one of the author.
    fn told(&self, error: &CaughtError<'_>, file: &str) -> String {
        let (message, stack) = match error {
            CaughtError::Exception(exception) => {
                (exception.message().unwrap_or_default(), exception.stack().unwrap_or_default())
            }
            CaughtError::Value(value) => (format!("{value:?} was thrown"), String::new()),
            CaughtError::Error(error) => (error.to_string(), String::new()),
        };
        match self.modules.places.borrow().first(&stack) {
            Some(place) => format!("{place}: {message}"),
            None if message.starts_with(file) => message,
            None => format!("{file}: {message}"),
        }
    }
}

/// `(operation, arguments as JSON) => answer as JSON`, `{"ok": …}` or `{"error": …}`.
fn host_function<'js>(ctx: &Ctx<'js>, host: SharedHost) -> rquickjs::Result<Function<'js>> {
    Function::new(ctx.clone(), move |operation: String, arguments: String| {
        let answer = match serde_json::from_str::<Json>(&arguments) {
            Ok(arguments) => host.borrow_mut().operate(&operation, &arguments),
            Err(error) => Err(json!({ "message": error.to_string() })),
        };
        match answer {
            Ok(value) => json!({ "ok": value }).to_string(),
            Err(error) => json!({ "error": error }).to_string(),
        }
    })
}
