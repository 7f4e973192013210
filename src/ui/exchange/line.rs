//! What is drawn: messages, bars, marks, and the spells in which a server was not itself.

use std::sync::Arc;

use crate::engine::ids::{Addr, TxnId};
use crate::engine::log::Lsn;
use crate::engine::message::{MessageKind, Positions};
use crate::engine::time::SimTime;
use crate::engine::trace::{DropReason, Life, MessageId};

/// How a message's way ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is under way.
    Flying,
    /// It was taken.
    Arrived(SimTime),
    /// It will never arrive.
    Lost(SimTime, DropReason),
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Which.
    pub id: MessageId,
    /// The number of the event with which it left.
    pub number: u64,
    /// From where.
    pub from: Addr,
    /// To where.
    pub to: Addr,
    /// What.
    pub kind: MessageKind,
    /// When it left.
    pub sent: SimTime,
    /// When it arrives, as things stand.
    pub arrives: SimTime,
    /// How it ended.
    pub end: End,
    /// Since when a cut link held it back, and until when.
    pub held: Option<(SimTime, Option<SimTime>)>,
    /// The log it carries.
    pub span: Option<(Lsn, Lsn)>,
    /// The positions it tells.
    pub positions: Option<Positions>,
    /// The transaction it is about.
    pub txn: Option<TxnId>,
    /// Its size.
    pub bytes: u64,
    /// What else the trace says of it, in a word or two: the statement, the level of an acknowledgement.
    pub gist: Option<Arc<str>>,
}

impl Line {
    /// When nothing of it is left to draw.
    #[must_use]
    pub fn over(&self) -> SimTime {
        match self.end {
            End::Arrived(at) | End::Lost(at, _) => at,
            End::Flying if self.held.is_some_and(|(_, until)| until.is_none()) => SimTime::NEVER,
            End::Flying => self.arrives,
        }
    }

    /// How far it had come when it was lost, from 0 to 1; a message that was held back never came further than half.
    #[must_use]
    pub fn reach(&self) -> f64 {
        let End::Lost(at, _) = self.end else { return 1.0 };
        match self.held {
            Some((_, None)) => 0.5,
            _ => {
                let begun = self.held.and_then(|(_, until)| until).unwrap_or(self.sent);
                let way = self.arrives.since(begun).max(1) as f64;
                (at.since(begun) as f64 / way).clamp(0.0, 1.0)
            }
        }
    }
}

/// What a bar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarKind {
    /// The disk flushes the log up to here.
    Flush(Lsn),
    /// A commit waits for standbys.
    Wait(TxnId),
}

/// Something that took a server some time.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// The number of the event that ended it, or began it where it goes on.
    pub number: u64,
    /// Whose.
    pub lane: Addr,
    /// When it began.
    pub from: SimTime,
    /// When it ended; `None` while it goes on.
    pub to: Option<SimTime>,
    /// What.
    pub kind: BarKind,
}

/// What a mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// Log was applied up to here.
    Applied(Lsn),
    /// A server became the primary.
    Promoted,
    /// An operator did something.
    Command,
}

/// Something that took a server no time.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// The number of its event.
    pub number: u64,
    /// Whose; `None` where it is everybody's.
    pub lane: Option<Addr>,
    /// When.
    pub at: SimTime,
    /// What.
    pub kind: MarkKind,
    /// In words, where there are some.
    pub text: Option<Arc<str>>,
}

/// A time in which somebody did not run as usual.
#[derive(Clone, Debug, PartialEq)]
pub struct Spell {
    /// The number of the event that began it; `None` where it was so before the chart begins.
    pub number: Option<u64>,
    /// Who.
    pub lane: Addr,
    /// What was the matter.
    pub life: Life,
    /// Since when.
    pub from: SimTime,
    /// Until when; `None` while it goes on.
    pub to: Option<SimTime>,
}
