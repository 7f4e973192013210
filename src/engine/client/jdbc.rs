//! MySQL's connection strings: Connector/J's URLs (MySQL Connector/J Developer Guide, 6.2 and 9), and `mysql://`.

use super::connect::{ConnectionString, Mode, check_port, decode, hosts, unknown};
use crate::engine::time::{MILLISECOND_US, SECOND_US};

/// Properties that mean something here.
const MODELLED: [&str; 7] = [
    "failOverReadOnly",
    "secondsBeforeRetrySource",
    "retriesAllDown",
    "connectTimeout",
    "readFromSourceWhenNoReplicas",
    "allowReplicaDownConnections",
    "allowSourceDownConnections",
];
/// Properties that Connector/J has and that mean nothing here: there are no users, no encryption, no caches.
const WITHOUT_EFFECT: [&str; 22] = [
    "user",
    "password",
    "useSSL",
    "requireSSL",
    "verifyServerCertificate",
    "sslMode",
    "allowPublicKeyRetrieval",
    "serverTimezone",
    "connectionTimeZone",
    "characterEncoding",
    "useUnicode",
    "socketTimeout",
    "tcpKeepAlive",
    "autoReconnect",
    "autoReconnectForPools",
    "cachePrepStmts",
    "useServerPrepStmts",
    "rewriteBatchedStatements",
    "readOnlyPropagatesToServer",
    "zeroDateTimeBehavior",
    "tinyInt1isBit",
    "replicationConnectionGroup",
];

pub(super) fn parse(text: &str) -> Result<ConnectionString, String> {
    let text = text.trim();
    let schemes = ["jdbc:mysql:replication://", "jdbc:mysql://", "mysql://"];
    let Some((scheme, rest)) = schemes.iter().find_map(|scheme| Some((*scheme, text.strip_prefix(scheme)?))) else {
        return Err("must begin with jdbc:mysql://, jdbc:mysql:replication:// or mysql://".to_owned());
    };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = place.split('/').next().unwrap_or_default();
    if authority.contains('(') {
        return Err("servers are written as host:port here, not in parentheses".to_owned());
    }
    let hosts = hosts(authority, text)?;
    let mut properties = Properties::default();
    for pair in query.split('&').filter(|_| !query.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        properties.take(&decode(key)?, &decode(value)?)?;
    }
    let Properties { read_only, retry_first_us, rounds, read_from_source, connect_timeout_us } = properties;
    let mode = match scheme {
        "jdbc:mysql:replication://" if hosts.len() < 2 => {
            return Err("a replication URL names the source, and then at least one replica".to_owned());
        }
        "jdbc:mysql:replication://" => Mode::Replication { read_from_source, rounds },
        "jdbc:mysql://" => Mode::Failover { read_only, retry_first_us: Some(retry_first_us), rounds },
        // The X DevAPI's and the shell's list of servers: whoever answers first is used.
        _ => Mode::Failover { read_only: false, retry_first_us: None, rounds: 1 },
    };
    Ok(ConnectionString { hosts, mode, connect_timeout_us })
}

struct Properties {
    read_only: bool,
    retry_first_us: u64,
    rounds: u32,
    read_from_source: bool,
    connect_timeout_us: Option<u64>,
}

impl Default for Properties {
    /// Connector/J's own defaults.
    fn default() -> Self {
        Properties {
            read_only: true,
            retry_first_us: 30 * SECOND_US,
            rounds: 120,
            read_from_source: false,
            connect_timeout_us: None,
        }
    }
}

impl Properties {
    fn take(&mut self, key: &str, value: &str) -> Result<(), String> {
        let number = || {
            let invalid = || format!("{key}: {value:?} is no whole number");
            value.trim().parse::<u32>().map_err(|_| invalid())
        };
        let flag = || match value.to_ascii_lowercase().as_str() {
            "true" | "yes" => Ok(true),
            "false" | "no" => Ok(false),
            _ => Err(format!("{key}: {value:?} is neither true nor false")),
        };
        match key {
            "failOverReadOnly" => self.read_only = flag()?,
            "secondsBeforeRetrySource" => self.retry_first_us = u64::from(number()?) * SECOND_US,
            "retriesAllDown" => self.rounds = number()?.max(1),
            "connectTimeout" => {
                self.connect_timeout_us = Some(u64::from(number()?) * MILLISECOND_US).filter(|us| *us > 0);
            }
            "readFromSourceWhenNoReplicas" => self.read_from_source = flag()?,
            // A session connects to the source and to a replica when it first needs them.
            "allowReplicaDownConnections" | "allowSourceDownConnections" => {
                flag()?;
            }
            "port" => check_port(value)?,
            _ if WITHOUT_EFFECT.contains(&key) => {}
            _ => {
                let known = MODELLED.iter().chain(&WITHOUT_EFFECT).copied();
                return Err(unknown("no property of Connector/J that is known here", key, known));
            }
        }
        Ok(())
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn urls_of_connector_j_are_read() {
        let read = parse("jdbc:mysql:replication://db1:3306,db2,db3/app?readFromSourceWhenNoReplicas=true");
        let read = read.expect("it is sound");
        assert_eq!(read.hosts, ["db1", "db2", "db3"]);
        assert_eq!(read.mode, Mode::Replication { read_from_source: true, rounds: 120 });
        let failover = parse("jdbc:mysql://db1,db2/?failOverReadOnly=false&retriesAllDown=3").expect("it is sound");
        let retry_first_us = Some(30 * SECOND_US);
        assert_eq!(failover.mode, Mode::Failover { read_only: false, retry_first_us, rounds: 3 });
    }

    #[test]
    fn what_is_wrong_is_said_with_the_nearest_name() {
        let said = |text: &str| parse(text).expect_err("it is wrong");
        assert!(said("jdbc:mysql://db1/?failoverReadOnly=true").contains("did you mean \"failOverReadOnly\"?"));
        assert!(said("jdbc:mysql://db1/?failOverReadOnly=1").contains("neither true nor false"));
        assert!(said("jdbc:mysql:replication://db1/").contains("at least one replica"));
        assert!(said("postgresql://db1/").contains("must begin with jdbc:mysql://"));
        assert!(said("jdbc:mysql://address=(host=db1)/").contains("host:port"));
    }
}
