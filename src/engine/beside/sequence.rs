//! Sequences of PostgreSQL: `sequence.c` of 15.
//!
//! What is logged, and so what standbys have and a crash leaves, is a value up to 32 further on than what was given out: most
//! calls log nothing. After a promotion or a crash the values between are skipped.

use crate::engine::ids::TxnId;
use crate::engine::log::Lsn;
use crate::engine::storage::SqlError;

/// So many values are logged ahead (`SEQ_LOG_VALS`).
const LOGGED_AHEAD: u32 = 32;

/// What `CREATE SEQUENCE` said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The step.
    pub increment: i64,
    /// The least value.
    pub min: i64,
    /// The greatest.
    pub max: i64,
    /// Whether it begins anew at its end.
    pub cycle: bool,
}

/// What the log has of a sequence: the row in `pg_sequences`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The last value, or the first one.
    pub last: i64,
    /// Whether `last` was given out.
    pub called: bool,
}

/// What a primary knows of a sequence beside what it has logged. It is lost with the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// What was given out.
    pub now: Logged,
    /// So many more values are logged (`log_cnt`).
    pub ahead: u32,
    /// What was logged last. When the row says something else, this is of another sequence.
    pub logged: Logged,
    /// Where that is in the log.
    pub at: Lsn,
}

/// A sequence, for one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// How it counts.
    pub definition: Definition,
    /// Where it is.
    pub live: Live,
    /// The next value must be logged: a checkpoint came after what was.
    pub log_next: bool,
    /// What the statement changed must be logged.
    pub to_log: bool,
    /// Another transaction has changed its row.
    pub busy: Option<TxnId>,
    /// This transaction has made it: what it does is undone with that.
    pub made_here: bool,
}

impl Sequence {
    /// A sequence as its row says, where a primary knows no more of it.
    #[must_use]
    pub fn new(definition: Definition, row: Logged, live: Option<Live>) -> Sequence {
        let fresh = Live { now: row, ahead: 0, logged: row, at: Lsn(u64::MAX) };
        let live = live.filter(|live| live.logged == row).unwrap_or(fresh);
        Sequence { definition, live, log_next: false, to_log: false, busy: None, made_here: false }
    }

    /// The value after this one; `None` at the end.
    fn after(&self, value: i64) -> Option<i64> {
        let Definition { increment, min, max, cycle } = self.definition;
        let next = value.checked_add(increment).filter(|next| (min..=max).contains(next));
        next.or(cycle.then_some(if increment > 0 { min } else { max }))
    }

    /// `nextval_internal()`.
    pub(super) fn next(&mut self, name: &str) -> Result<i64, SqlError> {
        let Live { now, ahead, .. } = self.live;
        let value = match now.called {
            false => now.last,
            true => self.after(now.last).ok_or_else(|| {
                let Definition { increment, min, max, .. } = self.definition;
                let (which, bound) = if increment > 0 { ("maximum", max) } else { ("minimum", min) };
                SqlError::new("2200H", format!("nextval: reached {which} value of sequence \"{name}\" ({bound})"))
            })?,
        };
        let wanted = u32::from(now.called);
        if ahead < wanted || !now.called || self.log_next {
            (self.to_log, self.log_next) = (true, false);
            let mut logged = value;
            let mut fetched = 0;
            while fetched < LOGGED_AHEAD
                && let Some(next) = self.after(logged)
            {
                logged = next;
                fetched += 1;
            }
            self.live.ahead = fetched;
            self.live.logged = Logged { last: logged, called: true };
        } else {
            self.live.ahead = ahead - 1;
        }
        self.live.now = Logged { last: value, called: true };
        Ok(value)
    }

    /// `do_setval()`.
    pub(super) fn set(&mut self, name: &str, value: i64, called: bool) -> Result<(), SqlError> {
        let Definition { min, max, .. } = self.definition;
        if !(min..=max).contains(&value) {
            let message = format!("setval: value {value} is out of bounds for sequence \"{name}\" ({min}..{max})");
            return Err(SqlError::new("22003", message));
        }
        let now = Logged { last: value, called };
        self.live = Live { now, ahead: 0, logged: now, at: self.live.at };
        (self.to_log, self.log_next) = (true, false);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(increment: i64, min: i64, max: i64, cycle: bool) -> Sequence {
        let definition = Definition { increment, min, max, cycle };
        let start = if increment > 0 { min } else { max };
        Sequence::new(definition, Logged { last: start, called: false }, None)
    }

    #[test]
    fn thirty_three_values_are_logged_at_once_and_the_next_begin_behind_them() {
        let mut one = sequence(1, 1, i64::MAX, false);
        let mut logged_at = Vec::new();
        for expected in 1..=70 {
            assert_eq!(one.next("s").unwrap(), expected);
            if std::mem::take(&mut one.to_log) {
                logged_at.push((expected, one.live.logged.last));
            }
        }
        // As 15.18 had it in pg_waldump: 33, 66, 99.
        assert_eq!(logged_at, [(1, 33), (34, 66), (67, 99)]);
        // What a crash leaves.
        let mut other = Sequence::new(one.definition, one.live.logged, None);
        assert_eq!(other.next("s").unwrap(), 100);
    }

    #[test]
    fn sequences_end_or_begin_again() {
        let mut up = sequence(2, 1, 4, false);
        assert_eq!((up.next("s").unwrap(), up.next("s").unwrap()), (1, 3));
        assert_eq!(up.next("s").unwrap_err().message, "nextval: reached maximum value of sequence \"s\" (4)");
        let mut down = sequence(-1, i64::MIN, i64::MIN + 1, true);
        let values: Vec<i64> = (0..3).map(|_| down.next("s").unwrap()).collect();
        assert_eq!(values, [i64::MIN + 1, i64::MIN, i64::MIN + 1]);
        assert!(down.set("s", 0, true).unwrap_err().message.contains("out of bounds"));
        down.set("s", i64::MIN, false).unwrap();
        assert_eq!(down.next("s").unwrap(), i64::MIN);
    }

    #[test]
    fn what_a_primary_knows_is_of_the_sequence_that_it_logged() {
        let mut one = sequence(1, 1, 100, false);
        one.next("s").unwrap();
        let again = Sequence::new(one.definition, one.live.logged, Some(one.live));
        assert_eq!(again.live.now.last, 1);
        let other = Sequence::new(one.definition, Logged { last: 1, called: false }, Some(one.live));
        assert_eq!(other.live.now, Logged { last: 1, called: false });
    }
}
