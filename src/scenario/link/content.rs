//! What a link holds, as a tree. It is checked against a table as a scenario is, then by the rules for `[[at]]`.

use serde_json::Value as Json;

use super::error::LinkError;
use super::shared::Shared;
use super::{MAX_DEEDS, MAX_STEPS};
use crate::engine::time::SimTime;
use crate::scenario::path::{Path, Step};
use crate::scenario::problems::{Problem, Problems};
use crate::scenario::scenario::Scenario;
use crate::scenario::shape::{AT, SCENARIO, Shape, Type, may, need};
use crate::scenario::tree::{Entry, Item, Value};
use crate::scenario::units::parse_duration;
use crate::scenario::{check, json_reader, json_writer, read, validate, write};
use crate::sim::REVISION;
use crate::sim::recording::{Deed, Moment};

/// What a link is called in messages about its content.
const ORIGIN: &str = "link";

static LINK: Shape = Shape {
    doc: "A run as a link holds it.",
    keys: &[
        need("engine", Type::Integer(1, u32::MAX as u64), "The revision of the engine that made the run."),
        need("scenario", Type::Table(&SCENARIO), "The scenario."),
        may("deeds", Type::Tables(&DEED, MAX_DEEDS), "", "What was done to the run besides."),
        need("steps", Type::Integer(0, MAX_STEPS), "How many steps lead to the instant."),
        need("at", Type::Duration, "The instant."),
        may("hash", Type::Text(16), "", "The hash of the trace there."),
    ],
};

static DEED: Shape = Shape {
    doc: "Something done to the run.",
    keys: &[
        need("steps", Type::Integer(0, MAX_STEPS), "How many steps went before."),
        need("do", Type::Table(&AT), "When and what, as an [[at]] of a scenario."),
        may("refused", Type::Flag, "false", "Whether it is against the rules, so that the run refused it."),
    ],
};

/// The JSON of a shared run.
pub(super) fn write(shared: &Shared) -> String {
    let refused = against_the_rules(&shared.scenario, &shared.deeds);
    let deeds = shared.deeds.iter().zip(refused).map(|(deed, refused)| {
        let mut entries = vec![
            entry("steps", Value::Integer(deed.moment.steps.into())),
            entry("do", write::write_at(&(deed.moment.at, deed.command.clone()))),
        ];
        entries.extend(refused.then(|| entry("refused", Value::Flag(true))));
        Value::Table(entries).unplaced()
    });
    let mut entries = vec![
        entry("engine", Value::Integer(shared.engine.into())),
        entry("scenario", write::write(&shared.scenario)),
        entry("deeds", Value::List(deeds.collect())),
        entry("steps", Value::Integer(shared.moment.steps.into())),
        entry("at", Value::Text(format!("{}us", shared.moment.at.0))),
    ];
    entries.extend(shared.trace_hash.map(|hash| entry("hash", Value::Text(format!("{hash:016x}")))));
    Json::to_string(&json_writer::value(&Value::Table(entries)))
}

fn entry(key: &str, value: Value) -> Entry {
    Entry { key: key.to_owned(), line: None, item: value.unplaced() }
}

/// Reads and validates the JSON of a shared run.
pub(super) fn read(text: &str) -> Result<Shared, LinkError> {
    let root = json_reader::read(text, ORIGIN).map_err(LinkError::Content)?;
    let engine = integer_of(&root.value, "engine").and_then(|number| u32::try_from(number).ok());
    read_tree(root).map_err(|problems| match engine {
        Some(engine) if engine > REVISION => LinkError::NewerContent { engine, problems },
        _ => LinkError::Content(problems),
    })
}

fn read_tree(mut root: Item) -> Result<Shared, Problems> {
    let problems = check::check(&mut root, &LINK);
    if !problems.is_empty() {
        return Err(unplaced(problems));
    }
    let root = root.value;
    let mut problems = Vec::new();
    let mut report = |path: &Path, message: String| {
        problems.push(Problem { line: None, path: path.to_string(), message });
    };
    let scenario = read_scenario(&root, &mut report);
    let deeds = read_deeds(&root, &mut report);
    let moment = moment_of(&root, &root);
    let mut last = Moment::default();
    let moments = deeds.iter().map(|(_, deed, _)| deed.moment).chain([moment]).enumerate();
    for (index, moment) in moments {
        // Steps and clock go on together: neither may go back.
        if moment.steps < last.steps || moment.at < last.at {
            let path = if index < deeds.len() { Path::of("deeds").index(index) } else { Path::of("steps") };
            report(&path, "comes before what was done last; the deeds must stand in their order".to_owned());
        }
        last = moment;
    }
    let trace_hash = match text_of(&root, "hash") {
        None => None,
        Some(text) => {
            let hash = u64::from_str_radix(text, 16).ok().filter(|_| text.bytes().all(|b| b.is_ascii_hexdigit()));
            if hash.is_none() {
                report(&Path::of("hash"), "must be hexadecimal digits".to_owned());
            }
            hash
        }
    };
    check_rules(&scenario, &deeds, &mut report);
    if !problems.is_empty() {
        return Err(Problems::new(ORIGIN, problems));
    }
    let engine = integer_of(&root, "engine").and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
    let deeds = deeds.into_iter().map(|(_, deed, _)| deed).collect();
    Ok(Shared { scenario, deeds, moment, trace_hash, engine })
}

/// Which of the deeds break the rules for what a scenario may do, so that only a run could refuse them.
pub(super) fn against_the_rules(scenario: &Scenario, deeds: &[Deed]) -> Vec<bool> {
    let mut refused = vec![false; deeds.len()];
    // Without one of them others may break a rule: what names a server that was not added. A stranger's chain of such
    // is not followed to its end.
    for _ in 0..16 {
        let mut more = false;
        let all: Vec<_> =
            deeds.iter().zip(&refused).enumerate().map(|(index, (deed, no))| (index, deed, *no)).collect();
        validate_deeds(scenario, &all, &mut |index, _, _| {
            if let Some(refused) = refused.get_mut(index).filter(|refused| !**refused) {
                *refused = true;
                more = true;
            }
        });
        if !more {
            break;
        }
    }
    refused
}

/// Reports deeds that break the rules without saying that they were refused.
fn check_rules(scenario: &Scenario, deeds: &[(usize, Deed, bool)], report: &mut validate::Sink<'_>) {
    let deeds: Vec<_> = deeds.iter().map(|(index, deed, refused)| (*index, deed, *refused)).collect();
    validate_deeds(scenario, &deeds, &mut |index, rest, message| {
        let mut path = Path::of("deeds").index(index);
        path.0.extend_from_slice(rest);
        report(&path, message);
    });
}

/// Holds deeds that were not refused against the rules for `[[at]]`: which breaks one, where in it, and how.
fn validate_deeds(scenario: &Scenario, deeds: &[(usize, &Deed, bool)], broken: &mut dyn FnMut(usize, &[Step], String)) {
    let mut whole = scenario.clone();
    let scheduled = whole.schedule.len();
    let kept: Vec<_> = deeds.iter().filter(|(.., refused)| !refused).collect();
    whole.schedule.extend(kept.iter().map(|(_, deed, _)| (deed.moment.at, deed.command.clone())));
    // A run may go on after its scenario has ended.
    whole.duration_us = u64::MAX;
    let order: Vec<usize> = (0..whole.schedule.len()).collect();
    validate::validate(&whole, &order, &mut |path: &Path, message| {
        if let [Step::Key(key), Step::Index(index), rest @ ..] = path.0.as_slice()
            && key == "at"
            && let Some((index, ..)) = index.checked_sub(scheduled).and_then(|index| kept.get(index))
        {
            broken(*index, rest, message);
        }
    });
}

fn read_scenario(root: &Value, report: &mut validate::Sink<'_>) -> Scenario {
    let nothing = Value::Table(Vec::new()).unplaced();
    let item = root.get("scenario").unwrap_or(&nothing);
    let read::Reading { scenario, order, unreadable } = read::read(item);
    let mut within = |path: &Path, message: String| {
        let mut whole = Path::of("scenario");
        whole.0.extend_from_slice(&path.0);
        report(&whole, message);
    };
    for (path, message) in unreadable {
        within(&path, message);
    }
    validate::validate(&scenario, &order, &mut within);
    scenario
}

/// The deeds in their order, with their places in the text and whether they were refused.
fn read_deeds(root: &Value, report: &mut validate::Sink<'_>) -> Vec<(usize, Deed, bool)> {
    let items = root.get("deeds").map(|item| item.value.items()).unwrap_or_default();
    let flavor = root.get("scenario").and_then(|scenario| scenario.value.get("flavor")).cloned();
    let mut deeds = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Some(what) = item.value.get("do") else { continue };
        // Read as the schedule of a scenario that has nothing else, so that there is one reader of commands.
        let mut entries = vec![entry("at", Value::List(vec![what.clone()]))];
        entries.extend(flavor.clone().map(|item| Entry { key: "flavor".to_owned(), line: None, item }));
        let reading = read::read(&Item { line: None, value: Value::Table(entries) });
        match reading.scenario.schedule.into_iter().next() {
            Some((_, command)) => {
                let refused = matches!(item.value.get("refused"), Some(Item { value: Value::Flag(true), .. }));
                deeds.push((index, Deed { moment: moment_of(&item.value, &what.value), command }, refused));
            }
            None => report(&Path::of("deeds").index(index).key("do"), "names no action".to_owned()),
        }
    }
    deeds
}

/// The moment whose steps stand in one table and whose time in that or another.
fn moment_of(steps: &Value, time: &Value) -> Moment {
    let at = text_of(time, "time").or_else(|| text_of(time, "at"));
    let us = at.and_then(|text| parse_duration(text).ok()).unwrap_or_default();
    let steps = integer_of(steps, "steps").and_then(|steps| u64::try_from(steps).ok()).unwrap_or_default();
    Moment { steps, at: SimTime(us) }
}

fn text_of<'a>(table: &'a Value, key: &str) -> Option<&'a str> {
    table.get(key)?.value.as_text()
}

fn integer_of(table: &Value, key: &str) -> Option<i128> {
    match table.get(key)?.value {
        Value::Integer(number) => Some(number),
        _ => None,
    }
}

/// Problems without lines: a link is one line, and nobody sees it.
fn unplaced(mut problems: Vec<Problem>) -> Problems {
    problems.iter_mut().for_each(|problem| problem.line = None);
    Problems::new(ORIGIN, problems)
}
