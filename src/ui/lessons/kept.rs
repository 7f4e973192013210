//! How far somebody came, kept in this browser alone. A page in a sandbox keeps nothing, and works.

use super::given::Given;

/// What is kept of a lesson.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Kept {
    /// The step, from 0.
    pub step: usize,
    /// Whether the last step was done.
    pub done: bool,
    /// The run as it was when the step began, as a link.
    pub link: String,
    /// Predictions.
    pub given: Vec<Given>,
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

fn key(name: &str) -> String {
    format!("replication-lab.lesson.{name}")
}

impl Kept {
    /// What is kept of a lesson, if anything is.
    pub fn of(name: &str) -> Option<Kept> {
        let text = storage()?.get_item(&key(name)).ok()??;
        let mut lines = text.lines();
        let step = lines.next()?.parse().ok()?;
        let done = lines.next()? == "done";
        let link = lines.next()?.to_owned();
        Some(Kept { step, done, link, given: lines.filter_map(Given::read).collect() })
    }

    pub fn keep(&self, name: &str) {
        let mut text = format!("{}\n{}\n{}\n", self.step, if self.done { "done" } else { "" }, self.link);
        for given in &self.given {
            text.push_str(&given.line());
            text.push('\n');
        }
        if let Some(storage) = storage() {
            let _ = storage.set_item(&key(name), &text);
        }
    }

    pub fn forget(name: &str) {
        if let Some(storage) = storage() {
            let _ = storage.remove_item(&key(name));
        }
    }
}
