//! What the page opens on: one primary, two replicas, a proxy and a client with a gentle workload.

use crate::engine::flavor::Flavor;
use crate::sim::setup::{
    CausalReads, ClientSetup, DiskSetup, FailoverSetup, LinkShape, NodeSetup, ProxySetup, Setup,
};
use crate::ui::lab::Lab;

/// What runs.
pub const TITLE: &str = "One primary, two replicas";

/// Long enough that every stream stands and every strip is full.
const WARM_UP_US: u64 = 2_000_000;

const SCHEMA: &str = "\
CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, balance INTEGER NOT NULL);
INSERT INTO accounts VALUES (1, 'Ada', 100), (2, 'Edsger', 40), (3, 'Barbara', 250);";

/// Opens the laboratory; `prefix` tells it from others on the page.
///
/// # Errors
/// When the engine cannot be set up.
pub fn open(prefix: &str) -> Result<Lab, String> {
    Lab::open(prefix.to_owned(), setup(), Vec::new(), WARM_UP_US)
}

fn setup() -> Setup {
    let node = |name: &str, upstream: Option<&str>| NodeSetup {
        name: name.into(),
        upstream: upstream.map(Into::into),
        disk: DiskSetup::default(),
        settings: Vec::new(),
    };
    Setup {
        flavor: Flavor::Postgresql,
        seed: 1,
        schema: SCHEMA.to_owned(),
        settings: vec![("synchronous_commit".into(), "on".into()), ("synchronous_standby_names".into(), "db2".into())],
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
        }],
    }
}
