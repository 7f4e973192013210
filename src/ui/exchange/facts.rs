//! A message in words.

use crate::engine::flavor::Flavor;
use crate::engine::ids::TxnId;
use crate::engine::message::MessageKind;
use crate::engine::trace::DropReason;
use crate::ui::words::{Names, bytes, duration};

use super::line::{End, Line};
use super::ticks::instant;

/// One fact: what, and how much.
pub type Fact = (&'static str, String);

/// What stands beside a line: as short as it goes, empty where there is nothing to say.
#[must_use]
pub fn label(line: &Line, flavor: Flavor) -> String {
    let gist = line.gist.as_deref();
    match line.kind {
        MessageKind::Query => gist.unwrap_or("statement").to_owned(),
        MessageKind::Result => gist.unwrap_or("result").to_owned(),
        MessageKind::Cancel => "cancel".to_owned(),
        MessageKind::Log => match (gist, line.span) {
            (Some(gist), _) => gist.to_owned(),
            (None, Some((_, end))) if flavor == Flavor::Postgresql => format!("WAL {end}"),
            _ => "log".to_owned(),
        },
        MessageKind::Acknowledgement => match (gist, line.positions) {
            (Some("written"), _) if flavor == Flavor::Mysql => "ack: received".to_owned(),
            (Some(level), _) => format!("ack: {level}"),
            (None, _) => "ack".to_owned(),
        },
        MessageKind::Lease => "lease".to_owned(),
        MessageKind::Heartbeat => "heartbeat".to_owned(),
        MessageKind::Handshake => "handshake".to_owned(),
        MessageKind::Connection => "connect".to_owned(),
        MessageKind::Backup => "backup".to_owned(),
    }
}

/// The message's kind, from whom to whom.
#[must_use]
pub fn line_title(line: &Line, names: &Names<'_>, flavor: Flavor) -> String {
    format!("{}: {} → {}", label(line, flavor), names.name(line.from), names.name(line.to))
}

/// How the way of a message ended, in words.
#[must_use]
pub fn ending(end: End, sent: crate::engine::time::SimTime) -> String {
    match end {
        End::Arrived(at) => format!("arrives after {}", duration(at.since(sent))),
        End::Lost(at, reason) => format!("lost after {}: {}", duration(at.since(sent)), lost_words(reason)),
        End::Flying => "is under way".to_owned(),
    }
}

fn lost_words(reason: DropReason) -> &'static str {
    match reason {
        DropReason::SenderGone => "its sender went away before it could pass",
        DropReason::ReceiverDown => "the machine there is down",
        DropReason::ConnectionClosed => "the connection was closed",
    }
}

/// All that the trace says of a message. `txn` gives a transaction its name.
#[must_use]
pub fn facts(line: &Line, flavor: Flavor, txn: impl Fn(TxnId) -> String) -> Vec<Fact> {
    let mut facts: Vec<Fact> = vec![("Sent", instant(line.sent))];
    match line.end {
        End::Arrived(at) => {
            facts.push(("Arrived", instant(at)));
            facts.push(("Took", duration(at.since(line.sent))));
        }
        End::Lost(at, reason) => facts.push(("Lost", format!("{}: {}", instant(at), lost_words(reason)))),
        End::Flying if line.held.is_some_and(|(_, until)| until.is_none()) => {
            facts.push(("Held", "by a cut link; its sender keeps trying".to_owned()));
        }
        End::Flying => {
            facts.push(("Arrives", instant(line.arrives)));
            facts.push(("Takes", duration(line.arrives.since(line.sent))));
        }
    }
    if let Some((since, Some(until))) = line.held {
        facts.push(("Held", duration(until.since(since))));
    }
    if let Some((start, end)) = line.span {
        facts.push((if flavor == Flavor::Mysql { "Log" } else { "WAL" }, format!("{start} to {end}")));
    }
    if let Some(at) = line.positions {
        if flavor == Flavor::Mysql {
            facts.push(("Received to", at.write.to_string()));
        } else {
            facts.push(("Written to", at.write.to_string()));
            facts.push(("Flushed to", at.flush.to_string()));
            facts.push(("Applied to", at.apply.to_string()));
        }
    }
    if let Some(id) = line.txn {
        facts.push(("Transaction", txn(id)));
    }
    facts.push(("Size", bytes(line.bytes)));
    facts
}
