//! Physical replication slots, as PostgreSQL 15's `slot.c` keeps them: names under which standbys hold log back.

use std::sync::Arc;

use crate::engine::facts::Facts;
use crate::engine::ids::ConnId;
use crate::engine::log::Lsn;
use crate::engine::settings::{SlotNameError, check_slot_name};
use crate::engine::storage::SqlError;
use crate::order::OrderedMap;

/// One slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its name.
    pub name: Arc<str>,
    /// Gone with the connection that made it: that of a base backup.
    pub temporary: bool,
    /// The connection that uses it now.
    pub active: Option<ConnId>,
    /// The oldest log that its user may still need; `None` until it has said so, and after an invalidation.
    pub restart_lsn: Option<Lsn>,
    /// Where it was when it was found to hold back more than `max_slot_wal_keep_size` allows.
    pub invalidated_at: Option<Lsn>,
    /// What the file on disk says of `restart_lsn`: written by checkpoints only.
    saved: Option<Lsn>,
}

impl Slot {
    /// The process that uses it.
    #[must_use]
    pub fn active_pid(&self) -> Option<i64> {
        self.active.map(Facts::pid)
    }
}

/// A slot that was invalidated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalidated {
    /// Its name.
    pub name: Arc<str>,
    /// Where it was.
    pub restart_lsn: Lsn,
    /// The connection that used it, which has to end.
    pub active: Option<ConnId>,
}

/// All slots of one server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slots {
    all: OrderedMap<Arc<str>, Slot>,
}

impl Slots {
    /// The slots by name.
    pub fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.all.values()
    }

    /// Makes a slot (`ReplicationSlotCreate`). `reserve` is where it begins to hold log back, if it does so at once.
    /// A temporary one belongs to the connection `user`.
    ///
    /// # Errors
    /// The server's: a name that is none, or is taken, or no room.
    pub fn create(
        &mut self,
        name: &str,
        reserve: Option<Lsn>,
        user: Option<ConnId>,
        most: u64,
    ) -> Result<(), SqlError> {
        if most == 0 {
            return Err(SqlError::new("55000", "replication slots can only be used if max_replication_slots > 0"));
        }
        check_slot_name(name).map_err(|SlotNameError { code, message, hint }| SqlError {
            hint: hint.map(str::to_owned),
            ..SqlError::new(code, message)
        })?;
        if self.all.contains_key(name) {
            return Err(SqlError::new("42710", format!("replication slot \"{name}\" already exists")));
        }
        if self.all.len() as u64 >= most {
            let error = SqlError::new("53400", "all replication slots are in use");
            return Err(error.with_hint("Free one or increase max_replication_slots."));
        }
        let name: Arc<str> = name.into();
        let slot = Slot {
            name: name.clone(),
            temporary: user.is_some(),
            active: user,
            restart_lsn: reserve,
            invalidated_at: None,
            saved: reserve,
        };
        self.all.insert(name, slot);
        Ok(())
    }

    /// Removes a slot that nobody uses.
    ///
    /// # Errors
    /// The server's: there is none of this name, or it is in use.
    pub fn drop(&mut self, name: &str) -> Result<(), SqlError> {
        self.idle(name)?;
        self.all.remove(name);
        Ok(())
    }

    /// Takes a slot into use (`ReplicationSlotAcquire`). One that was invalidated can be: it holds back what its user
    /// reports from then on.
    ///
    /// # Errors
    /// The server's: there is none of this name, or another connection uses it.
    pub fn acquire(&mut self, name: &str, user: ConnId) -> Result<(), SqlError> {
        self.idle(name)?.active = Some(user);
        Ok(())
    }

    fn idle(&mut self, name: &str) -> Result<&mut Slot, SqlError> {
        let Some(slot) = self.all.get_mut(name) else {
            return Err(SqlError::new("42704", format!("replication slot \"{name}\" does not exist")));
        };
        match slot.active_pid() {
            None => Ok(slot),
            Some(pid) => Err(SqlError::new("55006", format!("replication slot \"{name}\" is active for PID {pid}"))),
        }
    }

    /// A connection ended: nobody uses its slot any more, and a temporary one is gone.
    pub fn release(&mut self, user: ConnId) {
        self.all.retain(|_, slot| !(slot.temporary && slot.active == Some(user)));
        for slot in self.all.values_mut().filter(|slot| slot.active == Some(user)) {
            slot.active = None;
        }
    }

    /// The user of a slot has log durable up to `flushed`, and will not ask for anything before
    /// (`PhysicalConfirmReceivedLocation`).
    pub fn confirm(&mut self, user: ConnId, flushed: Lsn) {
        for slot in self.all.values_mut().filter(|slot| slot.active == Some(user) && !slot.temporary) {
            slot.restart_lsn = Some(flushed);
        }
    }

    /// The oldest log that any slot holds back.
    #[must_use]
    pub fn minimum(&self) -> Option<Lsn> {
        self.all.values().filter_map(|slot| slot.restart_lsn).min()
    }

    /// Invalidates the slots that need log before `oldest`, which goes.
    pub fn invalidate(&mut self, oldest: Lsn) -> Vec<Invalidated> {
        let mut gone = Vec::new();
        for slot in self.all.values_mut() {
            if let Some(restart_lsn) = slot.restart_lsn.take_if(|at| *at < oldest) {
                slot.invalidated_at = Some(restart_lsn);
                slot.saved = None;
                gone.push(Invalidated { name: slot.name.clone(), restart_lsn, active: slot.active.take() });
            }
        }
        gone
    }

    /// A checkpoint writes what has changed.
    pub fn save(&mut self) {
        for slot in self.all.values_mut() {
            slot.saved = slot.restart_lsn;
        }
    }

    /// The server was shut down in good order: its last checkpoint wrote all slots, and nobody uses them any more.
    pub fn shut_down(&mut self) {
        self.all.retain(|_, slot| !slot.temporary);
        self.all.values_mut().for_each(|slot| slot.active = None);
        self.save();
    }

    /// The server died: what is on disk is left.
    pub fn crash(&mut self) {
        self.all.retain(|_, slot| !slot.temporary);
        for slot in self.all.values_mut() {
            slot.active = None;
            slot.restart_lsn = slot.saved;
        }
    }

    /// The data directory is gone, and the slots with it.
    pub fn clear(&mut self) {
        self.all.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ids::{Addr, NodeId};

    const CONN: ConnId = ConnId { opener: Addr::Node(NodeId(1)), number: 3 };

    #[test]
    fn what_a_crash_leaves_is_what_the_last_checkpoint_wrote() {
        let mut slots = Slots::default();
        slots.create("a", Some(Lsn(100)), None, 10).expect("there is room");
        slots.create("t", Some(Lsn(50)), Some(CONN), 10).expect("there is room");
        slots.acquire("a", CONN).expect("it is idle");
        slots.confirm(CONN, Lsn(200));
        assert_eq!(slots.minimum(), Some(Lsn(50)));
        let before = slots.iter().next().and_then(|slot| slot.restart_lsn);
        assert_eq!(before, Some(Lsn(200)));
        slots.crash();
        let left: Vec<_> = slots.iter().map(|slot| (&*slot.name, slot.active, slot.restart_lsn)).collect();
        assert_eq!(left, [("a", None, Some(Lsn(100)))]);
        slots.acquire("a", CONN).expect("it is idle");
        slots.confirm(CONN, Lsn(300));
        slots.save();
        slots.crash();
        assert_eq!(slots.minimum(), Some(Lsn(300)));
    }

    #[test]
    fn an_invalidated_slot_holds_nothing_until_it_is_used_again() {
        let mut slots = Slots::default();
        slots.create("inv", Some(Lsn(100)), None, 10).expect("there is room");
        assert!(slots.invalidate(Lsn(100)).is_empty());
        let gone = slots.invalidate(Lsn(101));
        assert_eq!(gone, [Invalidated { name: "inv".into(), restart_lsn: Lsn(100), active: None }]);
        assert_eq!(slots.minimum(), None);
        slots.acquire("inv", CONN).expect("PostgreSQL 15 lets a physical slot live again");
        slots.confirm(CONN, Lsn(500));
        assert_eq!(slots.minimum(), Some(Lsn(500)));
    }
}
