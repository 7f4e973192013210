//! The numbers of one source: intervals that neither touch nor overlap, in ascending order.

use std::fmt;

use super::GREATEST_NUMBER;

/// Numbers from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    /// The first number.
    pub first: u64,
    /// The last number.
    pub last: u64,
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last { write!(f, "{}", self.first) } else { write!(f, "{}-{}", self.first, self.last) }
    }
}

/// Intervals that neither touch nor overlap, in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Intervals(Vec<Interval>);

impl Intervals {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Interval> + '_ {
        self.0.iter().copied()
    }

    pub(super) fn last(&self) -> Option<u64> {
        self.0.last().map(|i| i.last)
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        let index = self.0.partition_point(|i| i.last < number);
        self.0.get(index).is_some_and(|i| i.first <= number)
    }

    /// Adds numbers; those that do not exist are left out. The next number after the last one costs a look at the end.
    pub(super) fn add(&mut self, mut new: Interval) {
        new.first = new.first.max(1);
        new.last = new.last.min(GREATEST_NUMBER);
        if new.first > new.last {
            return;
        }
        // All that touch the new one become one with it.
        let from = self.0.partition_point(|i| i.last < new.first - 1);
        let to = from + self.0.get(from..).map_or(0, |rest| rest.partition_point(|i| i.first <= new.last + 1));
        if let Some(touched) = self.0.get(from..to)
            && let (Some(head), Some(tail)) = (touched.first(), touched.last())
        {
            new.first = new.first.min(head.first);
            new.last = new.last.max(tail.last);
        }
        if to == from + 1
            && let Some(only) = self.0.get_mut(from)
        {
            *only = new;
        } else {
            self.0.splice(from..to, [new]);
        }
    }

    /// What is here and not there.
    pub(super) fn without(&self, other: &Intervals) -> Intervals {
        let mut left = Vec::new();
        let mut others = other.0.iter().peekable();
        for interval in &self.0 {
            let mut first = interval.first;
            while let Some(hole) = others.peek() {
                if hole.first > interval.last {
                    break;
                }
                if hole.first > first {
                    left.push(Interval { first, last: hole.first - 1 });
                }
                first = first.max(hole.last + 1);
                // A hole that goes on past this interval may cut the next one, too.
                if hole.last > interval.last {
                    break;
                }
                others.next();
            }
            if first <= interval.last {
                left.push(Interval { first, last: interval.last });
            }
        }
        Intervals(left)
    }

    /// What is here and there.
    pub(super) fn common(&self, other: &Intervals) -> Intervals {
        let mut both = Vec::new();
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            let (first, last) = (x.first.max(y.first), x.last.min(y.last));
            if first <= last {
                both.push(Interval { first, last });
            }
            if x.last <= y.last {
                a.next();
            } else {
                b.next();
            }
        }
        Intervals(both)
    }

    /// Whether all that is here is there.
    pub(super) fn is_subset_of(&self, other: &Intervals) -> bool {
        self.0.iter().all(|mine| {
            let index = other.0.partition_point(|i| i.last < mine.first);
            other.0.get(index).is_some_and(|i| i.first <= mine.first && mine.last <= i.last)
        })
    }

    /// The smallest number from `from` on that is not here; [`None`] when there is none left.
    pub(super) fn next_free(&self, from: u64) -> Option<u64> {
        let from = from.max(1);
        let index = self.0.partition_point(|i| i.last < from);
        // Intervals never touch: what follows one is free.
        let free = self.0.get(index).filter(|i| i.first <= from).map_or(from, |i| i.last + 1);
        (free <= GREATEST_NUMBER).then_some(free)
    }

    pub(super) fn count(&self) -> u64 {
        self.0.iter().fold(0, |sum, i| sum + (i.last - i.first + 1))
    }
}
