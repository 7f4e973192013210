//! The routing of one session's messages.

use super::{Decision, Place};
use crate::engine::flavor::Flavor;
use crate::engine::message::Statement;
use crate::engine::sql::{self, Kind};

/// The routing of one session's messages: what it has to remember of the session.
#[derive(Clone, Debug)]
pub struct Splitter {
    flavor: Flavor,
}

impl Splitter {
    /// A session that has not said anything.
    #[must_use]
    pub fn new(flavor: Flavor) -> Splitter {
        Splitter { flavor }
    }

    /// Where the session's next message goes.
    pub fn decide(&mut self, statement: &Statement) -> Decision {
        let reads = match statement {
            Statement::ReadKey { .. } => true,
            Statement::Upsert { .. } => false,
            Statement::Sql(text) => match sql::split(text, self.flavor).as_slice() {
                [one] => {
                    let statement = sql::classify(one, self.flavor);
                    matches!(statement.kind, Kind::Select { .. }) && !statement.writes()
                }
                _ => false,
            },
        };
        let (place, reason) = match reads {
            true => (Place::Replica, "a read"),
            false => (Place::Primary, "not known to be a read: the primary"),
        };
        Decision { place, reason, detail: String::new(), writes: !reads }
    }

    /// The message that was decided on last is answered: whether the session is inside a transaction now, and whether
    /// the message succeeded.
    pub fn answered(&mut self, _in_transaction: bool, _ok: bool) {}

    /// The server that held the session's open transaction is gone, and so is the transaction.
    pub fn transaction_lost(&mut self) {}
}
