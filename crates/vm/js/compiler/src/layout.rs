//! The first look at a source of a unit, before anything parses it: that it is in canonical form as
//! far as safety needs it, and that nothing in it nests so deep that a parser would run out of
//! stack.
//!
//! A source of a unit has no comments and no regular expressions, its names are ASCII, and its
//! statements end in semicolons. So a few rules about tokens are enough to bound how deep the
//! syntax tree can become: what is open at a place is the brackets around it, and at each level the
//! operators and keywords since the last point where an expression or statement must have ended.

use crate::error::Finding;

/// How many operators, keywords and brackets may be open at one place.
pub(crate) const NESTING_MAX: usize = 256;

/// Words after which a slash begins a regular expression and a bracket no call.
pub(crate) const KEYWORDS: [&str; 30] = [
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "default",
    "delete",
    "do",
    "else",
    "export",
    "extends",
    "finally",
    "for",
    "if",
    "import",
    "in",
    "instanceof",
    "let",
    "new",
    "of",
    "return",
    "static",
    "switch",
    "throw",
    "try",
    "typeof",
    "var",
    "void",
    "while",
];

pub(crate) fn check(source: &str) -> Result<(), Finding> {
    let mut scan = Scan {
        bytes: source.as_bytes(),
        at: 0,
        levels: vec![Level { open: b'{', head: false, pending: 0 }],
        last: Last::Operator,
        was_dot: false,
        was_close: false,
    };
    while scan.at < scan.bytes.len() {
        scan.token()?;
    }
    if scan.levels.len() > 1 {
        return Err(scan.wrong("a bracket is not closed"));
    }
    Ok(())
}

/// What stands before a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// The end of an operand: a slash divides.
    Operand,
    /// Something that wants an operand: a slash begins a regular expression.
    Operator,
    /// `if`, `while`, `for`, `with`: the bracket after it is a head.
    Head,
}

struct Level {
    open: u8,
    /// Whether the bracket belongs to `if`, `while`, `for`.
    head: bool,
    pending: usize,
}

struct Scan<'b> {
    bytes: &'b [u8],
    at: usize,
    levels: Vec<Level>,
    last: Last,
    was_dot: bool,
    /// Whether the token before closed a block, after which a statement may begin.
    was_close: bool,
}

impl Scan<'_> {
    fn wrong(&self, what: &str) -> Finding {
        Finding::new(u32::try_from(self.at).unwrap_or(u32::MAX), what)
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn token(&mut self) -> Result<(), Finding> {
        let byte = self.peek(0);
        match byte {
            b' ' | b'\t' | b'\n' => self.at += 1,
            b'"' | b'\'' => self.string(byte)?,
            b'`' => self.template()?,
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_ascii_digit() => self.number(),
            _ if byte.is_ascii_alphabetic() || matches!(byte, b'$' | b'_' | b'#' | b'\\') => {
                self.word()?;
            }
            b'(' | b'[' | b'{' => self.open(byte)?,
            b')' | b']' | b'}' => self.close(byte)?,
            b'/' => self.slash()?,
            b'<' if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"<!--")) => {
                return Err(self.wrong("`<!--` is not part of contracts"));
            }
            b'-' if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"-->")) => {
                return Err(self.wrong("`-->` is not part of contracts"));
            }
            b';' | b',' => self.separator(),
            0x21..=0x7e => self.operator()?,
            _ => return Err(self.wrong("a character that only text may hold")),
        }
        Ok(())
    }

    fn operand(&mut self) {
        self.last = Last::Operand;
        self.was_dot = false;
        self.was_close = false;
    }

    fn string(&mut self, quote: u8) -> Result<(), Finding> {
        self.at += 1;
        loop {
            match self.peek(0) {
                b'\\' => self.at += 2,
                byte if byte == quote => break,
                b'\n' | b'\r' | 0 => return Err(self.wrong("a text is not closed")),
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.operand();
        Ok(())
    }

    /// A template, up to its end or its next `${`.
    fn template(&mut self) -> Result<(), Finding> {
        self.at += 1;
        loop {
            match (self.peek(0), self.peek(1)) {
                (b'\\', _) => self.at += 2,
                (b'`', _) => break,
                (b'$', b'{') => {
                    self.at += 2;
                    self.count(1)?;
                    self.levels.push(Level { open: b'`', head: false, pending: 0 });
                    self.last = Last::Operator;
                    self.was_close = false;
                    return Ok(());
                }
                (0 | b'\r', _) => return Err(self.wrong("a template is not closed")),
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.operand();
        Ok(())
    }

    fn number(&mut self) {
        while self.peek(0).is_ascii_alphanumeric() || matches!(self.peek(0), b'.' | b'_') {
            // The sign of an exponent belongs to the number, but not in a hexadecimal one; taking
            // it for an operator there or here changes nothing but the count.
            self.at += 1;
        }
        self.operand();
    }

    fn word(&mut self) -> Result<(), Finding> {
        let start = self.at;
        while self.peek(0).is_ascii_alphanumeric()
            || matches!(self.peek(0), b'$' | b'_' | b'#' | b'\\')
        {
            if self.peek(0) == b'\\' {
                return Err(self.wrong("a name is written without escapes"));
            }
            self.at += 1;
        }
        let word = self.bytes.get(start..self.at).unwrap_or_default();
        let word = core::str::from_utf8(word).unwrap_or_default();
        if self.was_dot || !KEYWORDS.contains(&word) {
            if self.was_close {
                self.reset();
            }
            self.operand();
            return Ok(());
        }
        let continues = ["else", "catch", "finally", "in", "of", "instanceof"].contains(&word);
        if self.was_close && !continues || matches!(word, "case" | "default") {
            self.reset();
        }
        self.was_close = false;
        self.last =
            if matches!(word, "if" | "while" | "for") { Last::Head } else { Last::Operator };
        self.count(1)
    }

    fn open(&mut self, byte: u8) -> Result<(), Finding> {
        let head = byte == b'(' && self.last == Last::Head;
        self.at += 1;
        self.count(1)?;
        self.levels.push(Level { open: byte, head, pending: 0 });
        self.last = Last::Operator;
        self.was_dot = false;
        self.was_close = false;
        Ok(())
    }

    fn close(&mut self, byte: u8) -> Result<(), Finding> {
        let open = match byte {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        let level = self.levels.pop().filter(|_| !self.levels.is_empty());
        let Some(level) = level else { return Err(self.wrong("a bracket is not opened")) };
        if level.open == b'`' && byte == b'}' {
            // `template` steps over the brace as it does over the first backtick.
            return self.template();
        }
        if level.open != open {
            return Err(self.wrong("a bracket does not fit the one before"));
        }
        self.at += 1;
        self.was_dot = false;
        self.was_close = byte == b'}';
        self.last = if level.head { Last::Operator } else { Last::Operand };
        Ok(())
    }

    /// Division, or what looks like one.
    fn slash(&mut self) -> Result<(), Finding> {
        if matches!(self.peek(1), b'/' | b'*') {
            return Err(self.wrong("a source of a unit holds no comments"));
        }
        if self.last != Last::Operand || self.was_close {
            return Err(self.wrong("a source of a unit holds no literals of regular expressions"));
        }
        self.operator()
    }

    /// `;` and `,` end what is open at their level, but for the `else` of an `if`.
    fn separator(&mut self) {
        self.at += 1;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let rest = rest.trim_ascii_start();
        if !rest.starts_with(b"else") {
            self.reset();
        }
        self.last = Last::Operator;
        self.was_dot = false;
        self.was_close = false;
    }

    fn operator(&mut self) -> Result<(), Finding> {
        let byte = self.peek(0);
        self.at += 1;
        // `a++ / b`, `a-- / b`: an operand, if one was before.
        let is_step = matches!(byte, b'+' | b'-') && self.peek(0) == byte;
        if is_step {
            self.at += 1;
        }
        if !(is_step && self.last == Last::Operand) {
            self.last = Last::Operator;
        }
        self.was_dot = byte == b'.' && self.peek(0) != b'.';
        self.was_close = false;
        self.count(1)
    }

    fn reset(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.pending = 0;
        }
    }

    /// Notes one more thing that is open.
    fn count(&mut self, more: usize) -> Result<(), Finding> {
        if let Some(level) = self.levels.last_mut() {
            level.pending += more;
        }
        let open: usize = self.levels.iter().map(|level| level.pending).sum();
        if open > NESTING_MAX {
            let what = format!("more than {NESTING_MAX} operators and brackets are open at once");
            return Err(self.wrong(&what));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_fine(source: &str) -> bool {
        check(source).is_ok()
    }

    #[test]
    fn what_nests_is_bounded_and_what_follows_is_not() {
        for (part, end) in
            [("(", ")"), ("[", "]"), ("{", "}"), ("!", ""), ("a=>", ""), ("a?b:", "")]
        {
            let nested = |depth: usize| format!("x={}a{};", part.repeat(depth), end.repeat(depth));
            assert!(is_fine(&nested(40)), "{part}");
            assert!(!is_fine(&nested(300)), "{part}");
        }
        assert!(!is_fine(&"if(a){}else ".repeat(300)));
        assert!(!is_fine(&"if(a)b;else ".repeat(300)));
        assert!(!is_fine(&"do ".repeat(300)));
        assert!(!is_fine(&"a:".repeat(300)));
        assert!(!is_fine(&format!("x={};", "`${".repeat(300))));
        assert!(is_fine(&"if(a){b();}\n".repeat(3000)));
        assert!(is_fine(&"a=b+1;\n".repeat(3000)));
        assert!(is_fine(&format!("x=[{}];", "1+1,".repeat(3000))));
        assert!(is_fine(&format!("switch(a){{{}}}", "case 1:case 2:b();".repeat(3000))));
    }

    #[test]
    fn a_slash_divides_or_is_refused() {
        assert!(is_fine("a=(b+c)/d/e[0]/2;a=x.if/2;a=b++/2;"));
        for source in ["a=/b/;", "if(a)/'/;", "return /b/;", "({})/'/;", "a=//b\n1;", "a=/*b*/1;"] {
            assert!(!is_fine(source), "{source}");
        }
    }

    #[test]
    fn what_engines_read_differently_is_refused() {
        for source in ["a<!--b;", "a-->b;", "caf\u{e9}=1;", "\\u0061=1;", "a\u{a0}=1;", "a='\n';"] {
            assert!(!is_fine(source), "{source}");
        }
        assert!(is_fine("a='caf\u{e9} <!-- -->';"));
    }
}
