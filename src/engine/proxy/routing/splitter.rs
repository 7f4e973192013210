//! The routing of one session's messages.

use std::sync::Arc;

use super::session::Session;
use super::text::{self, Text};
use super::transaction::Open;
use super::{Ask, Decision, Place};
use crate::engine::flavor::Flavor;
use crate::engine::message::Statement;

/// The routing of one session's messages: what it has to remember of the session.
#[derive(Clone, Debug)]
pub struct Splitter {
    session: Session,
    /// What the session was before the last message.
    before: Option<Box<Session>>,
    /// Where the last message went.
    last: Place,
    /// Whether the last message had several statements.
    several: bool,
}

impl Splitter {
    /// A session that has not said anything.
    #[must_use]
    pub fn new(flavor: Flavor) -> Splitter {
        Splitter { session: Session::new(flavor), before: None, last: Place::Primary, several: false }
    }

    /// Where the session's next message goes. The session is then taken to be what it is when the message succeeds;
    /// [`Splitter::answered`] corrects that.
    pub fn decide(&mut self, statement: &Statement) -> Decision {
        let ask = match statement {
            Statement::Sql(text) => {
                self.before = Some(Box::new(self.session.clone()));
                self.message(text)
            }
            Statement::ReadKey { .. } => self.prepared_by_workload(Ask::read()),
            Statement::Upsert { .. } => self.prepared_by_workload(Ask::primary("a write: the primary").writing()),
        };
        self.session.last_on_replica = matches!(ask.place, Place::Replica | Place::Last);
        self.last = ask.place;
        let Ask { place, reason, detail, writes, .. } = ask;
        Decision { place, reason, detail, writes }
    }

    /// The message that was decided on last is answered: whether the session is inside a transaction now, and whether
    /// the message succeeded.
    pub fn answered(&mut self, in_transaction: bool, ok: bool) {
        if let Some(before) = self.before.take()
            && !ok
        {
            let set_before = before.history.len();
            let partly = self.several && self.session.history.len() > set_before;
            self.session.undo(*before);
            match &mut self.session.open {
                Some(open) if self.session.flavor == Flavor::Postgresql => open.failed = in_transaction,
                _ => {}
            }
            if partly && self.session.flavor == Flavor::Mysql {
                // MySQL keeps what the statements before the one that failed have set.
                self.session.tied = Some("a message that set the session's state failed on its way: the primary");
            }
        }
        match (&self.session.open, in_transaction) {
            (None, true) => {
                let on_replica = matches!(self.last, Place::Replica | Place::Last);
                self.session.open = Some(Open::new(on_replica, self.session.history.len()));
            }
            (Some(_), false) => self.session.end(ok),
            _ => {}
        }
    }

    /// The server that held the session's open transaction is gone, and so is the transaction.
    pub fn transaction_lost(&mut self) {
        self.session.end(false);
    }

    /// The last message was not sent: the session is what it was before.
    pub fn not_sent(&mut self) {
        if let Some(before) = self.before.take() {
            self.session = *before;
        }
    }

    /// The statements that every connection of the session must have run, in their order: what a connection has not
    /// run yet, it must run before the session's next statement.
    #[must_use]
    pub fn history(&self) -> &[Arc<str>] {
        self.session.history.all()
    }

    /// So many of the first statements of [`Splitter::history`] are the same as at the last call. Others in the place of
    /// the rest have been run by no connection yet.
    pub fn take_unchanged(&mut self) -> usize {
        self.session.history.take_floor()
    }

    fn prepared_by_workload(&mut self, ask: Ask) -> Ask {
        let tied = self.session.ties();
        self.session.one_shot = false;
        match (&self.session.open, tied) {
            (Some(open), _) if open.on_replica => {
                Ask { place: Place::Replica, reason: "inside a read-only transaction: the replica that runs it", ..ask }
            }
            (Some(_), _) => {
                Ask { place: Place::Primary, reason: "inside a transaction: the primary, which runs it", ..ask }
            }
            (None, Some(reason)) if ask.place == Place::Replica => Ask { place: Place::Primary, reason, ..ask },
            _ => ask,
        }
    }

    fn message(&mut self, text: &str) -> Ask {
        let flavor = self.session.flavor;
        let start = self.session.clone();
        let ask = self.statements(&text::read(text, flavor, true));
        // A server reads `/*! … */` or skips it, by its release: only what is a read both ways is one.
        let code = flavor == Flavor::Mysql && (text.contains("/*!") || text.contains("/*M!"));
        if !code || ask.place != Place::Replica && ask.place != Place::All {
            return ask;
        }
        let after = std::mem::replace(&mut self.session, start);
        let other = self.statements(&text::read(text, flavor, false));
        let same = other.place == ask.place && !text.contains("/*M!");
        if !same || self.session.open != after.open {
            self.session = after;
            if let Some(open) = &mut self.session.open {
                open.on_replica = false;
            }
            return Ask::primary("a comment that some servers run and others do not: the primary").writing();
        }
        self.session = after;
        ask
    }

    fn statements(&mut self, text: &Text<'_>) -> Ask {
        let start = self.session.clone();
        let asks: Vec<Ask> =
            text.parts.iter().enumerate().map(|(index, part)| self.session.step(part, index == 0)).collect();
        self.several = asks.len() > 1;
        let mut ask = combine(&asks, start.open.as_ref());
        let odd = self.session.odd_quotes || start.odd_quotes;
        let quotes = |part: &text::Part<'_>| part.text.contains('\\') || part.text.contains('"');
        let doubt = if odd && start.odd_quotes && text.parts.iter().any(quotes) {
            self.session.tied = Some("the session may be in a state that cannot be told: the primary");
            Some("quotes may not mean what they seem to: the primary")
        } else {
            text.doubt
        };
        if let Some(reason) = doubt
            && start.open.is_none()
            && matches!(ask.place, Place::Replica | Place::Last | Place::All)
        {
            ask = Ask::primary(reason).writing();
        }
        if ask.place == Place::Nowhere {
            // Nothing is sent.
            self.session = start;
        } else if ask.place == Place::Primary
            && let Some(open) = &mut self.session.open
        {
            open.on_replica = false;
        }
        ask
    }
}

/// What a message of several statements asks for.
fn combine(asks: &[Ask], open: Option<&Open>) -> Ask {
    let writes = asks.iter().any(|ask| ask.writes);
    let first = |place| asks.iter().find(|ask| ask.place == place);
    let Some(head) = asks.first() else {
        return match open {
            Some(open) if open.on_replica => Ask::new(Place::Replica, "nothing to run: where the transaction is"),
            _ => Ask::primary("nothing to run: the primary"),
        };
    };
    if let Some(nowhere) = first(Place::Nowhere) {
        return nowhere.clone();
    }
    let ask = match open {
        Some(open) if open.on_replica => match first(Place::Primary) {
            Some(_) => {
                let why = "ends a transaction on a replica and goes on with what only the primary takes: send it apart";
                return Ask::new(Place::Nowhere, why);
            }
            None => head.clone(),
        },
        Some(_) => head.clone(),
        None => match first(Place::Primary) {
            Some(primary) => primary.clone(),
            None if asks.iter().all(|ask| ask.place == Place::All) => head.clone(),
            None if asks.iter().any(|ask| ask.place == Place::All) => {
                Ask::primary("sets the session's state and reads, in one message: the primary")
            }
            None => head.clone(),
        },
    };
    Ask { writes, ..ask }
}
