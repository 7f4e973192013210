//! Scenarios that documents embed: they are found where a page would find them, and judged as if they stood alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::cases::Embedded;
use super::super::documents::{Attribute, Inline};
use super::super::input::{self, Subject};
use super::super::library;
use super::super::output::Failure;
use super::finding::{Finding, Outcome};
use super::{Task, judge};
use crate::embed::options::Options;
use crate::scenario::link::Shared;
use crate::scenario::{Source, library as names};

/// What was tried already: a scenario that many documents show runs once.
#[derive(Default)]
pub(super) struct Tried {
    known: BTreeMap<String, Finding>,
}

/// What an element shows.
enum Shown {
    /// A scenario or a link, and what tells it from others.
    Run(Box<Subject>, String),
    /// What is on another host, or is known only when the page is made.
    Elsewhere(String),
}

impl Tried {
    /// What is found of an embedded scenario.
    pub fn find(&mut self, embedded: &Embedded, task: Option<&Task>) -> Result<Finding, Failure> {
        let document = embedded.document.display();
        let embedding = &embedded.embedding;
        let mut wrong: Vec<String> =
            embedding.wrong.iter().map(|(line, why)| format!("{document}:{line}: {why}")).collect();
        // A value that only a program knows is nobody's mistake.
        let said = embedding.attributes.iter().filter_map(|one| Some((one.name.as_str(), one.value.as_deref()?)));
        let (options, problems) = Options::read(said);
        for problem in problems {
            let line = embedding.attribute(&problem.attribute).map_or(embedding.line, |attribute| attribute.line);
            wrong.push(format!("{document}:{line}: {}", problem.message));
        }
        wrong.sort();
        if !wrong.is_empty() {
            return Err(Failure::Other(wrong.join("\n")));
        }
        let (mut subject, key) = match shown(embedded)? {
            Shown::Run(subject, key) => (*subject, key),
            Shown::Elsewhere(why) => {
                return Ok(Finding { outcome: Outcome::Skipped, notes: vec![why], ..Finding::default() });
            }
        };
        let source = subject.source.clone();
        if let Some(seed) = options.seed {
            subject.scenario.setup.seed = seed;
        }
        let key = format!("{key}\n{:?}", options.seed);
        let mut finding = match self.known.get(&key) {
            Some(known) => known.clone(),
            None => {
                let finding = judge(subject, task)?;
                self.known.insert(key, finding.clone());
                finding
            }
        };
        // What stands in the document has lines there; the rest has the element's.
        let is_inline = embedding.attribute("scenario").is_none();
        for (index, row) in finding.rows.iter_mut().enumerate() {
            let own = source.problem_with_expectation(index, "").list.first().and_then(|problem| problem.line);
            let line = own.filter(|_| is_inline && task.is_none()).unwrap_or(embedding.line);
            row.place = format!("{document}:{line}");
        }
        Ok(finding)
    }
}

fn shown(embedded: &Embedded) -> Result<Shown, Failure> {
    let embedding = &embedded.embedding;
    let origin = embedded.document.display().to_string();
    match (embedding.attribute("scenario"), &embedding.inline) {
        (Some(Attribute { value: None, .. }), _) => {
            Ok(Shown::Elsewhere("which scenario it is, only the page's program knows".to_owned()))
        }
        (Some(Attribute { value: Some(value), line, .. }), None) => named(embedded, value.trim(), *line),
        (Some(attribute), Some(_)) => {
            let why = "scenario names one, and another stands inside: only one can be shown";
            Err(Failure::Other(format!("{origin}:{}: {why}", attribute.line)))
        }
        (None, Some(inline)) => of_inline(&origin, inline),
        (None, None) => {
            let why = "shows no scenario: neither the attribute scenario names one, nor does a <script \
                       type=\"application/toml\"> inside hold one";
            Err(Failure::Other(format!("{origin}:{}: {why}", embedding.line)))
        }
    }
}

fn of_inline(origin: &str, inline: &Inline) -> Result<Shown, Failure> {
    let source = Source { origin: origin.to_owned(), text: inline.in_place(), overrides: Vec::new() };
    let key = format!("{origin}\n{}", source.text);
    Ok(Shown::Run(Box::new(Subject::of_source(source)?), key))
}

/// A link, a scenario of the library, or a file beside the document.
fn named(embedded: &Embedded, value: &str, line: u32) -> Result<Shown, Failure> {
    let place = format!("{}:{line}", embedded.document.display());
    let other = |why: String| Failure::Other(format!("{place}: {why}"));
    if Shared::is_link(value) {
        let subject = Subject::of_link(value, &place, false, &[])?;
        return Ok(Shown::Run(Box::new(subject), value.to_owned()));
    }
    let name = value.strip_prefix("assignments/").unwrap_or(value);
    if names::is_name(name) {
        let Some((file, text)) = library::find(name) else {
            let near = library::near(name).map(|near| format!("; did you mean \"{near}\"?"));
            let why = format!("there is no scenario \"{value}\" in the library{}", near.unwrap_or_default());
            return Err(other(why));
        };
        let source = Source { origin: format!("scenarios/{file}"), text: text.to_owned(), overrides: Vec::new() };
        return Ok(Shown::Run(Box::new(Subject::of_source(source)?), file.to_owned()));
    }
    if value.is_empty() {
        return Err(other("scenario names none".to_owned()));
    }
    if value.starts_with("//") || value.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme)) {
        return Ok(Shown::Elsewhere(format!("{value} is not among these files, and was not looked at")));
    }
    let path = value.split(['?', '#']).next().unwrap_or_default();
    let Some(found) = candidates(embedded, path).into_iter().find(|candidate| candidate.is_file()) else {
        return Err(other(format!("there is no file {path} beside the document")));
    };
    // A file's problems have their own lines; the document's comes first, since that is what is being checked.
    let subject =
        input::subject(&found, None, &[]).map_err(|why| other(format!("what it shows cannot be used\n{why}")))?;
    Ok(Shown::Run(Box::new(subject), found.display().to_string()))
}

fn is_scheme(text: &str) -> bool {
    text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Where a file may lie that a page asks for by this path. Generators make a folder of a page, so that its paths go
/// one folder further up, and put the files of folders called `static` and `public` at the top of the site, which may be
/// any folder above the document.
fn candidates(embedded: &Embedded, path: &str) -> Vec<PathBuf> {
    let document = &embedded.document;
    let folder = document.parent().unwrap_or_else(|| Path::new(""));
    let Some(path) = path.strip_prefix('/') else {
        return vec![folder.join(path), document.with_extension("").join(path)];
    };
    let tops = folder.ancestors().filter(|top| top.file_name().is_some() || !top.has_root());
    let beside = Some(Path::new("..")).filter(|_| folder.is_relative());
    tops.chain(beside).flat_map(|top| ["", "static", "public"].map(|within| top.join(within).join(path))).collect()
}
