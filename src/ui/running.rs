//! What runs on the page, and what it began with.

use std::rc::Rc;

use yew::prelude::*;

use crate::ui::lab::{Lab, Opening};
use crate::ui::opening::{self, Choice};
use crate::ui::share::Arrived;

/// What runs on the page.
#[derive(Clone, PartialEq)]
pub(super) struct Running {
    pub lab: Result<Lab, String>,
    pub opening: Rc<Opening>,
    /// Its name, if it is one of the page's own or of the library.
    pub chosen: Option<AttrValue>,
    pub begun: Begun,
    /// Counts the laboratories: each begins afresh, even if the same is chosen again.
    pub number: u32,
}

impl Running {
    pub fn begin(opening: Opening, chosen: Option<AttrValue>, begun: Begun, number: u32) -> Running {
        let lab = Lab::open(format!("rl{number}"), opening.clone());
        Running { lab, opening: Rc::new(opening), chosen, begun, number }
    }

    /// The first of the choices.
    pub fn first(choices: &[Choice]) -> Running {
        let opening = choices.first().map_or_else(opening::bare, |choice| choice.opening.clone());
        Running::begin(opening, choices.first().map(|choice| choice.name.into()), Begun::Page, 0)
    }

    pub fn arrived(Arrived { lab, opening }: Arrived, number: u32) -> Running {
        Running { lab: Ok(lab), opening, chosen: None, begun: Begun::Link, number }
    }
}

/// What a laboratory began with.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Begun {
    /// The page.
    Page,
    /// A choice in the list.
    Choice,
    /// A scenario that the address names.
    Address,
    /// Other rules for the same choice.
    Restart,
    /// A file.
    File,
    /// A link, which opens at its instant and stays there.
    Link,
    /// A lesson, which says itself when time passes.
    Lesson,
}

/// Begins another run.
pub(super) type BeginRun = Callback<(Opening, Option<AttrValue>, Begun), Result<(), String>>;
