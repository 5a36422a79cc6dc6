//! Regular expressions. A frame knows its patterns by numbers; a machine keeps those it made, so
//! that a contract that runs again does not make them again. What it costs does not depend on that.

use std::sync::Arc;

use js_regex::{Pattern, Syntax};
use parking_lot::Mutex;
use primitives::Gas;
use schnellru::{ByLength, LruMap};

use super::{Answer, Arguments, FrameDoor, Stop};
use crate::engine::JsValue;
use crate::limits::{
    PATTERN_CHARACTER_GAS, PATTERN_GAS, PATTERN_WEIGHT_GAS, PATTERNS_MAX, SEARCH_GAS,
};

/// Patterns that a machine keeps.
const CACHED_PATTERNS_MAX: u32 = 256;

/// The weight up to which a pattern is kept: others are large.
const CACHED_WEIGHT_MAX: u32 = 256;

/// The patterns that a machine used last, shared by threads.
pub(crate) struct PatternCache(Mutex<LruMap<String, Arc<Pattern>, ByLength>>);

impl Default for PatternCache {
    fn default() -> Self {
        Self(Mutex::new(LruMap::new(ByLength::new(CACHED_PATTERNS_MAX))))
    }
}

impl core::fmt::Debug for PatternCache {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("PatternCache").finish_non_exhaustive()
    }
}

impl PatternCache {
    fn get(&self, key: &str, syntax: &Syntax) -> Result<Arc<Pattern>, String> {
        if let Some(pattern) = self.0.lock().get(key) {
            return Ok(Arc::clone(pattern));
        }
        let pattern = Arc::new(Pattern::new(syntax).map_err(|error| error.to_string())?);
        if syntax.weight() <= CACHED_WEIGHT_MAX {
            self.0.lock().insert(key.to_owned(), Arc::clone(&pattern));
        }
        Ok(pattern)
    }
}

/// A pattern of a frame.
#[derive(Debug)]
pub(super) struct Made {
    key: String,
    syntax: Syntax,
    pattern: Arc<Pattern>,
}

impl Made {
    /// Its number, and the names of its groups with theirs.
    fn described(&self, number: usize) -> JsValue {
        let number = JsValue::Number(u32::try_from(number).unwrap_or(u32::MAX).into());
        let names = self.syntax.names().iter().map(|(name, group)| {
            JsValue::List(vec![JsValue::Text(name.clone()), JsValue::Number((*group).into())])
        });
        JsValue::List(vec![number, JsValue::List(names.collect())])
    }
}

impl FrameDoor<'_> {
    /// Source and flags. Gives the number of the pattern and the names of its groups, or what is
    /// wrong with it as text.
    pub(super) fn pattern_new(&mut self, arguments: &Arguments<'_>) -> Answer {
        let (source, flags) = (arguments.text(0)?, arguments.text(1)?);
        let characters = (source.len() as u64).saturating_add(flags.len() as u64);
        self.charge(Gas(PATTERN_GAS.saturating_add(PATTERN_CHARACTER_GAS * characters)))?;
        let key = format!("{flags}/{source}");
        if let Some(number) = self.patterns.iter().position(|made| made.key == key) {
            return Ok(self.patterns.get(number).map_or(JsValue::Null, |it| it.described(number)));
        }
        let number = self.patterns.len();
        if number >= PATTERNS_MAX {
            let most = PATTERNS_MAX;
            return Err(Stop::Throw(format!("more than {most} regular expressions in one call")));
        }
        let syntax = match Syntax::parse(source, flags) {
            Ok(syntax) => syntax,
            Err(error) => return Ok(JsValue::Text(error.to_string())),
        };
        self.charge(Gas(PATTERN_WEIGHT_GAS.saturating_mul(syntax.weight().into())))?;
        let pattern = self.cache.get(&key, &syntax).map_err(Stop::Throw)?;
        let made = Made { key, syntax, pattern };
        let described = made.described(number);
        self.patterns.push(made);
        Ok(described)
    }

    /// Pattern, text, where to begin, whether to find there alone. Gives beginning and end of the
    /// match and of each group, -1 for a group that takes no part; null for no match.
    pub(super) fn pattern_find(&mut self, arguments: &Arguments<'_>) -> Answer {
        let number = usize::try_from(arguments.count(0, u32::MAX)?).unwrap_or(usize::MAX);
        let (text, from) = (arguments.text(1)?, arguments.count(2, u32::MAX)?);
        let Some(made) = self.patterns.get(number) else {
            return Err(Stop::Throw(format!("{number} is the number of no pattern")));
        };
        let pattern = Arc::clone(&made.pattern);
        let cost = search_gas(&made.syntax, text.len(), u64::from(from));
        self.charge_copy(text.len().saturating_mul(2))?;
        self.charge(cost)?;
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let Some(groups) = pattern.find(text, from, arguments.flag(3)) else {
            return Ok(JsValue::Null);
        };
        let place = |place: usize| u32::try_from(place).map_or(-1.0, f64::from);
        let places = groups.iter().flat_map(|group| {
            let (start, end) = group.map_or((-1.0, -1.0), |(a, b)| (place(a), place(b)));
            [JsValue::Number(start), JsValue::Number(end)]
        });
        Ok(JsValue::List(places.collect()))
    }
}

/// What a search costs: each part of the pattern may look at each character that is left.
fn search_gas(syntax: &Syntax, bytes: usize, from: u64) -> Gas {
    let weight = u64::from(syntax.weight());
    // A character has at least as many bytes as it has units, by which `from` counts.
    let left = (bytes as u64).saturating_sub(from);
    let memory = weight.saturating_mul(u64::from(syntax.groups()).saturating_add(1)) / 4;
    let steps = left.saturating_mul(weight) / 2;
    Gas(SEARCH_GAS.saturating_add(memory).saturating_add(left).saturating_add(steps))
}
