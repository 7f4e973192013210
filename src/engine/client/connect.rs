//! A driver's connection string: which servers, and what kind of session.

/// What a multi-host connection string asks for, as libpq's `target_session_attrs` says it (PostgreSQL 15, section
/// 34.1.2, "Parameter Key Words").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionString<'a> {
    /// The servers, in the order in which they are tried.
    pub hosts: Vec<&'a str>,
    /// The value of `target_session_attrs`, if it is there.
    pub target_session_attrs: Option<&'a str>,
}

impl<'a> ConnectionString<'a> {
    /// Reads `scheme://host,host/database?key=value&…`; ports and users are passed over.
    #[must_use]
    pub fn parse(text: &'a str) -> ConnectionString<'a> {
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let hosts = place.split('/').next().unwrap_or_default();
        let hosts = hosts.rsplit('@').next().unwrap_or_default();
        let host = |host: &'a str| host.split(':').next().unwrap_or_default().trim();
        let mut parameters = query.split('&').filter_map(|pair| pair.split_once('='));
        ConnectionString {
            hosts: hosts.split(',').map(host).filter(|host| !host.is_empty()).collect(),
            target_session_attrs: parameters.find(|(key, _)| *key == "target_session_attrs").map(|(_, value)| value),
        }
    }

    /// Whether the session must be one that takes writes.
    #[must_use]
    pub fn wants_primary(&self) -> bool {
        matches!(self.target_session_attrs, Some("read-write" | "primary"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hosts_and_what_they_must_be() {
        let read = ConnectionString::parse("postgresql://u:p@db1:5432,db2/app?x=1&target_session_attrs=read-write");
        assert_eq!(read.hosts, ["db1", "db2"]);
        assert!(read.wants_primary());
        assert!(!ConnectionString::parse("postgresql://db1/?target_session_attrs=any").wants_primary());
        assert_eq!(ConnectionString::parse("").hosts, Vec::<&str>::new());
    }
}
