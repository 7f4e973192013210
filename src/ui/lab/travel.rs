//! Going back and forth in the recorded run, and what is known of what lies ahead.

use super::simulation::{FindingMark, Simulation, Watchers};
use super::watch::{Entry, Mark};
use crate::check::{self, Violation};
use crate::engine::time::SimTime;
use crate::engine::trace::TraceEvent;
use crate::report::{Report, Subject};
use crate::sim::Run;
use crate::sim::recording::{BranchId, BranchView, Deed, Moment, Recording};
use crate::t;

/// The most steps that are looked through for what comes next: some minutes of a cluster at work.
const STEPS_TO_LOOK: u64 = 100_000;
/// At most so many places of the time line have marks of what the judges found.
const FINDING_PLACES: u64 = 200;
/// How much of what is recorded behind the present is told, in microseconds.
const LATER_US: u64 = 2_000_000;
/// The most steps that are played again for it at once, and how often.
const LATER_STEPS: u64 = 8_000;
const LATER_TRIES: u32 = 3;

/// What people look for in a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landmark {
    /// Anything that can be told.
    Event,
    /// A transaction became visible where it was committed.
    Commit,
    /// A write was acknowledged to its client.
    Acknowledgement,
    /// Something failed, or was done to the cluster.
    Fault,
    /// A server became the primary.
    Promotion,
    /// The judges found a broken promise.
    Finding,
}

impl Landmark {
    /// All of them, the most frequent first.
    pub const ALL: [Landmark; 6] = [
        Landmark::Event,
        Landmark::Commit,
        Landmark::Acknowledgement,
        Landmark::Fault,
        Landmark::Promotion,
        Landmark::Finding,
    ];

    /// In the flow of a sentence.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Landmark::Event => t!("landmark.event"),
            Landmark::Commit => t!("landmark.commit"),
            Landmark::Acknowledgement => t!("landmark.acknowledgement"),
            Landmark::Fault => t!("landmark.fault"),
            Landmark::Promotion => t!("landmark.promotion"),
            Landmark::Finding => t!("landmark.finding"),
        }
    }

    fn count(self, (judges, watch): &Watchers) -> u64 {
        let counts = watch.counts();
        match self {
            Landmark::Event => counts.told,
            Landmark::Commit => counts.commits,
            Landmark::Acknowledgement => counts.acknowledgements,
            Landmark::Fault => counts.faults,
            Landmark::Promotion => counts.promotions,
            Landmark::Finding => judges.violations().total(),
        }
    }
}

/// What the time line shows of what is recorded behind the present.
#[derive(Default)]
pub(super) struct Ahead {
    marks: Vec<Mark>,
    findings: Vec<FindingMark>,
}

impl Simulation {
    /// The exact place in the run.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.recording.moment()
    }

    /// How far the branch is recorded.
    #[must_use]
    pub fn end(&self) -> SimTime {
        self.recording.end().at.max(self.now())
    }

    /// Whether nothing is recorded behind the present.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.recording.is_at_end()
    }

    /// What was done to the cluster by hand, up to the present.
    #[must_use]
    pub fn deeds(&self) -> &[Deed] {
        self.recording.deeds()
    }

    /// A hash of all that happened up to the present.
    #[must_use]
    pub fn trace_hash(&self) -> u64 {
        self.run().trace_hash()
    }

    /// The ways that the run went.
    #[must_use]
    pub fn branches(&self) -> Vec<BranchView> {
        self.recording.branches()
    }

    /// The one that we are in.
    #[must_use]
    pub fn branch(&self) -> BranchId {
        self.recording.current()
    }

    /// Gives a branch another name.
    pub fn rename(&mut self, branch: BranchId, name: String) {
        self.recording.rename(branch, name);
    }

    /// Goes to the end of another branch.
    pub fn switch(&mut self, branch: BranchId) {
        self.recording.switch(branch);
        self.ahead = None;
        self.watch().jumped();
    }

    /// How many ways there are.
    #[must_use]
    pub fn branch_count(&self) -> usize {
        self.recording.branch_count()
    }

    /// What a branch came to, at its end.
    #[must_use]
    pub fn report_at_end(&self, branch: BranchId) -> Option<Report> {
        self.recording.run_at_end(branch).map(report)
    }

    /// What the run came to, up to the present.
    #[must_use]
    pub fn report(&self) -> Report {
        report(self.run().clone())
    }

    /// Goes to an instant.
    pub fn seek(&mut self, at: SimTime) {
        self.go(|recording| recording.seek(at));
    }

    /// Goes to where an event of the trace has just happened. False when it is not recorded.
    pub fn seek_event(&mut self, number: u64) -> bool {
        let found = self.recording.moment_of_event(number);
        if let Some(moment) = found {
            self.go(|recording| recording.seek_moment(moment));
        }
        found.is_some()
    }

    /// Carries on until the next of these happens. False, and nothing is changed, when none does for a long time.
    pub fn next(&mut self, landmark: Landmark) -> bool {
        let mut found = false;
        self.go(|recording| found = recording.on_to_change(&|watchers| landmark.count(watchers), STEPS_TO_LOOK));
        found
    }

    /// Goes back to the last of these. False, and to the beginning, when there was none.
    pub fn previous(&mut self, landmark: Landmark) -> bool {
        let mut found = false;
        self.go(|recording| found = recording.back_to_change(&|watchers| landmark.count(watchers)));
        found
    }

    /// Goes elsewhere, and remembers what was known at the end of the branch.
    pub(super) fn go(&mut self, go: impl FnOnce(&mut Recording<Watchers>)) {
        if self.is_at_end() {
            let findings = self.finding_marks(FINDING_PLACES);
            self.ahead = Some(Ahead { marks: self.watched().marks(), findings });
        }
        go(&mut self.recording);
        self.came_on();
        self.watch().jumped();
    }

    pub(super) fn came_on(&mut self) {
        if self.is_at_end() {
            self.ahead = None;
        }
    }

    /// Shows the trace of a stretch of the branch, of what is recorded behind the present, too. False when that takes
    /// more than `most_steps` steps of playing again: asked once more, it goes on from there.
    pub fn events_between(
        &mut self,
        from: SimTime,
        to: SimTime,
        most_steps: u64,
        show: &mut dyn FnMut(&TraceEvent),
    ) -> bool {
        self.recording.events_between(from, to, most_steps, show)
    }

    /// What is told of the recorded events behind the present, oldest first: the next seconds, or as much of them as can be
    /// played again at once.
    pub fn later(&mut self, limit: usize) -> Vec<Entry> {
        let (now, from) = (self.now(), self.run().events());
        let mut watch = self.watched().clone();
        let to = SimTime(now.0.saturating_add(LATER_US));
        for _ in 0..LATER_TRIES {
            let mut watched = watch.clone();
            let whole = self.events_between(now, to, LATER_STEPS, &mut |event| {
                if event.number >= from {
                    watched.note(event);
                }
            });
            if whole {
                watch = watched;
                break;
            }
        }
        watch.told_from(from, limit)
    }

    /// Marks for the time line, of what is recorded behind the present, too.
    #[must_use]
    pub fn marks(&self) -> Vec<Mark> {
        self.ahead.as_ref().map_or_else(|| self.watched().marks(), |ahead| ahead.marks.clone())
    }

    /// The same of what the judges found.
    #[must_use]
    pub fn found(&self) -> Vec<FindingMark> {
        self.ahead.as_ref().map_or_else(|| self.finding_marks(FINDING_PLACES), |ahead| ahead.findings.clone())
    }

    /// Findings for the time line, in at most `places` places of it.
    fn finding_marks(&self, places: u64) -> Vec<FindingMark> {
        let now = self.now().0.max(1);
        let mut marks: crate::order::OrderedMap<u64, (usize, &Violation, u64)> = crate::order::OrderedMap::new();
        for (number, found) in self.judges().violations().iter().enumerate() {
            let place = found.at.0.saturating_mul(places) / now;
            marks.entry(place).or_insert((number, found, 0)).2 += 1;
        }
        marks
            .into_values()
            .map(|(number, found, count)| FindingMark { first: self.finding(number, found), count })
            .collect()
    }

    /// What everybody is called.
    #[must_use]
    pub fn names(&self) -> &dyn crate::check::Names {
        self.run().world()
    }
}

/// A report of a run of the judges' own: they compare servers and order reads and writes for it, which the run that goes
/// on must not remember.
fn report(mut run: Run<Watchers>) -> Report {
    let (now, events, held) = (run.now(), run.events(), check::settled(run.world()));
    run.observer_mut().0.compare(events, now, held);
    let (world, judges, trace_hash) = (run.world(), &run.observer().0, run.trace_hash());
    Report::of(Subject { scenario: "", world, judges, events, trace_hash })
}
