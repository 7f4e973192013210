//! What a change of the primary is called, and what it amounted to.

use super::events::Names;
use super::figures::{count, duration};
use crate::check::Failover;
use crate::engine::ids::{Addr, NodeId};
use crate::engine::time::SimTime;
use crate::ui::sequence::{Asked, Outcome, Sequence};

/// `Failover, db1 → db3`.
#[must_use]
pub fn sequence_title(of: &Sequence, names: &Names<'_>) -> String {
    let name = |id: NodeId| names.name(Addr::Node(id)).to_owned();
    let kind = match of.asked {
        None => "Failover",
        Some(Asked::Promotion) => "Promotion",
        Some(Asked::Switchover) => "Switchover",
    };
    match (of.outcome, of.from, of.to) {
        (Outcome::Unchanged, Some(from), _) => format!("{} stays primary", name(from)),
        (Outcome::UnderWay, Some(from), None) if of.asked.is_some() => format!("{} is to be replaced", name(from)),
        (Outcome::UnderWay, Some(from), None) => format!("{} in doubt", name(from)),
        (_, Some(from), Some(to)) if from == to => format!("{} leads again", name(to)),
        (_, Some(from), Some(to)) => format!("{kind}, {} → {}", name(from), name(to)),
        (_, _, Some(to)) => format!("{kind} to {}", name(to)),
        (_, _, None) => kind.to_owned(),
    }
}

/// What it took, by the judges' clock.
#[must_use]
pub fn sequence_summary(of: &Sequence, judged: Option<&Failover>, names: &Names<'_>) -> String {
    let Some(judged) = judged else {
        return match of.outcome {
            Outcome::UnderWay => "Under way.".to_owned(),
            Outcome::Unchanged => "No failover came of it.".to_owned(),
            Outcome::Promoted => String::new(),
        };
    };
    let since = |at: SimTime, from: SimTime| duration(at.since(from));
    let to = names.name(Addr::Node(judged.to));
    let took = match judged.detected > judged.at {
        true => format!(
            "{} without a primary: {} until it was certain, {} until {to} took writes.",
            duration(judged.recovery_time_us()),
            since(judged.detected, judged.at),
            since(judged.writable, judged.detected),
        ),
        false => format!("{to} took writes after {}.", duration(judged.recovery_time_us())),
    };
    let first = match judged.first_acknowledged {
        Some(at) => format!(" First write acknowledged after {}.", since(at, judged.at)),
        None => " No write is acknowledged yet.".to_owned(),
    };
    let lost = match judged.lost_writes {
        0 => "No acknowledged write lost.".to_owned(),
        n => format!("Lost: {}.", count(n, "acknowledged write")),
    };
    format!("{took}{first} {lost}")
}

/// An instant as told from the failure: `t+3.011 s`, or `t−0.310 s` for what was before.
#[must_use]
pub fn relative(at: SimTime, began: SimTime) -> String {
    let (sign, us) = if at < began { ('−', began.since(at)) } else { ('+', at.since(began)) };
    format!("t{sign}{}.{:03} s", us / 1_000_000, us % 1_000_000 / 1_000)
}
