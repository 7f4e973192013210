//! What can be done to what one looks at.

use std::sync::Arc;

use yew::prelude::*;

use super::discard::Question;
use super::{Act, store};
use crate::check::why;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, ClientId, NodeId};
use crate::engine::trace::Life;
use crate::sim::command::{Between, Command, Console};
use crate::sim::setup::{DiskSetup, LinkShape, NodeSetup, Setup, Tags};
use crate::sim::view::{ClusterView, NodeView, Role};
use crate::t;
use crate::ui::explain::State;
use crate::ui::parts::menu::Item;
use crate::ui::plan::Ends;
use crate::ui::words::{badge, chosen, names_in, running_primary};

/// What a menu is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A server.
    Node(NodeId),
    /// A client.
    Client(ClientId),
    /// The proxy.
    Proxy,
    /// The failover manager's store.
    Store,
    /// A link.
    Link(Ends),
}

impl Subject {
    /// The menu of a card.
    #[must_use]
    pub fn of(who: Addr) -> Option<Subject> {
        match who {
            Addr::Node(id) => Some(Subject::Node(id)),
            Addr::Client(id) => Some(Subject::Client(id)),
            Addr::Proxy => Some(Subject::Proxy),
            Addr::Store => Some(Subject::Store),
            Addr::Agent(_) => None,
        }
    }
}

/// The menu's heading; `None` when its subject is gone.
#[must_use]
pub fn title(subject: Subject, view: &ClusterView) -> Option<String> {
    match subject {
        Subject::Node(id) => view.nodes.iter().find(|n| n.id == id).map(|n| n.name.to_string()),
        Subject::Client(id) => view.clients.iter().find(|c| c.id == id).map(|c| c.name.to_string()),
        Subject::Proxy => view.proxy.as_ref().map(|_| "proxy".to_owned()),
        Subject::Store => view.manager.as_ref().map(|_| "store".to_owned()),
        Subject::Link(ends) => view.links.iter().find(|l| l.ends == ends).map(|_| {
            let names = names_in(view);
            t!("menu.link", from = names.name(ends.0), to = names.name(ends.1))
        }),
    }
}

/// What the subject is now.
#[must_use]
pub fn subtitle(subject: Subject, view: &ClusterView) -> String {
    match subject {
        Subject::Node(id) => {
            view.nodes.iter().find(|n| n.id == id).map_or(String::new(), |n| badge(n, view.flavor).word.to_lowercase())
        }
        Subject::Client(_) => t!("menu.client").to_owned(),
        Subject::Proxy => t!("menu.routes").to_owned(),
        Subject::Store => t!("menu.keeps-lease").to_owned(),
        Subject::Link(ends) => view
            .links
            .iter()
            .find(|l| l.ends == ends)
            .map_or(String::new(), |l| t!("menu.one-way", latency = chosen(l.latency_us))),
    }
}

/// What it means to be so, in a sentence.
#[must_use]
pub fn note(subject: Subject, view: &ClusterView) -> Option<AttrValue> {
    let state = match subject {
        Subject::Node(id) => State::of(view.nodes.iter().find(|n| n.id == id)?),
        Subject::Store => State::Store,
        _ => return None,
    };
    state.topic().text(view.flavor).map(AttrValue::from)
}

/// What a menu can bring about.
pub struct Doing<'a> {
    /// Does something to the cluster.
    pub act: &'a Act,
    /// Shows all figures of a server.
    pub inspect: &'a Callback<NodeId>,
    /// Shows a server in the Status instrument, or for the store the whole cluster; nothing where there is none.
    pub status: Option<&'a Callback<Addr>>,
    /// Shows what would be discarded, before it is.
    pub ask: &'a Callback<Question>,
    /// Asks why something is so.
    pub why: &'a Callback<why::Question>,
}

/// The menu's items; `fresh` is a name for the next server.
#[must_use]
pub fn items(subject: Subject, view: &ClusterView, fresh: &str, doing: &Doing<'_>) -> Vec<Item> {
    let act = doing.act;
    match subject {
        Subject::Node(id) => match view.nodes.iter().find(|n| n.id == id) {
            Some(node) => node_items(node, view, fresh, doing),
            None => Vec::new(),
        },
        Subject::Client(id) => client_items(id, view, act),
        Subject::Proxy => vec![
            Item::danger(
                t!("menu.isolate"),
                t!("menu.cut-all"),
                does(act, || Command::Isolate { who: "proxy".into() }),
            ),
            Item::act(t!("menu.heal-all"), t!("menu.everywhere"), does(act, || Command::Heal { between: None })),
        ],
        Subject::Store => store::items(view, doing),
        Subject::Link(ends) => link_items(ends, view, act),
    }
}

pub(super) fn does(act: &Act, command: impl Fn() -> Command + 'static) -> Callback<()> {
    act.reform(move |()| command())
}

fn node_items(node: &NodeView, view: &ClusterView, fresh: &str, doing: &Doing<'_>) -> Vec<Item> {
    let (name, act) = (node.name.clone(), doing.act);
    let on = |make: fn(Arc<str>) -> Command| {
        let name = name.clone();
        does(act, move || make(name.clone()))
    };
    let replica = node.role == Role::Replica;
    let streams = node.streaming && node.upstream == running_primary(view).map(|primary| primary.id);
    let mut items = Vec::new();
    match node.life {
        Life::Running | Life::Recovering | Life::Copying | Life::Rewinding => {
            if replica && matches!(node.life, Life::Running | Life::Recovering) {
                let hint = match view.flavor {
                    // The manager promotes it, or says why not.
                    _ if view.manager.is_some() => "patronictl failover",
                    Flavor::Mysql => t!("menu.source"),
                    Flavor::Postgresql => t!("menu.new-timeline"),
                };
                let id = node.id;
                // The manager's leader stops and lets a replica that streams from it have everything: nothing is lost.
                let promote = match streams && view.manager.is_some() {
                    true => on(|node| Command::Promote { node }),
                    false => doing.ask.reform(move |()| Question::Promote(id)),
                };
                items.push(Item::act(t!("menu.promote"), hint, promote));
            }
            if replica && streams {
                let managed = view.manager.is_some();
                let hint = if managed { "patronictl switchover" } else { t!("menu.without-loss") };
                items.push(Item::act(t!("menu.switch-over"), hint, on(|node| Command::Switchover { node })));
            }
            let hint = t!("menu.unflushed");
            items.push(Item::danger(t!("menu.crash"), hint, on(|node| Command::Crash { node })));
            let hint = t!("menu.process");
            items.push(Item::danger(t!("menu.kill"), hint, on(|node| Command::Kill { node })));
            items.push(Item::danger(t!("menu.freeze"), t!("menu.stalled"), on(|node| Command::Pause { node })));
        }
        Life::Paused => {
            items.push(Item::act(t!("menu.thaw"), t!("menu.goes-on"), on(|node| Command::Resume { node })));
            items.push(Item::danger(t!("menu.crash"), t!("menu.machine-dies"), on(|node| Command::Crash { node })));
        }
        Life::Stopped | Life::Down => {
            items.push(Item::act(t!("menu.restart"), t!("menu.recovers"), on(|node| Command::Restart { node })));
        }
    }
    items.push(Item::danger(t!("menu.isolate"), t!("menu.cut-all"), on(|who| Command::Isolate { who })));
    if replica && node.life == Life::Running {
        items.push(if node.replay_paused {
            Item::act(t!("menu.resume"), resume_words(view.flavor), on(|node| Command::ResumeReplay { node }))
        } else {
            Item::act(t!("menu.pause"), pause_words(view.flavor), on(|node| Command::PauseReplay { node }))
        });
        items.extend(receiver_item(node, act));
    }
    items.extend(return_item(node, view, doing));
    items.extend(copy_item(node, view, act));
    items.push(Item::Line);
    items.push(disk_choice(node, act));
    if view.flavor == Flavor::Postgresql {
        items.push(disk_size_choice(node, act));
    }
    if replica {
        items.push(rate_choice(node, act));
        if let Some(choice) = upstream_choice(node, view, act) {
            items.push(choice);
        }
    }
    items.push(Item::Line);
    if view.nodes.len() < Setup::MAX_NODES {
        let upstream = name.clone();
        let fresh = fresh.to_owned();
        let label = t!("menu.add-replica", name = fresh);
        let add = does(act, move || add_node(&fresh, Some(upstream.clone())));
        let hint = if view.flavor == Flavor::Mysql { t!("menu.as-clone") } else { t!("menu.from-backup") };
        items.push(Item::act(label, hint, add));
    }
    let id = node.id;
    if node.waiting_commits > 0 {
        items.push(Item::act(t!("why.waiting"), "", doing.why.reform(move |()| why::Question::Waiting(id))));
    }
    if replica && node.lag_bytes > 0 {
        let label = t!("why.behind", node = node.name);
        items.push(Item::act(label, "", doing.why.reform(move |()| why::Question::Missing(id, None))));
    }
    if let Some(status) = doing.status {
        let hint = if view.flavor == Flavor::Mysql { t!("menu.mysql-prints") } else { t!("menu.psql-prints") };
        items.push(Item::act(t!("menu.status"), hint, status.reform(move |()| Addr::Node(id))));
    }
    items.push(Item::act(t!("menu.inspect"), t!("menu.all-figures"), doing.inspect.reform(move |()| id)));
    items.push(Item::danger(t!("menu.remove"), t!("menu.for-good"), on(|node| Command::RemoveNode { node })));
    items
}

fn pause_words(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::Postgresql => "pg_wal_replay_pause()",
        Flavor::Mysql => "STOP REPLICA SQL_THREAD",
    }
}

fn resume_words(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::Postgresql => "pg_wal_replay_resume()",
        Flavor::Mysql => "START REPLICA SQL_THREAD",
    }
}

/// Stops or starts a MySQL replica's receiver, by the operator's own statement.
fn receiver_item(node: &NodeView, act: &Act) -> Option<Item> {
    let channel = node.mysql.as_ref()?.channel?;
    let (label, sql) = match channel.io_running {
        "No" => (t!("menu.start-receiving"), "START REPLICA IO_THREAD"),
        _ => (t!("menu.stop-receiving"), "STOP REPLICA IO_THREAD"),
    };
    let name = node.name.clone();
    let run = does(act, move || Command::Sql { console: Console::On(name.clone()), sql: sql.into() });
    Some(Item::act(label, sql, run))
}

/// The way back for a server that has what the primary has not.
fn return_item(node: &NodeView, view: &ClusterView, doing: &Doing<'_>) -> Option<Item> {
    let primary = running_primary(view).filter(|primary| primary.id != node.id)?;
    if matches!(node.life, Life::Paused | Life::Copying | Life::Rewinding) {
        return None;
    }
    let id = node.id;
    let ask = doing.ask.reform(move |()| Question::Return(id));
    match &node.mysql {
        None => Some(Item::danger(t!("menu.rewind"), t!("menu.to-history", node = primary.name), ask)),
        Some(mysql) if !mysql.errant.is_empty() => Some(Item::act(t!("menu.errant"), t!("menu.what-to-do"), ask)),
        Some(_) => None,
    }
}

/// A copy of another server in place of what it has: of its upstream, or of the primary where it follows nobody.
fn copy_item(node: &NodeView, view: &ClusterView, act: &Act) -> Option<Item> {
    let name = node.name.clone();
    if matches!(node.life, Life::Paused | Life::Copying | Life::Rewinding) {
        return None;
    }
    let upstream = node.upstream.and_then(|id| view.nodes.iter().find(|n| n.id == id));
    let (source, copy) = match (node.role, upstream) {
        (Role::Replica, Some(upstream)) => (upstream, does(act, move || Command::BaseBackup { node: name.clone() })),
        _ => {
            let primary = running_primary(view).filter(|primary| primary.id != node.id)?;
            (primary, does(act, move || Command::Reclone { node: name.clone() }))
        }
    };
    let (label, hint) = match view.flavor {
        Flavor::Postgresql => (t!("menu.base-backup"), t!("menu.anew", node = source.name)),
        Flavor::Mysql => (t!("menu.clone"), t!("menu.anew", node = source.name)),
    };
    Some(Item::danger(label, hint, copy))
}

/// Room for log: whole segments of 16 MB, unless that was changed.
fn disk_size_choice(node: &NodeView, act: &Act) -> Item {
    const MB: u64 = 1 << 20;
    let values =
        [(t!("menu.any-size"), None), ("1 GB", Some(1024 * MB)), ("128 MB", Some(128 * MB)), ("32 MB", Some(32 * MB))];
    let values = values.map(|(words, size_bytes)| {
        let name = node.name.clone();
        let choose = does(act, move || Command::DiskSize { node: name.clone(), size_bytes });
        (words.into(), node.disk_size_bytes == size_bytes, choose)
    });
    Item::Choice { label: t!("menu.disk").into(), values: values.into() }
}

fn disk_choice(node: &NodeView, act: &Act) -> Item {
    let values = [1_000, 10_000, 50_000, 200_000].map(|fsync_us| {
        let name = node.name.clone();
        let choose = does(act, move || Command::SlowDisk { node: name.clone(), fsync_us });
        (chosen(fsync_us).into(), node.fsync_us == fsync_us, choose)
    });
    Item::Choice { label: t!("menu.fsync").into(), values: values.into() }
}

fn rate_choice(node: &NodeView, act: &Act) -> Item {
    let values = [None, Some(100), Some(10)].map(|per_second| {
        let name = node.name.clone();
        let choose = does(act, move || Command::ApplyRate { node: name.clone(), per_second });
        let words = per_second.map_or(t!("menu.any-size").to_owned(), |n: u32| format!("{n}/s"));
        (words.into(), node.apply_rate == per_second, choose)
    });
    Item::Choice { label: t!("menu.applies").into(), values: values.into() }
}

/// Which other server it could follow.
fn upstream_choice(node: &NodeView, view: &ClusterView, act: &Act) -> Option<Item> {
    let values: Vec<_> = view
        .nodes
        .iter()
        .filter(|other| other.id != node.id)
        .map(|other| {
            let (name, upstream) = (node.name.clone(), other.name.clone());
            let choose = does(act, move || Command::Repoint { node: name.clone(), upstream: upstream.clone() });
            (AttrValue::from(other.name.to_string()), node.upstream == Some(other.id), choose)
        })
        .collect();
    (!values.is_empty()).then(|| Item::Choice { label: t!("menu.follows").into(), values })
}

fn client_items(id: ClientId, view: &ClusterView, act: &Act) -> Vec<Item> {
    let Some(client) = view.clients.iter().find(|c| c.id == id) else { return Vec::new() };
    let (writes, reads) = (client.writes_per_second, client.reads_per_second);
    let load = |writes_per_second: u32, reads_per_second: u32| {
        let name = client.name.clone();
        does(act, move || Command::Workload { client: name.clone(), writes_per_second, reads_per_second })
    };
    let choice = |label: &'static str, now: u32, to: &dyn Fn(u32) -> Callback<()>| Item::Choice {
        label: label.into(),
        values: [0, 5, 20, 100].map(|n: u32| (n.to_string().into(), now == n, to(n))).into(),
    };
    let name = client.name.clone();
    vec![
        choice(t!("menu.writes"), writes, &|n| load(n, reads)),
        choice(t!("menu.reads"), reads, &|n| load(writes, n)),
        Item::Line,
        Item::act(
            t!("menu.cancel"),
            t!("menu.for-standbys"),
            does(act, move || Command::Cancel { client: name.clone() }),
        ),
    ]
}

fn link_items(ends: Ends, view: &ClusterView, act: &Act) -> Vec<Item> {
    let Some(link) = view.links.iter().find(|l| l.ends == ends) else { return Vec::new() };
    let names = names_in(view);
    let (a, b): (Arc<str>, Arc<str>) = (names.name(ends.0).into(), names.name(ends.1).into());
    let between = |swap: bool| if swap { Between(b.clone(), a.clone()) } else { Between(a.clone(), b.clone()) };
    let cut = |swap: bool, one_way: bool| {
        let between = between(swap);
        does(act, move || Command::Partition { between: between.clone(), one_way })
    };
    let mut items = Vec::new();
    if !(link.cut_there && link.cut_back) {
        items.push(Item::danger(t!("menu.cut"), t!("menu.both-ways"), cut(false, false)));
    }
    if !link.cut_there {
        items.push(Item::danger(t!("menu.cut-from", from = a, to = b), t!("menu.this-way"), cut(false, true)));
    }
    if !link.cut_back {
        items.push(Item::danger(t!("menu.cut-from", from = b, to = a), t!("menu.this-way"), cut(true, true)));
    }
    if link.cut_there || link.cut_back {
        let between = between(false);
        let heal = does(act, move || Command::Heal { between: Some(between.clone()) });
        items.insert(0, Item::act(t!("menu.heal"), t!("menu.both-ways"), heal));
    }
    items.push(Item::Line);
    let values = [500, 2_000, 10_000, 50_000, 200_000].map(|us: u64| {
        let between = between(false);
        let shape = LinkShape { latency_us: Some(us), ..LinkShape::default() };
        let choose = does(act, move || Command::Link { between: between.clone(), shape });
        (chosen(us).into(), link.latency_us == us, choose)
    });
    items.push(Item::Choice { label: t!("menu.latency").into(), values: values.into() });
    items
}

/// Adds a replica.
#[must_use]
pub fn add_node(name: &str, upstream: Option<Arc<str>>) -> Command {
    let node = NodeSetup {
        name: name.into(),
        upstream,
        disk: DiskSetup::default(),
        cpu: None,
        settings: Vec::new(),
        tags: Tags::default(),
    };
    Command::AddNode { node: Box::new(node) }
}
