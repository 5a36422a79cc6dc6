//! The first look at a source of an author, before anything parses it: that nothing in it nests so
//! deep that a parser would run out of stack.
//!
//! It reads tokens roughly. What it takes for open is open or was a moment ago, so a source that it
//! lets pass is not too deep; one that is refused has more open at one place than any unit may.

use crate::{error::Finding, layout::KEYWORDS};

/// How many operators, keywords and brackets may be open at one place.
const OPEN_MAX: usize = 1024;

pub(super) fn check(source: &str) -> Result<(), Finding> {
    let mut scan =
        Scan { bytes: source.as_bytes(), at: 0, levels: vec![Level::default()], ..Scan::default() };
    while scan.at < scan.bytes.len() {
        scan.token();
        if scan.open > OPEN_MAX {
            let what = format!("more than {OPEN_MAX} operators and brackets are open at once");
            return Err(Finding::new(u32::try_from(scan.at).unwrap_or(u32::MAX), what));
        }
    }
    Ok(())
}

/// A bracket, and what is open since the last end of a statement or element within it.
#[derive(Default)]
struct Level {
    is_template: bool,
    pending: usize,
}

#[derive(Default)]
struct Scan<'b> {
    bytes: &'b [u8],
    at: usize,
    levels: Vec<Level>,
    /// All that is pending.
    open: usize,
    was_operand: bool,
    was_dot: bool,
    /// Whether the token before closed a block, after which a statement may begin.
    was_close: bool,
    was_line_end: bool,
}

impl Scan<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Goes on behind the next of `ends`, or at the end of the source.
    fn skip_behind(&mut self, end: &[u8]) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let found = rest.windows(end.len()).position(|window| window == end);
        self.at = found.map_or(self.bytes.len(), |found| self.at + found + end.len());
    }

    fn token(&mut self) {
        let byte = self.peek(0);
        match byte {
            b'\n' => {
                self.was_line_end = true;
                self.at += 1;
            }
            byte if byte.is_ascii_whitespace() => self.at += 1,
            b'/' if self.peek(1) == b'/' => {
                self.skip_behind(b"\n");
                self.was_line_end = true;
            }
            b'/' if self.peek(1) == b'*' => {
                self.at += 2;
                self.skip_behind(b"*/");
            }
            b'/' if !self.was_operand => self.quoted(b'/'),
            b'"' | b'\'' => self.quoted(byte),
            b'`' => self.template(),
            _ if is_word(byte) => self.word(),
            b'(' | b'[' | b'{' => self.bracket(false),
            b')' | b']' | b'}' => self.close(byte),
            b';' | b',' => self.separator(),
            _ => self.operator(byte),
        }
    }

    /// A text or a regular expression, which end with their line at the latest.
    fn quoted(&mut self, quote: u8) {
        self.operand();
        let mut is_class = false;
        loop {
            self.at += 1;
            match self.peek(0) {
                b'\\' => self.at += 1,
                b'[' if quote == b'/' => is_class = true,
                b']' => is_class = false,
                b'\n' => return,
                0 if self.at >= self.bytes.len() => return,
                byte if byte == quote && !is_class => break,
                _ => {}
            }
        }
        self.at += 1;
    }

    /// A template, up to its end or its next `${`.
    fn template(&mut self) {
        self.operand();
        loop {
            self.at += 1;
            match (self.peek(0), self.peek(1)) {
                (b'\\', _) => self.at += 1,
                (b'`', _) => break,
                (b'$', b'{') => {
                    self.at += 1;
                    return self.bracket(true);
                }
                (0, _) if self.at >= self.bytes.len() => return,
                _ => {}
            }
        }
        self.at += 1;
    }

    fn word(&mut self) {
        let start = self.at;
        while is_word(self.peek(0)) {
            self.at += 1;
        }
        let word = self.bytes.get(start..self.at).unwrap_or_default();
        let is_keyword = KEYWORDS.iter().any(|keyword| keyword.as_bytes() == word);
        if self.was_dot || !is_keyword {
            return self.operand();
        }
        let continues = [b"else".as_slice(), b"catch", b"finally", b"in", b"of", b"instanceof"];
        if (self.was_close || self.was_line_end) && self.was_operand && !continues.contains(&word) {
            self.reset();
        }
        self.pend();
    }

    /// An operand; after another on an earlier line, or after a block, it begins a statement.
    fn operand(&mut self) {
        if self.was_operand && (self.was_line_end || self.was_close) {
            self.reset();
        }
        (self.was_operand, self.was_dot) = (true, false);
        (self.was_close, self.was_line_end) = (false, false);
    }

    fn operator(&mut self, byte: u8) {
        self.at += 1;
        self.pend();
        self.was_dot = byte == b'.';
    }

    fn bracket(&mut self, is_template: bool) {
        self.at += 1;
        self.pend();
        self.levels.push(Level { is_template, pending: 0 });
    }

    fn close(&mut self, byte: u8) {
        let closed = if self.levels.len() > 1 { self.levels.pop() } else { None };
        let closed = closed.unwrap_or_default();
        self.open -= closed.pending;
        if closed.is_template && byte == b'}' {
            return self.template();
        }
        self.at += 1;
        (self.was_operand, self.was_dot) = (true, false);
        (self.was_close, self.was_line_end) = (byte == b'}', false);
    }

    /// `;` and `,` end what is open at their level, but for the `else` of an `if`.
    fn separator(&mut self) {
        self.at += 1;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if !rest.trim_ascii_start().starts_with(b"else") {
            self.reset();
        }
        (self.was_operand, self.was_dot, self.was_close) = (false, false, false);
    }

    fn pend(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.pending += 1;
            self.open += 1;
        }
        (self.was_operand, self.was_dot) = (false, false);
        (self.was_close, self.was_line_end) = (false, false);
    }

    fn reset(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            self.open -= level.pending;
            level.pending = 0;
        }
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'$' | b'_' | b'#' | b'\\') || byte >= 0x80
}
