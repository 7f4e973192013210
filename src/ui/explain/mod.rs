//! Short explanations in place: what each state of a server, kind of message, setting and column means, and what the
//! real systems' documentation calls it.
//!
//! The words are in the catalogs (`explain.AREA.NAME`, with `.mysql` or `.postgresql` behind it where the systems differ);
//! `tests/explain.rs` asks for every state, message, setting and column, so that a new one without words fails.

mod glossary;
mod sources;
mod state;

use std::borrow::Cow;

use crate::engine::flavor::Flavor;
use crate::engine::message::MessageKind;
use crate::ui::text;

pub use glossary::{GLOSSARY, GlossaryEntry, entry, matching};
pub use sources::{glossary_term, source};
pub use state::State;

/// Something that can be explained: an area of explanations, and a name in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// `state`, `message`, `setting`, or the view or instrument that a column belongs to.
    pub area: &'static str,
    /// Which of them.
    pub name: Cow<'static, str>,
}

impl Topic {
    /// A column of a view or an instrument.
    #[must_use]
    pub fn column(area: &'static str, name: impl Into<Cow<'static, str>>) -> Topic {
        Topic { area, name: name.into() }
    }

    /// A setting, by its name.
    #[must_use]
    pub fn setting(name: impl Into<Cow<'static, str>>) -> Topic {
        Topic { area: "setting", name: name.into() }
    }

    /// A kind of message.
    #[must_use]
    pub fn message(kind: MessageKind) -> Topic {
        Topic { area: "message", name: message_name(kind).into() }
    }

    /// The explanation in the page's language. None only where it was forgotten, which tests do not let pass.
    #[must_use]
    pub fn text(&self, flavor: Flavor) -> Option<&'static str> {
        let Topic { area, name } = self;
        let own = format!("explain.{area}.{name}.{}", flavor_name(flavor));
        text::find(&own).or_else(|| text::find(own.rsplit_once('.')?.0)).or_else(|| {
            // Sixty columns of which a dozen say nothing here share their words.
            let family = FAMILIES.iter().find(|family| name.starts_with(**family))?;
            text::find(&format!("explain.{area}.{family}"))
        })
    }
}

/// Beginnings of columns that are explained together.
const FAMILIES: [&str; 3] = ["Replicate_", "Until_", "Source_SSL_"];

/// The kind of message, as its key has it.
fn message_name(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Query => "query",
        MessageKind::Result => "result",
        MessageKind::Cancel => "cancel",
        MessageKind::Handshake => "handshake",
        MessageKind::Log => "log",
        MessageKind::Acknowledgement => "acknowledgement",
        MessageKind::Heartbeat => "heartbeat",
        MessageKind::Connection => "connection",
        MessageKind::Backup => "backup",
        MessageKind::Lease => "lease",
    }
}

fn flavor_name(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::Postgresql => "postgresql",
        Flavor::Mysql => "mysql",
    }
}
