//! Which database system's names, defaults and rules apply.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which database system's names, defaults and rules apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavor {
    /// PostgreSQL.
    #[default]
    Postgresql,
    /// MySQL.
    Mysql,
}

impl fmt::Display for Flavor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Flavor::Postgresql => "postgresql",
            Flavor::Mysql => "mysql",
        })
    }
}
