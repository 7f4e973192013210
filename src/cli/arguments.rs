//! What the command line takes.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::check::Kind;
use crate::engine::flavor::Flavor;
use crate::engine::settings::nearest;
use crate::engine::time::SimTime;
use crate::scenario::{Override, Profile, parse_duration};

/// Database replication as a laboratory: run scenarios, check what they expect, read what happened.
#[derive(Debug, Parser)]
#[command(name = "replication-lab", version, about)]
pub(super) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a scenario and print its report.
    ///
    /// Exit code 0 when every expectation holds, 1 when one does not, 2 for input that cannot be used.
    Run(RunArguments),
    /// Run a scenario with many seeds, and print how what came of it is distributed.
    ///
    /// Lost writes, recovery, commit latency, stale reads, violations, how often each expectation held, and the worst
    /// runs with the commands that run them again. Exit code 0 whatever came of the runs; 2 for input that cannot be used.
    Sweep(SweepArguments),
    /// Draw clusters and faults from seeds and hold each to what it promises: for work on the laboratory itself.
    #[command(hide = true)]
    Swarm(SwarmArguments),
    /// Run scenarios and check what they expect.
    ///
    /// With --assignment, checks what learners handed in: links, a file of links, or scenario files. Exit code 0 when
    /// everything holds, 1 when something does not or was changed that must not be, 2 when something cannot be used.
    Check(CheckArguments),
    /// Run a scenario and print each event on a line of its own.
    ///
    /// A line is the virtual time in seconds, the event's name, then key=value pairs.
    Trace(TraceArguments),
    /// Print what an operator's tool would show of a server at an instant.
    ///
    /// The state is that after all events up to and including the instant. Exit code 2 for input that cannot be used,
    /// and when the server does not answer.
    Status(StatusArguments),
    /// Run a query on a server at an instant.
    ///
    /// Servers answer their own functions, views and settings, too. Exit code 2 for input that cannot be used, and
    /// when the server refuses; statements that would write are refused.
    Query(QueryArguments),
    /// Print a scenario's run as a link, which the laboratory's page opens at the same instant.
    ///
    /// Without --at it opens at the start. Exit code 2 for input that cannot be used, and for a run that is too large.
    Link(LinkArguments),
    /// Draw a scenario's cluster at an instant as an SVG file, which holds a widget's place before it comes.
    ///
    /// Without --at it is drawn after a second. FILE may also be the name of a scenario of the library. With --html,
    /// prints the lines that embed the widget with the poster inside. Exit code 2 for input that cannot be used.
    Poster(PosterArguments),
    /// Judge a recorded history of reads, writes and compare-and-sets: linearizability and session guarantees.
    ///
    /// Prints one JSON object. Exit code 0 when the history was judged, whatever the verdicts; 2 for one that cannot be
    /// used: the message names file and line.
    Judge(JudgeArguments),
    /// Say where the proxy sends each message of a session, and why.
    ///
    /// Prints a line of JSON for each message: {"statement", "destination", "reason"}. The destination is primary,
    /// replica, all (it sets the session's state on every server) or error (no server can take it whole). Exit code 2
    /// for input that cannot be used.
    Route(RouteArguments),
    /// Print the JSON Schema of the scenario format.
    Schema,
}

/// Which scenario, and how it is changed.
#[derive(Debug, Args)]
pub(super) struct ScenarioArguments {
    /// The scenario, TOML or JSON, or a link (#run=…); - is standard input.
    pub file: PathBuf,
    /// Another seed.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..1 << 53))]
    pub seed: Option<u64>,
    /// Stop at this instant of virtual time, as 30s, instead of the scenario's duration.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub until: Option<SimTime>,
    /// Change a key: settings.synchronous_commit=off, proxy.read_policy=least_lag, node.db2.disk.fsync=5ms,
    /// client.app.keys=10, at.0.time=3s. Lists of named tables go by name, all lists by position from 0; names that
    /// hold a dot are put between double quotes. Tables that are not there are made. May be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = Override::parse)]
    pub set: Vec<Override>,
}

/// Which scenario, how it is changed, and the instant to stop at.
#[derive(Debug, Args)]
pub(super) struct InstantArguments {
    /// The scenario, TOML or JSON, or a link (#run=…); - is standard input.
    pub file: PathBuf,
    /// The instant of virtual time, as 5s; if not given, the scenario's end, or a link's instant.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub at: Option<SimTime>,
    /// Another seed.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..1 << 53))]
    pub seed: Option<u64>,
    /// Change a key, as with run.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = Override::parse)]
    pub set: Vec<Override>,
}

#[derive(Debug, Args)]
pub(super) struct SwarmArguments {
    /// A scenario that is run as the swarm runs those that it draws.
    #[arg(conflicts_with_all = ["seeds", "merge"])]
    pub file: Option<PathBuf>,
    /// Which seeds, as 1..1000, both included.
    #[arg(long, value_name = "A..B", default_value = "1..100", value_parser = seeds)]
    pub seeds: RangeInclusive<u64>,
    /// Write a line of JSON for each seed to this file.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Add up the lines of these files, and run nothing.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub merge: Vec<PathBuf>,
    /// Hold every run to this promise, whether its settings promise it or not: to look for a run that breaks it.
    #[arg(long, value_name = "PROMISE")]
    pub insist: Vec<String>,
    /// Where scenarios of failing runs go, made smaller; here if not given.
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Write every run's scenario to this folder, with what was done to mend it.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Do not make failing runs smaller.
    #[arg(long)]
    pub no_shrinking: bool,
}

#[derive(Debug, Args)]
pub(super) struct LinkArguments {
    #[command(flatten)]
    pub instant: InstantArguments,
    /// The page's address, to print a whole link and not only what follows it.
    #[arg(long, value_name = "URL")]
    pub base: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct PosterArguments {
    #[command(flatten)]
    pub instant: InstantArguments,
    /// How wide it is, in pixels: 860 as in a column of text, or 390 for a phone.
    #[arg(long, value_name = "PIXELS", default_value_t = 860, value_parser = clap::value_parser!(u16).range(200..=4000))]
    pub width: u16,
    /// How high it is at least: the height of the widget.
    #[arg(long, value_name = "PIXELS", default_value_t = 420, value_parser = clap::value_parser!(u16).range(160..=2000))]
    pub height: u16,
    /// Write it to this file.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Print the HTML that embeds the widget with the poster inside, for pages of documentation.
    #[arg(long)]
    pub html: bool,
}

#[derive(Debug, Args)]
pub(super) struct StatusArguments {
    #[command(flatten)]
    pub instant: InstantArguments,
    /// What to show: pg_stat_replication, pg_stat_wal_receiver, pg_replication_slots; of MySQL show-replica-status,
    /// show-binary-logs, semi-sync; and diverged, what a server has logged and the primary has not.
    #[arg(long = "as", value_name = "VIEW")]
    pub view: String,
    /// The server that is asked; the primary (for views of a replica, the first replica) if not given.
    #[arg(long, value_name = "NODE")]
    pub node: Option<String>,
    /// A line a column, as psql's -x and mysql's \\G.
    #[arg(long, short = 'x')]
    pub expanded: bool,
}

#[derive(Debug, Args)]
pub(super) struct QueryArguments {
    #[command(flatten)]
    pub instant: InstantArguments,
    /// The server that is asked.
    #[arg(long, value_name = "NODE")]
    pub on: String,
    /// The query: one statement.
    pub sql: String,
    /// How the result is printed: as the server's own client does, or {"columns": [], "rows": [[]]}.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}

#[derive(Debug, Args)]
pub(super) struct RouteArguments {
    /// The system whose SQL it is: postgresql or mysql.
    #[arg(long, value_name = "FLAVOR", value_parser = flavor)]
    pub flavor: Flavor,
    /// The session's only message; if not given, each line of standard input is one.
    #[arg(value_name = "SQL", allow_hyphen_values = true)]
    pub sql: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct RunArguments {
    #[command(flatten)]
    pub scenario: ScenarioArguments,
    /// How the report is printed.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
    /// Write the trace to this file, a line an event.
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// Write the ledger to this file as CSV, a line a write: its stations with their times, and its fate. The report as
    /// JSON has the newest 200 writes under "ledger", too.
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct SweepArguments {
    /// The scenario, TOML or JSON, or a link (#run=…); - is standard input.
    pub file: PathBuf,
    /// The seeds: N for 1 to N, or A..B for A to B, both included. At most a million.
    #[arg(long, value_name = "N|A..B", default_value = "100", value_parser = seeds)]
    pub seeds: RangeInclusive<u64>,
    // Each profile says what it does.
    #[arg(long, value_name = "PROFILE", default_value = "none", value_parser = profile, help = faults_help())]
    pub faults: Profile,
    /// Stop at this instant of virtual time, as 30s, instead of the scenario's duration.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub until: Option<SimTime>,
    /// Change a key, as with run.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = Override::parse)]
    pub set: Vec<Override>,
    /// Run the same seeds, with the same faults, a second time with this key changed, and compare seed by seed; may be given
    /// several times, for one second configuration with all of them.
    #[arg(long, value_name = "KEY=VALUE", value_parser = Override::parse)]
    pub against: Vec<Override>,
    // Each kind is a judge's.
    #[arg(long = "break", value_name = "KIND", value_parser = kind, conflicts_with_all = ["against", "rows", "until"], help = break_help())]
    pub breaking: Option<Kind>,
    /// Write a line of JSON for each run to this file, in the order of seeds.
    #[arg(long, value_name = "FILE")]
    pub rows: Option<PathBuf>,
    /// Write the worst runs, or the one that --break found, to this folder as scenarios with the faults that were drawn.
    #[arg(long, value_name = "DIR")]
    pub write_worst: Option<PathBuf>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Debug, Args)]
pub(super) struct JudgeArguments {
    /// The history, one event a line: {"process", "type": "invoke"|"ok"|"fail"|"info", "f": "read"|"write"|"cas", "key",
    /// "value", "time_us"}; - is standard input.
    pub file: PathBuf,
    /// What a key holds that was never written, as JSON.
    #[arg(long, value_name = "VALUE", default_value = "null", allow_hyphen_values = true)]
    pub initial: String,
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// Scenario files, or folders that hold some (*.toml and *.json, in folders within folders too); documents that
    /// embed some with <replication-lab> (*.md, *.mdx, *.html), and folders of those; links; and files of links
    /// (*.txt): a link a line, a name before it if wanted, lines with # and a blank are comments.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The teacher's scenario with its [assignment]: each path is an answer to it. Its conditions and seeds count, and
    /// whatever it does not let learners change must be as it is there.
    #[arg(long, value_name = "FILE")]
    pub assignment: Option<PathBuf>,
    /// How what was found is printed; csv has a line for each condition and seed.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub format: CheckFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
}

#[derive(Debug, Args)]
pub(super) struct TraceArguments {
    #[command(flatten)]
    pub scenario: ScenarioArguments,
}

fn instant(text: &str) -> Result<SimTime, String> {
    parse_duration(text).map(SimTime)
}

/// The most runs of a sweep.
const MOST_RUNS: u64 = 1_000_000;

fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let number = |text: &str| text.parse().ok().filter(|seed: &u64| *seed < 1 << 53);
    let read = match text.split_once("..") {
        None => number(text).map(|last| 1..=last),
        Some((first, last)) => number(first).zip(number(last)).map(|(first, last)| first..=last),
    };
    match read {
        None => Err("seeds are N, for 1 to N, or A..B".to_owned()),
        Some(seeds) if seeds.is_empty() => Err("there is no seed among them".to_owned()),
        Some(seeds) if seeds.end() - seeds.start() >= MOST_RUNS => Err("are more than a million runs".to_owned()),
        Some(seeds) => Ok(seeds),
    }
}

fn profile(text: &str) -> Result<Profile, String> {
    Profile::named(text).ok_or_else(|| {
        let names: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name()).collect();
        let near = nearest(text, names.iter().copied()).map(|near| format!("did you mean {near}? "));
        format!("{}there are {}", near.unwrap_or_default(), names.join(", "))
    })
}

fn kind(text: &str) -> Result<Kind, String> {
    Kind::named(text).ok_or_else(|| {
        let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        let near = nearest(text, names.iter().copied()).map(|near| format!("did you mean {near}? "));
        format!("{}there are {}", near.unwrap_or_default(), names.join(", "))
    })
}

fn break_help() -> String {
    let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    format!(
        "Look for the first run with such a violation, with the profile of --faults or, without one, with each profile in \
         turn, and make it smaller: {}",
        names.join(", ")
    )
}

fn faults_help() -> String {
    let profiles = Profile::ALL.iter().map(|profile| format!("{profile}: {}", profile.about()));
    let profiles: Vec<String> = profiles.collect();
    format!("Draw faults from each run's seed, on top of the scenario's own. {}", profiles.join("; "))
}

fn flavor(text: &str) -> Result<Flavor, String> {
    [Flavor::Postgresql, Flavor::Mysql]
        .into_iter()
        .find(|flavor| flavor.to_string() == text)
        .ok_or_else(|| "there is postgresql, and mysql".to_owned())
}
