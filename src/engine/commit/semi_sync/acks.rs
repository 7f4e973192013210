//! The acknowledgements that do not count yet, for sources that wait for more than one replica.

use crate::engine::ids::NodeId;
use crate::engine::log::Lsn;

/// What the plugin calls `AckContainer`: one slot less than replicas are waited for. A position counts once every slot
/// is taken and one more replica has come as far.
///
/// `AckContainer::minAck` is documented to find the least acknowledgement that is less than the new one, and so it does
/// here. Its code took the last such slot instead, which with a count of three or more can count a position that too few
/// replicas have (mysql-server pull request 509, December 2023).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Acks {
    /// The greatest position that was reported (`m_greatest_ack`).
    greatest: Option<Lsn>,
    slots: Vec<Option<(NodeId, Lsn)>>,
}

impl Acks {
    /// `AckContainer::clear`.
    pub(super) fn clear(&mut self) {
        self.greatest = None;
        self.slots.fill(None);
    }

    /// Waits for `count` replicas from now on; gives a position that counts at once (`AckContainer::resize`).
    pub(super) fn resize(&mut self, count: u32) -> Option<Lsn> {
        let slots = count.saturating_sub(1) as usize;
        if slots == self.slots.len() {
            return None;
        }
        let before = std::mem::replace(&mut self.slots, vec![None; slots]);
        let mut counts = None;
        for (replica, pos) in before.into_iter().flatten() {
            counts = self.insert(replica, pos).or(counts);
        }
        counts
    }

    /// Takes a replica's acknowledgement; gives the position that counts now, if another one does
    /// (`AckContainer::insert`).
    pub(super) fn insert(&mut self, replica: NodeId, pos: Lsn) -> Option<Lsn> {
        if self.greatest.is_some_and(|greatest| pos <= greatest) {
            return None;
        }
        if let Some(known) = self.slots.iter_mut().flatten().find(|(of, _)| *of == replica) {
            // As the plugin does, whatever the order in which they come.
            known.1 = pos;
            return None;
        }
        let mut counts = None;
        if self.slots.iter().all(Option::is_some) {
            let least = self.slots.iter().flatten().map(|(_, p)| *p).filter(|p| *p < pos).min();
            let counting = least.unwrap_or(pos);
            counts = Some(counting);
            self.greatest = counts;
            for slot in self.slots.iter_mut().filter(|s| s.is_some_and(|(_, p)| p == counting)) {
                *slot = None;
            }
            if least.is_none() {
                // The least of all needs no slot: it has just counted.
                return counts;
            }
        }
        if let Some(empty) = self.slots.iter_mut().find(|slot| slot.is_none()) {
            *empty = Some((replica, pos));
        }
        counts
    }
}
