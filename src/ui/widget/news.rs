//! What a page is told of a figure's run: what it can be restored from, what happened, and which promises were broken.

use std::cell::Cell;

use super::deeds::link;
use crate::ui::lab::{Finding, Lab, Snapshot};
use crate::ui::words::{Weight, names_in, sentence};

/// At most so many events are told at once: the newest.
const MOST: usize = 32;

/// One piece of news.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// Where the run stands.
    Stands {
        /// The instant, in microseconds.
        at_us: f64,
        /// Whether time passes.
        playing: bool,
        /// How fast, as a place among all paces.
        pace: usize,
    },
    /// What was done to it, as a link; empty where it is too much for one.
    Link(String),
    /// Something happened that the time line marks.
    Event {
        /// The event's number in the run.
        number: u64,
        /// When, in microseconds.
        at_us: u64,
        /// Whether it is trouble.
        trouble: bool,
        /// In words.
        text: String,
    },
    /// The judges found a broken promise.
    Violation(Finding),
}

/// What was told.
pub struct News {
    lab: Lab,
    tell: Box<dyn Fn(Told)>,
    /// The first event that was not told of.
    next_event: Cell<u64>,
    findings: Cell<u64>,
    jumps: Cell<u64>,
    /// The branch and the deeds that the link has.
    linked: Cell<Option<(usize, usize)>>,
}

impl News {
    /// Tells from now on.
    pub fn new(lab: Lab, tell: Box<dyn Fn(Told)>) -> News {
        let jumps = Cell::new(lab.snapshot().jumps);
        let news = News { lab, tell, next_event: Cell::new(0), findings: Cell::new(0), jumps, linked: Cell::new(None) };
        news.catch_up();
        news
    }

    /// Tells what is new in a snapshot.
    pub fn look(&self, snapshot: &Snapshot) {
        let at_us = self.lab.now_us();
        (self.tell)(Told::Stands { at_us, playing: snapshot.playing, pace: snapshot.pace.index() });
        self.keep_link();
        if self.jumps.replace(snapshot.jumps) != snapshot.jumps {
            self.catch_up();
            return;
        }
        let names = names_in(&snapshot.view);
        let entries = self.lab.with(|s| s.watch().news_from(self.next_event.get(), MOST));
        if let Some(last) = entries.last() {
            self.next_event.set(last.number + 1);
        }
        for entry in entries {
            let Some(told) = sentence(&entry.what, entry.flight, &names, snapshot.view.flavor) else { continue };
            if told.weight != Weight::Normal {
                let trouble = told.weight == Weight::Trouble;
                (self.tell)(Told::Event { number: entry.number, at_us: entry.at.0, trouble, text: told.text });
            }
        }
        let total = self.found();
        let fresh = total.saturating_sub(self.findings.replace(total)) as usize;
        if fresh > 0 {
            let findings = self.lab.with(|s| s.findings(None, fresh.min(MOST)));
            findings.into_iter().rev().for_each(|finding| (self.tell)(Told::Violation(finding)));
        }
    }

    fn found(&self) -> u64 {
        self.lab.with(|s| s.finding_counts()).iter().map(|(_, count)| count).sum()
    }

    /// What somebody skipped is not told.
    fn catch_up(&self) {
        let newest = self.lab.with(|s| s.watch().news_from(0, 1));
        self.next_event.set(newest.last().map_or(0, |entry| entry.number + 1));
        self.findings.set(self.found());
    }

    /// A link holds what was done: it is made anew when that has changed.
    fn keep_link(&self) {
        let (branch, deeds) = self.lab.with(|s| (s.branch(), s.deeds().len()));
        let now = (branch.0, deeds);
        if self.linked.replace(Some(now)) != Some(now) {
            (self.tell)(Told::Link(link(&self.lab).unwrap_or_default()));
        }
    }
}
