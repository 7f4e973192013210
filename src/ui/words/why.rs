//! The links of a causal chain in sentences.

use super::figures::{bytes, clock, duration, list};
use crate::check::Names;
use crate::check::why::{Because, Point, Told};
use crate::engine::flavor::Flavor;
use crate::engine::ids::NodeId;
use crate::engine::trace::Life;
use crate::t;
use crate::ui::text::said;

/// A link as a sentence.
#[must_use]
pub fn because(link: &Because, names: &dyn Names, flavor: Flavor) -> String {
    let name = |node: &NodeId| names.node(*node);
    let nodes = |of: &[NodeId]| list(&of.iter().map(name).collect::<Vec<_>>());
    match link {
        Because::Sent { txn, client } => t!("why.link.sent", client = names.client(*client), txn = names.txn(*txn)),
        Because::Logged { node, kv: Some((key, value)), place, .. } => {
            t!("why.link.logged-kv", node = name(node), place = place, key = key, value = value)
        }
        Because::Logged { node, place, .. } => t!("why.link.logged", node = name(node), place = place),
        Because::FlushedThere { node } => t!("why.link.flushed-there", node = name(node)),
        Because::NeverFlushed { node } => t!("why.link.never-flushed", node = name(node)),
        Because::Came { node, to } => came(&name(node), *to),
        Because::NotYet { node, point: Point::Shipped, .. } => t!("why.link.not-yet-shipped", node = name(node)),
        Because::NotYet { node, .. } => t!("why.link.not-yet", node = name(node)),
        Because::CameLater { node, to } => came_later(&name(node), *to),
        Because::NeverCame { node, to: Point::Applied } => t!("why.link.never-came-applied", node = name(node)),
        Because::NeverCame { node, .. } => t!("why.link.never-came", node = name(node)),
        Because::Cut { one, other } => t!("why.link.cut", one = name(one), other = name(other)),
        Because::NotStreaming { node, upstream: Some(upstream) } => {
            t!("why.link.not-streaming", node = name(node), upstream = name(upstream))
        }
        Because::NotStreaming { node, upstream: None } => t!("why.link.not-streaming-alone", node = name(node)),
        Because::Refused { node, upstream, error } => {
            t!("why.link.refused", node = name(node), upstream = name(upstream), error = error)
        }
        Because::NotRunning { node, life } => not_running(&name(node), *life),
        Because::Latency { from, to, took_us } => {
            t!("why.link.latency", from = name(from), to = name(to), took = duration(*took_us))
        }
        Because::SlowDisk { node, fsync_us } => {
            t!("why.link.slow-disk", node = name(node), took = duration(*fsync_us))
        }
        Because::ReplayPaused { node } => t!("why.link.replay-paused", node = name(node)),
        Because::ApplyFailed { node, error } => t!("why.link.apply-failed", node = name(node), error = error),
        Because::Delayed { node, setting, value } => {
            t!("why.link.delayed", node = name(node), setting = setting, value = value)
        }
        Because::ApplyRate { node, per_second } => t!("why.link.apply-rate", node = name(node), n = per_second),
        Because::Queued { node, took_us } => t!("why.link.queued", node = name(node), took = duration(*took_us)),
        Because::Acknowledged { told, .. } => acknowledged(told, nodes),
        Because::Failed { reason, .. } => t!("why.link.failed", reason = reason.as_deref().unwrap_or("?")),
        Because::Indeterminate { reason, .. } => {
            t!("why.link.indeterminate", reason = reason.as_deref().unwrap_or("?"))
        }
        Because::Command { text } => t!("why.link.command", text = text),
        Because::Gone { node, life } => match life {
            Life::Paused => t!("why.link.gone-paused", node = name(node)),
            Life::Stopped => t!("why.link.gone-stopped", node = name(node)),
            Life::Down => t!("why.link.gone-down", node = name(node)),
            _ => t!("why.link.gone", node = name(node)),
        },
        Because::LogLost { node } => t!("why.link.log-lost", node = name(node)),
        Because::LeaseExpired { node } => t!("why.link.lease-expired", node = name(node)),
        Because::Promoted { node, .. } if flavor == Flavor::Mysql => t!("why.link.promoted-mysql", node = name(node)),
        Because::Promoted { node, timeline } => t!("why.link.promoted", node = name(node), timeline = timeline),
        Because::AlreadyPromoted { node, origin, .. } if flavor == Flavor::Mysql => {
            t!("why.link.already-promoted-mysql", node = name(node), origin = name(origin))
        }
        Because::AlreadyPromoted { node, origin, timeline } => {
            t!("why.link.already-promoted", node = name(node), origin = name(origin), timeline = timeline)
        }
        Because::Discarded { node, by } => t!("why.link.discarded", node = name(node), by = name(by)),
        Because::Errant { node } => t!("why.link.errant", node = name(node)),
        Because::Lost { primary } => t!("why.link.lost", primary = name(primary)),
        Because::Survived { primary } => t!("why.link.survived", primary = name(primary)),
        Because::ReadSent { session, key } => {
            t!("why.link.read-sent", session = names.session(*session), key = key)
        }
        Because::Routed { node, reason } => t!("why.link.routed", node = name(node), reason = said(reason)),
        Because::ReadGot { node, key, value: Some(value) } => {
            t!("why.link.read-got", node = name(node), key = key, value = value)
        }
        Because::ReadGot { node, key, value: None } => t!("why.link.read-got-nothing", node = name(node), key = key),
        Because::OtherHistory { node } => t!("why.link.other-history", node = name(node)),
        _ => waiting(link, &name, &nodes, names),
    }
}

/// What a write that has no answer yet waits for.
fn waiting(
    link: &Because,
    name: &dyn Fn(&NodeId) -> String,
    nodes: &dyn Fn(&[NodeId]) -> String,
    names: &dyn Names,
) -> String {
    match link {
        Because::Waits { node, .. } => t!("why.link.waits", node = name(node)),
        Because::Rule { names, level } => t!("why.link.rule", names = names, level = level),
        Because::SemiSync { count, point } => t!("why.link.semi-sync", n = count, point = point),
        Because::LockWait { node, holder } => {
            t!("why.link.lock-wait", node = name(node), holder = names.txn(*holder))
        }
        Because::UnderWay { node: Some(node) } => t!("why.link.under-way", node = name(node)),
        Because::NotFlushedYet { node, fsync_us } => {
            t!("why.link.not-flushed-yet", node = name(node), took = duration(*fsync_us))
        }
        Because::Unconfirmed { node, has, needs } => match has {
            None => t!("why.link.unconfirmed-nothing", node = name(node)),
            Some(Point::Shipped) => t!("why.link.unconfirmed-shipped", node = name(node)),
            Some(Point::Received) => t!("why.link.unconfirmed-received", node = name(node), needs = needed(*needs)),
            Some(_) => t!("why.link.unconfirmed-flushed", node = name(node), needs = needed(*needs)),
        },
        Because::Unheard { node } => t!("why.link.unheard", node = name(node)),
        Because::NobodyQualifies => t!("why.link.nobody").to_owned(),
        Because::EndsWhen { of, needs, all: true } => {
            t!("why.link.ends-when", nodes = nodes(of), n = of.len(), needs = needed(*needs))
        }
        Because::EndsWhen { of, needs, .. } => {
            t!("why.link.ends-when-count", nodes = nodes(of), needs = needed(*needs))
        }
        Because::EndsByRule => t!("why.link.ends-by-rule").to_owned(),
        Because::EndsAt { at } => t!("why.link.ends-at", at = clock(*at)),
        Because::Behind { node, bytes: n, us } => {
            t!("why.link.is-behind", node = name(node), bytes = bytes(*n), took = duration(*us))
        }
        Because::UpToDate { node } => t!("why.link.up-to-date", node = name(node)),
        _ => t!("why.link.under-way-nowhere").to_owned(),
    }
}

fn came(node: &str, to: Point) -> String {
    match to {
        Point::Shipped => t!("why.link.came-shipped", node = node),
        Point::Received => t!("why.link.came-received", node = node),
        Point::Flushed => t!("why.link.came-flushed", node = node),
        Point::Applied => t!("why.link.came-applied", node = node),
    }
}

fn came_later(node: &str, to: Point) -> String {
    match to {
        Point::Shipped => t!("why.link.came-later-shipped", node = node),
        Point::Received => t!("why.link.came-later-received", node = node),
        Point::Flushed => t!("why.link.came-later-flushed", node = node),
        Point::Applied => t!("why.link.came-later-applied", node = node),
    }
}

fn needed(point: Point) -> &'static str {
    match point {
        Point::Shipped | Point::Received => t!("why.link.needs-received"),
        Point::Flushed => t!("why.link.needs-flushed"),
        Point::Applied => t!("why.link.needs-applied"),
    }
}

fn not_running(node: &str, life: Life) -> String {
    match life {
        Life::Recovering => t!("why.link.not-running-recovering", node = node),
        Life::Paused => t!("why.link.not-running-paused", node = node),
        Life::Running | Life::Stopped => t!("why.link.not-running-stopped", node = node),
        Life::Down => t!("why.link.not-running-down", node = node),
        Life::Copying => t!("why.link.not-running-copying", node = node),
        Life::Rewinding => t!("why.link.not-running-rewinding", node = node),
    }
}

fn acknowledged(told: &Told, nodes: impl Fn(&[NodeId]) -> String) -> String {
    match told {
        Told::NobodyNamed => t!("why.link.acknowledged-nobody").to_owned(),
        Told::NotSemiSync => t!("why.link.acknowledged-not-semi-sync").to_owned(),
        Told::Level(level) => t!("why.link.acknowledged-level", level = level),
        Told::FellBack => t!("why.link.acknowledged-fell-back").to_owned(),
        Told::Cancelled => t!("why.link.acknowledged-cancelled").to_owned(),
        Told::By(of) if !of.is_empty() => t!("why.link.acknowledged-by", nodes = nodes(of)),
        Told::By(_) | Told::NotWaited => t!("why.link.acknowledged").to_owned(),
    }
}
