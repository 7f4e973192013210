//! The one line above the stage: the most important thing that is happening now.

use super::figures::{bytes, count, duration, list, plural};
use super::roles::Tone;
use crate::engine::ids::{Addr, NodeId};
use crate::engine::log::Lsn;
use crate::engine::trace::Life;
use crate::sim::view::{ClusterView, LinkView, NodeView, Role, SyncState};

/// A line in two parts, so that what it is about stands out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    /// What it is about.
    pub subject: String,
    /// What is the matter with it.
    pub rest: String,
    /// Whether it is about trouble.
    pub tone: Option<Tone>,
}

impl Headline {
    pub(super) fn new(subject: impl Into<String>, rest: impl Into<String>, tone: Option<Tone>) -> Headline {
        Headline { subject: subject.into(), rest: rest.into(), tone }
    }
}

/// The server that takes writes: the running primary on the highest timeline.
#[must_use]
pub fn running_primary(view: &ClusterView) -> Option<&NodeView> {
    let running = |n: &&NodeView| n.role == Role::Primary && n.life == Life::Running;
    view.nodes.iter().filter(running).max_by_key(|n| n.timeline)
}

/// The most important thing now, read off the view and nothing else.
#[must_use]
pub fn headline(view: &ClusterView) -> Headline {
    split_brain(view)
        .or_else(|| super::leading::line(view))
        .or_else(|| no_primary(view))
        .or_else(|| waiting_commit(view).filter(|line| line.tone.is_some()))
        .or_else(|| stopped_replica(view))
        .or_else(|| fell_back(view))
        .or_else(|| waiting_commit(view))
        .or_else(|| absent(view))
        .or_else(|| cut_links(view))
        .or_else(|| lag(view))
        .unwrap_or_else(|| in_step(view))
}

fn split_brain(view: &ClusterView) -> Option<Headline> {
    let primaries: Vec<&str> =
        view.nodes.iter().filter(|n| n.role == Role::Primary && n.life == Life::Running).map(|n| &*n.name).collect();
    (primaries.len() > 1).then(|| {
        let who = list(&primaries);
        Headline::new(
            "Split brain:",
            format!("{who} both take writes, and each lacks the other's"),
            Some(Tone::Trouble),
        )
    })
}

fn no_primary(view: &ClusterView) -> Option<Headline> {
    if running_primary(view).is_some() {
        return None;
    }
    if let Some(node) = view.nodes.iter().find(|n| n.role == Role::Primary) {
        let state = state_words(node.life);
        let what = if node.life == Life::Recovering {
            "it replays its log, and takes no connection until that is done"
        } else {
            "nobody takes writes until it is back or a replica is promoted"
        };
        return Some(Headline::new(format!("{} {state}:", node.name), what, Some(Tone::Trouble)));
    }
    Some(Headline::new("No primary:", "nobody takes writes until a replica is promoted", Some(Tone::Trouble)))
}

fn stopped_replica(view: &ClusterView) -> Option<Headline> {
    let node = view.nodes.iter().find(|n| n.error.is_some() && n.life == Life::Running)?;
    Some(Headline::new(format!("{}:", node.name), node.error.as_deref().unwrap_or_default(), Some(Tone::Trouble)))
}

/// A MySQL source that is set up to wait for replicas, and does not: its clients are not told.
fn fell_back(view: &ClusterView) -> Option<Headline> {
    let node = running_primary(view)?;
    (node.mysql.as_ref()?.semi_sync == Some(false)).then(|| {
        let what = "semi-synchronous replication is off, though enabled: commits wait for no replica";
        Headline::new(format!("{}:", node.name), what, Some(Tone::Warning))
    })
}

/// Commits that wait for standbys, and for which ones.
fn waiting_commit(view: &ClusterView) -> Option<Headline> {
    let node = view
        .nodes
        .iter()
        .filter(|n| n.life == Life::Running && n.oldest_wait.is_some())
        .min_by_key(|n| n.oldest_wait.map(|(_, _, since)| since))?;
    let (_, lsn, since) = node.oldest_wait?;
    let waited = duration(view.now.since(since));
    let others = match node.waiting_commits.saturating_sub(1) {
        0 => String::new(),
        n => format!(" · {} behind it", count(u64::from(n), "commit")),
    };
    let behind: Vec<&str> = node
        .senders
        .iter()
        .filter(|s| matches!(s.sync_state, SyncState::Sync | SyncState::Quorum) && s.positions.flush < lsn)
        .filter_map(|s| name_of(view, s.standby))
        .collect();
    let counted = node.senders.iter().any(|s| matches!(s.sync_state, SyncState::Sync | SyncState::Quorum));
    let flushed = |name: &&str| view.nodes.iter().any(|n| &*n.name == *name && n.positions.flush >= lsn);
    let what = if node.mysql.is_some() && !behind.is_empty() {
        // Positions mean something else on each server: what a replica has is not told by them.
        let (names, have) = (list(&behind), plural(behind.len(), "has", "have"));
        format!("waits for replicas: {names} {have} not acknowledged it · {waited} so far{others}")
    } else if !behind.is_empty() && behind.iter().all(flushed) {
        let (names, have) = (list(&behind), plural(behind.len(), "has", "have"));
        format!("waits for the word of {names}, which {have} it on disk · {waited} so far{others}")
    } else if !behind.is_empty() {
        format!("waits for {} · {waited} so far{others}", list(&behind))
    } else if counted {
        format!("waits for its standbys · {waited} so far{others}")
    } else {
        let who = if node.mysql.is_some() { "replica that acknowledges" } else { "synchronous standby" };
        format!("waits, and no {who} is connected · {waited} so far{others}")
    };
    let tone = if counted { None } else { Some(Tone::Warning) };
    let subject = if node.mysql.is_some() { "COMMIT".to_owned() } else { format!("COMMIT {lsn}") };
    Some(Headline::new(subject, what, tone))
}

fn absent(view: &ClusterView) -> Option<Headline> {
    let gone: Vec<&NodeView> = view.nodes.iter().filter(|n| n.life != Life::Running).collect();
    let first = gone.first()?;
    let names: Vec<&str> = gone.iter().filter(|n| n.life == first.life).map(|n| &*n.name).collect();
    let verb = match first.life {
        Life::Down => plural(names.len(), "is down", "are down"),
        Life::Stopped => plural(names.len(), "has stopped", "have stopped"),
        Life::Paused => plural(names.len(), "is frozen", "are frozen"),
        Life::Recovering => plural(names.len(), "replays its log", "replay their logs"),
        Life::Copying => plural(names.len(), "receives a copy of the database", "receive copies of the database"),
        Life::Rewinding => plural(names.len(), "is being rewound", "are being rewound"),
        Life::Running => return None,
    };
    let primary = running_primary(view)?;
    let behind = gone.iter().map(|n| n.lag_bytes).max().unwrap_or(0);
    let rest = match behind {
        0 => format!("{verb}; {} carries on", primary.name),
        n => format!("{verb}; {} carries on, {} ahead", primary.name, bytes(n)),
    };
    Some(Headline::new(list(&names), rest, Some(Tone::Warning)))
}

fn cut_links(view: &ClusterView) -> Option<Headline> {
    let cut: Vec<&LinkView> = view.links.iter().filter(|l| l.cut_there || l.cut_back).collect();
    let first = cut.first()?;
    let name = |who: Addr| address_name(view, who);
    let (a, b) = (name(first.ends.0), name(first.ends.1));
    let more = match cut.len() - 1 {
        0 => String::new(),
        n => format!(" · {} more", count(n as u64, "cut link")),
    };
    let (subject, rest) = match (first.cut_there, first.cut_back) {
        (true, true) => (format!("{a} and {b}"), "cannot reach each other".to_owned()),
        (true, false) => (a, format!("cannot reach {b}, though {b} can reach it")),
        _ => (b, format!("cannot reach {a}, though {a} can reach it")),
    };
    let behind = [first.ends.0, first.ends.1]
        .into_iter()
        .filter_map(|who| view.nodes.iter().find(|n| Addr::Node(n.id) == who))
        .find(|n| n.lag_bytes > 0);
    let lag = behind.map_or(String::new(), |n| format!(" · {} is {} behind", n.name, bytes(n.lag_bytes)));
    Some(Headline::new(subject, format!("{rest}{lag}{more}"), Some(Tone::Warning)))
}

fn lag(view: &ClusterView) -> Option<Headline> {
    let primary = running_primary(view)?;
    let behind: Vec<&NodeView> = view.nodes.iter().filter(|n| n.role == Role::Replica && n.lag_bytes > 0).collect();
    let worst = behind.iter().max_by_key(|n| n.lag_bytes)?;
    let newest = newest_commit(primary);
    let all_one_behind = behind.iter().all(|n| n.lag_us < 200_000);
    match newest {
        Some(end) if all_one_behind => {
            let names: Vec<&str> = behind.iter().map(|n| &*n.name).collect();
            let verb = plural(names.len(), "has", "have");
            Some(Headline::new(
                if primary.mysql.is_some() { primary.name.to_string() } else { format!("{} {end}", primary.name) },
                format!("committed here; {} {verb} not applied it yet", list(&names)),
                None,
            ))
        }
        _ => Some(Headline::new(
            worst.name.to_string(),
            format!("is {} and {} behind {}", bytes(worst.lag_bytes), duration(worst.lag_us), primary.name),
            None,
        )),
    }
}

fn newest_commit(primary: &NodeView) -> Option<Lsn> {
    primary.strip.iter().rev().find(|r| r.txn.is_some()).map(|r| r.end)
}

fn in_step(view: &ClusterView) -> Headline {
    let Some(primary) = running_primary(view) else {
        return Headline::new("No servers", "are here", None);
    };
    let replicas = view.nodes.iter().filter(|n| n.role == Role::Replica).count();
    match replicas {
        0 => Headline::new(&*primary.name, "has no replica: what it loses is lost", None),
        1 => Headline::new("In step:", format!("the replica has applied all that {} logged", primary.name), None),
        2 => Headline::new("In step:", format!("both replicas have applied all that {} logged", primary.name), None),
        n => Headline::new("In step:", format!("all {n} replicas have applied all that {} logged", primary.name), None),
    }
}

pub(super) fn state_words(life: Life) -> &'static str {
    match life {
        Life::Down => "is down",
        Life::Stopped => "has stopped",
        Life::Paused => "is frozen",
        Life::Recovering => "recovers",
        Life::Copying => "is being copied",
        Life::Rewinding => "is being rewound",
        Life::Running => "runs",
    }
}

fn name_of(view: &ClusterView, id: NodeId) -> Option<&str> {
    view.nodes.iter().find(|n| n.id == id).map(|n| &*n.name)
}

fn address_name(view: &ClusterView, who: Addr) -> String {
    super::events::names_in(view).name(who).to_owned()
}
