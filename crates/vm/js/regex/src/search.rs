//! Patterns that search.

use regex_automata::{
    Anchored, Input,
    meta::{Config, Regex},
};

use crate::{PatternError, Syntax};

/// A pattern that can search.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
}

impl Pattern {
    /// Makes a pattern of what was read. The work grows with its weight.
    ///
    /// # Errors
    ///
    /// [`PatternError`] where the library refuses it; the limit of the weight keeps it from that.
    pub fn new(syntax: &Syntax) -> Result<Self, PatternError> {
        // Without automata that are built as they search: they are fast on long texts, and each
        // takes memory that nothing here accounts for.
        let config = Config::new().hybrid(false).dfa(false).nfa_size_limit(None);
        let regex = Regex::builder().configure(config).build_from_hir(&syntax.tree);
        let regex = regex.map_err(|error| PatternError { at: 0, what: error.to_string() })?;
        Ok(Self { regex })
    }

    /// The first match at or after `from`, or with `is_sticky` only at it. Places are in units of
    /// UTF-16, as the language counts; first the whole match, then each group that takes part.
    #[must_use]
    pub fn find(
        &self,
        text: &str,
        from: usize,
        is_sticky: bool,
    ) -> Option<Vec<Option<(usize, usize)>>> {
        let places = Places::of(text);
        let anchored = if is_sticky { Anchored::Yes } else { Anchored::No };
        let input = Input::new(text).range(places.byte(from)?..).anchored(anchored);
        let mut captures = self.regex.create_captures();
        // Its memory is not kept: a pattern may be one of many.
        let mut cache = self.regex.create_cache();
        self.regex.search_captures_with(&mut cache, &input, &mut captures);
        if !captures.is_match() {
            return None;
        }
        let spans = captures.iter();
        Some(
            spans.map(|span| span.map(|it| (places.unit(it.start), places.unit(it.end)))).collect(),
        )
    }
}

/// Bytes of a text by units of UTF-16 and back.
enum Places<'t> {
    /// They are the same.
    Ascii(usize),
    Wide(&'t str),
}

impl<'t> Places<'t> {
    fn of(text: &'t str) -> Self {
        if text.is_ascii() { Self::Ascii(text.len()) } else { Self::Wide(text) }
    }

    /// The byte where the character of a unit begins. None beyond the end.
    fn byte(&self, unit: usize) -> Option<usize> {
        match self {
            Self::Ascii(length) => Some(unit).filter(|unit| unit <= length),
            Self::Wide(text) => {
                let mut units = 0;
                for (byte, letter) in text.char_indices() {
                    units += letter.len_utf16();
                    if units > unit {
                        return Some(byte);
                    }
                }
                (units == unit).then_some(text.len())
            }
        }
    }

    fn unit(&self, byte: usize) -> usize {
        match self {
            Self::Ascii(_) => byte,
            Self::Wide(text) => text.get(..byte).unwrap_or(text).chars().map(char::len_utf16).sum(),
        }
    }
}
