//! Reading GTIDs as the server does, with all that it tolerates.

use super::GREATEST_NUMBER;
use super::id::{Gtid, GtidError};
use super::intervals::Interval;
use super::set::{GtidSet, Tag};
use super::uuid::{TEXT_LENGTH, Uuid};

/// A tag has at most so many characters.
const TAG_MAX_LENGTH: usize = 32;

/// A place in a text. The server reads C strings: a NUL ends the text.
pub(super) struct Scanner<'a> {
    text: &'a str,
    rest: &'a [u8],
}

/// What `isspace` says in C's own locale.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn is_end(byte: Option<u8>) -> bool {
    matches!(byte, None | Some(b':' | b','))
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Scanner<'a> {
        let text = text.split('\0').next().unwrap_or_default();
        Scanner { text, rest: text.as_bytes() }
    }

    /// Whether nothing is left.
    pub(super) fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn blanks(&mut self) {
        self.advance(self.rest.iter().take_while(|b| is_blank(**b)).count());
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        if there {
            self.advance(1);
        }
        there
    }

    /// A leading `+`, as only `gtid_purged` takes it.
    pub(super) fn plus(&mut self) -> bool {
        self.blanks();
        self.take(b'+')
    }

    /// `uuid:number` with blanks around either.
    pub(super) fn gtid(&mut self) -> Option<Gtid> {
        self.blanks();
        let source = self.uuid()?;
        self.blanks();
        if !self.take(b':') {
            return None;
        }
        self.blanks();
        let number = self.number().filter(|n| *n > 0)?;
        self.blanks();
        Some(Gtid { source, number })
    }

    /// A whole set, to the end of the text (`Gtid_set::add_gtid_text`).
    pub(super) fn set(&mut self) -> Result<GtidSet, GtidError> {
        self.blanks();
        // What the server quotes begins after the blanks.
        let from = self.text.len() - self.rest.len();
        let mut set = GtidSet::new();
        match self.sources(&mut set) {
            Some(()) => Ok(set),
            None => Err(GtidError::Set(GtidError::quoted(self.text.get(from..).unwrap_or_default()))),
        }
    }

    fn sources(&mut self, set: &mut GtidSet) -> Option<()> {
        loop {
            // Any number of commas may stand between sources, before and after them.
            while self.take(b',') {
                self.blanks();
            }
            if self.at_end() {
                return Some(());
            }
            let source = self.uuid()?;
            self.blanks();
            self.numbers(source, set)?;
            if !matches!(self.peek(), None | Some(b',')) {
                return None;
            }
        }
    }

    /// What follows a UUID: tags and intervals. A tag holds until the next one.
    fn numbers(&mut self, source: Uuid, set: &mut GtidSet) -> Option<()> {
        let mut tag = Tag::new();
        while self.take(b':') {
            if let Some(new) = self.tag() {
                tag = new;
                continue;
            }
            self.blanks();
            let first = self.number().filter(|n| *n > 0)?;
            self.blanks();
            let mut last = first;
            if self.take(b'-') {
                // No number at all reads as 0; an interval that ends before it begins is empty, and no error.
                last = self.number()?;
                self.blanks();
            }
            if first <= last {
                set.insert_tagged((source, tag.clone()), Interval { first, last });
            }
        }
        Some(())
    }

    fn uuid(&mut self) -> Option<Uuid> {
        let uuid = Uuid::from_text(self.rest.get(..TEXT_LENGTH)?)?;
        self.advance(TEXT_LENGTH);
        Some(uuid)
    }

    /// A tag in lower case (`Tag::from_cstring`): a letter or `_`, then digits, too. Blanks alone count as the empty tag;
    /// nothing at all, or something that is no tag, does not.
    fn tag(&mut self) -> Option<Tag> {
        let before = self.rest.iter().take_while(|b| is_blank(**b)).count();
        let name: Tag = self
            .rest
            .iter()
            .skip(before)
            .take(TAG_MAX_LENGTH)
            .enumerate()
            .map_while(|(index, b)| {
                let good = b.is_ascii_alphabetic() || *b == b'_' || index > 0 && b.is_ascii_digit();
                good.then(|| char::from(b.to_ascii_lowercase()))
            })
            .collect();
        let after = self.rest.iter().skip(before + name.len()).take_while(|b| is_blank(**b)).count();
        let length = before + name.len() + after;
        if length == 0 || !is_end(self.rest.get(length).copied()) {
            return None;
        }
        self.advance(length);
        Some(name)
    }

    /// A number as C's `strtoll` reads it in base 0: blanks and a sign before it, `0x` for hexadecimal and `0` for octal
    /// digits, and 0 where there is no number (`parse_gno`). [`None`] below 0 and from 2^63 - 1 on.
    fn number(&mut self) -> Option<u64> {
        let start = self.rest;
        self.blanks();
        let negative = self.take(b'-');
        if !negative {
            self.take(b'+');
        }
        let hexadecimal = matches!(self.rest, [b'0', b'x' | b'X', digit, ..] if digit.is_ascii_hexdigit());
        let base = match self.rest {
            _ if hexadecimal => 16,
            [b'0', ..] => 8,
            _ => 10,
        };
        if hexadecimal {
            self.advance(2);
        }
        let mut value = None;
        while let Some(digit) = self.peek().and_then(|b| char::from(b).to_digit(base)) {
            value = Some(value.unwrap_or(0_u64).saturating_mul(u64::from(base)).saturating_add(u64::from(digit)));
            self.advance(1);
        }
        match value {
            None => {
                // `strtoll` takes nothing where there is no number.
                self.rest = start;
                Some(0)
            }
            Some(value) => (value <= GREATEST_NUMBER && (!negative || value == 0)).then_some(value),
        }
    }
}
