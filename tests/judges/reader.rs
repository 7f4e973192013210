//! Random reads over random histories, judged by the judges and by a model that compares whole logs.

use std::collections::BTreeMap;

use proptest::prelude::*;
use replication_lab::check::{Finding, Kind};
use replication_lab::engine::ids::{SessionId, TxnId};

use crate::cluster::{Cluster, session};

const SERVERS: usize = 3;

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    /// A session writes a key at some writable server; the flags say whether it is flushed and acknowledged.
    Write {
        session: u16,
        key: i64,
        choice: usize,
        flushed: bool,
        acknowledged: bool,
    },
    /// A session reads a key from a server.
    Read {
        session: u16,
        key: i64,
        server: usize,
    },
    Replicate(usize, usize),
    Crash(usize),
    Restart(usize),
    Promote(usize),
    Stream(usize, usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let (session, key, server) = (0..3_u16, 0..2_i64, 0..SERVERS);
    let flags = (prop::bool::weighted(0.8), prop::bool::weighted(0.8));
    prop_oneof![
        10 => (session.clone(), key.clone(), server.clone(), flags).prop_map(|(session, key, choice, (flushed, acknowledged))| {
            Step::Write { session, key, choice, flushed, acknowledged }
        }),
        10 => (session, key, server.clone()).prop_map(|(session, key, server)| Step::Read { session, key, server }),
        8 => (server.clone(), 1..4_usize).prop_map(|(s, n)| Step::Replicate(s, n)),
        1 => server.clone().prop_map(Step::Crash),
        2 => server.clone().prop_map(Step::Restart),
        1 => server.clone().prop_map(Step::Promote),
        2 => (server.clone(), server).prop_map(|(a, b)| Step::Stream(a, b)),
        3 => (0..4_u64).prop_map(Step::Wait),
    ]
}

/// A write as the model knows it.
#[derive(Clone, Debug)]
struct Written {
    key: i64,
    value: i64,
    /// The log that it was appended to, with itself at the end.
    history: Vec<TxnId>,
    submitted_us: u64,
    logged_us: u64,
    acknowledged_us: Option<u64>,
}

#[derive(Default)]
struct Model {
    writes: BTreeMap<TxnId, Written>,
    values: i64,
    /// Per session: its newest acknowledged write; per session and key: its newest acknowledged write of the key.
    last_write: BTreeMap<SessionId, TxnId>,
    own: BTreeMap<(SessionId, i64), TxnId>,
    /// Per session and key: what it read last without going back; per session: what its writes must come after.
    last_read: BTreeMap<(SessionId, i64), TxnId>,
    reads: BTreeMap<SessionId, Vec<TxnId>>,
    expected: BTreeMap<&'static str, u64>,
    ages_us: Vec<u64>,
}

impl Model {
    /// Whether what `older` left (`None`: the row before all writes) is older than what `newer` left.
    fn precedes(&self, older: Option<TxnId>, newer: TxnId) -> bool {
        let Some(older) = older else { return true };
        let (old, new) = (&self.writes[&older], &self.writes[&newer]);
        if older == newer || old.history.contains(&newer) {
            false
        } else if new.history.contains(&older) {
            true
        } else {
            old.logged_us < new.submitted_us
        }
    }

    fn broken(&mut self, kind: Kind) {
        *self.expected.entry(kind.name()).or_default() += 1;
    }

    fn write(&mut self, c: &mut Cluster, s: SessionId, key: i64, server: usize, flushed: bool, acknowledged: bool) {
        self.values += 1;
        let value = self.values;
        let submitted_us = c.now_us;
        let txn = c.submit(s, key, value);
        c.log(server, txn);
        let history = c.servers[server].log.clone();
        if flushed {
            c.flush(server);
        }
        c.show(server, txn);
        let written = Written { key, value, history, submitted_us, logged_us: c.now_us, acknowledged_us: None };
        self.writes.insert(txn, written);
        if !acknowledged {
            c.give_up(txn);
            return;
        }
        c.acknowledge(txn);
        let history = self.writes[&txn].history.clone();
        if let Some(write) = self.writes.get_mut(&txn) {
            write.acknowledged_us = Some(c.now_us);
        }
        if self.last_write.insert(s, txn).is_some_and(|last| !history.contains(&last)) {
            self.broken(Kind::MonotonicWrites);
        }
        self.own.insert((s, key), txn);
        let read = self.reads.entry(s).or_default();
        let before = read.len();
        read.retain(|r| history.contains(r));
        if read.len() < before {
            self.broken(Kind::WritesFollowReads);
        }
    }

    fn read(&mut self, c: &mut Cluster, s: SessionId, key: i64, server: usize) {
        let log = &c.servers[server].log;
        let seen = log.iter().rev().find(|txn| self.writes[txn].key == key).copied();
        let value = seen.map(|txn| self.writes[&txn].value);
        let sent_us = c.now_us;
        c.read(s, server, key, value, 1);
        let of_key = self.writes.iter().filter(|(_, w)| w.key == key);
        let missed = of_key.filter(|(txn, _)| self.precedes(seen, **txn)).filter_map(|(_, w)| w.acknowledged_us).min();
        if let Some(acknowledged_us) = missed {
            self.broken(Kind::StaleRead);
            self.ages_us.push(sent_us - acknowledged_us);
        }
        if self.own.get(&(s, key)).is_some_and(|own| self.precedes(seen, *own)) {
            self.broken(Kind::ReadYourWrites);
        }
        let backwards = self.last_read.get(&(s, key)).is_some_and(|last| self.precedes(seen, *last));
        if backwards {
            self.broken(Kind::MonotonicReads);
        }
        if let Some(seen) = seen {
            if !backwards {
                self.last_read.insert((s, key), seen);
            }
            self.advance(s, seen);
        }
    }

    /// A session's writes must come after the newest of what it read, which stands for everything in its history.
    fn advance(&mut self, s: SessionId, seen: TxnId) {
        let Model { writes, reads, .. } = self;
        let reads = reads.entry(s).or_default();
        if !reads.iter().any(|read| writes[read].history.contains(&seen)) {
            reads.retain(|read| !writes[&seen].history.contains(read));
            reads.push(seen);
        }
    }

    fn take(&mut self, c: &mut Cluster, step: &Step) {
        match *step {
            Step::Write { session: s, key, choice, flushed, acknowledged } => {
                let writable: Vec<usize> = (0..SERVERS).filter(|&n| c.servers[n].up && c.servers[n].primary).collect();
                if !writable.is_empty() {
                    let server = writable[choice % writable.len()];
                    self.write(c, session(s), key, server, flushed, acknowledged);
                }
            }
            Step::Read { session: s, key, server } => {
                if c.servers[server].up {
                    self.read(c, session(s), key, server);
                }
            }
            Step::Replicate(n, limit) => c.replicate(n, limit),
            Step::Crash(n) => c.crash(n),
            Step::Restart(n) => c.restart(n),
            Step::Promote(n) => c.promote(n),
            Step::Stream(upstream, standby) => {
                if !c.servers[standby].primary && upstream != standby {
                    c.stream(upstream, standby);
                }
            }
            Step::Wait(ms) => c.wait_ms(ms),
        }
    }

    fn agree(&self, c: &Cluster) -> Result<(), TestCaseError> {
        let judged = [Kind::StaleRead, Kind::ReadYourWrites, Kind::MonotonicReads, Kind::MonotonicWrites];
        for kind in judged {
            let expected = self.expected.get(kind.name()).copied().unwrap_or(0);
            prop_assert_eq!(c.judges.violations().count(kind), expected, "{}", kind);
        }
        let ages: Vec<u64> = c
            .found(Kind::StaleRead)
            .iter()
            .filter_map(|v| match v.finding {
                Finding::StaleRead { age_us, .. } => Some(age_us),
                _ => None,
            })
            .collect();
        prop_assert_eq!(&ages, &self.ages_us);
        // One write may break with several reads at once: count writes.
        let mut writes: Vec<TxnId> = c
            .found(Kind::WritesFollowReads)
            .iter()
            .filter_map(|v| match v.finding {
                Finding::WritesFollowReads { txn, .. } => Some(txn),
                _ => None,
            })
            .collect();
        writes.dedup();
        let expected = self.expected.get(Kind::WritesFollowReads.name()).copied().unwrap_or(0);
        prop_assert_eq!(writes.len() as u64, expected);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Every stale read with its age, and every broken session guarantee, is found, and no other.
    #[test]
    fn reads_and_sessions_agree_with_whole_logs(steps in prop::collection::vec(step(), 1..250)) {
        let mut cluster = Cluster::new(SERVERS);
        let mut model = Model::default();
        for step in &steps {
            model.take(&mut cluster, step);
        }
        model.agree(&cluster)?;
    }
}
