//! Every transition of the semi-synchronous source.

use super::*;
use crate::engine::ids::NodeId;
use crate::engine::log::Lsn;
use crate::engine::settings::MysqlSettings;
use crate::engine::time::SimTime;

const A: NodeId = NodeId(1);
const B: NodeId = NodeId(2);
const C: NodeId = NodeId(3);
const TIMEOUT_US: u64 = 1_000;

fn at(us: u64) -> SimTime {
    SimTime(us)
}

fn settings(count: u32) -> MysqlSettings {
    MysqlSettings {
        rpl_semi_sync_source_enabled: true,
        rpl_semi_sync_source_wait_for_replica_count: count,
        rpl_semi_sync_source_timeout_us: TIMEOUT_US,
        rpl_semi_sync_source_wait_no_replica: true,
        ..MysqlSettings::default()
    }
}

fn source(count: u32) -> SemiSync {
    let mut source = SemiSync::new();
    source.configure(&settings(count), at(0));
    source
}

/// Writes and commits, as with `AFTER_SYNC`.
fn commit(source: &mut SemiSync, pos: u64, us: u64) -> Wait {
    source.written(Lsn(pos));
    source.committing(Lsn(pos), at(us))
}

fn released(effects: &Effects) -> Vec<(u64, bool)> {
    effects.released.iter().map(|r| (r.pos.0, r.acknowledged)).collect()
}

/// Whether it is on, `yes_tx`, `no_tx`, `no_times`, `wait_sessions`.
fn counters(source: &SemiSync) -> (bool, u64, u64, u64, u64) {
    let s = source.status();
    (s.on, s.yes_tx, s.no_tx, s.no_times, s.wait_sessions)
}

#[test]
fn nothing_waits_and_nothing_counts_while_it_is_not_enabled() {
    let mut source = SemiSync::new();
    assert_eq!(commit(&mut source, 10, 0), Wait::No);
    assert!(!source.prepared_to_send(Lsn(10)));
    assert_eq!(source.acknowledged(A, Lsn(10), at(1)), Effects::default());
    assert_eq!(source.status(), SemiSyncStatus::default());
}

#[test]
fn a_commit_waits_until_a_replica_replies() {
    let mut source = source(1);
    source.replica_joined(A, Lsn(0), at(0));
    assert_eq!(commit(&mut source, 10, 100), Wait::Until(at(100 + TIMEOUT_US)));
    assert!(source.waits(Lsn(10)));
    assert!(!source.prepared_to_send(Lsn(5)), "not the end of a transaction");
    assert!(source.prepared_to_send(Lsn(10)));
    let effects = source.acknowledged(A, Lsn(10), at(350));
    assert_eq!(effects.released, [Release { pos: Lsn(10), acknowledged: true, waited_us: 250 }]);
    assert_eq!((effects.switched, source.waits(Lsn(10))), (None, false));
    assert_eq!(counters(&source), (true, 1, 0, 0, 0));
    let status = source.status();
    assert_eq!(
        (status.net_waits, status.tx_waits, status.tx_wait_time_us, status.tx_avg_wait_time_us()),
        (1, 1, 250, 250)
    );
    assert!(!source.prepared_to_send(Lsn(10)), "another replica need not answer for what is known");
    assert_eq!(source.timed_out(at(9_999)), Effects::default(), "an old deadline does no harm");
}

#[test]
fn a_reply_that_is_there_before_the_commit_waits_spares_the_wait() {
    let mut source = source(1);
    source.written(Lsn(10));
    source.acknowledged(A, Lsn(10), at(1));
    assert_eq!(source.committing(Lsn(10), at(2)), Wait::No);
    assert_eq!((counters(&source), source.status().tx_waits), ((true, 1, 0, 0, 0), 0));
    assert_eq!(source.reached(), Some(Lsn(10)));
}

#[test]
fn a_time_out_ends_all_waits_at_once() {
    let mut source = source(1);
    commit(&mut source, 10, 0);
    commit(&mut source, 20, 400);
    assert_eq!(source.next_deadline(), Some(at(TIMEOUT_US)));
    assert_eq!(source.timed_out(at(TIMEOUT_US - 1)), Effects::default());
    let effects = source.timed_out(at(TIMEOUT_US));
    assert_eq!((released(&effects), effects.switched), (vec![(10, false), (20, false)], Some(false)));
    assert_eq!(counters(&source), (false, 0, 2, 1, 0));
    // Only the session that did not time out itself counts in the averages.
    assert_eq!((source.status().tx_waits, source.status().tx_wait_time_us), (1, 600));
    assert_eq!(commit(&mut source, 30, 2_000), Wait::No);
    assert_eq!(counters(&source), (false, 0, 3, 1, 0));
}

#[test]
fn a_time_out_of_nothing_switches_off_at_once() {
    let mut source = SemiSync::new();
    source.configure(&MysqlSettings { rpl_semi_sync_source_timeout_us: 0, ..settings(1) }, at(0));
    assert_eq!(commit(&mut source, 10, 5), Wait::Until(at(5)));
    assert_eq!(released(&source.timed_out(at(5))), [(10, false)]);
}

#[test]
fn it_returns_when_a_replica_has_caught_up_with_the_last_commit() {
    let mut source = source(1);
    commit(&mut source, 10, 0);
    source.timed_out(at(TIMEOUT_US));
    commit(&mut source, 20, 2_000);
    // What is behind the last commit asks for no answer, and an answer would not suffice.
    assert!(!source.prepared_to_send(Lsn(10)));
    assert_eq!(source.acknowledged(A, Lsn(10), at(2_100)).switched, None);
    assert!(source.prepared_to_send(Lsn(20)));
    let effects = source.acknowledged(A, Lsn(20), at(2_200));
    assert_eq!((effects.switched, source.is_on()), (Some(true), true));
    assert_eq!(commit(&mut source, 30, 2_300), Wait::Until(at(2_300 + TIMEOUT_US)));
    assert_eq!(released(&source.acknowledged(A, Lsn(30), at(2_400))), [(30, true)]);
}

#[test]
fn a_replica_that_joins_at_the_end_switches_it_on() {
    let mut source = source(1);
    commit(&mut source, 10, 0);
    source.timed_out(at(TIMEOUT_US));
    assert_eq!(source.replica_joined(A, Lsn(5), at(2_000)).switched, None);
    assert_eq!(source.replica_joined(B, Lsn(10), at(2_000)).switched, Some(true));
    assert_eq!(source.status().clients, 2);
}

#[test]
fn a_skipped_event_is_as_good_as_an_answer_where_one_is_asked_for() {
    let mut source = source(1);
    commit(&mut source, 10, 0);
    assert_eq!(source.skipped(A, Lsn(5), at(1)), Effects::default());
    assert_eq!(released(&source.skipped(A, Lsn(10), at(1))), [(10, true)]);
    assert_eq!(source.status().net_waits, 0);
}

#[test]
fn only_events_that_somebody_waits_for_ask_for_answers() {
    let mut source = source(1);
    commit(&mut source, 20, 0);
    source.written(Lsn(30));
    commit(&mut source, 40, 0);
    // 20 is the least that a session waits for; 30 is the end of a transaction that has not come to its wait.
    assert_eq!([10, 20, 25, 30, 40].map(|pos| source.prepared_to_send(Lsn(pos))), [false, true, false, true, true]);
    assert_eq!(source.status().net_waits, 3);
    // An answer to a later event releases all before it.
    assert_eq!(released(&source.acknowledged(A, Lsn(40), at(1))), [(20, true), (40, true)]);
    assert_eq!(source.committing(Lsn(30), at(2)), Wait::No);
    assert_eq!(counters(&source), (true, 3, 0, 0, 0));
}

#[test]
fn a_wait_for_an_earlier_position_is_counted() {
    let mut source = source(1);
    source.written(Lsn(10));
    source.written(Lsn(20));
    source.committing(Lsn(20), at(0));
    assert_eq!(source.status().wait_pos_backtraverse, 0);
    source.committing(Lsn(10), at(0));
    assert_eq!(source.status().wait_pos_backtraverse, 1);
    assert_eq!(released(&source.acknowledged(A, Lsn(10), at(1))), [(10, true)]);
    // The plugin's least position is not current now, yet the next answer releases all the same.
    assert_eq!(released(&source.acknowledged(A, Lsn(20), at(1))), [(20, true)]);
}

#[test]
fn the_members_of_a_commit_group_wait_for_its_end() {
    // AFTER_COMMIT: the group is written as one, and its members wait one after the other.
    let mut source = source(1);
    source.written(Lsn(30));
    source.committing(Lsn(10), at(0));
    source.committing(Lsn(20), at(0));
    source.committing(Lsn(30), at(0));
    assert!(!source.prepared_to_send(Lsn(10)) && source.prepared_to_send(Lsn(30)));
    assert_eq!(released(&source.acknowledged(A, Lsn(30), at(1))), [(10, true), (20, true), (30, true)]);
    assert_eq!(counters(&source), (true, 3, 0, 0, 0));
    assert!(!source.prepared_to_send(Lsn(30)));
}

#[test]
fn with_a_count_of_two_the_second_replica_decides() {
    let mut source = source(2);
    commit(&mut source, 10, 0);
    commit(&mut source, 20, 0);
    assert_eq!(released(&source.acknowledged(A, Lsn(10), at(1))), []);
    assert_eq!(released(&source.acknowledged(A, Lsn(20), at(2))), [], "one replica is one, however often it answers");
    assert_eq!(released(&source.acknowledged(B, Lsn(10), at(3))), [(10, true)]);
    assert_eq!(released(&source.acknowledged(B, Lsn(20), at(4))), [(20, true)]);
}

#[test]
fn with_a_count_of_three_a_position_counts_that_three_have() {
    let mut source = source(3);
    commit(&mut source, 10, 0);
    commit(&mut source, 20, 0);
    source.acknowledged(A, Lsn(10), at(1));
    source.acknowledged(B, Lsn(20), at(1));
    // The plugin of December 2023 would count 20 here, which only two have.
    assert_eq!(released(&source.acknowledged(C, Lsn(25), at(2))), [(10, true)]);
    assert_eq!(released(&source.acknowledged(A, Lsn(20), at(3))), [(20, true)]);
}

#[test]
fn while_it_is_off_two_answers_bring_it_back_where_two_are_waited_for() {
    let mut source = source(2);
    commit(&mut source, 10, 0);
    source.timed_out(at(TIMEOUT_US));
    assert_eq!(source.acknowledged(A, Lsn(10), at(2_000)).switched, None);
    assert_eq!(source.acknowledged(B, Lsn(10), at(2_000)).switched, Some(true));
}

#[test]
fn without_wait_no_replica_it_switches_off_when_one_too_few_is_left() {
    let mut source = SemiSync::new();
    let impatient = MysqlSettings { rpl_semi_sync_source_wait_no_replica: false, ..settings(2) };
    source.configure(&impatient, at(0));
    assert!(!source.is_on(), "no replica is there");
    assert_eq!(commit(&mut source, 5, 0), Wait::No);
    for replica in [A, B, C] {
        source.replica_joined(replica, Lsn(5), at(0));
    }
    assert!(source.is_on());
    commit(&mut source, 10, 0);
    assert_eq!(source.replica_left(at(1)), Effects::default(), "two are enough");
    let effects = source.replica_left(at(2));
    assert_eq!((released(&effects), effects.switched), (vec![(10, false)], Some(false)));
    assert_eq!(commit(&mut source, 20, 3), Wait::No);
    assert_eq!(counters(&source), (false, 0, 3, 1, 0));
}

#[test]
fn with_wait_no_replica_a_commit_waits_even_when_nobody_is_there() {
    let mut source = source(1);
    source.replica_joined(A, Lsn(0), at(0));
    commit(&mut source, 10, 0);
    assert_eq!(source.replica_left(at(1)), Effects::default());
    assert!(source.waits(Lsn(10)));
}

#[test]
fn wait_no_replica_acts_when_it_is_changed() {
    let mut source = source(1);
    commit(&mut source, 10, 0);
    let impatient = MysqlSettings { rpl_semi_sync_source_wait_no_replica: false, ..settings(1) };
    let effects = source.configure(&impatient, at(1));
    assert_eq!((released(&effects), effects.switched), (vec![(10, false)], Some(false)));
    // Back: it is switched on by force, whatever replicas have.
    assert_eq!(source.configure(&settings(1), at(2)).switched, Some(true));
    // With a replica there, the change alone does nothing.
    source.replica_joined(A, Lsn(0), at(3));
    assert_eq!(source.configure(&impatient, at(4)), Effects::default());
}

#[test]
fn it_is_disabled_and_enabled_while_commits_wait() {
    let mut source = source(1);
    source.replica_joined(A, Lsn(0), at(0));
    commit(&mut source, 10, 0);
    let off = MysqlSettings { rpl_semi_sync_source_enabled: false, ..settings(1) };
    let effects = source.configure(&off, at(1));
    assert_eq!((released(&effects), effects.switched), (vec![(10, false)], Some(false)));
    assert_eq!(counters(&source), (false, 0, 1, 1, 0));
    // A commit that was written while it was disabled does not wait, and counts as one without an answer.
    source.written(Lsn(20));
    assert_eq!(source.configure(&settings(1), at(2)).switched, Some(true));
    assert_eq!(source.committing(Lsn(20), at(2)), Wait::No);
    assert_eq!(counters(&source), (true, 0, 2, 1, 0));
    assert_eq!(commit(&mut source, 30, 3), Wait::Until(at(3 + TIMEOUT_US)));
    assert_eq!(source.status().clients, 1, "replicas stay connected");
}

#[test]
fn a_smaller_count_counts_what_was_acknowledged_before() {
    let mut source = source(3);
    commit(&mut source, 10, 0);
    source.acknowledged(A, Lsn(10), at(1));
    source.acknowledged(B, Lsn(10), at(1));
    assert_eq!(released(&source.configure(&settings(2), at(2))), [(10, true)]);
    commit(&mut source, 20, 3);
    source.acknowledged(A, Lsn(20), at(3));
    assert_eq!(released(&source.configure(&settings(1), at(4))), [(20, true)]);
    // A larger count applies to what waits.
    commit(&mut source, 30, 5);
    source.configure(&settings(2), at(5));
    assert_eq!(released(&source.acknowledged(A, Lsn(30), at(6))), []);
    assert_eq!(released(&source.acknowledged(B, Lsn(30), at(6))), [(30, true)]);
}

#[test]
fn a_new_time_out_leaves_deadlines_that_run() {
    let mut source = source(1);
    commit(&mut source, 10, 0);
    source.configure(&MysqlSettings { rpl_semi_sync_source_timeout_us: 50, ..settings(1) }, at(1));
    assert_eq!(source.next_deadline(), Some(at(TIMEOUT_US)));
    assert_eq!(commit(&mut source, 20, 2), Wait::Until(at(52)));
    // The later commit times out first, and takes the other with it.
    assert_eq!(released(&source.timed_out(at(52))), [(10, false), (20, false)]);
}

#[test]
fn reset_begins_to_count_again() {
    let mut source = source(1);
    source.replica_joined(A, Lsn(0), at(0));
    commit(&mut source, 10, 0);
    source.acknowledged(A, Lsn(10), at(5));
    source.reset();
    assert_eq!(source.status(), SemiSyncStatus { on: true, clients: 1, ..SemiSyncStatus::default() });
    assert_eq!(source.reached(), None);
}

#[test]
fn the_status_variables_are_those_of_show_status() {
    let status = SemiSyncStatus {
        clients: 2,
        net_waits: 3,
        no_times: 4,
        no_tx: 5,
        on: true,
        tx_wait_time_us: 100,
        tx_waits: 7,
        wait_pos_backtraverse: 8,
        wait_sessions: 9,
        yes_tx: 10,
    };
    let shown = status.variables().map(|(name, value)| format!("{}={value}", &name["Rpl_semi_sync_source_".len()..]));
    assert_eq!(
        shown.join(" "),
        "clients=2 net_avg_wait_time=0 net_wait_time=0 net_waits=3 no_times=4 no_tx=5 status=ON timefunc_failures=0 \
         tx_avg_wait_time=14 tx_wait_time=100 tx_waits=7 wait_pos_backtraverse=8 wait_sessions=9 yes_tx=10"
    );
    let names = status.variables().map(|(name, _)| name);
    assert!(names.is_sorted());
    assert_eq!(SemiSyncStatus::default().tx_avg_wait_time_us(), 0);
}

#[cfg(not(target_arch = "wasm32"))]
mod random {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Commit,
        Write,
        Ack(u8, u64),
        Left,
        Wait(u64),
        Configure(u32, bool, bool),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => Just(Step::Commit),
            1 => Just(Step::Write),
            6 => (0_u8..4, 0_u64..4).prop_map(|(replica, behind)| Step::Ack(replica, behind)),
            1 => Just(Step::Left),
            2 => (0_u64..2 * TIMEOUT_US).prop_map(Step::Wait),
            1 => (1_u32..4, any::<bool>(), prop::bool::weighted(0.8)).prop_map(|(n, w, e)| Step::Configure(n, w, e)),
        ];
        prop::collection::vec(step, 0..80)
    }

    proptest! {
        /// Whatever happens: nobody waits while it is off, every commit ends once, nothing is waited for beyond its
        /// deadline, and what counts as acknowledged was acknowledged by enough.
        #[test]
        fn waits_end_once_and_for_a_reason(steps in steps()) {
            let mut source = source(1);
            let (mut now, mut end, mut count, mut enabled) = (0, 0, 1_u32, true);
            let mut least = 1_u32;
            let mut acked = [0_u64; 4];
            let mut open = std::collections::BTreeSet::new();
            let mut written = Vec::new();
            let mut ended = 0;
            for step in steps {
                now += 1;
                let mut effects = Effects::default();
                match step {
                    Step::Write => {
                        end += 10;
                        source.written(Lsn(end));
                        written.push(end);
                    }
                    Step::Commit => {
                        end += 10;
                        source.written(Lsn(end));
                        written.push(end);
                        for pos in written.drain(..) {
                            match source.committing(Lsn(pos), at(now)) {
                                Wait::No => ended += u64::from(enabled),
                                Wait::Until(deadline) => {
                                    prop_assert_eq!(deadline, at(now + TIMEOUT_US));
                                    open.insert(pos);
                                }
                            }
                        }
                    }
                    Step::Ack(replica, behind) => {
                        let pos = end.saturating_sub(behind * 10);
                        let known = &mut acked[usize::from(replica)];
                        *known = (*known).max(pos);
                        effects = source.acknowledged(NodeId(replica), Lsn(*known), at(now));
                    }
                    Step::Left => effects = source.replica_left(at(now)),
                    Step::Wait(us) => {
                        now += us;
                        effects = source.timed_out(at(now));
                        prop_assert!(source.next_deadline().is_none_or(|deadline| deadline > at(now)));
                    }
                    Step::Configure(n, wait_no_replica, on) => {
                        // What was acknowledged under another count may count once more.
                        least = least.min(n).min(count);
                        (count, enabled) = (n, on);
                        let new = MysqlSettings {
                            rpl_semi_sync_source_wait_no_replica: wait_no_replica,
                            rpl_semi_sync_source_enabled: on,
                            ..settings(n)
                        };
                        effects = source.configure(&new, at(now));
                    }
                }
                for release in &effects.released {
                    prop_assert!(open.remove(&release.pos.0), "{release:?} did not wait");
                    ended += 1;
                    let have = acked.iter().filter(|pos| **pos >= release.pos.0).count();
                    prop_assert!(!release.acknowledged || have >= least as usize, "{release:?}: {acked:?}");
                }
                prop_assert!(source.is_on() || open.is_empty(), "somebody waits while it is off");
                prop_assert!(enabled || !source.is_on());
                prop_assert!(open.iter().all(|pos| source.waits(Lsn(*pos))));
                let status = source.status();
                prop_assert_eq!(status.wait_sessions, open.len() as u64);
                prop_assert_eq!(status.yes_tx + status.no_tx, ended);
            }
        }
    }
}
