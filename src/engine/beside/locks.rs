//! Locks with names: MySQL's `GET_LOCK`, PostgreSQL's advisory locks. They are one server's, are in no log, and go with the
//! session.

use crate::engine::ids::{ConnId, TxnId};
use crate::order::OrderedMap;

/// What is locked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockKey {
    /// PostgreSQL: one number of 64 bits.
    Number(i64),
    /// PostgreSQL: two numbers of 32 bits, which are no number of 64.
    Pair(i32, i32),
    /// MySQL: a name, in lower case.
    Name(String),
}

/// How it is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// By one session.
    Exclusive,
    /// By several, and none exclusively.
    Shared,
}

/// Until when it is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Until it is given back, or the session ends.
    Session,
    /// Until the transaction ends.
    Transaction,
}

/// A session that has a lock, and the transaction in which it first took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The session.
    pub conn: ConnId,
    /// The transaction.
    pub txn: TxnId,
}

/// Which of a session's locks are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All: the session has ended.
    All,
    /// Those of its transaction.
    Transaction,
    /// Those that it gives back by itself.
    Session,
}

type Held = OrderedMap<(ConnId, Mode, Reach), (TxnId, u32)>;

/// Who has which lock, and how often it was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedLocks {
    locks: OrderedMap<LockKey, Held>,
}

impl NamedLocks {
    /// Takes a lock, once more if the session has it.
    ///
    /// # Errors
    /// The session that stands in the way.
    pub fn take(&mut self, key: LockKey, who: Holder, mode: Mode, reach: Reach) -> Result<(), Holder> {
        if let Some(holder) = self.conflict(&key, who.conn, mode) {
            return Err(holder);
        }
        let held = self.locks.entry(key).or_default();
        held.entry((who.conn, mode, reach)).or_insert((who.txn, 0)).1 += 1;
        Ok(())
    }

    fn conflict(&self, key: &LockKey, conn: ConnId, mode: Mode) -> Option<Holder> {
        let in_the_way = |other: Mode| mode == Mode::Exclusive || other == Mode::Exclusive;
        let held = self.locks.get(key)?;
        let other = held.iter().find(|((other, with, _), _)| *other != conn && in_the_way(*with))?;
        Some(Holder { conn: other.0.0, txn: other.1.0 })
    }

    /// Gives a lock back, as often as it was taken before it is free. Whether the session had it.
    pub fn give(&mut self, key: &LockKey, conn: ConnId, mode: Mode) -> bool {
        let Some(held) = self.locks.get_mut(key) else { return false };
        let place = (conn, mode, Reach::Session);
        let Some((_, count)) = held.get_mut(&place) else { return false };
        *count -= 1;
        if *count == 0 {
            held.remove(&place);
        }
        if held.is_empty() {
            self.locks.remove(key);
        }
        true
    }

    /// Gives back all of a session's locks of a kind. How many there were, each as often as it was taken.
    pub fn give_all(&mut self, conn: ConnId, scope: Scope) -> u32 {
        let mut given = 0;
        self.locks.retain(|_, held| {
            held.retain(|(owner, _, reach), (_, count)| {
                let goes = *owner == conn
                    && match scope {
                        Scope::All => true,
                        Scope::Transaction => *reach == Reach::Transaction,
                        Scope::Session => *reach == Reach::Session,
                    };
                given += if goes { *count } else { 0 };
                !goes
            });
            !held.is_empty()
        });
        given
    }

    /// Who has a lock.
    #[must_use]
    pub fn holder(&self, key: &LockKey) -> Option<ConnId> {
        self.locks.get(key)?.keys().next().map(|(conn, ..)| *conn)
    }

    /// Whether nobody has any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.locks.is_empty()
    }

    /// The server's process has ended.
    pub fn clear(&mut self) {
        self.locks.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ids::{Addr, ClientId, SessionId};

    fn holder(number: u32) -> Holder {
        let session = SessionId { client: ClientId(0), number: 1 };
        Holder { conn: ConnId { opener: Addr::Proxy, number }, txn: TxnId { session, number } }
    }

    #[test]
    fn a_lock_is_held_as_often_as_it_was_taken() {
        let (mut locks, key) = (NamedLocks::default(), LockKey::Number(1));
        for _ in 0..2 {
            locks.take(key.clone(), holder(1), Mode::Exclusive, Reach::Session).unwrap();
        }
        let in_the_way = locks.take(key.clone(), holder(2), Mode::Shared, Reach::Session);
        assert_eq!(in_the_way, Err(holder(1)));
        assert!(locks.give(&key, holder(1).conn, Mode::Exclusive));
        assert!(!locks.give(&key, holder(1).conn, Mode::Shared));
        assert_eq!(locks.holder(&key), Some(holder(1).conn));
        assert!(locks.give(&key, holder(1).conn, Mode::Exclusive));
        assert!(!locks.give(&key, holder(1).conn, Mode::Exclusive));
        assert!(locks.is_empty());
    }

    #[test]
    fn shared_locks_go_together_and_a_pair_is_no_number() {
        let mut locks = NamedLocks::default();
        let pair = LockKey::Pair(0, 1);
        locks.take(LockKey::Number(1), holder(3), Mode::Exclusive, Reach::Session).unwrap();
        locks.take(pair.clone(), holder(1), Mode::Shared, Reach::Transaction).unwrap();
        locks.take(pair.clone(), holder(2), Mode::Shared, Reach::Session).unwrap();
        assert!(locks.take(pair.clone(), holder(1), Mode::Exclusive, Reach::Session).is_err());
        assert!(!locks.give(&pair, holder(1).conn, Mode::Shared), "a transaction's lock is not given back by hand");
        assert_eq!(locks.give_all(holder(1).conn, Scope::Session), 0);
        assert_eq!(locks.give_all(holder(1).conn, Scope::Transaction), 1);
        assert_eq!(locks.take(pair, holder(2), Mode::Exclusive, Reach::Session), Ok(()));
        assert_eq!(locks.give_all(holder(2).conn, Scope::All), 2);
    }
}
