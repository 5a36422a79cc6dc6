//! The regular expressions of JavaScript, as far as they can be matched in linear time.
//!
//! A [`Syntax`] is a pattern that was read, with its weight: a number that follows from its text
//! alone and bounds how large it becomes and how long a search takes. A [`Pattern`] is one that can
//! search. What it finds is what the language says, to the character, with its flag `u`.
//!
//! Not part of it are back-references and look-around, which need time without bound, and what the
//! language and automata see differently: an optional round of what may be empty (`(a*)*`), and a
//! group that takes part in some rounds of a repetition only (`(?:(a)|b)*`). Letters differ in case
//! within ASCII only and there are no classes of Unicode, so that no table of another year matters.

mod class;
mod parse;
mod search;
mod weight;

pub use search::Pattern;

use regex_syntax::hir::Hir;

/// Characters of a pattern.
pub const PATTERN_LENGTH_MAX: usize = 1024;
/// Weight of a pattern.
pub const PATTERN_WEIGHT_MAX: u32 = 2048;
/// Groups of a pattern that are captured.
pub const PATTERN_GROUPS_MAX: u32 = 32;
/// Groups within groups.
pub const PATTERN_NESTING_MAX: u32 = 32;

/// Why a text is no pattern, and where: a byte offset in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("regular expression, character {}: {what}", .at + 1)]
pub struct PatternError {
    /// Characters before the place.
    pub at: usize,
    /// What is wrong, and what to write instead.
    pub what: String,
}

/// What flags of a pattern say. `g`, `y`, and `u` are for those who search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// `i`: letters of ASCII match in both cases.
    pub ignores_case: bool,
    /// `m`: `^` and `$` match at line feeds too.
    pub is_multiline: bool,
    /// `s`: the dot matches line breaks too.
    pub is_dot_all: bool,
}

/// A pattern that was read.
#[derive(Debug, Clone)]
pub struct Syntax {
    tree: Hir,
    weight: u32,
    groups: u32,
    names: Vec<(String, u32)>,
}

impl Flags {
    /// The flags in a text of their letters.
    ///
    /// # Errors
    ///
    /// [`PatternError`] for a letter that is unknown or twice there.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        for (at, letter) in text.chars().enumerate() {
            let wrong = |what: String| Err(PatternError { at, what });
            if !"gimsuy".contains(letter) {
                return wrong(format!("there is no flag `{letter}`: flags are g, i, m, s, u, y"));
            }
            if text.chars().take(at).any(|before| before == letter) {
                return wrong(format!("the flag `{letter}` stands twice"));
            }
        }
        Ok(Self {
            ignores_case: text.contains('i'),
            is_multiline: text.contains('m'),
            is_dot_all: text.contains('s'),
        })
    }
}

impl Syntax {
    /// Reads a pattern. The work is linear in its length.
    ///
    /// # Errors
    ///
    /// [`PatternError`] telling the place and what is wrong or not part of contracts.
    pub fn parse(source: &str, flags: &str) -> Result<Self, PatternError> {
        let flags = Flags::parse(flags)?;
        let found = source.chars().count();
        if found > PATTERN_LENGTH_MAX {
            let what = format!("it has {found} characters, the limit is {PATTERN_LENGTH_MAX}");
            return Err(PatternError { at: PATTERN_LENGTH_MAX, what });
        }
        let (tree, names, groups) = parse::parse(source, flags)?;
        let weight = weight::of(&tree);
        if weight > PATTERN_WEIGHT_MAX {
            let what = format!("its parts and repetitions weigh more than {PATTERN_WEIGHT_MAX}");
            return Err(PatternError { at: 0, what });
        }
        Ok(Self { tree, weight, groups, names })
    }

    /// How large it is: what making it and a character of a search cost grow with this.
    #[must_use]
    pub const fn weight(&self) -> u32 {
        self.weight
    }

    /// How many groups are captured, the whole match left out.
    #[must_use]
    pub const fn groups(&self) -> u32 {
        self.groups
    }

    /// The names of groups with their numbers.
    #[must_use]
    pub fn names(&self) -> &[(String, u32)] {
        &self.names
    }
}
