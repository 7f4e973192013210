//! Sets of global transaction identifiers.

use crate::order::OrderedMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::id::{Gtid, GtidError};
use super::intervals::{Interval, Intervals};
use super::parse::Scanner;
use super::uuid::Uuid;

/// A set of GTIDs, as `gtid_executed` and `gtid_purged` hold it.
///
/// It prints as MySQL's variables do: sources by their UUID, a source's untagged numbers before its tags, intervals
/// ascending, and `,` with a line feed between sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct GtidSet {
    /// By source and tag, as MySQL sorts them; no entry is empty, so that equal sets are equal here.
    members: OrderedMap<(Uuid, Tag), Intervals>,
}

/// A tag in lower case; empty for none. An empty string costs nothing.
pub(super) type Tag = String;

/// A part of a set: numbers of one source under one tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// Whose.
    pub source: Uuid,
    /// Under which tag; empty for none.
    pub tag: &'a str,
    /// Which numbers.
    pub interval: Interval,
}

const fn untagged(source: Uuid) -> (Uuid, Tag) {
    (source, Tag::new())
}

impl GtidSet {
    /// The empty set.
    #[must_use]
    pub fn new() -> GtidSet {
        GtidSet::default()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Adds one; says whether it was new. A number that no GTID can have is left out.
    pub fn insert(&mut self, gtid: Gtid) -> bool {
        if !(1..=super::GREATEST_NUMBER).contains(&gtid.number) {
            return false;
        }
        let intervals = self.members.entry(untagged(gtid.source)).or_default();
        let new = !intervals.contains(gtid.number);
        if new {
            intervals.add(Interval { first: gtid.number, last: gtid.number });
        }
        new
    }

    /// Adds all numbers of an interval; numbers that no GTID can have are left out.
    pub fn insert_interval(&mut self, source: Uuid, interval: Interval) {
        self.insert_tagged(untagged(source), interval);
    }

    pub(super) fn insert_tagged(&mut self, key: (Uuid, Tag), interval: Interval) {
        if interval.first <= interval.last && interval.last > 0 && interval.first <= super::GREATEST_NUMBER {
            self.members.entry(key).or_default().add(interval);
        }
    }

    /// Whether it is in the set.
    #[must_use]
    pub fn contains(&self, gtid: Gtid) -> bool {
        self.members.get(&untagged(gtid.source)).is_some_and(|intervals| intervals.contains(gtid.number))
    }

    /// Adds all that another set has.
    pub fn extend(&mut self, other: &GtidSet) {
        for (key, intervals) in &other.members {
            let mine = self.members.entry(key.clone()).or_default();
            intervals.iter().for_each(|interval| mine.add(interval));
        }
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &GtidSet) -> GtidSet {
        let mut all = self.clone();
        all.extend(other);
        all
    }

    /// What is in this set and not in the other: `GTID_SUBTRACT(this, other)`.
    #[must_use]
    pub fn subtract(&self, other: &GtidSet) -> GtidSet {
        let left = |(key, mine): (&(Uuid, Tag), &Intervals)| {
            let left = other.members.get(key).map_or_else(|| mine.clone(), |theirs| mine.without(theirs));
            (!left.is_empty()).then(|| (key.clone(), left))
        };
        GtidSet { members: self.members.iter().filter_map(left).collect() }
    }

    /// What is in both.
    #[must_use]
    pub fn intersect(&self, other: &GtidSet) -> GtidSet {
        let both = |(key, mine): (&(Uuid, Tag), &Intervals)| {
            let both = mine.common(other.members.get(key)?);
            (!both.is_empty()).then(|| (key.clone(), both))
        };
        GtidSet { members: self.members.iter().filter_map(both).collect() }
    }

    /// Whether all of this set is in the other: `GTID_SUBSET(this, other)`.
    #[must_use]
    pub fn is_subset_of(&self, other: &GtidSet) -> bool {
        self.members.iter().all(|(key, mine)| other.members.get(key).is_some_and(|theirs| mine.is_subset_of(theirs)))
    }

    /// How many are in it; at most [`u64::MAX`].
    #[must_use]
    pub fn count(&self) -> u64 {
        self.members.values().fold(0, |sum, intervals| sum.saturating_add(intervals.count()))
    }

    /// The smallest number of this source that is not in the set, as `gtid_next = AUTOMATIC` assigns it (without a tag);
    /// [`None`] when all are used up (error 1775).
    #[must_use]
    pub fn next_free(&self, source: Uuid) -> Option<u64> {
        self.next_free_from(source, 1)
    }

    /// The same from `number` on: transactions that are not yet committed own numbers that are not yet in the set.
    #[must_use]
    pub fn next_free_from(&self, source: Uuid, number: u64) -> Option<u64> {
        self.members.get(&untagged(source)).map_or_else(
            || (number <= super::GREATEST_NUMBER).then_some(number.max(1)),
            |intervals| intervals.next_free(number),
        )
    }

    /// The greatest number of this source without a tag.
    #[must_use]
    pub fn last_of(&self, source: Uuid) -> Option<u64> {
        self.members.get(&untagged(source)).and_then(Intervals::last)
    }

    /// All intervals, in the order in which they are printed.
    pub fn iter(&self) -> impl Iterator<Item = Member<'_>> {
        self.members.iter().flat_map(|((source, tag), intervals)| {
            intervals.iter().map(move |interval| Member { source: *source, tag, interval })
        })
    }

    /// The sources that have something in it, in order.
    pub fn sources(&self) -> impl Iterator<Item = Uuid> + '_ {
        let mut before = None;
        self.members.keys().map(|(source, _)| *source).filter(move |source| before.replace(*source) != Some(*source))
    }

    /// The same text with something else than `,` and a line feed between sources.
    pub fn separated_by<'a>(&'a self, separator: &'a str) -> impl fmt::Display + 'a {
        Text { set: self, separator }
    }

    /// Reads what `SET GLOBAL gtid_purged` takes: a set, or `+` and a set that is added to what was purged.
    ///
    /// # Errors
    /// Error 1772 for text that is no set.
    pub fn parse_purged(text: &str) -> Result<(bool, GtidSet), GtidError> {
        let mut scanner = Scanner::new(text);
        let plus = scanner.plus();
        Ok((plus, scanner.set()?))
    }
}

impl FromStr for GtidSet {
    type Err = GtidError;

    fn from_str(text: &str) -> Result<GtidSet, GtidError> {
        Scanner::new(text).set()
    }
}

impl FromIterator<Gtid> for GtidSet {
    fn from_iter<I: IntoIterator<Item = Gtid>>(gtids: I) -> GtidSet {
        let mut set = GtidSet::new();
        for gtid in gtids {
            set.insert(gtid);
        }
        set
    }
}

struct Text<'a> {
    set: &'a GtidSet,
    separator: &'a str,
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = None;
        for ((source, tag), intervals) in &self.set.members {
            match before {
                Some(same) if same == source => {}
                None => write!(f, "{source}")?,
                Some(_) => write!(f, "{}{source}", self.separator)?,
            }
            before = Some(source);
            if !tag.is_empty() {
                write!(f, ":{tag}")?;
            }
            for interval in intervals.iter() {
                write!(f, ":{interval}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for GtidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.separated_by(",\n").fmt(f)
    }
}

impl Serialize for GtidSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GtidSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
