//! Configuration files: `postgresql.conf` and `my.cnf`, read as the servers read them, and written.
//!
//! | | `postgresql.conf` | `my.cnf` |
//! |---|---|---|
//! | a setting | `name = 'value'`, `name value` | `name = value`, `name` (on), `skip-name` (off) |
//! | comments | `# …` | `# …`, `; …` |
//! | names | in upper or lower case | `-` for `_`, `loose_`, `enable_`, `disable_` before them |
//! | which lines | all | those below `[mysqld]`, `[server]` and `[mysqld-8.4]` |
//!
//! PostgreSQL: `guc-file.l` of version 15. MySQL: 8.4 Reference Manual, 6.2.2.2 Using Option Files, and 6.2.2.4.

mod mysql;
mod postgresql;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use super::{Context, Settings, Spec, nearest, registry};
use crate::engine::flavor::Flavor;
use crate::order::Arrange;

/// A setting that a file gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The line, from 1.
    pub line: usize,
    /// The setting's real name.
    pub name: &'static str,
    /// The value, as the setting takes it.
    pub value: String,
}

/// A line that gives no setting, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The line, from 1.
    pub line: usize,
    /// Why.
    pub text: String,
}

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Settings that are modelled, each once, with the value that counts: the last.
    pub entries: Vec<Entry>,
    /// What is well formed and not modelled.
    pub others: Vec<Remark>,
    /// What the server would refuse, in its words.
    pub problems: Vec<Remark>,
}

/// One line, taken apart.
struct Raw {
    line: usize,
    name: String,
    value: Value,
}

/// What stands behind a name.
enum Value {
    Given(String),
    /// Nothing: a switch that is on.
    Bare,
    /// The name says that it is off: `skip-name`.
    Off,
}

/// Reads a file. No text makes it panic.
#[must_use]
pub fn read(text: &str, flavor: Flavor) -> File {
    let mut file = File::default();
    let lines = match flavor {
        Flavor::Postgresql => postgresql::lines(text, &mut file),
        Flavor::Mysql => mysql::lines(text, &mut file),
    };
    let mut trial = Settings::defaults(flavor);
    for Raw { line, name, value } in lines {
        let Ok(spec) = Spec::find(flavor, &name) else {
            let meant = nearest(&name, registry(flavor).iter().map(|spec| spec.name));
            let meant = meant.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
            file.others.push(Remark { line, text: format!("{name} is not modelled{meant}") });
            continue;
        };
        match take(spec, value, &mut trial) {
            Ok(value) => {
                file.entries.retain(|entry| entry.name != spec.name);
                file.entries.push(Entry { line, name: spec.name, value });
            }
            Err(text) => file.problems.push(Remark { line, text }),
        }
    }
    file.problems.arrange_by_key(|problem| problem.line);
    file
}

fn take(spec: &Spec, value: Value, trial: &mut Settings) -> Result<String, String> {
    let name = spec.name;
    match spec.context {
        // PostgreSQL 15, guc.c, set_config_option().
        Context::Creation => return Err(format!("parameter \"{name}\" cannot be changed")),
        Context::ChangeSource => {
            return Err(format!("{name} is said with CHANGE REPLICATION SOURCE TO, and not in a file"));
        }
        _ => {}
    }
    let value = match (value, spec.is_switch()) {
        (Value::Given(value), _) => value,
        (Value::Bare, true) => "ON".to_owned(),
        (Value::Off, true) => "OFF".to_owned(),
        (Value::Bare, false) => return Err(format!("option '--{}' requires an argument", name.replace('_', "-"))),
        (Value::Off, false) => return Err(format!("unknown option '--skip-{}'", name.replace('_', "-"))),
    };
    spec.write(trial, &value).map_err(|error| error.to_string())?;
    Ok(value)
}

/// Writes the settings in which `settings` differ from `base`, as lines of a file. What a file cannot say is a comment.
#[must_use]
pub fn write(settings: &Settings, base: &Settings) -> String {
    let flavor = settings.flavor();
    let mut text = String::new();
    for spec in registry(flavor) {
        let value = spec.read(settings);
        if value == spec.read(base) {
            continue;
        }
        let line = match (flavor, spec.context) {
            (Flavor::Postgresql, Context::Creation) => format!("# {} = {value}: initdb's, not a file's", spec.name),
            (Flavor::Mysql, Context::ChangeSource) => {
                format!("# CHANGE REPLICATION SOURCE TO {} = {value}", spec.name.to_ascii_uppercase())
            }
            (Flavor::Postgresql, _) => format!("{} = {}", spec.name, postgresql::quoted(&value)),
            (Flavor::Mysql, _) => format!("{} = {value}", spec.name),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}
