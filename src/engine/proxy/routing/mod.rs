//! Where a statement goes, told from its text and from what the session said before: `docs/ROUTING.md`.
//!
//! Nothing here knows a server. A [`Splitter`] is asked for each message of a session where it may go, and told
//! afterwards what came of it; the router chooses among the servers that fit.

mod splitter;

pub use splitter::Splitter;

/// Where a message may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// To the primary.
    Primary,
    /// To a replica.
    Replica,
    /// To the server that took the session's last message: what it asks is known only there.
    Last,
    /// To every server that the session uses, now or later: it changes the session's own state.
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
