//! The run behind the page, in the few ways that the page uses it.

use super::frames::wall_ms;
use super::travel::Ahead;
use super::typed::Typed;
use super::watch::Watch;
use crate::check::{self, Failover, Judges, Kind, Violation};
use crate::engine::client::Client;
use crate::engine::ids::{Addr, ClientId, NodeId, SessionId, TxnId};
use crate::engine::settings::Settings;
use crate::engine::storage::{self, Outcome};
use crate::engine::time::SimTime;
use crate::engine::trace::{Life, TraceEvent};
use crate::order::{Arrange, OrderedMap, OrderedSet};
use crate::report::ledger::{self, LedgerEntry};
use crate::report::status::{self, View};
use crate::sim::command::{Command, Console};
use crate::sim::recording::{Deed, Limits, Moment, Recording};
use crate::sim::setup::{FailoverSetup, Setup};
use crate::sim::view::{ClusterView, Divergence, LogTable, PacketView};
use crate::sim::{Observer, Run, World};
use crate::t;
use crate::ui::compare::{Value, ValueKind};
use crate::ui::ledger::{Page, Stop, Which, row, stops};
use crate::ui::sequence::Sequence;

/// Between two looks at the clock.
const STEPS_PER_LOOK: u32 = 24;

/// The newest writes among which those of log records are looked for.
const LEDGER_LOOKED_AT: usize = 4_000;

impl Observer for Watch {
    fn bytes_beside(&self, other: &Self) -> u64 {
        Watch::bytes_beside(self, other)
    }

    fn observe(&mut self, event: &TraceEvent, world: &World) {
        self.note(event);
        self.measures_mut().note(event, world);
        self.typed_mut().note(event, world.console());
    }

    fn before_deed(&mut self, command: &Command, world: &World) {
        if let Command::Sql { console, sql } = command
            && let Some(session) = session_of(console, world)
        {
            self.typed_mut().expect(session, world.now(), sql.clone());
        }
    }
}

/// The session in which a typed statement runs.
fn session_of(console: &Console, world: &World) -> Option<SessionId> {
    match console {
        Console::Client(name) => match world.address_of(name)? {
            Addr::Client(client) => Some(SessionId { client, number: SessionId::CONSOLE }),
            _ => None,
        },
        Console::On(name) => world.node_by_name(name).map(|node| Client::console_on(ClientId::OPERATOR, node)),
    }
}

/// What became of the writes so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Success reached the client.
    pub acknowledged: u64,
    /// An error reached the client.
    pub failed: u64,
    /// The client will never know.
    pub indeterminate: u64,
    /// Acknowledged, and not in the log of the current primary.
    pub lost: u64,
    /// Of those: executed by a MySQL replica on its own.
    pub errant: u64,
}

/// A broken promise, for a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Counts findings, from the oldest that is kept.
    pub number: usize,
    /// When it became true.
    pub at: SimTime,
    /// Which promise.
    pub kind: Kind,
    /// One sentence.
    pub detail: String,
    /// The last event that proves it.
    pub event: Option<u64>,
}

/// Findings at about one place of the time line.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingMark {
    /// The first of them.
    pub first: Finding,
    /// How many there are.
    pub count: u64,
}

/// Who watches the run.
pub(super) type Watchers = (Judges, Watch);

/// The run, recorded.
pub struct Simulation {
    pub(super) recording: Recording<Watchers>,
    /// Where the whole branch is not behind us: what was known at its end.
    pub(super) ahead: Option<Ahead>,
}

impl Simulation {
    /// A run with what is scheduled to happen in it and what was done to it, played to a moment. Deeds behind the moment are
    /// kept, to be played later.
    ///
    /// # Errors
    /// When the set-up cannot be run; the text says why.
    pub fn open(
        setup: Setup,
        schedule: Vec<(SimTime, Command)>,
        deeds: Vec<Deed>,
        moment: Moment,
    ) -> Result<Simulation, String> {
        let watchers = (Judges::new(setup.flavor), Watch::default());
        let end = deeds.last().map_or(moment, |deed| deed.moment.max(moment));
        let recording = Recording::replay(setup, schedule, deeds, end, watchers, Limits::default());
        let mut simulation = Simulation { recording: recording.map_err(|error| error.to_string())?, ahead: None };
        if moment < end {
            simulation.go(|recording| recording.seek_moment(moment));
        }
        Ok(simulation)
    }

    /// A recording under way.
    #[must_use]
    pub fn of(recording: Recording<Watchers>) -> Simulation {
        Simulation { recording, ahead: None }
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.run().now()
    }

    /// Lets time pass until an instant, or until this many milliseconds of wall time are spent; whether it got there.
    pub fn advance(&mut self, until: SimTime, budget_ms: f64) -> bool {
        let started = wall_ms();
        let mut steps = 0_u32;
        while self.recording.advance(until) {
            steps += 1;
            if steps.is_multiple_of(STEPS_PER_LOOK) && wall_ms() - started > budget_ms {
                return false;
            }
        }
        self.recording.run_until(until);
        self.came_on();
        true
    }

    /// Does something to the cluster, now. In the recorded past it begins another branch.
    ///
    /// # Errors
    /// Why it cannot be done.
    pub fn act(&mut self, command: Command) -> Result<(), String> {
        let done = self.recording.act(command);
        self.ahead = None;
        done
    }

    pub(super) fn run(&self) -> &Run<Watchers> {
        self.recording.run()
    }

    /// What a server has logged and the present primary has not.
    #[must_use]
    pub fn diverged(&self, node: NodeId) -> Option<Divergence> {
        self.run().world().diverged(node)
    }

    /// What the primary has and a replica lacks, which promoting it now would lose.
    #[must_use]
    pub fn would_lose(&self, candidate: NodeId) -> Option<Divergence> {
        self.run().world().would_lose(candidate)
    }

    /// Who is called so.
    #[must_use]
    pub fn address_of(&self, name: &str) -> Option<Addr> {
        self.run().world().address_of(name)
    }

    /// A name that no server has, had, or is about to have.
    #[must_use]
    pub fn free_name(&self) -> String {
        let added = |name: &str| {
            self.run().commands().any(|(_, c)| matches!(c, Command::AddNode { node } if *node.name == *name))
        };
        let taken = |name: &String| self.run().world().address_of(name).is_some() || added(name);
        (1..).map(|n| format!("db{n}")).find(|name| !taken(name)).unwrap_or_default()
    }

    /// What the page remembers.
    pub fn watch(&mut self) -> &mut Watch {
        &mut self.recording.run_mut().observer_mut().1
    }

    pub(super) fn watched(&self) -> &Watch {
        &self.run().observer().1
    }

    /// What became of the writes so far, as the judges count.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let judges = &self.run().observer().0;
        let total = judges.ledger().total();
        Tally {
            acknowledged: total.acknowledged,
            failed: total.failed,
            indeterminate: total.indeterminate,
            lost: judges.ledger().lost(),
            errant: judges.ledger().errant(),
        }
    }

    /// What the judges say of a change of the primary, once it is one.
    #[must_use]
    pub fn judged(&self, sequence: &Sequence) -> Option<Failover> {
        let of_it = |judged: &&Failover| Some(judged.to) == sequence.to && judged.writable >= sequence.began;
        self.run().observer().0.primaries().failovers().find(of_it).cloned()
    }

    pub(super) fn judges(&self) -> &Judges {
        &self.run().observer().0
    }

    /// Some of the ledger: the newest writes of a client (or of all) with these fates.
    #[must_use]
    pub fn ledger(&self, which: Which, client: Option<ClientId>, most: usize) -> Page {
        let (judges, world) = (self.judges(), self.run().world());
        let mut page = Page { attempted: judges.ledger().total().attempted(), ..Page::default() };
        for write in ledger::writes(judges) {
            page.held += 1;
            let of_client = client.is_none_or(|client| write.txn.session.client == client);
            if of_client && which.takes(judges.fate(write)) {
                page.matching += 1;
                if page.rows.len() < most {
                    page.rows.push(row(write, judges, world));
                }
            }
        }
        let clients = (0..=u8::MAX).map(ClientId).filter(|id| judges.ledger().of_client(*id).attempted() > 0);
        page.clients = clients.map(|id| (id, crate::check::Names::client(world, id))).collect();
        page
    }

    /// The way of a write that still has an entry.
    #[must_use]
    pub fn way_of_write(&self, txn: TxnId) -> Option<(LedgerEntry, Vec<Stop>)> {
        let (judges, world) = (self.judges(), self.run().world());
        let write = ledger::writes(judges).find(|write| write.txn == txn)?;
        let entry = LedgerEntry::of(write, judges, world);
        let stops = stops(&entry, LedgerEntry::verdict_word(write.outcome));
        Some((entry, stops))
    }

    /// The whole ledger as CSV.
    #[must_use]
    pub fn ledger_csv(&self) -> String {
        ledger::csv(self.judges(), self.run().world())
    }

    /// The newest records of all logs side by side (with `until`, up to the end of one server's), and what the clients of
    /// their transactions know.
    #[must_use]
    pub fn logs(&self, until: Option<NodeId>, most: usize) -> (LogTable, OrderedMap<TxnId, check::Outcome>) {
        let table = self.run().world().log_table(until, most);
        let mut known = OrderedMap::new();
        let wanted: OrderedSet<TxnId> = table.rows.iter().filter_map(|row| row.txn).collect();
        for write in ledger::writes(self.judges()).take(LEDGER_LOOKED_AT) {
            if known.len() == wanted.len() {
                break;
            }
            if wanted.contains(&write.txn) {
                known.insert(write.txn, write.outcome);
            }
        }
        (table, known)
    }

    /// A transaction as people write it.
    #[must_use]
    pub fn txn_name(&self, txn: TxnId) -> String {
        crate::check::Names::txn(self.run().world(), txn)
    }

    /// How many findings there are of each kind.
    #[must_use]
    pub fn finding_counts(&self) -> Vec<(Kind, u64)> {
        Kind::ALL.iter().map(|kind| (*kind, self.judges().violations().count(*kind))).collect()
    }

    /// The newest findings of a kind, or of all, the newest first.
    #[must_use]
    pub fn findings(&self, wanted: Option<Kind>, most: usize) -> Vec<Finding> {
        let all = self.judges().violations();
        let numbered = (0..all.total() - all.not_kept()).rev().zip(all.iter().rev());
        let of_kind = numbered.filter(|(_, found)| wanted.is_none_or(|kind| found.kind() == kind));
        of_kind.take(most).map(|(number, found)| self.finding(number as usize, found)).collect()
    }

    pub(super) fn finding(&self, number: usize, found: &Violation) -> Finding {
        let event = found.events.as_slice().last().copied();
        Finding {
            number,
            at: found.at,
            kind: found.kind(),
            detail: crate::ui::words::found(found, self.run().world()),
            event,
        }
    }

    /// Rows of `kv` whose operations no order explains, up to the present. The recorded judges are not asked: what they
    /// find must not depend on when somebody looks.
    #[must_use]
    pub fn not_linearizable(&self) -> Vec<Finding> {
        let mut judges = self.judges().clone();
        judges.judge_linearizability(SimTime::ZERO);
        let found = judges.violations().iter().rev().filter(|found| found.kind() == Kind::Linearizability);
        found.enumerate().map(|(index, found)| self.finding(usize::MAX - index, found)).collect()
    }

    /// The cluster now.
    #[must_use]
    pub fn view(&self) -> ClusterView {
        self.run().world().view()
    }

    /// Messages under way.
    pub fn packets(&self) -> impl Iterator<Item = PacketView> + '_ {
        self.run().world().packets()
    }

    /// The names of all tables, on any server.
    pub fn tables(&mut self) -> Vec<String> {
        let nodes: Vec<NodeId> = self.run().world().nodes().collect();
        let world = self.recording.run_mut().world_mut();
        let mut names: Vec<String> = nodes.into_iter().flat_map(|node| world.tables(node)).collect();
        names.arrange();
        names.dedup();
        names
    }

    /// A table as a server's readers see it.
    ///
    /// # Errors
    /// When nobody can read there now; the text says why.
    pub fn table(&mut self, node: NodeId, table: &str, limit: usize) -> Result<(Vec<String>, Vec<Vec<Value>>), String> {
        let life = self.run().world().view().nodes.iter().find(|n| n.id == node).map(|n| n.life);
        match life {
            Some(Life::Running) => {}
            Some(Life::Copying) => return Err(t!("table.copied").to_owned()),
            Some(Life::Rewinding) => {
                return Err(t!("table.rewound").to_owned());
            }
            Some(Life::Recovering) => return Err(t!("table.recovering").to_owned()),
            Some(Life::Paused) => return Err(t!("table.frozen").to_owned()),
            Some(Life::Stopped) => return Err(t!("table.stopped").to_owned()),
            Some(Life::Down) | None => return Err(t!("table.down").to_owned()),
        }
        let world = self.recording.run_mut().world_mut();
        if !world.tables(node).iter().any(|name| name == table) {
            return Err(t!("table.none", table = table));
        }
        let outcome = world.table(node, table, limit).map_err(|error| error.message)?;
        Ok((outcome.columns, outcome.rows.iter().map(|row| row.iter().map(value).collect()).collect()))
    }

    /// What a tool would print of a server: the rows, or that nobody answers.
    ///
    /// # Errors
    /// In the words of the tool.
    pub fn status(&self, view: View, node: NodeId) -> Result<Outcome, String> {
        view.outcome(self.run().world(), node).map_err(|error| error.to_string())
    }

    /// What `patronictl list` would print.
    #[must_use]
    pub fn members(&self) -> Option<String> {
        status::patronictl_list(self.run().world())
    }

    /// The cluster's settings as configuration files.
    #[must_use]
    pub fn configuration(&self) -> String {
        status::configuration(self.run().world())
    }

    /// The view that says most of a server.
    #[must_use]
    pub fn status_view(&self, node: NodeId) -> Option<View> {
        let view = self.run().world().view();
        let role = view.nodes.iter().find(|one| one.id == node)?.role;
        View::of(view.flavor).find(|one| one.role() == role)
    }

    /// The server that a view says most of.
    #[must_use]
    pub fn status_node(&self, view: View) -> NodeId {
        view.default_node(self.run().world())
    }

    /// A cluster-wide setting as its server would show it; empty when there is none of this name.
    #[must_use]
    pub fn setting(&self, name: &str) -> String {
        let setup = self.run().world().setup();
        let mut settings = Settings::defaults(setup.flavor);
        for (name, value) in &setup.settings {
            // Whatever stands in a set-up was accepted when it got there.
            let _ = settings.set(name, value);
        }
        settings.get(name).unwrap_or_default()
    }

    /// How failover is decided.
    #[must_use]
    pub fn failover(&self) -> FailoverSetup {
        self.run().world().setup().failover.clone()
    }

    /// Statements typed by hand and their answers, newest first.
    #[must_use]
    pub fn answers(&self, most: usize) -> Vec<Typed> {
        self.watched().typed().newest(most)
    }

    /// Why a typed statement went where it went.
    #[must_use]
    pub fn way(&self, typed: &Typed) -> Option<super::watch::Route> {
        typed.txn.and_then(|txn| self.watched().route_of(txn))
    }
}

/// A value of the database as text.
#[must_use]
pub fn value(value: &storage::Value) -> Value {
    let (text, kind) = match value {
        storage::Value::Null => ("NULL".to_owned(), ValueKind::Null),
        storage::Value::Integer(n) => (n.to_string(), ValueKind::Number),
        storage::Value::Real(n) => (n.to_string(), ValueKind::Number),
        storage::Value::Text(text) => (text.to_string(), ValueKind::Text),
        storage::Value::Blob(bytes) => (hex(bytes), ValueKind::Text),
    };
    Value { text, kind }
}

/// Bytes as PostgreSQL writes them, shortened.
fn hex(bytes: &[u8]) -> String {
    const MOST: usize = 16;
    let digits: String = bytes.iter().take(MOST).map(|b| format!("{b:02x}")).collect();
    format!("\\x{digits}{}", if bytes.len() > MOST { "…" } else { "" })
}
