//! What PostgreSQL does with commits, asked of the simulator in the words in which a real server was asked.
//!
//! `tests/semantics/*.txt` hold cases (`differences.txt` those in which the answers are known to differ); `tests/semantics/ask_postgresql.py` carried out the same cases on real servers and
//! wrote their answers below each `----`. Here the simulator must give the same answers, line by line.
//!
//! ```text
//! == a title
//! set NAME = VALUE          settings of the cluster
//! cluster db1 db2=x db3     servers; db1 is the primary, db2 calls itself x
//!   app: SQL                a client's session runs SQL and gives its answer, or `waits` when there is none in a second
//!   db2: SQL                the same straight on a server
//!   app?                    the answer by now
//!   cancel app              cancels what the session waits for, and gives its answer
//!   status                  name|state|sync_priority|sync_state of each standby
//!   set NAME = VALUE        ALTER SYSTEM and a reload
//!   wait 2s, kill db2, restart db2, pause db2, resume db2, pause_replay db2, resume_replay db2, disconnect db2, add db4
//! ----
//! answers, one a line
//! ```
#![cfg(not(target_arch = "wasm32"))]

use std::fmt::Write as _;
use std::sync::Arc;

use replication_lab::engine::client::Client;
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::ids::{ClientId, NodeId, SessionId};
use replication_lab::engine::time::SimTime;
use replication_lab::sim::command::{Between, Command, Console};
use replication_lab::sim::setup::{CausalReads, ClientSetup, DiskSetup, FailoverSetup, LinkShape, NodeSetup, Setup};
use replication_lab::sim::view::SyncState;
use replication_lab::sim::{ConsoleEntry, Run};

/// A statement without an answer after this long is said to wait.
const PATIENCE_US: u64 = 1_000_000;

#[test]
fn levels_of_synchronous_commit() {
    hold("levels", include_str!("semantics/levels.txt"));
}

#[test]
fn synchronous_standbys() {
    hold("standbys", include_str!("semantics/standbys.txt"));
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
        let actual = carry_out(script);
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
    assert!(wrong.is_empty(), "{file}: PostgreSQL answered otherwise{wrong}");
}

/// The answers of one case.
fn carry_out(script: &str) -> Vec<String> {
    let mut lab = None;
    let mut answers = Vec::new();
    let (mut settings, mut nodes) = (Vec::new(), Vec::new());
    for line in script.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if let Some(step) = line.strip_prefix("  ") {
            let lab = lab.get_or_insert_with(|| Lab::new(&nodes, &settings, script));
            answers.extend(lab.step(step));
        } else if let Some(names) = line.strip_prefix("cluster ") {
            nodes = names.split_whitespace().map(node).collect();
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
    NodeSetup { name: name.into(), upstream: None, disk: DiskSetup::default(), settings }
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
    fn new(nodes: &[NodeSetup], settings: &[Assignment], script: &str) -> Lab {
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
            connect: Some("postgresql://db1/?target_session_attrs=read-write".into()),
            causal_reads: CausalReads::None,
            writes_per_second: 0,
            reads_per_second: 0,
            keys: 1,
        };
        let setup = Setup {
            flavor: Flavor::Postgresql,
            seed: 1,
            schema: "CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE w (id INTEGER PRIMARY KEY, v INTEGER)"
                .to_owned(),
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
            "set" => {
                let settings = assignment(rest).into_iter().collect();
                self.act(Command::Set { settings, on: None }, 500_000);
            }
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
