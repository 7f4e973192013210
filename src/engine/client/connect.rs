//! A driver's connection string: which servers, in which order, and what kind of session.

use super::jdbc;
use super::libpq;
use crate::engine::flavor::Flavor;
use crate::engine::settings::nearest;

/// What a connection string says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionString {
    /// The servers, in the order in which they are listed.
    pub hosts: Vec<String>,
    /// What it asks of them.
    pub mode: Mode,
    /// How long an attempt to connect to one server may take, in microseconds; `None` is as long as the network takes.
    pub connect_timeout_us: Option<u64>,
}

/// What a driver does with its list of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// libpq: one connection to one server, for everything.
    Libpq {
        /// What the server has to be.
        target: TargetSession,
        /// `load_balance_hosts = random`: they are tried in random order.
        random: bool,
    },
    /// Connector/J, `jdbc:mysql://`: the first server, and another one while that cannot be had.
    Failover {
        /// `failOverReadOnly`: no writes on the others.
        read_only: bool,
        /// Whether the first is tried again while another one is in use (`secondsBeforeRetrySource`, in microseconds).
        retry_first_us: Option<u64>,
        /// Rounds through the list before it is given up (`retriesAllDown`).
        rounds: u32,
    },
    /// Connector/J, `jdbc:mysql:replication://`: the first server for what may write, one of the others for what is read
    /// with `setReadOnly(true)`.
    Replication {
        /// `readFromSourceWhenNoReplicas`.
        read_from_source: bool,
        /// Rounds through the replicas before they are given up (`retriesAllDown`).
        rounds: u32,
    },
}

/// libpq's `target_session_attrs`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetSession {
    /// Any server.
    #[default]
    Any,
    /// One that takes writes.
    ReadWrite,
    /// One that does not.
    ReadOnly,
    /// One that is not in hot standby mode.
    Primary,
    /// One that is.
    Standby,
    /// A standby, and any server when there is none.
    PreferStandby,
}

impl TargetSession {
    /// Its values, as they are written.
    pub const ALL: [(&'static str, TargetSession); 6] = [
        ("any", TargetSession::Any),
        ("read-write", TargetSession::ReadWrite),
        ("read-only", TargetSession::ReadOnly),
        ("primary", TargetSession::Primary),
        ("standby", TargetSession::Standby),
        ("prefer-standby", TargetSession::PreferStandby),
    ];

    /// Why a server will not do (PostgreSQL 15, `fe-connect.c`, `PQconnectPoll()`).
    ///
    /// # Errors
    /// libpq's words.
    pub fn accepts(self, in_recovery: bool) -> Result<(), &'static str> {
        match (self, in_recovery) {
            (TargetSession::ReadWrite, true) => Err("session is read-only"),
            (TargetSession::ReadOnly, false) => Err("session is not read-only"),
            (TargetSession::Primary, true) => Err("server is in hot standby mode"),
            (TargetSession::Standby | TargetSession::PreferStandby, false) => Err("server is not in hot standby mode"),
            _ => Ok(()),
        }
    }
}

impl ConnectionString {
    /// Reads a connection string of the flavor's drivers.
    ///
    /// # Errors
    /// What is wrong with it, in the driver's words where it has some.
    pub fn parse(text: &str, flavor: Flavor) -> Result<ConnectionString, String> {
        let read = match flavor {
            Flavor::Postgresql => libpq::parse(text),
            Flavor::Mysql => jdbc::parse(text),
        }?;
        if read.hosts.is_empty() || read.hosts.iter().any(String::is_empty) {
            return Err("names no server at a place where one must be".to_owned());
        }
        Ok(read)
    }

    /// Whether the driver looks for the server that takes writes.
    #[must_use]
    pub fn wants_primary(&self) -> bool {
        matches!(self.mode, Mode::Libpq { target: TargetSession::ReadWrite | TargetSession::Primary, .. })
    }

    /// Whether no session of it can write.
    #[must_use]
    pub fn never_writes(&self) -> bool {
        matches!(self.mode, Mode::Libpq { target: TargetSession::ReadOnly | TargetSession::Standby, .. })
    }
}

/// The hosts of a URI's authority, without user, ports and the brackets of addresses.
pub(super) fn hosts(authority: &str, uri: &str) -> Result<Vec<String>, String> {
    let list = authority.rsplit_once('@').map_or(authority, |(_, list)| list);
    let mut hosts = Vec::new();
    for part in list.split(',') {
        let (host, port) = match part.strip_prefix('[') {
            Some(rest) => {
                let Some((host, after)) = rest.split_once(']') else {
                    return Err(format!(
                        "end of string reached when looking for matching \"]\" in IPv6 host address in URI: \"{uri}\""
                    ));
                };
                match after.strip_prefix(':') {
                    Some(port) => (host, Some(port)),
                    None if after.is_empty() => (host, None),
                    None => {
                        return Err(format!(
                            "unexpected character \"{}\" after the address in URI (expected \":\" or \"/\"): \"{uri}\"",
                            after.chars().next().unwrap_or_default()
                        ));
                    }
                }
            }
            None => part.split_once(':').map_or((part, None), |(host, port)| (host, Some(port))),
        };
        if let Some(port) = port.filter(|port| !port.is_empty()) {
            check_port(port)?;
        }
        hosts.push(decode(host)?.trim().to_owned());
    }
    Ok(hosts)
}

/// A port is a number from 1 to 65535.
pub(super) fn check_port(port: &str) -> Result<(), String> {
    match port.trim().parse::<u16>() {
        Ok(1..) => Ok(()),
        _ => Err(format!("invalid port number: \"{port}\"")),
    }
}

/// Takes percent-encoding back.
pub(super) fn decode(text: &str) -> Result<String, String> {
    let wrong = || format!("invalid percent-encoded token: \"{text}\"");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(rest.next()).ok_or_else(wrong)?, digit(rest.next()).ok_or_else(wrong)?);
        match high * 16 + low {
            0 => return Err(format!("forbidden value %00 in percent-encoded value: \"{text}\"")),
            byte => bytes.push(u8::try_from(byte).map_err(|_| wrong())?),
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

/// What is said of a name that is not known: the driver's words, and the name that was perhaps meant.
pub(super) fn unknown<'a>(said: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    match nearest(name, known) {
        Some(near) => format!("{said}: {name:?}; did you mean {near:?}?"),
        None => format!("{said}: {name:?}"),
    }
}
