//! What a scenario's own settings promise.

use std::fmt;

use serde::{Serialize, Serializer};

use super::conduct::Conduct;
use crate::check::Kind;
use crate::order::Arrange;
use crate::scenario::Scenario;
use crate::sim::setup::{CausalReads, ReadPolicy, SynchronousMode};

/// Something that never happens, or at last does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// The judges find no violation of a kind.
    No(Kind),
    /// No two servers hold different bytes at the same place of the same timeline.
    OneLog,
    /// The report's figures add up.
    Accounts,
    /// A clone goes on as its original does.
    SameAgain,
    /// Nothing panics, and no instant goes on for ever.
    Sound,
    /// When everything is mended, one primary takes writes, every server has the same contents, and nobody waits.
    Together,
}

impl Promise {
    /// Every promise.
    pub fn all() -> impl Iterator<Item = Promise> {
        let other = [Promise::OneLog, Promise::Accounts, Promise::SameAgain, Promise::Sound, Promise::Together];
        Kind::ALL.into_iter().map(Promise::No).chain(other)
    }

    /// Its name: of a kind of violation, that kind's.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Promise::No(kind) => kind.name(),
            Promise::OneLog => "one_log",
            Promise::Accounts => "accounts",
            Promise::SameAgain => "same_again",
            Promise::Sound => "sound",
            Promise::Together => "together",
        }
    }

    /// The promise of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Promise> {
        Promise::all().find(|promise| promise.name() == name)
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Promise {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// All that a scenario promises, with reasons where they are not plain.
#[must_use]
pub fn promised(scenario: &Scenario) -> Vec<Promise> {
    let conduct = Conduct::of(scenario);
    let failover = &scenario.setup.failover;
    let mut promised = vec![Promise::Accounts, Promise::SameAgain, Promise::Sound];
    // A strict cluster with one server waits for good.
    let strict_alone = failover.automatic
        && failover.synchronous_mode_strict
        && scenario.setup.nodes.len() <= 1 + usize::from(conduct.removes());
    // Those that are left may be those that must not lead.
    let synchronous = failover.automatic && failover.synchronous_mode != SynchronousMode::Off;
    let anybody = scenario.setup.nodes.iter().all(|node| node.tags.may_lead()) && !synchronous;
    let may_lead = anybody || !conduct.removes();
    // A driver that waits for a machine that is gone for good waits for good, and nobody can hang it up any more.
    let drivers =
        scenario.setup.proxy.is_none() || scenario.setup.clients.iter().any(|client| client.connect.is_some());
    let answered = !(drivers && conduct.removes());
    promised.extend((!strict_alone && may_lead && answered).then_some(Promise::Together));
    let mut no = |kind: Kind, promise: bool| promised.extend(promise.then_some(Promise::No(kind)));

    let for_good = conduct.one_primary_for_good();
    // Agents fence whoever led before.
    let fenced = conduct.automatic() && failover.fencing && !conduct.meddles();
    // The operator hands over step by step; nothing comes in between that would bring the former primary back.
    let handed = !(conduct.automatic() || conduct.promotes() || conduct.meddles()) && conduct.in_peace();
    let one_primary = for_good || fenced || handed;
    no(Kind::SplitBrain, one_primary);

    // With one primary for good nothing is lost but what its own disk did not have.
    let kept = for_good && (conduct.durable() || !conduct.deaths());
    // Whoever may be promoted has what was acknowledged, as long as operators do not throw away several copies of it.
    let strict = fenced
        && !(conduct.removes() && conduct.repairs())
        && conduct.postgresql()
        && failover.synchronous_mode != SynchronousMode::Off
        && failover.synchronous_mode_strict
        && conduct.waits_for_disks()
        && !conduct.cancels();
    // Everybody has it.
    let everywhere = conduct.everybody_is_synchronous()
        && if conduct.postgresql() {
            conduct.waits_for_disks() && (!conduct.automatic() || failover.synchronous_mode == SynchronousMode::Off)
        } else {
            // A relay log is not flushed before it is acknowledged.
            !conduct.crashes() && !conduct.automatic()
        };
    let nothing_lost = kept || strict || everywhere || handed;
    no(Kind::LostWrite, nothing_lost);

    let history = nothing_lost && one_primary;
    let from_primary = conduct.reads(|reads, _| reads == ReadPolicy::Primary);
    let causal = conduct.reads(|reads, causal| {
        reads == ReadPolicy::Primary || matches!(causal, CausalReads::Sticky | CausalReads::WaitForLsn { .. })
    });
    no(Kind::MonotonicWrites, history);
    no(Kind::ReadYourWrites, history && causal);
    // What a restarted primary shows of commits that waited goes when another is promoted: so does the real one.
    no(Kind::WritesFollowReads, for_good && kept);
    no(Kind::Linearizability, for_good && kept && from_primary);
    let sticky = conduct.reads(|reads, causal| reads == ReadPolicy::Primary || causal == CausalReads::Sticky);
    let quiet = conduct.in_peace() && !conduct.cuts();
    let lag_limit = scenario.setup.proxy.as_ref().is_some_and(|proxy| proxy.max_replication_lag_us.is_some());
    no(Kind::MonotonicReads, for_good && kept && (from_primary || (sticky && quiet && !lag_limit)));
    let shown_everywhere = conduct.postgresql()
        && for_good
        && quiet
        && !conduct.cascades()
        && conduct.everybody_is_synchronous()
        && conduct.always("synchronous_commit", |level| level == "remote_apply");
    no(Kind::StaleRead, (for_good && kept && from_primary) || shown_everywhere);

    // Physical replication copies bytes. MySQL's executes rows, unless somebody writes beside it.
    let rows = conduct.always("binlog_format", |format| format != "STATEMENT")
        && conduct.durable()
        && !conduct.types_on_servers()
        && one_primary;
    // A server that is killed while it is promoted may come back on the timeline that it left: so did a real one.
    let timelines =
        conduct.postgresql() && (fenced || !(conduct.promotes() || conduct.switches_over()) || !conduct.deaths());
    no(Kind::Divergence, timelines || rows);
    promised.extend(timelines.then_some(Promise::OneLog));
    promised.arrange();
    promised
}
