//! PostgreSQL's synchronous standbys under a manager, and without one.

use std::sync::Arc;

use replication_lab::engine::commit::{Candidate, CommitQueue, CommitRule, PendingCommit, StandbyRule, SyncGroup};
use replication_lab::engine::failover::{
    FailoverSetup, Local, PeerStatus, Rank, Step, Stream, SyncKey, SynchronousMode, Tags, next_step, rank, votes,
};
use replication_lab::engine::ids::{ClientId, NodeId, SessionId, TxnId};
use replication_lab::engine::log::{Lsn, Timeline};
use replication_lab::engine::message::Positions;
use replication_lab::engine::settings::SynchronousCommit;
use replication_lab::engine::time::SimTime;
use replication_lab::engine::trace::Life;
use stateright::{Model, Property};

use super::{deeper, explore};

/// Log positions are counted from here: a server that has nothing has reached this one.
const BEGIN: u64 = 0;

/// A cluster, what it is set to, and how much happens in it.
#[derive(Clone)]
struct Cluster {
    /// Servers; the first one leads at the beginning.
    servers: usize,
    /// Records that are written in all.
    records: u8,
    /// Machines that die and connections that break.
    faults: u8,
    /// How many leaders there may be one after the other.
    terms: u8,
    level: SynchronousCommit,
    /// The manager's; `None`: nobody manages, and anybody may be promoted.
    managed: Option<FailoverSetup>,
    /// `synchronous_standby_names` without a manager.
    names: &'static str,
    defect: Defect,
}

/// What is wrong on purpose, to show that it would be found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Defect {
    None,
    /// Whoever may be promoted is written down before the primary waits for it.
    KeyFirst,
    /// A candidate does not ask how many others it sees.
    NoVotes,
    /// A candidate does not compare itself with others.
    NoComparison,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Server {
    up: bool,
    /// Its records, each with a number of its own.
    log: Vec<u8>,
    flushed: usize,
    applied: usize,
    /// Its stream, while it has one.
    link: Option<Link>,
}

/// What the primary knows of a standby.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Link {
    caught_up: bool,
    known: Positions,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    servers: Vec<Server>,
    primary: usize,
    /// Log that the primary's clients wait for: the ends of their commits.
    waiting: Vec<u64>,
    /// What clients were told.
    acknowledged: Vec<u8>,
    /// What the present primary lacked of it when it was promoted.
    lost: bool,
    names: Arc<str>,
    named_at: u64,
    key: SyncKey,
    written: u8,
    faults: u8,
    terms: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happens {
    /// A client commits.
    Commit,
    /// The primary's log is flushed.
    Flush,
    /// A standby takes the next record.
    Ship(usize),
    /// A standby flushes what it has.
    FlushStandby(usize),
    /// A standby replays what is flushed.
    Replay(usize),
    /// The primary hears how far a standby is.
    Report(usize),
    Connect(usize),
    Disconnect(usize),
    /// A machine dies; what it has not flushed is gone. It comes back with [`Happens::Connect`].
    Crash(usize),
    /// The manager takes its next step at the leader.
    Round,
    /// A standby is promoted. The bits say which others answered it.
    Promote(usize, u8),
}

fn id(server: usize) -> NodeId {
    NodeId(server as u8)
}

fn name(node: NodeId) -> Arc<str> {
    format!("db{}", node.0 + 1).into()
}

/// Whom the first leader waits for before its first round (`World::set_up_manager`).
fn anybody(rules: &FailoverSetup) -> &'static str {
    if rules.synchronous_mode == SynchronousMode::Quorum { "ANY 1 (*)" } else { "*" }
}

fn positions(server: &Server) -> Positions {
    let at = |length: usize| Lsn(BEGIN + length as u64);
    Positions { write: at(server.log.len()), flush: at(server.flushed), apply: at(server.applied) }
}

impl Cluster {
    fn strict(mode: SynchronousMode, servers: usize, records: u8, faults: u8) -> Cluster {
        let managed = FailoverSetup {
            automatic: true,
            synchronous_mode: mode,
            synchronous_mode_strict: true,
            ..FailoverSetup::default()
        };
        Cluster {
            servers,
            records,
            faults,
            terms: 2,
            level: SynchronousCommit::On,
            managed: Some(managed),
            names: "",
            defect: Defect::None,
        }
    }

    fn by_hand(names: &'static str, servers: usize, records: u8, faults: u8) -> Cluster {
        Cluster { managed: None, names, ..Cluster::strict(SynchronousMode::Off, servers, records, faults) }
    }

    fn standbys(&self, state: &State) -> impl Iterator<Item = usize> {
        let primary = state.primary;
        (0..self.servers).filter(move |server| *server != primary)
    }

    /// The primary's commits go on as far as its rule lets them.
    fn release(&self, state: &mut State) {
        let rule = StandbyRule::parse(&state.names).expect("a rule");
        let names: Vec<Arc<str>> = (0..self.servers).map(|server| name(id(server))).collect();
        let linked = self.standbys(state).filter_map(|server| Some((server, state.servers[server].link.as_ref()?)));
        let candidates: Vec<Candidate<'_>> = linked
            .map(|(server, link)| Candidate {
                standby: id(server),
                application_name: &names[server],
                slot: server as u16,
                streaming: link.caught_up,
                positions: link.known,
            })
            .collect();
        let reached = match SyncGroup::of(&rule, &candidates) {
            None => Some(None),
            Some(group) => group.reached(&candidates).map(Some),
        };
        let flushed = Lsn(BEGIN + state.servers[state.primary].flushed as u64);
        let mut queue = CommitQueue::default();
        for end in &state.waiting {
            queue.push(PendingCommit {
                conn: None,
                txn: TxnId { session: SessionId { client: ClientId(0), number: 0 }, number: 0 },
                end: Lsn(*end),
                rule: CommitRule::Level(self.level),
                changes: Vec::new(),
                since: SimTime(0),
                waits: true,
            });
        }
        while let Some(commit) = queue.take_first(|commit| commit.ready(flushed, reached)) {
            let index = (commit.end.0 - BEGIN) as usize - 1;
            state.acknowledged.push(state.servers[state.primary].log[index]);
        }
        state.acknowledged.sort_unstable();
        state.waiting = queue.iter().map(|commit| commit.end.0).collect();
    }

    /// A server as its own agent sees it, as `World::local` makes it.
    fn local(&self, state: &State, server: usize) -> Local {
        let primary = server == state.primary;
        let own = &state.servers[server];
        let stream = |standby: usize| {
            let link = state.servers[standby].link.as_ref().filter(|link| link.caught_up)?;
            let has_all = link.known.flush.0 >= BEGIN + own.log.len() as u64;
            Some(Stream { node: id(standby), flushed: link.known.flush.0, has_all })
        };
        Local {
            life: if own.up { Life::Running } else { Life::Down },
            has_database: true,
            primary,
            durable: true,
            promoting: false,
            upstream: (!primary).then(|| id(state.primary)),
            streaming: own.link.is_some(),
            diverged: false,
            timeline: Timeline(1 + u32::from(self.terms - state.terms)),
            position: BEGIN + if primary { own.log.len() } else { own.flushed } as u64,
            streams: if primary { self.standbys(state).filter_map(stream).collect() } else { Vec::new() },
            synchronous_standby_names: state.names.clone(),
        }
    }

    fn status(&self, state: &State, server: usize) -> PeerStatus {
        let local = self.local(state, server);
        PeerStatus {
            running: local.life == Life::Running,
            primary: local.leads(),
            timeline: local.timeline,
            position: local.position,
            tags: Tags::default(),
        }
    }

    /// Whether the manager lets a standby take over that hears from these: `Agent::compare` and `Agent::has_votes`.
    fn may_lead(&self, state: &State, server: usize, answered: u8) -> bool {
        let Some(rules) = &self.managed else { return true };
        let synchronous = rules.synchronous_mode != SynchronousMode::Off;
        let lets = |server: usize| !synchronous || state.key.lets(id(server));
        if !lets(server) {
            return false;
        }
        let own = self.status(state, server);
        let answers: Vec<(usize, PeerStatus)> = (0..self.servers)
            .filter(|other| *other != server && answered & 1 << other != 0)
            .map(|other| (other, self.status(state, other)))
            .collect();
        let healthiest = answers
            .iter()
            .all(|(other, status)| matches!(rank(&own, status, lets(*other)), Rank::Behind | Rank::Equal));
        if !healthiest && self.defect != Defect::NoComparison {
            return false;
        }
        if rules.synchronous_mode != SynchronousMode::Quorum || self.defect == Defect::NoVotes {
            return true;
        }
        let voters = state.key.standbys.iter().filter(|node| **node != id(server));
        let answer = |node: &NodeId| answers.iter().find(|(other, _)| id(*other) == *node).map(|(_, status)| status);
        votes(&own, voters.map(|node| (*node, answer(node)))) >= state.key.quorum
    }

    fn step(&self, state: &State, rules: &FailoverSetup) -> Option<Step> {
        let local = self.local(state, state.primary);
        next_step(id(state.primary), rules, &state.key, &local, state.named_at, name)
    }

    fn round(&self, state: &mut State) {
        let Some(rules) = &self.managed else { return };
        match self.step(state, rules) {
            Some(Step::Name(names)) => {
                state.names = names;
                state.named_at = BEGIN + state.servers[state.primary].log.len() as u64;
                // Whoever waits may be let go at once.
                self.release(state);
            }
            Some(Step::Key(key)) => state.key = key,
            Some(Step::Wait) | None => {}
        }
        if self.defect == Defect::KeyFirst {
            let standbys = self.local(state, state.primary).streams.iter().map(|stream| stream.node).collect();
            state.key = SyncKey { leader: Some(id(state.primary)), standbys, quorum: 0 };
        }
    }

    fn promote(&self, state: &mut State, server: usize) {
        state.terms -= 1;
        state.primary = server;
        state.waiting.clear();
        let log = state.servers[server].log.clone();
        state.lost = state.acknowledged.iter().any(|record| !log.contains(record));
        for (index, other) in state.servers.iter_mut().enumerate() {
            other.link = None;
            if index == server {
                (other.flushed, other.applied) = (log.len(), log.len());
            } else {
                // It is rewound when it comes back.
                let common = other.log.iter().zip(&log).take_while(|(a, b)| a == b).count();
                other.log.truncate(common);
                (other.flushed, other.applied) = (other.flushed.min(common), other.applied.min(common));
            }
        }
        if self.managed.is_some() {
            // `Agent::take_over`, step by step: the key, whom to wait for, the promotion.
            state.key = SyncKey { leader: Some(id(server)), ..SyncKey::default() };
            state.names = "*".into();
            state.named_at = u64::MAX;
        }
    }
}

impl Model for Cluster {
    type State = State;
    type Action = Happens;

    fn init_states(&self) -> Vec<State> {
        let server = Server { up: true, ..Server::default() };
        vec![State {
            servers: vec![server; self.servers],
            primary: 0,
            waiting: Vec::new(),
            acknowledged: Vec::new(),
            lost: false,
            names: self.managed.as_ref().map_or(self.names, anybody).into(),
            named_at: BEGIN,
            key: match self.managed {
                Some(_) => SyncKey { leader: Some(id(0)), ..SyncKey::default() },
                None => SyncKey::default(),
            },
            written: 0,
            faults: self.faults,
            terms: self.terms,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Happens>) {
        if state.lost {
            return;
        }
        let primary = &state.servers[state.primary];
        if primary.up {
            if state.written < self.records {
                actions.push(Happens::Commit);
            }
            if primary.flushed < primary.log.len() {
                actions.push(Happens::Flush);
            }
            if self
                .managed
                .as_ref()
                .is_some_and(|rules| matches!(self.step(state, rules), Some(Step::Name(_) | Step::Key(_))))
            {
                actions.push(Happens::Round);
            }
        }
        for index in self.standbys(state) {
            let server = &state.servers[index];
            if let Some(link) = &server.link {
                if server.log.len() < primary.flushed {
                    actions.push(Happens::Ship(index));
                }
                if link.known != positions(server) {
                    actions.push(Happens::Report(index));
                }
                if state.faults > 0 {
                    actions.push(Happens::Disconnect(index));
                }
            } else if primary.up {
                actions.push(Happens::Connect(index));
            }
            if server.flushed < server.log.len() {
                actions.push(Happens::FlushStandby(index));
            }
            // Where nobody waits for it, it makes no difference.
            if self.level == SynchronousCommit::RemoteApply && server.applied < server.flushed {
                actions.push(Happens::Replay(index));
            }
            if server.up && state.faults > 0 {
                actions.push(Happens::Crash(index));
            }
            // A promotion that replaces a primary that lives is a fault of its own: it is fenced first.
            if state.terms > 1 && server.up {
                let everybody: u8 = (1 << self.servers) - 1;
                // Of the servers that run each may answer or not.
                let silent = (0..self.servers).filter(|other| *other == index || !state.servers[*other].up);
                let able = silent.fold(everybody, |able, other| able & !(1 << other)) & !(1 << state.primary);
                let sets = (0..=everybody).filter(|answered| answered & !able == 0);
                let manned = self.managed.is_some();
                actions.extend(
                    sets.filter(|answered| {
                        (manned || *answered == 0) && self.may_lead_after_fencing(state, index, *answered)
                    })
                    .map(|answered| Happens::Promote(index, answered)),
                );
            }
        }
    }

    fn next_state(&self, last: &State, action: Happens) -> Option<State> {
        let mut state = last.clone();
        match action {
            Happens::Commit => {
                let record = state.written;
                state.written += 1;
                let log = &mut state.servers[last.primary].log;
                log.push(record);
                state.waiting.push(BEGIN + log.len() as u64);
                self.release(&mut state);
            }
            Happens::Flush => {
                let primary = &mut state.servers[last.primary];
                (primary.flushed, primary.applied) = (primary.log.len(), primary.log.len());
                self.release(&mut state);
                self.caught_up(&mut state);
            }
            Happens::Ship(standby) => {
                let at = state.servers[standby].log.len();
                let record = state.servers[last.primary].log[at];
                state.servers[standby].log.push(record);
                self.caught_up(&mut state);
            }
            Happens::FlushStandby(standby) => state.servers[standby].flushed = state.servers[standby].log.len(),
            Happens::Replay(standby) => state.servers[standby].applied += 1,
            Happens::Report(standby) => {
                let known = positions(&state.servers[standby]);
                state.servers[standby].link.as_mut()?.known = known;
                self.release(&mut state);
            }
            Happens::Connect(standby) => {
                let server = &mut state.servers[standby];
                server.up = true;
                // What was written and not flushed is asked for again.
                server.link = Some(Link { caught_up: false, known: positions(server) });
                self.caught_up(&mut state);
            }
            Happens::Disconnect(standby) => {
                state.faults -= 1;
                state.servers[standby].link = None;
            }
            Happens::Crash(standby) => {
                state.faults -= 1;
                let server = &mut state.servers[standby];
                server.log.truncate(server.flushed);
                (server.up, server.link) = (false, None);
            }
            Happens::Round => self.round(&mut state),
            Happens::Promote(standby, _) => {
                state.servers[last.primary].up = false;
                let former = &mut state.servers[last.primary];
                former.log.truncate(former.flushed);
                self.promote(&mut state, standby);
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("nothing is lost", |_, state: &State| !state.lost),
            Property::sometimes("all is acknowledged", |cluster: &Cluster, state: &State| {
                state.acknowledged.len() == usize::from(cluster.records)
            }),
            Property::sometimes("a successor acknowledges", |_, state: &State| {
                let log = &state.servers[state.primary].log;
                state.terms == 1 && state.acknowledged.len() > 1 && log.len() > 1
            }),
            Property::always("what is acknowledged is on the primary's disk", |cluster: &Cluster, state: &State| {
                let primary = &state.servers[state.primary];
                let flushed = primary.log.get(..primary.flushed).unwrap_or_default();
                state.lost
                    || cluster.level == SynchronousCommit::Off
                    || state.acknowledged.iter().all(|record| flushed.contains(record))
            }),
        ]
    }
}

impl Cluster {
    /// A standby that has all that is flushed streams from now on.
    fn caught_up(&self, state: &mut State) {
        let flushed = state.servers[state.primary].flushed;
        for server in self.standbys(state).collect::<Vec<_>>() {
            let server = &mut state.servers[server];
            let has = server.log.len() >= flushed;
            if let Some(link) = &mut server.link {
                link.caught_up |= has;
            }
        }
    }

    /// The former primary is off by then, and answers nobody.
    fn may_lead_after_fencing(&self, state: &State, server: usize, answered: u8) -> bool {
        let mut fenced = state.clone();
        fenced.servers[state.primary].up = false;
        self.may_lead(&fenced, server, answered)
    }
}

#[test]
fn a_strict_manager_loses_nothing_in_any_order() {
    for (mode, least) in [(SynchronousMode::On, 200_000), (SynchronousMode::Quorum, 400_000)] {
        let explored = explore(&format!("three, strict, {mode:?}"), Cluster::strict(mode, 3, 2, deeper(2)));
        assert_eq!(explored.steps("nothing is lost"), None, "{mode:?}");
        assert!(
            explored.steps("all is acknowledged").is_some() && explored.steps("a successor acknowledges").is_some()
        );
        assert!(explored.states >= least, "{} states", explored.states);
    }
}

/// A rule that waits for every other server needs no manager.
#[test]
fn whoever_is_promoted_has_what_everybody_was_waited_for() {
    let names = "ANY 2 (db1, db2, db3)";
    let explored = explore("three, by hand, everybody", Cluster::by_hand(names, 3, 2, deeper(2)));
    assert_eq!(explored.steps("nothing is lost"), None);
    assert!(explored.steps("a successor acknowledges").is_some());
    assert!(explored.states >= 10_000, "{} states", explored.states);
}

/// The check can fail: the same rules, each with something wrong.
#[test]
fn broken_rules_are_caught() {
    let strict = |mode| Cluster::strict(mode, 3, 2, 1);
    let (on, quorum) = (SynchronousMode::On, SynchronousMode::Quorum);
    for (name, broken) in [
        ("the key before the names", Cluster { defect: Defect::KeyFirst, ..strict(on) }),
        ("the key before the names, quorum", Cluster { defect: Defect::KeyFirst, ..strict(quorum) }),
        ("no votes", Cluster { defect: Defect::NoVotes, ..strict(quorum) }),
        ("remote_write, and a machine dies", Cluster { level: SynchronousCommit::RemoteWrite, ..strict(on) }),
        ("level local", Cluster { level: SynchronousCommit::Local, ..strict(on) }),
        ("asynchronous, by hand", Cluster::by_hand("", 2, 1, 0)),
        ("one of two, by hand", Cluster::by_hand("ANY 1 (db1, db2, db3)", 3, 1, 0)),
        ("the first of two, by hand", Cluster::by_hand("FIRST 1 (db1, db2, db3)", 3, 1, 0)),
    ] {
        let steps = super::broken(name, broken, "nothing is lost");
        assert!(steps.is_some_and(|steps| steps.contains("Promote")), "{name}");
    }
}
