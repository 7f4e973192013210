//! libpq's connection strings (PostgreSQL 15, section 34.1.1), with `load_balance_hosts` of PostgreSQL 16.

use super::connect::{ConnectionString, Mode, TargetSession, check_port, decode, hosts, unknown};
use crate::engine::time::SECOND_US;

/// Parameters that mean something here.
const MODELLED: [&str; 5] = ["host", "port", "target_session_attrs", "load_balance_hosts", "connect_timeout"];
/// Parameters that libpq has and that mean nothing here: there are no users, no encryption, no TCP settings.
const WITHOUT_EFFECT: [&str; 36] = [
    "service",
    "user",
    "password",
    "passfile",
    "channel_binding",
    "dbname",
    "client_encoding",
    "options",
    "application_name",
    "fallback_application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "sslmode",
    "sslnegotiation",
    "sslcompression",
    "sslcert",
    "sslkey",
    "sslcertmode",
    "sslpassword",
    "sslrootcert",
    "sslcrl",
    "sslcrldir",
    "sslsni",
    "ssl",
    "requirepeer",
    "require_auth",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "gssencmode",
    "krbsrvname",
    "gsslib",
    "gssdelegation",
    "servicefile",
];

/// What was read so far.
#[derive(Default)]
struct Options {
    hosts: Vec<String>,
    target: TargetSession,
    random: bool,
    connect_timeout_us: Option<u64>,
    ports: usize,
}

pub(super) fn parse(text: &str) -> Result<ConnectionString, String> {
    let text = text.trim();
    let mut options = Options::default();
    match ["postgresql://", "postgres://"].iter().find_map(|scheme| text.strip_prefix(scheme)) {
        Some(rest) => uri(text, rest, &mut options)?,
        None if text.contains("://") => {
            return Err("must begin with postgresql:// or postgres://, or be host=… and its kin".to_owned());
        }
        None => words(text, &mut options)?,
    }
    let Options { hosts, target, random, connect_timeout_us, ports } = options;
    if ports > 1 && ports != hosts.len() {
        return Err(format!("could not match {ports} port numbers to {} hosts", hosts.len()));
    }
    Ok(ConnectionString { hosts, mode: Mode::Libpq { target, random }, connect_timeout_us })
}

fn uri(text: &str, rest: &str, options: &mut Options) -> Result<(), String> {
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = place.split_once('/').unwrap_or((place, ""));
    decode(database)?;
    if !authority.is_empty() {
        options.hosts = hosts(authority, text)?;
    }
    for pair in query.split('&').filter(|_| !query.is_empty()) {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(format!("missing key/value separator \"=\" in URI query parameter: \"{pair}\""));
        };
        if value.contains('=') {
            return Err(format!("extra key/value separator \"=\" in URI query parameter: \"{key}\""));
        }
        options.take(&decode(key)?, &decode(value)?, "invalid URI query parameter")?;
    }
    Ok(())
}

/// `key = value` pairs; a value may stand in quotes, where a backslash protects what follows it.
fn words(text: &str, options: &mut Options) -> Result<(), String> {
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let Some(after) = after.trim_start().strip_prefix('=') else {
            return Err(format!("missing \"=\" after \"{key}\" in connection info string"));
        };
        let (value, left) = value(after.trim_start())?;
        options.take(key, &value, "invalid connection option")?;
        rest = left.trim_start();
    }
    Ok(())
}

/// The value at the beginning of a text, and what follows it.
fn value(text: &str) -> Result<(String, &str), String> {
    let (quoted, inner) = text.strip_prefix('\'').map_or((false, text), |inner| (true, inner));
    let mut value = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            '\'' if quoted => return Ok((value, inner.get(at + 1..).unwrap_or_default())),
            c if c.is_whitespace() && !quoted => return Ok((value, inner.get(at..).unwrap_or_default())),
            c => value.push(c),
        }
    }
    match quoted {
        true => Err("unterminated quoted string in connection info string".to_owned()),
        false => Ok((value, "")),
    }
}

impl Options {
    fn take(&mut self, key: &str, value: &str, unknown_key: &str) -> Result<(), String> {
        match key {
            "host" => self.hosts = value.split(',').map(|host| host.trim().to_owned()).collect(),
            "port" => {
                let ports: Vec<&str> = value.split(',').filter(|port| !port.trim().is_empty()).collect();
                ports.iter().try_for_each(|port| check_port(port))?;
                self.ports = ports.len();
            }
            "target_session_attrs" => {
                let found = TargetSession::ALL.iter().find(|(name, _)| *name == value);
                let names = TargetSession::ALL.iter().map(|(name, _)| *name);
                let invalid = || unknown("invalid target_session_attrs value", value, names.clone());
                self.target = found.ok_or_else(|| format!("{}; there are {}", invalid(), join(names.clone())))?.1;
            }
            "load_balance_hosts" => {
                self.random = match value {
                    "disable" => false,
                    "random" => true,
                    _ => {
                        let said = "invalid load_balance_hosts value";
                        return Err(unknown(said, value, ["disable", "random"].into_iter()));
                    }
                }
            }
            "connect_timeout" => {
                let invalid = || format!("invalid integer value \"{value}\" for connection option \"connect_timeout\"");
                let seconds = value.trim().parse::<i32>().map_err(|_| invalid())?;
                // Zero or less is without end, and the least is two seconds.
                self.connect_timeout_us = u64::try_from(seconds).ok().filter(|s| *s > 0).map(|s| s.max(2) * SECOND_US);
            }
            "hostaddr" => return Err("hostaddr: servers have no addresses here; name them in host".to_owned()),
            "replication" => return Err("replication: applications do not replicate here".to_owned()),
            _ if WITHOUT_EFFECT.contains(&key) => {}
            _ => return Err(unknown(unknown_key, key, MODELLED.iter().chain(&WITHOUT_EFFECT).copied())),
        }
        Ok(())
    }
}

fn join<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn read(text: &str) -> ConnectionString {
        parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn target(text: &str) -> (Vec<String>, TargetSession) {
        match read(text) {
            ConnectionString { hosts, mode: Mode::Libpq { target, .. }, .. } => (hosts, target),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn uris_are_read_with_users_ports_addresses_and_encoded_parts() {
        let hosts = |text: &str| target(text).0;
        assert_eq!(hosts("postgresql://u:p%40x@db1:5432,db2/app?sslmode=disable"), ["db1", "db2"]);
        assert_eq!(hosts("postgres://[::1]:5433,db%31/"), ["::1", "db1"]);
        assert_eq!(hosts("postgresql:///app?host=db1,db2&port=5432"), ["db1", "db2"]);
        assert_eq!(
            target("postgresql://db1,db2/?target_session_attrs=prefer%2Dstandby").1,
            TargetSession::PreferStandby
        );
        assert_eq!(read("postgresql://db1/?connect_timeout=1").connect_timeout_us, Some(2_000_000));
        assert_eq!(read("postgresql://db1/?connect_timeout=0").connect_timeout_us, None);
    }

    #[test]
    fn keywords_and_values_are_read_with_their_quotes() {
        let (hosts, attrs) = target("host = db1,db2 target_session_attrs='read-only' password=x\\ y");
        assert_eq!((hosts.len(), attrs), (2, TargetSession::ReadOnly));
        let spaced = read(r"host='db1,db2' application_name='my \'app\'' load_balance_hosts=random");
        assert_eq!(spaced.mode, Mode::Libpq { target: TargetSession::Any, random: true });
    }

    #[test]
    fn what_is_wrong_is_said_in_libpqs_words() {
        let said = |text: &str| parse(text).expect_err("it is wrong");
        assert_eq!(
            said("postgresql://db1/?target_session_attr=any"),
            "invalid URI query parameter: \"target_session_attr\"; did you mean \"target_session_attrs\"?"
        );
        assert!(said("postgresql://db1/?target_session_attrs=readwrite").contains("did you mean \"read-write\"?"));
        assert_eq!(said("host=db1 foo"), "missing \"=\" after \"foo\" in connection info string");
        assert_eq!(said("host='db1"), "unterminated quoted string in connection info string");
        assert_eq!(said("postgresql://db1:0/"), "invalid port number: \"0\"");
        assert_eq!(said("postgresql://db1,db2/?port=1,2,3"), "could not match 3 port numbers to 2 hosts");
        assert_eq!(said("postgresql://db%3/"), "invalid percent-encoded token: \"db%3\"");
        assert!(said("postgresql://[::1/").contains("matching \"]\""));
        assert!(said("postgresql://db1/?a").contains("missing key/value separator"));
        assert!(said("mysql://db1/").contains("must begin with postgresql://"));
    }
}
