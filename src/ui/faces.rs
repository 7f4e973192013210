//! What the cards on the stage show, read off the view: plain text and marks, so that a card is drawn anew only when
//! what it shows differs.

use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, ClientId, NodeId};
use crate::engine::proxy::ReadPolicy;
use crate::engine::trace::Life;
use crate::sim::view::{ClientView, ClusterView, LinkUse, LinkView, NodeView, ProxyView, Role, Stage};

use super::leases::{LeaseFace, agent_note, beside_note, lease_of, store_face};
use super::plan::{NodeShape, Shape};
use super::words::{Badge, Tone, badge, bytes, chosen, duration, list, running_primary};
use crate::t;

/// How far one record has come on one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The primary has it, this server does not.
    Missing,
    /// In memory only, or handed to the operating system: a crash of the machine loses it.
    Volatile,
    /// On durable storage.
    Flushed,
    /// Applied, or acknowledged and visible.
    Applied,
}

impl Cell {
    /// The class that carries it.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Cell::Missing => "cell is-missing",
            Cell::Volatile => "cell is-volatile",
            Cell::Flushed => "cell is-flushed",
            Cell::Applied => "cell is-applied",
        }
    }

    fn of(stage: Stage) -> Cell {
        match stage {
            Stage::Memory | Stage::Written => Cell::Volatile,
            Stage::Flushed => Cell::Flushed,
            Stage::Applied => Cell::Applied,
        }
    }
}

/// A server's card.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeFace {
    /// Who.
    pub id: NodeId,
    /// Its name.
    pub name: String,
    /// What it is now.
    pub badge: Badge,
    /// Its newest records, oldest first.
    pub cells: Vec<Cell>,
    /// `applied`, `WAL`: what the position is.
    pub position_label: &'static str,
    /// The position.
    pub position: String,
    /// `TL 2`.
    pub timeline: String,
    /// Its lag, or the commits that wait on it.
    pub figure: String,
    /// The same, as short as it goes.
    pub figure_short: String,
    /// How the figure looks.
    pub figure_tone: Option<Tone>,
    /// What else is to be known: its disk, its error.
    pub note: String,
    /// How the note looks.
    pub note_tone: Option<Tone>,
    /// The lease that its agent holds.
    pub lease: Option<LeaseFace>,
}

/// A lag of more than this looks like trouble to come.
const LAG_WARNING_US: u64 = 1_000_000;

/// What a server's card shows.
#[must_use]
pub fn node_face(node: &NodeView, view: &ClusterView) -> NodeFace {
    let primary = node.role == Role::Primary;
    let (figure, figure_short, figure_tone) = figure(node, view);
    let (note, note_tone) = note(node, view, view.flavor);
    NodeFace {
        id: node.id,
        name: node.name.to_string(),
        badge: badge(node, view.flavor),
        cells: cells(node, view),
        position_label: match (primary, view.flavor) {
            _ if node.copying.is_some() => "",
            (true, Flavor::Postgresql) => "WAL",
            (_, Flavor::Mysql) => "binlog",
            (false, _) => t!("card.applied"),
        },
        position: match &node.mysql {
            _ if node.copying.is_some() => t!("card.no-database").to_owned(),
            Some(mysql) => format!("{:06}:{}", mysql.end.file, mysql.end.position),
            None if primary => node.insert_lsn.to_string(),
            None => node.positions.apply.to_string(),
        },
        // MySQL has no timelines; whether a server takes writes is what tells servers apart there.
        timeline: match &node.mysql {
            _ if node.copying.is_some() => String::new(),
            Some(mysql) if mysql.read_only => "r/o".to_owned(),
            Some(_) => "r/w".to_owned(),
            None => format!("TL {}", node.timeline),
        },
        figure,
        figure_short,
        figure_tone,
        note,
        note_tone,
        lease: lease_of(node, view),
    }
}

/// A replica's strip shows how far the primary's newest records have come here, so that one glance tells the lag.
/// A server on another timeline, or a primary, shows its own records.
/// A server that is being copied shows how much of the copy has come.
fn cells(node: &NodeView, view: &ClusterView) -> Vec<Cell> {
    if node.copying.is_some() {
        let come = (copied_percent(node) * NodeView::STRIP as u64 / 100) as usize;
        return (0..NodeView::STRIP).map(|i| if i < come { Cell::Flushed } else { Cell::Missing }).collect();
    }
    let own = || node.strip.iter().map(|r| Cell::of(r.stage)).collect();
    let Some(primary) = running_primary(view) else { return own() };
    if let Some(mysql) = node.mysql.as_ref().filter(|_| node.role != Role::Primary) {
        let stage = |gtid| match () {
            () if mysql.gtid_executed.contains(gtid) => Cell::Applied,
            () if mysql.retrieved.contains(gtid) => Cell::Flushed,
            () => Cell::Missing,
        };
        return primary.strip.iter().filter_map(|record| record.gtid).map(stage).collect();
    }
    if node.role == Role::Primary || node.timeline != primary.timeline {
        return own();
    }
    let p = node.positions;
    let stage = |end| {
        if end <= p.apply {
            Cell::Applied
        } else if end <= p.flush {
            Cell::Flushed
        } else if end <= p.write.max(node.insert_lsn) {
            Cell::Volatile
        } else {
            Cell::Missing
        }
    };
    primary.strip.iter().map(|r| stage(r.end)).collect()
}

fn copied_percent(node: &NodeView) -> u64 {
    let Some(copy) = node.copying else { return 0 };
    copy.total.filter(|total| *total > 0).map_or(0, |total| (copy.bytes * 100 / total).min(100))
}

fn figure(node: &NodeView, view: &ClusterView) -> (String, String, Option<Tone>) {
    if let Some(copy) = node.copying {
        let total = copy.total.map_or_else(|| "?".to_owned(), bytes);
        let copied = t!("card.copied", size = bytes(copy.bytes), total = total);
        return (copied, format!("{} %", copied_percent(node)), None);
    }
    if node.role == Role::Primary {
        if let Some((_, _, since)) = node.oldest_wait.filter(|_| node.waiting_commits > 0) {
            let (n, since) = (node.waiting_commits, duration(view.now.since(since)));
            let short = t!("card.waiting-short", n = n);
            return (t!("card.waiting", n = n, since = since), short, Some(Tone::Warning));
        }
        if matches!(node.life, Life::Down | Life::Stopped) {
            let words = if node.life == Life::Down { t!("card.machine-off") } else { t!("card.no-process") };
            return (words.to_owned(), String::new(), None);
        }
        let rows = t!("card.rows", n = node.rows);
        return (rows.clone(), rows, None);
    }
    match (node.lag_bytes, node.lag_us) {
        (0, 0) => (t!("card.in-step").to_owned(), t!("card.in-step").to_owned(), None),
        (lag, us) => {
            let tone = (us >= LAG_WARNING_US).then_some(Tone::Warning);
            (t!("card.lag", size = bytes(lag), age = duration(us)), bytes(lag), tone)
        }
    }
}

fn note(node: &NodeView, view: &ClusterView, flavor: Flavor) -> (String, Option<Tone>) {
    if let Some(error) = &node.error {
        return (error.to_string(), Some(Tone::Trouble));
    }
    if node.disk_full {
        return (t!("card.disk-full").to_owned(), Some(Tone::Trouble));
    }
    if let Some(copy) = node.copying {
        let source = view.nodes.iter().find(|n| n.id == copy.source).map_or("?", |n| &*n.name);
        return match flavor {
            Flavor::Mysql => (t!("card.clone-of", source = source), None),
            Flavor::Postgresql => (t!("card.backup-of", source = source), None),
        };
    }
    match (node.life, node.role) {
        (Life::Paused, Role::Primary) => return (t!("card.believes").to_owned(), Some(Tone::Warning)),
        (Life::Paused, _) => {}
        _ => {
            if let Some((note, tone)) = agent_note(node, view) {
                return (note, Some(tone));
            }
        }
    }
    match (node.life, node.role) {
        (Life::Running, Role::Replica) if !node.streaming => {
            return (
                if node.upstream.is_some() { t!("card.no-upstream") } else { t!("card.follows-nobody") }.to_owned(),
                Some(Tone::Warning),
            );
        }
        _ => {}
    }
    if node.replay_paused {
        let word = if flavor == Flavor::Mysql { t!("card.applier-stopped") } else { t!("card.replay-paused") };
        return (word.to_owned(), Some(Tone::Warning));
    }
    if matches!(node.life, Life::Down | Life::Stopped) {
        return (String::new(), None);
    }
    if node.role == Role::Primary && node.mysql.as_ref().is_some_and(|mysql| mysql.semi_sync == Some(false)) {
        return (t!("card.fell-back").to_owned(), Some(Tone::Warning));
    }
    let mut note = format!("fsync {}", chosen(node.fsync_us));
    if let Some(beside) = beside_note(node, view) {
        note = format!("{beside} · {note}");
    }
    if let Some(rate) = node.apply_rate {
        note = t!("card.applies", note = note, rate = rate);
    }
    (note, (node.fsync_us >= 20_000).then_some(Tone::Warning))
}

/// A client's card.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientFace {
    /// Who.
    pub id: ClientId,
    /// Its name.
    pub name: String,
    /// Its workload.
    pub load: String,
    /// Whether statements wait for an answer.
    pub outstanding: u32,
}

/// What a client's card shows.
#[must_use]
pub fn client_face(client: &ClientView) -> ClientFace {
    let load = match (client.writes_per_second, client.reads_per_second) {
        (0, 0) => t!("card.idle").to_owned(),
        _ if client.sessions > 0 => t!("card.sessions", n = client.sessions),
        (w, 0) => t!("card.writes", w = w),
        (0, r) => t!("card.reads", r = r),
        (w, r) => t!("card.load", w = w, r = r),
    };
    ClientFace { id: client.id, name: client.name.to_string(), load, outstanding: client.outstanding }
}

/// The proxy's card.
#[derive(Clone, Debug, PartialEq)]
pub struct ProxyFace {
    /// Where reads go.
    pub reads: String,
    /// Where writes go.
    pub writes: String,
    /// Whether writes go nowhere.
    pub no_primary: bool,
}

/// What the proxy's card shows.
#[must_use]
pub fn proxy_face(proxy: &ProxyView, view: &ClusterView) -> ProxyFace {
    let name = |id: &NodeId| view.nodes.iter().find(|n| n.id == *id).map(|n| &*n.name);
    let primary = proxy.primary.as_ref().and_then(name);
    let pool: Vec<&str> = match proxy.settings.read_policy {
        ReadPolicy::Primary => primary.into_iter().collect(),
        _ => proxy.read_pool.iter().filter_map(name).collect(),
    };
    let reads = match pool.len() {
        0 => t!("card.nobody").to_owned(),
        1..=2 => pool.join(", "),
        n => t!("card.servers", n = n),
    };
    ProxyFace {
        reads: t!("card.reads-to", to = reads),
        writes: t!("card.writes-to", to = primary.unwrap_or(t!("card.nobody"))),
        no_primary: primary.is_none(),
    }
}

/// A link as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFace {
    /// Its ends.
    pub ends: (Addr, Addr),
    /// Classes that say what it is.
    pub class: &'static str,
    /// Cut from the first to the second.
    pub cut_there: bool,
    /// Cut from the second to the first.
    pub cut_back: bool,
    /// In words.
    pub label: String,
}

/// What is drawn of the links: those that are in use, and those that are cut.
#[must_use]
pub fn link_faces(view: &ClusterView) -> Vec<LinkFace> {
    view.links.iter().filter_map(|link| link_face(link, view)).collect()
}

fn link_face(link: &LinkView, view: &ClusterView) -> Option<LinkFace> {
    let cut = link.cut_there || link.cut_back;
    let (class, what) = match link.used_for {
        LinkUse::Replication { streaming: false, .. } => ("link is-log is-broken", t!("link.not-streaming")),
        LinkUse::Replication { synchronous: true, .. } => ("link is-log is-sync", t!("link.synchronous")),
        LinkUse::Replication { .. } => ("link is-log is-async", t!("link.asynchronous")),
        LinkUse::Query => ("link is-query", t!("link.statements")),
        LinkUse::Lease => ("link is-lease", t!("link.leases")),
        LinkUse::Idle if cut => ("link is-idle", t!("link.nothing")),
        LinkUse::Idle => return None,
    };
    let names = super::words::names_in(view);
    let (a, b) = (names.name(link.ends.0), names.name(link.ends.1));
    let label = t!("link.label", a = a, b = b, what = what, latency = chosen(link.latency_us));
    let label = match (link.cut_there, link.cut_back) {
        (true, true) => t!("link.cut-both-ways", label = label),
        (true, false) => t!("link.cut", label = label, from = a, to = b),
        (false, true) => t!("link.cut", label = label, from = b, to = a),
        (false, false) => label,
    };
    Some(LinkFace { ends: link.ends, class, cut_there: link.cut_there, cut_back: link.cut_back, label })
}

/// Who is on the stage, as far as their places depend on it.
#[must_use]
pub fn shape(view: &ClusterView) -> Shape {
    // A former primary that is gone stands among the replicas once another has taken its place.
    let replaced = running_primary(view).map(|primary| primary.id);
    let leads = |node: &NodeView| {
        let gone = matches!(node.life, Life::Down | Life::Stopped);
        node.role == Role::Primary && !(gone && replaced.is_some_and(|id| id != node.id))
    };
    Shape {
        clients: view.clients.iter().map(|c| Addr::Client(c.id)).collect(),
        proxy: view.proxy.is_some(),
        store: view.manager.is_some(),
        nodes: view.nodes.iter().map(|n| NodeShape { id: n.id, primary: leads(n), upstream: n.upstream }).collect(),
    }
}

/// The stage in one sentence, for those who do not see it.
#[must_use]
pub fn stage_summary(view: &ClusterView) -> String {
    let nodes: Vec<String> =
        view.nodes.iter().map(|n| format!("{} {}", n.name, badge(n, view.flavor).word.to_lowercase())).collect();
    let nodes = list(&nodes);
    match store_face(view) {
        Some(store) => t!("stage.summary-store", nodes = nodes, store = store.line),
        None => t!("stage.summary", nodes = nodes),
    }
}

/// How wide a letter of a name is, in pixels of a card's header: some are half as wide again as others.
fn letter_width(letter: char) -> f64 {
    match letter {
        'M' | 'W' | '@' | '%' => 15.5,
        'm' => 14.0,
        'w' => 12.0,
        'A'..='Z' => 11.0,
        '\u{1100}'.. => 15.0,
        _ => 8.3,
    }
}

/// How wide a name is in a card's header.
#[must_use]
pub fn name_width(name: &str) -> f64 {
    name.chars().map(letter_width).sum()
}

/// The start of a name that fits a card's header, which has so many pixels for it.
#[must_use]
pub fn clip_name(name: &str, room: f64) -> String {
    let mut left = room;
    let fits = name.chars().take_while(|letter| {
        left -= letter_width(*letter);
        left >= 0.0
    });
    clip(name, fits.count().max(2))
}

/// The start of a text that fits `chars` characters, with an ellipsis where something was left out.
#[must_use]
pub fn clip(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(chars.saturating_sub(1)).collect();
    short.push('…');
    short
}
