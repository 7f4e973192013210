//! How far the replicas are behind, measured across the cluster: no server's opinion, and none of its delays.

use super::server::Server;
use super::world::World;
use crate::engine::gtid::GtidSet;
use crate::engine::ids::NodeId;
use crate::engine::log::{Log, Lsn};
use crate::engine::node::{Binlog, Core, Role};
use crate::engine::time::SimTime;
use crate::engine::trace::Life;

/// What one server lacks at one station of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Behind {
    /// Bytes of the present primary's log, up to its end in memory, that the server has not brought to this station. In
    /// MySQL, where positions differ, they are counted in the source's binary log from the oldest transaction on that is
    /// missing.
    pub bytes: u64,
    /// The age of the oldest commit among them: the time since the primary wrote its commit record. Zero when nothing is
    /// missing. What was removed from the primary's log has an age no more; then it is that of the oldest that is left.
    pub age_us: u64,
}

/// One server's lag at each station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// The server.
    pub node: NodeId,
    /// Log that it has not written, flushed and applied. MySQL: not received, nothing, not applied.
    pub stations: [Option<Behind>; 3],
}

impl World {
    /// The lag of every server that can be measured now: one that is there, has a database, and is not the present primary.
    /// Applied log is compared with the primary's end in memory, as [`super::view::NodeView::lag_us`] does.
    pub fn lags(&self) -> impl Iterator<Item = Lag> + '_ {
        let primary = self.servers.get(usize::from(self.primary.0)).and_then(Option::as_ref);
        let others = self.servers.iter().flatten();
        others.filter_map(move |server| {
            let primary = primary.filter(|primary| primary.node.core.id != server.node.core.id)?;
            let there = matches!(server.node.life, Life::Running | Life::Recovering) || server.frozen.is_some();
            (there && server.node.has_database()).then(|| self.lag_of(primary, server))
        })
    }

    fn lag_of(&self, primary: &Server, server: &Server) -> Lag {
        let (theirs, mine) = (&primary.node.core, &server.node.core);
        let stations = match (&theirs.binlog, &mine.binlog) {
            (Some(source), Some(own)) => self.mysql_stations(theirs, source, server, own),
            _ => postgresql_stations(theirs, mine, self.now).map(Some),
        };
        Lag { node: mine.id, stations }
    }

    fn mysql_stations(&self, theirs: &Core, source: &Binlog, server: &Server, own: &Binlog) -> [Option<Behind>; 3] {
        let channel = match &server.node.role {
            Role::MysqlReplica(replica) => Some(&replica.channel),
            Role::Primary(_) | Role::Replica(_) => None,
        };
        // A server that follows the primary lacks nothing that stands before what it has applied, or received.
        let follows = channel.filter(|channel| channel.source == self.primary);
        let applied = follows.map_or(Lsn::ZERO, |channel| channel.executed_lsn);
        let received = follows.map_or(Lsn::ZERO, |channel| {
            let newest = channel.relay.back().or(channel.committing.back());
            newest.map_or(applied, |newest| newest.end.max(applied))
        });
        let has = channel.map_or_else(|| own.executed.clone(), |channel| own.executed.union(&channel.retrieved));
        [
            Some(missing(&theirs.log, source, &has, received, self.now)),
            None,
            Some(missing(&theirs.log, source, &own.executed, applied, self.now)),
        ]
    }
}

fn postgresql_stations(theirs: &Core, mine: &Core, now: SimTime) -> [Behind; 3] {
    // What is behind the point where the histories part is not the primary's log.
    let (_, shared) = mine.history.fork(mine.log.end(), &theirs.history, theirs.log.end());
    [mine.log.written(), mine.log.flushed(), mine.applied].map(|at| {
        let (at, end) = (at.min(shared).max(theirs.log.start()), theirs.log.end());
        if at >= end {
            return Behind::default();
        }
        // A position inside of a record is after no commit that can be found from there.
        let first = theirs.log.commits(at, end).next();
        let from = mine.applied.min(shared).max(theirs.log.start());
        let first = first.or_else(|| theirs.log.commits(from, end).find(|(_, end)| *end > at));
        Behind { bytes: end.bytes_since(at), age_us: first.map_or(0, |(commit, _)| now.since(commit.at)) }
    })
}

/// What a set of transactions lacks of a source's binary log, all of which it has before `from`.
fn missing(log: &Log, source: &Binlog, has: &GtidSet, from: Lsn, now: SimTime) -> Behind {
    if source.logged.is_subset_of(has) {
        return Behind::default();
    }
    let lacked = |gtid| !has.contains(gtid);
    // What is missing is mostly at the end, in the newest files.
    let holds_none = |file: &&crate::engine::node::BinlogFile| file.previous.is_subset_of(has);
    let file = source.files().rev().find(holds_none).map_or(log.start(), |file| file.start);
    let from = from.max(file).max(log.start());
    let first = log.commits(from, log.end()).find(|(commit, _)| commit.gtid.is_some_and(lacked));
    first.map_or_else(Behind::default, |(commit, _)| Behind {
        bytes: log.end().bytes_since(commit.first),
        age_us: now.since(commit.at),
    })
}
