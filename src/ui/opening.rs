//! What the page opens on, and what else it can run.

use std::cell::RefCell;
use std::rc::Rc;

use crate::engine::flavor::Flavor;
use crate::engine::time::SimTime;
use crate::scenario::assignment::Answer;
use crate::scenario::{Format, Scenario};
use crate::sim::recording::{Deed, Moment};
use crate::sim::setup::{
    CausalReads, ClientSetup, DiskSetup, FailoverSetup, LinkShape, NodeSetup, ProxySetup, Setup, Tags,
};
use crate::ui::lab::Opening;
use crate::ui::pace::Pace;
use crate::ui::text;

/// Long enough that every stream stands and every strip is full.
const WARM_UP: SimTime = SimTime(2_000_000);
/// When a scenario that is saved from the page's own laboratory ends, in microseconds.
const OWN_DURATION_US: u64 = 10_000_000;
/// A scenario passes within this many seconds, unless the reader slows it down.
const SCENARIO_SECONDS: u64 = 60;

const SCHEMA: &str = "\
CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, balance INTEGER NOT NULL);
INSERT INTO accounts VALUES (1, 'Ada', 100), (2, 'Edsger', 40), (3, 'Barbara', 250);";

/// The tasks of the library: the page knows them, so that an answer that comes as a link is held against its task.
const ASSIGNMENTS: [&str; 4] = [
    include_str!("../../scenarios/assignments/lose-nothing-stay-quick.toml"),
    include_str!("../../scenarios/assignments/read-what-you-wrote.toml"),
    include_str!("../../scenarios/assignments/back-within-five-seconds.toml"),
    include_str!("../../scenarios/assignments/mysql-no-silent-fall-back.toml"),
];

/// Something to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What it shows, in a line.
    pub title: String,
    /// More about it, as its file says it: plain text.
    description: String,
    /// Its name among all that can be run; another language has its description under it.
    pub name: &'static str,
    /// What to begin with.
    pub opening: Opening,
}

impl Choice {
    /// More about it, in the reader's language.
    #[must_use]
    pub fn description(&self) -> &str {
        text::find(&format!("scenario.{}", self.name)).unwrap_or(&self.description)
    }

    /// Whose servers it is about.
    #[must_use]
    pub fn flavor(&self) -> Flavor {
        self.opening.setup.flavor
    }
}

/// The page's own laboratories; it opens on the first.
#[must_use]
pub fn choices() -> Vec<Choice> {
    let own = |flavor, name: &'static str, title: &str, description: &str| Choice {
        name,
        title: title.to_owned(),
        description: description.to_owned(),
        opening: Opening {
            title: title.to_owned(),
            description: description.to_owned(),
            level: None,
            chapter: String::new(),
            setup: own_setup(flavor),
            schedule: Vec::new(),
            duration_us: OWN_DURATION_US,
            expect: Vec::new(),
            task: None,
            deeds: Vec::new(),
            moment: Moment::after(WARM_UP),
            pace: Pace::default(),
        },
    };
    vec![
        own(
            Flavor::Postgresql,
            "own-postgresql",
            "One primary, two replicas",
            "db2 is synchronous and db3 next in line; a proxy, and a client with a gentle workload. Yours to break.",
        ),
        own(
            Flavor::Mysql,
            "own-mysql",
            "One source, two replicas",
            "Semi-synchronous, with GTIDs: a commit waits for one replica, and after a second for none. Yours to break.",
        ),
    ]
}

/// Three servers and nothing said about them.
#[must_use]
pub fn bare() -> Opening {
    of_scenario(Scenario {
        title: String::new(),
        description: String::new(),
        level: None,
        chapter: String::new(),
        setup: own_setup(Flavor::Postgresql),
        duration_us: OWN_DURATION_US,
        schedule: Vec::new(),
        expect: Vec::new(),
        assignment: None,
    })
}

/// What a scenario begins with.
#[must_use]
pub fn of_scenario(scenario: Scenario) -> Opening {
    let task = task_of(&scenario);
    let Scenario { title, description, level, chapter, setup, duration_us, schedule, expect, .. } = scenario;
    // In what does nothing by itself there is no end to wait for, but messages to follow.
    let still = schedule.is_empty() && expect.is_empty();
    let pace = if still { Pace::default() } else { Pace::to_pass(duration_us, SCENARIO_SECONDS) };
    let (deeds, moment) = (Vec::new(), Moment::default());
    Opening { title, description, level, chapter, setup, schedule, duration_us, expect, task, deeds, moment, pace }
}

thread_local! {
    /// The scenarios that set a task, as they were when they were first seen.
    static TASKS: RefCell<Vec<Rc<Scenario>>> = RefCell::new(of_the_library());
}

/// A test of assignments holds that each of them can be read.
fn of_the_library() -> Vec<Rc<Scenario>> {
    ASSIGNMENTS.iter().filter_map(|text| Scenario::parse(text, Format::Toml, "").ok()).map(Rc::new).collect()
}

/// The scenario that set the task first: those of the library, and whatever was opened since. What has the same task and
/// comes later is somebody's answer to it.
fn task_of(scenario: &Scenario) -> Option<Rc<Scenario>> {
    scenario.assignment.as_ref()?;
    TASKS.with_borrow_mut(|tasks| {
        let known = tasks.iter().find(|task| task.assignment == scenario.assignment);
        Some(known.cloned().unwrap_or_else(|| {
            let task = Rc::new(scenario.clone());
            tasks.push(task.clone());
            task
        }))
    })
}

/// A task's opening from its beginning, with what was changed by hand changed from the beginning.
#[must_use]
pub fn with_changes(opening: &Opening, deeds: &[Deed]) -> Opening {
    let mut opening = opening.clone();
    if let Some(task) = opening.task.clone()
        && let Ok(answer) = Answer::of(&task, &opening.scenario(), deeds)
    {
        opening.setup = answer.scenario.setup;
        opening.schedule = answer.scenario.schedule;
    }
    opening
}

/// The same from its beginning, without what was done by hand.
#[must_use]
pub fn afresh(opening: &Opening) -> Opening {
    let mut opening = opening.clone();
    if !opening.deeds.is_empty() || opening.moment.steps != Moment::after(WARM_UP).steps {
        opening.deeds.clear();
        opening.moment = Moment::default();
    }
    opening
}

/// A laboratory's opening with another way to decide failover: a lease has to be seen to run down.
#[must_use]
pub fn with_failover(opening: &Opening, failover: FailoverSetup) -> Opening {
    let mut opening = afresh(opening);
    if failover.automatic {
        opening.pace = opening.pace.max(Pace::to_pass(LEASE_US, LEASE_SECONDS));
    }
    opening.setup.failover = failover;
    opening
}

/// So much of a lease passes in these seconds, at least, where failover was made automatic by hand.
const LEASE_US: u64 = 3_000_000;
const LEASE_SECONDS: u64 = 15;

/// Rules of which everything can be seen in a minute, where nobody has chosen others: Patroni's own lease of 30 s is long.
#[must_use]
pub fn class_room(rules: &FailoverSetup) -> FailoverSetup {
    let usual = FailoverSetup::default();
    if (rules.ttl_us, rules.loop_wait_us, rules.retry_timeout_us)
        != (usual.ttl_us, usual.loop_wait_us, usual.retry_timeout_us)
    {
        return rules.clone();
    }
    FailoverSetup { ttl_us: 3_000_000, loop_wait_us: 1_000_000, retry_timeout_us: 1_000_000, ..rules.clone() }
}

/// The laboratory of a flavor that is no scenario: nothing happens in it but what the reader does.
fn own_setup(flavor: Flavor) -> Setup {
    let node = |name: &str, upstream: Option<&str>| NodeSetup {
        name: name.into(),
        upstream: upstream.map(Into::into),
        disk: DiskSetup::default(),
        cpu: None,
        settings: Vec::new(),
        tags: Tags::default(),
    };
    let settings: &[(&str, &str)] = match flavor {
        Flavor::Postgresql => &[("synchronous_commit", "on"), ("synchronous_standby_names", "FIRST 1 (db2, db3)")],
        // The default of ten seconds is minutes of a reader's time.
        Flavor::Mysql => &[
            ("rpl_semi_sync_source_enabled", "ON"),
            ("rpl_semi_sync_replica_enabled", "ON"),
            ("rpl_semi_sync_source_timeout", "1000"),
        ],
    };
    Setup {
        flavor,
        seed: 1,
        schema: SCHEMA.to_owned(),
        settings: settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        nodes: vec![node("db1", None), node("db2", Some("db1")), node("db3", Some("db1"))],
        // Ten milliseconds: at the opening pace a message takes half a second here.
        network: LinkShape { latency_us: Some(10_000), jitter_us: Some(1_000), bandwidth: Some(0), loss_ppm: Some(0) },
        links: Vec::new(),
        failover: FailoverSetup::default(),
        proxy: Some(ProxySetup::default()),
        clients: vec![ClientSetup {
            name: "app".into(),
            connect: None,
            causal_reads: CausalReads::None,
            writes_per_second: 20,
            reads_per_second: 20,
            keys: 8,
            settings: Vec::new(),
            ..ClientSetup::default()
        }],
    }
}
