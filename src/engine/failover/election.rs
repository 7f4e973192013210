//! Nobody holds the lease: an agent compares its server with the others, and takes the lease if it is the healthiest.

use std::sync::Arc;

use super::agent::{Activity, Agent, Questions};
use super::comparison::{PeerStatus, Rank, rank, votes};
use super::event::ManagerEvent;
use super::local::Local;
use super::setup::SynchronousMode;
use super::store::StoreOp;
use super::view::ClusterView;
use crate::engine::ids::{Addr, ConnId, NodeId};
use crate::engine::io::{Outbox, Timer};
use crate::engine::time::SECOND_US;
use crate::engine::trace::{Life, What};

/// Other agents are given so long to answer, in microseconds, or `retry_timeout` if that is shorter.
const ANSWER_US: u64 = 2 * SECOND_US;

impl Agent {
    /// Nobody leads.
    pub(super) fn vacant(&mut self, view: &ClusterView, local: &Local, out: &mut Outbox) {
        if let Activity::Comparing(_) = self.activity {
            return;
        }
        match local.life {
            Life::Stopped if local.has_database => return self.start(false, None, out),
            Life::Running if local.primary => return self.ask(StoreOp::Acquire { term: view.term }, local, out),
            Life::Running if !local.promoting => {}
            _ => return,
        }
        if let Some(why) = self.obstacle(view, local, out) {
            self.rule_out(self.me, &why, out);
            return;
        }
        out.trace(What::Manager(ManagerEvent::ElectionBegan {
            by: self.me,
            position: local.position,
            timeline: local.timeline,
        }));
        let questions = self.ask_others(out);
        self.activity = Activity::Comparing(questions);
        self.compare_if_complete(local, out);
    }

    /// Why its server must not even compete.
    fn obstacle(&self, view: &ClusterView, local: &Local, out: &Outbox) -> Option<String> {
        let chosen = self.chosen(view);
        if let Some(to) = chosen.filter(|to| *to != self.me) {
            return Some(format!("{} is to take over", self.name(to)));
        }
        if let Some((leader, _)) = self.failsafe.filter(|(leader, until)| *leader != self.me && *until > out.now) {
            return Some(format!("{} leads without the store", self.name(leader)));
        }
        if !self.tags.may_lead() {
            return Some("it is tagged nofailover".to_owned());
        }
        if self.synchronous() && !view.sync.lets(self.me) {
            return Some("it is not synchronous: it may lack what was acknowledged".to_owned());
        }
        if local.diverged {
            return Some("its log has left the cluster's history".to_owned());
        }
        if local.timeline < view.timeline && !self.mysql {
            return Some(format!("its timeline {} is behind the cluster's {}", local.timeline, view.timeline));
        }
        let lag = view.last_position.saturating_sub(local.position);
        if !self.mysql && chosen.is_none() && lag > self.rules.maximum_lag_on_failover {
            let most = self.rules.maximum_lag_on_failover;
            return Some(format!("it is {lag} bytes behind, and maximum_lag_on_failover is {most}"));
        }
        None
    }

    /// Who is to lead by an operator's word, if that one can.
    fn chosen(&self, view: &ClusterView) -> Option<NodeId> {
        let to = view.failover?.to;
        let member = view.members.get(&to).filter(|member| member.running && member.tags.may_lead())?;
        let current = self.mysql || member.timeline >= view.timeline;
        (current && (!self.synchronous() || view.sync.lets(to))).then_some(to)
    }

    fn rule_out(&self, node: NodeId, why: &str, out: &mut Outbox) {
        out.trace(What::Manager(ManagerEvent::RuledOut { by: self.me, node, why: why.into() }));
    }

    fn ask_others(&mut self, out: &mut Outbox) -> Questions {
        let others: Vec<NodeId> = self.known.iter().copied().filter(|node| *node != self.me).collect();
        let open = others.into_iter().map(|node| (self.connect(Addr::Agent(node), out), node)).collect();
        out.set_timer(Timer::AgentQuestions, out.now.plus(self.rules.retry_timeout_us.min(ANSWER_US)));
        Questions { open, term: self.view.term, ..Questions::default() }
    }

    /// Nobody is asked any more.
    pub(super) fn drop_questions(&mut self, out: &mut Outbox) {
        if let Activity::Comparing(questions) | Activity::Failsafe(questions) = &mut self.activity {
            for conn in std::mem::take(&mut questions.open).into_keys() {
                out.close(conn);
            }
            self.activity = Activity::Idle;
        }
    }

    /// Another agent answered.
    pub(super) fn answered(&mut self, conn: ConnId, status: PeerStatus, agreed: bool, local: &Local, out: &mut Outbox) {
        if let Activity::Comparing(questions) | Activity::Failsafe(questions) = &mut self.activity
            && let Some(node) = questions.open.remove(&conn)
        {
            questions.answers.insert(node, status);
            questions.failed |= !agreed;
            out.close(conn);
            self.compare_if_complete(local, out);
        }
    }

    /// Another agent could not be asked.
    pub(super) fn not_answered(&mut self, conn: ConnId, local: &Local, out: &mut Outbox) {
        if let Activity::Comparing(questions) | Activity::Failsafe(questions) = &mut self.activity
            && questions.open.remove(&conn).is_some()
        {
            questions.failed = true;
            self.compare_if_complete(local, out);
        }
    }

    /// Who has not answered by now will not be waited for.
    pub(super) fn questions_due(&mut self, local: &Local, out: &mut Outbox) {
        if let Activity::Comparing(questions) | Activity::Failsafe(questions) = &mut self.activity {
            questions.failed |= !questions.open.is_empty();
            for conn in std::mem::take(&mut questions.open).into_keys() {
                out.close(conn);
            }
            self.compare_if_complete(local, out);
        }
    }

    fn compare_if_complete(&mut self, local: &Local, out: &mut Outbox) {
        match &self.activity {
            Activity::Comparing(questions) if questions.open.is_empty() => {
                let questions = questions.clone();
                self.activity = Activity::Idle;
                out.set_timer(Timer::AgentQuestions, crate::engine::time::SimTime::NEVER);
                if self.compare(&questions, local, out) {
                    out.trace(What::Manager(ManagerEvent::Healthiest { node: self.me }));
                    let term = questions.term;
                    self.ask(StoreOp::Acquire { term }, local, out);
                }
            }
            Activity::Failsafe(questions) if questions.open.is_empty() => {
                let failed = questions.failed;
                self.activity = Activity::Idle;
                out.set_timer(Timer::AgentQuestions, crate::engine::time::SimTime::NEVER);
                self.failsafe_decided(!failed, local, out);
            }
            _ => {}
        }
    }

    /// Whether its server is the healthiest, everybody's answers considered.
    fn compare(&mut self, questions: &Questions, local: &Local, out: &mut Outbox) -> bool {
        let view = self.view.clone();
        let own = self.status(local);
        let chosen = self.chosen(&view) == Some(self.me);
        let others: Vec<NodeId> = self.known.iter().copied().filter(|node| *node != self.me).collect();
        let mut healthiest = true;
        for node in others {
            let answer = questions.answers.get(&node);
            let (position, timeline) = (answer.map(|a| a.position), answer.map(|a| a.timeline));
            out.trace(What::Manager(ManagerEvent::Compared { by: self.me, node, position, timeline }));
            let Some(other) = answer else {
                self.rule_out(node, "it does not answer", out);
                continue;
            };
            if view.last_leader == Some(node) && !other.primary {
                self.harmless = Some(node);
            }
            // Log of a timeline that the cluster has left is no advantage: its server must not lead.
            let left = !self.mysql && other.timeline < view.timeline;
            let lets = !left && (!self.synchronous() || view.sync.lets(node));
            match rank(&own, other, lets) {
                Rank::StillPrimary => {
                    let why = format!("{} still takes writes", self.name(node));
                    self.rule_out(self.me, &why, out);
                    healthiest = false;
                }
                Rank::Ahead if !chosen => {
                    self.rule_out(self.me, &self.why_ahead(&own, other, node), out);
                    healthiest = false;
                }
                Rank::Ahead | Rank::Equal => {}
                Rank::Behind if left => {
                    let why = format!("its timeline {} is behind the cluster's {}", other.timeline, view.timeline);
                    self.rule_out(node, &why, out);
                }
                Rank::Behind => self.rule_out(node, &self.why_behind(&own, other, lets), out),
            }
        }
        healthiest && self.has_votes(&view, &own, questions, out)
    }

    fn why_ahead(&self, own: &PeerStatus, other: &PeerStatus, node: NodeId) -> String {
        let name = self.name(node);
        match other.position > own.position {
            true => format!("{name} has more log: {} against {}", self.show(other.position), self.show(own.position)),
            false => format!("{name} has as much log and a higher failover_priority"),
        }
    }

    fn why_behind(&self, own: &PeerStatus, other: &PeerStatus, lets: bool) -> String {
        match (other.running, other.tags.may_lead()) {
            (false, _) => "its server does not run, or cannot follow".to_owned(),
            (_, false) => "it is tagged nofailover".to_owned(),
            _ if !lets => "it is not synchronous".to_owned(),
            _ if other.position < own.position => {
                format!("it has less log: {} against {}", self.show(other.position), self.show(own.position))
            }
            _ => "it has a lower failover_priority".to_owned(),
        }
    }

    /// Quorum mode: whether enough voters were seen that have no more than this server.
    fn has_votes(&self, view: &ClusterView, own: &PeerStatus, questions: &Questions, out: &mut Outbox) -> bool {
        if !self.synchronous()
            || self.rules.synchronous_mode != SynchronousMode::Quorum
            || view.sync.leader.is_none()
            || view.sync.leader == Some(self.me)
        {
            return true;
        }
        let voters = view.sync.standbys.iter().filter(|node| **node != self.me);
        let seen = votes(own, voters.map(|node| (*node, questions.answers.get(node))));
        let enough = seen >= view.sync.quorum;
        if !enough {
            let why = format!("it sees {seen} other voters, and {} are needed", view.sync.quorum);
            self.rule_out(self.me, &why, out);
        }
        enough
    }

    // -- without the store

    /// Asks all members whether it may lead without the store (Patroni's *DCS Failsafe Mode*).
    pub(super) fn ask_for_failsafe(&mut self, local: &Local, out: &mut Outbox) {
        self.drop_questions(out);
        let questions = self.ask_others(out);
        // Answers must be here before the watchdog fires, with time left to step down.
        let until = self.failsafe.filter(|(leader, _)| *leader == self.me).map(|(_, until)| until).or(self.lease);
        let left_us =
            until.map_or(0, |until| until.since(out.now)).saturating_sub(self.rules.ttl_us - self.rules.watchdog_us());
        let patience_us = self.rules.retry_timeout_us.min(ANSWER_US).min(left_us / 2);
        out.set_timer(Timer::AgentQuestions, out.now.plus(patience_us));
        self.activity = Activity::Failsafe(questions);
        self.compare_if_complete(local, out);
    }

    fn failsafe_decided(&mut self, agreed: bool, local: &Local, out: &mut Outbox) {
        if agreed {
            self.failsafe = Some((self.me, out.now.plus(self.rules.ttl_us)));
            out.set_timer(Timer::Watchdog, out.now.plus(self.rules.watchdog_us()));
            out.trace(What::Manager(ManagerEvent::Failsafe { node: self.me }));
        } else {
            let why: Arc<str> = "the store does not answer, and not every member agreed".into();
            self.stand_down(&why, local, out);
        }
    }

    /// A leader asks whether it may go on without the store: it may, unless another is known to lead.
    pub(super) fn agree_to_failsafe(&mut self, leader: NodeId, local: &Local, out: &mut Outbox) -> bool {
        let other = self.view.leader.is_some_and(|known| known.node != leader && known.until > out.now);
        if other || local.leads() || self.lease.is_some() {
            return false;
        }
        self.failsafe = Some((leader, out.now.plus(self.rules.ttl_us)));
        true
    }
}
