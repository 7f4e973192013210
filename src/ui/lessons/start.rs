//! A lesson that is wanted, and how it comes from beside the page.

use std::rc::Rc;

use super::Begin;
use super::session::Session;
use crate::scenario::lesson::{Lesson, is_name};
use crate::scenario::{Format, Scenario};
use crate::ui::parts::fetch;
use crate::ui::share;
use crate::ui::text::{self, Language};

/// What stands in an address for a lesson.
pub(super) const MARK: &str = "#lesson=";
/// The lessons that there are in other languages than English.
const TRANSLATED: [&str; 2] = ["a-writes-journey", "synchronous-or-asynchronous"];

/// A lesson that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Its file's name, without the ending.
    pub name: String,
    /// Whether from the beginning, whatever is kept of it.
    pub afresh: bool,
    /// The step to be shown, from 0.
    pub step: Option<usize>,
}

/// The lesson that the address asks for.
#[must_use]
pub fn asked_for() -> Option<Start> {
    let hash = share::hash();
    let asked = hash.strip_prefix(MARK)?;
    let (name, step) = asked.split_once('/').map_or((asked, None), |(name, step)| (name, Some(step)));
    // Addresses count steps from 1, as people do.
    let step = step.and_then(|step| step.parse::<usize>().ok()?.checked_sub(1));
    is_name(name).then(|| Start { name: name.to_owned(), afresh: false, step })
}

/// Takes a lesson out of the address.
pub fn leave_address() {
    if asked_for().is_some() {
        share::put_address("");
    }
}

/// The folder of lessons, as an address.
pub(super) const FOLDER: &str = "scenarios/lessons/";

/// A lesson's text from beside the page.
async fn fetched(file: &str, name: &str) -> Result<Lesson, String> {
    let text = fetch::text(&format!("{FOLDER}{file}")).await?;
    Lesson::parse(&text, name).map_err(|why| why.to_string())
}

/// A lesson in the page's language, or in English where it has none; and whether it is English for that.
pub(super) async fn read(name: &str) -> Result<(Lesson, bool), String> {
    let language = text::language();
    if language != Language::English && TRANSLATED.contains(&name) {
        let own = fetched(&format!("{name}.{}.md", language.code()), name).await;
        if let Ok(own) = own {
            return Ok((own, false));
        }
    }
    Ok((fetched(&format!("{name}.md"), name).await?, language != Language::English))
}

impl Start {
    /// Fetches the lesson and what it runs.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub async fn load(self) -> Result<Begin, String> {
        let lesson = read(&self.name).await?;
        let mut scenarios = Vec::new();
        for name in lesson.0.scenarios() {
            let text = fetch::text(&format!("{FOLDER}{name}")).await?;
            let scenario = Scenario::parse(&text, Format::Toml, name).map_err(|why| why.to_string())?;
            scenarios.push((name.to_owned(), scenario));
        }
        let session = Session::new(self.name, lesson, scenarios);
        let opening = session.resume(self.afresh, self.step).ok_or_else(|| session.lesson().scenario.clone())?;
        Ok((Rc::new(session), opening))
    }
}
