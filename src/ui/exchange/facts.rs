//! A message in words.

use crate::engine::flavor::Flavor;
use crate::engine::ids::TxnId;
use crate::engine::message::MessageKind;
use crate::engine::trace::DropReason;
use crate::t;
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
        MessageKind::Query => gist.unwrap_or(t!("exchange.statement")).to_owned(),
        MessageKind::Result => gist.unwrap_or(t!("exchange.result")).to_owned(),
        MessageKind::Cancel => t!("exchange.cancel").to_owned(),
        MessageKind::Log => match (gist, line.span) {
            (Some(gist), _) => gist.to_owned(),
            (None, Some((_, end))) if flavor == Flavor::Postgresql => format!("WAL {end}"),
            _ => t!("exchange.log").to_owned(),
        },
        MessageKind::Acknowledgement => match (gist, line.positions) {
            (Some("written"), _) if flavor == Flavor::Mysql => t!("exchange.ack-received").to_owned(),
            (Some(level), _) => t!("exchange.ack-level", level = level_words(level)),
            (None, _) => t!("exchange.ack").to_owned(),
        },
        MessageKind::Lease => t!("exchange.lease").to_owned(),
        MessageKind::Heartbeat => t!("exchange.heartbeat").to_owned(),
        MessageKind::Handshake => t!("exchange.handshake").to_owned(),
        MessageKind::Connection => t!("exchange.connect").to_owned(),
        MessageKind::Backup => t!("exchange.backup").to_owned(),
    }
}

/// What an acknowledgement says of the log.
#[must_use]
pub fn level_words(level: &str) -> &str {
    match level {
        "written" => t!("exchange.written"),
        "flushed" => t!("exchange.flushed"),
        "applied" => t!("exchange.applied"),
        _ => level,
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
        End::Arrived(at) => t!("exchange.arrives-after", after = duration(at.since(sent))),
        End::Lost(at, reason) => t!("exchange.lost-after", after = duration(at.since(sent)), why = lost_words(reason)),
        End::Flying => t!("exchange.under-way").to_owned(),
    }
}

fn lost_words(reason: DropReason) -> &'static str {
    match reason {
        DropReason::SenderGone => t!("events.message.sender-gone"),
        DropReason::ReceiverDown => t!("events.message.receiver-down"),
        DropReason::ConnectionClosed => t!("exchange.closed"),
    }
}

/// All that the trace says of a message. `txn` gives a transaction its name.
#[must_use]
pub fn facts(line: &Line, flavor: Flavor, txn: impl Fn(TxnId) -> String) -> Vec<Fact> {
    let mut facts: Vec<Fact> = vec![(t!("exchange.fact.sent"), instant(line.sent))];
    match line.end {
        End::Arrived(at) => {
            facts.push((t!("exchange.fact.arrived"), instant(at)));
            facts.push((t!("exchange.fact.took"), duration(at.since(line.sent))));
        }
        End::Lost(at, reason) => {
            facts.push((t!("exchange.fact.lost"), format!("{}: {}", instant(at), lost_words(reason))))
        }
        End::Flying if line.held.is_some_and(|(_, until)| until.is_none()) => {
            facts.push((t!("exchange.fact.held"), t!("exchange.held-by").to_owned()));
        }
        End::Flying => {
            facts.push((t!("exchange.fact.arrives"), instant(line.arrives)));
            facts.push((t!("exchange.fact.takes"), duration(line.arrives.since(line.sent))));
        }
    }
    if let Some((since, Some(until))) = line.held {
        facts.push((t!("exchange.fact.held"), duration(until.since(since))));
    }
    if let Some((start, end)) = line.span {
        facts.push((
            if flavor == Flavor::Mysql { t!("exchange.fact.log") } else { "WAL" },
            t!("exchange.span", start = start, end = end),
        ));
    }
    if let Some(at) = line.positions {
        if flavor == Flavor::Mysql {
            facts.push((t!("exchange.fact.received-to"), at.write.to_string()));
        } else {
            facts.push((t!("exchange.fact.written-to"), at.write.to_string()));
            facts.push((t!("exchange.fact.flushed-to"), at.flush.to_string()));
            facts.push((t!("exchange.fact.applied-to"), at.apply.to_string()));
        }
    }
    if let Some(id) = line.txn {
        facts.push((t!("exchange.fact.transaction"), txn(id)));
    }
    facts.push((t!("exchange.fact.size"), bytes(line.bytes)));
    facts
}
