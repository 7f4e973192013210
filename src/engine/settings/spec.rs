//! One row of the table of settings, and how values go in and out by it.

use super::super::flavor::Flavor;
use super::{NumberError, SettingError, Settings, Unit, mysql, postgresql};

/// Who may change a setting, and when it takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Any session for itself, and the configuration for all (PostgreSQL's `user`; MySQL's `GLOBAL` and `SESSION`).
    Session,
    /// The configuration, on a reload (PostgreSQL's `sighup`; MySQL's dynamic `GLOBAL`).
    Reload,
    /// The configuration, on a restart.
    Restart,
    /// Only when the cluster is made (`initdb`).
    Creation,
    /// `CHANGE REPLICATION SOURCE TO` on a replica.
    ChangeSource,
}

/// What values a setting takes, and where they go.
#[derive(Clone, Copy)]
pub enum Kind {
    /// On or off.
    Bool {
        /// Reads the field.
        get: fn(&Settings) -> bool,
        /// Writes the field.
        set: fn(&mut Settings, bool),
    },
    /// A whole number, in `unit` where none is given.
    Integer {
        /// What it counts.
        unit: Unit,
        /// The least value.
        min: i64,
        /// The greatest value.
        max: i64,
        /// Reads the field.
        get: fn(&Settings) -> i64,
        /// Writes the field.
        set: fn(&mut Settings, i64),
    },
    /// One of a few words.
    Enum {
        /// The words that the server names in its hint, in its order.
        words: &'static [&'static str],
        /// Reads the field.
        get: fn(&Settings) -> &'static str,
        /// Writes the field; `false` when the text is none of the words.
        set: fn(&mut Settings, &str) -> bool,
    },
    /// A name, in which the server replaces what is not printable ASCII by `?`.
    Name {
        /// Reads the field.
        get: fn(&Settings) -> &str,
        /// Writes the field.
        set: fn(&mut Settings, String),
    },
    /// `synchronous_standby_names`.
    StandbyNames,
    /// The name of a replication slot, or empty for none.
    SlotName {
        /// Reads the field.
        get: fn(&Settings) -> &str,
        /// Writes the field.
        set: fn(&mut Settings, Option<&str>),
    },
}

/// One setting.
pub struct Spec {
    /// Whose setting it is.
    pub flavor: Flavor,
    /// The real name.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub doc: &'static str,
    /// Where the real system documents it.
    pub source: &'static str,
    /// Who may change it.
    pub context: Context,
    /// The real default.
    pub default: &'static str,
    /// Its values.
    pub kind: Kind,
}

/// The settings that are modelled for a flavor, in the order in which documentation groups them.
#[must_use]
pub fn registry(flavor: Flavor) -> &'static [Spec] {
    match flavor {
        Flavor::Postgresql => postgresql::TABLE,
        Flavor::Mysql => mysql::TABLE,
    }
}

/// The name of `names` that is nearest to `wanted`, if any is near enough to be what was meant.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Long texts cannot be near, and comparing them costs the product of the lengths.
    if wanted.len() > 64 {
        return None;
    }
    let wanted = wanted.to_ascii_lowercase();
    let limit = (wanted.chars().count() / 3).max(1);
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&wanted, &name.to_ascii_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

impl Spec {
    /// The setting of this name, in upper or lower case.
    ///
    /// # Errors
    /// The server's error for a name it does not know.
    pub fn find(flavor: Flavor, name: &str) -> Result<&'static Spec, SettingError> {
        let specs = registry(flavor);
        specs.iter().find(|spec| spec.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
            let mut error = match flavor {
                Flavor::Postgresql => {
                    SettingError::new("42704", format!("unrecognized configuration parameter \"{name}\""))
                }
                Flavor::Mysql => SettingError::new("1193", format!("Unknown system variable '{name}'")),
            };
            error.suggestion = nearest(name, specs.iter().map(|spec| spec.name));
            error
        })
    }

    /// Whether a session may `SET` it for itself.
    ///
    /// # Errors
    /// The server's error for a setting of the whole server: PostgreSQL's of `set_config_option` in guc.c of version 15, or
    /// MySQL's ER_GLOBAL_VARIABLE.
    pub fn settable_in_session(&self) -> Result<(), SettingError> {
        let how = match (self.flavor, self.context) {
            (_, Context::Session) => return Ok(()),
            (Flavor::Mysql, _) => {
                let name = self.name;
                let message = format!("Variable '{name}' is a GLOBAL variable and should be set with SET GLOBAL");
                return Err(SettingError::new("1229", message));
            }
            (_, Context::Reload | Context::ChangeSource) => " now",
            (_, Context::Restart) => " without restarting the server",
            (_, Context::Creation) => "",
        };
        Err(SettingError::new("55P02", format!("parameter \"{}\" cannot be changed{how}", self.name)))
    }

    /// Whether it is on or off.
    #[must_use]
    pub fn is_switch(&self) -> bool {
        matches!(self.kind, Kind::Bool { .. })
    }

    /// The value as the server prints it.
    #[must_use]
    pub fn read(&self, settings: &Settings) -> String {
        let postgresql = self.flavor == Flavor::Postgresql;
        match self.kind {
            Kind::Bool { get, .. } => match (get(settings), postgresql) {
                (true, true) => "on".to_owned(),
                (false, true) => "off".to_owned(),
                (true, false) => "ON".to_owned(),
                (false, false) => "OFF".to_owned(),
            },
            Kind::Integer { unit, get, .. } if postgresql => unit.show(get(settings)),
            Kind::Integer { get, .. } => get(settings).to_string(),
            Kind::Enum { get, .. } => get(settings).to_owned(),
            Kind::Name { get, .. } => get(settings).to_owned(),
            Kind::StandbyNames => settings.synchronous_standby_names_text.clone(),
            Kind::SlotName { get, .. } => get(settings).to_owned(),
        }
    }

    /// Gives the setting the value that `text` stands for.
    ///
    /// # Errors
    /// The server's error for a value it refuses; then nothing is changed.
    pub fn write(&self, settings: &mut Settings, text: &str) -> Result<(), SettingError> {
        match self.flavor {
            Flavor::Postgresql => self.write_postgresql(settings, text),
            Flavor::Mysql => self.write_mysql(settings, text),
        }
    }

    fn write_postgresql(&self, settings: &mut Settings, text: &str) -> Result<(), SettingError> {
        let name = self.name;
        let invalid = || SettingError::new("22023", format!("invalid value for parameter \"{name}\": \"{text}\""));
        match self.kind {
            Kind::Bool { set, .. } => {
                let value = postgresql::parse_bool(text).ok_or_else(|| {
                    SettingError::new("22023", format!("parameter \"{name}\" requires a Boolean value"))
                })?;
                set(settings, value);
            }
            Kind::Integer { unit, min, max, set, .. } => {
                let value = unit.parse(text).map_err(|error| match (error, unit.hint()) {
                    (NumberError::TooLarge, _) => invalid().with_hint("Value exceeds integer range."),
                    (NumberError::WrongUnit, Some(hint)) => invalid().with_hint(hint),
                    _ => invalid(),
                })?;
                if !(min..=max).contains(&value) {
                    let blank = if unit == Unit::None { "" } else { " " };
                    let unit = unit.name();
                    return Err(SettingError::new(
                        "22023",
                        format!(
                            "{value}{blank}{unit} is outside the valid range for parameter \"{name}\" ({min} .. {max})"
                        ),
                    ));
                }
                if self.context == Context::Creation && value.count_ones() != 1 {
                    return Err(invalid().with_hint("It must be a power of two between 1 MB and 1 GB."));
                }
                set(settings, value);
            }
            Kind::Enum { words, set, .. } => {
                if !set(settings, text) {
                    return Err(invalid().with_hint(format!("Available values: {}.", words.join(", "))));
                }
            }
            Kind::Name { set, .. } => {
                // `pg_clean_ascii`, byte by byte.
                let clean = |byte: u8| if (32..127).contains(&byte) { char::from(byte) } else { '?' };
                set(settings, text.bytes().map(clean).collect());
            }
            Kind::SlotName { set, .. } => {
                if !text.is_empty() {
                    super::check_slot_name(text).map_err(|error| {
                        let refused = SettingError::new(error.code, invalid().message).with_detail(error.message);
                        match error.hint {
                            Some(hint) => refused.with_hint(hint),
                            None => refused,
                        }
                    })?;
                }
                set(settings, Some(text).filter(|text| !text.is_empty()));
            }
            Kind::StandbyNames => {
                settings.synchronous_standby_names = super::StandbyRule::parse(text)?;
                text.clone_into(&mut settings.synchronous_standby_names_text);
            }
        }
        Ok(())
    }

    fn write_mysql(&self, settings: &mut Settings, text: &str) -> Result<(), SettingError> {
        let name = self.name;
        let wrong = || SettingError::new("1231", format!("Variable '{name}' can't be set to the value of '{text}'"));
        match self.kind {
            Kind::Bool { set, .. } => set(settings, mysql::parse_bool(text).ok_or_else(wrong)?),
            Kind::Integer { min, max, set, .. } => {
                let value = mysql::parse_integer(text).ok_or_else(|| {
                    SettingError::new("1232", format!("Incorrect argument type to variable '{name}'"))
                })?;
                // The server takes the nearest value and warns, unless sql_mode is strict for all tables; a scenario
                // that says one thing and does another would mislead, so here it is the strict mode's error.
                if !(min..=max).contains(&value) {
                    return Err(wrong().with_hint(format!("The valid range is {min} to {max}.")));
                }
                set(settings, value);
            }
            Kind::Enum { words, set, .. } => {
                if !set(settings, text) {
                    return Err(wrong().with_hint(format!("Available values: {}.", words.join(", "))));
                }
            }
            Kind::Name { .. } | Kind::StandbyNames | Kind::SlotName { .. } => return Err(wrong()),
        }
        Ok(())
    }
}
