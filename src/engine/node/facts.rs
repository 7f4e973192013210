//! What a server knows of itself, for the statements that ask; and what their functions do to it.

use std::sync::Arc;

use super::core::Core;
use super::replica::Receiver;
use super::session::Session;
use super::{Node, Role, Slot, WalStatus, candidate, facts_mysql, show_mysql};
use crate::engine::commit::{Method, SyncGroup};
use crate::engine::facts::{Effect, Facts, ReceiverFacts, SenderFacts, SlotFacts};
use crate::engine::flavor::Flavor;
use crate::engine::ids::ConnId;
use crate::engine::io::{Outbox, Output};
use crate::engine::log::Lsn;
use crate::engine::settings::SettingError;
use crate::engine::sql::system::{Asked, Titles};
use crate::engine::sql::{self, Kind};
use crate::engine::storage::{Database, Outcome, SqlError};
use crate::engine::time::SimTime;
use crate::engine::trace::Life;

impl Node {
    /// What the server knows of itself now.
    #[must_use]
    pub fn facts(&self, now: SimTime) -> Facts {
        let core = &self.core;
        // A promotion leaves the positions of the recovery that it ended.
        let promoted_at = core.history.switches().last().map(|switch| switch.at);
        let (received, replayed) = match &self.role {
            Role::Replica(_) => (Some(core.log.flushed()), Some(core.applied)),
            Role::Primary(_) | Role::MysqlReplica(_) => (promoted_at, promoted_at),
        };
        let replica = match &self.role {
            Role::Replica(replica) => Some(replica),
            Role::Primary(_) | Role::MysqlReplica(_) => None,
        };
        let receiver = replica.and_then(|replica| match replica.receiver {
            Receiver::Streaming(conn) => Some(ReceiverFacts {
                conn,
                started: replica.progress.started.unwrap_or((core.log.start(), core.timeline())),
                last_message: replica.progress.last_message,
                latest_end: replica.progress.latest_end,
                slot_name: core.settings.primary_slot_name.clone(),
            }),
            _ => None,
        });
        Facts {
            now,
            id: core.id,
            name: core.name.clone(),
            started_at: core.started_at,
            in_recovery: replica.is_some(),
            promoting: replica.is_some_and(|replica| replica.promoting.is_some()),
            replay_paused: replica.is_some_and(|replica| replica.paused),
            timeline: core.timeline(),
            insert: core.log.end(),
            written: core.log.written(),
            flushed: core.log.flushed(),
            received,
            replayed,
            replayed_commit_at: replayed.and_then(|to| last_commit(core, to)),
            upstream: replica.and_then(|replica| replica.upstream).map(|upstream| core.host(upstream)),
            senders: self.sender_facts(),
            receiver,
            slots: self.slots.iter().map(|slot| self.slot_facts(slot)).collect(),
            mysql: self.mysql_facts(now),
            settings: core.settings.clone(),
            configured: core.configuration.settings().clone(),
            backend_pid: 999,
        }
    }

    fn slot_facts(&self, slot: &Slot) -> SlotFacts {
        let (wal_status, safe_wal_size) = self.slot_state(slot);
        SlotFacts {
            name: slot.name.clone(),
            active_pid: slot.active_pid(),
            restart_lsn: slot.restart_lsn,
            wal_status: wal_status.map(WalStatus::as_str),
            safe_wal_size,
            temporary: slot.temporary,
        }
    }

    /// The same for a session, with its own settings.
    pub(super) fn session_facts(&self, session: &Session, conn: ConnId, now: SimTime) -> Facts {
        let mut facts = self.facts(now);
        facts.backend_pid = Facts::pid(conn);
        if let Some(mysql) = &mut facts.mysql {
            mysql.gtid_next = facts_mysql::gtid_next(session);
        }
        if let Some(running) = &session.running {
            facts.settings.synchronous_commit = self.core.level_of(running.txn.session.client);
        }
        session.own().overlay(&mut facts.settings);
        facts
    }

    fn sender_facts(&self) -> Vec<SenderFacts> {
        let candidates: Vec<_> = self.senders.iter().map(candidate).collect();
        let rule = &self.core.settings.synchronous_standby_names;
        let is_primary = matches!(self.role, Role::Primary(_));
        // A cascading standby has nobody synchronous: commits happen on the primary.
        let group = SyncGroup::of(rule, &candidates).filter(|_| is_primary);
        let counting: Vec<usize> = group.iter().flat_map(SyncGroup::counting).collect();
        let state = |index: usize| match &group {
            Some(group) if counting.contains(&index) && group.method() == Method::Any => "quorum",
            Some(_) if counting.contains(&index) => "sync",
            Some(group) if group.is_potential(index) => "potential",
            _ => "async",
        };
        let senders = self.senders.connections().enumerate();
        let facts = senders.map(|(index, (conn, sender))| SenderFacts {
            conn,
            standby: sender.standby,
            application_name: sender.application_name.clone(),
            started_at: sender.started_at,
            state: sender.state.as_str(),
            sent: sender.sent,
            positions: sender.positions,
            lag_us: sender.lag_us,
            sync_priority: if is_primary { rule.priority_of(&sender.application_name) } else { 0 },
            sync_state: state(index),
            reply_at: sender.reply_at,
        });
        facts.collect()
    }

    /// Runs a query that an operator asks from outside of all sessions; nothing changes by it.
    ///
    /// # Errors
    /// The server's. What would write, or do something to the server, is refused.
    pub fn look(&self, text: &str, now: SimTime) -> Result<Outcome, SqlError> {
        let flavor = self.core.flavor;
        if self.life == Life::Recovering {
            return Err(SqlError::starting_up());
        }
        let statements = sql::split(text, flavor);
        let text = match statements[..] {
            [one] => one,
            [] => "",
            _ => return Err(SqlError::new("42601", "one statement at a time can be asked here")),
        };
        let asked = sql::system::asked(text, flavor);
        let statement = sql::classify(asked.as_ref().map_or(text, |asked| &asked.text), flavor);
        if let Kind::Show(name) = &statement.kind {
            let mut copy = self.core.data.clone();
            return show(&self.facts(now), text, name, &mut copy);
        }
        let in_sessions_only = matches!(
            statement.kind,
            Kind::Set(_) | Kind::Begin { .. } | Kind::Commit | Kind::Rollback | Kind::Admin(_)
        );
        if in_sessions_only {
            let message = format!("{} has no effect here: this is a look from outside of all sessions", statement.tag);
            return Err(SqlError::flavored(flavor, ("0A000", message.clone()), (1235, "42000", message)));
        }
        if let Some(function) = statement.side_effect {
            // As PreventCommandIfReadOnly() says it of nextval().
            return Err(SqlError::read_only(flavor, &format!("{function}()")));
        }
        if statement.kind == Kind::Other && statement.tag.is_empty() {
            return Err(SqlError::unknown_statement(flavor, text));
        }
        let is_query = matches!(statement.kind, Kind::Empty | Kind::Select { locking: false } | Kind::Explain { .. });
        if !is_query || statement.writes() {
            return Err(SqlError::read_only(flavor, statement.tag));
        }
        // A copy answers, since functions such as random() would move the server's own generator on.
        let mut copy = self.core.data.clone();
        let facts = asked.as_ref().map(|_| Arc::new(self.facts(now)));
        Core::set_clock(&mut copy, now);
        let tables = self.sequence_tables_outside(&mut copy, |name| sql::mentions(text, name, flavor));
        let translated = sql::with_tables(&statement.text_for_sqlite, &tables, flavor);
        query(&mut copy, text, &translated, asked.as_ref(), facts).map(|(outcome, _)| outcome)
    }

    /// Carries out what functions with side effects asked for.
    pub(super) fn carry_out(&mut self, effects: Vec<Effect>, out: &mut Outbox) {
        for effect in effects {
            match (effect, &mut self.role) {
                (Effect::PauseReplay(paused), Role::Replica(replica)) => replica.pause(paused, &mut self.core, out),
                (Effect::Promote, Role::Replica(_)) => out.outputs.push(Output::Promote),
                (Effect::PauseReplay(_) | Effect::Promote, Role::Primary(_) | Role::MysqlReplica(_)) => {}
                (Effect::Reload, _) => {
                    let slot = self.core.settings.primary_slot_name.clone();
                    self.core.configuration.reload(&mut self.core.settings);
                    self.slot_changed(slot.as_deref(), out);
                }
            }
        }
    }

    /// `ALTER SYSTEM …`.
    pub(super) fn alter_system(&mut self, session: &Session, text: &str) -> Result<(), SqlError> {
        if session.txn.as_ref().is_some_and(|txn| txn.explicit) {
            // PostgreSQL 15, PreventInTransactionBlock().
            return Err(SqlError::new("25001", "ALTER SYSTEM cannot run inside a transaction block"));
        }
        let flavor = self.core.flavor;
        let second = sql::Lexer::new(text, flavor).nth(1);
        let rest = second.and_then(|system| text.get(system.end()..)).unwrap_or_default();
        let Kind::Set(assignments) = sql::classify(rest, flavor).kind else {
            return Err(SqlError::new("42601", "syntax error in ALTER SYSTEM"));
        };
        for set in assignments {
            self.core.configuration.alter(&set.name, set.value.as_deref()).map_err(|error| refused(&error))?;
        }
        Ok(())
    }
}

/// The server's error for a setting.
pub(super) fn refused(error: &SettingError) -> SqlError {
    // MySQL's have numbers; these two are of SQLSTATE 42000 (`ER_WRONG_VALUE_FOR_VAR`, `ER_WRONG_TYPE_FOR_VAR`).
    let (code, number) = match error.code.parse::<u16>() {
        Ok(number @ (1231 | 1232)) => ("42000", number),
        Ok(number) if error.code.len() == 4 => ("HY000", number),
        _ => (error.code, 0),
    };
    SqlError {
        number,
        detail: error.detail.clone(),
        hint: error.hint.clone(),
        ..SqlError::new(code, error.message.clone())
    }
}

/// Runs a query on a database, with the facts that it asks for. `original` is as it was typed, `translated` in SQLite's
/// dialect. Also gives what its functions want done.
pub(super) fn query(
    database: &mut Database,
    original: &str,
    translated: &str,
    asked: Option<&Asked<'_>>,
    facts: Option<Arc<Facts>>,
) -> Result<(Outcome, Vec<Effect>), SqlError> {
    let flavor = database.flavor();
    let (Some(asked), Some(facts)) = (asked, facts) else {
        let mut outcome = database.query(translated)?;
        entitle(&mut outcome, original, None, flavor);
        return Ok((outcome, Vec::new()));
    };
    let text = with_views(database, translated, asked, &facts);
    database.set_facts(Some(facts));
    let result = database.query(&text);
    let effects = database.take_effects();
    database.set_facts(None);
    let mut outcome = result?;
    entitle(&mut outcome, original, Some(asked), flavor);
    Ok((outcome, effects))
}

/// A statement in SQLite's dialect with the views that it asks for.
pub(super) fn with_views(database: &mut Database, translated: &str, asked: &Asked<'_>, facts: &Facts) -> String {
    let tables = if asked.views.is_empty() { Vec::new() } else { database.tables() };
    let is_table = |name: &str| tables.iter().any(|table| table.eq_ignore_ascii_case(name));
    asked.with_views(translated, facts, database.flavor(), is_table)
}

/// Gives a result the titles that PostgreSQL would, and says booleans as it does.
fn entitle(outcome: &mut Outcome, original: &str, asked: Option<&Asked<'_>>, flavor: Flavor) {
    if flavor == Flavor::Mysql {
        // SQLite titles by what was written, too, unless something was said otherwise.
        if asked.is_some() || sql::may_mention(original) {
            Titles::as_written(original).apply(&mut outcome.columns);
        }
        return;
    }
    let views = asked.map_or(&[][..], |asked| &asked.views);
    outcome.booleans = Titles::read(original, views).apply(&mut outcome.columns);
    for row in &mut outcome.rows {
        for index in &outcome.booleans {
            if let Some(cell) = row.get_mut(*index)
                && let Some(number @ 0..=1) = cell.as_integer()
            {
                *cell = if number == 0 { "f" } else { "t" }.into();
            }
        }
    }
}

/// `SHOW …`; `text` is the whole statement, `name` what stands behind the verb.
pub(super) fn show(facts: &Facts, text: &str, name: &str, database: &mut Database) -> Result<Outcome, SqlError> {
    if database.flavor() == Flavor::Mysql {
        return show_mysql::show(text, facts, database);
    }
    let outcome = |columns: &[&str], rows| Outcome {
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        rows,
        ..Outcome::default()
    };
    if name.eq_ignore_ascii_case("all") {
        let rows = facts.all_settings().into_iter();
        let rows = rows.map(|(name, value, doc)| vec![name.into(), value.as_str().into(), doc.into()]).collect();
        return Ok(outcome(&["name", "setting", "description"], rows));
    }
    let value = facts.setting(name).map_err(|error| refused(&error))?;
    // PostgreSQL titles the column by the setting's own name.
    Ok(outcome(&[&name.to_ascii_lowercase()], vec![vec![value.as_str().into()]]))
}

/// When the last transaction that ends by `to` was committed on its primary.
fn last_commit(core: &Core, to: Lsn) -> Option<SimTime> {
    // As a rule it is among the last records; a transaction may be longer.
    let last_from = |start: Lsn| core.log.commits(start, to).last();
    let found = last_from(core.log.tail_start(to, 64)).or_else(|| last_from(core.log.start()));
    found.map(|(commit, _)| commit.at)
}
