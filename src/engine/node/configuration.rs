//! A server's configuration files, as apart from the settings in force: `postgresql.conf` (what the scenario says) and
//! `postgresql.auto.conf` (what `ALTER SYSTEM` wrote), which a reload or a restart brings into force.

use crate::engine::settings::{Context, SettingError, Settings, Spec, registry};

/// What the configuration files say.
#[derive(Clone, Debug)]
pub struct Configuration {
    file: Settings,
    with_auto: Settings,
}

impl Configuration {
    /// A file with these settings, and nothing altered.
    #[must_use]
    pub fn new(file: &Settings) -> Self {
        Configuration { file: file.clone(), with_auto: file.clone() }
    }

    /// What will be in force after a restart.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.with_auto
    }

    /// `ALTER SYSTEM SET name = value`; without a value `ALTER SYSTEM RESET name`, with the name `all` for every one.
    ///
    /// # Errors
    /// The server's: an unknown name, a value that it refuses, a setting that no file can change.
    pub fn alter(&mut self, name: &str, value: Option<&str>) -> Result<(), SettingError> {
        if value.is_none() && name == "all" {
            self.with_auto = self.file.clone();
            return Ok(());
        }
        let spec = Spec::find(self.file.flavor(), name)?;
        if spec.context == Context::Creation {
            // PostgreSQL 15, guc.c, AlterSystemSetConfigFile().
            return Err(SettingError::new("55P02", format!("parameter \"{}\" cannot be changed", spec.name)));
        }
        let value = value.map_or_else(|| spec.read(&self.file), ToOwned::to_owned);
        spec.write(&mut self.with_auto, &value)
    }

    /// Brings into force what needs no restart.
    pub fn reload(&self, in_force: &mut Settings) {
        for spec in registry(self.file.flavor()) {
            if !matches!(spec.context, Context::Restart | Context::Creation) {
                // What a setting reads as, it takes (a unit test of the settings shows it).
                let _ = spec.write(in_force, &spec.read(&self.with_auto));
            }
        }
    }
}
