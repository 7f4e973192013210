//! What a MySQL server knows of itself: GTIDs, binary log, channel, replicas, semi-synchronous counters.

use super::session::{GtidNext, Session};
use super::{Channel, ChannelError, Node, Role};
use crate::engine::facts::mysql::{ChannelFacts, MysqlFacts};
use crate::engine::time::SimTime;

impl Node {
    /// What only a MySQL server knows; `None` on another.
    pub(super) fn mysql_facts(&self, now: SimTime) -> Option<MysqlFacts> {
        let core = &self.core;
        let binlog = core.binlog.as_ref()?;
        let position = binlog.position(core.log.end());
        let channel = match &self.role {
            Role::MysqlReplica(replica) => Some(&replica.channel),
            Role::Primary(_) | Role::Replica(_) => None,
        };
        Some(MysqlFacts {
            uuid: binlog.uuid,
            executed: binlog.executed.clone(),
            purged: binlog.purged.clone(),
            files: binlog.sizes(core.log.end()).map(|(file, bytes)| (file.name(), bytes)).collect(),
            position: (file_name(position.file), position.position),
            channel: channel.map(|channel| self.channel_facts(channel, now)),
            replicas: self.dumps.iter().map(|dump| (dump.replica, dump.name.clone())).collect(),
            semi_sync: self.role.writer().map(|writer| writer.semi_sync.status()).unwrap_or_default(),
            acknowledges: core.settings.mysql.rpl_semi_sync_replica_enabled && channel.is_some_and(Channel::streaming),
            gtid_next: "AUTOMATIC".to_owned(),
        })
    }

    fn channel_facts(&self, channel: &Channel, now: SimTime) -> ChannelFacts {
        let error = |error: &Option<ChannelError>| error.as_ref().map(|e| (e.number, e.text.clone(), e.at));
        let delay_us = self.core.settings.mysql.source_delay_us;
        let waits_until = channel.relay.front().map(|next| next.commit.at.plus(delay_us)).filter(|until| *until > now);
        ChannelFacts {
            source: channel.source,
            host: self.core.host(channel.source),
            uuid: channel.source_uuid,
            io_running: channel.io_running(),
            sql_running: channel.sql_running,
            applying: channel.due.is_some() || channel.blocked_by.is_some(),
            read: (file_name(channel.read.file), channel.read.position),
            executed: (file_name(channel.executed.file), channel.executed.position),
            behind_s: channel.seconds_behind_source(now),
            io_error: error(&channel.io_error),
            sql_error: error(&channel.sql_error),
            // Counted up: a second that has begun is still to be waited for.
            remaining_delay_s: waits_until.filter(|_| delay_us > 0).map(|until| until.since(now).div_ceil(1_000_000)),
            relay_bytes: channel.relay_bytes(),
            retrieved: channel.retrieved.clone(),
        }
    }
}

/// `gtid_next`, as a session has it.
pub(super) fn gtid_next(session: &Session) -> String {
    match &session.gtid_next {
        GtidNext::Automatic => "AUTOMATIC".to_owned(),
        GtidNext::Given(gtid) | GtidNext::Used(gtid) => gtid.to_string(),
    }
}

/// A file's name; nothing before any is known.
fn file_name(number: u32) -> String {
    match number {
        0 => String::new(),
        number => super::binlog::file_name(number),
    }
}
