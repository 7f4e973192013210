//! A lesson under way.

use std::cell::{Ref, RefCell};
use std::rc::Rc;

use super::given::Given;
use super::kept::Kept;
use super::start::{MARK, read};
use super::{spot, watch};
use crate::engine::time::SimTime;
use crate::scenario::Scenario;
use crate::scenario::lesson::{Answer, Ask, Lesson, Measure, Part, Set, Step, Wanted};
use crate::scenario::link::Shared;
use crate::sim::recording::{BranchId, Deed};
use crate::ui::lab::{Lab, Opening, wall_ms};
use crate::ui::opening;
use crate::ui::pace::Pace;
use crate::ui::share;
use crate::ui::text::{self, Language};

/// Between two looks at the report, which is made for it, in milliseconds.
const REPORT_EVERY_MS: f64 = 700.0;

/// Where the run stood when a step began.
#[derive(Clone, Debug)]
pub(super) struct Began {
    pub at: SimTime,
    pub branch: BranchId,
    pub deeds: Vec<Deed>,
    /// The number of the first statement that is typed in it.
    pub typed: u64,
    pub jumps: u64,
}

/// How a lesson stands to the run on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Footing {
    /// It is the lesson's, and where it should be.
    Firm,
    /// Another run is open.
    OtherRun,
    /// It stands before the step began.
    Before,
    /// It went another way before the step began.
    OtherWay,
}

/// What changes.
#[derive(Default)]
struct Now {
    kept: Kept,
    part: usize,
    began: Option<Began>,
    finding: bool,
    /// The tabs that were seen open in this step.
    tabs: Vec<String>,
    /// Since when nothing but time is waited for.
    since: Option<SimTime>,
    /// The laboratory that is the lesson's, by the prefix of its ids.
    lab: String,
    /// Which of what is waited for is there, and for conditions what is so instead.
    met: Vec<(bool, String)>,
    looked_at_ms: f64,
    looked_at: Option<SimTime>,
    /// An earlier step that the address asks for.
    reread: Option<usize>,
    /// Whether the steps before this one were passed over.
    is_ahead: bool,
}

impl Now {
    /// Nothing of the present step is done.
    fn start_over(&mut self) {
        (self.part, self.finding, self.looked_at, self.since) = (0, false, None, None);
        self.tabs.clear();
        self.met.clear();
    }
}

/// A lesson under way.
pub struct Session {
    name: String,
    /// Its text, the language in which it was asked for, and whether it is in English although the page is not.
    spoken: RefCell<(Rc<Lesson>, Language, bool)>,
    scenarios: Vec<(String, Scenario)>,
    now: RefCell<Now>,
}

impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Session {
    /// A lesson that was read, with what it runs.
    pub(super) fn new(name: String, (lesson, foreign): (Lesson, bool), scenarios: Vec<(String, Scenario)>) -> Self {
        let spoken = RefCell::new((Rc::new(lesson), text::language(), foreign));
        Session { name, spoken, scenarios, now: RefCell::default() }
    }

    pub(super) fn lesson(&self) -> Rc<Lesson> {
        self.spoken.borrow().0.clone()
    }

    /// Whether it is in English although the page is not.
    pub(super) fn is_foreign(&self) -> bool {
        self.spoken.borrow().2
    }

    /// Reads its text again where the page speaks another language now; whether it did.
    pub(super) async fn speak(&self) -> bool {
        if self.spoken.borrow().1 == text::language() {
            return false;
        }
        let Ok((lesson, foreign)) = read(&self.name).await else { return false };
        // Only the words may differ: what is done and what is to come is told by its place.
        let same = lesson.is_like(&self.lesson());
        if same {
            self.spoken.replace((Rc::new(lesson), text::language(), foreign));
        }
        same
    }

    /// Takes up what is kept, and says what to run. A step that was done is shown to be read again; one that is still far
    /// off begins with the run that the lesson has there, in which nothing of what leads to it was done.
    pub(super) fn resume(&self, afresh: bool, asked: Option<usize>) -> Option<Opening> {
        let lesson = self.lesson();
        let asked = asked.filter(|step| *step < lesson.steps.len());
        let kept = Kept::of(&self.name).filter(|kept| !afresh && !kept.done && kept.step < lesson.steps.len());
        let kept = kept.unwrap_or_default();
        let mut now = self.now.borrow_mut();
        if let Some(step) = asked.filter(|step| *step > kept.step) {
            now.kept = Kept { step, given: kept.given, ..Kept::default() };
            now.is_ahead = true;
            return self.opening(lesson.scenario_at(step));
        }
        now.reread = asked.filter(|step| *step < kept.step);
        let opening = of_link(&kept.link);
        // Without its run a step cannot be gone on with: the predictions are kept, and the lesson begins anew.
        now.kept = if opening.is_some() { kept } else { Kept { given: kept.given, ..Kept::default() } };
        opening.or_else(|| self.opening(&self.lesson().scenario))
    }

    fn opening(&self, name: &str) -> Option<Opening> {
        let (_, scenario) = self.scenarios.iter().find(|(found, _)| found == name)?;
        Some(opening::of_scenario(scenario.clone()))
    }

    /// The run in which the present step began.
    pub(super) fn run_of_step(&self) -> Option<Opening> {
        let link = self.now.borrow().kept.link.clone();
        of_link(&link).or_else(|| self.opening(&self.lesson().scenario))
    }

    /// The laboratory that is the lesson's from now on, by the prefix of its ids.
    pub fn runs_in(&self, lab: String) {
        let mut now = self.now.borrow_mut();
        (now.lab, now.began) = (lab, None);
        let place = now.reread.unwrap_or(now.kept.step);
        drop(now);
        self.put_address(place);
    }

    /// The address leads to this step from now on.
    pub(super) fn put_address(&self, step: usize) {
        let step = if step == 0 { String::new() } else { format!("/{}", step + 1) };
        share::put_address(&format!("{MARK}{}{step}", self.name));
    }

    /// An earlier step that the address asks for.
    pub(super) fn reread(&self) -> Option<usize> {
        self.now.borrow().reread
    }

    /// Whether the steps before the present one were passed over.
    pub(super) fn is_ahead(&self) -> bool {
        self.now.borrow().is_ahead
    }

    /// The present step's place, and the steps.
    pub(super) fn step(&self) -> usize {
        self.now.borrow().kept.step
    }

    pub(super) fn step_at(&self, place: usize) -> Option<Step> {
        self.lesson().steps.get(place).cloned()
    }

    /// How many of its parts are done.
    pub(super) fn part(&self) -> usize {
        self.now.borrow().part
    }

    pub(super) fn is_done(&self) -> bool {
        self.now.borrow().kept.done
    }

    /// Which of what is waited for is there.
    pub(super) fn met(&self) -> Vec<(bool, String)> {
        self.now.borrow().met.clone()
    }

    pub(super) fn given(&self, step: usize, part: usize) -> Option<Ref<'_, Given>> {
        let is = |given: &Given| (given.step, given.part) == (step, part);
        Ref::filter_map(self.now.borrow(), |now| now.kept.given.iter().find(|given| is(given))).ok()
    }

    /// Locks a prediction.
    pub(super) fn lock(&self, part: usize, said: String) {
        let mut now = self.now.borrow_mut();
        let step = now.kept.step;
        now.kept.given.push(Given { step, part, said, measured: None, value: String::new() });
        now.kept.keep(&self.name);
    }

    /// A finding was clicked.
    pub(super) fn finding_clicked(&self) {
        self.now.borrow_mut().finding = true;
    }

    /// Takes note of the tabs that are open. What was opened in a step stays done, although the next thing that is asked
    /// for closes it.
    pub(super) fn note_tabs(&self) {
        let mut now = self.now.borrow_mut();
        for tab in spot::open_tabs() {
            if !now.tabs.contains(&tab) {
                now.tabs.push(tab);
            }
        }
    }

    pub(super) fn footing(&self, lab: &Lab) -> Footing {
        let now = self.now.borrow();
        if now.lab != lab.id("") {
            return Footing::OtherRun;
        }
        let Some(began) = &now.began else { return Footing::Firm };
        let goes_back = self.step_at(now.kept.step).is_some_and(|step| step.parts.iter().any(travels));
        let ((at, moved), jumps) =
            (lab.with(|s| (s.now(), !s.deeds().starts_with(&began.deeds))), lab.snapshot().jumps);
        match (at < began.at && jumps != began.jumps, moved) {
            _ if goes_back => Footing::Firm,
            (true, _) => Footing::Before,
            (false, true) => Footing::OtherWay,
            (false, false) => Footing::Firm,
        }
    }

    /// On to the next step, which begins here and now, or to the end.
    pub(super) fn next(&self, lab: &Lab) {
        {
            let mut now = self.now.borrow_mut();
            if now.kept.step + 1 == self.lesson().steps.len() {
                now.kept.done = true;
                return now.kept.keep(&self.name);
            }
            now.kept.step += 1;
            now.is_ahead = false;
            now.start_over();
            now.began = None;
        }
        if self.footing(lab) == Footing::Firm {
            self.begin_step(lab);
        }
    }

    /// Back to where the step began, in the run and in the text.
    pub(super) fn again(&self, lab: &Lab) {
        let mut now = self.now.borrow_mut();
        let Some(began) = now.began.clone() else { return };
        lab.set_playing(false);
        if lab.snapshot().branch != began.branch {
            lab.switch(began.branch);
        }
        lab.seek_now(began.at);
        now.start_over();
    }

    /// Goes on as far as what was done allows. Whether something changed; and a run that is to begin.
    pub(super) fn tick(&self, lab: &Lab) -> (bool, Option<Opening>) {
        if self.footing(lab) != Footing::Firm || self.is_done() {
            return (false, None);
        }
        let mut changed = false;
        if self.now.borrow().began.is_none() {
            self.begin_step(lab);
            changed = true;
        }
        let Some(step) = self.step_at(self.step()) else { return (changed, None) };
        while let Some(part) = step.parts.get(self.part()) {
            match part {
                Part::Text(_) | Part::Show(_) => {}
                Part::Stage(sets) => {
                    self.now.borrow_mut().part += 1;
                    if let Some(opening) = self.set(lab, sets) {
                        return (true, Some(opening));
                    }
                    changed = true;
                    continue;
                }
                Part::Reveal => self.reveal(lab, &step),
                Part::Ask(_) => {
                    if self.given(self.step(), self.part()).is_none() {
                        return (changed, None);
                    }
                }
                Part::Wait(wait) => {
                    let met = self.waited(lab, wait.wanted.iter().map(|(wanted, _)| wanted));
                    if !self.take_note(met, &mut changed) {
                        return (changed, None);
                    }
                }
                Part::Check(condition) => {
                    let Some(met) = self.checked(lab, condition.that.iter().map(|(that, _)| that)) else {
                        return (changed, None);
                    };
                    if !self.take_note(met, &mut changed) {
                        return (changed, None);
                    }
                }
            }
            let mut now = self.now.borrow_mut();
            now.part += 1;
            (now.looked_at, now.since) = (None, None);
            now.met.clear();
            changed = true;
        }
        (changed, None)
    }

    /// Whether all of it is met.
    fn take_note(&self, met: Vec<(bool, String)>, changed: &mut bool) -> bool {
        let all = met.iter().all(|(met, _)| *met);
        let mut now = self.now.borrow_mut();
        *changed |= now.met != met;
        now.met = met;
        all
    }

    fn waited<'w>(&self, lab: &Lab, wanted: impl Iterator<Item = &'w Wanted>) -> Vec<(bool, String)> {
        self.note_tabs();
        let wanted: Vec<&Wanted> = wanted.collect();
        let is_time = |wanted: &Wanted| matches!(wanted, Wanted::Pass(_));
        let mut now = self.now.borrow_mut();
        let (at, since) = (lab.now(), now.since);
        let Some(began) = &now.began else { return Vec::new() };
        let mut done = watch::done(lab, began, since, (now.finding, &now.tabs), wanted.iter().copied());
        let others = wanted.iter().zip(&done).all(|(wanted, done)| *done || is_time(wanted));
        if since.is_none_or(|since| at < since) {
            // What is to pass, passes from when everything else is done.
            now.since = others.then_some(at);
            for (wanted, done) in wanted.iter().zip(&mut done) {
                *done &= !is_time(wanted);
            }
        }
        done.into_iter().map(|met| (met, String::new())).collect()
    }

    /// Holds conditions against the live report, now and then.
    fn checked<'c>(
        &self,
        lab: &Lab,
        conditions: impl Iterator<Item = &'c crate::scenario::That>,
    ) -> Option<Vec<(bool, String)>> {
        {
            let mut now = self.now.borrow_mut();
            let (at, wall) = (lab.now(), wall_ms());
            if now.looked_at == Some(at) || (now.looked_at.is_some() && wall - now.looked_at_ms < REPORT_EVERY_MS) {
                return None;
            }
            (now.looked_at, now.looked_at_ms) = (Some(at), wall);
        }
        let (report, nodes) = (watch::report(lab), watch::nodes(lab));
        let names: Vec<&str> = nodes.iter().map(String::as_str).collect();
        let judged = conditions.map(|that| match that.judge(&report, &names) {
            Ok(judgement) => (judgement.held, Measure::words(&judgement.actual)),
            Err(why) => (false, why.to_string()),
        });
        Some(judged.collect())
    }

    fn begin_step(&self, lab: &Lab) {
        let (deeds, moment, hash) = lab.with(|s| (s.deeds().to_vec(), s.moment(), s.trace_hash()));
        let shared = Shared::new(lab.opening().scenario(), deeds, moment, Some(hash));
        {
            let mut now = self.now.borrow_mut();
            now.kept.link = shared.fragment().unwrap_or_default();
            now.kept.keep(&self.name);
        }
        self.note_beginning(lab);
    }

    /// What is done from here on is done in this step.
    fn note_beginning(&self, lab: &Lab) {
        let (deeds, at, branch) = lab.with(|s| (s.deeds().to_vec(), s.now(), s.branch()));
        let (typed, jumps) = (watch::next_typed(lab), lab.snapshot().jumps);
        self.now.borrow_mut().began = Some(Began { at, branch, deeds, typed, jumps });
    }

    /// Sets the stage; a run that is to begin.
    fn set(&self, lab: &Lab, sets: &[Set]) -> Option<Opening> {
        for set in sets {
            match set {
                Set::Pause => lab.set_playing(false),
                Set::Play => lab.set_playing(true),
                Set::Speed(us) => {
                    let slower = Pace::all().take_while(|pace| pace.us_per_second() <= *us).last();
                    lab.set_pace(slower.unwrap_or(Pace::nth(0)));
                }
                Set::Seek(us) => {
                    lab.seek_now(SimTime(*us));
                    self.note_beginning(lab);
                }
                Set::Tab(key) => spot::open_tab(lab, key),
                Set::Scenario(name) => return self.opening(name),
            }
        }
        None
    }

    /// Holds the last prediction of a step against what the engine measured.
    fn reveal(&self, lab: &Lab, step: &Step) {
        let before = step.parts.iter().enumerate().take(self.part()).rev();
        let Some((part, ask)) = before.filter_map(|(i, part)| as_ask(part).map(|ask| (i, ask))).next() else { return };
        let place = self.step();
        let unrevealed = |given: &&mut Given| (given.step, given.part) == (place, part) && given.measured.is_none();
        let (report, nodes) = (watch::report(lab), watch::nodes(lab));
        let names: Vec<&str> = nodes.iter().map(String::as_str).collect();
        let mut now = self.now.borrow_mut();
        if let Some(given) = now.kept.given.iter_mut().find(unrevealed) {
            let value = ask.measure.of(&report, &names).unwrap_or_default();
            let (measured, right) = match &ask.answer {
                // The first that holds is what was measured: where several hold, authors have the narrowest first.
                Answer::Choices(choices) => {
                    let said = given.said.parse::<usize>().ok();
                    let holds = choices.iter().position(|choice| choice.holds(&report, &names));
                    let words = holds.and_then(|place| choices.get(place)).map(|choice| choice.words.clone());
                    (words.unwrap_or_else(|| Measure::words(&value)), holds.is_some() && said == holds)
                }
                Answer::Number { unit, within } => {
                    let both = value.as_f64().zip(given.said.parse::<f64>().ok());
                    let near = both.is_some_and(|(measured, said)| (measured - said).abs() <= f64::from(*within));
                    (format!("{} {unit}", Measure::words(&value)), near)
                }
            };
            given.value = Measure::words(&value);
            given.measured = Some((measured, right));
        }
        now.kept.keep(&self.name);
    }
}

fn as_ask(part: &Part) -> Option<&Ask> {
    match part {
        Part::Ask(ask) => Some(ask),
        _ => None,
    }
}

/// Whether a part of a step leads through time, so that no instant is a wrong one.
fn travels(part: &Part) -> bool {
    match part {
        Part::Wait(wait) => wait.wanted.iter().any(|(w, _)| matches!(w, Wanted::Seek | Wanted::Back | Wanted::Finding)),
        Part::Stage(sets) => sets.iter().any(|set| matches!(set, Set::Seek(_))),
        _ => false,
    }
}

/// The run of a link that was kept.
fn of_link(link: &str) -> Option<Opening> {
    let shared = Shared::read(link).ok()?;
    let mut opening = opening::of_scenario(shared.scenario);
    (opening.deeds, opening.moment) = (shared.deeds, shared.moment);
    Some(opening)
}
