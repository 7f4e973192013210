//! A scenario that is run, held to promises, mended, and looked at again.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::mending::{Operator, run_until};
use super::promise::{Promise, promised};
use crate::check::Judges;
use crate::engine::flavor::Flavor;
use crate::engine::time::SimTime;
use crate::engine::trace::{TraceEvent, What};
use crate::report::Report;
use crate::scenario::Scenario;
use crate::sim::command::Command;
use crate::sim::{Observer, Run, World};

/// A run of seconds has some ten thousand steps. One that has more than this does not come to an end.
const MOST_STEPS: u64 = 20_000_000;

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// Which.
    pub promise: Promise,
    /// When it became true, in microseconds.
    pub at_us: u64,
    /// Whether that was known only after everything had been mended.
    pub mended: bool,
    /// What happened.
    pub detail: String,
}

/// What a run showed.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What it was held to.
    pub promised: Vec<Promise>,
    /// What it did not keep: of each promise the first.
    pub breaches: Vec<Breach>,
    /// How long it was, with the mending, in microseconds.
    pub virtual_us: u64,
    /// How many things happened.
    pub events: u64,
    /// The hash of all of them.
    pub trace_hash: u64,
    /// Writes that were acknowledged.
    pub acknowledged: u64,
    /// Of these, lost.
    pub lost: u64,
    /// How often the primary changed.
    pub failovers: u64,
    /// What was done by the scenario, by the name of the command: how often, and how often it was refused.
    pub deeds: BTreeMap<String, (u64, u64)>,
    /// What the operator did afterwards.
    pub mending: Vec<(SimTime, Command)>,
}

impl Probe {
    /// Runs a scenario and holds it to what its own settings promise.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Probe {
        Probe::held_to(scenario, &promised(scenario))
    }

    /// The same with promises of somebody else's. Nothing is mended unless it is to come [`Promise::Together`].
    #[must_use]
    pub fn held_to(scenario: &Scenario, promised: &[Promise]) -> Probe {
        let mut probe = Probe {
            promised: promised.to_vec(),
            breaches: Vec::new(),
            virtual_us: 0,
            events: 0,
            trace_hash: 0,
            acknowledged: 0,
            lost: 0,
            failovers: 0,
            deeds: BTreeMap::new(),
            mending: Vec::new(),
        };
        let observer = (Judges::new(scenario.setup.flavor), Deeds::default());
        match Run::new(scenario.setup.clone(), scenario.schedule.clone(), observer) {
            Ok(run) => probe.go(run, scenario),
            Err(error) => probe.breach(Promise::Sound, SimTime::ZERO, false, error.to_string()),
        }
        probe
    }

    /// The scenario as it was run, with what the operator did afterwards: a file of it tells the whole story.
    #[must_use]
    pub fn told(&self, scenario: &Scenario) -> Scenario {
        let mut told = scenario.clone();
        told.schedule.extend(self.mending.iter().cloned());
        told.duration_us = told.duration_us.max(self.virtual_us);
        told
    }

    fn holds(&self, promise: Promise) -> bool {
        self.promised.contains(&promise)
    }

    fn breach(&mut self, promise: Promise, at: SimTime, mended: bool, detail: String) {
        if self.holds(promise) && !self.breaches.iter().any(|breach| breach.promise == promise) {
            self.breaches.push(Breach { promise, at_us: at.0, mended, detail });
        }
    }

    fn go(&mut self, mut run: Run<(Judges, Deeds)>, scenario: &Scenario) {
        let end = SimTime(scenario.duration_us);
        let mut clone = None;
        let ended = run_until(&mut run, SimTime(scenario.duration_us / 2), MOST_STEPS).and_then(|()| {
            clone = self.holds(Promise::SameAgain).then(|| run.clone());
            run_until(&mut run, end, MOST_STEPS)
        });
        if let Err(endless) = ended {
            self.breach(Promise::Sound, run.now(), false, endless);
        } else if let Some(mut clone) = clone
            && run_until(&mut clone, end, MOST_STEPS).is_ok()
            && clone.trace_hash() != run.trace_hash()
        {
            let detail =
                format!("a clone came to {:016x}, its original to {:016x}", clone.trace_hash(), run.trace_hash());
            self.breach(Promise::SameAgain, run.now(), false, detail);
        }
        self.judge(&mut run, scenario, false);
        self.deeds = std::mem::take(&mut run.observer_mut().1.by_name);
        if self.holds(Promise::Together) {
            let scheduled = run.commands().count();
            let compares = !self.holds(Promise::No(crate::check::Kind::Divergence));
            let mut operator = Operator::new(&mut run, scenario, compares, MOST_STEPS);
            let mut amiss = operator.mend();
            self.judge(&mut run, scenario, true);
            let writes = scenario.setup.clients.iter().any(|client| client.connect.is_none());
            let before = self.acknowledged;
            // A switchover that began before may hold writes up for a minute.
            for attempt in 0..3 {
                if amiss.is_ok() && (attempt == 0 || (writes && self.acknowledged == before)) {
                    amiss = Operator::new(&mut run, scenario, compares, MOST_STEPS).work();
                    self.judge(&mut run, scenario, true);
                }
                if amiss.is_ok() && writes && self.acknowledged == before {
                    let later = run.now().plus(40_000_000);
                    let _ = run_until(&mut run, later, MOST_STEPS);
                }
            }
            if amiss.is_ok() && writes && self.acknowledged == before {
                amiss = Err("no write was acknowledged after all was mended".to_owned());
            }
            if let Err(why) = amiss {
                self.breach(Promise::Together, run.now(), true, why);
            }
            self.mending = run.commands().skip(scheduled).cloned().collect();
        }
        (self.virtual_us, self.events, self.trace_hash) = (run.now().0, run.events(), run.trace_hash());
    }

    /// Holds what is known now against the promises.
    fn judge(&mut self, run: &mut Run<(Judges, Deeds)>, scenario: &Scenario, mended: bool) {
        let report = scenario.report(run);
        (self.acknowledged, self.lost) = (report.writes.acknowledged, report.writes.lost);
        self.failovers = report.failovers.len() as u64;
        if let Some(wrong) = sums(&report) {
            self.breach(Promise::Accounts, run.now(), mended, wrong);
        }
        // Commits that wait on a primary that was left behind are acknowledged when the operator lets all waits end.
        let ended = mended && run.commands().any(|(at, command)| at.0 >= scenario.duration_us && ends_waits(command));
        for violation in &report.violations {
            let at = SimTime((violation.at_ms * 1_000.0) as u64);
            // What the operator does so that waits end may show what was promised to nobody else.
            if !mended || lasting(violation.kind, ended) {
                self.breach(Promise::No(violation.kind), at, mended, violation.detail.clone());
            }
        }
        if self.holds(Promise::OneLog)
            && scenario.setup.flavor == Flavor::Postgresql
            && let Some(wrong) = two_logs(run.world())
        {
            self.breach(Promise::OneLog, run.now(), mended, wrong);
        }
    }
}

/// Whether a promise outlives the mending, in which an operator may have let all waits end.
fn lasting(kind: crate::check::Kind, ended: bool) -> bool {
    use crate::check::Kind;
    matches!(kind, Kind::SplitBrain | Kind::Divergence) || (kind == Kind::LostWrite && !ended)
}

/// Whether commits wait for fewer than before.
fn ends_waits(command: &Command) -> bool {
    let keys = ["synchronous_standby_names", "rpl_semi_sync_source_enabled"];
    matches!(command, Command::Set { settings, .. } if settings.iter().any(|(key, _)| keys.contains(&&**key)))
}

/// What does not add up in a report.
fn sums(report: &Report) -> Option<String> {
    let writes = &report.writes;
    let parts = writes.acknowledged + writes.failed + writes.pending + writes.indeterminate;
    if writes.attempted != parts {
        return Some(format!("{} writes were attempted, and {parts} are accounted for", writes.attempted));
    }
    if writes.acknowledged != writes.survived + writes.lost {
        let (survived, lost) = (writes.survived, writes.lost);
        return Some(format!("{} acknowledged writes: {survived} survived, {lost} lost", writes.acknowledged));
    }
    (writes.indeterminate_took_effect > writes.indeterminate)
        .then(|| format!("{} of {} took effect", writes.indeterminate_took_effect, writes.indeterminate))
}

/// Two servers with different bytes at the same place of the same timeline.
fn two_logs(world: &World) -> Option<String> {
    let logs: Vec<_> = world.nodes().map(|node| (node, world.log_on_disk(node))).collect();
    for (index, (node, log)) in logs.iter().enumerate() {
        for (other, theirs) in logs.iter().skip(index + 1) {
            for (timeline, start, bytes) in log {
                for (_, from, others) in theirs.iter().filter(|(theirs, ..)| theirs == timeline) {
                    let begin = start.0.max(from.0);
                    let end = (start.0 + bytes.len() as u64).min(from.0 + others.len() as u64);
                    let part = |start: u64, bytes: &[u8]| {
                        let range = (begin - start) as usize..end.max(begin) as usize - start as usize;
                        bytes.get(range).map(<[u8]>::to_vec)
                    };
                    if begin < end && part(start.0, bytes) != part(from.0, others) {
                        let (one, two) = (world.name_of((*node).into()), world.name_of((*other).into()));
                        return Some(format!("{one} and {two} differ on timeline {timeline}, {begin:X} to {end:X}"));
                    }
                }
            }
        }
    }
    None
}

/// Counts what a scenario does, and what its clients are answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Deeds {
    by_name: BTreeMap<String, (u64, u64)>,
    /// Transactions that are over.
    pub finished: u64,
}

impl Observer for Deeds {
    fn observe(&mut self, event: &TraceEvent, _: &World) {
        let mut count = |text: &Arc<str>, done: u64, refused: u64| {
            let name = text.split(' ').next().unwrap_or_default().to_owned();
            let deed = self.by_name.entry(name).or_default();
            (deed.0, deed.1) = (deed.0 + done, deed.1 + refused);
        };
        match &event.what {
            What::Command { text } => count(text, 1, 0),
            What::CommandRefused { text, .. } => count(text, 0, 1),
            What::Finished { .. } => self.finished += 1,
            _ => {}
        }
    }
}
