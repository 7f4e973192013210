//! The `kv` rows as registers: which versions each had, and which of them a read returned.

use crate::order::{Chunks, OrderedMap};
use std::sync::Arc;

use super::branches::Branches;
use super::logs::Logs;
use super::moment::Moment;
use super::versions::{Rank, Version};

/// One row of `kv`: its versions in the order in which they were logged, as far back as a server may still show them.
#[derive(Clone, Debug, Default)]
struct Register {
    key: i64,
    /// Shared between clones: checkpoints hold one of these each, and a server that stays away makes them long.
    versions: Chunks<Version, { Register::CHUNK }>,
    /// The first that counts; what is before it is dropped, a chunk at a time.
    first: u64,
    /// The length at which to look again for versions to drop.
    look_at: usize,
}

/// What a read returned, as a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Where the version stands in the order of versions.
    pub rank: Rank,
    /// The version itself; `None` for the row as it was before all writes, and for what a statement left that the judges
    /// cannot follow.
    pub version: Option<Version>,
    /// The first of the register's versions that may be newer.
    newer_from: u64,
    /// Whether it may be a version that was dropped: one that no server shows any more, in an answer that was under way.
    /// What is held is newer; how it stands to what was dropped with it nobody knows any more.
    pub forgotten: bool,
}

/// All rows of `kv` that were written.
///
/// Bounds: [`Registers::KEYS`] keys (reads of others are counted and not judged) and [`Registers::VERSIONS`] versions a
/// key; a version is dropped earlier once every server shows a newer, acknowledged one. A value whose version was dropped
/// counts as older than all that are held, so that with a server further behind than that ages are lower bounds.
#[derive(Clone, Debug, Default)]
pub struct Registers {
    registers: Vec<Arc<Register>>,
    /// Indexes by key, plus one, for small keys; zero for none.
    small: Vec<u32>,
    others: OrderedMap<i64, u32>,
    /// The newest transaction that changed `kv` in a way that cannot be followed.
    wild: Option<(Rank, Moment)>,
}

impl Registers {
    /// The most keys that are followed.
    pub const KEYS: usize = 65_536;
    /// The most versions of one key that are held.
    pub const VERSIONS: usize = 4_096;
    const SMALL: usize = 65_536;

    /// What these hold that earlier or later ones do not, in bytes.
    pub fn bytes_beside(&self, other: &Self) -> u64 {
        let own = self.registers.iter().enumerate();
        let own = own.filter(|(index, mine)| other.registers.get(*index).is_none_or(|it| !Arc::ptr_eq(mine, it)));
        let nothing = Chunks::new();
        let versions = own.map(|(index, mine)| {
            mine.versions.bytes_beside(other.registers.get(index).map_or(&nothing, |theirs| &theirs.versions))
        });
        versions.sum::<u64>() + (size_of_val(&self.registers[..]) + size_of_val(&self.small[..])) as u64
    }

    /// The index of a key's register, if it was written.
    #[must_use]
    pub fn find(&self, key: i64) -> Option<u32> {
        match usize::try_from(key) {
            Ok(small) if small < Self::SMALL => self.small.get(small).and_then(|index| index.checked_sub(1)),
            _ => self.others.get(&key).copied(),
        }
    }

    /// The key of a register.
    #[must_use]
    pub fn key(&self, index: u32) -> Option<i64> {
        self.registers.get(index as usize).map(|register| register.key)
    }

    /// Whether no further key can be followed.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.registers.len() >= Self::KEYS
    }

    fn find_or_add(&mut self, key: i64) -> Option<u32> {
        if let Some(index) = self.find(key) {
            return Some(index);
        }
        if self.is_full() {
            return None;
        }
        let index = self.registers.len() as u32;
        self.registers.push(Arc::new(Register { key, ..Register::default() }));
        match usize::try_from(key) {
            Ok(small) if small < Self::SMALL => {
                if small >= self.small.len() {
                    self.small.resize(small + 1, 0);
                }
                self.small[small] = index + 1;
            }
            _ => {
                self.others.insert(key, index);
            }
        }
        Some(index)
    }

    /// A transaction that is one upsert of `key` entered a log. Returns where to find the version again.
    pub fn logged(&mut self, key: i64, version: Version, logs: &Logs) -> Option<(u32, u64)> {
        let index = self.find_or_add(key)?;
        let register = Arc::make_mut(self.registers.get_mut(index as usize)?);
        if register.len() >= register.look_at {
            register.drop_superseded(logs);
        }
        Some((index, register.versions.push(version)))
    }

    /// A transaction that changed `kv` in a way that cannot be followed entered a log.
    pub fn logged_otherwise(&mut self, rank: Rank, moment: Moment) {
        self.wild = Some((rank, moment));
    }

    /// The client of a version was told of success.
    pub fn acknowledged(&mut self, (index, number): (u32, u64), moment: Moment) -> Option<Version> {
        let register = Arc::make_mut(self.registers.get_mut(index as usize)?);
        if number < register.first {
            return None;
        }
        let version = register.versions.get_mut(number)?;
        version.acknowledged = Some(moment);
        Some(*version)
    }

    /// Which version a read of register `index` saw, in the reading that is kindest to the servers: the newest that can
    /// have had this value.
    #[must_use]
    pub fn seen(&self, index: u32, value: Option<i64>) -> Seen {
        let register = self.registers.get(index as usize);
        let found = value.zip(register).and_then(|(value, register)| {
            let (number, version) = register.newest(|version| version.value == value)?;
            Some((number, *version))
        });
        // Values that were typed need not be unique: one that is older than a change that cannot be followed may have
        // come back with it.
        let found = found.filter(|(_, version)| {
            let newer_change = self.wild.is_some_and(|(_, moment)| moment > version.logged);
            !(version.txn.session.is_console() && newer_change)
        });
        match found {
            Some((number, version)) => {
                let newer_from = number + 1;
                Seen { rank: Rank::from(&version), version: Some(version), newer_from, forgotten: false }
            }
            None => {
                let dropped = register.is_some_and(|register| register.first > 0);
                let rank = self.wild.map_or(Rank::INITIAL, |(rank, _)| rank);
                Seen { rank, version: None, newer_from: 0, forgotten: dropped && value.is_some() }
            }
        }
    }

    /// Of the versions newer than `seen` that had been acknowledged before `sent`, the one acknowledged first.
    #[must_use]
    pub fn missed(&self, index: u32, seen: &Seen, sent: Moment, branches: &Branches) -> Option<&Version> {
        let register = self.registers.get(index as usize)?;
        let mut first: Option<(&Version, Moment)> = None;
        let newer = seen.newer_from.max(register.first)..register.versions.end_index();
        for version in newer.filter_map(|number| register.versions.get(number)) {
            if first.is_some_and(|(_, moment)| version.logged > moment) {
                break;
            }
            let Some(moment) = version.acknowledged.filter(|&moment| moment < sent) else { continue };
            if first.is_none_or(|(_, earlier)| moment < earlier) && seen.rank.precedes(&version.into(), branches) {
                first = Some((version, moment));
            }
        }
        first.map(|(version, _)| version)
    }
}

impl Register {
    const CHUNK: usize = 8;

    fn len(&self) -> usize {
        (self.versions.end_index() - self.first) as usize
    }

    /// The newest version that satisfies a condition, and where it is.
    fn newest(&self, wanted: impl Fn(&Version) -> bool) -> Option<(u64, &Version)> {
        let numbers = (self.first..self.versions.end_index()).rev();
        numbers.filter_map(|number| Some((number, self.versions.get(number)?))).find(|(_, version)| wanted(version))
    }

    /// Drops what no server shows any more: all before the newest acknowledged version that every server shows.
    fn drop_superseded(&mut self, logs: &Logs) {
        let settled = self.newest(|v| v.acknowledged.is_some() && logs.applied_everywhere(v.place));
        // An eighth at once, so that the search is worth its while.
        let too_many = if self.len() < Registers::VERSIONS { 0 } else { Registers::VERSIONS / 8 };
        self.first = settled.map_or(self.first, |(number, _)| number).max(self.first + too_many as u64);
        while self.first >= self.versions.first_index() + Self::CHUNK as u64 {
            self.versions.drop_front_chunk();
        }
        self.look_at = (2 * self.len()).clamp(8, Registers::VERSIONS);
    }
}
