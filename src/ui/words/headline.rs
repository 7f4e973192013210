//! The one line above the stage: the most important thing that is happening now.

use super::figures::{bytes, duration, list};
use super::roles::Tone;
use crate::engine::ids::{Addr, NodeId};
use crate::engine::log::Lsn;
use crate::engine::trace::Life;
use crate::sim::view::{ClusterView, LinkView, NodeView, Role, SyncState};
use crate::t;

/// A line in two parts, so that what it is about stands out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    /// What it is about.
    pub subject: String,
    /// What is the matter with it.
    pub rest: String,
    /// Whether it is about trouble.
    pub tone: Option<Tone>,
    /// The server on which a commit waits, where it is about that.
    pub waits: Option<NodeId>,
}

impl Headline {
    pub(super) fn new(subject: impl Into<String>, rest: impl Into<String>, tone: Option<Tone>) -> Headline {
        Headline { subject: subject.into(), rest: rest.into(), tone, waits: None }
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
        let rest = t!("headline.both-write", who = list(&primaries));
        Headline::new(t!("headline.split-brain"), rest, Some(Tone::Trouble))
    })
}

fn no_primary(view: &ClusterView) -> Option<Headline> {
    if running_primary(view).is_some() {
        return None;
    }
    if let Some(node) = view.nodes.iter().find(|n| n.role == Role::Primary) {
        let what = match node.life {
            Life::Recovering => t!("headline.primary-recovers"),
            _ => t!("headline.until-back"),
        };
        let subject = t!("headline.in-state", node = node.name, state = state_words(node.life, 1));
        return Some(Headline::new(subject, what, Some(Tone::Trouble)));
    }
    Some(Headline::new(t!("headline.no-primary"), t!("headline.until-promoted"), Some(Tone::Trouble)))
}

fn stopped_replica(view: &ClusterView) -> Option<Headline> {
    let node = view.nodes.iter().find(|n| n.error.is_some() && n.life == Life::Running)?;
    Some(Headline::new(format!("{}:", node.name), node.error.as_deref().unwrap_or_default(), Some(Tone::Trouble)))
}

/// A MySQL source that is set up to wait for replicas, and does not: its clients are not told.
fn fell_back(view: &ClusterView) -> Option<Headline> {
    let node = running_primary(view)?;
    (node.mysql.as_ref()?.semi_sync == Some(false))
        .then(|| Headline::new(format!("{}:", node.name), t!("headline.fell-back"), Some(Tone::Warning)))
}

/// Commits that wait for standbys, and for which ones.
fn waiting_commit(view: &ClusterView) -> Option<Headline> {
    let node = view
        .nodes
        .iter()
        .filter(|n| n.life == Life::Running && n.oldest_wait.is_some())
        .min_by_key(|n| n.oldest_wait.map(|(_, _, since)| since))?;
    let (_, lsn, since) = node.oldest_wait?;
    let behind: Vec<&str> = node
        .senders
        .iter()
        .filter(|s| matches!(s.sync_state, SyncState::Sync | SyncState::Quorum) && s.positions.flush < lsn)
        .filter_map(|s| name_of(view, s.standby))
        .collect();
    let counted = node.senders.iter().any(|s| matches!(s.sync_state, SyncState::Sync | SyncState::Quorum));
    let flushed = |name: &&str| view.nodes.iter().any(|n| &*n.name == *name && n.positions.flush >= lsn);
    let names = list(&behind);
    let what = if node.mysql.is_some() && !behind.is_empty() {
        // Positions mean something else on each server: what a replica has is not told by them.
        t!("headline.waits-replicas", names = names, n = behind.len())
    } else if !behind.is_empty() && behind.iter().all(flushed) {
        t!("headline.waits-word", names = names, n = behind.len())
    } else if !behind.is_empty() {
        t!("headline.waits", names = names)
    } else if counted {
        t!("headline.waits-standbys").to_owned()
    } else if node.mysql.is_some() {
        t!("headline.waits-no-replica").to_owned()
    } else {
        t!("headline.waits-no-standby").to_owned()
    };
    let mut rest = t!("headline.so-far", what = what, waited = duration(view.now.since(since)));
    let others = node.waiting_commits.saturating_sub(1);
    if others > 0 {
        rest = rest + " · " + &t!("headline.behind-it", n = others);
    }
    let tone = if counted { None } else { Some(Tone::Warning) };
    let subject = if node.mysql.is_some() { "COMMIT".to_owned() } else { format!("COMMIT {lsn}") };
    Some(Headline { waits: Some(node.id), ..Headline::new(subject, rest, tone) })
}

fn absent(view: &ClusterView) -> Option<Headline> {
    let gone: Vec<&NodeView> = view.nodes.iter().filter(|n| n.life != Life::Running).collect();
    let first = gone.first()?;
    let names: Vec<&str> = gone.iter().filter(|n| n.life == first.life).map(|n| &*n.name).collect();
    let n = names.len();
    let verb = match first.life {
        Life::Recovering => t!("headline.replaying", n = n),
        Life::Copying => t!("headline.receiving", n = n),
        life => state_words(life, n),
    };
    let primary = running_primary(view)?;
    let behind = gone.iter().map(|n| n.lag_bytes).max().unwrap_or(0);
    let rest = match behind {
        0 => t!("headline.carries-on", verb = verb, primary = primary.name),
        n => t!("headline.carries-on-ahead", verb = verb, primary = primary.name, size = bytes(n)),
    };
    Some(Headline::new(list(&names), rest, Some(Tone::Warning)))
}

fn cut_links(view: &ClusterView) -> Option<Headline> {
    let cut: Vec<&LinkView> = view.links.iter().filter(|l| l.cut_there || l.cut_back).collect();
    let first = cut.first()?;
    let name = |who: Addr| address_name(view, who);
    let (a, b) = (name(first.ends.0), name(first.ends.1));
    let (subject, mut rest) = match (first.cut_there, first.cut_back) {
        (true, true) => (list(&[a, b]), t!("headline.cut").to_owned()),
        (true, false) => (a, t!("headline.cut-one-way", other = b)),
        _ => (b, t!("headline.cut-one-way", other = a)),
    };
    let behind = [first.ends.0, first.ends.1]
        .into_iter()
        .filter_map(|who| view.nodes.iter().find(|n| Addr::Node(n.id) == who))
        .find(|n| n.lag_bytes > 0);
    if let Some(node) = behind {
        rest = rest + " · " + &t!("headline.also-behind", node = node.name, size = bytes(node.lag_bytes));
    }
    if cut.len() > 1 {
        rest = rest + " · " + &t!("headline.more-cut", n = cut.len() - 1);
    }
    Some(Headline::new(subject, rest, Some(Tone::Warning)))
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
            Some(Headline::new(
                if primary.mysql.is_some() { primary.name.to_string() } else { format!("{} {end}", primary.name) },
                t!("headline.not-applied", names = list(&names), n = names.len()),
                None,
            ))
        }
        _ => {
            let (size, age) = (bytes(worst.lag_bytes), duration(worst.lag_us));
            let rest = t!("headline.lags", size = size, age = age, primary = primary.name);
            Some(Headline::new(&*worst.name, rest, None))
        }
    }
}

fn newest_commit(primary: &NodeView) -> Option<Lsn> {
    primary.strip.iter().rev().find(|r| r.txn.is_some()).map(|r| r.end)
}

fn in_step(view: &ClusterView) -> Headline {
    let Some(primary) = running_primary(view) else {
        return Headline::new(t!("headline.no-servers"), t!("headline.are-here"), None);
    };
    let replicas = view.nodes.iter().filter(|n| n.role == Role::Replica).count();
    let rest = match replicas {
        0 => return Headline::new(&*primary.name, t!("headline.no-replica"), None),
        1 => t!("headline.one-in-step", primary = primary.name),
        2 => t!("headline.both-in-step", primary = primary.name),
        n => t!("headline.all-in-step", n = n, primary = primary.name),
    };
    Headline::new(t!("headline.in-step"), rest, None)
}

/// What is the matter with so many servers.
pub(super) fn state_words(life: Life, n: usize) -> String {
    match life {
        Life::Down => t!("headline.state.down", n = n),
        Life::Stopped => t!("headline.state.stopped", n = n),
        Life::Paused => t!("headline.state.frozen", n = n),
        Life::Recovering => t!("headline.state.recovers", n = n),
        Life::Copying => t!("headline.state.copied", n = n),
        Life::Rewinding => t!("headline.state.rewound", n = n),
        Life::Running => t!("headline.state.runs", n = n),
    }
}

fn name_of(view: &ClusterView, id: NodeId) -> Option<&str> {
    view.nodes.iter().find(|n| n.id == id).map(|n| &*n.name)
}

fn address_name(view: &ClusterView, who: Addr) -> String {
    super::names::names_in(view).name(who).to_owned()
}
