//! Random histories, judged by the judges and by a model that keeps whole logs and knows no shortcuts.

use std::collections::BTreeMap;

use proptest::prelude::*;
use replication_lab::check::{Fate, Outcome};
use replication_lab::engine::ids::TxnId;

use crate::cluster::{Cluster, session};

/// Something that happens. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Submit(u16),
    Log(u16),
    Flush(usize),
    Acknowledge(u16),
    Fail(u16),
    GiveUp(u16),
    Replicate(usize, usize),
    Crash(usize),
    Restart(usize),
    Promote(usize),
    Stream(usize, usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let (session, server) = (0..6_u16, 0..4_usize);
    prop_oneof![
        8 => session.clone().prop_map(Step::Submit),
        8 => session.clone().prop_map(Step::Log),
        6 => server.clone().prop_map(Step::Flush),
        6 => session.clone().prop_map(Step::Acknowledge),
        1 => session.clone().prop_map(Step::Fail),
        2 => session.prop_map(Step::GiveUp),
        6 => (server.clone(), 1..4_usize).prop_map(|(s, n)| Step::Replicate(s, n)),
        1 => server.clone().prop_map(Step::Crash),
        2 => server.clone().prop_map(Step::Restart),
        1 => server.clone().prop_map(Step::Promote),
        2 => (server.clone(), server).prop_map(|(a, b)| Step::Stream(a, b)),
        2 => (0..5_u64).prop_map(Step::Wait),
    ]
}

/// What the model knows: outcomes, who decides, and that one's log as it was when each fate was last settled.
#[derive(Default)]
struct Model {
    outcomes: BTreeMap<TxnId, Outcome>,
    /// The transaction that each session waits for, and the server that logged it, with that server's incarnation.
    open: BTreeMap<u16, (TxnId, bool)>,
    current: usize,
    values: i64,
    /// The log of the current primary when it went down: until somebody takes over, it stands.
    remembered: Option<Vec<TxnId>>,
}

impl Model {
    fn history(&self, c: &Cluster) -> Vec<TxnId> {
        self.remembered.clone().unwrap_or_else(|| c.servers[self.current].log.clone())
    }

    /// Where clients send: the current primary, else any that takes writes.
    fn writable(&self, c: &Cluster, choice: u16) -> Option<usize> {
        let writable: Vec<usize> = (0..c.servers.len()).filter(|&s| c.servers[s].up && c.servers[s].primary).collect();
        writable.get(usize::from(choice) % writable.len().max(1)).copied()
    }

    fn take(&mut self, c: &mut Cluster, step: &Step) {
        match *step {
            Step::Submit(s) => {
                if !self.open.contains_key(&s) {
                    self.values += 1;
                    let txn = c.submit(session(s), i64::from(s % 3), self.values);
                    self.open.insert(s, (txn, false));
                    self.outcomes.insert(txn, Outcome::Pending);
                }
            }
            Step::Log(s) => {
                if let Some((txn, false)) = self.open.get(&s).copied()
                    && let Some(server) = self.writable(c, s)
                {
                    c.log(server, txn);
                    self.open.insert(s, (txn, true));
                }
            }
            Step::Flush(n) => {
                if c.servers[n].up {
                    c.flush(n);
                }
            }
            Step::Acknowledge(s) => {
                if let Some((txn, true)) = self.open.get(&s).copied() {
                    c.acknowledge(txn);
                    self.close(s, Outcome::Acknowledged);
                }
            }
            Step::Fail(s) => {
                if let Some((txn, false)) = self.open.get(&s).copied() {
                    c.fail(txn);
                    self.close(s, Outcome::Failed);
                }
            }
            Step::GiveUp(s) => {
                if let Some((txn, _)) = self.open.get(&s).copied() {
                    c.give_up(txn);
                    self.close(s, Outcome::Indeterminate);
                }
            }
            Step::Replicate(n, limit) => c.replicate(n, limit),
            Step::Crash(n) => {
                if n == self.current && c.servers[n].up {
                    self.remembered = Some(c.servers[n].log.clone());
                }
                c.crash(n);
            }
            Step::Restart(n) => {
                let returns = !c.servers[n].up && c.servers[n].primary;
                c.restart(n);
                let others = (0..c.servers.len()).filter(|&o| o != n);
                let superseded = others
                    .filter(|&o| c.servers[o].up && c.servers[o].primary)
                    .any(|o| c.servers[o].timeline >= c.servers[n].timeline);
                if returns && !superseded {
                    self.current = n;
                    self.remembered = None;
                }
            }
            Step::Promote(n) => {
                if c.servers[n].up && !c.servers[n].primary {
                    c.promote(n);
                    self.current = n;
                    self.remembered = None;
                }
            }
            Step::Stream(upstream, standby) => {
                // A server that serves as a primary is not demoted here.
                if !c.servers[standby].primary && upstream != standby {
                    c.stream(upstream, standby);
                }
            }
            Step::Wait(ms) => c.wait_ms(ms),
        }
    }

    fn close(&mut self, session: u16, outcome: Outcome) {
        if let Some((txn, _)) = self.open.remove(&session) {
            self.outcomes.insert(txn, outcome);
        }
    }

    fn agree(&self, c: &Cluster) -> Result<(), TestCaseError> {
        let ledger = c.judges.ledger();
        let tally = ledger.total();
        let count = |outcome| self.outcomes.values().filter(|o| **o == outcome).count() as u64;
        prop_assert_eq!(tally.acknowledged, count(Outcome::Acknowledged));
        prop_assert_eq!(tally.failed, count(Outcome::Failed));
        prop_assert_eq!(tally.indeterminate, count(Outcome::Indeterminate));
        prop_assert_eq!(tally.pending, count(Outcome::Pending));
        prop_assert_eq!(tally.attempted(), self.outcomes.len() as u64);
        prop_assert_eq!(c.judges.pending().count() as u64, tally.pending);
        prop_assert_eq!(tally.acknowledged, ledger.survived() + ledger.lost());

        let history = self.history(c);
        let mut lost = 0;
        let mut took_effect = 0;
        for (txn, outcome) in &self.outcomes {
            let there = history.contains(txn);
            let expected = match outcome {
                Outcome::Pending => continue,
                Outcome::Failed => Fate::Failed,
                Outcome::Indeterminate => Fate::Indeterminate { took_effect: there },
                Outcome::Acknowledged if there => Fate::Survived,
                Outcome::Acknowledged => Fate::Lost,
            };
            lost += u64::from(expected == Fate::Lost);
            took_effect += u64::from(expected == Fate::Indeterminate { took_effect: true });
            let entry = ledger.entries().find(|w| w.txn == *txn);
            prop_assert_eq!(entry.map(|w| c.judges.fate(w)), Some(expected), "{}", txn);
        }
        prop_assert_eq!(ledger.lost(), lost);
        prop_assert_eq!(ledger.took_effect(), took_effect);
        let failed_over: u64 = c.judges.primaries().failovers().map(|f| f.lost_writes).sum();
        prop_assert!(failed_over + c.judges.violations().count(replication_lab::check::Kind::LostWrite) >= lost);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// At every instant every count agrees with the model, and so does every write's fate.
    #[test]
    fn the_ledger_agrees_with_whole_logs(steps in prop::collection::vec(step(), 1..200)) {
        let mut cluster = Cluster::new(4);
        let mut model = Model::default();
        for step in &steps {
            model.take(&mut cluster, step);
            model.agree(&cluster)?;
        }
    }

    /// A clone goes on as its original does.
    #[test]
    fn a_clone_goes_on_alike(steps in prop::collection::vec(step(), 2..120), at in 0.0..1.0_f64) {
        let mut cluster = Cluster::new(4);
        let mut model = Model::default();
        let middle = (steps.len() as f64 * at) as usize;
        steps[..middle].iter().for_each(|step| model.take(&mut cluster, step));
        let mut clone = cluster.clone();
        let mut clones_model = Model {
            outcomes: model.outcomes.clone(),
            open: model.open.clone(),
            current: model.current,
            values: model.values,
            remembered: model.remembered.clone(),
        };
        for step in &steps[middle..] {
            clones_model.take(&mut clone, step);
        }
        model.agree(&cluster)?;
        steps[middle..].iter().for_each(|step| model.take(&mut cluster, step));
        clones_model.agree(&clone)?;
        prop_assert_eq!(format!("{:?}", cluster.judges), format!("{:?}", clone.judges));
    }
}
