//! Why: the chains of causes that the page tells, held against scenarios whose causes are known.
#![cfg(not(target_arch = "wasm32"))]

use std::path::Path;

use replication_lab::check::why::{Because, Chain, Conditions, Evidence, Point, Question, Story, Told};
use replication_lab::check::{Finding, Judges, Kind, Outcome};
use replication_lab::engine::ids::{NodeId, TxnId};
use replication_lab::engine::time::SimTime;
use replication_lab::engine::trace::{Life, TraceEvent};
use replication_lab::scenario::{Format, Scenario};
use replication_lab::sim::Run;
use replication_lab::ui::words;

/// A run with its whole trace.
struct Telling {
    scenario: Scenario,
    run: Run<Judges>,
    trace: Vec<TraceEvent>,
}

fn text(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/{name}.toml"))).unwrap()
}

/// A scenario up to an instant.
fn run(name: &str, until_ms: u64) -> Telling {
    run_of(&text(name), until_ms)
}

fn run_of(text: &str, until_ms: u64) -> Telling {
    let scenario = Scenario::parse(text, Format::Toml, "test").unwrap_or_else(|problems| panic!("{problems}"));
    let (setup, schedule) = (scenario.setup.clone(), scenario.schedule.clone());
    let mut trace = Vec::new();
    let judges = Judges::new(setup.flavor);
    let mut run = Run::new_told(setup, schedule, judges, &mut |event| trace.push(event.clone())).unwrap();
    let until = SimTime(until_ms * 1_000);
    while run.next_at().is_some_and(|at| at <= until) && run.step_told(&mut |event| trace.push(event.clone())) {}
    run.rest_until(until);
    Telling { scenario, run, trace }
}

impl Telling {
    fn judges(&self) -> &Judges {
        self.run.observer()
    }

    fn node(&self, name: &str) -> NodeId {
        self.run.world().node_by_name(name).unwrap()
    }

    fn why(&self, question: Question) -> Chain {
        let (judges, world) = (self.judges(), self.run.world());
        let (from, to) = question.stretch(judges, world).expect("there is something to ask about");
        let mut story = Story::new(question.followed(judges, world));
        self.trace.iter().filter(|event| event.at >= from && event.at <= to).for_each(|event| story.take(event));
        let conditions = Conditions::new(&self.scenario.setup, self.run.commands(), world);
        let evidence = Evidence { judges, world, story: &story, conditions: &conditions };
        let chain = question.answer(&evidence).expect("there is a chain");
        for link in &chain.links {
            let at = link.at.map_or_else(String::new, |at| format!("{:.3}", at.0 as f64 / 1e6));
            println!("{at:>8} {}", words::because(&link.because, world, self.scenario.setup.flavor));
            // Every event that proves something is in the trace, at that instant.
            if let Some(event) = link.event {
                let proof = self.trace.iter().find(|one| one.number == event).expect("the event is in the trace");
                assert_eq!(Some(proof.at), link.at, "{link:?}");
            }
        }
        let instants: Vec<SimTime> = chain.links.iter().filter_map(|link| link.at).collect();
        assert!(!instants.is_empty() && instants.iter().all(|at| *at <= world.now()), "nothing of it is yet to come");
        chain
    }

    /// The first finding of a kind.
    fn finding(&self, kind: Kind) -> usize {
        self.judges().violations().iter().position(|found| found.kind() == kind).expect("there is one")
    }

    fn lost(&self) -> TxnId {
        let found = self.judges().violations().iter().find_map(|found| match found.finding {
            Finding::LostWrite { txn, .. } => Some(txn),
            _ => None,
        });
        found.expect("a write was lost")
    }
}

fn at(chain: &Chain, is_it: impl Fn(&Because) -> bool) -> SimTime {
    let link = chain.links.iter().find(|link| is_it(&link.because)).unwrap_or_else(|| panic!("not in {chain:#?}"));
    link.at.unwrap_or_else(|| panic!("{link:?} has no instant"))
}

fn ms(at: SimTime) -> u64 {
    at.0 / 1_000
}

#[test]
fn a_write_that_was_cut_off_and_lost() {
    let told = run("asynchronous-loss", 9_000);
    let (db1, db2) = (told.node("db1"), told.node("db2"));
    let chain = told.why(Question::Write(told.lost()));
    assert_eq!(ms(at(&chain, |b| *b == Because::Cut { one: db1, other: db2 })), 4_000);
    let logged = at(&chain, |b| matches!(b, Because::Logged { node, .. } if *node == db1));
    let flushed = at(&chain, |b| *b == Because::FlushedThere { node: db1 });
    let acknowledged = at(&chain, |b| matches!(b, Because::Acknowledged { told: Told::NobodyNamed, .. }));
    let gone = at(&chain, |b| *b == Because::Gone { node: db1, life: Life::Down });
    let promoted = at(&chain, |b| matches!(b, Because::Promoted { node, .. } if *node == db2));
    assert!(logged < flushed && flushed < acknowledged && acknowledged < gone && gone < promoted);
    assert_eq!((ms(gone), ms(promoted)), (4_500, 6_000));
    // The last word is that it is lost.
    assert_eq!(chain.links.last().map(|link| &link.because), Some(&Because::Lost { primary: db2 }));
    // The finding tells the same, and a write that survived does not.
    let finding = Question::Violation(told.finding(Kind::LostWrite));
    assert!(told.why(finding).has(|b| *b == Because::Lost { primary: db2 }));
    let survived = told.judges().ledger().entries().find(|write| write.submitted.at < SimTime(3_000_000)).unwrap().txn;
    let chain = told.why(Question::Write(survived));
    assert!(
        chain.has(|b| *b == Because::Survived { primary: db2 }) && !chain.has(|b| matches!(b, Because::Lost { .. }))
    );
}

#[test]
fn a_write_that_was_acknowledged_before_it_was_on_disk() {
    let told = run("commit-off-primary-crash", 30_000);
    let db1 = told.node("db1");
    let chain = told.why(Question::Write(told.lost()));
    let acknowledged =
        at(&chain, |b| matches!(b, Because::Acknowledged { told: Told::Level(level), .. } if &**level == "off"));
    assert!(acknowledged < at(&chain, |b| *b == Because::LogLost { node: db1 }));
    assert!(chain.has(|b| *b == Because::NeverFlushed { node: db1 }));
    assert!(!chain.has(|b| matches!(b, Because::FlushedThere { .. } | Because::Promoted { .. })));
}

#[test]
fn a_lease_that_ran_out_is_among_the_causes_and_an_errant_transaction_is_none_of_them() {
    let told = run("failover-asynchronous-loss", 60_000);
    let chain = told.why(Question::Write(told.lost()));
    let expired = at(&chain, |b| matches!(b, Because::LeaseExpired { .. }));
    assert!(at(&chain, |b| matches!(b, Because::Gone { .. })) < expired);
    assert!(expired < at(&chain, |b| matches!(b, Because::Promoted { .. })));

    let told = run("mysql-errant-transaction", 30_000);
    let chain = told.why(Question::Write(told.lost()));
    let db2 = told.node("db2");
    assert!(chain.has(|b| *b == Because::Errant { node: db2 }));
    assert!(!chain.has(|b| matches!(b, Because::Promoted { .. } | Because::Gone { .. } | Because::Cut { .. })));
}

#[test]
fn a_semi_synchronous_source_that_fell_back_told_nobody() {
    let told = run("mysql-semi-sync-falls-back", 60_000);
    let chain = told.why(Question::Write(told.lost()));
    let acknowledged = at(&chain, |b| matches!(b, Because::Acknowledged { told: Told::FellBack, .. }));
    let logged = at(&chain, |b| matches!(b, Because::Logged { .. }));
    assert!(acknowledged.since(logged) >= 1_000_000, "it waited for the time-out");
    // While it waits, the chain says for whom and until when.
    let told = run("mysql-semi-sync-falls-back", 2_500);
    let waiting = told.judges().pending().find(|write| write.waited.is_some()).expect("a commit waits").txn;
    let (db1, db2) = (told.node("db1"), told.node("db2"));
    let chain = told.why(Question::Write(waiting));
    assert!(chain.has(|b| matches!(b, Because::SemiSync { count, .. } if &**count == "1")));
    assert!(chain.has(|b| *b == Because::Cut { one: db1, other: db2 }));
    let until = chain.links.iter().find_map(|link| match link.because {
        Because::EndsAt { at } => Some(at),
        _ => None,
    });
    assert!(until.is_some_and(|until| ms(until) > 2_500 && ms(until) < 3_600), "{until:?}");
}

#[test]
fn a_read_that_was_routed_to_a_replica_too_early() {
    let told = run("causal-reads-none", 8_000);
    let chain = told.why(Question::Violation(told.finding(Kind::StaleRead)));
    let acknowledged = at(&chain, |b| matches!(b, Because::Acknowledged { .. }));
    let routed = at(&chain, |b| matches!(b, Because::Routed { .. }));
    let got = at(&chain, |b| matches!(b, Because::ReadGot { .. }));
    let later = at(&chain, |b| matches!(b, Because::CameLater { to: Point::Applied, .. }));
    assert!(acknowledged <= routed && routed < got && got < later);
    assert!(chain.has(|b| matches!(b, Because::ApplyRate { per_second: 30, .. })));

    let told = run("causal-reads-none-mysql", 8_000);
    let chain = told.why(Question::Violation(told.finding(Kind::StaleRead)));
    assert!(chain.has(|b| matches!(b, Because::ApplyRate { per_second: 30, .. })));
    assert!(chain.has(|b| matches!(b, Because::Came { to: Point::Received, .. })));

    let told = run("partition-and-catch-up", 20_000);
    let chain = told.why(Question::Violation(told.finding(Kind::StaleRead)));
    let (db1, db3) = (told.node("db1"), told.node("db3"));
    assert_eq!(ms(at(&chain, |b| *b == Because::Cut { one: db1, other: db3 })), 2_000);
    assert!(at(&chain, |b| matches!(b, Because::CameLater { .. })) >= SimTime(5_000_000), "the link was healed at 5 s");
}

/// A cluster of two whose commits wait for the standby, and what is done to it.
fn synchronous(settings: &str, at: &str) -> String {
    format!(
        "title = \"t\"\nduration = \"20s\"\n[settings]\nsynchronous_standby_names = \"db2\"\n{settings}\n\
         [[node]]\nname = \"db1\"\n[[node]]\nname = \"db2\"\n\
         [[client]]\nname = \"app\"\nwrites_per_second = 20\nreads_per_second = 0\n{at}\n"
    )
}

#[test]
fn a_commit_that_waits_says_for_whom_by_which_rule_and_what_would_end_it() {
    let told = run_of(&synchronous("", "[[at]]\ntime = \"3s\"\npartition = [\"db1\", \"db2\"]"), 4_000);
    let (db1, db2) = (told.node("db1"), told.node("db2"));
    let chain = told.why(Question::Waiting(db1));
    assert!(at(&chain, |b| matches!(b, Because::Waits { node, .. } if *node == db1)) >= SimTime(3_000_000));
    assert!(chain.has(|b| matches!(b, Because::Rule { names, level } if &**names == "db2" && &**level == "on")));
    assert_eq!(ms(at(&chain, |b| matches!(b, Because::Cut { .. }))), 3_000);
    assert!(chain.has(|b| *b == Because::EndsWhen { of: vec![db2], needs: Point::Flushed, all: true }));
    assert!(chain.has(|b| *b == Because::EndsByRule));

    // The standby's machine is down: nobody qualifies.
    let told = run_of(&synchronous("", "[[at]]\ntime = \"3s\"\nkill = \"db2\""), 6_000);
    let chain = told.why(Question::Waiting(told.node("db1")));
    assert!(chain.has(|b| *b == Because::NobodyQualifies));
    let db2 = told.node("db2");
    assert_eq!(ms(at(&chain, |b| *b == Because::NotRunning { node: db2, life: Life::Stopped })), 3_000);

    // It has it on disk, and does not apply.
    let paused = synchronous("synchronous_commit = \"remote_apply\"", "[[at]]\ntime = \"3s\"\npause_replay = \"db2\"");
    let told = run_of(&paused, 4_000);
    let chain = told.why(Question::Waiting(told.node("db1")));
    let db2 = told.node("db2");
    assert!(chain.has(|b| matches!(b, Because::Unconfirmed { has: Some(Point::Flushed), needs: Point::Applied, .. })));
    assert_eq!(ms(at(&chain, |b| *b == Because::ReplayPaused { node: db2 })), 3_000);
}

#[test]
fn a_row_that_a_delayed_standby_does_not_show_yet() {
    let text = "title = \"t\"\nduration = \"20s\"\n[[node]]\nname = \"db1\"\n[[node]]\nname = \"db2\"\n\
                settings = { recovery_min_apply_delay = \"2s\" }\n\
                [[client]]\nname = \"app\"\nwrites_per_second = 20\nreads_per_second = 0\nkeys = 3\n";
    let told = run_of(text, 5_000);
    let db2 = told.node("db2");
    let chain = told.why(Question::Missing(db2, Some(1)));
    assert!(chain.has(|b| matches!(b, Because::Delayed { node, value, .. } if *node == db2 && &**value == "2s")));
    assert!(chain.has(|b| *b == Because::NeverCame { node: db2, to: Point::Applied }));
    // Without a key: the oldest write that it lacks.
    let any = told.why(Question::Missing(db2, None));
    let logged = at(&any, |b| matches!(b, Because::Logged { .. }));
    assert!(logged <= at(&chain, |b| matches!(b, Because::Logged { .. })) && ms(logged) > 2_900, "{logged:?}");
}

#[test]
fn a_wait_that_was_cancelled_and_a_write_whose_answer_never_came() {
    let at_ = "[[at]]\ntime = \"3s\"\npartition = [\"db1\", \"db2\"]\n[[at]]\ntime = \"4s\"\ncancel = \"app\"\n\
               [[at]]\ntime = \"5s\"\ncrash = \"db1\"";
    let told = run_of(&synchronous("", at_), 8_000);
    let entries = || told.judges().ledger().entries();
    let cancelled =
        entries().find(|write| write.outcome == Outcome::Acknowledged && write.reason.is_some()).unwrap().txn;
    assert!(
        told.why(Question::Write(cancelled)).has(|b| matches!(b, Because::Acknowledged { told: Told::Cancelled, .. }))
    );
    let unknown = entries().find(|write| write.outcome == Outcome::Indeterminate).expect("the crash left some").txn;
    let chain = told.why(Question::Write(unknown));
    assert!(at(&chain, |b| matches!(b, Because::Indeterminate { .. })) >= SimTime(5_000_000));
}

#[test]
fn nothing_is_asked_of_what_there_is_not() {
    let told = run("steady-asynchronous", 2_000);
    let (judges, world) = (told.judges(), told.run.world());
    let txn = TxnId { session: told.judges().ledger().entries().next().unwrap().txn.session, number: u32::MAX };
    for question in [
        Question::Write(txn),
        Question::Violation(usize::MAX),
        Question::Waiting(NodeId(0)),
        Question::Waiting(NodeId(99)),
    ] {
        assert!(question.stretch(judges, world).is_none(), "{question:?}");
    }
    // A server that is not there is no reason to panic.
    let _ = Question::Missing(NodeId(99), Some(1)).stretch(judges, world);
}
