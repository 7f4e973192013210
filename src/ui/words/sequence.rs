//! What a change of the primary is called, and what it amounted to.

use super::figures::{decimals, duration};
use super::names::Names;
use crate::check::Failover;
use crate::engine::ids::NodeId;
use crate::engine::time::SimTime;
use crate::t;
use crate::ui::sequence::{Asked, Outcome, Sequence};

/// `Failover, db1 → db3`.
#[must_use]
pub fn sequence_title(of: &Sequence, names: &Names<'_>) -> String {
    let name = |id: NodeId| names.node(id);
    let kind = match of.asked {
        None => t!("takeover.failover"),
        Some(Asked::Promotion) => t!("takeover.promotion"),
        Some(Asked::Switchover) => t!("takeover.switchover"),
    };
    match (of.outcome, of.from, of.to) {
        (Outcome::Unchanged, Some(from), _) => t!("takeover.stays", node = name(from)),
        (Outcome::UnderWay, Some(from), None) if of.asked.is_some() => t!("takeover.replaced", node = name(from)),
        (Outcome::UnderWay, Some(from), None) => t!("takeover.in-doubt", node = name(from)),
        (_, Some(from), Some(to)) if from == to => t!("takeover.leads-again", node = name(to)),
        (_, Some(from), Some(to)) => t!("takeover.from-to", kind = kind, from = name(from), to = name(to)),
        (_, _, Some(to)) => t!("takeover.to", kind = kind, to = name(to)),
        (_, _, None) => kind.to_owned(),
    }
}

/// What it took, by the judges' clock.
#[must_use]
pub fn sequence_summary(of: &Sequence, judged: Option<&Failover>, names: &Names<'_>) -> String {
    let Some(judged) = judged else {
        return match of.outcome {
            Outcome::UnderWay => t!("takeover.under-way"),
            Outcome::Unchanged => t!("takeover.none"),
            Outcome::Promoted => "",
        }
        .to_owned();
    };
    let since = |at: SimTime, from: SimTime| duration(at.since(from));
    let (to, whole) = (names.node(judged.to), duration(judged.recovery_time_us()));
    let took = match judged.detected > judged.at {
        true => {
            let certain = since(judged.detected, judged.at);
            let writes = since(judged.writable, judged.detected);
            t!("takeover.took", whole = whole, certain = certain, writes = writes, to = to)
        }
        false => t!("takeover.took-writes", to = to, whole = whole),
    };
    let first = match judged.first_acknowledged {
        Some(at) => t!("takeover.first", after = since(at, judged.at)),
        None => t!("takeover.no-first").to_owned(),
    };
    let lost = match judged.lost_writes {
        0 => t!("takeover.none-lost").to_owned(),
        n => t!("takeover.lost", n = n),
    };
    format!("{took} {first} {lost}")
}

/// An instant as told from the failure: `t+3.011 s`, or `t−0.310 s` for what was before.
#[must_use]
pub fn relative(at: SimTime, began: SimTime) -> String {
    let (sign, us) = if at < began { ('−', began.since(at)) } else { ('+', at.since(began)) };
    format!("t{sign}{} s", decimals((us / 1_000) as f64 / 1e3, 3))
}
