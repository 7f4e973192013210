//! What PostgreSQL does with commits, asked of the simulator in the words in which a real server was asked.
//!
//! `tests/semantics/*.txt` hold cases (`differences.txt` those in which the answers are known to differ);
//! `tests/semantics/ask_postgresql.py` carried out the same cases on real servers and wrote their answers below each `----`. Here the simulator must give the same answers, line by line.
//!
//! ```text
//! == a title
//! flavor mysql              in files whose answers are drawn from MySQL's manual and source
//! set NAME = VALUE          settings of the cluster
//! cluster db1 db2=x db3     servers; db1 is the primary, db2 calls itself x
//!   app: SQL                a client's session runs SQL and gives its answer, or `waits` when there is none in a second
//!   db2: SQL                the same straight on a server
//!   app?                    the answer by now
//!   cancel app              cancels what the session waits for, and gives its answer
//!   status                  name|state|sync_priority|sync_state of each standby
//!   set NAME = VALUE        ALTER SYSTEM and a reload
//!   set db2 NAME = VALUE    the same on one server
//!   replica db2             MySQL: Replica_IO_Running|Replica_SQL_Running|Seconds_Behind_Source, and errors
//!   gtids db2               MySQL: gtid_executed, with a server's name for its uuid
//!   semi db1                MySQL: Rpl_semi_sync_source_status|clients|yes_tx|no_tx|no_times
//!   files db1               MySQL: SHOW BINARY LOGS, without sizes
//!   same db1 db2            whether both hold the same rows
//!   follow db2 db1, promote db2, crash db1, isolate db2, heal, apply_rate db2 10
//!   error db1               what the server's log says of its trouble
//!   full db1, room db1      fills its disk, or frees it
//!   slow db1 100            its flushes take so many milliseconds
//!   wait 2s, kill db2, restart db2, pause db2, resume db2, pause_replay db2, resume_replay db2, disconnect db2, add db4
//! ----
//! answers, one a line
//! ```
#![cfg(not(target_arch = "wasm32"))]

use std::fmt::Write as _;
use std::sync::Arc;

use replication_lab::engine::client::Client;
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::gtid::server_uuid;
use replication_lab::engine::ids::{ClientId, NodeId, SessionId};
use replication_lab::engine::time::SimTime;
use replication_lab::sim::command::{Between, Command, Console};
use replication_lab::sim::setup::{
    CausalReads, ClientSetup, DiskSetup, FailoverSetup, LinkShape, NodeSetup, Setup, Tags,
};
use replication_lab::sim::view::{MysqlView, SyncState};
use replication_lab::sim::{ConsoleEntry, Run};

/// A statement without an answer after this long is said to wait.
const PATIENCE_US: u64 = 1_000_000;

#[test]
fn levels_of_synchronous_commit() {
    hold("levels", include_str!("semantics/levels.txt"));
}

#[test]
fn prepared_statements() {
    hold("prepared", include_str!("semantics/prepared.txt"));
}

#[test]
fn sequences() {
    hold("sequences", include_str!("semantics/sequences.txt"));
}

#[test]
fn advisory_locks() {
    hold("advisory", include_str!("semantics/advisory.txt"));
}

#[test]
fn temporary_tables() {
    hold("temporary", include_str!("semantics/temporary.txt"));
}

#[test]
fn synchronous_standbys() {
    hold("standbys", include_str!("semantics/standbys.txt"));
}

#[test]
fn mysql_semi_synchronous() {
    hold("mysql-semi-sync", include_str!("semantics/mysql-semi-sync.txt"));
}

#[test]
fn mysql_gtids() {
    hold("mysql-gtids", include_str!("semantics/mysql-gtids.txt"));
}

#[test]
fn mysql_replicas() {
    hold("mysql-replicas", include_str!("semantics/mysql-replicas.txt"));
}

#[test]
fn time_outs() {
    hold("timeouts", include_str!("semantics/timeouts.txt"));
}

#[test]
fn mysql_transactions() {
    hold("mysql-transactions", include_str!("semantics/mysql-transactions.txt"));
}

#[test]
fn commits_that_wait() {
    hold("waits", include_str!("semantics/waits.txt"));
}

/// What is known to differ still does, in the way that is written down.
#[test]
fn known_differences() {
    let mut wrong = String::new();
    for case in include_str!("semantics/differences.txt").split("\n== ").skip(1) {
        let (title, rest) = case.split_once('\n').expect("a case has a title");
        let (script, answers) = rest.split_once("\n----").unwrap_or_else(|| panic!("{title} was never answered"));
        let (real, here) = answers.split_once("\n---- here").unwrap_or((answers, ""));
        let lines = |text: &str| -> Vec<String> { text.lines().filter(|l| !l.is_empty()).map(str::to_owned).collect() };
        let actual = carry_out(script);
        if actual == lines(real) {
            let _ = writeln!(wrong, "{title}: it differs no longer");
        } else if actual != lines(here) {
            let _ = writeln!(wrong, "{title}: here it is now\n{}", actual.join("\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Every case of a file; all that fail are shown.
fn hold(file: &str, text: &str) {
    let mut wrong = String::new();
    let mut cases = 0;
    for case in text.split("\n== ").skip(1) {
        let (title, rest) = case.split_once('\n').expect("a case has a title");
        let (script, expected) = rest.split_once("\n----").unwrap_or_else(|| panic!("{title} was never answered"));
        let expected: Vec<&str> = expected.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        let actual: Vec<String> = carry_out(script).iter().map(|line| line.trim_end().to_owned()).collect();
        if actual != expected {
            let _ = write!(wrong, "\n{title}\n");
            for index in 0..expected.len().max(actual.len()) {
                let (real, here) = (expected.get(index).copied(), actual.get(index).map(String::as_str));
                let sign = if real == here { ' ' } else { '!' };
                let _ = writeln!(wrong, "  {sign} {:60} here: {}", real.unwrap_or("-"), here.unwrap_or("-"));
            }
        }
        cases += 1;
    }
    assert!(cases > 3, "{file} has hardly a case");
    assert!(wrong.is_empty(), "{file}: the answers are others{wrong}");
}

/// The answers of one case.
fn carry_out(script: &str) -> Vec<String> {
    let mut lab = None;
    let mut answers = Vec::new();
    let (mut settings, mut nodes) = (Vec::new(), Vec::new());
    let mut flavor = Flavor::Postgresql;
    for line in script.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if let Some(step) = line.strip_prefix("  ") {
            let lab = lab.get_or_insert_with(|| Lab::new(flavor, &nodes, &settings, script));
            answers.extend(lab.step(step));
        } else if let Some(names) = line.strip_prefix("cluster ") {
            nodes = names.split_whitespace().map(node).collect();
        } else if line == "flavor mysql" {
            flavor = Flavor::Mysql;
        } else if let Some((name, value)) = line.strip_prefix("set ").and_then(assignment) {
            settings.push((name, value));
        } else {
            panic!("{line}: what is that?");
        }
    }
    answers
}

type Assignment = (Arc<str>, Arc<str>);

fn assignment(text: &str) -> Option<Assignment> {
    let (name, value) = text.split_once(" =")?;
    Some((name.into(), value.trim().trim_matches('\'').into()))
}

fn node(text: &str) -> NodeSetup {
    let (name, alias) = text.split_once('=').unwrap_or((text, ""));
    let settings = if alias.is_empty() { Vec::new() } else { vec![("cluster_name".into(), alias.into())] };
    NodeSetup {
        name: name.into(),
        upstream: None,
        disk: DiskSetup::default(),
        cpu: None,
        settings,
        tags: Tags::default(),
    }
}

/// A cluster and those who ask it.
struct Lab {
    run: Run<()>,
    clients: Vec<String>,
    nodes: Vec<String>,
    /// Who asked last, and when.
    asked: Vec<(String, SimTime)>,
}

impl Lab {
    fn new(flavor: Flavor, nodes: &[NodeSetup], settings: &[Assignment], script: &str) -> Lab {
        let names: Vec<String> = nodes.iter().map(|n| n.name.to_string()).collect();
        let mut clients: Vec<String> = Vec::new();
        for step in script.lines().filter_map(|line| line.strip_prefix("  ")) {
            if let Some((who, _)) = step.split_once(": ")
                && !names.iter().any(|name| name == who)
                && !clients.iter().any(|name| name == who)
            {
                clients.push(who.to_owned());
            }
        }
        let client = |name: &String| ClientSetup {
            name: name.as_str().into(),
            connect: Some(match flavor {
                Flavor::Postgresql => "postgresql://db1/?target_session_attrs=read-write".into(),
                Flavor::Mysql => "mysql://db1/".into(),
            }),
            causal_reads: CausalReads::None,
            writes_per_second: 0,
            reads_per_second: 0,
            keys: 1,
            settings: Vec::new(),
            ..ClientSetup::default()
        };
        let setup = Setup {
            flavor,
            seed: 1,
            schema: "CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE w (id INTEGER PRIMARY KEY, v)".to_owned(),
            settings: settings.to_vec(),
            nodes: nodes.to_vec(),
            // Without jitter standbys connect in the order in which the real ones were started.
            network: LinkShape { jitter_us: Some(0), ..LinkShape::DEFAULT },
            links: Vec::new(),
            failover: FailoverSetup::default(),
            proxy: None,
            clients: clients.iter().map(client).collect(),
        };
        let mut run = Run::new(setup, Vec::new(), ()).expect("the set-up is sound");
        run.run_until(SimTime(1_500_000));
        Lab { run, clients, nodes: names, asked: Vec::new() }
    }

    fn act(&mut self, command: Command, then_us: u64) {
        self.run.act(command).expect("the command can be carried out");
        self.rest(then_us);
    }

    fn rest(&mut self, us: u64) {
        self.run.run_until(self.run.now().plus(us));
    }

    /// Carries out a step; gives the line that it prints, if it prints one.
    fn step(&mut self, step: &str) -> Option<String> {
        if let Some(who) = step.strip_suffix('?') {
            return Some(format!("{who}: {}", self.answer(who, 200_000)));
        }
        if let Some((who, sql)) = step.split_once(": ") {
            return Some(format!("{who}: {}", self.ask(who, sql)));
        }
        let (word, rest) = step.split_once(' ').unwrap_or((step, ""));
        let node = || -> Arc<str> { rest.into() };
        match word {
            "status" => return Some(format!("status: {}", self.status())),
            "cancel" => {
                self.act(Command::Cancel { client: rest.into() }, 0);
                return Some(format!("{rest}: {}", self.answer(rest, PATIENCE_US)));
            }
            "replica" => return Some(format!("{rest}: {}", self.replica(rest))),
            "gtids" => {
                let executed = self.mysql(rest).gtid_executed.to_string();
                return Some(format!("{rest}: {}", self.with_names(&executed)));
            }
            "semi" => {
                let status = self.run.world().semi_sync(self.number(rest)).expect("a server");
                let on = if status.on { "ON" } else { "OFF" };
                let (clients, yes, no, times) = (status.clients, status.yes_tx, status.no_tx, status.no_times);
                return Some(format!("{rest}: {on}|{clients}|{yes}|{no}|{times}"));
            }
            "files" => {
                let node = self.number(rest);
                let names = self.run.world().binlog_files(node);
                return Some(format!("{rest}: {}", names.join(" ")));
            }
            "same" => {
                let (a, b) = rest.split_once(' ').expect("two servers");
                let held = |name| self.run.world().checksum(self.number(name)).map(|(_, checksum)| checksum);
                return Some(format!("same: {}", held(a) == held(b)));
            }
            "follow" => {
                let (node, upstream) = rest.split_once(' ').expect("two servers");
                self.act(Command::Repoint { node: node.into(), upstream: upstream.into() }, 500_000);
            }
            "promote" => self.act(Command::Promote { node: node() }, 500_000),
            "crash" => self.act(Command::Crash { node: node() }, 100_000),
            "isolate" => self.act(Command::Isolate { who: node() }, 100_000),
            "heal" => self.act(Command::Heal { between: None }, 2_000_000),
            "apply_rate" => {
                let (node, rate) = rest.split_once(' ').expect("a server and a rate");
                self.act(Command::ApplyRate { node: node.into(), per_second: rate.parse().ok() }, 0);
            }
            "set" if self.nodes.iter().any(|name| rest.starts_with(&format!("{name} "))) => {
                let (node, rest) = rest.split_once(' ').expect("a server");
                let settings = assignment(rest).into_iter().collect();
                self.act(Command::Set { settings, on: Some(node.into()) }, 100_000);
            }
            "set" => {
                let settings = assignment(rest).into_iter().collect();
                self.act(Command::Set { settings, on: None }, 500_000);
            }
            "error" => {
                let view = self.run.world().view();
                let error = view.nodes.into_iter().find(|node| &*node.name == rest).and_then(|node| node.error);
                return Some(format!("{rest}: {}", error.map_or("no error".to_owned(), |error| error.to_string())));
            }
            "full" => self.act(Command::FullDisk { node: node(), full: true }, 0),
            "room" => self.act(Command::FullDisk { node: node(), full: false }, 0),
            "slow" => {
                let (node, ms) = rest.split_once(' ').expect("a server and a time");
                let fsync_us = ms.parse::<u64>().expect("milliseconds") * 1_000;
                self.act(Command::SlowDisk { node: node.into(), fsync_us }, 0);
            }
            "reclone" => self.act(Command::Reclone { node: node() }, 2_000_000),
            "wait" => {
                let seconds: u64 = rest.trim_end_matches('s').parse().expect("seconds");
                self.rest(seconds * 1_000_000);
            }
            "kill" => self.act(Command::Kill { node: node() }, 500_000),
            "restart" => self.act(Command::Restart { node: node() }, 1_500_000),
            "pause" => self.act(Command::Pause { node: node() }, 0),
            "resume" => self.act(Command::Resume { node: node() }, 500_000),
            "pause_replay" => self.act(Command::PauseReplay { node: node() }, 100_000),
            "resume_replay" => self.act(Command::ResumeReplay { node: node() }, 100_000),
            "disconnect" => self.act(Command::Disconnect { between: Between("db1".into(), node()) }, 100_000),
            "add" => self.act(Command::AddNode { node: Box::new(self::node(rest)) }, 1_500_000),
            _ => panic!("{step}: what is that?"),
        }
        None
    }

    fn number(&self, name: &str) -> NodeId {
        self.run.world().node_by_name(name).expect("a server")
    }

    fn mysql(&self, name: &str) -> MysqlView {
        let view = self.run.world().view();
        let node = view.nodes.into_iter().find(|node| &*node.name == name).expect("a server");
        node.mysql.expect("a MySQL server")
    }

    /// Servers' names for their uuids.
    fn with_names(&self, text: &str) -> String {
        let mut text = text.replace(",\n", ",");
        for (index, name) in self.nodes.iter().enumerate() {
            text = text.replace(&server_uuid(NodeId(index as u8)).to_string(), name);
        }
        text
    }

    fn replica(&self, name: &str) -> String {
        let Some(channel) = self.mysql(name).channel else { return "no replica".to_owned() };
        let sql = if channel.sql_running { "Yes" } else { "No" };
        let behind = channel.seconds_behind_source.map_or("NULL".to_owned(), |seconds| seconds.to_string());
        let errors = self.run.world().channel_errors(self.number(name));
        let error = |error: String| format!("|{}", self.with_names(&error));
        let errors: String = errors.into_iter().map(error).collect();
        format!("{}|{sql}|{behind}{errors}", channel.io_running)
    }

    fn session(&self, who: &str) -> SessionId {
        match self.nodes.iter().position(|name| name == who) {
            Some(node) => Client::console_on(ClientId::OPERATOR, NodeId(node as u8)),
            None => {
                let client = self.clients.iter().position(|name| name == who).expect("a session");
                SessionId { client: ClientId(client as u8), number: SessionId::CONSOLE }
            }
        }
    }

    fn ask(&mut self, who: &str, sql: &str) -> String {
        let console = match self.nodes.iter().any(|name| name == who) {
            true => Console::On(who.into()),
            false => Console::Client(who.into()),
        };
        // A microsecond apart, so that no answer is taken for that of another question.
        self.rest(1);
        self.asked.retain(|(name, _)| name != who);
        self.asked.push((who.to_owned(), self.run.now()));
        self.act(Command::Sql { console, sql: sql.into() }, 0);
        self.answer(who, PATIENCE_US)
    }

    /// The answer to a session's last question, within so long.
    fn answer(&mut self, who: &str, patience_us: u64) -> String {
        let (_, asked) = self.asked.iter().find(|(name, _)| name == who).expect("it asked something").clone();
        let session = self.session(who);
        let until = self.run.now().plus(patience_us);
        loop {
            let console = self.run.world().console();
            if let Some(entry) = console.iter().find(|entry| entry.session == session && entry.at >= asked) {
                return told(entry);
            }
            match self.run.next_at() {
                Some(next) if next <= until => _ = self.run.step(),
                _ => break,
            }
        }
        self.run.run_until(until);
        "waits".to_owned()
    }

    fn status(&self) -> String {
        let view = self.run.world().view();
        let mut rows: Vec<(String, &str, String)> = Vec::new();
        for sender in &view.nodes[0].senders {
            let sync_state = match sender.sync_state {
                SyncState::Async => "async",
                SyncState::Potential => "potential",
                SyncState::Sync => "sync",
                SyncState::Quorum => "quorum",
            };
            let name = sender.application_name.to_string();
            let row = format!("{name}|{}|{}|{sync_state}", sender.state, sender.sync_priority);
            rows.push((name, sync_state, row));
        }
        rows.sort_by(|a, b| (&a.0, b.1).cmp(&(&b.0, a.1)));
        match rows.is_empty() {
            true => "(none)".to_owned(),
            false => rows.into_iter().map(|(_, _, row)| row).collect::<Vec<_>>().join("; "),
        }
    }
}

fn told(entry: &ConsoleEntry) -> String {
    match &entry.result {
        Err(error) if error.message.contains("server closed the connection") => {
            "ERROR: server closed the connection unexpectedly".to_owned()
        }
        Err(error) if error.number > 0 => format!("ERROR {} ({}): {}", error.number, error.code, error.message),
        Err(error) => format!("ERROR: {}: {}", error.code, error.message),
        Ok(result) => {
            let row = |row: &Vec<_>| row.iter().map(ToString::to_string).collect::<Vec<String>>().join("|");
            let shown = match (result.columns.is_empty(), result.rows.is_empty()) {
                (true, _) => result.tag.to_owned(),
                (false, true) => "(none)".to_owned(),
                (false, false) => result.rows.iter().map(row).collect::<Vec<_>>().join("; "),
            };
            match &result.warning {
                Some(warning) => format!("WARNING: {} / {shown}", warning.replace("\nDETAIL:  ", " / DETAIL: ")),
                None => shown,
            }
        }
    }
}
