//! Whether a lesson fits its scenario.

use serde_json::Value;

use super::lesson::{Answer, Ask, Lesson, Part};
use super::place::Place;
use super::wanted::Wanted;
use crate::check::Judges;
use crate::engine::time::SimTime;
use crate::scenario::{Problem, Problems, Scenario, That};
use crate::sim::Run;

/// How far the scenario is run to have a report whose keys can be looked at: everybody is connected by then.
const LOOK_AT: SimTime = SimTime(500_000);

/// Where a lesson's scenario lies: beside it.
#[must_use]
pub fn scenario_path(lesson: &str, scenario: &str) -> String {
    match lesson.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{scenario}"),
        None => scenario.to_owned(),
    }
}

impl Lesson {
    /// Holds the lesson against its scenario: whether the paths of its conditions lead anywhere, and whether what it names
    /// is there.
    ///
    /// # Errors
    /// All that does not fit, line by line.
    pub fn check(&self, scenario: &Scenario, origin: &str) -> Result<(), Problems> {
        let problem = |line: u32, message: String| Problem { line: Some(line), path: String::new(), message };
        let names = scenario.node_names();
        let setup = &scenario.setup;
        let clients = setup.clients.iter().map(|client| &*client.name);
        let known: Vec<&str> = names.iter().copied().chain(clients).chain(["proxy", "store"]).collect();
        let run = Run::new(setup.clone(), scenario.schedule.clone(), (Judges::new(setup.flavor), ()));
        let mut run = match run {
            Ok(run) => run,
            Err(why) => {
                return Err(Problems::new(origin, vec![problem(1, format!("its scenario cannot be run: {why}"))]));
            }
        };
        run.run_until(LOOK_AT);
        let report = serde_json::to_value(scenario.report(&mut run)).unwrap_or_default();
        let mut problems = Vec::new();
        for step in &self.steps {
            for part in &step.parts {
                let (line, wrong) = match part {
                    Part::Check(condition) => (condition.line, usable(&condition.that, &report, &names)),
                    Part::Ask(ask) => (ask.line, asks(ask, &report, &names)),
                    Part::Show(places) => (step.line, places.iter().find_map(|place| place_of(place, &known))),
                    Part::Wait(wait) => (step.line, wait.wanted.iter().find_map(|(wanted, _)| done_by(wanted, &known))),
                    Part::Text(_) | Part::Stage(_) | Part::Reveal => continue,
                };
                problems.extend(wrong.map(|why| problem(line, why)));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Problems::new(origin, problems)) }
    }
}

fn usable(conditions: &[(That, String)], report: &Value, names: &[&str]) -> Option<String> {
    conditions.iter().find_map(|(that, _)| that.judge(report, names).err().map(|why| why.to_string()))
}

fn asks(ask: &Ask, report: &Value, names: &[&str]) -> Option<String> {
    let measure = ask.measure.of(report, names).err().map(|why| why.to_string());
    measure.or_else(|| match &ask.answer {
        Answer::Choices(choices) => {
            let all = choices.iter().flat_map(|choice| &choice.that);
            all.filter_map(|that| that.judge(report, names).err()).map(|why| why.to_string()).next()
        }
        Answer::Number { .. } => None,
    })
}

fn unknown(name: &str, known: &[&str]) -> Option<String> {
    (!known.contains(&name))
        .then(|| format!("nothing is called {name:?} in its scenario; there are {}", known.join(", ")))
}

fn place_of(place: &Place, known: &[&str]) -> Option<String> {
    match place {
        Place::Card(name) => unknown(name, known),
        Place::Link(a, b) => unknown(a, known).or_else(|| unknown(b, known)),
        _ => None,
    }
}

fn done_by(wanted: &Wanted, known: &[&str]) -> Option<String> {
    match wanted {
        Wanted::Sql { by: Some(name), .. } => unknown(name, known),
        _ => None,
    }
}
