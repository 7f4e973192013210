//! `synchronous_mode`: which standbys are named to the server, and which may be promoted. Pure.
//!
//! The order of steps keeps one thing true at every instant: a commit that was acknowledged is on every member that may
//! be promoted (`on`), or on one of any `quorum` + 1 of them (`quorum`).

use std::sync::Arc;

use super::local::{Local, Stream};
use super::setup::{FailoverSetup, SynchronousMode};
use super::view::SyncKey;
use crate::engine::ids::NodeId;
use crate::order::{Arrange, OrderedSet};

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Tell the server whom to wait for.
    Name(Arc<str>),
    /// Write down who may be promoted.
    Key(SyncKey),
    /// Wait for standbys to catch up.
    Wait,
}

/// The next step, if there is one. `named_at`: where the log ended when standbys were last named.
pub fn next_step(
    me: NodeId,
    rules: &FailoverSetup,
    key: &SyncKey,
    local: &Local,
    named_at: u64,
    name: impl Fn(NodeId) -> Arc<str>,
) -> Option<Step> {
    let quorum = rules.synchronous_mode == SynchronousMode::Quorum;
    let streams: OrderedSet<NodeId> = local.streams.iter().map(|stream| stream.node).collect();
    let wanted = if quorum { streams.clone() } else { pick(rules, key, &local.streams) };
    let count = rules.synchronous_node_count.clamp(1, wanted.len().max(1) as u32);
    let names = names(quorum, rules, count, &wanted, name);
    let named = *names == *local.synchronous_standby_names;
    let caught_up = |node: &NodeId| {
        local.streams.iter().any(|stream| stream.node == *node && (stream.flushed >= named_at || stream.has_all))
    };
    let own = |standbys: OrderedSet<NodeId>| {
        let members = standbys.len() as u32;
        let quorum = if quorum { members.saturating_sub(count) } else { 0 };
        SyncKey { leader: Some(me), standbys, quorum }
    };
    if quorum && wanted.is_empty() {
        // Whoever is waited for now, or nobody, is none of the voters.
        return match (*key == own(OrderedSet::new()), named) {
            (false, _) => Some(Step::Key(own(OrderedSet::new()))),
            (true, false) => Some(Step::Name(names)),
            (true, true) => None,
        };
    }
    if quorum {
        // While the server is told anew, a commit may be on any one of those who count before or after: a candidate
        // has to see all the others.
        let all: OrderedSet<NodeId> = key.standbys.union(&wanted);
        let meanwhile = SyncKey { quorum: (all.len() as u32).saturating_sub(1), ..own(all) };
        let enough = wanted.iter().filter(|node| caught_up(node)).count() >= count as usize;
        return match (named, *key == own(wanted.clone())) {
            // Until now anybody counted, or nobody: also who is gone again, and in no key. So nobody may lead before the
            // standbys have caught up.
            (false, _) if key.standbys.is_empty() && key.leader == Some(me) => Some(Step::Name(names)),
            (false, _) if *key != meanwhile => Some(Step::Key(meanwhile)),
            (false, _) => Some(Step::Name(names)),
            (true, true) => None,
            (true, false) if enough => Some(Step::Key(own(wanted))),
            (true, false) => Some(Step::Wait),
        };
    }
    // Who is not to be named any more must not be promoted from now on.
    let kept: OrderedSet<NodeId> = key.standbys.intersection(&wanted).copied().collect();
    if kept != key.standbys || key.leader != Some(me) {
        return Some(Step::Key(own(kept)));
    }
    if !named {
        return Some(Step::Name(names));
    }
    let ready: OrderedSet<NodeId> = wanted.iter().copied().filter(caught_up).collect();
    match (ready == key.standbys, ready == wanted) {
        (true, true) => None,
        (true, false) => Some(Step::Wait),
        (false, _) => Some(Step::Key(own(ready))),
    }
}

/// Those that are synchronous stay so; the rest are those that have come furthest.
fn pick(rules: &FailoverSetup, key: &SyncKey, streams: &[Stream]) -> OrderedSet<NodeId> {
    let mut streams: Vec<&Stream> = streams.iter().collect();
    streams.arrange_by_key(|stream| {
        (!key.standbys.contains(&stream.node), std::cmp::Reverse(stream.flushed), stream.node)
    });
    streams.iter().take(rules.synchronous_node_count as usize).map(|stream| stream.node).collect()
}

/// `synchronous_standby_names` for these.
fn names(
    quorum: bool,
    rules: &FailoverSetup,
    count: u32,
    wanted: &OrderedSet<NodeId>,
    name: impl Fn(NodeId) -> Arc<str>,
) -> Arc<str> {
    let quoted: Vec<String> = wanted.iter().map(|node| format!("\"{}\"", name(*node).replace('"', "\"\""))).collect();
    match (wanted.len(), quorum) {
        (0, true) if rules.synchronous_mode_strict => "ANY 1 (*)".into(),
        (0, false) if rules.synchronous_mode_strict => "*".into(),
        (0, _) => "".into(),
        (_, true) => format!("ANY {count} ({})", quoted.join(",")).into(),
        (1, false) => quoted.concat().into(),
        (many, false) => format!("{many} ({})", quoted.join(",")).into(),
    }
}
