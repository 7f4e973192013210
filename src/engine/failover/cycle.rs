//! An agent's rounds: one request to the store at a time, tried again until `retry_timeout` is over.

use std::sync::Arc;

use super::agent::{Activity, Agent};
use super::event::ManagerEvent;
use super::local::Local;
use super::store::{Outcome, StoreOp};
use super::view::ClusterView;
use crate::engine::ids::{Addr, ConnId};
use crate::engine::io::{Outbox, Timer};
use crate::engine::message::Message;
use crate::engine::time::SimTime;
use crate::engine::trace::What;

/// A request under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    id: u32,
    op: StoreOp,
    /// When it was first made: a lease that it brings counts from here.
    since: SimTime,
    attempt: u32,
}

impl Agent {
    /// A round begins, and the next one is planned.
    pub(super) fn begin_cycle(&mut self, local: &Local, out: &mut Outbox) {
        out.set_timer(Timer::AgentLoop, out.now.plus(self.rules.loop_wait_us));
        if self.request.is_none() {
            self.report(local, out);
        }
    }

    /// Something happened that cannot wait for the next round.
    pub(super) fn wake(&mut self, local: &Local, out: &mut Outbox) {
        match self.request {
            Some(_) => self.again = true,
            None => self.report(local, out),
        }
    }

    fn report(&mut self, local: &Local, out: &mut Outbox) {
        self.ask(StoreOp::Report { renew: self.lease.is_some() }, local, out);
    }

    /// Asks the store.
    pub(super) fn ask(&mut self, op: StoreOp, local: &Local, out: &mut Outbox) {
        self.requests += 1;
        self.request = Some(Request { id: self.requests, op, since: out.now, attempt: 1 });
        out.set_timer(Timer::AgentDeadline, out.now.plus(self.attempt_us()));
        self.send_request(local, out);
    }

    /// Two attempts fit into `retry_timeout`.
    fn attempt_us(&self) -> u64 {
        (self.rules.retry_timeout_us / 2).max(1)
    }

    fn send_request(&mut self, local: &Local, out: &mut Outbox) {
        let Some(request) = &self.request else { return };
        match self.store {
            Some((conn, true)) => {
                let (id, op) = (request.id, request.op.clone());
                let message = Message::StoreRequest { id, member: self.member(local), timeline: local.timeline, op };
                out.send(conn, message);
            }
            Some((_, false)) => {}
            None => {
                let conn = self.connect(Addr::Store, out);
                self.store = Some((conn, false));
            }
        }
    }

    /// The store may take a connection again.
    pub(super) fn connect_again(&mut self, local: &Local, out: &mut Outbox) {
        if self.store.is_none() && self.request.is_some() {
            self.send_request(local, out);
        }
    }

    pub(super) fn opened(&mut self, conn: ConnId, local: &Local, out: &mut Outbox) {
        if let Some((store, standing)) = self.store.as_mut().filter(|(store, _)| *store == conn) {
            (*store, *standing) = (conn, true);
            self.send_request(local, out);
        } else if let Activity::Comparing(questions) | Activity::Failsafe(questions) = &self.activity
            && questions.open.contains_key(&conn)
        {
            let failsafe = matches!(self.activity, Activity::Failsafe(_));
            out.send(conn, Message::MemberQuery { failsafe });
        }
    }

    pub(super) fn closed(&mut self, conn: ConnId, local: &Local, out: &mut Outbox) {
        if self.store.take_if(|(store, _)| *store == conn).is_some() {
            let pause_us = (self.rules.retry_timeout_us / 10).max(1);
            out.set_timer(Timer::AgentConnect, out.now.plus(pause_us));
        } else {
            self.not_answered(conn, local, out);
        }
    }

    /// An attempt has lasted long enough.
    pub(super) fn deadline(&mut self, local: &Local, out: &mut Outbox) {
        let Some(request) = &mut self.request else { return };
        let (attempt, over) = (request.attempt, out.now.since(request.since) >= self.rules.retry_timeout_us);
        request.attempt += 1;
        let leader = self.lease.is_some() || local.leads();
        // Whoever has no lease to lose says it once.
        if leader || !std::mem::replace(&mut self.silent, true) {
            out.trace(What::Manager(ManagerEvent::StoreSilent { node: self.me, attempt, leader }));
        }
        if let Some((conn, _)) = self.store.take() {
            out.close(conn);
        }
        if over {
            self.request = None;
            self.again = false;
            self.store_lost(local, out);
        } else {
            out.set_timer(Timer::AgentDeadline, out.now.plus(self.attempt_us()));
            self.send_request(local, out);
        }
    }

    /// The store did not answer for all of `retry_timeout`.
    fn store_lost(&mut self, local: &Local, out: &mut Outbox) {
        let was_leader = self.lease.is_some() || local.leads();
        if !was_leader {
            self.drop_questions(out);
            return;
        }
        if self.rules.failsafe_mode && self.rules.fencing && local.leads() {
            self.ask_for_failsafe(local, out);
        } else {
            self.stand_down("the store does not answer", local, out);
        }
    }

    /// The store answered.
    pub(super) fn replied(
        &mut self,
        id: u32,
        outcome: Outcome,
        view: Arc<ClusterView>,
        local: &Local,
        out: &mut Outbox,
    ) {
        let Some(request) = self.request.take_if(|request| request.id == id) else { return };
        out.set_timer(Timer::AgentDeadline, SimTime::NEVER);
        self.silent = false;
        self.known.extend(view.members.keys());
        let holds = view.leader.is_some_and(|leader| leader.node == self.me);
        self.view = view;
        let asked_for_lease = matches!(request.op, StoreOp::Report { renew: true } | StoreOp::Acquire { .. });
        if holds && asked_for_lease && outcome == Outcome::Done {
            self.lease = Some(request.since.plus(self.rules.ttl_us));
            self.failsafe = None;
            self.told = None;
            if self.rules.fencing {
                out.set_timer(Timer::Watchdog, request.since.plus(self.rules.watchdog_us()));
            }
        }
        // A lease that this agent does not know of (its machine was off): it is renewed before it is relied upon. So
        // is one that has run out meanwhile (the machine was frozen).
        let stale = holds && self.lease.is_none_or(|until| until <= out.now);
        if stale || std::mem::take(&mut self.again) {
            self.again = false;
            return self.ask(StoreOp::Report { renew: holds }, local, out);
        }
        self.decide(local, out);
    }
}
