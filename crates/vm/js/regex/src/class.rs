//! Sets of characters: those that have a letter, and those in brackets.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir};

/// Ends of lines, which the dot leaves out.
const LINE_ENDS: [(char, char); 3] = [('\n', '\n'), ('\r', '\r'), ('\u{2028}', '\u{2029}')];

const DIGITS: [(char, char); 1] = [('0', '9')];

const WORD: [(char, char); 4] = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

/// White space of the language, the same in every edition of Unicode since its version 6.3.
const SPACES: [(char, char); 10] = [
    ('\t', '\r'),
    (' ', ' '),
    ('\u{a0}', '\u{a0}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{2000}', '\u{200a}'),
    ('\u{2028}', '\u{2029}'),
    ('\u{202f}', '\u{202f}'),
    ('\u{205f}', '\u{205f}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{feff}', '\u{feff}'),
];

fn set(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().map(|(low, high)| ClassUnicodeRange::new(*low, *high)))
}

/// The set of `\d`, `\s`, `\w`, and of what is in none of them; none for other letters.
pub(crate) fn of_letter(letter: char) -> Option<ClassUnicode> {
    let mut class = match letter.to_ascii_lowercase() {
        'd' => set(&DIGITS),
        's' => set(&SPACES),
        'w' => set(&WORD),
        _ => return None,
    };
    if letter.is_ascii_uppercase() {
        class.negate();
    }
    Some(class)
}

/// What the dot matches.
pub(crate) fn dot(is_dot_all: bool) -> Hir {
    let mut class = set(if is_dot_all { &[] } else { &LINE_ENDS });
    class.negate();
    Hir::class(Class::Unicode(class))
}

/// One character.
pub(crate) fn character(letter: char, ignores_case: bool) -> Hir {
    if ignores_case && letter.is_ascii_alphabetic() {
        let mut class = set(&[(letter, letter)]);
        fold(&mut class);
        return Hir::class(Class::Unicode(class));
    }
    Hir::literal(letter.encode_utf8(&mut [0; 4]).as_bytes())
}

/// Adds the other case of every letter of ASCII that is in the set.
pub(crate) fn fold(class: &mut ClassUnicode) {
    let part = |low, high| {
        let mut part = class.clone();
        part.intersect(&set(&[(low, high)]));
        part
    };
    let shift = |letter: char| char::from(u8::try_from(letter).unwrap_or_default() ^ 0x20);
    let (lower, upper) = (part('a', 'z'), part('A', 'Z'));
    for range in lower.ranges().iter().chain(upper.ranges()) {
        class.push(ClassUnicodeRange::new(shift(range.start()), shift(range.end())));
    }
}
