//! All sessions.

use super::session::Session;
use super::transaction::Transaction;
use crate::engine::ids::{SessionId, TxnId};

/// Sessions by client and number, found without searching.
#[derive(Clone, Debug, Default)]
pub(super) struct Sessions {
    clients: Vec<Client>,
}

#[derive(Clone, Debug, Default)]
struct Client {
    workload: Vec<Session>,
    /// By distance from [`SessionId::CONSOLE`].
    typed: Vec<Session>,
}

impl Sessions {
    /// What these hold that earlier or later ones do not, in bytes.
    pub fn bytes_beside(&self, other: &Self) -> u64 {
        let of = |mine: &[Session], theirs: &[Session]| {
            mine.iter().enumerate().map(|(index, one)| one.bytes_beside(theirs.get(index))).sum::<u64>()
        };
        let none = Client::default();
        let clients = self.clients.iter().enumerate();
        let clients = clients.map(|(index, mine)| (mine, other.clients.get(index).unwrap_or(&none)));
        clients.map(|(mine, theirs)| of(&mine.workload, &theirs.workload) + of(&mine.typed, &theirs.typed)).sum()
    }

    /// A session; it is there from its first mention on.
    pub fn of(&mut self, id: SessionId) -> &mut Session {
        let client = grown(&mut self.clients, usize::from(id.client.0));
        if id.is_console() {
            grown(&mut client.typed, usize::from(SessionId::CONSOLE - id.number))
        } else {
            grown(&mut client.workload, usize::from(id.number))
        }
    }

    /// The transaction, if it is the one that its session runs or ran last.
    pub fn transaction(&mut self, txn: TxnId) -> Option<&mut Transaction> {
        self.of(txn.session).transaction.as_mut().filter(|t| t.write.txn == txn)
    }

    /// All transactions under way, by client and session.
    pub fn under_way(&self) -> impl Iterator<Item = &Transaction> {
        let sessions = self.clients.iter().flat_map(|client| client.workload.iter().chain(&client.typed));
        sessions.filter_map(|session| session.transaction.as_ref()).filter(|t| !t.done)
    }
}

fn grown<T: Default>(list: &mut Vec<T>, index: usize) -> &mut T {
    if index >= list.len() {
        list.resize_with(index + 1, T::default);
    }
    &mut list[index]
}
