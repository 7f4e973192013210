//! Every event of a run can be told in German.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::engine::failover::ManagerEvent;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, ClientId, NodeId, SessionId, TxnId};
use crate::engine::log::{Lsn, Timeline};
use crate::engine::time::SimTime;
use crate::engine::trace::{TraceEvent, What};
use crate::scenario::{Format, Scenario};
use crate::sim::view::ClusterView;
use crate::sim::{Observer, Run, World};
use crate::ui::exchange::{Chart, facts, label, line_title};
use crate::ui::faces::{client_face, link_faces, node_face, proxy_face, stage_summary};
use crate::ui::text::{speak, speak_english};

const GERMAN: &str = include_str!("../../../www/text/de.txt");

macro_rules! scenarios {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../../scenarios/", $name, ".toml")))),+]
    };
}

const SCENARIOS: [(&str, &str); 14] = scenarios![
    "asynchronous-loss",
    "causal-reads-wait",
    "causal-reads-none-mysql",
    "commit-on-standby-crashed",
    "failover-strict-synchronous",
    "failover-promotion-crashes",
    "failover-failsafe",
    "failover-rewind",
    "forgotten-slot-fills-the-disk",
    "managed-switchover",
    "max-slot-wal-keep-size-loses-the-slot",
    "mysql-failover-errant",
    "mysql-purged-log-and-clone",
    "removed-log-and-base-backup",
];

/// The kinds of event that happen in none of these scenarios.
fn others() -> Vec<What> {
    let (node, other) = (NodeId(0), NodeId(1));
    let (by, at, why) = (Addr::Proxy, Lsn(0x0100_0000), || Arc::<str>::from("for a reason"));
    let txn = TxnId { session: SessionId { client: ClientId(0), number: 0 }, number: 1 };
    vec![
        What::CommandRefused { text: "promote db2".into(), why: why() },
        What::WaitCancelled { node, txn, at },
        What::RolledBack { node, txn },
        What::ConnectionWait { by, txn, to: node },
        What::StateRepeated { by, txn, to: node, text: "SET x TO 1".into() },
        What::SequenceLogged { node, txn, name: "s".into(), last: 33, at },
        What::NotRouted { by, txn, reason: "for a reason" },
        What::ReplicaShunned { by, node, lag_us: Some(2_000), max_us: 1_000 },
        What::ReplicaShunned { by, node, lag_us: None, max_us: 1_000 },
        What::ReplicaReturned { by, node, lag_us: Some(2_000) },
        What::ReplicaReturned { by, node, lag_us: None },
        What::Drained { by, node, connections: 3 },
        What::PrimaryBelieved { by, primary: None },
        What::SemiSync { node, on: true, why: "for a reason" },
        What::SemiSync { node, on: false, why: "for a reason" },
        What::ReplicaThreads { node, io: true, sql: false },
        What::ApplyFailed { node, at, error: why() },
        What::DiskFull { node, why: why() },
        What::BackupFailed { node, source: other, why: why() },
        What::SlotUserTerminated { node, slot: "s".into(), pid: 7 },
        What::ReplayPaused { node, paused: true },
        What::ReplayPaused { node, paused: false },
        What::RewindNotRequired { node, source: other, fork: at, timeline: Timeline(1) },
        What::RewindFailed { node, source: other, why: why(), useless: true },
        What::RewindFailed { node, source: other, why: why(), useless: false },
        What::Manager(ManagerEvent::Fenced { node, by: Some(other) }),
        What::Manager(ManagerEvent::Fenced { node, by: None }),
        What::Manager(ManagerEvent::NotFenced { node, why: why() }),
        What::Manager(ManagerEvent::HandOverRefused { to: node, why: why() }),
    ]
}

/// The trace, and a view every hundred thousand microseconds.
#[derive(Default)]
struct Recorder {
    events: Vec<TraceEvent>,
    views: Vec<ClusterView>,
}

impl Observer for Recorder {
    fn observe(&mut self, event: &TraceEvent, world: &World) {
        self.events.push(event.clone());
        if event.at.0 / 100_000 >= self.views.len() as u64 {
            self.views.push(world.view());
        }
    }
}

/// An event in words, in both flavors; nothing where it says nothing to people.
fn told(what: &What, names: &Names<'_>) -> Vec<String> {
    let flavors = [Flavor::Postgresql, Flavor::Mysql];
    flavors.into_iter().filter_map(|flavor| sentence(what, None, names, flavor)).map(|sentence| sentence.text).collect()
}

/// What the page says of a run beside its events: the line above the stage, the cards, the messages.
fn shown(recorder: &Recorder, names: &Names<'_>, flavor: Flavor) -> Vec<String> {
    let mut told = Vec::new();
    for view in &recorder.views {
        let Headline { subject, rest, .. } = headline(view);
        told.extend([subject, rest, stage_summary(view)]);
        told.extend(view.nodes.iter().flat_map(|node| {
            let face = node_face(node, view);
            [face.figure, face.figure_short, face.note, face.position, badge(node, flavor).word.to_owned()]
        }));
        told.extend(link_faces(view).into_iter().map(|face| face.label));
        told.extend(view.clients.iter().map(|client| client_face(client).load));
        told.extend(view.proxy.iter().map(|proxy| proxy_face(proxy, view).writes));
    }
    let mut chart = Chart::default();
    recorder.events.iter().for_each(|event| chart.note(event));
    for line in chart.lines().iter().step_by(7) {
        told.extend([label(line, flavor), line_title(line, names, flavor)]);
        let facts = facts(line, flavor, |_| "app/0#1".to_owned());
        told.extend(facts.into_iter().flat_map(|(what, how)| [what.to_owned(), how]));
    }
    told
}

/// `BackupStarted`, of an event; of a manager's step its own name.
fn kind(what: &What) -> String {
    let text = match what {
        What::Manager(step) => format!("{step:?}"),
        what => format!("{what:?}"),
    };
    text.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

/// The kinds that a file names after `mark`.
fn named(source: &str, mark: &str) -> BTreeSet<String> {
    let names = source.split(mark).skip(1).map(|rest| rest.chars().take_while(|c| c.is_alphanumeric()).collect());
    names.filter(|name: &String| name != "Manager").collect()
}

/// In English, and then in German.
fn twice<T>(tell: impl Fn() -> T) -> (T, T) {
    speak_english();
    let english = tell();
    speak(crate::ui::text::Language::German, GERMAN).expect("German is well written");
    let german = tell();
    speak_english();
    (english, german)
}

#[test]
fn every_kind_of_event_is_told_in_german() {
    let mut seen = BTreeSet::new();
    for (name, source) in SCENARIOS {
        let scenario = Scenario::parse(source, Format::Toml, name).unwrap_or_else(|problems| panic!("{problems:?}"));
        let (flavor, until) = (scenario.setup.flavor, scenario.duration_us);
        let mut run = Run::new(scenario.setup, scenario.schedule, Recorder::default()).expect("a set-up that runs");
        run.run_until(SimTime(until));
        let recorder = run.observer();
        let names = recorder.views.last().map(names_in).expect("a view");
        let whats: Vec<What> = recorder.events.iter().map(|event| event.what.clone()).chain(others()).collect();
        let (english, german) = twice(|| whats.iter().map(|what| told(what, &names)).collect::<Vec<_>>());
        for (what, (english, german)) in whats.iter().zip(english.iter().zip(&german)) {
            assert_eq!(english.len(), german.len(), "{what:?}");
            // Two of PostgreSQL's own log messages are told as it writes them.
            let own = matches!(what, What::SlotUserTerminated { .. } | What::SlotInvalidated { .. });
            for (english, german) in english.iter().zip(german) {
                seen.insert(kind(what));
                assert!(own || english != german, "no German for {english}");
                assert!(!english.contains('{') && !german.contains('{'), "{name}: a placeholder was left in {german}");
            }
        }
        let (english, german) = twice(|| shown(recorder, &names, flavor));
        let left = english.iter().chain(&german).find(|text| text.contains('{'));
        assert_eq!(left, None, "{name}: a placeholder was left");
    }
    let mut wanted = named(include_str!("category.rs"), "What::");
    wanted.retain(|kind| !["Delivered", "Written", "Answered"].contains(&kind.as_str()));
    wanted.extend(named(include_str!("failover.rs"), "ManagerEvent::"));
    assert_eq!(wanted.difference(&seen).collect::<Vec<_>>(), Vec::<&String>::new(), "never told in this test");
}
