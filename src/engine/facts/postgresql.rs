//! PostgreSQL's views, with the columns of version 15 in its order (read from a 15.18 server:
//! `tests/data/postgresql-15-mirror.txt`).

use super::format::{interval, timestamptz};
use super::settings;
use super::view::ColumnKind::{Boolean, Interval, Lsn as Position, Plain, Timestamp};
use super::view::{View, maybe, text};
use super::{Facts, ReceiverFacts, SenderFacts, SlotFacts};
use crate::engine::flavor::Flavor;
use crate::engine::log::Lsn;
use crate::engine::settings::registry;
use crate::engine::storage::Value;
use crate::order::Arrange;

/// The user whom everybody connects as.
const USER: &str = "postgres";
/// The object identifier of that user: that of the one who ran `initdb`.
const USER_ID: i64 = 10;

pub(super) const VIEWS: &[View] = &[
    View {
        name: "pg_stat_replication",
        columns: &[
            ("pid", Plain),
            ("usesysid", Plain),
            ("usename", Plain),
            ("application_name", Plain),
            ("client_addr", Plain),
            ("client_hostname", Plain),
            ("client_port", Plain),
            ("backend_start", Timestamp),
            ("backend_xmin", Plain),
            ("state", Plain),
            ("sent_lsn", Position),
            ("write_lsn", Position),
            ("flush_lsn", Position),
            ("replay_lsn", Position),
            ("write_lag", Interval),
            ("flush_lag", Interval),
            ("replay_lag", Interval),
            ("sync_priority", Plain),
            ("sync_state", Plain),
            ("reply_time", Timestamp),
        ],
        rows: |facts| facts.senders.iter().map(sender).collect(),
    },
    View {
        name: "pg_stat_wal_receiver",
        columns: &[
            ("pid", Plain),
            ("status", Plain),
            ("receive_start_lsn", Position),
            ("receive_start_tli", Plain),
            ("written_lsn", Position),
            ("flushed_lsn", Position),
            ("received_tli", Plain),
            ("last_msg_send_time", Timestamp),
            ("last_msg_receipt_time", Timestamp),
            ("latest_end_lsn", Position),
            ("latest_end_time", Timestamp),
            ("slot_name", Plain),
            ("sender_host", Plain),
            ("sender_port", Plain),
            ("conninfo", Plain),
        ],
        rows: |facts| facts.receiver.iter().map(|receiver| receiver_row(receiver, facts)).collect(),
    },
    View {
        name: "pg_replication_slots",
        columns: &[
            ("slot_name", Plain),
            ("plugin", Plain),
            ("slot_type", Plain),
            ("datoid", Plain),
            ("database", Plain),
            ("temporary", Boolean),
            ("active", Boolean),
            ("active_pid", Plain),
            ("xmin", Plain),
            ("catalog_xmin", Plain),
            ("restart_lsn", Position),
            ("confirmed_flush_lsn", Position),
            ("wal_status", Plain),
            ("safe_wal_size", Plain),
            ("two_phase", Boolean),
        ],
        rows: |facts| facts.slots.iter().map(slot).collect(),
    },
    View {
        name: "pg_settings",
        columns: &[
            ("name", Plain),
            ("setting", Plain),
            ("unit", Plain),
            ("category", Plain),
            ("short_desc", Plain),
            ("extra_desc", Plain),
            ("context", Plain),
            ("vartype", Plain),
            ("source", Plain),
            ("min_val", Plain),
            ("max_val", Plain),
            ("enumvals", Plain),
            ("boot_val", Plain),
            ("reset_val", Plain),
            ("sourcefile", Plain),
            ("sourceline", Plain),
            ("pending_restart", Boolean),
        ],
        rows: |facts| {
            let mut specs: Vec<_> = registry(Flavor::Postgresql).iter().collect();
            specs.arrange_by_key(|spec| spec.name);
            specs.into_iter().map(|spec| settings::row(spec, facts)).collect()
        },
    },
];

/// A position that was never reported is NULL, as in the server.
fn position(lsn: Lsn) -> Value {
    maybe((lsn != Lsn::ZERO).then_some(lsn))
}

fn sender(s: &SenderFacts) -> Vec<Value> {
    let lag = |us: Option<u64>| maybe(us.map(|us| interval(us.cast_signed())));
    vec![
        Value::Integer(Facts::pid(s.conn)),
        Value::Integer(USER_ID),
        text(USER),
        text(&s.application_name),
        text(Facts::address(s.standby)),
        Value::Null,
        Value::Integer(Facts::client_port(s.conn)),
        text(timestamptz(s.started_at)),
        Value::Null,
        text(s.state),
        position(s.sent),
        position(s.positions.write),
        position(s.positions.flush),
        position(s.positions.apply),
        lag(s.lag_us[0]),
        lag(s.lag_us[1]),
        lag(s.lag_us[2]),
        Value::Integer(i64::from(s.sync_priority)),
        text(s.sync_state),
        maybe(s.reply_at.map(timestamptz)),
    ]
}

fn receiver_row(r: &ReceiverFacts, facts: &Facts) -> Vec<Value> {
    let host = facts.upstream.as_deref().unwrap_or_default();
    let port = Facts::port(Flavor::Postgresql);
    vec![
        Value::Integer(Facts::pid(r.conn)),
        text("streaming"),
        position(r.started.0),
        Value::Integer(i64::from(r.started.1.0)),
        position(facts.written),
        position(facts.flushed),
        Value::Integer(i64::from(facts.timeline.0)),
        maybe(r.last_message.map(|(sent, _)| timestamptz(sent))),
        maybe(r.last_message.map(|(_, came)| timestamptz(came))),
        maybe(r.latest_end.map(|(lsn, _)| lsn)),
        maybe(r.latest_end.map(|(_, at)| timestamptz(at))),
        maybe(r.slot_name.as_deref()),
        text(host),
        Value::Integer(port),
        text(settings::conninfo(facts).unwrap_or_default()),
    ]
}

fn slot(s: &SlotFacts) -> Vec<Value> {
    vec![
        text(&s.name),
        Value::Null,
        text("physical"),
        Value::Null,
        Value::Null,
        Value::Integer(i64::from(s.temporary)),
        Value::Integer(i64::from(s.active_pid.is_some())),
        s.active_pid.map_or(Value::Null, Value::Integer),
        Value::Null,
        Value::Null,
        maybe(s.restart_lsn),
        Value::Null,
        maybe(s.wal_status),
        s.safe_wal_size.map_or(Value::Null, Value::Integer),
        Value::Integer(0),
    ]
}
