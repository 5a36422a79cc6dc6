//! From the text of a pattern to its tree.

use regex_syntax::hir::{Capture, Class, ClassUnicode, ClassUnicodeRange, Hir, Look, Repetition};

use crate::{Flags, PATTERN_GROUPS_MAX, PATTERN_NESTING_MAX, PatternError, class};

/// The tree of a pattern, the names of its groups, how many are captured.
type Tree = (Hir, Vec<(String, u32)>, u32);

const BACK_REFERENCE: &str = "back-references are not part of contracts: compare the groups";
const LOOK_AROUND: &str = "look-around is not part of contracts: capture what is around";

pub(crate) fn parse(source: &str, flags: Flags) -> Result<Tree, PatternError> {
    let characters: Vec<char> = source.chars().collect();
    let mut reader = Reader { characters, at: 0, flags, nesting: 0, groups: 0, names: Vec::new() };
    let tree = reader.alternatives()?;
    if reader.at < reader.characters.len() {
        return Err(reader.wrong("a bracket is not opened"));
    }
    Ok((tree, reader.names, reader.groups))
}

struct Reader {
    characters: Vec<char>,
    at: usize,
    flags: Flags,
    nesting: u32,
    groups: u32,
    names: Vec<(String, u32)>,
}

type Read<T> = Result<T, PatternError>;

/// What stands in a class: a character or a set of them.
enum Member {
    One(char),
    Set(ClassUnicode),
}

impl Reader {
    fn wrong(&self, what: impl Into<String>) -> PatternError {
        PatternError { at: self.at, what: what.into() }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let found = self.peek(0);
        self.at += usize::from(found.is_some());
        found
    }

    /// Steps over `text` if it is next.
    fn eat(&mut self, text: &str) -> bool {
        let is_next = text.chars().enumerate().all(|(ahead, it)| self.peek(ahead) == Some(it));
        if is_next {
            self.at += text.chars().count();
        }
        is_next
    }

    fn alternatives(&mut self) -> Read<Hir> {
        let mut all = vec![self.sequence()?];
        while self.eat("|") {
            all.push(self.sequence()?);
        }
        Ok(Hir::alternation(all))
    }

    fn sequence(&mut self) -> Read<Hir> {
        let mut parts = Vec::new();
        while !matches!(self.peek(0), None | Some('|' | ')')) {
            let start = self.at;
            let part = self.atom()?;
            parts.push(self.quantified(part, start)?);
        }
        Ok(Hir::concat(parts))
    }

    fn atom(&mut self) -> Read<Hir> {
        let is_multiline = self.flags.is_multiline;
        let start = self.at;
        let Some(letter) = self.next() else { return Ok(Hir::empty()) };
        Ok(match letter {
            '^' => Hir::look(if is_multiline { Look::StartLF } else { Look::Start }),
            '$' => Hir::look(if is_multiline { Look::EndLF } else { Look::End }),
            '.' => class::dot(self.flags.is_dot_all),
            '(' => self.group()?,
            '[' => self.class()?,
            '\\' => self.escape()?,
            '*' | '+' | '?' => {
                self.at = start;
                return Err(self.wrong("there is nothing to repeat"));
            }
            '{' if self.is_count(self.at) => {
                self.at = start;
                return Err(self.wrong("there is nothing to repeat"));
            }
            letter => class::character(letter, self.flags.ignores_case),
        })
    }

    fn group(&mut self) -> Read<Hir> {
        if self.nesting >= PATTERN_NESTING_MAX {
            let what = format!("groups nest deeper than {PATTERN_NESTING_MAX}");
            return Err(self.wrong(what));
        }
        self.nesting += 1;
        let index = match self.group_head()? {
            false => None,
            true if self.groups >= PATTERN_GROUPS_MAX => {
                return Err(self.wrong(format!("more than {PATTERN_GROUPS_MAX} groups: use (?:")));
            }
            true => {
                self.groups += 1;
                Some(self.groups)
            }
        };
        if let (Some(index), Some((_, number))) = (index, self.names.last_mut())
            && *number == 0
        {
            *number = index;
        }
        let sub = Box::new(self.alternatives()?);
        if !self.eat(")") {
            return Err(self.wrong("a group is not closed"));
        }
        self.nesting -= 1;
        Ok(match index {
            Some(index) => Hir::capture(Capture { index, name: None, sub }),
            None => *sub,
        })
    }

    /// Whether the group that begins is captured. Its name is noted without a number.
    fn group_head(&mut self) -> Read<bool> {
        if !self.eat("?") {
            return Ok(true);
        }
        if self.eat(":") {
            return Ok(false);
        }
        if matches!(self.peek(0), Some('=' | '!')) || self.eat("<=") || self.eat("<!") {
            return Err(self.wrong(LOOK_AROUND));
        }
        if !self.eat("<") {
            return Err(self.wrong("after `(?` stands `:` or a name in `<>`"));
        }
        let mut name = String::new();
        while let Some(letter) = self.next().filter(|letter| *letter != '>') {
            let is_digit = letter.is_ascii_digit() && !name.is_empty();
            if !letter.is_ascii_alphabetic() && letter != '_' && letter != '$' && !is_digit {
                return Err(self.wrong("the name of a group has letters of ASCII and digits"));
            }
            name.push(letter);
        }
        if name.is_empty() || self.names.iter().any(|(known, _)| *known == name) {
            return Err(self.wrong("the name of a group is empty or stands twice"));
        }
        self.names.push((name, 0));
        Ok(true)
    }

    fn quantified(&mut self, part: Hir, start: usize) -> Read<Hir> {
        let Some((min, max)) = self.quantifier()? else { return Ok(part) };
        let greedy = !self.eat("?");
        if self.is_quantifier() {
            return Err(self.wrong("there is nothing to repeat"));
        }
        let refuse = |what: &str| Err(PatternError { at: start, what: what.to_owned() });
        let properties = part.properties();
        if max != Some(min) && properties.minimum_len().is_none_or(|least| least == 0) {
            return refuse(
                "what is repeated may be empty: take what may be empty out of the group",
            );
        }
        let captured = properties.explicit_captures_len();
        if max == Some(0) && captured > 0 {
            return refuse("a group that is repeated 0 times captures nothing: leave it out");
        }
        if max != Some(1) && captured > 0 {
            let rounds = properties.static_explicit_captures_len();
            if rounds != Some(captured) {
                return refuse("a group in what is repeated must take part in every round");
            }
        }
        let sub = Box::new(part);
        Ok(Hir::repetition(Repetition { min, max, greedy, sub }))
    }

    fn is_quantifier(&self) -> bool {
        matches!(self.peek(0), Some('*' | '+' | '?'))
            || self.peek(0) == Some('{') && self.is_count(self.at + 1)
    }

    fn quantifier(&mut self) -> Read<Option<(u32, Option<u32>)>> {
        let found = match self.peek(0) {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => return self.count(),
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(found))
    }

    /// `{2}`, `{2,}`, `{2,3}`; any other brace stands for itself.
    fn count(&mut self) -> Read<Option<(u32, Option<u32>)>> {
        let start = self.at;
        if !self.is_count(start + 1) {
            return Ok(None);
        }
        self.at += 1;
        let min = self.number()?;
        let max = match self.eat(",") {
            false => Some(min),
            true if self.peek(0) == Some('}') => None,
            true => Some(self.number()?),
        };
        self.at += 1;
        if max.is_some_and(|max| max < min) {
            self.at = start;
            return Err(self.wrong("the numbers of a repetition stand the wrong way round"));
        }
        Ok(Some((min, max)))
    }

    /// Whether what is at `start`, after a brace, makes it a repetition.
    fn is_count(&self, start: usize) -> bool {
        let rest = self.characters.get(start..).unwrap_or_default();
        let digits =
            |from: &[char]| from.iter().take_while(|letter| letter.is_ascii_digit()).count();
        let first = digits(rest);
        let after = match rest.get(first) {
            Some(',') => first + 1 + digits(rest.get(first + 1..).unwrap_or_default()),
            _ => first,
        };
        first > 0 && rest.get(after) == Some(&'}')
    }

    fn number(&mut self) -> Read<u32> {
        let mut number = 0_u32;
        while let Some(digit) = self.peek(0).and_then(|it| it.to_digit(10)) {
            number = number.saturating_mul(10).saturating_add(digit);
            self.at += 1;
        }
        match number <= crate::PATTERN_WEIGHT_MAX {
            true => Ok(number),
            false => Err(self.wrong(format!(
                "{number} repetitions break the limit of {}",
                crate::PATTERN_WEIGHT_MAX
            ))),
        }
    }

    fn escape(&mut self) -> Read<Hir> {
        let ignores_case = self.flags.ignores_case;
        match self.peek(0) {
            Some('b') => {
                self.at += 1;
                Ok(Hir::look(Look::WordAscii))
            }
            Some('B') => {
                self.at += 1;
                Ok(Hir::look(Look::WordAsciiNegate))
            }
            Some('1'..='9' | 'k') => Err(self.wrong(BACK_REFERENCE)),
            _ => Ok(match self.member()? {
                Member::One(letter) => class::character(letter, ignores_case),
                Member::Set(set) => Hir::class(Class::Unicode(set)),
            }),
        }
    }

    /// What a backslash and the following stand for, within a class and without.
    fn member(&mut self) -> Read<Member> {
        let start = self.at;
        let Some(letter) = self.next() else {
            return Err(self.wrong("nothing follows the backslash"));
        };
        if let Some(mut set) = class::of_letter(letter) {
            if self.flags.ignores_case && letter.is_ascii_lowercase() {
                class::fold(&mut set);
            }
            return Ok(Member::Set(set));
        }
        let found = match letter {
            'p' | 'P' => {
                self.at = start;
                return Err(self.wrong(
                    "classes of Unicode change with its versions and are not part of contracts: \
                     list the letters",
                ));
            }
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\u{b}'),
            'f' => Some('\u{c}'),
            '0' if !self.peek(0).is_some_and(|it| it.is_ascii_digit()) => Some('\0'),
            'c' => {
                let control = self.next().filter(char::is_ascii_alphabetic);
                control.and_then(|it| char::from_u32(u32::from(it) % 32))
            }
            'x' => self.digits(2).and_then(char::from_u32),
            'u' => self.unicode(),
            letter if letter.is_ascii_alphanumeric() => None,
            letter => Some(letter),
        };
        found.map(Member::One).ok_or_else(|| {
            let what = format!("`\\{letter}` with what follows is no escape");
            PatternError { at: start, what }
        })
    }

    /// `u0041`, `u{1f422}`, or two surrogates that are one character.
    fn unicode(&mut self) -> Option<char> {
        if self.eat("{") {
            let mut code = 0_u32;
            while let Some(digit) = self.peek(0).and_then(|it| it.to_digit(16)) {
                code = code.saturating_mul(16).saturating_add(digit);
                self.at += 1;
            }
            return self.eat("}").then(|| char::from_u32(code)).flatten();
        }
        let first = self.digits(4)?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        let second = self.eat("\\u").then(|| self.digits(4)).flatten()?;
        let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + low)
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let mut number = 0;
        for _ in 0..count {
            number = number * 16 + self.next()?.to_digit(16)?;
        }
        Some(number)
    }

    fn class(&mut self) -> Read<Hir> {
        let start = self.at;
        let is_negated = self.eat("^");
        let mut set = ClassUnicode::empty();
        while !self.eat("]") {
            if self.peek(0).is_none() {
                self.at = start;
                return Err(self.wrong("a class is not closed"));
            }
            self.range(&mut set)?;
        }
        if self.flags.ignores_case {
            class::fold(&mut set);
        }
        if is_negated {
            set.negate();
        }
        Ok(Hir::class(Class::Unicode(set)))
    }

    fn range(&mut self, set: &mut ClassUnicode) -> Read<()> {
        let start = self.at;
        let low = self.class_member()?;
        let is_range = self.peek(0) == Some('-') && !matches!(self.peek(1), None | Some(']'));
        if !is_range {
            match low {
                Member::One(letter) => set.push(ClassUnicodeRange::new(letter, letter)),
                Member::Set(other) => set.union(&other),
            }
            return Ok(());
        }
        self.at += 1;
        match (low, self.class_member()?) {
            (Member::One(low), Member::One(high)) if low <= high => {
                set.push(ClassUnicodeRange::new(low, high));
                Ok(())
            }
            _ => {
                self.at = start;
                Err(self.wrong("the ends of a range are characters, the lower one first"))
            }
        }
    }

    fn class_member(&mut self) -> Read<Member> {
        match self.next() {
            Some('\\') if self.eat("b") => Ok(Member::One('\u{8}')),
            Some('\\') => self.member(),
            Some(letter) => Ok(Member::One(letter)),
            None => Err(self.wrong("a class is not closed")),
        }
    }
}
