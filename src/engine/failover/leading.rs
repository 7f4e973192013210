//! An agent that holds the lease.

use super::agent::{Activity, Agent, LOOK_US};
use super::event::ManagerEvent;
use super::local::{Action, Local};
use super::store::StoreOp;
use super::synchronous::{self, Step};
use super::view::{ClusterView, FailoverKey, SyncKey};
use crate::engine::ids::NodeId;
use crate::engine::io::{Outbox, Timer};
use crate::engine::time::SECOND_US;
use crate::engine::trace::{Life, What};

/// How long a standby may take to catch up with a primary that stops, unless `primary_stop_timeout` is set.
const STOP_US: u64 = 60 * SECOND_US;

impl Agent {
    /// The lease is this agent's.
    pub(super) fn lead(&mut self, view: &ClusterView, local: &Local, out: &mut Outbox) {
        self.drop_questions(out);
        match local.life {
            Life::Running if local.leads() => {
                self.failed_since = None;
                if self.activity == Activity::Promoting {
                    self.activity = Activity::Idle;
                }
                self.keep_leading(view, local, out);
            }
            Life::Running if local.promoting => {}
            // The store may not have heard of the lease's release.
            Life::Running if matches!(self.activity, Activity::HandingOver { .. }) => self.look(local, out),
            Life::Running => self.take_over(view, local, out),
            Life::Recovering | Life::Stopped => self.revive(view, local, out),
            Life::Paused | Life::Down | Life::Copying | Life::Rewinding => {}
        }
    }

    /// The server of the leader does not run: it is started, until that has taken too long.
    fn revive(&mut self, view: &ClusterView, local: &Local, out: &mut Outbox) {
        if matches!(self.activity, Activity::HandingOver { .. }) {
            // It stopped in the middle of handing over: whoever is to take over may have the lease.
            self.ask(StoreOp::Release, local, out);
            return;
        }
        let since = *self.failed_since.get_or_insert(out.now);
        let others = self.known.len() > 1;
        let given_up = out.now.since(since) >= self.rules.primary_start_timeout_us;
        if !local.has_database || (given_up && others) {
            self.stop_starting(local, out);
            self.ask(StoreOp::Release, local, out);
        } else if local.life == Life::Stopped {
            // A promotion of which the store never heard may have left no trace on the disk: the server would go on
            // on the timeline that it left, where its predecessor may have more. It is promoted anew instead.
            self.start(local.primary && view.led, None, out);
        }
    }

    fn keep_leading(&mut self, view: &ClusterView, local: &Local, out: &mut Outbox) {
        if let Activity::HandingOver { .. } = self.activity {
            return;
        }
        let fresh = std::mem::take(&mut self.fresh);
        match view.failover {
            Some(key) if key.to == self.me => self.ask(StoreOp::ClearFailover, local, out),
            // It was asked for before this server led, of another leader.
            Some(key) if fresh => {
                let why = format!("{} was elected", self.name(self.me)).into();
                out.trace(What::Manager(ManagerEvent::HandOverRefused { to: key.to, why }));
                self.ask(StoreOp::ClearFailover, local, out);
            }
            Some(key) => self.consider_hand_over(key, view, local, out),
            None => self.arrange_standbys(view, local, out),
        }
    }

    /// The lease is here, and the server is a standby still.
    fn take_over(&mut self, view: &ClusterView, local: &Local, out: &mut Outbox) {
        if matches!(self.activity, Activity::Fencing(_)) {
            return;
        }
        let former = view.last_leader.filter(|former| *former != self.me);
        if let Some(former) = former.filter(|_| self.rules.fencing && !view.released)
            && self.harmless != Some(former)
        {
            self.activity = Activity::Fencing(former);
            self.act(Action::PowerOff(former), out);
            return;
        }
        if self.synchronous() && (view.sync.leader != Some(self.me) || !view.sync.standbys.is_empty()) {
            // Until standbys have connected and caught up, nobody but this server may lead.
            let sync = SyncKey { leader: Some(self.me), ..SyncKey::default() };
            self.ask(StoreOp::Sync(sync), local, out);
            return;
        }
        if self.synchronous() {
            let names = if self.rules.synchronous_mode_strict { "*" } else { "" };
            self.act(Action::SynchronousStandbyNames(names.into()), out);
        }
        self.activity = Activity::Promoting;
        self.fresh = true;
        self.act(Action::Promote, out);
    }

    /// An operator wants another leader.
    fn consider_hand_over(&mut self, key: FailoverKey, view: &ClusterView, local: &Local, out: &mut Outbox) {
        let FailoverKey { from, to } = key;
        let clean = from.is_some();
        let streams = local.streams.iter().any(|stream| stream.node == to);
        let refused = match view.members.get(&to) {
            _ if from.is_some_and(|from| from != self.me) => Some("it is not the leader that was to hand over"),
            Some(member) if !member.running => Some("its server does not run"),
            Some(member) if !member.tags.may_lead() => Some("it is tagged nofailover"),
            Some(_) if self.synchronous() && !view.sync.lets(to) => Some("it is not synchronous"),
            Some(_) if clean && !streams => {
                Some("it does not stream from the leader: it cannot take over without loss")
            }
            Some(_) => None,
            None => Some("it is not a member"),
        };
        if let Some(why) = refused {
            out.trace(What::Manager(ManagerEvent::HandOverRefused { to, why: why.into() }));
            self.ask(StoreOp::ClearFailover, local, out);
            return;
        }
        let patience_us = match self.rules.primary_stop_timeout_us {
            _ if !streams => 0,
            0 => STOP_US,
            timeout_us => timeout_us,
        };
        self.activity = Activity::HandingOver { to, clean, until: out.now.plus(patience_us) };
        self.act(Action::HandOver(true), out);
        out.set_timer(Timer::AgentLook, out.now.plus(LOOK_US));
    }

    /// It looks whether the other has all.
    pub(super) fn look(&mut self, local: &Local, out: &mut Outbox) {
        let Activity::HandingOver { to, clean, until } = self.activity else { return };
        let has_all = local.streams.iter().any(|stream| stream.node == to && stream.has_all);
        let over = out.now >= until;
        if local.life != Life::Running || has_all || (over && !clean) {
            if !self.mysql && local.life == Life::Running {
                self.act(Action::Stop, out);
            }
            self.release(local, out);
        } else if over {
            self.activity = Activity::Idle;
            self.act(Action::HandOver(false), out);
            let why = "the replica does not catch up: the primary takes writes again".into();
            out.trace(What::Manager(ManagerEvent::HandOverRefused { to, why }));
            self.ask(StoreOp::ClearFailover, local, out);
        } else {
            out.set_timer(Timer::AgentLook, out.now.plus(LOOK_US));
        }
    }

    fn release(&mut self, local: &Local, out: &mut Outbox) {
        self.ask(StoreOp::Release, local, out);
    }

    /// Keeps `synchronous_standby_names` and `/sync` in step with who streams.
    fn arrange_standbys(&mut self, view: &ClusterView, local: &Local, out: &mut Outbox) {
        if !self.synchronous() {
            return;
        }
        if self.named_at == u64::MAX {
            // Standbys were named before this agent was there.
            self.named_at = local.position;
        }
        let name = |node: NodeId| self.name(node);
        let step = synchronous::next_step(self.me, &self.rules, &view.sync, local, self.named_at, name);
        match step {
            Some(Step::Name(names)) => {
                self.named_at = local.position;
                self.act(Action::SynchronousStandbyNames(names), out);
                // The key follows when the standbys have what was acknowledged without them.
                out.set_timer(Timer::AgentLoop, out.now.plus(self.rules.loop_wait_us.min(LOOK_US * 10)));
            }
            Some(Step::Key(sync)) => self.ask(StoreOp::Sync(sync), local, out),
            Some(Step::Wait) => {
                out.set_timer(Timer::AgentLoop, out.now.plus(self.rules.loop_wait_us.min(LOOK_US * 10)));
            }
            None => {}
        }
    }
}
