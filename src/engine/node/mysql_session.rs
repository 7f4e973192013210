//! What a MySQL session can set beside the server's settings, and what operators of replication type into one.

use super::session::{GtidNext, Session};
use super::{Node, Role};
use crate::engine::gtid::Gtid;
use crate::engine::ids::NodeId;
use crate::engine::io::Outbox;
use crate::engine::sql::{Admin, Scope, SetStatement};
use crate::engine::storage::SqlError;
use crate::engine::time::SimTime;

impl Node {
    /// `SET` of what is a session's own; `None` when the assignment is something else.
    pub(super) fn set_mysql(&mut self, session: &mut Session, set: &SetStatement) -> Option<Result<(), SqlError>> {
        let value = set.value.as_deref().unwrap_or_default();
        match (set.name.as_str(), set.scope) {
            ("gtid_next", _) => Some(match value.parse::<Gtid>() {
                _ if session.txn.is_some() => {
                    let message = "@@SESSION.GTID_NEXT cannot be changed by a client that owns a GTID. The client owns \
                                   ANONYMOUS. Ownership is released on COMMIT or ROLLBACK.";
                    Err(SqlError { number: 1790, ..SqlError::new("HY000", message) })
                }
                _ if value.eq_ignore_ascii_case("automatic") => {
                    session.gtid_next = GtidNext::Automatic;
                    Ok(())
                }
                Ok(gtid) => {
                    session.gtid_next = GtidNext::Given(gtid);
                    Ok(())
                }
                Err(_) => {
                    let message = format!("Variable 'gtid_next' can't be set to the value of '{value}'");
                    Err(SqlError { number: 1231, ..SqlError::new("42000", message) })
                }
            }),
            ("binlog_format", Scope::Session | Scope::Local) => {
                let mut trial = self.core.settings.clone();
                Some(match trial.set("binlog_format", value) {
                    Ok(()) => {
                        session.binlog_format = Some(trial.mysql.binlog_format);
                        Ok(())
                    }
                    Err(error) => {
                        let message = error.message;
                        Err(SqlError { number: 1231, ..SqlError::new("42000", message) })
                    }
                })
            }
            _ => None,
        }
    }

    /// Whether a session whose `gtid_next` was used up may begin another transaction.
    ///
    /// # Errors
    /// Error 1837 when it may not.
    pub(super) fn may_begin(session: &Session) -> Result<(), SqlError> {
        let GtidNext::Used(gtid) = session.gtid_next else { return Ok(()) };
        let message = format!(
            "When @@SESSION.GTID_NEXT is set to a GTID, you must explicitly set it to a different value after a COMMIT or \
             ROLLBACK. Please check GTID_NEXT variable manual page for detailed explanation. Current \
             @@SESSION.GTID_NEXT is '{gtid}'."
        );
        Err(SqlError { number: 1837, ..SqlError::new("HY000", message) })
    }

    /// Whether this transaction was executed before, here or elsewhere: then its statements do nothing.
    #[must_use]
    pub(super) fn has_executed(&self, gtid: Option<Gtid>) -> bool {
        gtid.is_some_and(|gtid| self.core.binlog.as_ref().is_some_and(|binlog| binlog.logged.contains(gtid)))
    }

    /// A statement of [`Admin`]; gives a warning, where there is one.
    ///
    /// # Errors
    /// The server's error.
    pub(super) fn administer(&mut self, admin: &Admin, out: &mut Outbox) -> Result<Option<String>, SqlError> {
        self.note_readers();
        let not_configured = || {
            // ER_BAD_REPLICA.
            let message =
                "The server is not configured as replica; fix in config file or with CHANGE REPLICATION SOURCE TO";
            SqlError { number: 1200, ..SqlError::new("HY000", message) }
        };
        match admin {
            Admin::Threads { start, io, sql } => {
                if !matches!(self.role, Role::MysqlReplica(_)) {
                    return if *start { Err(not_configured()) } else { Ok(None) };
                }
                self.replica_threads(io.then_some(*start), sql.then_some(*start), out);
                Ok(None)
            }
            Admin::ChangeSource(options) => self.change_source(options, out).map(|()| None),
            Admin::ResetReplica { all } => self.reset_replica(*all).map(|()| None),
            Admin::FlushLogs => {
                self.core.rotate_binlog(out);
                Ok(None)
            }
            Admin::PurgeTo(name) => self.purge_to(name, out),
            Admin::PurgeBefore(when) => {
                let before = match when {
                    None => out.now,
                    Some(text) => datetime(text).ok_or_else(|| {
                        let message = format!("Incorrect DATETIME value: '{text}'");
                        SqlError { number: 1525, ..SqlError::new("HY000", message) }
                    })?,
                };
                let files = self.core.binlog.as_ref().map_or(0, |binlog| binlog.closed_before(before));
                Ok(self.core.purge_binlog(files, out))
            }
        }
    }

    fn purge_to(&mut self, name: &str, out: &mut Outbox) -> Result<Option<String>, SqlError> {
        let files = self.core.binlog.as_ref().and_then(|binlog| binlog.files().position(|file| file.name() == name));
        let Some(files) = files else {
            let message = "Target log not found in binlog index";
            return Err(SqlError { number: 1373, ..SqlError::new("HY000", message) });
        };
        Ok(self.core.purge_binlog(files, out))
    }

    fn change_source(&mut self, options: &[(String, String)], out: &mut Outbox) -> Result<(), SqlError> {
        let host = options.iter().find(|(name, _)| name == "SOURCE_HOST").map(|(_, host)| host.as_str());
        let me = self.core.id;
        let source = match host {
            None => self.role.upstream(),
            Some(host) => {
                let index = self.core.hosts.iter().rposition(|name| &**name == host);
                let node = index.and_then(|index| u8::try_from(index).ok()).map(NodeId).filter(|node| *node != me);
                Some(node.ok_or_else(|| {
                    let message = format!("Unknown host '{host}': there is no other server of that name here");
                    SqlError { number: 2005, ..SqlError::new("HY000", message) }
                })?)
            }
        };
        for (name, value) in options {
            let setting = name.to_ascii_lowercase();
            if self.core.settings.get(&setting).is_some() {
                self.core
                    .settings
                    .set(&setting, value)
                    .map_err(|error| SqlError { number: 1231, ..SqlError::new("42000", error.message) })?;
            }
        }
        if let (Some(source), Some(_)) = (source, host) {
            self.repoint(source, out);
        }
        Ok(())
    }

    fn reset_replica(&mut self, all: bool) -> Result<(), SqlError> {
        let Role::MysqlReplica(replica) = &mut self.role else { return Ok(()) };
        if replica.channel.conn().is_some() || replica.channel.sql_running && replica.channel.io_started {
            let message = "This operation cannot be performed with a running replica; run STOP REPLICA first";
            return Err(SqlError { number: 3081, ..SqlError::new("HY000", message) });
        }
        if all {
            self.leave_source();
        } else {
            let source = replica.channel.source;
            replica.channel.forget_relay_log(source);
        }
        Ok(())
    }
}

/// `YYYY-MM-DD hh:mm:ss` as virtual time; dates before the run's beginning are its beginning.
fn datetime(text: &str) -> Option<SimTime> {
    let numbers: Vec<i64> = text.split(['-', ' ', ':', 'T']).map(str::parse).collect::<Result<_, _>>().ok()?;
    let (date, time) = match numbers.as_slice() {
        [year, month, day] => ((*year, *month, *day), (0, 0, 0)),
        [year, month, day, hour, minute, second] => ((*year, *month, *day), (*hour, *minute, *second)),
        _ => return None,
    };
    let ((year, month, day), (hour, minute, second)) = (date, time);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..60).contains(&second) {
        return None;
    }
    // Days of the civil calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let shifted = year - i64::from(month <= 2);
    let (era, year_of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    let us = ((days * 24 + hour) * 3600 + minute * 60 + second) * 1_000_000;
    Some(SimTime(u64::try_from(us - super::core::EPOCH_US).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_virtual_time() {
        assert_eq!(datetime("2026-01-01 00:00:00"), Some(SimTime(0)));
        assert_eq!(datetime("2026-01-02 00:01:02"), Some(SimTime((86_400 + 62) * 1_000_000)));
        assert_eq!(datetime("2026-03-01"), Some(SimTime(59 * 86_400 * 1_000_000)));
        assert_eq!(datetime("1999-12-31"), Some(SimTime(0)));
        for bad in ["", "now", "2026-13-01", "2026-01-01 25:00:00", "2026-1"] {
            assert_eq!(datetime(bad), None, "{bad}");
        }
    }
}
