//! The recording: a run, its branches, and where in them we are.

use super::branch::{Branch, BranchId, BranchView};
use super::moment::{Deed, Moment};
use super::player::Player;
use super::tape::Tape;
use crate::engine::time::SimTime;
use crate::engine::trace::TraceEvent;
use crate::sim::command::Command;
use crate::sim::run::{Observer, Run};
use crate::sim::setup::Setup;
use crate::sim::start::SetupError;

/// What a recording may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps from one checkpoint to the next, before any is dropped.
    pub steps_between: u64,
    /// The most checkpoints, in all branches.
    pub checkpoints: usize,
    /// What the images of databases in all checkpoints may come to, in bytes.
    pub image_bytes: u64,
    /// What all checkpoints may hold together beside images and beside what the run itself holds: parts of logs, and of what
    /// was observed; in bytes. What several share counts once.
    pub own_bytes: u64,
    /// The same for those from which nothing of the last [`RECENT_US`] is reached, but for three of them: what a run holds of its
    /// past is to be all there soon, however little happens in it.
    pub old_bytes: u64,
}

/// So many checkpoints of long ago stay, whatever they hold: else the way there would begin at the run's beginning.
const OLD: usize = 3;

/// How far back from a branch's end, in virtual microseconds, any instant is to be reached at once. Further back it may take
/// longer.
pub const RECENT_US: u64 = 600_000_000;

impl Default for Limits {
    fn default() -> Self {
        Limits {
            steps_between: 4_096,
            checkpoints: 160,
            image_bytes: 64 << 20,
            own_bytes: 64 << 20,
            old_bytes: 14 << 20,
        }
    }
}

/// A recorded run.
#[derive(Debug)]
pub struct Recording<O> {
    pub(super) branches: Vec<Branch<O>>,
    pub(super) current: BranchId,
    pub(super) player: Player<O>,
    pub(super) tape: Tape,
    /// What happened before the first step.
    first_events: Vec<TraceEvent>,
    limits: Limits,
}

impl<O: Observer + Clone> Recording<O> {
    /// A run at its first instant.
    ///
    /// # Errors
    /// When the set-up cannot be run.
    pub fn new(
        setup: Setup,
        schedule: Vec<(SimTime, Command)>,
        observer: O,
        limits: Limits,
    ) -> Result<Self, SetupError> {
        let mut first_events = Vec::new();
        let run = Run::new_told(setup, schedule, observer, &mut |event| first_events.push(event.clone()))?;
        let player = Player { run, applied: 0, own_bytes: 0 };
        let branch = Branch {
            name: "The run".to_owned(),
            parent: None,
            deeds: Vec::new(),
            inherited: 0,
            end: player.moment(),
            end_events: player.run.events(),
            checkpoints: vec![player.clone()],
            is_left: false,
        };
        let (current, tape) = (BranchId(0), Tape::default());
        Ok(Recording { branches: vec![branch], current, player, tape, first_events, limits })
    }

    /// The same with what was done to it, played to a moment. Deeds behind the moment are kept, to be played later.
    ///
    /// # Errors
    /// When the set-up cannot be run.
    pub fn replay(
        setup: Setup,
        schedule: Vec<(SimTime, Command)>,
        deeds: Vec<Deed>,
        moment: Moment,
        observer: O,
        limits: Limits,
    ) -> Result<Self, SetupError> {
        let mut recording = Self::new(setup, schedule, observer, limits)?;
        let end = deeds.last().map_or(moment, |deed| deed.moment.max(moment));
        recording.branch_mut().deeds = deeds;
        recording.play_to(end);
        recording.seek_moment(moment);
        Ok(recording)
    }

    /// The run where we are.
    #[must_use]
    pub fn run(&self) -> &Run<O> {
        &self.player.run
    }

    /// The same, to be told or asked. Whoever changes it by more than that breaks the recording.
    pub fn run_mut(&mut self) -> &mut Run<O> {
        &mut self.player.run
    }

    /// Where we are.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.player.moment()
    }

    /// How far the branch was played.
    #[must_use]
    pub fn end(&self) -> Moment {
        self.branch().end
    }

    /// Whether nothing is recorded behind where we are.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        let branch = self.branch();
        self.player.applied == branch.deeds.len() && self.player.run.steps() >= branch.end.steps
    }

    /// What was done up to where we are.
    #[must_use]
    pub fn deeds(&self) -> &[Deed] {
        self.branch().deeds.get(..self.player.applied).unwrap_or_default()
    }

    /// What was done in the whole branch.
    #[must_use]
    pub fn all_deeds(&self) -> &[Deed] {
        &self.branch().deeds
    }

    /// The branch that we are in.
    #[must_use]
    pub fn current(&self) -> BranchId {
        self.current
    }

    /// All branches, in the order in which they began.
    #[must_use]
    pub fn branches(&self) -> Vec<BranchView> {
        self.branches.iter().enumerate().map(|(index, branch)| branch.view(BranchId(index))).collect()
    }

    /// How many branches there are.
    #[must_use]
    pub fn branch_count(&self) -> usize {
        self.branches.len()
    }

    /// Gives a branch another name.
    pub fn rename(&mut self, id: BranchId, name: String) {
        if let Some(branch) = self.branches.get_mut(id.0) {
            branch.name = name;
        }
    }

    /// Goes to the end of another branch. False when there is none of this number.
    pub fn switch(&mut self, id: BranchId) -> bool {
        let Some(end) = self.branches.get(id.0).map(|branch| branch.end) else { return false };
        if id != self.current {
            self.leave();
            self.branch_mut().leave(true);
            self.current = id;
            self.branch_mut().leave(false);
            self.tape.clear();
            self.restore(|player| player.moment() <= end);
            self.play_to(end);
        }
        true
    }

    /// The run as it is at the end of a branch.
    #[must_use]
    pub fn run_at_end(&self, id: BranchId) -> Option<Run<O>> {
        let branch = self.branches.get(id.0)?;
        let mut player = self.checkpoint_of(id, &|one| one.moment() <= branch.end)?.clone();
        while !player.advance_to(branch.end, u64::MAX, &branch.deeds, &mut |_| {}) {}
        Some(player.run)
    }

    /// How many checkpoints there are, what the databases in them come to, and about what they hold together beside, in
    /// bytes.
    #[must_use]
    pub fn held(&self) -> (usize, u64, u64) {
        let all = self.branches.iter().flat_map(|branch| &branch.checkpoints);
        all.fold((0, 0, 0), |(count, images, own), one| {
            (count + 1, images + one.run.world().image_bytes(), own + one.own_bytes)
        })
    }

    /// At how many steps the branch that we are in has checkpoints of its own.
    #[must_use]
    pub fn checkpoint_steps(&self) -> Vec<u64> {
        self.branch().checkpoints.iter().map(|one| one.run.steps()).collect()
    }

    /// Carries out the next thing; false when nothing is planned any more.
    pub fn step(&mut self) -> bool {
        self.advance(SimTime::NEVER)
    }

    /// Carries out the next thing, if it is due by `until`.
    pub fn advance(&mut self, until: SimTime) -> bool {
        let Some(branch) = self.branches.get_mut(self.current.0) else { return false };
        let tape = &mut self.tape;
        let done = self.player.advance(&branch.deeds, until, &mut |event| tape.push(event));
        if done {
            self.came_on();
        }
        done
    }

    /// Carries out everything up to and including `at`; then it is `at`.
    pub fn run_until(&mut self, at: SimTime) {
        while self.advance(at) {}
        self.player.run.rest_until(at);
        self.came_on();
    }

    /// Takes note of how far the branch was played, and makes a checkpoint where one is due.
    fn came_on(&mut self) {
        let (moment, events) = (self.player.moment(), self.player.run.events());
        let between = self.limits.steps_between.max(1);
        let Some(branch) = self.branches.get_mut(self.current.0) else { return };
        let new = moment > branch.end;
        if !new {
            return;
        }
        (branch.end, branch.end_events) = (moment, events);
        let newest = branch.checkpoints.last().map(Player::moment).or(branch.parent.map(|(_, fork)| fork));
        if moment.steps >= newest.unwrap_or_default().steps + between {
            branch.keep(&mut self.player);
            self.thin_out();
        }
    }

    /// Does something to the cluster, now. In the past of a branch it begins another one.
    ///
    /// # Errors
    /// Why it cannot be done. It is recorded nevertheless: the trace has the refusal.
    pub fn act(&mut self, command: Command) -> Result<(), String> {
        if !self.is_at_end() {
            self.fork();
        }
        let deed = Deed { moment: self.player.moment(), command: command.clone() };
        let tape = &mut self.tape;
        let done = self.player.run.act_told(command, &mut |event| tape.push(event));
        self.player.applied += 1;
        let events = self.player.run.events();
        let branch = self.branch_mut();
        (branch.end, branch.end_events) = (deed.moment, events);
        // The clock may have stood later with nothing happening in between.
        branch.drop_behind(deed.moment);
        branch.deeds.push(deed);
        done
    }

    fn fork(&mut self) {
        let fork = self.player.moment();
        let deeds = self.deeds().to_vec();
        let branch = Branch {
            name: format!("Branch {}", self.branches.len()),
            parent: Some((self.current, fork)),
            inherited: deeds.len(),
            deeds,
            end: fork,
            end_events: self.player.run.events(),
            checkpoints: vec![self.player.clone()],
            is_left: false,
        };
        self.tape.truncate(self.player.run.events());
        self.branch_mut().leave(true);
        self.current = BranchId(self.branches.len());
        self.branches.push(branch);
        self.thin_out();
    }

    /// Goes to an instant: everything up to and including it is done. Behind the end the run goes on.
    pub fn seek(&mut self, at: SimTime) {
        if self.player.run.now() > at {
            self.leave();
            self.restore(|player| player.run.now() <= at);
        } else {
            self.skip(|player| player.run.now() <= at);
        }
        self.run_until(at);
    }

    /// Goes to a moment, as exactly as it is meant.
    pub fn seek_moment(&mut self, moment: Moment) {
        if self.player.moment() > moment {
            self.leave();
            self.restore(|player| player.moment() <= moment);
        } else {
            self.skip(|player| player.moment() <= moment);
        }
        self.play_to(moment);
    }

    fn play_to(&mut self, moment: Moment) {
        let mut there = false;
        while !there {
            let Some(branch) = self.branches.get(self.current.0) else { return };
            let (tape, between) = (&mut self.tape, self.limits.steps_between.max(1));
            there = self.player.advance_to(moment, between, &branch.deeds, &mut |event| tape.push(event));
            self.came_on();
        }
    }

    /// Before going back: what lies behind the last checkpoint need not be played again.
    fn leave(&mut self) {
        if !self.is_at_end() {
            return;
        }
        if let Some(branch) = self.branches.get_mut(self.current.0) {
            branch.keep(&mut self.player);
        }
        self.thin_out();
    }

    /// Puts the newest checkpoint of the branch and its parents in place that satisfies a condition.
    fn restore(&mut self, before: impl Fn(&Player<O>) -> bool) {
        if let Some(found) = self.checkpoint(&before) {
            self.player = found.clone();
        }
    }

    /// The same, if that is further than we are.
    fn skip(&mut self, before: impl Fn(&Player<O>) -> bool) {
        let here = self.player.moment();
        if let Some(found) = self.checkpoint(&before).filter(|found| found.moment() > here) {
            self.player = found.clone();
        }
    }

    /// The newest checkpoint of the branch and its parents that satisfies a condition which all before it do, too.
    pub(super) fn checkpoint(&self, before: &dyn Fn(&Player<O>) -> bool) -> Option<&Player<O>> {
        self.checkpoint_of(self.current, before)
    }

    fn checkpoint_of(&self, id: BranchId, before: &dyn Fn(&Player<O>) -> bool) -> Option<&Player<O>> {
        let mut branch = self.branches.get(id.0)?;
        // Up to where, and with how many deeds, a parent's run is the branch's own.
        let mut shared = None::<(Moment, usize)>;
        loop {
            let is_ours =
                |one: &Player<O>| shared.is_none_or(|(fork, deeds)| one.moment() <= fork && one.applied <= deeds);
            if let Some(found) = branch.last_checkpoint(|one| is_ours(one) && before(one)) {
                return Some(found);
            }
            let (parent, fork) = branch.parent?;
            let own = (fork, branch.inherited);
            shared = Some(shared.map_or(own, |(fork, deeds)| (fork.min(own.0), deeds.min(own.1))));
            branch = self.branches.get(parent.0)?;
        }
    }

    /// Drops checkpoints until the limits hold: those that make the least difference.
    fn thin_out(&mut self) {
        loop {
            let (count, images, own) = self.held();
            let limits = &self.limits;
            let is_old = |branch: &Branch<O>, place: usize| branch.age_us(place) > RECENT_US;
            let all = self
                .branches
                .iter()
                .flat_map(|branch| branch.checkpoints.iter().enumerate().map(move |one| (branch, one)));
            let old = all.filter(|(branch, (place, _))| is_old(branch, *place));
            let (old_count, old_bytes) =
                old.fold((0, 0), |(count, own), (_, (_, one))| (count + 1, own + one.own_bytes));
            let old = old_count > OLD && old_bytes > limits.old_bytes;
            let any = count > limits.checkpoints.max(2) || images > limits.image_bytes || own > limits.own_bytes;
            let found = old.then(|| self.least_needed(is_old)).flatten();
            let found = found.or_else(|| any.then(|| self.least_needed(|_, _| true)).flatten());
            let Some((branch, index)) = found else { return };
            if let Some(branch) = self.branches.get_mut(branch) {
                branch.drop(index);
            }
        }
    }

    /// The checkpoint, of those that may go, whose loss makes the shortest stretch to play. The beginning of the run is never
    /// one, nor is the newest of the branch that is played: the next is made by its distance.
    fn least_needed(&self, may_go: impl Fn(&Branch<O>, usize) -> bool) -> Option<(usize, usize)> {
        let mut least = None;
        for (number, branch) in self.branches.iter().enumerate() {
            let start = branch.parent.map_or(0, |(_, fork)| fork.steps);
            for (index, one) in branch.checkpoints.iter().enumerate() {
                let is_newest = number == self.current.0 && index + 1 == branch.checkpoints.len();
                if is_newest || (number == 0 && index == 0) || !may_go(branch, index) {
                    continue;
                }
                let before = index.checked_sub(1).and_then(|i| branch.checkpoints.get(i));
                let after = branch.checkpoints.get(index + 1).map_or(branch.end.steps, |next| next.run.steps());
                let stretch = after.saturating_sub(before.map_or(start, |previous| previous.run.steps()));
                // Where nobody is, and long ago, it may take longer.
                let is_near = number == self.current.0 && branch.age_us(index) <= RECENT_US;
                let cost = if is_near { stretch.saturating_mul(4) } else { stretch };
                if least.is_none_or(|(known, _)| (cost, one.run.steps()) < known) {
                    least = Some(((cost, one.run.steps()), (number, index)));
                }
            }
        }
        least.map(|(_, place)| place)
    }

    pub(super) fn branch(&self) -> &Branch<O> {
        &self.branches[self.current.0]
    }

    fn branch_mut(&mut self) -> &mut Branch<O> {
        &mut self.branches[self.current.0]
    }

    /// Shows the events of a stretch of time, played again where they are not at hand. False when that took more than
    /// `most_steps` steps: asked again, it goes on from there.
    pub fn events_between(
        &mut self,
        from: SimTime,
        to: SimTime,
        most_steps: u64,
        show: &mut dyn FnMut(&TraceEvent),
    ) -> bool {
        let end = self.branch().end_events;
        let is_shown = |event: &&TraceEvent| event.at >= from && event.at <= to;
        self.first_events.iter().filter(is_shown).for_each(&mut *show);
        let before = self.checkpoint(&|one| one.run.now() < from).map_or(0, |one| one.run.events());
        let mut number = before.max(self.first_events.len() as u64);
        let mut steps_left = most_steps;
        let mut played = None::<u64>;
        while number < end {
            let events = self.tape.from(number);
            if let Some(last) = events.last() {
                let (next, over) = (last.number + 1, last.at > to);
                events.iter().filter(is_shown).for_each(&mut *show);
                if over {
                    return true;
                }
                number = next;
            } else if steps_left == 0 || played == Some(number) {
                return false;
            } else {
                played = Some(number);
                steps_left = self.play_onto_tape(number, to, steps_left);
            }
        }
        true
    }

    /// Plays the stretch in which an event lies, for the tape alone; how many steps are left of `most`.
    fn play_onto_tape(&mut self, number: u64, to: SimTime, most: u64) -> u64 {
        let Some(found) = self.checkpoint(&|one| one.run.events() <= number) else {
            return 0;
        };
        let mut player = found.clone();
        let Some(branch) = self.branches.get(self.current.0) else { return 0 };
        let (end, tape, mut left) = (branch.end_events, &mut self.tape, most);
        while left > 0 && player.run.events() < end && player.run.now() <= to {
            if !player.advance(&branch.deeds, SimTime::NEVER, &mut |event| tape.push(event)) {
                break;
            }
            left -= 1;
        }
        left
    }
}
