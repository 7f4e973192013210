//! What happens to messages and connections.

use super::events::Flight;
use super::figures::bytes;
use super::names::Names;
use crate::engine::flavor::Flavor;
use crate::engine::message::MessageKind;
use crate::engine::trace::{CloseReason, DropReason, What};
use crate::t;

pub(super) fn network(what: &What, flight: Option<Flight>, names: &Names<'_>, flavor: Flavor) -> Option<String> {
    let message = || match flight {
        Some(f) => {
            let (from, to) = (names.name(f.from), names.name(f.to));
            t!("events.message.known", kind = kind_words(f.kind, flavor), from = from, to = to)
        }
        None => t!("events.message.unknown").to_owned(),
    };
    Some(match what {
        What::Sent { from, to, kind, span, positions, wire_bytes, .. } => {
            let (from, to, what, size) =
                (names.name(*from), names.name(*to), article(*kind, flavor), bytes(*wire_bytes));
            match (span, positions) {
                (Some((start, end)), _) => {
                    let what = t!("events.message.span", what = what, start = start, end = end);
                    t!("events.message.sent", from = from, to = to, what = what, size = size)
                }
                (None, Some(p)) => {
                    let (write, flush, apply) = (p.write, p.flush, p.apply);
                    let what = t!("events.message.positions", what = what, write = write, flush = flush, apply = apply);
                    t!("events.message.sent", from = from, to = to, what = what, size = size)
                }
                _ => t!("events.message.sent", from = from, to = to, what = what, size = size),
            }
        }
        What::Held { .. } => t!("events.message.held", message = message()),
        What::Resumed { .. } => t!("events.message.resumed", message = message()),
        What::Dropped { reason, .. } => {
            let why = match reason {
                DropReason::SenderGone => t!("events.message.sender-gone"),
                DropReason::ReceiverDown => t!("events.message.receiver-down"),
                DropReason::ConnectionClosed => t!("events.message.connection-closed"),
            };
            t!("events.message.dropped", message = message(), why = why)
        }
        What::Connected { conn, to } => {
            t!("events.message.connected", from = names.name(conn.opener), to = names.name(*to))
        }
        What::Disconnected { at_end, peer, reason, .. } => {
            let why = match reason {
                CloseReason::Closed => t!("events.message.closed"),
                CloseReason::Reset => t!("events.message.reset"),
                CloseReason::Refused => t!("events.message.refused"),
                CloseReason::TimedOut => t!("events.message.timed-out"),
                CloseReason::Disconnected => t!("events.message.cut"),
            };
            t!("events.message.disconnected", at = names.name(*at_end), peer = names.name(*peer), why = why)
        }
        _ => return None,
    })
}

fn kind_words(kind: MessageKind, flavor: Flavor) -> &'static str {
    match kind {
        MessageKind::Query => t!("events.kind.query"),
        MessageKind::Result => t!("events.kind.result"),
        MessageKind::Cancel => t!("events.kind.cancel"),
        MessageKind::Handshake => t!("events.kind.handshake"),
        MessageKind::Log if flavor == Flavor::Mysql => t!("events.kind.binlog"),
        MessageKind::Log => t!("events.kind.wal"),
        MessageKind::Acknowledgement => t!("events.kind.acknowledgement"),
        MessageKind::Heartbeat => t!("events.kind.heartbeat"),
        MessageKind::Lease => t!("events.kind.lease"),
        MessageKind::Connection => t!("events.kind.connection"),
        MessageKind::Backup => t!("events.kind.backup"),
    }
}

/// The same as the object of a sentence.
fn article(kind: MessageKind, flavor: Flavor) -> &'static str {
    match kind {
        MessageKind::Query => t!("events.what.query"),
        MessageKind::Result => t!("events.what.result"),
        MessageKind::Cancel => t!("events.what.cancel"),
        MessageKind::Handshake => t!("events.what.handshake"),
        MessageKind::Log if flavor == Flavor::Mysql => t!("events.what.binlog"),
        MessageKind::Log => t!("events.what.wal"),
        MessageKind::Acknowledgement => t!("events.what.acknowledgement"),
        MessageKind::Heartbeat => t!("events.what.heartbeat"),
        MessageKind::Lease => t!("events.what.lease"),
        MessageKind::Connection => t!("events.what.connection"),
        MessageKind::Backup => t!("events.what.backup"),
    }
}
