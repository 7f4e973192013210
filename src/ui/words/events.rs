//! What happened, in plain sentences and the flavor's words.

use super::names::Names;
use crate::engine::flavor::Flavor;
use crate::engine::ids::Addr;
use crate::engine::message::MessageKind;
use crate::engine::trace::What;
use crate::t;
use crate::ui::text::said;

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// As usual.
    Normal,
    /// Worth a mark on the time line: a command, a change of role.
    Mark,
    /// Something went wrong.
    Trouble,
}

/// One event in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The words.
    pub text: String,
    /// How much it matters.
    pub weight: Weight,
}

/// A message that is or was under way: later events name only its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flight {
    /// From where.
    pub from: Addr,
    /// To where.
    pub to: Addr,
    /// What.
    pub kind: MessageKind,
}

/// An event in words; `None` for those that say nothing to people.
#[must_use]
pub fn sentence(what: &What, flight: Option<Flight>, names: &Names<'_>, flavor: Flavor) -> Option<Sentence> {
    let mut weight = Weight::Normal;
    let text = match what {
        What::Command { text } => {
            weight = Weight::Mark;
            t!("events.command", text = text)
        }
        What::CommandRefused { text, why } => {
            weight = Weight::Trouble;
            t!("events.refused", text = text, why = said(why))
        }
        What::Manager(step) => super::failover::sentence(step, names, flavor, &mut weight),
        _ => {
            let mysql = match flavor {
                Flavor::Mysql => super::mysql::sentence(what, names, &mut weight),
                Flavor::Postgresql => None,
            };
            if let Some(text) = mysql {
                text
            } else if let Some(text) = super::network::network(what, flight, names, flavor) {
                if matches!(what, What::Dropped { .. }) {
                    weight = Weight::Trouble;
                }
                text
            } else if let Some(text) = super::statements::statements(what, names, flavor, &mut weight) {
                text
            } else if let Some(text) = super::log::log(what, names, flavor) {
                text
            } else if let Some(text) = super::rewind::rewind(what, names, &mut weight) {
                text
            } else {
                super::servers::servers(what, names, flavor, &mut weight)?
            }
        }
    };
    Some(Sentence { text, weight })
}
