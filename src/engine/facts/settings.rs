//! Settings as a server shows them: `SHOW`, `current_setting()`, `pg_settings`.

use super::view::{maybe, text};
use super::{Facts, POSTGRESQL_VERSION};
use crate::engine::flavor::Flavor;
use crate::engine::settings::{Context, Kind, SettingError, Spec, Unit, registry};
use crate::engine::storage::Value;
use crate::order::Arrange;

/// What a server can say of itself beside the settings that can be changed: name and description, in PostgreSQL's words.
const PRESET: &[(&str, &str)] = &[
    ("cluster_name", "Sets the name of the cluster, which is included in the process title."),
    ("in_hot_standby", "Shows whether hot standby is currently active."),
    ("port", "Sets the TCP port the server listens on."),
    ("primary_conninfo", "Sets the connection string to be used to connect to the sending server."),
    ("server_version", "Shows the server version."),
    ("server_version_num", "Shows the server version as an integer."),
    ("transaction_isolation", "Sets the current transaction's isolation level."),
    ("transaction_read_only", "Sets the current transaction's read-only status."),
    ("wal_level", "Sets the level of information written to the WAL."),
];

fn preset(facts: &Facts, name: &str) -> Option<String> {
    let on_off = |on: bool| if on { "on" } else { "off" }.to_owned();
    Some(match name {
        "cluster_name" => facts.name.to_string(),
        "in_hot_standby" | "transaction_read_only" => on_off(facts.in_recovery),
        "port" => Facts::port(Flavor::Postgresql).to_string(),
        "primary_conninfo" => conninfo(facts).unwrap_or_default(),
        "server_version" => POSTGRESQL_VERSION.to_owned(),
        "server_version_num" => version_number(),
        "transaction_isolation" => "read committed".to_owned(),
        "wal_level" => "replica".to_owned(),
        _ => return None,
    })
}

/// `15.18` is 150018.
fn version_number() -> String {
    let (major, minor) = POSTGRESQL_VERSION.split_once('.').unwrap_or((POSTGRESQL_VERSION, "0"));
    format!("{major}{:0>4}", minor)
}

/// What a standby connects with.
pub(super) fn conninfo(facts: &Facts) -> Option<String> {
    let host = facts.upstream.as_ref()?;
    Some(format!("user=postgres host={host} port={} application_name={}", Facts::port(Flavor::Postgresql), facts.name))
}

/// A setting as `SHOW` prints it.
pub(super) fn value(facts: &Facts, name: &str) -> Result<String, SettingError> {
    let flavor = facts.settings.flavor();
    if flavor == Flavor::Postgresql
        && let Some(value) = preset(facts, &name.to_ascii_lowercase())
    {
        return Ok(value);
    }
    Spec::find(flavor, name).map(|spec| spec.read(&facts.settings))
}

/// Every setting in the order of names: name, value, description.
pub(super) fn all(facts: &Facts) -> Vec<(&'static str, String, &'static str)> {
    let flavor = facts.settings.flavor();
    let modelled = registry(flavor).iter().map(|spec| (spec.name, spec.read(&facts.settings), spec.doc));
    let presets = PRESET.iter().filter(|_| flavor == Flavor::Postgresql);
    let presets = presets.filter_map(|(name, doc)| Some((*name, preset(facts, name)?, *doc)));
    let mut all: Vec<_> = modelled.chain(presets).collect();
    all.arrange_by_key(|(name, ..)| *name);
    all
}

/// The heading of a setting in PostgreSQL's documentation and `pg_settings`.
fn category(name: &str) -> &'static str {
    match name {
        "synchronous_commit" | "wal_writer_delay" => "Write-Ahead Log / Settings",
        "checkpoint_timeout" | "max_wal_size" | "min_wal_size" => "Write-Ahead Log / Checkpoints",
        "wal_segment_size" => "Preset Options",
        "synchronous_standby_names" => "Replication / Primary Server",
        "cluster_name" => "Reporting and Logging / Process Title",
        "statement_timeout" | "lock_timeout" => "Client Connection Defaults / Statement Behavior",
        "wal_keep_size" | "max_slot_wal_keep_size" | "wal_sender_timeout" | "max_replication_slots" => {
            "Replication / Sending Servers"
        }
        _ => "Replication / Standby Servers",
    }
}

/// A row of `pg_settings`.
pub(super) fn row(spec: &Spec, facts: &Facts) -> Vec<Value> {
    // Numbers are shown in the setting's own unit here, and not in the largest that fits as `SHOW` does.
    let plain = |settings| match spec.kind {
        Kind::Integer { get, .. } => get(settings).to_string(),
        _ => spec.read(settings),
    };
    let defaults = crate::engine::settings::Settings::defaults(Flavor::Postgresql);
    let (unit, vartype, range, words) = match spec.kind {
        Kind::Bool { .. } => (Unit::None, "bool", None, None),
        Kind::Integer { unit, min, max, .. } => (unit, "integer", Some((min, max)), None),
        Kind::Enum { words, .. } => (Unit::None, "enum", None, Some(format!("{{{}}}", words.join(",")))),
        Kind::Name { .. } | Kind::StandbyNames | Kind::SlotName { .. } => (Unit::None, "string", None, None),
    };
    let context = match spec.context {
        Context::Session => "user",
        Context::Reload => "sighup",
        Context::Restart => "postmaster",
        Context::Creation => "internal",
        Context::ChangeSource => "",
    };
    let configured = plain(&facts.configured);
    let in_force = plain(&facts.settings);
    let boot = plain(&defaults);
    let source = if in_force == boot { "default" } else { "configuration file" };
    let pending = spec.context == Context::Restart && configured != in_force;
    vec![
        text(spec.name),
        text(&in_force),
        maybe((unit != Unit::None).then(|| unit.name())),
        text(category(spec.name)),
        text(spec.doc),
        Value::Null,
        text(context),
        text(vartype),
        text(source),
        maybe(range.map(|(min, _)| min)),
        maybe(range.map(|(_, max)| max)),
        maybe(words),
        text(boot),
        text(&in_force),
        Value::Null,
        Value::Null,
        Value::Integer(i64::from(pending)),
    ]
}
