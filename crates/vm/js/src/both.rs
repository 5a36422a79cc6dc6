//! Two engines at once: every frame runs on the first over the host, then on the second over what
//! the host answered the first, and what the two ask for and say is held together. Since gas is
//! handed back with every question, this compares gas, writes, events and calls in their order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::codec;
use crate::door;
use crate::engine::{Door, DoorError, JsEngine, JsValue, ScriptCall, ScriptEnd, ScriptError};

/// Two engines that must agree. Where they do not, the frame is a fault of this node.
#[derive(Debug)]
pub struct Both {
    first: Arc<dyn JsEngine>,
    second: Arc<dyn JsEngine>,
    frames: AtomicU64,
    differences: AtomicU64,
}

/// An operation that the first engine asked for.
struct Asked {
    operation: u32,
    chunk: i64,
    /// The arguments as bytes, which are equal where the values are the same.
    arguments: Vec<u8>,
    answer: Result<JsValue, DoorError>,
}

/// Hands operations on and writes them down.
struct Recorder<'a> {
    door: &'a mut dyn Door,
    tape: Vec<Asked>,
}

/// Answers as the first engine was answered, as long as the second one asks the same.
struct Replay<'a> {
    tape: core::slice::Iter<'a, Asked>,
    asked: usize,
    difference: Option<String>,
}

impl Both {
    /// `first` has the say; `second` is held to it.
    #[must_use]
    pub fn new(first: Arc<dyn JsEngine>, second: Arc<dyn JsEngine>) -> Self {
        Self { first, second, frames: AtomicU64::new(0), differences: AtomicU64::new(0) }
    }

    /// What the second engine does otherwise than the first, if anything.
    fn difference(&self, call: &ScriptCall<'_>, end: &ScriptEnd, tape: &[Asked]) -> Option<String> {
        let mut replay = Replay { tape: tape.iter(), asked: 0, difference: None };
        let other = self.second.run(call, &mut replay);
        if replay.difference.is_some() {
            return replay.difference;
        }
        if let ScriptEnd::Failed(reason) = &other {
            return Some(format!("{} fails: {reason}", self.second.id()));
        }
        if let Some(asked) = replay.tape.next() {
            let number = replay.asked + 1;
            return Some(format!("operation {number}: {} and nothing", shown(asked)));
        }
        difference_of_ends(end, &other)
    }
}

impl JsEngine for Both {
    fn id(&self) -> String {
        format!("{} and {}", self.first.id(), self.second.id())
    }

    fn compile(&self, source: &str) -> Result<Vec<u8>, ScriptError> {
        let first = self.first.compile(source)?;
        let second = self.second.compile(source)?;
        let length = (first.len() as u64).to_be_bytes();
        Ok([length.as_slice(), &first, &second].concat())
    }

    fn run(&self, call: &ScriptCall<'_>, door: &mut dyn Door) -> ScriptEnd {
        let (length, rest) =
            call.program.split_first_chunk().expect("invariant: a length is before all");
        let length = usize::try_from(u64::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let (first, second) = rest.split_at_checked(length).expect("invariant: both are there");
        let mut recorder = Recorder { door, tape: Vec::new() };
        let end = self.first.run(&ScriptCall { program: first, ..*call }, &mut recorder);
        if matches!(end, ScriptEnd::Failed(_)) {
            return end;
        }
        self.frames.fetch_add(1, Ordering::Relaxed);
        let call = ScriptCall { program: second, ..*call };
        match self.difference(&call, &end, &recorder.tape) {
            None => end,
            Some(what) => {
                self.differences.fetch_add(1, Ordering::Relaxed);
                let (first, second) = (self.first.id(), self.second.id());
                let code = call.code_hash;
                ScriptEnd::Failed(format!("{first} and {second} differ in code {code}: {what}"))
            }
        }
    }

    fn counters(&self) -> Vec<(&'static str, u64)> {
        let mut counters = self.first.counters();
        for ((_, sum), (_, count)) in counters.iter_mut().zip(self.second.counters()) {
            *sum = sum.saturating_add(count);
        }
        counters.push(("compared", self.frames.load(Ordering::Relaxed)));
        counters.push(("differences", self.differences.load(Ordering::Relaxed)));
        counters
    }
}

impl Door for Recorder<'_> {
    fn call(
        &mut self,
        operation: u32,
        chunk: i64,
        arguments: &[JsValue],
    ) -> Result<JsValue, DoorError> {
        let answer = self.door.call(operation, chunk, arguments);
        // What an engine does after the end is of no account.
        if matches!(self.tape.last(), Some(Asked { answer: Err(DoorError::End), .. })) {
            return answer;
        }
        let arguments = codec::encode_items(&JsValue::Null, arguments);
        self.tape.push(Asked { operation, chunk, arguments, answer: answer.clone() });
        answer
    }
}

impl Door for Replay<'_> {
    fn call(
        &mut self,
        operation: u32,
        chunk: i64,
        arguments: &[JsValue],
    ) -> Result<JsValue, DoorError> {
        self.asked += 1;
        let asked = self.tape.next();
        let arguments = codec::encode_items(&JsValue::Null, arguments);
        if let Some(asked) = asked
            && (asked.operation, asked.chunk) == (operation, chunk)
            && (asked.arguments == arguments || operation == door::REMARK)
        {
            return asked.answer.clone();
        }
        let other = Asked { operation, chunk, arguments, answer: Err(DoorError::End) };
        let first = asked.map_or_else(|| "nothing".to_owned(), shown);
        let (number, second) = (self.asked, shown(&other));
        self.difference.get_or_insert_with(|| format!("operation {number}: {first} and {second}"));
        Err(DoorError::End)
    }
}

/// The longest text of a value in a message.
const SHOWN_MAX: usize = 200;

fn shown(asked: &Asked) -> String {
    let arguments = codec::decode_nested(&asked.arguments, u32::MAX);
    let arguments = match arguments {
        Ok(JsValue::List(items)) => items.get(1..).map(|items| cut(&items)).unwrap_or_default(),
        _ => String::new(),
    };
    format!("number {} with {} of prepaid gas and {arguments}", asked.operation, asked.chunk)
}

fn cut(value: &dyn core::fmt::Debug) -> String {
    let mut text = format!("{value:?}");
    if let Some((at, _)) = text.char_indices().nth(SHOWN_MAX) {
        text.truncate(at);
        text.push('…');
    }
    text
}

fn difference_of_ends(first: &ScriptEnd, second: &ScriptEnd) -> Option<String> {
    let (name, (one, gas_of_one), (other, gas_of_other)) = match (first, second) {
        (ScriptEnd::Ended, ScriptEnd::Ended) => return None,
        (
            ScriptEnd::Returned { value, chunk },
            ScriptEnd::Returned { value: other, chunk: other_chunk },
        ) => ("value", (value, chunk), (other, other_chunk)),
        (
            ScriptEnd::Threw { reason, chunk },
            ScriptEnd::Threw { reason: other, chunk: other_chunk },
        ) => ("reason", (reason, chunk), (other, other_chunk)),
        _ => return Some(format!("the end: {} and {}", cut(first), cut(second))),
    };
    if gas_of_one != gas_of_other {
        return Some(format!("the gas left: {gas_of_one} and {gas_of_other}"));
    }
    let is_same = codec::encode(one) == codec::encode(other);
    (!is_same).then(|| format!("the {name}: {} and {}", cut(one), cut(other)))
}
