//! Where a statement goes, told from its text and from what the session said before: `docs/ROUTING.md`.
//!
//! Nothing here knows a server. A [`Splitter`] is asked for each message of a session where it may go, and told
//! afterwards what came of it; the router chooses among the servers that fit. It reads tokens, not a grammar: what leaves
//! a doubt goes to the primary.

mod calls;
mod functions;
mod history;
mod known_reads;
mod prepared;
mod query;
mod schema;
mod session;
mod settings;
mod show;
mod splitter;
mod text;
mod transaction;
mod words;

pub use splitter::Splitter;

/// Where a message may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// To the primary.
    Primary,
    /// To a replica.
    Replica,
    /// To the replica that took the session's last message: what it asks is known only there.
    Last,
    /// To every server that the session uses, now or later: it changes the session's own state. The primary first.
    All,
    /// Nowhere: no server can take it whole.
    Nowhere,
}

/// What was decided of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Where it may go.
    pub place: Place,
    /// Why, in a few words.
    pub reason: &'static str,
    /// The word of the statement that decided, as a function's name; empty when it needs none.
    pub detail: String,
    /// Whether it may change data. Then it must not be sent a second time, and reads after it may want to see it.
    pub writes: bool,
}

impl Decision {
    /// The place's name, as `replication-lab route` prints it.
    #[must_use]
    pub fn destination(&self) -> &'static str {
        match self.place {
            Place::Primary => "primary",
            Place::Replica | Place::Last => "replica",
            Place::All => "all",
            Place::Nowhere => "error",
        }
    }

    /// The reason with the word that decided.
    #[must_use]
    pub fn why(&self) -> String {
        match self.detail.as_str() {
            "" => self.reason.to_owned(),
            detail => format!("{} ({detail})", self.reason),
        }
    }
}

/// What one statement asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ask {
    place: Place,
    reason: &'static str,
    detail: String,
    writes: bool,
    /// A comment may say that it is a read after all.
    hintable: bool,
}

impl Ask {
    fn new(place: Place, reason: &'static str) -> Ask {
        Ask { place, reason, detail: String::new(), writes: false, hintable: false }
    }

    fn primary(reason: &'static str) -> Ask {
        Ask::new(Place::Primary, reason)
    }

    fn all(reason: &'static str) -> Ask {
        Ask::new(Place::All, reason)
    }

    fn read() -> Ask {
        Ask::new(Place::Replica, "a read: a replica")
    }

    fn about(self, detail: impl Into<String>) -> Ask {
        Ask { detail: detail.into(), ..self }
    }

    fn writing(self) -> Ask {
        Ask { writes: true, ..self }
    }

    fn unless_hinted(self) -> Ask {
        Ask { hintable: true, ..self }
    }
}
