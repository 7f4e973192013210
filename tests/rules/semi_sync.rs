//! MySQL's semi-synchronous source: what it counts as acknowledged, so many replicas have.

use replication_lab::engine::commit::semi_sync::{Effects, SemiSync, Wait};
use replication_lab::engine::ids::NodeId;
use replication_lab::engine::log::Lsn;
use replication_lab::engine::settings::MysqlSettings;
use replication_lab::engine::time::SimTime;
use stateright::{Model, Property};

use super::{deeper, explore};

/// A source with its replicas.
#[derive(Clone)]
struct Source {
    replicas: usize,
    transactions: u64,
    /// `rpl_semi_sync_source_wait_for_replica_count`
    count: u32,
    /// How many replicas the property speaks of: `count`, unless something is wrong on purpose.
    promised: u32,
    /// Replicas that leave, time-outs, and switching off and on.
    faults: u8,
    /// A replica acknowledges what it is sent before it has it.
    hasty: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    source: SemiSync,
    enabled: bool,
    /// How many transactions are in the binary log, and which sessions have come to where they may wait.
    written: u64,
    came: Vec<u64>,
    /// The transactions that were counted as acknowledged, and those that went on without.
    acknowledged: Vec<u64>,
    unacknowledged: Vec<u64>,
    replicas: Vec<Replica>,
    faults: u8,
    /// A transaction was counted that too few replicas had at that moment.
    broken: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Replica {
    linked: bool,
    /// How many transactions its relay log has.
    received: u64,
    /// What is on the way to it, and whether it is to be answered.
    sent: Vec<(u64, bool)>,
    /// Its answers that are on their way.
    answers: Vec<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happens {
    Write,
    /// A session comes to where it may have to wait.
    Commit(u64),
    Send(usize),
    Receive(usize),
    Answer(usize),
    Leave(usize),
    Join(usize),
    TimeOut,
    Enable(bool),
}

const NOW: SimTime = SimTime(0);

fn pos(transaction: u64) -> Lsn {
    Lsn(transaction * 10)
}

impl Source {
    fn settings(&self, enabled: bool) -> MysqlSettings {
        MysqlSettings {
            rpl_semi_sync_source_enabled: enabled,
            rpl_semi_sync_source_wait_for_replica_count: self.count,
            ..MysqlSettings::default()
        }
    }

    /// Whether so many replicas have it as was promised.
    fn held(&self, state: &State, transaction: u64) -> bool {
        let have = state.replicas.iter().filter(|replica| replica.received >= transaction).count();
        have >= self.promised as usize
    }

    fn counts(&self, state: &mut State, transaction: u64, acknowledged: bool) {
        if acknowledged {
            state.broken |= !self.held(state, transaction);
            state.acknowledged.push(transaction);
            state.acknowledged.sort_unstable();
        } else {
            state.unacknowledged.push(transaction);
            state.unacknowledged.sort_unstable();
        }
    }

    fn take(&self, state: &mut State, effects: &Effects) {
        for release in &effects.released {
            self.counts(state, release.pos.0 / 10, release.acknowledged);
        }
    }
}

impl Model for Source {
    type State = State;
    type Action = Happens;

    fn init_states(&self) -> Vec<State> {
        let mut source = SemiSync::new();
        source.configure(&self.settings(true), NOW);
        vec![State {
            source,
            enabled: true,
            written: 0,
            came: Vec::new(),
            acknowledged: Vec::new(),
            unacknowledged: Vec::new(),
            replicas: vec![Replica::default(); self.replicas],
            faults: self.faults,
            broken: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Happens>) {
        if state.broken {
            return;
        }
        if state.written < self.transactions {
            actions.push(Happens::Write);
        }
        actions.extend((1..=state.written).filter(|one| !state.came.contains(one)).map(Happens::Commit));
        for (index, replica) in state.replicas.iter().enumerate() {
            if !replica.linked {
                actions.push(Happens::Join(index));
                continue;
            }
            let on_the_way = replica.sent.last().map_or(replica.received, |(last, _)| *last);
            if on_the_way < state.written {
                actions.push(Happens::Send(index));
            }
            if !replica.sent.is_empty() {
                actions.push(Happens::Receive(index));
            }
            if !replica.answers.is_empty() {
                actions.push(Happens::Answer(index));
            }
            if state.faults > 0 {
                actions.push(Happens::Leave(index));
            }
        }
        if state.faults > 0 {
            actions.push(Happens::Enable(!state.enabled));
            if state.source.next_deadline().is_some() {
                actions.push(Happens::TimeOut);
            }
        }
    }

    fn next_state(&self, last: &State, action: Happens) -> Option<State> {
        let mut state = last.clone();
        let effects = match action {
            Happens::Write => {
                state.written += 1;
                state.source.written(pos(state.written));
                Effects::default()
            }
            Happens::Commit(one) => {
                state.came.push(one);
                state.came.sort_unstable();
                let before = state.source.status().yes_tx;
                if state.source.committing(pos(one), NOW) == Wait::No {
                    let counted = state.source.status().yes_tx > before;
                    self.counts(&mut state, one, counted);
                }
                Effects::default()
            }
            Happens::Send(index) => {
                let replica = &mut state.replicas[index];
                let next = replica.sent.last().map_or(replica.received, |(last, _)| *last) + 1;
                let asks = state.source.prepared_to_send(pos(next));
                replica.sent.push((next, asks));
                if self.hasty && asks {
                    replica.answers.push(next);
                }
                Effects::default()
            }
            Happens::Receive(index) => {
                let replica = &mut state.replicas[index];
                let (received, asks) = replica.sent.remove(0);
                replica.received = received;
                if asks && !self.hasty {
                    replica.answers.push(received);
                }
                Effects::default()
            }
            Happens::Answer(index) => {
                let answer = state.replicas[index].answers.remove(0);
                state.source.acknowledged(NodeId(index as u8), pos(answer), NOW)
            }
            Happens::Leave(index) => {
                state.faults -= 1;
                let replica = &mut state.replicas[index];
                (replica.linked, replica.sent, replica.answers) = (false, Vec::new(), Vec::new());
                state.source.replica_left(NOW)
            }
            Happens::Join(index) => {
                let replica = &mut state.replicas[index];
                replica.linked = true;
                state.source.replica_joined(NodeId(index as u8), pos(replica.received), NOW)
            }
            Happens::TimeOut => {
                state.faults -= 1;
                let deadline = state.source.next_deadline()?;
                state.source.timed_out(deadline)
            }
            Happens::Enable(enabled) => {
                state.faults -= 1;
                state.enabled = enabled;
                state.source.configure(&self.settings(enabled), NOW)
            }
        };
        self.take(&mut state, &effects);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("so many replicas have it", |_, state: &State| !state.broken),
            Property::always("nobody is answered twice, or waits for nothing", |_, state: &State| {
                state.came.iter().all(|one| {
                    let answers = [&state.acknowledged, &state.unacknowledged];
                    let answered: usize =
                        answers.iter().map(|of| of.iter().filter(|other| *other == one).count()).sum();
                    answered + usize::from(state.source.waits(pos(*one))) == 1
                })
            }),
            Property::always("while it is off nobody waits", |_, state: &State| {
                state.source.is_on() || state.source.next_deadline().is_none()
            }),
            Property::sometimes("all is acknowledged", |source: &Source, state: &State| {
                state.acknowledged.len() as u64 == source.transactions
            }),
            Property::sometimes("it gives up and comes back", |_, state: &State| {
                !state.unacknowledged.is_empty() && !state.acknowledged.is_empty() && state.source.is_on()
            }),
        ]
    }
}

const SOURCE: Source = Source { replicas: 2, transactions: 2, count: 1, promised: 1, faults: 2, hasty: false };

#[test]
fn what_a_source_counts_its_replicas_have() {
    for (name, source, least) in [
        ("one of two", SOURCE, 200_000),
        ("both of two", Source { count: 2, promised: 2, ..SOURCE }, 200_000),
        ("two of three", Source { replicas: 3, count: 2, promised: 2, faults: deeper(0), ..SOURCE }, 10_000),
    ] {
        let explored = explore(&format!("semi-synchronous, {name}"), source);
        assert_eq!(explored.steps("so many replicas have it"), None, "{name}");
        assert_eq!(explored.steps("nobody is answered twice, or waits for nothing"), None, "{name}");
        assert_eq!(explored.steps("while it is off nobody waits"), None, "{name}");
        assert!(explored.steps("all is acknowledged").is_some(), "{name}");
        assert!(explored.steps("it gives up and comes back").is_some() || !name.starts_with("both"), "{name}");
        assert!(explored.states >= least, "{name}: {} states", explored.states);
    }
}

/// The check can fail.
#[test]
fn what_is_promised_wrongly_is_caught() {
    for (name, source) in [
        ("one is waited for, and two are promised", Source { promised: 2, ..SOURCE }),
        ("replicas that answer too early", Source { hasty: true, ..SOURCE }),
    ] {
        assert!(super::broken(name, source, "so many replicas have it").is_some(), "{name}");
    }
}
