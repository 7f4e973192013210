//! MySQL's variables, status variables and `SHOW`s, with the names and columns of version 8.4.
//!
//! Sources: MySQL 8.4 Reference Manual, 7.1.8 Server System Variables, 19.1.6, and 15.7.7 SHOW Statements.

use std::sync::Arc;

use super::Facts;
use super::format::datetime;
use crate::engine::commit::semi_sync::SemiSyncStatus;
use crate::engine::gtid::{GtidSet, Uuid, server_uuid};
use crate::engine::ids::NodeId;
use crate::engine::settings::{Context, Kind, registry};
use crate::engine::storage::{SqlError, Value};
use crate::engine::time::SimTime;
use crate::order::Arrange;

/// What only a MySQL server knows of itself.
#[derive(Clone, Debug)]
pub struct MysqlFacts {
    /// `@@server_uuid`.
    pub uuid: Uuid,
    /// `@@gtid_executed`.
    pub executed: GtidSet,
    /// `@@gtid_purged`.
    pub purged: GtidSet,
    /// The binary log's files, oldest first, with their sizes in bytes.
    pub files: Vec<(String, u64)>,
    /// The newest file and the position at which the next event will stand.
    pub position: (String, u64),
    /// The channel, on a replica.
    pub channel: Option<ChannelFacts>,
    /// The replicas that are connected, with their names.
    pub replicas: Vec<(NodeId, Arc<str>)>,
    /// The counters of semi-synchronous replication.
    pub semi_sync: SemiSyncStatus,
    /// Whether this server acknowledges to its source now.
    pub acknowledges: bool,
    /// `gtid_next` of the asking session.
    pub gtid_next: String,
}

/// A replication channel, as `SHOW REPLICA STATUS` has it.
#[derive(Clone, Debug)]
pub struct ChannelFacts {
    /// The source.
    pub source: NodeId,
    /// Its name.
    pub host: Arc<str>,
    /// Its `server_uuid`, once it was heard.
    pub uuid: Option<Uuid>,
    /// `Replica_IO_Running`.
    pub io_running: &'static str,
    /// Whether the applier runs.
    pub sql_running: bool,
    /// Whether the applier has something to do.
    pub applying: bool,
    /// `Source_Log_File` and `Read_Source_Log_Pos`.
    pub read: (String, u64),
    /// `Relay_Source_Log_File` and `Exec_Source_Log_Pos`.
    pub executed: (String, u64),
    /// `Seconds_Behind_Source`.
    pub behind_s: Option<u64>,
    /// `Last_IO_Error`: its number, text and time.
    pub io_error: Option<(u16, Arc<str>, SimTime)>,
    /// `Last_SQL_Error`: its number, text and time.
    pub sql_error: Option<(u16, Arc<str>, SimTime)>,
    /// `SQL_Remaining_Delay`, while the applier waits for one.
    pub remaining_delay_s: Option<u64>,
    /// Bytes in the relay log that are not applied.
    pub relay_bytes: u64,
    /// `Retrieved_Gtid_Set`.
    pub retrieved: GtidSet,
}

/// Which sessions a variable belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Global,
    Both,
    Session,
}

/// One variable.
struct Variable {
    name: &'static str,
    reach: Reach,
    /// As `SELECT @@name` gives it.
    value: Value,
    /// As `SHOW VARIABLES` prints it.
    shown: String,
}

fn word(name: &'static str, reach: Reach, value: impl Into<String>) -> Variable {
    let shown = value.into();
    Variable { name, reach, value: shown.as_str().into(), shown }
}

fn number(name: &'static str, reach: Reach, value: i64) -> Variable {
    Variable { name, reach, value: value.into(), shown: value.to_string() }
}

fn switch(name: &'static str, reach: Reach, on: bool) -> Variable {
    Variable { name, reach, value: i64::from(on).into(), shown: if on { "ON" } else { "OFF" }.to_owned() }
}

/// Every variable, in the order of names.
fn variables(facts: &Facts) -> Vec<Variable> {
    use Reach::{Both, Global, Session};
    let mut all: Vec<Variable> = registry(crate::engine::flavor::Flavor::Mysql)
        .iter()
        .filter(|spec| spec.context != Context::ChangeSource)
        .map(|spec| {
            let reach = if spec.context == Context::Session { Both } else { Global };
            match spec.kind {
                Kind::Bool { get, .. } => switch(spec.name, reach, get(&facts.settings)),
                Kind::Integer { get, .. } => number(spec.name, reach, get(&facts.settings)),
                Kind::Enum { get, .. } => word(spec.name, reach, get(&facts.settings)),
                _ => word(spec.name, reach, spec.read(&facts.settings)),
            }
        })
        .collect();
    all.extend([
        switch("autocommit", Both, true),
        switch("enforce_gtid_consistency", Global, true),
        word("gtid_mode", Global, "ON"),
        word("hostname", Global, &*facts.name),
        switch("log_bin", Global, true),
        switch("log_replica_updates", Global, true),
        number("port", Global, Facts::port(facts.settings.flavor())),
        number("server_id", Global, server_id(facts.id)),
        word("version", Global, super::MYSQL_VERSION),
        word("version_comment", Global, "Replication Lab"),
    ]);
    if let Some(mysql) = &facts.mysql {
        all.extend([
            word("gtid_executed", Global, mysql.executed.to_string()),
            word("gtid_next", Session, mysql.gtid_next.clone()),
            word("gtid_purged", Global, mysql.purged.to_string()),
            word("server_uuid", Global, mysql.uuid.to_string()),
        ]);
    }
    all.arrange_by_key(|variable| variable.name);
    all
}

/// `server_id`: the node's number from 1.
fn server_id(node: NodeId) -> i64 {
    i64::from(node.0) + 1
}

/// `@@name`, `@@global.name`, `@@session.name`.
///
/// # Errors
/// 1193 for a name that is not known, 1238 for one that has no value in that scope.
pub fn variable(facts: &Facts, scope: &str, name: &str) -> Result<Value, SqlError> {
    let found = variables(facts).into_iter().find(|variable| variable.name.eq_ignore_ascii_case(name));
    let error = |number, text: String| SqlError { number, ..SqlError::new("HY000", text) };
    let found = found.ok_or_else(|| error(1193, format!("Unknown system variable '{name}'")))?;
    match (scope, found.reach) {
        ("session" | "local", Reach::Global) => Err(error(1238, format!("Variable '{name}' is a GLOBAL variable"))),
        ("global", Reach::Session) => Err(error(1238, format!("Variable '{name}' is a SESSION variable"))),
        _ => Ok(found.value),
    }
}

type Rows = Vec<Vec<Value>>;

/// `SHOW VARIABLES`: what the session has, or with `GLOBAL` the server.
#[must_use]
pub fn show_variables(facts: &Facts, global: bool) -> Rows {
    let shown = variables(facts).into_iter().filter(|variable| !(global && variable.reach == Reach::Session));
    shown.map(|variable| vec![variable.name.into(), variable.shown.as_str().into()]).collect()
}

/// `SHOW STATUS`: what is counted here.
#[must_use]
pub fn show_status(facts: &Facts) -> Rows {
    let mut rows: Vec<(&'static str, String)> = Vec::new();
    if let Some(mysql) = &facts.mysql {
        let acknowledges = if mysql.acknowledges { "ON" } else { "OFF" };
        rows.push(("Rpl_semi_sync_replica_status", acknowledges.to_owned()));
        rows.extend(mysql.semi_sync.variables());
    }
    rows.push(("Uptime", (facts.now.since(facts.started_at) / 1_000_000).to_string()));
    rows.into_iter().map(|(name, value)| vec![name.into(), value.as_str().into()]).collect()
}

/// A table that a `SHOW` gives: its columns and rows.
pub type Shown = (&'static [&'static str], Rows);

/// `SHOW BINARY LOGS`.
#[must_use]
pub fn show_binary_logs(facts: &Facts) -> Shown {
    let files = facts.mysql.iter().flat_map(|mysql| &mysql.files);
    let rows = files.map(|(name, bytes)| vec![name.as_str().into(), integer(*bytes), "No".into()]).collect();
    (&["Log_name", "File_size", "Encrypted"], rows)
}

/// `SHOW BINARY LOG STATUS`.
#[must_use]
pub fn show_binary_log_status(facts: &Facts) -> Shown {
    let row = |mysql: &MysqlFacts| {
        let (file, position) = &mysql.position;
        let executed = mysql.executed.to_string();
        vec![file.as_str().into(), integer(*position), "".into(), "".into(), executed.as_str().into()]
    };
    let columns = &["File", "Position", "Binlog_Do_DB", "Binlog_Ignore_DB", "Executed_Gtid_Set"];
    (columns, facts.mysql.iter().map(row).collect())
}

/// `SHOW REPLICAS`.
#[must_use]
pub fn show_replicas(facts: &Facts) -> Shown {
    let replicas = facts.mysql.iter().flat_map(|mysql| &mysql.replicas);
    let row = |(node, name): &(NodeId, Arc<str>)| {
        vec![
            server_id(*node).into(),
            (&**name).into(),
            Facts::port(facts.settings.flavor()).into(),
            server_id(facts.id).into(),
            server_uuid(*node).to_string().as_str().into(),
        ]
    };
    (&["Server_Id", "Host", "Port", "Source_Id", "Replica_UUID"], replicas.map(row).collect())
}

fn integer(value: u64) -> Value {
    i64::try_from(value).unwrap_or(i64::MAX).into()
}

/// The columns of `SHOW REPLICA STATUS`, in its order.
pub const REPLICA_STATUS: &[&str] = &[
    "Replica_IO_State",
    "Source_Host",
    "Source_User",
    "Source_Port",
    "Connect_Retry",
    "Source_Log_File",
    "Read_Source_Log_Pos",
    "Relay_Log_File",
    "Relay_Log_Pos",
    "Relay_Source_Log_File",
    "Replica_IO_Running",
    "Replica_SQL_Running",
    "Replicate_Do_DB",
    "Replicate_Ignore_DB",
    "Replicate_Do_Table",
    "Replicate_Ignore_Table",
    "Replicate_Wild_Do_Table",
    "Replicate_Wild_Ignore_Table",
    "Last_Errno",
    "Last_Error",
    "Skip_Counter",
    "Exec_Source_Log_Pos",
    "Relay_Log_Space",
    "Until_Condition",
    "Until_Log_File",
    "Until_Log_Pos",
    "Source_SSL_Allowed",
    "Source_SSL_CA_File",
    "Source_SSL_CA_Path",
    "Source_SSL_Cert",
    "Source_SSL_Cipher",
    "Source_SSL_Key",
    "Seconds_Behind_Source",
    "Source_SSL_Verify_Server_Cert",
    "Last_IO_Errno",
    "Last_IO_Error",
    "Last_SQL_Errno",
    "Last_SQL_Error",
    "Replicate_Ignore_Server_Ids",
    "Source_Server_Id",
    "Source_UUID",
    "Source_Info_File",
    "SQL_Delay",
    "SQL_Remaining_Delay",
    "Replica_SQL_Running_State",
    "Source_Retry_Count",
    "Source_Bind",
    "Last_IO_Error_Timestamp",
    "Last_SQL_Error_Timestamp",
    "Source_SSL_Crl",
    "Source_SSL_Crlpath",
    "Retrieved_Gtid_Set",
    "Executed_Gtid_Set",
    "Auto_Position",
    "Replicate_Rewrite_DB",
    "Channel_Name",
    "Source_TLS_Version",
    "Source_public_key_path",
    "Get_Source_public_key",
    "Network_Namespace",
];

/// `SHOW REPLICA STATUS`: a row on a replica, none elsewhere. What is not modelled (filters, TLS, positions in the relay
/// log) has the value that it has where it is not used.
#[must_use]
pub fn show_replica_status(facts: &Facts) -> Shown {
    let rows = facts.mysql.iter().filter_map(|mysql| Some((mysql, mysql.channel.as_ref()?)));
    (REPLICA_STATUS, rows.map(|(mysql, channel)| replica_status(facts, mysql, channel)).collect())
}

fn replica_status(facts: &Facts, mysql: &MysqlFacts, channel: &ChannelFacts) -> Vec<Value> {
    let settings = &facts.settings.mysql;
    let text = |text: &str| Value::from(text);
    let error = |error: &Option<(u16, Arc<str>, SimTime)>| match error {
        Some((number, words, at)) => {
            (Value::from(i64::from(*number)), Value::from(&**words), Value::from(short_time(*at).as_str()))
        }
        None => (Value::from(0), Value::from(""), Value::from("")),
    };
    let (io_number, io_text, io_at) = error(&channel.io_error);
    let (sql_number, sql_text, sql_at) = error(&channel.sql_error);
    let io_state = match channel.io_running {
        "Yes" => "Waiting for source to send event",
        "Connecting" => "Connecting to source",
        _ => "",
    };
    let sql_state = match () {
        () if !channel.sql_running => "",
        () if channel.remaining_delay_s.is_some() => "Waiting until SOURCE_DELAY seconds after source executed event",
        () if channel.applying => "Applying batch of row changes (write)",
        () => "Replica has read all relay log; waiting for more updates",
    };
    let known: &[(&str, Value)] = &[
        ("Replica_IO_State", text(io_state)),
        ("Source_Host", text(&channel.host)),
        ("Source_User", text("repl")),
        ("Source_Port", Facts::port(facts.settings.flavor()).into()),
        ("Connect_Retry", integer(settings.source_connect_retry_us / 1_000_000)),
        ("Source_Log_File", text(&channel.read.0)),
        ("Read_Source_Log_Pos", integer(channel.read.1)),
        ("Relay_Log_Pos", 0.into()),
        ("Relay_Log_Space", integer(channel.relay_bytes)),
        ("Relay_Source_Log_File", text(&channel.executed.0)),
        ("Replica_IO_Running", text(channel.io_running)),
        ("Replica_SQL_Running", text(if channel.sql_running { "Yes" } else { "No" })),
        // `Last_Errno` and `Last_Error` are those of the applier.
        ("Last_Errno", sql_number.clone()),
        ("Last_Error", sql_text.clone()),
        ("Skip_Counter", 0.into()),
        ("Exec_Source_Log_Pos", integer(channel.executed.1)),
        ("Until_Condition", text("None")),
        ("Until_Log_Pos", 0.into()),
        ("Source_SSL_Allowed", text("No")),
        ("Seconds_Behind_Source", channel.behind_s.map_or(Value::Null, integer)),
        ("Source_SSL_Verify_Server_Cert", text("No")),
        ("Last_IO_Errno", io_number),
        ("Last_IO_Error", io_text),
        ("Last_SQL_Errno", sql_number),
        ("Last_SQL_Error", sql_text),
        ("Source_Server_Id", channel.uuid.map_or(0, |_| server_id(channel.source)).into()),
        ("Source_UUID", channel.uuid.map_or_else(|| text(""), |uuid| uuid.to_string().as_str().into())),
        ("Source_Info_File", text("mysql.slave_master_info")),
        ("SQL_Delay", integer(settings.source_delay_us / 1_000_000)),
        ("SQL_Remaining_Delay", channel.remaining_delay_s.map_or(Value::Null, integer)),
        ("Replica_SQL_Running_State", text(sql_state)),
        ("Source_Retry_Count", i64::from(settings.source_retry_count).into()),
        ("Last_IO_Error_Timestamp", io_at),
        ("Last_SQL_Error_Timestamp", sql_at),
        ("Retrieved_Gtid_Set", channel.retrieved.to_string().as_str().into()),
        ("Executed_Gtid_Set", mysql.executed.to_string().as_str().into()),
        ("Auto_Position", 1.into()),
        ("Get_Source_public_key", 0.into()),
    ];
    let value = |column: &&str| known.iter().find(|(name, _)| name == column).map_or(text(""), |(_, v)| v.clone());
    REPLICA_STATUS.iter().map(value).collect()
}

/// `260101 00:00:05`, as error timestamps are printed.
fn short_time(at: SimTime) -> String {
    datetime(at).chars().skip(2).filter(|character| *character != '-').collect()
}
